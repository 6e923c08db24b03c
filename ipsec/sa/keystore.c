/* SPDX-License-Identifier: BSD-2-Clause
 * The store of keys that were given: lists of rows in the order of the files,
 * and one hash over all of them that finds equal rows, so that a kernel's state
 * read ten times is kept once. Keys lie in the store's arena, only there, and
 * are cleansed at the end. */
#include "ipsec/sa/sa.h"

#include <stdio.h>
#include <stdlib.h>

enum row_kind { ROW_SA, ROW_IKE, ROW_SECRET, ROW_PAIR, ROW_SECRET_PAIR };

struct row_entry {
	uint64_t hash;
	enum row_kind kind;
	void *row;		/* NULL: a free place */
};

/* Open addressing, at most half full. */
struct keystore_index {
	size_t count, size;
	struct row_entry *entries;
	const char *file;	/* the file name last kept: rows of one file share it */
};

const char *sa_mode_name(enum sa_mode m)
{
	static const char *const names[] = { NULL, "tunnel", "transport", "beet" };
	return names[m];
}

static uint64_t hash_octets(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;
	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;	/* FNV-1a */
	return h;
}

static uint64_t hash_span(uint64_t h, struct span s)
{
	return hash_octets(hash_octets(h, &s.n, sizeof s.n), s.p, s.n);
}

static void *must(void *p)
{
	if (!p)
		abort();	/* as the arena does */
	return p;
}

static void index_put(struct keystore_index *x, struct row_entry entry)
{
	size_t i = (entry.hash ^ entry.hash >> 32) & (x->size - 1);
	while (x->entries[i].row)
		i = (i + 1) & (x->size - 1);
	x->entries[i] = entry;
}

static void index_grow(struct keystore_index *x)
{
	struct row_entry *old = x->entries;
	size_t size = x->size;
	x->size = size ? 2 * size : 64;
	x->entries = must(calloc(x->size, sizeof *x->entries));
	for (size_t i = 0; i < size; i++)
		if (old[i].row)
			index_put(x, old[i]);
	free(old);
}

static void index_add(struct keystore_index *x, enum row_kind kind, uint64_t hash, void *row)
{
	if (2 * (x->count + 1) > x->size)
		index_grow(x);
	index_put(x, (struct row_entry){ hash, kind, row });
	x->count++;
}

/* The first row of this kind and hash that `same` takes; NULL. */
static void *index_find(struct keystore_index *x, enum row_kind kind, uint64_t hash,
			bool (*same)(void *there, const void *row), const void *row)
{
	if (!x->size)
		return NULL;
	for (size_t i = (hash ^ hash >> 32) & (x->size - 1); x->entries[i].row;
	     i = (i + 1) & (x->size - 1))
		if (x->entries[i].hash == hash && x->entries[i].kind == kind &&
		    same(x->entries[i].row, row))
			return x->entries[i].row;
	return NULL;
}

void keystore_init(struct keystore *s)
{
	*s = (struct keystore){ 0 };
	s->sas_tail = &s->sas;
	s->ikes_tail = &s->ikes;
	s->secrets_tail = &s->secrets;
	s->index = must(calloc(1, sizeof *s->index));
	s->ciphers = cipher_cache_new(CIPHER_CACHE_DEFAULT);
}

static void span_cleanse(struct span s)
{
	if (s.n)
		crypto_cleanse((void *)(uintptr_t)s.p, s.n);
}

void keystore_done(struct keystore *s)
{
	cipher_cache_free(s->ciphers);
	for (struct sa_key *k = s->sas; k; k = k->next) {
		span_cleanse(k->encr_key);
		span_cleanse(k->integ_key);
	}
	for (struct ike_key *k = s->ikes; k; k = k->next) {
		struct span *keys[] = { &k->sk_ei, &k->sk_er, &k->sk_ai, &k->sk_ar,
					&k->sk_d, &k->sk_pi, &k->sk_pr };
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			span_cleanse(*keys[i]);
	}
	for (struct ike_secret *k = s->secrets; k; k = k->next)
		span_cleanse(k->secret);
	if (s->index)
		free(s->index->entries);
	free(s->index);
	arena_done(&s->arena);
	*s = (struct keystore){ 0 };
}

static void origin_keep(struct keystore *s, struct origin *o)
{
	const char *last = s->index->file;
	if (o->file && (!last || strcmp(last, o->file) != 0))
		s->index->file = arena_text(&s->arena, span_text(o->file));
	if (o->file)
		o->file = s->index->file;
}

static bool pattern_equal(const struct addr_pattern *a, const struct addr_pattern *b)
{
	return a->bits == b->bits && addr_equal(&a->addr, &b->addr);
}

static uint64_t sa_hash(const struct sa_key *k)
{
	uint64_t h = hash_octets(0xcbf29ce484222325u, &k->spi, sizeof k->spi);
	h = hash_octets(h, k->dst.addr.b, sizeof k->dst.addr.b);
	return hash_span(hash_span(h, k->encr_key), k->integ_key);
}

static bool agree(unsigned a, unsigned b)	/* 0: not said */
{
	return a == 0 || b == 0 || a == b;
}

/* The same SA with the same keys, and nothing that is said differently. */
static bool sa_same(void *there, const void *row)
{
	const struct sa_key *a = there, *b = row;
	return a->protocol == b->protocol && a->spi == b->spi && a->spi_mask == b->spi_mask &&
	       pattern_equal(&a->src, &b->src) && pattern_equal(&a->dst, &b->dst) &&
	       a->encr == b->encr && a->integ == b->integ &&
	       span_equal(a->encr_key, b->encr_key) && span_equal(a->integ_key, b->integ_key) &&
	       agree(a->mode, b->mode) && agree(a->esn, b->esn);
}

static void sa_merge(struct sa_key *k, const struct sa_key *row)
{
	k->guess = k->guess && row->guess;
	if (!k->mode)
		k->mode = row->mode;
	if (!k->esn)
		k->esn = row->esn;
	if (row->seq_high > k->seq_high)
		k->seq_high = row->seq_high;
	if (row->window > k->window)
		k->window = row->window;
}

struct sa_key *keystore_add_sa(struct keystore *s, const struct sa_key *row)
{
	uint64_t hash = sa_hash(row);
	struct sa_key *k = index_find(s->index, ROW_SA, hash, sa_same, row);
	if (k) {
		sa_merge(k, row);
		return k;
	}
	k = arena_raw(&s->arena, sizeof *k);
	*k = *row;
	k->next = NULL;
	k->cipher = (struct cipher_ref){ 0 };
	k->unusable = false;
	k->why = NULL;
	k->encr_key = arena_copy(&s->arena, row->encr_key);
	k->integ_key = arena_copy(&s->arena, row->integ_key);
	origin_keep(s, &k->origin);
	*s->sas_tail = k;
	s->sas_tail = &k->next;
	s->sa_count++;
	index_add(s->index, ROW_SA, hash, k);
	return k;
}

static uint64_t ike_hash(const struct ike_key *k)
{
	uint64_t h = hash_octets(0x9e3779b97f4a7c15u, k->spi_i, sizeof k->spi_i);
	h = hash_span(hash_span(h, k->sk_ei), k->sk_er);
	return hash_span(hash_span(h, k->sk_ai), k->sk_ar);
}

/* Some tables of IKEv1 keys have the initiator's cookie only. */
static bool responders_agree(const struct ike_key *a, const struct ike_key *b)
{
	return memcmp(a->spi_r, b->spi_r, 8) == 0 ||
	       (a->version == 1 && (span_is_zero(span_of(a->spi_r, 8)) ||
				    span_is_zero(span_of(b->spi_r, 8))));
}

static bool ike_same(void *there, const void *row)
{
	const struct ike_key *a = there, *b = row;
	return a->version == b->version && memcmp(a->spi_i, b->spi_i, 8) == 0 &&
	       responders_agree(a, b) && a->encr == b->encr &&
	       a->integ == b->integ && span_equal(a->sk_ei, b->sk_ei) &&
	       span_equal(a->sk_er, b->sk_er) && span_equal(a->sk_ai, b->sk_ai) &&
	       span_equal(a->sk_ar, b->sk_ar);
}

static uint64_t pair_hash(const uint8_t *spis)
{
	return hash_octets(0x6a09e667f3bcc908u, spis, 16);
}

/* Rows of one SPI pair hang on the index entry of the newest. */
static bool pair_same(void *there, const void *spis)
{
	const struct ike_key *k = there;
	const uint8_t *b = spis;
	return memcmp(k->spi_i, b, 8) == 0 &&
	       (k->version == 1 ? span_is_zero(span_of(b + 8, 8)) :
				  memcmp(k->spi_r, b + 8, 8) == 0);
}

struct ike_key *keystore_ikes(const struct keystore *s, const uint8_t spis[16])
{
	return index_find(s->index, ROW_PAIR, pair_hash(spis), pair_same, spis);
}

/* The pair's first row stays in the index; later ones come behind it. */
static void pair_add(struct keystore *s, struct ike_key *k)
{
	uint8_t spis[16] = { 0 };
	memcpy(spis, k->spi_i, 8);
	if (k->version != 1)
		memcpy(spis + 8, k->spi_r, 8);
	struct ike_key *first = keystore_ikes(s, spis);
	k->pair_next = first ? first->pair_next : NULL;
	if (first)
		first->pair_next = k;
	else
		index_add(s->index, ROW_PAIR, pair_hash(spis), k);
}

const char *origin_text(const struct origin *o, struct arena *a)
{
	const char *file = o->file ? o->file : "?";
	char line[24] = "";
	if (o->line)
		snprintf(line, sizeof line, ":%zu", o->line);
	return arena_printf(a, "%s%s%s%s", file, line, o->how ? ", derived from " : "",
			    o->how ? o->how : "");
}

/* A row that was derived says more than one that was given. */
static void ike_merge(struct keystore *s, struct ike_key *k, const struct ike_key *row)
{
	k->guess = k->guess && row->guess;
	if (span_is_zero(span_of(k->spi_r, 8)))
		memcpy(k->spi_r, row->spi_r, 8);
	if (k->sk_d.n || !row->sk_d.n)
		return;
	k->prf = row->prf;
	k->encr = row->encr;
	k->sk_d = arena_copy(&s->arena, row->sk_d);
	k->sk_pi = arena_copy(&s->arena, row->sk_pi);
	k->sk_pr = arena_copy(&s->arena, row->sk_pr);
}

struct ike_key *keystore_add_ike(struct keystore *s, const struct ike_key *row)
{
	uint64_t hash = ike_hash(row);
	struct ike_key *k = index_find(s->index, ROW_IKE, hash, ike_same, row);
	if (k) {
		ike_merge(s, k, row);
		return k;
	}
	k = arena_raw(&s->arena, sizeof *k);
	*k = *row;
	k->next = NULL;
	k->initiator = k->responder = (struct cipher_ref){ 0 };
	k->unusable = k->works = false;
	k->sk_d = arena_copy(&s->arena, row->sk_d);
	k->sk_pi = arena_copy(&s->arena, row->sk_pi);
	k->sk_pr = arena_copy(&s->arena, row->sk_pr);
	k->sk_ei = arena_copy(&s->arena, row->sk_ei);
	k->sk_er = arena_copy(&s->arena, row->sk_er);
	k->sk_ai = arena_copy(&s->arena, row->sk_ai);
	k->sk_ar = arena_copy(&s->arena, row->sk_ar);
	origin_keep(s, &k->origin);
	*s->ikes_tail = k;
	s->ikes_tail = &k->next;
	s->ike_count++;
	index_add(s->index, ROW_IKE, hash, k);
	pair_add(s, k);
	return k;
}

static uint64_t secret_hash(const struct ike_secret *k)
{
	uint64_t h = hash_octets(0x2545f4914f6cdd1du, k->spi_i, sizeof k->spi_i);
	return hash_span(h, k->secret);
}

static bool secret_same(void *there, const void *row)
{
	const struct ike_secret *a = there, *b = row;
	return a->kind == b->kind && memcmp(a->spi_i, b->spi_i, 8) == 0 &&
	       memcmp(a->spi_r, b->spi_r, 8) == 0 && a->prf == b->prf &&
	       span_equal(a->secret, b->secret) && span_equal(a->id, b->id);
}

static bool secret_pair_same(void *there, const void *spis)
{
	const struct ike_secret *k = there;
	const uint8_t *b = spis;
	return memcmp(k->spi_i, b, 8) == 0 && memcmp(k->spi_r, b + 8, 8) == 0;
}

struct ike_secret *keystore_secrets(const struct keystore *s, const uint8_t spis[16])
{
	return index_find(s->index, ROW_SECRET_PAIR, pair_hash(spis), secret_pair_same, spis);
}

/* In the order of the files, so that the first stays first. */
static void secret_pair_add(struct keystore *s, struct ike_secret *k)
{
	uint8_t spis[16];
	memcpy(spis, k->spi_i, 8);
	memcpy(spis + 8, k->spi_r, 8);
	struct ike_secret *first = keystore_secrets(s, spis);
	k->pair_next = NULL;
	if (first)
		first->pair_last->pair_next = k;
	else
		index_add(s->index, ROW_SECRET_PAIR, pair_hash(spis), k);
	(first ? first : k)->pair_last = k;
}

struct ike_secret *keystore_add_secret(struct keystore *s, const struct ike_secret *row)
{
	uint64_t hash = secret_hash(row);
	struct ike_secret *k = index_find(s->index, ROW_SECRET, hash, secret_same, row);
	if (k)
		return k;
	k = arena_raw(&s->arena, sizeof *k);
	*k = *row;
	k->next = NULL;
	k->secret = arena_copy(&s->arena, row->secret);
	k->id = arena_copy(&s->arena, row->id);
	k->works = false;
	origin_keep(s, &k->origin);
	secret_pair_add(s, k);
	k->kind_next = NULL;
	*(s->of_kind[k->kind] ? &s->of_kind_last[k->kind]->kind_next : &s->of_kind[k->kind]) = k;
	s->of_kind_last[k->kind] = k;
	*s->secrets_tail = k;
	s->secrets_tail = &k->next;
	s->secret_count++;
	index_add(s->index, ROW_SECRET, hash, k);
	return k;
}
