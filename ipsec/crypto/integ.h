/* SPDX-License-Identifier: BSD-2-Clause
 * Integrity algorithms (IKEv2 transform type 3), one row each. */
#ifndef IKAT_CRYPTO_INTEG_H
#define IKAT_CRYPTO_INTEG_H

#include "ipsec/crypto/crypto.h"

enum integ_kind {
	INTEG_KIND_UNSUPPORTED,
	INTEG_KIND_NONE,
	INTEG_KIND_HMAC,	/* RFC 2104 and the truncations of RFC 2403, 2404, 4868 */
	INTEG_KIND_XCBC,	/* RFC 3566 */
	INTEG_KIND_CMAC,	/* RFC 4494 */
	INTEG_KIND_GMAC,	/* RFC 4543: AH only, an IV stands before the ICV */
	INTEG_KIND_UNCHECKED,	/* an ICV of known length whose key is not known */
};

/* Numbers outside IANA's registry (private use), for what exists all the same. */
enum {
	INTEG_HMAC_SHA2_256_96 = 1028,	/* the 96-bit truncation of some kernels */
	INTEG_UNCHECKED_64 = 65000, INTEG_UNCHECKED_96, INTEG_UNCHECKED_128,
	INTEG_UNCHECKED_160, INTEG_UNCHECKED_192, INTEG_UNCHECKED_256,
};

struct integ {
	uint16_t id;
	const char *name;	/* IANA's name, AUTH_... */
	enum integ_kind kind;
	uint8_t key;		/* octets of key, without the salt */
	uint8_t icv;		/* octets of ICV in the packet */
	uint8_t iv;		/* octets of IV before the ICV (GMAC in AH) */
	uint8_t salt;		/* octets of salt behind the key */
	uint8_t output;		/* octets before truncation */
	const char *algorithm;	/* OpenSSL's digest or cipher */
	const char *why;	/* why unsupported */
};

extern CRYPTO_ROW struct integ integ_rows[];
extern const size_t integ_count;

const struct integ *integ_find(unsigned id);
const struct integ *integ_by_name(struct span name);

#endif
