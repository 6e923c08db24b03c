/* SPDX-License-Identifier: BSD-2-Clause
 * MODP groups: plain modular exponentiation (RFC 7296, appendix B; RFC 3526;
 * RFC 5114) with the checks of RFC 6989, 2.1 and 2.2 made here. OpenSSL's key
 * objects are not used: their check of the peer's value is a second
 * exponentiation of full length, eight times the price of the first. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "ipsec/crypto/group_impl.h"
#include "ipsec/crypto/openssl.h"

struct modp {
	struct modp *next;
	const struct group *row;
	BIGNUM *p, *g, *q;	/* q: NULL for a safe prime */
	BIGNUM *last;		/* p - 1 */
	BN_MONT_CTX *mont;
	BN_CTX *bn;
};

static void modp_free_one(struct modp *m)
{
	BN_free(m->p);
	BN_free(m->g);
	BN_free(m->q);
	BN_free(m->last);
	BN_MONT_CTX_free(m->mont);
	BN_CTX_free(m->bn);
	free(m);
}

void modp_free(struct modp *list)
{
	for (struct modp *next; list; list = next) {
		next = list->next;
		modp_free_one(list);
	}
}

/* The numbers of a group that OpenSSL knows by name. */
static bool numbers_by_name(struct crypto *c, struct modp *m, const char *name)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM p[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 (char *)(uintptr_t)name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new_from_name(c->library, "DH", NULL);
	bool ok = x && EVP_PKEY_fromdata_init(x) == 1 &&
		  EVP_PKEY_fromdata(x, &key, EVP_PKEY_KEY_PARAMETERS, p) == 1 &&
		  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &m->p) &&
		  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_G, &m->g);
	if (ok && m->row->kind == GROUP_KIND_MODP_SUBGROUP)
		ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_Q, &m->q);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(x);
	return ok;
}

static bool numbers(struct crypto *c, struct modp *m)
{
	const struct group *row = m->row;
	if (row->algorithm)
		return numbers_by_name(c, m, row->algorithm);
	return BN_hex2bn(&m->p, row->p) && BN_hex2bn(&m->g, row->g) &&
	       (!row->q || BN_hex2bn(&m->q, row->q));
}

/* The group's numbers, made once. */
static struct modp *modp_of(struct crypto *c, const struct group *row, struct err *e)
{
	for (struct modp *m = c->modp; m; m = m->next)
		if (m->row == row)
			return m;
	struct modp *m = calloc(1, sizeof *m);
	if (!m)
		abort();	/* as arena.h */
	m->row = row;
	m->bn = BN_CTX_secure_new_ex(c->library);
	m->mont = BN_MONT_CTX_new();
	if (!m->bn || !m->mont || !numbers(c, m) || !(m->last = BN_dup(m->p)) ||
	    !BN_sub_word(m->last, 1) || !BN_MONT_CTX_set(m->mont, m->p, m->bn)) {
		crypto_failed(e, row->name);
		modp_free_one(m);
		return NULL;
	}
	if (BN_num_bytes(m->p) != row->public_size || row->shared != row->public_size) {
		err_set(e, "%s: the prime has %d octets, the table says %u and %u",
			row->name, BN_num_bytes(m->p), row->public_size, row->shared);
		modp_free_one(m);
		return NULL;
	}
	m->next = c->modp;
	c->modp = m;
	return m;
}

/* RFC 6989, 2.1: 1 < y < p - 1 (RFC6989-2.1-01). */
static const char *range_bad(const struct modp *m, const BIGNUM *y)
{
	if (BN_is_zero(y) || BN_is_one(y))
		return BN_is_zero(y) ? "0, needs 1 < y < p-1" : "1, needs 1 < y < p-1";
	if (BN_cmp(y, m->last) < 0)
		return NULL;
	return BN_cmp(y, m->last) == 0 ? "p-1, needs 1 < y < p-1"
				       : "not below the prime, needs 1 < y < p-1";
}

/* RFC 6989, 2.2: y^q = 1 (RFC6989-2.2-01). The value is public: no secrets here. */
static const char *subgroup_bad(struct modp *m, const BIGNUM *y)
{
	BIGNUM *r = BN_new();
	const char *bad = NULL;
	if (!r || !BN_mod_exp_mont(r, y, m->q, m->p, m->bn, m->mont))
		bad = "OpenSSL failed on it";
	else if (!BN_is_one(r))
		bad = "not in the subgroup of order q";
	BN_free(r);
	return bad;
}

const char *modp_bad(struct crypto *c, const struct group *row, struct span value,
		     bool subgroup, char why[80])
{
	struct err e = { 0 };
	struct modp *m = modp_of(c, row, &e);
	BIGNUM *y = BN_bin2bn(value.p, (int)value.n, NULL);
	const char *bad = NULL;
	if (!m || !y)
		bad = m ? "OpenSSL failed on it" : e.text;
	else if (!(bad = range_bad(m, y)) && subgroup && m->q)
		bad = subgroup_bad(m, y);
	BN_free(y);
	if (bad)
		snprintf(why, 80, "%.79s", bad);
	return bad ? why : NULL;
}

/* base^secret mod p, padded to the prime's size. */
static bool power(struct modp *m, const BIGNUM *base, struct span secret, uint8_t *out)
{
	BIGNUM *x = BN_secure_new(), *r = BN_new();
	bool ok = x && r && BN_bin2bn(secret.p, (int)secret.n, x) && !BN_is_zero(x);
	if (ok) {
		BN_set_flags(x, BN_FLG_CONSTTIME);
		ok = BN_mod_exp_mont_consttime(r, base, x, m->p, m->bn, m->mont) == 1 &&
		     BN_bn2binpad(r, out, m->row->shared) == m->row->shared;
	}
	BN_clear_free(x);
	BN_clear_free(r);
	return ok;
}

bool modp_public(struct crypto *c, const struct group *row, struct span private_value,
		 uint8_t *out, struct err *e)
{
	struct modp *m = modp_of(c, row, e);
	if (!m)
		return false;
	return power(m, m->g, private_value, out) || crypto_failed(e, row->name);
}

bool modp_shared(struct crypto *c, const struct group *row, struct span private_value,
		 struct span peer, uint8_t *out, struct err *e)
{
	struct modp *m = modp_of(c, row, e);
	if (!m)
		return false;
	BIGNUM *y = BN_bin2bn(peer.p, (int)peer.n, NULL);
	bool ok = (y && power(m, y, private_value, out)) || crypto_failed(e, row->name);
	BN_free(y);
	return ok;
}
