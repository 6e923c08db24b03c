/* SPDX-License-Identifier: BSD-2-Clause
 * Between the files of this room: the generic payload header, the payload
 * tables, and how facts are put together. RFC 7296, 3.2. */
#ifndef IKAT_IKE_PAYLOAD_H
#define IKAT_IKE_PAYLOAD_H

#include "ipsec/base/registry.h"
#include "ipsec/ike/message.h"

/*  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+-+-------------+-------------------------------+
 * | Next Payload  |C|  RESERVED   |         Payload Length        |
 * +---------------+-+-------------+-------------------------------+ */
#define PAYLOAD_HEADER \
	{ .name = "next_payload", .bits = 8, .derive = DERIVE_NEXT, .style = STYLE_HIDDEN, \
	  .names = &reg_payload_types, .rule = "RFC7296-3.2-06" }, \
	{ .name = "critical", .bits = 1, .show = SHOW_FLAG, .style = STYLE_HIDDEN }, \
	{ .name = "reserved", .bits = 7, .reserved = true, .style = STYLE_HIDDEN, \
	  .rule = "RFC7296-3.2-03" }, \
	{ .name = "length", .bits = 16, .derive = DERIVE_LENGTH, .style = STYLE_HIDDEN, \
	  .rule = "RFC7296-3.2-05" }
/* Reserved octets behind a payload's first field. */
#define RESERVED2(n, id) \
	{ .name = "reserved2", .bits = (n), .reserved = true, .style = STYLE_HIDDEN, .rule = (id) }
/* All octets that are left, by one name and without one in the notation. */
#define REST(text, ...) \
	{ .name = (text), .kind = FIELD_REST, .style = STYLE_POSITIONAL, __VA_ARGS__ }

/* Field indices that several files need. */
enum { SA_PROPOSALS = PAYLOAD_BODY };
enum { PROPOSAL_NUMBER = 3, PROPOSAL_PROTOCOL, PROPOSAL_SPI_SIZE, PROPOSAL_COUNT, PROPOSAL_SPI,
       PROPOSAL_TRANSFORMS };
enum { TRANSFORM_TYPE = 3, TRANSFORM_ID = 5, TRANSFORM_ATTRIBUTES = 6 };
enum { TYPE_ENCR = 1, TYPE_PRF, TYPE_INTEG, TYPE_KE, TYPE_SN, TYPE_ADDKE1, TYPE_ADDKE7 = 12,
       TYPE_KWA, TYPE_GCAUTH };	/* of transforms, RFC 7296, 3.3.2 */
enum { SA_ATTRIBUTE_FORMAT, SA_ATTRIBUTE_TYPE, SA_ATTRIBUTE_VALUE };
enum { SA_ATTRIBUTE_KEY_LENGTH = 14 };
enum { TS_SELECTORS = PAYLOAD_BODY + 2 };
enum { TS_TYPE, TS_PROTOCOL, TS_LENGTH, TS_START_PORT, TS_END_PORT, TS_START, TS_END };
enum { NOTIFY_PROTOCOL = PAYLOAD_BODY, NOTIFY_SPI_SIZE, NOTIFY_TYPE, NOTIFY_SPI, NOTIFY_DATA };
enum { KE_GROUP = PAYLOAD_BODY, KE_RESERVED, KE_DATA };
enum { DELETE_PROTOCOL = PAYLOAD_BODY, DELETE_SPI_SIZE, DELETE_COUNT, DELETE_SPIS };
enum { SKF_FRAGMENT = PAYLOAD_BODY, SKF_TOTAL, SKF_DATA };
/* ID, CERT, AUTH: the type, (reserved octets,) the data */
enum { ID_TYPE = PAYLOAD_BODY, ID_RESERVED, ID_DATA };

extern const struct desc ike_sa_desc, ike_idi_desc, ike_idr_desc, ike_idg_desc, ike_cert_desc,
	ike_certreq_desc, ike_auth_desc, ike_notify_desc, ike_delete_desc, ike_eap_desc,
	ike_cp_desc, ike_tsi_desc, ike_tsr_desc, ike_vendor_desc;

/* Lists of plain numbers and simple structures that several payloads share. */
extern const struct desc ike_ipv4_desc, ike_ipv6_desc, ike_text_desc, ike_fqdn_desc,
	ike_rfc822_desc, ike_dn_desc, ike_gn_desc, ike_key_id_desc;
extern const struct choice ike_spi_lists[];	/* by SPI size */
struct fact *ike_cert_facts(const struct node *n, struct crypto *c, struct arena *a);
/* Data of notifications by type; ends with desc NULL. */
extern const struct choice ike_notify_data[];

/* IKEv1 (ikev1.c): NULL for an unknown type; type 0 has the table for those. */
const struct desc *ikev1_payload_desc(uint32_t type);
/* The well-known vendor's name (vendor.c), or NULL. */
const char *ike_vendor_name(struct span id);
struct fact *ike_vendor_facts(const struct node *n, struct crypto *c, struct arena *a);

/* Adds a fact before the others; text NULL: none is added. */
static inline void fact_add(struct fact **list, const char *key, const char *text,
			    struct arena *a)
{
	if (!text)
		return;
	struct fact *f = arena_alloc(a, sizeof *f);
	*f = (struct fact){ *list, key, text };
	*list = f;
}

#endif
