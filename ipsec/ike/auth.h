/* SPDX-License-Identifier: BSD-2-Clause
 * What a reader of a capture can verify that IKE peers verify: the AUTH payload
 * (RFC 7296, 2.15 and 2.16; RFC 7427; RFC 9242, 3.3; RFC 8784), the hashes of NAT
 * detection (RFC 7296, 2.23). */
#ifndef IKAT_IKE_AUTH_H
#define IKAT_IKE_AUTH_H

#include "ipsec/ike/session.h"

enum { IKE_HASH_MAX = 64, IKE_AUTH_PSKS_MAX = 32 };

/* All that one end's AUTH payload signs. Spans borrow. */
struct auth_job {
	struct crypto *crypto;
	const struct keystore *secrets;	/* PSKs are looked for here */
	const struct prf *prf;
	struct span sk_p;		/* SK_pi or SK_pr of the end that signs, after a PPK */
	struct span message;		/* its own IKE_SA_INIT message, whole */
	struct span nonce;		/* the other end's nonce, without payload header */
	struct span intermediate;	/* IntAuth (RFC 9242, 3.3.2); empty: none */
	const struct node *id, *auth;	/* its IDi or IDr, and AUTH */
	const struct node *cert;	/* its first CERT; NULL: none in the capture */
	const struct node *other_id;	/* the other end's, to choose a PSK by; or NULL */
	bool eap;			/* comes after EAP: the key is its MSK (RFC 7296, 2.16) */
};
/* Verifies. *why: what was found, in words, in the arena ("the signature of
 * CN=moon, EC P-256"; "none of the 2 PSKs given"; "no PSK was given"). Methods that
 * nothing is known about, and EAP's MSK, are unchecked. At most IKE_AUTH_PSKS_MAX
 * PSKs are tried: those with the peers' IDs if there are any, otherwise all. */
enum auth_verdict ike_auth_verify(const struct auth_job *job, const char **why, struct arena *a);
/* "PSK", "RSA", "ECDSA-256", "digital signature, RSASSA-PSS SHA2-256 salt 32". */
const char *ike_auth_text(const struct node *auth, struct arena *a);

/* One step of IntAuth_i or IntAuth_r (RFC 9242, 3.3.2): the sum so far and the
 * opened IKE_INTERMEDIATE message, whose flow it is. sum: prf->output octets,
 * *size 0 before the first. False when OpenSSL fails. */
bool ike_intauth_step(struct crypto *c, const struct prf *prf, struct span sk_p,
		      const struct ike_message *m, uint8_t sum[IKE_HASH_MAX], size_t *size);

/* The hash of RFC 7296, 2.23 (and, with another digest, RFC 3947, 3.2). */
bool ike_natd_hash(struct crypto *c, const char *digest, const uint8_t spis[16],
		   const struct addr *addr, uint16_t port, uint8_t out[IKE_HASH_MAX], size_t *n);

#endif
