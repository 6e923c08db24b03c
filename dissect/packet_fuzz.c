/* SPDX-License-Identifier: BSD-2-Clause
 * libFuzzer target: one frame through the packet path, into the views and out of
 * its protection. The first octet picks the link type, whether the capture cut the frame and
 * whether ESP-NULL is guessed; keys of a few SAs are there, of the sample captures too when they are
 * found (IKAT_FUZZ_KEYS names a folder). Seeds: tests/fuzz_seeds.sh. */
#include "dissect/keys.h"
#include "dissect/unwrap.h"
#include "dissect/view.h"
#include "dissect/view_csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const int links[16] = { 1, 101, 113, 276, 0, 108, 229, 147, 9, 50, 51, 239 };

/* ESP and AH of the SPIs that a fuzzer can reach; NULL encryption with an ICV
 * that is not checked opens whatever it finds. */
static const char keys[] =
	"kind,spi_i,spi_r,protocol,spi,src,dst,mode,encr,encr_key,integ,integ_key,prf,esn,window,"
	"secret\n"
	"esp,,,esp,0x00000100,,,,ENCR_NULL,,NONE,,,no,,\n"
	"esp,,,esp,0x00000101,,,,ENCR_NULL,,NONE,,,no,,\n"
	"esp,,,esp,0x00000102,,,tunnel,ENCR_AES_CBC,101112131415161718191a1b1c1d1e1f,NONE,,,no,,\n"
	"esp,,,esp,0x00001000,,,,ENCR_AES_GCM_16,000102030405060708090a0b0c0d0e0fa0a1a2a3,NONE,,,"
	"no,,\n"
	"esp,,,esp,0x00001001,,,,ENCR_AES_GCM_16,000102030405060708090a0b0c0d0e0fa0a1a2a3,NONE,,,"
	"yes,,\n"
	"esp,,,esp,0x00001001,,,,ENCR_AES_GCM_16,ff0102030405060708090a0b0c0d0e0fa0a1a2a3,NONE,,,"
	",,\n"
	"ah,,,ah,0x00003000,,,,,,AUTH_HMAC_SHA2_256_128,"
	"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f,,no,,\n";

/* One for all calls: this is what a fuzz target may keep between them. */
static struct {
	struct crypto *crypto;
	struct keystore store;
	struct arena arena, scratch;
	struct text out;
	struct packet packet;
	struct csv_fields *fields;
	uint8_t plain[UNWRAP_MAX];
} env;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *folder = getenv("IKAT_FUZZ_KEYS");
	struct keys_notes notes;
	struct err e = { 0 };
	(void)argc;
	(void)argv;
	env.crypto = crypto_new(&e);
	env.fields = csv_fields_parse(NULL, &e);
	keystore_init(&env.store);
	keys_notes_init(&notes);
	if (!env.crypto || keys_load_text(&env.store, "keys", span_text(keys), &notes) != 7)
		abort();
	if (folder && !keys_load(&env.store, folder, &notes, &e))
		abort();
	keys_notes_done(&notes);
	return 0;
}

static void show(const struct packet *p)
{
	static const char *const names[] = { "json", "tree", "line", "notation", "csv",
					     "html" };
	struct view_env v = { .out = &env.out, .crypto = env.crypto, .scratch = &env.scratch,
			      .bytes = true, .colour = true, .columns = 80, .fields = env.fields };
	struct unwrapped u;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		env.out.n = 0;
		view_find(names[i])->packet(&v, p);
		arena_reset(&env.scratch);
	}
	unwrap_packet(p, NULL, env.plain, &u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct frame f = {
		.file = "fuzz", .number = 1,
		.captured = (uint32_t)size - 1,
		.length = (uint32_t)size - 1 + (data[0] & 0x80 ? 9 : 0),
		.link = links[data[0] & 15],
		.octets = span_of(data + 1, size - 1),
	};
	struct packet *batch[1] = { &env.packet };
	struct wire *w = wire_new(env.crypto, &env.store,
				  &(struct wire_options){ .esp_null = data[0] & 0x40 });
	for (int again = 0; again < 2; again++) {	/* the second time it is a replay */
		f.number++;
		wire_parse(w, &env.packet, &f, &env.arena);
		wire_open(w, batch, 1);
		wire_finish(w, &env.packet);
		show(&env.packet);
		arena_reset(&env.arena);
	}
	wire_free(w);
	return 0;
}
