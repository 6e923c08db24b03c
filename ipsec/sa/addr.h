/* SPDX-License-Identifier: BSD-2-Clause
 * An IP address, or a pattern of addresses. */
#ifndef IKAT_SA_ADDR_H
#define IKAT_SA_ADDR_H

#include "ipsec/base/span.h"

struct addr {
	uint8_t family;		/* 4, 6, or 0: none (as a pattern: any) */
	uint8_t b[16];		/* IPv4: the first 4, the others zero */
};

struct addr_pattern {
	struct addr addr;
	uint8_t bits;		/* that must agree, from the front; family 0: any address */
};

static inline size_t addr_size(const struct addr *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof a->b) == 0;
}

struct addr addr_of(uint8_t family, const uint8_t *b);	/* b: 4 or 16 octets */
bool addr_matches(const struct addr_pattern *p, const struct addr *a);
/* "192.0.2.1", "2001:db8::1"; no names. False if it is neither. */
bool addr_parse(struct span text, struct addr *a);
/* Also "*", "192.0.2.*", "192.0.2.0/24", "2001:db8::/32" and "any" (all); Wireshark's
 * "192.0.2.*" style wildcards stand for whole trailing parts only. */
bool addr_pattern_parse(struct span text, struct addr_pattern *p);

#endif
