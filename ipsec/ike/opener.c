/* SPDX-License-Identifier: BSD-2-Clause
 * Finds the key that opens an encrypted IKE message; fragments (RFC 7383) are
 * put together in fragments.c. What a hostile capture can make us do is bounded:
 * a SPI pair whose keys all failed a few times is remembered and left alone, until
 * there are new rows that name it, or new ones that were given. */
#include "ipsec/ike/opener.h"

#include "ipsec/ike/fragments.h"

#include <stdlib.h>

enum {
	PAIRS = 4096,		/* SPI pairs remembered; a newer one takes the place */
	PROBES = 8,		/* places that a pair may have */
	TRIES = 64,		/* rows tried for one message: of its pair, and unused ones */
	TRIES_FLOODED = 4,	/* ... once many strange pairs came by */
	STRANGERS = 1024,
	FAILURES_MAX = 8,	/* messages of a pair that nothing opened */
};

/* What is known about one SPI pair. */
struct pair {
	uint8_t spis[16];
	bool used;
	bool named;		/* a key row names this pair */
	uint8_t failures;
	const struct ike_key *row;	/* the newest that named it when the failures were counted */
	size_t given;		/* rows that the store had been given then */
	struct ike_key *key;	/* the one that works */
};

struct ike_opener {
	struct keystore *keys;
	struct crypto *crypto;
	struct ike_fragments *fragments;
	size_t strangers;
	struct ike_key **unseen;	/* rows of the store that were not counted yet */
	size_t given;			/* of those that were: not derived */
	struct pair pairs[PAIRS];
};

struct ike_opener *ike_opener_new(struct keystore *keys, struct crypto *crypto)
{
	struct ike_opener *o = calloc(1, sizeof *o);
	if (!o)
		abort();	/* as arenas do */
	o->keys = keys;
	o->unseen = &keys->ikes;
	o->crypto = crypto;
	o->fragments = ike_fragments_new();
	return o;
}

void ike_opener_free(struct ike_opener *o)
{
	if (!o)
		return;
	ike_fragments_free(o->fragments);
	free(o);
}

/* The pair's place: where it is, or a free one, or one that no key has opened. */
static struct pair *pair_place(struct ike_opener *o, const uint8_t spis[16])
{
	uint32_t hash = 2166136261u;	/* FNV-1a */
	for (size_t i = 0; i < 16; i++)
		hash = (hash ^ spis[i]) * 16777619u;
	struct pair *best = &o->pairs[hash % PAIRS];
	for (size_t i = 0; i < PROBES; i++) {
		struct pair *p = &o->pairs[(hash + i) % PAIRS];
		if (p->used && memcmp(p->spis, spis, 16) == 0)
			return p;
		if ((!p->used && best->used) || (!p->key && best->key))
			best = p;
	}
	return best;
}

/* Rows of any pair that were not derived from secrets: they may fit every pair. */
static size_t given_rows(struct ike_opener *o)
{
	for (; *o->unseen; o->unseen = &(*o->unseen)->next)
		o->given += (*o->unseen)->version == 2 && !(*o->unseen)->origin.how;
	return o->given;
}

/* A pair's first row stays the first; the newest is behind it. */
static const struct ike_key *newest_row(const struct ike_opener *o, const uint8_t spis[16])
{
	const struct ike_key *first = keystore_ikes(o->keys, spis);
	return first && first->pair_next ? first->pair_next : first;
}

static struct pair *pair_find(struct ike_opener *o, const uint8_t spis[16])
{
	struct pair *p = pair_place(o, spis);
	if (!p->used || memcmp(p->spis, spis, 16) != 0) {
		*p = (struct pair){ .used = true };
		memcpy(p->spis, spis, 16);
	}
	const struct ike_key *row = newest_row(o, spis);
	size_t given = given_rows(o);
	if (p->row != row || p->given != given) {	/* new keys: a new chance */
		p->row = row;
		p->given = given;
		p->failures = 0;
	}
	return p;
}

static bool names_pair(const struct ike_key *k, const uint8_t spis[16])
{
	return memcmp(k->spi_i, spis, 8) == 0 && memcmp(k->spi_r, spis + 8, 8) == 0;
}

static bool from_initiator(const struct ike_message *m)
{
	return node_uint(m->header, IKE_FLAGS, 0) & IKE_FLAG_I;
}

/* A row may have the keys of one direction only. */
static bool has_side(const struct ike_key *k, bool initiator)
{
	struct span e = initiator ? k->sk_ei : k->sk_er, a = initiator ? k->sk_ai : k->sk_ar;
	struct span other_e = initiator ? k->sk_er : k->sk_ei;
	struct span other_a = initiator ? k->sk_ar : k->sk_ai;
	return e.n || a.n || !(other_e.n || other_a.n);
}

/* The cipher of the message's direction, made on first use. */
static struct cipher *key_cipher(struct ike_opener *o, struct ike_key *k, bool initiator,
				 struct findings *fs)
{
	struct cipher_ref *ref = initiator ? &k->initiator : &k->responder;
	struct cipher *c = cipher_cache_get(o->keys->ciphers, ref);
	struct err e = { 0 };
	if (c || k->unusable)
		return c;
	c = cipher_new(o->crypto, k->encr, k->integ, initiator ? k->sk_ei : k->sk_er,
		       initiator ? k->sk_ai : k->sk_ar, &e);
	if (c) {
		cipher_cache_put(o->keys->ciphers, ref, c);
	} else {
		k->unusable = true;
		finding_add(fs, SEVERITY_NOTE, NULL, 0, "the key of %s:%zu cannot be used: %s",
			    k->origin.file ? k->origin.file : "?", k->origin.line, e.text);
	}
	return c;
}

/* One attempt; true when the message is open. */
static bool try_key(struct ike_opener *o, struct ike_key *k, struct ike_message *m,
		    struct arena *a, struct findings *fs)
{
	bool initiator = from_initiator(m);
	struct cipher *c = has_side(k, initiator) ? key_cipher(o, k, initiator, fs) : NULL;
	if (!c)
		return false;
	ike_message_open(m, c, a, NULL);
	if (!m->decrypted)
		return false;
	/* once more, now for the findings: rare enough, and no octet is lost */
	ike_message_open(m, c, a, fs);
	m->key = k;
	if (m->icv == ICV_UNCHECKED)
		finding_add(fs, SEVERITY_NOTE, NULL, m->sk->offset,
			    "opened without a check of the ICV: the integrity key is not there");
	return true;
}

/* No ICV decides whether such a row fits: it opens anything. */
static bool unchecked(const struct ike_key *k)
{
	return k->integ->kind == INTEG_KIND_UNCHECKED;
}

/* Would this unchecked row open what a row whose ICV decides found to be bad? */
static bool is_decided(const struct ike_opener *o, const struct pair *p,
		       const struct ike_key *half, bool initiator)
{
	if (p->key && !unchecked(p->key) && has_side(p->key, initiator))
		return true;
	for (const struct ike_key *k = keystore_ikes(o->keys, p->spis); k; k = k->pair_next)
		if (k->version == 2 && !unchecked(k) && has_side(k, initiator) &&
		    span_equal(initiator ? k->sk_ei : k->sk_er,
			       initiator ? half->sk_ei : half->sk_er))
			return true;
	return false;
}

/* Rows that name the pair. There may be several: IKE_INTERMEDIATE changes the
 * keys of an IKE SA (RFC 9370, 2.2.2), and tables may be wrong. Unchecked rows
 * come last. */
static struct ike_key *search_named(struct ike_opener *o, struct pair *p,
				    struct ike_message *m, struct arena *a,
				    struct findings *fs)
{
	size_t tries = TRIES;
	struct ike_key *last = NULL;
	bool initiator = from_initiator(m);
	p->named = false;
	for (struct ike_key *k = keystore_ikes(o->keys, p->spis); k && tries; k = k->pair_next) {
		if (k->version != 2 || !has_side(k, initiator))
			continue;
		p->named |= !k->guess;
		tries--;
		if (unchecked(k))
			last = last ? last : k;
		else if (k != p->key && try_key(o, k, m, a, fs))
			return k;
	}
	return last && !is_decided(o, p, last, initiator) && try_key(o, last, m, a, fs) ? last : NULL;
}

/* Rows that have opened nothing yet, whatever pair they name; a zero pair is one
 * that was not known to whoever wrote the row. */
static struct ike_key *search_unused(struct ike_opener *o, struct pair *p,
				     struct ike_message *m, struct arena *a,
				     struct findings *fs)
{
	size_t tries = o->strangers < STRANGERS ? TRIES : TRIES_FLOODED;
	for (struct ike_key *k = o->keys->ikes; k && tries; k = k->next) {
		if (k->version != 2 || k->works || k->unusable || unchecked(k) ||
		    names_pair(k, p->spis) || !has_side(k, from_initiator(m)))
			continue;
		tries--;
		if (!try_key(o, k, m, a, fs))
			continue;
		bool zero = span_is_zero(span_of(k->spi_i, 8));
		finding_add(fs, SEVERITY_NOTE, NULL, 0, "opened with the key of %s SPI pair (%s:%zu)",
			    zero ? "an unknown" : "another", k->origin.file ? k->origin.file : "?", k->origin.line);
		return k;
	}
	return NULL;
}

static void open_message(struct ike_opener *o, struct ike_message *m, struct arena *a,
			 struct findings *fs)
{
	struct pair *p = pair_find(o, m->octets.p);
	if (p->key && !unchecked(p->key) && try_key(o, p->key, m, a, fs))
		return;
	struct ike_key *found = search_named(o, p, m, a, fs);
	if (!found && !p->key && p->failures < FAILURES_MAX)
		found = search_unused(o, p, m, a, fs);
	if (found) {
		p->key = found;
		found->works = true;
		return;
	}
	bool known = p->named || (p->key && has_side(p->key, from_initiator(m)));
	o->strangers += !known && !p->failures;
	if (p->failures < FAILURES_MAX)
		p->failures++;
	/* without a key for this pair nothing is known about the ICV */
	m->icv = known ? ICV_BAD : ICV_UNCHECKED;
	if (known)
		finding_add(fs, SEVERITY_NOTE, NULL, m->sk->offset,
			    "no key of this IKE SA verifies the message");
}

void ike_opener_open(struct ike_opener *o, struct ike_message *m,
		     struct arena *a, struct findings *fs)
{
	if (!m->sk || ike_version(m) != 2 ||
	    node_uint(m->header, IKE_LENGTH, 0) > m->octets.n)
		return;
	if (!m->decrypted)
		open_message(o, m, a, fs);
	if (m->decrypted && m->sk->number == PAYLOAD_SKF)
		ike_fragments_add(o->fragments, m, a, fs);
}
