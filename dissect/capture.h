/* SPDX-License-Identifier: BSD-2-Clause
 * Frames from capture files: pcap and pcapng, gzip-compressed or not, from a
 * file or standard input. The only user of libpcap. */
#ifndef IKAT_DISSECT_CAPTURE_H
#define IKAT_DISSECT_CAPTURE_H

#include "ipsec/base/err.h"
#include "ipsec/wire/packet.h"

struct capture;

/* path "-": standard input. NULL with an error that names the file. */
struct capture *capture_open(const char *path, struct err *e);
/* The same from octets in memory, which must stay until capture_close(); name
 * is for messages. */
struct capture *capture_open_memory(const char *name, struct span octets, struct err *e);
void capture_close(struct capture *c);

/* True when frames can be read ahead without waiting for anybody. */
bool capture_is_file(const struct capture *c);

/* How many frames in a row keep their octets before the next call of
 * capture_next() takes them: libpcap has room for one. */
size_t capture_keeps(const struct capture *c);

enum capture_state { CAPTURE_FRAME, CAPTURE_END, CAPTURE_DAMAGED };
/* The next frame; its octets are good for capture_keeps() calls. CAPTURE_DAMAGED with
 * an error: the file cannot be read any further. */
enum capture_state capture_next(struct capture *c, struct frame *f, struct err *e);

#endif
