/* SPDX-License-Identifier: BSD-2-Clause
 * Traffic selectors as text, and is one inside another: RFC 7296, 2.9 and
 * 3.13.1; Fibre Channel ranges of RFC 4595, labels of RFC 9478. */
#include "ipsec/base/text.h"
#include "ipsec/ike/payload.h"
#include "ipsec/ike/proposal.h"

enum { SHOWN = 8, SELECTORS_MAX = 255 };
enum { TYPE_IPV4 = 7, TYPE_IPV6 = 8, TYPE_FC = 9, TYPE_LABEL = 10 };
enum { ICMP = 1, ICMPV6 = 58 };
enum { LABEL_SHOWN = 64 };
/* RFC 4595, 4.4 (ranges of addresses, R_CTL, types) and RFC 9478, 2, by field */
enum { FC_START = 4, FC_END = 6, FC_RANGES = 7, FC_FIELDS = 11 };
enum { LABEL = 3, UNKNOWN_DATA = 3 };

static const struct node *first_selector(const struct node *ts)
{
	bool is = ts && (ts->desc == &ike_tsi_desc || ts->desc == &ike_tsr_desc);
	return is ? node_kid(ts, TS_SELECTORS) : NULL;
}

static uint64_t type_of(const struct node *n)
{
	return node_uint(n, TS_TYPE, 0);
}

static bool is_range(const struct node *n)
{
	return (type_of(n) == TYPE_IPV4 || type_of(n) == TYPE_IPV6) && n->present > TS_END;
}

/* ---- text ---- */

static void add_address(struct text *out, struct span s)
{
	if (s.n == 4)
		text_ipv4(out, s.p);
	else
		text_ipv6(out, s.p);
}

static unsigned bit(struct span s, size_t i)
{
	return s.p[i / 8] >> (7 - i % 8) & 1u;
}

/* Bits of the prefix that the range is, or -1. */
static int prefix(struct span start, struct span end)
{
	size_t n = 0, all = start.n * 8;
	while (n < all && bit(start, n) == bit(end, n))
		n++;
	for (size_t i = n; i < all; i++)
		if (bit(start, i) || !bit(end, i))
			return -1;
	return (int)n;
}

static void add_addresses(struct text *out, struct span start, struct span end)
{
	int bits = prefix(start, end);
	add_address(out, start);
	if (bits < 0) {
		text_char(out, '-');
		add_address(out, end);
	} else if ((size_t)bits < start.n * 8) {
		text_printf(out, "/%d", bits);
	}
}

static void add_protocol(struct text *out, uint64_t protocol)
{
	static const struct { uint8_t number; const char *name; } names[] = {
		{ 0, "any" }, { 1, "icmp" }, { 2, "igmp" }, { 6, "tcp" }, { 17, "udp" },
		{ 47, "gre" }, { 50, "esp" }, { 51, "ah" }, { 58, "icmpv6" }, { 89, "ospf" },
		{ 103, "pim" }, { 112, "vrrp" }, { 115, "l2tp" }, { 132, "sctp" },
		{ 135, "mobility" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == protocol) {
			text_add(out, names[i].name);
			return;
		}
	text_printf(out, "protocol %u", (unsigned)protocol);
}

/* Type and code of ICMP stand where ports do (RFC 7296, 3.13.1). */
static void add_icmp(struct text *out, unsigned first, unsigned last)
{
	text_printf(out, "/%u", first >> 8);
	if (first >> 8 == last >> 8 && (first & 255) == 0 && (last & 255) == 255)
		return;
	text_printf(out, "(%u)", first & 255);
	if (first != last)
		text_printf(out, "-%u(%u)", last >> 8, last & 255);
}

static bool is_opaque(unsigned first, unsigned last)
{
	return first == 65535 && last == 0;
}

static void add_ports(struct text *out, const struct node *n)
{
	uint64_t protocol = node_uint(n, TS_PROTOCOL, 0);
	unsigned first = (unsigned)node_uint(n, TS_START_PORT, 0);
	unsigned last = (unsigned)node_uint(n, TS_END_PORT, 0);
	bool all = first == 0 && last == 65535;
	if (all && !protocol)
		return;
	text_char(out, ' ');
	add_protocol(out, protocol);
	if (all)
		return;
	if (is_opaque(first, last))
		text_add(out, "/opaque");
	else if (protocol == ICMP || protocol == ICMPV6)
		add_icmp(out, first, last);
	else if (first == last)
		text_printf(out, "/%u", first);
	else
		text_printf(out, "/%u-%u", first, last);
}

static void add_selector(struct text *out, const struct node *n)
{
	if (is_range(n)) {
		add_addresses(out, node_bytes(n, TS_START), node_bytes(n, TS_END));
		add_ports(out, n);
	} else if (type_of(n) == TYPE_LABEL && n->present > LABEL) {
		text_add(out, "label ");
		text_escape(out, span_part(node_bytes(n, LABEL), 0, LABEL_SHOWN));
	} else if (type_of(n) == TYPE_FC && n->present > FC_END) {
		text_printf(out, "FC 0x%06x-0x%06x", (unsigned)node_uint(n, FC_START, 0),
			    (unsigned)node_uint(n, FC_END, 0));
	} else {
		const char *word = names_word(&reg_ts_types, (uint32_t)type_of(n));
		text_printf(out, word ? "%s" : "%sselector of type %u", word ? word : "",
			    (unsigned)type_of(n));
	}
}

const char *ike_ts_text(const struct node *ts, struct arena *a)
{
	struct text out = { 0 };
	unsigned count = 0;
	for (const struct node *n = first_selector(ts); n; n = n->next, count++) {
		if (count >= SHOWN)
			continue;
		text_add(&out, count ? ", " : "");
		add_selector(&out, n);
	}
	if (count > SHOWN)
		text_printf(&out, " and %u more", count - SHOWN);
	const char *s = arena_text(a, span_of(out.p, out.n));
	text_done(&out);
	return s;
}

/* ---- inside ---- */

static bool ports_inside(const struct node *wide, const struct node *n)
{
	unsigned first = (unsigned)node_uint(n, TS_START_PORT, 0);
	unsigned last = (unsigned)node_uint(n, TS_END_PORT, 0);
	unsigned from = (unsigned)node_uint(wide, TS_START_PORT, 0);
	unsigned to = (unsigned)node_uint(wide, TS_END_PORT, 0);
	if (from == 0 && to == 65535)
		return true;	/* any, and OPAQUE too (RFC 4301, 4.4.1.1) */
	if (is_opaque(first, last) || is_opaque(from, to))
		return is_opaque(first, last) && is_opaque(from, to);
	return first >= from && last <= to;
}

static bool range_inside(const struct node *wide, const struct node *n)
{
	uint64_t protocol = node_uint(wide, TS_PROTOCOL, 0);
	struct span start = node_bytes(n, TS_START), end = node_bytes(n, TS_END);
	struct span from = node_bytes(wide, TS_START), to = node_bytes(wide, TS_END);
	return (!protocol || protocol == node_uint(n, TS_PROTOCOL, 0)) && ports_inside(wide, n) &&
	       memcmp(start.p, from.p, start.n) >= 0 && memcmp(end.p, to.p, end.n) <= 0;
}

static bool fc_inside(const struct node *wide, const struct node *n)
{
	bool inside = node_uint(n, FC_START, 0) >= node_uint(wide, FC_START, 0) &&
		      node_uint(n, FC_END, 0) <= node_uint(wide, FC_END, 0);
	for (unsigned i = FC_RANGES; i < FC_FIELDS; i += 2)
		inside = inside && node_uint(n, i, 0) >= node_uint(wide, i, 0) &&
			 node_uint(n, i + 1, 0) <= node_uint(wide, i + 1, 0);
	return inside;
}

static bool selector_inside(const struct node *wide, const struct node *n)
{
	if (type_of(wide) != type_of(n))
		return false;
	if (is_range(n) || is_range(wide))
		return is_range(n) && is_range(wide) && range_inside(wide, n);
	if (type_of(n) == TYPE_FC)
		return fc_inside(wide, n);
	return span_equal(node_bytes(wide, UNKNOWN_DATA), node_bytes(n, UNKNOWN_DATA));
}

bool ike_ts_inside(const struct node *request, const struct node *answer)
{
	unsigned seen = 0;
	for (const struct node *n = first_selector(answer); n && seen < SELECTORS_MAX;
	     n = n->next, seen++) {
		const struct node *wide = first_selector(request);
		for (unsigned k = 0; wide && k < SELECTORS_MAX && !selector_inside(wide, n); k++)
			wide = wide->next;
		if (!wide)
			return false;
	}
	return true;
}
