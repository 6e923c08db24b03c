/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat dissect`: frames from captures, through the packet path in batches, to
 * a view. */
#include "dissect/dissect.h"

#include "dissect/capture.h"
#include "dissect/keys.h"
#include "dissect/view.h"
#include "ipsec/base/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BATCH = 32, PATHS_MAX = 64, PORTS_MAX = 16 };

enum { O_KEYS, O_FORMAT, O_COUNT, O_FRAMES, O_WINDOW, O_PORT, O_BYTES, O_COLOUR };

static const struct option_row rows[] = {
	[O_KEYS] = { 'k', "keys", "PATH", "keys: a file or a folder, in any format (see ikat-keys(1))" },
	[O_FORMAT] = { 'f', "format", "VIEW", "tree (default), line, notation, json or none" },
	[O_COUNT] = { 'c', "count", "N", "stop after N frames" },
	[O_FRAMES] = { 0, "frames", "FROM[-TO]", "show only these frames (all are read)" },
	[O_WINDOW] = { 0, "window", "N", "size of the anti-replay window (the key's, or 64)" },
	[O_PORT] = { 0, "port", "N", "a further UDP port for IKE and ESP" },
	[O_BYTES] = { 0, "bytes", NULL, "show the octets of each layer too" },
	[O_COLOUR] = { 0, "colour", "WHEN", "auto (default), always or never" },
	{ 0 },
};

static const struct options options = {
	.command = "ikat dissect",
	.arguments = "FILE...",
	.summary = "Shows the packets of captures (- is standard input), layer by layer.",
	.rows = rows,
};

struct run {
	const char *keys[PATHS_MAX];
	size_t key_count;
	uint16_t ports[PORTS_MAX];
	struct wire_options wire_options;
	const struct view *view;
	unsigned long limit;		/* frames; 0: all */
	unsigned long from, to;		/* frames to show */
	bool bytes;
	const char *colour;

	struct crypto *crypto;
	struct keystore store;
	struct wire *wire;
	struct text out;
	struct view_env env;
	struct arena batch_arena, scratch;
	struct packet *packets[BATCH];
	size_t count, batch;		/* packets of the batch: now, and when it is full */
	uint64_t frames;		/* of all files */
	struct err e;
	int status;
};

static bool to_stdout(void *user, const char *p, size_t n)
{
	(void)user;
	return fwrite(p, 1, n, stdout) == n && fflush(stdout) == 0;
}

static void complain(struct run *r, int status)
{
	fprintf(stderr, "ikat dissect: %s\n", r->e.text);
	r->e.set = false;
	if (r->status < status)
		r->status = status;
}

/* ---- options ---- */

static bool add_key(struct run *r, const char *path)
{
	if (r->key_count == PATHS_MAX)
		return err_set(&r->e, "more than %d times -k", PATHS_MAX);
	r->keys[r->key_count++] = path;
	return true;
}

static bool add_port(struct run *r, const char *argument)
{
	unsigned long v;
	if (r->wire_options.port_count == PORTS_MAX)
		return err_set(&r->e, "more than %d times --port", PORTS_MAX);
	if (!options_number(argument, "--port", 1, 65535, &v, &r->e))
		return false;
	r->ports[r->wire_options.port_count++] = (uint16_t)v;
	r->wire_options.ports = r->ports;
	return true;
}

static bool set_window(struct run *r, const char *argument)
{
	unsigned long v;
	if (!options_number(argument, "--window", 1, REPLAY_WINDOW_MAX, &v, &r->e))
		return false;
	r->wire_options.window = (uint32_t)v;
	return true;
}

static bool set_view(struct run *r, const char *name)
{
	r->view = view_find(name);
	if (!r->view)
		return err_set(&r->e, "no view \"%s\": there are tree, line, notation, json and none",
			       name);
	return true;
}

static bool set_frames(struct run *r, const char *range)
{
	char from[24];
	const char *dash = strchr(range, '-');
	size_t n = dash ? (size_t)(dash - range) : strlen(range);
	snprintf(from, sizeof from, "%.*s", (int)n, range);
	if (!options_number(from, "--frames", 1, ULONG_MAX, &r->from, &r->e))
		return false;
	r->to = r->from;
	return !dash || options_number(dash + 1, "--frames", r->from, ULONG_MAX, &r->to, &r->e);
}

static bool set_colour(struct run *r, const char *when)
{
	r->colour = when;
	if (strcmp(when, "auto") && strcmp(when, "always") && strcmp(when, "never"))
		return err_set(&r->e, "--colour is \"%s\", needs auto, always or never", when);
	return true;
}

static bool set_option(struct run *r, struct option_found o)
{
	switch (o.row) {
	case O_KEYS: return add_key(r, o.argument);
	case O_FORMAT: return set_view(r, o.argument);
	case O_COUNT: return options_number(o.argument, "-c", 1, ULONG_MAX, &r->limit, &r->e);
	case O_FRAMES: return set_frames(r, o.argument);
	case O_WINDOW: return set_window(r, o.argument);
	case O_PORT: return add_port(r, o.argument);
	case O_BYTES: return r->bytes = true;
	case O_COLOUR: return set_colour(r, o.argument);
	default: return false;
	}
}

static void usage(void)
{
	struct text t = { .sink = to_stdout };
	options_usage(&options, &t);
	text_flush(&t);
	text_done(&t);
}

/* -1: go on; otherwise the exit status. */
static int read_options(struct run *r, int argc, char **argv)
{
	r->view = &views[0];
	r->colour = "auto";
	r->from = 1;
	r->to = ULONG_MAX;
	optind = 1;
	for (;;) {
		struct option_found o = options_next(&options, argc, argv, &r->e);
		if (o.row == OPTIONS_END)
			break;
		if (o.row == OPTIONS_HELP) {
			usage();
			return 0;
		}
		if (o.row == OPTIONS_BAD || !set_option(r, o)) {
			complain(r, 2);
			fputs("`ikat dissect -h` shows the options\n", stderr);
			return 2;
		}
	}
	if (optind < argc)
		return -1;
	fputs("ikat dissect: no capture file given (- is standard input)\n", stderr);
	return 2;
}

/* ---- packets ---- */

static void batch_end(struct run *r)
{
	wire_open(r->wire, r->packets, r->count);
	for (size_t i = 0; i < r->count; i++) {
		wire_finish(r->wire, r->packets[i]);
		uint64_t number = r->packets[i]->frame.number;
		if (!r->view->packet || number < r->from || number > r->to)
			continue;
		r->view->packet(&r->env, r->packets[i]);
		text_record_end(&r->out);
		arena_reset(&r->scratch);
	}
	r->count = 0;
	arena_reset(&r->batch_arena);
}

static void first_time(struct run *r, const struct frame *f)
{
	r->env.first_seconds = f->seconds;
	r->env.first_nanoseconds = f->nanoseconds;
}

static void take_frame(struct run *r, const struct frame *f)
{
	if (r->frames++ == 0)
		first_time(r, f);
	struct packet *p = r->packets[r->count++];
	wire_parse(r->wire, p, f, &r->batch_arena);
	if (r->count == r->batch || wire_ends_batch(p))
		batch_end(r);
}

static void read_file(struct run *r, const char *path)
{
	struct frame f;
	struct capture *c = capture_open(path, &r->e);
	if (!c) {
		complain(r, 2);
		return;
	}
	enum capture_state state = CAPTURE_END;
	bool live = !capture_is_file(c);
	r->batch = capture_keeps(c) < BATCH ? capture_keeps(c) : BATCH;
	while (!r->out.bad && !(r->limit && r->frames == r->limit) &&
	       (state = capture_next(c, &f, &r->e)) == CAPTURE_FRAME) {
		take_frame(r, &f);
		if (live)
			text_flush(&r->out);
	}
	batch_end(r);
	if (state == CAPTURE_DAMAGED) {
		text_flush(&r->out);
		complain(r, 1);
	}
	capture_close(c);
}

/* ---- the command ---- */

static unsigned terminal_columns(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	if (columns && atoi(columns) > 0)
		return (unsigned)atoi(columns);
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return 80;
}

/* False when a path cannot be read at all. Unusable key lines are told, and make
 * the exit status 1 when no other key is there; the captures are shown anyway. */
static bool load_keys(struct run *r)
{
	struct keys_notes notes;
	struct text told = { 0 };
	bool ok = true;
	keys_notes_init(&notes);
	for (size_t i = 0; ok && i < r->key_count; i++)
		ok = keys_load(&r->store, r->keys[i], &notes, &r->e);
	if (!ok)
		complain(r, 2);
	else if (r->key_count && !keys_finish(&r->store, &notes))
		r->status = 1;
	if (r->store.secret_count && !r->store.sa_count && !r->store.ike_count)
		text_printf(&told, "note: %zu secrets (SKEYSEED, SK_d, DH) are not used here: "
			    "dissect derives no keys\n", r->store.secret_count);
	keys_notes_print(&notes, &told);
	if (told.n)
		fwrite(told.p, 1, told.n, stderr);
	text_done(&told);
	keys_notes_done(&notes);
	return ok;
}

static void set_env(struct run *r, int files)
{
	bool terminal = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	r->out.sink = to_stdout;
	r->env = (struct view_env){
		.out = &r->out,
		.crypto = r->crypto,
		.scratch = &r->scratch,
		.colour = strcmp(r->colour, "auto") ? strcmp(r->colour, "always") == 0 : terminal,
		.bytes = r->bytes,
		.many_files = files > 1,
		.columns = terminal_columns(),
	};
}

static void run_files(struct run *r, int count, char **files)
{
	r->wire = wire_new(r->crypto, &r->store, &r->wire_options);
	struct packet *packets = calloc(BATCH, sizeof *packets);
	if (!packets)
		abort();
	for (size_t i = 0; i < BATCH; i++)
		r->packets[i] = &packets[i];
	set_env(r, count);
	for (int i = 0; i < count && !r->out.bad; i++)
		read_file(r, files[i]);
	if (r->view->end && (r->frames || r->status != 2))
		r->view->end(&r->env, wire_counts(r->wire));
	if (!text_flush(&r->out)) {
		err_set(&r->e, "standard output: %s", strerror(errno));
		complain(r, 2);
	}
	free(packets);
	wire_free(r->wire);
}

int dissect_main(int argc, char **argv)
{
	struct run *r = calloc(1, sizeof *r);
	if (!r)
		abort();
	int status = read_options(r, argc, argv);
	if (status < 0) {
		keystore_init(&r->store);
		r->crypto = crypto_new(&r->e);
		if (!r->crypto)
			complain(r, 2);
		else if (load_keys(r))
			run_files(r, argc - optind, argv + optind);
		keystore_done(&r->store);
		crypto_free(r->crypto);
		status = r->status;
	}
	text_done(&r->out);
	arena_done(&r->batch_arena);
	arena_done(&r->scratch);
	free(r);
	return status;
}
