/* SPDX-License-Identifier: BSD-2-Clause
 * IPv6, RFC 8200: the header and the extension headers hop-by-hop options,
 * routing, fragment and destination options. Options are octets here; AH (ah.c)
 * reads those it must. Jumbograms (RFC 2675) are read to the frame's end. */
#include "ipsec/wire/fragment.h"
#include "ipsec/wire/layers.h"
#include "ipsec/wire/wire_private.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version| Traffic Class |           Flow Label                  |
 * |         Payload Length        |  Next Header  |   Hop Limit   |
 * |                  Source Address (16 octets)                   |
 * |                Destination Address (16 octets)                |
 */
static const struct field ipv6_fields[] = {
	{ .name = "version", .kind = FIELD_UINT, .bits = 4, .style = STYLE_HIDDEN },
	{ .name = "traffic_class", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "flow_label", .kind = FIELD_UINT, .bits = 20, .show = SHOW_HEX },
	{ .name = "payload_length", .kind = FIELD_UINT, .bits = 16, .derive = DERIVE_OUTSIDE },
	{ .name = "next_header", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_OUTSIDE },
	{ .name = "hop_limit", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "src", .kind = FIELD_BYTES, .octets = 16, .show = SHOW_IPV6 },
	{ .name = "dst", .kind = FIELD_BYTES, .octets = 16, .show = SHOW_IPV6 },
};
const struct desc ipv6_desc = {
	.name = "ipv6", .title = "Internet Protocol version 6", .rfc = "RFC 8200, 3",
	DESC_FIELDS(ipv6_fields),
};

/*
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Header  |  Hdr Ext Len  |          Options ...          |
 *
 * Hdr Ext Len: units of 8 octets behind the first 8 (RFC 8200, 4.3 and 4.6).
 */
static const struct field options_fields[] = {
	{ .name = "next_header", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_OUTSIDE },
	{ .name = "header_length", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_LENGTH,
	  .scale = 8, .bias = 8 },
	{ .name = "options", .kind = FIELD_REST },
};
const struct desc hopopts_desc = {
	.name = "hopopts", .title = "Hop-by-Hop Options", .rfc = "RFC 8200, 4.3",
	DESC_FIELDS(options_fields),
};
const struct desc dstopts_desc = {
	.name = "dstopts", .title = "Destination Options", .rfc = "RFC 8200, 4.6",
	DESC_FIELDS(options_fields),
};

/*
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Header  |  Hdr Ext Len  |  Routing Type | Segments Left |
 * |                     type-specific data                        |
 */
static const struct field routing_fields[] = {
	{ .name = "next_header", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_OUTSIDE },
	{ .name = "header_length", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_LENGTH,
	  .scale = 8, .bias = 8 },
	{ .name = "routing_type", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "segments_left", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "data", .kind = FIELD_REST },
};
const struct desc routing_desc = {
	.name = "routing", .title = "Routing header", .rfc = "RFC 8200, 4.4",
	DESC_FIELDS(routing_fields),
};

/*
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
 * |                         Identification                        |
 */
static const struct field fragment_fields[] = {
	{ .name = "next_header", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_OUTSIDE },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 8, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "fragment_offset", .kind = FIELD_UINT, .bits = 13 },
	{ .name = "reserved_2", .kind = FIELD_UINT, .bits = 2, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "more_fragments", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "id", .kind = FIELD_UINT, .bits = 32, .show = SHOW_HEX },
};
const struct desc fragment_desc = {
	.name = "fragment", .title = "Fragment header", .rfc = "RFC 8200, 4.5",
	DESC_FIELDS(fragment_fields),
};

enum {
	IPV6_SIZE = 40, FRAGMENT_SIZE = 8,
	EXTENSIONS_MAX = 12,	/* in one packet; RFC 8200, 4.1 needs 6 */
	ETHERNET_PADDED = 64,	/* the shortest frame with a VLAN tag; 60 without */
};

/* Payload length 0 means a jumbogram or a segmentation offload, but for a packet
 * that has nothing behind its header, be it padded. */
static void ipv6_limit(struct packet *p, size_t payload, struct ip_info *i)
{
	size_t left = p->rest.n - IPV6_SIZE;
	bool frame = p->buffer_now == 0;
	bool padded = frame && p->frame.length <= ETHERNET_PADDED;
	if (payload == 0 && left && i->protocol != PROTOCOL_NONE && !padded) {
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p) + 4,
			       "IPv6 payload length 0 (jumbogram or segmentation offload?): "
			       "taken to the frame's end, %zu octets", left);
		i->length_bad = true;
		return;
	}
	if (payload < left && frame && !padded)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p) + IPV6_SIZE + payload,
			       "%zu octets behind the end of the IPv6 packet", left - payload);
	i->length_bad = !packet_declared(p, "IPv6", payload + IPV6_SIZE);
}

void ipv6_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint8_t version = (uint8_t)(read_u32(&r) >> 28);
	uint16_t payload = read_u16(&r);
	uint8_t next = read_u8(&r);
	read_u8(&r);
	struct span src = read_span(&r, 16), dst = read_span(&r, 16);
	if (r.bad) {
		packet_short(p, "IPv6", IPV6_SIZE);
		return;
	}
	if (version != 6) {
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
			       "no IPv6 header: version %u, needs 6", version);
		packet_data(p);
		return;
	}
	struct ip_info *i = arena_alloc(p->arena, sizeof *i);
	i->src.family = i->dst.family = 6;
	memcpy(i->src.b, src.p, 16);
	memcpy(i->dst.b, dst.p, 16);
	i->protocol = next;
	i->header = IPV6_SIZE;
	ipv6_limit(p, payload, i);
	struct layer *l = packet_push(p, LAYER_IPV6, IPV6_SIZE);
	if (!l)
		return;
	l->ip = i;
	p->ip = l;
	packet_next(p, SPACE_PROTOCOL, next);
}

/* ---- extension headers ---- */

/* May an extension header stand here? Only in IPv6, and not without end; that it
 * stands behind ESP or AH is told, but read (RFC 8200, 4.1). */
static bool extension_allowed(struct packet *p, const char *name, bool before_ipsec)
{
	packet_ahead(p);
	const struct layer *ip = packet_ip(p);
	uint32_t between = ip ? (uint32_t)(p->layers + p->layer_count - ip) : 0;
	if (!ip || ip->type->kind != LAYER_IPV6) {
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
			       "%s header, but not in an IPv6 packet", name);
		return false;
	}
	if (between > EXTENSIONS_MAX) {
		packet_finding(p, SEVERITY_DEVIATION, NULL, packet_offset(p),
			       "more than %d extension headers: the rest is not read",
			       EXTENSIONS_MAX);
		return false;
	}
	enum layer_kind below = packet_below(p);
	if (before_ipsec && (below == LAYER_ESP || below == LAYER_AH))
		packet_finding(p, SEVERITY_VIOLATION, below == LAYER_ESP ? "RFC4303-3.1.1-01" :
			       "RFC4302-3.1.1-01", packet_offset(p),
			       "%s header behind %s, but it comes before", name,
			       below == LAYER_ESP ? "ESP" : "AH");
	return true;
}

/* The three that have a length in their second octet. */
static void extension_decode(struct packet *p, enum layer_kind kind, const char *name)
{
	if (!extension_allowed(p, name, kind != LAYER_DSTOPTS)) {
		packet_data(p);
		return;
	}
	struct reader r = reader_of(p->rest);
	uint8_t next = read_u8(&r);
	size_t size = (size_t)read_u8(&r) * 8 + 8;
	if (r.bad || size > p->rest.n) {
		packet_short(p, name, size);
		return;
	}
	if (kind == LAYER_HOPOPTS && packet_below(p) != LAYER_IPV6)
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
			       "hop-by-hop options stand right behind the IPv6 header only");
	if (packet_push(p, kind, size))
		packet_next(p, SPACE_PROTOCOL, next);
}

void hopopts_decode(struct wire *w, struct packet *p)
{
	(void)w;
	extension_decode(p, LAYER_HOPOPTS, "hop-by-hop options");
}

void routing_decode(struct wire *w, struct packet *p)
{
	(void)w;
	extension_decode(p, LAYER_ROUTING, "routing");
}

void dstopts_decode(struct wire *w, struct packet *p)
{
	(void)w;
	extension_decode(p, LAYER_DSTOPTS, "destination options");
}

/* ---- fragments ---- */

/* The octets before the fragment header, with the number of what follows it in
 * the place of its own: the IPv6 header's octet 6 or the last extension's first. */
static struct span unfragmentable(struct packet *p, const struct layer *ip, uint8_t next)
{
	const struct layer *last = &p->layers[p->layer_count - 1];
	size_t n = (size_t)(p->rest.p - ip->octets.p);
	uint8_t *copy = arena_raw(p->arena, n);
	struct writer w = { copy, n, n, false };
	memcpy(copy, ip->octets.p, n);
	write_patch(&w, last == ip ? 6 : last->offset - ip->offset, next, 1);
	return writer_span(&w);
}

/* True when this frame completed its datagram; then the layers from the IPv6
 * header on are read again, from the whole. */
static bool ipv6_reassemble(struct wire *w, struct packet *p, struct fragment *part)
{
	uint32_t at = (uint32_t)(packet_ip(p) - p->layers);
	const struct layer *ip = &p->layers[at];
	struct span whole;
	uint8_t *header;
	part->src = ip->ip->src;
	part->dst = ip->ip->dst;
	if (!w->fragments || p->cut || ip->ip->length_bad || ip->buffer != p->buffer_now ||
	    !fragments_add(w->fragments, p, part, &whole, &header))
		return false;
	struct writer patch = { header, IPV6_SIZE, IPV6_SIZE, false };
	write_patch(&patch, 4, whole.n - IPV6_SIZE, 2);
	if (packet_buffer(p, whole, "reassembled")) {
		p->layer_count = at;
		packet_next(p, SPACE_LAYER, LAYER_IPV6);
	}
	return true;
}

void fragment_decode(struct wire *w, struct packet *p)
{
	struct reader r = reader_of(p->rest);
	uint8_t next = read_u8(&r);
	read_u8(&r);
	uint16_t place = read_u16(&r);
	struct fragment part = { .id = read_u32(&r), .more = place & 1,
				 .offset = place & 0xfff8u };
	if (!extension_allowed(p, "fragment", true)) {
		packet_data(p);
		return;
	}
	if (r.bad) {
		packet_short(p, "fragment", FRAGMENT_SIZE);
		return;
	}
	bool atomic = part.offset == 0 && !part.more;	/* RFC 6946: a whole by itself */
	const struct layer *ip = packet_ip(p);
	part.data = read_rest(&r);
	if (!atomic && ip->buffer == p->buffer_now)
		part.header = unfragmentable(p, ip, next);
	if (!atomic && ipv6_reassemble(w, p, &part))
		return;
	if (!packet_push(p, LAYER_FRAGMENT, FRAGMENT_SIZE))
		return;
	ip->ip->fragment = !atomic;
	if (atomic)
		packet_next(p, SPACE_PROTOCOL, next);
	else
		packet_data(p);		/* RFC4303-3.4.1-01, RFC4302-3.4.1-01: not read alone */
}
