/* SPDX-License-Identifier: BSD-2-Clause
 * The traffic of a story: a table of the ESP and AH SAs with their numbers, what
 * is remarkable about each, its first opened packet as boxes; and the time line
 * of SAs and IKE messages. */
#include "dissect/html_story.h"

/* ---- the table ---- */

static void spi(struct text *t, const struct story_flow *f)
{
	html_add(t, "%s 0x", f->protocol == PROTOCOL_AH ? "AH" : "ESP");
	text_hex(t, f->spi, 8);
}

static void number_cell(struct text *t, uint64_t n, bool bad)
{
	html_add(t, "<td class=\"n%s\">%llu</td>", n && bad ? " bad" : n ? "" : " zero",
		 (html_number)n);
}

static void algorithms(struct text *t, const struct story_flow *f)
{
	const struct sa_key *k = f->key;
	if (!k) {
		text_add(t, f->sa ? "no key is right" : "no key");
		return;
	}
	if (f->protocol != PROTOCOL_AH) {
		html_add(t, "%s", k->encr->name);
		if (k->encr_key.n > k->encr->salt)
			html_add(t, " %zu", (k->encr_key.n - k->encr->salt) * 8);
	}
	if (f->protocol == PROTOCOL_AH || k->integ->kind != INTEG_KIND_NONE)
		html_add(t, "<br>%s", k->integ->name);
}

static void wrapping(struct text *t, const struct story_flow *f)
{
	html_add(t, "%s%s%s%s", sa_mode_name((enum sa_mode)f->mode), f->udp ? ", in UDP" : "",
		 f->tcp ? ", in TCP" : "", f->esn ? ", ESN" : "");
}

static void overhead(struct text *t, const struct story_flow *f)
{
	if (!f->inner_packets) {
		text_add(t, "<td class=\"n zero\">\u2013</td><td class=\"n zero\">\u2013</td>");
		return;
	}
	uint64_t tenths = (uint64_t)((double)f->overhead_bytes * 10.0 / (double)f->inner_packets + 0.5);
	html_add(t, "<td class=\"n\">%llu</td><td class=\"n\">%llu.%llu</td>",
		 (html_number)f->inner_bytes, (html_number)(tenths / 10), (html_number)(tenths % 10));
}

static void flow_row(struct story *s, struct text *t, const struct story_flow *f)
{
	text_add(t, "<tr><th scope=\"row\"><code>");
	spi(t, f);
	html_add(t, "</code></th><td><code>%s</code><br>\u2192 <code>%s</code></td><td>",
		 html_addr(s, &f->src), html_addr(s, &f->dst));
	algorithms(t, f);
	text_add(t, "<br>");
	wrapping(t, f);
	html_add(t, "</td><td class=\"n\">%llu</td><td class=\"n\">%llu</td>", (html_number)f->packets,
		 (html_number)f->bytes);
	overhead(t, f);
	number_cell(t, f->icv_bad, true);
	number_cell(t, f->duplicates, true);
	number_cell(t, f->too_old, true);
	number_cell(t, f->reordered, false);
	number_cell(t, f->missing, true);
	number_cell(t, f->iv_reused, true);
	html_add(t, "<td class=\"n\">%llu\u2013%llu</td></tr>\n", (html_number)f->first_seq,
		 (html_number)f->last_seq);
}

static void flow_table(struct story *s, struct text *t)
{
	static const char *const columns[] = { "SA", "From, to", "Algorithms, mode", "Packets", "Octets",
		"Inner octets", "Overhead each", "ICV bad", "Duplicates", "Too old",
		"Reordered", "Missing", "IV reused", "Sequence" };
	unsigned shown = 0;
	text_add(t, "<div class=\"scroll\" role=\"region\" aria-label=\"ESP and AH SAs with their "
		    "numbers\" tabindex=\"0\"><table class=\"sas\">\n<thead><tr>");
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		html_add(t, "<th scope=\"col\" class=\"%s\">%s</th>", i < 3 ? "" : "n", columns[i]);
	text_add(t, "</tr></thead>\n<tbody>\n");
	for (const struct story_flow *f = s->flows; f && shown < HTML_FLOWS_MAX; f = f->next, shown++)
		flow_row(s, t, f);
	text_add(t, "</tbody></table></div>\n");
	html_left_out(t, s->flow_count - shown + s->flows_left_out, "SAs");
}

/* ---- one SA ---- */

static void flow_card(struct story *s, struct text *t, const struct story_flow *f, bool open)
{
	html_add(t, "<details%s><summary><code>", open ? " open" : "");
	spi(t, f);
	html_add(t, "</code> to <code>%s</code></summary>\n<div class=\"body\">\n",
		 html_addr(s, &f->dst));
	html_sentences(t, "story", story_flow_sentences(s, f));
	if (f->box_count) {
		text_add(t, "<h4>Its first opened packet</h4>\n");
		html_boxes(t, f->boxes, f->box_count);
	}
	text_add(t, "</div></details>\n");
}

void html_flows(struct story *s, struct text *t)
{
	unsigned shown = 0;
	if (!s->flows)
		return;
	text_add(t, "<section aria-labelledby=\"sas\"><h2 id=\"sas\">ESP and AH SAs</h2>\n");
	flow_table(s, t);
	text_add(t, "<h3>Each of them</h3>\n");
	for (const struct story_flow *f = s->flows; f && shown < HTML_DRAWN_MAX; f = f->next, shown++)
		flow_card(s, t, f, shown == 0);
	html_left_out(t, s->flow_count - shown, "SAs");
	text_add(t, "</section>\n");
}

/* ---- the time line ---- */

enum { LINE = 26, BAR = 22 };

/* Since the first frame; the times of a capture may be anything. */
static uint64_t micros(const struct story *s, int64_t seconds, uint32_t nanoseconds)
{
	const double most = 1e15;
	double d = ((double)seconds - (double)s->first_seconds) * 1e6 +
		   ((double)nanoseconds - (double)s->first_nanoseconds) / 1e3;
	return d < 0 ? 0 : (uint64_t)(d < most ? d : most);
}

/* What the drawing is wide. */
static uint64_t whole(const struct story *s)
{
	uint64_t slices = s->slice_count * s->slice_ms * 1000;
	uint64_t span = micros(s, s->last_seconds, s->last_nanoseconds);
	return slices > span ? slices : span ? span : 1;
}

static void bars(const struct story *s, struct text *t, const struct story_flow *f)
{
	uint32_t most = 1;
	for (uint32_t i = 0; i < s->slice_count; i++)
		most = f->slices[i] > most ? f->slices[i] : most;
	for (uint32_t i = 0; i < s->slice_count; i++) {
		if (!f->slices[i])
			continue;
		unsigned height = 3 + (unsigned)((uint64_t)f->slices[i] * (BAR - 3) / most);
		text_add(t, "<rect class=\"own\" x=\"");
		html_percent(t, i * s->slice_ms * 1000, whole(s));
		text_add(t, "\" width=\"");
		html_percent(t, s->slice_ms * 1000, whole(s));
		html_add(t, "\" y=\"%u\" height=\"%u\"/>", LINE - height, height);
	}
}

static void extent(const struct story *s, struct text *t, const struct story_flow *f)
{
	uint64_t from = micros(s, f->first_seconds, f->first_nanoseconds);
	uint64_t to = micros(s, f->last_seconds, f->last_nanoseconds);
	text_add(t, "<line class=\"extent\" x1=\"");
	html_percent(t, from, whole(s));
	text_add(t, "\" x2=\"");
	html_percent(t, to, whole(s));
	html_add(t, "\" y1=\"%u\" y2=\"%u\"/>", LINE - 1u, LINE - 1u);
}

static void flow_line(const struct story *s, struct text *t, const struct story_flow *f)
{
	text_add(t, "<li><span class=\"name\"><code>");
	spi(t, f);
	html_add(t, "</code> <span class=\"dim\">%llu</span></span><svg width=\"100%%\" height=\"%u\" "
		 "role=\"img\" aria-label=\"%llu packets, from second ", (html_number)f->packets, (unsigned)LINE,
		 (html_number)f->packets);
	html_since(t, s, f->first_seconds, f->first_nanoseconds);
	text_add(t, " to ");
	html_since(t, s, f->last_seconds, f->last_nanoseconds);
	text_add(t, "\">");
	if (f->slices)
		bars(s, t, f);
	extent(s, t, f);
	text_add(t, "</svg></li>\n");
}

static void stroke(const struct story *s, struct text *t, const struct story_event *e, uint64_t at)
{
	text_add(t, "<svg class=\"over\" x=\"");
	html_percent(t, at, whole(s));
	html_add(t, "\" width=\"1\" height=\"%u\"><path class=\"%s\" d=\"%s\"><title>%s</title></path></svg>",
		 (unsigned)LINE, e->bad ? "cross" : "tick", e->bad ? "M-4 9 L4 17 M-4 17 L4 9" : "M0 5 L0 21",
		 e->label);
}

/* Each time that it was sent, as far as they are kept. */
static void mark(const struct story *s, struct text *t, const struct story_event *e)
{
	uint64_t first = micros(s, e->seconds, e->nanoseconds);
	stroke(s, t, e, first);
	for (unsigned i = 0; i + 1 < e->times && i < STORY_AGAIN_MAX; i++)
		stroke(s, t, e, first + (uint64_t)e->again_ms[i] * 1000);
}

static void ike_line(const struct story *s, struct text *t, const struct story_ike *k, unsigned number)
{
	html_add(t, "<li><span class=\"name\"><a href=\"#ike-%u\">IKE SA %u</a> <span class=\"dim\">%u"
		 "</span></span><svg width=\"100%%\" height=\"%u\" role=\"img\" aria-label=\"%u messages; "
		 "a cross marks errors\">", number, number, (unsigned)k->sa->messages, (unsigned)LINE,
		 (unsigned)k->sa->messages);
	for (uint32_t i = 0; i < k->event_count; i++)
		mark(s, t, &k->events[i]);
	text_add(t, "</svg></li>\n");
}

static void scale(const struct story *s, struct text *t)
{
	bool fine = whole(s) < 1000000;		/* milliseconds would say little */
	html_add(t, "<li aria-hidden=\"true\"><span class=\"name dim\">%s</span>"
		 "<svg width=\"100%%\" height=\"20\">", fine ? "milliseconds" : "seconds");
	for (unsigned i = 0; i <= 4; i++) {
		uint64_t n = whole(s) / (fine ? 1 : 1000) * i / 4;
		html_add(t, "<text class=\"tick%s\" y=\"14\" text-anchor=\"%s\" x=\"", i % 2 ? " odd" : "",
			 i == 0 ? "start" : i == 4 ? "end" : "middle");
		html_percent(t, i, 4);
		text_printf(t, "\">%llu.%03u</text>", (html_number)(n / 1000), (unsigned)(n % 1000));
	}
	text_add(t, "</svg></li>\n");
}

void html_timeline(struct story *s, struct text *t)
{
	unsigned ikes = 0, flows = 0;
	if (!s->ikes && !s->flows)
		return;
	text_add(t, "<section aria-labelledby=\"time\"><h2 id=\"time\">Time line</h2>\n"
		    "<p class=\"dim\">IKE messages as strokes (a cross is an error), packets of "
		    "each SA as bars, each SA to its own height.</p>\n<ul class=\"timeline\">\n");
	for (const struct story_ike *k = s->ikes; k && ikes < HTML_TIMED_MAX; k = k->next)
		ike_line(s, t, k, ++ikes);
	for (const struct story_flow *f = s->flows; f && flows < HTML_TIMED_MAX; f = f->next, flows++)
		flow_line(s, t, f);
	scale(s, t);
	text_add(t, "</ul>\n");
	html_left_out(t, s->flow_count - flows, "SAs");
	text_add(t, "</section>\n");
}
