/* SPDX-License-Identifier: BSD-2-Clause
 * For tests that read captures in one process: reader, packet path in batches as
 * `ikat dissect` makes them, views into a text that is thrown away. */
#ifndef IKAT_TESTS_PATH_H
#define IKAT_TESTS_PATH_H

#include "dissect/capture.h"
#include "dissect/keys.h"
#include "dissect/view.h"
#include "ipsec/base/testing.h"

#include <stdio.h>

enum { READING_BATCH = 32, READING_VIEWS = 2, READING_CAPTURES = 64 };

/* What lasts as long as the keys do. */
struct reading {
	struct crypto *crypto;
	struct keystore store;
	struct arena batch_arena, scratch;
	struct packet packets[READING_BATCH];
	size_t count;			/* in the batch */
	uint64_t captures;		/* read so far */
	struct wire *wire;
	struct text out;
	struct view_env env;
	const struct view *views[READING_VIEWS];	/* NULL: none */
	uint64_t from, to;		/* frames that are shown */
	uint64_t frames, shown, octets_shown;	/* in all */
	bool damaged;			/* how the last capture ended */
};

static inline struct reading *reading_new(const char *keys)
{
	struct reading *r = calloc(1, sizeof *r);
	struct keys_notes notes;
	struct err e = { 0 };
	ck_assert_ptr_nonnull(r);
	keystore_init(&r->store);
	r->crypto = crypto_new(&e);
	keys_notes_init(&notes);
	if (keys)
		ck_assert_msg(keys_load(&r->store, keys, &notes, &e), "%s", e.text);
	keys_notes_done(&notes);
	r->env = (struct view_env){ .out = &r->out, .crypto = r->crypto, .scratch = &r->scratch,
				    .colour = true, .bytes = true, .many_files = true,
				    .columns = 80 };
	r->to = UINT64_MAX;
	return r;
}

static inline void reading_free(struct reading *r)
{
	wire_free(r->wire);
	keystore_done(&r->store);
	crypto_free(r->crypto);
	arena_done(&r->batch_arena);
	arena_done(&r->scratch);
	text_done(&r->out);
	free(r);
}

static inline void reading_show(struct reading *r, const struct packet *p)
{
	if (p->frame.number < r->from || p->frame.number > r->to)
		return;
	for (int i = 0; i < READING_VIEWS && r->views[i]; i++) {
		r->views[i]->packet(&r->env, p);
		r->octets_shown += r->out.n;
		r->out.n = 0;
		arena_reset(&r->scratch);
	}
	r->shown++;
}

static inline void reading_batch_end(struct reading *r)
{
	struct packet *batch[READING_BATCH];
	for (size_t i = 0; i < r->count; i++)
		batch[i] = &r->packets[i];
	wire_open(r->wire, batch, r->count);
	for (size_t i = 0; i < r->count; i++) {
		wire_finish(r->wire, batch[i]);
		reading_show(r, batch[i]);
	}
	r->count = 0;
	arena_reset(&r->batch_arena);
}

static inline void reading_frame(struct reading *r, struct frame *f)
{
	f->octets = arena_copy(&r->batch_arena, f->octets);
	struct packet *p = &r->packets[r->count++];
	wire_parse(r->wire, p, f, &r->batch_arena);
	r->frames++;
	if (r->count == READING_BATCH || wire_ends_batch(p))
		reading_batch_end(r);
}

/* A whole capture from memory. A packet path serves some captures and then gives
 * way to a fresh one, so that what an earlier capture left behind is there too. */
static inline void reading_capture(struct reading *r, struct span octets)
{
	struct err e = { 0 };
	struct frame f;
	enum capture_state state = CAPTURE_DAMAGED;
	struct capture *c = capture_open_memory("memory", octets, &e);
	if (r->captures++ % READING_CAPTURES == 0) {
		wire_free(r->wire);
		r->wire = wire_new(r->crypto, &r->store, &(struct wire_options){ 0 });
	}
	while (c && (state = capture_next(c, &f, &e)) == CAPTURE_FRAME)
		reading_frame(r, &f);
	reading_batch_end(r);
	r->damaged = state == CAPTURE_DAMAGED;
	ck_assert(r->damaged == e.set);
	capture_close(c);
}

#endif
