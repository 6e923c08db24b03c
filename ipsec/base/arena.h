/* SPDX-License-Identifier: BSD-2-Clause
 * Memory that is given back all at once. One arena lives for a run, one for a
 * batch of packets (rewound, its chunks kept, so that a steady stream of
 * packets allocates nothing). Running out of memory ends the program: there is
 * nothing sensible left to do, and callers need not test for it. */
#ifndef IKAT_BASE_ARENA_H
#define IKAT_BASE_ARENA_H

#include "ipsec/base/span.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *first;	/* every chunk, in the order they were made */
	struct arena_chunk *now;	/* the one that is being filled */
	uint8_t *bytes;			/* its memory */
	size_t used, size;		/* octets of it: used, in all */
};

struct arena_mark {
	struct arena_chunk *chunk;
	size_t used;
};

void arena_init(struct arena *a);	/* an all-zero struct arena is as good */
void arena_done(struct arena *a);	/* frees everything; `a` may be used again */

/* n octets, aligned for any type; never NULL. arena_alloc gives zeros,
 * arena_raw leaves them as they are. Owned by the arena. */
void *arena_grow(struct arena *a, size_t n);	/* the slow way of arena_raw() */

static inline void *arena_raw(struct arena *a, size_t n)
{
	const size_t align = sizeof(max_align_t) / 2;	/* a power of two, see arena.c */
	size_t rounded = (n + align - 1) & ~(align - 1);
	if (!a->now || rounded < n || a->size - a->used < rounded)
		return arena_grow(a, n);
	void *p = a->bytes + a->used;
	a->used += rounded;
	return p;
}

static inline void *arena_alloc(struct arena *a, size_t n)
{
	return memset(arena_raw(a, n), 0, n);
}

/* A copy of s; of text, with a terminating NUL. */
struct span arena_copy(struct arena *a, struct span s);
char *arena_text(struct arena *a, struct span s);
char *arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct arena_mark arena_mark(const struct arena *a);
/* Everything allocated since the mark is gone; the memory is kept for reuse. */
void arena_rewind(struct arena *a, struct arena_mark m);
void arena_reset(struct arena *a);	/* rewind to the beginning */

#endif
