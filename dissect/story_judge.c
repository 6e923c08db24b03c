/* SPDX-License-Identifier: BSD-2-Clause
 * What became of an IKE SA, and why: the notification that refused it, or where
 * there is none the situation that the capture shows; one sentence that explains
 * it, and advice. */
#include "dissect/story_private.h"

#include "ipsec/base/registry.h"

enum { FLOWS_LOOKED_AT = 64 };
/* RFC 2408, 3.14.1; RFC 2409, appendix A; RFC 7296, 3.8 and 3.10.1 */
enum { V1_MALFORMED = 16, V1_INVALID_HASH = 23, V1_PSK = 1, V2_PSK = 2, AUTHENTICATION_FAILED = 24 };

const char *story_side_name(enum ike_side side)
{
	return side == IKE_INITIATOR ? "initiator" : "responder";
}

const char *story_side(struct story *s, const struct ike_sa *sa, enum ike_side side)
{
	return arena_printf(&s->arena, "the %s (%s)", story_side_name(side),
			    story_addr(s, &sa->end[side].addr));
}

/* ---- what the ladder shows ---- */

static const struct story_event *last_event(const struct story_ike *k)
{
	return k->event_count ? &k->events[k->event_count - 1] : NULL;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool sent_again(const struct story_event *e)
{
	return e->repeated || e->times > 1;
}

/* The request that was sent again and again, to the end of the ladder, without an
 * answer; NULL. */
static const struct story_event *unanswered(const struct story_ike *k, bool *again)
{
	const struct story_event *last = last_event(k), *first = last;
	if (!last || !last->request)
		return NULL;
	*again = sent_again(last);
	while (first > k->events && first[-1].label == last->label && first[-1].from == last->from &&
	       first[-1].request)
		*again |= sent_again(--first);
	return k->sa->end[last->from].unanswered ? first : NULL;
}

/* How often a request was sent, over all its events from e on. */
static unsigned sendings(const struct story_ike *k, const struct story_event *e)
{
	unsigned n = 0;
	for (const struct story_event *x = e; x < k->events + k->event_count; x++)
		if (x->label == e->label && x->from == e->from)
			n += x->times;
	return n;
}

static bool never_spoke(const struct ike_end *e)
{
	return !e->responses && !e->requests;
}

/* An IKE_AUTH answer whose encrypted part has one block, or of a stream cipher no
 * more octets than that: a Notify payload without data has 8, and nothing else of
 * this exchange is as short (RFC 7296, 1.2 and 2.21.2). */
static bool is_bare_error(const struct story_ike *k, const struct story_event *e)
{
	const struct ike_choice *c = &k->sa->choice;
	const struct encr *encr = c->has & CHOICE_ENCR ? encr_find(c->encr) : NULL;
	const struct integ *integ = c->has & CHOICE_INTEG ? integ_find(c->integ) : NULL;
	enum { HEADERS = 28 + 4, ERROR_MAX = 16 };
	if (!encr || !starts(e->label, "IKE_AUTH response") || e->fragments ||
	    !starts(e->payloads, "closed"))
		return false;
	size_t around = HEADERS + encr->iv + (encr->icv ? encr->icv : integ ? integ->icv : 0);
	return e->octets > around && e->octets - around <= ERROR_MAX;
}

static bool is_bare_refusal(const struct story_ike *k)
{
	const struct story_event *e = last_event(k);
	return k->sa->version == 2 && e && is_bare_error(k, e);
}

/* ---- CHILD SAs ---- */

static const struct ike_child *first_refused(const struct ike_sa *sa, bool *any_made)
{
	const struct ike_child *refused = NULL;
	*any_made = false;
	for (const struct ike_child *c = sa->children; c; c = c->next) {
		*any_made |= c->outcome != IKE_FAILED && c->outcome != IKE_INCOMPLETE;
		if (c->outcome == IKE_FAILED && !refused)
			refused = c;
	}
	return refused;
}

static const struct ike_child *one_way_child(const struct story *s, const struct ike_sa *sa)
{
	enum ike_side to;
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (story_child_one_way(s, c, &to))
			return c;
	return NULL;
}

/* SAs that no exchange is known of go between its ends, after its last message
 * began. Only the first ones are looked at. */
static bool esp_follows(const struct story *s, const struct ike_sa *sa)
{
	const struct addr *i = &sa->end[IKE_INITIATOR].addr, *r = &sa->end[IKE_RESPONDER].addr;
	unsigned n = 0;
	for (const struct story_flow *f = s->flows; f && n < FLOWS_LOOKED_AT; f = f->next, n++)
		if (!f->child && f->last_frame > sa->first_frame &&
		    ((addr_equal(&f->src, i) && addr_equal(&f->dst, r)) ||
		     (addr_equal(&f->src, r) && addr_equal(&f->dst, i))))
			return true;
	return false;
}

/* ---- the judgement ---- */

/* Who refused what the other end proved itself with: a pre-shared key that is known,
 * and with which the proof does not verify; in IKEv1 the errors that follow from
 * decrypting with another key. */
static bool psk_refused(const struct ike_sa *sa)
{
	const struct ike_end *blamed = &sa->end[story_other(sa->reason.by)];
	uint16_t n = sa->reason.notify;
	if (sa->outcome != IKE_FAILED || blamed->auth_method != (sa->version == 1 ? V1_PSK : V2_PSK))
		return false;
	if (sa->version == 1)
		return n == 0 || n == V1_MALFORMED || n == V1_INVALID_HASH;
	return n == AUTHENTICATION_FAILED && blamed->auth == AUTH_BAD;
}

static bool is_up(const struct ike_sa *sa)
{
	return sa->outcome == IKE_ESTABLISHED;
}

static const char *situation_of(struct story *s, const struct story_ike *k)
{
	const struct ike_sa *sa = k->sa;
	bool again = false;
	const struct story_event *open = unanswered(k, &again);
	if (psk_refused(sa))
		return "wrong-psk";
	if (sa->outcome == IKE_FAILED || sa->outcome == IKE_DELETED || sa->outcome == IKE_REKEYED)
		return NULL;
	if (open && !is_up(sa) && never_spoke(&sa->end[story_other(open->from)]))
		return "no-answer";
	if (open && !is_up(sa) && starts(open->label, "IKE_AUTH") && again)
		return "no-answer-auth";
	if (open && again)
		return "peer-dead";
	if (!is_up(sa) && is_bare_refusal(k))
		return "refused-closed";
	if (is_up(sa) && one_way_child(s, sa))
		return "one-way";
	if (is_up(sa) && sa->ke_retry_frame)
		return "retry";
	return NULL;
}

static enum ike_outcome outcome_of(const struct story_ike *k)
{
	bool again = false;
	const struct story_event *open = unanswered(k, &again);
	if (k->sa->outcome != IKE_INCOMPLETE || !k->situation)
		return k->sa->outcome;
	return !open || again ? IKE_FAILED : IKE_INCOMPLETE;
}

static void judge_reason(struct story_ike *k)
{
	k->reason = ike_reason_name(&k->sa->reason);
	if (!k->reason && k->situation && strcmp(k->situation, "refused-closed") == 0) {
		k->reason = "AUTHENTICATION_FAILED";
		k->inferred = true;
	}
}

/* ---- the explanation ---- */

static const char *since_first(struct story *s, const struct story_ike *k)
{
	const struct ike_sa *sa = k->sa;
	return story_duration(s, sa->last_seconds - sa->first_seconds,
			      (int64_t)sa->last_nanoseconds - sa->first_nanoseconds);
}

static const char *named(struct story *s, const struct ike_sa *sa, enum ike_side side)
{
	const struct ike_end *e = &sa->end[side];
	if (!e->id)
		return story_addr(s, &e->addr);
	return arena_printf(&s->arena, "%s (\"%s\")", story_addr(s, &e->addr),
			    story_clean(s, e->id));
}

/* What ICMP says about the silent end; "" for nothing. */
static const char *icmp_words(struct story *s, const struct addr *about)
{
	const struct story_unreachable *u = s->unreachable;
	while (u && (u->mtu || !addr_equal(&u->about, about)))
		u = u->next;
	if (!u)
		return "";
	bool port = u->v6 ? u->code == 4 : u->code == 3;
	bool closed = u->v6 ? u->code == 1 : u->code == 9 || u->code == 10 || u->code == 13;
	return arena_printf(&s->arena, " %s answers with ICMP (frame %llu, %llu in all): %s.",
			    story_addr(s, &u->from), (unsigned long long)u->frame,
			    (unsigned long long)u->times,
			    port ? "the host is up, but no IKE daemon listens on that port" :
			    closed ? "a firewall forbids it" : "no way leads there");
}

static const char *silence(struct story *s, const struct story_ike *k, const char *before)
{
	bool again;
	const struct story_event *open = unanswered(k, &again);
	if (!open)
		return arena_printf(&s->arena, "%s the other end did not answer.", before);
	unsigned n = sendings(k, open);
	if (n < 2)
		return arena_printf(&s->arena, "%s %s did not answer %s (frame %llu) before the capture "
				    "ends.", before, story_side(s, k->sa, story_other(open->from)),
				    open->label, (unsigned long long)open->frame);
	return arena_printf(&s->arena, "%s %s never answered %s, which was sent %u times from frame %llu on.%s",
			    before, story_side(s, k->sa, story_other(open->from)), open->label, n,
			    (unsigned long long)open->frame,
			    icmp_words(s, &k->sa->end[story_other(open->from)].addr));
}

/* As the end of a sentence. */
static const char *evidence_words(struct story *s, const struct ike_reason *r)
{
	const char *text = story_clean(s, r->evidence);
	size_t n = strlen(text);
	return arena_text(&s->arena, span_of(text, n && text[n - 1] == '.' ? n - 1 : n));
}

static const char *explain_refused(struct story *s, const struct story_ike *k)
{
	const struct ike_reason *r = &k->sa->reason;
	const struct story_advice *a = story_advice_find(k->reason, false);
	return arena_printf(&s->arena, "Failed: %s refused it%s%s%s%s%s.",
			    story_side(s, k->sa, r->by), k->reason ? " with " : "",
			    k->reason ? k->reason : "", r->frame ?
			    arena_printf(&s->arena, " in frame %llu", (unsigned long long)r->frame) : "",
			    a ? ": " : r->evidence ? ": " : "",
			    a ? a->means : r->evidence ? evidence_words(s, r) : "");
}

static const char *explain_failed(struct story *s, const struct story_ike *k)
{
	const char *w = k->situation;
	if (w && (strcmp(w, "no-answer") == 0 || strcmp(w, "no-answer-auth") == 0))
		return silence(s, k, "Failed:");
	if (k->inferred)
		return arena_printf(&s->arena, "Failed: %s refused it; its encrypted answer in frame %llu is "
				    "so short that it can only be an error, nearly always AUTHENTICATION_FAILED.",
				    story_side(s, k->sa, last_event(k)->from),
				    (unsigned long long)last_event(k)->frame);
	return explain_refused(s, k);
}

static const char *children_words(struct story *s, const struct ike_sa *sa)
{
	unsigned made = 0;
	for (const struct ike_child *c = sa->children; c; c = c->next)
		made += c->outcome != IKE_FAILED && c->outcome != IKE_INCOMPLETE;
	if (made == 0 && sa->replaces)
		return "with the CHILD SAs of the one that it replaces";
	return made == 0 ? "without a CHILD SA that the capture shows" : made == 1 ? "with one CHILD SA" :
		arena_printf(&s->arena, "with %u CHILD SAs", made);
}

static const char *explain_child_refused(struct story *s, const struct ike_sa *sa,
					 const struct ike_child *c)
{
	const char *name = ike_reason_name(&c->reason);
	const struct story_advice *a = story_advice_find(name, true);
	return arena_printf(&s->arena, "The IKE SA was established, but %s refused the CHILD SA%s%s in "
			    "frame %llu, so no traffic can flow: %s.",
			    story_side(s, sa, c->reason.by), name ? " with " : "", name ? name : "",
			    (unsigned long long)c->reason.frame, a ? a->means : "no reason was given");
}

static const char *explain_established(struct story *s, const struct story_ike *k)
{
	const struct ike_sa *sa = k->sa;
	bool made;
	const struct ike_child *refused = first_refused(sa, &made);
	const char *how = sa->ke_retry_frame ? arena_printf(&s->arena, " at the second try (the responder "
		"did not take %s)", names_word(&reg_ke, sa->ke_refused) ?
		names_word(&reg_ke, sa->ke_refused) : "the first group") :
		sa->cookie_frame ? " after the responder had asked for a cookie" :
		sa->replaces ? arena_printf(&s->arena, " by a rekey of IKE SA %llu",
					    (unsigned long long)sa->replaces->serial) : "";
	if (refused && !made)
		return explain_child_refused(s, sa, refused);
	const char *text = arena_printf(&s->arena, "Established%s between %s and %s, %s", how,
		named(s, sa, IKE_INITIATOR), named(s, sa, IKE_RESPONDER), children_words(s, sa));
	if (k->situation && strcmp(k->situation, "peer-dead") == 0)
		return silence(s, k, arena_printf(&s->arena, "%s, but then", text));
	if (k->situation && strcmp(k->situation, "one-way") == 0)
		return arena_printf(&s->arena, "%s, but its packets go in one direction only.", text);
	return arena_printf(&s->arena, "%s.", text);
}

static const char *explain_incomplete(struct story *s, const struct story_ike *k)
{
	const struct ike_sa *sa = k->sa;
	if (k->situation)
		return silence(s, k, "Not finished:");
	if (sa->encrypted && !sa->opened)
		return arena_printf(&s->arena, "Not known: %u encrypted message%s stay%s closed for want of "
				    "keys%s.", sa->encrypted, sa->encrypted == 1 ? "" : "s",
				    sa->encrypted == 1 ? "s" : "", esp_follows(s, sa) ? "; but ESP or AH "
				    "follows between the same addresses, so it most likely was established" :
				    "");
	return arena_printf(&s->arena, "The capture does not show how it ended; the last message is in frame "
			    "%llu, %s after the first.", (unsigned long long)sa->last_frame,
			    since_first(s, k));
}

static const char *explain(struct story *s, const struct story_ike *k)
{
	const struct ike_sa *sa = k->sa;
	switch (k->outcome) {
	case IKE_FAILED: return explain_failed(s, k);
	case IKE_ESTABLISHED: return explain_established(s, k);
	case IKE_REKEYED:
		return arena_printf(&s->arena, "Established between %s and %s, later replaced by a rekey%s.",
				    named(s, sa, IKE_INITIATOR), named(s, sa, IKE_RESPONDER),
				    sa->heir ? arena_printf(&s->arena, ": IKE SA %llu takes its place",
							    (unsigned long long)sa->heir->serial) : "");
	case IKE_DELETED:
		if (sa->replaces && sa->replaces->heir != sa)
			return arena_printf(&s->arena, "Both ends rekeyed IKE SA %llu at once; this one was "
					    "not needed, and the %s deleted it in frame %llu.",
					    (unsigned long long)sa->replaces->serial,
					    story_side_name(sa->deleted_by),
					    (unsigned long long)sa->deleted_frame);
		return arena_printf(&s->arena, "Established between %s and %s, %s; deleted by the %s in frame "
				    "%llu.", named(s, sa, IKE_INITIATOR), named(s, sa, IKE_RESPONDER),
				    children_words(s, sa), story_side_name(sa->deleted_by),
				    (unsigned long long)sa->deleted_frame);
	default: return explain_incomplete(s, k);
	}
}

static const char *advice(struct story *s, const struct story_ike *k)
{
	bool made;
	const struct ike_child *refused = first_refused(k->sa, &made);
	const struct story_advice *a = NULL;
	if (k->outcome == IKE_FAILED && k->reason && !(k->situation && !k->inferred))
		a = story_advice_find(k->inferred ? k->situation : k->reason, false);
	else if (refused && !made)
		a = story_advice_find(ike_reason_name(&refused->reason), true);
	if (!a)
		a = story_advice_find(k->situation, false);
	if (!a || (!a->cause && !a->look))
		return NULL;
	return a->look ? arena_printf(&s->arena, "Usual cause: %s\nLook at: %s", a->cause, a->look) :
		a->cause;
}

void story_judge_ike(struct story *s, struct story_ike *k)
{
	k->situation = situation_of(s, k);
	k->outcome = outcome_of(k);
	judge_reason(k);
	if (k->inferred)
		k->events[k->event_count - 1].remark = "so short that it can only be an error";
	k->explanation = explain(s, k);
	k->advice = advice(s, k);
}
