/* SPDX-License-Identifier: BSD-2-Clause
 * The line, tree and notation views: exact lines for real frames, and for
 * hostile ones that what comes out stays printable, within its width, and well
 * nested. */
#include "dissect/view_testing.h"

static void has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no %s in\n%s", part, text);
}

START_TEST(test_find)
{
	ck_assert_str_eq(views[0].name, "tree");
	for (const struct view *v = views; v->name; v++) {
		ck_assert_ptr_eq(view_find(v->name), v);
		ck_assert_ptr_nonnull(v->help);
	}
	ck_assert_ptr_null(view_find("xml"));
}
END_TEST

/* Seconds since a first frame at 100.5 */
static const struct {
	int64_t seconds;
	uint32_t nanoseconds;
	const char *text;
} since[] = {
	{ 100, 500000000, "0.000000" },
	{ 100, 500001000, "0.000001" },
	{ 101, 499999000, "0.999999" },
	{ 101, 500000000, "1.000000" },
	{ 100, 499999000, "-0.000001" },
	{ 99, 500000000, "-1.000000" },
	{ 98, 0, "-2.500000" },
	{ 4000000100, 500000999, "4000000000.000000" },
};

START_TEST(test_since)
{
	struct text t = { 0 };
	struct view_env v = { .first_seconds = 100, .first_nanoseconds = 500000000 };
	struct frame f = { .seconds = since[_i].seconds, .nanoseconds = since[_i].nanoseconds };
	view_since(&t, &v, &f);
	text_char(&t, '\0');
	ck_assert_str_eq(t.p, since[_i].text);
	text_done(&t);
}
END_TEST

/* ---- line ---- */

START_TEST(test_line)
{
	struct view_rig *r = rig_new();
	ck_assert_str_eq(rig_show(r, "line", FRAME_IKE),
			 "1  0.000000  192.0.2.1:500 > 192.0.2.2:500 IKE_SA_INIT request 0 { SA KE NONCE "
			 "N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP) "
			 "N(IKEV2_FRAGMENTATION_SUPPORTED) N(SIGNATURE_HASH_ALGORITHMS) "
			 "N(REDIRECT_SUPPORTED) }, 492\n");
	ck_assert_str_eq(rig_show(r, "line", FRAME_ESP),
			 "2  0.000000  192.0.2.1 > 192.0.2.2 ESP 0xca50b39b seq 1 no key, 140\n");
	rig_key(r);
	ck_assert_str_eq(rig_show(r, "line", FRAME_ESP),
			 "3  0.000000  192.0.2.1 > 192.0.2.2 ESP 0xca50b39b seq 1 icv good | "
			 "10.1.0.10 > 10.2.0.10 ICMP echo request id 952 seq 1, 84\n");
	ck_assert_str_eq(rig_show(r, "line", FRAME_ESP),
			 "4  0.000000  192.0.2.1 > 192.0.2.2 ESP 0xca50b39b seq 1 icv good duplicate | "
			 "10.1.0.10 > 10.2.0.10 ICMP echo request id 952 seq 1, 84\n");
	rig_free(r);
}
END_TEST

/* ---- tree ---- */

static const char stack[] =
	"  on the wire, 154 octets\n"
	"  +-------------------------+\n"
	"  | ethernet             14 |\n"
	"  | ipv4                 20 |\n"
	"  | esp header            8 |\n"
	"  | iv                    8 |    inside, 84 octets\n"
	"  +-------------------------+    +-------------------------+\n"
	"  | encrypted            88 | => | ipv4                 20 |\n"
	"  |                         |    | icmp                  8 |\n"
	"  |                         |    | data                 56 |\n"
	"  |                         |    | padding               2 |\n"
	"  |                         |    | trailer               2 |\n"
	"  +-------------------------+    +-------------------------+\n"
	"  | icv                  16 |\n"
	"  +-------------------------+\n"
	"  IPsec added 56 octets to 84: outer IP header 20, ESP header 8, IV 8,\n"
	"    padding 2, trailer 2, ICV 16\n";

START_TEST(test_tree)
{
	struct view_rig *r = rig_new();
	has(rig_show(r, "tree", FRAME_ESP), "locked: no key for SPI 0xca50b39b (-k PATH gives keys)\n");
	ck_assert_ptr_null(strstr(r->out.p, "IPsec added"));
	rig_key(r);
	const char *text = rig_show(r, "tree", FRAME_ESP);
	has(text, stack);
	has(text, "      `- ipv4  decrypted                                     offset 0, 20 octets\n");
	text = rig_show(r, "tree", FRAME_IKE);
	has(text, "         |     |- ENCR (1)  id: ENCR_AES_CBC (12)  key_length: 128\n");
	has(text, "         |- NOTIFY  NAT_DETECTION_SOURCE_IP (16388)        offset 376, 28 octets\n");
	rig_free(r);
}
END_TEST

/* The ICV's last octet is another: nothing inside may be shown. */
START_TEST(test_bad_icv)
{
	struct view_rig *r = rig_new();
	char hex[sizeof FRAME_ESP];
	memcpy(hex, FRAME_ESP, sizeof hex);
	hex[sizeof hex - 2] = hex[sizeof hex - 2] == '0' ? '1' : '0';
	rig_key(r);
	has(rig_show(r, "tree", hex), "ICV bad: wrong key or algorithm, or the packet was altered; nothing\n");
	has(rig_show(r, "line", hex), "icv bad, 140\n");
	has(rig_show(r, "notation", hex), "> ESP spi=0xca50b39b seq=1  # ICV bad\n");
	for (size_t i = 0; views[i].name; i++)
		if (views[i].packet)
			ck_assert_ptr_null(strstr(rig_show(r, views[i].name, hex), "10.1.0.10"));
	rig_free(r);
}
END_TEST

START_TEST(test_colour)
{
	struct view_rig *r = rig_new();
	ck_assert_ptr_null(strchr(rig_show(r, "tree", FRAME_ESP), '\033'));
	r->env.colour = true;
	has(rig_show(r, "tree", FRAME_ESP), "\033[33mlocked: no key");
	rig_free(r);
}
END_TEST

/* ---- notation ---- */

static const char message[] =
	"# SPIs e8a5ee1b0e15210d 0000000000000000, message ID 0\n"
	"> IKE_SA_INIT request {\n"
	"    SA {\n"
	"      proposal IKE {\n"
	"        ENCR ENCR_AES_CBC 128  INTEG AUTH_HMAC_SHA2_256_128  PRF PRF_HMAC_SHA2_256  "
	"KE MODP_2048\n"
	"      }\n"
	"    }\n"
	"    KE {\n"
	"      group MODP_2048\n"
	"      data 0x6621c6e1cf86c9bb9f653de84abd2bbdc12e613ad87ba49e42f8b1420bb106fbb5dd8a57eb9c54cf"
	"35c44a\\\n"
	"        837bafcc";
static const char message_end[] =
	"    NOTIFY { type IKEV2_FRAGMENTATION_SUPPORTED }\n"
	"    NOTIFY { type SIGNATURE_HASH_ALGORITHMS data SHA2_256 SHA2_384 SHA2_512 Identity }\n"
	"    NOTIFY { type REDIRECT_SUPPORTED }\n"
	"  }\n\n";

START_TEST(test_notation)
{
	struct view_rig *r = rig_new();
	const char *text = rig_show(r, "notation", FRAME_IKE);
	has(text, "# frame 1 0.000000 192.0.2.1:500 > 192.0.2.2:500\n");
	has(text, message);
	has(text, message_end);
	rig_key(r);
	has(rig_show(r, "notation", FRAME_ESP),
	    "> ESP spi=0xca50b39b seq=1 { IPV4 10.1.0.10 10.2.0.10 { ICMP echo-request { DATA 0x");
	rig_free(r);
}
END_TEST

/* Octets of FRAME_IKE that are not what a sender would compute. */
static const struct {
	size_t at;		/* of the hex digit */
	const char *digits, *shown;
} forced[] = {
	{ 2 * (42 + 24), "000001d1", "    !length=465\n" },	/* the message's length */
	{ 2 * (42 + 28 + 4 + 7), "05", "!transform_count=5" },
	{ 2 * (42 + 28 + 4 + 4), "07", "!number=7" },
	{ 2 * (42 + 28 + 1), "80", "critical true" },
	{ 2 * (42 + 28 + 1), "01", "!reserved=1" },
};

START_TEST(test_forced)
{
	struct view_rig *r = rig_new();
	char hex[sizeof FRAME_IKE];
	memcpy(hex, FRAME_IKE, sizeof hex);
	memcpy(hex + forced[_i].at, forced[_i].digits, strlen(forced[_i].digits));
	has(rig_show(r, "notation", hex), forced[_i].shown);
	rig_free(r);
}
END_TEST

/* ---- hostile frames ---- */

static void check_printable(const struct text *t)
{
	for (size_t i = 0; i < t->n; i++) {
		uint8_t c = (uint8_t)t->p[i];
		if (c != '\n' && (c < 0x20 || c >= 0x7f))
			ck_abort_msg("octet 0x%02x", c);
	}
}

static void check_width(const struct text *t, size_t columns)
{
	size_t begin = 0;
	for (size_t i = 0; i < t->n; i++)
		if (t->p[i] == '\n') {
			if (i - begin > columns)
				ck_abort_msg("%zu columns: %.*s", i - begin, (int)(i - begin),
					     t->p + begin);
			begin = i + 1;
		}
}

/* Braces outside of comments and quotes come in pairs; quotes end on their line. */
static void check_nesting(const struct text *t)
{
	int depth = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (t->p[i] == '#')
			while (i < t->n && t->p[i] != '\n')
				i++;
		else if (t->p[i] == '"')
			for (i++; i < t->n && t->p[i] != '"'; i++) {
				if (t->p[i] == '\n')
					ck_abort_msg("a text goes on in another line");
				i += t->p[i] == '\\';
			}
		else if (t->p[i] == '{')
			depth++;
		else if (t->p[i] == '}')
			depth--;
		if (depth < 0)
			ck_abort_msg("more closed than open");
	}
	ck_assert_int_eq(depth, 0);
}

static void mutant(struct view_rig *r, struct span octets)
{
	r->out.n = 0;
	rig_show_octets(r, "line", octets);
	check_printable(&r->out);
	ck_assert_ptr_eq(memchr(r->out.p, '\n', r->out.n), r->out.p + r->out.n - 1);
	r->out.n = 0;
	rig_show_octets(r, "csv", octets);
	check_printable(&r->out);
	ck_assert_ptr_eq(memchr(r->out.p, '\n', r->out.n), r->out.p + r->out.n - 1);
	r->out.n = 0;
	rig_show_octets(r, "notation", octets);
	check_printable(&r->out);
	check_nesting(&r->out);
	r->out.n = 0;
	r->env.bytes = r->frame.number % 2;
	r->env.columns = 80;
	rig_show_octets(r, "tree", octets);
	check_printable(&r->out);
	check_width(&r->out, 80);
}

START_TEST(test_mutants)
{
	struct view_rig *r = rig_new();
	rig_key(r);
	rig_mutants(r, 3000, mutant);
	rig_free(r);
}
END_TEST

/* No width, and no depth, breaks it. */
START_TEST(test_columns)
{
	struct view_rig *r = rig_new();
	rig_key(r);
	const unsigned all[] = { 0, 1, 40, 61, 79, 132, 1000, UINT32_MAX };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		r->env.columns = all[i];
		has(rig_show(r, "tree", FRAME_IKE), "REDIRECT_SUPPORTED");
		has(rig_show(r, "tree", FRAME_ESP), "IPsec added 56");
	}
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view");
	TCase *c = tcase_create("view");
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_find);
	tcase_add_loop_test(c, test_since, 0, sizeof since / sizeof *since);
	tcase_add_test(c, test_line);
	tcase_add_test(c, test_tree);
	tcase_add_test(c, test_bad_icv);
	tcase_add_test(c, test_colour);
	tcase_add_test(c, test_notation);
	tcase_add_loop_test(c, test_forced, 0, sizeof forced / sizeof *forced);
	tcase_add_test(c, test_mutants);
	tcase_add_test(c, test_columns);
	suite_add_tcase(s, c);
	return testing_run(s);
}
