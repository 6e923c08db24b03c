/* SPDX-License-Identifier: BSD-2-Clause
 * The built program from outside: exit statuses, messages, what goes to standard
 * output and what to standard error; damaged, odd and compressed captures. */
#include "tests/spawn.h"

#define TUNNEL	SAMPLES "/tunnel-gcm.pcap"
#define KEYS	SAMPLES "/tunnel-gcm.keys"
#define LAB	"captures/lab"

enum { FRAMES = 26, FILE_HEADER = 24 };

/* Command lines: exit status, and what standard output and error hold. NULL:
 * nothing may come. "": anything. */
static const struct {
	const char *argv[8];
	int status;
	const char *out, *err;
} rows[] = {
	{ { NULL }, 2, NULL, "usage: ikat COMMAND" },
	{ { "-h" }, 0, "usage: ikat COMMAND", NULL },
	{ { "--help" }, 0, "dissect", NULL },
	{ { "--version" }, 0, "ikat ", NULL },
	{ { "frobnicate" }, 2, NULL, "unknown command \"frobnicate\"" },
	{ { "dissect" }, 2, NULL, "no capture file given" },
	{ { "dissect", "-h" }, 0, "usage: ikat dissect", NULL },
	{ { "dissect", "--help" }, 0, "--keys", NULL },
	{ { "dissect", "--frobnicate", TUNNEL }, 2, NULL, "unknown option --frobnicate" },
	{ { "dissect", TUNNEL, "-Z" }, 2, NULL, "unknown option -Z" },
	{ { "dissect", TUNNEL, "-k" }, 2, NULL, "option -k needs an argument" },
	{ { "dissect", "-f", "xml", TUNNEL }, 2, NULL, "no view \"xml\"" },
	{ { "dissect", "-c", "0", TUNNEL }, 2, NULL, "-c is \"0\", needs a number" },
	{ { "dissect", "--window", "99999999", TUNNEL }, 2, NULL, "--window is \"99999999\"" },
	{ { "dissect", "--port", "65536", TUNNEL }, 2, NULL, "from 1 to 65535" },
	{ { "dissect", "--colour", "often", TUNNEL }, 2, NULL, "auto, always or never" },
	{ { "dissect", "-k", "/nonexistent", TUNNEL }, 2, NULL, "/nonexistent: No such file" },
	{ { "dissect", "-f", "line", "/nonexistent" }, 2, NULL, "/nonexistent: No such file" },
	{ { "dissect", "-f", "line", SAMPLES }, 2, NULL, SAMPLES ": is a folder" },
	{ { "dissect", "-f", "line", "Makefile" }, 2, NULL, "Makefile: unknown file format" },
	{ { "dissect", "-f", "line", "/dev/null" }, 2, NULL, "/dev/null: " },
	{ { "dissect", "-f", "none", TUNNEL }, 0,
	  "26 frames, 5740 octets: 22 ESP, 0 AH, 4 IKE; 0 copies\nESP and AH: ICV 0 good, 0 bad, 22 unchecked;", NULL },
	{ { "dissect", "-f", "none", "-k", KEYS, TUNNEL }, 0, "ICV 22 good, 0 bad, 0 unchecked", NULL },
	{ { "dissect", "-f", "none", "-k", KEYS, TUNNEL, TUNNEL }, 0, "52 frames", NULL },
	{ { "dissect", "-f", "line", "--sa", "5", TUNNEL }, 0, NULL,
	  "nothing matches (of 26 frames; 24 stayed closed)" },
	{ { "dissect", "-f", "json", "--host", "1.2.3.4", "-k", KEYS, TUNNEL }, 0, NULL,
	  "nothing matches (of 26 frames)\n" },
	{ { "dissect", "--sa", "xyz", TUNNEL }, 2, NULL, "or a letter a-f in it" },
	{ { "dissect", "--frames", "-", TUNNEL }, 2, NULL, "a number before or behind it" },
	{ { "dissect", "-f", "line", "--findings", "-k", SAMPLES "/replay-corrupt.keys",
	    SAMPLES "/replay-corrupt.pcap" }, 0,
	  "    violation RFC4303-2.8-02: 12 octets of ESP", NULL },
	{ { "dissect", "-f", "none", "-k", "/dev/null", TUNNEL }, 0, "26 frames",
	  "warning: /dev/null: no keys in it (empty)" },
	{ { "keys", "/dev/null" }, 1, NULL, "error: /dev/null: no keys in it (empty)" },
	{ { "keys", KEYS }, 0, "SKEYSEED", NULL },
	{ { "keys", KEYS, "README.md" }, 1, "SKEYSEED", "error: README.md: no keys in it\n" },
	{ { "keys" }, 2, NULL, "ikat" },
	{ { "keys", "--frobnicate" }, 2, NULL, "unknown option --frobnicate" },
	{ { "vectors", "--frobnicate" }, 2, NULL, "unknown option --frobnicate" },
};

static void holds(int row, const char *what, const char *text, const char *want)
{
	if (want)
		ck_assert_msg(strstr(text, want) != NULL, "row %d: %s is \"%s\", needs \"%s\"", row,
			      what, text, want);
	else
		ck_assert_msg(*text == '\0', "row %d: %s is \"%s\", needs nothing", row, what, text);
}

START_TEST(lines)
{
	struct ran r = spawn_input(NULL, rows[_i].argv);
	ck_assert_msg(r.status == rows[_i].status, "row %d: exit %d, needs %d: %s", _i, r.status,
		      rows[_i].status, r.err);
	holds(_i, "standard output", r.out, rows[_i].out);
	holds(_i, "standard error", r.err, rows[_i].err);
	ran_done(&r);
}
END_TEST

static int line_count(const char *text)
{
	int n = 0;
	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

/* Runs `dissect -f json` over octets, from a file or through standard input. */
static struct ran dissect_octets(const void *octets, size_t n, bool piped)
{
	char path[64];
	spawn_file(path, octets, n);
	struct ran r = piped ? spawn_input(path, (const char *const[]){ "dissect", "-f", "json", "-",
									NULL })
			     : SPAWN("dissect", "-f", "json", path);
	unlink(path);
	return r;
}

/* Through gzip(1); returns the octets written to out. */
static size_t compress_octets(const char *in, size_t n, uint8_t *out, size_t cap)
{
	char path[64], command[100];
	spawn_file(path, in, n);
	snprintf(command, sizeof command, "gzip -nc %s", path);
	FILE *f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	size_t size = fread(out, 1, cap, f);
	ck_assert(pclose(f) == 0 && size > 0 && size < cap);
	unlink(path);
	return size;
}

/* Plain or compressed, file or pipe: the same. A second gzip member may follow. */
START_TEST(sources)
{
	size_t n, half;
	char *plain = spawn_read(TUNNEL, &n);
	uint8_t *packed = malloc(2 * n);
	size_t whole = compress_octets(plain, n, packed, 2 * n);
	struct ran want = dissect_octets(plain, n, false);
	ck_assert_int_eq(line_count(want.out), FRAMES);
	for (int piped = 0; piped < 2; piped++) {
		struct ran r = dissect_octets(packed, whole, piped);
		ck_assert_int_eq(r.status, 0);
		ck_assert_int_eq(line_count(r.out), FRAMES);
		ck_assert_str_eq(strstr(r.out, "\"frame\":26"), strstr(want.out, "\"frame\":26"));
		ran_done(&r);
	}
	half = compress_octets(plain, n / 2, packed, n);
	half += compress_octets(plain + n / 2, n - n / 2, packed + half, n);
	struct ran r = dissect_octets(packed, half, true);
	ck_assert_int_eq(r.status, 0);
	ck_assert_int_eq(line_count(r.out), FRAMES);
	ran_done(&r);
	ran_done(&want);
	free(packed);
	free(plain);
}
END_TEST

/* Cut in its second frame, in each of the forms: shown up to there. */
START_TEST(cut)
{
	enum { CUT = 700 };
	static const char *const says[] = { "frame 2: truncated", "frame 2: truncated",
					    "gzip stream is broken or cut short" };
	size_t n;
	char *plain = spawn_read(TUNNEL, &n);
	uint8_t packed[2 * CUT];
	size_t size = compress_octets(plain, CUT, packed, sizeof packed);
	struct ran r = _i == 0 ? dissect_octets(plain, CUT, false)
		     : _i == 1 ? dissect_octets(packed, size, true)
			       : dissect_octets(packed, size - 12, true);
	ck_assert_int_eq(r.status, 1);
	ck_assert_int_eq(line_count(r.out), 1);
	ck_assert_int_eq(line_count(r.err), 1);
	ck_assert_msg(strstr(r.err, says[_i]) != NULL, "%s", r.err);
	ran_done(&r);
	free(plain);
}
END_TEST

/* A damaged file among sound ones: all are read, and the worst status stays. */
START_TEST(several)
{
	char bad[64];
	size_t n;
	char *plain = spawn_read(TUNNEL, &n);
	spawn_file(bad, plain, 700);
	struct ran r = SPAWN("dissect", "-f", "json", TUNNEL, bad, TUNNEL);
	ck_assert_int_eq(r.status, 1);
	ck_assert_int_eq(line_count(r.out), 2 * FRAMES + 1);
	ck_assert_ptr_nonnull(strstr(r.err, bad));
	ran_done(&r);
	r = SPAWN("dissect", "-f", "json", TUNNEL, "/nonexistent", bad);
	ck_assert_int_eq(r.status, 2);
	ck_assert_int_eq(line_count(r.out), FRAMES + 1);
	ck_assert_int_eq(line_count(r.err), 2);
	ran_done(&r);
	r = SPAWN("dissect", "-f", "json", "-c", "3", TUNNEL, TUNNEL);
	ck_assert_int_eq(line_count(r.out), 3);
	ran_done(&r);
	unlink(bad);
	free(plain);
}
END_TEST

/* Given in any order, the earlier one is read first; explain numbers through. */
START_TEST(by_time)
{
	struct ran r = SPAWN("dissect", "-f", "line", LAB "/nat.pcap", LAB "/dead-peer.pcap");
	ck_assert_ptr_eq(strstr(r.out, LAB "/dead-peer.pcap:1  0.000000 "), r.out);
	ck_assert_ptr_nonnull(strstr(r.out, "\n" LAB "/nat.pcap:1  "));
	ck_assert_ptr_null(strstr(r.out, "nat.pcap:1  0.0"));
	ran_done(&r);
	r = SPAWN("explain", "-f", "json", LAB "/nat.pcap", LAB "/dead-peer.pcap");
	ck_assert_int_eq(r.status, 0);
	ck_assert_msg(strstr(r.out, "\"" LAB "/dead-peer.pcap (frames 1 to 18), "
			     LAB "/nat.pcap (19 to 36)\""), "%s", r.out);
	ck_assert_ptr_nonnull(strstr(r.out, "\"first_frame\":19,"));
	ran_done(&r);
	r = SPAWN("explain", "-f", "json", TUNNEL);
	ck_assert_ptr_nonnull(strstr(r.out, "\"" TUNNEL "\""));
	ran_done(&r);
}
END_TEST

/* All lines of help fit on a screen. */
START_TEST(help_width)
{
	static const char *const commands[] = { NULL, "dissect", "explain", "keys" };
	struct ran r = commands[_i] ? SPAWN(commands[_i], "-h") : SPAWN("-h");
	for (char *line = strtok(r.out, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= 80, "%s", line);
	ran_done(&r);
}
END_TEST

/* Link types that nobody reads here give frames of data, and a note. */
START_TEST(unknown_link)
{
	size_t n;
	char *plain = spawn_read(TUNNEL, &n);
	plain[20] = (char)147;		/* LINKTYPE_USER0 */
	struct ran r = dissect_octets(plain, n, false);
	ck_assert_int_eq(r.status, 0);
	ck_assert_int_eq(line_count(r.out), FRAMES);
	ck_assert_ptr_nonnull(strstr(r.out, "\"layers\":[{\"layer\":\"data\""));
	ck_assert_ptr_nonnull(strstr(r.out, "link type 147"));
	ck_assert_ptr_null(strstr(r.out, "\"layer\":\"ethernet\""));
	ran_done(&r);
	free(plain);
}
END_TEST

/* Only the file header: no frames, and nothing wrong with that. */
START_TEST(no_frames)
{
	size_t n;
	char *plain = spawn_read(TUNNEL, &n);
	struct ran r = dissect_octets(plain, FILE_HEADER, false);
	ck_assert(r.status == 0 && r.out_n == 0 && *r.err == '\0');
	ran_done(&r);
	free(plain);
}
END_TEST

/* Colour goes to terminals only, or where it is asked for. */
START_TEST(colour)
{
	static const char *const views[] = { "tree", "line", "notation", "json" };
	struct ran plain = SPAWN("dissect", "-f", views[_i], "-k", KEYS, TUNNEL);
	ck_assert_ptr_null(strchr(plain.out, '\x1b'));
	struct ran never = SPAWN("dissect", "-f", views[_i], "--colour", "never", "-k", KEYS, TUNNEL);
	ck_assert_str_eq(never.out, plain.out);
	struct ran always = SPAWN("dissect", "-f", views[_i], "--colour", "always", "-k", KEYS, TUNNEL);
	ck_assert_msg(_i != 0 || strchr(always.out, '\x1b'), "%s", views[_i]);
	setenv("NO_COLOR", "1", 1);
	struct ran asked = SPAWN("dissect", "-f", views[_i], "-k", KEYS, TUNNEL);
	ck_assert_str_eq(asked.out, plain.out);
	unsetenv("NO_COLOR");
	ran_done(&plain);
	ran_done(&never);
	ran_done(&always);
	ran_done(&asked);
}
END_TEST

/* A reader that stops early must not make the program hang or crash. */
START_TEST(closed_output)
{
	char path[512], command[700];
	snprintf(command, sizeof command, "'%s' dissect -f json %s %s 2>/dev/null | head -c 10",
		 spawn_program(path), TUNNEL, TUNNEL);
	FILE *f = popen(command, "r");
	char begin[11] = "";
	ck_assert(f && fread(begin, 1, 10, f) == 10);
	ck_assert_str_eq(begin, "{\"file\":\"c");
	pclose(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli");
	TCase *t = tcase_create("cli");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, lines, 0, sizeof rows / sizeof *rows);
	tcase_add_test(t, sources);
	tcase_add_loop_test(t, cut, 0, 3);
	tcase_add_test(t, several);
	tcase_add_test(t, by_time);
	tcase_add_loop_test(t, help_width, 0, 4);
	tcase_add_test(t, unknown_link);
	tcase_add_test(t, no_frames);
	tcase_add_loop_test(t, colour, 0, 4);
	tcase_add_test(t, closed_output);
	suite_add_tcase(s, t);
	return testing_run(s);
}
