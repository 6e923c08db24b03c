/* SPDX-License-Identifier: BSD-2-Clause
 * What the session remembers of an IKEv2 SA beyond what it tells: messages until
 * they are answered or verified, nonces until the keys are derived. */
#ifndef IKAT_IKE_SESSION_STATE_H
#define IKAT_IKE_SESSION_STATE_H

#include "ipsec/ike/session_private.h"

/* Octets on the heap, counted in the session's budget. */
struct kept {
	uint8_t *p;
	size_t n;
	uint32_t first;		/* type of the first payload, for chains */
};

/* Messages that AUTH covers, and the chains of the first IKE_AUTH exchange. */
enum { KEPT_INIT_I, KEPT_INIT_R, KEPT_AUTH_I, KEPT_AUTH_R, KEPT_NONCE_I, KEPT_NONCE_R, KEPT };
enum { KEPT_ONE_MAX = 16 * 1024, KEPT_ALL_MAX = 64 * 1024 * 1024 };
enum { PENDING_MAX = 2,		/* requests of one side that wait for an answer */
       PRINTS_MAX = 12 };	/* recent messages, to know one that is sent again */

struct pending {
	bool open, complete;	/* complete: its payloads are in chain, or it stayed closed */
	bool answered;		/* by something that anybody can send */
	uint8_t exchange;
	uint32_t id;
	uint64_t frame;
	struct kept chain;
};

struct print {
	uint64_t hash, frame;
};

/* What one host offered to another in IKE_SA_INIT: where each began once, a refusal
 * can be explained by the difference. */
struct offer {
	struct addr from, to;
	struct kept sa;			/* the SA payload, as a chain of one */
	uint64_t refused;		/* serial of the IKE SA that was refused; 0 */
};
enum { OFFERS_KEPT_MAX = 64, OFFER_OCTETS_MAX = 4096 };

/* Message IDs that were taken: an old message again does nothing. */
struct id_window {
	uint64_t bits;		/* bit n: top - n was */
	uint32_t top;
};

enum sa_list { LIST_HALF, LIST_OPEN, LIST_CLOSED, LISTS };	/* half: no answer yet */

struct sa_block {
	struct sa_block *next;
	max_align_t octets[];
};

struct ike_sa_state {
	struct kept kept[KEPT];
	struct pending pending[2][PENDING_MAX];
	struct print prints[PRINTS_MAX];
	uint32_t print_next;
	struct sa_block *blocks;		/* ike_sa_alloc() */
	struct ike_child **children_last;
	uint32_t child_count;
	uint8_t intauth[2][IKE_HASH_MAX];	/* RFC 9242, 3.3.2, by side */
	size_t intauth_size[2];
	uint32_t intauth_count[2];		/* messages in it: their IDs are 1 to this */
	struct id_window done[2][2];		/* by side, and request or response */
	uint16_t private_tries;			/* exponentiations for secrets that name this SA */
	struct span ppk;			/* the one whose AUTH was right; in the store */
	struct rules_asked *asked;			/* session_rules_init.c: what the responder wants first */
	bool disagree_told, closed_told;
	bool swapped;				/* its initiator is the responder of the one it replaces */
	/* lists, by last activity: the newest first */
	enum sa_list list;
	struct ike_sa *newer, *older;
	struct ike_sa *all_prev;
	struct ike_sa *heirs, *sibling;		/* all that claim to replace it */
};

struct session_tables {
	struct ike_sa **slots;		/* by SPIi */
	size_t slot_count;
	size_t count[LISTS];
	struct ike_sa *newest[LISTS], *oldest[LISTS];
	struct ike_sa *first, *last;	/* all, by serial */
	struct ike_sa *busy;		/* whose message is being taken: it stays */
	struct ike_sa *grave;		/* forgotten, to be freed with the next frame ... */
	uint64_t frame;			/* ... after this one */
	struct ike_child **spis;	/* CHILD SAs by protocol and SPI */
	size_t spi_slots, spi_count;
	size_t kept;			/* octets in struct kept */
	struct offer offers[OFFERS_KEPT_MAX];
	uint32_t offer_next;
	uint64_t seen, forgotten;
};

/* ---- session_tables.c ---- */
void session_tables_new(struct ike_session *s);
void session_tables_free(struct ike_session *s);
void session_bury(struct ike_session *s, uint64_t frame);
void session_list_move(struct session_tables *t, struct ike_sa *sa, enum sa_list list);
/* The SA of a message. One without SPIr is the first of its SA, or one of the
 * hosts' that have no SPIr yet: its first answer brings it. NULL: not known. */
struct ike_sa *session_sa_find(struct ike_session *s, const uint8_t spis[16],
			       const struct ike_place *at);
void kept_set(struct ike_session *s, struct kept *k, struct span octets, uint32_t first);
void kept_drop(struct ike_session *s, struct kept *k);
/* Decodes a kept chain into the packet's arena; NULL if there is none. */
const struct node *kept_chain(struct ike_work *w, const struct kept *k);
/* A new IKE SA of this SPI pair; NULL over a limit. */
struct ike_sa *session_sa_new(struct ike_session *s, const uint8_t spis[16], int version);
void session_sa_replaced(struct ike_sa *old, struct ike_sa *by);
/* It ended, in whatever way: first to go when memory is short. */
void session_sa_closed(struct ike_session *s, struct ike_sa *sa);
/* ---- session.c ---- */
/* The request of side `from` with this message ID that waits for its answer; NULL. */
struct pending *pending_find(struct ike_sa *sa, enum ike_side from, uint32_t id);
static inline enum ike_side other_side(enum ike_side s)
{
	return s == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
}
/* What `side` of sa is called in an SA that it took the place of, directly or not. */
static inline enum ike_side side_in(const struct ike_sa *older, const struct ike_sa *sa,
				    enum ike_side side)
{
	for (int depth = 0; sa && sa != older && depth < 64; depth++, sa = sa->replaces)
		side = sa->state->swapped ? other_side(side) : side;
	return side;
}
/* First error notify (types below 16384) in a chain; NULL. */
const struct node *notify_error(const struct node *chain);
void session_fail(struct ike_work *w, uint16_t notify, const char *evidence);
/* What a chain's notifications and vendor IDs announce, IKE_CAN_... */
uint32_t session_announced(const struct node *chain);

/* The place of the offers between two hosts, in this direction; NULL. */
struct offer *offer_find(struct ike_session *s, const struct addr *from, const struct addr *to);
struct offer *offer_new(struct ike_session *s);
/* The IKE SA of this serial number, if it is a recent one; NULL. */
struct ike_sa *session_sa_serial(struct ike_session *s, uint64_t serial);

/* ---- one for each exchange: the request when it comes, the response with the
 * request's chain (NULL if it is not in the capture or stayed closed) ---- */
void init_request(struct ike_work *w);
void init_response(struct ike_work *w, const struct node *request);
void auth_request(struct ike_work *w);
void auth_response(struct ike_work *w, const struct node *request);
void intermediate_message(struct ike_work *w);
void child_request(struct ike_work *w);
void child_response(struct ike_work *w, const struct node *request);
void informational_request(struct ike_work *w);
void informational_response(struct ike_work *w, const struct node *request);
/* Made, or refused, by the exchange that ended with this response. */
void child_made(struct ike_work *w, const struct node *request, const struct node *response);
/* Their packets have other addresses from now on. */
void children_moved(struct ike_work *w);

/* ---- session_keys.c ---- */
struct key_exchange {
	const struct group *group;	/* NULL: no KE in this exchange */
	struct span public[2];		/* KEi, KEr */
	struct span nonce[2];
};
/* Reads KE and nonces of both chains. */
bool key_exchange_read(const struct node *request, const struct node *response,
		       struct key_exchange *x);
/* IKE_SA_INIT is complete: rows for w->sa, the ICV of later messages decides. */
void keys_init(struct ike_work *w, const struct key_exchange *x);
/* CREATE_CHILD_SA that rekeys w->sa into `next`. */
void keys_rekey(struct ike_work *w, struct ike_sa *next, const struct key_exchange *x);
void keys_child(struct ike_work *w, struct ike_child *c, const struct key_exchange *x);
/* The same keys for the addresses that the CHILD SA has now. */
void keys_child_moved(struct ike_session *s, struct ike_child *c);
/* The message was opened: other rows that said something else are told of. */
void keys_opened(struct ike_work *w);
/* The message stayed closed: says once what is missing. */
void keys_closed(struct ike_work *w);
/* SK_d of the SA: derived, given, or changed by a PPK; returns how many. */
enum { SK_D_MAX = 8 };
struct sk_d {
	struct span octets;
	struct origin origin;
	bool guess;
};

#endif
