/* SPDX-License-Identifier: BSD-2-Clause
 * What anybody on the path can send changes nothing that is told as true: messages
 * in clear after IKE_SA_INIT (RFC 7296, 2.4), errors and second requests in
 * IKE_SA_INIT (2.21.1), messages whose ICV is bad, old ones again, floods. */
#include "ipsec/ike/session_made_test.h"

#include <time.h>

static struct talk t;
static struct talk_sa sa, clear;	/* clear: the same SPIs, nothing is sealed */

static void setup(void)
{
	talk_begin(&t, NULL);
	sa = talk_sa_of(1);
}

static void teardown(void)
{
	talk_unkey(&sa);
	talk_end(&t);
}

static void forge(void)
{
	clear = sa;
	clear.cipher[0] = clear.cipher[1] = NULL;
}

static void is_whole(const struct ike_sa *s)
{
	ck_assert_int_eq(s->outcome, IKE_ESTABLISHED);
	ck_assert_ptr_nonnull(s->children);
	ck_assert_ptr_null(s->children->next);
	ck_assert_int_eq(s->children->outcome, IKE_ESTABLISHED);
	ck_assert_uint_eq(t.store.sa_count, 2);
	ck_assert_uint_eq(s->reason.notify, 0);
	ck_assert_ptr_null(s->heir);
}

/* All but IKE_SA_INIT in clear, from either side. */
START_TEST(in_clear)
{
	static const struct {
		unsigned exchange;
		const char *ask, *answer;
	} messages[] = {
		{ INFO, "DELETE ike", "" },
		{ INFO, "DELETE esp c1000001|DELETE esp c2000001", "" },
		{ INFO, "NOTIFY 24 - -", "" },
		{ CREATE_CHILD, "NOTIFY 16393 esp c1000001|" ESP_SUITE " @c1000009|NONCE 33|" TS_BOTH,
		  ESP_SUITE " @c2000009|NONCE 44|" TS_BOTH },
		{ AUTH_EXCHANGE, AUTH_I, "NOTIFY 24 - -" },
	};
	struct ike_sa *s = talk_establish(&t, &sa);
	forge();
	for (int k = 0; k < 2; k++) {
		talk(&t, &clear, k ? "r asks" : "i asks", messages[_i].exchange, 2, messages[_i].ask);
		talk(&t, &clear, k ? "i answers" : "r answers", messages[_i].exchange, 2, messages[_i].answer);
	}
	is_whole(s);
	ck_assert_uint_eq(s->end[0].unanswered, 0);
}
END_TEST

/* Before IKE_AUTH's own answer. */
START_TEST(refusal_in_clear)
{
	memset(sa.seed, 0x5e, 32);
	talk_key(&t, &sa, 0x11, 0x22);
	talk_secret(&t, &sa, SECRET_SKEYSEED, sa.seed, 32);
	talk_init(&t, &sa);
	forge();
	talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I);
	struct ike_sa *s = talk(&t, &clear, "r answers", AUTH_EXCHANGE, 1, "NOTIFY 24 - -")->sa;
	ck_assert_int_eq(s->outcome, IKE_INCOMPLETE);
	struct ike_turn *turn = talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R);
	ck_assert_uint_eq(turn->answers, 3);
	is_whole(s);
}
END_TEST

/* The request once more with another nonce, behind the answer: keys and AUTH use
 * the one that was answered. */
START_TEST(request_behind_answer)
{
	memset(sa.seed, 0x5e, 32);
	talk_key(&t, &sa, 0x11, 0x22);
	talk_secret(&t, &sa, SECRET_SKEYSEED, sa.seed, 32);
	struct talk_sa first = talk_first(&sa);
	uint8_t keys[2][64];
	for (int forged = 0; forged < 2; forged++) {
		talk_init(&t, &sa);
		if (forged)
			talk(&t, &first, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 99");
		talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I);
		is_whole(talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R)->sa);
		struct span key = t.store.sas->encr_key;
		ck_assert(key.n && key.n <= sizeof keys[0]);
		memcpy(keys[forged], key.p, key.n);
		ck_assert(memcmp(keys[0], keys[forged], key.n) == 0);
		if (forged)
			break;
		talk_unkey(&sa);	/* the same conversation once more */
		talk_end(&t);
		talk_begin(&t, NULL);
		talk_key(&t, &sa, 0x11, 0x22);
		talk_secret(&t, &sa, SECRET_SKEYSEED, sa.seed, 32);
	}
}
END_TEST

/* An error that comes before the answer, with any SPI of the responder. */
START_TEST(refusal_before_answer)
{
	static const char *const errors[] = { "NOTIFY 14 - -", "NOTIFY 7 - -", "NOTIFY 17 - - 0013",
					      "NOTIFY 16390 - - 0102" };
	memset(sa.seed, 0x5e, 32);
	talk_key(&t, &sa, 0x11, 0x22);
	talk_secret(&t, &sa, SECRET_SKEYSEED, sa.seed, 32);
	struct talk_sa first = talk_first(&sa), other = sa;
	other.spis[12] ^= 0xff;
	talk(&t, &first, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 11");
	talk(&t, &other, "r answers", INIT, 0, errors[_i]);
	struct ike_turn *turn = talk(&t, &sa, "r answers", INIT, 0, IKE_SUITE "|KE 31 a2|NONCE 22");
	ck_assert_uint_eq(turn->answers, 1);
	ck_assert_int_eq(turn->sa->outcome, IKE_INCOMPLETE);
	ck_assert_uint_eq(turn->sa->end[0].unanswered, 0);
	talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I);
	struct ike_sa *s = talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R)->sa;
	ck_assert_int_eq(s->outcome, IKE_ESTABLISHED);
	ck_assert_uint_eq(t.store.sa_count, 2);
}
END_TEST

/* Noise that looks encrypted does not make an SA of one that only began. */
START_TEST(noise)
{
	memset(sa.seed, 0x5e, 32);
	talk_key(&t, &sa, 0x11, 0x22);
	talk_secret(&t, &sa, SECRET_SKEYSEED, sa.seed, 32);
	struct ike_sa *s = talk_init(&t, &sa);
	for (int i = 0; i < 4; i++) {
		struct span m = talk_message(&t, &sa, i % 2 ? "r asks" : "i asks", INFO, 2 + (uint32_t)i, "");
		t.room[m.n - 1] ^= 1;	/* its ICV */
		talk_take(&t, &sa, i % 2 ? IKE_RESPONDER : IKE_INITIATOR, m);
		ck_assert_int_eq(t.m->icv, ICV_BAD);
	}
	ck_assert_int_eq(s->outcome, IKE_INCOMPLETE);
	talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I);
	talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R);
	is_whole(s);
}
END_TEST

/* Headers in clear from anywhere move nothing and cost no rows. */
START_TEST(moved_by_nobody)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	forge();
	for (int i = 0; i < 2000; i++) {
		clear.host[IKE_INITIATOR].b[2] = (uint8_t)i;
		clear.host[IKE_INITIATOR].b[3] = (uint8_t)(i >> 8);
		talk(&t, &clear, "i asks", INFO, 2, "");
	}
	ck_assert(addr_equal(&s->end[0].addr, &sa.host[0]));
	is_whole(s);
}
END_TEST

/* A genuine rekey, recorded and sent again after many other messages. */
START_TEST(old_again)
{
	static const char ask[] = "NOTIFY 16393 esp c1000001|" ESP_SUITE " @c1000002|NONCE 33|" TS_BOTH;
	static const char answer[] = ESP_SUITE " @c2000002|NONCE 44|" TS_BOTH;
	struct ike_sa *s = talk_establish(&t, &sa);
	struct arena a = { 0 };
	struct span asked = arena_copy(&a, talk_message(&t, &sa, "i asks", CREATE_CHILD, 2, ask));
	struct span answered = arena_copy(&a, talk_message(&t, &sa, "r answers", CREATE_CHILD, 2, answer));
	talk_take(&t, &sa, IKE_INITIATOR, asked);
	talk_take(&t, &sa, IKE_RESPONDER, answered);
	for (uint32_t id = 3; id < 20 + 60u * (uint32_t)_i; id++) {
		talk(&t, &sa, "i asks", INFO, id, "");
		talk(&t, &sa, "r answers", INFO, id, "");
	}
	talk_take(&t, &sa, IKE_INITIATOR, asked);
	talk_take(&t, &sa, IKE_RESPONDER, answered);
	ck_assert_ptr_null(s->children->next->next);
	ck_assert_uint_eq(t.store.sa_count, 4);
	arena_done(&a);
}
END_TEST

/* The answer to a first request that was never answered, as far as is known,
 * belongs to the request before it. */
START_TEST(second_request)
{
	struct talk_sa first = talk_first(&sa);
	talk(&t, &first, "i asks", INIT, 0, IKE_SUITE "|KE 19 a1|NONCE 77");
	talk(&t, &first, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 11");
	struct ike_turn *turn = talk(&t, &sa, "r answers", INIT, 0, IKE_SUITE "|KE 31 a2|NONCE 22");
	ck_assert_uint_eq(turn->answers, 2);
	ck_assert_uint_eq(turn->sa->end[0].unanswered, 0);
}
END_TEST

/* Many large requests of others do not take the room of a real one. */
START_TEST(room)
{
	memset(sa.seed, 0x5e, 32);
	talk_key(&t, &sa, 0x11, 0x22);
	talk_secret(&t, &sa, SECRET_SKEYSEED, sa.seed, 32);
	for (int i = 0; i < 3000; i++) {
		struct talk_sa other = talk_first(&sa);
		uint8_t *m = t.room;
		struct span s = talk_message(&t, &other, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 11");
		memset(m + s.n, 0, 15000);
		m[0] = (uint8_t)i;
		m[1] = (uint8_t)(i >> 8);
		m[2] = 0xee;
		talk_take(&t, &other, IKE_INITIATOR, span_of(m, s.n + 15000));
	}
	talk_init(&t, &sa);
	talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I);
	is_whole(talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R)->sa);
}
END_TEST

/* Children that all name one SPI, or none, are freed as quickly as others. */
START_TEST(same_spis)
{
	talk_establish(&t, &sa);
	double begin = (double)clock() / CLOCKS_PER_SEC;
	for (uint32_t i = 0; i < 4000; i++)
		talk(&t, &sa, "r answers", CREATE_CHILD, 2 + i,
		     i % 2 ? ESP_SUITE " @c2000001|NONCE 44|" TS_BOTH : ESP_SUITE " @00000000|NONCE 44|" TS_BOTH);
	talk_unkey(&sa);
	talk_end(&t);
	ck_assert_msg((double)clock() / CLOCKS_PER_SEC - begin < 20, "takes too long");
	setup();
}
END_TEST

static void add_tests(TCase *c)
{
	tcase_add_loop_test(c, in_clear, 0, 5);
	tcase_add_test(c, refusal_in_clear);
	tcase_add_test(c, request_behind_answer);
	tcase_add_loop_test(c, refusal_before_answer, 0, 4);
	tcase_add_test(c, noise);
	tcase_add_test(c, moved_by_nobody);
	tcase_add_loop_test(c, old_again, 0, 2);
	tcase_add_test(c, second_request);
	tcase_add_test(c, room);
	tcase_add_test(c, same_spis);
}

int main(void)
{
	Suite *s = suite_create("session forged");
	TCase *c = tcase_create("session forged");
	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	add_tests(c);
	suite_add_tcase(s, c);
	return testing_run(s);
}
