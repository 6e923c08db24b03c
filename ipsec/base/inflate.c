/* SPDX-License-Identifier: BSD-2-Clause
 * zlib behind two small functions. */
#include "ipsec/base/inflate.h"

#include <stdlib.h>
#include <zlib.h>

bool inflate_raw(struct span in, uint8_t *out, size_t cap, size_t *n)
{
	z_stream z = { 0 };
	*n = 0;
	if (in.n > UINT32_MAX || cap > UINT32_MAX || inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return false;
	z.next_in = (Bytef *)(uintptr_t)in.p;	/* zlib's pointer lacks a const; it only reads */
	z.avail_in = (uInt)in.n;
	z.next_out = out;
	z.avail_out = (uInt)cap;
	int status = inflate(&z, Z_FINISH);
	*n = cap - z.avail_out;
	inflateEnd(&z);
	return status == Z_STREAM_END;
}

struct gunzip {
	z_stream z;
	bool between;	/* one member has ended, another may follow */
};

struct gunzip *gunzip_new(void)
{
	struct gunzip *g = calloc(1, sizeof *g);
	if (g && inflateInit2(&g->z, 16 + MAX_WBITS) != Z_OK) {
		free(g);
		g = NULL;
	}
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->z);
	free(g);
}

enum gunzip_state gunzip_step(struct gunzip *g, struct span *in, uint8_t *out,
			      size_t cap, size_t *n)
{
	*n = 0;
	if (g->between && in->n) {
		if (inflateReset(&g->z) != Z_OK)
			return GUNZIP_BROKEN;
		g->between = false;
	}
	if (g->between)
		return GUNZIP_END;
	size_t some = in->n < (1u << 30) ? in->n : 1u << 30;
	g->z.next_in = (Bytef *)(uintptr_t)in->p;
	g->z.avail_in = (uInt)some;
	g->z.next_out = out;
	g->z.avail_out = (uInt)(cap < (1u << 30) ? cap : 1u << 30);
	size_t room = g->z.avail_out;
	int status = inflate(&g->z, Z_NO_FLUSH);
	*in = span_from(*in, some - g->z.avail_in);
	*n = room - g->z.avail_out;
	g->between = status == Z_STREAM_END;
	return g->between && in->n == 0 ? GUNZIP_END :
	       status == Z_OK || status == Z_BUF_ERROR || g->between ? GUNZIP_MORE : GUNZIP_BROKEN;
}
