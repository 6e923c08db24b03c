/* SPDX-License-Identifier: BSD-2-Clause
 * IKE and ESP in TCP, RFC 9329. */
#ifndef IKAT_WIRE_TCP_ENCAP_H
#define IKAT_WIRE_TCP_ENCAP_H

#include "ipsec/wire/packet.h"

/* May the TCP segment that was pushed last, with its octets at the read head, be
 * part of such a stream? Then LAYER_IKETCP goes on. */
bool tcp_encap_wanted(struct wire *w, const struct packet *p);

#endif
