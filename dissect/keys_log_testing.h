/* SPDX-License-Identifier: BSD-2-Clause
 * For the tests of the log readers: a log in memory, what it gives as ikat's CSV,
 * and what is said of it. */
#ifndef IKAT_DISSECT_KEYS_LOG_TESTING_H
#define IKAT_DISSECT_KEYS_LOG_TESTING_H

#include "dissect/keys.h"
#include "ipsec/base/testing.h"

#define K16 "000102030405060708090a0b0c0d0e0f"
#define K20 K16 "10111213"
#define K32 K16 "101112131415161718191a1b1c1d1e1f"

struct log_case {
	const char *name, *text;
	const char *csv;	/* the rows it gives, without the header; "" none */
	size_t unusable;
	const char *note;	/* part of the notes; NULL: no note */
};

struct log_read {
	struct keystore s;
	struct keys_notes notes;
	struct text csv, told;
};

static inline const struct keys_format *log_csv_format(void)
{
	ck_assert_str_eq(keys_formats[0].name, "csv");
	return &keys_formats[0];
}

static inline void log_read_done(struct log_read *r)
{
	text_done(&r->csv);
	text_done(&r->told);
	keys_notes_done(&r->notes);
	keystore_done(&r->s);
}

static inline void log_read_finish(struct log_read *r)
{
	keys_finish(&r->s, &r->notes);
	keys_notes_print(&r->notes, &r->told);
	text_char(&r->told, '\0');
	log_csv_format()->write(&r->s, &r->csv, &r->notes);
	text_char(&r->csv, '\0');
}

static inline void log_read_text(struct log_read *r, struct span text)
{
	*r = (struct log_read){ .csv = { 0 } };
	keystore_init(&r->s);
	keys_notes_init(&r->notes);
	keys_load_text(&r->s, "log", text, &r->notes);
	log_read_finish(r);
}

static inline void log_read_path(struct log_read *r, const char *path)
{
	struct err e = { 0 };
	*r = (struct log_read){ .csv = { 0 } };
	keystore_init(&r->s);
	keys_notes_init(&r->notes);
	ck_assert_msg(keys_load(&r->s, path, &r->notes, &e), "%s", e.text);
	log_read_finish(r);
}

static inline void log_case_check(const struct log_case *c)
{
	struct log_read r;
	log_read_text(&r, span_text(c->text));
	const char *rows = strchr(r.csv.p, '\n') + 1;
	ck_assert_msg(strcmp(rows, c->csv) == 0, "%s: gave\n%sneeds\n%snotes\n%s", c->name, rows,
		      c->csv, r.told.p);
	ck_assert_msg(r.notes.unusable == c->unusable, "%s: %zu unusable:\n%s", c->name,
		      r.notes.unusable, r.told.p);
	ck_assert_msg(c->note ? strstr(r.told.p, c->note) != NULL : r.told.p[0] == '\0',
		      "%s: notes\n%s", c->name, r.told.p);
	struct log_read again;	/* its CSV says the same */
	log_read_text(&again, span_text(r.csv.p));
	ck_assert_msg(strcmp(again.csv.p, r.csv.p) == 0 && again.notes.unusable == 0,
		      "%s: again\n%s%s", c->name, again.csv.p, again.told.p);
	log_read_done(&again);
	log_read_done(&r);
}

/* Every cut of it, and every octet of it changed, is read without harm. */
static inline void log_case_torture(const char *text)
{
	size_t n = strlen(text);
	char *copy = malloc(n);
	struct log_read r;
	ck_assert_ptr_nonnull(copy);
	for (size_t i = 0; i < n; i++) {
		memcpy(copy, text, n);
		copy[i] = (char)(copy[i] ^ (1 + i % 127));
		log_read_text(&r, span_of(copy, n));
		log_read_done(&r);
		log_read_text(&r, span_of(copy, i));
		log_read_done(&r);
	}
	free(copy);
}

#endif
