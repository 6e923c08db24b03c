/* SPDX-License-Identifier: BSD-2-Clause
 * What cipher.c and cipher_aead.c share: the keyed context of one direction of
 * one SA and the combined modes' operations. */
#ifndef IKAT_CRYPTO_CIPHER_IMPL_H
#define IKAT_CRYPTO_CIPHER_IMPL_H

#include "ipsec/crypto/cipher.h"
#include "ipsec/crypto/mac.h"
#include "ipsec/crypto/openssl.h"

enum {
	NONCE_MAX = 16,
	IMPLICIT_IV = 8,	/* RFC 8750, 4: always 8 octets, none on the wire */
	TEXT_MAX = 1 << 30,	/* OpenSSL counts in int */
};

/* An OpenSSL cipher context with its key and what stands around the IV. */
struct keyed {
	EVP_CIPHER_CTX *ctx;
	int direction;		/* 1: set up to encrypt, 0: to decrypt */
	size_t salt, iv;	/* octets of nonce: salt | iv (| 1 for CTR) */
	uint8_t nonce[NONCE_MAX];	/* the IV's place is filled for each packet */
	OSSL_PARAM tag[2];	/* AEAD: made once, only `data` changes */
	uint8_t key[ENCR_KEY_MAX];	/* for turning the direction */
};

struct cipher {
	const struct encr *encr;
	const struct integ *integ;
	struct keyed text;	/* encr; unused with NULL */
	struct keyed gmac;	/* integ, if it is GMAC */
	struct mac *mac;	/* integ, if it is another MAC */
	size_t icv;
};

/* Puts the IV into the nonce; iv must have k->iv octets. */
static inline const uint8_t *keyed_nonce(struct keyed *k, struct span iv)
{
	if (iv.n == 8)	/* nearly always; a constant spares the call */
		memcpy(k->nonce + k->salt, iv.p, 8);
	else if (iv.n)
		memcpy(k->nonce + k->salt, iv.p, iv.n);
	return k->nonce;
}

/* Gets the context ready to encrypt or decrypt. A direction of an SA only ever
 * goes one way, so the key is set again only in tests and in-memory twins. */
bool keyed_turn(struct keyed *k, int direction) MUST_CHECK;

/* GCM, CCM and ChaCha20-Poly1305. Bad tag: false, `out` zeroed. */
bool aead_open(struct cipher *k, struct cipher_job *j) MUST_CHECK;
bool aead_seal(struct cipher *k, struct cipher_job *j) MUST_CHECK;

/* GMAC (RFC 4543): a tag over `count` parts with nothing encrypted. */
bool gmac_run(struct keyed *k, struct span iv, const struct span *parts,
	      size_t count, uint8_t tag[16]) MUST_CHECK;

#endif
