/* SPDX-License-Identifier: BSD-2-Clause
 * Protections taken off made packets: each mode, link layer, encapsulation and
 * nesting, by the layouts of RFC 4303, 3.1; RFC 4302, 3.1; RFC 3948, 2; RFC 3173.
 * ESP is that of the NULL algorithms (RFC 2410), so that what is inside stands
 * there to be compared. Checksums are summed up here anew, by RFC 1071. And the
 * capture of plain packets: fragments that wait. */
#include "dissect/plain.h"
#include "dissect/unwrap.h"
#include "ipsec/base/testing.h"
#include "ipsec/base/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROOM = 1 << 17, RAW = 101, TUNNEL_SPI = 0x1000, TRANSPORT_SPI = 0x2000, BEET_SPI = 0x3000 };

struct rig {
	struct crypto *crypto;
	struct keystore store;
	struct wire *wire;
	struct arena arena;
	struct packet packet;
	struct frame frame;
	struct unwrapped u;
	uint8_t out[UNWRAP_MAX];
};

static void add_key(struct rig *r, uint32_t spi, enum sa_mode mode)
{
	struct sa_key row = { .protocol = PROTOCOL_ESP, .spi = spi, .spi_mask = UINT32_MAX,
			      .mode = mode, .esn = ESN_NO, .encr = encr_by_name(span_text("ENCR_NULL")),
			      .integ = integ_by_name(span_text("NONE")) };
	ck_assert_ptr_nonnull(keystore_add_sa(&r->store, &row));
}

static struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof *r);
	struct err e = { 0 };
	ck_assert_ptr_nonnull(r);
	keystore_init(&r->store);
	add_key(r, TUNNEL_SPI, SA_MODE_UNKNOWN);
	add_key(r, TRANSPORT_SPI, SA_MODE_TRANSPORT);
	add_key(r, BEET_SPI, SA_MODE_BEET);
	ck_assert_ptr_nonnull(r->crypto = crypto_new(&e));
	r->wire = wire_new(r->crypto, &r->store, &(struct wire_options){ 0 });
	r->frame = (struct frame){ .file = "x.pcap", .link = RAW };
	return r;
}

static void rig_free(struct rig *r)
{
	wire_free(r->wire);
	keystore_done(&r->store);
	crypto_free(r->crypto);
	arena_done(&r->arena);
	free(r);
}

static const struct packet *rig_read(struct rig *r, struct span octets)
{
	struct packet *p = &r->packet;
	arena_reset(&r->arena);
	r->frame.number++;
	r->frame.octets = octets;
	r->frame.captured = r->frame.length = (uint32_t)octets.n;
	wire_parse(r->wire, p, &r->frame, &r->arena);
	wire_open(r->wire, &p, 1);
	wire_finish(r->wire, p);
	return p;
}

static enum unwrap rig_unwrap(struct rig *r, int link, struct span octets)
{
	r->frame.link = link;
	return unwrap_packet(rig_read(r, octets), NULL, r->out, &r->u);
}

static void is(const struct rig *r, struct span want)
{
	size_t at = 0;
	while (at < want.n && at < r->u.octets.n && want.p[at] == r->u.octets.p[at])
		at++;
	ck_assert_msg(span_equal(r->u.octets, want), "%zu octets, need %zu; differ from octet %zu on",
		      r->u.octets.n, want.n, at);
}

/* ---- making packets ---- */

/* RFC 1071, plainly. */
static uint32_t add16(uint32_t sum, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		sum += i % 2 ? s.p[i] : (uint32_t)s.p[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static struct arena made;	/* all packets of the program's tests */

static struct span copy(struct writer *w)
{
	ck_assert(!w->bad);
	return arena_copy(&made, writer_span(w));
}

/* Host n of net 1 (outer), 2 or 3. */
static struct span ip4_at(unsigned net, uint8_t protocol, uint16_t id, uint16_t fragment, struct span s)
{
	static uint8_t b[ROOM];
	struct writer w = writer_of(b, sizeof b);
	write_u16(&w, 0x4500);
	write_u16(&w, (uint16_t)(20 + s.n));
	write_u16(&w, id);
	write_u16(&w, fragment);
	write_u8(&w, 64);
	write_u8(&w, protocol);
	write_u16(&w, 0);
	write_u32(&w, 0x0a000001 | net << 16);
	write_u32(&w, 0x0a000002 | net << 16);
	write_patch(&w, 10, fold(add16(0, writer_span(&w))), 2);
	write_span(&w, s);
	return copy(&w);
}

static struct span ip4(unsigned net, uint8_t protocol, struct span s)
{
	return ip4_at(net, protocol, 7, 0, s);
}

static struct span ip6(unsigned net, uint8_t next, struct span s)
{
	static uint8_t b[ROOM];
	struct writer w = writer_of(b, sizeof b);
	write_u32(&w, 0x60000000);
	write_u16(&w, (uint16_t)s.n);
	write_u8(&w, next);
	write_u8(&w, 64);
	for (unsigned i = 1; i <= 2; i++) {
		write_u32(&w, 0x20010db8);
		write_u64(&w, net);
		write_u32(&w, i);
	}
	write_span(&w, s);
	return copy(&w);
}

static struct span with(struct span head, struct span s)
{
	static uint8_t b[ROOM];
	struct writer w = writer_of(b, sizeof b);
	write_span(&w, head);
	write_span(&w, s);
	return copy(&w);
}

static struct span hex(const char *digits)
{
	size_t n = strlen(digits) / 2;
	uint8_t *b = arena_raw(&made, n + 1);
	ck_assert(span_unhex(span_text(digits), b, n));
	return span_of(b, n);
}

/* RFC 4303, 2, with NULL algorithms; `tfc` octets behind the payload (2.7). */
static struct span esp_tfc(uint32_t spi, uint8_t next, struct span s, size_t tfc)
{
	static uint8_t b[ROOM];
	static uint32_t seq;
	struct writer w = writer_of(b, sizeof b);
	size_t padding = (2 - s.n - tfc) % 4;
	write_u32(&w, spi);
	write_u32(&w, ++seq);
	write_span(&w, s);
	write_zeros(&w, tfc);
	for (size_t i = 1; i <= padding; i++)
		write_u8(&w, (uint8_t)i);
	write_u8(&w, (uint8_t)padding);
	write_u8(&w, next);
	return copy(&w);
}

static struct span esp(uint32_t spi, uint8_t next, struct span s)
{
	return esp_tfc(spi, next, s, 0);
}

static struct span udp(uint16_t sport, uint16_t dport, struct span s)
{
	static uint8_t b[ROOM];
	struct writer w = writer_of(b, sizeof b);
	write_u16(&w, sport);
	write_u16(&w, dport);
	write_u16(&w, (uint16_t)(8 + s.n));
	write_u16(&w, 0);
	write_span(&w, s);
	return copy(&w);
}

/* A TCP segment with the checksum that it has between hosts 1 and 2 of `net`. */
static struct span tcp(unsigned net, struct span s)
{
	struct span head = with(hex("9c404e200000000100000002501020000000""0000"), s);
	uint8_t b[8] = { 10, (uint8_t)net, 0, 1, 10, (uint8_t)net, 0, 2 };
	uint32_t sum = add16(add16(6 + (uint32_t)head.n, span_of(b, 8)), head);
	struct writer w = writer_of((uint8_t *)(uintptr_t)head.p, head.n);
	w.n = head.n;
	write_patch(&w, 16, fold(sum), 2);
	return head;
}

/* RFC 1951, 3.2.4: one block, stored. */
static struct span stored(struct span s)
{
	uint8_t head[5] = { 1, (uint8_t)s.n, (uint8_t)(s.n >> 8), (uint8_t)~s.n,
			    (uint8_t)(~s.n >> 8) };
	return with(span_of(head, 5), s);
}

/* Huffman codes stand in the stream with their highest bit first (3.1.1). */
static void put_bits(uint8_t *b, size_t *at, unsigned code, unsigned n)
{
	for (; n; n--, ++*at)
		b[*at / 8] |= (uint8_t)((code >> (n - 1) & 1) << *at % 8);
}

/* n octets of zero with fixed codes (3.2.6): one, then as often as it fits the
 * last octet 258 times, then the rest. */
static struct span zeros(size_t n)
{
	static uint8_t b[ROOM];
	size_t at = 3, left = n - 1;
	memset(b, 0, sizeof b);
	b[0] = 3;		/* the last block, fixed codes */
	put_bits(b, &at, 0x30, 8);
	for (; left >= 258; left -= 258) {
		put_bits(b, &at, 0xc5, 8);	/* 285: length 258 */
		put_bits(b, &at, 0, 5);		/* distance 1 */
	}
	for (; left; left--)
		put_bits(b, &at, 0x30, 8);
	put_bits(b, &at, 0, 7);
	return with(span_of(b, (at + 7) / 8), span_of(NULL, 0));
}

static struct span ipcomp(uint8_t next, struct span deflated)
{
	uint8_t head[4] = { next, 0, 0, 2 };
	return with(span_of(head, 4), deflated);
}

static struct span data(size_t n)
{
	static uint8_t b[ROOM];
	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(i % 7);
	struct writer w = writer_of(b, sizeof b);
	w.n = n;
	return copy(&w);
}

/* ---- link layers ---- */

#define MACS "020000000002020000000001"

/* An IPv6 packet in an IPv4 tunnel, then an IPv4 packet in an IPv6 one: the link
 * layer names the version that follows. Headers with their type for IPv4 and for
 * IPv6, from the link types' descriptions at tcpdump.org and RFC 2516, 1661. */
static const struct {
	const char *name;
	int link;
	const char *four, *six;
	bool length;		/* PPPoE: octets 18 and 19 count what follows */
} links[] = {
	{ "ethernet", 1, MACS "0800", MACS "86dd", false },
	{ "802.1Q in 802.1ad", 1, MACS "88a800148100000a0800", MACS "88a800148100000a86dd", false },
	{ "Linux cooked", 113, "000000010006020000000001" "00000800",
	  "000000010006020000000001" "000086dd", false },
	{ "Linux cooked v2", 276, "0800000000000002000100060200000000010000",
	  "86dd000000000002000100060200000000010000", false },
	{ "null, little-endian", 0, "02000000", "1e000000", false },
	{ "null, big-endian", 0, "00000002", "0000001e", false },
	{ "loop", 108, "00000002", "0000001e", false },
	{ "raw", 12, "", "", false },
	{ "PPPoE", 1, MACS "8864" "11000001" "0000" "0021", MACS "8864" "11000001" "0000" "0057", true },
};

static struct span linked(int row, bool six, struct span ip)
{
	struct span s = with(hex(six ? links[row].six : links[row].four), ip);
	struct writer w = writer_of((uint8_t *)(uintptr_t)s.p, s.n);
	w.n = s.n;
	if (links[row].length)
		write_patch(&w, 18, s.n - 20, 2);
	return s;
}

START_TEST(link_layers)
{
	struct rig *r = rig_new();
	struct span six = ip6(2, 17, udp(1, 2, data(33))), four = ip4(2, 17, udp(1, 2, data(33)));
	struct span frame = linked(_i, false, ip4(1, 50, esp(TUNNEL_SPI, 41, six)));
	ck_assert_msg(rig_unwrap(r, links[_i].link, frame) == UNWRAP_OPENED, "%s", links[_i].name);
	is(r, linked(_i, true, six));
	ck_assert_uint_eq(r->u.ip, r->u.octets.n - six.n);
	frame = linked(_i, true, ip6(1, 50, esp(TUNNEL_SPI, 4, four)));
	ck_assert_msg(rig_unwrap(r, links[_i].link, frame) == UNWRAP_OPENED, "%s", links[_i].name);
	is(r, linked(_i, false, four));
	frame = linked(_i, false, ip4(1, 50, esp(TUNNEL_SPI, 4, four)));
	ck_assert_int_eq(rig_unwrap(r, links[_i].link, frame), UNWRAP_OPENED);
	is(r, linked(_i, false, four));
	rig_free(r);
}
END_TEST

/* ---- modes ---- */

START_TEST(tunnel)
{
	struct rig *r = rig_new();
	struct span inner = ip4(2, 6, tcp(2, data(101)));
	/* TFC padding goes (RFC 4303, 2.7), dummies are known (2.6). */
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp_tfc(TUNNEL_SPI, 4, inner, 300))), UNWRAP_OPENED);
	is(r, inner);
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TUNNEL_SPI, 59, data(40)))), UNWRAP_DUMMY);
	/* In UDP (RFC 3948). */
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 17, udp(4500, 4500, esp(TUNNEL_SPI, 4, inner)))),
			 UNWRAP_OPENED);
	is(r, inner);
	/* One tunnel in another, and one in transport mode. */
	struct span outer = ip4(3, 50, esp(TUNNEL_SPI, 4, inner));
	ck_assert_int_eq(rig_unwrap(r, RAW, ip6(1, 50, esp(TUNNEL_SPI, 4, outer))), UNWRAP_OPENED);
	is(r, inner);
	ck_assert_uint_eq(r->u.levels, 2);
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TRANSPORT_SPI, 50, esp(TUNNEL_SPI, 4, inner)))),
			 UNWRAP_OPENED);
	is(r, inner);
	/* The SPI of the inner one is not known: the outer one comes off. */
	outer = ip4(3, 50, esp(0x9999, 4, inner));
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TUNNEL_SPI, 4, outer))), UNWRAP_OPENED);
	is(r, outer);
	ck_assert_int_eq(rig_unwrap(r, RAW, outer), UNWRAP_CLOSED);
	/* A transport mode SA that protects an IP-in-IP tunnel (RFC 2003). */
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TRANSPORT_SPI, 4, inner))), UNWRAP_OPENED);
	is(r, ip4(1, 4, inner));
	rig_free(r);
}
END_TEST

START_TEST(transport)
{
	struct rig *r = rig_new();
	struct span text = tcp(1, data(55)), moved = tcp(9, data(55));
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TUNNEL_SPI, 6, text))), UNWRAP_OPENED);
	is(r, ip4(1, 6, text));
	/* A wrong checksum stays what it is ... */
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TUNNEL_SPI, 6, moved))), UNWRAP_OPENED);
	is(r, ip4(1, 6, moved));
	/* ... but behind a NAT, which RFC 3948, 3.1.2 says is repaired, and in BEET mode. */
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 17, udp(4500, 1024, esp(TUNNEL_SPI, 6, moved)))),
			 UNWRAP_OPENED);
	is(r, ip4(1, 6, text));
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(BEET_SPI, 6, moved))), UNWRAP_OPENED);
	is(r, ip4(1, 6, text));
	/* BEET's pseudo header: next header, 8 octets, 0 pad; one option. */
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(BEET_SPI, 94, with(hex("0600000001010100"), moved)))),
			 UNWRAP_OPENED);
	is(r, ip4(1, 6, text));
	/* IPv6: the last extension header names what follows (RFC 8200, 4). */
	struct span options = hex("3c00010400000000" "3200010400000000");
	struct span plain = hex("3c00010400000000" "1100010400000000"), u = udp(5, 6, data(9));
	ck_assert_int_eq(rig_unwrap(r, RAW, ip6(1, 0, with(options, esp(TUNNEL_SPI, 17, u)))), UNWRAP_OPENED);
	is(r, ip6(1, 0, with(plain, u)));
	/* Nothing at all inside. */
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TUNNEL_SPI, 17, data(0)))), UNWRAP_OPENED);
	is(r, ip4(1, 17, data(0)));
	rig_free(r);
}
END_TEST

START_TEST(compressed)
{
	struct rig *r = rig_new();
	struct span inner = ip4(2, 17, udp(7, 8, data(500))), u = udp(7, 8, data(500));
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TUNNEL_SPI, 108, ipcomp(4, stored(inner))))), UNWRAP_OPENED);
	is(r, inner);
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TRANSPORT_SPI, 108, ipcomp(17, stored(u))))), UNWRAP_OPENED);
	is(r, ip4(1, 17, u));
	/* More than an IP packet holds: 65535 octets with the header. */
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TUNNEL_SPI, 108, ipcomp(99, zeros(65515))))),
			 UNWRAP_OPENED);
	ck_assert_uint_eq(r->u.octets.n, 65535);
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(1, 50, esp(TUNNEL_SPI, 108, ipcomp(99, zeros(65516))))),
			 UNWRAP_IMPOSSIBLE);
	rig_free(r);
}
END_TEST

/* Headers around the IP packet that is replaced count what is in them. */
START_TEST(around)
{
	struct rig *r = rig_new();
	struct span inner = ip4(2, 17, udp(7, 8, data(50)));
	struct span protected = ip4(1, 50, esp(TUNNEL_SPI, 4, inner));
	/* IP in IP, GRE (RFC 2784), VXLAN (RFC 7348). */
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(3, 4, protected)), UNWRAP_OPENED);
	is(r, ip4(3, 4, inner));
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(3, 47, with(hex("00000800"), protected))), UNWRAP_OPENED);
	is(r, ip4(3, 47, with(hex("00000800"), inner)));
	struct span vxlan = hex("0800000000002a00" MACS "0800");
	ck_assert_int_eq(rig_unwrap(r, RAW, ip4(3, 17, udp(50000, 4789, with(vxlan, protected)))),
			 UNWRAP_OPENED);
	is(r, ip4(3, 17, udp(50000, 4789, with(vxlan, inner))));
	rig_free(r);
}
END_TEST

/* ---- octets from anybody ---- */

/* Packets that were changed somewhere: whatever comes out is an IP packet that
 * says its length right. */
START_TEST(mutants)
{
	struct rig *r = rig_new();
	uint32_t x = 2463534242u;	/* xorshift */
	struct span inner = ip4(2, 6, tcp(2, data(60))), seeds[] = {
		ip4(1, 50, esp(TUNNEL_SPI, 4, inner)),
		ip4(1, 17, udp(4500, 4500, esp(TUNNEL_SPI, 6, tcp(1, data(30))))),
		ip6(1, 0, with(hex("3c00010400000000" "3200010400000000"), esp(TUNNEL_SPI, 4, inner))),
		ip4(1, 50, esp(TUNNEL_SPI, 108, ipcomp(4, stored(inner)))),
		ip4(3, 47, with(hex("00000800"), ip4(1, 50, esp(TRANSPORT_SPI, 50, esp(BEET_SPI, 6, data(40)))))),
	};
	unsigned opened = 0;
	for (unsigned i = 0; i < 40000; i++) {
		struct span s = seeds[i % 5];
		uint8_t b[512];
		memcpy(b, s.p, s.n);
		for (unsigned k = 0; k < i % 4; k++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			b[x % s.n] = (uint8_t)(x >> 24);
		}
		if (rig_unwrap(r, RAW, span_of(b, i % 11 ? s.n : x % s.n)) != UNWRAP_OPENED)
			continue;
		opened++;
		ck_assert(r->u.octets.n <= UNWRAP_MAX && r->u.ip <= r->u.octets.n);
	}
	ck_assert_uint_gt(opened, 10000);
	rig_free(r);
}
END_TEST

/* ---- fragments in the capture of plain packets ---- */

struct file {
	struct rig *rig;
	struct plain *plain;
	char path[64];
	uint64_t frames;
	struct plain_counts counts;
};

static void file_open(struct file *f)
{
	struct err e = { 0 };
	*f = (struct file){ .rig = rig_new() };
	strcpy(f->path, "/tmp/ikat-test-XXXXXX");
	int fd = mkstemp(f->path);
	ck_assert(fd >= 0 && close(fd) == 0);
	f->plain = plain_open(f->path, RAW, NULL, &e);
	ck_assert_msg(f->plain != NULL, "%s", e.text);
}

/* At so many seconds. */
static void file_put(struct file *f, int64_t seconds, struct span octets)
{
	f->rig->frame.seconds = seconds;
	f->rig->frame.nanoseconds = (uint32_t)++f->frames % 1000000000;
	ck_assert(plain_packet(f->plain, rig_read(f->rig, octets)));
}

/* Closes, and gives what is in the file. */
static struct capture *file_close(struct file *f)
{
	struct err e = { 0 };
	ck_assert_msg(plain_close(f->plain, &f->counts, &e), "%s", e.text);
	struct capture *c = capture_open(f->path, &e);
	ck_assert_msg(c != NULL, "%s", e.text);
	unlink(f->path);
	rig_free(f->rig);
	return c;
}

static void next_is(struct capture *c, int64_t seconds, struct span octets)
{
	struct err e = { 0 };
	struct frame f;
	ck_assert_int_eq(capture_next(c, &f, &e), CAPTURE_FRAME);
	ck_assert_msg(span_equal(f.octets, octets) && f.seconds == seconds,
		      "frame %llu: %zu octets at %lld, needs %zu at %lld", (unsigned long long)f.number,
		      f.octets.n, (long long)f.seconds, octets.n, (long long)seconds);
}

static void next_none(struct capture *c)
{
	struct err e = { 0 };
	struct frame f;
	ck_assert_int_eq(capture_next(c, &f, &e), CAPTURE_END);
	capture_close(c);
}

static struct span piece(struct span packet, uint16_t id, size_t from, size_t n)
{
	bool more = 20 + from + n < packet.n;
	return ip4_at(1, packet.p[9], id, (uint16_t)(from / 8 | (more ? 0x2000 : 0)),
		      span_part(packet, 20 + from, n));
}

/* RFC 4303, 3.4.1: ESP is put together first. The packet stands where it became
 * whole; what came between keeps its place. */
START_TEST(fragments)
{
	struct file f;
	struct span inner = ip4(2, 17, udp(1, 2, data(900))), other = ip4(1, 1, data(30));
	struct span whole = ip4(1, 50, esp(TUNNEL_SPI, 4, inner));
	struct span lone = piece(whole, 99, 0, 400), dns = ip4(1, 17, udp(53, 53, data(900)));
	file_open(&f);
	file_put(&f, 1, piece(whole, 5, 0, 400));
	file_put(&f, 2, other);
	file_put(&f, 3, lone);
	file_put(&f, 4, piece(dns, 6, 400, 600));
	file_put(&f, 5, piece(whole, 5, 400, 600));
	file_put(&f, 6, piece(dns, 6, 0, 400));
	file_put(&f, 7, other);
	struct capture *c = file_close(&f);
	next_is(c, 2, other);
	next_is(c, 3, lone);
	next_is(c, 4, piece(dns, 6, 400, 600));
	next_is(c, 5, inner);
	next_is(c, 6, piece(dns, 6, 0, 400));
	next_is(c, 7, other);
	next_none(c);
	ck_assert_uint_eq(f.counts.written, 6);
	ck_assert_uint_eq(f.counts.opened, 1);
	ck_assert_uint_eq(f.counts.fragments, 1);
}
END_TEST

/* Fragments inside of a tunnel are its packets. Where they carry ESP in their
 * turn, they are parts of that. */
START_TEST(fragments_inside)
{
	struct file f;
	struct span inner = ip4(2, 17, udp(1, 2, data(900)));
	struct span nested = ip4(1, 50, esp(TUNNEL_SPI, 4, inner));
	file_open(&f);
	for (int i = 0; i < 2; i++) {
		struct span what = i ? nested : ip4(1, 17, udp(9, 9, data(900)));
		file_put(&f, 1 + i, ip4(3, 50, esp(TUNNEL_SPI, 4, piece(what, (uint16_t)(5 + i), 0, 400))));
		file_put(&f, 3 + i, ip4(3, 50, esp(TUNNEL_SPI, 4, piece(what, (uint16_t)(5 + i), 400, 600))));
	}
	struct capture *c = file_close(&f);
	struct span plain = ip4(1, 17, udp(9, 9, data(900)));
	next_is(c, 1, piece(plain, 5, 0, 400));
	next_is(c, 3, piece(plain, 5, 400, 600));
	next_is(c, 4, inner);
	next_none(c);
	ck_assert_uint_eq(f.counts.opened, 3);
	ck_assert_uint_eq(f.counts.fragments, 1);
}
END_TEST

/* First fragments without end hold up nothing for longer than fragments live, nor
 * more than the room there is; all are written, in order. */
START_TEST(floods)
{
	enum { FLOOD = 3 * HOLD_FRAMES };
	struct file f;
	struct span whole = ip4(1, 50, esp(TUNNEL_SPI, 4, ip4(2, 17, udp(1, 2, data(_i ? 3000 : 900)))));
	file_open(&f);
	for (unsigned i = 0; i < FLOOD; i++)
		file_put(&f, _i == 2 ? 100 * (int64_t)i : 1, piece(whole, (uint16_t)i, 0, _i ? 2400 : 400));
	uint64_t waiting = FLOOD - plain_counts(f.plain)->written;
	ck_assert_msg(waiting <= HOLD_FRAMES && (_i != 2 || waiting <= 1), "%llu wait",
		      (unsigned long long)waiting);
	struct capture *c = file_close(&f);
	for (unsigned i = 0; i < FLOOD; i++)
		next_is(c, _i == 2 ? 100 * (int64_t)i : 1, piece(whole, (uint16_t)i, 0, _i ? 2400 : 400));
	next_none(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unwrap");
	TCase *t = tcase_create("unwrap");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, link_layers, 0, sizeof links / sizeof *links);
	tcase_add_test(t, tunnel);
	tcase_add_test(t, transport);
	tcase_add_test(t, compressed);
	tcase_add_test(t, around);
	tcase_add_test(t, mutants);
	tcase_add_test(t, fragments);
	tcase_add_test(t, fragments_inside);
	tcase_add_loop_test(t, floods, 0, 3);
	suite_add_tcase(s, t);
	int status = testing_run(s);
	arena_done(&made);
	return status;
}
