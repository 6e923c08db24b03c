/* SPDX-License-Identifier: BSD-2-Clause
 * Lines of the tree view: prefix, width, wrapping, colour. */
#include "dissect/view_tree.h"

void tree_colour(struct tree *r, const char *code)
{
	if (!r->v->colour)
		return;
	size_t n = r->t->n;
	text_add(r->t, "\033[");
	text_add(r->t, code);
	text_char(r->t, 'm');
	r->begin += r->t->n - n;	/* takes no columns */
}

void tree_line(struct tree *r, const char *branch)
{
	r->begin = r->t->n;
	text_add_octets(r->t, r->prefix, r->depth);
	text_add(r->t, branch);
}

void tree_line_end(struct tree *r)
{
	text_char(r->t, '\n');
}

size_t tree_column(const struct tree *r)
{
	return r->t->n - r->begin;
}

void tree_deeper(struct tree *r, const char *s)
{
	size_t n = strlen(s);
	if (r->depth + n > r->columns / 2 || r->depth + n > PREFIX_MAX)
		return;		/* so deep that no room is left for what it says */
	memcpy(r->prefix + r->depth, s, n);
	r->depth += n;
}

/* Adds r->word to the line, or to a new one that begins with `branch`. */
/* A word that no line has room for is cut at the edge. */
static void hard_wrap(struct tree *r, const char *branch, struct span s)
{
	while (s.n) {
		size_t used = tree_column(r), room = used < r->columns ? r->columns - used : 1;
		struct span part = span_part(s, 0, room);
		text_add_octets(r->t, part.p, part.n);
		s = span_from(s, part.n);
		if (!s.n)
			return;
		tree_line_end(r);
		tree_line(r, branch);
	}
}

void tree_word(struct tree *r, const char *branch, const char *gap)
{
	size_t begin = r->depth + strlen(branch);
	bool fresh = tree_column(r) <= begin;
	if (!fresh && tree_column(r) + strlen(gap) + r->word.n > r->columns) {
		tree_line_end(r);
		tree_line(r, branch);
	} else if (!fresh) {
		text_add(r->t, gap);
	}
	hard_wrap(r, branch, span_of(r->word.p, r->word.n));
	r->word.n = 0;
}

/* Text of several words on as many lines as it needs. */
void tree_paragraph(struct tree *r, const char *branch, struct span s)
{
	while (s.n) {
		const uint8_t *blank = memchr(s.p, ' ', s.n);
		size_t n = blank ? (size_t)(blank - s.p) : s.n;
		text_add_octets(&r->word, s.p, n);
		if (n)
			tree_word(r, branch, " ");
		s = span_from(s, n + 1);
	}
}

/* Octets in hex on as many lines as they need. */
void tree_hex(struct tree *r, const char *branch, struct span s)
{
	while (s.n) {
		struct span part = span_part(s, 0, 16);
		text_hex_span(&r->word, part);
		tree_word(r, branch, " ");
		s = span_from(s, part.n);
	}
}
