/* SPDX-License-Identifier: BSD-2-Clause
 * NFLOG by the description of LINKTYPE_NFLOG, its attributes by Linux's
 * nfnetlink_log.h; the packets in it were made with scapy 2.5. tshark 4.0 sees the
 * same ones (but reads attributes in its own byte order only). */
#include "ipsec/wire/layers_testing.h"

static const struct sample samples[] = {
	{ "nflog4", 239,
	  "0200001e08000100080001000d000a00697073656320696e0000000008000400000000020800"
	  "0200ffffffff220009004500001e000700004011f6c4c0000201c000020203e807d0000a07b5"
	  "68690000",
	  "nflog ipv4 udp data" },
	{ "nflog6", 239,
	  "0a00001e08000100080001000d000a00697073656320696e0000000008000400000000020800"
	  "0200ffffffff3600090060000000000a114020010db800000000000000000000000120010db8"
	  "00000000000000000000000203e807d0000a304468690000",
	  "nflog ipv6 udp data" },
	{ "nflog4-big", 239,
	  "0200001e0008000108000100000d000a697073656320696e0000000000080004000000020008"
	  "0002ffffffff002200094500001e000700004011f6c4c0000201c000020203e807d0000a07b5"
	  "68690000",
	  "nflog ipv4 udp data" },
	{ "nflog-bridge", 239,
	  "0700001e08000100080001000d000a00697073656320696e0000000008000400000000020800"
	  "0200ffffffff220009004500001e000700004011f6c4c0000201c000020203e807d0000a07b5"
	  "68690000",
	  "nflog ipv4 udp data" },
	{ "nflog-none", 239,
	  "0200001e0e000a006e6f207061636b6574000000",
	  "nflog" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

static const struct expected fields[] = {
	{ "nflog4", "nflog", 0, "family", "2" },
	{ "nflog4", "nflog", 0, "resource", "30" },
	{ "nflog6", "nflog", 0, "family", "10" },
};

START_TEST(test_field)
{
	rig_expect(samples, COUNT(samples), &fields[_i]);
}
END_TEST

/* Attributes are told by name, in both byte orders. */
START_TEST(test_facts)
{
	static const char *const names[] = { "nflog4", "nflog4-big" };
	struct rig *r = rig_new();
	for (size_t i = 0; i < COUNT(samples); i++)
		if (strcmp(samples[i].name, names[_i]) == 0)
			rig_hex_read(r, 239, samples[i].hex);
	const struct layer *l = rig_layer(r, "nflog", 0);
	const struct fact *f = l->type->desc->facts(rig_node(r, l), NULL, &r->a);
	static const char *const facts[][2] = {
		{ "hook", "1" }, { "prefix", "ipsec in" }, { "interface_in", "2" },
		{ "mark", "4294967295" },
	};
	for (size_t i = 0; i < COUNT(facts); i++, f = f->next) {
		ck_assert_ptr_nonnull(f);
		ck_assert_str_eq(f->key, facts[i][0]);
		ck_assert_str_eq(f->text, facts[i][1]);
	}
	ck_assert_ptr_null(f);
	rig_free(r);
}
END_TEST

static const struct {
	const char *name, *hex, *stack, *words;
} bad[] = {
	{ "nothing", "02000000", "nflog", "no packet" },
	{ "length 3", "02000000" "03000900", "nflog", "no packet" },
	{ "empty packet", "02000000" "04000900", "nflog", NULL },
	{ "longer than the frame", "02000000" "40000900" "45", "nflog data",
	  "length 60, but the packet on the wire has only 1" },
	{ "another family", "05000000" "08000100" "86dd0100" "05000900" "60", "nflog data", "IPv6 header" },
};

START_TEST(test_bad)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 239, bad[_i].hex);
	ck_assert_msg(strcmp(rig_stack(r), bad[_i].stack) == 0, "%s: %s", bad[_i].name, r->text);
	ck_assert_msg(!bad[_i].words || rig_found(r, bad[_i].words), "%s", bad[_i].name);
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nflog");
	TCase *t = tcase_create("nflog");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_field, 0, COUNT(fields));
	tcase_add_loop_test(t, test_facts, 0, 2);
	tcase_add_loop_test(t, test_bad, 0, COUNT(bad));
	suite_add_tcase(s, t);
	return testing_run(s);
}
