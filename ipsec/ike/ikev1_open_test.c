/* SPDX-License-Identifier: BSD-2-Clause
 * Opening single IKEv1 messages: with the keys and IVs that strongSwan's log of
 * samples/ikev1-main dumps, and what counts as a chain of payloads. */
#include "ipsec/ike/ikev1_helpers_test.h"

static struct crypto *crypto;
static struct arena arena;

#define SAMPLE "captures/samples/ikev1-main"

/* Which IV of the log opens which message: name and number of its dump. */
static const struct {
	size_t message;
	const char *iv;
	size_t nth;
	const char *payloads;
	size_t used;		/* octets of payloads: the lengths that tshark shows */
} opens[] = {
	{ 4, "initial IV", 0, "ID HASH NOTIFY", 21 + 24 + 28 },
	{ 5, "next IV for MID 0", 0, "ID HASH", 19 + 24 },
	{ 6, "next IV for MID 3587751330", 0, "HASH SA NONCE KE ID ID", 24 + 56 + 36 + 260 + 16 + 16 },
	{ 7, "next IV for MID 3587751330", 1, "HASH SA NONCE KE ID ID", 24 + 56 + 36 + 260 + 16 + 16 },
	{ 8, "next IV for MID 3587751330", 2, "HASH", 24 },
	{ 12, "next IV for MID 3400247735", 0, "HASH DELETE", 24 + 16 },
	{ 14, "next IV for MID 297618250", 0, "HASH DELETE", 24 + 28 },
};

static struct cipher *cipher_of(struct span log)
{
	struct err e = { 0 };
	struct cipher *k = cipher_new(crypto, encr_find(12), integ_find(0),
				      v1_dump(log, "encryption key Ka", 0, &arena), span_of(NULL, 0), &e);
	ck_assert_msg(k != NULL, "%s", e.text);
	return k;
}

START_TEST(opens_with_the_iv)
{
	struct v1_capture c;
	struct findings fs = { .arena = &arena };
	struct span log = v1_file(SAMPLE ".keys/a/charon.log", &arena);
	v1_capture_read(&c, SAMPLE ".pcap", &arena);
	struct cipher *k = cipher_of(log);
	struct ike_message *m = ike_message_decode(c.m[opens[_i].message].octets, &arena, &fs);
	struct span iv = v1_dump(log, opens[_i].iv, opens[_i].nth, &arena);
	struct span plain = ikev1_decrypt(m, k, iv, &arena);
	ck_assert_uint_eq(iv.n, 16);
	ck_assert_uint_eq(plain.n, ikev1_sealed(m).n);
	ikev1_set_plain(m, plain, &arena, &fs);
	ck_assert_str_eq(v1_payloads(m, &arena), opens[_i].payloads);
	ck_assert_uint_eq(plain.n - m->pad_length, opens[_i].used);
	ck_assert_uint_eq(m->inner->offset, IKE_HEADER_SIZE);
	ck_assert_str_eq(v1_findings(&fs, SEVERITY_NOTE, &arena), "");
	/* neither with another IV nor cut */
	uint8_t other[16];
	memcpy(other, iv.p, 16);
	other[1] ^= 1;
	ck_assert_uint_eq(ikev1_decrypt(m, k, span_of(other, 16), &arena).n, 0);
	ck_assert_uint_eq(ikev1_decrypt(m, k, span_part(iv, 0, 8), &arena).n, 0);
	m = ike_message_decode(span_part(m->octets, 0, m->octets.n - 1), &arena, &fs);
	ck_assert_uint_eq(ikev1_decrypt(m, k, iv, &arena).n, 0);
	cipher_free(k);
}
END_TEST

static const struct {
	const char *name;
	uint32_t first;
	const char *hex;
	bool ok;
	size_t used;
} plains[] = {
	{ "one", 8, "00000008aabbccdd", true, 8 },
	{ "one with padding", 8, "00000008aabbccdd00000000", true, 8 },
	{ "padding that is not zero", 8, "00000008aabbccdd01020304", true, 8 },
	{ "two", 5, "08000006aabb00000005cc000000", true, 11 },
	{ "empty payload", 8, "00000004", true, 4 },
	{ "nothing", 8, "", false, 0 },
	{ "no first payload", 0, "00000000", false, 0 },
	{ "length 3", 8, "00000003", false, 0 },
	{ "length too large", 8, "00000009aabbccdd", false, 0 },
	{ "reserved is set", 8, "00010008aabbccdd", false, 0 },
	{ "unknown next", 8, "63000008aabbccdd00000004", false, 0 },
	{ "proposal as a payload", 8, "02000008aabbccdd00000004", false, 0 },
	{ "fragment inside", 132, "00000008aabbccdd", false, 0 },
	{ "promised, but gone", 8, "05000008aabbccdd", false, 0 },
	{ "NAT-D of the drafts", 130, "0f000008aabbccdd00000004", true, 12 },
};

START_TEST(chain_is_one)
{
	size_t used = 0;
	struct span s = v1_hex(plains[_i].hex, &arena);
	ck_assert_msg(ikev1_plain_ok(plains[_i].first, s, &used) == plains[_i].ok, "%s", plains[_i].name);
	ck_assert_msg(!plains[_i].ok || used == plains[_i].used, "%s: %zu", plains[_i].name, used);
}
END_TEST

START_TEST(padding_has_an_end)
{
	uint8_t octets[4 + 256] = { 0, 0, 0, 4 };
	size_t used;
	ck_assert(ikev1_plain_ok(8, span_of(octets, 4 + 255), &used));
	ck_assert(!ikev1_plain_ok(8, span_of(octets, 4 + 256), &used));
}
END_TEST

START_TEST(padding_is_noted)
{
	struct findings fs = { .arena = &arena };
	struct ike_message *m = ike_message_decode(v1_hex(made_nat[4].hex, &arena), &arena, &fs);
	ikev1_set_plain(m, v1_hex("00000006aabb0000000000000000000001", &arena), &arena, &fs);
	ck_assert_ptr_nonnull(strstr(v1_findings(&fs, SEVERITY_NOTE, &arena), "11 octets of padding"));
}
END_TEST

/* A message whose length is no multiple of the block cannot be one of the cipher's. */
START_TEST(length_must_fit)
{
	struct findings fs = { .arena = &arena };
	struct span log = v1_file(SAMPLE ".keys/a/charon.log", &arena);
	struct cipher *k = cipher_of(log);
	uint8_t octets[IKE_HEADER_SIZE + 17] = { 0 };
	octets[16] = 8;
	octets[17] = 0x10;
	octets[18] = V1_QUICK;
	octets[19] = IKEV1_FLAG_E;
	octets[27] = sizeof octets;
	uint8_t iv[16] = { 0 };
	struct ike_message *m = ike_message_decode(span_of(octets, sizeof octets), &arena, &fs);
	ck_assert_uint_eq(ikev1_sealed(m).n, 17);
	ck_assert_uint_eq(ikev1_decrypt(m, k, span_of(iv, 16), &arena).n, 0);
	octets[27] = IKE_HEADER_SIZE;
	m = ike_message_decode(span_of(octets, IKE_HEADER_SIZE), &arena, &fs);
	ck_assert_uint_eq(ikev1_sealed(m).n, 0);
	ck_assert_uint_eq(ikev1_decrypt(m, k, span_of(iv, 16), &arena).n, 0);
	cipher_free(k);
}
END_TEST

int main(void)
{
	struct err e = { 0 };
	crypto = crypto_new(&e);
	Suite *s = suite_create("ikev1_open");
	TCase *t = tcase_create("open");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, opens_with_the_iv, 0, sizeof opens / sizeof *opens);
	tcase_add_loop_test(t, chain_is_one, 0, sizeof plains / sizeof *plains);
	tcase_add_test(t, padding_has_an_end);
	tcase_add_test(t, padding_is_noted);
	tcase_add_test(t, length_must_fit);
	suite_add_tcase(s, t);
	int failed = testing_run(s);
	arena_done(&arena);
	crypto_free(crypto);
	return failed;
}
