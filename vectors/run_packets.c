/* SPDX-License-Identifier: BSD-2-Clause
 * Vectors of whole packets with ESP (RFC 4303) and AH (RFC 4302). The packet is
 * taken apart here, from the offset that the row gives, and not by the wire
 * room: the vectors test the ciphers' use and are data for that room's tests.
 * What AH covers is given by the row as well. */
#include "ipsec/base/reader.h"
#include "ipsec/crypto/cipher.h"
#include "vectors/vectors.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |                              SPI                              |
 * +---------------------------------------------------------------+
 * |                        Sequence Number                        |
 * +---------------------------------------------------------------+
 * |  IV, text with padding, pad length and next header, ICV  ...   |
 * +---------------------------------------------------------------+
 */
struct esp {
	struct span header, iv, text, icv, authed;
	uint8_t high[4];	/* of the sequence number; with ESN only */
	bool esn;
	uint8_t implicit[8];	/* IV of RFC 8750 */
	uint8_t aad[12];
	size_t aad_size;
};

static struct cipher *row_cipher(struct vector *v, const char *encr_name)
{
	struct err e = { 0 };
	const struct encr *encr = encr_by_name(span_text(encr_name));
	const struct integ *integ = integ_by_name(span_text(vector_text(v, "integ")));
	if (!encr || !integ) {
		err_set(&v->e, "%s with %s: not known", encr_name, vector_text(v, "integ"));
		return NULL;
	}
	bool ah = strcmp(v->file->kind->name, "ah") == 0;
	struct span key = ah ? span_of(NULL, 0) : vector_octets(v, "encr_key");
	struct cipher *k = cipher_new(v->crypto, encr, integ, key,
				      vector_octets(v, "integ_key"), &e);
	if (!k)
		err_set(&v->said, "%s", e.text);
	return k;
}

/* The high half of the sequence number, big-endian; false: the SA has no ESN. */
static bool read_high(struct vector *v, uint8_t out[4])
{
	unsigned long n = 0;
	if (!*vector_text(v, "seq_high") || !vector_number(v, "seq_high", UINT32_MAX, &n))
		return false;
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(n >> (24 - 8 * i));
	return true;
}

static struct reader at_offset(struct vector *v, const char *column)
{
	unsigned long offset = 0;
	struct reader r = reader_of(vector_octets(v, "packet"));
	if (vector_number(v, column, 65535, &offset))
		read_span(&r, offset);
	return r;
}

/* ---- ESP ---- */

static bool esp_parse(struct vector *v, const struct cipher *k, struct esp *esp)
{
	struct reader r = at_offset(v, "esp_offset");
	const struct encr *row = cipher_encr(k);
	struct span rest = span_of(r.p, reader_left(&r));
	esp->esn = read_high(v, esp->high);
	esp->header = read_span(&r, 8);
	esp->iv = read_span(&r, row->iv);
	esp->icv = read_end_span(&r, cipher_icv(k));
	esp->text = read_rest(&r);
	if (r.bad)
		return false;
	esp->authed = span_part(rest, 0, rest.n - esp->icv.n);
	/* RFC 4106, 5: SPI, then the whole sequence number */
	struct span parts[] = { span_part(esp->header, 0, 4),
				span_of(esp->high, esp->esn ? 4 : 0), span_from(esp->header, 4) };
	for (size_t i = 0; i < 3; i++) {
		memcpy(esp->aad + esp->aad_size, parts[i].p, parts[i].n);
		esp->aad_size += parts[i].n;
	}
	if (row->implicit_iv) {	/* RFC 8750, 4: the sequence number, 64 bits */
		memcpy(esp->implicit, esp->high, 4);
		memcpy(esp->implicit + 4, esp->header.p + 4, 4);
		esp->iv = span_of(esp->implicit, 8);
	}
	return true;
}

static struct cipher_job esp_job(const struct esp *esp, struct cipher *k)
{
	struct cipher_job job = { .cipher = k, .iv = esp->iv,
				  .aad = span_of(esp->aad, esp->aad_size), .authed = esp->authed };
	job.tail_size = esp->esn ? 4 : 0;
	memcpy(job.tail, esp->high, 4);
	return job;
}

/* Padding, pad length, next header (RFC 4303, 2.4 to 2.6); what is left is the
 * payload and traffic flow padding. */
static enum vector_outcome esp_inside(struct vector *v, struct span opened)
{
	unsigned long tfc = 0, next = 0;
	struct reader r = reader_of(opened);
	uint8_t found = read_end_u8(&r), pad = read_end_u8(&r);
	struct span padding = read_end_span(&r, pad), body = read_rest(&r);
	bool good = true;
	if (r.bad) {
		err_set(&v->said, "pad length %u in %zu octets", pad, opened.n);
		return VECTOR_REFUSED;
	}
	for (size_t i = 0; i < padding.n; i++)
		good &= padding.p[i] == (uint8_t)(i + 1);
	if (!vector_number(v, "tfc", 65535, &tfc) || !vector_number(v, "next_header", 255, &next))
		return VECTOR_WRONG;
	if (found != next || strcmp(vector_text(v, "padding"), good ? "good" : "bad") != 0) {
		err_set(&v->said, "next header %u (expected %lu), padding %s", found, next,
			good ? "good" : "bad");
		return VECTOR_WRONG;
	}
	struct span payload = vector_octets(v, "payload");
	if (body.n < tfc || !span_is_zero(span_from(body, body.n - tfc))) {
		err_set(&v->said, "%zu octets, of which %lu of traffic flow padding", body.n, tfc);
		return VECTOR_WRONG;
	}
	return vector_same(v, "payload", span_part(body, 0, body.n - tfc), payload)
		       ? VECTOR_ACCEPTED : VECTOR_WRONG;
}

/* The opened text, sealed again, must give the octets of the packet. */
static enum vector_outcome esp_again(struct vector *v, const struct esp *esp,
				     struct cipher *k, struct span opened)
{
	struct span all = esp->authed;
	uint8_t *copy = arena_alloc(v->arena, all.n + 1);
	uint8_t *icv = arena_alloc(v->arena, esp->icv.n + 1);
	struct cipher_job job = esp_job(esp, k);
	memcpy(copy, all.p, all.n - opened.n);
	job.authed = span_of(copy, all.n);
	job.text = opened;
	job.out = copy + (all.n - opened.n);
	job.icv_out = icv;
	if (!cipher_seal(&job)) {
		err_set(&v->said, "sealing was refused");
		return VECTOR_WRONG;
	}
	return vector_same(v, "sealed", span_of(copy, all.n), all) &&
	       vector_same(v, "ICV", span_of(icv, esp->icv.n), esp->icv) ? VECTOR_ACCEPTED
									  : VECTOR_WRONG;
}

static enum vector_outcome esp_open(struct vector *v, struct cipher *k)
{
	struct esp esp = { 0 };
	if (!esp_parse(v, k, &esp)) {
		err_set(&v->said, "too short for its IV and ICV");
		return VECTOR_REFUSED;
	}
	struct cipher_job job = esp_job(&esp, k);
	job.text = esp.text;
	job.icv = esp.icv;
	job.out = arena_alloc(v->arena, esp.text.n + 1);
	cipher_open(&job, 1);
	if (!job.opened) {
		err_set(&v->said, "refused: ICV %s", icv_name(job.verdict));
		return VECTOR_REFUSED;
	}
	struct span opened = span_of(job.out, esp.text.n);
	enum vector_outcome outcome = esp_inside(v, opened);
	return outcome == VECTOR_ACCEPTED ? esp_again(v, &esp, k, opened) : outcome;
}

enum vector_outcome vector_esp(struct vector *v)
{
	struct cipher *k = row_cipher(v, vector_text(v, "encr"));
	if (!k)
		return VECTOR_REFUSED;
	enum vector_outcome outcome = esp_open(v, k);
	cipher_free(k);
	return outcome;
}

/* ---- AH ---- */

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |  Next Header  |  Payload Len  |           RESERVED            |
 * +---------------+---------------+-------------------------------+
 * |                              SPI                              |
 * +---------------------------------------------------------------+
 * |                        Sequence Number                        |
 * +---------------------------------------------------------------+
 * |     IV (GMAC only, RFC 4543), ICV, padding                    |
 * +---------------------------------------------------------------+
 */
static enum vector_outcome ah_open(struct vector *v, struct cipher *k)
{
	unsigned long next = 0;
	uint8_t none = 0;
	struct cipher_job job = { .cipher = k, .text = span_of(&none, 0), .out = &none,
				  .authed = vector_octets(v, "authed") };
	struct reader r = at_offset(v, "ah_offset");
	uint8_t found = read_u8(&r);
	struct reader ah = reader_of(read_span(&r, (read_u8(&r) + 2u) * 4 - 2));
	read_span(&ah, 10);
	job.iv = read_span(&ah, cipher_integ(k)->iv);
	job.icv = read_span(&ah, cipher_icv(k));
	if (r.bad || ah.bad) {
		err_set(&v->said, "too short for its ICV");
		return VECTOR_REFUSED;
	}
	job.tail_size = read_high(v, job.tail) ? 4 : 0;
	cipher_open(&job, 1);
	if (!job.opened) {
		err_set(&v->said, "refused: ICV %s", icv_name(job.verdict));
		return VECTOR_REFUSED;
	}
	if (!vector_number(v, "next_header", 255, &next) || found != next) {
		err_set(&v->said, "next header %u, expected %lu", found, next);
		return VECTOR_WRONG;
	}
	return vector_same(v, "payload", read_rest(&r), vector_octets(v, "payload"))
		       ? VECTOR_ACCEPTED : VECTOR_WRONG;
}

enum vector_outcome vector_ah(struct vector *v)
{
	struct cipher *k = row_cipher(v, "ENCR_NULL");
	if (!k)
		return VECTOR_REFUSED;
	enum vector_outcome outcome = ah_open(v, k);
	cipher_free(k);
	return outcome;
}
