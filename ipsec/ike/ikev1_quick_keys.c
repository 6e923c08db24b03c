/* SPDX-License-Identifier: BSD-2-Clause
 * Behind phase 1: the HASH that authenticates each message (RFC 2409, 5.5 and 5.7)
 * and the keys of the CHILD SAs that a Quick Mode makes (5.5). */
#include "ipsec/ike/ikev1_state.h"

/* ---- HASH ---- */

/* The octets of a payload's data in a chain that was kept. */
static struct span kept_nonce(struct ike_work *w, const struct kept *k)
{
	struct decode d = { .arena = w->a };
	struct span trailing;
	const struct node *n = k->p ? ike_chain_decode(k->first, 1, span_of(k->p, k->n), &d, &trailing)
				    : NULL;
	n = payload_find(n, V1_NONCE);
	return n ? node_bytes(n, PAYLOAD_BODY) : span_of(NULL, 0);
}

/* Which of the three it is; 0: it cannot be told, because a nonce is not known. */
static int hash_kind(struct ikev1_work *x, struct ikev1_hash *h)
{
	const struct ikev1_quick *q = x->slot->quick;
	bool first = x->w->turn->from == (q ? q->from : x->w->turn->from);
	if (x->exchange != V1_QUICK || !q || (q->messages < 2 && first))
		return x->exchange == V1_QUICK && !q && x->slot->frame != x->w->at->frame ? 0 : 1;
	h->ni = kept_nonce(x->w, &q->offer);
	if (!first)
		return h->ni.n && q->messages < 3 ? 2 : 0;
	h->nr = kept_nonce(x->w, &q->answer);
	return h->ni.n && h->nr.n ? 3 : 0;
}

static void unchecked(struct ikev1_work *x, const char *why)
{
	if (x->v1->unchecked_told)
		return;
	x->v1->unchecked_told = true;
	finding_add(x->w->fs, SEVERITY_NOTE, NULL, x->m->inner ? x->m->inner->offset : 0,
		    "HASH is not checked: %s", why);
}

void ikev1_hash_check(struct ikev1_work *x)
{
	const struct node *n = x->m->inner;
	const struct ike_key *key = x->m->key;
	if (!n || n->number != V1_HASH) {
		x->m->icv = ICV_BAD;
		finding_add(x->w->fs, SEVERITY_VIOLATION, NULL, IKE_HEADER_SIZE,
			    "the first payload is %s, not HASH", n ? n->desc->name : "missing");
		return;
	}
	if (!key->sk_ai.n) {
		unchecked(x, "SKEYID_a is not known");
		return;
	}
	struct span used = span_part(x->m->plain, 0, x->m->plain.n - x->m->pad_length);
	struct ikev1_hash h = { .prf = x->v1->prf, .skeyid_a = key->sk_ai, .id = x->id,
				.rest = span_from(used, n->size) };
	struct span hash = node_bytes(n, PAYLOAD_BODY);
	uint8_t out[PRF_OUTPUT_MAX];
	struct err e = { 0 };
	int kind = hash_kind(x, &h);
	if (kind == 0) {
		unchecked(x, "the exchange's nonces are not in the capture");
		return;
	}
	if (!(kind == 3 ? ikev1_hash_3(x->w->s->crypto, &h, out, &e) :
			  ikev1_hash_message(x->w->s->crypto, &h, out, &e)))
		return;
	x->m->icv = crypto_equal(hash, span_of(out, h.prf->output)) ? ICV_GOOD : ICV_BAD;
	if (x->m->icv == ICV_BAD)
		finding_add(x->w->fs, SEVERITY_VIOLATION, NULL, n->offset,
			    "HASH(%d) is not that of the message: it was changed, or comes from "
			    "somebody without SKEYID_a", kind);
}

/* ---- keys of CHILD SAs ---- */

struct parts {
	struct ikev1_work *x;
	struct ike_child *c;
	const struct ikev1_exchanged *q;
	size_t size;		/* octets of KEYMAT of one direction */
	bool guess;		/* of several secrets, any may be the one */
};

static bool direction_add(const struct parts *p, enum ike_side to, struct span skeyid_d,
			  struct span shared, const struct origin *from)
{
	uint8_t out[IKEV1_KEYMAT_MAX];
	struct ikev1_keymat k = {
		.prf = p->x->v1->prf, .skeyid_d = skeyid_d, .gqmxy = shared,
		.protocol = p->c->protocol == PROTOCOL_AH ? IKE_PROTOCOL_AH : IKE_PROTOCOL_ESP,
		.spi = to == IKE_INITIATOR ? p->c->spi_i : p->c->spi_r,
		.ni = p->q->nonce[0], .nr = p->q->nonce[1],
	};
	struct err e = { 0 };
	bool ok = ikev1_keymat(p->x->w->s->crypto, &k, out, p->size, &e) &&
		  session_child_key(p->x->w->s, p->c, to,
				    &(struct child_key){ span_of(out, p->size), *from, p->guess });
	crypto_cleanse(out, sizeof out);
	return ok;
}

static bool both_add(const struct parts *p, struct span skeyid_d, struct span shared,
		     const struct origin *from)
{
	return direction_add(p, IKE_RESPONDER, skeyid_d, shared, from) &&
	       direction_add(p, IKE_INITIATOR, skeyid_d, shared, from);
}

/* Those of phase 1 are taken. */
static struct ikev1_picks pfs_picks(const struct parts *p)
{
	struct ikev1_picks all = ikev1_picks_of(p->x, SECRET_DH, false), left = { .count = 0 };
	for (size_t i = 0; i < all.count; i++)
		if (!all.row[i]->works)
			left.row[left.count++] = all.row[i];
	return left;
}

/* With each DH secret that may be this exchange's. Daemons log them in order, so
 * the n-th exchange's is not far from the n-th. */
static size_t pfs_add(struct parts *p, struct span skeyid_d, const char *how)
{
	struct ike_work *w = p->x->w;
	struct ikev1_picks dh = pfs_picks(p);
	size_t n = 0, skip = p->x->v1->pfs > IKEV1_CHILD_KEYS / 2 &&
			     dh.count > IKEV1_CHILD_KEYS ? p->x->v1->pfs - IKEV1_CHILD_KEYS / 2 : 0;
	uint8_t out[GROUP_SHARED_MAX];
	for (size_t i = 0; i < dh.count; i++) {
		struct span shared = ikev1_shared_of_private(w, p->q, dh.row[i], out);
		struct origin from = { dh.row[i]->origin.file, dh.row[i]->origin.line, how };
		if (!shared.n)
			continue;
		n = both_add(p, skeyid_d, shared, &from);	/* no doubt about this one */
		crypto_cleanse(out, sizeof out);
		return n;
	}
	p->guess = p->guess || dh.count > 1;
	for (size_t i = skip; i < dh.count && n < IKEV1_CHILD_KEYS; i++) {
		struct origin from = { dh.row[i]->origin.file, dh.row[i]->origin.line, how };
		if (dh.row[i]->secret.n == p->q->group->shared)
			n += both_add(p, skeyid_d, dh.row[i]->secret, &from);
	}
	return n;
}

static size_t keys_add(struct parts *p, struct span skeyid_d, const struct origin *at)
{
	static const struct span none = { NULL, 0 };
	if (!p->q->group_number)
		return both_add(p, skeyid_d, none, at);
	return p->q->group ? pfs_add(p, skeyid_d, "SKEYID_d and this DH secret") : 0;
}

/* RFC 2451, 2.2: the ciphers with a default length of keys. */
static void default_bits(struct ike_child *c)
{
	const struct encr *row = c->choice.has & CHOICE_ENCR ? encr_find(c->choice.encr) : NULL;
	if (row && row->kind == ENCR_KIND_CBC && row->variable && !c->choice.encr_bits)
		c->choice.encr_bits = 128;
}

void ikev1_keys_child(struct ikev1_work *x, struct ike_child *c, const struct ikev1_exchanged *q)
{
	const struct ike_key *key = x->w->sa->key;
	default_bits(c);
	struct parts p = { x, c, q, session_child_key_size(c), false };
	size_t n = 0;
	bool any = key && key->sk_d.n;
	if (p.size == 0 || p.size > IKEV1_KEYMAT_MAX || !x->v1->prf) {
		c->missing = "an algorithm that is known here";
		return;
	}
	if (any) {
		n = keys_add(&p, key->sk_d, &key->origin);
	} else {
		struct ikev1_picks d = ikev1_picks_of(x, SECRET_SKEYID_D, false);
		p.guess = d.count > 1;
		for (size_t i = 0; i < d.count && n < IKEV1_CHILD_KEYS; i++) {
			struct origin from = { d.row[i]->origin.file, d.row[i]->origin.line, "SKEYID_d" };
			any = any || d.row[i]->secret.n == x->v1->prf->output;
			if (d.row[i]->secret.n == x->v1->prf->output)
				n += keys_add(&p, d.row[i]->secret, &from);
		}
	}
	if (n)
		c->keys = ike_sa_text(x->w->sa, origin_text(&c->rows[0]->origin, x->w->a));
	else
		c->missing = !any ? "SKEYID_d (from the DH secret of phase 1 with the pre-shared key, or "
			     "with SKEYID)" : "the DH secret of this Quick Mode";
}
