/* SPDX-License-Identifier: BSD-2-Clause
 * The Traffic Selector payloads. RFC 7296, 3.13; Fibre Channel ranges of RFC
 * 4595, security labels of RFC 9478. */
#include "ipsec/ike/payload.h"

/* +---------------+---------------+-------------------------------+
 * |   TS Type     |IP Protocol ID |       Selector Length         |
 * +---------------+---------------+-------------------------------+
 * |           Start Port          |           End Port            |
 * +-------------------------------+-------------------------------+
 * |             Starting Address, then Ending Address             |
 * +---------------------------------------------------------------+ */
#define SELECTOR_HEADER(number, second) \
	{ .name = "type", .bits = 8, .derive = DERIVE_FIXED, .fixed = (number), \
	  .names = &reg_ts_types, .style = STYLE_HEAD }, \
	second, \
	{ .name = "length", .bits = 16, .derive = DERIVE_LENGTH, .style = STYLE_HIDDEN, \
	  .rule = "RFC7296-3.13.1-04" }
#define PROTOCOL { .name = "protocol", .bits = 8 }
#define RESERVED_OCTET(text) \
	{ .name = (text), .bits = 8, .reserved = true, .style = STYLE_HIDDEN }
#define RANGE(n, how) { \
	SELECTOR_HEADER((n) == 4 ? 7 : 8, PROTOCOL), \
	{ .name = "start_port", .bits = 16 }, \
	{ .name = "end_port", .bits = 16 }, \
	{ .name = "start_address", .kind = FIELD_BYTES, .octets = (n), .show = (how), \
	  .rule = "RFC7296-3.13.1-04" }, \
	{ .name = "end_address", .kind = FIELD_BYTES, .octets = (n), .show = (how), \
	  .rule = "RFC7296-3.13.1-04" } }

static void range_check(const struct node *n, struct findings *fs)
{
	struct span start = node_bytes(n, TS_START), end = node_bytes(n, TS_END);
	if (n->present <= TS_END)
		return;
	if (memcmp(start.p, end.p, end.n) > 0)
		finding_add(fs, SEVERITY_DEVIATION, "RFC7296-3.13.1-06", n->v[TS_START].offset,
			    "the first address is above the last: nothing matches");
	uint64_t first = node_uint(n, TS_START_PORT, 0), last = node_uint(n, TS_END_PORT, 0);
	if (first > last && !(first == 65535 && last == 0))
		finding_add(fs, SEVERITY_DEVIATION, "RFC7296-3.13.1-02", n->v[TS_START_PORT].offset,
			    "ports %u to %u: neither a range nor OPAQUE (65535 to 0)",
			    (unsigned)first, (unsigned)last);
}

static const struct field ipv4_fields[] = RANGE(4, SHOW_IPV4);
static const struct desc ipv4_desc = {
	.name = "ipv4", .title = "IPv4 range", .rfc = "RFC 7296, 3.13.1",
	DESC_FIELDS(ipv4_fields), .tail_rule = "RFC7296-3.13.1-04", .check = range_check,
};
static const struct field ipv6_fields[] = RANGE(16, SHOW_IPV6);
static const struct desc ipv6_desc = {
	.name = "ipv6", .title = "IPv6 range", .rfc = "RFC 7296, 3.13.1",
	DESC_FIELDS(ipv6_fields), .tail_rule = "RFC7296-3.13.1-04", .check = range_check,
};

/* RFC 4595, 4.4: addresses of 24 bits, then ranges of R_CTL and Type. */
static const struct field fc_fields[] = {
	SELECTOR_HEADER(9, RESERVED_OCTET("reserved")),
	RESERVED_OCTET("reserved2"),
	{ .name = "start_address", .bits = 24, .show = SHOW_HEX },
	RESERVED_OCTET("reserved3"),
	{ .name = "end_address", .bits = 24, .show = SHOW_HEX },
	{ .name = "start_r_ctl", .bits = 8 },
	{ .name = "end_r_ctl", .bits = 8 },
	{ .name = "start_type", .bits = 8 },
	{ .name = "end_type", .bits = 8 },
};
static const struct desc fc_desc = {
	.name = "fc", .title = "Fibre Channel range", .rfc = "RFC 4595, 4.4", DESC_FIELDS(fc_fields),
};

static const struct field label_fields[] = {
	SELECTOR_HEADER(10, RESERVED_OCTET("reserved")),
	{ .name = "security_label", .kind = FIELD_REST, .show = SHOW_TEXT },
};
static const struct desc label_desc = {
	.name = "seclabel", .title = "Security label", .rfc = "RFC 9478, 2",
	DESC_FIELDS(label_fields),
};

static const struct field unknown_fields[] = {
	{ .name = "type", .bits = 8, .names = &reg_ts_types },
	PROTOCOL,
	{ .name = "length", .bits = 16, .derive = DERIVE_LENGTH, .style = STYLE_HIDDEN,
	  .rule = "RFC7296-3.13.1-04" },
	{ .name = "data", .kind = FIELD_REST },
};
static const struct desc unknown_desc = {
	.name = "selector", .rfc = "RFC 7296, 3.13.1", DESC_FIELDS(unknown_fields),
};

static const struct desc *selector_peek(struct span rest)
{
	struct reader r = reader_of(rest);
	switch (read_u8(&r)) {
	case 7:
		return &ipv4_desc;
	case 8:
		return &ipv6_desc;
	case 9:
		return &fc_desc;
	case 10:
		return &label_desc;
	default:
		return &unknown_desc;
	}
}

/* +---------------+-----------------------------------------------+
 * | Number of TSs |                 RESERVED                      |
 * +---------------+-----------------------------------------------+
 * |                       Traffic Selectors                       |
 * +---------------------------------------------------------------+ */
static const struct field ts_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "count", .bits = 8, .derive = DERIVE_COUNT, .ref = TS_SELECTORS,
	  .style = STYLE_HIDDEN, .rule = "RFC7296-3.13-02" },
	RESERVED2(24, "RFC7296-3.13-01"),
	{ .name = "selectors", .kind = FIELD_LIST, .peek = selector_peek, .elem = &ipv4_desc },
};
const struct desc ike_tsi_desc = {
	.name = "TSi", .title = "Traffic Selector - Initiator", .rfc = "RFC 7296, 3.13",
	DESC_FIELDS(ts_fields), .tail_rule = "RFC7296-3.13-02",
};
const struct desc ike_tsr_desc = {
	.name = "TSr", .title = "Traffic Selector - Responder", .rfc = "RFC 7296, 3.13",
	DESC_FIELDS(ts_fields), .tail_rule = "RFC7296-3.13-02",
};
