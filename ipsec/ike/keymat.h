/* SPDX-License-Identifier: BSD-2-Clause
 * The key hierarchy of IKEv2: SKEYSEED, SK_d, SK_a, SK_e, SK_p, KEYMAT (RFC 7296,
 * 2.13 to 2.18), post-quantum pre-shared keys (RFC 8784, 3). Pure functions; the
 * octets are secrets, cleansed by whoever holds them. */
#ifndef IKAT_IKE_KEYMAT_H
#define IKAT_IKE_KEYMAT_H

#include "ipsec/crypto/encr.h"
#include "ipsec/crypto/integ.h"
#include "ipsec/crypto/prf.h"

/* Whose keys they are: what the two sides agreed on. Spans borrow. */
struct keymat_suite {
	const struct prf *prf;
	const struct encr *encr;
	uint16_t encr_bits;		/* Key Length attribute; 0: the cipher's only one */
	const struct integ *integ;	/* the NONE row with an AEAD */
};

struct keymat_nonces {
	struct span i, r;	/* nonce data, without payload headers */
};

enum { KEYMAT_PART_MAX = 64, KEYMAT_CHILD_MAX = 2 * (ENCR_KEY_MAX + 64) };

/* The seven keys of an IKE SA, in their order. The spans point into octets. */
struct keymat_ike {
	struct span sk_d, sk_ai, sk_ar, sk_ei, sk_er, sk_pi, sk_pr;
	uint8_t octets[7 * KEYMAT_PART_MAX];
};

/* Octets of key with the salt for this Key Length; 0 if the cipher does not take it. */
size_t keymat_encr_size(const struct encr *row, uint16_t bits);

/* prf(Ni | Nr, g^ir); out: prf->output octets (RFC 7296, 2.14). */
bool keymat_skeyseed(struct crypto *c, const struct prf *prf, const struct keymat_nonces *n,
		     struct span shared, uint8_t out[PRF_OUTPUT_MAX], struct err *e) MUST_CHECK;
/* prf(SK_d (old), g^ir (new) | Ni | Nr), with the old IKE SA's prf (2.18). */
bool keymat_skeyseed_rekey(struct crypto *c, const struct prf *old, struct span sk_d,
			   const struct keymat_nonces *n, struct span shared,
			   uint8_t out[PRF_OUTPUT_MAX], struct err *e) MUST_CHECK;
/* prf+(SKEYSEED, Ni | Nr | SPIi | SPIr), divided (2.14). */
bool keymat_ike(struct crypto *c, const struct keymat_suite *suite, struct span skeyseed,
		const struct keymat_nonces *n, const uint8_t spis[16], struct keymat_ike *out,
		struct err *e) MUST_CHECK;
/* SK_d, SK_pi and SK_pr with a PPK (RFC 8784, 3): each prf+(PPK, old). In place. */
bool keymat_ppk(struct crypto *c, const struct prf *prf, struct span ppk,
		struct keymat_ike *keys, struct err *e) MUST_CHECK;
/* prf+(SK_d, [g^ir (new) |] Ni | Nr): n octets of KEYMAT (2.17). shared: empty
 * without a key exchange of its own. */
bool keymat_child(struct crypto *c, const struct prf *prf, struct span sk_d, struct span shared,
		  const struct keymat_nonces *nonces, struct span out, struct err *e) MUST_CHECK;

#endif
