/* SPDX-License-Identifier: BSD-2-Clause
 * IKEv1 exchanges that no capture of the lab has (see ikev1_messages_test.h), and
 * what strangers may send: forged, broken, endless. */
#include "ipsec/ike/ikev1_helpers_test.h"

/* 3DES with MD5, so that Ka is longer than SKEYID_e; a NAT before the initiator;
 * ports that float; the drafts' encapsulation mode. */
static const char *const nat_secrets[] = { A_GXY, A_XI, A_XR };

START_TEST(nat_from_each_secret)
{
	struct run r;
	run_init(&r);
	secret_add(&r, SECRET_DH, v1_hex(nat_secrets[_i], &r.arena));
	secret_add(&r, SECRET_PSK, span_text("a generated key"));
	MADE_RUN(&r, made_nat);
	struct ike_sa *sa = first_sa(&r);
	struct ike_child *c = sa->children;
	ck_assert_str_eq(sa->end[0].id, "left.example");
	ck_assert_str_eq(sa->end[1].id, "203.0.113.9");
	ck_assert(sa->end[0].natted && !sa->end[1].natted);
	ck_assert_uint_eq(sa->end[0].natted_frame, 3);
	ck_assert_uint_eq(sa->floated_frame, 5);
	ck_assert_uint_eq(sa->lifetime, 28800);
	ck_assert(sa->end[0].auth == AUTH_GOOD && sa->end[1].auth == AUTH_GOOD);
	ck_assert_int_eq(c->mode, SA_MODE_TRANSPORT);
	ck_assert_str_eq(c->ts_i, "192.168.5.5 udp/1701");
	ck_assert(key_find(&r, 0xb1b2b3b4, v1_hex(A_TO_R, &r.arena)));
	ck_assert(key_find(&r, 0xa1a2a3a4, v1_hex(A_TO_I, &r.arena)));
	run_done(&r);
}
END_TEST

/* The same, captured on the initiator's side of the NAT: the fourth message shows it. */
START_TEST(nat_from_inside)
{
	static const uint8_t inside[] = { 192, 168, 5, 5 };
	struct run r;
	run_init(&r);
	for (size_t i = 0; i < 4; i++)
		made_take_from(&r, &made_nat[i], i + 1, inside);
	struct ike_sa *sa = first_sa(&r);
	ck_assert(sa->end[0].natted && !sa->end[1].natted);
	ck_assert_uint_eq(sa->end[0].natted_frame, 4);
	run_done(&r);
}
END_TEST

/* A message that is sent again is opened with the IV of then, and moves nothing. */
START_TEST(repeated_moves_no_iv)
{
	struct run r;
	struct ike_sa *sa = nat_run(&r);
	ck_assert_uint_eq(r.m[9]->turn->repeats, 7);
	ck_assert_str_eq(v1_payloads(r.m[9], &r.arena), "HASH SA NONCE ID ID");
	ck_assert_int_eq(r.m[9]->icv, ICV_GOOD);
	ck_assert_uint_eq(sa->end[0].retransmissions, 1);
	ck_assert_uint_eq(sa->opened, 12);
	run_done(&r);
}
END_TEST

START_TEST(dead_peer_detection)
{
	struct run r;
	struct ike_sa *sa = nat_run(&r);
	const struct ike_message *ask = MADE(&r, made_nat, "r-u-there");
	const struct ike_message *ack = MADE(&r, made_nat, "r-u-there-ack");
	ck_assert_str_eq(ask->turn->said, "R-U-THERE 4711");
	ck_assert(ask->turn->request && !ack->turn->request);
	ck_assert_uint_eq(ack->turn->answers, 11);
	ck_assert_uint_eq(sa->end[1].unanswered, 0);
	run_done(&r);
}
END_TEST

START_TEST(quick_mode_refused)
{
	struct run r;
	struct ike_sa *sa = nat_run(&r);
	struct ike_child *c = sa->children->next;
	ck_assert_int_eq(c->outcome, IKE_FAILED);
	ck_assert_int_eq(c->initiator, IKE_RESPONDER);
	ck_assert_str_eq(ike_reason_name(&c->reason), "NO-PROPOSAL-CHOSEN");
	ck_assert_int_eq(c->reason.by, IKE_INITIATOR);
	ck_assert_str_eq(c->reason.evidence, "Offered was ESP_AES-CBC 256, HMAC-SHA2-256, Tunnel, for "
			 "10.2.0.0/16 and 10.1.0.0/24.");
	ck_assert(c->spi_i == 0xc1c2c3c4 && c->spi_r == 0);
	ck_assert_ptr_null(c->next);
	run_done(&r);
}
END_TEST

/* Answers to requests that are not counted any more, as when phase 1 goes on
 * behind them: no count goes below zero. */
START_TEST(counts_end_at_zero)
{
	struct run r;
	run_init(&r);
	secret_add(&r, SECRET_DH, v1_hex(A_GXY, &r.arena));
	secret_add(&r, SECRET_PSK, span_text("a generated key"));
	for (size_t i = 0; i < sizeof made_nat / sizeof *made_nat; i++) {
		if (i) {
			struct ike_end *e = first_sa(&r)->end;
			e[0].unanswered = e[1].unanswered = 0;
		}
		made_take(&r, &made_nat[i], i + 1);
		const struct ike_end *e = first_sa(&r)->end;
		ck_assert_msg(e[0].unanswered <= 1 && e[1].unanswered <= 1, "%s: %u %u",
			      made_nat[i].name, e[0].unanswered, e[1].unanswered);
	}
	run_done(&r);
}
END_TEST

/* One message with two acknowledgements is one response. */
START_TEST(two_acks)
{
	struct run r;
	struct ike_sa *sa = nat_run(&r);
	struct span trailing, two = v1_hex("0b000010" "00000001" "01008d29" "00001267"
					   "00000010" "00000001" "01008d29" "00001267", &r.arena);
	struct decode d = { .arena = &r.arena };
	struct ike_place at = { .frame = 90 };
	struct ike_turn turn = { .from = IKE_INITIATOR };
	struct ike_message m = { .turn = &turn };
	struct ike_work w = { r.s, sa, &m, &turn, &at, &r.arena, &r.fs };
	struct ikev1_work x = { .w = &w, .v1 = sa->v1, .m = &m,
				.chain = ike_chain_decode(V1_NOTIFY, 1, two, &d, &trailing) };
	uint32_t responses = sa->end[0].responses;
	sa->end[0].requests = 0;
	ikev1_informational(&x);
	ck_assert_uint_eq(sa->end[0].requests, 0);
	ck_assert_uint_eq(sa->end[0].responses, responses + 1);
	ck_assert(!turn.request);
	run_done(&r);
}
END_TEST

/* A Delete whose HASH is wrong deletes nothing, the next one does. */
START_TEST(hash_is_wrong)
{
	struct run r;
	struct ike_sa *sa = nat_run(&r);
	ck_assert_int_eq(MADE(&r, made_nat, "bad hash")->icv, ICV_BAD);
	ck_assert_int_eq(MADE(&r, made_nat, "delete")->icv, ICV_GOOD);
	ck_assert_uint_eq(sa->children->deleted_frame, 16);
	ck_assert_int_eq(sa->children->deleted_by, IKE_RESPONDER);
	ck_assert_int_eq(sa->children->outcome, IKE_DELETED);
	ck_assert_uint_eq(sa->bad_icv, 1);
	ck_assert_ptr_nonnull(strstr(v1_findings(&r.fs, SEVERITY_VIOLATION, &r.arena), "HASH(1) is not"));
	ck_assert_int_eq(sa->outcome, IKE_DELETED);
	ck_assert_uint_eq(sa->deleted_frame, 17);
	run_done(&r);
}
END_TEST

static bool keep_last(struct ike_sa *sa, void *user)
{
	*(struct ike_sa **)user = sa;
	return true;
}

/* A second phase 1 takes over; its messages delete what the first one made. */
START_TEST(phase_1_again)
{
	struct run r;
	struct ike_sa *last = NULL, *first;
	run_init(&r);
	secret_add(&r, SECRET_DH, v1_hex(B_GXY1, &r.arena));
	secret_add(&r, SECRET_DH, v1_hex(B_GXY2, &r.arena));
	secret_add(&r, SECRET_PSK, span_text("a generated key"));
	MADE_RUN(&r, made_again);
	first = first_sa(&r);
	ike_session_each(r.s, keep_last, &last);
	ck_assert(first != last && last->replaces == first && first->heir == last);
	ck_assert_int_eq(first->outcome, IKE_REKEYED);
	ck_assert_int_eq(last->outcome, IKE_ESTABLISHED);
	ck_assert_uint_eq(first->deleted_frame, 20);
	ck_assert_int_eq(first->deleted_by, IKE_RESPONDER);
	ck_assert_uint_eq(first->children->deleted_frame, 19);
	ck_assert(last->children->replaces == first->children);
	ck_assert_int_eq(first->children->outcome, IKE_REKEYED);
	ck_assert_int_eq(last->children->outcome, IKE_ESTABLISHED);
	run_done(&r);
}
END_TEST

START_TEST(phase_1_refused)
{
	struct run r;
	run_init(&r);
	MADE_RUN(&r, made_refused);
	struct ike_sa *sa = first_sa(&r);
	ck_assert_int_eq(sa->outcome, IKE_FAILED);
	ck_assert_str_eq(ike_reason_name(&sa->reason), "NO-PROPOSAL-CHOSEN");
	ck_assert_int_eq(sa->reason.by, IKE_RESPONDER);
	ck_assert_str_eq(sa->reason.evidence, "The responder accepts none of: 3DES-CBC, MD5, 1024-bit MODP "
			 "group, pre-shared key.");
	run_done(&r);
}
END_TEST

START_TEST(xauth_fails)
{
	struct run r;
	run_init(&r);
	secret_add(&r, SECRET_DH, v1_hex(D_GXY, &r.arena));
	secret_add(&r, SECRET_PSK, span_text("a generated key"));
	MADE_RUN(&r, made_xauth);
	struct ike_sa *sa = first_sa(&r);
	ck_assert_uint_eq(sa->choice.encr, 23);
	ck_assert_int_eq(sa->outcome, IKE_FAILED);
	ck_assert_ptr_nonnull(strstr(sa->reason.evidence, "XAUTH"));
	ck_assert_str_eq(MADE(&r, made_xauth, "reply")->turn->said, "XAUTH user <b>carol</b>");
	ck_assert_str_eq(MADE(&r, made_xauth, "status")->turn->said, "XAUTH failed");
	run_done(&r);
}
END_TEST

START_TEST(bundle_of_three)
{
	struct run r;
	run_init(&r);
	secret_add(&r, SECRET_DH, v1_hex(E_GXY, &r.arena));
	secret_add(&r, SECRET_PSK, span_text("a generated key"));
	MADE_RUN(&r, made_bundle);
	struct ike_child *ah = first_sa(&r)->children, *esp = ah->next;
	ck_assert(ah->protocol == PROTOCOL_AH && esp->protocol == PROTOCOL_ESP && !esp->next);
	ck_assert(ah->spi_i == 0x01010101 && ah->spi_r == 0x03030303);
	ck_assert(esp->spi_i == 0x02020202 && esp->spi_r == 0x04040404);
	ck_assert_uint_eq(esp->ipcomp, 0x2002);
	ck_assert_str_eq(esp->ts_i, "198.51.100.7");
	ck_assert_int_eq(esp->outcome, IKE_ESTABLISHED);
	ck_assert(key_find(&r, 0x03030303, v1_hex(E_AH_TO_R, &r.arena)));
	ck_assert(key_find(&r, 0x02020202, v1_hex(E_ESP_TO_I, &r.arena)));
	ck_assert_str_eq(MADE(&r, made_bundle, "mode config set")->turn->said, "gives the address 10.9.8.7");
	run_done(&r);
}
END_TEST

/* ---- hostile input ---- */

/* A made message with some octets replaced. */
static void forge(struct run *r, const struct made *m, size_t at, uint8_t with, uint64_t frame)
{
	char *hex = arena_text(&r->arena, span_text(m->hex));
	static const char digits[] = "0123456789abcdef";
	hex[2 * at] = digits[with >> 4];
	hex[2 * at + 1] = digits[with & 15];
	made_take(r, &(struct made){ m->name, m->from, m->port, hex }, frame);
}

/* Changed copies of messages between the real ones: the chains of IVs go on. */
START_TEST(forgeries_move_nothing)
{
	struct run r;
	run_init(&r);
	secret_add(&r, SECRET_DH, v1_hex(A_GXY, &r.arena));
	secret_add(&r, SECRET_PSK, span_text("a generated key"));
	size_t n = sizeof made_nat / sizeof *made_nat;
	for (size_t i = 0; i < n; i++) {
		size_t size = strlen(made_nat[i].hex) / 2;
		if (i >= 6) {
			forge(&r, &made_nat[i], size - 3, 0x5a, 100 + i);
			forge(&r, &made_nat[i], 23, 0xff, 200 + i);	/* another message ID */
		}
		made_take(&r, &made_nat[i], i + 1);
	}
	struct ike_sa *sa = first_sa(&r);
	ck_assert_int_eq(sa->outcome, IKE_DELETED);
	ck_assert_int_eq(sa->children->outcome, IKE_DELETED);
	ck_assert_int_eq(sa->children->next->outcome, IKE_FAILED);
	ck_assert(key_find(&r, 0xb1b2b3b4, v1_hex(A_TO_R, &r.arena)));
	run_done(&r);
}
END_TEST

/* Every cut and every changed octet of each message is survived. */
START_TEST(broken_messages)
{
	const struct made *m = &made_nat[_i];
	size_t size = strlen(m->hex) / 2;
	struct run r;
	run_init(&r);
	secret_add(&r, SECRET_DH, v1_hex(A_GXY, &r.arena));
	secret_add(&r, SECRET_PSK, span_text("a generated key"));
	for (int i = 0; i < _i; i++)
		made_take(&r, &made_nat[i], (uint64_t)i + 1);
	struct v1_message *last = &r.c.m[r.c.count];
	made_take(&r, m, 50);
	struct arena a = { 0 };
	for (size_t i = IKE_HEADER_SIZE; i < size; i++) {
		struct findings fs = { .arena = &a };
		uint8_t *copy = malloc(size);
		memcpy(copy, last->octets.p, size);
		copy[i] ^= (uint8_t)(1 + i % 255);
		struct ike_message *x = ike_message_decode(span_of(copy, size), &a, &fs);
		ike_session_take(r.s, x, &last->at, &a, &fs);
		x = ike_message_decode(span_of(copy, i), &a, &fs);
		ike_session_take(r.s, x, &last->at, &a, &fs);
		arena_reset(&a);
		free(copy);
	}
	arena_done(&a);
	run_done(&r);
}
END_TEST

/* Fragments: the header of the message they make, cut in pieces. */
static void frag_take(struct run *r, struct span piece, unsigned number, bool last, uint8_t cookie)
{
	uint8_t *p = arena_alloc(&r->arena, 36 + piece.n);
	struct writer w = writer_of(p, 36 + piece.n);
	static const uint8_t a[] = { 198, 51, 100, 7 }, b[] = { 203, 0, 113, 9 };
	struct ike_place at = { .frame = 1 + number, .src = addr_of(4, a), .dst = addr_of(4, b),
				.sport = 500, .dport = 500 };
	write_octets(&w, "initiatr", 7);
	write_u8(&w, cookie);
	write_zeros(&w, 8);
	write_u32(&w, 132u << 24 | 0x100000 | V1_MAIN << 8);
	write_u32(&w, 0);
	write_u32(&w, (uint32_t)(36 + piece.n));
	write_u16(&w, 0);
	write_u16(&w, (uint16_t)(8 + piece.n));
	write_u16(&w, 1);
	write_u8(&w, (uint8_t)number);
	write_u8(&w, last);
	write_span(&w, piece);
	ck_assert(!w.bad);
	struct ike_message *m = ike_message_decode(writer_span(&w), &r->arena, &r->fs);
	ike_session_take(r->s, m, &at, &r->arena, &r->fs);
	r->m[0] = m;
}

static struct span frag_message(struct run *r)
{
	struct span s = v1_hex(made_refused[0].hex, &r->arena);
	uint8_t *copy = arena_raw(&r->arena, s.n);
	memcpy(copy, s.p, s.n);
	memcpy(copy, "initiatr", 7);
	copy[7] = 1;
	return span_of(copy, s.n);
}

START_TEST(fragments_in_any_order)
{
	struct run r;
	run_init(&r);
	struct span s = frag_message(&r);
	frag_take(&r, span_from(s, 60), 3, true, 1);
	frag_take(&r, span_part(s, 0, 20), 1, false, 1);
	frag_take(&r, span_part(s, 0, 21), 1, false, 1);	/* another one with its number */
	ck_assert_ptr_null(r.m[0]->inner);
	frag_take(&r, span_part(s, 20, 40), 2, false, 1);
	ck_assert_str_eq(v1_payloads(r.m[0], &r.arena), "SA");
	ck_assert(r.m[0]->fragment == 2 && r.m[0]->total == 3);
	ck_assert_ptr_nonnull(strstr(v1_findings(&r.fs, SEVERITY_VIOLATION, &r.arena), "the first counts"));
	run_done(&r);
}
END_TEST

/* No message grows over 64 KiB, no more than 16 SAs have one at a time. */
START_TEST(fragments_are_bounded)
{
	struct run r;
	static const uint8_t big[60000];
	run_init(&r);
	for (unsigned i = 1; i < 200; i++)
		frag_take(&r, span_of(big, sizeof big - i), i, false, 1);
	ck_assert_ptr_nonnull(strstr(v1_findings(&r.fs, SEVERITY_VIOLATION, &r.arena), "longer than 64 KiB"));
	struct ike_sa *sa = first_sa(&r);
	ck_assert(sa->v1->gather != NULL);
	for (unsigned i = 2; i < 2 + IKEV1_GATHERING_MAX; i++)
		frag_take(&r, span_of(big, 100), 1, false, (uint8_t)i);
	ck_assert_ptr_null(sa->v1->gather);
	ck_assert_uint_eq(sa->fragments_lost, 1);
	run_done(&r);
}
END_TEST

/* Thousands of SAs that begin and go no further, with secrets to try on each. */
static void flood_take(struct run *r, const struct made *m, uint32_t cookie, uint32_t step)
{
	struct arena a = { 0 };
	struct findings fs = { .arena = &a };
	size_t n = strlen(m->hex) / 2;
	uint8_t *copy = arena_raw(&a, n);
	ck_assert(span_unhex(span_text(m->hex), copy, n));
	memcpy(copy, &cookie, 4);
	struct ike_place at = { .frame = cookie * 8 + step + 1, .sport = 500, .dport = 500,
				.src = addr_of(4, m->from ? copy + 4 : copy),
				.dst = addr_of(4, m->from ? copy : copy + 4) };
	ike_session_take(r->s, ike_message_decode(span_of(copy, n), &a, &fs), &at, &a, &fs);
	arena_done(&a);
}

static const struct {
	uint32_t steps, count;		/* messages of each SA */
	uint64_t kept;			/* at most */
} floods[] = { { 1, 20000, IKE_HALF_OPEN_MAX }, { 5, 3000, 3000 } };

START_TEST(flood_of_beginnings)
{
	struct run r;
	run_init(&r);
	secret_add(&r, SECRET_DH, v1_hex(A_GXY, &r.arena));
	for (int i = 0; i < 40; i++)
		secret_add(&r, SECRET_PSK, span_text(arena_printf(&r.arena, "psk %d", i)));
	for (uint32_t i = 0; i < floods[_i].count; i++)
		for (uint32_t step = 0; step < floods[_i].steps; step++)
			flood_take(&r, &made_nat[step], i, step);
	uint64_t seen, forgotten;
	ike_session_counts(r.s, &seen, &forgotten);
	ck_assert_uint_eq(seen, floods[_i].count);
	ck_assert_uint_le(seen - forgotten, floods[_i].kept);
	ck_assert_uint_le(r.s->private_tries, IKEV1_STRANGERS + 1);
	ck_assert_uint_le(r.s->v1.strangers, IKEV1_STRANGERS + 1);
	run_done(&r);
}
END_TEST

/* Private values: no exponentiation where the public values have another size than
 * the group's; a bounded number in vain for one SA. */
START_TEST(exponentiations_are_bounded)
{
	struct run r;
	uint8_t public[GROUP_PUBLIC_MAX], out[GROUP_SHARED_MAX];
	struct err e = { 0 };
	struct ike_sa *sa = nat_run(&r);
	const struct group *g = group_find(2);
	struct ike_work w = { .s = r.s, .sa = sa };
	struct ike_secret right = { .kind = SECRET_DH, .secret = v1_hex(A_XI, &r.arena) }, wrong;
	wrong = right;
	wrong.secret = v1_hex(A_XR, &r.arena);
	uint32_t before = r.s->private_tries;
	struct ikev1_exchanged q = { .group = g, .public = { span_of(public, 100), span_of(public, 128) } };
	ck_assert(group_public(r.crypto, g, right.secret, public, &e));
	ck_assert_uint_eq(ikev1_shared_of_private(&w, &q, &wrong, out).n, 0);
	ck_assert_uint_eq(r.s->private_tries, before);
	q.public[0] = q.public[1];
	memcpy(wrong.spi_i, sa->spi_i, 8);
	memcpy(right.spi_i, sa->spi_i, 8);
	for (int i = 0; i < IKEV1_PRIVATE_NAMED_MAX - 1; i++)
		ck_assert_uint_eq(ikev1_shared_of_private(&w, &q, &wrong, out).n, 0);
	ck_assert_uint_eq(ikev1_shared_of_private(&w, &q, &right, out).n, 128);
	for (int i = 0; i < 300; i++)	/* one that was of use begins the count anew */
		ck_assert_uint_eq(ikev1_shared_of_private(&w, &q, &wrong, out).n, 0);
	ck_assert_uint_eq(sa->v1->private_tries, IKEV1_PRIVATE_NAMED_MAX);
	ck_assert_uint_eq(ikev1_shared_of_private(&w, &q, &right, out).n, 0);
	ck_assert_uint_eq(r.s->private_tries, before);
	run_done(&r);
}
END_TEST

/* What remains of phase 1 and of Quick Modes when they are over. */
START_TEST(state_is_small)
{
	ck_assert_uint_le(sizeof(struct ikev1_state), 1024);
	struct run r;
	nat_run(&r);
	struct ikev1_state *v1 = first_sa(&r)->v1;
	ck_assert_ptr_null(v1->start);
	ck_assert_ptr_null(v1->gather);
	for (size_t i = 0; i < IKEV1_EXCHANGES; i++)
		ck_assert_ptr_null(v1->exchanges[i].quick);
	run_done(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ikev1_made");
	TCase *t = tcase_create("made");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, nat_from_each_secret, 0, 3);
	tcase_add_test(t, nat_from_inside);
	tcase_add_test(t, repeated_moves_no_iv);
	tcase_add_test(t, dead_peer_detection);
	tcase_add_test(t, quick_mode_refused);
	tcase_add_test(t, counts_end_at_zero);
	tcase_add_test(t, two_acks);
	tcase_add_test(t, hash_is_wrong);
	tcase_add_test(t, phase_1_again);
	tcase_add_test(t, phase_1_refused);
	tcase_add_test(t, xauth_fails);
	tcase_add_test(t, bundle_of_three);
	suite_add_tcase(s, t);
	t = tcase_create("hostile");
	tcase_set_timeout(t, 300);
	tcase_add_test(t, forgeries_move_nothing);
	tcase_add_loop_test(t, broken_messages, 0, sizeof made_nat / sizeof *made_nat);
	tcase_add_test(t, fragments_in_any_order);
	tcase_add_test(t, fragments_are_bounded);
	tcase_add_loop_test(t, flood_of_beginnings, 0, 2);
	tcase_add_test(t, exponentiations_are_bounded);
	tcase_add_test(t, state_is_small);
	suite_add_tcase(s, t);
	return testing_run(s);
}
