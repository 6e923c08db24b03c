/* SPDX-License-Identifier: BSD-2-Clause
 * The measurements of `make bench`: makes ESP captures, then times in turn
 * `ikat dissect -f none` on each (decode, decrypt, verify, replay window, count)
 * and the same decrypt calls alone, in a bare loop over packets that are hot in
 * the cache. Machines are noisy: CPU time, the best of several rounds taken in
 * turn, and only the ratio of the two means much.
 *
 * `floor` is bare calls plus reading alone.
 *
 *	dissect_bench IKAT FOLDER MEGABYTES */
#include "dissect/capture.h"
#include "ipsec/base/writer.h"
#include "ipsec/crypto/cipher.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9, HOT = 192 * 1024, ETHERNET = 14, IPV4 = 20, ESP = 8, FRAME_MAX = 2048 };

struct suite {
	const char *name;
	uint16_t encr, integ;
	uint8_t encr_key, integ_key;	/* octets, with the salt */
};

static const struct suite suites[] = {
	{ "gcm", 20, 0, 20, 0 },
	{ "cbc", 12, 12, 32, 32 },
};

/* Inner packets in octets; IMIX is the usual 7:4:1. */
struct mix {
	const char *name;
	uint16_t sizes[12];
	uint8_t count;
};

static const struct mix mixes[] = {
	{ "64", { 64 }, 1 },
	{ "imix", { 64, 570, 64, 570, 64, 1400, 64, 570, 64, 64, 570, 64 }, 12 },
	{ "1400", { 1400 }, 1 },
};

struct bench {
	const char *ikat, *folder;
	size_t megabytes;
	struct crypto *crypto;
	struct cipher *cipher;
	uint8_t encr_key[64], integ_key[64];
	struct err e;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "dissect_bench: %s: %s\n", what, why);
	exit(2);
}

/* CPU time of this process: what other processes do does not count. */
static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct cipher *keyed(struct bench *b, const struct suite *s)
{
	for (size_t i = 0; i < sizeof b->encr_key; i++) {
		b->encr_key[i] = (uint8_t)(3 * i + 1);
		b->integ_key[i] = (uint8_t)(5 * i + 2);
	}
	struct cipher *k = cipher_new(b->crypto, encr_find(s->encr), integ_find(s->integ),
				      span_of(b->encr_key, s->encr_key),
				      span_of(b->integ_key, s->integ_key), &b->e);
	if (!k)
		die(s->name, b->e.text);
	return k;
}

/* ---- packets ---- */

static void write_inner(struct writer *w, size_t size)
{
	write_u16(w, 0x4500);
	write_u16(w, (uint16_t)size);
	write_u32(w, 0);
	write_u16(w, 0x4011);		/* UDP */
	write_u16(w, 0);
	write_u32(w, 0x0a01000a);
	write_u32(w, 0x0a02000a);
	write_u32(w, 0x10001000);	/* ports */
	write_u16(w, (uint16_t)(size - IPV4));
	write_u16(w, 0);
	for (size_t i = IPV4 + 8; i < size; i++)
		write_u8(w, (uint8_t)i);
}

/* Payload, padding and trailer of an ESP packet in tunnel mode. */
static void write_plain(struct writer *w, size_t size, size_t block)
{
	if (block < 4)
		block = 4;
	write_inner(w, size);
	size_t pad = (block - (size + 2) % block) % block;
	for (size_t i = 1; i <= pad; i++)
		write_u8(w, (uint8_t)i);
	write_u8(w, (uint8_t)pad);
	write_u8(w, 4);
}

static void write_headers(struct writer *w, size_t esp)
{
	write_u64(w, 0x0200000000020200);
	write_u32(w, 0x00000001);
	write_u16(w, 0x0800);
	write_u16(w, 0x4500);
	write_u16(w, (uint16_t)(IPV4 + esp));
	write_u32(w, 0);
	write_u16(w, 0x4032);		/* ESP */
	write_u16(w, 0);
	write_u32(w, 0xc0000201);
	write_u32(w, 0xc0000202);
}

/* One frame; returns its octets. */
static size_t make_frame(struct bench *b, size_t size, uint32_t seq, uint8_t *frame)
{
	uint8_t plain[FRAME_MAX];
	const struct encr *encr = cipher_encr(b->cipher);
	struct writer p = writer_of(plain, sizeof plain), w = writer_of(frame, FRAME_MAX);
	write_plain(&p, size, encr->block);
	size_t icv = cipher_icv(b->cipher), esp = ESP + encr->iv + p.n + icv;
	write_headers(&w, esp);
	write_u32(&w, 0x00001001);
	write_u32(&w, seq);
	for (size_t i = 0; i < encr->iv; i++)
		write_u8(&w, (uint8_t)(seq >> (8 * (i % 4))));
	uint8_t *at = frame + ETHERNET + IPV4;
	struct cipher_job job = {
		.cipher = b->cipher,
		.iv = span_of(at + ESP, encr->iv),
		.aad = span_of(at, ESP),
		.authed = span_of(at, esp - icv),
		.text = writer_span(&p),
		.out = at + ESP + encr->iv,
		.icv_out = at + esp - icv,
	};
	if (w.bad || p.bad || !cipher_seal(&job))
		die("sealing a packet", "does not fit");
	return ETHERNET + IPV4 + esp;
}

static void put32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof v, 1, f);	/* pcap is in the writer's own byte order */
}

static uint32_t make_capture(struct bench *b, const struct mix *m, const char *path)
{
	FILE *f = fopen(path, "wb");
	if (!f)
		die(path, "cannot be written");
	uint8_t frame[FRAME_MAX];
	size_t total = 24;
	uint32_t seq = 0;
	put32(f, 0xa1b2c3d4);
	put32(f, 0x00040002);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, 1);
	while (total < b->megabytes << 20) {
		size_t n = make_frame(b, m->sizes[seq % m->count], seq + 1, frame);
		put32(f, seq++ / 1000);
		put32(f, seq % 1000 * 1000);
		put32(f, (uint32_t)n);
		put32(f, (uint32_t)n);
		fwrite(frame, 1, n, f);
		total += n + 16;
	}
	if (fclose(f) != 0)
		die(path, "cannot be written");
	return seq;
}

static void make_keys(const struct bench *b, const struct suite *s, const char *path)
{
	char encr[130] = "", integ[130] = "";
	FILE *f = fopen(path, "w");
	if (!f)
		die(path, "cannot be written");
	for (size_t i = 0; i < s->encr_key; i++)
		sprintf(encr + 2 * i, "%02x", b->encr_key[i]);
	for (size_t i = 0; i < s->integ_key; i++)
		sprintf(integ + 2 * i, "%02x", b->integ_key[i]);
	fputs("kind,spi_i,spi_r,protocol,spi,src,dst,mode,encr,encr_key,integ,integ_key,prf,esn,"
	      "window,secret\nesp,,,esp,0x00001001,192.0.2.1,192.0.2.2,tunnel,", f);
	fprintf(f, "%s,%s,%s,%s,,no,,\n", encr_find(s->encr)->name, encr,
		integ_find(s->integ)->name, integ);
	fclose(f);
}

/* ---- timing ---- */

/* The decrypt calls alone: as many packets as the capture has, from a piece that
 * stays in the cache. Seconds. */
static double bare_loop(struct bench *b, const struct mix *m, uint32_t packets)
{
	static uint8_t frames[HOT], out[FRAME_MAX];
	struct cipher_job jobs[HOT / 100];
	size_t n = 0, used = 0, icv = cipher_icv(b->cipher), iv = cipher_encr(b->cipher)->iv;
	while (used + FRAME_MAX < HOT && n < sizeof jobs / sizeof *jobs) {
		size_t size = make_frame(b, m->sizes[n % m->count], (uint32_t)n + 1, frames + used);
		uint8_t *at = frames + used + ETHERNET + IPV4;
		size_t esp = size - ETHERNET - IPV4;
		jobs[n++] = (struct cipher_job){
			.cipher = b->cipher,
			.iv = span_of(at + ESP, iv),
			.aad = span_of(at, ESP),
			.authed = span_of(at, esp - icv),
			.text = span_of(at + ESP + iv, esp - ESP - iv - icv),
			.out = out,
			.icv = span_of(at + esp - icv, icv),
		};
		used += size;
	}
	double start = now();
	for (uint32_t i = 0; i < packets; i++) {
		cipher_open(&jobs[i % n], 1);
		if (jobs[i % n].verdict != ICV_GOOD)
			die("bare loop", "an ICV is bad");
	}
	return now() - start;
}

/* Reading alone, with the reader that ikat has. Seconds. */
static double read_loop(struct bench *b, const char *path)
{
	struct frame f;
	double start = now();
	struct capture *c = capture_open(path, &b->e);
	if (!c)
		die(path, b->e.text);
	while (capture_next(c, &f, &b->e) == CAPTURE_FRAME)
		;
	capture_close(c);
	return now() - start;
}

/* Runs ikat; seconds of CPU time, and the peak memory in KiB. */
static double run_ikat(const struct bench *b, const char *capture, const char *keys, long *rss)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(2);
		execl(b->ikat, b->ikat, "dissect", "-f", "none", "-k", keys, capture, (char *)NULL);
		_exit(2);
	}
	struct rusage use;
	int status;
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid || status != 0)
		die(b->ikat, "failed");
	*rss = use.ru_maxrss;
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/* Noise only ever adds. */
static double best(const double *v)
{
	double least = v[0];
	for (int i = 1; i < ROUNDS; i++)
		if (v[i] < least)
			least = v[i];
	return least;
}

static void measure(struct bench *b, const struct suite *s, const struct mix *m)
{
	char capture[512], keys[512];
	snprintf(capture, sizeof capture, "%s/%s-%s.pcap", b->folder, s->name, m->name);
	snprintf(keys, sizeof keys, "%s/%s.csv", b->folder, s->name);
	b->cipher = keyed(b, s);
	make_keys(b, s, keys);
	uint32_t packets = make_capture(b, m, capture);
	double whole[ROUNDS], bare[ROUNDS], reading[ROUNDS];
	long rss = 0;
	for (int i = 0; i < ROUNDS; i++) {	/* in turn, so that noise hits both */
		whole[i] = run_ikat(b, capture, keys, &rss);
		bare[i] = bare_loop(b, m, packets);
		reading[i] = read_loop(b, capture);
	}
	double w = best(whole), r = best(bare), l = best(reading);
	printf("%s-%-5s %9.0f %9.0f %7.0f %7.0f %7.0f %7.2f %9.2f %8ld\n", s->name, m->name,
	       packets / w, packets / r, w / packets * 1e9, r / packets * 1e9,
	       l / packets * 1e9, r / w, (r + l) / w, rss);
	fflush(stdout);
	cipher_free(b->cipher);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: dissect_bench IKAT FOLDER MEGABYTES\n", stderr);
		return 2;
	}
	struct bench b = { .ikat = argv[1], .folder = argv[2], .megabytes = (size_t)atol(argv[3]) };
	b.crypto = crypto_new(&b.e);
	if (!b.crypto)
		die("OpenSSL", b.e.text);
	puts("          dissect/s    bare/s      ns    bare reading   ratio  of floor  RSS KiB");
	for (size_t s = 0; s < sizeof suites / sizeof *suites; s++)
		for (size_t m = 0; m < sizeof mixes / sizeof *mixes; m++)
			measure(&b, &suites[s], &mixes[m]);
	crypto_free(b.crypto);
	return 0;
}
