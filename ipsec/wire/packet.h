/* SPDX-License-Identifier: BSD-2-Clause
 * A packet is octets plus a stack of layers. Decrypted octets are simply
 * further layers, read from a buffer of their own.
 *
 * The packet path works in batches: wire_parse() each packet as far as its
 * first protected layer, wire_open() all of them at once, then wire_finish()
 * one by one in frame order, which commits what depends on order (replay
 * windows, IKE messages) and goes on with the octets inside. It reads plain
 * structs; the node tables in `desc` are for views, which walk a layer's octets
 * again. Nothing is allocated but from the batch's arena. */
#ifndef IKAT_WIRE_PACKET_H
#define IKAT_WIRE_PACKET_H

#include "ipsec/ike/session.h"
#include "ipsec/sa/sa.h"

enum layer_kind {
	LAYER_ETHERNET, LAYER_VLAN, LAYER_SLL, LAYER_SLL2, LAYER_NULL,
	LAYER_IPV4, LAYER_IPV6, LAYER_HOPOPTS, LAYER_ROUTING, LAYER_FRAGMENT, LAYER_DSTOPTS,
	LAYER_GRE, LAYER_UDP, LAYER_TCP, LAYER_ICMP, LAYER_ICMPV6,
	LAYER_ESP, LAYER_AH, LAYER_IPCOMP, LAYER_IKE,
	LAYER_BEETPH,		/* BEET mode: the inner IPv4 header's options */
	LAYER_MACSEC,
	LAYER_MPLS, LAYER_PW,	/* PW: a pseudowire's control word */
	LAYER_PPPOE, LAYER_HDLC, LAYER_PPP, LAYER_PPP_PFC,
	LAYER_NFLOG, LAYER_VXLAN,
	LAYER_L2TP, LAYER_L2TP_AVPS, LAYER_L2TPV3, LAYER_L2TPV3_UDP, LAYER_L2TPV3_CONTROL,
	LAYER_IKETCP,		/* the prefix of a TCP stream that carries IKE (RFC 9329, 4) */
	LAYER_TCP_MESSAGE,	/* the length before each message in it (RFC 9329, 3) */
	LAYER_KEEPALIVE,	/* NAT-T keepalive: one octet 0xff on UDP 4500 (RFC 3948, 2.3) */
	LAYER_MARKER,		/* non-ESP marker: four zero octets on UDP 4500 (RFC 3948, 2.2;
				 * in TCP: RFC 9329, 3.1) */
	LAYER_DUMMY,		/* next header 59: nothing of interest (RFC 4303, 2.6) */
	LAYER_DATA,		/* octets that nothing here reads further */
	LAYER_KINDS
};

/* A place that octets were read from: the frame, a datagram put together from
 * fragments, octets of a TCP stream, decrypted or inflated octets. Offsets of
 * layers count from it. */
struct buffer {
	struct span octets;
	const char *name;	/* "frame", "reassembled", "stream", "decrypted", "inflated" */
};

struct ip_info {
	struct addr src, dst;
	uint8_t protocol;	/* what follows (IPv6: the chain's first next header) */
	bool fragment;		/* is one: nothing above it can be read from this frame alone */
	bool length_bad;	/* the declared length was no use */
	uint16_t header;	/* octets of header with options */
};

struct udp_info {
	uint16_t sport, dport;
	bool ike_port;		/* 500, 4500 or an extra port */
	bool natt;		/* 4500: a non-ESP marker decides between IKE and ESP */
};

struct esp_info {
	struct sa *sa;			/* NULL: unknown SPI */
	const struct sa_key *key;	/* the row that was used, or NULL */
	uint32_t spi, seq, seq_high;
	enum icv icv;
	enum replay replay;
	enum sa_mode mode;
	bool decrypted;
	bool cut;			/* the capture does not hold the whole packet */
	bool told;			/* that it is too short for a key's IV and ICV */
	uint8_t next_header, pad_length;
	bool padding_good;
	uint32_t tfc_length;		/* octets behind the inner packet (RFC 4303, 2.7) */
	uint16_t iv_size, icv_size;	/* octets in the packet, once known */
	struct span payload;		/* what was protected: decrypted octets without padding,
					 * AH: what follows the header */
};

struct ipcomp_info {
	uint16_t cpi;
	uint8_t next_header;
	bool inflated;
};

struct layer {
	const struct layer_type *type;
	struct span octets;	/* its own: header, and for ESP all of it */
	struct span whole;	/* the layer and what it carries */
	uint32_t offset;	/* in its buffer */
	uint8_t buffer;		/* index in packet->buffers */
	union {
		struct ip_info *ip;
		struct udp_info *udp;
		struct esp_info *esp;	/* ESP and AH */
		struct ipcomp_info *ipcomp;
		struct ike_message *ike;
		const void *info;
	};
};

/* What comes next in a packet that is being read. */
enum number_space { SPACE_LINK, SPACE_ETHERTYPE, SPACE_PROTOCOL, SPACE_LAYER, SPACE_PPP };

enum { PACKET_LAYERS = 40, PACKET_BUFFERS = 16, PACKET_FROM_MAX = 64,
       PACKET_INNER_MAX = 1024 };	/* packets of one frame, those inside of others too */

struct frame {
	const char *file;
	uint64_t number;		/* from 1 */
	int64_t seconds;
	uint32_t nanoseconds;
	uint32_t captured, length;	/* octets in the file, octets on the wire */
	int link;			/* DLT_... as libpcap counts them */
	struct span octets;
};

struct packet {
	struct frame frame;
	struct arena *arena;		/* the batch's */
	struct layer layers[PACKET_LAYERS];
	uint32_t layer_count;
	struct buffer buffers[PACKET_BUFFERS];
	uint32_t buffer_count;
	struct findings findings;
	uint64_t copy_of;		/* frame whose octets these are again, or 0 */
	const uint64_t *reassembled_from;	/* frames, or NULL */
	uint32_t reassembled_count;
	/* Where the last layer is followed by several packets (messages of a TCP
	 * stream in one segment) they are here, in their order. Each is a packet by
	 * itself, with findings of its own, that begins with copies of this one's
	 * layers: its own begin at layers[inner_from]. They come into being, and are
	 * finished, in wire_finish(). */
	struct packet *inner, *inner_last, *inner_next;
	uint32_t inner_from;
	struct packet *outer;		/* whose `inner` this one is in, or NULL */
	uint32_t inner_count;		/* of a frame: all that are inside of it */
	/* The read head: */
	enum number_space space;
	uint32_t number;
	struct span rest;		/* octets still to be read, within buffer `buffer_now` */
	uint8_t buffer_now;
	const struct layer *ip;		/* the IP layer pushed last, or NULL */
	bool cut;			/* the capture's snap length ended rest early */
	bool done;
	bool ordered;			/* waits for wire_finish(): the rest depends on frame order */
	bool finishing;			/* wire_finish() is at work: order no longer matters */
	struct cipher_job *job;		/* waits for wire_open(), or NULL */
	bool job_esn;			/* it was made with a 64-bit sequence number */
};

struct wire_options {
	uint32_t window;		/* 0: the key's or the default */
	const uint16_t *ports;		/* extra UDP ports for IKE and ESP in UDP */
	size_t port_count;
	size_t sessions;		/* IKE SAs kept at a time; 0: IKE_SAS_MAX */
	bool esp_null;			/* guess which SAs without keys are ESP-NULL (RFC 5879) */
};

struct wire;	/* what outlives a packet: SAs, fragments, IKE keys */

struct wire_counts {
	uint64_t frames, octets, esp, ah, ike, good, bad, unchecked, duplicates, too_old,
		 violations, deviations, notes, copies;
};

struct wire *wire_new(struct crypto *crypto, struct keystore *keys,
		      const struct wire_options *options);
void wire_free(struct wire *w);
struct sadb *wire_sadb(struct wire *w);
struct ike_session *wire_session(struct wire *w);
const struct wire_counts *wire_counts(const struct wire *w);

/* Begins a packet: fills p from the frame, whose octets must stay until the
 * batch is finished, and reads it up to the first protected layer. */
void wire_parse(struct wire *w, struct packet *p, const struct frame *f, struct arena *a);
/* True after wire_parse() when the batch must end with this packet (IKE: it may
 * bring the keys of the very next frame). */
bool wire_ends_batch(const struct packet *p);
/* Opens what the batch's packets wait for. */
void wire_open(struct wire *w, struct packet **batch, size_t n);
/* Finishes one packet; call in frame order. Opens inner protected layers too. */
void wire_finish(struct wire *w, struct packet *p);

/* ---- for the layers ---- */

/* One row for each kind of layer. */
struct layer_type {
	enum layer_kind kind;
	const char *name;		/* as json says it: "ipv4" */
	const struct desc *desc;	/* the header's field table, or NULL */
	/* Reads the layer at p->rest, pushes it and sets what comes next. */
	void (*decode)(struct wire *w, struct packet *p);
};
extern const struct layer_type layer_types[LAYER_KINDS];

struct layer *packet_full(struct packet *p);	/* too many layers: a finding, NULL */

/* Pushes a layer of `header` octets at the read head and moves the head behind
 * it; the layer's whole ends where the head's octets end now. NULL (and a
 * finding, and p->done) when there are too many layers. */
static inline struct layer *packet_push(struct packet *p, enum layer_kind kind, size_t header)
{
	if (p->layer_count == PACKET_LAYERS)
		return packet_full(p);
	struct layer *l = &p->layers[p->layer_count];
	p->findings.layer = p->layer_count++;
	l->type = &layer_types[kind];
	l->whole = p->rest;
	l->octets = span_part(p->rest, 0, header);
	l->offset = (uint32_t)(p->rest.p - p->buffers[p->buffer_now].octets.p);
	l->buffer = p->buffer_now;
	l->info = NULL;
	p->rest = span_from(p->rest, header);
	return l;
}

/* Sets what the octets at the head are. */
static inline void packet_next(struct packet *p, enum number_space space, uint32_t number)
{
	p->space = space;
	p->number = number;
}

/* The octets that are left become a LAYER_DATA (none are left: nothing), and the packet is done. */
void packet_data(struct packet *p);
/* Adds a packet to p->inner: it goes on reading `octets`, which lie within the
 * head's. NULL (and a finding) when there are too many. */
struct packet *packet_inner(struct packet *p, struct span octets);
/* All packets of a frame: itself, then those inside of it in their order (each
 * before what is inside of itself). NULL behind the last:
 *
 *	for (const struct packet *q = p; q; q = packet_after(p, q))
 */
struct packet *packet_after(const struct packet *frame, const struct packet *p);
/* A new buffer; the head moves to its beginning. False when there are too many. */
bool packet_buffer(struct packet *p, struct span octets, const char *name);
/* Ends the head's octets after n octets, for declared lengths. */
static inline void packet_limit(struct packet *p, size_t n)
{
	p->rest = span_part(p->rest, 0, n);
}

/* The nearest IPv4 or IPv6 layer below the read head, or NULL. */
static inline const struct layer *packet_ip(const struct packet *p)
{
	return p->ip;
}
/* A finding about the layer that was pushed last (or is about to be). */
#define packet_finding(p, severity, rule, at, ...) \
	finding_add(&(p)->findings, severity, rule, at, __VA_ARGS__)

/* Layer by number: LAYER_DATA for what is not known. */
enum layer_kind layer_find(enum number_space space, uint32_t number);

#endif
