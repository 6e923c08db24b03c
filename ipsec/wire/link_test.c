/* SPDX-License-Identifier: BSD-2-Clause
 * Link layers. The frames were made with scapy 2.5 (Ether/Dot1Q/Dot1AD,
 * CookedLinux, CookedLinuxV2; four octets of address family by hand) around the
 * same UDP datagrams; tshark 4.0 sees the same stacks, but knows family 10 not. */
#include "ipsec/wire/layers_testing.h"

static const struct sample samples[] = {
	{ "vlan", 1,
	  "0200000000020200000000018100600508004500001e000700004011f6c4c0000201c0000202"
	  "03e807d0000a07b56869",
	  "ethernet vlan ipv4 udp data" },
	{ "ad-qinq", 1,
	  "02000000000202000000000188a800648100000586dd60000000000a114020010db800000000"
	  "000000000000000120010db800000000000000000000000203e807d0000a30446869",
	  "ethernet vlan vlan ipv6 udp data" },
	{ "9100-qinq", 1,
	  "020000000002020000000001910000648100000508004500001e000700004011f6c4c0000201"
	  "c000020203e807d0000a07b56869",
	  "ethernet vlan vlan ipv4 udp data" },
	{ "sll", 113,
	  "000000010006020000000001000008004500001e000700004011f6c4c0000201c000020203e8"
	  "07d0000a07b56869",
	  "sll ipv4 udp data" },
	{ "sll2", 276,
	  "86dd00000000000300010406020000000001000060000000000a114020010db8000000000000"
	  "00000000000120010db800000000000000000000000203e807d0000a30446869",
	  "sll2 ipv6 udp data" },
	{ "null-le4", 0,
	  "020000004500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "null ipv4 udp data" },
	{ "null-be4", 0,
	  "000000024500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "null ipv4 udp data" },
	{ "null-le6-10", 0,
	  "0a00000060000000000a114020010db800000000000000000000000120010db8000000000000"
	  "00000000000203e807d0000a30446869",
	  "null ipv6 udp data" },
	{ "null-le6-24", 0,
	  "1800000060000000000a114020010db800000000000000000000000120010db8000000000000"
	  "00000000000203e807d0000a30446869",
	  "null ipv6 udp data" },
	{ "null-le6-28", 0,
	  "1c00000060000000000a114020010db800000000000000000000000120010db8000000000000"
	  "00000000000203e807d0000a30446869",
	  "null ipv6 udp data" },
	{ "null-le6-30", 0,
	  "1e00000060000000000a114020010db800000000000000000000000120010db8000000000000"
	  "00000000000203e807d0000a30446869",
	  "null ipv6 udp data" },
	{ "loop4", 108,
	  "000000024500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "null ipv4 udp data" },
	{ "loop6", 108,
	  "0000001860000000000a114020010db800000000000000000000000120010db8000000000000"
	  "00000000000203e807d0000a30446869",
	  "null ipv6 udp data" },
	{ "raw4", 101,
	  "4500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "ipv4 udp data" },
	{ "raw6", 101,
	  "60000000000a114020010db800000000000000000000000120010db800000000000000000000"
	  "000203e807d0000a30446869",
	  "ipv6 udp data" },
	{ "ipv4", 228,
	  "4500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "ipv4 udp data" },
	{ "ipv6", 229,
	  "60000000000a114020010db800000000000000000000000120010db800000000000000000000"
	  "000203e807d0000a30446869",
	  "ipv6 udp data" },
	{ "llc", 1,
	  "0200000000020200000000010006424203616263",
	  "ethernet data" },
	{ "arp", 1,
	  "02000000000202000000000108060001080006040001020000000001c0000201000000000000"
	  "c0000202",
	  "ethernet data" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

static const struct expected fields[] = {
	{ "vlan", "ethernet", 0, "dst", "020000000002" },
	{ "vlan", "ethernet", 0, "src", "020000000001" },
	{ "vlan", "ethernet", 0, "ethertype", "33024" },
	{ "vlan", "vlan", 0, "priority", "3" },
	{ "vlan", "vlan", 0, "id", "5" },
	{ "vlan", "vlan", 0, "ethertype", "2048" },
	{ "ad-qinq", "vlan", 0, "id", "100" },
	{ "ad-qinq", "vlan", 1, "id", "5" },
	{ "sll", "sll", 0, "arphrd", "1" },
	{ "sll", "sll", 0, "address", "0200000000010000" },
	{ "sll", "sll", 0, "ethertype", "2048" },
	{ "sll2", "sll2", 0, "interface", "3" },
	{ "sll2", "sll2", 0, "packet_type", "4" },
	{ "sll2", "sll2", 0, "ethertype", "34525" },
};

START_TEST(test_field)
{
	rig_expect(samples, COUNT(samples), &fields[_i]);
}
END_TEST

START_TEST(test_unknown_link)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 127, "0000080000000000");
	ck_assert_str_eq(rig_stack(r), "data");
	ck_assert(rig_found(r, "link type 127"));
	ck_assert_int_eq(r->p.findings.first->severity, SEVERITY_NOTE);
	rig_free(r);
}
END_TEST

/* What is cut by the capture is no fault of the packet. */
START_TEST(test_short_header)
{
	struct rig *r = rig_new();
	struct span s = rig_hex(r, "0200000000020200000000");
	rig_read(r, 1, s, s.n);
	ck_assert_str_eq(rig_stack(r), "data");
	ck_assert(rig_found(r, "11 octets left, needs at least 14"));
	ck_assert_int_eq(r->p.findings.first->severity, SEVERITY_VIOLATION);
	rig_read(r, 1, s, 60);
	ck_assert(rig_found(r, "cut by the capture"));
	ck_assert_int_eq(r->p.findings.first->severity, SEVERITY_NOTE);
	ck_assert(r->p.cut);
	rig_free(r);
}
END_TEST

/* A frame of nothing but VLAN tags ends at the limit of layers. */
START_TEST(test_many_tags)
{
	struct rig *r = rig_new();
	uint8_t frame[14 + 4 * 100];
	for (size_t i = 12; i + 1 < sizeof frame; i += 4)
		memcpy(frame + i, "\x81\x00\x00\x05", i + 4 <= sizeof frame ? 4 : 2);
	memset(frame, 2, 12);
	rig_read(r, 1, span_of(frame, sizeof frame), sizeof frame);
	ck_assert_uint_eq(r->p.layer_count, PACKET_LAYERS);
	ck_assert(rig_found(r, "layers"));
	rig_free(r);
}
END_TEST

/* Every kind has a row that says so, with a name of its own. */
START_TEST(test_registry)
{
	const struct layer_type *t = &layer_types[_i];
	ck_assert_int_eq(t->kind, _i);
	ck_assert_ptr_nonnull(t->name);
	ck_assert(t->decode != NULL);
	ck_assert_int_eq(layer_find(SPACE_LAYER, (uint32_t)_i), _i);
	if (t->desc)
		ck_assert_str_eq(t->desc->name, t->name);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(layer_types[i].name, t->name);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("link");
	TCase *t = tcase_create("link");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_field, 0, COUNT(fields));
	tcase_add_test(t, test_unknown_link);
	tcase_add_test(t, test_short_header);
	tcase_add_test(t, test_many_tags);
	tcase_add_loop_test(t, test_registry, 0, LAYER_KINDS);
	suite_add_tcase(s, t);
	return testing_run(s);
}
