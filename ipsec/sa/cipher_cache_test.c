/* SPDX-License-Identifier: BSD-2-Clause
 * The cache of ciphers: never more than its room, never one of the last room / 2
 * that were used given up, references emptied, and a cipher that is made again
 * opens as before. The known answer is that of RFC 3602, 4, case 1. */
#include "ipsec/base/testing.h"
#include "ipsec/sa/sa.h"

enum { ROOM = 256, KEYS = 4 * ROOM };

static struct crypto *crypto;
static struct cipher_cache *cache;
static struct cipher_ref refs[KEYS];

static const uint8_t case_key[16] = { 0x06, 0xa9, 0x21, 0x40, 0x36, 0xb8, 0xa1, 0x5b,
				      0x51, 0x2e, 0x03, 0xd5, 0x34, 0x12, 0x00, 0x06 };
static const uint8_t case_iv[16] = { 0x3d, 0xaf, 0xba, 0x42, 0x9d, 0x9e, 0xb4, 0x30,
				     0xb4, 0x22, 0xda, 0x80, 0x2c, 0x9f, 0xac, 0x41 };
static const uint8_t case_sealed[16] = { 0xe3, 0x53, 0x77, 0x9c, 0x10, 0x79, 0xae, 0xb8,
					 0x27, 0x08, 0x94, 0x2d, 0xbe, 0x77, 0x18, 0x1a };
static const char case_text[] = "Single block msg";

static struct cipher *make(const uint8_t key[16])
{
	struct err e = { 0 };
	struct cipher *k = cipher_new(crypto, encr_find(12), integ_find(0), span_of(key, 16),
				      span_of(NULL, 0), &e);
	ck_assert_msg(k != NULL, "%s", e.text);
	return k;
}

/* Key i of many; key 0 is that of the RFC. */
static struct cipher *make_number(uint32_t i)
{
	uint8_t key[16];
	memcpy(key, case_key, 16);
	for (int k = 0; k < 4; k++)
		key[k] ^= (uint8_t)(i >> 8 * k);
	return make(key);
}

static bool opens(struct cipher *k)
{
	uint8_t out[16];
	struct cipher_job job = { .cipher = k, .iv = span_of(case_iv, 16),
				  .text = span_of(case_sealed, 16), .out = out };
	cipher_open(&job, 1);
	return job.opened && memcmp(out, case_text, 16) == 0;
}

/* As a reader of packets does: the one that is there, or a new one. */
static struct cipher *use(uint32_t i)
{
	struct cipher *k = cipher_cache_get(cache, &refs[i]);
	if (!k) {
		k = make_number(i);
		cipher_cache_put(cache, &refs[i], k);
	}
	return k;
}

static size_t alive(void)
{
	size_t n = 0;
	for (size_t i = 0; i < KEYS; i++)
		n += refs[i].cipher != NULL;
	return n;
}

static void setup(void)
{
	struct err e = { 0 };
	crypto = crypto_new(&e);
	ck_assert_msg(crypto != NULL, "%s", e.text);
	cache = cipher_cache_new(ROOM);
	memset(refs, 0, sizeof refs);
}

static void teardown(void)
{
	cipher_cache_free(cache);
	ck_assert_uint_eq(alive(), 0);		/* every reference is empty */
	crypto_free(crypto);
}

START_TEST(kept_while_there_is_room)
{
	for (uint32_t i = 0; i < ROOM; i++)
		use(i);
	ck_assert_uint_eq(alive(), ROOM);
	struct cipher *first = refs[0].cipher;
	ck_assert_ptr_eq(use(0), first);
}
END_TEST

START_TEST(bounded)
{
	for (uint32_t i = 0; i < KEYS; i++) {
		use(i);
		ck_assert_uint_le(alive(), ROOM);
	}
	ck_assert_uint_eq(alive(), ROOM);
}
END_TEST

/* The last uses, in an order that jumps: of room / 2 of them none is gone. */
START_TEST(recent_ones_stay)
{
	uint32_t recent[ROOM / 2], state = (uint32_t)_i + 1;
	for (uint32_t n = 0; n < 20 * ROOM; n++) {
		state = state * 1664525u + 1013904223u;
		/* some keys are used much more often than others */
		uint32_t key = (state >> 8) % (state >> 30 ? KEYS : ROOM / 4);
		use(key);
		recent[n % (ROOM / 2)] = key;
		for (uint32_t i = 0; n >= ROOM / 2 && i < ROOM / 2; i++)
			ck_assert_msg(refs[recent[i]].cipher, "use %u: key %u is gone", n, recent[i]);
	}
}
END_TEST

/* One that is used again and again survives any number of others. */
START_TEST(busy_one_stays)
{
	struct cipher *busy = use(0);
	for (uint32_t i = 1; i < KEYS; i++) {
		use(i);
		if (i % (ROOM / 2 - 1) == 0)
			ck_assert_ptr_eq(use(0), busy);
	}
	ck_assert(opens(busy));
}
END_TEST

START_TEST(made_again)
{
	ck_assert(opens(use(0)));
	ck_assert(!opens(use(1)));
	for (uint32_t i = 1; i < KEYS; i++)
		use(i);
	ck_assert_ptr_null(refs[0].cipher);
	ck_assert_ptr_null(cipher_cache_get(cache, &refs[0]));
	ck_assert(opens(use(0)));
}
END_TEST

START_TEST(dropped)
{
	use(0);
	use(1);
	cipher_cache_drop(cache, &refs[0]);
	ck_assert_ptr_null(refs[0].cipher);
	cipher_cache_drop(cache, &refs[0]);	/* nothing is there any more */
	ck_assert_ptr_nonnull(refs[1].cipher);
	for (uint32_t i = 2; i < KEYS; i++)
		use(i);
	ck_assert_uint_le(alive(), ROOM);
	ck_assert(opens(use(0)));
}
END_TEST

/* Each slot is given back when its cipher is dropped. */
START_TEST(dropped_all)
{
	for (int round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < ROOM; i++)
			use(i);
		for (uint32_t i = 0; i < ROOM; i++)
			cipher_cache_drop(cache, &refs[i]);
		ck_assert_uint_eq(alive(), 0);
	}
}
END_TEST

/* The SA database's ciphers are in the store's cache. */
START_TEST(through_the_database)
{
	enum { ROWS = CIPHER_CACHE_DEFAULT + 1000 };
	struct keystore store;
	keystore_init(&store);
	for (uint32_t i = 0; i < ROWS; i++) {
		uint8_t key[16] = { (uint8_t)i, (uint8_t)(i >> 8), 1 };
		struct sa_key row = { .protocol = PROTOCOL_ESP, .spi = 0x1000 + i, .spi_mask = UINT32_MAX,
				      .encr = encr_find(12), .integ = integ_find(0),
				      .encr_key = span_of(key, 16) };
		keystore_add_sa(&store, &row);
	}
	struct sadb *db = sadb_new(&store, crypto, 0);
	for (struct sa_key *k = store.sas; k; k = k->next)
		ck_assert_ptr_nonnull(sadb_cipher(db, k));
	size_t n = 0;
	for (struct sa_key *k = store.sas; k; k = k->next)
		n += k->cipher.cipher != NULL;
	ck_assert_uint_eq(n, CIPHER_CACHE_DEFAULT);
	ck_assert_ptr_nonnull(sadb_cipher(db, store.sas));
	sadb_free(db);
	keystore_done(&store);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cipher cache");
	TCase *c = tcase_create("cache");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, kept_while_there_is_room);
	tcase_add_test(c, bounded);
	tcase_add_loop_test(c, recent_ones_stay, 0, 4);
	tcase_add_test(c, busy_one_stays);
	tcase_add_test(c, made_again);
	tcase_add_test(c, dropped);
	tcase_add_test(c, dropped_all);
	tcase_add_test(c, through_the_database);
	suite_add_tcase(s, c);
	return testing_run(s);
}
