/* SPDX-License-Identifier: BSD-2-Clause
 * What the files of this room share of OpenSSL: the library context with its
 * providers, and each algorithm fetched once. Nobody outside includes this. */
#ifndef IKAT_CRYPTO_OPENSSL_H
#define IKAT_CRYPTO_OPENSSL_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "ipsec/crypto/crypto.h"

struct modp;	/* the numbers of a MODP group, made on first use: group_modp.c */

enum { CRYPTO_CIPHERS = 48, CRYPTO_DIGESTS = 16, CRYPTO_CURVES = 16 };

struct crypto {
	OSSL_LIB_CTX *library;
	OSSL_PROVIDER *base;
	OSSL_PROVIDER *legacy;		/* NULL: not needed yet, or not installed */
	EVP_CIPHER *ciphers[CRYPTO_CIPHERS];	/* fetched so far, NULL after the last */
	EVP_MD *digests[CRYPTO_DIGESTS];
	EC_GROUP *curves[CRYPTO_CURVES];
	struct modp *modp;
};

/* The algorithm of that name, fetched at the first call; NULL with an error.
 * Owned by the struct crypto. */
const EVP_CIPHER *crypto_cipher(struct crypto *c, const char *name, struct err *e);
const EVP_MD *crypto_md(struct crypto *c, const char *name, struct err *e);

/* Loads the legacy provider, which costs a program that does not need it a third
 * of its start. False: it is not installed. */
bool crypto_legacy(struct crypto *c);

/* Sets "WHAT: OpenSSL's reason" and empties OpenSSL's queue. Returns false. */
bool crypto_failed(struct err *e, const char *what);

void modp_free(struct modp *list);

#endif
