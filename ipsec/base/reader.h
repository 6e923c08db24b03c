/* SPDX-License-Identifier: BSD-2-Clause
 * A bounded reader of big-endian octets, with a sticky error: the first read
 * that does not fit sets `bad`, gives zeros, and so does every later one.
 * Callers read a row of fields and look at `bad` once. Every octet that comes
 * from outside is read through this. */
#ifndef IKAT_BASE_READER_H
#define IKAT_BASE_READER_H

#include "ipsec/base/span.h"

struct reader {
	const uint8_t *start;	/* where offsets count from */
	const uint8_t *p;	/* next octet to read from the front */
	const uint8_t *end;	/* one past the last octet left */
	bool bad;
};

static inline struct reader reader_of(struct span s)
{
	return (struct reader){ s.p, s.p, s.p ? s.p + s.n : s.p, false };
}

static inline size_t reader_left(const struct reader *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->p);
}

/* Octets read from the front so far. */
static inline size_t reader_offset(const struct reader *r)
{
	return (size_t)(r->p - r->start);
}

static inline struct span read_span(struct reader *r, size_t n)
{
	if (r->bad || (size_t)(r->end - r->p) < n) {
		r->bad = true;
		return (struct span){ r->p, 0 };
	}
	struct span s = { r->p, n };
	r->p += n;
	return s;
}

static inline struct span read_rest(struct reader *r)
{
	return read_span(r, reader_left(r));
}

/* From the end: the last n octets that are left (ESP trailers, ICVs). */
static inline struct span read_end_span(struct reader *r, size_t n)
{
	if (r->bad || (size_t)(r->end - r->p) < n) {
		r->bad = true;
		return (struct span){ r->p, 0 };
	}
	r->end -= n;
	return (struct span){ r->end, n };
}

static inline uint64_t read_uint(struct reader *r, size_t octets)
{
	struct span s = read_span(r, octets);
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

static inline uint8_t read_u8(struct reader *r)
{
	struct span s = read_span(r, 1);
	return s.n ? s.p[0] : 0;
}

static inline uint8_t read_end_u8(struct reader *r)
{
	struct span s = read_end_span(r, 1);
	return s.n ? s.p[0] : 0;
}

static inline uint16_t read_u16(struct reader *r)
{
	struct span s = read_span(r, 2);
	return (uint16_t)(s.n ? s.p[0] << 8 | s.p[1] : 0);
}

static inline uint32_t read_u32(struct reader *r)
{
	struct span s = read_span(r, 4);
	return s.n ? (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 |
			     (uint32_t)s.p[2] << 8 | s.p[3] : 0;
}

static inline uint64_t read_u64(struct reader *r)
{
	return read_uint(r, 8);
}

#endif
