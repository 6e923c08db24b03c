/* SPDX-License-Identifier: BSD-2-Clause
 * For the tests of ESP and AH: a whole packet path with the SAs of
 * tests/make_sealed.py, fed with batches of its packets. What became of a batch
 * is told in one line, "ipv4 esp:good:new icmp; ..." */
#ifndef IKAT_WIRE_PROTECT_TESTING_H
#define IKAT_WIRE_PROTECT_TESTING_H

#include "ipsec/base/testing.h"
#include "ipsec/base/text.h"
#include "ipsec/wire/packet.h"
#include "ipsec/wire/sealed_testing.h"

enum { PATH_BATCH = 16, PATH_RAW = 101 /* raw IP */ };

struct path {
	struct crypto *crypto;
	struct keystore store;
	struct wire *wire;
	struct arena arena;
	struct packet packets[PATH_BATCH];
	size_t count;		/* in the batch that was read last */
	uint64_t frames;
	struct text text;
};

#define PATH_GCM_KEY	"000102030405060708090a0b0c0d0e0fa0a1a2a3"
#define PATH_GCM_KEY_2	"404142434445464748494a4b4c4d4e4fa0a1a2a3"
#define PATH_CBC_KEY	"101112131415161718191a1b1c1d1e1f"
#define PATH_MAC_KEY	"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define PATH_AH_KEY	"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"

/* One row of keys; an AH row has no encr. */
struct path_key {
	uint32_t spi;
	const char *encr, *encr_key, *integ, *integ_key;
	enum esn esn;
	enum sa_mode mode;
	uint32_t seq_high;
};

static const struct path_key path_keys[] = {
	{ .spi = 0x1000, .encr = "ENCR_AES_GCM_16", .encr_key = PATH_GCM_KEY, .esn = ESN_NO },
	{ .spi = 0x1001, .encr = "ENCR_AES_GCM_16", .encr_key = PATH_GCM_KEY, .esn = ESN_YES },
	{ .spi = 0x1002, .encr = "ENCR_AES_CBC", .encr_key = PATH_CBC_KEY,
	  .integ = "AUTH_HMAC_SHA2_256_128", .integ_key = PATH_MAC_KEY, .esn = ESN_NO },
	{ .spi = 0x1003, .encr = "ENCR_AES_CBC", .encr_key = PATH_CBC_KEY,
	  .integ = "AUTH_HMAC_SHA2_256_128", .integ_key = PATH_MAC_KEY, .esn = ESN_YES },
	{ .spi = 0x1004, .encr = "ENCR_NULL", .encr_key = "",
	  .integ = "AUTH_HMAC_SHA2_256_128", .integ_key = PATH_MAC_KEY, .esn = ESN_NO },
	{ .spi = 0x1005, .encr = "ENCR_AES_GCM_16", .encr_key = PATH_GCM_KEY, .esn = ESN_NO,
	  .mode = SA_MODE_TUNNEL },
	{ .spi = 0x1007, .encr = "ENCR_AES_GCM_16", .encr_key = PATH_GCM_KEY, .esn = ESN_NO,
	  .mode = SA_MODE_BEET },
	{ .spi = 0, .encr = "ENCR_AES_GCM_16", .encr_key = PATH_GCM_KEY },
	{ .spi = 255, .encr = "ENCR_AES_GCM_16", .encr_key = PATH_GCM_KEY },
	{ .spi = 0x3000, .integ = "AUTH_HMAC_SHA2_256_128", .integ_key = PATH_AH_KEY,
	  .esn = ESN_NO },
	{ .spi = 0x3001, .integ = "AUTH_HMAC_SHA2_256_128", .integ_key = PATH_AH_KEY,
	  .esn = ESN_YES, .seq_high = 3 },
	{ .spi = 0x3006, .integ = "AUTH_HMAC_SHA2_256_128", .integ_key = PATH_AH_KEY,
	  .esn = ESN_NO },
};

static inline struct span path_unhex(struct path *t, const char *hex)
{
	size_t n = strlen(hex) / 2;
	uint8_t *b = arena_raw(&t->store.arena, n);
	ck_assert(span_unhex(span_text(hex), b, n));
	return span_of(b, n);
}

static inline void path_add(struct path *t, const struct path_key *k)
{
	struct sa_key row = {
		.protocol = k->encr ? PROTOCOL_ESP : PROTOCOL_AH,
		.spi = k->spi, .spi_mask = 0xffffffff, .esn = k->esn, .mode = k->mode,
		.seq_high = k->seq_high,
		.encr = encr_by_name(span_text(k->encr ? k->encr : "ENCR_NULL")),
		.integ = integ_by_name(span_text(k->integ ? k->integ : "NONE")),
		.encr_key = path_unhex(t, k->encr_key ? k->encr_key : ""),
		.integ_key = path_unhex(t, k->integ_key ? k->integ_key : ""),
	};
	ck_assert_ptr_nonnull(row.encr);
	ck_assert_ptr_nonnull(row.integ);
	ck_assert_ptr_nonnull(keystore_add_sa(&t->store, &row));
}

/* A packet path with the given keys; without any, those of path_keys. */
static inline struct path *path_new(const struct path_key *keys, size_t count, uint32_t window)
{
	struct path *t = calloc(1, sizeof *t);
	struct err e = { 0 };
	ck_assert_ptr_nonnull(t);
	keystore_init(&t->store);
	t->crypto = crypto_new(&e);
	ck_assert_msg(t->crypto != NULL, "%s", e.text);
	for (size_t i = 0; keys && i < count; i++)
		path_add(t, &keys[i]);
	for (size_t i = 0; !keys && i < sizeof path_keys / sizeof *path_keys; i++)
		path_add(t, &path_keys[i]);
	t->wire = wire_new(t->crypto, &t->store, &(struct wire_options){ .window = window });
	return t;
}

/* The same path with other options. */
static inline void path_options(struct path *t, const struct wire_options *o)
{
	wire_free(t->wire);
	t->wire = wire_new(t->crypto, &t->store, o);
}

static inline void path_free(struct path *t)
{
	wire_free(t->wire);
	keystore_done(&t->store);
	crypto_free(t->crypto);
	arena_done(&t->arena);
	text_done(&t->text);
	free(t);
}

/* The packet of that name, in the arena of the batch. */
static inline struct span path_packet(struct path *t, struct span name)
{
	for (size_t i = 0; i < sizeof sealed_packets / sizeof *sealed_packets; i++)
		if (span_equal(name, span_text(sealed_packets[i].name))) {
			size_t n = strlen(sealed_packets[i].hex) / 2;
			uint8_t *b = arena_raw(&t->arena, n);
			ck_assert(span_unhex(span_text(sealed_packets[i].hex), b, n));
			return span_of(b, n);
		}
	ck_abort_msg("no packet \"%.*s\"", (int)name.n, (const char *)name.p);
	return name;
}

/* Puts a frame into the batch, captured only as far as `captured`. */
static inline struct packet *path_parse(struct path *t, struct span octets, size_t captured)
{
	ck_assert(t->count < PATH_BATCH);
	struct packet *p = &t->packets[t->count++];
	struct frame f = { .file = "test", .number = ++t->frames, .link = PATH_RAW,
			   .captured = (uint32_t)captured, .length = (uint32_t)octets.n,
			   .octets = span_part(octets, 0, captured) };
	wire_parse(t->wire, p, &f, &t->arena);
	return p;
}

static inline void path_finish(struct path *t)
{
	struct packet *batch[PATH_BATCH];
	for (size_t i = 0; i < t->count; i++)
		batch[i] = &t->packets[i];
	wire_open(t->wire, batch, t->count);
	for (size_t i = 0; i < t->count; i++)
		wire_finish(t->wire, batch[i]);
}

static inline void path_begin(struct path *t)
{
	t->count = 0;
	arena_reset(&t->arena);
}

static inline void path_say_layer(struct path *t, const struct layer *l)
{
	text_add(&t->text, l->type->name);
	if (l->type->kind != LAYER_ESP && l->type->kind != LAYER_AH)
		return;
	text_printf(&t->text, ":%s", icv_name(l->esp->icv));
	if (l->esp->replay != REPLAY_UNCHECKED)
		text_printf(&t->text, ":%s", replay_name(l->esp->replay));
	if (l->esp->seq_high && l->esp->icv == ICV_GOOD)
		text_printf(&t->text, ":%u", l->esp->seq_high);
}

/* The octets that an echo request carries. */
static inline bool path_is_echo_data(const struct packet *p, uint32_t k)
{
	enum layer_kind below = k ? p->layers[k - 1].type->kind : LAYER_DATA;
	return p->layers[k].type->kind == LAYER_DATA &&
	       (below == LAYER_ICMP || below == LAYER_ICMPV6);
}

/* What became of the batch, without the data of echo requests; good until the
 * next call. */
static inline const char *path_text(struct path *t)
{
	t->text.n = 0;
	for (size_t i = 0; i < t->count; i++)
		for (uint32_t k = 0; k < t->packets[i].layer_count; k++) {
			if (path_is_echo_data(&t->packets[i], k))
				continue;
			text_add(&t->text, k ? " " : i ? "; " : "");
			path_say_layer(t, &t->packets[i].layers[k]);
		}
	text_char(&t->text, '\0');
	return t->text.p;
}

/* Reads the packets of one batch, names with commas between them. */
static inline const char *path_batch(struct path *t, const char *names)
{
	path_begin(t);
	for (const char *next; *names; names = next) {
		size_t n = strcspn(names, ",");
		struct span octets = path_packet(t, span_of(names, n));
		path_parse(t, octets, octets.n);
		next = names + n + (names[n] == ',');
	}
	path_finish(t);
	return path_text(t);
}

/* The first finding of the last batch with that requirement, or NULL. */
static inline const struct finding *path_rule(const struct path *t, const char *rule)
{
	for (size_t i = 0; i < t->count; i++)
		for (const struct finding *f = t->packets[i].findings.first; f; f = f->next)
			if (f->requirement && strcmp(f->requirement, rule) == 0)
				return f;
	return NULL;
}

static inline size_t path_violations(const struct path *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->count; i++)
		for (const struct finding *f = t->packets[i].findings.first; f; f = f->next)
			n += f->severity == SEVERITY_VIOLATION;
	return n;
}

#endif
