/* SPDX-License-Identifier: BSD-2-Clause
 * DER in words. The certificate and keys were made with the openssl command,
 * which also gave the texts and the hash wanted here; the algorithm identifiers
 * are those of RFC 7427, appendix A. Then: every truncation and every flipped
 * octet of all of them must pass without a crash, a leak or a bad text. */
#include "ipsec/crypto/crypto_test.h"

#include "ipsec/crypto/cert.h"

static const char certificate[] =
	"308201ae30820153a00302010202041234abcd300a06082a8648ce3d04030230"
	"34310b3009060355040613024348310d300b060355040a0c04696b6174311630"
	"1406035504030c0d6dc3bc6e6368656e2c20227822301e170d32363131323130"
	"34303930305a170d3236313230313034303930305a3034310b30090603550406"
	"13024348310d300b060355040a0c04696b61743116301406035504030c0d6dc3"
	"bc6e6368656e2c202278223059301306072a8648ce3d020106082a8648ce3d03"
	"01070342000447637756605da281ac8c402f57bc4c7e5b463e8b6329289c194a"
	"3e05a920c1e1a4bf0190dd43a176a87b2816979527546f52956e98a854175b59"
	"69197c33d109a3533051301d0603551d0e04160414a91f9077a3e29449a9bdb4"
	"d35b1c7c32bdaec874301f0603551d23041830168014a91f9077a3e29449a9bd"
	"b4d35b1c7c32bdaec874300f0603551d130101ff040530030101ff300a06082a"
	"8648ce3d0403020349003046022100a58002137319d0f873074c392d86d2d142"
	"be200a62d37fed825d7f315598e521022100c9e01d07059f25fe9ff944f74803"
	"e8f8a37864ea0d60f5fac793c9bd078cb172";

START_TEST(certificate_read)
{
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct cert x;
	struct span der = test_hex(&a, certificate);
	ck_assert(cert_read(c, der, &a, &x));
	ck_assert_str_eq(x.subject, "CN=m\303\274nchen\\, \\\"x\\\",O=ikat,C=CH");
	ck_assert_str_eq(x.issuer, x.subject);
	ck_assert_str_eq(x.serial, "1234abcd");
	ck_assert_str_eq(x.key, "EC P-256");
	ck_assert_str_eq(x.signature, "ecdsa-with-SHA256");
	ck_assert_str_eq(x.not_before, "2026-11-21T04:09:00Z");
	ck_assert_str_eq(x.not_after, "2026-12-01T04:09:00Z");
	test_equal("SPKI", x.spki_sha1, test_hex(&a, "3c48a3ea17bb8a3a84bc7a10e657d4b0b2e010f5"));
	uint8_t *more = arena_alloc(&a, der.n + 1);
	memcpy(more, der.p, der.n);
	ck_assert_msg(!cert_read(c, span_of(more, der.n + 1), &a, &x), "an octet behind it");
	arena_done(&a);
	crypto_free(c);
}
END_TEST

/* 64 KiB is enough for everybody; more is not even given to OpenSSL. */
START_TEST(too_large)
{
	struct crypto *c = test_crypto();
	struct arena a = { 0 };
	struct cert x;
	uint8_t *p = arena_alloc(&a, 1 << 20);
	memcpy(p, "\x30\x83\x0f\xff\xfb", 5);
	ck_assert(!cert_read(c, span_of(p, 1 << 20), &a, &x));
	ck_assert(!cert_read(c, span_of(NULL, 0), &a, &x));
	ck_assert(!cert_name(span_of(NULL, 0), &a) && !cert_name(span_of(p, 1 << 20), &a));
	ck_assert(!cert_algorithm(span_of(NULL, 0), &a));
	ck_assert(!cert_public_key(span_of(NULL, 0), &a));
	arena_done(&a);
	crypto_free(c);
}
END_TEST

enum what { NAME, ALGORITHM, KEY };

static const struct { enum what what; const char *der, *text; } parts[] = {
	{ ALGORITHM, "300a06082a8648ce3d040302", "ecdsa-with-SHA256" },
	{ ALGORITHM, "300d06092a864886f70d01010b0500", "sha256WithRSAEncryption" },
	{ ALGORITHM, "300506032b6570", "ED25519" },
	{ ALGORITHM, "300d06092a864886f70d01010a3000", "RSASSA-PSS SHA1 salt 20" },
	{ ALGORITHM, "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
		     "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
	  "RSASSA-PSS SHA2-256 salt 32" },
	{ ALGORITHM, "300b06092a864886f70d01010a", "RSASSA-PSS (no parameters)" },
	{ ALGORITHM, "300806062b0601040185", NULL },
	{ ALGORITHM, "300906072b06010401fe01", "1.3.6.1.4.1.16129" },
	{ ALGORITHM, "0500", NULL },
	{ NAME, "3000", "" },
	{ NAME, "3010310e300c060355040a0c056120622c63", "O=a b\\,c" },
	/* control characters, also the two-octet ones, and a NUL */
	{ NAME, "300f310d300b06035504030c0461010a62", "CN=a\\01\\0Ab" },
	{ NAME, "300f310d300b06035504030c0461c29b62", "CN=a\\C2\\9bb" },
	{ NAME, "300e310c300a06035504030c03610062", "CN=a\\00b" },
	{ NAME, "300e310c300a06035504030c036100620000", NULL },
	{ KEY, "302a300506032b6570032100fcfdcc74c4435a11494016eaf6f0805e"
	       "acb6ef9e6fa97154e25a1e3d14090818", "ED25519" },
	{ KEY, "30819f300d06092a864886f70d010101050003818d0030818902818100a4e7ec"
	       "7c569efd29aeec305d9d1f4ebb69a177e327c05f9f56cc5b4f256a0d189c8f2b"
	       "e9c362c1fe674a5f1aa4cc3aac587c594371f55854ed107f3b24d2275e3fd771"
	       "79be85a020c9a9c1adbfff9e1dab0d1fb753972f4fcfd0928d6c61f938cb0046"
	       "be300e848942908750d2e8b841b73c33e4f1d20c603b0a42239de941c3020301"
	       "0001", "RSA 1024" },
	{ KEY, "3059301306072a8648ce3d020106082a8648ce3d030107034200044763775660"
	       "5da281ac8c402f57bc4c7e5b463e8b6329289c194a3e05a920c1e1a4bf0190dd"
	       "43a176a87b2816979527546f52956e98a854175b5969197c33d109", "EC P-256" },
	{ KEY, "3010300906072b06010401fe0103030000ff", "1.3.6.1.4.1.16129 (not decoded)" },
	{ KEY, "3000", NULL },
};

static const char *read_part(enum what what, struct span der, struct arena *a)
{
	return what == NAME ? cert_name(der, a) :
	       what == ALGORITHM ? cert_algorithm(der, a) : cert_public_key(der, a);
}

START_TEST(part_text)
{
	struct arena a = { 0 };
	const char *text = read_part(parts[_i].what, test_hex(&a, parts[_i].der), &a);
	if (!parts[_i].text)
		ck_assert_msg(text == NULL, "%s", text);
	else
		ck_assert_str_eq(text ? text : "(null)", parts[_i].text);
	arena_done(&a);
}
END_TEST

/* No control character in a text, whatever the octets were. */
static void text_clean(const char *s)
{
	for (; s && *s; s++)
		ck_assert_msg((unsigned char)*s >= 0x20 && *s != 0x7f, "control character");
}

static void read_all(struct crypto *c, struct span der, struct arena *a)
{
	struct cert x;
	if (cert_read(c, der, a, &x)) {
		text_clean(x.subject);
		text_clean(x.issuer);
		text_clean(x.key);
		text_clean(x.signature);
		text_clean(x.not_before);
		text_clean(x.not_after);
	}
	for (enum what w = NAME; w <= KEY; w++)
		text_clean(read_part(w, der, a));
}

static void hostile(const char *digits)
{
	struct crypto *c = test_crypto();
	struct arena keep = { 0 }, a = { 0 };
	struct span der = test_hex(&keep, digits);
	uint8_t *p = arena_alloc(&keep, der.n + 1);
	for (size_t n = 0; n <= der.n; n++) {	/* a copy of its own, for ASan */
		uint8_t *cut = malloc(n + 1);
		memcpy(cut + 1, der.p, n);
		read_all(c, span_of(cut + 1, n), &a);
		free(cut);
		arena_reset(&a);
	}
	for (size_t i = 0; i < 12 * der.n; i++) {
		memcpy(p, der.p, der.n);
		p[i / 12] ^= (uint8_t)(i % 12 < 8 ? 1u << i % 12 : 0x5b * (i % 12));
		read_all(c, span_of(p, der.n), &a);
		arena_reset(&a);
	}
	arena_done(&a);
	arena_done(&keep);
	crypto_free(c);
}

START_TEST(hostile_certificate) { hostile(certificate); } END_TEST
START_TEST(hostile_part) { hostile(parts[_i].der); } END_TEST

int main(void)
{
	const int count = sizeof parts / sizeof *parts;
	Suite *s = suite_create("cert");
	TCase *t = tcase_create("cert");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, certificate_read);
	tcase_add_test(t, too_large);
	tcase_add_loop_test(t, part_text, 0, count);
	tcase_add_test(t, hostile_certificate);
	tcase_add_loop_test(t, hostile_part, 0, count);
	suite_add_tcase(s, t);
	return testing_run(s);
}
