/* SPDX-License-Identifier: BSD-2-Clause
 * Build tool: turns the number registries of a folder (CSV with the columns id
 * and name) into const tables of C. Registries that hold several tables have a
 * column `registry`. words.csv gives one-word forms (and other names) where
 * IANA's name is a sentence. */
#include "ipsec/base/csv.h"
#include "ipsec/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct entry {
	uint32_t number;
	const char *name, *word;
};

enum { ENTRIES_MAX = 512, TABLES_MAX = 128 };

struct table {
	char *registry;
	struct entry rows[ENTRIES_MAX];
	size_t count;
};

struct gen {
	struct arena arena;
	struct table *tables[TABLES_MAX];
	size_t count;
	struct csv_table words;
	const char *folder;
	struct err e;
};

/* These CSVs are one number space. */
static const char *const merged[][2] = {
	{ "notify_error", "notify" }, { "notify_status", "notify" }, { "notify_3gpp", "notify" },
};

static struct table *table_get(struct gen *g, const char *registry)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->tables[i]->registry, registry) == 0)
			return g->tables[i];
	if (g->count == TABLES_MAX)
		return NULL;
	struct table *t = arena_alloc(&g->arena, sizeof *t);
	t->registry = arena_text(&g->arena, span_text(registry));
	g->tables[g->count++] = t;
	return t;
}

static bool word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || strchr("_-.+'", c);
}

/* One word of a name: what stands in parentheses at its end if that is one word,
 * else the name with everything odd turned into single underscores. */
static const char *make_word(struct gen *g, const char *name)
{
	size_t n = strlen(name);
	const char *open = strrchr(name, '(');
	if (open && name[n - 1] == ')' && !memchr(open, ' ', strlen(open)))
		return arena_text(&g->arena, span_of(open + 1, strlen(open) - 2));
	char *word = arena_text(&g->arena, span_text(name)), *to = word;
	for (const char *p = name; *p; p++)
		if (word_char(*p))
			*to++ = *p;
		else if (to > word && to[-1] != '_')
			*to++ = '_';
	while (to > word && to[-1] == '_')
		to--;
	*to = '\0';
	return word;
}

static const struct csv_row *override(struct gen *g, const char *registry, uint32_t id)
{
	for (size_t i = 0; i < g->words.count; i++) {
		const struct csv_row *r = &g->words.rows[i];
		if (strcmp(r->cells[0], registry) == 0 &&
		    strtoul(r->cells[1], NULL, 10) == id)
			return r;
	}
	return NULL;
}

static bool add(struct gen *g, const char *registry, const struct csv_table *t,
		const struct csv_row *row)
{
	const char *id = csv_cell(t, row, "id"), *name = csv_cell(t, row, "name");
	const char *notation = csv_cell(t, row, "notation");
	char *end;
	errno = 0;
	unsigned long number = strtoul(id, &end, 10);
	if (errno || *end || !*id || number > UINT32_MAX || !*name)
		return err_set(&g->e, "%s:%zu: id \"%s\" is no number or there is no name",
			       t->file, row->line, id);
	struct table *into = table_get(g, registry);
	if (!into || into->count == ENTRIES_MAX)
		return err_set(&g->e, "%s:%zu: too many tables or rows", t->file, row->line);
	const struct csv_row *o = override(g, registry, (uint32_t)number);
	struct entry e = { (uint32_t)number, name, NULL };
	if (o && *o->cells[3])
		e.name = o->cells[3];
	e.word = o && *o->cells[2] ? o->cells[2] : notation && *notation ? notation
		 : make_word(g, e.name);
	into->rows[into->count++] = e;
	return true;
}

static struct span slurp(struct gen *g, const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *f = fopen(path, "rb");
	if (!f) {
		err_set(&g->e, "%s: %s", path, strerror(errno));
		return span_of(NULL, 0);
	}
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	return arena_copy(&g->arena, span_of(bytes, n));
}

static bool load(struct gen *g, const char *file)
{
	const char *path = arena_printf(&g->arena, "%s/%s", g->folder, file);
	struct csv_table t;
	struct span text = slurp(g, path);
	if (g->e.set || !csv_read(&t, text, path, &g->arena, &g->e))
		return false;
	const char *base = arena_text(&g->arena, span_of(file, strlen(file) - 4));
	for (size_t m = 0; m < sizeof merged / sizeof *merged; m++)
		if (strcmp(base, merged[m][0]) == 0)
			base = merged[m][1];
	for (size_t i = 0; i < t.count; i++) {
		const char *sub = csv_cell(&t, &t.rows[i], "registry");
		const char *registry = sub ? arena_printf(&g->arena, "%s_%s", base, sub) : base;
		if (!add(g, registry, &t, &t.rows[i]))
			return false;
	}
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Two rows must not share a word: the later one gets its number behind it. */
static bool finish(struct gen *g, struct table *t)
{
	qsort(t->rows, t->count, sizeof t->rows[0], by_number);
	for (size_t i = 0; i < t->count; i++) {
		if (i && t->rows[i].number == t->rows[i - 1].number)
			return err_set(&g->e, "%s: number %u stands there twice", t->registry,
				       (unsigned)t->rows[i].number);
		for (size_t k = 0; k < i; k++)
			if (span_is_word(span_text(t->rows[i].word), t->rows[k].word)) {
				t->rows[i].word = arena_printf(&g->arena, "%s_%u", t->rows[i].word,
							       (unsigned)t->rows[i].number);
				break;
			}
	}
	return true;
}

static void quote(struct text *out, const char *s)
{
	text_char(out, '"');
	text_escape(out, span_text(s));
	text_char(out, '"');
}

static void print(struct text *out, const struct table *t)
{
	text_printf(out, "\nstatic const struct name rows_%s[] = {\n", t->registry);
	for (size_t i = 0; i < t->count; i++) {
		text_printf(out, "\t{ %u, ", (unsigned)t->rows[i].number);
		quote(out, t->rows[i].name);
		text_add(out, ", ");
		quote(out, t->rows[i].word);
		text_add(out, " },\n");
	}
	text_printf(out, "};\nconst struct names reg_%s = { \"%s\", rows_%s, %zu };\n",
		    t->registry, t->registry, t->registry, t->count);
}


static int wanted(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return n > 4 && strcmp(d->d_name + n - 4, ".csv") == 0 &&
	       strcmp(d->d_name, "words.csv") != 0;
}

static bool run(struct gen *g, struct text *out)
{
	static const char *const columns[] = { "registry", "id", "word", "name", NULL };
	struct dirent **list;
	const char *words = arena_printf(&g->arena, "%s/words.csv", g->folder);
	struct span text = slurp(g, words);
	if (g->e.set || !csv_read(&g->words, text, words, &g->arena, &g->e) ||
	    !csv_expect(&g->words, columns, &g->e))
		return false;
	int n = scandir(g->folder, &list, wanted, alphasort);
	if (n < 0)
		return err_set(&g->e, "%s: %s", g->folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!g->e.set)
			load(g, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	text_add(out, "/* Made by registry_gen from the CSVs of ipsec/registry. */\n"
		      "#include \"ipsec/base/registry.h\"\n");
	for (size_t i = 0; i < g->count && !g->e.set; i++)
		if (finish(g, g->tables[i]))
			print(out, g->tables[i]);
	return !g->e.set;
}

int main(int argc, char **argv)
{
	struct gen g = { .folder = argc == 2 ? argv[1] : "ipsec/registry" };
	struct text out = { 0 };
	bool ok = run(&g, &out);
	if (ok)
		ok = fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
	else
		fprintf(stderr, "registry_gen: %s\n", g.e.text);
	text_done(&out);
	arena_done(&g.arena);
	return ok ? 0 : 1;
}
