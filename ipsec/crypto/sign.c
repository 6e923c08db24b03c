/* SPDX-License-Identifier: BSD-2-Clause
 * The table of signature algorithms and their verification through OpenSSL.
 * RFC 7296, 3.8; RFC 4754; RFC 7427, 3 and appendix A; RFC 8420. Keys and
 * signatures come from strangers: sizes are limited, curves are named ones. */
#include "ipsec/crypto/sign.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ipsec/crypto/openssl.h"

enum {
	DER_MAX = 64 * 1024,
	RSA_BITS_MAX = 8192, EXPONENT_BITS_MAX = 64,
	OID_MAX = 80,
	SIGNATURE_MAX = 2048,
};

/* Methods 1 and 9 to 11 are rows of RFC 7296, 3.8, and RFC 4754, 3. Method 1 says
 * no hash: the signature itself holds it, so there is a row for each. */
const struct sign sign_rows[] = {
	{ "RSASSA-PKCS1 SHA1", NULL, 1, SIGN_KIND_RSA, "SHA1", "RSA", NULL, 0 },
	{ "RSASSA-PKCS1 SHA2-256", NULL, 1, SIGN_KIND_RSA, "SHA2-256", "RSA", NULL, 0 },
	{ "RSASSA-PKCS1 SHA2-384", NULL, 1, SIGN_KIND_RSA, "SHA2-384", "RSA", NULL, 0 },
	{ "RSASSA-PKCS1 SHA2-512", NULL, 1, SIGN_KIND_RSA, "SHA2-512", "RSA", NULL, 0 },
	{ "ECDSA-256", NULL, 9, SIGN_KIND_ECDSA, "SHA2-256", "EC", "P-256", 32 },
	{ "ECDSA-384", NULL, 10, SIGN_KIND_ECDSA, "SHA2-384", "EC", "P-384", 48 },
	{ "ECDSA-521", NULL, 11, SIGN_KIND_ECDSA, "SHA2-512", "EC", "P-521", 66 },
	/* RFC 7427, appendix A */
	{ "RSASSA-PKCS1 SHA1", "1.2.840.113549.1.1.5", 14, SIGN_KIND_RSA, "SHA1", "RSA", NULL, 0 },
	{ "RSASSA-PKCS1 SHA2-256", "1.2.840.113549.1.1.11", 14, SIGN_KIND_RSA, "SHA2-256", "RSA",
	  NULL, 0 },
	{ "RSASSA-PKCS1 SHA2-384", "1.2.840.113549.1.1.12", 14, SIGN_KIND_RSA, "SHA2-384", "RSA",
	  NULL, 0 },
	{ "RSASSA-PKCS1 SHA2-512", "1.2.840.113549.1.1.13", 14, SIGN_KIND_RSA, "SHA2-512", "RSA",
	  NULL, 0 },
	{ "RSASSA-PSS", "1.2.840.113549.1.1.10", 14, SIGN_KIND_PSS, NULL, "RSA", NULL, 0 },
	{ "ECDSA SHA1", "1.2.840.10045.4.1", 14, SIGN_KIND_ECDSA, "SHA1", "EC", NULL, 0 },
	{ "ECDSA SHA2-256", "1.2.840.10045.4.3.2", 14, SIGN_KIND_ECDSA, "SHA2-256", "EC", NULL, 0 },
	{ "ECDSA SHA2-384", "1.2.840.10045.4.3.3", 14, SIGN_KIND_ECDSA, "SHA2-384", "EC", NULL, 0 },
	{ "ECDSA SHA2-512", "1.2.840.10045.4.3.4", 14, SIGN_KIND_ECDSA, "SHA2-512", "EC", NULL, 0 },
	/* RFC 8420; RFC 8410, 3 */
	{ "Ed25519", "1.3.101.112", 14, SIGN_KIND_EDDSA, NULL, "ED25519", NULL, 0 },
	{ "Ed448", "1.3.101.113", 14, SIGN_KIND_EDDSA, NULL, "ED448", NULL, 0 },
};
const size_t sign_count = sizeof sign_rows / sizeof *sign_rows;

/* ---- algorithms ---- */

static bool is_oid(const ASN1_OBJECT *o, const char *dotted)
{
	char text[OID_MAX];
	int n = o ? OBJ_obj2txt(text, sizeof text, o, 1) : 0;
	return n > 0 && n < (int)sizeof text && strcmp(text, dotted) == 0;
}

/* Hashes of RSASSA-PSS: RFC 4055, 2.1. */
static const char *digest_of(const X509_ALGOR *hash)
{
	static const struct { const char *oid, *name; } rows[] = {
		{ "1.3.14.3.2.26", "SHA1" }, { "2.16.840.1.101.3.4.2.1", "SHA2-256" },
		{ "2.16.840.1.101.3.4.2.2", "SHA2-384" }, { "2.16.840.1.101.3.4.2.3", "SHA2-512" },
	};
	const ASN1_OBJECT *o;
	if (!hash)
		return "SHA1";	/* the default of RFC 4055, 3.1 */
	X509_ALGOR_get0(&o, NULL, NULL, hash);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (is_oid(o, rows[i].oid))
			return rows[i].name;
	return NULL;
}

/* The hash inside the mask generation function's parameters. */
static const char *mgf_digest_of(const X509_ALGOR *mgf)
{
	const ASN1_OBJECT *o;
	const void *value;
	int type;
	if (!mgf)
		return "SHA1";
	X509_ALGOR_get0(&o, &type, &value, mgf);
	if (!is_oid(o, "1.2.840.113549.1.1.8") || type != V_ASN1_SEQUENCE)
		return NULL;
	const ASN1_STRING *sequence = value;
	const uint8_t *p = ASN1_STRING_get0_data(sequence);
	X509_ALGOR *hash = d2i_X509_ALGOR(NULL, &p, ASN1_STRING_length(sequence));
	const char *name = hash ? digest_of(hash) : NULL;
	X509_ALGOR_free(hash);
	return name;
}

static bool read_pss(const X509_ALGOR *algorithm, struct sign_algorithm *out)
{
	const void *value;
	int type;
	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE)
		return false;
	const ASN1_STRING *sequence = value;
	const uint8_t *p = ASN1_STRING_get0_data(sequence);
	RSA_PSS_PARAMS *pss = d2i_RSA_PSS_PARAMS(NULL, &p, ASN1_STRING_length(sequence));
	if (!pss)
		return false;
	int64_t salt = 20;
	bool ok = !pss->saltLength || ASN1_INTEGER_get_int64(&salt, pss->saltLength) == 1;
	out->digest = digest_of(pss->hashAlgorithm);
	out->mgf_digest = mgf_digest_of(pss->maskGenAlgorithm);
	out->salt = (unsigned)salt;
	RSA_PSS_PARAMS_free(pss);
	return ok && out->digest && out->mgf_digest && salt >= 0 && salt <= SIGNATURE_MAX;
}

static bool read_algorithm(const X509_ALGOR *algorithm, struct sign_algorithm *out)
{
	const ASN1_OBJECT *o;
	X509_ALGOR_get0(&o, NULL, NULL, algorithm);
	for (size_t i = 0; i < sign_count; i++) {
		const struct sign *row = &sign_rows[i];
		if (!row->oid || !is_oid(o, row->oid))
			continue;
		*out = (struct sign_algorithm){ .row = row, .digest = row->digest };
		return row->kind != SIGN_KIND_PSS || read_pss(algorithm, out);
	}
	return false;
}

bool sign_algorithm_read(struct span der, struct sign_algorithm *out)
{
	const uint8_t *p = der.p;
	X509_ALGOR *algorithm = NULL;
	if (der.n && der.n <= DER_MAX)
		algorithm = d2i_X509_ALGOR(NULL, &p, (long)der.n);
	bool ok = algorithm && p == der.p + der.n && read_algorithm(algorithm, out);
	if (!ok)
		*out = (struct sign_algorithm){ 0 };
	X509_ALGOR_free(algorithm);
	ERR_clear_error();
	return ok;
}

const char *sign_algorithm_text(const struct sign_algorithm *s, struct arena *a)
{
	if (s->row->kind != SIGN_KIND_PSS)
		return s->row->name;
	if (strcmp(s->digest, s->mgf_digest) == 0)
		return arena_printf(a, "%s %s salt %u", s->row->name, s->digest, s->salt);
	return arena_printf(a, "%s %s, MGF1 %s, salt %u", s->row->name, s->digest, s->mgf_digest,
			    s->salt);
}

bool sign_algorithm_of_method(unsigned method, size_t index, struct sign_algorithm *out)
{
	for (size_t i = 0; i < sign_count; i++)
		if (!sign_rows[i].oid && sign_rows[i].method == method && !index--) {
			*out = (struct sign_algorithm){ .row = &sign_rows[i],
							.digest = sign_rows[i].digest };
			return true;
		}
	return false;
}

/* ---- keys ---- */

struct sign_key {
	EVP_PKEY *pkey;
};

static struct sign_key *key_new(EVP_PKEY *pkey, struct err *e)
{
	if (!pkey) {
		crypto_failed(e, "the public key");
		return NULL;
	}
	struct sign_key *k = OPENSSL_malloc(sizeof *k);
	if (!k)
		abort();	/* as arena.h: out of memory ends the program */
	k->pkey = pkey;
	return k;
}

static bool readable(struct span der, struct err *e)
{
	if (der.n && der.n <= DER_MAX)
		return true;
	return err_set(e, "%zu octets, needs 1 to %d", der.n, (int)DER_MAX);
}

struct sign_key *sign_key_of_cert(struct crypto *c, struct span der, struct err *e)
{
	const uint8_t *p = der.p;
	struct sign_key *k = NULL;
	if (!readable(der, e))
		return NULL;
	X509 *x = X509_new_ex(c->library, NULL);
	if (!x || !d2i_X509(&x, &p, (long)der.n)) {
		crypto_failed(e, "the certificate");
	} else if (p != der.p + der.n) {
		err_set(e, "the certificate has %zu octets, but %zu are there",
			(size_t)(p - der.p), der.n);
	} else {
		k = key_new(X509_get_pubkey(x), e);
	}
	X509_free(x);
	ERR_clear_error();
	return k;
}

struct sign_key *sign_key_of_spki(struct crypto *c, struct span der, struct err *e)
{
	const uint8_t *p = der.p;
	if (!readable(der, e))
		return NULL;
	struct sign_key *k = key_new(d2i_PUBKEY_ex(NULL, &p, (long)der.n, c->library, NULL), e);
	if (k && p != der.p + der.n) {
		err_set(e, "the public key has %zu octets, but %zu are there", (size_t)(p - der.p),
			der.n);
		sign_key_free(k);
		k = NULL;
	}
	ERR_clear_error();
	return k;
}

void sign_key_free(struct sign_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	OPENSSL_free(k);
}

/* ---- verification ---- */

/* Numbers of a size that costs time have no place in a certificate. */
static bool rsa_fits(const EVP_PKEY *k, struct err *e)
{
	BIGNUM *exponent = NULL;
	int bits = EVP_PKEY_get_bits(k);
	bool got = EVP_PKEY_get_bn_param(k, "e", &exponent) == 1;
	int exponent_bits = got ? BN_num_bits(exponent) : 0;
	BN_free(exponent);
	if (bits > RSA_BITS_MAX)
		return err_set(e, "an RSA key of %d bits, at most %d", bits, (int)RSA_BITS_MAX);
	if (!got || exponent_bits > EXPONENT_BITS_MAX)
		return err_set(e, "an RSA exponent of %d bits, at most %d", exponent_bits,
			       (int)EXPONENT_BITS_MAX);
	return true;
}

/* A named curve of those that are in use; explicit parameters are not read. */
static enum sign_verdict curve_fits(const EVP_PKEY *k, const char *wanted, struct err *e)
{
	char group[64] = "";
	if (EVP_PKEY_get_group_name(k, group, sizeof group, NULL) != 1) {
		err_set(e, "an EC key without a named curve");
		return SIGN_UNCHECKED;
	}
	int nid = OBJ_txt2nid(group);
	const char *nist = nid == NID_undef ? NULL : EC_curve_nid2nist(nid);
	if (!wanted || (nist && strcmp(nist, wanted) == 0))
		return SIGN_GOOD;
	err_set(e, "the method needs the curve %s, the key has %s", wanted, nist ? nist : group);
	return SIGN_UNSUITED;
}

/* SIGN_GOOD: it may have made such a signature. */
static enum sign_verdict key_fits(const struct sign *row, const EVP_PKEY *k, struct err *e)
{
	const char *type = EVP_PKEY_get0_type_name(k);
	bool pss = row->kind == SIGN_KIND_PSS && EVP_PKEY_is_a(k, "RSA-PSS");
	if (!EVP_PKEY_is_a(k, row->key) && !pss) {
		err_set(e, "%s needs a key of kind %s, this one is %s", row->name, row->key,
			type ? type : "unknown");
		return SIGN_UNSUITED;
	}
	if (row->kind == SIGN_KIND_RSA || row->kind == SIGN_KIND_PSS)
		return rsa_fits(k, e) ? SIGN_GOOD : SIGN_UNCHECKED;
	return row->kind == SIGN_KIND_ECDSA ? curve_fits(k, row->curve, e) : SIGN_GOOD;
}

/* r | s (RFC 4754, 3) as DER, which OpenSSL wants; NULL if it is not that long. */
static uint8_t *der_of_halves(struct span s, size_t half, int *n)
{
	uint8_t *der = NULL;
	ECDSA_SIG *sig = s.n == 2 * half ? ECDSA_SIG_new() : NULL;
	BIGNUM *r = sig ? BN_bin2bn(s.p, (int)half, NULL) : NULL;
	BIGNUM *t = sig ? BN_bin2bn(s.p + half, (int)half, NULL) : NULL;
	if (r && t && ECDSA_SIG_set0(sig, r, t) == 1) {
		*n = i2d_ECDSA_SIG(sig, &der);
	} else {
		BN_free(r);
		BN_free(t);
	}
	ECDSA_SIG_free(sig);
	return der;
}

static bool set_pss(EVP_PKEY_CTX *x, const struct sign_algorithm *s)
{
	return EVP_PKEY_CTX_set_rsa_padding(x, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(x, (int)s->salt) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md_name(x, s->mgf_digest, NULL) == 1;
}

static enum sign_verdict verify(struct crypto *c, const struct sign_algorithm *s, EVP_PKEY *key,
				struct span message, struct span signature)
{
	EVP_PKEY_CTX *x = NULL;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	enum sign_verdict v = SIGN_UNCHECKED;	/* a policy may forbid it: SHA-1, FIPS */
	if (md && EVP_DigestVerifyInit_ex(md, &x, s->digest, c->library, NULL, key, NULL) == 1 &&
	    (s->row->kind != SIGN_KIND_PSS || set_pss(x, s)))
		v = EVP_DigestVerify(md, signature.p, signature.n, message.p, message.n) == 1 ?
			    SIGN_GOOD : SIGN_BAD;
	EVP_MD_CTX_free(md);
	return v;
}

enum sign_verdict sign_verify(struct crypto *c, const struct sign_algorithm *s,
			      const struct sign_key *k, struct span message,
			      struct span signature, struct err *e)
{
	uint8_t *der = NULL;
	int n = 0;
	enum sign_verdict v = key_fits(s->row, k->pkey, e);
	if (v != SIGN_GOOD)
		return v;
	if (!signature.n || signature.n > SIGNATURE_MAX)
		return SIGN_BAD;
	if (s->row->half) {
		der = der_of_halves(signature, s->row->half, &n);
		if (!der || n <= 0)
			return SIGN_BAD;
		signature = span_of(der, (size_t)n);
	}
	v = verify(c, s, k->pkey, message, signature);
	OPENSSL_free(der);
	if (v == SIGN_UNCHECKED)
		crypto_failed(e, s->row->name);
	ERR_clear_error();
	return v;
}

enum sign_verdict sign_verify_bare(const struct sign_key *k, struct span octets,
				   struct span signature, struct err *e)
{
	if (!EVP_PKEY_is_a(k->pkey, "RSA")) {
		err_set(e, "the key is not an RSA key");
		return SIGN_UNSUITED;
	}
	if (!rsa_fits(k->pkey, e))
		return SIGN_UNCHECKED;
	if (!signature.n || signature.n > SIGNATURE_MAX)
		return SIGN_BAD;
	enum sign_verdict v = SIGN_UNCHECKED;
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	if (x && EVP_PKEY_verify_init(x) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(x, RSA_PKCS1_PADDING) == 1)
		v = EVP_PKEY_verify(x, signature.p, signature.n, octets.p, octets.n) == 1 ?
			    SIGN_GOOD : SIGN_BAD;
	EVP_PKEY_CTX_free(x);
	if (v == SIGN_UNCHECKED)
		crypto_failed(e, "PKCS #1");
	ERR_clear_error();
	return v;
}
