/* SPDX-License-Identifier: BSD-2-Clause
 * INI text, read strictly: [section] lines, `key = value` lines, whole lines of
 * comment that begin with '#'. Keys may be repeated; the order is kept. Nothing
 * is quoted, nothing continues on the next line. */
#ifndef IKAT_CONFORMANCE_LAB_INI_H
#define IKAT_CONFORMANCE_LAB_INI_H

#include "ipsec/base/arena.h"
#include "ipsec/base/err.h"

enum { INI_ROWS_MAX = 512, INI_LINE_MAX = 1000 };

struct ini_row {
	const char *section, *key, *value;
	size_t line;
};

struct ini {
	const char *file;	/* as given, for messages */
	struct ini_row *rows;
	size_t count;
};

/* Text that is none of the three kinds of line, an empty key, a line that is
 * too long, octets that are not printable ASCII: an error with file and line. */
bool ini_read(struct ini *ini, struct span text, const char *file,
	      struct arena *arena, struct err *e) MUST_CHECK;

#endif
