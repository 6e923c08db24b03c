/* SPDX-License-Identifier: BSD-2-Clause
 * The table of pseudo-random functions (IANA's IKEv2 transform type 2), the
 * functions themselves and prf+ (RFC 7296, 2.13). Keys of any length: HMAC by
 * itself, XCBC by RFC 4434, 2, CMAC by RFC 4615, 3. */
#include "ipsec/crypto/prf.h"

#include "ipsec/crypto/mac.h"

CRYPTO_ROW struct prf prf_rows[] = {
	{ .id = 1, .name = "PRF_HMAC_MD5", .kind = PRF_KIND_HMAC,
	  .output = 16, .key = 16, .algorithm = "MD5" },
	{ .id = 2, .name = "PRF_HMAC_SHA1", .kind = PRF_KIND_HMAC,
	  .output = 20, .key = 20, .algorithm = "SHA1" },
	{ .id = 3, .name = "PRF_HMAC_TIGER", .output = 24, .key = 24,
	  .why = "OpenSSL has no TIGER" },
	{ .id = 4, .name = "PRF_AES128_XCBC", .kind = PRF_KIND_XCBC,
	  .output = 16, .key = 16, .fixed_key = true, .algorithm = "AES-128-CBC" },
	{ .id = 5, .name = "PRF_HMAC_SHA2_256", .kind = PRF_KIND_HMAC,
	  .output = 32, .key = 32, .algorithm = "SHA2-256" },
	{ .id = 6, .name = "PRF_HMAC_SHA2_384", .kind = PRF_KIND_HMAC,
	  .output = 48, .key = 48, .algorithm = "SHA2-384" },
	{ .id = 7, .name = "PRF_HMAC_SHA2_512", .kind = PRF_KIND_HMAC,
	  .output = 64, .key = 64, .algorithm = "SHA2-512" },
	{ .id = 8, .name = "PRF_AES128_CMAC", .kind = PRF_KIND_CMAC,
	  .output = 16, .key = 16, .fixed_key = true, .algorithm = "AES-128-CBC" },
	{ .id = 9, .name = "PRF_HMAC_STREEBOG_512", .output = 64, .key = 64,
	  .why = "STREEBOG needs an engine that OpenSSL does not bring" },
};

const size_t prf_count = sizeof prf_rows / sizeof *prf_rows;

const struct prf *prf_find(unsigned id)
{
	for (size_t i = 0; i < prf_count; i++)
		if (prf_rows[i].id == id)
			return &prf_rows[i];
	return NULL;
}

const struct prf *prf_by_name(struct span name)
{
	for (size_t i = 0; i < prf_count; i++)
		if (span_is_word(name, prf_rows[i].name))
			return &prf_rows[i];
	return NULL;
}

static enum mac_kind mac_of(const struct prf *row)
{
	return row->kind == PRF_KIND_XCBC ? MAC_XCBC :
	       row->kind == PRF_KIND_CMAC ? MAC_CMAC : MAC_HMAC;
}

/* Cuts or stretches the key of a block cipher PRF to the row's size. XCBC pads
 * short keys with zeros and hashes long ones under a zero key; CMAC hashes
 * whatever has not exactly the right length. */
static bool fit_key(struct crypto *c, const struct prf *row, struct span key,
		    uint8_t out[MAC_MAX], struct err *e)
{
	memset(out, 0, MAC_MAX);
	if (key.n == row->key || (row->kind == PRF_KIND_XCBC && key.n < row->key)) {
		if (key.n)
			memcpy(out, key.p, key.n);
		return true;
	}
	struct mac *m = mac_new(c, mac_of(row), row->algorithm, span_of(out, row->key), e);
	bool ok = m && (mac_run(m, &key, 1, out) ||
			err_set(e, "%s: OpenSSL failed on the key", row->name));
	mac_free(m);
	return ok;
}

static struct mac *prf_mac(struct crypto *c, const struct prf *row, struct span key,
			   struct err *e)
{
	uint8_t fitted[MAC_MAX];
	struct mac *m = NULL;
	if (row->kind == PRF_KIND_UNSUPPORTED) {
		err_set(e, "%s is not supported: %s", row->name, row->why);
		return NULL;
	}
	if (row->output > PRF_OUTPUT_MAX || row->key > MAC_MAX) {
		err_set(e, "%s: key %u and output %u, at most %d", row->name, row->key,
			row->output, MAC_MAX);
		return NULL;
	}
	if (row->kind == PRF_KIND_HMAC)
		m = mac_new(c, MAC_HMAC, row->algorithm, key, e);
	else if (fit_key(c, row, key, fitted, e))
		m = mac_new(c, mac_of(row), row->algorithm, span_of(fitted, row->key), e);
	crypto_cleanse(fitted, sizeof fitted);
	if (m && mac_size(m) != row->output) {
		err_set(e, "%s: output of %zu octets, the table says %u", row->name,
			mac_size(m), row->output);
		mac_free(m);
		return NULL;
	}
	return m;
}

bool prf_run(struct crypto *c, const struct prf *row, struct span key,
	     const struct span *parts, size_t count, uint8_t *out, struct err *e)
{
	uint8_t full[MAC_MAX];
	struct mac *m = prf_mac(c, row, key, e);
	bool ok = m && (mac_run(m, parts, count, full) ||
			err_set(e, "%s: OpenSSL failed", row->name));
	if (ok)
		memcpy(out, full, row->output);
	crypto_cleanse(full, sizeof full);
	mac_free(m);
	return ok;
}

/* T1 | T2 | ..., where Ti = prf(key, T(i-1) | seed | i), i one octet. */
bool prf_plus(struct crypto *c, const struct prf *row, struct span key,
	      struct span seed, uint8_t *out, size_t n, struct err *e)
{
	uint8_t t[MAC_MAX], number = 0;
	struct mac *m = prf_mac(c, row, key, e);
	bool ok = m != NULL;
	if (ok && n > 255u * row->output)
		ok = err_set(e, "%s: prf+ of %zu octets, at most %u", row->name, n,
			     255u * row->output);
	for (size_t at = 0; ok && at < n;) {
		struct span parts[] = {
			span_of(t, number ? row->output : 0), seed, span_of(&number, 1),
		};
		size_t take = n - at < row->output ? n - at : row->output;
		number++;
		ok = mac_run(m, parts, 3, t) || err_set(e, "%s: OpenSSL failed", row->name);
		if (ok)
			memcpy(out + at, t, take);
		at += take;
	}
	crypto_cleanse(t, sizeof t);
	mac_free(m);
	return ok;
}
