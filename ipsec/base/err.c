/* SPDX-License-Identifier: BSD-2-Clause
 * Errors: one line of text, the first one wins. */
#include "ipsec/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *e, const char *format, ...)
{
	if (e->set)
		return false;
	va_list ap;
	va_start(ap, format);
	vsnprintf(e->text, sizeof e->text, format, ap);
	va_end(ap);
	e->set = true;
	return false;
}

bool err_prefix(struct err *e, const char *format, ...)
{
	char before[sizeof e->text], after[sizeof e->text];
	va_list ap;
	va_start(ap, format);
	vsnprintf(before, sizeof before, format, ap);
	va_end(ap);
	memcpy(after, e->text, sizeof after);
	size_t n = strnlen(before, sizeof before / 2);
	size_t m = strnlen(after, sizeof e->text - n - 3);
	memcpy(e->text, before, n);
	memcpy(e->text + n, ": ", 2);
	memcpy(e->text + n + 2, after, m);
	e->text[n + 2 + m] = '\0';
	e->set = true;
	return false;
}
