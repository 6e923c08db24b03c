/* SPDX-License-Identifier: BSD-2-Clause
 * The growing text: numbers, addresses, escapes, sinks. */
#include "ipsec/base/text.h"
#include "ipsec/base/testing.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

static bool is(const struct text *t, const char *want)
{
	return span_equal(span_of(t->p, t->n), span_text(want));
}

/* RFC 5952: the examples of its sections 1 and 4, and what follows from them. */
static const struct {
	const char *in, *out;
} addresses[] = {
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },	/* 4.2.3: equal runs, the first */
	{ "2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "2001:DB8:0:0:1::1", "2001:db8::1:0:0:1" },
	{ "2001:db8:0000:0000:0001::1", "2001:db8::1:0:0:1" },
	{ "2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1" },
	{ "2001:db8:aaaa:bbbb:cccc:dddd:0:1", "2001:db8:aaaa:bbbb:cccc:dddd:0:1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },	/* 4.2.2: one zero stays */
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },		/* 4.2.3: the longest run */
	{ "2001:0:0:0:1:0:0:1", "2001::1:0:0:1" },
	{ "0:0:0:0:0:0:0:0", "::" },
	{ "0:0:0:0:0:0:0:1", "::1" },
	{ "1:0:0:0:0:0:0:0", "1::" },
	{ "0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7" },
	{ "0:0:2:3:4:5:6:7", "::2:3:4:5:6:7" },
	{ "0:0:2:3:4:0:0:0", "0:0:2:3:4::" },
	{ "fe80:0:0:0:ABCD:10:100:1000", "fe80::abcd:10:100:1000" },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },		/* 5: a known prefix */
	{ "::fffe:192.0.2.1", "::fffe:c000:201" },
};

START_TEST(ipv6)
{
	struct text t = { 0 };
	uint8_t b[16];
	ck_assert_int_eq(inet_pton(AF_INET6, addresses[_i].in, b), 1);
	text_ipv6(&t, b);
	ck_assert_msg(is(&t, addresses[_i].out), "%s: %.*s", addresses[_i].out, (int)t.n, t.p);
	text_done(&t);
}
END_TEST

/* The C library writes the same, but for the two forms with an IPv4 address at
 * the end; every pattern of zero groups is tried. */
START_TEST(ipv6_all)
{
	for (unsigned zeros = 0; zeros < 256; zeros++) {
		struct text t = { 0 };
		char want[INET6_ADDRSTRLEN];
		uint8_t b[16] = { 0 };
		for (unsigned i = 0; i < 8; i++)
			if (!(zeros >> i & 1))
				b[2 * i + 1] = (uint8_t)(i + 1);
		if ((zeros & 0x3f) == 0x3f)
			continue;
		inet_ntop(AF_INET6, b, want, sizeof want);
		text_ipv6(&t, b);
		ck_assert_msg(is(&t, want), "%s: %.*s", want, (int)t.n, t.p);
		text_done(&t);
	}
}
END_TEST

static const uint64_t numbers[] = { 0, 1, 9, 10, 99, 100, 4294967295, 4294967296,
				    9999999999999999999u, UINT64_MAX };

START_TEST(decimal)
{
	struct text t = { 0 };
	char want[32];
	snprintf(want, sizeof want, "%" PRIu64, numbers[_i]);
	text_dec(&t, numbers[_i]);
	ck_assert_msg(is(&t, want), "%s: %.*s", want, (int)t.n, t.p);
	text_done(&t);
}
END_TEST

START_TEST(hexadecimal)
{
	struct text t = { 0 };
	text_hex(&t, 0x2a, 8);
	text_char(&t, ' ');
	text_hex(&t, UINT64_MAX, 3);	/* the low digits */
	text_char(&t, ' ');
	text_hex(&t, 0x0123456789abcdef, 18);
	text_char(&t, ' ');
	text_hex_span(&t, span_of("\x00\xfe\x10", 3));
	text_hex_span(&t, span_of(NULL, 0));
	text_hex(&t, 7, 0);
	ck_assert_msg(is(&t, "0000002a fff 000123456789abcdef 00fe10"), "%.*s", (int)t.n, t.p);
	text_done(&t);
}
END_TEST

START_TEST(escapes)
{
	struct text t = { 0 };
	text_escape(&t, span_of("a\"b\\c\n\0\x1b[31m\x7f\xc3\xa9 ~", 17));
	ck_assert_msg(is(&t, "a\\\"b\\\\c\\x0a\\x00\\x1b[31m\\x7f\\xc3\\xa9 ~"), "%.*s", (int)t.n,
		      t.p);
	text_done(&t);
}
END_TEST

START_TEST(grows)
{
	struct text t = { 0 };
	text_fill(&t, 'x', 0);
	text_add(&t, "");
	text_printf(&t, "%s", "");
	ck_assert_uint_eq(t.n, 0);
	for (unsigned i = 0; i < 3000; i++)
		text_printf(&t, "%03u", i % 1000);
	text_fill(&t, '-', 100000);
	text_ipv4(&t, (const uint8_t[]){ 192, 0, 2, 255 });
	ck_assert_uint_eq(t.n, 9000 + 100000 + 11);
	ck_assert_mem_eq(t.p + 8997, "999---", 6);
	ck_assert_mem_eq(t.p + 109000, "192.0.2.255", 11);
	text_done(&t);
	text_done(&t);
}
END_TEST

struct sink {
	size_t octets, calls, fail_at;
};

static bool take(void *user, const char *p, size_t n)
{
	struct sink *s = user;
	(void)p;
	s->octets += n;
	return ++s->calls != s->fail_at;
}

START_TEST(sinks)
{
	struct sink s = { 0 };
	struct text t = { .sink = take, .user = &s };
	ck_assert(text_flush(&t));
	ck_assert_uint_eq(s.calls, 0);	/* nothing to give */
	text_fill(&t, 'x', TEXT_FLUSH_AT - 1);
	text_record_end(&t);
	ck_assert_uint_eq(s.calls, 0);
	text_char(&t, 'y');
	text_record_end(&t);
	ck_assert(s.calls == 1 && s.octets == TEXT_FLUSH_AT && t.n == 0);
	s.fail_at = 2;
	text_add(&t, "lost");
	ck_assert(!text_flush(&t) && t.bad);
	text_add(&t, "more");
	ck_assert(!text_flush(&t));	/* remembered, and not tried again */
	ck_assert_uint_eq(s.calls, 2);
	text_done(&t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");
	tcase_add_loop_test(t, ipv6, 0, sizeof addresses / sizeof *addresses);
	tcase_add_test(t, ipv6_all);
	tcase_add_loop_test(t, decimal, 0, sizeof numbers / sizeof *numbers);
	tcase_add_test(t, hexadecimal);
	tcase_add_test(t, escapes);
	tcase_add_test(t, grows);
	tcase_add_test(t, sinks);
	suite_add_tcase(s, t);
	return testing_run(s);
}
