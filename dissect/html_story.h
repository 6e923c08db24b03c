/* SPDX-License-Identifier: BSD-2-Clause
 * Between the files that write the story's page. */
#ifndef IKAT_DISSECT_HTML_STORY_H
#define IKAT_DISSECT_HTML_STORY_H

#include "dissect/html.h"

/* What one page holds; the rest is counted, and `-f json` has all of it. */
enum { HTML_IKES_MAX = 200, HTML_CHILDREN_MAX = 40, HTML_FLOWS_MAX = 500,
       HTML_DRAWN_MAX = 60, HTML_TIMED_MAX = 60, HTML_SENTENCES_MAX = 100 };

/* "0.769460": seconds since the capture's first frame. */
void html_since(struct text *t, const struct story *s, int64_t seconds, uint32_t nanoseconds);
/* A note that so many are not shown; nothing for 0. */
void html_left_out(struct text *t, uint64_t count, const char *what);
/* NULL-terminated sentences as a list; NULL or none: nothing. */
void html_sentences(struct text *t, const char *class, const char *const *sentences);
const char *html_addr(struct story *s, const struct addr *a);

/* html_flows.c */
void html_flows(struct story *s, struct text *t);
void html_timeline(struct story *s, struct text *t);
/* html_ladder.c */
void html_ladder(struct story *s, const struct story_ike *k, struct text *t);

#endif
