/* SPDX-License-Identifier: BSD-2-Clause
 * IP addresses and patterns: text in, comparisons. Names are never resolved. */
#include "ipsec/sa/addr.h"

#include <arpa/inet.h>

enum { ADDR_TEXT_MAX = 64 };	/* longer than any address with a prefix length */

struct addr addr_of(uint8_t family, const uint8_t *b)
{
	struct addr a = { .family = family };
	memcpy(a.b, b, addr_size(&a));
	return a;
}

bool addr_matches(const struct addr_pattern *p, const struct addr *a)
{
	if (p->addr.family == 0)
		return true;
	if (p->addr.family != a->family)
		return false;
	size_t whole = p->bits / 8;
	if (whole && memcmp(p->addr.b, a->b, whole) != 0)
		return false;
	unsigned rest = p->bits % 8;
	return rest == 0 || ((p->addr.b[whole] ^ a->b[whole]) >> (8 - rest)) == 0;
}

bool addr_parse(struct span text, struct addr *a)
{
	char s[ADDR_TEXT_MAX];
	if (text.n == 0 || text.n >= sizeof s || memchr(text.p, '\0', text.n))
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	*a = (struct addr){ 0 };
	if (inet_pton(AF_INET, s, a->b) == 1)
		a->family = 4;
	else if (inet_pton(AF_INET6, s, a->b) == 1)
		a->family = 6;
	return a->family != 0;
}

/* Clears what lies behind the prefix, so that equal patterns are equal octets. */
static void pattern_trim(struct addr_pattern *p)
{
	for (size_t i = 0; i < sizeof p->addr.b; i++)
		if (8 * i >= p->bits)
			p->addr.b[i] = 0;
		else if (8 * i + 8 > p->bits)
			p->addr.b[i] &= (uint8_t)(0xff << (8 * i + 8 - p->bits));
}

static bool prefix_parse(struct span text, size_t slash, struct addr_pattern *p)
{
	struct span digits = span_from(text, slash + 1);
	unsigned bits = 0;
	if (!addr_parse(span_part(text, 0, slash), &p->addr) || digits.n == 0 || digits.n > 3)
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		bits = bits * 10 + (unsigned)(digits.p[i] - '0');
	}
	if (bits > 8 * addr_size(&p->addr))
		return false;
	p->bits = (uint8_t)bits;
	pattern_trim(p);
	return true;
}

/* "192.0.2.*", "192.0.*.*", "2001:db8:*": the parts before the first '*' count,
 * nothing but '*' and separators may follow it. */
static bool wildcard_parse(struct span text, size_t star, struct addr_pattern *p)
{
	char s[ADDR_TEXT_MAX + 20];
	bool v6 = memchr(text.p, ':', text.n) != NULL;
	char separator = v6 ? ':' : '.';
	unsigned parts = 0, all = v6 ? 8 : 4;
	if (text.n >= ADDR_TEXT_MAX || star < 2 || text.p[star - 1] != separator)
		return false;
	for (size_t i = star; i < text.n; i++)
		if (text.p[i] != (i % 2 == star % 2 ? '*' : separator))
			return false;
	if (text.p[text.n - 1] != '*')
		return false;
	for (size_t i = 0; i < star; i++) {
		parts += text.p[i] == separator;
		if (i && text.p[i] == ':' && text.p[i - 1] == ':')
			return false;	/* how many parts "::" stands for is open */
	}
	if (parts >= all || parts + (text.n - star + 1) / 2 > all)
		return false;
	memcpy(s, text.p, star);
	size_t n = star;
	for (unsigned i = parts; i < all; i++) {
		s[n++] = '0';
		if (i + 1 < all)
			s[n++] = separator;
	}
	p->bits = (uint8_t)(parts * (v6 ? 16 : 8));
	return addr_parse(span_of(s, n), &p->addr) && p->addr.family == (v6 ? 6 : 4);
}

bool addr_pattern_parse(struct span text, struct addr_pattern *p)
{
	*p = (struct addr_pattern){ 0 };
	if (span_is_word(text, "any") || span_is_word(text, "*") ||
	    span_is_word(text, "*.*.*.*"))
		return true;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '/')
			return prefix_parse(text, i, p);
		if (text.p[i] == '*')
			return wildcard_parse(text, i, p);
	}
	p->bits = 32;
	if (!addr_parse(text, &p->addr))
		return false;
	p->bits = (uint8_t)(8 * addr_size(&p->addr));
	return true;
}
