/* SPDX-License-Identifier: BSD-2-Clause
 * TCP's header, RFC 9293, 3.1. Checksums are looked at inside of ESP and AH only:
 * outside, captures are full of segments that an interface would have cut up and
 * completed. Streams that carry IKE and ESP are the business of tcp_encap.c. */
#include "ipsec/wire/checksum.h"
#include "ipsec/wire/layers.h"
#include "ipsec/wire/tcp_encap.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Source Port          |       Destination Port        |
 * |                        Sequence Number                        |
 * |                    Acknowledgment Number                      |
 * |DOffset| Rsrvd |C|E|U|A|P|R|S|F|            Window             |
 * |           Checksum            |         Urgent Pointer        |
 * |                    Options (0 to 40 octets)                   |
 */
static const struct field tcp_fields[] = {
	{ .name = "sport", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "dport", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "seq", .kind = FIELD_UINT, .bits = 32 },
	{ .name = "ack", .kind = FIELD_UINT, .bits = 32 },
	{ .name = "header_length", .kind = FIELD_UINT, .bits = 4, .derive = DERIVE_LENGTH,
	  .scale = 4 },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 4, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "flags", .kind = FIELD_UINT, .bits = 8, .show = SHOW_HEX },
	{ .name = "window", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "checksum", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE },
	{ .name = "urgent", .kind = FIELD_UINT, .bits = 16, .style = STYLE_HIDDEN },
	{ .name = "options", .kind = FIELD_REST, .max = 40 },
};

enum { TCP_SIZE = 20, TCP_FLAGS_FIELD = 6 };

const char *tcp_flags_text(uint8_t flags, struct arena *a)
{
	static const char names[8][4] = { "CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN" };
	const char *text = "";
	for (unsigned i = 0; i < 8; i++)
		if (flags & 0x80u >> i)
			text = arena_printf(a, "%s%s%s", text, text[0] ? " " : "", names[i]);
	return text;
}

static struct fact *tcp_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	(void)c;
	if (n->present <= TCP_FLAGS_FIELD)
		return NULL;
	struct fact *f = arena_alloc(a, sizeof *f);
	f->key = "flags_set";
	f->text = tcp_flags_text((uint8_t)node_uint(n, TCP_FLAGS_FIELD, 0), a);
	return f;
}

const struct desc tcp_desc = {
	.name = "tcp", .title = "Transmission Control Protocol", .rfc = "RFC 9293, 3.1",
	DESC_FIELDS(tcp_fields), .facts = tcp_facts,
};

static void tcp_checksum(struct packet *p)
{
	uint64_t sum;
	if (!packet_protected(p) || !packet_sum(p, PROTOCOL_TCP, &sum) || checksum_fold(sum) == 0)
		return;
	struct reader r = reader_of(p->rest);
	read_span(&r, 16);
	uint16_t checksum = read_u16(&r);
	const char *why;
	enum severity severity = packet_sum_severity(p, &why);
	packet_finding(p, severity, NULL, packet_offset(p) + 16, "TCP checksum %04x is wrong%s",
		       checksum, why);
}

void tcp_decode(struct wire *w, struct packet *p)
{
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	read_span(&r, 12);
	size_t size = (size_t)(read_u8(&r) >> 4) * 4;
	read_span(&r, 7);
	if (r.bad) {
		packet_short(p, "TCP", TCP_SIZE);
		return;
	}
	if (size < TCP_SIZE) {
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p) + 12,
			       "TCP header length %zu, needs at least %d", size, TCP_SIZE);
		size = TCP_SIZE;
	}
	if (size > p->rest.n) {
		packet_short(p, "TCP", size);
		return;
	}
	tcp_checksum(p);
	if (!packet_push(p, LAYER_TCP, size))
		return;
	if (tcp_encap_wanted(w, p))
		packet_next(p, SPACE_LAYER, LAYER_IKETCP);
	else
		packet_data(p);
}
