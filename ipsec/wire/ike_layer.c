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
	ike_opener_open(w->opener, l->ike, p->arena, &p->findings);
	shift(last ? last->next : p->findings.first, l->offset);
	if (!p->copy_of)
		w->counts.ike++;
	p->done = true;
}
