/* SPDX-License-Identifier: BSD-2-Clause
 * Reassembly. The datagrams and their fragments were made with scapy 2.5
 * (fragment(), fragment6()): what comes out must be the datagram that scapy cut
 * up. Floods and overlaps are made here. */
#include "ipsec/wire/layers_testing.h"

static const char whole4[] =
	"450000b2000700004011f630c0000201c000020203e807d0009eaae700010203040506070809"
	"0a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
	"303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455"
	"565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b"
	"7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495";
static const char *const parts4[] = {
	("45000044000720004011d69ec0000201c000020203e807d0009eaae700010203040506070809"
	"0a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627"),
	("45000044000720064011d698c0000201c000020228292a2b2c2d2e2f30313233343536373839"
	"3a3b3c3d3e3f404142434445464748494a4b4c4d4e4f5051525354555657"),
	("450000440007200c4011d692c0000201c000020258595a5b5c5d5e5f60616263646566676869"
	"6a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828384858687"),
	("45000022000700124011f6aec0000201c000020288898a8b8c8d8e8f909192939495"),
};
/* fragment6() keeps the hop-by-hop header in each fragment, as it must. */
static const char whole6[] =
	"6000000000a6004020010db800000000000000000000000120010db800000000000000000000"
	"0002110001040000000003e807d0009ed376000102030405060708090a0b0c0d0e0f10111213"
	"1415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30313233343536373839"
	"3a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485"
	"868788898a8b8c8d8e8f909192939495";
static const char *const parts6[] = {
	("600000000058004020010db800000000000000000000000120010db800000000000000000000"
	"00022c00010400000000110000010000123403e807d0009ed376000102030405060708090a0b"
	"0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031"
	"32333435363738393a3b3c3d3e3f"),
	("600000000058004020010db800000000000000000000000120010db800000000000000000000"
	"00022c000104000000001100004900001234404142434445464748494a4b4c4d4e4f50515253"
	"5455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f70717273747576777879"
	"7a7b7c7d7e7f8081828384858687"),
	("60000000001e004020010db800000000000000000000000120010db800000000000000000000"
	"00022c00010400000000110000900000123488898a8b8c8d8e8f909192939495"),
};

static void read_frame(struct rig *r, uint64_t number, const char *hex)
{
	r->p.frame.number = number;
	rig_hex_read(r, 101, hex);
}

static void check_whole(struct rig *r, const char *hex, const char *stack)
{
	ck_assert_str_eq(rig_stack(r), stack);
	struct span want = rig_hex(r, hex), got = r->p.buffers[1].octets;
	ck_assert_uint_eq(got.n, want.n);
	ck_assert_mem_eq(got.p, want.p, want.n);
	ck_assert_str_eq(r->p.buffers[1].name, "reassembled");
	rig_sound(r, "reassembled");
	rig_round_trip(r, "reassembled");
}

/* The i-th permutation of n numbers. */
static void permute(int i, int n, int *order)
{
	bool used[8] = { false };
	for (int k = n; k > 0; k--) {
		int f = 1;
		for (int m = 2; m < k; m++)
			f *= m;
		int pick = i / f % k;
		for (int m = 0;; m++)
			if (!used[m] && pick-- == 0) {
				used[m] = true;
				order[n - k] = m;
				break;
			}
	}
}

START_TEST(test_any_order_4)
{
	struct rig *r = rig_new();
	int order[4];
	permute(_i, 4, order);
	for (unsigned i = 0; i < 3; i++) {
		read_frame(r, i + 3, parts4[order[i]]);
		ck_assert_str_eq(rig_stack(r), "ipv4 data");
		ck_assert(r->p.layers[0].ip->fragment);
		ck_assert_ptr_null(r->p.reassembled_from);
	}
	read_frame(r, 6, parts4[order[3]]);
	check_whole(r, whole4, "ipv4 udp data");
	ck_assert(!r->p.layers[0].ip->fragment);
	ck_assert_uint_eq(r->p.findings.count, 0);
	ck_assert_uint_eq(r->p.reassembled_count, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(r->p.reassembled_from[i], i + 3);
	rig_free(r);
}
END_TEST

START_TEST(test_any_order_6)
{
	struct rig *r = rig_new();
	int order[3];
	permute(_i, 3, order);
	for (unsigned i = 0; i < 2; i++) {
		read_frame(r, i + 1, parts6[order[i]]);
		ck_assert_str_eq(rig_stack(r), "ipv6 hopopts fragment data");
		ck_assert(r->p.layers[0].ip->fragment);
	}
	read_frame(r, 3, parts6[order[2]]);
	check_whole(r, whole6, "ipv6 hopopts udp data");
	ck_assert_uint_eq(r->p.findings.count, 0);
	ck_assert_uint_eq(r->p.reassembled_count, 3);
	rig_free(r);
}
END_TEST

/* Exact copies change nothing, and after completion a new datagram begins. */
START_TEST(test_duplicates)
{
	struct rig *r = rig_new();
	const char *const *parts = _i ? parts6 : parts4;
	unsigned n = _i ? 3 : 4;
	for (unsigned round = 1; round < 4; round++) {
		for (unsigned i = 0; i + 1 < n; i++)
			for (unsigned copies = 0; copies < round; copies++) {
				read_frame(r, i + 1, parts[i]);
				ck_assert_uint_eq(r->p.buffer_count, 1);
				ck_assert_uint_eq(r->p.findings.count, 0);
			}
		read_frame(r, n, parts[n - 1]);
		check_whole(r, _i ? whole6 : whole4,
			    _i ? "ipv6 hopopts udp data" : "ipv4 udp data");
		ck_assert_uint_eq(r->p.reassembled_count, n);
	}
	rig_free(r);
}
END_TEST

/* ---- fragments made here ---- */

struct spec {
	uint32_t id, offset;
	bool more;
	size_t n;
	uint8_t fill;	/* data octet i is fill + offset + i */
	uint8_t options;	/* octets of IPv4 options: no-operations */
};

static struct span make4(struct rig *r, const struct spec *s)
{
	size_t n = 20 + s->options + s->n;
	struct writer w = writer_of(arena_alloc(&r->a, n), n);
	write_u8(&w, (uint8_t)(0x45 + s->options / 4));
	write_u8(&w, 0);
	write_u16(&w, (uint16_t)n);
	write_u16(&w, (uint16_t)s->id);
	write_u16(&w, (uint16_t)(s->offset / 8 | (s->more ? 0x2000 : 0)));
	write_u32(&w, 0x40c80000);
	write_u32(&w, 0x0a000001);
	write_u32(&w, 0x0a000002);
	for (unsigned i = 0; i < s->options; i++)
		write_u8(&w, 1);
	for (size_t i = 0; i < s->n; i++)
		write_u8(&w, (uint8_t)(s->fill + s->offset + i));
	return writer_span(&w);
}

static struct span make6(struct rig *r, const struct spec *s)
{
	size_t n = 48 + s->n;
	struct writer w = writer_of(arena_alloc(&r->a, n), n);
	write_u32(&w, 0x60000000);
	write_u16(&w, (uint16_t)(n - 40));
	write_u16(&w, 0x2c40);
	write_zeros(&w, 15);
	write_u8(&w, 1);
	write_zeros(&w, 15);
	write_u8(&w, 2);
	write_u16(&w, 0xc800);
	write_u16(&w, (uint16_t)(s->offset | s->more));
	write_u32(&w, s->id);
	for (size_t i = 0; i < s->n; i++)
		write_u8(&w, (uint8_t)(s->fill + s->offset + i));
	return writer_span(&w);
}

static void send(struct rig *r, bool v6, struct spec s)
{
	struct span octets = v6 ? make6(r, &s) : make4(r, &s);
	rig_read(r, 101, octets, octets.n);
	rig_sound(r, "made");
}

static bool is_whole(const struct rig *r)
{
	return r->p.buffer_count == 2;
}

/* Fragments of one datagram, of which one is odd. */
static const struct {
	const char *name;
	struct spec s[4];
	unsigned at;		/* the fragment that brings the finding */
	const char *words[2];	/* IPv4, IPv6; NULL: none */
	bool whole[2];		/* is the datagram put together? */
} odds[] = {
	{ "same octets, other borders",
	  { { 1, 0, true, 32, 0, 0 }, { 1, 16, true, 32, 0, 0 }, { 1, 48, false, 5, 0, 0 } }, 1,
	  { "overlaps octets that came before", "RFC 5722" }, { true, false } },
	{ "other octets",
	  { { 1, 0, true, 32, 0, 0 }, { 1, 16, true, 32, 9, 0 }, { 1, 48, false, 5, 0, 0 } }, 1,
	  { "the first ones are kept", "RFC 5722" }, { true, false } },
	{ "other octets, same borders",
	  { { 1, 0, true, 32, 0, 0 }, { 1, 0, true, 32, 9, 0 }, { 1, 32, false, 5, 0, 0 } }, 1,
	  { "the first ones are kept", "RFC 5722" }, { true, false } },
	{ "inside another",
	  { { 1, 0, true, 32, 0, 0 }, { 1, 8, true, 8, 0, 0 }, { 1, 32, false, 5, 0, 0 } }, 1,
	  { "overlaps octets that came before", "RFC 5722" }, { true, false } },
	{ "no multiple of 8",
	  { { 1, 0, true, 32, 0, 0 }, { 1, 32, true, 13, 0, 0 }, { 1, 48, false, 5, 0, 0 } }, 1,
	  { "a multiple of 8", "a multiple of 8" }, { false, false } },
	{ "no octets",
	  { { 1, 0, true, 32, 0, 0 }, { 1, 32, false, 0, 0, 0 } }, 1,
	  { "fragment of 0 octets", "fragment of 0 octets" }, { false, false } },
	{ "two ends",
	  { { 1, 32, false, 8, 0, 0 }, { 1, 40, false, 8, 0, 0 }, { 1, 0, true, 32, 0, 0 } }, 1,
	  { "odds with the datagram's end", "odds with the datagram's end" }, { false, false } },
	{ "behind the end",
	  { { 1, 32, false, 8, 0, 0 }, { 1, 48, true, 8, 0, 0 }, { 1, 0, true, 32, 0, 0 } }, 1,
	  { "odds with the datagram's end", "odds with the datagram's end" }, { false, false } },
	{ "end before what was there",
	  { { 1, 48, true, 8, 0, 0 }, { 1, 32, false, 8, 0, 0 }, { 1, 0, true, 32, 0, 0 } }, 1,
	  { "odds with the datagram's end", "odds with the datagram's end" }, { false, false } },
	{ "longer than a datagram",
	  { { 1, 0, true, 32, 0, 0 }, { 1, 65528, false, 8, 0, 0 } }, 1,
	  { "ends at octet 65556", "ends at octet 65576" }, { false, false } },
	{ "last one first",
	  { { 1, 32, false, 5, 0, 0 }, { 1, 0, true, 32, 0, 0 } }, 0,
	  { NULL, NULL }, { true, true } },
	{ "another id",
	  { { 1, 0, true, 32, 0, 0 }, { 2, 32, false, 5, 0, 0 } }, 1,
	  { NULL, NULL }, { false, false } },
};

START_TEST(test_odd)
{
	int v6 = _i % 2, i = _i / 2;
	struct rig *r = rig_new();
	bool whole = false;
	for (unsigned k = 0; k < 4 && (k == 0 || odds[i].s[k].id); k++) {
		send(r, v6, odds[i].s[k]);
		const char *words = k == odds[i].at ? odds[i].words[v6] : NULL;
		ck_assert_msg(words ? rig_found(r, words) : r->p.findings.count == 0,
			      "%s (%u): %s", odds[i].name, k,
			      r->p.findings.count ? r->p.findings.first->text : "no finding");
		whole = whole || is_whole(r);
	}
	ck_assert_msg(whole == odds[i].whole[v6], "%s: whole", odds[i].name);
	if (whole) {
		struct span b = span_from(r->p.buffers[1].octets, v6 ? 40 : 20);
		for (size_t k = 0; k < b.n && k < 32; k++)
			ck_assert_msg(b.p[k] == k, "%s: octet %zu", odds[i].name, k);
	}
	rig_free(r);
}
END_TEST

/* RFC 5722, 3: fragments that come after the overlap are discarded too. */
START_TEST(test_condemned)
{
	struct rig *r = rig_new();
	send(r, true, (struct spec){ 1, 0, true, 32, 0, 0 });
	send(r, true, (struct spec){ 1, 16, true, 32, 0, 0 });
	send(r, true, (struct spec){ 1, 0, true, 48, 0, 0 });
	send(r, true, (struct spec){ 1, 48, false, 5, 0, 0 });
	ck_assert(!is_whole(r));
	/* ... for as long as fragments are waited for */
	r->p.frame.seconds = FRAGMENT_SECONDS_V6;
	send(r, true, (struct spec){ 1, 0, true, 32, 0, 0 });
	send(r, true, (struct spec){ 1, 32, false, 5, 0, 0 });
	ck_assert(is_whole(r));
	rig_free(r);
}
END_TEST

START_TEST(test_age)
{
	for (int v6 = 0; v6 < 2; v6++)
		for (int late = 0; late < 2; late++) {
			struct rig *r = rig_new();
			send(r, v6, (struct spec){ 1, 0, true, 32, 0, 0 });
			r->p.frame.seconds += (v6 ? 60 : 30) - !late;
			send(r, v6, (struct spec){ 1, 32, false, 5, 0, 0 });
			ck_assert_int_eq(is_whole(r), !late);
			rig_free(r);
		}
}
END_TEST

/* Times that no clock shows must do no harm. */
START_TEST(test_wild_time)
{
	static const int64_t times[] = { 0, INT64_MAX, INT64_MIN, -1, INT64_MAX / 1000000000 };
	struct rig *r = rig_new();
	for (unsigned i = 0; i < COUNT(times); i++) {
		r->p.frame.seconds = times[i];
		r->p.frame.nanoseconds = UINT32_MAX;
		send(r, false, (struct spec){ 1, 0, true, 32, 0, 0 });
		send(r, false, (struct spec){ 1, 32, false, 5, 0, 0 });
		ck_assert(is_whole(r));
	}
	rig_free(r);
}
END_TEST

/* 10,000 first fragments: the newest 64 can still be completed. */
START_TEST(test_flood)
{
	struct rig *r = rig_new();
	struct arena_mark m = arena_mark(&r->a);
	for (uint32_t i = 0; i < 10000; i++) {
		send(r, _i, (struct spec){ i, 0, true, 1400, 0, 0 });
		ck_assert_int_eq(rig_found(r, "is given up"), i >= FRAGMENT_DATAGRAMS);
		arena_rewind(&r->a, m);
	}
	unsigned whole = 0;
	for (uint32_t i = 9900; i < 10000; i++) {
		/* 100 more slots would be taken: only what is there may be completed. */
		if (i < 10000 - FRAGMENT_DATAGRAMS)
			continue;
		send(r, _i, (struct spec){ i, 1400, false, 5, 0, 0 });
		whole += is_whole(r);
		arena_rewind(&r->a, m);
	}
	ck_assert_uint_eq(whole, FRAGMENT_DATAGRAMS);
	rig_free(r);
}
END_TEST

/* More fragments than one datagram may have, and as many as it may. */
START_TEST(test_many_parts)
{
	struct rig *r = rig_new();
	bool refused = false;
	for (uint32_t i = 0; i <= FRAGMENT_PARTS; i++) {
		r->p.frame.number = i + 1;
		send(r, _i, (struct spec){ 1, i * 8, true, 8, 0, 0 });
		refused = refused || rig_found(r, "discarded");
		ck_assert_int_eq(refused, i >= FRAGMENT_PARTS);
	}
	for (uint32_t i = 0; i < FRAGMENT_PARTS; i++) {
		r->p.frame.number = i + 1;
		send(r, _i, (struct spec){ 2, i * 8, i + 1 < FRAGMENT_PARTS, 8, 0, 0 });
	}
	ck_assert(is_whole(r));
	ck_assert_uint_eq(r->p.reassembled_count, PACKET_FROM_MAX);
	ck_assert_uint_eq(r->p.reassembled_from[0], 1);
	ck_assert_uint_eq(r->p.reassembled_from[PACKET_FROM_MAX - 1], FRAGMENT_PARTS);
	rig_free(r);
}
END_TEST

/* The longest datagram there can be, and one that its first header makes longer. */
START_TEST(test_longest)
{
	struct rig *r = rig_new();
	size_t end = _i ? 65535 : 65515;
	for (uint32_t at = 0; at < end; at += 1400) {
		size_t n = end - at < 1400 ? end - at : 1400;
		send(r, _i, (struct spec){ 1, at, at + n < end, n, 0, 0 });
	}
	ck_assert(is_whole(r));
	ck_assert_uint_eq(r->p.buffers[1].octets.n, end + (_i ? 40 : 20));
	ck_assert(!r->p.layers[0].ip->length_bad);
	for (uint32_t at = 0; at < end && !_i; at += 1400) {
		size_t n = end - at < 1400 ? end - at : 1400;
		send(r, false, (struct spec){ 2, at, at + n < end, n, 0, at ? 0 : 40 });
	}
	ck_assert_int_eq(is_whole(r), _i);
	ck_assert_int_eq(rig_found(r, "too long in all"), !_i);
	rig_free(r);
}
END_TEST

/* A fragment that the capture has cut is not put together. */
START_TEST(test_cut)
{
	struct rig *r = rig_new();
	struct spec s = { 1, 0, true, 32, 0, 0 };
	struct span octets = _i ? make6(r, &s) : make4(r, &s);
	rig_read(r, 101, span_part(octets, 0, octets.n - 8), octets.n);
	ck_assert_str_eq(rig_stack(r), _i ? "ipv6 fragment data" : "ipv4 data");
	ck_assert(r->p.cut);
	send(r, _i, (struct spec){ 1, 24, false, 5, 0, 0 });
	ck_assert(!is_whole(r));
	rig_free(r);
}
END_TEST

/* A tunnel's outer and inner fragments may have the same id and addresses. */
START_TEST(test_depth)
{
	struct rig *r = rig_new();
	struct spec first = { 1, 0, true, 32, 0, 0 }, last = { 1, 32, false, 5, 0, 0 };
	struct span inner = make4(r, &first);
	uint8_t *b = arena_alloc(&r->a, inner.n + 20);
	memcpy(b, inner.p, 20);
	memcpy(b + 20, inner.p, inner.n);
	b[3] = (uint8_t)(inner.n + 20);
	b[6] = 0;
	b[9] = PROTOCOL_IPV4;
	rig_read(r, 101, span_of(b, inner.n + 20), inner.n + 20);
	ck_assert_str_eq(rig_stack(r), "ipv4 ipv4 data");
	send(r, false, last);
	ck_assert(!is_whole(r));
	send(r, false, first);
	ck_assert(is_whole(r));
	rig_free(r);
}
END_TEST

/* A small fragment inside an outer datagram from 10.0.0.3 to 10.0.0.4 that comes
 * in two fragments itself: frames `number` and the next. */
static void send_in_tunnel(struct rig *r, uint64_t number, struct spec s)
{
	struct span inner = make4(r, &s);
	for (unsigned k = 0; k < 2; k++) {
		size_t from = k ? 24 : 0, n = k ? inner.n - 24 : 24;
		uint8_t b[128] = { 0x45, 0, 0, (uint8_t)(20 + n), 0, (uint8_t)number,
				   k ? 0 : 0x20, k ? 3 : 0, 64, PROTOCOL_IPV4, 0, 0,
				   10, 0, 0, 3, 10, 0, 0, 4 };
		memcpy(b + 20, inner.p + from, n);
		r->p.frame.number = number + k;
		rig_read(r, 101, span_of(b, 20 + n), 20 + n);
	}
}

/* Fragments in a tunnel whose own packets come in fragments. */
START_TEST(test_nested)
{
	struct rig *r = rig_new();
	send_in_tunnel(r, 4, (struct spec){ 1, 0, true, 32, 0, 0 });
	ck_assert_str_eq(rig_stack(r), "ipv4 ipv4 data");
	ck_assert_uint_eq(r->p.buffer_count, 2);
	ck_assert_uint_eq(r->p.reassembled_count, 2);
	ck_assert_uint_eq(r->p.reassembled_from[0], 4);
	ck_assert_uint_eq(r->p.reassembled_from[1], 5);
	send_in_tunnel(r, 8, (struct spec){ 1, 32, false, 5, 0, 0 });
	ck_assert_str_eq(rig_stack(r), "ipv4 ipv4 data");
	ck_assert_uint_eq(r->p.buffer_count, 3);
	ck_assert_uint_eq(r->p.buffers[2].octets.n, 20 + 37);
	ck_assert_uint_eq(r->p.reassembled_count, 3);
	ck_assert_uint_eq(r->p.reassembled_from[0], 5);
	ck_assert_uint_eq(r->p.reassembled_from[1], 8);
	ck_assert_uint_eq(r->p.reassembled_from[2], 9);
	rig_free(r);
}
END_TEST

/* On two interfaces of a cooked capture each fragment is seen twice within a
 * moment: the late copies do not begin a datagram. A later replay does. */
START_TEST(test_interfaces)
{
	static const char cooked[] = "00000001000602000000000100000800";
	static const int64_t wait[] = { 0, 1, 2, 40000000, 41000000 };
	struct rig *r = rig_new();
	struct spec s[] = { { 1, 0, true, 32, 0, 0 }, { 1, 32, false, 5, 0, 0 } };
	unsigned whole = 0;
	for (unsigned i = 0; i < 5; i++)
		for (unsigned k = i == 4; k < 2 - (i == 3); k++) {
			struct span part = make4(r, &s[k]), link = rig_hex(r, cooked);
			uint8_t *b = arena_alloc(&r->a, 16 + part.n);
			memcpy(b, link.p, 16);
			memcpy(b + 16, part.p, part.n);
			r->p.frame.nanoseconds = (uint32_t)wait[i];
			rig_read(r, 113, span_of(b, 16 + part.n), 16 + part.n);
			whole += is_whole(r);
			if (i < 3)
				ck_assert_int_eq(is_whole(r), i == 0 && k == 1);
		}
	ck_assert_uint_eq(whole, 2);
	rig_free(r);
}
END_TEST

/* Spoilt fragments in any order: nothing but findings. */
START_TEST(test_torture)
{
	struct rig *r = rig_new();
	struct arena_mark m = arena_mark(&r->a);
	uint32_t seed = 1;
	for (unsigned i = 0; i < 40000; i++) {
		seed = seed * 1664525 + 1013904223;
		bool v6 = seed >> 31;
		struct span s = rig_hex(r, v6 ? parts6[seed >> 8 & 1] : parts4[seed >> 8 & 3]);
		uint8_t *b = malloc(s.n);
		memcpy(b, s.p, s.n);
		for (unsigned k = seed >> 16 & 3; k; k--) {
			seed = seed * 1664525 + 1013904223;
			b[(seed >> 8) % (v6 ? 56 : 20)] ^= (uint8_t)(1u << (seed >> 28 & 7));
		}
		r->p.frame.number = i;
		rig_read(r, 101, span_of(b, s.n), s.n);
		rig_sound(r, "torture");
		free(b);
		arena_rewind(&r->a, m);
	}
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fragment");
	TCase *t = tcase_create("fragment");
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, test_any_order_4, 0, 24);
	tcase_add_loop_test(t, test_any_order_6, 0, 6);
	tcase_add_loop_test(t, test_duplicates, 0, 2);
	tcase_add_loop_test(t, test_odd, 0, 2 * COUNT(odds));
	tcase_add_test(t, test_condemned);
	tcase_add_test(t, test_age);
	tcase_add_test(t, test_wild_time);
	tcase_add_loop_test(t, test_flood, 0, 2);
	tcase_add_loop_test(t, test_many_parts, 0, 2);
	tcase_add_loop_test(t, test_longest, 0, 2);
	tcase_add_loop_test(t, test_cut, 0, 2);
	tcase_add_test(t, test_depth);
	tcase_add_test(t, test_nested);
	tcase_add_test(t, test_interfaces);
	tcase_add_test(t, test_torture);
	suite_add_tcase(s, t);
	return testing_run(s);
}
