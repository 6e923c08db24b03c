/* SPDX-License-Identifier: BSD-2-Clause
 * What the pages of `ikat explain -f html` and `ikat dissect -f html` share. A
 * page is one file without outside parts, which a Content-Security-Policy says
 * too: no address of anything is in it, and only the two texts below, named by
 * their hashes, are style and script.
 *
 * What comes from outside gets into a page through html_escape() alone, which
 * html_add() uses for every %s. */
#ifndef IKAT_DISSECT_HTML_H
#define IKAT_DISSECT_HTML_H

#include "dissect/story.h"

/* Style and script, from html_page.css and html_page.js (embed_gen.c). */
struct html_part {
	const char *text;
	size_t octets;
	const char *sha256;		/* in base64, as the policy wants it */
};
extern const struct html_part html_css, html_js;

/* Text for an element or a quoted attribute: & < > " ' as references; octets that
 * are not UTF-8, control characters, and those that turn the direction of
 * writing, as \xHH. */
void html_escape(struct text *t, struct span s);

/* The format's own characters are markup. %s is text (NULL: nothing), escaped;
 * %u, %llu, %zu are numbers; nothing else is known. */
void html_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
typedef unsigned long long html_number;	/* for %llu */

/* Everything up to the page's first heading; title: one line. */
void html_begin(struct text *t, const char *title);
void html_end(struct text *t);

/* part / whole as "12.345%"; 0% where whole is 0. */
void html_percent(struct text *t, uint64_t part, uint64_t whole);
/* A word in a small frame, with a sign before it, so that colour says nothing
 * that the words do not. */
enum html_tone { HTML_PLAIN, HTML_GOOD, HTML_WARN, HTML_BAD };
void html_badge(struct text *t, enum html_tone tone, const char *word);
enum html_tone html_severity_tone(enum severity s);
/* A term and its value, for a <dl class="facts">; NULL or "": neither. */
void html_fact(struct text *t, const char *term, const char *value);

/* html_boxes.c: the boxes drawn to scale, before and after. */
void html_boxes(struct text *t, const struct story_box *boxes, size_t count);

#endif
