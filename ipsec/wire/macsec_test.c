/* SPDX-License-Identifier: BSD-2-Clause
 * MACsec's tag by the diagram of IEEE 802.1AE, 9.3 (the open frame with scapy 2.5);
 * tshark 4.0 sees the same stacks. */
#include "ipsec/wire/layers_testing.h"

static const struct sample samples[] = {
	{ "macsec", 1,
	  "02000000000202000000000188e52c000000000102000000000100015a5a5a5a5a5a5a5a5a5a"
	  "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
	  "ethernet macsec data" },
	{ "macsec-open", 1,
	  "02000000000202000000000188e5200000000001020000000001000108004500001e00070000"
	  "4011f6c4c0000201c000020203e807d0000a07b568695a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
	  "ethernet macsec ipv4 udp data" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

static const struct expected fields[] = {
	{ "macsec", "macsec", 0, "encrypted", "1" },
	{ "macsec", "macsec", 0, "packet_number", "1" },
	{ "macsec", "macsec", 0, "sci", "0200000000010001" },
	{ "macsec-open", "macsec", 0, "ethertype", "0800" },
};

START_TEST(test_field)
{
	rig_expect(samples, COUNT(samples), &fields[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("macsec");
	TCase *t = tcase_create("macsec");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_field, 0, COUNT(fields));
	suite_add_tcase(s, t);
	return testing_run(s);
}
