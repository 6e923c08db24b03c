/* SPDX-License-Identifier: BSD-2-Clause
 * Between the files of the tree view: lines that know their width and what
 * stands before them, and structures by their field tables. */
#ifndef IKAT_DISSECT_VIEW_TREE_H
#define IKAT_DISSECT_VIEW_TREE_H

#include "dissect/view_private.h"

enum { PREFIX_MAX = 160, OCTETS_SHOWN = 16, COLUMNS_MIN = 40 };

struct tree {
	const struct view_env *v;
	const struct packet *p;
	struct text *t;
	struct text word;		/* the piece that is being added to a line */
	char prefix[PREFIX_MAX];	/* of every line below here */
	size_t depth;			/* octets of prefix in use */
	size_t begin;			/* where this line began in t, less its escapes */
	unsigned columns;
	bool header;			/* fields of a packet's header, not of IKE */
	const struct node *titled;	/* its field `title` stands in its heading */
	unsigned title;
};

/* ---- lines ---- */

void tree_colour(struct tree *r, const char *code);	/* ANSI: "1" bold ... "0" plain */
/* A line begins with r->prefix, then `branch`. */
void tree_line(struct tree *r, const char *branch);
void tree_line_end(struct tree *r);
size_t tree_column(const struct tree *r);
/* Lengthens the prefix; the caller sets r->depth back. */
void tree_deeper(struct tree *r, const char *s);
/* Adds r->word to the line with `gap` before it, or to a new one that begins
 * with `branch` if there is no room. */
void tree_word(struct tree *r, const char *branch, const char *gap);
/* Text of several words, and octets in hex, on as many lines as they need. */
void tree_paragraph(struct tree *r, const char *branch, struct span s);
void tree_hex(struct tree *r, const char *branch, struct span s);
/* To r->word: the first octets, and how many there are. */
void tree_octets(struct tree *r, struct span s);

/* ---- structures ---- */

/* The fields in a flow of `name: value`; `headed`: the structure's head names it
 * already, and what its encoder derives is left out. */
void tree_fields(struct tree *r, const struct node *n, const char *branch, bool headed);
bool tree_is_empty(const struct tree *r, const struct node *n, bool headed);	/* nothing to show */
/* The structures inside, each below, as branches of a tree. */
void tree_structures(struct tree *r, const struct node *n);
bool tree_has_below(const struct node *n, unsigned from);	/* from field `from` on */

#endif
