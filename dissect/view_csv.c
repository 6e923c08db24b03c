/* SPDX-License-Identifier: BSD-2-Clause
 * The csv view: a table with chosen columns, RFC 4180 but for line ends, which
 * are the system's. A row for each frame; for each packet of a frame that carries
 * several (messages of a TCP stream).
 *
 * A column is a word of the frame (`time`), or a field of a layer: `ipv4.src` is
 * the outermost, `ipv4#2.src` the second one, `inner.ipv4.src` the first inside of
 * what was opened. Fields are those of the layers' tables, and what the packet
 * path found out about ESP, AH and IKE. */
#include "dissect/view_csv_words.h"

#include "dissect/view_csv.h"
#include "ipsec/base/csv.h"

#include <stdlib.h>

static const char usual[] =
	"frame,time,length,ip.src,ip.dst,protocol,spi,seq,icv,replay,mode,inner.src,inner.dst,"
	"ike.exchange,ike.message_id,payloads,findings";

/* Which layers a column speaks of. */
enum which { WHICH_KIND, WHICH_IP, WHICH_INNERMOST_IP, WHICH_PROTECT };

struct csv_field {
	const char *name;	/* as it was asked for */
	csv_frame_word *frame;	/* a word of the frame; NULL: of a layer */
	enum which which;
	enum layer_kind kind;	/* WHICH_KIND */
	bool inner;		/* only inside of what was opened */
	uint32_t nth;		/* from 1 */
	csv_layer_word *word;	/* NULL: a field of the layer's table */
	int field;
};

struct csv_fields {
	struct csv_field fields[CSV_FIELDS_MAX];
	size_t count;
	char *names;		/* the list, cut into names */
	struct text cell;	/* the one that is being made */
};

/* ---- names of columns ---- */

static csv_layer_word *find_word(enum csv_owner owner, const char *name)
{
	for (size_t i = 0; csv_layer_words[i].name; i++)
		if (csv_layer_words[i].owner == owner && strcmp(csv_layer_words[i].name, name) == 0)
			return csv_layer_words[i].word;
	return NULL;
}

/* One word: of the frame, of ESP or AH, or of IKE. */
static bool parse_bare(struct csv_field *f, const char *name)
{
	for (size_t i = 0; csv_frame_words[i].name; i++)
		if (strcmp(csv_frame_words[i].name, name) == 0) {
			f->frame = csv_frame_words[i].word;
			return true;
		}
	f->word = find_word(OF_PROTECT, name);
	f->which = WHICH_PROTECT;
	if (f->word)
		return true;
	f->which = WHICH_KIND;
	f->kind = LAYER_IKE;
	f->word = strcmp(name, "payloads") == 0 ? find_word(OF_IKE, name) : NULL;
	return f->word;
}

static bool owner_of(enum layer_kind k, enum csv_owner *owner)
{
	*owner = k == LAYER_IKE ? OF_IKE : OF_PROTECT;
	return k == LAYER_IKE || k == LAYER_ESP || k == LAYER_AH;
}

static bool parse_kind(struct csv_field *f, struct span layer, const char *name)
{
	enum csv_owner owner;
	for (int k = 0; k < LAYER_KINDS; k++) {
		const struct layer_type *type = &layer_types[k];
		if (!span_equal(layer, span_text(type->name)))
			continue;
		f->which = WHICH_KIND;
		f->kind = type->kind;
		f->word = owner_of(type->kind, &owner) ? find_word(owner, name) : NULL;
		f->field = type->desc ? node_field(type->desc, span_text(name)) : -1;
		return f->word || f->field >= 0;
	}
	return false;
}

/* "esp", "esp#2" */
static bool parse_nth(struct csv_field *f, struct span *layer)
{
	const uint8_t *hash = layer->n ? memchr(layer->p, '#', layer->n) : NULL;
	f->nth = 1;
	if (!hash)
		return true;
	struct span digits = span_from(*layer, (size_t)(hash + 1 - layer->p));
	layer->n = (size_t)(hash - layer->p);
	f->nth = 0;
	for (size_t i = 0; i < digits.n && f->nth <= PACKET_LAYERS; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		f->nth = f->nth * 10 + (digits.p[i] - '0');
	}
	return f->nth >= 1 && f->nth <= PACKET_LAYERS;
}

/* "[inner.]layer[#n].field", "ip.src", "inner.src" */
static bool parse_layer(struct csv_field *f, const char *name)
{
	const char *dot = strrchr(name, '.');
	struct span layer = span_of(name, (size_t)(dot - name));
	if (layer.n > 6 && memcmp(layer.p, "inner.", 6) == 0) {
		f->inner = true;
		layer = span_from(layer, 6);
	}
	if (!parse_nth(f, &layer))
		return false;
	f->field = -1;
	if (!span_equal(layer, span_text("ip")) && !span_equal(layer, span_text("inner")))
		return parse_kind(f, layer, dot + 1);
	f->which = layer.n == 2 ? WHICH_IP : WHICH_INNERMOST_IP;
	f->word = find_word(OF_IP, dot + 1);
	return f->word;
}

static bool parse_field(struct csv_field *f, const char *name)
{
	*f = (struct csv_field){ .name = name, .nth = 1, .field = -1 };
	return strchr(name, '.') ? parse_layer(f, name) : parse_bare(f, name);
}

struct csv_fields *csv_fields_parse(const char *list, struct err *e)
{
	struct csv_fields *f = calloc(1, sizeof *f);
	if (!f || !(f->names = strdup(list ? list : usual)))
		abort();
	for (char *name = f->names, *comma; name; name = comma) {
		comma = strchr(name, ',');
		if (comma)
			*comma++ = '\0';
		if (f->count == CSV_FIELDS_MAX)
			err_set(e, "--fields: more than %d columns", CSV_FIELDS_MAX);
		else if (parse_field(&f->fields[f->count], name))
			f->count++;
		else
			err_set(e, "--fields: no column \"%s\" (--list-fields shows all)", name);
		if (!e->set)
			continue;
		csv_fields_free(f);
		return NULL;
	}
	return f;
}

void csv_fields_free(struct csv_fields *f)
{
	if (!f)
		return;
	free(f->names);
	text_done(&f->cell);
	free(f);
}

static void list_words(struct text *out, enum csv_owner owner, const char *layer)
{
	for (size_t i = 0; csv_layer_words[i].name; i++)
		if (csv_layer_words[i].owner == owner)
			text_printf(out, "%s%s\t%s\n", layer, csv_layer_words[i].name,
				    csv_layer_words[i].help);
}

static void list_table(struct text *out, const struct layer_type *type)
{
	enum csv_owner owner;
	bool has_words = owner_of(type->kind, &owner);
	for (unsigned i = 0; type->desc && i < type->desc->count; i++)
		if (!has_words || !find_word(owner, type->desc->fields[i].name))
			text_printf(out, "%s.%s\t%s, %s\n", type->name, type->desc->fields[i].name,
				    type->desc->title ? type->desc->title : type->name,
				    type->desc->rfc ? type->desc->rfc : "");
}

void csv_fields_list(struct text *out)
{
	for (size_t i = 0; csv_frame_words[i].name; i++)
		text_printf(out, "%s\t%s\n", csv_frame_words[i].name, csv_frame_words[i].help);
	list_words(out, OF_PROTECT, "");
	text_add(out, "payloads\tof the first IKE message\n");
	list_words(out, OF_IP, "ip.");
	list_words(out, OF_IP, "inner.");
	list_words(out, OF_PROTECT, "esp.");
	list_words(out, OF_PROTECT, "ah.");
	list_words(out, OF_IKE, "ike.");
	for (int k = 0; k < LAYER_KINDS; k++)
		list_table(out, &layer_types[k]);
}

/* ---- rows ---- */

static bool fits(const struct csv_field *f, const struct layer *l)
{
	switch (f->which) {
	case WHICH_IP: case WHICH_INNERMOST_IP: return view_is_ip(l);
	case WHICH_PROTECT: return view_is_protect(l);
	default: return l->type->kind == f->kind;
	}
}

static const struct layer *find_layer(const struct csv_field *f, const struct packet *p)
{
	const struct layer *found = NULL;
	bool inside = false, innermost = f->which == WHICH_INNERMOST_IP;
	uint32_t n = 0;
	for (const struct layer *l = p->layers; l < p->layers + p->layer_count; l++) {
		if ((inside || !(f->inner || innermost)) && fits(f, l)) {
			found = l;
			if (!innermost && ++n == f->nth)
				return l;
		}
		inside |= view_is_protect(l) && csv_opened(l);
	}
	return innermost ? found : NULL;
}

/* As the json view has it: numbers of headers stay numbers. */
static void put_field(struct text *t, const struct view_env *v, const struct layer *l, unsigned i)
{
	const struct node *n = view_layer_node(v, l);
	const struct field *f = n ? &n->desc->fields[i] : NULL;
	if (!n || i >= n->present || (f->kind == FIELD_UINT && f->bits == 0))
		return;
	bool number = f->kind == FIELD_UINT && f->show != SHOW_FLAG &&
		      (f->show != SHOW_HEX || f->names || strcmp(f->name, "ethertype") == 0);
	if (number)
		text_dec(t, n->v[i].u);
	else if (f->kind != FIELD_LIST && !n->v[i].is_node)
		view_value(t, n, i);
}

static void put_cell(struct text *t, const struct view_env *v, const struct csv_field *f,
		     const struct packet *p)
{
	if (f->frame) {
		f->frame(t, v, p);
		return;
	}
	const struct layer *l = find_layer(f, p);
	if (l && f->word)
		f->word(t, l);
	else if (l)
		put_field(t, v, l, (unsigned)f->field);
}

void view_csv_begin(const struct view_env *v)
{
	for (size_t i = 0; i < v->fields->count; i++)
		csv_add_cell(v->out, span_text(v->fields->fields[i].name), i == 0);
	text_char(v->out, '\n');
}

void view_csv(const struct view_env *v, const struct packet *p)
{
	struct csv_fields *fields = v->fields;
	for (const struct packet *q = p->inner; q; q = q->inner_next)
		view_csv(v, q);
	if (p->inner)
		return;
	for (size_t i = 0; i < fields->count; i++) {
		fields->cell.n = 0;
		put_cell(&fields->cell, v, &fields->fields[i], p);
		csv_add_cell(v->out, span_of(fields->cell.p, fields->cell.n), i == 0);
	}
	text_char(v->out, '\n');
}
