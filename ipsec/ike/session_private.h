/* SPDX-License-Identifier: BSD-2-Clause
 * Between the files of the session: session.c finds SAs and pairs messages,
 * session_init.c, session_auth.c, session_child.c follow the exchanges,
 * session_keys.c derives, session_rules.c judges, ikev1_session.c does all of it
 * for IKEv1. */
#ifndef IKAT_IKE_SESSION_PRIVATE_H
#define IKAT_IKE_SESSION_PRIVATE_H

#include "ipsec/ike/auth.h"
#include "ipsec/ike/opener.h"
#include "ipsec/ike/payload.h"
#include "ipsec/ike/session.h"

/* One message at work. */
struct ike_work {
	struct ike_session *s;
	struct ike_sa *sa;
	struct ike_message *m;
	struct ike_turn *turn;		/* = m->turn */
	const struct ike_place *at;
	struct arena *a;		/* the packet's */
	struct findings *fs;
};

/* What the IKEv1 SAs of a session share (ikev1_session.c). */
enum { IKEV1_GATHERING_MAX = 16, IKEV1_PEERS = 256 };
struct ikev1_shared {
	struct ike_sa *gathering[IKEV1_GATHERING_MAX];	/* fragments of one message each */
	uint32_t gathering_next;
	struct ike_sa *latest[IKEV1_PEERS];	/* by peers' addresses: the last established */
	uint32_t strangers;			/* SAs that no secret opened */
};

struct ike_session {
	struct keystore *keys;
	struct crypto *crypto;
	struct ike_opener *opener;
	struct ike_session_limits limits;
	bool keys_added;
	uint32_t private_tries, guesses;	/* see session_keys.c */
	uint32_t public_checks;		/* of public values; see session_rules.c */
	struct ikev1_shared v1;
	struct session_tables *tables;	/* session.c's own */
};

/* ---- memory of one IKE SA: freed with it ---- */
void *ike_sa_alloc(struct ike_sa *sa, size_t n);	/* zeros; never NULL */
const char *ike_sa_text(struct ike_sa *sa, const char *text);	/* a copy; NULL for NULL */
const char *ike_sa_printf(struct ike_sa *sa, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- for all versions ---- */

/* A new CHILD SA of sa, at the end of its list; NULL over IKE_CHILDREN_MAX. */
struct ike_child *session_child_new(struct ike_session *s, struct ike_sa *sa);
/* `by` takes the place of `old`; the first that does is its heir. */
void session_child_replaced(struct ike_child *old, struct ike_child *by);
/* Once protocol, SPIs and addresses are known: packets will find it. */
void session_child_index(struct ike_session *s, struct ike_child *c);
/* Adds the ESP or AH keys of one direction: `to` receives with its SPI. The
 * KEYMAT's part is encr key (with salt), then integ key (RFC 7296, 2.17). False if
 * the algorithms are unknown. */
struct child_key {
	struct span part;
	struct origin from;		/* the secret that it comes from, with `how` */
	bool guess;			/* as in struct sa_key */
};
bool session_child_key(struct ike_session *s, struct ike_child *c, enum ike_side to,
		       const struct child_key *k);
/* Octets of KEYMAT for one direction; 0 when an algorithm is not known. */
size_t session_child_key_size(const struct ike_child *c);
/* The child with this SPI as either end's; NULL. */
struct ike_child *session_child_find(struct ike_sa *sa, uint8_t protocol, uint32_t spi);

/* First payload of this type in a chain from n on, n included; NULL. */
const struct node *payload_find(const struct node *n, uint32_t type);
/* First NOTIFY of this type from n on (IKEv2); NULL. */
const struct node *notify_find(const struct node *n, uint16_t type);
/* What a message says: inside where that is encrypted (NULL if nothing is in there,
 * as in a liveness check, or it stayed closed), else in clear. */
static inline const struct node *message_chain(const struct ike_message *m)
{
	return m->sk || m->inner ? m->inner : m->payloads;
}

/* To know a message that comes again. */
uint64_t session_octets_hash(struct span s);
/* The finding is also what the ladder says. */
void session_say(struct ike_work *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- ikev1_session.c ---- */
/* Opens and follows an IKEv1 message: w->sa and w->turn (from, only) are set, the
 * rest of the turn is for it to fill. */
void ikev1_take(struct ike_work *w);
/* Opens the copy of a message that was taken before, and nothing else. */
void ikev1_copy(struct ike_work *w, struct ike_sa *sa);
void ikev1_state_free(struct ikev1_state *v1);

/* ---- session_rules.c: passive checks with requirement ids; findings only ---- */
void session_rules_init_request(struct ike_work *w);	/* IKE_SA_INIT */
void session_rules_init_response(struct ike_work *w, const struct node *request);
void session_rules_message(struct ike_work *w);		/* any, once open */
void session_rules_child(struct ike_work *w, const struct node *request, const struct node *response);

#endif
