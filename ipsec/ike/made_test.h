/* SPDX-License-Identifier: BSD-2-Clause
 * Payloads made for tests from a short notation, laid out octet by octet as
 * RFC 7296, 3.3 and 3.13, draw them; decoded by the tables under test.
 *
 *	SA	"1 ike 12/256 3:12 2:5 4:14; 2 ike ..."		number, protocol,
 *		transforms type:id/bits (without a type: encryption)
 *	TS	"10.1.0.0-10.1.255.255 17:500-600, ..."		protocol:ports may be left out */
#ifndef IKAT_IKE_MADE_TEST_H
#define IKAT_IKE_MADE_TEST_H

#include "ipsec/ike/helpers_test.h"
#include "ipsec/sa/addr.h"

static inline void made_put(struct text *t, uint64_t v, unsigned octets)
{
	while (octets--)
		text_char(t, (char)(v >> 8 * octets));
}

/* The part of *s up to a character of `ends`, without blanks in front; *s moves
 * behind it. */
static inline struct span made_cut(struct span *s, const char *ends)
{
	while (s->n && *s->p == ' ')
		*s = span_from(*s, 1);
	size_t n = 0;
	while (n < s->n && !strchr(ends, s->p[n]))
		n++;
	struct span part = span_part(*s, 0, n);
	*s = span_from(*s, n + 1);
	return part;
}

static inline unsigned made_number(struct span s)
{
	char digits[16] = "";
	ck_assert_msg(s.n && s.n < sizeof digits, "no number: %.*s", (int)s.n, s.p);
	memcpy(digits, s.p, s.n);
	return (unsigned)strtoul(digits, NULL, 0);
}

static inline void made_transform(struct text *t, struct span word, bool last)
{
	bool typed = memchr(word.p, ':', word.n), sized = memchr(word.p, '/', word.n);
	unsigned type = typed ? made_number(made_cut(&word, ":")) : 1;
	unsigned id = made_number(made_cut(&word, "/"));
	made_put(t, last ? 0 : 0x0300, 2);
	made_put(t, sized ? 12 : 8, 2);
	made_put(t, type << 8, 2);
	made_put(t, id, 2);
	if (sized) {
		made_put(t, 0x800e, 2);
		made_put(t, made_number(word), 2);
	}
}

static inline void made_proposal(struct text *t, struct span s, bool last, const char *spi)
{
	struct text inner = { 0 };
	unsigned number = made_number(made_cut(&s, " ")), count = 0, size = (unsigned)strlen(spi) / 2;
	struct span protocol = made_cut(&s, " ");
	uint8_t octets[8];
	while (s.n) {
		struct span word = made_cut(&s, " ");
		count++;
		made_transform(&inner, word, !s.n);
	}
	ck_assert(span_unhex(span_text(spi), octets, size));
	made_put(t, last ? 0 : 0x0200, 2);
	made_put(t, 8 + size + inner.n, 2);
	made_put(t, number, 1);
	made_put(t, span_is_word(protocol, "ike") ? 1 : span_is_word(protocol, "ah") ? 2 : 3, 1);
	made_put(t, size, 1);
	made_put(t, count, 1);
	text_add_octets(t, octets, size);
	text_add_octets(t, inner.p, inner.n);
	text_done(&inner);
}

/* A payload of the type around the octets, which are freed. */
static inline const struct node *made_payload(uint32_t type, struct text *body, struct arena *a)
{
	struct text all = { 0 };
	struct decode d = { a, NULL, 0, 0 };
	struct span rest;
	made_put(&all, 0, 2);
	made_put(&all, 4 + body->n, 2);
	text_add_octets(&all, body->p, body->n);
	struct span octets = arena_copy(a, span_of(all.p, all.n));
	text_done(&all);
	text_done(body);
	return ike_chain_decode(type, 2, octets, &d, &rest);
}

static inline const struct node *made_sa_spi(const char *notation, const char *spi, struct arena *a)
{
	struct text t = { 0 };
	struct span s = span_text(notation);
	while (s.n) {
		struct span p = made_cut(&s, ";");
		made_proposal(&t, p, !s.n, spi);
	}
	return made_payload(PAYLOAD_SA, &t, a);
}

static inline const struct node *made_sa(const char *notation, struct arena *a)
{
	bool ike = strstr(notation, "ike") != NULL;
	return made_sa_spi(notation, ike ? "" : "c1c2c3c4", a);
}

static inline void made_selector(struct text *t, struct span s)
{
	struct addr start, end;
	struct span first = made_cut(&s, "-"), last = made_cut(&s, " ");
	unsigned protocol = s.n ? made_number(made_cut(&s, ":")) : 0, from = 0, to = 65535;
	if (s.n) {
		from = made_number(made_cut(&s, "-"));
		to = made_number(s);
	}
	ck_assert(addr_parse(first, &start) && addr_parse(last, &end));
	size_t n = addr_size(&start);
	made_put(t, n == 4 ? 7 : 8, 1);
	made_put(t, protocol, 1);
	made_put(t, 8 + 2 * n, 2);
	made_put(t, from, 2);
	made_put(t, to, 2);
	text_add_octets(t, start.b, n);
	text_add_octets(t, end.b, n);
}

static inline const struct node *made_ts(const char *notation, struct arena *a)
{
	struct text t = { 0 }, body = { 0 };
	struct span s = span_text(notation);
	unsigned count = 0;
	while (s.n) {
		made_selector(&t, made_cut(&s, ","));
		count++;
	}
	made_put(&body, (uint64_t)count << 24, 4);
	text_add_octets(&body, t.p, t.n);
	text_done(&t);
	return made_payload(44, &body, a);
}

#endif
