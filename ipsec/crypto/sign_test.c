/* SPDX-License-Identifier: BSD-2-Clause
 * Signatures of the openssl command and of RFC 8032, verified; each octet of them
 * changed, each algorithm tried with each key, hostile DER. */
#include "ipsec/crypto/crypto_test.h"
#include "ipsec/crypto/sign.h"
#include "ipsec/crypto/sign_vectors_test.h"

static struct arena arena;
static struct crypto *crypto;

static void setup(void)
{
	arena_init(&arena);
	crypto = test_crypto();
}

static void teardown(void)
{
	crypto_free(crypto);
	arena_done(&arena);
}

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define MESSAGE span_text("InitiatorSignedOctets of a test")

static struct sign_key *key_of(const char *name)
{
	struct err e = { 0 };
	for (int i = 0; i < ROWS(sign_keys); i++)
		if (strcmp(sign_keys[i].name, name) == 0) {
			struct sign_key *k = sign_key_of_spki(crypto, test_hex(&arena, sign_keys[i].spki), &e);
			ck_assert_msg(k != NULL, "%s: %s", name, e.text);
			return k;
		}
	ck_abort_msg("no key %s", name);
	return NULL;
}

/* The row's algorithm; of method 1 the one with the name. */
static struct sign_algorithm algorithm_of(int i)
{
	struct sign_algorithm s;
	if (sign_vectors[i].method == SIGN_METHOD_DIGITAL) {
		ck_assert_msg(sign_algorithm_read(test_hex(&arena, sign_vectors[i].algorithm), &s),
			      "%s", sign_vectors[i].name);
		return s;
	}
	for (size_t k = 0; sign_algorithm_of_method(sign_vectors[i].method, k, &s); k++)
		if (strcmp(s.row->name, sign_vectors[i].name) == 0)
			return s;
	ck_abort_msg("method %u has no %s", sign_vectors[i].method, sign_vectors[i].name);
	return s;
}

START_TEST(vector)
{
	struct err e = { 0 };
	struct sign_key *k = key_of(sign_vectors[_i].key);
	struct sign_algorithm s = algorithm_of(_i);
	struct span signature = test_hex(&arena, sign_vectors[_i].signature);
	ck_assert_str_eq(sign_algorithm_text(&s, &arena), sign_vectors[_i].name);
	ck_assert_int_eq(sign_verify(crypto, &s, k, MESSAGE, signature, &e), SIGN_GOOD);
	uint8_t *octets = arena_raw(&arena, signature.n + 1);
	for (size_t i = 0; i < signature.n; i++) {
		memcpy(octets, signature.p, signature.n);
		octets[i] ^= 0x10;
		ck_assert_int_eq(sign_verify(crypto, &s, k, MESSAGE, span_of(octets, signature.n), &e),
				 SIGN_BAD);
	}
	memcpy(octets, signature.p, signature.n);
	ck_assert_int_eq(sign_verify(crypto, &s, k, MESSAGE, span_of(octets, signature.n + 1), &e), SIGN_BAD);
	ck_assert_int_eq(sign_verify(crypto, &s, k, MESSAGE, span_of(octets, signature.n - 1), &e), SIGN_BAD);
	ck_assert_int_eq(sign_verify(crypto, &s, k, MESSAGE, span_of(NULL, 0), &e), SIGN_BAD);
	ck_assert_int_eq(sign_verify(crypto, &s, k, span_text("another"), signature, &e), SIGN_BAD);
	ck_assert_msg(!e.set, "%s", e.text);
	sign_key_free(k);
}
END_TEST

/* RFC 8032, 7.1 (test 2) and 7.4 (1 octet): keys, message, signature. */
static const struct {
	const char *algorithm, *spki, *message, *signature;
} rfc8032[] = {
	{ "300506032b6570",
	  "302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	  "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "300506032b6571",
	  "3043300506032b6571033a00"
	  "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b8438ea4cb82169c"
	  "235160627b4c3a9480",
	  "03",
	  "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435"
	  "2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cb"
	  "cee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
	  "f3348ab21aa4adafd1d234441cf807c03a00" },
};

START_TEST(edwards)
{
	struct err e = { 0 };
	struct sign_algorithm s;
	struct sign_key *k = sign_key_of_spki(crypto, test_hex(&arena, rfc8032[_i].spki), &e);
	ck_assert_msg(k != NULL, "%s", e.text);
	ck_assert(sign_algorithm_read(test_hex(&arena, rfc8032[_i].algorithm), &s));
	ck_assert_int_eq(sign_verify(crypto, &s, k, test_hex(&arena, rfc8032[_i].message),
				     test_hex(&arena, rfc8032[_i].signature), &e), SIGN_GOOD);
	sign_key_free(k);
}
END_TEST

/* A signature of one algorithm is none of another, and keys have to fit. */
START_TEST(every_pair)
{
	for (int i = 0; i < ROWS(sign_vectors); i++)
		for (int j = 0; j < ROWS(sign_vectors); j++) {
			struct err e = { 0 };
			struct sign_key *k = key_of(sign_vectors[j].key);
			struct sign_algorithm s = algorithm_of(i);
			struct span signature = test_hex(&arena, sign_vectors[j].signature);
			enum sign_verdict v = sign_verify(crypto, &s, k, MESSAGE, signature, &e);
			bool same = strcmp(sign_vectors[i].name, sign_vectors[j].name) == 0;
			bool good = same && (sign_vectors[i].method == sign_vectors[j].method ||
					     s.row->kind == SIGN_KIND_RSA);
			ck_assert_msg((v == SIGN_GOOD) == good, "%s (%u) with %s of %s (%u): %d",
				      sign_vectors[i].name, sign_vectors[i].method, sign_vectors[j].key,
				      sign_vectors[j].name, sign_vectors[j].method, v);
			ck_assert(e.set == (v == SIGN_UNSUITED));
			sign_key_free(k);
		}
}
END_TEST

static const struct {
	const char *algorithm, *key, *text;
} unsuited[] = {
	{ "ECDSA SHA2-256", "rsa", "ECDSA SHA2-256 needs a key of kind EC, this one is RSA" },
	{ "Ed25519", "ed448", "Ed25519 needs a key of kind ED25519, this one is ED448" },
	{ "RSASSA-PKCS1 SHA1", "P-256", "RSASSA-PKCS1 SHA1 needs a key of kind RSA, this one is EC" },
	{ "ECDSA-256", "P-384", "the method needs the curve P-256, the key has P-384" },
};

START_TEST(unsuited_key)
{
	struct err e = { 0 };
	struct sign_key *k = key_of(unsuited[_i].key);
	for (int i = 0; i < ROWS(sign_vectors); i++)
		if (strcmp(sign_vectors[i].name, unsuited[_i].algorithm) == 0) {
			struct sign_algorithm s = algorithm_of(i);
			ck_assert_int_eq(sign_verify(crypto, &s, k, MESSAGE, MESSAGE, &e), SIGN_UNSUITED);
			ck_assert_str_eq(e.text, unsuited[_i].text);
			break;
		}
	ck_assert(e.set);
	sign_key_free(k);
}
END_TEST

/* Every row of the table has a vector: a new one asks for one. */
START_TEST(complete)
{
	for (size_t r = 0; r < sign_count; r++) {
		bool found = false;
		for (int i = 0; i < ROWS(sign_vectors) && !found; i++)
			found = algorithm_of(i).row == &sign_rows[r];
		ck_assert_msg(found, "%s (method %u) has no vector", sign_rows[r].name,
			      sign_rows[r].method);
	}
	struct sign_algorithm s;
	ck_assert(!sign_algorithm_of_method(2, 0, &s) && !sign_algorithm_of_method(14, 0, &s));
	ck_assert(!sign_algorithm_of_method(9, 1, &s) && !sign_algorithm_of_method(1, 4, &s));
}
END_TEST

/* ---- hostile DER ---- */

/* A certificate of the key P-256 (openssl req -x509). */
static const char certificate[] =
	"3082016d30820113a0030201020214799d12d6d27c493bf6695606667f96675efcf127300a06082a8648ce3d"
	"040302300c310a300806035504030c0161301e170d3236313132313037343233325a170d3236313132323037"
	"343233325a300c310a300806035504030c01613059301306072a8648ce3d020106082a8648ce3d0301070342"
	"00049b6848eca2cc7d292fe9bb9c63b7d1c657ce6fc0c5124414006921d99d825ddf912cb931a5775818a24e"
	"c7498a8c77f33574de75ae69ec5cc888b471b6e53dc8a3533051301d0603551d0e041604147b4003134a3701"
	"132de035cd9b2648207dae74bf301f0603551d230418301680147b4003134a3701132de035cd9b2648207dae"
	"74bf300f0603551d130101ff040530030101ff300a06082a8648ce3d040302034800304502201acbf91e3229"
	"d265555780d692b4bfc439b92bd626452dcde54a22c9eddd996f022100c3766c5aaeb5a8878762bf6a3cc7a5"
	"738462b3782231e0cee7e42fb1e94c7a08";

START_TEST(cert_key)
{
	struct err e = { 0 };
	struct span der = test_hex(&arena, certificate);
	struct sign_key *k = sign_key_of_cert(crypto, der, &e);
	ck_assert_msg(k != NULL, "%s", e.text);
	for (int i = 0; i < ROWS(sign_vectors); i++)
		if (strcmp(sign_vectors[i].key, "P-256") == 0) {
			struct sign_algorithm s = algorithm_of(i);
			ck_assert_int_eq(sign_verify(crypto, &s, k, MESSAGE,
					 test_hex(&arena, sign_vectors[i].signature), &e), SIGN_GOOD);
		}
	sign_key_free(k);
	uint8_t *more = arena_alloc(&arena, der.n + 1);
	memcpy(more, der.p, der.n);
	ck_assert(!sign_key_of_cert(crypto, span_of(more, der.n + 1), &e) && e.set);
}
END_TEST

/* Cut anywhere, changed anywhere: nothing crashes, and what is read can be used. */
static void use(struct span der, bool cert)
{
	struct err e = { 0 };
	struct sign_key *k = cert ? sign_key_of_cert(crypto, der, &e) : sign_key_of_spki(crypto, der, &e);
	ck_assert(!k == e.set);
	for (int i = 0; k && i < ROWS(sign_vectors); i += 5) {
		struct sign_algorithm s = algorithm_of(i);
		sign_verify(crypto, &s, k, MESSAGE, test_hex(&arena, sign_vectors[i].signature), &e);
	}
	sign_key_free(k);
}

static void use_broken(struct span der, bool cert)
{
	struct arena_mark mark = arena_mark(&arena);
	uint8_t *p = arena_raw(&arena, der.n + 1);
	for (size_t i = 0; i < der.n; i++) {
		struct arena_mark inner = arena_mark(&arena);
		use(span_part(der, 0, i), cert);
		memcpy(p, der.p, der.n);
		p[i] ^= (uint8_t)(1u << i % 8);
		use(span_of(p, der.n), cert);
		arena_rewind(&arena, inner);
	}
	arena_rewind(&arena, mark);
}

START_TEST(broken_keys)
{
	for (int i = 0; i < ROWS(sign_keys); i++)
		use_broken(test_hex(&arena, sign_keys[i].spki), false);
	use_broken(test_hex(&arena, certificate), true);
	use(span_of(NULL, 0), true);
	use(span_of(NULL, 0), false);
	use(span_of(arena_alloc(&arena, 1 << 20), 1 << 20), false);
}
END_TEST

START_TEST(broken_algorithms)
{
	struct sign_algorithm s;
	for (int i = 0; i < ROWS(sign_vectors); i++) {
		struct span der = test_hex(&arena, sign_vectors[i].algorithm);
		uint8_t *p = arena_raw(&arena, der.n + 1);
		for (size_t at = 0; at < der.n; at++)
			for (unsigned bit = 0; bit < 8; bit++) {
				memcpy(p, der.p, der.n);
				p[at] ^= (uint8_t)(1u << bit);
				ck_assert(!sign_algorithm_read(span_part(der, 0, at), &s) && !s.row);
				if (sign_algorithm_read(span_of(p, der.n), &s))
					ck_assert(*sign_algorithm_text(&s, &arena));
			}
	}
	ck_assert(!sign_algorithm_read(span_of(NULL, 0), &s));
}
END_TEST

/* Numbers that would take seconds: refused unseen. */
START_TEST(huge_rsa)
{
	struct err e = { 0 };
	struct sign_algorithm s;
	uint8_t der[2400], *p = der;
	static const uint8_t head[] = {
		0x30, 0x82, 0x08, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
		0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x08, 0x0f, 0x00, 0x30, 0x82, 0x08, 0x0a, 0x02, 0x82,
		0x08, 0x01, 0x00,	/* a modulus of 2048 octets, an exponent of 3 */
	};
	memcpy(p, head, sizeof head);
	memset(p + sizeof head, 0xff, 2048);
	memcpy(p + sizeof head + 2048, "\x02\x03\x01\x00\x01", 5);
	struct sign_key *k = sign_key_of_spki(crypto, span_of(der, sizeof head + 2053), &e);
	ck_assert_msg(k != NULL, "%s", e.text);
	ck_assert(sign_algorithm_of_method(1, 1, &s));
	ck_assert_int_eq(sign_verify(crypto, &s, k, MESSAGE, span_of(der, 2048), &e), SIGN_UNCHECKED);
	ck_assert_str_eq(e.text, "an RSA key of 16384 bits, at most 8192");
	sign_key_free(k);
}
END_TEST

/* A library that may not use the hash (a policy, FIPS) says nothing of the
 * signature. */
START_TEST(refused)
{
	struct err e = { 0 };
	struct sign_key *k = key_of(sign_vectors[0].key);
	struct sign_algorithm s = algorithm_of(0);
	struct span signature = test_hex(&arena, sign_vectors[0].signature);
	s.digest = "no such digest";
	ck_assert_int_eq(sign_verify(crypto, &s, k, MESSAGE, signature, &e), SIGN_UNCHECKED);
	ck_assert(e.set);
	sign_key_free(k);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sign");
	TCase *t = tcase_create("sign");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, vector, 0, ROWS(sign_vectors));
	tcase_add_loop_test(t, edwards, 0, ROWS(rfc8032));
	tcase_add_test(t, every_pair);
	tcase_add_loop_test(t, unsuited_key, 0, ROWS(unsuited));
	tcase_add_test(t, complete);
	tcase_add_test(t, cert_key);
	tcase_add_test(t, broken_keys);
	tcase_add_test(t, broken_algorithms);
	tcase_add_test(t, huge_rsa);
	tcase_add_test(t, refused);
	suite_add_tcase(s, t);
	return testing_run(s);
}
