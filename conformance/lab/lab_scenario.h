/* SPDX-License-Identifier: BSD-2-Clause
 * A scenario of the lab: who is on each side, what they are told, what is done,
 * and what must come of it. It is data: the file scenario.ini of its folder.
 * A key sets both sides; with ".a" or ".b" after it, one side. */
#ifndef IKAT_CONFORMANCE_LAB_SCENARIO_H
#define IKAT_CONFORMANCE_LAB_SCENARIO_H

#include "conformance/lab/lab_ini.h"

/* One side; all text as in the file, never NULL ("" if not set). */
struct lab_side {
	const char *name;	/* "a" (initiator) or "b" */
	/* [peer] */
	const char *peer;	/* strongswan, libreswan, xfrm */
	/* [ike] */
	const char *version, *auth, *ike, *id, *psk, *aggressive, *fragmentation;
	const char *fragment_size, *mobike, *cookie, *dpd, *ppk, *intermediate;
	const char *keep_alive, *connections, *retransmit, *peer_id;
	/* [child] */
	const char *protocol, *esp, *mode, *ts, *window, *tfc, *ipcomp, *children;
	const char *esn, *first_seq;
	/* [network] */
	const char *outer, *inner, *encap, *mtu;
};

enum lab_verb {
	STEP_UP, STEP_PING, STEP_REKEY, STEP_COLLIDE, STEP_DELETE, STEP_MOBIKE, STEP_NETEM,
	STEP_INJECT, STEP_KILL, STEP_WAIT_LOG, STEP_WAIT, STEP_SNAPSHOT
};
enum { LAB_WORDS_MAX = 8, LAB_STEPS_MAX = 64, LAB_PROMISES_MAX = 64 };

struct lab_step {
	enum lab_verb verb;
	const char *words[LAB_WORDS_MAX];	/* after the verb; NULL-terminated */
	size_t line;
};

struct lab_promise {
	const char *key, *value;
	size_t line;
};

struct lab_scenario {
	const char *name, *file, *title;
	struct lab_side a, b;
	struct lab_step steps[LAB_STEPS_MAX];
	size_t step_count;
	struct lab_promise promises[LAB_PROMISES_MAX];
	size_t promise_count;
};

/* Unknown sections, keys, words and numbers out of range are errors that name
 * file and line and what is allowed. */
bool lab_scenario_read(struct lab_scenario *s, const char *name, const char *file,
		       struct span text, struct arena *arena, struct err *e) MUST_CHECK;

static inline bool lab_is(const char *setting, const char *word)
{
	return strcmp(setting, word) == 0;
}

#endif
