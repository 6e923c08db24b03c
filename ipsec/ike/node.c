/* SPDX-License-Identifier: BSD-2-Clause
 * The node engine: one field table decodes and encodes a structure. The rule
 * that everything here serves: encoding what was decoded gives the same octets.
 * Octets that fit no field go to the node's tail, and a derived value that we
 * would not send is marked forced. Looking into nodes is in node_match.c. */
#include "ipsec/ike/node.h"

/* One structure that is being decoded. */
struct walk {
	struct node *n;
	struct reader in;	/* what the fields may take */
	const uint8_t *start;
	const uint8_t *end;	/* of the whole structure */
	struct decode *d;
	bool bounded;		/* its end is known: what no field takes is the tail */
	bool declared;		/* by a length of its own */
};

/* Where a node stands, for the values that depend on it. */
struct place {
	uint32_t next;		/* number of the next payload */
	uint32_t number;	/* its own place in the list, from 1 */
	bool more;		/* another element follows */
};

static struct node *decode_one(const struct desc *desc, struct reader *r,
			       struct decode *d, struct node *parent, bool whole);

static uint32_t offset_of(const struct walk *w, const uint8_t *p)
{
	return w->d->base + (uint32_t)(p - w->in.start);
}

static uint64_t mask(unsigned bits)
{
	return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

static unsigned scale_of(const struct field *f)
{
	return f->scale ? f->scale : 1;
}

static bool is_forced(const struct node *n, unsigned i)
{
	return n->forced >> i & 1;
}

static void force(struct node *n, unsigned i)
{
	n->forced |= (uint32_t)1 << i;
}

/* Neighbouring UINT fields up to the next whole octet; their end. */
static unsigned group_end(const struct desc *desc, unsigned i, unsigned *bits)
{
	*bits = 0;
	do
		*bits += desc->fields[i++].bits;
	while (*bits % 8 && i < desc->count && desc->fields[i].kind == FIELD_UINT);
	return i;
}

/* ---- what the encoder would send ---- */

static size_t count_list(const struct node *kid)
{
	size_t n = 0;
	for (; kid; kid = kid->next)
		n++;
	return n;
}

static size_t count_field(const struct node *n, unsigned i)
{
	const struct value *v = &n->v[i];
	if (n->desc->fields[i].kind == FIELD_LIST)
		return count_list(v->kid);
	if (n->desc->fields[i].kind != FIELD_CHOICE || !v->is_node)
		return 0;
	for (unsigned k = 0; k < v->kid->present; k++)
		if (v->kid->desc->fields[k].kind == FIELD_LIST)
			return count_list(v->kid->v[k].kid);
	return 0;
}

/* The value of a derived field; `size` is that of the whole node. */
static uint64_t derived(const struct node *n, unsigned i, size_t size, struct place at)
{
	const struct field *f = &n->desc->fields[i];
	int64_t v;
	switch (f->derive) {
	case DERIVE_LENGTH:
		v = ((int64_t)size - f->bias) / scale_of(f);
		break;
	case DERIVE_SIZE:
		v = ((int64_t)node_field_size(n, f->ref) - f->bias) / scale_of(f);
		break;
	case DERIVE_COUNT:
		v = (int64_t)count_field(n, f->ref);
		break;
	case DERIVE_NEXT:
		v = at.next;
		break;
	case DERIVE_MORE:
		v = at.more ? f->more : 0;
		break;
	case DERIVE_NUMBER:
		v = at.number;
		break;
	case DERIVE_FIXED:
		v = f->fixed;
		break;
	default:
		return n->v[i].u & mask(f->bits);
	}
	return (uint64_t)v & mask(f->bits);
}

/* ---- decoding ---- */

/* Field i and what follows are not there: all that is left is the tail. */
static unsigned cut(struct walk *w, unsigned i, size_t needs)
{
	const struct desc *desc = w->n->desc;
	finding_add(w->d->findings, SEVERITY_VIOLATION, desc->fields[i].rule,
		    offset_of(w, w->in.p), "%s ends before its field %s: %zu octets left, needs %zu",
		    desc->name, desc->fields[i].name, reader_left(&w->in), needs);
	w->bounded = true;
	return i;
}

/* A length was read: narrows the structure to it if that is possible. */
static void take_length(struct walk *w, unsigned i)
{
	const struct field *f = &w->n->desc->fields[i];
	uint64_t u = w->n->v[i].u;
	int64_t declared = u > UINT32_MAX ? INT64_MAX : (int64_t)u * scale_of(f) + f->bias;
	int64_t done = w->in.p - w->start, there = w->in.end - w->start;
	w->bounded = true;
	if (declared >= done && declared <= there) {
		w->in.end = w->start + declared;
		if (!w->declared)	/* a second length narrows the fields only */
			w->end = w->in.end;
		w->declared = true;
		return;
	}
	force(w->n, i);
	if (declared < done)
		finding_add(w->d->findings, SEVERITY_VIOLATION, f->rule, w->n->v[i].offset,
			    "%s: %s %llu, needs at least %lld", w->n->desc->name, f->name,
			    (unsigned long long)u,
			    (long long)((done - f->bias + scale_of(f) - 1) / scale_of(f)));
	else
		finding_add(w->d->findings, SEVERITY_VIOLATION, f->rule, w->n->v[i].offset,
			    "%s: %s %llu, but only %lld octets are there", w->n->desc->name, f->name,
			    (unsigned long long)u, (long long)there);
}

static unsigned decode_uints(struct walk *w, unsigned i)
{
	struct node *n = w->n;
	unsigned bits, end = group_end(n->desc, i, &bits);
	if (reader_left(&w->in) < bits / 8)
		return cut(w, i, bits / 8);
	uint32_t at = offset_of(w, w->in.p);
	uint64_t all = read_uint(&w->in, bits / 8);
	for (unsigned left = bits; i < end; i++) {
		const struct field *f = &n->desc->fields[i];
		n->v[i].offset = at + (bits - left) / 8;
		left -= f->bits;
		n->v[i].u = f->bits ? all >> left & mask(f->bits) : 0;
		if (f->derive == DERIVE_LENGTH)
			take_length(w, i);
		if (f->reserved && n->v[i].u)
			finding_add(w->d->findings, SEVERITY_VIOLATION, f->rule, n->v[i].offset,
				    "%s: %s is 0x%llx, to be sent as zero", n->desc->name, f->name,
				    (unsigned long long)n->v[i].u);
	}
	return end;
}

static unsigned decode_octets(struct walk *w, unsigned i)
{
	struct node *n = w->n;
	const struct field *f = &n->desc->fields[i];
	size_t size = f->kind == FIELD_BYTES ? f->octets : reader_left(&w->in);
	if (f->kind == FIELD_SIZED) {
		uint64_t u = n->v[f->ref].u;
		int64_t want = u > UINT32_MAX ? UINT32_MAX : (int64_t)u * scale_of(f) + f->bias;
		size = want < 0 ? 0 : (size_t)want;
	}
	if (reader_left(&w->in) < size)
		return cut(w, i, size);
	n->v[i].b = read_span(&w->in, size);
	if (size < f->min || (f->max && size > f->max))
		finding_add(w->d->findings, SEVERITY_VIOLATION, f->rule, n->v[i].offset,
			    f->max ? "%s: %s has %zu octets, allowed are %u to %u"
				   : "%s: %s has %zu octets, needs at least %u",
			    n->desc->name, f->name, size, f->min, f->max);
	return i + 1;
}

/* Marks what depends on the element's place in the list. */
static void settle_place(struct node *n, struct place at, struct findings *fs)
{
	for (unsigned i = 0; i < n->present; i++) {
		const struct field *f = &n->desc->fields[i];
		if (f->derive != DERIVE_MORE && f->derive != DERIVE_NUMBER)
			continue;
		uint64_t want = derived(n, i, 0, at);
		if (n->v[i].u == want)
			continue;
		force(n, i);
		if (f->derive == DERIVE_MORE)
			finding_add(fs, SEVERITY_VIOLATION, f->rule, n->v[i].offset,
				    "%s: %s is %llu, but %s: should be %llu", n->desc->name,
				    f->name, (unsigned long long)n->v[i].u,
				    at.more ? "another one follows" : "it is the last one",
				    (unsigned long long)want);
	}
}

static unsigned decode_list(struct walk *w, unsigned i)
{
	struct node *n = w->n, *last = NULL, **to = &n->v[i].kid;
	const struct field *f = &n->desc->fields[i];
	uint32_t count = 0;
	while (w->in.p < w->in.end && w->d->depth < NODE_DEPTH_MAX && count < NODE_LIST_MAX) {
		struct span rest = span_of(w->in.p, reader_left(&w->in));
		const struct desc *elem = f->peek ? f->peek(rest) : f->elem;
		struct node *kid = elem ? decode_one(elem, &w->in, w->d, n, false) : NULL;
		if (!kid || w->in.p == rest.p)
			break;
		if (last)
			settle_place(last, (struct place){ 0, count, true }, w->d->findings);
		*to = last = kid;
		to = &kid->next;
		count++;
	}
	if (last)
		settle_place(last, (struct place){ 0, count, false }, w->d->findings);
	if (count == NODE_LIST_MAX || w->d->depth >= NODE_DEPTH_MAX)
		finding_add(w->d->findings, SEVERITY_NOTE, NULL, offset_of(w, w->in.p),
			    "%s: list %s is not read further: at most %d elements, %d levels",
			    n->desc->name, f->name, (int)NODE_LIST_MAX, (int)NODE_DEPTH_MAX);
	return i + 1;
}

static unsigned decode_choice(struct walk *w, unsigned i)
{
	struct node *n = w->n;
	const struct field *f = &n->desc->fields[i];
	const struct choice *c = f->choices;
	while (c->desc && c->number != n->v[f->ref].u)
		c++;
	if (!c->desc || !reader_left(&w->in) || w->d->depth >= NODE_DEPTH_MAX) {
		n->v[i].b = read_rest(&w->in);
		return i + 1;
	}
	n->v[i].is_node = true;
	n->v[i].kid = decode_one(c->desc, &w->in, w->d, n, true);
	return i + 1;
}

static unsigned decode_field(struct walk *w, unsigned i)
{
	w->n->v[i].offset = offset_of(w, w->in.p);
	switch (w->n->desc->fields[i].kind) {
	case FIELD_UINT:
		return decode_uints(w, i);
	case FIELD_LIST:
		return decode_list(w, i);
	case FIELD_CHOICE:
		return decode_choice(w, i);
	default:
		return decode_octets(w, i);
	}
}

/* Derived values that we would not send are kept, and told unless the cause was. */
static void settle(struct walk *w)
{
	struct node *n = w->n;
	for (unsigned i = 0; i < n->present; i++) {
		const struct field *f = &n->desc->fields[i];
		bool refers = f->derive == DERIVE_SIZE || f->derive == DERIVE_COUNT;
		if ((!refers && f->derive != DERIVE_LENGTH && f->derive != DERIVE_FIXED) ||
		    is_forced(n, i))
			continue;
		if (refers && f->ref >= n->present) {
			force(n, i);
			continue;
		}
		uint64_t want = derived(n, i, n->size, (struct place){ 0 });
		if (want == n->v[i].u)
			continue;
		force(n, i);
		finding_add(w->d->findings, SEVERITY_VIOLATION, f->rule, n->v[i].offset,
			    "%s: %s is %llu, but should be %llu", n->desc->name, f->name,
			    (unsigned long long)n->v[i].u, (unsigned long long)want);
	}
}

static void take_tail(struct walk *w)
{
	struct node *n = w->n;
	n->tail = span_of(w->in.p, (size_t)(w->end - w->in.p));
	if (n->tail.n && n->present == n->desc->count)
		finding_add(w->d->findings, SEVERITY_VIOLATION, n->desc->tail_rule,
			    offset_of(w, w->in.p), "%s: %zu octets that belong to no field",
			    n->desc->name, n->tail.n);
	w->in.p = w->end;
}

/* `whole`: the structure takes all of r, even without a length of its own. */
static struct node *decode_one(const struct desc *desc, struct reader *r,
			       struct decode *d, struct node *parent, bool whole)
{
	size_t room = sizeof(struct node) + desc->count * sizeof(struct value);
	struct node *n = arena_alloc(d->arena, room);
	const uint8_t *end = r->bad ? r->p : r->end;
	struct walk w = { n, *r, r->p, end, d, whole, false };
	n->desc = desc;
	n->parent = parent;
	n->offset = offset_of(&w, r->p);
	d->depth++;
	unsigned i = 0;
	for (unsigned next; i < desc->count; i = next) {
		next = decode_field(&w, i);
		if (next == i)
			break;
	}
	d->depth--;
	n->present = (uint8_t)i;
	if (w.bounded)
		take_tail(&w);
	r->p = w.in.p;
	n->size = (uint32_t)(r->p - w.start);
	settle(&w);
	if (desc->check && d->findings)
		desc->check(n, d->findings);
	return n;
}

struct node *node_decode(const struct desc *desc, struct reader *r, struct decode *d)
{
	return decode_one(desc, r, d, NULL, false);
}

/* ---- encoding ---- */

size_t node_field_size(const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	const struct value *v = &n->v[i];
	size_t size = 0;
	switch (f->kind) {
	case FIELD_UINT:
		return ((size_t)f->bits + 7) / 8;
	case FIELD_BYTES:
		return v->b.p ? v->b.n : f->octets;
	case FIELD_LIST:
		for (const struct node *k = v->kid; k; k = k->next)
			size += node_size(k);
		return size;
	case FIELD_CHOICE:
		return v->is_node ? node_size(v->kid) : v->b.n;
	default:
		return v->b.n;
	}
}

size_t node_size(const struct node *n)
{
	size_t bits = 0, size = n->tail.n;
	for (unsigned i = 0; i < n->present; i++)
		if (n->desc->fields[i].kind == FIELD_UINT)
			bits += n->desc->fields[i].bits;
		else
			size += node_field_size(n, i);
	return size + bits / 8;
}

static void encode(const struct node *n, struct place at, struct writer *w);

static unsigned encode_uints(const struct node *n, unsigned i, size_t size,
			     struct place at, struct writer *w)
{
	unsigned bits, end = group_end(n->desc, i, &bits);
	uint64_t all = 0;
	for (; i < end; i++) {
		const struct field *f = &n->desc->fields[i];
		uint64_t u = is_forced(n, i) ? n->v[i].u & mask(f->bits) : derived(n, i, size, at);
		all = f->bits >= 64 ? u : all << f->bits | u;
	}
	write_uint(w, all, bits / 8);
	return end;
}

static unsigned encode_other(const struct node *n, unsigned i, struct writer *w)
{
	const struct field *f = &n->desc->fields[i];
	const struct value *v = &n->v[i];
	uint32_t number = 1;
	if (f->kind == FIELD_LIST)
		for (const struct node *k = v->kid; k; k = k->next)
			encode(k, (struct place){ 0, number++, k->next != NULL }, w);
	else if (f->kind == FIELD_CHOICE && v->is_node)
		encode(v->kid, (struct place){ 0, 1, false }, w);
	else if (f->kind == FIELD_BYTES && !v->b.p)
		write_zeros(w, f->octets);
	else
		write_span(w, v->b);
	return i + 1;
}

static void encode(const struct node *n, struct place at, struct writer *w)
{
	size_t size = node_size(n);
	for (unsigned i = 0; i < n->present;)
		if (n->desc->fields[i].kind == FIELD_UINT)
			i = encode_uints(n, i, size, at, w);
		else
			i = encode_other(n, i, w);
	write_span(w, n->tail);
}

void node_encode(const struct node *n, uint32_t next, bool more, struct writer *w)
{
	encode(n, (struct place){ next, 1, more }, w);
}
