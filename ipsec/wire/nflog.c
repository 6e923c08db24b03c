/* SPDX-License-Identifier: BSD-2-Clause
 * NFLOG, LINKTYPE_NFLOG: what netfilter's NFLOG target hands out. A header, then
 * attributes, of which one holds the packet. Numbers of the attributes' headers
 * are in the byte order of the machine that captured (libpcap turns them into
 * the reader's, where it knows), those of their values in network order. */
#include "ipsec/wire/layers.h"

/*
 * +--------+--------+-----------------+
 * | family |version |   resource ID   |
 * |  length (own)   |   type (own)    |	each attribute, padded to
 * |  value ...                        |	a multiple of 4 octets
 */
static const struct field nflog_fields[] = {
	{ .name = "family", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "version", .kind = FIELD_UINT, .bits = 8 },
	{ .name = "resource", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "attributes", .kind = FIELD_REST },
};

enum {
	NFLOG_SIZE = 4, TLV_SIZE = 4,
	/* linux/netfilter/nfnetlink_log.h */
	NFULA_PACKET_HDR = 1, NFULA_MARK = 2, NFULA_IFINDEX_INDEV = 4, NFULA_IFINDEX_OUTDEV = 5,
	NFULA_PAYLOAD = 9, NFULA_PREFIX = 10, NFULA_UID = 11, NFULA_GID = 14,
	FAMILY_IPV4 = 2, FAMILY_IPV6 = 10,
};

struct tlv {
	uint16_t type;
	struct span value;
};

static uint16_t turned(uint16_t v)
{
	return (uint16_t)(v >> 8 | v << 8);
}

/* The next attribute; false at the end, or where the octets make no sense. */
static bool tlv_next(struct reader *r, bool little, struct tlv *t)
{
	uint16_t length = read_u16(r);
	t->type = read_u16(r);
	if (little) {
		length = turned(length);
		t->type = turned(t->type);
	}
	if (r->bad || length < TLV_SIZE)
		return false;
	t->type &= 0x7fff;	/* the first bit marks nested ones */
	size_t n = length - TLV_SIZE, left = reader_left(r);
	t->value = read_span(r, n < left ? n : left);	/* the capture may have cut it */
	size_t pad = -n & 3;
	read_span(r, pad < reader_left(r) ? pad : reader_left(r));
	return true;
}

/* The first attribute's length tells the byte order: it is small. */
static bool is_little(struct span attributes)
{
	struct reader r = reader_of(attributes);
	uint16_t length = read_u16(&r);
	return turned(length) < length;
}

static const char *fact_text(const struct tlv *t, struct arena *a, const char **key)
{
	struct reader r = reader_of(t->value);
	switch (t->type) {
	case NFULA_MARK: *key = "mark"; break;
	case NFULA_IFINDEX_INDEV: *key = "interface_in"; break;
	case NFULA_IFINDEX_OUTDEV: *key = "interface_out"; break;
	case NFULA_UID: *key = "uid"; break;
	case NFULA_GID: *key = "gid"; break;
	case NFULA_PREFIX:
		*key = "prefix";
		return arena_text(a, span_part(t->value, 0, t->value.n ? t->value.n - 1 : 0));
	case NFULA_PACKET_HDR:
		*key = "hook";
		read_u16(&r);
		return arena_printf(a, "%u", read_u8(&r));
	default:
		return NULL;
	}
	return arena_printf(a, "%lu", (unsigned long)read_u32(&r));
}

static struct fact *nflog_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	(void)c;
	struct fact *first = NULL, **tail = &first;
	struct span all = node_bytes(n, 3);
	struct reader r = reader_of(all);
	struct tlv t;
	bool little = is_little(all);
	for (unsigned i = 0; i < 16 && tlv_next(&r, little, &t); i++) {
		const char *key, *text = fact_text(&t, a, &key);
		if (!text)
			continue;
		*tail = arena_alloc(a, sizeof **tail);
		(*tail)->key = key;
		(*tail)->text = text;
		tail = &(*tail)->next;
	}
	return first;
}

const struct desc nflog_desc = {
	.name = "nflog", .title = "Linux netfilter log", .rfc = "LINKTYPE_NFLOG",
	DESC_FIELDS(nflog_fields), .facts = nflog_facts,
};

/* Octets up to the packet, whose length goes to *payload; 0: there is none. The
 * attribute of the hook has its ether type. */
static size_t find_payload(struct span head, size_t *payload, uint16_t *ethertype)
{
	struct reader r = reader_of(head);
	read_span(&r, NFLOG_SIZE);
	bool little = is_little(span_from(head, NFLOG_SIZE));
	struct tlv t;
	for (size_t at = NFLOG_SIZE; tlv_next(&r, little, &t); at = reader_offset(&r)) {
		struct reader value = reader_of(t.value), length = reader_of(span_from(head, at));
		uint16_t n = read_u16(&length);
		if (t.type == NFULA_PACKET_HDR)
			*ethertype = read_u16(&value);
		if (t.type != NFULA_PAYLOAD)
			continue;
		*payload = (size_t)(little ? turned(n) : n) - TLV_SIZE;
		return at + TLV_SIZE;
	}
	return 0;
}

void nflog_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	if (p->rest.n < NFLOG_SIZE) {
		packet_short(p, "NFLOG", NFLOG_SIZE);
		return;
	}
	uint8_t family = p->rest.p[0];
	uint16_t ethertype = 0;
	size_t payload = 0, size = find_payload(p->rest, &payload, &ethertype);
	if (size == 0) {
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "no packet among the attributes of NFLOG");
		packet_push(p, LAYER_NFLOG, p->rest.n);
		p->done = true;
		return;
	}
	if (!packet_push(p, LAYER_NFLOG, size))
		return;
	packet_declared(p, "NFLOG packet", payload);
	if (family == FAMILY_IPV4)
		packet_next(p, SPACE_LAYER, LAYER_IPV4);
	else if (family == FAMILY_IPV6)
		packet_next(p, SPACE_LAYER, LAYER_IPV6);
	else			/* bridges, and tables of several families */
		packet_next(p, SPACE_ETHERTYPE, ethertype);
}
