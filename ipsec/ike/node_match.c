/* SPDX-License-Identifier: BSD-2-Clause
 * Looking into nodes, making and changing them by field, and comparing a
 * pattern with a node. Decoding and encoding are in node.c. */
#include "ipsec/ike/node.h"

struct node *node_new(const struct desc *desc, struct arena *a)
{
	struct node *n = arena_alloc(a, sizeof *n + desc->count * sizeof n->v[0]);
	n->desc = desc;
	n->present = desc->count;
	for (unsigned i = 0; i < desc->count; i++)
		if (desc->fields[i].derive == DERIVE_FIXED)
			n->v[i].u = desc->fields[i].fixed;
	return n;
}

int node_field(const struct desc *desc, struct span name)
{
	for (int i = 0; i < desc->count; i++)
		if (span_is_word(name, desc->fields[i].name))
			return i;
	return -1;
}

bool node_force(struct node *n, unsigned i, uint64_t u)
{
	if (i >= n->desc->count || n->desc->fields[i].kind != FIELD_UINT)
		return false;
	unsigned bits = n->desc->fields[i].bits;
	if (bits < 64 && u >> bits)
		return false;
	n->v[i].u = u;
	n->forced |= (uint32_t)1 << i;
	return true;
}

uint64_t node_uint(const struct node *n, unsigned i, uint64_t otherwise)
{
	if (i >= n->present || n->desc->fields[i].kind != FIELD_UINT)
		return otherwise;
	return n->v[i].u;
}

struct span node_bytes(const struct node *n, unsigned i)
{
	struct span none = { NULL, 0 };
	if (i >= n->present)
		return none;
	switch (n->desc->fields[i].kind) {
	case FIELD_BYTES:
	case FIELD_SIZED:
	case FIELD_REST:
		return n->v[i].b;
	case FIELD_CHOICE:
		return n->v[i].is_node ? none : n->v[i].b;
	default:
		return none;
	}
}

struct node *node_kid(const struct node *n, unsigned i)
{
	if (i >= n->present)
		return NULL;
	enum field_kind kind = n->desc->fields[i].kind;
	bool has = kind == FIELD_LIST || (kind == FIELD_CHOICE && n->v[i].is_node);
	return has ? n->v[i].kid : NULL;
}

const struct names *node_names(const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	if (!f->names_by)
		return f->names;
	uint64_t u = node_uint(n, f->ref, UINT64_MAX);
	for (const struct names_choice *c = f->names_by; c->names; c++)
		if (c->number == u)
			return c->names;
	return f->names;
}

/* ---- patterns ---- */

/* Where a comparison stands: the names of the structures and fields above. */
struct trail {
	const struct trail *up;
	const char *name;
};

static const char *trail_text(const struct trail *t, const char *name, struct arena *a)
{
	for (; t; t = t->up)
		name = arena_printf(a, "%s.%s", t->name, name);
	return name;
}

static const char *match(const struct node *p, const struct node *n,
			 const struct trail *up, struct arena *a);

static const char *match_lists(const struct node *p, const struct node *n,
			       const struct trail *t, const char *name, struct arena *a)
{
	for (; p && n; p = p->next, n = n->next) {
		const char *bad = match(p, n, t, a);
		if (bad)
			return bad;
	}
	return p || n ? trail_text(t, name, a) : NULL;
}

static const char *match_field(const struct node *p, const struct node *n, unsigned i,
			       const struct trail *t, struct arena *a)
{
	const struct field *f = &p->desc->fields[i];
	const struct value *x = &p->v[i], *y = &n->v[i];
	bool same;
	if (f->kind == FIELD_LIST)
		return match_lists(x->kid, y->kid, t, f->name, a);
	if (f->kind == FIELD_UINT)
		same = x->u == y->u;
	else if (x->is_node != y->is_node)
		same = false;
	else if (x->is_node)
		return match(x->kid, y->kid, t, a);
	else
		same = span_equal(x->b, y->b);
	return same ? NULL : trail_text(t, f->name, a);
}

/* In a pattern: does field i have to agree? */
static bool asked(const struct node *p, unsigned i)
{
	const struct field *f = &p->desc->fields[i];
	if (p->any >> i & 1)
		return false;
	if (p->forced >> i & 1)
		return true;
	return !f->reserved && f->derive == DERIVE_NONE;
}

static const char *match(const struct node *p, const struct node *n,
			 const struct trail *up, struct arena *a)
{
	if (p->desc != n->desc)
		return trail_text(up, p->desc->name, a);
	struct trail t = { up, p->desc->name };
	for (unsigned i = 0; i < p->present; i++) {
		if (!asked(p, i))
			continue;
		if (i >= n->present)
			return trail_text(&t, p->desc->fields[i].name, a);
		const char *bad = match_field(p, n, i, &t, a);
		if (bad)
			return bad;
	}
	return NULL;
}

const char *node_match(const struct node *pattern, const struct node *n, struct arena *a)
{
	return match(pattern, n, NULL, a);
}
