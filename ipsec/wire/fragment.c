/* SPDX-License-Identifier: BSD-2-Clause
 * Reassembly of IPv4 and IPv6 datagrams (RFC 791, 3.2; RFC 8200, 4.5; RFC 5722).
 *
 * A fixed pool of datagrams, each with a buffer that grows to 64 KiB at most and
 * is kept for the next one, and two bitmaps over units of 8 octets: which are
 * there, and at which a fragment begins. With them each step takes time in
 * proportion to the fragment, whatever order or sizes fragments come in.
 *
 * Overlaps: in IPv6 they condemn the whole datagram (RFC 5722, 3), exact copies
 * apart; in IPv4 the octets that came first stay. A datagram is known by its
 * addresses, id, protocol and by how deep it lies in tunnels, so that fragments
 * seen before and after decryption do not mix. Files read one after the other
 * share the pool: frame numbers are those of their files. */
#include "ipsec/wire/fragment.h"

#include "ipsec/wire/layers.h"

#include <stdlib.h>

enum {
	UNITS = 8192,		/* of 8 octets: what a 13-bit offset can say */
	COPY_NANOSECONDS = 10 * 1000 * 1000,
};

struct bits {
	uint64_t w[UNITS / 64];
};

enum state { FREE, OPEN, CONDEMNED, COMPLETE };

struct datagram {
	enum state state;
	uint8_t protocol, depth;
	uint32_t id;
	struct addr src, dst;
	uint64_t born;		/* counts datagrams: the least is the oldest */
	int64_t since, done;	/* nanoseconds: first fragment, completion */
	struct bits have, begins;
	uint32_t units;		/* set in have */
	uint32_t end;		/* octets of data, 0 while the last fragment is missing */
	uint32_t top;		/* end of what has been seen so far */
	uint32_t parts;
	uint32_t header_size;
	uint8_t header[FRAGMENT_HEADER];
	uint32_t frame_count;
	uint64_t frames[PACKET_FROM_MAX];
	uint8_t *data;
	size_t room;
};

struct fragments {
	struct datagram pool[FRAGMENT_DATAGRAMS];
	uint64_t born;
};

struct fragments *fragments_new(void)
{
	struct fragments *f = calloc(1, sizeof *f);
	if (!f)
		abort();
	return f;
}

void fragments_free(struct fragments *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS; i++)
		free(f->pool[i].data);
	free(f);
}

/* ---- bitmaps ---- */

static bool bit_get(const struct bits *b, uint32_t i)
{
	return i < UNITS && (b->w[i / 64] >> i % 64 & 1);
}

static void bit_set(struct bits *b, uint32_t i)
{
	b->w[i / 64] |= (uint64_t)1 << i % 64;
}

static uint32_t bits_count(const struct bits *b, uint32_t from, uint32_t to)
{
	uint32_t n = 0;
	for (; from < to; from++)
		n += bit_get(b, from);
	return n;
}

static uint32_t units_of(size_t octets)
{
	return (uint32_t)((octets + 7) / 8);
}

/* ---- the pool ---- */

/* Unsigned on the way: a file may claim any time. */
static int64_t now_of(const struct packet *p)
{
	return (int64_t)((uint64_t)p->frame.seconds * 1000000000u + p->frame.nanoseconds);
}

static int64_t time_between(int64_t from, int64_t to)
{
	return (int64_t)((uint64_t)to - (uint64_t)from);
}

static uint8_t depth_of(const struct packet *p)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < p->layer_count; i++)
		n += p->layers[i].type->kind == LAYER_IPV4 ||
		     p->layers[i].type->kind == LAYER_IPV6;
	return (uint8_t)n;
}

static bool is_of(const struct datagram *d, const struct fragment *part, uint8_t depth)
{
	return d->state != FREE && d->id == part->id && d->protocol == part->protocol &&
	       d->depth == depth && addr_equal(&d->src, &part->src) &&
	       addr_equal(&d->dst, &part->dst);
}

static bool is_stale(const struct datagram *d, int64_t now)
{
	int64_t age = time_between(d->since, now);
	int64_t limit = d->src.family == 4 ? FRAGMENT_SECONDS_V4 : FRAGMENT_SECONDS_V6;
	return age / 1000000000 >= limit || age / 1000000000 <= -limit;
}

static void datagram_begin(struct datagram *d, const struct fragment *part, uint8_t depth)
{
	uint8_t *data = d->data;
	size_t room = d->room;
	*d = (struct datagram){ .state = OPEN, .protocol = part->protocol, .depth = depth,
				.id = part->id, .src = part->src, .dst = part->dst,
				.data = data, .room = room };
}

/* A slot for a new datagram: a free one, else a complete or stale one, else the
 * oldest, which is given up. */
static struct datagram *take_slot(struct fragments *f, struct packet *p)
{
	struct datagram *oldest = &f->pool[0];
	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS; i++) {
		struct datagram *d = &f->pool[i];
		if (d->state == FREE || is_stale(d, now_of(p)))
			return d;
		if ((d->state == COMPLETE) > (oldest->state == COMPLETE) ||
		    ((d->state == COMPLETE) == (oldest->state == COMPLETE) &&
		     d->born < oldest->born))
			oldest = d;
	}
	if (oldest->state == OPEN)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "%d datagrams are waiting for fragments: the one that began with "
			       "frame %llu is given up", FRAGMENT_DATAGRAMS,
			       (unsigned long long)oldest->frames[0]);
	return oldest;
}

static bool has_exactly(const struct datagram *d, const struct fragment *part);

/* A fragment of a complete datagram is a new one with the same id (or a replay),
 * but for the copies of one packet that several interfaces of a cooked capture
 * show within a moment. */
static bool is_other_interface(const struct datagram *d, const struct packet *p,
			       const struct fragment *part)
{
	enum layer_kind link = p->layer_count ? p->layers[0].type->kind : LAYER_KINDS;
	int64_t later = time_between(d->done, now_of(p));
	return (link == LAYER_SLL || link == LAYER_SLL2) && later >= 0 &&
	       later <= COPY_NANOSECONDS && has_exactly(d, part);
}

/* The datagram that a fragment belongs to; NULL for a copy that adds nothing. */
static struct datagram *find_datagram(struct fragments *f, struct packet *p,
				      const struct fragment *part)
{
	uint8_t depth = depth_of(p);
	struct datagram *d = NULL;
	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS && !d; i++)
		if (is_of(&f->pool[i], part, depth))
			d = &f->pool[i];
	bool stale = d && is_stale(d, now_of(p));
	if (d && !stale && d->state == COMPLETE && is_other_interface(d, p, part))
		return NULL;
	if (d && !stale && d->state != COMPLETE)
		return d;
	if (!d)
		d = take_slot(f, p);
	datagram_begin(d, part, depth);
	d->born = ++f->born;
	d->since = now_of(p);
	return d;
}

/* ---- one fragment ---- */

/* Exactly this fragment is there already: same borders, same octets. */
static bool has_exactly(const struct datagram *d, const struct fragment *part)
{
	uint32_t from = part->offset / 8, to = from + units_of(part->data.n);
	size_t end = part->offset + part->data.n;
	bool ends = !part->more ? d->end == end :
		    (bit_get(&d->begins, to) || !bit_get(&d->have, to)) &&
		    (d->end == 0 || end < d->end);
	return ends && bit_get(&d->begins, from) &&
	       bits_count(&d->begins, from, to) == 1 &&
	       bits_count(&d->have, from, to) == to - from &&
	       memcmp(d->data + part->offset, part->data.p, part->data.n) == 0;
}

static void give_up(struct datagram *d, struct packet *p, const char *why)
{
	if (d->state == OPEN)
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
			       "fragment at %s: the whole datagram is discarded", why);
	d->state = CONDEMNED;
}

static bool make_room(struct datagram *d, size_t n)
{
	if (n <= d->room)
		return true;
	size_t room = d->room ? d->room : 2048;
	while (room < n)
		room *= 2;
	uint8_t *data = realloc(d->data, room);
	if (!data)
		return false;
	d->data = data;
	d->room = room;
	return true;
}

/* IPv4, octets that came twice: the first ones stay. */
static void keep_first(struct datagram *d, struct packet *p, const struct fragment *part)
{
	bool differs = false;
	for (size_t i = 0; i < part->data.n; i++) {
		size_t at = part->offset + i;
		if (!bit_get(&d->have, (uint32_t)(at / 8)))
			d->data[at] = part->data.p[i];
		else
			differs = differs || d->data[at] != part->data.p[i];
	}
	packet_finding(p, differs ? SEVERITY_VIOLATION : SEVERITY_NOTE, NULL, packet_offset(p),
		       "fragment at offset %u overlaps octets that came before%s", part->offset,
		       differs ? " and differs from them; the first ones are kept" : "");
}

/* Sets the data's end from the last fragment, and looks whether it can be. */
static bool take_end(struct datagram *d, const struct fragment *part)
{
	uint32_t end = part->offset + (uint32_t)part->data.n;
	if ((d->end && end > d->end) || (!part->more && d->end && end != d->end) ||
	    (!part->more && end < d->top))
		return false;
	if (!part->more)
		d->end = end;
	if (end > d->top)
		d->top = end;
	return true;
}

static void store(struct datagram *d, struct packet *p, const struct fragment *part,
		  uint32_t overlap)
{
	uint32_t from = part->offset / 8, to = from + units_of(part->data.n);
	if (overlap)
		keep_first(d, p, part);
	else
		memcpy(d->data + part->offset, part->data.p, part->data.n);
	for (uint32_t i = from; i < to; i++)
		bit_set(&d->have, i);
	bit_set(&d->begins, from);
	d->units += to - from - overlap;
	d->parts++;
	if (part->offset == 0 && !d->header_size) {
		d->header_size = (uint32_t)part->header.n;
		memcpy(d->header, part->header.p, part->header.n);
	}
	/* The last place is for the frame that completes the datagram. */
	uint32_t at = d->frame_count < PACKET_FROM_MAX ? d->frame_count++ : PACKET_FROM_MAX - 1;
	d->frames[at] = p->frame.number;
}

/* IPv6 does not count its first 40 octets. */
static size_t length_max(const struct fragment *part)
{
	return FRAGMENT_OCTETS + (part->src.family == 6 ? 40u : 0);
}

/* What a fragment must be by itself. */
static bool is_sound(struct packet *p, const struct fragment *part)
{
	if (part->data.n == 0 || (part->more && part->data.n % 8 != 0)) {
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
			       "fragment of %zu octets, needs some, and while more are to come "
			       "a multiple of 8", part->data.n);
		return false;
	}
	size_t end = part->offset + part->data.n + part->header.n;
	if (end > length_max(part)) {
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
			       "fragment ends at octet %zu of its datagram, which can have %zu",
			       end, length_max(part));
		return false;
	}
	if (part->header.n > FRAGMENT_HEADER)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "%zu octets before the fragment, at most %d are kept: "
			       "it is not put together", part->header.n, FRAGMENT_HEADER);
	return part->header.n <= FRAGMENT_HEADER;
}

/* Adds the fragment to its datagram, if it may. */
static void take_part(struct datagram *d, struct packet *p, const struct fragment *part)
{
	uint32_t from = part->offset / 8;
	uint32_t overlap = bits_count(&d->have, from, from + units_of(part->data.n));
	if (overlap && has_exactly(d, part))
		return;		/* RFC 8200, 4.5: exact copies may be dropped */
	if (overlap && part->src.family == 6)
		give_up(d, p, "an offset that overlaps others (RFC 5722)");
	else if (d->parts == FRAGMENT_PARTS)
		give_up(d, p, "the end of a list of 1024");
	else if (!take_end(d, part))
		give_up(d, p, "odds with the datagram's end");
	else if (!make_room(d, part->offset + part->data.n))
		give_up(d, p, "the end of memory");
	else
		store(d, p, part, overlap);
}

/* ---- the whole ---- */

/* The frames of this datagram, and those that the packet itself was put together
 * from before; ascending. */
static void name_frames(const struct datagram *d, struct packet *p)
{
	uint32_t n = 0, i = 0, k = 0;
	uint64_t *list = arena_alloc(p->arena, 2 * PACKET_FROM_MAX * sizeof *list);
	while (i < d->frame_count || k < p->reassembled_count) {
		uint64_t frame;
		if (k == p->reassembled_count ||
		    (i < d->frame_count && d->frames[i] <= p->reassembled_from[k]))
			frame = d->frames[i++];
		else
			frame = p->reassembled_from[k++];
		if (n == 0 || list[n - 1] != frame)
			list[n++] = frame;
	}
	if (n > PACKET_FROM_MAX) {
		list[PACKET_FROM_MAX - 1] = list[n - 1];
		n = PACKET_FROM_MAX;
	}
	p->reassembled_from = list;
	p->reassembled_count = n;
}

bool fragments_add(struct fragments *f, struct packet *p, const struct fragment *part,
		   struct span *whole, uint8_t **header)
{
	if (!is_sound(p, part))
		return false;
	struct datagram *d = find_datagram(f, p, part);
	if (!d || d->state == CONDEMNED)
		return false;
	take_part(d, p, part);
	if (d->state != OPEN || !d->end || d->units != units_of(d->end))
		return false;
	size_t n = d->header_size + d->end;
	if (n > length_max(part)) {
		give_up(d, p, "odds with the first one's header: too long in all");
		return false;
	}
	*header = arena_raw(p->arena, n);
	memcpy(*header, d->header, d->header_size);
	memcpy(*header + d->header_size, d->data, d->end);
	*whole = span_of(*header, n);
	name_frames(d, p);
	d->state = COMPLETE;
	d->done = now_of(p);
	return true;
}
