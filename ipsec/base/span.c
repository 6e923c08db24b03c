/* SPDX-License-Identifier: BSD-2-Clause
 * Spans: comparison and hexadecimal. */
#include "ipsec/base/span.h"

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool span_is_word(struct span s, const char *word)
{
	for (size_t i = 0; i < s.n; i++)
		if (!word[i] || lower(s.p[i]) != lower((unsigned char)word[i]))
			return false;
	return word[s.n] == '\0';
}

static int digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool span_unhex(struct span digits, uint8_t *out, size_t n)
{
	if (digits.n % 2 || digits.n / 2 != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = digit(digits.p[2 * i]), low = digit(digits.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool span_is_zero(struct span s)
{
	uint8_t any = 0;
	for (size_t i = 0; i < s.n; i++)
		any |= s.p[i];
	return any == 0;
}
