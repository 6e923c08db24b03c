/* SPDX-License-Identifier: BSD-2-Clause
 * BEET mode: by the key's mode, and by next header 94 with the inner header's
 * options, laid out as Linux does it. Packets: tests/make_sealed.py. */
#include "ipsec/wire/layers_testing.h"
#include "ipsec/wire/protect_testing.h"

static const struct {
	const char *packet, *result;
	uint8_t next_header;
	enum sa_mode mode;
	const char *options, *words;
} rows[] = {
	{ "beet", "ipv4 esp:good:new udp data", 17, SA_MODE_BEET, NULL, NULL },
	/* Its checksum counts inner addresses that the packet does not hold. */
	{ "beet tcp", "ipv4 esp:good:new tcp data", 6, SA_MODE_BEET, NULL, NULL },
	{ "beet 4", "ipv4 esp:good:new beetph udp data", 94, SA_MODE_BEET, "94040000", NULL },
	{ "beet 8", "ipv4 esp:good:new beetph udp data", 94, SA_MODE_BEET, "9404000094040000",
	  NULL },
	{ "beet 40", "ipv4 esp:good:new beetph icmp", 94, SA_MODE_BEET,
	  "94040000940400009404000094040000940400009404000094040000940400009404000094040000", NULL },
	{ "beet 44", "ipv4 esp:good:new beetph icmp", 94, SA_MODE_BEET, NULL,
	  "44 octets of options in a BEET pseudo header, IPv4 has at most 40" },
	{ "beet pad 3", "ipv4 esp:good:new beetph icmp", 94, SA_MODE_BEET, NULL,
	  "pad length 3 in a BEET pseudo header, needs 0 or 4" },
	{ "beet short", "ipv4 esp:good:new data", 94, SA_MODE_BEET, NULL,
	  "BEET pseudo header: 8 octets left, needs at least 48" },
	{ "beet in a tunnel", "ipv4 esp:good:new data", 94, SA_MODE_TUNNEL, NULL,
	  "next header 94 in a tunnel mode SA" },
};

static bool found(const struct path *t, const char *words)
{
	for (const struct finding *f = t->packets[0].findings.first; f; f = f->next)
		if (strstr(f->text, words))
			return true;
	return false;
}

START_TEST(test_beet)
{
	struct path *t = path_new(NULL, 0, 0);
	const char *name = rows[_i].packet, *got = path_batch(t, name);
	ck_assert_msg(strcmp(got, rows[_i].result) == 0, "%s: %s", name, got);
	const struct packet *p = &t->packets[0];
	const struct esp_info *i = p->layers[1].esp;
	ck_assert_msg(i->next_header == rows[_i].next_header && i->mode == rows[_i].mode,
		      "%s: next header %u, mode %d", name, i->next_header, i->mode);
	if (rows[_i].words)
		ck_assert_msg(found(t, rows[_i].words), "%s: no finding", name);
	else
		ck_assert_msg(p->findings.count == 0, "%s: %s", name, p->findings.first->text);
	path_free(t);
}
END_TEST

/* The pseudo header alone, through its table and back. */
START_TEST(test_options)
{
	struct path *t = path_new(NULL, 0, 0);
	struct rig *r = rig_new();
	path_batch(t, rows[_i].packet);
	const struct layer *l = &t->packets[0].layers[2];
	if (rows[_i].options) {
		ck_assert_int_eq(l->type->kind, LAYER_BEETPH);
		ck_assert_str_eq(rig_field(r, l, "options"), rows[_i].options);
		uint8_t out[64];
		struct writer w = writer_of(out, sizeof out);
		node_encode(rig_node(r, l), 0, false, &w);
		ck_assert(!w.bad && span_equal(writer_span(&w), l->octets));
	}
	rig_free(r);
	path_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("beet");
	TCase *t = tcase_create("beet");
	tcase_add_loop_test(t, test_beet, 0, COUNT(rows));
	tcase_add_loop_test(t, test_options, 0, COUNT(rows));
	suite_add_tcase(s, t);
	return testing_run(s);
}
