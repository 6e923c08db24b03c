/* SPDX-License-Identifier: BSD-2-Clause
 * Options: one table gives getopt's arguments, messages and the usage text. */
#include "ipsec/base/options.h"
#include "ipsec/base/testing.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>

enum { KEYS, QUIET, WINDOW, GRADE };
static const struct option_row table[] = {
	[KEYS] = { 'k', "keys", "PATH", "key files" },
	[QUIET] = { 'q', NULL, NULL, "say less" },
	[WINDOW] = { 0, "window-of-a-long-name", "N", "size" },
	[GRADE] = { 0, "grade", "[=WORD]", "how well" },
	{ 0 },
};
static const struct options options = { "ikat try", "[FILE...]", "Tries.", table };

/* What comes of a command line: "row=argument ..." and the first other argument. */
static const struct {
	const char *argv[6], *result;
} rows[] = {
	{ { "a" }, "| a" },
	{ { NULL }, "|" },
	{ { "-k", "x", "-q", "a" }, "0=x 1| a" },
	{ { "-qkx", "-k", "-" }, "1 0=x 0=-|" },
	{ { "a", "-q", "--keys=y" }, "1 0=y| a" },
	{ { "--window", "5" }, "2=5|" },		/* unambiguous beginnings do */
	{ { "-q", "--", "-k" }, "1| -k" },
	{ { "--grade", "x" }, "3| x" },			/* may be left out */
	{ { "--grade=x", "-q" }, "3=x 1|" },
	{ { "-h" }, "help" },
	{ { "-q", "--help" }, "1 help" },
	{ { "-x" }, "unknown option -x" },
	{ { "a", "b", "-x" }, "unknown option -x" },
	{ { "-qxk", "y" }, "1 unknown option -x" },
	{ { "a", "--none", "b" }, "unknown option --none" },
	{ { "--none=3" }, "unknown option --none=3" },
	{ { "-k" }, "option -k needs an argument" },
	{ { "a", "-qk" }, "1 option -k needs an argument" },
	{ { "a", "--keys" }, "option --keys needs an argument" },
	{ { "a", "--wi" }, "option --window-of-a-long-name needs an argument" },
	{ { "--help=now" }, "option --help takes no argument" },
};

static void run(char **argv, char *to, size_t size)
{
	int argc = 1;
	struct err e = { 0 };
	while (argv[argc])
		argc++;
	optind = 0;	/* a fresh start even after a bad cluster of letters */
	for (;;) {
		struct option_found o = options_next(&options, argc, argv, &e);
		size_t n = strlen(to);
		if (o.row == OPTIONS_END)
			snprintf(to + n, size - n, "|%s%s", optind < argc ? " " : "",
				 optind < argc ? argv[optind] : "");
		else if (o.row < 0)
			snprintf(to + n, size - n, "%s%s", n ? " " : "",
				 o.row == OPTIONS_HELP ? "help" : e.text);
		if (o.row < 0)
			return;
		snprintf(to + n, size - n, "%s%d%s%s", n ? " " : "", o.row,
			 o.argument ? "=" : "", o.argument ? o.argument : "");
	}
}

START_TEST(lines)
{
	char words[6][32], *argv[8] = { words[5] }, got[600] = "";
	strcpy(words[5], "ikat");
	for (int i = 0; i < 5 && rows[_i].argv[i]; i++)
		argv[i + 1] = strcpy(words[i], rows[_i].argv[i]);
	run(argv, got, sizeof got);
	ck_assert_msg(strcmp(got, rows[_i].result) == 0, "row %d: \"%s\" needs \"%s\"", _i, got,
		      rows[_i].result);
}
END_TEST

START_TEST(usage)
{
	struct text t = { 0 };
	options_usage(&options, &t);
	text_char(&t, '\0');
	ck_assert_str_eq(t.p, "usage: ikat try [option...] [FILE...]\nTries.\n\n"
			      "  -k, --keys PATH         key files\n"
			      "  -q                      say less\n"
			      "      --window-of-a-long-name N  size\n"
			      "      --grade[=WORD]      how well\n"
			      "  -h, --help              show this\n");
	ck_assert_ptr_null(strstr(t.p, " \n"));
	text_done(&t);
}
END_TEST

static const struct {
	const char *argument;
	unsigned long low, high;
	bool valid;
} numbers[] = {
	{ "1", 1, 9, true }, { "9", 1, 9, true }, { "0", 1, 9, false }, { "10", 1, 9, false },
	{ "", 0, 9, false }, { " 1", 1, 9, false }, { "+1", 1, 9, false }, { "1 ", 1, 9, false },
	{ "-1", 0, ULONG_MAX, false }, { " -1", 0, ULONG_MAX, false }, { "0x1", 0, 9, false },
	{ "18446744073709551616", 0, ULONG_MAX, false }, { "007", 1, 9, true }, { "1e1", 1, 99, false },
};

START_TEST(number)
{
	struct err e = { 0 };
	unsigned long v;
	bool ok = options_number(numbers[_i].argument, "-c", numbers[_i].low, numbers[_i].high, &v,
				 &e);
	ck_assert_msg(ok == numbers[_i].valid && ok == !e.set, "\"%s\"", numbers[_i].argument);
	if (!ok)
		ck_assert_ptr_nonnull(strstr(e.text, "needs a number from"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("options");
	TCase *t = tcase_create("options");
	tcase_add_loop_test(t, lines, 0, sizeof rows / sizeof *rows);
	tcase_add_test(t, usage);
	tcase_add_loop_test(t, number, 0, sizeof numbers / sizeof *numbers);
	suite_add_tcase(s, t);
	return testing_run(s);
}
