/* SPDX-License-Identifier: BSD-2-Clause
 * ESP and AH alike: SA, candidate keys, extended sequence numbers and the
 * replay window. The order is that of RFC 4303, 3.4: look up, verify, only then
 * move the window; except that a reader of captures also opens replayed packets,
 * to show them. */
#include "ipsec/wire/protect.h"

#include "ipsec/wire/esp_null.h"
#include "ipsec/wire/layers.h"
#include "ipsec/wire/wire_private.h"

static protect_fill *fill_of(const struct layer *l)
{
	return l->type->kind == LAYER_ESP ? esp_fill : ah_fill;
}

static struct layer *last_layer(struct packet *p)
{
	return &p->layers[p->layer_count - 1];
}

static void describe(struct esp_info *i, const struct sa_key *key, uint32_t seq_high)
{
	i->key = key;
	i->seq_high = seq_high;
}

/* Counters of a packet that stays closed or turned out bad. */
static void count_icv(struct wire *w, const struct packet *p, const struct esp_info *i)
{
	if (p->copy_of)
		return;
	switch (i->icv) {
	case ICV_GOOD: w->counts.good++; break;
	case ICV_BAD: w->counts.bad++; break;
	default: w->counts.unchecked++; break;
	}
	switch (i->replay) {
	case REPLAY_DUPLICATE: w->counts.duplicates++; break;
	case REPLAY_TOO_OLD: w->counts.too_old++; break;
	default: break;
	}
	if (!i->sa)
		return;
	i->sa->good += i->icv == ICV_GOOD;
	i->sa->bad += i->icv == ICV_BAD;
	i->sa->duplicates += i->replay == REPLAY_DUPLICATE;
	i->sa->too_old += i->replay == REPLAY_TOO_OLD;
}

static void stay_closed(struct wire *w, struct packet *p, struct esp_info *i, enum icv icv)
{
	i->icv = icv;
	i->replay = REPLAY_UNCHECKED;
	count_icv(w, p, i);
	p->done = true;
}

void protect_short(struct wire *w, struct packet *p, const char *rule, size_t needs)
{
	const struct layer *l = last_layer(p);
	packet_finding(p, p->cut ? SEVERITY_NOTE : SEVERITY_VIOLATION, p->cut ? NULL : rule,
		       l->offset, "%zu octets of %s%s, the header needs %zu", l->whole.n,
		       l->type->kind == LAYER_ESP ? "ESP" : "AH",
		       p->cut ? ", cut by the capture" : "", needs);
	stay_closed(w, p, l->esp, p->cut ? ICV_UNCHECKED : ICV_BAD);
}

enum sa_mode protect_mode(const struct esp_info *i)
{
	uint8_t next = i->next_header;
	if (i->key && i->key->mode != SA_MODE_UNKNOWN)
		return i->key->mode;
	if (next == PROTOCOL_BEETPH)
		return SA_MODE_BEET;
	if (next == PROTOCOL_IPCOMP && i->payload.n)
		next = i->payload.p[0];
	return next == PROTOCOL_IPV4 || next == PROTOCOL_IPV6 ? SA_MODE_TUNNEL : SA_MODE_TRANSPORT;
}

/* Told once for each row: with the packet that needed it first. */
static void tell_unusable(struct packet *p, const struct sa_key *key)
{
	packet_finding(p, SEVERITY_NOTE, NULL, last_layer(p)->offset,
		       "the key of %s:%zu cannot be used: %s",
		       key->origin.file ? key->origin.file : "?", key->origin.line, key->why);
}

/* Prepares p->job with one key; false when the packet cannot hold its IV and ICV. */
static bool prepare(struct wire *w, struct packet *p, struct sa_key *key, bool esn,
		    uint32_t seq_high)
{
	struct layer *l = last_layer(p);
	bool told = key->unusable;
	struct cipher *k = sadb_cipher(w->sadb, key);
	if (!k && !told)
		tell_unusable(p, key);
	describe(l->esp, key, esn ? seq_high : 0);
	p->job_esn = esn;
	if (!k)
		return false;
	if (!p->job)
		p->job = arena_raw(p->arena, sizeof *p->job);	/* filled whole */
	if (fill_of(l)(p, l, k, seq_high, esn, p->job))
		return true;
	p->job = NULL;
	return false;
}

/* The SA's one key, so far as is known. */
static struct sa_key *settled(const struct sa *sa)
{
	return sa->key ? sa->key : sa->key_count == 1 ? sa->keys[0] : NULL;
}

static bool uses_esn(const struct sa *sa, const struct sa_key *key)
{
	return sa->key ? sa->esn : key->esn == ESN_YES;
}

void protect_begin(struct wire *w, struct packet *p)
{
	struct layer *l = last_layer(p);
	struct esp_info *i = l->esp;
	const struct layer *ip = packet_ip(p);
	static const struct addr none = { 0 };
	const struct addr *src = ip ? &ip->ip->src : &none, *dst = ip ? &ip->ip->dst : &none;
	uint8_t protocol = l->type->kind == LAYER_ESP ? PROTOCOL_ESP : PROTOCOL_AH;
	i->sa = sadb_find(w->sadb, protocol, i->spi, src, dst);
	struct sa_key *key = i->sa ? settled(i->sa) : NULL;
	if (i->sa && !p->copy_of) {
		i->sa->packets++;
		i->sa->octets += l->whole.n;
	}
	if (!i->sa || i->cut) {
		if (w->nulls && !i->sa && !i->cut && esp_null_open(w, p))
			return;
		describe(i, key, 0);
		stay_closed(w, p, i, ICV_UNCHECKED);
		return;
	}
	if (!key || (key->esn == ESN_UNKNOWN && !i->sa->key)) {
		p->ordered = true;	/* the ICV has to decide: one by one */
		return;
	}
	/* The window as it stands now: exact unless an earlier packet of this batch
	 * moves it past a multiple of 2^32, which protect_commit() notices. */
	bool esn = uses_esn(i->sa, key);
	uint32_t high = esn ? replay_seq_high(&i->sa->window, i->seq) : 0;
	if (!prepare(w, p, key, esn, high))
		stay_closed(w, p, i, key->unusable ? ICV_UNCHECKED : ICV_BAD);
}

/* Where no ICV proves the key, the content has to look like what ESP carries:
 * noise is never shown as true. */
static bool worked(const struct packet *p, const struct cipher_job *job)
{
	if (job->verdict == ICV_GOOD)
		return true;
	return job->opened && (p->layers[p->layer_count - 1].type->kind == LAYER_AH ||
			       esp_plausible(span_of(job->out, job->text.n)));
}

/* A packet that no key opened, and what can be said of it. */
static enum icv verdict_closed(struct packet *p, const struct esp_info *i)
{
	if (!i->key || i->key->unusable)
		return ICV_UNCHECKED;
	if (i->key->guess && !i->sa->key) {
		packet_finding(p, SEVERITY_NOTE, NULL, last_layer(p)->offset, "none of the keys "
			       "that could be derived opens it: the right DH secret (or PPK) is missing");
		return ICV_UNCHECKED;
	}
	if (sa_key_checkable(i->key)) {
		if (i->sa->key && !i->told)	/* the key has proved to be right */
			packet_finding(p, SEVERITY_DEVIATION, NULL, last_layer(p)->offset, "the ICV is "
				       "bad, and the key is right: forged, or damaged on the way");
		return ICV_BAD;
	}
	packet_finding(p, SEVERITY_NOTE, NULL, last_layer(p)->offset,
		       "the key gives nothing sensible and has no ICV to prove it: a wrong key, "
		       "or an ICV that is not %u octets long", i->icv_size);
	return ICV_UNCHECKED;
}

static bool attempt(struct wire *w, struct packet *p, struct sa_key *key, bool esn, uint32_t high)
{
	if (!prepare(w, p, key, esn, high))
		return false;
	cipher_open(p->job, 1);
	return worked(p, p->job);
}

/* Extended sequence numbers: the window's idea, then what the key file said of
 * the high half (its counters may be older or newer than this packet). */
static bool attempt_esn(struct wire *w, struct packet *p, struct sa *sa, struct sa_key *key)
{
	uint32_t seq = last_layer(p)->esp->seq;
	if (attempt(w, p, key, true, replay_seq_high(&sa->window, seq)))
		return true;
	if (sa->window.top || !key->seq_high)
		return false;
	return attempt(w, p, key, true, key->seq_high) ||
	       attempt(w, p, key, true, key->seq_high - 1) ||
	       attempt(w, p, key, true, key->seq_high + 1);
}

static bool attempt_key(struct wire *w, struct packet *p, struct sa *sa, struct sa_key *key)
{
	if (uses_esn(sa, key))
		return attempt_esn(w, p, sa, key);
	if (attempt(w, p, key, false, 0))
		return true;
	/* Nobody said whether sequence numbers have 64 bits: the ICV does. */
	return !sa->key && key->esn == ESN_UNKNOWN && attempt_esn(w, p, sa, key);
}

static bool is_unchecked(const struct sa_key *k)
{
	return k->integ->kind == INTEG_KIND_UNCHECKED;
}

/* The same key without its integrity half must not open what the whole row found
 * to be bad. */
static bool has_whole_row(const struct sa *sa, const struct sa_key *half)
{
	for (uint32_t k = 0; k < sa->key_count; k++)
		if (!is_unchecked(sa->keys[k]) && sa->keys[k]->encr == half->encr &&
		    span_equal(sa->keys[k]->encr_key, half->encr_key))
			return true;
	return false;
}

/* Another row than the first is right: sources disagree, or were guesses. */
static void tell_source(struct packet *p, const struct sa *sa, const struct sa_key *key)
{
	const struct sa_key *other = sa->keys[0];
	const char *right = origin_text(&key->origin, p->arena);
	if (other->guess)
		packet_finding(p, SEVERITY_NOTE, NULL, last_layer(p)->offset,
			       "opened with the keys of %s", right);
	else
		packet_finding(p, SEVERITY_NOTE, NULL, last_layer(p)->offset,
			       "%s has other keys for this SA; those of %s open it",
			       origin_text(&other->origin, p->arena), right);
}

/* Tries all candidates. Leaves the job of the one that worked, or of the first
 * one: that is the row to show with a bad ICV. */
static bool attempt_all(struct wire *w, struct packet *p, struct sa *sa)
{
	struct sa_key *only = settled(sa);
	if (only)
		return attempt_key(w, p, sa, only);
	for (uint32_t k = 0; k < sa->key_count; k++) {
		if (is_unchecked(sa->keys[k]) && has_whole_row(sa, sa->keys[k]))
			continue;
		if (!attempt_key(w, p, sa, sa->keys[k]))
			continue;
		if (k)
			tell_source(p, sa, sa->keys[k]);
		return true;
	}
	prepare(w, p, sa->keys[0], sa->keys[0]->esn == ESN_YES, 0);
	return false;
}

static void judge_replay(struct packet *p, struct esp_info *i)
{
	uint64_t seq = (uint64_t)i->seq_high << 32 | i->seq;
	i->replay = replay_check(&i->sa->window, seq);
	if (i->replay == REPLAY_NEW)
		replay_accept(&i->sa->window, seq);
	else if (i->replay == REPLAY_DUPLICATE)
		packet_finding(p, SEVERITY_NOTE, NULL, last_layer(p)->offset + 4,
			       "sequence number %llu was seen before: a replayed packet",
			       (unsigned long long)seq);
	else if (seq == 0)
		packet_finding(p, SEVERITY_NOTE, NULL, last_layer(p)->offset + 4,
			       "sequence number 0: the first packet of an SA has 1");
	else
		packet_finding(p, SEVERITY_NOTE, NULL, last_layer(p)->offset + 4,
			       "sequence number %llu is left of the window of %u that ends at %llu",
			       (unsigned long long)seq, i->sa->window.size,
			       (unsigned long long)i->sa->window.top);
}

/* The first good ICV settles which key the SA has, and its sequence numbers. */
static void settle(const struct packet *p, struct esp_info *i)
{
	struct sa *sa = i->sa;
	for (uint32_t k = 0; k < sa->key_count && !sa->key; k++)
		if (sa->keys[k] == i->key)
			sa->key = sa->keys[k];
	sa->esn = p->job_esn;
}

static void inside(struct packet *p, struct layer *l, const struct cipher_job *job)
{
	if (l->type->kind == LAYER_ESP)
		esp_inside(p, l, job);
	else
		ah_inside(p, l);
}

void protect_commit(struct wire *w, struct packet *p)
{
	struct layer *l = last_layer(p);
	struct esp_info *i = l->esp;
	struct cipher_job *job = p->job;
	p->findings.layer = p->layer_count - 1;
	bool ok = job && worked(p, job);
	if (!ok && (!job || p->job_esn))
		ok = attempt_all(w, p, i->sa);
	job = p->job;
	p->job = NULL;
	if (!job || !ok) {
		stay_closed(w, p, i, verdict_closed(p, i));
		return;
	}
	i->icv = job->verdict;
	if (i->icv == ICV_UNCHECKED)
		packet_finding(p, SEVERITY_NOTE, NULL, l->offset,
			       "opened without a check of the ICV: the integrity key is not there");
	if (i->icv == ICV_GOOD && !p->copy_of)
		judge_replay(p, i);
	if (i->icv == ICV_GOOD && !i->sa->key)
		settle(p, i);
	count_icv(w, p, i);
	inside(p, l, job);
}
