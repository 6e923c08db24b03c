/* SPDX-License-Identifier: BSD-2-Clause
 * strongSwan's configuration: strongswan.conf (the daemon, its log with
 * secrets) and swanctl.conf (the connection). Tried with strongSwan 5.9. */
#include "conformance/lab/lab_config.h"

static const struct lab_side *other(const struct lab_scenario *s, const struct lab_side *side)
{
	return side == &s->a ? &s->b : &s->a;
}

static void setting(struct text *out, const char *name, const char *value)
{
	if (*value)
		text_printf(out, "  %s = %s\n", name, value);
}

void lab_strongswan_conf(struct text *out, const struct lab_scenario *s,
			 const struct lab_side *side)
{
	(void)s;
	text_add(out, "charon {\n  load_modular = no\n"
		 "  load = random nonce openssl aes sha1 sha2 md5 hmac kdf xcbc cmac ctr ccm gcm"
		 " chapoly curve25519 gmp drbg mgf1 fips-prf rc2 pem pkcs1 pkcs8 pkcs12 pubkey"
		 " x509 constraints revocation kernel-netlink socket-default vici updown"
		 " eap-identity eap-mschapv2 eap-md5 xauth-generic counters\n"
		 "  install_routes = no\n  delete_rekeyed_delay = 0\n"
		 "  i_dont_care_about_security_and_use_aggressive_mode_psk = yes\n");
	setting(out, "fragment_size", side->fragment_size);
	setting(out, "keep_alive", side->keep_alive);
	if (lab_is(side->connections, "2"))
		text_add(out, "  reuse_ikesa = no\n");
	if (*side->retransmit)
		text_printf(out, "  retransmit_timeout = 0.3\n  retransmit_base = 1.2\n"
				 "  retransmit_tries = %s\n", side->retransmit);
	if (lab_is(side->cookie, "yes"))
		text_add(out, "  cookie_threshold = 1\n");
	text_printf(out, "  filelog { log {\n    path = /lab/out/%s/charon.log\n"
		    "    time_format = %%H:%%M:%%S\n    time_add_ms = yes\n    flush_line = yes\n"
		    "    default = 1\n    ike = 4\n    chd = 4\n    cfg = 2\n    knl = 2\n"
		    "  } }\n  plugins { vici { socket = unix:///run/lab/vici } }\n}\n", side->name);
	text_add(out, "swanctl { load = pem pkcs1 pkcs8 x509 pubkey random openssl curve25519 }\n");
}

/* One side's authentication: the local or the remote one of a connection. */
static void authentication(struct text *out, const char *where, const struct lab_side *who,
			   bool local)
{
	bool eap = lab_is(who->auth, "eap-mschapv2"), xauth = lab_is(who->auth, "xauth");
	bool user = who->name[0] == 'a';
	if (eap && user)
		text_printf(out, "  %s { auth = eap-mschapv2\n    id = %s\n    %s = %s }\n", where,
			    who->id, "eap_id", local ? "carol" : "%any");
	else if (lab_is(who->auth, "psk") || xauth)
		text_printf(out, "  %s { auth = psk\n    id = %s }\n", where, who->id);
	else if (local)
		text_printf(out, "  %s { auth = pubkey\n    certs = node.pem\n    id = %s }\n",
			    where, who->id);
	else
		text_printf(out, "  %s { auth = pubkey\n    id = %s\n    cacerts = ca.pem }\n",
			    where, who->id);
	if (xauth && user)
		text_printf(out, "  %s-2 { auth = xauth%s }\n", where,
			    local ? "\n    xauth_id = carol" : "");
}

static void child(struct text *out, const struct lab_scenario *s, const struct lab_side *side,
		  const struct lab_child *c)
{
	char mine[LAB_ADDRESS], theirs[LAB_ADDRESS];
	lab_selector(side, c, mine);
	struct lab_side seen = *other(s, side);
	seen.ts = "";	/* what the other side claims for itself is its own affair */
	lab_selector(&seen, c, theirs);
	text_printf(out, "    %s {\n", c->name);
	setting(out, "    mode", side->mode);
	setting(out, "    local_ts", mine);
	setting(out, "    remote_ts", theirs);
	text_printf(out, "      %s_proposals = %s%s\n", side->protocol, side->esp,
		    lab_is(side->esn, "yes") ? "-esn" : "");
	setting(out, "    replay_window", side->window);
	setting(out, "    tfc_padding", side->tfc);
	setting(out, "    ipcomp", lab_is(side->ipcomp, "yes") ? "yes" : "");
	setting(out, "    dpd_action", *side->dpd ? "clear" : "");
	text_printf(out, "%s    }\n", lab_is(side->version, "2") ? "      rekey_time = 0\n" : "");
}

static void connection(struct text *out, const struct lab_scenario *s,
		       const struct lab_side *side, const char *name)
{
	char local[LAB_ADDRESS], remote[LAB_ADDRESS];
	struct lab_child all[LAB_CHILDREN_MAX];
	bool hidden = side == &s->b && (lab_is(side->encap, "nat") || lab_is(side->mobike, "yes"));
	bool second = lab_is(name, "c2");
	lab_outer(side, local);
	lab_outer(other(s, side), remote);
	text_printf(out, "%s {\n", name);
	setting(out, "version", side->version);
	if (!lab_is(side->mobike, "yes"))
		setting(out, "local_addrs", local);
	setting(out, "remote_addrs", hidden ? "%any" : remote);
	setting(out, "proposals", side->ike);
	setting(out, "mobike", side->mobike);
	setting(out, "fragmentation", side->fragmentation);
	setting(out, "aggressive", lab_is(side->aggressive, "yes") ? "yes" : "");
	setting(out, "encap", lab_is(side->encap, "udp") ? "yes" : "");
	setting(out, "dpd_delay", side->dpd);
	setting(out, "unique", lab_is(side->connections, "2") ? "never" : "");
	setting(out, "send_cert", "always");
	if (*side->ppk)
		text_add(out, "  ppk_id = lab-ppk\n  ppk_required = yes\n");
	authentication(out, "local", side, true);
	struct lab_side expected = *other(s, side);
	expected.id = side->peer_id;
	authentication(out, "remote", &expected, false);
	/* IKEv1 negotiates lifetimes, and 0 is taken for an SA that has expired */
	text_printf(out, "%s  children {\n", lab_is(side->version, "2") ? "  rekey_time = 0\n" : "");
	size_t n = lab_children(side, all);
	for (size_t i = 0; i < n; i++)
		if (side == &s->b || lab_is(all[i].name, "u") == second)
			child(out, s, side, &all[i]);
	text_add(out, "  }\n}\n");
}

void lab_swanctl_conf(struct text *out, const struct lab_scenario *s,
		      const struct lab_side *side)
{
	text_add(out, "connections {\n");
	connection(out, s, side, "c");
	if (lab_is(side->connections, "2") && side == &s->a)
		connection(out, s, side, "c2");
	text_printf(out, "}\nsecrets {\n  ike-1 { secret = \"%s\" }\n", side->psk);
	if (lab_is(side->auth, "eap-mschapv2"))
		text_add(out, "  eap-1 { id = carol\n    secret = \"lab-carol-eap\" }\n");
	if (lab_is(side->auth, "xauth"))
		text_add(out, "  xauth-1 { id = carol\n    secret = \"lab-carol-xauth\" }\n");
	if (*side->ppk)
		text_printf(out, "  ppk-1 { id = lab-ppk\n    secret = \"%s\" }\n", side->ppk);
	text_add(out, "}\n");
}
