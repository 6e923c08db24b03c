/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat dissect`: packets to a view, and to a capture of plain packets. */
#include "dissect/dissect.h"

#include "dissect/plain.h"
#include "dissect/privileges.h"
#include "dissect/run.h"
#include "dissect/select.h"
#include "dissect/terminal.h"
#include "dissect/view.h"
#include "dissect/view_csv.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	O_FORMAT = RUN_OPTIONS, O_WRITE, O_FRAMES, O_SA, O_IKE, O_HOST, O_FINDINGS, O_FIELDS,
	O_LIST_FIELDS, O_BYTES, O_COLOUR
};

static const struct option_row rows[] = {
	RUN_OPTION_ROWS,
	[O_FORMAT] = { 'f', "format", "VIEW", "tree (default), line, notation, json, csv, html, none" },
	[O_WRITE] = { 'w', "write", "FILE", "write packets as they are without IPsec (pcap)" },
	[O_FRAMES] = { 0, "frames", "FROM[-TO]", "show only these (5, 5-7, 5-, -7); all are read" },
	[O_SA] = { 0, "sa", "SPI", "show only ESP and AH with this SPI" },
	[O_IKE] = { 0, "ike", "SPI", "show only IKE with this SPI, its front, or SPIi:SPIr" },
	[O_HOST] = { 0, "host", "ADDRESS[/N]", "show only packets to or from it, outer or inner" },
	[O_FINDINGS] = { 0, "findings", "[=SEVERITY]", "show only frames with findings" },
	[O_FIELDS] = { 0, "fields", "LIST", "csv: the columns, with commas between them" },
	[O_LIST_FIELDS] = { 0, "list-fields", NULL, "list the columns that there are and stop" },
	[O_BYTES] = { 0, "bytes", NULL, "show the octets of each layer too" },
	[O_COLOUR] = { 0, "colour", "WHEN", "auto (default), always or never" },
	{ 0 },
};

static const struct options options = {
	.command = "ikat dissect",
	.arguments = "FILE... | -i INTERFACE",
	.summary = "Shows the packets of captures (- is standard input), layer by layer.",
	.rows = rows,
};

struct dissect {
	struct run *run;
	const struct view *view;	/* NULL: not said */
	const char *write;		/* the file of plain packets, or NULL */
	const char *fields;		/* csv: the columns; NULL: the usual ones */
	struct select select;
	bool bytes;
	const char *colour;
	struct plain *plain;
	struct text out;
	struct view_env env;
	struct arena scratch;
	uint64_t taken, closed;		/* packets that were selected; with ESP or IKE closed */
	bool begun;
};

/* ---- options ---- */

static bool set_view(struct dissect *d, const char *name, struct err *e)
{
	d->view = view_find(name);
	if (!d->view)
		return err_set(e, "no view \"%s\": there are tree, line, notation, json, csv, html "
			       "and none", name);
	return true;
}

static bool set_colour(struct dissect *d, const char *when, struct err *e)
{
	d->colour = when;
	return terminal_colour_ok(when, e);
}

static bool set_option(void *user, struct option_found o, struct err *e)
{
	struct dissect *d = user;
	switch (o.row) {
	case O_FORMAT: return set_view(d, o.argument, e);
	case O_WRITE: return (d->write = o.argument);
	case O_FRAMES: return select_add_frames(&d->select, o.argument, e);
	case O_SA: return select_add_spi(&d->select, o.argument, e);
	case O_IKE: return select_add_ike(&d->select, o.argument, e);
	case O_HOST: return select_add_host(&d->select, o.argument, e);
	case O_FINDINGS: return select_add_findings(&d->select, o.argument, e);
	case O_FIELDS: return (d->fields = o.argument);
	case O_LIST_FIELDS: return d->run->no_input = true;
	case O_BYTES: return d->bytes = true;
	case O_COLOUR: return set_colour(d, o.argument, e);
	default: return false;
	}
}

/* What is asked for must go together; settles the view. */
static bool check_options(struct dissect *d, struct err *e)
{
	const struct view *csv = view_find("csv"), *none = view_find("none");
	bool pipe = d->write && strcmp(d->write, "-") == 0;
	if (pipe && d->view && d->view != none)
		return err_set(e, "-w - needs standard output for itself: -f %s cannot have it too",
			       d->view->name);
	if (d->fields && d->view && d->view != csv)
		return err_set(e, "--fields is for -f csv");
	if (!d->view)
		d->view = d->fields ? csv : d->write ? none : &views[0];
	if (d->view != csv)
		return true;
	d->env.fields = csv_fields_parse(d->fields, e);
	return d->env.fields;
}

/* ---- packets ---- */

/* Some of it could not be opened, so nobody knows what it would match. */
static bool is_closed(const struct packet *p)
{
	for (const struct packet *q = p; q; q = packet_after(p, q))
		for (uint32_t i = q->inner_from; i < q->layer_count; i++) {
			const struct layer *l = &q->layers[i];
			if ((l->type->kind == LAYER_ESP && !l->esp->decrypted) ||
			    (l->type->kind == LAYER_IKE && ike_message_closed(l->ike)))
				return true;
		}
	return false;
}

static void show(void *user, const struct packet *p)
{
	struct dissect *d = user;
	if (!select_takes(&d->select, p)) {
		d->closed += d->taken == 0 && is_closed(p);
		return;
	}
	d->taken++;
	if (d->plain && !plain_packet(d->plain, p))
		d->run->stop = true;
	if (!d->view->packet)
		return;
	d->env.first_seconds = d->run->first_seconds;
	d->env.first_nanoseconds = d->run->first_nanoseconds;
	d->view->packet(&d->env, p);
	d->env.shown++;
	text_record_end(&d->out);
	arena_reset(&d->scratch);
	d->run->stop |= d->out.bad;
}

static void flush(void *user)
{
	struct dissect *d = user;
	if (!text_flush(&d->out) || (d->plain && !plain_flush(d->plain)))
		d->run->stop = true;
}

/* Whoever called sudo shall own the file that is written for him. */
static bool begin(void *user, int link, struct err *e)
{
	struct dissect *d = user;
	struct privileges whom;
	if (d->write)
		d->plain = plain_open(d->write, link, wire_session(d->run->wire), e);
	if (d->write && !d->plain)
		return false;
	if (d->plain && d->run->interface && privileges_target(&whom) && whom.sudo)
		capture_writer_chown(plain_writer(d->plain), whom.uid, whom.gid);
	d->begun = true;
	if (d->view->begin)
		d->view->begin(&d->env);
	return true;
}

/* ---- the command ---- */

static bool to_stderr(void *user, const char *p, size_t n)
{
	(void)user;
	return fwrite(p, 1, n, stderr) == n;
}

/* "a.pcap, b.pcap"; in memory of its own. */
static char *join(const char *first, int count, char **files)
{
	struct text t = { 0 };
	text_add(&t, first);
	for (int i = 0; i < count; i++) {
		text_add(&t, i || *first ? ", " : "");
		text_add(&t, files[i]);
	}
	text_char(&t, '\0');
	return t.p;
}

static void set_env(struct dissect *d, int files, const char *names)
{
	d->out.sink = d->write && strcmp(d->write, "-") == 0 ? to_stderr : terminal_write;
	d->env = (struct view_env){
		.out = &d->out,
		.crypto = d->run->crypto,
		.scratch = &d->scratch,
		.colour = terminal_colour(d->colour),
		.bytes = d->bytes,
		.many_files = files > 1,
		.columns = terminal_columns(),
		.findings = d->select.findings,
		.least = d->select.least,
		.files = names,
		.fields = d->env.fields,
	};
}

/* Writing over what is still to be read would lose it. */
static bool writes_input(struct dissect *d, int count, char **files)
{
	struct stat to, from;
	if (!d->write || stat(d->write, &to) != 0 || !S_ISREG(to.st_mode))
		return false;
	for (int i = 0; i < count; i++)
		if (stat(files[i], &from) == 0 && from.st_dev == to.st_dev &&
		    from.st_ino == to.st_ino) {
			err_set(&d->run->e, "-w %s: is one of the files that are read", d->write);
			return true;
		}
	return false;
}

static void told(uint64_t n, const char *what)
{
	if (n)
		fprintf(stderr, "; %llu %s", (unsigned long long)n, what);
}

static void close_plain(struct dissect *d)
{
	struct run *r = d->run;
	struct plain_counts c = { 0 };
	bool there = d->plain;
	if (!plain_close(d->plain, &c, &r->e))
		run_complain(r, 2);
	if (!there)
		return;
	fprintf(stderr, "%s: %s: %llu packets written, %llu of them opened", r->command, d->write,
		(unsigned long long)c.written, (unsigned long long)c.opened);
	told(c.fragments, "fragments became part of opened packets");
	told(c.dummies, "dummy packets left out");
	told(c.copies, "copies of other interfaces left out");
	told(c.closed_parts, "closed messages left out of TCP segments that were opened");
	told(c.not_ip, "frames left out that are not IP");
	told(c.impossible, "left as they are though opened: no packet can hold what was inside");
	fputc('\n', stderr);
}

/* An empty answer may be a typing error, or what could not be read. */
static void tell_nothing(const struct dissect *d)
{
	const struct run *r = d->run;
	if (!select_any(&d->select) || d->taken || !d->begun)
		return;
	fprintf(stderr, "%s: nothing matches (of %llu frame%s", r->command,
		(unsigned long long)r->frames, r->frames == 1 ? "" : "s");
	if (d->closed)
		fprintf(stderr, "; %llu stayed closed", (unsigned long long)d->closed);
	fputs(")\n", stderr);
}

static void dissect(struct dissect *d, int count, char **files)
{
	struct run *r = d->run;
	bool each = d->view->packet || d->write;
	struct run_calls calls = { begin, each ? show : NULL, flush, d };
	run_sort_files(count, files);
	char *names = join(r->interface ? r->interface : "", count, files);
	set_env(d, count, names);
	run_files(r, count, files, &calls);
	if (d->view->end && d->begun)
		d->view->end(&d->env, wire_counts(r->wire));
	if (!text_flush(&d->out)) {
		err_set(&r->e, "standard output: %s", strerror(errno));
		run_complain(r, 2);
	}
	close_plain(d);
	if (each)
		tell_nothing(d);
	free(names);
}

static int list_fields(void)
{
	struct text t = { .sink = terminal_write };
	csv_fields_list(&t);
	bool ok = text_flush(&t);
	text_done(&t);
	return ok ? 0 : 2;
}

int dissect_main(int argc, char **argv)
{
	struct dissect d = { .run = run_new("ikat dissect"), .colour = "auto" };
	int status = run_options(d.run, &options, argc, argv, set_option, &d);
	if (status < 0 && d.run->no_input)
		status = list_fields();
	if (status < 0) {
		if (!check_options(&d, &d.run->e) ||
		    writes_input(&d, argc - optind, argv + optind))
			run_complain(d.run, 2);
		else if (run_open(d.run))
			dissect(&d, argc - optind, argv + optind);
		status = d.run->status;
	}
	csv_fields_free(d.env.fields);
	text_done(&d.out);
	arena_done(&d.scratch);
	run_free(d.run);
	return status;
}
