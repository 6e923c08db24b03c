/* SPDX-License-Identifier: BSD-2-Clause
 * Pre-shared keys in the daemons' own configuration: strongSwan's swanctl.conf
 *
 *	secrets {
 *		ike-moon { id = moon.example  secret = "0s+Zk3..." }
 *		ppk-1 { id = post-quantum  secret = 0x0011... }
 *	}
 *
 * and the ipsec.secrets of strongSwan and Libreswan
 *
 *	@moon.example @sun.example : PSK "correct horse"
 *	%any : PPKS "post-quantum" "battery staple"
 *
 * A secret is text, hex digits behind 0x or base64 behind 0s. Each identity of a secret
 * is a row of its own. Private keys, passwords of EAP and XAuth, included files and
 * references between sections are passed over. */
#include "dissect/keys_read.h"

enum {
	DEPTH_MAX = 8,		/* sections in sections; deeper ones are skipped */
	IDS_MAX = 16,		/* identities of one secret */
	LOOK_MAX = 256 * 1024,	/* octets in which `secrets {` is looked for */
};

/* A secret with the identities that share it. */
struct entry {
	struct span secret, ids[IDS_MAX];
	size_t id_count, line;
};

/* ---- what both have ---- */

static int base64_digit(uint8_t c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* RFC 4648, 4; the "=" at the end may be missing. */
static const char *base64(struct span text, struct keys_key *k)
{
	uint32_t bits = 0;
	size_t count = 0;
	while (text.n && text.p[text.n - 1] == '=')
		text.n--;
	if (text.n % 4 == 1 || text.n / 4 * 3 + 2 > sizeof k->b)
		return text.n % 4 == 1 ? "not base64" : "too long";
	for (size_t i = 0; i < text.n; i++) {
		int digit = base64_digit(text.p[i]);
		if (digit < 0)
			return "not base64";
		bits = bits << 6 | (uint32_t)digit;
		count += 6;
		if (count >= 8) {
			count -= 8;
			k->b[k->n++] = (uint8_t)(bits >> count);
		}
	}
	return NULL;
}

const char *keys_configured_secret(struct span text, struct keys_key *k)
{
	k->n = 0;
	if (keys_starts(text, "0s") || keys_starts(text, "0S"))
		return base64(span_from(text, 2), k);
	if (keys_starts(text, "0t"))	/* Libreswan: text */
		text = span_from(text, 2);
	return keys_hex_or_text(text, k);
}

struct span keys_configured_id(struct span text)
{
	static const char *const any[] = { "%any", "%any4", "%any6", "0.0.0.0", "::", "*" };
	static const char *const types[] = { "fqdn:", "email:", "rfc822:", "userfqdn:", "ipv4:",
					     "ipv6:", "dns:", "asn1dn:" };
	for (size_t i = 0; i < sizeof any / sizeof *any; i++)
		if (keys_is(text, any[i]))
			return span_of(NULL, 0);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (keys_starts(text, types[i]))
			return span_from(text, strlen(types[i]));
	if (keys_starts(text, "@@"))
		return span_from(text, 2);
	return keys_starts(text, "@") && !keys_starts(text, "@#") ? span_from(text, 1) : text;
}

static void entry_id(struct entry *e, struct span id)
{
	id = keys_configured_id(id);
	if (id.n && e->id_count < IDS_MAX)
		e->ids[e->id_count++] = id;
}

static void entry_flush(struct keys_in *in, struct entry *e, enum secret_kind kind)
{
	struct keys_key k = { .n = 0 };
	struct ike_secret row = { .kind = kind };
	const char *why = e->secret.n ? keys_configured_secret(e->secret, &k) : NULL;
	row.secret = keys_key_span(&k);
	if (why)
		keys_bad(in, e->line, "the %s: %s", keys_secret_name(kind), why);
	for (size_t i = 0; e->secret.n && !why && (i < e->id_count || i == 0); i++) {
		row.id = i < e->id_count ? e->ids[i] : span_of(NULL, 0);
		if (!keys_add_secret(in, &row, e->line))
			break;
	}
	crypto_cleanse(&k, sizeof k);
	*e = (struct entry){ .line = 0 };
}

/* ---- swanctl.conf ---- */

/* Values in quotes may go over several lines; `\"` is a quote. */
struct swanctl {
	struct keys_in *in;
	struct span rest;
	size_t depth;			/* sections that are open */
	struct span section[DEPTH_MAX];
	struct entry entry;
	bool found;			/* `secrets {` */
	uint8_t unescaped[KEYS_LINE_MAX];	/* of the entry's quoted values */
	size_t used;
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void step(struct swanctl *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w->in->line += w->rest.p[i] == '\n';
	w->rest = span_from(w->rest, n);
}

/* Blanks, line ends and comments. */
static void skip(struct swanctl *w)
{
	while (w->rest.n && (is_space(w->rest.p[0]) || w->rest.p[0] == '#')) {
		size_t n = 1;
		while (w->rest.p[0] == '#' && n < w->rest.n && w->rest.p[n] != '\n')
			n++;
		step(w, n);
	}
}

/* A section's or a key's name: up to a blank or one of `{}=:#`. */
static struct span name_take(struct swanctl *w)
{
	size_t n = 0;
	while (n < w->rest.n && !is_space(w->rest.p[n]) && !memchr("{}=:#\"", w->rest.p[n], 6))
		n++;
	struct span name = span_part(w->rest, 0, n);
	step(w, n);
	return name;
}

/* Behind the opening quote. Octets that there is no room for are lost, the entry then
 * has no secret that anything knows. */
static struct span quoted_take(struct swanctl *w)
{
	size_t start = w->used;
	while (w->rest.n && w->rest.p[0] != '"') {
		uint8_t c = w->rest.p[0];
		if (c == '\\' && w->rest.n > 1) {
			step(w, 1);
			c = w->rest.p[0];
			c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
		}
		if (w->used < sizeof w->unescaped)
			w->unescaped[w->used++] = c;
		step(w, 1);
	}
	step(w, w->rest.n > 0);
	return span_of(w->unescaped + start, w->used - start);
}

/* Without quotes a value ends with its line, a brace or a comment. */
static struct span value_take(struct swanctl *w)
{
	size_t n = 0;
	while (w->rest.n && (w->rest.p[0] == ' ' || w->rest.p[0] == '\t'))
		step(w, 1);
	if (w->rest.n && w->rest.p[0] == '"') {
		step(w, 1);
		return quoted_take(w);
	}
	while (n < w->rest.n && !memchr("{}#\n\r", w->rest.p[n], 5))
		n++;
	struct span value = keys_trim(span_part(w->rest, 0, n));
	step(w, n);
	return value;
}

/* Directly in a section of `secrets`: what kind its name says. */
static bool swanctl_kind(const struct swanctl *w, enum secret_kind *kind)
{
	bool ike = w->depth == 2 && keys_starts(w->section[1], "ike");
	bool ppk = w->depth == 2 && keys_starts(w->section[1], "ppk");
	*kind = ppk ? SECRET_PPK : SECRET_PSK;
	return (ike || ppk) && keys_is(w->section[0], "secrets");
}

static void section_end(struct swanctl *w)
{
	enum secret_kind kind;
	if (swanctl_kind(w, &kind)) {
		entry_flush(w->in, &w->entry, kind);
		crypto_cleanse(w->unescaped, w->used);
		w->used = 0;
	}
	w->depth -= w->depth > 0;
}

static void setting_take(struct swanctl *w, struct span name)
{
	enum secret_kind kind;
	size_t line = w->in->line, used = w->used;
	struct span value = value_take(w);
	if (!swanctl_kind(w, &kind))
		w->used = used;		/* nobody keeps the value */
	else if (keys_is(name, "secret")) {
		w->entry.secret = value;
		w->entry.line = line;
	} else if (keys_starts(name, "id")) {
		entry_id(&w->entry, value);
	}
}

/* "moon : template, other {" */
static void references_skip(struct swanctl *w)
{
	size_t n = 0;
	while (n < w->rest.n && w->rest.p[n] != '{' && w->rest.p[n] != '\n')
		n++;
	step(w, n);
	skip(w);
}

/* The next section, setting or end of a section; false at the end, and where it is no
 * such file. */
static bool swanctl_next(struct swanctl *w)
{
	skip(w);
	if (w->rest.n && w->rest.p[0] == '}') {
		step(w, 1);
		section_end(w);
		return true;
	}
	struct span name = name_take(w);
	if (name.n && keys_is(name, "include") && w->rest.n && w->rest.p[0] != '=') {
		value_take(w);
		return true;
	}
	skip(w);
	if (name.n == 0 || w->rest.n == 0)
		return false;
	if (w->rest.p[0] == ':')
		references_skip(w);
	uint8_t c = w->rest.n ? w->rest.p[0] : 0;
	if (c != '=' && c != '{')
		return false;
	step(w, 1);
	if (c == '{' && w->depth < DEPTH_MAX)
		w->section[w->depth] = name;
	w->found |= c == '{' && w->depth == 0 && keys_is(name, "secrets");
	if (c == '{')
		w->depth++;
	else if (c == '=')
		setting_take(w, name);
	return true;
}

bool keys_swanctl_recognise(struct span text)
{
	struct keystore none = { .sas = NULL };
	struct keys_in in = { .store = &none };
	struct swanctl w = { .in = &in, .rest = span_part(text, 0, LOOK_MAX) };
	if (text.n && memmem(text.p, text.n, "secrets", 7))
		while (!w.found && swanctl_next(&w))
			;
	crypto_cleanse(w.unescaped, sizeof w.unescaped);
	return w.found;
}

void keys_swanctl_read(struct keys_in *in)
{
	struct swanctl w = { .in = in, .rest = in->text };
	in->line = 1;
	while (swanctl_next(&w))
		;
	crypto_cleanse(&w, sizeof w);
}

/* ---- ipsec.secrets ---- */

static const char *const secret_types[] = {
	"PSK", "PPK", "PPKS", "RSA", "ECDSA", "BLISS", "PKCS8", "P12", "PIN", "EAP", "NTLM", "XAUTH",
	"PUBKEY",
};

/* An entry begins at the start of a line; indented lines belong to it. */
struct secrets {
	struct keys_in *in;
	struct entry entry;
	size_t words;			/* behind the type */
	bool colon, known;		/* the ":" was there; the type is one of them */
	struct span type;
	bool any;			/* an entry of a known type was seen */
};

/* The next word, in quotes of either kind or without; a "#" begins a comment. */
static bool word_take(struct span *rest, struct span *word)
{
	*rest = keys_trim(*rest);
	if (rest->n == 0 || rest->p[0] == '#')
		return false;
	uint8_t quote = rest->p[0];
	if (quote != '"' && quote != '\'') {
		*word = keys_word(rest);
		return true;
	}
	const uint8_t *end = memchr(rest->p + 1, quote, rest->n - 1);
	size_t n = end ? (size_t)(end - rest->p) - 1 : rest->n - 1;
	*word = span_part(*rest, 1, n);
	*rest = span_from(*rest, n + 1 + (end != NULL));
	return true;
}

static bool is_ppk(struct span type)
{
	return span_is_word(type, "PPKS") || span_is_word(type, "PPK");
}

static void secrets_flush(struct secrets *s)
{
	bool psk = span_is_word(s->type, "PSK"), ppk = is_ppk(s->type);
	if (s->in && s->known && (psk || ppk))
		entry_flush(s->in, &s->entry, psk ? SECRET_PSK : SECRET_PPK);
	*s = (struct secrets){ .in = s->in, .any = s->any || s->known };
}

static bool is_type(struct span word)
{
	for (size_t i = 0; i < sizeof secret_types / sizeof *secret_types; i++)
		if (span_is_word(word, secret_types[i]))
			return true;
	return false;
}

/* Behind PPKS stand its ID and then the secret, whatever IDs are before it. */
static void secret_word(struct secrets *s, struct span word, size_t line)
{
	bool ppk = is_ppk(s->type);
	size_t at = s->words++;
	if (ppk && at == 0) {
		s->entry.id_count = 0;
		entry_id(&s->entry, word);
	} else if (at == ppk) {
		s->entry.secret = word;
		s->entry.line = line;
	}
}

static void secrets_line(struct secrets *s, struct span line, size_t number)
{
	struct span word;
	if (line.n && line.p[0] != ' ' && line.p[0] != '\t' && line.p[0] != '#')
		secrets_flush(s);
	while (word_take(&line, &word)) {
		if (s->type.n) {
			secret_word(s, word, number);
		} else if (s->colon) {
			s->type = word;
			s->known = is_type(word);
		} else if (keys_is(word, ":")) {
			s->colon = true;
		} else {
			entry_id(&s->entry, word);
		}
	}
}

bool keys_ipsec_secrets_recognise(struct span text)
{
	struct keys_in in = { .text = text };
	struct secrets s = { .in = NULL };
	struct span line;
	while (!s.any && in.line < 2000 && keys_line(&in, &line))
		secrets_line(&s, line, in.line);
	return s.any || s.known;
}

void keys_ipsec_secrets_read(struct keys_in *in)
{
	struct secrets s = { .in = in };
	struct span line;
	while (keys_line(in, &line))
		secrets_line(&s, line, in->line);
	secrets_flush(&s);
}
