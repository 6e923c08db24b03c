/* SPDX-License-Identifier: BSD-2-Clause
 * Command line options from one table: getopt_long's arguments, the usage text
 * and the completions are all made from it. */
#ifndef IKAT_BASE_OPTIONS_H
#define IKAT_BASE_OPTIONS_H

#include "ipsec/base/err.h"
#include "ipsec/base/text.h"

struct option_row {
	char letter;		/* 0: only a long form */
	const char *name;	/* long form, or NULL */
	const char *argument;	/* "FILE"; "[=WORD]" if it may be left out (long form only,
				 * --name=WORD); NULL if it takes none */
	const char *help;
};

struct options {
	const char *command;	/* "ikat dissect" */
	const char *arguments;	/* "[FILE...]" */
	const char *summary;	/* one line */
	const struct option_row *rows;	/* ends with an all-zero row; -h is added by itself */
};

struct option_found {
	int row;		/* index in rows; OPTIONS_HELP for -h, --help */
	const char *argument;	/* or NULL */
};
enum { OPTIONS_END = -1, OPTIONS_BAD = -2, OPTIONS_HELP = -3, OPTIONS_ROWS_MAX = 48 };

/* The next option of argv (argv[0] is the command's name); *row is OPTIONS_END
 * when there are none left: then argv[optind] is the first other argument.
 * OPTIONS_BAD with an error for a wrong one. Restart by setting optind to 1. */
struct option_found options_next(const struct options *o, int argc, char **argv,
				 struct err *e);
void options_usage(const struct options *o, struct text *out);

/* A decimal number from low to high, whole; otherwise an error that says so. */
bool options_number(const char *argument, const char *what, unsigned long low,
		    unsigned long high, unsigned long *value, struct err *e) MUST_CHECK;

#endif
