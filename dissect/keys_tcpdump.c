/* SPDX-License-Identifier: BSD-2-Clause
 * The files that tcpdump's -E reads, a secret a line:
 *
 *	SPI@ADDRESS ALGORITHM:KEY
 *	ALGORITHM:KEY			for every SA without a line of its own
 *	ikev2 I|R SPIi SPIr AUTH:KEY ENCR:KEY
 *
 * The algorithm is OpenSSL's name of a cipher, "-hmac96" behind it an ICV of 96
 * bits whose key is not there; here -hmac64 to -hmac256 work too, and AEADs, whose
 * key is followed by the salt. An `ikev2` line has one direction: pairs of lines
 * are put together. "file NAME" is not followed. */
#include "dissect/keys_read.h"

struct cipher_name {
	uint16_t id;
	uint16_t bits;		/* of the key; 0: any */
	const char *name;
};

/* The first row that fits is the one that is written. */
static const struct cipher_name ciphers[] = {
	{ 12, 128, "aes-128-cbc" }, { 12, 192, "aes-192-cbc" }, { 12, 256, "aes-256-cbc" },
	{ 3, 192, "3des-cbc" }, { 2, 64, "des-cbc" }, { 6, 0, "cast128-cbc" },
	{ 7, 0, "blowfish-cbc" }, { 11, 0, "none" },
	{ 23, 128, "camellia-128-cbc" }, { 23, 192, "camellia-192-cbc" },
	{ 23, 256, "camellia-256-cbc" },
	{ 12, 128, "aes128" }, { 12, 192, "aes192" }, { 12, 256, "aes256" },
	{ 12, 0, "aes-cbc" }, { 12, 0, "aes" },
	{ 3, 192, "des-ede3-cbc" }, { 3, 192, "des3" }, { 3, 192, "3des" }, { 2, 64, "des" },
	{ 6, 0, "cast5-cbc" }, { 6, 0, "cast-cbc" }, { 6, 0, "cast" },
	{ 7, 0, "bf-cbc" }, { 7, 0, "bf" }, { 7, 0, "blowfish" }, { 11, 0, "null" },
	{ 23, 128, "camellia128" }, { 23, 192, "camellia192" }, { 23, 256, "camellia256" },
	{ 13, 128, "aes-128-ctr" }, { 13, 192, "aes-192-ctr" }, { 13, 256, "aes-256-ctr" },
	{ 20, 128, "aes-128-gcm" }, { 20, 192, "aes-192-gcm" }, { 20, 256, "aes-256-gcm" },
	{ 20, 128, "id-aes128-gcm" }, { 20, 192, "id-aes192-gcm" }, { 20, 256, "id-aes256-gcm" },
	{ 16, 128, "aes-128-ccm" }, { 16, 192, "aes-192-ccm" }, { 16, 256, "aes-256-ccm" },
	{ 28, 256, "chacha20-poly1305" },
};

/* Names in an `ikev2` line; the first of an id is written. */
static const struct cipher_name auths[] = {
	{ 2, 0, "sha1" }, { 1, 0, "md5" }, { 12, 0, "sha256" }, { 13, 0, "sha384" },
	{ 14, 0, "sha512" }, { 5, 0, "aes_xcbc" }, { 8, 0, "aes_cmac" }, { 0, 0, "none" },
	{ 2, 0, "sha" }, { 12, 0, "sha2_256" }, { 13, 0, "sha2_384" }, { 14, 0, "sha2_512" },
};

static const struct {
	const char *suffix;
	uint16_t id;
} icvs[] = {
	{ "-hmac96", INTEG_UNCHECKED_96 }, { "-hmac64", INTEG_UNCHECKED_64 },
	{ "-hmac128", INTEG_UNCHECKED_128 }, { "-hmac160", INTEG_UNCHECKED_160 },
	{ "-hmac192", INTEG_UNCHECKED_192 }, { "-hmac256", INTEG_UNCHECKED_256 },
};

enum { CIPHERS = sizeof ciphers / sizeof *ciphers, AUTHS = sizeof auths / sizeof *auths,
       ICVS = sizeof icvs / sizeof *icvs };

/* ---- reading ---- */

static const struct cipher_name *name_find(const struct cipher_name *rows, size_t count,
					   struct span name)
{
	for (size_t i = 0; i < count; i++)
		if (span_is_word(name, rows[i].name))
			return &rows[i];
	return NULL;
}

/* "NAME:KEY" in two; false without a colon. */
static bool halves(struct span word, struct span *name, struct span *key)
{
	const uint8_t *colon = word.n ? memchr(word.p, ':', word.n) : NULL;
	if (!colon)
		return false;
	*name = span_part(word, 0, (size_t)(colon - word.p));
	*key = span_from(word, name->n + 1);
	return true;
}

static const struct cipher_name *cipher_split(struct span name, uint16_t *icv)
{
	*icv = 0;
	for (size_t i = 0; i < ICVS; i++) {
		size_t n = strlen(icvs[i].suffix);
		if (name.n > n && span_is_word(span_from(name, name.n - n), icvs[i].suffix)) {
			*icv = icvs[i].id;
			name.n -= n;
			break;
		}
	}
	return name_find(ciphers, CIPHERS, name);
}

bool keys_tcpdump_recognise(struct span text)
{
	struct keys_in in = { .text = text };
	struct span line, name, key;
	uint16_t icv;
	while (keys_look(&in, &line)) {
		struct span word = keys_word(&line), second = keys_word(&line);
		if (keys_is(word, "ikev2") && (keys_is(second, "I") || keys_is(second, "R")))
			return true;
		if (second.n && memchr(word.p, '@', word.n) && word.p[0] >= '0' &&
		    word.p[0] <= '9' && halves(second, &name, &key))
			return true;
		if (second.n == 0 && halves(word, &name, &key) && cipher_split(name, &icv))
			return true;
	}
	return false;
}

/* The cipher and its key; false with a note. */
static bool encr_word(struct keys_in *in, struct span word, const struct encr **encr,
		      uint16_t *icv, struct keys_key *key)
{
	struct span name, digits;
	if (!halves(word, &name, &digits)) {
		keys_bad(in, in->line, "no \":\" between algorithm and key");
		return false;
	}
	const struct cipher_name *c = cipher_split(name, icv);
	const char *why = keys_hex_or_text(digits, key);
	if (!c)
		keys_bad(in, in->line, "the algorithm \"%.*s\" is not known",
			 (int)(name.n > 60 ? 60 : name.n), (const char *)name.p);
	else if (why)
		keys_bad(in, in->line, "the key is wrong: %s", why);
	else if (c->bits && keys_bits(encr_find(c->id), keys_key_span(key)) != c->bits)
		keys_bad(in, in->line, "the key of %s has %zu octets, needs %u", c->name, key->n,
			 c->bits / 8u + encr_find(c->id)->salt);
	else
		*encr = encr_find(c->id);
	return *encr != NULL;
}

static bool sa_word(struct keys_in *in, struct span word, struct sa_key *row)
{
	const uint8_t *at = memchr(word.p, '@', word.n);
	size_t n = at ? (size_t)(at - word.p) : 0;
	row->spi_mask = UINT32_MAX;
	if (at && keys_spi(span_part(word, 0, n), &row->spi) &&
	    addr_pattern_parse(span_from(word, n + 1), &row->dst))
		return true;
	if (!at)
		word = span_text("");	/* it may be a key that stands in the wrong place */
	keys_bad(in, in->line, "\"%.*s\" is not SPI@ADDRESS", (int)(word.n > 80 ? 80 : word.n),
		 (const char *)word.p);
	return false;
}

static void esp_line(struct keys_in *in, struct span line)
{
	struct sa_key row = { .protocol = PROTOCOL_ESP };
	struct keys_key key = { .n = 0 };
	struct span first = keys_word(&line), second = keys_word(&line);
	uint16_t icv = 0;
	if (second.n && !sa_word(in, first, &row))
		return;
	if (encr_word(in, second.n ? second : first, &row.encr, &icv, &key)) {
		row.integ = integ_find(icv);
		row.encr_key = keys_key_span(&key);
		if (encr_has_icv(row.encr))
			row.integ = integ_find(0);
		keys_add_sa(in, &row, in->line);
	}
	crypto_cleanse(&key, sizeof key);
}

/* Lines of one direction that wait for the other. */
struct pairs {
	struct keys_half half[2];	/* the one that waits, and the one that was read */
};

static bool ike_words(struct keys_in *in, struct span line, struct keys_half *h)
{
	struct span side = keys_word(&line), i = keys_word(&line), r = keys_word(&line);
	struct span auth = keys_word(&line), encr = keys_word(&line), name, digits;
	const struct cipher_name *a;
	uint16_t icv;
	*h = (struct keys_half){ .line = in->line, .responder = keys_is(side, "R") };
	if ((!keys_is(side, "I") && !h->responder) || !keys_starts(i, "0x") || !keys_starts(r, "0x") ||
	    !span_unhex(span_from(i, 2), h->spis, 8) || !span_unhex(span_from(r, 2), h->spis + 8, 8) ||
	    !halves(auth, &name, &digits)) {
		keys_bad(in, in->line, "needs: ikev2 I|R 0xSPIi 0xSPIr AUTH:KEY ENCR:KEY");
		return false;
	}
	a = name_find(auths, AUTHS, name);
	if (!a || keys_hex_or_text(digits, &h->a)) {
		keys_bad(in, in->line, "the authentication \"%.*s\" is not known, or its key is wrong",
			 (int)(name.n > 60 ? 60 : name.n), (const char *)name.p);
		return false;
	}
	h->integ = integ_find(a->id);
	if (!encr_word(in, encr, &h->encr, &icv, &h->e))
		return false;
	if (encr_has_icv(h->encr))
		h->integ = integ_find(0);
	h->used = true;
	return true;
}

static bool belong(const struct keys_half *a, const struct keys_half *b)
{
	return memcmp(a->spis, b->spis, sizeof a->spis) == 0 && a->responder != b->responder &&
	       a->encr == b->encr && a->integ == b->integ;
}

static void ike_flush(struct keys_in *in, struct pairs *p)
{
	if (p->half[0].used)
		keys_add_halves(in, &p->half[0], NULL);
	crypto_cleanse(p, sizeof *p);
	memset(p, 0, sizeof *p);
}

/* The two lines of an IKE SA stand one after the other, in either order. */
static void ike_line(struct keys_in *in, struct span line, struct pairs *p)
{
	if (!ike_words(in, line, &p->half[1]))
		return;
	if (p->half[0].used && belong(&p->half[0], &p->half[1])) {
		keys_add_halves(in, &p->half[0], &p->half[1]);
		p->half[0].used = false;
		return;
	}
	if (p->half[0].used)
		keys_add_halves(in, &p->half[0], NULL);
	p->half[0] = p->half[1];
}

void keys_tcpdump_read(struct keys_in *in)
{
	struct pairs p = { 0 };
	struct span line;
	while (keys_line(in, &line)) {
		line = keys_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		struct span rest = line, word = keys_word(&rest);
		if (keys_is(word, "ikev2"))
			ike_line(in, rest, &p);
		else if (keys_is(word, "file"))
			keys_say(in, in->line, "\"file\" is not followed: give that file itself");
		else
			esp_line(in, line);
	}
	ike_flush(in, &p);
}

/* ---- writing ---- */

static const struct cipher_name *name_of(const struct cipher_name *rows, size_t count,
					 unsigned id, unsigned bits)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == id && (rows[i].bits == 0 || rows[i].bits == bits))
			return &rows[i];
	return NULL;
}

/* tcpdump decrypts CBC only and knows ICVs of 96 bits only. */
static const char *cannot(const struct encr *encr, const struct integ *integ)
{
	if (encr->kind != ENCR_KIND_CBC && encr->kind != ENCR_KIND_NULL)
		return encr->name;
	return integ->icv == 0 || integ->icv == 12 ? NULL : integ->name;
}

static void put_cipher(struct text *t, const struct encr *encr, const struct integ *integ,
		       struct span key)
{
	const struct cipher_name *c = name_of(ciphers, CIPHERS, encr->id, keys_bits(encr, key));
	text_printf(t, "%s%s:0x", c->name, integ->icv ? "-hmac96" : "");
	text_hex_span(t, key);
	text_char(t, '\n');
	text_record_end(t);
}

static const char *sa_cannot(const struct sa_key *k)
{
	bool any = k->spi_mask == 0 && k->dst.addr.family == 0;
	if (k->protocol != PROTOCOL_ESP)
		return "AH";
	if (!any && (k->spi_mask != UINT32_MAX || !keys_pattern_exact(&k->dst)))
		return "patterns";
	return cannot(k->encr, k->integ);
}

static void put_ike_half(struct text *t, const struct ike_key *k, bool responder)
{
	struct span e = responder ? k->sk_er : k->sk_ei, a = responder ? k->sk_ar : k->sk_ai;
	if (e.n == 0)
		return;
	text_printf(t, "ikev2 %c 0x", responder ? 'R' : 'I');
	text_hex_span(t, span_of(k->spi_i, 8));
	text_add(t, " 0x");
	text_hex_span(t, span_of(k->spi_r, 8));
	text_printf(t, " %s:0x", name_of(auths, AUTHS, k->integ->id, 0)->name);
	text_hex_span(t, a);
	text_char(t, ' ');
	put_cipher(t, k->encr, k->integ, e);
}

size_t keys_tcpdump_write(const struct keystore *s, struct text *out, struct keys_notes *notes)
{
	size_t dropped = 0;
	char name[KEYS_NAME_MAX];
	for (const struct sa_key *k = s->sas; k; k = k->next) {
		const char *why = sa_cannot(k);
		if (why) {
			keys_note_add(notes, k->origin, false, "%s left out: tcpdump cannot express %s",
				      keys_sa_name(k, name), why);
			dropped++;
			continue;
		}
		if (k->spi_mask) {
			text_printf(out, "0x%08x@", k->spi);
			keys_put_pattern(out, &k->dst);
			text_char(out, ' ');
		}
		put_cipher(out, k->encr, k->integ, k->encr_key);
	}
	for (const struct ike_key *k = s->ikes; k; k = k->next) {
		if (k->version != 2)
			continue;
		const char *why = cannot(k->encr, k->integ);
		if (!why && !name_of(auths, AUTHS, k->integ->id, 0))
			why = k->integ->name;
		if (!why && !keys_ike_named(k))
			why = "unknown SPIs";
		if (why) {
			keys_note_add(notes, k->origin, false, "%s left out: tcpdump cannot express %s",
				      keys_ike_name(k, name), why);
			dropped++;
			continue;
		}
		put_ike_half(out, k, false);
		put_ike_half(out, k, true);
	}
	return dropped;
}
