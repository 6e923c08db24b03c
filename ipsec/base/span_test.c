/* SPDX-License-Identifier: BSD-2-Clause
 * Spans, and the reader over them. */
#include "ipsec/base/reader.h"
#include "ipsec/base/testing.h"

static const struct {
	size_t from, n;
	const char *part;
} parts[] = {
	{ 0, 5, "abcde" }, { 1, 3, "bcd" }, { 4, 9, "e" }, { 5, 1, "" },
	{ 6, 1, "" }, { SIZE_MAX, SIZE_MAX, "" }, { 2, SIZE_MAX, "cde" }, { 0, 0, "" },
};

START_TEST(part)
{
	struct span s = span_part(span_text("abcde"), parts[_i].from, parts[_i].n);
	ck_assert_msg(span_equal(s, span_text(parts[_i].part)), "row %d: \"%.*s\"", _i,
		      (int)s.n, (const char *)s.p);
}
END_TEST

START_TEST(empty)
{
	struct span none = { NULL, 0 };
	ck_assert(span_equal(none, span_text("")));
	ck_assert(span_equal(span_from(none, 3), none));
	ck_assert(span_is_zero(none));
	ck_assert(span_is_word(none, ""));
	struct reader r = reader_of(none);
	ck_assert_uint_eq(read_rest(&r).n, 0);
	ck_assert(!r.bad);
	ck_assert_uint_eq(read_u8(&r), 0);
	ck_assert(r.bad);
}
END_TEST

static const struct {
	const char *digits;
	size_t n;
	bool valid;
} hex[] = {
	{ "", 0, true }, { "00fF", 2, true }, { "00ff", 1, false }, { "00ff", 3, false },
	{ "0", 0, false }, { "0g", 1, false }, { "g0", 1, false }, { " 0", 1, false },
	{ "0x00", 2, false }, { "@0", 1, false }, { "`0", 1, false }, { "/:", 1, false },
};

START_TEST(unhex)
{
	uint8_t out[4] = { 9, 9, 9, 9 };
	ck_assert_msg(span_unhex(span_text(hex[_i].digits), out, hex[_i].n) == hex[_i].valid,
		      "\"%s\"", hex[_i].digits);
	if (hex[_i].n == 2 && hex[_i].valid)
		ck_assert(out[0] == 0 && out[1] == 0xff && out[2] == 9);
}
END_TEST

START_TEST(word)
{
	ck_assert(span_is_word(span_text("Modp_2048"), "MODP_2048"));
	ck_assert(!span_is_word(span_text("MODP_204"), "MODP_2048"));
	ck_assert(!span_is_word(span_text("MODP_20480"), "MODP_2048"));
	ck_assert(!span_is_word(span_of("a\0", 2), "a"));
	ck_assert(!span_is_word(span_text("{"), "["));	/* only letters have a case */
}
END_TEST

START_TEST(reads)
{
	const uint8_t b[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 };
	struct reader r = reader_of(span_of(b, sizeof b));
	ck_assert_uint_eq(read_u8(&r), 1);
	ck_assert_uint_eq(read_u16(&r), 0x0203);
	ck_assert_uint_eq(read_u32(&r), 0x04050607);
	ck_assert_uint_eq(read_u64(&r), 0x08090a0b0c0d0e0f);
	ck_assert_uint_eq(reader_offset(&r), 15);
	ck_assert_uint_eq(read_end_u8(&r), 17);
	ck_assert_uint_eq(reader_left(&r), 1);
	ck_assert(!r.bad);
	ck_assert_uint_eq(read_u16(&r), 0);
	ck_assert(r.bad);
	ck_assert_uint_eq(read_u8(&r), 0);	/* sticky, although one octet is left */
	ck_assert_uint_eq(read_end_u8(&r), 0);
	ck_assert_uint_eq(reader_left(&r), 0);
	ck_assert_uint_eq(read_rest(&r).n, 0);
	ck_assert_uint_eq(reader_offset(&r), 15);
}
END_TEST

/* Front and end meet, and neither passes the other. */
START_TEST(ends)
{
	const uint8_t b[] = { 1, 2, 3, 4 };
	struct reader r = reader_of(span_of(b, sizeof b));
	struct span end = read_end_span(&r, 3);
	ck_assert(end.p == b + 1 && end.n == 3);
	ck_assert_uint_eq(read_u8(&r), 1);
	ck_assert_uint_eq(read_end_span(&r, 0).n, 0);
	ck_assert(!r.bad);
	read_end_span(&r, 1);
	ck_assert(r.bad);
	r = reader_of(span_of(b, sizeof b));
	read_span(&r, SIZE_MAX);
	ck_assert(r.bad);
	r = reader_of(span_of(b, sizeof b));
	read_end_span(&r, SIZE_MAX);
	ck_assert(r.bad);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("span");
	TCase *t = tcase_create("span");
	tcase_add_loop_test(t, part, 0, sizeof parts / sizeof *parts);
	tcase_add_test(t, empty);
	tcase_add_loop_test(t, unhex, 0, sizeof hex / sizeof *hex);
	tcase_add_test(t, word);
	tcase_add_test(t, reads);
	tcase_add_test(t, ends);
	suite_add_tcase(s, t);
	return testing_run(s);
}
