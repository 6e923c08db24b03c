/* SPDX-License-Identifier: BSD-2-Clause
 * Which keys open an IKEv1 SA: every way from a secret to the phase 1 key is
 * tried on its first encrypted message, whose structure (and HASH) decides. Whoever
 * knows more is asked first: the DH secret with a pre-shared key or with SKEYID
 * gives all keys, SKEYID_e and a phase 1 key only open. RFC 2409, 5. */
#include "ipsec/ike/ikev1_state.h"

enum {
	SCAN_MAX = 4096,	/* rows of the store looked at for one message */
	SMALL_STORE = 64,	/* secrets: each is tried, whatever SPIs it names */
};

/* ---- which secrets may be this SA's ---- */

static void pick(struct ikev1_picks *p, struct ike_secret *k, enum secret_kind kind)
{
	if (k->kind != kind || p->count == IKEV1_SECRETS)
		return;
	for (size_t i = 0; i < p->count; i++)
		if (p->row[i] == k)
			return;
	p->row[p->count++] = k;
}

static void pick_pair(struct ikev1_picks *p, const struct keystore *s, const uint8_t spis[16],
		      enum secret_kind kind)
{
	for (struct ike_secret *k = keystore_secrets(s, spis); k && p->scanned++ < SCAN_MAX;
	     k = k->pair_next)
		pick(p, k, kind);
}

/* Those that name the SA, then those that name none, then (of a few) all. */
struct ikev1_picks ikev1_picks_of(const struct ikev1_work *x, enum secret_kind kind, bool named_only)
{
	struct ikev1_picks p = { .count = 0 };
	const struct keystore *s = x->w->s->keys;
	uint8_t spis[16];
	memcpy(spis, x->w->sa->spi_i, 8);
	memcpy(spis + 8, x->w->sa->spi_r, 8);
	pick_pair(&p, s, spis, kind);
	memset(spis + 8, 0, 8);
	pick_pair(&p, s, spis, kind);
	if (named_only && kind != SECRET_PSK)
		return p;
	memset(spis, 0, sizeof spis);
	pick_pair(&p, s, spis, kind);
	if (s->secret_count <= SMALL_STORE)
		for (struct ike_secret *k = s->secrets; k; k = k->next)
			pick(&p, k, kind);
	return p;
}

static bool names_sa(const struct ike_secret *k, const struct ike_sa *sa)
{
	return memcmp(k->spi_i, sa->spi_i, 8) == 0;
}

/* The secret of another kind that belongs to one that works: it names the SA too,
 * or was written nearest to it in the same file. */
static struct ike_secret *beside(const struct ikev1_work *x, enum secret_kind kind,
				 const struct origin *at)
{
	struct ikev1_picks p = ikev1_picks_of(x, kind, false);
	struct ike_secret *best = NULL;
	size_t least = SIZE_MAX;
	for (size_t i = 0; i < p.count; i++) {
		struct ike_secret *k = p.row[i];
		if (k->secret.n != x->v1->prf->output)
			continue;
		if (names_sa(k, x->w->sa))
			return k;
		size_t far = k->origin.line > at->line ? k->origin.line - at->line :
			at->line - k->origin.line;
		if (k->origin.file && at->file && strcmp(k->origin.file, at->file) == 0 && far < least) {
			best = k;
			least = far;
		}
	}
	return best;
}

/* ---- DH ---- */

static bool is_group_known(const struct group *g)
{
	return g && g->kind != GROUP_KIND_UNSUPPORTED && g->kind != GROUP_KIND_NONE;
}

/* One more exponentiation? Those that are of no use are counted: of secrets that
 * name the SA for each SA, of the others for all. */
static bool may_try(struct ike_work *w, const struct ike_secret *k)
{
	if (!names_sa(k, w->sa))
		return w->s->private_tries++ < IKEV1_PRIVATE_MAX;
	if (w->sa->v1->private_tries >= IKEV1_PRIVATE_NAMED_MAX)
		return false;
	w->sa->v1->private_tries++;
	return true;
}

struct span ikev1_shared_of_private(struct ike_work *w, const struct ikev1_exchanged *q,
				    const struct ike_secret *k, uint8_t out[GROUP_SHARED_MAX])
{
	uint8_t public[GROUP_PUBLIC_MAX];
	struct err e = { 0 };
	const struct span none = { NULL, 0 };
	if (!is_group_known(q->group) || k->secret.n > q->group->public_size ||
	    q->public[0].n != q->group->public_size || q->public[1].n != q->group->public_size ||
	    !may_try(w, k) || !group_public(w->s->crypto, q->group, k->secret, public, &e))
		return none;
	for (int i = 0; i < 2; i++)
		if (span_equal(span_of(public, q->group->public_size), q->public[i]) &&
		    group_shared(w->s->crypto, q->group, k->secret, q->public[1 - i], out, &e)) {
			w->sa->v1->private_tries = 0;
			return span_of(out, q->group->shared);
		}
	return none;
}

/* ---- trying ---- */

struct search {
	struct ikev1_work *x;
	struct ikev1_phase1 p1;
	uint8_t (*iv)[IKEV1_IV_MAX];	/* the one that fits */
	struct span plain;		/* empty until something fits */
	uint8_t key[ENCR_KEY_MAX];
	size_t key_size;
	const struct ike_key *not;	/* this one does not */
};

static struct span open_with(struct ikev1_work *x, struct cipher *k, uint8_t iv[IKEV1_IV_MAX])
{
	uint8_t ivs[IKEV1_IVS][IKEV1_IV_MAX];
	size_t n = ikev1_ivs(x, ivs);
	for (size_t i = 0; i < n; i++) {
		struct span plain = ikev1_decrypt(x->m, k, span_of(ivs[i], x->v1->encr->iv), x->w->a);
		if (plain.n) {
			memcpy(iv, ivs[i], IKEV1_IV_MAX);
			return plain;
		}
	}
	return span_of(NULL, 0);
}

/* Is this the phase 1 key? */
static bool try_key(struct search *s, struct span key)
{
	struct err e = { 0 };
	if (s->not && span_equal(s->not->sk_ei, key))
		return false;
	struct cipher *k = cipher_new(s->x->w->s->crypto, s->x->v1->encr, integ_find(0), key,
				      span_of(NULL, 0), &e);
	if (k)
		s->plain = open_with(s->x, k, *s->iv);
	cipher_free(k);
	return s->plain.n != 0;
}

static bool try_skeyid_e(struct search *s, struct span skeyid_e)
{
	return ikev1_key(s->x->w->s->crypto, s->x->v1->prf, skeyid_e, s->key, s->key_size) &&
	       try_key(s, span_of(s->key, s->key_size));
}

static bool try_skeyid(struct search *s, struct span gxy, struct ikev1_skeyids *ids)
{
	struct err e = { 0 };
	return ikev1_skeyids(s->x->w->s->crypto, &s->p1, gxy, ids, &e) &&
	       try_skeyid_e(s, span_of(ids->e, s->p1.prf->output));
}

/* ---- the row for the store ---- */

static struct ike_key *row_add(struct search *s, struct span key, const struct ikev1_skeyids *ids,
			       const struct origin *origin)
{
	const struct ike_sa *sa = s->x->w->sa;
	size_t n = s->p1.prf->output;
	struct ike_key row = { .origin = *origin, .version = 1, .encr = s->x->v1->encr,
			       .prf = s->p1.prf, .sk_ei = key };
	memcpy(row.spi_i, sa->spi_i, 8);
	memcpy(row.spi_r, sa->spi_r, 8);
	if (ids) {
		row.sk_d = span_of(ids->d, n);
		row.sk_ai = span_of(ids->a, n);
		row.sk_pi = span_of(ids->id, n);
	} else {
		const struct ike_secret *d = beside(s->x, SECRET_SKEYID_D, origin);
		const struct ike_secret *a = beside(s->x, SECRET_SKEYID_A, origin);
		const struct ike_secret *id = beside(s->x, SECRET_SKEYID, origin);
		row.sk_d = d ? d->secret : span_of(NULL, 0);
		row.sk_ai = a ? a->secret : span_of(NULL, 0);
		row.sk_pi = id ? id->secret : span_of(NULL, 0);
	}
	return keystore_add_ike(s->x->w->s->keys, &row);
}

static struct origin origin_of(const struct origin *o, const char *how)
{
	return (struct origin){ o->file, o->line, how };
}

/* ---- the ways ---- */

static bool is_signature(uint16_t method)
{
	return method == 2 || method == 3 || (method >= 9 && method <= 11) ||
	       (method >= 64221 && method <= 64224) || (method >= 65003 && method <= 65006);
}

static bool is_encryption(uint16_t method)
{
	return method == 4 || method == 5 || (method >= 65007 && method <= 65010);
}

bool ikev1_is_psk(uint16_t method)
{
	return method == 1 || method == 65001 || method == 65002;
}

/* The shared secret with SKEYID, given or from the nonces (and a pre-shared key). */
static struct ike_key *with_shared(struct search *s, struct span gxy, struct ike_secret *dh)
{
	struct crypto *c = s->x->w->s->crypto;
	const size_t n = s->p1.prf->output;
	struct ikev1_skeyids ids;
	struct ike_key *row = NULL;
	struct err e = { 0 };
	struct origin from = origin_of(&dh->origin, "the DH secret");
	if (is_signature(s->x->v1->method) && s->p1.ni.n && s->p1.nr.n &&
	    ikev1_skeyid_signature(c, &s->p1, gxy, ids.id, &e) && try_skeyid(s, gxy, &ids))
		row = row_add(s, span_of(s->key, s->key_size), &ids, &from);
	struct ikev1_picks given = ikev1_picks_of(s->x, SECRET_SKEYID, s->x->v1->stranger);
	for (size_t i = 0; !row && i < given.count; i++) {
		if (given.row[i]->secret.n != n)
			continue;
		memcpy(ids.id, given.row[i]->secret.p, n);
		from = origin_of(&given.row[i]->origin, "SKEYID and the DH secret");
		if (try_skeyid(s, gxy, &ids))
			row = row_add(s, span_of(s->key, s->key_size), &ids, &from);
	}
	struct ikev1_picks psks = ikev1_picks_of(s->x, SECRET_PSK, false);
	for (size_t i = 0; !row && ikev1_is_psk(s->x->v1->method) && i < psks.count; i++) {
		from = origin_of(&psks.row[i]->origin, "the pre-shared key and the DH secret");
		if (!ikev1_skeyid_psk(c, &s->p1, psks.row[i]->secret, ids.id, &e) ||
		    !try_skeyid(s, gxy, &ids))
			continue;
		psks.row[i]->works = true;
		row = row_add(s, span_of(s->key, s->key_size), &ids, &from);
	}
	crypto_cleanse(&ids, sizeof ids);
	return row;
}

static struct ike_key *search_dh(struct search *s, bool private)
{
	struct ikev1_state *v1 = s->x->v1;
	struct ikev1_picks dh = ikev1_picks_of(s->x, SECRET_DH, v1->stranger);
	struct ikev1_exchanged q = { .public = { s->p1.gxi, s->p1.gxr },
				     .group = group_find(v1->start->group) };
	struct ike_key *row = NULL;
	for (size_t i = 0; !row && q.group && i < dh.count; i++) {
		uint8_t out[GROUP_SHARED_MAX];
		struct span gxy = { NULL, 0 };
		if (private)
			gxy = ikev1_shared_of_private(s->x->w, &q, dh.row[i], out);
		else if (dh.row[i]->secret.n == q.group->shared)
			gxy = dh.row[i]->secret;
		if (gxy.n)
			row = with_shared(s, gxy, dh.row[i]);
		if (row)
			dh.row[i]->works = true;
		crypto_cleanse(out, sizeof out);
	}
	return row;
}

static struct ike_key *search_skeyid_e(struct search *s)
{
	struct ikev1_picks e = ikev1_picks_of(s->x, SECRET_SKEYID_E, s->x->v1->stranger);
	for (size_t i = 0; i < e.count; i++) {
		struct origin from = origin_of(&e.row[i]->origin, "SKEYID_e");
		if (e.row[i]->secret.n != s->p1.prf->output || !try_skeyid_e(s, e.row[i]->secret))
			continue;
		e.row[i]->works = true;
		return row_add(s, span_of(s->key, s->key_size), NULL, &from);
	}
	return NULL;
}

/* Rows of the store: the phase 1 key itself. */
static struct ike_key *search_rows(struct search *s)
{
	uint8_t spis[16] = { 0 };
	size_t tries = IKEV1_SECRETS;
	memcpy(spis, s->x->w->sa->spi_i, 8);
	for (struct ike_key *k = keystore_ikes(s->x->w->s->keys, spis); k && tries--; k = k->pair_next) {
		bool other = memcmp(k->spi_r, s->x->w->sa->spi_r, 8) != 0 &&
			     !span_is_zero(span_of(k->spi_r, 8));
		if (k->version != 1 || other || k->sk_ei.n != s->key_size || !try_key(s, k->sk_ei))
			continue;
		k->works = true;
		return row_add(s, k->sk_ei, NULL, &k->origin);
	}
	return NULL;
}

struct ikev1_phase1 ikev1_phase1_of(const struct ikev1_state *v1)
{
	struct ikev1_phase1 p = { .prf = v1->prf };
	memcpy(p.cookies, v1->sa->spi_i, 8);
	memcpy(p.cookies + 8, v1->sa->spi_r, 8);
	if (v1->start) {
		const struct kept *k = v1->start->kept;
		p.gxi = span_of(k[START_KE_I].p, k[START_KE_I].n);
		p.gxr = span_of(k[START_KE_R].p, k[START_KE_R].n);
		p.ni = span_of(k[START_NI].p, k[START_NI].n);
		p.nr = span_of(k[START_NR].p, k[START_NR].n);
	}
	return p;
}

static struct ike_key *search(struct ikev1_work *x, uint8_t iv[IKEV1_IV_MAX], struct span *plain)
{
	struct search s = { .x = x, .p1 = ikev1_phase1_of(x->v1),
			    .iv = (uint8_t (*)[IKEV1_IV_MAX])iv,
			    .key_size = x->v1->key_octets, .not = x->v1->key[x->w->turn->from] };
	bool values = s.p1.gxi.n && s.p1.gxr.n;
	struct ike_key *row = values ? search_dh(&s, false) : NULL;
	row = row || !values ? row : search_dh(&s, true);
	row = row ? row : search_skeyid_e(&s);
	row = row ? row : search_rows(&s);
	crypto_cleanse(s.key, sizeof s.key);
	*plain = s.plain;
	return row;
}

/* ---- opening ---- */

static struct cipher *row_cipher(struct ikev1_work *x, struct ike_key *k)
{
	struct cipher_cache *cache = x->w->s->keys->ciphers;
	struct cipher *c = cipher_cache_get(cache, &k->initiator);
	struct err e = { 0 };
	if (c || k->unusable)
		return c;
	c = cipher_new(x->w->s->crypto, k->encr, integ_find(0), k->sk_ei, span_of(NULL, 0), &e);
	if (c)
		cipher_cache_put(cache, &k->initiator, c);
	k->unusable = !c;
	return c;
}

static bool decrypt_again(struct ikev1_work *x, struct ike_key *k, const uint8_t iv[IKEV1_IV_MAX],
			  struct span *plain)
{
	struct cipher *c = row_cipher(x, k);
	if (c)
		*plain = ikev1_decrypt(x->m, c, span_of(iv, x->v1->encr->iv), x->w->a);
	return plain->n != 0;
}

static void opened(struct ikev1_work *x, struct ike_key *k, struct span plain)
{
	struct ikev1_state *v1 = x->v1;
	enum ike_side from = x->w->turn->from;
	k->works = true;
	v1->opened[from] = true;
	v1->key[from] = k;
	if (!v1->key[1 - from])
		v1->key[1 - from] = k;
	x->w->sa->key = v1->key[IKE_INITIATOR];
	x->w->sa->missing = NULL;
	x->m->encr = k->encr;
	x->m->key = k;
	ikev1_set_plain(x->m, plain, x->w->a, x->repeated ? NULL : x->w->fs);
}

/* Nothing fits: what would. */
static void still_closed(struct ikev1_work *x)
{
	struct ikev1_state *v1 = x->v1;
	struct ike_sa *sa = x->w->sa;
	const struct keystore *s = x->w->s->keys;
	v1->failures++;
	if (v1->failures == 1 && s->secret_count && !v1->stranger)
		x->w->s->v1.strangers++;
	if (sa->key || sa->missing)
		return;
	sa->missing = !v1->encr || !v1->start ? "the beginning of phase 1, with the algorithms and "
		      "public values" : ikev1_is_psk(v1->method) ? "the phase 1 key, or SKEYID_e, or "
		      "the DH secret of phase 1 with the pre-shared key" : is_encryption(v1->method) ?
		      "the phase 1 key, or SKEYID_e, or the DH secret of phase 1 with SKEYID" :
		      "the phase 1 key, or SKEYID_e, or the DH secret of phase 1";
	if (s->secret_count || s->ike_count)
		finding_add(x->w->fs, SEVERITY_NOTE, NULL, IKE_HEADER_SIZE,
			    "stays closed: what is missing is %s", sa->missing);
}

bool ikev1_keys_open(struct ikev1_work *x, uint8_t iv[IKEV1_IV_MAX])
{
	struct ikev1_state *v1 = x->v1;
	enum ike_side from = x->w->turn->from;
	struct ike_key *k = v1->key[from];
	struct cipher *c = k ? row_cipher(x, k) : NULL;
	struct span plain = c ? open_with(x, c, iv) : span_of(NULL, 0);
	bool may_search = v1->encr && v1->prf && v1->key_octets && !v1->opened[from] &&
			  v1->failures < IKEV1_FAILURES && ikev1_sealed(x->m).n;
	if (!plain.n && may_search && (k = search(x, iv, &plain)) == NULL)
		plain = span_of(NULL, 0);
	if (!plain.n) {
		if (!v1->opened[from])
			still_closed(x);
		return false;
	}
	opened(x, k, plain);
	return true;
}

bool ikev1_keys_reopen(struct ikev1_work *x, const uint8_t iv[IKEV1_IV_MAX])
{
	struct ike_key *k = x->v1->key[x->w->turn->from];
	struct span plain = { NULL, 0 };
	if (!k || !decrypt_again(x, k, iv, &plain))
		return false;
	opened(x, k, plain);
	return true;
}
