/* SPDX-License-Identifier: BSD-2-Clause
 * Capture files in all their forms, put together here by their specifications
 * (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng): byte orders, nanoseconds,
 * odd time stamps, several interfaces; and octets that are none of them. */
#include "dissect/capture.h"
#include "ipsec/base/testing.h"
#include "ipsec/base/writer.h"

enum { ROOM = 1024 };

static void put(struct writer *w, bool big, uint32_t v, size_t n)
{
	if (big)
		write_uint(w, v, n);
	for (size_t i = 0; !big && i < n; i++)
		write_u8(w, (uint8_t)(v >> 8 * i));
}

static void pcap_header(struct writer *w, bool big, uint32_t magic, uint32_t link)
{
	put(w, big, magic, 4);
	put(w, big, 2, 2);
	put(w, big, 4, 2);
	put(w, big, 0, 4);
	put(w, big, 0, 4);
	put(w, big, 65535, 4);
	put(w, big, link, 4);
}

static void pcap_record(struct writer *w, bool big, uint32_t seconds, uint32_t part, uint32_t captured)
{
	put(w, big, seconds, 4);
	put(w, big, part, 4);
	put(w, big, captured, 4);
	put(w, big, captured + 9, 4);
	for (uint32_t i = 0; i < captured; i++)
		write_u8(w, (uint8_t)i);
}

static const struct {
	const char *name;
	bool big;
	uint32_t magic, part;
	uint32_t nanoseconds;
} pcaps[] = {
	{ "microseconds", false, 0xa1b2c3d4, 123456, 123456000 },
	{ "microseconds, the other byte order", true, 0xa1b2c3d4, 123456, 123456000 },
	{ "nanoseconds", false, 0xa1b23c4d, 123456789, 123456789 },
	{ "nanoseconds, the other byte order", true, 0xa1b23c4d, 123456789, 123456789 },
};

START_TEST(pcap)
{
	uint8_t octets[ROOM];
	struct err e = { 0 };
	struct frame f;
	struct writer w = writer_of(octets, sizeof octets);
	pcap_header(&w, pcaps[_i].big, pcaps[_i].magic, 101);
	pcap_record(&w, pcaps[_i].big, 1700000000, pcaps[_i].part, 20);
	pcap_record(&w, pcaps[_i].big, 1700000001, 0, 0);
	struct capture *c = capture_open_memory("a.pcap", writer_span(&w), &e);
	ck_assert_msg(c != NULL, "%s: %s", pcaps[_i].name, e.text);
	ck_assert(capture_is_file(c));
	ck_assert_int_eq(capture_next(c, &f, &e), CAPTURE_FRAME);
	ck_assert_msg(f.seconds == 1700000000 && f.nanoseconds == pcaps[_i].nanoseconds &&
		      f.captured == 20 && f.length == 29 && f.octets.n == 20 &&
		      f.octets.p[19] == 19 && f.number == 1, "%s", pcaps[_i].name);
	ck_assert_str_eq(f.file, "a.pcap");
	ck_assert_int_eq(capture_next(c, &f, &e), CAPTURE_FRAME);
	ck_assert(f.number == 2 && f.captured == 0);
	ck_assert_int_eq(capture_next(c, &f, &e), CAPTURE_END);
	ck_assert_int_eq(capture_next(c, &f, &e), CAPTURE_END);
	ck_assert(!e.set);
	capture_close(c);
}
END_TEST

/* ---- pcapng ---- */

/* A block: its type, and the body that write() puts there. */
static struct mark block_open(struct writer *w, uint32_t type)
{
	put(w, false, type, 4);
	return write_open(w, 4);
}

static void block_close(struct writer *w, struct mark m)
{
	while (w->n % 4)
		write_u8(w, 0);
	uint32_t size = (uint32_t)(w->n - m.at + 8);
	put(w, false, size, 4);
	for (size_t i = 0; i < 4; i++)
		write_patch(w, m.at + i, size >> 8 * i & 0xff, 1);
}

static void section(struct writer *w)
{
	struct mark m = block_open(w, 0x0a0d0d0a);
	put(w, false, 0x1a2b3c4d, 4);
	put(w, false, 1, 2);
	put(w, false, 0, 2);
	put(w, false, UINT32_MAX, 4);
	put(w, false, UINT32_MAX, 4);
	block_close(w, m);
}

/* resolution: of if_tsresol; offset: if_tsoffset in seconds, all ones for none. */
static void interface(struct writer *w, uint32_t link, uint8_t resolution, uint64_t offset)
{
	struct mark m = block_open(w, 1);
	put(w, false, link, 2);
	put(w, false, 0, 2);
	put(w, false, 65535, 4);
	put(w, false, 9, 2);
	put(w, false, 1, 2);
	put(w, false, resolution, 4);
	if (offset != UINT64_MAX) {
		put(w, false, 14, 2);
		put(w, false, 8, 2);
		put(w, false, (uint32_t)offset, 4);
		put(w, false, (uint32_t)(offset >> 32), 4);
	}
	put(w, false, 0, 4);
	block_close(w, m);
}

static void packet(struct writer *w, uint32_t interface_id, uint64_t time, uint32_t captured)
{
	struct mark m = block_open(w, 6);
	put(w, false, interface_id, 4);
	put(w, false, (uint32_t)(time >> 32), 4);
	put(w, false, (uint32_t)time, 4);
	put(w, false, captured, 4);
	put(w, false, captured + 9, 4);
	for (uint32_t i = 0; i < captured; i++)
		write_u8(w, (uint8_t)i);
	block_close(w, m);
}

static const struct {
	const char *name;
	uint8_t resolution;
	uint64_t offset, time;
	int64_t seconds;
	int64_t nanoseconds;	/* -1: whatever */
} times[] = {
	{ "microseconds", 6, UINT64_MAX, 1700000000123456, 1700000000, 123456000 },
	{ "nanoseconds", 9, UINT64_MAX, 1700000000123456789, 1700000000, 123456789 },
	{ "seconds", 0, UINT64_MAX, 1700000000, 1700000000, 0 },
	{ "an offset", 9, 1700000000, 5, 1700000000, 5 },
	{ "halves", 0x81, UINT64_MAX, 3400000001, 1700000000, 500000000 },
	{ "seconds without end", 0, UINT64_MAX, UINT64_MAX, -1, 0 },
};

START_TEST(pcapng)
{
	uint8_t octets[ROOM];
	struct err e = { 0 };
	struct frame f;
	struct writer w = writer_of(octets, sizeof octets);
	section(&w);
	interface(&w, 1, times[_i].resolution, times[_i].offset);
	packet(&w, 0, times[_i].time, 21);
	struct capture *c = capture_open_memory("a.pcapng", writer_span(&w), &e);
	ck_assert_msg(c != NULL, "%s: %s", times[_i].name, e.text);
	ck_assert_int_eq(capture_next(c, &f, &e), CAPTURE_FRAME);
	ck_assert_msg(f.seconds == times[_i].seconds &&
		      (times[_i].nanoseconds < 0 || f.nanoseconds == times[_i].nanoseconds),
		      "%s: %lld.%09u", times[_i].name, (long long)f.seconds, f.nanoseconds);
	ck_assert(f.link == 1 && f.captured == 21 && f.length == 30);
	ck_assert_int_eq(capture_next(c, &f, &e), CAPTURE_END);
	capture_close(c);
}
END_TEST

/* libpcap reads one link type a file; what it refuses is told with the frame. */
START_TEST(interfaces)
{
	uint8_t octets[ROOM];
	struct err e = { 0 };
	struct frame f;
	struct writer w = writer_of(octets, sizeof octets);
	section(&w);
	interface(&w, 1, 6, UINT64_MAX);
	packet(&w, 0, 0, 10);
	interface(&w, _i ? 1 : 113, 6, UINT64_MAX);
	packet(&w, 1, 0, 11);
	struct capture *c = capture_open_memory("a.pcapng", writer_span(&w), &e);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(capture_next(c, &f, &e), CAPTURE_FRAME);
	ck_assert_int_eq(capture_next(c, &f, &e), _i ? CAPTURE_FRAME : CAPTURE_DAMAGED);
	if (!_i)
		ck_assert_msg(strncmp(e.text, "a.pcapng: frame 2: ", 19) == 0, "%s", e.text);
	capture_close(c);
}
END_TEST

/* ---- what is no capture ---- */

static const struct {
	const char *octets;
	size_t n;
} none[] = {
	{ "", 0 }, { "\xd4", 1 }, { "\xd4\xc3\xb2\xa1", 4 }, { "GET / HTTP/1.1\r\n\r\n", 18 },
	{ "\x1f\x8b", 2 }, { "\x1f\x8b\x08\x00garbage that is no gzip", 26 },
	{ "\x0a\x0d\x0d\x0a\xff\xff\xff\xff\x4d\x3c\x2b\x1a", 12 },
	{ "\xd4\xc3\xb2\xa1\x09\x00\x09\x00\0\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0", 24 },
};

START_TEST(no_capture)
{
	struct err e = { 0 };
	ck_assert_ptr_null(capture_open_memory("x", span_of(none[_i].octets, none[_i].n), &e));
	ck_assert_msg(e.set && strncmp(e.text, "x: ", 3) == 0, "row %d: %s", _i, e.text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("capture");
	TCase *t = tcase_create("capture");
	tcase_add_loop_test(t, pcap, 0, sizeof pcaps / sizeof *pcaps);
	tcase_add_loop_test(t, pcapng, 0, sizeof times / sizeof *times);
	tcase_add_loop_test(t, interfaces, 0, 2);
	tcase_add_loop_test(t, no_capture, 0, sizeof none / sizeof *none);
	suite_add_tcase(s, t);
	return testing_run(s);
}
