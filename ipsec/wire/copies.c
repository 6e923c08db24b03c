/* SPDX-License-Identifier: BSD-2-Clause
 * Copies of one packet on several interfaces: a small table of recent ones. */
#include "ipsec/wire/copies.h"

#include "ipsec/wire/layers.h"

#include <stdlib.h>

enum { SLOTS = 256, NEAR_NANOSECONDS = 10 * 1000 * 1000 };

struct seen {
	const char *file;	/* the capture: another one has copies of its own */
	uint64_t frame;		/* 0: free */
	uint64_t hash, link;	/* of the octets from the IP header on; of the link header */
	uint64_t time;		/* nanoseconds, modulo 2^64 */
	size_t n;
};

struct copies {
	struct seen slots[SLOTS];	/* by hash, so that equal packets meet */
};

struct copies *copies_new(void)
{
	struct copies *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	return c;
}

void copies_free(struct copies *c)
{
	free(c);
}

static uint64_t hash_of(struct span s)
{
	uint64_t h = 0xcbf29ce484222325u;	/* FNV-1a */
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3u;
	return h;
}

/* The packet at the read head without what a link put behind it. */
static struct span packet_octets(const struct packet *p)
{
	enum layer_kind k = layer_find(p->space, p->number);
	uint8_t protocol = k == LAYER_IPV4 ? PROTOCOL_IPV4 : k == LAYER_IPV6 ? PROTOCOL_IPV6 :
			   PROTOCOL_NONE;
	return span_part(p->rest, 0, ip_length(protocol, p->rest));
}

uint64_t copies_find(struct copies *c, const struct packet *p)
{
	enum layer_kind link = p->layers[0].type->kind;
	if (link != LAYER_SLL && link != LAYER_SLL2)
		return 0;
	struct span octets = packet_octets(p);
	struct seen now = { p->frame.file, p->frame.number, hash_of(octets),
			    hash_of(p->layers[0].octets),
			    (uint64_t)p->frame.seconds * 1000000000 + p->frame.nanoseconds,
			    octets.n };
	struct seen *s = &c->slots[now.hash % SLOTS];
	bool copy = s->frame && s->file == now.file && s->hash == now.hash && s->n == now.n &&
		    s->link != now.link && now.time - s->time <= NEAR_NANOSECONDS;
	if (!copy)
		*s = now;
	return copy ? s->frame : 0;
}
