/* SPDX-License-Identifier: BSD-2-Clause
 * Encryption algorithms (IKEv2 transform type 1), one row each. Words as in
 * the RFCs of the AEADs: the nonce of a packet is salt | IV; the salt comes
 * with the key (KEYMAT = key | salt), the IV travels in the packet. */
#ifndef IKAT_CRYPTO_ENCR_H
#define IKAT_CRYPTO_ENCR_H

#include "ipsec/crypto/crypto.h"

enum encr_kind {
	ENCR_KIND_UNSUPPORTED,	/* known by name only; `why` says so */
	ENCR_KIND_NULL,		/* RFC 2410 */
	ENCR_KIND_CBC,
	ENCR_KIND_CTR,		/* RFC 3686: counter block = salt | IV | 1 */
	ENCR_KIND_CCM,		/* RFC 4309 */
	ENCR_KIND_GCM,		/* RFC 4106 */
	ENCR_KIND_GMAC,		/* RFC 4543: no encryption, ICV by GMAC */
	ENCR_KIND_CHACHA,	/* RFC 7634 */
};

enum { ENCR_KEY_SIZES = 4, ENCR_KEY_MAX = 56 + 4, ENCR_IV_MAX = 16, ICV_MAX = 32 };

struct encr {
	uint16_t id;		/* IANA's transform ID */
	const char *name;	/* IANA's name, ENCR_... */
	enum encr_kind kind;
	/* Key sizes in bits without the salt. With `variable` the first is the
	 * least, the second the greatest, in steps of 8; otherwise the allowed
	 * ones, smallest first, 0 after the last. */
	uint16_t key_bits[ENCR_KEY_SIZES];
	bool variable;
	bool key_length_attribute;	/* the Key Length attribute is needed (RFC 7296, 3.3.5) */
	uint8_t block;		/* octets that the plaintext is padded to a multiple of */
	uint8_t iv;		/* octets of IV in the packet */
	uint8_t icv;		/* octets of ICV (AEAD), else 0 */
	uint8_t salt;		/* octets of salt behind the key */
	bool implicit_iv;	/* RFC 8750: the IV is the sequence number */
	const char *cipher[ENCR_KEY_SIZES];	/* OpenSSL's name for each key size */
	bool legacy;		/* lives in OpenSSL's legacy provider */
	const char *why;	/* why unsupported */
};

extern CRYPTO_ROW struct encr encr_rows[];
extern const size_t encr_count;

const struct encr *encr_find(unsigned id);		/* NULL: unknown */
const struct encr *encr_by_name(struct span name);	/* ignoring case; NULL */
/* True for AEADs and GMAC: the ICV comes from this row, not from an integ row. */
static inline bool encr_has_icv(const struct encr *row) { return row->icv != 0; }
/* Octets of key (without salt) allowed? */
bool encr_key_ok(const struct encr *row, size_t octets);

#endif
