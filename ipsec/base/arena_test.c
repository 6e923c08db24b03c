/* SPDX-License-Identifier: BSD-2-Clause
 * The arena: alignment, reuse after a rewind, allocations of any size. */
#include "ipsec/base/arena.h"
#include "ipsec/base/testing.h"

#include <malloc.h>
#include <stdalign.h>

START_TEST(alignment)
{
	struct arena a = { 0 };
	for (size_t n = 0; n < 300; n++) {
		uint8_t *p = arena_alloc(&a, n);
		ck_assert_msg((uintptr_t)p % alignof(max_align_t) == 0, "%zu octets", n);
		for (size_t i = 0; i < n; i++)
			ck_assert(p[i] == 0);
		memset(p, 0xff, n);
	}
	arena_done(&a);
}
END_TEST

/* No two allocations overlap, around the size of a chunk too. */
START_TEST(apart)
{
	static const size_t sizes[] = { 1, 65471, 65472, 65473, 65536, 17, 1 << 20, 0, 40000,
					40000, 3 << 20, 5 };
	enum { COUNT = sizeof sizes / sizeof *sizes };
	struct arena a = { 0 };
	for (int round = 0; round < 3; round++) {
		uint8_t *p[COUNT];
		for (size_t i = 0; i < COUNT; i++)
			memset(p[i] = arena_raw(&a, sizes[i]), (int)i + 1, sizes[i]);
		for (size_t i = 0; i < COUNT; i++)
			for (size_t k = 0; k < sizes[i]; k += k + 1 < sizes[i] ? sizes[i] - 1 - k : 1)
				ck_assert_msg(p[i][k] == i + 1, "allocation %zu", i);
		arena_reset(&a);
	}
	arena_done(&a);
	arena_done(&a);
}
END_TEST

START_TEST(rewind_reuses)
{
	struct arena a = { 0 };
	struct arena_mark empty = arena_mark(&a);
	void *first = arena_raw(&a, 100);
	struct arena_mark m = arena_mark(&a);
	void *second = arena_raw(&a, 100);
	void *big = arena_raw(&a, 200000);
	arena_rewind(&a, m);
	ck_assert_ptr_eq(arena_raw(&a, 100), second);
	ck_assert_ptr_eq(arena_raw(&a, 200000), big);
	arena_rewind(&a, empty);
	ck_assert_ptr_eq(arena_raw(&a, 100), first);
	arena_reset(&a);
	ck_assert_ptr_eq(arena_raw(&a, 100), first);
	arena_done(&a);
}
END_TEST

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

/* A demand that grows a little with each batch, in any order of sizes, must not
 * leave a chunk behind each time. (Sanitizers have a heap of their own, which
 * mallinfo2() does not know: there this only runs the code.) */
START_TEST(steady)
{
	struct arena a = { 0 };
	unsigned seed = 1;
	size_t before = heap();
	for (size_t round = 0; round < 20000; round++) {
		for (size_t i = 0; i < 8; i++) {
			seed = seed * 1103515245 + 12345;
			arena_raw(&a, (seed >> 8) % (60000 + 16 * round / 2));
		}
		arena_reset(&a);
	}
	ck_assert_msg(heap() - before < 16u << 20, "%zu octets kept", heap() - before);
	arena_done(&a);
}
END_TEST

START_TEST(texts)
{
	struct arena a = { 0 };
	ck_assert_str_eq(arena_text(&a, span_of(NULL, 0)), "");
	ck_assert_str_eq(arena_text(&a, span_of("abc", 2)), "ab");
	ck_assert_str_eq(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	ck_assert_uint_eq(strlen(arena_printf(&a, "%100000d", 7)), 100000);
	ck_assert(span_equal(arena_copy(&a, span_text("abc")), span_text("abc")));
	ck_assert_uint_eq(arena_copy(&a, span_of(NULL, 0)).n, 0);
	arena_done(&a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("arena");
	TCase *t = tcase_create("arena");
	tcase_add_test(t, alignment);
	tcase_add_test(t, apart);
	tcase_add_test(t, rewind_reuses);
	tcase_add_test(t, steady);
	tcase_add_test(t, texts);
	suite_add_tcase(s, t);
	return testing_run(s);
}
