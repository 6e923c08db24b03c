/* SPDX-License-Identifier: BSD-2-Clause
 * What is remembered of an IKEv1 SA beyond what it tells (under 1 KiB once phase
 * 1 is over), and what the files ikev1_*.c share. RFC 2408, 2409, 2407; RFC 3947;
 * draft-ietf-ipsec-isakmp-mode-cfg and -xauth. */
#ifndef IKAT_IKE_IKEV1_STATE_H
#define IKAT_IKE_IKEV1_STATE_H

#include "ipsec/crypto/group.h"
#include "ipsec/ike/ikev1_keymat.h"
#include "ipsec/ike/session_state.h"

enum {	/* payload types, RFC 2408, 3.1; RFC 3947; the drafts and vendors */
	V1_SA = 1, V1_KE = 4, V1_ID = 5, V1_CERT = 6, V1_HASH = 8, V1_SIG = 9, V1_NONCE = 10,
	V1_NOTIFY = 11, V1_DELETE = 12, V1_VENDOR = 13, V1_ATTR = 14, V1_NATD_OLD = 15,
	V1_NATD = 20, V1_NATD_DRAFT = 130, V1_FRAG = 132,
};
enum { V1_BASE = 1, V1_MAIN = 2, V1_AUTH_ONLY = 3, V1_AGGRESSIVE = 4, V1_INFORMATIONAL = 5,
       V1_TRANSACTION = 6, V1_QUICK = 32, V1_NEW_GROUP = 33 };	/* exchanges */
/* Fields behind the payload header, by index; the names of ikev1.c. */
enum { V1_SA_PROPOSALS = PAYLOAD_BODY + 2 };
enum { V1_TRANSFORM_ID = 4, V1_TRANSFORM_ATTRIBUTES = 6 };
enum { V1_ID_TYPE = PAYLOAD_BODY, V1_ID_PROTOCOL, V1_ID_PORT, V1_ID_DATA };
enum { V1_N_DOI = PAYLOAD_BODY, V1_N_PROTOCOL, V1_N_SPI_SIZE, V1_N_TYPE, V1_N_SPI, V1_N_DATA };
enum { V1_D_PROTOCOL = PAYLOAD_BODY + 1, V1_D_SPI_SIZE, V1_D_COUNT, V1_D_SPIS };
enum { V1_ATTR_TYPE = PAYLOAD_BODY, V1_ATTR_ID = PAYLOAD_BODY + 2, V1_ATTR_LIST };
enum { V1_FRAG_ID = PAYLOAD_BODY, V1_FRAG_NUMBER, V1_FRAG_LAST, V1_FRAG_DATA };

enum {
	IKEV1_EXCHANGES = 6,		/* behind phase 1, of one SA at a time */
	IKEV1_PRINTS = 8,		/* messages that are known when they come again */
	IKEV1_PSKS = 32,		/* tried for one SA */
	IKEV1_PSKS_FLOODED = 4,		/* ... once there were too many strangers */
	IKEV1_SECRETS = 32,		/* of each other kind */
	IKEV1_FAILURES = 4,		/* messages of an SA for which all are tried */
	IKEV1_STRANGERS = 256,		/* SAs after which only secrets that name the SA are tried */
	IKEV1_PRIVATE_MAX = 512,	/* exponentiations for secrets that name no SPIs */
	IKEV1_PRIVATE_NAMED_MAX = 64,	/* ... in vain, for one SA, with secrets that name it */
	IKEV1_CHILD_KEYS = 8,		/* sets of keys added for one CHILD SA */
	IKEV1_BUNDLE = 3,		/* AH, ESP: CHILD SAs made by one Quick Mode */
	IKEV1_MESSAGE_MAX = 64 * 1024,	/* octets put together of fragments */
};

enum ikev1_phase {
	PHASE_BEGUN, PHASE_CHOSEN,	/* the responder chose a proposal */
	PHASE_KEYS,			/* both public values are there */
	PHASE_AUTH,			/* the initiator sent its identity */
	PHASE_DONE,
};

/* Phase 1, until it is over and the keys are found. */
enum { START_SA, START_KE_I, START_KE_R, START_NI, START_NR, START_ID, STARTS };
struct ikev1_start {
	struct kept kept[STARTS];	/* payload bodies */
	uint64_t frame[2];		/* latest message of each side */
	uint16_t group;
};

/* The chain of IVs of one exchange (RFC 2409, appendix B). */
struct ikev1_chain {
	uint8_t iv[IKEV1_IV_MAX];	/* for the next message */
	uint8_t maybe[IKEV1_IV_MAX];	/* ... if the last one, which stayed closed, was part of it */
	bool set, maybe_set;
};

/* A Quick Mode at work. */
struct ikev1_quick {
	enum ike_side from;		/* who began it */
	uint64_t frame[2];		/* first and second message */
	uint8_t messages;
	struct kept offer, answer;	/* payloads behind HASH; type of the first in .first */
	struct ike_child *children[IKEV1_BUNDLE];
};

struct ikev1_exchange {
	uint32_t id;
	uint32_t touched;		/* 0: free */
	struct ikev1_chain chain;
	uint64_t frame;			/* of its first message */
	uint8_t from;			/* who sent that */
	struct ikev1_quick *quick;	/* or NULL */
};

struct ikev1_print {
	uint64_t hash, frame;
	uint8_t iv[IKEV1_IV_MAX];
	enum icv icv;
};

struct ikev1_state {
	struct ike_session *s;
	struct ike_sa *sa;
	struct ikev1_start *start;	/* or NULL */
	struct ikev1_gather *gather;	/* or NULL */
	struct ike_key *key[2];		/* that opens the messages of each side */
	const struct encr *encr;	/* phase 1's; NULL: not known */
	const struct prf *prf;
	const char *offer;		/* phase 1's, in words */
	struct ikev1_chain chain;	/* of phase 1; iv: its last block */
	uint8_t first_iv[IKEV1_IV_MAX];
	struct ikev1_exchange exchanges[IKEV1_EXCHANGES];
	struct ikev1_print prints[IKEV1_PRINTS];
	uint32_t clock;			/* messages, for the oldest exchange */
	uint32_t dpd_seq[2];
	uint64_t dpd_frame[2];		/* R-U-THERE of each side that waits; 0 */
	uint16_t method;		/* IKEv1's number of the authentication method */
	uint16_t pfs;			/* Quick Modes with a key exchange of their own */
	uint8_t phase;			/* enum ikev1_phase */
	uint8_t key_octets;		/* of the phase 1 cipher */
	uint8_t print_next, failures;
	uint8_t private_tries;		/* exponentiations in vain, with secrets that name the SA */
	bool opened[2];			/* messages of each side, with its key */
	bool main_mode, first_iv_set, unchecked_told, stranger, differ_told;
};

/* The message at work, taken apart: of a fragmented one, what it became. */
struct ikev1_work {
	struct ike_work *w;
	struct ikev1_state *v1;
	struct ike_message *m;		/* w->m, or the one that its fragments made */
	const struct node *chain;	/* payloads to look at; NULL: closed or none */
	uint8_t exchange;
	uint32_t id;
	struct ikev1_exchange *slot;	/* behind phase 1; NULL */
	bool phase1;			/* Main or Aggressive Mode */
	bool repeated;
};

/* ---- ikev1_open.c ---- */
/* Is the text a chain of payloads, first one of type `first`, with nothing behind
 * it but padding? *used: octets of payloads. */
bool ikev1_plain_ok(uint32_t first, struct span plain, size_t *used);
/* Decrypts into the arena; empty when it does not fit the cipher. */
struct span ikev1_decrypt(const struct ike_message *m, struct cipher *k, struct span iv,
			  struct arena *a);
/* The ciphertext behind the header, as long as the length says; empty if cut. */
struct span ikev1_sealed(const struct ike_message *m);
/* The message is open: decodes what is inside, with findings. */
void ikev1_set_plain(struct ike_message *m, struct span plain, struct arena *a,
		     struct findings *fs);
/* The IVs that may fit, the likeliest first; returns how many (at most IKEV1_IVS). */
enum { IKEV1_IVS = 6 };
size_t ikev1_ivs(const struct ikev1_work *x, uint8_t ivs[IKEV1_IVS][IKEV1_IV_MAX]);
/* Opened with this IV (opened false: not at all): moves the chain on. */
void ikev1_chain_move(struct ikev1_work *x, bool opened);
struct ikev1_exchange *ikev1_exchange_find(struct ikev1_work *x);
void ikev1_quick_free(struct ike_session *s, struct ikev1_quick *q);

/* ---- ikev1_gather.c ---- */
struct ikev1_gather;
/* Takes a FRAG payload; the whole message in the arena once all are there. */
struct span ikev1_gather_add(struct ikev1_work *x, const struct node *frag);
void ikev1_gather_free(struct ikev1_state *v1);

/* ---- ikev1_keys.c ---- */
/* Secrets of a kind that may be this SA's: those that name it, those that name none,
 * then (of a few) all. named_only: just the first (pre-shared keys name none). */
struct ikev1_picks {
	struct ike_secret *row[IKEV1_SECRETS];
	size_t count, scanned;
};
struct ikev1_picks ikev1_picks_of(const struct ikev1_work *x, enum secret_kind kind,
				  bool named_only);
/* Opens x->m: with the keys known, or by searching the secrets. iv: the one it was
 * opened with. */
bool ikev1_keys_open(struct ikev1_work *x, uint8_t iv[IKEV1_IV_MAX]);
/* Opens a message that is sent again. */
bool ikev1_keys_reopen(struct ikev1_work *x, const uint8_t iv[IKEV1_IV_MAX]);
/* What phase 1 brought, from the start's material. */
struct ikev1_phase1 ikev1_phase1_of(const struct ikev1_state *v1);
bool ikev1_is_psk(uint16_t method);
/* A key exchange inside of an exchange. */
struct ikev1_exchanged {
	struct span nonce[2], public[2];	/* of initiator and responder of the exchange */
	const struct group *group;		/* NULL: no PFS */
	uint16_t group_number;
};
/* The shared secret, if k is one side's private value; else empty. */
struct span ikev1_shared_of_private(struct ike_work *w, const struct ikev1_exchanged *q,
				    const struct ike_secret *k, uint8_t out[GROUP_SHARED_MAX]);

/* ---- ikev1_quick_keys.c ---- */
/* The HASH of a message behind phase 1: sets m->icv. */
void ikev1_hash_check(struct ikev1_work *x);
/* Keys of the CHILD SAs that a Quick Mode made. */
void ikev1_keys_child(struct ikev1_work *x, struct ike_child *c, const struct ikev1_exchanged *q);

/* ---- ikev1_text.c ---- */
const char *ikev1_id_text(const struct node *id, struct arena *a);	/* NULL for NULL */
/* IDci or IDcr as a traffic selector: "10.1.0.0/24", "192.0.2.1 udp/500". */
const char *ikev1_ts_text(const struct node *id, struct arena *a);
/* All that a phase 1 or Quick Mode SA payload offers, at most 8 transforms. */
const char *ikev1_offer_text(const struct node *sa, struct arena *a);
/* "NO-PROPOSAL-CHOSEN", or "notification 12345". */
const char *ikev1_notify_text(uint16_t type, struct arena *a);

/* ---- ikev1_choice.c ---- */
struct ikev1_transform {
	struct ike_choice choice;
	uint16_t method;		/* phase 1: authentication method */
	uint16_t mode;			/* encapsulation mode */
	uint32_t seconds;		/* lifetime; 0: not said */
	uint16_t cpi;			/* IPComp */
	uint8_t number;			/* of the proposal */
};
/* Reads one transform of a proposal. */
void ikev1_transform_read(const struct node *proposal, const struct node *transform,
			  struct ikev1_transform *out);
/* The value of an attribute, at most 64 bits. */
uint64_t ikev1_attribute(const struct node *transform, unsigned type, uint64_t otherwise);
/* The Key Length where the cipher has none of its own; octets of the phase 1 key. */
size_t ikev1_key_octets(const struct ike_choice *c);

/* ---- what the exchanges mean ---- */
/* A request of this end has its answer. Phase 1 begins the count anew, so that
 * there may be none left that waits. */
static inline void ikev1_answered(struct ike_end *end)
{
	if (end->unanswered)
		end->unanswered--;
}
/* A payload's octets behind its header. */
struct span ikev1_body(const struct ikev1_work *x, const struct node *n);
void ikev1_phase1(struct ikev1_work *x);		/* ikev1_phase1.c */
void ikev1_phase1_closed(struct ikev1_work *x);		/* its messages that stayed closed */
void ikev1_phase1_repeated(struct ikev1_work *x);
void ikev1_phase1_refused(struct ikev1_work *x);	/* by an Informational that stays closed */
void ikev1_established(struct ikev1_work *x);
void ikev1_start_free(struct ikev1_state *v1);
void ikev1_auth(struct ikev1_work *x);			/* ikev1_auth.c: ID, HASH, SIG, CERT */
void ikev1_natd(struct ikev1_work *x);
void ikev1_quick(struct ikev1_work *x);			/* ikev1_quick.c */
void ikev1_quick_refused(struct ikev1_work *x, uint16_t notify);
void ikev1_informational(struct ikev1_work *x);		/* ikev1_info.c */
void ikev1_transaction(struct ikev1_work *x);

#endif
