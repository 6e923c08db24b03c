/* SPDX-License-Identifier: BSD-2-Clause
 * What is on the wire, by kind, so that a packet in clear cannot hide: every
 * frame must be ESP, AH or IKE. Nothing is decrypted; the dissector is not
 * asked, for it is what the lab's captures test. */
#include <stddef.h>
#include <stdio.h>

#include "conformance/lab/lab_found.h"
#include "dissect/capture.h"
#include "ipsec/base/reader.h"

enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_FRAGMENT = 44, IP_ESP = 50, IP_AH = 51,
       IP_ICMPV6 = 58, IP_COMP = 108 };
enum { ETHER_IPV4 = 0x0800, ETHER_IPV6 = 0x86dd, IKE_PAYLOAD_SKF = 53 };

static void count_ike(struct lab_wire *w, struct reader *r, uint64_t *counter)
{
	read_span(r, 16);
	(*counter)++;
	if (read_u8(r) == IKE_PAYLOAD_SKF)
		w->ike_fragments++;
}

/* RFC 3948, 2: port 4500 carries ESP, IKE after four zero octets, or 0xFF. */
static void count_udp(struct lab_wire *w, struct reader *r)
{
	uint16_t from = read_u16(r), to = read_u16(r), length = read_u16(r);
	read_u16(r);
	if (from == 500 || to == 500) {
		count_ike(w, r, &w->ike_500);
	} else if (from == 4500 || to == 4500) {
		struct reader ahead = *r;
		if (length == 9)
			w->keepalive++;
		else if (read_u32(&ahead) == 0 && !ahead.bad)
			count_ike(w, &ahead, &w->ike_4500);
		else
			w->esp_in_udp++;
	} else {
		w->clear++;
	}
}

static void count_protocol(struct lab_wire *w, uint8_t protocol, struct reader *r)
{
	switch (protocol) {
	case IP_ESP: w->esp++; break;
	case IP_AH: w->ah++; break;
	case IP_COMP: w->ipcomp++; break;
	case IP_UDP: count_udp(w, r); break;
	case IP_ICMP: {	/* errors (a port that is closed) are no traffic of ours */
		uint8_t type = read_u8(r);
		*(type == 8 || type == 0 ? &w->clear : &w->other) += 1;
		break;
	}
	case IP_ICMPV6: {
		uint8_t type = read_u8(r);
		*(type == 128 || type == 129 ? &w->clear : &w->other) += 1;
		break;
	}
	default: w->clear++; break;
	}
}

static void count_ipv4(struct lab_wire *w, struct reader *r)
{
	size_t header = (size_t)(read_u8(r) & 15) * 4;
	read_span(r, 5);
	uint16_t fragment = read_u16(r);
	read_u8(r);
	uint8_t protocol = read_u8(r);
	read_span(r, header >= 20 ? header - 10 : 10);
	if (fragment & 0x3fff)
		w->ip_fragments++;
	if ((fragment & 0x1fff) == 0)
		count_protocol(w, protocol, r);
}

static void count_ipv6(struct lab_wire *w, struct reader *r)
{
	read_span(r, 6);
	uint8_t next = read_u8(r);
	read_span(r, 33);
	uint16_t offset = 0;
	if (next == IP_FRAGMENT) {
		next = read_u8(r);
		read_u8(r);
		offset = read_u16(r) & 0xfff8;
		read_u32(r);
		w->ip_fragments++;
	}
	if (offset == 0)
		count_protocol(w, next, r);
}

static void count_frame(struct lab_wire *w, struct span octets)
{
	struct reader r = reader_of(octets);
	read_span(&r, 12);
	uint16_t type = read_u16(&r);
	if (type == ETHER_IPV4)
		count_ipv4(w, &r);
	else if (type == ETHER_IPV6)
		count_ipv6(w, &r);
	else
		w->other++;
}

bool lab_wire_read(struct lab_wire *w, const char *path, struct err *e)
{
	struct frame f;
	enum capture_state state;
	*w = (struct lab_wire){ 0 };
	struct capture *c = capture_open(path, e);
	if (!c)
		return false;
	while ((state = capture_next(c, &f, e)) == CAPTURE_FRAME)
		count_frame(w, f.octets);
	capture_close(c);
	return state == CAPTURE_END;
}

const uint64_t *lab_wire_counter(const struct lab_wire *w, const char *name)
{
#define ROW(member) { #member, offsetof(struct lab_wire, member) }
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		ROW(esp), ROW(ah), ROW(esp_in_udp), ROW(ike_500), ROW(ike_4500), ROW(ike_fragments),
		ROW(keepalive), ROW(ip_fragments), ROW(ipcomp), ROW(clear), ROW(other),
	};
#undef ROW
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (lab_is(rows[i].name, name))
			return (const uint64_t *)(const void *)((const char *)w + rows[i].offset);
	return NULL;
}
