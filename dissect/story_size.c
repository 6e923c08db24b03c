/* SPDX-License-Identifier: BSD-2-Clause
 * What is remarkable about a flow, in sentences, and the exact arithmetic of its
 * sizes: the largest packet that still fits the path once IPsec is around it. */
#include "dissect/story_private.h"

/* The packet, from outside (RFC 4303, 2):
 *
 *	| IP | UDP 8 | SPI, sequence number 8 | IV | payload | padding | 2 | ICV |
 *	`------------- around ----------------------'`------ padded ------'
 *
 * Payload, padding and the two octets of the trailer are together a multiple of
 * the cipher's block and of 4. AH (RFC 4302) adds its header only. */
enum { TRAILER = 2, ALIGN = 4 };

uint32_t story_largest_inner(const struct story_flow *f, uint32_t mtu)
{
	uint32_t block = f->block > ALIGN ? f->block : ALIGN, around = f->around;
	uint32_t outer_header = f->mode == SA_MODE_TUNNEL ? 0 : f->ip_header;
	if (!around || f->tcp || f->mode == SA_MODE_UNKNOWN)
		return 0;
	if (f->protocol == PROTOCOL_AH)
		return mtu > around ? mtu - around + outer_header : 0;
	if (!f->block || mtu < around + f->icv_size + block)
		return 0;
	uint32_t padded = (mtu - around - f->icv_size) / block * block;
	return padded - TRAILER + outer_header;
}

/* ---- sentences ---- */

struct told {
	struct story *s;
	const struct story_flow *f;
	struct story_list list;
};

#define say(t, ...) story_say((t)->s, &(t)->list, __VA_ARGS__)

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static unsigned long long number(uint64_t n)
{
	return (unsigned long long)n;
}

static void tell_key(struct told *t)
{
	const struct story_flow *f = t->f;
	if (f->icv_bad && !f->proven)
		say(t, "No packet's ICV is good: the key that is given for this SA is wrong, or the packets "
		    "were changed on the way.");
	else if (f->icv_bad)
		say(t, "%llu packet%s with a bad ICV: forged, or damaged on the way; a receiver drops them.",
		    number(f->icv_bad), plural(f->icv_bad));
	const struct keystore *keys = t->s->keys;
	if (!f->sa && keys && (keys->sa_count | keys->ike_count | keys->secret_count))
		say(t, "Keys were given, but none for this SPI: sequence numbers are taken as they stand "
		    "there, unverified.");
	else if (f->unchecked == f->packets && !f->inner_packets && f->protocol == PROTOCOL_ESP)
		say(t, f->sa ? "Nothing could be opened: the capture cut its packets, or its key is "
		    "not usable." : "No key is given for it: sequence numbers are taken as they stand "
		    "there, unverified.");
}

static void tell_sequence(struct told *t)
{
	const struct story_flow *f = t->f;
	if (f->accepted && f->first_seq > 1 && !f->child)
		say(t, "The first packet seen has sequence number %llu: earlier ones are not in the capture.",
		    number(f->first_seq));
	else if (f->elsewhere)
		say(t, "It is the SA that was met at %s before.", story_addr(t->s, &f->elsewhere->dst));
	else if (f->accepted && f->lowest_seq > 1 && f->child)
		say(t, "Sequence numbers begin with %llu, not 1: %llu packet%s never came here.",
		    number(f->lowest_seq), number(f->lowest_seq - 1), plural(f->lowest_seq - 1));
	if (f->missing)
		say(t, "%llu sequence number%s missing between %llu and %llu (%.1f%%): lost before this "
		    "place, or not captured.", number(f->missing), f->missing == 1 ? " is" : "s are",
		    number(f->lowest_seq), number(f->last_seq),
		    100.0 * (double)f->missing / (double)(f->last_seq - f->lowest_seq + 1));
	if (f->reordered)
		say(t, "%llu packet%s came after a later one, still inside of the anti-replay window.",
		    number(f->reordered), plural(f->reordered));
	if (f->duplicates)
		say(t, "%llu packet%s came again with the same sequence number: replayed, or doubled on the "
		    "path; a receiver drops %s.", number(f->duplicates), plural(f->duplicates),
		    f->duplicates == 1 ? "it" : "them");
	if (f->too_old)
		say(t, "%llu packet%s came so late that the anti-replay window of %u had passed them: a "
		    "receiver drops %s. Larger windows help against strong reordering (QoS, several "
		    "paths).", number(f->too_old), plural(f->too_old),
		    f->sa && f->sa->window.size ? f->sa->window.size : REPLAY_WINDOW_DEFAULT,
		    f->too_old == 1 ? "it" : "them");
}

static void tell_esn(struct told *t)
{
	const struct story_flow *f = t->f;
	if (f->esn && f->last_seq >> 32)
		say(t, "Extended sequence numbers: only the low 32 bits travel; the ICV proves that the high "
		    "half is %llu at the end%s.", number(f->last_seq >> 32),
		    f->lowest_seq >> 32 != f->last_seq >> 32 ? ", after it went up on the way" : "");
	else if (f->esn)
		say(t, "Extended (64-bit) sequence numbers.");
	else if (f->last_seq >= UINT32_MAX / 4 * 3 && f->proven)
		say(t, "%.0f%% of the 2^32 sequence numbers are used: it has to be rekeyed before they end "
		    "(RFC 4303, 3.3.3).", 100.0 * (double)f->last_seq / 4294967296.0);
}

static void tell_iv(struct told *t)
{
	const struct story_flow *f = t->f;
	if (!f->iv_reused)
		return;
	say(t, "%llu packet%s with an IV that was used before under the same key (first in frame %llu, as "
	    "with sequence number %llu): %s", number(f->iv_reused), plural(f->iv_reused),
	    number(f->iv_reused_frame), number(f->iv_reused_with),
	    f->key && f->key->encr->kind == ENCR_KIND_CBC ?
	    "with CBC this shows which packets begin alike." :
	    "in a counter mode this gives away the XOR of the plaintexts, and with GCM the "
	    "authentication key. Stop using this sender.");
}

static void tell_padding(struct told *t)
{
	const struct story_flow *f = t->f;
	if (f->tfc_packets)
		say(t, "Traffic flow confidentiality: %llu octets of padding behind the inner packets of "
		    "%llu packet%s (%.1f%% of all octets).", number(f->tfc_bytes), number(f->tfc_packets),
		    plural(f->tfc_packets), 100.0 * (double)f->tfc_bytes / (double)f->bytes);
	if (f->dummies)
		say(t, "%llu dummy packet%s (next header 59), sent only to hide when there is traffic.",
		    number(f->dummies), plural(f->dummies));
}

static void tell_added(struct told *t, double packets)
{
	const struct story_flow *f = t->f;
	double before = (double)(f->inner_bytes + f->overhead_bytes - f->added_bytes);
	say(t, "IPsec adds %.1f octets to a packet of %.1f on average (%.1f%%).",
	    (double)f->added_bytes / packets, before / packets,
	    before > 0 ? 100.0 * (double)f->added_bytes / before : 0.0);
}

static void tell_sizes(struct told *t)
{
	const struct story_flow *f = t->f;
	uint32_t mtu = t->s->mtu, most = story_largest_inner(f, mtu);
	uint32_t headers = f->mode == SA_MODE_TUNNEL ? 40 : f->ip_header + 20u;
	if (f->inner_packets)
		tell_added(t, (double)(f->inner_packets + f->dummies));
	if (most)
		say(t, "With a path MTU of %u the largest packet that fits inside has %u octets%s.", mtu, most,
		    most > headers ? arena_printf(&t->s->arena, " (TCP over IPv4: an MSS of %u)",
						  most - headers) : "");
	for (const struct story_unreachable *u = t->s->unreachable; u; u = u->next)
		if (u->mtu && u->mtu < mtu && addr_equal(&u->about, &f->dst))
			say(t, "%s says in frame %llu that the path carries %u octets only (ICMP): then %u fit "
			    "inside.", story_addr(t->s, &u->from), number(u->frame), u->mtu,
			    story_largest_inner(f, u->mtu));
	if (f->largest > mtu)
		say(t, "Its largest packet has %u octets, more than the path MTU of %u: it is fragmented or "
		    "dropped.", f->largest, mtu);
}

static void tell_path(struct told *t)
{
	const struct story_flow *f = t->f;
	if (f->moved)
		say(t, "Its packets came from more than one address, the last is %s.",
		    story_addr(t->s, &f->src));
	if (f->child && f->child->deleted_frame && f->last_frame > f->child->deleted_frame)
		say(t, "Packets still came after it had been deleted (frame %llu), up to frame %llu.",
		    number(f->child->deleted_frame), number(f->last_frame));
}

const char *const *story_flow_sentences(struct story *s, const struct story_flow *f)
{
	struct told t = { .s = s, .f = f };
	tell_key(&t);
	tell_sequence(&t);
	tell_esn(&t);
	tell_iv(&t);
	tell_padding(&t);
	tell_path(&t);
	tell_sizes(&t);
	return story_list_end(s, &t.list);
}
