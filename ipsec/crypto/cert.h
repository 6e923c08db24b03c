/* SPDX-License-Identifier: BSD-2-Clause
 * What a view tells of DER structures: certificates, names, algorithm
 * identifiers, public keys. All texts go into the arena. */
#ifndef IKAT_CRYPTO_CERT_H
#define IKAT_CRYPTO_CERT_H

#include "ipsec/base/arena.h"
#include "ipsec/crypto/crypto.h"

struct cert {
	const char *subject, *issuer;	/* RFC 2253 style, one line, UTF-8 */
	const char *serial;		/* hexadecimal */
	const char *key;		/* "RSA 2048", "EC P-256", "ED25519" */
	const char *signature;		/* "sha256WithRSAEncryption" */
	const char *not_before, *not_after;	/* "2026-11-21T02:00:00Z" */
	struct span spki_sha1;		/* 20 octets: what CERTREQ lists (RFC 7296, 3.7) */
};

/* False when der is not one certificate; octets behind it count as broken. */
bool cert_read(struct crypto *c, struct span der, struct arena *a, struct cert *out);
/* One-line text of a DER name (ID_DER_ASN1_DN); NULL if it is not one. */
const char *cert_name(struct span der, struct arena *a);
/* The algorithm of a DER AlgorithmIdentifier (RFC 7427), with the hash and the
 * salt length for RSASSA-PSS: "ecdsa-with-SHA256", "RSASSA-PSS SHA2-256 salt 32";
 * NULL if it is not one. */
const char *cert_algorithm(struct span der, struct arena *a);
/* Type and size of a DER SubjectPublicKeyInfo, as in struct cert; NULL. */
const char *cert_public_key(struct span der, struct arena *a);

#endif
