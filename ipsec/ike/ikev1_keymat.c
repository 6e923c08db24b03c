/* SPDX-License-Identifier: BSD-2-Clause
 * IKEv1's keys, initialization vectors and hashes: RFC 2409, 5, 5.5, 5.7 and
 * appendix B. Which secret belongs to which SA is not known here. */
#include "ipsec/ike/ikev1_keymat.h"

#include "ipsec/base/writer.h"

bool ikev1_skeyid_psk(struct crypto *c, const struct ikev1_phase1 *p, struct span psk,
		      uint8_t *out, struct err *e)
{
	const struct span parts[] = { p->ni, p->nr };
	return prf_run(c, p->prf, psk, parts, 2, out, e);
}

/* The nonces, one after the other, are the key. */
bool ikev1_skeyid_signature(struct crypto *c, const struct ikev1_phase1 *p, struct span gxy,
			    uint8_t *out, struct err *e)
{
	uint8_t key[2 * 256];	/* RFC 2409, 5: a nonce has at most 256 octets */
	struct writer w = writer_of(key, sizeof key);
	write_span(&w, p->ni);
	write_span(&w, p->nr);
	if (w.bad)
		return err_set(e, "nonces of %zu and %zu octets, at most 256 each", p->ni.n, p->nr.n);
	return prf_run(c, p->prf, writer_span(&w), &gxy, 1, out, e);
}

bool ikev1_skeyid_encryption(struct crypto *c, const struct ikev1_phase1 *p,
			     uint8_t *out, struct err *e)
{
	const struct span nonces[] = { p->ni, p->nr };
	const struct span cookies = span_of(p->cookies, sizeof p->cookies);
	uint8_t key[64];
	size_t n;
	return crypto_digest(c, p->prf->algorithm, nonces, 2, key, &n, e) &&
	       prf_run(c, p->prf, span_of(key, n), &cookies, 1, out, e);
}

/* prf(SKEYID, before | g^xy | cookies | number) */
static bool skeyid_step(struct crypto *c, const struct ikev1_phase1 *p, struct span skeyid,
			const struct span before_gxy[2], uint8_t number, uint8_t *out,
			struct err *e)
{
	const struct span parts[] = {
		before_gxy[0], before_gxy[1], span_of(p->cookies, sizeof p->cookies),
		span_of(&number, 1),
	};
	return prf_run(c, p->prf, skeyid, parts, 4, out, e);
}

bool ikev1_skeyids(struct crypto *c, const struct ikev1_phase1 *p, struct span gxy,
		   struct ikev1_skeyids *s, struct err *e)
{
	const size_t n = p->prf->output;
	const struct span id = span_of(s->id, n);
	const struct span none[] = { { NULL, 0 }, gxy };
	const struct span d[] = { span_of(s->d, n), gxy }, a[] = { span_of(s->a, n), gxy };
	return skeyid_step(c, p, id, none, 0, s->d, e) && skeyid_step(c, p, id, d, 1, s->a, e) &&
	       skeyid_step(c, p, id, a, 2, s->e, e);
}

/* Ka = K1 | K2 | ..., K1 = prf(SKEYID_e, 0), K2 = prf(SKEYID_e, K1), ... */
bool ikev1_key(struct crypto *c, const struct prf *prf, struct span skeyid_e, uint8_t *out,
	       size_t n)
{
	struct err e = { 0 };
	uint8_t k[PRF_OUTPUT_MAX] = { 0 };
	struct span before = span_of(k, 1);
	if (n <= skeyid_e.n) {
		memcpy(out, skeyid_e.p, n);
		return true;
	}
	bool ok = true;
	for (size_t at = 0; ok && at < n; at += prf->output) {
		size_t take = n - at < prf->output ? n - at : prf->output;
		ok = prf_run(c, prf, skeyid_e, &before, 1, k, &e);
		if (ok)
			memcpy(out + at, k, take);
		before = span_of(k, prf->output);
	}
	crypto_cleanse(k, sizeof k);
	return ok;
}

bool ikev1_iv_first(struct crypto *c, const struct ikev1_phase1 *p, uint8_t out[64],
		    struct err *e)
{
	const struct span parts[] = { p->gxi, p->gxr };
	size_t n;
	return crypto_digest(c, p->prf->algorithm, parts, 2, out, &n, e);
}

static struct span id_octets(uint32_t id, uint8_t out[4])
{
	struct writer w = writer_of(out, 4);
	write_u32(&w, id);
	return writer_span(&w);
}

bool ikev1_iv_next(struct crypto *c, const struct prf *prf, struct span last, uint32_t id,
		   uint8_t out[64])
{
	struct err e = { 0 };
	uint8_t b[4];
	const struct span parts[] = { last, id_octets(id, b) };
	size_t n;
	return crypto_digest(c, prf->algorithm, parts, 2, out, &n, &e);
}

bool ikev1_hash_phase1(struct crypto *c, const struct ikev1_phase1 *p, struct span skeyid,
		       bool initiator, const struct span sa_id[2], uint8_t *out, struct err *e)
{
	const struct span ci = span_of(p->cookies, 8), cr = span_of(p->cookies + 8, 8);
	const struct span i[] = { p->gxi, p->gxr, ci, cr, sa_id[0], sa_id[1] };
	const struct span r[] = { p->gxr, p->gxi, cr, ci, sa_id[0], sa_id[1] };
	return prf_run(c, p->prf, skeyid, initiator ? i : r, 6, out, e);
}

bool ikev1_hash_message(struct crypto *c, const struct ikev1_hash *h, uint8_t *out,
			struct err *e)
{
	uint8_t b[4];
	const struct span parts[] = { id_octets(h->id, b), h->ni, h->rest };
	return prf_run(c, h->prf, h->skeyid_a, parts, 3, out, e);
}

bool ikev1_hash_3(struct crypto *c, const struct ikev1_hash *h, uint8_t *out, struct err *e)
{
	const uint8_t zero = 0;
	uint8_t b[4];
	const struct span parts[] = { span_of(&zero, 1), id_octets(h->id, b), h->ni, h->nr };
	return prf_run(c, h->prf, h->skeyid_a, parts, 4, out, e);
}

/* K1 = prf(SKEYID_d, seed), K2 = prf(SKEYID_d, K1 | seed), ...; the seed is
 * [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b (RFC 2409, 5.5). */
bool ikev1_keymat(struct crypto *c, const struct ikev1_keymat *k, uint8_t *out, size_t n,
		  struct err *e)
{
	uint8_t t[PRF_OUTPUT_MAX], spi[4];
	const struct span parts[] = {
		span_of(t, k->prf->output), k->gqmxy, span_of(&k->protocol, 1),
		id_octets(k->spi, spi), k->ni, k->nr,
	};
	bool ok = true;
	for (size_t at = 0; ok && at < n; at += k->prf->output) {
		size_t take = n - at < k->prf->output ? n - at : k->prf->output;
		ok = prf_run(c, k->prf, k->skeyid_d, at ? parts : parts + 1, at ? 6 : 5, t, e);
		if (ok)
			memcpy(out + at, t, take);
	}
	crypto_cleanse(t, sizeof t);
	return ok;
}
