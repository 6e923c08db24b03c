/* SPDX-License-Identifier: BSD-2-Clause
 * The key hierarchy of IKEv1: SKEYID and what comes from it (RFC 2409, 5), the
 * phase 1 key and the initialization vectors (RFC 2409, appendix B), the hashes
 * that authenticate messages (5, 5.5, 5.7), KEYMAT (5.5). Pure functions; `out`
 * always has room for PRF_OUTPUT_MAX octets, and prf->output of them are written.
 *
 * The prf is HMAC with the negotiated hash, whose row also names the hash. */
#ifndef IKAT_IKE_IKEV1_KEYMAT_H
#define IKAT_IKE_IKEV1_KEYMAT_H

#include "ipsec/crypto/encr.h"
#include "ipsec/crypto/prf.h"

enum { IKEV1_IV_MAX = 16, IKEV1_KEYMAT_MAX = 256 };

/* What phase 1 brought; spans borrow. Nonces and values are payload bodies. */
struct ikev1_phase1 {
	const struct prf *prf;
	uint8_t cookies[16];		/* CKY-I | CKY-R */
	struct span ni, nr;
	struct span gxi, gxr;		/* public values */
};

/* SKEYID_d, SKEYID_a, SKEYID_e; prf->output octets each. */
struct ikev1_skeyids {
	uint8_t id[PRF_OUTPUT_MAX];	/* SKEYID itself */
	uint8_t d[PRF_OUTPUT_MAX], a[PRF_OUTPUT_MAX], e[PRF_OUTPUT_MAX];
};

/* SKEYID (RFC 2409, 5), for each way to authenticate. */
bool ikev1_skeyid_psk(struct crypto *c, const struct ikev1_phase1 *p, struct span psk,
		      uint8_t *out, struct err *e) MUST_CHECK;
bool ikev1_skeyid_signature(struct crypto *c, const struct ikev1_phase1 *p, struct span gxy,
			    uint8_t *out, struct err *e) MUST_CHECK;
/* Public key encryption: the nonces are those inside of the encryption. */
bool ikev1_skeyid_encryption(struct crypto *c, const struct ikev1_phase1 *p,
			     uint8_t *out, struct err *e) MUST_CHECK;
/* out->id is given; d, a, e are made (RFC 2409, 5). */
bool ikev1_skeyids(struct crypto *c, const struct ikev1_phase1 *p, struct span gxy,
		   struct ikev1_skeyids *out, struct err *e) MUST_CHECK;

/* The phase 1 key: the front of SKEYID_e, or of Ka where that is too short
 * (RFC 2409, appendix B). n octets. False only when OpenSSL fails. */
bool ikev1_key(struct crypto *c, const struct prf *prf, struct span skeyid_e, uint8_t *out,
	       size_t n) MUST_CHECK;
/* hash(g^xi | g^xr), whose front is the first IV of phase 1, and hash(last block |
 * message ID), whose front is the first one of any exchange behind it. */
bool ikev1_iv_first(struct crypto *c, const struct ikev1_phase1 *p, uint8_t out[64],
		    struct err *e) MUST_CHECK;
bool ikev1_iv_next(struct crypto *c, const struct prf *prf, struct span last, uint32_t id,
		   uint8_t out[64]) MUST_CHECK;

/* HASH_I (initiator) or HASH_R (RFC 2409, 5): sa is the body of the initiator's SA
 * payload, id that of the signing end's ID payload. */
bool ikev1_hash_phase1(struct crypto *c, const struct ikev1_phase1 *p, struct span skeyid,
		       bool initiator, const struct span sa_id[2], uint8_t *out,
		       struct err *e) MUST_CHECK;

/* The hash of a message behind phase 1. */
struct ikev1_hash {
	const struct prf *prf;
	struct span skeyid_a;
	uint32_t id;		/* message ID */
	struct span ni, nr;	/* bodies of the nonces, as far as they are part of it */
	struct span rest;	/* all payloads behind HASH, with their headers, without padding */
};
/* HASH(1), of Informational and Transaction too: no nonces. HASH(2): ni (RFC 2409, 5.5). */
bool ikev1_hash_message(struct crypto *c, const struct ikev1_hash *h, uint8_t *out,
			struct err *e) MUST_CHECK;
/* HASH(3): a zero octet, the message ID and both nonces. */
bool ikev1_hash_3(struct crypto *c, const struct ikev1_hash *h, uint8_t *out,
		  struct err *e) MUST_CHECK;

/* KEYMAT of one direction: the SPI is that of the end that receives. */
struct ikev1_keymat {
	const struct prf *prf;
	struct span skeyid_d, gqmxy;	/* gqmxy: empty without PFS */
	uint8_t protocol;		/* of IPsec's DOI: 2 AH, 3 ESP, 4 IPCOMP */
	uint32_t spi;
	struct span ni, nr;
};
bool ikev1_keymat(struct crypto *c, const struct ikev1_keymat *k, uint8_t *out, size_t n,
		  struct err *e) MUST_CHECK;

#endif
