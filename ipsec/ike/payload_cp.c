/* SPDX-License-Identifier: BSD-2-Clause
 * The Configuration payload. RFC 7296, 3.15; attributes of RFC 5739, 7651, 8598
 * and 9464. Attributes of 3GPP keep their values as octets. */
#include "ipsec/ike/payload.h"

static const struct field address_prefix_fields[] = {
	{ .name = "address", .kind = FIELD_BYTES, .octets = 16, .show = SHOW_IPV6,
	  .style = STYLE_POSITIONAL, .rule = "RFC7296-3.15.1-03" },
	{ .name = "prefix_length", .bits = 8, .style = STYLE_POSITIONAL,
	  .rule = "RFC7296-3.15.1-03" },
};
static const struct desc address_prefix_desc = {
	.name = "ipv6_prefix", .rfc = "RFC 7296, 3.15.1", DESC_FIELDS(address_prefix_fields),
	.tail_rule = "RFC7296-3.15.1-03",
};
static const struct field subnet_fields[] = {
	{ .name = "address", .kind = FIELD_BYTES, .octets = 4, .show = SHOW_IPV4,
	  .style = STYLE_POSITIONAL },
	{ .name = "netmask", .kind = FIELD_BYTES, .octets = 4, .show = SHOW_IPV4,
	  .style = STYLE_POSITIONAL },
};
static const struct desc subnet_desc = {
	.name = "ipv4_subnet", .rfc = "RFC 7296, 3.15.1", DESC_FIELDS(subnet_fields),
};
static const struct field supported_fields[] = {
	{ .name = "attribute", .bits = 16, .names = &reg_config_attributes,
	  .style = STYLE_POSITIONAL },
};
static const struct desc supported_desc = { .name = "attribute", DESC_FIELDS(supported_fields) };
static const struct field supported_list_fields[] = {
	{ .name = "supported", .kind = FIELD_LIST, .elem = &supported_desc,
	  .style = STYLE_POSITIONAL },
};
static const struct desc supported_list_desc = {
	.name = "supported_attributes", .rfc = "RFC 7296, 3.15.1",
	DESC_FIELDS(supported_list_fields),
};
static const struct field link_fields[] = {
	{ .name = "interface_id", .kind = FIELD_BYTES, .octets = 8 },
	{ .name = "link_id", .kind = FIELD_REST },
};
static const struct desc link_desc = {
	.name = "ipv6_link", .rfc = "RFC 5739, 4.1", DESC_FIELDS(link_fields),
};
static const struct field seconds_fields[] = {
	{ .name = "seconds", .bits = 32, .style = STYLE_POSITIONAL },
};
static const struct desc seconds_desc = { .name = "seconds", DESC_FIELDS(seconds_fields) };
static const struct field anchor_fields[] = {
	{ .name = "key_tag", .bits = 16, .rule = "RFC8598-4.2-02" },
	{ .name = "algorithm", .bits = 8, .rule = "RFC8598-4.2-02" },
	{ .name = "digest_type", .bits = 8, .rule = "RFC8598-4.2-02" },
	{ .name = "digest", .kind = FIELD_REST },
};
static const struct desc anchor_desc = {
	.name = "dnssec_trust_anchor", .rfc = "RFC 8598, 4.2", DESC_FIELDS(anchor_fields),
};

/* +-------------------------------+---------------+---------------+
 * |       Service Priority        | Num Addresses |  ADN Length   |
 * +-------------------------------+---------------+---------------+
 * |  IP addresses, authentication domain name, service parameters |
 * +---------------------------------------------------------------+ */
#define ENCDNS(octets) { \
	{ .name = "service_priority", .bits = 16 }, \
	{ .name = "address_count", .bits = 8, .derive = DERIVE_SIZE, .ref = 3, .scale = (octets), \
	  .style = STYLE_HIDDEN }, \
	{ .name = "adn_length", .bits = 8, .derive = DERIVE_SIZE, .ref = 4, .style = STYLE_HIDDEN }, \
	{ .name = "addresses", .kind = FIELD_SIZED, .ref = 1, .scale = (octets) }, \
	{ .name = "authentication_domain_name", .kind = FIELD_SIZED, .ref = 2 }, \
	{ .name = "service_parameters", .kind = FIELD_REST } }
static const struct field encdns4_fields[] = ENCDNS(4);
static const struct field encdns6_fields[] = ENCDNS(16);
static const struct desc encdns4_desc = {
	.name = "encdns_ip4", .rfc = "RFC 9464, 3.1", DESC_FIELDS(encdns4_fields),
};
static const struct desc encdns6_desc = {
	.name = "encdns_ip6", .rfc = "RFC 9464, 3.1", DESC_FIELDS(encdns6_fields),
};

static const struct choice attribute_values[] = {
	{ 1, &ike_ipv4_desc }, { 2, &ike_ipv4_desc }, { 3, &ike_ipv4_desc }, { 4, &ike_ipv4_desc },
	{ 6, &ike_ipv4_desc }, { 7, &ike_text_desc }, { 8, &address_prefix_desc },
	{ 10, &ike_ipv6_desc }, { 12, &ike_ipv6_desc }, { 13, &subnet_desc },
	{ 14, &supported_list_desc }, { 15, &address_prefix_desc }, { 17, &link_desc },
	{ 18, &address_prefix_desc }, { 20, &ike_ipv4_desc }, { 21, &ike_ipv6_desc },
	{ 24, &seconds_desc }, { 25, &ike_text_desc }, { 26, &anchor_desc },
	{ 27, &encdns4_desc }, { 28, &encdns6_desc }, { 0, NULL },
};

/* +-+-----------------------------+-------------------------------+
 * |R|       Attribute Type        |            Length             |
 * +-+-----------------------------+-------------------------------+
 * |                             Value                             |
 * +---------------------------------------------------------------+ */
enum { ATTRIBUTE_TYPE = 1, ATTRIBUTE_VALUE = 3 };
static const struct field attribute_fields[] = {
	{ .name = "reserved", .bits = 1, .reserved = true, .style = STYLE_HIDDEN,
	  .rule = "RFC7296-3.15.1-01" },
	{ .name = "type", .bits = 15, .names = &reg_config_attributes, .style = STYLE_HEAD },
	{ .name = "length", .bits = 16, .derive = DERIVE_LENGTH, .bias = 4, .style = STYLE_HIDDEN },
	{ .name = "value", .kind = FIELD_CHOICE, .ref = ATTRIBUTE_TYPE, .choices = attribute_values,
	  .style = STYLE_POSITIONAL },
};
static const struct desc attribute_desc = {
	.name = "attribute", .title = "Configuration Attribute", .rfc = "RFC 7296, 3.15.1",
	DESC_FIELDS(attribute_fields),
};

enum { CP_TYPE = PAYLOAD_BODY, CP_ATTRIBUTES = PAYLOAD_BODY + 2 };
enum { CFG_REQUEST = 1, INTERNAL_IP4_ADDRESS = 1, INTERNAL_IP4_NETMASK = 2,
       SUPPORTED_ATTRIBUTES = 14 };

static void cp_check(const struct node *n, struct findings *fs)
{
	unsigned masks = 0;
	bool request = node_uint(n, CP_TYPE, 0) == CFG_REQUEST;
	for (const struct node *a = node_kid(n, CP_ATTRIBUTES); a; a = a->next) {
		uint64_t type = node_uint(a, ATTRIBUTE_TYPE, 0);
		bool filled = a->present > ATTRIBUTE_VALUE && a->size > 4;
		if (type == INTERNAL_IP4_NETMASK && ++masks == 2)
			finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.15.1-04", a->offset,
				    "INTERNAL_IP4_NETMASK more than once");
		if (request && filled && type == INTERNAL_IP4_NETMASK)
			finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.15.1-05", a->offset,
				    "a request with a value of INTERNAL_IP4_NETMASK");
		if (request && filled && type == SUPPORTED_ATTRIBUTES)
			finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.15.1-06", a->offset,
				    "SUPPORTED_ATTRIBUTES in a request is not empty");
	}
}

/* +---------------+-----------------------------------------------+
 * |   CFG Type    |                    RESERVED                   |
 * +---------------+-----------------------------------------------+
 * |                   Configuration Attributes                    |
 * +---------------------------------------------------------------+ */
static const struct field cp_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "type", .bits = 8, .names = &reg_cfg_types },
	RESERVED2(24, "RFC7296-3.15-01"),
	{ .name = "attributes", .kind = FIELD_LIST, .elem = &attribute_desc },
};
const struct desc ike_cp_desc = {
	.name = "CP", .title = "Configuration", .rfc = "RFC 7296, 3.15",
	DESC_FIELDS(cp_fields), .check = cp_check,
};
