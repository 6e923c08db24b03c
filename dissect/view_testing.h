/* SPDX-License-Identifier: BSD-2-Clause
 * For the tests of the views: frames through the whole packet path into a view,
 * and the text that comes out. The frames are real traffic, from
 * captures/samples/tunnel-gcm.pcap (strongSwan 5.9.8, Linux 6.1). */
#ifndef IKAT_DISSECT_VIEW_TESTING_H
#define IKAT_DISSECT_VIEW_TESTING_H

#include "dissect/view_csv.h"
#include "dissect/view_private.h"
#include "ipsec/base/testing.h"

#include <stdio.h>

/* Frame 1: IKE_SA_INIT request. */
#define FRAME_IKE \
	"3aeea2e2216c46f96299c1a30800450001ec164c400040119eb1c0000201c000020201f401f401d885ede8a5" \
	"ee1b0e15210d00000000000000002120220800000000000001d0220000300000002c010100040300000c0100" \
	"000c800e0080030000080300000c0300000802000005000000080400000e28000108000e00006621c6e1cf86" \
	"c9bb9f653de84abd2bbdc12e613ad87ba49e42f8b1420bb106fbb5dd8a57eb9c54cf35c44a837bafccdef73b" \
	"436220e6212a7208d52edb44d4cd968b97d5e5196d8e75f8793fd18568adaf8ecd98c01ac1165a1ef31b04aa" \
	"d0556581cbdbb8f842e625d755d89e925a880fbc2663dae0abf846fb8fbda0139998d95db358e963f202d46a" \
	"639d4e722cce8c1ebabec222339893dc688a4c272cbbb9aa6e579d23d55461bff765137ddcb96eb59f084a11" \
	"7a2d584cdb78ad26ac572cbfe75da9356c6605b9357ef4edb526cec63ca100afefc23e18437e8bd903791bba" \
	"a32cf97491207049dae4e23d7a009f8e5dd45cfdcc99a31ad56646b02677290000248c2b6e202fdbbc6609a1" \
	"e4fe7258b346fd09dff583391e28f7252ba3369b6a282900001c00004004558769d140906876da1809e9aead" \
	"60bf30b89ca82900001c00004005eb998bcef2b7aa4851e58b65f3f93ee3999c952f290000080000402e2900" \
	"00100000402f00020003000400050000000800004016"
/* Frame 5: ESP, AES-GCM-128, tunnel mode, an ICMP echo request inside. */
#define FRAME_ESP \
	"3aeea2e2216c46f96299c1a308004500008c000040004032b63cc0000201c0000202ca50b39b00000001f30c" \
	"363cfc7825897a524301e9e9ecf882cdb6730d39bc4258ea94ebd6c3507eb5cc4b3aaa859189686b72e6fa26" \
	"a6c6ddf01e3806ec9b3484341d565e038e8022031c8941987f1158191a9dcf7e089d64c3ac5e5f57cf4583b7" \
	"0042b9b6a604c606dc08bfc558000db778c02b933b47"
#define FRAME_ESP_KEY "6dee53843dd011fe8f00f7508454896e56e9fc5f"

enum { FRAME_OCTETS_MAX = 2048 };

struct view_rig {
	struct arena arena, scratch;
	struct crypto *crypto;
	struct keystore store;
	struct wire *wire;
	struct text out;
	struct view_env env;
	struct frame frame;		/* set file, time ... before rig_show() */
	struct packet packet;
	uint8_t octets[FRAME_OCTETS_MAX];
};

static inline struct view_rig *rig_new(void)
{
	struct view_rig *r = calloc(1, sizeof *r);
	struct err e = { 0 };
	struct wire_options options = { 0 };
	ck_assert_ptr_nonnull(r);
	keystore_init(&r->store);
	r->crypto = crypto_new(&e);
	ck_assert_msg(r->crypto != NULL, "%s", e.text);
	r->wire = wire_new(r->crypto, &r->store, &options);
	r->env = (struct view_env){ .out = &r->out, .crypto = r->crypto,
				    .scratch = &r->scratch, .columns = 80,
				    .fields = csv_fields_parse(NULL, &e) };
	r->frame = (struct frame){ .file = "x.pcap", .link = 1 };
	return r;
}

static inline void rig_free(struct view_rig *r)
{
	csv_fields_free(r->env.fields);
	wire_free(r->wire);
	keystore_done(&r->store);
	crypto_free(r->crypto);
	text_done(&r->out);
	arena_done(&r->arena);
	arena_done(&r->scratch);
	free(r);
}

/* The key of FRAME_ESP. */
static inline void rig_key(struct view_rig *r)
{
	uint8_t key[20];
	ck_assert(span_unhex(span_text(FRAME_ESP_KEY), key, sizeof key));
	struct sa_key row = { .protocol = PROTOCOL_ESP, .spi = 0xca50b39b, .spi_mask = UINT32_MAX,
			      .encr = encr_find(20), .integ = integ_find(0),
			      .encr_key = span_of(key, sizeof key) };
	ck_assert_ptr_nonnull(keystore_add_sa(&r->store, &row));
	sadb_keys_changed(wire_sadb(r->wire));
}

/* Shows r->frame with these octets; appends to r->out. */
static inline void rig_show_octets(struct view_rig *r, const char *view, struct span octets)
{
	struct packet *p = &r->packet;
	const struct view *v = view_find(view);
	ck_assert_ptr_nonnull(v);
	r->frame.number++;
	r->frame.octets = octets;
	r->frame.captured = r->frame.length = (uint32_t)octets.n;
	wire_parse(r->wire, p, &r->frame, &r->arena);
	wire_open(r->wire, &p, 1);
	wire_finish(r->wire, p);
	v->packet(&r->env, p);
	arena_reset(&r->scratch);
	arena_reset(&r->arena);
}

static inline struct span rig_octets(struct view_rig *r, const char *hex)
{
	size_t n = strlen(hex) / 2;
	ck_assert_uint_le(n, sizeof r->octets);
	ck_assert(span_unhex(span_text(hex), r->octets, n));
	return span_of(r->octets, n);
}

/* The text of one frame, with a NUL behind it. */
static inline const char *rig_show(struct view_rig *r, const char *view, const char *hex)
{
	r->out.n = 0;
	rig_show_octets(r, view, rig_octets(r, hex));
	text_char(&r->out, '\0');
	r->out.n--;
	return r->out.p;
}

/* Hostile frames: the two above with octets changed, cut, and text from outside
 * in the worst places. Calls f for each of n. The same ones in every run. */
static inline void rig_mutants(struct view_rig *r, size_t n,
			       void (*f)(struct view_rig *r, struct span octets))
{
	uint32_t x = 2463534242u;	/* xorshift */
	for (size_t i = 0; i < n; i++) {
		struct span s = rig_octets(r, i % 4 ? FRAME_IKE : FRAME_ESP);
		for (unsigned k = 0; k < 1 + i % 5; k++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			size_t from = i % 3 ? 42 : 0;	/* spare the headers below, mostly */
			r->octets[from + x % (s.n - from)] = (uint8_t)(x >> 24);
		}
		f(r, i % 7 ? s : span_part(s, 0, x % s.n));
	}
}

#endif
