/* SPDX-License-Identifier: BSD-2-Clause
 * The inside of struct wire, for the layers of this room only. */
#ifndef IKAT_WIRE_WIRE_PRIVATE_H
#define IKAT_WIRE_WIRE_PRIVATE_H

#include "ipsec/wire/packet.h"

struct fragments;
struct copies;

struct wire {
	struct wire_options options;
	struct crypto *crypto;
	struct sadb *sadb;
	struct ike_opener *opener;
	struct fragments *fragments;	/* IP datagrams being put together */
	struct copies *copies;		/* recent packets, to know copies of other interfaces */
	struct wire_counts counts;
};

#endif
