/* SPDX-License-Identifier: BSD-2-Clause
 * The table of encryption algorithms: well-formed rows, look-ups, key sizes. */
#include "ipsec/crypto/crypto_test.h"

#include "ipsec/crypto/encr.h"

START_TEST(row_complete)
{
	const struct encr *r = &encr_rows[_i];
	ck_assert_msg(encr_find(r->id) == r, "%s: number %u twice", r->name, r->id);
	ck_assert_msg(encr_by_name(span_text(r->name)) == r, "%s: name twice", r->name);
	if (r->kind == ENCR_KIND_UNSUPPORTED) {
		ck_assert_msg(r->why && *r->why && !r->cipher[0], "%s: why", r->name);
		return;
	}
	ck_assert_msg(!r->why && r->block, "%s: block %u", r->name, r->block);
	for (size_t i = 0; i < ENCR_KEY_SIZES; i++) {
		bool wants = r->key_bits[i] && !(r->variable && i);
		ck_assert_msg(!wants == !r->cipher[i], "%s: cipher %zu", r->name, i);
		ck_assert_msg(r->key_bits[i] % 8 == 0 && r->key_bits[i] / 8 <= ENCR_KEY_MAX,
			      "%s: key of %u bits", r->name, r->key_bits[i]);
	}
	/* RFC 7296, 3.3.5: the attribute belongs to keys of more than one size. */
	ck_assert_msg(r->key_length_attribute == (r->key_bits[1] != 0), "%s", r->name);
	ck_assert_msg(r->icv <= ICV_MAX && r->iv <= ENCR_IV_MAX, "%s", r->name);
	ck_assert_msg(!r->implicit_iv || r->iv == 0, "%s", r->name);
}
END_TEST

START_TEST(look_ups)
{
	ck_assert(encr_find(10) == NULL);
	ck_assert(encr_find(65536 + 12) == NULL);
	ck_assert(encr_by_name(span_text("encr_aes_cbc")) == encr_find(12));
	ck_assert(encr_by_name(span_text("ENCR_AES")) == NULL);
	ck_assert(encr_has_icv(encr_find(20)) && !encr_has_icv(encr_find(12)));
}
END_TEST

static const struct { unsigned id; const char *name; size_t octets; bool ok; } keys[] = {
	{ 11, "NULL", 0, true }, { 11, "NULL", 16, false },
	{ 12, "AES", 16, true }, { 12, "AES", 24, true }, { 12, "AES", 32, true },
	{ 12, "AES", 0, false }, { 12, "AES", 17, false }, { 12, "AES", 33, false },
	{ 7, "Blowfish", 4, false }, { 7, "Blowfish", 5, true }, { 7, "Blowfish", 56, true },
	{ 7, "Blowfish", 57, false }, { 6, "CAST", 5, true }, { 6, "CAST", 17, false },
	{ 3, "3DES", 24, true }, { 3, "3DES", 21, false }, { 2, "DES", 8, true },
	{ 8, "3IDEA has no known size", 0, false },
};

START_TEST(key_ok)
{
	ck_assert_msg(encr_key_ok(encr_find(keys[_i].id), keys[_i].octets) == keys[_i].ok,
		      "%s with %zu octets", keys[_i].name, keys[_i].octets);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("encr");
	TCase *t = tcase_create("encr");
	tcase_add_loop_test(t, row_complete, 0, (int)encr_count);
	tcase_add_test(t, look_ups);
	tcase_add_loop_test(t, key_ok, 0, sizeof keys / sizeof *keys);
	suite_add_tcase(s, t);
	return testing_run(s);
}
