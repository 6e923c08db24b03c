/* SPDX-License-Identifier: BSD-2-Clause
 * Keys in the logs of Libreswan's pluto with plutodebug="all private". Of an IKE
 * SA there are two lines in tcpdump's form, of an ESP or AH SA a dump of each key
 * and then what the kernel was told (its source, SPI, destination, algorithms):
 *
 *	| ikev2 I 0x98782741e6147d11 0x6fc0cbdcdb7eda18 sha512:0x... aes256:0x...
 *	| ESP enckey:
 *	|   ea c3 40 4f  50 78 6b 21  72 be a0 47  7a 97 13 9d   ..@OPxk!r..Gz...
 *	| ESP authkey:
 *	|   ...
 *	| kernel: add_sa() level=0 outbound tunnel 192.0.2.1/32-ALL->192.0.2.1[7ac146cb]
 *	  ==>192.0.2.2-ALL->192.0.2.2/32 +esn replay_window=128 HMAC_SHA2_256_128:32 AES_CBC:16
 *	| netlink response for Add SA esp.7ac146cb@192.0.2.2 included non-error error
 *
 * The `ikev2` lines cut SK_ai and SK_ar to 32 octets, so that HMAC-SHA2-384 and
 * -512 stay unchecked, and leave out an AEAD's salt, without which it cannot be
 * opened. SK_d, SKEYSEED, DH secrets, the secrets of IKEv1's phase 1 and IKEv2's PSKs
 * and PPKs are not in the log; of IKEv1 the PSK is ("User PSK:"). */
#include "dissect/keys_log.h"

enum dump { DUMP_NONE, DUMP_ENCR, DUMP_INTEG, DUMP_PSK };

/* One line of an IKE SA. */
struct pluto {
	struct keys_in *in;
	struct keys_half half[2];		/* the one that waits, and the one that is read */
	bool phase1_told;
	uint8_t salt_told[16];		/* the SPIs of the AEAD line told last */
	/* the SA that is being installed */
	uint8_t protocol;		/* 0: none */
	enum dump dump;			/* whose octets the next lines may be */
	struct keys_key encr_key, integ_key;
	struct keys_key psk;
	size_t psk_line;
	struct span id;			/* whose secret was looked for last; in the text */
	struct log_algorithms a;	/* "looking for alg with ..." */
};

/* Names of an `ikev2` line; the key's bits follow without a separator. */
static const struct {
	const char *name;
	uint16_t id;
} ciphers[] = {
	{ "aes_gcm_16", 20 }, { "aes_gcm_12", 19 }, { "aes_gcm_8", 18 }, { "aes_gcm", 20 },
	{ "aes_ccm_16", 16 }, { "aes_ccm_12", 15 }, { "aes_ccm_8", 14 }, { "aes_ccm", 16 },
	{ "aes_ctr", 13 }, { "aes", 12 }, { "camellia_ctr", 24 }, { "camellia", 23 },
	{ "chacha20_poly1305", 28 }, { "3des", 3 }, { "null", 11 },
}, macs[] = {
	{ "md5", 1 }, { "sha1", 2 }, { "aes_xcbc", 5 }, { "aes_cmac", 8 }, { "sha256", 12 },
	{ "sha384", 13 }, { "sha512", 14 }, { "none", 0 },
};

enum { CIPHERS = sizeof ciphers / sizeof *ciphers, MACS = sizeof macs / sizeof *macs };

/* ---- recognising ---- */

static bool holds(struct span s, const char *word)
{
	return s.n && memmem(s.p, s.n, word, strlen(word)) != NULL;
}

static bool is_ike_line(struct span text)
{
	return keys_starts(text, "ikev2 I 0x") || keys_starts(text, "ikev2 R 0x");
}

static bool is_dump_header(struct span text)
{
	return keys_starts(text, "ESP enckey:") || keys_starts(text, "ESP authkey:") ||
	       keys_starts(text, "AH authkey:");
}

bool keys_pluto_recognise(struct span text)
{
	struct keys_in in = { .text = text };
	struct span line, said;
	while (in.line < LOG_LOOK_LINES && keys_line(&in, &line)) {
		if (holds(line, " pluto[") || holds(line, "/programs/pluto/") ||
		    holds(line, "Starting Pluto"))
			return true;
		if (log_pluto_parse(line, &said) && (is_ike_line(said) || is_dump_header(said)))
			return true;
	}
	return false;
}

/* ---- IKE SAs ---- */

/* "NAME:0xKEY" or, for no key, "NAME:"; NULL, or what is wrong with it. */
static const char *half_split(struct span word, struct span *name, struct keys_key *key)
{
	const uint8_t *colon = word.n ? memchr(word.p, ':', word.n) : NULL;
	if (!colon)
		return "no \":\" between algorithm and key";
	*name = span_part(word, 0, (size_t)(colon - word.p));
	return keys_hex(span_from(word, name->n + 1), key);
}

static const struct encr *cipher_of(struct span name)
{
	for (size_t i = 0; i < CIPHERS; i++) {
		uint64_t bits;
		struct span rest = span_from(name, strlen(ciphers[i].name));
		if (keys_starts(name, ciphers[i].name) &&
		    (rest.n == 0 || keys_number(rest, 4096, &bits)))
			return encr_find(ciphers[i].id);
	}
	return NULL;
}

static const struct integ *mac_of(struct span name)
{
	for (size_t i = 0; i < MACS; i++)
		if (keys_is(name, macs[i].name))
			return integ_find(macs[i].id);
	return NULL;
}

/* An ICV of the same size that nobody can check. */
static const struct integ *without_key(const struct integ *integ)
{
	static const uint16_t rows[] = { INTEG_UNCHECKED_64, INTEG_UNCHECKED_96,
		INTEG_UNCHECKED_128, INTEG_UNCHECKED_160, INTEG_UNCHECKED_192,
		INTEG_UNCHECKED_256 };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (integ_find(rows[i])->icv == integ->icv)
			return integ_find(rows[i]);
	return integ;
}

/* What pluto leaves out of its `ikev2` lines; false if nothing opens without it. */
static bool half_complete(struct pluto *p, struct keys_half *h)
{
	const struct encr *e = h->encr;
	struct keys_in *in = p->in;
	if (encr_has_icv(e) && e->salt && encr_key_ok(e, h->e.n)) {
		if (memcmp(p->salt_told, h->spis, sizeof h->spis) != 0)
			keys_bad(in, h->line, "%s: pluto's line has the key of %zu octets without its "
				 "salt, needs %zu: nothing opens without the salt", e->name, h->e.n,
				 h->e.n + e->salt);
		memcpy(p->salt_told, h->spis, sizeof h->spis);
		return false;
	}
	if (encr_has_icv(e))
		h->integ = integ_find(0);
	if (h->a.n < h->integ->key) {
		if (!h->responder)
			keys_say(in, h->line, "pluto's line has %zu of the %u octets of SK_ai and SK_ar: "
				 "messages are opened with their ICV (%s) unchecked", h->a.n,
				 h->integ->key, h->integ->name);
		h->integ = without_key(h->integ);
		h->a.n = 0;
	}
	return true;
}

static bool half_read(struct pluto *p, struct span text, struct keys_half *h)
{
	struct keys_in *in = p->in;
	keys_word(&text);
	struct span side = keys_word(&text), i = keys_word(&text), r = keys_word(&text);
	struct span mac = keys_word(&text), cipher = keys_word(&text), name, cipher_name;
	const char *why;
	*h = (struct keys_half){ .line = in->line, .responder = keys_is(side, "R") };
	if (!keys_starts(i, "0x") || !keys_starts(r, "0x") ||
	    !span_unhex(span_from(i, 2), h->spis, 8) ||
	    !span_unhex(span_from(r, 2), h->spis + 8, 8)) {
		keys_bad(in, in->line, "needs: ikev2 I|R 0xSPIi 0xSPIr AUTH:KEY ENCR:KEY");
		return false;
	}
	why = half_split(mac, &name, &h->a);
	if (!why)
		why = half_split(cipher, &cipher_name, &h->e);
	if (why) {
		keys_bad(in, in->line, "a key is wrong: %s", why);
		return false;
	}
	h->encr = cipher_of(cipher_name);
	h->integ = mac_of(name);
	if (h->encr && h->integ)
		return half_complete(p, h);
	if (h->encr)
		cipher_name = name;
	keys_bad(in, in->line, "the algorithm \"%.*s\" is not known",
		 (int)(cipher_name.n > 60 ? 60 : cipher_name.n), (const char *)cipher_name.p);
	return false;
}

static void ike_flush(struct pluto *p)
{
	if (p->half[0].used)
		keys_add_halves(p->in, &p->half[0], NULL);
	crypto_cleanse(&p->half[0], sizeof p->half[0]);
	memset(&p->half[0], 0, sizeof p->half[0]);
}

/* Both lines of an IKE SA follow each other, with other text between them. */
static void ike_line(struct pluto *p, struct span text)
{
	struct keys_half *waits = &p->half[0], *h = &p->half[1];
	if (!half_read(p, text, h))
		return;
	if (waits->used && memcmp(waits->spis, h->spis, sizeof h->spis) == 0 &&
	    waits->responder != h->responder && waits->encr == h->encr &&
	    waits->integ == h->integ) {
		keys_add_halves(p->in, waits, h);
		waits->used = false;
		return;
	}
	ike_flush(p);
	*waits = *h;
	waits->used = true;
}

/* ---- ESP and AH SAs ---- */

static void sa_forget(struct pluto *p)
{
	crypto_cleanse(&p->encr_key, sizeof p->encr_key);
	crypto_cleanse(&p->integ_key, sizeof p->integ_key);
	p->encr_key.n = p->integ_key.n = 0;
	p->dump = DUMP_NONE;
	p->protocol = 0;
}

static void dump_begin(struct pluto *p, struct span text)
{
	bool encr = keys_starts(text, "ESP enckey:"), ah = keys_starts(text, "AH authkey:");
	if (encr || ah)
		sa_forget(p);
	p->protocol = ah ? PROTOCOL_AH : PROTOCOL_ESP;
	p->dump = encr ? DUMP_ENCR : DUMP_INTEG;
}

/* "  ea c3 40 4f  50 78 6b 21  ...": octets in groups of four. */
static bool dump_line(struct pluto *p, struct span text)
{
	struct keys_key *k = p->dump == DUMP_ENCR ? &p->encr_key :
			     p->dump == DUMP_PSK ? &p->psk : &p->integ_key;
	size_t i = 0;
	if (p->dump == DUMP_NONE || !keys_starts(text, "  "))
		return false;
	for (; i < 16 && k->n < sizeof k->b; i++) {
		size_t at = 2 + 3 * i + i / 4;
		if (!span_unhex(span_part(text, at, 2), k->b + k->n, 1) ||
		    (at + 2 < text.n && text.p[at + 2] != ' '))
			break;
		k->n++;
	}
	if (i < 16)
		p->dump = DUMP_NONE;	/* the last line */
	return i > 0;
}

static void sa_add(struct pluto *p, struct sa_key *row)
{
	bool ah = p->protocol == PROTOCOL_AH;
	row->protocol = p->protocol;
	row->spi_mask = UINT32_MAX;
	row->encr = ah ? encr_find(11) : p->a.encr;
	row->integ = p->a.integ ? p->a.integ : integ_find(0);
	row->encr_key = keys_key_span(&p->encr_key);
	row->integ_key = keys_key_span(&p->integ_key);
	if (!row->encr || (ah && !p->a.integ))
		keys_bad(p->in, p->in->line, "SPI 0x%08x: the log does not name an algorithm we "
			 "know", row->spi);
	else
		keys_add_sa(p->in, row, p->in->line);
	sa_forget(p);
}

/* "192.0.2.1/32-ALL->192.0.2.1[7ac146cb]=espinudp==>192.0.2.2-ALL->192.0.2.2/32" */
static bool flow_parse(struct span flow, struct sa_key *row)
{
	const uint8_t *arrow = memmem(flow.p, flow.n, "==>", 3);
	struct span left = span_part(flow, 0, (size_t)(arrow - flow.p));
	struct span right = span_from(flow, left.n + 3);
	const uint8_t *open = left.n ? memchr(left.p, '[', left.n) : NULL;
	const uint8_t *close = open ? memchr(left.p, ']', left.n) : NULL;
	uint8_t spi[4];
	if (!close || close < open || !span_unhex(span_of(open + 1, (size_t)(close - open) - 1), spi, 4))
		return false;
	row->spi = (uint32_t)spi[0] << 24 | (uint32_t)spi[1] << 16 | (uint32_t)spi[2] << 8 | spi[3];
	struct span src = span_part(left, 0, (size_t)(open - left.p));
	for (const uint8_t *to; (to = memmem(src.p, src.n, "->", 2));)
		src = span_from(src, (size_t)(to - src.p) + 2);
	const uint8_t *dash = right.n ? memchr(right.p, '-', right.n) : NULL;
	return addr_pattern_parse(src, &row->src) && dash &&
	       addr_pattern_parse(span_part(right, 0, (size_t)(dash - right.p)), &row->dst);
}

/* "kernel: add_sa() level=0 inbound tunnel FLOW +esn replay_window=128 ALGORITHM:16" */
static void kernel_add(struct pluto *p, struct span text)
{
	struct sa_key row = { .esn = ESN_NO };
	struct span word;
	bool flow = false;
	uint64_t window = 0;
	if (!p->protocol)
		return;		/* no keys before it: they are not logged */
	p->a = (struct log_algorithms){ 0 };
	while ((word = keys_word(&text)).n) {
		const uint8_t *colon = memchr(word.p, ':', word.n);
		if (keys_is(word, "tunnel") || keys_is(word, "transport"))
			row.mode = keys_is(word, "tunnel") ? SA_MODE_TUNNEL : SA_MODE_TRANSPORT;
		else if (keys_is(word, "+esn"))
			row.esn = ESN_YES;
		else if (keys_starts(word, "replay_window=") &&
			 keys_number(span_from(word, 14), REPLAY_WINDOW_MAX, &window))
			row.window = (uint32_t)window;
		else if (!flow && memmem(word.p, word.n, "==>", 3))
			flow = flow_parse(word, &row);
		else if (flow && colon)
			log_word_take(&p->a, span_part(word, 0, (size_t)(colon - word.p)));
	}
	if (flow)
		sa_add(p, &row);
}

/* "kernel: looking for alg with encrypt: AES_CBC keylen: 128 integ: HMAC_SHA1_96" */
static void algorithms_said(struct pluto *p, struct span text)
{
	struct span before = { 0 }, word;
	p->a = (struct log_algorithms){ 0 };
	while ((word = keys_word(&text)).n) {
		if (keys_is(before, "encrypt:") || keys_is(before, "integ:"))
			log_word_take(&p->a, word);
		before = word;
	}
}

/* Versions that log no add_sa(): "netlink response for Add SA esp.7ac146cb@192.0.2.2
 * included ..." names the SA, without leading zeros. */
static void kernel_answered(struct pluto *p, struct span text)
{
	struct sa_key row = { .esn = ESN_UNKNOWN };
	const uint8_t *found = memmem(text.p, text.n, " Add SA ", 8);
	struct span rest = span_from(text, (size_t)(found - text.p) + 8), name = keys_word(&rest);
	const uint8_t *dot = memchr(name.p, '.', name.n), *at = memchr(name.p, '@', name.n);
	char hex[2 + 8] = "0x";
	if (!p->protocol || !dot || !at || at < dot || at - dot - 1 > 8 || at - dot < 2)
		return;
	size_t digits = (size_t)(at - dot) - 1;
	memcpy(hex + 2, dot + 1, digits);
	if (keys_spi(span_of(hex, 2 + digits), &row.spi) &&
	    addr_pattern_parse(span_from(name, (size_t)(at - name.p) + 1), &row.dst))
		sa_add(p, &row);
}

/* ---- PSKs ---- */

/* "lsw_get_secret() using IDs for @moon->@sun of kind SECRET_PSK" */
static void psk_looked_for(struct pluto *p, struct span text)
{
	struct span ids = log_word_at(text, 4);
	const uint8_t *arrow = memmem(ids.p, ids.n, "->", 2);
	p->id = span_of(NULL, 0);
	if (arrow && holds(text, "of kind SECRET_PSK"))
		p->id = keys_configured_id(span_part(ids, 0, (size_t)(arrow - ids.p)));
}

static void psk_begin(struct pluto *p)
{
	sa_forget(p);
	p->dump = DUMP_PSK;
	p->psk.n = 0;
	p->psk_line = p->in->line;
}

static void psk_flush(struct pluto *p)
{
	struct ike_secret row = { .kind = SECRET_PSK, .secret = keys_key_span(&p->psk), .id = p->id };
	if (row.secret.n)
		keys_add_secret(p->in, &row, p->psk_line);
	crypto_cleanse(&p->psk, sizeof p->psk);
	if (p->dump == DUMP_PSK)
		p->dump = DUMP_NONE;
}

/* ---- reading ---- */

static void text_take(struct pluto *p, struct span text)
{
	bool dumped = dump_line(p, text);
	if (!dumped)
		psk_flush(p);
	if (dumped)
		return;
	if (is_ike_line(text))
		ike_line(p, text);
	else if (is_dump_header(text))
		dump_begin(p, text);
	else if (keys_starts(text, "User PSK:"))
		psk_begin(p);
	else if (keys_starts(text, "lsw_get_secret() using IDs for "))
		psk_looked_for(p, text);
	else if (keys_starts(text, "kernel: add_sa() "))
		kernel_add(p, text);
	else if (holds(span_part(text, 0, 64), "looking for alg with encrypt: "))
		algorithms_said(p, text);
	else if (holds(span_part(text, 0, 64), " Add SA "))
		kernel_answered(p, text);
	else if (!p->phase1_told && keys_starts(text, "NSS: #") && holds(text, "skeyid_e 0x")) {
		p->phase1_told = true;
		keys_say(p->in, p->in->line, "an IKEv1 SA: pluto does not log phase 1 keys");
	}
}

void keys_pluto_read(struct keys_in *in)
{
	struct pluto p = { .in = in };
	struct span line, text;
	while (keys_line(in, &line))
		if (log_pluto_parse(line, &text))
			text_take(&p, text);
	psk_flush(&p);
	ike_flush(&p);
	crypto_cleanse(&p, sizeof p);
}
