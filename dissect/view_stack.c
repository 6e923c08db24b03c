/* SPDX-License-Identifier: BSD-2-Clause
 * One opened ESP or AH packet as two stacks side by side, with octets: what was
 * on the wire, what was inside; and the sum of what IPsec added. */
#include "dissect/view_private.h"

enum { ROWS_MAX = PACKET_LAYERS + 8, BOX = 25, MARGIN = 2, ESP_HEADER = 8, ESP_TRAILER = 2,
       AH_HEADER = 12 };

struct row {
	const char *name;
	size_t octets;
};

struct stack {
	struct row rows[ROWS_MAX];
	unsigned count;
	unsigned big;		/* on the wire: the row that the other stack is inside of */
	size_t sum;
};

static void row_add(struct stack *s, const char *name, size_t octets)
{
	if (s->count == ROWS_MAX)
		return;
	s->rows[s->count++] = (struct row){ name, octets };
	s->sum += octets;
}

/* ---- the two stacks ---- */

static const char *protected_name(const struct esp_info *i)
{
	enum encr_kind k = i->key ? i->key->encr->kind : ENCR_KIND_CBC;
	return k == ENCR_KIND_NULL || k == ENCR_KIND_GMAC ? "not encrypted" : "encrypted";
}

static void stack_wire(struct stack *s, const struct packet *p, const struct layer *l)
{
	const struct esp_info *i = l->esp;
	for (const struct layer *k = p->layers; k < l; k++)
		if (k->buffer == l->buffer && k->octets.n)
			row_add(s, k->type->name, k->octets.n);
	if (l->type->kind == LAYER_AH) {
		row_add(s, "ah header", AH_HEADER);
		row_add(s, "icv", l->octets.n - AH_HEADER);
		s->big = s->count;
		row_add(s, "authenticated", i->payload.n);
		return;
	}
	row_add(s, "esp header", ESP_HEADER);
	if (i->iv_size)
		row_add(s, "iv", i->iv_size);
	s->big = s->count;
	row_add(s, protected_name(i), l->octets.n - ESP_HEADER - i->iv_size - i->icv_size);
	if (i->icv_size)
		row_add(s, "icv", i->icv_size);
}

static void stack_inside(struct stack *s, const struct packet *p, const struct layer *l)
{
	const struct esp_info *i = l->esp;
	const struct layer *end = p->layers + p->layer_count;
	size_t payload = i->payload.n - i->tfc_length;
	for (const struct layer *k = l + 1; k < end && k->buffer == l[1].buffer; k++) {
		if (k->octets.n > payload - s->sum)
			break;		/* no layer of this payload */
		if (k->octets.n)
			row_add(s, k->type->name, k->octets.n);
	}
	if (s->sum < payload)
		row_add(s, "data", payload - s->sum);
	if (l->type->kind == LAYER_AH)
		return;
	if (i->tfc_length)
		row_add(s, "TFC padding", i->tfc_length);
	if (i->pad_length)
		row_add(s, "padding", i->pad_length);
	row_add(s, "trailer", ESP_TRAILER);
}

/* ---- drawing ---- */

static void box_rule(struct text *t)
{
	text_char(t, '+');
	text_fill(t, '-', BOX);
	text_char(t, '+');
}

static void box_row(struct text *t, const struct row *r)
{
	size_t begin = t->n;
	text_add(t, "| ");
	if (r) {
		struct text n = { 0 };
		text_dec(&n, r->octets);
		text_add(t, r->name);
		size_t used = t->n - begin + n.n;
		text_fill(t, ' ', used < BOX ? BOX - used : 1);
		text_add_octets(t, n.p, n.n);
		text_done(&n);
	} else {
		text_fill(t, ' ', BOX - 2);
	}
	text_add(t, " |");
}

static void box_title(struct text *t, const char *name, size_t octets)
{
	text_add(t, name);
	text_add(t, ", ");
	text_dec(t, octets);
	text_add(t, " octets");
}

static void draw_rows(struct text *t, const struct stack *s, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		text_fill(t, ' ', MARGIN);
		box_row(t, &s->rows[i]);
		text_char(t, '\n');
	}
}

static void draw(struct text *t, const struct stack *wire, const struct stack *inside,
		 size_t payload)
{
	text_fill(t, ' ', MARGIN);
	box_rule(t);
	text_char(t, '\n');
	draw_rows(t, wire, 0, wire->big);
	t->n--;			/* the last line goes on */
	text_add(t, "    ");
	box_title(t, "inside", payload);
	text_char(t, '\n');
	text_fill(t, ' ', MARGIN);
	box_rule(t);
	text_add(t, "    ");
	box_rule(t);
	text_char(t, '\n');
	for (unsigned i = 0; i < inside->count; i++) {
		text_fill(t, ' ', MARGIN);
		box_row(t, i ? NULL : &wire->rows[wire->big]);
		text_add(t, i ? "    " : " => ");
		box_row(t, &inside->rows[i]);
		text_char(t, '\n');
	}
	text_fill(t, ' ', MARGIN);
	box_rule(t);
	text_add(t, "    ");
	box_rule(t);
	text_char(t, '\n');
	if (wire->big + 1 == wire->count)
		return;
	draw_rows(t, wire, wire->big + 1, wire->count);
	text_fill(t, ' ', MARGIN);
	box_rule(t);
	text_char(t, '\n');
}

/* ---- what was added ---- */

/* From the IP header that carries the ESP or AH up to it: the outer header of a
 * tunnel is IPsec's, that of transport mode was there before; UDP is always
 * IPsec's (RFC 3948), and so is TCP (RFC 9329). */
static void added_below(struct stack *added, size_t *before, const struct packet *p,
			const struct layer *l)
{
	bool tunnel = l->esp->mode == SA_MODE_TUNNEL;
	const struct layer *k = l;
	while (k > p->layers && k[-1].buffer == l->buffer && !view_is_ip(k))
		k--;
	if (!view_is_ip(k))
		return;
	for (; k < l; k++) {
		if (k->type->kind == LAYER_UDP || k->type->kind == LAYER_TCP)
			row_add(added, k->type->kind == LAYER_UDP ? "UDP" : "TCP", k->octets.n);
		else if (k->type->kind == LAYER_IKETCP || k->type->kind == LAYER_TCP_MESSAGE)
			row_add(added, k->type->name, k->octets.n);
		else if (tunnel)
			row_add(added, view_is_ip(k) ? "outer IP header" : k->type->name, k->octets.n);
		else if (!view_is_protect(k))
			*before += k->octets.n;
	}
}

static void added_by(struct stack *added, const struct layer *l)
{
	const struct esp_info *i = l->esp;
	if (l->type->kind == LAYER_AH) {
		row_add(added, "AH", AH_HEADER);
		row_add(added, "ICV", l->octets.n - AH_HEADER);
		return;
	}
	row_add(added, "ESP header", ESP_HEADER);
	if (i->iv_size)
		row_add(added, "IV", i->iv_size);
	if (i->tfc_length)
		row_add(added, "TFC padding", i->tfc_length);
	if (i->pad_length)
		row_add(added, "padding", i->pad_length);
	row_add(added, "trailer", ESP_TRAILER);
	if (i->icv_size)
		row_add(added, "ICV", i->icv_size);
}

static void tell(const struct view_env *v, const struct stack *added, size_t before)
{
	struct text *t = v->out;
	size_t begin = t->n;
	text_fill(t, ' ', MARGIN);
	text_add(t, "IPsec added ");
	text_dec(t, added->sum);
	text_add(t, " octets to ");
	text_dec(t, before);
	text_char(t, ':');
	for (unsigned i = 0; i < added->count; i++) {
		const struct row *r = &added->rows[i];
		if (t->n - begin + strlen(r->name) + 8 > v->columns) {
			text_char(t, '\n');
			begin = t->n;
			text_fill(t, ' ', 2 * MARGIN);
		} else {
			text_char(t, ' ');
		}
		text_add(t, r->name);
		text_char(t, ' ');
		text_dec(t, r->octets);
		text_add(t, i + 1 < added->count ? "," : "\n");
	}
}

static bool is_opened(const struct packet *p, const struct layer *l)
{
	const struct esp_info *i = l->esp;
	if (!view_is_protect(l) || l + 1 == p->layers + p->layer_count)
		return false;
	if (l->type->kind == LAYER_AH)
		return i->icv != ICV_BAD && l->octets.n >= AH_HEADER;
	return i->decrypted && i->payload.n >= i->tfc_length &&
	       l->octets.n >= (size_t)ESP_HEADER + i->iv_size + i->icv_size + ESP_TRAILER;
}

void view_stack(const struct view_env *v, const struct packet *p, uint32_t at)
{
	const struct layer *l = &p->layers[at];
	struct stack wire = { .count = 0 }, inside = { .count = 0 }, added = { .count = 0 };
	if (!is_opened(p, l))
		return;
	stack_wire(&wire, p, l);
	stack_inside(&inside, p, l);
	size_t before = l->esp->payload.n - l->esp->tfc_length;
	added_below(&added, &before, p, l);
	added_by(&added, l);
	text_char(v->out, '\n');
	text_fill(v->out, ' ', MARGIN);
	box_title(v->out, strcmp(p->buffers[l->buffer].name, "frame") == 0 ? "on the wire" :
		  p->buffers[l->buffer].name, wire.sum);
	text_char(v->out, '\n');
	draw(v->out, &wire, &inside, l->esp->payload.n - l->esp->tfc_length);
	tell(v, &added, before);
}
