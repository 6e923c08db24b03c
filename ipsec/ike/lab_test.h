/* SPDX-License-Identifier: BSD-2-Clause
 * Captures of daemons for the tests of this room: their IKE messages (pcap with
 * Ethernet and unfragmented UDP, read by hand) and the secrets that charon logs
 * as hex dumps. Tests run in the root of the source tree. */
#ifndef IKAT_IKE_LAB_TEST_H
#define IKAT_IKE_LAB_TEST_H

#include <stdio.h>

#include "ipsec/ike/helpers_test.h"
#include "ipsec/sa/addr.h"

static inline struct span lab_file(const char *path, struct arena *a)
{
	FILE *f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s is not there", path);
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	size_t n = (size_t)ftell(f);
	rewind(f);
	char *p = arena_raw(a, n + 1);
	ck_assert_uint_eq(fread(p, 1, n, f), n);
	p[n] = '\0';
	fclose(f);
	return span_of(p, n);
}

struct lab_packet {
	struct span ike;	/* without a non-ESP marker */
	struct addr src, dst;
	uint16_t sport, dport;
	unsigned frame;
};

static inline uint16_t lab_u16(struct span s, size_t at)
{
	return (uint16_t)(s.p[at] << 8 | s.p[at + 1]);
}

/* One Ethernet frame; false if it holds no IKE message. */
static inline bool lab_frame(struct span f, struct lab_packet *out)
{
	uint16_t type = f.n > 54 ? lab_u16(f, 12) : 0;
	struct span ip = span_from(f, 14), udp = { 0 };
	if (type == 0x0800 && ip.p[9] == 17 && !(lab_u16(ip, 6) & 0x3fff)) {
		out->src = addr_of(4, ip.p + 12);
		out->dst = addr_of(4, ip.p + 16);
		udp = span_from(ip, (ip.p[0] & 15u) * 4);
	} else if (type == 0x86dd && ip.p[6] == 17) {
		out->src = addr_of(6, ip.p + 8);
		out->dst = addr_of(6, ip.p + 24);
		udp = span_from(ip, 40);
	}
	if (udp.n < 8 + 4 + IKE_HEADER_SIZE)
		return false;
	out->sport = lab_u16(udp, 0);
	out->dport = lab_u16(udp, 2);
	udp = span_part(udp, 8, (size_t)lab_u16(udp, 4) - 8);
	bool marked = span_is_zero(span_part(udp, 0, 4));
	out->ike = marked ? span_from(udp, 4) : udp;
	return marked || out->sport == 500 || out->dport == 500;
}

/* The next IKE message from *at on (0 at first); false at the end. */
static inline bool lab_next(struct span pcap, size_t *at, struct lab_packet *out)
{
	if (!*at)
		*at = 24;
	while (pcap.n >= *at + 16) {
		const uint8_t *p = pcap.p + *at + 8;	/* captured length, little-endian */
		size_t n = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
		struct span frame = span_part(pcap, *at + 16, n);
		*at += 16 + n;
		out->frame++;
		if (lab_frame(frame, out))
			return true;
	}
	return false;
}

/* The octets of the index-th dump "LABEL => N bytes" of a charon log; empty. */
static inline struct span lab_dump(struct span log, const char *label, unsigned index,
				   struct arena *a)
{
	const char *p = (const char *)log.p;
	char what[80];
	snprintf(what, sizeof what, "] %s => ", label);
	do {
		p = strstr(p + 1, what);
	} while (p && index--);
	if (!p)
		return span_of(NULL, 0);
	size_t n = strtoul(p + strlen(what), NULL, 10);
	uint8_t *out = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (i % 16 == 0) {	/* "02:48:44.613 05[IKE]   16: EE 06 ..." */
			p = strchr(p, '\n');
			p = strchr(strchr(p, ']'), ':');
		}
		out[i] = (uint8_t)strtoul(p + 2 + i % 16 * 3, NULL, 16);
	}
	return span_of(out, n);
}

#endif
