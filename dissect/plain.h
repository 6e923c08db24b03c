/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat dissect -w`: a capture in which what was protected stands plain.
 *
 * A fragment of a packet that is opened once it is whole is not written; until
 * that is known, it and what follows wait: at most HOLD_FRAMES frames and
 * HOLD_OCTETS octets, and no longer than fragments are waited for. */
#ifndef IKAT_DISSECT_PLAIN_H
#define IKAT_DISSECT_PLAIN_H

#include "dissect/capture.h"
#include "ipsec/ike/session.h"

enum { HOLD_FRAMES = 4096, HOLD_OCTETS = 4 * 1024 * 1024 };

struct plain_counts {
	uint64_t written;
	uint64_t opened;	/* ... of them: packets that came out of others */
	uint64_t dummies;	/* left out: nothing inside */
	uint64_t copies;	/* left out: opened from another interface's copy already */
	uint64_t fragments;	/* left out: became part of a packet that was opened */
	uint64_t closed_parts;	/* left out: closed messages of a segment whose others were opened */
	uint64_t not_ip;	/* left out: the file's link type has no place for them */
	uint64_t impossible;	/* left as they are, though opened */
};

struct plain;

/* link: of all packets that will come; -1, or one that cannot be kept: the file
 * becomes one of raw IP. session: see unwrap_packet(). */
struct plain *plain_open(const char *path, int link, const struct ike_session *session,
			 struct err *e);
struct capture_writer *plain_writer(struct plain *s);
/* After wire_finish(), in frame order. False once writing has failed. */
bool plain_packet(struct plain *s, const struct packet *p);
bool plain_flush(struct plain *s);
bool plain_bad(const struct plain *s);
const struct plain_counts *plain_counts(const struct plain *s);	/* so far */
/* Writes what waits, closes, frees. False, with an error, if not all could be
 * written. NULL is nothing. */
bool plain_close(struct plain *s, struct plain_counts *counts, struct err *e);

#endif
