/* SPDX-License-Identifier: BSD-2-Clause
 * The rungs of each IKE SA's ladder: one for a message, one for a run of
 * retransmissions or of the fragments of one message (RFC 7383). The first ones
 * and the last ones are kept, see STORY_EVENTS_MAX. */
#include "dissect/story_private.h"

#include "dissect/view_private.h"
#include "ipsec/ike/payload.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAYLOADS_TOLD = 24, PAYLOAD_IDR = 36,
       NOTIFY_STATUS = 16384 };	/* RFC 7296, 3.10.1: below are errors */

static void payload_text(struct text *t, const struct node *n, int version)
{
	if (n->number != PAYLOAD_NOTIFY || version == 1 || NOTIFY_TYPE >= n->present) {
		view_payload_name(t, n, version);
		return;
	}
	text_add(t, "N(");
	view_value(t, n, NOTIFY_TYPE);
	text_char(t, ')');
}

static bool is_error(const struct node *n, int version)
{
	return version != 1 && n->number == PAYLOAD_NOTIFY &&
	       node_uint(n, NOTIFY_TYPE, NOTIFY_STATUS) < NOTIFY_STATUS;
}

static bool is_closed(const struct ike_message *m)
{
	return (m->sealed && !m->decrypted) || (m->sk && !m->decrypted);
}

/* What the message holds; *bad when an error is among it. */
static const char *payloads_text(struct story *s, const struct ike_message *m, bool *bad)
{
	struct text t = { 0 };
	struct payloads w = view_payloads(m);
	const struct node *n;
	int version = ike_version(m);
	if (is_closed(m))
		return m->icv == ICV_BAD ? "closed: no key fits" : "closed";
	for (unsigned i = 0; (n = view_payload_next(&w)); i++) {
		*bad = *bad || is_error(n, version);
		if (i > PAYLOADS_TOLD)
			continue;
		if (i)
			text_char(&t, ' ');
		if (i == PAYLOADS_TOLD)
			text_add(&t, "...");
		else
			payload_text(&t, n, version);
	}
	const char *shared = story_share(s, span_of(t.p, t.n));
	text_done(&t);
	return shared;
}

static const char *label_text(struct story *s, const struct ike_message *m, bool request)
{
	struct text t = { 0 };
	view_ike_word(&t, m);
	if (ike_version(m) != 1)
		text_add(&t, request ? " request" : " response");
	text_char(&t, ' ');
	text_dec(&t, node_uint(m->header, IKE_MESSAGE_ID, 0));
	const char *shared = story_share(s, span_of(t.p, t.n));
	text_done(&t);
	return shared;
}

/* An address or a name; NULL for identities of other kinds. */
static const char *id_text(struct story *s, const struct node *id)
{
	const struct node *data = node_kid(id, ID_DATA);
	struct span octets = data ? node_bytes(data, 0) : node_bytes(id, ID_DATA);
	struct text t = { 0 };
	switch (node_uint(id, ID_TYPE, 0)) {
	case 1:
		if (octets.n == 4)
			text_ipv4(&t, octets.p);
		break;
	case 5:
		if (octets.n == 16)
			text_ipv6(&t, octets.p);
		break;
	case 2: case 3:
		text_escape(&t, span_part(octets, 0, 255));
		break;
	default:
		break;
	}
	const char *text = t.n ? story_share(s, span_of(t.p, t.n)) : NULL;
	text_done(&t);
	return text;
}

/* The initiator may say whom it wants to speak to (RFC 7296, 1.2 and 2.6). */
static void take_asked_id(struct story *s, struct story_ike *k, const struct ike_message *m)
{
	if (k->asked_id || ike_version(m) != 2 || !m->inner)
		return;
	for (const struct node *n = m->inner; n; n = n->next)
		if (n->number == PAYLOAD_IDR && n->present > ID_DATA)
			k->asked_id = id_text(s, n);
}

/* ---- the IKE SA's story ---- */

static struct story_ike *ike_new(struct story *s, struct ike_sa *sa)
{
	struct story_ike *k = s->tables->spare;
	if (k)
		s->tables->spare = k->next;
	else
		k = arena_alloc(&s->arena, sizeof *k);
	*k = (struct story_ike){ .sa = sa, .prev = s->ikes_last };
	*(s->ikes_last ? &s->ikes_last->next : &s->ikes) = k;
	s->ikes_last = k;
	sa->user = k;
	return k;
}

/* Room for one more event: the newest of the last half push out the oldest of it. */
static struct story_event *event_room(struct story_ike *k)
{
	const size_t half = STORY_EVENTS_MAX / 2;
	if (k->event_count == STORY_EVENTS_MAX) {
		memmove(k->events + half, k->events + half + 1, (half - 1) * sizeof *k->events);
		k->left_out++;
		return &k->events[STORY_EVENTS_MAX - 1];
	}
	if (k->event_count == k->event_room) {
		k->event_room = (uint16_t)(k->event_room ? k->event_room * 2 : 4);
		if (k->event_room > STORY_EVENTS_MAX)
			k->event_room = STORY_EVENTS_MAX;
		k->events = realloc(k->events, k->event_room * sizeof *k->events);
		if (!k->events)
			abort();	/* as the arena does */
	}
	return &k->events[k->event_count++];
}

/* ---- ends and paths ---- */

/* The addresses that the message came with; NULL: it has none (no IP layer). */
static const struct ip_info *path_of(const struct packet *p, const struct ike_message *m)
{
	uint32_t i = p->layer_count;
	while (i && !(p->layers[i - 1].type->kind == LAYER_IKE && p->layers[i - 1].ike == m))
		i--;
	for (; i; i--)
		if (p->layers[i - 1].type->kind == LAYER_IPV4 ||
		    p->layers[i - 1].type->kind == LAYER_IPV6)
			return p->layers[i - 1].ip;
	return NULL;
}

static const char *path_text(struct story *s, const struct ip_info *ip)
{
	struct text t = { 0 };
	view_addr(&t, &ip->src);
	text_add(&t, " > ");
	view_addr(&t, &ip->dst);
	const char *path = story_share(s, span_of(t.p, t.n));
	text_done(&t);
	return path;
}

/* MOBIKE: the same message between other addresses than those in use finds out
 * whether that path works (RFC 4555, 3.5 and 3.10). */
static void take_probe(struct story *s, struct story_ike *k, struct story_event *e,
		       const struct ip_info *ip)
{
	const struct addr *from = &k->sa->end[e->from].addr, *to = &k->sa->end[!e->from].addr;
	if (!e->repeated || !ip || (addr_equal(&ip->src, from) && addr_equal(&ip->dst, to)) ||
	    !(k->sa->end[0].can & k->sa->end[1].can & IKE_CAN_MOBIKE))
		return;
	const char *path = path_text(s, ip), *what = e->request ?
		"the same request over another path, to see whether it works: " :
		"the same answer over another path: ";
	char remark[160];
	snprintf(remark, sizeof remark, "%s%s", what, path);
	e->repeated = false;
	e->probe = true;
	e->remark = story_share(s, span_text(remark));
	if (k->probes[e->from]++)
		return;
	k->probe_frame[e->from] = e->frame;
	k->probe_path[e->from] = path;
}

/* The session is as far as this message. */
static void take_ends(struct story_ike *k, uint64_t frame)
{
	for (int i = 0; i < 2; i++) {
		const struct ike_end *e = &k->sa->end[i];
		if (!k->addr[i].family) {
			k->addr[i] = e->addr;
			k->port[i] = e->port;
		}
		k->moves[i] += e->moved_frame == frame;
	}
}

/* ---- rungs ---- */

static bool is_same(const struct story_event *e, const struct story_event *new)
{
	return e->label == new->label && e->from == new->from && e->request == new->request &&
	       e->probe == new->probe && e->note == new->note;
}

/* The last event of this kind: a note between them does not part retransmissions,
 * nor they a note. */
static struct story_event *last_event(struct story_ike *k, bool note)
{
	uint32_t n = k->event_count;
	if (n && k->events[n - 1].note != note)
		n--;
	return n && k->events[n - 1].note == note ? &k->events[n - 1] : NULL;
}

static void sent_again(struct story_event *last, const struct story_event *new)
{
	int64_t ms = (new->seconds - last->seconds) * 1000 +
		     ((int64_t)new->nanoseconds - last->nanoseconds) / 1000000;
	if (last->times <= STORY_AGAIN_MAX)
		last->again_ms[last->times - 1] = ms < 0 ? 0 : ms > UINT32_MAX ? UINT32_MAX :
						  (uint32_t)ms;
	last->times++;
}

/* A further fragment, or the same message again, right behind the first: no event
 * of its own. */
static bool joins(struct story_event *last, const struct story_event *new)
{
	if (!is_same(last, new))
		return false;
	if ((new->repeated || new->note) && last->times < UINT16_MAX) {
		sent_again(last, new);
		return true;
	}
	if (!last->fragments || !new->fragments || new->repeated)
		return false;
	last->fragments = new->fragments;
	if (new->payloads)
		last->payloads = new->payloads;
	last->bad |= new->bad;
	if (new->remark)
		last->remark = new->remark;
	return true;
}

void story_ladder_message(struct story *s, const struct packet *p, const struct ike_message *m)
{
	const struct ike_turn *turn = m->turn;
	if (!turn || !turn->sa || turn->sa->forgotten)
		return;
	struct story_ike *k = turn->sa->user ? turn->sa->user : ike_new(s, turn->sa);
	struct story_event e = {
		.frame = p->frame.number, .seconds = p->frame.seconds,
		.nanoseconds = p->frame.nanoseconds, .from = turn->from, .request = turn->request,
		.repeated = turn->repeats != 0, .times = 1, .fragments = m->total,
		.bad = m->icv == ICV_BAD, .octets = (uint16_t)m->octets.n,
	};
	take_ends(k, e.frame);
	if (turn->request && turn->from == IKE_INITIATOR)
		take_asked_id(s, k, m);
	bool inside_later = m->total && m->decrypted && !m->inner;
	e.label = label_text(s, m, turn->request);
	e.payloads = inside_later ? NULL : payloads_text(s, m, &e.bad);
	e.remark = turn->said ? story_share(s, span_text(turn->said)) : NULL;
	take_probe(s, k, &e, path_of(p, m));
	struct story_event *last = last_event(k, false);
	if (last && joins(last, &e))
		return;
	if (!e.payloads)
		e.payloads = "";
	*event_room(k) = e;
}

/* ---- what ICMP says ---- */

enum { IKES_LOOKED_AT = 64 };

static struct story_ike *ike_of(const struct story *s, const uint8_t spi_i[8])
{
	struct story_ike *k = s->ikes_last;
	for (unsigned n = 0; k && n < IKES_LOOKED_AT; n++, k = k->prev)
		if (memcmp(k->sa->spi_i, spi_i, 8) == 0)
			return k;
	return NULL;
}

void story_ladder_icmp(struct story *s, const struct frame *f, const struct story_unreachable *u,
		       const uint8_t spi_i[8])
{
	struct story_ike *k = ike_of(s, spi_i);
	char label[80], remark[120];
	if (!k)
		return;
	snprintf(label, sizeof label, "%s type %u code %u", u->v6 ? "ICMPv6" : "ICMP", u->type, u->code);
	snprintf(remark, sizeof remark, "%s says: %s", story_addr(s, &u->from), story_icmp_words(u));
	struct story_event e = {
		.frame = f->number, .seconds = f->seconds, .nanoseconds = f->nanoseconds,
		.from = addr_equal(&u->about, &k->sa->end[IKE_INITIATOR].addr) ? IKE_INITIATOR :
			IKE_RESPONDER, .note = true, .bad = true, .times = 1, .payloads = "",
		.label = story_share(s, span_text(label)),
		.remark = story_share(s, span_text(remark)),
	};
	struct story_event *last = last_event(k, true);
	if (!last || !joins(last, &e))
		*event_room(k) = e;
}
