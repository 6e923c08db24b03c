/* SPDX-License-Identifier: BSD-2-Clause
 * The story of one IKE SA, sentence by sentence in the order of the capture.
 * What the session knows is told here; what it means is story_judge.c's. */
#include "dissect/story_private.h"

#include "ipsec/base/registry.h"

enum { CHILDREN_TOLD = 16, AUTHENTICATION_FAILED = 24 };

struct tell {
	struct story *s;
	const struct story_ike *k;
	const struct ike_sa *sa;
	struct story_list list;
};

#define say(t, ...) story_say((t)->s, &(t)->list, __VA_ARGS__)

static unsigned long long number(uint64_t frame)
{
	return (unsigned long long)frame;
}

static const char *when(struct story *s, int64_t seconds, uint32_t nanoseconds)
{
	return story_duration(s, seconds - s->first_seconds,
			      (int64_t)nanoseconds - s->first_nanoseconds);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- how it begins ---- */

static bool has_beginning(const struct story_ike *k)
{
	const struct story_event *e = k->events;
	return k->event_count && (strncmp(e->label, "IKE_SA_INIT request", 19) == 0 ||
				  k->sa->version == 1);
}

static void tell_beginning(struct tell *t)
{
	const struct ike_sa *sa = t->sa;
	const char *i = story_addr(t->s, story_end_addr(t->k, IKE_INITIATOR));
	const char *r = story_addr(t->s, story_end_addr(t->k, IKE_RESPONDER));
	if (sa->replaces)
		say(t, "It was made by a rekey of IKE SA %llu.", number(sa->replaces->serial));
	else if (!has_beginning(t->k))
		say(t, "The capture begins in the middle of this IKE SA between %s and %s (frame %llu): "
		    "how it came about is not in it.", i, r, number(sa->first_frame));
	else
		say(t, "In frame %llu%s %s asks %s for an IKEv%u SA%s%s.", number(sa->first_frame),
		    sa->first_frame == 1 ? "" : arena_printf(&t->s->arena, ", %s into the capture,",
			when(t->s, sa->first_seconds, sa->first_nanoseconds)), i, r,
		    sa->version, sa->aggressive ? " in Aggressive Mode" : "", sa->tcp ? " over TCP" : "");
}

static const char *group(uint16_t number_of, const char *otherwise)
{
	const char *word = names_word(&reg_ke, number_of);
	return word ? word : otherwise;
}

static void tell_retries(struct tell *t)
{
	const struct ike_sa *sa = t->sa;
	if (sa->cookie_frame)
		say(t, "The responder asks for a cookie first (frame %llu), to see that the address is "
		    "real: it does so under load (RFC 7296, 2.6).", number(sa->cookie_frame));
	if (sa->ke_refused && sa->ke_retry_frame)
		say(t, "The responder does not take %s (INVALID_KE_PAYLOAD) and wants %s; the initiator tries "
		    "again with another group in frame %llu.", group(sa->ke_refused, "the group"),
		    group(sa->ke_wanted, "another"), number(sa->ke_retry_frame));
	else if (sa->ke_refused)
		say(t, "The responder does not take %s (INVALID_KE_PAYLOAD) and wants %s; the capture shows no "
		    "second try.", group(sa->ke_refused, "the group"), group(sa->ke_wanted, "another"));
}

static void tell_choice(struct tell *t)
{
	const char *choice = ike_choice_text(&t->sa->choice, &t->s->arena);
	if (*choice)
		say(t, "They agree on %s.", choice);
	if (t->sa->intermediate)
		say(t, "Between IKE_SA_INIT and IKE_AUTH they exchange IKE_INTERMEDIATE messages (RFC 9242).");
	if (t->sa->ppk)
		say(t, "A post-quantum pre-shared key enters the keys (RFC 8784).");
}

/* ---- addresses ---- */

/* How the ESP of its CHILD SAs came: port 4500 alone does not say. */
static const char *esp_words(const struct tell *t)
{
	bool udp = false, raw = false;
	unsigned n = 0;
	for (const struct ike_child *c = t->sa->children; c && n < CHILDREN_TOLD; c = c->next, n++)
		for (int side = 0; side < 2; side++)
			for (const struct story_flow *f = story_child_flow(t->s, c, side); f;
			     f = f->elsewhere) {
				udp |= f->udp;
				raw |= !f->udp && !f->tcp;
			}
	return udp ? ", and ESP travels in UDP" : raw ? " for IKE; ESP comes without UDP" : "";
}

static void tell_nat(struct tell *t)
{
	const struct ike_sa *sa = t->sa;
	for (int side = 0; side < 2; side++)
		if (sa->end[side].natted)
			say(t, "A NAT changes the address or port of %s: the hash it sent is not that of what "
			    "arrives (frame %llu).", story_side(t->s, t->k, side),
			    number(sa->end[side].natted_frame));
	if (sa->floated_frame)
		say(t, "From frame %llu on they use port 4500%s.", number(sa->floated_frame), esp_words(t));
}

static void tell_moves(struct tell *t)
{
	const struct ike_sa *sa = t->sa;
	const char *mobike = sa->end[0].can & sa->end[1].can & IKE_CAN_MOBIKE ?
		" (both speak MOBIKE)" : "";
	for (int side = 0; side < 2; side++) {
		const struct ike_end *e = &sa->end[side];
		const struct addr *first = story_end_addr(t->k, side);
		if (e->moved_frame && addr_equal(first, &e->addr))
			say(t, "The %s's address or port changes, last in frame %llu: then it is %s, port %u%s.",
			    story_side_name(side), number(e->moved_frame), story_addr(t->s, &e->addr),
			    e->port, mobike);
		else if (e->moved_frame)
			say(t, "The %s moves from %s to %s%s frame %llu%s.", story_side_name(side),
			    story_addr(t->s, first), story_addr(t->s, &e->addr),
			    t->k->moves[side] > 1 ? ", last in" : " in", number(e->moved_frame), mobike);
	}
	for (int side = 0; side < 2; side++)
		if (t->k->probes[side])
			say(t, "The %s also sends %u message%s over another path, to see whether it works (frame "
			    "%llu: %s).", story_side_name(side), t->k->probes[side],
			    plural(t->k->probes[side]), number(t->k->probe_frame[side]),
			    t->k->probe_path[side]);
}

/* ---- identities ---- */

static void tell_auth(struct tell *t, enum ike_side side)
{
	const struct ike_end *e = &t->sa->end[side];
	const char *verdict = "";
	if (!e->id && (!e->auth_method || e->auth == AUTH_UNCHECKED))
		return;
	if (e->auth == AUTH_GOOD)
		verdict = ", which verifies";
	else if (e->auth == AUTH_BAD)
		verdict = ", which does not verify";
	else if (e->auth_method)
		verdict = ", not verified here";
	say(t, "The %s says that it is \"%s\"%s%s%s%s%s.", story_side_name(side),
	    e->id ? story_clean(t->s, e->id) : "?", e->auth_method ? " and proves it by " : "",
	    e->auth_method ? (e->auth_text ? story_clean(t->s, e->auth_text) : "AUTH") : "", verdict,
	    e->auth_why && *e->auth_why ? ": " : "",
	    e->auth_why ? story_clean(t->s, e->auth_why) : "");
}

/* Worth a word when the responder does not say that it is just this one. */
static void tell_asked(struct tell *t)
{
	const char *id = t->sa->end[IKE_RESPONDER].id, *asked = t->k->asked_id;
	if (asked && (!id || strcmp(id, asked) != 0))
		say(t, "The initiator asks for the responder by the identity \"%s\".", asked);
}

static void tell_established(struct tell *t)
{
	const struct ike_sa *sa = t->sa;
	if (!sa->established_frame)
		return;
	if (sa->first_frame == sa->established_frame)
		return;
	say(t, "The IKE SA is established in frame %llu.", number(sa->established_frame));
	if (sa->lifetime)
		say(t, "It may live for %s.", story_duration(t->s, sa->lifetime, 0));
}

/* ---- CHILD SAs ---- */

static void tell_children(struct tell *t)
{
	unsigned n = 0;
	if (t->sa->childless && !t->sa->children && t->sa->outcome == IKE_ESTABLISHED &&
	    t->sa->opened && !t->sa->replaces)
		say(t, "No CHILD SA is made with it.");
	for (const struct ike_child *c = t->sa->children; c; c = c->next)
		if (n++ < CHILDREN_TOLD)
			say(t, "%s", story_child_sentence(t->s, c));
	if (n > CHILDREN_TOLD)
		say(t, "... and %u more CHILD SAs.", n - CHILDREN_TOLD);
}

/* ---- trouble ---- */

static void tell_reason(struct tell *t)
{
	const struct ike_reason *r = &t->sa->reason;
	const char *name = ike_reason_name(r);
	if (t->sa->outcome != IKE_FAILED)
		return;
	if (name)
		say(t, "Frame %llu: the %s refuses with %s.", number(r->frame), story_side_name(r->by), name);
	size_t n = name && r->evidence ? strlen(r->evidence) : 0;
	if (n)
		say(t, "What the capture shows of it: %s%s", story_clean(t->s, r->evidence),
		    r->evidence[n - 1] == '.' ? "" : ".");
	const struct ike_end *blamed = &t->sa->end[story_other(r->by)];
	if (t->k->psks == STORY_PSKS_DIFFER)
		say(t, "The other end's configuration (%s) has another secret: AUTH does not verify with it.",
		    story_clean(t->s, origin_text(&t->k->other_psk->origin, &t->s->arena)));
	else if (t->k->psks == STORY_PSKS_AGREE)
		say(t, "Every pre-shared key that is given agrees, so look at the identities (if both ends' "
		    "configurations are among what was given).");
	else if (r->notify == AUTHENTICATION_FAILED && blamed->auth == AUTH_GOOD)
		say(t, "So the %s is right for what is given here: the %s knows another secret for it (or does "
		    "not trust its certificate), or does not expect %s.", story_side_name(story_other(r->by)),
		    story_side_name(r->by), t->k->asked_id ? "one of these identities" : "this identity");
	if (t->k->psks == STORY_PSKS_UNKNOWN && t->k->other_psk)
		say(t, "AUTH does not verify with the secret of %s: if that is the other end's, the two differ.",
		    story_clean(t->s, origin_text(&t->k->other_psk->origin, &t->s->arena)));
	if (r->notify == AUTHENTICATION_FAILED && blamed->auth == AUTH_BAD)
		say(t, "So the two ends have different secrets: the one that is given is not the one that the "
		    "%s used.", story_side_name(story_other(r->by)));
}

static void tell_trouble(struct tell *t)
{
	const struct ike_sa *sa = t->sa;
	for (int side = 0; side < 2; side++) {
		const struct ike_end *e = &sa->end[side];
		uint32_t again = e->retransmissions > t->k->probes[side] ?
			e->retransmissions - t->k->probes[side] : 0;
		bool refused = sa->outcome == IKE_FAILED && sa->reason.frame &&
			       sa->reason.by == story_other(side);
		if (again)
			say(t, "The %s sent %u message%s again.", story_side_name(side), again, plural(again));
		if (e->unanswered && !refused)
			say(t, "%u request%s of the %s got no answer.", e->unanswered, plural(e->unanswered),
			    story_side_name(side));
	}
	if (sa->fragments_lost)
		say(t, "%u message%s did not get through whole: IKE fragments (RFC 7383) are missing.",
		    sa->fragments_lost, plural(sa->fragments_lost));
	if (sa->bad_icv)
		say(t, "%u message%s did not open with the keys that are given for this IKE SA.", sa->bad_icv,
		    plural(sa->bad_icv));
	else if (sa->encrypted > sa->opened)
		say(t, "%u of %u encrypted messages stayed closed%s%s.", sa->encrypted - sa->opened,
		    sa->encrypted, sa->missing ? "; to open them ikat needs " : ": no key for them",
		    sa->missing ? story_clean(t->s, sa->missing) : "");
	if (story_keys_miss(t->s, sa))
		say(t, "Keys were given, but none for these SPIs.");
}

/* ---- the end ---- */

static const char *deleted_words(struct story *s, enum ike_side by, uint64_t frame)
{
	return frame ? arena_printf(&s->arena, " (the %s deletes it in frame %llu)", story_side_name(by),
				    number(frame)) : "";
}

/* RFC 7296, 2.8.1: of two rekeys that cross, one stays. */
static void tell_child_collision(struct tell *t, const struct ike_child *c)
{
	const struct ike_child *other = c->replaces->heir;
	bool gone = c->deleted_frame || !other->deleted_frame;	/* else it is the other one that went */
	const struct ike_child *loser = gone ? c : other;
	say(t, "Both sides rekeyed a CHILD SA at once (frames %llu and %llu), so one of the new ones, with "
	    "SPIs 0x%08x and 0x%08x, was not needed%s.", number(other->request_frame),
	    number(c->request_frame), loser->spi_i, loser->spi_r,
	    deleted_words(t->s, loser->deleted_by, loser->deleted_frame));
}

/* RFC 7296, 2.8.2; told of the IKE SA that was rekeyed and of the one that stays. */
static void tell_ike_collision(struct tell *t, const struct ike_sa *loser)
{
	const struct ike_sa *old = loser->replaces;
	uint64_t one = old->heir->first_frame, other = loser->first_frame;
	if (t->sa == old || t->sa == old->heir)
		say(t, "Both sides rekeyed IKE SA %llu at once (answers in frames %llu and %llu), so one of "
		    "the new ones, IKE SA %llu, was not needed%s.", number(old->serial), number(one < other ? one : other),
		    number(one < other ? other : one), number(loser->serial),
		    deleted_words(t->s, loser->deleted_by, loser->deleted_frame));
}

static void tell_collisions(struct tell *t)
{
	const struct story_tables *tables = t->s->tables;
	unsigned told = 0;
	for (const struct ike_child *c = t->sa->children; c && told < CHILDREN_TOLD; c = c->next)
		if (story_child_crossed(c) && ++told)
			tell_child_collision(t, c);
	for (uint32_t i = 0; i < tables->loser_count; i++)
		tell_ike_collision(t, tables->losers[i]);
}

static void tell_end(struct tell *t)
{
	const struct ike_sa *sa = t->sa;
	tell_collisions(t);
	if (sa->heir)
		say(t, "IKE SA %llu takes its place by a rekey.", number(sa->heir->serial));
	if (sa->deleted_frame)
		say(t, "The %s deletes it in frame %llu.", story_side_name(sa->deleted_by),
		    number(sa->deleted_frame));
	else if (t->k->situation && strcmp(t->k->situation, "peer-dead") == 0)
		say(t, "The capture ends without an answer; the last message is in frame %llu.",
		    number(sa->last_frame));
	else if (sa->outcome == IKE_ESTABLISHED)
		say(t, "The capture ends while it is up; its last message is in frame %llu.",
		    number(sa->last_frame));
}

void story_tell_ike(struct story *s, struct story_ike *k)
{
	struct tell t = { .s = s, .k = k, .sa = k->sa };
	story_judge_ike(s, k);
	tell_beginning(&t);
	tell_retries(&t);
	tell_choice(&t);
	tell_nat(&t);
	tell_auth(&t, IKE_INITIATOR);
	tell_asked(&t);
	tell_auth(&t, IKE_RESPONDER);
	tell_established(&t);
	tell_reason(&t);
	tell_children(&t);
	tell_moves(&t);
	tell_trouble(&t);
	tell_end(&t);
	k->sentences = story_list_end(s, &t.list);
}
