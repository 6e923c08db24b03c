/* SPDX-License-Identifier: BSD-2-Clause
 * AH: which octets the ICV covers, over IPv4 with options and IPv6 with
 * extension headers; what the network may change on the way. */
#include "ipsec/wire/protect_testing.h"

static const struct {
	const char *packet, *result, *rule;
} rows[] = {
	{ "ah", "ipv4 ah:good:new icmp", NULL },
	{ "ah on its way", "ipv4 ah:good:new icmp", NULL },	/* TTL, DSCP, ECN, DF */
	{ "ah payload changed", "ipv4 ah:bad", NULL },
	{ "ah source changed", "ipv4 ah:bad", NULL },
	{ "ah id changed", "ipv4 ah:bad", NULL },
	{ "ah reserved", "ipv4 ah:good:new icmp", "RFC4302-2.3-01" },
	{ "ah tunnel", "ipv4 ah:good:new ipv4 icmp", NULL },
	{ "ah esp", "ipv4 ah:good:new esp:good:new icmp", NULL },
	{ "ah unknown", "ipv4 ah:unchecked icmp", NULL },
	{ "ah short", "ipv4 ah:bad", "RFC4302-2.2-01" },

	{ "ah options", "ipv4 ah:good:new icmp", NULL },
	{ "ah mutable option", "ipv4 ah:good:new icmp", NULL },
	{ "ah immutable option", "ipv4 ah:bad", NULL },
	{ "ah broken option", "ipv4 ah:good:new icmp", NULL },
	{ "ah source route", "ipv4 ah:good:new icmp", NULL },
	{ "ah source route arrived", "ipv4 ah:good:new icmp", NULL },

	{ "ah6", "ipv6 ah:good:new icmpv6", NULL },
	{ "ah6 on its way", "ipv6 ah:good:new icmpv6", NULL },	/* hop limit, class, flow label */
	{ "ah6 options", "ipv6 hopopts ah:good:new icmpv6", NULL },
	{ "ah6 mutable option", "ipv6 hopopts ah:good:new icmpv6", NULL },
	{ "ah6 immutable option", "ipv6 hopopts ah:bad", NULL },
	{ "ah6 route 3", "ipv6 routing ah:good:new icmpv6", NULL },
	{ "ah6 route 2", "ipv6 routing ah:good:new icmpv6", NULL },
	{ "ah6 route 1", "ipv6 routing ah:good:new icmpv6", NULL },
	{ "ah6 route 0", "ipv6 routing ah:good:new icmpv6", NULL },
	{ "ah6 route wrong", "ipv6 routing ah:bad", NULL },
};

START_TEST(covered)
{
	struct path *t = path_new(NULL, 0, 0);
	const char *got = path_batch(t, rows[_i].packet);
	ck_assert_msg(strcmp(got, rows[_i].result) == 0, "%s: %s", rows[_i].packet, got);
	if (rows[_i].rule)
		ck_assert_msg(path_rule(t, rows[_i].rule) != NULL, "%s", rows[_i].packet);
	path_free(t);
}
END_TEST

/* The key's mode counts; without one, IP inside means a tunnel. */
START_TEST(mode)
{
	static const struct {
		const char *packet;
		enum sa_mode key, mode;
	} cases[] = {
		{ "ah", SA_MODE_UNKNOWN, SA_MODE_TRANSPORT },
		{ "ah tunnel", SA_MODE_UNKNOWN, SA_MODE_TUNNEL },
		{ "ah tunnel", SA_MODE_TRANSPORT, SA_MODE_TRANSPORT },
	};
	struct path_key k = { .spi = 0x3000, .integ = "AUTH_HMAC_SHA2_256_128",
			      .integ_key = PATH_AH_KEY, .mode = cases[_i].key };
	struct path *t = path_new(&k, 1, 0);
	path_batch(t, cases[_i].packet);
	ck_assert_int_eq(t->packets[0].layers[1].esp->icv, ICV_GOOD);
	ck_assert_int_eq(t->packets[0].layers[1].esp->mode, cases[_i].mode);
	path_free(t);
}
END_TEST

/* Every bit of a packet: those that may change on the way, and those that not.
 * Version, header length, total length, fragment fields and the protocol decide
 * whether AH is found at all; the SPI, which SA. */
START_TEST(bits)
{
	struct path *t = path_new(NULL, 0, 0);
	uint8_t copy[512];
	path_begin(t);
	size_t n = path_packet(t, span_text("ah")).n;
	for (size_t bit = 0; bit < 8 * n; bit++) {
		size_t at = bit / 8;
		if (at == 0 || at == 2 || at == 3 || (at >= 6 && at <= 7) || at == 9 ||
		    at == 20 || at == 21 || (at >= 24 && at < 28))
			continue;
		path_begin(t);
		memcpy(copy, path_packet(t, span_text("ah")).p, n);
		copy[at] ^= (uint8_t)(1 << bit % 8);
		struct packet *p = path_parse(t, span_of(copy, n), n);
		path_finish(t);
		bool may = at == 1 || at == 8 || at == 10 || at == 11;
		ck_assert_msg(p->layer_count >= 2 && p->layers[1].type->kind == LAYER_AH, "%zu", at);
		ck_assert_msg((p->layers[1].esp->icv == ICV_GOOD) == may, "octet %zu: %s", at,
			      path_text(t));
		ck_assert_msg(may || p->layer_count == 2, "octet %zu: %s", at, path_text(t));
	}
	path_free(t);
}
END_TEST

START_TEST(cut)
{
	struct path *t = path_new(NULL, 0, 0);
	uint8_t copy[512];
	path_begin(t);
	struct span whole = path_packet(t, span_text(rows[_i].packet));
	memcpy(copy, whole.p, whole.n);
	for (size_t n = 0; n < whole.n; n++) {
		path_begin(t);
		struct packet *p = path_parse(t, span_of(copy, whole.n), n);
		path_finish(t);
		for (uint32_t k = 0; k < p->layer_count; k++)
			ck_assert_msg(p->layers[k].type->kind != LAYER_AH ||
				      p->layers[k].esp->icv == ICV_UNCHECKED || _i == 9,
				      "%s at %zu: %s", rows[_i].packet, n, path_text(t));
		ck_assert_msg(!path_violations(t) || _i == 5 || _i == 9, "%s at %zu: %s",
			      rows[_i].packet, n, path_text(t));
	}
	path_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ah");
	TCase *t = tcase_create("ah");
	tcase_add_loop_test(t, covered, 0, sizeof rows / sizeof *rows);
	tcase_add_loop_test(t, mode, 0, 3);
	tcase_add_test(t, bits);
	tcase_add_loop_test(t, cut, 0, sizeof rows / sizeof *rows);
	suite_add_tcase(s, t);
	return testing_run(s);
}
