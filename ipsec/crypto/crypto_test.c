/* SPDX-License-Identifier: BSD-2-Clause
 * The door to OpenSSL: digests (FIPS 180-4's "abc", RFC 1321's), randomness,
 * comparison, and life without the legacy provider. */
#include "ipsec/crypto/crypto_test.h"

#include "ipsec/crypto/cipher.h"

static const struct { const char *md, *want; } digests[] = {
	{ "MD5", "900150983cd24fb0d6963f7d28e17f72" },
	{ "SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "SHA2-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "SHA2-384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		      "8086072ba1e7cc2358baeca134c825a7" },
	{ "SHA2-512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};

START_TEST(digest)
{
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct err e = { 0 };
	struct span parts[] = { span_text("a"), span_of(NULL, 0), span_text("bc") };
	uint8_t out[64];
	size_t n;
	ck_assert(crypto_digest(c, digests[_i].md, parts, 3, out, &n, &e));
	test_equal(digests[_i].md, span_of(out, n), test_hex(&a, digests[_i].want));
	arena_done(&a);
	crypto_free(c);
}
END_TEST

START_TEST(digest_unknown)
{
	struct crypto *c = test_crypto();
	struct err e = { 0 };
	uint8_t out[64];
	size_t n;
	ck_assert(!crypto_digest(c, "TIGER", NULL, 0, out, &n, &e));
	ck_assert_msg(strstr(e.text, "TIGER") != NULL, "%s", e.text);
	crypto_free(c);
}
END_TEST

START_TEST(random_octets)
{
	struct crypto *c = test_crypto();
	struct err e = { 0 };
	uint8_t x[32] = { 0 }, y[32] = { 0 };
	ck_assert(crypto_random(c, x, sizeof x, &e));
	ck_assert(crypto_random(c, y, sizeof y, &e));
	ck_assert(!crypto_equal(span_of(x, 32), span_of(y, 32)));
	crypto_free(c);
}
END_TEST

START_TEST(equal_and_cleanse)
{
	uint8_t x[4] = { 1, 2, 3, 4 };
	ck_assert(crypto_equal(span_of(x, 4), span_of("\1\2\3\4", 4)));
	ck_assert(!crypto_equal(span_of(x, 4), span_of("\1\2\3\5", 4)));
	ck_assert(!crypto_equal(span_of(x, 4), span_of(x, 3)));
	ck_assert(crypto_equal(span_of(NULL, 0), span_of(x, 0)));
	crypto_cleanse(x, sizeof x);
	ck_assert(span_is_zero(span_of(x, sizeof x)));
}
END_TEST

/* Without the legacy provider only its ciphers fail, and say why. */
START_TEST(no_legacy)
{
	struct err e = { 0 };
	const struct integ *none = integ_find(0);
	setenv("OPENSSL_MODULES", "/nonexistent", 1);
	struct crypto *c = test_crypto();
	uint8_t key[24] = { 0 };
	struct cipher *k = cipher_new(c, encr_find(7), none, span_of(key, 16),
				      span_of(NULL, 0), &e);
	ck_assert(k == NULL);
	ck_assert_msg(strstr(e.text, "ENCR_BLOWFISH needs OpenSSL's legacy") == e.text,
		      "%s", e.text);
	e.set = false;
	k = cipher_new(c, encr_find(3), none, span_of(key, 24), span_of(NULL, 0), &e);
	ck_assert_msg(k != NULL, "%s", e.text);
	cipher_free(k);
	crypto_free(c);
	unsetenv("OPENSSL_MODULES");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("crypto");
	TCase *t = tcase_create("crypto");
	tcase_add_loop_test(t, digest, 0, sizeof digests / sizeof *digests);
	tcase_add_test(t, digest_unknown);
	tcase_add_test(t, random_octets);
	tcase_add_test(t, equal_and_cleanse);
	tcase_add_test(t, no_legacy);
	suite_add_tcase(s, t);
	return testing_run(s);
}
