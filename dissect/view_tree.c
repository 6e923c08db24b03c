/* SPDX-License-Identifier: BSD-2-Clause
 * The tree view, for people: each layer with its fields, what is inside it
 * below and to the right; findings under the layer that they speak of; and for
 * each opened ESP or AH packet both stacks side by side (view_stack.c). Plain
 * ASCII, made for 80 columns. */
#include "dissect/view_private.h"
#include "ipsec/base/registry.h"

enum { PREFIX_MAX = 160, OCTETS_SHOWN = 16, COLUMNS_MIN = 40 };

struct tree {
	const struct view_env *v;
	const struct packet *p;
	struct text *t;
	struct text word;		/* the piece that is being added to a line */
	char prefix[PREFIX_MAX];	/* of every line below here */
	size_t depth;			/* octets of prefix in use */
	size_t begin;			/* where this line began in t, less its escapes */
	unsigned columns;
};

/* ---- lines ---- */

static void colour(struct tree *r, const char *code)
{
	if (!r->v->colour)
		return;
	size_t n = r->t->n;
	text_add(r->t, "\033[");
	text_add(r->t, code);
	text_char(r->t, 'm');
	r->begin += r->t->n - n;	/* takes no columns */
}

static void line_begin(struct tree *r, const char *branch)
{
	r->begin = r->t->n;
	text_add_octets(r->t, r->prefix, r->depth);
	text_add(r->t, branch);
}

static void line_end(struct tree *r)
{
	text_char(r->t, '\n');
}

static size_t tree_column(const struct tree *r)
{
	return r->t->n - r->begin;
}

static void deeper(struct tree *r, const char *s)
{
	size_t n = strlen(s);
	if (r->depth + n > r->columns / 2 || r->depth + n > PREFIX_MAX)
		return;		/* so deep that no room is left for what it says */
	memcpy(r->prefix + r->depth, s, n);
	r->depth += n;
}

/* Adds r->word to the line, or to a new one that begins with `branch`. */
static void word_flush(struct tree *r, const char *branch, const char *gap)
{
	if (tree_column(r) + strlen(gap) + r->word.n > r->columns &&
	    tree_column(r) > r->depth + strlen(branch)) {
		line_end(r);
		line_begin(r, branch);
	} else if (tree_column(r) > r->depth + strlen(branch)) {
		text_add(r->t, gap);
	}
	text_add_octets(r->t, r->word.p, r->word.n);
	r->word.n = 0;
}

/* Text of several words on as many lines as it needs. */
static void paragraph(struct tree *r, const char *branch, struct span s)
{
	while (s.n) {
		const uint8_t *blank = memchr(s.p, ' ', s.n);
		size_t n = blank ? (size_t)(blank - s.p) : s.n;
		text_add_octets(&r->word, s.p, n);
		if (n)
			word_flush(r, branch, " ");
		s = span_from(s, n + 1);
	}
}

/* Octets in hex on as many lines as they need. */
static void hex_lines(struct tree *r, const char *branch, struct span s)
{
	while (s.n) {
		struct span part = span_part(s, 0, 16);
		text_hex_span(&r->word, part);
		word_flush(r, branch, " ");
		s = span_from(s, part.n);
	}
}

/* ---- fields ---- */

static void short_octets(struct tree *r, struct span s)
{
	text_hex_span(&r->word, span_part(s, 0, OCTETS_SHOWN));
	if (s.n <= OCTETS_SHOWN)
		return;
	text_add(&r->word, "... (");
	text_dec(&r->word, s.n);
	text_add(&r->word, " octets)");
}

/* Protocol numbers are what encapsulation is about: name them everywhere. */
static const char *protocol_word(const struct node *n, unsigned i)
{
	const char *name = n->desc->fields[i].name;
	if (strcmp(name, "protocol") && strcmp(name, "next_header"))
		return NULL;
	return names_word(&reg_other_ip_protocol, (uint32_t)n->v[i].u);
}

static void tree_uint(struct tree *r, const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	const char *word = view_word(n, i);
	if (!word && !node_names(n, i))
		word = protocol_word(n, i);
	if (!word || f->show == SHOW_FLAG) {
		view_value(&r->word, n, i);
		return;
	}
	text_add(&r->word, word);
	text_add(&r->word, " (");
	if (f->show == SHOW_HEX) {
		text_add(&r->word, "0x");
		text_hex(&r->word, n->v[i].u, (f->bits + 3u) / 4);
	} else {
		text_dec(&r->word, n->v[i].u);
	}
	text_char(&r->word, ')');
}

static void tree_scalar(struct tree *r, const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	struct span s = node_bytes(n, i);
	if (f->kind == FIELD_UINT)
		tree_uint(r, n, i);
	else if (f->show == SHOW_DEFAULT && s.n > OCTETS_SHOWN && !r->v->bytes)
		short_octets(r, s);
	else
		view_value(&r->word, n, i);
}

/* `end_port` for `start_port`: the other end of a range, or -1. */
static int range_end(const struct node *n, unsigned i)
{
	const char *name = n->desc->fields[i].name;
	char end[40] = "end_";
	if (strncmp(name, "start_", 6) || strlen(name) > 32)
		return -1;
	memcpy(end + 4, name + 6, strlen(name) - 5);
	int k = node_field(n->desc, span_text(end));
	return k >= 0 && view_field_shown(n, (unsigned)k) ? k : -1;
}

static bool is_range_end(const struct node *n, unsigned i)
{
	const char *name = n->desc->fields[i].name;
	char start[40] = "start_";
	if (strncmp(name, "end_", 4) || strlen(name) > 32)
		return false;
	memcpy(start + 6, name + 4, strlen(name) - 3);
	return node_field(n->desc, span_text(start)) >= 0;
}

/* Fields that stand in the flow of `name: value`. */
static bool in_flow(const struct node *n, unsigned i, bool headed)
{
	const struct field *f = &n->desc->fields[i];
	if (!view_field_shown(n, i) || f->kind == FIELD_LIST || is_range_end(n, i))
		return false;
	if (f->kind != FIELD_UINT)
		return node_kid(n, i) ? view_is_single(node_kid(n, i)) : node_bytes(n, i).n != 0;
	if (n->forced >> i & 1)
		return true;
	return f->derive != DERIVE_NEXT && f->derive != DERIVE_MORE && f->derive != DERIVE_FIXED &&
	       !(headed && (f->style == STYLE_HEAD || (f->style == STYLE_HIDDEN && !n->v[i].u)));
}

static void flow_field(struct tree *r, const struct node *n, unsigned i, const char *branch)
{
	const struct node *kid = node_kid(n, i);
	int end = range_end(n, i);
	const char *name = n->desc->fields[i].name;
	text_add(&r->word, end >= 0 ? name + 6 : name);
	text_add(&r->word, ": ");
	if (kid)
		tree_scalar(r, kid, 0);
	else
		tree_scalar(r, n, i);
	if (end >= 0) {
		text_add(&r->word, " - ");
		tree_scalar(r, n, (unsigned)end);
	}
	word_flush(r, branch, "  ");
}

static void flow_tail(struct tree *r, const struct node *n, const char *branch)
{
	if (!n->tail.n)
		return;
	text_add(&r->word, "unclaimed: ");
	short_octets(r, n->tail);
	word_flush(r, branch, "  ");
}

static bool list_is_plain(const struct node *kid)
{
	for (; kid; kid = kid->next)
		if (!view_is_single(kid))
			return false;
	return true;
}

static void flow_list(struct tree *r, const struct node *n, unsigned i, const char *branch)
{
	const struct node *kid = node_kid(n, i);
	text_add(&r->word, n->desc->fields[i].name);
	text_char(&r->word, ':');
	for (; kid; kid = kid->next) {
		text_char(&r->word, ' ');
		tree_scalar(r, kid, 0);
		if (kid->next)
			text_char(&r->word, ',');
		word_flush(r, branch, r->word.n && r->word.p[0] == ' ' ? "" : "  ");
	}
}

static void flow_fields(struct tree *r, const struct node *n, const char *branch, bool headed)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		const struct node *kid = node_kid(n, i);
		if (in_flow(n, i, headed))
			flow_field(r, n, i, branch);
		else if (kid && n->desc->fields[i].kind == FIELD_LIST && list_is_plain(kid))
			flow_list(r, n, i, branch);
	}
	flow_tail(r, n, branch);
}

/* ---- structures in structures ---- */

static void structure(struct tree *r, const struct node *n, const char *name, bool last);

/* Does field i have structures to be shown below? */
static bool is_below(const struct node *n, unsigned i)
{
	const struct node *kid = node_kid(n, i);
	if (!kid)
		return false;
	return n->desc->fields[i].kind == FIELD_LIST ? !list_is_plain(kid) : !view_is_single(kid);
}

static bool has_below(const struct node *n, unsigned from)
{
	for (; from < n->desc->count; from++)
		if (is_below(n, from))
			return true;
	return false;
}

static void structures(struct tree *r, const struct node *n)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		bool list = n->desc->fields[i].kind == FIELD_LIST;
		if (!is_below(n, i))
			continue;
		for (const struct node *kid = node_kid(n, i); kid; kid = list ? kid->next : NULL)
			structure(r, kid, list ? kid->desc->name : n->desc->fields[i].name,
				  (!list || !kid->next) && !has_below(n, i + 1));
	}
}

static void structure_title(struct tree *r, const struct node *n, const char *name)
{
	for (unsigned i = 0; i < n->present; i++)
		if (n->desc->fields[i].style == STYLE_HEAD) {
			tree_scalar(r, n, i);
			word_flush(r, "", "");
			return;
		}
	text_add(r->t, name);
}

/* Does an attribute say all that a line needs? `key_length: 256`. */
static bool is_small(const struct node *kid)
{
	unsigned shown = 0;
	for (unsigned i = 0; i < kid->desc->count; i++)
		shown += in_flow(kid, i, true);
	return shown == 1 && !has_below(kid, 0);
}

static bool all_small(const struct node *n)
{
	for (unsigned i = 0; i < n->desc->count; i++)
		for (const struct node *kid = is_below(n, i) ? node_kid(n, i) : NULL; kid; kid = kid->next)
			if (!is_small(kid))
				return false;
	return true;
}

static void small_ones(struct tree *r, const struct node *n, const char *branch)
{
	for (unsigned i = 0; i < n->desc->count; i++)
		for (const struct node *kid = is_below(n, i) ? node_kid(n, i) : NULL; kid; kid = kid->next)
			flow_fields(r, kid, branch, true);
}

static void structure(struct tree *r, const struct node *n, const char *name, bool last)
{
	size_t depth = r->depth;
	bool small = all_small(n);
	line_begin(r, last ? "`- " : "|- ");
	structure_title(r, n, name);
	deeper(r, last ? "   " : "|  ");
	text_add(r->t, "  ");
	size_t gap = r->t->n;
	flow_fields(r, n, "   ", true);
	if (small)
		small_ones(r, n, "   ");
	if (r->t->n == gap)
		r->t->n -= 2;
	line_end(r);
	if (!small)
		structures(r, n);
	r->depth = depth;
}

/* ---- headings ---- */

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
	colour(r, "2");
	text_add_octets(r->t, r->word.p, r->word.n);
	r->word.n = 0;
	colour(r, "0");
	line_end(r);
}

static void heading(struct tree *r, const char *branch, const char *name, const char *more)
{
	line_begin(r, branch);
	colour(r, "1");
	text_add(r->t, name);
	colour(r, "0");
	if (more && *more && tree_column(r) + strlen(more) + 28 < r->columns) {
		text_add(r->t, "  ");
		text_add(r->t, more);
	}
}

static void finding(struct tree *r, const struct finding *f, const char *branch)
{
	static const char *const codes[] = { "36", "33", "31" };
	struct text *w = &r->word;
	line_begin(r, branch);
	colour(r, codes[f->severity]);
	text_add(r->t, f->severity == SEVERITY_NOTE ? "- " : "! ");
	text_add(w, severity_name(f->severity));
	word_flush(r, branch, "");
	text_add(w, f->requirement ? f->requirement : "");
	if (w->n)
		word_flush(r, branch, " ");
	text_add(w, "(offset ");
	text_dec(w, f->offset);
	text_add(w, "):");
	word_flush(r, branch, " ");
	struct text escaped = { 0 };
	text_escape(&escaped, span_text(f->text));
	paragraph(r, branch, span_of(escaped.p, escaped.n));
	text_done(&escaped);
	colour(r, "0");
	line_end(r);
}

static void findings_of(struct tree *r, uint32_t layer, const char *branch)
{
	for (const struct finding *f = r->p->findings.first; f; f = f->next)
		if (f->layer == layer || (layer + 1 == r->p->layer_count && f->layer > layer))
			finding(r, f, branch);
}

static void remark(struct tree *r, const char *branch, const char *code, const char *text)
{
	line_begin(r, branch);
	colour(r, code);
	paragraph(r, branch, span_text(text));
	colour(r, "0");
	line_end(r);
}

/* ---- IKE ---- */

static void fact_lines(struct tree *r, const struct fact *f, const char *branch)
{
	for (; f; f = f->next) {
		struct text escaped = { 0 };
		line_begin(r, branch);
		text_add(&r->word, f->key);
		text_char(&r->word, ':');
		word_flush(r, branch, "");
		text_escape(&escaped, span_text(f->text));
		paragraph(r, branch, span_of(escaped.p, escaped.n));
		text_done(&escaped);
		line_end(r);
	}
}

static bool flow_is_empty(const struct node *n)
{
	for (unsigned i = 0; i < n->desc->count; i++)
		if (in_flow(n, i, true) || (node_kid(n, i) && !is_below(n, i)))
			return false;
	return n->tail.n == 0;
}

static void payload(struct tree *r, const struct node *n, int version, bool last)
{
	size_t depth = r->depth;
	const struct fact *facts = view_facts(r->v, n);
	struct text name = { 0 };
	view_payload_name(&name, n, version);
	text_char(&name, '\0');
	heading(r, last ? "`- " : "|- ", name.p, n->desc->title);
	place(r, n->offset, n->size);
	text_done(&name);
	deeper(r, last ? "   " : "|  ");
	const char *branch = has_below(n, 0) ? "|  " : "   ";
	if (!flow_is_empty(n)) {
		line_begin(r, branch);
		flow_fields(r, n, branch, true);
		line_end(r);
	}
	fact_lines(r, facts, branch);
	structures(r, n);
	r->depth = depth;
}

static const char *ike_locked(const struct ike_message *m)
{
	if (m->sealed)
		return "locked: everything behind the header is encrypted (IKEv1)";
	if (m->sk && m->icv == ICV_BAD)
		return "ICV bad: wrong key or forged; nothing inside is shown";
	if (m->sk && !m->decrypted)
		return "locked: no key for these IKE SPIs: give -k PATH";
	if (m->total && m->decrypted && !m->inner)
		return "opened; the message is shown with the fragment that completes it";
	return NULL;
}

static void ike_header(struct tree *r, const struct ike_message *m, const char *branch)
{
	line_begin(r, branch);
	flow_fields(r, m->header, branch, true);
	if (m->total) {
		text_add(&r->word, "fragment: ");
		text_dec(&r->word, m->fragment);
		text_add(&r->word, " of ");
		text_dec(&r->word, m->total);
		word_flush(r, branch, "  ");
	}
	if (m->encr) {
		text_add(&r->word, "encr: ");
		text_add(&r->word, m->encr->name);
		word_flush(r, branch, "  ");
	}
	if (view_ike_encrypted(m) && m->icv != ICV_NONE) {
		text_add(&r->word, "icv: ");
		text_add(&r->word, icv_name(m->icv));
		word_flush(r, branch, "  ");
	}
	line_end(r);
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

static void pair(struct tree *r, const char *branch, const char *key, const char *value)
{
	text_add(&r->word, key);
	text_add(&r->word, ": ");
	text_add(&r->word, value);
	word_flush(r, branch, "  ");
}

static void pair_dec(struct tree *r, const char *branch, const char *key, uint64_t value)
{
	text_add(&r->word, key);
	text_add(&r->word, ": ");
	text_dec(&r->word, value);
	word_flush(r, branch, "  ");
}

static void pair_protocol(struct tree *r, const char *branch, uint8_t value)
{
	const char *word = names_word(&reg_other_ip_protocol, value);
	text_add(&r->word, "next_header: ");
	if (word)
		text_add(&r->word, word);
	text_add(&r->word, word ? " (" : "");
	text_dec(&r->word, value);
	text_add(&r->word, word ? ")" : "");
	word_flush(r, branch, "  ");
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
		remark(r, branch, "31", "ICV bad: wrong key or forged; nothing inside is shown");
		return;
	}
	if (i->icv != ICV_UNCHECKED || i->decrypted)
		return;
	if (!i->sa) {
		remark(r, branch, "33",
		       arena_printf(r->v->scratch, "locked: no key for SPI 0x%08x: give -k PATH",
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
	line_begin(r, branch);
	text_add(&r->word, "spi: 0x");
	text_hex(&r->word, i->spi, 8);
	word_flush(r, branch, "  ");
	pair_dec(r, branch, "seq", i->seq);
	if (i->seq_high)
		pair_dec(r, branch, "seq_high", i->seq_high);
	protect_algorithms(r, l, branch);
	pair(r, branch, "icv", icv_name(i->icv));
	pair(r, branch, "replay", replay_name(i->replay));
	if (i->decrypted && sa_mode_name(i->mode))
		pair(r, branch, "mode", sa_mode_name(i->mode));
	if (i->decrypted || l->type->kind == LAYER_AH)
		pair_protocol(r, branch, i->next_header);
	if (i->decrypted && l->type->kind == LAYER_ESP) {
		pair_dec(r, branch, "pad_length", i->pad_length);
		pair(r, branch, "padding", i->padding_good ? "good" : "bad");
		if (i->tfc_length)
			pair_dec(r, branch, "tfc_length", i->tfc_length);
	}
	line_end(r);
	protect_locked(r, l, branch);
}

/* ---- layers ---- */

static void layer_fields(struct tree *r, const struct layer *l, const char *branch)
{
	struct node *n = view_layer_node(r->v, l);
	if (!n && l->type->kind == LAYER_DATA && !r->v->bytes) {
		line_begin(r, branch);
		short_octets(r, l->octets);
		word_flush(r, branch, "");
		line_end(r);
	}
	if (!n || (flow_is_empty(n) && !has_below(n, 0)))
		return;
	line_begin(r, branch);
	flow_fields(r, n, branch, false);
	line_end(r);
}

static void layer_octets(struct tree *r, const struct layer *l, const char *branch)
{
	if (!r->v->bytes || !l->octets.n)
		return;
	line_begin(r, branch);
	text_add(&r->word, "octets:");
	word_flush(r, branch, "");
	hex_lines(r, branch, l->octets);
	line_end(r);
}

static const char *layer_title(const struct tree *r, const struct layer *l)
{
	const char *buffer = r->p->buffers[l->buffer].name;
	if (l > r->p->layers && l[-1].buffer != l->buffer)
		return buffer;		/* the first one of a new buffer says so */
	return l->type->desc ? l->type->desc->title : NULL;
}

static void layer(struct tree *r, uint32_t at)
{
	const struct layer *l = &r->p->layers[at];
	bool ike = l->type->kind == LAYER_IKE;
	bool more = at + 1 < r->p->layer_count || (ike && view_payloads(l->ike).next);
	const char *branch = more ? "|  " : "   ";
	heading(r, at ? "`- " : "", l->type->name, layer_title(r, l));
	place(r, l->offset, l->octets.n);
	if (at)
		deeper(r, "   ");
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
	line_begin(r, "");
	colour(r, "1");
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
	colour(r, "0");
	line_end(r);
}

static void frame_words(struct tree *r)
{
	struct text words = { 0 };
	view_words(&words, r->p, 0);
	line_begin(r, "");
	paragraph(r, "   ", span_of(words.p, words.n));
	text_done(&words);
	line_end(r);
	if (r->p->copy_of)
		text_printf(r->t, "a copy of frame %llu\n", (unsigned long long)r->p->copy_of);
	if (!r->p->reassembled_from)
		return;
	line_begin(r, "");
	text_add(r->t, "put together from frames");
	for (uint32_t i = 0; i < r->p->reassembled_count; i++) {
		text_dec(&r->word, r->p->reassembled_from[i]);
		word_flush(r, "   ", " ");
	}
	line_end(r);
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
	for (uint32_t i = 0; i < p->layer_count; i++)
		layer(&r, i);
	for (uint32_t i = 0; i < p->layer_count; i++)
		view_stack(v, p, i);
	text_char(v->out, '\n');
	text_done(&r.word);
}
