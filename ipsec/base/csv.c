/* SPDX-License-Identifier: BSD-2-Clause
 * CSV tables. libcsv pushes fields and rows into callbacks that return nothing,
 * so trouble inside them is latched here and told after the call. */
#include "ipsec/base/csv.h"

#include <csv.h>

struct row_list {
	struct row_list *next;
	struct csv_row row;
};

struct cell_list {
	struct cell_list *next;
	const char *text;
};

struct state {
	struct csv_table *t;
	struct arena *arena;
	struct err *e;
	size_t line;
	struct cell_list *first, **tail;
	size_t cells;
	struct row_list *rows, **row_tail;
};

static void on_cell(void *p, size_t n, void *user)
{
	struct state *s = user;
	if (n && memchr(p, '\0', n))
		err_set(s->e, "%s:%zu: a NUL octet in a cell", s->t->file, s->line);
	struct cell_list *c = arena_alloc(s->arena, sizeof *c);
	c->text = arena_text(s->arena, span_of(p, n));
	*s->tail = c;
	s->tail = &c->next;
	s->cells++;
}

static const char **gather(struct state *s)
{
	const char **cells = arena_alloc(s->arena, (s->cells + 1) * sizeof *cells);
	size_t i = 0;
	for (struct cell_list *c = s->first; c; c = c->next)
		cells[i++] = c->text;
	return cells;
}

static void on_row(int end, void *user)
{
	(void)end;
	struct state *s = user;
	if (!s->t->header) {
		s->t->header = gather(s);
		s->t->columns = s->cells;
	} else if (s->cells != s->t->columns) {
		err_set(s->e, "%s:%zu: %zu cells, the header has %zu",
			s->t->file, s->line, s->cells, s->t->columns);
	} else {
		struct row_list *r = arena_alloc(s->arena, sizeof *r);
		r->row = (struct csv_row){ s->line, gather(s) };
		*s->row_tail = r;
		s->row_tail = &r->next;
		s->t->count++;
	}
	s->first = NULL;
	s->tail = &s->first;
	s->cells = 0;
}

static bool blank(struct span line)
{
	return span_equal(line, span_text("\n")) || span_equal(line, span_text("\r\n"));
}

/* Feeds one line at a time, so that messages know where they are. */
static void feed(struct state *s, struct csv_parser *p, struct span text)
{
	bool fresh = true;	/* between two records: a '#' starts a comment */
	for (size_t at = 0; at < text.n && !s->e->set;) {
		const uint8_t *nl = memchr(text.p + at, '\n', text.n - at);
		size_t n = nl ? (size_t)(nl - (text.p + at)) + 1 : text.n - at;
		s->line++;
		if (!(fresh && text.p[at] == '#')) {
			size_t rows = s->t->count + (s->t->header != NULL);
			if (csv_parse(p, text.p + at, n, on_cell, on_row, s) != n)
				err_set(s->e, "%s:%zu: %s", s->t->file, s->line,
					csv_strerror(csv_error(p)));
			fresh = s->t->count + (s->t->header != NULL) > rows ||
				(fresh && blank(span_of(text.p + at, n)));
		}
		at += n;
	}
}

static void collect(struct state *s)
{
	size_t i = 0;
	s->t->rows = arena_alloc(s->arena, (s->t->count + 1) * sizeof *s->t->rows);
	for (struct row_list *r = s->rows; r; r = r->next)
		s->t->rows[i++] = r->row;
}

bool csv_read(struct csv_table *t, struct span text, const char *file,
	      struct arena *arena, struct err *e)
{
	struct csv_parser p;
	struct state s = { .t = t, .arena = arena, .e = e };
	s.tail = &s.first;
	s.row_tail = &s.rows;
	*t = (struct csv_table){ .file = file };
	if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
		return err_set(e, "%s: libcsv does not start", file);
	feed(&s, &p, text);
	if (!e->set && csv_fini(&p, on_cell, on_row, &s) != 0)
		err_set(e, "%s:%zu: %s", file, s.line, csv_strerror(csv_error(&p)));
	csv_free(&p);
	if (!e->set && !t->header)
		err_set(e, "%s: empty, needs a header line", file);
	if (!e->set)
		collect(&s);
	return !e->set;
}

const char *csv_cell(const struct csv_table *t, const struct csv_row *row,
		     const char *column)
{
	for (size_t i = 0; i < t->columns; i++)
		if (strcmp(t->header[i], column) == 0)
			return row->cells[i];
	return NULL;
}

bool csv_expect(const struct csv_table *t, const char *const *columns,
		struct err *e)
{
	size_t n = 0;
	for (; columns[n]; n++)
		if (n >= t->columns || strcmp(t->header[n], columns[n]) != 0)
			return err_set(e, "%s:1: column %zu is \"%s\", needs \"%s\"",
				       t->file, n + 1,
				       n < t->columns ? t->header[n] : "", columns[n]);
	if (n != t->columns)
		return err_set(e, "%s:1: %zu columns, needs %zu", t->file,
			       t->columns, n);
	return true;
}

/* ---- writing ---- */

/* Cells of these need no quotes, and are most of them. */
static bool is_bare(struct span cell)
{
	for (size_t i = 0; i < cell.n; i++) {
		uint8_t c = cell.p[i];
		if (c <= ' ' || c == '"' || c == ',' || c == '#' || c >= 0x7f)
			return false;
	}
	return true;
}

void csv_add_cell(struct text *out, struct span cell, bool first)
{
	if (!first)
		text_char(out, ',');
	if (is_bare(cell)) {
		text_add_octets(out, cell.p, cell.n);
		return;
	}
	size_t at = out->n, need = csv_write(NULL, 0, cell.p, cell.n);
	text_fill(out, ' ', need);
	csv_write(out->p + at, need, cell.p, cell.n);
}
