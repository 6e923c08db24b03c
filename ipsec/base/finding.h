/* SPDX-License-Identifier: BSD-2-Clause
 * What is remarkable about octets that were read: broken, forbidden or merely
 * worth a note. Reading never fails over them; judging is somebody else's. */
#ifndef IKAT_BASE_FINDING_H
#define IKAT_BASE_FINDING_H

#include "ipsec/base/arena.h"

enum severity {
	SEVERITY_NOTE,		/* worth knowing */
	SEVERITY_DEVIATION,	/* a SHOULD is not followed, or it is unusual */
	SEVERITY_VIOLATION,	/* a MUST is broken, or the octets are malformed */
};

struct finding {
	struct finding *next;
	enum severity severity;
	const char *requirement;	/* "RFC4303-2.4-03", or NULL */
	uint32_t layer;			/* index of the layer in its packet */
	uint32_t offset;		/* octets from the start of the buffer that layer was read from */
	const char *text;
};

/* The findings of one packet or message, in the order they were made. At most
 * FINDING_MAX are kept; the last one then says that there were more. */
enum { FINDING_MAX = 64 };

struct findings {
	struct arena *arena;	/* texts and entries live here */
	struct finding *first, *last;
	uint32_t count;		/* also those that were not kept */
	uint32_t layer;		/* put into each new finding */
};

const char *severity_name(enum severity s);	/* "note", "deviation", "violation" */

/* requirement may be NULL. `fs` may be NULL: then nothing is recorded. */
void finding_add(struct findings *fs, enum severity severity,
		 const char *requirement, size_t offset, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
