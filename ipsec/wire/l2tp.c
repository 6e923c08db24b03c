/* SPDX-License-Identifier: BSD-2-Clause
 * L2TP: version 2 over UDP (RFC 2661), which carries PPP; version 3 (RFC 3931)
 * over UDP and over IP. Control messages are shown with their AVPs (values stay
 * octets, hidden ones hidden). Version 3's data has a cookie and a sublayer whose
 * sizes only the ends know: Ethernet is looked for behind each likely size. */
#include "ipsec/wire/layers.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |T|L|x|x|S|x|O|P|x|x|x|x|  Ver  |        Length (if L)          |
 * |           Tunnel ID           |           Session ID          |
 * |           Ns (if S)           |           Nr (if S)           |
 * |      Offset Size (if O)       |  Offset pad ...
 */
static const struct field l2tp_fields[] = {
	{ .name = "control", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "length_present", .kind = FIELD_UINT, .bits = 1, .derive = DERIVE_SIZE,
	  .ref = 9, .scale = 2, .show = SHOW_FLAG },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 2, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "sequence_present", .kind = FIELD_UINT, .bits = 1, .derive = DERIVE_SIZE,
	  .ref = 12, .scale = 4, .show = SHOW_FLAG },
	{ .name = "reserved_2", .kind = FIELD_UINT, .bits = 1, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "offset_present", .kind = FIELD_UINT, .bits = 1, .derive = DERIVE_SIZE,
	  .ref = 13, .scale = 2, .show = SHOW_FLAG },
	{ .name = "priority", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "reserved_3", .kind = FIELD_UINT, .bits = 4, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "version", .kind = FIELD_UINT, .bits = 4 },
	{ .name = "length", .kind = FIELD_SIZED, .ref = 1, .scale = 2 },
	{ .name = "tunnel", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "session", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "ns_nr", .kind = FIELD_SIZED, .ref = 3, .scale = 4 },
	{ .name = "offset_size", .kind = FIELD_SIZED, .ref = 5, .scale = 2 },
	{ .name = "offset_pad", .kind = FIELD_REST },
};
const struct desc l2tp_desc = {
	.name = "l2tp", .title = "Layer Two Tunneling Protocol", .rfc = "RFC 2661, 3.1",
	DESC_FIELDS(l2tp_fields),
};

static const struct name avp_rows[] = {
	{ 0, "Message Type", "MESSAGE_TYPE" },
	{ 1, "Result Code", "RESULT_CODE" },
	{ 2, "Protocol Version", "PROTOCOL_VERSION" },
	{ 3, "Framing Capabilities", "FRAMING_CAPABILITIES" },
	{ 4, "Bearer Capabilities", "BEARER_CAPABILITIES" },
	{ 5, "Tie Breaker", "TIE_BREAKER" },
	{ 6, "Firmware Revision", "FIRMWARE_REVISION" },
	{ 7, "Host Name", "HOST_NAME" },
	{ 8, "Vendor Name", "VENDOR_NAME" },
	{ 9, "Assigned Tunnel ID", "ASSIGNED_TUNNEL_ID" },
	{ 10, "Receive Window Size", "RECEIVE_WINDOW_SIZE" },
	{ 11, "Challenge", "CHALLENGE" },
	{ 13, "Challenge Response", "CHALLENGE_RESPONSE" },
	{ 14, "Assigned Session ID", "ASSIGNED_SESSION_ID" },
	{ 15, "Call Serial Number", "CALL_SERIAL_NUMBER" },
	{ 36, "Random Vector", "RANDOM_VECTOR" },
};
static const struct names avp_names = {
	"l2tp-avp", avp_rows, sizeof avp_rows / sizeof *avp_rows,
};

/*
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |M|H| rsvd  |      Length       |           Vendor ID           |
 * |         Attribute Type        |  Attribute Value ...
 */
static const struct field avp_fields[] = {
	{ .name = "mandatory", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "hidden", .kind = FIELD_UINT, .bits = 1, .show = SHOW_FLAG },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 4, .reserved = true,
	  .style = STYLE_HIDDEN },
	{ .name = "length", .kind = FIELD_UINT, .bits = 10, .derive = DERIVE_LENGTH },
	{ .name = "vendor", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "type", .kind = FIELD_UINT, .bits = 16, .style = STYLE_HEAD,
	  .names = &avp_names },
	{ .name = "value", .kind = FIELD_REST },
};
static const struct desc avp_desc = {
	.name = "avp", .title = "Attribute Value Pair", .rfc = "RFC 2661, 4.1",
	DESC_FIELDS(avp_fields),
};
static const struct field avps_fields[] = {
	{ .name = "avps", .kind = FIELD_LIST, .elem = &avp_desc },
};
const struct desc l2tp_avps_desc = {
	.name = "l2tp_avps", .title = "L2TP control message", .rfc = "RFC 2661, 4",
	DESC_FIELDS(avps_fields),
};

/*
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           Session ID                          |
 * |  Cookie (0, 4 or 8 octets), sublayer (0 or 4) ...
 *
 * Session 0 over IP: a control message.
 */
static const struct field l2tpv3_fields[] = {
	{ .name = "session", .kind = FIELD_UINT, .bits = 32 },
	{ .name = "cookie_and_sublayer", .kind = FIELD_REST, .max = 12 },
};
const struct desc l2tpv3_desc = {
	.name = "l2tpv3", .title = "L2TP version 3 session", .rfc = "RFC 3931, 4.1",
	DESC_FIELDS(l2tpv3_fields),
};

/*
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |T|x|x|x|x|x|x|x|x|x|x|x|  Ver  |          Reserved             |
 */
static const struct field l2tpv3_udp_fields[] = {
	{ .name = "flags", .kind = FIELD_UINT, .bits = 12, .show = SHOW_HEX },
	{ .name = "version", .kind = FIELD_UINT, .bits = 4 },
	{ .name = "reserved", .kind = FIELD_UINT, .bits = 16, .reserved = true,
	  .style = STYLE_HIDDEN },
};
const struct desc l2tpv3_udp_desc = {
	.name = "l2tpv3_udp", .title = "L2TP version 3 over UDP", .rfc = "RFC 3931, 4.1.2.1",
	DESC_FIELDS(l2tpv3_udp_fields),
};

/*
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |T|L|x|x|S|x|x|x|x|x|x|x|  Ver  |             Length            |
 * |                     Control Connection ID                     |
 * |               Ns              |               Nr              |
 */
static const struct field l2tpv3_control_fields[] = {
	{ .name = "flags", .kind = FIELD_UINT, .bits = 12, .show = SHOW_HEX },
	{ .name = "version", .kind = FIELD_UINT, .bits = 4 },
	{ .name = "length", .kind = FIELD_UINT, .bits = 16, .derive = DERIVE_OUTSIDE },
	{ .name = "connection", .kind = FIELD_UINT, .bits = 32 },
	{ .name = "ns", .kind = FIELD_UINT, .bits = 16 },
	{ .name = "nr", .kind = FIELD_UINT, .bits = 16 },
};
const struct desc l2tpv3_control_desc = {
	.name = "l2tpv3_control", .title = "L2TP version 3 control message",
	.rfc = "RFC 3931, 3.2.1", DESC_FIELDS(l2tpv3_control_fields),
};

enum {
	L2TP_CONTROL = 0x8000, L2TP_LENGTH = 0x4000, L2TP_SEQUENCE = 0x0800,
	L2TP_OFFSET = 0x0200, L2TP_VERSION = 0x000f,
	V3_SESSION = 4, V3_UDP = 4, V3_CONTROL = 12,
};

/* Octets of a version 2 header; the declared length, 0 where there is none. */
static size_t v2_size(struct span s, uint16_t *length)
{
	struct reader r = reader_of(s);
	uint16_t flags = read_u16(&r);
	*length = flags & L2TP_LENGTH ? read_u16(&r) : 0;
	size_t size = 6u + (flags & L2TP_LENGTH ? 2 : 0) + (flags & L2TP_SEQUENCE ? 4 : 0);
	if (!(flags & L2TP_OFFSET) || size + 2 > s.n)
		return size + (flags & L2TP_OFFSET ? 2 : 0);
	struct reader offset = reader_of(span_from(s, size));
	return size + 2 + read_u16(&offset);
}

static void v2_decode(struct packet *p, uint16_t flags)
{
	uint16_t length;
	size_t size = v2_size(p->rest, &length);
	if (size > p->rest.n) {
		packet_short(p, "L2TP", size);
		return;
	}
	if (length && length < size)
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p) + 2,
			       "L2TP length %u, its header has %zu octets", length, size);
	else if (length)
		packet_declared(p, "L2TP", length);
	if (!packet_push(p, LAYER_L2TP, size))
		return;
	if (p->rest.n == 0)
		p->done = true;		/* a zero-length body acknowledges (RFC 2661, 5.8) */
	else
		packet_next(p, SPACE_LAYER, flags & L2TP_CONTROL ? LAYER_L2TP_AVPS : LAYER_PPP);
}

/* UDP port 1701: the version is at the same place in all headers. */
void l2tp_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint16_t flags = read_u16(&r);
	if (r.bad) {
		packet_short(p, "L2TP", 2);
	} else if ((flags & L2TP_VERSION) == 2) {
		v2_decode(p, flags);
	} else if ((flags & L2TP_VERSION) == 3) {
		packet_next(p, SPACE_LAYER, flags & L2TP_CONTROL ? LAYER_L2TPV3_CONTROL :
			    LAYER_L2TPV3_UDP);
	} else {
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "L2TP version %u is not read, only 2 and 3",
			       (unsigned)flags & L2TP_VERSION);
		packet_data(p);
	}
}

void l2tp_avps_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_push(p, LAYER_L2TP_AVPS, p->rest.n);
	p->done = true;
}

void l2tpv3_udp_decode(struct wire *w, struct packet *p)
{
	(void)w;
	if (p->rest.n < V3_UDP)
		packet_short(p, "L2TP", V3_UDP);
	else if (packet_push(p, LAYER_L2TPV3_UDP, V3_UDP))
		packet_next(p, SPACE_LAYER, LAYER_L2TPV3);
}

/* Octets of cookie and sublayer before an Ethernet frame; SIZE_MAX: there is
 * none. The default sublayer alone is the most common (RFC 3931, 4.6). */
static size_t v3_before_ethernet(struct span s)
{
	static const uint8_t sizes[] = { 4, 0, 8, 12 };
	for (size_t i = 0; i < sizeof sizes; i++)
		if (ethernet_plausible(span_from(s, sizes[i])))
			return sizes[i];
	return SIZE_MAX;
}

void l2tpv3_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint32_t session = read_u32(&r);
	if (r.bad) {
		packet_short(p, "L2TP session", V3_SESSION);
		return;
	}
	bool control = session == 0 && packet_below(p) != LAYER_L2TPV3_UDP;
	size_t before = control ? SIZE_MAX : v3_before_ethernet(read_rest(&r));
	if (!packet_push(p, LAYER_L2TPV3, V3_SESSION + (before == SIZE_MAX ? 0 : before)))
		return;
	if (control)
		packet_next(p, SPACE_LAYER, LAYER_L2TPV3_CONTROL);
	else if (before != SIZE_MAX)
		packet_next(p, SPACE_LAYER, LAYER_ETHERNET);
	else
		packet_data(p);
}

void l2tpv3_control_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	read_u16(&r);
	uint16_t length = read_u16(&r);
	if (p->rest.n < V3_CONTROL) {
		packet_short(p, "L2TP control", V3_CONTROL);
		return;
	}
	if (length >= V3_CONTROL)
		packet_declared(p, "L2TP control", length);
	else
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p) + 2,
			       "L2TP length %u, its header has %d octets", length, V3_CONTROL);
	if (!packet_push(p, LAYER_L2TPV3_CONTROL, V3_CONTROL))
		return;
	if (p->rest.n)
		packet_next(p, SPACE_LAYER, LAYER_L2TP_AVPS);
	else
		p->done = true;
}
