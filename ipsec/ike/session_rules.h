/* SPDX-License-Identifier: BSD-2-Clause
 * Between session_rules.c, session_rules_init.c and session_rules_child.c. */
#ifndef IKAT_IKE_SESSION_RULES_H
#define IKAT_IKE_SESSION_RULES_H

#include "ipsec/crypto/prf.h"
#include "ipsec/ike/session_state.h"

enum { EXCHANGE_INIT = 34, EXCHANGE_AUTH = 35, EXCHANGE_CHILD = 36, EXCHANGE_INFORMATIONAL = 37,
       EXCHANGE_INTERMEDIATE = 43 };
enum { RULE_IDI = 35, RULE_IDR = 36, RULE_AUTH = 39, RULE_DELETE = 42, RULE_VENDOR = 43,
       RULE_TSI = 44, RULE_TSR = 45, RULE_CP = 47, RULE_EAP = 48 };	/* payload types */
enum {	/* notifications */
	N_INVALID_IKE_SPI = 4, N_INVALID_MAJOR_VERSION = 5, N_INVALID_MESSAGE_ID = 9,
	N_INVALID_SPI = 11, N_NO_PROPOSAL_CHOSEN = 14, N_INVALID_KE_PAYLOAD = 17,
	N_SINGLE_PAIR_REQUIRED = 34, N_INTERNAL_ADDRESS_FAILURE = 36, N_FAILED_CP_REQUIRED = 37,
	N_TS_UNACCEPTABLE = 38, N_ERRORS_END = 16384,
	N_INITIAL_CONTACT = 16384, N_IPCOMP_SUPPORTED = 16387, N_NAT_SOURCE = 16388,
	N_NAT_DESTINATION = 16389, N_COOKIE = 16390, N_USE_TRANSPORT_MODE = 16391,
	N_REKEY_SA = 16393, N_MOBIKE_SUPPORTED = 16396, N_UPDATE_SA_ADDRESSES = 16400,
	N_REDIRECT_SUPPORTED = 16406, N_REDIRECT = 16407, N_MESSAGE_ID_SYNC_SUPPORTED = 16420,
	N_FRAGMENTATION_SUPPORTED = 16430, N_INTERMEDIATE_SUPPORTED = 16438,
};

/* What the responder asked for, until the next request shows whether it is done. */
struct rules_asked {
	uint16_t notify;		/* COOKIE, INVALID_KE_PAYLOAD; 0: nothing */
	uint16_t cookie_size;
	uint8_t cookie[64];
	uint8_t rest[32];		/* hash of the request without its cookie */
	uint64_t offers;		/* sum over its transforms, in any order */
};

#define RULE(w, severity, id, node, ...) \
	finding_add((w)->fs, SEVERITY_##severity, (id), (node) ? (node)->offset : 0, __VA_ARGS__)

static inline uint16_t rules_notify_type(const struct node *n)
{
	return n->number == PAYLOAD_NOTIFY ? (uint16_t)node_uint(n, NOTIFY_TYPE, 0) : 0;
}

static inline uint64_t rules_exchange(const struct ike_work *w)
{
	return node_uint(w->m->header, IKE_EXCHANGE, 0);
}

static inline const char *rules_side(enum ike_side s)
{
	return s == IKE_INITIATOR ? "initiator" : "responder";
}

/* A group's name, in the arena. */
const char *rules_group(unsigned group, struct arena *a);
/* Is a transform of this type and ID among the proposals? */
bool rules_offers(const struct node *sa, uint8_t type, uint16_t id);
/* The first error notification; NULL. */
const struct node *rules_error(const struct node *chain);
/* The KE payload of a message: its group is in the SA payload beside it, its value
 * is one that may be used. */
void rules_ke(struct ike_work *w, const struct node *sa, const struct node *ke);
/* A nonce is at least half as long as the PRF's key. */
void rules_nonce(struct ike_work *w, const struct node *nonce, unsigned prf, enum ike_side from);
/* An answer is one of the offers. */
void rules_answer(struct ike_work *w, const struct node *offer, const struct node *answer);

#endif
