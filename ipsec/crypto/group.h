/* SPDX-License-Identifier: BSD-2-Clause
 * Key exchange methods (IKEv2 transform type 4): sizes, checks of the peer's
 * public value (RFC 6989), shared secrets. */
#ifndef IKAT_CRYPTO_GROUP_H
#define IKAT_CRYPTO_GROUP_H

#include "ipsec/crypto/crypto.h"

enum group_kind {
	GROUP_KIND_UNSUPPORTED,
	GROUP_KIND_NONE,
	GROUP_KIND_MODP,	/* safe prime: 1 < y < p-1 is enough (RFC 6989, 2.1) */
	GROUP_KIND_MODP_SUBGROUP,	/* RFC 5114: y^q = 1 too (RFC 6989, 2.2) */
	GROUP_KIND_ECP,		/* public value x | y, on the curve (RFC 6989, 2.3); secret x */
	GROUP_KIND_MONTGOMERY,	/* RFC 8031 */
};

enum { GROUP_PUBLIC_MAX = 1024, GROUP_SHARED_MAX = 1024 };

struct group {
	uint16_t id;
	const char *name;	/* the short form: MODP_2048, ECP_256, CURVE25519 */
	enum group_kind kind;
	uint16_t public_size;	/* octets of the public value, both directions */
	uint16_t shared;	/* octets of the shared secret */
	const char *algorithm;	/* OpenSSL's group or curve name; NULL for primes of our own table */
	const char *p, *g, *q;	/* hexadecimal, for MODP groups that OpenSSL does not know */
	const char *why;	/* why unsupported */
};

extern CRYPTO_ROW struct group group_rows[];
extern const size_t group_count;

const struct group *group_find(unsigned id);
const struct group *group_by_name(struct span name);

/* NULL if the public value may be used; otherwise what is wrong with it, in a
 * few words with both numbers ("255 octets, needs 256", "not on the curve").
 * The text lives in `why`. */
const char *group_public_bad(struct crypto *c, const struct group *row,
			     struct span public_value, char why[80]);

/* The public value that belongs to a private one (big-endian number; for
 * Curve25519 and Curve448 the octets of RFC 7748). out: public_size octets. */
bool group_public(struct crypto *c, const struct group *row,
		  struct span private_value, uint8_t *out, struct err *e) MUST_CHECK;
/* The shared secret, row->shared octets. */
bool group_shared(struct crypto *c, const struct group *row,
		  struct span private_value, struct span peer_public,
		  uint8_t *out, struct err *e) MUST_CHECK;

#endif
