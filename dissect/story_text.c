/* SPDX-License-Identifier: BSD-2-Clause
 * The story for a terminal: what there is, each IKE SA with its ladder and its
 * sentences, a table of the ESP and AH SAs, and the findings. */
#include "dissect/story_paint.h"

#include "dissect/view_private.h"

enum {
	IKES_SHOWN = 200, FLOWS_SHOWN = 500, REMARKS_SHOWN = 60,	/* the rest: -f json */
	FINDINGS_SHOWN = 40, NOTES_SHOWN = 10,
	HEAD_COLUMNS = 72,
};

/* ---- words on a terminal ---- */

void paint(const struct painter *w, enum paint p)
{
	static const char *const codes[] = { "0", "1", "2", "31", "32", "33" };
	if (!w->colour)
		return;
	text_add(w->out, "\033[");
	text_add(w->out, codes[p]);
	text_char(w->out, 'm');
}

size_t paint_line(const char *text, size_t room)
{
	size_t n = strlen(text), cut = 0;
	if (n <= room)
		return n;
	for (size_t i = 0; i <= room; i++)
		if (text[i] == ' ')
			cut = i;
	return cut ? cut : room;
}

void paint_wrapped(const struct painter *w, const char *text, unsigned used, unsigned indent)
{
	while (*text) {
		if (!used)
			text_fill(w->out, ' ', indent);
		unsigned column = used ? used : indent;
		size_t n = paint_line(text, w->columns > column + 10 ? w->columns - column : 10);
		text_add_octets(w->out, text, n);
		text_char(w->out, '\n');
		text += n;
		while (*text == ' ')
			text++;
		used = 0;
	}
}

static void head(const struct painter *w, const char *text)
{
	paint(w, PAINT_BOLD);
	text_add(w->out, text);
	paint(w, PAINT_NONE);
	text_char(w->out, '\n');
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- the capture ---- */

static void put_summary(const struct painter *w)
{
	struct story *s = w->s;
	size_t ikes = 0;
	uint64_t packets = 0;
	for (const struct story_ike *k = s->ikes; k; k = k->next)
		ikes++;
	for (const struct story_flow *f = s->flows; f; f = f->next)
		packets += f->packets;
	paint_wrapped(w, arena_printf(&s->arena, "%s%s%llu frame%s in %s: %zu IKE SA%s, %zu ESP and AH "
		"SA%s with %llu packet%s", s->files ? story_clean(s, s->files) : "", s->files ? ": " : "",
		(unsigned long long)s->frames, plural(s->frames),
		story_duration(s, s->last_seconds - s->first_seconds,
			       (int64_t)s->last_nanoseconds - s->first_nanoseconds),
		ikes, plural(ikes), s->flow_count, plural(s->flow_count), (unsigned long long)packets,
		plural(packets)), 0, 0);
	if (s->ikes_forgotten)
		paint_wrapped(w, arena_printf(&s->arena, "%llu IKE SAs are not told: there were more than "
			"ikat keeps at a time (--max-sas).", (unsigned long long)s->ikes_forgotten), 0, 0);
	if (s->flows_left_out)
		paint_wrapped(w, arena_printf(&s->arena, "%llu packets of further SPIs are not told: there "
			"were more SPIs than ikat keeps.", (unsigned long long)s->flows_left_out), 0, 0);
}

/* ---- IKE SAs ---- */

static enum paint outcome_paint(enum ike_outcome o)
{
	switch (o) {
	case IKE_ESTABLISHED: return PAINT_GREEN;
	case IKE_FAILED: return PAINT_RED;
	case IKE_INCOMPLETE: return PAINT_YELLOW;
	default: return PAINT_NONE;
	}
}

static void put_ike_head(const struct painter *w, const struct story_ike *k)
{
	const struct ike_sa *sa = k->sa;
	bool warn;
	const char *outcome = story_outcome_words(k, &warn);
	text_char(w->out, '\n');
	paint(w, PAINT_BOLD);
	text_printf(w->out, "IKE SA %llu", (unsigned long long)sa->serial);
	paint(w, PAINT_NONE);
	text_printf(w->out, "  IKEv%u  ", sa->version);
	paint(w, warn ? PAINT_YELLOW : outcome_paint(k->outcome));
	text_add(w->out, outcome);
	paint(w, PAINT_DIM);
	text_add(w->out, w->columns < HEAD_COLUMNS ? "\n  " : "  ");
	text_hex_span(w->out, span_of(sa->spi_i, 8));
	text_char(w->out, ' ');
	text_hex_span(w->out, span_of(sa->spi_r, 8));
	paint(w, PAINT_NONE);
	text_char(w->out, '\n');
}

static void put_ike(const struct painter *w, const struct story_ike *k)
{
	put_ike_head(w, k);
	paint(w, k->outcome == IKE_FAILED || k->situation || k->reason ? PAINT_BOLD : PAINT_NONE);
	paint_wrapped(w, k->explanation, 0, 2);
	paint(w, PAINT_NONE);
	for (const char *a = k->advice; a; a = strchr(a, '\n') ? strchr(a, '\n') + 1 : NULL)
		paint_wrapped(w, arena_text(&w->s->arena, span_of(a, strcspn(a, "\n"))), 0, 2);
	text_char(w->out, '\n');
	if (k->event_count) {
		paint_ladder(w, k);
		text_char(w->out, '\n');
	}
	for (const char *const *t = k->sentences; *t; t++) {
		text_add(w->out, "  - ");
		paint_wrapped(w, *t, 4, 4);
	}
}

static void put_ikes(const struct painter *w)
{
	unsigned n = 0, more = 0;
	for (const struct story_ike *k = w->s->ikes; k; k = k->next) {
		struct arena_mark mark = arena_mark(&w->s->arena);
		if (n++ < IKES_SHOWN)
			put_ike(w, k);
		else
			more++;
		arena_rewind(&w->s->arena, mark);
		text_record_end(w->out);
	}
	if (more)
		text_printf(w->out, "\n... and %u more IKE SAs (-f json has all of them).\n", more);
}

/* ---- ESP and AH SAs ---- */

static const char *algorithm(struct story *s, const struct story_flow *f)
{
	const struct sa_key *k = f->key;
	if (!k)
		return f->child ? ike_choice_text(&f->child->choice, &s->arena) : "no key";
	if (f->protocol == PROTOCOL_AH)
		return k->integ->name;
	unsigned bits = (unsigned)(k->encr_key.n - (k->encr_key.n < k->encr->salt ? 0 : k->encr->salt)) * 8;
	return arena_printf(&s->arena, "%s%s%s%s", k->encr->name,
			    bits ? arena_printf(&s->arena, " %u", bits) : "",
			    k->integ->kind == INTEG_KIND_NONE ? "" : " ",
			    k->integ->kind == INTEG_KIND_NONE ? "" : k->integ->name);
}

static void put_flow_head(const struct painter *w, const struct story_flow *f)
{
	struct story *s = w->s;
	const char *mode = sa_mode_name((enum sa_mode)f->mode);
	text_add(w->out, "  ");
	paint(w, PAINT_BOLD);
	text_printf(w->out, "%s 0x%08x", f->protocol == PROTOCOL_AH ? "AH" : "ESP", f->spi);
	paint(w, PAINT_NONE);
	paint_wrapped(w, arena_printf(&s->arena, "  %s > %s%s%s%s%s  %s", story_addr(s, &f->src),
		story_addr(s, &f->dst), mode ? "  " : "", mode ? mode : "", f->udp ? " in UDP" : "",
		f->tcp ? " in TCP" : "", algorithm(s, f)), f->protocol == PROTOCOL_AH ? 15 : 16, 6);
}

/* One line of numbers: only those that are not zero, but for the first ones. */
static void put_flow_numbers(const struct painter *w, const struct story_flow *f)
{
	static const char *const names[] = { "ICV bad", "unchecked", "duplicates", "too old",
		"reordered", "missing", "IV reused" };
	const uint64_t values[] = { f->icv_bad, f->unchecked, f->duplicates, f->too_old, f->reordered,
		f->missing, f->iv_reused };
	struct text t = { 0 };
	text_printf(&t, "%llu packet%s, %llu octets", (unsigned long long)f->packets, plural(f->packets),
		    (unsigned long long)f->bytes);
	if (f->inner_packets)
		text_printf(&t, ", inside %llu, IPsec added %llu", (unsigned long long)f->inner_bytes,
			    (unsigned long long)f->added_bytes);
	if (f->accepted)
		text_printf(&t, ", seq %llu to %llu", (unsigned long long)f->lowest_seq,
			    (unsigned long long)f->last_seq);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (values[i])
			text_printf(&t, ", %s %llu", names[i], (unsigned long long)values[i]);
	paint_wrapped(w, arena_text(&w->s->arena, span_of(t.p, t.n)), 0, 6);
	text_done(&t);
}

static void put_flow(const struct painter *w, const struct story_flow *f, bool remarks)
{
	put_flow_head(w, f);
	put_flow_numbers(w, f);
	if (!remarks)
		return;
	for (const char *const *t = story_flow_sentences(w->s, f); *t; t++) {
		text_add(w->out, "      - ");
		paint_wrapped(w, *t, 8, 8);
	}
}

static void put_flows(const struct painter *w)
{
	unsigned n = 0;
	if (!w->s->flows)
		return;
	text_char(w->out, '\n');
	head(w, "ESP and AH SAs");
	for (const struct story_flow *f = w->s->flows; f && n < FLOWS_SHOWN; f = f->next) {
		struct arena_mark mark = arena_mark(&w->s->arena);
		put_flow(w, f, n++ < REMARKS_SHOWN);
		arena_rewind(&w->s->arena, mark);
		text_record_end(w->out);
	}
	if (w->s->flow_count > n)
		text_printf(w->out, "  ... and %zu more (-f json has all of them).\n",
			    w->s->flow_count - n);
}

/* ---- findings ---- */

static void put_finding(const struct painter *w, const struct story_finding *f)
{
	struct story *s = w->s;
	static const enum paint colours[] = {
		[SEVERITY_NOTE] = PAINT_DIM, [SEVERITY_DEVIATION] = PAINT_YELLOW,
		[SEVERITY_VIOLATION] = PAINT_RED,
	};
	text_add(w->out, "  ");
	paint(w, colours[f->severity]);
	text_printf(w->out, "%-9s", severity_name(f->severity));
	paint(w, PAINT_NONE);
	paint_wrapped(w, arena_printf(&s->arena, "  frame %llu%s: %s%s%s%s", (unsigned long long)f->frame,
		f->times > 1 ? arena_printf(&s->arena, " and %llu more",
					    (unsigned long long)f->times - 1) : "",
		story_clean(s, f->text), f->requirement ? " [" : "", f->requirement ? f->requirement : "",
		f->requirement ? "]" : ""), 11, 13);
}

static size_t put_findings_of(const struct painter *w, enum severity severity, size_t most)
{
	size_t n = 0;
	for (const struct story_finding *f = w->s->findings; f; f = f->next) {
		if (f->severity != severity)
			continue;
		if (n++ < most)
			put_finding(w, f);
	}
	return n > most ? n - most : 0;
}

static void put_findings(const struct painter *w)
{
	if (!w->s->findings)
		return;
	text_char(w->out, '\n');
	head(w, "Findings");
	size_t more = put_findings_of(w, SEVERITY_VIOLATION, FINDINGS_SHOWN);
	more += put_findings_of(w, SEVERITY_DEVIATION, FINDINGS_SHOWN);
	more += put_findings_of(w, SEVERITY_NOTE, NOTES_SHOWN);
	if (more)
		text_printf(w->out, "  ... and %zu more (-f json has them).\n", more);
	if (w->s->findings_left_out)
		text_printf(w->out, "  ... and %llu that were not kept.\n",
			    (unsigned long long)w->s->findings_left_out);
}

void story_text(struct story *s, const struct story_style *style, struct text *out)
{
	struct painter w = { s, out, style->colour, style->ascii,
			     style->columns < PAINTER_MIN ? PAINTER_MIN : style->columns };
	put_summary(&w);
	put_ikes(&w);
	put_flows(&w);
	put_findings(&w);
}
