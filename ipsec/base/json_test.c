/* SPDX-License-Identifier: BSD-2-Clause
 * The JSON writer: whatever the octets, another JSON library reads the result
 * back (jansson, which refuses what is not UTF-8). */
#include "ipsec/base/json.h"
#include "ipsec/base/testing.h"

#define json_null jansson_null	/* ours has that name, and jansson's is not used here */
#include <jansson.h>
#undef json_null

/* The text as jansson reads it; the caller's to release. */
static json_t *parse(const struct text *t)
{
	json_error_t why;
	json_t *j = json_loadb(t->p, t->n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			       &why);
	ck_assert_msg(j != NULL, "%s: %.*s", why.text, (int)t->n, t->p);
	return j;
}

/* Table 3-7 of the Unicode standard: what is well formed, and what only looks
 * like it. Each octet that is not comes back as a code point of its own. */
static const struct {
	const char *octets;
	size_t n;
	bool good;
} rows[] = {
	{ "plain", 5, true }, { "", 0, true }, { "a\0b", 3, true },
	{ "\"\\/\b\f\n\r\t\x1b\x7f", 10, true },
	{ "\xc2\x80", 2, true }, { "\xdf\xbf", 2, true }, { "\xe0\xa0\x80", 3, true },
	{ "\xed\x9f\xbf", 3, true }, { "\xee\x80\x80", 3, true }, { "\xef\xbf\xbf", 3, true },
	{ "\xf0\x90\x80\x80", 4, true }, { "\xf4\x8f\xbf\xbf", 4, true },
	{ "\xe2\x80\xa8", 3, true },		/* line separator */
	{ "\x80", 1, false }, { "\xbf", 1, false }, { "\xff", 1, false }, { "\xfe", 1, false },
	{ "\xc0\x80", 2, false }, { "\xc1\xbf", 2, false },	/* overlong */
	{ "\xe0\x80\x80", 3, false }, { "\xe0\x9f\xbf", 3, false },
	{ "\xf0\x80\x80\x80", 4, false }, { "\xf0\x8f\xbf\xbf", 4, false },
	{ "\xed\xa0\x80", 3, false }, { "\xed\xbf\xbf", 3, false },	/* surrogates */
	{ "\xf4\x90\x80\x80", 4, false }, { "\xf5\x80\x80\x80", 4, false },
	{ "\xf8\x88\x80\x80\x80", 5, false },
	{ "\xc3", 1, false }, { "\xe2\x82", 2, false }, { "\xf0\x9f\x98", 3, false },	/* cut */
	{ "\xc3(", 2, false }, { "\xe2(\xa1", 3, false }, { "\xf0(\x8c\xbc", 4, false },
	{ "\xe2\x82\"", 3, false },		/* cut by what ends a string */
	{ "x\xe2\x82\xac\xff\xe2\x82\xac", 8, false },
};

START_TEST(strings)
{
	struct text t = { 0 };
	struct json j = json_of(&t);
	json_octets_str(&j, span_of(rows[_i].octets, rows[_i].n));
	json_t *got = parse(&t);
	bool same = span_equal(span_of(json_string_value(got), json_string_length(got)),
			       span_of(rows[_i].octets, rows[_i].n));
	ck_assert_msg(same == rows[_i].good, "row %d: %.*s", _i, (int)t.n, t.p);
	for (size_t i = 0; i < t.n; i++)
		ck_assert_msg((uint8_t)t.p[i] >= 0x20 && t.p[i] != 0x7f, "row %d: a bare control", _i);
	json_decref(got);
	text_done(&t);
}
END_TEST

START_TEST(stray)
{
	struct text t = { 0 };
	struct json j = json_of(&t);
	json_octets_str(&j, span_of("x\xe2\x82\xac\xff\xe2\x82", 7));
	text_char(&t, '\0');
	ck_assert_str_eq(t.p, "\"x\xe2\x82\xac\\u00ff\\u00e2\\u0082\"");
	text_done(&t);
}
END_TEST

/* Every string of two octets, and random ones: always valid. */
START_TEST(any_octets)
{
	struct text t = { 0 };
	unsigned seed = 42;
	for (unsigned i = 0; i < 65536 + 20000; i++) {
		uint8_t b[9] = { (uint8_t)(i >> 8), (uint8_t)i };
		size_t n = 2;
		if (i >= 65536)
			for (n = 0; n < sizeof b; n++) {
				seed = seed * 1103515245 + 12345;
				b[n] = (uint8_t)(seed >> 16 | (seed & 0x80000000 ? 0x80 : 0));
			}
		t.n = 0;
		struct json j = json_of(&t);
		json_octets_str(&j, span_of(b, n));
		json_decref(parse(&t));
	}
	text_done(&t);
}
END_TEST

START_TEST(structure)
{
	struct text t = { 0 };
	struct json j = json_of(&t);
	json_open(&j, '{');
	json_key_str(&j, "null", NULL);
	json_key_bool(&j, "yes", true);
	json_key(&j, "list");
	json_open(&j, '[');
	json_open(&j, '[');
	json_close(&j, ']');
	json_open(&j, '{');
	json_close(&j, '}');
	json_dec(&j, 18446744073709551615u);
	json_hex_num(&j, 0x2a, 8);
	json_null(&j);
	json_close(&j, ']');
	json_key_hex(&j, "hex", span_of("\0\xff", 2));
	json_key_dec(&j, "n", 0);
	json_key(&j, "raw");
	json_raw_open(&j);
	text_ipv4(&t, (const uint8_t[]){ 192, 0, 2, 1 });
	json_raw_close(&j);
	json_key_bool(&j, "no", false);
	json_close(&j, '}');
	text_char(&t, '\0');
	ck_assert_str_eq(t.p, "{\"null\":null,\"yes\":true,\"list\":[[],{},18446744073709551615,"
			      "\"0x0000002a\",null],\"hex\":\"00ff\",\"n\":0,"
			      "\"raw\":\"192.0.2.1\",\"no\":false}");
	text_done(&t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *t = tcase_create("json");
	tcase_add_loop_test(t, strings, 0, sizeof rows / sizeof *rows);
	tcase_add_test(t, stray);
	tcase_add_test(t, any_octets);
	tcase_add_test(t, structure);
	suite_add_tcase(s, t);
	return testing_run(s);
}
