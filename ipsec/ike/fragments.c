/* SPDX-License-Identifier: BSD-2-Clause
 * Reassembly of IKE fragments: RFC 7383, 2.6. Only fragments whose ICV was good
 * come here. */
#include "ipsec/ike/fragments.h"

#include "ipsec/ike/opener.h"
#include "ipsec/ike/payload.h"

#include <stdlib.h>

struct piece {
	uint8_t *p;	/* NULL: not here yet */
	size_t n;
};

/* One message: the SPIs, the Message ID and who sent it identify it. */
struct set {
	uint8_t id[22];
	bool used;
	bool finished;		/* was complete once: what comes now is a retransmission */
	uint64_t age;		/* when its latest fragment came */
	uint16_t total, have;
	uint32_t first;		/* payload type that fragment 1 names */
	size_t octets;
	struct piece *pieces;	/* total of them, or NULL */
};

struct ike_fragments {
	uint64_t clock;		/* counts fragments */
	struct set sets[IKE_FRAGMENTED_MAX];
};

struct ike_fragments *ike_fragments_new(void)
{
	struct ike_fragments *f = calloc(1, sizeof *f);
	if (!f)
		abort();	/* as arenas do */
	return f;
}

static void set_empty(struct set *s)
{
	for (size_t i = 0; s->pieces && i < s->total; i++)
		free(s->pieces[i].p);
	free(s->pieces);
	s->pieces = NULL;
	s->have = 0;
	s->octets = 0;
}

void ike_fragments_free(struct ike_fragments *f)
{
	for (size_t i = 0; f && i < IKE_FRAGMENTED_MAX; i++)
		set_empty(&f->sets[i]);
	free(f);
}

static void make_id(const struct ike_message *m, uint8_t id[22])
{
	struct writer w = writer_of(id, 22);
	write_span(&w, span_part(m->octets, 0, 16));
	write_u32(&w, (uint32_t)node_uint(m->header, IKE_MESSAGE_ID, 0));
	write_u8(&w, (uint8_t)node_uint(m->header, IKE_EXCHANGE, 0));
	write_u8(&w, (uint8_t)node_uint(m->header, IKE_FLAGS, 0) & (IKE_FLAG_I | IKE_FLAG_R));
}

/* The message's set: the one it has, a free one, or the oldest. */
static struct set *set_find(struct ike_fragments *f, const struct ike_message *m,
			    struct findings *fs)
{
	uint8_t id[22];
	struct set *oldest = &f->sets[0];
	make_id(m, id);
	for (size_t i = 0; i < IKE_FRAGMENTED_MAX; i++) {
		struct set *s = &f->sets[i];
		if (s->used && memcmp(s->id, id, sizeof id) == 0)
			return s;
		if (!s->used || (oldest->used && s->age < oldest->age))
			oldest = s;
	}
	if (oldest->used && oldest->have && !oldest->finished)
		finding_add(fs, SEVERITY_NOTE, NULL, 0,
			    "an older message is given up with %u of %u fragments",
			    oldest->have, oldest->total);
	set_empty(oldest);
	*oldest = (struct set){ .used = true };
	memcpy(oldest->id, id, sizeof id);
	return oldest;
}

/* May the fragment join the set? RFC 7383, 2.6: a larger total starts anew. */
static bool set_accept(struct set *s, const struct ike_message *m, struct findings *fs)
{
	size_t at = m->sk->offset;
	if (s->pieces && m->total < s->total) {
		finding_add(fs, SEVERITY_VIOLATION, "RFC7383-2.6-05", at,
			    "fragment %u of %u, but %u fragments were announced before",
			    m->fragment, m->total, s->total);
		return false;
	}
	if (s->pieces && m->total > s->total) {
		finding_add(fs, SEVERITY_NOTE, "RFC7383-2.6-04", at,
			    "%u instead of %u fragments: they are collected anew", m->total, s->total);
		set_empty(s);
	}
	if (!s->pieces) {
		s->total = m->total;
		s->pieces = calloc(s->total, sizeof *s->pieces);
		if (!s->pieces)
			abort();
	}
	if (s->pieces[m->fragment - 1].p) {
		finding_add(fs, SEVERITY_NOTE, "RFC7383-2.6-02", at, "fragment %u of %u once more",
			    m->fragment, m->total);
		return false;
	}
	return true;
}

static bool set_keep(struct set *s, const struct ike_message *m, struct span content,
		     struct findings *fs)
{
	if (s->octets + content.n > IKE_FRAGMENTED_OCTETS) {
		finding_add(fs, SEVERITY_VIOLATION, "RFC7383-5-01", m->sk->offset,
			    "the fragments have more than %d octets: the message is given up",
			    (int)IKE_FRAGMENTED_OCTETS);
		set_empty(s);
		return false;
	}
	struct piece *p = &s->pieces[m->fragment - 1];
	p->p = malloc(content.n + 1);
	if (!p->p)
		abort();
	if (content.n)
		memcpy(p->p, content.p, content.n);
	p->n = content.n;
	s->octets += content.n;
	s->have++;
	if (m->fragment == 1)
		s->first = (uint32_t)node_uint(m->sk, PAYLOAD_NEXT, 0);
	return true;
}

static void set_complete(struct set *s, struct ike_message *m, struct arena *a,
			 struct findings *fs)
{
	uint8_t *whole = arena_raw(a, s->octets + 1);
	struct writer w = writer_of(whole, s->octets);
	for (size_t i = 0; i < s->total; i++)
		write_octets(&w, s->pieces[i].p, s->pieces[i].n);
	m->plain_offset = 0;
	ike_message_set_plain(m, s->first, writer_span(&w), a, fs);
	set_empty(s);
	s->finished = true;
}

void ike_fragments_add(struct ike_fragments *f, struct ike_message *m, struct arena *a,
		   struct findings *fs)
{
	size_t padding = (size_t)m->pad_length + 1;
	if (!m->fragment || !m->total || m->fragment > m->total || m->plain.n < padding)
		return;		/* told where they were read */
	if (m->total > IKE_FRAGMENTS_MAX) {
		finding_add(fs, SEVERITY_NOTE, NULL, m->sk->offset,
			    "%u fragments: at most %d are put together", m->total,
			    (int)IKE_FRAGMENTS_MAX);
		return;
	}
	struct set *s = set_find(f, m, fs);
	s->age = ++f->clock;
	struct span content = span_part(m->plain, 0, m->plain.n - padding);
	if (set_accept(s, m, fs) && set_keep(s, m, content, fs) && s->have == s->total)
		set_complete(s, m, a, fs);
}
