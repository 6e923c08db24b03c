/* SPDX-License-Identifier: BSD-2-Clause
 * Keys in the logs of strongSwan's charon at `ike = 4, chd = 4`: hex dumps of the
 * DH secret, SKEYSEED, SK_d, SK_a*, SK_e* and of the keys of CHILD SAs (RFC 7296,
 * 2.14 and 2.17), of IKEv1 SKEYID, SKEYID_d, _a, _e and the phase 1 key (RFC 2409, 5),
 * and of PSKs and PPKs that AUTH is computed with.
 *
 *	09[IKE] Sk_ei secret => 16 bytes @ 0x50002ce0
 *	09[IKE]    0: 56 5A D1 88 28 67 05 99 EC 43 98 7E F0 FC 38 0D  VZ..(g...C.~..8.
 *
 * No SPI stands beside a key. What belongs together is told by the thread, from
 * the packet it received to the one it sent (a "job"): the SPIs of an IKE SA stand
 * in the dumps of NAT detection and of the signed octets, those of a CHILD SA in
 * the lines that install it. The secrets of a CREATE_CHILD_SA or Quick Mode have no
 * SPI at all; their row has a zero SPI pair and is tried where no other key works.
 * Each file is understood by itself. */
#include "dissect/keys_charon.h"

#include <stdlib.h>

/* What stands before "=> 32 bytes". */
static const struct {
	const char *name;
	enum item item;
} dumps[] = {
	{ "natd_chunk", ITEM_SPIS },
	{ "octets = message + nonce + prf(Sk_px, IDx')", ITEM_SPIS },
	{ "octets = message + nonce + prf(Sk_px, IDx') + IntAuth", ITEM_SPIS },
	{ "shared Diffie Hellman secret", ITEM_DH }, { "key exchange secret", ITEM_DH },
	{ "SKEYSEED", ITEM_SKEYSEED }, { "Sk_d secret", ITEM_SK_D },
	{ "Sk_ai secret", ITEM_SK_AI }, { "Sk_ar secret", ITEM_SK_AR },
	{ "Sk_ei secret", ITEM_SK_EI }, { "Sk_er secret", ITEM_SK_ER },
	{ "SKEYID", ITEM_SKEYID }, { "SKEYID_d", ITEM_SKEYID_D },
	{ "SKEYID_a", ITEM_SKEYID_A }, { "SKEYID_e", ITEM_SKEYID_E },
	{ "encryption key Ka", ITEM_KA },
	{ "DH secret", ITEM_CHILD_DH },
	{ "encryption initiator key", ITEM_ENCR_I }, { "encryption responder key", ITEM_ENCR_R },
	{ "integrity initiator key", ITEM_INTEG_I }, { "integrity responder key", ITEM_INTEG_R },
	{ "secret", ITEM_PSK }, { "PPK", ITEM_PPK }, { "derive keys using PPK", ITEM_NEW_PPK },
};

enum { DUMPS = sizeof dumps / sizeof *dumps };

bool keys_charon_recognise(struct span text)
{
	struct keys_in in = { .text = text };
	struct span line;
	struct log_charon_line e;
	while (in.line < LOG_LOOK_LINES && keys_line(&in, &line))
		if (log_charon_parse(line, &e))
			return true;
	return false;
}

/* "ESP:AES_CBC_128/HMAC_SHA1_96/NO_EXT_SEQ" */
static void proposal_take(struct charon *c, struct charon_thread *t, struct span text)
{
	struct charon_proposal p = { .known = true };
	if (keys_starts(text, "IKE:"))
		text = span_from(text, 4);
	else if (keys_starts(text, "ESP:") || keys_starts(text, "AH:")) {
		p.protocol = text.p[0] == 'E' ? PROTOCOL_ESP : PROTOCOL_AH;
		text = span_from(text, text.p[0] == 'E' ? 4 : 3);
	} else {
		return;
	}
	while (text.n) {
		const uint8_t *slash = memchr(text.p, '/', text.n);
		size_t n = slash ? (size_t)(slash - text.p) : text.n;
		log_word_take(&p.a, keys_trim(span_part(text, 0, n)));
		text = span_from(text, n + (slash != NULL));
	}
	if (p.protocol) {
		t->child = p;
	} else {
		t->ike = c->ike = p;
	}
}

/* A dump that is not complete is no key. */
static void dump_end(struct charon *c, struct charon_thread *t)
{
	struct keys_key *k = &t->key[t->item];
	if (t->item == ITEM_NONE || k->n >= t->size) {
		t->item = ITEM_NONE;
		return;
	}
	if (t->item != ITEM_SPIS)
		keys_bad(c->in, t->line[t->item], "the dump ends after %zu of %zu octets", k->n,
			 t->size);
	crypto_cleanse(k, sizeof *k);
	t->item = ITEM_NONE;
}

static void job_end(struct charon *c, struct charon_thread *t)
{
	uint32_t number = t->number;
	uint64_t used = t->used;
	dump_end(c, t);
	charon_ike_flush(c, t);
	charon_child_flush(c, t);
	crypto_cleanse(t, sizeof *t);
	memset(t, 0, sizeof *t);
	t->number = number;
	t->used = used;
}

/* ---- reading ---- */

/* A new set of keys in the same job: the ones before it are complete. */
static void dump_make_room(struct charon *c, struct charon_thread *t, enum item item)
{
	if (item == ITEM_SPIS || item > ITEM_CHILD_LAST)
		return;
	if (t->key[item].n && item <= ITEM_IKE_LAST)
		charon_ike_flush(c, t);
	else if (item == ITEM_CHILD_DH ||
		 (t->key[item].n && item > ITEM_CHILD_DH))
		charon_child_flush(c, t);
	else if (item == ITEM_ENCR_I)
		charon_sa_flush(c, t);
}

/* "Sk_ei secret => 16 bytes @ 0x50002ce0" */
static bool dump_begin(struct charon *c, struct charon_thread *t, struct span text)
{
	const uint8_t *arrow = memmem(text.p, text.n, " => ", 4);
	uint64_t size;
	if (!arrow)
		return false;
	struct span name = keys_trim(span_part(text, 0, (size_t)(arrow - text.p)));
	struct span rest = span_from(text, (size_t)(arrow - text.p) + 4);
	struct span number = keys_word(&rest);
	if (!keys_is(keys_word(&rest), "bytes") || !keys_number(number, UINT32_MAX, &size))
		return false;
	for (size_t i = 0; i < DUMPS; i++) {
		if (!keys_is(name, dumps[i].name))
			continue;
		size_t wanted = dumps[i].item == ITEM_SPIS ? 16 : size;
		if (size < wanted || wanted > KEYS_KEY_MAX) {
			keys_bad(c->in, c->in->line, "a dump of %zu octets, needs at most %d",
				 (size_t)size, KEYS_KEY_MAX);
			return true;
		}
		dump_make_room(c, t, dumps[i].item);
		t->item = dumps[i].item;
		t->size = wanted;
		t->key[t->item].n = 0;
		t->line[t->item] = c->in->line;
		t->new_ppk |= t->item == ITEM_NEW_PPK;
		return true;
	}
	return true;	/* of something else */
}

/* "   16: 26 60 05 ...  &`..": octets where they are expected; false if it is no
 * such line. */
static bool dump_line(struct charon *c, struct charon_thread *t, struct span text)
{
	struct keys_key *k = &t->key[t->item];
	struct span rest = keys_trim(text), offset = keys_word(&rest);
	uint64_t at;
	if (offset.n < 2 || offset.p[offset.n - 1] != ':' ||
	    !keys_number(span_part(offset, 0, offset.n - 1), UINT32_MAX, &at))
		return false;
	if (t->item == ITEM_NONE || at != k->n)
		return true;	/* of a dump that nobody asked for, or out of turn */
	rest = span_from(rest, 1);
	for (size_t i = 0; i < 16 && k->n < t->size; i++) {
		if (!span_unhex(span_part(rest, 3 * i, 2), k->b + k->n, 1))
			break;
		k->n++;
	}
	if (k->n >= t->size) {
		if (t->item == ITEM_SPIS)
			charon_spis_seen(c, t, k->b);
		else if (t->item > ITEM_CHILD_LAST)
			charon_shared_seen(c, t, t->item);
		t->item = ITEM_NONE;
	}
	return true;
}

/* The thread with this number, or the place of the one that was idle longest. */
static struct charon_thread *thread_find(struct charon *c, uint32_t number)
{
	struct charon_thread *oldest = &c->threads[0];
	for (size_t i = 0; i < c->thread_count; i++) {
		struct charon_thread *t = &c->threads[i];
		if (t->number == number)
			return t;
		if (t->used < oldest->used)
			oldest = t;
	}
	if (c->thread_count < CHARON_THREADS)
		oldest = &c->threads[c->thread_count++];
	else
		job_end(c, oldest);
	oldest->number = number;
	return oldest;
}

/* "received packet: from 192.0.2.2[500] to 192.0.2.1[500] (280 bytes)" */
static void packet_received(struct charon_thread *t, struct span text)
{
	struct span word, *to = NULL;
	while ((word = keys_word(&text)).n) {
		const uint8_t *port = memchr(word.p, '[', word.n);
		if (to && port)
			*to = span_part(word, 0, (size_t)(port - word.p));
		to = keys_is(word, "from") ? &t->hosts.from : keys_is(word, "to") ? &t->hosts.to : NULL;
	}
}

static bool holds(struct span s, const char *word)
{
	return s.n && memmem(s.p, s.n, word, strlen(word)) != NULL;
}

/* "parsed CREATE_CHILD_SA response 2 [ SA No KE TSi TSr ]" */
static void message_parsed(struct charon_thread *t, struct span text)
{
	struct span exchange = log_word_at(text, 1), flow = log_word_at(text, 2);
	t->parsed = true;
	t->responder = keys_is(flow, "request");
	t->create_child = keys_is(exchange, "CREATE_CHILD_SA");
	t->identified = (holds(text, " IDi ") || holds(text, " IDr ")) && holds(text, " AUTH ");
}

/* "authentication of 'moon.example' (myself) with pre-shared key" stands before the
 * dump of the secret, "authentication of 'sun.example' with pre-shared key successful"
 * behind it. The secret of EAP is an MSK. */
static void auth_said(struct charon_thread *t, struct span text)
{
	static const char before[] = "authentication of '", me[] = "' (myself) with ";
	static const char psk[] = "pre-shared key";
	text = span_from(text, sizeof before - 1);
	const uint8_t *with = memmem(text.p, text.n, me, sizeof me - 1);
	const uint8_t *good = memmem(text.p, text.n, "' with pre-shared key successful", 32);
	if (with) {
		t->id = span_part(text, 0, (size_t)(with - text.p));
		text = span_from(text, t->id.n + sizeof me - 1);
		t->method = keys_is(text, psk) ? METHOD_PSK : METHOD_OTHER;
	} else if (good && t->psk && !t->psk->id.n) {
		t->psk->id = span_part(text, 0, (size_t)(good - text.p));
	}
}

/* "tried 1 shared key for 'me' - 'other', but MAC mismatched" */
static void psk_failed(struct charon_thread *t, struct span text)
{
	const uint8_t *dash = memmem(text.p, text.n, "' - '", 5);
	const uint8_t *end = memmem(text.p, text.n, "', but MAC", 10);
	if (dash && end && end > dash + 5 && t->psk && !t->psk->id.n)
		t->psk->id = span_of(dash + 5, (size_t)(end - dash) - 5);
}

/* "using PPK for PPK_ID 'post-quantum'" */
static void ppk_named(struct charon_thread *t, struct span text)
{
	text = span_from(text, strlen("using PPK for PPK_ID '"));
	if (t->ppk && !t->ppk->id.n && text.n && text.p[text.n - 1] == '\'')
		t->ppk->id = span_part(text, 0, text.n - 1);
}

static void text_take(struct charon *c, struct charon_thread *t, struct span text)
{
	if (keys_starts(text, "received packet: ")) {
		job_end(c, t);
		packet_received(t, text);
	} else if (keys_starts(text, "sending packet: ")) {
		job_end(c, t);
	} else if (keys_starts(text, "parsed ")) {
		message_parsed(t, text);
	} else if (keys_starts(text, "selected proposal: ")) {
		proposal_take(c, t, span_from(text, strlen("selected proposal: ")));
	} else if (keys_starts(text, "authentication of '")) {
		auth_said(t, text);
	} else if (keys_starts(text, "tried ")) {
		psk_failed(t, text);
	} else if (keys_starts(text, "using PPK for PPK_ID '")) {
		ppk_named(t, text);
	} else if (keys_starts(text, "adding ") || keys_starts(text, "registering ")) {
		charon_sa_announce(t, text);
	} else if (keys_starts(text, "  SPI 0x")) {
		charon_sa_install(c, t, text);
	} else if (keys_starts(text, "  using ")) {
		charon_sa_using(t, text);
	}
}

static void entry_take(struct charon *c, const struct log_charon_line *e)
{
	struct charon_thread *t = thread_find(c, e->thread);
	t->used = ++c->clock;
	c->last = t;
	if (dump_line(c, t, e->text))
		return;
	dump_end(c, t);
	if (!dump_begin(c, t, e->text))
		text_take(c, t, e->text);
}

void keys_charon_read(struct keys_in *in)
{
	struct charon *c = calloc(1, sizeof *c);
	struct span line;
	struct log_charon_line e;
	if (!c)
		abort();	/* as arenas do */
	c->in = in;
	while (keys_line(in, &line))
		if (log_charon_parse(line, &e))
			entry_take(c, &e);
		else if (c->last && c->last->item)	/* a dump of one journal entry */
			dump_line(c, c->last, line);
	for (size_t i = 0; i < c->thread_count; i++)
		job_end(c, &c->threads[i]);	/* which cleanses its keys */
	charon_end(c);
	free(c);
}
