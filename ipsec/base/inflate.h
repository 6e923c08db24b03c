/* SPDX-License-Identifier: BSD-2-Clause
 * DEFLATE (RFC 1951) for IPComp and gzip (RFC 1952) for capture files; the only
 * user of zlib. */
#ifndef IKAT_BASE_INFLATE_H
#define IKAT_BASE_INFLATE_H

#include "ipsec/base/span.h"

/* Inflates a whole raw DEFLATE stream into out. False if it is broken, cut
 * short, or needs more than cap octets. *n: octets written (also when false). */
bool inflate_raw(struct span in, uint8_t *out, size_t cap, size_t *n);

/* A gzip stream that is read in pieces. */
struct gunzip;
struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip *g);
enum gunzip_state { GUNZIP_MORE, GUNZIP_END, GUNZIP_BROKEN };
/* Takes octets from *in (which moves on) and writes at most cap octets to out;
 * *n octets were written. GUNZIP_MORE: needs more input or more room. Several
 * gzip members one after the other are one stream. */
enum gunzip_state gunzip_step(struct gunzip *g, struct span *in, uint8_t *out,
			      size_t cap, size_t *n);

#endif
