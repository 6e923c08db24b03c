/* SPDX-License-Identifier: BSD-2-Clause
 * IPComp. The packets were made with scapy 2.5 and Python's zlib (raw DEFLATE):
 * a UDP datagram of 208 octets; tshark 4.0 inflates them to the same. */
#include "ipsec/wire/layers_testing.h"

static const struct sample samples[] = {
	{ "ipcomp 2", 101,
	  "4500002c00070000406cf65bc0000201c000020211000002637ec17e81e10203436252724a6a"
	  "5a7ac650a701",
	  "ipv4 ipcomp udp data" },
	{ "ipcomp neg", 101,
	  "4500002c00070000406cf65bc0000201c00002021100abcd637ec17e81e10203436252724a6a"
	  "5a7ac650a701",
	  "ipv4 ipcomp udp data" },
};

START_TEST(test_sample)
{
	rig_sample(&samples[_i]);
}
END_TEST

START_TEST(test_inflated)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 101, samples[_i].hex);
	const struct layer *c = rig_layer(r, "ipcomp", 0), *u = rig_layer(r, "udp", 0);
	ck_assert(c->ipcomp->inflated);
	ck_assert_uint_eq(c->ipcomp->cpi, _i == 0 ? 2 : 0xabcd);
	ck_assert_uint_eq(c->ipcomp->next_header, 17);
	ck_assert_uint_eq(u->buffer, 1);
	ck_assert_uint_eq(u->offset, 0);
	ck_assert_str_eq(r->p.buffers[1].name, "inflated");
	ck_assert_uint_eq(r->p.buffers[1].octets.n, 208);
	for (size_t i = 8; i < 208; i++)
		ck_assert_uint_eq(r->p.buffers[1].octets.p[i], "abcdefgh"[i % 8]);
	ck_assert_uint_eq(r->p.findings.count, 0);
	rig_free(r);
}
END_TEST

#define IP "4500002c00070000406c0000c0000201c0000202"
#define DEFLATED "637ec17e81e10203436252724a6a5a7ac650a701"

static const struct {
	const char *name, *hex, *stack, *rule, *words;
	enum severity severity;
} cases[] = {
	{ "RFC3173-3.3-01: flags", IP "11ff0002" DEFLATED, "ipv4 ipcomp udp data",
	  "RFC3173-3.3-01", "flags ff", SEVERITY_VIOLATION },
	{ "LZS", IP "11000003" DEFLATED, "ipv4 ipcomp data", NULL, "CPI 3 is not read",
	  SEVERITY_NOTE },
	{ "broken DEFLATE", IP "11000002" "ffffc17e81e10203436252724a6a5a7ac650a701",
	  "ipv4 ipcomp data", NULL, "not DEFLATE", SEVERITY_VIOLATION },
	{ "not DEFLATE, as negotiated", IP "1100abcd" "ffffc17e81e10203436252724a6a5a7ac650a701",
	  "ipv4 ipcomp data", NULL, "not DEFLATE", SEVERITY_NOTE },
	/* one stored block of 15 octets: Python's zlib.compressobj(0, DEFLATED, -15) */
	{ "RFC3173-2.2-01: it grew", IP "3b000002" "010f00f0ff" "414141414141414141414141414141",
	  "ipv4 ipcomp dummy", "RFC3173-2.2-01", "24 octets compressed, 15 plain",
	  SEVERITY_VIOLATION },
	/* zlib.compressobj(9, DEFLATED, -15) of aaaaaaaaaA: 4 octets less, 4 of header more */
	{ "RFC3173-2.2-01: nothing gained", "4500001e00070000406c0000c0000201c0000202"
	  "3b000002" "4b4c84024700", "ipv4 ipcomp dummy", "RFC3173-2.2-01",
	  "10 octets compressed, 10 plain", SEVERITY_VIOLATION },
	{ "no header", "4500001600070000406c0000c0000201c00002021100", "ipv4 data", NULL,
	  "2 octets left, needs at least 4", SEVERITY_VIOLATION },
};

START_TEST(test_case)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 101, cases[_i].hex);
	const char *name = cases[_i].name;
	ck_assert_msg(strcmp(rig_stack(r), cases[_i].stack) == 0, "%s: %s", name, r->text);
	ck_assert_msg(rig_found(r, cases[_i].words), "%s: no finding", name);
	ck_assert_msg(r->p.findings.first->severity == cases[_i].severity, "%s: severity", name);
	if (cases[_i].rule)
		ck_assert_msg(rig_rule(r, cases[_i].rule) != NULL, "%s: no rule", name);
	rig_free(r);
}
END_TEST

/* 70,000 zeros in 85 octets (Python's zlib, level 9) are more than is taken. */
START_TEST(test_bomb)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 101, "4500006d00070000406c0000c0000201c000020211000002edc13101000000c2a0f54f"
		     "6d094fa000000000000000000000000000000000000000000000000000000000000000"
		     "0000000000000000000000000000000000000000000000000000000000000000000000"
		     "0080b701");
	ck_assert_str_eq(rig_stack(r), "ipv4 ipcomp data");
	ck_assert(rig_found(r, "at most 65536"));
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ipcomp");
	TCase *t = tcase_create("ipcomp");
	tcase_add_loop_test(t, test_sample, 0, COUNT(samples));
	tcase_add_loop_test(t, test_inflated, 0, COUNT(samples));
	tcase_add_loop_test(t, test_case, 0, COUNT(cases));
	tcase_add_test(t, test_bomb);
	suite_add_tcase(s, t);
	return testing_run(s);
}
