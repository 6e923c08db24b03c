/* SPDX-License-Identifier: BSD-2-Clause
 * The machine the lab runs on: where things are, files and folders, and the
 * guest as a child that cannot outlive us. */
#ifndef IKAT_CONFORMANCE_LAB_HOST_H
#define IKAT_CONFORMANCE_LAB_HOST_H

#include "ipsec/base/arena.h"
#include "ipsec/base/err.h"
#include "ipsec/base/text.h"

enum lab_how { LAB_UML, LAB_NETNS };

struct lab_host {
	enum lab_how how;
	const char *data;	/* folder with guest/ and scenarios/ */
	const char *packages;	/* unpacked packages; "" if there are none */
	const char *kernel;	/* linux.uml */
	const char *self;	/* this program */
};

/* Finds everything; what is missing is named, with the command that brings it.
 * need: programs (paths under the root or the packages) that the scenario
 * uses; NULL-terminated. */
bool lab_host_find(struct lab_host *h, enum lab_how how, struct arena *a,
		   struct err *e) MUST_CHECK;
bool lab_host_needs(const struct lab_host *h, const char *const *need,
		    struct arena *a, struct err *e) MUST_CHECK;
/* Only the data folder. */
const char *lab_data(struct arena *a, struct err *e);

/* A new folder of our own, absolute. NULL with an error. */
const char *lab_folder_new(struct arena *a, struct err *e);
void lab_folder_remove(const char *path);
bool lab_folder_make(const char *path, struct err *e) MUST_CHECK;
bool lab_write(const char *path, const struct text *text, struct err *e) MUST_CHECK;
/* The whole file; a file that does not exist is empty. At most 64 MiB. */
struct span lab_read(const char *path, struct arena *a);
bool lab_copy(const char *from, const char *to, struct err *e) MUST_CHECK;
bool lab_exists(const char *path);

enum lab_end { LAB_ENDED, LAB_TIMEOUT, LAB_INTERRUPTED, LAB_NOT_STARTED };

struct lab_guest {
	const char *work;	/* in/, out/, guest/ */
	unsigned int seconds;	/* limit; 0: none */
	bool console;		/* the guest talks to our terminal */
};
/* Runs the guest to its end, to the time limit or to a signal (SIGINT, SIGTERM,
 * SIGHUP); nothing of it is left afterwards. */
enum lab_end lab_guest_run(const struct lab_host *h, const struct lab_guest *g);
/* Any other program, the same way; its output goes to a file. Its exit status,
 * or -1. */
int lab_command(char *const argv[], const char *output);

#endif
