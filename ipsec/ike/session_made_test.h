/* SPDX-License-Identifier: BSD-2-Clause
 * Conversations of two hosts, made for the tests of the session: messages laid out
 * by RFC 7296, 3, sealed with AES-GCM under keys of RFC 7296, 2.14, handed to
 * ike_session_take() one by one. Payloads come from a notation, separated by '|':
 *
 *	SA 1 ike 20/128 2:5 4:31 @SPI	a proposal as in made_test.h; @ and SPI in hex
 *	KE 31 a5			group, 32 octets of a5
 *	NONCE 11			32 octets of 11
 *	NOTIFY 16393 esp c1c2c3c4	type, protocol (or -), SPI (or -), data in hex
 *	DELETE esp c1c2c3c4 ...		protocol and SPIs; DELETE ike
 *	TSi 10.1.0.0-10.1.0.255		as in made_test.h; TSr
 *	IDi name, IDr name, AUTH	FQDN; a shared key MIC of zeros */
#ifndef IKAT_IKE_SESSION_MADE_TEST_H
#define IKAT_IKE_SESSION_MADE_TEST_H

#include "ipsec/ike/keymat.h"
#include "ipsec/ike/made_test.h"
#include "ipsec/ike/session.h"

enum { INIT = 34, AUTH_EXCHANGE = 35, CREATE_CHILD = 36, INFO = 37 };
enum { TALK_NONCE = 32, TALK_ROOM = 70000 };

#define IKE_SUITE "SA 1 ike 20/128 2:5 4:31"
#define ESP_SUITE "SA 1 esp 20/128 5:0"
#define TS_BOTH "TSi 10.1.0.0-10.1.0.255|TSr 10.2.0.0-10.2.0.255"
#define AUTH_I "IDi alice|AUTH|" ESP_SUITE " @c1000001|" TS_BOTH
#define AUTH_R "IDr bob|AUTH|" ESP_SUITE " @c2000001|" TS_BOTH

/* One IKE SA as its two hosts know it. */
struct talk_sa {
	uint8_t spis[16];
	struct addr host[2];		/* by enum ike_side */
	uint16_t port[2];
	uint8_t seed[PRF_OUTPUT_MAX];	/* SKEYSEED, 32 octets */
	uint8_t sk_d[32];
	struct cipher *cipher[2];	/* of messages from each side; NULL: in clear */
};

struct talk {
	struct arena arena;		/* of the test */
	struct crypto *crypto;
	struct keystore store;
	struct ike_session *session;
	struct arena packet;		/* of the last message */
	struct findings fs;
	struct ike_message *m;
	uint64_t frame;
	uint8_t *room;
};

static inline void talk_begin(struct talk *t, const struct ike_session_limits *limits)
{
	struct err e = { 0 };
	*t = (struct talk){ .crypto = crypto_new(&e) };
	ck_assert_msg(t->crypto != NULL, "%s", e.text);
	keystore_init(&t->store);
	t->session = ike_session_new(&t->store, t->crypto, limits);
	t->room = malloc(TALK_ROOM);
}

static inline void talk_end(struct talk *t)
{
	ike_session_free(t->session);
	keystore_done(&t->store);
	crypto_free(t->crypto);
	arena_done(&t->packet);
	arena_done(&t->arena);
	free(t->room);
}

/* ---- payloads ---- */

struct chain {
	struct text t;
	uint32_t first;
	size_t next_at;		/* where the last payload names the next one */
};

static inline void chain_add(struct chain *c, uint32_t type, const struct text *body)
{
	if (c->first)
		c->t.p[c->next_at] = (char)type;
	else
		c->first = type;
	c->next_at = c->t.n;
	made_put(&c->t, 0, 2);
	made_put(&c->t, 4 + body->n, 2);
	text_add_octets(&c->t, body->p, body->n);
}

static inline unsigned talk_protocol(struct span word)
{
	return span_is_word(word, "ike") ? 1 : span_is_word(word, "ah") ? 2 :
	       span_is_word(word, "esp") ? 3 : 0;
}

static inline size_t talk_hex(struct text *t, struct span hex)
{
	uint8_t octets[64];
	if (!hex.n || span_is_word(hex, "-"))
		return 0;
	ck_assert(hex.n <= 128 && span_unhex(hex, octets, hex.n / 2));
	text_add_octets(t, octets, hex.n / 2);
	return hex.n / 2;
}

static inline void talk_sa_body(struct text *t, struct span s)
{
	struct span proposal = made_cut(&s, "@");
	char spi[20] = "";
	memcpy(spi, s.p, s.n < 16 ? s.n : 16);
	while (proposal.n && proposal.p[proposal.n - 1] == ' ')
		proposal.n--;
	made_proposal(t, proposal, true, spi);
}

static inline void talk_notify(struct text *t, struct span s)
{
	struct text spi = { 0 };
	unsigned type = made_number(made_cut(&s, " "));
	made_put(t, talk_protocol(made_cut(&s, " ")), 1);
	made_put(t, talk_hex(&spi, made_cut(&s, " ")), 1);
	made_put(t, type, 2);
	text_add_octets(t, spi.p, spi.n);
	talk_hex(t, s);
	text_done(&spi);
}

static inline void talk_delete(struct text *t, struct span s)
{
	struct text spis = { 0 };
	unsigned protocol = talk_protocol(made_cut(&s, " ")), count = 0;
	for (; s.n; count++)
		talk_hex(&spis, made_cut(&s, " "));
	made_put(t, protocol, 1);
	made_put(t, count ? spis.n / count : 0, 1);
	made_put(t, count, 2);
	text_add_octets(t, spis.p, spis.n);
	text_done(&spis);
}

static inline void talk_selectors(struct text *t, struct span s)
{
	made_put(t, 1 << 24, 4);
	made_selector(t, s);
}

static inline void talk_fill(struct text *t, struct span s)
{
	char hex[3] = "";
	memcpy(hex, s.p, 2);
	text_fill(t, (char)strtoul(hex, NULL, 16), TALK_NONCE);
}

static inline void talk_item(struct chain *c, struct span s)
{
	struct text body = { 0 };
	struct span name = made_cut(&s, " ");
	uint32_t type = 0;
	if (span_is_word(name, "SA"))
		talk_sa_body(&body, s), type = 33;
	else if (span_is_word(name, "KE"))
		made_put(&body, made_number(made_cut(&s, " ")) << 16, 4), talk_fill(&body, s), type = 34;
	else if (span_is_word(name, "IDi") || span_is_word(name, "IDr"))
		made_put(&body, 2 << 24, 4), text_add_octets(&body, s.p, s.n), type = name.p[2] == 'i' ? 35 : 36;
	else if (span_is_word(name, "AUTH"))
		made_put(&body, 2 << 24, 4), text_fill(&body, 0, 32), type = 39;
	else if (span_is_word(name, "NONCE"))
		talk_fill(&body, s), type = 40;
	else if (span_is_word(name, "NOTIFY"))
		talk_notify(&body, s), type = 41;
	else if (span_is_word(name, "DELETE"))
		talk_delete(&body, s), type = 42;
	else if (span_is_word(name, "TSi") || span_is_word(name, "TSr"))
		talk_selectors(&body, s), type = name.p[2] == 'i' ? 44 : 45;
	ck_assert_msg(type, "what is %.*s?", (int)name.n, name.p);
	chain_add(c, type, &body);
	text_done(&body);
}

static inline struct chain talk_chain(const char *notation)
{
	struct chain c = { .first = 0 };
	struct span s = span_text(notation);
	while (s.n)
		talk_item(&c, made_cut(&s, "|"));
	return c;
}

/* ---- messages ---- */

static inline void talk_header(struct writer *w, const struct talk_sa *sa, uint32_t next,
			       unsigned exchange, unsigned flags, uint32_t id, size_t length)
{
	write_octets(w, sa->spis, 16);
	write_u32(w, next << 24 | 0x200000 | exchange << 8 | flags);
	write_u32(w, id);
	write_u32(w, (uint32_t)length);
}

/* head: what stands between the generic header of SK (or SKF) and the IV. */
struct sealing {
	struct span head, text;
	uint32_t first, type;	/* the first payload inside; SK or SKF */
};

static inline void talk_seal(struct writer *w, struct cipher *k, const struct sealing *s)
{
	enum { IV = 8, ICV = 16 };
	write_u8(w, (uint8_t)s->first);
	write_u8(w, 0);
	write_u16(w, (uint16_t)(4 + s->head.n + IV + s->text.n + ICV));
	write_span(w, s->head);
	struct cipher_job job = { .cipher = k, .aad = writer_span(w), .text = s->text,
				  .iv = span_of(w->p + w->n, IV) };
	write_u64(w, 7);
	job.out = w->p + w->n;
	job.icv_out = job.out + s->text.n;
	write_zeros(w, s->text.n + ICV);
	ck_assert(!w->bad && cipher_seal(&job));
}

static inline struct span talk_message(struct talk *t, const struct talk_sa *sa, const char *what,
				       unsigned exchange, uint32_t id, const char *notation)
{
	bool from_r = what[0] == 'r', response = strstr(what, "answers") != NULL;
	unsigned flags = (from_r ? 0 : 0x08u) | (response ? 0x20u : 0);
	struct cipher *k = exchange == INIT ? NULL : sa->cipher[from_r];
	struct chain c = talk_chain(notation);
	struct writer w = writer_of(t->room, TALK_ROOM);
	if (k)
		text_char(&c.t, 0);	/* pad length */
	talk_header(&w, sa, k ? 46 : c.first, exchange, flags, id, 28 + c.t.n + (k ? 28 : 0));
	struct sealing s = { { 0 }, span_of(c.t.p, c.t.n), c.first, 46 };
	if (k)
		talk_seal(&w, k, &s);
	else
		write_octets(&w, c.t.p, c.t.n);
	ck_assert(!w.bad);
	text_done(&c.t);
	return writer_span(&w);
}

/* Takes octets that go from one side to the other. */
static inline struct ike_turn *talk_take(struct talk *t, const struct talk_sa *sa,
					 enum ike_side from, struct span octets)
{
	enum ike_side to = from == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
	struct ike_place at = {
		.frame = ++t->frame, .seconds = (int64_t)t->frame, .src = sa->host[from],
		.dst = sa->host[to], .sport = sa->port[from], .dport = sa->port[to],
	};
	arena_reset(&t->packet);
	t->fs = (struct findings){ .arena = &t->packet };
	t->m = ike_message_decode(arena_copy(&t->packet, octets), &t->packet, &t->fs);
	ike_session_take(t->session, t->m, &at, &t->packet, &t->fs);
	ck_assert_ptr_nonnull(t->m->turn);
	return t->m->turn;
}

/* what: "i asks", "i answers", "r asks", "r answers". */
static inline struct ike_turn *talk(struct talk *t, const struct talk_sa *sa, const char *what,
				    unsigned exchange, uint32_t id, const char *notation)
{
	return talk_take(t, sa, what[0] == 'r' ? IKE_RESPONDER : IKE_INITIATOR,
			 talk_message(t, sa, what, exchange, id, notation));
}

/* ---- SAs ---- */

static inline const struct keymat_suite *talk_suite(void)
{
	static struct keymat_suite suite;
	suite = (struct keymat_suite){ prf_find(5), encr_find(20), 128, integ_find(0) };
	return &suite;
}

static inline struct addr talk_addr(uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	return addr_of(4, b);
}

enum { HOST_I = 0xc0000201, HOST_R = 0xc0000202 };

/* SPIs from a number; 192.0.2.1 and 192.0.2.2; no keys yet. */
static inline struct talk_sa talk_sa_of(uint32_t number)
{
	struct talk_sa sa = { .host = { talk_addr(HOST_I), talk_addr(HOST_R) }, .port = { 500, 500 } };
	struct writer w = writer_of(sa.spis, 16);
	write_u64(&w, 0x1100000000000000u | number);
	write_u64(&w, 0x2200000000000000u | number);
	return sa;
}

/* The keys of RFC 7296, 2.14 from sa->seed and nonces of 32 equal octets. */
static inline void talk_key(struct talk *t, struct talk_sa *sa, uint8_t ni, uint8_t nr)
{
	uint8_t nonces[2][TALK_NONCE];
	struct keymat_nonces n = { span_of(nonces[0], TALK_NONCE), span_of(nonces[1], TALK_NONCE) };
	struct keymat_ike all;
	struct err e = { 0 };
	memset(nonces[0], ni, TALK_NONCE);
	memset(nonces[1], nr, TALK_NONCE);
	ck_assert(keymat_ike(t->crypto, talk_suite(), span_of(sa->seed, 32), &n, sa->spis, &all, &e));
	struct span keys[] = { all.sk_ei, all.sk_er };
	memcpy(sa->sk_d, all.sk_d.p, 32);
	for (int i = 0; i < 2; i++) {
		sa->cipher[i] = cipher_new(t->crypto, talk_suite()->encr, talk_suite()->integ, keys[i],
					   span_of(NULL, 0), &e);
		ck_assert_msg(sa->cipher[i] != NULL, "%s", e.text);
	}
}

static inline void talk_unkey(struct talk_sa *sa)
{
	cipher_free(sa->cipher[0]);
	cipher_free(sa->cipher[1]);
	sa->cipher[0] = sa->cipher[1] = NULL;
}

/* Puts a secret into the store; sa NULL: one that names no SPIs. */
static inline void talk_secret(struct talk *t, const struct talk_sa *sa, enum secret_kind kind,
			       const uint8_t *octets, size_t n)
{
	struct ike_secret row = { .origin = { "secrets.csv", t->store.secret_count + 2, NULL },
				  .kind = kind, .secret = span_of(octets, n) };
	if (sa) {
		memcpy(row.spi_i, sa->spis, 8);
		memcpy(row.spi_r, sa->spis + 8, 8);
	}
	keystore_add_secret(&t->store, &row);
}

/* The SA of a message without a SPIr. */
static inline struct talk_sa talk_first(const struct talk_sa *sa)
{
	struct talk_sa first = *sa;
	memset(first.spis + 8, 0, 8);
	return first;
}

/* IKE_SA_INIT, both messages. */
static inline struct ike_sa *talk_init(struct talk *t, const struct talk_sa *sa)
{
	struct talk_sa first = talk_first(sa);
	talk(t, &first, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 11");
	return talk(t, sa, "r answers", INIT, 0, IKE_SUITE "|KE 31 a2|NONCE 22")->sa;
}

/* An established IKE SA with a first CHILD SA, opened from its SKEYSEED. */
static inline struct ike_sa *talk_establish(struct talk *t, struct talk_sa *sa)
{
	memset(sa->seed, 0x5e ^ sa->spis[7], 32);
	talk_key(t, sa, 0x11, 0x22);
	talk_secret(t, sa, SECRET_SKEYSEED, sa->seed, 32);
	talk_init(t, sa);
	talk(t, sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I);
	struct ike_sa *s = talk(t, sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R)->sa;
	ck_assert(t->m->decrypted);
	return s;
}

#endif
