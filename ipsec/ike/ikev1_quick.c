/* SPDX-License-Identifier: BSD-2-Clause
 * Quick Mode (RFC 2409, 5.5): what was offered and chosen becomes CHILD SAs; a
 * bundle of AH and ESP makes one for each. IPComp is told with the SA that it
 * goes with. A new one for the same traffic takes the place of the old. */
#include "ipsec/base/text.h"
#include "ipsec/ike/ikev1_state.h"

#include <stdlib.h>

enum { BUNDLE_MAX = 4 };	/* proposals with one number: AH, ESP, IPComp */

static const struct node *kept_v1(struct ike_work *w, const struct kept *k)
{
	struct decode d = { .arena = w->a };
	struct span trailing;
	return k->p ? ike_chain_decode(k->first, 1, span_of(k->p, k->n), &d, &trailing) : NULL;
}

/* The payloads behind HASH, kept for the next messages. */
static void keep_chain(struct ikev1_work *x, struct kept *k)
{
	const struct node *hash = x->m->inner;
	struct span used = span_part(x->m->plain, 0, x->m->plain.n - x->m->pad_length);
	if (hash->next)
		kept_set(x->w->s, k, span_from(used, hash->size), hash->next->number);
}

/* ---- what was chosen ---- */

struct bundle {
	struct ikev1_transform is[BUNDLE_MAX];
	size_t count;
};

/* All proposals with the first one's number; the answer has one transform each. */
static void bundle_read(const struct node *sa, struct bundle *b)
{
	const struct node *p = sa ? node_kid(sa, V1_SA_PROPOSALS) : NULL;
	uint64_t number = p ? node_uint(p, PROPOSAL_NUMBER, 0) : 0;
	b->count = 0;
	for (; p && b->count < BUNDLE_MAX && node_uint(p, PROPOSAL_NUMBER, 0) == number; p = p->next) {
		const struct node *t = node_kid(p, PROPOSAL_TRANSFORMS);
		if (t)
			ikev1_transform_read(p, t, &b->is[b->count++]);
	}
}

static uint32_t spi_of(const struct ike_choice *c)
{
	struct reader r = reader_of(span_of(c->spi, c->spi_size));
	return c->spi_size == 4 ? read_u32(&r) : 0;
}

/* The initiator's SPI: in the offer's proposal of the same number and protocol.
 * Libreswan counts from 0 and strongSwan answers with 1, so else the protocol's first. */
static uint32_t offered_spi(const struct node *offer, const struct ikev1_transform *is)
{
	const struct node *p = offer ? node_kid(offer, V1_SA_PROPOSALS) : NULL;
	struct span found = { NULL, 0 };
	for (; p; p = p->next) {
		struct span spi = node_bytes(p, PROPOSAL_SPI);
		bool exact = node_uint(p, PROPOSAL_NUMBER, 0) == is->number;
		if (spi.n != 4 || node_uint(p, PROPOSAL_PROTOCOL, 0) != is->choice.protocol)
			continue;
		if (exact || !found.n)
			found = spi;
		if (exact)
			break;
	}
	struct reader r = reader_of(found);
	return found.n ? read_u32(&r) : 0;
}

/* RFC 2407, 4.5; RFC 3947, 5.1; the drafts' private numbers. */
static enum sa_mode mode_of(uint16_t mode)
{
	switch (mode) {
	case 1: case 3: case 61443:
		return SA_MODE_TUNNEL;
	case 2: case 4: case 61444:
		return SA_MODE_TRANSPORT;
	default:
		return SA_MODE_UNKNOWN;
	}
}

static const char *host_text(const struct addr *a, struct arena *arena)
{
	struct text t = { 0 };
	if (a->family == 4)
		text_ipv4(&t, a->b);
	else if (a->family == 6)
		text_ipv6(&t, a->b);
	const char *s = arena_text(arena, span_of(t.p, t.n));
	text_done(&t);
	return s;
}

/* IDci and IDcr; without them the ends themselves (RFC 2409, 5.5). */
static void selectors(struct ikev1_work *x, struct ike_child *c, const struct node *chain)
{
	const struct node *i = payload_find(chain, V1_ID);
	const struct node *r = i ? payload_find(i->next, V1_ID) : NULL;
	c->ts_i = ike_sa_text(x->w->sa, i ? ikev1_ts_text(i, x->w->a) : host_text(&c->addr_i, x->w->a));
	c->ts_r = ike_sa_text(x->w->sa, r ? ikev1_ts_text(r, x->w->a) : host_text(&c->addr_r, x->w->a));
}

/* ---- CHILD SAs ---- */

static struct ike_child *child_new(struct ikev1_work *x, struct ikev1_quick *q)
{
	struct ike_child *c = session_child_new(x->w->s, x->w->sa);
	const struct ike_end *e = x->w->sa->end;
	if (!c)
		return NULL;
	c->initiator = q->from;
	c->addr_i = e[q->from].addr;
	c->addr_r = e[1 - q->from].addr;
	c->request_frame = q->frame[0];
	c->seconds = x->w->at->seconds;
	c->nanoseconds = x->w->at->nanoseconds;
	return c;
}

/* What both chains bring for the keys. */
static void exchanged(const struct node *request, const struct node *response,
		      struct ikev1_exchanged *out)
{
	const struct node *chain[] = { request, response };
	*out = (struct ikev1_exchanged){ 0 };
	for (int i = 0; i < 2; i++) {
		const struct node *nonce = payload_find(chain[i], V1_NONCE);
		const struct node *ke = payload_find(chain[i], V1_KE);
		out->nonce[i] = nonce ? node_bytes(nonce, PAYLOAD_BODY) : span_of(NULL, 0);
		out->public[i] = ke ? node_bytes(ke, PAYLOAD_BODY) : span_of(NULL, 0);
	}
}

static void child_fill(struct ikev1_work *x, struct ike_child *c, const struct ikev1_transform *is,
		       const struct node *request)
{
	c->protocol = is->choice.protocol == IKE_PROTOCOL_AH ? PROTOCOL_AH : PROTOCOL_ESP;
	c->choice = is->choice;
	c->mode = mode_of(is->mode);
	c->spi_r = spi_of(&is->choice);
	c->spi_i = offered_spi(payload_find(request, V1_SA), is);
	c->response_frame = x->w->at->frame;
	selectors(x, c, request);
}

static void keys_make(struct ikev1_work *x, struct ike_child *c, const struct node *request,
		      const struct node *response)
{
	struct ikev1_exchanged q;
	exchanged(request, response, &q);
	if (q.public[0].n && q.public[1].n) {
		q.group_number = c->choice.has & CHOICE_KE ? c->choice.ke : UINT16_MAX;
		q.group = group_find(q.group_number);
	}
	if (q.nonce[0].n && q.nonce[1].n)
		ikev1_keys_child(x, c, &q);
	if (c->missing && x->w->s->keys->secret_count)
		finding_add(x->w->fs, SEVERITY_NOTE, NULL, 0, "the keys of this CHILD SA cannot be "
			    "derived: %s is missing", c->missing);
}

/* The second message chooses. */
static void made(struct ikev1_work *x, struct ikev1_quick *q, const struct node *request)
{
	struct bundle b;
	uint16_t cpi = 0;
	size_t n = 0;
	bundle_read(payload_find(x->chain, V1_SA), &b);
	for (size_t i = 0; i < b.count; i++)
		cpi = b.is[i].cpi ? b.is[i].cpi : cpi;
	for (size_t i = 0; i < b.count && n < IKEV1_BUNDLE; i++) {
		const struct ikev1_transform *is = &b.is[i];
		bool ipsec = is->choice.protocol == IKE_PROTOCOL_AH ||
			     is->choice.protocol == IKE_PROTOCOL_ESP;
		struct ike_child *c = ipsec && request ? child_new(x, q) : NULL;
		if (!c)
			continue;
		child_fill(x, c, is, request);
		c->ipcomp = cpi;
		q->children[n++] = c;
		session_child_index(x->w->s, c);
		keys_make(x, c, request, x->chain);
	}
	if (payload_find(x->chain, V1_KE))
		x->v1->pfs++;
	x->w->turn->child = q->children[0];
}

/* ---- rekeys ---- */

static bool same_texts(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool same_traffic(const struct ike_child *a, const struct ike_child *b)
{
	bool turned = !addr_equal(&a->addr_i, &b->addr_i);
	return a->protocol == b->protocol && a->mode == b->mode &&
	       addr_equal(&a->addr_i, turned ? &b->addr_r : &b->addr_i) &&
	       same_texts(a->ts_i, turned ? b->ts_r : b->ts_i) &&
	       same_texts(a->ts_r, turned ? b->ts_i : b->ts_r);
}

/* The youngest one that is in use, of this IKE SA or of those before it. */
static struct ike_child *older(const struct ike_child *c)
{
	const struct ike_sa *sa = c->sa;
	struct ike_child *best = NULL;
	for (int depth = 0; sa && !best && depth < 4; depth++, sa = sa->replaces)
		for (struct ike_child *o = sa->children; o && o != c; o = o->next)
			if (o->outcome == IKE_ESTABLISHED && !o->heir && same_traffic(o, c))
				best = o;
	return best;
}

static void established(struct ikev1_work *x, struct ike_child *c)
{
	struct ike_child *old = older(c);
	c->outcome = IKE_ESTABLISHED;
	if (!old)
		return;
	session_child_replaced(old, c);
	old->outcome = IKE_REKEYED;
	session_say(x->w, "takes the place of the %s SA 0x%08x", c->protocol == PROTOCOL_AH ? "AH" :
		    "ESP", old->spi_i);
}

/* ---- refusals ---- */

static struct ikev1_quick *waiting(struct ikev1_state *v1, enum ike_side asker,
				   struct ikev1_exchange **slot)
{
	struct ikev1_quick *best = NULL;
	for (size_t i = 0; i < IKEV1_EXCHANGES; i++) {
		struct ikev1_quick *q = v1->exchanges[i].quick;
		if (!q || q->from != asker || q->messages != 1 || (best && best->frame[0] > q->frame[0]))
			continue;
		best = q;
		*slot = &v1->exchanges[i];
	}
	return best;
}

void ikev1_quick_refused(struct ikev1_work *x, uint16_t notify)
{
	struct ikev1_exchange *slot = NULL;
	struct ikev1_quick *q = waiting(x->v1, other_side(x->w->turn->from), &slot);
	const struct node *request = q ? kept_v1(x->w, &q->offer) : NULL;
	const struct node *sa = payload_find(request, V1_SA);
	struct ike_child *c = q ? child_new(x, q) : NULL;
	struct bundle b;
	if (!c)
		return;
	bundle_read(sa, &b);
	if (b.count) {
		c->protocol = b.is[0].choice.protocol == IKE_PROTOCOL_AH ? PROTOCOL_AH : PROTOCOL_ESP;
		c->spi_i = spi_of(&b.is[0].choice);
		c->mode = mode_of(b.is[0].mode);
	}
	selectors(x, c, request);
	c->outcome = IKE_FAILED;
	c->response_frame = x->w->at->frame;
	c->reason = (struct ike_reason){ notify, 1, x->w->turn->from, x->w->at->frame, NULL };
	c->reason.evidence = ike_sa_printf(x->w->sa, "Offered was %s, for %s and %s.",
					   sa ? ikev1_offer_text(sa, x->w->a) : "nothing that was seen",
					   c->ts_i, c->ts_r);
	x->w->turn->child = c;
	x->w->turn->answers = q->frame[0];
	ikev1_answered(&x->w->sa->end[q->from]);
	ikev1_quick_free(x->w->s, q);
	slot->quick = NULL;
}

/* ---- messages ---- */

static struct ikev1_quick *quick_begin(struct ikev1_work *x)
{
	struct ikev1_quick *q = calloc(1, sizeof *q);
	if (!q)
		abort();	/* as arenas do */
	q->from = x->w->turn->from;
	q->frame[0] = x->w->at->frame;
	x->slot->quick = q;
	if (x->chain)
		keep_chain(x, &q->offer);
	x->w->turn->request = true;
	x->w->sa->end[q->from].requests++;
	x->w->sa->end[q->from].unanswered++;
	return q;
}

static void quick_answer(struct ikev1_work *x, struct ikev1_quick *q)
{
	x->w->turn->request = false;
	x->w->turn->answers = q->frame[0];
	q->frame[1] = x->w->at->frame;
	x->w->sa->end[x->w->turn->from].responses++;
	ikev1_answered(&x->w->sa->end[q->from]);
	if (!x->chain)
		return;
	made(x, q, kept_v1(x->w, &q->offer));
	keep_chain(x, &q->answer);
}

/* The third message; with the commit bit a CONNECTED notification follows it. */
static void quick_confirm(struct ikev1_work *x, struct ikev1_quick *q)
{
	x->w->turn->request = true;
	x->w->turn->answers = q->frame[1];
	x->w->sa->end[q->from].requests++;
	x->w->turn->child = q->children[0];
	for (int i = 0; i < IKEV1_BUNDLE && q->children[i]; i++)
		if (q->children[i]->outcome == IKE_INCOMPLETE)
			established(x, q->children[i]);
}

void ikev1_quick(struct ikev1_work *x)
{
	struct ikev1_quick *q = x->slot->quick;
	if (!q && x->slot->frame != x->w->at->frame) {
		x->w->turn->request = x->w->turn->from == x->slot->from;
		return;		/* its beginning was not understood, or it is over */
	}
	if (!q)
		q = quick_begin(x);
	else if (x->w->turn->from != q->from && q->messages == 1)
		quick_answer(x, q);
	else if (x->w->turn->from == q->from && q->messages == 2)
		quick_confirm(x, q);
	else
		return;		/* the same end once more, and not the same octets */
	q->messages++;
	if (q->messages >= 3) {
		ikev1_quick_free(x->w->s, q);
		x->slot->quick = NULL;
	}
	if (x->v1->phase != PHASE_DONE)
		ikev1_established(x);
}
