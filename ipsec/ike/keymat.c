/* SPDX-License-Identifier: BSD-2-Clause
 * Key derivation of IKEv2, RFC 7296, 2.13 to 2.18 and RFC 8784, 3. */
#include "ipsec/ike/keymat.h"

#include "ipsec/crypto/group.h"

enum { NONCE_MAX = 256, SEED_MAX = GROUP_SHARED_MAX + 2 * NONCE_MAX + 16 };

size_t keymat_encr_size(const struct encr *row, uint16_t bits)
{
	size_t octets = (bits ? bits : row->key_bits[0]) / 8u;
	if (row->kind == ENCR_KIND_NULL)
		return 0;
	if (row->kind == ENCR_KIND_UNSUPPORTED || bits % 8 || !encr_key_ok(row, octets))
		return 0;
	return octets + row->salt;
}

/* Puts parts behind each other; false when there is no room. */
static bool join(uint8_t *out, size_t room, size_t *n, const struct span *parts, size_t count)
{
	*n = 0;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].n > room - *n)
			return false;
		if (parts[i].n)
			memcpy(out + *n, parts[i].p, parts[i].n);
		*n += parts[i].n;
	}
	return true;
}

/* With a prf whose key has a fixed size each nonce gives the first half of it
 * (RFC 7296, 2.14). */
static struct span nonce_part(const struct prf *prf, struct span nonce)
{
	return prf->fixed_key ? span_part(nonce, 0, prf->key / 2u) : nonce;
}

bool keymat_skeyseed(struct crypto *c, const struct prf *prf, const struct keymat_nonces *n,
		     struct span shared, uint8_t out[PRF_OUTPUT_MAX], struct err *e)
{
	uint8_t key[2 * NONCE_MAX];
	size_t size;
	struct span parts[] = { nonce_part(prf, n->i), nonce_part(prf, n->r) };
	if (!join(key, sizeof key, &size, parts, 2))
		return err_set(e, "nonces of %zu and %zu octets, at most %d", n->i.n, n->r.n, NONCE_MAX);
	return prf_run(c, prf, span_of(key, size), &shared, 1, out, e);
}

bool keymat_skeyseed_rekey(struct crypto *c, const struct prf *old, struct span sk_d,
			   const struct keymat_nonces *n, struct span shared,
			   uint8_t out[PRF_OUTPUT_MAX], struct err *e)
{
	struct span parts[] = { shared, n->i, n->r };
	return prf_run(c, old, sk_d, parts, 3, out, e);
}

bool keymat_ike(struct crypto *c, const struct keymat_suite *suite, struct span skeyseed,
		const struct keymat_nonces *n, const uint8_t spis[16], struct keymat_ike *out,
		struct err *e)
{
	uint8_t seed[SEED_MAX];
	size_t size, at = 0, encr = keymat_encr_size(suite->encr, suite->encr_bits);
	size_t d = suite->prf->key, a = (size_t)suite->integ->key + suite->integ->salt;
	struct span parts[] = { n->i, n->r, span_of(spis, 16) };
	struct span *keys[] = { &out->sk_d, &out->sk_ai, &out->sk_ar, &out->sk_ei,
				&out->sk_er, &out->sk_pi, &out->sk_pr };
	const size_t sizes[] = { d, a, a, encr, encr, d, d };
	if (!encr && suite->encr->kind != ENCR_KIND_NULL)
		return err_set(e, "%s takes no key of %u bits", suite->encr->name, suite->encr_bits);
	if (!join(seed, sizeof seed, &size, parts, 3))
		return err_set(e, "nonces of %zu and %zu octets, at most %d", n->i.n, n->r.n, NONCE_MAX);
	if (!prf_plus(c, suite->prf, skeyseed, span_of(seed, size), out->octets,
		      3 * d + 2 * a + 2 * encr, e))
		return false;
	for (size_t i = 0; i < 7; at += sizes[i++])
		*keys[i] = span_of(out->octets + at, sizes[i]);
	return true;
}

/* One key anew. The result may not overwrite the seed while it is made. */
static bool ppk_one(struct crypto *c, const struct prf *prf, struct span ppk, struct span key,
		    struct err *e)
{
	uint8_t out[KEYMAT_PART_MAX];
	bool ok = prf_plus(c, prf, ppk, key, out, key.n, e);
	if (ok)
		memcpy((uint8_t *)(uintptr_t)key.p, out, key.n);
	crypto_cleanse(out, sizeof out);
	return ok;
}

bool keymat_ppk(struct crypto *c, const struct prf *prf, struct span ppk,
		struct keymat_ike *keys, struct err *e)
{
	return ppk_one(c, prf, ppk, keys->sk_d, e) && ppk_one(c, prf, ppk, keys->sk_pi, e) &&
	       ppk_one(c, prf, ppk, keys->sk_pr, e);
}

bool keymat_child(struct crypto *c, const struct prf *prf, struct span sk_d, struct span shared,
		  const struct keymat_nonces *nonces, struct span out, struct err *e)
{
	uint8_t seed[SEED_MAX];
	size_t size;
	struct span parts[] = { shared, nonces->i, nonces->r };
	if (!join(seed, sizeof seed, &size, parts, 3))
		return err_set(e, "a DH secret of %zu and nonces of %zu and %zu octets are too long",
			       shared.n, nonces->i.n, nonces->r.n);
	bool ok = prf_plus(c, prf, sk_d, span_of(seed, size), (uint8_t *)(uintptr_t)out.p, out.n, e);
	crypto_cleanse(seed, sizeof seed);
	return ok;
}
