/* SPDX-License-Identifier: BSD-2-Clause
 * Phase 1 followed: Main Mode (RFC 2409, 5.1 to 5.4) and Aggressive Mode, from the
 * offer to an SA that is established or failed. Identities and their proof are
 * ikev1_auth.c. What cannot be opened still shows who stopped where. */
#include "ipsec/ike/ikev1_state.h"

#include <stdlib.h>

static const struct {
	uint8_t n;
	const char *hex;	/* of what a vendor ID begins with */
	uint32_t can;
} vendors[] = {
	{ 16, "4a131c81070358455c5728f20e95452f", IKE_CAN_NATT },	/* RFC 3947 */
	{ 16, "90cb80913ebb696e086381b5ec427b1f", IKE_CAN_NATT },	/* its drafts */
	{ 16, "cd60464335df21f87cfdb2fc68b6a448", IKE_CAN_NATT },
	{ 16, "7d9419a65310ca6f2c179d9215529d56", IKE_CAN_NATT },
	{ 16, "4485152d18b6bbcd0be8a8469579ddcc", IKE_CAN_NATT },
	{ 14, "afcad71368a1f1c96b8696fc7757", IKE_CAN_DPD },	/* RFC 3706, 5.1 */
	{ 16, "4048b7d56ebce88525e7de7f00d6c2d3", IKE_CAN_FRAGMENT },
};

static uint32_t announced(const struct node *chain)
{
	uint32_t can = 0;
	uint8_t id[16];
	for (const struct node *n = chain; (n = payload_find(n, V1_VENDOR)); n = n->next)
		for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++) {
			struct span s = span_part(node_bytes(n, PAYLOAD_BODY), 0, vendors[i].n);
			if (span_unhex(span_text(vendors[i].hex), id, vendors[i].n) &&
			    span_equal(s, span_of(id, vendors[i].n)))
				can |= vendors[i].can;
		}
	return can;
}

/* ---- the material of phase 1 ---- */

void ikev1_start_free(struct ikev1_state *v1)
{
	if (!v1->start)
		return;
	for (int i = 0; i < STARTS; i++)
		kept_drop(v1->s, &v1->start->kept[i]);
	free(v1->start);
	v1->start = NULL;
}

static void keep(struct ikev1_work *x, int what, const struct node *n, struct span octets)
{
	if (n && !x->v1->start->kept[what].p)
		kept_set(x->w->s, &x->v1->start->kept[what], octets, 0);
}

struct span ikev1_body(const struct ikev1_work *x, const struct node *n)
{
	struct span all = x->m->inner ? x->m->plain : span_from(x->m->octets, IKE_HEADER_SIZE);
	if (!n || n->size < 4 || n->offset < IKE_HEADER_SIZE)
		return span_of(NULL, 0);
	return span_part(all, n->offset - IKE_HEADER_SIZE + 4u, n->size - 4u);
}

static void keep_values(struct ikev1_work *x)
{
	bool i = x->w->turn->from == IKE_INITIATOR;
	const struct node *ke = payload_find(x->chain, V1_KE);
	const struct node *nonce = payload_find(x->chain, V1_NONCE);
	const struct node *id = payload_find(x->chain, V1_ID);
	if (x->m->sealed || !x->v1->start)
		return;
	if (i)
		keep(x, START_ID, id, ikev1_body(x, id));
	keep(x, i ? START_KE_I : START_KE_R, ke, ikev1_body(x, ke));
	keep(x, i ? START_NI : START_NR, nonce, ikev1_body(x, nonce));
}

/* Both public values and the algorithms: the chain of IVs begins. */
static void begin_chain(struct ikev1_state *v1)
{
	struct ikev1_phase1 p = ikev1_phase1_of(v1);
	struct err e = { 0 };
	uint8_t hash[64];
	if (v1->first_iv_set || !v1->prf || !v1->encr || !p.gxi.n || !p.gxr.n ||
	    !ikev1_iv_first(v1->s->crypto, &p, hash, &e))
		return;
	memcpy(v1->first_iv, hash, IKEV1_IV_MAX);
	v1->first_iv_set = true;
	if (!v1->chain.set)
		memcpy(v1->chain.iv, hash, IKEV1_IV_MAX);
	v1->chain.set = true;
}

/* ---- the choice ---- */

static void method_set(struct ikev1_work *x, uint16_t method)
{
	struct ike_sa *sa = x->w->sa;
	const char *name = names_name(&reg_ikev1_phase1_auth_method, method);
	x->v1->method = method;
	for (int i = 0; i < 2; i++) {
		sa->end[i].auth_method = method;
		sa->end[i].auth_text = ikev1_is_psk(method) ? (method == 1 ? "PSK" : "PSK and XAUTH") :
			name ? name : ike_sa_printf(sa, "method %u", method);
	}
}

/* The responder's SA payload has one transform (RFC 2408, 4.2). */
static void chosen(struct ikev1_work *x, const struct node *sa)
{
	struct ikev1_state *v1 = x->v1;
	const struct node *p = node_kid(sa, V1_SA_PROPOSALS);
	const struct node *t = p ? node_kid(p, PROPOSAL_TRANSFORMS) : NULL;
	struct ikev1_transform is;
	if (!t || v1->phase != PHASE_BEGUN)
		return;
	ikev1_transform_read(p, t, &is);
	if (p->next || t->next)
		finding_add(x->w->fs, SEVERITY_VIOLATION, NULL, sa->offset,
			    "the responder's answer has more than one transform");
	x->w->sa->choice = is.choice;
	x->w->sa->lifetime = is.seconds;
	method_set(x, is.method);
	v1->key_octets = (uint8_t)ikev1_key_octets(&is.choice);
	v1->encr = v1->key_octets ? encr_find(is.choice.encr) : NULL;
	v1->prf = is.choice.has & CHOICE_PRF ? prf_find(is.choice.prf) : NULL;
	if (v1->prf && v1->prf->kind != PRF_KIND_HMAC)
		v1->prf = NULL;
	if (v1->encr && v1->encr->iv > IKEV1_IV_MAX)
		v1->encr = NULL;
	v1->start->group = is.choice.has & CHOICE_KE ? is.choice.ke : 0;
	v1->phase = PHASE_CHOSEN;
}

static void offered(struct ikev1_work *x, const struct node *sa)
{
	struct ikev1_state *v1 = x->v1;
	keep(x, START_SA, sa, ikev1_body(x, sa));
	if (!v1->offer)
		v1->offer = ike_sa_text(x->w->sa, ikev1_offer_text(sa, x->w->a));
}

/* ---- requests and responses ---- */

static void pair_messages(struct ikev1_work *x)
{
	struct ike_work *w = x->w;
	enum ike_side from = w->turn->from, to = from == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
	bool request = from == IKE_INITIATOR;
	bool last = !x->v1->main_mode && x->v1->phase >= PHASE_CHOSEN;	/* third of Aggressive Mode */
	w->turn->request = request;
	w->turn->answers = request || !x->v1->start ? 0 : x->v1->start->frame[to];
	if (x->v1->start)
		x->v1->start->frame[from] = w->at->frame;
	if (request) {
		w->sa->end[from].requests++;
		w->sa->end[from].unanswered = !last;
	} else {
		w->sa->end[from].responses++;
		w->sa->end[to].unanswered = 0;
	}
}

/* ---- the end of phase 1 ---- */

static struct ike_sa **latest_slot(const struct ike_work *w)
{
	const struct ike_end *e = w->sa->end;
	uint32_t h[2] = { 2166136261u, 2166136261u };	/* FNV-1a, of each address */
	for (int i = 0; i < 2; i++)
		for (size_t j = 0; j < sizeof e[i].addr.b; j++)
			h[i] = (h[i] ^ e[i].addr.b[j]) * 16777619u;
	return &w->s->v1.latest[(h[0] + h[1]) % IKEV1_PEERS];
}

static bool same_text(const char *a, const char *b)
{
	return !a || !b || strcmp(a, b) == 0;
}

/* Between the same two ends, whoever began. */
static bool same_ends(const struct ike_sa *a, const struct ike_sa *b)
{
	for (int turned = 0; turned < 2; turned++) {
		bool same = true;
		for (int i = 0; i < 2 && same; i++) {
			const struct ike_end *p = &a->end[i], *q = &b->end[turned ? 1 - i : i];
			same = addr_equal(&p->addr, &q->addr) && same_text(p->id, q->id) &&
			       (p->id || p->port == q->port);
		}
		if (same)
			return true;
	}
	return false;
}

/* IKEv1 has no exchange for it: a new phase 1 between the same ends takes over. */
static void take_over(struct ikev1_work *x)
{
	struct ike_sa **slot = latest_slot(x->w), *old = *slot, *sa = x->w->sa;
	if (old && old != sa && old->outcome == IKE_ESTABLISHED && !old->heir && !sa->replaces &&
	    same_ends(old, sa)) {
		session_sa_replaced(old, sa);
		old->outcome = IKE_REKEYED;
		session_say(x->w, "takes the place of the IKE SA of frame %llu",
			    (unsigned long long)old->first_frame);
	}
	*slot = sa;
}

void ikev1_established(struct ikev1_work *x)
{
	struct ike_sa *sa = x->w->sa;
	x->v1->phase = PHASE_DONE;
	if (sa->outcome != IKE_INCOMPLETE && sa->outcome != IKE_FAILED)
		return;
	sa->outcome = IKE_ESTABLISHED;
	sa->reason = (struct ike_reason){ 0 };
	sa->established_frame = x->w->at->frame;
	take_over(x);
}

/* The values are not needed any more once keys are found, or are out of reach. */
static void forget_start(struct ikev1_state *v1)
{
	if (v1->phase == PHASE_DONE && (v1->opened[0] || v1->opened[1] ||
					v1->failures >= IKEV1_FAILURES))
		ikev1_start_free(v1);
}

/* ---- messages ---- */

static void advance(struct ikev1_work *x)
{
	struct ikev1_state *v1 = x->v1;
	bool i = x->w->turn->from == IKE_INITIATOR;
	bool proof = payload_find(x->chain, V1_HASH) || payload_find(x->chain, V1_SIG);
	if (payload_find(x->chain, V1_KE) && !i && v1->phase == PHASE_CHOSEN)
		v1->phase = PHASE_KEYS;
	if (v1->phase == PHASE_KEYS && i && proof)
		v1->phase = PHASE_AUTH;
	if (v1->phase >= PHASE_KEYS && proof && (v1->main_mode ? !i : i) && v1->phase != PHASE_DONE)
		ikev1_established(x);
}

void ikev1_phase1(struct ikev1_work *x)
{
	struct ikev1_state *v1 = x->v1;
	bool i = x->w->turn->from == IKE_INITIATOR;
	const struct node *sa = payload_find(x->chain, V1_SA);
	pair_messages(x);
	x->w->sa->end[x->w->turn->from].can |= announced(x->chain);
	if (v1->start && sa && i && !x->m->sealed)
		offered(x, sa);
	else if (v1->start && sa && !x->m->sealed)
		chosen(x, sa);
	keep_values(x);
	if (v1->start)
		begin_chain(v1);
	ikev1_natd(x);
	ikev1_auth(x);
	advance(x);
	forget_start(v1);
}

/* ---- messages that stay closed ---- */

static void reason_closed(struct ikev1_work *x, const char *evidence)
{
	struct ike_sa *sa = x->w->sa;
	sa->reason = (struct ike_reason){ 0, 1, x->w->turn->from, x->w->at->frame,
					  ike_sa_text(sa, evidence) };
}

/* In Main Mode the flow alone shows who went on: the responder's sixth message is
 * sent to an initiator that it believes (RFC 2409, 5). */
void ikev1_phase1_closed(struct ikev1_work *x)
{
	struct ikev1_state *v1 = x->v1;
	bool i = x->w->turn->from == IKE_INITIATOR;
	pair_messages(x);
	if (v1->phase == PHASE_DONE)
		return;
	if (i && v1->main_mode)
		v1->phase = PHASE_AUTH;
	else
		ikev1_established(x);
	forget_start(v1);
}

/* The first encrypted message comes again: the other end cannot read it, or does not
 * want to. */
void ikev1_phase1_repeated(struct ikev1_work *x)
{
	struct ike_sa *sa = x->w->sa;
	if (x->v1->phase != PHASE_AUTH || x->w->turn->from != IKE_INITIATOR ||
	    sa->outcome != IKE_INCOMPLETE || sa->reason.evidence || !x->m->sealed)
		return;
	reason_closed(x, ikev1_is_psk(x->v1->method) ?
		      "The initiator repeats its first encrypted message, and no Main Mode message "
		      "answers it. With different pre-shared keys the responder cannot read it." :
		      "The initiator repeats its first encrypted message, and no Main Mode message "
		      "answers it: the responder did not get it, or did not accept it.");
}

void ikev1_phase1_refused(struct ikev1_work *x)
{
	struct ikev1_state *v1 = x->v1;
	struct ike_sa *sa = x->w->sa;
	enum ike_side from = x->w->turn->from;
	if (v1->phase != PHASE_AUTH || sa->outcome == IKE_ESTABLISHED || sa->reason.notify)
		return;
	bool seen = sa->outcome == IKE_FAILED;
	sa->outcome = IKE_FAILED;
	if (seen)
		return;
	const char *what = v1->opened[1 - from] ? "The message before it opens with the keys that "
		"are known, this one does not: its sender derived other keys." :
		"It stays closed.";
	reason_closed(x, arena_printf(x->w->a, "After the initiator's first encrypted message the "
		"%s sent an encrypted Informational message instead of going on. %s%s",
		from == IKE_INITIATOR ? "initiator" : "responder", what,
		ikev1_is_psk(v1->method) ? " With a pre-shared key that means nearly always that the two "
		"ends have different ones." : ""));
}
