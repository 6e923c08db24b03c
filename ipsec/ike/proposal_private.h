/* SPDX-License-Identifier: BSD-2-Clause
 * Between proposal.c and proposal_offer.c: transforms as plain numbers, and lists
 * of them as text. */
#ifndef IKAT_IKE_PROPOSAL_PRIVATE_H
#define IKAT_IKE_PROPOSAL_PRIVATE_H

#include "ipsec/base/text.h"
#include "ipsec/ike/payload.h"
#include "ipsec/ike/proposal.h"

struct transform {
	uint16_t id, bits;	/* bits 0: no Key Length */
	uint8_t type;
	uint8_t others;		/* attributes that are no Key Length */
};

struct transform transform_read(const struct node *n);
bool transform_equal(struct transform a, struct transform b);
/* "encryption", "key exchange method" */
const char *transform_type_name(uint8_t type, struct arena *a);

/* Types that a proposal may leave out: that says NONE (RFC 7296, 3.3.3). */
static inline bool transform_is_optional(uint8_t type)
{
	return type == TYPE_INTEG || type == TYPE_KE ||
	       (type >= TYPE_ADDKE1 && type <= TYPE_ADDKE7);
}

/* The first proposal of an IKEv2 SA payload; NULL for anything else. */
const struct node *proposal_first(const struct node *sa);
const char *proposal_protocol(uint64_t protocol, struct arena *a);
/* The text as a string in the arena; frees it. */
const char *proposal_text(struct text *t, struct arena *a);

/* Transforms of one type, "AES_CBC 128|256, AES_GCM_16 128". */
struct listing {
	struct text text;
	struct transform last;
	unsigned count, left_out;
};
void listing_add(struct listing *l, struct transform t);
const char *listing_end(struct listing *l, struct arena *a);	/* "none" */
/* Those of a proposal. */
const char *proposal_list(const struct node *p, uint8_t type, struct arena *a);

#endif
