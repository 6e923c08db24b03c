/* SPDX-License-Identifier: BSD-2-Clause
 * The ciphers of many keys in bounded memory. A cipher holds OpenSSL contexts
 * of a few KiB; a key needs one only while its packets come. Each key has a
 * reference; when there are too many ciphers, one that was not used for long is
 * freed, and made again from its key when it is needed. */
#ifndef IKAT_SA_CIPHER_CACHE_H
#define IKAT_SA_CIPHER_CACHE_H

#include "ipsec/crypto/cipher.h"

struct cipher_cache;

/* Lives with its key, at a place that does not move. */
struct cipher_ref {
	struct cipher *cipher;	/* NULL: none now */
	uint32_t slot;
};

enum { CIPHER_CACHE_DEFAULT = 4096 };

/* room: how many ciphers at most, at least 256. */
struct cipher_cache *cipher_cache_new(size_t room);
/* Frees all ciphers; every reference is empty then. */
void cipher_cache_free(struct cipher_cache *c);

/* Hands over a new cipher. One of the least recently used half may be freed for
 * it: never one of the last room / 2 that were used. */
void cipher_cache_put(struct cipher_cache *c, struct cipher_ref *ref, struct cipher *cipher);
/* Frees the reference's cipher. */
void cipher_cache_drop(struct cipher_cache *c, struct cipher_ref *ref);
/* The reference's cipher, marked as used now; NULL if it has none. */
struct cipher *cipher_cache_get(struct cipher_cache *c, const struct cipher_ref *ref);

#endif
