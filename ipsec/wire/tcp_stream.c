/* SPDX-License-Identifier: BSD-2-Clause
 * Reassembly of TCP streams. A segment that comes in its turn is read where it
 * stands, only what remains of it is copied; all others go through the stream's
 * own memory. Octets that came first stay when others come for their place. Each
 * step takes time in proportion to the segment and what waits. */
#include "ipsec/wire/tcp_stream.h"

#include "ipsec/wire/layers.h"

#include <stdlib.h>

enum { SLOTS = 256 };

struct tcp_streams {
	struct tcp_stream pool[TCP_STREAMS];
	int16_t slots[SLOTS];		/* by hash; -1: empty */
	unsigned count;			/* used */
	uint64_t met;
};

struct tcp_streams *tcp_streams_new(void)
{
	struct tcp_streams *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	for (unsigned i = 0; i < SLOTS; i++)
		s->slots[i] = -1;
	return s;
}

void tcp_streams_free(struct tcp_streams *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < TCP_STREAMS; i++)
		free(s->pool[i].data);
	free(s);
}

bool tcp_streams_any(const struct tcp_streams *s)
{
	return s->count != 0;
}

/* ---- the table ---- */

static int16_t *slot_of(struct tcp_streams *s, const struct tcp_key *k)
{
	uint32_t h = 0x811c9dc5u;	/* FNV-1a */
	for (size_t i = 0; i < sizeof k->src.b; i++)
		h = ((h ^ k->src.b[i]) * 0x01000193u ^ k->dst.b[i]) * 0x01000193u;
	h = (h ^ k->sport) * 0x01000193u;
	h = (h ^ k->dport) * 0x01000193u;
	return &s->slots[(h ^ h >> 16) % SLOTS];
}

static bool key_equal(const struct tcp_key *a, const struct tcp_key *b)
{
	return a->sport == b->sport && a->dport == b->dport && a->depth == b->depth &&
	       addr_equal(&a->src, &b->src) && addr_equal(&a->dst, &b->dst);
}

struct tcp_stream *tcp_streams_find(struct tcp_streams *s, const struct tcp_key *key)
{
	for (int16_t i = *slot_of(s, key); i >= 0; i = s->pool[i].same_slot)
		if (key_equal(&s->pool[i].key, key)) {
			s->pool[i].met = ++s->met;
			return &s->pool[i];
		}
	return NULL;
}

static void unlink_stream(struct tcp_streams *s, const struct tcp_stream *t)
{
	int16_t *at = slot_of(s, &t->key), me = (int16_t)(t - s->pool);
	while (*at != me)
		at = &s->pool[*at].same_slot;
	*at = t->same_slot;
}

void tcp_streams_end(struct tcp_streams *s, struct tcp_stream *t)
{
	unlink_stream(s, t);
	free(t->data);
	*t = (struct tcp_stream){ .used = false };
	s->count--;
}

/* A free one, else one that was found to carry something else, else the one that
 * was not met for longest. */
static struct tcp_stream *take_one(struct tcp_streams *s, struct packet *p)
{
	struct tcp_stream *worst = &s->pool[0];
	for (unsigned i = 0; i < TCP_STREAMS; i++) {
		struct tcp_stream *t = &s->pool[i];
		if (!t->used)
			return t;
		bool other = t->state != TCP_MESSAGES, worst_other = worst->state != TCP_MESSAGES;
		if (other > worst_other || (other == worst_other && t->met < worst->met))
			worst = t;
	}
	if (worst->state == TCP_MESSAGES)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "%d TCP streams are followed: the one of ports %u to %u that was "
			       "not met for longest is given up", TCP_STREAMS, worst->key.sport,
			       worst->key.dport);
	tcp_streams_end(s, worst);
	return worst;
}

struct tcp_stream *tcp_streams_begin(struct tcp_streams *s, struct packet *p,
				     const struct tcp_key *key, uint32_t next)
{
	struct tcp_stream *t = tcp_streams_find(s, key);
	if (!t) {
		t = take_one(s, p);
		int16_t *slot = slot_of(s, key);
		*t = (struct tcp_stream){ .used = true, .key = *key, .same_slot = *slot };
		*slot = (int16_t)(t - s->pool);
		s->count++;
	}
	t->met = ++s->met;
	t->state = TCP_UNKNOWN;
	t->told = t->first = false;
	tcp_stream_restart(t, next);
	return t;
}

/* ---- one stream ---- */

void tcp_stream_restart(struct tcp_stream *t, uint32_t next)
{
	t->next = next;
	t->part_count = 0;
}

static bool make_room(struct tcp_stream *t, size_t n)
{
	if (n <= t->room)
		return true;
	size_t room = t->room ? t->room : 2048;
	while (room < n)
		room *= 2;
	uint8_t *data = realloc(t->data, room);
	if (!data)
		return false;
	t->data = data;
	t->room = room;
	return true;
}

/* A new piece at parts[i]; one that goes on where another of the same frame ends,
 * or where there is no place for one more, lengthens that. */
static bool part_insert(struct tcp_stream *t, uint32_t i, struct tcp_part part)
{
	struct tcp_part *before = i ? &t->parts[i - 1] : NULL;
	bool touches = before && before->to == part.from;
	if (touches && (before->frame == part.frame || t->part_count == TCP_STREAM_PARTS)) {
		before->to = part.to;
		return true;
	}
	if (t->part_count == TCP_STREAM_PARTS)
		return false;
	memmove(&t->parts[i + 1], &t->parts[i], (t->part_count - i) * sizeof part);
	t->parts[i] = part;
	t->part_count++;
	return true;
}

/* Octets that are there already and are not the same. */
static bool differs(const struct tcp_stream *t, const uint8_t *octets, uint32_t from,
		    uint32_t to, uint32_t base)
{
	return from < to && memcmp(t->data + from, octets + (from - base), to - from) != 0;
}

/* Fills what is not there yet of [from, to) with the segment's octets. */
static bool fill(struct tcp_stream *t, struct packet *p, uint32_t from, struct span octets)
{
	uint32_t at = from, to = from + (uint32_t)octets.n;
	bool other = false, room = make_room(t, to);
	for (uint32_t i = 0; room && at < to; i++) {
		bool last = i == t->part_count;
		uint32_t hole = last || t->parts[i].from > to ? to : t->parts[i].from;
		if (at < hole) {
			memcpy(t->data + at, octets.p + (at - from), hole - at);
			uint32_t count = t->part_count;
			room = part_insert(t, i, (struct tcp_part){ at, hole, p->frame.number });
			i += t->part_count - count;
			at = hole;
		}
		if (last || at >= to || i >= t->part_count || t->parts[i].to <= at)
			continue;
		uint32_t end = t->parts[i].to < to ? t->parts[i].to : to;
		other = other || differs(t, octets.p, at, end, from);
		at = end;
	}
	if (other)
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
			       "octets of the TCP stream came twice and differ; the first ones "
			       "are kept");
	return room;
}

/* Octets from `next` on without a hole. */
static uint32_t whole(const struct tcp_stream *t)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < t->part_count && t->parts[i].from == n; i++)
		n = t->parts[i].to;
	return n;
}

enum tcp_added tcp_stream_add(struct tcp_stream *t, struct packet *p, uint32_t seq,
			      struct span *ready, bool *direct)
{
	struct span s = p->rest;
	int32_t ahead = (int32_t)(seq - t->next);
	if (ahead < 0) {
		size_t old = (size_t)-(int64_t)ahead;
		if (old > TCP_STREAM_PAST)
			return TCP_LOST;
		if (s.n <= old)
			return TCP_OLD;
		s = span_from(s, old);
		ahead = 0;
	}
	*direct = ahead == 0 && t->part_count == 0;
	*ready = s;
	if (*direct)
		return TCP_READY;
	if ((size_t)ahead + s.n > TCP_STREAM_OCTETS || !fill(t, p, (uint32_t)ahead, s))
		return TCP_LOST;
	*ready = span_of(t->data, whole(t));
	return ready->n ? TCP_READY : TCP_WAITS;
}

/* Frames that the first n octets came in, ascending: retransmissions may have
 * come in another order than they stand. */
static void name_frames(const struct tcp_stream *t, struct packet *p, size_t n)
{
	uint64_t *list = arena_raw(p->arena, (TCP_STREAM_PARTS + 1) * sizeof *list);
	uint32_t count = 0;
	for (uint32_t i = 0; i <= t->part_count; i++) {
		bool mine = i == t->part_count;
		uint64_t frame = mine ? p->frame.number : t->parts[i].frame;
		if (!mine && t->parts[i].from >= n)
			continue;
		uint32_t at = count;
		while (at && list[at - 1] > frame)
			at--;
		if (at && list[at - 1] == frame)
			continue;
		memmove(list + at + 1, list + at, (count - at) * sizeof *list);
		list[at] = frame;
		count++;
	}
	if (count < 2)
		return;
	if (count > PACKET_FROM_MAX) {
		list[PACKET_FROM_MAX - 1] = list[count - 1];
		count = PACKET_FROM_MAX;
	}
	p->reassembled_from = list;
	p->reassembled_count = count;
}

void tcp_stream_take(struct tcp_stream *t, struct packet *p, struct span ready, size_t n,
		     bool direct)
{
	t->next += (uint32_t)n;
	if (direct) {
		struct span left = span_from(ready, n);
		if (left.n && (left.n > TCP_STREAM_OCTETS || !fill(t, p, 0, left)))
			tcp_stream_restart(t, t->next);
		return;
	}
	if (n == 0)
		return;
	name_frames(t, p, n);
	uint32_t kept = 0, top = 0;
	for (uint32_t i = 0; i < t->part_count; i++) {
		struct tcp_part part = t->parts[i];
		top = part.to;
		if (part.to <= n)
			continue;
		part.from = part.from > n ? part.from - (uint32_t)n : 0;
		part.to -= (uint32_t)n;
		t->parts[kept++] = part;
	}
	t->part_count = kept;
	memmove(t->data, t->data + n, top - n);
}
