/* SPDX-License-Identifier: BSD-2-Clause
 * The SA database: which rows fit, in which order, and how many it can hold. */
#include "ipsec/sa/sa.h"
#include "ipsec/base/testing.h"

#include <time.h>

static const uint8_t key_octets[16] = "0123456789abcdef";

struct fixture {
	struct keystore keys;
	struct crypto *crypto;
	struct sadb *db;
};

static void setup(struct fixture *f)
{
	struct err e = { 0 };
	keystore_init(&f->keys);
	f->crypto = crypto_new(&e);
	ck_assert_msg(f->crypto != NULL, "%s", e.text);
	f->db = sadb_new(&f->keys, f->crypto, 0);
}

static void teardown(struct fixture *f)
{
	sadb_free(f->db);
	keystore_done(&f->keys);
	crypto_free(f->crypto);
}

static struct addr address(const char *text)
{
	struct addr a;
	ck_assert(addr_parse(span_text(text), &a));
	return a;
}

/* The tag stands in the window, so that tests can tell rows apart. */
static struct sa_key *add(struct fixture *f, uint32_t spi, uint32_t mask, const char *src,
			  const char *dst, uint32_t tag)
{
	struct sa_key k = { .protocol = PROTOCOL_ESP, .spi = spi, .spi_mask = mask,
			    .encr = encr_find(20), .integ = integ_find(0), .window = tag };
	uint8_t key[20] = { (uint8_t)tag, (uint8_t)(tag >> 8), 1 };
	k.encr_key = span_of(key, sizeof key);
	ck_assert(addr_pattern_parse(span_text(src), &k.src));
	ck_assert(addr_pattern_parse(span_text(dst), &k.dst));
	struct sa_key *row = keystore_add_sa(&f->keys, &k);
	sadb_keys_changed(f->db);
	return row;
}

static struct sa *find(struct fixture *f, uint32_t spi, const char *src, const char *dst)
{
	struct addr s = address(src), d = address(dst);
	return sadb_find(f->db, PROTOCOL_ESP, spi, &s, &d);
}

START_TEST(exactness)
{
	struct fixture f;
	setup(&f);
	add(&f, 0, 0, "*", "*", 1);
	add(&f, 0x1001, UINT32_MAX, "*", "*", 2);
	add(&f, 0x1001, UINT32_MAX, "*", "192.0.2.0/24", 3);
	add(&f, 0x1001, UINT32_MAX, "*", "192.0.2.2", 4);
	add(&f, 0x1001, UINT32_MAX, "192.0.2.1", "192.0.2.2", 5);
	add(&f, 0x1001, UINT32_MAX, "203.0.113.1", "192.0.2.2", 6);
	add(&f, 0x1000, 0xfffff000, "*", "*", 7);
	add(&f, 0x1002, UINT32_MAX, "*", "*", 8);
	add(&f, 0x1001, UINT32_MAX, "192.0.2.1", "192.0.2.2", 9);
	static const uint32_t order[] = { 5, 9, 4, 3, 2, 7, 1, 6 };
	struct sa *sa = find(&f, 0x1001, "192.0.2.1", "192.0.2.2");
	ck_assert(sa != NULL);
	ck_assert_uint_eq(sa->key_count, 8);
	for (uint32_t i = 0; i < 8; i++)
		ck_assert_uint_eq(sa->keys[i]->window, order[i]);
	ck_assert_uint_eq(sa->window.size, 5);	/* the first candidate's */
	ck_assert(find(&f, 0x1001, "192.0.2.1", "192.0.2.2") == sa);
	teardown(&f);
}
END_TEST

START_TEST(unknown)
{
	struct fixture f;
	setup(&f);
	add(&f, 0x1001, UINT32_MAX, "192.0.2.1", "192.0.2.2", 1);
	struct addr s = address("192.0.2.1"), d = address("192.0.2.2");
	ck_assert(find(&f, 0x1002, "192.0.2.1", "192.0.2.2") == NULL);
	ck_assert(find(&f, 0x1001, "192.0.2.2", "192.0.2.1") == NULL);
	ck_assert(sadb_find(f.db, PROTOCOL_AH, 0x1001, &s, &d) == NULL);
	ck_assert(find(&f, 0x1001, "2001:db8::1", "2001:db8::2") == NULL);
	ck_assert(find(&f, 0x1001, "203.0.113.9", "192.0.2.2") != NULL);	/* moved, or NAT */
	teardown(&f);
}
END_TEST

/* An ICV to decide by comes before exactness; without one the source counts. */
START_TEST(unchecked_last)
{
	struct fixture f;
	setup(&f);
	struct sa_key k = { .protocol = PROTOCOL_ESP, .spi = 5, .spi_mask = UINT32_MAX,
			    .encr = encr_find(12), .integ = integ_find(INTEG_UNCHECKED_128),
			    .encr_key = span_of(key_octets, 16) };
	ck_assert(addr_pattern_parse(span_text("192.0.2.1"), &k.src));
	ck_assert(addr_pattern_parse(span_text("192.0.2.2"), &k.dst));
	keystore_add_sa(&f.keys, &k);
	sadb_keys_changed(f.db);
	ck_assert(find(&f, 5, "203.0.113.9", "192.0.2.2") == NULL);
	add(&f, 5, UINT32_MAX, "*", "*", 1);
	struct sa *sa = find(&f, 5, "192.0.2.1", "192.0.2.2");
	ck_assert_uint_eq(sa->key_count, 2);
	ck_assert_uint_eq(sa->keys[0]->window, 1);
	teardown(&f);
}
END_TEST

/* Keys that come later are found, also for an SA that is known already. */
START_TEST(keys_later)
{
	struct fixture f;
	setup(&f);
	ck_assert(find(&f, 9, "192.0.2.1", "192.0.2.2") == NULL);
	add(&f, 9, UINT32_MAX, "*", "*", 40);
	struct sa *sa = find(&f, 9, "192.0.2.1", "192.0.2.2");
	ck_assert_uint_eq(sa->key_count, 1);
	add(&f, 9, UINT32_MAX, "*", "192.0.2.2", 41);
	ck_assert(find(&f, 9, "192.0.2.1", "192.0.2.2") == sa);
	ck_assert_uint_eq(sa->key_count, 2);
	ck_assert_uint_eq(sa->keys[0]->window, 41);
	ck_assert_uint_eq(sa->window.size, 40);	/* a window does not change its size */
	teardown(&f);
}
END_TEST

START_TEST(window_rules)
{
	struct fixture f;
	setup(&f);
	add(&f, 1, UINT32_MAX, "*", "*", 0);
	ck_assert_uint_eq(find(&f, 1, "192.0.2.1", "192.0.2.2")->window.size, 64);
	sadb_free(f.db);
	f.db = sadb_new(&f.keys, f.crypto, 128);
	add(&f, 2, UINT32_MAX, "*", "*", 32);
	ck_assert_uint_eq(find(&f, 2, "192.0.2.1", "192.0.2.2")->window.size, 128);
	teardown(&f);
}
END_TEST

START_TEST(ciphers)
{
	struct fixture f;
	setup(&f);
	struct sa_key *good = add(&f, 1, UINT32_MAX, "*", "*", 1);
	ck_assert(good->cipher.cipher == NULL);
	struct cipher *c = sadb_cipher(f.db, good);
	ck_assert(c != NULL && sadb_cipher(f.db, good) == c);
	struct sa_key k = { .protocol = PROTOCOL_ESP, .spi = 2, .spi_mask = UINT32_MAX,
			    .encr = encr_find(12), .integ = integ_find(0),
			    .encr_key = span_of(key_octets, 15) };
	struct sa_key *bad = keystore_add_sa(&f.keys, &k);
	ck_assert(sadb_cipher(f.db, bad) == NULL);
	ck_assert(bad->unusable);
	ck_assert_msg(strstr(bad->why, "15") && strstr(bad->why, "ENCR_AES_CBC"), "%s", bad->why);
	teardown(&f);
}
END_TEST

static bool count_one(struct sa *sa, void *user)
{
	uint32_t *next = user;
	ck_assert_uint_eq(sa->spi, *next);	/* in the order they were met */
	return ++*next < 1000;
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* 100,000 rows: loaded, met and found at a cost that does not depend on their
 * number (the limits are far above what is needed). */
START_TEST(many)
{
	enum { N = 100000 };
	struct fixture f;
	setup(&f);
	double start = seconds();
	struct sa_key k = { .protocol = PROTOCOL_ESP, .spi_mask = UINT32_MAX,
			    .encr = encr_find(12), .integ = integ_find(0),
			    .encr_key = span_of(key_octets, 16) };
	ck_assert(addr_pattern_parse(span_text("192.0.2.2"), &k.dst));
	for (k.spi = 0; k.spi < N; k.spi++)
		keystore_add_sa(&f.keys, &k);
	sadb_keys_changed(f.db);
	struct addr s = address("192.0.2.1"), d = address("192.0.2.2");
	bool right = true;
	for (int round = 0; round < 10; round++)
		for (uint32_t spi = 0; spi < N; spi++) {
			struct sa *sa = sadb_find(f.db, PROTOCOL_ESP, spi, &s, &d);
			right = right && sa && sa->spi == spi && sa->key_count == 1;
		}
	for (uint32_t spi = N; spi < 2 * N; spi++)
		right = right && !sadb_find(f.db, PROTOCOL_ESP, spi, &s, &d);
	ck_assert(right);
	ck_assert(seconds() - start < 20);	/* quadratic would be minutes */
	uint32_t next = 0;
	sadb_each(f.db, count_one, &next);
	ck_assert_uint_eq(next, 1000);
	ck_assert_uint_lt(sizeof(struct sa) + sizeof(struct sa_key), 1024);
	teardown(&f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sadb");
	TCase *t = tcase_create("sadb");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, exactness);
	tcase_add_test(t, unknown);
	tcase_add_test(t, unchecked_last);
	tcase_add_test(t, keys_later);
	tcase_add_test(t, window_rules);
	tcase_add_test(t, ciphers);
	tcase_add_test(t, many);
	suite_add_tcase(s, t);
	return testing_run(s);
}
