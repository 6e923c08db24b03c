/* SPDX-License-Identifier: BSD-2-Clause
 * The plan: a shell script of calls to the functions of guest/functions.sh, in
 * the order of the scenario's steps. All words in it are the scenario's plain
 * ones (no quotes, no dollar signs) or ours. */
#include "conformance/lab/lab_config.h"

struct plan {
	struct text *out;
	const struct lab_scenario *s;
	size_t up, number;	/* children that are up; steps so far */
	bool promised;		/* that SAs are established */
};

static const struct lab_side *side_of(const struct lab_scenario *s, const char *word)
{
	return word && word[0] == 'b' ? &s->b : &s->a;
}

static bool promised(const struct lab_scenario *s)
{
	for (size_t i = 0; i < s->promise_count; i++)
		if (lab_is(s->promises[i].key, "outcome"))
			return !lab_is(s->promises[i].value, "failed");
	return true;
}

static void control(struct plan *p, const struct lab_side *side, const char *what,
		    const char *swanctl, const char *whack)
{
	text_printf(p->out, "control %s %s %s-%zu %s", side->name, side->peer, what, p->number,
		    lab_is(side->peer, "libreswan") ? whack : swanctl);
}

static void step_up(struct plan *p, const struct lab_step *step)
{
	const char *child = step->words[0] ? step->words[0] : "t";
	control(p, &p->s->a, "up", "--initiate --timeout 20 --child", "--initiate --name");
	text_printf(p->out, " %s\n", child);
	p->up++;
	if (p->promised)
		text_printf(p->out, "settle %zu\n", 2 * p->up);
}

static void step_ping(struct plan *p, const struct lab_step *step)
{
	char from[LAB_ADDRESS], to[LAB_ADDRESS];
	struct lab_child all[LAB_CHILDREN_MAX];
	size_t n = lab_children(&p->s->a, all), host = 0;
	for (size_t i = 0; i < n && step->words[1] && step->words[2]; i++)
		if (lab_is(all[i].name, step->words[2]))
			host = all[i].host;
	bool transport = lab_is(p->s->a.mode, "transport");
	lab_host(&p->s->a, host, from);
	lab_host(&p->s->b, 0, to);
	text_printf(p->out, "ping_from %s %s %s %s %s\n", transport ? "a" : "ha", to,
		    step->words[0], step->words[1] ? step->words[1] : "56",
		    transport ? "" : from);
}

static void rekey(struct plan *p, const struct lab_side *side, const char *what)
{
	if (lab_is(what, "child"))
		control(p, side, "rekey", "--rekey --child t", "--rekey-ipsec --name t");
	else
		control(p, side, "rekey", "--rekey --ike c", "--rekey-ike --name t");
}

static void step_rekey(struct plan *p, const struct lab_step *step)
{
	text_add(p->out, "snapshot\n");
	rekey(p, side_of(p->s, step->words[1]), step->words[0]);
	/* IKEv1: the old SA's inbound half stays until its end. */
	bool stays = lab_is(p->s->a.version, "1") && lab_is(step->words[0], "child");
	text_printf(p->out, "\nsettle %zu\n", 2 * p->up + stays);
}

static void step_collide(struct plan *p, const struct lab_step *step)
{
	text_add(p->out, "snapshot\n");
	rekey(p, &p->s->a, step->words[0]);
	text_add(p->out, " &\n_one=$!\n");
	rekey(p, &p->s->b, step->words[0]);
	text_printf(p->out, "\nwait $_one\nsettle %zu\n", 2 * p->up);
}

static void step_delete(struct plan *p, const struct lab_step *step)
{
	bool child = lab_is(step->words[0], "child");
	text_add(p->out, "snapshot\nsas a ");
	text_printf(p->out, "%s\nsas b %s\n", p->s->a.peer, p->s->b.peer);
	control(p, side_of(p->s, step->words[1]), "delete",
		child ? "--terminate --child t" : "--terminate --ike c", "--terminate --name t");
	p->up = child && p->up ? p->up - 1 : 0;
	text_printf(p->out, "\nsettle %zu\n", 2 * p->up);
}

static void step_netem(struct plan *p, const struct lab_step *step)
{
	if (lab_is(step->words[1], "off"))
		text_printf(p->out, "in_net %s tc qdisc del dev eth0 root", step->words[0]);
	else
		text_printf(p->out, "netem %s", step->words[0]);
	for (size_t i = 1; step->words[i] && !lab_is(step->words[1], "off"); i++)
		text_printf(p->out, " %s", step->words[i]);
	text_char(p->out, '\n');
}

static void step_wait_log(struct plan *p, const struct lab_step *step)
{
	text_printf(p->out, "wait_log %s %s \"", step->words[0], step->words[1]);
	for (size_t i = 2; step->words[i]; i++)
		text_printf(p->out, "%s%s", i > 2 ? " " : "", step->words[i]);
	text_add(p->out, "\"\n");
}

static void step(struct plan *p, const struct lab_step *step)
{
	p->number++;
	text_printf(p->out, "begin line %zu\n", step->line);
	switch (step->verb) {
	case STEP_UP: step_up(p, step); break;
	case STEP_PING: step_ping(p, step); break;
	case STEP_REKEY: step_rekey(p, step); break;
	case STEP_COLLIDE: step_collide(p, step); break;
	case STEP_DELETE: step_delete(p, step); break;
	case STEP_NETEM: step_netem(p, step); break;
	case STEP_WAIT_LOG: step_wait_log(p, step); break;
	case STEP_MOBIKE:
		text_add(p->out, "snapshot\nmove\n");
		break;
	case STEP_INJECT:
		text_printf(p->out, "snapshot\nin_net a /lab/guest/ikat lab inject %s eth0 /tmp/wire.pcap >> "
			    "$O/steps.log 2>&1 || fail \"cannot inject\" steps.log\n",
			    step->words[0]);
		break;
	case STEP_KILL:
		text_printf(p->out, "snapshot\nkill_daemon %s\n", step->words[0]);
		break;
	case STEP_WAIT: text_printf(p->out, "sleep %s\n", step->words[0]); break;
	case STEP_SNAPSHOT: text_add(p->out, "snapshot\n"); break;
	}
}

static void start(struct plan *p, const struct lab_side *side)
{
	struct lab_child all[LAB_CHILDREN_MAX];
	if (lab_is(side->peer, "xfrm")) {
		text_printf(p->out, "manual %s\n", side->name);
		return;
	}
	text_printf(p->out, "%s %s", side->peer, side->name);
	size_t n = lab_is(side->peer, "libreswan") ? lab_children(side, all) : 0;
	for (size_t i = 0; i < n; i++)
		text_printf(p->out, " %s", all[i].name);
	text_add(p->out, " &\n");
}

/* The kernel would load these by itself, while the daemons wait. */
static void modules(struct text *out, const char *esp)
{
	static const struct {
		const char *part, *modules;
	} rows[] = {
		{ "gcm", "gcm ctr seqiv" }, { "gmac", "gcm ctr seqiv" }, { "ccm", "ccm ctr seqiv cmac" },
		{ "chacha", "chacha20poly1305 chacha_generic poly1305_generic seqiv" },
		{ "ctr", "ctr authenc seqiv" }, { "aes", "cbc authenc hmac echainiv" },
		{ "sha1", "sha1_generic" }, { "sha256", "sha256_generic" },
		{ "sha384", "sha512_generic" }, { "sha512", "sha512_generic" }, { "md5", "md5" },
		{ "3des", "des_generic" }, { "camellia", "camellia_generic cbc" }, { "xcbc", "xcbc" },
		{ "cmac", "cmac" },
	};
	text_add(out, "{ modprobe -a -q");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strstr(esp, rows[i].part))
			text_printf(out, " %s", rows[i].modules);
	text_add(out, " authencesn; ip -batch $I/warm.batch; } &\n");
}

void lab_plan(struct text *out, const struct lab_scenario *s)
{
	struct plan p = { .out = out, .s = s, .promised = promised(s) };
	bool nat = lab_is(s->a.encap, "nat");
	text_printf(out, "modprobe -a -q af_packet esp4 ah4 xfrm_user veth %s%s\n",
		    nat ? "ip_tables iptable_nat nf_nat xt_MASQUERADE nf_conntrack" : "bridge",
		    lab_is(s->a.outer, "ipv6") || lab_is(s->a.inner, "ipv6") ? " esp6 ah6" : "");
	modules(out, s->a.esp);
	text_printf(out, "begin network\nnetwork\nbegin capture\ncapture %s\nbegin daemons\n", nat ? "wb" : "wa");
	start(&p, &s->a);
	start(&p, &s->b);
	text_add(out, "ready\n");
	for (size_t i = 0; i < s->step_count; i++)
		step(&p, &s->steps[i]);
	text_printf(out, "begin end\nsnapshot\nsas a %s\nsas b %s\ntrue\n", s->a.peer, s->b.peer);
}
