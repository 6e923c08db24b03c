/* SPDX-License-Identifier: BSD-2-Clause
 * Between capture.c, capture_live.c and capture_wait.c. */
#ifndef IKAT_DISSECT_CAPTURE_PRIVATE_H
#define IKAT_DISSECT_CAPTURE_PRIVATE_H

#include "dissect/capture.h"

#include <stdio.h>

struct pcap;		/* libpcap's pcap_t */
struct bpf_program;

struct source {
	int fd;			/* -1: octets in memory */
	struct span memory;	/* those not yet read */
	struct capture_wait *wait;	/* NULL: none */
	bool follow;
	int watch;		/* inotify descriptor of a file that is followed; -1 */
	bool shrunk;		/* a file that is followed became shorter */
	bool regular;
	bool ended;		/* read() has said so */
	bool looked;		/* the first octets were looked at */
	struct gunzip *gunzip;	/* NULL: not compressed */
	bool broken;		/* the compressed stream is, or ends early */
	struct span waiting;	/* octets of `bytes` not yet given on */
	uint8_t *bytes;		/* SOURCE_BUFFER octets */
};

struct capture {
	const char *name;
	struct source source;
	FILE *file;
	char *stdio_buffer;
	struct pcap *pcap;
	struct bpf_program *filter;	/* files: looked through here, so that frames keep their numbers */
	struct capture_wait *wait;
	bool live;
	uint64_t frames;
	int link;
};

struct capture *capture_new(const char *name);

struct pcap_pkthdr;
/* The next frame of an interface: as pcap_next_ex(), but waits; PCAP_ERROR_BREAK
 * when that ends. */
int capture_live_next(struct capture *c, struct pcap_pkthdr **h, const uint8_t **octets);

/* Compiles o->filter, if there is one. */
bool capture_filter(struct capture *c, const struct capture_options *o, struct err *e) MUST_CHECK;

/* ---- capture_wait.c ---- */

/* Waits until fd (-1: none) is readable, ms milliseconds have passed (-1: no
 * limit), or w ends (then false). */
bool capture_wait_for(struct capture_wait *w, int fd, int ms);

/* A descriptor for capture_wait_for() that becomes readable when the file
 * changes, or -1; and the waiting itself: false when it ends or nobody can write
 * to the file any more. */
int capture_watch_open(const char *path);
bool capture_watch(struct source *s);

#endif
