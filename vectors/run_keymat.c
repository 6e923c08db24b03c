/* SPDX-License-Identifier: BSD-2-Clause
 * Vectors of key derivation: SKEYSEED and SK_* of IKE SAs, first or rekeyed, with
 * or without a PPK; KEYMAT of CHILD SAs. Another answer is a refusal. */
#include "ipsec/ike/keymat.h"
#include "vectors/vectors.h"

enum { BITS_MAX = 65535 };

static enum vector_outcome refused(struct vector *v, const struct err *e)
{
	err_set(&v->said, "%s", e->text);
	return VECTOR_REFUSED;
}

/* The algorithms that the row names; false, with v->e set, if one is not known. */
static bool read_suite(struct vector *v, struct keymat_suite *suite)
{
	unsigned long bits;
	const char *column[] = { "prf", "encr", "integ" };
	const void *found[3];
	if (!vector_number(v, "encr_bits", BITS_MAX, &bits))
		return false;
	*suite = (struct keymat_suite){
		.prf = prf_by_name(span_text(vector_text(v, "prf"))),
		.encr = encr_by_name(span_text(vector_text(v, "encr"))),
		.encr_bits = (uint16_t)bits,
		.integ = integ_by_name(span_text(vector_text(v, "integ"))),
	};
	found[0] = suite->prf, found[1] = suite->encr, found[2] = suite->integ;
	for (int i = 0; i < 3; i++)
		if (!found[i])
			return err_set(&v->e, "%s \"%s\" is not known", column[i],
				       vector_text(v, column[i]));
	return true;
}

static struct keymat_nonces nonces(struct vector *v)
{
	return (struct keymat_nonces){ vector_octets(v, "ni"), vector_octets(v, "nr") };
}

/* ---- IKE SAs ---- */

static bool skeyseed(struct vector *v, const struct keymat_suite *suite,
		     uint8_t out[PRF_OUTPUT_MAX], struct err *e)
{
	struct keymat_nonces n = nonces(v);
	struct span shared = vector_octets(v, "shared"), old = vector_octets(v, "old_sk_d");
	const struct prf *old_prf = prf_by_name(span_text(vector_text(v, "old_prf")));
	if (!old.n)
		return keymat_skeyseed(v->crypto, suite->prf, &n, shared, out, e);
	if (!old_prf)
		return err_set(&v->e, "old_prf \"%s\" is not known", vector_text(v, "old_prf"));
	return keymat_skeyseed_rekey(v->crypto, old_prf, old, &n, shared, out, e);
}

/* Cells that are empty are not compared: some sources tell only SKEYSEED. */
static bool same_keys(struct vector *v, const struct keymat_ike *k)
{
	const struct {
		const char *column;
		struct span got;
	} keys[] = {
		{ "sk_d", k->sk_d }, { "sk_ai", k->sk_ai }, { "sk_ar", k->sk_ar },
		{ "sk_ei", k->sk_ei }, { "sk_er", k->sk_er }, { "sk_pi", k->sk_pi },
		{ "sk_pr", k->sk_pr },
	};
	bool any = vector_octets(v, "sk_d").n > 0;
	for (size_t i = 0; any && i < sizeof keys / sizeof *keys; i++)
		if (!vector_same(v, keys[i].column, keys[i].got, vector_octets(v, keys[i].column)))
			return false;
	return true;
}

static bool spis_read(struct vector *v, uint8_t spis[16])
{
	struct span i = vector_octets(v, "spi_i"), r = vector_octets(v, "spi_r");
	if (i.n != 8 || r.n != 8)
		return err_set(&v->e, "SPIs of %zu and %zu octets, need 8", i.n, r.n);
	memcpy(spis, i.p, 8);
	memcpy(spis + 8, r.p, 8);
	return true;
}

enum vector_outcome vector_keymat(struct vector *v)
{
	struct err e = { 0 };
	struct keymat_suite suite;
	struct keymat_ike keys;
	struct keymat_nonces n = nonces(v);
	struct span ppk = vector_octets(v, "ppk");
	uint8_t spis[16], *seed = arena_alloc(v->arena, 256);	/* also for a wrong table */
	if (!read_suite(v, &suite) || !spis_read(v, spis))
		return VECTOR_WRONG;
	struct span out = span_of(seed, suite.prf->output);
	if (!skeyseed(v, &suite, seed, &e) ||
	    !keymat_ike(v->crypto, &suite, out, &n, spis, &keys, &e) ||
	    (ppk.n && !keymat_ppk(v->crypto, suite.prf, ppk, &keys, &e)))
		return refused(v, &e);
	return vector_same(v, "SKEYSEED", out, vector_octets(v, "skeyseed")) &&
	       same_keys(v, &keys) ? VECTOR_ACCEPTED : VECTOR_REFUSED;
}

/* ---- CHILD SAs ---- */

/* The four keys as they stand in KEYMAT. */
static struct span expected_keymat(struct vector *v)
{
	static const char *const columns[] = { "encr_i", "integ_i", "encr_r", "integ_r" };
	uint8_t *out = arena_alloc(v->arena, 4 * 256);
	size_t n = 0;
	for (int i = 0; i < 4; i++) {
		struct span part = vector_octets(v, columns[i]);
		if (part.n > 256) {
			err_set(&v->e, "%s: %zu octets, at most 256", columns[i], part.n);
			return span_of(out, 0);
		}
		memcpy(out + n, part.p, part.n);
		n += part.n;
	}
	return span_of(out, n);
}

enum vector_outcome vector_keymat_child(struct vector *v)
{
	struct err e = { 0 };
	struct keymat_suite suite;
	struct keymat_nonces n = nonces(v);
	struct span expected = expected_keymat(v);
	if (v->e.set || !read_suite(v, &suite))
		return VECTOR_WRONG;
	size_t encr = keymat_encr_size(suite.encr, suite.encr_bits);
	size_t size = 2 * (encr + suite.integ->key + suite.integ->salt);
	if (!encr && suite.encr->kind != ENCR_KIND_NULL) {
		err_set(&v->said, "%s takes no key of %u bits", suite.encr->name, suite.encr_bits);
		return VECTOR_REFUSED;
	}
	struct span out = span_of(arena_alloc(v->arena, size + 1), size);
	if (!keymat_child(v->crypto, suite.prf, vector_octets(v, "sk_d"),
			  vector_octets(v, "shared"), &n, out, &e))
		return refused(v, &e);
	return vector_same(v, "KEYMAT", out, expected) ? VECTOR_ACCEPTED : VECTOR_REFUSED;
}
