/* SPDX-License-Identifier: BSD-2-Clause
 * ikat's own key format: CSV with a header line, which can hold all that a store
 * holds. Columns that a kind does not use stay empty; keys are hex digits.
 *
 *	esp, ah		protocol spi src dst mode encr encr_key integ integ_key esn window
 *	ike		spi_i spi_r encr encr_key=SK_ei:SK_er integ integ_key=SK_ai:SK_ar,
 *			secret=SK_d if it is known (with prf)
 *	ikev1		spi_i spi_r encr_key (the phase 1 key)
 *	skeyseed, sk_d, dh, skeyid, skeyid_d, skeyid_a, skeyid_e
 *			spi_i spi_r prf secret; dh: the shared secret or one side's private value
 *	psk, ppk	secret, id
 *
 * Both SPIs may be empty but for ikev1: not known, as in a log of a rekeyed IKE SA.
 * A secret is hex digits, or text behind "text:". A further column `id` may stand
 * behind the others (whose PSK it is, the PPK_ID); it is written where a row has one.
 *
 * It is read a line at a time, not through base/csv.h, so that one wrong line is
 * told by its number and the others are used, and no copy of a key is left over. */
#include "dissect/keys_read.h"
#include "ipsec/crypto/prf.h"

enum column {
	KIND, SPI_I, SPI_R, PROTOCOL, SPI, SRC, DST, MODE, ENCR, ENCR_KEY, INTEG, INTEG_KEY,
	PRF, ESN, WINDOW, SECRET, COLUMNS,
	ID = COLUMNS,	/* may be left out */
};

static const char header[] = "kind,spi_i,spi_r,protocol,spi,src,dst,mode,encr,encr_key,"
			     "integ,integ_key,prf,esn,window,secret";

bool keys_csv_recognise(struct span text)
{
	struct keys_in in = { .text = text };
	struct span line;
	return keys_look(&in, &line) &&
	       (keys_starts(line, "kind,") || keys_starts(line, "\"kind\","));
}

/* ---- reading ---- */

#define SHOW(s) (int)((s).n > 60 ? 60 : (s).n), (const char *)(s).p

static bool encr_cell(struct keys_in *in, struct span cell, const struct encr **encr)
{
	*encr = cell.n ? encr_by_name(cell) : encr_find(11);
	if (!*encr)
		keys_bad(in, in->line, "encr \"%.*s\" is not IANA's name of an encryption "
			 "algorithm", SHOW(cell));
	return *encr != NULL;
}

static bool integ_cell(struct keys_in *in, struct span cell, const struct integ **integ)
{
	*integ = cell.n ? integ_by_name(cell) : integ_find(0);
	if (!*integ)
		keys_bad(in, in->line, "integ \"%.*s\" is not IANA's name of an integrity "
			 "algorithm", SHOW(cell));
	return *integ != NULL;
}

static bool key_cell(struct keys_in *in, const char *column, struct span cell, struct keys_key *k)
{
	const char *why = keys_hex(cell, k);
	if (why)
		keys_bad(in, in->line, "%s: %s", column, why);
	return !why;
}

static bool mode_cell(struct keys_in *in, struct span cell, enum sa_mode *mode)
{
	*mode = SA_MODE_UNKNOWN;
	for (enum sa_mode m = SA_MODE_TUNNEL; m <= SA_MODE_BEET; m++)
		if (span_is_word(cell, sa_mode_name(m)))
			*mode = m;
	if (cell.n && !*mode)
		keys_bad(in, in->line, "mode \"%.*s\", needs tunnel, transport or beet", SHOW(cell));
	return !cell.n || *mode;
}

/* "yes", "no", "yes:HIGH" with the high half of the sequence number. */
static bool esn_cell(struct keys_in *in, struct span cell, struct sa_key *row)
{
	uint64_t v = 0;
	bool ok = true;
	row->esn = ESN_UNKNOWN;
	if (keys_starts(cell, "yes:"))
		ok = keys_number(span_from(cell, 4), UINT32_MAX, &v);
	if (keys_starts(cell, "yes:") || span_is_word(cell, "yes") || keys_is(cell, "1"))
		row->esn = ESN_YES;
	else if (span_is_word(cell, "no") || keys_is(cell, "0"))
		row->esn = ESN_NO;
	else
		ok = cell.n == 0;
	row->seq_high = (uint32_t)v;
	if (!ok)
		keys_bad(in, in->line, "esn \"%.*s\", needs yes, no or yes:HIGH", SHOW(cell));
	return ok;
}

static bool spi_cell(struct keys_in *in, struct span cell, struct sa_key *row)
{
	row->spi_mask = cell.n && !keys_is(cell, "*") ? UINT32_MAX : 0;
	if (!row->spi_mask)
		return true;
	const uint8_t *slash = memchr(cell.p, '/', cell.n);	/* 0xSPI/0xMASK */
	size_t n = slash ? (size_t)(slash - cell.p) : cell.n;
	if (keys_spi(span_part(cell, 0, n), &row->spi) &&
	    (!slash || keys_spi(span_from(cell, n + 1), &row->spi_mask)))
		return true;
	keys_bad(in, in->line, "spi \"%.*s\" is no number of 32 bits", SHOW(cell));
	return false;
}

static bool address_cell(struct keys_in *in, struct span cell, struct addr_pattern *p)
{
	*p = (struct addr_pattern){ 0 };
	if (cell.n == 0 || addr_pattern_parse(cell, p))
		return true;
	keys_bad(in, in->line, "\"%.*s\" is no address", SHOW(cell));
	return false;
}

static bool protocol_cell(struct keys_in *in, struct span cell, const struct sa_key *row)
{
	bool ah = row->protocol == PROTOCOL_AH;
	if (cell.n == 0 || span_is_word(cell, ah ? "ah" : "esp") || keys_is(cell, ah ? "51" : "50"))
		return true;
	keys_bad(in, in->line, "protocol \"%.*s\" in a row of kind %s", SHOW(cell), ah ? "ah" : "esp");
	return false;
}

static bool window_cell(struct keys_in *in, struct span cell, struct sa_key *row)
{
	uint64_t v = 0;
	bool ok = cell.n == 0 || keys_number(cell, REPLAY_WINDOW_MAX, &v);
	row->window = (uint32_t)v;
	if (!ok)
		keys_bad(in, in->line, "window \"%.*s\", needs 0 to %d", SHOW(cell),
			 REPLAY_WINDOW_MAX);
	return ok;
}

static void sa_row(struct keys_in *in, const struct span *c, uint8_t protocol)
{
	struct sa_key row = { .protocol = protocol };
	struct keys_key e = { .n = 0 }, a = { .n = 0 };
	if (protocol_cell(in, c[PROTOCOL], &row) && spi_cell(in, c[SPI], &row) &&
	    address_cell(in, c[SRC], &row.src) && address_cell(in, c[DST], &row.dst) &&
	    mode_cell(in, c[MODE], &row.mode) && encr_cell(in, c[ENCR], &row.encr) &&
	    integ_cell(in, c[INTEG], &row.integ) && key_cell(in, "encr_key", c[ENCR_KEY], &e) &&
	    key_cell(in, "integ_key", c[INTEG_KEY], &a) && esn_cell(in, c[ESN], &row) &&
	    window_cell(in, c[WINDOW], &row)) {
		row.encr_key = keys_key_span(&e);
		row.integ_key = keys_key_span(&a);
		if (protocol == PROTOCOL_AH && row.encr->kind != ENCR_KIND_NULL)
			keys_bad(in, in->line, "%s in a row of kind ah", row.encr->name);
		else
			keys_add_sa(in, &row, in->line);
	}
	crypto_cleanse(&e, sizeof e);
	crypto_cleanse(&a, sizeof a);
}

static bool ike_spi(struct keys_in *in, const char *column, struct span cell, uint8_t spi[8],
		    bool needed)
{
	if (keys_starts(cell, "0x"))
		cell = span_from(cell, 2);
	if (cell.n == 0 && !needed)
		return true;
	if (span_unhex(cell, spi, 8))
		return true;
	keys_bad(in, in->line, "%s has %zu hex digits, needs 16", column, cell.n);
	return false;
}

/* Both of them, or neither where they are not known. */
static bool ike_spis(struct keys_in *in, const struct span *c, uint8_t i[8], uint8_t r[8])
{
	bool needed = c[SPI_I].n || c[SPI_R].n;
	return ike_spi(in, "spi_i", c[SPI_I], i, needed) && ike_spi(in, "spi_r", c[SPI_R], r, needed);
}

/* "I:R" (or I|R), or the two of one length one behind the other. */
static bool pair_cell(struct keys_in *in, const char *column, struct span cell, struct keys_key k[2])
{
	size_t n = 0;
	while (n < cell.n && cell.p[n] != ':' && cell.p[n] != '|')
		n++;
	if (n < cell.n)
		return key_cell(in, column, span_part(cell, 0, n), &k[0]) &&
		       key_cell(in, column, span_from(cell, n + 1), &k[1]);
	if (keys_starts(cell, "0x"))
		cell = span_from(cell, 2);
	return key_cell(in, column, span_part(cell, 0, cell.n / 2), &k[0]) &&
	       key_cell(in, column, span_from(cell, cell.n / 2), &k[1]);
}

static bool prf_cell(struct keys_in *in, struct span cell, const struct prf **prf)
{
	*prf = cell.n ? prf_by_name(cell) : NULL;
	if (cell.n && !*prf)
		keys_bad(in, in->line, "prf \"%.*s\" is not IANA's name of a PRF", SHOW(cell));
	return !cell.n || *prf;
}

/* "text:correct horse", or hex digits. */
static bool secret_cell(struct keys_in *in, struct span cell, struct keys_key *k)
{
	static const char mark[] = "text:";
	if (!keys_starts(cell, mark))
		return key_cell(in, "secret", cell, k);
	cell = span_from(cell, sizeof mark - 1);
	k->n = cell.n <= sizeof k->b ? cell.n : 0;
	if (k->n)
		memcpy(k->b, cell.p, k->n);
	if (k->n != cell.n)
		keys_bad(in, in->line, "secret: %zu octets, needs at most %zu", cell.n, sizeof k->b);
	return k->n == cell.n;
}

/* A PRF says how long what comes out of it is; it tells a cut secret. */
static bool secret_fits(struct keys_in *in, const struct ike_secret *row)
{
	bool derived = row->kind != SECRET_DH && row->kind != SECRET_PSK && row->kind != SECRET_PPK;
	if (!derived || !row->prf || row->secret.n == row->prf->output)
		return true;
	keys_bad(in, in->line, "secret: %s has %zu octets, %s needs %u", keys_secret_name(row->kind),
		 row->secret.n, row->prf->name, row->prf->output);
	return false;
}

static void secret_row(struct keys_in *in, const struct span *c, enum secret_kind kind)
{
	struct ike_secret row = { .kind = kind, .id = c[ID] };
	struct keys_key k = { .n = 0 };
	if (prf_cell(in, c[PRF], &row.prf) &&
	    ike_spi(in, "spi_i", c[SPI_I], row.spi_i, c[SPI_R].n > 0) &&
	    ike_spi(in, "spi_r", c[SPI_R], row.spi_r, false) && secret_cell(in, c[SECRET], &k)) {
		row.secret = keys_key_span(&k);
		if (secret_fits(in, &row))
			keys_add_secret(in, &row, in->line);
	}
	crypto_cleanse(&k, sizeof k);
}

static void ike_row(struct keys_in *in, const struct span *c)
{
	struct ike_key row = { .version = 2 };
	struct keys_key e[2] = { { .n = 0 } }, a[2] = { { .n = 0 } };
	if (ike_spis(in, c, row.spi_i, row.spi_r) && encr_cell(in, c[ENCR], &row.encr) &&
	    integ_cell(in, c[INTEG], &row.integ) && pair_cell(in, "encr_key", c[ENCR_KEY], e) &&
	    pair_cell(in, "integ_key", c[INTEG_KEY], a)) {
		row.sk_ei = keys_key_span(&e[0]);
		row.sk_er = keys_key_span(&e[1]);
		row.sk_ai = keys_key_span(&a[0]);
		row.sk_ar = keys_key_span(&a[1]);
		keys_add_ike(in, &row, in->line);
	}
	crypto_cleanse(e, sizeof e);
	crypto_cleanse(a, sizeof a);
	if (c[SECRET].n)
		secret_row(in, c, SECRET_SK_D);
}

static void ikev1_row(struct keys_in *in, const struct span *c)
{
	struct ike_key row = { .version = 1 };
	struct keys_key k = { .n = 0 };
	struct span key = c[ENCR_KEY].n ? c[ENCR_KEY] : c[SECRET];
	if (ike_spi(in, "spi_i", c[SPI_I], row.spi_i, true) &&
	    ike_spi(in, "spi_r", c[SPI_R], row.spi_r, false) &&
	    (!c[ENCR].n || encr_cell(in, c[ENCR], &row.encr)) && key_cell(in, "encr_key", key, &k)) {
		row.sk_ei = keys_key_span(&k);
		keys_add_ike(in, &row, in->line);
	}
	crypto_cleanse(&k, sizeof k);
}

static bool secret_kind(struct span word, enum secret_kind *kind)
{
	for (*kind = 0; *kind < SECRET_KINDS; (*kind)++)
		if (span_is_word(word, keys_secret_word(*kind)))
			return true;
	return false;
}

static void csv_row(struct keys_in *in, struct keys_cells *c, size_t columns)
{
	struct span kind = c->cell[KIND];
	enum secret_kind secret;
	if (c->count == COLUMNS)
		c->cell[ID] = span_of(NULL, 0);
	if (c->count != columns)
		keys_bad(in, in->line, "%zu columns, needs %zu", c->count, columns);
	else if (span_is_word(kind, "esp"))
		sa_row(in, c->cell, PROTOCOL_ESP);
	else if (span_is_word(kind, "ah"))
		sa_row(in, c->cell, PROTOCOL_AH);
	else if (span_is_word(kind, "ike"))
		ike_row(in, c->cell);
	else if (span_is_word(kind, "ikev1"))
		ikev1_row(in, c->cell);
	else if (secret_kind(kind, &secret))
		secret_row(in, c->cell, secret);
	else
		keys_bad(in, in->line, "kind \"%.*s\", needs esp, ah, ike, ikev1, skeyseed, sk_d, dh, "
			 "psk, ppk, skeyid, skeyid_d, skeyid_a or skeyid_e", SHOW(kind));
}

/* The header in any quoting; what differs is named. */
static bool header_ok(struct keys_in *in, const struct keys_cells *c)
{
	struct span rest = span_text(header);
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t n = 0;
		while (n < rest.n && rest.p[n] != ',')
			n++;
		struct span needs = span_part(rest, 0, n);
		if (i >= c->count || !span_equal(c->cell[i], needs)) {
			struct span is = i < c->count ? c->cell[i] : span_of(NULL, 0);
			keys_bad(in, in->line, "column %zu is \"%.*s\", needs \"%.*s\"", i + 1,
				 SHOW(is), SHOW(needs));
			return false;
		}
		rest = span_from(rest, n + 1);
	}
	if (c->count == COLUMNS || (c->count == COLUMNS + 1 && keys_is(c->cell[ID], "id")))
		return true;
	keys_bad(in, in->line, "%zu columns, needs %d, and may have a further one, \"id\"", c->count,
		 COLUMNS);
	return false;
}

void keys_csv_read(struct keys_in *in)
{
	struct keys_cells c;
	struct span line;
	const char *why = NULL;
	size_t columns = 0;	/* those of the header */
	while (keys_line(in, &line)) {
		line = keys_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!keys_cells_split(line, &c, &why))
			keys_bad(in, in->line, "%s", why);
		else if (columns)
			csv_row(in, &c, columns);
		else if (header_ok(in, &c))
			columns = c.count;
		else
			break;
	}
	crypto_cleanse(&c, sizeof c);
}

/* ---- writing ---- */

static void put_pair(struct text *t, struct span i, struct span r)
{
	text_hex_span(t, i);
	if (i.n || r.n)
		text_char(t, ':');
	text_hex_span(t, r);
}

/* A row's end: the column `id`, if the file has it. */
static void put_end(struct text *t, bool ids, struct span id)
{
	bool quote = false;
	if (ids)
		text_char(t, ',');
	for (size_t i = 0; i < id.n; i++)
		quote |= id.p[i] <= ' ' || id.p[i] >= 0x7f || memchr(",\"\\", id.p[i], 3);
	if (quote)
		text_char(t, '"');
	for (size_t i = 0; i < id.n; i++) {
		if (id.p[i] < ' ' || id.p[i] == 0x7f) {
			text_add(t, "\\x");
			text_hex(t, id.p[i], 2);
			continue;
		}
		if (id.p[i] == '"' || id.p[i] == '\\')
			text_char(t, '\\');
		text_char(t, (char)id.p[i]);
	}
	text_add(t, quote ? "\"\n" : "\n");
	text_record_end(t);
}

static void put_sa(struct text *t, const struct sa_key *k, bool ids)
{
	const char *kind = k->protocol == PROTOCOL_AH ? "ah" : "esp";
	text_printf(t, "%s,,,%s,", kind, kind);
	if (k->spi_mask)
		text_printf(t, "0x%08x", k->spi);
	if (k->spi_mask && k->spi_mask != UINT32_MAX)
		text_printf(t, "/0x%08x", k->spi_mask);
	text_char(t, ',');
	keys_put_pattern(t, &k->src);
	text_char(t, ',');
	keys_put_pattern(t, &k->dst);
	text_printf(t, ",%s,%s,", k->mode ? sa_mode_name(k->mode) : "", k->encr->name);
	text_hex_span(t, k->encr_key);
	text_printf(t, ",%s,", k->integ->name);
	text_hex_span(t, k->integ_key);
	text_add(t, k->esn == ESN_YES ? ",,yes" : k->esn == ESN_NO ? ",,no" : ",,");
	if (k->esn == ESN_YES && k->seq_high)
		text_printf(t, ":0x%08x", k->seq_high);
	text_char(t, ',');
	if (k->window)
		text_dec(t, k->window);
	text_char(t, ',');
	put_end(t, ids, span_of(NULL, 0));
}

static void put_spis(struct text *t, const char *kind, const uint8_t i[8], const uint8_t r[8])
{
	text_add(t, kind);
	text_char(t, ',');
	if (!span_is_zero(span_of(i, 8)))
		text_hex_span(t, span_of(i, 8));
	text_char(t, ',');
	if (!span_is_zero(span_of(r, 8)))
		text_hex_span(t, span_of(r, 8));
}

static void put_ike(struct text *t, const struct ike_key *k, bool ids)
{
	put_spis(t, k->version == 1 ? "ikev1" : "ike", k->spi_i, k->spi_r);
	text_printf(t, ",,,,,,%s,", k->encr ? k->encr->name : "");
	if (k->version == 1)
		text_hex_span(t, k->sk_ei);
	else
		put_pair(t, k->sk_ei, k->sk_er);
	text_printf(t, ",%s,", k->integ ? k->integ->name : "");
	put_pair(t, k->sk_ai, k->sk_ar);
	text_add(t, ",,,,");
	put_end(t, ids, span_of(NULL, 0));
}

static void put_secret(struct text *t, const struct ike_secret *k, bool ids)
{
	put_spis(t, keys_secret_word(k->kind), k->spi_i, k->spi_r);
	text_printf(t, ",,,,,,,,,,%s,,,", k->prf ? k->prf->name : "");
	text_hex_span(t, k->secret);
	put_end(t, ids, k->id);
}

size_t keys_csv_write(const struct keystore *s, struct text *out, struct keys_notes *notes)
{
	bool ids = false;
	(void)notes;	/* nothing is left out */
	for (const struct ike_secret *k = s->secrets; k; k = k->next)
		ids |= k->id.n > 0;
	text_add(out, header);
	text_add(out, ids ? ",id\n" : "\n");
	for (const struct sa_key *k = s->sas; k; k = k->next)
		put_sa(out, k, ids);
	for (const struct ike_key *k = s->ikes; k; k = k->next)
		put_ike(out, k, ids);
	for (const struct ike_secret *k = s->secrets; k; k = k->next)
		put_secret(out, k, ids);
	return 0;
}
