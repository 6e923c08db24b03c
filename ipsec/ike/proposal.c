/* SPDX-License-Identifier: BSD-2-Clause
 * SA payloads of IKEv2: what was chosen, and is it one of the offers? RFC 7296,
 * 2.7 and 3.3; RFC 5282 for AEADs. What is wrong within one proposal is told by
 * payload_sa.c; offers are compared in proposal_offer.c, traffic selectors in
 * proposal_ts.c. A peer may fill 64 KiB with proposals, so all lists have ends. */
#include "ipsec/ike/proposal_private.h"

#include "ipsec/crypto/encr.h"

enum {
	ANSWER_MAX = 32,	/* transforms of an answer: one of each type */
	SHOWN_TRANSFORMS = 12,	/* of one type, in texts */
};

struct transform transform_read(const struct node *n)
{
	struct transform t = { .type = (uint8_t)node_uint(n, TRANSFORM_TYPE, 0),
			       .id = (uint16_t)node_uint(n, TRANSFORM_ID, 0) };
	unsigned seen = 0;
	for (const struct node *a = node_kid(n, TRANSFORM_ATTRIBUTES); a && seen < 16;
	     a = a->next, seen++) {
		bool length = node_uint(a, SA_ATTRIBUTE_FORMAT, 0) &&
			      node_uint(a, SA_ATTRIBUTE_TYPE, 0) == SA_ATTRIBUTE_KEY_LENGTH;
		if (length && !t.bits)
			t.bits = (uint16_t)node_uint(a, SA_ATTRIBUTE_VALUE, 0);
		else
			t.others++;
	}
	return t;
}

bool transform_equal(struct transform a, struct transform b)
{
	return a.type == b.type && a.id == b.id && a.bits == b.bits && a.others == b.others;
}

const struct node *proposal_first(const struct node *sa)
{
	return sa && sa->desc == &ike_sa_desc ? node_kid(sa, SA_PROPOSALS) : NULL;
}

/* ---- names ---- */

static const struct { uint8_t type; const char *name; } type_names[] = {
	{ TYPE_ENCR, "encryption" }, { TYPE_PRF, "pseudo-random function" },
	{ TYPE_INTEG, "integrity algorithm" }, { TYPE_KE, "key exchange method" },
	{ TYPE_SN, "kind of sequence numbers" },
};

const char *transform_type_name(uint8_t type, struct arena *a)
{
	for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
		if (type_names[i].type == type)
			return type_names[i].name;
	if (type >= TYPE_ADDKE1 && type <= TYPE_ADDKE7)
		return arena_printf(a, "additional key exchange %d", type - TYPE_ADDKE1 + 1);
	return arena_printf(a, "transform of type %u", type);
}

/* The word of IANA's name without what its type says anyhow. */
static void add_id(struct text *out, struct transform t)
{
	static const struct { const struct names *names; const char *prefix; } types[] = {
		[TYPE_ENCR] = { &reg_encr, "ENCR_" }, [TYPE_PRF] = { &reg_prf, "" },
		[TYPE_INTEG] = { &reg_integ, "AUTH_" }, [TYPE_KE] = { &reg_ke, "" },
		[TYPE_SN] = { &reg_esn, "" },
	};
	uint8_t type = t.type >= TYPE_ADDKE1 && t.type <= TYPE_ADDKE7 ? TYPE_KE : t.type;
	bool known = type >= TYPE_ENCR && type <= TYPE_SN;
	const char *word = known ? names_word(types[type].names, t.id) : NULL;
	if (!word) {
		text_printf(out, "%u", t.id);
		return;
	}
	size_t n = strlen(types[type].prefix);
	text_add(out, strncmp(word, types[type].prefix, n) == 0 ? word + n : word);
}

static void add_transform(struct text *out, struct transform t)
{
	add_id(out, t);
	if (t.bits)
		text_printf(out, " %u", t.bits);
}

const char *proposal_text(struct text *t, struct arena *a)
{
	const char *s = arena_text(a, span_of(t->p, t->n));
	text_done(t);
	return s;
}

static const char *transform_text(struct transform t, struct arena *a)
{
	struct text out = { 0 };
	add_transform(&out, t);
	return proposal_text(&out, a);
}

const char *proposal_protocol(uint64_t protocol, struct arena *a)
{
	const char *word = names_word(&reg_security_protocol_ids, (uint32_t)protocol);
	return word ? word : arena_printf(a, "protocol %u", (unsigned)protocol);
}

void listing_add(struct listing *l, struct transform t)
{
	if (l->count == SHOWN_TRANSFORMS) {
		l->left_out++;
		return;
	}
	if (l->count && l->last.id == t.id && l->last.bits && t.bits) {
		text_printf(&l->text, "|%u", t.bits);
	} else {
		if (l->count)
			text_add(&l->text, ", ");
		add_transform(&l->text, t);
	}
	l->last = t;
	l->count++;
}

const char *listing_end(struct listing *l, struct arena *a)
{
	if (l->left_out)
		text_printf(&l->text, " and %u more", l->left_out);
	if (!l->count)
		text_add(&l->text, "none");
	return proposal_text(&l->text, a);
}

const char *proposal_list(const struct node *p, uint8_t type, struct arena *a)
{
	struct listing l = { 0 };
	for (const struct node *n = node_kid(p, PROPOSAL_TRANSFORMS); n; n = n->next)
		if (node_uint(n, TRANSFORM_TYPE, 0) == type)
			listing_add(&l, transform_read(n));
	return listing_end(&l, a);
}

/* ---- the choice ---- */

static void choose(struct ike_choice *c, struct transform t)
{
	static const uint8_t bits[] = { [TYPE_ENCR] = CHOICE_ENCR, [TYPE_PRF] = CHOICE_PRF,
					[TYPE_INTEG] = CHOICE_INTEG, [TYPE_KE] = CHOICE_KE,
					[TYPE_SN] = CHOICE_SN };
	uint16_t *const places[] = { NULL, &c->encr, &c->prf, &c->integ, &c->ke, &c->esn };
	if (t.type >= TYPE_ADDKE1 && t.type <= TYPE_ADDKE7 && t.id)
		c->addke++;
	if (t.type < TYPE_ENCR || t.type > TYPE_SN || c->has & bits[t.type])
		return;
	c->has |= bits[t.type];
	*places[t.type] = t.id;
	if (t.type == TYPE_ENCR)
		c->encr_bits = t.bits;
}

bool ike_choice_read(const struct node *sa, struct ike_choice *out)
{
	const struct node *p = proposal_first(sa);
	unsigned seen = 0;
	*out = (struct ike_choice){ 0 };
	if (!p)
		return false;
	out->protocol = (uint8_t)node_uint(p, PROPOSAL_PROTOCOL, 0);
	struct span spi = span_part(node_bytes(p, PROPOSAL_SPI), 0, sizeof out->spi);
	out->spi_size = (uint8_t)spi.n;
	if (spi.n)
		memcpy(out->spi, spi.p, spi.n);
	for (const struct node *t = node_kid(p, PROPOSAL_TRANSFORMS); t && seen < ANSWER_MAX;
	     t = t->next, seen++)
		choose(out, transform_read(t));
	return true;
}

static void add_part(struct text *out, const struct ike_choice *c, unsigned bit,
		     struct transform t)
{
	if (!(c->has & bit) || (!t.id && transform_is_optional(t.type)))
		return;
	if (out->n)
		text_add(out, " / ");
	add_transform(out, t);
}

const char *ike_choice_text(const struct ike_choice *c, struct arena *a)
{
	struct text out = { 0 };
	add_part(&out, c, CHOICE_ENCR, (struct transform){ c->encr, c->encr_bits, TYPE_ENCR, 0 });
	add_part(&out, c, CHOICE_INTEG, (struct transform){ c->integ, 0, TYPE_INTEG, 0 });
	add_part(&out, c, CHOICE_PRF, (struct transform){ c->prf, 0, TYPE_PRF, 0 });
	add_part(&out, c, CHOICE_KE, (struct transform){ c->ke, 0, TYPE_KE, 0 });
	add_part(&out, c, CHOICE_SN, (struct transform){ c->esn, 0, TYPE_SN, 0 });
	if (c->addke)
		text_printf(&out, "%s%u additional key exchange%s", out.n ? " / " : "", c->addke,
			    c->addke == 1 ? "" : "s");
	return proposal_text(&out, a);
}

/* ---- is the answer one of the offers? ---- */

struct answer {
	struct transform t[ANSWER_MAX];
	unsigned count;
	uint64_t number, protocol;
	bool aead;
};

/* False with the type that is there twice, or 0 if there are just too many. */
static bool answer_read(const struct node *p, struct answer *out, uint8_t *twice)
{
	*out = (struct answer){ .number = node_uint(p, PROPOSAL_NUMBER, 0),
				.protocol = node_uint(p, PROPOSAL_PROTOCOL, 0) };
	for (const struct node *n = node_kid(p, PROPOSAL_TRANSFORMS); n; n = n->next) {
		struct transform t = transform_read(n);
		*twice = 0;
		if (out->count == ANSWER_MAX)
			return false;
		*twice = t.type;
		for (unsigned i = 0; i < out->count; i++)
			if (out->t[i].type == t.type)
				return false;
		const struct encr *row = t.type == TYPE_ENCR ? encr_find(t.id) : NULL;
		out->aead |= row && encr_has_icv(row);
		out->t[out->count++] = t;
	}
	return true;
}

/* How a proposal stands to one transform of the answer. */
struct offered {
	bool type, id, same, none;	/* none: NONE is offered */
	uint16_t bits;			/* of the first one with the same ID */
};

static struct offered offered_find(const struct node *p, struct transform want)
{
	struct offered o = { 0 };
	for (const struct node *n = node_kid(p, PROPOSAL_TRANSFORMS); n; n = n->next) {
		struct transform t = transform_read(n);
		if (t.type != want.type)
			continue;
		if (t.id == want.id && !o.id)
			o.bits = t.bits;
		o.type = true;
		o.id |= t.id == want.id;
		o.none |= t.id == 0;
		o.same |= transform_equal(t, want);
	}
	return o;
}

static const char *key_text(uint16_t bits, struct arena *a)
{
	return bits ? arena_printf(a, "a key of %u bits", bits) : "no Key Length";
}

/* What is wrong with one transform of the answer; NULL. */
static const char *transform_wrong(const struct node *p, struct transform t, struct arena *a,
				   const char **rule)
{
	struct offered o = offered_find(p, t);
	if (o.same || (!o.type && !t.id && transform_is_optional(t.type)))
		return NULL;
	if (!o.id) {
		*rule = "RFC7296-2.7-01";
		return arena_printf(a, "%s is not among the offers of %s (%s)", transform_text(t, a),
				    transform_type_name(t.type, a), proposal_list(p, t.type, a));
	}
	*rule = "RFC7296-3.3.6-02";
	if (o.bits == t.bits)
		return arena_printf(a, "%s was offered with other attributes", transform_text(t, a));
	struct transform bare = { .id = t.id, .type = t.type };
	return arena_printf(a, "%s was offered with %s, the answer has %s", transform_text(bare, a),
			    key_text(o.bits, a), key_text(t.bits, a));
}

/* Must the answer to this proposal have a transform of the type? A KE method of
 * a CHILD SA is left out in IKE_AUTH (RFC 7296, 1.2), and an AEAD among other
 * ciphers needs no integrity algorithm. */
static bool is_needed(const struct node *p, const struct answer *have, struct transform t)
{
	bool child = have->protocol != IKE_PROTOCOL_IKE;
	for (unsigned i = 0; i < have->count; i++)
		if (have->t[i].type == t.type)
			return false;
	if (t.type == TYPE_INTEG && have->aead)
		return false;
	if (t.type == TYPE_KE && child)
		return false;
	return !transform_is_optional(t.type) || !offered_find(p, t).none;
}

static const char *type_missing(const struct node *p, const struct answer *have, struct arena *a,
				const char **rule)
{
	uint64_t looked = 0;	/* bits: each type is looked at once */
	for (const struct node *n = node_kid(p, PROPOSAL_TRANSFORMS); n; n = n->next) {
		struct transform t = transform_read(n);
		uint64_t bit = (uint64_t)1 << (t.type < 63 ? t.type : 63);
		bool before = looked & bit;
		looked |= bit;
		if (before || !is_needed(p, have, t))
			continue;
		*rule = "RFC7296-2.7-04";
		return arena_printf(a, "the answer chooses no %s of those offered (%s)",
				    transform_type_name(t.type, a), proposal_list(p, t.type, a));
	}
	return NULL;
}

/* NULL if the answer fits the proposal. */
static const char *misfit(const struct node *p, const struct answer *have, struct arena *a,
			  const char **rule)
{
	uint64_t protocol = node_uint(p, PROPOSAL_PROTOCOL, 0);
	const char *wrong = NULL;
	if (protocol != have->protocol) {
		*rule = "RFC7296-2.7-02";
		return arena_printf(a, "the answer is for %s, the offer for %s",
				    proposal_protocol(have->protocol, a), proposal_protocol(protocol, a));
	}
	for (unsigned i = 0; i < have->count && !wrong; i++)
		wrong = transform_wrong(p, have->t[i], a, rule);
	return wrong ? wrong : type_missing(p, have, a, rule);
}

/* Another proposal that the answer fits; NULL. */
static const struct node *fitting(const struct node *first, const struct answer *have,
				  struct arena *a)
{
	struct arena_mark mark = arena_mark(a);
	const char *rule;
	unsigned seen = 0;
	for (const struct node *p = first; p && seen < 256; p = p->next, seen++) {
		bool fits = !misfit(p, have, a, &rule);
		arena_rewind(a, mark);
		if (fits)
			return p;
	}
	return NULL;
}

static const struct node *numbered(const struct node *p, uint64_t number)
{
	while (p && node_uint(p, PROPOSAL_NUMBER, 0) != number)
		p = p->next;
	return p;
}

const char *ike_answer_rule(const struct node *offer, const struct node *answer, struct arena *a,
			    const char **rule)
{
	const struct node *first = proposal_first(offer), *p = proposal_first(answer);
	struct answer have;
	uint8_t twice = 0;
	*rule = "RFC7296-2.7-01";
	if (!p)
		return "the answer has no proposal";
	if (p->next)
		return "the answer has more than one proposal";
	if (!answer_read(p, &have, &twice))
		return twice ? arena_printf(a, "the answer has more than one %s", transform_type_name(twice, a))
			     : "the answer has more transforms than there are types";
	const struct node *same = numbered(first, have.number);
	const char *wrong = same ? misfit(same, &have, a, rule) : "";
	if (!wrong) {
		*rule = NULL;
		return NULL;
	}
	const struct node *other = fitting(first, &have, a);
	if (!same || other) {
		*rule = "RFC7296-3.3.1-02";
		return other ? arena_printf(a, "the answer is proposal %u of the offer, but has the number %u",
					    (unsigned)node_uint(other, PROPOSAL_NUMBER, 0),
					    (unsigned)have.number)
			     : arena_printf(a, "the answer has the number %u, which no proposal of the "
					    "offer has", (unsigned)have.number);
	}
	return wrong;
}

const char *ike_answer_wrong(const struct node *offer, const struct node *answer, struct arena *a)
{
	const char *rule;
	return ike_answer_rule(offer, answer, a, &rule);
}
