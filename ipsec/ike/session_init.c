/* SPDX-License-Identifier: BSD-2-Clause
 * IKE_SA_INIT (RFC 7296, 1.2), its retries with a cookie (2.6) or another group
 * (1.3, 2.7), and what both sides announce in it. */
#include "ipsec/ike/session_state.h"

enum { NOTIFY_NO_PROPOSAL_CHOSEN = 14, NOTIFY_INVALID_KE_PAYLOAD = 17, NOTIFY_COOKIE = 16390 };

/* Notifications that announce, and what. */
static const struct {
	uint16_t notify;
	uint16_t can;
} announcements[] = {
	{ 16388, IKE_CAN_NATT }, { 16389, IKE_CAN_NATT },
	{ 16396, IKE_CAN_MOBIKE },
	{ 16404, IKE_CAN_MULTIPLE_AUTH },
	{ 16406, IKE_CAN_REDIRECT },
	{ 16418, IKE_CAN_CHILDLESS },
	{ 16430, IKE_CAN_FRAGMENT }, { 16431, IKE_CAN_HASHES },
	{ 16435, IKE_CAN_PPK },
	{ 16438, IKE_CAN_INTERMEDIATE },
};

uint32_t session_announced(const struct node *chain)
{
	uint32_t can = 0;
	for (size_t i = 0; i < sizeof announcements / sizeof *announcements; i++)
		if (notify_find(chain, announcements[i].notify))
			can |= announcements[i].can;
	return can;
}

/* Nonce and message are kept for keys and AUTH. */
static void keep_init(struct ike_work *w, int nonce, int message)
{
	const struct node *n = payload_find(w->m->payloads, PAYLOAD_NONCE);
	struct ike_sa_state *x = w->sa->state;
	kept_set(w->s, &x->kept[nonce], n ? node_bytes(n, PAYLOAD_BODY) : (struct span){ 0 }, 0);
	kept_set(w->s, &x->kept[message], w->m->octets, 0);
}

/* The request that follows INVALID_KE_PAYLOAD has another group; a SA that was
 * closed by it lives again. */
static void retry_noticed(struct ike_work *w)
{
	struct ike_sa *sa = w->sa;
	const struct node *ke = payload_find(w->m->payloads, PAYLOAD_KE);
	unsigned group = ke ? (unsigned)node_uint(ke, KE_GROUP, 0) : 0;
	if (sa->ke_refused && group != sa->ke_refused && !sa->ke_retry_frame) {
		sa->ke_retry_frame = w->at->frame;
		session_say(w, "tries again with %s", names_name(&reg_ke, group) ?
			    names_word(&reg_ke, group) : "another group");
	}
	if (notify_find(w->m->payloads, NOTIFY_COOKIE))
		session_say(w, "tries again with the cookie");
}

/* ---- offers of both directions ---- */

static void keep_offer(struct ike_work *w, const struct node *sa)
{
	struct offer *o = offer_find(w->s, &w->at->src, &w->at->dst);
	struct span octets = span_part(w->m->octets, sa->offset, sa->size);
	o = o ? o : offer_new(w->s);
	o->from = w->at->src;
	o->to = w->at->dst;
	o->refused = 0;
	if (octets.n <= OFFER_OCTETS_MAX)
		kept_set(w->s, &o->sa, octets, PAYLOAD_SA);
}

/* Both hosts' offers, each its own way: what keeps them apart; NULL. */
static const char *offers_apart(struct ike_work *w, const struct offer *a, const struct offer *b)
{
	const struct node *one = a ? kept_chain(w, &a->sa) : NULL;
	const struct node *other = b ? kept_chain(w, &b->sa) : NULL;
	return one && other ? ike_offers_differ(one, other, w->a) : NULL;
}

/* The host that refused begins itself: now its own offer can be compared. */
static void compare_offers(struct ike_work *w)
{
	struct offer *own = offer_find(w->s, &w->at->src, &w->at->dst);
	struct offer *its = offer_find(w->s, &w->at->dst, &w->at->src);
	struct ike_sa *refused = its && its->refused ? session_sa_serial(w->s, its->refused) : NULL;
	const char *apart = refused ? offers_apart(w, its, own) : NULL;
	if (!apart)
		return;
	refused->reason.evidence = ike_sa_printf(refused, "%s; frame %llu shows the other side's own "
		"offer: %s", refused->reason.evidence ? refused->reason.evidence : "",
		(unsigned long long)w->at->frame, apart);
	its->refused = 0;
}

void init_request(struct ike_work *w)
{
	const struct node *offer = payload_find(w->m->payloads, PAYLOAD_SA);
	if (w->sa->choice.has || (w->sa->outcome != IKE_INCOMPLETE && w->sa->outcome != IKE_FAILED))
		return;		/* the answer has come: this one is not the one it answers */
	w->sa->end[w->turn->from].can |= session_announced(w->m->payloads);
	keep_init(w, KEPT_NONCE_I, KEPT_INIT_I);
	retry_noticed(w);
	if (offer) {
		keep_offer(w, offer);
		compare_offers(w);
	}
	session_rules_init_request(w);
}

static const char *group_word(unsigned group, struct arena *a)
{
	const char *word = names_word(&reg_ke, group);
	return word ? word : arena_printf(a, "group %u", group);
}

/* RFC 7296, 1.3: the data is the group that would be taken. */
static void invalid_ke(struct ike_work *w, const struct node *notify, const struct node *request)
{
	struct ike_sa *sa = w->sa;
	const struct node *ke = payload_find(request, PAYLOAD_KE);
	const struct node *data = node_kid(notify, NOTIFY_DATA);
	struct span raw = data ? (struct span){ 0 } : node_bytes(notify, NOTIFY_DATA);
	sa->ke_refused = (uint16_t)(ke ? node_uint(ke, KE_GROUP, 0) : 0);
	sa->ke_wanted = (uint16_t)(data ? node_uint(data, 0, 0) :
				   raw.n == 2 ? (uint64_t)raw.p[0] << 8 | raw.p[1] : 0);
	const char *sent = sa->ke_refused ? group_word(sa->ke_refused, w->a) : "a group";
	const char *evidence = arena_printf(w->a, "the request's KE payload has %s, the responder "
					    "wants %s", sent, group_word(sa->ke_wanted, w->a));
	session_say(w, "%s", evidence);
	sa->reason = (struct ike_reason){ NOTIFY_INVALID_KE_PAYLOAD, 2, w->turn->from, w->at->frame,
					  ike_sa_text(sa, evidence) };
}

static void refused(struct ike_work *w, const struct node *notify, const struct node *request)
{
	uint16_t type = (uint16_t)node_uint(notify, NOTIFY_TYPE, 0);
	const struct node *offer = payload_find(request, PAYLOAD_SA);
	const char *name = names_name(&reg_notify, type);
	const char *evidence = offer ? arena_printf(w->a, "the initiator offered %s",
						    ike_offer_text(offer, w->a)) : NULL;
	struct offer *own = offer_find(w->s, &w->at->dst, &w->at->src);
	const char *apart = offers_apart(w, own, offer_find(w->s, &w->at->src, &w->at->dst));
	if (apart && type == NOTIFY_NO_PROPOSAL_CHOSEN)
		evidence = arena_printf(w->a, "%s; the responder's own offer was seen before: %s",
					evidence ? evidence : "", apart);
	else if (own && type == NOTIFY_NO_PROPOSAL_CHOSEN)
		own->refused = w->sa->serial;
	session_say(w, "refused: %s", name ? name : "an unknown error");
	/* not the end for certain: nothing of the handshake is dropped */
	w->sa->outcome = IKE_FAILED;
	w->sa->reason = (struct ike_reason){ type, 2, w->turn->from, w->at->frame,
					     ike_sa_text(w->sa, evidence) };
}

/* The responder's choice; keys, if a secret is there. */
static void answered(struct ike_work *w, const struct node *request, const struct node *sa_node)
{
	struct ike_sa *sa = w->sa;
	struct key_exchange x;
	if (!ike_choice_read(sa_node, &sa->choice))
		return;
	keep_init(w, KEPT_NONCE_R, KEPT_INIT_R);
	if (sa->choice.addke)
		sa->missing = "the additional key exchanges of RFC 9370, which are not derived here";
	else if (key_exchange_read(request, w->m->payloads, &x))
		keys_init(w, &x);
}

void init_response(struct ike_work *w, const struct node *request)
{
	struct ike_sa *sa = w->sa;
	const struct node *chain = w->m->payloads, *error = notify_error(chain);
	const struct node *sa_node = payload_find(chain, PAYLOAD_SA);
	bool again = sa->outcome == IKE_FAILED && sa_node;
	if ((sa->outcome != IKE_INCOMPLETE && !again) || sa->choice.has)
		return;
	if (again) {	/* the refusal before was not protected: anybody's */
		sa->outcome = IKE_INCOMPLETE;
		sa->reason = (struct ike_reason){ 0 };
		session_say(w, "an answer after all: the refusal before may be forged");
	}
	sa->end[w->turn->from].can |= session_announced(chain);
	sa->childless = notify_find(chain, 16418) != NULL;
	session_rules_init_response(w, request);
	if (sa_node) {
		answered(w, request, sa_node);
	} else if (error && node_uint(error, NOTIFY_TYPE, 0) == NOTIFY_INVALID_KE_PAYLOAD) {
		invalid_ke(w, error, request);
	} else if (error) {
		refused(w, error, request);
	} else if (notify_find(chain, NOTIFY_COOKIE)) {
		sa->cookie_frame = w->at->frame;
		session_say(w, "asks for a cookie first");
	}
	/* The next request begins again, without an SPI of the responder. */
	if (!sa_node)
		memset(sa->spi_r, 0, 8);
}
