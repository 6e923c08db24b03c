/* SPDX-License-Identifier: BSD-2-Clause
 * A ladder diagram for a terminal:
 *
 *	               192.0.2.1:500                        192.0.2.2:500
 *	  0.000     1  |-- IKE_SA_INIT request 0 ------------------------>|
 *	               |     SA KE NONCE                                  |
 *	  0.018     2  |<----------------------- IKE_SA_INIT response 0 --|
 *
 * in box characters where the terminal knows them. */
#include "dissect/story_paint.h"

#include "dissect/view_private.h"

enum { GUTTER = 17, PAYLOAD_LINES = 4 };

struct pens {
	const char *line, *rail, *from_left, *from_right, *to_left, *to_right;
};
static const struct pens box = { "\u2500", "\u2502", "\u251c", "\u2524", "\u25c0", "\u25b6" };
static const struct pens plain = { "-", "|", "|", "|", "<", ">" };

struct ladder {
	const struct painter *w;
	const struct story_ike *k;
	const struct pens *pens;
	unsigned width;		/* between the rails */
};

static void add_times(struct text *t, const char *s, unsigned n)
{
	while (n--)
		text_add(t, s);
}

static void gutter(const struct ladder *l, const struct story_event *e)
{
	struct text *out = l->w->out;
	const struct story *s = l->w->s;
	if (!e) {
		text_fill(out, ' ', GUTTER);
		return;
	}
	double since = (double)(e->seconds - s->first_seconds) +
		       ((double)e->nanoseconds - s->first_nanoseconds) / 1e9;
	text_printf(out, "%9.3f %5llu  ", since < 0 ? 0 : since, (unsigned long long)e->frame);
}

static const char *label_of(const struct ladder *l, const struct story_event *e)
{
	struct text t = { 0 };
	text_add(&t, e->label);
	if (e->fragments)
		text_printf(&t, " in %u fragments", e->fragments);
	if (e->repeated)
		text_add(&t, " again");
	if (e->times > 1)
		text_printf(&t, e->note ? " (%u in all)" : " (sent %u times)", e->times);
	const char *label = arena_text(&l->w->s->arena, span_part(span_of(t.p, t.n), 0,
								  l->width > 8 ? l->width - 8 : 0));
	text_done(&t);
	return label;
}

/* No message: a line between the rails with the frame's number. */
static void note(const struct ladder *l, const struct story_event *e)
{
	const char *text = label_of(l, e);
	unsigned n = (unsigned)paint_line(text, l->width - 6);
	gutter(l, e);
	text_add(l->w->out, l->pens->rail);
	text_fill(l->w->out, ' ', 2);
	paint(l->w, PAINT_YELLOW);
	text_add(l->w->out, "! ");
	text_add_octets(l->w->out, text, n);
	paint(l->w, PAINT_NONE);
	text_fill(l->w->out, ' ', l->width - 4 - n);
	text_add(l->w->out, l->pens->rail);
	text_char(l->w->out, '\n');
}

static void arrow(const struct ladder *l, const struct story_event *e)
{
	struct text *out = l->w->out;
	const struct pens *p = l->pens;
	bool right = e->from == IKE_INITIATOR;
	const char *label = label_of(l, e);
	unsigned n = (unsigned)strlen(label), rest = l->width - n - 5;
	gutter(l, e);
	paint(l->w, e->bad ? PAINT_RED : e->repeated ? PAINT_YELLOW : PAINT_NONE);
	text_add(out, right ? p->from_left : p->rail);
	if (!right)
		text_add(out, p->to_left);
	add_times(out, p->line, right ? 2 : rest);
	text_char(out, ' ');
	paint(l->w, PAINT_BOLD);
	text_add(out, label);
	paint(l->w, PAINT_NONE);
	paint(l->w, e->bad ? PAINT_RED : e->repeated ? PAINT_YELLOW : PAINT_NONE);
	text_char(out, ' ');
	add_times(out, p->line, right ? rest : 2);
	if (right)
		text_add(out, p->to_right);
	text_add(out, right ? p->rail : p->from_right);
	paint(l->w, PAINT_NONE);
	text_char(out, '\n');
}

/* Lines between the rails, on the sender's side. */
static void between(const struct ladder *l, const char *text, enum paint colour)
{
	struct text *out = l->w->out;
	unsigned room = l->width - 6;
	for (unsigned i = 0; *text && i < PAYLOAD_LINES; i++) {
		size_t n = paint_line(text, room);
		bool more = i + 1 == PAYLOAD_LINES && text[n];
		gutter(l, NULL);
		text_add(out, l->pens->rail);
		text_fill(out, ' ', 4);
		paint(l->w, colour);
		if (more && n + 4 > room)
			n = room - 4;
		text_add_octets(out, text, n);
		text_add(out, more ? " ..." : "");
		paint(l->w, PAINT_NONE);
		text_fill(out, ' ', l->width - 4 - n - (more ? 4 : 0));
		text_add(out, l->pens->rail);
		text_char(out, '\n');
		text += n;
		while (*text == ' ')
			text++;
	}
}

static void rung(const struct ladder *l, const struct story_event *e)
{
	if (e->note)
		note(l, e);
	else
		arrow(l, e);
	between(l, e->payloads, PAINT_DIM);
	if (e->remark)
		between(l, arena_printf(&l->w->s->arena, "* %s", story_clean(l->w->s, e->remark)),
			e->bad ? PAINT_RED : PAINT_NONE);
}

static const char *end_name(const struct ladder *l, enum ike_side side)
{
	const struct addr *addr = story_end_addr(l->k, side);
	unsigned port = story_end_port(l->k, side);
	const char *text = story_addr(l->w->s, addr);
	if (!port)	/* it changes: the story says where */
		return text;
	return arena_printf(&l->w->s->arena, addr->family == 6 ? "[%s]:%u" : "%s:%u", text, port);
}

static void heads(const struct ladder *l)
{
	const char *left = end_name(l, IKE_INITIATOR), *right = end_name(l, IKE_RESPONDER);
	unsigned used = (unsigned)(strlen(left) + strlen(right)), width = l->width + 2;
	text_fill(l->w->out, ' ', GUTTER);
	text_add(l->w->out, left);
	if (used + 1 > width) {
		text_char(l->w->out, '\n');
		text_fill(l->w->out, ' ', GUTTER + (strlen(right) < width ? width - strlen(right) : 0));
	} else {
		text_fill(l->w->out, ' ', width - used);
	}
	text_add(l->w->out, right);
	text_char(l->w->out, '\n');
}

static void left_out(const struct ladder *l)
{
	gutter(l, NULL);
	text_printf(l->w->out, ":   ... %u messages left out ...\n", l->k->left_out);
}

void paint_ladder(const struct painter *w, const struct story_ike *k)
{
	struct ladder l = { w, k, w->ascii ? &plain : &box, w->columns - GUTTER - 2 };
	heads(&l);
	for (uint32_t i = 0; i < k->event_count; i++) {
		if (k->left_out && i == STORY_EVENTS_MAX / 2)
			left_out(&l);
		rung(&l, &k->events[i]);
	}
}
