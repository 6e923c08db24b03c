/* SPDX-License-Identifier: BSD-2-Clause
 * A packet in a few words, for the line view and the tree's headings. Reads the
 * packet path's plain structs and a few octets, no field tables: this is the
 * view that has to keep up with the decoder. */
#include "dissect/view_private.h"
#include "ipsec/wire/layers.h"

static bool is_between(enum layer_kind k)
{
	return k == LAYER_HOPOPTS || k == LAYER_ROUTING || k == LAYER_FRAGMENT ||
	       k == LAYER_DSTOPTS || k == LAYER_MARKER;
}

/* The TCP or UDP ports over an IP layer; false when it carries neither. */
static bool ports_above(const struct packet *p, uint32_t ip, uint16_t *sport, uint16_t *dport)
{
	uint32_t i = ip + 1;
	while (i < p->layer_count && is_between(p->layers[i].type->kind))
		i++;
	if (i == p->layer_count)
		return false;
	enum layer_kind k = p->layers[i].type->kind;
	struct reader r = reader_of(p->layers[i].octets);
	*sport = read_u16(&r);
	*dport = read_u16(&r);
	return !r.bad && (k == LAYER_UDP || k == LAYER_TCP);
}

static void address(struct text *t, const struct addr *a, bool with_port, uint16_t port)
{
	bool brackets = with_port && a->family == 6;
	if (brackets)
		text_char(t, '[');
	view_addr(t, a);
	if (brackets)
		text_char(t, ']');
	if (!with_port)
		return;
	text_char(t, ':');
	text_dec(t, port);
}

static void words_ip(struct text *t, const struct packet *p, uint32_t at)
{
	const struct ip_info *ip = p->layers[at].ip;
	uint16_t sport = 0, dport = 0;
	bool ports = ports_above(p, at, &sport, &dport);
	address(t, &ip->src, ports, sport);
	text_add(t, " > ");
	address(t, &ip->dst, ports, dport);
	if (ip->fragment)
		text_add(t, " fragment");
}

static void words_tcp(struct text *t, const struct layer *l)
{
	static const char *const flags[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };
	struct reader r = reader_of(l->octets);
	read_span(&r, 4);
	uint32_t seq = read_u32(&r), ack = read_u32(&r);
	read_u8(&r);
	uint8_t bits = read_u8(&r);
	text_add(t, "TCP");
	for (unsigned i = 0; i < 8; i++)
		if (bits >> i & 1) {
			text_char(t, ' ');
			text_add(t, flags[i]);
		}
	text_add(t, " seq ");
	text_dec(t, seq);
	if (bits & 0x10) {
		text_add(t, " ack ");
		text_dec(t, ack);
	}
}

static bool is_echo(bool v6, uint8_t type)
{
	return v6 ? type == 128 || type == 129 : type == 8 || type == 0;
}

static void words_icmp(struct text *t, const struct layer *l, bool v6)
{
	struct reader r = reader_of(l->whole);
	uint8_t type = read_u8(&r), code = read_u8(&r);
	const char *name = v6 ? icmpv6_type_name(type) : icmp_type_name(type);
	read_u16(&r);
	text_add(t, v6 ? "ICMPv6 " : "ICMP ");
	if (name) {
		text_add(t, name);
	} else {
		text_add(t, "type ");
		text_dec(t, type);
	}
	if (code) {
		text_add(t, " code ");
		text_dec(t, code);
	}
	if (!is_echo(v6, type))
		return;
	text_add(t, " id ");
	text_dec(t, read_u16(&r));
	text_add(t, " seq ");
	text_dec(t, read_u16(&r));
}

static void words_protect(struct text *t, const struct layer *l)
{
	const struct esp_info *i = l->esp;
	text_add(t, l->type->kind == LAYER_ESP ? "ESP 0x" : "AH 0x");
	text_hex(t, i->spi, 8);
	text_add(t, " seq ");
	text_dec(t, (uint64_t)i->seq_high << 32 | i->seq);
	if (!i->sa && i->icv == ICV_UNCHECKED) {
		text_add(t, " no key");
		return;
	}
	text_add(t, " icv ");
	text_add(t, icv_name(i->icv));
	/* (unchecked: it is a copy, which is said elsewhere) */
	if (i->icv == ICV_GOOD && i->replay != REPLAY_NEW && i->replay != REPLAY_UNCHECKED) {
		text_char(t, ' ');
		text_add(t, replay_name(i->replay));
	}
}

/* A payload in braces: NOTIFY by its type. */
static void words_payload(struct text *t, const struct node *n, int version)
{
	int type = n->number == PAYLOAD_NOTIFY ? node_field(n->desc, span_text("type")) : -1;
	if (version == 1 || type < 0 || type >= n->present) {
		view_payload_name(t, n, version);
		return;
	}
	text_add(t, "N(");
	view_value(t, n, (unsigned)type);
	text_char(t, ')');
}

enum { WORDS_PAYLOADS = 24 };	/* in the braces; the rest is "..." */

static void words_payloads(struct text *t, const struct ike_message *m)
{
	struct payloads w = view_payloads(m);
	const struct node *n;
	text_add(t, " {");
	for (unsigned i = 0; (n = view_payload_next(&w)); i++) {
		text_char(t, ' ');
		if (i == WORDS_PAYLOADS) {
			text_add(t, "...");
			break;
		}
		words_payload(t, n, ike_version(m));
	}
	text_add(t, " }");
}

void view_ike_words(struct text *t, const struct ike_message *m)
{
	if (ike_version(m) == 1)
		text_add(t, "IKEv1 ");
	view_ike_word(t, m);
	if (ike_version(m) != 1)
		text_add(t, view_ike_response(m) ? " response" : " request");
	text_char(t, ' ');
	text_dec(t, node_uint(m->header, IKE_MESSAGE_ID, 0));
	if (m->total) {
		text_add(t, " fragment ");
		text_dec(t, m->fragment);
		text_char(t, '/');
		text_dec(t, m->total);
	}
	if (ike_message_closed(m) && m->icv != ICV_BAD)
		text_add(t, " encrypted");
	if (m->icv == ICV_BAD)
		text_add(t, " icv bad");
	if ((m->sealed && !m->decrypted) || (m->total && m->decrypted && !m->inner))
		return;
	words_payloads(t, m);
}

static void words_data(struct text *t, const struct packet *p, uint32_t at)
{
	const struct layer *l = &p->layers[at];
	if (at && p->layers[at - 1].type->kind == LAYER_UDP)
		text_add(t, "UDP ");
	else if (at && p->layers[at - 1].type->kind == LAYER_TCP)
		text_add(t, "with ");
	text_dec(t, l->octets.n);
	text_add(t, l->octets.n == 1 ? " octet" : " octets");
}

static void words_name(struct text *t, const char *name)
{
	for (; *name; name++)
		text_char(t, *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name);
}

/* Nothing is said of these: what they carry speaks for them. */
static bool is_silent(const struct packet *p, uint32_t at)
{
	switch (p->layers[at].type->kind) {
	case LAYER_ETHERNET: case LAYER_SLL: case LAYER_SLL2: case LAYER_NULL:
	case LAYER_MARKER: case LAYER_FRAGMENT: case LAYER_HOPOPTS: case LAYER_DSTOPTS:
	case LAYER_HDLC: case LAYER_PPP: case LAYER_PPP_PFC: case LAYER_NFLOG: case LAYER_PW:
	case LAYER_L2TPV3_UDP: case LAYER_TCP_MESSAGE: case LAYER_BEETPH:
		return at + 1 < p->layer_count;
	case LAYER_UDP:		/* its ports stand with the addresses */
		return at + 1 < p->layer_count;
	case LAYER_DATA:	/* "ICMP echo request" says enough */
		return at && (p->layers[at - 1].type->kind == LAYER_ICMP ||
			      p->layers[at - 1].type->kind == LAYER_ICMPV6);
	default:
		return false;
	}
}

static void words_layer(struct text *t, const struct packet *p, uint32_t at)
{
	const struct layer *l = &p->layers[at];
	switch (l->type->kind) {
	case LAYER_IPV4:
	case LAYER_IPV6: words_ip(t, p, at); break;
	case LAYER_TCP: words_tcp(t, l); break;
	case LAYER_ICMP: words_icmp(t, l, false); break;
	case LAYER_ICMPV6: words_icmp(t, l, true); break;
	case LAYER_ESP:
	case LAYER_AH: words_protect(t, l); break;
	case LAYER_IKE: view_ike_words(t, l->ike); break;
	case LAYER_KEEPALIVE: text_add(t, "NAT-T keepalive"); break;
	case LAYER_DUMMY: text_add(t, "dummy packet"); break;
	case LAYER_DATA: words_data(t, p, at); break;
	default: words_name(t, l->type->name); break;
	}
}

void view_words(struct text *t, const struct packet *p, uint32_t from)
{
	bool first = true, inside = false;
	for (uint32_t i = from; i < p->layer_count; i++) {
		if (is_silent(p, i))
			continue;
		if (!first)
			text_add(t, inside ? " | " : " ");
		first = false;
		words_layer(t, p, i);
		inside = view_is_protect(&p->layers[i]) || p->layers[i].type->kind == LAYER_IPCOMP;
	}
	if (first)
		text_add(t, "nothing");
}

static void dashed(struct text *t, const char *name)
{
	for (; *name; name++)
		text_char(t, *name == ' ' ? '-' : *name);
}

void view_words_short(struct text *t, const struct layer *l)
{
	struct reader r = reader_of(l->octets);
	enum layer_kind k = l->type->kind;
	if (k == LAYER_ICMP || k == LAYER_ICMPV6) {
		uint8_t type = read_u8(&r);
		const char *name = k == LAYER_ICMP ? icmp_type_name(type) : icmpv6_type_name(type);
		text_char(t, ' ');
		if (name)
			dashed(t, name);
		else
			text_dec(t, type);
	} else if (k == LAYER_UDP || k == LAYER_TCP) {
		text_char(t, ' ');
		text_dec(t, read_u16(&r));
		text_char(t, ' ');
		text_dec(t, read_u16(&r));
	}
}
