/* SPDX-License-Identifier: BSD-2-Clause
 * ICMP (RFC 792) and ICMPv6 (RFC 4443): type, code, checksum, and for messages
 * that have them identifier and sequence number. Other messages' layer ends
 * behind the checksum; their content, with the packet an error is about, is
 * data. */
#include "ipsec/wire/checksum.h"
#include "ipsec/wire/layers.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Code      |           Checksum            |
 * |    Identifier (echo, ...)     |        Sequence Number        |
 */
static const struct field icmp_fields[] = {
	{ .name = "type", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "code", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "checksum", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE },
	{ .name = "id", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "seq", .kind = FIELD_UINT, .bits = 16 },
};

enum { ICMP_SIZE = 4, ICMP_ECHO_SIZE = 8 };

const char *icmp_type_name(uint8_t type)
{
	switch (type) {
	case 0: return "echo reply";
	case 3: return "destination unreachable";
	case 4: return "source quench";
	case 5: return "redirect";
	case 8: return "echo request";
	case 9: return "router advertisement";
	case 10: return "router solicitation";
	case 11: return "time exceeded";
	case 12: return "parameter problem";
	case 13: return "timestamp request";
	case 14: return "timestamp reply";
	case 17: return "address mask request";
	case 18: return "address mask reply";
	default: return NULL;
	}
}

const char *icmpv6_type_name(uint8_t type)
{
	switch (type) {
	case 1: return "destination unreachable";
	case 2: return "packet too big";
	case 3: return "time exceeded";
	case 4: return "parameter problem";
	case 128: return "echo request";
	case 129: return "echo reply";
	case 130: return "multicast listener query";
	case 131: return "multicast listener report";
	case 132: return "multicast listener done";
	case 133: return "router solicitation";
	case 134: return "router advertisement";
	case 135: return "neighbor solicitation";
	case 136: return "neighbor advertisement";
	case 137: return "redirect";
	case 143: return "multicast listener report v2";
	default: return NULL;
	}
}

static struct fact *type_fact(const char *name, struct arena *a)
{
	if (!name)
		return NULL;
	struct fact *f = arena_alloc(a, sizeof *f);
	f->key = "message";
	f->text = name;
	return f;
}

static struct fact *icmp_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	(void)c;
	return n->present ? type_fact(icmp_type_name((uint8_t)node_uint(n, 0, 0)), a) : NULL;
}

static struct fact *icmpv6_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	(void)c;
	return n->present ? type_fact(icmpv6_type_name((uint8_t)node_uint(n, 0, 0)), a) : NULL;
}

const struct desc icmp_desc = {
	.name = "icmp", .title = "Internet Control Message Protocol", .rfc = "RFC 792",
	DESC_FIELDS(icmp_fields), .facts = icmp_facts,
};
const struct desc icmpv6_desc = {
	.name = "icmpv6", .title = "Internet Control Message Protocol for IPv6",
	.rfc = "RFC 4443, 2.1", DESC_FIELDS(icmp_fields), .facts = icmpv6_facts,
};

static bool icmp_has_id(uint8_t type)
{
	return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

static bool icmpv6_has_id(uint8_t type)
{
	return type == 128 || type == 129;
}

/* That of ICMP covers no addresses: a NAT does not break it. */
static void icmp_wrong(struct packet *p, const char *name, uint16_t checksum)
{
	const char *why;
	enum severity severity = packet_sum_severity(p, &why);
	packet_finding(p, severity, NULL, packet_offset(p) + 2, "%s checksum %04x is wrong%s",
		       name, checksum, why);
}

static void message_decode(struct packet *p, enum layer_kind kind, const char *name)
{
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint8_t type = read_u8(&r);
	read_u8(&r);
	uint16_t checksum = read_u16(&r);
	bool v6 = kind == LAYER_ICMPV6;
	size_t size = (v6 ? icmpv6_has_id : icmp_has_id)(type) ? ICMP_ECHO_SIZE : ICMP_SIZE;
	if (r.bad || size > p->rest.n) {
		packet_short(p, name, size);
		return;
	}
	uint64_t sum;
	if (packet_sum(p, v6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP, &sum) && checksum_fold(sum) != 0)
		icmp_wrong(p, name, checksum);
	if (packet_push(p, kind, size))
		packet_data(p);
}

void icmp_decode(struct wire *w, struct packet *p)
{
	(void)w;
	message_decode(p, LAYER_ICMP, "ICMP");
}

void icmpv6_decode(struct wire *w, struct packet *p)
{
	(void)w;
	message_decode(p, LAYER_ICMPV6, "ICMPv6");
}
