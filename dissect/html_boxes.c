/* SPDX-License-Identifier: BSD-2-Clause
 * A packet as boxes in boxes: which octets are whose, and the drawing of it, to
 * scale. Encrypted octets stand where they were on the wire: ciphers keep their
 * number. Not drawn: what IPComp packed (its inner sizes are not those of the
 * wire), and packets that came in pieces inside of a tunnel. */
#include "dissect/html.h"
#include "dissect/view_private.h"
#include "ipsec/wire/layers.h"

enum { AH_FIXED = 12, ESP_FIXED = 8, ESP_TRAILER = 2 };

/* ---- which octets are whose ---- */

struct collect {
	const struct packet *p;
	struct arena *arena;
	struct story_box *boxes;
	size_t count;
	uint32_t base;		/* where the buffer at hand begins in the outermost box */
	uint32_t room;		/* end of the box around */
	uint8_t depth;
	bool inside;
};

static struct story_box *box_add(struct collect *c, const char *name, uint64_t at, uint64_t size)
{
	if (c->count == STORY_BOXES_MAX || at > c->room)
		return NULL;
	struct story_box *b = &c->boxes[c->count++];
	*b = (struct story_box){ .name = name, .at = (uint32_t)at, .depth = c->depth,
				 .inside = c->inside };
	b->size = (uint32_t)(size < c->room - at ? size : c->room - at);
	return b;
}

/* A box without others in it, if there is anything in it. */
static void leaf_add(struct collect *c, const char *name, uint64_t at, uint64_t size, bool added)
{
	struct story_box *b = size ? box_add(c, name, at, size) : NULL;
	if (!b)
		return;
	b->before = b->size;
	b->added = added;
}

static const char *box_note(struct collect *c, uint32_t at)
{
	const struct layer *l = &c->p->layers[at];
	struct text t = { 0 };
	if (view_is_ip(l)) {
		view_addr(&t, &l->ip->src);
		text_add(&t, " > ");
		view_addr(&t, &l->ip->dst);
	} else if (view_is_protect(l)) {
		text_add(&t, "SPI 0x");
		text_hex(&t, l->esp->spi, 8);
		text_add(&t, ", seq ");
		text_dec(&t, (uint64_t)l->esp->seq_high << 32 | l->esp->seq);
	} else if (l->type->kind == LAYER_IKE) {
		view_ike_words(&t, l->ike);
	} else {
		view_words_short(&t, l);
	}
	struct span s = span_of(t.p, t.n);
	while (s.n && s.p[0] == ' ')
		s = span_from(s, 1);
	const char *note = s.n ? arena_text(c->arena, s) : NULL;
	text_done(&t);
	return note;
}

/* From the IP header below layer `at` on, what IPsec put there: in a tunnel the
 * header itself too, in transport mode only UDP (RFC 3948) or TCP (RFC 9329). */
static void mark_added(struct collect *c, uint32_t at, bool tunnel)
{
	const struct layer *layers = c->p->layers;
	size_t k = c->count;
	for (uint32_t i = at; i-- > 0 && k-- > 0 && layers[i].buffer == layers[at].buffer;) {
		bool carrier = layers[i].type->kind == LAYER_UDP || layers[i].type->kind == LAYER_TCP;
		c->boxes[k].added = tunnel || carrier;
		if (view_is_ip(&layers[i]))
			return;
	}
}

static const char *sealed_name(const struct esp_info *i)
{
	if (!i->key)
		return "encrypted";
	enum encr_kind k = i->key->encr->kind;
	return k == ENCR_KIND_NULL || k == ENCR_KIND_GMAC ? "not encrypted" : "encrypted";
}

/* The octets behind the inner packet. */
static void esp_behind(struct collect *c, const struct esp_info *i, uint64_t at)
{
	leaf_add(c, "TFC padding", at, i->tfc_length, true);
	leaf_add(c, "padding", at + i->tfc_length, i->pad_length, true);
	leaf_add(c, "ESP trailer", at + i->tfc_length + i->pad_length, ESP_TRAILER, true);
}

static void collect_from(struct collect *c, uint32_t at);

/* What stands in a box: further layers, or octets nobody reads here. */
static void collect_inside(struct collect *c, uint32_t at, uint64_t begin, uint64_t size, bool buffer)
{
	struct collect outer = *c;
	const struct layer *next = at + 1 < c->p->layer_count ? &c->p->layers[at + 1] : NULL;
	if (begin + size < c->room)
		c->room = (uint32_t)(begin + size);
	if (next && buffer)
		c->base = (uint32_t)begin;
	if (!next || (buffer && strcmp(c->p->buffers[next->buffer].name, "decrypted")) ||
	    (!buffer && next->buffer != c->p->layers[at].buffer))
		leaf_add(c, next ? "part of a larger packet" : "data", begin, size, false);
	else
		collect_from(c, at + 1);
	c->base = outer.base;
	c->room = outer.room;
	c->depth = outer.depth;
	c->inside = outer.inside;
}

static void esp_opened(struct collect *c, uint32_t at, uint64_t begin, uint64_t sealed)
{
	const struct esp_info *i = c->p->layers[at].esp;
	uint64_t payload = i->payload.n - i->tfc_length;
	struct story_box *b = box_add(c, sealed_name(i), begin, sealed);
	if (!b)
		return;
	c->depth++;
	c->inside = true;
	collect_inside(c, at, begin, payload, true);
	esp_behind(c, i, begin + payload);
	c->depth--;
	c->inside = false;
}

static void collect_esp(struct collect *c, uint32_t at, uint64_t begin)
{
	const struct layer *l = &c->p->layers[at];
	const struct esp_info *i = l->esp;
	uint64_t size = l->octets.n, around = ESP_FIXED + i->iv_size + i->icv_size;
	bool opened = i->decrypted && i->payload.n >= i->tfc_length &&
		      size >= around + i->payload.n + i->pad_length + ESP_TRAILER;
	if (opened)
		mark_added(c, at, i->mode == SA_MODE_TUNNEL);
	struct story_box *b = box_add(c, "esp", begin, size);
	if (!b)
		return;
	b->before = ESP_FIXED < b->size ? ESP_FIXED : b->size;
	b->note = box_note(c, at);
	b->added = true;
	c->depth++;
	if (!opened) {
		leaf_add(c, "encrypted", begin + ESP_FIXED, size > ESP_FIXED ? size - ESP_FIXED : 0, false);
	} else {
		leaf_add(c, "IV", begin + ESP_FIXED, i->iv_size, true);
		esp_opened(c, at, begin + ESP_FIXED + i->iv_size, size - around);
		leaf_add(c, "ICV", begin + size - i->icv_size, i->icv_size, true);
	}
	c->depth--;
}

static void collect_ah(struct collect *c, uint32_t at, uint64_t begin)
{
	const struct layer *l = &c->p->layers[at];
	uint64_t header = l->octets.n < AH_FIXED ? l->octets.n : AH_FIXED;
	if (l->esp->icv != ICV_BAD)
		mark_added(c, at, l->esp->mode == SA_MODE_TUNNEL);
	struct story_box *b = box_add(c, "ah", begin, l->whole.n);
	if (!b)
		return;
	b->before = header < b->size ? (uint32_t)header : b->size;
	b->note = box_note(c, at);
	b->added = true;
	c->depth++;
	leaf_add(c, "ICV", begin + header, l->octets.n - header, true);
	c->inside = true;
	if (l->whole.n > l->octets.n)
		collect_inside(c, at, begin + l->octets.n, l->whole.n - l->octets.n, false);
	c->inside = false;
	c->depth--;
}

static void collect_plain(struct collect *c, uint32_t at, uint64_t begin)
{
	const struct layer *l = &c->p->layers[at];
	bool last = at + 1 == c->p->layer_count || c->p->layers[at + 1].buffer != l->buffer;
	bool packed = l->type->kind == LAYER_IPCOMP;
	struct story_box *b = box_add(c, l->type->name, begin, l->whole.n);
	if (!b)
		return;
	b->note = box_note(c, at);
	b->before = l->octets.n < b->size ? (uint32_t)l->octets.n : b->size;
	if (b->before == b->size)
		return;
	c->depth++;
	uint32_t end = b->at + b->size, from = b->at + b->before;
	if (packed || last)
		leaf_add(c, packed ? "compressed" : "data", from, end - from, false);
	else
		collect_inside(c, at, from, end - from, false);
	c->depth--;
}

static void collect_from(struct collect *c, uint32_t at)
{
	const struct layer *l = &c->p->layers[at];
	uint64_t begin = (uint64_t)c->base + l->offset;
	if (l->type->kind == LAYER_ESP)
		collect_esp(c, at, begin);
	else if (l->type->kind == LAYER_AH)
		collect_ah(c, at, begin);
	else
		collect_plain(c, at, begin);
}

/* A datagram that was put together is looked at whole, without the frame that
 * brought its last piece. */
static uint32_t first_layer(const struct packet *p)
{
	uint32_t from = 0;
	for (uint32_t i = 0; i < p->layer_count && !view_is_protect(&p->layers[i]); i++)
		if (p->layers[i].buffer != p->layers[from].buffer)
			from = i;
	return from;
}

size_t story_boxes(const struct packet *p, struct story_box boxes[STORY_BOXES_MAX], struct arena *a)
{
	struct collect c = { .p = p, .arena = a, .boxes = boxes };
	if (p->layer_count == 0)
		return 0;
	uint32_t from = first_layer(p);
	size_t n = p->buffers[p->layers[from].buffer].octets.n;
	c.room = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	collect_from(&c, from);
	return c.count;
}

/* ---- drawing ---- */

/* Rows have ROW units of height; a box ends INSET below the one inside it. */
enum { ROW = 21, INSET = 4, STRIP = 30, RULER = 22, NARROW = 300, WIDE = 800, LETTER = 7, LEVELS_MAX = 24 };

struct drawing {
	struct text *t;
	const struct story_box *boxes;
	size_t count;
	uint64_t total;
	unsigned levels;
};

static bool is_leaf(const struct drawing *d, size_t i)
{
	return i + 1 == d->count || d->boxes[i + 1].depth <= d->boxes[i].depth;
}

static bool is_link(const struct story_box *b)
{
	static const char *const names[] = { "ethernet", "vlan", "sll", "sll2", "null", "mpls",
					     "pppoe", "ppp", "nflog" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(b->name, names[i]) == 0)
			return true;
	return false;
}

static const char *box_class(const struct story_box *b)
{
	return b->added ? "added" : is_link(b) ? "link" : "own";
}

/* x and width as shares of the drawing. */
static void rect(struct drawing *d, const char *class, uint64_t at, uint64_t size, unsigned y,
		 unsigned height)
{
	struct text *t = d->t;
	html_add(t, "<rect class=\"%s\" x=\"", class);
	html_percent(t, at, d->total);
	text_add(t, "\" width=\"");
	html_percent(t, size, d->total);
	html_add(t, "\" y=\"%u\" height=\"%u\"/>", y, height);
}

/* How wide a page must be for a label to fit into its box. */
enum fit { FIT_NEVER, FIT_WIDE, FIT_ALWAYS };

static enum fit fits(const struct drawing *d, const struct story_box *b, uint64_t room)
{
	uint64_t letters = strlen(b->name) + 1 + (b->size > 999 ? 4 : b->size > 99 ? 3 : 2);
	uint64_t share = room * NARROW / (d->total ? d->total : 1);
	return share >= letters * LETTER ? FIT_ALWAYS :
	       share * WIDE / NARROW >= letters * LETTER ? FIT_WIDE : FIT_NEVER;
}

/* A label where the box begins or, where that is too far right for it on a narrow
 * page, where it ends. */
static void label(struct drawing *d, const struct story_box *b, unsigned y, enum fit fit)
{
	struct text *t = d->t;
	bool end = fits(d, b, d->total - b->at) != FIT_ALWAYS;
	html_add(t, "<svg class=\"over%s\" x=\"", fit == FIT_WIDE ? " roomy" : "");
	html_percent(t, end ? (uint64_t)b->at + b->size : b->at, d->total);
	html_add(t, "\" y=\"%u\" width=\"1\" height=\"1\"><text x=\"%s\" y=\"15\"", y,
		 end ? "-4" : "4");
	text_add(t, end ? " text-anchor=\"end\">" : ">");
	html_add(t, "%s <tspan class=\"n\">%u</tspan></text></svg>\n", b->name, (unsigned)b->size);
}

static unsigned box_height(const struct drawing *d, const struct story_box *b)
{
	/* levels from this one to the innermost */
	unsigned below = d->levels > b->depth ? d->levels - b->depth : 1;
	return below * ROW + (below - 1) * INSET;
}

static void nested_box(struct drawing *d, size_t i, unsigned y0)
{
	const struct story_box *b = &d->boxes[i];
	unsigned y = y0 + b->depth * ROW, height = box_height(d, b);
	const char *class = box_class(b);
	if (is_leaf(d, i)) {
		rect(d, class, b->at, b->size, y, height);
		return;
	}
	rect(d, b->inside || strstr(b->name, "encrypted") ? "frame sealed" : "frame", b->at, b->size,
	     y, height);
	if (b->before)
		rect(d, class, b->at, b->before, y, height);
	if (b->after)
		rect(d, class, (uint64_t)b->at + b->size - b->after, b->after, y, height);
}

/* A box with others in it has its line for itself; one beside others needs room. */
static enum fit label_fit(const struct drawing *d, size_t i)
{
	const struct story_box *b = &d->boxes[i];
	bool first = i == 0 || d->boxes[i - 1].depth < b->depth;
	bool last = i + 1 == d->count || d->boxes[i + 1].depth < b->depth;
	return !is_leaf(d, i) || (first && last) ? FIT_ALWAYS : fits(d, b, b->size);
}

static void nested(struct drawing *d, unsigned y0)
{
	for (size_t i = 0; i < d->count; i++)
		nested_box(d, i, y0);
	for (size_t i = 0; i < d->count; i++) {
		enum fit fit = label_fit(d, i);
		if (fit != FIT_NEVER)
			label(d, &d->boxes[i], y0 + d->boxes[i].depth * ROW, fit);
	}
}

/* The packet without what IPsec added, each octet above its place in the other
 * drawing. */
static uint64_t before_strip(struct drawing *d)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < d->count; i++) {
		const struct story_box *b = &d->boxes[i];
		if (b->added || is_link(b) || !b->before)
			continue;
		struct story_box header = *b;
		header.size = b->before;
		enum fit fit = fits(d, &header, b->before);
		rect(d, "own", b->at, b->before, 0, STRIP);
		if (fit != FIT_NEVER)
			label(d, &header, 4, fit);
		sum += b->before;
	}
	return sum;
}

static void ruler(struct drawing *d, unsigned y)
{
	html_add(d->t, "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%u\" y2=\"%u\"/>", y, y);
	for (unsigned i = 0; i <= 4; i++) {
		uint64_t at = d->total * i / 4;
		const char *anchor = i == 0 ? "start" : i == 4 ? "end" : "middle";
		html_add(d->t, "<text class=\"tick\" text-anchor=\"%s\" y=\"%u\" x=\"", anchor, y + 15);
		html_percent(d->t, at, d->total);
		html_add(d->t, "\">%llu</text>", (html_number)at);
	}
}

/* ---- in words and numbers ---- */

static void part(struct drawing *d, const struct story_box *b, const char *what, uint32_t octets)
{
	html_add(d->t, "<li><span class=\"swatch %s\" aria-hidden=\"true\"></span> %s%s <b>%u</b>",
		 box_class(b), b->name, what, (unsigned)octets);
	text_add(d->t, b->added ? " <span class=\"sr\">(added by IPsec)</span></li>\n" : "</li>\n");
}

static void parts(struct drawing *d)
{
	text_add(d->t, "<ul class=\"parts\" aria-label=\"Octets of each part\">\n");
	for (size_t i = 0; i < d->count; i++) {
		const struct story_box *b = &d->boxes[i];
		if (b->before)
			part(d, b, is_leaf(d, i) ? "" : " header", b->before);
		if (b->after)
			part(d, b, " trailer", b->after);
	}
	text_add(d->t, "</ul>\n");
}

static uint64_t octets_added(const struct drawing *d)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < d->count; i++)
		if (d->boxes[i].added)
			sum += (uint64_t)d->boxes[i].before + d->boxes[i].after;
	return sum;
}

static void nested_svg(struct drawing *d)
{
	unsigned height = d->levels * ROW + (d->levels - 1) * INSET;
	html_add(d->t, "<svg class=\"boxes\" width=\"100%%\" height=\"%u\" role=\"img\" "
		 "aria-label=\"The packet as nested boxes, to scale; the list below has the "
		 "numbers\">\n", height + RULER);
	nested(d, 0);
	ruler(d, height + 3);
	text_add(d->t, "</svg>\n");
}

static void before_svg(struct drawing *d)
{
	struct text strip = { 0 };
	struct drawing before = *d;
	before.t = &strip;
	uint64_t own = before_strip(&before);
	html_add(d->t, "<p class=\"cap\"><b>Before:</b> %llu octets</p>\n<svg class=\"boxes\" "
		 "width=\"100%%\" height=\"%u\" role=\"img\" aria-label=\"Before IPsec: %llu "
		 "octets\">", (html_number)own, (unsigned)STRIP, (html_number)own);
	text_add_octets(d->t, strip.p, strip.n);
	text_add(d->t, "</svg>\n");
	text_done(&strip);
}

void html_boxes(struct text *t, const struct story_box *boxes, size_t count)
{
	struct drawing d = { .t = t, .boxes = boxes, .count = count, .levels = 1 };
	if (count == 0 || boxes[0].size == 0)
		return;
	d.total = (uint64_t)boxes[0].at + boxes[0].size;
	for (size_t i = 0; i < count; i++)
		if (boxes[i].depth >= d.levels && boxes[i].depth < LEVELS_MAX)
			d.levels = boxes[i].depth + 1u;
	uint64_t added = octets_added(&d);
	text_add(t, "<figure class=\"packet-boxes\">\n");
	if (added)
		before_svg(&d);
	html_add(t, "<p class=\"cap\"><b>%s</b> %llu octets</p>\n", added ? "After, on the wire:" :
		 "On the wire:", (html_number)d.total);
	nested_svg(&d);
	parts(&d);
	if (added)
		html_add(t, "<figcaption>IPsec added <b>%llu octets</b> (striped "
			 "<span class=\"swatch added\" aria-hidden=\"true\"></span>).</figcaption>\n",
			 (html_number)added);
	text_add(t, "</figure>\n");
}
