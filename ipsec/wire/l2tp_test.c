/* SPDX-License-Identifier: BSD-2-Clause
 * L2TP, versions 2 and 3. The frames follow the diagrams of RFC 2661 and RFC 3931
 * around packets that scapy 2.5 made; tshark 4.0 sees the same stacks, but leaves
 * version 3's data as octets (what is in it only the ends know). */
#include "ipsec/wire/layers_testing.h"

static const struct sample samples[] = {
	{ "l2tp", 101,
	  "450000440009000040112636c6336401c633640206a506a5003022c7000200050006ff030021"
	  "4500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "ipv4 udp l2tp hdlc ppp ipv4 udp data" },
	{ "l2tp-length", 101,
	  "450000460009000040112634c6336401c633640206a506a50032e2984002002a00050006ff03"
	  "00214500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "ipv4 udp l2tp hdlc ppp ipv4 udp data" },
	{ "l2tp-all", 101,
	  "4500004f000900004011262bc6336401c633640206a506a5003b4e024a020033000500060001"
	  "00020003000000ff0300214500001e000700004011f6c4c0000201c000020203e807d0000a07"
	  "b56869",
	  "ipv4 udp l2tp hdlc ppp ipv4 udp data" },
	{ "l2tp-sccrq", 101,
	  "4500005b000900004011261fc6336401c633640206a506a50047635ac802003f000000000000"
	  "0000800800000000000180080000000201008011000000076c61632e6578616d706c65800a00"
	  "000003000000038008000000090063",
	  "ipv4 udp l2tp l2tp_avps" },
	{ "l2tp-zlb", 101,
	  "450000280009000040112652c6336401c633640206a506a50014d59dc802000c006300000001"
	  "0001",
	  "ipv4 udp l2tp" },
	{ "l2tpv3-ip", 101,
	  "4500004800090000407325d0c6336401c6336402000010000000000002000000000202000000"
	  "000108004500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "ipv4 l2tpv3 ethernet ipv4 udp data" },
	{ "l2tpv3-ip-bare", 101,
	  "4500005800090000407325c0c6336401c63364020000100002000000000202000000000186dd"
	  "60000000000a114020010db800000000000000000000000120010db800000000000000000000"
	  "000203e807d0000a30446869",
	  "ipv4 l2tpv3 ethernet ipv6 udp data" },
	{ "l2tpv3-ip-cookie", 101,
	  "4500005000090000407325c8c6336401c6336402000010000102030405060708000000000200"
	  "0000000202000000000108004500001e000700004011f6c4c0000201c000020203e807d0000a"
	  "07b56869",
	  "ipv4 l2tpv3 ethernet ipv4 udp data" },
	{ "l2tpv3-ip-sccrq", 101,
	  "4500005100090000407325c7c6336401c633640200000000c803003900000000000000008008"
	  "0000000000018011000000076c61632e6578616d706c65800a0000003c00000001800a000000"
	  "3d0000004d",
	  "ipv4 l2tpv3 l2tpv3_control l2tp_avps" },
	{ "l2tpv3-udp", 101,
	  "450000540009000040112626c6336401c633640206a506a5004005d300030000000010000000"
	  "000002000000000202000000000108004500001e000700004011f6c4c0000201c000020203e8"
	  "07d0000a07b56869",
	  "ipv4 udp l2tpv3_udp l2tpv3 ethernet ipv4 udp data" },
	{ "l2tpv3-udp-sccrq", 101,
	  "450000550009000040112625c6336401c633640206a506a500418d75c8030039000000000000"
	  "000080080000000000018011000000076c61632e6578616d706c65800a0000003c0000000180"
	  "0a0000003d0000004d",
	  "ipv4 udp l2tpv3_control l2tp_avps" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

static const struct expected fields[] = {
	{ "l2tp", "l2tp", 0, "tunnel", "5" },
	{ "l2tp", "l2tp", 0, "session", "6" },
	{ "l2tp", "l2tp", 0, "control", "0" },
	{ "l2tp-length", "l2tp", 0, "length", "002a" },
	{ "l2tp-all", "l2tp", 0, "ns_nr", "00010002" },
	{ "l2tp-all", "l2tp", 0, "offset_size", "0003" },
	{ "l2tp-all", "l2tp", 0, "offset_pad", "000000" },
	{ "l2tp-sccrq", "l2tp", 0, "control", "1" },
	{ "l2tpv3-ip", "l2tpv3", 0, "session", "4096" },
	{ "l2tpv3-ip", "l2tpv3", 0, "cookie_and_sublayer", "00000000" },
	{ "l2tpv3-ip-bare", "l2tpv3", 0, "cookie_and_sublayer", "" },
	{ "l2tpv3-ip-cookie", "l2tpv3", 0, "cookie_and_sublayer", "010203040506070800000000" },
	{ "l2tpv3-ip-sccrq", "l2tpv3_control", 0, "connection", "0" },
	{ "l2tpv3-udp", "l2tpv3_udp", 0, "version", "3" },
};

START_TEST(test_field)
{
	rig_expect(samples, COUNT(samples), &fields[_i]);
}
END_TEST

/* The control message's AVPs, by RFC 2661, 4.4. */
START_TEST(test_avps)
{
	struct rig *r = rig_new();
	for (size_t i = 0; i < COUNT(samples); i++)
		if (strcmp(samples[i].name, "l2tp-sccrq") == 0)
			rig_hex_read(r, 101, samples[i].hex);
	const struct node *avp = node_kid(rig_node(r, rig_layer(r, "l2tp_avps", 0)), 0);
	static const struct { unsigned type, length; } avps[] = {
		{ 0, 8 }, { 2, 8 }, { 7, 17 }, { 3, 10 }, { 9, 8 },
	};
	for (size_t i = 0; i < COUNT(avps); i++, avp = avp->next) {
		ck_assert_ptr_nonnull(avp);
		ck_assert_uint_eq(node_uint(avp, 0, 0), 1);
		ck_assert_uint_eq(node_uint(avp, 3, 0), avps[i].length);
		ck_assert_uint_eq(node_uint(avp, 5, 0), avps[i].type);
	}
	ck_assert_ptr_null(avp);
	rig_free(r);
}
END_TEST

/* The datagram is long enough for all of these; what follows the hex is zero. */
static const struct {
	const char *name, *hex, *stack, *words;
} bad[] = {
	{ "version 1", "0001", "ipv4 udp data", "L2TP version 1 is not read" },
	{ "length too small", "4002000400050006" "0021", "ipv4 udp l2tp ppp data",
	  "L2TP length 4, its header has 8" },
	{ "length too great", "400200ff00050006" "0021", "ipv4 udp l2tp ppp data",
	  "L2TP: length 255, but" },
	{ "offset too great", "0202000500060fff", "ipv4 udp data", "needs at least 4103" },
	{ "session unknown", "0003000000001000", "ipv4 udp l2tpv3_udp l2tpv3 data", NULL },
	{ "control length", "c803000b00000000", "ipv4 udp l2tpv3_control l2tp_avps",
	  "L2TP length 11, its header has 12" },
};

START_TEST(test_bad)
{
	struct rig *r = rig_new();
	uint8_t packet[20 + 8 + 32] = { 0x45, 0, 0, sizeof packet, 0, 7, 0, 0, 64, 17 };
	struct span s = rig_hex(r, bad[_i].hex);
	memcpy(packet + 20, "\x06\xa5\x06\xa5\x00\x28", 6);
	memcpy(packet + 28, s.p, s.n);
	rig_read(r, 101, span_of(packet, sizeof packet), sizeof packet);
	ck_assert_msg(strcmp(rig_stack(r), bad[_i].stack) == 0, "%s: %s", bad[_i].name, r->text);
	ck_assert_msg(!bad[_i].words || rig_found(r, bad[_i].words), "%s", bad[_i].name);
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2tp");
	TCase *t = tcase_create("l2tp");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_field, 0, COUNT(fields));
	tcase_add_test(t, test_avps);
	tcase_add_loop_test(t, test_bad, 0, COUNT(bad));
	suite_add_tcase(s, t);
	return testing_run(s);
}
