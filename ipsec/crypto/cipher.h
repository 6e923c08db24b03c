/* SPDX-License-Identifier: BSD-2-Clause
 * One direction of one SA, keyed: opens and seals packets for ESP, AH and the
 * SK payload alike. The OpenSSL contexts live as long as the struct cipher;
 * for each packet only the IV is set. Nothing here allocates or fetches once a
 * cipher is made.
 *
 * What the caller gives in a job, by kind of algorithm:
 *
 *	encr + integ (CBC, CTR, NULL)	ICV = integ(authed | tail)
 *	AEAD (GCM, CCM, ChaCha20)	ICV from encr, over aad and text
 *	GMAC as encr (RFC 4543, ESP)	ICV over aad | iv | text, nothing encrypted
 *	AH: encr NULL, text empty	ICV = integ(authed | tail); with GMAC iv is
 *					the one that stands before the ICV
 */
#ifndef IKAT_CRYPTO_CIPHER_H
#define IKAT_CRYPTO_CIPHER_H

#include "ipsec/crypto/encr.h"
#include "ipsec/crypto/integ.h"

struct cipher;

/* encr_key: key | salt as KEYMAT gives them. integ_key: key (| salt). With an
 * AEAD integ is the NONE row. The rows must outlive the cipher; keys are copied
 * and cleansed at the end. NULL with an error that names the row, the length
 * found and the lengths allowed. */
struct cipher *cipher_new(struct crypto *c, const struct encr *encr,
			  const struct integ *integ, struct span encr_key,
			  struct span integ_key, struct err *e);
void cipher_free(struct cipher *k);

const struct encr *cipher_encr(const struct cipher *k);
const struct integ *cipher_integ(const struct cipher *k);
/* Octets of ICV, whichever row it comes from. */
size_t cipher_icv(const struct cipher *k);

/* What became of a packet's ICV. */
enum icv { ICV_NONE, ICV_GOOD, ICV_BAD, ICV_UNCHECKED };
const char *icv_name(enum icv v);	/* "none", "good", "bad", "unchecked" */

struct cipher_job {
	struct cipher *cipher;
	struct span iv;		/* row's iv octets; implicit IV: 8 octets from the caller */
	struct span aad;	/* AEAD: associated data, in order, ESN included */
	struct span authed;	/* separate integrity: the octets that it covers */
	uint8_t tail[4];	/* ... and up to 4 more (ESN's high half) */
	uint8_t tail_size;
	struct span text;	/* what to decrypt or encrypt */
	uint8_t *out;		/* room for text.n octets; may be text.p itself */
	/* open: the ICV as received; seal: where it goes, cipher_icv octets */
	struct span icv;
	uint8_t *icv_out;
	enum icv verdict;	/* result of open */
	bool opened;		/* `out` holds the decrypted text: true also when the
				 * ICV is unchecked, false when it is bad */
};

/* Opens n packets. Malformed ones (text no multiple of the block, wrong iv or
 * icv length) get ICV_BAD: their octets are the sender's, not an error. Where
 * integrity is separate it is checked first and bad packets are not decrypted:
 * `out` is as it was. A combined mode knows only afterwards, so there `out` is
 * zeroed; whoever wants to try another key must not open in place. */
void cipher_open(struct cipher_job *jobs, size_t n);

/* Encrypts text into out and writes the ICV to icv_out. `authed` may point
 * into `out`: encryption is done first. False when a length does not fit. */
bool cipher_seal(struct cipher_job *job) MUST_CHECK;

#endif
