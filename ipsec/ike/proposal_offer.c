/* SPDX-License-Identifier: BSD-2-Clause
 * Offers as text, and what keeps two of them apart: RFC 7296, 2.7 and 3.3. Answers
 * are proposal.c. */
#include "ipsec/ike/proposal_private.h"

enum {
	PROPOSALS_MAX = 32,	/* of an offer, when two are compared */
	TRANSFORMS_MAX = 64,	/* of one of them */
	SHOWN_PROPOSALS = 8,	/* in texts */
};

static bool has_type(const struct node *p, uint8_t type)
{
	for (const struct node *n = node_kid(p, PROPOSAL_TRANSFORMS); n; n = n->next)
		if (node_uint(n, TRANSFORM_TYPE, 0) == type)
			return true;
	return false;
}

static void add_proposal(struct text *out, const struct node *p, struct arena *a)
{
	uint32_t shown = 0;	/* bits, types */
	bool any = false;
	for (uint8_t type = TYPE_ENCR; type <= TYPE_GCAUTH; type++) {
		static const uint8_t order[] = { 0, TYPE_ENCR, TYPE_INTEG, TYPE_PRF };
		uint8_t t = type < sizeof order ? order[type] : type;
		if (shown >> t & 1 || !has_type(p, t))
			continue;
		shown |= (uint32_t)1 << t;
		text_add(out, any ? " / " : "");
		text_add(out, proposal_list(p, t, a));
		any = true;
	}
	if (!any)
		text_add(out, "nothing");
}

const char *ike_offer_text(const struct node *sa, struct arena *a)
{
	struct text out = { 0 };
	unsigned count = 0;
	uint64_t protocol = 0;
	for (const struct node *p = proposal_first(sa); p; p = p->next, count++) {
		if (count >= SHOWN_PROPOSALS)
			continue;
		uint64_t now = node_uint(p, PROPOSAL_PROTOCOL, 0);
		text_add(&out, count ? "; or " : "");
		if (now != IKE_PROTOCOL_IKE && (!count || now != protocol))
			text_printf(&out, "%s: ", proposal_protocol(now, a));
		protocol = now;
		add_proposal(&out, p, a);
	}
	if (count > SHOWN_PROPOSALS)
		text_printf(&out, "; and %u more", count - SHOWN_PROPOSALS);
	return proposal_text(&out, a);
}

/* ---- two offers ---- */

struct offer {
	struct {
		struct transform t[TRANSFORMS_MAX];
		unsigned count;
		uint8_t protocol;
	} p[PROPOSALS_MAX];
	unsigned count;
	bool cut;	/* there was more than fits */
};

static struct offer *offer_read(const struct node *sa, struct arena *a)
{
	struct offer *o = arena_alloc(a, sizeof *o);
	for (const struct node *p = proposal_first(sa); p && !o->cut; p = p->next) {
		o->cut = o->count == PROPOSALS_MAX;
		if (o->cut)
			return o;
		o->p[o->count].protocol = (uint8_t)node_uint(p, PROPOSAL_PROTOCOL, 0);
		for (const struct node *n = node_kid(p, PROPOSAL_TRANSFORMS); n; n = n->next) {
			o->cut |= o->p[o->count].count == TRANSFORMS_MAX;
			if (o->cut)
				return o;
			o->p[o->count].t[o->p[o->count].count++] = transform_read(n);
		}
		o->count++;
	}
	return o;
}

/* One proposal of each. */
struct pair {
	const struct offer *one, *other;
	unsigned i, k;
};

static bool has(const struct offer *o, unsigned i, uint8_t type, const struct transform *like)
{
	bool any = false;
	for (unsigned n = 0; n < o->p[i].count; n++) {
		if (o->p[i].t[n].type != type)
			continue;
		any = true;
		if (!like || transform_equal(o->p[i].t[n], *like))
			return true;
	}
	/* a type that is left out is NONE */
	return !any && like && !like->id && transform_is_optional(type);
}

/* Do both proposals hold an algorithm of the type? A KE method of a CHILD SA
 * depends on the exchange, so the lack of it says nothing. */
static bool shares(const struct pair *x, uint8_t type)
{
	const struct transform none = { .type = type };
	bool one = has(x->one, x->i, type, NULL), other = has(x->other, x->k, type, NULL);
	if (!one && !other)
		return true;
	if (!one || !other)
		return (type == TYPE_KE && x->one->p[x->i].protocol != IKE_PROTOCOL_IKE) ||
		       (transform_is_optional(type) && has(x->one, x->i, type, &none) &&
			has(x->other, x->k, type, &none));
	for (unsigned n = 0; n < x->one->p[x->i].count; n++)
		if (x->one->p[x->i].t[n].type == type &&
		    has(x->other, x->k, type, &x->one->p[x->i].t[n]))
			return true;
	return false;
}

/* Bits of the types that a pair does not share. That the one needs an integrity
 * algorithm and the other does not follows from the ciphers. */
static uint32_t pair_apart(const struct pair *x)
{
	uint32_t apart = 0;
	for (uint8_t type = TYPE_ENCR; type <= TYPE_GCAUTH; type++)
		if (!shares(x, type))
			apart |= (uint32_t)1 << type;
	bool both = has(x->one, x->i, TYPE_INTEG, NULL) && has(x->other, x->k, TYPE_INTEG, NULL);
	if (apart >> TYPE_ENCR & 1 && !both)
		apart &= ~((uint32_t)1 << TYPE_INTEG);
	return apart;
}

static unsigned bits_in(uint32_t v)
{
	unsigned n = 0;
	for (; v; v &= v - 1)
		n++;
	return n;
}

/* The closest pair of one protocol; *never: types that no such pair shares. */
static bool closest(const struct offer *one, const struct offer *other, struct pair *best,
		    uint32_t *apart, uint32_t *never)
{
	bool any = false;
	*never = UINT32_MAX;
	for (unsigned i = 0; i < one->count; i++)
		for (unsigned k = 0; k < other->count; k++) {
			struct pair x = { one, other, i, k };
			if (one->p[i].protocol != other->p[k].protocol)
				continue;
			uint32_t now = pair_apart(&x);
			*never &= now;
			if (!any || bits_in(now) < bits_in(*apart)) {
				*best = x;
				*apart = now;
			}
			any = true;
		}
	return any;
}

/* What proposal i, or (all) every proposal of its protocol, has of a type. */
static const char *offer_list(const struct offer *o, unsigned i, bool all, uint8_t type,
			      struct arena *a)
{
	struct listing l = { 0 };
	for (unsigned p = 0; p < o->count; p++)
		for (unsigned n = 0; n < o->p[p].count; n++) {
			const struct transform *t = &o->p[p].t[n];
			bool counts = p == i || (all && o->p[p].protocol == o->p[i].protocol);
			for (unsigned q = 0; q < p && all && counts; q++)	/* said already? */
				counts = o->p[q].protocol != o->p[i].protocol || !has(o, q, type, t);
			if (counts && t->type == type)
				listing_add(&l, *t);
		}
	return listing_end(&l, a);
}

static const char *apart_text(const struct pair *x, uint32_t types, bool all, struct arena *a)
{
	struct text out = { 0 };
	for (uint8_t type = TYPE_ENCR; type <= TYPE_GCAUTH; type++)
		if (types >> type & 1)
			text_printf(&out, "%sno common %s: the initiator offers %s, the responder %s",
				    out.n ? "; " : "", transform_type_name(type, a),
				    offer_list(x->one, x->i, all, type, a),
				    offer_list(x->other, x->k, all, type, a));
	return proposal_text(&out, a);
}

static const char *protocols_text(const struct offer *o, struct arena *a)
{
	return o->count ? proposal_protocol(o->p[0].protocol, a) : "nothing";
}

const char *ike_offers_differ(const struct node *one, const struct node *other, struct arena *a)
{
	const struct offer *x = offer_read(one, a), *y = offer_read(other, a);
	struct pair best;
	uint32_t apart = 0, never = 0;
	if (x->cut || y->cut)
		return NULL;	/* what was not read might meet */
	if (!closest(x, y, &best, &apart, &never))
		return arena_printf(a, "no common protocol: the initiator offers %s, the responder %s",
				    protocols_text(x, a), protocols_text(y, a));
	if (!apart)
		return NULL;
	if (never)
		return apart_text(&best, never, true, a);
	return arena_printf(a, "the algorithms are known to both, but not together in one proposal; "
			    "in the closest pair %s", apart_text(&best, apart, false, a));
}
