/* SPDX-License-Identifier: BSD-2-Clause
 * Packet ciphers: a key for one direction of one SA, and the order of things
 * for one packet. With separate integrity the ICV is checked before anything is
 * decrypted (RFC 4303, 3.4.4.1); combined modes (3.4.4.2) are in cipher_aead.c.
 * Padding, sequence numbers and everything else of ESP are not known here. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>

#include "ipsec/crypto/cipher_impl.h"

static bool is_aead(const struct encr *row)
{
	return row->kind == ENCR_KIND_CCM || row->kind == ENCR_KIND_GCM ||
	       row->kind == ENCR_KIND_CHACHA;
}

/* ---- making and freeing ---- */

bool keyed_turn(struct keyed *k, int direction)
{
	if (k->direction == direction)
		return true;
	k->direction = direction;
	return EVP_CipherInit_ex2(k->ctx, NULL, k->key, NULL, direction, NULL) == 1;
}

/* First the sizes, then the key: CCM fixes its nonce and tag lengths and the
 * variable ciphers their key length when the key is set. 0: OpenSSL's own.
 * EVP_Cipher never pads, so OpenSSL's padding need not be turned off, which
 * would cost each later call that sets an IV. */
static bool keyed_init(struct keyed *k, const EVP_CIPHER *cipher, struct span key,
		       size_t nonce, size_t icv)
{
	OSSL_PARAM p[4], *next = p;
	size_t n = key.n;
	if (EVP_CIPHER_get_key_length(cipher) != (int)n)
		*next++ = OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_KEYLEN, &n);
	if (nonce)
		*next++ = OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce);
	if (EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE)
		*next++ = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
							    NULL, icv);
	*next = OSSL_PARAM_construct_end();
	memcpy(k->key, key.p, key.n);
	k->tag[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, icv);
	k->tag[1] = OSSL_PARAM_construct_end();
	k->direction = 0;
	k->ctx = EVP_CIPHER_CTX_new();
	return k->ctx && EVP_DecryptInit_ex2(k->ctx, cipher, NULL, NULL, p) &&
	       EVP_DecryptInit_ex2(k->ctx, NULL, k->key, NULL, NULL);
}

static void set_nonce(struct keyed *k, struct span salt, size_t iv)
{
	k->salt = salt.n;
	k->iv = iv;
	if (salt.n)
		memcpy(k->nonce, salt.p, salt.n);
}

static const char *cipher_name(const struct encr *row, size_t octets)
{
	size_t i = 0;
	if (!row->variable)
		while (i < ENCR_KEY_SIZES - 1 && row->key_bits[i] / 8u != octets)
			i++;
	return row->cipher[i];
}

/* Lengths allowed, for messages: "16, 24, 32" or "5 to 56". */
static void key_sizes(const struct encr *row, char *out, size_t room)
{
	size_t n = 0;
	if (row->variable || !row->key_bits[0]) {
		snprintf(out, room, row->variable ? "%u to %u" : "%u",
			 row->key_bits[0] / 8u + row->salt, row->key_bits[1] / 8u + row->salt);
		return;
	}
	for (size_t i = 0; i < ENCR_KEY_SIZES && row->key_bits[i] && n < room; i++)
		n += (size_t)snprintf(out + n, room - n, "%s%u", i ? ", " : "",
				      row->key_bits[i] / 8u + row->salt);
}

static bool encr_setup(struct cipher *k, struct crypto *c, struct span key, struct err *e)
{
	const struct encr *row = k->encr;
	char sizes[64];
	if (key.n < row->salt || !encr_key_ok(row, key.n - row->salt)) {
		key_sizes(row, sizes, sizeof sizes);
		return err_set(e, "%s: key%s of %zu octets, needs %s", row->name,
			       row->salt ? " with salt" : "", key.n, sizes);
	}
	if (row->kind == ENCR_KIND_NULL)
		return true;
	size_t iv = row->implicit_iv ? (size_t)IMPLICIT_IV : row->iv;
	size_t octets = key.n - row->salt;
	const char *name = cipher_name(row, octets);
	if (!name || octets > ENCR_KEY_MAX)
		return err_set(e, "%s: its row has impossible sizes", row->name);
	set_nonce(&k->text, span_from(key, octets), iv);
	if (row->legacy && !crypto_legacy(c))
		return err_set(e, "%s needs OpenSSL's legacy provider, which does not load",
			       row->name);
	const EVP_CIPHER *cipher = crypto_cipher(c, name, e);
	if (!cipher)
		return err_prefix(e, "%s", row->name);
	if (row->kind == ENCR_KIND_CBC &&
	    EVP_CIPHER_get_iv_length(cipher) != (int)iv)
		return err_set(e, "%s: IV of %zu octets, OpenSSL's has %d", row->name, iv,
			       EVP_CIPHER_get_iv_length(cipher));
	if (row->kind == ENCR_KIND_CTR)	/* RFC 3686, 4: the counter starts at 1 */
		k->text.nonce[NONCE_MAX - 1] = 1;
	if (keyed_init(&k->text, cipher, span_part(key, 0, octets),
		       encr_has_icv(row) ? row->salt + iv : 0,
		       row->icv))
		return true;
	return crypto_failed(e, row->name);
}

static bool gmac_setup(struct cipher *k, struct crypto *c, struct span key, struct err *e)
{
	const struct integ *row = k->integ;
	const EVP_CIPHER *cipher = crypto_cipher(c, row->algorithm, e);
	if (!cipher)
		return false;
	if (EVP_CIPHER_get_key_length(cipher) != row->key || row->output != NONCE_MAX)
		return err_set(e, "%s: key of %u and output of %u octets do not fit %s",
			       row->name, row->key, row->output, row->algorithm);
	set_nonce(&k->gmac, span_from(key, row->key), row->iv);
	if (keyed_init(&k->gmac, cipher, span_part(key, 0, row->key),
		       (size_t)row->salt + row->iv, 0))
		return true;
	return crypto_failed(e, row->name);
}

static bool mac_setup(struct cipher *k, struct crypto *c, struct span key, struct err *e)
{
	const struct integ *row = k->integ;
	enum mac_kind kind = row->kind == INTEG_KIND_HMAC ? MAC_HMAC :
			     row->kind == INTEG_KIND_XCBC ? MAC_XCBC : MAC_CMAC;
	k->mac = mac_new(c, kind, row->algorithm, key, e);
	if (k->mac && mac_size(k->mac) != row->output)
		return err_set(e, "%s: output of %zu octets, the table says %u", row->name,
			       mac_size(k->mac), row->output);
	return k->mac != NULL;
}

static bool integ_setup(struct cipher *k, struct crypto *c, struct span key, struct err *e)
{
	const struct integ *row = k->integ;
	size_t needs = (size_t)row->key + row->salt;
	if (key.n != needs)
		return err_set(e, "%s: key%s of %zu octets, needs %zu", row->name,
			       row->salt ? " with salt" : "", key.n, needs);
	if (row->kind == INTEG_KIND_NONE || row->kind == INTEG_KIND_UNCHECKED)
		return true;
	return row->kind == INTEG_KIND_GMAC ? gmac_setup(k, c, key, e)
					    : mac_setup(k, c, key, e);
}

/* True if the two rows go together and their numbers fit our buffers. */
static bool rows_ok(const struct encr *encr, const struct integ *integ, struct err *e)
{
	size_t iv = encr->implicit_iv ? (size_t)IMPLICIT_IV : encr->iv;
	if (encr->kind == ENCR_KIND_UNSUPPORTED)
		return err_set(e, "%s is not supported: %s", encr->name, encr->why);
	if (integ->kind == INTEG_KIND_UNSUPPORTED)
		return err_set(e, "%s is not supported: %s", integ->name, integ->why);
	if (encr_has_icv(encr) && integ->kind != INTEG_KIND_NONE)
		return err_set(e, "%s brings its own ICV, %s does not go with it",
			       encr->name, integ->name);
	if (integ->kind == INTEG_KIND_GMAC && encr->kind != ENCR_KIND_NULL)
		return err_set(e, "%s is for AH only (RFC 4543, 9), not with %s",
			       integ->name, encr->name);
	if (encr->block == 0 || encr->salt + iv > NONCE_MAX || encr->icv > NONCE_MAX)
		return err_set(e, "%s: its row has impossible sizes", encr->name);
	if (integ->salt + integ->iv > NONCE_MAX || integ->icv > ICV_MAX ||
	    (integ->output && integ->icv > integ->output))
		return err_set(e, "%s: its row has impossible sizes", integ->name);
	return true;
}

struct cipher *cipher_new(struct crypto *c, const struct encr *encr,
			  const struct integ *integ, struct span encr_key,
			  struct span integ_key, struct err *e)
{
	if (!rows_ok(encr, integ, e))
		return NULL;
	struct cipher *k = calloc(1, sizeof *k);
	if (!k)
		abort();	/* as arena.h */
	k->encr = encr;
	k->integ = integ;
	k->icv = encr_has_icv(encr) ? encr->icv : integ->icv;
	if (encr_setup(k, c, encr_key, e) && integ_setup(k, c, integ_key, e))
		return k;
	cipher_free(k);
	return NULL;
}

void cipher_free(struct cipher *k)
{
	if (!k)
		return;
	EVP_CIPHER_CTX_free(k->text.ctx);
	EVP_CIPHER_CTX_free(k->gmac.ctx);
	mac_free(k->mac);
	crypto_cleanse(k, sizeof *k);
	free(k);
}

const struct encr *cipher_encr(const struct cipher *k) { return k->encr; }
const struct integ *cipher_integ(const struct cipher *k) { return k->integ; }
size_t cipher_icv(const struct cipher *k) { return k->icv; }

const char *icv_name(enum icv v)
{
	switch (v) {
	case ICV_NONE: return "none";
	case ICV_GOOD: return "good";
	case ICV_BAD: return "bad";
	case ICV_UNCHECKED: return "unchecked";
	}
	return "?";
}

/* ---- packets ---- */

/* Lengths that do not depend on the direction. */
static bool job_fits(const struct cipher *k, const struct cipher_job *j)
{
	size_t iv = k->integ->kind == INTEG_KIND_GMAC ? k->gmac.iv : k->text.iv;
	/* A 64-bit division would cost 10 ns here. */
	return j->iv.n == iv && j->text.n <= TEXT_MAX && j->aad.n <= TEXT_MAX &&
	       (k->encr->block == 1 || (uint32_t)j->text.n % k->encr->block == 0) &&
	       j->authed.n <= TEXT_MAX && j->tail_size <= sizeof j->tail;
}

/* The full-length MAC of what separate integrity covers. */
static bool integ_run(struct cipher *k, const struct cipher_job *j, uint8_t out[MAC_MAX])
{
	const struct span parts[] = { j->authed, span_of(j->tail, j->tail_size) };
	size_t count = j->tail_size ? 2 : 1;
	if (k->mac)
		return mac_run(k->mac, parts, count, out);
	return gmac_run(&k->gmac, j->iv, parts, count, out);
}

/* GMAC as encryption row: IV and text are associated data (RFC 4543, 3.3). */
static bool encr_gmac(struct cipher *k, const struct cipher_job *j, uint8_t out[MAC_MAX])
{
	const struct span parts[] = { j->aad, j->iv, j->text };
	return gmac_run(&k->text, j->iv, parts, 3, out);
}

static bool mac_good(struct cipher *k, const struct cipher_job *j)
{
	uint8_t mac[MAC_MAX];
	bool ok = k->encr->kind == ENCR_KIND_GMAC ? encr_gmac(k, j, mac)
						  : integ_run(k, j, mac);
	return ok && crypto_equal(span_of(mac, k->icv), j->icv);
}

/* Encryption or decryption alone: CBC, CTR, nothing. */
static bool convert(struct cipher *k, struct cipher_job *j, int direction)
{
	struct keyed *x = &k->text;
	if (j->text.n == 0)
		return true;
	if (k->encr->kind == ENCR_KIND_NULL || k->encr->kind == ENCR_KIND_GMAC) {
		if (j->out != j->text.p)
			memcpy(j->out, j->text.p, j->text.n);
		return true;
	}
	return keyed_turn(x, direction) &&
	       EVP_CipherInit_ex2(x->ctx, NULL, NULL, keyed_nonce(x, j->iv), -1, NULL) == 1 &&
	       EVP_Cipher(x->ctx, j->out, j->text.p, (unsigned)j->text.n) == (int)j->text.n;
}

static enum icv open_one(struct cipher *k, struct cipher_job *j)
{
	enum icv good = ICV_GOOD;
	if (!job_fits(k, j) || j->icv.n != k->icv)
		return ICV_BAD;
	if (is_aead(k->encr))
		return aead_open(k, j) ? ICV_GOOD : ICV_BAD;
	if (k->encr->kind != ENCR_KIND_GMAC && k->integ->kind == INTEG_KIND_NONE)
		good = ICV_NONE;
	else if (k->integ->kind == INTEG_KIND_UNCHECKED)
		good = ICV_UNCHECKED;
	else if (!mac_good(k, j))
		return ICV_BAD;
	return convert(k, j, 0) ? good : ICV_BAD;
}

void cipher_open(struct cipher_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		jobs[i].verdict = open_one(jobs[i].cipher, &jobs[i]);
		jobs[i].opened = jobs[i].verdict != ICV_BAD;
	}
}

bool cipher_seal(struct cipher_job *j)
{
	struct cipher *k = j->cipher;
	uint8_t mac[MAC_MAX];
	if (!job_fits(k, j) || k->integ->kind == INTEG_KIND_UNCHECKED)
		return false;
	if (is_aead(k->encr))
		return aead_seal(k, j);
	bool ok = k->encr->kind != ENCR_KIND_GMAC || encr_gmac(k, j, mac);
	ok = ok && convert(k, j, 1);
	if (ok && (k->mac || k->gmac.ctx))
		ok = integ_run(k, j, mac);
	if (ok && k->icv)
		memcpy(j->icv_out, mac, k->icv);
	return ok;
}
