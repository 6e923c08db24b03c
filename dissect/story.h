/* SPDX-License-Identifier: BSD-2-Clause
 * The story of a capture, as `ikat explain` tells it: made while the packets go
 * by (story_packet), finished once (story_finish), then written by one of three
 * writers. Bounded: see the limits below; what is left out is counted. */
#ifndef IKAT_DISSECT_STORY_H
#define IKAT_DISSECT_STORY_H

#include "ipsec/base/text.h"
#include "ipsec/ike/session.h"
#include "ipsec/wire/packet.h"

enum {
	STORY_AGAIN_MAX = 6,
	STORY_EVENTS_MAX = 24,		/* kept for one IKE SA: the first half, and the last */
	STORY_FLOWS_MAX = 1 << 20,	/* ESP and AH SAs */
	STORY_UNKNOWN_MAX = 1 << 12,	/* ... of them without a key */
	STORY_FINDINGS_MAX = 1000,
	STORY_BOXES_MAX = 24,
	STORY_SLICES = 60,		/* of the time line, at most */
	STORY_TIMED = 4096,		/* flows with a time line: the first */
};

/* One rung of a ladder. Texts are the story's, equal ones are shared. */
struct story_event {
	uint64_t frame;
	int64_t seconds;
	uint32_t nanoseconds;
	enum ike_side from;
	bool request, repeated;		/* repeated: a retransmission */
	bool probe;			/* sent again over another path (MOBIKE) */
	bool note;			/* no message: what ICMP says of one; `from` is its end */
	bool bad;			/* ICV bad, or an error notify in it */
	uint16_t times;			/* retransmissions right behind each other are one event */
	uint16_t fragments;		/* that the message came in (RFC 7383); 0: whole */
	uint16_t octets;		/* of the (first) IKE message */
	uint32_t again_ms[STORY_AGAIN_MAX];	/* after the first: the first of `times` */
	const char *label;		/* "IKE_SA_INIT request 0"; IKEv1: "MAIN 0" */
	const char *payloads;		/* "SA KE NONCE N(NAT_DETECTION_SOURCE_IP)"; "closed" */
	const char *remark;		/* or NULL */
};

/* Nested boxes of one packet, outermost first. */
struct story_box {
	const char *name;		/* "ipv4", "esp", "ESP trailer", "ICV" */
	const char *note;		/* "192.0.2.1 > 192.0.2.2"; NULL */
	uint32_t at;			/* octets from the start of the outermost box */
	uint32_t before, size, after;	/* octets: own header, all, own trailer */
	uint8_t depth;			/* boxes around it; what follows with a greater depth is in it */
	bool inside;			/* was encrypted or is authenticated by the box around it */
	bool added;			/* IPsec put its header (and trailer) there */
};

/* One ESP or AH SA (one direction), met on the wire. "Inner" octets are those that
 * were inside: in tunnel mode the packet, in transport mode the upper layer's. The
 * packet as it was before IPsec has in transport mode the IP header too. */
struct story_flow {
	struct story_flow *next, *hash_next;
	const struct sa *sa;		/* NULL: no key fits */
	const struct sa_key *key;	/* that opened it; NULL */
	const struct ike_child *child;	/* that it is part of, from story_finish on; NULL */
	const struct story_flow *elsewhere;	/* the same direction of the child at another
					 * address, met before (MOBIKE); NULL */
	struct iv_track *ivs;		/* story_iv.c's own */
	struct story_box *boxes;	/* of the first packet that was opened; NULL */
	uint32_t *slices;		/* packets in each of the story's slices; NULL: see STORY_TIMED */
	uint64_t packets, bytes;	/* octets of the outer IP packets */
	uint64_t inner_packets, inner_bytes;	/* opened; octets of what was inside */
	uint64_t overhead_bytes;	/* of the opened packets: outer octets - inner octets */
	uint64_t added_bytes;		/* ... and what IPsec added: without transport mode's IP headers */
	uint64_t icv_bad, unchecked, duplicates, too_old, reordered, missing, iv_reused;
	uint64_t first_seq, last_seq;	/* the first that came, the highest; 64 bits with ESN */
	uint64_t lowest_seq, accepted;	/* the lowest; how many different ones */
	uint64_t seen;			/* private: a window where no ICV can be checked */
	uint64_t tfc_packets, tfc_bytes, dummies;
	uint64_t iv_reused_frame, iv_reused_with;	/* the first time: frame, and the sequence
						 * number that had the IV before */
	uint64_t first_frame, last_frame;
	int64_t first_seconds, last_seconds;
	uint32_t first_nanoseconds, last_nanoseconds;
	uint32_t largest, largest_inner;	/* outer IP packet; packet before IPsec */
	uint32_t spi, box_count;
	struct addr src, dst;		/* src: the latest */
	uint8_t protocol;
	uint8_t slice_shift;		/* private: of its slices so far */
	bool esn, udp, tcp;
	bool moved;			/* packets came from more than one source */
	bool proven;			/* an ICV was good: sequence numbers are those of such packets */
	uint8_t to;			/* enum ike_side: which end of the child's exchange receives */
	uint8_t mode;			/* enum sa_mode */
	uint8_t iv_size, icv_size, block;	/* of the algorithms, once known */
	uint16_t around;		/* octets of outer IP header, UDP, ESP or AH header and IV */
	uint16_t ip_header;		/* ... of them: outer IP header and extension headers */
};

struct story_finding {
	struct story_finding *next, *hash_next;
	uint64_t frame;
	enum severity severity;
	const char *requirement, *text;
	uint64_t times;			/* the same again, a note also with other numbers, counts here */
	const char *kind;		/* private */
};

/* ICMP or ICMPv6 errors about packets of IKE, ESP or AH to one address. */
struct story_unreachable {
	struct story_unreachable *next;
	struct addr about, from;	/* where the packets should go; who says so */
	bool v6;
	uint8_t type, code;
	uint32_t mtu;			/* packet too big: that of the next hop; 0 */
	uint64_t frame, times;
};
enum { STORY_UNREACHABLE_MAX = 64 };

/* One IKE SA. */
struct story_ike {
	struct story_ike *next, *prev;
	struct ike_sa *sa;
	struct story_event *events;
	uint32_t event_count, left_out;	/* left out between first half and last */
	uint16_t event_room;		/* private */
	/* The ends as they were when the IKE SA was met; struct ike_end has the latest.
	 * Read them by story_end_addr() and story_end_port(). */
	struct addr addr[2];
	uint16_t port[2];
	uint32_t moves[2];		/* of each end */
	/* By each end: messages that went out again over another path, the first of them. */
	uint32_t probes[2];
	uint64_t probe_frame[2];
	const char *probe_path[2];	/* "192.0.2.1 > 192.0.2.9" */
	/* From story_finish on: what the capture shows, which may be more than the session
	 * knows (an IKE SA that nobody answered has failed); the notify that refused it or
	 * its CHILD SAs, or NULL; inferred: nobody could read it, but it cannot be another. */
	enum ike_outcome outcome;
	const char *reason;
	bool inferred;
	uint8_t psks;			/* private: enum story_psks */
	const struct ike_secret *other_psk;	/* that the pre-shared key differs from; NULL */
	const char *asked_id;		/* the identity that the initiator asks for (IDr); NULL */
	const char *situation;		/* one word for what no notify names: "no-answer",
					 * "peer-dead", "retry", "one-way", ...; NULL */
	const char *explanation;	/* one sentence; set by story_finish */
	const char *advice;		/* what usually causes it, what to look at; NULL */
	const char *const *sentences;	/* the story, in order; NULL-terminated */
};

struct story {
	struct arena arena;
	struct wire *wire;
	struct crypto *crypto;
	const char *files;		/* "a.pcap, b.pcap" */
	const struct keystore *keys;	/* what was given; NULL: not known */
	uint32_t mtu;			/* of the path: given, or 1500 */
	uint64_t frames, octets;
	int64_t first_seconds, last_seconds;
	uint32_t first_nanoseconds, last_nanoseconds;
	/* The time line: parts of equal length from the first frame on, of which so many
	 * are in use (at most STORY_SLICES). */
	uint32_t slice_count;
	uint64_t slice_ms;
	struct story_ike *ikes, *ikes_last;
	struct story_flow *flows, **flows_tail;
	size_t flow_count, unknown_count;
	uint64_t flows_left_out;
	struct story_unreachable *unreachable;	/* from ICMP, the latest first */
	size_t unreachable_count;
	struct story_finding *findings, **findings_tail;
	size_t finding_count;
	uint64_t findings_left_out, ikes_forgotten;
	struct story_tables *tables;	/* private */
};

struct story *story_new(struct wire *w, struct crypto *c, uint32_t mtu);
void story_free(struct story *s);
/* After wire_finish(), in frame order. */
void story_packet(struct story *s, const struct packet *p);
/* For ike_session_limits.forget; user: the story. */
void story_forget(void *user, struct ike_sa *sa);
/* Composes the sentences. */
void story_finish(struct story *s);

/* The end's first address; its port, 0 if that changed later. */
static inline const struct addr *story_end_addr(const struct story_ike *k, enum ike_side side)
{
	return k->addr[side].family ? &k->addr[side] : &k->sa->end[side].addr;
}
static inline unsigned story_end_port(const struct story_ike *k, enum ike_side side)
{
	unsigned now = k->sa->end[side].port;
	return !k->addr[side].family || k->port[side] == now ? now : 0;
}
/* The outcome for people: "established, peer dead". *warn: good it is not. */
const char *story_outcome_words(const struct story_ike *k, bool *warn);

/* How a child or a flow is told: one sentence each, in the story's arena. */
const char *story_child_sentence(struct story *s, const struct ike_child *c);
/* The largest inner packet whose outer packet has at most mtu octets; 0: not known. */
uint32_t story_largest_inner(const struct story_flow *f, uint32_t mtu);
/* What is remarkable about a flow: NULL-terminated sentences, in the arena. */
const char *const *story_flow_sentences(struct story *s, const struct story_flow *f);

/* The boxes of a packet; returns how many (at most STORY_BOXES_MAX). Texts in a. */
size_t story_boxes(const struct packet *p, struct story_box boxes[STORY_BOXES_MAX], struct arena *a);

/* The writers. */
struct story_style {
	bool colour;
	bool ascii;		/* no box characters: the terminal may not know UTF-8 */
	unsigned columns;
};
void story_text(struct story *s, const struct story_style *style, struct text *out);
void story_json(struct story *s, struct text *out);
void story_html(struct story *s, struct text *out);

#endif
