/* SPDX-License-Identifier: BSD-2-Clause
 * What ICMP (RFC 792, RFC 1191) and ICMPv6 (RFC 4443) errors say about packets of
 * IKE, ESP and AH: that nobody is there, and what the path carries. They are not
 * authenticated: the story tells them as what somebody says, in the ladder of the
 * IKE SA too whose message they quote. */
#include "dissect/story_private.h"

#include "ipsec/wire/layers.h"

struct quoted {
	struct addr dst;
	uint8_t protocol;
	uint16_t sport, dport;
	uint8_t spi_i[8];		/* of the IKE message, if the quote is that long */
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
	read_u32(&r);
	struct span rest = read_rest(&r);
	if (rest.n >= 4 && span_is_zero(span_part(rest, 0, 4)))
		rest = span_from(rest, 4);	/* RFC 3948, 2.2 */
	if (q->protocol == PROTOCOL_UDP && !r.bad && rest.n >= sizeof q->spi_i)
		memcpy(q->spi_i, rest.p, sizeof q->spi_i);
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
	struct story_unreachable said = {
		.about = q.dst, .from = ip->ip->src, .v6 = v6, .type = type, .code = code,
		.mtu = !big ? 0 : v6 ? word : word & 0xffff, .frame = p->frame.number, .times = 1 };
	take(s, &said);
	if (!big && q.protocol == PROTOCOL_UDP)
		story_ladder_icmp(s, &p->frame, &said, q.spi_i);
}

/* ---- in words ---- */

enum meaning { NO_PORT, CLOSED, NO_WAY };

/* RFC 792 and RFC 1812, 5.2.7.1; RFC 4443, 3.1 */
static enum meaning meaning_of(const struct story_unreachable *u)
{
	if (u->code == (u->v6 ? 4 : 3))
		return NO_PORT;
	if (u->v6 ? u->code == 1 : u->code == 9 || u->code == 10 || u->code == 13)
		return CLOSED;
	return NO_WAY;
}

const char *story_icmp_words(const struct story_unreachable *u)
{
	static const char *const words[] = {
		"nobody listens on that port: no IKE daemon runs there, or a firewall rejects it",
		"a firewall forbids it", "no way leads there" };
	return words[meaning_of(u)];
}

const char *story_icmp_advice(const struct story_unreachable *u)
{
	static const char *const names[] = { "icmp-port", "icmp-closed", "icmp-route" };
	return names[meaning_of(u)];
}

const struct story_unreachable *story_icmp_about(const struct story *s, const struct story_ike *k,
						 enum ike_side side)
{
	const struct story_unreachable *u = s->unreachable;
	while (u && (u->mtu || !(addr_equal(&u->about, &k->sa->end[side].addr) ||
				 addr_equal(&u->about, story_end_addr(k, side)))))
		u = u->next;
	return u;
}
