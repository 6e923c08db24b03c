/* SPDX-License-Identifier: BSD-2-Clause
 * IPComp, RFC 3173, with DEFLATE (RFC 2394). A negotiated CPI does not say its
 * algorithm: DEFLATE is tried, which is what everybody uses. LZS and LZJH are
 * left as data. */
#include "ipsec/base/inflate.h"
#include "ipsec/wire/layers.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Header  |     Flags     | Compression Parameter Index   |
 */
static const struct field ipcomp_fields[] = {
	{ .name = "next_header", .kind = FIELD_UINT, .bits = 8, .derive = DERIVE_OUTSIDE },
	{ .name = "flags", .kind = FIELD_UINT, .bits = 8, .reserved = true, .show = SHOW_HEX,
	  .rule = "RFC3173-3.3-01" },
	{ .name = "cpi", .kind = FIELD_UINT, .bits = 16 },
};
const struct desc ipcomp_desc = {
	.name = "ipcomp", .title = "IP Payload Compression", .rfc = "RFC 3173, 3.3",
	DESC_FIELDS(ipcomp_fields),
};

enum {
	IPCOMP_SIZE = 4,
	CPI_DEFLATE = 2,	/* RFC 2394 */
	CPI_NEGOTIATED = 256,	/* and up: RFC 3173, 3.3 */
	INFLATED_MAX = 65536,
};

/* Inflates the head's octets into a buffer of their own. */
static bool ipcomp_inflate(struct packet *p, struct span *plain)
{
	uint8_t out[INFLATED_MAX];
	size_t n;
	if (!inflate_raw(p->rest, out, sizeof out, &n))
		return false;
	*plain = arena_copy(p->arena, span_of(out, n));
	return true;
}

/* Why the octets stay as they are. */
static void stays_closed(struct packet *p, uint16_t cpi)
{
	if (cpi != CPI_DEFLATE && cpi < CPI_NEGOTIATED)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "IPComp CPI %u is not read, only DEFLATE (2) and negotiated ones",
			       cpi);
	else if (p->cut)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "compressed octets cut by the capture");
	else
		packet_finding(p, cpi == CPI_DEFLATE ? SEVERITY_VIOLATION : SEVERITY_NOTE, NULL,
			       packet_offset(p),
			       "IPComp CPI %u: %zu octets that are not DEFLATE of at most %d",
			       cpi, p->rest.n, INFLATED_MAX);
	packet_data(p);
}

static void ipcomp_inside(struct packet *p, struct ipcomp_info *i)
{
	bool deflate = i->cpi == CPI_DEFLATE || i->cpi >= CPI_NEGOTIATED;
	struct span plain;
	if (!deflate || p->cut || !ipcomp_inflate(p, &plain)) {
		stays_closed(p, i->cpi);
		return;
	}
	if (p->rest.n + IPCOMP_SIZE >= plain.n)
		packet_finding(p, SEVERITY_VIOLATION, "RFC3173-2.2-01", packet_offset(p),
			       "%zu octets compressed, %zu plain: must not be sent compressed",
			       p->rest.n + IPCOMP_SIZE, plain.n);
	i->inflated = true;
	if (packet_buffer(p, plain, "inflated"))
		packet_next(p, SPACE_PROTOCOL, i->next_header);
}

void ipcomp_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	struct ipcomp_info *i = arena_alloc(p->arena, sizeof *i);
	i->next_header = read_u8(&r);
	uint8_t flags = read_u8(&r);
	i->cpi = read_u16(&r);
	if (r.bad) {
		packet_short(p, "IPComp", IPCOMP_SIZE);
		return;
	}
	if (flags)
		packet_finding(p, SEVERITY_VIOLATION, "RFC3173-3.3-01", packet_offset(p) + 1,
			       "IPComp flags %02x, must be zero", flags);
	struct layer *l = packet_push(p, LAYER_IPCOMP, IPCOMP_SIZE);
	if (!l)
		return;
	l->ipcomp = i;
	ipcomp_inside(p, i);
}
