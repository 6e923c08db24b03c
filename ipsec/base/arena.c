/* SPDX-License-Identifier: BSD-2-Clause
 * The arena: a list of chunks, filled in turn and reused after a rewind. */
#include "ipsec/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 64 * 1024 - 64 };	/* octets of an ordinary chunk */

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	alignas(max_align_t) uint8_t bytes[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena){ 0 };
}

void arena_done(struct arena *a)
{
	for (struct arena_chunk *c = a->first, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct arena){ 0 };
}

static struct arena_chunk *chunk_new(size_t size)
{
	struct arena_chunk *c = malloc(sizeof *c + size);
	if (!c)
		abort();	/* see arena.h */
	c->next = NULL;
	c->size = size;
	return c;
}

/* Sizes above the ordinary one double, so that a demand that grows little by
 * little does not leave a chunk behind at each step. */
static size_t chunk_size(size_t n)
{
	size_t size = CHUNK;
	while (size < n && size <= SIZE_MAX / 4)
		size *= 2;
	return size < n ? n : size;
}

static_assert(alignof(max_align_t) == sizeof(max_align_t) / 2, "arena_raw() aligns by it");

static void use_chunk(struct arena *a, struct arena_chunk *c, size_t used)
{
	a->now = c;
	a->bytes = c ? c->bytes : NULL;
	a->size = c ? c->size : 0;
	a->used = used;
}

/* Moves on to a chunk with room for n: the next one if it is large enough,
 * else a new one put in before it. */
void *arena_grow(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	if (n > SIZE_MAX - 2 * align - sizeof(struct arena_chunk))
		abort();
	n = (n + align - 1) & ~(align - 1);
	struct arena_chunk **link = a->now ? &a->now->next : &a->first;
	if (!*link || (*link)->size < n) {
		struct arena_chunk *c = chunk_new(chunk_size(n));
		c->next = *link;
		*link = c;
	}
	use_chunk(a, *link, n);
	return a->bytes;
}

struct span arena_copy(struct arena *a, struct span s)
{
	uint8_t *p = arena_raw(a, s.n);
	if (s.n)
		memcpy(p, s.p, s.n);
	return span_of(p, s.n);
}

char *arena_text(struct arena *a, struct span s)
{
	char *p = arena_raw(a, s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list ap, again;
	va_start(ap, format);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	char *p = arena_raw(a, n < 0 ? 1 : (size_t)n + 1);
	p[0] = '\0';
	if (n >= 0)
		vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	return p;
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->now, a->used };
}

void arena_rewind(struct arena *a, struct arena_mark m)
{
	use_chunk(a, m.chunk, m.used);
}

void arena_reset(struct arena *a)
{
	use_chunk(a, NULL, 0);
}
