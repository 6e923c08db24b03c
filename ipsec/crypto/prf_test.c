/* SPDX-License-Identifier: BSD-2-Clause
 * Pseudo-random functions: RFC 2202, 4231, 4434, 4615; prf+ against its own
 * definition (RFC 7296, 2.13) written out with prf_run. */
#include "ipsec/crypto/crypto_test.h"

#include "ipsec/crypto/prf.h"

START_TEST(row_complete)
{
	const struct prf *r = &prf_rows[_i];
	ck_assert_msg(prf_find(r->id) == r, "%s: number %u twice", r->name, r->id);
	ck_assert_msg(prf_by_name(span_text(r->name)) == r, "%s: name twice", r->name);
	bool works = r->kind != PRF_KIND_UNSUPPORTED;
	ck_assert_msg(works == (r->algorithm != NULL) && works == !r->why, "%s", r->name);
	ck_assert_msg(r->output <= PRF_OUTPUT_MAX && r->output && r->key, "%s", r->name);
	ck_assert_msg(r->fixed_key == (r->kind == PRF_KIND_XCBC || r->kind == PRF_KIND_CMAC),
		      "%s: fixed_key", r->name);
}
END_TEST

#define COUNT20 "000102030405060708090a0b0c0d0e0f10111213"
#define HI_THERE "4869205468657265"
#define KEY20 "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define AA32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AA131 AA32 AA32 AA32 AA32 "aaaaaa"
/* "Test Using Larger Than Block-Size Key - Hash Key First" */
#define LARGER "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65" \
	"204b6579202d2048617368204b6579204669727374"

static const struct { unsigned id; const char *key, *data, *out, *source; } answers[] = {
	{ 1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", HI_THERE,
	  "9294727a3638bb1c13f48ef8158bfc9d", "RFC 2202, 2, case 1" },
	{ 2, KEY20, HI_THERE, "b617318655057264e28bc0b6fb378c8ef146be00",
	  "RFC 2202, 3, case 1" },
	{ 5, KEY20, HI_THERE,
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	  "RFC 4231, case 1" },
	{ 6, KEY20, HI_THERE,
	  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	  "faea9ea9076ede7f4af152e8b2fa9cb6", "RFC 4231, case 1" },
	{ 7, KEY20, HI_THERE,
	  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
	  "RFC 4231, case 1" },
	{ 5, AA131, LARGER,
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	  "RFC 4231, case 6" },
	{ 4, "000102030405060708090a0b0c0d0e0f", COUNT20,
	  "47f51b4564966215b8985c63055ed308", "RFC 4434, 4, key of 16" },
	{ 4, "00010203040506070809", COUNT20,
	  "0fa087af7d866e7653434e602fdde835", "RFC 4434, 4, key of 10" },
	{ 4, "000102030405060708090a0b0c0d0e0fedcb", COUNT20,
	  "8cd3c93ae598a9803006ffb67c40e9e4", "RFC 4434, 4, key of 18" },
	{ 8, "000102030405060708090a0b0c0d0e0fedcb", COUNT20,
	  "84a348a4a45d235babfffc0d2b4da09a", "RFC 4615, 4, key of 18" },
	{ 8, "000102030405060708090a0b0c0d0e0f", COUNT20,
	  "980ae87b5f4c9c5214f5b6a8455e4c2d", "RFC 4615, 4, key of 16" },
	{ 8, "00010203040506070809", COUNT20,
	  "290d9e112edb09ee141fcf64c0b72f3d", "RFC 4615, 4, key of 10" },
};

START_TEST(known_answer)
{
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct err e = { 0 };
	const struct prf *row = prf_find(answers[_i].id);
	struct span data = test_hex(&a, answers[_i].data), key = test_hex(&a, answers[_i].key);
	uint8_t out[PRF_OUTPUT_MAX];
	for (size_t cut = 0; cut <= data.n; cut++) {	/* in two parts, everywhere */
		struct span parts[] = { span_part(data, 0, cut), span_from(data, cut) };
		ck_assert_msg(prf_run(c, row, key, parts, 2, out, &e), "%s", e.text);
		test_equal(answers[_i].source, span_of(out, row->output),
			   test_hex(&a, answers[_i].out));
	}
	arena_done(&a);
	crypto_free(c);
}
END_TEST

START_TEST(plus)
{
	const struct prf *row = &prf_rows[_i];
	struct crypto *c = test_crypto();
	struct err e = { 0 };
	struct span key = span_text("a key"), seed = span_text("Ni Nr SPIi SPIr");
	uint8_t out[255 * PRF_OUTPUT_MAX + 1], t[PRF_OUTPUT_MAX];
	size_t most = 255u * row->output;
	if (row->kind == PRF_KIND_UNSUPPORTED) {
		ck_assert(!prf_plus(c, row, key, seed, out, 16, &e));
		ck_assert_msg(strstr(e.text, row->name) == e.text, "%s", e.text);
		crypto_free(c);
		return;
	}
	out[most] = 0xee;
	ck_assert_msg(prf_plus(c, row, key, seed, out, most, &e), "%s", e.text);
	ck_assert_int_eq(out[most], 0xee);
	for (unsigned i = 1; i <= 255; i++) {
		uint8_t number = (uint8_t)i;
		struct span parts[] = { span_of(t, i > 1 ? row->output : 0), seed,
					span_of(&number, 1) };
		ck_assert(prf_run(c, row, key, parts, 3, t, &e));
		test_equal(row->name, span_of(out + (i - 1) * row->output, row->output),
			   span_of(t, row->output));
	}
	ck_assert(prf_plus(c, row, key, seed, t, 1, &e) && t[0] == out[0]);
	ck_assert(!prf_plus(c, row, key, seed, out, most + 1, &e));
	crypto_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("prf");
	TCase *t = tcase_create("prf");
	tcase_add_loop_test(t, row_complete, 0, (int)prf_count);
	tcase_add_loop_test(t, known_answer, 0, sizeof answers / sizeof *answers);
	tcase_add_loop_test(t, plus, 0, (int)prf_count);
	suite_add_tcase(s, t);
	return testing_run(s);
}
