/* SPDX-License-Identifier: BSD-2-Clause
 * The strict INI reader of the lab's scenarios. It knows no keys: what they may
 * be is in lab_scenario.c. */
#include "conformance/lab/lab_ini.h"

struct ini_reader {
	struct ini *ini;
	struct arena *arena;
	struct err *e;
	const char *section;	/* NULL before the first */
	size_t line;
};

static bool complain(const struct ini_reader *r, const char *what)
{
	return err_set(r->e, "%s:%zu: %s", r->ini->file, r->line, what);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct span trim(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s = span_from(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '.')
			return false;
	}
	return s.n > 0;
}

static bool check_octets(const struct ini_reader *r, struct span s)
{
	if (s.n > INI_LINE_MAX)
		return err_set(r->e, "%s:%zu: a line of %zu octets, at most %d are read",
			       r->ini->file, r->line, s.n, INI_LINE_MAX);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\t' && (s.p[i] < ' ' || s.p[i] > '~'))
			return err_set(r->e, "%s:%zu: octet 0x%02x, only printable ASCII is read",
				       r->ini->file, r->line, s.p[i]);
	return true;
}

static bool read_section(struct ini_reader *r, struct span s)
{
	if (s.n < 3 || s.p[s.n - 1] != ']')
		return complain(r, "a section line is [name]");
	struct span name = span_part(s, 1, s.n - 2);
	if (!is_name(name))
		return complain(r, "a section's name is of a-z, 0-9, '_' and '.'");
	r->section = arena_text(r->arena, name);
	return true;
}

static bool read_key(struct ini_reader *r, struct span s)
{
	const uint8_t *equals = memchr(s.p, '=', s.n);
	if (!equals)
		return complain(r, "neither [section] nor key = value nor # comment");
	size_t at = (size_t)(equals - s.p);
	struct span key = trim(span_part(s, 0, at)), value = trim(span_from(s, at + 1));
	if (!is_name(key))
		return complain(r, "a key is of a-z, 0-9, '_' and '.'");
	if (!r->section)
		return complain(r, "a key before the first [section]");
	if (r->ini->count == INI_ROWS_MAX)
		return err_set(r->e, "%s:%zu: more than %d keys", r->ini->file, r->line,
			       INI_ROWS_MAX);
	r->ini->rows[r->ini->count++] = (struct ini_row){
		r->section, arena_text(r->arena, key), arena_text(r->arena, value), r->line
	};
	return true;
}

static bool read_line(struct ini_reader *r, struct span s)
{
	if (s.n && s.p[s.n - 1] == '\r')
		s.n--;
	if (!check_octets(r, s))
		return false;
	s = trim(s);
	if (s.n == 0 || s.p[0] == '#')
		return true;
	return s.p[0] == '[' ? read_section(r, s) : read_key(r, s);
}

bool ini_read(struct ini *ini, struct span text, const char *file,
	      struct arena *arena, struct err *e)
{
	struct ini_reader r = { ini, arena, e, NULL, 0 };
	*ini = (struct ini){ .file = file };
	ini->rows = arena_alloc(arena, INI_ROWS_MAX * sizeof *ini->rows);
	while (text.n) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		r.line++;
		if (!read_line(&r, span_part(text, 0, n)))
			return false;
		text = span_from(text, end ? n + 1 : n);
	}
	return true;
}
