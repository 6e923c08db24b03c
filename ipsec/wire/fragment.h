/* SPDX-License-Identifier: BSD-2-Clause
 * Puts fragments of IP datagrams together, in any order (RFC 791, 3.2;
 * RFC 8200, 4.5; RFC 5722). Memory is bounded: FRAGMENT_DATAGRAMS unfinished
 * ones of at most 64 KiB each; the oldest is given up for a new one, with a
 * finding, and each is forgotten some time after its first fragment (by the
 * capture's clock). */
#ifndef IKAT_WIRE_FRAGMENT_H
#define IKAT_WIRE_FRAGMENT_H

#include "ipsec/wire/packet.h"

enum {
	FRAGMENT_DATAGRAMS = 64,
	FRAGMENT_PARTS = 1024,		/* of one datagram */
	FRAGMENT_OCTETS = 65535,	/* of one datagram, with its header */
	FRAGMENT_HEADER = 256,		/* of what stands before the fragmentable part */
	FRAGMENT_SECONDS_V4 = 30,	/* RFC 791, 3.2: an hour glass of 15 s upwards */
	FRAGMENT_SECONDS_V6 = 60,	/* RFC 8200, 4.5 */
};

struct fragment {
	struct addr src, dst;
	uint32_t id;
	uint8_t protocol;	/* IPv6: 0, it is not part of the key there */
	bool more;
	uint32_t offset;	/* octets */
	struct span header;	/* what the datagram begins with; used where offset is 0 */
	struct span data;
};

struct fragments;

struct fragments *fragments_new(void);
void fragments_free(struct fragments *f);	/* NULL is nothing */

/* Takes a fragment whose octets are all there. True when it completes its
 * datagram: *whole is the first fragment's header and all the data, in p's
 * arena and the caller's to patch, and p->reassembled_from names the frames.
 * What is wrong with the fragment becomes a finding of p. */
bool fragments_add(struct fragments *f, struct packet *p, const struct fragment *part,
		   struct span *whole, uint8_t **header);

#endif
