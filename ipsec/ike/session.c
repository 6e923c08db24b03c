/* SPDX-License-Identifier: BSD-2-Clause
 * The IKE SAs of a capture: finding a message's SA, memory and its limits,
 * requests paired with responses. What the exchanges mean is in session_init.c,
 * session_auth.c and session_child.c. */
#include "ipsec/ike/session_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 1024, SLOTS_MAX = 1 << 19,
       SAME_SPI_MAX = 64 };	/* IKE SAs with one SPIi, or in one slot: the rest is left alone */

struct session_tables {
	struct ike_sa **slots;		/* by SPIi */
	size_t slot_count;
	size_t count[LISTS];
	struct ike_sa *newest[LISTS], *oldest[LISTS];
	struct ike_sa *first, *last;	/* all, by serial */
	struct ike_sa *busy;		/* whose message is being taken: it stays */
	struct ike_child **spis;	/* CHILD SAs by protocol and SPI */
	size_t spi_slots, spi_count;
	size_t kept;			/* octets in struct kept */
	struct offer offers[OFFERS_KEPT_MAX];
	uint32_t offer_next;
	uint64_t seen, forgotten;
};

static void *must(void *p)
{
	if (!p)
		abort();	/* as arenas do */
	return p;
}

/* ---- names ---- */

const char *ike_outcome_name(enum ike_outcome o)
{
	static const char *const names[] = { "incomplete", "established", "failed", "rekeyed",
					     "deleted" };
	return names[o];
}

const char *auth_verdict_name(enum auth_verdict v)
{
	static const char *const names[] = { "unchecked", "good", "bad" };
	return names[v];
}

const char *ike_reason_name(const struct ike_reason *r)
{
	if (!r->notify)
		return NULL;
	return names_name(r->version == 1 ? &reg_ikev1_notify_error : &reg_notify, r->notify);
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

void kept_set(struct ike_session *s, struct kept *k, struct span octets, uint32_t first)
{
	kept_drop(s, k);
	if (octets.n == 0 || octets.n > KEPT_ONE_MAX || s->tables->kept + octets.n > KEPT_ALL_MAX)
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

static void list_move(struct session_tables *t, struct ike_sa *sa, enum sa_list list)
{
	list_remove(t, sa);
	list_add(t, sa, list);
}

void session_sa_closed(struct ike_session *s, struct ike_sa *sa)
{
	list_move(s->tables, sa, LIST_CLOSED);
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
	for (struct ike_child *c = sa->children; c; c = c->next)
		child_unlink(s, c);
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
	sa_free(s, sa);
}

/* The one that was idle longest, but not the one at work. */
static struct ike_sa *oldest_idle(const struct session_tables *t, enum sa_list list)
{
	struct ike_sa *sa = t->oldest[list];
	return sa && sa == t->busy ? sa->state->newer : sa;
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
static struct ike_sa *sa_find(struct ike_session *s, const uint8_t spis[16],
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
	if (half && !zero)
		memcpy(half->spi_r, spis + 8, 8);
	return half;
}

/* ---- CHILD SAs ---- */

static size_t child_slot(const struct session_tables *t, uint8_t protocol, uint32_t spi)
{
	uint64_t h = ((uint64_t)spi << 8 | protocol) * 0x9e3779b97f4a7c15u;
	return (h ^ h >> 32) & (t->spi_slots - 1);
}

static void child_link(struct session_tables *t, struct ike_child *c, int end)
{
	struct ike_child **slot = &t->spis[child_slot(t, c->protocol, end ? c->spi_r : c->spi_i)];
	c->spi_next[end] = *slot;
	*slot = c;
}

/* A child hangs in two lists, of its two SPIs; both may be one. */
static struct ike_child **child_next(struct ike_child *c, const struct session_tables *t,
				     size_t slot)
{
	bool first = child_slot(t, c->protocol, c->spi_i) == slot;
	return &c->spi_next[first ? 0 : 1];
}

static void child_unlink(struct ike_session *s, struct ike_child *c)
{
	struct session_tables *t = s->tables;
	if (!c->indexed)
		return;
	size_t slots[] = { child_slot(t, c->protocol, c->spi_i),
			   child_slot(t, c->protocol, c->spi_r) };
	for (int end = 0; end < (slots[0] == slots[1] ? 1 : 2); end++) {
		struct ike_child **link = &t->spis[slots[end]];
		while (*link && *link != c)
			link = child_next(*link, t, slots[end]);
		if (*link)
			*link = *child_next(c, t, slots[end]);
	}
	t->spi_count--;
	c->indexed = false;
}

static void child_enter(struct session_tables *t, struct ike_child *c)
{
	child_link(t, c, 0);
	if (child_slot(t, c->protocol, c->spi_i) != child_slot(t, c->protocol, c->spi_r))
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
	if (++t->spi_count > t->spi_slots)
		spis_grow(t);
	child_enter(t, c);
	c->indexed = true;
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

/* ---- payloads ---- */

const struct node *payload_find(const struct node *n, uint32_t type)
{
	while (n && n->number != type)
		n = n->next;
	return n;
}

const struct node *notify_find(const struct node *n, uint16_t type)
{
	for (; (n = payload_find(n, PAYLOAD_NOTIFY)); n = n->next)
		if (node_uint(n, NOTIFY_TYPE, 0) == type)
			return n;
	return NULL;
}

const struct node *notify_error(const struct node *chain)
{
	for (const struct node *n = chain; (n = payload_find(n, PAYLOAD_NOTIFY)); n = n->next)
		if (n->present > NOTIFY_TYPE && node_uint(n, NOTIFY_TYPE, 0) < 16384)
			return n;
	return NULL;
}

/* ---- a message and its SA ---- */

void session_say(struct ike_work *w, const char *format, ...)
{
	char text[600];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	w->turn->said = w->turn->said ? arena_printf(w->a, "%s; %s", w->turn->said, text) :
		arena_text(w->a, span_text(text));
}

void session_fail(struct ike_work *w, uint16_t notify, const char *evidence)
{
	struct ike_sa *sa = w->sa;
	sa->outcome = IKE_FAILED;
	sa->reason = (struct ike_reason){ notify, sa->version, w->turn->from, w->at->frame,
					  ike_sa_text(sa, evidence) };
	session_sa_closed(w->s, sa);
}

/* RFC 7296, 2.2: the flag I; where addresses tell the ends apart they are
 * believed first, because flags may be wrong. */
static enum ike_side side_of(const struct ike_sa *sa, const struct ike_message *m,
			     const struct ike_place *at)
{
	const struct ike_end *i = &sa->end[IKE_INITIATOR], *r = &sa->end[IKE_RESPONDER];
	bool known = !addr_equal(&i->addr, &r->addr) || i->port != r->port;
	if (known && addr_equal(&at->src, &i->addr) && at->sport == i->port)
		return IKE_INITIATOR;
	if (known && addr_equal(&at->src, &r->addr) && at->sport == r->port)
		return IKE_RESPONDER;
	if (!addr_equal(&i->addr, &r->addr) && addr_equal(&at->src, &i->addr))
		return IKE_INITIATOR;
	if (!addr_equal(&i->addr, &r->addr) && addr_equal(&at->src, &r->addr))
		return IKE_RESPONDER;
	return node_uint(m->header, IKE_FLAGS, 0) & IKE_FLAG_I ? IKE_INITIATOR : IKE_RESPONDER;
}

static void end_set(struct ike_end *end, const struct addr *addr, uint16_t port)
{
	end->addr = *addr;
	end->port = port;
}

/* The ends of a new SA; its first message tells who began, if the capture has it. */
static void ends_first(struct ike_work *w)
{
	uint64_t flags = node_uint(w->m->header, IKE_FLAGS, 0);
	bool v1 = w->sa->version == 1;
	bool from_i = v1 ? span_is_zero(span_of(w->sa->spi_r, 8)) || w->at->dport <= w->at->sport :
		(flags & IKE_FLAG_I) != 0;
	enum ike_side from = from_i ? IKE_INITIATOR : IKE_RESPONDER;
	end_set(&w->sa->end[from], &w->at->src, w->at->sport);
	end_set(&w->sa->end[other_side(from)], &w->at->dst, w->at->dport);
	w->sa->first_frame = w->at->frame;
	w->sa->first_seconds = w->at->seconds;
	w->sa->first_nanoseconds = w->at->nanoseconds;
	w->sa->tcp = w->at->tcp;
}

/* Ports float (RFC 7296, 2.23), NATs change them, MOBIKE changes addresses: only
 * a message that was opened may say so, or one before there are keys. */
static void ends_follow(struct ike_work *w)
{
	struct ike_sa *sa = w->sa;
	struct ike_end *from = &sa->end[w->turn->from], *to = &sa->end[other_side(w->turn->from)];
	bool moved = !addr_equal(&from->addr, &w->at->src) || !addr_equal(&to->addr, &w->at->dst);
	bool ports = from->port != w->at->sport || to->port != w->at->dport;
	if ((!moved && !ports) || (w->m->sk && !w->m->decrypted))
		return;
	if (ports && !sa->floated_frame && (w->at->sport == 4500 || w->at->dport == 4500))
		sa->floated_frame = w->at->frame;
	if (!addr_equal(&from->addr, &w->at->src))
		from->moved_frame = w->at->frame;
	if (!addr_equal(&to->addr, &w->at->dst))
		to->moved_frame = w->at->frame;
	end_set(from, &w->at->src, w->at->sport);
	end_set(to, &w->at->dst, w->at->dport);
	if (moved)
		children_moved(w);
}

static uint64_t octets_hash(struct span s)
{
	uint64_t h = 0xcbf29ce484222325u ^ s.n;
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t v;
		memcpy(&v, s.p + i, 8);
		h = (h ^ v) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3u;
	return h ^ h >> 32;
}

/* The frame of the same octets, if they came before. */
static uint64_t print_take(struct ike_work *w)
{
	struct ike_sa_state *x = w->sa->state;
	uint64_t hash = octets_hash(w->m->octets);
	for (size_t i = 0; i < PRINTS_MAX; i++)
		if (x->prints[i].frame && x->prints[i].hash == hash)
			return x->prints[i].frame;
	x->prints[x->print_next++ % PRINTS_MAX] = (struct print){ hash, w->at->frame };
	return 0;
}

static void count_message(struct ike_work *w)
{
	struct ike_sa *sa = w->sa;
	sa->messages++;
	sa->last_frame = w->at->frame;
	sa->last_seconds = w->at->seconds;
	sa->last_nanoseconds = w->at->nanoseconds;
	list_move(w->s->tables, sa, sa->state->list);
}

/* ---- requests and responses ---- */

struct pending *pending_find(struct ike_sa *sa, enum ike_side from, uint32_t id)
{
	for (int i = 0; i < PENDING_MAX; i++)
		if (sa->state->pending[from][i].open && sa->state->pending[from][i].id == id)
			return &sa->state->pending[from][i];
	return NULL;
}

static struct pending *pending_new(struct ike_work *w)
{
	struct pending *p = w->sa->state->pending[w->turn->from];
	for (int i = 1; i < PENDING_MAX && p->open; i++)
		if (!w->sa->state->pending[w->turn->from][i].open ||
		    w->sa->state->pending[w->turn->from][i].frame < p->frame)
			p = &w->sa->state->pending[w->turn->from][i];
	kept_drop(w->s, &p->chain);
	*p = (struct pending){ .open = true, .frame = w->at->frame,
			       .exchange = (uint8_t)node_uint(w->m->header, IKE_EXCHANGE, 0),
			       .id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0) };
	w->sa->end[w->turn->from].requests++;
	w->sa->end[w->turn->from].unanswered++;
	return p;
}

enum { IKE_SA_INIT = 34, IKE_AUTH = 35, CREATE_CHILD_SA = 36, INFORMATIONAL = 37,
       IKE_INTERMEDIATE = 43 };

static const struct {
	uint8_t exchange;
	void (*request)(struct ike_work *w);
	void (*response)(struct ike_work *w, const struct node *request);
} exchanges[] = {
	{ IKE_SA_INIT, init_request, init_response },
	{ IKE_AUTH, auth_request, auth_response },
	{ CREATE_CHILD_SA, child_request, child_response },
	{ INFORMATIONAL, informational_request, informational_response },
};
enum { EXCHANGES = sizeof exchanges / sizeof *exchanges };

/* All its payloads are there to be read. */
static bool is_readable(const struct ike_message *m)
{
	return !m->sk || m->inner || (m->decrypted && m->sk->number == PAYLOAD_SK);
}

/* The octets of the payloads, and what the first one is. */
static struct span chain_octets(const struct ike_message *m, uint32_t *first)
{
	const struct node *chain = message_chain(m);
	*first = chain ? chain->number : 0;
	return m->sk ? m->plain : span_from(m->octets, IKE_HEADER_SIZE);
}

static void take_request(struct ike_work *w)
{
	uint32_t id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0), first;
	uint64_t exchange = node_uint(w->m->header, IKE_EXCHANGE, 0);
	struct pending *p = pending_find(w->sa, w->turn->from, id);
	bool retry = p && exchange == IKE_SA_INIT && p->complete;
	if (p && p->complete && !retry) {
		w->turn->repeats = p->frame;	/* other octets, such as an address that moved */
		w->sa->end[w->turn->from].retransmissions++;
		return;
	}
	if (!p || retry)
		p = pending_new(w);
	if (!is_readable(w->m) || w->at->cut)
		return;
	p->complete = true;
	struct span octets = chain_octets(w->m, &first);
	kept_set(w->s, &p->chain, octets, first);
	session_rules_message(w);
	for (int i = 0; i < EXCHANGES; i++)
		if (exchanges[i].exchange == exchange)
			exchanges[i].request(w);
}

static void take_response(struct ike_work *w)
{
	uint32_t id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0);
	uint64_t exchange = node_uint(w->m->header, IKE_EXCHANGE, 0);
	enum ike_side asker = other_side(w->turn->from);
	struct pending *p = pending_find(w->sa, asker, id);
	struct kept chain = { 0 };
	w->turn->answers = p ? p->frame : 0;
	if (!is_readable(w->m) && w->m->fragment && w->m->decrypted)
		return;		/* the fragment that completes it comes later */
	w->sa->end[w->turn->from].responses++;
	if (p) {
		w->sa->end[asker].unanswered--;
		p->open = false;
		chain = p->chain;
		p->chain = (struct kept){ 0 };
	}
	if (w->sa->state->list == LIST_HALF)
		list_move(w->s->tables, w->sa, LIST_OPEN);
	if (is_readable(w->m) && !w->at->cut) {
		const struct node *request = kept_chain(w, &chain);
		session_rules_message(w);
		for (int i = 0; i < EXCHANGES; i++)
			if (exchanges[i].exchange == exchange)
				exchanges[i].response(w, request);
	}
	kept_drop(w->s, &chain);
}

/* Without a key later exchanges show that the SA came about (RFC 7296, 1.3, 1.4). */
static void infer_established(struct ike_work *w)
{
	uint64_t exchange = node_uint(w->m->header, IKE_EXCHANGE, 0);
	if (w->sa->outcome != IKE_INCOMPLETE ||
	    (exchange != CREATE_CHILD_SA && exchange != INFORMATIONAL) || !w->m->sk)
		return;
	if (exchange == INFORMATIONAL && !w->m->decrypted &&
	    node_uint(w->m->header, IKE_MESSAGE_ID, 0) < 2 && w->turn->from == IKE_INITIATOR)
		return;		/* may be the initiator's "your AUTH is wrong" */
	w->sa->outcome = IKE_ESTABLISHED;
	w->sa->established_frame = w->at->frame;
}

static void follow(struct ike_work *w)
{
	struct ike_message *m = w->m;
	ike_opener_open(w->s->opener, m, w->a, w->fs);
	w->sa->encrypted += m->sk != NULL;
	w->sa->opened += m->sk && m->decrypted;
	w->sa->bad_icv += m->icv == ICV_BAD;
	if (m->sk && m->decrypted)
		keys_opened(w);
	else if (m->sk)
		keys_closed(w);
	if (w->turn->repeats) {
		w->sa->end[w->turn->from].retransmissions++;
		return;
	}
	if (m->sk && !m->decrypted)
		w->sa->end[w->turn->from].closed++;
	ends_follow(w);
	if (m->decrypted && m->inner &&
	    node_uint(m->header, IKE_EXCHANGE, 0) == IKE_INTERMEDIATE)
		intermediate_message(w);
	if (w->turn->request)
		take_request(w);
	else
		take_response(w);
	infer_established(w);
}

static struct ike_sa *sa_of(struct ike_work *w)
{
	const uint8_t *spis = w->m->octets.p;
	int version = ike_version(w->m);
	struct ike_sa *sa = sa_find(w->s, spis, w->at);
	if (sa && sa->version == version)
		return sa;
	sa = session_sa_new(w->s, spis, version);
	if (!sa)
		return NULL;
	w->sa = sa;
	ends_first(w);
	return sa;
}

/* A message of an SA that is known. */
static void take(struct ike_work *w)
{
	w->turn->from = side_of(w->sa, w->m, w->at);
	w->turn->request = !(node_uint(w->m->header, IKE_FLAGS, 0) & IKE_FLAG_R);
	count_message(w);
	if (w->sa->version == 2) {
		w->turn->repeats = print_take(w);
		follow(w);
		return;
	}
	if (!w->at->cut)
		ikev1_take(w);
	if (w->turn->from == IKE_RESPONDER && w->sa->state->list == LIST_HALF)
		list_move(w->s->tables, w->sa, LIST_OPEN);
}

void ike_session_take(struct ike_session *s, struct ike_message *m, const struct ike_place *at,
		      struct arena *a, struct findings *fs)
{
	struct ike_work w = { s, NULL, m, arena_alloc(a, sizeof(struct ike_turn)), at, a, fs };
	int version = ike_version(m);
	m->turn = w.turn;
	if (m->octets.n < IKE_HEADER_SIZE || (version != 1 && version != 2))
		return;
	if (!at->copy)
		w.sa = w.turn->sa = sa_of(&w);
	else if (version == 1)
		ikev1_copy(&w, sa_find(s, m->octets.p, at));
	if (!w.sa) {
		ike_opener_open(s->opener, m, a, fs);
		return;
	}
	s->tables->busy = w.sa;
	take(&w);
	s->tables->busy = NULL;
}

/* ---- the session ---- */

struct ike_session *ike_session_new(struct keystore *keys, struct crypto *crypto,
				    const struct ike_session_limits *limits)
{
	struct ike_session *s = must(calloc(1, sizeof *s));
	struct session_tables *t = must(calloc(1, sizeof *t));
	s->keys = keys;
	s->crypto = crypto;
	if (limits)
		s->limits = *limits;
	s->opener = ike_opener_new(keys, crypto);
	s->tables = t;
	t->slot_count = t->spi_slots = SLOTS_FIRST;
	t->slots = must(calloc(t->slot_count, sizeof *t->slots));
	t->spis = must(calloc(t->spi_slots, sizeof *t->spis));
	return s;
}

void ike_session_free(struct ike_session *s)
{
	if (!s)
		return;
	struct session_tables *t = s->tables;
	for (struct ike_sa *sa = t->first, *next; sa; sa = next) {
		next = sa->next;
		sa_free(s, sa);
	}
	for (int i = 0; i < OFFERS_KEPT_MAX; i++)
		kept_drop(s, &t->offers[i].sa);
	ike_opener_free(s->opener);
	free(t->slots);
	free(t->spis);
	free(t);
	free(s);
}

void ike_session_on_forget(struct ike_session *s, void (*forget)(void *, struct ike_sa *),
			   void *user)
{
	s->limits.forget = forget;
	s->limits.user = user;
}

bool ike_session_keys_added(struct ike_session *s)
{
	bool added = s->keys_added;
	s->keys_added = false;
	return added;
}

void ike_session_each(const struct ike_session *s, bool (*f)(struct ike_sa *sa, void *user),
		      void *user)
{
	for (struct ike_sa *sa = s->tables->first; sa && f(sa, user);)
		sa = sa->next;
}

void ike_session_counts(const struct ike_session *s, uint64_t *seen, uint64_t *forgotten)
{
	*seen = s->tables->seen;
	*forgotten = s->tables->forgotten;
}
