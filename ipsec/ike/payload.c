/* SPDX-License-Identifier: BSD-2-Clause
 * The payload registry: which table belongs to which payload type, and the
 * tables of the simple payloads: KE, Nonce, Delete, SK, SKF, and those that are
 * kept as octets. RFC 7296, 3; RFC 6467, 7383, 8019, 9838. */
#include "ipsec/crypto/group.h"
#include "ipsec/ike/payload.h"

/* ---- Key Exchange, RFC 7296, 3.4 ----
 * +-------------------------------+-------------------------------+
 * |       Key Exchange Method     |           RESERVED            |
 * +-------------------------------+-------------------------------+
 * |                       Key Exchange Data                       |
 * +---------------------------------------------------------------+ */
static void ke_check(const struct node *n, struct findings *fs)
{
	const struct group *g = group_find((unsigned)node_uint(n, KE_GROUP, 0));
	size_t size = node_bytes(n, KE_DATA).n;
	if (!g || n->present <= KE_DATA || g->kind == GROUP_KIND_UNSUPPORTED ||
	    g->kind == GROUP_KIND_NONE || size == g->public_size)
		return;
	bool modp = g->kind == GROUP_KIND_MODP || g->kind == GROUP_KIND_MODP_SUBGROUP;
	finding_add(fs, SEVERITY_VIOLATION, modp ? "RFC7296-3.4-01" : NULL, n->v[KE_DATA].offset,
		    "%s: the public value has %zu octets, needs %u", g->name, size, g->public_size);
}

static const struct field ke_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "group", .bits = 16, .names = &reg_ke },
	RESERVED2(16, "RFC7296-2.5-06"),
	{ .name = "data", .kind = FIELD_REST },
};
static const struct desc ke_desc = {
	.name = "KE", .title = "Key Exchange", .rfc = "RFC 7296, 3.4",
	DESC_FIELDS(ke_fields), .check = ke_check,
};

/* ---- Nonce, RFC 7296, 3.9 ---- */
static const struct field nonce_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "data", .kind = FIELD_REST, .min = 16, .max = 256, .rule = "RFC7296-3.9-01" },
};
static const struct desc nonce_desc = {
	.name = "NONCE", .title = "Nonce", .rfc = "RFC 7296, 3.9", DESC_FIELDS(nonce_fields),
};

/* ---- Delete, RFC 7296, 3.11 ----
 * +---------------+---------------+-------------------------------+
 * |  Protocol ID  |   SPI Size    |          Num of SPIs          |
 * +---------------+---------------+-------------------------------+
 * |               Security Parameter Index(es) (SPI)              |
 * +---------------------------------------------------------------+ */
#define SPI_LIST(n) \
	static const struct field spi##n##_fields[] = { \
		{ .name = "spi", .kind = FIELD_BYTES, .octets = (n), .style = STYLE_POSITIONAL, \
		  .rule = "RFC7296-3.11-03" }, \
	}; \
	static const struct desc spi##n##_desc = { .name = "spi", DESC_FIELDS(spi##n##_fields) }; \
	static const struct field list##n##_fields[] = { \
		{ .name = "list", .kind = FIELD_LIST, .elem = &spi##n##_desc, \
		  .style = STYLE_POSITIONAL }, \
	}; \
	static const struct desc list##n##_desc = { .name = "spis", DESC_FIELDS(list##n##_fields) }
SPI_LIST(4);
SPI_LIST(8);
SPI_LIST(16);

const struct choice ike_spi_lists[] = {
	{ 4, &list4_desc }, { 8, &list8_desc }, { 16, &list16_desc }, { 0, NULL },
};

static void delete_check(const struct node *n, struct findings *fs)
{
	uint64_t protocol = node_uint(n, DELETE_PROTOCOL, 0), size = node_uint(n, DELETE_SPI_SIZE, 0);
	bool known = protocol >= 1 && protocol <= 3;
	if (n->present > DELETE_COUNT && known && size != (protocol == 1 ? 0 : 4))
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.11-02", n->v[DELETE_SPI_SIZE].offset,
			    "SPI size %u for protocol %u, needs %d", (unsigned)size,
			    (unsigned)protocol, protocol == 1 ? 0 : 4);
}

static const struct field delete_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "protocol", .bits = 8, .names = &reg_security_protocol_ids },
	{ .name = "spi_size", .bits = 8 },
	{ .name = "count", .bits = 16, .derive = DERIVE_COUNT, .ref = DELETE_SPIS,
	  .style = STYLE_HIDDEN, .rule = "RFC7296-3.11-03" },
	{ .name = "spis", .kind = FIELD_CHOICE, .ref = DELETE_SPI_SIZE, .choices = ike_spi_lists },
};
const struct desc ike_delete_desc = {
	.name = "DELETE", .title = "Delete", .rfc = "RFC 7296, 3.11",
	DESC_FIELDS(delete_fields), .check = delete_check,
};

/* ---- SK and SKF: what is in them needs keys (sk.c) ---- */
static const struct field raw_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "data", .kind = FIELD_REST },
};

static const struct desc sk_desc = {
	.name = "SK", .title = "Encrypted and Authenticated", .rfc = "RFC 7296, 3.14",
	DESC_FIELDS(raw_fields),
};

/* RFC 7383, 2.5:
 * +-------------------------------+-------------------------------+
 * |        Fragment Number        |        Total Fragments        |
 * +-------------------------------+-------------------------------+ */
static void skf_check(const struct node *n, struct findings *fs)
{
	uint64_t number = node_uint(n, SKF_FRAGMENT, 1), total = node_uint(n, SKF_TOTAL, 1);
	if (n->present <= SKF_TOTAL)
		return;
	if (!number || !total || number > total)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7383-2.5-03", n->v[SKF_FRAGMENT].offset,
			    "fragment %u of %u", (unsigned)number, (unsigned)total);
	else if (number > 1 && node_uint(n, PAYLOAD_NEXT, 0))
		finding_add(fs, SEVERITY_VIOLATION, "RFC7383-2.5-02", n->offset,
			    "fragment %u names the payload type %u, to be sent as zero",
			    (unsigned)number, (unsigned)node_uint(n, PAYLOAD_NEXT, 0));
}

static const struct field skf_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "fragment_number", .bits = 16, .rule = "RFC7383-2.5-03" },
	{ .name = "total_fragments", .bits = 16, .rule = "RFC7383-2.5-03" },
	{ .name = "data", .kind = FIELD_REST },
};
static const struct desc skf_desc = {
	.name = "SKF", .title = "Encrypted and Authenticated Fragment", .rfc = "RFC 7383, 2.5",
	DESC_FIELDS(skf_fields), .check = skf_check,
};

/* ---- kept as octets ---- */
static const struct desc gspm_desc = {
	.name = "GSPM", .title = "Generic Secure Password Method", .rfc = "RFC 6467, 3.2",
	DESC_FIELDS(raw_fields),
};
static const struct desc gsa_desc = {
	.name = "GSA", .title = "Group Security Association", .rfc = "RFC 9838",
	DESC_FIELDS(raw_fields),
};
static const struct desc kd_desc = {
	.name = "KD", .title = "Key Download", .rfc = "RFC 9838", DESC_FIELDS(raw_fields),
};

static void ps_check(const struct node *n, struct findings *fs)
{
	size_t size = node_bytes(n, PAYLOAD_BODY).n;	/* four keys of one size */
	if (n->present > PAYLOAD_BODY && (!size || size % 4))
		finding_add(fs, SEVERITY_VIOLATION, "RFC8019-8.2-01", n->offset,
			    "%zu octets are not four keys of one size", size);
}

static const struct desc ps_desc = {
	.name = "PS", .title = "Puzzle Solution", .rfc = "RFC 8019, 8.2",
	DESC_FIELDS(raw_fields), .check = ps_check,
};
static const struct desc unknown_desc = {
	.name = "UNKNOWN", .title = "Unknown payload", .rfc = "RFC 7296, 3.2",
	DESC_FIELDS(raw_fields),
};

/* Rows of payload type 33 on; names of json and the notation are the tables'. */
enum { FIRST = 33 };
static const struct desc *const payloads[] = {
	&ike_sa_desc, &ke_desc, &ike_idi_desc, &ike_idr_desc, &ike_cert_desc, &ike_certreq_desc,
	&ike_auth_desc, &nonce_desc, &ike_notify_desc, &ike_delete_desc, &ike_vendor_desc,
	&ike_tsi_desc, &ike_tsr_desc, &sk_desc, &ike_cp_desc, &ike_eap_desc, &gspm_desc,
	&ike_idg_desc, &gsa_desc, &kd_desc, &skf_desc, &ps_desc,
};

static const struct desc *find(uint32_t type, int version)
{
	if (version == 1)
		return ikev1_payload_desc(type);
	if (type < FIRST || type - FIRST >= sizeof payloads / sizeof payloads[0])
		return NULL;
	return payloads[type - FIRST];
}

const struct desc *ike_payload_desc(uint32_t type, int version)
{
	const struct desc *d = find(type, version);
	return d ? d : version == 1 ? ikev1_payload_desc(0) : &unknown_desc;
}

const char *ike_payload_name(uint32_t type, int version)
{
	const struct desc *d = type ? find(type, version) : NULL;
	return d ? d->name : NULL;
}
