/* SPDX-License-Identifier: BSD-2-Clause
 * The story as one JSON object. The names of the keys are relied on by scripts;
 * new ones go behind the others of their object. */
#include "dissect/story_private.h"

#include "dissect/view_private.h"
#include "ipsec/base/json.h"

static void put_spi(struct json *j, const char *key, const uint8_t spi[8])
{
	json_key_hex(j, key, span_of(spi, 8));
}

static void put_addr(struct json *j, const char *key, const struct addr *a)
{
	json_key(j, key);
	if (!a->family) {
		json_null(j);
		return;
	}
	json_raw_open(j);
	view_addr(j->text, a);
	json_raw_close(j);
}

/* Text of the capture's own: octets that are no UTF-8 are escaped. */
static void put_outside(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	if (text)
		json_octets_str(j, span_text(text));
	else
		json_null(j);
}

static void put_number_or_null(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	if (v)
		json_dec(j, v);
	else
		json_null(j);
}

static void put_time(struct json *j, const char *key, int64_t seconds, uint32_t nanoseconds)
{
	json_key(j, key);
	json_raw_open(j);
	view_time(j->text, &(struct frame){ .seconds = seconds, .nanoseconds = nanoseconds });
	json_raw_close(j);
}

static void put_choice(struct json *j, struct story *s, const struct ike_choice *c)
{
	const char *text = ike_choice_text(c, &s->arena);
	json_key_str(j, "proposal", *text ? text : NULL);
}

/* ---- IKE SAs ---- */

static void put_child_spi(struct json *j, const char *key, uint32_t spi)
{
	json_key(j, key);
	if (spi)
		json_hex_num(j, spi, 8);
	else
		json_null(j);
}

static void put_child(struct json *j, struct story *s, const struct ike_child *c)
{
	json_open(j, '{');
	put_child_spi(j, "spi_i", c->spi_i);
	put_child_spi(j, "spi_r", c->spi_r);
	json_key_str(j, "protocol", c->protocol == PROTOCOL_ESP ? "esp" :
		     c->protocol == PROTOCOL_AH ? "ah" : NULL);
	json_key_str(j, "mode", sa_mode_name(c->mode));
	put_choice(j, s, &c->choice);
	put_outside(j, "ts_i", c->ts_i);
	put_outside(j, "ts_r", c->ts_r);
	json_key_str(j, "outcome", ike_outcome_name(story_child_outcome(c)));
	put_outside(j, "explanation", story_child_sentence(s, c));
	json_key_str(j, "reason", ike_reason_name(&c->reason));
	put_outside(j, "evidence", c->reason.evidence);
	json_key_str(j, "initiator", story_side_name(c->initiator));
	put_number_or_null(j, "request_frame", c->request_frame);
	put_number_or_null(j, "response_frame", c->response_frame);
	put_number_or_null(j, "deleted_frame", c->deleted_frame);
	json_key_str(j, "deleted_by", c->deleted_frame ? story_side_name(c->deleted_by) : NULL);
	json_key_bool(j, "rekeyed", c->heir != NULL);
	put_outside(j, "keys", c->keys);
	put_outside(j, "missing", c->missing);
	json_close(j, '}');
}

static void put_event(struct json *j, const struct story_event *e)
{
	json_open(j, '{');
	json_key_dec(j, "frame", e->frame);
	put_time(j, "time", e->seconds, e->nanoseconds);
	json_key_str(j, "from", story_side_name(e->from));
	json_key_str(j, "message", e->label);
	put_outside(j, "payloads", e->payloads);
	json_key_bool(j, "repeated", e->repeated);
	json_key_dec(j, "times", e->times);
	json_key_dec(j, "fragments", e->fragments);
	put_outside(j, "remark", e->remark);
	json_key_bool(j, "probe", e->probe);
	json_key_bool(j, "note", e->note);
	json_close(j, '}');
}

static void put_ladder(struct json *j, const struct story_ike *k)
{
	json_key(j, "ladder");
	json_open(j, '[');
	for (uint32_t i = 0; i < k->event_count; i++)
		put_event(j, &k->events[i]);
	json_close(j, ']');
	json_key_dec(j, "ladder_left_out", k->left_out);
}

static void put_sentences(struct json *j, const char *key, const char *const *sentences)
{
	json_key(j, key);
	json_open(j, '[');
	for (; *sentences; sentences++)
		json_octets_str(j, span_text(*sentences));
	json_close(j, ']');
}

static void put_ends(struct json *j, const struct ike_sa *sa)
{
	const struct ike_end *i = &sa->end[IKE_INITIATOR], *r = &sa->end[IKE_RESPONDER];
	put_outside(j, "auth_i", i->auth_text);
	put_outside(j, "auth_r", r->auth_text);
	put_outside(j, "id_i", i->id);
	put_outside(j, "id_r", r->id);
}

static void put_verdicts(struct json *j, const struct ike_sa *sa)
{
	const struct ike_end *i = &sa->end[IKE_INITIATOR], *r = &sa->end[IKE_RESPONDER];
	json_key_str(j, "auth_i_verified", auth_verdict_name(i->auth));
	json_key_str(j, "auth_r_verified", auth_verdict_name(r->auth));
	put_outside(j, "auth_i_why", i->auth_why);
	put_outside(j, "auth_r_why", r->auth_why);
	json_key_bool(j, "nat_i", i->natted);
	json_key_bool(j, "nat_r", r->natted);
	json_key_dec(j, "retransmissions", i->retransmissions + r->retransmissions);
	json_key_dec(j, "unanswered", i->unanswered + r->unanswered);
}

static void put_ike(struct json *j, struct story *s, const struct story_ike *k)
{
	const struct ike_sa *sa = k->sa;
	json_open(j, '{');
	put_spi(j, "spi_i", sa->spi_i);
	put_spi(j, "spi_r", sa->spi_r);
	put_addr(j, "initiator", story_end_addr(k, IKE_INITIATOR));
	put_addr(j, "responder", story_end_addr(k, IKE_RESPONDER));
	json_key_str(j, "version", sa->version == 1 ? "1.0" : "2.0");
	json_key_str(j, "outcome", ike_outcome_name(k->outcome));
	json_key_str(j, "reason", k->reason);
	put_outside(j, "explanation", k->explanation);
	put_ends(j, sa);
	put_choice(j, s, &sa->choice);
	json_key(j, "children");
	json_open(j, '[');
	for (const struct ike_child *c = sa->children; c; c = c->next)
		put_child(j, s, c);
	json_close(j, ']');
	json_key_dec(j, "messages", sa->messages);
	json_key_str(j, "situation", k->situation);
	json_key_bool(j, "reason_inferred", k->inferred);
	put_outside(j, "evidence", sa->reason.evidence);
	put_outside(j, "advice", k->advice);
	put_sentences(j, "story", k->sentences);
	put_verdicts(j, sa);
	json_key_dec(j, "encrypted", sa->encrypted);
	json_key_dec(j, "opened", sa->opened);
	put_outside(j, "missing", sa->missing);
	json_key_dec(j, "first_frame", sa->first_frame);
	json_key_dec(j, "last_frame", sa->last_frame);
	put_number_or_null(j, "established_frame", sa->established_frame);
	put_number_or_null(j, "deleted_frame", sa->deleted_frame);
	json_key_str(j, "deleted_by", sa->deleted_frame ? story_side_name(sa->deleted_by) : NULL);
	put_ladder(j, k);
	json_close(j, '}');
}

/* ---- ESP and AH SAs ---- */

static void put_algorithms(struct json *j, const struct story_flow *f)
{
	const struct sa_key *key = f->key;
	const struct ike_choice *c = f->child ? &f->child->choice : NULL;
	const struct encr *encr = key ? key->encr : c && c->has & CHOICE_ENCR ? encr_find(c->encr) : NULL;
	const struct integ *integ = key ? key->integ :
		c && c->has & CHOICE_INTEG ? integ_find(c->integ) : NULL;
	bool ah = f->protocol == PROTOCOL_AH;
	json_key_str(j, "encr", ah || !encr ? NULL : encr->name);
	json_key_str(j, "integ", integ ? integ->name : encr && encr->icv ? "NONE" : NULL);
}

static void put_flow_numbers(struct json *j, const struct story_flow *f)
{
	json_key_dec(j, "packets", f->packets);
	json_key_dec(j, "bytes", f->bytes);
	json_key_dec(j, "inner_bytes", f->inner_bytes);
	json_key_dec(j, "overhead_bytes", f->overhead_bytes);
	json_key_dec(j, "icv_bad", f->icv_bad);
	json_key_dec(j, "duplicates", f->duplicates);
	json_key_dec(j, "too_old", f->too_old);
	json_key_dec(j, "reordered", f->reordered);
	json_key_dec(j, "missing", f->missing);
	json_key_dec(j, "iv_reused", f->iv_reused);
	json_key_dec(j, "first_seq", f->first_seq);
	json_key_dec(j, "last_seq", f->last_seq);
}

static void put_flow_ike(struct json *j, const struct story_flow *f)
{
	if (f->child) {
		put_spi(j, "ike_spi_i", f->child->sa->spi_i);
		put_spi(j, "ike_spi_r", f->child->sa->spi_r);
		return;
	}
	json_key_str(j, "ike_spi_i", NULL);
	json_key_str(j, "ike_spi_r", NULL);
}

static void put_slices(struct json *j, const struct story *s, const struct story_flow *f)
{
	json_key(j, "slices");
	if (!f->slices) {
		json_null(j);
		return;
	}
	json_open(j, '[');
	for (uint32_t i = 0; i < s->slice_count; i++)
		json_dec(j, f->slices[i]);
	json_close(j, ']');
}

static void put_flow(struct json *j, struct story *s, const struct story_flow *f)
{
	json_open(j, '{');
	json_key_str(j, "protocol", f->protocol == PROTOCOL_AH ? "ah" : "esp");
	json_key(j, "spi");
	json_hex_num(j, f->spi, 8);
	put_addr(j, "src", &f->src);
	put_addr(j, "dst", &f->dst);
	json_key_str(j, "mode", sa_mode_name((enum sa_mode)f->mode));
	put_algorithms(j, f);
	put_flow_numbers(j, f);
	put_flow_ike(j, f);
	json_key_bool(j, "verified", f->proven);
	json_key_bool(j, "esn", f->esn);
	json_key_dec(j, "unchecked", f->unchecked);
	json_key_dec(j, "inner_packets", f->inner_packets);
	json_key_dec(j, "added_bytes", f->added_bytes);
	json_key_dec(j, "tfc_packets", f->tfc_packets);
	json_key_dec(j, "tfc_bytes", f->tfc_bytes);
	json_key_dec(j, "dummies", f->dummies);
	put_number_or_null(j, "largest_inner_for_mtu", story_largest_inner(f, s->mtu));
	json_key_dec(j, "largest", f->largest);
	json_key_dec(j, "largest_inner", f->largest_inner);
	json_key_str(j, "encapsulation", f->tcp ? "tcp" : f->udp ? "udp" : NULL);
	json_key_dec(j, "first_frame", f->first_frame);
	json_key_dec(j, "last_frame", f->last_frame);
	put_time(j, "first_time", f->first_seconds, f->first_nanoseconds);
	put_time(j, "last_time", f->last_seconds, f->last_nanoseconds);
	put_sentences(j, "remarks", story_flow_sentences(s, f));
	put_slices(j, s, f);
	json_close(j, '}');
}

/* ---- all of it ---- */

static void put_finding(struct json *j, const struct story_finding *f)
{
	json_open(j, '{');
	json_key_str(j, "severity", severity_name(f->severity));
	json_key_str(j, "requirement", f->requirement);
	json_key_dec(j, "frame", f->frame);
	put_outside(j, "text", f->text);
	json_key_dec(j, "times", f->times);
	json_close(j, '}');
}

static void put_totals(struct json *j, const struct story *s)
{
	json_key_str(j, "files", s->files);
	json_key_dec(j, "frames", s->frames);
	json_key_dec(j, "octets", s->octets);
	put_time(j, "first_time", s->first_seconds, s->first_nanoseconds);
	put_time(j, "last_time", s->last_seconds, s->last_nanoseconds);
	json_key_dec(j, "mtu", s->mtu);
	json_key_dec(j, "slice_ms", s->slice_ms);
	json_key_dec(j, "ike_sas_forgotten", s->ikes_forgotten);
	json_key_dec(j, "sas_packets_left_out", s->flows_left_out);
	json_key_dec(j, "findings_left_out", s->findings_left_out);
}

void story_json(struct story *s, struct text *out)
{
	struct json j = json_of(out);
	json_open(&j, '{');
	json_key(&j, "ike_sas");
	json_open(&j, '[');
	for (const struct story_ike *k = s->ikes; k; k = k->next) {
		struct arena_mark mark = arena_mark(&s->arena);
		put_ike(&j, s, k);
		arena_rewind(&s->arena, mark);
		text_record_end(out);
	}
	json_close(&j, ']');
	json_key(&j, "sas");
	json_open(&j, '[');
	for (const struct story_flow *f = s->flows; f; f = f->next) {
		struct arena_mark mark = arena_mark(&s->arena);
		put_flow(&j, s, f);
		arena_rewind(&s->arena, mark);
		text_record_end(out);
	}
	json_close(&j, ']');
	json_key(&j, "findings");
	json_open(&j, '[');
	for (const struct story_finding *f = s->findings; f; f = f->next)
		put_finding(&j, f);
	json_close(&j, ']');
	put_totals(&j, s);
	json_close(&j, '}');
	text_char(out, '\n');
}
