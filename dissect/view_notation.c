/* SPDX-License-Identifier: BSD-2-Clause
 * The notation view: IKE messages in the form that scripts have, so that a
 * captured negotiation can be edited and run again. It knows no protocol: the
 * field tables say where each value stands (enum style).
 *
 *	script    = { line }
 *	line      = comment | direction ( message | traffic )
 *	direction = ">" (of the original initiator) | "<" (of the responder)
 *	message   = exchange [ "request" | "response" ] "{" { item | structure } [ "..." ] "}"
 *	structure = name { value } [ "{" { item | structure } "}" ]
 *	item      = field value { value } [ "{" ... "}" ]	a field by its name
 *		  | "!" field "=" value			a forced derived field
 *	value     = word | number | "0x" hexdigits | address | "true" | "false" | text
 *	text      = '"' printable characters, \" \\ and \xHH '"'
 *	traffic   = ("ESP" | "AH") { option "=" value } [ "{" inner "}" ]
 *	inner     = layer { value } [ "{" inner "}" ]	"..." behind octets: there are more
 *	comment   = "#" up to the end of the line
 *
 * A structure is one of a list's elements or a payload. Its name is the table's,
 * or the value of the table's head field (ENCR, TS_IPV4_ADDR_RANGE). Values
 * that follow without a name are the positional fields, in the table's order;
 * an element of a positional list's own kind is given by its values alone.
 * Hidden fields stand there only when they are not zero. Derived fields are
 * computed by whoever sends, unless they are forced. "tail" are octets behind
 * the last field; "!present=N" says that the octets ended before field N. An
 * unknown payload is `payload NUMBER octets`. Words are IANA's, or numbers.
 * "\" at the end of a line joins it with the next one, whose leading blanks are
 * dropped: long octets are written so. "..." stands for further payloads: those
 * that could not be decrypted.
 *
 * Comments tell what is no part of the message: frame, time, addresses, SPIs,
 * message ID, facts, findings ("# ! ..."). A fragment that does not complete its
 * message is a comment only; other packets have no line here. Which side an ESP
 * or AH packet comes from is not said in it: ">" is the lower of both addresses. */
#include "dissect/view_private.h"

enum { NOTATION_INDENT = 4, NOTATION_COLUMNS = 100 };

/* ---- comments ---- */

static void comment_endpoint(struct text *t, const struct packet *p, const struct layer *ip,
			     bool source)
{
	const struct layer *last = &p->layers[p->layer_count];
	const struct layer *l = ip;
	while (l < last && l->type->kind != LAYER_UDP && l->buffer == ip->buffer)
		l++;
	bool port = l < last && l->type->kind == LAYER_UDP && l->udp;
	const struct addr *a = source ? &ip->ip->src : &ip->ip->dst;
	text_add(t, port && a->family == 6 ? "[" : "");
	view_addr(t, a);
	text_add(t, port && a->family == 6 ? "]" : "");
	if (!port)
		return;
	text_char(t, ':');
	text_dec(t, source ? l->udp->sport : l->udp->dport);
}

static const struct layer *first_ip(const struct packet *p)
{
	for (uint32_t i = 0; i < p->layer_count; i++)
		if (view_is_ip(&p->layers[i]))
			return &p->layers[i];
	return NULL;
}

static void comment_frame(const struct view_env *v, const struct packet *p)
{
	struct text *t = v->out;
	const struct layer *ip = first_ip(p);
	text_add(t, "# ");
	if (v->many_files) {
		text_escape(t, span_text(p->frame.file));
		text_add(t, ", ");
	}
	text_add(t, "frame ");
	text_dec(t, p->frame.number);
	text_char(t, ' ');
	view_since(t, v, &p->frame);
	if (ip) {
		text_char(t, ' ');
		comment_endpoint(t, p, ip, true);
		text_add(t, " > ");
		comment_endpoint(t, p, ip, false);
	}
	if (p->copy_of) {
		text_add(t, ", a copy of frame ");
		text_dec(t, p->copy_of);
	}
	text_char(t, '\n');
}

static void comment_findings(struct text *t, const struct packet *p)
{
	for (const struct finding *f = p->findings.first; f; f = f->next) {
		text_add(t, f->severity == SEVERITY_NOTE ? "# " : "# ! ");
		text_add(t, severity_name(f->severity));
		if (f->requirement) {
			text_char(t, ' ');
			text_add(t, f->requirement);
		}
		text_add(t, ": ");
		text_escape(t, span_text(f->text));
		text_char(t, '\n');
	}
}

/* ---- directions ---- */

/* The order of addresses stands in where the message does not say. */
static bool from_lower(const struct packet *p)
{
	const struct layer *ip = first_ip(p);
	return !ip || memcmp(ip->ip->src.b, ip->ip->dst.b, sizeof ip->ip->src.b) <= 0;
}

static bool from_initiator(const struct packet *p, const struct ike_message *m)
{
	if (ike_version(m) != 1)
		return view_ike_initiator(m);
	bool first = node_uint(m->header, IKE_SPI_R, 0) == 0 &&
		     span_is_zero(node_bytes(m->header, IKE_SPI_R));
	return first || from_lower(p);
}

/* ---- messages ---- */

static void header_comment(struct text *t, const struct ike_message *m)
{
	text_add(t, "# SPIs ");
	view_ike_spi(t, m, IKE_SPI_I);
	text_char(t, ' ');
	view_ike_spi(t, m, IKE_SPI_R);
	text_add(t, ", message ID ");
	text_dec(t, node_uint(m->header, IKE_MESSAGE_ID, 0));
	if (m->total) {
		text_add(t, ", fragment ");
		text_dec(t, m->fragment);
		text_add(t, " of ");
		text_dec(t, m->total);
	}
	text_char(t, '\n');
}

/* Header fields that a sender would compute otherwise. */
static void header_forced(struct text *t, const struct ike_message *m)
{
	const struct node *h = m->header;
	for (unsigned i = 0; i < h->present; i++) {
		const struct field *f = &h->desc->fields[i];
		if (!(h->forced >> i & 1) || f->kind != FIELD_UINT || f->derive == DERIVE_NEXT)
			continue;
		text_fill(t, ' ', NOTATION_INDENT);
		text_char(t, '!');
		text_add(t, f->name);
		text_char(t, '=');
		text_dec(t, h->v[i].u);
		text_char(t, '\n');
	}
}

static void payload_facts(const struct view_env *v, const struct node *n)
{
	for (const struct fact *f = view_facts(v, n); f; f = f->next) {
		text_fill(v->out, ' ', NOTATION_INDENT);
		text_add(v->out, "# ");
		text_add(v->out, f->key);
		text_add(v->out, ": ");
		text_escape(v->out, span_text(f->text));
		text_char(v->out, '\n');
	}
}

static void payload(const struct view_env *v, const struct node *n, int version)
{
	const char *name = ike_payload_name(n->number, version);
	text_fill(v->out, ' ', NOTATION_INDENT);
	if (!name)
		name = arena_printf(v->scratch, "payload %u", (unsigned)n->number);
	view_node_notation(v->out, n, name, NOTATION_INDENT, NOTATION_COLUMNS);
	text_char(v->out, '\n');
	payload_facts(v, n);
}

static void locked(struct text *t, const struct ike_message *m)
{
	size_t n = m->sealed ? m->octets.n - IKE_HEADER_SIZE : m->sk ? m->sk->size : 0;
	text_fill(t, ' ', NOTATION_INDENT);
	text_add(t, "...  # ");
	text_dec(t, n);
	text_add(t, m->icv == ICV_BAD ? " octets encrypted; ICV bad: wrong key or forged\n" :
				" octets encrypted; no key for these SPIs: give -k\n");
}

static void message(const struct view_env *v, const struct packet *p, const struct ike_message *m)
{
	struct text *t = v->out;
	struct payloads w = view_payloads(m);
	header_comment(t, m);
	if (m->total && m->decrypted && !m->inner)
		return;		/* waits for the other fragments */
	text_add(t, from_initiator(p, m) ? "> " : "< ");
	view_ike_word(t, m);
	if (ike_version(m) == 1)
		text_add(t, " {\n");
	else
		text_add(t, view_ike_response(m) ? " response {\n" : " request {\n");
	header_forced(t, m);
	for (const struct node *n; (n = view_payload_next(&w));)
		if (n != m->sk)
			payload(v, n, ike_version(m));
	if (ike_message_closed(m))
		locked(t, m);
	text_add(t, "  }\n");
}

/* ---- ESP and AH ---- */

static void layer_name(struct text *t, const struct layer *l)
{
	for (const char *s = l->type->name; *s; s++)
		text_char(t, *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s);
}

static void traffic_layer(struct text *t, const struct layer *l)
{
	layer_name(t, l);
	if (view_is_ip(l)) {
		text_char(t, ' ');
		view_addr(t, &l->ip->src);
		text_char(t, ' ');
		view_addr(t, &l->ip->dst);
	} else if (view_is_protect(l)) {
		text_add(t, " spi=0x");
		text_hex(t, l->esp->spi, 8);
		text_add(t, " seq=");
		text_dec(t, (uint64_t)l->esp->seq_high << 32 | l->esp->seq);
	} else if (l->type->kind == LAYER_DATA) {
		text_add(t, " 0x");
		text_hex_span(t, span_part(l->octets, 0, 16));
		if (l->octets.n > 16)
			text_add(t, "...");
	} else {
		view_words_short(t, l);
	}
}

static void traffic(const struct view_env *v, const struct packet *p, uint32_t from)
{
	struct text *t = v->out;
	uint32_t open = 0;
	text_add(t, from_lower(p) ? "> " : "< ");
	for (uint32_t i = from; i < p->layer_count; i++) {
		if (i > from) {
			text_add(t, " { ");
			open++;
		}
		traffic_layer(t, &p->layers[i]);
	}
	const struct esp_info *e = p->layers[from].esp;
	if (from + 1 == p->layer_count)
		text_add(t, e->icv == ICV_BAD ? "  # ICV bad" : "  # encrypted");
	while (open--)
		text_add(t, " }");
	text_char(t, '\n');
}

static void packet(const struct view_env *v, const struct packet *p)
{
	uint32_t i = p->inner_from;
	while (i < p->layer_count && p->layers[i].type->kind != LAYER_IKE &&
	       !view_is_protect(&p->layers[i]))
		i++;
	if (i == p->layer_count)
		return;
	comment_frame(v, p);
	comment_findings(v->out, p);
	if (p->layers[i].type->kind == LAYER_IKE)
		message(v, p, p->layers[i].ike);
	else
		traffic(v, p, i);
	text_char(v->out, '\n');
}

void view_notation(const struct view_env *v, const struct packet *p)
{
	for (const struct packet *q = p; q; q = packet_after(p, q))
		packet(v, q);
}
