/* SPDX-License-Identifier: BSD-2-Clause
 * CREATE_CHILD_SA and INFORMATIONAL (RFC 7296, 1.3, 1.4, 2.8): CHILD SAs made,
 * rekeyed and deleted, IKE SAs rekeyed; addresses that MOBIKE changes (RFC 4555). */
#include "ipsec/ike/session_state.h"

enum { PAYLOAD_DELETE = 42, PAYLOAD_TSI = 44, PAYLOAD_TSR = 45 };
enum { DELETE_LIST = 0 };
enum { NOTIFY_NO_PROPOSAL_CHOSEN = 14, NOTIFY_INVALID_KE_PAYLOAD = 17, NOTIFY_SINGLE_PAIR = 34,
       NOTIFY_TS_UNACCEPTABLE = 38, NOTIFY_AUTHENTICATION_FAILED = 24,
       NOTIFY_IPCOMP_SUPPORTED = 16387, NOTIFY_USE_TRANSPORT_MODE = 16391,
       NOTIFY_REKEY_SA = 16393, NOTIFY_UPDATE_SA_ADDRESSES = 16400 };

static uint32_t spi4(struct span s)
{
	struct reader r = reader_of(s);
	return s.n == 4 ? read_u32(&r) : 0;
}

static uint8_t ip_protocol(uint64_t protocol)
{
	return protocol == IKE_PROTOCOL_ESP ? PROTOCOL_ESP :
	       protocol == IKE_PROTOCOL_AH ? PROTOCOL_AH : 0;
}

/* The proposal that the answer chose, in the offer; NULL. */
static const struct node *proposal_chosen(const struct node *offer, const struct node *answer)
{
	const struct node *chosen = node_kid(answer, SA_PROPOSALS);
	const struct node *p = offer ? node_kid(offer, SA_PROPOSALS) : NULL;
	uint64_t number = chosen ? node_uint(chosen, PROPOSAL_NUMBER, 0) : 0;
	while (p && node_uint(p, PROPOSAL_NUMBER, 0) != number)
		p = p->next;
	return p;
}

/* ---- made ---- */

static struct ike_child *child_begin(struct ike_work *w)
{
	struct ike_child *c = session_child_new(w->s, w->sa);
	if (!c)
		return NULL;
	c->initiator = other_side(w->turn->from);
	c->addr_i = w->sa->end[c->initiator].addr;
	c->addr_r = w->sa->end[w->turn->from].addr;
	c->request_frame = w->turn->answers;
	c->response_frame = w->at->frame;
	c->seconds = w->at->seconds;
	c->nanoseconds = w->at->nanoseconds;
	w->turn->child = c;
	return c;
}

static const char *ts_text(struct ike_work *w, const struct node *chain, uint32_t type)
{
	const struct node *ts = payload_find(chain, type);
	return ts ? ike_sa_text(w->sa, ike_ts_text(ts, w->a)) : NULL;
}

/* The old SA that REKEY_SA names (RFC 7296, 1.3.3): its SPI is the one that the
 * exchange's initiator would receive with. */
static void child_rekeys(struct ike_work *w, struct ike_child *c, const struct node *request)
{
	const struct node *n = notify_find(request, NOTIFY_REKEY_SA);
	struct ike_child *old = n ? session_child_find(w->sa,
		ip_protocol(node_uint(n, NOTIFY_PROTOCOL, 0)), spi4(node_bytes(n, NOTIFY_SPI))) : NULL;
	if (!old || old == c)
		return;
	if (old->heir)
		session_say(w, "both sides rekeyed at once: one of the new SAs will be deleted");
	session_child_replaced(old, c);
}

static void child_keys(struct ike_work *w, struct ike_child *c, const struct node *request,
		       const struct node *response)
{
	struct key_exchange x = { 0 };
	const struct ike_sa_state *s = w->sa->state;
	if (payload_find(response, PAYLOAD_NONCE)) {
		if (!key_exchange_read(request, response, &x))
			return;
	} else {	/* IKE_AUTH: the nonces of IKE_SA_INIT, no key exchange (RFC 7296, 2.17) */
		x.nonce[0] = span_of(s->kept[KEPT_NONCE_I].p, s->kept[KEPT_NONCE_I].n);
		x.nonce[1] = span_of(s->kept[KEPT_NONCE_R].p, s->kept[KEPT_NONCE_R].n);
	}
	keys_child(w, c, &x);
}

static void child_accepted(struct ike_work *w, struct ike_child *c, const struct node *request,
			   const struct node *response)
{
	const struct node *answer = payload_find(response, PAYLOAD_SA);
	const struct node *chosen = node_kid(answer, SA_PROPOSALS);
	const struct node *offered = proposal_chosen(payload_find(request, PAYLOAD_SA), answer);
	const struct node *comp = notify_find(response, NOTIFY_IPCOMP_SUPPORTED);
	ike_choice_read(answer, &c->choice);
	c->protocol = ip_protocol(c->choice.protocol);
	c->spi_r = spi4(node_bytes(chosen, PROPOSAL_SPI));
	c->spi_i = offered ? spi4(node_bytes(offered, PROPOSAL_SPI)) : 0;
	c->mode = notify_find(response, NOTIFY_USE_TRANSPORT_MODE) ? SA_MODE_TRANSPORT :
		SA_MODE_TUNNEL;
	c->ipcomp = comp != NULL;
	c->ts_i = ts_text(w, response, PAYLOAD_TSI);
	c->ts_r = ts_text(w, response, PAYLOAD_TSR);
	c->outcome = IKE_ESTABLISHED;
	child_rekeys(w, c, request);
	if (c->protocol && (c->spi_i || c->spi_r))
		session_child_index(w->s, c);
	child_keys(w, c, request, response);
}

/* What was asked for, where the answer is only a refusal. */
static const char *child_evidence(struct ike_work *w, uint16_t type, const struct node *request)
{
	const struct node *offer = payload_find(request, PAYLOAD_SA);
	const struct node *i = payload_find(request, PAYLOAD_TSI);
	const struct node *r = payload_find(request, PAYLOAD_TSR);
	const struct node *ke = payload_find(request, PAYLOAD_KE);
	if ((type == NOTIFY_TS_UNACCEPTABLE || type == NOTIFY_SINGLE_PAIR) && i && r)
		return arena_printf(w->a, "the request asked for traffic between %s and %s",
				    ike_ts_text(i, w->a), ike_ts_text(r, w->a));
	if (type == NOTIFY_NO_PROPOSAL_CHOSEN && offer)
		return arena_printf(w->a, "the request offered %s", ike_offer_text(offer, w->a));
	if (type == NOTIFY_INVALID_KE_PAYLOAD && ke)
		return arena_printf(w->a, "the request's KE payload has %s",
				    names_word(&reg_ke, (uint32_t)node_uint(ke, KE_GROUP, 0)));
	return NULL;
}

static void child_refused(struct ike_work *w, struct ike_child *c, const struct node *request,
			  const struct node *error)
{
	uint16_t type = error ? (uint16_t)node_uint(error, NOTIFY_TYPE, 0) : 0;
	const struct node *offer = payload_find(request, PAYLOAD_SA);
	const struct node *p = offer ? node_kid(offer, SA_PROPOSALS) : NULL;
	const char *name = names_name(&reg_notify, type);
	const char *evidence = child_evidence(w, type, request);
	c->outcome = IKE_FAILED;
	c->protocol = p ? ip_protocol(node_uint(p, PROPOSAL_PROTOCOL, 0)) : 0;
	c->spi_i = p ? spi4(node_bytes(p, PROPOSAL_SPI)) : 0;
	c->mode = notify_find(request, NOTIFY_USE_TRANSPORT_MODE) ? SA_MODE_TRANSPORT :
		SA_MODE_TUNNEL;
	c->ts_i = ts_text(w, request, PAYLOAD_TSI);
	c->ts_r = ts_text(w, request, PAYLOAD_TSR);
	c->reason = (struct ike_reason){ type, 2, w->turn->from, w->at->frame,
					 ike_sa_text(w->sa, evidence) };
	if (!w->sa->reason.notify)
		w->sa->reason = c->reason;
	session_say(w, "the CHILD SA is refused: %s", name ? name : "without a reason");
}

void child_made(struct ike_work *w, const struct node *request, const struct node *response)
{
	const struct node *answer = payload_find(response, PAYLOAD_SA);
	struct ike_child *c = child_begin(w);
	if (!c)
		return;
	if (answer && node_kid(answer, SA_PROPOSALS))
		child_accepted(w, c, request, response);
	else
		child_refused(w, c, request, notify_error(response));
	session_rules_child(w, request, response);
}

/* ---- IKE SA rekeyed, RFC 7296, 1.3.2 ---- */

static bool is_ike_rekey(const struct node *chain)
{
	const struct node *sa = payload_find(chain, PAYLOAD_SA);
	const struct node *p = sa ? node_kid(sa, SA_PROPOSALS) : NULL;
	return p && node_uint(p, PROPOSAL_PROTOCOL, 0) == IKE_PROTOCOL_IKE;
}

/* The new SA's ends: whoever began the exchange is its initiator. */
static void ends_inherit(struct ike_work *w, struct ike_sa *next)
{
	enum ike_side from[] = { other_side(w->turn->from), w->turn->from };
	for (int i = 0; i < 2; i++) {
		const struct ike_end *old = &w->sa->end[from[i]];
		next->end[i] = (struct ike_end){ .addr = old->addr, .port = old->port,
			.id = ike_sa_text(next, old->id), .id_type = old->id_type,
			.natted = old->natted, .natted_frame = old->natted_frame, .can = old->can };
	}
}

static void ike_rekeyed(struct ike_work *w, const struct node *request,
			const struct node *response)
{
	const struct node *answer = payload_find(response, PAYLOAD_SA);
	const struct node *offered = proposal_chosen(payload_find(request, PAYLOAD_SA), answer);
	const struct node *chosen = node_kid(answer, SA_PROPOSALS);
	struct span i = offered ? node_bytes(offered, PROPOSAL_SPI) : (struct span){ 0 };
	struct span r = node_bytes(chosen, PROPOSAL_SPI);
	uint8_t spis[16];
	struct key_exchange x;
	if (i.n != 8 || r.n != 8)
		return;
	memcpy(spis, i.p, 8);
	memcpy(spis + 8, r.p, 8);
	struct ike_sa *next = session_sa_new(w->s, spis, 2);
	if (!next)
		return;
	session_list_move(w->s->tables, next, LIST_OPEN);
	ike_choice_read(answer, &next->choice);
	ends_inherit(w, next);
	next->first_frame = next->last_frame = next->established_frame = w->at->frame;
	next->first_seconds = next->last_seconds = w->at->seconds;
	next->first_nanoseconds = next->last_nanoseconds = w->at->nanoseconds;
	next->outcome = IKE_ESTABLISHED;
	if (w->sa->heir)
		session_say(w, "both sides rekeyed at once: one of the new IKE SAs will be deleted");
	session_sa_replaced(w->sa, next);
	next->state->swapped = w->turn->from == IKE_INITIATOR;
	w->sa->outcome = IKE_REKEYED;
	if (key_exchange_read(request, response, &x))
		keys_rekey(w, next, &x);
	session_say(w, "the IKE SA is rekeyed");
}

void child_request(struct ike_work *w)
{
	const struct node *chain = message_chain(w->m);
	if (is_ike_rekey(chain))
		session_say(w, "asks for a rekey of the IKE SA");
	else if (notify_find(chain, NOTIFY_REKEY_SA))
		session_say(w, "asks for a rekey of a CHILD SA");
}

void child_response(struct ike_work *w, const struct node *request)
{
	const struct node *chain = message_chain(w->m), *error = notify_error(chain);
	const struct node *sa = payload_find(chain, PAYLOAD_SA);
	if (w->sa->outcome == IKE_INCOMPLETE) {	/* the capture began later */
		w->sa->outcome = IKE_ESTABLISHED;
		w->sa->established_frame = w->at->frame;
	}
	if (sa && is_ike_rekey(chain)) {
		ike_rekeyed(w, request, chain);
		session_rules_child(w, request, chain);
	} else if (sa || (request && payload_find(request, PAYLOAD_TSI))) {
		child_made(w, request, chain);
	} else if (error) {
		const char *name = names_name(&reg_notify, (uint32_t)node_uint(error, NOTIFY_TYPE, 0));
		session_say(w, "refused: %s", name ? name : "an unknown error");
	}
}

/* ---- INFORMATIONAL ---- */

static void child_deleted(struct ike_work *w, uint8_t protocol, uint32_t spi)
{
	struct ike_child *c = session_child_find(w->sa, protocol, spi);
	if (!c || c->deleted_frame)
		return;
	c->deleted_by = side_in(c->sa, w->sa, w->turn->from);
	c->deleted_frame = w->at->frame;
	c->outcome = c->heir ? IKE_REKEYED : IKE_DELETED;
	w->turn->child = c;
	session_say(w, "deletes %s SPI 0x%08x%s", protocol == PROTOCOL_ESP ? "ESP" : "AH", spi,
		    c->heir ? " (rekeyed)" : "");
}

static void ike_deleted(struct ike_work *w)
{
	struct ike_sa *sa = w->sa;
	if (sa->deleted_frame || sa->outcome == IKE_FAILED)
		return;
	sa->deleted_by = w->turn->from;
	sa->deleted_frame = w->at->frame;
	sa->outcome = sa->heir ? IKE_REKEYED : IKE_DELETED;
	/* of two rekeys at once the one that stays is the heir */
	struct ike_sa *old = sa->replaces;
	if (old && old->heir == sa)
		for (struct ike_sa *h = old->state->heirs; h; h = h->state->sibling)
			if (h != sa && !h->deleted_frame)
				old->heir = h;
	session_say(w, "deletes the IKE SA%s", sa->heir ? " (rekeyed)" : "");
	session_sa_closed(w->s, sa);
}

enum { DELETED_MAX = 256 };	/* SPIs of one message */

static void take_delete(struct ike_work *w, const struct node *n, int *left)
{
	uint8_t protocol = ip_protocol(node_uint(n, DELETE_PROTOCOL, 0));
	const struct node *list = node_kid(n, DELETE_SPIS);
	if (node_uint(n, DELETE_PROTOCOL, 0) == IKE_PROTOCOL_IKE) {
		ike_deleted(w);
		return;
	}
	const struct node *spi = list ? node_kid(list, DELETE_LIST) : NULL;
	for (; protocol && spi && *left > 0; (*left)--, spi = spi->next)
		child_deleted(w, protocol, spi4(node_bytes(spi, 0)));
}

static void take_deletes(struct ike_work *w, const struct node *chain)
{
	int left = DELETED_MAX;
	for (const struct node *n = chain; (n = payload_find(n, PAYLOAD_DELETE)); n = n->next)
		take_delete(w, n, &left);
}

/* RFC 7296, 2.21.2: the initiator does not believe the responder. */
static void informational_error(struct ike_work *w, const struct node *error)
{
	struct ike_sa *sa = w->sa;
	uint16_t type = (uint16_t)node_uint(error, NOTIFY_TYPE, 0);
	const char *name = names_name(&reg_notify, type);
	session_say(w, "%s", name ? name : "an unknown error");
	if (type != NOTIFY_AUTHENTICATION_FAILED || sa->outcome == IKE_FAILED)
		return;
	enum ike_side blamed = other_side(w->turn->from);
	const struct ike_end *e = &sa->end[blamed];
	session_fail(w, type, arena_printf(w->a, "the %s, who says to be \"%s\", is not believed; "
		     "its AUTH: %s%s%s", blamed == IKE_INITIATOR ? "initiator" : "responder",
		     e->id ? e->id : "?", auth_verdict_name(e->auth), e->auth_why ? ", " : "",
		     e->auth_why ? e->auth_why : ""));
}

void informational_request(struct ike_work *w)
{
	const struct node *chain = message_chain(w->m), *error = notify_error(chain);
	if (error)
		informational_error(w, error);
	take_deletes(w, chain);
	if (notify_find(chain, NOTIFY_UPDATE_SA_ADDRESSES))
		session_say(w, "MOBIKE: its address is another now");
	else if (!chain)
		session_say(w, "are you there?");
}

void informational_response(struct ike_work *w, const struct node *request)
{
	(void)request;
	take_deletes(w, message_chain(w->m));
}

/* ---- addresses ---- */

/* Keys are bound to their destination: rows for the new one, too. */
static void child_moved(struct ike_session *s, struct ike_child *c, const struct addr *i,
			const struct addr *r)
{
	if (c->dead || c->deleted_frame || c->outcome != IKE_ESTABLISHED ||
	    (addr_equal(&c->addr_i, i) && addr_equal(&c->addr_r, r)))
		return;
	c->addr_i = *i;
	c->addr_r = *r;
	keys_child_moved(s, c);
}

void children_moved(struct ike_work *w)
{
	const struct addr *ends[] = { &w->sa->end[0].addr, &w->sa->end[1].addr };
	struct ike_sa *sa = w->sa;
	for (int depth = 0; sa && depth < 16; depth++, sa = sa->replaces)
		for (struct ike_child *c = sa->children; c; c = c->next) {
			enum ike_side first = side_in(sa, w->sa, c->initiator);
			child_moved(w->s, c, ends[first], ends[other_side(first)]);
		}
}
