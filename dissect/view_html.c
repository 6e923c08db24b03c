/* SPDX-License-Identifier: BSD-2-Clause
 * The html view: one page, a row for each packet, which opens to its layers with
 * their fields, the findings, and the packet as boxes drawn to scale. At most
 * HTML_PACKETS_MAX packets: a browser has to hold them all. */
#include "dissect/view_html.h"

#include <time.h>

void view_html_begin(const struct view_env *v)
{
	struct text *t = v->out;
	const char *files = v->files ? v->files : "capture";
	html_begin(t, arena_printf(v->scratch, "%.200s \u2013 packets", files));
	html_add(t, "<header><p class=\"kicker\">ikat dissect</p>\n<h1>%s</h1>\n"
		 "<p class=\"lead\">Each row is a packet; it opens to its layers, its findings "
		 "and its boxes.</p></header>\n<main id=\"main\">\n"
		 "<div class=\"tools\" hidden><label>Filter <input type=\"search\" id=\"filter\" "
		 "placeholder=\"address, SPI, word\" autocomplete=\"off\"></label>\n"
		 "<button type=\"button\" id=\"open\">Open all</button>\n"
		 "<button type=\"button\" id=\"close\">Close all</button>\n"
		 "<output id=\"count\"></output></div>\n<h2 class=\"sr\">Packets</h2>\n<div class=\"packets\">\n", files);
}

/* ---- pairs ---- */

static void pair_dec(struct text *t, const char *term, uint64_t value)
{
	html_add(t, "<div><dt>%s</dt><dd>%llu</dd></div>\n", term, (html_number)value);
}

static void protect_algorithms(const struct view_env *v, const struct layer *l)
{
	const struct sa_key *key = l->esp->key;
	if (!key)
		return;
	if (l->type->kind == LAYER_ESP) {
		html_fact(v->out, "encr", key->encr->name);
		if (key->encr_key.n > key->encr->salt)
			pair_dec(v->out, "key_bits", (key->encr_key.n - key->encr->salt) * 8);
	}
	html_fact(v->out, "integ", key->integ->name);
}

static void protect_inside(const struct view_env *v, const struct layer *l)
{
	const struct esp_info *i = l->esp;
	enum layer_kind next = layer_find(SPACE_PROTOCOL, i->next_header);
	if (i->decrypted && sa_mode_name(i->mode))
		html_fact(v->out, "mode", sa_mode_name(i->mode));
	if (i->decrypted || l->type->kind == LAYER_AH)
		html_add(v->out, "<div><dt>next_header</dt><dd>%s <span class=\"dim\">(%u)</span>"
			 "</dd></div>\n", next == LAYER_DATA ? "" : layer_types[next].name,
			 (unsigned)i->next_header);
	if (!i->decrypted || l->type->kind != LAYER_ESP)
		return;
	pair_dec(v->out, "pad_length", i->pad_length);
	html_fact(v->out, "padding", i->padding_good ? "good" : "bad");
	if (i->tfc_length)
		pair_dec(v->out, "tfc_length", i->tfc_length);
}

static const char *protect_locked(const struct layer *l)
{
	const struct esp_info *i = l->esp;
	if (i->icv == ICV_BAD)
		return i->told ? "ICV bad: too short to hold IV and ICV." :
		       "ICV bad: wrong key or algorithm, or the packet was altered; nothing inside "
		       "is shown.";
	if (i->icv != ICV_UNCHECKED || i->decrypted)
		return NULL;
	if (!i->sa)
		return l->type->kind == LAYER_AH ? "Not verified: no key for this SPI." :
		       "Locked: no key for this SPI.";
	return i->cut ? "Locked: the capture holds only a part of this packet." :
	       "Locked: the key that was given cannot be used.";
}

static void remark(struct text *t, bool bad, const char *text)
{
	if (text)
		html_add(t, "<p class=\"remark %s\">%s</p>\n", bad ? "bad" : "warn", text);
}

static void protect(const struct view_env *v, const struct layer *l)
{
	const struct esp_info *i = l->esp;
	text_add(v->out, "<dl class=\"fields\">\n<div><dt>spi</dt><dd>0x");
	text_hex(v->out, i->spi, 8);
	text_add(v->out, "</dd></div>\n");
	pair_dec(v->out, "seq", i->seq);
	if (i->seq_high)
		pair_dec(v->out, "seq_high", i->seq_high);
	protect_algorithms(v, l);
	html_fact(v->out, "icv", icv_name(i->icv));
	html_fact(v->out, "replay", replay_name(i->replay));
	protect_inside(v, l);
	text_add(v->out, "</dl>\n");
	remark(v->out, i->icv == ICV_BAD, protect_locked(l));
}

/* ---- IKE ---- */

static void facts(const struct view_env *v, const struct node *n)
{
	const struct fact *f = view_facts(v, n);
	if (!f)
		return;
	text_add(v->out, "<dl class=\"fields told\">\n");
	for (; f; f = f->next)
		html_fact(v->out, f->key, f->text);
	text_add(v->out, "</dl>\n");
}

static void payload(const struct view_env *v, const struct node *n, int version)
{
	struct text name = { 0 };
	int type = node_field(n->desc, span_text("type"));
	const char *title = n->desc->title;
	view_payload_name(&name, n, version);
	text_char(&name, '\0');
	if (n->number != PAYLOAD_NOTIFY || version == 1 || type >= n->present ||
	    (type >= 0 && !view_word(n, (unsigned)type)))
		type = -1;
	if (type >= 0)
		title = view_word(n, (unsigned)type);
	html_add(v->out, "<li><h4>%s <span class=\"title\">%s</span> <span class=\"place\">offset %u, "
		 "%u octets</span></h4>\n", name.p, title, (unsigned)n->offset, (unsigned)n->size);
	text_done(&name);
	html_fields(v, n, true, type);
	facts(v, n);
	text_add(v->out, "</li>\n");
}

static const char *ike_locked(const struct ike_message *m)
{
	if (m->icv == ICV_BAD)
		return "ICV bad: wrong key or algorithm, or the message was altered.";
	if (m->sealed || (m->sk && !m->decrypted))
		return "Locked: no key for these IKE SPIs.";
	if (m->total && m->decrypted && !m->inner)
		return "Opened; the message is shown with the fragment that completes it.";
	return NULL;
}

static void ike(const struct view_env *v, const struct ike_message *m)
{
	struct payloads w = view_payloads(m);
	const struct node *n;
	html_fields(v, m->header, true, -1);
	text_add(v->out, "<dl class=\"fields\">\n");
	if (ike_version(m) != 1)
		html_fact(v->out, "sender", view_ike_initiator(m) ? "initiator" : "responder");
	if (m->total)
		html_add(v->out, "<div><dt>fragment</dt><dd>%u of %u</dd></div>\n",
			 (unsigned)m->fragment, (unsigned)m->total);
	if (m->encr)
		html_fact(v->out, "encr", m->encr->name);
	if (view_ike_encrypted(m) && m->icv != ICV_NONE)
		html_fact(v->out, "icv", icv_name(m->icv));
	text_add(v->out, "</dl>\n");
	remark(v->out, m->icv == ICV_BAD, ike_locked(m));
	if (!w.next)
		return;
	text_add(v->out, "<ul class=\"payloads\">\n");
	while ((n = view_payload_next(&w)))
		payload(v, n, ike_version(m));
	text_add(v->out, "</ul>\n");
}

/* ---- layers ---- */

static void finding(struct text *t, const struct finding *f)
{
	text_add(t, "<li>");
	html_badge(t, html_severity_tone(f->severity), severity_name(f->severity));
	html_add(t, " %s", f->text);
	if (f->requirement)
		html_add(t, " <span class=\"dim\">%s</span>", f->requirement);
	html_add(t, " <span class=\"place\">offset %u</span></li>\n", (unsigned)f->offset);
}

static void findings_of(const struct view_env *v, const struct packet *p, uint32_t layer)
{
	bool any = false;
	for (const struct finding *f = p->findings.first; f; f = f->next) {
		if (f->layer != layer && !(layer + 1 == p->layer_count && f->layer > layer))
			continue;
		if (!any)
			text_add(v->out, "<ul class=\"findings\" aria-label=\"Findings\">\n");
		any = true;
		finding(v->out, f);
	}
	if (any)
		text_add(v->out, "</ul>\n");
}

static void layer_body(const struct view_env *v, const struct layer *l)
{
	if (l->type->kind == LAYER_IKE) {
		ike(v, l->ike);
		return;
	}
	if (view_is_protect(l)) {
		protect(v, l);
		return;
	}
	struct node *n = view_layer_node(v, l);
	if (n) {
		html_fields(v, n, false, -1);
		return;
	}
	text_add(v->out, "<p class=\"octets\">");
	html_octets(v->out, l->octets, v->bytes);
	text_add(v->out, "</p>\n");
}

static void layer(const struct view_env *v, const struct packet *p, uint32_t at)
{
	const struct layer *l = &p->layers[at];
	bool fresh = at && l[-1].buffer != l->buffer;
	html_add(v->out, "<li><h3>%s <span class=\"title\">%s</span> <span class=\"place\">offset %u, "
		 "%zu octets</span></h3>\n", l->type->name, fresh ? p->buffers[l->buffer].name :
		 l->type->desc ? l->type->desc->title : NULL, (unsigned)l->offset, l->octets.n);
	layer_body(v, l);
	if (v->bytes && l->octets.n && (l->type->desc || view_is_protect(l))) {
		text_add(v->out, "<p class=\"octets\">");
		html_octets(v->out, l->octets, true);
		text_add(v->out, "</p>\n");
	}
	findings_of(v, p, at);
	text_add(v->out, "</li>\n");
}

/* ---- rows ---- */

static enum html_tone worst(const struct packet *p, const char **word)
{
	enum html_tone tone = HTML_PLAIN;
	for (const struct finding *f = p->findings.first; f; f = f->next) {
		enum html_tone one = html_severity_tone(f->severity);
		if (one > tone || !*word)
			*word = severity_name(f->severity);
		tone = one > tone ? one : tone;
	}
	for (uint32_t i = 0; i < p->layer_count; i++)
		if (view_is_protect(&p->layers[i]) && p->layers[i].esp->icv == ICV_BAD) {
			*word = "icv bad";
			return HTML_BAD;
		}
	return tone;
}

static void summary(const struct view_env *v, const struct packet *p)
{
	struct text words = { 0 }, since = { 0 };
	const char *word = NULL;
	enum html_tone tone = worst(p, &word);
	view_words(&words, p, 0);
	view_since(&since, v, &p->frame);
	html_add(v->out, "<summary><span class=\"no\">%llu</span> <span class=\"time\">",
		 (html_number)p->frame.number);
	html_escape(v->out, span_of(since.p, since.n));
	text_add(v->out, "</span> <span class=\"words\">");
	if (v->many_files)
		html_add(v->out, "<span class=\"dim\">%s:</span> ", p->frame.file);
	html_escape(v->out, span_of(words.p, words.n));
	text_add(v->out, "</span> ");
	if (word)
		html_badge(v->out, tone, word);
	html_add(v->out, " <span class=\"len\">%u</span></summary>\n", (unsigned)p->frame.length);
	text_done(&words);
	text_done(&since);
}

static void about(const struct view_env *v, const struct packet *p)
{
	char utc[40] = "";
	struct tm tm;
	time_t s = (time_t)p->frame.seconds;
	if (gmtime_r(&s, &tm))
		strftime(utc, sizeof utc, "%Y-%m-%d %H:%M:%S", &tm);
	html_add(v->out, "<p class=\"about\">Frame %llu, %s", (html_number)p->frame.number, utc);
	text_printf(v->out, ".%09u UTC", (unsigned)p->frame.nanoseconds % 1000000000);
	html_add(v->out, ", %u octets", (unsigned)p->frame.length);
	if (p->frame.captured < p->frame.length)
		html_add(v->out, " (%u captured)", (unsigned)p->frame.captured);
	if (p->copy_of)
		html_add(v->out, "; a copy of frame %llu", (html_number)p->copy_of);
	if (p->reassembled_from)
		text_add(v->out, "; put together from frames");
	for (uint32_t i = 0; p->reassembled_from && i < p->reassembled_count; i++)
		html_add(v->out, "%s %llu", i ? "," : "", (html_number)p->reassembled_from[i]);
	text_add(v->out, "</p>\n");
}

static void boxes(const struct view_env *v, const struct packet *p)
{
	struct story_box b[STORY_BOXES_MAX];
	size_t n = story_boxes(p, b, v->scratch);
	if (n > 1)
		html_boxes(v->out, b, n);
}

/* Of a packet inside of another only its own layers. */
void view_html(const struct view_env *v, const struct packet *p)
{
	if (v->shown >= HTML_PACKETS_MAX)
		return;
	text_add(v->out, "<details class=\"packet\">");
	summary(v, p);
	text_add(v->out, "<div class=\"body\">\n");
	about(v, p);
	for (const struct packet *q = p; q; q = packet_after(p, q)) {
		boxes(v, q);
		text_add(v->out, "<ul class=\"layers\">\n");
		for (uint32_t i = q->inner_from; i < q->layer_count; i++)
			layer(v, q, i);
		text_add(v->out, "</ul>\n");
	}
	text_add(v->out, "</div></details>\n");
}

/* ---- the end ---- */

static void count(struct text *t, const char *term, uint64_t value)
{
	html_add(t, "<div><dt>%s</dt><dd>%llu</dd></div>\n", term, (html_number)value);
}

void view_html_end(const struct view_env *v, const struct wire_counts *c)
{
	struct text *t = v->out;
	text_add(t, "</div>\n");
	if (v->shown > HTML_PACKETS_MAX)
		html_add(t, "<p class=\"remark warn\">%llu further packets are not shown: a page holds "
			 "%u. <code>--frames FROM-TO</code> selects others.</p>\n",
			 (html_number)(v->shown - HTML_PACKETS_MAX), (unsigned)HTML_PACKETS_MAX);
	text_add(t, "<section aria-labelledby=\"counts\"><h2 id=\"counts\">In all</h2>\n<dl class=\"facts\">\n");
	count(t, "frames", c->frames);
	count(t, "octets", c->octets);
	count(t, "ESP", c->esp);
	count(t, "AH", c->ah);
	count(t, "IKE", c->ike);
	count(t, "ICV good", c->good);
	count(t, "ICV bad", c->bad);
	count(t, "ICV unchecked", c->unchecked);
	count(t, "duplicates", c->duplicates);
	count(t, "too old", c->too_old);
	count(t, "violations", c->violations);
	count(t, "deviations", c->deviations);
	count(t, "notes", c->notes);
	count(t, "copies", c->copies);
	text_add(t, "</dl></section>\n</main>\n");
	html_end(t);
}
