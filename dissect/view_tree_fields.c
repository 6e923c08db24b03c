/* SPDX-License-Identifier: BSD-2-Clause
 * Structures in the tree view, by their field tables: fields in a flow, lists of
 * structures as branches. What a CHOICE chose is shown as if its fields were
 * the outer structure's. */
#include "dissect/view_tree.h"

#include "ipsec/base/registry.h"

/* ---- fields ---- */

void tree_octets(struct tree *r, struct span s)
{
	text_hex_span(&r->word, span_part(s, 0, OCTETS_SHOWN));
	if (s.n <= OCTETS_SHOWN)
		return;
	text_add(&r->word, "... (");
	text_dec(&r->word, s.n);
	text_add(&r->word, " octets)");
}

/* What a header says comes next is what encapsulation is about: name it. */
static const char *next_word(const struct node *n, unsigned i)
{
	const char *name = n->desc->fields[i].name;
	enum number_space space = SPACE_PROTOCOL;
	if (strcmp(name, "ethertype") == 0)
		space = SPACE_ETHERTYPE;
	else if ((strcmp(name, "protocol") && strcmp(name, "next_header")) ||
		 n->desc->fields[i].names)
		return NULL;
	enum layer_kind kind = layer_find(space, (uint32_t)n->v[i].u);
	return kind == LAYER_DATA ? NULL : layer_types[kind].name;
}

static void tree_uint(struct tree *r, const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	const char *word = view_word(n, i);
	if (!word && r->header)
		word = next_word(n, i);
	if (!word || f->show == SHOW_FLAG) {
		view_value(&r->word, n, i);
		return;
	}
	text_add(&r->word, word);
	text_add(&r->word, " (");
	if (f->show == SHOW_HEX) {
		text_add(&r->word, "0x");
		text_hex(&r->word, n->v[i].u, (f->bits + 3u) / 4);
	} else {
		text_dec(&r->word, n->v[i].u);
	}
	text_char(&r->word, ')');
}

static void tree_scalar(struct tree *r, const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	struct span s = node_bytes(n, i);
	if (f->kind == FIELD_UINT)
		tree_uint(r, n, i);
	else if (f->show == SHOW_DEFAULT && s.n > OCTETS_SHOWN && !r->v->bytes)
		tree_octets(r, s);
	else
		view_value(&r->word, n, i);
}

/* `end_port` for `start_port`: the other end of a range, or -1. */
static int range_end(const struct node *n, unsigned i)
{
	const char *name = n->desc->fields[i].name;
	char end[40] = "end_";
	if (strncmp(name, "start_", 6) || strlen(name) > 32)
		return -1;
	memcpy(end + 4, name + 6, strlen(name) - 5);
	int k = node_field(n->desc, span_text(end));
	return k >= 0 && view_field_shown(n, (unsigned)k) ? k : -1;
}

static bool is_range_end(const struct node *n, unsigned i)
{
	const char *name = n->desc->fields[i].name;
	char start[40] = "start_";
	if (strncmp(name, "end_", 4) || strlen(name) > 32)
		return false;
	memcpy(start + 6, name + 4, strlen(name) - 3);
	return node_field(n->desc, span_text(start)) >= 0;
}

/* The payload's heading shows this one already. */
static bool is_title(const struct tree *r, const struct node *n, unsigned i)
{
	return r->titled == n && r->title == i;
}

/* Fields that stand in the flow of `name: value`. */
static bool in_flow(const struct tree *r, const struct node *n, unsigned i, bool headed)
{
	const struct field *f = &n->desc->fields[i];
	if (!view_field_shown(n, i) || f->kind == FIELD_LIST || is_range_end(n, i) ||
	    is_title(r, n, i))
		return false;
	if (f->kind != FIELD_UINT)
		return node_kid(n, i) ? view_is_single(node_kid(n, i)) : node_bytes(n, i).n != 0;
	if (!headed || n->forced >> i & 1)
		return true;
	if (f->style == STYLE_HEAD || (f->style == STYLE_HIDDEN && !n->v[i].u))
		return false;
	return f->derive == DERIVE_NONE || f->derive == DERIVE_NUMBER || f->derive == DERIVE_OUTSIDE;
}

/* A CHOICE's structure, whose fields stand with the outer one's. */
static const struct node *chosen(const struct node *n, unsigned i)
{
	const struct node *kid = node_kid(n, i);
	bool choice = n->desc->fields[i].kind == FIELD_CHOICE;
	return kid && choice && !view_is_single(kid) ? kid : NULL;
}

/* Octets that are shown whole, on lines of their own. */
static bool is_long(const struct tree *r, const struct node *n, unsigned i)
{
	return r->v->bytes && n->desc->fields[i].show == SHOW_DEFAULT &&
	       node_bytes(n, i).n > OCTETS_SHOWN;
}

static void flow_field(struct tree *r, const struct node *n, unsigned i, const char *branch)
{
	const struct node *kid = node_kid(n, i);
	int end = range_end(n, i);
	const char *name = n->desc->fields[i].name;
	text_add(&r->word, end >= 0 ? name + 6 : name);
	text_add(&r->word, ": ");
	if (is_long(r, kid ? kid : n, kid ? 0 : i)) {
		r->word.n--;
		tree_word(r, branch, "  ");
		tree_hex(r, branch, node_bytes(kid ? kid : n, kid ? 0 : i));
		return;
	}
	if (kid)
		tree_scalar(r, kid, 0);
	else
		tree_scalar(r, n, i);
	if (end >= 0) {
		text_add(&r->word, " - ");
		tree_scalar(r, n, (unsigned)end);
	}
	tree_word(r, branch, "  ");
}

static void flow_tail(struct tree *r, const struct node *n, const char *branch)
{
	if (!n->tail.n)
		return;
	text_add(&r->word, "unclaimed: ");
	tree_octets(r, n->tail);
	tree_word(r, branch, "  ");
}

static bool list_is_plain(const struct node *kid)
{
	for (; kid; kid = kid->next)
		if (!view_is_single(kid))
			return false;
	return true;
}

static void flow_list(struct tree *r, const struct node *n, unsigned i, const char *branch)
{
	const struct node *kid = node_kid(n, i);
	text_add(&r->word, n->desc->fields[i].name);
	text_add(&r->word, ": ");
	for (bool first = true; kid; kid = kid->next) {
		tree_scalar(r, kid, 0);
		if (kid->next)
			text_char(&r->word, ',');
		tree_word(r, branch, first ? "  " : " ");
		first = false;
	}
}

static bool is_plain_list(const struct node *n, unsigned i)
{
	const struct node *kid = node_kid(n, i);
	return kid && n->desc->fields[i].kind == FIELD_LIST && list_is_plain(kid);
}

void tree_fields(struct tree *r, const struct node *n, const char *branch, bool headed)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		if (in_flow(r, n, i, headed))
			flow_field(r, n, i, branch);
		else if (is_plain_list(n, i))
			flow_list(r, n, i, branch);
		else if (chosen(n, i))
			tree_fields(r, chosen(n, i), branch, headed);
	}
	flow_tail(r, n, branch);
}

bool tree_is_empty(const struct tree *r, const struct node *n, bool headed)
{
	for (unsigned i = 0; i < n->desc->count; i++)
		if (in_flow(r, n, i, headed) || is_plain_list(n, i) ||
		    (chosen(n, i) && !tree_is_empty(r, chosen(n, i), headed)))
			return false;
	return n->tail.n == 0;
}

/* ---- structures in structures ---- */

static void structure(struct tree *r, const struct node *n, bool last);

/* Does field i have structures to be shown below? */
static bool is_below(const struct node *n, unsigned i)
{
	if (chosen(n, i))
		return tree_has_below(chosen(n, i), 0);
	return n->desc->fields[i].kind == FIELD_LIST && node_kid(n, i) && !is_plain_list(n, i);
}

bool tree_has_below(const struct node *n, unsigned from)
{
	for (; from < n->desc->count; from++)
		if (is_below(n, from))
			return true;
	return false;
}

void tree_structures(struct tree *r, const struct node *n)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		if (!is_below(n, i))
			continue;
		if (chosen(n, i)) {
			tree_structures(r, chosen(n, i));
			continue;
		}
		for (const struct node *kid = node_kid(n, i); kid; kid = kid->next)
			structure(r, kid, !kid->next && !tree_has_below(n, i + 1));
	}
}

static void structure_title(struct tree *r, const struct node *n)
{
	for (unsigned i = 0; i < n->present; i++)
		if (n->desc->fields[i].style == STYLE_HEAD) {
			tree_scalar(r, n, i);
			tree_word(r, "", "");
			return;
		}
	text_add(r->t, n->desc->name);
}

/* Is one word all that a structure has to say? `key_length: 256` */
static bool is_small(const struct tree *r, const struct node *n)
{
	unsigned shown = 0;
	for (unsigned i = 0; i < n->desc->count; i++)
		shown += in_flow(r, n, i, true);
	return shown == 1 && !tree_has_below(n, 0);
}

static bool all_small(const struct tree *r, const struct node *n)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		if (!is_below(n, i))
			continue;
		if (chosen(n, i))
			return false;
		for (const struct node *kid = node_kid(n, i); kid; kid = kid->next)
			if (!is_small(r, kid))
				return false;
	}
	return true;
}

/* `key_length: 256`, or by its head: `Life_Type: seconds (1)`. */
static void small_one(struct tree *r, const struct node *n, const char *branch)
{
	unsigned head = 0, i = 0;
	while (head < n->present && n->desc->fields[head].style != STYLE_HEAD)
		head++;
	while (i < n->desc->count && !in_flow(r, n, i, true))
		i++;
	if (head >= n->present || is_long(r, n, i) || node_kid(n, i)) {
		tree_fields(r, n, branch, true);
		return;
	}
	view_value(&r->word, n, head);
	text_add(&r->word, ": ");
	tree_scalar(r, n, i);
	tree_word(r, branch, "  ");
	flow_tail(r, n, branch);
}

/* A transform with its key length is one line. */
static void small_ones(struct tree *r, const struct node *n, const char *branch)
{
	for (unsigned i = 0; i < n->desc->count; i++)
		for (const struct node *kid = is_below(n, i) ? node_kid(n, i) : NULL; kid;
		     kid = kid->next)
			small_one(r, kid, branch);
}

static void structure(struct tree *r, const struct node *n, bool last)
{
	size_t depth = r->depth;
	bool small = all_small(r, n);
	tree_line(r, last ? "`- " : "|- ");
	structure_title(r, n);
	tree_deeper(r, last ? "   " : "|  ");
	tree_fields(r, n, "   ", true);
	if (small)
		small_ones(r, n, "   ");
	tree_line_end(r);
	if (!small)
		tree_structures(r, n);
	r->depth = depth;
}
