/* SPDX-License-Identifier: BSD-2-Clause
 * Capture files through libpcap. Under its stdio stream lies a source of our
 * own that reads large pieces, waits for more and takes gzip off, so that files,
 * pipes, growing and compressed files are all the same. */
#include "dissect/capture_private.h"

#include "ipsec/base/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOURCE_BUFFER = 64 * 1024, STDIO_BUFFER = 256 * 1024 };

/* As read(), from memory. */
static ssize_t pull_memory(struct source *s, void *to, size_t size)
{
	struct span part = span_part(s->memory, 0, size);
	if (part.n)
		memcpy(to, part.p, part.n);
	s->memory = span_from(s->memory, part.n);
	return (ssize_t)part.n;
}

/* As read(), but waits as it was told to; 0 when that ends. */
static ssize_t pull(struct source *s, void *to, size_t size)
{
	ssize_t n;
	if (s->fd < 0)
		return pull_memory(s, to, size);
	do {
		if (s->wait && !capture_wait_for(s->wait, s->fd, -1))
			return 0;
		n = read(s->fd, to, size);
	} while ((n < 0 && (errno == EINTR || (errno == EAGAIN && s->wait))) ||
		 (n == 0 && s->follow && capture_watch(s)));
	return n;
}

/* Reads more octets behind those that wait; false at the end or on an error. */
static bool fill(struct source *s)
{
	if (s->ended)
		return false;
	if (s->waiting.n)
		memmove(s->bytes, s->waiting.p, s->waiting.n);
	ssize_t n = pull(s, s->bytes + s->waiting.n, SOURCE_BUFFER - s->waiting.n);
	s->waiting.p = s->bytes;
	if (n <= 0) {
		s->ended = true;
		return false;
	}
	s->waiting.n += (size_t)n;
	return true;
}

/* RFC 1952, 2.3.1 */
static bool is_gzip(struct span s)
{
	return s.n >= 2 && s.p[0] == 0x1f && s.p[1] == 0x8b;
}

static void look_for_gzip(struct source *s)
{
	while (s->waiting.n < 2 && fill(s))
		;
	s->looked = true;
	if (is_gzip(s->waiting))
		s->gunzip = gunzip_new();
}

static ssize_t give_inflated(struct source *s, uint8_t *to, size_t size)
{
	for (;;) {
		size_t n;
		if (s->waiting.n == 0)
			fill(s);
		enum gunzip_state state = gunzip_step(s->gunzip, &s->waiting, to, size, &n);
		if (n)
			return (ssize_t)n;
		if (state == GUNZIP_END && (s->waiting.n || fill(s)))
			continue;
		if (state == GUNZIP_END)
			return 0;
		if (state == GUNZIP_BROKEN || (s->waiting.n == 0 && s->ended)) {
			s->broken = true;
			return 0;
		}
	}
}

static ssize_t source_read(void *cookie, char *to, size_t size)
{
	struct source *s = cookie;
	if (!s->looked)
		look_for_gzip(s);
	if (s->gunzip)
		return give_inflated(s, (uint8_t *)to, size);
	if (s->waiting.n == 0 && size >= SOURCE_BUFFER && !s->ended)
		return pull(s, to, size);	/* straight into stdio's buffer */
	if (s->waiting.n == 0 && !fill(s))
		return 0;
	size_t n = s->waiting.n < size ? s->waiting.n : size;
	memcpy(to, s->waiting.p, n);
	s->waiting = span_from(s->waiting, n);
	return (ssize_t)n;
}

static int source_close(void *cookie)
{
	struct source *s = cookie;
	gunzip_free(s->gunzip);
	s->gunzip = NULL;
	if (s->watch >= 0)
		close(s->watch);
	s->watch = -1;
	return s->fd > 0 ? close(s->fd) : 0;
}

/* A pipe that nobody has opened for writing yet is waited for like its octets. */
static int open_flags(const char *path, const struct capture_options *o)
{
	struct stat st;
	bool fifo = o->wait && stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
	return O_RDONLY | O_CLOEXEC | (fifo ? O_NONBLOCK : 0);
}

static bool source_open(struct source *s, const char *path, const struct capture_options *o,
			struct err *e)
{
	struct stat st;
	s->fd = strcmp(path, "-") == 0 ? 0 : open(path, open_flags(path, o));
	if (s->fd < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	if (fstat(s->fd, &st) != 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(e, "%s: is a folder, needs a capture file", path);
	bool regular = S_ISREG(st.st_mode);
	s->follow = regular && o->follow && o->wait;
	s->regular = regular && !s->follow;
	s->wait = s->regular ? NULL : o->wait;
	if (s->follow)
		s->watch = capture_watch_open(s->fd ? path : "/dev/stdin");
	return true;
}

/* A plain file is read by stdio itself, which is quicker; everything else
 * through the source. */
static FILE *stream_of(struct source *s)
{
	static const cookie_io_functions_t functions = { .read = source_read,
							 .close = source_close };
	uint8_t magic[2];
	bool gzip = pread(s->fd, magic, 2, 0) == 2 && is_gzip(span_of(magic, 2));
	if (s->regular && !gzip && lseek(s->fd, 0, SEEK_CUR) == 0)
		return fdopen(s->fd, "rb");
	return fopencookie(s, "rb", functions);
}

static bool stream_open(struct capture *c, struct err *e)
{
	c->file = stream_of(&c->source);
	size_t buffer = c->source.fd < 0 ? SOURCE_BUFFER : STDIO_BUFFER;
	c->stdio_buffer = malloc(buffer);
	if (!c->file || !c->stdio_buffer)
		return err_set(e, "%s: out of memory", c->name);
	setvbuf(c->file, c->stdio_buffer, _IOFBF, buffer);
	char why[PCAP_ERRBUF_SIZE] = "";
	c->pcap = pcap_fopen_offline_with_tstamp_precision(c->file, PCAP_TSTAMP_PRECISION_NANO,
							   why);
	if (!c->pcap)
		return err_set(e, "%s: %s%s", c->name, why,
			       c->source.broken ? " (the gzip stream is broken)" : "");
	c->file = NULL;		/* pcap_close() closes it */
	c->link = pcap_datalink(c->pcap);
	return true;
}

struct capture *capture_new(const char *name)
{
	struct capture *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->name = name;
	c->source.fd = c->source.watch = -1;
	c->source.bytes = malloc(SOURCE_BUFFER);
	if (!c->source.bytes)
		abort();
	return c;
}

struct capture *capture_open_memory(const char *name, struct span octets, struct err *e)
{
	struct capture *c = capture_new(name);
	c->source.memory = octets;
	c->source.regular = true;
	if (stream_open(c, e))
		return c;
	capture_close(c);
	return NULL;
}

struct capture *capture_open_with(const char *path, const struct capture_options *o,
				  struct err *e)
{
	struct capture *c = capture_new(strcmp(path, "-") == 0 ? "(standard input)" : path);
	if (source_open(&c->source, path, o, e) && stream_open(c, e) && capture_filter(c, o, e))
		return c;
	capture_close(c);
	return NULL;
}

struct capture *capture_open(const char *path, struct err *e)
{
	return capture_open_with(path, &(struct capture_options){ 0 }, e);
}

/* pcap_compile() reads the expression for the capture's link type. An interface
 * filters by itself; a file's frames are looked through here. */
bool capture_filter(struct capture *c, const struct capture_options *o, struct err *e)
{
	if (!o->filter)
		return true;
	struct bpf_program *f = calloc(1, sizeof *f);
	if (!f)
		abort();
	if (pcap_compile(c->pcap, f, o->filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		free(f);
		return err_set(e, "%s: filter \"%s\": %s", c->name, o->filter,
			       pcap_geterr(c->pcap));
	}
	c->filter = f;
	if (c->live && pcap_setfilter(c->pcap, f) != 0)
		return err_set(e, "%s: filter \"%s\": %s", c->name, o->filter,
			       pcap_geterr(c->pcap));
	return true;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->filter)
		pcap_freecode(c->filter);
	free(c->filter);
	if (c->pcap)
		pcap_close(c->pcap);
	else if (c->file)
		fclose(c->file);
	else if (c->source.fd > 0)
		close(c->source.fd);
	free(c->stdio_buffer);
	free(c->source.bytes);
	free(c);
}

int capture_link(const struct capture *c)
{
	return c->link;
}

uint64_t capture_frames(const struct capture *c)
{
	return c->frames;
}

bool capture_is_file(const struct capture *c)
{
	return c->source.regular;
}

size_t capture_keeps(const struct capture *c)
{
	(void)c;
	return 1;
}

static enum capture_state ended(struct capture *c, int status, struct err *e)
{
	const struct source *s = &c->source;
	if (status == PCAP_ERROR_BREAK || (s->wait && s->wait->ended))
		return CAPTURE_END;
	unsigned long long frame = c->frames + 1;
	if (s->broken)
		err_set(e, "%s: frame %llu: the gzip stream is broken or cut short", c->name, frame);
	else if (s->shrunk)
		err_set(e, "%s: frame %llu: the file became shorter while it was read", c->name,
			frame);
	else
		err_set(e, "%s: frame %llu: %s", c->name, frame, pcap_geterr(c->pcap));
	return CAPTURE_DAMAGED;
}

/* As pcap_next_ex(): what the filter takes. */
static int next_of_file(struct capture *c, struct pcap_pkthdr **h, const uint8_t **octets)
{
	int status;
	do {
		status = pcap_next_ex(c->pcap, h, octets);
		c->frames += status == 1;
	} while (status == 1 && c->filter && !pcap_offline_filter(c->filter, *h, *octets));
	return status;
}

enum capture_state capture_next(struct capture *c, struct frame *f, struct err *e)
{
	struct pcap_pkthdr *h;
	const uint8_t *octets;
	int status = c->live ? capture_live_next(c, &h, &octets) : next_of_file(c, &h, &octets);
	if (status != 1)
		return ended(c, status, e);
	f->file = c->name;
	f->number = c->frames;
	f->seconds = h->ts.tv_sec;
	f->nanoseconds = (uint32_t)h->ts.tv_usec;	/* nanoseconds: as asked for */
	f->captured = h->caplen;
	f->length = h->len;
	f->link = c->link;
	f->octets = span_of(octets, h->caplen);
	return CAPTURE_FRAME;
}
