/* SPDX-License-Identifier: BSD-2-Clause
 * Capture files through libpcap. Under its stdio stream lies a source of our
 * own that reads large pieces and takes gzip off, so that files, pipes and
 * compressed files are all the same. */
#include "dissect/capture.h"

#include "ipsec/base/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOURCE_BUFFER = 64 * 1024, STDIO_BUFFER = 256 * 1024 };

struct source {
	int fd;			/* -1: octets in memory */
	struct span memory;	/* those not yet read */
	bool regular;
	bool ended;		/* read() has said so */
	bool looked;		/* the first octets were looked at */
	struct gunzip *gunzip;	/* NULL: not compressed */
	bool broken;		/* the compressed stream is, or ends early */
	struct span waiting;	/* octets of `bytes` not yet given on */
	uint8_t *bytes;		/* SOURCE_BUFFER octets */
};

struct capture {
	const char *name;
	struct source source;
	FILE *file;
	char *stdio_buffer;
	pcap_t *pcap;
	uint64_t frames;
	int link;
};

/* As read(): from the file, or from memory. */
static ssize_t pull(struct source *s, void *to, size_t size)
{
	ssize_t n;
	if (s->fd < 0) {
		struct span part = span_part(s->memory, 0, size);
		if (part.n)
			memcpy(to, part.p, part.n);
		s->memory = span_from(s->memory, part.n);
		return (ssize_t)part.n;
	}
	do
		n = read(s->fd, to, size);
	while (n < 0 && errno == EINTR);
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
	return s->fd > 0 ? close(s->fd) : 0;
}

static bool source_open(struct source *s, const char *path, struct err *e)
{
	struct stat st;
	s->fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	if (fstat(s->fd, &st) != 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(e, "%s: is a folder, needs a capture file", path);
	s->regular = S_ISREG(st.st_mode);
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

static struct capture *capture_new(const char *name)
{
	struct capture *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->name = name;
	c->source.fd = -1;
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

struct capture *capture_open(const char *path, struct err *e)
{
	struct capture *c = capture_new(strcmp(path, "-") == 0 ? "(standard input)" : path);
	if (source_open(&c->source, path, e) && stream_open(c, e))
		return c;
	capture_close(c);
	return NULL;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
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
	if (c->source.broken)
		err_set(e, "%s: frame %llu: the gzip stream is broken or cut short", c->name,
			(unsigned long long)c->frames + 1);
	else if (status != PCAP_ERROR_BREAK)
		err_set(e, "%s: frame %llu: %s", c->name, (unsigned long long)c->frames + 1,
			pcap_geterr(c->pcap));
	else
		return CAPTURE_END;
	return CAPTURE_DAMAGED;
}

enum capture_state capture_next(struct capture *c, struct frame *f, struct err *e)
{
	struct pcap_pkthdr *h;
	const u_char *octets;
	int status = pcap_next_ex(c->pcap, &h, &octets);
	if (status != 1)
		return ended(c, status, e);
	f->file = c->name;
	f->number = ++c->frames;
	f->seconds = h->ts.tv_sec;
	f->nanoseconds = (uint32_t)h->ts.tv_usec;	/* nanoseconds: as asked for */
	f->captured = h->caplen;
	f->length = h->len;
	f->link = c->link;
	f->octets = span_of(octets, h->caplen);
	return CAPTURE_FRAME;
}
