/* SPDX-License-Identifier: BSD-2-Clause
 * Libreswan's configuration: ipsec.conf and ipsec.secrets. Tried with
 * Libreswan 4.10. "left" is a and "right" is b on both sides. */
#include "conformance/lab/lab_config.h"

/* A proposal's words in Libreswan's language: encryption and integrity joined
 * by '-', an AEAD with a PRF (IKE) or with "none" (ESP); the group after ';'
 * for IKE and after '-' for ESP. */
static bool proposal(struct text *out, const char *words, bool ike, struct err *e)
{
	const char *part[128] = { NULL };	/* by kind */
	for (const char *at = words; *at; ) {
		size_t n = strcspn(at, "-");
		const struct lab_algorithm *a = lab_algorithm(at, n);
		if (!a || !a->libreswan)
			return err_set(e, "proposal \"%s\": Libreswan has no \"%.*s\"", words,
				       (int)n, at);
		part[(unsigned char)a->kind] = a->libreswan;
		at += n + (at[n] == '-');
	}
	const char *hash = ike ? (part['p'] ? part['p'] : part['i']) : part['i'];
	const char *cipher = part['a'] ? part['a'] : part['e'];
	if (cipher)
		text_printf(out, "%s-", cipher);
	text_add(out, hash ? hash : "none");
	if (part['g'])
		text_printf(out, "-%s", part['g']);
	return true;
}

static bool proposals(struct text *out, const char *list, bool ike, struct err *e)
{
	char one[256];
	for (const char *at = list; *at; ) {
		size_t n = strcspn(at, ", ");
		if (n >= sizeof one)
			return err_set(e, "proposal \"%s\": longer than %zu", at, sizeof one);
		memcpy(one, at, n);
		one[n] = '\0';
		if (at != list)
			text_add(out, ",");
		if (!proposal(out, one, ike, e))
			return false;
		at += n;
		at += strspn(at, ", ");
	}
	return true;
}

static const char *authby(const struct lab_side *side)
{
	if (lab_is(side->auth, "rsa"))
		return "rsasig";
	if (lab_is(side->auth, "ecdsa"))
		return "ecdsa";
	return lab_is(side->auth, "psk") ? "secret" : NULL;
}

static void end(struct text *out, const char *which, const struct lab_scenario *s,
		const struct lab_side *who, const struct lab_side *self)
{
	char address[LAB_ADDRESS];
	bool hidden = who != self && who == &s->a && lab_is(who->encap, "nat");
	lab_outer(who, address);
	text_printf(out, "\t%s=%s\n\t%sid=@%s\n\t%supdown=%%disabled\n", which,
		    hidden ? "%any" : address, which, who == self ? who->id : self->peer_id, which);
	if (!lab_is(who->auth, "psk") && who == self)
		text_printf(out, "\t%scert=%s\n\t%ssendcert=always\n", which, who->name, which);
	else if (!lab_is(who->auth, "psk"))
		text_printf(out, "\t%sca=%%same\n", which);
}

static const char *yes_if(const char *setting, const char *word)
{
	return lab_is(setting, word) ? "yes" : "no";
}

static bool connection(struct text *out, const struct lab_scenario *s,
		       const struct lab_side *self, const struct lab_child *c, struct err *e)
{
	char left[LAB_ADDRESS], right[LAB_ADDRESS];
	const char *auth = authby(self);
	if (!auth)
		return err_set(e, "auth = %s: Libreswan cannot do this", self->auth);
	text_printf(out, "conn %s\n", c->name);
	end(out, "left", s, &s->a, self);
	end(out, "right", s, &s->b, self);
	lab_selector(&s->a, c, left);
	lab_selector(&s->b, c, right);
	if (*left)
		text_printf(out, "\tleftsubnet=%s\n\trightsubnet=%s\n", left, right);
	text_printf(out, "\tauthby=%s\n\tikev2=%s\n\tike=", auth,
		    lab_is(self->version, "2") ? "insist" : "no");
	if (!proposals(out, self->ike, true, e))
		return false;
	text_printf(out, "\n\tphase2=%s\n\tphase2alg=", self->protocol);
	if (!proposals(out, self->esp, false, e))
		return false;
	bool pfs = strstr(self->esp, "modp") || strstr(self->esp, "ecp") ||
		   strstr(self->esp, "x25519");
	text_printf(out, "\n\tpfs=%s\n\ttype=%s\n\tesn=%s\n\tmobike=%s\n\tcompress=%s\n"
		    "\tencapsulation=%s\n\tfragmentation=%s\n\tauto=ignore\n\trekey=no\n",
		    pfs ? "yes" : "no", self->mode, self->esn, self->mobike,
		    self->ipcomp, lab_is(self->encap, "nat") ? "auto" : yes_if(self->encap, "udp"),
		    self->fragmentation);
	if (lab_is(self->aggressive, "yes"))
		text_add(out, "\taggressive=yes\n");
	if (lab_is(self->intermediate, "yes"))
		text_add(out, "\tintermediate=yes\n");
	if (*self->ppk)
		text_add(out, "\tppk=insist\n");
	if (*self->window)
		text_printf(out, "\treplay-window=%s\n", self->window);
	if (*self->tfc)
		text_printf(out, "\ttfc=%s\n", self->tfc);
	if (*self->dpd)
		text_printf(out, "\tdpddelay=%s\n\tdpdtimeout=3\n\tdpdaction=clear\n", self->dpd);
	return true;
}

bool lab_ipsec_conf(struct text *out, const struct lab_scenario *s,
		    const struct lab_side *side, struct err *e)
{
	struct lab_child all[LAB_CHILDREN_MAX];
	text_printf(out, "config setup\n\tplutodebug=\"all private\"\n\tikev1-policy=accept\n"
		    "\tuniqueids=no\n%s", lab_is(side->cookie, "yes") ? "\tddos-mode=busy\n" : "");
	if (*side->keep_alive)
		text_printf(out, "\tkeep-alive=%s\n", side->keep_alive);
	size_t n = lab_children(side, all);
	for (size_t i = 0; i < n; i++)
		if (!connection(out, s, side, &all[i], e))
			return err_prefix(e, "%s", s->file);
	return true;
}

void lab_ipsec_secrets(struct text *out, const struct lab_side *side)
{
	if (lab_is(side->auth, "psk"))
		text_printf(out, ": PSK \"%s\"\n", side->psk);
	if (*side->ppk)
		text_printf(out, "@alice.example @bob.example : PPKS \"lab-ppk\" \"%s\"\n",
			    side->ppk);
}
