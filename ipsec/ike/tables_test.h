/* SPDX-License-Identifier: BSD-2-Clause
 * Every table of this room, for tests that walk them: all that is reachable from
 * the payload registries through lists, choices and peeks. */
#ifndef IKAT_IKE_TABLES_TEST_H
#define IKAT_IKE_TABLES_TEST_H

#include "ipsec/ike/helpers_test.h"

enum { TABLES_MAX = 512, PEEKED_MAX = 16 };

struct tables {
	const struct desc *d[TABLES_MAX];
	size_t count;
};

/* The tables that a peek can pick, found by trying. */
static inline size_t peeked(const struct field *f, const struct desc *out[PEEKED_MAX])
{
	static const size_t sizes[] = { 2, 12, 36 };
	uint8_t octets[36] = { 0 };
	size_t count = 0;
	for (unsigned v = 0; v < 0x10000; v++) {
		octets[0] = (uint8_t)(v >> 8);
		octets[1] = octets[5] = (uint8_t)v;
		for (size_t s = 0; s < 3; s++) {
			const struct desc *d = f->peek(span_of(octets, sizes[s]));
			size_t i = 0;
			while (i < count && out[i] != d)
				i++;
			if (d && i == count && count < PEEKED_MAX)
				out[count++] = d;
		}
	}
	return count;
}

static inline void collect(struct tables *t, const struct desc *d)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->d[i] == d)
			return;
	ck_assert_uint_lt(t->count, TABLES_MAX);
	t->d[t->count++] = d;
	for (unsigned i = 0; i < d->count; i++) {
		const struct field *f = &d->fields[i];
		const struct desc *picked[PEEKED_MAX];
		size_t n = f->peek ? peeked(f, picked) : 0;
		while (n)
			collect(t, picked[--n]);
		if (f->kind == FIELD_LIST && f->elem)
			collect(t, f->elem);
		for (const struct choice *c = f->choices; c && c->desc; c++)
			collect(t, c->desc);
	}
}

static inline void collect_all(struct tables *t)
{
	for (uint32_t type = 0; type < 256; type++) {
		collect(t, ike_payload_desc(type, 2));
		collect(t, ike_payload_desc(type, 1));
	}
}

#endif
