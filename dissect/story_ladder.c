/* SPDX-License-Identifier: BSD-2-Clause
 * The rungs of each IKE SA's ladder: one for a message, one for a run of
 * retransmissions or of the fragments of one message (RFC 7383). The first ones
 * and the last ones are kept, see STORY_EVENTS_MAX. */
#include "dissect/story_private.h"

#include "dissect/view_private.h"
#include "ipsec/ike/payload.h"

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

static bool is_same(const struct story_event *e, const struct story_event *new)
{
	return e->label == new->label && e->from == new->from && e->request == new->request;
}

/* A further fragment, or the same message again, right behind the first: no event
 * of its own. */
static bool joins(struct story_event *last, const struct story_event *new)
{
	if (!is_same(last, new))
		return false;
	if (new->repeated && last->times < UINT16_MAX) {
		last->times++;
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
	if (!turn || !turn->sa)
		return;
	struct story_ike *k = turn->sa->user ? turn->sa->user : ike_new(s, turn->sa);
	struct story_event e = {
		.frame = p->frame.number, .seconds = p->frame.seconds,
		.nanoseconds = p->frame.nanoseconds, .from = turn->from, .request = turn->request,
		.repeated = turn->repeats != 0, .times = 1, .fragments = m->total,
		.bad = m->icv == ICV_BAD, .octets = (uint16_t)m->octets.n,
	};
	if (turn->request && turn->from == IKE_INITIATOR)
		take_asked_id(s, k, m);
	bool inside_later = m->total && m->decrypted && !m->inner;
	e.label = label_text(s, m, turn->request);
	e.payloads = inside_later ? NULL : payloads_text(s, m, &e.bad);
	e.remark = turn->said ? story_share(s, span_text(turn->said)) : NULL;
	if (k->event_count && joins(&k->events[k->event_count - 1], &e))
		return;
	if (!e.payloads)
		e.payloads = "";
	*event_room(k) = e;
}
