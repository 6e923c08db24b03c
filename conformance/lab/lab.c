/* SPDX-License-Identifier: BSD-2-Clause
 * The command `ikat lab`: list, run, record, up, shell, check, all. */
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conformance/lab/lab.h"
#include "conformance/lab/lab_private.h"
#include "ipsec/base/options.h"

enum { EXIT_AS_PROMISED, EXIT_NOT_SO, EXIT_TROUBLE };
enum { OPTION_NETNS, OPTION_KEEP, OPTION_TIMEOUT };
enum { SECONDS = 90, NAMES_MAX = 512 };

static const struct option_row option_rows[] = {
	{ 'n', "netns", NULL, "use this machine's kernel and namespaces (root), not user-mode Linux" },
	{ 'k', "keep", NULL, "keep the work folder with all logs" },
	{ 't', "timeout", "SECONDS", "limit of a run, 90 if not given" },
	{ 0 }
};

static const struct options options = {
	"ikat lab", "list | run NAME | record NAME DIR | up NAME | shell NAME | check",
	"real IPsec peers and a real kernel's ESP and AH", option_rows
};

struct command {
	enum lab_how how;
	bool keep;
	unsigned int seconds;
	const char *record;	/* folder, or NULL */
	enum lab_tail tail;
};

static int trouble(const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "ikat lab: %s\n", e->text);
	return EXIT_TROUBLE;
}

/* ---- one scenario ---- */

static bool prepare(const struct command *c, struct lab_run *r, const char *name, struct err *e)
{
	r->seconds = c->tail == LAB_TO_THE_END ? c->seconds : 0;
	r->tail = c->tail;
	return lab_run_read(r, name, e) && lab_host_find(&r->host, c->how, &r->arena, e) &&
	       lab_run_prepare(r, e);
}

static int tell(const struct lab_run *r, bool *good)
{
	struct text table = { 0 };
	*good = lab_judge(&r->scenario, &r->found, r->work, &table);
	printf("%s: %s\n%.*s%s in %.1f s\n", r->scenario.name, r->scenario.title, (int)table.n,
	       table.p, *good ? "as promised" : "NOT as promised", r->took);
	text_done(&table);
	return *good ? EXIT_AS_PROMISED : EXIT_NOT_SO;
}

static void progress(const struct command *c, const char *name)
{
	if (isatty(STDERR_FILENO) && c->tail == LAB_TO_THE_END)
		fprintf(stderr, "%s: a guest is at work, up to %u s ...\n", name, c->seconds);
}

static int one(const struct command *c, const char *name)
{
	struct lab_run r = { 0 };
	struct err e = { 0 };
	bool ready = prepare(c, &r, name, &e), good = false;
	if (ready)
		progress(c, name);
	int status = ready && lab_run_guest(&r, &e) ? tell(&r, &good) : trouble(&e);
	if (good && c->record && !lab_record(&r, c->record, &e)) {
		status = trouble(&e);
		good = false;
	}
	bool keep = r.work && (c->keep || (ready && !good && strcmp(e.text, "interrupted") != 0));
	if (keep)
		fprintf(stderr, "ikat lab: logs and configurations are in %s\n", r.work);
	lab_run_done(&r, keep);
	return status;
}

/* ---- the list ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t names(const char *folder, const char *out[NAMES_MAX], struct arena *a)
{
	size_t n = 0;
	DIR *d = opendir(folder);
	struct dirent *entry;
	while (d && n < NAMES_MAX && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			out[n++] = arena_text(a, span_text(entry->d_name));
	if (d)
		closedir(d);
	qsort(out, n, sizeof *out, by_name);
	return n;
}

static int list(void)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	const char *all[NAMES_MAX], *data = lab_data(&a, &e);
	size_t n = data ? names(arena_printf(&a, "%s/scenarios", data), all, &a) : 0;
	for (size_t i = 0; i < n; i++) {
		struct lab_run r = { 0 };
		if (lab_run_read(&r, all[i], &e))
			printf("%s\t%s\n", all[i], r.scenario.title);
		lab_run_done(&r, false);
	}
	arena_done(&a);
	return e.set ? trouble(&e) : EXIT_AS_PROMISED;
}

/* ---- check ---- */

static int check(const struct command *c)
{
	struct lab_run r = { 0 };
	struct err e = { 0 };
	bool ready = prepare(c, &r, "manual-gcm", &e);
	bool good = ready && lab_run_guest(&r, &e);
	if (good) {
		struct text first = { 0 };
		good = lab_judge_first(&r.scenario, &r.found, r.work, &first) ||
		       err_set(&e, "the guest runs, but %.*s", (int)first.n, first.p);
		text_done(&first);
	}
	if (good)
		printf("guest\t%s\npackages\t%s\nboot, ESP and halt\t%.1f s\n",
		       c->how == LAB_UML ? r.host.kernel : "namespaces of this machine",
		       *r.host.packages ? r.host.packages : "installed ones", r.took);
	int status = good ? EXIT_AS_PROMISED : trouble(&e);
	lab_run_done(&r, c->keep);
	return status;
}

/* ---- the front door ---- */

static bool read_options(struct command *c, int argc, char **argv, struct err *e, bool *help)
{
	struct option_found o;
	unsigned long n;
	optind = 1;
	while ((o = options_next(&options, argc, argv, e)).row != OPTIONS_END) {
		if (o.row == OPTION_NETNS)
			c->how = LAB_NETNS;
		else if (o.row == OPTION_KEEP)
			c->keep = true;
		else if (o.row == OPTIONS_HELP)
			*help = true;
		else if (o.row != OPTION_TIMEOUT ||
			 !options_number(o.argument, "--timeout", 1, 86400, &n, e))
			return false;
		else
			c->seconds = (unsigned int)n;
		if (*help)
			return true;
	}
	return true;
}

static int usage(FILE *to, int status)
{
	struct text t = { 0 };
	options_usage(&options, &t);
	fwrite(t.p, 1, t.n, to);
	text_done(&t);
	return status;
}

static int dispatch(struct command *c, int n, char **words)
{
	const char *verb = n ? words[0] : "";
	if (strcmp(verb, "list") == 0 && n == 1)
		return list();
	if (strcmp(verb, "check") == 0 && n == 1)
		return check(c);
	if (strcmp(verb, "inject") == 0)
		return lab_inject(n, words);
	if (strcmp(verb, "run") == 0 && n == 2)
		return one(c, words[1]);
	if (strcmp(verb, "record") == 0 && (n == 2 || n == 3)) {
		c->record = n == 3 ? words[2] : ".";
		return one(c, words[1]);
	}
	c->tail = strcmp(verb, "shell") == 0 ? LAB_SHELL : LAB_STAY;
	if ((strcmp(verb, "shell") == 0 || strcmp(verb, "up") == 0) && n == 2)
		return one(c, words[1]);
	return usage(stderr, EXIT_TROUBLE);
}

int lab_main(int argc, char **argv)
{
	struct command c = { .how = LAB_UML, .seconds = SECONDS };
	struct err e = { 0 };
	bool help = false;
	if (!read_options(&c, argc, argv, &e, &help))
		return trouble(&e);
	if (help)
		return usage(stdout, EXIT_AS_PROMISED);
	return dispatch(&c, argc - optind, argv + optind);
}
