/* SPDX-License-Identifier: BSD-2-Clause
 * AH, RFC 4302: the header, and the octets that its ICV covers: the IP header
 * below it and all extension headers with their mutable fields zero, the AH
 * header with its ICV zero, and everything behind. */
#include "ipsec/wire/protect.h"

#include "ipsec/wire/layers.h"
#include "ipsec/wire/wire_private.h"

/*  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |  Next Header  |  Payload Len  |           RESERVED            |
 * +---------------+---------------+-------------------------------+
 * |                Security Parameters Index (SPI)                |
 * +---------------------------------------------------------------+
 * |                    Sequence Number Field                      |
 * +---------------------------------------------------------------+
 * |           Integrity Check Value (ICV), variable               |
 * +---------------------------------------------------------------+
 * RFC 4302, 2. Payload Len: 32-bit words of the whole header, minus 2. */
enum { AH_HEADER = 12, AH_ICV_AT = 12 };

static size_t header_size(struct packet *p)
{
	struct reader r = reader_of(p->rest);
	read_u8(&r);
	return ((size_t)read_u8(&r) + 2) * 4;
}

void ah_decode(struct wire *w, struct packet *p)
{
	size_t size = header_size(p);
	struct layer *l = packet_push(p, LAYER_AH, size);
	if (!l)
		return;
	struct esp_info *i = l->esp = arena_alloc(p->arena, sizeof *i);
	struct reader r = reader_of(l->octets);
	i->next_header = read_u8(&r);
	read_u8(&r);
	uint16_t reserved = read_u16(&r);
	i->spi = read_u32(&r);
	i->seq = read_u32(&r);
	i->icv_size = (uint16_t)reader_left(&r);
	i->cut = p->cut;
	i->payload = p->rest;
	i->mode = protect_mode(i);
	if (!p->copy_of)
		w->counts.ah++;
	if (r.bad || l->octets.n < size) {
		protect_short(w, p, "RFC4302-2.2-01", size < AH_HEADER ? AH_HEADER : size);
		return;
	}
	if (reserved)
		packet_finding(p, SEVERITY_VIOLATION, "RFC4302-2.3-01", l->offset + 2,
			       "reserved field is 0x%04x, needs 0", reserved);
	if (i->spi == 0)
		packet_finding(p, SEVERITY_VIOLATION, "RFC4302-2.4-01", l->offset + 4,
			       "SPI 0 is never sent");
	if (!packet_ip(p) || packet_ip(p)->buffer != l->buffer) {
		packet_finding(p, SEVERITY_NOTE, NULL, l->offset,
			       "AH covers the IP header below it, which stands in another buffer: "
			       "not verified");
		p->done = true;
	} else {
		protect_begin(w, p);
	}
	/* AH hides nothing: what it carries is shown as what it is, a packet whose
	 * sender is not proven, unless the ICV is known to be bad. */
	if (p->done && i->icv == ICV_UNCHECKED)
		ah_inside(p, l);
}

/* ---- the octets that the ICV covers ---- */

/* RFC 4302, appendix A1: options that routers may change count as zeros.
 * These do not change. */
static bool option_is_immutable(uint8_t type)
{
	switch (type) {
	case 0: case 1:			/* end of list, no operation */
	case 130: case 133: case 134:	/* security, extended security, commercial security */
	case 148: case 149:		/* router alert, selective directed multicast */
		return true;
	default:
		return false;
	}
}

static void zero(uint8_t *b, size_t from, size_t n, size_t size)
{
	if (from < size)
		memset(b + from, 0, n < size - from ? n : size - from);
}

/* RFC 4302, 3.3.3.1.1: with loose or strict source routing (131, 137) the
 * destination is the one that the packet arrives with: the last in the list. */
static void final_destination(uint8_t *b, size_t at, size_t n)
{
	uint8_t pointer = n > 2 ? b[at + 2] : 0;
	if ((b[at] == 131 || b[at] == 137) && n >= 7 && pointer >= 4 && pointer + 3u <= n)
		memcpy(b + 16, b + at + n - 4, 4);
}

static void zero_ipv4(uint8_t *b, size_t size)
{
	zero(b, 1, 1, size);		/* DSCP and ECN */
	zero(b, 6, 3, size);		/* flags, fragment offset, TTL */
	zero(b, 10, 2, size);		/* header checksum */
	for (size_t at = 20; at < size && b[at] != 0;) {
		size_t n = b[at] == 1 ? 1 : at + 1 < size ? b[at + 1] : 0;
		if (n == 0 || n > size - at)
			n = size - at;	/* a broken option: all that is left of it */
		if (b[at] != 1)
			final_destination(b, at, n);
		if (!option_is_immutable(b[at]))
			zero(b, at, n, size);
		at += n;
	}
}

static void zero_ipv6(uint8_t *b, size_t size)
{
	if (size < 8)
		return;
	b[0] &= 0xf0;			/* DSCP, ECN and flow label */
	zero(b, 1, 3, size);
	zero(b, 7, 1, size);		/* hop limit */
}

/* Hop-by-hop and destination options: the data of those whose type has the
 * change-en-route bit (RFC 8200, 4.2; RFC 4302, 3.3.3.1.2.2). */
static void zero_options(uint8_t *b, size_t size)
{
	for (size_t at = 2; at + 1 < size;) {
		size_t n = b[at] == 0 ? 1 : 2 + (size_t)b[at + 1];
		if (n > size - at)
			n = size - at;
		if (b[at] & 0x20)
			zero(b, at + 2, n > 2 ? n - 2 : 0, size);
		at += n;
	}
}

/* A routing header of type 0 is counted as it arrives (RFC 4302, 3.3.3.1.2.3):
 * every hop visited. The swap at each hop moves the addresses along by one. */
static void final_route(uint8_t *ip, uint8_t *b, size_t size)
{
	if (ip + 40 > b || size < 8 || b[2] != 0 || size % 16 != 8)
		return;
	size_t count = (size - 8) / 16, left = b[3];
	if (left == 0 || left > count)
		return;
	uint8_t first[16], *list = b + 8 + (count - left) * 16;
	memcpy(first, ip + 24, 16);
	memcpy(ip + 24, list + (left - 1) * 16, 16);
	memmove(list + 16, list, (left - 1) * 16);
	memcpy(list, first, 16);
	b[3] = 0;
}

static void zero_mutable(const struct layer *l, uint8_t *ip, uint8_t *b)
{
	switch (l->type->kind) {
	case LAYER_IPV4: zero_ipv4(b, l->octets.n); break;
	case LAYER_IPV6: zero_ipv6(b, l->octets.n); break;
	case LAYER_HOPOPTS:
	case LAYER_DSTOPTS: zero_options(b, l->octets.n); break;
	case LAYER_ROUTING: final_route(ip, b, l->octets.n); break;
	default: break;
	}
}

/* The copy with mutable fields zero; empty when there is no IP header below in
 * the same buffer. */
static struct span covered(struct packet *p, const struct layer *l)
{
	const struct layer *ip = packet_ip(p);
	if (!ip || ip->buffer != l->buffer || ip->offset > l->offset)
		return span_of(NULL, 0);
	size_t n = (size_t)(l->whole.p + l->whole.n - ip->octets.p);
	uint8_t *b = arena_raw(p->arena, n);
	memcpy(b, ip->octets.p, n);
	for (const struct layer *k = ip; k < l; k++)
		zero_mutable(k, b, b + (k->offset - ip->offset));
	return span_of(b, n);
}

/* RFC 4302, 2.6: the ICV is a whole number of 32-bit words, in IPv6 the header a
 * multiple of 8 octets; padding behind the ICV is covered. */
bool ah_fill(struct packet *p, const struct layer *l, struct cipher *k,
	     uint32_t seq_high, bool esn, struct cipher_job *job)
{
	const struct integ *integ = cipher_integ(k);
	struct reader r = reader_of(span_from(l->octets, AH_ICV_AT));
	size_t field = reader_left(&r);
	*job = (struct cipher_job){ .cipher = k, .verdict = ICV_UNCHECKED };
	job->iv = read_span(&r, integ->iv);
	job->icv = read_span(&r, cipher_icv(k));
	if (r.bad && !l->esp->told)
		packet_finding(p, SEVERITY_VIOLATION, "RFC4302-2.2-02", l->offset + 1,
			       "%zu octets for the ICV, this SA's algorithm needs %zu", field,
			       integ->iv + cipher_icv(k));
	l->esp->told |= r.bad;
	struct span copy = covered(p, l);
	if (r.bad || copy.n == 0)
		return false;
	size_t at = (size_t)(l->octets.p - packet_ip(p)->octets.p) + AH_ICV_AT;
	zero((uint8_t *)(uintptr_t)copy.p, at, integ->iv + cipher_icv(k), copy.n);
	job->authed = copy;
	if (esn) {
		struct writer tail = writer_of(job->tail, sizeof job->tail);
		write_u32(&tail, seq_high);
		job->tail_size = 4;
	}
	job->text = span_of(l->octets.p, 0);
	job->out = arena_raw(p->arena, 0);
	return true;
}

void ah_inside(struct packet *p, struct layer *l)
{
	p->done = false;
	l->esp->mode = protect_mode(l->esp);	/* the key is known by now */
	protect_next(p, l->esp);
}
