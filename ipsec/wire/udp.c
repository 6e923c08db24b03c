/* SPDX-License-Identifier: BSD-2-Clause
 * UDP, RFC 768, and what RFC 3948 puts into it: on port 4500 (and the extra
 * ports of the options) a keepalive, IKE behind a non-ESP marker, or ESP; on
 * port 500 IKE. Tunnels by port: VXLAN, L2TP. */
#include "ipsec/wire/checksum.h"
#include "ipsec/wire/layers.h"
#include "ipsec/wire/wire_private.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Source Port          |       Destination Port        |
 * |            Length             |           Checksum            |
 */
static const struct field udp_fields[] = {
	{ .name = "sport", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "dport", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "length", .kind = FIELD_UINT, .bits = 16, .derive = DERIVE_OUTSIDE },
	{ .name = "checksum", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE },
};
const struct desc udp_desc = {
	.name = "udp", .title = "User Datagram Protocol", .rfc = "RFC 768", DESC_FIELDS(udp_fields),
};

enum { UDP_SIZE = 8, KEEPALIVE_OCTET = 0xff, MARKER_SIZE = 4 };

static bool is_natt_port(const struct wire_options *o, uint16_t port)
{
	if (port == PORT_NATT)
		return true;
	for (size_t i = 0; i < o->port_count; i++)
		if (o->ports[i] == port)
			return true;
	return false;
}

/* Either end's port tells, the receiver's first: a NAT chooses the sender's
 * freely (RFC 3948, 2.1). */
static void find_ports(const struct wire_options *o, struct udp_info *i)
{
	if (is_natt_port(o, i->dport))
		i->natt = true;
	else if (i->dport != PORT_IKE && is_natt_port(o, i->sport))
		i->natt = true;
	i->ike_port = i->natt || i->dport == PORT_IKE || i->sport == PORT_IKE;
}

static void udp_limit(struct packet *p, size_t length, bool natt)
{
	if (length < UDP_SIZE) {
		packet_finding(p, length ? SEVERITY_VIOLATION : SEVERITY_NOTE, NULL,
			       packet_offset(p) + 4, "UDP length %zu%s, needs at least %d", length,
			       length ? "" : " (jumbogram or segmentation offload?)", UDP_SIZE);
		return;
	}
	if (length < p->rest.n && packet_below(p) != LAYER_ESP)
		packet_finding(p, natt ? SEVERITY_VIOLATION : SEVERITY_NOTE,
			       natt ? "RFC3948-3.2-01" : NULL, packet_offset(p) + 4,
			       "UDP length %zu, but the IP packet holds %zu octets", length,
			       p->rest.n);
	packet_declared(p, "UDP", length);
}

/* A zero checksum over IPv4 means that there is none (RFC 768). */
static void udp_checksum(struct packet *p, uint16_t length, uint16_t checksum)
{
	uint64_t sum;
	if (checksum == 0 || length != p->rest.n || !packet_sum(p, PROTOCOL_UDP, &sum) ||
	    checksum_fold(sum) == 0)
		return;
	const struct ip_info *ip = packet_ip(p)->ip;
	bool partial = checksum == checksum_partial(checksum_pseudo(&ip->src, &ip->dst,
								    PROTOCOL_UDP, length));
	const char *why;
	enum severity severity = packet_sum_severity(p, &why);
	packet_finding(p, severity, NULL, packet_offset(p) + 6,
		       partial ? "UDP checksum %04x is partial (checksum offload)%s" :
				 "UDP checksum %04x is wrong%s", checksum, why);
}

/* Too short for ESP and for a marker, and no keepalive. */
static void natt_stray(struct packet *p)
{
	if (!p->cut && p->rest.n)
		packet_finding(p, SEVERITY_DEVIATION,
			       p->rest.n == 1 ? "RFC3948-2.3-01" :
			       span_is_zero(p->rest) ? "RFC3948-2.2-01" : NULL, packet_offset(p),
			       "%zu octets on a NAT traversal port: no keepalive (ff), no marker, "
			       "no ESP", p->rest.n);
	packet_data(p);
}

/* RFC 3948, 2.1 to 2.3 */
static void natt_next(struct packet *p, uint16_t checksum)
{
	struct reader r = reader_of(p->rest);
	uint32_t marker = read_u32(&r);
	if (p->rest.n == 1 && p->rest.p[0] == KEEPALIVE_OCTET) {
		packet_next(p, SPACE_LAYER, LAYER_KEEPALIVE);
	} else if (r.bad) {
		natt_stray(p);
	} else if (marker == 0) {
		packet_next(p, SPACE_LAYER, LAYER_MARKER);
	} else {
		const struct layer *ip = packet_ip(p);
		if (checksum && ip && ip->type->kind == LAYER_IPV4)
			packet_finding(p, SEVERITY_DEVIATION, "RFC3948-2.1-02",
				       packet_offset(p) - 2,
				       "UDP checksum %04x around ESP, should be zero", checksum);
		packet_next(p, SPACE_PROTOCOL, PROTOCOL_ESP);
	}
}

void udp_decode(struct wire *w, struct packet *p)
{
	packet_ahead(p);
	if (p->rest.n < UDP_SIZE) {
		packet_short(p, "UDP", UDP_SIZE);
		return;
	}
	struct reader r = reader_of(span_of(p->rest.p, UDP_SIZE));
	struct udp_info *i = arena_alloc(p->arena, sizeof *i);
	i->sport = read_u16(&r);
	i->dport = read_u16(&r);
	uint16_t length = read_u16(&r), checksum = read_u16(&r);
	find_ports(&w->options, i);
	udp_limit(p, length, i->natt);
	udp_checksum(p, length, checksum);
	struct layer *l = packet_push(p, LAYER_UDP, UDP_SIZE);
	if (!l)
		return;
	l->udp = i;
	if (i->natt)
		natt_next(p, checksum);
	else if (i->ike_port && p->rest.n)
		packet_next(p, SPACE_LAYER, LAYER_IKE);
	else if (i->dport == PORT_VXLAN)
		packet_next(p, SPACE_LAYER, LAYER_VXLAN);
	else if ((i->dport == PORT_L2TP || i->sport == PORT_L2TP) && p->rest.n)
		packet_next(p, SPACE_LAYER, LAYER_L2TP);
	else
		packet_data(p);
}

void keepalive_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_push(p, LAYER_KEEPALIVE, p->rest.n);
	p->done = true;
}

/* RFC 3948, 2.2: four zero octets where ESP would have its SPI. */
void marker_decode(struct wire *w, struct packet *p)
{
	(void)w;
	if (p->rest.n < MARKER_SIZE)
		packet_short(p, "non-ESP marker", MARKER_SIZE);
	else if (packet_push(p, LAYER_MARKER, MARKER_SIZE))
		packet_next(p, SPACE_LAYER, LAYER_IKE);
}
