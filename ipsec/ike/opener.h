/* SPDX-License-Identifier: BSD-2-Clause
 * Opens the encrypted messages of many IKE SAs with the keys of a store, and
 * puts the fragments of RFC 7383 together. Bounded memory: the oldest unfinished
 * message is given up when a limit is reached, with a finding. */
#ifndef IKAT_IKE_OPENER_H
#define IKAT_IKE_OPENER_H

#include "ipsec/ike/message.h"
#include "ipsec/sa/sa.h"

enum {
	IKE_FRAGMENTED_MAX = 64,		/* messages being put together at a time */
	IKE_FRAGMENTS_MAX = 1024,		/* fragments of one message */
	IKE_FRAGMENTED_OCTETS = 256 * 1024,	/* plain octets of one message */
};

struct ike_opener;

struct ike_opener *ike_opener_new(struct keystore *keys, struct crypto *crypto);
void ike_opener_free(struct ike_opener *o);

/* Looks for a key of the message's SPI pair (several may be given: the ICV
 * decides); if none works, tries the rows that have not opened anything yet.
 * Then, for a fragment: keeps its octets, and for the one that completes the
 * message sets m->inner (and m->plain) to the whole message's. Without any key
 * icv stays unchecked; with keys for this SPI pair that all fail it is bad.
 * IKEv1 messages are left as they are. */
void ike_opener_open(struct ike_opener *o, struct ike_message *m,
		     struct arena *a, struct findings *fs);

#endif
