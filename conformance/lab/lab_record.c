/* SPDX-License-Identifier: BSD-2-Clause
 * What a recording leaves: NAME.pcap, and NAME.keys with all key sources as the
 * daemons and the kernel wrote them, the configurations, the plaintext capture. */
#include <stdio.h>

#include "conformance/lab/lab_private.h"

struct record {
	const struct lab_run *r;
	const char *keys;	/* NAME.keys */
	struct arena *arena;
};

/* A file of the work folder, if it is there and not empty. */
static bool take(struct record *c, const char *from, const char *to, struct err *e)
{
	const char *path = arena_printf(c->arena, "%s/%s", c->r->work, from);
	if (!lab_exists(path) || lab_read(path, c->arena).n == 0)
		return true;
	return lab_copy(path, arena_printf(c->arena, "%s/%s", c->keys, to), e);
}

static bool take_side(struct record *c, char side, struct err *e)
{
	static const char *const out[] = { "charon.log", "pluto.log", "sas.txt", NULL };
	static const char *const in[] = { "strongswan.conf", "swanctl.conf", "ipsec.conf",
		"ipsec.secrets", "xfrm.batch", NULL };
	struct arena *a = c->arena;
	if (!lab_folder_make(arena_printf(a, "%s/%c", c->keys, side), e))
		return false;
	for (size_t i = 0; out[i]; i++)
		if (!take(c, arena_printf(a, "out/%c/%s", side, out[i]),
			  arena_printf(a, "%c/%s", side, out[i]), e))
			return false;
	for (size_t i = 0; in[i]; i++)
		if (!take(c, arena_printf(a, "in/%c/%s", side, in[i]),
			  arena_printf(a, "%c/%s", side, in[i]), e))
			return false;
	for (int i = 1; i <= 64; i++)
		if (!take(c, arena_printf(a, "out/%c.xfrm-%d.txt", side, i),
			  arena_printf(a, "%c.xfrm-%d.txt", side, i), e) ||
		    !take(c, arena_printf(a, "out/%c.counters-%d.txt", side, i),
			  arena_printf(a, "%c.counters-%d.txt", side, i), e))
			return false;
	return take(c, arena_printf(a, "out/%c.xfrm-monitor.txt", side),
		    arena_printf(a, "%c.xfrm-monitor.txt", side), e);
}

bool lab_record(const struct lab_run *r, const char *folder, struct err *e)
{
	struct arena a = { 0 };
	const char *name = r->scenario.name;
	struct record c = { r, arena_printf(&a, "%s/%s.keys", folder, name), &a };
	lab_folder_remove(c.keys);
	bool good = lab_folder_make(folder, e) && lab_folder_make(c.keys, e) &&
		    lab_copy(arena_printf(&a, "%s/out/wire.pcap", r->work),
			     arena_printf(&a, "%s/%s.pcap", folder, name), e) &&
		    take_side(&c, 'a', e) && take_side(&c, 'b', e) &&
		    take(&c, "out/inside-ha.pcap", "inside-ha.pcap", e) &&
		    lab_copy(r->scenario.file, arena_printf(&a, "%s/scenario.ini", c.keys), e);
	arena_done(&a);
	return good;
}
