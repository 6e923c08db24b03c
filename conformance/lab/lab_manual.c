/* SPDX-License-Identifier: BSD-2-Clause
 * Manual keys: SAs and policies for `ip -batch`, without any daemon. The keys
 * are made from the scenario's name by a simple generator: they protect
 * nothing, and a scenario recorded twice has the same ones. */
#include "conformance/lab/lab_config.h"

struct keys {
	uint64_t state;
};

static uint8_t next_octet(struct keys *k)
{
	k->state = k->state * 6364136223846793005u + 1442695040888963407u;
	return (uint8_t)(k->state >> 56);
}

static void key(struct text *out, struct keys *k, size_t octets)
{
	text_add(out, octets ? "0x" : "\"\"");
	for (size_t i = 0; i < octets; i++)
		text_hex(out, next_octet(k), 2);
}

static bool algorithm(struct text *out, struct keys *k, const char *word, size_t n, struct err *e)
{
	const struct lab_algorithm *a = lab_algorithm(word, n);
	if (a && a->kind == 'g')	/* a key exchange is no affair of the kernel's */
		return true;
	if (!a || !a->kernel)
		return err_set(e, "proposal: the kernel has no \"%.*s\"", (int)n, word);
	text_printf(out, " %s %s ", a->kind == 'a' ? "aead" : a->kind == 'e' ? "enc" : "auth-trunc",
		    a->kernel);
	key(out, k, a->key);
	if (a->kind != 'e')
		text_printf(out, " %u", a->icv);
	return true;
}

static bool algorithms(struct text *out, struct keys *k, const char *words, struct err *e)
{
	for (const char *at = words; *at && *at != ','; ) {
		size_t n = strcspn(at, "-,");
		if (!algorithm(out, k, at, n, e))
			return false;
		at += n + (at[n] == '-');
	}
	return true;
}

bool lab_warm(struct text *out, const struct lab_side *side, struct err *e)
{
	struct keys k = { 1 };
	text_printf(out, "xfrm state add src 127.0.0.1 dst 127.0.0.1 proto %s spi 0x100"
		    " mode transport%s", side->protocol,
		    lab_is(side->esn, "yes") ? " flag esn replay-window 32" : "");
	bool good = algorithms(out, &k, side->esp, e);
	text_add(out, "\n");
	return good;
}

/* One direction; outbound: for the side that sends. */
static bool state(struct text *out, const struct lab_scenario *s, const struct lab_side *from,
		  bool outbound, struct err *e)
{
	char src[LAB_ADDRESS], dst[LAB_ADDRESS];
	const struct lab_side *to = from == &s->a ? &s->b : &s->a;
	struct keys k = { from == &s->a ? 17 : 4711 };
	for (const char *p = s->name; *p; p++)
		k.state = k.state * 31 + (unsigned char)*p;
	lab_outer(from, src);
	lab_outer(to, dst);
	text_printf(out, "xfrm state add src %s dst %s proto %s spi 0x%s reqid 1 mode %s", src, dst,
		    from->protocol, from == &s->a ? "c0de0a0b" : "c0de0b0a", from->mode);
	if (lab_is(from->esn, "yes"))
		text_add(out, " flag esn");
	text_printf(out, " replay-window %s", *to->window ? to->window : "32");
	if (*from->first_seq)
		text_printf(out, " %s %s", outbound ? "replay-oseq" : "replay-seq", from->first_seq);
	if (!algorithms(out, &k, from->esp, e))
		return false;
	if (lab_is(from->encap, "udp"))
		text_add(out, " encap espinudp 4500 4500 0.0.0.0");
	text_add(out, "\n");
	return true;
}

static void policy(struct text *out, const struct lab_scenario *s, const struct lab_side *from,
		   const char *direction)
{
	char src[LAB_ADDRESS], dst[LAB_ADDRESS], inner_src[LAB_ADDRESS], inner_dst[LAB_ADDRESS];
	const struct lab_side *to = from == &s->a ? &s->b : &s->a;
	struct lab_child child = { "t", 0 };
	lab_outer(from, src);
	lab_outer(to, dst);
	lab_selector(from, &child, inner_src);
	lab_selector(to, &child, inner_dst);
	text_printf(out, "xfrm policy add src %s dst %s dir %s tmpl src %s dst %s proto %s"
		    " reqid 1 mode %s\n", *inner_src ? inner_src : src,
		    *inner_dst ? inner_dst : dst, direction, src, dst, from->protocol, from->mode);
}

bool lab_manual(struct text *out, const struct lab_scenario *s,
		const struct lab_side *side, struct err *e)
{
	const struct lab_side *peer = side == &s->a ? &s->b : &s->a;
	if (!state(out, s, side, true, e) || !state(out, s, peer, false, e))
		return err_prefix(e, "%s", s->file);
	policy(out, s, side, "out");
	policy(out, s, peer, "in");
	if (lab_is(side->mode, "tunnel"))
		policy(out, s, peer, "fwd");
	return true;
}
