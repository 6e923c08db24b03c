/* SPDX-License-Identifier: BSD-2-Clause
 * Takes the protection off a packet: RFC 4303, 3.1 and RFC 4302, 3.1 (modes),
 * RFC 3948 (UDP encapsulation), RFC 9329 (TCP), RFC 3173 (IPComp).
 *
 * The layers from the link up to the last one that was opened are copied as
 * parts, one behind the other; protections drop out on the way, and in tunnel
 * mode the headers that carried them. What the last protection held follows as it
 * is. Then the lengths, numbers and checksums of the parts that are left are made
 * right, from the innermost to the outermost. */
#include "dissect/unwrap.h"

#include "ipsec/base/writer.h"
#include "ipsec/wire/checksum.h"
#include "ipsec/wire/layers.h"

enum {
	IPV4_LENGTH = 2, IPV4_PROTOCOL = 9, IPV4_CHECKSUM = 10,
	IPV6_SIZE = 40, IPV6_LENGTH = 4, IPV6_NEXT = 6,
	UDP_LENGTH = 4, PPPOE_SIZE = 6, PPPOE_LENGTH = 4,
	GRE_PROTOCOL = 2, GRE_CHECKSUM = 4, GRE_HAS_CHECKSUM = 0x80,
	L2TP_LENGTH = 2, L2TP_HAS_LENGTH = 0x40,
	LENGTH_MAX = 65535,
	ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd, PPP_IPV4 = 0x21, PPP_IPV6 = 0x57,
	AF_IPV4 = 2, AF_IPV6 = 30,	/* of BSD loopback headers: Darwin's, which all readers know */
};

struct part {
	enum layer_kind kind;
	size_t at, size;
};

struct build {
	struct writer w;
	struct part parts[PACKET_LAYERS];
	unsigned count;
	bool moved;	/* the addresses may not be those that checksums were made with */
	const struct ike_session *session;
	struct unwrapped *u;
};

/* ---- layers ---- */

static bool is_ip(enum layer_kind k)
{
	return k == LAYER_IPV4 || k == LAYER_IPV6;
}

/* IP or one of IPv6's extension headers: may name ESP as what follows. */
static bool names_next(enum layer_kind k)
{
	return is_ip(k) || k == LAYER_HOPOPTS || k == LAYER_ROUTING || k == LAYER_FRAGMENT ||
	       k == LAYER_DSTOPTS;
}

static bool is_wrapper(enum layer_kind k)
{
	return k == LAYER_ESP || k == LAYER_AH || k == LAYER_IPCOMP || k == LAYER_BEETPH;
}

static bool is_open(const struct layer *l)
{
	switch (l->type->kind) {
	case LAYER_ESP: return l->esp->decrypted && l->esp->mode != SA_MODE_UNKNOWN;
	case LAYER_AH: return l->esp->icv == ICV_GOOD;
	case LAYER_IPCOMP: return l->ipcomp->inflated;
	case LAYER_BEETPH: return l->octets.n > 0;
	default: return false;
	}
}

/* The last of the protections that were opened, one inside the other; NULL. */
static const struct layer *last_open(const struct packet *p)
{
	const struct layer *last = NULL;
	for (const struct layer *l = p->layers; l < p->layers + p->layer_count; l++) {
		if (!is_wrapper(l->type->kind))
			continue;
		if (!is_open(l))
			break;
		last = l;
	}
	return last;
}

static uint8_t next_header(const struct layer *l)
{
	switch (l->type->kind) {
	case LAYER_IPCOMP: return l->ipcomp->next_header;
	case LAYER_BEETPH: return l->octets.p[0];
	default: return l->esp->next_header;
	}
}

/* Tunnel mode was negotiated, whatever the key's row says. */
static bool is_negotiated(const struct ike_session *session, const struct layer *l)
{
	const struct esp_info *i = l->esp;
	uint8_t protocol = l->type->kind == LAYER_ESP ? PROTOCOL_ESP : PROTOCOL_AH;
	enum ike_side to;
	if (!session || !i->sa)
		return false;
	const struct ike_child *c = ike_session_child(session, protocol, i->spi, &i->sa->dst, &to);
	return c && c->mode == SA_MODE_TUNNEL;
}

/* What follows stands in place of the IP packet that carried it. */
static bool is_tunnel(const struct ike_session *session, const struct layer *l)
{
	uint8_t next = next_header(l);
	if (next != PROTOCOL_IPV4 && next != PROTOCOL_IPV6)
		return false;
	switch (l->type->kind) {
	case LAYER_IPCOMP: return true;
	case LAYER_BEETPH: return false;
	default: return l->esp->mode == SA_MODE_TUNNEL || is_negotiated(session, l);
	}
}

static struct span inflated(const struct packet *p, const struct layer *l)
{
	for (uint32_t i = l->buffer + 1u; i < p->buffer_count; i++)
		if (strcmp(p->buffers[i].name, "inflated") == 0)
			return p->buffers[i].octets;
	return span_of(NULL, 0);
}

/* What it held, without TFC padding. */
static struct span content(const struct packet *p, const struct layer *l)
{
	switch (l->type->kind) {
	case LAYER_IPCOMP: return inflated(p, l);
	case LAYER_BEETPH: return span_from(l->whole, l->octets.n);
	default: return span_part(l->esp->payload, 0, l->esp->payload.n - l->esp->tfc_length);
	}
}

/* ---- parts ---- */

/* A MACsec tag goes: its ICV, behind the packet, is not there any more either. */
static void add_macsec(struct build *b, const struct layer *l)
{
	struct span type = span_from(l->octets, l->octets.n - 2);
	if (b->count)
		write_patch(&b->w, b->w.n - 2, (uint64_t)type.p[0] << 8 | type.p[1], 2);
}

static void add(struct build *b, const struct layer *l)
{
	if (l->type->kind == LAYER_MACSEC) {
		add_macsec(b, l);
		return;
	}
	b->parts[b->count++] = (struct part){ l->type->kind, b->w.n, l->octets.n };
	write_span(&b->w, l->octets);
}

static enum layer_kind top(const struct build *b)
{
	return b->count ? b->parts[b->count - 1].kind : LAYER_KINDS;
}

static void drop(struct build *b)
{
	b->w.n = b->parts[--b->count].at;
}

static size_t size_of(const struct part *part, size_t from_end)
{
	return part->size < from_end ? part->at : part->at + part->size - from_end;
}

/* The octets of a loopback header that are not zero tell its byte order. */
static void set_family(struct build *b, size_t at, unsigned family)
{
	bool little = b->w.p[at] || b->w.p[at + 1];
	write_patch(&b->w, at, little ? (uint64_t)family << 24 : family, 4);
}

/* Tells the part on top that IP of this protocol number (4 or 41) follows. */
static void name_version(struct build *b, uint8_t protocol)
{
	const struct part *part = b->count ? &b->parts[b->count - 1] : NULL;
	bool six = protocol == PROTOCOL_IPV6;
	unsigned ethertype = six ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
	if (!part)
		return;
	switch (part->kind) {
	case LAYER_ETHERNET: case LAYER_VLAN: case LAYER_SLL:
		write_patch(&b->w, size_of(part, 2), ethertype, 2);
		break;
	case LAYER_SLL2: write_patch(&b->w, part->at, ethertype, 2); break;
	case LAYER_GRE: write_patch(&b->w, part->at + GRE_PROTOCOL, ethertype, 2); break;
	case LAYER_NULL: set_family(b, part->at, six ? AF_IPV6 : AF_IPV4); break;
	case LAYER_HDLC: case LAYER_PPP:
		write_patch(&b->w, size_of(part, 2), six ? PPP_IPV6 : PPP_IPV4, 2);
		break;
	case LAYER_PPP_PFC:
		write_patch(&b->w, size_of(part, 1), six ? PPP_IPV6 : PPP_IPV4, 1);
		break;
	default: break;
	}
}

/* Tells a header that has a next header what follows. */
static void name_next(struct build *b, uint8_t protocol)
{
	const struct part *part = &b->parts[b->count - 1];
	switch (part->kind) {
	case LAYER_IPV4: write_patch(&b->w, part->at + IPV4_PROTOCOL, protocol, 1); break;
	case LAYER_IPV6: write_patch(&b->w, part->at + IPV6_NEXT, protocol, 1); break;
	default: write_patch(&b->w, part->at, protocol, 1); break;
	}
}

/* A protection drops out, and what carried it in UDP or TCP. */
static bool take_off(struct build *b, const struct layer *l)
{
	bool ipsec = l->type->kind == LAYER_ESP || l->type->kind == LAYER_AH;
	while (b->count && !names_next(top(b))) {
		b->moved = true;
		drop(b);
	}
	if (!b->count)
		return false;
	b->moved |= ipsec && l->esp->mode == SA_MODE_BEET;
	b->u->levels += ipsec;
	name_next(b, next_header(l));
	return true;
}

/* The IP packet that follows stands in place of the one that carried it. */
static void replace_ip(struct build *b, uint8_t protocol)
{
	while (b->count && !is_ip(top(b)))
		drop(b);
	if (b->count)
		drop(b);
	b->moved = false;
	if (b->count && names_next(top(b)))
		name_next(b, protocol);
	else
		name_version(b, protocol);
}

static bool is_reassembled(const struct packet *p, const struct layer *l)
{
	bool fresh = l == p->layers || l[-1].buffer != l->buffer;
	return fresh && strcmp(p->buffers[l->buffer].name, "reassembled") == 0;
}

/* Layers up to and with `last`. */
static bool add_parts(struct build *b, const struct packet *p, const struct layer *last)
{
	const struct layer *off = NULL;		/* the layer before, if it was taken off */
	for (const struct layer *l = p->layers; l <= last; l++) {
		if (is_reassembled(p, l))
			b->u->reassembled |= (uint64_t)1 << b->u->levels;
		if (is_wrapper(l->type->kind)) {
			if (!take_off(b, l))
				return false;
			off = l;
			continue;
		}
		if (off && is_ip(l->type->kind) && is_tunnel(b->session, off))
			replace_ip(b, next_header(off));
		add(b, l);
		off = NULL;
	}
	return true;
}

/* ---- lengths and checksums ---- */

static void sum_at(struct build *b, size_t from, size_t n, size_t at)
{
	write_patch(&b->w, from + at, 0, 2);
	write_patch(&b->w, from + at,
		    checksum_fold(checksum_add(0, span_of(b->w.p + from, n))), 2);
}

/* Right behind it is an upper layer whose checksum covers what has changed. */
static bool covers(const struct build *b, unsigned i)
{
	while (i + 1 < b->count && names_next(b->parts[i + 1].kind) &&
	       !is_ip(b->parts[i + 1].kind))
		i++;
	return i + 1 == b->count ? b->moved : b->parts[i + 1].kind == LAYER_UDP;
}

static bool settle_ip(struct build *b, unsigned i)
{
	const struct part *part = &b->parts[i];
	size_t n = b->w.n - part->at;
	if (part->kind == LAYER_IPV4) {
		if (n > LENGTH_MAX)
			return false;
		write_patch(&b->w, part->at + IPV4_LENGTH, n, 2);
		sum_at(b, part->at, part->size, IPV4_CHECKSUM);
	} else {
		if (n - IPV6_SIZE > LENGTH_MAX)
			return false;
		write_patch(&b->w, part->at + IPV6_LENGTH, n - IPV6_SIZE, 2);
	}
	return !covers(b, i) || checksum_update(b->w.p + part->at, n);
}

static bool settle(struct build *b, unsigned i)
{
	const struct part *part = &b->parts[i];
	size_t n = b->w.n - part->at;
	uint8_t first = part->size ? b->w.p[part->at] : 0;
	switch (part->kind) {
	case LAYER_IPV4: case LAYER_IPV6:
		return settle_ip(b, i);
	case LAYER_UDP:
		write_patch(&b->w, part->at + UDP_LENGTH, n, 2);
		return n <= LENGTH_MAX;
	case LAYER_PPPOE:
		write_patch(&b->w, part->at + PPPOE_LENGTH, n - PPPOE_SIZE, 2);
		return n - PPPOE_SIZE <= LENGTH_MAX;
	case LAYER_L2TP:
		if (first & L2TP_HAS_LENGTH)
			write_patch(&b->w, part->at + L2TP_LENGTH, n, 2);
		return n <= LENGTH_MAX;
	case LAYER_GRE:
		if (first & GRE_HAS_CHECKSUM)
			sum_at(b, part->at, n, GRE_CHECKSUM);
		return true;
	default:
		return true;
	}
}

static void find_ip(struct build *b, size_t payload)
{
	b->u->ip = (uint32_t)payload;
	for (unsigned i = b->count; i--;)
		if (is_ip(b->parts[i].kind))
			b->u->ip = (uint32_t)b->parts[i].at;
}

enum unwrap unwrap_packet(const struct packet *p, const struct ike_session *session,
			  uint8_t out[UNWRAP_MAX], struct unwrapped *u)
{
	const struct layer *last = last_open(p);
	*u = (struct unwrapped){ .ip = 0 };
	if (!last)
		return UNWRAP_CLOSED;
	struct build b = { .w = writer_of(out, UNWRAP_MAX), .session = session, .u = u };
	uint8_t next = next_header(last);
	if (!add_parts(&b, p, last))
		return UNWRAP_IMPOSSIBLE;
	if (next == PROTOCOL_NONE && (last->type->kind == LAYER_ESP || last->type->kind == LAYER_AH))
		return UNWRAP_DUMMY;
	if (is_tunnel(session, last))
		replace_ip(&b, next);
	find_ip(&b, b.w.n);
	write_span(&b.w, content(p, last));
	for (unsigned i = b.count; !b.w.bad && i--;)
		if (!settle(&b, i))
			return UNWRAP_IMPOSSIBLE;
	u->octets = writer_span(&b.w);
	return b.w.bad ? UNWRAP_IMPOSSIBLE : UNWRAP_OPENED;
}
