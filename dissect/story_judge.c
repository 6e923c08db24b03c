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

const char *story_side(struct story *s, const struct story_ike *k, enum ike_side side)
{
	return arena_printf(&s->arena, "the %s (%s)", story_side_name(side),
			    story_addr(s, story_end_addr(k, side)));
}

/* ---- what the ladder shows ---- */

/* The last message: what ICMP says is none. */
static struct story_event *last_event(const struct story_ike *k)
{
	uint32_t n = k->event_count;
	while (n && k->events[n - 1].note)
		n--;
	return n ? &k->events[n - 1] : NULL;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool sent_again(const struct story_event *e)
{
	return e->repeated || e->probe || e->times > 1;
}

/* The request that was sent again and again, to the end of the ladder, without an
 * answer; NULL. */
static const struct story_event *unanswered(const struct story_ike *k, bool *again)
{
	const struct story_event *last = last_event(k), *first = last;
	if (!last || !last->request)
		return NULL;
	*again = sent_again(last);
	for (const struct story_event *e = last; e > k->events; ) {
		e--;
		if (!e->note && !(e->label == last->label && e->from == last->from && e->request))
			break;
		if (e->note)
			continue;
		*again |= sent_again(e);
		first = e;
	}
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

bool story_child_made(const struct ike_child *c)
{
	return c->outcome != IKE_FAILED && c->outcome != IKE_INCOMPLETE;
}

bool story_child_crossed(const struct ike_child *c)
{
	return story_child_made(c) && c->replaces && c->replaces->heir && c->replaces->heir != c &&
	       c->request_frame < c->replaces->heir->response_frame;
}

static const struct ike_child *first_refused(const struct ike_sa *sa, bool *any_made)
{
	const struct ike_child *refused = NULL;
	*any_made = false;
	for (const struct ike_child *c = sa->children; c; c = c->next) {
		*any_made |= story_child_made(c);
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
static bool is_between(const struct story_flow *f, const struct addr *i, const struct addr *r)
{
	return (addr_equal(&f->src, i) && addr_equal(&f->dst, r)) ||
	       (addr_equal(&f->src, r) && addr_equal(&f->dst, i));
}

static bool esp_follows(const struct story *s, const struct story_ike *k)
{
	const struct ike_sa *sa = k->sa;
	unsigned n = 0;
	for (const struct story_flow *f = s->flows; f && n < FLOWS_LOOKED_AT; f = f->next, n++)
		if (!f->child && f->last_frame > sa->first_frame &&
		    (is_between(f, &sa->end[0].addr, &sa->end[1].addr) ||
		     is_between(f, story_end_addr(k, IKE_INITIATOR), story_end_addr(k, IKE_RESPONDER))))
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
	if (psk_refused(sa) || k->psks == STORY_PSKS_DIFFER)
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

static const char *named(struct story *s, const struct story_ike *k, enum ike_side side)
{
	const struct ike_end *e = &k->sa->end[side];
	const char *addr = story_addr(s, story_end_addr(k, side));
	return e->id ? arena_printf(&s->arena, "%s (\"%s\")", addr, story_clean(s, e->id)) : addr;
}

/* What ICMP says about the silent end; "" for nothing. */
static const char *icmp_words(struct story *s, const struct story_ike *k, enum ike_side about)
{
	const struct story_unreachable *u = story_icmp_about(s, k, about);
	if (!u)
		return "";
	return arena_printf(&s->arena, " %s answers with ICMP (frame %llu, %llu in all): %s.",
			    story_addr(s, &u->from), (unsigned long long)u->frame,
			    (unsigned long long)u->times, story_icmp_words(u));
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
				    "ends.", before, story_side(s, k, story_other(open->from)),
				    open->label, (unsigned long long)open->frame);
	return arena_printf(&s->arena, "%s %s never answered %s, which was sent %u times from frame %llu on.%s",
			    before, story_side(s, k, story_other(open->from)), open->label, n,
			    (unsigned long long)open->frame,
			    icmp_words(s, k, story_other(open->from)));
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
	const char *psks = k->psks == STORY_PSKS_DIFFER ? "; the pre-shared keys differ" :
			   k->psks == STORY_PSKS_AGREE ? "; the pre-shared keys that are given agree" : "";
	return arena_printf(&s->arena, "Failed: %s refused it%s%s%s%s%s%s.",
			    story_side(s, k, r->by), k->reason ? " with " : "",
			    k->reason ? k->reason : "", r->frame ?
			    arena_printf(&s->arena, " in frame %llu", (unsigned long long)r->frame) : "",
			    a ? ": " : r->evidence ? ": " : "",
			    a ? a->means : r->evidence ? evidence_words(s, r) : "", psks);
}

static const char *explain_failed(struct story *s, const struct story_ike *k)
{
	const char *w = k->situation;
	if (w && (strcmp(w, "no-answer") == 0 || strcmp(w, "no-answer-auth") == 0))
		return silence(s, k, "Failed:");
	if (k->inferred)
		return arena_printf(&s->arena, "Failed: %s refused it; its encrypted answer in frame %llu is "
				    "so short that it can only be an error, nearly always AUTHENTICATION_FAILED.",
				    story_side(s, k, last_event(k)->from),
				    (unsigned long long)last_event(k)->frame);
	return explain_refused(s, k);
}

static const char *children_words(struct story *s, const struct ike_sa *sa)
{
	unsigned made = 0;	/* those that took another one's place are not counted again */
	bool rekeyed = false, crossed = false;
	for (const struct ike_child *c = sa->children; c; c = c->next) {
		made += story_child_made(c) && !(c->replaces && c->replaces->sa == sa);
		rekeyed |= story_child_made(c) && c->replaces && c->replaces->sa == sa;
		crossed |= story_child_crossed(c);
	}
	if (made == 0 && sa->replaces)
		return "with the CHILD SAs of the one that it replaces";
	return made == 0 ? "without a CHILD SA that the capture shows" : made == 1 ?
		crossed ? "with one CHILD SA, which both sides rekeyed at once" :
		rekeyed ? "with one CHILD SA, which was rekeyed" : "with one CHILD SA" :
		arena_printf(&s->arena, "with %u CHILD SAs", made);
}

static const char *explain_child_refused(struct story *s, const struct story_ike *k,
					 const struct ike_child *c)
{
	const char *name = ike_reason_name(&c->reason);
	const struct story_advice *a = story_advice_find(name, true);
	return arena_printf(&s->arena, "The IKE SA was established, but %s refused the CHILD SA%s%s in "
			    "frame %llu, so no traffic can flow: %s.",
			    story_side(s, k, c->reason.by), name ? " with " : "", name ? name : "",
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
		return explain_child_refused(s, k, refused);
	const char *text = arena_printf(&s->arena, "Established%s between %s and %s, %s", how,
		named(s, k, IKE_INITIATOR), named(s, k, IKE_RESPONDER), children_words(s, sa));
	for (int i = 0; i < 2; i++)
		if (k->moves[i] && !addr_equal(story_end_addr(k, i), &sa->end[i].addr))
			text = arena_printf(&s->arena, "%s; the %s moved from %s to %s in frame %llu", text,
					    story_side_name(i), story_addr(s, story_end_addr(k, i)),
					    story_addr(s, &sa->end[i].addr),
					    (unsigned long long)sa->end[i].moved_frame);
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
		return arena_printf(&s->arena, "Not known: %u encrypted message%s stay%s closed%s%s.",
				    sa->encrypted, sa->encrypted == 1 ? "" : "s",
				    sa->encrypted == 1 ? "s" : "", story_keys_miss(s, sa) ?
				    ": keys were given, but none for these SPIs" : " for want of keys",
				    esp_follows(s, k) ? "; but ESP or AH follows between the same "
				    "addresses, so it most likely was established" :
				    "; no ESP or AH follows between the two in this capture, so perhaps "
				    "the CHILD SA was refused");
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
				    named(s, k, IKE_INITIATOR), named(s, k, IKE_RESPONDER),
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
				    "%llu.", named(s, k, IKE_INITIATOR), named(s, k, IKE_RESPONDER),
				    children_words(s, sa), story_side_name(sa->deleted_by),
				    (unsigned long long)sa->deleted_frame);
	default: return explain_incomplete(s, k);
	}
}

/* The row that says more than reason and situation. */
static const char *finer_advice(struct story *s, const struct story_ike *k)
{
	bool again;
	const struct story_event *open = unanswered(k, &again);
	const struct story_unreachable *u = open && k->situation ?
		story_icmp_about(s, k, story_other(open->from)) : NULL;
	if (k->psks == STORY_PSKS_AGREE)
		return "wrong-identity";
	if (k->outcome == IKE_INCOMPLETE && k->sa->encrypted && !k->sa->opened && !k->situation)
		return "closed";
	return u ? story_icmp_advice(u) : NULL;
}

/* The answer that made the initiator try again. */
static const char *retry_words(struct story *s, const struct story_ike *k)
{
	for (uint32_t i = k->event_count; i--; )
		if (k->events[i].frame < k->sa->ke_retry_frame && !k->events[i].request &&
		    k->events[i].bad && !k->events[i].note)
			return arena_printf(&s->arena, "No error: in frame %llu the responder names the group "
					    "that it wants. To save the round trip put that group first.",
					    (unsigned long long)k->events[i].frame);
	return NULL;
}

static const char *advice(struct story *s, const struct story_ike *k)
{
	bool made;
	const struct ike_child *refused = first_refused(k->sa, &made);
	const struct story_advice *a = story_advice_find(finer_advice(s, k), false);
	if (k->situation && strcmp(k->situation, "retry") == 0)
		return retry_words(s, k);
	if (a)
		;
	else if (k->outcome == IKE_FAILED && k->reason && !(k->situation && !k->inferred))
		a = story_advice_find(k->inferred ? k->situation : k->reason, false);
	else if (refused && !made)
		a = story_advice_find(ike_reason_name(&refused->reason), true);
	if (!a)
		a = story_advice_find(k->situation, false);
	if (!a || (!a->cause && !a->look))
		return NULL;
	if (!a->cause)
		return arena_printf(&s->arena, "To open it: %s", a->look);
	return a->look ? arena_printf(&s->arena, "Usual cause: %s\nLook at: %s", a->cause, a->look) :
		a->cause;
}

/* IKEv1 without keys: the encrypted answers to the message that was refused. */
static void mark_refusals(struct story_ike *k)
{
	const struct ike_reason *r = &k->sa->reason;
	for (uint32_t i = 0; i < k->event_count; i++) {
		struct story_event *e = &k->events[i];
		if (e->from != r->by || e->frame < r->frame || !starts(e->label, "INFORMATIONAL") ||
		    !starts(e->payloads, "closed"))
			continue;
		e->bad = true;
		if (!e->remark)
			e->remark = "most likely an error: it refuses";
	}
}

/* ---- the outcome for people ---- */

const char *story_outcome_words(const struct story_ike *k, bool *warn)
{
	const struct ike_sa *sa = k->sa;
	bool made;
	const struct ike_child *refused = first_refused(sa, &made);
	*warn = k->outcome == IKE_ESTABLISHED;
	if (*warn && k->situation && strcmp(k->situation, "peer-dead") == 0)
		return "established, peer dead";
	if (*warn && !made && (refused || (sa->version == 2 && !sa->children && !sa->replaces &&
					   sa->opened && sa->opened == sa->encrypted)))
		return "established, no CHILD SA";
	*warn = k->outcome == IKE_INCOMPLETE;
	return ike_outcome_name(k->outcome);
}

void story_judge_ike(struct story *s, struct story_ike *k)
{
	k->psks = (uint8_t)story_psks(s, k->sa, &k->other_psk);
	k->situation = situation_of(s, k);
	k->outcome = outcome_of(k);
	judge_reason(k);
	if (k->inferred)
		last_event(k)->remark = "so short that it can only be an error";
	if (k->sa->version == 1 && k->sa->outcome == IKE_FAILED && k->sa->reason.frame)
		mark_refusals(k);
	k->explanation = explain(s, k);
	k->advice = advice(s, k);
}
