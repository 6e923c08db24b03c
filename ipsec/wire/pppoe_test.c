/* SPDX-License-Identifier: BSD-2-Clause
 * PPPoE and PPP, as a link too. The frames were made with scapy 2.5 (PPPoE;
 * discovery by the diagrams of RFC 2516); tshark 4.0 sees the same stacks. */
#include "ipsec/wire/layers_testing.h"

static const struct sample samples[] = {
	{ "pppoe", 1,
	  "020000000002020000000001886411001234002000214500001e000700004011f6c4c0000201"
	  "c000020203e807d0000a07b56869",
	  "ethernet pppoe ppp ipv4 udp data" },
	{ "pppoe6-vlan", 1,
	  "020000000002020000000001810000078864110000010034005760000000000a114020010db8"
	  "00000000000000000000000120010db800000000000000000000000203e807d0000a30446869",
	  "ethernet vlan pppoe ppp ipv6 udp data" },
	{ "pppoe-lcp", 1,
	  "020000000002020000000001886411000001000ac0210901000800000000",
	  "ethernet pppoe ppp data" },
	{ "padi", 1,
	  "ffffffffffff0200000000018863110900000013010100000103000401020304010200036272"
	  "610000000000000000000000000000000000000000",
	  "ethernet pppoe" },
	{ "ppp", 9,
	  "ff0300214500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "hdlc ppp ipv4 udp data" },
	{ "ppp-bare", 9,
	  "00214500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "ppp ipv4 udp data" },
	{ "ppp-pfc", 9,
	  "214500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "ppp_pfc ipv4 udp data" },
	{ "ppp-serial", 50,
	  "ff03005760000000000a114020010db800000000000000000000000120010db8000000000000"
	  "00000000000203e807d0000a30446869",
	  "hdlc ppp ipv6 udp data" },
	{ "ppp-mpls", 50,
	  "ff030281000121094500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "hdlc ppp mpls ipv4 udp data" },
	{ "ppp-ether", 51,
	  "11001234002000214500001e000700004011f6c4c0000201c000020203e807d0000a07b56869",
	  "pppoe ppp ipv4 udp data" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

static const struct expected fields[] = {
	{ "pppoe", "pppoe", 0, "session", "4660" },
	{ "pppoe", "pppoe", 0, "length", "32" },
	{ "pppoe", "ppp", 0, "protocol", "33" },
	{ "pppoe-lcp", "ppp", 0, "protocol", "49185" },
	{ "padi", "pppoe", 0, "code", "9" },
	{ "padi", "pppoe", 0, "length", "19" },
	{ "ppp", "hdlc", 0, "control", "3" },
	{ "ppp-pfc", "ppp_pfc", 0, "protocol", "33" },
};

START_TEST(test_field)
{
	rig_expect(samples, COUNT(samples), &fields[_i]);
}
END_TEST

/* Discovery's tags: what follows the declared length is Ethernet's padding. */
START_TEST(test_tags)
{
	struct rig *r = rig_new();
	for (size_t i = 0; i < COUNT(samples); i++)
		if (strcmp(samples[i].name, "padi") == 0)
			rig_hex_read(r, 1, samples[i].hex);
	const struct layer *l = rig_layer(r, "pppoe", 0);
	const struct node *n = rig_node(r, l);
	const struct node *tag = node_kid(n, (unsigned)node_field(l->type->desc, span_text("tags")));
	static const struct { unsigned type; const char *value; } tags[] = {
		{ 0x0101, "" }, { 0x0103, "\1\2\3\4" }, { 0x0102, "bra" },
	};
	for (size_t i = 0; i < COUNT(tags); i++, tag = tag->next) {
		ck_assert_ptr_nonnull(tag);
		ck_assert_uint_eq(node_uint(tag, 0, 0), tags[i].type);
		ck_assert(span_equal(node_bytes(tag, 2), span_text(tags[i].value)));
	}
	ck_assert_ptr_null(tag);
	ck_assert_uint_eq(r->p.findings.count, 0);
	rig_free(r);
}
END_TEST

static const struct {
	const char *name, *hex, *stack, *words;
} bad[] = {
	{ "length behind the frame", "1100000100ff0021", "pppoe ppp",
	  "PPPoE: length 261, but the packet on the wire has only 8" },
	{ "version 2", "210000010002" "c021", "pppoe ppp", "version and type 21, needs 11" },
	{ "no protocol", "110000010001" "21", "pppoe data", "PPP header: 1 octets left" },
	{ "prefix twice", "110000010006" "ff03ff03c021", "pppoe hdlc ppp_pfc data", NULL },
};

START_TEST(test_bad)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 51, bad[_i].hex);
	ck_assert_msg(strcmp(rig_stack(r), bad[_i].stack) == 0, "%s: %s", bad[_i].name, r->text);
	ck_assert_msg(!bad[_i].words || rig_found(r, bad[_i].words), "%s", bad[_i].name);
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pppoe");
	TCase *t = tcase_create("pppoe");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_field, 0, COUNT(fields));
	tcase_add_test(t, test_tags);
	tcase_add_loop_test(t, test_bad, 0, COUNT(bad));
	suite_add_tcase(s, t);
	return testing_run(s);
}
