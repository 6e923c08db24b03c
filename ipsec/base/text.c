/* SPDX-License-Identifier: BSD-2-Clause
 * The growing text. */
#include "ipsec/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void room(struct text *t, size_t n)
{
	if (t->cap - t->n >= n)
		return;
	size_t cap = t->cap ? t->cap : 4096;
	while (cap - t->n < n)
		cap *= 2;
	char *p = realloc(t->p, cap);
	if (!p)
		abort();
	t->p = p;
	t->cap = cap;
}

void text_done(struct text *t)
{
	free(t->p);
	t->p = NULL;
	t->n = t->cap = 0;
}

bool text_flush(struct text *t)
{
	if (t->sink && t->n) {
		if (!t->bad && !t->sink(t->user, t->p, t->n))
			t->bad = true;
		t->n = 0;
	}
	return !t->bad;
}

void text_record_end(struct text *t)
{
	if (t->n >= TEXT_FLUSH_AT)
		text_flush(t);
}

void text_add_octets(struct text *t, const void *p, size_t n)
{
	if (n == 0)
		return;
	room(t, n);
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

void text_add(struct text *t, const char *s)
{
	text_add_octets(t, s, strlen(s));
}

void text_char(struct text *t, char c)
{
	room(t, 1);
	t->p[t->n++] = c;
}

void text_fill(struct text *t, char c, size_t n)
{
	if (n == 0)
		return;
	room(t, n);
	memset(t->p + t->n, c, n);
	t->n += n;
}

void text_dec(struct text *t, uint64_t v)
{
	char digits[20];
	size_t n = sizeof digits;
	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	text_add_octets(t, digits + n, sizeof digits - n);
}

static const char hex[] = "0123456789abcdef";

void text_hex(struct text *t, uint64_t v, size_t digits)
{
	room(t, digits);
	for (size_t i = digits; i-- > 0;)
		t->p[t->n++] = i < 16 ? hex[v >> (4 * i) & 15] : '0';
}

void text_hex_span(struct text *t, struct span s)
{
	room(t, 2 * s.n);
	for (size_t i = 0; i < s.n; i++) {
		t->p[t->n++] = hex[s.p[i] >> 4];
		t->p[t->n++] = hex[s.p[i] & 15];
	}
}

void text_ipv4(struct text *t, const uint8_t b[4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			text_char(t, '.');
		text_dec(t, b[i]);
	}
}

static void hex_short(struct text *t, unsigned v)
{
	text_hex(t, v, v > 0xfff ? 4 : v > 0xff ? 3 : v > 0xf ? 2 : 1);
}

void text_ipv6(struct text *t, const uint8_t b[16])
{
	unsigned g[8];
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	int best = -1, best_n = 1;	/* the longest run of at least two zeros */
	if (memcmp(b, mapped, sizeof mapped) == 0) {	/* RFC 5952, 5 */
		text_add(t, "::ffff:");
		text_ipv4(t, b + 12);
		return;
	}
	for (int i = 0; i < 8; i++)
		g[i] = (unsigned)(b[2 * i] << 8 | b[2 * i + 1]);
	for (int i = 0; i < 8; i++) {
		int n = 0;
		while (i + n < 8 && g[i + n] == 0)
			n++;
		if (n > best_n) {
			best = i;
			best_n = n;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			text_add(t, "::");
			i += best_n - 1;
			continue;
		}
		if (i && (best < 0 || i != best + best_n))
			text_char(t, ':');
		hex_short(t, g[i]);
	}
}

void text_escape(struct text *t, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c == '"' || c == '\\') {
			text_char(t, '\\');
			text_char(t, (char)c);
		} else if (c >= 0x20 && c < 0x7f) {
			text_char(t, (char)c);
		} else {
			text_add(t, "\\x");
			text_hex(t, c, 2);
		}
	}
}

void text_printf(struct text *t, const char *format, ...)
{
	va_list ap, again;
	va_start(ap, format);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n > 0) {
		room(t, (size_t)n + 1);
		vsnprintf(t->p + t->n, (size_t)n + 1, format, again);
		t->n += (size_t)n;
	}
	va_end(again);
}
