/* SPDX-License-Identifier: BSD-2-Clause
 * JSON written by appending: commas and quotes are kept here, nothing else.
 * Keys are ours and plain; strings are escaped. Outside octets that are not
 * UTF-8 come out as \u00XX for each octet, so that the result is always valid. */
#ifndef IKAT_BASE_JSON_H
#define IKAT_BASE_JSON_H

#include "ipsec/base/text.h"

struct json {
	struct text *text;
	bool comma;	/* a value stands before: the next one needs a comma */
};

static inline struct json json_of(struct text *text)
{
	return (struct json){ text, false };
}

void json_key(struct json *j, const char *key);
void json_open(struct json *j, char bracket);	/* '{' or '[' */
void json_close(struct json *j, char bracket);	/* '}' or ']' */
void json_word(struct json *j, const char *word);	/* true, false or null, as it is */
void json_bool(struct json *j, bool v);
void json_dec(struct json *j, uint64_t v);
void json_str(struct json *j, const char *s);
void json_octets_str(struct json *j, struct span s);	/* text from outside */
void json_hex(struct json *j, struct span s);		/* "00ff.." */
void json_hex_num(struct json *j, uint64_t v, size_t digits);	/* "0x0000002a" */
/* Between these two the caller appends the inside of a string to `text` itself;
 * it must append nothing that needs escaping. */
void json_raw_open(struct json *j);	/* writes the opening quote */
void json_raw_close(struct json *j);

/* No symbol of this name is exported: jansson, which the tests link, has one. */
static inline void json_null(struct json *j) { json_word(j, "null"); }

/* key and value in one go */
void json_key_bool(struct json *j, const char *key, bool v);
void json_key_dec(struct json *j, const char *key, uint64_t v);
void json_key_str(struct json *j, const char *key, const char *s);	/* NULL: null */
void json_key_hex(struct json *j, const char *key, struct span s);

#endif
