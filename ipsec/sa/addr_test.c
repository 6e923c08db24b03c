/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses and patterns. */
#include "ipsec/sa/addr.h"
#include "ipsec/base/testing.h"

static const struct {
	const char *pattern;
	bool valid;
	uint8_t family, bits;
	const char *fits, *fits_not;	/* NULL: not tried */
} rows[] = {
	{ "192.0.2.1", true, 4, 32, "192.0.2.1", "192.0.2.2" },
	{ "*", true, 0, 0, "192.0.2.1", NULL },
	{ "any", true, 0, 0, "2001:db8::1", NULL },
	{ "*.*.*.*", true, 0, 0, "192.0.2.1", NULL },
	{ "192.0.2.*", true, 4, 24, "192.0.2.255", "192.0.3.1" },
	{ "192.0.*.*", true, 4, 16, "192.0.3.1", "192.1.2.1" },
	{ "192.*", true, 4, 8, "192.255.3.1", "193.0.2.1" },
	{ "192.0.2.64/26", true, 4, 26, "192.0.2.127", "192.0.2.128" },
	{ "192.0.2.1/24", true, 4, 24, "192.0.2.9", "192.0.3.9" },
	{ "0.0.0.0/0", true, 4, 0, "203.0.113.9", "2001:db8::1" },
	{ "2001:db8::/32", true, 6, 32, "2001:db8:ffff::1", "2001:db9::1" },
	{ "2001:db8::1", true, 6, 128, "2001:db8:0::1", "2001:db8::2" },
	{ "2001:db8:0:1:*", true, 6, 64, "2001:db8:0:1::9", "2001:db8:0:2::9" },
	{ "2001:db8::/127", true, 6, 127, "2001:db8::1", "2001:db8::2" },
	{ "::ffff:192.0.2.1", true, 6, 128, "::ffff:192.0.2.1", "192.0.2.1" },
	{ "", false, 0, 0, NULL, NULL },
	{ "192.0.2", false, 0, 0, NULL, NULL },
	{ "192.0.2.300", false, 0, 0, NULL, NULL },
	{ "192.0.2.0/33", false, 0, 0, NULL, NULL },
	{ "192.0.2.0/", false, 0, 0, NULL, NULL },
	{ "192.0.2.0/2x", false, 0, 0, NULL, NULL },
	{ "192.0.2*", false, 0, 0, NULL, NULL },
	{ "192.*.2.1", false, 0, 0, NULL, NULL },
	{ "192.0.2.1.*", false, 0, 0, NULL, NULL },
	{ "192.0.2.*.*", false, 0, 0, NULL, NULL },
	{ "2001:db8::*", false, 0, 0, NULL, NULL },
	{ "gateway.example", false, 0, 0, NULL, NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999", false, 0, 0, NULL, NULL },
	{ "2001:db8::/129", false, 0, 0, NULL, NULL },
};

START_TEST(pattern)
{
	struct addr_pattern p;
	struct addr a;
	const char *name = rows[_i].pattern;
	ck_assert_msg(addr_pattern_parse(span_text(name), &p) == rows[_i].valid, "%s", name);
	if (!rows[_i].valid)
		return;
	ck_assert_msg(p.addr.family == rows[_i].family && p.bits == rows[_i].bits,
		      "%s: family %u bits %u", name, p.addr.family, p.bits);
	ck_assert(addr_parse(span_text(rows[_i].fits), &a));
	ck_assert_msg(addr_matches(&p, &a), "%s fits %s", name, rows[_i].fits);
	if (rows[_i].fits_not) {
		ck_assert(addr_parse(span_text(rows[_i].fits_not), &a));
		ck_assert_msg(!addr_matches(&p, &a), "%s fits %s", name, rows[_i].fits_not);
	}
}
END_TEST

START_TEST(octets)
{
	const uint8_t b[16] = { 192, 0, 2, 1, 9, 9 };
	struct addr a = addr_of(4, b), c;
	ck_assert(addr_parse(span_text("192.0.2.1"), &c));
	ck_assert(addr_equal(&a, &c));		/* what follows the 4 octets is zero */
	ck_assert_uint_eq(addr_size(&a), 4);
	ck_assert(!addr_parse(span_of("192.0.2.1\0", 10), &c));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("addr");
	TCase *t = tcase_create("addr");
	tcase_add_loop_test(t, pattern, 0, sizeof rows / sizeof *rows);
	tcase_add_test(t, octets);
	suite_add_tcase(s, t);
	return testing_run(s);
}
