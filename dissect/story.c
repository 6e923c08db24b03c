/* SPDX-License-Identifier: BSD-2-Clause
 * The story of a capture: its memory, what comes in, and the findings of all
 * packets put together. Ladders, flows, IVs and sentences have files of their
 * own. */
#include "dissect/story_private.h"

#include "dissect/view_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *must(void *p)
{
	if (!p)
		abort();	/* as the arena does */
	return p;
}

struct story *story_new(struct wire *w, struct crypto *c, uint32_t mtu)
{
	struct story *s = must(calloc(1, sizeof *s));
	struct story_tables *t = s->tables = must(calloc(1, sizeof *t));
	arena_init(&s->arena);
	s->wire = w;
	s->crypto = c;
	s->mtu = mtu ? mtu : 1500;
	s->flows_tail = &s->flows;
	s->findings_tail = &s->findings;
	t->text_slots = HASH_SLOTS;
	t->texts = must(calloc(t->text_slots, sizeof *t->texts));
	t->unknown = must(calloc(HASH_SLOTS, sizeof *t->unknown));
	t->findings = must(calloc(HASH_SLOTS, sizeof *t->findings));
	t->ivs = iv_table_new();
	return s;
}

void story_free(struct story *s)
{
	if (!s)
		return;
	for (struct story_ike *k = s->ikes; k; k = k->next)
		free(k->events);
	free(s->tables->texts);
	free(s->tables->unknown);
	free(s->tables->findings);
	free(s->tables->children);
	iv_table_free(s->tables->ivs);
	text_done(&s->tables->kind);
	free(s->tables);
	arena_done(&s->arena);
	free(s);
}

/* ---- texts that are kept once ---- */

uint64_t story_hash(struct span octets)
{
	uint64_t h = 0xcbf29ce484222325u ^ octets.n;
	for (size_t i = 0; i < octets.n; i++)
		h = (h ^ octets.p[i]) * 0x100000001b3u;
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static const char **text_slot(struct story_tables *t, struct span text)
{
	size_t at = story_hash(text) & (t->text_slots - 1);
	while (t->texts[at] && !span_equal(span_text(t->texts[at]), text))
		at = (at + 1) & (t->text_slots - 1);
	return &t->texts[at];
}

static void texts_grow(struct story_tables *t)
{
	const char **old = t->texts;
	size_t slots = t->text_slots;
	t->text_slots *= 4;
	t->texts = must(calloc(t->text_slots, sizeof *t->texts));
	for (size_t i = 0; i < slots; i++)
		if (old[i])
			*text_slot(t, span_text(old[i])) = old[i];
	free(old);
}

const char *story_share(struct story *s, struct span text)
{
	struct story_tables *t = s->tables;
	const char **slot = text_slot(t, text);
	if (*slot)
		return *slot;
	if (t->text_count == TEXTS_MAX || t->text_octets + text.n > TEXTS_OCTETS)
		return "...";
	t->text_octets += text.n;
	*slot = arena_text(&s->arena, text);
	const char *shared = *slot;
	if (++t->text_count * 2 > t->text_slots)
		texts_grow(t);
	return shared;
}

/* ---- findings ---- */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static struct story_finding *finding_find(struct story *s, uint64_t hash, const char *requirement,
					  const char *kind)
{
	struct story_finding *f = s->tables->findings[hash & (HASH_SLOTS - 1)];
	while (f && !(same(f->kind, kind) && same(f->requirement, requirement)))
		f = f->hash_next;
	return f;
}

/* Of notes that differ by numbers only the first is kept. */
static const char *kind_of(const struct finding *f, struct text *t)
{
	bool number = false;
	if (f->severity != SEVERITY_NOTE)
		return f->text;
	t->n = 0;
	for (const char *c = f->text; *c; c++) {
		size_t word = strcspn(c, " ");
		number = false;
		for (size_t i = 0; i < word; i++)
			number |= c[i] >= '0' && c[i] <= '9';
		if (number)
			text_char(t, '#');
		else
			text_add_octets(t, c, word);
		text_char(t, ' ');
		c += word;
		if (!*c)
			break;
	}
	text_char(t, '\0');
	return t->p;
}

static void finding_take(struct story *s, uint64_t frame, const struct finding *new,
			 const char *kind)
{
	uint64_t hash = story_hash(span_text(kind));
	struct story_finding *f = finding_find(s, hash, new->requirement, kind);
	if (f) {
		f->times++;
		return;
	}
	if (s->finding_count == STORY_FINDINGS_MAX) {
		s->findings_left_out++;
		return;
	}
	f = arena_alloc(&s->arena, sizeof *f);
	f->frame = frame;
	f->severity = new->severity;
	f->requirement = new->requirement ? arena_text(&s->arena, span_text(new->requirement)) : NULL;
	f->text = arena_text(&s->arena, span_text(new->text));
	f->kind = kind == new->text ? f->text : arena_text(&s->arena, span_text(kind));
	f->times = 1;
	f->hash_next = s->tables->findings[hash & (HASH_SLOTS - 1)];
	s->tables->findings[hash & (HASH_SLOTS - 1)] = f;
	*s->findings_tail = f;
	s->findings_tail = &f->next;
	s->finding_count++;
}

void story_finding_add(struct story *s, uint64_t frame, enum severity severity,
		       const char *requirement, const char *text)
{
	struct finding f = { .severity = severity, .requirement = requirement, .text = text };
	finding_take(s, frame, &f, text);
}

static void take_finding(struct story *s, uint64_t frame, const struct finding *f)
{
	finding_take(s, frame, f, kind_of(f, &s->tables->kind));
}

/* ---- packets ---- */

static void take_time(struct story *s, const struct frame *f)
{
	if (s->frames++ == 0) {
		s->first_seconds = f->seconds;
		s->first_nanoseconds = f->nanoseconds;
		s->last_seconds = f->seconds;
		s->last_nanoseconds = f->nanoseconds;
	}
	s->octets += f->captured;
	if (f->seconds < s->last_seconds ||
	    (f->seconds == s->last_seconds && f->nanoseconds < s->last_nanoseconds))
		return;		/* of another file that ran beside it */
	s->last_seconds = f->seconds;
	s->last_nanoseconds = f->nanoseconds;
}

/* One stack of layers; what is inside of another begins with that one's. */
static void take_layers(struct story *s, const struct packet *p)
{
	for (uint32_t i = p->inner_from; i < p->layer_count; i++) {
		const struct layer *l = &p->layers[i];
		if (l->type->kind == LAYER_ESP || l->type->kind == LAYER_AH)
			story_flow_packet(s, p, i);
		else if (l->type->kind == LAYER_IKE)
			story_ladder_message(s, p, l->ike);
		else if (l->type->kind == LAYER_ICMP || l->type->kind == LAYER_ICMPV6)
			story_icmp_packet(s, p, i);
	}
	for (const struct finding *f = p->findings.first; f; f = f->next)
		take_finding(s, p->frame.number, f);
}

void story_packet(struct story *s, const struct packet *p)
{
	if (p->copy_of)
		return;
	take_time(s, &p->frame);
	for (const struct packet *q = p; q; q = packet_after(p, q))
		take_layers(s, q);
}

void story_forget(void *user, struct ike_sa *sa)
{
	struct story *s = user;
	struct story_ike *k = sa->user;
	s->ikes_forgotten++;
	if (!k)
		return;
	sa->user = NULL;
	*(k->prev ? &k->prev->next : &s->ikes) = k->next;
	*(k->next ? &k->next->prev : &s->ikes_last) = k->prev;
	free(k->events);
	*k = (struct story_ike){ .next = s->tables->spare };
	s->tables->spare = k;
}

/* ---- the end ---- */

/* Both ends rekeyed at once, and the other one's SA stayed. */
static bool find_loser(struct ike_sa *sa, void *user)
{
	struct story_tables *t = ((struct story *)user)->tables;
	if (sa->replaces && sa->replaces->heir && sa->replaces->heir != sa)
		t->losers[t->loser_count++] = sa;
	return t->loser_count < STORY_LOSERS_MAX;
}

/* In the session's order, and with those that were made by a rekey and never had
 * a message of their own. */
static bool finish_ike(struct ike_sa *sa, void *user)
{
	struct story *s = user;
	struct story_ike *k = sa->user ? sa->user : arena_alloc(&s->arena, sizeof *k);
	sa->user = k;
	k->sa = sa;
	k->next = NULL;
	k->prev = s->ikes_last;
	*(s->ikes_last ? &s->ikes_last->next : &s->ikes) = k;
	s->ikes_last = k;
	story_tell_ike(s, k);
	return true;
}

void story_finish(struct story *s)
{
	struct ike_session *session = wire_session(s->wire);
	uint64_t span = (uint64_t)(s->last_seconds - s->first_seconds) * 1000;
	s->slice_ms = (uint64_t)1 << s->tables->slice_shift;
	s->slice_count = (uint32_t)(span / s->slice_ms + 1 > STORY_SLICES ? STORY_SLICES
				    : span / s->slice_ms + 1);
	story_iv_finish(s);
	for (struct story_flow *f = s->flows; f; f = f->next)
		story_flow_finish(s, f);
	story_children_index(s);
	s->ikes = s->ikes_last = NULL;
	if (session) {
		ike_session_each(session, find_loser, s);
		ike_session_each(session, finish_ike, s);
	}
	story_findings_finish(s);
}

/* ---- small things that the sentences share ---- */

__attribute__((format(printf, 2, 0)))
static const char *print(struct story *s, const char *format, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	size_t size = n < 0 ? 0 : (size_t)n;
	char *text = arena_alloc(&s->arena, size + 1);
	vsnprintf(text, size + 1, format, ap);
	return text;
}

void story_say(struct story *s, struct story_list *l, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	const char *text = print(s, format, ap);
	va_end(ap);
	if (l->count + 1 >= l->room) {
		l->room = l->room ? 2 * l->room : 8;
		const char **items = arena_alloc(&s->arena, l->room * sizeof *items);
		if (l->count)
			memcpy(items, l->items, l->count * sizeof *items);
		l->items = items;
	}
	l->items[l->count++] = text;
}

const char *const *story_list_end(struct story *s, struct story_list *l)
{
	if (!l->items)
		l->items = arena_alloc(&s->arena, sizeof *l->items);
	l->items[l->count] = NULL;
	return l->items;
}

const char *story_clean(struct story *s, const char *text)
{
	struct text t = { 0 };
	for (const char *c = text; *c; c++) {
		if (*c >= ' ' && *c < 0x7f) {
			text_char(&t, *c);
			continue;
		}
		text_add(&t, "\\x");
		text_hex(&t, (uint8_t)*c, 2);
	}
	const char *clean = arena_text(&s->arena, span_of(t.p, t.n));
	text_done(&t);
	return clean;
}

const char *story_addr(struct story *s, const struct addr *a)
{
	struct text t = { 0 };
	if (a->family)
		view_addr(&t, a);
	else
		text_add(&t, "?");
	const char *text = arena_text(&s->arena, span_of(t.p, t.n));
	text_done(&t);
	return text;
}

const char *story_duration(struct story *s, int64_t seconds, int64_t nanoseconds)
{
	int64_t ms = seconds * 1000 + nanoseconds / 1000000;
	if (ms < 0)
		ms = 0;
	if (ms < 1000)
		return arena_printf(&s->arena, "%lld ms", (long long)ms);
	if (ms < 60000)
		return arena_printf(&s->arena, "%lld.%lld s", (long long)(ms / 1000),
				    (long long)(ms % 1000 / 100));
	if (ms < 3600000)
		return arena_printf(&s->arena, "%lld min %lld s", (long long)(ms / 60000),
				    (long long)(ms % 60000 / 1000));
	return arena_printf(&s->arena, "%lld h %lld min", (long long)(ms / 3600000),
			    (long long)(ms % 3600000 / 60000));
}
