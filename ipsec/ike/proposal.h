/* SPDX-License-Identifier: BSD-2-Clause
 * What was chosen, and how offers and answers differ: the SA payloads of both
 * IKE versions, compared transform by transform (RFC 7296, 2.7 and 3.3), and
 * traffic selectors (2.9). Texts are for people; they go into the arena. */
#ifndef IKAT_IKE_PROPOSAL_H
#define IKAT_IKE_PROPOSAL_H

#include "ipsec/ike/node.h"

/* Bits of `has`. */
enum {
	CHOICE_ENCR = 1 << 1, CHOICE_PRF = 1 << 2, CHOICE_INTEG = 1 << 3, CHOICE_KE = 1 << 4,
	CHOICE_SN = 1 << 5,
};
enum { IKE_PROTOCOL_IKE = 1, IKE_PROTOCOL_AH = 2, IKE_PROTOCOL_ESP = 3 };	/* RFC 7296, 3.3.1 */

/* One transform of each type, with IKEv2's numbers. */
struct ike_choice {
	uint8_t has;
	uint8_t protocol;		/* 1 IKE, 2 AH, 3 ESP */
	uint16_t encr, encr_bits, prf, integ, ke, esn;	/* encr_bits 0: no Key Length attribute */
	uint16_t addke;			/* how many additional key exchanges (RFC 9370) */
	uint8_t spi_size;
	uint8_t spi[8];
};

/* Reads the (first) proposal of an answer's SA payload (IKEv2). False when it has
 * none; `out` then is zero. Of several transforms of a type the first counts. */
bool ike_choice_read(const struct node *sa, struct ike_choice *out);
/* "AES_CBC 256 / HMAC_SHA2_256_128 / PRF_HMAC_SHA2_256 / MODP_2048"; "" if nothing. */
const char *ike_choice_text(const struct ike_choice *c, struct arena *a);

/* Is every transform of the answer one of one proposal of the offer, one for each
 * type (RFC 7296, 2.7 and 3.3)? NULL, or what is not, in a sentence. */
const char *ike_answer_wrong(const struct node *offer, const struct node *answer, struct arena *a);
/* The same, and the requirement id that is not kept. */
const char *ike_answer_rule(const struct node *offer, const struct node *answer, struct arena *a,
			    const char **rule);
/* All that an SA payload offers, type by type, short: "AES_CBC 128|256 /
 * HMAC_SHA2_256_128 / ...; or ..."; long ones end with "and N more". */
const char *ike_offer_text(const struct node *sa, struct arena *a);
/* Which types of transforms keep two offers apart: for each type that no proposal
 * pair shares, what the one (the initiator's) and what the other (the responder's)
 * has. NULL when they do meet, or are too long to tell. For captures in which both
 * sides show their offers (each initiated once, or a refusal was followed by the
 * other side's own request). */
const char *ike_offers_differ(const struct node *one, const struct node *other, struct arena *a);

/* The TSi or TSr payload as text: "10.1.0.0/16", "192.0.2.1 udp/500", several with ", "
 * (at most 8, then "and N more"). */
const char *ike_ts_text(const struct node *ts, struct arena *a);
/* Is each selector of the answer inside of one of the request (RFC 7296, 2.9)? Of
 * each payload the first 255 count, as many as it can announce. */
bool ike_ts_inside(const struct node *request, const struct node *answer);

#endif
