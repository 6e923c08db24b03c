/* SPDX-License-Identifier: BSD-2-Clause
 * What the readers and writers of the key formats share: lines, words, cells,
 * key octets, and the checks that every row passes before it enters the store. */
#ifndef IKAT_DISSECT_KEYS_READ_H
#define IKAT_DISSECT_KEYS_READ_H

#include "dissect/keys.h"

enum { KEYS_KEY_MAX = 1100, KEYS_LINE_MAX = 8192, KEYS_CELLS_MAX = 20 };

struct keys_in {
	struct keystore *store;
	struct keys_notes *notes;
	const char *file;
	struct span text;
	size_t at, line;	/* next octet; number of the line last read, from 1 */
	size_t used, unusable;	/* rows of this file */
};

/* Key octets on their way; cleansed by their user. */
struct keys_key {
	uint8_t b[KEYS_KEY_MAX];
	size_t n;
};

/* Cells of a comma-separated line, with quotes and escapes undone. */
struct keys_cells {
	uint8_t text[KEYS_LINE_MAX];
	struct span cell[KEYS_CELLS_MAX];
	size_t count;
};

/* The next line without its end (LF or CRLF); false after the last. */
bool keys_line(struct keys_in *in, struct span *line);
struct span keys_trim(struct span s);
/* The next word up to a blank; empty at the end. */
struct span keys_word(struct span *rest);
bool keys_starts(struct span s, const char *with);
bool keys_is(struct span s, const char *text);	/* exactly */
/* "0x12" or decimal; false if it is neither or too large. */
bool keys_number(struct span s, uint64_t max, uint64_t *value);
/* A number of 32 bits, hex with 0x, else decimal. */
bool keys_spi(struct span s, uint32_t *spi);
bool keys_cells_split(struct span line, struct keys_cells *c, const char **why);

static inline struct span keys_key_span(const struct keys_key *k)
{
	return span_of(k->b, k->n);
}

/* Hex digits, with or without 0x. NULL, or what is wrong with them. */
const char *keys_hex(struct span text, struct keys_key *k);
/* As Wireshark and tcpdump have it: 0x and digits, or the text itself. */
const char *keys_hex_or_text(struct span text, struct keys_key *k);

/* The keys of one direction of an IKEv2 SA, as tcpdump's lines and pluto's logs
 * give them. */
struct keys_half {
	bool used, responder;
	uint8_t spis[16];	/* initiator's, responder's */
	const struct encr *encr;
	const struct integ *integ;
	struct keys_key e, a;
	size_t line;
};

/* The row in the store, or (with a note that names the line) not. */
bool keys_add_sa(struct keys_in *in, struct sa_key *row, size_t line);
bool keys_add_ike(struct keys_in *in, struct ike_key *row, size_t line);
/* A row of both directions, or of one, with a note, if `other` is NULL. */
void keys_add_halves(struct keys_in *in, const struct keys_half *h,
		     const struct keys_half *other);
bool keys_add_secret(struct keys_in *in, struct ike_secret *row, size_t line);

void keys_bad(struct keys_in *in, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void keys_say(struct keys_in *in, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "ESP SPI 0x00001001" */
enum { KEYS_NAME_MAX = 64 };
const char *keys_sa_name(const struct sa_key *k, char name[KEYS_NAME_MAX]);
const char *keys_ike_name(const struct ike_key *k, char name[KEYS_NAME_MAX]);
/* The SPIs are known: without them (zero) a row is tried on any IKE SA. */
static inline bool keys_ike_named(const struct ike_key *k)
{
	return !span_is_zero(span_of(k->spi_i, 8));
}
const char *keys_secret_word(enum secret_kind k);	/* "skeyseed", "sk_d", "dh", as in CSV */
const char *keys_secret_name(enum secret_kind k);	/* "SKEYSEED", "SK_d", "DH secret" */
/* "SKEYSEED of IKE SA 0102030405060708:1112131415161718" */
const char *keys_secret_title(const struct ike_secret *k, char name[KEYS_NAME_MAX]);
/* A secret as daemons' configurations write it: 0x and hex digits, 0s and base64, or
 * text. NULL, or what is wrong with it. */
const char *keys_configured_secret(struct span text, struct keys_key *k);
/* An identity as they write it ("@moon", "%any") as an end says it in its ID payload;
 * empty for any. */
struct span keys_configured_id(struct span text);
/* "*" for any, an address, or address/bits. */
void keys_put_pattern(struct text *t, const struct addr_pattern *p);
bool keys_pattern_exact(const struct addr_pattern *p);
/* Key size in bits, without the salt. */
unsigned keys_bits(const struct encr *row, struct span key);

bool keys_csv_recognise(struct span text);
void keys_csv_read(struct keys_in *in);
size_t keys_csv_write(const struct keystore *s, struct text *out, struct keys_notes *n);
bool keys_wireshark_recognise(struct span text);
void keys_wireshark_read(struct keys_in *in);
size_t keys_esp_sa_write(const struct keystore *s, struct text *out, struct keys_notes *n);
size_t keys_ikev2_write(const struct keystore *s, struct text *out, struct keys_notes *n);
size_t keys_ikev1_write(const struct keystore *s, struct text *out, struct keys_notes *n);
bool keys_tcpdump_recognise(struct span text);
void keys_tcpdump_read(struct keys_in *in);
size_t keys_tcpdump_write(const struct keystore *s, struct text *out, struct keys_notes *n);
bool keys_xfrm_recognise(struct span text);
void keys_xfrm_read(struct keys_in *in);
size_t keys_xfrm_write(const struct keystore *s, struct text *out, struct keys_notes *n);
bool keys_charon_recognise(struct span text);
void keys_charon_read(struct keys_in *in);
bool keys_swanctl_recognise(struct span text);
void keys_swanctl_read(struct keys_in *in);
bool keys_ipsec_secrets_recognise(struct span text);
void keys_ipsec_secrets_read(struct keys_in *in);
bool keys_pluto_recognise(struct span text);
void keys_pluto_read(struct keys_in *in);

/* Recognisers look no further than this. */
enum { KEYS_LOOK_LINES = 16 };
/* The first lines that are neither blank nor comments, one at a time. */
bool keys_look(struct keys_in *in, struct span *line);

#endif
