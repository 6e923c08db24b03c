/* SPDX-License-Identifier: BSD-2-Clause
 * The table of views, and what they share: values as text, the payloads of a
 * message, times. What a packet is in a few words is in view_words.c. */
#include "dissect/view_private.h"

static void end_counts(const struct view_env *v, const struct wire_counts *c)
{
	typedef unsigned long long number;	/* what printf takes */
	text_printf(v->out, "%llu frames, %llu octets: %llu ESP, %llu AH, %llu IKE; %llu copies\n",
		    (number)c->frames, (number)c->octets, (number)c->esp, (number)c->ah,
		    (number)c->ike, (number)c->copies);
	text_printf(v->out, "ESP and AH: ICV %llu good, %llu bad, %llu unchecked; "
		    "%llu duplicate, %llu too old\n", (number)c->good, (number)c->bad,
		    (number)c->unchecked, (number)c->duplicates, (number)c->too_old);
	text_printf(v->out, "findings: %llu violations, %llu deviations, %llu notes\n",
		    (number)c->violations, (number)c->deviations, (number)c->notes);
}

const struct view views[] = {
	{ "tree", "every layer and field, and what IPsec added (default)", NULL, view_tree, end_counts },
	{ "line", "one line for each frame", NULL, view_line, NULL },
	{ "notation", "IKE messages as a script that can be edited", NULL, view_notation, NULL },
	{ "json", "one JSON object a line for each frame", NULL, view_json, NULL },
	{ "csv", "a table with chosen columns (--fields)", view_csv_begin, view_csv, NULL },
	{ "html", "one page for a browser, a row for each packet", view_html_begin, view_html, view_html_end },
	{ "none", "no packets: only the counts at the end", NULL, NULL, end_counts },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct view *view_find(const char *name)
{
	for (const struct view *v = views; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

/* ---- fields ---- */

struct node *view_layer_node(const struct view_env *v, const struct layer *l)
{
	if (!l->type->desc)
		return NULL;
	struct reader r = reader_of(l->octets);
	struct decode d = { .arena = v->scratch, .base = l->offset };
	return node_decode(l->type->desc, &r, &d);
}

const char *view_word(const struct node *n, unsigned i)
{
	uint64_t u = n->v[i].u;
	return u <= UINT32_MAX ? names_word(node_names(n, i), (uint32_t)u) : NULL;
}

static void value_uint(struct text *t, const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	uint64_t u = n->v[i].u;
	const char *word = view_word(n, i);
	if (f->show == SHOW_FLAG) {
		text_add(t, u ? "true" : "false");
	} else if (word) {
		text_add(t, word);
	} else if (f->show == SHOW_HEX) {
		text_add(t, "0x");
		text_hex(t, u, (f->bits + 3u) / 4);
	} else {
		text_dec(t, u);
	}
}

static void value_mac(struct text *t, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (i)
			text_char(t, ':');
		text_hex(t, s.p[i], 2);
	}
}

static void value_octets(struct text *t, enum show show, struct span s)
{
	if (show == SHOW_TEXT)
		text_escape(t, s);
	else if (show == SHOW_IPV4 && s.n == 4)
		text_ipv4(t, s.p);
	else if (show == SHOW_IPV6 && s.n == 16)
		text_ipv6(t, s.p);
	else if (show == SHOW_MAC)
		value_mac(t, s);
	else
		text_hex_span(t, s);
}

void view_value(struct text *t, const struct node *n, unsigned i)
{
	if (i >= n->present)
		return;
	if (n->desc->fields[i].kind == FIELD_UINT)
		value_uint(t, n, i);
	else
		value_octets(t, n->desc->fields[i].show, node_bytes(n, i));
}

bool view_field_shown(const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	if (i >= n->present || (f->kind == FIELD_UINT && f->bits == 0))
		return false;
	return !f->reserved || f->kind != FIELD_UINT || n->v[i].u != 0;
}

bool view_is_single(const struct node *n)
{
	return n->desc->count == 1 && n->present == 1 && n->tail.n == 0 &&
	       n->desc->fields[0].kind != FIELD_LIST && !n->v[0].is_node;
}

/* ---- IKE ---- */

static const struct node *place_of(const struct ike_message *m, const struct node *n)
{
	return n && n == m->sk && m->decrypted ? m->inner : n;
}

struct payloads view_payloads(const struct ike_message *m)
{
	/* IKEv1 encrypts all of a message: what was opened is in place of everything */
	const struct node *first = ike_version(m) == 1 && m->inner ? m->inner : m->payloads;
	return (struct payloads){ m, place_of(m, first) };
}

const struct node *view_payload_next(struct payloads *w)
{
	const struct node *n = w->next;
	if (n)
		w->next = place_of(w->m, n->next);
	return n;
}

void view_ike_spi(struct text *t, const struct ike_message *m, unsigned i)
{
	struct span s = node_bytes(m->header, i);
	if (s.n == 8)
		text_hex_span(t, s);
	else
		text_hex(t, node_uint(m->header, i, 0), 16);
}

void view_ike_exchange(struct text *t, const struct ike_message *m)
{
	const char *name = ike_exchange_name(m);
	if (name)
		text_add(t, name);
	else
		text_dec(t, node_uint(m->header, IKE_EXCHANGE, 0));
}

void view_ike_word(struct text *t, const struct ike_message *m)
{
	const char *word = m->header->present > IKE_EXCHANGE ?
				   view_word(m->header, IKE_EXCHANGE) : NULL;
	if (word)
		text_add(t, word);
	else
		view_ike_exchange(t, m);
}

static bool ike_flag(const struct ike_message *m, unsigned flag)
{
	return ike_version(m) != 1 && (node_uint(m->header, IKE_FLAGS, 0) & flag);
}

bool view_ike_response(const struct ike_message *m)
{
	return ike_flag(m, IKE_FLAG_R);
}

bool view_ike_initiator(const struct ike_message *m)
{
	return ike_flag(m, IKE_FLAG_I);
}

void view_payload_name(struct text *t, const struct node *n, int version)
{
	const char *name = ike_payload_name(n->number, version);
	if (name)
		text_add(t, name);
	else
		text_dec(t, n->number);
}

const struct fact *view_facts(const struct view_env *v, const struct node *n)
{
	return n->desc->facts ? n->desc->facts(n, v->crypto, v->scratch) : NULL;
}

/* ---- layers and frames ---- */

void view_since(struct text *t, const struct view_env *v, const struct frame *f)
{
	int64_t s = (int64_t)((uint64_t)f->seconds - (uint64_t)v->first_seconds);
	int64_t n = (int64_t)f->nanoseconds - v->first_nanoseconds;
	if (n < 0 && s > INT64_MIN) {
		n += 1000000000;
		s--;
	}
	if (s < 0) {		/* an earlier frame: -s seconds, less the fraction */
		text_char(t, '-');
		s = n ? -(s + 1) : s == INT64_MIN ? INT64_MAX : -s;
		n = n ? 1000000000 - n : 0;
	}
	text_dec(t, (uint64_t)s);
	text_char(t, '.');
	uint64_t micro = (uint64_t)(n < 0 ? 0 : n) / 1000;
	for (uint64_t unit = 100000; unit; unit /= 10)
		text_char(t, (char)('0' + micro / unit % 10));
}

void view_addr(struct text *t, const struct addr *a)
{
	if (a->family == 4)
		text_ipv4(t, a->b);
	else if (a->family == 6)
		text_ipv6(t, a->b);
	else
		text_char(t, '?');
}

bool view_is_protect(const struct layer *l)
{
	return l->type->kind == LAYER_ESP || l->type->kind == LAYER_AH;
}

bool view_is_ip(const struct layer *l)
{
	return l->type->kind == LAYER_IPV4 || l->type->kind == LAYER_IPV6;
}
