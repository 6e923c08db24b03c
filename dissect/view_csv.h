/* SPDX-License-Identifier: BSD-2-Clause
 * The columns of `ikat dissect -f csv`. */
#ifndef IKAT_DISSECT_VIEW_CSV_H
#define IKAT_DISSECT_VIEW_CSV_H

#include "ipsec/base/err.h"
#include "ipsec/base/text.h"

enum { CSV_FIELDS_MAX = 128 };

struct csv_fields;

/* "frame,time,esp.spi": NULL with an error for a name that is none. list NULL:
 * the usual columns. */
struct csv_fields *csv_fields_parse(const char *list, struct err *e);
void csv_fields_free(struct csv_fields *f);	/* NULL is nothing */

/* "name\tdescription", all that there are. */
void csv_fields_list(struct text *out);

#endif
