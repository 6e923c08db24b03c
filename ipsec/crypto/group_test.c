/* SPDX-License-Identifier: BSD-2-Clause
 * Key exchange: secrets from RFC 5903, 7027, 7748 and, for MODP, from Python's
 * pow(); the checks of RFC 6989 and RFC 8031. */
#include "ipsec/crypto/crypto_test.h"

#include "ipsec/crypto/group.h"

#include <stdio.h>

START_TEST(row_complete)
{
	const struct group *r = &group_rows[_i];
	ck_assert_msg(group_find(r->id) == r, "%s: number %u twice", r->name, r->id);
	ck_assert_msg(group_by_name(span_text(r->name)) == r, "%s: name twice", r->name);
	ck_assert_msg((r->kind == GROUP_KIND_UNSUPPORTED) == (r->why != NULL), "%s", r->name);
	if (r->kind == GROUP_KIND_UNSUPPORTED || r->kind == GROUP_KIND_NONE)
		return;
	ck_assert_msg((r->algorithm == NULL) == (r->p != NULL && r->g != NULL), "%s", r->name);
	ck_assert_msg(r->public_size <= GROUP_PUBLIC_MAX && r->shared <= GROUP_SHARED_MAX,
		      "%s", r->name);
}
END_TEST

static bool works(const struct group *r)
{
	return r->kind != GROUP_KIND_UNSUPPORTED && r->kind != GROUP_KIND_NONE;
}

/* Private values 1, 2, ... 32 and 101, 102, ...: SHA-256 of g^a and g^ab. */
static const struct { unsigned id; const char *public_hash, *shared_hash; } modp[] = {
	{ 1, "983f65c1780576f288fcef2024c395c3012bcb2ca1894b8d1c7021869db87968",
	  "0ad5762f7bad7ba56583ee09ee0b5750a8a02311fc307c474d0398ffd7a4e6ca" },
	{ 2, "3e5e53f04e5eeec9a4732ead2dc7f2ffad5d7f6aab19395b4a8130e8ec660251",
	  "7c816b72d5984fe5df9ea7dc06ace7686c5c5753cde72f53d9e077009eadf12e" },
	{ 5, "9a5ea5c17387a96223486d00a3d3437a4622bc0c790f48f01a1cebca6ce67221",
	  "5bd5cd204f4792c4377dcbafc2edd3ffa740365d758dc9f42bfd43d7e1a029cf" },
	{ 14, "0b9cb9036d2a594a7e3b43169bdf47ee9c7b64a2292203f1bb137b0b648d7e3c",
	  "b47b4e1281da0a516c04f40f49407b684098d1b227852ee0827f747a9a3b353f" },
	{ 15, "b74e630be90eb9d4b19affaa173864f62b7b5408127da1bbe6614ff3b3d96c4d",
	  "a8a953889263d4156c21cceb6056af2e346ae7132d552982d350b3c9e480962e" },
	{ 16, "0587822953fd21e5d74b2e8d6b068da2bf44c4793b7955aaa0d8ea4a5d3fceee",
	  "f856e48d837f956584d0b49be929eecfd415ce99bce1ae1088105751561c9cee" },
	{ 17, "b59a1fdd9ea5a2e0b9ba03805a744504315892715900c6b39cc32f9f36a04f8c",
	  "4c07d91f0050840e8c20a958249a99367d8bab405db3242387f5e682cf86dd1e" },
	{ 18, "5198b265547120332a823f75cb69fe8df34fff6cf8070f3d44b8ca64f1af5190",
	  "c1951592f89c479479b8b0e775f74cb221bf2b6e95f50e908da2e60b3e46f7b0" },
};

static void hash_is(struct crypto *c, struct arena *a, struct span s, const char *want)
{
	struct err e = { 0 };
	uint8_t out[64];
	size_t n;
	ck_assert(crypto_digest(c, "SHA2-256", &s, 1, out, &n, &e));
	test_equal("hash", span_of(out, n), test_hex(a, want));
}

START_TEST(modp_answer)
{
	const struct group *row = group_find(modp[_i].id);
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct err e = { 0 };
	struct span x = test_count(&a, 32, 1, 1), y = test_count(&a, 32, 101, 1);
	uint8_t out[GROUP_PUBLIC_MAX], shared[GROUP_SHARED_MAX];
	ck_assert_msg(group_public(c, row, x, out, &e), "%s", e.text);
	hash_is(c, &a, span_of(out, row->public_size), modp[_i].public_hash);
	ck_assert_msg(group_shared(c, row, y, span_of(out, row->public_size), shared, &e),
		      "%s", e.text);
	hash_is(c, &a, span_of(shared, row->shared), modp[_i].shared_hash);
	arena_done(&a);
	crypto_free(c);
}
END_TEST

static const struct {
	unsigned id;
	const char *own, *own_public, *peer_public, *shared, *source;
} answers[] = {
	{ 19, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
	  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
	  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	  "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de",
	  "RFC 5903, 8.1" },
	{ 28, "81db1ee100150ff2ea338d708271be38300cb54241d79950f77b063039804f1d",
	  "44106e913f92bc02a1705d9953a8414db95e1aaa49e81d9e85f929a8e3100be5"
	  "8ab4846f11caccb73ce49cbdd120f5a900a69fd32c272223f789ef10eb089bdc",
	  "8d2d688c6cf93e1160ad04cc4429117dc2c41825e1e9fca0addd34e6f1b39f7b"
	  "990c57520812be512641e47034832106bc7d3e8dd0e4c7f1136d7006547cec6a",
	  "89afc39d41d3b327814b80940b042590f96556ec91e6ae7939bce31f3a18bf2b",
	  "RFC 7027, A.1" },
	{ 31, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
	  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
	  "RFC 7748, 6.1" },
	{ 32, "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d"
	      "6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
	  "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430"
	  "27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
	  "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c"
	  "22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
	  "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b"
	  "b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d", "RFC 7748, 6.2" },
};

START_TEST(known_answer)
{
	const struct group *row = group_find(answers[_i].id);
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct err e = { 0 };
	struct span own = test_hex(&a, answers[_i].own);
	struct span peer = test_hex(&a, answers[_i].peer_public);
	uint8_t out[GROUP_PUBLIC_MAX];
	char why[80];
	ck_assert_msg(group_public(c, row, own, out, &e), "%s", e.text);
	test_equal(answers[_i].source, span_of(out, row->public_size),
		   test_hex(&a, answers[_i].own_public));
	ck_assert_msg(!group_public_bad(c, row, peer, why), "%s", why);
	ck_assert_msg(group_shared(c, row, own, peer, out, &e), "%s", e.text);
	test_equal(answers[_i].source, span_of(out, row->shared),
		   test_hex(&a, answers[_i].shared));
	arena_done(&a);
	crypto_free(c);
}
END_TEST

/* Both sides come to the same secret; wrong sizes are refused with both numbers. */
START_TEST(both_sides)
{
	const struct group *row = &group_rows[_i];
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct err e = { 0 };
	size_t n = row->kind == GROUP_KIND_MONTGOMERY ? row->public_size : 23;
	struct span x = test_count(&a, n, 1, 3), y = test_count(&a, n, 77, 5);
	uint8_t gx[GROUP_PUBLIC_MAX + 1], gy[GROUP_PUBLIC_MAX];
	uint8_t s[GROUP_SHARED_MAX], t[GROUP_SHARED_MAX];
	char why[80], wrong[80];
	if (!works(row)) {
		ck_assert(!group_public(c, row, x, gx, &e));
		ck_assert_msg(strstr(e.text, row->name) == e.text, "%s", e.text);
		ck_assert(group_public_bad(c, row, x, why) == why);
		crypto_free(c);
		arena_done(&a);
		return;
	}
	struct span px = span_of(gx, row->public_size), py = span_of(gy, row->public_size);
	ck_assert_msg(group_public(c, row, x, gx, &e), "%s", e.text);
	ck_assert_msg(group_public(c, row, y, gy, &e), "%s", e.text);
	ck_assert_msg(!group_public_bad(c, row, px, why), "%s: %s", row->name, why);
	ck_assert_msg(group_shared(c, row, x, py, s, &e), "%s", e.text);
	ck_assert_msg(group_shared(c, row, y, px, t, &e), "%s", e.text);
	test_equal(row->name, span_of(s, row->shared), span_of(t, row->shared));
	for (int d = -1; d <= 1; d += 2) {
		px.n = (size_t)(row->public_size + d);
		snprintf(wrong, sizeof wrong, "%zu octets, needs %u", px.n, row->public_size);
		ck_assert_str_eq(group_public_bad(c, row, px, why), wrong);
		e.set = false;
		ck_assert(!group_shared(c, row, y, px, t, &e));
		ck_assert_msg(strstr(e.text, wrong) != NULL, "%s", e.text);
	}
	crypto_free(c);
	arena_done(&a);
}
END_TEST

/* RFC 6989, 2.1: 0, 1, p-1, p and more are refused, 2 and p-2 are not. */
START_TEST(modp_range)
{
	const struct group *row = group_find((const unsigned[]){ 1, 2, 5, 14, 22, 24 }[_i]);
	struct crypto *c = test_crypto();
	struct err e = { 0 };
	uint8_t v[GROUP_PUBLIC_MAX] = { 0 }, out[GROUP_SHARED_MAX];
	const uint8_t secret[20] = { 1 };
	char why[80];
	struct span value = span_of(v, row->public_size);
	ck_assert_str_eq(group_public_bad(c, row, value, why), "0, needs 1 < y < p-1");
	ck_assert(!group_shared(c, row, span_of(secret, 20), value, out, &e));
	v[row->public_size - 1] = 1;
	ck_assert_str_eq(group_public_bad(c, row, value, why), "1, needs 1 < y < p-1");
	v[row->public_size - 1] = 2;
	bool subgroup = row->kind == GROUP_KIND_MODP_SUBGROUP;
	const char *bad = group_public_bad(c, row, value, why);
	ck_assert_msg((bad != NULL) == subgroup, "%s: 2 is %s", row->name, bad ? bad : "good");
	ck_assert(!subgroup || strcmp(bad, "not in the subgroup of order q") == 0);
	memset(v, 0xff, row->public_size);
	bad = group_public_bad(c, row, value, why);
	ck_assert_str_eq(bad, "not below the prime, needs 1 < y < p-1");
	if (subgroup) {
		crypto_free(c);
		return;
	}
	/* These primes end in 64 ones, as all of RFC 2409 and 3526 do. */
	if (row->p)
		ck_assert(span_unhex(span_text(row->p), v, row->public_size));
	if (row->p) {
		v[row->public_size - 1] = 0xfe;
		ck_assert_str_eq(group_public_bad(c, row, value, why), "p-1, needs 1 < y < p-1");
		v[row->public_size - 1] = 0xfd;
		ck_assert(group_public_bad(c, row, value, why) == NULL);
		v[row->public_size - 1] = 0xff;
		ck_assert(group_public_bad(c, row, value, why) != NULL);
	}
	crypto_free(c);
}
END_TEST

/* RFC 6989, 2.3: a changed y, (0, 0), coordinates above the field's prime. */
START_TEST(off_the_curve)
{
	const struct group *row = &group_rows[_i];
	if (row->kind != GROUP_KIND_ECP)
		return;
	struct crypto *c = test_crypto();
	struct err e = { 0 };
	uint8_t v[GROUP_PUBLIC_MAX], out[GROUP_SHARED_MAX], zero[66] = { 0 };
	const uint8_t secret[20] = { 1 };
	char why[80];
	struct span value = span_of(v, row->public_size);
	ck_assert(group_public(c, row, span_of(secret, 20), v, &e));
	v[row->public_size - 1] ^= 1;
	ck_assert_str_eq(group_public_bad(c, row, value, why), "not on the curve");
	ck_assert(!group_shared(c, row, span_of(secret, 20), value, out, &e));
	ck_assert_msg(strstr(e.text, "not on the curve") != NULL, "%s", e.text);
	memset(v, 0, row->public_size);
	ck_assert(group_public_bad(c, row, value, why) != NULL);
	memset(v, 0xff, row->public_size);
	ck_assert(group_public_bad(c, row, value, why) != NULL);
	ck_assert_msg(!group_public(c, row, span_of(zero, row->shared), v, &e), "secret 0");
	crypto_free(c);
}
END_TEST

/* RFC 8031, 3.2: the top bit is masked, values from p on are taken, small order
 * gives a secret of zeros (0, 1 and p-1 of Curve25519). */
START_TEST(montgomery_edges)
{
	const struct group *row = group_find(31);
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct err e = { 0 };
	uint8_t v[32] = { 0 }, s[32], t[32];
	char why[80];
	struct span secret = test_count(&a, 32, 1, 1), value = span_of(v, 32);
	ck_assert_str_eq(group_public_bad(c, row, value, why),
			 "small order, the shared secret would be zero");
	ck_assert(!group_shared(c, row, secret, value, s, &e));
	ck_assert_str_eq(e.text, "CURVE25519: the shared secret is zero");
	v[0] = 1;
	ck_assert(group_public_bad(c, row, value, why) != NULL);
	memset(v, 0xff, 32);
	v[0] = 0xec;
	v[31] = 0x7f;
	ck_assert(group_public_bad(c, row, value, why) != NULL);
	memset(v, 0xff, 32);	/* 2^255 - 1 = p + 18, without the masked bit */
	v[31] = 0x7f;
	ck_assert_msg(group_public_bad(c, row, value, why) == NULL, "%s", why);
	e.set = false;
	ck_assert_msg(group_shared(c, row, secret, value, s, &e), "%s", e.text);
	v[31] = 0xff;
	ck_assert(group_shared(c, row, secret, value, t, &e));
	test_equal("masked bit", span_of(s, 32), span_of(t, 32));
	memset(v, 0, 32);
	v[0] = 18;
	ck_assert(group_shared(c, row, secret, value, t, &e));
	test_equal("p + 18 is 18", span_of(s, 32), span_of(t, 32));
	ck_assert(group_public_bad(c, group_find(32), test_count(&a, 56, 0, 0), why) != NULL);
	arena_done(&a);
	crypto_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("group");
	TCase *t = tcase_create("group");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, row_complete, 0, (int)group_count);
	tcase_add_loop_test(t, modp_answer, 0, sizeof modp / sizeof *modp);
	tcase_add_loop_test(t, known_answer, 0, sizeof answers / sizeof *answers);
	tcase_add_loop_test(t, both_sides, 0, (int)group_count);
	tcase_add_loop_test(t, modp_range, 0, 6);
	tcase_add_loop_test(t, off_the_curve, 0, (int)group_count);
	tcase_add_test(t, montgomery_edges);
	suite_add_tcase(s, t);
	return testing_run(s);
}
