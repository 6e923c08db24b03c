/* SPDX-License-Identifier: BSD-2-Clause
 * PSKs in swanctl.conf and ipsec.secrets: those of the recordings are what the daemons
 * dump in their logs; made ones show how they may be written (strongSwan's and
 * Libreswan's man pages; base64 as in RFC 4648, 10). */
#include "dissect/keys_log_testing.h"
#include "dissect/keys_read.h"

#include <stdio.h>

#define PSK(hex, id) "psk,,,,,,,,,,,,,,," hex id "\n"
#define PPK(hex, id) "ppk,,,,,,,,,,,,,,," hex id "\n"
#define ALONE "a pre-shared key alone opens nothing"

static const struct log_case cases[] = {
	/* swanctl.conf */
	{ "text, hex and base64, with identities", "# gateway\nconnections { net { local { auth = psk\n"
	  "id = moon } } }\nsecrets {\n  ike-1 {\n    id = moon\n    id-b = \"C=CH, CN=moon\"\n"
	  "    secret = \"foo bar\" # comment\n  }\n  ike2 { secret = 0s Zm9v }\n  ike-3 { secret = 0sZm9vYmE= }\n"
	  "  ike-4 { secret = \"0x00ff\" }\n  ppk-1 { id = later\n secret = 0sZg }\n}\n",
	  PSK("666f6f20626172", ",moon") PSK("666f6f20626172", ",\"C=CH, CN=moon\"")
	  PSK("666f6f6261", ",") PSK("00ff", ",") PPK("66", ",later"), 1, "log:10: the PSK: not base64" },
	{ "all on one line; strongSwan's order does not matter",
	  "secrets{ike-a{secret=x} eap-b { id = carol secret = y } ike-c { secret = \"z\\\"\\n\" id = @sun } }",
	  PSK("78", ",") PSK("7a220a", ",sun"), 0, ALONE },
	{ "other secrets, references, included files, any identity",
	  "include conf.d/*.conf\ntemplate { secret = x }\nsecrets : template {\n"
	  "eap-1 { secret = a }\n xauth { secret = b }\n private1 { secret = c }\n"
	  "ike-x : eap-1 { id = %any\n secret = d\n inner { secret = e } }\n ntlm { secret = f }\n}\n"
	  "other { ike-y { secret = g } }\n", PSK("64", ""), 0, ALONE },
	{ "a value over two lines keeps the count", "secrets { ike-1 { id = \"a\nb\"\nsecret = 0xzz } }",
	  "", 1, "log:3: the PSK: not hex digits" },
	{ "an empty secret is none", "secrets { ike-1 { secret = } ike-2 { secret = \"\" } }", "", 0, NULL },
	{ "an identity over two lines", "secrets { ike-1 { id = \"a\nb\" secret = x } }",
	  PSK("78", ",\"a\\x0ab\""), 0, ALONE },
	{ "no end", "secrets { ike-1 { secret = x", "", 0, NULL },
	{ "sections too deep", "secrets { ike { a{b{c{d{e{f{g{h{i{ secret = x }}}}}}}}} secret = y } }",
	  PSK("79", ""), 0, ALONE },
	{ "closed too often", "} } secrets { ike { secret = y } } } }", PSK("79", ""), 0, ALONE },
	/* ipsec.secrets */
	{ "no identity", ": PSK \"lab\"\n", PSK("6c6162", ""), 0, ALONE },
	{ "identities of both ends, any, addresses; comments; other secrets",
	  "# ipsec.secrets\n@moon.example @sun.example : PSK 'a \"b\"'\n\n%any 192.0.2.1: not an entry\n"
	  "192.0.2.1 2001:db8::1 : PSK 0x00ff\t# hex\n%any : psk \"x\"\n: RSA moon.pem \"pass\"\n"
	  "carol : EAP \"secret\"\ncarol : XAUTH \"secret\"\n@#6b31 user@moon : PSK 0sZm9v\n",
	  PSK("6120226222", ",moon.example") PSK("6120226222", ",sun.example") PSK("00ff", ",192.0.2.1")
	  PSK("00ff", ",2001:db8::1") PSK("78", ",") PSK("666f6f", ",@#6b31") PSK("666f6f", ",user@moon"),
	  0, ALONE },
	{ "Libreswan: entries over lines, a PPK, text",
	  "include /etc/ipsec.d/*.secrets\n@moon @sun : PPKS \"later\" \"quantum\"\n@moon\n  @sun\n  : PSK\n"
	  "  0tlab\n: RSA {\n\tModulus: 0x0103\n\t}\n",
	  PPK("7175616e74756d", ",later") PSK("6c6162", ",moon") PSK("6c6162", ",sun"), 0, ALONE },
	{ "a PSK that is none", "@moon : PSK 0s!\n: PSK 0x\n: PSK\n", "", 2, "log:1: the PSK: not base64" },
	{ "prose", "note: the PSK is secret\nkeys : none here\n", "", 0, NULL },
};

START_TEST(secrets)
{
	log_case_check(&cases[_i]);
}
END_TEST

START_TEST(torture)
{
	log_case_torture(cases[_i].text);
}
END_TEST

/* More identities, and longer values, than there is room for. */
START_TEST(limits)
{
	struct text t = { 0 };
	struct log_read r;
	for (int i = 0; i < 100; i++)
		text_printf(&t, "gate%d ", i);
	text_add(&t, ": PSK \"");
	for (int i = 0; i < 1100; i++)
		text_char(&t, 'x');
	text_add(&t, "\"\n: PSK \"");
	for (int i = 0; i < 20000; i++)
		text_char(&t, 'x');
	text_add(&t, "\"\n");
	log_read_text(&r, span_of(t.p, t.n));
	ck_assert_uint_eq(r.s.secret_count, 16);
	ck_assert(strstr(r.told.p, "log:2: the PSK: too long"));
	log_read_done(&r);
	t.n = 0;
	text_add(&t, "secrets { ike-1 { id = \"");
	for (int i = 0; i < 20000; i++)
		text_char(&t, 'x');
	text_add(&t, "\" secret = \"y\" } ike-2 { secret = z } }");
	log_read_text(&r, span_of(t.p, t.n));
	ck_assert_uint_eq(r.s.secret_count, 1);
	ck_assert_uint_eq(r.s.secrets->secret.p[0], 'z');
	log_read_done(&r);
	t.n = 0;	/* quoted values elsewhere take no room */
	text_add(&t, "connections {");
	for (int i = 0; i < 3000; i++)
		text_add(&t, " id = \"xxxx\"");
	text_add(&t, "} secrets { ike-1 { secret = \"y\" } }");
	log_read_text(&r, span_of(t.p, t.n));
	ck_assert_uint_eq(r.s.secret_count, 1);
	log_read_done(&r);
	text_done(&t);
}
END_TEST

/* ---- recordings ---- */

static const struct {
	const char *secrets, *log;
	enum secret_kind kind;
	bool same;
} recordings[] = {
	{ "samples/tunnel-gcm.keys/a/swanctl.conf", "samples/tunnel-gcm.keys/a/charon.log", SECRET_PSK, true },
	{ "samples/fail-auth.keys/a/swanctl.conf", "samples/fail-auth.keys/a/charon.log", SECRET_PSK, true },
	{ "samples/fail-auth.keys/b/swanctl.conf", "samples/fail-auth.keys/a/charon.log", SECRET_PSK, false },
	{ "lab/ppk.keys/a/swanctl.conf", "lab/ppk.keys/a/charon.log", SECRET_PSK, true },
	{ "lab/ppk.keys/a/swanctl.conf", "lab/ppk.keys/a/charon.log", SECRET_PPK, true },
	{ "lab/lsw-ppk.keys/a/ipsec.secrets", "lab/ppk.keys/a/charon.log", SECRET_PPK, true },
	{ "lab/lsw-swan-v1.keys/a/ipsec.secrets", "lab/lsw-swan-v1.keys/a/pluto.log", SECRET_PSK, true },
	{ "lab/lsw-v1-main.keys/a/ipsec.secrets", "lab/lsw-v1-main.keys/a/pluto.log", SECRET_PSK, true },
};

static struct ike_secret *secret_of(const struct log_read *r, enum secret_kind kind)
{
	for (struct ike_secret *k = r->s.secrets; k; k = k->next)
		if (k->kind == kind)
			return k;
	return NULL;
}

START_TEST(recording)
{
	struct log_read file, log;
	char path[200];
	snprintf(path, sizeof path, "captures/%s", recordings[_i].secrets);
	log_read_path(&file, path);
	ck_assert_uint_eq(file.notes.unusable, 0);
	snprintf(path, sizeof path, "captures/%s", recordings[_i].log);
	log_read_path(&log, path);
	const struct ike_secret *a = secret_of(&file, recordings[_i].kind);
	const struct ike_secret *b = secret_of(&log, recordings[_i].kind);
	ck_assert_msg(a && b, "%s: no %s", recordings[_i].secrets, keys_secret_name(recordings[_i].kind));
	ck_assert(span_equal(a->secret, b->secret) == recordings[_i].same);
	if (recordings[_i].kind == SECRET_PPK)
		ck_assert(span_equal(a->id, b->id));
	log_read_done(&file);
	log_read_done(&log);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("configured secrets");
	TCase *t = tcase_create("secrets");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, secrets, 0, sizeof cases / sizeof *cases);
	tcase_add_loop_test(t, torture, 0, sizeof cases / sizeof *cases);
	tcase_add_test(t, limits);
	tcase_add_loop_test(t, recording, 0, sizeof recordings / sizeof *recordings);
	suite_add_tcase(s, t);
	return testing_run(s);
}
