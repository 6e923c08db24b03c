/* SPDX-License-Identifier: BSD-2-Clause
 * The SA database (RFC 4301, 4.1 and 4.4.2): SAs met on the wire by protocol,
 * SPI and destination, and the key rows that fit them. Rows with a whole SPI and
 * either one destination or any are found by hash; the few others are a list. */
#include "ipsec/sa/sa.h"

#include <assert.h>
#include <stdlib.h>

/* What both hashes are over; family 0 for rows of any destination. */
struct sa_name {
	uint8_t protocol;
	uint32_t spi;
	struct addr dst;
};

struct row {
	struct sa_key *key;
	uint32_t next;		/* in its slot: index + 1; 0 ends */
	uint32_t order;		/* as given */
};

struct sadb {
	struct keystore *keys;
	struct crypto *crypto;
	uint32_t window, generation;
	struct arena arena;	/* SAs, their windows and candidate lists */
	struct sa **slots;
	size_t slot_count, sa_count;
	struct sa *recent;	/* found last: packets of one SA come in runs */
	struct sa *first, **last;
	struct row *rows;	/* the exact ones */
	size_t row_count, row_cap;
	uint32_t *row_slots;
	size_t row_slot_count;
	struct row *wild;
	size_t wild_count, wild_cap;
	size_t wild_sas;	/* SAs that only a wildcard row fits */
	struct sa_key *read;	/* the last row that was indexed */
	uint32_t order;
	struct row *fits;	/* scratch: candidates of one SA */
	size_t fit_count, fit_cap;
};

static void *must(void *p)
{
	if (!p)
		abort();	/* as the arena does */
	return p;
}

/* Multiply and fold over 22 octets. Only SAs that a key row fits are kept; those
 * that anybody can make up, because a wildcard fits them, are few (SADB_WILD_MAX). */
static uint64_t name_hash(const struct sa_name *n)
{
	uint64_t a, b, h;
	memcpy(&a, n->dst.b, 8);
	memcpy(&b, n->dst.b + 8, 8);
	h = (uint64_t)n->spi << 16 | (uint64_t)n->protocol << 8 | n->dst.family;
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
	h = (h ^ h >> 29 ^ a) * 0xbf58476d1ce4e5b9u;
	h = (h ^ h >> 32 ^ b) * 0x94d049bb133111ebu;
	return h ^ h >> 31;
}

/* ---- rows ---- */

static bool row_exact(const struct sa_key *k)
{
	return k->spi_mask == UINT32_MAX &&
	       (k->dst.addr.family == 0 || k->dst.bits == 8 * addr_size(&k->dst.addr));
}

static uint32_t *row_slot(const struct sadb *db, const struct sa_name *n)
{
	return &db->row_slots[name_hash(n) & (db->row_slot_count - 1)];
}

static void row_link(struct sadb *db, size_t i)
{
	const struct sa_key *k = db->rows[i].key;
	struct sa_name n = { k->protocol, k->spi, k->dst.addr };
	uint32_t *slot = row_slot(db, &n);
	db->rows[i].next = *slot;
	*slot = (uint32_t)i + 1;
}

static void rows_rehash(struct sadb *db)
{
	db->row_slot_count *= 2;
	free(db->row_slots);
	db->row_slots = must(calloc(db->row_slot_count, sizeof *db->row_slots));
	for (size_t i = 0; i < db->row_count; i++)
		row_link(db, i);
}

static struct row *row_push(struct row **rows, size_t *count, size_t *cap)
{
	if (*count == *cap) {
		*cap = *cap ? 2 * *cap : 16;
		*rows = must(realloc(*rows, *cap * sizeof **rows));
	}
	return &(*rows)[(*count)++];
}

static void row_add(struct sadb *db, struct sa_key *key)
{
	struct row row = { key, 0, db->order++ };
	if (!row_exact(key)) {
		*row_push(&db->wild, &db->wild_count, &db->wild_cap) = row;
		return;
	}
	*row_push(&db->rows, &db->row_count, &db->row_cap) = row;
	if (db->row_count > db->row_slot_count)
		rows_rehash(db);
	else
		row_link(db, db->row_count - 1);
}

void sadb_keys_changed(struct sadb *db)
{
	struct sa_key *k = db->read ? db->read->next : db->keys->sas;
	for (; k; k = k->next) {
		row_add(db, k);
		db->read = k;
	}
	db->generation++;
}

/* ---- candidates ---- */

static unsigned ones(uint32_t v)
{
	return (unsigned)__builtin_popcount(v);
}

/* Higher comes first: an ICV to decide by, no guess, the right source, then the number of
 * bits that a row insists on. */
static unsigned row_rank(const struct sa_key *k, const struct addr *src)
{
	unsigned rank = ones(k->spi_mask) + k->dst.bits + k->src.bits +
			(k->dst.addr.family != 0) + (k->src.addr.family != 0);
	return rank + (addr_matches(&k->src, src) ? 1024 : 0) + (k->guess ? 0 : 2048) +
	       (sa_key_checkable(k) ? 4096 : 0);
}

/* Puts a row in its place among the candidates that were found so far. */
static void fit_insert(struct sadb *db, struct row row, const struct addr *src)
{
	unsigned rank = row_rank(row.key, src);
	if (!sa_key_checkable(row.key) && !addr_matches(&row.key->src, src))
		return;
	row_push(&db->fits, &db->fit_count, &db->fit_cap);
	size_t i = db->fit_count - 1;
	for (; i > 0; i--) {
		unsigned before = row_rank(db->fits[i - 1].key, src);
		if (before > rank || (before == rank && db->fits[i - 1].order < row.order))
			break;
		db->fits[i] = db->fits[i - 1];
	}
	db->fits[i] = row;
}

static bool row_named(const struct sa_key *k, const struct sa_name *n)
{
	return k->spi == n->spi && k->protocol == n->protocol &&
	       addr_equal(&k->dst.addr, &n->dst);
}

static void fits_exact(struct sadb *db, const struct sa_name *n, const struct addr *src)
{
	for (uint32_t i = *row_slot(db, n); i; i = db->rows[i - 1].next)
		if (row_named(db->rows[i - 1].key, n) && db->fit_count < SADB_CANDIDATES_MAX)
			fit_insert(db, db->rows[i - 1], src);
}

static void fits_find(struct sadb *db, const struct sa_name *n, const struct addr *src)
{
	struct sa_name any = { n->protocol, n->spi, { 0 } };
	db->fit_count = 0;
	fits_exact(db, n, src);
	fits_exact(db, &any, src);
	for (size_t i = 0; i < db->wild_count && db->fit_count < SADB_CANDIDATES_MAX; i++) {
		const struct sa_key *k = db->wild[i].key;
		if (k->protocol == n->protocol && ((k->spi ^ n->spi) & k->spi_mask) == 0 &&
		    addr_matches(&k->dst, &n->dst))
			fit_insert(db, db->wild[i], src);
	}
}

/* ---- SAs ---- */

static void sa_take_fits(struct sadb *db, struct sa *sa)
{
	if (db->fit_count > sa->key_count)
		sa->keys = arena_raw(&db->arena, db->fit_count * sizeof(struct sa_key *));
	sa->key_count = (uint32_t)db->fit_count;
	for (size_t i = 0; i < db->fit_count; i++)
		sa->keys[i] = db->fits[i].key;
	sa->generation = db->generation;
	if (sa->good == 0 && sa->key_count)	/* nothing is known better yet */
		sa->esn = sa->keys[0]->esn == ESN_YES;
}

static uint32_t window_size(const struct sadb *db, const struct sa *sa)
{
	uint32_t size = db->window;
	for (uint32_t i = 0; size == 0 && i < sa->key_count; i++)
		size = sa->keys[i]->window;
	if (size == 0)
		size = REPLAY_WINDOW_DEFAULT;
	return size < REPLAY_WINDOW_MAX ? size : REPLAY_WINDOW_MAX;
}

static void slots_grow(struct sadb *db)
{
	struct sa **slots = must(calloc(2 * db->slot_count, sizeof(struct sa *)));
	db->slot_count *= 2;
	free(db->slots);
	db->slots = slots;
	for (struct sa *sa = db->first; sa; sa = sa->met) {
		struct sa_name n = { sa->protocol, sa->spi, sa->dst };
		struct sa **slot = &slots[name_hash(&n) & (db->slot_count - 1)];
		sa->next = *slot;
		*slot = sa;
	}
}

static struct sa *sa_new(struct sadb *db, const struct sa_name *n)
{
	struct sa *sa = arena_alloc(&db->arena, sizeof *sa);
	sa->protocol = n->protocol;
	sa->spi = n->spi;
	sa->dst = n->dst;
	sa_take_fits(db, sa);
	replay_init(&sa->window, window_size(db, sa), &db->arena);
	*db->last = sa;
	db->last = &sa->met;
	db->sa_count++;
	return sa;
}

static bool sa_named(const struct sa *sa, uint8_t protocol, uint32_t spi,
		     const struct addr *dst)
{
	return sa->spi == spi && sa->protocol == protocol && addr_equal(&sa->dst, dst);
}

struct sa *sadb_find(struct sadb *db, uint8_t protocol, uint32_t spi,
		     const struct addr *src, const struct addr *dst)
{
	if (db->recent && sa_named(db->recent, protocol, spi, dst) &&
	    db->recent->generation == db->generation)
		return db->recent;
	struct sa_name n = { protocol, spi, *dst };
	uint64_t hash = name_hash(&n);
	struct sa *sa = db->slots[hash & (db->slot_count - 1)];
	while (sa && !sa_named(sa, protocol, spi, dst))
		sa = sa->next;
	if (sa && sa->generation == db->generation)
		return db->recent = sa;
	fits_find(db, &n, src);
	if (sa) {
		sa_take_fits(db, sa);
		return sa;
	}
	if (db->fit_count == 0 || db->sa_count >= SADB_MAX)
		return NULL;
	if (!row_exact(db->fits[0].key) && db->wild_sas++ >= SADB_WILD_MAX)
		return NULL;
	sa = sa_new(db, &n);
	if (db->sa_count > db->slot_count) {
		slots_grow(db);
	} else {
		struct sa **slot = &db->slots[hash & (db->slot_count - 1)];
		sa->next = *slot;
		*slot = sa;
	}
	return sa;
}

struct cipher *sadb_cipher(struct sadb *db, struct sa_key *key)
{
	struct cipher *k = cipher_cache_get(db->keys->ciphers, &key->cipher);
	if (k || key->unusable)
		return k;
	struct err e = { 0 };
	k = cipher_new(db->crypto, key->encr, key->integ, key->encr_key, key->integ_key, &e);
	if (k) {
		cipher_cache_put(db->keys->ciphers, &key->cipher, k);
	} else {
		key->unusable = true;
		key->why = arena_text(&db->keys->arena, span_text(e.text));
	}
	return k;
}

void sadb_each(struct sadb *db, bool (*f)(struct sa *sa, void *user), void *user)
{
	for (struct sa *sa = db->first; sa && f(sa, user);)
		sa = sa->met;
}

struct sadb *sadb_new(struct keystore *keys, struct crypto *crypto, uint32_t window)
{
	assert(window <= REPLAY_WINDOW_MAX);
	struct sadb *db = must(calloc(1, sizeof *db));
	db->keys = keys;
	db->crypto = crypto;
	db->window = window;
	db->last = &db->first;
	db->slot_count = db->row_slot_count = 256;
	db->slots = must(calloc(db->slot_count, sizeof *db->slots));
	db->row_slots = must(calloc(db->row_slot_count, sizeof *db->row_slots));
	sadb_keys_changed(db);
	return db;
}

void sadb_free(struct sadb *db)
{
	if (!db)
		return;
	free(db->slots);
	free(db->rows);
	free(db->row_slots);
	free(db->wild);
	free(db->fits);
	arena_done(&db->arena);
	free(db);
}
