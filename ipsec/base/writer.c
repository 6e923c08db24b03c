/* SPDX-License-Identifier: BSD-2-Clause
 * The writer: bounded appends and lengths filled in afterwards. */
#include "ipsec/base/writer.h"

static bool room(struct writer *w, size_t n)
{
	if (w->bad || w->cap - w->n < n)
		w->bad = true;
	return !w->bad;
}

void write_octets(struct writer *w, const void *p, size_t n)
{
	if (!room(w, n) || n == 0)
		return;
	memcpy(w->p + w->n, p, n);
	w->n += n;
}

void write_zeros(struct writer *w, size_t n)
{
	if (!room(w, n) || n == 0)
		return;
	memset(w->p + w->n, 0, n);
	w->n += n;
}

static void put(uint8_t *p, uint64_t v, size_t octets)
{
	for (size_t i = 0; i < octets; i++)
		p[i] = (uint8_t)(v >> (8 * (octets - 1 - i)));
}

void write_uint(struct writer *w, uint64_t v, size_t octets)
{
	if (!room(w, octets))
		return;
	put(w->p + w->n, v, octets);
	w->n += octets;
}

void write_patch(struct writer *w, size_t at, uint64_t v, size_t octets)
{
	if (w->bad || at > w->n || w->n - at < octets) {
		w->bad = true;
		return;
	}
	put(w->p + at, v, octets);
}

struct mark write_open(struct writer *w, size_t size)
{
	struct mark m = { w->n, size };
	write_zeros(w, size);
	return m;
}

void write_close(struct writer *w, struct mark m, size_t extra)
{
	if (!w->bad)
		write_patch(w, m.at, w->n - m.at - m.size + extra, m.size);
}
