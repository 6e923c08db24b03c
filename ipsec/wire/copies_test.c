/* SPDX-License-Identifier: BSD-2-Clause
 * Copies of one packet on two interfaces of a cooked capture: named, and counted
 * for nothing; replays, other files and other times are no copies. */
#include "ipsec/wire/protect_testing.h"

enum { LINK_SLL = 113, SLL_SIZE = 16 };

struct seen {
	const char *file;
	uint8_t interface;		/* an octet of the link header's address */
	uint32_t microseconds;
	size_t behind;			/* octets of link padding */
	const char *packet;
};

static struct packet *see(struct path *t, const struct seen *s)
{
	struct span octets = path_packet(t, span_text(s->packet));
	size_t n = SLL_SIZE + octets.n + s->behind;
	uint8_t *b = arena_alloc(&t->arena, n);
	struct packet *p = &t->packets[t->count++];
	memcpy(b, "\0\0\0\1\0\6\2\0\0\0\0\0\0\0\x08\0", SLL_SIZE);
	b[11] = s->interface;
	memcpy(b + SLL_SIZE, octets.p, octets.n);
	struct frame f = { .file = s->file, .number = ++t->frames, .link = LINK_SLL,
			   .nanoseconds = 1000 * s->microseconds, .captured = (uint32_t)n,
			   .length = (uint32_t)n, .octets = span_of(b, n) };
	wire_parse(t->wire, p, &f, &t->arena);
	return p;
}

static const char file[] = "a.pcap", other_file[] = "b.pcap";

static const struct {
	const char *what;
	struct seen first, second;
	bool copy;
} rows[] = {
	{ "another interface", { file, 1, 0, 0, "gcm 1" }, { file, 2, 20, 0, "gcm 1" }, true },
	{ "padded on one of them", { file, 1, 0, 9, "gcm 1" }, { file, 2, 20, 0, "gcm 1" }, true },
	{ "the same interface", { file, 1, 0, 0, "gcm 1" }, { file, 1, 20, 0, "gcm 1" }, false },
	{ "much later", { file, 1, 0, 0, "gcm 1" }, { file, 2, 900000, 0, "gcm 1" }, false },
	{ "another packet", { file, 1, 0, 0, "gcm 1" }, { file, 2, 20, 0, "gcm 2" }, false },
	{ "another capture", { file, 1, 0, 0, "gcm 1" }, { other_file, 2, 20, 0, "gcm 1" }, false },
};

START_TEST(found)
{
	struct path *t = path_new(NULL, 0, 0);
	path_begin(t);
	ck_assert_uint_eq(see(t, &rows[_i].first)->copy_of, 0);
	uint64_t of = see(t, &rows[_i].second)->copy_of;
	path_finish(t);
	ck_assert_msg(of == rows[_i].copy, "%s: copy of %llu", rows[_i].what,
		      (unsigned long long)of);
	path_free(t);
}
END_TEST

/* With a key, and without one (a packet that stays closed is counted earlier). */
START_TEST(counted_once)
{
	static const char *const packets[] = { "gcm 1", "gcm unknown", "ah", "ah unknown" };
	struct path *t = path_new(NULL, 0, 0);
	struct seen s = { file, 1, 0, 0, packets[_i] };
	path_begin(t);
	see(t, &s);
	s.interface = 2;
	see(t, &s);
	path_finish(t);
	const struct wire_counts *c = wire_counts(t->wire);
	ck_assert_uint_eq(c->frames, 1);
	ck_assert_uint_eq(c->copies, 1);
	ck_assert_uint_eq(c->esp + c->ah, 1);
	ck_assert_uint_eq(c->good + c->bad + c->unchecked, 1);
	ck_assert_uint_eq(c->duplicates, 0);
	path_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("copies");
	TCase *t = tcase_create("copies");
	tcase_add_loop_test(t, found, 0, sizeof rows / sizeof *rows);
	tcase_add_loop_test(t, counted_once, 0, 4);
	suite_add_tcase(s, t);
	return testing_run(s);
}
