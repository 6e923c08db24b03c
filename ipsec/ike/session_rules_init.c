/* SPDX-License-Identifier: BSD-2-Clause
 * What IKE_SA_INIT has to look like (RFC 7296, 1.2, 2.6, 2.7, 2.10, 2.23, 3.1,
 * 3.4), as far as a bystander can see it. Findings only, but for the NATs that the
 * hashes of NAT detection reveal. */
#include "ipsec/ike/session_rules.h"

#include "ipsec/base/text.h"
#include "ipsec/crypto/group.h"

enum { HASHES_MAX = 8, CHAIN_MAX = 64 * 1024, TRANSFORMS_SUMMED = 4096 };

/* ---- retries ---- */

static struct rules_asked *asked_place(struct ike_sa *sa)
{
	if (!sa->state->asked)
		sa->state->asked = ike_sa_alloc(sa, sizeof *sa->state->asked);
	return sa->state->asked;
}

static struct span cookie_of(const struct node *n)
{
	const struct node *data = n ? node_kid(n, NOTIFY_DATA) : NULL;
	return data ? node_bytes(data, 0) : n ? node_bytes(n, NOTIFY_DATA) : span_of(NULL, 0);
}

static const struct node *but_cookie(const struct node *n)
{
	while (n && rules_notify_type(n) == N_COOKIE)
		n = n->next;
	return n;
}

static void hash_rest(struct ike_work *w, const struct node *chain, uint8_t out[32])
{
	struct arena_mark mark = arena_mark(w->a);
	uint8_t *p = arena_raw(w->a, CHAIN_MAX), hash[64];
	struct writer wr = writer_of(p, CHAIN_MAX);
	struct err e = { 0 };
	size_t n;
	for (const struct node *x = but_cookie(chain); x; x = but_cookie(x->next)) {
		const struct node *next = but_cookie(x->next);
		node_encode(x, next ? next->number : 0, false, &wr);
	}
	struct span all = writer_span(&wr);
	memset(out, 0, 32);
	if (!wr.bad && crypto_digest(w->s->crypto, "SHA2-256", &all, 1, hash, &n, &e))
		memcpy(out, hash, 32);
	arena_rewind(w->a, mark);
}

static uint64_t mix(uint64_t v)
{
	v = (v ^ v >> 31) * 0x9e3779b97f4a7c15u;
	return v ^ v >> 29;
}

/* The same for the same transforms, in whatever order they stand. */
static uint64_t offers_sum(const struct node *sa)
{
	uint64_t sum = 0;
	unsigned seen = 0;
	for (const struct node *p = sa ? node_kid(sa, SA_PROPOSALS) : NULL; p; p = p->next)
		for (const struct node *t = node_kid(p, PROPOSAL_TRANSFORMS);
		     t && seen < TRANSFORMS_SUMMED; t = t->next, seen++) {
			const struct node *a = node_kid(t, TRANSFORM_ATTRIBUTES);
			sum += mix(node_uint(p, PROPOSAL_NUMBER, 0) << 48 |
				   node_uint(t, TRANSFORM_TYPE, 0) << 40 |
				   node_uint(t, TRANSFORM_ID, 0) << 16 |
				   (a ? node_uint(a, SA_ATTRIBUTE_VALUE, 0) : 0));
		}
	return sum;
}

static void remember(struct ike_work *w, const struct node *request, const struct node *notify)
{
	uint16_t type = notify ? rules_notify_type(notify) : 0;
	struct rules_asked *asked;
	if (!type || !request) {
		if (w->sa->state->asked)
			w->sa->state->asked->notify = 0;
		return;
	}
	asked = asked_place(w->sa);
	struct span cookie = span_part(cookie_of(notify), 0, sizeof asked->cookie);
	*asked = (struct rules_asked){ .notify = type, .cookie_size = (uint16_t)cookie.n };
	if (type == N_COOKIE && cookie.n)
		memcpy(asked->cookie, cookie.p, cookie.n);
	hash_rest(w, request, asked->rest);
	asked->offers = offers_sum(payload_find(request, PAYLOAD_SA));
}

static void cookie_echoed(struct ike_work *w, const struct rules_asked *asked)
{
	const struct node *chain = w->m->payloads, *cookie = notify_find(chain, N_COOKIE);
	uint8_t rest[32];
	if (!cookie) {
		RULE(w, VIOLATION, "RFC7296-2.6-05", chain,
		     "the responder asked for its cookie, but this request has none");
		return;
	}
	if (cookie != chain)
		RULE(w, VIOLATION, "RFC7296-2.6-05", cookie, "COOKIE is not the first payload");
	if (!span_equal(cookie_of(cookie), span_of(asked->cookie, asked->cookie_size)))
		RULE(w, VIOLATION, "RFC7296-2.6-05", cookie,
		     "the cookie is not the one that the responder sent last");
	hash_rest(w, chain, rest);
	if (memcmp(rest, asked->rest, sizeof rest) != 0)
		RULE(w, VIOLATION, "RFC7296-2.6-05", chain,
		     "the request with the cookie differs from the one before in other payloads");
}

static void group_corrected(struct ike_work *w, const struct rules_asked *asked)
{
	const struct node *sa = payload_find(w->m->payloads, PAYLOAD_SA);
	const struct node *ke = payload_find(w->m->payloads, PAYLOAD_KE);
	unsigned group = ke ? (unsigned)node_uint(ke, KE_GROUP, 0) : 0;
	if (ke && w->sa->ke_wanted && group != w->sa->ke_wanted)
		RULE(w, VIOLATION, "RFC7296-1.2-05", ke,
		     "the responder asked for %s, this KE has %s",
		     rules_group(w->sa->ke_wanted, w->a), rules_group(group, w->a));
	if (sa && offers_sum(sa) != asked->offers)
		RULE(w, VIOLATION, "RFC7296-1.2-06", sa,
		     "the request that follows INVALID_KE_PAYLOAD offers other algorithms than before");
}

/* ---- NAT detection, RFC 7296, 2.23 ---- */

static const char *place_text(const struct addr *addr, uint16_t port, struct arena *a)
{
	struct text t = { 0 };
	if (addr->family == 4)
		text_ipv4(&t, addr->b);
	else
		text_ipv6(&t, addr->b);
	text_printf(&t, " port %u", port);
	const char *s = arena_text(a, span_of(t.p, t.n));
	text_done(&t);
	return s;
}

/* Does one of the notifications hold the hash of this address? *seen: is there any? */
static bool hash_found(struct ike_work *w, uint16_t type, const struct addr *addr, uint16_t port,
		       const struct node **seen)
{
	uint8_t hash[IKE_HASH_MAX];
	unsigned count = 0;
	size_t n;
	*seen = NULL;
	if (!ike_natd_hash(w->s->crypto, "SHA1", w->m->octets.p, addr, port, hash, &n))
		return true;
	for (const struct node *x = w->m->payloads; x && count < HASHES_MAX; x = x->next) {
		if (rules_notify_type(x) != type)
			continue;
		*seen = x;
		count++;
		if (span_equal(cookie_of(x), span_of(hash, n)))
			return true;
	}
	return !*seen;
}

static void nat_found(struct ike_work *w, enum ike_side side, const struct node *n,
		      const char *place)
{
	struct ike_end *end = &w->sa->end[side];
	if (end->natted)
		return;
	end->natted = true;
	end->natted_frame = w->at->frame;
	RULE(w, NOTE, NULL, n, "%s is not the hash of %s: a NAT changed the %s's address or port, "
	     "or UDP encapsulation is forced", rules_notify_type(n) == N_NAT_SOURCE ?
	     "NAT_DETECTION_SOURCE_IP" : "NAT_DETECTION_DESTINATION_IP", place, rules_side(side));
}

static void nat_detection(struct ike_work *w)
{
	const struct ike_place *at = w->at;
	const struct node *chain = w->m->payloads, *source, *destination;
	enum ike_side from = w->turn->from;
	bool same_source = hash_found(w, N_NAT_SOURCE, &at->src, at->sport, &source);
	bool same_destination = hash_found(w, N_NAT_DESTINATION, &at->dst, at->dport, &destination);
	if (!source != !destination)
		RULE(w, VIOLATION, "RFC7296-2.23-07", chain, "%s without %s",
		     source ? "NAT_DETECTION_SOURCE_IP" : "NAT_DETECTION_DESTINATION_IP",
		     source ? "NAT_DETECTION_DESTINATION_IP" : "NAT_DETECTION_SOURCE_IP");
	if (!at->src.family || !at->dst.family)
		return;
	if (!same_source)
		nat_found(w, from, source, place_text(&at->src, at->sport, w->a));
	if (!same_destination)
		nat_found(w, other_side(from), destination, place_text(&at->dst, at->dport, w->a));
}

/* ---- the request ---- */

/* RFC 8247, 2: not to be offered for IKE SAs any more. */
static const struct { uint8_t type; uint16_t id; const char *name, *rule; } forbidden[] = {
	{ TYPE_ENCR, 2, "ENCR_DES", "RFC8247-2.1-11" },
	{ TYPE_ENCR, 11, "ENCR_NULL", "RFC8247-2.1-12" },
	{ TYPE_PRF, 1, "PRF_HMAC_MD5", "RFC8247-2.2-05" },
	{ TYPE_INTEG, 1, "AUTH_HMAC_MD5_96", "RFC8247-2.3-05" },
	{ TYPE_INTEG, 3, "AUTH_DES_MAC", "RFC8247-2.3-06" },
	{ TYPE_INTEG, 4, "AUTH_KPDK_MD5", "RFC8247-2.3-07" },
	{ TYPE_KE, 1, "MODP_768", "RFC8247-2.4-05" },
	{ TYPE_KE, 22, "MODP_1024_160", "RFC8247-2.4-06" },
};

static void check_offer(struct ike_work *w, const struct node *sa)
{
	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
		if (rules_offers(sa, forbidden[i].type, forbidden[i].id))
			RULE(w, VIOLATION, forbidden[i].rule, sa,
			     "%s is offered for an IKE SA", forbidden[i].name);
	const struct node *p = node_kid(sa, SA_PROPOSALS);
	for (; p; p = p->next)
		if (node_bytes(p, PROPOSAL_SPI).n) {
			RULE(w, VIOLATION, "RFC7296-3.3.1-03", p, "a proposal of IKE_SA_INIT with an "
			     "SPI of %zu octets", node_bytes(p, PROPOSAL_SPI).n);
			return;
		}
}

static void check_complete(struct ike_work *w, const struct node *chain, const char *what)
{
	static const struct { uint32_t type; const char *name; } needed[] = {
		{ PAYLOAD_SA, "SA" }, { PAYLOAD_KE, "KE" }, { PAYLOAD_NONCE, "NONCE" },
	};
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!payload_find(chain, needed[i].type))
			RULE(w, VIOLATION, NULL, chain, "an IKE_SA_INIT %s without %s", what,
			     needed[i].name);
}

/* The group of the first proposal's first KE transform; 0: there is none. */
static unsigned first_group(const struct node *sa)
{
	const struct node *p = sa ? node_kid(sa, SA_PROPOSALS) : NULL;
	for (const struct node *t = p ? node_kid(p, PROPOSAL_TRANSFORMS) : NULL; t; t = t->next)
		if (node_uint(t, TRANSFORM_TYPE, 0) == TYPE_KE)
			return (unsigned)node_uint(t, TRANSFORM_ID, 0);
	return 0;
}

void session_rules_init_request(struct ike_work *w)
{
	const struct node *h = w->m->header, *chain = w->m->payloads;
	const struct node *sa = payload_find(chain, PAYLOAD_SA), *ke = payload_find(chain, PAYLOAD_KE);
	const struct rules_asked *asked = w->sa->state->asked;
	if (node_uint(h, IKE_SPI_R, 0))
		finding_add(w->fs, SEVERITY_VIOLATION, "RFC7296-3.1-03", h->v[IKE_SPI_R].offset,
			    "an IKE_SA_INIT request with a responder SPI that is not zero");
	if (node_uint(h, IKE_MESSAGE_ID, 0))
		finding_add(w->fs, SEVERITY_VIOLATION, "RFC7296-2.2-02", h->v[IKE_MESSAGE_ID].offset,
			    "an IKE_SA_INIT request with the message ID %u, needs 0",
			    (unsigned)node_uint(h, IKE_MESSAGE_ID, 0));
	check_complete(w, chain, "request");
	if (sa)
		check_offer(w, sa);
	rules_ke(w, sa, ke);
	unsigned first = first_group(sa), group = ke ? (unsigned)node_uint(ke, KE_GROUP, 0) : 0;
	if (ke && first && group != first && rules_offers(sa, TYPE_KE, (uint16_t)group) &&
	    !w->sa->ke_refused)
		RULE(w, DEVIATION, "RFC7296-3.4-03", ke, "KE has %s, but the first group of the first "
		     "proposal is %s", rules_group(group, w->a), rules_group(first, w->a));
	nat_detection(w);
	if (asked && asked->notify == N_COOKIE)
		cookie_echoed(w, asked);
	else if (asked && asked->notify == N_INVALID_KE_PAYLOAD)
		group_corrected(w, asked);
}

/* ---- the response ---- */

/* It answers, but wants another request first, or refuses. */
static void check_refusal(struct ike_work *w, const struct node *request)
{
	const struct node *h = w->m->header, *chain = w->m->payloads;
	const struct node *error = rules_error(chain), *cookie = notify_find(chain, N_COOKIE);
	uint16_t type = error ? rules_notify_type(error) : cookie ? N_COOKIE : 0;
	const struct node *sa = payload_find(request, PAYLOAD_SA);
	if (node_uint(h, IKE_SPI_R, 0) && (type == N_COOKIE || type == N_INVALID_KE_PAYLOAD ||
					   type == N_NO_PROPOSAL_CHOSEN))
		finding_add(w->fs, SEVERITY_NOTE, "RFC7296-2.6-10", h->v[IKE_SPI_R].offset,
			    "a response with only %s has a responder SPI that is not zero",
			    names_word(&reg_notify, type));
	const struct node *data = type == N_INVALID_KE_PAYLOAD ? node_kid(error, NOTIFY_DATA) : NULL;
	if (data && sa && !rules_offers(sa, TYPE_KE, (uint16_t)node_uint(data, 0, 0)))
		RULE(w, DEVIATION, NULL, error, "INVALID_KE_PAYLOAD asks for %s, which is not offered",
		     rules_group((unsigned)node_uint(data, 0, 0), w->a));
	remember(w, request, type == N_COOKIE || type == N_INVALID_KE_PAYLOAD ?
			     (type == N_COOKIE ? cookie : error) : NULL);
}

/* Extensions that are only answered if they were announced. */
static void check_unasked(struct ike_work *w, const struct node *request)
{
	static const struct { uint16_t answer, question; const char *rule; } rows[] = {
		{ N_FRAGMENTATION_SUPPORTED, N_FRAGMENTATION_SUPPORTED, "RFC7383-2.3-02" },
		{ N_INTERMEDIATE_SUPPORTED, N_INTERMEDIATE_SUPPORTED, "RFC9242-3.1-01" },
		{ N_REDIRECT, N_REDIRECT_SUPPORTED, "RFC5685-3-02" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct node *n = notify_find(w->m->payloads, rows[i].answer);
		if (n && request && !notify_find(request, rows[i].question))
			RULE(w, VIOLATION, rows[i].rule, n, "%s, but the request has no %s",
			     names_word(&reg_notify, rows[i].answer),
			     names_word(&reg_notify, rows[i].question));
	}
}

static void check_choice(struct ike_work *w, const struct node *request, const struct node *sa)
{
	const struct node *chain = w->m->payloads, *ke = payload_find(chain, PAYLOAD_KE);
	const struct node *asked = payload_find(request, PAYLOAD_KE);
	struct ike_choice c;
	if (!ike_choice_read(sa, &c))
		return;
	if (request)
		rules_answer(w, payload_find(request, PAYLOAD_SA), sa);
	rules_ke(w, sa, ke);
	if (asked && c.has & CHOICE_KE && node_uint(asked, KE_GROUP, 0) != c.ke)
		RULE(w, VIOLATION, "RFC7296-3.4-05", sa, "%s is chosen, but the request's KE has %s",
		     rules_group(c.ke, w->a),
		     rules_group((unsigned)node_uint(asked, KE_GROUP, 0), w->a));
	const struct encr *encr = encr_find(c.encr);
	bool aead = encr && encr_has_icv(encr);
	if (c.has & CHOICE_ENCR && (c.encr == 11 || (!aead && !c.integ)))
		RULE(w, VIOLATION, "RFC7296-5-02", sa, "an IKE SA with %s",
		     c.encr == 11 ? "ENCR_NULL" : "no integrity algorithm");
	if (c.has & CHOICE_PRF) {
		rules_nonce(w, payload_find(request, PAYLOAD_NONCE), c.prf, other_side(w->turn->from));
		rules_nonce(w, payload_find(chain, PAYLOAD_NONCE), c.prf, w->turn->from);
	}
}

void session_rules_init_response(struct ike_work *w, const struct node *request)
{
	const struct node *h = w->m->header, *chain = w->m->payloads;
	const struct node *sa = payload_find(chain, PAYLOAD_SA);
	check_unasked(w, request);
	if (!sa) {
		check_refusal(w, request);
		return;
	}
	remember(w, NULL, NULL);
	if (!node_uint(h, IKE_SPI_R, 0))
		finding_add(w->fs, SEVERITY_VIOLATION, "RFC7296-2.6-01", h->v[IKE_SPI_R].offset,
			    "the responder accepts with an SPI of zero");
	check_complete(w, chain, "response");
	check_choice(w, request, sa);
	nat_detection(w);
}
