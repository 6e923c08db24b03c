/* SPDX-License-Identifier: BSD-2-Clause
 * The inside of struct wire, for the layers of this room only. */
#ifndef IKAT_WIRE_WIRE_PRIVATE_H
#define IKAT_WIRE_WIRE_PRIVATE_H

#include "ipsec/wire/packet.h"

struct fragments;
struct copies;
struct esp_nulls;
struct tcp_streams;

struct wire {
	struct wire_options options;
	struct crypto *crypto;
	struct sadb *sadb;
	struct ike_session *session;
	struct fragments *fragments;	/* IP datagrams being put together */
	struct copies *copies;		/* recent packets, to know copies of other interfaces */
	struct tcp_streams *streams;	/* TCP that may carry IKE and ESP */
	struct esp_nulls *nulls;	/* guesses for SAs without keys; NULL: none are made */
	struct wire_counts counts;
};

#endif
