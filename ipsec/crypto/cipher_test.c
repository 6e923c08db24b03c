/* SPDX-License-Identifier: BSD-2-Clause
 * Packet ciphers: known answers for each kind of row, seal and open over every
 * row, key size and text length, and everything that has to be refused. */
#include "ipsec/crypto/crypto_test.h"

#include "ipsec/crypto/cipher.h"

#include <openssl/crypto.h>
#include <stdio.h>

#define K16 "000102030405060708090a0b0c0d0e0f"
#define K24 K16 "1011121314151617"
#define K32 K24 "18191a1b1c1d1e1f"
#define TEXT32 "01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da"
#define TEXT37 TEXT32 "e1e8eff6fd"
#define AAD8 "3031323334353637"
#define AAD12 AAD8 "38393a3b"

static const struct {
	unsigned encr;
	const char *key, *iv, *aad, *text, *sealed, *icv, *source;
} answers[] = {
	{ 12, "06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41", "",
	  "53696e676c6520626c6f636b206d7367", "e353779c1079aeb82708942dbe77181a", "",
	  "RFC 3602, 4, case 1" },
	{ 12, K24, "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "", TEXT32,
	  "ff84ca379c9ed732ac702e6904b3bd02785fb8eb1fb97eb7b9673eaed28b0675", "",
	  "libgcrypt 1.10.1" },
	{ 2, "0001020304050607", "a0a1a2a3a4a5a6a7", "", TEXT32,
	  "94dc695751bb3885f34c4db40d5c9fa8d89a0687599ee4f5bd82cfccd7732959", "",
	  "libgcrypt 1.10.1" },
	{ 3, K24, "a0a1a2a3a4a5a6a7", "", TEXT32,
	  "d85c39fcec612ae5e38e7eb8e829d4a67485ad709c57b8d5cd6d620d709e9b59", "",
	  "libgcrypt 1.10.1" },
	{ 6, K16, "a0a1a2a3a4a5a6a7", "", TEXT32,
	  "0d9ccff0f2a8fb6b58cdbca654e67bf5b94abecc53e871e8efb97e5c0bed132e", "",
	  "libgcrypt 1.10.1" },
	{ 7, K16, "a0a1a2a3a4a5a6a7", "", TEXT32,
	  "3faf72691f8537a418c0db95947122b00f8a21b1567b3b90addb853d9c040628", "",
	  "libgcrypt 1.10.1" },
	{ 23, K32, "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "", TEXT32,
	  "361c06de523c8bb7ae2e1a9882cf12e68ac58d5674cc4094ce433e0ffdf8f081", "",
	  "libgcrypt 1.10.1" },
	{ 13, "ae6852f8121067cc4bf7a5765577f39e00000030", "0000000000000000", "",
	  "53696e676c6520626c6f636b206d7367", "e4095d4fb7a7b3792d6175a3261311b8", "",
	  "RFC 3686, 6, case 1" },
	{ 14, K16 "a0a1a2", "a3a4a5a6a7a8a9aa", AAD8, TEXT37,
	  "e5b24b60f38f8194e5e62cd6be5acc8d3409ff6727ef0b91c38478518c5d6121b707c91847",
	  "d2fffd42c92b7f7d", "libgcrypt 1.10.1" },
	{ 29, K16 "a0a1a2", "a3a4a5a6a7a8a9aa", AAD8, TEXT37,
	  "e5b24b60f38f8194e5e62cd6be5acc8d3409ff6727ef0b91c38478518c5d6121b707c91847",
	  "d2fffd42c92b7f7d", "libgcrypt 1.10.1" },
	{ 15, K24 "a0a1a2", "a3a4a5a6a7a8a9aa", AAD12, TEXT37,
	  "6791bfd3bfa3e85d75bbcdeb3fbb79ca4ddbbae85461146fd7ce7a18af278370ce4756404a",
	  "2da3e78e53a542aa1b68f378", "libgcrypt 1.10.1" },
	{ 16, K32 "a0a1a2", "a3a4a5a6a7a8a9aa", AAD8, TEXT37,
	  "99a94c99ec76df7cd1bb72bc63b9d783bbb4215f14a509f25b3bfa9384f5f6aeb0dfc1e89d",
	  "cf71d16a09422a6b5cfecdf71c6a5127", "libgcrypt 1.10.1" },
	{ 18, K16 "a0a1a2a3", "a4a5a6a7a8a9aaab", AAD8, TEXT37,
	  "ab8e37ad63ad1838b338f24e134ed30a22965c8e0e83a60d8ca0c62587415c727b4baac7f2",
	  "ac793696b9186302", "libgcrypt 1.10.1" },
	{ 19, K24 "a0a1a2a3", "a4a5a6a7a8a9aaab", AAD8, TEXT37,
	  "3a6ab174e4773341c775f88fba819713e56f549410a6d57b3b3c9d55b37e6be16ab62b5a25",
	  "5f0d2a7818fb42391094a209", "libgcrypt 1.10.1" },
	{ 20, K32 "a0a1a2a3", "a4a5a6a7a8a9aaab", AAD12, TEXT37,
	  "e710733b58ef298d5b25c09d5226a3b401d426961f23d9ce35be9138ba67a6db339ea80952",
	  "fa5198afbbab2860d7368e1fb65f896b", "libgcrypt 1.10.1" },
	{ 30, K32 "a0a1a2a3", "a4a5a6a7a8a9aaab", AAD12, TEXT37,
	  "e710733b58ef298d5b25c09d5226a3b401d426961f23d9ce35be9138ba67a6db339ea80952",
	  "fa5198afbbab2860d7368e1fb65f896b", "libgcrypt 1.10.1" },
	{ 21, K16 "a0a1a2a3", "a4a5a6a7a8a9aaab", AAD8, TEXT37, TEXT37,
	  "18e89dd7c04bb4e5314d7172d53393e6", "libgcrypt 1.10.1" },
	{ 28, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f07000000",
	  "4041424344454647", "50515253c0c1c2c3c4c5c6c7",
	  "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
	  "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
	  "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
	  "637265656e20776f756c642062652069742e",
	  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	  "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	  "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	  "3ff4def08e4b7a9de576d26586cec64b6116", "1ae10b594f09e26a7e902ecbd0600691",
	  "RFC 8439, 2.8.2" },
};

static struct cipher *cipher_or_fail(struct crypto *c, unsigned encr, unsigned integ,
				     struct span encr_key, struct span integ_key)
{
	struct err e = { 0 };
	struct cipher *k = cipher_new(c, encr_find(encr), integ_find(integ), encr_key,
				      integ_key, &e);
	ck_assert_msg(k != NULL, "%s", e.text);
	return k;
}

START_TEST(known_answer)
{
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct cipher *k = cipher_or_fail(c, answers[_i].encr, 0,
					  test_hex(&a, answers[_i].key), span_of(NULL, 0));
	struct span text = test_hex(&a, answers[_i].text);
	uint8_t icv[ICV_MAX], *out = arena_alloc(&a, text.n + 1);
	struct cipher_job j = {
		.cipher = k, .iv = test_hex(&a, answers[_i].iv),
		.aad = test_hex(&a, answers[_i].aad), .text = text, .out = out, .icv_out = icv,
	};
	enum icv good = cipher_icv(k) ? ICV_GOOD : ICV_NONE;
	for (int round = 0; round < 2; round++) {
		j.text = text;
		ck_assert_msg(cipher_seal(&j), "%s", answers[_i].source);
		test_equal(answers[_i].source, span_of(out, text.n),
			   test_hex(&a, answers[_i].sealed));
		test_equal(answers[_i].source, span_of(icv, cipher_icv(k)),
			   test_hex(&a, answers[_i].icv));
		j.text = span_of(out, text.n);	/* in place */
		j.icv = span_of(icv, cipher_icv(k));
		cipher_open(&j, 1);
		ck_assert_msg(j.verdict == good && j.opened, "%s", icv_name(j.verdict));
		test_equal(answers[_i].source, span_of(out, text.n), text);
	}
	cipher_free(k);
	arena_done(&a);
	crypto_free(c);
}
END_TEST

/* ---- every row, key size and length ---- */

enum { LENGTHS = 301, HMAC_SHA1_96 = 2 };

struct bench {
	uint8_t iv[16], aad[12], head[24];
	uint8_t text[LENGTHS], sealed[LENGTHS], opened[LENGTHS], icv[ICV_MAX];
};

static struct cipher_job bench_job(struct bench *b, struct cipher *k, size_t n)
{
	const struct encr *row = cipher_encr(k);
	size_t iv = row->implicit_iv ? 8 : row->iv;
	struct cipher_job j = {
		.cipher = k, .iv = span_of(b->iv, iv), .text = span_of(b->text, n),
		.out = b->sealed, .icv_out = b->icv, .icv = span_of(b->icv, cipher_icv(k)),
	};
	if (encr_has_icv(row)) {
		j.aad = span_of(b->aad, n % 2 ? 8 : 12);
	} else {
		j.authed = span_of(b->sealed, n);
		j.tail_size = n % 2 ? 4 : 0;
	}
	return j;
}

/* One octet of each part spoilt in turn: IV, associated data, text, ICV. */
static void spoil(struct bench *b, struct cipher *k, size_t n)
{
	const struct encr *row = cipher_encr(k);
	struct { uint8_t *p; size_t n; } parts[] = {
		{ b->iv, encr_has_icv(row) ? 8 : 0 }, { b->aad, encr_has_icv(row) ? 8 : 0 },
		{ b->sealed, n }, { b->icv, cipher_icv(k) },
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (!parts[i].n)
			continue;
		uint8_t *octet = parts[i].p + (n * 7 + i) % parts[i].n;
		struct cipher_job j = bench_job(b, k, n);
		j.text = span_of(b->sealed, n);
		j.out = b->opened;
		memset(b->opened, 0x77, n);
		*octet ^= 0x10;
		cipher_open(&j, 1);
		*octet ^= 0x10;
		ck_assert_msg(j.verdict == ICV_BAD && !j.opened, "%s, %zu octets, part %zu: %s",
			      row->name, n, i, icv_name(j.verdict));
		ck_assert_msg(n < 8 || memcmp(b->opened, b->text, n) != 0,
			      "%s: plaintext of a bad packet", row->name);
	}
}

static void round_trip(struct bench *b, struct cipher *k, size_t n)
{
	const struct encr *row = cipher_encr(k);
	struct cipher_job j = bench_job(b, k, n);
	bool fits = n % row->block == 0;
	ck_assert_msg(cipher_seal(&j) == fits, "%s: %zu octets", row->name, n);
	j.text = span_of(b->sealed, n);
	j.out = b->opened;
	cipher_open(&j, 1);
	ck_assert_msg(j.opened == fits, "%s: %zu octets: %s", row->name, n, icv_name(j.verdict));
	if (!fits)
		return;
	ck_assert(j.verdict == ICV_GOOD);
	ck_assert_msg(memcmp(b->opened, b->text, n) == 0, "%s: %zu octets", row->name, n);
	bool plain = row->kind == ENCR_KIND_NULL || row->kind == ENCR_KIND_GMAC;
	ck_assert_msg(n < 16 || (memcmp(b->sealed, b->text, n) == 0) == plain, "%s", row->name);
	spoil(b, k, n);
}

static void every_length(struct crypto *c, const struct encr *row, size_t octets)
{
	struct bench b;
	uint8_t key[ENCR_KEY_MAX], integ_key[20];
	bool own = encr_has_icv(row);
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)(3 * i + octets);
	memset(integ_key, 9, sizeof integ_key);
	memset(&b, 0x42, sizeof b);
	for (size_t i = 0; i < LENGTHS; i++)
		b.text[i] = (uint8_t)(i * i);
	struct cipher *k = cipher_or_fail(c, row->id, own ? 0 : HMAC_SHA1_96,
					  span_of(key, octets + row->salt),
					  span_of(integ_key, own ? 0 : 20));
	ck_assert_uint_eq(cipher_icv(k), own ? row->icv : 12u);
	ck_assert(cipher_encr(k) == row && cipher_integ(k) == integ_find(own ? 0 : 2));
	for (size_t n = 0; n < LENGTHS; n++)
		round_trip(&b, k, n);
	cipher_free(k);
}

START_TEST(seal_open)
{
	const struct encr *row = &encr_rows[_i];
	if (row->kind == ENCR_KIND_UNSUPPORTED)
		return;
	struct crypto *c = test_crypto();
	for (size_t octets = 0; octets <= 56; octets++)
		if (encr_key_ok(row, octets))
			every_length(c, row, octets);
	crypto_free(c);
}
END_TEST

/* Every wrong key length is an error that names the row and the length found. */
START_TEST(encr_key_lengths)
{
	const struct encr *row = &encr_rows[_i];
	struct crypto *c = test_crypto();
	uint8_t key[80] = { 0 };
	char found[32];
	for (size_t n = 0; n <= sizeof key; n++) {
		struct err e = { 0 };
		struct cipher *k = cipher_new(c, row, integ_find(0), span_of(key, n),
					      span_of(NULL, 0), &e);
		bool good = row->kind != ENCR_KIND_UNSUPPORTED && n >= row->salt &&
			    encr_key_ok(row, n - row->salt);
		ck_assert_msg((k != NULL) == good, "%s, %zu octets: %s", row->name, n, e.text);
		ck_assert_msg(good || strstr(e.text, row->name) == e.text, "%s", e.text);
		snprintf(found, sizeof found, " %zu octets", n);
		ck_assert_msg(good || row->why || strstr(e.text, found), "%s", e.text);
		cipher_free(k);
	}
	crypto_free(c);
}
END_TEST

START_TEST(integ_key_lengths)
{
	const struct integ *row = &integ_rows[_i];
	struct crypto *c = test_crypto();
	uint8_t key[80] = { 0 };
	for (size_t n = 0; n <= sizeof key; n++) {
		struct err e = { 0 };
		struct cipher *k = cipher_new(c, encr_find(11), row, span_of(NULL, 0),
					      span_of(key, n), &e);
		bool good = row->kind != INTEG_KIND_UNSUPPORTED &&
			    n == (size_t)row->key + row->salt;
		ck_assert_msg((k != NULL) == good, "%s, %zu octets: %s", row->name, n, e.text);
		ck_assert_msg(good || strstr(e.text, row->name) == e.text, "%s", e.text);
		cipher_free(k);
	}
	crypto_free(c);
}
END_TEST

/* Rows that do not go together. */
static const struct { unsigned encr, integ; const char *why; } pairs[] = {
	{ 20, 2, "ENCR_AES_GCM_16 brings its own ICV, AUTH_HMAC_SHA1_96" },
	{ 20, INTEG_UNCHECKED_128, "ENCR_AES_GCM_16 brings its own ICV" },
	{ 21, 12, "ENCR_NULL_AUTH_AES_GMAC brings its own ICV" },
	{ 12, 9, "AUTH_AES_128_GMAC is for AH only" },
	{ 12, 3, "AUTH_DES_MAC is not supported" },
	{ 4, 2, "ENCR_RC5 is not supported" },
};

START_TEST(bad_pair)
{
	struct crypto *c = test_crypto();
	struct err e = { 0 };
	uint8_t key[32] = { 0 };
	ck_assert(!cipher_new(c, encr_find(pairs[_i].encr), integ_find(pairs[_i].integ),
			      span_of(key, 20), span_of(key, 20), &e));
	ck_assert_msg(strstr(e.text, pairs[_i].why) == e.text, "%s", e.text);
	crypto_free(c);
}
END_TEST

/* AES-CBC with the integrity of each special row. */
START_TEST(verdicts)
{
	struct crypto *c = test_crypto();
	uint8_t key[16] = { 1 }, iv[16] = { 2 }, icv[12] = { 3 }, out[16], back[16];
	struct cipher *k = cipher_or_fail(c, 12, 0, span_of(key, 16), span_of(NULL, 0));
	struct cipher_job j = { .cipher = k, .iv = span_of(iv, 16), .out = out,
				.text = span_text("sixteen octets!!") };
	ck_assert(cipher_seal(&j));
	j.text = span_of(out, 16);
	j.out = back;
	cipher_open(&j, 1);
	ck_assert(j.verdict == ICV_NONE && j.opened);
	cipher_free(k);

	k = cipher_or_fail(c, 12, INTEG_UNCHECKED_96, span_of(key, 16), span_of(NULL, 0));
	j.cipher = k;
	j.icv = span_of(icv, 12);
	memset(back, 0, 16);
	cipher_open(&j, 1);
	ck_assert(j.verdict == ICV_UNCHECKED && j.opened);
	ck_assert(memcmp(back, "sixteen octets!!", 16) == 0);
	ck_assert_msg(!cipher_seal(&j), "sealed without a key");
	j.icv.n = 11;
	cipher_open(&j, 1);
	ck_assert(j.verdict == ICV_BAD && !j.opened);
	cipher_free(k);
	crypto_free(c);
}
END_TEST

/* Wrong lengths of IV and ICV, for each kind of packet; a good one after them. */
START_TEST(malformed)
{
	static const unsigned ids[] = { 12, 13, 16, 20, 21, 28, 30 };
	const struct encr *row = encr_find(ids[_i]);
	struct crypto *c = test_crypto();
	struct bench b;
	uint8_t key[36] = { 0 };
	size_t octets = row->key_bits[1] ? 16 : 32;
	memset(&b, 0, sizeof b);
	bool own = encr_has_icv(row);
	struct cipher *k = cipher_or_fail(c, row->id, own ? 0 : 2,
					  span_of(key, octets + row->salt),
					  span_of(key, own ? 0 : 20));
	struct cipher_job j = bench_job(&b, k, 32);
	ck_assert(cipher_seal(&j));
	for (size_t iv = 0; iv <= 16; iv++)
		for (size_t icv = 0; icv <= 17; icv++) {
			struct cipher_job x = bench_job(&b, k, 32);
			bool good = iv == x.iv.n && icv == x.icv.n;
			x.text = span_of(b.sealed, 32);
			x.out = b.opened;
			x.iv.n = iv;
			x.icv.n = icv;
			cipher_open(&x, 1);
			ck_assert_msg((x.verdict == ICV_GOOD) == good, "%s: iv %zu icv %zu: %s",
				      row->name, iv, icv, icv_name(x.verdict));
		}
	j.iv.n++;
	ck_assert(!cipher_seal(&j));
	j.iv.n--;
	j.tail_size = 5;
	ck_assert(!cipher_seal(&j));
	cipher_free(k);
	crypto_free(c);
}
END_TEST

/* What `out` holds after a bad packet: AEAD zeros, separate integrity untouched. */
START_TEST(bad_leaves_nothing)
{
	const unsigned id = _i ? 20 : 12;
	struct crypto *c = test_crypto();
	struct bench b;
	uint8_t key[20] = { 0 };
	memset(&b, 0x42, sizeof b);
	struct cipher *k = cipher_or_fail(c, id, _i ? 0 : 2, span_of(key, _i ? 20 : 16),
					  span_of(key, _i ? 0 : 20));
	struct cipher_job j = bench_job(&b, k, 64);
	ck_assert(cipher_seal(&j));
	j.text = span_of(b.sealed, 64);
	j.out = b.opened;
	b.icv[0] ^= 1;
	cipher_open(&j, 1);
	ck_assert(j.verdict == ICV_BAD);
	for (size_t i = 0; i < 64; i++)
		ck_assert_int_eq(b.opened[i], _i ? 0 : 0x42);
	cipher_free(k);
	crypto_free(c);
}
END_TEST

/* OpenSSL's allocations, counted: a packet must need none. HMAC is left out:
 * OpenSSL 3.0 allocates whenever a digest state is copied. */
static size_t allocations;

static void *count_malloc(size_t n, const char *file, int line)
{
	(void)file, (void)line;
	allocations++;
	return malloc(n);
}

static void *count_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file, (void)line;
	allocations++;
	return realloc(p, n);
}

static void count_free(void *p, const char *file, int line)
{
	(void)file, (void)line;
	free(p);
}

static const struct { unsigned encr, integ; } frugal[] = {
	{ 12, 0 }, { 12, 5 }, { 12, 8 }, { 13, 0 }, { 13, INTEG_UNCHECKED_96 }, { 3, 5 },
	{ 16, 0 }, { 20, 0 }, { 21, 0 }, { 28, 0 }, { 29, 0 }, { 30, 0 }, { 11, 9 },
};

START_TEST(nothing_allocated)
{
	const struct encr *row = encr_find(frugal[_i].encr);
	const struct integ *integ = integ_find(frugal[_i].integ);
	struct crypto *c = test_crypto();
	struct bench b;
	uint8_t key[64] = { 0 };
	memset(&b, 0, sizeof b);
	size_t last = row->key_bits[2] ? 2 : 0;
	struct cipher *k = cipher_or_fail(c, row->id, integ->id,
					  span_of(key, row->key_bits[last] / 8u + row->salt),
					  span_of(key, (size_t)integ->key + integ->salt));
	bool sealed = integ->kind != INTEG_KIND_UNCHECKED;
	struct cipher_job j = bench_job(&b, k, 64);
	j.iv.n = integ->kind == INTEG_KIND_GMAC ? integ->iv : j.iv.n;
	ck_assert(cipher_seal(&j) == sealed);
	ck_assert_msg(allocations > 0, "the counter does not count");
	j.text = span_of(b.sealed, 64);
	j.out = b.opened;
	for (int i = 0; i < 20; i++) {
		size_t before = allocations;
		cipher_open(&j, 1);
		ck_assert_msg(j.opened, "%s: %s", row->name, icv_name(j.verdict));
		ck_assert_msg(allocations == before, "%s: %zu allocations", row->name,
			      allocations - before);
	}
	cipher_free(k);
	crypto_free(c);
}
END_TEST

START_TEST(verdict_names)
{
	ck_assert_str_eq(icv_name(ICV_NONE), "none");
	ck_assert_str_eq(icv_name(ICV_GOOD), "good");
	ck_assert_str_eq(icv_name(ICV_BAD), "bad");
	ck_assert_str_eq(icv_name(ICV_UNCHECKED), "unchecked");
	cipher_free(NULL);
}
END_TEST

int main(void)
{
	const int modest = sizeof frugal / sizeof *frugal;
	CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free);
	Suite *s = suite_create("cipher");
	TCase *t = tcase_create("cipher");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, known_answer, 0, sizeof answers / sizeof *answers);
	tcase_add_loop_test(t, seal_open, 0, (int)encr_count);
	tcase_add_loop_test(t, encr_key_lengths, 0, (int)encr_count);
	tcase_add_loop_test(t, integ_key_lengths, 0, (int)integ_count);
	tcase_add_loop_test(t, bad_pair, 0, sizeof pairs / sizeof *pairs);
	tcase_add_test(t, verdicts);
	tcase_add_loop_test(t, malformed, 0, 7);
	tcase_add_loop_test(t, bad_leaves_nothing, 0, 2);
	tcase_add_loop_test(t, nothing_allocated, 0, modest);
	tcase_add_test(t, verdict_names);
	suite_add_tcase(s, t);
	return testing_run(s);
}
