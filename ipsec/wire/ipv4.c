/* SPDX-License-Identifier: BSD-2-Clause
 * IPv4, RFC 791: header with options, declared length, fragments (fragment.c).
 * Options are octets here; AH (ah.c) reads those it must. */
#include "ipsec/wire/checksum.h"
#include "ipsec/wire/fragment.h"
#include "ipsec/wire/layers.h"
#include "ipsec/wire/wire_private.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version|  IHL  |Type of Service|          Total Length         |
 * |         Identification        |R|D|M|    Fragment Offset      |
 * |  Time to Live |    Protocol   |        Header Checksum        |
 * |                       Source Address                          |
 * |                    Destination Address                        |
 * |                    Options (0 to 40 octets)                   |
 */
static const struct field ipv4_fields[] = {
	{ .name = "version", .kind = FIELD_UINT, .bits = 4, .style = STYLE_HIDDEN },
	{ .name = "header_length", .kind = FIELD_UINT, .bits = 4, .derive = DERIVE_LENGTH,
	  .scale = 4 },
	{ .name = "tos", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "total_length", .kind = FIELD_UINT, .bits = 16, .derive = DERIVE_OUTSIDE },
	{ .name = "id", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "reserved_flag", .kind = FIELD_UINT, .bits = 1, .reserved = true,
	  .show = SHOW_FLAG, .style = STYLE_HIDDEN },
	{ .name = "dont_fragment", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "more_fragments", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "fragment_offset", .kind = FIELD_UINT, .bits = 13 },
	{ .name = "ttl", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "protocol", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_OUTSIDE },
	{ .name = "checksum", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE },
	{ .name = "src", .kind = FIELD_BYTES, .octets = 4, .show = SHOW_IPV4 },
	{ .name = "dst", .kind = FIELD_BYTES, .octets = 4, .show = SHOW_IPV4 },
	{ .name = "options", .kind = FIELD_REST, .max = 40 },
};
const struct desc ipv4_desc = {
	.name = "ipv4", .title = "Internet Protocol version 4", .rfc = "RFC 791, 3.1",
	DESC_FIELDS(ipv4_fields),
};

enum {
	IPV4_SIZE = 20,
	MORE_FRAGMENTS = 0x2000, OFFSET_MASK = 0x1fff,
	ETHERNET_PADDED = 64,	/* the shortest frame with a VLAN tag; 60 without */
};

/* The header as it was read. */
struct ipv4 {
	uint8_t version, protocol;
	uint16_t header, total, id, flags;	/* flags: with the fragment offset */
	uint16_t checksum;
};

/* A reader of a size that the compiler knows needs no checks at run time. */
static bool ipv4_read(const struct packet *p, struct ipv4 *h, struct ip_info *i)
{
	if (p->rest.n < IPV4_SIZE)
		return false;
	struct reader r = reader_of(span_of(p->rest.p, IPV4_SIZE));
	uint8_t first = read_u8(&r);
	h->version = first >> 4;
	h->header = (uint16_t)((first & 15) * 4);
	read_u8(&r);
	h->total = read_u16(&r);
	h->id = read_u16(&r);
	h->flags = read_u16(&r);
	read_u8(&r);
	h->protocol = read_u8(&r);
	h->checksum = read_u16(&r);
	struct span src = read_span(&r, 4), dst = read_span(&r, 4);
	i->src.family = i->dst.family = 4;
	memcpy(i->src.b, src.p, 4);
	memcpy(i->dst.b, dst.p, 4);
	i->protocol = h->protocol;
	i->header = h->header;
	return true;
}

/* Octets behind the declared length: padding of short Ethernet frames is as it
 * should be; inside other buffers they are the business of who opened those. */
static void note_trailer(struct packet *p, size_t declared)
{
	if (declared >= p->rest.n || p->buffer_now != 0 || p->frame.length <= ETHERNET_PADDED)
		return;
	packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p) + declared,
		       "%zu octets behind the end of the IPv4 packet", p->rest.n - declared);
}

/* Total length zero: a sender that leaves segmentation to its interface (TSO). */
static void ipv4_limit(struct packet *p, const struct ipv4 *h, struct ip_info *i)
{
	if (h->total >= h->header) {
		note_trailer(p, h->total);
		i->length_bad = !packet_declared(p, "IPv4", h->total);
		return;
	}
	i->length_bad = true;
	packet_finding(p, h->total ? SEVERITY_VIOLATION : SEVERITY_NOTE, NULL,
		       packet_offset(p) + 2,
		       h->total ? "IPv4 total length %u, needs at least the header's %u" :
		       "IPv4 total length %u (segmentation offload?): taken to the frame's end, "
		       "header %u", h->total, h->header);
}

/* A zero checksum is left to the interface (offload). */
static void ipv4_checksum(struct packet *p, const struct ipv4 *h)
{
	if (h->checksum == 0 || checksum_words_good(p->rest.p, h->header / 4))
		return;
	packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p) + 10,
		       "IPv4 header checksum %04x is wrong", h->checksum);
}

/* Makes the first fragment's header that of the whole datagram. */
static void header_patch(uint8_t *header, size_t size, size_t total)
{
	struct writer w = { header, size, size, false };
	write_patch(&w, 2, total, 2);
	write_patch(&w, 6, header[6] & 0xc0, 1);
	write_patch(&w, 7, 0, 1);
	write_patch(&w, 10, 0, 2);
	write_patch(&w, 10, checksum_fold(checksum_add(0, writer_span(&w))), 2);
}

/* True when this frame completed its datagram, which is read from now on. */
static bool ipv4_reassemble(struct wire *w, struct packet *p, const struct ipv4 *h,
			    const struct ip_info *i)
{
	struct fragment part = {
		.src = i->src, .dst = i->dst, .id = h->id, .protocol = h->protocol,
		.more = h->flags & MORE_FRAGMENTS,
		.offset = (uint32_t)(h->flags & OFFSET_MASK) * 8,
		.header = span_part(p->rest, 0, h->header), .data = span_from(p->rest, h->header),
	};
	struct span whole;
	uint8_t *header;
	if (!w->fragments || p->cut || i->length_bad ||
	    !fragments_add(w->fragments, p, &part, &whole, &header))
		return false;
	header_patch(header, (size_t)(header[0] & 15) * 4, whole.n);
	if (packet_buffer(p, whole, "reassembled"))
		packet_next(p, SPACE_LAYER, LAYER_IPV4);
	return true;
}

static void ipv4_push(struct packet *p, struct ip_info *i)
{
	struct layer *l = packet_push(p, LAYER_IPV4, i->header);
	if (!l)
		return;
	l->ip = i;
	p->ip = l;
	if (i->fragment)
		packet_data(p);		/* RFC4303-3.4.1-01, RFC4302-3.4.1-01: not read alone */
	else
		packet_next(p, SPACE_PROTOCOL, i->protocol);
}

void ipv4_decode(struct wire *w, struct packet *p)
{
	bool raw = p->space == SPACE_LINK;	/* a link type for IP of either version */
	if (raw && p->rest.n && p->rest.p[0] >> 4 == 6) {
		ipv6_decode(w, p);
		return;
	}
	struct ip_info *i = arena_alloc(p->arena, sizeof *i);
	struct ipv4 h;
	packet_ahead(p);
	if (!ipv4_read(p, &h, i)) {
		packet_short(p, "IPv4", IPV4_SIZE);
		return;
	}
	if (h.version != 4 || h.header < IPV4_SIZE) {
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
			       "no IPv4 header: version %u, needs 4; header length %u, needs 20",
			       h.version, h.header);
		packet_data(p);
		return;
	}
	if (h.header > p->rest.n) {
		packet_short(p, "IPv4", h.header);
		return;
	}
	ipv4_limit(p, &h, i);
	ipv4_checksum(p, &h);
	i->fragment = h.flags & (MORE_FRAGMENTS | OFFSET_MASK);
	if (!i->fragment || !ipv4_reassemble(w, p, &h, i))
		ipv4_push(p, i);
}
