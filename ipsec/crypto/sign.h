/* SPDX-License-Identifier: BSD-2-Clause
 * Signature algorithms of IKEv2 and their verification: RSA (RFC 7296, 3.8),
 * ECDSA with fixed curves (RFC 4754), and those that an AlgorithmIdentifier
 * names (RFC 7427, RFC 8420), one row each. Nothing is signed here, and no
 * certificate is trusted: the question is only whether key and signature agree. */
#ifndef IKAT_CRYPTO_SIGN_H
#define IKAT_CRYPTO_SIGN_H

#include "ipsec/base/arena.h"
#include "ipsec/crypto/crypto.h"

enum sign_kind { SIGN_KIND_RSA, SIGN_KIND_PSS, SIGN_KIND_ECDSA, SIGN_KIND_EDDSA };

struct sign {
	const char *name;	/* "RSASSA-PKCS1 SHA2-256" */
	const char *oid;	/* of the AlgorithmIdentifier; NULL: not one of RFC 7427 */
	uint8_t method;		/* the authentication method that means this row */
	enum sign_kind kind;
	const char *digest;	/* OpenSSL's name; NULL: none, or told by parameters */
	const char *key;	/* what OpenSSL calls such a key */
	const char *curve;	/* that the method asks for; NULL: any */
	uint8_t half;		/* octets of r and of s where they stand side by side (RFC
				 * 4754); 0: DER, or no ECDSA */
};

enum { SIGN_METHOD_DIGITAL = 14 };	/* RFC 7427 */

extern const struct sign sign_rows[];
extern const size_t sign_count;

/* A row with the parameters of RSASSA-PSS (RFC 4055, 3.1). */
struct sign_algorithm {
	const struct sign *row;
	const char *digest, *mgf_digest;
	unsigned salt;
};

/* Reads a DER AlgorithmIdentifier. False: `out` is zero. */
bool sign_algorithm_read(struct span der, struct sign_algorithm *out);
/* "RSASSA-PSS SHA2-256 salt 32", "ECDSA SHA2-256", "Ed25519"; in the arena. */
const char *sign_algorithm_text(const struct sign_algorithm *s, struct arena *a);
/* The index-th row of an authentication method (method 1 has one for each hash);
 * false behind the last. */
bool sign_algorithm_of_method(unsigned method, size_t index, struct sign_algorithm *out);

/* A public key. */
struct sign_key;
/* From a DER certificate or a DER SubjectPublicKeyInfo; NULL with an error. */
struct sign_key *sign_key_of_cert(struct crypto *c, struct span der, struct err *e);
struct sign_key *sign_key_of_spki(struct crypto *c, struct span der, struct err *e);
void sign_key_free(struct sign_key *k);

enum sign_verdict {
	SIGN_GOOD, SIGN_BAD,
	SIGN_UNSUITED,	/* a key of another kind or curve makes no such signature: the error tells */
	SIGN_UNCHECKED,	/* the key is too large, or the library refuses: the error tells */
};
enum sign_verdict sign_verify(struct crypto *c, const struct sign_algorithm *s,
			      const struct sign_key *k, struct span message,
			      struct span signature, struct err *e);
/* A PKCS #1 signature of octets that are signed as they are, without a hash or its
 * name: RSA in IKEv1 (RFC 2409, 5.1). */
enum sign_verdict sign_verify_bare(const struct sign_key *k, struct span octets,
				   struct span signature, struct err *e);

#endif
