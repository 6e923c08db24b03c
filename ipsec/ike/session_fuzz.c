/* SPDX-License-Identifier: BSD-2-Clause
 * libFuzzer target: the input is a conversation, taken by a session that keeps few
 * SAs. Each datagram is preceded by an octet that says where it comes from and
 * which of a few SPI pairs is put into its header, and by its size in 2 octets. The
 * keys of those pairs encrypt nothing, so that the input reaches what is inside of
 * SK; the secrets are those of a sample capture. After each message all that can
 * be reached from the SAs is looked at. */
#include "ipsec/crypto/prf.h"
#include "ipsec/ike/session_private.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PAIRS = 4, SAS = 6, DATAGRAMS = 400,
	FROM_R = 1, FLOATED = 2, PATCHED = 4, MOVED = 8, COPY = 16, PAIR_SHIFT = 5,
};

static const struct {
	enum secret_kind kind;
	const char *hex;
} secrets[] = {
	{ SECRET_SKEYSEED, "861685f537e6b5778c285b02315517302660058da04ec16755e32bf64ba5f650" },
	{ SECRET_DH, "6c26403a57d649b8f7162a2e7baa0d3ace0e987f83d5077c3bfe5ddb62c50c8e" },
	{ SECRET_DH, "a6637952ef4d050a5ae8b1f3b9a6dfbbc6b88bf274c10101b3ae514b48d6b673" },
	{ SECRET_PSK, "6c61622d70736b" },
	{ SECRET_PPK, "00112233445566778899aabbccddeeff" },
	{ SECRET_SK_D, "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f" },
	{ SECRET_SKEYID_E, "00112233445566778899aabbccddeeff00112233" },
};

static void pair_of(unsigned number, uint8_t spis[16])
{
	memset(spis, 0x11, 8);
	memset(spis + 8, 0x22, 8);
	spis[7] = spis[15] = (uint8_t)number;
}

static void load(struct keystore *s)
{
	keystore_init(s);
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		uint8_t octets[64];
		struct span hex = span_text(secrets[i].hex);
		struct ike_secret row = { .origin = { "secrets", i, NULL }, .kind = secrets[i].kind,
					  .secret = span_of(octets, hex.n / 2) };
		assert(span_unhex(hex, octets, hex.n / 2));
		keystore_add_secret(s, &row);
	}
	for (unsigned i = 0; i < PAIRS; i++) {
		static const uint8_t sk_d[32] = { 1 };
		struct ike_key row = { .origin = { "keys", i, NULL }, .version = 2,
				       .encr = encr_find(11), .integ = integ_find(0),
				       .prf = prf_find(5), .sk_d = span_of(sk_d, 32),
				       .sk_pi = span_of(sk_d, 32), .sk_pr = span_of(sk_d, 32) };
		uint8_t spis[16];
		pair_of(i, spis);
		memcpy(row.spi_i, spis, 8);
		memcpy(row.spi_r, spis + 8, 8);
		keystore_add_ike(s, &row);
	}
}

/* ---- what can be reached ---- */

static size_t text_look(const char *text)
{
	return text ? strlen(text) : 0;
}

static size_t child_look(const struct ike_child *c)
{
	size_t sum = c->spi_i + c->sa->serial + text_look(c->ts_i) + text_look(c->ts_r) +
		text_look(c->keys) + text_look(c->missing) + text_look(c->reason.evidence) +
		text_look(ike_reason_name(&c->reason));
	sum += c->replaces ? c->replaces->spi_i + c->replaces->sa->serial : 0;
	sum += c->heir ? c->heir->spi_r + c->heir->sa->serial : 0;
	for (uint32_t i = 0; i < c->row_count; i++)
		sum += c->rows[i]->spi;
	return sum;
}

static bool sa_look(struct ike_sa *sa, void *user)
{
	size_t *sum = user;
	*sum += text_look(sa->missing) + text_look(sa->reason.evidence) +
		text_look(ike_outcome_name(sa->outcome)) + text_look(ike_reason_name(&sa->reason));
	for (int i = 0; i < 2; i++)
		*sum += text_look(sa->end[i].id) + text_look(sa->end[i].auth_text) +
			text_look(sa->end[i].auth_why) + text_look(auth_verdict_name(sa->end[i].auth));
	*sum += sa->replaces ? sa->replaces->serial : 0;
	*sum += sa->heir ? sa->heir->serial : 0;
	for (const struct ike_child *c = sa->children; c; c = c->next) {
		assert(c->sa == sa);
		*sum += child_look(c);
	}
	return true;
}

static void forget(void *user, struct ike_sa *sa)
{
	sa_look(sa, user);
}

static size_t turn_look(const struct ike_session *s, const struct ike_message *m,
			const struct ike_place *at, const struct findings *fs)
{
	const struct ike_turn *turn = m->turn;
	enum ike_side to;
	size_t sum = text_look(turn->said) + (turn->child ? child_look(turn->child) : 0);
	const struct ike_child *c = turn->child ? ike_session_child(s, turn->child->protocol,
		turn->child->spi_r, &at->dst, &to) : NULL;
	for (const struct finding *f = fs->first; f; f = f->next)
		sum += strlen(f->text);
	return sum + (c ? child_look(c) : 0);
}

/* ---- the conversation ---- */

static struct addr host(unsigned number)
{
	uint8_t b[4] = { 192, 0, 2, (uint8_t)number };
	return addr_of(4, b);
}

static struct ike_place place(unsigned how, uint64_t frame)
{
	unsigned i = how & MOVED ? 7 : 1;
	bool r = how & FROM_R;
	uint16_t port = how & FLOATED ? 4500 : 500;
	return (struct ike_place){ .frame = frame, .seconds = (int64_t)frame, .src = host(r ? 2 : i),
		.dst = host(r ? i : 2), .sport = port, .dport = port, .copy = how & COPY };
}

static size_t take(struct ike_session *s, unsigned how, struct span octets, uint64_t frame)
{
	struct arena a = { 0 };
	struct findings fs = { .arena = &a };
	struct ike_place at = place(how, frame);
	struct span own = arena_copy(&a, octets);
	size_t sum = 0;
	if (how & PATCHED && own.n >= 16) {
		uint8_t spis[16], *p = (uint8_t *)(uintptr_t)own.p;
		pair_of(how >> PAIR_SHIFT & (PAIRS - 1), spis);
		/* a first request has no SPI of the responder */
		memcpy(p, spis, own.n >= 20 && p[18] == 34 && !(how & FROM_R) ? 8 : 16);
	}
	struct ike_message *m = ike_message_decode(own, &a, &fs);
	ike_session_take(s, m, &at, &a, &fs);
	sum += turn_look(s, m, &at, &fs);
	ike_session_each(s, sa_look, &sum);
	arena_done(&a);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct keystore keys;
	struct crypto *crypto = crypto_new(&e);
	struct reader r = reader_of(span_of(data, size));
	size_t sum = 0;
	struct ike_session_limits limits = { .sas = SAS, .forget = forget, .user = &sum };
	assert(crypto);
	load(&keys);
	struct ike_session *s = ike_session_new(&keys, crypto, &limits);
	for (uint64_t frame = 1; reader_left(&r) > 3 && frame <= DATAGRAMS; frame++) {
		unsigned how = read_u8(&r);
		size_t n = read_u16(&r), left = reader_left(&r);
		sum += take(s, how, read_span(&r, n < left ? n : left), frame);
	}
	volatile size_t looked = sum;
	(void)looked;
	ike_session_free(s);
	keystore_done(&keys);
	crypto_free(crypto);
	return 0;
}
