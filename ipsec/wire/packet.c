/* SPDX-License-Identifier: BSD-2-Clause
 * The packet path: reads layer after layer, stops where octets have to be
 * opened or where frame order matters, and goes on in wire_finish(). */
#include "ipsec/wire/packet.h"

#include "ipsec/wire/copies.h"
#include "ipsec/wire/esp_null.h"
#include "ipsec/wire/fragment.h"
#include "ipsec/wire/layers.h"
#include "ipsec/wire/protect.h"
#include "ipsec/wire/tcp_stream.h"
#include "ipsec/wire/wire_private.h"

#include <stdlib.h>

struct wire *wire_new(struct crypto *crypto, struct keystore *keys,
		      const struct wire_options *options)
{
	struct wire *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->options = *options;
	w->crypto = crypto;
	w->sadb = sadb_new(keys, crypto, options->window);
	w->session = ike_session_new(keys, crypto, &(struct ike_session_limits){ .sas = options->sessions });
	w->fragments = fragments_new();
	w->copies = copies_new();
	w->streams = tcp_streams_new();
	w->nulls = options->esp_null ? esp_nulls_new() : NULL;
	return w;
}

void wire_free(struct wire *w)
{
	if (!w)
		return;
	sadb_free(w->sadb);
	ike_session_free(w->session);
	fragments_free(w->fragments);
	copies_free(w->copies);
	tcp_streams_free(w->streams);
	esp_nulls_free(w->nulls);
	free(w);
}

struct sadb *wire_sadb(struct wire *w)
{
	return w->sadb;
}

struct ike_session *wire_session(struct wire *w)
{
	return w->session;
}

const struct wire_counts *wire_counts(const struct wire *w)
{
	return &w->counts;
}

/* Reads on until the packet is done or has to wait. Every decoder either moves
 * the read head on or sets one of the three, so this ends: PACKET_LAYERS bounds
 * the layers. */
static void run(struct wire *w, struct packet *p)
{
	while (!p->done && !p->job && !p->ordered)
		layer_types[layer_find(p->space, p->number)].decode(w, p);
}

/* A copy of another frame has to be known as one before anything is counted. */
static void run_link(struct wire *w, struct packet *p)
{
	layer_types[layer_find(p->space, p->number)].decode(w, p);
	p->copy_of = p->done ? 0 : copies_find(w->copies, p);
}

void wire_parse(struct wire *w, struct packet *p, const struct frame *f, struct arena *a)
{
	p->frame = *f;
	p->arena = a;
	p->layer_count = 0;
	p->buffer_count = 0;
	p->ip = NULL;
	p->findings = (struct findings){ .arena = a };
	p->copy_of = 0;
	p->reassembled_from = NULL;
	p->reassembled_count = 0;
	p->inner = p->inner_last = p->inner_next = p->outer = NULL;
	p->inner_from = p->inner_count = 0;
	p->cut = f->captured < f->length;
	p->done = p->ordered = p->finishing = false;
	p->job = NULL;
	packet_buffer(p, f->octets, "frame");
	packet_next(p, SPACE_LINK, (uint32_t)f->link);
	run_link(w, p);
	run(w, p);
}

/* An ESP or AH layer whose key only frame order can settle. */
static bool protect_waits(const struct packet *p)
{
	if (!p->ordered || !p->layer_count)
		return false;
	enum layer_kind k = p->layers[p->layer_count - 1].type->kind;
	return k == LAYER_ESP || k == LAYER_AH;
}

bool wire_ends_batch(const struct packet *p)
{
	return p->ordered && !protect_waits(p);
}

void wire_open(struct wire *w, struct packet **batch, size_t n)
{
	(void)w;
	for (size_t i = 0; i < n; i++)
		if (batch[i]->job)
			cipher_open(batch[i]->job, 1);
}

static void count_findings(struct wire *w, const struct packet *p)
{
	for (const struct finding *f = p->findings.first; f; f = f->next)
		switch (f->severity) {
		case SEVERITY_VIOLATION: w->counts.violations++; break;
		case SEVERITY_DEVIATION: w->counts.deviations++; break;
		case SEVERITY_NOTE: w->counts.notes++; break;
		}
}

static void count_packet(struct wire *w, const struct packet *p)
{
	if (p->copy_of) {
		w->counts.copies++;
		return;
	}
	w->counts.frames++;
	w->counts.octets += p->frame.captured;
	for (const struct packet *q = p; q; q = q->inner || q != p ? packet_after(p, q) : NULL)
		count_findings(w, q);
}

/* Inline, for a frame's own sake: hardly any has packets inside. */
static inline void finish(struct wire *w, struct packet *p)
{
	p->finishing = true;
	while (!p->done) {
		if (p->job || protect_waits(p))
			protect_commit(w, p);
		p->ordered = false;
		run(w, p);
		if (p->job)
			cipher_open(p->job, 1);
	}
}

/* Those inside come in their order, each with what is inside of it. */
static void finish_inner(struct wire *w, struct packet *p)
{
	for (struct packet *q = p->inner; q; q = packet_after(p, q))
		finish(w, q);
}

void wire_finish(struct wire *w, struct packet *p)
{
	finish(w, p);
	if (p->inner)
		finish_inner(w, p);
	count_packet(w, p);
}

/* Down, else aside, else up and aside. */
struct packet *packet_after(const struct packet *frame, const struct packet *p)
{
	if (p->inner)
		return p->inner;
	while (p != frame && !p->inner_next)
		p = p->outer;
	return p == frame ? NULL : p->inner_next;
}

struct packet *packet_inner(struct packet *p, struct span octets)
{
	struct packet *frame = p;
	while (frame->outer)
		frame = frame->outer;
	if (frame->inner_count == PACKET_INNER_MAX) {
		packet_finding(p, SEVERITY_DEVIATION, NULL, 0, "more than %d packets in one "
			       "frame: the rest is not read", PACKET_INNER_MAX);
		return NULL;
	}
	frame->inner_count++;
	struct packet *q = arena_raw(p->arena, sizeof *q);
	*q = *p;
	q->outer = p;
	q->inner = q->inner_last = q->inner_next = NULL;
	q->inner_from = p->layer_count;
	q->findings = (struct findings){ .arena = p->arena, .layer = p->findings.layer };
	q->ip = p->ip ? q->layers + (p->ip - p->layers) : NULL;
	q->rest = octets;
	*(p->inner ? &p->inner_last->inner_next : &p->inner) = q;
	p->inner_last = q;
	return q;
}

struct layer *packet_full(struct packet *p)
{
	packet_finding(p, SEVERITY_DEVIATION, NULL, 0,
		       "more than %d layers: the rest is not read", PACKET_LAYERS);
	p->done = true;
	return NULL;
}

void packet_data(struct packet *p)
{
	if (p->rest.n)
		packet_push(p, LAYER_DATA, p->rest.n);
	p->done = true;
}

bool packet_buffer(struct packet *p, struct span octets, const char *name)
{
	if (p->buffer_count == PACKET_BUFFERS) {
		packet_finding(p, SEVERITY_DEVIATION, NULL, 0,
			       "nested more than %d deep: the rest is not read", PACKET_BUFFERS);
		p->done = true;
		return false;
	}
	p->buffers[p->buffer_count] = (struct buffer){ octets, name };
	p->buffer_now = (uint8_t)p->buffer_count++;
	p->rest = octets;
	return true;
}
