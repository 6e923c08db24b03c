/* SPDX-License-Identifier: BSD-2-Clause
 * The session follows made conversations: requests and responses paired,
 * retransmissions and silence, IKE_SA_INIT's retries, CHILD and IKE SAs made,
 * rekeyed (by both sides at once, too), deleted by either side, moved; captures
 * that begin in the middle. What is right is RFC 7296, 1 and 2. */
#include "ipsec/ike/session_made_test.h"

static struct talk t;
static struct talk_sa sa;

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

static size_t count(bool (*f)(struct ike_sa *, void *))
{
	size_t n = 0;
	ike_session_each(t.session, f, &n);
	return n;
}

static bool count_one(struct ike_sa *s, void *user)
{
	(void)s;
	++*(size_t *)user;
	return true;
}

static bool said(const struct ike_turn *turn, const char *part)
{
	return turn->said && strstr(turn->said, part);
}

static struct ike_child *child_at(const struct ike_sa *s, size_t i)
{
	struct ike_child *c = s->children;
	while (c && i--)
		c = c->next;
	return c;
}

/* ---- pairing ---- */

START_TEST(established)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	ck_assert_int_eq(s->outcome, IKE_ESTABLISHED);
	ck_assert_uint_eq(s->established_frame, 4);
	ck_assert_uint_eq(s->messages, 4);
	ck_assert_uint_eq(s->encrypted, 2);
	ck_assert_uint_eq(s->opened, 2);
	ck_assert_str_eq(s->end[0].id, "alice");
	ck_assert_str_eq(s->end[1].id, "bob");
	ck_assert_uint_eq(s->end[0].requests, 2);
	ck_assert_uint_eq(s->end[1].responses, 2);
	ck_assert_uint_eq(s->end[0].unanswered, 0);
	struct ike_child *c = s->children;
	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_null(c->next);
	ck_assert_int_eq(c->outcome, IKE_ESTABLISHED);
	ck_assert_int_eq(c->protocol, PROTOCOL_ESP);
	ck_assert_uint_eq(c->spi_i, 0xc1000001);
	ck_assert_uint_eq(c->spi_r, 0xc2000001);
	ck_assert_str_eq(c->ts_i, "10.1.0.0/24");
	ck_assert_str_eq(c->ts_r, "10.2.0.0/24");
	ck_assert_uint_eq(c->request_frame, 3);
	ck_assert_uint_eq(c->response_frame, 4);
}
END_TEST

/* Both directions' keys are in the store, as RFC 7296, 2.17, orders them. */
START_TEST(child_keys)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	uint8_t nonces[2][TALK_NONCE], keymat[40];
	struct keymat_nonces n = { span_of(nonces[0], TALK_NONCE), span_of(nonces[1], TALK_NONCE) };
	struct err e = { 0 };
	memset(nonces[0], 0x11, TALK_NONCE);
	memset(nonces[1], 0x22, TALK_NONCE);
	ck_assert(keymat_child(t.crypto, prf_find(5), span_of(sa.sk_d, 32), span_of(NULL, 0), &n,
			       span_of(keymat, 40), &e));
	ck_assert_uint_eq(t.store.sa_count, 2);
	ck_assert(ike_session_keys_added(t.session));
	ck_assert(!ike_session_keys_added(t.session));
	for (const struct sa_key *k = t.store.sas; k; k = k->next) {
		bool to_r = k->spi == 0xc2000001;
		ck_assert(to_r || k->spi == 0xc1000001);
		ck_assert(span_equal(k->encr_key, span_of(keymat + (to_r ? 0 : 20), 20)));
		ck_assert(addr_equal(&k->dst.addr, &sa.host[to_r]));
		ck_assert(addr_equal(&k->src.addr, &sa.host[!to_r]));
		ck_assert(!k->guess && k->mode == SA_MODE_TUNNEL && k->esn == ESN_NO);
	}
	enum ike_side to;
	ck_assert_ptr_eq(ike_session_child(t.session, PROTOCOL_ESP, 0xc1000001, &sa.host[0], &to),
			 s->children);
	ck_assert_int_eq(to, IKE_INITIATOR);
	ck_assert_ptr_null(ike_session_child(t.session, PROTOCOL_ESP, 0xc1000001, &sa.host[1], &to));
	ck_assert_ptr_null(ike_session_child(t.session, PROTOCOL_AH, 0xc1000001, &sa.host[0], &to));
}
END_TEST

START_TEST(pairs)
{
	talk_establish(&t, &sa);
	struct ike_turn *turn = talk(&t, &sa, "r asks", INFO, 0, "");
	ck_assert(turn->request && turn->from == IKE_RESPONDER && !turn->answers);
	ck_assert(said(turn, "are you there?"));
	turn = talk(&t, &sa, "i asks", INFO, 2, "");
	ck_assert(turn->request && turn->from == IKE_INITIATOR);
	turn = talk(&t, &sa, "i answers", INFO, 0, "");
	ck_assert(!turn->request);
	ck_assert_uint_eq(turn->answers, 5);
	turn = talk(&t, &sa, "r answers", INFO, 2, "");
	ck_assert_uint_eq(turn->answers, 6);
	ck_assert_uint_eq(turn->sa->end[0].unanswered + turn->sa->end[1].unanswered, 0);
}
END_TEST

START_TEST(retransmitted)
{
	talk_establish(&t, &sa);
	talk(&t, &sa, "i asks", INFO, 2, "");
	struct ike_turn *turn = talk(&t, &sa, "i asks", INFO, 2, "");
	ck_assert_uint_eq(turn->repeats, 5);
	ck_assert_uint_eq(turn->sa->end[0].retransmissions, 1);
	ck_assert_uint_eq(turn->sa->end[0].requests, 3);
	turn = talk(&t, &sa, "r answers", INFO, 2, "");
	ck_assert_uint_eq(turn->answers, 5);
	ck_assert_uint_eq(turn->repeats, 0);
	turn = talk(&t, &sa, "r answers", INFO, 2, "");
	ck_assert_uint_eq(turn->repeats, 7);
	ck_assert_uint_eq(turn->sa->end[1].retransmissions, 1);
	ck_assert_uint_eq(turn->sa->end[1].responses, 3);
}
END_TEST

/* A retransmitted IKE_AUTH response makes no second CHILD SA. */
START_TEST(retransmitted_auth)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I);
	talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R);
	ck_assert_uint_eq(t.store.sa_count, 2);
	ck_assert_ptr_null(s->children->next);
	ck_assert_uint_eq(s->end[0].retransmissions, 1);
	ck_assert_uint_eq(s->end[1].retransmissions, 1);
}
END_TEST

/* Other octets under the same ID are no new request: RFC 7296, 2.1. */
START_TEST(same_id)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	talk(&t, &sa, "i asks", INFO, 2, "");
	struct ike_turn *turn = talk(&t, &sa, "i asks", INFO, 2, "DELETE esp c1000001");
	ck_assert_uint_eq(turn->repeats, 5);
	ck_assert_uint_eq(s->end[0].requests, 3);
	ck_assert_int_eq(s->children->outcome, IKE_ESTABLISHED);
}
END_TEST

START_TEST(unanswered)
{
	struct talk_sa first = talk_first(&sa);
	struct ike_sa *s = NULL;
	for (int i = 0; i < 5; i++)
		s = talk(&t, &first, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 11")->sa;
	ck_assert_uint_eq(s->end[0].requests, 1);
	ck_assert_uint_eq(s->end[0].retransmissions, 4);
	ck_assert_uint_eq(s->end[0].unanswered, 1);
	ck_assert_int_eq(s->outcome, IKE_INCOMPLETE);
	ck_assert_uint_eq(count(count_one), 1);
}
END_TEST

/* Message IDs may jump, even to the end of their range; those that were are old. */
START_TEST(id_jumps)
{
	static const uint32_t ids[] = { 3, 7, 5, 0x80000000, 0xfffffffe, 0xffffffff };
	struct ike_sa *s = talk_establish(&t, &sa);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct ike_turn *asked = talk(&t, &sa, "i asks", INFO, ids[i], "");
		uint64_t repeats = asked->repeats, frame = t.frame;
		struct ike_turn *turn = talk(&t, &sa, "r answers", INFO, ids[i], "");
		ck_assert_msg(turn->repeats || turn->answers == (repeats ? repeats : frame), "%x", ids[i]);
	}
	uint32_t requests = s->end[0].requests;
	talk(&t, &sa, "i asks", INFO, 7, "DELETE esp c1000001");
	ck_assert_uint_eq(s->end[0].requests, requests);
	ck_assert_int_eq(s->children->outcome, IKE_ESTABLISHED);
	ck_assert_int_eq(s->outcome, IKE_ESTABLISHED);
	ck_assert_uint_eq(s->end[0].unanswered, 0);
}
END_TEST

/* ---- IKE_SA_INIT tried again ---- */

START_TEST(cookie)
{
	struct talk_sa first = talk_first(&sa);
	talk(&t, &first, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 11");
	struct ike_turn *turn = talk(&t, &first, "r answers", INIT, 0, "NOTIFY 16390 - - 0102030405");
	ck_assert(said(turn, "cookie"));
	ck_assert_uint_eq(turn->sa->cookie_frame, 2);
	turn = talk(&t, &first, "i asks", INIT, 0,
		    "NOTIFY 16390 - - 0102030405|" IKE_SUITE "|KE 31 a1|NONCE 11");
	ck_assert(said(turn, "with the cookie") && !turn->repeats);
	turn = talk(&t, &sa, "r answers", INIT, 0, IKE_SUITE "|KE 31 a2|NONCE 22");
	ck_assert_uint_eq(turn->answers, 3);
	ck_assert_uint_eq(count(count_one), 1);
	ck_assert(turn->sa->choice.has & CHOICE_ENCR);
	ck_assert(memcmp(turn->sa->spi_r, sa.spis + 8, 8) == 0);
}
END_TEST

START_TEST(invalid_ke)
{
	struct talk_sa first = talk_first(&sa);
	talk(&t, &first, "i asks", INIT, 0, IKE_SUITE " 4:19|KE 19 a1|NONCE 11");
	/* RFC 7296, 2.6: the responder's SPI may be zero in such an answer, or not */
	struct ike_turn *turn = talk(&t, _i ? &sa : &first, "r answers", INIT, 0, "NOTIFY 17 - - 001f");
	ck_assert_uint_eq(turn->sa->ke_refused, 19);
	ck_assert_uint_eq(turn->sa->ke_wanted, 31);
	ck_assert_int_eq(turn->sa->outcome, IKE_INCOMPLETE);
	turn = talk(&t, &first, "i asks", INIT, 0, IKE_SUITE " 4:19|KE 31 a1|NONCE 12");
	ck_assert_uint_eq(turn->sa->ke_retry_frame, 3);
	struct talk_sa other = sa;
	other.spis[15] = 9;
	turn = talk(&t, &other, "r answers", INIT, 0, IKE_SUITE "|KE 31 a2|NONCE 22");
	ck_assert_uint_eq(turn->answers, 3);
	ck_assert_uint_eq(count(count_one), 1);
	ck_assert(turn->sa->choice.has & CHOICE_ENCR);
}
END_TEST

START_TEST(refused)
{
	struct talk_sa first = talk_first(&sa);
	talk(&t, &first, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 11");
	struct ike_sa *s = talk(&t, &sa, "r answers", INIT, 0, "NOTIFY 14 - -")->sa;
	ck_assert_int_eq(s->outcome, IKE_FAILED);
	ck_assert_str_eq(ike_reason_name(&s->reason), "NO_PROPOSAL_CHOSEN");
	ck_assert_int_eq(s->reason.by, IKE_RESPONDER);
	ck_assert_uint_eq(s->reason.frame, 2);
	ck_assert(s->reason.evidence && strstr(s->reason.evidence, "AES_GCM_16"));
}
END_TEST

/* ---- CHILD SAs ---- */

#define CHILD(suite, spi, nonce) suite " @" spi "|NONCE " nonce "|" TS_BOTH

START_TEST(child_rekeyed)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	talk(&t, &sa, "i asks", CREATE_CHILD, 2,
	     "NOTIFY 16393 esp c1000001|" CHILD(ESP_SUITE, "c1000002", "33"));
	struct ike_turn *turn = talk(&t, &sa, "r answers", CREATE_CHILD, 2,
				     CHILD(ESP_SUITE, "c2000002", "44"));
	struct ike_child *old = s->children, *new = old->next;
	ck_assert_ptr_eq(turn->child, new);
	ck_assert_ptr_eq(new->replaces, old);
	ck_assert_ptr_eq(old->heir, new);
	ck_assert_uint_eq(t.store.sa_count, 4);
	ck_assert_int_eq(old->outcome, IKE_ESTABLISHED);
	turn = talk(&t, &sa, "i asks", INFO, 3, "DELETE esp c1000001");
	ck_assert(said(turn, "deletes ESP SPI 0xc1000001 (rekeyed)"));
	talk(&t, &sa, "r answers", INFO, 3, "DELETE esp c2000001");
	ck_assert_int_eq(old->outcome, IKE_REKEYED);
	ck_assert_int_eq(old->deleted_by, IKE_INITIATOR);
	ck_assert_uint_eq(old->deleted_frame, 7);
	ck_assert_int_eq(new->outcome, IKE_ESTABLISHED);
}
END_TEST

/* Both ask before either answers; one of the new SAs is deleted. */
START_TEST(child_collision)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	talk(&t, &sa, "i asks", CREATE_CHILD, 2,
	     "NOTIFY 16393 esp c1000001|" CHILD(ESP_SUITE, "c1000002", "33"));
	talk(&t, &sa, "r asks", CREATE_CHILD, 0,
	     "NOTIFY 16393 esp c2000001|" CHILD(ESP_SUITE, "c2000003", "55"));
	talk(&t, &sa, "r answers", CREATE_CHILD, 2, CHILD(ESP_SUITE, "c2000002", "44"));
	struct ike_turn *turn = talk(&t, &sa, "i answers", CREATE_CHILD, 0,
				     CHILD(ESP_SUITE, "c1000003", "66"));
	ck_assert(said(turn, "both sides rekeyed at once"));
	struct ike_child *old = s->children, *a = old->next, *b = a->next;
	ck_assert_ptr_eq(a->replaces, old);
	ck_assert_ptr_eq(b->replaces, old);
	ck_assert_int_eq(a->initiator, IKE_INITIATOR);
	ck_assert_int_eq(b->initiator, IKE_RESPONDER);
	ck_assert_uint_eq(b->spi_i, 0xc2000003);	/* what the exchange's initiator receives with */
	ck_assert_uint_eq(b->spi_r, 0xc1000003);
	ck_assert(addr_equal(&b->addr_i, &sa.host[IKE_RESPONDER]));
	ck_assert_uint_eq(t.store.sa_count, 6);
	enum ike_side to;
	ck_assert_ptr_eq(ike_session_child(t.session, PROTOCOL_ESP, 0xc2000003, &sa.host[1], &to), b);
	ck_assert_int_eq(to, IKE_INITIATOR);
	talk(&t, &sa, "r asks", INFO, 1, "DELETE esp c2000003");
	ck_assert_int_eq(b->deleted_by, IKE_RESPONDER);
	ck_assert_int_eq(a->outcome, IKE_ESTABLISHED);
}
END_TEST

START_TEST(child_refused)
{
	static const struct {
		unsigned notify;
		const char *name, *evidence;
	} reasons[] = {
		{ 38, "TS_UNACCEPTABLE", "10.1.0.0/24" },
		{ 14, "NO_PROPOSAL_CHOSEN", "AES_GCM_16" },
		{ 35, "NO_ADDITIONAL_SAS", NULL },
	};
	struct ike_sa *s = talk_establish(&t, &sa);
	talk(&t, &sa, "i asks", CREATE_CHILD, 2, CHILD(ESP_SUITE, "c1000002", "33"));
	talk(&t, &sa, "r answers", CREATE_CHILD, 2,
	     arena_printf(&t.arena, "NOTIFY %u - -", reasons[_i].notify));
	struct ike_child *c = child_at(s, 1);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(c->outcome, IKE_FAILED);
	ck_assert_str_eq(ike_reason_name(&c->reason), reasons[_i].name);
	ck_assert_uint_eq(c->spi_i, 0xc1000002);
	ck_assert_uint_eq(c->spi_r, 0);
	if (reasons[_i].evidence)
		ck_assert_msg(strstr(c->reason.evidence, reasons[_i].evidence), "%s", c->reason.evidence);
	ck_assert_int_eq(s->outcome, IKE_ESTABLISHED);
	ck_assert_int_eq(s->children->outcome, IKE_ESTABLISHED);
}
END_TEST

START_TEST(child_deleted)
{
	bool by_r = _i;
	struct ike_sa *s = talk_establish(&t, &sa);
	talk(&t, &sa, by_r ? "r asks" : "i asks", INFO, by_r ? 0 : 2,
	     by_r ? "DELETE esp c2000001" : "DELETE esp c1000001");
	ck_assert_int_eq(s->children->outcome, IKE_DELETED);
	ck_assert_int_eq(s->children->deleted_by, by_r ? IKE_RESPONDER : IKE_INITIATOR);
	ck_assert_uint_eq(s->children->deleted_frame, 5);
	ck_assert_int_eq(s->outcome, IKE_ESTABLISHED);
}
END_TEST

/* ---- IKE SAs rekeyed and deleted ---- */

/* The new SA's keys, and the secret of its exchange for the session. */
static struct talk_sa rekeyed_sa(uint32_t number, const struct talk_sa *old, uint8_t ni, uint8_t nr)
{
	struct talk_sa new = talk_sa_of(number);
	uint8_t nonces[2][TALK_NONCE], shared[32];
	struct keymat_nonces n = { span_of(nonces[0], TALK_NONCE), span_of(nonces[1], TALK_NONCE) };
	struct err e = { 0 };
	memset(nonces[0], ni, TALK_NONCE);
	memset(nonces[1], nr, TALK_NONCE);
	memset(shared, ni ^ nr, sizeof shared);
	ck_assert(keymat_skeyseed_rekey(t.crypto, prf_find(5), span_of(old->sk_d, 32), &n,
					span_of(shared, 32), new.seed, &e));
	talk_secret(&t, NULL, SECRET_DH, shared, sizeof shared);
	talk_key(&t, &new, ni, nr);
	return new;
}

#define NEW_IKE(spi, nonce) IKE_SUITE " @" spi "|KE 31 a3|NONCE " nonce

START_TEST(ike_rekeyed)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	struct talk_sa new = rekeyed_sa(2, &sa, 0x33, 0x44);
	talk(&t, &sa, "i asks", CREATE_CHILD, 2, NEW_IKE("1100000000000002", "33"));
	struct ike_turn *turn = talk(&t, &sa, "r answers", CREATE_CHILD, 2,
				     NEW_IKE("2200000000000002", "44"));
	ck_assert(said(turn, "the IKE SA is rekeyed"));
	ck_assert_int_eq(s->outcome, IKE_REKEYED);
	ck_assert_ptr_nonnull(s->heir);
	ck_assert_ptr_eq(s->heir->replaces, s);
	turn = talk(&t, &sa, "i asks", INFO, 3, "DELETE ike");
	ck_assert(said(turn, "deletes the IKE SA (rekeyed)"));
	talk(&t, &sa, "r answers", INFO, 3, "");
	/* the CHILD SA lives on under the new IKE SA, whose messages open */
	turn = talk(&t, &new, "r asks", INFO, 0, "DELETE esp c2000001");
	ck_assert(t.m->decrypted);
	ck_assert_ptr_eq(turn->sa, s->heir);
	ck_assert_str_eq(turn->sa->end[0].id, "alice");
	ck_assert_int_eq(s->children->outcome, IKE_DELETED);
	ck_assert_int_eq(s->children->deleted_by, IKE_RESPONDER);
	talk_unkey(&new);
}
END_TEST

/* The responder rekeys: in the new SA it is the initiator. */
START_TEST(ike_rekeyed_by_responder)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	struct talk_sa new = rekeyed_sa(2, &sa, 0x33, 0x44);
	talk(&t, &sa, "r asks", CREATE_CHILD, 0, NEW_IKE("1100000000000002", "33"));
	talk(&t, &sa, "i answers", CREATE_CHILD, 0, NEW_IKE("2200000000000002", "44"));
	ck_assert_ptr_nonnull(s->heir);
	ck_assert_str_eq(s->heir->end[IKE_INITIATOR].id, "bob");
	ck_assert(addr_equal(&s->heir->end[IKE_INITIATOR].addr, &sa.host[IKE_RESPONDER]));
	new.host[0] = sa.host[1];
	new.host[1] = sa.host[0];
	/* bob deletes the child that alice began */
	talk(&t, &new, "i asks", INFO, 0, "DELETE esp c2000001");
	ck_assert(t.m->decrypted);
	ck_assert_int_eq(s->children->deleted_by, IKE_RESPONDER);
	talk_unkey(&new);
}
END_TEST

/* Both rekey the IKE SA at once; the one that stays is the heir. */
START_TEST(ike_collision)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	struct talk_sa a = rekeyed_sa(2, &sa, 0x33, 0x44), b = rekeyed_sa(3, &sa, 0x55, 0x66);
	talk(&t, &sa, "i asks", CREATE_CHILD, 2, NEW_IKE("1100000000000002", "33"));
	talk(&t, &sa, "r asks", CREATE_CHILD, 0, NEW_IKE("1100000000000003", "55"));
	talk(&t, &sa, "r answers", CREATE_CHILD, 2, NEW_IKE("2200000000000002", "44"));
	struct ike_turn *turn = talk(&t, &sa, "i answers", CREATE_CHILD, 0,
				     NEW_IKE("2200000000000003", "66"));
	ck_assert(said(turn, "both sides rekeyed at once"));
	b.host[0] = sa.host[1];
	b.host[1] = sa.host[0];
	struct ike_sa *sa_a = s->heir;
	talk(&t, &a, "i asks", INFO, 0, "DELETE ike");
	ck_assert(t.m->decrypted);
	ck_assert_int_eq(sa_a->outcome, IKE_DELETED);
	ck_assert_ptr_ne(s->heir, sa_a);
	struct ike_sa *sa_b = talk(&t, &b, "i asks", INFO, 0, "")->sa;
	ck_assert(t.m->decrypted);
	ck_assert_ptr_eq(s->heir, sa_b);
	ck_assert_int_eq(s->outcome, IKE_REKEYED);
	talk_unkey(&a);
	talk_unkey(&b);
}
END_TEST

START_TEST(ike_deleted)
{
	bool by_r = _i;
	struct ike_sa *s = talk_establish(&t, &sa);
	talk(&t, &sa, by_r ? "r asks" : "i asks", INFO, by_r ? 0 : 2, "DELETE ike");
	ck_assert_int_eq(s->outcome, IKE_DELETED);
	ck_assert_int_eq(s->deleted_by, by_r ? IKE_RESPONDER : IKE_INITIATOR);
	ck_assert_uint_eq(s->deleted_frame, 5);
	ck_assert(s->children->dead);
}
END_TEST

/* ---- addresses ---- */

/* MOBIKE (RFC 4555, 3.5): the keys of the CHILD SAs for the new address. */
START_TEST(moved)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	struct talk_sa there = sa;
	there.host[0] = talk_addr(0xc6336407);
	there.port[0] = there.port[1] = 4500;
	struct ike_turn *turn = talk(&t, &there, "i asks", INFO, 2, "NOTIFY 16400 - -");
	ck_assert_ptr_eq(turn->sa, s);
	ck_assert(said(turn, "MOBIKE"));
	talk(&t, &there, "r answers", INFO, 2, "");
	ck_assert_uint_eq(s->end[0].moved_frame, 5);
	ck_assert_uint_eq(s->floated_frame, 5);
	ck_assert(addr_equal(&s->end[0].addr, &there.host[0]));
	enum ike_side to;
	ck_assert_ptr_eq(ike_session_child(t.session, PROTOCOL_ESP, 0xc1000001, &there.host[0], &to),
			 s->children);
	unsigned found = 0;
	for (const struct sa_key *k = t.store.sas; k; k = k->next)
		found += k->spi == 0xc1000001 && addr_equal(&k->dst.addr, &there.host[0]);
	ck_assert_uint_eq(found, 1);
	ck_assert_uint_eq(t.store.sa_count, 4);
}
END_TEST

/* A stranger's packet with these SPIs moves nothing: it does not open. */
START_TEST(not_moved)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	struct talk_sa stranger = sa;
	stranger.host[0] = talk_addr(0xcb007101);
	struct span octets = talk_message(&t, &stranger, "i asks", INFO, 2, "NOTIFY 16400 - -");
	t.room[octets.n - 1] ^= 1;
	talk_take(&t, &stranger, IKE_INITIATOR, octets);
	ck_assert_uint_eq(s->bad_icv, 1);
	ck_assert(addr_equal(&s->end[0].addr, &sa.host[0]));
	ck_assert_uint_eq(t.store.sa_count, 2);
}
END_TEST

/* The same SPIi between other hosts is another SA; its secrets are not shared. */
START_TEST(spi_of_another_host)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	struct talk_sa other = talk_first(&sa);
	other.host[0] = talk_addr(0xcb007101);
	other.host[1] = talk_addr(0xcb007102);
	struct ike_turn *turn = talk(&t, &other, "i asks", INIT, 0, IKE_SUITE "|KE 31 a1|NONCE 77");
	ck_assert_ptr_ne(turn->sa, s);
	ck_assert_uint_eq(turn->repeats, 0);
	ck_assert_uint_eq(count(count_one), 2);
	ck_assert_int_eq(s->outcome, IKE_ESTABLISHED);
}
END_TEST

/* ---- captures that begin later ---- */

START_TEST(mid_capture)
{
	struct ike_turn *turn;
	struct ike_sa *s;
	memset(sa.seed, 1, 32);
	talk_key(&t, &sa, 0x11, 0x22);
	turn = talk(&t, &sa, _i ? "r asks" : "i asks", INFO, 9, "");
	s = turn->sa;
	ck_assert_ptr_nonnull(s);
	ck_assert(!t.m->decrypted && t.m->icv == ICV_UNCHECKED);
	ck_assert(addr_equal(&s->end[0].addr, &sa.host[0]));
	turn = talk(&t, &sa, _i ? "i answers" : "r answers", INFO, 9, "");
	ck_assert_uint_eq(turn->answers, 1);
	ck_assert_int_eq(s->outcome, IKE_ESTABLISHED);
	ck_assert_ptr_nonnull(s->missing);
	ck_assert_uint_eq(count(count_one), 1);
}
END_TEST

static void add_tests(TCase *c)
{
	tcase_add_test(c, established);
	tcase_add_test(c, child_keys);
	tcase_add_test(c, pairs);
	tcase_add_test(c, retransmitted);
	tcase_add_test(c, retransmitted_auth);
	tcase_add_test(c, same_id);
	tcase_add_test(c, unanswered);
	tcase_add_test(c, id_jumps);
	tcase_add_test(c, cookie);
	tcase_add_loop_test(c, invalid_ke, 0, 2);
	tcase_add_test(c, refused);
	tcase_add_test(c, child_rekeyed);
	tcase_add_test(c, child_collision);
	tcase_add_loop_test(c, child_refused, 0, 3);
	tcase_add_loop_test(c, child_deleted, 0, 2);
	tcase_add_test(c, ike_rekeyed);
	tcase_add_test(c, ike_rekeyed_by_responder);
	tcase_add_test(c, ike_collision);
	tcase_add_loop_test(c, ike_deleted, 0, 2);
	tcase_add_test(c, moved);
	tcase_add_test(c, not_moved);
	tcase_add_test(c, spi_of_another_host);
	tcase_add_loop_test(c, mid_capture, 0, 2);
}

int main(void)
{
	Suite *s = suite_create("session");
	TCase *c = tcase_create("session");
	tcase_add_checked_fixture(c, setup, teardown);
	add_tests(c);
	suite_add_tcase(s, c);
	return testing_run(s);
}
