/* SPDX-License-Identifier: BSD-2-Clause
 * Every sample capture cut at every length and with every octet spoiled, twice:
 * all bits turned over, and one bit by chance. Each goes whole through reader
 * and packet path with its keys; the frame that was changed is shown too, as
 * tree and as json (the second time one of them). Under sanitizers this proves that nothing but findings and
 * clean errors comes of it. */
#include "tests/path.h"
#include "tests/spawn.h"

#include <time.h>

static const char *const captures[] = {
	"ah-transport", "cert-fragmented", "fail-auth", "fail-proposal", "ikev1-main",
	"ipv6-tunnel", "natt-chacha", "rekey-pfs", "replay-corrupt", "transport-cbc", "tunnel-gcm",
};
enum { CAPTURES = sizeof captures / sizeof *captures, FRAMES_MAX = 200, FILE_HEADER = 24,
       RECORD_HEADER = 16 };

/* Under AddressSanitizer: much is allocated and freed here, and what was freed
 * need not be kept long to catch its use. Others never call this. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=8";
}

struct sample {
	uint8_t *octets;
	size_t n;
	size_t ends[FRAMES_MAX];	/* where each frame ends in the file */
	size_t frames;
	struct reading *reading;
};

static size_t little(const uint8_t *p)
{
	return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

static struct sample sample_open(const char *name)
{
	struct sample s = { 0 };
	char path[128];
	snprintf(path, sizeof path, SAMPLES "/%s.pcap", name);
	s.octets = (uint8_t *)spawn_read(path, &s.n);
	for (size_t at = FILE_HEADER; at + RECORD_HEADER <= s.n;) {
		at += RECORD_HEADER + little(s.octets + at + 8);
		ck_assert(s.frames < FRAMES_MAX && at <= s.n);
		s.ends[s.frames++] = at;
	}
	snprintf(path, sizeof path, SAMPLES "/%s.keys", name);
	s.reading = reading_new(path);
	s.reading->views[0] = view_find("tree");
	s.reading->views[1] = view_find("json");
	return s;
}

static void sample_close(struct sample *s)
{
	reading_free(s->reading);
	free(s->octets);
}

/* The frame that octet `at` of the file belongs to, from 1. */
static uint64_t frame_of(const struct sample *s, size_t at)
{
	size_t i = 0;
	while (i < s->frames && s->ends[i] <= at)
		i++;
	return i + 1;
}

static void show(struct sample *s, uint64_t from, uint64_t to)
{
	s->reading->from = from;
	s->reading->to = to;
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(const struct sample *s, const char *name, const char *what, double since)
{
	if (getenv("HOSTILE_TIMES"))
		printf("%s %s: %zu octets, %llu frames, %llu shown, %.2f s\n", name, what, s->n,
		       (unsigned long long)s->reading->frames,
		       (unsigned long long)s->reading->shown, seconds() - since);
}

START_TEST(whole)
{
	struct sample s = sample_open(captures[_i]);
	reading_capture(s.reading, span_of(s.octets, s.n));
	ck_assert(!s.reading->damaged);
	ck_assert_uint_eq(s.reading->frames, s.frames);
	ck_assert_uint_eq(s.reading->shown, s.frames);
	ck_assert_uint_gt(s.reading->octets_shown, 1000 * s.frames);
	sample_close(&s);
}
END_TEST

/* The file cut after n octets: whole records are read, whatever comes behind. */
static void cut_file(struct sample *s, const char *name, size_t n)
{
	uint8_t *copy = malloc(n + 1);	/* its end is guarded */
	size_t frames = n < FILE_HEADER ? 0 : frame_of(s, n) - 1;
	bool at_end = n == FILE_HEADER || (frames && s->ends[frames - 1] == n);
	memcpy(copy, s->octets, n);
	show(s, 0, 0);
	s->reading->frames = 0;
	reading_capture(s->reading, span_of(copy, n));
	ck_assert_msg(s->reading->frames == frames && s->reading->damaged == !at_end,
		      "%s cut at %zu: %llu frames", name, n,
		      (unsigned long long)s->reading->frames);
	free(copy);
}

/* The file cut after n octets, and the last record says so: a capture of which
 * this frame was cut by the snap length, or one that was that short on the wire. */
static void cut_frame(struct sample *s, size_t n, bool short_frame)
{
	uint64_t frame = frame_of(s, n);
	size_t record = frame == 1 ? FILE_HEADER : s->ends[frame - 2];
	if (n < record + RECORD_HEADER)
		return;
	uint8_t *copy = malloc(FILE_HEADER + n - record);
	size_t captured = n - record - RECORD_HEADER;
	memcpy(copy, s->octets, FILE_HEADER);
	memcpy(copy + FILE_HEADER, s->octets + record, n - record);
	for (int i = 0; i < 4; i++) {
		copy[FILE_HEADER + 8 + i] = (uint8_t)(captured >> 8 * i);
		if (short_frame)
			copy[FILE_HEADER + 12 + i] = (uint8_t)(captured >> 8 * i);
	}
	show(s, 1, 1);
	reading_capture(s->reading, span_of(copy, FILE_HEADER + n - record));
	ck_assert(!s->reading->damaged);
	free(copy);
}

START_TEST(cut)
{
	struct sample s = sample_open(captures[_i]);
	double start = seconds();
	for (size_t n = 0; n < s.n; n++)
		cut_file(&s, captures[_i], n);
	for (size_t n = FILE_HEADER; n < s.n; n++)
		cut_frame(&s, n, n & 1);
	report(&s, captures[_i], "cut", start);
	sample_close(&s);
}
END_TEST

static void spoil(struct sample *s, size_t at, uint8_t by)
{
	uint64_t frame = frame_of(s, at);
	show(s, frame, frame);
	s->octets[at] ^= by;
	reading_capture(s->reading, span_of(s->octets, s->n));
	s->octets[at] ^= by;
}

START_TEST(flipped)
{
	struct sample s = sample_open(captures[_i]);
	double start = seconds();
	for (size_t at = 0; at < s.n; at++)
		spoil(&s, at, 0xff);
	report(&s, captures[_i], "flipped", start);
	sample_close(&s);
}
END_TEST

START_TEST(one_bit)
{
	struct sample s = sample_open(captures[_i]);
	uint32_t seed = 20260101u + (uint32_t)_i;
	double start = seconds();
	for (size_t at = 0; at < s.n; at++) {
		seed = seed * 1664525 + 1013904223;
		s.reading->views[0] = view_find(at & 1 ? "tree" : "json");
		s.reading->views[1] = NULL;
		spoil(&s, at, (uint8_t)(1u << (seed >> 29)));
	}
	report(&s, captures[_i], "one bit", start);
	sample_close(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hostile");
	TCase *t = tcase_create("hostile");
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, whole, 0, CAPTURES);
	tcase_add_loop_test(t, cut, 0, CAPTURES);
	tcase_add_loop_test(t, flipped, 0, CAPTURES);
	tcase_add_loop_test(t, one_bit, 0, CAPTURES);
	suite_add_tcase(s, t);
	return testing_run(s);
}
