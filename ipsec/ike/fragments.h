/* SPDX-License-Identifier: BSD-2-Clause
 * Puts the fragments of IKE messages together, RFC 7383, 2.6. Its limits are in
 * opener.h. There is no clock: instead of a timeout the oldest set is given up. */
#ifndef IKAT_IKE_FRAGMENTS_H
#define IKAT_IKE_FRAGMENTS_H

#include "ipsec/ike/message.h"

struct ike_fragments;

struct ike_fragments *ike_fragments_new(void);
void ike_fragments_free(struct ike_fragments *f);
/* Adds a decrypted fragment; when it completes the message, sets m->plain and
 * m->inner to the whole message's. m->plain is copied. */
void ike_fragments_add(struct ike_fragments *f, struct ike_message *m, struct arena *a,
		   struct findings *fs);

#endif
