/* SPDX-License-Identifier: BSD-2-Clause
 * The IKE SAs of a capture: finding a message's SA, memory and its limits,
 * requests paired with responses. What the exchanges mean is in session_init.c,
 * session_auth.c and session_child.c. */
#include "ipsec/ike/session_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
	if ((!moved && !ports) || (!w->m->decrypted && (w->m->sk || sa->choice.has)))
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

uint64_t session_octets_hash(struct span s)
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
	uint64_t hash = session_octets_hash(w->m->octets);
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
	session_list_move(w->s->tables, sa, sa->state->list);
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

/* Anybody can send a message in clear: only IKE_SA_INIT is believed without SK
 * (RFC 7296, 2.4). */
static bool is_unprotected(struct ike_work *w)
{
	if (node_uint(w->m->header, IKE_EXCHANGE, 0) == IKE_SA_INIT || w->m->sk)
		return false;
	session_rules_message(w);
	session_say(w, "not encrypted: not believed");
	return true;
}

/* An error, a cookie or another group in IKE_SA_INIT may be forged: the request
 * goes on waiting (RFC 7296, 2.21.1). */
static bool is_final(const struct ike_message *m)
{
	return m->sk || node_uint(m->header, IKE_EXCHANGE, 0) != IKE_SA_INIT ||
	       payload_find(m->payloads, PAYLOAD_SA);
}

enum { IKE_REQUEST, IKE_RESPONSE };

/* A genuine message that came long ago, again. */
static bool is_old(struct ike_work *w, int kind)
{
	const struct id_window *d = &w->sa->state->done[w->turn->from][kind];
	uint32_t id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0);
	if (!w->m->decrypted || !d->bits || id > d->top ||
	    (d->top - id < 64 && !(d->bits >> (d->top - id) & 1)))
		return false;
	session_say(w, "an old message again");
	return true;
}

static void id_done(struct ike_work *w, int kind)
{
	struct id_window *d = &w->sa->state->done[w->turn->from][kind];
	uint32_t id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0);
	if (!w->m->decrypted)
		return;
	if (!d->bits || id > d->top) {
		uint32_t by = d->bits ? id - d->top : 64;
		d->bits = (by < 64 ? d->bits << by : 0) | 1;
		d->top = id;
	} else if (d->top - id < 64) {
		d->bits |= (uint64_t)1 << (d->top - id);
	}
}

static void pending_end(struct ike_work *w, struct pending *p)
{
	if (!p->answered)
		w->sa->end[w->turn->from].unanswered--;
	kept_drop(w->s, &p->chain);
	p->open = false;
}

static void take_request(struct ike_work *w)
{
	uint32_t id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0), first;
	uint64_t exchange = node_uint(w->m->header, IKE_EXCHANGE, 0);
	struct pending *p = pending_find(w->sa, w->turn->from, id);
	bool retry = p && exchange == IKE_SA_INIT && p->complete;
	if (is_unprotected(w))
		return;
	if (p && p->complete && !retry) {
		w->turn->repeats = p->frame;	/* other octets, such as an address that moved */
		w->sa->end[w->turn->from].retransmissions++;
		return;
	}
	if (is_old(w, IKE_REQUEST))
		return;
	if (retry)
		pending_end(w, p);	/* the one before is answered by nobody any more */
	if (!p || retry)
		p = pending_new(w);
	if (!is_readable(w->m) || w->at->cut)
		return;
	p->complete = true;
	id_done(w, IKE_REQUEST);
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
	if (is_unprotected(w) || is_old(w, IKE_RESPONSE))
		return;
	if (!is_readable(w->m) && w->m->fragment && (w->m->decrypted || (w->m->fragment > 1 && !p)))
		return;		/* another fragment stands for the message */
	w->sa->end[w->turn->from].responses++;
	if (p && !p->answered)
		w->sa->end[asker].unanswered--;
	if (p && is_final(w->m)) {
		p->open = false;
		chain = p->chain;
		p->chain = (struct kept){ 0 };
	} else if (p) {
		p->answered = true;
	}
	if (w->sa->state->list == LIST_HALF && is_final(w->m))
		session_list_move(w->s->tables, w->sa, LIST_OPEN);
	if (is_readable(w->m) && !w->at->cut) {
		id_done(w, IKE_RESPONSE);
		const struct node *request = kept_chain(w, p && p->open ? &p->chain : &chain);
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
	    (exchange != CREATE_CHILD_SA && exchange != INFORMATIONAL) || !w->m->sk ||
	    w->m->icv == ICV_BAD)
		return;
	if (exchange == INFORMATIONAL && !w->m->decrypted &&
	    node_uint(w->m->header, IKE_MESSAGE_ID, 0) < 2 && w->turn->from == IKE_INITIATOR)
		return;		/* may be the initiator's "your AUTH is wrong" */
	w->sa->outcome = IKE_ESTABLISHED;
	w->sa->inferred = true;
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
	struct ike_sa *sa = session_sa_find(w->s, spis, w->at);
	bool same = sa && memcmp(sa->spi_r, spis + 8, 8) == 0;
	bool first = version == 1 || (node_uint(w->m->header, IKE_EXCHANGE, 0) == IKE_SA_INIT &&
				      node_uint(w->m->header, IKE_FLAGS, 0) & IKE_FLAG_R);
	if (sa && sa->version == version &&
	    (same || first || span_is_zero(span_of(spis + 8, 8)))) {
		if (first && span_is_zero(span_of(sa->spi_r, 8)))
			memcpy(sa->spi_r, spis + 8, 8);
		return sa;
	}
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
		session_list_move(w->s->tables, w->sa, LIST_OPEN);
}

void ike_session_take(struct ike_session *s, struct ike_message *m, const struct ike_place *at,
		      struct arena *a, struct findings *fs)
{
	struct ike_work w = { s, NULL, m, arena_alloc(a, sizeof(struct ike_turn)), at, a, fs };
	int version = ike_version(m);
	m->turn = w.turn;
	session_bury(s, at->frame);
	if (m->octets.n < IKE_HEADER_SIZE || (version != 1 && version != 2))
		return;
	if (!at->copy)
		w.sa = w.turn->sa = sa_of(&w);
	else if (version == 1)
		ikev1_copy(&w, session_sa_find(s, m->octets.p, at));
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
	struct ike_session *s = calloc(1, sizeof *s);
	if (!s)
		abort();	/* as arenas do */
	s->keys = keys;
	s->crypto = crypto;
	if (limits)
		s->limits = *limits;
	s->opener = ike_opener_new(keys, crypto);
	session_tables_new(s);
	return s;
}

void ike_session_free(struct ike_session *s)
{
	if (!s)
		return;
	session_tables_free(s);
	ike_opener_free(s->opener);
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
