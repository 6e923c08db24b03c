/* SPDX-License-Identifier: BSD-2-Clause
 * Opening IKEv1 messages: all behind the header is encrypted in CBC mode, without
 * an IV in the message. Each exchange has a chain of IVs: the last cipher block of
 * the message before (RFC 2409, appendix B). A message that is sent again takes
 * no part in it. Which key is tried is decided in ikev1_keys.c. */
#include "ipsec/ike/ikev1_state.h"

#include <stdlib.h>

enum { PADDING_MAX = 255 };

/* Types that may be inside: those of RFC 2408 and the table's others. */
static bool is_payload(uint32_t type)
{
	return type && type != V1_FRAG && (type <= V1_NATD_OLD + 1 || ikev1_payload_desc(type)) &&
	       type != 2 && type != 3;
}

/* One payload header; the type of the next payload goes to *next. */
static bool payload_ok(struct reader *r, uint32_t *next)
{
	uint8_t type = read_u8(r), reserved = read_u8(r);
	uint16_t length = read_u16(r);
	if (r->bad || reserved || length < 4 || (type && !is_payload(type)))
		return false;
	read_span(r, length - 4u);
	*next = type;
	return !r->bad;
}

bool ikev1_plain_ok(uint32_t first, struct span plain, size_t *used)
{
	struct reader r = reader_of(plain);
	uint32_t next = first;
	if (!is_payload(first))
		return false;
	while (next)
		if (!payload_ok(&r, &next))
			return false;
	*used = reader_offset(&r);
	return reader_left(&r) <= PADDING_MAX;
}

struct span ikev1_sealed(const struct ike_message *m)
{
	uint64_t length = node_uint(m->header, IKE_LENGTH, 0);
	if (!m->sealed || length <= IKE_HEADER_SIZE || length > m->octets.n)
		return span_of(NULL, 0);
	return span_part(m->octets, IKE_HEADER_SIZE, (size_t)length - IKE_HEADER_SIZE);
}

static bool decrypt(struct cipher *k, struct span iv, struct span text, uint8_t *out)
{
	struct cipher_job job = { .cipher = k, .iv = iv, .text = text, .out = out };
	cipher_open(&job, 1);
	return job.opened;
}

/* With a wrong key the first block hardly ever begins like a payload. */
static bool begins_well(struct cipher *k, struct span iv, struct span text)
{
	uint8_t block[IKEV1_IV_MAX];
	if (!decrypt(k, iv, span_part(text, 0, iv.n), block))
		return false;
	unsigned length = (unsigned)block[2] << 8 | block[3];
	return block[1] == 0 && length >= 4 && length <= text.n && (!block[0] || is_payload(block[0]));
}

struct span ikev1_decrypt(const struct ike_message *m, struct cipher *k, struct span iv,
			  struct arena *a)
{
	const struct encr *row = cipher_encr(k);
	struct span text = ikev1_sealed(m);
	size_t used;
	if (iv.n != row->iv || text.n == 0 || text.n % row->block || !begins_well(k, iv, text))
		return span_of(NULL, 0);
	struct arena_mark mark = arena_mark(a);
	uint8_t *out = arena_raw(a, text.n);
	if (decrypt(k, iv, text, out) &&
	    ikev1_plain_ok((uint32_t)node_uint(m->header, IKE_NEXT, 0), span_of(out, text.n), &used))
		return span_of(out, text.n);
	arena_rewind(a, mark);
	return span_of(NULL, 0);
}

void ikev1_set_plain(struct ike_message *m, struct span plain, struct arena *a,
		     struct findings *fs)
{
	struct decode d = { a, fs, IKE_HEADER_SIZE, 0 };
	uint32_t first = (uint32_t)node_uint(m->header, IKE_NEXT, 0);
	size_t used = 0;
	bool ok = ikev1_plain_ok(first, plain, &used);
	m->decrypted = true;
	m->icv = ICV_UNCHECKED;
	m->plain = plain;
	m->plain_offset = IKE_HEADER_SIZE;
	m->pad_length = (uint8_t)(ok ? plain.n - used : 0);
	m->inner = ike_chain_decode(first, 1, span_part(plain, 0, ok ? used : plain.n), &d,
				    &m->inner_trailing);
	if (m->pad_length && !span_is_zero(span_from(plain, used)))
		finding_add(fs, SEVERITY_NOTE, NULL, IKE_HEADER_SIZE + used,
			    "%u octets of padding, not all of them zero", m->pad_length);
}

/* ---- the chains of IVs ---- */

void ikev1_quick_free(struct ike_session *s, struct ikev1_quick *q)
{
	if (!q)
		return;
	kept_drop(s, &q->offer);
	kept_drop(s, &q->answer);
	free(q);
}

/* Frame 0: whatever came before was no part of it. */
static struct ikev1_exchange *exchange_touch(struct ikev1_work *x, struct ikev1_exchange *e)
{
	e->touched = ++x->v1->clock;
	if (!e->frame) {
		e->frame = x->w->at->frame;
		e->from = (uint8_t)x->w->turn->from;
	}
	return e;
}

/* The exchange of the message's ID, a new one if there is none: it takes the place
 * of one that nothing has opened, or that was quiet longest. */
struct ikev1_exchange *ikev1_exchange_find(struct ikev1_work *x)
{
	struct ikev1_exchange *best = x->v1->exchanges;
	for (size_t i = 0; i < IKEV1_EXCHANGES; i++) {
		struct ikev1_exchange *e = &x->v1->exchanges[i];
		if (e->touched && e->id == x->id)
			return exchange_touch(x, e);
		if (e->chain.set != best->chain.set ? !e->chain.set : e->touched < best->touched)
			best = e;
	}
	ikev1_quick_free(x->v1->s, best->quick);
	*best = (struct ikev1_exchange){ .id = x->id };
	return exchange_touch(x, best);
}

static void iv_add(uint8_t ivs[IKEV1_IVS][IKEV1_IV_MAX], size_t *n, const uint8_t *iv, bool set)
{
	if (set && *n < IKEV1_IVS)
		memcpy(ivs[(*n)++], iv, IKEV1_IV_MAX);
}

/* hash(last block | message ID) for a new exchange. */
static void iv_derive(const struct ikev1_work *x, uint8_t ivs[IKEV1_IVS][IKEV1_IV_MAX], size_t *n,
		      const uint8_t *last, bool set)
{
	uint8_t hash[64];
	if (set && ikev1_iv_next(x->w->s->crypto, x->v1->prf, span_of(last, x->v1->encr->iv), x->id,
				 hash))
		iv_add(ivs, n, hash, true);
}

size_t ikev1_ivs(const struct ikev1_work *x, uint8_t ivs[IKEV1_IVS][IKEV1_IV_MAX])
{
	const struct ikev1_state *v1 = x->v1;
	const struct ikev1_chain *c = x->phase1 ? &v1->chain : &x->slot->chain;
	size_t n = 0;
	iv_add(ivs, &n, c->iv, c->set);
	iv_add(ivs, &n, c->maybe, c->maybe_set);
	if (x->phase1) {
		iv_add(ivs, &n, v1->first_iv, v1->first_iv_set);
	} else if (!c->set) {
		iv_derive(x, ivs, &n, v1->chain.iv, v1->chain.set);
		iv_derive(x, ivs, &n, v1->chain.maybe, v1->chain.maybe_set);
		iv_derive(x, ivs, &n, v1->first_iv, v1->first_iv_set);
	}
	return n;
}

void ikev1_chain_move(struct ikev1_work *x, bool opened)
{
	struct ikev1_chain *c = x->phase1 ? &x->v1->chain : &x->slot->chain;
	struct span text = ikev1_sealed(x->m);
	size_t iv = x->v1->encr ? x->v1->encr->iv : 0;
	if (!iv || text.n < iv)
		return;
	memcpy(opened ? c->iv : c->maybe, text.p + text.n - iv, iv);
	c->set = opened || c->set;
	c->maybe_set = !opened;
}
