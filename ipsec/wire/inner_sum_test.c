/* SPDX-License-Identifier: BSD-2-Clause
 * Checksums of what ESP and AH carry: wrong ones are violations, but where a NAT
 * breaks them in transport mode (RFC 3948, 3.1.2). Packets: tests/make_sealed.py;
 * tshark 4.0, given the key, has the same verdict on each checksum of ESP's. */
#include "ipsec/wire/layers_testing.h"
#include "ipsec/wire/protect_testing.h"

enum none { NONE = -1 };

static const struct {
	const char *packet;
	int severity;		/* of the finding; NONE: there is none */
	const char *words;
} rows[] = {
	{ "tunnel tcp", NONE, NULL },
	{ "tunnel tcp wrong", SEVERITY_VIOLATION, "TCP checksum" },
	{ "tunnel udp", NONE, NULL },
	{ "tunnel udp wrong", SEVERITY_VIOLATION, "UDP checksum" },
	{ "tunnel udp zero", NONE, NULL },
	{ "tunnel udp6", NONE, NULL },
	{ "tunnel udp6 wrong", SEVERITY_VIOLATION, "UDP checksum" },
	{ "tunnel icmp6", NONE, NULL },
	{ "tunnel icmp6 wrong", SEVERITY_VIOLATION, "ICMPv6 checksum" },
	{ "tunnel natt tcp", NONE, NULL },
	{ "tunnel natt tcp wrong", SEVERITY_VIOLATION, "TCP checksum" },
	{ "transport tcp", NONE, NULL },
	{ "transport tcp wrong", SEVERITY_VIOLATION, "TCP checksum" },
	{ "transport icmp", NONE, NULL },
	{ "transport icmp wrong", SEVERITY_VIOLATION, "ICMP checksum" },
	{ "transport natt tcp", SEVERITY_NOTE, "a NAT's new address breaks it" },
	{ "transport natt udp", SEVERITY_NOTE, "a NAT's new address breaks it" },
	{ "ah tcp", NONE, NULL },
	{ "ah tcp wrong", SEVERITY_VIOLATION, "TCP checksum" },
};

START_TEST(test_sum)
{
	struct path *t = path_new(NULL, 0, 0);
	path_batch(t, rows[_i].packet);
	const struct packet *p = &t->packets[0];
	const struct finding *f = p->findings.first;
	ck_assert_msg(p->layers[p->layer_count - 1].type->kind == LAYER_DATA, "%s: %s",
		      rows[_i].packet, path_text(t));
	if (rows[_i].severity == NONE) {
		ck_assert_msg(!f, "%s: %s", rows[_i].packet, f ? f->text : "");
	} else {
		ck_assert_msg(f && !f->next, "%s: not one finding", rows[_i].packet);
		ck_assert_msg((int)f->severity == rows[_i].severity && strstr(f->text, rows[_i].words),
			      "%s: %s", rows[_i].packet, f->text);
	}
	path_free(t);
}
END_TEST

/* A key without its integrity half proves nothing: a note. */
START_TEST(test_unchecked)
{
	static const struct path_key key = {
		.spi = 0x1002, .encr = "ENCR_AES_CBC", .encr_key = PATH_CBC_KEY,
		.integ = "UNCHECKED_128", .esn = ESN_NO,
	};
	struct path *t = path_new(&key, 1, 0);
	path_batch(t, "tfc ipv6");	/* its checksum is ffff */
	const struct finding *f = t->packets[0].findings.first;
	while (f && !strstr(f->text, "ICMPv6 checksum ffff is wrong, but no ICV was checked"))
		f = f->next;
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->severity, SEVERITY_NOTE);
	path_free(t);
}
END_TEST

/* Outside of IPsec TCP's checksums are not looked at, UDP's are worth a note. */
START_TEST(test_outside)
{
	struct rig *r = rig_new();
	rig_hex_read(r, 101, "4500002a00070000400676d00a0000010a00000203e80050000000010000000150"
			     "180400" "1234" "0000" "6869");
	ck_assert_str_eq(rig_stack(r), "ipv4 tcp data");
	ck_assert(!rig_found(r, "TCP checksum"));
	rig_hex_read(r, 101, "4500001e00070000401100000a0000010a000002" "03e807d0000a1234" "6869");
	ck_assert_int_eq(r->p.findings.first->severity, SEVERITY_NOTE);
	ck_assert_str_eq(r->p.findings.first->text, "UDP checksum 1234 is wrong");
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inner_sum");
	TCase *t = tcase_create("inner_sum");
	tcase_add_loop_test(t, test_sum, 0, COUNT(rows));
	tcase_add_test(t, test_unchecked);
	tcase_add_test(t, test_outside);
	suite_add_tcase(s, t);
	return testing_run(s);
}
