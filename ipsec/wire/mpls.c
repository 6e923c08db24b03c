/* SPDX-License-Identifier: BSD-2-Clause
 * MPLS, RFC 3032: one layer for each entry of the label stack. Nothing says what
 * is below the last one: the first four bits tell IPv4 and IPv6, and zero is a
 * pseudowire's control word (RFC 4385), which is followed where an Ethernet
 * header with a known ether type stands behind it. All else is data. */
#include "ipsec/wire/layers.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                Label                  | TC  |S|      TTL      |
 */
static const struct field mpls_fields[] = {
	{ .name = "label", .kind = FIELD_UINT, .bits = 20 },
	{ .name = "traffic_class", .kind = FIELD_UINT, .bits = 3 },
	{ .name = "bottom", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "ttl", .kind = FIELD_UINT, .bits = 8 },
};
const struct desc mpls_desc = {
	.name = "mpls", .title = "Multiprotocol Label Switching", .rfc = "RFC 3032, 2.1",
	DESC_FIELDS(mpls_fields),
};

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |0 0 0 0| Flags |FRG|  Length   |        Sequence Number        |
 */
static const struct field pw_fields[] = {
	{ .name = "zero", .kind = FIELD_UINT, .bits = 4, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "flags", .kind = FIELD_UINT, .bits = 4, .show = SHOW_HEX },
	{ .name = "fragmentation", .kind = FIELD_UINT, .bits = 2 },
	{ .name = "length", .kind = FIELD_UINT, .bits = 6, .derive = DERIVE_OUTSIDE },
	{ .name = "seq", .kind = FIELD_UINT, .bits = 16 },
};
const struct desc pw_desc = {
	.name = "pw", .title = "Pseudowire control word", .rfc = "RFC 4385, 3",
	DESC_FIELDS(pw_fields),
};

enum {
	MPLS_SIZE = 4, PW_SIZE = 4,
	LABEL_IPV4 = 0, LABEL_IPV6 = 2,		/* explicit null, RFC 3032, 2.1 */
};

bool ethernet_plausible(struct span s)
{
	struct reader r = reader_of(s);
	read_span(&r, 12);
	uint16_t type = read_u16(&r);
	uint8_t version = read_u8(&r) >> 4;
	if (r.bad)
		return false;
	switch (type) {
	case 0x0800:
		return version == 4;
	case 0x86dd:
		return version == 6;
	case 0x0806: case 0x8100: case 0x88a8: case 0x8847: case 0x8863: case 0x8864:
		return true;
	default:
		return false;
	}
}

/* What is below the last label. */
static void mpls_inside(struct packet *p, uint32_t label)
{
	uint8_t version = p->rest.n ? p->rest.p[0] >> 4 : 0xff;
	if (version == 4 || label == LABEL_IPV4)
		packet_next(p, SPACE_LAYER, LAYER_IPV4);
	else if (version == 6 || label == LABEL_IPV6)
		packet_next(p, SPACE_LAYER, LAYER_IPV6);
	else if (version == 0 && ethernet_plausible(span_from(p->rest, PW_SIZE)))
		packet_next(p, SPACE_LAYER, LAYER_PW);
	else
		packet_data(p);
}

void mpls_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint32_t entry = read_u32(&r);
	if (r.bad) {
		packet_short(p, "MPLS", MPLS_SIZE);
		return;
	}
	if (!packet_push(p, LAYER_MPLS, MPLS_SIZE))
		return;
	if (entry >> 8 & 1)
		mpls_inside(p, entry >> 12);
	else
		packet_next(p, SPACE_LAYER, LAYER_MPLS);
}

void pw_decode(struct wire *w, struct packet *p)
{
	(void)w;
	if (p->rest.n < PW_SIZE)
		packet_short(p, "pseudowire", PW_SIZE);
	else if (packet_push(p, LAYER_PW, PW_SIZE))
		packet_next(p, SPACE_LAYER, LAYER_ETHERNET);
}
