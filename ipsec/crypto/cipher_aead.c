/* SPDX-License-Identifier: BSD-2-Clause
 * Combined modes: GCM (RFC 4106), CCM (RFC 4309), ChaCha20-Poly1305 (RFC 7634)
 * and GMAC (RFC 4543), one packet at a time over a context that has its key.
 *
 * GCM and ChaCha20 take IV and tag together in one call, then data as it comes.
 * CCM hashes the length first, so it wants tag, length, data in that order, and
 * gives its verdict with the data. EVP_Cipher is the shortest way into a
 * provider, but its last call is a no-op for ChaCha20: only EVP_*Final_ex
 * looks at the tag for every algorithm. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "ipsec/crypto/cipher_impl.h"

/* OpenSSL wants a pointer even for no octets. */
static const uint8_t *octets(struct span s)
{
	static const uint8_t none;
	return s.p ? s.p : &none;
}

static bool feed(EVP_CIPHER_CTX *x, uint8_t *out, struct span s)
{
	return s.n == 0 || EVP_Cipher(x, out, s.p, (unsigned)s.n) >= 0;
}

/* tag: what to compare with when opening; NULL when sealing. */
static bool start(struct keyed *k, struct span iv, const uint8_t *tag)
{
	k->tag[0].data = (void *)(uintptr_t)tag;
	return EVP_CipherInit_ex2(k->ctx, NULL, NULL, keyed_nonce(k, iv), -1,
				  tag ? k->tag : NULL);
}

static bool finish(EVP_CIPHER_CTX *x)
{
	uint8_t none[NONCE_MAX];
	int n;
	return EVP_CipherFinal_ex(x, none, &n) == 1;
}

static bool tag_out(EVP_CIPHER_CTX *x, uint8_t *tag, size_t size)
{
	OSSL_PARAM params[2] = {
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, size),
		OSSL_PARAM_construct_end(),
	};
	return EVP_CIPHER_CTX_get_params(x, params) == 1;
}

/* CCM's text: the length, the associated data, then everything at once. */
static bool ccm_text(EVP_CIPHER_CTX *x, struct cipher_job *j)
{
	uint8_t none;
	int n;
	return EVP_CipherUpdate(x, NULL, &n, NULL, (int)j->text.n) == 1 &&
	       feed(x, NULL, j->aad) &&
	       EVP_CipherUpdate(x, j->text.n ? j->out : &none, &n, octets(j->text),
				(int)j->text.n) == 1;
}

static bool run(struct cipher *k, struct cipher_job *j, const uint8_t *tag)
{
	EVP_CIPHER_CTX *x = k->text.ctx;
	if (!start(&k->text, j->iv, tag))
		return false;
	if (k->encr->kind == ENCR_KIND_CCM)
		return ccm_text(x, j);
	return feed(x, NULL, j->aad) && feed(x, j->out, j->text) && finish(x);
}

bool aead_open(struct cipher *k, struct cipher_job *j)
{
	if (keyed_turn(&k->text, 0) && run(k, j, j->icv.p))
		return true;
	if (j->text.n)
		memset(j->out, 0, j->text.n);
	ERR_clear_error();
	return false;
}

bool aead_seal(struct cipher *k, struct cipher_job *j)
{
	if (keyed_turn(&k->text, 1) && run(k, j, NULL) &&
	    tag_out(k->text.ctx, j->icv_out, k->icv))
		return true;
	ERR_clear_error();
	return false;
}

bool gmac_run(struct keyed *k, struct span iv, const struct span *parts,
	      size_t count, uint8_t tag[16])
{
	bool ok = keyed_turn(k, 1) && start(k, iv, NULL);
	for (size_t i = 0; ok && i < count; i++)
		ok = feed(k->ctx, NULL, parts[i]);
	return ok && finish(k->ctx) && tag_out(k->ctx, tag, 16);
}
