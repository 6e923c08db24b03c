/* SPDX-License-Identifier: BSD-2-Clause
 * What ESP and AH have in common: the SA, candidates among its keys, extended
 * sequence numbers, the replay window, and what follows once a packet is open. */
#ifndef IKAT_WIRE_PROTECT_H
#define IKAT_WIRE_PROTECT_H

#include "ipsec/wire/layers.h"

/* Fills a job for the packet's last layer with one key. False when the packet
 * is too short for the key's IV and ICV, or its field has another length. */
typedef bool protect_fill(struct packet *p, const struct layer *l, struct cipher *k,
			  uint32_t seq_high, bool esn, struct cipher_job *job);

/* Begins an ESP or AH layer that was pushed, with spi and seq read: finds the
 * SA and prepares p->job, or sets p->ordered, or p->done when it stays closed. */
void protect_begin(struct wire *w, struct packet *p);

/* The last layer has not got the octets of its header: the packet ends with it,
 * bad unless it is the capture that cut it. */
void protect_short(struct wire *w, struct packet *p, const char *rule, size_t needs);

/* Takes the opened job of the packet's last layer: candidates, replay window,
 * counters; then moves the read head to what is inside. */
void protect_commit(struct wire *w, struct packet *p);

/* The mode of a packet whose payload is known: IP inside means a tunnel, unless
 * the key says that it was a host's own IP-in-IP. IPComp hides what it carries;
 * its own next header tells. */
enum sa_mode protect_mode(const struct esp_info *i);

/* esp.c and ah.c */
bool esp_fill(struct packet *p, const struct layer *l, struct cipher *k,
	      uint32_t seq_high, bool esn, struct cipher_job *job);
bool ah_fill(struct packet *p, const struct layer *l, struct cipher *k,
	     uint32_t seq_high, bool esn, struct cipher_job *job);
/* Does the decrypted text end in a trailer that a sender would write? */
bool esp_plausible(struct span plain);
void esp_inside(struct packet *p, struct layer *l, const struct cipher_job *job);
void ah_inside(struct packet *p, struct layer *l);
/* What the payload begins with: its next header, or what BEET mode has before it. */
static inline void protect_next(struct packet *p, const struct esp_info *i)
{
	packet_next(p, SPACE_PROTOCOL, i->next_header);
	if (i->mode == SA_MODE_BEET && i->next_header == PROTOCOL_BEETPH)
		packet_next(p, SPACE_LAYER, LAYER_BEETPH);
}

#endif
