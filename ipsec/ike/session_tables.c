/* SPDX-License-Identifier: BSD-2-Clause
 * The session's memory: IKE SAs by SPI and by age, CHILD SAs by SPI, what is kept
 * of messages, and the limits of all that. */
#include "ipsec/ike/session_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 1024, SLOTS_MAX = 1 << 19,
       SAME_SPI_MAX = 64 };	/* IKE SAs with one SPIi, or in one slot: the rest is left alone */

static void *must(void *p)
{
	if (!p)
		abort();	/* as arenas do */
	return p;
}

/* ---- memory ---- */

void *ike_sa_alloc(struct ike_sa *sa, size_t n)
{
	struct sa_block *b = must(calloc(1, sizeof *b + n));
	b->next = sa->state->blocks;
	sa->state->blocks = b;
	return b->octets;
}

const char *ike_sa_text(struct ike_sa *sa, const char *text)
{
	size_t n = text ? strlen(text) + 1 : 0;
	return text ? memcpy(ike_sa_alloc(sa, n), text, n) : NULL;
}

const char *ike_sa_printf(struct ike_sa *sa, const char *format, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	return ike_sa_text(sa, text);
}

void kept_drop(struct ike_session *s, struct kept *k)
{
	s->tables->kept -= k->n;
	if (k->p)
		crypto_cleanse(k->p, k->n);
	free(k->p);
	*k = (struct kept){ 0 };
}

static bool forget_half(struct ike_session *s);

void kept_set(struct ike_session *s, struct kept *k, struct span octets, uint32_t first)
{
	kept_drop(s, k);
	if (octets.n == 0 || octets.n > KEPT_ONE_MAX)
		return;
	while (s->tables->kept + octets.n > KEPT_ALL_MAX)
		if (!forget_half(s))
			return;
	k->p = must(malloc(octets.n));
	memcpy(k->p, octets.p, octets.n);
	k->n = octets.n;
	k->first = first;
	s->tables->kept += k->n;
}

const struct node *kept_chain(struct ike_work *w, const struct kept *k)
{
	struct decode d = { .arena = w->a };
	struct span trailing;
	return k->p ? ike_chain_decode(k->first, 2, span_of(k->p, k->n), &d, &trailing) : NULL;
}

/* ---- lists ---- */

static void list_remove(struct session_tables *t, struct ike_sa *sa)
{
	struct ike_sa_state *x = sa->state;
	*(x->newer ? &x->newer->state->older : &t->newest[x->list]) = x->older;
	*(x->older ? &x->older->state->newer : &t->oldest[x->list]) = x->newer;
	t->count[x->list]--;
}

static void list_add(struct session_tables *t, struct ike_sa *sa, enum sa_list list)
{
	struct ike_sa_state *x = sa->state;
	x->list = list;
	x->newer = NULL;
	x->older = t->newest[list];
	*(x->older ? &x->older->state->newer : &t->oldest[list]) = sa;
	t->newest[list] = sa;
	t->count[list]++;
}

void session_list_move(struct session_tables *t, struct ike_sa *sa, enum sa_list list)
{
	list_remove(t, sa);
	list_add(t, sa, list);
}

void session_sa_closed(struct ike_session *s, struct ike_sa *sa)
{
	session_list_move(s->tables, sa, LIST_CLOSED);
	for (struct ike_child *c = sa->children; c; c = c->next)
		c->dead = true;
	for (int i = 0; i < KEPT; i++)
		kept_drop(s, &sa->state->kept[i]);
}

/* ---- SAs by SPI ---- */

static size_t spi_slot(const struct session_tables *t, const uint8_t spi_i[8])
{
	uint64_t h;
	memcpy(&h, spi_i, 8);
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
	return (h ^ h >> 29) & (t->slot_count - 1);
}

static void slots_grow(struct session_tables *t)
{
	if (t->slot_count == SLOTS_MAX)
		return;
	free(t->slots);
	t->slot_count *= 2;
	t->slots = must(calloc(t->slot_count, sizeof *t->slots));
	for (struct ike_sa *sa = t->first; sa; sa = sa->next) {
		struct ike_sa **slot = &t->slots[spi_slot(t, sa->spi_i)];
		sa->hash_next = *slot;
		*slot = sa;
	}
}

static void child_unlink(struct ike_session *s, struct ike_child *c);

static void child_forget_links(struct ike_child *c)
{
	struct ike_child *old = c->replaces;
	for (struct ike_child *h = c->heirs; h; h = h->sibling)
		h->replaces = NULL;
	if (!old || old->sa == c->sa)	/* it goes, too */
		return;
	struct ike_child **link = &old->heirs;
	while (*link && *link != c)
		link = &(*link)->sibling;
	if (*link)
		*link = c->sibling;
	if (old->heir == c)
		old->heir = old->heirs;
}

/* Whatever points to an SA or to its children must not any more. */
static void forget_links(struct ike_sa *sa)
{
	for (struct ike_sa *h = sa->state->heirs; h; h = h->state->sibling)
		h->replaces = NULL;
	if (sa->replaces) {
		struct ike_sa **link = &sa->replaces->state->heirs;
		while (*link && *link != sa)
			link = &(*link)->state->sibling;
		if (*link)
			*link = sa->state->sibling;
		if (sa->replaces->heir == sa)
			sa->replaces->heir = sa->replaces->state->heirs;
	}
	for (struct ike_child *c = sa->children; c; c = c->next)
		child_forget_links(c);
}

static void sa_free(struct ike_session *s, struct ike_sa *sa)
{
	for (int i = 0; i < KEPT; i++)
		kept_drop(s, &sa->state->kept[i]);
	for (int side = 0; side < 2; side++)
		for (int i = 0; i < PENDING_MAX; i++)
			kept_drop(s, &sa->state->pending[side][i].chain);
	while (sa->state->blocks) {
		struct sa_block *b = sa->state->blocks;
		sa->state->blocks = b->next;
		free(b);
	}
	ikev1_state_free(sa->v1);
	free(sa->state);
	free(sa);
}

static void sa_forget(struct ike_session *s, struct ike_sa *sa)
{
	struct session_tables *t = s->tables;
	if (s->limits.forget)
		s->limits.forget(s->limits.user, sa);
	forget_links(sa);
	list_remove(t, sa);
	struct ike_sa **link = &t->slots[spi_slot(t, sa->spi_i)];
	while (*link != sa)
		link = &(*link)->hash_next;
	*link = sa->hash_next;
	*(sa->state->all_prev ? &sa->state->all_prev->next : &t->first) = sa->next;
	*(sa->next ? &sa->next->state->all_prev : &t->last) = sa->state->all_prev;
	t->forgotten++;
	for (struct ike_child *c = sa->children; c; c = c->next)
		child_unlink(s, c);
	sa->forgotten = true;
	sa->hash_next = t->grave;
	t->grave = sa;
}

/* What one frame's messages forgot stays until the next frame: its views look
 * at the turns of all of them. */
void session_bury(struct ike_session *s, uint64_t frame)
{
	struct session_tables *t = s->tables;
	if (t->frame == frame)
		return;
	t->frame = frame;
	while (t->grave) {
		struct ike_sa *sa = t->grave;
		t->grave = sa->hash_next;
		sa_free(s, sa);
	}
}

/* The one that was idle longest, but not the one at work. */
static struct ike_sa *oldest_idle(const struct session_tables *t, enum sa_list list)
{
	struct ike_sa *sa = t->oldest[list];
	return sa && sa == t->busy ? sa->state->newer : sa;
}

/* The oldest half-open one gives back what it keeps. */
static bool forget_half(struct ike_session *s)
{
	struct ike_sa *sa = oldest_idle(s->tables, LIST_HALF);
	if (!sa)
		return false;
	for (int i = 0; i < KEPT; i++)
		kept_drop(s, &sa->state->kept[i]);
	for (int side = 0; side < 2; side++)
		for (int i = 0; i < PENDING_MAX; i++)
			kept_drop(s, &sa->state->pending[side][i].chain);
	sa_forget(s, sa);
	return true;
}

/* Makes room: a half-open one over their limit, else a closed one, else whichever
 * was idle longest. */
static void make_room(struct ike_session *s)
{
	struct session_tables *t = s->tables;
	size_t max = s->limits.sas ? s->limits.sas : IKE_SAS_MAX;
	if (t->count[LIST_HALF] >= IKE_HALF_OPEN_MAX)
		sa_forget(s, oldest_idle(t, LIST_HALF));
	if (t->count[LIST_HALF] + t->count[LIST_OPEN] + t->count[LIST_CLOSED] < max)
		return;
	static const enum sa_list order[] = { LIST_CLOSED, LIST_HALF, LIST_OPEN };
	for (size_t i = 0; i < LISTS; i++) {
		struct ike_sa *sa = oldest_idle(t, order[i]);
		if (sa) {
			sa_forget(s, sa);
			return;
		}
	}
}

struct ike_sa *session_sa_new(struct ike_session *s, const uint8_t spis[16], int version)
{
	struct session_tables *t = s->tables;
	make_room(s);
	if (t->count[LIST_HALF] + t->count[LIST_OPEN] + t->count[LIST_CLOSED] >= t->slot_count)
		slots_grow(t);
	struct ike_sa **slot = &t->slots[spi_slot(t, spis)];
	size_t depth = 0;
	for (struct ike_sa *sa = *slot; sa; sa = sa->hash_next)
		depth++;
	if (depth >= SAME_SPI_MAX)
		return NULL;
	struct ike_sa *sa = must(calloc(1, sizeof *sa));
	sa->state = must(calloc(1, sizeof *sa->state));
	sa->state->children_last = &sa->children;
	sa->version = (uint8_t)version;
	sa->serial = ++t->seen;
	memcpy(sa->spi_i, spis, 8);
	memcpy(sa->spi_r, spis + 8, 8);
	sa->hash_next = *slot;
	*slot = sa;
	sa->state->all_prev = t->last;
	*(t->last ? &t->last->next : &t->first) = sa;
	t->last = sa;
	list_add(t, sa, LIST_HALF);
	return sa;
}

struct offer *offer_find(struct ike_session *s, const struct addr *from, const struct addr *to)
{
	for (int i = 0; i < OFFERS_KEPT_MAX; i++) {
		struct offer *o = &s->tables->offers[i];
		if (o->sa.p && addr_equal(&o->from, from) && addr_equal(&o->to, to))
			return o;
	}
	return NULL;
}

struct offer *offer_new(struct ike_session *s)
{
	struct offer *o = &s->tables->offers[s->tables->offer_next++ % OFFERS_KEPT_MAX];
	kept_drop(s, &o->sa);
	*o = (struct offer){ 0 };
	return o;
}

struct ike_sa *session_sa_serial(struct ike_session *s, uint64_t serial)
{
	struct ike_sa *sa = s->tables->last;
	for (int i = 0; sa && sa->serial != serial && i < 1024; i++)
		sa = sa->state->all_prev;
	return sa && sa->serial == serial ? sa : NULL;
}

void session_sa_replaced(struct ike_sa *old, struct ike_sa *by)
{
	by->replaces = old;
	by->state->sibling = old->state->heirs;
	old->state->heirs = by;
	if (!old->heir)
		old->heir = by;
}

static bool same_pair(const struct ike_sa *sa, const uint8_t spis[16])
{
	return memcmp(sa->spi_i, spis, 8) == 0 && memcmp(sa->spi_r, spis + 8, 8) == 0;
}

/* Between the same two hosts, whichever direction. */
static bool same_hosts(const struct ike_sa *sa, const struct ike_place *at)
{
	const struct addr *i = &sa->end[IKE_INITIATOR].addr, *r = &sa->end[IKE_RESPONDER].addr;
	return (addr_equal(i, &at->src) && addr_equal(r, &at->dst)) ||
	       (addr_equal(i, &at->dst) && addr_equal(r, &at->src));
}

/* The SA of a message. One without SPIr is the first of its SA, or one of the
 * hosts' that have no SPIr yet; the first answer brings it. */
struct ike_sa *session_sa_find(struct ike_session *s, const uint8_t spis[16],
			      const struct ike_place *at)
{
	bool zero = span_is_zero(span_of(spis + 8, 8));
	struct ike_sa *half = NULL;
	for (struct ike_sa *sa = s->tables->slots[spi_slot(s->tables, spis)]; sa;
	     sa = sa->hash_next) {
		if (memcmp(sa->spi_i, spis, 8) != 0)
			continue;
		if (!zero && same_pair(sa, spis))
			return sa;
		bool sa_zero = span_is_zero(span_of(sa->spi_r, 8));
		if (same_hosts(sa, at) && ((zero && !half) || sa_zero))
			half = sa;
	}
	return half;
}

/* ---- CHILD SAs ---- */

static size_t child_slot(const struct session_tables *t, uint8_t protocol, uint32_t spi)
{
	uint64_t h = ((uint64_t)spi << 8 | protocol) * 0x9e3779b97f4a7c15u;
	return (h ^ h >> 32) & (t->spi_slots - 1);
}

/* A child hangs in the lists of its SPIs: `indexed` has a bit for each; where both
 * are one list, only for the first. */
static struct ike_child **child_next(struct ike_child *c, const struct session_tables *t,
				     size_t slot)
{
	bool first = (c->indexed & 1) && child_slot(t, c->protocol, c->spi_i) == slot;
	return &c->spi_next[first ? 0 : 1];
}

/* Who makes up SPIs could make them all equal: the rest of such is not found. */
static bool is_crowded(const struct session_tables *t, size_t slot)
{
	int n = 0;
	for (struct ike_child *c = t->spis[slot]; c && n < SAME_SPI_MAX; n++)
		c = *child_next(c, t, slot);
	return n == SAME_SPI_MAX;
}

static void child_link(struct session_tables *t, struct ike_child *c, int end)
{
	uint32_t spi = end ? c->spi_r : c->spi_i;
	size_t slot = child_slot(t, c->protocol, spi);
	if (!spi || is_crowded(t, slot))
		return;
	c->spi_next[end] = t->spis[slot];
	t->spis[slot] = c;
	c->indexed |= (uint8_t)(1 << end);
}

static void child_unlink(struct ike_session *s, struct ike_child *c)
{
	struct session_tables *t = s->tables;
	if (!c->indexed)
		return;
	for (int end = 0; end < 2; end++) {
		size_t slot = child_slot(t, c->protocol, end ? c->spi_r : c->spi_i);
		struct ike_child **link = &t->spis[slot];
		if (!(c->indexed & 1 << end))
			continue;
		while (*link && *link != c)
			link = child_next(*link, t, slot);
		if (*link)
			*link = c->spi_next[end];
	}
	t->spi_count--;
	c->indexed = 0;
}

static void child_enter(struct session_tables *t, struct ike_child *c)
{
	c->indexed = 0;
	child_link(t, c, 0);
	if (!(c->indexed & 1) ||
	    child_slot(t, c->protocol, c->spi_i) != child_slot(t, c->protocol, c->spi_r))
		child_link(t, c, 1);
}

static void spis_grow(struct session_tables *t)
{
	free(t->spis);
	t->spi_slots *= 2;
	t->spis = must(calloc(t->spi_slots, sizeof *t->spis));
	for (struct ike_sa *sa = t->first; sa; sa = sa->next)
		for (struct ike_child *c = sa->children; c; c = c->next)
			if (c->indexed)
				child_enter(t, c);
}

void session_child_index(struct ike_session *s, struct ike_child *c)
{
	struct session_tables *t = s->tables;
	if (c->indexed)
		return;
	if (t->spi_count + 1 > t->spi_slots)
		spis_grow(t);
	child_enter(t, c);
	t->spi_count += c->indexed != 0;
}

struct ike_child *session_child_new(struct ike_session *s, struct ike_sa *sa)
{
	(void)s;
	if (sa->state->child_count == IKE_CHILDREN_MAX)
		return NULL;
	struct ike_child *c = ike_sa_alloc(sa, sizeof *c);
	sa->state->child_count++;
	c->sa = sa;
	*sa->state->children_last = c;
	sa->state->children_last = &c->next;
	return c;
}

void session_child_replaced(struct ike_child *old, struct ike_child *by)
{
	if (by->replaces)
		return;
	by->replaces = old;
	by->sibling = old->heirs;
	old->heirs = by;
	if (!old->heir)
		old->heir = by;
}

/* Also among those of the IKE SA that this one took the place of: they live on. */
struct ike_child *session_child_find(struct ike_sa *sa, uint8_t protocol, uint32_t spi)
{
	for (int depth = 0; sa && depth < 16; depth++, sa = sa->replaces)
		for (struct ike_child *c = sa->children; c; c = c->next)
			if (c->protocol == protocol && (c->spi_i == spi || c->spi_r == spi) &&
			    c->outcome != IKE_FAILED)
				return c;
	return NULL;
}

struct ike_child *ike_session_child(const struct ike_session *s, uint8_t protocol, uint32_t spi,
				    const struct addr *dst, enum ike_side *to)
{
	const struct session_tables *t = s->tables;
	size_t slot = child_slot(t, protocol, spi);
	for (struct ike_child *c = t->spis[slot]; c; c = *child_next(c, t, slot)) {
		if (c->protocol != protocol)
			continue;
		if (c->spi_i == spi && addr_equal(&c->addr_i, dst))
			return *to = IKE_INITIATOR, c;
		if (c->spi_r == spi && addr_equal(&c->addr_r, dst))
			return *to = IKE_RESPONDER, c;
	}
	return NULL;
}

void session_tables_new(struct ike_session *s)
{
	struct session_tables *t = must(calloc(1, sizeof *t));
	t->slot_count = t->spi_slots = SLOTS_FIRST;
	t->slots = must(calloc(t->slot_count, sizeof *t->slots));
	t->spis = must(calloc(t->spi_slots, sizeof *t->spis));
	s->tables = t;
}

void session_tables_free(struct ike_session *s)
{
	struct session_tables *t = s->tables;
	session_bury(s, t->frame + 1);
	for (struct ike_sa *sa = t->first, *next; sa; sa = next) {
		next = sa->next;
		sa_free(s, sa);
	}
	for (int i = 0; i < OFFERS_KEPT_MAX; i++)
		kept_drop(s, &t->offers[i].sa);
	free(t->slots);
	free(t->spis);
	free(t);
}
