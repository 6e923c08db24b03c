/* SPDX-License-Identifier: BSD-2-Clause
 * IPv4, IPv6 with extension headers, GRE, TCP, ICMP and their checksums. The
 * captured frames are from real traffic (captures/samples); the others were made
 * with scapy 2.5, and tshark 4.0 sees the same stacks and finds every checksum
 * right. */
#include "ipsec/wire/layers_testing.h"

#include "ipsec/wire/checksum.h"

static const struct sample samples[] = {
	{ "captured ESP in IPv6", 1,
	  "9e7115ad2f14de81fd4ede4986dd600f05c4008c324020010db8000000000000000000000001"
	  "20010db8000000000000000000000002ce7aac15000000010a5a4cb1b8990e7fd38919fe3474"
	  "c685ccbab38746d494d323f588b9dcd7e0b2529222a9769b875b68c33c3f6190128f729b3f40"
	  "f5d7e6167dd926c963dec89d0500c61b9e6689f4e35d4ededcb27109d5bba0b49be040387b14"
	  "937789d82b6c31bfd7c9d1bd989f97560d69df51990c955abaaba96f2e491600e3c3a5044f86"
	  "29d21b2a",
	  "ethernet ipv6 esp" },
	{ "captured AH", 1,
	  "6aac1635ceb49212e73c586d080045000070ddc040004033d896c0000201c000020201050000"
	  "cfa02de60000000145ac924e6a41b909f562d00afc2ce6ec0800466603890001a506016b0000"
	  "0000736603000000000053414d504c45303453414d504c45303453414d504c45303453414d50"
	  "4c45303453414d504c453034",
	  "ethernet ipv4 ah" },
	{ "ip options", 101,
	  "47000026000700004011e9b4c0000201c0000202070704000000000103e807d0000a07b56869",
	  "ipv4 udp data" },
	{ "ip in ip", 101,
	  "45000034000700004004f6bbc0000201c00002024500002000010000400166da0a0000010a00"
	  "00020800332e0005000661626364",
	  "ipv4 ipv4 icmp data" },
	{ "6in4", 101,
	  "45000048000700004029f682c0000201c000020260000000000c3a4020010db8000000000000"
	  "00000000000120010db800000000000000000000000280005f720005000661626364",
	  "ipv4 ipv6 icmpv6 data" },
	{ "4in6", 101,
	  "60000000002c044020010db800000000000000000000000120010db800000000000000000000"
	  "00024500002c000700004006f6c1c0000201c0000202000100020102030400000005601203e8"
	  "0c1d0000020405b4",
	  "ipv6 ipv4 tcp" },
	{ "hop dst routing", 101,
	  "600000000032004020010db800000000000000000000000120010db800000000000000000000"
	  "00023c000104000000002b00010400000000110200000000000020010db80000000000000000"
	  "0000000303e807d0000a30446869",
	  "ipv6 hopopts dstopts routing udp data" },
	{ "atomic", 101,
	  "6000000000122c4020010db800000000000000000000000120010db800000000000000000000"
	  "0002110000000000000903e807d0000a30446869",
	  "ipv6 fragment udp data" },
	{ "none", 101,
	  "6000000000033b4020010db800000000000000000000000120010db800000000000000000000"
	  "000278797a",
	  "ipv6 dummy" },
	{ "gre plain", 101,
	  "4500003600070000402ff68ec0000201c0000202000008004500001e00010000401166cc0a00"
	  "00010a00000203e807d0000a77b66869",
	  "ipv4 gre ipv4 udp data" },
	{ "gre all", 101,
	  "4500005600070000402ff66ec0000201c0000202b00086dd1385000011223344000000076000"
	  "0000000a114020010db800000000000000000000000120010db8000000000000000000000002"
	  "03e807d0000a30446869",
	  "ipv4 gre ipv6 udp data" },
	{ "gre eth", 101,
	  "4500004400070000402ff680c0000201c0000202000065580200000000020200000000010800"
	  "4500001e00010000401166cc0a0000010a00000203e807d0000a77b66869",
	  "ipv4 gre ethernet ipv4 udp data" },
	{ "icmp unreach", 101,
	  "45000038000700004001f6bac0000201c000020203047ba1000005784500001c000100004011"
	  "f6ccc0000202c00002010001000200087bd7",
	  "ipv4 icmp data" },
	{ "tcp odd", 101,
	  "4500002b000700004006f6c2c0000201c0000202000100020000000300000004501800055852"
	  "00006f6464",
	  "ipv4 tcp data" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

/* Sound packets bring no findings. */
START_TEST(test_quiet)
{
	struct rig *r = rig_new();
	rig_hex_read(r, samples[_i].link, samples[_i].hex);
	ck_assert_msg(r->p.findings.count == 0, "%s: %s", samples[_i].name,
		      r->p.findings.count ? r->p.findings.first->text : "");
	rig_free(r);
}
END_TEST

/* Values as tshark 4.0 shows them. */
static const struct expected fields[] = {
	{ "captured AH", "ipv4", 0, "src", "c0000201" },
	{ "captured AH", "ipv4", 0, "dst", "c0000202" },
	{ "captured AH", "ipv4", 0, "protocol", "51" },
	{ "captured AH", "ipv4", 0, "total_length", "112" },
	{ "captured ESP in IPv6", "ipv6", 0, "src", "20010db8000000000000000000000001" },
	{ "captured ESP in IPv6", "ipv6", 0, "next_header", "50" },
	{ "captured ESP in IPv6", "ipv6", 0, "payload_length", "140" },
	{ "ip options", "ipv4", 0, "header_length", "7" },
	{ "ip options", "ipv4", 0, "options", "0707040000000001" },
	{ "ip options", "ipv4", 0, "id", "7" },
	{ "ip options", "ipv4", 0, "ttl", "64" },
	{ "ip options", "ipv4", 0, "checksum", "59828" },
	{ "ip options", "udp", 0, "sport", "1000" },
	{ "ip options", "udp", 0, "dport", "2000" },
	{ "ip options", "udp", 0, "length", "10" },
	{ "ip options", "udp", 0, "checksum", "1973" },
	{ "ip in ip", "ipv4", 1, "src", "0a000001" },
	{ "ip in ip", "icmp", 0, "type", "8" },
	{ "ip in ip", "icmp", 0, "id", "5" },
	{ "ip in ip", "icmp", 0, "seq", "6" },
	{ "6in4", "icmpv6", 0, "type", "128" },
	{ "6in4", "icmpv6", 0, "seq", "6" },
	{ "4in6", "tcp", 0, "seq", "16909060" },
	{ "4in6", "tcp", 0, "ack", "5" },
	{ "4in6", "tcp", 0, "flags", "18" },
	{ "4in6", "tcp", 0, "header_length", "6" },
	{ "4in6", "tcp", 0, "window", "1000" },
	{ "4in6", "tcp", 0, "options", "020405b4" },
	{ "hop dst routing", "hopopts", 0, "next_header", "60" },
	{ "hop dst routing", "dstopts", 0, "next_header", "43" },
	{ "hop dst routing", "routing", 0, "header_length", "2" },
	{ "hop dst routing", "routing", 0, "segments_left", "0" },
	{ "atomic", "fragment", 0, "id", "9" },
	{ "atomic", "fragment", 0, "more_fragments", "0" },
	{ "gre plain", "gre", 0, "protocol", "2048" },
	{ "gre plain", "gre", 0, "key", "" },
	{ "gre all", "gre", 0, "checksum", "13850000" },
	{ "gre all", "gre", 0, "key", "11223344" },
	{ "gre all", "gre", 0, "seq", "00000007" },
	{ "icmp unreach", "icmp", 0, "type", "3" },
	{ "icmp unreach", "icmp", 0, "code", "4" },
	{ "icmp unreach", "icmp", 0, "id", "absent" },
};

START_TEST(test_field)
{
	rig_expect(samples, COUNT(samples), &fields[_i]);
}
END_TEST

static const char plain[] = "4500001e000700004011f6c4c0000201c000020203e807d0000a07b56869";

/* One octet of the packet above changed, octets behind it, octets on the wire. */
static const struct odd {
	const char *name;
	int at, value;		/* at -1: nothing is changed */
	size_t behind, unseen;
	const char *words;	/* of the finding; NULL: there is none */
	enum severity severity;
	const char *stack;
	bool cut;
} odds[] = {
	{ "sound", -1, 0, 0, 0, NULL, 0, "ipv4 udp data", false },
	{ "padded", -1, 0, 16, 0, NULL, 0, "ipv4 udp data", false },
	{ "trailer", -1, 0, 60, 0, "60 octets behind the end", SEVERITY_NOTE,
	  "ipv4 udp data", false },
	{ "version 5", 0, 0x55, 0, 0, "version 5, needs 4", SEVERITY_VIOLATION, "data", false },
	{ "header of 16", 0, 0x44, 0, 0, "header length 16", SEVERITY_VIOLATION, "data", false },
	{ "header of 60", 0, 0x4f, 0, 0, "30 octets left, needs at least 60",
	  SEVERITY_VIOLATION, "data", false },
	{ "total 16", 3, 16, 0, 0, "total length 16", SEVERITY_VIOLATION, "ipv4 udp data", false },
	{ "total 0", 3, 0, 0, 0, "segmentation offload", SEVERITY_NOTE, "ipv4 udp data", false },
	{ "total 40", 3, 40, 0, 0, "length 40, but the packet on the wire has only 30",
	  SEVERITY_VIOLATION, "ipv4 udp data", false },
	/* UDP's own length is all there: what counts for it is not cut. */
	{ "total 40, cut", 3, 40, 0, 10, "checksum", SEVERITY_NOTE, "ipv4 udp data", false },
	{ "total 40, wire 39", 3, 40, 0, 9, "length 40, but the packet on the wire has only 39",
	  SEVERITY_VIOLATION, "ipv4 udp data", false },
	{ "padding cut off", -1, 0, 0, 16, NULL, 0, "ipv4 udp data", false },
	{ "checksum", 10, 0xf7, 0, 0, "IPv4 header checksum f7c4 is wrong", SEVERITY_NOTE,
	  "ipv4 udp data", false },
	{ "UDP length 30", 25, 30, 0, 0, "UDP: length 30", SEVERITY_VIOLATION,
	  "ipv4 udp data", false },
	{ "unknown protocol", 9, 200, 0, 0, "checksum", SEVERITY_NOTE, "ipv4 data", false },
	{ "hop-by-hop in IPv4", 9, 0, 0, 0, "not in an IPv6 packet", SEVERITY_VIOLATION,
	  "ipv4 data", false },
};

START_TEST(test_odd)
{
	const struct odd *o = &odds[_i];
	struct rig *r = rig_new();
	struct span s = rig_hex(r, plain);
	size_t n = s.n + o->behind;
	uint8_t *b = arena_alloc(&r->a, n);
	memcpy(b, s.p, s.n);
	if (o->at >= 0)
		b[o->at] = (uint8_t)o->value;
	rig_read(r, 101, span_of(b, n), n + o->unseen);
	ck_assert_msg(strcmp(rig_stack(r), o->stack) == 0, "%s: %s", o->name, r->text);
	ck_assert_msg(r->p.cut == o->cut, "%s: cut", o->name);
	ck_assert_msg(!o->words ? r->p.findings.count == 0 : rig_found(r, o->words),
		      "%s: findings", o->name);
	bool severe = false;
	for (const struct finding *f = r->p.findings.first; f; f = f->next)
		severe = severe || f->severity == o->severity;
	ck_assert_msg(!o->words || severe, "%s: severity", o->name);
	rig_free(r);
}
END_TEST

/* A zero header checksum is offload, no finding. */
START_TEST(test_checksum_offload)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 101, "4500001e0007000040110000c0000201c000020203e807d0000a07b56869");
	ck_assert_uint_eq(r->p.findings.count, 0);
	rig_free(r);
}
END_TEST

START_TEST(test_ip_info)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 101, samples[2].hex);
	const struct ip_info *i = packet_ip(&r->p)->ip;
	ck_assert_int_eq(i->src.family, 4);
	ck_assert_mem_eq(i->src.b, "\xc0\0\2\1", 4);
	ck_assert_mem_eq(i->dst.b, "\xc0\0\2\2", 4);
	ck_assert_uint_eq(i->header, 28);
	ck_assert_uint_eq(i->protocol, 17);
	ck_assert(!i->fragment && !i->length_bad);
	ck_assert_uint_eq(r->p.layers[0].octets.n, 28);
	ck_assert_uint_eq(r->p.layers[1].offset, 28);
	rig_free(r);
}
END_TEST

/* IPv6 with 20 destination options headers: read up to the limit. */
START_TEST(test_many_extensions)
{
	struct rig *r = rig_new();
	uint8_t b[40 + 20 * 8] = { 0x60, 0, 0, 0, 0, 160, 60, 64 };
	for (size_t i = 40; i < sizeof b; i += 8)
		b[i] = 60;
	rig_read(r, 101, span_of(b, sizeof b), sizeof b);
	ck_assert_ptr_nonnull(rig_layer(r, "data", 0));
	ck_assert_uint_lt(r->p.layer_count, 18);
	ck_assert(rig_found(r, "extension headers"));
	rig_free(r);
}
END_TEST

START_TEST(test_names)
{
	struct arena a = { 0 };
	ck_assert_str_eq(tcp_flags_text(0x12, &a), "ACK SYN");
	ck_assert_str_eq(tcp_flags_text(0, &a), "");
	ck_assert_str_eq(icmp_type_name(8), "echo request");
	ck_assert_str_eq(icmpv6_type_name(129), "echo reply");
	ck_assert_ptr_null(icmp_type_name(200));
	arena_done(&a);
}
END_TEST

/* ---- checksums ---- */

/* RFC 1071, 3: the sum of these is 2ddf0 before folding, ddf2 after. */
START_TEST(test_rfc1071)
{
	static const uint8_t octets[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	uint64_t sum = checksum_add(0, span_of(octets, sizeof octets));
	ck_assert_uint_eq(checksum_partial(sum), 0xddf2);
	ck_assert_uint_eq(checksum_fold(sum), (uint16_t)~0xddf2);
}
END_TEST

static uint16_t plain_sum(const uint8_t *b, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Against the definition, octet by octet: all lengths, all places to cut. */
START_TEST(test_sum_any_length)
{
	uint8_t b[70];
	for (size_t i = 0; i < sizeof b; i++)
		b[i] = (uint8_t)(i * 73 + 200);
	for (size_t n = 0; n <= sizeof b; n++)
		for (size_t cut = 0; cut <= n; cut += 2) {
			uint64_t sum = checksum_add(0, span_of(b, cut));
			sum = checksum_add(sum, span_of(b + cut, n - cut));
			ck_assert_uint_eq(checksum_partial(sum), plain_sum(b, n));
		}
	memset(b, 0xff, sizeof b);
	ck_assert_uint_eq(checksum_fold(checksum_add(0, span_of(b, sizeof b))), 0);
}
END_TEST

/* Spoils the checksums of a sample that tshark finds right, has them made anew,
 * and gets the same packet. */
static const struct {
	const char *hex;
	int spoil[2];
} updates[] = {
	{ plain, { 10, 26 } },
	{ "60000000000a114020010db800000000000000000000000120010db8000000000000000000000002"
	  "03e807d0000a30446869", { 46, 47 } },
	{ "4500002b000700004006f6c2c0000201c0000202000100020000000300000004501800055852"
	  "00006f6464", { 11, 36 } },
	{ "4500002000010000400166da0a0000010a0000020800332e0005000661626364", { 10, 22 } },
	{ "60000000000c3a4020010db800000000000000000000000120010db8000000000000000000000002"
	  "80005f720005000661626364", { 42, 43 } },
	/* no UDP checksum: none is made */
	{ "4500001d000700004011f6c5c0000201c00002021194119400090000ff", { 10, 11 } },
	/* a fragment: only the header's */
	{ "4500001e0007200040 11d6c4c0000201c000020203e807d0000a12346869", { 10, 11 } },
};

START_TEST(test_update)
{
	uint8_t b[128], want[128];
	char hex[256];
	size_t n = 0;
	for (const char *c = updates[_i].hex; *c; c++)
		if (*c != ' ')
			hex[n++] = *c;
	n /= 2;
	ck_assert(span_unhex(span_of(hex, 2 * n), want, n));
	memcpy(b, want, n);
	b[updates[_i].spoil[0]] ^= 0x55;
	b[updates[_i].spoil[1]] ^= 0xaa;
	ck_assert(checksum_update(b, n));
	ck_assert_mem_eq(b, want, n);
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *heap = malloc(cut ? cut : 1);
		memcpy(heap, want, cut);
		checksum_update(heap, cut);
		free(heap);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ip");
	TCase *t = tcase_create("ip");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_quiet, 0, COUNT(samples));
	tcase_add_loop_test(t, test_field, 0, COUNT(fields));
	tcase_add_loop_test(t, test_odd, 0, COUNT(odds));
	tcase_add_test(t, test_checksum_offload);
	tcase_add_test(t, test_ip_info);
	tcase_add_test(t, test_many_extensions);
	tcase_add_test(t, test_names);
	suite_add_tcase(s, t);
	TCase *c = tcase_create("checksum");
	tcase_add_test(c, test_rfc1071);
	tcase_add_test(c, test_sum_any_length);
	tcase_add_loop_test(c, test_update, 0, COUNT(updates));
	suite_add_tcase(s, c);
	return testing_run(s);
}
