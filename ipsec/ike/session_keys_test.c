/* SPDX-License-Identifier: BSD-2-Clause
 * Which keys the session derives from which secrets, how sure it is of them, and
 * what it says is missing: RFC 7296, 2.14, 2.17 and 2.18; RFC 8784, 3. That the
 * derivation itself is right the vectors show. */
#include "ipsec/crypto/group.h"
#include "ipsec/ike/session_made_test.h"

static struct talk t;
static struct talk_sa sa;

static void setup(void)
{
	talk_begin(&t, NULL);
	sa = talk_sa_of(1);
	memset(sa.seed, 0x5e, 32);
}

static void teardown(void)
{
	talk_unkey(&sa);
	talk_end(&t);
}

static struct keymat_nonces nonces_of(uint8_t room[2 * TALK_NONCE], uint8_t i, uint8_t r)
{
	memset(room, i, TALK_NONCE);
	memset(room + TALK_NONCE, r, TALK_NONCE);
	return (struct keymat_nonces){ span_of(room, TALK_NONCE), span_of(room + TALK_NONCE, TALK_NONCE) };
}

/* The SA's SKEYSEED from a shared secret of equal octets. */
static void seed_of(uint8_t fill)
{
	uint8_t room[2 * TALK_NONCE], shared[32];
	struct keymat_nonces n = nonces_of(room, 0x11, 0x22);
	struct err e = { 0 };
	memset(shared, fill, sizeof shared);
	ck_assert(keymat_skeyseed(t.crypto, prf_find(5), &n, span_of(shared, 32), sa.seed, &e));
	talk_key(&t, &sa, 0x11, 0x22);
}

static void secret(const struct talk_sa *of, enum secret_kind kind, uint8_t fill, size_t n)
{
	uint8_t octets[64];
	memset(octets, fill, n);
	talk_secret(&t, of, kind, octets, n);
}

static struct ike_sa *converse(void)
{
	struct ike_sa *s = talk_init(&t, &sa);
	talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I);
	talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R);
	return s;
}

static bool found_text(const char *part)
{
	for (const struct finding *f = t.fs.first; f; f = f->next)
		if (strstr(f->text, part))
			return true;
	return false;
}

/* ---- SKEYSEED and DH secrets ---- */

START_TEST(skeyseed)
{
	talk_key(&t, &sa, 0x11, 0x22);
	talk_secret(&t, _i ? NULL : &sa, SECRET_SKEYSEED, sa.seed, 32);
	struct ike_sa *s = converse();
	ck_assert_uint_eq(s->opened, 2);
	ck_assert_ptr_nonnull(s->key);
	ck_assert_str_eq(s->key->origin.how, "SKEYSEED");
	ck_assert_uint_eq(s->key->origin.line, 2);
	ck_assert_ptr_nonnull(s->children->keys);
	ck_assert_ptr_null(s->missing);
}
END_TEST

/* Which of the secrets it is the ICV tells; none of them names the SPIs. */
START_TEST(dh_among_others)
{
	seed_of(0x77);
	for (int i = 0; i < 8; i++)
		secret(NULL, SECRET_DH, i == _i ? 0x77 : (uint8_t)(0x10 + i), 32);
	struct ike_sa *s = converse();
	ck_assert_uint_eq(s->opened, 2);
	ck_assert_uint_eq(s->bad_icv, 0);
	ck_assert_str_eq(s->key->origin.how, "the DH secret");
	ck_assert_uint_eq(s->key->origin.line, 2 + (unsigned)_i);
	/* a CHILD SA of IKE_AUTH has keys of this SK_d alone */
	ck_assert_uint_eq(t.store.sa_count, 2);
}
END_TEST

/* One side's private value, proved by its public one (RFC 7748, 6.1). */
START_TEST(dh_private)
{
	static const char private[] = "77076d0a7318a57d3c16c17251b26645df4d46b2d3a1c2a0e6e2b7d5e4f3a291";
	const struct group *g = group_find(31);
	uint8_t shared[32], public[2][32], room[2 * TALK_NONCE], other[32];
	struct keymat_nonces n = nonces_of(room, 0x11, 0x22);
	struct err e = { 0 };
	struct span own = unhex(private, &t.arena);
	memset(other, 0x42, sizeof other);
	ck_assert(group_public(t.crypto, g, own, public[0], &e));
	ck_assert(group_public(t.crypto, g, span_of(other, 32), public[1], &e));
	ck_assert(group_shared(t.crypto, g, own, span_of(public[1], 32), shared, &e));
	ck_assert(keymat_skeyseed(t.crypto, prf_find(5), &n, span_of(shared, 32), sa.seed, &e));
	talk_key(&t, &sa, 0x11, 0x22);
	/* the initiator's or the responder's */
	talk_secret(&t, NULL, SECRET_DH, _i ? other : own.p, 32);
	struct talk_sa first = talk_first(&sa);
	const char *fill[] = { IKE_SUITE "|KE 31 a1|NONCE 11", IKE_SUITE "|KE 31 a2|NONCE 22" };
	for (int side = 0; side < 2; side++) {
		const struct talk_sa *as = side ? &sa : &first;
		struct span m = talk_message(&t, as, side ? "r answers" : "i asks", INIT, 0, fill[side]);
		uint8_t *ke = memmem(t.room, m.n, side ? "\xa2\xa2\xa2\xa2" : "\xa1\xa1\xa1\xa1", 4);
		ck_assert_ptr_nonnull(ke);
		memcpy(ke, public[side], 32);
		talk_take(&t, as, side ? IKE_RESPONDER : IKE_INITIATOR, m);
	}
	struct ike_sa *s = talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I)->sa;
	ck_assert(t.m->decrypted);
	ck_assert(!s->key->guess);
}
END_TEST

/* A wrong secret of this SA says that the ICV is bad; one that may belong to
 * another exchange says nothing. */
START_TEST(wrong_secret)
{
	static const struct {
		enum secret_kind kind;
		bool named;
		enum icv icv;
	} rows[] = {
		{ SECRET_SKEYSEED, true, ICV_BAD }, { SECRET_SKEYSEED, false, ICV_UNCHECKED },
		{ SECRET_DH, true, ICV_UNCHECKED }, { SECRET_DH, false, ICV_UNCHECKED },
	};
	talk_key(&t, &sa, 0x11, 0x22);
	secret(rows[_i].named ? &sa : NULL, rows[_i].kind, 0x13, 32);
	struct ike_sa *s = talk_init(&t, &sa);
	talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I);
	ck_assert_msg(t.m->icv == rows[_i].icv, "%s", icv_name(t.m->icv));
	ck_assert(!t.m->decrypted);
	ck_assert(found_text("stays closed: what is missing is"));
	talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R);
	ck_assert(!found_text("what is missing is"));	/* once is enough */
	ck_assert_uint_eq(s->end[0].closed, 1);
	ck_assert_int_eq(s->outcome, IKE_INCOMPLETE);
	ck_assert_ptr_null(s->children);
}
END_TEST

/* Secrets of another size than the group's are passed over. */
START_TEST(secret_of_another_group)
{
	static const size_t sizes[] = { 1, 31, 33, 64 };
	talk_key(&t, &sa, 0x11, 0x22);
	secret(NULL, SECRET_DH, 0x77, sizes[_i]);
	talk_init(&t, &sa);
	ck_assert_uint_eq(t.store.ike_count, 0);
}
END_TEST

/* ---- exchanges with a secret of their own ---- */

#define PFS_I ESP_SUITE " 4:31 @c1000002|NONCE 33|KE 31 a3|" TS_BOTH
#define PFS_R ESP_SUITE " 4:31 @c2000002|NONCE 44|KE 31 a4|" TS_BOTH

static struct ike_child *pfs_child(void)
{
	talk_establish(&t, &sa);
	talk(&t, &sa, "i asks", CREATE_CHILD, 2, PFS_I);
	return talk(&t, &sa, "r answers", CREATE_CHILD, 2, PFS_R)->child;
}

START_TEST(pfs_missing)
{
	struct ike_child *c = pfs_child();
	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(c->missing, "the DH secret of the CREATE_CHILD_SA exchange in frame 6");
	ck_assert(found_text("the keys of this CHILD SA cannot be derived"));
	ck_assert_uint_eq(t.store.sa_count, 2);
	ck_assert_ptr_null(c->sa->missing);
}
END_TEST

/* Each secret that may be it gives keys, as guesses; the right ones are there. */
START_TEST(pfs_candidates)
{
	uint8_t room[2 * TALK_NONCE], shared[32], keymat[40];
	struct keymat_nonces n = nonces_of(room, 0x33, 0x44);
	struct err e = { 0 };
	unsigned right = 0, guesses = 0;
	for (uint8_t i = 0; i < 3; i++)
		secret(NULL, SECRET_DH, (uint8_t)(0x60 + i), 32);
	struct ike_child *c = pfs_child();
	ck_assert_ptr_null(c->missing);
	memset(shared, 0x61, sizeof shared);
	ck_assert(keymat_child(t.crypto, prf_find(5), span_of(sa.sk_d, 32), span_of(shared, 32), &n,
			       span_of(keymat, 40), &e));
	for (const struct sa_key *k = t.store.sas; k; k = k->next) {
		bool to_r = k->spi == 0xc2000002;
		if (!to_r && k->spi != 0xc1000002)
			continue;
		guesses += k->guess;
		right += span_equal(k->encr_key, span_of(keymat + (to_r ? 0 : 20), 20));
	}
	ck_assert_uint_eq(guesses, 6);
	ck_assert_uint_eq(right, 2);
}
END_TEST

START_TEST(rekey_missing)
{
	struct ike_sa *s = talk_establish(&t, &sa);
	talk(&t, &sa, "i asks", CREATE_CHILD, 2, IKE_SUITE " @1100000000000002|KE 31 a3|NONCE 33");
	talk(&t, &sa, "r answers", CREATE_CHILD, 2, IKE_SUITE " @2200000000000002|KE 31 a4|NONCE 44");
	ck_assert_ptr_nonnull(s->heir);
	ck_assert_str_eq(s->heir->missing, "the DH secret of the CREATE_CHILD_SA exchange in frame 6");
}
END_TEST

/* ---- what is missing ---- */

START_TEST(nothing_given)
{
	talk_key(&t, &sa, 0x11, 0x22);
	struct ike_sa *s = converse();
	ck_assert_str_eq(s->missing, "SKEYSEED, or the DH secret of IKE_SA_INIT, or SK_ei and SK_er");
	ck_assert_ptr_null(s->key);
	ck_assert_uint_eq(s->encrypted, 2);
	ck_assert_uint_eq(s->opened, 0);
}
END_TEST

/* SK_d opens nothing by itself. */
START_TEST(sk_d_alone)
{
	talk_key(&t, &sa, 0x11, 0x22);
	talk_secret(&t, &sa, SECRET_SK_D, sa.sk_d, 32);
	struct ike_sa *s = converse();
	ck_assert(strstr(s->missing, "SK_d alone does not open IKE_AUTH"));
	ck_assert_uint_eq(t.store.sa_count, 0);
}
END_TEST

static void give_sk_e(const struct talk_sa *of, const uint8_t wrong)
{
	uint8_t room[2 * TALK_NONCE];
	struct keymat_nonces n = nonces_of(room, 0x11, 0x22);
	struct keymat_ike keys;
	struct err e = { 0 };
	ck_assert(keymat_ike(t.crypto, talk_suite(), span_of(of->seed, 32), &n, of->spis, &keys, &e));
	keys.octets[keys.sk_ei.p - keys.octets] ^= wrong;
	struct ike_key row = { .origin = { "table.csv", 7, NULL }, .version = 2,
			       .encr = encr_find(20), .integ = integ_find(0), .sk_ei = keys.sk_ei,
			       .sk_er = keys.sk_er };
	memcpy(row.spi_i, of->spis, 8);
	memcpy(row.spi_r, of->spis + 8, 8);
	keystore_add_ike(&t.store, &row);
}

/* ... but with SK_ei and SK_er it gives the CHILD SA's keys. */
START_TEST(sk_d_and_sk_e)
{
	talk_key(&t, &sa, 0x11, 0x22);
	give_sk_e(&sa, 0);
	if (_i)
		talk_secret(&t, &sa, SECRET_SK_D, sa.sk_d, 32);
	struct ike_sa *s = converse();
	ck_assert_uint_eq(s->opened, 2);
	ck_assert_uint_eq(t.store.sa_count, _i ? 2 : 0);
	if (_i)
		ck_assert_ptr_null(s->children->missing);
	else
		ck_assert_str_eq(s->children->missing,
				 "SK_d of the IKE SA (from SKEYSEED or the DH secret of IKE_SA_INIT)");
}
END_TEST

/* A table that says something else than the secret: said once, and by name. */
START_TEST(disagreement)
{
	talk_key(&t, &sa, 0x11, 0x22);
	give_sk_e(&sa, 1);
	talk_secret(&t, &sa, SECRET_SKEYSEED, sa.seed, 32);
	talk_init(&t, &sa);
	struct ike_sa *s = talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I)->sa;
	ck_assert(t.m->decrypted && t.m->icv == ICV_GOOD);
	ck_assert(found_text("table.csv:7 has other keys for this IKE SA; those of secrets.csv:2"));
	talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R);
	ck_assert(t.m->decrypted && !found_text("has other keys"));
	ck_assert_uint_eq(s->bad_icv, 0);
}
END_TEST

/* ---- PPK: until AUTH proves one, the keys with each are guesses ---- */

START_TEST(ppk_candidates)
{
	talk_key(&t, &sa, 0x11, 0x22);
	talk_secret(&t, &sa, SECRET_SKEYSEED, sa.seed, 32);
	secret(NULL, SECRET_PPK, 0x51, 24);
	secret(NULL, SECRET_PPK, 0x52, 40);
	talk_init(&t, &sa);
	talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I "|NOTIFY 16436 - - 02aa");
	struct ike_sa *s = talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R
				"|NOTIFY 16436 - -")->sa;
	ck_assert(s->ppk);
	ck_assert_int_eq(s->end[0].auth, AUTH_UNCHECKED);
	ck_assert_uint_eq(t.store.sa_count, 4);
	for (const struct sa_key *k = t.store.sas; k; k = k->next)
		ck_assert(k->guess);
}
END_TEST

/* The responder goes on without (RFC 8784, 3). */
START_TEST(ppk_not_used)
{
	talk_key(&t, &sa, 0x11, 0x22);
	talk_secret(&t, &sa, SECRET_SKEYSEED, sa.seed, 32);
	secret(NULL, SECRET_PPK, 0x51, 24);
	talk_init(&t, &sa);
	talk(&t, &sa, "i asks", AUTH_EXCHANGE, 1, AUTH_I "|NOTIFY 16436 - - 02aa");
	struct ike_sa *s = talk(&t, &sa, "r answers", AUTH_EXCHANGE, 1, AUTH_R)->sa;
	ck_assert(!s->ppk);
	ck_assert_uint_eq(t.store.sa_count, 2);
	ck_assert(!t.store.sas->guess);
}
END_TEST

/* ---- limits ---- */

/* Secrets without number: only so many are tried on one exchange. */
START_TEST(many_secrets)
{
	enum { SECRETS = 2000 };
	seed_of(0x77);
	for (uint32_t i = 0; i < SECRETS; i++) {
		uint8_t octets[32] = { 0x99, (uint8_t)i, (uint8_t)(i >> 8) };
		talk_secret(&t, NULL, SECRET_DH, octets, sizeof octets);
	}
	secret(&sa, SECRET_DH, 0x77, 32);	/* but the one that names the SA comes first */
	struct ike_sa *s = converse();
	ck_assert_uint_eq(s->opened, 2);
	ck_assert_uint_le(t.store.ike_count, 24);
}
END_TEST

static void add_tests(TCase *c)
{
	tcase_add_loop_test(c, skeyseed, 0, 2);
	tcase_add_loop_test(c, dh_among_others, 0, 8);
	tcase_add_loop_test(c, dh_private, 0, 2);
	tcase_add_loop_test(c, wrong_secret, 0, 4);
	tcase_add_loop_test(c, secret_of_another_group, 0, 4);
	tcase_add_test(c, pfs_missing);
	tcase_add_test(c, pfs_candidates);
	tcase_add_test(c, rekey_missing);
	tcase_add_test(c, nothing_given);
	tcase_add_test(c, sk_d_alone);
	tcase_add_loop_test(c, sk_d_and_sk_e, 0, 2);
	tcase_add_test(c, disagreement);
	tcase_add_test(c, ppk_candidates);
	tcase_add_test(c, ppk_not_used);
	tcase_add_test(c, many_secrets);
}

int main(void)
{
	Suite *s = suite_create("session keys");
	TCase *c = tcase_create("keys");
	tcase_add_checked_fixture(c, setup, teardown);
	add_tests(c);
	suite_add_tcase(s, c);
	return testing_run(s);
}
