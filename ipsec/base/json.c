/* SPDX-License-Identifier: BSD-2-Clause
 * The JSON writer. RFC 8259. */
#include "ipsec/base/json.h"

static void value(struct json *j)
{
	if (j->comma)
		text_char(j->text, ',');
	j->comma = true;
}

void json_key(struct json *j, const char *key)
{
	value(j);
	text_char(j->text, '"');
	text_add(j->text, key);
	text_add(j->text, "\":");
	j->comma = false;
}

void json_open(struct json *j, char bracket)
{
	value(j);
	text_char(j->text, bracket);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	text_char(j->text, bracket);
	j->comma = true;
}

void json_word(struct json *j, const char *word)
{
	value(j);
	text_add(j->text, word);
}

void json_bool(struct json *j, bool v)
{
	json_word(j, v ? "true" : "false");
}

void json_dec(struct json *j, uint64_t v)
{
	value(j);
	text_dec(j->text, v);
}

static void escaped(struct text *t, uint8_t c)
{
	if (c == '"' || c == '\\') {
		text_char(t, '\\');
		text_char(t, (char)c);
	} else {
		text_add(t, "\\u00");
		text_hex(t, c, 2);
	}
}

/* Octets of the UTF-8 sequence at s, or 0 if it is not well-formed
 * (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_length(struct span s)
{
	uint8_t c = s.p[0];
	size_t n = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 :
		   c >= 0xf0 && c < 0xf5 ? 4 : 0;
	if (n == 0 || s.n < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && s.p[1] < 0xa0) || (c == 0xed && s.p[1] > 0x9f) ||
	    (c == 0xf0 && s.p[1] < 0x90) || (c == 0xf4 && s.p[1] > 0x8f))
		return 0;
	return n;
}

void json_octets_str(struct json *j, struct span s)
{
	json_raw_open(j);
	for (size_t i = 0; i < s.n;) {
		uint8_t c = s.p[i];
		size_t n = c < 0x80 ? 1 : utf8_length(span_from(s, i));
		if (n == 0 || c < 0x20 || c == 0x7f || c == '"' || c == '\\') {
			escaped(j->text, c);
			i++;
		} else {
			text_add_octets(j->text, s.p + i, n);
			i += n;
		}
	}
	json_raw_close(j);
}

void json_str(struct json *j, const char *s)
{
	json_octets_str(j, span_text(s));
}

void json_hex(struct json *j, struct span s)
{
	json_raw_open(j);
	text_hex_span(j->text, s);
	json_raw_close(j);
}

void json_hex_num(struct json *j, uint64_t v, size_t digits)
{
	json_raw_open(j);
	text_add(j->text, "0x");
	text_hex(j->text, v, digits);
	json_raw_close(j);
}

void json_raw_open(struct json *j)
{
	value(j);
	text_char(j->text, '"');
}

void json_raw_close(struct json *j)
{
	text_char(j->text, '"');
}

void json_key_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

void json_key_dec(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_dec(j, v);
}

void json_key_str(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	if (s)
		json_str(j, s);
	else
		json_null(j);
}

void json_key_hex(struct json *j, const char *key, struct span s)
{
	json_key(j, key);
	json_hex(j, s);
}
