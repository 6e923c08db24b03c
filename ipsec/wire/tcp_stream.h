/* SPDX-License-Identifier: BSD-2-Clause
 * Puts segments of TCP streams together, each direction by itself (RFC 9293):
 * lost, repeated, overlapping segments and those out of order. Memory is bounded:
 * TCP_STREAMS of them, each with at most TCP_STREAM_OCTETS that wait for others
 * (32 MiB in all); the one that was not met for longest is given up for a new one. Which streams
 * are worth it, and what is in them, is the caller's business. */
#ifndef IKAT_WIRE_TCP_STREAM_H
#define IKAT_WIRE_TCP_STREAM_H

#include "ipsec/wire/packet.h"

enum {
	TCP_STREAMS = 256,
	/* Behind the next one that is wanted: one message, of which all but its last
	 * octet waits, and a segment as large as offloading makes them. */
	TCP_STREAM_OCTETS = 128 * 1024,
	TCP_STREAM_PARTS = 64,		/* pieces that wait */
	TCP_STREAM_PAST = 1 << 24,	/* octets back: farther, it is another connection */
};

struct tcp_key {
	struct addr src, dst;
	uint16_t sport, dport;
	uint8_t depth;			/* IP headers below: tunnels do not mix */
};

/* What the caller knows of a stream. */
enum tcp_state {
	TCP_UNKNOWN,		/* its beginning was not seen */
	TCP_ORIGINATOR,		/* opened the connection, nothing was read yet */
	TCP_RESPONDER,		/* the other end, nothing was read yet */
	TCP_MESSAGES,		/* carries IKE and ESP; the next octet begins a message */
	TCP_OTHER,		/* carries something else */
};

struct tcp_stream {
	struct tcp_key key;
	enum tcp_state state;
	uint32_t next;			/* sequence number of the next octet that is wanted */
	bool told;			/* that no message begins where its octets do */
	bool first;			/* nothing was read yet: the prefix may stand here */
	/* Of this room's tcp_stream.c: */
	bool used;
	uint64_t met;			/* counts segments */
	int16_t same_slot;		/* in its hash slot, -1 at the end */
	uint32_t part_count;
	struct tcp_part {
		uint32_t from, to;	/* octets behind `next`; they do not overlap */
		uint64_t frame;		/* that brought them */
	} parts[TCP_STREAM_PARTS];	/* ascending */
	uint8_t *data;			/* octets from `next` on, where parts has them */
	size_t room;
};

struct tcp_streams;

struct tcp_streams *tcp_streams_new(void);
void tcp_streams_free(struct tcp_streams *s);	/* NULL is nothing */
/* NULL: not followed. */
struct tcp_stream *tcp_streams_find(struct tcp_streams *s, const struct tcp_key *key);
/* The stream, from sequence number `next` on; what was known of it is forgotten.
 * p gets a note when another one is given up for it. */
struct tcp_stream *tcp_streams_begin(struct tcp_streams *s, struct packet *p,
				     const struct tcp_key *key, uint32_t next);
void tcp_streams_end(struct tcp_streams *s, struct tcp_stream *t);
bool tcp_streams_any(const struct tcp_streams *s);

/* ---- one stream ---- */

enum tcp_added {
	TCP_READY,	/* *ready: octets from t->next on, without a hole */
	TCP_WAITS,	/* kept: others are missing before it */
	TCP_OLD,	/* all of it was there before */
	TCP_LOST,	/* too far from what is wanted: that will not come. Nothing is kept. */
};
/* Takes a segment of at least one octet that begins with sequence number seq.
 * *direct: `ready` is a part of the segment itself, not of a copy that the next
 * call may move. */
enum tcp_added tcp_stream_add(struct tcp_stream *t, struct packet *p, uint32_t seq,
			      struct span *ready, bool *direct);
/* The first n octets of `ready` are done with; the others are kept. Names the
 * frames that they came in, if there is more than this one, in
 * p->reassembled_from. To be called after each TCP_READY. */
void tcp_stream_take(struct tcp_stream *t, struct packet *p, struct span ready, size_t n,
		     bool direct);
/* Forgets what waits; the next octet wanted is `next`. */
void tcp_stream_restart(struct tcp_stream *t, uint32_t next);

#endif
