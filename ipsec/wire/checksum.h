/* SPDX-License-Identifier: BSD-2-Clause
 * The Internet checksum (RFC 1071) and the pseudo headers it covers for TCP,
 * UDP, ICMPv6 (RFC 9293, 3.1; RFC 768; RFC 8200, 8.1).
 *
 * A sum is opaque: begin with 0, add spans, fold. Every span but the last must
 * have an even number of octets. */
#ifndef IKAT_WIRE_CHECKSUM_H
#define IKAT_WIRE_CHECKSUM_H

#include "ipsec/sa/addr.h"

uint64_t checksum_add(uint64_t sum, struct span s);
/* src and dst are of one family. length: octets of the upper-layer packet. */
uint64_t checksum_pseudo(const struct addr *src, const struct addr *dst,
			 uint8_t protocol, uint32_t length);
/* Whether `words` 32-bit words, a short header with its checksum, are right. */
static inline bool checksum_words_good(const uint8_t *p, unsigned words)
{
	uint64_t sum = 0;
	for (; words; words--, p += 4) {
		uint32_t w;
		memcpy(&w, p, sizeof w);
		sum += w;
	}
	return sum != 0 && sum % 0xffff == 0;
}

/* The complement of the sum, as it stands in a header; 0 when the octets summed
 * up held a right checksum. */
uint16_t checksum_fold(uint64_t sum);
/* The sum itself, not complemented: what a sender that leaves the rest to its
 * interface puts into the header (a partial checksum). */
uint16_t checksum_partial(uint64_t sum);

/* Computes anew, in place, the checksums of an IP packet: the IPv4 header's and
 * that of a TCP, UDP, ICMP or ICMPv6 packet right behind it (IPv6: behind
 * extension headers). Lengths must be right already. A zero UDP checksum over
 * IPv4 stays zero; fragments and what is too short stay as they are. False when
 * the octets are no IP packet. */
bool checksum_update(uint8_t *packet, size_t n);

#endif
