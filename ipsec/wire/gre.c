/* SPDX-License-Identifier: BSD-2-Clause
 * GRE, RFC 2784 with key and sequence number of RFC 2890; what it carries goes
 * by ether type (bridged Ethernet too). The routing field of RFC 1701 and the
 * version 1 of PPTP are left as data. */
#include "ipsec/wire/checksum.h"
#include "ipsec/wire/layers.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |C|R|K|S|    Reserved0    | Ver |         Protocol Type         |
 * |      Checksum (if C)          |       Reserved1 (if C)        |
 * |                           Key (if K)                          |
 * |                    Sequence Number (if S)                     |
 */
static const struct field gre_fields[] = {
	{ .name = "checksum_present", .kind = FIELD_UINT, .bits = 1, .derive = DERIVE_SIZE,
	  .ref = 7, .scale = 4, .show = SHOW_FLAG },
	{ .name = "routing_present", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG,
	  .style = STYLE_HIDDEN },
	{ .name = "key_present", .kind = FIELD_UINT, .bits = 1, .derive = DERIVE_SIZE,
	  .ref = 8, .scale = 4, .show = SHOW_FLAG },
	{ .name = "sequence_present", .kind = FIELD_UINT, .bits = 1, .derive = DERIVE_SIZE,
	  .ref = 9, .scale = 4, .show = SHOW_FLAG },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 9, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "version", .kind = FIELD_UINT, .bits = 3 },
	{ .name = "protocol", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE },
	{ .name = "checksum", .kind = FIELD_SIZED, .ref = 0, .scale = 4 },
	{ .name = "key", .kind = FIELD_SIZED, .ref = 2, .scale = 4 },
	{ .name = "seq", .kind = FIELD_SIZED, .ref = 3, .scale = 4 },
};
const struct desc gre_desc = {
	.name = "gre", .title = "Generic Routing Encapsulation", .rfc = "RFC 2784, 2",
	DESC_FIELDS(gre_fields),
};

enum {
	GRE_SIZE = 4,
	GRE_CHECKSUM = 0x8000, GRE_ROUTING = 0x4000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000,
	GRE_VERSION = 7,
};

void gre_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint16_t flags = read_u16(&r), type = read_u16(&r);
	size_t size = GRE_SIZE + (flags & GRE_CHECKSUM ? 4 : 0) + (flags & GRE_KEY ? 4 : 0) +
		      (flags & GRE_SEQUENCE ? 4 : 0);
	if (r.bad || size > p->rest.n) {
		packet_short(p, "GRE", size);
		return;
	}
	if (flags & (GRE_ROUTING | GRE_VERSION)) {
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "GRE version %u%s is not read, only version 0 without routing",
			       flags & GRE_VERSION, flags & GRE_ROUTING ? " with routing" : "");
		packet_data(p);
		return;
	}
	if (flags & GRE_CHECKSUM && !p->cut && checksum_fold(checksum_add(0, p->rest)) != 0)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p) + 4,
			       "GRE checksum is wrong");
	if (packet_push(p, LAYER_GRE, size))
		packet_next(p, SPACE_ETHERTYPE, type);
}
