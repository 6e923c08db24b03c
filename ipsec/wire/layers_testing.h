/* SPDX-License-Identifier: BSD-2-Clause
 * For the tests of single layers: reads a packet, given as hex, up to its first
 * protected layer or IKE message, without SAs or keys. */
#ifndef IKAT_WIRE_LAYERS_TESTING_H
#define IKAT_WIRE_LAYERS_TESTING_H

#include "ipsec/base/testing.h"
#include "ipsec/wire/fragment.h"
#include "ipsec/wire/layers.h"
#include "ipsec/wire/wire_private.h"

#include <stdio.h>

struct rig {
	struct wire w;
	struct arena a;
	struct packet p;
	char text[512];
};

static inline struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof *r);
	ck_assert_ptr_nonnull(r);
	r->w.fragments = fragments_new();
	return r;
}

static inline void rig_free(struct rig *r)
{
	fragments_free(r->w.fragments);
	arena_done(&r->a);
	free(r);
}

static inline struct span rig_hex(struct rig *r, const char *hex)
{
	size_t n = strlen(hex) / 2;
	uint8_t *b = arena_raw(&r->a, n);
	ck_assert(span_unhex(span_text(hex), b, n));
	return span_of(b, n);
}

/* Reads octets as a frame of `wire` octets; r->p.frame keeps number and time
 * that the test has set. */
static inline void rig_read(struct rig *r, int link, struct span octets, size_t wire)
{
	struct packet *p = &r->p;
	struct frame f = p->frame;
	f.link = link;
	f.octets = octets;
	f.captured = (uint32_t)octets.n;
	f.length = (uint32_t)wire;
	*p = (struct packet){ .frame = f, .arena = &r->a, .findings = { .arena = &r->a } };
	p->cut = f.captured < f.length;
	packet_buffer(p, octets, "frame");
	packet_next(p, SPACE_LINK, (uint32_t)link);
	while (!p->done) {
		enum layer_kind k = layer_find(p->space, p->number);
		if (k == LAYER_ESP || k == LAYER_AH || k == LAYER_IKE) {
			bool ah = k == LAYER_AH && p->rest.n > 1;
			packet_push(p, k, ah ? (p->rest.p[1] + 2u) * 4 : p->rest.n);
			p->done = true;
		} else {
			layer_types[k].decode(&r->w, p);
		}
	}
}

static inline void rig_hex_read(struct rig *r, int link, const char *hex)
{
	struct span s = rig_hex(r, hex);
	rig_read(r, link, s, s.n);
}

/* The names of the layers with spaces between them. */
static inline const char *rig_stack(struct rig *r)
{
	size_t n = 0;
	r->text[0] = 0;
	for (uint32_t i = 0; i < r->p.layer_count; i++)
		n += (size_t)snprintf(r->text + n, sizeof r->text - n, "%s%s", n ? " " : "",
				      r->p.layers[i].type->name);
	return r->text;
}

/* Is there a finding with these words in it? */
static inline bool rig_found(const struct rig *r, const char *words)
{
	for (const struct finding *f = r->p.findings.first; f; f = f->next)
		if (strstr(f->text, words))
			return true;
	return false;
}

static inline const struct finding *rig_rule(const struct rig *r, const char *rule)
{
	for (const struct finding *f = r->p.findings.first; f; f = f->next)
		if (f->requirement && strcmp(f->requirement, rule) == 0)
			return f;
	return NULL;
}

/* The n-th layer (from 0) of that name, or NULL. */
static inline const struct layer *rig_layer(const struct rig *r, const char *name, unsigned n)
{
	for (uint32_t i = 0; i < r->p.layer_count; i++)
		if (strcmp(r->p.layers[i].type->name, name) == 0 && n-- == 0)
			return &r->p.layers[i];
	return NULL;
}

static inline struct node *rig_node(struct rig *r, const struct layer *l)
{
	struct reader in = reader_of(l->octets);
	struct decode d = { .arena = &r->a };
	return node_decode(l->type->desc, &in, &d);
}

/* A field of a layer through its table: decimal, or hex for octets. */
static inline const char *rig_field(struct rig *r, const struct layer *l, const char *name)
{
	struct node *n = rig_node(r, l);
	int i = node_field(l->type->desc, span_text(name));
	ck_assert_msg(i >= 0, "%s has no field %s", l->type->name, name);
	if ((unsigned)i >= n->present)
		return "absent";
	if (l->type->desc->fields[i].kind == FIELD_UINT)
		return arena_printf(&r->a, "%llu",
				    (unsigned long long)node_uint(n, (unsigned)i, 0));
	struct span b = node_bytes(n, (unsigned)i);
	const char *text = "";
	for (size_t k = 0; k < b.n; k++)
		text = arena_printf(&r->a, "%s%02x", text, b.p[k]);
	return text;
}

/* Each layer with a table gives back its octets when decoded and encoded. */
static inline void rig_round_trip(struct rig *r, const char *name)
{
	for (uint32_t i = 0; i < r->p.layer_count; i++) {
		const struct layer *l = &r->p.layers[i];
		if (!l->type->desc)
			continue;
		uint8_t *out = arena_raw(&r->a, l->octets.n + 16);
		struct writer w = writer_of(out, l->octets.n + 16);
		node_encode(rig_node(r, l), 0, false, &w);
		ck_assert_msg(!w.bad && span_equal(writer_span(&w), l->octets),
			      "%s: layer %s is not encoded as it was", name, l->type->name);
	}
}

/* Every layer lies inside its buffer, and inside what it says it carries. */
static inline void rig_sound(const struct rig *r, const char *name)
{
	for (uint32_t i = 0; i < r->p.layer_count; i++) {
		const struct layer *l = &r->p.layers[i];
		struct span b = r->p.buffers[l->buffer].octets;
		ck_assert_msg(l->offset <= b.n && l->whole.n <= b.n - l->offset &&
			      l->octets.n <= l->whole.n, "%s: layer %u", name, i);
	}
}

/* Reads every beginning of the frame and the frame with each octet spoiled:
 * nothing but findings may come of it. */
static inline void rig_torture(struct rig *r, int link, const char *hex)
{
	struct span s = rig_hex(r, hex);
	struct arena_mark m = arena_mark(&r->a);
	for (size_t n = 0; n < s.n; n++) {
		/* On the heap, so that a sanitizer sees a step over its end. */
		uint8_t *b = malloc(n ? n : 1);
		memcpy(b, s.p, n);
		rig_read(r, link, span_of(b, n), n);
		rig_sound(r, hex);
		rig_read(r, link, span_of(b, n), s.n);
		rig_sound(r, hex);
		free(b);
		arena_rewind(&r->a, m);
	}
	uint8_t *b = malloc(s.n);
	for (size_t i = 0; i < s.n * 8; i++) {
		memcpy(b, s.p, s.n);
		b[i / 8] ^= (uint8_t)(1u << i % 8);
		rig_read(r, link, span_of(b, s.n), s.n);
		rig_sound(r, hex);
		arena_rewind(&r->a, m);
	}
	free(b);
}

/* A frame and what another tool sees in it. */
struct sample {
	const char *name;
	int link;
	const char *hex, *stack;
};

/* The four that hold for every sound frame. */
static inline void rig_sample(const struct sample *s)
{
	struct rig *r = rig_new();
	rig_hex_read(r, s->link, s->hex);
	ck_assert_msg(strcmp(rig_stack(r), s->stack) == 0, "%s: %s instead of %s", s->name,
		      r->text, s->stack);
	rig_sound(r, s->name);
	rig_round_trip(r, s->name);
	rig_torture(r, s->link, s->hex);
	rig_free(r);
}

/* A field of the n-th layer of a kind in a sample. */
struct expected {
	const char *sample, *layer;
	unsigned n;
	const char *field, *value;
};

static inline void rig_expect(const struct sample *samples, size_t count,
			      const struct expected *e)
{
	struct rig *r = rig_new();
	size_t i = 0;
	while (i < count && strcmp(samples[i].name, e->sample) != 0)
		i++;
	ck_assert_msg(i < count, "no sample %s", e->sample);
	rig_hex_read(r, samples[i].link, samples[i].hex);
	const struct layer *l = rig_layer(r, e->layer, e->n);
	ck_assert_msg(l != NULL, "%s: no layer %s", e->sample, e->layer);
	const char *value = rig_field(r, l, e->field);
	ck_assert_msg(strcmp(value, e->value) == 0, "%s: %s.%s is %s instead of %s", e->sample,
		      e->layer, e->field, value, e->value);
	rig_free(r);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
