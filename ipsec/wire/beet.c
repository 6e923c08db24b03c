/* SPDX-License-Identifier: BSD-2-Clause
 * The pseudo header of BEET mode (draft-nikander-esp-beet-mode): ESP between
 * fixed inner addresses, which both ends know, so that the inner header does not
 * travel. Where that header was IPv4 with options, they come in this one, under
 * next header 94; without options, and for IPv6, there is none. Which addresses
 * are inside is not in the packet: checksums over them are not verified. */
#include "ipsec/wire/layers.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Header  |  Header Len   |    Pad Len    |   Reserved    |
 * |                  Padding (0 or 4 octets, NOP)                 |
 * |                         IPv4 options                          |
 *
 * Header Len: units of 8 octets, the first one not counted.
 */
static const struct field beetph_fields[] = {
	{ .name = "next_header", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_OUTSIDE },
	{ .name = "header_length", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_LENGTH,
	  .scale = 8, .bias = 8 },
	{ .name = "pad_length", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_SIZE, .ref = 4 },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 8, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "padding", .kind = FIELD_SIZED, .ref = 2, .max = 4, .style = STYLE_HIDDEN },
	{ .name = "options", .kind = FIELD_REST, .max = 40 },
};
const struct desc beetph_desc = {
	.name = "beetph", .title = "BEET pseudo header", .rfc = "draft-nikander-esp-beet-mode-09, 5.4",
	DESC_FIELDS(beetph_fields),
};

enum { BEETPH_SIZE = 8, BEETPH_PAD = 4, OPTIONS_MAX = 40 };

void beetph_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint8_t next = read_u8(&r);
	size_t size = (size_t)read_u8(&r) * 8 + BEETPH_SIZE;
	uint8_t pad = read_u8(&r);
	if (r.bad || size > p->rest.n) {
		packet_short(p, "BEET pseudo", size);
		return;
	}
	if (pad != 0 && pad != BEETPH_PAD)
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p) + 2,
			       "pad length %u in a BEET pseudo header, needs 0 or %d", pad,
			       BEETPH_PAD);
	else if (size - 4 - pad > OPTIONS_MAX)
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p) + 1,
			       "%zu octets of options in a BEET pseudo header, IPv4 has at most %d",
			       size - 4 - pad, OPTIONS_MAX);
	if (packet_push(p, LAYER_BEETPH, size))
		packet_next(p, SPACE_PROTOCOL, next);
}
