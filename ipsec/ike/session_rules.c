/* SPDX-License-Identifier: BSD-2-Clause
 * Passive checks of IKEv2 messages that need to know the SA, the direction or the
 * exchange: who sets which flag, what has to be encrypted, which payloads an
 * exchange needs and where notifications may stand. IKE_SA_INIT has
 * session_rules_init.c, CHILD SAs session_rules_child.c; what a message shows by
 * itself is told where it is decoded. Findings only. */
#include "ipsec/ike/session_rules.h"

#include "ipsec/crypto/encr.h"
#include "ipsec/crypto/group.h"
#include "ipsec/crypto/sign.h"

enum { DELETES_MAX = 64, LISTED_MAX = 32 };

/* ---- shared ---- */

const char *rules_group(unsigned group, struct arena *a)
{
	const char *word = names_word(&reg_ke, group);
	return word ? word : arena_printf(a, "group %u", group);
}

bool rules_offers(const struct node *sa, uint8_t type, uint16_t id)
{
	for (const struct node *p = sa ? node_kid(sa, SA_PROPOSALS) : NULL; p; p = p->next)
		for (const struct node *t = node_kid(p, PROPOSAL_TRANSFORMS); t; t = t->next)
			if (node_uint(t, TRANSFORM_TYPE, 0) == type &&
			    node_uint(t, TRANSFORM_ID, 0) == id)
				return true;
	return false;
}

const struct node *rules_error(const struct node *chain)
{
	for (const struct node *n = chain; n; n = n->next)
		if (n->number == PAYLOAD_NOTIFY && rules_notify_type(n) < N_ERRORS_END)
			return n;
	return NULL;
}

static bool has_group(const struct node *sa)
{
	for (const struct node *p = sa ? node_kid(sa, SA_PROPOSALS) : NULL; p; p = p->next)
		for (const struct node *t = node_kid(p, PROPOSAL_TRANSFORMS); t; t = t->next)
			if (node_uint(t, TRANSFORM_TYPE, 0) == TYPE_KE && node_uint(t, TRANSFORM_ID, 0))
				return true;
	return false;
}

enum { PUBLIC_CHECKS_MAX = 4096 };	/* of a session: each costs up to an exponentiation */

/* RFC 6989, 2. Sizes are told by the payload's own check. What costs more than a
 * comparison or a point on the curve (orders in the groups of RFC 5114, small orders
 * on Montgomery curves) would be too much where somebody sends many. */
static void check_public(struct ike_work *w, const struct group *g, const struct node *ke)
{
	struct span value = node_bytes(ke, KE_DATA);
	char why[80];
	bool modp = g->kind == GROUP_KIND_MODP, ecp = g->kind == GROUP_KIND_ECP;
	if ((!modp && !ecp && g->kind != GROUP_KIND_MONTGOMERY) || value.n != g->public_size ||
	    (!modp && w->s->public_checks++ >= PUBLIC_CHECKS_MAX))
		return;
	if (group_public_bad(w->s->crypto, g, value, why))
		RULE(w, VIOLATION, modp ? "RFC7296-3.4-06" : "RFC6989-2.3-01", ke,
		     "a public value of %s that may not be used: %s", g->name, why);
}

void rules_ke(struct ike_work *w, const struct node *sa, const struct node *ke)
{
	unsigned number = ke ? (unsigned)node_uint(ke, KE_GROUP, 0) : 0;
	const struct group *g = group_find(number);
	if (!ke)
		return;
	if (sa && !has_group(sa))
		RULE(w, VIOLATION, "RFC7296-3.4-04", ke, "KE with %s, but no proposal has a group",
		     rules_group(number, w->a));
	else if (sa && !rules_offers(sa, TYPE_KE, (uint16_t)number))
		RULE(w, VIOLATION, "RFC7296-3.4-02", ke, "KE has %s, which the SA payload does not hold",
		     rules_group(number, w->a));
	if (g)
		check_public(w, g, ke);
}

void rules_nonce(struct ike_work *w, const struct node *nonce, unsigned prf, enum ike_side from)
{
	const struct prf *row = prf_find(prf);
	size_t n = nonce ? node_bytes(nonce, PAYLOAD_BODY).n : 0;
	if (nonce && row && n * 2 < row->key)
		RULE(w, VIOLATION, "RFC7296-2.10-03", nonce, "the %s's nonce has %zu octets, %s needs %u",
		     rules_side(from), n, row->name, row->key / 2);
}

void rules_answer(struct ike_work *w, const struct node *offer, const struct node *answer)
{
	const char *rule, *wrong = offer ? ike_answer_rule(offer, answer, w->a, &rule) : NULL;
	if (wrong)
		RULE(w, VIOLATION, rule, answer, "%s", wrong);
}

/* ---- flags and encryption ---- */

static void check_flags(struct ike_work *w)
{
	const struct node *h = w->m->header;
	unsigned flags = (unsigned)node_uint(h, IKE_FLAGS, 0);
	uint64_t exchange = rules_exchange(w);
	bool initial = exchange == EXCHANGE_INIT || exchange == EXCHANGE_AUTH ||
		       exchange == EXCHANGE_INTERMEDIATE;
	bool initiator = w->turn->from == IKE_INITIATOR;
	if (!(flags & IKE_FLAG_I) != !initiator)
		finding_add(w->fs, SEVERITY_VIOLATION, "RFC7296-3.1-11", h->v[IKE_FLAGS].offset,
			    "flags 0x%02x from the %s", flags, rules_side(w->turn->from));
	if (initial && !(flags & IKE_FLAG_R) != initiator)
		finding_add(w->fs, SEVERITY_VIOLATION, "RFC7296-3.1-08", h->v[IKE_FLAGS].offset,
			    "flags 0x%02x in %s from the %s", flags, ike_exchange_name(w->m),
			    rules_side(w->turn->from));
}

/* What one says to whom one has no keys with (RFC 7296, 1.5 and 2.21). */
static bool is_outside(const struct node *chain)
{
	for (const struct node *n = chain; n; n = n->next) {
		uint16_t type = rules_notify_type(n);
		if (type != N_INVALID_IKE_SPI && type != N_INVALID_MAJOR_VERSION &&
		    type != N_INVALID_SPI)
			return false;
	}
	return chain != NULL;
}

static void check_encrypted(struct ike_work *w)
{
	const struct ike_message *m = w->m;
	uint64_t exchange = rules_exchange(w);
	bool needs = exchange >= EXCHANGE_AUTH && exchange <= EXCHANGE_INFORMATIONAL;
	if (exchange == EXCHANGE_INIT && m->sk)
		RULE(w, VIOLATION, NULL, m->sk, "%s in IKE_SA_INIT, which has no keys yet",
		     m->sk->desc->name);
	if (m->sk || is_outside(m->payloads))
		return;
	if (needs || exchange == EXCHANGE_INTERMEDIATE)
		RULE(w, VIOLATION, needs ? "RFC7296-1.2-09" : "RFC9242-3.2-04", m->header,
		     "%s is not encrypted", ike_exchange_name(m));
}

static void check_fragmented(struct ike_work *w)
{
	const struct ike_sa *sa = w->sa;
	if (w->m->fragment && sa->choice.has && !sa->replaces &&
	    !(sa->end[0].can & sa->end[1].can & IKE_CAN_FRAGMENT))
		RULE(w, VIOLATION, "RFC7383-2.4-01", w->m->sk, "fragments, but the %s did not announce "
		     "IKEV2_FRAGMENTATION_SUPPORTED",
		     rules_side(sa->end[0].can & IKE_CAN_FRAGMENT ? IKE_RESPONDER : IKE_INITIATOR));
}

static void check_critical(struct ike_work *w, const struct node *chain)
{
	for (const struct node *n = chain; n; n = n->next) {
		if (!node_uint(n, PAYLOAD_CRITICAL, 0) || (n->number >= PAYLOAD_SA && n->number <= 48))
			continue;	/* the latter is told where it is decoded */
		if (!w->turn->request)
			RULE(w, VIOLATION, "RFC7296-2.5-11", n, "the critical bit is set in a response");
		else if (!ike_payload_name(n->number, 2))
			RULE(w, NOTE, NULL, n, "payload type %u is not known and critical: whoever does "
			     "not know it either has to refuse", n->number);
	}
}

/* ---- notifications in their places ---- */

static bool is_first_auth(const struct ike_work *w)
{
	uint32_t id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0);
	return rules_exchange(w) == EXCHANGE_AUTH && (!w->sa->auth_id || id == w->sa->auth_id);
}

static void check_notify(struct ike_work *w, const struct node *n, const struct node *chain)
{
	switch (rules_notify_type(n)) {
	case N_INITIAL_CONTACT:
		if (!is_first_auth(w))
			RULE(w, VIOLATION, "RFC7296-2.4-03", n,
			     "INITIAL_CONTACT outside of the first IKE_AUTH exchange");
		return;
	case N_IPCOMP_SUPPORTED:
		if (!payload_find(chain, PAYLOAD_SA))
			RULE(w, VIOLATION, "RFC7296-2.22-03", n, "IPCOMP_SUPPORTED without an SA payload");
		return;
	case N_MOBIKE_SUPPORTED:
		if (rules_exchange(w) != EXCHANGE_AUTH || !payload_find(chain, PAYLOAD_SA))
			RULE(w, VIOLATION, "RFC4555-3.2-01", n,
			     "MOBIKE_SUPPORTED in a message that is not IKE_AUTH with SA");
		return;
	case N_UPDATE_SA_ADDRESSES:
		if (w->turn->from == IKE_RESPONDER)
			RULE(w, VIOLATION, "RFC4555-3.5-01", n,
			     "UPDATE_SA_ADDRESSES from the responder of the IKE SA");
		return;
	case N_INVALID_MESSAGE_ID:
		if (!w->turn->request)
			RULE(w, VIOLATION, "RFC7296-2.3-07", n, "INVALID_MESSAGE_ID in a response");
		return;
	default:
		return;
	}
}

/* ---- IKE_AUTH ---- */

/* SA, TSi and TSr go together; without them the IKE SA has no child (RFC 6023). */
static void check_first_request(struct ike_work *w, const struct node *chain)
{
	bool sa = payload_find(chain, PAYLOAD_SA), tsi = payload_find(chain, RULE_TSI);
	bool tsr = payload_find(chain, RULE_TSR);
	if (!payload_find(chain, RULE_IDI))
		RULE(w, VIOLATION, NULL, chain, "the first IKE_AUTH request has no IDi");
	if (sa != tsi || sa != tsr)
		RULE(w, VIOLATION, NULL, chain, "SA, TSi and TSr have to come together: there %s%s%s",
		     sa ? "is SA" : "is no SA", tsi ? ", TSi" : ", no TSi", tsr ? ", TSr" : ", no TSr");
	else if (!sa && w->sa->choice.has && !w->sa->childless)
		RULE(w, VIOLATION, "RFC6023-3-03", chain, "IKE_AUTH without a CHILD SA, but the "
		     "responder did not announce CHILDLESS_IKEV2_SUPPORTED");
	if (w->sa->end[0].natted || w->sa->end[1].natted)
		if (w->at->sport == 500 && w->at->dport == 500 && !w->at->tcp)
			RULE(w, VIOLATION, "RFC7296-2.23-02", w->m->header,
			     "a NAT was detected, but IKE_AUTH goes from port 500 to 500");
}

static void check_first_response(struct ike_work *w, const struct node *chain)
{
	const struct node *error = rules_error(chain);
	uint16_t type = error ? rules_notify_type(error) : 0;
	bool child = type == N_NO_PROPOSAL_CHOSEN || type == N_TS_UNACCEPTABLE ||
		     type == N_SINGLE_PAIR_REQUIRED || type == N_INTERNAL_ADDRESS_FAILURE ||
		     type == N_FAILED_CP_REQUIRED;
	bool whole = payload_find(chain, RULE_IDR) &&
		     (payload_find(chain, RULE_AUTH) || payload_find(chain, RULE_EAP));
	if (child && !whole)
		RULE(w, VIOLATION, "RFC7296-2.21.2-05", error, "%s refuses the CHILD SA only, but IDr "
		     "and AUTH are not there", names_word(&reg_notify, type));
	else if (!error && !whole)
		RULE(w, VIOLATION, NULL, chain,
		     "the first IKE_AUTH response has neither an error nor IDr with AUTH or EAP");
}

/* RFC 8247, 3.2: signatures that are not made any more. */
static void check_digital(struct ike_work *w, const struct node *auth)
{
	const struct node *data = node_kid(auth, ID_DATA);
	struct sign_algorithm s;
	if (!data || !sign_algorithm_read(node_bytes(data, 1), &s) || !s.digest ||
	    strcmp(s.digest, "SHA1") != 0)
		return;
	const char *rule = s.row->kind == SIGN_KIND_RSA ? "RFC8247-3.2-08" :
			   s.row->kind == SIGN_KIND_ECDSA ? "RFC8247-3.2-10" : "RFC8247-3.2-01";
	RULE(w, VIOLATION, rule, auth, "a signature with SHA-1: %s", sign_algorithm_text(&s, w->a));
}

/* RFC 7427, 3: method 14 if, and only if, both sides named their hashes. */
static void check_auth(struct ike_work *w, const struct node *auth)
{
	uint64_t method = node_uint(auth, ID_TYPE, 0);
	bool both = w->sa->end[0].can & w->sa->end[1].can & IKE_CAN_HASHES;
	bool older = method == 1 || (method >= 9 && method <= 11);
	if (method == SIGN_METHOD_DIGITAL)
		check_digital(w, auth);
	if (!w->sa->choice.has)
		return;		/* the capture does not show what was announced */
	if (method == SIGN_METHOD_DIGITAL && !both)
		RULE(w, VIOLATION, "RFC7427-3-02", auth,
		     "a digital signature, but not both sides sent SIGNATURE_HASH_ALGORITHMS");
	else if (older && both)
		RULE(w, VIOLATION, "RFC7427-3-01", auth, "authentication method %u, but both sides sent "
		     "SIGNATURE_HASH_ALGORITHMS", (unsigned)method);
}

static void check_ike_auth(struct ike_work *w, const struct node *chain)
{
	const struct node *auth = payload_find(chain, RULE_AUTH), *cp = payload_find(chain, RULE_CP);
	const struct node *sa = payload_find(chain, PAYLOAD_SA);
	if (auth)
		check_auth(w, auth);
	if (cp && sa && !payload_find(cp, PAYLOAD_SA))
		RULE(w, VIOLATION, "RFC7296-2.19-02", cp, "CP stands behind SA");
	if (rules_offers(sa, TYPE_KE, 0))
		RULE(w, DEVIATION, "RFC7296-1.2-07", sa, "KE method NONE in a proposal of IKE_AUTH");
	if (has_group(sa))
		RULE(w, VIOLATION, "RFC7296-1.2-08", sa, "a KE method in a proposal of IKE_AUTH");
	if (!is_first_auth(w))
		return;
	if (w->turn->request)
		check_first_request(w, chain);
	else
		check_first_response(w, chain);
}

/* ---- CREATE_CHILD_SA requests ---- */

static void check_rekeyed_spi(struct ike_work *w, const struct node *n)
{
	uint64_t number = node_uint(n, NOTIFY_PROTOCOL, 0);
	struct span spi = node_bytes(n, NOTIFY_SPI);
	if ((number != IKE_PROTOCOL_AH && number != IKE_PROTOCOL_ESP) || spi.n != 4) {
		RULE(w, VIOLATION, "RFC7296-1.3.3-01", n, "REKEY_SA with protocol %u and an SPI of %zu "
		     "octets, needs ESP or AH and 4", (unsigned)number, spi.n);
		return;
	}
	struct reader r = reader_of(spi);
	uint32_t v = read_u32(&r);
	uint8_t protocol = number == IKE_PROTOCOL_AH ? PROTOCOL_AH : PROTOCOL_ESP;
	const struct ike_child *c = session_child_find(w->sa, protocol, v);
	if (!c)
		return;		/* it may be older than the capture */
	enum ike_side sender = side_in(c->sa, w->sa, w->turn->from);
	bool receives = v == (c->initiator == sender ? c->spi_i : c->spi_r);
	if (!receives && c->spi_i != c->spi_r)
		RULE(w, VIOLATION, "RFC7296-1.3.3-02", n,
		     "REKEY_SA names 0x%08x, which its sender does not receive with", v);
}

static void check_rekey_request(struct ike_work *w, const struct node *chain)
{
	const struct node *sa = payload_find(chain, PAYLOAD_SA);
	const struct node *ts = payload_find(chain, RULE_TSI);
	if (!payload_find(chain, PAYLOAD_KE))
		RULE(w, VIOLATION, "RFC7296-1.3.2-01", chain, "a rekey of the IKE SA without KE");
	if (ts || payload_find(chain, RULE_TSR))
		RULE(w, VIOLATION, "RFC7296-2.18-07", ts ? ts : chain,
		     "a rekey of the IKE SA with traffic selectors");
	if (rules_offers(sa, TYPE_KE, 0))
		RULE(w, VIOLATION, "RFC7296-2.18-03", sa, "a rekey of the IKE SA offers no KE method");
}

static void check_create(struct ike_work *w, const struct node *chain)
{
	const struct node *sa = payload_find(chain, PAYLOAD_SA);
	const struct node *first = sa ? node_kid(sa, SA_PROPOSALS) : NULL;
	const struct node *rekey = notify_find(chain, N_REKEY_SA);
	bool ike = first && node_uint(first, PROPOSAL_PROTOCOL, 0) == IKE_PROTOCOL_IKE;
	bool ts = payload_find(chain, RULE_TSI) && payload_find(chain, RULE_TSR);
	rules_ke(w, sa, payload_find(chain, PAYLOAD_KE));
	if (!sa || !payload_find(chain, PAYLOAD_NONCE) || (!ike && !ts))
		RULE(w, VIOLATION, ike ? NULL : "RFC7296-1.3.1-06", chain, "CREATE_CHILD_SA without %s",
		     !sa ? "SA" : !payload_find(chain, PAYLOAD_NONCE) ? "NONCE" : "TSi and TSr");
	if (ike)
		check_rekey_request(w, chain);
	if (rekey)
		check_rekeyed_spi(w, rekey);
}

/* ---- INFORMATIONAL ---- */

/* SPIs of CHILD SAs that a message deletes, for those of one pair. */
struct deleted {
	uint32_t spis[LISTED_MAX];
	unsigned count, read;
};

static bool was_listed(const struct deleted *d, uint32_t spi)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->spis[i] == spi)
			return true;
	return false;
}

static void check_deleted_spi(struct ike_work *w, const struct node *n, uint8_t protocol,
			      uint32_t spi, struct deleted *d)
{
	const struct ike_child *c = session_child_find(w->sa, protocol, spi);
	if (!c || c->spi_i == c->spi_r)
		return;
	enum ike_side sender = side_in(c->sa, w->sa, w->turn->from);
	uint32_t receives = c->initiator == sender ? c->spi_i : c->spi_r;
	uint32_t other = spi == c->spi_i ? c->spi_r : c->spi_i;
	if (was_listed(d, other))
		RULE(w, VIOLATION, "RFC7296-1.4.1-06", n, "both halves of a pair are deleted: 0x%08x and "
		     "0x%08x", other, spi);
	else if (spi != receives)
		RULE(w, VIOLATION, "RFC7296-1.4.1-06", n,
		     "the %s deletes 0x%08x, which the other side receives with",
		     rules_side(w->turn->from), spi);
	if (d->count < LISTED_MAX)
		d->spis[d->count++] = spi;
}

static void check_delete(struct ike_work *w, const struct node *n, struct deleted *d)
{
	uint64_t number = node_uint(n, DELETE_PROTOCOL, 0);
	uint8_t protocol = number == IKE_PROTOCOL_AH ? PROTOCOL_AH : PROTOCOL_ESP;
	const struct node *list = node_kid(n, DELETE_SPIS);
	if (number != IKE_PROTOCOL_AH && number != IKE_PROTOCOL_ESP)
		return;
	for (const struct node *x = list ? node_kid(list, 0) : NULL; x && d->read < DELETES_MAX;
	     x = x->next, d->read++) {
		struct reader r = reader_of(node_bytes(x, 0));
		if (reader_left(&r) == 4)
			check_deleted_spi(w, n, protocol, read_u32(&r), d);
	}
}

static void check_informational(struct ike_work *w, const struct node *chain)
{
	struct deleted d = { 0 };
	for (const struct node *n = chain; n; n = n->next) {
		if (n->number == RULE_DELETE)
			check_delete(w, n, &d);
		else if (n->number != PAYLOAD_NOTIFY && n->number != RULE_VENDOR &&
			 n->number != RULE_CP && ike_payload_name(n->number, 2))
			RULE(w, DEVIATION, "RFC7296-1.4-07", n, "%s in an INFORMATIONAL message",
			     n->desc->name);
	}
}

/* ---- all ---- */

void session_rules_message(struct ike_work *w)
{
	const struct node *chain = message_chain(w->m);
	uint64_t exchange = rules_exchange(w);
	check_flags(w);
	check_encrypted(w);
	check_fragmented(w);
	check_critical(w, w->m->payloads);
	if (w->m->inner)
		check_critical(w, w->m->inner);
	if (w->m->sk && !w->m->inner)
		return;		/* empty, and nothing more to say */
	for (const struct node *n = chain; n; n = n->next)
		if (n->number == PAYLOAD_NOTIFY)
			check_notify(w, n, chain);
	if (exchange == EXCHANGE_AUTH)
		check_ike_auth(w, chain);
	else if (exchange == EXCHANGE_CHILD && w->turn->request)
		check_create(w, chain);
	else if (exchange == EXCHANGE_INFORMATIONAL)
		check_informational(w, chain);
}
