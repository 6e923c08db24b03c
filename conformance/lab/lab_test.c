/* SPDX-License-Identifier: BSD-2-Clause
 * The lab without a guest: the INI reader, the scenarios of the tree and what is
 * made of them, and the reading of what a guest leaves. Whether real peers do
 * what the scenarios promise is told by conformance/lab/interop.sh. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/lab/lab_config.h"
#include "conformance/lab/lab_found.h"
#include "conformance/lab/lab_host.h"
#include "ipsec/base/testing.h"

#define SCENARIOS "conformance/lab/scenarios"

static const char whole[] = "[scenario]\ntitle = x\n[steps]\ndo = up\n[promise]\noutcome = established\n";

/* ---- INI ---- */

static const struct {
	const char *text, *error;	/* error: a part of it; NULL: good */
} inis[] = {
	{ "", NULL },
	{ "# c\n\n[a]\nk = v\nk=w\n", NULL },
	{ "[a]\r\nk = v\r\n", NULL },
	{ "[a]\nk =", NULL },
	{ "k = v\n", "f:1: a key before the first [section]" },
	{ "[a\n", "f:1: a section line" },
	{ "[]\n", "f:1: a section line" },
	{ "[A]\n", "f:1: a section's name" },
	{ "[a]\n= v\n", "f:2: a key is" },
	{ "[a]\nnonsense\n", "f:2: neither" },
	{ "[a]\nk = \x01\n", "f:2: octet 0x01" },
	{ "[a]\nk = \xc3\xa4\n", "f:2: octet 0xc3" },
};

START_TEST(ini_row)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct ini ini;
	bool good = ini_read(&ini, span_text(inis[_i].text), "f", &a, &e);
	ck_assert_msg(good == !inis[_i].error, "row %d: %s", _i, e.text);
	if (!good)
		ck_assert_msg(strstr(e.text, inis[_i].error) == e.text, "row %d: %s", _i, e.text);
	arena_done(&a);
}
END_TEST

START_TEST(ini_values)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct ini ini;
	ck_assert(ini_read(&ini, span_text("[x]\n  key\t=  a = b  \n# no\n[y]\nkey = 2"), "f", &a, &e));
	ck_assert_uint_eq(ini.count, 2);
	ck_assert_str_eq(ini.rows[0].section, "x");
	ck_assert_str_eq(ini.rows[0].value, "a = b");
	ck_assert_uint_eq(ini.rows[1].line, 5);
	arena_done(&a);
}
END_TEST

START_TEST(ini_limits)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct ini ini;
	struct text t = { 0 };
	text_add(&t, "[x]\nk = ");
	text_fill(&t, 'v', INI_LINE_MAX);
	ck_assert(!ini_read(&ini, span_of(t.p, t.n), "f", &a, &e));
	ck_assert_msg(strstr(e.text, "f:2: a line of 1004 octets, at most 1000"), "%s", e.text);
	t.n = 0;
	text_add(&t, "[x]\n");
	for (int i = 0; i <= INI_ROWS_MAX; i++)
		text_add(&t, "k = v\n");
	e = (struct err){ 0 };
	ck_assert(!ini_read(&ini, span_of(t.p, t.n), "f", &a, &e));
	ck_assert_msg(strstr(e.text, "f:514: more than 512 keys"), "%s", e.text);
	text_done(&t);
	arena_done(&a);
}
END_TEST

/* ---- scenarios ---- */

static const struct {
	const char *more, *error;
} scenarios[] = {
	{ "", NULL },
	{ "[ike]\npsk.b = other\n", NULL },
	{ "[ike]\nauth = kerberos\n", "f:8: auth = \"kerberos\", needed one of: psk rsa" },
	{ "[ike]\nauth = psk rsa\n", "f:8: auth" },
	{ "[ike]\npsk = a\"b\n", "f:8: psk" },
	{ "[ike]\npsk.c = x\n", "f:8: section [ike] has no key \"psk.c\"" },
	{ "[child]\nauth = psk\n", "f:8: section [child] has no key" },
	{ "[steps]\ndo = dance\n", "f:8: no step is called \"dance\"" },
	{ "[steps]\ndo = ping\n", "f:8: 0 words after \"ping\", needed: ping COUNT" },
	{ "[steps]\ndo = ping $(id)\n", "f:8: a step is" },
	{ "[promise]\nluck = 1\n", "f:8: nothing can be promised" },
	{ "[promise]\npings =\n", "f:8: an empty promise" },
	{ "[peer]\npeer.a = xfrm\n", "f: manual keys need" },
};

START_TEST(scenario_row)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct lab_scenario s;
	char *text = arena_printf(&a, "%s%s", whole, scenarios[_i].more);
	bool good = lab_scenario_read(&s, "n", "f", span_text(text), &a, &e);
	ck_assert_msg(good == !scenarios[_i].error, "row %d: %s", _i, e.text);
	if (!good)
		ck_assert_msg(strstr(e.text, scenarios[_i].error) == e.text, "row %d: %s", _i, e.text);
	arena_done(&a);
}
END_TEST

static void load(struct lab_scenario *s, const char *more, struct arena *a)
{
	struct err e = { 0 };
	char *text = arena_printf(a, "%s%s", whole, more);
	ck_assert_msg(lab_scenario_read(s, "n", "f", span_text(text), a, &e), "%s", e.text);
}

START_TEST(scenario_sides)
{
	struct arena a = { 0 };
	struct lab_scenario s;
	load(&s, "[ike]\npsk = both\npsk.b = other\nid.a = carol.example\n", &a);
	ck_assert_str_eq(s.a.psk, "both");
	ck_assert_str_eq(s.b.psk, "other");
	ck_assert_str_eq(s.b.peer_id, "carol.example");
	ck_assert_str_eq(s.a.peer_id, "bob.example");
	arena_done(&a);
}
END_TEST

static bool make_all(const struct lab_scenario *s, struct text *t, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		const struct lab_side *side = i ? &s->b : &s->a;
		if (lab_is(side->peer, "xfrm") && !lab_manual(t, s, side, e))
			return false;
		if (lab_is(side->peer, "libreswan") && !lab_ipsec_conf(t, s, side, e))
			return false;
		if (lab_is(side->peer, "strongswan"))
			lab_swanctl_conf(t, s, side);
	}
	lab_plan(t, s);
	return lab_warm(t, &s->a, e);
}

/* Every scenario of the tree is read and makes its files. */
START_TEST(tree)
{
	DIR *d = opendir(SCENARIOS);
	struct dirent *entry;
	size_t n = 0;
	ck_assert_ptr_nonnull(d);
	while ((entry = readdir(d))) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct lab_scenario s;
		struct text t = { 0 };
		if (entry->d_name[0] == '.')
			continue;
		const char *file = arena_printf(&a, SCENARIOS "/%s/scenario.ini", entry->d_name);
		struct span text = lab_read(file, &a);
		ck_assert_msg(text.n && lab_scenario_read(&s, entry->d_name, file, text, &a, &e) &&
			      make_all(&s, &t, &e), "%s: %s", file, e.text);
		text_done(&t);
		arena_done(&a);
		n++;
	}
	closedir(d);
	ck_assert_uint_gt(n, 50);
}
END_TEST

START_TEST(proposals)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct lab_scenario s;
	struct text t = { 0 };
	load(&s, "[peer]\npeer = libreswan\n[ike]\nproposal = aes256gcm16-prfsha384-ecp384\n"
	     "[child]\nproposal = aes128-sha256-modp2048\n", &a);
	ck_assert_msg(lab_ipsec_conf(&t, &s, &s.a, &e), "%s", e.text);
	text_char(&t, '\0');
	ck_assert_ptr_nonnull(strstr(t.p, "\tike=aes_gcm256-sha2_384-dh20\n"));
	ck_assert_ptr_nonnull(strstr(t.p, "\tphase2alg=aes128-sha2_256-dh14\n"));
	ck_assert_ptr_nonnull(strstr(t.p, "\tpfs=yes\n"));
	text_done(&t);
	load(&s, "[peer]\npeer = libreswan\n[child]\nproposal = aes128gmac\n", &a);
	ck_assert(!lab_ipsec_conf(&t, &s, &s.a, &e));
	ck_assert_str_eq(e.text, "f: proposal \"aes128gmac\": Libreswan has no \"aes128gmac\"");
	text_done(&t);
	arena_done(&a);
}
END_TEST

/* ---- what a guest leaves ---- */

/* As iproute2 6.1 prints them. */
static const char states_a[] =
	"src 192.0.2.1 dst 192.0.2.2\n"
	"\tproto esp spi 0xca50b39b(3394286491) reqid 1(0x00000001) mode tunnel\n"
	"\treplay-window 0 seq 0x00000000 flag af-unspec (0x00100000)\n"
	"\tauth-trunc hmac(sha256) 0x00 (256 bits) 128\n"
	"\tenc cbc(aes) 0x00 (256 bits)\n"
	"\tlifetime config:\n\t  limit: soft (INF)(packets), hard (INF)(packets)\n"
	"\tlifetime current:\n\t  1616(bytes), 11(packets)\n"
	"src 192.0.2.2 dst 192.0.2.1\n"
	"\tproto esp spi 0xc82cb943(3358374211) reqid 1(0x00000001) mode tunnel\n"
	"\tauth-trunc hmac(sha256) 0x00 (256 bits) 128\n"
	"\tenc cbc(aes) 0x00 (256 bits)\n"
	"\tlifetime current:\n\t  900(bytes), 9(packets)\n"
	"src 192.0.2.1 dst 192.0.2.2\n"
	"\tproto 4 spi 0xc0000201(3221225985) reqid 1(0x00000001) mode tunnel\n"
	"\tlifetime current:\n\t  0(bytes), 500(packets)\n";

static void leave(const char *work, const char *name, const char *content)
{
	char path[256];
	struct err e = { 0 };
	struct text t = { .p = (char *)(uintptr_t)content, .n = strlen(content) };
	snprintf(path, sizeof path, "%s/out/%s", work, name);
	ck_assert_msg(lab_write(path, &t, &e), "%s", e.text);
}

static const char *left(const char *result, struct arena *a)
{
	struct err e = { 0 };
	const char *work = lab_folder_new(a, &e);
	static const uint8_t pcap[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0xff, 0xff,
					  [20] = 1 };
	ck_assert_msg(work != NULL, "%s", e.text);
	const char *out[] = { "out", "out/a", "out/b" };
	for (size_t i = 0; i < 3; i++)
		ck_assert(lab_folder_make(arena_printf(a, "%s/%s", work, out[i]), &e));
	leave(work, "result", result);
	leave(work, "a.xfrm-1.txt", states_a);
	leave(work, "b.xfrm-1.txt", states_a);
	leave(work, "ping-1.txt", "5 packets transmitted, 4 received, 20% packet loss, time 1ms\n");
	leave(work, "a/sas.txt", "c: #1, ESTABLISHED, IKEv2, aa_i* bb_r\n  local  'x'\n"
	      "  AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/CURVE_25519\n"
	      "c: #2, CONNECTING, IKEv2, aa_i* bb_r\n");
	struct text t = { .p = (char *)(uintptr_t)pcap, .n = sizeof pcap };
	ck_assert(lab_write(arena_printf(a, "%s/out/wire.pcap", work), &t, &e));
	return work;
}

START_TEST(found)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct lab_scenario s;
	struct lab_found f;
	struct text why = { 0 };
	load(&s, "pings = 4\npackets = 9\nchild_sas = 1\n"
	     "algorithms = ENCR_AES_CBC-256 AUTH_HMAC_SHA2_256_128\n", &a);
	const char *work = left("up-1\t0\nfinished\tyes\n", &a);
	ck_assert_msg(lab_found_read(&f, &s, work, &a, &e), "%s", e.text);
	ck_assert_uint_eq(f.sa_count, 2);
	ck_assert_uint_eq(f.sas[0].spi, 0xca50b39b);
	ck_assert_uint_eq(f.sas[0].sent, 11);
	ck_assert_uint_eq(f.sas[1].received, 9);
	ck_assert_uint_eq(f.ike_sas[0], 1);
	ck_assert_uint_eq(f.answered, 4);
	ck_assert_msg(lab_judge_first(&s, &f, work, &why), "%.*s", (int)why.n, why.p);
	f.wire.clear = 1;	/* a packet in clear is never right */
	ck_assert(!lab_judge_first(&s, &f, work, &why));
	f.wire.clear = 0;
	f.control_failed = true;
	ck_assert(!lab_judge_first(&s, &f, work, &why));
	f.control_failed = false;
	f.up_status = 1;
	why.n = 0;
	ck_assert(!lab_judge_first(&s, &f, work, &why));
	ck_assert_msg(why.n && !strncmp(why.p, "outcome: promised established, found failed", why.n),
		      "%.*s", (int)why.n, why.p);
	text_done(&why);
	lab_folder_remove(work);
	ck_assert(!lab_exists(work));
	arena_done(&a);
}
END_TEST

/* One clear message that names the log. */
START_TEST(found_error)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct lab_scenario s;
	struct lab_found f;
	load(&s, "", &a);
	const char *work = left("error\tcharon of a ended at once\nlog\ta/charon.out\n", &a);
	ck_assert(!lab_found_read(&f, &s, work, &a, &e));
	ck_assert_str_eq(e.text, arena_printf(&a, "charon of a ended at once; see %s/out/a/charon.out",
					      work));
	lab_folder_remove(work);
	arena_done(&a);
}
END_TEST

/* The wire of a sample, whose kinds of frames its README tells. */
static const struct {
	const char *capture, *counter;
	bool some;
} wires[] = {
	{ "tunnel-gcm", "esp", true }, { "tunnel-gcm", "clear", false },
	{ "natt-chacha", "esp_in_udp", true }, { "natt-chacha", "esp", false },
	{ "ah-transport", "ah", true }, { "cert-fragmented", "ike_fragments", true },
	{ "ipv6-tunnel", "esp", true }, { "fail-auth", "ike_500", true },
	{ "fail-auth", "esp", false },
};

START_TEST(wire_row)
{
	char path[256];
	struct err e = { 0 };
	struct lab_wire w;
	snprintf(path, sizeof path, "captures/samples/%s.pcap", wires[_i].capture);
	ck_assert_msg(lab_wire_read(&w, path, &e), "%s", e.text);
	const uint64_t *n = lab_wire_counter(&w, wires[_i].counter);
	ck_assert_ptr_nonnull(n);
	ck_assert_msg((*n > 0) == wires[_i].some, "%s: %llu %s", wires[_i].capture,
		      (unsigned long long)*n, wires[_i].counter);
}
END_TEST

/* The plaintext beside it must count as clear. */
START_TEST(wire_clear)
{
	struct err e = { 0 };
	struct lab_wire w;
	ck_assert_msg(lab_wire_read(&w, "captures/samples/tunnel-gcm.keys/inside-ha.pcap", &e), "%s",
		      e.text);
	ck_assert_uint_gt(w.clear, 0);
	ck_assert_uint_eq(w.esp, 0);
}
END_TEST

/* ---- the child ---- */

START_TEST(command_ends)
{
	char *const good[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" }, (char[]){ "exit 3" }, NULL };
	char *const none[] = { (char[]){ "/nonexistent/program" }, NULL };
	ck_assert_int_eq(lab_command(good, "/dev/null"), 3);
	ck_assert_int_eq(lab_command(none, "/dev/null"), 127);
}
END_TEST

static bool gone(pid_t pid)
{
	for (int i = 0; i < 40; i++) {
		char path[64], state = 'X';
		snprintf(path, sizeof path, "/proc/%d/stat", pid);
		FILE *f = fopen(path, "r");
		if (f && fscanf(f, "%*d %*s %c", &state) != 1)
			state = 'X';
		if (f)
			fclose(f);
		if (!f || state == 'Z' || state == 'X')
			return true;
		usleep(50000);
	}
	return false;
}

/* A guest that does not end, with a process of its own that ignores SIGTERM:
 * after the time limit neither is left. */
START_TEST(guest_timeout)
{
	static const char script[] = "#!/bin/sh\n(trap '' TERM; exec sleep 60) &\n"
		"echo $! > \"$0.pid\"\nsleep 60\n";
	struct arena a = { 0 };
	struct err e = { 0 };
	const char *work = lab_folder_new(&a, &e);
	ck_assert_msg(work && lab_folder_make(arena_printf(&a, "%s/out", work), &e), "%s", e.text);
	leave(work, "kernel", script);
	struct lab_host h = { .packages = "", .kernel = arena_printf(&a, "%s/out/kernel", work) };
	struct lab_guest g = { work, 1, false };
	ck_assert_int_eq(chmod(h.kernel, 0755), 0);
	ck_assert_int_eq(lab_guest_run(&h, &g), LAB_TIMEOUT);
	int pid = atoi((const char *)lab_read(arena_printf(&a, "%s.pid", h.kernel), &a).p);
	ck_assert_int_gt(pid, 1);
	ck_assert_msg(gone(pid), "process %d lives on", pid);
	lab_folder_remove(work);
	arena_done(&a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lab");
	TCase *c = tcase_create("lab");
	tcase_add_loop_test(c, ini_row, 0, sizeof inis / sizeof *inis);
	tcase_add_test(c, ini_values);
	tcase_add_test(c, ini_limits);
	tcase_add_loop_test(c, scenario_row, 0, sizeof scenarios / sizeof *scenarios);
	tcase_add_test(c, scenario_sides);
	tcase_add_test(c, tree);
	tcase_add_test(c, proposals);
	tcase_add_test(c, found);
	tcase_add_test(c, found_error);
	tcase_add_loop_test(c, wire_row, 0, sizeof wires / sizeof *wires);
	tcase_add_test(c, wire_clear);
	tcase_add_test(c, command_ends);
	tcase_add_test(c, guest_timeout);
	suite_add_tcase(s, c);
	return testing_run(s);
}
