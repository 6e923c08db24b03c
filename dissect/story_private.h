/* SPDX-License-Identifier: BSD-2-Clause
 * Between the files of the story; see story.h. */
#ifndef IKAT_DISSECT_STORY_PRIVATE_H
#define IKAT_DISSECT_STORY_PRIVATE_H

#include "dissect/story.h"

struct iv_table;

enum { STORY_LOSERS_MAX = 64 };
struct story_tables {
	/* Texts of ladders: few different ones make up nearly all of them. */
	const char **texts;
	size_t text_count, text_slots, text_octets;
	/* Flows whose SA nobody knows, by protocol, SPI and destination. */
	struct story_flow **unknown;
	struct story_finding **findings;	/* by text */
	struct story_ike *spare;	/* of IKE SAs that were forgotten */
	struct iv_table *ivs;
	/* From story_finish on: the flows of each CHILD SA. */
	struct child_flows *children;
	size_t child_slots;
	uint8_t slice_shift;		/* a slice has 1 << slice_shift milliseconds */
	uint32_t timed;			/* flows with slices and boxes */
	/* IKE SAs that a rekey of both sides at once made and that did not stay: the first. */
	const struct ike_sa *losers[STORY_LOSERS_MAX];
	uint32_t loser_count;
	struct text kind;		/* scratch */
};

enum {
	TEXTS_MAX = 1 << 16,		/* different ones */
	TEXTS_OCTETS = 8 << 20,		/* in all */
	HASH_SLOTS = 1 << 12,		/* of unknown flows, of findings */
};

/* A copy of the text in the story's arena, the same for equal texts; "..." once
 * the limits above are reached. */
const char *story_share(struct story *s, struct span text);
/* 64 well mixed bits of some octets. */
uint64_t story_hash(struct span octets);

/* An own finding of the story. */
void story_finding_add(struct story *s, uint64_t frame, enum severity severity,
		       const char *requirement, const char *text);

/* story_ladder.c: an IKE layer. */
void story_ladder_message(struct story *s, const struct packet *p, const struct ike_message *m);

/* story_flow.c: layer `at` is ESP or AH. */
void story_flow_packet(struct story *s, const struct packet *p, uint32_t at);
void story_flow_finish(struct story *s, struct story_flow *f);

/* What ICMP says of the message with this initiator's SPI to `about`: a rung. */
void story_ladder_icmp(struct story *s, const struct frame *f, const struct story_unreachable *u,
		       const uint8_t spi_i[8]);

/* story_icmp.c: in words; the advice for it. */
const char *story_icmp_words(const struct story_unreachable *u);
const char *story_icmp_advice(const struct story_unreachable *u);
/* What was said of one of the end's addresses; NULL. */
const struct story_unreachable *story_icmp_about(const struct story *s, const struct story_ike *k,
						 enum ike_side side);
/* Layer `at` is ICMP or ICMPv6. */
void story_icmp_packet(struct story *s, const struct packet *p, uint32_t at);

/* story_iv.c: the packet was opened with f->key. */
void story_iv_packet(struct story *s, struct story_flow *f, const struct packet *p,
		     const struct layer *l, uint64_t seq);
void story_iv_finish(struct story *s);	/* what still waits */
struct iv_table *iv_table_new(void);
void iv_table_free(struct iv_table *t);

/* story_tell.c: situation, outcome, explanation and advice of one IKE SA, and its
 * sentences. */
void story_tell_ike(struct story *s, struct story_ike *k);
void story_judge_ike(struct story *s, struct story_ike *k);	/* story_judge.c: all but the sentences */
const char *story_side_name(enum ike_side side);	/* "initiator" */
/* "the initiator (192.0.2.1)" */
const char *story_side(struct story *s, const struct story_ike *k, enum ike_side side);
bool story_child_made(const struct ike_child *c);
/* Both ends rekeyed the same one at once, and this is the second that was made. */
bool story_child_crossed(const struct ike_child *c);
static inline enum ike_side story_other(enum ike_side side)
{
	return side == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
}

/* story_child.c */
/* What became of it, its IKE SA's end included. */
enum ike_outcome story_child_outcome(const struct ike_child *c);
void story_children_index(struct story *s);
/* The flow that this end of the child's exchange receives; NULL: no packet came. */
const struct story_flow *story_child_flow(const struct story *s, const struct ike_child *c,
					  enum ike_side to);
/* It is up, and packets go one way only. *to: the end that receives them. */
bool story_child_one_way(const struct story *s, const struct ike_child *c, enum ike_side *to);

/* story_reason.c */
struct story_advice {
	const char *means;	/* a clause: "the two sides have no ... in common" */
	const char *cause;	/* what usually causes it */
	const char *look;	/* what to look at */
};
/* The row of a notify (its IANA name) or a situation; NULL. in_child: said of a
 * CHILD SA, where that makes a difference. */
const struct story_advice *story_advice_find(const char *name, bool in_child);

/* story_secrets.c */
/* The responder did not believe an AUTH that verifies with one of the pre-shared keys:
 * is there another one, which could be the other end's? */
enum story_psks { STORY_PSKS_UNKNOWN, STORY_PSKS_DIFFER, STORY_PSKS_AGREE };
/* *other: the other one, also when nothing tells whose it is; NULL. */
enum story_psks story_psks(struct story *s, const struct ike_sa *sa, const struct ike_secret **other);
/* There are keys, but none that names the SPIs of this IKE SA. */
bool story_keys_miss(const struct story *s, const struct ike_sa *sa);

/* story_findings.c: violations first, then deviations, then notes. */
void story_findings_finish(struct story *s);

/* A NULL-terminated list of sentences that grows. */
struct story_list {
	const char **items;
	size_t count, room;
};
void story_say(struct story *s, struct story_list *l, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *const *story_list_end(struct story *s, struct story_list *l);

/* Outside text for people: what is no printable ASCII becomes \xHH. */
const char *story_clean(struct story *s, const char *text);
const char *story_addr(struct story *s, const struct addr *a);
/* "3.2 s", "4 h 12 min": a duration in words. */
const char *story_duration(struct story *s, int64_t seconds, int64_t nanoseconds);

#endif
