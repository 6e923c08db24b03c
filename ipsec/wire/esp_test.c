/* SPDX-License-Identifier: BSD-2-Clause
 * ESP: trailer, padding, TFC, dummy packets, modes; what is too short, cut or
 * reserved. */
#include "ipsec/wire/protect_testing.h"

static const struct {
	const char *packet, *result;
	uint8_t next_header, pad_length;
	uint32_t tfc;
	enum sa_mode mode;
	const char *rule;	/* of the finding that it gives, or NULL */
	size_t at;		/* where it points to in the frame */
} rows[] = {
	{ "gcm 1", "ipv4 esp:good:new icmp", 1, 2, 0, SA_MODE_TRANSPORT, NULL, 0 },
	{ "cbc", "ipv4 esp:good:new ipv4 icmp", 4, 10, 0, SA_MODE_TUNNEL, NULL, 0 },
	{ "null", "ipv4 esp:good:new icmp", 1, 2, 0, SA_MODE_TRANSPORT, NULL, 0 },
	{ "dummy", "ipv4 esp:good:new dummy", 59, 3, 0, SA_MODE_TRANSPORT, NULL, 0 },
	{ "tfc", "ipv4 esp:good:new ipv4 icmp", 4, 8, 50, SA_MODE_TUNNEL, "RFC4303-2.7-01", 80 },
	{ "tfc ipv6", "ipv4 esp:good:new ipv6 icmpv6", 41, 2, 100, SA_MODE_TUNNEL, "RFC4303-2.7-01",
	  100 },
	{ "bad padding", "ipv4 esp:good:new icmp", 1, 6, 0, SA_MODE_TRANSPORT, "RFC4303-2.4-03",
	  52 },
	{ "most padding", "ipv4 esp:good:new icmp", 1, 255, 0, SA_MODE_TRANSPORT, NULL, 0 },
	{ "pad length", "ipv4 esp:good:new data", 1, 3, 0, SA_MODE_UNKNOWN, "RFC4303-2.5-01", 38 },
	{ "no trailer", "ipv4 esp:good:new data", 'x', 0, 0, SA_MODE_UNKNOWN, "RFC4303-2.5-01", 36 },
	{ "empty", "ipv4 esp:good:new", 0, 0, 0, SA_MODE_UNKNOWN, "RFC4303-2.5-01", 36 },
	{ "tunnel with tcp", "ipv4 esp:good:new data", 6, 2, 0, SA_MODE_TUNNEL, "RFC4303-2.6-06",
	  55 },
	{ "spi 0", "ipv4 esp:good:new icmp", 1, 2, 0, SA_MODE_TRANSPORT, "RFC4303-2.1-02", 20 },
	{ "spi 255", "ipv4 esp:good:new icmp", 1, 2, 0, SA_MODE_TRANSPORT, "RFC4303-2.1-03", 20 },
	{ "too short", "ipv4 esp:bad", 0, 0, 0, SA_MODE_UNKNOWN, "RFC4303-2.8-02", 20 },
	{ "header cut", "ipv4 esp:bad", 0, 0, 0, SA_MODE_UNKNOWN, "RFC4303-2-02", 20 },
	{ "cbc unaligned", "ipv4 esp:bad", 0, 0, 0, SA_MODE_UNKNOWN, NULL, 0 },
};

START_TEST(trailer)
{
	struct path *t = path_new(NULL, 0, 0);
	const char *name = rows[_i].packet, *got = path_batch(t, name);
	ck_assert_msg(strcmp(got, rows[_i].result) == 0, "%s: %s", name, got);
	const struct esp_info *i = t->packets[0].layers[1].esp;
	ck_assert_msg(i->next_header == rows[_i].next_header &&
		      i->pad_length == rows[_i].pad_length && i->tfc_length == rows[_i].tfc &&
		      i->mode == rows[_i].mode, "%s: next header %u, pad length %u, TFC %u, mode %d",
		      name, i->next_header, i->pad_length, i->tfc_length, i->mode);
	const struct finding *f = rows[_i].rule ? path_rule(t, rows[_i].rule) : NULL;
	ck_assert_msg(!rows[_i].rule || (f && f->offset == rows[_i].at && f->layer == 1),
		      "%s: %s at %u", name, f ? f->text : "no finding", f ? f->offset : 0);
	ck_assert_msg(rows[_i].rule || !path_violations(t), "%s: a violation", name);
	path_free(t);
}
END_TEST

/* Cut by the capture: not checked, nothing inside is believed, and the sender is
 * not blamed. Cut anywhere, without the capture being the reason, it is bad or
 * gives no ESP at all. */
START_TEST(cut)
{
	static const char *const names[] = { "gcm 1", "cbc", "tunnel nested", "gcm esn fffffff0" };
	struct path *t = path_new(NULL, 0, 0);
	path_begin(t);
	struct span whole = path_packet(t, span_text(names[_i]));
	uint8_t copy[512];
	memcpy(copy, whole.p, whole.n);
	for (size_t n = 0; n < whole.n; n++) {
		path_begin(t);
		struct packet *p = path_parse(t, span_of(copy, whole.n), n);
		path_finish(t);
		const char *want = n < 20 ? "" : "ipv4 esp:unchecked";
		const char *got = path_text(t);
		ck_assert_msg(strncmp(got, want, strlen(want)) == 0 && p->layer_count <= 2,
			      "%s at %zu: %s", names[_i], n, got);
		ck_assert_msg(!path_violations(t), "%s at %zu", names[_i], n);
	}
	path_free(t);
}
END_TEST

/* Any single octet of an ESP packet changed: bad, or another SPI; and the high
 * half of its sequence number belongs to what is checked. */
START_TEST(flipped)
{
	static const char *const names[] = { "gcm 1", "cbc", "cbc esn fffffff0" };
	struct path *t = path_new(NULL, 0, 0);
	path_begin(t);
	struct span whole = path_packet(t, span_text(names[_i]));
	uint8_t copy[512];
	for (size_t n = 20; n < whole.n; n++) {
		path_begin(t);
		whole = path_packet(t, span_text(names[_i]));
		memcpy(copy, whole.p, whole.n);
		copy[n] ^= 0x20;
		struct packet *p = path_parse(t, span_of(copy, whole.n), whole.n);
		path_finish(t);
		enum icv want = n < 24 ? ICV_UNCHECKED : ICV_BAD;
		ck_assert_msg(p->layer_count == 2 && p->layers[1].esp->icv == want &&
			      p->layers[1].esp->replay == REPLAY_UNCHECKED, "%s, octet %zu: %s",
			      names[_i], n, path_text(t));
	}
	path_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("esp");
	TCase *t = tcase_create("esp");
	tcase_add_loop_test(t, trailer, 0, sizeof rows / sizeof *rows);
	tcase_add_loop_test(t, cut, 0, 4);
	tcase_add_loop_test(t, flipped, 0, 3);
	suite_add_tcase(s, t);
	return testing_run(s);
}
