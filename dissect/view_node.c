/* SPDX-License-Identifier: BSD-2-Clause
 * A structure in the notation, by its field table: on one line if it fits, else
 * over several. The grammar is at the top of view_notation.c. */
#include "dissect/view_private.h"

struct out {
	struct text *t;
	size_t line;		/* where this line begins in t */
	unsigned columns;
};

enum { INDENT = 2 };

static void new_line(struct out *o, unsigned indent)
{
	text_char(o->t, '\n');
	o->line = o->t->n;
	text_fill(o->t, ' ', indent);
}

static size_t column(const struct out *o)
{
	return o->t->n - o->line;
}

/* ---- what stands where ---- */

static bool is_forced(const struct node *n, unsigned i)
{
	return n->forced >> i & 1 && n->desc->fields[i].kind == FIELD_UINT &&
	       n->desc->fields[i].derive != DERIVE_NONE;
}

static bool is_positional(const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	return i < n->present && f->style == STYLE_POSITIONAL && !is_forced(n, i) &&
	       (f->derive == DERIVE_NONE || f->kind != FIELD_UINT);
}

/* Worth a `name value` inside the braces? */
static bool is_item(const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	if (i >= n->present || is_positional(n, i))
		return false;
	if (f->kind == FIELD_LIST || n->v[i].is_node)
		return node_kid(n, i) != NULL;
	if (f->kind != FIELD_UINT)
		return node_bytes(n, i).n != 0;
	if (is_forced(n, i) || f->bits == 0)
		return f->bits != 0;
	if (f->derive != DERIVE_NONE || f->style == STYLE_HEAD)
		return false;
	return n->v[i].u != 0 || (f->style != STYLE_HIDDEN && !f->reserved);
}

/* Walks what stands inside a structure's braces. */
struct item {
	const struct node *n;
	unsigned i;			/* field; count: the tail; count + 1: !present */
	const struct node *kid;		/* element of list field i */
};

static bool item_at(const struct item *it)
{
	const struct node *n = it->n;
	if (it->i < n->desc->count)
		return is_item(n, it->i);
	return it->i == n->desc->count ? n->tail.n != 0 : n->present < n->desc->count;
}

static bool item_next(struct item *it, bool first)
{
	if (!first && it->kid && it->kid->next) {
		it->kid = it->kid->next;
		return true;
	}
	it->kid = NULL;
	for (it->i = first ? 0 : it->i + 1; it->i < it->n->desc->count + 2u; it->i++) {
		if (!item_at(it))
			continue;
		if (it->i < it->n->desc->count && it->n->desc->fields[it->i].kind == FIELD_LIST)
			it->kid = node_kid(it->n, it->i);
		return true;
	}
	return false;
}

static bool has_items(const struct node *n)
{
	struct item it = { n, 0, NULL };
	return item_next(&it, true);
}

/* Can an element be given by its values alone? */
static bool is_bare(const struct node *kid, const struct field *list)
{
	bool any = false;
	if (kid->desc != list->elem || has_items(kid))
		return false;
	for (unsigned i = 0; i < kid->desc->count; i++)
		any |= is_positional(kid, i);
	return any;
}

/* ---- values ---- */

static void hex_octets(struct out *o, struct span s, unsigned indent)
{
	text_add(o->t, "0x");
	for (size_t i = 0; i < s.n;) {
		size_t room = o->columns > column(o) + 4 ? (o->columns - column(o) - 1) / 2 : 1;
		struct span part = span_part(s, i, o->columns ? room : s.n);
		text_hex_span(o->t, part);
		i += part.n;
		if (i < s.n) {
			text_char(o->t, '\\');
			new_line(o, indent);
		}
	}
}

static void scalar(struct out *o, const struct node *n, unsigned i, unsigned indent)
{
	const struct field *f = &n->desc->fields[i];
	struct span s = node_bytes(n, i);
	bool address = (f->show == SHOW_IPV4 && s.n == 4) || (f->show == SHOW_IPV6 && s.n == 16) ||
		       (f->show == SHOW_MAC && s.n == 6);
	if (f->kind == FIELD_UINT || address) {
		view_value(o->t, n, i);
	} else if (f->show == SHOW_TEXT) {
		text_char(o->t, '"');
		text_escape(o->t, s);
		text_char(o->t, '"');
	} else {
		hex_octets(o, s, indent);
	}
}

/* ---- on one line ---- */

static void flat_structure(struct out *o, const struct node *n, const char *name);
static void flat_body(struct out *o, const struct node *n, bool braces);

static void flat_list(struct out *o, const struct field *f, const struct node *kid)
{
	for (bool first = true; kid; kid = kid->next, first = false) {
		if (!first)
			text_char(o->t, ' ');
		if (is_bare(kid, f))
			flat_body(o, kid, false);
		else
			flat_structure(o, kid, kid->desc->name);
	}
}

static void flat_value(struct out *o, const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	if (f->kind == FIELD_LIST)
		flat_list(o, f, node_kid(n, i));
	else if (node_kid(n, i))
		flat_body(o, node_kid(n, i), true);
	else
		scalar(o, n, i, 0);
}

static void item_label(struct text *t, const struct item *it)
{
	const struct node *n = it->n;
	if (it->i > n->desc->count) {
		text_add(t, "!present=");
		text_dec(t, n->present);
	} else if (it->i == n->desc->count) {
		text_add(t, "tail ");
	} else if (!it->kid) {
		bool force = is_forced(n, it->i) || (n->desc->fields[it->i].reserved &&
						     n->desc->fields[it->i].kind == FIELD_UINT);
		text_add(t, force ? "!" : "");
		text_add(t, n->desc->fields[it->i].name);
		text_char(t, force ? '=' : ' ');
	}
}

static void flat_item(struct out *o, const struct item *it)
{
	item_label(o->t, it);
	if (it->kid)
		flat_structure(o, it->kid, it->kid->desc->name);
	else if (it->i < it->n->desc->count)
		flat_value(o, it->n, it->i);
	else if (it->i == it->n->desc->count)
		hex_octets(o, it->n->tail, 0);
}

/* The last positional field that has something to say, + 1: empty ones before
 * it have to hold their place. */
static unsigned positional_end(const struct node *n)
{
	unsigned end = 0;
	for (unsigned i = 0; i < n->desc->count; i++)
		if (is_positional(n, i) && (n->desc->fields[i].kind == FIELD_UINT ||
					    node_kid(n, i) || node_bytes(n, i).n))
			end = i + 1;
	return end;
}

/* Positional values, each with a blank before it but for the first. */
static void positionals(struct out *o, const struct node *n, bool blank)
{
	unsigned end = positional_end(n);
	for (unsigned i = 0; i < end; i++) {
		if (!is_positional(n, i) ||
		    (n->desc->fields[i].kind == FIELD_LIST && !node_kid(n, i)))
			continue;
		if (blank)
			text_char(o->t, ' ');
		blank = true;
		flat_value(o, n, i);
	}
}

/* Values without a name, then the braces if anything is left for them. */
static void flat_body(struct out *o, const struct node *n, bool braces)
{
	struct item it = { n, 0, NULL };
	bool values = positional_end(n) != 0;
	positionals(o, n, false);
	if (!braces || (values && !has_items(n)))
		return;
	text_add(o->t, values ? " {" : "{");
	for (bool more = item_next(&it, true); more; more = item_next(&it, false)) {
		text_char(o->t, ' ');
		flat_item(o, &it);
	}
	text_add(o->t, " }");
}

static void structure_head(struct out *o, const struct node *n, const char *name)
{
	for (unsigned i = 0; i < n->present; i++)
		if (n->desc->fields[i].style == STYLE_HEAD) {
			const char *word = view_word(n, i);
			text_add(o->t, word ? word : name);
			if (!word) {	/* a number is no name: transform 200 ... */
				text_char(o->t, ' ');
				view_value(o->t, n, i);
			}
			return;
		}
	text_add(o->t, name);
}

static void flat_structure(struct out *o, const struct node *n, const char *name)
{
	structure_head(o, n, name);
	if (positional_end(n) || has_items(n))
		text_char(o->t, ' ');
	if (positional_end(n) || has_items(n))
		flat_body(o, n, true);
}

/* ---- over several lines ---- */

/* Takes back what was written from `mark` on, if the line has become too long. */
static bool fits(struct out *o, size_t mark)
{
	if (column(o) <= o->columns)
		return true;
	o->t->n = mark;
	return false;
}

static void wide_structure(struct out *o, const struct node *n, const char *name, unsigned indent);

/* A list's elements that one line does not hold. */
static void wide_list(struct out *o, const struct field *f, const struct node *kid,
		      unsigned indent)
{
	for (bool first = true; kid; kid = kid->next, first = false) {
		size_t mark = o->t->n;
		struct out flat = { o->t, o->line, 0 };
		text_add(o->t, first ? "" : " ");
		if (!is_bare(kid, f)) {
			wide_structure(o, kid, kid->desc->name, indent);
			continue;
		}
		flat_body(&flat, kid, false);
		if (fits(o, mark))
			continue;
		new_line(o, indent);
		flat.line = o->line;
		flat_body(&flat, kid, false);
	}
}

/* A choice's structure or octets that one line does not hold. */
static void wide_value(struct out *o, const struct node *n, unsigned i, unsigned indent)
{
	if (node_kid(n, i) && n->v[i].is_node)
		wide_structure(o, node_kid(n, i), "", indent);
	else if (n->desc->fields[i].kind == FIELD_LIST)
		wide_list(o, &n->desc->fields[i], node_kid(n, i), indent + INDENT);
	else
		scalar(o, n, i, indent + INDENT);
}

static void wide_item(struct out *o, const struct item *it, unsigned indent)
{
	item_label(o->t, it);
	if (it->kid)
		wide_structure(o, it->kid, it->kid->desc->name, indent);
	else if (it->i < it->n->desc->count)
		wide_value(o, it->n, it->i, indent);
	else if (it->i == it->n->desc->count)
		hex_octets(o, it->n->tail, indent + INDENT);
}

/* Writes the item on this line; false, and nothing written, if it does not fit. */
static bool item_fits(struct out *o, const char *lead, const struct item *it)
{
	size_t mark = o->t->n;
	struct out flat = { o->t, o->line, 0 };
	text_add(o->t, lead);
	flat_item(&flat, it);
	return fits(o, mark);
}

/* The items, as many on a line as it holds; one with braces has its own line. */
static void wide_items(struct out *o, const struct node *n, unsigned indent)
{
	struct item it = { n, 0, NULL };
	bool begin = true, alone = false;
	for (bool more = item_next(&it, true); more; more = item_next(&it, false)) {
		bool own = it.kid && has_items(it.kid);
		if (!begin && !alone && !own && item_fits(o, "  ", &it))
			continue;
		if (!begin)
			new_line(o, indent);
		alone = own;
		begin = false;
		if (!item_fits(o, "", &it)) {
			wide_item(o, &it, indent);
			alone = true;
		}
	}
}

/* In braces, on lines of their own. */
static void wide_braces(struct out *o, const struct node *n, bool blank, unsigned indent)
{
	text_add(o->t, blank ? " {" : "{");
	new_line(o, indent + INDENT);
	wide_items(o, n, indent + INDENT);
	new_line(o, indent);
	text_char(o->t, '}');
}

/* `name` "": the structure of a choice, which has none. */
static void wide_structure(struct out *o, const struct node *n, const char *name, unsigned indent)
{
	size_t mark = o->t->n;
	struct out flat = { o->t, o->line, 0 };
	if (*name)
		flat_structure(&flat, n, name);
	else
		flat_body(&flat, n, true);
	if (fits(o, mark))
		return;
	if (*name)
		structure_head(o, n, name);
	for (unsigned i = 0, end = positional_end(n); i < end; i++) {
		if (!is_positional(n, i) ||
		    (n->desc->fields[i].kind == FIELD_LIST && !node_kid(n, i)))
			continue;
		if (o->t->n > mark)
			text_char(o->t, ' ');
		wide_value(o, n, i, indent);
	}
	if (has_items(n))
		wide_braces(o, n, o->t->n > mark, indent);
}

void view_node_notation(struct text *t, const struct node *n, const char *name,
			unsigned indent, unsigned columns)
{
	struct out o = { t, t->n - indent, columns };
	wide_structure(&o, n, name, indent);
}
