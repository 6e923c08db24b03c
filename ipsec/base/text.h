/* SPDX-License-Identifier: BSD-2-Clause
 * Text that grows: every view appends to one of these by hand, which is many
 * times faster than printf. When it holds enough, it is given to a sink. */
#ifndef IKAT_BASE_TEXT_H
#define IKAT_BASE_TEXT_H

#include "ipsec/base/span.h"

struct text {
	char *p;	/* not NUL-terminated */
	size_t n, cap;
	/* Takes all n octets and returns true, or false on a write error, which
	 * `bad` remembers. NULL: the text only grows. */
	bool (*sink)(void *user, const char *p, size_t n);
	void *user;
	bool bad;
};

enum { TEXT_FLUSH_AT = 256 * 1024 };

void text_done(struct text *t);		/* frees; does not flush */
/* Gives everything to the sink. False if this or an earlier write failed. */
bool text_flush(struct text *t);
/* Called between records: flushes when TEXT_FLUSH_AT octets wait. */
void text_record_end(struct text *t);

void text_add(struct text *t, const char *s);
void text_add_octets(struct text *t, const void *p, size_t n);
void text_char(struct text *t, char c);
void text_fill(struct text *t, char c, size_t n);	/* n times c */
void text_dec(struct text *t, uint64_t v);
void text_hex(struct text *t, uint64_t v, size_t digits);	/* no 0x */
void text_hex_span(struct text *t, struct span s);		/* no 0x */
void text_ipv4(struct text *t, const uint8_t b[4]);
void text_ipv6(struct text *t, const uint8_t b[16]);	/* RFC 5952 */
/* Outside text for a terminal or a script: printable ASCII as it is, quotes
 * and backslashes escaped, the rest as \xHH. No quotes around it. */
void text_escape(struct text *t, struct span s);
/* For the rare places where speed does not matter. */
void text_printf(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
