/* SPDX-License-Identifier: BSD-2-Clause
 * The door to OpenSSL: a library context of our own, so that the legacy
 * provider (DES, Blowfish, CAST) is seen by nobody else in the process. */
#include "ipsec/crypto/openssl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdlib.h>

bool crypto_failed(struct err *e, const char *what)
{
	unsigned long code = ERR_peek_error();
	char reason[160] = "no reason given";
	if (code)
		ERR_error_string_n(code, reason, sizeof reason);
	ERR_clear_error();
	return err_set(e, "%s: %s", what, reason);
}

struct crypto *crypto_new(struct err *e)
{
	struct crypto *c = calloc(1, sizeof *c);
	if (!c)
		abort();	/* as arena.h: out of memory ends the program */
	c->library = OSSL_LIB_CTX_new();
	if (c->library)
		c->base = OSSL_PROVIDER_load(c->library, "default");
	if (!c->base) {
		crypto_failed(e, "OpenSSL's default provider does not load");
		crypto_free(c);
		return NULL;
	}
	return c;
}

bool crypto_legacy(struct crypto *c)
{
	if (!c->legacy)
		c->legacy = OSSL_PROVIDER_load(c->library, "legacy");
	ERR_clear_error();
	return c->legacy != NULL;
}

void crypto_free(struct crypto *c)
{
	if (!c)
		return;
	modp_free(c->modp);
	for (size_t i = 0; i < CRYPTO_CIPHERS; i++)
		EVP_CIPHER_free(c->ciphers[i]);
	for (size_t i = 0; i < CRYPTO_DIGESTS; i++)
		EVP_MD_free(c->digests[i]);
	for (size_t i = 0; i < CRYPTO_CURVES; i++)
		EC_GROUP_free(c->curves[i]);
	if (c->legacy)
		OSSL_PROVIDER_unload(c->legacy);
	if (c->base)
		OSSL_PROVIDER_unload(c->base);
	OSSL_LIB_CTX_free(c->library);
	free(c);
}

const EVP_CIPHER *crypto_cipher(struct crypto *c, const char *name, struct err *e)
{
	size_t i = 0;
	for (; i < CRYPTO_CIPHERS && c->ciphers[i]; i++)
		if (EVP_CIPHER_is_a(c->ciphers[i], name))
			return c->ciphers[i];
	if (i == CRYPTO_CIPHERS) {
		err_set(e, "more than %d ciphers in use", CRYPTO_CIPHERS);
		return NULL;
	}
	c->ciphers[i] = EVP_CIPHER_fetch(c->library, name, NULL);
	if (!c->ciphers[i])
		crypto_failed(e, name);
	return c->ciphers[i];
}

const EVP_MD *crypto_md(struct crypto *c, const char *name, struct err *e)
{
	size_t i = 0;
	for (; i < CRYPTO_DIGESTS && c->digests[i]; i++)
		if (EVP_MD_is_a(c->digests[i], name))
			return c->digests[i];
	if (i == CRYPTO_DIGESTS) {
		err_set(e, "more than %d digests in use", CRYPTO_DIGESTS);
		return NULL;
	}
	c->digests[i] = EVP_MD_fetch(c->library, name, NULL);
	if (!c->digests[i])
		crypto_failed(e, name);
	return c->digests[i];
}

bool crypto_random(struct crypto *c, uint8_t *out, size_t n, struct err *e)
{
	if (RAND_bytes_ex(c->library, out, n, 0) == 1)
		return true;
	return crypto_failed(e, "OpenSSL's random generator");
}

bool crypto_digest(struct crypto *c, const char *md, const struct span *parts,
		   size_t count, uint8_t out[64], size_t *n, struct err *e)
{
	const EVP_MD *type = crypto_md(c, md, e);
	if (!type)
		return false;
	if (EVP_MD_get_size(type) > 64)
		return err_set(e, "%s: %d octets, at most 64", md, EVP_MD_get_size(type));
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	unsigned size = 0;
	bool ok = x && EVP_DigestInit_ex2(x, type, NULL);
	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(x, parts[i].p, parts[i].n);
	ok = ok && EVP_DigestFinal_ex(x, out, &size);
	EVP_MD_CTX_free(x);
	*n = size;
	return ok || crypto_failed(e, md);
}

void crypto_cleanse(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

bool crypto_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}
