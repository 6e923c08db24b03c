/* SPDX-License-Identifier: BSD-2-Clause
 * IKEv1's keys against what strongSwan's logs dump beside the captures (an
 * implementation of its own), and where no capture has it (Ka, public key
 * encryption) against RFC 2409's formulas in Python's hmac. */
#include "ipsec/ike/ikev1_helpers_test.h"

static struct crypto *crypto;
static struct arena arena;

struct sample {
	const char *capture, *log;
	unsigned prf;
	size_t key;		/* octets of the phase 1 cipher's */
	const char *psk;	/* NULL: signatures */
};

#define LAB "captures/lab/"
#define PSK "lab-psk-9f31c7d0a4e2"
static const struct sample samples[] = {
	{ "captures/samples/ikev1-main.pcap", "captures/samples/ikev1-main.keys/a/charon.log", 2, 16,
	  "sample-psk-m-1" },
	{ LAB "v1-main.pcap", LAB "v1-main.keys/a/charon.log", 5, 32, PSK },
	{ LAB "v1-aggressive.pcap", LAB "v1-aggressive.keys/a/charon.log", 5, 32, PSK },
	{ LAB "v1-pfs.pcap", LAB "v1-pfs.keys/a/charon.log", 5, 32, PSK },
	{ LAB "v1-xauth.pcap", LAB "v1-xauth.keys/a/charon.log", 5, 32, PSK },
	{ LAB "v1-rsa.pcap", LAB "v1-rsa.keys/a/charon.log", 5, 32, NULL },
	{ LAB "swan-lsw-v1.pcap", LAB "swan-lsw-v1.keys/a/charon.log", 5, 32, PSK },
};
enum { SAMPLES = sizeof samples / sizeof *samples };

/* The clear payloads of phase 1. */
struct phase1 {
	struct ikev1_phase1 p;
	struct span sa;
};

static void phase1_read(const struct sample *s, struct phase1 *out)
{
	struct v1_capture c;
	struct findings fs = { .arena = &arena };
	*out = (struct phase1){ .p.prf = prf_find(s->prf) };
	v1_capture_read(&c, s->capture, &arena);
	for (size_t i = 0; i < 4 && i < c.count; i++) {
		struct ike_message *m = ike_message_decode(c.m[i].octets, &arena, &fs);
		bool from_i = addr_equal(&c.m[i].at.src, &c.m[0].at.src);
		memcpy(out->p.cookies, m->octets.p, 16);
		for (const struct node *n = m->payloads; n; n = n->next) {
			struct span body = span_part(m->octets, n->offset + 4, n->size - 4);
			if (n->number == V1_KE)
				*(from_i ? &out->p.gxi : &out->p.gxr) = body;
			else if (n->number == V1_NONCE)
				*(from_i ? &out->p.ni : &out->p.nr) = body;
			else if (n->number == V1_SA && from_i)
				out->sa = body;
		}
	}
	ck_assert_msg(out->p.gxi.n && out->p.gxr.n && out->p.ni.n && out->p.nr.n && out->sa.n,
		      "%s: phase 1", s->capture);
}

static void same(const struct sample *s, const char *what, const uint8_t *is, struct span should)
{
	ck_assert_msg(should.n != 0, "%s: the log has no %s", s->log, what);
	ck_assert_msg(memcmp(is, should.p, should.n) == 0, "%s: %s differs", s->capture, what);
}

static struct span first_of(struct span log, const char *a, const char *b)
{
	struct span s = v1_dump(log, a, 0, &arena);
	return s.n ? s : v1_dump(log, b, 0, &arena);
}

START_TEST(keys_are_strongswans)
{
	const struct sample *s = &samples[_i];
	struct span log = v1_file(s->log, &arena);
	struct span gxy = first_of(log, "shared Diffie Hellman secret", "shared DH secret");
	struct ikev1_skeyids ids;
	struct phase1 p;
	struct err e = { 0 };
	uint8_t key[ENCR_KEY_MAX], iv[64];
	phase1_read(s, &p);
	ck_assert(s->psk ? ikev1_skeyid_psk(crypto, &p.p, span_text(s->psk), ids.id, &e) :
			   ikev1_skeyid_signature(crypto, &p.p, gxy, ids.id, &e));
	same(s, "SKEYID", ids.id, v1_dump(log, "SKEYID", 0, &arena));
	ck_assert(ikev1_skeyids(crypto, &p.p, gxy, &ids, &e));
	same(s, "SKEYID_d", ids.d, v1_dump(log, "SKEYID_d", 0, &arena));
	same(s, "SKEYID_a", ids.a, v1_dump(log, "SKEYID_a", 0, &arena));
	same(s, "SKEYID_e", ids.e, v1_dump(log, "SKEYID_e", 0, &arena));
	ck_assert(ikev1_key(crypto, p.p.prf, span_of(ids.e, p.p.prf->output), key, s->key));
	same(s, "Ka", key, v1_dump(log, "encryption key Ka", 0, &arena));
	ck_assert(ikev1_iv_first(crypto, &p.p, iv, &e));
	same(s, "IV", iv, v1_dump(log, "initial IV", 0, &arena));
}
END_TEST

/* The dump of the hash's data ends with the SA payload's body and the ID's. */
START_TEST(hashes_are_strongswans)
{
	const struct sample *s = &samples[_i];
	struct span log = v1_file(s->log, &arena), skeyid = v1_dump(log, "SKEYID", 0, &arena);
	struct phase1 p;
	struct err e = { 0 };
	phase1_read(s, &p);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "HASH_I" : "HASH_R";
		struct span data = v1_dump(log, arena_printf(&arena, "%s data", name), 0, &arena);
		size_t before = p.p.gxi.n + p.p.gxr.n + 16 + p.sa.n;
		const struct span sa_id[] = { p.sa, span_from(data, before) };
		uint8_t out[PRF_OUTPUT_MAX];
		ck_assert_uint_gt(data.n, before);
		ck_assert(ikev1_hash_phase1(crypto, &p.p, skeyid, i, sa_id, out, &e));
		same(s, name, out, v1_dump(log, name, 0, &arena));
	}
}
END_TEST

/* The IV behind phase 1, in the order of the log: the last block, then the hash. */
START_TEST(next_iv_is_strongswans)
{
	const struct sample *s = &samples[_i];
	struct span log = v1_file(s->log, &arena);
	const char *p = strstr((const char *)log.p, "generating QUICK_MODE request ");
	ck_assert(p != NULL);
	uint32_t id = (uint32_t)strtoul(p + strlen("generating QUICK_MODE request "), NULL, 10);
	struct span last = { NULL, 0 };
	for (size_t i = 0; i < 3; i++) {
		struct span next = v1_dump(log, "next IV for MID 0", i, &arena);
		last = next.n ? next : last;
	}
	struct span iv = v1_dump(log, arena_printf(&arena, "next IV for MID %u", id), 0, &arena);
	uint8_t out[64];
	ck_assert(ikev1_iv_next(crypto, prf_find(s->prf), last, id, out));
	same(s, "IV of Quick Mode", out, iv);
}
END_TEST

/* Seed of the log: [g(qm)^xy |] protocol | SPI | Ni | Nr, of 1 + 4 + 32 + 32 octets. */
START_TEST(keymat_is_strongswans)
{
	const struct sample *s = &samples[_i];
	struct span log = v1_file(s->log, &arena), d = v1_dump(log, "SKEYID_d", 0, &arena);
	static const char *const ends[] = { "initiator", "responder" };
	for (size_t n = 0; n < 2; n++)
		for (int i = 0; i < 2; i++) {
			struct span seed = v1_dump(log, arena_printf(&arena, "%s SA seed", ends[i]), n, &arena);
			if (n && !seed.n)
				return;		/* this one has one Quick Mode */
			struct span encr = v1_dump(log, arena_printf(&arena, "encryption %s key", ends[i]), n,
						   &arena);
			struct span integ = v1_dump(log, arena_printf(&arena, "integrity %s key", ends[i]), n,
						    &arena);
			size_t gxy = seed.n - 69;
			struct reader r = reader_of(span_from(seed, gxy));
			struct ikev1_keymat k = { .prf = prf_find(s->prf), .skeyid_d = d,
						  .gqmxy = span_part(seed, 0, gxy), .protocol = read_u8(&r),
						  .spi = read_u32(&r), .ni = read_span(&r, 32),
						  .nr = read_span(&r, 32) };
			struct err e = { 0 };
			uint8_t out[IKEV1_KEYMAT_MAX];
			ck_assert(!r.bad);
			ck_assert(ikev1_keymat(crypto, &k, out, encr.n + integ.n, &e));
			same(s, "encryption key", out, encr);
			if (integ.n)
				same(s, "integrity key", out + encr.n, integ);
		}
}
END_TEST

static const struct {
	unsigned prf;
	size_t skeyid_e, key;
	const char *ka;
} kas[] = {
	{ 1, 16, 24, "5d76401b50b90caee409473960c04a9614b5f3b70b892097" },
	{ 2, 20, 24, "1e5fd6a5cbc98bd4c1fe20d5e5fb2ed1df330c93a33c043c" },
	{ 2, 20, 32,
	  "1e5fd6a5cbc98bd4c1fe20d5e5fb2ed1df330c93a33c043ca850a65fd7aeae17" },
	{ 2, 20, 16, "000102030405060708090a0b0c0d0e0f" },
	{ 1, 16, 8, "0001020304050607" },
};

START_TEST(ka_is_longer)
{
	uint8_t e[64], out[ENCR_KEY_MAX];
	struct span should = v1_hex(kas[_i].ka, &arena);
	for (size_t i = 0; i < sizeof e; i++)
		e[i] = (uint8_t)i;
	ck_assert_uint_eq(should.n, kas[_i].key);
	ck_assert(ikev1_key(crypto, prf_find(kas[_i].prf), span_of(e, kas[_i].skeyid_e), out, kas[_i].key));
	ck_assert_mem_eq(out, should.p, should.n);
}
END_TEST

START_TEST(skeyid_of_encryption)
{
	uint8_t octets[0x60], out[PRF_OUTPUT_MAX];
	struct err e = { 0 };
	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (uint8_t)i;
	struct ikev1_phase1 p = { .prf = prf_find(2), .ni = span_of(octets, 16),
				  .nr = span_of(octets + 0x20, 20) };
	memcpy(p.cookies, octets + 0x40, 16);
	ck_assert(ikev1_skeyid_encryption(crypto, &p, out, &e));
	ck_assert_mem_eq(out, v1_hex("5e3422f16e8bb66264c013c124971c09bd7fe8b5", &arena).p, 20);
}
END_TEST

START_TEST(nonces_have_a_limit)
{
	uint8_t long_one[513] = { 0 }, out[PRF_OUTPUT_MAX];
	struct err e = { 0 };
	struct ikev1_phase1 p = { .prf = prf_find(2), .ni = span_of(long_one, 256),
				  .nr = span_of(long_one, 257) };
	ck_assert(!ikev1_skeyid_signature(crypto, &p, span_of(long_one, 8), out, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "257"));
	p.nr.n = 256;
	ck_assert(ikev1_skeyid_signature(crypto, &p, span_of(long_one, 8), out, &e));
}
END_TEST

int main(void)
{
	struct err e = { 0 };
	crypto = crypto_new(&e);
	Suite *s = suite_create("ikev1_keymat");
	TCase *t = tcase_create("keys");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, keys_are_strongswans, 0, SAMPLES);
	tcase_add_loop_test(t, hashes_are_strongswans, 0, SAMPLES);
	tcase_add_loop_test(t, next_iv_is_strongswans, 0, SAMPLES);
	tcase_add_loop_test(t, keymat_is_strongswans, 0, SAMPLES);
	tcase_add_loop_test(t, ka_is_longer, 0, sizeof kas / sizeof *kas);
	tcase_add_test(t, skeyid_of_encryption);
	tcase_add_test(t, nonces_have_a_limit);
	suite_add_tcase(s, t);
	int failed = testing_run(s);
	arena_done(&arena);
	crypto_free(crypto);
	return failed;
}
