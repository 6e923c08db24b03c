/* SPDX-License-Identifier: BSD-2-Clause
 * MPLS label stacks. The frames were made with scapy 2.5 (Ether/GRE/IP, MPLS); the
 * control word is the one of RFC 4385's diagram. tshark 4.0 sees the same labels
 * and, but for the pseudowire, the same packets. */
#include "ipsec/wire/layers_testing.h"

static const struct sample samples[] = {
	{ "mpls", 1,
	  "02000000000202000000000188470001063f003e813e4500001e000700004011f6c4c0000201"
	  "c000020203e807d0000a07b56869",
	  "ethernet mpls mpls ipv4 udp data" },
	{ "mpls6", 1,
	  "0200000000020200000000018847fffff10160000000000a114020010db80000000000000000"
	  "0000000120010db800000000000000000000000203e807d0000a30446869",
	  "ethernet mpls ipv6 udp data" },
	{ "mpls-pw", 1,
	  "02000000000202000000000188470001113e0000000502000000000202000000000108004500"
	  "001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "ethernet mpls pw ethernet ipv4 udp data" },
	{ "mpls-gre", 101,
	  "4500003a00090000402f2622c6336401c633640200008847000121094500001e000700004011"
	  "f6c4c0000201c000020203e807d0000a07b56869",
	  "ipv4 gre mpls ipv4 udp data" },
	{ "mpls-ip", 101,
	  "4500003600090000408925ccc6336401c6336402000121094500001e000700004011f6c4c000"
	  "0201c000020203e807d0000a07b56869",
	  "ipv4 mpls ipv4 udp data" },
	{ "mpls-data", 1,
	  "02000000000202000000000188470001013ff00102",
	  "ethernet mpls data" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

static const struct expected fields[] = {
	{ "mpls", "mpls", 0, "label", "16" },
	{ "mpls", "mpls", 0, "traffic_class", "3" },
	{ "mpls", "mpls", 0, "bottom", "0" },
	{ "mpls", "mpls", 0, "ttl", "63" },
	{ "mpls", "mpls", 1, "label", "1000" },
	{ "mpls", "mpls", 1, "bottom", "1" },
	{ "mpls6", "mpls", 0, "label", "1048575" },
	{ "mpls-pw", "pw", 0, "seq", "5" },
};

START_TEST(test_field)
{
	rig_expect(samples, COUNT(samples), &fields[_i]);
}
END_TEST

/* Stacks of labels end at the limit of layers. */
START_TEST(test_deep)
{
	struct rig *r = rig_new();
	uint8_t frame[14 + 4 * 100] = { 0 };
	memcpy(frame + 12, "\x88\x47", 2);
	rig_read(r, 1, span_of(frame, sizeof frame), sizeof frame);
	ck_assert_uint_eq(r->p.layer_count, PACKET_LAYERS);
	ck_assert(rig_found(r, "layers"));
	rig_free(r);
}
END_TEST

/* Explicit null labels say what follows (RFC 3032, 2.1). */
START_TEST(test_explicit_null)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 1, "0200000000020200000000018847" "00002140" "0000");
	ck_assert_str_eq(rig_stack(r), "ethernet mpls data");
	ck_assert(rig_found(r, "IPv6 header: 2 octets left"));
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mpls");
	TCase *t = tcase_create("mpls");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_field, 0, COUNT(fields));
	tcase_add_test(t, test_deep);
	tcase_add_test(t, test_explicit_null);
	suite_add_tcase(s, t);
	return testing_run(s);
}
