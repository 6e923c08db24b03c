/* SPDX-License-Identifier: BSD-2-Clause
 * What the tests of this room share: sample messages as octets, lists of
 * payloads as text, keys of the captures (from their ikev2_decryption_table). */
#ifndef IKAT_IKE_HELPERS_TEST_H
#define IKAT_IKE_HELPERS_TEST_H

#include "ipsec/base/testing.h"
#include "ipsec/base/text.h"
#include "ipsec/ike/messages_test.h"
#include "ipsec/ike/payload.h"

static inline struct span unhex(const char *hex, struct arena *a)
{
	size_t n = strlen(hex) / 2;
	uint8_t *p = arena_raw(a, n + 1);
	ck_assert_msg(span_unhex(span_text(hex), p, n), "bad hex: %s", hex);
	return span_of(p, n);
}

static inline struct span sample_octets(const char *capture, unsigned frame, struct arena *a)
{
	for (size_t i = 0; i < SAMPLES; i++)
		if (samples[i].frame == frame && strcmp(samples[i].capture, capture) == 0)
			return unhex(samples[i].hex, a);
	ck_abort_msg("no sample %s %u", capture, frame);
	return span_of(NULL, 0);
}

/* "SA KE NOTIFY=COOKIE" as in struct sample; SK and SKF are replaced by `inner`. */
static inline void list_payloads(struct text *t, const struct node *n, int version,
				 const struct node *inner)
{
	for (; n; n = n->next) {
		const char *name = ike_payload_name(n->number, version);
		if (n->number == PAYLOAD_SK || n->number == PAYLOAD_SKF) {
			list_payloads(t, inner, version, NULL);
			continue;
		}
		if (t->n)
			text_char(t, ' ');
		text_add(t, name ? name : "?");
		if (n->number != PAYLOAD_NOTIFY || version != 2)
			continue;
		const char *type = names_word(&reg_notify, (uint32_t)node_uint(n, NOTIFY_TYPE, 0));
		text_char(t, '=');
		text_add(t, type ? type : "?");
	}
}

static inline const char *payload_list(const struct ike_message *m, struct arena *a)
{
	struct text t = { 0 };
	list_payloads(&t, m->payloads, ike_version(m), m->inner);
	const char *s = arena_text(a, span_of(t.p, t.n));
	text_done(&t);
	return s;
}

/* The findings of at least this severity, as text; "" for none. */
static inline const char *finding_list(const struct findings *fs, enum severity least,
				       struct arena *a)
{
	const char *s = "";
	for (const struct finding *f = fs->first; f; f = f->next)
		if (f->severity >= least)
			s = arena_printf(a, "%s[%s %u: %s]", s,
					 f->requirement ? f->requirement : "-", f->offset, f->text);
	return s;
}

static inline bool found(const struct findings *fs, const char *requirement)
{
	for (const struct finding *f = fs->first; f; f = f->next)
		if (f->requirement && strcmp(f->requirement, requirement) == 0)
			return true;
	return false;
}

/* Encodes and compares. */
static inline bool same_octets(const struct ike_message *m, struct span octets)
{
	uint8_t *out = malloc(octets.n + 64);
	struct writer w = writer_of(out, octets.n + 64);
	ike_message_encode(m, &w);
	bool same = !w.bad && span_equal(writer_span(&w), octets);
	free(out);
	return same;
}

struct sample_key {
	const char *capture, *spi_i, *spi_r, *sk_ei, *sk_er, *sk_ai, *sk_ar;
	uint16_t encr, integ;
};

#define OLD_I "6b1f4ff9f73f0830"
#define OLD_R "d826a90da96ccbbe"
static const struct sample_key sample_keys[] = {
	{ "tunnel-gcm", "e8a5ee1b0e15210d", "7c8eb5b9f1532c42",
	  "a8b2a66912b2e00b1d7e9b2239361fe0", "0ba5f34dbd09c8013cd76e3bf1a1069d",
	  "444775a5993e0e725bf20bdeb6f4d029d9dcd54a856d8a3718abbffd5470c35d",
	  "c35343c2c209261ed55bcc4f22ac8651294e5642b0a1d6c011d0c41835f5821c", 12, 12 },
	{ "ipv6-tunnel", "9a5f48f09731a4c6", "f14c0ffac58301fb",
	  "968f241fa074e22dc34e3e5918160a1a1d23862594512e56ccbdd0b53794da73d52d33cb",
	  "5aee989f4bc78ef33c3bb9bf096e02a9abb639654d001c8cfc91cb3be7e525db5ce0b7de",
	  "", "", 20, 0 },
	{ "cert-fragmented", "02afba1afbf7f366", "ce3e484ebf367df4",
	  "63822cfea937bf9e1f70a780aee3a6da", "ab9a6b6509297a8dc717e187cbb71214",
	  "9f39f2406d8f6f8bd36107970f9f35f92f10db5a10dc4c68ae0815065f7ddf3d",
	  "d64568f9e90c7e02f1aca2e76269382f263cac3cff7fd5d779fbe9c4120665ec", 12, 12 },
	{ "rekey-pfs", OLD_I, OLD_R,
	  "565ad18828670599ec43987ef0fc380d", "d713b091534c1db117f990566df15d5a",
	  "187b46169a5bfff84b450c83f912d9b7f985baf594ac44dc08b227e0a634c44b",
	  "d38a62f77c1a5d382cc59744549341a1cc8d02d6ba8c5a6fa849063d1f58a7f0", 12, 12 },
	{ "rekey-pfs", OLD_I, OLD_R,	/* really of the new SA */
	  "c333edc0e34573ad08494ec95f19a4c1", "f857865c93877b9b95915a69d9a61178",
	  "0d4ffbe2f3d134ecb9978e7d7f9147841f69e61727fc8293f366da4fbf608ca9",
	  "34b6df8bf83ce039ad878fe7cced8a71fc3506407b09ad1382d38c19f3d95fdf", 12, 12 },
};
enum { SAMPLE_KEYS = sizeof sample_keys / sizeof sample_keys[0] };

#endif
