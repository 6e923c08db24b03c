/* SPDX-License-Identifier: BSD-2-Clause
 * Inputs, keys and batches of the commands that read packets. */
#include "dissect/run.h"

#include "dissect/privileges.h"
#include "ipsec/ike/session.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DURATION_MAX = 1000000000 };	/* seconds */

struct run *run_new(const char *command)
{
	struct run *r = calloc(1, sizeof *r);
	if (!r)
		abort();
	r->command = command;
	r->wait.stop = -1;
	r->input.wait = &r->wait;
	keystore_init(&r->store);
	return r;
}

void run_free(struct run *r)
{
	wire_free(r->wire);
	keystore_done(&r->store);
	crypto_free(r->crypto);
	arena_done(&r->arena);
	free(r->packet_memory);
	free(r->ends);
	free(r);
}

void run_complain(struct run *r, int status)
{
	fprintf(stderr, "%s: %s\n", r->command, r->e.text);
	r->e.set = false;
	if (r->status < status)
		r->status = status;
}

/* ---- options ---- */

static bool add_key(struct run *r, const char *path)
{
	if (r->key_count == RUN_PATHS_MAX)
		return err_set(&r->e, "more than %d times -k", RUN_PATHS_MAX);
	r->keys[r->key_count++] = path;
	return true;
}

static bool add_port(struct run *r, const char *argument)
{
	unsigned long v;
	if (r->wire_options.port_count == RUN_PORTS_MAX)
		return err_set(&r->e, "more than %d times --port", RUN_PORTS_MAX);
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

static bool set_number(struct run *r, const char *argument, const char *what,
		       unsigned long most, unsigned long *to)
{
	return options_number(argument, what, 1, most, to, &r->e);
}

static bool set_option(struct run *r, struct option_found o)
{
	switch (o.row) {
	case RUN_KEYS: return add_key(r, o.argument);
	case RUN_COUNT: return set_number(r, o.argument, "-c", ULONG_MAX, &r->limit);
	case RUN_FILTER: return (r->input.filter = o.argument);
	case RUN_WINDOW: return set_window(r, o.argument);
	case RUN_PORT: return add_port(r, o.argument);
	case RUN_FOLLOW: return r->input.follow = true;
	case RUN_INTERFACE: return (r->interface = o.argument);
	case RUN_PROMISCUOUS: return r->input.promiscuous = true;
	case RUN_SNAPLEN: return set_number(r, o.argument, "--snaplen", CAPTURE_OCTETS_MAX,
					    &r->snaplen);
	case RUN_ESP_NULL: return r->wire_options.esp_null = true;
	case RUN_MAX_SAS: return set_number(r, o.argument, "--max-sas", IKE_SAS_MAX, &r->max_sas);
	case RUN_DURATION: return set_number(r, o.argument, "--duration", DURATION_MAX,
					     &r->duration);
	default: return false;
	}
}

static bool to_stdout(void *user, const char *p, size_t n)
{
	(void)user;
	return fwrite(p, 1, n, stdout) == n && fflush(stdout) == 0;
}

static int usage(const struct options *o)
{
	struct text t = { .sink = to_stdout };
	options_usage(o, &t);
	bool ok = text_flush(&t);
	text_done(&t);
	return ok ? 0 : 2;
}

static int list_interfaces(struct run *r)
{
	struct text t = { .sink = to_stdout };
	bool ok = capture_list_interfaces(&t, &r->e) && text_flush(&t);
	text_done(&t);
	if (r->e.set)
		run_complain(r, 2);
	return ok ? 0 : 2;
}

/* -1: there is something to read. */
static int check_inputs(struct run *r, int files)
{
	if (r->no_input)
		return -1;
	if (r->interface && files)
		err_set(&r->e, "files and an interface cannot be read in one run");
	else if (!r->interface && !files)
		err_set(&r->e, "no capture file given (- is standard input)");
	else if (!r->interface && (r->input.promiscuous || r->snaplen))
		err_set(&r->e, "--promiscuous and --snaplen are for -i");
	else
		return -1;
	run_complain(r, 2);
	return 2;
}

int run_options(struct run *r, const struct options *options, int argc, char **argv,
		bool (*set)(void *user, struct option_found o, struct err *e), void *user)
{
	optind = 1;
	for (;;) {
		struct option_found o = options_next(options, argc, argv, &r->e);
		if (o.row == OPTIONS_END)
			break;
		if (o.row == OPTIONS_HELP)
			return usage(options);
		if (o.row == RUN_LIST_INTERFACES)
			return list_interfaces(r);
		if (o.row >= 0 && (o.row < RUN_OPTIONS ? set_option(r, o) : set(user, o, &r->e)))
			continue;
		run_complain(r, 2);
		fprintf(stderr, "`%s -h` shows the options\n", r->command);
		return 2;
	}
	return check_inputs(r, argc - optind);
}

/* ---- keys ---- */

/* False when a path cannot be read at all. Unusable key lines are told, and make
 * the exit status 1 when no other key is there; the captures are read anyway. */
static bool load_keys(struct run *r)
{
	struct keys_notes notes;
	struct text told = { 0 };
	bool ok = true;
	keys_notes_init(&notes);
	for (size_t i = 0; ok && i < r->key_count; i++)
		ok = keys_load(&r->store, r->keys[i], &notes, &r->e);
	if (!ok)
		run_complain(r, 2);
	else if (r->key_count && !keys_finish(&r->store, &notes))
		r->status = 1;
	keys_notes_print(&notes, &told);
	if (told.n)
		fwrite(told.p, 1, told.n, stderr);
	text_done(&told);
	keys_notes_done(&notes);
	return ok;
}

bool run_open(struct run *r)
{
	r->crypto = crypto_new(&r->e);
	if (!r->crypto) {
		run_complain(r, 2);
		return false;
	}
	if (!load_keys(r))
		return false;
	if (r->max_sas)
		r->wire_options.sessions = r->max_sas;
	r->wire = wire_new(r->crypto, &r->store, &r->wire_options);
	r->packet_memory = calloc(RUN_BATCH, sizeof *r->packet_memory);
	if (!r->packet_memory)
		abort();
	for (size_t i = 0; i < RUN_BATCH; i++)
		r->packets[i] = &r->packet_memory[i];
	return true;
}

/* ---- packets ---- */

static void batch_end(struct run *r)
{
	wire_open(r->wire, r->packets, r->count);
	for (size_t i = 0; i < r->count; i++) {
		wire_finish(r->wire, r->packets[i]);
		if (r->calls->packet)
			r->calls->packet(r->calls->user, r->packets[i]);
	}
	r->count = 0;
	arena_reset(&r->arena);
}

static void take_frame(struct run *r, const struct frame *f)
{
	if (r->frames++ == 0) {
		r->first_seconds = f->seconds;
		r->first_nanoseconds = f->nanoseconds;
	}
	r->octets += f->captured;
	struct packet *p = r->packets[r->count++];
	wire_parse(r->wire, p, f, &r->arena);
	if (r->count == r->batch || wire_ends_batch(p))
		batch_end(r);
}

static bool stops(const struct run *r)
{
	return r->stop || r->wait.ended || (r->limit && r->frames == r->limit);
}

static void flush(void *user)
{
	const struct run *r = user;
	if (r->calls->flush)
		r->calls->flush(r->calls->user);
}

/* first: the number before that of its first frame. */
static void read_capture(struct run *r, struct capture *c, uint64_t first)
{
	struct frame f;
	enum capture_state state = CAPTURE_END;
	r->batch = capture_keeps(c) < RUN_BATCH ? capture_keeps(c) : RUN_BATCH;
	while (!stops(r) && (state = capture_next(c, &f, &r->e)) == CAPTURE_FRAME) {
		f.number += r->number_through ? first : 0;
		take_frame(r, &f);
	}
	batch_end(r);
	if (state == CAPTURE_DAMAGED) {
		flush(r);
		run_complain(r, 1);
	}
}

/* ---- inputs ---- */

/* What is not there yet is waited for; a signal ends that. */
static void begin_waiting(struct run *r)
{
	sigset_t ends;
	struct timespec now;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &r->signals);
	r->wait.stop = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	r->wait.before = flush;
	r->wait.user = r;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (r->duration)
		r->wait.deadline = ((int64_t)now.tv_sec + (int64_t)r->duration) * 1000000000 +
				   now.tv_nsec;
}

/* Signals that came meanwhile have been obeyed. */
static void end_waiting(struct run *r)
{
	struct signalfd_siginfo s;
	while (r->wait.stop >= 0 && read(r->wait.stop, &s, sizeof s) > 0)
		;
	if (r->wait.stop >= 0)
		close(r->wait.stop);
	r->wait.stop = -1;
	sigprocmask(SIG_SETMASK, &r->signals, NULL);
}

static bool begin(struct run *r, int link)
{
	if (!r->calls->begin || r->calls->begin(r->calls->user, link, &r->e))
		return true;
	run_complain(r, 2);
	return false;
}

/* The link type of all files; -1 when they differ, or one can be read only once. */
static int common_link(int count, char **files)
{
	int link = -1;
	for (int i = 0; i < count; i++) {
		struct err ignored = { 0 };
		struct stat st;
		if (stat(files[i], &st) != 0 || !S_ISREG(st.st_mode))
			return -1;
		struct capture *c = capture_open(files[i], &ignored);
		if (!c)
			continue;
		int one = capture_link(c);
		capture_close(c);
		if (link >= 0 && one != link)
			return -1;
		link = one;
	}
	return link;
}

/* A regular file and its place among the names. */
struct dated {
	char *name;
	int at;
	int64_t seconds;
	uint32_t nanoseconds;
};

/* False for what has no first frame, or cannot be read twice. */
static bool first_time(struct dated *d)
{
	struct err ignored = { 0 };
	struct stat st;
	struct frame f;
	if (stat(d->name, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	struct capture *c = capture_open(d->name, &ignored);
	bool there = c && capture_next(c, &f, &ignored) == CAPTURE_FRAME;
	if (there) {
		d->seconds = f.seconds;
		d->nanoseconds = f.nanoseconds;
	}
	capture_close(c);
	return there;
}

static int by_time(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;
	if (x->seconds != y->seconds)
		return x->seconds < y->seconds ? -1 : 1;
	if (x->nanoseconds != y->nanoseconds)
		return x->nanoseconds < y->nanoseconds ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

void run_sort_files(int count, char **files)
{
	struct dated *all = count > 1 ? calloc((size_t)count, 2 * sizeof *all) : NULL;
	size_t n = 0;
	if (count < 2)
		return;
	if (!all)
		abort();
	struct dated *sorted = all + count;
	for (int i = 0; i < count; i++) {
		all[n] = (struct dated){ .name = files[i], .at = i };
		n += first_time(&all[n]);
	}
	memcpy(sorted, all, n * sizeof *all);
	qsort(sorted, n, sizeof *sorted, by_time);
	for (size_t i = 0; i < n; i++)
		files[all[i].at] = sorted[i].name;
	free(all);
}

static void make_ends(struct run *r, int count)
{
	free(r->ends);
	r->ends = calloc((size_t)count + 1, sizeof *r->ends);
	if (!r->ends)
		abort();
}

static void read_files(struct run *r, int count, char **files)
{
	uint64_t number = 0;
	make_ends(r, count);
	bool begun = count > 1;
	if (begun && !begin(r, r->calls->begin ? common_link(count, files) : -1))
		return;
	for (int i = 0; i < count && !stops(r); i++) {
		struct capture *c = capture_open_with(files[i], &r->input, &r->e);
		if (c && (begun || begin(r, capture_link(c))))
			read_capture(r, c, number);
		else if (!c && r->wait.ended)
			r->e.set = false;	/* it ended before the file had begun */
		else if (!c)
			run_complain(r, 2);
		number += c ? capture_frames(c) : 0;
		r->ends[i] = number;
		capture_close(c);
	}
}

static void tell_statistics(const struct run *r, const struct capture *c)
{
	struct capture_stats s;
	if (!capture_stats(c, &s))
		return;
	fprintf(stderr, "%s: %s: %llu frames read, %llu received, %llu dropped by the kernel, "
		"%llu by the interface\n", r->command, r->interface,
		(unsigned long long)r->frames, (unsigned long long)s.received,
		(unsigned long long)s.dropped_kernel, (unsigned long long)s.dropped_interface);
}

/* From here on packets are read: nothing that is still done needs a right. */
static bool give_up_rights(struct run *r)
{
	const char *note;
	if (!privileges_drop(&note, &r->e)) {
		run_complain(r, 2);
		return false;
	}
	if (note)
		fprintf(stderr, "%s: note: %s\n", r->command, note);
	return true;
}

static void read_interface(struct run *r)
{
	struct capture *c = capture_open_interface(r->interface, &r->input, &r->e);
	if (!c) {
		run_complain(r, 2);
		return;
	}
	if (begin(r, capture_link(c)) && give_up_rights(r)) {
		read_capture(r, c, 0);
		flush(r);
		tell_statistics(r, c);
	}
	capture_close(c);
}

static bool waits(const struct run *r, int count, char **files)
{
	bool regular = !r->interface && !r->input.follow;
	for (int i = 0; i < count && regular; i++) {
		struct stat st;
		bool found = strcmp(files[i], "-") ? stat(files[i], &st) == 0 :
						     fstat(STDIN_FILENO, &st) == 0;
		regular = found && S_ISREG(st.st_mode);
	}
	return !regular;
}

static void tell_forgotten(const struct run *r)
{
	uint64_t seen, forgotten;
	ike_session_counts(wire_session(r->wire), &seen, &forgotten);
	if (forgotten)
		fprintf(stderr, "%s: note: %llu of %llu IKE SAs had to be forgotten to remember "
			"others (--max-sas)\n", r->command, (unsigned long long)forgotten,
			(unsigned long long)seen);
}

void run_files(struct run *r, int count, char **files, const struct run_calls *calls)
{
	bool waiting = waits(r, count, files);
	r->calls = calls;
	r->input.snaplen = (uint32_t)r->snaplen;
	if (waiting)
		begin_waiting(r);
	if (r->interface)
		read_interface(r);
	else
		read_files(r, count, files);
	if (waiting)
		end_waiting(r);
	tell_forgotten(r);
}
