/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat keys`: reads keys in any format and lists them (without the secrets), or
 * writes them in another format. */
#include "dissect/dissect.h"
#include "dissect/keys_read.h"
#include "ipsec/base/options.h"
#include "ipsec/crypto/prf.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROW_FORMAT, ROW_OUTPUT, ROW_SECRETS };

static const struct option_row rows[] = {
	[ROW_FORMAT] = { 't', "to", "FORMAT",
			 "write csv, xfrm, esp_sa, ikev2, ikev1 or tcpdump, not a list" },
	[ROW_OUTPUT] = { 'o', "output", "FILE", "write to FILE, readable by its owner only" },
	[ROW_SECRETS] = { 's', "secrets", NULL, "show the keys in the list" },
	{ 0 },
};

static const struct options options = {
	"ikat keys", "PATH...", "Reads keys from files and folders in any format; lists or "
	"converts them.", rows,
};

struct run {
	struct keystore store;
	struct keys_notes notes;
	const struct keys_format *format;	/* NULL: the list */
	const char *output;
	bool secrets, help;
	struct err e;
};

/* ---- the list ---- */

static void put_secret(struct text *t, const char *name, struct span key)
{
	if (!key.n)
		return;
	text_printf(t, "    %-9s ", name);
	text_hex_span(t, key);
	text_char(t, '\n');
}

static void put_origin(struct text *t, const struct origin *o)
{
	text_add(t, "  ");
	text_escape(t, span_text(o->file ? o->file : "-"));
	text_printf(t, ":%zu\n", o->line);
}

static void put_algorithms(struct text *t, const struct encr *encr, struct span key,
			   const struct integ *integ)
{
	text_add(t, encr->name);
	if (key.n)
		text_printf(t, " %u", keys_bits(encr, key));
	if (integ->kind != INTEG_KIND_NONE)
		text_printf(t, " %s", integ->name);
}

static void put_spi(struct text *t, const struct sa_key *k)
{
	if (k->spi_mask == 0)
		text_add(t, "any");
	else
		text_printf(t, "0x%08x", k->spi);
	if (k->spi_mask && k->spi_mask != UINT32_MAX)
		text_printf(t, "/0x%08x", k->spi_mask);
}

static void put_sa(struct text *t, const struct sa_key *k, bool secrets)
{
	text_add(t, k->protocol == PROTOCOL_AH ? "AH     " : "ESP    ");
	put_spi(t, k);
	text_char(t, ' ');
	keys_put_pattern(t, &k->src);
	text_add(t, " > ");
	keys_put_pattern(t, &k->dst);
	if (k->mode)
		text_printf(t, " %s", sa_mode_name(k->mode));
	text_char(t, ' ');
	if (k->protocol == PROTOCOL_AH)
		text_add(t, k->integ->name);
	else
		put_algorithms(t, k->encr, k->encr_key, k->integ);
	if (k->esn == ESN_YES)
		text_add(t, " ESN");
	if (k->window)
		text_printf(t, " window %u", k->window);
	put_origin(t, &k->origin);
	if (secrets) {
		put_secret(t, "encr", k->encr_key);
		put_secret(t, "integ", k->integ_key);
	}
}

static void put_spis(struct text *t, const uint8_t i[8], const uint8_t r[8])
{
	text_hex_span(t, span_of(i, 8));
	text_char(t, ':');
	text_hex_span(t, span_of(r, 8));
}

static void put_ike(struct text *t, const struct ike_key *k, bool secrets)
{
	text_add(t, k->version == 1 ? "IKEv1  " : "IKEv2  ");
	put_spis(t, k->spi_i, k->spi_r);
	text_char(t, ' ');
	if (k->version == 1)
		text_printf(t, "phase 1 key, %zu octets", k->sk_ei.n);
	else
		put_algorithms(t, k->encr, k->sk_ei.n ? k->sk_ei : k->sk_er, k->integ);
	put_origin(t, &k->origin);
	if (secrets) {
		put_secret(t, k->version == 1 ? "key" : "SK_ei", k->sk_ei);
		put_secret(t, "SK_er", k->sk_er);
		put_secret(t, "SK_ai", k->sk_ai);
		put_secret(t, "SK_ar", k->sk_ar);
	}
}

static void put_shared(struct text *t, const struct ike_secret *k, bool secrets)
{
	bool anybody = k->kind == SECRET_PSK || k->kind == SECRET_PPK;
	text_add(t, "secret ");
	if (!anybody || !span_is_zero(span_of(k->spi_i, 8))) {
		put_spis(t, k->spi_i, k->spi_r);
		text_char(t, ' ');
	}
	text_add(t, keys_secret_name(k->kind));
	if (k->prf)
		text_printf(t, " %s", k->prf->name);
	if (k->id.n) {
		text_add(t, k->kind == SECRET_PPK ? " with the ID " : " of ");
		text_escape(t, k->id);
	}
	put_origin(t, &k->origin);
	if (secrets)
		put_secret(t, "secret", k->secret);
}

static void put_list(struct text *t, const struct keystore *s, bool secrets)
{
	for (const struct sa_key *k = s->sas; k; k = k->next, text_record_end(t))
		put_sa(t, k, secrets);
	for (const struct ike_key *k = s->ikes; k; k = k->next, text_record_end(t))
		put_ike(t, k, secrets);
	for (const struct ike_secret *k = s->secrets; k; k = k->next, text_record_end(t))
		put_shared(t, k, secrets);
}

/* ---- writing ---- */

static bool to_fd(void *user, const char *p, size_t n)
{
	int fd = *(int *)user;
	while (n) {
		ssize_t put = write(fd, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

/* Rows of kinds that the format has no place for at all: one note. */
static void note_other_kinds(struct run *r)
{
	const struct keystore *s = &r->store;
	size_t v1 = 0, other = 0;
	for (const struct ike_key *k = s->ikes; k; k = k->next)
		v1 += k->version == 1;
	other += r->format->kinds & KEYS_SA ? 0 : s->sa_count;
	other += r->format->kinds & KEYS_IKEV2 ? 0 : s->ike_count - v1;
	other += r->format->kinds & KEYS_IKEV1 ? 0 : v1;
	other += r->format->kinds & KEYS_SECRET ? 0 : s->secret_count;
	struct origin at = { r->output ? r->output : "standard output", 0, NULL };
	if (other)
		keys_note_add(&r->notes, at, false, "%zu key%s of other kinds left out: %s is %s",
			      other, other == 1 ? "" : "s", r->format->name, r->format->help);
}

/* The text has room for more than is gathered between two records, so it never
 * moves and leaves no keys in freed memory. */
static bool write_out(struct run *r, int fd)
{
	struct text out = { .sink = to_fd, .user = &fd, .cap = 2 * TEXT_FLUSH_AT };
	out.p = malloc(out.cap);
	if (!out.p)
		return false;
	if (r->format) {
		r->format->write(&r->store, &out, &r->notes);
		note_other_kinds(r);
	} else {
		put_list(&out, &r->store, r->secrets);
	}
	bool ok = text_flush(&out);
	crypto_cleanse(out.p, out.cap);
	text_done(&out);
	return ok;
}

/* A file is made with mode 0600, and one that was there is made so. */
static int output_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct stat st;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fchmod(fd, 0600) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool write_result(struct run *r)
{
	const char *name = r->output ? r->output : "standard output";
	int fd = STDOUT_FILENO;
	if (r->output && strcmp(r->output, "-") != 0)
		fd = output_open(r->output);
	if (fd < 0)
		return err_set(&r->e, "%s: %s", name, strerror(errno));
	if (!write_out(r, fd))
		err_set(&r->e, "%s: %s", name, strerror(errno));
	if (fd != STDOUT_FILENO && close(fd) != 0)
		err_set(&r->e, "%s: %s", name, strerror(errno));
	return !r->e.set;
}

/* ---- the command ---- */

static bool take_format(struct run *r, const char *name)
{
	for (size_t i = 0; i < keys_format_count; i++)
		if (keys_formats[i].write && strcmp(keys_formats[i].name, name) == 0)
			r->format = &keys_formats[i];
	return r->format || err_set(&r->e, "format \"%s\", needs csv, xfrm, esp_sa, ikev2, ikev1 "
				    "or tcpdump", name);
}

static bool take_options(struct run *r, int argc, char **argv)
{
	struct option_found f;
	optind = 1;
	while ((f = options_next(&options, argc, argv, &r->e)).row >= 0) {
		if (f.row == ROW_FORMAT && !take_format(r, f.argument))
			return false;
		if (f.row == ROW_OUTPUT)
			r->output = f.argument;
		if (f.row == ROW_SECRETS)
			r->secrets = true;
	}
	r->help = f.row == OPTIONS_HELP;
	if (f.row == OPTIONS_BAD)
		return false;
	if (!r->help && optind >= argc)
		return err_set(&r->e, "no path given, needs at least 1");
	return true;
}

static void put_usage(FILE *to)
{
	struct text t = { 0 };
	options_usage(&options, &t);
	fwrite(t.p, 1, t.n, to);
	text_done(&t);
}

static int run_keys(struct run *r, int argc, char **argv)
{
	bool ok = true, usable;
	r->notes.strict = true;
	for (int i = optind; ok && i < argc; i++)
		ok = keys_load(&r->store, argv[i], &r->notes, &r->e);
	usable = ok && keys_finish(&r->store, &r->notes) && !r->notes.barren;
	ok = ok && write_result(r);
	struct text told = { 0 };
	keys_notes_print(&r->notes, &told);
	if (told.n)
		fwrite(told.p, 1, told.n, stderr);
	text_done(&told);
	return !ok ? 2 : usable ? 0 : 1;
}

int keys_main(int argc, char **argv)
{
	struct run r = { .format = NULL };
	int status = 2;
	keystore_init(&r.store);
	keys_notes_init(&r.notes);
	if (take_options(&r, argc, argv)) {
		if (r.help)
			put_usage(stdout);
		status = r.help ? 0 : run_keys(&r, argc, argv);
	}
	if (r.e.set)
		fprintf(stderr, "ikat keys: %s\n", r.e.text);
	keys_notes_done(&r.notes);
	keystore_done(&r.store);
	return status;
}
