/* SPDX-License-Identifier: BSD-2-Clause
 * A writer of big-endian octets into a caller's buffer, with a sticky error:
 * what does not fit sets `bad`, and nothing more is written. Lengths that are
 * known only afterwards are opened and closed:
 *
 *	struct mark m = write_open(&w, 2);
 *	... the content ...
 *	write_close(&w, m, 0);		fills in the number of octets since
 */
#ifndef IKAT_BASE_WRITER_H
#define IKAT_BASE_WRITER_H

#include "ipsec/base/span.h"

struct writer {
	uint8_t *p;
	size_t n;	/* octets written */
	size_t cap;	/* octets of room */
	bool bad;
};

struct mark {
	size_t at;	/* where the length field stands */
	size_t size;	/* its own octets */
};

static inline struct writer writer_of(void *p, size_t cap)
{
	return (struct writer){ p, 0, cap, false };
}

static inline struct span writer_span(const struct writer *w)
{
	return (struct span){ w->p, w->n };
}

void write_octets(struct writer *w, const void *p, size_t n);
void write_zeros(struct writer *w, size_t n);
/* The low `octets` octets (1 to 8) of v. */
void write_uint(struct writer *w, uint64_t v, size_t octets);
/* Overwrites octets that were written before; out of range sets `bad`. */
void write_patch(struct writer *w, size_t at, uint64_t v, size_t octets);
/* Leaves `size` octets for a length. */
struct mark write_open(struct writer *w, size_t size);
/* Fills in the octets written since the length field's end, plus `extra`
 * (pass m.size and what stands before it for lengths that count themselves). */
void write_close(struct writer *w, struct mark m, size_t extra);

static inline void write_span(struct writer *w, struct span s) { write_octets(w, s.p, s.n); }
static inline void write_u8(struct writer *w, uint8_t v) { write_octets(w, &v, 1); }
static inline void write_u16(struct writer *w, uint16_t v) { write_uint(w, v, 2); }
static inline void write_u32(struct writer *w, uint32_t v) { write_uint(w, v, 4); }
static inline void write_u64(struct writer *w, uint64_t v) { write_uint(w, v, 8); }

#endif
