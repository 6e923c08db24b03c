/* SPDX-License-Identifier: BSD-2-Clause
 * What the answer to a request for a CHILD SA (or for a new IKE SA) has to look
 * like: RFC 7296, 1.2, 1.3, 2.7, 2.9, 2.22, 2.23.1. Findings only. */
#include "ipsec/ike/session_rules.h"

enum { IPCOMP_TRANSFORM = 1, CFG_TYPE = PAYLOAD_BODY, CFG_REPLY = 2 };
enum { RESERVED_SPIS = 256, IPCOMPS_MAX = 16 };

/* ---- SPIs ---- */

/* RFC 4303, 2.1: 0 never, 1 to 255 are reserved. */
static void check_spis(struct ike_work *w, const struct node *sa, enum ike_side from)
{
	const struct node *p = node_kid(sa, SA_PROPOSALS);
	for (unsigned seen = 0; p && seen < RESERVED_SPIS; p = p->next, seen++) {
		struct span spi = node_bytes(p, PROPOSAL_SPI);
		struct reader r = reader_of(spi);
		uint64_t v = spi.n == 4 ? read_u32(&r) : spi.n == 8 ? read_u64(&r) : RESERVED_SPIS;
		if (spi.n == 8 && !v)
			RULE(w, VIOLATION, "RFC7296-1.3.2-03", p, "the %s's new IKE SPI is zero",
			     rules_side(from));
		else if (spi.n == 4 && v < RESERVED_SPIS)
			RULE(w, VIOLATION, v ? "RFC4303-2.1-03" : "RFC4303-2.1-02", p,
			     "the %s's SPI is 0x%08x: 0 to 255 are reserved", rules_side(from),
			     (unsigned)v);
	}
}

/* ---- key exchange ---- */

/* A group that is offered must be chosen, and what is chosen must be there. In
 * IKE_AUTH there is none. */
static void check_group(struct ike_work *w, const struct node *offer, const struct node *asked,
			const struct node *answer, const struct node *ke)
{
	struct ike_choice c;
	ike_choice_read(answer, &c);
	bool chosen = c.has & CHOICE_KE && c.ke;
	if (ke && c.has & CHOICE_KE && !c.ke)
		RULE(w, VIOLATION, "RFC7296-3.3.6-08", ke, "KE, although NONE was chosen");
	else
		rules_ke(w, answer, ke);
	if (chosen && !ke)
		RULE(w, VIOLATION, NULL, answer, "%s is chosen, but there is no KE",
		     rules_group(c.ke, w->a));
	if (asked && chosen && node_uint(asked, KE_GROUP, 0) != c.ke)
		RULE(w, VIOLATION, "RFC7296-1.3-05", answer, "%s is chosen, but the request's KE has %s",
		     rules_group(c.ke, w->a), rules_group((unsigned)node_uint(asked, KE_GROUP, 0), w->a));
	bool offered = asked && rules_offers(offer, TYPE_KE, (uint16_t)node_uint(asked, KE_GROUP, 0));
	if (offered && !(c.has & CHOICE_KE) && !rules_offers(offer, TYPE_KE, 0) &&
	    c.protocol != IKE_PROTOCOL_IKE)	/* of that rules_answer() speaks */
		RULE(w, VIOLATION, "RFC7296-2.7-04", answer,
		     "the answer chooses no key exchange method of those offered");
}

/* ---- traffic selectors ---- */

static bool is_natted(const struct ike_sa *sa)
{
	return sa->end[0].natted || sa->end[1].natted;
}

/* Do all of its ranges have one and the same address? */
static bool is_one_address(const struct node *ts)
{
	const struct node *first = ts ? node_kid(ts, TS_SELECTORS) : NULL;
	unsigned seen = 0;
	for (const struct node *n = first; n && seen < RESERVED_SPIS; n = n->next, seen++)
		if (n->present > TS_END &&
		    (!span_equal(node_bytes(n, TS_START), node_bytes(n, TS_END)) ||
		     (first->present > TS_END &&
		      !span_equal(node_bytes(n, TS_START), node_bytes(first, TS_START)))))
			return false;
	return true;
}

static void check_selectors(struct ike_work *w, const struct node *request,
			    const struct node *response, bool transport)
{
	static const struct { uint32_t type; const char *name; } both[] = {
		{ RULE_TSI, "TSi" }, { RULE_TSR, "TSr" },
	};
	for (size_t i = 0; i < 2; i++) {
		const struct node *asked = payload_find(request, both[i].type);
		const struct node *ts = payload_find(response, both[i].type);
		if (!ts)
			RULE(w, VIOLATION, NULL, response, "the CHILD SA is accepted without %s",
			     both[i].name);
		else if (transport && is_natted(w->sa) && !is_one_address(ts))
			RULE(w, VIOLATION, "RFC7296-2.23-14", ts, "%s is %s: transport mode over a NAT "
			     "needs one address", both[i].name, ike_ts_text(ts, w->a));
		/* behind a NAT they may be those of either side of it (2.23.1) */
		else if (asked && !(transport && is_natted(w->sa)) && !ike_ts_inside(asked, ts))
			RULE(w, VIOLATION, "RFC7296-2.9-06", ts, "%s is %s, which is not inside of what "
			     "was asked for: %s", both[i].name, ike_ts_text(ts, w->a),
			     ike_ts_text(asked, w->a));
	}
}

/* ---- notifications ---- */

static unsigned ipcomp_transform(const struct node *n)
{
	const struct node *data = node_kid(n, NOTIFY_DATA);
	return data ? (unsigned)node_uint(data, IPCOMP_TRANSFORM, 0) : 0;
}

static bool ipcomp_offered(const struct node *request, unsigned transform)
{
	for (const struct node *n = notify_find(request, N_IPCOMP_SUPPORTED); n;
	     n = notify_find(n->next, N_IPCOMP_SUPPORTED))
		if (ipcomp_transform(n) == transform)
			return true;
	return false;
}

static void check_ipcomp(struct ike_work *w, const struct node *request,
			 const struct node *response)
{
	unsigned count = 0;
	for (const struct node *n = notify_find(response, N_IPCOMP_SUPPORTED);
	     n && count < IPCOMPS_MAX; n = notify_find(n->next, N_IPCOMP_SUPPORTED)) {
		if (count++)
			RULE(w, VIOLATION, "RFC7296-2.22-02", n, "more than one IPCOMP_SUPPORTED");
		if (!ipcomp_offered(request, ipcomp_transform(n)))
			RULE(w, VIOLATION, "RFC7296-2.22-02", n,
			     "IPComp transform %u was not offered", ipcomp_transform(n));
	}
}

static void check_notifies(struct ike_work *w, const struct node *request,
			   const struct node *response)
{
	const struct node *transport = notify_find(response, N_USE_TRANSPORT_MODE);
	const struct node *cp = payload_find(response, RULE_CP);
	if (transport && !notify_find(request, N_USE_TRANSPORT_MODE))
		RULE(w, VIOLATION, NULL, transport, "USE_TRANSPORT_MODE, but nobody asked for it");
	if (cp && node_uint(cp, CFG_TYPE, 0) == CFG_REPLY && !payload_find(request, RULE_CP))
		RULE(w, VIOLATION, "RFC7296-2.19-06", cp, "CFG_REPLY, but nobody asked for it");
	check_ipcomp(w, request, response);
}

void session_rules_child(struct ike_work *w, const struct node *request,
			 const struct node *response)
{
	const struct node *offer = payload_find(request, PAYLOAD_SA);
	const struct node *answer = payload_find(response, PAYLOAD_SA);
	const struct node *p = answer ? node_kid(answer, SA_PROPOSALS) : NULL;
	enum ike_side from = w->turn->from;
	bool create = rules_exchange(w) == EXCHANGE_CHILD;
	if (offer)
		check_spis(w, offer, other_side(from));
	if (!p)
		return;		/* refused */
	check_spis(w, answer, from);
	if (offer)
		rules_answer(w, offer, answer);
	if (create) {
		check_group(w, offer, payload_find(request, PAYLOAD_KE), answer,
			    payload_find(response, PAYLOAD_KE));
		rules_nonce(w, payload_find(request, PAYLOAD_NONCE), w->sa->choice.prf, other_side(from));
		rules_nonce(w, payload_find(response, PAYLOAD_NONCE), w->sa->choice.prf, from);
	}
	if (node_uint(p, PROPOSAL_PROTOCOL, 0) == IKE_PROTOCOL_IKE)
		return;
	check_selectors(w, request, response, notify_find(response, N_USE_TRANSPORT_MODE));
	if (offer)
		check_notifies(w, request, response);
}
