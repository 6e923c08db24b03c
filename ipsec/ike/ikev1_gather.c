/* SPDX-License-Identifier: BSD-2-Clause
 * IKE fragments of Cisco and Microsoft (payload 132; [MS-IKEE], 2.2.3): a whole
 * message, its header included, is cut into pieces that are sent in clear, each
 * behind a header of its own. Pieces are numbered from 1; the last says so.
 * Bounded: one message of an SA at a time, 16 of a session, 64 KiB each. */
#include "ipsec/ike/ikev1_state.h"

#include <stdlib.h>

enum { PIECES_MAX = 255 };

struct piece {
	uint32_t offset;
	uint16_t size;
	bool there;
};

struct ikev1_gather {
	uint16_t id;
	uint8_t last;			/* number of the last piece; 0: not there yet */
	uint32_t used, room;
	uint8_t *octets;
	struct piece pieces[PIECES_MAX + 1];
};

void ikev1_gather_free(struct ikev1_state *v1)
{
	if (!v1->gather)
		return;
	for (size_t i = 0; i < IKEV1_GATHERING_MAX; i++)
		if (v1->s->v1.gathering[i] == v1->sa)
			v1->s->v1.gathering[i] = NULL;
	free(v1->gather->octets);
	free(v1->gather);
	v1->gather = NULL;
}

static void *must(void *p)
{
	if (!p)
		abort();	/* as arenas do */
	return p;
}

/* The session's oldest one is given up for it. */
static struct ikev1_gather *gather_new(struct ikev1_work *x, uint16_t id)
{
	struct ikev1_shared *shared = &x->w->s->v1;
	ikev1_gather_free(x->v1);
	struct ike_sa **place = &shared->gathering[shared->gathering_next++ % IKEV1_GATHERING_MAX];
	if (*place) {
		(*place)->fragments_lost++;
		ikev1_gather_free((*place)->v1);
	}
	*place = x->w->sa;
	x->v1->gather = must(calloc(1, sizeof *x->v1->gather));
	x->v1->gather->id = id;
	return x->v1->gather;
}

static bool piece_add(struct ikev1_gather *g, uint8_t number, struct span data)
{
	if (g->used + data.n > IKEV1_MESSAGE_MAX)
		return false;
	if (g->used + data.n > g->room) {
		g->room = g->used + (uint32_t)data.n;
		g->octets = must(realloc(g->octets, g->room ? g->room : 1));
	}
	if (data.n)
		memcpy(g->octets + g->used, data.p, data.n);
	g->pieces[number] = (struct piece){ g->used, (uint16_t)data.n, true };
	g->used += (uint32_t)data.n;
	return true;
}

static bool is_complete(const struct ikev1_gather *g)
{
	for (unsigned i = 1; i <= g->last; i++)
		if (!g->pieces[i].there)
			return false;
	return g->last != 0;
}

static struct span put_together(const struct ikev1_gather *g, struct arena *a)
{
	uint8_t *out = arena_raw(a, g->used + 1);
	size_t n = 0;
	for (unsigned i = 1; i <= g->last; i++) {
		memcpy(out + n, g->octets + g->pieces[i].offset, g->pieces[i].size);
		n += g->pieces[i].size;
	}
	return span_of(out, n);
}

/* Says what is wrong with a piece; NULL: nothing. */
static const char *piece_bad(const struct ikev1_gather *g, uint8_t number, bool last,
			     struct span data)
{
	if (number == 0)
		return "its number is 0";
	if (g->last && (number > g->last || (last && number != g->last)))
		return "it is behind the last one";
	if (g->pieces[number].there &&
	    !span_equal(data, span_of(g->octets + g->pieces[number].offset, g->pieces[number].size)))
		return "another one has the same number: the first counts";
	return NULL;
}

struct span ikev1_gather_add(struct ikev1_work *x, const struct node *frag)
{
	const struct span none = { NULL, 0 };
	uint16_t id = (uint16_t)node_uint(frag, V1_FRAG_ID, 0);
	uint8_t number = (uint8_t)node_uint(frag, V1_FRAG_NUMBER, 0);
	bool last = node_uint(frag, V1_FRAG_LAST, 0) & 1;
	struct span data = node_bytes(frag, V1_FRAG_DATA);
	struct ikev1_gather *g = x->v1->gather;
	if (g && g->id != id) {
		x->w->sa->fragments_lost++;
		g = NULL;
	}
	if (!g)
		g = gather_new(x, id);
	const char *bad = piece_bad(g, number, last, data);
	if (!bad && !g->pieces[number].there && !piece_add(g, number, data))
		bad = "the message is longer than 64 KiB";
	if (bad) {
		finding_add(x->w->fs, SEVERITY_VIOLATION, NULL, frag->offset,
			    "fragment %u of message %u: %s", number, id, bad);
		return none;
	}
	x->w->m->fragment = number;
	if (last)
		g->last = number;
	x->w->m->total = g->last;
	if (!is_complete(g))
		return none;
	struct span all = put_together(g, x->w->a);
	ikev1_gather_free(x->v1);
	return all;
}
