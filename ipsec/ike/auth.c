/* SPDX-License-Identifier: BSD-2-Clause
 * The AUTH payload verified: shared keys (RFC 7296, 2.15), signatures with the
 * certificate or raw public key that the peer sent (RFC 7296, 3.8; RFC 4754,
 * 7427, 7670, 8420), NULL (RFC 7619). Whether a certificate may be trusted, and
 * whether it is for this identity, is not asked. */
#include "ipsec/ike/auth.h"

#include "ipsec/base/text.h"
#include "ipsec/crypto/cert.h"
#include "ipsec/crypto/prf.h"
#include "ipsec/crypto/sign.h"
#include "ipsec/ike/payload.h"

enum { METHOD_RSA = 1, METHOD_SHARED_KEY = 2, METHOD_DSS = 3, METHOD_ECDSA_256 = 9,
       METHOD_ECDSA_521 = 11, METHOD_PASSWORD = 12, METHOD_NULL = 13, METHOD_DIGITAL = 14 };
enum { CERT_ENCODING = PAYLOAD_BODY, CERT_DATA };
enum { CERT_X509 = 4, CERT_HASH_URL = 12, CERT_HASH_URL_BUNDLE = 13, CERT_RAW_KEY = 15 };
enum { SIGNATURE_ALGORITHM = 1, SIGNATURE = 2 };	/* RFC 7427, 3 */
enum { HEADER_SIZE = 4, NODE_MAX = 64 * 1024 };

static const char key_pad[] = "Key Pad for IKEv2";	/* RFC 7296, 2.15 */

/* ---- what is signed ---- */

/* A payload's octets behind its generic header. */
static struct span body_of(const struct node *n, struct arena *a)
{
	size_t size = node_size(n);
	if (size < HEADER_SIZE || size > NODE_MAX)
		return span_of(NULL, 0);
	uint8_t *p = arena_raw(a, size);
	struct writer w = writer_of(p, size);
	node_encode(n, 0, false, &w);
	return span_from(writer_span(&w), HEADER_SIZE);
}

/* message | nonce | prf(SK_p, ID) (| IntAuth): RFC 7296, 2.15; RFC 9242, 3.3.1. */
static bool signed_octets(const struct auth_job *j, struct arena *a, struct span *out,
			  struct err *e)
{
	uint8_t mac[PRF_OUTPUT_MAX];
	struct span id = body_of(j->id, a);
	if (!prf_run(j->crypto, j->prf, j->sk_p, &id, 1, mac, e))
		return false;
	size_t n = j->message.n + j->nonce.n + j->prf->output + j->intermediate.n;
	struct writer w = writer_of(arena_raw(a, n + 1), n);
	write_span(&w, j->message);
	write_span(&w, j->nonce);
	write_octets(&w, mac, j->prf->output);
	write_span(&w, j->intermediate);
	*out = writer_span(&w);
	return !w.bad || err_set(e, "the signed octets are too many");
}

/* ---- shared keys ---- */

/* prf(prf(secret, pad), octets), compared with what the payload has. */
static bool shared_fits(const struct auth_job *j, struct span secret, struct span octets,
			struct err *e)
{
	uint8_t key[PRF_OUTPUT_MAX], mac[PRF_OUTPUT_MAX];
	struct span pad = span_text(key_pad), found = node_bytes(j->auth, ID_DATA);
	bool ok = prf_run(j->crypto, j->prf, secret, &pad, 1, key, e) &&
		  prf_run(j->crypto, j->prf, span_of(key, j->prf->output), &octets, 1, mac, e) &&
		  crypto_equal(found, span_of(mac, j->prf->output));
	crypto_cleanse(key, sizeof key);
	return ok;
}

/* An identity as key files write it; NULL if it has no such form. */
static const char *id_text(const struct node *id, struct arena *a)
{
	const struct node *data = id ? node_kid(id, ID_DATA) : NULL;
	struct span s = data ? node_bytes(data, 0) : span_of(NULL, 0);
	struct text t = { 0 };
	if (!data || !s.n)
		return NULL;
	if (data->desc == &ike_dn_desc)
		return cert_name(s, a);
	if (data->desc == &ike_ipv4_desc && s.n == 4)
		text_ipv4(&t, s.p);
	else if (data->desc == &ike_ipv6_desc && s.n == 16)
		text_ipv6(&t, s.p);
	else
		text_add_octets(&t, s.p, s.n);
	const char *out = arena_text(a, span_of(t.p, t.n));
	text_done(&t);
	return out;
}

/* Does one of the words (or all of them) name the identity? pluto puts an @
 * before names. */
static bool names(struct span words, const char *id)
{
	if (!id)
		return false;
	if (span_is_word(words, id))
		return true;
	while (words.n) {
		size_t n = 0;
		while (n < words.n && words.p[n] != ' ' && words.p[n] != ',')
			n++;
		struct span word = span_part(words, 0, n);
		if (word.n && word.p[0] == '@')
			word = span_from(word, 1);
		if (word.n && span_is_word(word, id))
			return true;
		words = span_from(words, n + 1);
	}
	return false;
}

/* PSKs as far as they were tried. */
struct tried {
	unsigned all, anonymous;	/* anonymous: without an ID */
	const struct ike_secret *good;
	struct err e;
};

/* Tries the PSKs whose ID is one of the two, or (NULL, NULL) all of them. */
static void try_psks(const struct auth_job *j, struct span octets, const char *const ids[2],
		     struct tried *t)
{
	bool any = !ids[0] && !ids[1];
	const struct ike_secret *s = j->secrets ? j->secrets->of_kind[SECRET_PSK] : NULL;
	for (; s; s = s->kind_next) {
		if (!any && !names(s->id, ids[0]) && !names(s->id, ids[1]))
			continue;
		if (t->all == IKE_AUTH_PSKS_MAX || t->e.set)
			return;
		t->all++;
		t->anonymous += !s->id.n || span_is_word(s->id, "%any");
		if (shared_fits(j, s->secret, octets, &t->e)) {
			t->good = s;
			return;
		}
	}
}

static enum auth_verdict psk_bad(const struct tried *t, bool by_id, const char *id,
				 const char **why, struct arena *a)
{
	if (t->e.set) {
		*why = arena_printf(a, "cannot be computed: %s", t->e.text);
		return AUTH_UNCHECKED;
	}
	if (!t->all) {
		*why = "no PSK was given";
		return AUTH_UNCHECKED;
	}
	if (!by_id && !t->anonymous) {	/* theirs is none of ours to judge */
		*why = arena_printf(a, "no PSK was given for %s, and none of the others (%u) fits",
				    id ? id : "this peer", t->all);
		return AUTH_UNCHECKED;
	}
	if (t->all == 1)
		*why = by_id ? "not the PSK that was given for this peer" : "not the PSK that was given";
	else
		*why = arena_printf(a, "none of the %u PSKs given%s", t->all,
				    by_id ? " for this peer" : "");
	return AUTH_BAD;
}

static enum auth_verdict verify_psk(const struct auth_job *j, struct span octets,
				    const char **why, struct arena *a)
{
	const char *const ids[2] = { id_text(j->id, a), id_text(j->other_id, a) };
	const char *const none[2] = { NULL, NULL };
	struct tried t = { 0 };
	bool by_id = ids[0] || ids[1];
	if (by_id)
		try_psks(j, octets, ids, &t);
	if (!t.all) {
		by_id = false;
		try_psks(j, octets, none, &t);
	}
	if (!t.good)
		return psk_bad(&t, by_id, ids[0], why, a);
	*why = arena_printf(a, "the PSK of %s", origin_text(&t.good->origin, a));
	return AUTH_GOOD;
}

/* SK_p is the shared key of NULL authentication (RFC 7619, 2.1). */
static enum auth_verdict verify_null(const struct auth_job *j, struct span octets,
				     const char **why, struct arena *a)
{
	struct err e = { 0 };
	bool good = shared_fits(j, j->sk_p, octets, &e);
	*why = good ? "SK_p: nobody was authenticated" : "not what SK_p gives";
	if (e.set)
		*why = arena_printf(a, "cannot be computed: %s", e.text);
	return good ? AUTH_GOOD : e.set ? AUTH_UNCHECKED : AUTH_BAD;
}

/* After EAP the key is the method's MSK, or SK_p if it makes none (RFC 7296, 2.16).
 * A log may have the MSK among the PSKs. */
static enum auth_verdict verify_eap(const struct auth_job *j, struct span octets,
				    const char **why, struct arena *a)
{
	const char *const none[2] = { NULL, NULL };
	struct tried t = { 0 };
	if (shared_fits(j, j->sk_p, octets, &t.e)) {
		*why = "SK_p, as the EAP method makes no key";
		return AUTH_GOOD;
	}
	try_psks(j, octets, none, &t);
	if (t.good) {
		*why = arena_printf(a, "the key of %s", origin_text(&t.good->origin, a));
		return AUTH_GOOD;
	}
	*why = "the key is the EAP method's MSK, which is not known";
	if (t.e.set)
		*why = arena_printf(a, "cannot be computed: %s", t.e.text);
	return AUTH_UNCHECKED;
}

/* ---- signatures ---- */

struct signer {
	struct sign_key *key;
	const char *name;	/* "CN=moon, EC P-256" */
};

static const char *cert_missing(const struct node *cert, struct arena *a)
{
	unsigned encoding = (unsigned)node_uint(cert, CERT_ENCODING, 0);
	if (encoding == CERT_HASH_URL || encoding == CERT_HASH_URL_BUNDLE)
		return "the certificate is named by an URL, it is not in the capture";
	return arena_printf(a, "a certificate of encoding %u is not read", encoding);
}

/* False with the reason in *why. */
static bool signer_find(const struct auth_job *j, struct signer *out, const char **why,
			struct arena *a)
{
	struct err e = { 0 };
	struct cert cert;
	*out = (struct signer){ NULL, NULL };
	*why = "no certificate in the capture";
	if (!j->cert)
		return false;
	struct span der = node_bytes(j->cert, CERT_DATA);
	uint64_t encoding = node_uint(j->cert, CERT_ENCODING, 0);
	if (encoding == CERT_X509 && cert_read(j->crypto, der, a, &cert)) {
		out->key = sign_key_of_cert(j->crypto, der, &e);
		out->name = arena_printf(a, "%s, %s", *cert.subject ? cert.subject : "(no name)",
					 cert.key);
	} else if (encoding == CERT_RAW_KEY) {
		const char *kind = cert_public_key(der, a);
		out->key = sign_key_of_spki(j->crypto, der, &e);
		out->name = arena_printf(a, "a raw public key, %s", kind ? kind : "?");
	} else if (encoding == CERT_X509) {
		*why = "the certificate cannot be read";
		return false;
	} else {
		*why = cert_missing(j->cert, a);
		return false;
	}
	if (!out->key)
		*why = arena_printf(a, "the key of %s cannot be read: %s", out->name, e.text);
	return out->key != NULL;
}

/* The algorithms to try: one, or with method 1 one for each hash. */
static bool algorithm_at(const struct auth_job *j, unsigned method, size_t i,
			 struct sign_algorithm *out)
{
	const struct node *data = node_kid(j->auth, ID_DATA);
	if (method != METHOD_DIGITAL)
		return sign_algorithm_of_method(method, i, out);
	return !i && data && sign_algorithm_read(node_bytes(data, SIGNATURE_ALGORITHM), out);
}

/* With each algorithm that it may be made with. What one of them leaves open, the
 * others cannot decide; the first error of the verdict's kind is kept. */
static enum sign_verdict verify_each(const struct auth_job *j, const struct signer *signer,
				     struct span octets, struct span signature, struct err *e)
{
	unsigned method = (unsigned)node_uint(j->auth, ID_TYPE, 0);
	struct sign_algorithm s;
	enum sign_verdict all = SIGN_BAD;
	for (size_t i = 0; algorithm_at(j, method, i, &s); i++) {
		struct err one = { 0 };
		enum sign_verdict v = sign_verify(j->crypto, &s, signer->key, octets, signature, &one);
		if (v == SIGN_GOOD)
			return v;
		if (v <= all)
			continue;
		all = v;
		*e = one;
	}
	return all;
}

static enum auth_verdict verify_with(const struct auth_job *j, const struct signer *signer,
				     struct span octets, const char **why, struct arena *a)
{
	unsigned method = (unsigned)node_uint(j->auth, ID_TYPE, 0);
	struct span signature = node_bytes(j->auth, ID_DATA);
	struct sign_algorithm s;
	struct err e = { 0 };
	if (method == METHOD_DIGITAL && node_kid(j->auth, ID_DATA))
		signature = node_bytes(node_kid(j->auth, ID_DATA), SIGNATURE);
	if (!algorithm_at(j, method, 0, &s)) {
		*why = "the signature's algorithm is not known";
		return AUTH_UNCHECKED;
	}
	enum sign_verdict v = verify_each(j, signer, octets, signature, &e);
	if (v == SIGN_UNSUITED || v == SIGN_UNCHECKED) {
		*why = arena_printf(a, "%s: %s", signer->name, e.text);
		/* no key of another kind or curve makes such a signature */
		return v == SIGN_UNSUITED ? AUTH_BAD : AUTH_UNCHECKED;
	}
	*why = arena_printf(a, v == SIGN_GOOD ? "the signature of %s" : "not a signature of %s",
			    signer->name);
	return v == SIGN_GOOD ? AUTH_GOOD : AUTH_BAD;
}

static enum auth_verdict verify_signature(const struct auth_job *j, struct span octets,
					  const char **why, struct arena *a)
{
	struct signer signer;
	if (!signer_find(j, &signer, why, a))
		return AUTH_UNCHECKED;
	enum auth_verdict v = verify_with(j, &signer, octets, why, a);
	sign_key_free(signer.key);
	return v;
}

/* ---- all methods ---- */

enum auth_verdict ike_auth_verify(const struct auth_job *job, const char **why, struct arena *a)
{
	struct err e = { 0 };
	struct span octets;
	unsigned method = job->auth ? (unsigned)node_uint(job->auth, ID_TYPE, 0) : 0;
	if (!job->auth || !job->id || !job->prf || !job->sk_p.n || !job->message.n) {
		*why = "what it signs is not all known";
		return AUTH_UNCHECKED;
	}
	if (!signed_octets(job, a, &octets, &e)) {
		*why = arena_printf(a, "cannot be computed: %s", e.text);
		return AUTH_UNCHECKED;
	}
	switch (method) {
	case METHOD_SHARED_KEY:
		return job->eap ? verify_eap(job, octets, why, a) : verify_psk(job, octets, why, a);
	case METHOD_NULL:
		return verify_null(job, octets, why, a);
	case METHOD_RSA:
	case METHOD_ECDSA_256:
	case METHOD_ECDSA_256 + 1:
	case METHOD_ECDSA_521:
	case METHOD_DIGITAL:
		return verify_signature(job, octets, why, a);
	default:
		*why = arena_printf(a, "%s is not verified here", ike_auth_text(job->auth, a));
		return AUTH_UNCHECKED;
	}
}

static const char *digital_text(const struct node *data, struct arena *a)
{
	struct sign_algorithm s;
	struct span der = data ? node_bytes(data, SIGNATURE_ALGORITHM) : span_of(NULL, 0);
	if (sign_algorithm_read(der, &s))
		return arena_printf(a, "digital signature, %s", sign_algorithm_text(&s, a));
	const char *name = der.n ? cert_algorithm(der, a) : NULL;
	return arena_printf(a, "digital signature, %s", name ? name : "unknown algorithm");
}

const char *ike_auth_text(const struct node *auth, struct arena *a)
{
	static const struct { uint8_t method; const char *text; } texts[] = {
		{ METHOD_RSA, "RSA" }, { METHOD_SHARED_KEY, "PSK" }, { METHOD_DSS, "DSS" },
		{ METHOD_ECDSA_256, "ECDSA-256" }, { METHOD_ECDSA_256 + 1, "ECDSA-384" },
		{ METHOD_ECDSA_521, "ECDSA-521" }, { METHOD_PASSWORD, "secure password" },
		{ METHOD_NULL, "NULL" },
	};
	unsigned method = (unsigned)node_uint(auth, ID_TYPE, 0);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].method == method)
			return texts[i].text;
	if (method == METHOD_DIGITAL)
		return digital_text(node_kid(auth, ID_DATA), a);
	return arena_printf(a, "method %u", method);
}
