/* SPDX-License-Identifier: BSD-2-Clause
 * One packet seen on two interfaces of one capture (`tcpdump -i any`): the same
 * octets from the IP header on, another cooked link header, nearly the same
 * time. A replayed packet differs: it comes later, or over the same link. */
#ifndef IKAT_WIRE_COPIES_H
#define IKAT_WIRE_COPIES_H

#include "ipsec/wire/packet.h"

struct copies;

struct copies *copies_new(void);
void copies_free(struct copies *c);
/* The number of the frame that p is a copy of, or 0; remembers p. To be called
 * when the link layer was read and nothing else. Only cooked link types (SLL,
 * SLL2) tell interfaces apart, other packets cost nothing. */
uint64_t copies_find(struct copies *c, const struct packet *p);

#endif
