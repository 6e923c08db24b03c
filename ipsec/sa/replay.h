/* SPDX-License-Identifier: BSD-2-Clause
 * The anti-replay window and extended sequence numbers of RFC 4303, 3.4.3 and
 * appendix A: a plain bitmap of any size. A reference, made to be obviously
 * right, not fast tricks. */
#ifndef IKAT_SA_REPLAY_H
#define IKAT_SA_REPLAY_H

#include "ipsec/base/arena.h"

enum replay { REPLAY_UNCHECKED, REPLAY_NEW, REPLAY_DUPLICATE, REPLAY_TOO_OLD };
const char *replay_name(enum replay r);	/* "unchecked", "new", "duplicate", "too-old" */

enum { REPLAY_WINDOW_DEFAULT = 64, REPLAY_WINDOW_MAX = 65536 };

struct replay_window {
	uint32_t size;		/* packets */
	uint64_t top;		/* highest sequence number accepted; 0: none yet */
	uint32_t slots;		/* bits: a power of two */
	uint64_t *bits;		/* bit n % slots: n was seen, for n in (top - size, top] */
};

/* size: 1 to REPLAY_WINDOW_MAX. The bitmap lives in the arena. */
void replay_init(struct replay_window *w, uint32_t size, struct arena *a);
/* What a sequence number is against the window; changes nothing. Sequence
 * number 0 without ESN is never sent (RFC 4303, 3.3.3): REPLAY_TOO_OLD. */
enum replay replay_check(const struct replay_window *w, uint64_t seq);
/* Marks it as seen; to be called only after the ICV was found good. */
void replay_accept(struct replay_window *w, uint64_t seq);
/* The high 32 bits that belong to the low 32 of a received packet
 * (RFC 4303, A2.1). */
uint32_t replay_seq_high(const struct replay_window *w, uint32_t low);

#endif
