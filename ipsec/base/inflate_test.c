/* SPDX-License-Identifier: BSD-2-Clause
 * Inflating: octets that GNU gzip 1.12 made (an implementation of its own),
 * whole, cut anywhere, followed by more; and what grows without end. */
#include "ipsec/base/inflate.h"
#include "ipsec/base/testing.h"

/* "ikat " eight times without the last space: gzip -n9 | xxd -p; header of 10
 * octets, then raw DEFLATE, then CRC and length. */
static const uint8_t member[] = {
	0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xcb, 0xcc, 0x4e, 0x2c, 0x51, 0xc8, 0x24, 0x48, 0,
	0, 0xc0, 0x76, 0x4d, 0xca, 0x27, 0, 0, 0,
};
/* " two" */
static const uint8_t second[] = {
	0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0x53, 0x28, 0x29, 0xcf, 7, 0, 0x56, 0x23, 0xfd, 0x6f,
	4, 0, 0, 0,
};
static const char plain[] = "ikat ikat ikat ikat ikat ikat ikat ikat";
enum { HEADER = 10, TRAILER = 8, PLAIN = sizeof plain - 1 };

static struct span raw(void)
{
	return span_of(member + HEADER, sizeof member - HEADER - TRAILER);
}

START_TEST(raw_whole)
{
	uint8_t out[PLAIN + 5];
	size_t n;
	ck_assert(inflate_raw(raw(), out, PLAIN, &n));
	ck_assert(span_equal(span_of(out, n), span_text(plain)));
	ck_assert(inflate_raw(raw(), out, sizeof out, &n) && n == PLAIN);
}
END_TEST

START_TEST(raw_cut)
{
	uint8_t out[PLAIN];
	size_t n = 99;
	ck_assert(!inflate_raw(span_part(raw(), 0, (size_t)_i), out, PLAIN, &n));
	ck_assert_uint_le(n, PLAIN);
	ck_assert(span_equal(span_of(out, n), span_part(span_text(plain), 0, n)));
}
END_TEST

START_TEST(raw_small_room)
{
	uint8_t out[PLAIN + 1];
	size_t n = 99;
	memset(out, 0x5a, sizeof out);
	ck_assert(!inflate_raw(raw(), out, (size_t)_i, &n));
	ck_assert_uint_le(n, (size_t)_i);
	ck_assert_uint_eq(out[_i], 0x5a);
	ck_assert(!inflate_raw(raw(), NULL, 0, &n) && n == 0);
	ck_assert(!inflate_raw(span_of(NULL, 0), out, PLAIN, &n) && n == 0);
}
END_TEST

/* A stored block, then a dynamic one with impossible code lengths; a reserved
 * block type; a distance that reaches before the beginning. */
static const struct {
	const char *octets;
	size_t n;
} broken[] = {
	{ "\x00\x01\x00\xfe\xfeX", 6 }, { "\x07", 1 }, { "\x05\xff\xff\xff\xff\xff", 6 },
	{ "\x01\x01\x00\x00\x00X", 6 }, { "\x4b\x04\x61\x00", 4 },
};

START_TEST(raw_broken)
{
	uint8_t out[64];
	size_t n;
	ck_assert_msg(!inflate_raw(span_of(broken[_i].octets, broken[_i].n), out, sizeof out, &n),
		      "row %d: %zu octets", _i, n);
}
END_TEST

/* A megabyte of zeros from a thousand octets: no more than the room is taken. */
START_TEST(bomb)
{
	static uint8_t in[2000], out[4096 + 1];
	size_t n;
	/* One fixed block: the literal 0, then runs of 258 at distance 1: the code
	 * 11000101 and five zero bits, least significant bit first. */
	size_t bit = 0;
	const char *begin = "11000110000", *again = "1100010100000";
	for (const char *c = begin; *c; c++, bit++)
		in[bit / 8] |= (uint8_t)((*c == '1') << bit % 8);
	while (bit + 13 < 8 * sizeof in)
		for (const char *c = again; *c; c++, bit++)
			in[bit / 8] |= (uint8_t)((*c == '1') << bit % 8);
	out[4096] = 0x5a;
	ck_assert(!inflate_raw(span_of(in, sizeof in), out, 4096, &n));
	ck_assert_uint_eq(n, 4096);
	ck_assert_uint_eq(out[4096], 0x5a);
	ck_assert(out[0] == 0 && out[4095] == 0);
}
END_TEST

/* Reads a stream in pieces of `in` octets into room for `room`; the state that
 * ended it. */
static enum gunzip_state gunzip(struct span stream, size_t in, size_t room, char *to, size_t *n)
{
	struct gunzip *g = gunzip_new();
	enum gunzip_state state = GUNZIP_MORE;
	ck_assert_ptr_nonnull(g);
	*n = 0;
	for (size_t at = 0; at < stream.n && state != GUNZIP_BROKEN; at += in) {
		struct span piece = span_part(stream, at, in);
		for (size_t some = 1; (piece.n || some) && state != GUNZIP_BROKEN; *n += some)
			state = gunzip_step(g, &piece, (uint8_t *)to + *n, room, &some);
	}
	gunzip_free(g);
	return state;
}

START_TEST(members)
{
	uint8_t stream[sizeof member + sizeof second];
	char out[200];
	size_t n;
	memcpy(stream, member, sizeof member);
	memcpy(stream + sizeof member, second, sizeof second);
	for (size_t in = 1; in <= sizeof stream; in++)
		for (size_t room = 1; room < 60; room += 6) {
			ck_assert_int_eq(gunzip(span_of(stream, sizeof stream), in, room, out, &n),
					 GUNZIP_END);
			ck_assert_uint_eq(n, PLAIN + 4);
			ck_assert_mem_eq(out, plain, PLAIN);
			ck_assert_mem_eq(out + PLAIN, " two", 4);
		}
}
END_TEST

START_TEST(member_cut)
{
	uint8_t stream[sizeof member + sizeof second];
	char out[200];
	size_t n;
	memcpy(stream, member, sizeof member);
	memcpy(stream + sizeof member, second, sizeof second);
	enum gunzip_state state = gunzip(span_of(stream, (size_t)_i), 7, 50, out, &n);
	ck_assert_int_eq(state, (size_t)_i == sizeof member ? GUNZIP_END : GUNZIP_MORE);
}
END_TEST

START_TEST(member_flipped)
{
	uint8_t stream[sizeof member];
	char out[4096];
	size_t n;
	memcpy(stream, member, sizeof member);
	stream[_i] ^= 0xff;
	/* Time, extra flags and system (octets 4 to 9) do not matter. */
	bool matters = _i < 4 || _i > 9;
	enum gunzip_state state = gunzip(span_of(stream, sizeof stream), 64, 40, out, &n);
	ck_assert_msg((state == GUNZIP_END) == !matters, "octet %d: %d", _i, state);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inflate");
	TCase *t = tcase_create("inflate");
	tcase_add_test(t, raw_whole);
	tcase_add_loop_test(t, raw_cut, 0, sizeof member - HEADER - TRAILER);
	tcase_add_loop_test(t, raw_small_room, 0, PLAIN);
	tcase_add_loop_test(t, raw_broken, 0, sizeof broken / sizeof *broken);
	tcase_add_test(t, bomb);
	tcase_add_test(t, members);
	tcase_add_loop_test(t, member_cut, 0, sizeof member + sizeof second);
	tcase_add_loop_test(t, member_flipped, 0, sizeof member);
	suite_add_tcase(s, t);
	return testing_run(s);
}
