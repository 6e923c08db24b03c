/* SPDX-License-Identifier: BSD-2-Clause
 * A view of octets that somebody else owns: a pointer and a count. */
#ifndef IKAT_BASE_SPAN_H
#define IKAT_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;	/* may be NULL only if n is 0 */
	size_t n;		/* octets */
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){ p, n };
}

static inline struct span span_text(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

/* The part of s from octet `from` on, at most n octets; clipped to s. */
static inline struct span span_part(struct span s, size_t from, size_t n)
{
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	return (struct span){ s.p ? s.p + from : s.p, n };
}

static inline struct span span_from(struct span s, size_t from)
{
	return span_part(s, from, s.n);
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII comparison that ignores case; for words, never for secrets. */
bool span_is_word(struct span s, const char *word);

/* Reads hexadecimal digits (no 0x) into out; false unless exactly n octets
 * (2n digits) are there. */
bool span_unhex(struct span digits, uint8_t *out, size_t n);

/* True if every octet is zero (also for the empty span). */
bool span_is_zero(struct span s);

#endif
