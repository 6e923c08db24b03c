/* SPDX-License-Identifier: BSD-2-Clause
 * VXLAN. The frames were made with scapy 2.5 (VXLAN); tshark 4.0 sees the same
 * stacks. */
#include "ipsec/wire/layers_testing.h"

static const struct sample samples[] = {
	{ "vxlan", 101,
	  "45000050000900004011262ac6336401c63364029c4012b5003c052008000000001267000200"
	  "0000000202000000000108004500001e000700004011f6c4c0000201c000020203e807d0000a"
	  "07b56869",
	  "ipv4 udp vxlan ethernet ipv4 udp data" },
	{ "vxlan6", 101,
	  "600000000050114020010db800010000000000000000000120010db800010000000000000000"
	  "00029c4012b50050efd1080000000000010002000000000202000000000186dd60000000000a"
	  "114020010db800000000000000000000000120010db800000000000000000000000203e807d0"
	  "000a30446869",
	  "ipv6 udp vxlan ethernet ipv6 udp data" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

static const struct expected fields[] = {
	{ "vxlan", "vxlan", 0, "vni", "4711" },
	{ "vxlan", "vxlan", 0, "flags", "8" },
	{ "vxlan6", "vxlan", 0, "vni", "1" },
};

START_TEST(test_field)
{
	rig_expect(samples, COUNT(samples), &fields[_i]);
}
END_TEST

static const struct {
	const char *name, *hex, *stack, *words;
} bad[] = {
	{ "short", "4500002200070000401100000a0000010a000002" "9c4012b5000e0000" "080000000012",
	  "ipv4 udp data", "VXLAN header: 6 octets left, needs at least 8" },
	{ "no identifier", "4500002400070000401100000a0000010a000002" "9c4012b500100000"
	  "0000000000126700", "ipv4 udp data", "VXLAN flags 00" },
	{ "from 4789 only", "4500002400070000401100000a0000010a000002" "12b59c4000100000"
	  "0800000000126700", "ipv4 udp data", NULL },
};

START_TEST(test_bad)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 101, bad[_i].hex);
	ck_assert_msg(strcmp(rig_stack(r), bad[_i].stack) == 0, "%s: %s", bad[_i].name, r->text);
	ck_assert_msg(!bad[_i].words || rig_found(r, bad[_i].words), "%s", bad[_i].name);
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vxlan");
	TCase *t = tcase_create("vxlan");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_field, 0, COUNT(fields));
	tcase_add_loop_test(t, test_bad, 0, COUNT(bad));
	suite_add_tcase(s, t);
	return testing_run(s);
}
