/* SPDX-License-Identifier: BSD-2-Clause
 * The json view: one object a line for each frame, for scripts. RFC 8259.
 *
 * Layers and payloads are walked by their field tables, so the keys are the
 * tables' names. Numbers of IKE registries are shown as their word where they
 * have one; numbers of IP, ICMP and Ethernet stay numbers. Octets are hex
 * digits. A structure that stands inside another is an object under its field's
 * name (NOTIFY's "data": {"group": "MODP_2048"}), a list is an array, and a list
 * whose elements have one field only is an array of values. Facts that lie
 * deeper than the fields (a certificate's subject) are further keys; one that
 * occurs more than once is an array. Octets behind the last field are "tail". */
#include "dissect/view_private.h"
#include "ipsec/base/json.h"

static void json_node_fields(struct json *j, const struct node *n);

/* ---- structures ---- */

static void json_value_text(struct json *j, const struct node *n, unsigned i)
{
	if (n->desc->fields[i].show == SHOW_TEXT) {
		json_octets_str(j, node_bytes(n, i));
		return;
	}
	json_raw_open(j);	/* digits, dots, colons */
	view_value(j->text, n, i);
	json_raw_close(j);
}

static void json_uint(struct json *j, const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	const char *word = view_word(n, i);
	if (f->show == SHOW_FLAG)
		json_bool(j, n->v[i].u != 0);
	else if (word)
		json_str(j, word);
	else if (f->show == SHOW_HEX)
		json_value_text(j, n, i);
	else
		json_dec(j, n->v[i].u);
}

static void json_value(struct json *j, const struct node *n, unsigned i);

static void json_node(struct json *j, const struct node *n)
{
	json_open(j, '{');
	json_node_fields(j, n);
	json_close(j, '}');
}

static void json_list(struct json *j, const struct node *kid)
{
	json_open(j, '[');
	for (; kid; kid = kid->next)
		if (view_is_single(kid))
			json_value(j, kid, 0);
		else
			json_node(j, kid);
	json_close(j, ']');
}

static void json_value(struct json *j, const struct node *n, unsigned i)
{
	if (n->desc->fields[i].kind == FIELD_UINT)
		json_uint(j, n, i);
	else if (n->desc->fields[i].kind == FIELD_LIST)
		json_list(j, node_kid(n, i));
	else if (node_kid(n, i))
		json_node(j, node_kid(n, i));
	else
		json_value_text(j, n, i);
}

static void json_node_fields(struct json *j, const struct node *n)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		if (!view_field_shown(n, i) || n->desc->fields[i].derive == DERIVE_NEXT)
			continue;
		json_key(j, n->desc->fields[i].name);
		json_value(j, n, i);
	}
	if (n->tail.n)
		json_key_hex(j, "tail", n->tail);
}

/* Headers below IKE: what has names in a registry stays a number all the same. */
static void json_header_fields(struct json *j, const struct node *n)
{
	for (unsigned i = 0; i < n->desc->count; i++) {
		const struct field *f = &n->desc->fields[i];
		if (!view_field_shown(n, i))
			continue;
		json_key(j, f->name);
		if (f->kind == FIELD_UINT && f->show != SHOW_FLAG &&
		    (f->show != SHOW_HEX || f->names || strcmp(f->name, "ethertype") == 0))
			json_dec(j, n->v[i].u);
		else
			json_value(j, n, i);
	}
	if (n->tail.n)
		json_key_hex(j, "tail", n->tail);
}

/* ---- facts ---- */

enum { FACT_KEYS_MAX = 32 };	/* different keys of one payload; further ones are left out */

static void json_fact_texts(struct json *j, const struct fact *f)
{
	const char *key = f->key;
	bool many = false;
	for (const struct fact *g = f->next; g && !many; g = g->next)
		many = strcmp(g->key, key) == 0;
	if (many)
		json_open(j, '[');
	for (; f; f = many ? f->next : NULL)
		if (strcmp(f->key, key) == 0)
			json_str(j, f->text);
	if (many)
		json_close(j, ']');
}

/* A fact's key never repeats one of the object's own. */
static void json_fact_key(struct json *j, const struct desc *desc, const char *key)
{
	bool taken = strcmp(key, "payload") == 0 || strcmp(key, "tail") == 0 ||
		     node_field(desc, span_text(key)) >= 0;
	json_open(j, '"');	/* keys are ours, but may hold blanks */
	j->comma = false;
	text_add(j->text, key);
	text_add(j->text, taken ? "_text\":" : "\":");
}

static void json_facts(struct json *j, const struct desc *desc, const struct fact *f)
{
	const char *seen[FACT_KEYS_MAX];
	size_t count = 0;
	for (; f; f = f->next) {
		bool known = count == FACT_KEYS_MAX;
		for (size_t i = 0; i < count && !known; i++)
			known = strcmp(seen[i], f->key) == 0;
		if (known)
			continue;
		seen[count++] = f->key;
		json_fact_key(j, desc, f->key);
		json_fact_texts(j, f);
	}
}

/* ---- IKE ---- */

static void json_payload(struct json *j, const struct view_env *v, const struct node *n,
			 int version)
{
	json_open(j, '{');
	json_key(j, "payload");
	json_raw_open(j);
	view_payload_name(j->text, n, version);
	json_raw_close(j);
	json_node_fields(j, n);
	json_facts(j, n->desc, view_facts(v, n));
	json_close(j, '}');
}

static void json_ike_header(struct json *j, const struct ike_message *m)
{
	const struct node *h = m->header;
	json_key(j, "spi_i");
	json_raw_open(j);
	view_ike_spi(j->text, m, IKE_SPI_I);
	json_raw_close(j);
	json_key(j, "spi_r");
	json_raw_open(j);
	view_ike_spi(j->text, m, IKE_SPI_R);
	json_raw_close(j);
	json_key(j, "version");
	json_raw_open(j);
	text_dec(j->text, node_uint(h, IKE_MAJOR, 0));
	text_char(j->text, '.');
	text_dec(j->text, node_uint(h, IKE_MINOR, 0));
	json_raw_close(j);
	json_key(j, "exchange");
	json_raw_open(j);
	view_ike_exchange(j->text, m);
	json_raw_close(j);
	json_key_dec(j, "message_id", node_uint(h, IKE_MESSAGE_ID, 0));
	json_key_bool(j, "initiator", view_ike_initiator(m));
	json_key_bool(j, "response", view_ike_response(m));
	json_key_dec(j, "length", node_uint(h, IKE_LENGTH, 0));
}

static void json_ike_protection(struct json *j, const struct ike_message *m)
{
	if (!view_ike_encrypted(m))
		return;
	if (m->sealed)
		json_key_bool(j, "encrypted", true);
	json_key_bool(j, "decrypted", m->decrypted);
	json_key_str(j, "icv", icv_name(m->icv == ICV_NONE ? ICV_UNCHECKED : m->icv));
	if (m->encr)
		json_key_str(j, "encr", m->encr->name);
	if (m->integ)
		json_key_str(j, "integ", m->integ->name);
}

/* The frames that this one belongs to, as far as the capture has them. */
static void json_ike_turn(struct json *j, const struct ike_message *m)
{
	if (m->turn && m->turn->answers)
		json_key_dec(j, "response_to", m->turn->answers);
	if (m->turn && m->turn->repeats)
		json_key_dec(j, "retransmission_of", m->turn->repeats);
}

static void json_ike(struct json *j, const struct view_env *v, const struct ike_message *m)
{
	json_ike_header(j, m);
	json_ike_turn(j, m);
	json_ike_protection(j, m);
	if (m->total) {
		json_key(j, "fragment");
		json_open(j, '{');
		json_key_dec(j, "number", m->fragment);
		json_key_dec(j, "total", m->total);
		json_close(j, '}');
	}
	json_key(j, "payloads");
	json_open(j, '[');
	struct payloads w = view_payloads(m);
	for (const struct node *n; (n = view_payload_next(&w));)
		json_payload(j, v, n, ike_version(m));
	json_close(j, ']');
	if (m->inner_trailing.n)
		json_key_hex(j, "inner_trailing", m->inner_trailing);
	if (m->trailing.n && !m->sealed)
		json_key_hex(j, "trailing", m->trailing);
}

/* ---- ESP and AH ---- */

static void json_spi(struct json *j, const struct esp_info *i)
{
	json_key(j, "spi");
	json_hex_num(j, i->spi, 8);
	json_key_dec(j, "seq", i->seq);
	json_key_dec(j, "seq_high", i->seq_high);
}

static void json_inside(struct json *j, const struct esp_info *i)
{
	json_key_str(j, "mode", sa_mode_name(i->mode));
	json_key_dec(j, "next_header", i->next_header);
}

static void json_esp(struct json *j, const struct esp_info *i)
{
	const struct sa_key *key = i->key;
	json_spi(j, i);
	json_key_str(j, "encr", key ? key->encr->name : NULL);
	json_key(j, "key_bits");
	if (key)
		json_dec(j, (key->encr_key.n - (key->encr_key.n < key->encr->salt ?
					       0 : key->encr->salt)) * 8);
	else
		json_null(j);
	json_key_str(j, "integ", key ? key->integ->name : NULL);
	json_key_str(j, "icv", icv_name(i->icv));
	json_key_str(j, "replay", replay_name(i->replay));
	json_key_bool(j, "decrypted", i->decrypted);
	if (!i->decrypted)
		return;
	json_inside(j, i);
	json_key_dec(j, "pad_length", i->pad_length);
	json_key_str(j, "padding", i->padding_good ? "good" : "bad");
	json_key_dec(j, "tfc_length", i->tfc_length);
}

static void json_ah(struct json *j, const struct esp_info *i)
{
	json_spi(j, i);
	json_key_str(j, "integ", i->key ? i->key->integ->name : NULL);
	json_key_str(j, "icv", icv_name(i->icv));
	json_key_str(j, "replay", replay_name(i->replay));
	json_inside(j, i);
}

/* ---- the frame ---- */

static void json_layers(struct json *j, const struct view_env *v, const struct packet *p);

/* The packets that the last layer is followed by, where it is more than one. */
static void json_inner(struct json *j, const struct view_env *v, const struct packet *p)
{
	json_key(j, "inner");
	json_open(j, '[');
	for (const struct packet *q = p->inner; q; q = q->inner_next)
		json_layers(j, v, q);
	json_close(j, ']');
}

static void json_layer(struct json *j, const struct view_env *v, const struct packet *p,
		       uint32_t at)
{
	const struct layer *l = &p->layers[at];
	json_open(j, '{');
	json_key_str(j, "layer", l->type->name);
	json_key_dec(j, "offset", l->offset);
	json_key_dec(j, "size", l->octets.n);
	const struct node *n;
	switch (l->type->kind) {
	case LAYER_ESP: json_esp(j, l->esp); break;
	case LAYER_AH: json_ah(j, l->esp); break;
	case LAYER_IKE: json_ike(j, v, l->ike); break;
	default:
		n = view_layer_node(v, l);
		if (n)
			json_header_fields(j, n);
		if (n && l->type->kind == LAYER_NFLOG)
			json_facts(j, n->desc, view_facts(v, n));
	}
	if (v->bytes)
		json_key_hex(j, "bytes", l->whole);
	if (p->inner && at + 1 == p->layer_count)
		json_inner(j, v, p);
	json_close(j, '}');
}

static void json_layers(struct json *j, const struct view_env *v, const struct packet *p)
{
	json_open(j, '[');
	for (uint32_t i = p->inner_from; i < p->layer_count; i++)
		json_layer(j, v, p, i);
	json_close(j, ']');
}

/* `inner`: which of the packets inside, counted from 0 in the order that they
 * stand in the object; `layer` counts from the frame's first layer then too. */
static void json_findings_of(struct json *j, const struct finding *f, bool inner, uint64_t number)
{
	for (; f; f = f->next) {
		json_open(j, '{');
		if (inner)
			json_key_dec(j, "inner", number);
		json_key_str(j, "severity", severity_name(f->severity));
		json_key_str(j, "requirement", f->requirement);
		json_key_dec(j, "layer", f->layer);
		json_key_dec(j, "offset", f->offset);
		json_key_str(j, "text", f->text);
		json_close(j, '}');
	}
}

static void json_findings(struct json *j, const struct packet *p)
{
	uint64_t number = 0;
	json_key(j, "findings");
	json_open(j, '[');
	json_findings_of(j, p->findings.first, false, 0);
	for (const struct packet *q = p; (q = packet_after(p, q)); number++)
		json_findings_of(j, q->findings.first, true, number);
	json_close(j, ']');
}

static void json_time(struct json *j, const struct frame *f)
{
	json_raw_open(j);
	view_time(j->text, f);
	json_raw_close(j);
}

static void json_frame(struct json *j, const struct packet *p)
{
	const struct frame *f = &p->frame;
	json_key_str(j, "file", f->file);
	json_key_dec(j, "frame", f->number);
	json_key(j, "time");
	json_time(j, f);
	json_key_dec(j, "length", f->length);
	json_key_dec(j, "captured_length", f->captured);
	if (p->copy_of)
		json_key_dec(j, "copy_of", p->copy_of);
	if (!p->reassembled_from)
		return;
	json_key(j, "reassembled_from");
	json_open(j, '[');
	for (uint32_t i = 0; i < p->reassembled_count; i++)
		json_dec(j, p->reassembled_from[i]);
	json_close(j, ']');
}

void view_json(const struct view_env *v, const struct packet *p)
{
	struct json j = json_of(v->out);
	json_open(&j, '{');
	json_frame(&j, p);
	json_key(&j, "layers");
	json_layers(&j, v, p);
	json_findings(&j, p);
	json_close(&j, '}');
	text_char(v->out, '\n');
}
