/* SPDX-License-Identifier: BSD-2-Clause
 * Standard output as the commands that show packets see it. */
#ifndef IKAT_DISSECT_TERMINAL_H
#define IKAT_DISSECT_TERMINAL_H

#include "ipsec/base/err.h"

#include <stddef.h>

/* A text's sink: writes to standard output and flushes it. */
bool terminal_write(void *user, const char *p, size_t n);
/* COLUMNS, or what the terminal has; 80 where there is none. */
unsigned terminal_columns(void);

/* --colour: false with an error unless it is auto, always or never. */
bool terminal_colour_ok(const char *when, struct err *e) MUST_CHECK;
/* auto: on a terminal, unless NO_COLOR is set. */
bool terminal_colour(const char *when);

#endif
