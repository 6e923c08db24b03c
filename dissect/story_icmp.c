/* SPDX-License-Identifier: BSD-2-Clause
 * What ICMP (RFC 792, RFC 1191) and ICMPv6 (RFC 4443) errors say about packets of
 * IKE, ESP and AH: that nobody is there, and what the path carries. They are not
 * authenticated: the story tells them as what somebody says. */
#include "dissect/story_private.h"

#include "ipsec/wire/layers.h"

struct quoted {
	struct addr dst;
	uint8_t protocol;
	uint16_t sport, dport;
};

/* The packet that the error quotes begins with its IP header. */
static bool read_quoted(struct span octets, bool v6, struct quoted *q)
{
	size_t header = 40;
	struct reader r;
	if (!octets.n || octets.p[0] >> 4 != (v6 ? 6 : 4))
		return false;
	if (!v6)
		header = (size_t)(octets.p[0] & 15) * 4;
	if (header < 20 || octets.n < header + 4)
		return false;
	q->protocol = octets.p[v6 ? 6 : 9];
	q->dst = addr_of(v6 ? 6 : 4, octets.p + (v6 ? 24 : 16));
	r = reader_of(span_from(octets, header));
	q->sport = read_u16(&r);
	q->dport = read_u16(&r);
	return true;
}

static bool is_ike_port(uint16_t port)
{
	return port == PORT_IKE || port == PORT_NATT;
}

static bool is_ours(const struct quoted *q)
{
	return q->protocol == PROTOCOL_ESP || q->protocol == PROTOCOL_AH ||
	       (q->protocol == PROTOCOL_UDP && (is_ike_port(q->sport) || is_ike_port(q->dport)));
}

static struct story_unreachable *find(struct story *s, const struct story_unreachable *new)
{
	struct story_unreachable *u = s->unreachable;
	while (u && !(u->type == new->type && u->code == new->code && u->v6 == new->v6 &&
		      u->mtu == new->mtu && addr_equal(&u->about, &new->about)))
		u = u->next;
	return u;
}

static void take(struct story *s, const struct story_unreachable *new)
{
	struct story_unreachable *u = find(s, new);
	if (u) {
		u->times++;
		return;
	}
	if (s->unreachable_count == STORY_UNREACHABLE_MAX)
		return;
	u = arena_alloc(&s->arena, sizeof *u);
	*u = *new;
	u->next = s->unreachable;
	s->unreachable = u;
	s->unreachable_count++;
}

void story_icmp_packet(struct story *s, const struct packet *p, uint32_t at)
{
	const struct layer *l = &p->layers[at];
	bool v6 = l->type->kind == LAYER_ICMPV6;
	struct reader r = reader_of(l->whole);
	struct quoted q;
	uint8_t type = read_u8(&r), code = read_u8(&r);
	read_u16(&r);
	uint32_t word = read_u32(&r);
	bool unreachable = v6 ? type == 1 : type == 3, big = v6 ? type == 2 : type == 3 && code == 4;
	if (r.bad || (!unreachable && !big) || !at || !read_quoted(read_rest(&r), v6, &q) ||
	    !is_ours(&q))
		return;
	const struct layer *ip = l;
	while (ip > p->layers && ip->type->kind != LAYER_IPV4 && ip->type->kind != LAYER_IPV6)
		ip--;
	if (ip->type->kind != LAYER_IPV4 && ip->type->kind != LAYER_IPV6)
		return;
	take(s, &(struct story_unreachable){
		.about = q.dst, .from = ip->ip->src, .v6 = v6, .type = type, .code = code,
		.mtu = !big ? 0 : v6 ? word : word & 0xffff, .frame = p->frame.number, .times = 1 });
}
