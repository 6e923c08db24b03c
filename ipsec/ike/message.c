/* SPDX-License-Identifier: BSD-2-Clause
 * IKE messages in clear: the header and the payload chain, both versions.
 * RFC 7296, 3.1 and 3.2; RFC 2408, 3.1. The encrypted payload is sk.c. */
#include "ipsec/ike/payload.h"

/*  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                       IKE SA Initiator's SPI                  |
 * |                                                               |
 * +---------------------------------------------------------------+
 * |                       IKE SA Responder's SPI                  |
 * |                                                               |
 * +---------------+-------+-------+---------------+---------------+
 * |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |
 * +---------------+-------+-------+---------------+---------------+
 * |                          Message ID                           |
 * +---------------------------------------------------------------+
 * |                            Length                             |
 * +---------------------------------------------------------------+ */
#define IKE_HEADER(payload_names, exchange_names) { \
	{ .name = "spi_i", .bits = 64, .show = SHOW_HEX }, \
	{ .name = "spi_r", .bits = 64, .show = SHOW_HEX }, \
	{ .name = "next_payload", .bits = 8, .derive = DERIVE_NEXT, .style = STYLE_HIDDEN, \
	  .names = &(payload_names), .rule = "RFC7296-3.2-06" }, \
	{ .name = "major_version", .bits = 4 }, \
	{ .name = "minor_version", .bits = 4 }, \
	{ .name = "exchange", .bits = 8, .names = &(exchange_names) }, \
	{ .name = "flags", .bits = 8, .show = SHOW_HEX }, \
	{ .name = "message_id", .bits = 32 }, \
	{ .name = "length", .bits = 32, .derive = DERIVE_OUTSIDE, .style = STYLE_HIDDEN, \
	  .rule = "RFC7296-3.1-12" } }
static const struct field header_fields[] = IKE_HEADER(reg_payload_types, reg_exchange_types);
static const struct desc header_desc = {
	.name = "IKE", .title = "IKE header", .rfc = "RFC 7296, 3.1", DESC_FIELDS(header_fields),
};
static const struct field header1_fields[] =
	IKE_HEADER(reg_ikev1_payload_type, reg_ikev1_exchange_type);
static const struct desc header1_desc = {
	.name = "IKE", .title = "ISAKMP header", .rfc = "RFC 2408, 3.1",
	DESC_FIELDS(header1_fields),
};

/* ---- the chain ---- */

static void force(struct node *n, unsigned i)
{
	n->forced |= (uint32_t)1 << i;
}

/* SK and SKF end a chain: what they name as next is inside of them. */
static bool is_last(const struct node *n, int version)
{
	return version == 2 && (n->number == PAYLOAD_SK || n->number == PAYLOAD_SKF);
}

static void check_critical(const struct node *n, struct findings *fs)
{
	if (node_uint(n, PAYLOAD_CRITICAL, 0) && n->number >= PAYLOAD_SA && n->number <= 48)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.2-01", n->offset,
			    "the critical bit is set in %s", n->desc->name);
}

/* RFC 2408, 3.6: up to three octets align an IKEv1 message to four. */
static bool is_alignment(struct span left, int version, size_t offset, struct findings *fs)
{
	if (version != 1 || left.n >= 4)
		return false;
	if (!span_is_zero(left))
		finding_add(fs, SEVERITY_NOTE, NULL, offset, "%zu octet%s of padding behind the last "
			    "payload, not all of them zero", left.n, left.n == 1 ? "" : "s");
	return true;
}

/* Where a chain ended. */
struct chain_end {
	const struct node *last;
	uint32_t next;		/* type that was promised, or 0 */
	int version;
	struct span left;
};

/* What the chain left: octets, or a promise of more. */
static void check_end(const struct chain_end *c, size_t offset, struct findings *fs)
{
	const char *rule = c->version == 2 ? "RFC7296-3.2-06" : NULL;
	const char *s = c->left.n == 1 ? "" : "s";
	if (c->left.n && c->last && is_last(c->last, c->version))
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.1-01", offset,
			    "%zu octet%s behind %s, which has to be the last payload", c->left.n, s,
			    c->last->desc->name);
	else if (c->left.n && !is_alignment(c->left, c->version, offset, fs))
		finding_add(fs, SEVERITY_VIOLATION, rule, offset,
			    "%zu octet%s behind the last payload", c->left.n, s);
	else if (c->next && !c->left.n)
		finding_add(fs, SEVERITY_VIOLATION, rule, offset,
			    "payload type %u is promised, but nothing follows", c->next);
}

struct node *ike_chain_decode(uint32_t first, int version, struct span octets,
			      struct decode *d, struct span *trailing)
{
	struct reader r = reader_of(octets);
	struct node *head = NULL, *last = NULL;
	uint32_t next = first, count = 0;
	bool ended = false;
	while (next && reader_left(&r) && count < IKE_PAYLOADS_MAX && !ended) {
		struct node *n = node_decode(ike_payload_desc(next, version), &r, d);
		n->number = next;
		check_critical(n, version == 2 ? d->findings : NULL);
		*(last ? &last->next : &head) = n;
		last = n;
		next = (uint32_t)node_uint(n, PAYLOAD_NEXT, 0);
		ended = is_last(n, version);
		count++;
	}
	if (last && next)
		force(last, PAYLOAD_NEXT);
	size_t offset = d->base + reader_offset(&r);
	*trailing = read_rest(&r);
	if (next && !ended && count == IKE_PAYLOADS_MAX)
		finding_add(d->findings, SEVERITY_NOTE, NULL, offset,
			    "more than %d payloads: the rest is not read", (int)IKE_PAYLOADS_MAX);
	else
		check_end(&(struct chain_end){ last, ended ? 0 : next, version, *trailing }, offset,
			  d->findings);
	return head;
}

void ike_chain_encode(const struct node *first, struct writer *w)
{
	for (const struct node *n = first; n; n = n->next)
		node_encode(n, n->next ? n->next->number : 0, false, w);
}

/* ---- the header ---- */

static void check_flags(const struct node *h, struct findings *fs)
{
	unsigned flags = (unsigned)node_uint(h, IKE_FLAGS, 0);
	unsigned unknown = flags & ~(unsigned)(IKE_FLAG_I | IKE_FLAG_V | IKE_FLAG_R);
	if (unknown)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.1-07", h->v[IKE_FLAGS].offset,
			    "flags 0x%02x: 0x%02x to be sent as zero", flags, unknown);
	if (flags & IKE_FLAG_V)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.1-10", h->v[IKE_FLAGS].offset,
			    "flags 0x%02x: the V bit is to be sent as zero", flags);
}

static void check_header(const struct node *h, struct findings *fs)
{
	unsigned exchange = (unsigned)node_uint(h, IKE_EXCHANGE, 0);
	if (node_uint(h, IKE_MAJOR, 0) != 2)
		return;
	if (!node_uint(h, IKE_SPI_I, 1))
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.1-02", 0, "the initiator SPI is zero");
	if (node_uint(h, IKE_MINOR, 0))
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.1-06", h->v[IKE_MINOR].offset,
			    "minor version %u, to be sent as zero",
			    (unsigned)node_uint(h, IKE_MINOR, 0));
	check_flags(h, fs);
	if (!names_find(&reg_exchange_types, exchange))
		finding_add(fs, SEVERITY_NOTE, NULL, h->v[IKE_EXCHANGE].offset,
			    "unknown exchange type %u", exchange);
}

/* The octets that belong to the message: as many as it declares, if they are there. */
static struct span declared_octets(struct ike_message *m, struct findings *fs)
{
	uint64_t length = node_uint(m->header, IKE_LENGTH, 0);
	if (length == m->octets.n)
		return m->octets;
	force(m->header, IKE_LENGTH);
	finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.1-12", m->header->v[IKE_LENGTH].offset,
		    "length %llu, but the datagram has %zu octets", (unsigned long long)length,
		    m->octets.n);
	bool inside = length >= IKE_HEADER_SIZE && length < m->octets.n;
	return inside ? span_part(m->octets, 0, (size_t)length) : m->octets;
}

/* Nothing behind the header is read: it is encrypted, or of an unknown version. */
static void leave_rest(struct ike_message *m)
{
	m->trailing = span_from(m->octets, IKE_HEADER_SIZE);
	force(m->header, IKE_NEXT);
}

static void decode_payloads(struct ike_message *m, struct span octets, struct decode *d)
{
	uint32_t first = (uint32_t)node_uint(m->header, IKE_NEXT, 0);
	d->base = IKE_HEADER_SIZE;
	m->payloads = ike_chain_decode(first, ike_version(m), span_from(octets, IKE_HEADER_SIZE),
				       d, &m->trailing);
	if (first && !m->payloads)
		force(m->header, IKE_NEXT);
	size_t left = m->octets.n - octets.n;	/* behind the declared length */
	m->trailing = span_from(m->octets, m->octets.n - m->trailing.n - left);
	for (struct node *n = m->payloads; n; n = n->next)
		if (is_last(n, ike_version(m)))
			m->sk = n;
	if (m->sk && m->sk->number == PAYLOAD_SKF) {
		m->fragment = (uint16_t)node_uint(m->sk, SKF_FRAGMENT, 0);
		m->total = (uint16_t)node_uint(m->sk, SKF_TOTAL, 0);
	}
}

struct ike_message *ike_message_decode(struct span octets, struct arena *a,
				       struct findings *fs)
{
	struct ike_message *m = arena_alloc(a, sizeof *m);
	struct decode d = { a, fs, 0, 0 };
	struct reader r = reader_of(octets);
	bool old = octets.n > 17 && octets.p[17] >> 4 == 1;	/* MjVer */
	m->octets = octets;
	m->header = node_decode(old ? &header1_desc : &header_desc, &r, &d);
	m->icv = ICV_NONE;
	if (m->header->present < IKE_HEADER_FIELDS) {
		force(m->header, IKE_NEXT);
		return m;
	}
	struct span inside = declared_octets(m, fs);
	check_header(m->header, fs);
	m->sealed = old && node_uint(m->header, IKE_FLAGS, 0) & IKEV1_FLAG_E;
	if (m->sealed) {
		leave_rest(m);
	} else if (ike_version(m) != 1 && ike_version(m) != 2) {
		leave_rest(m);
		finding_add(fs, SEVERITY_NOTE, "RFC7296-3.1-05", m->header->v[IKE_MAJOR].offset,
			    "major version %d is not read further", ike_version(m));
	} else {
		decode_payloads(m, inside, &d);
	}
	if (m->sk || m->sealed)
		m->icv = ICV_UNCHECKED;
	return m;
}

void ike_message_encode(const struct ike_message *m, struct writer *w)
{
	size_t start = w->n;
	node_encode(m->header, m->payloads ? m->payloads->number : 0, false, w);
	ike_chain_encode(m->payloads, w);
	write_span(w, m->trailing);
	bool whole = m->header->present == IKE_HEADER_FIELDS;
	if (whole && !(m->header->forced >> IKE_LENGTH & 1))
		write_patch(w, start + IKE_HEADER_SIZE - 4, w->n - start, 4);
}

const char *ike_exchange_name(const struct ike_message *m)
{
	uint32_t exchange = (uint32_t)node_uint(m->header, IKE_EXCHANGE, 0);
	const struct names *names = node_names(m->header, IKE_EXCHANGE);
	return m->header->present > IKE_EXCHANGE ? names_name(names, exchange) : NULL;
}
