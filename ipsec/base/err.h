/* SPDX-License-Identifier: BSD-2-Clause
 * Bad situations (files, keys, syntax, OpenSSL): told once, where they are
 * found, and carried up to main, which prints them. Functions that can fail
 * return bool and take a struct err; the first message wins. Bad octets from
 * the wire are findings (finding.h), not errors. */
#ifndef IKAT_BASE_ERR_H
#define IKAT_BASE_ERR_H

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct err {
	bool set;
	char text[480];		/* one line, no newline at its end */
};

/* Keeps the message unless there is one already. Always returns false, so that
 * a function can end with `return err_set(e, ...)`. */
bool err_set(struct err *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts "CONTEXT: " before the message that is there. Returns false. */
bool err_prefix(struct err *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
