/* SPDX-License-Identifier: BSD-2-Clause
 * The Notify payload (RFC 7296, 3.10) and the structure of each notification's
 * data, wherever an RFC defines one. Types that are not in the table keep their
 * data as octets; their names come from the registry. What a notification means
 * for an exchange is not judged here. */
#include "ipsec/base/text.h"
#include "ipsec/ike/payload.h"

#define TABLE(id, text, where) \
	static const struct desc id##_desc = { .name = (text), .rfc = (where), DESC_FIELDS(id##_fields) }
#define OCTETS(size, text, ...) \
	{ .name = (text), .kind = FIELD_BYTES, .octets = (size), __VA_ARGS__ }

static const struct field payload_type_fields[] = {
	{ .name = "payload_type", .bits = 8, .names = &reg_payload_types,
	  .style = STYLE_POSITIONAL, .rule = "RFC7296-2.5-10" },
};
TABLE(payload_type, "payload_type", "RFC 7296, 2.5");
static const struct field message_id_fields[] = {
	{ .name = "message_id", .bits = 32, .style = STYLE_POSITIONAL },
};
TABLE(message_id, "message_id", "RFC 7296, 2.3");
static const struct field invalid_spi_fields[] = {
	OCTETS(4, "invalid_spi", .style = STYLE_POSITIONAL),
};
TABLE(invalid_spi, "invalid_spi", "RFC 7296, 3.10.1");
static const struct field group_fields[] = {
	{ .name = "group", .bits = 16, .names = &reg_ke, .style = STYLE_POSITIONAL },
};
TABLE(group, "group", "RFC 7296, 1.3");
static const struct field packet_fields[] = { REST("packet") };
TABLE(packet, "packet", "RFC 7296, 3.10.1");
static const struct field window_fields[] = {
	{ .name = "window_size", .bits = 32, .style = STYLE_POSITIONAL },
};
TABLE(window, "window_size", "RFC 7296, 2.3");
static const struct field ipcomp_fields[] = {
	{ .name = "cpi", .bits = 16, .show = SHOW_HEX },
	{ .name = "transform_id", .bits = 8, .names = &reg_other_ipcomp_transform },
};
TABLE(ipcomp, "ipcomp", "RFC 7296, 2.22");
static const struct field nat_fields[] = {
	REST("hash", .min = 20, .max = 20, .rule = "RFC7296-2.23-08"),
};
TABLE(nat, "nat_detection", "RFC 7296, 2.23");
static const struct field cookie_fields[] = {
	REST("cookie", .min = 1, .max = 64, .rule = "RFC7296-2.6-04"),
};
TABLE(cookie, "cookie", "RFC 7296, 2.6");
static const struct field cookie2_fields[] = {
	REST("cookie2", .min = 8, .max = 64, .rule = "RFC4555-4.2.5-01"),
};
TABLE(cookie2, "cookie2", "RFC 4555, 4.2.5");

/* NO_NATS_ALLOWED, RFC 4555, 4.2.6: addresses, then ports; the size tells which. */
#define NO_NATS(n, how) { \
	OCTETS(n, "source_address", .show = (how)), \
	OCTETS(n, "destination_address", .show = (how)), \
	{ .name = "source_port", .bits = 16 }, \
	{ .name = "destination_port", .bits = 16 } }
static const struct field no_nats4_fields[] = NO_NATS(4, SHOW_IPV4);
TABLE(no_nats4, "ipv4", "RFC 4555, 4.2.6");
static const struct field no_nats6_fields[] = NO_NATS(16, SHOW_IPV6);
TABLE(no_nats6, "ipv6", "RFC 4555, 4.2.6");

static const struct desc *no_nats_peek(struct span rest)
{
	return rest.n == 12 ? &no_nats4_desc : rest.n == 36 ? &no_nats6_desc : NULL;
}

static const struct field no_nats_fields[] = {
	{ .name = "addresses", .kind = FIELD_LIST, .peek = no_nats_peek, .elem = &no_nats4_desc },
};
TABLE(no_nats, "no_nats_allowed", "RFC 4555, 4.2.6");
static const struct field lifetime_fields[] = {
	{ .name = "lifetime", .bits = 32, .style = STYLE_POSITIONAL, .rule = "RFC4478-3-01" },
};
TABLE(lifetime, "auth_lifetime", "RFC 4478, 3");

/* REDIRECT and REDIRECTED_FROM, RFC 5685, 9.2 and 9.3:
 * +---------------+---------------+-------------------------------+
 * | GW Ident Type | GW Ident Len  |  New Responder GW Identity    |
 * +---------------+---------------+-------------------------------+ */
#define GATEWAY(text) \
	{ .name = "gw_ident_type", .bits = 8, .names = &reg_other_gateway_identity_type }, \
	{ .name = "gw_ident_len", .bits = 8, .derive = DERIVE_SIZE, .ref = 2, \
	  .style = STYLE_HIDDEN, .rule = "RFC5685-9.2-01" }, \
	{ .name = (text), .kind = FIELD_SIZED, .ref = 1, .rule = "RFC5685-9.2-01" }
static const struct field redirect_fields[] = {
	GATEWAY("new_gateway"), { .name = "nonce_data", .kind = FIELD_REST },
};
static const struct field redirected_fields[] = { GATEWAY("original_gateway") };

static struct fact *gateway_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	struct span id = node_bytes(n, 2);
	uint64_t type = node_uint(n, 0, 0);
	struct text t = { 0 };
	struct fact *list = NULL;
	(void)c;
	if (type == 1 && id.n == 4)
		text_ipv4(&t, id.p);
	else if (type == 2 && id.n == 16)
		text_ipv6(&t, id.p);
	else if (type == 3)
		text_escape(&t, id);
	if (t.n)
		fact_add(&list, "gateway", arena_text(a, span_of(t.p, t.n)), a);
	text_done(&t);
	return list;
}

static void gateway_check(const struct node *n, struct findings *fs)
{
	uint64_t type = node_uint(n, 0, 0);
	size_t size = node_bytes(n, 2).n;
	if (n->present > 2 && ((type == 1 && size != 4) || (type == 2 && size != 16)))
		finding_add(fs, SEVERITY_VIOLATION, "RFC5685-9.2-01", n->v[2].offset,
			    "an address of %zu octets, needs %d", size, type == 1 ? 4 : 16);
}

static const struct desc redirect_desc = {
	.name = "redirect", .rfc = "RFC 5685, 9.2", DESC_FIELDS(redirect_fields),
	.facts = gateway_facts, .check = gateway_check,
};
static const struct desc redirected_desc = {
	.name = "redirected_from", .rfc = "RFC 5685, 9.3", DESC_FIELDS(redirected_fields),
	.facts = gateway_facts, .check = gateway_check,
};

static const struct field ticket_lt_fields[] = {
	{ .name = "lifetime", .bits = 32, .rule = "RFC5723-6.2-03" },
	{ .name = "ticket", .kind = FIELD_REST },
};
TABLE(ticket_lt, "ticket_lt", "RFC 5723, 7.2");
static const struct field ticket_fields[] = { REST("ticket") };
TABLE(ticket, "ticket", "RFC 5723, 7.3");
static const struct field link_id_fields[] = { REST("link_id") };
TABLE(link_id, "link_id", "RFC 5739, 4.2");

/* ROHC attributes, RFC 5857, 3.1.2: format bit, type, then value or length. */
static const struct names_choice rohc_values[] = { { 3, &reg_integ }, { 0, NULL } };
static const struct field rohc_tv_fields[] = {
	{ .name = "format", .bits = 1, .derive = DERIVE_FIXED, .fixed = 1, .style = STYLE_HIDDEN },
	{ .name = "attribute", .bits = 15, .names = &reg_other_rohc_attribute, .style = STYLE_HEAD },
	{ .name = "value", .bits = 16, .ref = 1, .names_by = rohc_values,
	  .style = STYLE_POSITIONAL },
};
TABLE(rohc_tv, "attribute", "RFC 5857, 3.1.2");
static const struct field rohc_tlv_fields[] = {
	{ .name = "format", .bits = 1, .derive = DERIVE_FIXED, .fixed = 0, .style = STYLE_HIDDEN },
	{ .name = "attribute", .bits = 15, .names = &reg_other_rohc_attribute, .style = STYLE_HEAD },
	{ .name = "length", .bits = 16, .derive = DERIVE_SIZE, .ref = 3, .style = STYLE_HIDDEN },
	{ .name = "value", .kind = FIELD_SIZED, .ref = 2 },
};
TABLE(rohc_tlv, "variable_attribute", "RFC 5857, 3.1.2");

static const struct desc *rohc_peek(struct span rest)
{
	return rest.p[0] & 0x80 ? &rohc_tv_desc : &rohc_tlv_desc;
}

static const struct field rohc_fields[] = {
	{ .name = "attributes", .kind = FIELD_LIST, .peek = rohc_peek, .elem = &rohc_tv_desc },
};
TABLE(rohc, "rohc", "RFC 5857, 3.1.2");
static const struct field token_fields[] = {
	REST("token", .min = 16, .max = 128, .rule = "RFC6290-5-01"),
};
TABLE(token, "qcd_token", "RFC 6290, 4.1");
static const struct field id_sync_fields[] = {
	OCTETS(4, "nonce"),
	{ .name = "expected_send_req_message_id", .bits = 32 },
	{ .name = "expected_recv_req_message_id", .bits = 32 },
};
TABLE(id_sync, "message_id_sync", "RFC 6311, 5.1");
static const struct field counter_sync_fields[] = {
	REST("counter_delta", .min = 4, .max = 8),
};
TABLE(counter_sync, "replay_counter_sync", "RFC 6311, 5.2");

static const struct field password_method_fields[] = {
	{ .name = "password_method", .bits = 16, .names = &reg_other_secure_password_method,
	  .style = STYLE_POSITIONAL },
};
TABLE(password_method, "password_method", "RFC 6467, 3.1");
static const struct field password_methods_fields[] = {
	{ .name = "password_methods", .kind = FIELD_LIST, .elem = &password_method_desc,
	  .style = STYLE_POSITIONAL },
};
TABLE(password_methods, "password_methods", "RFC 6467, 3.1");
static const struct field hash_algorithm_fields[] = {
	{ .name = "hash_algorithm", .bits = 16, .names = &reg_hash_algorithms,
	  .style = STYLE_POSITIONAL, .rule = "RFC7427-4-01" },
};
TABLE(hash_algorithm, "hash_algorithm", "RFC 7427, 4");
static const struct field hash_algorithms_fields[] = {
	{ .name = "hash_algorithms", .kind = FIELD_LIST, .elem = &hash_algorithm_desc,
	  .style = STYLE_POSITIONAL },
};
TABLE(hash_algorithms, "hash_algorithms", "RFC 7427, 4");
static const struct field puzzle_fields[] = {
	{ .name = "prf", .bits = 16, .names = &reg_prf, .rule = "RFC8019-8.1-01" },
	{ .name = "difficulty", .bits = 8, .rule = "RFC8019-8.1-01" },
};
TABLE(puzzle, "puzzle", "RFC 8019, 8.1");
static const struct field ppk_fields[] = {
	{ .name = "ppk_id_type", .bits = 8, .names = &reg_other_ppk_id_type },
	{ .name = "ppk_id", .kind = FIELD_REST, .show = SHOW_TEXT },
};
TABLE(ppk, "ppk_identity", "RFC 8784, 5.1");
static const struct field no_ppk_fields[] = { REST("auth_data") };
TABLE(no_ppk, "no_ppk_auth", "RFC 8784, 3");
static const struct field link_fields[] = { REST("link") };
TABLE(link, "additional_key_exchange", "RFC 9370, 2.2.4");
static const struct field aggfrag_fields[] = {
	{ .name = "reserved3", .bits = 6, .reserved = true, .style = STYLE_HIDDEN,
	  .rule = "RFC9347-6.1.4-01" },
	{ .name = "congestion_control", .bits = 1, .show = SHOW_FLAG },
	{ .name = "dont_fragment", .bits = 1, .show = SHOW_FLAG },
};
TABLE(aggfrag, "use_aggfrag", "RFC 9347, 5.1");

/* Announcements, RFC 9593, 3.2: length, method, certificate link, algorithm;
 * the length tells how much of it there is. */
#define ANNOUNCEMENT \
	{ .name = "announcement_length", .bits = 8, .derive = DERIVE_LENGTH, .style = STYLE_HIDDEN }, \
	{ .name = "method", .bits = 8, .names = &reg_auth_methods, .style = STYLE_HEAD }
#define CERT_LINK { .name = "cert_link", .bits = 8 }
static const struct field announcement2_fields[] = { ANNOUNCEMENT };
TABLE(announcement2, "announcement", "RFC 9593, 3.2.1");
static const struct field announcement3_fields[] = { ANNOUNCEMENT, CERT_LINK };
TABLE(announcement3, "announcement", "RFC 9593, 3.2.2");
static const struct field announcement_fields[] = {
	ANNOUNCEMENT, CERT_LINK, { .name = "algorithm_identifier", .kind = FIELD_REST },
};
TABLE(announcement, "announcement", "RFC 9593, 3.2.3");

static const struct desc *announcement_peek(struct span rest)
{
	return rest.p[0] <= 2 ? &announcement2_desc : rest.p[0] == 3 ? &announcement3_desc
								    : &announcement_desc;
}

static const struct field announcements_fields[] = {
	{ .name = "announcements", .kind = FIELD_LIST, .peek = announcement_peek,
	  .elem = &announcement2_desc },
};
TABLE(announcements, "announcements", "RFC 9593, 3.2");
static const struct field resource_fields[] = { REST("resource") };
TABLE(resource, "resource", "RFC 9611, 5.1");

const struct choice ike_notify_data[] = {
	{ 1, &payload_type_desc }, { 9, &message_id_desc }, { 11, &invalid_spi_desc },
	{ 17, &group_desc }, { 39, &packet_desc },
	{ 16385, &window_desc }, { 16387, &ipcomp_desc }, { 16388, &nat_desc },
	{ 16389, &nat_desc }, { 16390, &cookie_desc }, { 16397, &ike_ipv4_desc },
	{ 16398, &ike_ipv6_desc }, { 16401, &cookie2_desc }, { 16402, &no_nats_desc },
	{ 16403, &lifetime_desc }, { 16407, &redirect_desc }, { 16408, &redirected_desc },
	{ 16409, &ticket_lt_desc }, { 16413, &ticket_desc }, { 16414, &link_id_desc },
	{ 16416, &rohc_desc }, { 16419, &token_desc }, { 16422, &id_sync_desc },
	{ 16423, &counter_sync_desc }, { 16424, &password_methods_desc },
	{ 16431, &hash_algorithms_desc }, { 16434, &puzzle_desc }, { 16436, &ppk_desc },
	{ 16437, &no_ppk_desc }, { 16441, &link_desc }, { 16442, &aggfrag_desc },
	{ 16443, &announcements_desc }, { 16444, &resource_desc },
	{ 0, NULL },
};

/* Data may be missing: an offending packet, a ticket, a resource, a link ID, the
 * PPK_IDENTITY of an answer (RFC 8784, 3). */
static const uint16_t data_optional[] = { 39, 16414, 16416, 16436, 16443, 16444 };
/* No data is defined for these. */
static const uint16_t no_data[] = {
	4, 5, 7, 14, 24, 34, 35, 36, 37, 38, 40, 41, 43, 44, 47, 48, 16384, 16386, 16391, 16392,
	16393, 16394, 16395, 16396, 16399, 16400, 16404, 16405, 16406, 16410, 16411, 16412, 16417,
	16418, 16420, 16421, 16430, 16432, 16433, 16435, 16438,
};

static bool is_among(const uint16_t *list, size_t count, uint64_t type)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == type)
			return true;
	return false;
}
#define AMONG(list, type) is_among((list), sizeof(list) / sizeof((list)[0]), (type))

/* Protocol and SPI, RFC 7296, 3.10. RFC 6023 and 6290 ask for protocol 1. */
static void check_spi(const struct node *n, uint64_t type, struct findings *fs)
{
	uint64_t protocol = node_uint(n, NOTIFY_PROTOCOL, 0);
	size_t size = node_bytes(n, NOTIFY_SPI).n;
	bool group_sa = type == 45 || type == 49;
	if (!size && protocol && type != 16418 && type != 16419 && !group_sa)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.10-01", n->v[NOTIFY_PROTOCOL].offset,
			    "protocol %u without an SPI, to be sent as zero", (unsigned)protocol);
	if (size && (protocol == 0 || protocol == 1) && !group_sa)
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.10-03", n->v[NOTIFY_PROTOCOL].offset,
			    "an SPI of %zu octets with protocol %u", size, (unsigned)protocol);
}

static void notify_check(const struct node *n, struct findings *fs)
{
	if (n->present <= NOTIFY_DATA)
		return;
	uint64_t type = node_uint(n, NOTIFY_TYPE, 0);
	size_t size = node_bytes(n, NOTIFY_DATA).n;
	const struct choice *c = ike_notify_data;
	check_spi(n, type, fs);
	while (c->desc && c->number != type)
		c++;
	if (c->desc && !n->v[NOTIFY_DATA].is_node && !AMONG(data_optional, type))
		finding_add(fs, SEVERITY_VIOLATION, c->desc->fields[0].rule,
			    n->v[NOTIFY_DATA].offset, "%s without its data",
			    names_word(&reg_notify, (uint32_t)type));
	if (size && AMONG(no_data, type))
		finding_add(fs, SEVERITY_DEVIATION, NULL, n->v[NOTIFY_DATA].offset,
			    "%zu octets of data, but none are defined for %s", size,
			    names_word(&reg_notify, (uint32_t)type));
}

static struct fact *notify_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	const struct node *data = node_kid(n, NOTIFY_DATA);
	return data && data->desc->facts ? data->desc->facts(data, c, a) : NULL;
}

/* +---------------+---------------+-------------------------------+
 * |  Protocol ID  |   SPI Size    |      Notify Message Type      |
 * +---------------+---------------+-------------------------------+
 * |        Security Parameter Index (SPI), Notification Data      |
 * +---------------------------------------------------------------+ */
static const struct field notify_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "protocol", .bits = 8, .names = &reg_security_protocol_ids,
	  .style = STYLE_HIDDEN },
	{ .name = "spi_size", .bits = 8, .derive = DERIVE_SIZE, .ref = NOTIFY_SPI,
	  .style = STYLE_HIDDEN, .rule = "RFC7296-3.10-04" },
	{ .name = "type", .bits = 16, .names = &reg_notify },
	{ .name = "spi", .kind = FIELD_SIZED, .ref = NOTIFY_SPI_SIZE, .rule = "RFC7296-3.10-04" },
	{ .name = "data", .kind = FIELD_CHOICE, .ref = NOTIFY_TYPE, .choices = ike_notify_data },
};
const struct desc ike_notify_desc = {
	.name = "NOTIFY", .title = "Notify", .rfc = "RFC 7296, 3.10",
	DESC_FIELDS(notify_fields), .facts = notify_facts, .check = notify_check,
};
