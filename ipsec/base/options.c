/* SPDX-License-Identifier: BSD-2-Clause
 * Option tables for getopt_long. */
#include "ipsec/base/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

enum { LONG_BASE = 256 };	/* values of long options: LONG_BASE + row */

static size_t row_count(const struct options *o)
{
	size_t n = 0;
	while (o->rows[n].letter || o->rows[n].name)
		n++;
	assert(n <= OPTIONS_ROWS_MAX);
	return n;
}

/* getopt_long()'s word for it. */
static int argument_of(const struct option_row *r)
{
	if (!r->argument)
		return no_argument;
	return *r->argument == '[' ? optional_argument : required_argument;
}

static void fill(const struct options *o, char *letters, struct option *longs)
{
	size_t n = row_count(o), l = 0;
	*letters++ = ':';
	for (size_t i = 0; i < n; i++) {
		const struct option_row *r = &o->rows[i];
		if (r->name)
			longs[l++] = (struct option){ r->name, argument_of(r), NULL,
						      LONG_BASE + (int)i };
		if (!r->letter)
			continue;
		*letters++ = r->letter;
		if (r->argument)
			*letters++ = ':';
	}
	*letters++ = 'h';
	*letters = '\0';
	longs[l++] = (struct option){ "help", no_argument, NULL, 'h' };
	longs[l] = (struct option){ 0 };
}

static int row_of(const struct options *o, int c)
{
	if (c >= LONG_BASE)
		return c - LONG_BASE;
	for (int i = 0; i < (int)row_count(o); i++)
		if (o->rows[i].letter == c)
			return i;
	return OPTIONS_BAD;
}

/* What getopt_long() did not like: the letter is in optopt, or for a long
 * option its value; an unknown long option is the word just before optind. */
static void complain(const struct options *o, int c, char **argv, struct err *e)
{
	const char *what = c == ':' ? "needs an argument" : "takes no argument";
	int row = row_of(o, optopt);
	if (optopt == 0)
		err_set(e, "unknown option %s", argv[optind - 1]);
	else if (optopt >= LONG_BASE)
		err_set(e, "option --%s %s", o->rows[row].name, what);
	else if (c == '?' && optopt == 'h')
		err_set(e, "option --help %s", what);	/* as a letter it is never refused */
	else if (c == '?')
		err_set(e, "unknown option -%c", optopt);
	else
		err_set(e, "option -%c %s", optopt, what);
}

struct option_found options_next(const struct options *o, int argc, char **argv,
				 struct err *e)
{
	char letters[2 * OPTIONS_ROWS_MAX + 3];
	struct option longs[OPTIONS_ROWS_MAX + 2];
	fill(o, letters, longs);
	opterr = 0;
	int c = getopt_long(argc, argv, letters, longs, NULL);
	if (c == -1)
		return (struct option_found){ OPTIONS_END, NULL };
	if (c == 'h' && row_of(o, 'h') == OPTIONS_BAD)
		return (struct option_found){ OPTIONS_HELP, NULL };
	if (c == '?' || c == ':') {
		complain(o, c, argv, e);
		return (struct option_found){ OPTIONS_BAD, NULL };
	}
	return (struct option_found){ row_of(o, c), optarg };
}

enum { HELP_COLUMN = 26, USAGE_COLUMNS = 80 };

/* Wrapped at the screen's edge; what follows stands below the first word. */
static void put_help(struct text *out, size_t column, const char *help)
{
	bool first = true;
	while (*help) {
		size_t n = strcspn(help, " ");
		bool wraps = !first && column + 1 + n > USAGE_COLUMNS;
		if (wraps) {
			text_char(out, '\n');
			text_fill(out, ' ', HELP_COLUMN);
			column = HELP_COLUMN;
		} else if (!first) {
			text_char(out, ' ');
			column++;
		}
		text_add_octets(out, help, n);
		column += n;
		help += n + (help[n] == ' ');
		first = false;
	}
	text_char(out, '\n');
}

void options_usage(const struct options *o, struct text *out)
{
	text_printf(out, "usage: %s [option...] %s\n%s\n\n", o->command, o->arguments,
		    o->summary);
	for (size_t i = 0; i <= row_count(o); i++) {
		static const struct option_row help = { 'h', "help", NULL, "show this" };
		const struct option_row *r = i < row_count(o) ? &o->rows[i] : &help;
		size_t start = out->n;
		if (r->letter)
			text_printf(out, "  -%c%s", r->letter, r->name ? ", " : "");
		else
			text_add(out, "      ");
		if (r->name)
			text_printf(out, "--%s", r->name);
		if (r->argument)
			text_printf(out, "%s%s", argument_of(r) == optional_argument ? "" : " ",
				    r->argument);
		size_t width = out->n - start;
		size_t gap = width < HELP_COLUMN ? HELP_COLUMN - width : 2;
		text_fill(out, ' ', gap);
		put_help(out, width + gap, r->help);
	}
}

bool options_number(const char *argument, const char *what, unsigned long low,
		    unsigned long high, unsigned long *value, struct err *e)
{
	char *end;
	errno = 0;
	*value = strtoul(argument, &end, 10);
	if (errno || *argument < '0' || *argument > '9' || *end || *value < low || *value > high)
		return err_set(e, "%s is \"%s\", needs a number from %lu to %lu", what,
			       argument, low, high);
	return true;
}
