/* SPDX-License-Identifier: BSD-2-Clause
 * Who the ends of phase 1 are and what proves it: ID, HASH_I and HASH_R, SIG and
 * CERT (RFC 2409, 5.1 to 5.4), recomputed; the hashes of NAT discovery (RFC 3947,
 * 3.2) against the real addresses. */
#include "ipsec/crypto/sign.h"
#include "ipsec/ike/ikev1_state.h"

/* ---- identity ---- */

static void identity(struct ikev1_work *x, const struct node *id)
{
	struct ike_end *end = &x->w->sa->end[x->w->turn->from];
	if (!id || end->id)
		return;
	end->id = ike_sa_text(x->w->sa, ikev1_id_text(id, x->w->a));
	end->id_type = (uint8_t)node_uint(id, V1_ID_TYPE, 0);
}

/* ---- HASH_I, HASH_R ---- */

struct proof {
	struct ikev1_phase1 p1;
	struct span sa_id[2];		/* SAi_b, IDii_b or IDir_b */
	struct span hash;		/* as received (PSK), or empty */
};

static bool proof_of(const struct ikev1_work *x, const struct node *id, struct proof *out)
{
	const struct ikev1_start *start = x->v1->start;
	if (!start || !x->v1->prf)
		return false;
	*out = (struct proof){ .p1 = ikev1_phase1_of(x->v1) };
	out->sa_id[0] = span_of(start->kept[START_SA].p, start->kept[START_SA].n);
	out->sa_id[1] = id ? ikev1_body(x, id) :	/* third message of Aggressive Mode */
		span_of(start->kept[START_ID].p, start->kept[START_ID].n);
	return out->sa_id[0].n && out->sa_id[1].n && out->p1.gxi.n && out->p1.gxr.n;
}

static bool hash_of(const struct ikev1_work *x, const struct proof *p, struct span skeyid,
		    uint8_t out[PRF_OUTPUT_MAX])
{
	struct err e = { 0 };
	return ikev1_hash_phase1(x->w->s->crypto, &p->p1, skeyid,
				 x->w->turn->from == IKE_INITIATOR, p->sa_id, out, &e);
}

static bool hash_fits(const struct ikev1_work *x, const struct proof *p, struct span skeyid)
{
	uint8_t out[PRF_OUTPUT_MAX];
	return skeyid.n && hash_of(x, p, skeyid, out) &&
	       crypto_equal(p->hash, span_of(out, p->p1.prf->output));
}

static enum auth_verdict verdict(struct ikev1_work *x, enum auth_verdict v, const char *why)
{
	struct ike_end *end = &x->w->sa->end[x->w->turn->from];
	end->auth = v;
	end->auth_why = ike_sa_text(x->w->sa, why);
	end->auth_frame = x->w->at->frame;
	if (v == AUTH_GOOD)
		x->m->icv = ICV_GOOD;
	return v;
}

/* With one of the pre-shared keys, or a SKEYID that was given. Aggressive Mode
 * needs no DH secret for that. */
static const char *search_skeyid(struct ikev1_work *x, const struct proof *p, size_t *tried)
{
	struct crypto *c = x->w->s->crypto;
	struct ikev1_picks psks = ikev1_picks_of(x, SECRET_PSK, false);
	uint8_t skeyid[PRF_OUTPUT_MAX];
	struct err e = { 0 };
	const size_t most = x->v1->stranger ? IKEV1_PSKS_FLOODED : IKEV1_PSKS;
	for (size_t i = 0; i < psks.count && i < most && p->p1.ni.n && p->p1.nr.n; i++) {
		++*tried;
		if (!ikev1_skeyid_psk(c, &p->p1, psks.row[i]->secret, skeyid, &e) ||
		    !hash_fits(x, p, span_of(skeyid, p->p1.prf->output)))
			continue;
		psks.row[i]->works = true;
		return origin_text(&psks.row[i]->origin, x->w->a);
	}
	struct ikev1_picks ids = ikev1_picks_of(x, SECRET_SKEYID, x->v1->stranger);
	for (size_t i = 0; i < ids.count; i++) {
		++*tried;
		if (ids.row[i]->secret.n == p->p1.prf->output && hash_fits(x, p, ids.row[i]->secret))
			return origin_text(&ids.row[i]->origin, x->w->a);
	}
	x->w->s->v1.strangers += *tried != 0 && !x->v1->stranger;
	return NULL;
}

static void check_hash(struct ikev1_work *x, const struct node *id, const struct node *hash)
{
	const char *name = x->w->turn->from == IKE_INITIATOR ? "HASH_I" : "HASH_R";
	struct proof p;
	size_t tried = 0;
	if (!proof_of(x, id, &p)) {
		verdict(x, AUTH_UNCHECKED, "the values of phase 1 are not all in the capture");
		return;
	}
	p.hash = node_bytes(hash, PAYLOAD_BODY);
	const struct ike_key *key = x->m->key;
	if (key && key->sk_pi.n && hash_fits(x, &p, key->sk_pi)) {
		verdict(x, AUTH_GOOD, arena_printf(x->w->a, "%s fits SKEYID", name));
		return;
	}
	const char *with = search_skeyid(x, &p, &tried);
	if (with) {
		verdict(x, AUTH_GOOD, arena_printf(x->w->a, "%s fits the secret of %s", name, with));
	} else if (key && key->sk_pi.n) {
		verdict(x, AUTH_BAD, arena_printf(x->w->a, "%s is not what SKEYID gives", name));
		finding_add(x->w->fs, SEVERITY_VIOLATION, NULL, hash->offset,
			    "%s is not what SKEYID and the messages before give", name);
	} else {
		verdict(x, AUTH_UNCHECKED, tried ? arena_printf(x->w->a, "none of the %zu secrets given "
			"is right for it", tried) : "neither the pre-shared key nor SKEYID is given");
	}
}

/* ---- signatures ---- */

/* RSA signs the bare hash, without naming it (RFC 2409, 5.1): as PKCS #1 of no digest. */
static bool is_rsa(uint16_t method)
{
	return method == 3 || method == 65005 || method == 65006 || method == 64221 || method == 64222;
}

/* ECDSA signs it like any other octets (RFC 4754, 3). */
static enum sign_verdict verify(struct ikev1_work *x, const struct sign_key *k, struct span hash,
				struct span signature, struct err *e)
{
	struct sign_algorithm how;
	struct crypto *c = x->w->s->crypto;
	if (is_rsa(x->v1->method))
		return sign_verify_bare(k, hash, signature, e);
	if (x->v1->method >= 9 && x->v1->method <= 11 &&
	    sign_algorithm_of_method(x->v1->method, 0, &how))
		return sign_verify(c, &how, k, hash, signature, e);
	err_set(e, "signatures of this kind are not verified");
	return SIGN_UNCHECKED;
}

static void check_signature(struct ikev1_work *x, const struct node *id, const struct node *sig)
{
	const struct ike_key *key = x->m->key;
	const struct node *cert = payload_find(x->chain, V1_CERT);
	struct proof p;
	uint8_t hash[PRF_OUTPUT_MAX];
	struct err e = { 0 };
	if (!proof_of(x, id, &p) || !key || !key->sk_pi.n || !hash_of(x, &p, key->sk_pi, hash)) {
		verdict(x, AUTH_UNCHECKED, "SKEYID is not known, which the signature covers");
		return;
	}
	if (!cert) {
		verdict(x, AUTH_UNCHECKED, "the certificate is not in the capture");
		return;
	}
	struct sign_key *k = sign_key_of_cert(x->w->s->crypto, node_bytes(cert, PAYLOAD_BODY + 1), &e);
	enum sign_verdict v = k ? verify(x, k, span_of(hash, x->v1->prf->output),
					 node_bytes(sig, PAYLOAD_BODY), &e) : SIGN_UNCHECKED;
	sign_key_free(k);
	if (v == SIGN_GOOD)
		verdict(x, AUTH_GOOD, "the signature fits the certificate");
	else if (v == SIGN_UNSUITED || v == SIGN_UNCHECKED)
		verdict(x, AUTH_UNCHECKED, e.text);
	else
		verdict(x, AUTH_BAD, "the signature does not fit the certificate in the message");
	if (v == SIGN_BAD)
		finding_add(x->w->fs, SEVERITY_VIOLATION, NULL, sig->offset,
			    "the signature does not fit the certificate in the message");
}

void ikev1_auth(struct ikev1_work *x)
{
	const struct node *id = payload_find(x->chain, V1_ID);
	const struct node *hash = payload_find(x->chain, V1_HASH);
	const struct node *sig = payload_find(x->chain, V1_SIG);
	if (x->w->sa->end[x->w->turn->from].auth_frame)
		return;
	/* public key encryption hides the ID; it is not opened here */
	if (x->v1->method == 4 || x->v1->method == 5)
		return;
	identity(x, id);
	if (hash)
		check_hash(x, id, hash);
	else if (sig)
		check_signature(x, id, sig);
}

/* ---- NAT discovery, RFC 3947, 3.2 ---- */

static const struct node *natd_find(const struct node *n)
{
	while (n && n->number != V1_NATD && n->number != V1_NATD_DRAFT && n->number != V1_NATD_OLD)
		n = n->next;
	return n;
}

static bool natd_fits(struct ikev1_work *x, const struct node *n, const struct addr *addr,
		      uint16_t port)
{
	uint8_t spis[16], hash[IKE_HASH_MAX];
	size_t size;
	memcpy(spis, x->w->sa->spi_i, 8);
	memcpy(spis + 8, x->w->sa->spi_r, 8);
	return ike_natd_hash(x->w->s->crypto, x->v1->prf->algorithm, spis, addr, port, hash, &size) &&
	       span_equal(node_bytes(n, PAYLOAD_BODY), span_of(hash, size));
}

static void natted(struct ikev1_work *x, enum ike_side side)
{
	struct ike_end *end = &x->w->sa->end[side];
	if (end->natted)
		return;
	end->natted = true;
	end->natted_frame = x->w->at->frame;
	session_say(x->w, "a NAT changes the %s's address or port",
		    side == IKE_INITIATOR ? "initiator" : "responder");
}

/* The first is of the end that it is sent to, the others of all the sender's
 * addresses: one of them has to fit. */
void ikev1_natd(struct ikev1_work *x)
{
	enum ike_side from = x->w->turn->from;
	const struct node *n = natd_find(x->chain);
	bool mine = false, any = false;
	if (!n || !x->v1->prf)
		return;
	if (!natd_fits(x, n, &x->w->at->dst, x->w->at->dport))
		natted(x, other_side(from));
	for (int i = 0; (n = natd_find(n->next)) && i < 16; i++) {
		any = true;
		mine = mine || natd_fits(x, n, &x->w->at->src, x->w->at->sport);
	}
	if (any && !mine)
		natted(x, from);
}
