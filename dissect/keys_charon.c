/* SPDX-License-Identifier: BSD-2-Clause
 * Keys in the logs of strongSwan's charon at `ike = 4, chd = 4`: hex dumps of the
 * DH secret, SKEYSEED, SK_d, SK_a*, SK_e* and of the keys of CHILD SAs (RFC 7296,
 * 2.14 and 2.17), of IKEv1 the phase 1 key.
 *
 *	09[IKE] Sk_ei secret => 16 bytes @ 0x50002ce0
 *	09[IKE]    0: 56 5A D1 88 28 67 05 99 EC 43 98 7E F0 FC 38 0D  VZ..(g...C.~..8.
 *
 * No SPI stands beside a key. What belongs together is told by the thread, from
 * the packet it received to the one it sent (a "job"): the SPIs of an IKE SA stand
 * in the dumps of NAT detection and of the signed octets, those of a CHILD SA in
 * the lines that install it. The keys of a rekeyed IKE SA have no SPI at all; their
 * row has a zero SPI pair and is tried where no other key works. Each file is
 * understood by itself. */
#include "dissect/keys_log.h"
#include "ipsec/crypto/prf.h"

#include <stdlib.h>

enum {
	THREADS = 64,		/* threads of the daemon that we follow at a time */
	PAIRS = 256,		/* IKE SAs whose keys may come in a later job */
};

enum item {
	ITEM_NONE, ITEM_SPIS,
	ITEM_DH, ITEM_SKEYSEED, ITEM_SK_D, ITEM_SK_AI, ITEM_SK_AR, ITEM_SK_EI, ITEM_SK_ER,
	ITEM_KA, ITEM_SKEYID_E,
	ITEM_CHILD_DH, ITEM_ENCR_I, ITEM_ENCR_R, ITEM_INTEG_I, ITEM_INTEG_R,
	ITEMS
};

/* What stands before "=> 32 bytes". */
static const struct {
	const char *name;
	enum item item;
} dumps[] = {
	{ "natd_chunk", ITEM_SPIS },
	{ "octets = message + nonce + prf(Sk_px, IDx')", ITEM_SPIS },
	{ "shared Diffie Hellman secret", ITEM_DH }, { "key exchange secret", ITEM_DH },
	{ "SKEYSEED", ITEM_SKEYSEED }, { "Sk_d secret", ITEM_SK_D },
	{ "Sk_ai secret", ITEM_SK_AI }, { "Sk_ar secret", ITEM_SK_AR },
	{ "Sk_ei secret", ITEM_SK_EI }, { "Sk_er secret", ITEM_SK_ER },
	{ "encryption key Ka", ITEM_KA }, { "SKEYID_e", ITEM_SKEYID_E },
	{ "DH secret", ITEM_CHILD_DH },
	{ "encryption initiator key", ITEM_ENCR_I }, { "encryption responder key", ITEM_ENCR_R },
	{ "integrity initiator key", ITEM_INTEG_I }, { "integrity responder key", ITEM_INTEG_R },
};

enum { DUMPS = sizeof dumps / sizeof *dumps };

struct proposal {
	bool known;
	uint8_t protocol;		/* 0: IKE */
	struct log_algorithms a;
};

/* The ends of a packet, without ports: they change with NAT traversal. */
struct hosts {
	struct span from, to;
};

struct thread {
	uint32_t number;
	uint64_t used;			/* when last */
	enum item item;			/* the dump that is being read */
	size_t size;			/* its octets */
	struct keys_key key[ITEMS];
	size_t line[ITEMS];
	/* of this job */
	struct proposal ike, child;
	struct hosts hosts;
	uint8_t spis[16];
	bool spi_i, spi_r;		/* which of them are known */
	bool parsed, responder;		/* the exchange's role */
	bool create_child;		/* IKE keys are of a new IKE SA */
	bool quick;			/* IKEv1, where a DH secret alone derives nothing */
	bool inbound;
	uint8_t protocol;		/* of the SA that is being installed */
	struct sa_key sa;		/* its row waits for what the kernel is told */
	size_t sa_line;			/* 0: none waits */
};

/* An IKE SA that was seen in IKE_SA_INIT. */
struct pair {
	bool bound;			/* its keys have been found */
	uint8_t spis[16];
	struct proposal ike;
	struct hosts hosts;
};

struct charon {
	struct keys_in *in;
	uint64_t clock;
	struct thread *last;		/* whose line came last */
	struct proposal ike;		/* selected last */
	size_t pair_count;		/* the place of the next is pair_count % PAIRS */
	struct pair pairs[PAIRS];
	size_t thread_count;		/* places that were ever used */
	struct thread threads[THREADS];
};

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
static void proposal_take(struct charon *c, struct thread *t, struct span text)
{
	struct proposal p = { .known = true };
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

/* ---- which IKE SA ---- */

static struct pair *pair_of_spis(struct charon *c, const uint8_t *spis, size_t octets)
{
	size_t n = c->pair_count < PAIRS ? c->pair_count : PAIRS;
	for (size_t i = 0; i < n; i++) {	/* the newest first */
		struct pair *p = &c->pairs[(c->pair_count - 1 - i) % PAIRS];
		if (memcmp(p->spis, spis, octets) == 0)
			return p;
	}
	return NULL;
}

/* The only one of these hosts whose keys have not come yet; NULL. */
static struct pair *pair_of_hosts(struct charon *c, const struct hosts *h)
{
	size_t n = c->pair_count < PAIRS ? c->pair_count : PAIRS;
	struct pair *found = NULL;
	for (size_t i = 0; i < n; i++) {
		struct pair *p = &c->pairs[i];
		if (p->bound || !h->from.n || !span_equal(p->hosts.from, h->from) ||
		    !span_equal(p->hosts.to, h->to))
			continue;
		if (found)
			return NULL;
		found = p;
	}
	return found;
}

/* SPIi and SPIr stand first in what NAT detection hashes (RFC 7296, 2.23), and,
 * being a message, in what AUTH signs (2.15). */
static void spis_seen(struct charon *c, struct thread *t, const uint8_t spis[16])
{
	t->spi_i = true;
	t->spi_r = !span_is_zero(span_of(spis + 8, 8));
	memcpy(t->spis, spis, 16);
	if (!t->spi_r)
		return;
	struct pair *p = pair_of_spis(c, spis, 16);
	if (!p) {
		p = &c->pairs[c->pair_count++ % PAIRS];
		*p = (struct pair){ .hosts = t->hosts };
		memcpy(p->spis, spis, 16);
	}
	if (!p->ike.known)
		p->ike = t->ike;
}

/* Which IKE SA the keys of this job are of; NULL: not known. */
static struct pair *job_pair(struct charon *c, const struct thread *t)
{
	struct pair *p = NULL;
	if (t->create_child)
		return NULL;
	if (t->spi_i)
		p = pair_of_spis(c, t->spis, t->spi_r ? 16 : 8);
	return p ? p : pair_of_hosts(c, &t->hosts);
}

/* ---- rows ---- */

static void secret_add(struct charon *c, const struct thread *t, enum item item,
		       const struct pair *p, const struct proposal *ike)
{
	struct ike_secret row = { .kind = item == ITEM_SKEYSEED ? SECRET_SKEYSEED :
				  item == ITEM_SK_D ? SECRET_SK_D : SECRET_DH,
				  .prf = ike->a.prf, .secret = keys_key_span(&t->key[item]) };
	if (t->key[item].n == 0)
		return;
	if (p) {
		memcpy(row.spi_i, p->spis, 8);
		memcpy(row.spi_r, p->spis + 8, 8);
	}
	keys_add_secret(c->in, &row, t->line[item]);
}

static void ike1_add(struct charon *c, struct thread *t, struct pair *p)
{
	struct ike_key row = { .version = 1, .sk_ei = keys_key_span(&t->key[ITEM_KA]) };
	size_t line = t->line[t->key[ITEM_KA].n ? ITEM_KA : ITEM_SKEYID_E];
	if (!p || t->key[ITEM_KA].n == 0) {
		keys_say(c->in, line, "keys of an IKEv1 SA passed over: %s is not in the log",
			 p ? "the phase 1 key" : "its cookie");
		return;
	}
	memcpy(row.spi_i, p->spis, 8);
	memcpy(row.spi_r, p->spis + 8, 8);
	keys_add_ike(c->in, &row, line);
}

static void ike2_add(struct charon *c, struct thread *t, struct pair *p)
{
	const struct proposal *ike = t->ike.known ? &t->ike : p && p->ike.known ? &p->ike : &c->ike;
	struct ike_key row = { .version = 2, .encr = ike->a.encr, .integ = ike->a.integ };
	size_t line = t->line[ITEM_SK_EI];
	row.sk_ei = keys_key_span(&t->key[ITEM_SK_EI]);
	row.sk_er = keys_key_span(&t->key[ITEM_SK_ER]);
	row.sk_ai = keys_key_span(&t->key[ITEM_SK_AI]);
	row.sk_ar = keys_key_span(&t->key[ITEM_SK_AR]);
	if (p) {
		memcpy(row.spi_i, p->spis, 8);
		memcpy(row.spi_r, p->spis + 8, 8);
	}
	if (!row.integ)
		row.integ = integ_find(0);
	if (row.sk_ei.n && row.encr)
		keys_add_ike(c->in, &row, line);
	else if (row.sk_ei.n)
		keys_bad(c->in, line, "keys of an IKE SA, but the log has no \"selected proposal\" "
			 "before them that names an encryption we know");
	secret_add(c, t, ITEM_DH, p, ike);
	secret_add(c, t, ITEM_SKEYSEED, p, ike);
	secret_add(c, t, ITEM_SK_D, p, ike);
}

static void ike_flush(struct charon *c, struct thread *t)
{
	bool v1 = t->key[ITEM_KA].n || t->key[ITEM_SKEYID_E].n;
	bool v2 = t->key[ITEM_SK_EI].n || t->key[ITEM_SKEYSEED].n || t->key[ITEM_SK_D].n;
	if (!v1 && !v2 && !t->key[ITEM_DH].n)
		return;
	struct pair *p = job_pair(c, t);
	if (v1)
		ike1_add(c, t, p);
	else
		ike2_add(c, t, p);
	if (p)
		p->bound = true;
	for (enum item i = ITEM_DH; i <= ITEM_SKEYID_E; i++)
		crypto_cleanse(&t->key[i], sizeof t->key[i]);
}

static void sa_flush(struct charon *c, struct thread *t)
{
	if (t->sa_line)
		keys_add_sa(c->in, &t->sa, t->sa_line);
	t->sa_line = 0;
}

/* The CHILD's own DH secret goes with an IKE SA that this job does not name. */
static void child_flush(struct charon *c, struct thread *t)
{
	sa_flush(c, t);
	if (t->key[ITEM_CHILD_DH].n && !t->quick)
		secret_add(c, t, ITEM_CHILD_DH, NULL, &(struct proposal){ 0 });
	for (enum item i = ITEM_CHILD_DH; i < ITEMS; i++)
		crypto_cleanse(&t->key[i], sizeof t->key[i]);
}

/* A dump that is not complete is no key. */
static void dump_end(struct charon *c, struct thread *t)
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

static void job_end(struct charon *c, struct thread *t)
{
	uint32_t number = t->number;
	uint64_t used = t->used;
	dump_end(c, t);
	ike_flush(c, t);
	child_flush(c, t);
	crypto_cleanse(t, sizeof *t);
	memset(t, 0, sizeof *t);
	t->number = number;
	t->used = used;
}

/* ---- installing a CHILD SA ---- */

static struct span word_at(struct span text, size_t index)
{
	while (index--)
		keys_word(&text);
	return keys_word(&text);
}

static void sa_keys(struct thread *t, struct sa_key *row, bool initiators)
{
	row->encr_key = keys_key_span(&t->key[initiators ? ITEM_ENCR_I : ITEM_ENCR_R]);
	row->integ_key = keys_key_span(&t->key[initiators ? ITEM_INTEG_I : ITEM_INTEG_R]);
}

static bool sa_algorithms(struct charon *c, struct thread *t, struct sa_key *row)
{
	const struct proposal *p = &t->child;
	bool ah = row->protocol == PROTOCOL_AH;
	row->encr = ah ? encr_find(11) : p->a.encr;
	row->integ = p->a.integ ? p->a.integ : integ_find(0);
	row->esn = p->a.esn;
	if (row->encr && (!ah || p->a.integ))
		return true;
	keys_bad(c->in, c->in->line, "SPI 0x%08x: the log does not name an algorithm we know: "
		 "neither \"selected proposal\" nor \"using\"", row->spi);
	return false;
}

/* "  SPI 0xcd322eb5, src 192.0.2.2 dst 192.0.2.1" */
static void sa_install(struct charon *c, struct thread *t, struct span text)
{
	struct sa_key row = { .protocol = t->protocol ? t->protocol : t->child.protocol,
			      .spi_mask = UINT32_MAX };
	struct span spi = word_at(text, 1), src = word_at(text, 3), dst = word_at(text, 5);
	sa_flush(c, t);
	if (!t->key[ITEM_ENCR_I].n && !t->key[ITEM_INTEG_I].n && !t->key[ITEM_ENCR_R].n &&
	    !t->key[ITEM_INTEG_R].n)
		return;		/* their dumps are not in the log */
	if (spi.n)
		spi.n--;	/* the comma */
	if (!row.protocol || !keys_spi(spi, &row.spi) || !addr_pattern_parse(src, &row.src) ||
	    !addr_pattern_parse(dst, &row.dst)) {
		keys_bad(c->in, c->in->line, "needs: SPI 0x..., src ADDRESS dst ADDRESS, and before "
			 "it a line \"adding ... ESP SA\" or \"AH SA\"");
		return;
	}
	if (!sa_algorithms(c, t, &row))
		return;
	/* The initiator's keys protect what the initiator sends (RFC 7296, 2.17).
	 * Whose side this log is of is in the message parsed last; without it both
	 * keys are tried. */
	sa_keys(t, &row, t->inbound == t->responder);
	if (!t->parsed) {
		struct sa_key other = row;
		sa_keys(t, &other, t->inbound != t->responder);
		keys_add_sa(c->in, &other, c->in->line);
	}
	t->sa = row;
	t->sa_line = c->in->line;
}

/* "adding inbound ESP SA", "registering outbound AH SA" */
static void sa_announce(struct thread *t, struct span text)
{
	struct span direction = word_at(text, 1), protocol = word_at(text, 2);
	bool inbound = keys_is(direction, "inbound");
	if (!inbound && !keys_is(direction, "outbound"))
		return;
	t->inbound = inbound;
	t->protocol = keys_is(protocol, "AH") ? PROTOCOL_AH : PROTOCOL_ESP;
}

/* "using AES_CBC for encryption"; then, of the kernel's side, "using integrity
 * algorithm HMAC_SHA2_256_96 with key size 256", "using replay window of 32". */
static void sa_using(struct thread *t, struct span text)
{
	struct span first = word_at(text, 1), second = word_at(text, 2);
	struct span third = word_at(text, 3), fourth = word_at(text, 4);
	struct log_algorithms p = { 0 };
	uint64_t window;
	if (keys_is(second, "for")) {
		log_word_take(&t->child.a, first);
	} else if (t->sa_line && keys_is(first, "replay") && keys_is(third, "of") && t->inbound &&
		   keys_number(fourth, REPLAY_WINDOW_MAX, &window)) {
		t->sa.window = (uint32_t)window;
	} else if (t->sa_line && keys_is(second, "algorithm")) {
		log_word_take(&p, third);
		if (p.integ)
			t->sa.integ = p.integ;
		if (p.encr && t->sa.protocol == PROTOCOL_ESP)
			t->sa.encr = p.encr;
	}
}

/* ---- reading ---- */

/* A new set of keys in the same job: the ones before it are complete. */
static void dump_make_room(struct charon *c, struct thread *t, enum item item)
{
	if (item == ITEM_SPIS)
		return;
	if (t->key[item].n && item <= ITEM_SKEYID_E)
		ike_flush(c, t);
	else if (item == ITEM_CHILD_DH ||
		 (t->key[item].n && item > ITEM_CHILD_DH))
		child_flush(c, t);
	else if (item == ITEM_ENCR_I)
		sa_flush(c, t);
}

/* "Sk_ei secret => 16 bytes @ 0x50002ce0" */
static bool dump_begin(struct charon *c, struct thread *t, struct span text)
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
		return true;
	}
	return true;	/* of something else */
}

/* "   16: 26 60 05 ...  &`..": octets where they are expected; false if it is no
 * such line. */
static bool dump_line(struct charon *c, struct thread *t, struct span text)
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
			spis_seen(c, t, k->b);
		t->item = ITEM_NONE;
	}
	return true;
}

/* The thread with this number, or the place of the one that was idle longest. */
static struct thread *thread_find(struct charon *c, uint32_t number)
{
	struct thread *oldest = &c->threads[0];
	for (size_t i = 0; i < c->thread_count; i++) {
		struct thread *t = &c->threads[i];
		if (t->number == number)
			return t;
		if (t->used < oldest->used)
			oldest = t;
	}
	if (c->thread_count < THREADS)
		oldest = &c->threads[c->thread_count++];
	else
		job_end(c, oldest);
	oldest->number = number;
	return oldest;
}

/* "received packet: from 192.0.2.2[500] to 192.0.2.1[500] (280 bytes)" */
static void packet_received(struct thread *t, struct span text)
{
	struct span word, *to = NULL;
	while ((word = keys_word(&text)).n) {
		const uint8_t *port = memchr(word.p, '[', word.n);
		if (to && port)
			*to = span_part(word, 0, (size_t)(port - word.p));
		to = keys_is(word, "from") ? &t->hosts.from : keys_is(word, "to") ? &t->hosts.to : NULL;
	}
}

/* "parsed CREATE_CHILD_SA response 2 [ SA No KE TSi TSr ]" */
static void message_parsed(struct thread *t, struct span text)
{
	struct span exchange = word_at(text, 1), flow = word_at(text, 2);
	t->parsed = true;
	t->responder = keys_is(flow, "request");
	t->create_child = keys_is(exchange, "CREATE_CHILD_SA");
	t->quick = keys_is(exchange, "QUICK_MODE");
}

static void text_take(struct charon *c, struct thread *t, struct span text)
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
	} else if (keys_starts(text, "adding ") || keys_starts(text, "registering ")) {
		sa_announce(t, text);
	} else if (keys_starts(text, "  SPI 0x")) {
		sa_install(c, t, text);
	} else if (keys_starts(text, "  using ")) {
		sa_using(t, text);
	}
}

static void entry_take(struct charon *c, const struct log_charon_line *e)
{
	struct thread *t = thread_find(c, e->thread);
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
	free(c);
}
