/* SPDX-License-Identifier: BSD-2-Clause
 * Follows IKEv1 SAs: each message is known when it comes again, put together of
 * fragments, opened, its HASH checked, and given to what knows its exchange: Main
 * and Aggressive Mode, Quick Mode, Informational, Transaction. RFC 2408, 2409.
 *
 * The message's chain of IVs moves on only when it was understood. */
#include "ipsec/ike/ikev1_state.h"

#include <stdlib.h>

/* ---- state ---- */

static void *must(void *p)
{
	if (!p)
		abort();	/* as arenas do */
	return p;
}

static struct ikev1_state *state_of(struct ike_work *w)
{
	struct ikev1_state *v1 = w->sa->v1;
	if (v1)
		return v1;
	v1 = must(calloc(1, sizeof *v1));
	v1->s = w->s;
	v1->sa = w->sa;
	v1->stranger = w->s->v1.strangers > IKEV1_STRANGERS;
	v1->start = must(calloc(1, sizeof *v1->start));
	return w->sa->v1 = v1;
}

void ikev1_state_free(struct ikev1_state *v1)
{
	if (!v1)
		return;
	for (size_t i = 0; i < IKEV1_PEERS; i++)
		if (v1->s->v1.latest[i] == v1->sa)
			v1->s->v1.latest[i] = NULL;
	for (size_t i = 0; i < IKEV1_EXCHANGES; i++)
		ikev1_quick_free(v1->s, v1->exchanges[i].quick);
	ikev1_gather_free(v1);
	ikev1_start_free(v1);
	crypto_cleanse(v1, sizeof *v1);
	free(v1);
}

/* ---- messages that come again ---- */

static struct ikev1_print *print_find(struct ikev1_state *v1, uint64_t hash)
{
	for (size_t i = 0; i < IKEV1_PRINTS; i++)
		if (v1->prints[i].frame && v1->prints[i].hash == hash)
			return &v1->prints[i];
	return NULL;
}

static struct ikev1_print *print_new(struct ikev1_work *x, uint64_t hash)
{
	struct ikev1_print *p = &x->v1->prints[x->v1->print_next++ % IKEV1_PRINTS];
	*p = (struct ikev1_print){ .hash = hash, .frame = x->w->at->frame };
	return p;
}

/* Seen before: opened with the IV of then, and nothing else happens. */
static void take_again(struct ikev1_work *x, const struct ikev1_print *p)
{
	x->repeated = true;
	x->w->turn->repeats = p->frame;
	x->w->turn->request = true;
	x->w->sa->end[x->w->turn->from].retransmissions++;
	if (x->m->sealed && ikev1_keys_reopen(x, p->iv))
		x->m->icv = p->icv;
	if (x->phase1)
		ikev1_phase1_repeated(x);
}

/* ---- addresses ---- */

/* Ports float (RFC 3947, 4), NATs change them; what can be opened, or comes in
 * clear before there are keys, may say so. */
static void follow_addresses(struct ikev1_work *x)
{
	struct ike_work *w = x->w;
	struct ike_sa *sa = w->sa;
	struct ike_end *from = &sa->end[w->turn->from], *to = &sa->end[other_side(w->turn->from)];
	bool ports = from->port != w->at->sport || to->port != w->at->dport;
	if ((x->m->sealed && sa->key && !x->m->decrypted) ||
	    (!x->m->sealed && x->v1->phase == PHASE_DONE))
		return;
	if (ports && !sa->floated_frame && (w->at->sport == 4500 || w->at->dport == 4500))
		sa->floated_frame = w->at->frame;
	if (!addr_equal(&from->addr, &w->at->src))
		from->moved_frame = w->at->frame;
	if (!addr_equal(&to->addr, &w->at->dst))
		to->moved_frame = w->at->frame;
	from->addr = w->at->src;
	from->port = w->at->sport;
	to->addr = w->at->dst;
	to->port = w->at->dport;
}

/* ---- what the exchanges mean ---- */

static void follow(struct ikev1_work *x)
{
	switch (x->exchange) {
	case V1_MAIN: case V1_AGGRESSIVE: case V1_BASE: case V1_AUTH_ONLY:
		ikev1_phase1(x);
		break;
	case V1_QUICK:
		ikev1_quick(x);
		break;
	case V1_INFORMATIONAL:
		ikev1_informational(x);
		break;
	case V1_TRANSACTION:
		ikev1_transaction(x);
		break;
	default:	/* New Group Mode, private ones */
		x->w->turn->request = x->slot && x->slot->frame == x->w->at->frame;
		break;
	}
}

/* The message stayed closed. Without a key of the SA its header still tells the
 * exchange; with one it is somebody else's, or octets are missing. */
static void follow_closed(struct ikev1_work *x)
{
	struct ike_work *w = x->w;
	bool known = x->v1->opened[w->turn->from];
	w->sa->end[w->turn->from].closed++;
	w->turn->request = true;
	if (known) {
		x->m->icv = ICV_BAD;
		finding_add(w->fs, SEVERITY_NOTE, NULL, IKE_HEADER_SIZE,
			    "the keys of this IKE SA do not open the message");
	} else if (x->phase1) {
		ikev1_phase1_closed(x);
	} else if (x->exchange == V1_QUICK) {
		ikev1_quick(x);
	} else if (x->exchange == V1_TRANSACTION) {
		ikev1_transaction(x);
	} else if (x->exchange == V1_INFORMATIONAL) {
		ikev1_phase1_refused(x);
	}
}

/* ---- opening ---- */

/* Two ends with different keys cannot both be right. */
static void tell_difference(struct ikev1_work *x)
{
	struct ikev1_state *v1 = x->v1;
	if (v1->differ_told || !v1->opened[0] || !v1->opened[1] || v1->key[0] == v1->key[1])
		return;
	v1->differ_told = true;
	finding_add(x->w->fs, SEVERITY_NOTE, NULL, 0, "the two ends have different keys: the "
		    "initiator's messages open with %s, the responder's with %s",
		    origin_text(&v1->key[0]->origin, x->w->a),
		    origin_text(&v1->key[1]->origin, x->w->a));
}

static void take_sealed(struct ikev1_work *x, struct ikev1_print *p)
{
	struct ike_sa *sa = x->w->sa;
	sa->encrypted++;
	if (!x->phase1)
		x->slot = ikev1_exchange_find(x);
	bool opened = ikev1_keys_open(x, p->iv);
	if (opened && !x->phase1)
		ikev1_hash_check(x);
	bool good = opened && x->m->icv != ICV_BAD;
	ikev1_chain_move(x, good);
	sa->opened += opened;
	x->chain = good ? x->m->inner : NULL;
	follow_addresses(x);
	if (good) {
		tell_difference(x);
		follow(x);
	} else if (!opened) {
		follow_closed(x);
	}
	sa->bad_icv += x->m->icv == ICV_BAD;
	p->icv = x->m->icv;
	if (!good && !sa->key)
		return;
	if (!good && x->slot && x->slot->frame == x->w->at->frame)
		x->slot->frame = 0;	/* whoever comes next begins the exchange */
}

static void take_clear(struct ikev1_work *x)
{
	x->chain = x->m->payloads;
	x->w->turn->request = true;
	follow_addresses(x);
	if (x->phase1 || x->exchange == V1_INFORMATIONAL)
		follow(x);
}

/* ---- one message ---- */

static void take(struct ikev1_work *x);

/* A fragment; the one that completes the message carries all of it. */
static void take_fragment(struct ikev1_work *x, const struct node *frag)
{
	struct ike_message *whole = x->w->m;
	struct span octets = ikev1_gather_add(x, frag);
	x->w->turn->request = x->w->turn->from == IKE_INITIATOR;
	if (!octets.n)
		return;
	struct ike_message *m = ike_message_decode(octets, x->w->a, x->w->fs);
	if (m->header->present < IKE_HEADER_FIELDS || ike_version(m) != 1 ||
	    (!m->sealed && payload_find(m->payloads, V1_FRAG)))
		return;
	if (memcmp(octets.p, whole->octets.p, 16) != 0)
		finding_add(x->w->fs, SEVERITY_VIOLATION, NULL, 0,
			    "the fragments' message has other cookies");
	x->m = m;
	take(x);
	whole->decrypted = m->decrypted;
	whole->icv = m->icv;
	whole->encr = m->encr;
	whole->key = m->key;
	whole->plain = m->sealed ? m->plain : span_from(octets, IKE_HEADER_SIZE);
	whole->pad_length = m->pad_length;
	whole->inner = m->sealed ? m->inner : m->payloads;
}

static void take(struct ikev1_work *x)
{
	const struct ike_message *m = x->m;
	const struct node *frag = m->sealed ? NULL : payload_find(m->payloads, V1_FRAG);
	uint64_t hash = session_octets_hash(m->octets);
	struct ikev1_print *p = print_find(x->v1, hash);
	x->exchange = (uint8_t)node_uint(m->header, IKE_EXCHANGE, 0);
	x->id = (uint32_t)node_uint(m->header, IKE_MESSAGE_ID, 0);
	x->phase1 = x->exchange == V1_MAIN || x->exchange == V1_AGGRESSIVE ||
		    x->exchange == V1_BASE || x->exchange == V1_AUTH_ONLY;
	if (x->phase1)
		x->v1->main_mode = x->exchange != V1_AGGRESSIVE;
	if (x->exchange == V1_AGGRESSIVE)
		x->w->sa->aggressive = true;
	if (p) {
		take_again(x, p);
		return;
	}
	p = print_new(x, hash);
	if (frag)
		take_fragment(x, frag);
	else if (m->sealed)
		take_sealed(x, p);
	else
		take_clear(x);
}

void ikev1_take(struct ike_work *w)
{
	struct ikev1_work x = { .w = w, .v1 = state_of(w), .m = w->m };
	if (w->m->header->present == IKE_HEADER_FIELDS)
		take(&x);
}

void ikev1_copy(struct ike_work *w, struct ike_sa *sa)
{
	struct ikev1_print *p = sa && sa->v1 ? print_find(sa->v1, session_octets_hash(w->m->octets)) : NULL;
	struct ike_work copy = *w;
	struct ikev1_work x = { .w = &copy, .m = w->m, .repeated = true };
	if (!p || !w->m->sealed)
		return;
	x.v1 = sa->v1;
	copy.sa = sa;
	copy.turn->from = addr_equal(&w->at->src, &sa->end[IKE_INITIATOR].addr) ? IKE_INITIATOR :
		IKE_RESPONDER;
	if (ikev1_keys_reopen(&x, p->iv))
		w->m->icv = p->icv;
}
