/* SPDX-License-Identifier: BSD-2-Clause
 * The table of integrity algorithms and the ICVs that it makes, run as AH does:
 * nothing encrypted, the ICV over `authed`. Sources of the answers stand in the
 * rows; RFC 2202 and 4231 give full MACs, of which an ICV is the beginning. */
#include "ipsec/crypto/crypto_test.h"

#include "ipsec/crypto/cipher.h"

START_TEST(row_complete)
{
	const struct integ *r = &integ_rows[_i];
	ck_assert_msg(integ_find(r->id) == r, "%s: number %u twice", r->name, r->id);
	ck_assert_msg(integ_by_name(span_text(r->name)) == r, "%s: name twice", r->name);
	ck_assert_msg((r->kind == INTEG_KIND_UNSUPPORTED) == (r->why != NULL), "%s", r->name);
	bool keyed = r->kind != INTEG_KIND_UNSUPPORTED && r->kind != INTEG_KIND_NONE &&
		     r->kind != INTEG_KIND_UNCHECKED;
	ck_assert_msg(keyed == (r->algorithm != NULL), "%s: algorithm", r->name);
	ck_assert_msg(keyed == (r->key > 0 && r->output > 0), "%s: key, output", r->name);
	ck_assert_msg(r->icv <= ICV_MAX && (!keyed || r->icv <= r->output), "%s", r->name);
}
END_TEST

START_TEST(look_ups)
{
	ck_assert(integ_find(15) == NULL);
	ck_assert(integ_by_name(span_text("auth_aes_xcbc_96")) == integ_find(5));
	ck_assert(integ_find(INTEG_UNCHECKED_192)->icv == 24);
	ck_assert_int_eq(INTEG_UNCHECKED_256, 65005);
}
END_TEST

static const struct {
	unsigned id;
	const char *key, *iv, *data, *icv;
	const char *source;
} answers[] = {
	{ 1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "4869205468657265",
	  "9294727a3638bb1c13f48ef8", "RFC 2202, 2, case 1" },
	{ 6, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "4869205468657265",
	  "9294727a3638bb1c13f48ef8158bfc9d", "RFC 2202, 2, case 1" },
	{ 2, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "4869205468657265",
	  "b617318655057264e28bc0b6", "RFC 2202, 3, case 1" },
	{ 7, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "4869205468657265",
	  "b617318655057264e28bc0b6fb378c8ef146be00", "RFC 2202, 3, case 1" },
	{ 12, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",
	  "4869205468657265", "198a607eb44bfbc69903a0f1cf2bbdc5",
	  "RFC 4868, 2.7.2.1, case AUTH256-1" },
	{ INTEG_HMAC_SHA2_256_96,
	  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",
	  "4869205468657265", "198a607eb44bfbc69903a0f1", "the same, cut shorter" },
	{ 13, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
	      "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",
	  "4869205468657265", "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973",
	  "RFC 4868, 2.7.2.2, case AUTH384-1" },
	{ 14, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
	      "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",
	  "4869205468657265",
	  "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8",
	  "RFC 4868, 2.7.2.3, case AUTH512-1" },
	{ 5, "000102030405060708090a0b0c0d0e0f", "", "",
	  "75f0251d528ac01c4573dfd5", "RFC 3566, 4.6, case 1" },
	{ 5, "000102030405060708090a0b0c0d0e0f", "", "000102",
	  "5b376580ae2f19afe7219cee", "RFC 3566, 4.6, case 2" },
	{ 5, "000102030405060708090a0b0c0d0e0f", "", "000102030405060708090a0b0c0d0e0f",
	  "d2a246fa349b68a79998a439", "RFC 3566, 4.6, case 3" },
	{ 5, "000102030405060708090a0b0c0d0e0f", "",
	  "000102030405060708090a0b0c0d0e0f10111213",
	  "47f51b4564966215b8985c63", "RFC 3566, 4.6, case 4" },
	{ 5, "000102030405060708090a0b0c0d0e0f", "",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "f54f0ec8d2b9f3d36807734b", "RFC 3566, 4.6, case 5" },
	{ 8, "2b7e151628aed2a6abf7158809cf4f3c", "", "",
	  "bb1d6929e95937287fa37d12", "RFC 4494, 3.1, case 1" },
	{ 8, "2b7e151628aed2a6abf7158809cf4f3c", "", "6bc1bee22e409f96e93d7e117393172a",
	  "070a16b46b4d4144f79bdd9d", "RFC 4494, 3.1, case 2" },
	{ 8, "2b7e151628aed2a6abf7158809cf4f3c", "",
	  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
	  "dfa66747de9ae63030ca3261", "RFC 4494, 3.1, case 3" },
	{ 10, "000102030405060708090a0b0c0d0e0f1011121314151617a0a1a2a3", "a4a5a6a7a8a9aaab",
	  "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f5051525354555657",
	  "f1701b9260ddd0a816464c090c304677", "libgcrypt 1.10.1" },
};

static struct cipher_job job_of(struct arena *a, size_t i, struct cipher *k)
{
	return (struct cipher_job){
		.cipher = k, .iv = test_hex(a, answers[i].iv),
		.authed = test_hex(a, answers[i].data), .icv = test_hex(a, answers[i].icv),
	};
}

START_TEST(known_answer)
{
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct err e = { 0 };
	struct cipher *k = cipher_new(c, encr_find(11), integ_find(answers[_i].id),
				      span_of(NULL, 0), test_hex(&a, answers[_i].key), &e);
	ck_assert_msg(k != NULL, "%s", e.text);
	struct cipher_job j = job_of(&a, (size_t)_i, k);
	uint8_t icv[ICV_MAX], flipped[ICV_MAX];
	for (int round = 0; round < 2; round++) {	/* the context is used again */
		cipher_open(&j, 1);
		ck_assert_msg(j.verdict == ICV_GOOD && j.opened, "%s", answers[_i].source);
	}
	j.icv_out = icv;
	ck_assert(cipher_seal(&j));
	test_equal(answers[_i].source, span_of(icv, cipher_icv(k)), j.icv);
	for (size_t bit = 0; bit < 8 * j.icv.n; bit++) {
		memcpy(flipped, icv, j.icv.n);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct cipher_job bad = job_of(&a, (size_t)_i, k);
		bad.icv.p = flipped;
		cipher_open(&bad, 1);
		ck_assert_msg(bad.verdict == ICV_BAD && !bad.opened, "bit %zu", bit);
	}
	cipher_free(k);
	arena_done(&a);
	crypto_free(c);
}
END_TEST

/* The octets may be split anywhere between `authed` and `tail`. */
START_TEST(tail)
{
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct err e = { 0 };
	struct cipher *k = cipher_new(c, encr_find(11), integ_find(answers[_i].id),
				      span_of(NULL, 0), test_hex(&a, answers[_i].key), &e);
	struct cipher_job j = job_of(&a, (size_t)_i, k);
	size_t n = j.authed.n < 4 ? j.authed.n : 4;
	ck_assert_msg(k != NULL, "%s", e.text);
	if (n)
		memcpy(j.tail, j.authed.p + j.authed.n - n, n);
	j.tail_size = (uint8_t)n;
	j.authed.n -= n;
	cipher_open(&j, 1);
	ck_assert_msg(j.verdict == ICV_GOOD, "%s", answers[_i].source);
	cipher_free(k);
	arena_done(&a);
	crypto_free(c);
}
END_TEST

int main(void)
{
	const int count = sizeof answers / sizeof *answers;
	Suite *s = suite_create("integ");
	TCase *t = tcase_create("integ");
	tcase_add_loop_test(t, row_complete, 0, (int)integ_count);
	tcase_add_test(t, look_ups);
	tcase_add_loop_test(t, known_answer, 0, count);
	tcase_add_loop_test(t, tail, 0, count);
	suite_add_tcase(s, t);
	return testing_run(s);
}
