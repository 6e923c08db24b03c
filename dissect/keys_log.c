/* SPDX-License-Identifier: BSD-2-Clause
 * Lines of strongSwan's and Libreswan's logs, and their names of algorithms. */
#include "dissect/keys_log.h"
#include "ipsec/crypto/prf.h"

enum { PREFIX_MAX = 256 };	/* time, host, program before the daemon's own text */

enum kind { KIND_ENCR, KIND_INTEG, KIND_PRF };

/* strongSwan's names; those of Libreswan that are not the same follow them. */
static const struct {
	const char *name;
	enum kind kind;
	uint16_t id;
} algorithms[] = {
	{ "DES_CBC", KIND_ENCR, 2 }, { "3DES_CBC", KIND_ENCR, 3 }, { "CAST_CBC", KIND_ENCR, 6 },
	{ "BLOWFISH_CBC", KIND_ENCR, 7 }, { "NULL", KIND_ENCR, 11 },
	{ "AES_CBC", KIND_ENCR, 12 }, { "AES_CTR", KIND_ENCR, 13 },
	{ "AES_CCM_8", KIND_ENCR, 14 }, { "AES_CCM_12", KIND_ENCR, 15 },
	{ "AES_CCM_16", KIND_ENCR, 16 }, { "AES_GCM_8", KIND_ENCR, 18 },
	{ "AES_GCM_12", KIND_ENCR, 19 }, { "AES_GCM_16", KIND_ENCR, 20 },
	{ "NULL_AES_GMAC", KIND_ENCR, 21 },
	{ "NULL_AUTH_AES_GMAC", KIND_ENCR, 21 }, { "CAMELLIA_CBC", KIND_ENCR, 23 },
	{ "CAMELLIA_CTR", KIND_ENCR, 24 }, { "CAMELLIA_CCM_8", KIND_ENCR, 25 },
	{ "CAMELLIA_CCM_12", KIND_ENCR, 26 }, { "CAMELLIA_CCM_16", KIND_ENCR, 27 },
	{ "CHACHA20_POLY1305", KIND_ENCR, 28 },
	{ "HMAC_MD5_96", KIND_INTEG, 1 }, { "HMAC_SHA1_96", KIND_INTEG, 2 },
	{ "AES_XCBC_96", KIND_INTEG, 5 }, { "HMAC_MD5_128", KIND_INTEG, 6 },
	{ "HMAC_SHA1_160", KIND_INTEG, 7 }, { "AES_CMAC_96", KIND_INTEG, 8 },
	{ "AES_128_GMAC", KIND_INTEG, 9 }, { "AES_192_GMAC", KIND_INTEG, 10 },
	{ "AES_256_GMAC", KIND_INTEG, 11 }, { "HMAC_SHA2_256_128", KIND_INTEG, 12 },
	{ "HMAC_SHA2_384_192", KIND_INTEG, 13 }, { "HMAC_SHA2_512_256", KIND_INTEG, 14 },
	{ "HMAC_SHA2_256_96", KIND_INTEG, INTEG_HMAC_SHA2_256_96 },
	{ "HMAC_SHA2_256_TRUNCBUG", KIND_INTEG, INTEG_HMAC_SHA2_256_96 },
	{ "NONE", KIND_INTEG, 0 },
	{ "PRF_HMAC_MD5", KIND_PRF, 1 }, { "PRF_HMAC_SHA1", KIND_PRF, 2 },
	{ "PRF_AES128_XCBC", KIND_PRF, 4 }, { "PRF_HMAC_SHA2_256", KIND_PRF, 5 },
	{ "PRF_HMAC_SHA2_384", KIND_PRF, 6 }, { "PRF_HMAC_SHA2_512", KIND_PRF, 7 },
	{ "PRF_AES128_CMAC", KIND_PRF, 8 },
};

enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

/* ---- lines ---- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "[IKE] " or, with the level, "[IKE2] " at this place; octets of it, or 0. */
static size_t group_at(struct span line, size_t at)
{
	static const char groups[] = "DMN MGR IKE CHD JOB CFG KNL NET ASN ENC TNC IMC IMV PTS TLS "
				     "APP ESP LIB ";
	struct span rest = span_from(line, at);
	if (rest.n < 6 || rest.p[0] != '[')
		return 0;
	size_t level = is_digit(rest.p[4]), n = 6 + level;
	if (rest.n < n || rest.p[4 + level] != ']' || rest.p[5 + level] != ' ')
		return 0;
	for (size_t i = 0; groups[i]; i += 4)
		if (memcmp(groups + i, rest.p + 1, 3) == 0)
			return n;
	return 0;
}

/* "<name|1> ", the IKE SA, if the logger is told to write it. */
static struct span without_name(struct span text)
{
	const uint8_t *end = text.n && text.p[0] == '<' ? memchr(text.p, '>', text.n) : NULL;
	if (!end || !memchr(text.p, '|', (size_t)(end - text.p)))
		return text;
	text = span_from(text, (size_t)(end - text.p) + 1);
	return keys_starts(text, " ") ? span_from(text, 1) : text;
}

/* charon-systemd writes neither thread nor group into the journal's text. */
static bool journal_line(struct span line, struct log_charon_line *e)
{
	static const char program[] = "charon-systemd[";
	const uint8_t *p = memmem(line.p, line.n < PREFIX_MAX ? line.n : PREFIX_MAX, program,
				  sizeof program - 1);
	struct span rest = p ? span_from(line, (size_t)(p - line.p)) : span_of(NULL, 0);
	const uint8_t *end = rest.n ? memmem(rest.p, rest.n, "]: ", 3) : NULL;
	if (!end)
		return false;
	e->text = span_from(rest, (size_t)(end - rest.p) + 3);
	return true;
}

bool log_charon_parse(struct span line, struct log_charon_line *e)
{
	size_t end = line.n < PREFIX_MAX ? line.n : PREFIX_MAX;
	*e = (struct log_charon_line){ .text = line };
	for (size_t i = 2; i < end; i++) {
		size_t n = line.p[i] == '[' && is_digit(line.p[i - 1]) ? group_at(line, i) : 0;
		size_t from = i;
		while (n && from && is_digit(line.p[from - 1]) && i - from < 6)
			from--;
		if (n == 0 || i - from < 2 || (from && line.p[from - 1] != ' '))
			continue;
		for (; from < i; from++)
			e->thread = 10 * e->thread + (line.p[from] - '0');
		e->numbered = true;
		e->text = without_name(span_from(line, i + n));
		return true;
	}
	return journal_line(line, e);
}

struct span log_word_at(struct span text, size_t index)
{
	while (index--)
		keys_word(&text);
	return keys_word(&text);
}

bool log_pluto_parse(struct span line, struct span *text)
{
	size_t end = line.n < PREFIX_MAX ? line.n : PREFIX_MAX;
	for (size_t i = 0; i + 1 < end; i++)
		if (line.p[i] == '|' && line.p[i + 1] == ' ' && (i == 0 || line.p[i - 1] == ' ')) {
			*text = span_from(line, i + 2);
			return true;
		}
	return false;
}

/* ---- algorithms ---- */

static bool algorithm_take(struct log_algorithms *a, struct span name)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		if (!keys_is(name, algorithms[i].name))
			continue;
		if (algorithms[i].kind == KIND_ENCR)
			a->encr = encr_find(algorithms[i].id);
		else if (algorithms[i].kind == KIND_INTEG)
			a->integ = integ_find(algorithms[i].id);
		else
			a->prf = prf_find(algorithms[i].id);
		return true;
	}
	return false;
}

/* "AES_CBC_128" is AES_CBC, but "AES_GCM_16" is a name itself. */
bool log_word_take(struct log_algorithms *a, struct span word)
{
	size_t n = word.n;
	bool ext = keys_is(word, "EXT_SEQ");
	if (ext || keys_is(word, "NO_EXT_SEQ")) {
		a->esn = ext ? ESN_YES : ESN_NO;
		return true;
	}
	if (algorithm_take(a, word))
		return true;
	while (n && is_digit(word.p[n - 1]))
		n--;
	return n && n < word.n && word.p[n - 1] == '_' &&
	       algorithm_take(a, span_part(word, 0, n - 1));
}
