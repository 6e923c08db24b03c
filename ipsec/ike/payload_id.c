/* SPDX-License-Identifier: BSD-2-Clause
 * Who a peer says it is, and the proof: the Identification payloads (RFC 7296,
 * 3.5; RFC 4595; ID_NULL of RFC 7619; IDg of RFC 9838) and the Authentication
 * payload (RFC 7296, 3.8; signatures of RFC 7427). Nothing is verified here. */
#include "ipsec/crypto/cert.h"
#include "ipsec/ike/payload.h"

static const struct field ipv4_fields[] = {
	{ .name = "address", .kind = FIELD_BYTES, .octets = 4, .show = SHOW_IPV4,
	  .style = STYLE_POSITIONAL, .rule = "RFC7296-3.5-07" },
};
const struct desc ike_ipv4_desc = { .name = "ipv4", DESC_FIELDS(ipv4_fields) };

static const struct field ipv6_fields[] = {
	{ .name = "address", .kind = FIELD_BYTES, .octets = 16, .show = SHOW_IPV6,
	  .style = STYLE_POSITIONAL, .rule = "RFC7296-3.5-07" },
};
const struct desc ike_ipv6_desc = { .name = "ipv6", DESC_FIELDS(ipv6_fields) };

static const struct field text_fields[] = { REST("text", .show = SHOW_TEXT) };
const struct desc ike_text_desc = { .name = "text", DESC_FIELDS(text_fields) };

static const struct field fqdn_fields[] = { REST("fqdn", .show = SHOW_TEXT) };
const struct desc ike_fqdn_desc = { .name = "fqdn", DESC_FIELDS(fqdn_fields) };
static const struct field rfc822_fields[] = { REST("rfc822_addr", .show = SHOW_TEXT) };
const struct desc ike_rfc822_desc = { .name = "rfc822_addr", DESC_FIELDS(rfc822_fields) };
static const struct field dn_fields[] = { REST("dn", .rule = "RFC7296-3.5-08") };
const struct desc ike_dn_desc = { .name = "dn", DESC_FIELDS(dn_fields) };
static const struct field gn_fields[] = { REST("gn") };
const struct desc ike_gn_desc = { .name = "gn", DESC_FIELDS(gn_fields) };
static const struct field key_id_fields[] = { REST("key_id") };
const struct desc ike_key_id_desc = { .name = "key_id", DESC_FIELDS(key_id_fields) };
static const struct field fc_fields[] = {
	{ .name = "fc_name", .kind = FIELD_BYTES, .octets = 8, .style = STYLE_POSITIONAL },
};
static const struct desc fc_desc = { .name = "fc_name", DESC_FIELDS(fc_fields) };
static const struct desc null_desc = { .name = "null", .tail_rule = "RFC7619-2.2-01" };

enum { ID_FQDN = 2, ID_RFC822_ADDR = 3, ID_DER_ASN1_DN = 9 };

static const struct choice id_data[] = {
	{ 1, &ike_ipv4_desc }, { ID_FQDN, &ike_fqdn_desc }, { ID_RFC822_ADDR, &ike_rfc822_desc },
	{ 5, &ike_ipv6_desc }, { ID_DER_ASN1_DN, &ike_dn_desc }, { 10, &ike_gn_desc },
	{ 11, &ike_key_id_desc }, { 12, &fc_desc }, { 13, &null_desc }, { 0, NULL },
};

/* +---------------+-----------------------------------------------+
 * |   ID Type     |                 RESERVED                      |
 * +---------------+-----------------------------------------------+
 * |                   Identification Data                         |
 * +---------------------------------------------------------------+ */
static const struct field id_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "type", .bits = 8, .names = &reg_id_types },
	RESERVED2(24, "RFC7296-3.5-01"),
	{ .name = "data", .kind = FIELD_CHOICE, .ref = ID_TYPE, .choices = id_data },
};

static struct fact *id_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	struct fact *list = NULL;
	const struct node *data = node_kid(n, ID_DATA);
	(void)c;
	if (data && data->desc == &ike_dn_desc)
		fact_add(&list, "name", cert_name(node_bytes(data, 0), a), a);
	return list;
}

static void id_check(const struct node *n, struct findings *fs)
{
	const struct node *data = node_kid(n, ID_DATA);
	uint64_t type = node_uint(n, ID_TYPE, 0);
	if ((type == 1 || type == 5) && !data && n->present > ID_DATA)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.5-07", n->v[ID_DATA].offset,
			    "no data, needs %d octets", type == 1 ? 4 : 16);
	if (!data || (type != ID_FQDN && type != ID_RFC822_ADDR))
		return;
	struct span s = node_bytes(data, 0);
	uint8_t last = s.n ? s.p[s.n - 1] : 'a';
	if (last == 0 || last == '\r' || last == '\n')
		finding_add(fs, SEVERITY_VIOLATION,
			    type == ID_FQDN ? "RFC7296-3.5-02" : "RFC7296-3.5-03",
			    n->v[ID_DATA].offset, "the name ends with the terminator 0x%02x", last);
}

const struct desc ike_idi_desc = {
	.name = "IDi", .title = "Identification - Initiator", .rfc = "RFC 7296, 3.5",
	DESC_FIELDS(id_fields), .facts = id_facts, .check = id_check,
};
const struct desc ike_idr_desc = {
	.name = "IDr", .title = "Identification - Responder", .rfc = "RFC 7296, 3.5",
	DESC_FIELDS(id_fields), .facts = id_facts, .check = id_check,
};
const struct desc ike_idg_desc = {
	.name = "IDg", .title = "Group Identification", .rfc = "RFC 9838",
	DESC_FIELDS(id_fields), .facts = id_facts, .check = id_check,
};

/* ---- AUTH ---- */

/* RFC 7427, 3: +------------------+----------------------+-----------+
 *              | ASN.1 length (8) | AlgorithmIdentifier  | signature |
 *              +------------------+----------------------+-----------+ */
static const struct field signature_fields[] = {
	{ .name = "asn1_length", .bits = 8, .derive = DERIVE_SIZE, .ref = 1,
	  .style = STYLE_HIDDEN, .rule = "RFC7427-3-06" },
	{ .name = "algorithm_identifier", .kind = FIELD_SIZED, .ref = 0, .rule = "RFC7427-3-06" },
	{ .name = "signature", .kind = FIELD_REST, .min = 1, .rule = "RFC7427-3-03" },
};
static const struct desc signature_desc = {
	.name = "signature", .rfc = "RFC 7427, 3", DESC_FIELDS(signature_fields),
};
static const struct choice auth_data[] = { { 14, &signature_desc }, { 0, NULL } };

/* +---------------+-----------------------------------------------+
 * | Auth Method   |                 RESERVED                      |
 * +---------------+-----------------------------------------------+
 * |                    Authentication Data                        |
 * +---------------------------------------------------------------+ */
static const struct field auth_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "method", .bits = 8, .names = &reg_auth_methods },
	RESERVED2(24, "RFC7296-3.8-02"),
	{ .name = "data", .kind = FIELD_CHOICE, .ref = ID_TYPE, .choices = auth_data },
};

static struct fact *auth_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	struct fact *list = NULL;
	const struct node *data = node_kid(n, ID_DATA);
	(void)c;
	if (data)
		fact_add(&list, "algorithm", cert_algorithm(node_bytes(data, 1), a), a);
	return list;
}

const struct desc ike_auth_desc = {
	.name = "AUTH", .title = "Authentication", .rfc = "RFC 7296, 3.8",
	DESC_FIELDS(auth_fields), .facts = auth_facts,
};
