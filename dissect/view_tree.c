/* SPDX-License-Identifier: BSD-2-Clause
 * The tree view, for people: each layer with its fields, what is inside it
 * below and to the right; findings under the layer that they speak of; and for
 * each opened ESP or AH packet both stacks side by side (view_stack.c). Plain
 * ASCII, made for 80 columns. */
#include "dissect/view_tree.h"

/* ---- headings ---- */

enum { PLACE_WIDTH = 22 };	/* "offset 1234, 56 octets" */

/* ` ... offset 34, 120 octets` at the right edge. */
static void place(struct tree *r, uint64_t offset, uint64_t size)
{
	text_add(&r->word, "offset ");
	text_dec(&r->word, offset);
	text_add(&r->word, ", ");
	text_dec(&r->word, size);
	text_add(&r->word, size == 1 ? " octet" : " octets");
	size_t used = tree_column(r) + r->word.n;
	text_fill(r->t, ' ', used + 2 > r->columns ? 2 : r->columns - used);
	tree_colour(r, "2");
	text_add_octets(r->t, r->word.p, r->word.n);
	r->word.n = 0;
	tree_colour(r, "0");
	tree_line_end(r);
}

/* Do the heading's words leave room for the place? */
static bool has_room(const struct tree *r, size_t column, const char *more)
{
	return column + 2 + strlen(more) + 2 + PLACE_WIDTH <= r->columns;
}

static void heading(struct tree *r, const char *branch, const char *name, const char *more)
{
	tree_line(r, branch);
	tree_colour(r, "1");
	text_add(r->t, name);
	tree_colour(r, "0");
	if (more && *more && has_room(r, tree_column(r), more)) {
		text_add(r->t, "  ");
		text_add(r->t, more);
	}
}

static void finding(struct tree *r, const struct finding *f, const char *branch)
{
	static const char *const codes[] = { "36", "33", "31" };
	struct text *w = &r->word;
	tree_line(r, branch);
	tree_colour(r, codes[f->severity]);
	text_add(r->t, f->severity == SEVERITY_NOTE ? "- " : "! ");
	text_add(w, severity_name(f->severity));
	tree_word(r, branch, "");
	text_add(w, f->requirement ? f->requirement : "");
	if (w->n)
		tree_word(r, branch, " ");
	text_add(w, "(offset ");
	text_dec(w, f->offset);
	text_add(w, "):");
	tree_word(r, branch, " ");
	struct text escaped = { 0 };
	text_escape(&escaped, span_text(f->text));
	tree_paragraph(r, branch, span_of(escaped.p, escaped.n));
	text_done(&escaped);
	tree_colour(r, "0");
	tree_line_end(r);
}

static void findings_of(struct tree *r, uint32_t layer, const char *branch)
{
	for (const struct finding *f = r->p->findings.first; f; f = f->next)
		if (f->layer == layer || (layer + 1 == r->p->layer_count && f->layer > layer))
			finding(r, f, branch);
}

static void remark(struct tree *r, const char *branch, const char *code, const char *text)
{
	tree_line(r, branch);
	tree_colour(r, code);
	tree_paragraph(r, branch, span_text(text));
	tree_colour(r, "0");
	tree_line_end(r);
}

/* ---- IKE ---- */

static void fact_lines(struct tree *r, const struct fact *f, const char *branch)
{
	for (; f; f = f->next) {
		struct text escaped = { 0 };
		tree_line(r, branch);
		text_add(&r->word, f->key);
		text_char(&r->word, ':');
		tree_word(r, branch, "");
		text_escape(&escaped, span_text(f->text));
		tree_paragraph(r, branch, span_of(escaped.p, escaped.n));
		text_done(&escaped);
		tree_line_end(r);
	}
}

/* Behind the payload's name: its title, or what a notification says. */
static const char *payload_title(struct tree *r, const struct node *n, int version)
{
	int type = node_field(n->desc, span_text("type"));
	const char *word = type >= 0 && type < n->present ? view_word(n, (unsigned)type) : NULL;
	r->titled = NULL;
	if (!word || n->number != PAYLOAD_NOTIFY || version == 1)
		return n->desc->title;
	const char *title = arena_printf(r->v->scratch, "%s (%u)", word, (unsigned)n->v[type].u);
	if (!has_room(r, r->depth + strlen("|- NOTIFY"), title))
		return n->desc->title;
	r->titled = n;
	r->title = (unsigned)type;
	return title;
}

static void payload(struct tree *r, const struct node *n, int version, bool last)
{
	size_t depth = r->depth;
	const struct fact *facts = view_facts(r->v, n);
	struct text name = { 0 };
	view_payload_name(&name, n, version);
	text_char(&name, '\0');
	heading(r, last ? "`- " : "|- ", name.p, payload_title(r, n, version));
	place(r, n->offset, n->size);
	text_done(&name);
	tree_deeper(r, last ? "   " : "|  ");
	const char *branch = tree_has_below(n, 0) ? "|  " : "   ";
	if (!tree_is_empty(r, n, true)) {
		tree_line(r, branch);
		tree_fields(r, n, branch, true);
		tree_line_end(r);
	}
	fact_lines(r, facts, branch);
	tree_structures(r, n);
	r->depth = depth;
}

static const char *ike_locked(const struct ike_message *m)
{
	if (m->sk && m->icv == ICV_BAD)
		return "ICV bad: wrong key or algorithm, or the message was altered";
	if (ike_message_closed(m))
		return "locked: no key for these IKE SPIs (-k PATH gives keys)";
	if (m->total && m->decrypted && !m->inner)
		return "opened; the message is shown with the fragment that completes it";
	return NULL;
}

static void pair(struct tree *r, const char *branch, const char *key, const char *value)
{
	text_add(&r->word, key);
	text_add(&r->word, ": ");
	text_add(&r->word, value);
	tree_word(r, branch, "  ");
}

static void ike_header(struct tree *r, const struct ike_message *m, const char *branch)
{
	tree_line(r, branch);
	tree_fields(r, m->header, branch, true);
	if (ike_version(m) != 1)
		pair(r, branch, "sender", view_ike_initiator(m) ? "initiator" : "responder");
	if (m->total) {
		text_add(&r->word, "fragment: ");
		text_dec(&r->word, m->fragment);
		text_add(&r->word, " of ");
		text_dec(&r->word, m->total);
		tree_word(r, branch, "  ");
	}
	if (m->encr) {
		text_add(&r->word, "encr: ");
		text_add(&r->word, m->encr->name);
		tree_word(r, branch, "  ");
	}
	if (view_ike_encrypted(m) && m->icv != ICV_NONE) {
		text_add(&r->word, "icv: ");
		text_add(&r->word, icv_name(m->icv));
		tree_word(r, branch, "  ");
	}
	tree_line_end(r);
	if (ike_locked(m))
		remark(r, branch, m->icv == ICV_BAD ? "31" : "33", ike_locked(m));
}

static void ike_payloads(struct tree *r, const struct ike_message *m)
{
	struct payloads w = view_payloads(m);
	const struct node *next = view_payload_next(&w);
	while (next) {
		const struct node *n = next;
		next = view_payload_next(&w);
		payload(r, n, ike_version(m), !next);
	}
}

/* ---- ESP and AH ---- */

static void pair_dec(struct tree *r, const char *branch, const char *key, uint64_t value)
{
	text_add(&r->word, key);
	text_add(&r->word, ": ");
	text_dec(&r->word, value);
	tree_word(r, branch, "  ");
}

static void pair_next(struct tree *r, const char *branch, uint8_t value)
{
	enum layer_kind kind = layer_find(SPACE_PROTOCOL, value);
	text_add(&r->word, "next_header: ");
	if (kind != LAYER_DATA) {
		text_add(&r->word, layer_types[kind].name);
		text_add(&r->word, " (");
	}
	text_dec(&r->word, value);
	text_add(&r->word, kind != LAYER_DATA ? ")" : "");
	tree_word(r, branch, "  ");
}

static void protect_algorithms(struct tree *r, const struct layer *l, const char *branch)
{
	const struct sa_key *key = l->esp->key;
	if (!key)
		return;
	if (l->type->kind == LAYER_ESP) {
		pair(r, branch, "encr", key->encr->name);
		if (key->encr_key.n > key->encr->salt)
			pair_dec(r, branch, "key_bits", (key->encr_key.n - key->encr->salt) * 8);
	}
	pair(r, branch, "integ", key->integ->name);
}

static void protect_locked(struct tree *r, const struct layer *l, const char *branch)
{
	const struct esp_info *i = l->esp;
	if (i->icv == ICV_BAD) {
		remark(r, branch, "31", i->told ? "ICV bad: too short to hold IV and ICV" :
		       "ICV bad: wrong key or algorithm, or the packet was altered; "
		       "nothing inside is shown");
		return;
	}
	if (i->icv != ICV_UNCHECKED || i->decrypted)
		return;
	if (!i->sa) {
		remark(r, branch, "33",
		       arena_printf(r->v->scratch, l->type->kind == LAYER_AH ?
				    "not verified: no key for SPI 0x%08x (-k PATH gives keys)" :
				    "locked: no key for SPI 0x%08x (-k PATH gives keys)",
				    (unsigned)i->spi));
	} else if (i->cut) {
		remark(r, branch, "33", "locked: the capture holds only a part of this packet");
	} else {
		remark(r, branch, "33", "locked: the key that was given cannot be used");
	}
}

static void protect(struct tree *r, const struct layer *l, const char *branch)
{
	const struct esp_info *i = l->esp;
	tree_line(r, branch);
	text_add(&r->word, "spi: 0x");
	text_hex(&r->word, i->spi, 8);
	tree_word(r, branch, "  ");
	pair_dec(r, branch, "seq", i->seq);
	if (i->seq_high)
		pair_dec(r, branch, "seq_high", i->seq_high);
	protect_algorithms(r, l, branch);
	pair(r, branch, "icv", icv_name(i->icv));
	pair(r, branch, "replay", replay_name(i->replay));
	if (i->decrypted && sa_mode_name(i->mode))
		pair(r, branch, "mode", sa_mode_name(i->mode));
	if (i->decrypted || l->type->kind == LAYER_AH)
		pair_next(r, branch, i->next_header);
	if (i->decrypted && l->type->kind == LAYER_ESP) {
		pair_dec(r, branch, "pad_length", i->pad_length);
		pair(r, branch, "padding", i->padding_good ? "good" : "bad");
		if (i->tfc_length)
			pair_dec(r, branch, "tfc_length", i->tfc_length);
	}
	tree_line_end(r);
	protect_locked(r, l, branch);
}

/* ---- layers ---- */

static void layer_fields(struct tree *r, const struct layer *l, const char *branch)
{
	struct node *n = view_layer_node(r->v, l);
	if (!n && l->type->kind == LAYER_DATA && !r->v->bytes) {
		tree_line(r, branch);
		tree_octets(r, l->octets);
		tree_word(r, branch, "");
		tree_line_end(r);
	}
	if (n && !tree_is_empty(r, n, false)) {
		r->header = true;
		tree_line(r, branch);
		tree_fields(r, n, branch, false);
		tree_line_end(r);
		r->header = false;
	}
	if (n && tree_has_below(n, 0))
		tree_structures(r, n);
	if (n && l->type->kind == LAYER_NFLOG)
		fact_lines(r, view_facts(r->v, n), branch);
}

static void layer_octets(struct tree *r, const struct layer *l, const char *branch)
{
	if (!r->v->bytes || !l->octets.n)
		return;
	tree_line(r, branch);
	text_add(&r->word, "octets:");
	tree_word(r, branch, "");
	tree_hex(r, branch, l->octets);
	tree_line_end(r);
}

static const char *ike_title(struct tree *r, const struct ike_message *m)
{
	struct text t = { 0 };
	view_ike_exchange(&t, m);
	if (ike_version(m) != 1)
		text_add(&t, view_ike_response(m) ? " response" : " request");
	const char *title = arena_text(r->v->scratch, span_of(t.p, t.n));
	text_done(&t);
	return title;
}

static const char *layer_title(struct tree *r, const struct layer *l)
{
	const char *buffer = r->p->buffers[l->buffer].name;
	const char *title = l->type->desc ? l->type->desc->title : NULL;
	if (l > r->p->layers && l[-1].buffer != l->buffer)
		return buffer;		/* the first one of a new buffer says so */
	if (l->type->kind == LAYER_IKE)
		return ike_title(r, l->ike);
	return title && span_is_word(span_text(title), l->type->name) ? NULL : title;
}

static void layer(struct tree *r, uint32_t at)
{
	const struct layer *l = &r->p->layers[at];
	bool ike = l->type->kind == LAYER_IKE;
	bool more = at + 1 < r->p->layer_count || r->p->inner || (ike && view_payloads(l->ike).next);
	const char *branch = more ? "|  " : "   ";
	heading(r, at ? "`- " : "", l->type->name, layer_title(r, l));
	place(r, l->offset, l->octets.n);
	if (at)
		tree_deeper(r, "   ");
	if (ike)
		ike_header(r, l->ike, branch);
	else if (view_is_protect(l))
		protect(r, l, branch);
	else
		layer_fields(r, l, branch);
	layer_octets(r, l, branch);
	findings_of(r, at, branch);
	if (ike)
		ike_payloads(r, l->ike);
}

/* ---- the frame ---- */

static void frame_rule(struct tree *r)
{
	const struct frame *f = &r->p->frame;
	tree_line(r, "");
	tree_colour(r, "1");
	text_add(r->t, "== ");
	if (r->v->many_files) {
		text_escape(r->t, span_text(f->file));
		text_add(r->t, " == ");
	}
	text_add(r->t, "frame ");
	text_dec(r->t, f->number);
	text_add(r->t, " == ");
	view_since(r->t, r->v, f);
	text_add(r->t, " s == ");
	text_dec(r->t, f->length);
	text_add(r->t, " octets ");
	if (f->captured < f->length)
		text_printf(r->t, "(%u captured) ", (unsigned)f->captured);
	size_t used = tree_column(r);
	text_fill(r->t, '=', used < r->columns ? r->columns - used : 0);
	tree_colour(r, "0");
	tree_line_end(r);
}

static void frame_words(struct tree *r)
{
	struct text words = { 0 };
	view_words(&words, r->p, 0);
	for (const struct packet *q = r->p; (q = packet_after(r->p, q));) {
		text_add(&words, "; ");
		view_words(&words, q, q->inner_from);
	}
	tree_line(r, "");
	tree_paragraph(r, "   ", span_of(words.p, words.n));
	text_done(&words);
	tree_line_end(r);
	if (r->p->copy_of)
		text_printf(r->t, "a copy of frame %llu\n", (unsigned long long)r->p->copy_of);
	if (!r->p->reassembled_from)
		return;
	tree_line(r, "");
	text_add(r->t, "put together from frames");
	for (uint32_t i = 0; i < r->p->reassembled_count; i++) {
		text_dec(&r->word, r->p->reassembled_from[i]);
		tree_word(r, "   ", " ");
	}
	tree_line_end(r);
}

/* Layers, then the packets that follow the last one, all below it. Those are in
 * each other only as deep as a packet has layers. */
static void layers(struct tree *r, const struct packet *p)
{
	r->p = p;
	for (uint32_t i = p->inner_from; i < p->layer_count; i++)
		layer(r, i);
	size_t depth = r->depth;
	for (const struct packet *q = p->inner; q; q = q->inner_next) {
		r->depth = depth;
		layers(r, q);
	}
}

void view_tree(const struct view_env *v, const struct packet *p)
{
	struct tree r = { .v = v, .p = p, .t = v->out, .columns = v->columns };
	if (r.columns < COLUMNS_MIN)
		r.columns = COLUMNS_MIN;
	if (r.columns > 2 * PREFIX_MAX)
		r.columns = 2 * PREFIX_MAX;
	frame_rule(&r);
	frame_words(&r);
	text_char(v->out, '\n');
	layers(&r, p);
	for (const struct packet *q = p; q; q = packet_after(p, q))
		for (uint32_t i = q->inner_from; i < q->layer_count; i++)
			view_stack(v, q, i);
	text_char(v->out, '\n');
	text_done(&r.word);
}
