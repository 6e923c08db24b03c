/* SPDX-License-Identifier: BSD-2-Clause
 * Transforms of IKEv1 in IKEv2's numbers: by the names that IANA's registries of
 * both versions give them, and the RFCs that define both numbers at once. */
#include "ipsec/ike/ikev1_helpers_test.h"

static struct arena arena;

/* A proposal of one transform whose attributes have values in place. */
static const struct node *proposal_of(unsigned protocol, unsigned id, const uint16_t *pairs, size_t n)
{
	uint8_t *p = arena_alloc(&arena, 128);
	struct writer w = writer_of(p, 128);
	struct decode d = { .arena = &arena };
	write_u32(&w, 0);		/* payload header, filled in below */
	write_u32(&w, 1);
	write_u32(&w, 1);
	write_u16(&w, 0);
	write_u16(&w, (uint16_t)(16 + 4 * n));
	write_octets(&w, (uint8_t[]){ 1, (uint8_t)protocol, 0, 1, 0, 0 }, 6);
	write_u16(&w, (uint16_t)(8 + 4 * n));
	write_octets(&w, (uint8_t[]){ 1, (uint8_t)id, 0, 0 }, 4);
	for (size_t i = 0; i < n; i++) {
		write_u16(&w, (uint16_t)(0x8000 | pairs[2 * i]));
		write_u16(&w, pairs[2 * i + 1]);
	}
	write_patch(&w, 2, w.n, 2);
	ck_assert(!w.bad);
	struct span trailing;
	const struct node *sa = ike_chain_decode(1, 1, writer_span(&w), &d, &trailing);
	const struct node *proposal = node_kid(sa, V1_SA_PROPOSALS);
	ck_assert(proposal && node_kid(proposal, PROPOSAL_TRANSFORMS) && !trailing.n);
	return proposal;
}

static struct ikev1_transform read_one(unsigned protocol, unsigned id, const uint16_t *pairs, size_t n)
{
	struct ikev1_transform t;
	const struct node *p = proposal_of(protocol, id, pairs, n);
	ikev1_transform_read(p, node_kid(p, PROPOSAL_TRANSFORMS), &t);
	return t;
}

/* IKEv1's registry and number; IKEv2's. 0: has none there. */
struct row {
	unsigned v1, v2;
	const char *name;	/* of IKEv2's number */
};

static const struct row phase1_encr[] = {
	{ 1, 2, "ENCR_DES" }, { 2, 5, "ENCR_IDEA" }, { 3, 7, "ENCR_BLOWFISH" }, { 4, 4, "ENCR_RC5" },
	{ 5, 3, "ENCR_3DES" }, { 6, 6, "ENCR_CAST" }, { 7, 12, "ENCR_AES_CBC" },
	{ 8, 23, "ENCR_CAMELLIA_CBC" }, { 9, 0, NULL },
};
static const struct row phase1_hash[] = {
	{ 1, 1, "PRF_HMAC_MD5" }, { 2, 2, "PRF_HMAC_SHA1" }, { 3, 3, "PRF_HMAC_TIGER" },
	{ 4, 5, "PRF_HMAC_SHA2_256" }, { 5, 6, "PRF_HMAC_SHA2_384" }, { 6, 7, "PRF_HMAC_SHA2_512" },
	{ 7, 0, NULL },
};
static const struct row esp_encr[] = {
	{ 2, 2, "ENCR_DES" }, { 3, 3, "ENCR_3DES" }, { 6, 6, "ENCR_CAST" }, { 7, 7, "ENCR_BLOWFISH" },
	{ 11, 11, "ENCR_NULL" }, { 12, 12, "ENCR_AES_CBC" }, { 13, 13, "ENCR_AES_CTR" },
	{ 14, 14, "ENCR_AES_CCM_8" }, { 15, 15, "ENCR_AES_CCM_12" }, { 16, 16, "ENCR_AES_CCM_16" },
	{ 18, 18, "ENCR_AES_GCM_8" }, { 19, 19, "ENCR_AES_GCM_12" }, { 20, 20, "ENCR_AES_GCM_16" },
	{ 21, 0, NULL }, { 22, 23, "ENCR_CAMELLIA_CBC" }, { 23, 21, "ENCR_NULL_AUTH_AES_GMAC" },
	{ 24, 0, NULL }, { 0, 0, NULL },
};
static const struct row esp_auth[] = {
	{ 1, 1, "AUTH_HMAC_MD5_96" }, { 2, 2, "AUTH_HMAC_SHA1_96" }, { 3, 3, "AUTH_DES_MAC" },
	{ 4, 4, "AUTH_KPDK_MD5" }, { 5, 12, "AUTH_HMAC_SHA2_256_128" },
	{ 6, 13, "AUTH_HMAC_SHA2_384_192" }, { 7, 14, "AUTH_HMAC_SHA2_512_256" }, { 8, 0, NULL },
	{ 9, 5, "AUTH_AES_XCBC_96" }, { 10, 0, NULL }, { 11, 9, "AUTH_AES_128_GMAC" },
	{ 12, 10, "AUTH_AES_192_GMAC" }, { 13, 11, "AUTH_AES_256_GMAC" },
};
static const struct row ah_auth[] = {
	{ 2, 1, "AUTH_HMAC_MD5_96" }, { 3, 2, "AUTH_HMAC_SHA1_96" }, { 4, 3, "AUTH_DES_MAC" },
	{ 5, 12, "AUTH_HMAC_SHA2_256_128" }, { 6, 13, "AUTH_HMAC_SHA2_384_192" },
	{ 7, 14, "AUTH_HMAC_SHA2_512_256" }, { 8, 0, NULL }, { 9, 5, "AUTH_AES_XCBC_96" },
	{ 11, 9, "AUTH_AES_128_GMAC" }, { 12, 10, "AUTH_AES_192_GMAC" }, { 13, 11, "AUTH_AES_256_GMAC" },
};

static const struct table {
	const char *title;
	const struct row *rows;
	size_t count;
	unsigned protocol;
	uint16_t attribute;	/* 0: it is the transform's ID */
	uint8_t has;
} tables[] = {
	{ "phase 1 encryption", phase1_encr, sizeof phase1_encr / sizeof *phase1_encr, 1, 1, CHOICE_ENCR },
	{ "phase 1 hash", phase1_hash, sizeof phase1_hash / sizeof *phase1_hash, 1, 2, CHOICE_PRF },
	{ "ESP", esp_encr, sizeof esp_encr / sizeof *esp_encr, 3, 0, CHOICE_ENCR },
	{ "ESP authentication", esp_auth, sizeof esp_auth / sizeof *esp_auth, 3, 5, CHOICE_INTEG },
	{ "AH", ah_auth, sizeof ah_auth / sizeof *ah_auth, 2, 0, CHOICE_INTEG },
};

static const char *name_of(const struct table *t, unsigned v2)
{
	if (t->has == CHOICE_PRF)
		return prf_find(v2) ? prf_find(v2)->name : NULL;
	if (t->has == CHOICE_INTEG)
		return integ_find(v2) ? integ_find(v2)->name : NULL;
	return encr_find(v2) ? encr_find(v2)->name : NULL;
}

START_TEST(numbers_map)
{
	const struct table *t = &tables[_i];
	for (size_t i = 0; i < t->count; i++) {
		const struct row *row = &t->rows[i];
		uint16_t pairs[] = { t->attribute, (uint16_t)row->v1 };
		struct ikev1_transform is = read_one(t->protocol, t->attribute ? 12 : row->v1, pairs,
						     t->attribute ? 1 : 0);
		const struct ike_choice *c = &is.choice;
		unsigned v2 = t->has == CHOICE_PRF ? c->prf : t->has == CHOICE_INTEG ? c->integ : c->encr;
		ck_assert_msg(((c->has & t->has) != 0) == (row->name != NULL), "%s %u: has", t->title, row->v1);
		if (!row->name)
			continue;
		ck_assert_msg(v2 == row->v2, "%s %u: %u, not %u", t->title, row->v1, v2, row->v2);
		ck_assert_str_eq(name_of(t, v2), row->name);
	}
}
END_TEST

static const struct {
	uint16_t pairs[4];
	size_t octets;		/* RFC 2451, 2.2; RFC 2409, appendix A */
} keys[] = {
	{ { 1, 1, 0, 0 }, 8 }, { { 1, 5, 0, 0 }, 24 }, { { 1, 3, 0, 0 }, 16 }, { { 1, 6, 0, 0 }, 16 },
	{ { 1, 3, 14, 448 }, 56 }, { { 1, 7, 14, 192 }, 24 }, { { 1, 8, 14, 256 }, 32 },
	{ { 1, 7, 14, 100 }, 0 }, { { 1, 4, 0, 0 }, 0 }, { { 1, 99, 0, 0 }, 0 },
};

START_TEST(key_lengths)
{
	struct ikev1_transform t = read_one(1, 1, keys[_i].pairs, 2);
	ck_assert_uint_eq(ikev1_key_octets(&t.choice), keys[_i].octets);
}
END_TEST

/* Lifetimes come as type and duration; those in kilobytes are none. */
START_TEST(lifetimes)
{
	ck_assert_uint_eq(read_one(1, 1, (uint16_t[]){ 11, 1, 12, 3600 }, 2).seconds, 3600);
	ck_assert_uint_eq(read_one(1, 1, (uint16_t[]){ 11, 2, 12, 3600 }, 2).seconds, 0);
	ck_assert_uint_eq(read_one(3, 12, (uint16_t[]){ 1, 2, 2, 10, 1, 1, 2, 900 }, 4).seconds, 900);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ikev1_choice");
	TCase *t = tcase_create("choice");
	tcase_add_loop_test(t, numbers_map, 0, sizeof tables / sizeof *tables);
	tcase_add_loop_test(t, key_lengths, 0, sizeof keys / sizeof *keys);
	tcase_add_test(t, lifetimes);
	suite_add_tcase(s, t);
	int failed = testing_run(s);
	arena_done(&arena);
	return failed;
}
