/* SPDX-License-Identifier: BSD-2-Clause
 * What came of a scenario, read from the files that the guest left: the kernel's
 * SAs and counters, the daemons' own lists, the pings, the wire's frames. */
#ifndef IKAT_CONFORMANCE_LAB_FOUND_H
#define IKAT_CONFORMANCE_LAB_FOUND_H

#include "conformance/lab/lab_scenario.h"
#include "ipsec/base/text.h"

enum { LAB_SAS_MAX = 128, LAB_SHOWN_MAX = 32 };

struct lab_sa {
	uint32_t spi;
	bool from_b;
	char protocol[8], mode[16], algorithms[96];
	uint64_t sent, received;	/* packets, as the two kernels counted them */
	bool on_a, on_b, at_end;	/* seen there; still there at the last snapshot */
};

struct lab_wire {	/* frames by kind */
	uint64_t esp, ah, esp_in_udp, ike_500, ike_4500, ike_fragments, keepalive;
	uint64_t ip_fragments, ipcomp, clear, other;
};

struct lab_found {
	const char *error, *log;	/* what the guest said; NULL */
	bool finished;
	struct lab_sa sas[LAB_SAS_MAX];
	size_t sa_count;
	size_t ike_sas[2];		/* at the end, as each daemon says */
	bool ike_known[2];
	char ike_algorithms[2][128];
	uint64_t pings, answered;
	int up_status;			/* of the last `up`; -1 if there was none */
	bool control_failed;		/* another command of a step failed */
	struct lab_wire wire;
};

/* work: the folder whose out/ the guest wrote. */
bool lab_found_read(struct lab_found *f, const struct lab_scenario *s, const char *work,
		    struct arena *a, struct err *e) MUST_CHECK;
/* Counts the frames of a capture. */
bool lab_wire_read(struct lab_wire *w, const char *path, struct err *e) MUST_CHECK;
/* A counter by its name; NULL if there is none. */
const uint64_t *lab_wire_counter(const struct lab_wire *w, const char *name);

/* CHILD SAs at the end, by pairs; packets in the direction that had fewest. */
size_t lab_found_children(const struct lab_found *f);
uint64_t lab_found_packets(const struct lab_found *f);

/* Compares with the promise and appends the table. True if all is as promised. */
bool lab_judge(const struct lab_scenario *s, const struct lab_found *f, const char *work,
	       struct text *out);
/* The first promise that was not kept, for one line. */
bool lab_judge_first(const struct lab_scenario *s, const struct lab_found *f, const char *work,
		     struct text *out);

#endif
