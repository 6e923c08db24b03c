/* SPDX-License-Identifier: BSD-2-Clause
 * The door to OpenSSL. One struct crypto lives for the run: it loads the
 * providers and fetches each algorithm once, on first use. */
#ifndef IKAT_CRYPTO_CRYPTO_H
#define IKAT_CRYPTO_CRYPTO_H

#include "ipsec/base/err.h"
#include "ipsec/base/span.h"

/* The tables of rows are const; `make test-rows` builds them writable to prove
 * that the vectors notice a change in any of their numbers. */
#ifndef CRYPTO_ROW
#define CRYPTO_ROW const
#endif

struct crypto;

/* NULL with an error when OpenSSL does not start. A missing legacy provider is
 * no error here: the algorithms that need it then fail by name. */
struct crypto *crypto_new(struct err *e);
/* After everything that was made with it. */
void crypto_free(struct crypto *c);

/* Random octets from OpenSSL's generator. */
bool crypto_random(struct crypto *c, uint8_t *out, size_t n, struct err *e) MUST_CHECK;

/* Hash of the parts one after the other. md is OpenSSL's name ("SHA1",
 * "SHA2-256"); out has room for 64 octets; the number written goes to *n. */
bool crypto_digest(struct crypto *c, const char *md, const struct span *parts,
		   size_t count, uint8_t out[64], size_t *n, struct err *e) MUST_CHECK;

/* Overwrites a secret in a way the compiler keeps. */
void crypto_cleanse(void *p, size_t n);
/* Comparison whose time does not depend on the contents. */
bool crypto_equal(struct span a, struct span b);

#endif
