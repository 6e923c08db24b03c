/* SPDX-License-Identifier: BSD-2-Clause
 * An IKE message as a layer: decoded and opened in frame order, because it may
 * hold fragments and, later, keys. */
#include "ipsec/wire/layers.h"
#include "ipsec/wire/wire_private.h"

/* Findings of the message count from its own first octet; here they count from
 * the start of the layer's buffer. (Those inside of a message that was put
 * together have no place in this frame: theirs are behind the layer's start.) */
static void shift(struct finding *f, uint32_t by)
{
	for (; f; f = f->next)
		f->offset += by;
}

/* Where the message was seen. A port is 0 when what carries IKE has none. */
static struct ike_place place_of(const struct packet *p)
{
	struct ike_place at = {
		.frame = p->frame.number, .seconds = p->frame.seconds,
		.nanoseconds = p->frame.nanoseconds, .copy = p->copy_of != 0, .cut = p->cut,
	};
	if (p->ip) {
		at.src = p->ip->ip->src;
		at.dst = p->ip->ip->dst;
	}
	for (uint32_t i = p->layer_count; i-- > 0;) {
		const struct layer *l = &p->layers[i];
		if (l->type->kind == LAYER_UDP || l->type->kind == LAYER_TCP) {
			struct reader r = reader_of(l->octets);
			at.sport = read_u16(&r);
			at.dport = read_u16(&r);
			at.tcp = l->type->kind == LAYER_TCP;
			break;
		}
	}
	return at;
}

void ike_decode(struct wire *w, struct packet *p)
{
	if (!p->finishing) {
		p->ordered = true;
		return;
	}
	struct layer *l = packet_push(p, LAYER_IKE, p->rest.n);
	if (!l)
		return;
	struct finding *last = p->findings.last;
	if (p->cut)
		packet_finding(p, SEVERITY_NOTE, NULL, 0, "IKE message cut by the capture: %zu "
			       "octets are there", l->octets.n);
	/* Where the octets end is not the sender's doing then. */
	l->ike = ike_message_decode(l->octets, p->arena, p->cut ? NULL : &p->findings);
	struct ike_place at = place_of(p);
	ike_session_take(w->session, l->ike, &at, p->arena, p->cut ? NULL : &p->findings);
	if (ike_session_keys_added(w->session))
		sadb_keys_changed(w->sadb);
	shift(last ? last->next : p->findings.first, l->offset);
	if (!p->copy_of)
		w->counts.ike++;
	p->done = true;
}
