/* SPDX-License-Identifier: BSD-2-Clause
 * AUTH payloads of charon and pluto, which their peers accepted or refused: the
 * messages of the captures, opened and verified with what charon logged (SKEYSEED's
 * keys, SK_p, PSKs). NULL authentication, IntAuth and NAT detection against values
 * that a Python program computed from the RFCs (hmac and hashlib), and hostile
 * payloads. */
#include "ipsec/crypto/prf.h"
#include "ipsec/ike/auth.h"
#include "ipsec/ike/lab_test.h"
#include "ipsec/ike/made_test.h"
#include "ipsec/ike/opener.h"

enum { ID_I = 35, ID_R = 36, CERT = 37, AUTH = 39 };

static struct arena arena;
static struct crypto *crypto;

static void setup(void)
{
	struct err e = { 0 };
	arena_init(&arena);
	crypto = crypto_new(&e);
	ck_assert_msg(crypto != NULL, "%s", e.text);
}

static void teardown(void)
{
	crypto_free(crypto);
	arena_done(&arena);
}

static const struct node *find(const struct node *n, uint32_t type)
{
	while (n && n->number != type)
		n = n->next;
	return n;
}

/* ---- captures ---- */

struct side {
	struct span message, nonce;
	const struct node *id, *cert, *auth;
};

struct session {
	struct span log;
	struct keystore keys;
	struct ike_opener *opener;
	struct ike_choice choice;
	struct side side[2];
	bool eap;
};

static void psk_add(struct keystore *k, struct span secret, const char *id)
{
	struct ike_secret s = { .kind = SECRET_PSK, .secret = secret, .id = span_text(id),
				.origin = { .file = "psk.csv", .line = 1 } };
	keystore_add_secret(k, &s);
}

static struct span logged(const struct session *s, const char *label)
{
	return lab_dump(s->log, label, 0, &arena);
}

static void keys_add(struct session *s, const struct ike_message *m)
{
	struct ike_key k = { .version = 2, .encr = encr_find(s->choice.encr),
			     .integ = integ_find(s->choice.integ),
			     .sk_ei = logged(s, "Sk_ei secret"), .sk_er = logged(s, "Sk_er secret"),
			     .sk_ai = logged(s, "Sk_ai secret"), .sk_ar = logged(s, "Sk_ar secret") };
	memcpy(k.spi_i, m->octets.p, 8);
	memcpy(k.spi_r, m->octets.p + 8, 8);
	keystore_add_ike(&s->keys, &k);
}

static void take(struct session *s, struct ike_message *m)
{
	bool response = node_uint(m->header, IKE_FLAGS, 0) & IKE_FLAG_R;
	struct side *side = &s->side[response];
	const struct node *sa = find(m->payloads, PAYLOAD_SA);
	if (node_uint(m->header, IKE_EXCHANGE, 0) == 34) {
		if (!sa)
			return;
		side->message = m->octets;
		side->nonce = node_bytes(find(m->payloads, PAYLOAD_NONCE), PAYLOAD_BODY);
		if (response && ike_choice_read(sa, &s->choice))
			keys_add(s, m);
		return;
	}
	ike_opener_open(s->opener, m, &arena, NULL);
	s->eap |= find(m->inner, 48) != NULL;
	const struct node *id = find(m->inner, response ? ID_R : ID_I), *cert = find(m->inner, CERT);
	const struct node *auth = find(m->inner, AUTH);
	side->id = id && !side->id ? id : side->id;
	side->cert = cert && !side->cert ? cert : side->cert;
	side->auth = auth ? auth : side->auth;
}

static void session_read(struct session *s, const char *capture, const char *log)
{
	struct lab_packet p = { 0 };
	size_t at = 0;
	*s = (struct session){ 0 };
	s->log = lab_file(arena_printf(&arena, "captures/%s.keys/%s/charon.log", capture, log), &arena);
	struct span pcap = lab_file(arena_printf(&arena, "captures/%s.pcap", capture), &arena);
	keystore_init(&s->keys);
	s->opener = ike_opener_new(&s->keys, crypto);
	while (lab_next(pcap, &at, &p)) {
		struct ike_message *m = ike_message_decode(p.ike, &arena, NULL);
		uint64_t exchange = node_uint(m->header, IKE_EXCHANGE, 0);
		if (ike_version(m) == 2 && (exchange == 34 || exchange == 35))
			take(s, m);
	}
}

static void session_done(struct session *s)
{
	ike_opener_free(s->opener);
	keystore_done(&s->keys);
}

static struct auth_job job_of(struct session *s, int side, unsigned sk_p)
{
	const struct side *x = &s->side[side], *y = &s->side[!side];
	return (struct auth_job){
		.crypto = crypto, .secrets = &s->keys, .prf = prf_find(s->choice.prf),
		.sk_p = lab_dump(s->log, "SK_p", sk_p, &arena), .message = x->message,
		.nonce = y->nonce, .id = x->id, .auth = x->auth, .cert = x->cert, .other_id = y->id,
	};
}

/* With the SK_p that fits: charon logs one for each AUTH that it made or checked. */
static enum auth_verdict verify(struct session *s, int side, const char **why)
{
	for (unsigned i = 0; i < 8; i++) {
		struct auth_job job = job_of(s, side, i);
		if (job.sk_p.n && ike_auth_verify(&job, why, &arena) == AUTH_GOOD)
			return AUTH_GOOD;
	}
	struct auth_job job = job_of(s, side, 0);
	return ike_auth_verify(&job, why, &arena);
}

#define ALICE "the signature of CN=alice.example,O=ikat lab, "
#define BOB "the signature of CN=bob.example,O=ikat lab, "
#define PSK_WHY "the PSK of psk.csv:1"
#define PKCS1 "digital signature, RSASSA-PKCS1 SHA2-256"
#define ECDSA "digital signature, ECDSA SHA2-256"
/* What charon's log says of each ("authentication of ... with ... successful"). */
static const struct {
	const char *capture, *log, *text[2], *why[2];
} captures[] = {
	{ "samples/tunnel-gcm", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "samples/tunnel-gcm", "b", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "samples/rekey-pfs", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/ike-modp2048-sha1", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/ike-sha512", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/ike-gcm", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/ike-chacha", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/ike-xcbc", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/ppk", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/cookie", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/invalid-ke", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/ike-fragments", "a", { PKCS1, PKCS1 }, { ALICE "RSA 2048", BOB "RSA 2048" } },
	{ "lab/swan-lsw-gcm", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/lsw-swan-gcm", "b", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/nat", "a", { "PSK", "PSK" }, { PSK_WHY, PSK_WHY } },
	{ "lab/auth-rsa", "a", { PKCS1, PKCS1 }, { ALICE "RSA 2048", BOB "RSA 2048" } },
	{ "lab/auth-ecdsa", "a", { ECDSA, ECDSA }, { ALICE "EC P-256", BOB "EC P-256" } },
	{ "lab/auth-ed25519", "a", { "digital signature, Ed25519", "digital signature, Ed25519" },
	  { ALICE "ED25519", BOB "ED25519" } },
	{ "lab/lsw-swan-rsa", "b", { "digital signature, RSASSA-PSS SHA2-512 salt 64", PKCS1 },
	  { ALICE "RSA 2048", BOB "RSA 2048" } },
	{ "lab/swan-lsw-rsa", "a", { PKCS1, PKCS1 }, { ALICE "RSA 2048", BOB "RSA 2048" } },
};

static void expect_side(struct session *s, int i, const char *text, const char *want)
{
	const char *why = NULL;
	ck_assert_msg(s->side[i].auth != NULL, "side %d: no AUTH", i);
	ck_assert_str_eq(ike_auth_text(s->side[i].auth, &arena), text);
	enum auth_verdict v = verify(s, i, &why);
	ck_assert_msg(v == AUTH_GOOD && strcmp(why, want) == 0, "side %d: %d, %s", i, v, why);
}

START_TEST(capture)
{
	struct session s;
	session_read(&s, captures[_i].capture, captures[_i].log);
	struct span psk = logged(&s, "secret");
	if (psk.n)
		psk_add(&s.keys, psk, "");
	for (int i = 0; i < 2; i++)
		expect_side(&s, i, captures[_i].text[i], captures[_i].why[i]);
	session_done(&s);
}
END_TEST

/* ---- what does not fit ---- */

/* charon refused alice's AUTH: the peer's PSK is another one. Each end's own PSK
 * verifies its own AUTH, and nothing else does. */
START_TEST(psks)
{
	struct session s;
	const char *why = "";
	session_read(&s, "samples/tunnel-gcm", "a");
	struct span psk = logged(&s, "secret"), wrong = span_text("sample-psk-a-2");
	ck_assert_int_eq(verify(&s, 0, &why), AUTH_UNCHECKED);
	ck_assert_str_eq(why, "no PSK was given");
	psk_add(&s.keys, wrong, "somebody.else");
	ck_assert_int_eq(verify(&s, 0, &why), AUTH_UNCHECKED);
	ck_assert_str_eq(why, "no PSK was given for alice.example, and none of the others (1) fits");
	psk_add(&s.keys, wrong, "");
	ck_assert_int_eq(verify(&s, 0, &why), AUTH_BAD);
	ck_assert_str_eq(why, "none of the 2 PSKs given");
	psk_add(&s.keys, wrong, "@bob.example @Alice.Example");
	ck_assert_int_eq(verify(&s, 0, &why), AUTH_BAD);
	ck_assert_str_eq(why, "not the PSK that was given for this peer");
	psk_add(&s.keys, psk, "@bob.example @Alice.Example");
	ck_assert_int_eq(verify(&s, 0, &why), AUTH_GOOD);
	ck_assert_int_eq(verify(&s, 1, &why), AUTH_GOOD);
	session_done(&s);
}
END_TEST

/* At most 32 are tried: a right one far behind is not found. */
START_TEST(psks_bounded)
{
	struct session s;
	const char *why = "";
	session_read(&s, "samples/tunnel-gcm", "a");
	for (unsigned i = 0; i < 31; i++)
		psk_add(&s.keys, span_text(arena_printf(&arena, "wrong %u", i)), "");
	struct arena_mark mark = arena_mark(&arena);
	psk_add(&s.keys, logged(&s, "secret"), "");
	ck_assert_int_eq(verify(&s, 0, &why), AUTH_GOOD);
	session_done(&s);
	arena_rewind(&arena, mark);
	session_read(&s, "samples/tunnel-gcm", "a");
	for (unsigned i = 0; i < 1000; i++)
		psk_add(&s.keys, span_text(arena_printf(&arena, "wrong %u", i)), "");
	psk_add(&s.keys, logged(&s, "secret"), "");
	ck_assert_int_eq(verify(&s, 0, &why), AUTH_BAD);
	ck_assert_str_eq(why, "none of the 32 PSKs given");
	session_done(&s);
}
END_TEST

/* Every input counts: one changed octet of any of them is noticed. */
START_TEST(each_input)
{
	static const char *const names[] = { "lab/auth-ecdsa", "lab/auth-rsa", "samples/tunnel-gcm" };
	struct session s;
	const char *why;
	session_read(&s, names[_i], "a");
	psk_add(&s.keys, logged(&s, "secret"), "");
	struct auth_job good = job_of(&s, 0, 0);
	ck_assert_int_eq(ike_auth_verify(&good, &why, &arena), AUTH_GOOD);
	struct span *const parts[] = { &good.sk_p, &good.message, &good.nonce };
	for (size_t i = 0; i < 3; i++) {
		struct span kept = *parts[i];
		struct span copy = arena_copy(&arena, kept);
		((uint8_t *)(uintptr_t)copy.p)[kept.n / 2] ^= 1;
		*parts[i] = copy;
		ck_assert_int_eq(ike_auth_verify(&good, &why, &arena), AUTH_BAD);
		*parts[i] = kept;
	}
	good.intermediate = span_text("x");
	ck_assert_int_eq(ike_auth_verify(&good, &why, &arena), AUTH_BAD);
	good.intermediate = span_of(NULL, 0);
	good.id = s.side[1].id;
	ck_assert_int_eq(ike_auth_verify(&good, &why, &arena), AUTH_BAD);
	session_done(&s);
}
END_TEST

START_TEST(certificates)
{
	struct session s;
	const char *why;
	session_read(&s, "lab/auth-ecdsa", "a");
	struct auth_job j = job_of(&s, 0, 0);
	j.cert = s.side[1].cert;
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_BAD);
	ck_assert_str_eq(why, "not a signature of CN=bob.example,O=ikat lab, EC P-256");
	j.cert = NULL;
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_UNCHECKED);
	ck_assert_str_eq(why, "no certificate in the capture");
	struct text body = { 0 };
	made_put(&body, 12, 1);
	text_fill(&body, 'x', 30);
	j.cert = made_payload(CERT, &body, &arena);
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_UNCHECKED);
	ck_assert_str_eq(why, "the certificate is named by an URL, it is not in the capture");
	text_add(&body, "\x04\x30\x03junk");
	j.cert = made_payload(CERT, &body, &arena);
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_UNCHECKED);
	ck_assert_str_eq(why, "the certificate cannot be read");
	session_done(&s);
}
END_TEST

/* A key of another kind cannot have made the signature. */
START_TEST(other_kind)
{
	struct session s, t;
	const char *why;
	session_read(&s, "lab/auth-ecdsa", "a");
	session_read(&t, "lab/auth-rsa", "a");
	struct auth_job j = job_of(&s, 0, 0);
	j.cert = t.side[0].cert;
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_BAD);
	ck_assert_str_eq(why, "CN=alice.example,O=ikat lab, RSA 2048: ECDSA SHA2-256 needs a key of "
			 "kind EC, this one is RSA");
	session_done(&s);
	session_done(&t);
}
END_TEST

/* A key that is too large to try says nothing of the signature. */
START_TEST(huge_key)
{
	static const uint8_t head[] = {	/* a modulus of 2048 octets, an exponent of 3 */
		0x30, 0x82, 0x08, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
		0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x08, 0x0f, 0x00, 0x30, 0x82, 0x08, 0x0a, 0x02, 0x82,
		0x08, 0x01, 0x00,
	};
	struct session s;
	struct text body = { 0 };
	const char *why;
	session_read(&s, "lab/auth-rsa", "a");
	struct auth_job j = job_of(&s, 0, 0);
	made_put(&body, 15, 1);
	text_add_octets(&body, head, sizeof head);
	text_fill(&body, 0x7f, 2048);
	text_add_octets(&body, "\x02\x03\x01\x00\x01", 5);
	j.cert = made_payload(CERT, &body, &arena);
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_UNCHECKED);
	ck_assert_msg(strstr(why, "bits, at most 8192") != NULL, "%s", why);
	session_done(&s);
}
END_TEST

/* The responder's signature verifies; the AUTH after EAP needs the MSK. */
START_TEST(eap)
{
	struct session s;
	const char *why;
	session_read(&s, "lab/auth-eap-mschapv2", "a");
	ck_assert(s.eap);
	struct auth_job j = job_of(&s, 0, 0);
	ck_assert_str_eq(ike_auth_text(j.auth, &arena), "PSK");
	j.eap = true;
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_UNCHECKED);
	ck_assert_str_eq(why, "the key is the EAP method's MSK, which is not known");
	psk_add(&s.keys, logged(&s, "secret"), "");	/* that is what charon logs there */
	for (int i = 0; i < 2; i++) {
		j = job_of(&s, i, i ? 2 : 1);
		j.eap = true;
		ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_GOOD);
		ck_assert_str_eq(why, "the key of psk.csv:1");
	}
	session_done(&s);
}
END_TEST

/* ---- values computed by other means ---- */

static const struct node *made_auth(unsigned method, struct span data)
{
	struct text t = { 0 };
	made_put(&t, (uint64_t)method << 24, 4);
	text_add_octets(&t, data.p, data.n);
	return made_payload(AUTH, &t, &arena);
}

static const struct node *made_id(uint32_t payload, const char *body)
{
	struct text t = { 0 };
	struct span s = unhex(body, &arena);
	text_add_octets(&t, s.p, s.n);
	return made_payload(payload, &t, &arena);
}

static struct span counting(size_t n, unsigned start)
{
	uint8_t *p = arena_raw(&arena, n);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(start + i);
	return span_of(p, n);
}

/* Python:
 *	m = lambda k, d: hmac.new(k, d, 'sha256').digest()
 *	sk = bytes(range(32)); msg = bytes(range(100)); nonce = bytes(range(50, 82))
 *	o = msg + nonce + m(sk, bytes.fromhex('0d000000')) + extra
 *	m(m(sk, b'Key Pad for IKEv2'), o) */
START_TEST(null_authentication)
{
	static const char *const want[] = {
		"c2fe7135059d922ad5b39941a0a74c63683158080d615542be8a8f0b025dac0b",
		"80b974a2de475d56132006704a5aa8e51a382d54ff8bb73d8d38d4fe91f24607",
	};
	const char *why;
	struct auth_job j = { .crypto = crypto, .prf = prf_find(5), .sk_p = counting(32, 0),
			      .message = counting(100, 0), .nonce = counting(32, 50),
			      .id = made_id(ID_I, "0d000000") };
	for (int i = 0; i < 2; i++) {
		j.intermediate = i ? counting(68, 7) : span_of(NULL, 0);
		j.auth = made_auth(13, unhex(want[i], &arena));
		ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_GOOD);
		ck_assert_str_eq(why, "SK_p: nobody was authenticated");
		ck_assert_str_eq(ike_auth_text(j.auth, &arena), "NULL");
	}
	j.sk_p = counting(32, 1);
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_BAD);
	/* the same key after an EAP method that makes none (RFC 7296, 2.16) */
	j.sk_p = counting(32, 0);
	j.eap = true;
	j.auth = made_auth(2, unhex(want[1], &arena));
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_GOOD);
}
END_TEST

/* Methods that nobody knows, missing parts, prfs that are not there. */
START_TEST(unchecked)
{
	const char *why;
	struct auth_job good = { .crypto = crypto, .prf = prf_find(5), .sk_p = counting(32, 0),
				 .message = counting(100, 0), .nonce = counting(32, 50),
				 .id = made_id(ID_I, "0d000000") };
	for (unsigned method = 0; method < 256; method++) {
		struct auth_job j = good;
		j.auth = made_auth(method, counting(method % 50, 0));
		enum auth_verdict v = ike_auth_verify(&j, &why, &arena);
		ck_assert_msg(v == (method == 13 ? AUTH_BAD : AUTH_UNCHECKED), "method %u", method);
		ck_assert(*why && *ike_auth_text(j.auth, &arena));
		j.cert = made_payload(CERT, &(struct text){ 0 }, &arena);
		ike_auth_verify(&j, &why, &arena);
	}
	struct auth_job j = good;
	j.auth = made_auth(2, counting(32, 0));
	j.prf = prf_find(3);	/* TIGER */
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_UNCHECKED);
	j = good;
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_UNCHECKED);
	j.auth = made_auth(2, counting(32, 0));
	j.id = NULL;
	ck_assert_int_eq(ike_auth_verify(&j, &why, &arena), AUTH_UNCHECKED);
}
END_TEST

/* ---- IntAuth ---- */

/* A message as it would be after decryption: payload `next` inside of SK. */
static struct ike_message *made_intermediate(struct span plain, unsigned pad, unsigned marks)
{
	struct text t = { 0 };
	size_t size = 4 + 16 + plain.n + pad + 1 + 16;	/* IV, padding, ICV */
	made_put(&t, 0x0102030405060708, 8);
	made_put(&t, 0x1112131415161718, 8);
	made_put(&t, 0x2e202b08, 4);
	made_put(&t, 1, 4);
	made_put(&t, IKE_HEADER_SIZE + size, 4);
	made_put(&t, 41, 1);
	made_put(&t, marks, 1);
	made_put(&t, size, 2);
	text_fill(&t, '\x55', 16);
	text_add_octets(&t, plain.p, plain.n);
	text_fill(&t, '\0', pad);
	made_put(&t, pad, 1);
	text_fill(&t, '\x55', 16);
	struct ike_message *m = ike_message_decode(arena_copy(&arena, span_of(t.p, t.n)), &arena, NULL);
	text_done(&t);
	m->decrypted = true;
	m->plain_offset = IKE_HEADER_SIZE + 4 + 16;
	m->pad_length = (uint8_t)pad;
	m->plain = span_part(m->octets, m->plain_offset, plain.n + pad + 1);
	return m;
}

static void expect_sum(const uint8_t *sum, size_t n, const char *want)
{
	struct span w = unhex(want, &arena);
	ck_assert_msg(span_equal(span_of(sum, n), w), "IntAuth of %zu octets", n);
}

/* Python:
 *	head = bytes.fromhex('0102030405060708' '1112131415161718' '2e202b08' '00000001')
 *	A = head + (28 + 4 + len(P)).to_bytes(4) + bytes([41, marks]) + (4 + len(P)).to_bytes(2)
 *	sum = m(sk, sum + A + P) */
START_TEST(intermediate)
{
	uint8_t sum[IKE_HASH_MAX];
	size_t n = 0;
	struct span plain = unhex("000000080000402e", &arena), sk = counting(32, 0);
	struct ike_message *m = made_intermediate(plain, 7, 0);
	ck_assert(ike_intauth_step(crypto, prf_find(5), sk, m, sum, &n));
	expect_sum(sum, n, "034df106604e417052e73a1b6938e0f71f9d30189911382f3d4801c0ec2f75a3");
	m = made_intermediate(span_of(NULL, 0), 0, 0x05);
	ck_assert(ike_intauth_step(crypto, prf_find(5), sk, m, sum, &n));
	expect_sum(sum, n, "0f847a75f95e63acde09fcd4e68d816f575945311b65d57426854df4306e7349");
	/* put together of fragments: octets of the whole in plain, no padding */
	m = made_intermediate(plain, 7, 0);
	struct decode d = { &arena, NULL, 0, 0 };
	m->sk->number = PAYLOAD_SKF;
	m->fragment = 2;
	ck_assert(!ike_intauth_step(crypto, prf_find(5), sk, m, sum, &n));
	m->plain_offset = 0;
	m->plain = plain;
	m->inner = ike_chain_decode(41, 2, plain, &d, &m->inner_trailing);
	n = 0;
	ck_assert(ike_intauth_step(crypto, prf_find(5), sk, m, sum, &n));
	expect_sum(sum, n, "034df106604e417052e73a1b6938e0f71f9d30189911382f3d4801c0ec2f75a3");
	m->decrypted = false;
	ck_assert(!ike_intauth_step(crypto, prf_find(5), sk, m, sum, &n));
}
END_TEST

/* ---- NAT detection ---- */

/* What charon put into its notifications, with the addresses of the packets. */
START_TEST(nat_detection)
{
	static const char *const names[] = { "samples/tunnel-gcm", "lab/ipv6-tunnel" };
	struct lab_packet p = { 0 };
	struct span pcap = lab_file(arena_printf(&arena, "captures/%s.pcap", names[_i]), &arena);
	size_t at = 0, size, hashes = 0;
	while (lab_next(pcap, &at, &p)) {
		const struct ike_message *m = ike_message_decode(p.ike, &arena, NULL);
		for (const struct node *n = m->payloads; n; n = n->next) {
			uint64_t type = node_uint(n, NOTIFY_TYPE, 0);
			uint8_t hash[IKE_HASH_MAX];
			if (n->number != PAYLOAD_NOTIFY || (type != 16388 && type != 16389))
				continue;
			bool source = type == 16388;
			ck_assert(ike_natd_hash(crypto, "SHA1", m->octets.p, source ? &p.src : &p.dst,
						source ? p.sport : p.dport, hash, &size));
			struct span sent = node_bytes(node_kid(n, NOTIFY_DATA), 0);
			ck_assert(span_equal(span_of(hash, size), sent));
			hashes++;
		}
	}
	ck_assert_uint_ge(hashes, 4);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *s = suite_create("auth");
	TCase *t = tcase_create("auth");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, capture, 0, ROWS(captures));
	tcase_add_test(t, psks);
	tcase_add_test(t, psks_bounded);
	tcase_add_loop_test(t, each_input, 0, 3);
	tcase_add_test(t, certificates);
	tcase_add_test(t, other_kind);
	tcase_add_test(t, huge_key);
	tcase_add_test(t, eap);
	tcase_add_test(t, null_authentication);
	tcase_add_test(t, unchecked);
	tcase_add_test(t, intermediate);
	tcase_add_loop_test(t, nat_detection, 0, 2);
	suite_add_tcase(s, t);
	return testing_run(s);
}
