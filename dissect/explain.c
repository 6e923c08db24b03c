/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat explain`: reads captures whole, then tells their story. */
#include "dissect/dissect.h"

#include "dissect/run.h"
#include "dissect/story.h"
#include "dissect/terminal.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { O_FORMAT = RUN_OPTIONS, O_MTU, O_COLOUR };

enum { MTU_MIN = 68, MTU_MAX = 65535, MTU_USUAL = 1500, COLUMNS_MIN = 40 };

static const struct option_row rows[] = {
	RUN_OPTION_ROWS,
	[O_FORMAT] = { 'f', "format", "FORMAT", "text (default), json or html" },
	[O_MTU] = { 0, "mtu", "N", "octets that the path between the gateways carries (1500)" },
	[O_COLOUR] = { 0, "colour", "WHEN", "auto (default), always or never" },
	{ 0 },
};

static const struct options options = {
	.command = "ikat explain",
	.arguments = "FILE...",
	.summary = "Tells the story of captures (- is standard input): who negotiated what, why it\n"
		   "failed, and what each SA carried.",
	.rows = rows,
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_HTML, FORMATS };
static const char *const format_names[FORMATS] = { "text", "json", "html" };

struct explain {
	struct run *run;
	struct story *story;
	enum format format;
	unsigned long mtu;
	const char *colour;
	struct text out;
};

/* ---- options ---- */

static bool set_format(struct explain *x, const char *name, struct err *e)
{
	for (int i = 0; i < FORMATS; i++)
		if (strcmp(name, format_names[i]) == 0) {
			x->format = (enum format)i;
			return true;
		}
	return err_set(e, "no format \"%s\": there are text, json and html", name);
}

static bool set_colour(struct explain *x, const char *when, struct err *e)
{
	x->colour = when;
	return terminal_colour_ok(when, e);
}

static bool set_option(void *user, struct option_found o, struct err *e)
{
	struct explain *x = user;
	switch (o.row) {
	case O_FORMAT: return set_format(x, o.argument, e);
	case O_MTU: return options_number(o.argument, "--mtu", MTU_MIN, MTU_MAX, &x->mtu, e);
	case O_COLOUR: return set_colour(x, o.argument, e);
	default: return false;
	}
}

/* ---- the command ---- */

static void take_packet(void *user, const struct packet *p)
{
	struct explain *x = user;
	story_packet(x->story, p);
}

/* As the C library would choose it, without changing its state. */
static bool knows_utf8(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char *v = getenv(variables[i]);
		if (v && *v)
			return strcasestr(v, "utf-8") || strcasestr(v, "utf8");
	}
	return false;
}

static void write_text(struct explain *x)
{
	unsigned columns = terminal_columns();
	struct story_style style = {
		.colour = terminal_colour(x->colour),
		.ascii = !knows_utf8(),
		.columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns,
	};
	story_text(x->story, &style, &x->out);
}

static void write_story(struct explain *x)
{
	switch (x->format) {
	case FORMAT_JSON: story_json(x->story, &x->out); break;
	case FORMAT_HTML: story_html(x->story, &x->out); break;
	default: write_text(x); break;
	}
	if (!text_flush(&x->out)) {
		err_set(&x->run->e, "standard output: %s", strerror(errno));
		run_complain(x->run, 2);
	}
}

static void add_numbers(struct text *t, uint64_t before, uint64_t end, bool first)
{
	if (end <= before)
		text_add(t, end < before ? " (not read)" : " (no frames)");
	else
		text_printf(t, " (%s%llu to %llu)", first ? "frames " : "",
			    (unsigned long long)before + 1, (unsigned long long)end);
}

/* "a.pcap", or "a.pcap (frames 1 to 20), b.pcap (21 to 50)", as they are numbered
 * through; in the story's arena. */
static const char *file_names(struct explain *x, int count, char **files)
{
	const uint64_t *ends = x->run->ends;
	struct text t = { 0 };
	for (int i = 0; i < count; i++) {
		text_add(&t, i ? ", " : "");
		text_add(&t, strcmp(files[i], "-") ? files[i] : "(standard input)");
		if (count > 1)
			add_numbers(&t, i ? ends[i - 1] : 0, ends[i], !i || !ends[i - 1]);
	}
	const char *all = arena_text(&x->story->arena, span_of(t.p, t.n));
	text_done(&t);
	return all;
}

static void explain(struct explain *x, int count, char **files)
{
	struct run *r = x->run;
	struct run_calls calls = { .packet = take_packet, .user = x };
	x->story = story_new(r->wire, r->crypto, (uint32_t)x->mtu);
	x->out.sink = terminal_write;
	ike_session_on_forget(wire_session(r->wire), story_forget, x->story);
	r->number_through = true;
	run_sort_files(count, files);
	run_files(r, count, files, &calls);
	x->story->keys = &r->store;
	x->story->files = r->interface ? r->interface : file_names(x, count, files);
	if (r->frames || r->status != 2) {
		story_finish(x->story);
		write_story(x);
	}
	/* closing the session forgets IKE SAs: the story ends here */
	ike_session_on_forget(wire_session(r->wire), NULL, NULL);
	story_free(x->story);
}

int explain_main(int argc, char **argv)
{
	struct explain x = { .run = run_new("ikat explain"), .mtu = MTU_USUAL, .colour = "auto" };
	int status = run_options(x.run, &options, argc, argv, set_option, &x);
	if (status < 0) {
		if (run_open(x.run))
			explain(&x, argc - optind, argv + optind);
		status = x.run->status;
	}
	text_done(&x.out);
	run_free(x.run);
	return status;
}
