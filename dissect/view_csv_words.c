/* SPDX-License-Identifier: BSD-2-Clause
 * The csv view's columns that are no fields of a layer's table: of the frame, and
 * what the packet path found out about ESP, AH, IP and IKE. */
#include "dissect/view_csv_words.h"

/* ---- words of the frame ---- */

static void frame_number(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	text_dec(t, p->frame.number);
}

static void frame_file(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	text_add(t, p->frame.file);
}

static void frame_time(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	view_time(t, &p->frame);
}

static void frame_since(struct text *t, const struct view_env *v, const struct packet *p)
{
	view_since(t, v, &p->frame);
}

static void frame_length(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	text_dec(t, p->frame.length);
}

static void frame_captured(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	text_dec(t, p->frame.captured);
}

static void frame_copy(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	if (p->copy_of)
		text_dec(t, p->copy_of);
}

static void frame_reassembled(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	for (uint32_t i = 0; i < p->reassembled_count; i++) {
		if (i)
			text_char(t, ' ');
		text_dec(t, p->reassembled_from[i]);
	}
}

/* What it is in the end: the last layer with a header. */
static void frame_protocol(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	uint32_t i = p->layer_count;
	while (i > 1 && p->layers[i - 1].type->kind == LAYER_DATA)
		i--;
	if (i)
		text_add(t, p->layers[i - 1].type->name);
}

static void frame_layers(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	for (uint32_t i = 0; i < p->layer_count; i++) {
		if (i)
			text_char(t, ' ');
		text_add(t, p->layers[i].type->name);
	}
}

static void frame_info(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	view_words(t, p, 0);
}

static void frame_findings(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	for (const struct finding *f = p->findings.first; f; f = f->next) {
		if (f != p->findings.first)
			text_add(t, "; ");
		text_add(t, severity_name(f->severity));
		text_add(t, ": ");
		text_add(t, f->text);
		if (!f->requirement)
			continue;
		text_add(t, " (");
		text_add(t, f->requirement);
		text_char(t, ')');
	}
}

static void frame_severity(struct text *t, const struct view_env *v, const struct packet *p)
{
	(void)v;
	enum severity worst = SEVERITY_NOTE;
	for (const struct finding *f = p->findings.first; f; f = f->next)
		if (f->severity > worst)
			worst = f->severity;
	if (p->findings.first)
		text_add(t, severity_name(worst));
}

const struct csv_frame_row csv_frame_words[] = {
	{ "frame", frame_number, "number of the frame in its file" },
	{ "file", frame_file, "the file it is from" },
	{ "time", frame_time, "when it was captured, UTC" },
	{ "since", frame_since, "seconds since the first frame" },
	{ "length", frame_length, "octets on the wire" },
	{ "captured_length", frame_captured, "octets in the file" },
	{ "copy_of", frame_copy, "frame whose octets these are again" },
	{ "reassembled_from", frame_reassembled, "frames that it was put together from" },
	{ "protocol", frame_protocol, "the innermost layer with a header" },
	{ "layers", frame_layers, "the names of all layers" },
	{ "info", frame_info, "the packet in a few words" },
	{ "findings", frame_findings, "what is remarkable, with severity and requirement" },
	{ "severity", frame_severity, "of the worst finding: note, deviation, violation" },
	{ NULL, NULL, NULL },
};

/* ---- words of ESP, AH, IP and IKE layers ---- */

static void add_word(struct text *t, const char *word)
{
	text_add(t, word ? word : "");
}

static void esp_spi(struct text *t, const struct layer *l)
{
	text_add(t, "0x");
	text_hex(t, l->esp->spi, 8);
}

static void esp_seq(struct text *t, const struct layer *l)
{
	text_dec(t, l->esp->seq);
}

static void esp_seq_high(struct text *t, const struct layer *l)
{
	text_dec(t, l->esp->seq_high);
}

static void esp_encr(struct text *t, const struct layer *l)
{
	add_word(t, l->esp->key && l->type->kind == LAYER_ESP ? l->esp->key->encr->name : NULL);
}

static void esp_integ(struct text *t, const struct layer *l)
{
	add_word(t, l->esp->key ? l->esp->key->integ->name : NULL);
}

static void esp_icv(struct text *t, const struct layer *l)
{
	add_word(t, icv_name(l->esp->icv));
}

static void esp_replay(struct text *t, const struct layer *l)
{
	add_word(t, replay_name(l->esp->replay));
}

bool csv_opened(const struct layer *l)
{
	return l->esp->decrypted || (l->type->kind == LAYER_AH && l->esp->icv != ICV_BAD);
}

static void esp_mode(struct text *t, const struct layer *l)
{
	if (csv_opened(l))
		add_word(t, sa_mode_name(l->esp->mode));
}

static void esp_next(struct text *t, const struct layer *l)
{
	if (csv_opened(l))
		text_dec(t, l->esp->next_header);
}

static void esp_pad(struct text *t, const struct layer *l)
{
	if (l->esp->decrypted)
		text_dec(t, l->esp->pad_length);
}

static void esp_tfc(struct text *t, const struct layer *l)
{
	if (l->esp->decrypted)
		text_dec(t, l->esp->tfc_length);
}

static void esp_inside(struct text *t, const struct layer *l)
{
	if (csv_opened(l))
		text_dec(t, l->esp->payload.n - l->esp->tfc_length);
}

static void ip_src(struct text *t, const struct layer *l)
{
	view_addr(t, &l->ip->src);
}

static void ip_dst(struct text *t, const struct layer *l)
{
	view_addr(t, &l->ip->dst);
}

static void ip_protocol(struct text *t, const struct layer *l)
{
	text_dec(t, l->ip->protocol);
}

static void layer_length(struct text *t, const struct layer *l)
{
	text_dec(t, l->whole.n);
}

static void ike_spi_i(struct text *t, const struct layer *l)
{
	view_ike_spi(t, l->ike, IKE_SPI_I);
}

static void ike_spi_r(struct text *t, const struct layer *l)
{
	view_ike_spi(t, l->ike, IKE_SPI_R);
}

static void ike_version_word(struct text *t, const struct layer *l)
{
	text_dec(t, node_uint(l->ike->header, IKE_MAJOR, 0));
	text_char(t, '.');
	text_dec(t, node_uint(l->ike->header, IKE_MINOR, 0));
}

static void ike_exchange(struct text *t, const struct layer *l)
{
	view_ike_exchange(t, l->ike);
}

static void ike_message_id(struct text *t, const struct layer *l)
{
	text_dec(t, node_uint(l->ike->header, IKE_MESSAGE_ID, 0));
}

static void ike_initiator(struct text *t, const struct layer *l)
{
	text_add(t, view_ike_initiator(l->ike) ? "true" : "false");
}

static void ike_response(struct text *t, const struct layer *l)
{
	text_add(t, view_ike_response(l->ike) ? "true" : "false");
}

static void ike_length(struct text *t, const struct layer *l)
{
	text_dec(t, node_uint(l->ike->header, IKE_LENGTH, 0));
}

static void ike_decrypted(struct text *t, const struct layer *l)
{
	if (view_ike_encrypted(l->ike))
		text_add(t, l->ike->decrypted ? "true" : "false");
}

static void ike_icv(struct text *t, const struct layer *l)
{
	if (view_ike_encrypted(l->ike))
		add_word(t, icv_name(l->ike->icv == ICV_NONE ? ICV_UNCHECKED : l->ike->icv));
}

static void ike_fragment(struct text *t, const struct layer *l)
{
	if (!l->ike->total)
		return;
	text_dec(t, l->ike->fragment);
	text_char(t, '/');
	text_dec(t, l->ike->total);
}

static void ike_payloads(struct text *t, const struct layer *l)
{
	struct payloads w = view_payloads(l->ike);
	const char *blank = "";
	for (const struct node *n; (n = view_payload_next(&w)); blank = " ") {
		int type = n->number == PAYLOAD_NOTIFY && ike_version(l->ike) != 1 ?
				   node_field(n->desc, span_text("type")) : -1;
		text_add(t, blank);
		if (type >= 0 && type < n->present) {
			text_add(t, "N(");
			view_value(t, n, (unsigned)type);
			text_char(t, ')');
		} else {
			view_payload_name(t, n, ike_version(l->ike));
		}
	}
}

const struct csv_layer_row csv_layer_words[] = {
	{ OF_PROTECT, "spi", esp_spi, "Security Parameters Index" },
	{ OF_PROTECT, "seq", esp_seq, "sequence number" },
	{ OF_PROTECT, "seq_high", esp_seq_high, "the high half of an extended one" },
	{ OF_PROTECT, "encr", esp_encr, "encryption algorithm, once the SA is known" },
	{ OF_PROTECT, "integ", esp_integ, "integrity algorithm, once the SA is known" },
	{ OF_PROTECT, "icv", esp_icv, "good, bad, unchecked, none" },
	{ OF_PROTECT, "replay", esp_replay, "new, duplicate, too-old, unchecked" },
	{ OF_PROTECT, "mode", esp_mode, "tunnel, transport, beet; once opened" },
	{ OF_PROTECT, "next_header", esp_next, "what is inside; once opened" },
	{ OF_PROTECT, "pad_length", esp_pad, "octets of padding; once opened" },
	{ OF_PROTECT, "tfc_length", esp_tfc, "octets of TFC padding; once opened" },
	{ OF_PROTECT, "inner_length", esp_inside, "octets of what is inside; once opened" },
	{ OF_IP, "src", ip_src, "source address" },
	{ OF_IP, "dst", ip_dst, "destination address" },
	{ OF_IP, "protocol", ip_protocol, "number of what follows" },
	{ OF_IP, "length", layer_length, "octets of the IP packet" },
	{ OF_IKE, "spi_i", ike_spi_i, "the initiator's SPI" },
	{ OF_IKE, "spi_r", ike_spi_r, "the responder's SPI" },
	{ OF_IKE, "version", ike_version_word, "2.0 or 1.0" },
	{ OF_IKE, "exchange", ike_exchange, "IANA's name of the exchange" },
	{ OF_IKE, "message_id", ike_message_id, "message ID" },
	{ OF_IKE, "initiator", ike_initiator, "from the IKE SA's initiator" },
	{ OF_IKE, "response", ike_response, "a response" },
	{ OF_IKE, "length", ike_length, "octets of the message" },
	{ OF_IKE, "decrypted", ike_decrypted, "true, false; empty when nothing is encrypted" },
	{ OF_IKE, "icv", ike_icv, "of the encrypted payload" },
	{ OF_IKE, "fragment", ike_fragment, "number/total" },
	{ OF_IKE, "payloads", ike_payloads, "names of the payloads, notifications by type" },
	{ OF_IKE, NULL, NULL, NULL },
};
