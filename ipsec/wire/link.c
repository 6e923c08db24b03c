/* SPDX-License-Identifier: BSD-2-Clause
 * Link layers: Ethernet (IEEE 802.3) with VLAN tags (802.1Q, 802.1ad), Linux
 * "cooked" captures v1 and v2, and the BSD loopback headers. Raw IP needs no
 * layer here. MPLS, PPP, MACsec and NFLOG have files of their own; LLC and ARP are
 * left as data. */
#include "ipsec/wire/layers.h"

enum {
	ETHERNET_SIZE = 14, VLAN_SIZE = 4, SLL_SIZE = 16, SLL2_SIZE = 20, NULL_SIZE = 4,
};

/*
 * +--------+--------+--------+--------+--------+--------+
 * |                 destination address                 |
 * |                    source address                   |
 * |    EtherType    |
 */
static const struct field ethernet_fields[] = {
	{ .name = "dst", .kind = FIELD_BYTES, .octets = 6, .show = SHOW_MAC },
	{ .name = "src", .kind = FIELD_BYTES, .octets = 6, .show = SHOW_MAC },
	{ .name = "ethertype", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE },
};
const struct desc ethernet_desc = {
	.name = "ethernet", .title = "Ethernet", .rfc = "IEEE 802.3", DESC_FIELDS(ethernet_fields),
};

void ethernet_decode(struct wire *w, struct packet *p)
{
	(void)w;
	struct reader r = reader_of(p->rest);
	read_span(&r, 12);
	uint16_t type = read_u16(&r);
	if (r.bad) {
		packet_short(p, "Ethernet", ETHERNET_SIZE);
		return;
	}
	/* An 802.3 length (below 0x600) is no ether type: what follows is data. */
	if (packet_push(p, LAYER_ETHERNET, ETHERNET_SIZE))
		packet_next(p, SPACE_ETHERTYPE, type);
}

/*
 * +-----+---+------------------------+-----------------+
 * | PCP |DEI|        VLAN ID         |    EtherType    |
 * +-----+---+------------------------+-----------------+
 *   3     1             12                   16
 */
static const struct field vlan_fields[] = {
	{ .name = "priority", .kind = FIELD_UINT, .bits = 3 },
	{ .name = "drop_eligible", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "id", .kind = FIELD_UINT, .bits = 12 },
	{ .name = "ethertype", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE },
};
const struct desc vlan_desc = {
	.name = "vlan", .title = "VLAN tag", .rfc = "IEEE 802.1Q", DESC_FIELDS(vlan_fields),
};

void vlan_decode(struct wire *w, struct packet *p)
{
	(void)w;
	struct reader r = reader_of(p->rest);
	read_u16(&r);
	uint16_t type = read_u16(&r);
	if (r.bad) {
		packet_short(p, "VLAN", VLAN_SIZE);
		return;
	}
	if (packet_push(p, LAYER_VLAN, VLAN_SIZE))
		packet_next(p, SPACE_ETHERTYPE, type);
}

/*
 * +-----------------+-----------------+
 * |   packet type   |  ARPHRD_ type   |
 * | address length  |  address (8)    |
 * |                                   |
 * |                 |  protocol type  |
 */
static const struct field sll_fields[] = {
	{ .name = "packet_type", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "arphrd", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "address_length", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "address", .kind = FIELD_BYTES, .octets = 8 },
	{ .name = "ethertype", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE },
};
const struct desc sll_desc = {
	.name = "sll", .title = "Linux cooked capture", .rfc = "LINKTYPE_LINUX_SLL",
	DESC_FIELDS(sll_fields),
};

void sll_decode(struct wire *w, struct packet *p)
{
	(void)w;
	struct reader r = reader_of(p->rest);
	read_span(&r, 14);
	uint16_t type = read_u16(&r);
	if (r.bad)
		packet_short(p, "Linux cooked", SLL_SIZE);
	else if (packet_push(p, LAYER_SLL, SLL_SIZE))
		packet_next(p, SPACE_ETHERTYPE, type);
}

/*
 * +-----------------+-----------------+
 * |  protocol type  |    reserved     |
 * |          interface index          |
 * |   ARPHRD_ type  |pkt type|addr len|
 * |            address (8)            |
 * |                                   |
 */
static const struct field sll2_fields[] = {
	{ .name = "ethertype", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 16, .reserved = true },
	{ .name = "interface", .kind = FIELD_UINT, .bits = 32 },
	{ .name = "arphrd", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "packet_type", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "address_length", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "address", .kind = FIELD_BYTES, .octets = 8 },
};
const struct desc sll2_desc = {
	.name = "sll2", .title = "Linux cooked capture v2", .rfc = "LINKTYPE_LINUX_SLL2",
	DESC_FIELDS(sll2_fields),
};

void sll2_decode(struct wire *w, struct packet *p)
{
	(void)w;
	struct reader r = reader_of(p->rest);
	uint16_t type = read_u16(&r);
	read_span(&r, SLL2_SIZE - 2);
	if (r.bad)
		packet_short(p, "Linux cooked v2", SLL2_SIZE);
	else if (packet_push(p, LAYER_SLL2, SLL2_SIZE))
		packet_next(p, SPACE_ETHERTYPE, type);
}

/*
 * +--------+--------+--------+--------+
 * |          address family           |
 * +--------+--------+--------+--------+
 *
 * In the byte order of the machine that captured (DLT_NULL), which the file
 * need not tell, or in network order (DLT_LOOP).
 */
static const struct field null_fields[] = {
	{ .name = "family", .kind = FIELD_UINT, .bits = 32, .show = SHOW_HEX },
};
const struct desc null_desc = {
	.name = "null", .title = "BSD loopback", .rfc = "LINKTYPE_NULL", DESC_FIELDS(null_fields),
};

/* AF_INET is 2 everywhere, AF_INET6 differs: NetBSD and OpenBSD 24, FreeBSD 28,
 * Darwin 30, Linux 10. All are small: the octets that are not zero tell the order. */
void null_decode(struct wire *w, struct packet *p)
{
	(void)w;
	struct reader r = reader_of(p->rest);
	uint32_t family = read_u32(&r);
	if (r.bad) {
		packet_short(p, "loopback", NULL_SIZE);
		return;
	}
	if (!packet_push(p, LAYER_NULL, NULL_SIZE))
		return;
	if ((family & 0xffff) == 0)
		family = family >> 24 | (family >> 8 & 0xff00);
	if (family == 2)
		packet_next(p, SPACE_LAYER, LAYER_IPV4);
	else if (family == 10 || family == 24 || family == 28 || family == 30)
		packet_next(p, SPACE_LAYER, LAYER_IPV6);
	else
		packet_data(p);
}
