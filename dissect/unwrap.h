/* SPDX-License-Identifier: BSD-2-Clause
 * A packet without its protection: ESP, AH, UDP and TCP encapsulation and IPComp
 * taken off a packet that was opened, what was inside made a packet of its own. */
#ifndef IKAT_DISSECT_UNWRAP_H
#define IKAT_DISSECT_UNWRAP_H

#include "ipsec/ike/session.h"
#include "ipsec/wire/packet.h"

enum unwrap {
	UNWRAP_CLOSED,		/* nothing of it was opened: left as it is */
	UNWRAP_OPENED,
	UNWRAP_DUMMY,		/* opened, and there is nothing inside (RFC 4303, 2.6) */
	UNWRAP_IMPOSSIBLE,	/* opened, but what was inside makes no packet: left as it is */
};

enum {
	/* Link layer, headers and what an IP packet can hold, with room to spare. */
	UNWRAP_MAX = 1 << 18,
};

struct unwrapped {
	struct span octets;	/* the frame; in the caller's buffer */
	uint32_t ip;		/* where in it the IP packet begins */
	unsigned levels;	/* ESP and AH headers that were taken off */
	uint64_t reassembled;	/* bit n: fragments were put together with n levels off */
};

/* Link layers stay, with the number of what they carry set right. Tunnel mode:
 * the inner packet, octet by octet. Transport and BEET mode: the outer headers
 * with the inner payload, lengths and numbers of the headers and the IPv4
 * checksum made right; behind UDP or TCP encapsulation and in BEET mode, where
 * addresses are not those of the sender, also the checksums of UDP and TCP. Takes
 * off as many protections as were opened, one inside the other.
 *
 * An IP packet in an SA whose key says transport mode is that of a tunnel which
 * the SA protects, and keeps the outer header; unless the session (or NULL) saw
 * tunnel mode negotiated: with IPComp, Linux says so of the packets that it left
 * uncompressed (RFC 3173, 2.2). */
enum unwrap unwrap_packet(const struct packet *p, const struct ike_session *session,
			  uint8_t out[UNWRAP_MAX], struct unwrapped *u);

#endif
