/* SPDX-License-Identifier: BSD-2-Clause
 * The line view: one line for each frame, in the manner of tcpdump.
 *
 *	5  0.012345  192.0.2.1 > 192.0.2.2 ESP 0xca50b39b seq 1 icv good |
 *		10.1.0.10 > 10.2.0.10 ICMP echo request id 1 seq 1, 84
 *
 * Frame, seconds since the first one, the layers (`|`: what was inside), and
 * the octets of the innermost IP packet. `;`: the next of several packets that
 * follow one layer. `!` at the end: findings that are more than a note, and how
 * many. Where findings were asked for, each has a line of its own below. */
#include "dissect/view_private.h"

static void length(struct text *t, const struct packet *p)
{
	size_t n = p->frame.length;
	for (uint32_t i = 0; i < p->layer_count; i++)
		if (view_is_ip(&p->layers[i]))
			n = p->layers[i].whole.n;
	text_add(t, ", ");
	text_dec(t, n);
}

static void frames(struct text *t, const struct packet *p)
{
	if (p->copy_of) {
		text_add(t, " (copy of ");
		text_dec(t, p->copy_of);
		text_char(t, ')');
	}
	if (!p->reassembled_from)
		return;
	text_add(t, " (of frames");
	for (uint32_t i = 0; i < p->reassembled_count; i++) {
		text_char(t, ' ');
		text_dec(t, p->reassembled_from[i]);
	}
	text_char(t, ')');
}

static void marks(const struct view_env *v, const struct packet *p)
{
	uint64_t worse = 0;
	bool violation = false;
	for (const struct packet *q = p; q; q = packet_after(p, q))
		for (const struct finding *f = q->findings.first; f; f = f->next) {
			worse += f->severity != SEVERITY_NOTE;
			violation |= f->severity == SEVERITY_VIOLATION;
		}
	if (!worse)
		return;
	text_add(v->out, v->colour ? violation ? "  \033[31m!" : "  \033[33m!" : "  !");
	text_dec(v->out, worse);
	if (v->colour)
		text_add(v->out, "\033[0m");
}

static void findings(const struct view_env *v, const struct packet *p)
{
	struct text *t = v->out;
	for (const struct packet *q = p; q; q = packet_after(p, q))
		for (const struct finding *f = q->findings.first; f; f = f->next) {
			if (f->severity < v->least)
				continue;
			text_add(t, "    ");
			text_add(t, severity_name(f->severity));
			if (f->requirement)
				text_printf(t, " %s", f->requirement);
			text_add(t, ": ");
			text_escape(t, span_text(f->text));
			text_char(t, '\n');
		}
}

void view_line(const struct view_env *v, const struct packet *p)
{
	struct text *t = v->out;
	if (v->many_files) {
		text_escape(t, span_text(p->frame.file));
		text_char(t, ':');
	}
	text_dec(t, p->frame.number);
	text_add(t, "  ");
	view_since(t, v, &p->frame);
	text_add(t, "  ");
	view_words(t, p, 0);
	length(t, p);
	for (const struct packet *q = p; (q = packet_after(p, q));) {
		text_add(t, "; ");
		view_words(t, q, q->inner_from);
	}
	frames(t, p);
	marks(v, p);
	text_char(t, '\n');
	if (v->findings)
		findings(v, p);
}
