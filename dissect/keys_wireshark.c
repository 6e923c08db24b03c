/* SPDX-License-Identifier: BSD-2-Clause
 * Wireshark's tables: esp_sa, ikev2_decryption_table, ikev1_decryption_table
 * (files of a profile, no header line). Columns:
 *
 *	esp_sa	protocol, source, destination, SPI, encryption, key,
 *		[authentication, key, [SN "32-bit" or "64-bit", ESN high]]
 *	ikev2	SPIi, SPIr, SK_ei, SK_er, encryption, SK_ai, SK_ar, integrity
 *	ikev1	initiator's cookie, phase 1 key
 *
 * '*' in an address or SPI stands for anything. A key without 0x is text, unless
 * only its reading as hex digits has a length that fits. strongSwan's rows for
 * AES-GCM ("ANY 128 bit authentication"), which Wireshark refuses, are read. */
#include "dissect/keys_read.h"

struct algorithm {
	uint16_t id;
	const char *name;	/* without the reference in brackets */
	const char *reference;
	uint16_t bits;		/* of the key; 0: any */
};

/* The first row of an id is the one that is written. */
static const struct algorithm esp_encr[] = {
	{ 11, "NULL", "", 0 },
	{ 3, "TripleDES-CBC", " [RFC2451]", 0 },
	{ 12, "AES-CBC", " [RFC3602]", 0 },
	{ 13, "AES-CTR", " [RFC3686]", 0 },
	{ 2, "DES-CBC", " [RFC2405]", 0 },
	{ 6, "CAST5-CBC", " [RFC2144]", 128 },
	{ 7, "BLOWFISH-CBC", " [RFC2451]", 128 },
	{ 18, "AES-GCM with 8 octet ICV", " [RFC4106]", 0 },
	{ 19, "AES-GCM with 12 octet ICV", " [RFC4106]", 0 },
	{ 20, "AES-GCM with 16 octet ICV", " [RFC4106]", 0 },
	{ 20, "AES-GCM", " [RFC4106]", 0 },
};

static const struct algorithm esp_auth[] = {
	{ 0, "NULL", "", 0 },
	{ 2, "HMAC-SHA-1-96", " [RFC2404]", 0 },
	{ INTEG_HMAC_SHA2_256_96, "HMAC-SHA-256-96", " [draft-ietf-ipsec-ciph-sha-256-00]", 0 },
	{ 12, "HMAC-SHA-256-128", " [RFC4868]", 0 },
	{ 13, "HMAC-SHA-384-192", " [RFC4868]", 0 },
	{ 14, "HMAC-SHA-512-256", " [RFC4868]", 0 },
	{ 1, "HMAC-MD5-96", " [RFC2403]", 0 },
	{ INTEG_UNCHECKED_64, "ANY 64 bit authentication", " [no checking]", 0 },
	{ INTEG_UNCHECKED_96, "ANY 96 bit authentication", " [no checking]", 0 },
	{ INTEG_UNCHECKED_128, "ANY 128 bit authentication", " [no checking]", 0 },
	{ INTEG_UNCHECKED_192, "ANY 192 bit authentication", " [no checking]", 0 },
	{ INTEG_UNCHECKED_256, "ANY 256 bit authentication", " [no checking]", 0 },
};

static const struct algorithm ike_encr[] = {
	{ 3, "3DES", " [RFC2451]", 192 }, { 11, "NULL", " [RFC2410]", 0 },
	{ 12, "AES-CBC-128", " [RFC3602]", 128 }, { 12, "AES-CBC-192", " [RFC3602]", 192 },
	{ 12, "AES-CBC-256", " [RFC3602]", 256 },
	{ 13, "AES-CTR-128", " [RFC5930]", 128 }, { 13, "AES-CTR-192", " [RFC5930]", 192 },
	{ 13, "AES-CTR-256", " [RFC5930]", 256 },
	{ 18, "AES-GCM-128 with 8 octet ICV", " [RFC5282]", 128 },
	{ 18, "AES-GCM-192 with 8 octet ICV", " [RFC5282]", 192 },
	{ 18, "AES-GCM-256 with 8 octet ICV", " [RFC5282]", 256 },
	{ 19, "AES-GCM-128 with 12 octet ICV", " [RFC5282]", 128 },
	{ 19, "AES-GCM-192 with 12 octet ICV", " [RFC5282]", 192 },
	{ 19, "AES-GCM-256 with 12 octet ICV", " [RFC5282]", 256 },
	{ 20, "AES-GCM-128 with 16 octet ICV", " [RFC5282]", 128 },
	{ 20, "AES-GCM-192 with 16 octet ICV", " [RFC5282]", 192 },
	{ 20, "AES-GCM-256 with 16 octet ICV", " [RFC5282]", 256 },
	{ 14, "AES-CCM-128 with 8 octet ICV", " [RFC5282]", 128 },
	{ 14, "AES-CCM-192 with 8 octet ICV", " [RFC5282]", 192 },
	{ 14, "AES-CCM-256 with 8 octet ICV", " [RFC5282]", 256 },
	{ 15, "AES-CCM-128 with 12 octet ICV", " [RFC5282]", 128 },
	{ 15, "AES-CCM-192 with 12 octet ICV", " [RFC5282]", 192 },
	{ 15, "AES-CCM-256 with 12 octet ICV", " [RFC5282]", 256 },
	{ 16, "AES-CCM-128 with 16 octet ICV", " [RFC5282]", 128 },
	{ 16, "AES-CCM-192 with 16 octet ICV", " [RFC5282]", 192 },
	{ 16, "AES-CCM-256 with 16 octet ICV", " [RFC5282]", 256 },
};

static const struct algorithm ike_integ[] = {
	{ 0, "NONE", " [RFC4306]", 0 },
	{ 1, "HMAC_MD5_96", " [RFC2403]", 0 }, { 2, "HMAC_SHA1_96", " [RFC2404]", 0 },
	{ 6, "HMAC_MD5_128", " [RFC4595]", 0 }, { 7, "HMAC_SHA1_160", " [RFC4595]", 0 },
	{ INTEG_HMAC_SHA2_256_96, "HMAC_SHA2_256_96", " [draft-ietf-ipsec-ciph-sha-256-00]", 0 },
	{ 12, "HMAC_SHA2_256_128", " [RFC4868]", 0 },
	{ 13, "HMAC_SHA2_384_192", " [RFC4868]", 0 },
	{ 14, "HMAC_SHA2_512_256", " [RFC4868]", 0 },
	{ INTEG_UNCHECKED_64, "ANY 64-bits of Authentication", " [No Checking]", 0 },
	{ INTEG_UNCHECKED_96, "ANY 96-bits of Authentication", " [No Checking]", 0 },
	{ INTEG_UNCHECKED_128, "ANY 128-bits of Authentication", " [No Checking]", 0 },
	{ INTEG_UNCHECKED_160, "ANY 160-bits of Authentication", " [No Checking]", 0 },
	{ INTEG_UNCHECKED_192, "ANY 192-bits of Authentication", " [No Checking]", 0 },
	{ INTEG_UNCHECKED_256, "ANY 256-bits of Authentication", " [No Checking]", 0 },
};

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* With or without the reference: the name alone is unique. */
static const struct algorithm *algorithm_named(const struct algorithm *rows, size_t count,
					       struct span cell)
{
	const uint8_t *bracket = cell.n ? memchr(cell.p, '[', cell.n) : NULL;
	if (bracket)
		cell = keys_trim(span_part(cell, 0, (size_t)(bracket - cell.p)));
	for (size_t i = 0; i < count; i++)
		if (span_is_word(cell, rows[i].name))
			return &rows[i];
	return NULL;
}

static const struct algorithm *algorithm_of(const struct algorithm *rows, size_t count,
					    unsigned id, unsigned bits)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == id && (rows[i].bits == 0 || rows[i].bits == bits))
			return &rows[i];
	return NULL;
}

/* ---- reading ---- */

static bool is_hex(struct span s, size_t digits)
{
	uint8_t b[64];
	return s.n == digits && digits / 2 <= sizeof b && span_unhex(s, b, digits / 2);
}

static bool is_family(struct span s)
{
	return span_is_word(s, "IPv4") || span_is_word(s, "IPv6") || span_is_word(s, "Any");
}

enum table { TABLE_NONE, TABLE_ESP, TABLE_IKEV2, TABLE_IKEV1 };

static enum table table_of(const struct keys_cells *c)
{
	if (c->count >= 4 && is_family(c->cell[0]))
		return TABLE_ESP;
	if (c->count >= 6 && is_hex(c->cell[0], 16) && is_hex(c->cell[1], 16))
		return TABLE_IKEV2;
	if (c->count == 2 && is_hex(c->cell[0], 16))
		return TABLE_IKEV1;
	return TABLE_NONE;
}

bool keys_wireshark_recognise(struct span text)
{
	struct keys_in in = { .text = text };
	struct keys_cells c;
	struct span line;
	const char *why;
	bool found = false;
	while (!found && keys_look(&in, &line))
		found = keys_cells_split(line, &c, &why) && table_of(&c) != TABLE_NONE;
	crypto_cleanse(&c, sizeof c);
	return found;
}

/* "0xca50b39b", "*", "0xca50****": a nibble each. */
static bool spi_parse(struct span s, struct sa_key *row)
{
	if (keys_is(s, "*")) {
		row->spi = row->spi_mask = 0;
		return true;
	}
	row->spi_mask = UINT32_MAX;
	if (!memchr(s.p, '*', s.n))
		return keys_spi(s, &row->spi);
	if (!keys_starts(s, "0x"))
		return false;
	s = span_from(s, 2);
	if (keys_is(s, "*")) {
		row->spi = row->spi_mask = 0;
		return true;
	}
	if (s.n != 8)
		return false;
	for (size_t i = 0; i < 8; i++) {
		uint64_t v = 0;
		bool any = s.p[i] == '*';
		char digit[] = { '0', 'x', (char)s.p[i] };
		if (!any && !keys_number(span_of(digit, 3), 15, &v))
			return false;
		row->spi = row->spi << 4 | (uint32_t)v;
		row->spi_mask = row->spi_mask << 4 | (any ? 0 : 15);
	}
	return true;
}

static bool address_parse(struct span cell, struct span family, struct addr_pattern *p)
{
	if (cell.n == 0 || !addr_pattern_parse(cell, p))
		return false;
	uint8_t f = span_is_word(family, "IPv4") ? 4 : span_is_word(family, "IPv6") ? 6 : 0;
	if (p->addr.family == 0)
		p->addr.family = f;
	return f == 0 || p->addr.family == f;
}

/* An odd digit too few stands in front, as Wireshark takes it. */
static const char *key_cell(struct span cell, const struct encr *encr, struct keys_key *k)
{
	uint8_t padded[2 * KEYS_KEY_MAX + 3];
	const char *why;
	bool prefix = keys_starts(cell, "0x") || keys_starts(cell, "0X");
	if (!prefix && encr && cell.n % 2 == 0 && cell.n / 2 >= encr->salt &&
	    !(cell.n >= encr->salt && encr_key_ok(encr, cell.n - encr->salt)) &&
	    encr_key_ok(encr, cell.n / 2 - encr->salt) && !keys_hex(cell, k))
		return NULL;
	if (!prefix || cell.n % 2 == 0 || cell.n + 1 > sizeof padded)
		return keys_hex_or_text(cell, k);
	memcpy(padded, "0x0", 3);
	memcpy(padded + 3, cell.p + 2, cell.n - 2);
	why = keys_hex(span_of(padded, cell.n + 1), k);
	crypto_cleanse(padded, sizeof padded);
	return why;
}

static struct span cell_of(const struct keys_cells *c, size_t i)
{
	return i < c->count ? c->cell[i] : span_of(NULL, 0);
}

/* AES-GCM takes its ICV's length from the authentication column. */
static bool gcm_icv(struct keys_in *in, struct sa_key *row, bool old_name)
{
	char name[KEYS_NAME_MAX];
	unsigned id = row->integ->id;
	if (row->integ->kind == INTEG_KIND_UNCHECKED && old_name) {
		row->encr = encr_find(id == INTEG_UNCHECKED_64 ? 18 : id == INTEG_UNCHECKED_96 ? 19 :
				      20);
		if (id != INTEG_UNCHECKED_64 && id != INTEG_UNCHECKED_96 &&
		    id != INTEG_UNCHECKED_128) {
			keys_bad(in, in->line, "%s: AES-GCM has no ICV of %u bits",
				 keys_sa_name(row, name), row->integ->icv * 8u);
			return false;
		}
	} else if (row->integ->kind == INTEG_KIND_NONE && old_name) {
		keys_say(in, in->line, "%s: AES-GCM without the length of its ICV, taken as 16 octets",
			 keys_sa_name(row, name));
	}
	if (row->integ->kind == INTEG_KIND_UNCHECKED)
		row->integ = integ_find(0);
	return true;
}

static bool esp_algorithms(struct keys_in *in, const struct keys_cells *c, struct sa_key *row)
{
	struct span encr = cell_of(c, 4), auth = cell_of(c, 6);
	const struct algorithm *e = algorithm_named(esp_encr, COUNT(esp_encr), encr);
	const struct algorithm *a = auth.n ? algorithm_named(esp_auth, COUNT(esp_auth), auth)
					   : &esp_auth[0];
	if (!e || !a) {
		struct span bad = e ? auth : encr;
		char name[KEYS_NAME_MAX];
		keys_bad(in, in->line, "%s: \"%.*s\" is not supported", keys_sa_name(row, name),
			 (int)(bad.n > 80 ? 80 : bad.n), (const char *)bad.p);
		return false;
	}
	row->encr = encr_find(e->id);
	row->integ = integ_find(a->id);
	return !encr_has_icv(row->encr) || gcm_icv(in, row, keys_is(span_text(e->name), "AES-GCM"));
}

static bool esp_sequence(struct keys_in *in, const struct keys_cells *c, struct sa_key *row)
{
	struct span sn = cell_of(c, 8), high = cell_of(c, 9);
	uint64_t v;
	if (keys_starts(sn, "64"))
		row->esn = ESN_YES;
	else if (sn.n && keys_starts(sn, "32"))
		row->esn = ESN_NO;
	else if (sn.n)
		keys_say(in, in->line, "sequence numbers of \"%.*s\", needs 32-bit or 64-bit: "
			 "ignored", (int)(sn.n > 40 ? 40 : sn.n), (const char *)sn.p);
	if (high.n && keys_number(high, UINT32_MAX, &v))
		row->seq_high = (uint32_t)v;
	else if (high.n) {
		keys_bad(in, in->line, "ESN high bits \"%.*s\": not a number of 32 bits",
			 (int)(high.n > 40 ? 40 : high.n), (const char *)high.p);
		return false;
	}
	return true;
}

static void esp_row(struct keys_in *in, const struct keys_cells *c)
{
	struct sa_key row = { .protocol = PROTOCOL_ESP };
	struct keys_key encr = { .n = 0 }, integ = { .n = 0 };
	const char *why = NULL;
	if (c->count < 6 || c->count > 10)
		keys_bad(in, in->line, "%zu columns, esp_sa has 6 to 10", c->count);
	else if (!address_parse(c->cell[1], c->cell[0], &row.src) ||
		 !address_parse(c->cell[2], c->cell[0], &row.dst))
		keys_bad(in, in->line, "source or destination is no %.*s address",
			 (int)(c->cell[0].n > 8 ? 8 : c->cell[0].n), (const char *)c->cell[0].p);
	else if (!spi_parse(c->cell[3], &row))
		keys_bad(in, in->line, "the SPI \"%.*s\" is neither a number nor a pattern",
			 (int)(c->cell[3].n > 40 ? 40 : c->cell[3].n), (const char *)c->cell[3].p);
	else if (esp_algorithms(in, c, &row) && esp_sequence(in, c, &row)) {
		why = key_cell(cell_of(c, 5), row.encr, &encr);
		if (!why)
			why = key_cell(cell_of(c, 7), NULL, &integ);
		row.encr_key = keys_key_span(&encr);
		row.integ_key = keys_key_span(&integ);
		if (why)
			keys_bad(in, in->line, "a key is wrong: %s", why);
		else
			keys_add_sa(in, &row, in->line);
	}
	crypto_cleanse(&encr, sizeof encr);
	crypto_cleanse(&integ, sizeof integ);
}

static void ikev2_keys(struct keys_in *in, const struct keys_cells *c, struct ike_key *row,
		       const struct algorithm *e)
{
	static const uint8_t column[4] = { 2, 3, 5, 6 };
	struct keys_key k[4];
	const char *why = NULL;
	for (size_t i = 0; i < 4 && !why; i++)
		why = keys_hex(c->cell[column[i]], &k[i]);
	if (why) {
		keys_bad(in, in->line, "a key is wrong: %s", why);
	} else {
		row->sk_ei = keys_key_span(&k[0]);
		row->sk_er = keys_key_span(&k[1]);
		row->sk_ai = keys_key_span(&k[2]);
		row->sk_ar = keys_key_span(&k[3]);
		if (e->bits && keys_bits(row->encr, row->sk_ei) != e->bits)
			keys_bad(in, in->line, "SK_ei has %zu octets, %s needs %u", row->sk_ei.n,
				 e->name, e->bits / 8u + row->encr->salt);
		else
			keys_add_ike(in, row, in->line);
	}
	crypto_cleanse(k, sizeof k);
}

static void ikev2_row(struct keys_in *in, const struct keys_cells *c)
{
	struct ike_key row = { .version = 2 };
	if (c->count != 8) {
		keys_bad(in, in->line, "%zu columns, ikev2_decryption_table has 8", c->count);
		return;
	}
	const struct algorithm *e = algorithm_named(ike_encr, COUNT(ike_encr), c->cell[4]);
	const struct algorithm *a = algorithm_named(ike_integ, COUNT(ike_integ), c->cell[7]);
	if (!e || !a) {
		struct span bad = c->cell[e ? 7 : 4];
		keys_bad(in, in->line, "\"%.*s\" is not supported", (int)(bad.n > 80 ? 80 : bad.n),
			 (const char *)bad.p);
		return;
	}
	row.encr = encr_find(e->id);
	row.integ = integ_find(a->id);
	if (span_unhex(c->cell[0], row.spi_i, 8) && span_unhex(c->cell[1], row.spi_r, 8))
		ikev2_keys(in, c, &row, e);
}

static void ikev1_row(struct keys_in *in, const struct keys_cells *c)
{
	struct ike_key row = { .version = 1 };
	struct keys_key k;
	const char *why = keys_hex(c->cell[1], &k);
	row.sk_ei = keys_key_span(&k);
	if (why || !span_unhex(c->cell[0], row.spi_i, 8))
		keys_bad(in, in->line, "the key is wrong: %s", why ? why : "no cookie");
	else
		keys_add_ike(in, &row, in->line);
	crypto_cleanse(&k, sizeof k);
}

void keys_wireshark_read(struct keys_in *in)
{
	struct keys_cells c;
	struct span line;
	const char *why = NULL;
	while (keys_line(in, &line)) {
		line = keys_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!keys_cells_split(line, &c, &why))
			keys_bad(in, in->line, "%s", why);
		else if (table_of(&c) == TABLE_ESP)
			esp_row(in, &c);
		else if (table_of(&c) == TABLE_IKEV2)
			ikev2_row(in, &c);
		else if (table_of(&c) == TABLE_IKEV1)
			ikev1_row(in, &c);
		else
			keys_bad(in, in->line, "%zu columns that are a row of none of Wireshark's "
				 "tables", c.count);
	}
	crypto_cleanse(&c, sizeof c);
}

/* ---- writing ---- */

static void put_spi(struct text *t, const struct sa_key *k)
{
	if (k->spi_mask == 0) {
		text_add(t, "*");
		return;
	}
	text_add(t, "0x");
	for (int i = 28; i >= 0; i -= 4)
		if (k->spi_mask >> i & 15)
			text_hex(t, k->spi >> i & 15, 1);
		else
			text_char(t, '*');
}

static void put_address(struct text *t, const struct addr_pattern *p)
{
	struct addr_pattern any = { 0 };
	keys_put_pattern(t, p->bits ? p : &any);
}

static void put_key(struct text *t, struct span key)
{
	if (key.n)
		text_add(t, "0x");
	text_hex_span(t, key);
}

static const struct algorithm *auth_for(const struct sa_key *k, bool *unchecked)
{
	const struct algorithm *a = algorithm_of(esp_auth, COUNT(esp_auth), k->integ->id, 0);
	unsigned icv = k->integ->icv;
	*unchecked = false;
	if (a)
		return a;
	*unchecked = true;
	return algorithm_of(esp_auth, COUNT(esp_auth), icv == 8 ? INTEG_UNCHECKED_64 :
			    icv == 12 ? INTEG_UNCHECKED_96 : icv == 16 ? INTEG_UNCHECKED_128 : 0xffff,
			    0);
}

static void put_esp_row(struct text *t, const struct sa_key *k, unsigned family,
			const struct algorithm *e, const struct algorithm *a)
{
	text_printf(t, "\"IPv%u\",\"", family);
	put_address(t, &k->src);
	text_add(t, "\",\"");
	put_address(t, &k->dst);
	text_add(t, "\",\"");
	put_spi(t, k);
	text_printf(t, "\",\"%s%s\",\"", e->name, e->reference);
	put_key(t, k->encr_key);
	text_printf(t, "\",\"%s%s\",\"", a->name, a->reference);
	put_key(t, span_part(k->integ_key, 0, a->id == k->integ->id ? k->integ_key.n : 0));
	text_char(t, '"');
	if (k->esn == ESN_YES)
		text_printf(t, ",\"64-bit\",\"0x%08x\"", k->seq_high);
	text_char(t, '\n');
	text_record_end(t);
}

size_t keys_esp_sa_write(const struct keystore *s, struct text *out, struct keys_notes *notes)
{
	size_t dropped = 0;
	char name[KEYS_NAME_MAX];
	bool unchecked, esn = false;
	for (const struct sa_key *k = s->sas; k; k = k->next) {
		unsigned family = k->dst.addr.family ? k->dst.addr.family : k->src.addr.family;
		const struct algorithm *e = algorithm_of(esp_encr, COUNT(esp_encr), k->encr->id,
							 keys_bits(k->encr, k->encr_key));
		const struct algorithm *a = auth_for(k, &unchecked);
		if (k->protocol != PROTOCOL_ESP || !e || !a) {
			keys_note_add(notes, k->origin, false, "%s left out: Wireshark has no %s",
				      keys_sa_name(k, name), k->protocol != PROTOCOL_ESP ? "keys for AH" :
				      !e ? k->encr->name : k->integ->name);
			dropped++;
			continue;
		}
		if (unchecked)
			keys_note_add(notes, k->origin, false, "%s: Wireshark cannot check %s",
				      keys_sa_name(k, name), k->integ->name);
		esn = esn || k->esn == ESN_YES;
		for (unsigned f = 4; f <= 6; f += 2)
			if (family == 0 || family == f)
				put_esp_row(out, k, f, e, a);
	}
	if (esn)
		keys_note_add(notes, (struct origin){ 0 }, false,
			      "rows with extended sequence numbers need Wireshark 4.2 or later");
	return dropped;
}

static void put_spi_pair(struct text *t, const struct ike_key *k)
{
	text_hex_span(t, span_of(k->spi_i, 8));
	text_char(t, ',');
	text_hex_span(t, span_of(k->spi_r, 8));
}

size_t keys_ikev2_write(const struct keystore *s, struct text *out, struct keys_notes *notes)
{
	size_t dropped = 0;
	char name[KEYS_NAME_MAX];
	for (const struct ike_key *k = s->ikes; k; k = k->next) {
		if (k->version != 2)
			continue;
		struct span key = k->sk_ei.n ? k->sk_ei : k->sk_er;
		const struct algorithm *e = algorithm_of(ike_encr, COUNT(ike_encr), k->encr->id,
							 keys_bits(k->encr, key));
		const struct algorithm *a = algorithm_of(ike_integ, COUNT(ike_integ), k->integ->id, 0);
		if (!e || !a || k->sk_ei.n != k->sk_er.n || !keys_ike_named(k)) {
			keys_note_add(notes, k->origin, false, "%s left out: %s%s",
				      keys_ike_name(k, name), !keys_ike_named(k) ? "its SPIs are not known" :
				      e && a ? "only one direction's keys are known" : "Wireshark has no ",
				      (e && a) || !keys_ike_named(k) ? "" : !e ? k->encr->name : k->integ->name);
			dropped++;
			continue;
		}
		put_spi_pair(out, k);
		text_char(out, ',');
		text_hex_span(out, k->sk_ei);
		text_char(out, ',');
		text_hex_span(out, k->sk_er);
		text_printf(out, ",\"%s%s\",", e->name, e->reference);
		text_hex_span(out, k->sk_ai);
		text_char(out, ',');
		text_hex_span(out, k->sk_ar);
		text_printf(out, ",\"%s%s\"\n", a->name, a->reference);
		text_record_end(out);
	}
	return dropped;
}

size_t keys_ikev1_write(const struct keystore *s, struct text *out, struct keys_notes *notes)
{
	(void)notes;
	for (const struct ike_key *k = s->ikes; k; k = k->next) {
		if (k->version != 1)
			continue;
		text_hex_span(out, span_of(k->spi_i, 8));
		text_char(out, ',');
		text_hex_span(out, k->sk_ei);
		text_char(out, '\n');
		text_record_end(out);
	}
	return 0;
}
