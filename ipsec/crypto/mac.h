/* SPDX-License-Identifier: BSD-2-Clause
 * Keyed MACs for the integ and prf tables: HMAC (RFC 2104), AES-XCBC-MAC
 * (RFC 3566), AES-CMAC (RFC 4493). Only this room includes it. */
#ifndef IKAT_CRYPTO_MAC_H
#define IKAT_CRYPTO_MAC_H

#include "ipsec/crypto/crypto.h"

enum mac_kind { MAC_HMAC, MAC_XCBC, MAC_CMAC };
enum { MAC_MAX = 64 };

struct mac;

/* algorithm: a digest for HMAC, a cipher in CBC mode for the others, whose key
 * must then have the cipher's length. NULL with an error. The key is not kept. */
struct mac *mac_new(struct crypto *c, enum mac_kind kind, const char *algorithm,
		    struct span key, struct err *e);
void mac_free(struct mac *m);

size_t mac_size(const struct mac *m);	/* octets of output */

/* The MAC of the parts one after the other, mac_size octets. As often as wanted. */
bool mac_run(struct mac *m, const struct span *parts, size_t count,
	     uint8_t out[MAC_MAX]) MUST_CHECK;

#endif
