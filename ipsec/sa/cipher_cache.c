/* SPDX-License-Identifier: BSD-2-Clause
 * Ciphers in slots, each with the time of its last use, counted in uses. Those
 * not among the last room / 2 uses are at least half of a full cache, so that
 * the search for one of them ends soon, and a batch of packets never loses a
 * cipher that it is about to use. */
#include "ipsec/sa/cipher_cache.h"

#include <assert.h>
#include <stdlib.h>

struct slot {
	struct cipher_ref *ref;		/* NULL: free */
	uint64_t used;
};

struct cipher_cache {
	struct slot *slots;
	size_t room, count;		/* slots in all, those that were ever used */
	size_t hand;			/* where the search for an old one goes on */
	uint64_t clock;			/* uses */
};

struct cipher_cache *cipher_cache_new(size_t room)
{
	struct cipher_cache *c = calloc(1, sizeof *c);
	assert(room >= 256);
	if (!c)
		abort();	/* as arenas do */
	c->slots = calloc(room, sizeof *c->slots);
	if (!c->slots)
		abort();
	c->room = room;
	return c;
}

void cipher_cache_drop(struct cipher_cache *c, struct cipher_ref *ref)
{
	if (!ref->cipher)
		return;
	cipher_free(ref->cipher);
	ref->cipher = NULL;
	c->slots[ref->slot].ref = NULL;
	c->slots[ref->slot].used = 0;
}

void cipher_cache_free(struct cipher_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		if (c->slots[i].ref)
			cipher_cache_drop(c, c->slots[i].ref);
	free(c->slots);
	free(c);
}

/* A slot that is free, or made free. */
static size_t slot_find(struct cipher_cache *c)
{
	if (c->count < c->room)
		return c->count++;
	uint64_t young = c->clock - c->room / 2;
	while (c->slots[c->hand].ref && c->slots[c->hand].used > young)
		c->hand = (c->hand + 1) % c->room;
	size_t found = c->hand;
	if (c->slots[found].ref)
		cipher_cache_drop(c, c->slots[found].ref);
	c->hand = (c->hand + 1) % c->room;
	return found;
}

void cipher_cache_put(struct cipher_cache *c, struct cipher_ref *ref, struct cipher *cipher)
{
	assert(!ref->cipher && cipher);
	size_t i = slot_find(c);
	*ref = (struct cipher_ref){ cipher, (uint32_t)i };
	c->slots[i] = (struct slot){ ref, ++c->clock };
}

struct cipher *cipher_cache_get(struct cipher_cache *c, const struct cipher_ref *ref)
{
	if (ref->cipher)
		c->slots[ref->slot].used = ++c->clock;
	return ref->cipher;
}
