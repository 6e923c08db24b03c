/* SPDX-License-Identifier: BSD-2-Clause
 * The Internet checksum, RFC 1071. The ones' complement sum does not mind the
 * order of octets (RFC 1071, 2 (B)), so words are added as the machine holds
 * them, eight octets at a time, and only the folded result is put in order. */
#include "ipsec/wire/checksum.h"

#include "ipsec/base/reader.h"
#include "ipsec/base/writer.h"

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint64_t carry_add(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;
	return sum + (sum < b);
}

uint64_t checksum_add(uint64_t sum, struct span s)
{
	uint64_t other = 0, last = 0;
	for (; s.n >= 16; s.p += 16, s.n -= 16) {
		sum = carry_add(sum, load64(s.p));
		other = carry_add(other, load64(s.p + 8));
	}
	if (s.n >= 8) {
		other = carry_add(other, load64(s.p));
		s = span_from(s, 8);
	}
	if (s.n)
		memcpy(&last, s.p, s.n);
	return carry_add(carry_add(sum, other), last);
}

uint16_t checksum_partial(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	uint16_t folded = (uint16_t)sum;
	uint8_t b[2];
	memcpy(b, &folded, 2);
	return (uint16_t)(b[0] << 8 | b[1]);
}

uint16_t checksum_fold(uint64_t sum)
{
	return (uint16_t)~checksum_partial(sum);
}

/*
 * RFC 8200, 8.1; RFC 768 has the same with shorter addresses, and its order of
 * protocol and length does not change the sum:
 *
 *  +--------+--------+--------+--------+
 *  |     source address (4 or 16)      |
 *  |   destination address (4 or 16)   |
 *  +--------+--------+--------+--------+
 *  |     upper-layer packet length     |
 *  +--------+--------+--------+--------+
 *  |           zero           |protocol|
 *  +--------+--------+--------+--------+
 */
uint64_t checksum_pseudo(const struct addr *src, const struct addr *dst,
			 uint8_t protocol, uint32_t length)
{
	/* Behind an IPv4 address stand zeros, which do not count. */
	uint64_t sum = carry_add(carry_add(load64(src->b), load64(src->b + 8)),
				 carry_add(load64(dst->b), load64(dst->b + 8)));
	const uint8_t last[8] = { (uint8_t)(length >> 24), (uint8_t)(length >> 16),
				  (uint8_t)(length >> 8), (uint8_t)length, 0, 0, 0, protocol };
	return carry_add(sum, load64(last));
}

/* Where the checksum stands in the header of an upper-layer protocol. */
static size_t checksum_place(uint8_t protocol)
{
	switch (protocol) {
	case 1:
	case 58:
		return 2;
	case 6:
		return 16;
	case 17:
		return 6;
	default:
		return 0;
	}
}

static void upper_update(const struct addr *src, const struct addr *dst, uint8_t protocol,
			 struct writer *w)
{
	size_t at = checksum_place(protocol);
	if (at == 0 || w->cap < at + 2)
		return;
	if (protocol == 17 && src->family == 4 && w->p[at] == 0 && w->p[at + 1] == 0)
		return;		/* RFC 768: the sender computed none */
	if ((protocol == 1) != (src->family == 4) && (protocol == 1 || protocol == 58))
		return;		/* ICMP over IPv6 or the like: no rule says how */
	w->n = w->cap;
	write_patch(w, at, 0, 2);
	uint64_t sum = protocol == 1 ? 0 :
		       checksum_pseudo(src, dst, protocol, (uint32_t)w->cap);
	uint16_t value = checksum_fold(checksum_add(sum, writer_span(w)));
	if (protocol == 17 && value == 0)
		value = 0xffff;	/* RFC 768: zero would mean "none" */
	write_patch(w, at, value, 2);
}

static struct addr addr_read(struct reader *r, uint8_t family)
{
	struct addr a = { .family = family };
	struct span s = read_span(r, family == 4 ? 4 : 16);
	if (s.n)
		memcpy(a.b, s.p, s.n);
	return a;
}

static bool ipv4_update(uint8_t *packet, size_t n)
{
	struct reader r = reader_of(span_of(packet, n));
	size_t header = (size_t)(read_u8(&r) & 15) * 4;
	read_u8(&r);
	size_t total = read_u16(&r);
	read_u16(&r);
	bool fragment = (read_u16(&r) & 0x3fff) != 0;
	read_u8(&r);
	uint8_t protocol = read_u8(&r);
	read_u16(&r);
	struct addr src = addr_read(&r, 4), dst = addr_read(&r, 4);
	if (r.bad || header < 20 || total < header || total > n)
		return false;
	struct writer w = { packet, header, header, false };
	write_patch(&w, 10, 0, 2);
	write_patch(&w, 10, checksum_fold(checksum_add(0, writer_span(&w))), 2);
	w = writer_of(packet + header, total - header);
	if (!fragment)
		upper_update(&src, &dst, protocol, &w);
	return true;
}

/* Passes the extension headers that may stand before the upper layer. False:
 * the packet is a fragment, or source routed (its pseudo header would need the
 * final destination), or its headers do not fit. */
static bool ipv6_skip(struct reader *r, uint8_t *next)
{
	while (*next == 0 || *next == 60 || *next == 43) {
		bool routing = *next == 43;
		*next = read_u8(r);
		size_t left = (size_t)read_u8(r) * 8 + 6;
		read_u8(r);
		if (read_u8(r) != 0 && routing)
			return false;
		read_span(r, left - 2);
		if (r->bad)
			return false;
	}
	return *next != 44;
}

static bool ipv6_update(uint8_t *packet, size_t n)
{
	struct reader r = reader_of(span_of(packet, n));
	read_u32(&r);
	size_t total = (size_t)read_u16(&r) + 40;
	uint8_t next = read_u8(&r);
	read_u8(&r);
	struct addr src = addr_read(&r, 6), dst = addr_read(&r, 6);
	if (r.bad || total > n)
		return false;
	r.end = packet + total;
	if (!ipv6_skip(&r, &next))
		return true;
	struct writer w = writer_of(packet + reader_offset(&r), reader_left(&r));
	upper_update(&src, &dst, next, &w);
	return true;
}

bool checksum_update(uint8_t *packet, size_t n)
{
	int version = n ? packet[0] >> 4 : 0;
	return version == 4 ? ipv4_update(packet, n) :
	       version == 6 ? ipv6_update(packet, n) : false;
}
