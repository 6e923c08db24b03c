/* SPDX-License-Identifier: BSD-2-Clause
 * IKEv1 payload tables: RFC 2408 section 3, RFC 2407 section 4, RFC 2409
 * appendix A, NAT-D and NAT-OA of RFC 3947, the attributes payload of
 * draft-ietf-ipsec-isakmp-mode-cfg and the vendors' IKE fragments. Only what is
 * sent in clear; situations other than identity-only are not read apart. */
#include "ipsec/ike/payload.h"

/* RFC 2408, 3.2: as in IKEv2, but the second octet is all reserved. */
#define HEADER \
	{ .name = "next_payload", .bits = 8, .derive = DERIVE_NEXT, .style = STYLE_HIDDEN, \
	  .names = &reg_ikev1_payload_type }, \
	{ .name = "critical", .bits = 0, .show = SHOW_FLAG, .style = STYLE_HIDDEN }, \
	{ .name = "reserved", .bits = 8, .reserved = true, .style = STYLE_HIDDEN }, \
	{ .name = "length", .bits = 16, .derive = DERIVE_LENGTH, .style = STYLE_HIDDEN }
#define HIDDEN_RESERVED(text, n) \
	{ .name = (text), .bits = (n), .reserved = true, .style = STYLE_HIDDEN }

/* ---- attributes, RFC 2408, 3.3: like those of IKEv2 ---- */
static const struct names_choice phase1_values[] = {
	{ 1, &reg_ikev1_phase1_encryption }, { 2, &reg_ikev1_phase1_hash },
	{ 3, &reg_ikev1_phase1_auth_method }, { 4, &reg_ikev1_group_description },
	{ 5, &reg_ikev1_group_type }, { 11, &reg_ikev1_phase1_life_type }, { 0, NULL },
};
static const struct names_choice ipsec_values[] = {
	{ 1, &reg_ikev1_ipsec_life_type }, { 3, &reg_ikev1_group_description },
	{ 4, &reg_ikev1_encapsulation_mode }, { 5, &reg_ikev1_ipsec_auth_algorithm },
	{ 10, &reg_ikev1_ecn_tunnel }, { 11, &reg_ikev1_extended_sequence_number },
	{ 13, &reg_ikev1_signature_encoding_algorithm }, { 14, &reg_ikev1_address_preservation },
	{ 15, &reg_ikev1_sa_direction }, { 0, NULL },
};
static const struct names_choice modecfg_values[] = {
	{ 16520, &reg_ikev1_xauth_type }, { 16527, &reg_ikev1_xauth_status }, { 0, NULL },
};

/* One registry's attributes: value in place (TV), with a length (TLV), a list. */
#define ATTRIBUTES(id, registry, values) \
	static const struct field id##_tv_fields[] = { \
		{ .name = "format", .bits = 1, .derive = DERIVE_FIXED, .fixed = 1, \
		  .style = STYLE_HIDDEN }, \
		{ .name = "attribute", .bits = 15, .names = &(registry), .style = STYLE_HEAD }, \
		{ .name = "value", .bits = 16, .ref = 1, .names_by = (values), \
		  .style = STYLE_POSITIONAL }, \
	}; \
	static const struct desc id##_tv_desc = { \
		.name = "attribute", .rfc = "RFC 2408, 3.3", DESC_FIELDS(id##_tv_fields), \
	}; \
	static const struct field id##_tlv_fields[] = { \
		{ .name = "format", .bits = 1, .derive = DERIVE_FIXED, .fixed = 0, \
		  .style = STYLE_HIDDEN }, \
		{ .name = "attribute", .bits = 15, .names = &(registry), .style = STYLE_HEAD }, \
		{ .name = "length", .bits = 16, .derive = DERIVE_SIZE, .ref = 3, \
		  .style = STYLE_HIDDEN }, \
		{ .name = "value", .kind = FIELD_SIZED, .ref = 2, .style = STYLE_POSITIONAL }, \
	}; \
	static const struct desc id##_tlv_desc = { \
		.name = "variable_attribute", .rfc = "RFC 2408, 3.3", \
		DESC_FIELDS(id##_tlv_fields), \
	}; \
	static const struct desc *id##_peek(struct span rest) \
	{ \
		return rest.p[0] & 0x80 ? &id##_tv_desc : &id##_tlv_desc; \
	}
ATTRIBUTES(phase1, reg_ikev1_phase1_attribute, phase1_values)
ATTRIBUTES(ipsec, reg_ikev1_ipsec_attribute, ipsec_values)
ATTRIBUTES(modecfg, reg_ikev1_modecfg_attribute, modecfg_values)

/* ---- Security Association, RFC 2408, 3.4 to 3.6; RFC 2407, 4.6.1 ---- */

/* Transform:
 * +---------------+---------------+-------------------------------+
 * | 3 or 0 (last) |   RESERVED    |        Payload Length         |
 * +---------------+---------------+-------------------------------+
 * |  Transform #  | Transform-Id  |           RESERVED2           |
 * +---------------+---------------+-------------------------------+
 * |                         SA Attributes                         |
 * +---------------------------------------------------------------+ */
#define TRANSFORM(id, registry, kind_of) \
	static const struct field id##_transform_fields[] = { \
		{ .name = "next_payload", .bits = 8, .derive = DERIVE_MORE, .more = 3, \
		  .style = STYLE_HIDDEN }, \
		HIDDEN_RESERVED("reserved", 8), \
		{ .name = "length", .bits = 16, .derive = DERIVE_LENGTH, .style = STYLE_HIDDEN }, \
		{ .name = "number", .bits = 8, .derive = DERIVE_NUMBER, .style = STYLE_HIDDEN }, \
		{ .name = "id", .bits = 8, .names = &(registry), .style = STYLE_POSITIONAL }, \
		HIDDEN_RESERVED("reserved2", 16), \
		{ .name = "attributes", .kind = FIELD_LIST, .peek = kind_of##_peek, \
		  .elem = &kind_of##_tv_desc }, \
	}; \
	static const struct desc id##_transform_desc = { \
		.name = "transform", .title = "Transform", .rfc = "RFC 2408, 3.6", \
		DESC_FIELDS(id##_transform_fields), \
	}
TRANSFORM(isakmp, reg_ikev1_isakmp_transform, phase1);
TRANSFORM(ah, reg_ikev1_ah_transform, ipsec);
TRANSFORM(esp, reg_ikev1_esp_transform, ipsec);
TRANSFORM(ipcomp, reg_ikev1_ipcomp_transform, ipsec);

/* Proposal:
 * +---------------+---------------+-------------------------------+
 * | 2 or 0 (last) |   RESERVED    |        Payload Length         |
 * +---------------+---------------+-------------------------------+
 * |  Proposal #   |  Protocol-Id  |    SPI Size   |# of Transforms|
 * +---------------+---------------+---------------+---------------+
 * |                   SPI, then the transforms                    |
 * +---------------------------------------------------------------+ */
#define PROPOSAL(id) \
	static const struct field id##_proposal_fields[] = { \
		{ .name = "next_payload", .bits = 8, .derive = DERIVE_MORE, .more = 2, \
		  .style = STYLE_HIDDEN }, \
		HIDDEN_RESERVED("reserved", 8), \
		{ .name = "length", .bits = 16, .derive = DERIVE_LENGTH, .style = STYLE_HIDDEN }, \
		{ .name = "number", .bits = 8, .derive = DERIVE_NUMBER, .style = STYLE_HIDDEN }, \
		{ .name = "protocol", .bits = 8, .names = &reg_ikev1_protocol_id, \
		  .style = STYLE_POSITIONAL }, \
		{ .name = "spi_size", .bits = 8, .derive = DERIVE_SIZE, .ref = 7, \
		  .style = STYLE_HIDDEN }, \
		{ .name = "transform_count", .bits = 8, .derive = DERIVE_COUNT, .ref = 8, \
		  .style = STYLE_HIDDEN }, \
		{ .name = "spi", .kind = FIELD_SIZED, .ref = 5 }, \
		{ .name = "transforms", .kind = FIELD_LIST, .elem = &id##_transform_desc }, \
	}; \
	static const struct desc id##_proposal_desc = { \
		.name = "proposal", .title = "Proposal", .rfc = "RFC 2408, 3.5", \
		DESC_FIELDS(id##_proposal_fields), \
	}
PROPOSAL(isakmp);
PROPOSAL(ah);
PROPOSAL(esp);
PROPOSAL(ipcomp);

/* The protocol decides what transforms and attributes mean. */
static const struct desc *proposal_peek(struct span rest)
{
	struct reader r = reader_of(rest);
	read_span(&r, 5);
	switch (read_u8(&r)) {
	case 2:
		return &ah_proposal_desc;
	case 3:
		return &esp_proposal_desc;
	case 4:
		return &ipcomp_proposal_desc;
	default:
		return &isakmp_proposal_desc;
	}
}

static const struct field sa_fields[] = {
	HEADER,
	{ .name = "doi", .bits = 32, .names = &reg_ikev1_doi },
	{ .name = "situation", .bits = 32, .names = &reg_ikev1_situation },
	{ .name = "proposals", .kind = FIELD_LIST, .peek = proposal_peek,
	  .elem = &isakmp_proposal_desc },
};
static const struct desc sa_desc = {
	.name = "SA", .title = "Security Association", .rfc = "RFC 2408, 3.4", DESC_FIELDS(sa_fields),
};

/* ---- Identification, RFC 2407, 4.6.2 ----
 * +---------------+---------------+-------------------------------+
 * |    ID Type    |  Protocol ID  |             Port              |
 * +---------------+---------------+-------------------------------+
 * |                     Identification Data                       |
 * +---------------------------------------------------------------+ */
#define PAIR(id, n, how, second) \
	static const struct field id##_fields[] = { \
		{ .name = "address", .kind = FIELD_BYTES, .octets = (n), .show = (how), \
		  .style = STYLE_POSITIONAL }, \
		{ .name = (second), .kind = FIELD_BYTES, .octets = (n), .show = (how), \
		  .style = STYLE_POSITIONAL }, \
	}; \
	static const struct desc id##_desc = { .name = #id, DESC_FIELDS(id##_fields) }
PAIR(ipv4_subnet, 4, SHOW_IPV4, "mask");
PAIR(ipv6_subnet, 16, SHOW_IPV6, "mask");
PAIR(ipv4_range, 4, SHOW_IPV4, "end_address");
PAIR(ipv6_range, 16, SHOW_IPV6, "end_address");

static const struct choice id_data[] = {
	{ 1, &ike_ipv4_desc }, { 2, &ike_fqdn_desc }, { 3, &ike_rfc822_desc },
	{ 4, &ipv4_subnet_desc }, { 5, &ike_ipv6_desc }, { 6, &ipv6_subnet_desc },
	{ 7, &ipv4_range_desc }, { 8, &ipv6_range_desc }, { 9, &ike_dn_desc },
	{ 10, &ike_gn_desc }, { 11, &ike_key_id_desc }, { 0, NULL },
};
static const struct field id_fields[] = {
	HEADER,
	{ .name = "type", .bits = 8, .names = &reg_ikev1_id_type },
	{ .name = "protocol", .bits = 8 },
	{ .name = "port", .bits = 16 },
	{ .name = "data", .kind = FIELD_CHOICE, .ref = PAYLOAD_BODY, .choices = id_data },
};
static const struct desc id_desc = {
	.name = "ID", .title = "Identification", .rfc = "RFC 2407, 4.6.2", DESC_FIELDS(id_fields),
};

/* ---- the simple ones ---- */
static const struct field data_fields[] = {
	HEADER, { .name = "data", .kind = FIELD_REST },
};
static const struct field nonce_fields[] = {
	HEADER, { .name = "data", .kind = FIELD_REST, .min = 8, .max = 256 },
};
static const struct desc ke_desc = {
	.name = "KE", .title = "Key Exchange", .rfc = "RFC 2408, 3.7", DESC_FIELDS(data_fields),
};
static const struct desc hash_desc = {
	.name = "HASH", .title = "Hash", .rfc = "RFC 2408, 3.11", DESC_FIELDS(data_fields),
};
static const struct desc sig_desc = {
	.name = "SIG", .title = "Signature", .rfc = "RFC 2408, 3.12", DESC_FIELDS(data_fields),
};
static const struct desc nonce_desc = {
	.name = "NONCE", .title = "Nonce", .rfc = "RFC 2409, 5", DESC_FIELDS(nonce_fields),
};
static const struct desc vendor_desc = {
	.name = "VENDOR", .title = "Vendor ID", .rfc = "RFC 2408, 3.16",
	DESC_FIELDS(data_fields), .facts = ike_vendor_facts,
};
static const struct desc unknown_desc = {
	.name = "UNKNOWN", .title = "Unknown payload", .rfc = "RFC 2408, 3.2",
	DESC_FIELDS(data_fields),
};

static const struct field cert_fields[] = {
	HEADER,
	{ .name = "encoding", .bits = 8, .names = &reg_ikev1_cert_encoding },
	{ .name = "data", .kind = FIELD_REST },
};
static const struct desc cert_desc = {
	.name = "CERT", .title = "Certificate", .rfc = "RFC 2408, 3.9",
	DESC_FIELDS(cert_fields), .facts = ike_cert_facts,
};
static const struct field cr_fields[] = {
	HEADER,
	{ .name = "encoding", .bits = 8, .names = &reg_ikev1_cert_encoding },
	{ .name = "authority", .kind = FIELD_REST },
};
static const struct desc cr_desc = {
	.name = "CR", .title = "Certificate Request", .rfc = "RFC 2408, 3.10",
	DESC_FIELDS(cr_fields),
};

/* ---- Notification and Delete, RFC 2408, 3.14 and 3.15: a DOI goes first ---- */
enum { N_DOI = PAYLOAD_BODY, N_PROTOCOL, N_SPI_SIZE, N_TYPE, N_SPI };

/* Errors by default, the status types one by one. */
static const struct names_choice notify_types[] = {
	{ 16384, &reg_ikev1_notify_status }, { 24576, &reg_ikev1_notify_status },
	{ 24577, &reg_ikev1_notify_status }, { 24578, &reg_ikev1_notify_status },
	{ 36136, &reg_ikev1_notify_status }, { 36137, &reg_ikev1_notify_status },
	{ 40501, &reg_ikev1_notify_status }, { 0, NULL },
};
static const struct field notify_fields[] = {
	HEADER,
	{ .name = "doi", .bits = 32, .names = &reg_ikev1_doi },
	{ .name = "protocol", .bits = 8, .names = &reg_ikev1_protocol_id },
	{ .name = "spi_size", .bits = 8, .derive = DERIVE_SIZE, .ref = N_SPI,
	  .style = STYLE_HIDDEN },
	{ .name = "type", .bits = 16, .ref = N_TYPE, .names = &reg_ikev1_notify_error,
	  .names_by = notify_types },
	{ .name = "spi", .kind = FIELD_SIZED, .ref = N_SPI_SIZE },
	{ .name = "data", .kind = FIELD_REST },
};
static const struct desc notify_desc = {
	.name = "NOTIFY", .title = "Notification", .rfc = "RFC 2408, 3.14",
	DESC_FIELDS(notify_fields),
};
static const struct field delete_fields[] = {
	HEADER,
	{ .name = "doi", .bits = 32, .names = &reg_ikev1_doi },
	{ .name = "protocol", .bits = 8, .names = &reg_ikev1_protocol_id },
	{ .name = "spi_size", .bits = 8 },
	{ .name = "count", .bits = 16, .derive = DERIVE_COUNT, .ref = 8, .style = STYLE_HIDDEN },
	{ .name = "spis", .kind = FIELD_CHOICE, .ref = N_SPI_SIZE, .choices = ike_spi_lists },
};
static const struct desc delete_desc = {
	.name = "DELETE", .title = "Delete", .rfc = "RFC 2408, 3.15", DESC_FIELDS(delete_fields),
};

/* ---- Attributes payload (Mode Config, XAUTH), NAT traversal, fragments ---- */
static const struct field attr_fields[] = {
	HEADER,
	{ .name = "type", .bits = 8, .names = &reg_ikev1_modecfg_type },
	HIDDEN_RESERVED("reserved2", 8),
	{ .name = "identifier", .bits = 16 },
	{ .name = "attributes", .kind = FIELD_LIST, .peek = modecfg_peek,
	  .elem = &modecfg_tlv_desc },
};
static const struct desc attr_desc = {
	.name = "ATTR", .title = "Attributes", .rfc = "draft-ietf-ipsec-isakmp-mode-cfg, 3.2",
	DESC_FIELDS(attr_fields),
};
static const struct field nat_d_fields[] = {
	HEADER, { .name = "hash", .kind = FIELD_REST },
};
static const struct desc nat_d_desc = {
	.name = "NAT-D", .title = "NAT Discovery", .rfc = "RFC 3947, 3.2", DESC_FIELDS(nat_d_fields),
};
static const struct field nat_oa_fields[] = {
	HEADER,
	{ .name = "type", .bits = 8, .names = &reg_ikev1_id_type },
	HIDDEN_RESERVED("reserved2", 24),
	{ .name = "data", .kind = FIELD_CHOICE, .ref = PAYLOAD_BODY, .choices = id_data },
};
static const struct desc nat_oa_desc = {
	.name = "NAT-OA", .title = "NAT Original Address", .rfc = "RFC 3947, 5.2",
	DESC_FIELDS(nat_oa_fields),
};
static const struct field frag_fields[] = {
	HEADER,
	{ .name = "fragment_id", .bits = 16 },
	{ .name = "fragment_number", .bits = 8 },
	{ .name = "last", .bits = 8 },
	{ .name = "data", .kind = FIELD_REST },
};
static const struct desc frag_desc = {
	.name = "FRAG", .title = "IKE Fragment", .rfc = "MS-IKEE, 2.2.3", DESC_FIELDS(frag_fields),
};

static const struct choice payloads[] = {
	{ 0, &unknown_desc },
	{ 1, &sa_desc }, { 4, &ke_desc }, { 5, &id_desc }, { 6, &cert_desc }, { 7, &cr_desc },
	{ 8, &hash_desc }, { 9, &sig_desc }, { 10, &nonce_desc }, { 11, &notify_desc },
	{ 12, &delete_desc }, { 13, &vendor_desc }, { 14, &attr_desc },
	{ 20, &nat_d_desc }, { 21, &nat_oa_desc }, { 130, &nat_d_desc }, { 131, &nat_oa_desc },
	{ 132, &frag_desc },
};

const struct desc *ikev1_payload_desc(uint32_t type)
{
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++)
		if (payloads[i].number == type)
			return payloads[i].desc;
	return NULL;
}
