/* SPDX-License-Identifier: BSD-2-Clause
 * What the layers of this room share: their decode functions and field tables,
 * and a few helpers. A decode function reads the layer at p->rest, pushes it
 * and sets what comes next, or makes the rest a data layer and ends the packet.
 * The field tables are for views and encoding; the packet path does not use
 * them. */
#ifndef IKAT_WIRE_LAYERS_H
#define IKAT_WIRE_LAYERS_H

#include "ipsec/base/reader.h"
#include "ipsec/ike/node.h"
#include "ipsec/wire/packet.h"

/* IANA's protocol numbers; PROTOCOL_ESP and PROTOCOL_AH are in sa.h. */
enum {
	PROTOCOL_HOPOPTS = 0, PROTOCOL_ICMP = 1, PROTOCOL_IPV4 = 4, PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17, PROTOCOL_IPV6 = 41, PROTOCOL_ROUTING = 43, PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47, PROTOCOL_ICMPV6 = 58, PROTOCOL_NONE = 59,
	PROTOCOL_DSTOPTS = 60, PROTOCOL_BEETPH = 94, PROTOCOL_IPCOMP = 108, PROTOCOL_L2TP = 115,
	PROTOCOL_MPLS = 137,
};

enum { PORT_IKE = 500, PORT_L2TP = 1701, PORT_NATT = 4500, PORT_VXLAN = 4789 };

/* Each of them: (struct wire *, struct packet *), as struct layer_type says. */
void ethernet_decode(struct wire *w, struct packet *p);
void vlan_decode(struct wire *w, struct packet *p);
void sll_decode(struct wire *w, struct packet *p);
void sll2_decode(struct wire *w, struct packet *p);
void null_decode(struct wire *w, struct packet *p);
void ipv4_decode(struct wire *w, struct packet *p);
void ipv6_decode(struct wire *w, struct packet *p);
void hopopts_decode(struct wire *w, struct packet *p);
void routing_decode(struct wire *w, struct packet *p);
void fragment_decode(struct wire *w, struct packet *p);
void dstopts_decode(struct wire *w, struct packet *p);
void gre_decode(struct wire *w, struct packet *p);
void udp_decode(struct wire *w, struct packet *p);
void keepalive_decode(struct wire *w, struct packet *p);
void marker_decode(struct wire *w, struct packet *p);
void tcp_decode(struct wire *w, struct packet *p);
void icmp_decode(struct wire *w, struct packet *p);
void icmpv6_decode(struct wire *w, struct packet *p);
void ipcomp_decode(struct wire *w, struct packet *p);
void esp_decode(struct wire *w, struct packet *p);
void ah_decode(struct wire *w, struct packet *p);
void ike_decode(struct wire *w, struct packet *p);
void beetph_decode(struct wire *w, struct packet *p);
void macsec_decode(struct wire *w, struct packet *p);
void mpls_decode(struct wire *w, struct packet *p);
void pw_decode(struct wire *w, struct packet *p);
void pppoe_decode(struct wire *w, struct packet *p);
void ppp_decode(struct wire *w, struct packet *p);
void nflog_decode(struct wire *w, struct packet *p);
void vxlan_decode(struct wire *w, struct packet *p);
void l2tp_decode(struct wire *w, struct packet *p);
void l2tp_avps_decode(struct wire *w, struct packet *p);
void l2tpv3_decode(struct wire *w, struct packet *p);
void l2tpv3_udp_decode(struct wire *w, struct packet *p);
void l2tpv3_control_decode(struct wire *w, struct packet *p);
void iketcp_decode(struct wire *w, struct packet *p);
void tcp_message_decode(struct wire *w, struct packet *p);

extern const struct desc ethernet_desc, vlan_desc, sll_desc, sll2_desc, null_desc;
extern const struct desc ipv4_desc, ipv6_desc, hopopts_desc, routing_desc, fragment_desc,
	dstopts_desc;
extern const struct desc gre_desc, udp_desc, tcp_desc, icmp_desc, icmpv6_desc, ipcomp_desc;
extern const struct desc esp_desc, ah_desc, beetph_desc;
extern const struct desc macsec_desc, mpls_desc, pw_desc, pppoe_desc, hdlc_desc, ppp_desc,
	ppp_pfc_desc, nflog_desc, vxlan_desc;
extern const struct desc l2tp_desc, l2tp_avps_desc, l2tpv3_desc, l2tpv3_udp_desc,
	l2tpv3_control_desc;
extern const struct desc iketcp_desc, tcp_message_desc;

/* "echo request"; NULL for what has no common name. */
const char *icmp_type_name(uint8_t type);
const char *icmpv6_type_name(uint8_t type);
/* "SYN ACK", in the header's order; "" for none. Text in the arena. */
const char *tcp_flags_text(uint8_t flags, struct arena *a);

/* Do the octets look like an Ethernet header and the begin of what it carries?
 * For what may be something else. */
bool ethernet_plausible(struct span s);

/* Where the read head stands in its buffer. */
static inline size_t packet_offset(const struct packet *p)
{
	return (size_t)(p->rest.p - p->buffers[p->buffer_now].octets.p);
}

/* Findings from now on belong to the layer that is about to be pushed. */
static inline void packet_ahead(struct packet *p)
{
	if (p->rest.n && p->layer_count < PACKET_LAYERS)
		p->findings.layer = p->layer_count;
}

/* The kind of the layer pushed last; LAYER_KINDS when there is none. */
static inline enum layer_kind packet_below(const struct packet *p)
{
	return p->layer_count ? p->layers[p->layer_count - 1].type->kind : LAYER_KINDS;
}

/* The length that an IPv4 (protocol 4) or IPv6 (41) packet itself declares;
 * SIZE_MAX for other protocols and where it does not say. */
size_t ip_length(uint8_t protocol, struct span packet);
/* Octets that the wire had behind the read head's octets and the capture does
 * not hold; 0 too where something else than the capture ended them. */
size_t packet_missing(const struct packet *p);
/* The header at the head needs `need` octets and has not got them: a finding
 * (a note where the capture was cut), the rest is data. */
void packet_short(struct packet *p, const char *name, size_t need);
/* Ends the head's octets where a declared length n (from the head on) says.
 * False, with a finding, where the wire had fewer; where only the capture has
 * fewer, p->cut is set. `name` is the header's, for the text. */
bool packet_declared(struct packet *p, const char *name, size_t n);

/* How bad a wrong checksum of TCP, UDP or ICMP at the read head is, and why, for
 * the end of a text. Outside of IPsec it is only worth a note: captures are full
 * of those that an interface would have completed. What an SA carries was whole
 * when it was sent; but a NAT below transport mode breaks it (RFC 3948, 3.1.2),
 * and octets whose ICV nobody checked prove nothing. */
enum severity packet_sum_severity(const struct packet *p, const char **why);
/* The same octets were protected by ESP or AH. */
bool packet_protected(const struct packet *p);
/* The sum of the head's octets with the pseudo header of the IP layer below.
 * False when it means nothing: the capture was cut, there is no IP layer, a
 * routing header hides the final destination, or BEET mode the addresses. */
bool packet_sum(const struct packet *p, uint8_t protocol, uint64_t *sum);

#endif
