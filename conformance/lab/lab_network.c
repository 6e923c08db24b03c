/* SPDX-License-Identifier: BSD-2-Clause
 * The lab's network as `ip -batch` files:
 *
 *	ha ---- a ---- w ---- b ---- hb
 *	protected   the wire    protected
 *	10.1.0.0/24 192.0.2.0/24 10.2.0.0/24
 *
 * w is a bridge, or a router with address translation. The capture is taken
 * there, since a gateway's own interface also shows what was decrypted. The
 * routes between the protected nets have no next hop that answers: without an
 * SA nothing can pass, so a ping in clear cannot be taken for a tunnel. */
#include "conformance/lab/lab_config.h"

#include <stdio.h>

static bool is_a(const struct lab_side *side)
{
	return side->name[0] == 'a';
}

static bool has(const struct lab_side *side, const char *family)
{
	return lab_is(side->outer, family) || lab_is(side->inner, family);
}

size_t lab_children(const struct lab_side *side, struct lab_child out[LAB_CHILDREN_MAX])
{
	static const char *const names[] = { "t", "t2", "t3" };
	size_t n = (size_t)(side->children[0] - '0');
	for (size_t i = 0; i < n; i++)
		out[i] = (struct lab_child){ names[i], i };
	if (lab_is(side->connections, "2"))
		out[n++] = (struct lab_child){ "u", LAB_CHILDREN_MAX - 1 };
	return n;
}

void lab_outer(const struct lab_side *side, char out[LAB_ADDRESS])
{
	const char *v4 = lab_is(side->encap, "nat") && is_a(side) ? "172.16.0" : "192.0.2";
	if (lab_is(side->outer, "ipv4"))
		snprintf(out, LAB_ADDRESS, "%s.%d", v4, is_a(side) ? 1 : 2);
	else
		snprintf(out, LAB_ADDRESS, "2001:db8::%d", is_a(side) ? 1 : 2);
}

void lab_host(const struct lab_side *side, size_t n, char out[LAB_ADDRESS])
{
	int net = is_a(side) ? 1 : 2;
	if (lab_is(side->mode, "transport"))
		lab_outer(side, out);
	else if (lab_is(side->inner, "ipv4"))
		snprintf(out, LAB_ADDRESS, "10.%d.0.%zu", net, 10 + n);
	else
		snprintf(out, LAB_ADDRESS, "2001:db8:%d::%zu", net, 10 + n);
}

void lab_selector(const struct lab_side *side, const struct lab_child *child,
		  char out[LAB_ADDRESS])
{
	bool v4 = lab_is(side->inner, "ipv4");
	struct lab_child all[LAB_CHILDREN_MAX];
	out[0] = '\0';
	if (lab_is(side->mode, "transport"))
		return;
	if (*side->ts) {
		snprintf(out, LAB_ADDRESS, "%s", side->ts);
	} else if (is_a(side) && lab_children(side, all) > 1) {
		lab_host(side, child->host, out);
		strcat(out, v4 ? "/32" : "/128");
	} else {
		snprintf(out, LAB_ADDRESS, v4 ? "10.%d.0.0/24" : "2001:db8:%d::/64",
			 is_a(side) ? 1 : 2);
	}
}

void lab_network(struct text *out)
{
	text_add(out, "netns add ha\nnetns add a\nnetns add w\nnetns add b\nnetns add hb\n"
		      "link add eth0 netns ha type veth peer name eth1 netns a\n"
		      "link add eth0 netns a type veth peer name wa netns w\n"
		      "link add eth0 netns b type veth peer name wb netns w\n"
		      "link add eth0 netns hb type veth peer name eth1 netns b\n");
}

static void host(struct text *out, const struct lab_side *side)
{
	int net = is_a(side) ? 1 : 2;
	text_add(out, "link set eth0 up\n");
	for (int i = 10; i < 10 + LAB_CHILDREN_MAX; i++)
		text_printf(out, "address add 10.%d.0.%d/24 dev eth0\n", net, i);
	text_printf(out, "route add default via 10.%d.0.1\n", net);
	if (!lab_is(side->inner, "ipv6"))
		return;
	for (int i = 10; i < 10 + LAB_CHILDREN_MAX; i++)
		text_printf(out, "address add 2001:db8:%d::%d/64 dev eth0 nodad\n", net, i);
	text_printf(out, "route add default via 2001:db8:%d::1\n", net);
}

static void gateway(struct text *out, const struct lab_side *side)
{
	int net = is_a(side) ? 1 : 2;
	bool nat = lab_is(side->encap, "nat") && is_a(side);
	text_printf(out, "address add %s.%d/24 dev eth0\n", nat ? "172.16.0" : "192.0.2", net);
	text_printf(out, "address add 10.%d.0.1/24 dev eth1\n", net);
	text_printf(out, "link set eth0 up%s%s\nlink set eth1 up\n", *side->mtu ? " mtu " : "",
		    side->mtu);
	if (nat)
		text_add(out, "route add default via 172.16.0.254\n");
	text_printf(out, "route add 10.%d.0.0/24 dev eth0\n", 3 - net);
	if (!has(side, "ipv6"))
		return;
	text_printf(out, "address add 2001:db8::%d/64 dev eth0 nodad\n", net);
	text_printf(out, "address add 2001:db8:%d::1/64 dev eth1 nodad\n", net);
	text_printf(out, "route add 2001:db8:%d::/64 dev eth0\n", 3 - net);
}

static void wire(struct text *out, const struct lab_scenario *s)
{
	if (lab_is(s->a.encap, "nat"))
		text_add(out, "address add 172.16.0.254/24 dev wa\n"
			      "address add 192.0.2.254/24 dev wb\n");
	else
		text_add(out, "link add br0 type bridge\nlink set wa master br0\n"
			      "link set wb master br0\nlink set br0 up\n");
	text_add(out, "link set wa up\nlink set wb up\n");
}

void lab_node(struct text *out, const struct lab_scenario *s, const char *node)
{
	text_add(out, "link set lo up\n");
	if (lab_is(node, "w"))
		wire(out, s);
	else if (node[0] == 'h')
		host(out, node[1] == 'a' ? &s->a : &s->b);
	else
		gateway(out, node[0] == 'a' ? &s->a : &s->b);
}
