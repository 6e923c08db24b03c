/* SPDX-License-Identifier: BSD-2-Clause
 * Plain packets out: each frame as what was inside of it, or as it is; fragments
 * held until it is known what became of them. */
#include "dissect/plain.h"

#include "dissect/unwrap.h"
#include "ipsec/wire/fragment.h"
#include "ipsec/wire/layers.h"

#include <stdlib.h>

enum { DLT_RAW_ANY = 12, DLT_ETHERNET = 1, DLT_SLL = 113, DLT_SLL2 = 276, DLT_NULL_BSD = 0,
       DLT_LOOP_BSD = 108 };

/* A frame that waits. Its octets stand in `octets` in the same order. */
struct held {
	const char *file;
	uint64_t number;
	int64_t seconds;
	uint32_t nanoseconds, n, length;
	uint8_t level;		/* protections that were taken off it */
	bool waits;		/* a fragment whose packet is not whole yet */
	bool part;		/* ... and became part of one that was opened */
	bool opened;
};

struct hold {
	struct held frames[HOLD_FRAMES];
	size_t first, end;	/* indices; moved to the beginning when the room is over */
	uint8_t *octets;
	size_t at, used;	/* of the octets: the first frame's, behind the last */
};

struct plain {
	struct capture_writer *writer;
	const struct ike_session *session;
	bool raw;		/* the file has no link layer */
	bool bad;
	struct plain_counts counts;
	struct hold *hold;	/* NULL until the first fragment */
	uint8_t out[UNWRAP_MAX];
};

static bool link_stays(int link)
{
	return link == DLT_ETHERNET || link == DLT_SLL || link == DLT_SLL2 ||
	       link == DLT_NULL_BSD || link == DLT_LOOP_BSD;
}

struct plain *plain_open(const char *path, int link, const struct ike_session *session,
			 struct err *e)
{
	struct plain *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->session = session;
	s->raw = !link_stays(link);
	s->writer = capture_writer_open(path, s->raw ? DLT_RAW_ANY : link, e);
	if (s->writer)
		return s;
	free(s);
	return NULL;
}

struct capture_writer *plain_writer(struct plain *s)
{
	return s->writer;
}

bool plain_bad(const struct plain *s)
{
	return s->bad;
}

const struct plain_counts *plain_counts(const struct plain *s)
{
	return &s->counts;
}

/* ---- writing and holding ---- */

static void put(struct plain *s, const struct held *h, const uint8_t *octets)
{
	s->counts.written++;
	s->counts.opened += h->opened;
	if (!capture_writer_put(s->writer, h->seconds, h->nanoseconds, span_of(octets, h->n),
				h->length))
		s->bad = true;
}

static size_t hold_count(const struct plain *s)
{
	return s->hold ? s->hold->end - s->hold->first : 0;
}

static void release_first(struct plain *s)
{
	struct hold *q = s->hold;
	const struct held *h = &q->frames[q->first++];
	if (h->part)
		s->counts.fragments++;
	else
		put(s, h, q->octets + q->at);
	q->at += h->n;
	if (q->first == q->end)
		q->first = q->end = q->at = q->used = 0;
}

/* Frames whose fate is known, up to the first fragment that still waits. */
static void release_known(struct plain *s)
{
	while (hold_count(s) && !s->hold->frames[s->hold->first].waits)
		release_first(s);
}

/* A fragment is not waited for any longer than the packet path does. */
static void release_late(struct plain *s, int64_t now)
{
	while (hold_count(s)) {
		struct held *h = &s->hold->frames[s->hold->first];
		int64_t age = (int64_t)((uint64_t)now - (uint64_t)h->seconds);
		if (h->waits && age <= FRAGMENT_SECONDS_V6 && age >= -FRAGMENT_SECONDS_V6)
			return;
		release_first(s);
	}
}

static bool hold_fits(const struct hold *q, size_t n)
{
	return q->end < HOLD_FRAMES && n <= HOLD_OCTETS - q->used;
}

/* What is held moves to the beginning; where that is not half of the room, so
 * many of the oldest go that it is. */
static void hold_make_room(struct plain *s)
{
	struct hold *q = s->hold;
	while (hold_count(s) > HOLD_FRAMES / 2 || q->used - q->at > HOLD_OCTETS / 2)
		release_first(s);
	memmove(q->frames, q->frames + q->first, (q->end - q->first) * sizeof *q->frames);
	memmove(q->octets, q->octets + q->at, q->used - q->at);
	q->end -= q->first;
	q->used -= q->at;
	q->first = q->at = 0;
}

static void hold_add(struct plain *s, const struct held *h, const uint8_t *octets)
{
	if (!s->hold) {
		s->hold = calloc(1, sizeof *s->hold);
		if (!s->hold || !(s->hold->octets = malloc(HOLD_OCTETS)))
			abort();
	}
	if (!hold_fits(s->hold, h->n))
		hold_make_room(s);
	struct hold *q = s->hold;
	if (h->n)
		memcpy(q->octets + q->used, octets, h->n);
	q->frames[q->end++] = *h;
	q->used += h->n;
}

static void give(struct plain *s, const struct held *h, struct span octets)
{
	if (h->waits || hold_count(s))
		hold_add(s, h, octets.p);
	else
		put(s, h, octets.p);
}

/* ---- fragments ---- */

/* What fragments of an IPsec packet say that they carry. */
static bool may_protect(uint8_t protocol)
{
	return protocol == PROTOCOL_ESP || protocol == PROTOCOL_AH || protocol == PROTOCOL_IPCOMP ||
	       protocol == PROTOCOL_UDP || protocol == PROTOCOL_TCP;
}

static bool is_waiting(const struct packet *p)
{
	const struct layer *last = p->layer_count ? &p->layers[p->layer_count - 1] : NULL;
	if (!p->ip || !p->ip->ip->fragment || p->cut)
		return false;
	for (; last > p->ip; last--)
		if (last->type->kind == LAYER_FRAGMENT && last->octets.n)
			return may_protect(last->octets.p[0]);
	return may_protect(p->ip->ip->protocol);
}

/* The packet is whole: the frames that it is made of wait no longer. Both lists
 * ascend. levels: bit n is set when those of level n became part of what was
 * opened. */
static void settle_fragments(struct plain *s, const struct packet *p, uint64_t levels)
{
	uint32_t k = 0;
	for (size_t i = s->hold->first; i < s->hold->end && k < p->reassembled_count; i++) {
		struct held *h = &s->hold->frames[i];
		if (h->file != p->frame.file)
			continue;
		while (k < p->reassembled_count && p->reassembled_from[k] < h->number)
			k++;
		if (k == p->reassembled_count || p->reassembled_from[k] != h->number || !h->waits)
			continue;
		h->waits = false;
		h->part = levels >> h->level & 1;
	}
}

/* ---- packets ---- */

/* Where the frame's IP packet begins: behind the link layer. */
static bool find_ip(const struct packet *p, size_t *at)
{
	const struct layer *l = p->layers, *end = l + p->layer_count;
	size_t link = 0;
	for (; l < end && l->buffer == 0; l++) {
		if (l->type->kind == LAYER_IPV4 || l->type->kind == LAYER_IPV6) {
			*at = l->offset;
			return true;
		}
		link = l->offset + l->octets.n;
	}
	*at = link;
	return l < end;		/* put together from fragments: the IP header is not a layer here */
}

static struct held held_of(const struct packet *p, size_t n, size_t length)
{
	return (struct held){ .file = p->frame.file, .number = p->frame.number,
			      .seconds = p->frame.seconds, .nanoseconds = p->frame.nanoseconds,
			      .n = (uint32_t)n, .length = (uint32_t)length };
}

static void give_as_is(struct plain *s, const struct packet *p)
{
	size_t from = 0;
	if (s->raw && !find_ip(p, &from)) {
		s->counts.not_ip++;
		return;
	}
	struct span octets = span_from(p->frame.octets, from);
	size_t length = p->frame.length - (from < p->frame.length ? from : p->frame.length);
	struct held h = held_of(p, octets.n, length);
	h.waits = is_waiting(p);
	give(s, &h, octets);
}

static void give_opened(struct plain *s, const struct packet *p, const struct unwrapped *u)
{
	struct span octets = span_from(u->octets, s->raw ? u->ip : 0);
	struct held h = held_of(p, octets.n, octets.n);
	h.opened = true;
	h.level = (uint8_t)u->levels;
	h.waits = is_waiting(p);
	give(s, &h, octets);
}

/* False: it stays closed, and nothing was written. */
static bool take_packet(struct plain *s, const struct packet *p)
{
	struct unwrapped u;
	enum unwrap result = unwrap_packet(p, s->session, s->out, &u);
	if (result == UNWRAP_OPENED)
		give_opened(s, p, &u);
	s->counts.dummies += result == UNWRAP_DUMMY;
	s->counts.impossible += result == UNWRAP_IMPOSSIBLE;
	bool taken = result == UNWRAP_OPENED || result == UNWRAP_DUMMY;
	if (p->reassembled_from && hold_count(s))
		settle_fragments(s, p, taken ? u.reassembled : 0);
	return taken;
}

/* The packets inside of a segment, each by itself; how many were taken. */
static size_t take_inner(struct plain *s, const struct packet *p, size_t *closed)
{
	size_t taken = 0;
	for (const struct packet *q = p->inner; q; q = q->inner_next) {
		if (q->inner)
			taken += take_inner(s, q, closed);
		else if (take_packet(s, q))
			taken++;
		else
			++*closed;
	}
	return taken;
}

bool plain_packet(struct plain *s, const struct packet *p)
{
	size_t closed = 0;
	if (p->copy_of) {
		s->counts.copies++;
		return !s->bad;
	}
	if (hold_count(s))
		release_late(s, p->frame.seconds);
	bool taken = p->inner ? take_inner(s, p, &closed) : take_packet(s, p);
	if (taken)
		s->counts.closed_parts += closed;
	else
		give_as_is(s, p);
	release_known(s);
	return !s->bad;
}

bool plain_flush(struct plain *s)
{
	if (!capture_writer_flush(s->writer))
		s->bad = true;
	return !s->bad;
}

bool plain_close(struct plain *s, struct plain_counts *counts, struct err *e)
{
	if (!s)
		return true;
	while (hold_count(s))
		release_first(s);
	*counts = s->counts;
	bool ok = capture_writer_close(s->writer, e);
	if (s->hold)
		free(s->hold->octets);
	free(s->hold);
	free(s);
	return ok;
}
