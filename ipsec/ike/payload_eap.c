/* SPDX-License-Identifier: BSD-2-Clause
 * The Extensible Authentication payload: one EAP packet. RFC 7296, 3.16; RFC
 * 3748. Methods other than Identity, Notification, Nak, MD5-Challenge and
 * expanded types keep their data as octets. */
#include "ipsec/ike/payload.h"

enum { EAP_CODE = PAYLOAD_BODY, EAP_IDENTIFIER, EAP_LENGTH, EAP_MESSAGE };
enum { CODE_REQUEST = 1, CODE_RESPONSE, CODE_SUCCESS, CODE_FAILURE };

static const struct field identity_fields[] = { REST("identity", .show = SHOW_TEXT) };
static const struct desc identity_desc = {
	.name = "identity", .rfc = "RFC 3748, 5.1", DESC_FIELDS(identity_fields),
};
static const struct field method_fields[] = {
	{ .name = "method", .bits = 8, .names = &reg_eap_types, .style = STYLE_POSITIONAL },
};
static const struct desc method_desc = { .name = "method", DESC_FIELDS(method_fields) };
static const struct field nak_fields[] = {
	{ .name = "desired", .kind = FIELD_LIST, .elem = &method_desc, .style = STYLE_POSITIONAL },
};
static const struct desc nak_desc = {
	.name = "nak", .rfc = "RFC 3748, 5.3.1", DESC_FIELDS(nak_fields),
};
static const struct field md5_fields[] = {
	{ .name = "value_size", .bits = 8, .derive = DERIVE_SIZE, .ref = 1, .style = STYLE_HIDDEN },
	{ .name = "value", .kind = FIELD_SIZED, .ref = 0 },
	{ .name = "system_name", .kind = FIELD_REST, .show = SHOW_TEXT },
};
static const struct desc md5_desc = {
	.name = "md5_challenge", .rfc = "RFC 3748, 5.4", DESC_FIELDS(md5_fields),
};
static const struct field expanded_fields[] = {
	{ .name = "vendor_id", .bits = 24 },
	{ .name = "vendor_type", .bits = 32 },
	{ .name = "vendor_data", .kind = FIELD_REST },
};
static const struct desc expanded_desc = {
	.name = "expanded", .rfc = "RFC 3748, 5.7", DESC_FIELDS(expanded_fields),
};

static const struct choice type_data[] = {
	{ 1, &identity_desc }, { 2, &ike_text_desc }, { 3, &nak_desc }, { 4, &md5_desc },
	{ 254, &expanded_desc }, { 0, NULL },
};
static const struct field message_fields[] = {
	{ .name = "type", .bits = 8, .names = &reg_eap_types },
	{ .name = "type_data", .kind = FIELD_CHOICE, .ref = 0, .choices = type_data },
};
static const struct desc message_desc = {
	.name = "method", .rfc = "RFC 3748, 4.1", DESC_FIELDS(message_fields),
};
static const struct choice by_code[] = {
	{ CODE_REQUEST, &message_desc }, { CODE_RESPONSE, &message_desc }, { 0, NULL },
};

static void eap_check(const struct node *n, struct findings *fs)
{
	uint64_t code = node_uint(n, EAP_CODE, 0);
	if (n->present <= EAP_MESSAGE)
		return;
	if ((code == CODE_SUCCESS || code == CODE_FAILURE) && n->size != 8)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.16-03", n->offset,
			    "EAP %s of %u octets, has to be 4",
			    code == CODE_SUCCESS ? "Success" : "Failure", n->size - 4);
	if ((code == CODE_REQUEST || code == CODE_RESPONSE) && !node_kid(n, EAP_MESSAGE))
		finding_add(fs, SEVERITY_VIOLATION, NULL, n->v[EAP_MESSAGE].offset,
			    "EAP %s without a type", code == CODE_REQUEST ? "Request" : "Response");
}

/* +---------------+---------------+-------------------------------+
 * |     Code      |  Identifier   |            Length             |
 * +---------------+---------------+-------------------------------+
 * |     Type      |  Type_Data ...
 * +---------------+------------------- */
static const struct field eap_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "code", .bits = 8, .names = &reg_other_eap_code },
	{ .name = "identifier", .bits = 8 },
	{ .name = "eap_length", .bits = 16, .derive = DERIVE_LENGTH, .bias = 4,
	  .style = STYLE_HIDDEN, .rule = "RFC7296-3.16-02" },
	{ .name = "data", .kind = FIELD_CHOICE, .ref = EAP_CODE, .choices = by_code },
};
const struct desc ike_eap_desc = {
	.name = "EAP", .title = "Extensible Authentication", .rfc = "RFC 7296, 3.16",
	DESC_FIELDS(eap_fields), .tail_rule = "RFC7296-3.16-02", .check = eap_check,
};
