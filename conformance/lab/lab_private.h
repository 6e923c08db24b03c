/* SPDX-License-Identifier: BSD-2-Clause
 * The lab's own parts among themselves: one run of a scenario, from its file to
 * its table, and the commands made of it. */
#ifndef IKAT_CONFORMANCE_LAB_PRIVATE_H
#define IKAT_CONFORMANCE_LAB_PRIVATE_H

#include "conformance/lab/lab_found.h"
#include "conformance/lab/lab_host.h"

enum lab_tail { LAB_TO_THE_END, LAB_STAY, LAB_SHELL };

struct lab_run {
	struct arena arena;
	struct lab_host host;
	struct lab_scenario scenario;
	struct lab_found found;
	const char *work;	/* NULL until there is one */
	unsigned int seconds;	/* limit */
	enum lab_tail tail;
	double took;		/* seconds */
};

/* Reads the scenario: a name of the scenarios folder, or a path with a '/'. */
bool lab_run_read(struct lab_run *r, const char *name, struct err *e) MUST_CHECK;
/* Makes the work folder with everything that the guest needs. */
bool lab_run_prepare(struct lab_run *r, struct err *e) MUST_CHECK;
/* Runs the guest and reads what it found. */
bool lab_run_guest(struct lab_run *r, struct err *e) MUST_CHECK;
void lab_run_done(struct lab_run *r, bool keep);

/* Capture, keys, logs and configurations into DIR/NAME.pcap and DIR/NAME.keys. */
bool lab_record(const struct lab_run *r, const char *folder, struct err *e) MUST_CHECK;

/* Injects into a network device what was captured, replayed or altered. */
int lab_inject(int argc, char **argv);

#endif
