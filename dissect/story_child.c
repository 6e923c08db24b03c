/* SPDX-License-Identifier: BSD-2-Clause
 * CHILD SAs and the flows of their two directions, and a sentence for each. */
#include "dissect/story_private.h"

#include "ipsec/base/registry.h"

#include <stdlib.h>

struct child_flows {
	const struct ike_child *child;
	const struct story_flow *to[2];
};

enum {
	ONE_WAY_MIN = 3,	/* packets: fewer say nothing */
	MOVED_LOOKED_AT = 64,
};

static struct child_flows *slot_of(const struct story *s, const struct ike_child *c)
{
	const struct story_tables *t = s->tables;
	uint64_t h = ((uint64_t)(uintptr_t)c >> 4) * 0x9e3779b97f4a7c15u;
	size_t at = (h >> 20) & (t->child_slots - 1);
	while (t->children[at].child && t->children[at].child != c)
		at = (at + 1) & (t->child_slots - 1);
	return &t->children[at];
}

/* ---- one SA at two addresses ---- */

static bool is_same_sa(const struct story_flow *f, const struct story_flow *other)
{
	if (f->spi != other->spi || f->protocol != other->protocol || f == other)
		return false;
	if (f->key && other->key)
		return span_equal(f->key->encr_key, other->key->encr_key) &&
		       span_equal(f->key->integ_key, other->key->integ_key);
	return addr_equal(&f->src, &other->src);
}

static bool has_moved(const struct ike_sa *sa)
{
	return sa->end[0].moved_frame || sa->end[1].moved_frame;
}

/* MOBIKE: the session knows a CHILD SA at its ends' last addresses. Packets to the
 * one before are the same SA, if SPI and key are. */
static void find_moved(struct story *s)
{
	struct story_flow **slots = s->tables->unknown;
	memset(slots, 0, HASH_SLOTS * sizeof *slots);
	for (struct story_flow *f = s->flows; f; f = f->next) {
		struct story_flow **slot = &slots[(f->spi ^ f->spi >> 16) & (HASH_SLOTS - 1)];
		if (f->child)
			continue;
		f->hash_next = *slot;
		*slot = f;
	}
	for (struct story_flow *f = s->flows; f; f = f->next) {
		if (!f->child || !has_moved(f->child->sa))
			continue;
		struct story_flow *o = slots[(f->spi ^ f->spi >> 16) & (HASH_SLOTS - 1)];
		for (unsigned n = 0; o && n < MOVED_LOOKED_AT; o = o->hash_next, n++)
			if (!o->child && is_same_sa(o, f)) {
				o->child = f->child;
				o->to = f->to;
			}
	}
}

void story_children_index(struct story *s)
{
	find_moved(s);
	size_t n = 0, slots = 2;
	for (const struct story_flow *f = s->flows; f; f = f->next)
		n += f->child != NULL;
	while (slots < 2 * n)
		slots *= 2;
	free(s->tables->children);
	s->tables->children = calloc(slots, sizeof *s->tables->children);
	if (!s->tables->children)
		abort();	/* as the arena does */
	s->tables->child_slots = slots;
	for (struct story_flow *f = s->flows; f; f = f->next) {
		if (!f->child)
			continue;
		struct child_flows *c = slot_of(s, f->child);
		c->child = f->child;
		f->elsewhere = c->to[f->to];	/* MOBIKE: the same SPI at two addresses */
		c->to[f->to] = f;
	}
}

const struct story_flow *story_child_flow(const struct story *s, const struct ike_child *c,
					  enum ike_side to)
{
	return s->tables->child_slots ? slot_of(s, c)->to[to] : NULL;
}

static uint64_t packets_to(const struct story *s, const struct ike_child *c, enum ike_side to)
{
	uint64_t n = 0;
	for (const struct story_flow *f = story_child_flow(s, c, to); f; f = f->elsewhere)
		n += f->packets;
	return n;
}

bool story_child_one_way(const struct story *s, const struct ike_child *c, enum ike_side *to)
{
	uint64_t i = packets_to(s, c, IKE_INITIATOR), r = packets_to(s, c, IKE_RESPONDER);
	if (c->outcome == IKE_FAILED || c->outcome == IKE_INCOMPLETE || (i && r) ||
	    i + r < ONE_WAY_MIN)
		return false;
	*to = i ? IKE_INITIATOR : IKE_RESPONDER;
	return true;
}

enum { HEIRS_MAX = 1000 };

/* CHILD SAs go over to the IKE SA that takes their own one's place (RFC 7296, 2.8),
 * and end with the last of them. */
static const struct ike_sa *last_owner(const struct ike_child *c)
{
	const struct ike_sa *sa = c->sa;
	for (int i = 0; sa->heir && i < HEIRS_MAX; i++)
		sa = sa->heir;
	return sa;
}

static bool gone_with_owner(const struct ike_child *c)
{
	return c->dead && last_owner(c)->deleted_frame && !c->deleted_frame;
}

enum ike_outcome story_child_outcome(const struct ike_child *c)
{
	return c->outcome == IKE_ESTABLISHED && gone_with_owner(c) ? IKE_DELETED : c->outcome;
}

/* ---- the sentence ---- */

static const char *protocol_name(uint8_t protocol)
{
	return protocol == PROTOCOL_AH ? "AH" : protocol == PROTOCOL_ESP ? "ESP" : "IPsec";
}

/* The end of the IKE SA that is this end of the child's exchange. */
static enum ike_side end_of(const struct ike_child *c, enum ike_side side)
{
	return side == IKE_INITIATOR ? c->initiator : story_other(c->initiator);
}

static void tell_what(struct story *s, const struct ike_child *c, struct text *t)
{
	const char *choice = ike_choice_text(&c->choice, &s->arena);
	text_printf(t, "%s", protocol_name(c->protocol));
	if (c->mode != SA_MODE_UNKNOWN)
		text_printf(t, " in %s mode", sa_mode_name(c->mode));
	if (*choice)
		text_printf(t, ", %s", choice);
	if (c->ts_i && c->ts_r)
		text_printf(t, ", %s to %s", story_clean(s, c->ts_i), story_clean(s, c->ts_r));
	if (c->spi_i && c->spi_r)
		text_printf(t, ", SPIs 0x%08x and 0x%08x", c->spi_i, c->spi_r);
	else if (c->spi_i || c->spi_r)
		text_printf(t, ", SPI 0x%08x", c->spi_i | c->spi_r);
	if (c->ipcomp)
		text_add(t, ", compressed by IPComp");
}

static void tell_refused(struct story *s, const struct ike_child *c, struct text *t)
{
	const char *name = ike_reason_name(&c->reason);
	const struct story_advice *a = story_advice_find(name, true);
	text_printf(t, "refused by the %s", story_side_name(c->reason.by));
	if (name)
		text_printf(t, " with %s", name);
	if (c->reason.frame)
		text_printf(t, " (frame %llu)", (unsigned long long)c->reason.frame);
	if (a)
		text_printf(t, ": %s", a->means);
	if (c->reason.evidence)
		text_printf(t, "; %s", story_clean(s, c->reason.evidence));
}

static void tell_packets(struct story *s, const struct ike_child *c, struct text *t)
{
	enum ike_side to;
	unsigned long long i = packets_to(s, c, IKE_INITIATOR), r = packets_to(s, c, IKE_RESPONDER);
	if (!i && !r) {
		text_add(t, "; no packet of it is in the capture");
		return;
	}
	/* spi_i is what the exchange's initiator receives with */
	text_printf(t, "; %llu packet%s to the %s, %llu to the %s", r, r == 1 ? "" : "s",
		    story_side_name(end_of(c, IKE_RESPONDER)), i,
		    story_side_name(end_of(c, IKE_INITIATOR)));
	if (story_child_one_way(s, c, &to))
		text_printf(t, ": one direction is silent, the %s sends nothing",
			    story_side_name(end_of(c, to)));
}

static void tell_end(const struct ike_child *c, struct text *t)
{
	if (c->heir && c->heir->response_frame)
		text_printf(t, "; replaced by a new one in frame %llu",
			    (unsigned long long)c->heir->response_frame);
	if (c->deleted_frame)
		text_printf(t, "; deleted by the %s in frame %llu", story_side_name(c->deleted_by),
			    (unsigned long long)c->deleted_frame);
	else if (gone_with_owner(c))
		text_add(t, "; gone with its IKE SA");
}

const char *story_child_sentence(struct story *s, const struct ike_child *c)
{
	struct text t = { 0 };
	bool failed = c->outcome == IKE_FAILED;
	text_add(&t, c->replaces ? "New CHILD SA in place of an older one: " : "CHILD SA: ");
	tell_what(s, c, &t);
	text_add(&t, "; ");
	if (failed)
		tell_refused(s, c, &t);
	else if (c->response_frame)
		text_printf(&t, "made in frame %llu", (unsigned long long)c->response_frame);
	else
		text_printf(&t, "asked for in frame %llu, the answer is not in the capture",
			    (unsigned long long)c->request_frame);
	if (!failed && c->outcome != IKE_INCOMPLETE)
		tell_packets(s, c, &t);
	tell_end(c, &t);
	if (c->missing)
		text_printf(&t, "; its keys cannot be derived without %s", story_clean(s, c->missing));
	text_char(&t, '.');
	const char *text = arena_text(&s->arena, span_of(t.p, t.n));
	text_done(&t);
	return text;
}
