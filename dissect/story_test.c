/* SPDX-License-Identifier: BSD-2-Clause
 * The story's numbers, in one process: the largest packet that fits against
 * counting up, packet by packet; IVs that come twice against made packets whose
 * IVs are known. */
#include "dissect/story.h"

#include "ipsec/base/testing.h"
#include "ipsec/base/writer.h"

#include <stdlib.h>

/* ---- sizes ---- */

static const struct size_case {
	const char *name;
	uint8_t protocol, mode;
	uint16_t around, ip_header;
	uint8_t block, icv;
	uint32_t mtu;
	uint32_t most;		/* worked out by hand from RFC 4303, figure 1; 0: counted only */
} sizes[] = {
	{ "AES-GCM, tunnel, IPv4", 50, SA_MODE_TUNNEL, 20 + 8 + 8, 20, 4, 16, 1500, 1446 },
	{ "AES-GCM, tunnel, IPv4, UDP", 50, SA_MODE_TUNNEL, 20 + 8 + 8 + 8, 20, 4, 16, 1500, 1438 },
	{ "AES-GCM, tunnel, IPv6", 50, SA_MODE_TUNNEL, 40 + 8 + 8, 40, 4, 16, 1500, 1426 },
	{ "AES-CBC and SHA2-256, tunnel", 50, SA_MODE_TUNNEL, 20 + 8 + 16, 20, 16, 16, 1500, 1438 },
	{ "AES-CBC and SHA1, tunnel", 50, SA_MODE_TUNNEL, 20 + 8 + 16, 20, 16, 12, 1500, 1438 },
	{ "3DES and MD5, tunnel", 50, SA_MODE_TUNNEL, 20 + 8 + 8, 20, 8, 12, 1500, 1446 },
	{ "AES-GCM, transport", 50, SA_MODE_TRANSPORT, 20 + 8 + 8, 20, 4, 16, 1500, 1466 },
	{ "AES-CBC and SHA2-256, transport, IPv6", 50, SA_MODE_TRANSPORT, 40 + 8 + 16, 40, 16, 16,
	  1280, 0 },
	{ "AH SHA2-256, tunnel", 51, SA_MODE_TUNNEL, 20 + 28, 20, 0, 16, 1500, 1452 },
	{ "AH SHA2-256, transport", 51, SA_MODE_TRANSPORT, 20 + 28, 20, 0, 16, 1500, 1472 },
	{ "AES-CBC, a small path", 50, SA_MODE_TUNNEL, 20 + 8 + 16, 20, 16, 16, 576, 0 },
	{ "no room at all", 50, SA_MODE_TUNNEL, 20 + 8 + 16, 20, 16, 16, 68, 0 },
};

static uint32_t outer_size(const struct size_case *c, uint32_t inside)
{
	uint32_t n = c->mode == SA_MODE_TUNNEL ? inside : inside - c->ip_header, padded = n + 2;
	if (c->protocol == 51)
		return c->around + n;
	while (padded % c->block || padded % 4)
		padded++;
	return c->around + padded + c->icv;
}

START_TEST(test_size)
{
	const struct size_case *c = &sizes[_i];
	struct story_flow f = { .protocol = c->protocol, .mode = c->mode, .around = c->around,
				.ip_header = c->ip_header, .block = c->block, .icv_size = c->icv };
	uint32_t most = 0, least = c->mode == SA_MODE_TUNNEL ? 1 : c->ip_header + 1u;
	for (uint32_t n = least; n <= c->mtu; n++)
		if (outer_size(c, n) <= c->mtu)
			most = n;
	uint32_t said = story_largest_inner(&f, c->mtu);
	ck_assert_msg(said == most, "%s: %u, counted %u", c->name, said, most);
	ck_assert_msg(!c->most || said == c->most, "%s: %u, needs %u", c->name, said, c->most);
}
END_TEST

/* ---- IVs ---- */

#define GCM_KEY "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\xa0\xa1\xa2\xa3"
#define CBC_KEY "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
#define MAC_KEY "0123456789abcdef0123456789abcdef"

struct bed {
	struct crypto *crypto;
	struct keystore store;
	struct wire *wire;
	struct story *story;
	struct arena arena;
	struct packet *packet;
	const struct encr *encr;
	const struct integ *integ;
	struct span encr_key, integ_key;
	uint64_t frame;
};

static void bed_begin(struct bed *b, uint16_t encr, uint16_t integ)
{
	struct err e = { 0 };
	*b = (struct bed){ .encr = encr_find(encr), .integ = integ_find(integ) };
	b->crypto = crypto_new(&e);
	b->encr_key = integ ? span_of(CBC_KEY, 16) : span_of(GCM_KEY, 20);
	b->integ_key = integ ? span_of(MAC_KEY, 32) : span_of(NULL, 0);
	keystore_init(&b->store);
	for (uint32_t spi = 0x1000; spi < 0x1002; spi++)
		keystore_add_sa(&b->store, &(struct sa_key){
			.protocol = PROTOCOL_ESP, .spi = spi, .spi_mask = UINT32_MAX, .encr = b->encr,
			.integ = b->integ, .encr_key = b->encr_key, .integ_key = b->integ_key,
			.esn = ESN_NO });
	b->wire = wire_new(b->crypto, &b->store, &(struct wire_options){ 0 });
	b->story = story_new(b->wire, b->crypto, 1500);
	b->packet = calloc(1, sizeof *b->packet);
}

static void bed_end(struct bed *b)
{
	story_free(b->story);
	wire_free(b->wire);
	keystore_done(&b->store);
	crypto_free(b->crypto);
	arena_done(&b->arena);
	free(b->packet);
}

static const struct story_flow *bed_finish(struct bed *b)
{
	story_finish(b->story);
	ck_assert_ptr_nonnull(b->story->flows);
	return b->story->flows;
}

/* An ESP packet with this IV; `fill` is what it carries. */
struct made {
	uint32_t spi, seq;
	uint64_t iv;
	uint8_t fill;
};

static void seal(struct bed *b, const struct made *m, struct writer *w)
{
	struct err e = { 0 };
	struct cipher *k = cipher_new(b->crypto, b->encr, b->integ, b->encr_key, b->integ_key, &e);
	uint8_t plain[64], *at = w->p + w->n;
	ck_assert_msg(k != NULL, "%s", e.text);
	memset(plain, m->fill, 62);
	plain[62] = 0;
	plain[63] = 17;
	write_u32(w, m->spi);
	write_u32(w, m->seq);
	write_zeros(w, b->encr->iv - 8u);
	write_u64(w, m->iv);
	size_t head = 8u + b->encr->iv;
	struct cipher_job job = {
		.cipher = k, .iv = span_of(at + 8, b->encr->iv), .aad = span_of(at, 8),
		.authed = span_of(at, head + sizeof plain), .text = span_of(plain, sizeof plain),
		.out = at + head, .icv_out = at + head + sizeof plain,
	};
	ck_assert(cipher_seal(&job));
	w->n += sizeof plain + cipher_icv(k);
	cipher_free(k);
}

static void feed(struct bed *b, const struct made *m)
{
	uint8_t octets[256];
	struct writer w = writer_of(octets, sizeof octets);
	struct mark length;
	write_u16(&w, 0x4500);
	length = (struct mark){ w.n, 2 };
	write_u16(&w, 0);
	write_u32(&w, (uint32_t)(b->frame + 1) << 16);
	write_u16(&w, 64 << 8 | 50);
	write_u16(&w, 0);
	write_u32(&w, 0xc0000201);
	write_u32(&w, 0xc0000202);
	seal(b, m, &w);
	write_patch(&w, length.at, w.n, 2);
	struct frame f = { .file = "made", .number = ++b->frame, .seconds = (int64_t)b->frame,
			   .captured = (uint32_t)w.n, .length = (uint32_t)w.n, .link = 101,
			   .octets = writer_span(&w) };
	wire_parse(b->wire, b->packet, &f, &b->arena);
	wire_open(b->wire, &b->packet, 1);
	wire_finish(b->wire, b->packet);
	ck_assert_int_eq(b->packet->layers[1].esp->icv, ICV_GOOD);
	story_packet(b->story, b->packet);
	arena_reset(&b->arena);
}

static const struct story_finding *violation(const struct bed *b, const char *requirement)
{
	const struct story_finding *f = b->story->findings;
	while (f && !(f->requirement && strcmp(f->requirement, requirement) == 0))
		f = f->next;
	return f;
}

enum { GCM = 20, CBC = 12, SHA2_256 = 12, SALT = 0x5eed };

/* Counts like the kernel does: number xor a constant. */
static uint64_t counter(uint32_t seq)
{
	return (uint64_t)seq ^ SALT;
}

START_TEST(test_counter_is_unique)
{
	struct bed b;
	bed_begin(&b, GCM, 0);
	for (uint32_t i = 1; i <= 3000; i++)
		feed(&b, &(struct made){ 0x1000, i, counter(i), (uint8_t)i });
	ck_assert_uint_eq(bed_finish(&b)->iv_reused, 0);
	bed_end(&b);
}
END_TEST

START_TEST(test_replay_is_no_reuse)
{
	struct bed b;
	bed_begin(&b, GCM, 0);
	for (uint32_t i = 1; i <= 300; i++)
		feed(&b, &(struct made){ 0x1000, i, counter(i), (uint8_t)i });
	feed(&b, &(struct made){ 0x1000, 299, counter(299), (uint8_t)299 });
	feed(&b, &(struct made){ 0x1000, 1, counter(1), 1 });
	const struct story_flow *f = bed_finish(&b);
	ck_assert_uint_eq(f->iv_reused, 0);
	ck_assert_uint_eq(f->duplicates + f->too_old, 2);
	bed_end(&b);
}
END_TEST

/* Numbers 101 to 140 come so late that the window has passed them, for the first
 * time. */
START_TEST(test_late_is_no_reuse)
{
	struct bed b;
	bed_begin(&b, GCM, 0);
	for (uint32_t i = 1; i <= 300; i++)
		if (i <= 100 || i > 140)
			feed(&b, &(struct made){ 0x1000, i, counter(i), (uint8_t)i });
	for (uint32_t i = 101; i <= 140; i++)
		feed(&b, &(struct made){ 0x1000, i, counter(i), (uint8_t)i });
	const struct story_flow *f = bed_finish(&b);
	ck_assert_uint_eq(f->iv_reused, 0);
	ck_assert_uint_eq(f->too_old, 40);
	bed_end(&b);
}
END_TEST

START_TEST(test_same_number_other_octets)
{
	struct bed b;
	bed_begin(&b, GCM, 0);
	for (uint32_t i = 1; i <= 50; i++)
		feed(&b, &(struct made){ 0x1000, i, counter(i), 1 });
	feed(&b, &(struct made){ 0x1000, 42, counter(42), 2 });
	const struct story_flow *f = bed_finish(&b);
	ck_assert_uint_eq(f->iv_reused, 1);
	ck_assert_uint_eq(f->iv_reused_frame, 51);
	ck_assert_uint_eq(f->iv_reused_with, 42);
	ck_assert_ptr_nonnull(violation(&b, "RFC4106-3.1-02"));
	bed_end(&b);
}
END_TEST

/* A sender that comes back from a saved state: its numbers and IVs begin anew. */
START_TEST(test_restart)
{
	struct bed b;
	bed_begin(&b, GCM, 0);
	for (uint32_t i = 1; i <= 5000; i++)
		feed(&b, &(struct made){ 0x1000, i, counter(i), 1 });
	for (uint32_t i = 2000; i <= 2100; i++)
		feed(&b, &(struct made){ 0x1000, i, counter(i), 2 });
	ck_assert_uint_ge(bed_finish(&b)->iv_reused, 101 / 16);
	bed_end(&b);
}
END_TEST

/* The sequence numbers go on, the IVs begin again. */
START_TEST(test_counter_restarts)
{
	struct bed b;
	bed_begin(&b, GCM, 0);
	for (uint32_t i = 1; i <= 1000; i++)
		feed(&b, &(struct made){ 0x1000, i, SALT + i, 1 });
	for (uint32_t i = 1001; i <= 1100; i++)
		feed(&b, &(struct made){ 0x1000, i, SALT + i - 900, 1 });
	const struct story_flow *f = bed_finish(&b);
	ck_assert_uint_eq(f->iv_reused, 100);
	ck_assert_uint_eq(f->iv_reused_with, 101);
	bed_end(&b);
}
END_TEST

static uint64_t random_iv(uint32_t i)
{
	uint64_t h = (i + 1) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

START_TEST(test_random_ivs)
{
	struct bed b;
	bed_begin(&b, GCM, 0);
	for (uint32_t i = 1; i <= 5000; i++)
		feed(&b, &(struct made){ 0x1000, i, random_iv(i), 1 });
	feed(&b, &(struct made){ 0x1000, 5001, random_iv(17), 1 });
	feed(&b, &(struct made){ 0x1000, 5002, random_iv(4999), 1 });
	const struct story_flow *f = bed_finish(&b);
	ck_assert_uint_eq(f->iv_reused, 2);
	ck_assert_uint_eq(f->iv_reused_with, 17);
	bed_end(&b);
}
END_TEST

/* Two SAs with one key: each counts from 1. */
START_TEST(test_key_of_two_sas)
{
	struct bed b;
	bed_begin(&b, GCM, 0);
	for (uint32_t i = 1; i <= 10; i++)
		feed(&b, &(struct made){ 0x1000, i, i, 1 });
	for (uint32_t i = 1; i <= 10; i++)
		feed(&b, &(struct made){ 0x1001, i, i, 2 });
	const struct story_flow *f = bed_finish(&b);
	ck_assert_uint_eq(f->iv_reused, 0);
	ck_assert_uint_eq(f->next->iv_reused, 10);
	bed_end(&b);
}
END_TEST

START_TEST(test_cbc_is_a_note)
{
	struct bed b;
	bed_begin(&b, CBC, SHA2_256);
	for (uint32_t i = 1; i <= 20; i++)
		feed(&b, &(struct made){ 0x1000, i, random_iv(i % 10), (uint8_t)i });
	const struct story_flow *f = bed_finish(&b);
	ck_assert_uint_eq(f->iv_reused, 10);
	const struct story_finding *n = b.story->findings;
	while (n && !strstr(n->text, "has the IV"))
		n = n->next;
	ck_assert(n && n->severity == SEVERITY_NOTE);
	bed_end(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("story");
	TCase *t = tcase_create("story");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_size, 0, sizeof sizes / sizeof *sizes);
	tcase_add_test(t, test_counter_is_unique);
	tcase_add_test(t, test_replay_is_no_reuse);
	tcase_add_test(t, test_late_is_no_reuse);
	tcase_add_test(t, test_same_number_other_octets);
	tcase_add_test(t, test_restart);
	tcase_add_test(t, test_counter_restarts);
	tcase_add_test(t, test_random_ivs);
	tcase_add_test(t, test_key_of_two_sas);
	tcase_add_test(t, test_cbc_is_a_note);
	suite_add_tcase(s, t);
	return testing_run(s);
}
