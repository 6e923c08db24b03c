/* SPDX-License-Identifier: BSD-2-Clause
 * What `ip xfrm state` and `ip xfrm monitor` print (iproute2), with -s, -t or
 * -ts or without. An SA is a block: a line "src A dst B" in the first column,
 * perhaps behind "[time]", "Updated" or "Deleted", then indented lines. Policies,
 * events and larval SAs (no keys yet) are passed over, and so is IPComp, which
 * has no keys. The selector, lifetimes and encapsulation are not used. */
#include "dissect/keys_read.h"

struct alias {
	const char *name;	/* the kernel's, or its older one */
	uint16_t id;
	uint16_t bits;		/* ICV; 0: any (encr) */
	bool plain;		/* what `auth` without -trunc stands for */
};

static const struct alias encr_aliases[] = {
	{ .name = "cbc(aes)", .id = 12 }, { .name = "aes", .id = 12 },
	{ .name = "rfc3686(ctr(aes))", .id = 13 },
	{ .name = "cbc(des3_ede)", .id = 3 }, { .name = "des3_ede", .id = 3 },
	{ .name = "cbc(des)", .id = 2 }, { .name = "des", .id = 2 },
	{ .name = "cbc(cast5)", .id = 6 }, { .name = "cast5", .id = 6 },
	{ .name = "cbc(blowfish)", .id = 7 }, { .name = "blowfish", .id = 7 },
	{ .name = "cbc(camellia)", .id = 23 }, { .name = "camellia", .id = 23 },
	{ .name = "ecb(cipher_null)", .id = 11 }, { .name = "cipher_null", .id = 11 },
};

static const struct alias aead_aliases[] = {
	{ .name = "rfc4106(gcm(aes))", .id = 20, .bits = 128 },
	{ .name = "rfc4106(gcm(aes))", .id = 19, .bits = 96 },
	{ .name = "rfc4106(gcm(aes))", .id = 18, .bits = 64 },
	{ .name = "rfc4309(ccm(aes))", .id = 16, .bits = 128 },
	{ .name = "rfc4309(ccm(aes))", .id = 15, .bits = 96 },
	{ .name = "rfc4309(ccm(aes))", .id = 14, .bits = 64 },
	{ .name = "rfc4543(gcm(aes))", .id = 21, .bits = 128 },
	{ .name = "rfc7539esp(chacha20,poly1305)", .id = 28, .bits = 128 },
};

/* `plain` marks the truncation that the kernel takes by default: for SHA-256
 * still the 96 bits of a draft, not RFC 4868's 128. */
static const struct alias auth_aliases[] = {
	{ "hmac(md5)", 1, 96, true }, { "md5", 1, 96, true }, { "hmac(md5)", 6, 128, false },
	{ "hmac(sha1)", 2, 96, true }, { "sha1", 2, 96, true }, { "hmac(sha1)", 7, 160, false },
	{ "hmac(sha256)", INTEG_HMAC_SHA2_256_96, 96, true },
	{ "sha256", INTEG_HMAC_SHA2_256_96, 96, true },
	{ "hmac(sha256)", 12, 128, false }, { "sha256", 12, 128, false },
	{ "hmac(sha384)", 13, 192, true }, { "sha384", 13, 192, true },
	{ "hmac(sha512)", 14, 256, true }, { "sha512", 14, 256, true },
	{ "xcbc(aes)", 5, 96, true }, { "cmac(aes)", 8, 96, true },
	{ "digest_null", 0, 0, true },
};

enum { ENCRS = sizeof encr_aliases / sizeof *encr_aliases,
       AEADS = sizeof aead_aliases / sizeof *aead_aliases,
       AUTHS = sizeof auth_aliases / sizeof *auth_aliases };

/* bits 0: the plain one */
static const struct alias *alias_find(const struct alias *rows, size_t count, struct span name,
				      uint64_t bits)
{
	for (size_t i = 0; i < count; i++)
		if (keys_is(name, rows[i].name) &&
		    (bits ? rows[i].bits == bits : rows[i].plain || rows[i].bits == 0))
			return &rows[i];
	return NULL;
}

static const struct alias *alias_of(const struct alias *rows, size_t count, unsigned id)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}

/* ---- reading ---- */

struct block {
	struct addr_pattern src, dst;
	bool open;		/* inside an SA */
	bool skip;		/* IPComp, or not usable: told already */
	bool hidden;
	bool counters;		/* lifetimes and statistics: nothing more to read */
	struct sa_key row;
	struct keys_key encr, integ;
	size_t line, key_line;
};

/* The text behind "[time]" and "Updated"; empty unless it is "src A dst B". */
static struct span block_start(struct span line)
{
	while (line.n && line.p[0] == '[') {
		const uint8_t *end = memchr(line.p, ']', line.n);
		if (!end)
			return span_of(NULL, 0);
		line = keys_trim(span_from(line, (size_t)(end - line.p) + 1));
	}
	if (keys_starts(line, "Updated ") || keys_starts(line, "Deleted ") ||
	    keys_starts(line, "Expired "))
		line = keys_trim(span_from(line, 8));
	return keys_starts(line, "src ") ? line : span_of(NULL, 0);
}

static bool indented(struct span line)
{
	return line.n && (line.p[0] == ' ' || line.p[0] == '\t');
}

bool keys_xfrm_recognise(struct span text)
{
	struct keys_in in = { .text = span_part(text, 0, 1 << 20) };
	struct span line, first;
	bool start = false;
	while (keys_line(&in, &line)) {
		struct span rest = line;
		first = keys_word(&rest);
		if (start && indented(line) && keys_is(first, "proto"))
			return true;
		start = !indented(line) && block_start(line).n;
	}
	return false;
}

static void block_begin(struct block *b, struct span line, size_t number)
{
	struct span rest = block_start(line), src, dst;
	crypto_cleanse(b, sizeof *b);
	*b = (struct block){ .line = number };
	if (!rest.n)
		return;
	keys_word(&rest);
	src = keys_word(&rest);
	if (!keys_is(keys_word(&rest), "dst"))
		return;
	dst = keys_word(&rest);
	b->open = addr_pattern_parse(src, &b->src) && addr_pattern_parse(dst, &b->dst);
	if (!b->open)
		return;
	b->row = (struct sa_key){ .spi_mask = UINT32_MAX, .src = b->src, .dst = b->dst,
				  .encr = encr_find(11), .integ = integ_find(0) };
}

static enum sa_mode mode_of(struct span word)
{
	return keys_is(word, "tunnel") ? SA_MODE_TUNNEL :
	       keys_is(word, "transport") ? SA_MODE_TRANSPORT :
	       keys_is(word, "beet") ? SA_MODE_BEET : SA_MODE_UNKNOWN;
}

/* "proto esp spi 0xca50b39b(3394286491) reqid 1(0x00000001) mode tunnel" */
static void proto_line(struct keys_in *in, struct block *b, struct span rest)
{
	struct span protocol = keys_word(&rest), word;
	b->row.protocol = keys_is(protocol, "esp") ? PROTOCOL_ESP :
			  keys_is(protocol, "ah") ? PROTOCOL_AH : 0;
	b->skip = b->row.protocol == 0;
	while ((word = keys_word(&rest)).n) {
		if (keys_is(word, "mode")) {
			b->row.mode = mode_of(keys_word(&rest));
		} else if (keys_is(word, "spi") && !b->skip) {
			struct span spi = keys_word(&rest);
			const uint8_t *bracket = memchr(spi.p, '(', spi.n);
			if (bracket)
				spi.n = (size_t)(bracket - spi.p);
			if (!keys_spi(spi, &b->row.spi)) {
				keys_bad(in, in->line, "the SPI \"%.*s\" is no number",
					 (int)(spi.n > 40 ? 40 : spi.n), (const char *)spi.p);
				b->skip = true;
			}
		}
	}
}

/* "NAME KEY [(N bits)] [ICV bits]"; false if there is no key to be had. */
static bool key_words(struct keys_in *in, struct block *b, struct span rest, struct span *name,
		      struct keys_key *key, uint64_t *bits)
{
	*name = keys_word(&rest);
	b->key_line = in->line;
	rest = keys_trim(rest);
	if (keys_starts(rest, "<<")) {		/* "<<Keys hidden>>" */
		b->hidden = true;
		return false;
	}
	struct span digits = keys_word(&rest), word;
	if (keys_starts(digits, "(") || digits.n == 0)	/* cipher_null has no key */
		digits.n = 0;
	const char *why = keys_hex(digits, key);
	*bits = 0;
	while (!why && (word = keys_word(&rest)).n)
		if (word.p[0] >= '0' && word.p[0] <= '9' && word.p[word.n - 1] != ')')
			if (!keys_number(word, 4096, bits))
				why = "ICV length is no number";
	if (!why)
		return true;
	keys_bad(in, in->line, "the key of %.*s: %s", (int)(name->n > 60 ? 60 : name->n),
		 (const char *)name->p, why);
	b->skip = true;
	return false;
}

static void unknown_name(struct keys_in *in, struct block *b, struct span name, uint64_t bits)
{
	char who[KEYS_NAME_MAX];
	int n = (int)(name.n > 60 ? 60 : name.n);
	if (bits)
		keys_bad(in, in->line, "%s: %.*s with an ICV of %u bits is not supported",
			 keys_sa_name(&b->row, who), n, (const char *)name.p, (unsigned)bits);
	else
		keys_bad(in, in->line, "%s: %.*s is not supported", keys_sa_name(&b->row, who), n,
			 (const char *)name.p);
	b->skip = true;
}

static void encr_line(struct keys_in *in, struct block *b, struct span rest, bool aead)
{
	struct span name;
	uint64_t bits;
	if (!key_words(in, b, rest, &name, &b->encr, &bits))
		return;
	const struct alias *a = aead ? alias_find(aead_aliases, AEADS, name, bits)
				     : alias_find(encr_aliases, ENCRS, name, 0);
	if (!a) {
		unknown_name(in, b, name, bits);
		return;
	}
	b->row.encr = encr_find(a->id);
	b->row.encr_key = keys_key_span(&b->encr);
}

static void auth_line(struct keys_in *in, struct block *b, struct span rest, bool trunc)
{
	struct span name;
	uint64_t bits;
	if (!key_words(in, b, rest, &name, &b->integ, &bits))
		return;
	const struct alias *a = alias_find(auth_aliases, AUTHS, name, trunc ? bits : 0);
	if (!a) {
		unknown_name(in, b, name, bits);
		return;
	}
	b->row.integ = integ_find(a->id);
	b->row.integ_key = keys_key_span(&b->integ);
}

/* Numbers and flags that may stand on several lines. */
static void state_words(struct block *b, struct span rest)
{
	struct span word, value;
	uint64_t v;
	while ((word = keys_word(&rest)).n) {
		if (keys_is(word, "esn"))
			b->row.esn = ESN_YES;
		if (!keys_is(word, "replay-window") && !keys_is(word, "replay_window") &&
		    !keys_is(word, "seq-hi") && !keys_is(word, "oseq-hi"))
			continue;
		value = keys_word(&rest);
		if (value.n && value.p[value.n - 1] == ',')
			value.n--;
		if (!keys_number(value, UINT32_MAX, &v))
			continue;
		if (keys_starts(word, "replay") && v > b->row.window)
			b->row.window = (uint32_t)v;
		if (!keys_starts(word, "replay") && v > b->row.seq_high)
			b->row.seq_high = (uint32_t)v;
	}
}

/* Under "stats:" stands a "replay-window 0 replay 0" that counts packets. */
static void block_line(struct keys_in *in, struct block *b, struct span line)
{
	struct span rest = keys_trim(line), first = rest;
	struct span word = keys_word(&rest);
	if (keys_is(word, "proto") && b->row.protocol == 0)
		proto_line(in, b, rest);
	else if (b->row.protocol == 0)
		b->open = false;		/* a policy */
	else if (keys_is(word, "lifetime") || keys_is(word, "stats:"))
		b->counters = true;
	else if (b->skip || b->counters)
		return;
	else if (keys_is(word, "enc") || keys_is(word, "aead"))
		encr_line(in, b, rest, keys_is(word, "aead"));
	else if (keys_is(word, "auth") || keys_is(word, "auth-trunc"))
		auth_line(in, b, rest, keys_is(word, "auth-trunc"));
	else if (keys_is(word, "replay-window") || keys_is(word, "seq-hi") ||
		 keys_is(word, "replay_window") || keys_is(word, "flag"))
		state_words(b, first);
}

static void block_end(struct keys_in *in, struct block *b)
{
	char name[KEYS_NAME_MAX];
	if (b->open && !b->skip && b->row.protocol && b->hidden)
		keys_bad(in, b->key_line, "%s: the keys are hidden; `ip xfrm state` shows them to "
			 "root without the option nokeys", keys_sa_name(&b->row, name));
	else if (b->open && !b->skip && b->row.protocol && b->key_line) {
		if (b->row.esn == ESN_UNKNOWN)
			b->row.esn = ESN_NO;
		keys_add_sa(in, &b->row, b->key_line);
	}
	b->open = false;
}

void keys_xfrm_read(struct keys_in *in)
{
	struct block b = { 0 };
	struct span line;
	while (keys_line(in, &line)) {
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (indented(line)) {
			if (b.open)
				block_line(in, &b, line);
			continue;
		}
		block_end(in, &b);
		block_begin(&b, line, in->line);
	}
	block_end(in, &b);
	crypto_cleanse(&b, sizeof b);
}

/* ---- writing ---- */

static const char *cannot(const struct sa_key *k)
{
	if (k->spi_mask != UINT32_MAX)
		return "the SPI is a pattern";
	if (!keys_pattern_exact(&k->src) || !keys_pattern_exact(&k->dst))
		return "an address is a pattern";
	if (k->src.addr.family != k->dst.addr.family)
		return "the addresses are of two families";
	if (!alias_of(encr_aliases, ENCRS, k->encr->id) && !alias_of(aead_aliases, AEADS, k->encr->id))
		return k->encr->name;
	return alias_of(auth_aliases, AUTHS, k->integ->id) ? NULL : k->integ->name;
}

static void put_algorithm(struct text *t, const char *what, const struct alias *a,
			  struct span key)
{
	text_printf(t, "\t%s %s 0x", what, a->name);
	text_hex_span(t, key);
	text_printf(t, " (%zu bits)", 8 * key.n);
	if (a->bits)
		text_printf(t, " %u", a->bits);
	text_char(t, '\n');
}

static void put_state(struct text *t, const struct sa_key *k)
{
	const struct alias *aead = alias_of(aead_aliases, AEADS, k->encr->id);
	text_add(t, "src ");
	keys_put_pattern(t, &k->src);
	text_add(t, " dst ");
	keys_put_pattern(t, &k->dst);
	text_printf(t, "\n\tproto %s spi 0x%08x(%u) reqid 0(0x00000000)",
		    k->protocol == PROTOCOL_AH ? "ah" : "esp", k->spi, k->spi);
	if (k->mode)
		text_printf(t, " mode %s", sa_mode_name(k->mode));
	text_printf(t, "\n\treplay-window %u seq 0x00000000 flag %s\n", k->window,
		    k->esn == ESN_YES ? "esn (0x10000000)" : " (0x00000000)");
	if (k->integ->kind != INTEG_KIND_NONE)
		put_algorithm(t, "auth-trunc", alias_of(auth_aliases, AUTHS, k->integ->id),
			      k->integ_key);
	if (aead)
		put_algorithm(t, "aead", aead, k->encr_key);
	else if (k->protocol == PROTOCOL_ESP)
		put_algorithm(t, "enc", alias_of(encr_aliases, ENCRS, k->encr->id), k->encr_key);
	if (k->seq_high)
		text_printf(t, "\tanti-replay esn context:\n\t seq-hi 0x%x, seq 0x0, oseq-hi 0x0, "
			    "oseq 0x0\n", k->seq_high);
	text_record_end(t);
}

size_t keys_xfrm_write(const struct keystore *s, struct text *out, struct keys_notes *notes)
{
	size_t dropped = 0;
	char name[KEYS_NAME_MAX];
	for (const struct sa_key *k = s->sas; k; k = k->next) {
		const char *why = cannot(k);
		if (!why) {
			put_state(out, k);
			continue;
		}
		dropped++;
		keys_note_add(notes, k->origin, false, "%s left out: xfrm cannot express it: %s",
			      keys_sa_name(k, name), why);
	}
	return dropped;
}
