/* SPDX-License-Identifier: BSD-2-Clause
 * What hostile or endless captures cost: IKE SAs are forgotten over a limit, in the
 * right order and with no pointer left to them; floods of half-open SAs, of one
 * SPI, of fragments, of CHILD SAs and of proposals cost bounded memory, and time
 * that grows no faster than they do. */
#include <malloc.h>
#include <time.h>

#include "ipsec/ike/opener.h"
#include "ipsec/ike/session_made_test.h"

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

enum { FLOOD = SANITIZED ? 20000 : 100000, LIMIT = 100, MIB = 1024 * 1024 };

static struct talk t;

static void teardown(void)
{
	talk_end(&t);
}

/* ---- the limit of IKE SAs ---- */

static uint64_t forgotten_last;
static size_t forgotten_count;

static void forget(void *user, struct ike_sa *sa)
{
	ck_assert_ptr_eq(user, &t);
	forgotten_last = sa->serial;
	forgotten_count++;
	/* all of it is still there */
	for (const struct ike_child *c = sa->children; c; c = c->next)
		ck_assert_ptr_eq(c->sa, sa);
}

static void setup_limited(void)
{
	struct ike_session_limits limits = { .sas = LIMIT, .forget = forget, .user = &t };
	forgotten_last = forgotten_count = 0;
	talk_begin(&t, &limits);
}

static bool is_among(const struct ike_sa *what, struct ike_sa *const *all, size_t n)
{
	while (n && all[n - 1] != what)
		n--;
	return !what || n;
}

struct gathered {
	struct ike_sa *sa[2 * LIMIT];
	size_t n;
};

static bool gather(struct ike_sa *sa, void *user)
{
	struct gathered *g = user;
	ck_assert_uint_lt(g->n, 2 * LIMIT);
	g->sa[g->n++] = sa;
	return true;
}

/* Whatever can be reached is one of the SAs that are there, or of their children. */
static void check_links(void)
{
	struct gathered g = { .n = 0 };
	ike_session_each(t.session, gather, &g);
	ck_assert_uint_le(g.n, LIMIT);
	for (size_t i = 0; i < g.n; i++) {
		ck_assert(is_among(g.sa[i]->replaces, g.sa, g.n));
		ck_assert(is_among(g.sa[i]->heir, g.sa, g.n));
		for (const struct ike_child *c = g.sa[i]->children; c; c = c->next) {
			ck_assert(!c->replaces || is_among(c->replaces->sa, g.sa, g.n));
			ck_assert(!c->heir || is_among(c->heir->sa, g.sa, g.n));
		}
	}
}

START_TEST(order_of_forgetting)
{
	struct talk_sa sa[LIMIT];
	for (uint32_t i = 0; i < LIMIT; i++) {
		sa[i] = talk_sa_of(i + 1);
		talk_establish(&t, &sa[i]);
	}
	ck_assert_uint_eq(forgotten_count, 0);
	talk(&t, &sa[50], "i asks", INFO, 2, "DELETE ike");
	talk(&t, &sa[0], "i asks", INFO, 2, "");	/* the oldest, but not idle */
	struct talk_sa half = talk_sa_of(1000), more = talk_sa_of(1001), last = talk_sa_of(1002);
	struct talk_sa first = talk_first(&half);
	talk(&t, &first, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 11");
	ck_assert_uint_eq(forgotten_last, 51);		/* the closed one */
	talk_init(&t, &more);
	ck_assert_uint_eq(forgotten_last, 101);		/* the half-open one */
	talk_init(&t, &last);
	ck_assert_uint_eq(forgotten_last, 2);		/* the one that was idle longest */
	check_links();
	uint64_t seen, gone;
	ike_session_counts(t.session, &seen, &gone);
	ck_assert_uint_eq(seen, LIMIT + 3);
	ck_assert_uint_eq(gone, 3);
	enum ike_side to;
	struct ike_child *c = ike_session_child(t.session, PROTOCOL_ESP, 0xc1000001, &sa[0].host[0], &to);
	ck_assert_ptr_nonnull(c);
	for (size_t i = 0; i < LIMIT; i++)
		talk_unkey(&sa[i]);
}
END_TEST

static uint8_t shared_of(uint32_t number)
{
	return (uint8_t)(number * 7 + 1);
}

/* A rekeyed IKE SA; its DH secret is in the store from the beginning. */
static struct talk_sa rekey(const struct talk_sa *old, uint32_t number, uint32_t id)
{
	struct talk_sa new = talk_sa_of(number);
	uint8_t nonces[2][TALK_NONCE], shared[32];
	struct keymat_nonces n = { span_of(nonces[0], TALK_NONCE), span_of(nonces[1], TALK_NONCE) };
	struct err e = { 0 };
	memset(nonces[0], 0x33, TALK_NONCE);
	memset(nonces[1], 0x44, TALK_NONCE);
	memset(shared, shared_of(number), sizeof shared);
	ck_assert(keymat_skeyseed_rekey(t.crypto, prf_find(5), span_of(old->sk_d, 32), &n,
					span_of(shared, 32), new.seed, &e));
	talk_secret(&t, &new, SECRET_DH, shared, sizeof shared);
	talk_key(&t, &new, 0x33, 0x44);
	talk(&t, old, "i asks", CREATE_CHILD, id, arena_printf(&t.arena, IKE_SUITE
	     " @11000000%08x|KE 31 a3|NONCE 33", number));
	talk(&t, old, "r answers", CREATE_CHILD, id, arena_printf(&t.arena, IKE_SUITE
	     " @22000000%08x|KE 31 a4|NONCE 44", number));
	ck_assert_msg(t.m->decrypted, "%u", number);
	return new;
}

static void rekey_child(const struct talk_sa *sa, uint32_t old, uint32_t new, uint32_t id)
{
	talk(&t, sa, "i asks", CREATE_CHILD, id, arena_printf(&t.arena, "NOTIFY 16393 esp %08x|"
	     ESP_SUITE " @%08x|NONCE 55|" TS_BOTH, old, new));
	talk(&t, sa, "r answers", CREATE_CHILD, id, arena_printf(&t.arena, ESP_SUITE
	     " @%08x|NONCE 66|" TS_BOTH, new | 0x02000000));
}

/* One IKE SA rekeyed again and again, with its CHILD SA rekeyed only now and then:
 * the chain is longer than the limit. */
START_TEST(chain_of_rekeys)
{
	enum { STEPS = 3 * LIMIT };
	struct talk_sa sa = talk_sa_of(1);
	uint32_t spi = 0xc1000001;
	talk_establish(&t, &sa);
	for (uint32_t i = 2; i < STEPS; i++) {
		struct talk_sa new = rekey(&sa, i, 10);
		if (i % 5 == 0) {
			rekey_child(&new, spi, 0xc1000000 + i, 1);
			spi = 0xc1000000 + i;
		}
		if (i % 2)
			talk(&t, &sa, "i asks", INFO, 11, "DELETE ike");
		check_links();
		talk_unkey(&sa);
		sa = new;
	}
	ck_assert_uint_eq(forgotten_count, STEPS - 1 - LIMIT);
	talk_unkey(&sa);
}
END_TEST

/* The child of the third SA took the place of one of the first: when that goes,
 * nothing may point there. */
START_TEST(child_across_rekeys)
{
	struct talk_sa a = talk_sa_of(1);
	struct ike_sa *one = talk_establish(&t, &a);
	struct talk_sa b = rekey(&a, 2, 2), c = rekey(&b, 3, 0);
	rekey_child(&c, 0xc1000001, 0xc1000009, 0);
	struct ike_sa *three = one->heir->heir;
	ck_assert_ptr_eq(three->children->replaces, one->children);
	ck_assert_ptr_eq(one->children->heir, three->children);
	/* which of the two goes first */
	talk(&t, _i ? &c : &a, "i asks", INFO, 7, "DELETE ike");
	for (uint32_t i = 0; forgotten_count == 0; i++) {
		struct talk_sa more = talk_sa_of(1000 + i);
		talk_init(&t, &more);
	}
	ck_assert_uint_eq(forgotten_last, _i ? 3 : 1);
	check_links();
	if (_i)
		ck_assert_ptr_null(one->children->heir);
	else
		ck_assert_ptr_null(three->children->replaces);
	talk_unkey(&a);
	talk_unkey(&b);
	talk_unkey(&c);
}
END_TEST

/* Two SAs in the place of one, each with a child in the place of the first's. */
START_TEST(collision_forgotten)
{
	static const uint32_t serials[] = { 1, 2, 3 };
	struct talk_sa a = talk_sa_of(1);
	struct ike_sa *one = talk_establish(&t, &a);
	struct talk_sa b = rekey(&a, 2, 2), c = rekey(&a, 3, 3);
	const struct talk_sa *gone[] = { &a, &b, &c };
	rekey_child(&b, 0xc1000001, 0xc1000008, 0);
	rekey_child(&c, 0xc1000001, 0xc1000009, 0);
	ck_assert_ptr_nonnull(one->heir);
	talk(&t, gone[_i], "i asks", INFO, 7, "DELETE ike");
	for (uint32_t i = 0; forgotten_count == 0; i++) {
		struct talk_sa more = talk_sa_of(1000 + i);
		talk_init(&t, &more);
	}
	ck_assert_uint_eq(forgotten_last, serials[_i]);
	check_links();
	talk_unkey(&a);
	talk_unkey(&b);
	talk_unkey(&c);
}
END_TEST

/* No message may make the session forget the SA that it belongs to: neither the
 * only one that is closed nor the only one at all. */
START_TEST(busy)
{
	struct ike_session_limits limits = { .sas = _i ? 1 : 2, .forget = forget, .user = &t };
	struct talk_sa a = talk_sa_of(1), b = talk_sa_of(2);
	talk_end(&t);
	talk_begin(&t, &limits);
	if (!_i)
		talk_establish(&t, &b);
	struct ike_sa *s = talk_establish(&t, &a);
	if (!_i)
		talk(&t, &a, "i asks", INFO, 2, "DELETE ike");
	struct talk_sa c = rekey(&a, 3, 5);
	ck_assert_int_eq(s->outcome, IKE_REKEYED);
	ck_assert_ptr_nonnull(s->heir);
	ck_assert_uint_eq(forgotten_count, _i ? 0 : 1);
	check_links();
	talk_unkey(&a);
	if (!_i)
		talk_unkey(&b);
	talk_unkey(&c);
}
END_TEST

/* ---- floods ---- */

static struct span init_made;	/* an IKE_SA_INIT request, in the test's arena */

static void setup(void)
{
	talk_begin(&t, NULL);
	init_made = (struct span){ 0 };
}

static uint32_t mixed(uint32_t i)
{
	i = (i ^ i >> 16) * 0x45d9f3bu;
	i = (i ^ i >> 16) * 0x45d9f3bu;
	return i ^ i >> 16;
}

/* Octets that the program holds. Sanitizers do not tell. */
static size_t held(void)
{
	return SANITIZED ? 0 : mallinfo2().uordblks + mallinfo2().hblkhd;
}

static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

struct flood {
	const char *name;
	struct span (*make)(uint32_t i, struct talk_sa *sa);
	size_t limit;		/* octets held at its end */
};

/* IKE_SA_INIT requests are made once; the SPIs are patched in. */
static struct span init_request(const struct talk_sa *sa)
{
	if (!init_made.n)
		init_made = arena_copy(&t.arena, talk_message(&t, sa, "i asks", INIT, 0,
							      IKE_SUITE "|KE 31 a1|NONCE 11"));
	memcpy(t.room, init_made.p, init_made.n);
	memcpy(t.room, sa->spis, 16);
	return span_of(t.room, init_made.n);
}

static struct span half_open(uint32_t i, struct talk_sa *sa)
{
	struct writer w = writer_of(sa->spis, 8);
	write_u32(&w, mixed(i));
	write_u32(&w, mixed(~i));
	sa->host[0] = talk_addr(mixed(i ^ 0x5555));
	return init_request(sa);
}

/* One SPIi, ever other hosts. */
static struct span same_spi(uint32_t i, struct talk_sa *sa)
{
	sa->host[0] = talk_addr(mixed(i));
	return init_request(sa);
}

/* SPIs and hosts that repeat, but never in a row. */
static struct span returning(uint32_t i, struct talk_sa *sa)
{
	return half_open(i % 10000, sa);
}

/* Encrypted requests of SAs that were never seen. */
static struct span strangers(uint32_t i, struct talk_sa *sa)
{
	struct writer w = writer_of(t.room, TALK_ROOM);
	half_open(i, sa);
	memcpy(sa->spis + 8, sa->spis, 8);
	talk_header(&w, sa, 46, INFO, 8, i, 28 + 4 + 64);
	write_u32(&w, 4 + 64);
	write_zeros(&w, 64);
	return writer_span(&w);
}

/* Requests of one SA that nobody answers, each with another ID. */
static struct span requests(uint32_t i, struct talk_sa *sa)
{
	struct writer w = writer_of(t.room, TALK_ROOM);
	sa->spis[15] = 1;
	talk_header(&w, sa, 46, INFO, 8, mixed(i), 28 + 4 + 64);
	write_u32(&w, 4 + 64);
	write_zeros(&w, 64);
	return writer_span(&w);
}

static const struct flood floods[] = {
	{ "half-open SAs", half_open, 40 * MIB },
	{ "one SPI", same_spi, 8 * MIB },
	{ "half-open SAs that return", returning, 40 * MIB },
	{ "strangers", strangers, 40 * MIB },
	{ "requests of one SA", requests, 8 * MIB },
};

static void feed(const struct flood *f, uint32_t from, uint32_t to)
{
	struct talk_sa sa = talk_first(&(struct talk_sa){ .port = { 500, 500 } });
	sa.host[1] = talk_addr(HOST_R);
	memset(sa.spis, 0x77, 8);
	for (uint32_t i = from; i < to; i++)
		talk_take(&t, &sa, IKE_INITIATOR, f->make(i, &sa));
}

START_TEST(flood)
{
	const struct flood *f = &floods[_i];
	struct talk_sa sa = talk_sa_of(1);
	size_t before = held();
	double start = cpu_seconds();
	feed(f, 0, FLOOD / 2);
	double half = cpu_seconds();
	feed(f, FLOOD / 2, FLOOD);
	double end = cpu_seconds();
	size_t octets = held() - before;
	printf("%s: %d messages, %zu KiB held, %.2f s and %.2f s\n", f->name, FLOOD, octets / 1024,
	       half - start, end - half);
	ck_assert_msg(octets < f->limit, "%s: %zu octets are held", f->name, octets);
	ck_assert_msg(end - half < 3 * (half - start) + 0.5, "%s: %.2f s, then %.2f s", f->name,
		      half - start, end - half);
	/* and whoever comes afterwards is followed as ever */
	ck_assert_int_eq(talk_establish(&t, &sa)->outcome, IKE_ESTABLISHED);
	talk_unkey(&sa);
}
END_TEST

/* One SPIi from ever other hosts: after 64 SAs nothing more is kept of it. */
START_TEST(same_spi_limit)
{
	struct ike_turn *turn = NULL;
	struct talk_sa sa = talk_first(&(struct talk_sa){ .port = { 500, 500 } });
	uint64_t seen, gone;
	memset(sa.spis, 0x77, 8);
	for (uint32_t i = 0; i < 100; i++)
		turn = talk_take(&t, &sa, IKE_INITIATOR, same_spi(i, &sa));
	ck_assert_ptr_null(turn->sa);
	ike_session_counts(t.session, &seen, &gone);
	ck_assert_uint_eq(seen, 64);
	ck_assert_uint_eq(gone, 0);
}
END_TEST

/* No fragment completes a message; the ICV of each is right. */
START_TEST(fragments)
{
	enum { FRAGMENTS = 10000, BODY = 1000 };
	static uint8_t body[BODY + 1];
	struct talk_sa sa = talk_sa_of(1);
	struct ike_sa *s = talk_establish(&t, &sa);
	size_t before = held();
	for (uint32_t i = 0; i < FRAGMENTS; i++) {
		struct writer w = writer_of(t.room, TALK_ROOM);
		uint8_t head[] = { (uint8_t)(i >> 8 & 3), (uint8_t)(i | 1), 4, 0 };	/* n of 1024 */
		struct sealing seal = { span_of(head, 4), span_of(body, sizeof body), 0, 53 };
		talk_header(&w, &sa, 53, INFO, 8, _i ? i : i / 1000, 28 + 4 + 4 + 8 + BODY + 1 + 16);
		talk_seal(&w, sa.cipher[0], &seal);
		talk_take(&t, &sa, IKE_INITIATOR, writer_span(&w));
		ck_assert(t.m->decrypted && !t.m->inner);
	}
	size_t octets = held() - before;
	printf("%d fragments of %s: %zu KiB held\n", FRAGMENTS, _i ? "as many messages" : "10 messages",
	       octets / 1024);
	ck_assert_uint_lt(octets, IKE_FRAGMENTED_MAX * (IKE_FRAGMENTED_OCTETS + 64 * 1024));
	struct ike_turn *turn = talk(&t, &sa, "r asks", INFO, 3, "DELETE esp c2000001");
	ck_assert_ptr_eq(turn->sa, s);
	ck_assert_int_eq(s->children->outcome, IKE_DELETED);
	talk_unkey(&sa);
}
END_TEST

/* 250 proposals of 31 transforms, asked and answered. */
static struct span proposals(const struct talk_sa *sa, unsigned flags)
{
	enum { PROPOSALS = 250, TRANSFORMS = 31, SIZE = 8 + 8 * TRANSFORMS };
	struct writer w = writer_of(t.room, TALK_ROOM);
	talk_header(&w, sa, 33, INIT, flags, 0, 28 + 4 + PROPOSALS * SIZE);
	write_u32(&w, 4 + PROPOSALS * SIZE);
	for (uint32_t p = 1; p <= PROPOSALS; p++) {
		write_u32(&w, (p < PROPOSALS ? 2u << 24 : 0) | SIZE);
		write_u32(&w, p << 24 | 1 << 16 | TRANSFORMS);
		for (uint32_t k = 1; k <= TRANSFORMS; k++) {
			write_u32(&w, (k < TRANSFORMS ? 3u << 24 : 0) | 8);
			write_u32(&w, (1 + k % 4) << 24 | mixed(p * 99 + k) % 65536);
		}
	}
	ck_assert(!w.bad && w.n > 60 * 1024);
	return writer_span(&w);
}

START_TEST(many_proposals)
{
	struct talk_sa sa = talk_sa_of(1), first = talk_first(&sa);
	double start = cpu_seconds();
	talk_take(&t, &first, IKE_INITIATOR, proposals(&first, 8));
	struct ike_sa *s;
	if (_i)
		s = talk_take(&t, &sa, IKE_RESPONDER, proposals(&sa, 0x20))->sa;
	else
		s = talk(&t, &sa, "r answers", INIT, 0, "NOTIFY 14 - -")->sa;
	ck_assert_ptr_nonnull(s);
	if (!_i)
		ck_assert_int_eq(s->outcome, IKE_FAILED);
	if (s->reason.evidence)
		ck_assert_uint_lt(strlen(s->reason.evidence), 2000);
	double taken = cpu_seconds() - start;
	printf("60 KiB of proposals %s: %.3f s\n", _i ? "twice" : "refused", taken);
	ck_assert_msg(taken < (SANITIZED ? 10 : 1), "%.2f s", taken);
}
END_TEST

/* CHILD SAs without end in one IKE SA: those over the limit are left alone. */
START_TEST(many_children)
{
	struct talk_sa sa = talk_sa_of(1);
	struct ike_sa *s = talk_establish(&t, &sa);
	double start = cpu_seconds();
	for (uint32_t i = 1; i < IKE_CHILDREN_MAX + 1000; i++)
		rekey_child(&sa, 0xc1000000 + i, 0xc1000001 + i, i);
	size_t n = 0;
	for (const struct ike_child *c = s->children; c; c = c->next)
		n++;
	ck_assert_uint_eq(n, IKE_CHILDREN_MAX);
	double taken = cpu_seconds() - start;
	printf("%d rekeys of a CHILD SA: %.2f s\n", IKE_CHILDREN_MAX + 1000, taken);
	ck_assert_msg(taken < (SANITIZED ? 60 : 10), "%.2f s", taken);
	talk_unkey(&sa);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session limits");
	TCase *c = tcase_create("limit");
	tcase_add_checked_fixture(c, setup_limited, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, order_of_forgetting);
	tcase_add_test(c, chain_of_rekeys);
	tcase_add_loop_test(c, child_across_rekeys, 0, 2);
	tcase_add_loop_test(c, collision_forgotten, 0, 3);
	tcase_add_loop_test(c, busy, 0, 2);
	suite_add_tcase(s, c);
	c = tcase_create("floods");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, flood, 0, sizeof floods / sizeof *floods);
	tcase_add_test(c, same_spi_limit);
	tcase_add_loop_test(c, fragments, 0, 2);
	tcase_add_loop_test(c, many_proposals, 0, 2);
	tcase_add_test(c, many_children);
	suite_add_tcase(s, c);
	return testing_run(s);
}
