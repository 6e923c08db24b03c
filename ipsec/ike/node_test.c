/* SPDX-License-Identifier: BSD-2-Clause
 * The node engine on tables of its own: every kind of field, every derived
 * value, what is cut, wrong or forced, limits, and patterns. */
#include "ipsec/base/testing.h"
#include "ipsec/ike/node.h"

static struct arena arena;
static struct findings fs;

static void setup(void)
{
	arena_init(&arena);
	fs = (struct findings){ .arena = &arena };
}

static void teardown(void)
{
	arena_done(&arena);
}

/* A header as IPv4 has it: numbers that share octets, a length in words of 4. */
static const struct field words_fields[] = {
	{ .name = "version", .bits = 4 },
	{ .name = "words", .bits = 4, .derive = DERIVE_LENGTH, .scale = 4, .rule = "L" },
	{ .name = "flag", .bits = 1, .show = SHOW_FLAG },
	{ .name = "zero", .bits = 2, .reserved = true, .rule = "Z" },
	{ .name = "number", .bits = 21 },
	{ .name = "data", .kind = FIELD_REST, .max = 8, .rule = "M" },
};
static const struct desc words_desc = { .name = "words", DESC_FIELDS(words_fields) };

static const struct field item_fields[] = {
	{ .name = "more", .bits = 8, .derive = DERIVE_MORE, .more = 7 },
	{ .name = "place", .bits = 8, .derive = DERIVE_NUMBER },
	{ .name = "size", .bits = 8, .derive = DERIVE_SIZE, .ref = 3, .scale = 2, .bias = 1 },
	{ .name = "body", .kind = FIELD_SIZED, .ref = 2, .scale = 2, .bias = 1 },
};
static const struct desc item_desc = { .name = "item", DESC_FIELDS(item_fields) };

static const struct field box_fields[] = {
	{ .name = "count", .bits = 16, .derive = DERIVE_COUNT, .ref = 2 },
	{ .name = "id", .kind = FIELD_BYTES, .octets = 2 },
	{ .name = "items", .kind = FIELD_LIST, .elem = &item_desc },
};
static const struct desc box_desc = { .name = "box", DESC_FIELDS(box_fields) };

static const struct choice choices[] = { { 1, &words_desc }, { 2, &box_desc }, { 0, NULL } };
static const struct field outer_fields[] = {
	{ .name = "kind", .bits = 8 },
	{ .name = "length", .bits = 8, .derive = DERIVE_LENGTH },
	{ .name = "content", .kind = FIELD_CHOICE, .ref = 0, .choices = choices },
};
static const struct desc outer_desc = {
	.name = "outer", DESC_FIELDS(outer_fields), .tail_rule = "T",
};

/* Lists in lists without end, and elements that take nothing. */
static const struct desc deep_desc;
static const struct field deep_fields[] = {
	{ .name = "list", .kind = FIELD_LIST, .elem = &deep_desc },
};
static const struct desc deep_desc = { .name = "deep", DESC_FIELDS(deep_fields) };
static const struct desc empty_desc = { .name = "empty" };
static const struct field empties_fields[] = {
	{ .name = "list", .kind = FIELD_LIST, .elem = &empty_desc },
};
static const struct desc empties_desc = { .name = "empties", DESC_FIELDS(empties_fields) };

static struct node *decode(const struct desc *desc, const void *p, size_t n)
{
	struct reader r = reader_of(span_of(p, n));
	struct decode d = { &arena, &fs, 100, 0 };
	return node_decode(desc, &r, &d);
}

static void ck_same(const struct node *n, const void *p, size_t size)
{
	uint8_t out[64];
	struct writer w = writer_of(out, sizeof out);
	node_encode(n, 0, false, &w);
	ck_assert_uint_eq(w.n, size);
	ck_assert_mem_eq(out, p, size);
}

START_TEST(shared_octets)
{
	struct node *n = decode(&words_desc, "\x42\x91\x23\x45" "abcdXY", 10);
	ck_assert_uint_eq(n->v[0].u, 4);
	ck_assert_uint_eq(n->v[1].u, 2);
	ck_assert_uint_eq(n->v[2].u, 1);
	ck_assert_uint_eq(n->v[3].u, 0);
	ck_assert_uint_eq(n->v[4].u, 0x112345);
	ck_assert_uint_eq(node_bytes(n, 5).n, 4);
	ck_assert_uint_eq(n->size, 8);
	ck_assert_uint_eq(n->v[4].offset, 101);
	ck_assert_uint_eq(n->v[5].offset, 104);
	ck_assert(!fs.first && !n->forced);
	ck_same(n, "\x42\x91\x23\x45" "abcd", 8);
}
END_TEST

/* Each row: octets, findings, fields present, forced bits, octets of tail. */
static const struct odd {
	const struct desc *desc;
	const char *octets;
	size_t n;
	unsigned findings, present, forced, tail;
} odd[] = {
	{ &words_desc, "\x40\0\0\0abcd", 8, 1, 6, 2, 0 },	/* length too small */
	{ &words_desc, "\x49\0\0\0abcd", 8, 1, 6, 2, 0 },	/* too large */
	{ &words_desc, "\x42\0\0", 3, 2, 2, 2, 2 },		/* cut in a group */
	{ &words_desc, "\x42\x20\0\0abcd", 8, 1, 6, 0, 0 },	/* reserved bits */
	{ &words_desc, "\x44\0\0\0abcdefghijkl", 16, 1, 6, 0, 0 },	/* more than max */
	{ &words_desc, "", 0, 1, 0, 0, 0 },
	{ &item_desc, "\0\1\1abc", 6, 0, 4, 0, 0 },
	{ &item_desc, "\0\1\4abc", 6, 1, 3, 4, 3 },		/* size beyond the end */
	{ &box_desc, "\0\2xy" "\7\1\0a" "\0\2\0b", 12, 0, 3, 0, 0 },
	{ &box_desc, "\0\3xy" "\7\1\0a" "\0\2\0b", 12, 1, 3, 1, 0 },	/* wrong count */
	{ &box_desc, "\0\2xy" "\7\1\0a" "\7\2\0b", 12, 1, 3, 0, 0 },	/* wrong mark at the end */
	{ &box_desc, "\0\2xy" "\0\1\0a" "\0\2\0b", 12, 1, 3, 0, 0 },	/* ... in the middle */
	{ &box_desc, "\0\2xy" "\7\5\0a" "\0\2\0b", 12, 0, 3, 0, 0 },	/* another number is free */
	{ &outer_desc, "\1\6\x41\0\0\0", 6, 0, 3, 0, 0 },
	{ &outer_desc, "\1\7\x41\0\0\0x", 7, 1, 3, 0, 1 },	/* octets behind the chosen one */
	{ &outer_desc, "\3\5abc", 5, 0, 3, 0, 0 },		/* nothing fits: raw */
	{ &outer_desc, "\1\2", 2, 0, 3, 0, 0 },			/* nothing there */
	{ &empties_desc, "abc", 3, 0, 1, 0, 0 },
};

START_TEST(odd_octets)
{
	const struct odd *o = &odd[_i];
	struct reader r = reader_of(span_of(o->octets, o->n));
	struct decode d = { &arena, &fs, 0, 0 };
	struct node *n = node_decode(o->desc, &r, &d);
	ck_assert_uint_eq(fs.count, o->findings);
	ck_assert_uint_eq(n->present, o->present);
	ck_assert_uint_eq(n->forced, o->forced);
	ck_assert_uint_eq(n->tail.n, o->tail);
	ck_assert_uint_eq(node_size(n), n->size);
	ck_same(n, o->octets, n->size);
}
END_TEST

START_TEST(derived)
{
	uint8_t out[32];
	struct writer w = writer_of(out, sizeof out);
	struct node *box = node_new(&box_desc, &arena), *item = node_new(&item_desc, &arena);
	struct node *outer = node_new(&outer_desc, &arena);
	item->v[3].b = span_of("abc", 3);
	item->next = node_new(&item_desc, &arena);
	item->next->v[3].b = span_of("x", 1);
	box->v[2].kid = item;
	outer->v[0].u = 2;
	outer->v[2].kid = box;
	outer->v[2].is_node = true;
	node_encode(outer, 0, false, &w);
	static const char want[] = "\2\x10\0\2\0\0" "\7\1\1abc" "\0\2\0x";
	ck_assert_uint_eq(w.n, sizeof want - 1);
	ck_assert_mem_eq(out, want, w.n);
	ck_assert(node_force(outer, 1, 3) && node_force(item, 0, 9) && node_force(box, 0, 500));
	ck_assert(!node_force(outer, 1, 256) && !node_force(outer, 2, 0) && !node_force(outer, 9, 0));
	w.n = 0;
	node_encode(outer, 0, false, &w);
	static const char forced[] = "\2\3\1\xf4\0\0" "\x9\1\1abc" "\0\2\0x";
	ck_assert_mem_eq(out, forced, w.n);
}
END_TEST

START_TEST(limits)
{
	uint8_t *many = arena_alloc(&arena, 4 + 4 * (NODE_LIST_MAX + 5));
	size_t n = 4 + 4 * (NODE_LIST_MAX + 5);
	for (size_t i = 4; i < n; i += 4)
		many[i] = i + 4 < n ? 7 : 0;
	struct reader r = reader_of(span_of(many, n));
	struct decode d = { &arena, &fs, 0, 0 };
	struct node *box = node_decode(&box_desc, &r, &d);
	size_t count = 0;
	for (const struct node *k = node_kid(box, 2); k; k = k->next)
		count++;
	ck_assert_uint_eq(count, NODE_LIST_MAX);
	ck_assert_uint_eq(reader_left(&r), n - box->size);
	struct node *deep = decode(&deep_desc, "abc", 3);
	ck_assert_uint_eq(deep->size, 0);	/* no element takes anything */
	ck_assert_ptr_null(node_kid(deep, 0));
	ck_assert_ptr_null(node_kid(decode(&empties_desc, "abc", 3), 0));
}
END_TEST

START_TEST(patterns)
{
	struct node *n = decode(&outer_desc, "\2\xe\0\2xy\7\1\0a\0\2\0b", 14);
	struct node *p = decode(&outer_desc, "\2\xe\0\2xy\7\1\0a\0\2\0b", 14);
	ck_assert_ptr_null(node_match(p, n, &arena));
	struct node *item = node_kid(node_kid(p, 2), 2)->next;
	item->v[3].b = span_of("c", 1);
	ck_assert_str_eq(node_match(p, n, &arena), "outer.box.item.body");
	item->any = 1u << 3;
	ck_assert_ptr_null(node_match(p, n, &arena));
	p->v[1].u = 99;		/* derived: not asked, unless forced */
	ck_assert_ptr_null(node_match(p, n, &arena));
	ck_assert(node_force(p, 1, 99));
	ck_assert_str_eq(node_match(p, n, &arena), "outer.length");
	p->forced = 0;
	node_kid(node_kid(p, 2), 2)->next = NULL;
	ck_assert_str_eq(node_match(p, n, &arena), "outer.box.items");
	p->v[0].u = 3;
	ck_assert_str_eq(node_match(p, n, &arena), "outer.kind");
	ck_assert_str_eq(node_match(node_kid(p, 2), n, &arena), "box");
}
END_TEST

START_TEST(access)
{
	struct node *n = decode(&words_desc, "\x42\0", 2);
	ck_assert_uint_eq(node_uint(n, 0, 9), 4);
	ck_assert_uint_eq(node_uint(n, 4, 9), 9);	/* not present */
	ck_assert_uint_eq(node_uint(n, 40, 9), 9);
	ck_assert_uint_eq(node_bytes(n, 5).n, 0);
	ck_assert_ptr_null(node_kid(n, 5));
	ck_assert_int_eq(node_field(&words_desc, span_text("NUMBER")), 4);
	ck_assert_int_eq(node_field(&words_desc, span_text("none")), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ike/node");
	TCase *t = tcase_create("node");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, shared_octets);
	tcase_add_loop_test(t, odd_octets, 0, sizeof odd / sizeof odd[0]);
	tcase_add_test(t, derived);
	tcase_add_test(t, limits);
	tcase_add_test(t, patterns);
	tcase_add_test(t, access);
	suite_add_tcase(s, t);
	return testing_run(s);
}
