/* SPDX-License-Identifier: BSD-2-Clause
 * From one secret to all keys: whichever of SKEYSEED, DH secret (or a private
 * value) and SK_d is there becomes rows of the store; the ICV of what comes later
 * decides which of several candidates is right. RFC 7296, 2.14, 2.17, 2.18; RFC
 * 8784, 3. */
#include "ipsec/crypto/group.h"
#include "ipsec/ike/keymat.h"
#include "ipsec/ike/session_state.h"

enum {
	CANDIDATES_MAX = 24,	/* secrets tried for one exchange */
	STEPS_MAX = 1024,	/* rows looked at for them */
	SMALL_STORE = 64,	/* secrets: each is tried on each exchange, whatever SPIs it names */
	ROWS_MAX = 64,		/* derived rows of one CHILD SA */
	PRIVATE_NAMED_MAX = 64,	/* exponentiations of one IKE SA */
	GUESSES_MAX = 1 << 16,	/* rows that were derived from secrets that name no SPIs */
	PRIVATE_MAX = 512,	/* exponentiations for secrets that name no SPIs: anybody can
				 * make up exchanges */
};

/* ---- which secrets may be this exchange's ---- */

struct candidates {
	struct ike_secret *row[CANDIDATES_MAX];
	size_t count;
};

static void candidate(struct candidates *c, struct ike_secret *k, enum secret_kind kind)
{
	if (k->kind != kind || c->count == CANDIDATES_MAX)
		return;
	for (size_t i = 0; i < c->count; i++)
		if (c->row[i] == k)
			return;
	c->row[c->count++] = k;
}

static void candidates_pair(struct candidates *c, const struct keystore *s,
			    const uint8_t spis[16], enum secret_kind kind)
{
	int steps = 0;	/* those that name no SPIs may be many */
	struct ike_secret *k = keystore_secrets(s, spis);
	for (; k && c->count < CANDIDATES_MAX && steps < STEPS_MAX; k = k->pair_next, steps++)
		candidate(c, k, kind);
}

static void sa_pair(const struct ike_sa *sa, uint8_t spis[16])
{
	memcpy(spis, sa->spi_i, 8);
	memcpy(spis + 8, sa->spi_r, 8);
}

/* Those of the SA first, then of the other one that takes part, then those that
 * name none, then (of a few) all. */
static struct candidates candidates_of(const struct ike_work *w, const struct ike_sa *sa,
				       const struct ike_sa *other, enum secret_kind kind)
{
	struct candidates c = { .count = 0 };
	const struct keystore *s = w->s->keys;
	uint8_t spis[16];
	sa_pair(sa, spis);
	candidates_pair(&c, s, spis, kind);
	memset(spis + 8, 0, 8);
	candidates_pair(&c, s, spis, kind);
	if (other) {
		sa_pair(other, spis);
		candidates_pair(&c, s, spis, kind);
	}
	memset(spis, 0, sizeof spis);
	candidates_pair(&c, s, spis, kind);
	if (s->secret_count <= SMALL_STORE)
		for (struct ike_secret *k = s->secrets; k; k = k->next)
			candidate(&c, k, kind);
	return c;
}

bool key_exchange_read(const struct node *request, const struct node *response,
		       struct key_exchange *x)
{
	const struct node *chain[] = { request, response };
	*x = (struct key_exchange){ 0 };
	for (int i = 0; i < 2; i++) {
		const struct node *nonce = payload_find(chain[i], PAYLOAD_NONCE);
		const struct node *ke = payload_find(chain[i], PAYLOAD_KE);
		if (!nonce)
			return false;
		x->nonce[i] = node_bytes(nonce, PAYLOAD_BODY);
		x->public[i] = ke ? node_bytes(ke, KE_DATA) : (struct span){ 0 };
	}
	const struct node *ke = payload_find(response, PAYLOAD_KE);
	if (ke)
		x->group = group_find((unsigned)node_uint(ke, KE_GROUP, 0));
	return true;
}

/* ---- DH secrets ---- */

/* One side's private value gives the public one that is in its KE payload. */
static bool shared_of_private(const struct ike_work *w, const struct key_exchange *x,
			      struct span private_value, uint8_t out[GROUP_SHARED_MAX])
{
	uint8_t public[GROUP_PUBLIC_MAX];
	struct err e = { 0 };
	if (!group_public(w->s->crypto, x->group, private_value, public, &e))
		return false;
	for (int i = 0; i < 2; i++)
		if (span_equal(span_of(public, x->group->public_size), x->public[i]))
			return group_shared(w->s->crypto, x->group, private_value, x->public[1 - i],
					    out, &e);
	return false;
}

static bool is_group_known(const struct group *g)
{
	return g && g->kind != GROUP_KIND_UNSUPPORTED && g->kind != GROUP_KIND_NONE;
}

static bool may_be_private(struct ike_work *w, const struct key_exchange *x,
			   const struct ike_secret *row)
{
	if (x->public[0].n != x->group->public_size || x->public[1].n != x->group->public_size)
		return false;
	if (memcmp(row->spi_i, w->sa->spi_i, 8) == 0)
		return w->sa->state->private_tries++ < PRIVATE_NAMED_MAX;
	return w->s->private_tries++ < PRIVATE_MAX;
}

/* The shared secret that a row stands for; empty if it cannot be this group's.
 * A private value is proved by the public one; a shared secret may be that of
 * another exchange. */
static struct span dh_shared(struct ike_work *w, const struct key_exchange *x,
			     const struct ike_secret *row, uint8_t out[GROUP_SHARED_MAX],
			     bool *guess)
{
	*guess = true;
	if (!is_group_known(x->group) || row->secret.n > x->group->public_size)
		return (struct span){ 0 };
	if (may_be_private(w, x, row) && shared_of_private(w, x, row->secret, out)) {
		*guess = false;
		return span_of(out, x->group->shared);
	}
	return row->secret.n == x->group->shared ? row->secret : (struct span){ 0 };
}

/* ---- IKE SAs ---- */

static bool suite_of(const struct ike_sa *sa, struct keymat_suite *suite)
{
	const struct ike_choice *c = &sa->choice;
	*suite = (struct keymat_suite){ .prf = prf_find(c->prf), .encr = encr_find(c->encr),
		.encr_bits = c->encr_bits,
		.integ = integ_find(c->has & CHOICE_INTEG ? c->integ : 0) };
	return (c->has & CHOICE_PRF) && (c->has & CHOICE_ENCR) && suite->prf && suite->encr &&
	       suite->integ && suite->prf->kind != PRF_KIND_UNSUPPORTED &&
	       suite->encr->kind != ENCR_KIND_UNSUPPORTED &&
	       suite->integ->kind != INTEG_KIND_UNSUPPORTED;
}

/* A row for the store from a SKEYSEED. */
static void row_add(struct ike_work *w, const struct ike_sa *sa, const struct sk_d *skeyseed,
		    const struct key_exchange *x)
{
	struct keymat_suite suite;
	struct keymat_ike keys;
	struct keymat_nonces nonces = { x->nonce[0], x->nonce[1] };
	uint8_t spis[16];
	struct err e = { 0 };
	sa_pair(sa, spis);
	if (!suite_of(sa, &suite) || (skeyseed->guess && w->s->guesses++ >= GUESSES_MAX) ||
	    !keymat_ike(w->s->crypto, &suite, skeyseed->octets, &nonces, spis, &keys, &e))
		return;
	struct ike_key row = {
		.origin = skeyseed->origin, .guess = skeyseed->guess, .version = 2, .encr = suite.encr, .integ = suite.integ,
		.prf = suite.prf, .sk_d = keys.sk_d, .sk_ai = keys.sk_ai, .sk_ar = keys.sk_ar,
		.sk_ei = keys.sk_ei, .sk_er = keys.sk_er, .sk_pi = keys.sk_pi, .sk_pr = keys.sk_pr,
	};
	memcpy(row.spi_i, spis, 8);
	memcpy(row.spi_r, spis + 8, 8);
	keystore_add_ike(w->s->keys, &row);
	crypto_cleanse(&keys, sizeof keys);
}

static struct origin origin_of(const struct ike_secret *k, const char *how)
{
	return (struct origin){ k->origin.file, k->origin.line, how };
}

static bool names_sa(const struct ike_secret *k, const struct ike_sa *sa)
{
	return memcmp(k->spi_i, sa->spi_i, 8) == 0 &&
	       (memcmp(k->spi_r, sa->spi_r, 8) == 0 || span_is_zero(span_of(k->spi_r, 8)));
}

static void rows_of_skeyseeds(struct ike_work *w, const struct ike_sa *sa,
			      const struct key_exchange *x)
{
	struct candidates c = candidates_of(w, sa, NULL, SECRET_SKEYSEED);
	for (size_t i = 0; i < c.count; i++) {
		struct sk_d seed = { c.row[i]->secret, origin_of(c.row[i], "SKEYSEED"),
				     !names_sa(c.row[i], sa) };
		row_add(w, sa, &seed, x);
	}
}

void keys_init(struct ike_work *w, const struct key_exchange *x)
{
	struct keymat_suite suite;
	struct keymat_nonces nonces = { x->nonce[0], x->nonce[1] };
	if (!w->s->keys->secret_count || !suite_of(w->sa, &suite))
		return;
	rows_of_skeyseeds(w, w->sa, x);
	struct candidates c = candidates_of(w, w->sa, NULL, SECRET_DH);
	for (size_t i = 0; i < c.count; i++) {
		uint8_t seed[PRF_OUTPUT_MAX], out[GROUP_SHARED_MAX];
		struct err e = { 0 };
		struct sk_d from = { span_of(seed, suite.prf->output),
				     origin_of(c.row[i], "the DH secret"), false };
		struct span shared = dh_shared(w, x, c.row[i], out, &from.guess);
		if (shared.n && keymat_skeyseed(w->s->crypto, suite.prf, &nonces, shared, seed, &e))
			row_add(w, w->sa, &from, x);
		crypto_cleanse(out, sizeof out);
		crypto_cleanse(seed, sizeof seed);
	}
}

/* ---- SK_d ---- */

static size_t sk_d_put(struct sk_d out[SK_D_MAX], size_t n, struct sk_d more)
{
	for (size_t i = 0; i < n; i++)
		if (span_equal(out[i].octets, more.octets))
			return n;
	if (n < SK_D_MAX && more.octets.n)
		out[n++] = more;
	return n;
}

/* The SA's own with each PPK, if one takes part: the right PPK is known once AUTH
 * was verified. */
static size_t sk_d_ppk(struct ike_work *w, struct sk_d out[SK_D_MAX])
{
	const struct ike_key *key = w->sa->key;
	struct err e = { 0 };
	size_t n = 0;
	if (!w->sa->ppk || !key || !key->sk_d.n)
		return 0;
	const struct ike_secret *k = w->s->keys->of_kind[SECRET_PPK];
	for (; k && n < SK_D_MAX; k = k->kind_next) {
		if ((w->sa->state->ppk.n && k->secret.p != w->sa->state->ppk.p))
			continue;
		uint8_t *octets = arena_alloc(w->a, key->sk_d.n);
		struct sk_d with = { span_of(octets, key->sk_d.n),
				     { key->origin.file, key->origin.line, "SK_d and a PPK" },
				     !w->sa->state->ppk.n };
		if (prf_plus(w->s->crypto, key->prf, k->secret, key->sk_d, octets, key->sk_d.n, &e))
			n = sk_d_put(out, n, with);
	}
	return n;
}

static size_t sk_d_of(struct ike_work *w, struct sk_d out[SK_D_MAX])
{
	size_t n = sk_d_ppk(w, out);
	struct candidates c = candidates_of(w, w->sa, NULL, SECRET_SK_D);
	if (w->sa->key && w->sa->key->sk_d.n && !w->sa->ppk)
		n = sk_d_put(out, n, (struct sk_d){ w->sa->key->sk_d, w->sa->key->origin, false });
	for (size_t i = 0; i < c.count; i++)
		n = sk_d_put(out, n, (struct sk_d){ c.row[i]->secret, origin_of(c.row[i], "SK_d"),
						    !names_sa(c.row[i], w->sa) });
	return n;
}

static const struct prf *prf_of(const struct ike_sa *sa)
{
	const struct prf *prf = sa->choice.has & CHOICE_PRF ? prf_find(sa->choice.prf) : NULL;
	prf = prf ? prf : sa->key ? sa->key->prf : NULL;
	return prf && prf->kind != PRF_KIND_UNSUPPORTED ? prf : NULL;
}

/* ---- rekeyed IKE SAs ---- */

/* One old SK_d with each DH secret that may be this exchange's. */
static size_t rekey_rows(struct ike_work *w, struct ike_sa *next, const struct key_exchange *x,
			 const struct sk_d *old)
{
	struct keymat_nonces nonces = { x->nonce[0], x->nonce[1] };
	const struct prf *prf = prf_of(w->sa);
	struct candidates c = candidates_of(w, w->sa, next, SECRET_DH);
	size_t n = 0;
	for (size_t i = 0; prf && i < c.count; i++) {
		uint8_t seed[PRF_OUTPUT_MAX], out[GROUP_SHARED_MAX];
		struct err e = { 0 };
		struct sk_d from = { span_of(seed, prf->output), origin_of(c.row[i],
				     "the DH secret of the rekey and the old SK_d"), false };
		struct span shared = dh_shared(w, x, c.row[i], out, &from.guess);
		if (shared.n && keymat_skeyseed_rekey(w->s->crypto, prf, old->octets, &nonces,
						      shared, seed, &e)) {
			from.guess |= old->guess;
			row_add(w, next, &from, x);
			n++;
		}
		crypto_cleanse(out, sizeof out);
		crypto_cleanse(seed, sizeof seed);
	}
	return n;
}

void keys_rekey(struct ike_work *w, struct ike_sa *next, const struct key_exchange *x)
{
	struct sk_d old[SK_D_MAX];
	size_t count = sk_d_of(w, old), rows = 0;
	rows_of_skeyseeds(w, next, x);
	for (size_t i = 0; i < count; i++)
		rows += rekey_rows(w, next, x, &old[i]);
	if (!rows)
		next->missing = ike_sa_printf(next, "%s of the CREATE_CHILD_SA exchange in frame %llu%s",
			count ? "the DH secret" : "the DH secret", (unsigned long long)w->at->frame,
			count ? "" : ", and SK_d of the IKE SA before");
}

/* ---- CHILD SAs ---- */

size_t session_child_key_size(const struct ike_child *c)
{
	const struct integ *integ = integ_find(c->choice.has & CHOICE_INTEG ? c->choice.integ : 0);
	size_t encr = 0;
	if (!integ || integ->kind == INTEG_KIND_UNSUPPORTED)
		return 0;
	if (c->protocol == PROTOCOL_ESP) {
		const struct encr *row = c->choice.has & CHOICE_ENCR ? encr_find(c->choice.encr) : NULL;
		encr = row ? keymat_encr_size(row, c->choice.encr_bits) : 0;
		if (!row || (!encr && row->kind != ENCR_KIND_NULL))
			return 0;
	}
	return encr + integ->key + integ->salt;
}

static void row_keep(struct ike_child *c, struct sa_key *row)
{
	if (!c->rows)
		c->rows = ike_sa_alloc(c->sa, 2 * sizeof *c->rows);
	if (c->row_count == 2) {	/* several candidates: rare */
		struct sa_key **more = ike_sa_alloc(c->sa, ROWS_MAX * sizeof *more);
		memcpy(more, c->rows, 2 * sizeof *more);
		c->rows = more;
	}
	if (c->row_count < ROWS_MAX)
		c->rows[c->row_count++] = row;
}

static struct addr_pattern whole(const struct addr *a)
{
	return (struct addr_pattern){ *a, (uint8_t)(8 * addr_size(a)) };
}

bool session_child_key(struct ike_session *s, struct ike_child *c, enum ike_side to,
		       const struct child_key *k)
{
	size_t size = session_child_key_size(c);
	if (!size || k->part.n != size)
		return false;
	const struct integ *integ = integ_find(c->choice.has & CHOICE_INTEG ? c->choice.integ : 0);
	const struct encr *encr = encr_find(c->protocol == PROTOCOL_AH ? 11 : c->choice.encr);
	size_t n = size - integ->key - integ->salt;
	bool i = to == IKE_INITIATOR;
	struct sa_key row = {
		.origin = k->from, .guess = k->guess, .protocol = c->protocol, .spi = i ? c->spi_i : c->spi_r,
		.spi_mask = UINT32_MAX, .src = whole(i ? &c->addr_r : &c->addr_i),
		.dst = whole(i ? &c->addr_i : &c->addr_r), .mode = c->mode, .encr = encr,
		.integ = integ, .encr_key = span_part(k->part, 0, n), .integ_key = span_from(k->part, n),
		.esn = c->choice.has & CHOICE_SN && c->choice.esn ? ESN_YES : ESN_NO,
	};
	row_keep(c, keystore_add_sa(s->keys, &row));
	s->keys_added = true;
	return true;
}

void keys_child_moved(struct ike_session *s, struct ike_child *c)
{
	for (uint32_t i = 0; i < c->row_count; i++) {
		struct sa_key row = *c->rows[i];
		bool to_i = row.spi == c->spi_i;
		row.src = whole(to_i ? &c->addr_r : &c->addr_i);
		row.dst = whole(to_i ? &c->addr_i : &c->addr_r);
		keystore_add_sa(s->keys, &row);
		s->keys_added = true;
	}
}

/* KEYMAT is for the direction from initiator to responder first (RFC 7296, 2.17). */
static bool child_rows(struct ike_work *w, struct ike_child *c, const struct key_exchange *x,
		       struct span shared, const struct sk_d *sk_d)
{
	uint8_t octets[KEYMAT_CHILD_MAX];
	struct keymat_nonces nonces = { x->nonce[0], x->nonce[1] };
	size_t n = session_child_key_size(c);
	const struct prf *prf = prf_of(w->sa);
	struct err e = { 0 };
	if (!n || 2 * n > sizeof octets || !prf || c->row_count >= ROWS_MAX ||
	    !keymat_child(w->s->crypto, prf, sk_d->octets, shared, &nonces, span_of(octets, 2 * n), &e))
		return false;
	struct child_key to_r = { span_of(octets, n), sk_d->origin, sk_d->guess };
	struct child_key to_i = { span_of(octets + n, n), sk_d->origin, sk_d->guess };
	session_child_key(w->s, c, IKE_RESPONDER, &to_r);
	session_child_key(w->s, c, IKE_INITIATOR, &to_i);
	crypto_cleanse(octets, sizeof octets);
	return true;
}

static size_t child_rows_dh(struct ike_work *w, struct ike_child *c, const struct key_exchange *x,
			    const struct sk_d *sk_d)
{
	struct candidates dh = candidates_of(w, w->sa, NULL, SECRET_DH);
	size_t n = 0;
	for (size_t i = 0; i < dh.count; i++) {
		uint8_t out[GROUP_SHARED_MAX];
		struct sk_d with = { sk_d->octets, origin_of(dh.row[i], "SK_d and this DH secret"),
				     false };
		struct span shared = dh_shared(w, x, dh.row[i], out, &with.guess);
		with.guess |= sk_d->guess;
		n += shared.n && child_rows(w, c, x, shared, &with);
		crypto_cleanse(out, sizeof out);
	}
	return n;
}

void keys_child(struct ike_work *w, struct ike_child *c, const struct key_exchange *x)
{
	struct sk_d sk_d[SK_D_MAX];
	size_t count = sk_d_of(w, sk_d), rows = 0;
	for (size_t i = 0; i < count; i++)
		rows += x->group ? child_rows_dh(w, c, x, &sk_d[i]) :
			child_rows(w, c, x, (struct span){ 0 }, &sk_d[i]);
	if (rows)
		c->keys = origin_text(&c->rows[0]->origin, w->a);
	c->keys = ike_sa_text(w->sa, c->keys);
	if (!count && w->sa->ppk && w->sa->key && w->sa->key->sk_d.n)
		c->missing = "the PPK (RFC 8784), which changes SK_d,";
	else if (!count)
		c->missing = "SK_d of the IKE SA (from SKEYSEED or the DH secret of IKE_SA_INIT)";
	else if (!rows && x->group)
		c->missing = ike_sa_printf(w->sa, "the DH secret of the CREATE_CHILD_SA exchange in "
					   "frame %llu", (unsigned long long)w->at->frame);
	else if (!rows)
		c->missing = "an algorithm that is known here";
	if (c->missing && w->s->keys->secret_count)
		finding_add(w->fs, SEVERITY_NOTE, NULL, 0, "the keys of this CHILD SA cannot be "
			    "derived: %s is missing", c->missing);
}

/* ---- opened or not ---- */

/* Rows of other sources that name this SPI pair and say something else. */
static void tell_disagreement(struct ike_work *w)
{
	const struct ike_key *key = w->m->key;
	for (const struct ike_key *k = keystore_ikes(w->s->keys, w->m->octets.p); k; k = k->pair_next) {
		if (k == key || k->origin.how || k->version != 2 || !k->sk_ei.n ||
		    !key->sk_ei.n || span_equal(k->sk_ei, key->sk_ei))
			continue;
		finding_add(w->fs, SEVERITY_NOTE, NULL, 0, "%s has other keys for this IKE SA; those "
			    "of %s open it", origin_text(&k->origin, w->a),
			    origin_text(&key->origin, w->a));
		w->sa->state->disagree_told = true;
		return;
	}
}

/* The row of a table may lack what derivation found: the same SK_e with SK_d. */
void keys_opened(struct ike_work *w)
{
	struct ike_sa *sa = w->sa;
	if (sa->key == w->m->key)
		return;
	sa->key = w->m->key;
	sa->missing = NULL;
	if (!sa->state->disagree_told)
		tell_disagreement(w);
}

static bool has_secret(const struct ike_work *w, enum secret_kind kind)
{
	struct candidates c = candidates_of(w, w->sa, NULL, kind);
	return c.count > 0;
}

void keys_closed(struct ike_work *w)
{
	struct ike_sa *sa = w->sa;
	const struct keystore *s = w->s->keys;
	if (sa->key || sa->state->closed_told)
		return;
	sa->state->closed_told = true;
	if (!sa->missing && has_secret(w, SECRET_SK_D))
		sa->missing = "SK_ei and SK_er (SK_d alone does not open IKE_AUTH, which names the "
			      "CHILD SA's SPIs and algorithms)";
	else if (!sa->missing && !sa->choice.has)
		sa->missing = "its keys: IKE_SA_INIT is not in the capture, so that they cannot be derived";
	else if (!sa->missing)
		sa->missing = "SKEYSEED, or the DH secret of IKE_SA_INIT, or SK_ei and SK_er";
	if (s->secret_count || s->ike_count)
		finding_add(w->fs, SEVERITY_NOTE, NULL, w->m->sk ? w->m->sk->offset : 0,
			    "stays closed: what is missing is %s", sa->missing);
}
