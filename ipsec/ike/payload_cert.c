/* SPDX-License-Identifier: BSD-2-Clause
 * Certificates and what is asked of them: CERT and CERTREQ. RFC 7296, 3.6 and
 * 3.7; raw public keys of RFC 7670. Nothing is verified or fetched here. */
#include "ipsec/crypto/cert.h"
#include "ipsec/ike/payload.h"

enum { CERT_ENCODING = PAYLOAD_BODY, CERT_DATA };
enum { ENCODING_X509 = 4, ENCODING_ATTRIBUTE = 10, ENCODING_HASH_URL = 12,
       ENCODING_HASH_URL_BUNDLE = 13, ENCODING_RAW_KEY = 15 };

/* RFC 7296, 3.6: SHA-1 of the certificate, then a URL for the rest. */
static const struct field hash_url_fields[] = {
	{ .name = "hash", .kind = FIELD_BYTES, .octets = 20 },
	{ .name = "url", .kind = FIELD_REST, .show = SHOW_TEXT },
};
static const struct desc hash_url_desc = {
	.name = "hash_url", .rfc = "RFC 7296, 3.6", DESC_FIELDS(hash_url_fields),
};
static const struct choice cert_data[] = {
	{ ENCODING_HASH_URL, &hash_url_desc }, { ENCODING_HASH_URL_BUNDLE, &hash_url_desc },
	{ 0, NULL },
};

struct fact *ike_cert_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	struct fact *list = NULL;
	struct span data = node_bytes(n, CERT_DATA);
	uint64_t encoding = node_uint(n, CERT_ENCODING, 0);
	struct cert cert;
	if (encoding == ENCODING_RAW_KEY)
		fact_add(&list, "key", cert_public_key(data, a), a);
	if (encoding != ENCODING_X509 || !cert_read(c, data, a, &cert))
		return list;
	fact_add(&list, "not_after", cert.not_after, a);
	fact_add(&list, "not_before", cert.not_before, a);
	fact_add(&list, "signature", cert.signature, a);
	fact_add(&list, "key", cert.key, a);
	fact_add(&list, "serial", cert.serial, a);
	fact_add(&list, "issuer", cert.issuer, a);
	fact_add(&list, "subject", cert.subject, a);
	return list;
}

/* +---------------+-----------------------------------------------+
 * | Cert Encoding |           Certificate Data                    |
 * +---------------+-----------------------------------------------+ */
static const struct field cert_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "encoding", .bits = 8, .names = &reg_cert_encodings },
	{ .name = "data", .kind = FIELD_CHOICE, .ref = CERT_ENCODING, .choices = cert_data },
};
const struct desc ike_cert_desc = {
	.name = "CERT", .title = "Certificate", .rfc = "RFC 7296, 3.6",
	DESC_FIELDS(cert_fields), .facts = ike_cert_facts,
};

/* ---- CERTREQ ---- */

static const struct field authority_fields[] = {
	{ .name = "sha1", .kind = FIELD_BYTES, .octets = 20, .style = STYLE_POSITIONAL },
};
static const struct desc authority_desc = {
	.name = "authority", .rfc = "RFC 7296, 3.7", DESC_FIELDS(authority_fields),
};
static const struct field authorities_fields[] = {
	{ .name = "authorities", .kind = FIELD_LIST, .elem = &authority_desc,
	  .style = STYLE_POSITIONAL },
};
static const struct desc authorities_desc = {
	.name = "authorities", .rfc = "RFC 7296, 3.7", DESC_FIELDS(authorities_fields),
};
static const struct choice certreq_data[] = {
	{ ENCODING_X509, &authorities_desc }, { ENCODING_HASH_URL, &authorities_desc },
	{ ENCODING_HASH_URL_BUNDLE, &authorities_desc }, { 0, NULL },
};

static void certreq_check(const struct node *n, struct findings *fs)
{
	size_t size = node_bytes(n, CERT_DATA).n;
	uint64_t encoding = node_uint(n, CERT_ENCODING, 0);
	if (encoding == ENCODING_RAW_KEY && size)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7670-3-01", n->v[CERT_DATA].offset,
			    "a request for raw public keys with %zu octets of authorities", size);
	else if (size)	/* not read as hashes: another encoding */
		finding_add(fs, SEVERITY_DEVIATION, "RFC7296-3.7-04", n->v[CERT_DATA].offset,
			    "%zu octets of authorities with certificate encoding %u", size,
			    (unsigned)encoding);
}

static const struct field certreq_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "encoding", .bits = 8, .names = &reg_cert_encodings },
	{ .name = "data", .kind = FIELD_CHOICE, .ref = CERT_ENCODING, .choices = certreq_data },
};
const struct desc ike_certreq_desc = {
	.name = "CERTREQ", .title = "Certificate Request", .rfc = "RFC 7296, 3.7",
	DESC_FIELDS(certreq_fields), .check = certreq_check,
};
