/* SPDX-License-Identifier: BSD-2-Clause
 * Which packets are shown and written: all are read, because later ones may need
 * them. Of each kind of condition that was given, one must hold. */
#ifndef IKAT_DISSECT_SELECT_H
#define IKAT_DISSECT_SELECT_H

#include "ipsec/wire/packet.h"

enum { SELECT_MAX = 64 };	/* conditions of one kind */

/* The front of an IKE SPI, in hexadecimal digits. With `pair` the initiator's SPI,
 * and the responder's behind it. */
struct select_ike {
	uint8_t spi[8], spi_r[8];
	uint8_t digits;
	bool pair;
};

struct select {
	uint64_t from, to;		/* frames; to 0: no end */
	uint32_t spis[SELECT_MAX];	/* of ESP and AH */
	size_t spi_count;
	struct select_ike ikes[SELECT_MAX];
	size_t ike_count;
	struct addr_pattern hosts[SELECT_MAX];	/* of any IP header, outer or inner */
	size_t host_count;
	bool findings;			/* only with some, at least this severe */
	enum severity least;
};

/* Each takes an option's argument; false with an error for a wrong one. */
bool select_add_frames(struct select *s, const char *range, struct err *e) MUST_CHECK;
bool select_add_spi(struct select *s, const char *spi, struct err *e) MUST_CHECK;
bool select_add_ike(struct select *s, const char *spi, struct err *e) MUST_CHECK;
bool select_add_host(struct select *s, const char *pattern, struct err *e) MUST_CHECK;
bool select_add_findings(struct select *s, const char *severity, struct err *e) MUST_CHECK;

/* Some condition was given. */
bool select_any(const struct select *s);

/* After wire_finish(). */
bool select_takes(const struct select *s, const struct packet *p);

#endif
