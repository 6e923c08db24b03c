/* SPDX-License-Identifier: BSD-2-Clause
 * MACsec, IEEE 802.1AE: the SecTAG. Encrypted frames are data behind it; those
 * that are only authenticated are read on. ICVs are not verified. */
#include "ipsec/wire/layers.h"

/*
 * +-+--+--+---+-+-+--+-----------------+
 * |V|ES|SC|SCB|E|C|AN|  Short Length   |
 * |          Packet Number (32)        |
 * |  Secure Channel Identifier (64, if SC)
 * +-+--+--+---+-+-+--+-----------------+
 */
static const struct field macsec_fields[] = {
	{ .name = "version", .kind = FIELD_UINT, .bits = 1 },
	{ .name = "end_station", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "sci_present", .kind = FIELD_UINT, .bits = 1, .derive = DERIVE_SIZE, .ref = 9,
	  .scale = 8, .show = SHOW_FLAG },
	{ .name = "single_copy_broadcast", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "encrypted", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "changed", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "association", .kind = FIELD_UINT, .bits = 2 },
	{ .name = "short_length", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_OUTSIDE },
	{ .name = "packet_number", .kind = FIELD_UINT, .bits = 32 },
	{ .name = "sci", .kind = FIELD_SIZED, .ref = 2, .scale = 8 },
	{ .name = "ethertype", .kind = FIELD_REST, .max = 2 },	/* where it can be read */
};
const struct desc macsec_desc = {
	.name = "macsec", .title = "MACsec SecTAG", .rfc = "IEEE 802.1AE, 9.3",
	DESC_FIELDS(macsec_fields),
};

enum { SECTAG_SIZE = 6, SCI_SIZE = 8, MACSEC_ICV = 16, SC = 0x20, E = 0x08, C = 0x04 };

void macsec_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint8_t tci = read_u8(&r);
	read_span(&r, SECTAG_SIZE - 1);
	size_t size = SECTAG_SIZE + (tci & SC ? SCI_SIZE : 0);
	if (r.bad || p->rest.n < size) {
		packet_short(p, "MACsec", size);
		return;
	}
	/* Authenticated only: the ether type goes on, the ICV stands at the end. */
	bool open = !(tci & (E | C)) && p->rest.n >= size + 2 + MACSEC_ICV;
	struct reader inside = reader_of(span_from(p->rest, size));
	uint16_t type = read_u16(&inside);
	if (!packet_push(p, LAYER_MACSEC, open ? size + 2 : size))
		return;
	if (!open) {
		packet_data(p);
		return;
	}
	packet_limit(p, p->cut ? p->rest.n : p->rest.n - MACSEC_ICV);
	packet_next(p, SPACE_ETHERTYPE, type);
}
