/* SPDX-License-Identifier: BSD-2-Clause
 * Informational exchanges (RFC 2408, 4.8; RFC 2409, 5.7): errors, deletes, dead
 * peer detection (RFC 3706); Transaction exchanges: XAUTH and Mode Config
 * (draft-ietf-ipsec-isakmp-xauth and -mode-cfg). */
#include "ipsec/base/text.h"
#include "ipsec/ike/ikev1_state.h"

enum { NO_PROPOSAL_CHOSEN = 14, ERRORS_END = 8192,	/* 8192 and up: private use */
       STATUS_FIRST = 16384, INITIAL_CONTACT = 24578, R_U_THERE = 36136, R_U_THERE_ACK = 36137 };
enum { PROTO_ISAKMP = 1, PROTO_AH = 2, PROTO_ESP = 3 };
enum { SPIS_MAX = 256 };	/* read of one Delete payload */

static const char *side_name(enum ike_side s)
{
	return s == IKE_INITIATOR ? "initiator" : "responder";
}

/* ---- errors ---- */

/* What is known about a refused phase 1. */
static const char *phase1_evidence(struct ikev1_work *x, uint16_t type)
{
	const struct ikev1_state *v1 = x->v1;
	bool clear = !x->m->sealed;
	if (type == NO_PROPOSAL_CHOSEN && v1->phase == PHASE_BEGUN && v1->offer)
		return arena_printf(x->w->a, "The %s accepts none of: %s.",
				    side_name(x->w->turn->from), v1->offer);
	if (v1->phase == PHASE_AUTH && ikev1_is_psk(v1->method) && clear)
		return "It answers the first encrypted message: with different pre-shared keys that "
		       "one cannot be read.";
	if (v1->phase == PHASE_AUTH && v1->key[0] && v1->key[1] && v1->key[0] != v1->key[1])
		return arena_printf(x->w->a, "The two ends have different pre-shared keys: the "
			"initiator's messages open with %s, the responder's with %s.",
			origin_text(&v1->key[0]->origin, x->w->a),
			origin_text(&v1->key[1]->origin, x->w->a));
	return clear ? "Nothing proves who sent this notification: it came in clear." : NULL;
}

static void phase1_failed(struct ikev1_work *x, uint16_t type)
{
	struct ike_sa *sa = x->w->sa;
	/* clear notifications are easily forged: an established SA does not end by one */
	if (sa->outcome != IKE_INCOMPLETE && sa->outcome != IKE_FAILED)
		return;
	if (sa->outcome == IKE_FAILED && sa->reason.notify)
		return;
	session_fail(x->w, type, phase1_evidence(x, type));
}

static void error_told(struct ikev1_work *x, const struct node *n, uint16_t type)
{
	uint64_t protocol = node_uint(n, V1_N_PROTOCOL, 0);
	session_say(x->w, "%s", ikev1_notify_text(type, x->w->a));
	if (x->v1->phase != PHASE_DONE)
		phase1_failed(x, type);
	else if (x->m->sealed)
		ikev1_quick_refused(x, type);
	else if (protocol != PROTO_ISAKMP || x->w->sa->outcome == IKE_ESTABLISHED)
		session_say(x->w, "in clear, so nothing proves it");
}

/* ---- dead peer detection, RFC 3706, 5 ---- */

static uint32_t seq_of(const struct node *n)
{
	struct reader r = reader_of(node_bytes(n, V1_N_DATA));
	return read_u32(&r);
}

static void dpd(struct ikev1_work *x, const struct node *n, bool ack)
{
	struct ikev1_state *v1 = x->v1;
	struct ike_end *end = x->w->sa->end;
	enum ike_side from = x->w->turn->from, to = other_side(from);
	uint32_t seq = seq_of(n);
	session_say(x->w, "%s %u", ack ? "R-U-THERE-ACK" : "R-U-THERE", seq);
	if (!ack) {
		end[from].unanswered += v1->dpd_frame[from] == 0;
		v1->dpd_frame[from] = x->w->at->frame;
		v1->dpd_seq[from] = seq;
		return;
	}
	if (x->w->turn->request && end[from].requests) {	/* one message, however many it has */
		end[from].requests--;
		end[from].responses++;
	}
	x->w->turn->request = false;
	if (!v1->dpd_frame[to] || v1->dpd_seq[to] != seq)
		return;
	x->w->turn->answers = v1->dpd_frame[to];
	v1->dpd_frame[to] = 0;
	ikev1_answered(&end[to]);
}

static void notified(struct ikev1_work *x, const struct node *n)
{
	uint16_t type = (uint16_t)node_uint(n, V1_N_TYPE, 0);
	if (n->present <= V1_N_TYPE)
		return;
	if (type && type < STATUS_FIRST)
		error_told(x, n, type);
	else if (type == R_U_THERE || type == R_U_THERE_ACK)
		dpd(x, n, type == R_U_THERE_ACK);
	else
		session_say(x->w, "%s", ikev1_notify_text(type, x->w->a));
}

/* ---- deletes, RFC 2408, 3.15 ---- */

static void child_deleted(struct ikev1_work *x, uint8_t protocol, uint32_t spi)
{
	struct ike_child *c = session_child_find(x->w->sa, protocol, spi);
	if (!c || c->deleted_frame)
		return;
	if (c->outcome != IKE_REKEYED)
		c->outcome = IKE_DELETED;
	c->deleted_by = x->w->turn->from;
	c->deleted_frame = x->w->at->frame;
	x->w->turn->child = c;
}

/* The cookies name the SA: this one, or one that it took the place of. */
static void sa_deleted(struct ikev1_work *x, struct span cookies)
{
	struct ike_sa *sa = x->w->sa;
	for (int depth = 0; sa && cookies.n == 16 && depth < 16; depth++, sa = sa->replaces) {
		if (memcmp(sa->spi_i, cookies.p, 8) != 0 || memcmp(sa->spi_r, cookies.p + 8, 8) != 0)
			continue;
		if (sa->outcome != IKE_REKEYED)
			sa->outcome = IKE_DELETED;
		sa->deleted_by = x->w->turn->from;
		sa->deleted_frame = x->w->at->frame;
		session_sa_closed(x->w->s, sa);
		return;
	}
}

static void deleted(struct ikev1_work *x, const struct node *n)
{
	uint64_t protocol = node_uint(n, V1_D_PROTOCOL, 0);
	const struct node *list = node_kid(n, V1_D_SPIS), *spi = list ? node_kid(list, 0) : NULL;
	size_t count = 0;
	for (; spi && count < SPIS_MAX; spi = spi->next, count++) {
		struct span s = node_bytes(spi, 0);
		struct reader r = reader_of(s);
		if (protocol == PROTO_ISAKMP)
			sa_deleted(x, s);
		else if (s.n == 4 && (protocol == PROTO_ESP || protocol == PROTO_AH))
			child_deleted(x, protocol == PROTO_AH ? PROTOCOL_AH : PROTOCOL_ESP, read_u32(&r));
	}
	session_say(x->w, "deletes %s", protocol == PROTO_ISAKMP ? "the IKE SA" :
		    protocol == PROTO_AH ? "an AH SA" : protocol == PROTO_ESP ? "an ESP SA" : "an SA");
}

/* One message, without an answer. */
void ikev1_informational(struct ikev1_work *x)
{
	size_t n = 0;
	x->w->turn->request = true;
	x->w->sa->end[x->w->turn->from].requests++;
	for (const struct node *p = x->chain; p && n < 16; p = p->next) {
		/* a Delete in clear is anybody's (RFC 2409, 5.7) */
		if (p->number == V1_NOTIFY)
			notified(x, p);
		else if (p->number == V1_DELETE && x->m->sealed)
			deleted(x, p);
		else if (p->number == V1_DELETE)
			session_say(x->w, "a Delete in clear, which counts for nothing");
		n += p->number == V1_NOTIFY || p->number == V1_DELETE;
	}
}

/* ---- Transaction ---- */

enum { CFG_REQUEST = 1, CFG_REPLY, CFG_SET, CFG_ACK };
enum { INTERNAL_IP4_ADDRESS = 1, INTERNAL_IP6_ADDRESS = 8, XAUTH_TYPE = 16520,
       XAUTH_USER_NAME, XAUTH_STATUS = 16527, XAUTH_ANSWER = 16529 };

static struct span attribute_octets(const struct node *a)
{
	return node_uint(a, 0, 0) ? span_of(NULL, 0) : node_bytes(a, 3);
}

static void say_address(struct ikev1_work *x, struct span s)
{
	struct text t = { 0 };
	if (s.n == 4)
		text_ipv4(&t, s.p);
	else if (s.n >= 16)
		text_ipv6(&t, s.p);
	if (t.n)
		session_say(x->w, "gives the address %.*s", (int)t.n, t.p);
	text_done(&t);
}

/* Outside text: at most 64 octets, escaped. */
static void say_user(struct ikev1_work *x, struct span name)
{
	struct text t = { 0 };
	text_escape(&t, span_part(name, 0, 64));
	session_say(x->w, "XAUTH user %.*s", (int)t.n, t.p);
	text_done(&t);
}

static void xauth_status(struct ikev1_work *x, bool ok)
{
	struct ike_sa *sa = x->w->sa;
	session_say(x->w, ok ? "XAUTH succeeded" : "XAUTH failed");
	if (ok || (sa->outcome != IKE_ESTABLISHED && sa->outcome != IKE_INCOMPLETE))
		return;
	session_fail(x->w, 0, "XAUTH: user name or password was not accepted (XAUTH_STATUS is FAIL).");
}

static void attribute_told(struct ikev1_work *x, const struct node *a, uint64_t type)
{
	uint64_t is = node_uint(a, 1, 0);
	struct span s = attribute_octets(a);
	bool told = type == CFG_REPLY || type == CFG_SET;
	if (is == XAUTH_STATUS && type == CFG_SET)
		xauth_status(x, node_uint(a, 0, 0) && node_uint(a, 2, 0) == 1);
	else if (is == XAUTH_USER_NAME && told && s.n)
		say_user(x, s);
	else if ((is == INTERNAL_IP4_ADDRESS || is == INTERNAL_IP6_ADDRESS) && told)
		say_address(x, s);
	else if (is == XAUTH_TYPE && type == CFG_REQUEST)
		session_say(x->w, "XAUTH asks for user name and password");
}

static void request_of(struct ikev1_work *x, bool request)
{
	enum ike_side from = x->w->turn->from, to = other_side(from);
	struct ike_end *end = x->w->sa->end;
	x->w->turn->request = request;
	if (request) {
		end[from].requests++;
		end[from].unanswered++;
		return;
	}
	end[from].responses++;
	ikev1_answered(&end[to]);
	x->w->turn->answers = x->slot->frame;
}

void ikev1_transaction(struct ikev1_work *x)
{
	const struct node *attr = payload_find(x->chain, V1_ATTR);
	uint64_t type = attr ? node_uint(attr, V1_ATTR_TYPE, 0) : 0;
	if (x->v1->phase != PHASE_DONE)
		ikev1_established(x);
	request_of(x, type ? type == CFG_REQUEST || type == CFG_SET : x->slot->frame == x->w->at->frame);
	const struct node *a = attr ? node_kid(attr, V1_ATTR_LIST) : NULL;
	for (int i = 0; a && i < 32; a = a->next, i++)
		attribute_told(x, a, type);
}
