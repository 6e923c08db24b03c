/* SPDX-License-Identifier: BSD-2-Clause
 * Helpers for the tests of this room: octets from hexadecimal, a crypto that
 * must start, spans that must be equal. */
#ifndef IKAT_CRYPTO_CRYPTO_TEST_H
#define IKAT_CRYPTO_CRYPTO_TEST_H

#include "ipsec/base/arena.h"
#include "ipsec/base/testing.h"
#include "ipsec/base/text.h"
#include "ipsec/crypto/crypto.h"

static inline struct span test_hex(struct arena *a, const char *digits)
{
	size_t n = strlen(digits) / 2;
	uint8_t *p = arena_alloc(a, n + 1);
	ck_assert_msg(span_unhex(span_text(digits), p, n), "not hexadecimal: %s", digits);
	return span_of(p, n);
}

static inline struct crypto *test_crypto(void)
{
	struct err e = { 0 };
	struct crypto *c = crypto_new(&e);
	ck_assert_msg(c != NULL, "%s", e.text);
	return c;
}

static inline void test_equal(const char *name, struct span found, struct span wanted)
{
	struct text a = { 0 }, b = { 0 };
	text_hex_span(&a, found);
	text_hex_span(&b, wanted);
	ck_assert_msg(span_equal(found, wanted), "%s: found %.*s, wanted %.*s", name,
		      (int)a.n, a.p ? a.p : "", (int)b.n, b.p ? b.p : "");
	text_done(&a);
	text_done(&b);
}

/* Octets start, start + step, ... */
static inline struct span test_count(struct arena *a, size_t n, unsigned start, unsigned step)
{
	uint8_t *p = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(start + i * step);
	return span_of(p, n);
}

#endif
