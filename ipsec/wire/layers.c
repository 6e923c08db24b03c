/* SPDX-License-Identifier: BSD-2-Clause
 * The registry of layers: what there is, by kind and by the numbers of link
 * types, ether types and IP protocols. Also the layers that have no header of
 * their own (data, dummy), the field tables of ESP (RFC 4303, 2) and AH
 * (RFC 4302, 2), whose decoding is in esp.c and ah.c, and helpers for lengths
 * and checksums that several layers need. */
#include "ipsec/wire/layers.h"

#include "ipsec/wire/checksum.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |               Security Parameters Index (SPI)                 |
 * |                      Sequence Number                          |
 * |   IV, payload data, padding, pad length, next header, ICV     |
 */
static const struct field esp_fields[] = {
	{ .name = "spi", .kind = FIELD_UINT, .bits = 32, .show = SHOW_HEX },
	{ .name = "seq", .kind = FIELD_UINT, .bits = 32 },
	{ .name = "protected", .kind = FIELD_REST },
};
const struct desc esp_desc = {
	.name = "esp", .title = "Encapsulating Security Payload", .rfc = "RFC 4303, 2",
	DESC_FIELDS(esp_fields),
};

/*
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | Next Header   |  Payload Len  |          RESERVED             |
 * |               Security Parameters Index (SPI)                 |
 * |                      Sequence Number                          |
 * |               Integrity Check Value (variable)                |
 *
 * Payload Len: the header's 32-bit words less 2 (RFC 4302, 2.2).
 */
static const struct field ah_fields[] = {
	{ .name = "next_header", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_OUTSIDE },
	{ .name = "payload_length", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_LENGTH,
	  .scale = 4, .bias = 8 },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 16, .reserved = true },
	{ .name = "spi", .kind = FIELD_UINT, .bits = 32, .show = SHOW_HEX },
	{ .name = "seq", .kind = FIELD_UINT, .bits = 32 },
	{ .name = "icv", .kind = FIELD_REST },
};
const struct desc ah_desc = {
	.name = "ah", .title = "Authentication Header", .rfc = "RFC 4302, 2",
	DESC_FIELDS(ah_fields),
};

/* Octets that nothing here reads further. What is no IP is nobody's fault, but
 * a link type that is not read makes a whole capture dark: it is named. */
static void data_decode(struct wire *w, struct packet *p)
{
	(void)w;
	if (p->space == SPACE_LINK)
		packet_finding(p, SEVERITY_NOTE, NULL, 0,
			       "link type %lu is none that is read here: the frame is shown as data",
			       (unsigned long)p->number);
	packet_data(p);
}

/* Next header 59: the octets mean nothing (RFC 4303, 2.6; RFC 8200, 4.7). */
static void dummy_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_push(p, LAYER_DUMMY, p->rest.n);
	p->done = true;
}

#define LAYER(id, word, table, function) \
	[id] = { .kind = id, .name = word, .desc = table, .decode = function }

const struct layer_type layer_types[LAYER_KINDS] = {
	LAYER(LAYER_ETHERNET,	"ethernet",	&ethernet_desc,	ethernet_decode),
	LAYER(LAYER_VLAN,	"vlan",		&vlan_desc,	vlan_decode),
	LAYER(LAYER_SLL,	"sll",		&sll_desc,	sll_decode),
	LAYER(LAYER_SLL2,	"sll2",		&sll2_desc,	sll2_decode),
	LAYER(LAYER_NULL,	"null",		&null_desc,	null_decode),
	LAYER(LAYER_IPV4,	"ipv4",		&ipv4_desc,	ipv4_decode),
	LAYER(LAYER_IPV6,	"ipv6",		&ipv6_desc,	ipv6_decode),
	LAYER(LAYER_HOPOPTS,	"hopopts",	&hopopts_desc,	hopopts_decode),
	LAYER(LAYER_ROUTING,	"routing",	&routing_desc,	routing_decode),
	LAYER(LAYER_FRAGMENT,	"fragment",	&fragment_desc,	fragment_decode),
	LAYER(LAYER_DSTOPTS,	"dstopts",	&dstopts_desc,	dstopts_decode),
	LAYER(LAYER_GRE,	"gre",		&gre_desc,	gre_decode),
	LAYER(LAYER_UDP,	"udp",		&udp_desc,	udp_decode),
	LAYER(LAYER_TCP,	"tcp",		&tcp_desc,	tcp_decode),
	LAYER(LAYER_ICMP,	"icmp",		&icmp_desc,	icmp_decode),
	LAYER(LAYER_ICMPV6,	"icmpv6",	&icmpv6_desc,	icmpv6_decode),
	LAYER(LAYER_ESP,	"esp",		&esp_desc,	esp_decode),
	LAYER(LAYER_AH,		"ah",		&ah_desc,	ah_decode),
	LAYER(LAYER_IPCOMP,	"ipcomp",	&ipcomp_desc,	ipcomp_decode),
	LAYER(LAYER_IKE,	"ike",		NULL,		ike_decode),
	LAYER(LAYER_BEETPH,	"beetph",	&beetph_desc,	beetph_decode),
	LAYER(LAYER_MACSEC,	"macsec",	&macsec_desc,	macsec_decode),
	LAYER(LAYER_MPLS,	"mpls",		&mpls_desc,	mpls_decode),
	LAYER(LAYER_PW,		"pw",		&pw_desc,	pw_decode),
	LAYER(LAYER_PPPOE,	"pppoe",	&pppoe_desc,	pppoe_decode),
	LAYER(LAYER_HDLC,	"hdlc",		&hdlc_desc,	ppp_decode),
	LAYER(LAYER_PPP,	"ppp",		&ppp_desc,	ppp_decode),
	LAYER(LAYER_PPP_PFC,	"ppp_pfc",	&ppp_pfc_desc,	ppp_decode),
	LAYER(LAYER_NFLOG,	"nflog",	&nflog_desc,	nflog_decode),
	LAYER(LAYER_VXLAN,	"vxlan",	&vxlan_desc,	vxlan_decode),
	LAYER(LAYER_L2TP,	"l2tp",		&l2tp_desc,	l2tp_decode),
	LAYER(LAYER_L2TP_AVPS,	"l2tp_avps",	&l2tp_avps_desc, l2tp_avps_decode),
	LAYER(LAYER_L2TPV3,	"l2tpv3",	&l2tpv3_desc,	l2tpv3_decode),
	LAYER(LAYER_L2TPV3_UDP,	"l2tpv3_udp",	&l2tpv3_udp_desc, l2tpv3_udp_decode),
	LAYER(LAYER_L2TPV3_CONTROL, "l2tpv3_control", &l2tpv3_control_desc, l2tpv3_control_decode),
	LAYER(LAYER_IKETCP,	"iketcp",	&iketcp_desc,	iketcp_decode),
	LAYER(LAYER_TCP_MESSAGE, "tcp_message",	&tcp_message_desc, tcp_message_decode),
	LAYER(LAYER_KEEPALIVE,	"keepalive",	NULL,		keepalive_decode),
	LAYER(LAYER_MARKER,	"marker",	NULL,		marker_decode),
	LAYER(LAYER_DUMMY,	"dummy",	NULL,		dummy_decode),
	LAYER(LAYER_DATA,	"data",		NULL,		data_decode),
};

/* Link types as pcap_datalink() gives them; raw IP has three numbers. The IPv4
 * layer looks at the version itself when it is the first one. */
static enum layer_kind link_find(uint32_t number)
{
	switch (number) {
	case 0:				/* DLT_NULL */
	case 108:			/* DLT_LOOP */
		return LAYER_NULL;
	case 1:				/* DLT_EN10MB */
		return LAYER_ETHERNET;
	case 9:				/* DLT_PPP */
	case 50:			/* DLT_PPP_SERIAL */
		return LAYER_PPP;
	case 51:			/* DLT_PPP_ETHER */
		return LAYER_PPPOE;
	case 239:			/* DLT_NFLOG */
		return LAYER_NFLOG;
	case 12: case 14: case 101:	/* DLT_RAW: here, on OpenBSD, in files */
	case 228:			/* DLT_IPV4 */
		return LAYER_IPV4;
	case 229:			/* DLT_IPV6 */
		return LAYER_IPV6;
	case 113:			/* DLT_LINUX_SLL */
		return LAYER_SLL;
	case 276:			/* DLT_LINUX_SLL2 */
		return LAYER_SLL2;
	default:
		return LAYER_DATA;
	}
}

static enum layer_kind ethertype_find(uint32_t number)
{
	if (number == 0x0800)
		return LAYER_IPV4;
	switch (number) {
	case 0x86dd:
		return LAYER_IPV6;
	case 0x8100:			/* IEEE 802.1Q */
	case 0x88a8:			/* IEEE 802.1ad */
	case 0x9100:			/* QinQ before 802.1ad */
		return LAYER_VLAN;
	case 0x8847: case 0x8848:	/* unicast and multicast, RFC 5332 */
		return LAYER_MPLS;
	case 0x8863: case 0x8864:	/* discovery and session, RFC 2516 */
		return LAYER_PPPOE;
	case 0x880b:			/* in GRE */
		return LAYER_PPP;
	case 0x88e5:			/* IEEE 802.1AE */
		return LAYER_MACSEC;
	case 0x6558:			/* transparent Ethernet bridging, in GRE */
		return LAYER_ETHERNET;
	default:
		return LAYER_DATA;
	}
}

static enum layer_kind protocol_find(uint32_t number)
{
	static const uint8_t kinds[256] = {	/* 0: none, LAYER_ETHERNET is no protocol's */
		[PROTOCOL_ESP] = LAYER_ESP, [PROTOCOL_AH] = LAYER_AH,
		[PROTOCOL_IPCOMP] = LAYER_IPCOMP,
		[PROTOCOL_UDP] = LAYER_UDP, [PROTOCOL_TCP] = LAYER_TCP,
		[PROTOCOL_IPV4] = LAYER_IPV4, [PROTOCOL_IPV6] = LAYER_IPV6,
		[PROTOCOL_ICMP] = LAYER_ICMP, [PROTOCOL_ICMPV6] = LAYER_ICMPV6,
		[PROTOCOL_HOPOPTS] = LAYER_HOPOPTS, [PROTOCOL_ROUTING] = LAYER_ROUTING,
		[PROTOCOL_FRAGMENT] = LAYER_FRAGMENT, [PROTOCOL_DSTOPTS] = LAYER_DSTOPTS,
		[PROTOCOL_GRE] = LAYER_GRE, [PROTOCOL_L2TP] = LAYER_L2TPV3,
		[PROTOCOL_MPLS] = LAYER_MPLS, [PROTOCOL_NONE] = LAYER_DUMMY,
	};
	uint8_t kind = number < 256 ? kinds[number] : 0;
	return kind ? (enum layer_kind)kind : LAYER_DATA;
}

/* RFC 1661, 2 and IANA's PPP numbers. */
static enum layer_kind ppp_find(uint32_t number)
{
	switch (number) {
	case 0x0021:
		return LAYER_IPV4;
	case 0x0057:
		return LAYER_IPV6;
	case 0x0281: case 0x0283:	/* RFC 3032, 4.3 */
		return LAYER_MPLS;
	default:
		return LAYER_DATA;
	}
}

enum layer_kind layer_find(enum number_space space, uint32_t number)
{
	if (space == SPACE_PROTOCOL)	/* what most packets ask, several times */
		return protocol_find(number);
	switch (space) {
	case SPACE_PROTOCOL:
		break;
	case SPACE_LINK:
		return link_find(number);
	case SPACE_ETHERTYPE:
		return ethertype_find(number);
	case SPACE_LAYER:
		return number < LAYER_KINDS ? (enum layer_kind)number : LAYER_DATA;
	case SPACE_PPP:
		return ppp_find(number);
	}
	return LAYER_DATA;
}

size_t ip_length(uint8_t protocol, struct span packet)
{
	struct reader r = reader_of(packet);
	size_t n;
	if (protocol == PROTOCOL_IPV4) {
		read_span(&r, 2);
		n = read_u16(&r);
		return r.bad || n < 20 ? SIZE_MAX : n;
	}
	if (protocol != PROTOCOL_IPV6)
		return SIZE_MAX;
	read_span(&r, 4);
	n = read_u16(&r);
	return r.bad || n == 0 ? SIZE_MAX : n + 40;
}

size_t packet_missing(const struct packet *p)
{
	struct span all = p->buffers[p->buffer_now].octets;
	if (p->buffer_now != 0 || p->rest.p + p->rest.n != all.p + all.n)
		return 0;
	return p->frame.length > p->frame.captured ? p->frame.length - p->frame.captured : 0;
}

void packet_short(struct packet *p, const char *name, size_t need)
{
	packet_ahead(p);
	p->cut = p->cut || packet_missing(p) > 0;
	packet_finding(p, p->cut ? SEVERITY_NOTE : SEVERITY_VIOLATION, NULL, packet_offset(p),
		       p->cut ? "%s header cut by the capture: %zu octets, needs at least %zu" :
				"%s header: %zu octets left, needs at least %zu",
		       name, p->rest.n, need);
	packet_data(p);
}

bool packet_declared(struct packet *p, const char *name, size_t n)
{
	if (n <= p->rest.n) {
		p->cut = false;
		packet_limit(p, n);
		return true;
	}
	size_t missing = packet_missing(p);
	p->cut = p->cut || missing > 0;
	if (n <= p->rest.n + missing)
		return true;
	packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
		       "%s: length %zu, but the packet on the wire has only %zu octets here",
		       name, n, p->rest.n + missing);
	return false;
}

bool packet_sum(const struct packet *p, uint8_t protocol, uint64_t *sum)
{
	const struct layer *ip = packet_ip(p);
	if (!ip || p->cut || p->rest.n > UINT32_MAX || ip->ip->length_bad)
		return false;
	for (const struct layer *l = ip + 1; l < p->layers + p->layer_count; l++)
		if (l->type->kind == LAYER_ROUTING ||
		    (l->type->kind == LAYER_ESP && l->esp->mode == SA_MODE_BEET))
			return false;
	uint64_t s = protocol == PROTOCOL_ICMP ? 0 :
		     checksum_pseudo(&ip->ip->src, &ip->ip->dst, protocol, (uint32_t)p->rest.n);
	*sum = checksum_add(s, p->rest);
	return true;
}

/* The last ESP or AH layer below the read head, or NULL. */
static const struct layer *protection(const struct packet *p)
{
	for (const struct layer *l = p->layers + p->layer_count; l > p->layers; l--)
		if (l[-1].type->kind == LAYER_ESP || l[-1].type->kind == LAYER_AH)
			return l - 1;
	return NULL;
}

bool packet_protected(const struct packet *p)
{
	return protection(p) != NULL;
}

enum severity packet_sum_severity(const struct packet *p, const char **why)
{
	const struct layer *l = protection(p), *ip = packet_ip(p);
	*why = "";
	if (!l || !ip)
		return SEVERITY_NOTE;
	if (l->esp->icv != ICV_GOOD) {
		*why = ", but no ICV was checked";
		return SEVERITY_NOTE;
	}
	for (const struct layer *k = ip; k < l; k++)
		if (k->type->kind == LAYER_UDP || k->type->kind == LAYER_TCP) {
			*why = ": in transport mode a NAT's new address breaks it, the receiver "
			       "mends it";
			return SEVERITY_NOTE;
		}
	*why = ", in a packet that an SA protects";
	return SEVERITY_VIOLATION;
}
