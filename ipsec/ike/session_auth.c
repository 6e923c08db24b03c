/* SPDX-License-Identifier: BSD-2-Clause
 * IKE_INTERMEDIATE (RFC 9242) and IKE_AUTH (RFC 7296, 1.2, 2.15, 2.16; PPK: RFC
 * 8784; childless: RFC 6023): identities, the AUTH payloads verified, the first
 * CHILD SA. */
#include "ipsec/base/text.h"
#include "ipsec/crypto/cert.h"
#include "ipsec/ike/keymat.h"
#include "ipsec/ike/session_state.h"

enum { PAYLOAD_IDI = 35, PAYLOAD_IDR = 36, PAYLOAD_CERT = 37, PAYLOAD_AUTH = 39, PAYLOAD_EAP = 48,
       PAYLOAD_TSI = 44 };
enum { NOTIFY_PPK_IDENTITY = 16436, NOTIFY_AUTH_LIFETIME = 16403,
       NOTIFY_AUTHENTICATION_FAILED = 24 };
enum { AUTH_METHOD = PAYLOAD_BODY };
enum { EAP_FAILURE = 4, AUTH_SHARED_KEY = 2 };

/* ---- identities ---- */

/* The text of an ID payload's data, whatever its type. */
static const char *id_text(const struct node *id, struct arena *a)
{
	const struct node *data = node_kid(id, ID_DATA);
	struct span octets = data ? node_bytes(data, 0) : node_bytes(id, ID_DATA);
	struct text t = { 0 };
	const char *name = NULL;
	switch (node_uint(id, ID_TYPE, 0)) {
	case 1:
		if (octets.n == 4)
			text_ipv4(&t, octets.p);
		break;
	case 5:
		if (octets.n == 16)
			text_ipv6(&t, octets.p);
		break;
	case 2: case 3:
		text_add_octets(&t, octets.p, octets.n < 255 ? octets.n : 255);
		break;
	case 9:
		name = cert_name(octets, a);
		break;
	default:
		break;
	}
	if (name)
		text_add(&t, name);
	if (!t.n)
		text_hex_span(&t, span_part(octets, 0, 64));
	name = arena_text(a, span_of(t.p, t.n));
	text_done(&t);
	return name;
}

static void identity(struct ike_work *w, enum ike_side side, const struct node *id)
{
	struct ike_end *end = &w->sa->end[side];
	if (!id || end->id)
		return;
	end->id = ike_sa_text(w->sa, id_text(id, w->a));
	end->id_type = (uint8_t)node_uint(id, ID_TYPE, 0);
}

/* ---- AUTH ---- */

static struct span kept_span(const struct kept *k)
{
	return span_of(k->p, k->n);
}

/* RFC 9242, 3.3.2: IntAuth_i | IntAuth_r | the message ID of IKE_AUTH. */
static struct span intauth(struct ike_work *w, uint8_t out[2 * IKE_HASH_MAX + 4])
{
	const struct ike_sa_state *x = w->sa->state;
	uint32_t id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0);
	size_t n = 0;
	if (!x->intauth_size[0] || !x->intauth_size[1])
		return (struct span){ 0 };
	for (int side = 0; side < 2; side++) {
		memcpy(out + n, x->intauth[side], x->intauth_size[side]);
		n += x->intauth_size[side];
	}
	/* the first IKE_AUTH's ID counts, also for the later ones of EAP */
	id = w->sa->auth_id ? w->sa->auth_id : id;
	uint8_t be[4] = { (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };
	memcpy(out + n, be, 4);
	return span_of(out, n + 4);
}

/* SK_pi or SK_pr after a PPK (RFC 8784, 3). */
static bool sk_p_with(struct ike_work *w, struct span ppk, struct span sk_p,
		      uint8_t out[KEYMAT_PART_MAX])
{
	struct err e = { 0 };
	return prf_plus(w->s->crypto, w->sa->key->prf, ppk, sk_p, out, sk_p.n, &e);
}

/* With a PPK the one of the store that makes AUTH right is the right one. */
static enum auth_verdict verify_ppk(struct ike_work *w, struct auth_job *job, const char **why)
{
	struct span sk_p = job->sk_p;
	uint8_t changed[KEYMAT_PART_MAX];
	int tries = 32;
	*why = "a PPK takes part (RFC 8784), and none is given";
	const struct ike_secret *k = w->s->keys->of_kind[SECRET_PPK];
	for (; k && tries; k = k->kind_next) {
		if (!sk_p_with(w, k->secret, sk_p, changed))
			continue;
		tries--;
		job->sk_p = span_of(changed, sk_p.n);
		enum auth_verdict v = ike_auth_verify(job, why, w->a);
		if (v == AUTH_GOOD)
			w->sa->state->ppk = k->secret;
		if (v != AUTH_BAD)
			return v;
		*why = "no PPK that is given makes it right";
	}
	return AUTH_UNCHECKED;
}

static void auth_told(struct ike_work *w, enum ike_side side, const struct node *auth)
{
	const struct ike_end *end = &w->sa->end[side];
	const char *who = side == IKE_INITIATOR ? "initiator" : "responder";
	if (end->auth == AUTH_BAD) {
		/* a PSK that was given may be the other side's: nothing is proved then */
		finding_add(w->fs, end->auth_method == AUTH_SHARED_KEY ? SEVERITY_NOTE :
			    SEVERITY_VIOLATION, side == IKE_INITIATOR ? "RFC7296-2.15-01" :
			    "RFC7296-2.15-02", auth->offset, "the %s's AUTH does not verify: %s",
			    who, end->auth_why ? end->auth_why : "");
		session_say(w, "AUTH does not verify");
	} else if (end->auth == AUTH_GOOD) {
		finding_add(w->fs, SEVERITY_NOTE, NULL, auth->offset, "the %s's AUTH verifies: %s",
			    who, end->auth_why ? end->auth_why : "");
		session_say(w, "AUTH verifies");
	}
}

/* IKE_AUTH's message IDs follow those of IKE_INTERMEDIATE (RFC 9242, 3.3.2). */
static bool intermediates_all(const struct ike_work *w)
{
	const uint32_t *count = w->sa->state->intauth_count;
	uint32_t before = w->sa->auth_id ? w->sa->auth_id - 1 : 0;
	return count[0] == before && count[1] == before;
}

/* chain: where CERT and AUTH are; id: the signer's. */
static void verify(struct ike_work *w, enum ike_side side, const struct node *chain,
		   const struct node *id)
{
	struct ike_sa *sa = w->sa;
	struct ike_end *end = &sa->end[side];
	const struct ike_sa_state *x = sa->state;
	const struct node *auth = payload_find(chain, PAYLOAD_AUTH);
	uint8_t sum[2 * IKE_HASH_MAX + 4];
	if (!auth)
		return;
	end->auth_method = (uint16_t)node_uint(auth, AUTH_METHOD, 0);
	end->auth_text = ike_sa_text(sa, ike_auth_text(auth, w->a));
	end->auth_frame = w->at->frame;
	bool i = side == IKE_INITIATOR;
	const struct kept *message = &x->kept[i ? KEPT_INIT_I : KEPT_INIT_R];
	const struct kept *nonce = &x->kept[i ? KEPT_NONCE_R : KEPT_NONCE_I];
	const struct node *other = payload_find(kept_chain(w, &x->kept[i ? KEPT_AUTH_R : KEPT_AUTH_I]),
						i ? PAYLOAD_IDR : PAYLOAD_IDI);
	if (!sa->key || !sa->key->sk_pi.n || !message->p || !nonce->p) {
		end->auth_why = !message->p || !nonce->p ? "IKE_SA_INIT is not in the capture" :
			"SK_pi and SK_pr are not known (SKEYSEED or the DH secret gives them)";
		return;
	}
	if (!intermediates_all(w)) {
		end->auth_why = "an IKE_INTERMEDIATE message, which AUTH covers too, is not in the capture";
		return;
	}
	struct auth_job job = {
		.crypto = w->s->crypto, .secrets = w->s->keys, .prf = sa->key->prf,
		.sk_p = i ? sa->key->sk_pi : sa->key->sk_pr, .message = kept_span(message),
		.nonce = kept_span(nonce), .intermediate = intauth(w, sum), .id = id, .auth = auth,
		.cert = payload_find(chain, PAYLOAD_CERT), .other_id = other,
		.eap = node_uint(w->m->header, IKE_MESSAGE_ID, 0) != sa->auth_id,
	};
	const char *why = NULL;
	end->auth = sa->ppk ? verify_ppk(w, &job, &why) : ike_auth_verify(&job, &why, w->a);
	end->auth_why = ike_sa_text(sa, why);
	auth_told(w, side, auth);
}

/* ---- IKE_INTERMEDIATE ---- */

void intermediate_message(struct ike_work *w)
{
	struct ike_sa *sa = w->sa;
	enum ike_side side = w->turn->from;
	uint32_t id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0);
	sa->intermediate = true;
	if (!sa->key || !sa->key->sk_pi.n || id != sa->state->intauth_count[side] + 1)
		return;
	sa->state->intauth_count[side]++;
	ike_intauth_step(w->s->crypto, sa->key->prf,
			 side == IKE_INITIATOR ? sa->key->sk_pi : sa->key->sk_pr, w->m,
			 sa->state->intauth[side], &sa->state->intauth_size[side]);
}

/* ---- IKE_AUTH ---- */

static void keep_chain(struct ike_work *w, int which)
{
	struct kept *k = &w->sa->state->kept[which];
	if (!k->p && w->m->inner)
		kept_set(w->s, k, w->m->plain, w->m->inner->number);
}

/* What was only guessed from later messages is known now. */
static void no_guess(struct ike_sa *sa)
{
	if (!sa->inferred)
		return;
	sa->outcome = IKE_INCOMPLETE;
	sa->inferred = false;
	sa->established_frame = 0;
}

void auth_request(struct ike_work *w)
{
	struct ike_sa *sa = w->sa;
	const struct node *chain = message_chain(w->m);
	no_guess(sa);
	if (sa->outcome != IKE_INCOMPLETE)
		return;
	if (!sa->auth_id)
		sa->auth_id = (uint32_t)node_uint(w->m->header, IKE_MESSAGE_ID, 0);
	keep_chain(w, KEPT_AUTH_I);
	const struct node *first = kept_chain(w, &sa->state->kept[KEPT_AUTH_I]);
	identity(w, IKE_INITIATOR, payload_find(first, PAYLOAD_IDI));
	sa->end[IKE_INITIATOR].can |= session_announced(chain);
	sa->ppk |= notify_find(chain, NOTIFY_PPK_IDENTITY) != NULL;
	verify(w, IKE_INITIATOR, chain, payload_find(first, PAYLOAD_IDI));
}

static bool eap_failed(const struct node *chain)
{
	const struct node *eap = payload_find(chain, PAYLOAD_EAP);
	return eap && node_uint(eap, PAYLOAD_BODY, 0) == EAP_FAILURE;
}

/* What the capture shows about who was not believed. */
static const char *auth_evidence(struct ike_work *w)
{
	const struct ike_sa *sa = w->sa;
	enum ike_side blamed = other_side(w->turn->from);
	const struct ike_end *e = &sa->end[blamed];
	const char *who = blamed == IKE_INITIATOR ? "initiator" : "responder";
	const char *said = e->auth == AUTH_GOOD ? "verifies with" :
		e->auth == AUTH_BAD ? "does not verify with" : "could not be verified:";
	if (!e->auth_method)
		return arena_printf(w->a, "the %s %s was refused before it proved who it is", who,
				    e->id ? e->id : "(without an identity)");
	return arena_printf(w->a, "the %s says that it is \"%s\" and proves it by %s; its AUTH %s %s",
			    who, e->id ? e->id : "?", e->auth_text ? e->auth_text : "an unknown method",
			    said, e->auth_why ? e->auth_why : "the keys that are given");
}

static void auth_refused(struct ike_work *w, const struct node *error)
{
	uint16_t type = (uint16_t)node_uint(error, NOTIFY_TYPE, 0);
	const char *name = names_name(&reg_notify, type);
	session_say(w, "refused: %s", name ? name : "an unknown error");
	session_fail(w, type, type == NOTIFY_AUTHENTICATION_FAILED ? auth_evidence(w) : NULL);
}

static void lifetime(struct ike_work *w, const struct node *chain)
{
	const struct node *n = notify_find(chain, NOTIFY_AUTH_LIFETIME);
	const struct node *data = n ? node_kid(n, NOTIFY_DATA) : NULL;
	if (data)
		w->sa->lifetime = (uint32_t)node_uint(data, 0, 0);
}

static void drop_handshake(struct ike_work *w)
{
	for (int i = 0; i < KEPT; i++)
		kept_drop(w->s, &w->sa->state->kept[i]);
}

static void established(struct ike_work *w, const struct node *chain, const struct node *first)
{
	struct ike_sa *sa = w->sa;
	sa->outcome = IKE_ESTABLISHED;
	sa->established_frame = w->at->frame;
	if (payload_find(first, PAYLOAD_SA) || payload_find(chain, PAYLOAD_SA))
		child_made(w, first, chain);
	else if (!payload_find(first, PAYLOAD_TSI))
		session_say(w, "no CHILD SA yet (RFC 6023)");
	drop_handshake(w);
}

void auth_response(struct ike_work *w, const struct node *request)
{
	struct ike_sa *sa = w->sa;
	const struct node *chain = message_chain(w->m), *error = notify_error(chain);
	const struct node *auth = payload_find(chain, PAYLOAD_AUTH);
	(void)request;
	no_guess(sa);
	if (sa->outcome != IKE_INCOMPLETE)
		return;
	keep_chain(w, KEPT_AUTH_R);
	const struct node *first = kept_chain(w, &sa->state->kept[KEPT_AUTH_I]);
	const struct node *answer = kept_chain(w, &sa->state->kept[KEPT_AUTH_R]);
	identity(w, IKE_RESPONDER, payload_find(answer, PAYLOAD_IDR));
	sa->end[IKE_RESPONDER].can |= session_announced(chain);
	if (sa->ppk && auth && !notify_find(chain, NOTIFY_PPK_IDENTITY))
		sa->ppk = false;	/* the responder has none: RFC 8784, 3 */
	lifetime(w, chain);
	verify(w, IKE_RESPONDER, chain, payload_find(answer, PAYLOAD_IDR));
	if (eap_failed(chain)) {
		session_say(w, "EAP failed");
		session_fail(w, 0, "the EAP method ended with Failure");
	} else if (auth && !payload_find(chain, PAYLOAD_EAP)) {
		established(w, chain, first);
	} else if (error) {
		auth_refused(w, error);
	}
}
