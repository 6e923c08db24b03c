/* SPDX-License-Identifier: BSD-2-Clause
 * The anti-replay window (RFC 4303, 3.4.3 and appendix A; RFC 4302, 3.4.3 and
 * appendix B say the same of AH).
 *
 *	too old   |<-------- size -------->|   new
 *	----------+------------------------+----------->
 *	      bottom = top - size + 1     top
 */
#include "ipsec/sa/replay.h"

#include <assert.h>

const char *replay_name(enum replay r)
{
	static const char *const names[] = { "unchecked", "new", "duplicate", "too-old" };
	return names[r];
}

void replay_init(struct replay_window *w, uint32_t size, struct arena *a)
{
	assert(size >= 1 && size <= REPLAY_WINDOW_MAX);
	w->size = size;
	w->top = 0;
	w->slots = 64;
	while (w->slots < size)
		w->slots *= 2;
	w->bits = arena_alloc(a, w->slots / 64 * sizeof *w->bits);
}

/* A power of two slots, at least `size`: every number in the window has its own. */
static bool bit_get(const struct replay_window *w, uint64_t seq)
{
	uint64_t i = seq & (w->slots - 1);
	return w->bits[i / 64] >> (i % 64) & 1;
}

static void bit_put(struct replay_window *w, uint64_t seq, bool seen)
{
	uint64_t i = seq & (w->slots - 1), bit = (uint64_t)1 << (i % 64);
	if (seen)
		w->bits[i / 64] |= bit;
	else
		w->bits[i / 64] &= ~bit;
}

/* RFC4303-3.4.3-05, RFC4303-3.4.3-06, RFC4303-3.4.3-07. */
enum replay replay_check(const struct replay_window *w, uint64_t seq)
{
	if (seq == 0)	/* the counter starts at 1 (RFC 4303, 3.3.3), with ESN too */
		return REPLAY_TOO_OLD;
	if (seq > w->top)
		return REPLAY_NEW;
	if (w->top - seq >= w->size)
		return REPLAY_TOO_OLD;
	return bit_get(w, seq) ? REPLAY_DUPLICATE : REPLAY_NEW;
}

/* The window moves right as far as seq; what it newly covers is not seen yet. */
static void window_move(struct replay_window *w, uint64_t seq)
{
	uint64_t steps = seq - w->top;
	if (steps >= w->size)
		memset(w->bits, 0, w->slots / 64 * sizeof *w->bits);
	else
		for (uint64_t n = w->top + 1; n < seq; n++)
			bit_put(w, n, false);
	w->top = seq;
}

void replay_accept(struct replay_window *w, uint64_t seq)
{
	if (replay_check(w, seq) == REPLAY_TOO_OLD)
		return;		/* a number that is never marked: nothing to keep */
	if (seq > w->top)
		window_move(w, seq);
	bit_put(w, seq, true);
}

/* RFC 4303, A2.1 (RFC4303-3.4.3-13), in its letters: Th, Tl are the halves of
 * the top, W the size, Bl = Tl - W + 1 (modulo 2^32) the low half of the bottom. */
uint32_t replay_seq_high(const struct replay_window *w, uint32_t low)
{
	uint32_t th = (uint32_t)(w->top >> 32), tl = (uint32_t)w->top;
	uint32_t bl = tl - w->size + 1;
	if (tl >= w->size - 1)		/* case A: the window lies in one subspace */
		return low >= bl ? th : th + 1;
	/* Case B: it spans two. Before the first wrap there is no subspace below. */
	return low >= bl && th ? th - 1 : th;
}
