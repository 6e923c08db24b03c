/* SPDX-License-Identifier: BSD-2-Clause
 * VXLAN, RFC 7348, 5: Ethernet frames in UDP port 4789. The generic protocol
 * extension (another port) is not read. */
#include "ipsec/wire/layers.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |R|R|R|R|I|R|R|R|                   Reserved                    |
 * |        VXLAN Network Identifier (VNI)         |   Reserved    |
 */
static const struct field vxlan_fields[] = {
	{ .name = "flags", .kind = FIELD_UINT, .bits = 8, .show = SHOW_HEX },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 24, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "vni", .kind = FIELD_UINT, .bits = 24 },
	{ .name = "reserved_2", .kind = FIELD_UINT, .bits = 8, .reserved = true,
	  .style = STYLE_HIDDEN },
};
const struct desc vxlan_desc = {
	.name = "vxlan", .title = "Virtual eXtensible LAN", .rfc = "RFC 7348, 5",
	DESC_FIELDS(vxlan_fields),
};

enum { VXLAN_SIZE = 8, VXLAN_VALID = 0x08 };

void vxlan_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint8_t flags = read_u8(&r);
	read_span(&r, VXLAN_SIZE - 1);
	if (r.bad) {
		packet_short(p, "VXLAN", VXLAN_SIZE);
		return;
	}
	if (!(flags & VXLAN_VALID)) {
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "VXLAN flags %02x, a valid network identifier needs 08: not read",
			       flags);
		packet_data(p);
		return;
	}
	if (packet_push(p, LAYER_VXLAN, VXLAN_SIZE))
		packet_next(p, SPACE_LAYER, LAYER_ETHERNET);
}
