/* SPDX-License-Identifier: BSD-2-Clause
 * The packets of esp.csv and ah.csv through the packet path: the wire room must
 * come to what the vectors say, which `ikat vectors` checks with a parser of its
 * own. For AH this is where mutable fields, options and extension headers are
 * tested (RFC 4302, 3.3.3). */
#include "ipsec/base/testing.h"
#include "ipsec/wire/packet.h"
#include "vectors/vectors.h"

enum { LINK_RAW = 12, CHUNK = 64 };	/* DLT_RAW: an IP packet without a link header */

struct rig {
	struct arena arena;
	struct crypto *crypto;
	struct vector_file file;
	struct vector v;	/* the row */
	struct packet packet;
};

static bool rig_read(struct rig *r, const char *path, struct err *e)
{
	memset(r, 0, sizeof *r);
	r->crypto = crypto_new(e);
	r->v = (struct vector){ .file = &r->file, .crypto = r->crypto, .arena = &r->arena };
	return r->crypto && vectors_read(&r->file, path, &r->arena, e);
}

/* A key for any SPI: a changed one must be found by the ICV. */
static void key_of(struct rig *r, bool ah, struct keystore *store)
{
	unsigned long high = 0;
	const char *encr = ah ? "ENCR_NULL" : vector_text(&r->v, "encr");
	bool esn = *vector_text(&r->v, "seq_high");
	if (esn)
		ck_assert(vector_number(&r->v, "seq_high", UINT32_MAX, &high));
	struct sa_key key = {
		.protocol = ah ? PROTOCOL_AH : PROTOCOL_ESP,
		.mode = strcmp(vector_text(&r->v, "mode"), "tunnel") == 0 ? SA_MODE_TUNNEL
									  : SA_MODE_TRANSPORT,
		.encr = encr_by_name(span_text(encr)),
		.integ = integ_by_name(span_text(vector_text(&r->v, "integ"))),
		.encr_key = ah ? span_of(NULL, 0) : vector_octets(&r->v, "encr_key"),
		.integ_key = vector_octets(&r->v, "integ_key"),
		.esn = esn ? ESN_YES : ESN_NO, .seq_high = (uint32_t)high,
	};
	keystore_add_sa(store, &key);
}

static void run_packet(struct rig *r, struct wire *w)
{
	struct span octets = vector_octets(&r->v, "packet");
	struct packet *p = &r->packet, *batch[] = { p };
	struct frame frame = { .file = "x", .number = 1, .link = LINK_RAW, .octets = octets,
			       .captured = (uint32_t)octets.n, .length = (uint32_t)octets.n };
	memset(p, 0, sizeof *p);
	wire_parse(w, p, &frame, &r->arena);
	wire_open(w, batch, 1);
	wire_finish(w, p);
}

static const struct esp_info *protected_layer(const struct packet *p, bool ah)
{
	for (uint32_t i = 0; i < p->layer_count; i++)
		if (p->layers[i].type->kind == (ah ? LAYER_AH : LAYER_ESP))
			return p->layers[i].esp;
	return NULL;
}

/* What is not as the row says; NULL if all is. */
static const char *wrong(struct rig *r, const struct esp_info *esp, bool ah, bool ok)
{
	unsigned long next = 0, tfc = 0;
	if (!esp)
		return "no such layer";
	bool opened = esp->icv == ICV_GOOD || esp->icv == ICV_NONE;
	if (!ok || !opened)
		return opened == ok ? NULL : arena_printf(&r->arena, "ICV %s", icv_name(esp->icv));
	ck_assert(vector_number(&r->v, "next_header", 255, &next));
	if (!ah)
		ck_assert(vector_number(&r->v, "tfc", 65535, &tfc));
	if (esp->next_header != next)
		return arena_printf(&r->arena, "next header %u, expected %lu", esp->next_header,
				    next);
	struct span payload = vector_octets(&r->v, "payload");
	if (!vector_same(&r->v, "payload", span_part(esp->payload, 0, payload.n), payload))
		return r->v.said.text;
	if (esp->tfc_length != tfc)
		return arena_printf(&r->arena, "%u octets of TFC padding, expected %lu",
				    esp->tfc_length, tfc);
	if (!ah && esp->padding_good != (strcmp(vector_text(&r->v, "padding"), "good") == 0))
		return "the padding is judged otherwise";
	return NULL;
}

static const char *run_row(struct rig *r, size_t row, bool ah)
{
	struct keystore store;
	r->v.row = &r->file.table.rows[row];
	r->v.said = (struct err){ 0 };
	keystore_init(&store);
	key_of(r, ah, &store);
	struct wire *w = wire_new(r->crypto, &store, &(struct wire_options){ 0 });
	run_packet(r, w);
	const char *why = wrong(r, protected_layer(&r->packet, ah), ah,
				vectors_expect_ok(&r->file, row));
	wire_free(w);
	keystore_done(&store);
	return why;
}

static void run_chunk(const char *path, int chunk, bool ah)
{
	struct rig r;
	struct err e = { 0 };
	const char *failures = "";
	ck_assert_msg(rig_read(&r, path, &e), "%s", e.text);
	size_t end = ((size_t)chunk + 1) * CHUNK;
	for (size_t i = (size_t)chunk * CHUNK; i < end && i < r.file.table.count; i++) {
		const char *why = run_row(&r, i, ah);
		if (why)
			failures = arena_printf(&r.arena, "%s%s:%zu: %s: %s\n", failures, path,
						r.v.row->line, vector_text(&r.v, "name"), why);
		ck_assert_msg(!r.v.e.set, "%s", r.v.e.text);
	}
	ck_assert_msg(!*failures, "\n%s", failures);
	crypto_free(r.crypto);
	arena_done(&r.arena);
}

static const char esp_path[] = "vectors/esp.csv", ah_path[] = "vectors/ah.csv";

START_TEST(esp)
{
	run_chunk(esp_path, _i, false);
}
END_TEST

START_TEST(ah)
{
	run_chunk(ah_path, _i, true);
}
END_TEST

/* Chunks of a file's rows; 0 if it cannot be read, which its first case tells. */
static int chunks(const char *path)
{
	struct rig r;
	struct err e = { 0 };
	size_t count = rig_read(&r, path, &e) ? r.file.table.count : CHUNK;
	crypto_free(r.crypto);
	arena_done(&r.arena);
	return (int)((count + CHUNK - 1) / CHUNK);
}

int main(void)
{
	Suite *s = suite_create("vectors on the packet path");
	TCase *c = tcase_create("packets");
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, esp, 0, chunks(esp_path));
	tcase_add_loop_test(c, ah, 0, chunks(ah_path));
	suite_add_tcase(s, c);
	return testing_run(s);
}
