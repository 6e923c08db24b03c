/* SPDX-License-Identifier: BSD-2-Clause
 * The kinds of vectors, reading their files, running one row. A new kind is a
 * row of vector_kinds and a function. */
#include "dissect/data.h"
#include "vectors/vectors.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

enum { FILE_MAX = 64 * 1024 * 1024 };

#define ROW "name", "source", "expect", "why"

static const char *const encr_columns[] = { ROW, "encr", "key", "iv", "aad", "plaintext",
	"ciphertext", "icv", NULL };
static const char *const integ_columns[] = { ROW, "integ", "key", "iv", "data", "icv", NULL };
static const char *const prf_columns[] = { ROW, "prf", "key", "data", "output", NULL };
static const char *const prfplus_columns[] = { ROW, "prf", "key", "seed", "length", "output",
	NULL };
static const char *const digest_columns[] = { ROW, "digest", "data", "output", NULL };
static const char *const ke_columns[] = { ROW, "group", "private", "public", "peer_public",
	"shared", NULL };
static const char *const esp_columns[] = { ROW, "esp_offset", "encr", "encr_key", "integ",
	"integ_key", "seq_high", "mode", "next_header", "tfc", "padding", "payload", "packet",
	NULL };
static const char *const keymat_columns[] = { ROW, "prf", "encr", "encr_bits", "integ", "ni", "nr",
	"spi_i", "spi_r", "shared", "old_prf", "old_sk_d", "ppk", "skeyseed", "sk_d", "sk_ai",
	"sk_ar", "sk_ei", "sk_er", "sk_pi", "sk_pr", NULL };
static const char *const keymat_child_columns[] = { ROW, "prf", "encr", "encr_bits", "integ",
	"sk_d", "shared", "ni", "nr", "encr_i", "integ_i", "encr_r", "integ_r", NULL };
static const char *const ah_columns[] = { ROW, "ah_offset", "integ", "integ_key", "seq_high",
	"mode", "next_header", "payload", "authed", "packet", NULL };

const struct vector_kind vector_kinds[] = {
	{ "encr", "encr.csv", "encr", encr_columns, vector_encr },
	{ "integ", "integ.csv", "integ", integ_columns, vector_integ },
	{ "prf", "prf.csv", "prf", prf_columns, vector_prf },
	{ "prfplus", "prfplus.csv", "prf", prfplus_columns, vector_prfplus },
	{ "digest", "digest.csv", "digest", digest_columns, vector_digest },
	{ "ke", "ke.csv", "group", ke_columns, vector_ke },
	{ "esp", "esp.csv", "encr", esp_columns, vector_esp },
	{ "ah", "ah.csv", "integ", ah_columns, vector_ah },
	{ "keymat", "keymat.csv", "prf", keymat_columns, vector_keymat },
	{ "keymat_child", "keymat_child.csv", "prf", keymat_child_columns, vector_keymat_child },
};

const size_t vector_kind_count = sizeof vector_kinds / sizeof *vector_kinds;

/* ---- cells ---- */

const char *vector_text(struct vector *v, const char *column)
{
	const char *text = csv_cell(&v->file->table, v->row, column);
	if (!text)
		err_set(&v->e, "there is no column \"%s\"", column);
	return text ? text : "";
}

struct span vector_octets(struct vector *v, const char *column)
{
	struct span digits = span_text(vector_text(v, column));
	uint8_t *out = arena_alloc(v->arena, digits.n / 2 + 1);
	if (digits.n % 2 || !span_unhex(digits, out, digits.n / 2)) {
		err_set(&v->e, "%s: \"%.20s%s\" is not hexadecimal (%zu characters)", column,
			(const char *)digits.p, digits.n > 20 ? "..." : "", digits.n);
		return span_of(out, 0);
	}
	return span_of(out, digits.n / 2);
}

bool vector_number(struct vector *v, const char *column, unsigned long max,
		   unsigned long *out)
{
	char *end;
	const char *text = vector_text(v, column);
	errno = 0;
	*out = strtoul(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && !errno && *out <= max)
		return true;
	*out = 0;
	return err_set(&v->e, "%s: \"%.20s\" is not a number from 0 to %lu", column, text, max);
}

static void shorten(char out[80], struct span s)
{
	size_t n = 0, show = s.n > 32 ? 30 : s.n;
	for (size_t i = 0; i < show; i++)
		n += (size_t)snprintf(out + n, 80 - n, "%02x", s.p[i]);
	snprintf(out + n, 80 - n, "%s", show < s.n ? "..." : "");
}

bool vector_same(struct vector *v, const char *what, struct span got, struct span expected)
{
	char a[80], b[80];
	size_t at = 0;
	if (span_equal(got, expected))
		return true;
	while (at < got.n && at < expected.n && got.p[at] == expected.p[at])
		at++;
	at -= at % 16;
	shorten(a, span_from(got, at));
	shorten(b, span_from(expected, at));
	return err_set(&v->said, "%s: from octet %zu got %s (%zu in all), expected %s (%zu)",
		       what, at, a, got.n, b, expected.n);
}

/* ---- files ---- */

const char *vectors_folder(struct arena *a, struct err *e)
{
	return data_folder("vectors", "vectors", "", a, e);
}

/* The whole file, in the arena. */
static bool read_whole(FILE *f, const char *path, struct arena *a, struct span *out,
		       struct err *e)
{
	size_t n = 0, room = 1 << 16, more;
	uint8_t *p = arena_raw(a, room);
	while ((more = fread(p + n, 1, room - n, f)) > 0) {
		n += more;
		if (n > FILE_MAX)
			return err_set(e, "%s: more than %d octets", path, FILE_MAX);
		if (n < room)
			continue;
		uint8_t *larger = arena_raw(a, room * 2);
		memcpy(larger, p, n);
		p = larger;
		room *= 2;
	}
	*out = span_of(p, n);
	return !ferror(f) || err_set(e, "%s: %s", path, strerror(errno));
}

static bool same_header(const struct csv_table *t, const struct vector_kind *kind)
{
	size_t n = 0;
	while (n < t->columns && kind->columns[n] && strcmp(t->header[n], kind->columns[n]) == 0)
		n++;
	return n == t->columns && !kind->columns[n];
}

bool vectors_table(struct csv_table *t, const char *path, struct arena *a, struct err *e)
{
	struct span text;
	bool standard = strcmp(path, "-") == 0;
	FILE *in = standard ? stdin : fopen(path, "rb");
	if (!in)
		return err_set(e, "%s: %s", path, strerror(errno));
	bool ok = read_whole(in, path, a, &text, e);
	if (!standard)
		fclose(in);
	return ok && csv_read(t, text, path, a, e);
}

bool vectors_read(struct vector_file *f, const char *path, struct arena *a, struct err *e)
{
	if (!vectors_table(&f->table, path, a, e))
		return false;
	for (size_t i = 0; i < vector_kind_count; i++)
		if (same_header(&f->table, &vector_kinds[i])) {
			f->kind = &vector_kinds[i];
			return true;
		}
	return err_set(e, "%s: its %zu columns (\"%s\" ...) are those of no kind of vectors", path,
		       f->table.columns, f->table.header[0]);
}

/* ---- rows ---- */

bool vectors_about(const struct vector_file *f, size_t row, const char *column,
		   const char *text)
{
	const char *cell = csv_cell(&f->table, &f->table.rows[row], column);
	return cell && strcmp(cell, text) == 0;
}

bool vectors_expect_ok(const struct vector_file *f, size_t row)
{
	return vectors_about(f, row, "expect", "ok");
}

/* Whatever run says, a row must be written properly. */
static void check_row(struct vector *v)
{
	const char *expect = vector_text(v, "expect");
	bool ok = strcmp(expect, "ok") == 0;
	if (!ok && strcmp(expect, "reject") != 0)
		err_set(&v->e, "expect is \"%s\", needs ok or reject", expect);
	if (!*vector_text(v, "name") || !*vector_text(v, "source"))
		err_set(&v->e, "it has no name or no source");
	if (!ok && !*vector_text(v, "why"))
		err_set(&v->e, "it is rejected without a reason (column why)");
}

bool vectors_run(const struct vector_file *f, size_t row, struct crypto *crypto,
		 bool *unusable, struct err *e)
{
	struct arena arena = { 0 };
	struct vector v = { .file = f, .row = &f->table.rows[row], .crypto = crypto,
			    .arena = &arena };
	check_row(&v);
	enum vector_outcome outcome = v.e.set ? VECTOR_WRONG : f->kind->run(&v);
	enum vector_outcome wanted = vectors_expect_ok(f, row) ? VECTOR_ACCEPTED : VECTOR_REFUSED;
	*unusable = v.e.set;
	if (v.e.set)
		err_set(e, "%s:%zu: %s: %s", f->table.file, v.row->line, vector_text(&v, "name"),
			v.e.text);
	else if (outcome != wanted && wanted == VECTOR_ACCEPTED)
		err_set(e, "%s:%zu: %s (%s): %s", f->table.file, v.row->line,
			vector_text(&v, "name"), vector_text(&v, "source"), v.said.text);
	else if (outcome != wanted)
		err_set(e, "%s:%zu: %s (%s): accepted, but should be refused: %s", f->table.file,
			v.row->line, vector_text(&v, "name"), vector_text(&v, "source"),
			vector_text(&v, "why"));
	arena_done(&arena);
	return outcome == wanted && !*unusable;
}
