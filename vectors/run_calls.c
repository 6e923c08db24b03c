/* SPDX-License-Identifier: BSD-2-Clause
 * Vectors of single calls: ciphers and AEADs, integrity, PRF and prf+, hashes,
 * key exchange. Each runs a row in both directions where there are two. Whole
 * packets are in run_packets.c. */
#include "ipsec/crypto/cipher.h"
#include "ipsec/crypto/group.h"
#include "ipsec/crypto/prf.h"
#include "vectors/vectors.h"

/* A name that no table has, or a row that is not supported. */
static enum vector_outcome unknown(struct vector *v, const char *column)
{
	err_set(&v->e, "%s \"%s\" is not known", column, vector_text(v, column));
	return VECTOR_WRONG;
}

static enum vector_outcome refused(struct vector *v, const struct err *e)
{
	err_set(&v->said, "%s", e->text);
	return VECTOR_REFUSED;
}

/* An ICV of a row with separate or no integrity may also be none or unchecked:
 * those rows have nothing to check. */
static bool icv_refused(struct vector *v, const struct cipher_job *job)
{
	if (job->opened)
		return false;
	err_set(&v->said, "refused: ICV %s", icv_name(job->verdict));
	return true;
}

/* ---- encr ---- */

static enum vector_outcome encr_open(struct vector *v, struct cipher *k, struct span plain)
{
	struct span text = vector_octets(v, "ciphertext");
	struct cipher_job job = {
		.cipher = k, .iv = vector_octets(v, "iv"), .aad = vector_octets(v, "aad"),
		.text = text, .out = arena_alloc(v->arena, text.n + 1),
		.icv = vector_octets(v, "icv"),
	};
	cipher_open(&job, 1);
	if (icv_refused(v, &job))
		return VECTOR_REFUSED;
	return vector_same(v, "opened", span_of(job.out, text.n), plain) ? VECTOR_ACCEPTED
									  : VECTOR_WRONG;
}

static enum vector_outcome encr_seal(struct vector *v, struct cipher *k, struct span plain)
{
	struct cipher_job job = {
		.cipher = k, .iv = vector_octets(v, "iv"), .aad = vector_octets(v, "aad"),
		.text = plain, .out = arena_alloc(v->arena, plain.n + 1),
		.icv_out = arena_alloc(v->arena, cipher_icv(k) + 1),
	};
	if (!cipher_seal(&job)) {
		err_set(&v->said, "sealing was refused");
		return VECTOR_WRONG;
	}
	return vector_same(v, "sealed", span_of(job.out, plain.n),
			   vector_octets(v, "ciphertext")) &&
	       vector_same(v, "ICV", span_of(job.icv_out, cipher_icv(k)),
			   vector_octets(v, "icv")) ? VECTOR_ACCEPTED : VECTOR_WRONG;
}

enum vector_outcome vector_encr(struct vector *v)
{
	struct err e = { 0 };
	const struct encr *row = encr_by_name(span_text(vector_text(v, "encr")));
	struct span plain = vector_octets(v, "plaintext"), key = vector_octets(v, "key");
	if (!row)
		return unknown(v, "encr");
	struct cipher *k = cipher_new(v->crypto, row, integ_find(0), key, span_of(NULL, 0), &e);
	if (!k)
		return refused(v, &e);
	enum vector_outcome outcome = encr_open(v, k, plain);
	if (outcome == VECTOR_ACCEPTED)
		outcome = encr_seal(v, k, plain);
	cipher_free(k);
	return outcome;
}

/* ---- integ ---- */

/* The last octets may come as the job's tail: the ICV is the same. */
static void split_tail(struct cipher_job *job, struct span data, uint8_t tail)
{
	job->authed = span_part(data, 0, data.n - tail);
	job->tail_size = tail;
	if (tail)
		memcpy(job->tail, data.p + data.n - tail, tail);
}

static enum vector_outcome integ_check(struct vector *v, struct cipher *k, uint8_t tail)
{
	uint8_t none = 0, *icv = arena_alloc(v->arena, cipher_icv(k) + 1);
	struct cipher_job job = {
		.cipher = k, .iv = vector_octets(v, "iv"), .text = span_of(&none, 0), .out = &none,
		.icv = vector_octets(v, "icv"), .icv_out = icv,
	};
	split_tail(&job, vector_octets(v, "data"), tail);
	cipher_open(&job, 1);
	if (icv_refused(v, &job))
		return VECTOR_REFUSED;
	if (cipher_integ(k)->kind == INTEG_KIND_UNCHECKED)
		return job.verdict == ICV_UNCHECKED ? VECTOR_ACCEPTED : VECTOR_WRONG;
	if (!cipher_seal(&job)) {
		err_set(&v->said, "sealing was refused");
		return VECTOR_WRONG;
	}
	return job.verdict == ICV_GOOD &&
	       vector_same(v, "ICV", span_of(icv, cipher_icv(k)), job.icv) ? VECTOR_ACCEPTED
									    : VECTOR_WRONG;
}

enum vector_outcome vector_integ(struct vector *v)
{
	struct err e = { 0 };
	const struct integ *row = integ_by_name(span_text(vector_text(v, "integ")));
	const struct encr *null = encr_by_name(span_text("ENCR_NULL"));
	if (!row || !null)
		return unknown(v, "integ");
	struct cipher *k = cipher_new(v->crypto, null, row, span_of(NULL, 0),
				      vector_octets(v, "key"), &e);
	if (!k)
		return refused(v, &e);
	enum vector_outcome outcome = integ_check(v, k, 0);
	if (outcome == VECTOR_ACCEPTED && vector_octets(v, "data").n >= 4)
		outcome = integ_check(v, k, 4);
	cipher_free(k);
	return outcome;
}

/* ---- prf, prf+, digest: another answer is a refusal ---- */

static enum vector_outcome compared(struct vector *v, struct span got)
{
	return vector_same(v, "output", got, vector_octets(v, "output")) ? VECTOR_ACCEPTED
									 : VECTOR_REFUSED;
}

enum vector_outcome vector_prf(struct vector *v)
{
	struct err e = { 0 };
	uint8_t out[256];	/* more than any number that the table can hold */
	const struct prf *row = prf_by_name(span_text(vector_text(v, "prf")));
	struct span data = vector_octets(v, "data");
	/* in two parts, cut anywhere: the parts are read one after the other */
	struct span parts[] = { span_part(data, 0, data.n / 3), span_from(data, data.n / 3) };
	if (!row)
		return unknown(v, "prf");
	if (!prf_run(v->crypto, row, vector_octets(v, "key"), parts, 2, out, &e))
		return refused(v, &e);
	return compared(v, span_of(out, row->output));
}

enum vector_outcome vector_prfplus(struct vector *v)
{
	struct err e = { 0 };
	unsigned long n = 0;
	const struct prf *row = prf_by_name(span_text(vector_text(v, "prf")));
	if (!row)
		return unknown(v, "prf");
	if (!vector_number(v, "length", 1 << 20, &n))
		return VECTOR_WRONG;
	uint8_t *out = arena_alloc(v->arena, n + 1);
	if (!prf_plus(v->crypto, row, vector_octets(v, "key"), vector_octets(v, "seed"), out, n,
		      &e))
		return refused(v, &e);
	return compared(v, span_of(out, n));
}

enum vector_outcome vector_digest(struct vector *v)
{
	struct err e = { 0 };
	uint8_t out[64];
	size_t n = 0;
	struct span data = vector_octets(v, "data");
	if (!crypto_digest(v->crypto, vector_text(v, "digest"), &data, 1, out, &n, &e))
		return refused(v, &e);
	return compared(v, span_of(out, n));
}

/* ---- ke ---- */

enum vector_outcome vector_ke(struct vector *v)
{
	struct err e = { 0 };
	char why[80];
	const struct group *row = group_by_name(span_text(vector_text(v, "group")));
	struct span private = vector_octets(v, "private"), peer = vector_octets(v, "peer_public");
	if (!row)
		return unknown(v, "group");
	uint8_t *public = arena_alloc(v->arena, row->public_size + 1u);
	uint8_t *shared = arena_alloc(v->arena, row->shared + 1u);
	if (group_public_bad(v->crypto, row, peer, why)) {
		err_set(&v->said, "public value: %s", why);
		return VECTOR_REFUSED;
	}
	if (!group_shared(v->crypto, row, private, peer, shared, &e))
		return refused(v, &e);
	if (!group_public(v->crypto, row, private, public, &e)) {
		refused(v, &e);
		return VECTOR_WRONG;
	}
	return vector_same(v, "shared secret", span_of(shared, row->shared),
			   vector_octets(v, "shared")) &&
	       vector_same(v, "public value", span_of(public, row->public_size),
			   vector_octets(v, "public")) ? VECTOR_ACCEPTED : VECTOR_WRONG;
}
