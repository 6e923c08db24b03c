/* SPDX-License-Identifier: BSD-2-Clause
 * The command `ikat vectors`: which files, which rows, what is printed. */
#include <getopt.h>
#include <stdlib.h>

#include "ipsec/base/options.h"
#include "vectors/vectors.h"

enum { EXIT_GREEN, EXIT_RED, EXIT_TROUBLE };

enum { OPTION_LIST, OPTION_KIND, OPTION_VERBOSE };

static const struct option_row option_rows[] = {
	{ 'l', "list", NULL, "print one vector a line instead of running them" },
	{ 'k', "kind", "KIND", "only vectors of this kind" },
	{ 'v', "verbose", NULL, "print each vector as it is run" },
	{ 0 }
};

static const struct options options = {
	"ikat vectors", "[FILE...]", "run known-answer vectors", option_rows
};

struct counts {
	size_t ok, rejects, failed;
};

struct command {
	bool list, verbose;
	const char *kind;	/* or NULL */
	struct crypto *crypto;
	struct arena arena;	/* the file that is being run */
	struct counts total;
	bool trouble;
	size_t files;
};

/* ---- printing ---- */

static void print_counts(const char *what, const struct counts *c)
{
	printf("%s\t%zu ok, %zu rejects", what, c->ok, c->rejects);
	if (c->failed)
		printf(", %zu FAILED", c->failed);
	putchar('\n');
}

static const char *cell(const struct vector_file *f, size_t row, const char *column)
{
	const char *text = csv_cell(&f->table, &f->table.rows[row], column);
	return text ? text : "";
}

static void print_row(const struct vector_file *f, size_t row)
{
	printf("%s\t%s\t%s\t%s\t%s\t%s\n", cell(f, row, "name"), f->kind->name,
	       cell(f, row, f->kind->subject), cell(f, row, "expect"), cell(f, row, "source"),
	       cell(f, row, "why"));
}

/* ---- running ---- */

static void run_row(struct command *c, const struct vector_file *f, size_t row,
		    struct counts *counts)
{
	struct err e = { 0 };
	bool unusable = false;
	bool good = vectors_run(f, row, c->crypto, &unusable, &e);
	if (c->verbose)
		printf("%s\t%s\t%s\n", good ? "pass" : "FAIL", f->kind->name, cell(f, row, "name"));
	if (!good) {
		fflush(stdout);
		fprintf(stderr, "ikat vectors: %s\n", e.text);
		counts->failed++;
	} else if (vectors_expect_ok(f, row)) {
		counts->ok++;
	} else {
		counts->rejects++;
	}
	c->trouble |= unusable;
}

static void run_file(struct command *c, const struct vector_file *f)
{
	struct counts counts = { 0 };
	c->files++;
	for (size_t i = 0; i < f->table.count; i++) {
		if (c->list)
			print_row(f, i);
		else
			run_row(c, f, i, &counts);
	}
	if (!c->list)
		print_counts(f->kind->name, &counts);
	c->total.ok += counts.ok;
	c->total.rejects += counts.rejects;
	c->total.failed += counts.failed;
}

static void one_file(struct command *c, const char *path)
{
	struct err e = { 0 };
	struct vector_file f = { 0 };
	if (!vectors_read(&f, path, &c->arena, &e)) {
		fprintf(stderr, "ikat vectors: %s\n", e.text);
		c->trouble = true;
	} else if (!c->kind || strcmp(c->kind, f.kind->name) == 0) {
		run_file(c, &f);
	}
	arena_reset(&c->arena);
}

static void whole_folder(struct command *c)
{
	struct err e = { 0 };
	struct arena names = { 0 };
	const char *folder = vectors_folder(&names, &e);
	if (!folder) {
		fprintf(stderr, "ikat vectors: %s\n", e.text);
		c->trouble = true;
	}
	for (size_t i = 0; folder && i < vector_kind_count; i++)
		if (!c->kind || strcmp(c->kind, vector_kinds[i].name) == 0)
			one_file(c, arena_printf(&names, "%s/%s", folder, vector_kinds[i].file));
	arena_done(&names);
}

/* ---- the command line ---- */

static bool kind_known(const char *kind, struct err *e)
{
	struct text known = { 0 };
	for (size_t i = 0; i < vector_kind_count; i++) {
		if (strcmp(vector_kinds[i].name, kind) == 0) {
			text_done(&known);
			return true;
		}
		text_printf(&known, "%s%s", i ? ", " : "", vector_kinds[i].name);
	}
	err_set(e, "there is no kind \"%s\"; known are %.*s", kind, (int)known.n, known.p);
	text_done(&known);
	return false;
}

static int usage(void)
{
	struct text out = { 0 };
	options_usage(&options, &out);
	fwrite(out.p, 1, out.n, stdout);
	text_done(&out);
	return EXIT_GREEN;
}

/* OPTIONS_END when the options are read, otherwise why not. */
static int read_options(struct command *c, int argc, char **argv, struct err *e)
{
	for (;;) {
		struct option_found found = options_next(&options, argc, argv, e);
		switch (found.row) {
		case OPTION_LIST:
			c->list = true;
			break;
		case OPTION_VERBOSE:
			c->verbose = true;
			break;
		case OPTION_KIND:
			c->kind = found.argument;
			if (!kind_known(c->kind, e))
				return OPTIONS_BAD;
			break;
		default:
			return found.row;
		}
	}
}

static int finish(struct command *c)
{
	if (!c->list && !c->trouble && c->files != 1)
		print_counts("total", &c->total);
	if (c->trouble)
		return EXIT_TROUBLE;
	if (c->files == 0) {
		fprintf(stderr, "ikat vectors: no file of kind %s was given\n", c->kind);
		return EXIT_TROUBLE;
	}
	return c->total.failed ? EXIT_RED : EXIT_GREEN;
}

int vectors_main(int argc, char **argv)
{
	struct err e = { 0 };
	struct command c = { 0 };
	optind = 1;
	int end = read_options(&c, argc, argv, &e);
	if (end == OPTIONS_HELP)
		return usage();
	if (end == OPTIONS_END)
		c.crypto = crypto_new(&e);
	if (e.set || !c.crypto) {
		fprintf(stderr, "ikat vectors: %s\n", e.text);
		return EXIT_TROUBLE;
	}
	if (optind == argc)
		whole_folder(&c);
	for (int i = optind; i < argc; i++)
		one_file(&c, argv[i]);
	int code = finish(&c);
	crypto_free(c.crypto);
	arena_done(&c.arena);
	return code;
}
