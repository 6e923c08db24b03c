/* SPDX-License-Identifier: BSD-2-Clause
 * Lines, words, cells and keys; the checks of every row. */
#include "dissect/keys_read.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- notes ---- */

void keys_notes_init(struct keys_notes *n)
{
	*n = (struct keys_notes){ 0 };
	n->last = &n->first;
}

void keys_notes_done(struct keys_notes *n)
{
	arena_done(&n->arena);
	keys_notes_init(n);
}

static void note_put(struct keys_notes *n, struct origin at, bool unusable, const char *text)
{
	n->unusable += unusable;
	if (n->count >= KEYS_NOTES_MAX) {
		n->more++;
		return;
	}
	struct keys_note *note = arena_alloc(&n->arena, sizeof *note);
	note->origin.line = at.line;
	note->origin.file = at.file ? arena_text(&n->arena, span_text(at.file)) : NULL;
	note->unusable = unusable;
	note->text = arena_text(&n->arena, span_text(text));
	*n->last = note;
	n->last = &note->next;
	n->count++;
}

static void __attribute__((format(printf, 4, 0)))
note_vput(struct keys_notes *n, struct origin at, bool unusable, const char *format, va_list ap)
{
	char text[512];
	vsnprintf(text, sizeof text, format, ap);
	note_put(n, at, unusable, text);
}

void keys_note_add(struct keys_notes *n, struct origin at, bool unusable,
		   const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	note_vput(n, at, unusable, format, ap);
	va_end(ap);
}

void keys_bad(struct keys_in *in, size_t line, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	note_vput(in->notes, (struct origin){ in->file, line, NULL }, true, format, ap);
	va_end(ap);
	in->unusable++;
}

void keys_say(struct keys_in *in, size_t line, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	note_vput(in->notes, (struct origin){ in->file, line, NULL }, false, format, ap);
	va_end(ap);
}

static const char *note_kind(const struct keys_notes *n, const struct keys_note *note)
{
	if ((note->unusable && n->failed) || (note->barren && n->strict))
		return "error:";
	return note->barren ? "warning:" : "note:";
}

void keys_notes_print(const struct keys_notes *n, struct text *out)
{
	for (const struct keys_note *note = n->first; note; note = note->next) {
		text_add(out, note_kind(n, note));
		if (note->origin.file) {
			text_char(out, ' ');
			text_escape(out, span_text(note->origin.file));
			text_char(out, ':');
		}
		if (note->origin.line) {
			text_dec(out, note->origin.line);
			text_char(out, ':');
		}
		text_char(out, ' ');
		text_escape(out, span_text(note->text));
		text_char(out, '\n');
	}
	if (n->more)
		text_printf(out, "note: and %zu more\n", n->more);
}

/* ---- lines, words, numbers ---- */

bool keys_line(struct keys_in *in, struct span *line)
{
	if (in->at >= in->text.n)
		return false;
	const uint8_t *p = in->text.p + in->at;
	const uint8_t *nl = memchr(p, '\n', in->text.n - in->at);
	size_t n = nl ? (size_t)(nl - p) : in->text.n - in->at;
	in->at += n + (nl != NULL);
	in->line++;
	if (n && p[n - 1] == '\r')
		n--;
	*line = span_of(p, n);
	return true;
}

bool keys_look(struct keys_in *in, struct span *line)
{
	while (in->used < KEYS_LOOK_LINES && keys_line(in, line)) {
		*line = keys_trim(*line);
		if (line->n == 0 || line->p[0] == '#')
			continue;
		in->used++;
		return true;
	}
	return false;
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct span keys_trim(struct span s)
{
	while (s.n && blank(s.p[0]))
		s = span_from(s, 1);
	while (s.n && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct span keys_word(struct span *rest)
{
	*rest = keys_trim(*rest);
	size_t n = 0;
	while (n < rest->n && !blank(rest->p[n]))
		n++;
	struct span word = span_part(*rest, 0, n);
	*rest = span_from(*rest, n);
	return word;
}

bool keys_starts(struct span s, const char *with)
{
	size_t n = strlen(with);
	return s.n >= n && memcmp(s.p, with, n) == 0;
}

bool keys_is(struct span s, const char *text)
{
	return s.n == strlen(text) && keys_starts(s, text);
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static bool number_in(struct span s, unsigned base, uint64_t max, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)digit(s.p[i]);
		if (d >= base || *value > (max - d) / base)
			return false;
		*value = *value * base + d;
	}
	return s.n > 0;
}

bool keys_number(struct span s, uint64_t max, uint64_t *value)
{
	if (keys_starts(s, "0x") || keys_starts(s, "0X"))
		return number_in(span_from(s, 2), 16, max, value);
	return number_in(s, 10, max, value);
}

bool keys_spi(struct span s, uint32_t *spi)
{
	uint64_t v;
	if (!keys_number(s, UINT32_MAX, &v))
		return false;
	*spi = (uint32_t)v;
	return true;
}

/* ---- cells ---- */

/* One cell into c->text at *to; returns where the line goes on, or SIZE_MAX when
 * a quote is not closed. Quotes inside quotes are doubled or escaped by "\"";
 * "\x2c" is an octet (as Wireshark writes its tables). */
static size_t cell_read(struct span line, size_t at, struct keys_cells *c, size_t *to)
{
	bool quoted = at < line.n && line.p[at] == '"';
	size_t start = *to;
	for (at += quoted; at < line.n; at++) {
		uint8_t b = line.p[at];
		if (!quoted && b == ',')
			break;
		if (quoted && b == '"') {
			if (at + 1 >= line.n || line.p[at + 1] != '"')
				break;
			at++;
		} else if (quoted && b == '\\' && at + 1 < line.n) {
			b = line.p[++at];
			if (b == 'x' && at + 2 < line.n && digit(line.p[at + 1]) < 16 &&
			    digit(line.p[at + 2]) < 16) {
				b = (uint8_t)(digit(line.p[at + 1]) << 4 | digit(line.p[at + 2]));
				at += 2;
			}
		}
		c->text[(*to)++] = b;
	}
	if (quoted && at >= line.n)
		return SIZE_MAX;
	c->cell[c->count] = span_of(c->text + start, *to - start);
	if (!quoted)
		c->cell[c->count] = keys_trim(c->cell[c->count]);
	c->count++;
	return at + quoted;
}

bool keys_cells_split(struct span line, struct keys_cells *c, const char **why)
{
	size_t to = 0;
	c->count = 0;
	if (line.n > sizeof c->text) {
		*why = "line too long";
		return false;
	}
	for (size_t at = 0;; at++) {
		while (at < line.n && blank(line.p[at]))
			at++;
		if (c->count == KEYS_CELLS_MAX) {
			*why = "too many columns";
			return false;
		}
		at = cell_read(line, at, c, &to);
		if (at == SIZE_MAX) {
			*why = "a quote is not closed";
			return false;
		}
		while (at < line.n && blank(line.p[at]))
			at++;
		if (at >= line.n)
			return true;
		if (line.p[at] != ',') {
			*why = "text behind a closing quote";
			return false;
		}
	}
}

/* ---- keys ---- */

const char *keys_hex(struct span text, struct keys_key *k)
{
	if (keys_starts(text, "0x") || keys_starts(text, "0X"))
		text = span_from(text, 2);
	k->n = 0;
	if (text.n % 2)
		return "an odd number of hex digits";
	if (text.n / 2 > sizeof k->b)
		return "too long";
	for (size_t i = 0; i < text.n; i++)
		if (digit(text.p[i]) > 15)
			return "not hex digits";
	k->n = text.n / 2;
	return span_unhex(text, k->b, k->n) ? NULL : "not hex digits";
}

const char *keys_hex_or_text(struct span text, struct keys_key *k)
{
	if (keys_starts(text, "0x") || keys_starts(text, "0X"))
		return keys_hex(text, k);
	k->n = 0;
	if (text.n > sizeof k->b)
		return "too long";
	if (text.n)
		memcpy(k->b, text.p, text.n);
	k->n = text.n;
	return NULL;
}

unsigned keys_bits(const struct encr *row, struct span key)
{
	return key.n > row->salt ? (unsigned)(8 * (key.n - row->salt)) : 0;
}

/* ---- rows ---- */

const char *keys_sa_name(const struct sa_key *k, char name[KEYS_NAME_MAX])
{
	snprintf(name, KEYS_NAME_MAX, "%s SPI 0x%08x", k->protocol == PROTOCOL_AH ? "AH" : "ESP",
		 k->spi);
	return name;
}

static const char *spi_pair_name(const char *what, const uint8_t *i, const uint8_t *r,
				 char name[KEYS_NAME_MAX])
{
	int n = snprintf(name, KEYS_NAME_MAX, "%s ", what);
	for (size_t at = 0; at < 16; at++)
		n += snprintf(name + n, KEYS_NAME_MAX - (size_t)n, "%s%02x", at == 8 ? ":" : "",
			      at < 8 ? i[at] : r[at - 8]);
	return name;
}

const char *keys_ike_name(const struct ike_key *k, char name[KEYS_NAME_MAX])
{
	return spi_pair_name(k->version == 1 ? "IKEv1 SA" : "IKE SA", k->spi_i, k->spi_r, name);
}

static const struct {
	const char *word, *name;
} secret_kinds[SECRET_KINDS] = {
	[SECRET_SKEYSEED] = { "skeyseed", "SKEYSEED" }, [SECRET_SK_D] = { "sk_d", "SK_d" },
	[SECRET_DH] = { "dh", "DH secret" }, [SECRET_PSK] = { "psk", "PSK" },
	[SECRET_PPK] = { "ppk", "PPK" }, [SECRET_SKEYID] = { "skeyid", "SKEYID" },
	[SECRET_SKEYID_D] = { "skeyid_d", "SKEYID_d" }, [SECRET_SKEYID_A] = { "skeyid_a", "SKEYID_a" },
	[SECRET_SKEYID_E] = { "skeyid_e", "SKEYID_e" },
};

const char *keys_secret_word(enum secret_kind k)
{
	return secret_kinds[k].word;
}

const char *keys_secret_name(enum secret_kind k)
{
	return secret_kinds[k].name;
}

const char *keys_secret_title(const struct ike_secret *k, char name[KEYS_NAME_MAX])
{
	char what[24];
	snprintf(what, sizeof what, "%s of IKE SA", secret_kinds[k->kind].name);
	return spi_pair_name(what, k->spi_i, k->spi_r, name);
}

bool keys_pattern_exact(const struct addr_pattern *p)
{
	return p->addr.family != 0 && p->bits == 8 * addr_size(&p->addr);
}

void keys_put_pattern(struct text *t, const struct addr_pattern *p)
{
	if (p->addr.family == 0)
		text_char(t, '*');
	else if (p->addr.family == 4)
		text_ipv4(t, p->addr.b);
	else
		text_ipv6(t, p->addr.b);
	if (p->addr.family && !keys_pattern_exact(p)) {
		text_char(t, '/');
		text_dec(t, p->bits);
	}
}

static bool store_full(struct keys_in *in, size_t line)
{
	const struct keystore *s = in->store;
	if (s->sa_count + s->ike_count + s->secret_count < KEYS_ROWS_MAX)
		return false;
	keys_bad(in, line, "not read: the store holds %d keys already", KEYS_ROWS_MAX);
	return true;
}

static void sizes_text(const struct encr *row, char text[96])
{
	size_t n = 0;
	text[0] = '\0';
	if (row->variable)
		snprintf(text, 96, "%u to %u", row->key_bits[0] / 8u + row->salt,
			 row->key_bits[1] / 8u + row->salt);
	for (size_t i = 0; !row->variable && i < ENCR_KEY_SIZES && row->key_bits[i]; i++)
		n += (size_t)snprintf(text + n, 96 - n, "%s%u", i ? " or " : "",
				      row->key_bits[i] / 8u + row->salt);
	if (!text[0])
		snprintf(text, 96, "none");
}

static bool encr_fits(struct keys_in *in, const struct encr *encr, struct span key,
		      const char *name, size_t line)
{
	char sizes[96];
	sizes_text(encr, sizes);
	if (encr->kind == ENCR_KIND_UNSUPPORTED)
		keys_bad(in, line, "%s: %s is not supported: %s", name, encr->name, encr->why);
	else if (key.n < encr->salt ||
		 (encr->kind == ENCR_KIND_NULL ? key.n != 0 : !encr_key_ok(encr, key.n - encr->salt)))
		keys_bad(in, line, "%s: the key of %s has %zu octets%s, needs %s", name, encr->name,
			 key.n, encr->salt ? " with its salt" : "", sizes);
	else if (key.n && span_is_zero(key))
		keys_bad(in, line, "%s: the key of %s is all zeros: it was hidden from whoever "
			 "wrote this file", name, encr->name);
	else
		return true;
	return false;
}

static bool integ_fits(struct keys_in *in, const struct integ *integ, struct span key,
		       const char *name, size_t line)
{
	size_t needs = (size_t)integ->key + integ->salt;
	if (integ->kind == INTEG_KIND_UNSUPPORTED)
		keys_bad(in, line, "%s: %s is not supported: %s", name, integ->name, integ->why);
	else if (integ->kind == INTEG_KIND_UNCHECKED || integ->kind == INTEG_KIND_NONE)
		return true;
	else if (key.n != needs)
		keys_bad(in, line, "%s: the key of %s has %zu octets, needs %zu", name,
			 integ->name, key.n, needs);
	else if (key.n && span_is_zero(key))
		keys_bad(in, line, "%s: the key of %s is all zeros: it was hidden from whoever "
			 "wrote this file", name, integ->name);
	else
		return true;
	return false;
}

bool keys_add_sa(struct keys_in *in, struct sa_key *row, size_t line)
{
	char name[KEYS_NAME_MAX];
	keys_sa_name(row, name);
	if (store_full(in, line) ||
	    !encr_fits(in, row->encr, row->encr_key, name, line) ||
	    !integ_fits(in, row->integ, row->integ_key, name, line))
		return false;
	if (encr_has_icv(row->encr) && row->integ->kind != INTEG_KIND_NONE) {
		keys_bad(in, line, "%s: %s brings its own ICV, %s does not go with it", name,
			 row->encr->name, row->integ->name);
		return false;
	}
	if (row->protocol == PROTOCOL_AH && row->integ->kind == INTEG_KIND_NONE) {
		keys_bad(in, line, "%s: AH needs an integrity algorithm", name);
		return false;
	}
	if (row->integ->kind == INTEG_KIND_NONE || row->integ->kind == INTEG_KIND_UNCHECKED)
		row->integ_key.n = 0;
	if (row->window > REPLAY_WINDOW_MAX)
		row->window = REPLAY_WINDOW_MAX;
	row->origin = (struct origin){ in->file, line, NULL };
	keystore_add_sa(in->store, row);
	in->used++;
	return true;
}

static bool ike_side_fits(struct keys_in *in, const struct ike_key *row, bool responder,
			  size_t line)
{
	char name[KEYS_NAME_MAX];
	struct span e = responder ? row->sk_er : row->sk_ei;
	struct span a = responder ? row->sk_ar : row->sk_ai;
	struct span other = responder ? row->sk_ei : row->sk_er;
	keys_ike_name(row, name);
	if (e.n == 0 && a.n == 0 && other.n)	/* only the other direction is known */
		return true;
	return encr_fits(in, row->encr, e, name, line) && integ_fits(in, row->integ, a, name, line);
}

bool keys_add_ike(struct keys_in *in, struct ike_key *row, size_t line)
{
	char name[KEYS_NAME_MAX];
	keys_ike_name(row, name);
	if (store_full(in, line))
		return false;
	if (row->version == 1 && (row->sk_ei.n == 0 || span_is_zero(row->sk_ei))) {
		keys_bad(in, line, "%s: no key, or all zeros", name);
		return false;
	}
	if (row->version != 1 && (!ike_side_fits(in, row, false, line) ||
				  !ike_side_fits(in, row, true, line)))
		return false;
	if (row->version != 1 && encr_has_icv(row->encr) && row->integ->kind != INTEG_KIND_NONE) {
		keys_bad(in, line, "%s: %s brings its own ICV, %s does not go with it", name,
			 row->encr->name, row->integ->name);
		return false;
	}
	if (row->version != 1 && row->integ->kind == INTEG_KIND_NONE)
		row->sk_ai.n = row->sk_ar.n = 0;
	row->origin = (struct origin){ in->file, line, NULL };
	keystore_add_ike(in->store, row);
	in->used++;
	return true;
}

void keys_add_halves(struct keys_in *in, const struct keys_half *h,
		     const struct keys_half *other)
{
	struct ike_key row = { .version = 2, .encr = h->encr, .integ = h->integ };
	const struct keys_half *i = h->responder ? other : h, *r = h->responder ? h : other;
	memcpy(row.spi_i, h->spis, 8);
	memcpy(row.spi_r, h->spis + 8, 8);
	if (i) {
		row.sk_ei = keys_key_span(&i->e);
		row.sk_ai = keys_key_span(&i->a);
	}
	if (r) {
		row.sk_er = keys_key_span(&r->e);
		row.sk_ar = keys_key_span(&r->a);
	}
	if (!other)
		keys_say(in, h->line, "the keys of the %s's direction only",
			 h->responder ? "responder" : "initiator");
	keys_add_ike(in, &row, h->line);
}

bool keys_add_secret(struct keys_in *in, struct ike_secret *row, size_t line)
{
	if (store_full(in, line))
		return false;
	if (row->secret.n == 0 || span_is_zero(row->secret)) {
		keys_bad(in, line, "%s: no octets, or all zeros", keys_secret_name(row->kind));
		return false;
	}
	row->origin = (struct origin){ in->file, line, NULL };
	keystore_add_secret(in->store, row);
	in->used++;
	return true;
}
