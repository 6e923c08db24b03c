/* SPDX-License-Identifier: BSD-2-Clause
 * UDP and what RFC 3948 puts into it. The captured frame is from real traffic
 * (captures/samples), the others were made with scapy 2.5; tshark 4.0 sees the
 * same stacks. */
#include "ipsec/wire/layers_testing.h"

static const struct sample samples[] = {
	{ "captured ESP in UDP", 1,
	  "1a1b817498de863dc2f2a79b080045000094000040004011b655c0000201c000020211941194"
	  "00800000c1a02680000000011bee0de6347885411e2eb56cdc0bc0db551e36edec52ab0de51e"
	  "00d6da60184f4039eb82fe4647c708abee04321e67adb4bd05ba6916545d87fb77d6bd9dc295"
	  "9a01b3a7b42673a3340c2a91379d13b3a91c7417e6393e6fc05e92efe108c6e398d6ef1fca40"
	  "cd782b2df04dd8fb405a",
	  "ethernet ipv4 udp esp" },
	{ "keepalive", 101,
	  "4500001d000700004011f6c5c0000201c00002021194119400090000ff",
	  "ipv4 udp keepalive" },
	{ "natt esp", 101,
	  "4500003c000700004011f6a6c0000201c00002029c40119400280000c0ffee01000000014545"
	  "45454545454545454545454545454545454545454545",
	  "ipv4 udp esp" },
	{ "natt ike", 101,
	  "4500003c000700004011f6a6c0000201c000020211949c400028cbc300000000494949494949"
	  "49494949494949494949494949494949494949494949",
	  "ipv4 udp marker ike" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

/* A UDP datagram over IPv4 from 192.0.2.1 to .2 without checksums; `length` 0:
 * the right one. */
struct datagram_spec {
	uint16_t sport, dport, length, checksum;
	const char *hex;
};

static struct span datagram_make(struct rig *r, const struct datagram_spec *d)
{
	struct span data = rig_hex(r, d->hex);
	size_t n = 28 + data.n;
	struct writer w = writer_of(arena_alloc(&r->a, n), n);
	write_u16(&w, 0x4500);
	write_u16(&w, (uint16_t)n);
	write_u32(&w, 0x00070000);
	write_u32(&w, 0x40110000);
	write_u32(&w, 0xc0000201);
	write_u32(&w, 0xc0000202);
	write_u16(&w, d->sport);
	write_u16(&w, d->dport);
	write_u16(&w, d->length ? d->length : (uint16_t)(8 + data.n));
	write_u16(&w, d->checksum);
	write_span(&w, data);
	return writer_span(&w);
}

static const struct {
	const char *name;
	struct datagram_spec d;
	const char *stack, *rule, *words;
	bool natt, ike_port;
} cases[] = {
	{ "RFC3948-2.3-01: keepalive", { 4500, 4500, 0, 0, "ff" }, "ipv4 udp keepalive",
	  NULL, NULL, true, true },
	{ "one octet, not ff", { 4500, 4500, 0, 0, "fe" }, "ipv4 udp data",
	  "RFC3948-2.3-01", "no keepalive", true, true },
	{ "RFC3948-2.3-04: two octets", { 4500, 4500, 0, 0, "ffff" }, "ipv4 udp data",
	  NULL, "2 octets on a NAT", true, true },
	{ "RFC3948-2.2-01: marker of three", { 4500, 4500, 0, 0, "000000" }, "ipv4 udp data",
	  "RFC3948-2.2-01", "no marker", true, true },
	{ "marker and nothing", { 4500, 4500, 0, 0, "00000000" }, "ipv4 udp marker ike",
	  NULL, NULL, true, true },
	{ "IKE behind a marker", { 4500, 4500, 0, 0, "0000000001020304" },
	  "ipv4 udp marker ike", NULL, NULL, true, true },
	{ "ESP", { 4500, 4500, 0, 0, "0000010000000001" }, "ipv4 udp esp",
	  NULL, NULL, true, true },
	{ "only the source is 4500", { 4500, 1024, 0, 0, "0000010000000001" },
	  "ipv4 udp esp", NULL, NULL, true, true },
	{ "a NAT chose 500", { 500, 4500, 0, 0, "0000010000000001" }, "ipv4 udp esp",
	  NULL, NULL, true, true },
	{ "to 500 from 4500", { 4500, 500, 0, 0, "0000010000000001" }, "ipv4 udp ike",
	  NULL, NULL, false, true },
	{ "IKE", { 500, 500, 0, 0, "01020304" }, "ipv4 udp ike", NULL, NULL, false, true },
	{ "IKE from elsewhere", { 1024, 500, 0, 0, "01020304" }, "ipv4 udp ike",
	  NULL, NULL, false, true },
	{ "nothing on 500", { 500, 500, 0, 0, "" }, "ipv4 udp", NULL, NULL, false, true },
	{ "nothing on 4500", { 4500, 4500, 0, 0, "" }, "ipv4 udp", NULL, NULL, true, true },
	{ "extra port", { 1024, 10500, 0, 0, "0000010000000001" }, "ipv4 udp esp",
	  NULL, NULL, true, true },
	{ "another port", { 1024, 10501, 0, 0, "0000010000000001" }, "ipv4 udp data",
	  NULL, NULL, false, false },
	{ "RFC3948-2.1-02: a checksum", { 4500, 4500, 0, 0x1234, "0000010000000001" },
	  "ipv4 udp esp", "RFC3948-2.1-02", "should be zero", true, true },
	{ "RFC3948-3.2-01: octets behind", { 4500, 4500, 16, 0, "0000010000000001ffff" },
	  "ipv4 udp esp", "RFC3948-3.2-01", "length 16, but the IP packet holds 18", true, true },
	{ "octets behind", { 1, 2, 9, 0, "0102" }, "ipv4 udp data", NULL,
	  "length 9, but the IP packet holds 10", false, false },
	{ "length 7", { 1, 2, 7, 0, "0102" }, "ipv4 udp data", NULL, "UDP length 7, needs",
	  false, false },
	{ "length 99", { 1, 2, 99, 0, "0102" }, "ipv4 udp data", NULL,
	  "length 99, but the packet on the wire has only 10", false, false },
	{ "wrong checksum", { 1, 2, 0, 0x1234, "0102" }, "ipv4 udp data", NULL,
	  "UDP checksum 1234 is wrong", false, false },
	/* c000 + 0201 + c000 + 0202 + 0011 + 000a, folded (RFC 768) */
	{ "partial checksum", { 1, 2, 0, 0x841f, "0102" }, "ipv4 udp data", NULL,
	  "UDP checksum 841f is partial", false, false },
};

START_TEST(test_case)
{
	static const uint16_t extra[] = { 10500 };
	struct rig *r = rig_new();
	r->w.options.ports = extra;
	r->w.options.port_count = 1;
	const char *name = cases[_i].name;
	struct span s = datagram_make(r, &cases[_i].d);
	rig_read(r, 101, s, s.n);
	ck_assert_msg(strcmp(rig_stack(r), cases[_i].stack) == 0, "%s: %s", name, r->text);
	const struct udp_info *i = rig_layer(r, "udp", 0)->udp;
	ck_assert_msg(i->natt == cases[_i].natt && i->ike_port == cases[_i].ike_port, "%s", name);
	ck_assert_uint_eq(i->sport, cases[_i].d.sport);
	ck_assert_uint_eq(i->dport, cases[_i].d.dport);
	if (cases[_i].rule)
		ck_assert_msg(rig_rule(r, cases[_i].rule) != NULL, "%s: no rule", name);
	if (cases[_i].words)
		ck_assert_msg(rig_found(r, cases[_i].words), "%s: no finding", name);
	else
		ck_assert_msg(r->p.findings.count == 0, "%s: a finding", name);
	rig_sound(r, name);
	rig_free(r);
}
END_TEST

/* Cut by the capture: no checksum can be judged, and ESP is marked. */
START_TEST(test_cut)
{
	struct rig *r = rig_new();
	struct datagram_spec d = { 4500, 4500, 0, 0x1111, "0000010000000001" };
	struct span s = datagram_make(r, &d);
	rig_read(r, 101, span_part(s, 0, s.n - 2), s.n);
	ck_assert_str_eq(rig_stack(r), "ipv4 udp esp");
	ck_assert(r->p.cut);
	ck_assert(!rig_found(r, "is wrong"));
	rig_read(r, 101, span_part(s, 0, 30), s.n);
	ck_assert_str_eq(rig_stack(r), "ipv4 udp data");
	ck_assert_uint_eq(r->p.findings.count, 0);
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("udp");
	TCase *t = tcase_create("udp");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_case, 0, COUNT(cases));
	tcase_add_test(t, test_cut);
	suite_add_tcase(s, t);
	return testing_run(s);
}
