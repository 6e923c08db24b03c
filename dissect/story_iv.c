/* SPDX-License-Identifier: BSD-2-Clause
 * IVs that come twice. A counter mode (GCM, CCM, CTR, ChaCha20-Poly1305, GMAC)
 * falls apart when a key meets the same nonce again: both plaintexts leak, and
 * with GCM the key that authenticates too. In CBC equal IVs only show equal
 * beginnings. All memory is bounded:
 *
 *  - Most senders make the IV from the sequence number (plus or xor a constant).
 *    While that holds, an IV is new when its sequence number is; packets whose
 *    number came before are compared with what a ring remembers of the last
 *    ones, and with samples.
 *  - All others, and those samples, go into one table for the run, which
 *    forgets one of a bucket's when that is full.
 *
 * A packet is remembered by the first octets of its ICV: the same IV and the
 * same ICV is the same packet again, a replay, and no fault of the sender's. */
#include "dissect/story_private.h"

#include <stdlib.h>

enum {
	RING_SMALL = 16, RING_LARGE = 128,	/* fingerprints */
	SAMPLES_FIRST = 64,	/* of an SA, all of which go into the table */
	SAMPLES_EACH = 16,	/* later one of so many */
	WAYS = 4,		/* entries of a bucket */
	TABLE_FIRST = 1 << 8, TABLE_MAX = 1 << 18,	/* buckets: 16 MiB at most */
	LOOKS = 16,
};

struct iv_track {
	uint64_t tag;			/* of the key */
	uint64_t xored, minus;		/* iv ^ seq, iv - seq of all packets so far ... */
	bool by_xor, by_minus;		/* ... if that is the same for all */
	bool was_xor, was_minus;	/* it was, for sequence numbers from `from` to `to` */
	uint64_t from, to;
	uint64_t ring_from;		/* least number that the ring may tell about */
	uint16_t ring_size;
	bool begun;
	uint32_t *ring;			/* fingerprint of sequence number n at n % ring_size */
	uint32_t first[RING_SMALL];
};

/* ---- the table of the run ---- */

struct entry {
	uint64_t tag;		/* of key and IV; 0: empty */
	uint32_t print, seq;
};

/* A look into the table that waits while its bucket comes from memory. */
struct look {
	struct story_flow *flow;
	uint64_t tag, seq, frame;
	uint32_t print;
};

struct iv_table {
	struct entry (*buckets)[WAYS];	/* each a cache line */
	size_t count, size;		/* entries, buckets */
	struct look looks[LOOKS];
	unsigned look_count;
};

static struct entry (*buckets_new(size_t n))[WAYS]
{
	struct entry (*b)[WAYS] = aligned_alloc(sizeof *b, n * sizeof *b);
	if (!b)
		abort();	/* as the arena does */
	memset(b, 0, n * sizeof *b);
	return b;
}

struct iv_table *iv_table_new(void)
{
	struct iv_table *t = calloc(1, sizeof *t);
	if (!t)
		abort();
	t->size = TABLE_FIRST;
	t->buckets = buckets_new(t->size);
	return t;
}

void iv_table_free(struct iv_table *t)
{
	if (!t)
		return;
	free(t->buckets);
	free(t);
}

/* Into an empty place of its bucket; in a full one another has to go. */
static void table_put(struct iv_table *t, struct entry e)
{
	struct entry *b = t->buckets[e.tag & (t->size - 1)];
	unsigned k = 0;
	while (k < WAYS && b[k].tag)
		k++;
	t->count += k < WAYS;
	b[k < WAYS ? k : e.tag >> 62] = e;
}

static void table_grow(struct iv_table *t)
{
	struct iv_table old = *t;
	t->size *= 4;
	t->count = 0;
	t->buckets = buckets_new(t->size);
	for (size_t i = 0; i < old.size; i++)
		for (unsigned k = 0; k < WAYS && old.buckets[i][k].tag; k++)
			table_put(t, old.buckets[i][k]);
	free(old.buckets);
}

static const struct entry *table_find(const struct iv_table *t, uint64_t tag)
{
	const struct entry *b = t->buckets[tag & (t->size - 1)];
	for (unsigned k = 0; k < WAYS; k++)
		if (b[k].tag == tag)
			return &b[k];
	return NULL;
}

static void table_add(struct iv_table *t, uint64_t tag, uint32_t print, uint64_t seq)
{
	if (t->count > t->size * WAYS / 2 && t->size < TABLE_MAX)
		table_grow(t);
	table_put(t, (struct entry){ tag, print, (uint32_t)seq });
}

/* ---- the octets ---- */

static uint64_t big_endian(struct span s)
{
	uint64_t v = 0;
	for (size_t i = 0; i < s.n && i < 8; i++)
		v = v << 8 | s.p[i];
	return v;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t h = (a ^ (b ^ b >> 31) * 0xbf58476d1ce4e5b9u) * 0x94d049bb133111ebu;
	h ^= h >> 32;
	return h ? h : 1;
}

/* The IV as it travels, or as RFC 8750 makes it; empty: the algorithms have none. */
static struct span iv_of(const struct layer *l, const struct sa_key *key, uint64_t seq,
			 uint8_t implicit[8])
{
	if (l->type->kind == LAYER_AH)
		return span_part(l->octets, 12, key->integ->iv);
	if (!key->encr->implicit_iv)
		return span_part(l->octets, 8, key->encr->iv);
	for (unsigned k = 0; k < 8; k++)
		implicit[k] = (uint8_t)(seq >> (56 - 8 * k));
	return span_of(implicit, 8);
}

static uint32_t print_of(const struct layer *l)
{
	size_t n = l->octets.n, icv = l->esp->icv_size < 4 ? 4 : l->esp->icv_size;
	if (l->type->kind == LAYER_AH)	/* behind GMAC's IV */
		return (uint32_t)big_endian(span_part(l->octets, 20, 4));
	return (uint32_t)big_endian(span_part(l->octets, n > icv ? n - icv : 0, 4));
}

/* ---- one SA ---- */

static struct iv_track *track_new(struct story *s, const struct sa_key *key)
{
	struct iv_track *t = arena_alloc(&s->arena, sizeof *t);
	bool ah = key->protocol == PROTOCOL_AH;
	t->tag = story_hash(ah ? key->integ_key : key->encr_key);
	t->ring = t->first;
	t->ring_size = RING_SMALL;
	return t;
}

static void ring_grow(struct story *s, struct iv_track *t, uint64_t last)
{
	uint32_t *ring = arena_alloc(&s->arena, RING_LARGE * sizeof *ring);
	for (uint64_t n = last < t->ring_size ? 0 : last - t->ring_size + 1; n <= last; n++)
		ring[n % RING_LARGE] = t->ring[n % t->ring_size];
	t->ring_from = last < t->ring_size ? 0 : last - t->ring_size + 1;
	t->ring = ring;
	t->ring_size = RING_LARGE;
}

static bool counts(struct iv_track *t, const struct story_flow *f, uint64_t iv, uint64_t seq)
{
	bool was_xor = t->by_xor, was_minus = t->by_minus;
	if (!t->begun) {
		t->xored = iv ^ seq;
		t->minus = iv - seq;
		return t->begun = t->by_xor = t->by_minus = true;
	}
	t->by_xor = was_xor && (iv ^ seq) == t->xored;
	t->by_minus = was_minus && iv - seq == t->minus;
	if ((was_xor || was_minus) && !t->by_xor && !t->by_minus) {
		t->was_xor = was_xor;
		t->was_minus = was_minus;
		t->from = f->lowest_seq;
		t->to = f->last_seq == seq ? seq - 1 : f->last_seq;
	}
	return t->by_xor || t->by_minus;
}

/* A sender that counted and stopped doing so: the numbers it had are known. The
 * number whose packet had the IV, or 0. */
static uint64_t counted_before(const struct iv_track *t, uint64_t iv)
{
	uint64_t a = iv ^ t->xored, b = iv - t->minus;
	if (t->was_xor && a >= t->from && a <= t->to)
		return a;
	return t->was_minus && b >= t->from && b <= t->to ? b : 0;
}

/* Each algorithm's rule, NULL for those that merely should not. */
static const char *rule_of(const struct sa_key *key)
{
	if (key->protocol == PROTOCOL_AH)
		return "RFC4543-3.1-01";
	if (key->encr->implicit_iv)
		return "RFC8750-4-02";
	switch (key->encr->kind) {
	case ENCR_KIND_GCM: return "RFC4106-3.1-02";
	case ENCR_KIND_CCM: return "RFC4309-3.1-01";
	case ENCR_KIND_CTR: return "RFC3686-3.1-01";
	case ENCR_KIND_CHACHA: return "RFC7634-2-01";
	case ENCR_KIND_GMAC: return "RFC4543-3.1-01";
	default: return NULL;
	}
}

static void reused(struct story *s, struct story_flow *f, uint64_t frame, uint64_t seq,
		   uint64_t with)
{
	const char *rule = rule_of(f->key);
	const char *name = f->protocol == PROTOCOL_AH ? f->key->integ->name : f->key->encr->name;
	if (f->iv_reused++)
		return;
	f->iv_reused_frame = frame;
	f->iv_reused_with = with;
	story_finding_add(s, frame, rule ? SEVERITY_VIOLATION : SEVERITY_NOTE, rule,
		arena_printf(&s->arena, "SA 0x%08x: the packet with sequence number %llu has the IV "
			     "of another one, number %llu, under the same key%s", f->spi,
			     (unsigned long long)seq, (unsigned long long)with,
			     rule ? arena_printf(&s->arena, "; %s must never meet a nonce twice", name)
			     : ""));
}

/* Does the ring know the packet that had this number? One that is left of the
 * window may never have come, so that its place holds another's. */
static bool ring_knows(const struct iv_track *t, const struct story_flow *f, enum replay replay,
		       uint64_t seq)
{
	return replay == REPLAY_DUPLICATE && seq >= t->ring_from && seq <= f->last_seq &&
	       f->last_seq - seq < t->ring_size;
}

static void ring_set(struct story *s, struct iv_track *t, const struct story_flow *f, uint64_t seq,
		     uint32_t print)
{
	if (f->accepted > RING_SMALL && t->ring_size == RING_SMALL)
		ring_grow(s, t, f->last_seq == seq ? seq - 1 : f->last_seq);
	if (f->last_seq - seq < t->ring_size)
		t->ring[seq % t->ring_size] = print;
}

static bool is_sample(const struct story_flow *f, uint64_t seq)
{
	return f->accepted <= SAMPLES_FIRST || seq % SAMPLES_EACH == 0;
}

/* Compares with the table, and puts the packet there if it is new. */
static void look_done(struct story *s, const struct look *l)
{
	struct iv_table *table = s->tables->ivs;
	const struct entry *e = table_find(table, l->tag);
	if (!e)
		table_add(table, l->tag, l->print, l->seq);
	else if (e->print != l->print)
		reused(s, l->flow, l->frame, l->seq, e->seq);
}

void story_iv_finish(struct story *s)
{
	struct iv_table *table = s->tables->ivs;
	for (unsigned i = 0; i < table->look_count; i++)
		look_done(s, &table->looks[i]);
	table->look_count = 0;
}

/* The table is larger than caches are: many buckets are fetched at a time. */
static void table_check(struct story *s, struct story_flow *f, const struct packet *p,
			uint64_t iv, uint64_t seq, uint32_t print)
{
	struct iv_table *table = s->tables->ivs;
	uint64_t tag = mix(f->ivs->tag, iv);
	__builtin_prefetch(table->buckets[tag & (table->size - 1)], 1);
	table->looks[table->look_count++] = (struct look){ f, tag, seq, p->frame.number, print };
	if (table->look_count == LOOKS)
		story_iv_finish(s);
}

/* Was its IV made as those before it? One whose number came before must not
 * change what is known of the others. */
static bool is_counted(struct iv_track *t, const struct story_flow *f, uint64_t iv, uint64_t seq,
		       bool again)
{
	if (!again)
		return counts(t, f, iv, seq);
	return (t->by_xor && (iv ^ seq) == t->xored) || (t->by_minus && iv - seq == t->minus);
}

static void check(struct story *s, struct story_flow *f, const struct packet *p,
		  const struct layer *l, struct span octets, uint64_t seq)
{
	struct iv_track *t = f->ivs;
	enum replay replay = l->esp->replay;
	bool again = replay == REPLAY_DUPLICATE || replay == REPLAY_TOO_OLD;
	uint32_t print = print_of(l);
	uint64_t iv = octets.n > 8 ? story_hash(octets) : big_endian(octets);
	bool counted = octets.n == 8 && is_counted(t, f, iv, seq, again);
	bool known = counted && ring_knows(t, f, replay, seq);
	uint64_t before = counted ? 0 : counted_before(t, iv);
	if (known && t->ring[seq % t->ring_size] != print)
		reused(s, f, p->frame.number, seq, seq);
	else if (before && before != seq)
		reused(s, f, p->frame.number, seq, before);
	else if (!known && (!counted || again || is_sample(f, seq)))
		table_check(s, f, p, iv, seq, print);
	if (!again)
		ring_set(s, t, f, seq, print);
}

void story_iv_packet(struct story *s, struct story_flow *f, const struct packet *p,
		     const struct layer *l, uint64_t seq)
{
	uint8_t implicit[8];
	if (!f->key)
		return;
	struct span octets = iv_of(l, f->key, seq, implicit);
	if (!octets.n)
		return;
	if (!f->ivs)
		f->ivs = track_new(s, f->key);
	check(s, f, p, l, octets, seq);
}
