/* SPDX-License-Identifier: BSD-2-Clause
 * Structures by their field tables, as lists of terms and values; lists of
 * structures as lists in lists. What is shown follows the tree view
 * (view_tree_fields.c): what an encoder computes anyway is left out inside of
 * IKE messages, unless it is not what would be computed. */
#include "dissect/view_html.h"

#include "ipsec/base/registry.h"
#include "ipsec/wire/layers.h"

enum { OCTETS_SHOWN = 24, LIST_SHOWN = 256 };

static bool is_list(const struct node *n, unsigned i)
{
	return n->desc->fields[i].kind == FIELD_LIST;
}

/* A CHOICE's structure, whose fields stand with the outer one's. */
static const struct node *chosen(const struct node *n, unsigned i)
{
	const struct node *kid = node_kid(n, i);
	return kid && n->desc->fields[i].kind == FIELD_CHOICE && !view_is_single(kid) ? kid : NULL;
}

static bool is_shown(const struct node *n, unsigned i, bool inner)
{
	const struct field *f = &n->desc->fields[i];
	if (!view_field_shown(n, i) || is_list(n, i) || chosen(n, i))
		return false;
	if (f->kind != FIELD_UINT)
		return node_kid(n, i) || node_bytes(n, i).n != 0;
	if (!inner || n->forced >> i & 1)
		return true;
	if (f->style == STYLE_HEAD || (f->style == STYLE_HIDDEN && !n->v[i].u))
		return false;
	return f->derive == DERIVE_NONE || f->derive == DERIVE_NUMBER || f->derive == DERIVE_OUTSIDE;
}

/* What a header says comes next, by name. */
static const char *next_word(const struct node *n, unsigned i)
{
	const char *name = n->desc->fields[i].name;
	enum number_space space = SPACE_PROTOCOL;
	if (strcmp(name, "ethertype") == 0)
		space = SPACE_ETHERTYPE;
	else if (strcmp(name, "protocol") && strcmp(name, "next_header"))
		return NULL;
	enum layer_kind kind = layer_find(space, (uint32_t)n->v[i].u);
	return kind == LAYER_DATA ? NULL : layer_types[kind].name;
}

void html_octets(struct text *t, struct span s, bool all)
{
	struct text hex = { 0 };
	text_hex_span(&hex, all ? s : span_part(s, 0, OCTETS_SHOWN));
	html_escape(t, span_of(hex.p, hex.n));
	text_done(&hex);
	if (!all && s.n > OCTETS_SHOWN)
		html_add(t, "\u2026 (%zu octets)", s.n);
}

static void scalar(const struct view_env *v, const struct node *n, unsigned i, bool inner)
{
	const struct field *f = &n->desc->fields[i];
	struct text value = { 0 };
	const char *word = f->kind == FIELD_UINT && f->show != SHOW_FLAG ? view_word(n, i) : NULL;
	if (!word && !inner && f->kind == FIELD_UINT)
		word = next_word(n, i);
	if (f->kind != FIELD_UINT && f->show == SHOW_DEFAULT) {
		html_octets(v->out, node_bytes(n, i), v->bytes);
		return;
	}
	if (f->kind != FIELD_UINT && f->show == SHOW_TEXT) {
		html_escape(v->out, node_bytes(n, i));
		return;
	}
	view_value(&value, n, i);
	if (word) {
		html_add(v->out, "%s <span class=\"dim\">(%llu)</span>", word, (html_number)n->v[i].u);
	} else {
		html_escape(v->out, span_of(value.p, value.n));
	}
	text_done(&value);
}

static void plain_list(const struct view_env *v, const struct node *kid)
{
	for (unsigned k = 0; kid; kid = kid->next, k++) {
		if (k == LIST_SHOWN) {
			text_add(v->out, "\u2026");
			return;
		}
		scalar(v, kid, 0, true);
		if (kid->next)
			text_add(v->out, ", ");
	}
}

static bool all_single(const struct node *kid)
{
	for (; kid; kid = kid->next)
		if (!view_is_single(kid))
			return false;
	return true;
}

static bool is_plain_list(const struct node *n, unsigned i)
{
	return is_list(n, i) && node_kid(n, i) && all_single(node_kid(n, i));
}

static void field(const struct view_env *v, const struct node *n, unsigned i, bool inner)
{
	const struct node *kid = is_list(n, i) ? NULL : node_kid(n, i);
	html_add(v->out, "<div><dt>%s</dt><dd>", n->desc->fields[i].name);
	if (is_list(n, i))
		plain_list(v, node_kid(n, i));
	else
		scalar(v, kid ? kid : n, kid ? 0 : i, inner);
	text_add(v->out, "</dd></div>\n");
}

static void terms(const struct view_env *v, const struct node *n, bool inner, int skip)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		if ((int)i == skip)
			continue;
		if (chosen(n, i))
			terms(v, chosen(n, i), inner, -1);
		else if (is_plain_list(n, i) || is_shown(n, i, inner))
			field(v, n, i, inner);
	}
	if (!n->tail.n)
		return;
	text_add(v->out, "<div><dt>unclaimed octets</dt><dd>");
	html_octets(v->out, n->tail, v->bytes);
	text_add(v->out, "</dd></div>\n");
}

/* Takes a list back that nothing was written into. */
static void list_end(struct text *t, size_t begin, size_t filled, const char *end)
{
	if (t->n == filled)
		t->n = begin;
	else
		text_add(t, end);
}

static void structures(const struct view_env *v, const struct node *n);

/* Does the heading say what the only field's name says too? `key_length: 256` */
static bool says_twice(const struct node *n, unsigned head)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		if (!is_shown(n, i, true))
			continue;
		const char *word = head < n->present ? view_word(n, head) : n->desc->name;
		return word && strcmp(word, n->desc->fields[i].name) == 0;
	}
	return false;
}

static void structure(const struct view_env *v, const struct node *n)
{
	unsigned head = 0;
	while (head < n->present && n->desc->fields[head].style != STYLE_HEAD)
		head++;
	text_add(v->out, "<li>");
	if (!says_twice(n, head)) {
		text_add(v->out, "<b>");
		if (head < n->present)
			scalar(v, n, head, true);
		else
			html_add(v->out, "%s", n->desc->name);
		text_add(v->out, "</b>\n");
	}
	html_fields(v, n, true, -1);
	text_add(v->out, "</li>\n");
}

/* Structures are nested at most NODE_DEPTH_MAX deep. */
static void structures(const struct view_env *v, const struct node *n)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		if (chosen(n, i))
			structures(v, chosen(n, i));
		if (!is_list(n, i) || is_plain_list(n, i))
			continue;
		unsigned count = 0;
		for (const struct node *kid = node_kid(n, i); kid; kid = kid->next, count++) {
			if (count == LIST_SHOWN) {
				text_add(v->out, "<li>and more</li>\n");
				break;
			}
			structure(v, kid);
		}
	}
}

void html_fields(const struct view_env *v, const struct node *n, bool inner, int skip)
{
	struct text *t = v->out;
	size_t begin = t->n;
	text_add(t, "<dl class=\"fields\">\n");
	size_t filled = t->n;
	terms(v, n, inner, skip);
	list_end(t, begin, filled, "</dl>\n");
	begin = t->n;
	text_add(t, "<ul class=\"tree\">\n");
	filled = t->n;
	structures(v, n);
	list_end(t, begin, filled, "</ul>\n");
}
