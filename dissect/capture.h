/* SPDX-License-Identifier: BSD-2-Clause
 * Frames from captures: pcap and pcapng, gzip-compressed or not, from a file, a
 * file that still grows, a pipe or standard input; or from an interface. The
 * files capture*.c are the only users of libpcap. */
#ifndef IKAT_DISSECT_CAPTURE_H
#define IKAT_DISSECT_CAPTURE_H

#include "ipsec/base/err.h"
#include "ipsec/base/text.h"
#include "ipsec/wire/packet.h"

struct capture;

/* How to wait for input that is not there yet. */
struct capture_wait {
	int stop;			/* descriptor: readable when the capture shall end; -1: none */
	int64_t deadline;		/* of CLOCK_MONOTONIC, nanoseconds; 0: none */
	void (*before)(void *user);	/* called before each wait; or NULL */
	void *user;
	bool ended;			/* set: by `stop` or the deadline */
};

struct capture_options {
	struct capture_wait *wait;	/* NULL: waits as read(2) does */
	const char *filter;		/* libpcap's language; NULL: everything */
	bool follow;			/* a file: wait at its end for more */
	bool promiscuous;		/* interfaces: also what is for other stations ... */
	uint32_t snaplen;		/* ... and at most so many octets of a frame; 0: all */
};

/* path "-": standard input. NULL with an error that names the file. */
struct capture *capture_open(const char *path, struct err *e);
struct capture *capture_open_with(const char *path, const struct capture_options *o,
				  struct err *e);
/* The same from octets in memory, which must stay until capture_close(); name
 * is for messages. */
struct capture *capture_open_memory(const char *name, struct span octets, struct err *e);
/* An interface; "any" is all of them. o->wait must be there. */
struct capture *capture_open_interface(const char *name, const struct capture_options *o,
				       struct err *e);
void capture_close(struct capture *c);

/* DLT_... of all its frames. */
int capture_link(const struct capture *c);

/* How many frames were read so far, also those that the filter did not take. */
uint64_t capture_frames(const struct capture *c);

/* True when frames can be read ahead without waiting for anybody. */
bool capture_is_file(const struct capture *c);

/* How many frames in a row keep their octets before the next call of
 * capture_next() takes them: libpcap has room for one. */
size_t capture_keeps(const struct capture *c);

enum capture_state { CAPTURE_FRAME, CAPTURE_END, CAPTURE_DAMAGED };
/* The next frame that the filter takes; its number counts the others too. Its
 * octets are good for capture_keeps() calls. CAPTURE_DAMAGED with an error: the
 * capture cannot be read any further. */
enum capture_state capture_next(struct capture *c, struct frame *f, struct err *e);

/* Of an interface. */
struct capture_stats {
	uint64_t received;		/* by the filter */
	uint64_t dropped_kernel;	/* there was no room in the ring */
	uint64_t dropped_interface;
};
bool capture_stats(const struct capture *c, struct capture_stats *s);	/* false: not known */

/* "name\tflags\taddresses\tdescription", one interface a line. */
bool capture_list_interfaces(struct text *out, struct err *e) MUST_CHECK;

/* ---- writing ---- */

struct capture_writer;

enum { CAPTURE_OCTETS_MAX = 262144 };	/* of one frame; the most that libpcap reads back */

/* A pcap file with times in nanoseconds. path "-": standard output. link: DLT_... */
struct capture_writer *capture_writer_open(const char *path, int link, struct err *e);
/* Octets with the times of f; length: on the wire. False once writing has failed. */
bool capture_writer_put(struct capture_writer *w, int64_t seconds, uint32_t nanoseconds,
			struct span octets, uint32_t length);
bool capture_writer_flush(struct capture_writer *w);
/* Closes and frees. False, with an error, if not all could be written. NULL is nothing. */
bool capture_writer_close(struct capture_writer *w, struct err *e);
/* Hands a regular file to another user, before privileges are dropped. False when
 * it stays whose it is. */
bool capture_writer_chown(struct capture_writer *w, unsigned uid, unsigned gid);

#endif
