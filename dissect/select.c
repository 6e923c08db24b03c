/* SPDX-License-Identifier: BSD-2-Clause
 * Conditions on finished packets. */
#include "dissect/select.h"

#include "ipsec/base/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { IKE_DIGITS = 16 };

/* ---- arguments ---- */

static bool room(size_t count, const char *option, struct err *e)
{
	return count < SELECT_MAX || err_set(e, "more than %d times %s", SELECT_MAX, option);
}

/* "5", "5-7", "5-", "-7" */
bool select_add_frames(struct select *s, const char *range, struct err *e)
{
	char text[24];
	unsigned long from = 1, to = 0;
	const char *dash = strchr(range, '-');
	size_t n = dash ? (size_t)(dash - range) : strlen(range);
	if (dash == range && !dash[1])
		return err_set(e, "--frames is \"-\", needs a number before or behind it");
	snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text), range);
	if (dash != range && !options_number(text, "--frames", 1, ULONG_MAX, &from, e))
		return false;
	if (!dash)
		to = from;
	else if (dash[1] && !options_number(dash + 1, "--frames", from, ULONG_MAX, &to, e))
		return false;
	s->from = from;
	s->to = to;
	return true;
}

static bool is_decimal(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

/* Decimal; hexadecimal behind 0x, or where a letter says so. */
bool select_add_spi(struct select *s, const char *spi, struct err *e)
{
	char *end;
	const char *digits = strncasecmp(spi, "0x", 2) == 0 ? spi + 2 : spi;
	int base = digits == spi && is_decimal(spi) ? 10 : 16;
	errno = 0;
	unsigned long v = strtoul(digits, &end, base);
	bool starts = strchr("0123456789abcdefABCDEF", *digits) != NULL && *digits;
	if (!starts || *end || errno || v > UINT32_MAX)
		return err_set(e, "--sa is \"%s\", needs an SPI of 32 bits: decimal, or "
			       "hexadecimal with 0x before it or a letter a-f in it", spi);
	if (!room(s->spi_count, "--sa", e))
		return false;
	s->spis[s->spi_count++] = (uint32_t)v;
	return true;
}

/* One to 16 digits; those that are not there are zeros. */
static bool ike_digits(struct span digits, uint8_t spi[8])
{
	char full[IKE_DIGITS];
	memset(full, '0', IKE_DIGITS);
	if (!digits.n || digits.n > IKE_DIGITS)
		return false;
	memcpy(full, digits.p, digits.n);
	return span_unhex(span_of(full, IKE_DIGITS), spi, 8);
}

/* The front of one SPI; or SPIi:SPIr, as key files and `ikat keys` have it. */
bool select_add_ike(struct select *s, const char *spi, struct err *e)
{
	const char *digits = strncasecmp(spi, "0x", 2) == 0 ? spi + 2 : spi;
	const char *colon = strchr(digits, ':');
	size_t n = colon ? (size_t)(colon - digits) : strlen(digits);
	struct select_ike ike = { .digits = (uint8_t)n, .pair = colon };
	if (!ike_digits(span_of(digits, n), ike.spi) ||
	    (colon && (n != IKE_DIGITS || strlen(colon + 1) != IKE_DIGITS ||
		       !ike_digits(span_text(colon + 1), ike.spi_r))))
		return err_set(e, "--ike is \"%s\", needs an IKE SPI, or the first of its 16 "
			       "hexadecimal digits, or both SPIs with : between them", spi);
	if (!room(s->ike_count, "--ike", e))
		return false;
	s->ikes[s->ike_count++] = ike;
	return true;
}

bool select_add_host(struct select *s, const char *pattern, struct err *e)
{
	struct addr_pattern host;
	if (!addr_pattern_parse(span_text(pattern), &host))
		return err_set(e, "--host is \"%s\", needs an IP address or a prefix "
			       "(192.0.2.0/24, 2001:db8::/32)", pattern);
	if (!room(s->host_count, "--host", e))
		return false;
	s->hosts[s->host_count++] = host;
	return true;
}

bool select_add_findings(struct select *s, const char *severity, struct err *e)
{
	s->findings = true;
	s->least = SEVERITY_NOTE;
	if (!severity)
		return true;
	for (enum severity v = SEVERITY_NOTE; v <= SEVERITY_VIOLATION; v++)
		if (strcmp(severity, severity_name(v)) == 0) {
			s->least = v;
			return true;
		}
	return err_set(e, "--findings is \"%s\", needs note, deviation or violation", severity);
}

/* ---- packets ---- */

static bool has_spi(const struct select *s, const struct packet *p)
{
	for (uint32_t i = 0; i < p->layer_count; i++) {
		enum layer_kind k = p->layers[i].type->kind;
		if (k != LAYER_ESP && k != LAYER_AH)
			continue;
		for (size_t n = 0; n < s->spi_count; n++)
			if (p->layers[i].esp->spi == s->spis[n])
				return true;
	}
	return false;
}

static bool ike_begins(const struct select_ike *ike, struct span spi)
{
	size_t whole = ike->digits / 2u;
	if (spi.n != 8 || memcmp(ike->spi, spi.p, whole) != 0)
		return false;
	return ike->digits % 2 == 0 || ike->spi[whole] >> 4 == spi.p[whole] >> 4;
}

/* Before the responder has answered, its SPI is zero: also in what is known of an
 * SA that nobody answered. */
static bool is_pair(const struct select_ike *ike, struct span i, struct span r)
{
	return i.n == 8 && r.n == 8 && memcmp(ike->spi, i.p, 8) == 0 &&
	       (memcmp(ike->spi_r, r.p, 8) == 0 || span_is_zero(r) ||
		span_is_zero(span_of(ike->spi_r, 8)));
}

static bool is_of_ike(const struct select_ike *ike, struct span header)
{
	struct span i = span_part(header, 0, 8), r = span_part(header, 8, 8);
	return ike->pair ? is_pair(ike, i, r) : ike_begins(ike, i) || ike_begins(ike, r);
}

static bool has_ike(const struct select *s, const struct packet *p)
{
	for (uint32_t i = 0; i < p->layer_count; i++) {
		if (p->layers[i].type->kind != LAYER_IKE)
			continue;
		struct span h = p->layers[i].ike->octets;	/* the SPIs stand first */
		for (size_t n = 0; n < s->ike_count; n++)
			if (is_of_ike(&s->ikes[n], h))
				return true;
	}
	return false;
}

static bool has_host(const struct select *s, const struct packet *p)
{
	for (uint32_t i = 0; i < p->layer_count; i++) {
		enum layer_kind k = p->layers[i].type->kind;
		if (k != LAYER_IPV4 && k != LAYER_IPV6)
			continue;
		const struct ip_info *ip = p->layers[i].ip;
		for (size_t n = 0; n < s->host_count; n++)
			if (addr_matches(&s->hosts[n], &ip->src) || addr_matches(&s->hosts[n], &ip->dst))
				return true;
	}
	return false;
}

static bool has_finding(const struct select *s, const struct packet *p)
{
	for (const struct finding *f = p->findings.first; f; f = f->next)
		if (f->severity >= s->least)
			return true;
	return false;
}

/* The packet, or one of those that are inside of it. */
static bool somewhere(const struct select *s, const struct packet *p,
		      bool (*has)(const struct select *s, const struct packet *p))
{
	if (has(s, p))
		return true;
	for (const struct packet *q = p->inner; q; q = q->inner_next)
		if (somewhere(s, q, has))
			return true;
	return false;
}

bool select_any(const struct select *s)
{
	return s->from || s->to || s->spi_count || s->ike_count || s->host_count || s->findings;
}

bool select_takes(const struct select *s, const struct packet *p)
{
	uint64_t number = p->frame.number;
	return number >= s->from && (!s->to || number <= s->to) &&
	       (!s->spi_count || somewhere(s, p, has_spi)) &&
	       (!s->ike_count || somewhere(s, p, has_ike)) &&
	       (!s->host_count || somewhere(s, p, has_host)) &&
	       (!s->findings || somewhere(s, p, has_finding));
}
