/* SPDX-License-Identifier: BSD-2-Clause
 * DER structures in words, through OpenSSL: certificates (RFC 5280), names,
 * algorithm identifiers (RFC 7427), public keys (RFC 7670). Nothing is verified
 * here and no signature is checked: these are texts for a view. The octets are
 * hostile, so their number is limited before OpenSSL sees them. */
#include "ipsec/crypto/cert.h"

#include <openssl/asn1t.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ipsec/base/text.h"
#include "ipsec/crypto/openssl.h"

enum { DER_MAX = 64 * 1024, OID_TEXT_MAX = 128, SERIAL_MAX = 64 };

/* Readers advance their pointer; what is left must be nothing. */
static bool readable(struct span der)
{
	return der.n > 0 && der.n <= DER_MAX;
}

static bool whole(struct span der, const uint8_t *end)
{
	return end == der.p + der.n;
}

/* ---- names ---- */

/* OpenSSL escapes the ASCII control characters; the others (U+0080 to U+009F,
 * in UTF-8 C2 80 to C2 9F) would still reach a terminal. */
static const char *safe_text(struct arena *a, struct span s)
{
	struct text t = { 0 };
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == 0xc2 && i + 1 < s.n && s.p[i + 1] < 0xa0) {
			text_add(&t, "\\C2\\");
			text_hex(&t, s.p[++i], 2);
		} else {
			text_char(&t, (char)s.p[i]);
		}
	}
	const char *out = arena_text(a, span_of(t.p, t.n));
	text_done(&t);
	return out;
}

static const char *name_text(const X509_NAME *name, struct arena *a)
{
	const unsigned long how = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	BIO *b = BIO_new(BIO_s_mem());
	const char *out = "(unreadable)", *p;
	if (b && name && X509_NAME_print_ex(b, name, 0, how) >= 0) {
		long n = BIO_get_mem_data(b, &p);
		out = safe_text(a, span_of(p, n > 0 ? (size_t)n : 0));
	}
	BIO_free(b);
	return out;
}

const char *cert_name(struct span der, struct arena *a)
{
	const uint8_t *p = der.p;
	if (!readable(der))
		return NULL;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.n);
	const char *out = name && whole(der, p) ? name_text(name, a) : NULL;
	X509_NAME_free(name);
	ERR_clear_error();
	return out;
}

/* ---- algorithms ---- */

static const char *object_text(const ASN1_OBJECT *o, struct arena *a)
{
	char buffer[OID_TEXT_MAX];
	int n = o ? OBJ_obj2txt(buffer, sizeof buffer, o, 0) : -1;
	if (n <= 0)
		return "(unreadable)";
	return arena_text(a, span_text(buffer));
}

/* IANA's words for the hashes (RFC 7427's registry), else OpenSSL's. */
static const char *hash_text(const X509_ALGOR *hash, struct arena *a)
{
	static const struct { int nid; const char *name; } names[] = {
		{ NID_sha1, "SHA1" }, { NID_sha256, "SHA2-256" },
		{ NID_sha384, "SHA2-384" }, { NID_sha512, "SHA2-512" },
	};
	const ASN1_OBJECT *o;
	if (!hash)
		return "SHA1";	/* the default of RFC 4055, 3.1 */
	X509_ALGOR_get0(&o, NULL, NULL, hash);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (OBJ_obj2nid(o) == names[i].nid)
			return names[i].name;
	return object_text(o, a);
}

/* RSASSA-PSS carries its hash and salt length as parameters (RFC 4055, 3.1). */
static const char *pss_text(const X509_ALGOR *algorithm, struct arena *a)
{
	const ASN1_STRING *sequence;
	const void *value;
	int type;
	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE)
		return "RSASSA-PSS (no parameters)";
	sequence = value;
	const uint8_t *p = ASN1_STRING_get0_data(sequence);
	RSA_PSS_PARAMS *pss = d2i_RSA_PSS_PARAMS(NULL, &p, ASN1_STRING_length(sequence));
	if (!pss)
		return "RSASSA-PSS (unreadable parameters)";
	long salt = pss->saltLength ? ASN1_INTEGER_get(pss->saltLength) : 20;
	const char *out = arena_printf(a, "RSASSA-PSS %s salt %ld",
				       hash_text(pss->hashAlgorithm, a), salt);
	RSA_PSS_PARAMS_free(pss);
	return out;
}

static const char *algorithm_text(const X509_ALGOR *algorithm, struct arena *a)
{
	const ASN1_OBJECT *o;
	X509_ALGOR_get0(&o, NULL, NULL, algorithm);
	if (OBJ_obj2nid(o) == NID_rsassaPss)
		return pss_text(algorithm, a);
	return object_text(o, a);
}

const char *cert_algorithm(struct span der, struct arena *a)
{
	const uint8_t *p = der.p;
	if (!readable(der))
		return NULL;
	X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &p, (long)der.n);
	const char *out = algorithm && whole(der, p) ? algorithm_text(algorithm, a) : NULL;
	X509_ALGOR_free(algorithm);
	ERR_clear_error();
	return out;
}

/* ---- public keys ---- */

static const char *ec_text(EVP_PKEY *key, struct arena *a)
{
	char curve[64];
	if (EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) != 1)
		return arena_printf(a, "EC %d", EVP_PKEY_get_bits(key));
	const char *nist = EC_curve_nid2nist(OBJ_txt2nid(curve));
	return arena_printf(a, "EC %s", nist ? nist : curve);
}

/* A key of a kind that OpenSSL does not read is still named by its OID. */
static const char *key_text(const X509_PUBKEY *pub, struct arena *a)
{
	EVP_PKEY *key = X509_PUBKEY_get0(pub);
	ASN1_OBJECT *o = NULL;
	if (key && EVP_PKEY_is_a(key, "EC"))
		return ec_text(key, a);
	if (key && (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")))
		return arena_printf(a, "%s %d", EVP_PKEY_is_a(key, "RSA") ? "RSA" : "RSA-PSS",
				    EVP_PKEY_get_bits(key));
	X509_PUBKEY_get0_param(&o, NULL, NULL, NULL, pub);
	const char *name = object_text(o, a);
	return key ? name : arena_printf(a, "%s (not decoded)", name);
}

const char *cert_public_key(struct span der, struct arena *a)
{
	const uint8_t *p = der.p;
	if (!readable(der))
		return NULL;
	X509_PUBKEY *pub = d2i_X509_PUBKEY(NULL, &p, (long)der.n);
	const char *out = pub && whole(der, p) ? key_text(pub, a) : NULL;
	X509_PUBKEY_free(pub);
	ERR_clear_error();
	return out;
}

/* ---- certificates ---- */

/* As it is written where it cannot be a time. */
static const char *time_text(const ASN1_TIME *t, struct arena *a)
{
	struct tm tm;
	if (t && ASN1_TIME_to_tm(t, &tm) == 1)
		return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
				    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	struct text raw = { 0 };
	if (t)
		text_escape(&raw, span_part(span_of(ASN1_STRING_get0_data(t),
						    (size_t)ASN1_STRING_length(t)), 0, 32));
	const char *out = arena_text(a, span_of(raw.p, raw.n));
	text_done(&raw);
	return out;
}

static const char *serial_text(const ASN1_INTEGER *serial, struct arena *a)
{
	struct span s = span_of(ASN1_STRING_get0_data(serial),
				(size_t)ASN1_STRING_length(serial));
	struct text t = { 0 };
	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		text_char(&t, '-');
	text_hex_span(&t, span_part(s, 0, SERIAL_MAX));
	if (s.n > SERIAL_MAX)
		text_add(&t, "...");
	const char *out = arena_text(a, span_of(t.p, t.n));
	text_done(&t);
	return out;
}

/* SHA-1 of the whole SubjectPublicKeyInfo, tag and length included. */
static bool spki_sha1(struct crypto *c, X509 *x, struct arena *a, struct span *out)
{
	struct err e = { 0 };
	uint8_t *der = NULL, hash[64];
	size_t size = 0;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	bool ok = n > 0;
	if (ok) {
		struct span part = span_of(der, (size_t)n);
		ok = crypto_digest(c, "SHA1", &part, 1, hash, &size, &e);
	}
	*out = ok ? arena_copy(a, span_of(hash, size)) : (struct span){ NULL, 0 };
	OPENSSL_free(der);
	return ok;
}

bool cert_read(struct crypto *c, struct span der, struct arena *a, struct cert *out)
{
	const uint8_t *p = der.p;
	*out = (struct cert){ 0 };
	if (!readable(der))
		return false;
	X509 *x = X509_new_ex(c->library, NULL);
	bool ok = x && d2i_X509(&x, &p, (long)der.n) && whole(der, p);
	if (ok) {
		out->subject = name_text(X509_get_subject_name(x), a);
		out->issuer = name_text(X509_get_issuer_name(x), a);
		out->serial = serial_text(X509_get0_serialNumber(x), a);
		out->key = key_text(X509_get_X509_PUBKEY(x), a);
		out->signature = algorithm_text(X509_get0_tbs_sigalg(x), a);
		out->not_before = time_text(X509_get0_notBefore(x), a);
		out->not_after = time_text(X509_get0_notAfter(x), a);
		ok = spki_sha1(c, x, a, &out->spki_sha1);
	}
	X509_free(x);
	ERR_clear_error();
	return ok;
}
