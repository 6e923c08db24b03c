/* SPDX-License-Identifier: BSD-2-Clause
 * The store: copies, equal rows, rows that only say more. */
#include "ipsec/sa/sa.h"
#include "ipsec/base/testing.h"

static struct sa_key row_of(uint32_t spi, const uint8_t *key, const char *file)
{
	struct sa_key k = { .protocol = PROTOCOL_ESP, .spi = spi, .spi_mask = UINT32_MAX,
			    .encr = encr_find(12), .integ = integ_find(0), .origin = { file, 7 } };
	k.encr_key = span_of(key, 16);
	return k;
}

START_TEST(copies)
{
	struct keystore s;
	uint8_t key[16] = "0123456789abcdef";
	char file[] = "one.keys";
	keystore_init(&s);
	struct sa_key row = row_of(1, key, file);
	struct sa_key *k = keystore_add_sa(&s, &row);
	memset(key, 0, sizeof key);
	memset(file, 'x', 3);
	ck_assert(span_equal(k->encr_key, span_text("0123456789abcdef")));
	ck_assert_str_eq(k->origin.file, "one.keys");
	keystore_done(&s);
	ck_assert(s.sas == NULL);
}
END_TEST

START_TEST(equal_rows)
{
	struct keystore s;
	uint8_t key[16] = "0123456789abcdef", other[16] = "fedcba9876543210";
	keystore_init(&s);
	struct sa_key row = row_of(1, key, "a");
	struct sa_key *k = keystore_add_sa(&s, &row);
	row.origin.file = "b";
	row.mode = SA_MODE_TUNNEL;	/* says more, contradicts nothing */
	row.window = 32;
	ck_assert(keystore_add_sa(&s, &row) == k);
	ck_assert_int_eq(k->mode, SA_MODE_TUNNEL);
	ck_assert_uint_eq(k->window, 32);
	ck_assert_str_eq(k->origin.file, "a");
	row.mode = SA_MODE_TRANSPORT;
	ck_assert(keystore_add_sa(&s, &row) != k);
	row = row_of(1, other, "a");
	ck_assert(keystore_add_sa(&s, &row) != k);
	row = row_of(2, key, "a");
	ck_assert(keystore_add_sa(&s, &row) != k);
	ck_assert_uint_eq(s.sa_count, 4);
	ck_assert(s.sas == k && k->next->mode == SA_MODE_TRANSPORT);
	keystore_done(&s);
}
END_TEST

START_TEST(ike_and_secrets)
{
	struct keystore s;
	struct ike_key ike = { .version = 2, .spi_i = { 1 }, .spi_r = { 2 },
			       .sk_ei = span_text("0123456789abcdef") };
	struct ike_secret secret = { .kind = SECRET_SK_D, .spi_i = { 1 },
				     .secret = span_text("secret") };
	keystore_init(&s);
	struct ike_key *a = keystore_add_ike(&s, &ike);
	ck_assert(keystore_add_ike(&s, &ike) == a);
	ike.spi_r[7] = 1;
	ck_assert(keystore_add_ike(&s, &ike) != a);
	struct ike_secret *b = keystore_add_secret(&s, &secret);
	ck_assert(keystore_add_secret(&s, &secret) == b);
	secret.kind = SECRET_SKEYSEED;
	ck_assert(keystore_add_secret(&s, &secret) != b);
	ck_assert_uint_eq(s.ike_count, 2);
	ck_assert_uint_eq(s.secret_count, 2);
	keystore_done(&s);
}
END_TEST

/* The index grows; every row is found again. */
START_TEST(many)
{
	struct keystore s;
	uint8_t key[16] = { 1 };
	size_t found = 0;
	keystore_init(&s);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 20000; i++) {
			struct sa_key row = row_of(i, key, "many");
			found += keystore_add_sa(&s, &row)->spi == i;
		}
	ck_assert_uint_eq(found, 40000);
	ck_assert_uint_eq(s.sa_count, 20000);
	keystore_done(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keystore");
	TCase *t = tcase_create("keystore");
	tcase_add_test(t, copies);
	tcase_add_test(t, equal_rows);
	tcase_add_test(t, ike_and_secrets);
	tcase_add_test(t, many);
	suite_add_tcase(s, t);
	return testing_run(s);
}
