/* SPDX-License-Identifier: BSD-2-Clause
 * ESP, RFC 4303: the packet with a separate integrity algorithm or an AEAD, with
 * implicit IVs (RFC 8750) and extended sequence numbers; the trailer; TFC
 * padding and dummy packets. SAs and windows are protect.c's business. */
#include "ipsec/wire/protect.h"

#include "ipsec/wire/layers.h"
#include "ipsec/wire/wire_private.h"

/*  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |               Security Parameters Index (SPI)                 |
 * +---------------------------------------------------------------+
 * |                      Sequence Number                          |
 * +---------------------------------------------------------------+
 * |  IV, if explicit | Payload Data (+ TFC padding) ~             |
 * |             +-------------------------------------------------+
 * |             |            Padding (0-255 octets)               |
 * +-------------+                 +---------------+---------------+
 * |                               |  Pad Length   | Next Header   |
 * +-------------------------------+---------------+---------------+
 * |         Integrity Check Value (ICV), variable                 |
 * +---------------------------------------------------------------+
 * RFC 4303, 2. What stands between sequence number and ICV is encrypted, but
 * for the IV. */
enum { ESP_HEADER = 8, ESP_TRAILER = 2, SPI_RESERVED_MAX = 255 };

void esp_decode(struct wire *w, struct packet *p)
{
	struct layer *l = packet_push(p, LAYER_ESP, p->rest.n);
	if (!l)
		return;
	struct esp_info *i = l->esp = arena_alloc(p->arena, sizeof *i);
	struct reader r = reader_of(l->octets);
	i->spi = read_u32(&r);
	i->seq = read_u32(&r);
	i->icv = ICV_UNCHECKED;
	i->cut = p->cut;
	if (!p->copy_of)
		w->counts.esp++;
	if (r.bad) {
		protect_short(w, p, "RFC4303-2-02", ESP_HEADER);
		return;
	}
	if (i->spi <= SPI_RESERVED_MAX)
		packet_finding(p, SEVERITY_VIOLATION,
			       i->spi ? "RFC4303-2.1-03" : "RFC4303-2.1-02", l->offset,
			       "SPI %u is reserved, the least is 256", i->spi);
	protect_begin(w, p);
}

/* Associated data of an AEAD: SPI, (high half,) sequence number (RFC 4106, 5). */
static struct span aad_of(struct packet *p, const struct layer *l, bool esn, uint32_t high)
{
	if (!esn)
		return span_part(l->octets, 0, ESP_HEADER);
	uint8_t *b = arena_raw(p->arena, ESP_HEADER + 4);
	struct writer out = writer_of(b, ESP_HEADER + 4);
	write_span(&out, span_part(l->octets, 0, 4));
	write_u32(&out, high);
	write_span(&out, span_part(l->octets, 4, 4));
	return writer_span(&out);
}

/* RFC 8750: the IV is the 64-bit sequence number and does not travel. */
static struct span implicit_iv(struct packet *p, const struct layer *l, uint32_t high)
{
	uint8_t *b = arena_raw(p->arena, 8);
	struct writer out = writer_of(b, 8);
	write_u32(&out, high);
	write_span(&out, span_part(l->octets, 4, 4));
	return writer_span(&out);
}

bool esp_fill(struct packet *p, const struct layer *l, struct cipher *k,
	      uint32_t seq_high, bool esn, struct cipher_job *job)
{
	const struct encr *encr = cipher_encr(k);
	size_t icv = cipher_icv(k);
	struct reader r = reader_of(l->octets);
	read_span(&r, ESP_HEADER);
	l->esp->iv_size = encr->iv;
	l->esp->icv_size = (uint16_t)icv;
	job->cipher = k;
	job->iv = read_span(&r, encr->iv);
	job->icv = read_end_span(&r, icv);
	if (r.bad && !l->esp->told)
		packet_finding(p, SEVERITY_VIOLATION, "RFC4303-2.8-02", l->offset,
			       "%zu octets of ESP, header, IV and ICV of this SA need %zu",
			       l->octets.n, ESP_HEADER + encr->iv + icv);
	l->esp->told |= r.bad;
	if (r.bad)
		return false;
	job->text = read_rest(&r);
	job->aad = aad_of(p, l, esn, seq_high);
	job->authed = span_part(l->octets, 0, l->octets.n - icv);
	job->tail_size = 0;
	if (esn) {
		struct writer tail = writer_of(job->tail, sizeof job->tail);
		write_u32(&tail, seq_high);
		job->tail_size = 4;
	}
	if (encr->implicit_iv)
		job->iv = implicit_iv(p, l, esn ? seq_high : 0);
	job->out = arena_raw(p->arena, job->text.n);
	job->icv_out = NULL;
	job->verdict = ICV_UNCHECKED;
	job->opened = false;
	return true;
}

/* RFC 4303, 2.4: 1, 2, 3 ... */
static bool padding_is_default(struct span padding)
{
	for (size_t k = 0; k < padding.n; k++)
		if (padding.p[k] != k + 1)
			return false;
	return true;
}

/* Where an octet of the plaintext stands in the layer's own buffer: encryption
 * changes octets, not their places. */
static size_t place(const struct layer *l, size_t plain)
{
	return l->offset + ESP_HEADER + l->esp->iv_size + plain;
}

/* Next headers that IPsec carries in practice. */
static bool is_usual(uint8_t next_header)
{
	switch (next_header) {
	case 1: case 2: case 4: case 6: case 17: case 41: case 47: case 50: case 51:
	case 58: case 59: case 89: case 94: case 103: case 108: case 112: case 115: case 132:
		return true;
	default:
		return false;
	}
}

bool esp_plausible(struct span plain)
{
	struct reader r = reader_of(plain);
	uint8_t next_header = read_end_u8(&r);
	struct span padding = read_end_span(&r, read_end_u8(&r));
	return !r.bad && is_usual(next_header) && padding_is_default(padding);
}

static bool read_trailer(struct packet *p, const struct layer *l, struct span plain)
{
	struct esp_info *i = l->esp;
	struct reader r = reader_of(plain);
	i->next_header = read_end_u8(&r);
	i->pad_length = read_end_u8(&r);
	struct span padding = read_end_span(&r, i->pad_length);
	if (r.bad) {
		packet_finding(p, SEVERITY_VIOLATION, "RFC4303-2.5-01",
			       place(l, plain.n < ESP_TRAILER ? 0 : plain.n - ESP_TRAILER),
			       "pad length %u, but only %zu octets stand before the trailer",
			       i->pad_length, plain.n < ESP_TRAILER ? 0 : plain.n - ESP_TRAILER);
		return false;
	}
	i->payload = read_rest(&r);
	i->padding_good = padding_is_default(padding);
	if (!i->padding_good)
		packet_finding(p, SEVERITY_VIOLATION, "RFC4303-2.4-03", place(l, i->payload.n),
			       "the padding is not 1, 2, 3 ...");
	return true;
}

static void check_inside(struct packet *p, const struct layer *l)
{
	const struct esp_info *i = l->esp;
	if (i->mode == SA_MODE_TUNNEL && i->next_header != 4 && i->next_header != 41 &&
	    i->next_header != 59 && i->next_header != 108)
		packet_finding(p, SEVERITY_VIOLATION, "RFC4303-2.6-06",
			       place(l, i->payload.n + i->pad_length + 1),
			       "next header %u in a tunnel mode SA, needs 4 or 41", i->next_header);
	if (i->tfc_length)
		packet_finding(p, SEVERITY_NOTE, "RFC4303-2.7-01",
			       place(l, i->payload.n - i->tfc_length),
			       "%u octets of TFC padding behind the inner packet", i->tfc_length);
}

void esp_inside(struct packet *p, struct layer *l, const struct cipher_job *job)
{
	struct esp_info *i = l->esp;
	struct span plain = span_of(job->out, job->text.n);
	i->decrypted = true;
	if (!packet_buffer(p, plain, "decrypted"))
		return;
	if (!read_trailer(p, l, plain)) {
		packet_data(p);
		return;
	}
	i->mode = protect_mode(i);
	size_t inner = ip_length(i->next_header, i->payload);
	if (inner < i->payload.n)
		i->tfc_length = (uint32_t)(i->payload.n - inner);
	check_inside(p, l);
	packet_limit(p, i->payload.n - i->tfc_length);
	protect_next(p, i);
}
