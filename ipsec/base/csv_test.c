/* SPDX-License-Identifier: BSD-2-Clause
 * CSV: what is read, what is refused, and that messages name the right line. */
#include "ipsec/base/csv.h"
#include "ipsec/base/testing.h"

static const struct {
	const char *text;
	size_t n;		/* octets; 0: strlen */
	const char *error;	/* NULL: reads; otherwise what the message begins with */
	size_t rows, line;	/* of the last row */
	const char *last;	/* cells of the last row with | between them */
} rows[] = {
	{ "a,b\n1,2\n", 0, NULL, 1, 2, "1|2" },
	{ "a,b\n1,2", 0, NULL, 1, 2, "1|2" },
	{ "a,b\r\n1,2\r\n3,4\r\n", 0, NULL, 2, 3, "3|4" },
	{ "a,b\n", 0, NULL, 0, 0, "" },
	{ "# head\na,b\n# one\n\n# two\n1,\n", 0, NULL, 1, 6, "1|" },
	{ "a,b\n1,#2\n", 0, NULL, 1, 2, "1|#2" },
	{ "a,b\n\"x,y\",\"say \"\"so\"\"\"\n", 0, NULL, 1, 2, "x,y|say \"so\"" },
	{ "a,b\n\"x\ny\",2\n", 0, NULL, 1, 3, "x\ny|2" },
	{ "a,b\n\"x\n#y\",2\n3,4\n", 0, NULL, 2, 4, "3|4" },
	{ "a,b\n\"\n#y\n\n\",2\n", 0, NULL, 1, 5, "\n#y\n\n|2" },
	{ "a,b\n\"\r\n#y\",2\n", 0, NULL, 1, 3, "\r\n#y|2" },
	{ "a,b\n\"#1\",2\n", 0, NULL, 1, 2, "#1|2" },
	{ "", 0, "t.csv: empty", 0, 0, NULL },
	{ "# only this\n", 0, "t.csv: empty", 0, 0, NULL },
	{ "a,b\n1\n", 0, "t.csv:2: 1 cells, the header has 2", 0, 0, NULL },
	{ "a,b\n1,2\n\n1,2,3\n", 0, "t.csv:4: 3 cells, the header has 2", 0, 0, NULL },
	{ "a,b\n1,2\n1,2,3", 0, "t.csv:3: 3 cells", 0, 0, NULL },
	{ "a,b\n1,x\"y\n", 0, "t.csv:2: ", 0, 0, NULL },
	{ "a,b\n1,\"x\"y\n", 0, "t.csv:2: ", 0, 0, NULL },
	{ "a,b\n1,2\n1,\"x\n\n", 0, "t.csv:4: ", 0, 0, NULL },
	{ "a,b\n1,x\0y\n", 10, "t.csv:2: a NUL octet", 0, 0, NULL },
	{ "a\0,b\n1,2\n", 9, "t.csv:1: a NUL octet", 0, 0, NULL },
};

static void join(const struct csv_table *t, const struct csv_row *r, char *to, size_t size)
{
	*to = '\0';
	for (size_t i = 0; i < t->columns; i++) {
		strncat(to, i ? "|" : "", size - strlen(to) - 1);
		strncat(to, r->cells[i], size - strlen(to) - 1);
	}
}

START_TEST(reads)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct csv_table t;
	size_t n = rows[_i].n ? rows[_i].n : strlen(rows[_i].text);
	bool ok = csv_read(&t, span_of(rows[_i].text, n), "t.csv", &a, &e);
	ck_assert_msg(ok == !rows[_i].error && ok == !e.set, "row %d: %s", _i, e.text);
	if (ok) {
		char last[100] = "";
		ck_assert_uint_eq(t.count, rows[_i].rows);
		if (t.count)
			join(&t, &t.rows[t.count - 1], last, sizeof last);
		ck_assert_str_eq(last, rows[_i].last);
		ck_assert(!t.count || t.rows[t.count - 1].line == rows[_i].line);
	} else {
		ck_assert_msg(strncmp(e.text, rows[_i].error, strlen(rows[_i].error)) == 0,
			      "\"%s\" needs \"%s\"", e.text, rows[_i].error);
	}
	arena_done(&a);
}
END_TEST

START_TEST(columns)
{
	static const char *const same[] = { "a", "b", NULL }, *const other[] = { "a", "c", NULL },
			  *const more[] = { "a", "b", "c", NULL }, *const fewer[] = { "a", NULL };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct csv_table t;
	ck_assert(csv_read(&t, span_text("a,b\n1,2\n"), "t.csv", &a, &e));
	ck_assert_str_eq(csv_cell(&t, t.rows, "b"), "2");
	ck_assert_ptr_null(csv_cell(&t, t.rows, "c"));
	ck_assert(csv_expect(&t, same, &e));
	ck_assert(!csv_expect(&t, other, &e));
	ck_assert_str_eq(e.text, "t.csv:1: column 2 is \"b\", needs \"c\"");
	e.set = false;
	ck_assert(!csv_expect(&t, more, &e));
	ck_assert_str_eq(e.text, "t.csv:1: column 3 is \"\", needs \"c\"");
	e.set = false;
	ck_assert(!csv_expect(&t, fewer, &e));
	ck_assert_str_eq(e.text, "t.csv:1: 2 columns, needs 1");
	arena_done(&a);
}
END_TEST

/* RFC 4180, 2: quotes where they are needed, doubled inside. What is written is
 * read back. */
START_TEST(writes)
{
	static const char *const cells[] = { "plain", "", "a,b", "say \"x\"", "two\nlines", " blank",
					     "#no comment", "caf\xc3\xa9", "0x00000100" };
	static const char want[] = "plain,,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\" blank\","
				   "\"#no comment\",\"caf\xc3\xa9\",0x00000100\n";
	enum { CELLS = sizeof cells / sizeof *cells };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct text out = { 0 };
	struct csv_table t;
	for (size_t i = 0; i < CELLS; i++)
		csv_add_cell(&out, span_text(cells[i]), i == 0);
	text_char(&out, '\n');
	ck_assert(span_equal(span_of(out.p, out.n), span_text(want)));
	ck_assert_msg(csv_read(&t, span_of(out.p, out.n), "t.csv", &a, &e), "%s", e.text);
	ck_assert_uint_eq(t.columns, CELLS);
	for (size_t i = 0; i < CELLS; i++)
		ck_assert_str_eq(t.header[i], cells[i]);
	text_done(&out);
	arena_done(&a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("csv");
	TCase *t = tcase_create("csv");
	tcase_add_loop_test(t, reads, 0, sizeof rows / sizeof *rows);
	tcase_add_test(t, columns);
	tcase_add_test(t, writes);
	suite_add_tcase(s, t);
	return testing_run(s);
}
