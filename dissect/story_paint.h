/* SPDX-License-Identifier: BSD-2-Clause
 * What the text writer's files share: colours, wrapping, and the ladder. */
#ifndef IKAT_DISSECT_STORY_PAINT_H
#define IKAT_DISSECT_STORY_PAINT_H

#include "dissect/story_private.h"

enum paint { PAINT_NONE, PAINT_BOLD, PAINT_DIM, PAINT_RED, PAINT_GREEN, PAINT_YELLOW };

struct painter {
	struct story *s;
	struct text *out;
	bool colour, ascii;
	unsigned columns;		/* at least PAINTER_MIN */
};
enum { PAINTER_MIN = 40 };

void paint(const struct painter *w, enum paint p);	/* PAINT_NONE: back to normal */
/* Wrapped at spaces; every line begins with `indent` columns, the first one after
 * `used` columns that are there already. Ends with a newline. */
void paint_wrapped(const struct painter *w, const char *text, unsigned used, unsigned indent);
/* Octets of text that fit into a line: up to the last space before `room`. */
size_t paint_line(const char *text, size_t room);

/* story_rungs.c */
void paint_ladder(const struct painter *w, const struct story_ike *k);

#endif
