/* SPDX-License-Identifier: BSD-2-Clause
 * What the readers of daemon logs share: what loggers write before a line, and
 * the daemons' names of algorithms. */
#ifndef IKAT_DISSECT_KEYS_LOG_H
#define IKAT_DISSECT_KEYS_LOG_H

#include "dissect/keys_read.h"

struct prf;

/* Recognisers of logs look no further: a journal may begin with the lines of
 * other programs. */
enum { LOG_LOOK_LINES = 2000 };

struct log_algorithms {
	const struct encr *encr;
	const struct integ *integ;
	const struct prf *prf;
	enum esn esn;
};

/* A name of strongSwan or Libreswan, with the key's length behind it or without
 * ("AES_CBC_128", "AES_GCM_16"); "EXT_SEQ" and "NO_EXT_SEQ". False: not known. */
bool log_word_take(struct log_algorithms *a, struct span word);

/* A line of charon's without what loggers put before it. */
struct log_charon_line {
	bool numbered;		/* there was "09[IKE] " */
	uint32_t thread;
	struct span text;
};
/* "2026-11-21 02:48:44 09[IKE] text", with syslog's or the journal's words before
 * it, or with none; false: no line of charon's. */
bool log_charon_parse(struct span line, struct log_charon_line *e);
/* The word with this index, from 0; empty if there are fewer. */
struct span log_word_at(struct span text, size_t index);
/* The text of a debugging line of pluto's: "Nov 21 04:49:43.57: | text", or with
 * syslog's words or nothing before the bar. */
bool log_pluto_parse(struct span line, struct span *text);

#endif
