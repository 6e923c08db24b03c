/* SPDX-License-Identifier: BSD-2-Clause
 * PPP, RFC 1661, as a link and inside of PPPoE (RFC 2516), L2TP and GRE: the
 * address and control octets of HDLC-like framing (RFC 1662, 3.1) where they are,
 * and the protocol in two octets or one (RFC 1661, 6.5). PPPoE's discovery is
 * shown with its tags; PPP's own protocols (LCP, IPCP, authentication) are data. */
#include "ipsec/wire/layers.h"

/*
 * +--------+--------+
 * |Address |Control |
 * +--------+--------+
 */
static const struct field hdlc_fields[] = {
	{ .name = "address", .kind = FIELD_UINT, .bits = 8, .show = SHOW_HEX },
	{ .name = "control", .kind = FIELD_UINT, .bits = 8, .show = SHOW_HEX },
};
const struct desc hdlc_desc = {
	.name = "hdlc", .title = "HDLC-like framing", .rfc = "RFC 1662, 3.1",
	DESC_FIELDS(hdlc_fields),
};

static const struct name ppp_rows[] = {
	{ 0x0021, "Internet Protocol version 4", "IPV4" },
	{ 0x0057, "Internet Protocol version 6", "IPV6" },
	{ 0x00fd, "compressed datagram", "COMPRESSED" },
	{ 0x0281, "MPLS unicast", "MPLS" },
	{ 0x0283, "MPLS multicast", "MPLS_MULTICAST" },
	{ 0x8021, "Internet Protocol Control Protocol", "IPCP" },
	{ 0x8057, "IPv6 Control Protocol", "IPV6CP" },
	{ 0x80fd, "Compression Control Protocol", "CCP" },
	{ 0xc021, "Link Control Protocol", "LCP" },
	{ 0xc023, "Password Authentication Protocol", "PAP" },
	{ 0xc025, "Link Quality Report", "LQR" },
	{ 0xc223, "Challenge Handshake Authentication Protocol", "CHAP" },
	{ 0xc227, "Extensible Authentication Protocol", "EAP" },
};
static const struct names ppp_names = {
	"ppp", ppp_rows, sizeof ppp_rows / sizeof *ppp_rows,
};

/*
 * +--------+--------+
 * |    Protocol     |
 * +--------+--------+
 */
static const struct field ppp_fields[] = {
	{ .name = "protocol", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE, .names = &ppp_names },
};
const struct desc ppp_desc = {
	.name = "ppp", .title = "Point-to-Point Protocol", .rfc = "RFC 1661, 2",
	DESC_FIELDS(ppp_fields),
};

static const struct field ppp_pfc_fields[] = {
	{ .name = "protocol", .kind = FIELD_UINT, .bits = 8, .show = SHOW_HEX,
	  .derive = DERIVE_OUTSIDE, .names = &ppp_names },
};
const struct desc ppp_pfc_desc = {
	.name = "ppp_pfc", .title = "Point-to-Point Protocol, protocol field compressed",
	.rfc = "RFC 1661, 6.5", DESC_FIELDS(ppp_pfc_fields),
};

enum { PPP_SIZE = 2, HDLC_SIZE = 2, HDLC_HEADER = 0xff03 };

void ppp_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint16_t protocol = read_u16(&r);
	if (r.bad) {
		packet_short(p, "PPP", PPP_SIZE);
		return;
	}
	if (protocol == HDLC_HEADER && packet_below(p) != LAYER_HDLC) {
		if (packet_push(p, LAYER_HDLC, HDLC_SIZE))
			packet_next(p, SPACE_LAYER, LAYER_PPP);
		return;
	}
	/* The last bit of a protocol's number is set, the last of its first octet
	 * is not: that tells where one octet stands for both. */
	bool compressed = protocol >> 8 & 1;
	if (packet_push(p, compressed ? LAYER_PPP_PFC : LAYER_PPP, compressed ? 1 : PPP_SIZE))
		packet_next(p, SPACE_PPP, compressed ? protocol >> 8 : protocol);
}

/* ---- PPPoE ---- */

static const struct name tag_rows[] = {
	{ 0x0000, "End-Of-List", "END_OF_LIST" },
	{ 0x0101, "Service-Name", "SERVICE_NAME" },
	{ 0x0102, "AC-Name", "AC_NAME" },
	{ 0x0103, "Host-Uniq", "HOST_UNIQ" },
	{ 0x0104, "AC-Cookie", "AC_COOKIE" },
	{ 0x0105, "Vendor-Specific", "VENDOR_SPECIFIC" },
	{ 0x0110, "Relay-Session-Id", "RELAY_SESSION_ID" },
	{ 0x0120, "PPP-Max-Payload", "PPP_MAX_PAYLOAD" },
	{ 0x0201, "Service-Name-Error", "SERVICE_NAME_ERROR" },
	{ 0x0202, "AC-System-Error", "AC_SYSTEM_ERROR" },
	{ 0x0203, "Generic-Error", "GENERIC_ERROR" },
};
static const struct names tag_names = {
	"pppoe-tag", tag_rows, sizeof tag_rows / sizeof *tag_rows,
};
static const struct name code_rows[] = {
	{ 0x00, "Session data", "SESSION" },
	{ 0x07, "PPPoE Active Discovery Offer", "PADO" },
	{ 0x09, "PPPoE Active Discovery Initiation", "PADI" },
	{ 0x19, "PPPoE Active Discovery Request", "PADR" },
	{ 0x65, "PPPoE Active Discovery Session-confirmation", "PADS" },
	{ 0xa7, "PPPoE Active Discovery Terminate", "PADT" },
};
static const struct names code_names = {
	"pppoe-code", code_rows, sizeof code_rows / sizeof *code_rows,
};

/*
 * +-----------------+-----------------+
 * |    TAG_TYPE     |   TAG_LENGTH    |
 * |  TAG_VALUE ...
 */
static const struct field tag_fields[] = {
	{ .name = "type", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX,
	  .style = STYLE_HEAD, .names = &tag_names },
	{ .name = "length", .kind = FIELD_UINT, .bits = 16, .derive = DERIVE_SIZE, .ref = 2 },
	{ .name = "value", .kind = FIELD_SIZED, .ref = 1, .show = SHOW_TEXT },
};
static const struct desc tag_desc = {
	.name = "tag", .title = "PPPoE tag", .rfc = "RFC 2516, 4", DESC_FIELDS(tag_fields),
};

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  VER  | TYPE  |      CODE     |          SESSION_ID           |
 * |            LENGTH             |  tags (discovery) or PPP ...
 */
static const struct field pppoe_fields[] = {
	{ .name = "version", .kind = FIELD_UINT, .bits = 4, .style = STYLE_HIDDEN },
	{ .name = "type", .kind = FIELD_UINT, .bits = 4, .style = STYLE_HIDDEN },
	{ .name = "code", .kind = FIELD_UINT, .bits = 8, .names = &code_names },
	{ .name = "session", .kind = FIELD_UINT, .bits = 16, .show = SHOW_HEX },
	{ .name = "length", .kind = FIELD_UINT, .bits = 16, .derive = DERIVE_OUTSIDE },
	{ .name = "tags", .kind = FIELD_LIST, .elem = &tag_desc },
};
const struct desc pppoe_desc = {
	.name = "pppoe", .title = "PPP over Ethernet", .rfc = "RFC 2516, 4",
	DESC_FIELDS(pppoe_fields),
};

enum { PPPOE_SIZE = 6, PPPOE_VERSION = 0x11, CODE_SESSION = 0 };

void pppoe_decode(struct wire *w, struct packet *p)
{
	(void)w;
	packet_ahead(p);
	struct reader r = reader_of(p->rest);
	uint8_t version = read_u8(&r), code = read_u8(&r);
	read_u16(&r);
	uint16_t length = read_u16(&r);
	if (r.bad) {
		packet_short(p, "PPPoE", PPPOE_SIZE);
		return;
	}
	if (version != PPPOE_VERSION)
		packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
			       "PPPoE version and type %02x, needs %02x", version,
			       PPPOE_VERSION);
	packet_declared(p, "PPPoE", PPPOE_SIZE + (size_t)length);
	if (code == CODE_SESSION) {
		if (packet_push(p, LAYER_PPPOE, PPPOE_SIZE))
			packet_next(p, SPACE_LAYER, LAYER_PPP);
		return;
	}
	packet_push(p, LAYER_PPPOE, p->rest.n);
	p->done = true;
}
