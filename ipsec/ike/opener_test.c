/* SPDX-License-Identifier: BSD-2-Clause
 * Opening SK and SKF with keys that strongSwan exported: what comes out agrees
 * with an independent decoder; wrong keys, wrong octets and floods of fragments
 * are borne. Fragments and rekeyed SAs are those of real captures. */
#include "ipsec/ike/helpers_test.h"
#include "ipsec/ike/opener.h"

static struct arena arena;
static struct findings fs;
static struct crypto *crypto;
static struct keystore store;
static struct ike_opener *opener;

/* A row of the test's own store: only the lists of struct keystore are used. */
static struct ike_key *key_of(const struct sample_key *k)
{
	struct ike_key *row = arena_alloc(&arena, sizeof *row);
	row->version = 2;
	memcpy(row->spi_i, unhex(k->spi_i, &arena).p, 8);
	memcpy(row->spi_r, unhex(k->spi_r, &arena).p, 8);
	row->encr = encr_find(k->encr);
	row->integ = integ_find(k->integ);
	row->sk_ei = unhex(k->sk_ei, &arena);
	row->sk_er = unhex(k->sk_er, &arena);
	row->sk_ai = unhex(k->sk_ai, &arena);
	row->sk_ar = unhex(k->sk_ar, &arena);
	row->origin = (struct origin){ "table", store.ike_count + 1, NULL };
	return row;
}

static struct ike_key *add_key(const struct sample_key *k)
{
	return keystore_add_ike(&store, key_of(k));
}

static void setup(void)
{
	struct err e = { 0 };
	arena_init(&arena);
	fs = (struct findings){ .arena = &arena };
	crypto = crypto_new(&e);
	ck_assert_msg(crypto != NULL, "%s", e.text);
	keystore_init(&store);
	opener = ike_opener_new(&store, crypto);
}

static void teardown(void)
{
	ike_opener_free(opener);
	keystore_done(&store);
	crypto_free(crypto);
	arena_done(&arena);
}

static struct ike_message *open_octets(struct span octets)
{
	struct ike_message *m = ike_message_decode(octets, &arena, &fs);
	ike_opener_open(opener, m, &arena, &fs);
	return m;
}

static struct ike_message *open_sample(const char *capture, unsigned frame)
{
	return open_octets(sample_octets(capture, frame, &arena));
}

/* All frames in order, all keys: every list of payloads is as the truth says. */
START_TEST(all_samples)
{
	unsigned opened = 0;
	for (size_t i = 0; i < SAMPLE_KEYS; i++)
		add_key(&sample_keys[i]);
	for (size_t i = 0; i < SAMPLES; i++) {
		struct span octets = unhex(samples[i].hex, &arena);
		struct ike_message *m = open_octets(octets);
		const char *where = arena_printf(&arena, "%s %u", samples[i].capture,
						 samples[i].frame);
		ck_assert_msg(same_octets(m, octets), "%s", where);
		if (m->sealed)
			continue;
		const char *list = payload_list(m, &arena);
		ck_assert_msg(strcmp(list, samples[i].payloads) == 0, "%s: %s, needs %s", where,
			      list, samples[i].payloads);
		ck_assert_msg(!m->sk || (m->icv == ICV_GOOD && m->decrypted), "%s", where);
		ck_assert_msg(!*finding_list(&fs, SEVERITY_DEVIATION, &arena), "%s: %s", where,
			      finding_list(&fs, SEVERITY_DEVIATION, &arena));
		opened += m->decrypted;
	}
	ck_assert_uint_ge(opened, 26);
	for (const struct ike_key *k = store.ikes; k; k = k->next)
		ck_assert_msg(k->works, "row %zu opened nothing", k->origin.line);
}
END_TEST

/* The second row of the rekey table names the old SPI pair: it is found all the same. */
START_TEST(old_pair)
{
	for (size_t i = 0; i < SAMPLE_KEYS; i++)
		add_key(&sample_keys[i]);
	ck_assert_int_eq(open_sample("rekey-pfs", 21)->icv, ICV_GOOD);
	struct ike_message *m = open_sample("rekey-pfs", 31);
	ck_assert_int_eq(m->icv, ICV_GOOD);
	ck_assert_str_eq(payload_list(m, &arena), "NOTIFY=REKEY_SA SA NONCE KE TSi TSr");
}
END_TEST

START_TEST(without_keys)
{
	ck_assert_int_eq(open_sample("tunnel-gcm", 3)->icv, ICV_UNCHECKED);
	add_key(&sample_keys[1]);	/* of another SA */
	struct ike_message *m = open_sample("tunnel-gcm", 3);
	ck_assert_int_eq(m->icv, ICV_UNCHECKED);
	ck_assert(!m->decrypted && !m->inner);
	struct sample_key wrong = sample_keys[0];
	wrong.sk_ai = wrong.sk_ar;
	add_key(&wrong);
	ck_assert_int_eq(open_sample("tunnel-gcm", 3)->icv, ICV_BAD);
	/* the right key comes later: the pair gets a new chance, even after many failures */
	for (int i = 0; i < 50; i++)
		open_sample("tunnel-gcm", 3);
	add_key(&sample_keys[0]);
	ck_assert_int_eq(open_sample("tunnel-gcm", 3)->icv, ICV_GOOD);
}
END_TEST

/* A pair that was given up is not tried anew because of rows derived for others:
 * only for rows that name it, and for those that were given. */
START_TEST(new_chance)
{
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(open_sample("tunnel-gcm", 3)->icv, ICV_UNCHECKED);
	struct ike_key *row = key_of(&sample_keys[0]);
	memset(row->spi_i, 7, 8);	/* its keys fit, its SPIs do not */
	row->origin.how = "SKEYSEED";
	keystore_add_ike(&store, row);
	ck_assert_int_eq(open_sample("tunnel-gcm", 3)->icv, ICV_UNCHECKED);
	if (_i) {
		add_key(&sample_keys[1]);
	} else {
		row = key_of(&sample_keys[1]);
		memcpy(row->spi_i, unhex(sample_keys[0].spi_i, &arena).p, 8);
		memcpy(row->spi_r, unhex(sample_keys[0].spi_r, &arena).p, 8);
		row->origin.how = "SKEYSEED";
		keystore_add_ike(&store, row);
	}
	ck_assert_int_eq(open_sample("tunnel-gcm", 3)->icv, ICV_GOOD);
}
END_TEST

/* Keys of one direction only: they open it, whichever message comes first, and
 * say nothing about the other one. */
START_TEST(one_direction)
{
	bool responder = _i & 1, back = _i & 2;
	struct sample_key half = sample_keys[0];
	if (responder)
		half.sk_ei = half.sk_ai = "";
	else
		half.sk_er = half.sk_ar = "";
	struct ike_key *row = add_key(&half);
	for (unsigned i = 0; i < 4; i++) {
		bool response = (i & 1) != back;	/* frame 3: request, frame 4: response */
		struct ike_message *m = open_sample("tunnel-gcm", response ? 4 : 3);
		ck_assert_int_eq(m->icv, response == responder ? ICV_GOOD : ICV_UNCHECKED);
		ck_assert_int_eq(m->decrypted, response == responder);
	}
	ck_assert(!row->unusable && !fs.first);
}
END_TEST

/* A row without its integrity half opens what is whole; a bad ICV stays bad where
 * another row knows better. */
START_TEST(without_integrity)
{
	struct sample_key half = sample_keys[0];
	half.integ = INTEG_UNCHECKED_128;
	half.sk_ai = half.sk_ar = "";
	add_key(&half);
	struct span good = sample_octets("tunnel-gcm", 3, &arena);
	struct ike_message *m = open_octets(good);
	ck_assert(m->decrypted && m->icv == ICV_UNCHECKED);
	ck_assert_uint_eq(fs.count, 1);		/* the note that says so */
	struct span bad = arena_copy(&arena, good);
	((uint8_t *)(uintptr_t)bad.p)[good.n - 1] ^= 1;
	add_key(&sample_keys[0]);
	m = open_octets(bad);
	ck_assert(!m->decrypted && m->icv == ICV_BAD);
	ck_assert_int_eq(open_octets(good)->icv, ICV_GOOD);
	m = open_octets(bad);
	ck_assert(!m->decrypted && m->icv == ICV_BAD);
}
END_TEST

/* Any changed octet makes the ICV bad, and nothing inside is shown. */
START_TEST(flipped)
{
	static const struct { const char *capture; unsigned frame; } cases[] = {
		{ "tunnel-gcm", 3 }, { "ipv6-tunnel", 3 }, { "cert-fragmented", 3 },
	};
	for (size_t i = 0; i < SAMPLE_KEYS; i++)
		add_key(&sample_keys[i]);
	struct span good = sample_octets(cases[_i].capture, cases[_i].frame, &arena);
	ck_assert_int_eq(open_octets(good)->icv, ICV_GOOD);
	for (size_t at = 16; at < good.n; at++) {
		struct arena_mark mark = arena_mark(&arena);
		fs = (struct findings){ .arena = &arena };
		struct span bad = arena_copy(&arena, good);
		((uint8_t *)(uintptr_t)bad.p)[at] ^= 0x40;
		struct ike_message *m = open_octets(bad);
		ck_assert_msg(m->icv != ICV_GOOD && !m->decrypted && !m->inner, "octet %zu", at);
		ck_assert_msg(same_octets(m, bad), "octet %zu", at);
		arena_rewind(&arena, mark);
	}
}
END_TEST

START_TEST(any_order)
{
	static const unsigned orders[][5] = {
		{ 3, 4, 5, 6 }, { 6, 5, 4, 3 }, { 4, 6, 3, 5 }, { 5, 5, 3, 6, 4 },
	};
	add_key(&sample_keys[2]);
	unsigned complete = 0;
	for (size_t i = 0; i < 5 && orders[_i][i]; i++) {
		struct ike_message *m = open_sample("cert-fragmented", orders[_i][i]);
		ck_assert_int_eq(m->icv, ICV_GOOD);
		ck_assert_uint_eq(m->total, 4);
		complete += m->inner != NULL;
		if (i == 3 + (_i == 3))
			ck_assert_str_eq(payload_list(m, &arena),
					 "IDi CERT NOTIFY=INITIAL_CONTACT CERTREQ IDr AUTH SA TSi "
					 "TSr NOTIFY=MULTIPLE_AUTH_SUPPORTED "
					 "NOTIFY=EAP_ONLY_AUTHENTICATION "
					 "NOTIFY=IKEV2_MESSAGE_ID_SYNC_SUPPORTED");
	}
	ck_assert_uint_eq(complete, 1);
}
END_TEST

/* ---- messages sealed here ---- */

static const uint8_t key_octets[36] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static struct cipher *own_cipher(void)
{
	struct err e = { 0 };
	struct cipher *k = cipher_new(crypto, encr_find(20), integ_find(0),
				      span_of(key_octets, 36), span_of(NULL, 0), &e);
	ck_assert_msg(k != NULL, "%s", e.text);
	return k;
}

/* An SKF message with these plain octets, padding and pad length included. */
static struct span seal(struct cipher *k, uint32_t id, uint16_t number, uint16_t total,
			struct span plain)
{
	size_t size = IKE_HEADER_SIZE + 8 + 8 + plain.n + 16;
	uint8_t *p = arena_alloc(&arena, size);
	struct writer w = writer_of(p, size);
	write_u64(&w, 1);
	write_u64(&w, 2);
	write_octets(&w, "\x35\x20\x25\x08", 4);
	write_u32(&w, id);
	write_u32(&w, (uint32_t)size);
	write_u8(&w, number == 1 ? PAYLOAD_NONCE : 0);
	write_u8(&w, 0);
	write_u16(&w, (uint16_t)(size - IKE_HEADER_SIZE));
	write_u16(&w, number);
	write_u16(&w, total);
	write_u64(&w, (uint64_t)id << 16 | number);
	struct cipher_job job = { .cipher = k, .iv = span_of(p + 36, 8), .aad = span_of(p, 36),
				  .text = plain, .out = p + 44, .icv_out = p + 44 + plain.n };
	ck_assert(cipher_seal(&job));
	return span_of(p, size);
}

static void add_own_key(void)
{
	struct ike_key *row = key_of(&sample_keys[1]);
	memcpy(row->spi_i, "\0\0\0\0\0\0\0\1", 8);
	memcpy(row->spi_r, "\0\0\0\0\0\0\0\2", 8);
	row->sk_ei = row->sk_er = span_of(key_octets, 36);
	keystore_add_ike(&store, row);
}

/* An empty SK message under AES-CBC-128 and HMAC-SHA2-256-128. */
static struct span seal_cbc(struct cipher *k, uint32_t id)
{
	static const uint8_t plain[16] = { [15] = 15 };
	size_t size = IKE_HEADER_SIZE + 4 + 16 + 16 + 16;
	uint8_t *p = arena_alloc(&arena, size);
	struct writer w = writer_of(p, size);
	write_u64(&w, 1);
	write_u64(&w, 2);
	write_octets(&w, "\x2e\x20\x25\x08", 4);
	write_u32(&w, id);
	write_u32(&w, (uint32_t)size);
	write_u16(&w, 0);
	write_u16(&w, (uint16_t)(size - IKE_HEADER_SIZE));
	struct cipher_job job = { .cipher = k, .iv = span_of(p + 32, 16),
				  .authed = span_of(p, size - 16), .text = span_of(plain, 16),
				  .out = p + 48, .icv_out = p + 64 };
	ck_assert(cipher_seal(&job));
	return span_of(p, size);
}

/* One SPI pair may have several keys in turn (IKE_INTERMEDIATE changes them). */
START_TEST(keys_in_turn)
{
	struct cipher *k = own_cipher();
	struct span first = seal(k, 1, 1, 1, span_of("\0", 1));
	add_key(&sample_keys[3]);
	add_own_key();
	struct ike_key *other = key_of(&sample_keys[0]);
	memcpy(other->spi_i, "\0\0\0\0\0\0\0\1", 8);
	memcpy(other->spi_r, "\0\0\0\0\0\0\0\2", 8);
	other = keystore_add_ike(&store, other);
	struct err e = { 0 };
	struct cipher *later = cipher_new(crypto, other->encr, other->integ, other->sk_ei,
					  other->sk_ai, &e);
	ck_assert_int_eq(open_octets(first)->icv, ICV_GOOD);
	struct span second = seal_cbc(later, 2);
	ck_assert_int_eq(open_octets(second)->icv, ICV_GOOD);
	ck_assert_int_eq(open_octets(first)->icv, ICV_GOOD);
	cipher_free(later);
	cipher_free(k);
}
END_TEST

START_TEST(contradictions)
{
	static const uint8_t some[] = { 0, 0, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 0 };
	static const uint8_t pad_too_long[] = { 1, 2, 3, 200 };
	struct cipher *k = own_cipher();
	struct span plain = span_of(some, sizeof some);
	add_own_key();
	open_octets(seal(k, 1, 1, 3, plain));
	open_octets(seal(k, 1, 2, 2, plain));		/* a smaller total is ignored */
	ck_assert(found(&fs, "RFC7383-2.6-05"));
	open_octets(seal(k, 1, 2, 4, plain));		/* a larger one starts anew */
	ck_assert(found(&fs, "RFC7383-2.6-04"));
	ck_assert_ptr_null(open_octets(seal(k, 1, 1, 4, plain))->inner);
	open_octets(seal(k, 1, 3, 4, plain));
	struct ike_message *m = open_octets(seal(k, 1, 4, 4, plain));
	ck_assert_uint_eq(m->plain.n, 4 * (sizeof some - 1));
	ck_assert_ptr_nonnull(m->inner);
	ck_assert_uint_eq(m->inner->number, PAYLOAD_NONCE);
	open_octets(seal(k, 2, 0, 4, plain));
	ck_assert(found(&fs, "RFC7383-2.5-03"));
	m = open_octets(seal(k, 3, 1, 4, span_of(pad_too_long, 4)));
	ck_assert(m->decrypted && found(&fs, "RFC7296-3.14-09"));
	static const uint8_t just_too_long[] = { 2, 2 }, just_right[] = { 1, 1 };
	m = open_octets(seal(k, 5, 1, 1, span_of(just_too_long, 2)));
	ck_assert_uint_eq(m->inner_trailing.n, 2);
	m = open_octets(seal(k, 6, 1, 1, span_of(just_right, 2)));
	ck_assert_uint_eq(m->inner_trailing.n, 0);
	m = open_octets(seal(k, 4, 1, 1, span_of(some, 0)));
	ck_assert(m->decrypted && !m->inner);
	cipher_free(k);
}
END_TEST

/* Where there is no more room, the message that was quiet longest is given up. */
START_TEST(oldest_goes)
{
	static const uint8_t some[] = { 0, 0, 0, 8, 1, 2, 3, 4, 0 };
	struct span plain = span_of(some, sizeof some);
	struct cipher *k = own_cipher();
	add_own_key();
	for (uint32_t id = 0; id < IKE_FRAGMENTED_MAX; id++)
		open_octets(seal(k, id, 1, 3, plain));
	open_octets(seal(k, 0, 2, 3, plain));
	ck_assert(!fs.first);
	open_octets(seal(k, 1000, 1, 3, plain));	/* takes the place of 1 */
	ck_assert_uint_eq(fs.count, 1);
	ck_assert_ptr_nonnull(open_octets(seal(k, 0, 3, 3, plain))->inner);
	open_octets(seal(k, 1, 2, 3, plain));
	ck_assert_ptr_null(open_octets(seal(k, 1, 3, 3, plain))->inner);
	cipher_free(k);
}
END_TEST

/* Endless beginnings of messages take no more than the sets there are. */
START_TEST(flood)
{
	static const uint8_t some[600];
	struct cipher *k = own_cipher();
	add_own_key();
	for (uint32_t id = 0; id < 3000; id++) {
		struct arena_mark mark = arena_mark(&arena);
		fs = (struct findings){ .arena = &arena };
		open_octets(seal(k, id, 1, 1000, span_of(some, sizeof some)));
		ck_assert(id < IKE_FRAGMENTED_MAX || fs.count);	/* an older one given up */
		arena_rewind(&arena, mark);
	}
	fs = (struct findings){ .arena = &arena };
	for (uint16_t i = 1; i <= 1000; i++)
		open_octets(seal(k, 5000, i, 1000, span_of(some, sizeof some)));
	ck_assert(found(&fs, "RFC7383-5-01"));	/* 600,000 octets are too many */
	cipher_free(k);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ike/opener");
	TCase *t = tcase_create("opener");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, all_samples);
	tcase_add_test(t, old_pair);
	tcase_add_test(t, keys_in_turn);
	tcase_add_test(t, without_keys);
	tcase_add_loop_test(t, new_chance, 0, 2);
	tcase_add_loop_test(t, one_direction, 0, 4);
	tcase_add_test(t, without_integrity);
	tcase_add_loop_test(t, flipped, 0, 3);
	tcase_add_loop_test(t, any_order, 0, 4);
	tcase_add_test(t, contradictions);
	tcase_add_test(t, oldest_goes);
	tcase_add_test(t, flood);
	suite_add_tcase(s, t);
	return testing_run(s);
}
