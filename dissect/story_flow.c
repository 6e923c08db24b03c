/* SPDX-License-Identifier: BSD-2-Clause
 * The numbers of each ESP and AH SA: packets, octets, sequence numbers, time.
 * This is the part of `ikat explain` that runs for every packet: once an SA is
 * known its flow hangs on it, and a packet costs a few additions. */
#include "dissect/story_private.h"

#include "ipsec/wire/layers.h"

enum { SEEN = 64 };	/* packets, of the window for SAs without a key */

/* ---- finding the flow ---- */

static uint64_t name_hash(uint8_t protocol, uint32_t spi, const struct addr *dst)
{
	uint8_t b[22] = { protocol, dst->family };
	memcpy(b + 2, &spi, 4);
	memcpy(b + 6, dst->b, 16);
	return story_hash(span_of(b, sizeof b));
}

static struct story_flow *flow_new(struct story *s, uint8_t protocol, uint32_t spi,
				   const struct addr *dst)
{
	if (s->flow_count == STORY_FLOWS_MAX) {
		s->flows_left_out++;
		return NULL;
	}
	struct story_flow *f = arena_alloc(&s->arena, sizeof *f);
	f->protocol = protocol;
	f->spi = spi;
	f->dst = *dst;
	s->flow_count++;
	if (s->tables->timed < STORY_TIMED) {
		s->tables->timed++;
		f->slices = arena_alloc(&s->arena, STORY_SLICES * sizeof *f->slices);
	}
	f->slice_shift = s->tables->slice_shift;
	*s->flows_tail = f;
	s->flows_tail = &f->next;
	return f;
}

static struct story_flow **unknown_find(struct story *s, uint8_t protocol, uint32_t spi,
					const struct addr *dst)
{
	uint64_t hash = name_hash(protocol, spi, dst);
	struct story_flow **f = &s->tables->unknown[hash & (HASH_SLOTS - 1)];
	while (*f && !((*f)->spi == spi && (*f)->protocol == protocol && addr_equal(&(*f)->dst, dst)))
		f = &(*f)->hash_next;
	return f;
}

/* Anybody can make up SPIs: only so many of them are told apart. */
static struct story_flow *unknown_flow(struct story *s, uint8_t protocol, uint32_t spi,
				       const struct addr *dst)
{
	struct story_flow **f = unknown_find(s, protocol, spi, dst);
	if (*f)
		return *f;
	if (s->unknown_count == STORY_UNKNOWN_MAX) {
		s->flows_left_out++;
		return NULL;
	}
	struct story_flow *new = flow_new(s, protocol, spi, dst);
	if (new) {
		s->unknown_count++;
		*f = new;
	}
	return new;
}

/* The flow of an SA that a key fits; its packets before the key came count too. */
static struct story_flow *known_flow(struct story *s, struct sa *sa)
{
	if (sa->user)
		return sa->user;
	struct story_flow **unknown = unknown_find(s, sa->protocol, sa->spi, &sa->dst);
	struct story_flow *f = *unknown;
	if (f) {
		*unknown = f->hash_next;
		s->unknown_count--;
	} else {
		f = flow_new(s, sa->protocol, sa->spi, &sa->dst);
	}
	if (f)
		f->sa = sa;
	sa->user = f;
	return f;
}

/* ---- octets ---- */

/* The IP packet's own idea of its size: the capture may hold less of it. */
static uint32_t ip_size(const struct layer *ip)
{
	const uint8_t *b = ip->octets.p;
	uint32_t n = 0;
	if (ip->type->kind == LAYER_IPV4 && ip->octets.n >= 20)
		n = (uint32_t)b[2] << 8 | b[3];
	else if (ip->octets.n >= 40)
		n = ((uint32_t)b[4] << 8 | b[5]) + 40;
	return n > ip->octets.n ? n : (uint32_t)ip->whole.n;
}

/* What stands between the IP header and the ESP or AH header. */
struct around {
	const struct layer *ip;		/* NULL: none */
	uint32_t outer;			/* octets of the outer packet */
	uint32_t header;		/* of its IP headers */
	uint32_t before;		/* of everything before the ESP or AH header */
	bool udp, tcp;
};

static struct around around_of(const struct packet *p, uint32_t at)
{
	struct around a = { 0 };
	const struct layer *l = &p->layers[at];
	uint32_t between = 0, extensions = 0;
	for (uint32_t i = at; i-- > 0;) {
		const struct layer *k = &p->layers[i];
		uint32_t n = (uint32_t)k->octets.n;
		switch (k->type->kind) {
		case LAYER_IPV4:
		case LAYER_IPV6:
			a.ip = k;
			a.header = n + extensions;
			a.before = n + between;
			a.outer = a.tcp ? (uint32_t)l->whole.n : ip_size(k);
			return a;
		case LAYER_UDP: a.udp = true; break;
		case LAYER_TCP: a.tcp = true; break;
		case LAYER_HOPOPTS: case LAYER_ROUTING: case LAYER_FRAGMENT: case LAYER_DSTOPTS:
			extensions += n;
			break;
		case LAYER_ESP: n = 8u + k->esp->iv_size; break;
		default: break;
		}
		between += n;
	}
	a.outer = (uint32_t)l->whole.n;
	return a;
}

/* Octets that were inside; 0 for a dummy. */
static uint32_t inner_size(const struct esp_info *i)
{
	if (i->next_header == PROTOCOL_NONE)
		return 0;
	return (uint32_t)i->payload.n - (i->tfc_length < i->payload.n ? i->tfc_length : 0);
}

static void count_inside(struct story_flow *f, const struct layer *l, const struct around *a)
{
	const struct esp_info *i = l->esp;
	uint32_t inner = inner_size(i);
	uint32_t before = inner && i->mode != SA_MODE_TUNNEL ? inner + a->header : inner;
	uint32_t own = l->type->kind == LAYER_AH ? (uint32_t)l->octets.n : 8u + i->iv_size;
	f->overhead_bytes += a->outer > inner ? a->outer - inner : 0;
	f->added_bytes += a->outer > before ? a->outer - before : 0;
	f->mode = (uint8_t)i->mode;
	f->around = (uint16_t)(a->before + own);
	f->ip_header = (uint16_t)a->header;
	f->iv_size = (uint8_t)i->iv_size;
	f->icv_size = (uint8_t)i->icv_size;
	if (i->next_header == PROTOCOL_NONE) {
		f->dummies++;
		return;
	}
	f->inner_packets++;
	f->inner_bytes += inner;
	if (before > f->largest_inner)
		f->largest_inner = before;
	if (i->tfc_length) {
		f->tfc_packets++;
		f->tfc_bytes += i->tfc_length;
	}
}

/* ---- sequence numbers ---- */

static void seq_new(struct story_flow *f, uint64_t seq)
{
	if (f->accepted++ == 0) {
		f->first_seq = f->last_seq = f->lowest_seq = seq;
	} else if (seq > f->last_seq) {
		f->last_seq = seq;
	} else {
		f->reordered++;
		if (seq < f->lowest_seq)
			f->lowest_seq = seq;
	}
}

/* Without a key sequence numbers are only what the packets claim: a window of 64
 * of our own, and 64-bit numbers where they wrap (RFC 4303, appendix A, takes the
 * nearest too). */
static void seq_unchecked(struct story_flow *f, uint32_t low)
{
	uint64_t seq = f->accepted ? f->last_seq + (uint64_t)(int64_t)(int32_t)(low - (uint32_t)f->last_seq)
		: low;
	if (f->accepted && seq > f->last_seq + UINT32_MAX)
		seq = low;	/* before 0 */
	uint64_t ahead = f->accepted && seq > f->last_seq ? seq - f->last_seq : 0;
	uint64_t behind = f->accepted && seq <= f->last_seq ? f->last_seq - seq : 0;
	if (!f->accepted || ahead) {
		f->seen = ahead >= SEEN ? 1 : f->seen << ahead | 1;
	} else if (behind >= SEEN) {
		f->too_old++;
		return;
	} else if (f->seen >> behind & 1) {
		f->duplicates++;
		return;
	} else {
		f->seen |= (uint64_t)1 << behind;
	}
	seq_new(f, seq);
}

/* The first packet that a key proves starts the count anew. */
static void seq_restart(struct story_flow *f)
{
	f->seen = f->accepted = f->reordered = f->duplicates = f->too_old = 0;
}

static void count_seq(struct story_flow *f, const struct esp_info *i)
{
	uint64_t seq = (uint64_t)i->seq_high << 32 | i->seq;
	if (i->icv != ICV_GOOD) {
		if (!f->proven)
			seq_unchecked(f, i->seq);
		return;
	}
	if (!f->proven)
		seq_restart(f);
	f->proven = true;
	f->key = i->key;
	switch (i->replay) {
	case REPLAY_NEW: seq_new(f, seq); break;
	case REPLAY_DUPLICATE: f->duplicates++; break;
	case REPLAY_TOO_OLD: f->too_old++; break;
	case REPLAY_UNCHECKED: break;
	}
}

/* ---- time ---- */

/* Halves the number of slices that are in use, until the flow's are as long as
 * the story's. */
static void slices_fold(struct story_flow *f, uint8_t shift)
{
	for (; f->slice_shift < shift; f->slice_shift++) {
		for (unsigned i = 0; i < STORY_SLICES / 2; i++)
			f->slices[i] = f->slices[2 * i] + f->slices[2 * i + 1];
		memset(f->slices + STORY_SLICES / 2, 0, STORY_SLICES / 2 * sizeof *f->slices);
	}
}

static void count_time(struct story *s, struct story_flow *f, const struct frame *at)
{
	if (f->packets == 1) {
		f->first_frame = at->number;
		f->first_seconds = at->seconds;
		f->first_nanoseconds = at->nanoseconds;
	}
	f->last_frame = at->number;
	f->last_seconds = at->seconds;
	f->last_nanoseconds = at->nanoseconds;
	if (!f->slices)
		return;
	int64_t ms = (at->seconds - s->first_seconds) * 1000 +
		     ((int64_t)at->nanoseconds - s->first_nanoseconds) / 1000000;
	uint64_t since = ms < 0 ? 0 : (uint64_t)ms;
	uint8_t *shift = &s->tables->slice_shift;
	while (since >> *shift >= STORY_SLICES)
		++*shift;
	if (f->slice_shift != *shift)
		slices_fold(f, *shift);
	f->slices[since >> *shift]++;
}

/* ---- one packet ---- */

static void take_addresses(struct story_flow *f, const struct around *a)
{
	f->udp |= a->udp;
	f->tcp |= a->tcp;
	if (!a->ip || addr_equal(&f->src, &a->ip->ip->src))
		return;
	f->moved |= f->src.family != 0;
	f->src = a->ip->ip->src;
}

static void take_boxes(struct story *s, struct story_flow *f, const struct packet *p)
{
	struct story_box boxes[STORY_BOXES_MAX];
	size_t n = story_boxes(p, boxes, &s->arena);
	f->boxes = arena_raw(&s->arena, n * sizeof *boxes);
	memcpy(f->boxes, boxes, n * sizeof *boxes);
	f->box_count = (uint32_t)n;
}

/* AH hides nothing: what it carries is there without a key. */
static bool is_open(const struct layer *l)
{
	const struct esp_info *i = l->esp;
	return l->type->kind == LAYER_ESP ? i->decrypted : i->icv != ICV_BAD && !i->cut;
}

void story_flow_packet(struct story *s, const struct packet *p, uint32_t at)
{
	static const struct addr none = { 0 };
	const struct layer *l = &p->layers[at];
	const struct esp_info *i = l->esp;
	bool ah = l->type->kind == LAYER_AH;
	if (l->whole.n < (ah ? 12 : 8))
		return;		/* has no SPI and sequence number */
	struct around a = around_of(p, at);
	struct story_flow *f = i->sa ? known_flow(s, i->sa)
		: unknown_flow(s, ah ? PROTOCOL_AH : PROTOCOL_ESP, i->spi,
			       a.ip ? &a.ip->ip->dst : &none);
	if (!f)
		return;
	f->packets++;
	f->bytes += a.outer;
	if (a.outer > f->largest)
		f->largest = a.outer;
	if (!f->around)
		f->around = (uint16_t)(a.before + (ah ? l->octets.n : 8));
	f->icv_bad += i->icv == ICV_BAD;
	f->unchecked += i->icv == ICV_UNCHECKED;
	take_addresses(f, &a);
	count_time(s, f, &p->frame);
	if (i->icv == ICV_BAD)
		return;
	count_seq(f, i);
	if (!is_open(l))
		return;
	count_inside(f, l, &a);
	if (!f->key && i->decrypted)
		f->key = i->key;
	story_iv_packet(s, f, p, l, (uint64_t)i->seq_high << 32 | i->seq);
	if (!f->boxes && f->slices)
		take_boxes(s, f, p);
}

/* ---- the end ---- */

static void finish_algorithms(struct story_flow *f)
{
	const struct encr *encr = f->key ? f->key->encr : NULL;
	const struct integ *integ = f->key ? f->key->integ : NULL;
	const struct ike_choice *c = f->child ? &f->child->choice : NULL;
	if (!encr && c && c->has & CHOICE_ENCR)
		encr = encr_find(c->encr);
	if (!integ && c && c->has & CHOICE_INTEG)
		integ = integ_find(c->integ);
	if (encr)
		f->block = encr->block;
	if (f->inner_packets || f->dummies || f->protocol != PROTOCOL_ESP || !encr)
		return;
	f->iv_size = encr->iv;		/* closed, but IKE told the algorithms */
	f->icv_size = encr->icv ? encr->icv : integ ? integ->icv : 0;
	f->around = (uint16_t)(f->around + encr->iv);
}

void story_flow_finish(struct story *s, struct story_flow *f)
{
	struct ike_session *session = wire_session(s->wire);
	enum ike_side to = IKE_INITIATOR;
	if (f->slices)
		slices_fold(f, s->tables->slice_shift);
	f->missing = f->accepted ? f->last_seq - f->lowest_seq + 1 - f->accepted : 0;
	f->child = session ? ike_session_child(session, f->protocol, f->spi, &f->dst, &to) : NULL;
	f->to = (uint8_t)to;
	f->esn = f->proven ? f->sa && f->sa->esn : f->child && f->child->choice.has & CHOICE_SN &&
		 f->child->choice.esn == 1;
	if (f->mode == SA_MODE_UNKNOWN && f->child)
		f->mode = (uint8_t)f->child->mode;
	finish_algorithms(f);
}
