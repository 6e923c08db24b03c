/* SPDX-License-Identifier: BSD-2-Clause
 * What 100,000 established IKE SAs and 100,000 ESP SAs with traffic cost: octets of
 * state for each, ciphers, time. All are made frames, opened from the SKEYSEED of
 * each IKE SA; the secrets themselves are not counted. With sanitizers a tenth,
 * and no octets: what is freed is kept a while. */
#include <malloc.h>
#include <time.h>

#include "ipsec/ike/session_made_test.h"
#include "tests/path.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* IKE SAs; half of them have a CHILD SA, that is two ESP SAs. */
enum { IKES = SANITIZED ? 10000 : 100000, ESPS = IKES, LINK_RAW = 101, FRAME = 2048 };
enum { IKE_LIMIT = 4096, ESP_LIMIT = 1536 };	/* octets of each */

struct world {
	struct talk talk;		/* makes messages */
	struct reading *reading;
	struct span init, auth, answer;	/* what the messages say, in clear */
	uint64_t frame;
};

static size_t held(void)
{
	return SANITIZED ? 0 : mallinfo2().uordblks + mallinfo2().hblkhd;
}

static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* ---- frames ---- */

static void read_ip(struct world *w, const struct talk_sa *sa, enum ike_side from, uint8_t protocol,
		    struct span octets)
{
	uint8_t frame[FRAME];
	struct writer out = writer_of(frame, sizeof frame);
	write_u32(&out, 0x45000000u | (uint32_t)(20 + octets.n));
	write_u32(&out, (uint32_t)(w->frame & 0xffff) << 16);
	write_u32(&out, 64u << 24 | (uint32_t)protocol << 16);
	write_octets(&out, sa->host[from].b, 4);
	write_octets(&out, sa->host[!from].b, 4);
	write_span(&out, octets);
	ck_assert(!out.bad);
	struct frame f = { .file = "made", .number = ++w->frame, .seconds = (int64_t)w->frame,
			   .captured = (uint32_t)out.n, .length = (uint32_t)out.n, .link = LINK_RAW,
			   .octets = writer_span(&out) };
	reading_frame(w->reading, &f);
}

static void read_ike(struct world *w, const struct talk_sa *sa, const char *what,
		     unsigned exchange, const char *notation)
{
	uint8_t datagram[FRAME];
	struct writer out = writer_of(datagram, sizeof datagram);
	struct span m = talk_message(&w->talk, sa, what, exchange, exchange == INIT ? 0 : 1, notation);
	write_u32(&out, 500 << 16 | 500);
	write_u32(&out, (uint32_t)(8 + m.n) << 16);
	write_span(&out, m);
	ck_assert(!out.bad);
	read_ip(w, sa, what[0] == 'r' ? IKE_RESPONDER : IKE_INITIATOR, 17, writer_span(&out));
}

/* An IPv4 packet without data, in tunnel mode. */
static void read_esp(struct world *w, const struct talk_sa *sa, enum ike_side from, uint32_t spi,
		     struct cipher *k, uint32_t seq)
{
	static const uint8_t text[] = {
		0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0, 0, 10, 1, 0, 10, 10, 2, 0, 10, 1, 2, 2, 4 };
	uint8_t esp[8 + 8 + sizeof text + 16];
	struct writer out = writer_of(esp, sizeof esp);
	write_u32(&out, spi);
	write_u32(&out, seq);
	write_u64(&out, seq);
	struct cipher_job job = { .cipher = k, .aad = span_of(esp, 8), .iv = span_of(esp + 8, 8),
				  .text = span_of(text, sizeof text), .out = esp + 16,
				  .icv_out = esp + 16 + sizeof text };
	ck_assert(cipher_seal(&job));
	read_ip(w, sa, from, 50, span_of(esp, sizeof esp));
}

/* ---- SAs ---- */

static struct talk_sa made_sa_of(struct world *w, uint32_t number)
{
	struct talk_sa sa = talk_sa_of(number);
	sa.host[IKE_INITIATOR] = talk_addr(0x0a000000 + number);
	memset(sa.seed, 0x11, 32);
	memcpy(sa.seed, &number, sizeof number);
	talk_key(&w->talk, &sa, 0x11, 0x22);
	return sa;
}

static void read_init(struct world *w, const struct talk_sa *sa)
{
	struct talk_sa first = talk_first(sa);
	read_ike(w, &first, "i asks", INIT, IKE_SUITE "|KE 31 a1|NONCE 11");
	read_ike(w, sa, "r answers", INIT, IKE_SUITE "|KE 31 a2|NONCE 22");
}

static void childless(struct world *w, uint32_t number)
{
	struct talk_sa sa = made_sa_of(w, number);
	read_init(w, &sa);
	read_ike(w, &sa, "i asks", AUTH_EXCHANGE, "IDi alice|AUTH");
	read_ike(w, &sa, "r answers", AUTH_EXCHANGE, "IDr bob|AUTH");
	talk_unkey(&sa);
}

/* The ciphers of a CHILD SA, from RFC 7296, 2.17. */
static void child_ciphers(struct world *w, const struct talk_sa *sa, struct cipher *k[2])
{
	uint8_t nonces[2][TALK_NONCE], keymat[40];
	struct keymat_nonces n = { span_of(nonces[0], TALK_NONCE), span_of(nonces[1], TALK_NONCE) };
	struct err e = { 0 };
	memset(nonces[0], 0x11, TALK_NONCE);
	memset(nonces[1], 0x22, TALK_NONCE);
	ck_assert(keymat_child(w->talk.crypto, prf_find(5), span_of(sa->sk_d, 32), span_of(NULL, 0), &n,
			       span_of(keymat, 40), &e));
	for (int i = 0; i < 2; i++)
		k[i] = cipher_new(w->talk.crypto, encr_find(20), integ_find(0),
				  span_of(keymat + 20 * i, 20), span_of(NULL, 0), &e);
	ck_assert(k[0] && k[1]);
}

static void with_child(struct world *w, uint32_t number)
{
	struct talk_sa sa = made_sa_of(w, number);
	struct cipher *k[2];
	char text[400];
	uint32_t spi[] = { 0xc1000000 + number, 0xc2000000 + number };
	read_init(w, &sa);
	snprintf(text, sizeof text, "IDi alice|AUTH|" ESP_SUITE " @%08x|" TS_BOTH, spi[0]);
	read_ike(w, &sa, "i asks", AUTH_EXCHANGE, text);
	snprintf(text, sizeof text, "IDr bob|AUTH|" ESP_SUITE " @%08x|" TS_BOTH, spi[1]);
	read_ike(w, &sa, "r answers", AUTH_EXCHANGE, text);
	child_ciphers(w, &sa, k);
	for (uint32_t seq = 1; seq <= 2; seq++) {
		read_esp(w, &sa, IKE_INITIATOR, spi[1], k[0], seq);
		read_esp(w, &sa, IKE_RESPONDER, spi[0], k[1], seq);
	}
	cipher_free(k[0]);
	cipher_free(k[1]);
	talk_unkey(&sa);
}

static void load_secrets(struct world *w)
{
	for (uint32_t i = 1; i <= IKES; i++) {
		struct talk_sa sa = talk_sa_of(i);
		memset(sa.seed, 0x11, 32);
		memcpy(sa.seed, &i, sizeof i);
		struct ike_secret row = { .origin = { "secrets.csv", i + 1, NULL },
					  .kind = SECRET_SKEYSEED, .secret = span_of(sa.seed, 32) };
		memcpy(row.spi_i, sa.spis, 8);
		memcpy(row.spi_r, sa.spis + 8, 8);
		keystore_add_secret(&w->reading->store, &row);
	}
}

/* ---- what came of it ---- */

static size_t ciphers_alive(const struct keystore *s)
{
	size_t n = 0;
	for (const struct sa_key *k = s->sas; k; k = k->next)
		n += k->cipher.cipher != NULL;
	for (const struct ike_key *k = s->ikes; k; k = k->next)
		n += (k->initiator.cipher != NULL) + (k->responder.cipher != NULL);
	return n;
}

struct sums {
	size_t established, opened, children, sas, good;
};

static bool sum_ike(struct ike_sa *sa, void *user)
{
	struct sums *s = user;
	s->established += sa->outcome == IKE_ESTABLISHED;
	s->opened += sa->opened;
	s->children += sa->children != NULL;
	return true;
}

static bool sum_sa(struct sa *sa, void *user)
{
	struct sums *s = user;
	s->sas++;
	s->good += sa->good;
	return true;
}

static void check_sums(struct world *w)
{
	struct sums s = { 0 };
	ike_session_each(wire_session(w->reading->wire), sum_ike, &s);
	sadb_each(wire_sadb(w->reading->wire), sum_sa, &s);
	ck_assert_uint_eq(s.established, IKES);
	ck_assert_uint_eq(s.opened, 2 * IKES);
	ck_assert_uint_eq(s.children, IKES / 2);
	ck_assert_uint_eq(s.sas, ESPS);
	ck_assert_uint_eq(s.good, 2 * ESPS);
	size_t ciphers = ciphers_alive(&w->reading->store);
	printf("%zu ciphers are alive, at most %d\n", ciphers, CIPHER_CACHE_DEFAULT);
	ck_assert_uint_le(ciphers, CIPHER_CACHE_DEFAULT);
}

static void check_octets(size_t start, size_t middle, size_t end)
{
	size_t ike = (middle - start) / (IKES / 2);
	size_t both = (end - middle) / (IKES / 2), esp = (both - ike) / 2;
	if (SANITIZED)
		return;
	printf("an IKE SA: %zu octets; an ESP SA, with its share of the CHILD SA: %zu octets\n", ike, esp);
	ck_assert_uint_lt(ike, IKE_LIMIT);
	ck_assert_uint_lt(esp, ESP_LIMIT);
}

START_TEST(memory)
{
	struct world w = { .reading = reading_new(NULL) };
	talk_begin(&w.talk, NULL);
	size_t empty = held();
	load_secrets(&w);
	w.reading->wire = wire_new(w.reading->crypto, &w.reading->store, &(struct wire_options){ 0 });
	/* fills the caches, which have their own bound */
	for (uint32_t i = 1; i <= IKES / 20; i++)
		childless(&w, i);
	reading_batch_end(w.reading);
	size_t start = held(), warm = IKES / 20;
	double began = cpu_seconds();
	for (uint32_t i = 1 + IKES / 20; i <= IKES / 2; i++)
		childless(&w, i);
	reading_batch_end(w.reading);
	size_t middle = held();
	double half = cpu_seconds();
	start -= (middle - start) / (IKES / 2 - warm) * warm;	/* as if those had cost the same */
	for (uint32_t i = 1 + IKES / 2; i <= IKES; i++)
		with_child(&w, i);
	reading_batch_end(w.reading);
	size_t end = held();
	double done = cpu_seconds();
	printf("%d IKE SAs and %d ESP SAs, %d KiB in all, %.1f s and %.1f s%s\n", IKES, ESPS,
	       (int)((end - empty) / 1024), half - began, done - half, SANITIZED ?
	       " (with sanitizers: a tenth)" : "");
	check_octets(start, middle, end);
	check_sums(&w);
	ck_assert_msg(done - began < 60, "%.1f s", done - began);
	talk_end(&w.talk);
	reading_free(w.reading);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("memory");
	TCase *c = tcase_create("memory");
	tcase_set_timeout(c, 300);
	tcase_add_test(c, memory);
	suite_add_tcase(s, c);
	return testing_run(s);
}
