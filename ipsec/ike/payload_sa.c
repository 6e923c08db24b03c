/* SPDX-License-Identifier: BSD-2-Clause
 * The Security Association payload: proposals, transforms, attributes.
 * RFC 7296, 3.3; the additional key exchanges of RFC 9370. What is wrong within
 * one proposal is told here; choosing among proposals is not done here. */
#include "ipsec/crypto/encr.h"
#include "ipsec/ike/payload.h"

/* Attribute, RFC 7296, 3.3.5: AF 1 has the value in place of the length.
 * +-+-----------------------------+-------------------------------+
 * |F|       Attribute Type        | AF=0: Length  / AF=1: Value   |
 * +-+-----------------------------+-------------------------------+
 * |                 AF=0: Attribute Value                         |
 * +---------------------------------------------------------------+ */

static const struct field key_length_fields[] = {
	{ .name = "format", .bits = 1, .derive = DERIVE_FIXED, .fixed = 1, .style = STYLE_HIDDEN },
	{ .name = "attribute", .bits = 15, .derive = DERIVE_FIXED, .fixed = SA_ATTRIBUTE_KEY_LENGTH,
	  .names = &reg_transform_attributes, .style = STYLE_HIDDEN },
	{ .name = "key_length", .bits = 16, .style = STYLE_POSITIONAL },
};
static const struct desc key_length_desc = {
	.name = "key_length", .rfc = "RFC 7296, 3.3.5", DESC_FIELDS(key_length_fields),
};

static const struct field tv_fields[] = {
	{ .name = "format", .bits = 1, .derive = DERIVE_FIXED, .fixed = 1, .style = STYLE_HIDDEN },
	{ .name = "attribute", .bits = 15, .names = &reg_transform_attributes },
	{ .name = "value", .bits = 16 },
};
static const struct desc tv_desc = {
	.name = "attribute", .rfc = "RFC 7296, 3.3.5", DESC_FIELDS(tv_fields),
};

static const struct field tlv_fields[] = {
	{ .name = "format", .bits = 1, .derive = DERIVE_FIXED, .fixed = 0, .style = STYLE_HIDDEN },
	{ .name = "attribute", .bits = 15, .names = &reg_transform_attributes },
	{ .name = "length", .bits = 16, .derive = DERIVE_SIZE, .ref = 3, .style = STYLE_HIDDEN,
	  .rule = "RFC7296-3.3-02" },
	{ .name = "value", .kind = FIELD_SIZED, .ref = 2, .rule = "RFC7296-3.3-02" },
};
static const struct desc tlv_desc = {
	.name = "variable_attribute", .rfc = "RFC 7296, 3.3.5", DESC_FIELDS(tlv_fields),
};

static const struct desc *attribute_peek(struct span rest)
{
	struct reader r = reader_of(rest);
	uint16_t type = read_u16(&r);
	if (type == (0x8000 | SA_ATTRIBUTE_KEY_LENGTH))
		return &key_length_desc;
	return type & 0x8000 ? &tv_desc : &tlv_desc;
}

/* Transform, RFC 7296, 3.3.2:
 * +---------------+---------------+-------------------------------+
 * | Last Substruc |   RESERVED    |        Transform Length       |
 * +---------------+---------------+-------------------------------+
 * |Transform Type |   RESERVED    |          Transform ID         |
 * +---------------+---------------+-------------------------------+
 * |                      Transform Attributes                     |
 * +---------------------------------------------------------------+ */

static const struct names_choice transform_ids[] = {
	{ TYPE_ENCR, &reg_encr }, { TYPE_PRF, &reg_prf }, { TYPE_INTEG, &reg_integ },
	{ TYPE_KE, &reg_ke }, { TYPE_SN, &reg_esn },
	{ TYPE_ADDKE1, &reg_ke }, { 7, &reg_ke }, { 8, &reg_ke }, { 9, &reg_ke },
	{ 10, &reg_ke }, { 11, &reg_ke }, { TYPE_ADDKE7, &reg_ke },
	{ TYPE_KWA, &reg_other_key_wrap_algorithm },
	{ TYPE_GCAUTH, &reg_other_group_controller_auth },
	{ 0, NULL },
};

static void transform_check(const struct node *n, struct findings *fs);

static const struct field transform_fields[] = {
	{ .name = "last_substruc", .bits = 8, .derive = DERIVE_MORE, .more = 3,
	  .style = STYLE_HIDDEN, .rule = "RFC7296-3.3.2-03" },
	{ .name = "reserved", .bits = 8, .reserved = true, .style = STYLE_HIDDEN,
	  .rule = "RFC7296-3.3.2-01" },
	{ .name = "length", .bits = 16, .derive = DERIVE_LENGTH, .style = STYLE_HIDDEN,
	  .rule = "RFC7296-3.3-02" },
	{ .name = "type", .bits = 8, .names = &reg_transform_types, .style = STYLE_HEAD },
	{ .name = "reserved2", .bits = 8, .reserved = true, .style = STYLE_HIDDEN,
	  .rule = "RFC7296-3.3.2-01" },
	{ .name = "id", .bits = 16, .ref = TRANSFORM_TYPE, .names_by = transform_ids,
	  .style = STYLE_POSITIONAL },
	{ .name = "attributes", .kind = FIELD_LIST, .peek = attribute_peek, .elem = &key_length_desc,
	  .style = STYLE_POSITIONAL },
};
static const struct desc transform_desc = {
	.name = "transform", .title = "Transform", .rfc = "RFC 7296, 3.3.2",
	DESC_FIELDS(transform_fields), .tail_rule = "RFC7296-3.3-02", .check = transform_check,
};

/* Proposal, RFC 7296, 3.3.1:
 * +---------------+---------------+-------------------------------+
 * | Last Substruc |   RESERVED    |         Proposal Length       |
 * +---------------+---------------+-------------------------------+
 * | Proposal Num  |  Protocol ID  |    SPI Size   |Num  Transforms|
 * +---------------+---------------+---------------+---------------+
 * |                        SPI (variable)                         |
 * +---------------------------------------------------------------+
 * |                         Transforms                            |
 * +---------------------------------------------------------------+ */

static void proposal_check(const struct node *n, struct findings *fs);

static const struct field proposal_fields[] = {
	{ .name = "last_substruc", .bits = 8, .derive = DERIVE_MORE, .more = 2,
	  .style = STYLE_HIDDEN, .rule = "RFC7296-3.3.1-05" },
	{ .name = "reserved", .bits = 8, .reserved = true, .style = STYLE_HIDDEN,
	  .rule = "RFC7296-3.3.1-01" },
	{ .name = "length", .bits = 16, .derive = DERIVE_LENGTH, .style = STYLE_HIDDEN,
	  .rule = "RFC7296-3.3-02" },
	{ .name = "number", .bits = 8, .derive = DERIVE_NUMBER, .style = STYLE_HIDDEN,
	  .rule = "RFC7296-3.3-03" },
	{ .name = "protocol", .bits = 8, .names = &reg_security_protocol_ids,
	  .style = STYLE_POSITIONAL },
	{ .name = "spi_size", .bits = 8, .derive = DERIVE_SIZE, .ref = PROPOSAL_SPI,
	  .style = STYLE_HIDDEN, .rule = "RFC7296-3.3-02" },
	{ .name = "transform_count", .bits = 8, .derive = DERIVE_COUNT, .ref = PROPOSAL_TRANSFORMS,
	  .style = STYLE_HIDDEN, .rule = "RFC7296-3.3-02" },
	{ .name = "spi", .kind = FIELD_SIZED, .ref = PROPOSAL_SPI_SIZE, .rule = "RFC7296-3.3-02" },
	{ .name = "transforms", .kind = FIELD_LIST, .elem = &transform_desc },
};
static const struct desc proposal_desc = {
	.name = "proposal", .title = "Proposal", .rfc = "RFC 7296, 3.3.1",
	DESC_FIELDS(proposal_fields), .tail_rule = "RFC7296-3.3-02", .check = proposal_check,
};

static void sa_check(const struct node *n, struct findings *fs);

static const struct field sa_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "proposals", .kind = FIELD_LIST, .elem = &proposal_desc },
};
const struct desc ike_sa_desc = {
	.name = "SA", .title = "Security Association", .rfc = "RFC 7296, 3.3",
	DESC_FIELDS(sa_fields), .tail_rule = "RFC7296-3.3-02", .check = sa_check,
};

/* ---- checks ---- */

static bool is_key_length(const struct node *attribute)
{
	return attribute->desc == &key_length_desc;
}

/* Key lengths of the ciphers, and no attribute twice (quadratic, so bounded). */
static void transform_check(const struct node *n, struct findings *fs)
{
	const struct node *first = node_kid(n, TRANSFORM_ATTRIBUTES);
	uint64_t bits = 0;
	unsigned seen = 0;
	for (const struct node *a = first; a && seen < 16; a = a->next, seen++) {
		if (is_key_length(a))
			bits = node_uint(a, SA_ATTRIBUTE_VALUE, 0);
		for (const struct node *b = first; b != a; b = b->next)
			if (a->present > 1 && node_uint(a, 1, 0) == node_uint(b, 1, 1))
				finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.3-07", a->offset,
					    "attribute %u twice in one transform",
					    (unsigned)node_uint(a, SA_ATTRIBUTE_TYPE, 0));
	}
	if (node_uint(n, TRANSFORM_TYPE, 0) != TYPE_ENCR || n->present <= TRANSFORM_ID)
		return;
	const struct encr *row = encr_find((unsigned)node_uint(n, TRANSFORM_ID, 0));
	if (!row || row->kind == ENCR_KIND_UNSUPPORTED)
		return;
	if (row->key_length_attribute && !bits && !row->variable)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.3.5-03", n->offset,
			    "%s without the Key Length attribute", row->name);
	else if (!row->key_length_attribute && !row->variable && bits)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.3.5-02", n->offset,
			    "%s has a fixed key, but a Key Length of %u", row->name, (unsigned)bits);
}

/* Is an SPI of this size in place for the protocol? RFC 7296, 3.3.1. */
static bool spi_size_ok(uint64_t protocol, size_t size)
{
	switch (protocol) {
	case 1:
		return size == 0 || size == 8;
	case 2:
	case 3:
		return size == 4;
	default:
		return true;
	}
}

/* AEADs bring their own integrity: RFC 7296, 3.3; RFC 5282, 8. */
static void proposal_check(const struct node *n, struct findings *fs)
{
	unsigned aead = 0, other = 0, integ = 0;
	uint64_t protocol = node_uint(n, PROPOSAL_PROTOCOL, 0);
	size_t size = node_bytes(n, PROPOSAL_SPI).n;
	if (n->present > PROPOSAL_SPI && !spi_size_ok(protocol, size))
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.3.1-04",
			    n->v[PROPOSAL_SPI_SIZE].offset, "an SPI of %zu octets for protocol %u",
			    size, (unsigned)protocol);
	for (const struct node *t = node_kid(n, PROPOSAL_TRANSFORMS); t; t = t->next) {
		uint64_t type = node_uint(t, TRANSFORM_TYPE, 0), id = node_uint(t, TRANSFORM_ID, 0);
		const struct encr *row = type == TYPE_ENCR ? encr_find((unsigned)id) : NULL;
		aead += row && encr_has_icv(row);
		other += type == TYPE_ENCR && !(row && encr_has_icv(row));
		integ += type == TYPE_INTEG && id != 0;
	}
	if (aead && !other && integ)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.3-04", n->offset,
			    "a proposal of AEAD ciphers with %u integrity algorithms", integ);
	if (aead && other)
		finding_add(fs, SEVERITY_DEVIATION, "RFC7296-3.3-06", n->offset,
			    "%u AEAD and %u other ciphers in one proposal", aead, other);
}

static void sa_check(const struct node *n, struct findings *fs)
{
	const struct node *first = node_kid(n, SA_PROPOSALS);
	uint64_t want = 1;
	if (!first || !first->next)	/* an answer repeats the number that was chosen */
		return;
	for (const struct node *p = first; p; p = p->next, want++)
		if (node_uint(p, PROPOSAL_NUMBER, want) != want) {
			finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.3-03",
				    p->v[PROPOSAL_NUMBER].offset, "proposal %u has the number %u",
				    (unsigned)want, (unsigned)node_uint(p, PROPOSAL_NUMBER, 0));
			return;
		}
}
