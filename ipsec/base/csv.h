/* SPDX-License-Identifier: BSD-2-Clause
 * CSV with a header line (RFC 4180), read strictly and written through libcsv;
 * this is the only user of that library. Lines that begin with '#' are comments. */
#ifndef IKAT_BASE_CSV_H
#define IKAT_BASE_CSV_H

#include "ipsec/base/arena.h"
#include "ipsec/base/err.h"
#include "ipsec/base/text.h"

struct csv_row {
	size_t line;		/* of its last character, from 1 */
	const char **cells;	/* NUL-terminated, exactly as many as the header has */
};

struct csv_table {
	const char *file;	/* as given, for messages */
	size_t columns, count;
	const char **header;
	struct csv_row *rows;
};

/* Reads the whole text into the arena. Wrong quoting, a row with another
 * number of cells than the header, a NUL octet: an error with file and line. */
bool csv_read(struct csv_table *t, struct span text, const char *file,
	      struct arena *arena, struct err *e) MUST_CHECK;

/* The cell in the named column; NULL if the table has no such column. */
const char *csv_cell(const struct csv_table *t, const struct csv_row *row,
		     const char *column);
/* True if the header has exactly these columns (NULL-terminated list) and
 * order; otherwise an error that names the first difference. */
bool csv_expect(const struct csv_table *t, const char *const *columns,
		struct err *e) MUST_CHECK;

/* ---- writing ---- */

/* Appends a cell to the row that is being written; quoted where it has to be.
 * first: no comma before it. */
void csv_add_cell(struct text *out, struct span cell, bool first);

#endif
