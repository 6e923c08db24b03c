/* SPDX-License-Identifier: BSD-2-Clause
 * The writer: every capacity too small for a message leaves nothing behind its
 * end and says so. */
#include "ipsec/base/writer.h"
#include "ipsec/base/testing.h"

enum { WHOLE = 24 };

/* Something of everything: 24 octets. */
static void message(struct writer *w)
{
	write_u8(w, 0x11);
	struct mark outer = write_open(w, 2);
	write_u32(w, 0x22334455);
	struct mark inner = write_open(w, 2);
	write_u64(w, 0x66778899aabbccdd);
	write_octets(w, "ab", 2);
	write_close(w, inner, inner.size);	/* counts itself */
	write_zeros(w, 2);
	write_uint(w, 0xeef0f1f2, 3);		/* the low three octets */
	write_close(w, outer, 0);
	write_patch(w, 0, 0x10, 1);
}

START_TEST(whole)
{
	static const uint8_t want[WHOLE] = {
		0x10, 0, 21, 0x22, 0x33, 0x44, 0x55, 0, 12, 0x66, 0x77, 0x88, 0x99, 0xaa,
		0xbb, 0xcc, 0xdd, 'a', 'b', 0, 0, 0xf0, 0xf1, 0xf2,
	};
	uint8_t b[WHOLE];
	struct writer w = writer_of(b, sizeof b);
	message(&w);
	ck_assert(!w.bad);
	ck_assert_uint_eq(w.n, WHOLE);
	ck_assert_mem_eq(b, want, WHOLE);
	ck_assert(span_equal(writer_span(&w), span_of(want, WHOLE)));
}
END_TEST

START_TEST(cut)
{
	uint8_t b[WHOLE + 1];
	memset(b, 0x5a, sizeof b);
	struct writer w = writer_of(b, (size_t)_i);
	message(&w);
	ck_assert_msg(w.bad, "%d octets of room", _i);
	ck_assert_uint_le(w.n, (size_t)_i);
	for (size_t i = w.n; i < sizeof b; i++)
		ck_assert_msg(b[i] == 0x5a, "%d octets of room, octet %zu", _i, i);
}
END_TEST

START_TEST(wrong_use)
{
	uint8_t b[4] = { 1, 2, 3, 4 };
	struct writer w = writer_of(b, sizeof b);
	write_u16(&w, 0);
	write_patch(&w, 1, 7, 2);	/* one octet behind what is written */
	ck_assert(w.bad && b[2] == 3);
	w = writer_of(b, sizeof b);
	write_patch(&w, SIZE_MAX, 7, 2);
	ck_assert(w.bad);
	w = writer_of(b, sizeof b);
	write_octets(&w, b, SIZE_MAX);
	ck_assert(w.bad && w.n == 0);
	w = writer_of(NULL, 0);
	write_octets(&w, NULL, 0);
	write_zeros(&w, 0);
	ck_assert(!w.bad);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("writer");
	TCase *t = tcase_create("writer");
	tcase_add_test(t, whole);
	tcase_add_loop_test(t, cut, 0, WHOLE);
	tcase_add_test(t, wrong_use);
	suite_add_tcase(s, t);
	return testing_run(s);
}
