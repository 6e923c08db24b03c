/* SPDX-License-Identifier: BSD-2-Clause
 * The IKE SAs of a capture, followed from their first message to their end:
 * requests paired with responses (RFC 7296, 2.1 and 2.2), retransmissions,
 * rekeys, deletes, addresses that change; the CHILD SAs that each made; and
 * the keys of all of them, derived from whatever secret is there. IKEv1
 * (RFC 2409) is followed too, by ikev1_session.c.
 *
 * This records what was seen; judging and telling are done by others. A message
 * that stays closed tells nothing about what it did. */
#ifndef IKAT_IKE_SESSION_H
#define IKAT_IKE_SESSION_H

#include "ipsec/ike/message.h"
#include "ipsec/ike/proposal.h"
#include "ipsec/sa/sa.h"

enum ike_side { IKE_INITIATOR, IKE_RESPONDER };	/* of the IKE SA, unless said otherwise */

/* Where and when a message was seen. */
struct ike_place {
	uint64_t frame;
	int64_t seconds;
	uint32_t nanoseconds;
	struct addr src, dst;
	uint16_t sport, dport;	/* UDP or TCP */
	bool tcp;
	bool copy;		/* of another frame: to be opened, not followed */
	bool cut;		/* the capture does not hold all of it: nothing is believed but
				 * its header */
};

enum ike_outcome {
	IKE_INCOMPLETE,		/* the capture does not show how it ended */
	IKE_ESTABLISHED, IKE_FAILED,
	IKE_REKEYED,		/* another SA took its place */
	IKE_DELETED,
};
const char *ike_outcome_name(enum ike_outcome o);	/* "incomplete", "established", ... */

/* Why something was refused, or was given up. */
struct ike_reason {
	uint16_t notify;	/* the error's number; 0: none was seen */
	uint8_t version;	/* whose registry the number is of */
	enum ike_side by;	/* who said so */
	uint64_t frame;		/* where; 0: nobody did */
	/* What the capture shows about it, a sentence or several; NULL for nothing.
	 * "The initiator offers ENCR_AES_CBC with 128 bits, the responder ..." */
	const char *evidence;
};
/* IANA's name of a reason's notify, NULL for none. */
const char *ike_reason_name(const struct ike_reason *r);

enum auth_verdict { AUTH_UNCHECKED, AUTH_GOOD, AUTH_BAD };
const char *auth_verdict_name(enum auth_verdict v);	/* "unchecked", "good", "bad" */

/* What one end announced (notifications and vendor IDs), bits. */
enum {
	IKE_CAN_FRAGMENT = 1, IKE_CAN_MOBIKE = 2, IKE_CAN_INTERMEDIATE = 4, IKE_CAN_PPK = 8,
	IKE_CAN_CHILDLESS = 16, IKE_CAN_HASHES = 32, IKE_CAN_NATT = 64, IKE_CAN_DPD = 128,
	IKE_CAN_REDIRECT = 256, IKE_CAN_MULTIPLE_AUTH = 512,
};

/* One end of an IKE SA. Texts live as long as the SA. */
struct ike_end {
	struct addr addr;		/* the latest */
	uint16_t port;
	const char *id;			/* "moon.example.org", "C=CH, O=..."; NULL: not seen */
	uint8_t id_type;
	uint16_t auth_method;		/* IKEv2's numbers, or IKEv1's; 0: not seen */
	const char *auth_text;		/* "PSK", "RSASSA-PSS SHA2-256"; NULL */
	enum auth_verdict auth;
	const char *auth_why;		/* why unchecked or bad; NULL */
	uint64_t auth_frame;
	bool natted;			/* a NAT changed this end's address or port */
	uint64_t natted_frame;
	uint32_t can;			/* IKE_CAN_... */
	uint32_t requests, responses;	/* that it sent, without retransmissions */
	uint32_t retransmissions;
	uint32_t unanswered;		/* requests to which no response came (so far) */
	uint32_t closed;		/* messages that stayed closed */
	uint64_t moved_frame;		/* MOBIKE or a NAT: where its address changed last */
};

struct ike_child {
	struct ike_child *next;		/* of the same IKE SA, oldest first */
	struct ike_sa *sa;
	uint8_t protocol;		/* PROTOCOL_ESP, PROTOCOL_AH; 0: not known (refused) */
	/* The SPI that the initiator (or responder) of the exchange receives with.
	 * A refused one has spi_r 0. */
	uint32_t spi_i, spi_r;
	enum ike_side initiator;	/* which end of the IKE SA began the exchange */
	struct addr addr_i, addr_r;	/* of the exchange's initiator and responder */
	enum sa_mode mode;
	uint16_t ipcomp;		/* CPI, 0: none */
	struct ike_choice choice;	/* has 0: not known */
	const char *ts_i, *ts_r;	/* "10.1.0.0/16", several with ", "; NULL: not seen */
	enum ike_outcome outcome;
	struct ike_reason reason;
	uint64_t request_frame, response_frame;
	int64_t seconds;		/* when it was made */
	uint32_t nanoseconds;
	struct ike_child *replaces, *heir;	/* by a rekey */
	enum ike_side deleted_by;
	uint64_t deleted_frame;		/* 0: not deleted */
	bool dead;			/* its IKE SA is gone */
	/* What its keys were derived from ("SK_d of charon.log:3"), or what is missing
	 * for them ("the DH secret of this exchange"); NULL: nothing was tried. */
	const char *keys, *missing;
	struct sa_key **rows;		/* private, as what follows: keys that were derived */
	uint32_t row_count;
	uint8_t indexed;
	struct ike_child *spi_next[2];
	struct ike_child *heirs, *sibling;	/* all that claim to replace it */
};

struct ike_sa {
	uint8_t spi_i[8], spi_r[8];
	uint8_t version;		/* 1 or 2 */
	uint64_t serial;		/* from 1, in the order of first messages */
	enum ike_outcome outcome;
	struct ike_reason reason;
	struct ike_end end[2];		/* by enum ike_side */
	struct ike_choice choice;	/* has 0: not known */
	struct ike_child *children;
	struct ike_sa *replaces, *heir;	/* by a rekey of the IKE SA */
	enum ike_side deleted_by;
	uint64_t deleted_frame;
	const struct ike_key *key;	/* the row that opened its messages; NULL */
	const char *missing;		/* what its keys would need; NULL */
	uint32_t messages, encrypted, opened, bad_icv;
	uint64_t first_frame, last_frame;
	int64_t first_seconds, last_seconds;
	uint32_t first_nanoseconds, last_nanoseconds;
	uint64_t established_frame;
	uint64_t floated_frame;		/* from port 500 to 4500; 0: never */
	uint64_t cookie_frame;		/* a COOKIE was asked for */
	uint64_t ke_retry_frame;	/* INVALID_KE_PAYLOAD was answered with another group */
	uint16_t ke_refused, ke_wanted;
	uint32_t fragments_lost;	/* messages whose fragments did not all come */
	bool childless, ppk, intermediate, aggressive, tcp;
	bool inferred;			/* established: only guessed from what came later */
	bool forgotten;			/* over a limit: nothing may point to it any more */
	uint32_t auth_id;		/* message ID of the first IKE_AUTH request; 0 */
	uint32_t lifetime;		/* seconds, as announced (RFC 4478, IKEv1); 0: not */
	void *user;			/* of whoever tells the story; NULL at first */
	/* The rest is the session's own. */
	struct ike_sa_state *state;
	struct ikev1_state *v1;
	struct ike_sa *next, *hash_next;
};

/* A message's place in its session; in the packet's arena. */
struct ike_turn {
	struct ike_sa *sa;		/* NULL: over a limit, nothing is known */
	enum ike_side from;		/* by addresses and SPIs, whatever the flags say */
	bool request;
	uint64_t answers;		/* frame of the request that this answers; 0 */
	uint64_t repeats;		/* frame of the message that is sent again; 0 */
	struct ike_child *child;	/* that it makes, rekeys or refuses; NULL */
	const char *said;		/* what is remarkable, for a ladder; in the arena; NULL */
};

struct ike_session_limits {
	size_t sas;		/* IKE SAs kept; 0: IKE_SAS_MAX. The oldest closed one goes first,
				 * then the one that was idle longest */
	void (*forget)(void *user, struct ike_sa *sa);	/* called before one goes; or NULL */
	void *user;
};
enum { IKE_SAS_MAX = 1 << 18, IKE_HALF_OPEN_MAX = 1 << 12,
       IKE_CHILDREN_MAX = 4096 };	/* of one IKE SA */

struct ike_session;
/* limits: NULL for the defaults. */
struct ike_session *ike_session_new(struct keystore *keys, struct crypto *crypto,
				    const struct ike_session_limits *limits);
void ike_session_free(struct ike_session *s);

/* Takes a decoded message, in the order of the capture: finds its IKE SA, opens
 * it, follows it, derives keys; sets m->turn. Offsets of findings count from
 * the message's first octet. */
void ike_session_take(struct ike_session *s, struct ike_message *m, const struct ike_place *at,
		      struct arena *a, struct findings *fs);
/* True once after ESP or AH keys were added to the store. */
bool ike_session_keys_added(struct ike_session *s);

/* All IKE SAs, oldest first, until f returns false. */
void ike_session_each(const struct ike_session *s, bool (*f)(struct ike_sa *sa, void *user),
		      void *user);
/* The CHILD SA that packets with this SPI to this address belong to; NULL. *to
 * says which end of its exchange receives them. */
struct ike_child *ike_session_child(const struct ike_session *s, uint8_t protocol, uint32_t spi,
				    const struct addr *dst, enum ike_side *to);
/* Sets limits.forget and its user. */
void ike_session_on_forget(struct ike_session *s, void (*forget)(void *user, struct ike_sa *sa),
			   void *user);
/* How many IKE SAs there were, and how many had to be forgotten. */
void ike_session_counts(const struct ike_session *s, uint64_t *seen, uint64_t *forgotten);

#endif
