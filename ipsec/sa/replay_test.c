/* SPDX-License-Identifier: BSD-2-Clause
 * The window against a model that is right by its looks: the set of all numbers
 * that were accepted. The small cases are run through completely; ESN is held
 * against its definition: of all numbers with these low 32 bits, the one in the
 * 2^32 numbers that begin at the window's bottom. */
#include "ipsec/sa/replay.h"
#include "ipsec/base/testing.h"

enum { NUMBERS = 8, LENGTH = 6 };	/* sequence numbers 0 to 7, six packets */

struct model {
	uint64_t seen[256];
	size_t count;
	uint64_t top;
	uint32_t size;
};

static enum replay model_check(const struct model *m, uint64_t seq)
{
	if (seq == 0 || seq + m->size <= m->top)
		return REPLAY_TOO_OLD;
	for (size_t i = 0; i < m->count; i++)
		if (m->seen[i] == seq)
			return REPLAY_DUPLICATE;
	return REPLAY_NEW;
}

static void model_accept(struct model *m, uint64_t seq)
{
	m->seen[m->count++] = seq;
	if (seq > m->top)
		m->top = seq;
}

/* Feeds a packet to both; they must agree on every number around as well. */
static void step(struct replay_window *w, struct model *m, uint64_t seq, uint64_t around)
{
	enum replay r = replay_check(w, seq);
	bool agree = r == model_check(m, seq);
	if (r == REPLAY_NEW) {
		replay_accept(w, seq);
		model_accept(m, seq);
	}
	agree = agree && w->top == m->top;
	for (uint64_t n = 0; n < around; n++)
		agree = agree && replay_check(w, n) == model_check(m, n);
	if (!agree)		/* an assertion for each of 50 million would take minutes */
		ck_abort_msg("window %u top %llu seq %llu: %s", w->size,
			     (unsigned long long)m->top, (unsigned long long)seq,
			     replay_name(r));
}

/* Every sequence of LENGTH packets with numbers below NUMBERS, windows 1 to 4. */
START_TEST(exhaustive)
{
	struct arena a = { 0 };
	uint32_t size = (uint32_t)_i;
	uint32_t all = 1;
	for (int i = 0; i < LENGTH; i++)
		all *= NUMBERS;
	for (uint32_t code = 0; code < all; code++) {
		struct replay_window w;
		struct model m = { .size = size };
		arena_reset(&a);
		replay_init(&w, size, &a);
		for (uint32_t i = 0, c = code; i < LENGTH; i++, c /= NUMBERS)
			step(&w, &m, c % NUMBERS, NUMBERS + 1);
	}
	arena_done(&a);
}
END_TEST

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Sizes that are no power of two, jumps larger than the window, 64-bit tops. */
START_TEST(at_random)
{
	static const uint32_t sizes[] = { 1, 2, 3, 31, 63, 64, 65, 100, 127, 128, 1000 };
	struct arena a = { 0 };
	uint64_t state = 42 + (uint64_t)_i;
	for (int run = 0; run < 300; run++) {
		struct replay_window w;
		struct model m = { .size = sizes[_i] };
		replay_init(&w, m.size, &a);
		uint64_t base = run % 3 ? 0 : 0xffffffc0u;
		for (int i = 0; i < 200; i++) {
			uint64_t seq = base + next_random(&state) % (2 * m.size + 40);
			step(&w, &m, seq, 0);
			base += next_random(&state) % 3 == 0 ? next_random(&state) % (m.size + 3) : 0;
		}
		arena_reset(&a);
	}
	arena_done(&a);
}
END_TEST

/* The definition, in numbers wide enough for it. */
static uint32_t high_by_definition(uint64_t top, uint32_t size, uint32_t low)
{
	__int128 bottom = (__int128)top - size + 1;
	for (__int128 high = -1;; high++) {
		__int128 n = high * ((__int128)1 << 32) + low;
		if (n >= bottom && high >= (__int128)(top >> 32) - 1)
			return high < 0 ? 0 : (uint32_t)high;
		if (high < (__int128)(top >> 32) - 2)
			high = (__int128)(top >> 32) - 3;
	}
}

/* Both cases of A2.1 completely around every edge: tops and low halves within
 * 12 of 0, 2^31 and 2^32, for the first, second and a later subspace. */
START_TEST(esn_edges)
{
	static const uint64_t subspaces[] = { 0, 1, 2, 77, 0xfffffffe };
	static const uint32_t edges[] = { 0, 0x7ffffff0, 0xfffffff4 };
	uint32_t size = (uint32_t)_i;
	for (size_t s = 0; s < sizeof subspaces / sizeof *subspaces; s++)
		for (int t = 0; t < 3 * 24; t++)
			for (int l = 0; l < 3 * 24; l++) {
				uint32_t tl = edges[t / 24] + (uint32_t)(t % 24) - 12;
				uint32_t low = edges[l / 24] + (uint32_t)(l % 24) - 12;
				struct replay_window w = {
					.size = size, .top = subspaces[s] << 32 | tl };
				if (replay_seq_high(&w, low) !=
				    high_by_definition(w.top, size, low))
					ck_abort_msg("window %u top %llx low %x", size,
						     (unsigned long long)w.top, low);
			}
}
END_TEST

/* A sender that counts over two wraps, its packets late by less than the window. */
START_TEST(esn_stream)
{
	struct arena a = { 0 };
	struct replay_window w;
	uint64_t state = 7;
	for (uint64_t wrap = 1; wrap <= 2; wrap++) {
		replay_init(&w, 64, &a);
		uint64_t seq = (wrap << 32) - 500;
		w.top = seq - 1;
		for (int i = 0; i < 1000; i++, seq++) {
			uint64_t late = next_random(&state) % 64;
			uint64_t sent = seq - (late < 60 ? late : 0);
			uint32_t high = replay_seq_high(&w, (uint32_t)sent);
			ck_assert_uint_eq(high, (uint32_t)(sent >> 32));
			replay_accept(&w, (uint64_t)high << 32 | (uint32_t)sent);
		}
	}
	arena_done(&a);
}
END_TEST

START_TEST(only_accept_moves)
{
	struct arena a = { 0 };
	struct replay_window w;
	replay_init(&w, 64, &a);
	ck_assert_int_eq(replay_check(&w, 1000), REPLAY_NEW);
	ck_assert_uint_eq(w.top, 0);
	replay_accept(&w, 0);
	ck_assert_uint_eq(w.top, 0);
	replay_accept(&w, UINT64_MAX);
	ck_assert_int_eq(replay_check(&w, UINT64_MAX), REPLAY_DUPLICATE);
	ck_assert_int_eq(replay_check(&w, UINT64_MAX - 63), REPLAY_NEW);
	ck_assert_int_eq(replay_check(&w, UINT64_MAX - 64), REPLAY_TOO_OLD);
	replay_init(&w, REPLAY_WINDOW_MAX, &a);
	replay_accept(&w, REPLAY_WINDOW_MAX + 5);
	ck_assert_int_eq(replay_check(&w, 6), REPLAY_NEW);
	ck_assert_int_eq(replay_check(&w, 5), REPLAY_TOO_OLD);
	arena_done(&a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("replay");
	TCase *t = tcase_create("replay");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, exhaustive, 1, 5);
	tcase_add_loop_test(t, at_random, 0, 11);
	tcase_add_loop_test(t, esn_edges, 1, 9);
	tcase_add_test(t, esn_stream);
	tcase_add_test(t, only_accept_moves);
	suite_add_tcase(s, t);
	return testing_run(s);
}
