/* SPDX-License-Identifier: BSD-2-Clause
 * What the commands that read packets have in common: options, keys, inputs
 * (files, pipes, files that grow, interfaces), batches through the packet path.
 * A command gives the rows of its own options, and a function that takes each
 * finished packet:
 *
 *	static const struct option_row rows[] = {
 *		RUN_OPTION_ROWS,
 *		[O_FORMAT = RUN_OPTIONS] = { 'f', "format", ... },
 *		{ 0 },
 *	};
 *	struct run *r = run_new("ikat explain");
 *	int status = run_options(r, &options, argc, argv, set_own, &own);
 *	if (status < 0 && run_open(r)) {
 *		... r->wire and r->crypto are there ...
 *		run_files(r, argc - optind, argv + optind, &(struct run_calls){ packet, ... });
 *		... the end: write the result ...
 *	}
 *	if (status < 0)
 *		status = r->status;
 *	run_free(r);
 */
#ifndef IKAT_DISSECT_RUN_H
#define IKAT_DISSECT_RUN_H

#include "dissect/capture.h"
#include "dissect/keys.h"
#include "ipsec/base/options.h"
#include "ipsec/wire/packet.h"

#include <signal.h>

enum run_option {
	RUN_KEYS, RUN_COUNT, RUN_FILTER, RUN_WINDOW, RUN_PORT, RUN_FOLLOW, RUN_INTERFACE,
	RUN_PROMISCUOUS, RUN_SNAPLEN, RUN_DURATION, RUN_LIST_INTERFACES, RUN_ESP_NULL,
	RUN_MAX_SAS, RUN_OPTIONS
};

#define RUN_OPTION_ROWS \
	[RUN_KEYS] = { 'k', "keys", "PATH", \
		       "keys: a file or a folder, in any format (see ikat-keys(1))" }, \
	[RUN_COUNT] = { 'c', "count", "N", "stop after N frames" }, \
	[RUN_FILTER] = { 0, "filter", "EXPR", "read only frames that match (see pcap-filter(7))" }, \
	[RUN_WINDOW] = { 0, "window", "N", "size of the anti-replay window (the key's, or 64)" }, \
	[RUN_PORT] = { 0, "port", "N", "a further UDP port for IKE and ESP" }, \
	[RUN_FOLLOW] = { 0, "follow", NULL, "at a file's end wait for more" }, \
	[RUN_INTERFACE] = { 'i', "interface", "NAME", "capture from an interface (any: from all)" }, \
	[RUN_PROMISCUOUS] = { 0, "promiscuous", NULL, "with -i: also frames for other stations" }, \
	[RUN_SNAPLEN] = { 0, "snaplen", "N", "with -i: at most N octets of each frame" }, \
	[RUN_DURATION] = { 0, "duration", "SECONDS", \
			   "stop then (interfaces, pipes and with --follow)" }, \
	[RUN_LIST_INTERFACES] = { 0, "list-interfaces", NULL, "list them and stop" }, \
	[RUN_ESP_NULL] = { 0, "esp-null", NULL, \
			   "find out which SAs without keys are not encrypted (RFC 5879)" }, \
	[RUN_MAX_SAS] = { 0, "max-sas", "N", "IKE SAs to remember at a time; closed and idle ones go first" }

enum { RUN_BATCH = 32, RUN_PATHS_MAX = 64, RUN_PORTS_MAX = 16 };

/* Functions of a command, each of which may be NULL; user goes to all. */
struct run_calls {
	/* Before the first packet: the link type (DLT_...) of all inputs, -1 when
	 * they differ or are not known yet. False, with an error, ends the run. */
	bool (*begin)(void *user, int link, struct err *e);
	/* After wire_finish(), in frame order. Nothing of p may be kept. */
	void (*packet)(void *user, const struct packet *p);
	/* Before waiting for input that is not there yet: what was written so far
	 * should get to its readers. Also once at the end of a damaged input. */
	void (*flush)(void *user);
	void *user;
};

struct run {
	const char *command;		/* "ikat dissect", for messages */
	const char *keys[RUN_PATHS_MAX];
	size_t key_count;
	uint16_t ports[RUN_PORTS_MAX];
	struct wire_options wire_options;	/* may be changed until run_open() */
	unsigned long limit;		/* frames; 0: all */
	const char *interface;		/* NULL: files are read */
	bool stop;			/* set by a command's function: enough was read (nobody
					 * takes what is written any more) */
	bool no_input;			/* set by a command's own option: nothing will be read */
	bool number_through;		/* set by a command: frame numbers go on from file to file */
	unsigned long snaplen, duration, max_sas;	/* octets, seconds, SAs; 0: not given */
	struct capture_options input;

	struct crypto *crypto;
	struct keystore store;
	struct wire *wire;
	struct err e;
	int status;			/* exit status so far */
	uint64_t frames, octets;	/* of all inputs; octets as captured */
	uint64_t *ends;			/* for each file that run_files() was given: frames in it
					 * and in those before it, so far as they were read */
	int64_t first_seconds;		/* time of the first frame */
	uint32_t first_nanoseconds;
	/* private: */
	const struct run_calls *calls;
	struct arena arena;		/* the batch's */
	struct packet *packet_memory, *packets[RUN_BATCH];
	size_t count, batch;		/* packets of the batch: now, and when it is full */
	struct capture_wait wait;
	sigset_t signals;		/* as they were blocked before the run */
};

struct run *run_new(const char *command);
void run_free(struct run *r);

/* Prints r->e to standard error, clears it, and raises the exit status. */
void run_complain(struct run *r, int status);

/* Reads the options: those of RUN_OPTION_ROWS itself, the others through
 * set(user, option, e), which is false with an error for a wrong argument.
 * -1: go on (argv[optind] is the first file); otherwise the exit status. */
int run_options(struct run *r, const struct options *o, int argc, char **argv,
		bool (*set)(void *user, struct option_found o, struct err *e), void *user);

/* Loads the keys and makes r->crypto and r->wire. False, told, with r->status
 * set, when the run cannot begin. */
bool run_open(struct run *r);

/* Puts the regular files among the names in the order of their first frames'
 * times; the others (pipes, files without a frame) keep their places. */
void run_sort_files(int count, char **files);

/* Reads all inputs: r->interface, or the files in this order. What is wrong with one is told
 * and raises r->status. SIGINT and SIGTERM end an interface, a pipe and a file
 * that is followed like their ends. */
void run_files(struct run *r, int count, char **files, const struct run_calls *calls);

#endif
