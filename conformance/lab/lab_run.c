/* SPDX-License-Identifier: BSD-2-Clause
 * One run of a scenario: its folder, its files, its guest, what came of it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#include "conformance/lab/lab_config.h"
#include "conformance/lab/lab_private.h"

static const char *const charon_needs[] = { "/usr/lib/ipsec/charon", "/usr/sbin/swanctl", NULL };
static const char *const pluto_needs[] = { "/usr/libexec/ipsec/pluto", "/usr/bin/certutil", NULL };
static const char *const nat_needs[] = { "/usr/sbin/iptables-legacy", NULL };

bool lab_run_read(struct lab_run *r, const char *name, struct err *e)
{
	struct arena *a = &r->arena;
	const char *folder = name, *slash = strrchr(name, '/');
	if (!slash) {
		const char *data = lab_data(a, e);
		if (!data)
			return false;
		folder = arena_printf(a, "%s/scenarios/%s", data, name);
	}
	const char *file = arena_printf(a, "%s/scenario.ini", folder);
	if (!lab_exists(file))
		return err_set(e, "there is no scenario %s (no %s); `ikat lab list` names them all",
			       name, file);
	return lab_scenario_read(&r->scenario, slash ? slash + 1 : name, file, lab_read(file, a),
				 a, e);
}

/* ---- the work folder ---- */

static bool put(struct lab_run *r, const char *name, struct text *t, struct err *e)
{
	bool good = lab_write(arena_printf(&r->arena, "%s/%s", r->work, name), t, e);
	text_done(t);
	return good;
}

static bool folder(struct lab_run *r, const char *name, struct err *e)
{
	return lab_folder_make(arena_printf(&r->arena, "%s/%s", r->work, name), e);
}

static bool folders(struct lab_run *r, struct err *e)
{
	static const char *const names[] = { "in", "out", "guest", "uml", "in/a", "in/b", "out/a",
		"out/b", NULL };
	static const char *const swanctl[] = { "x509", "x509ca", "private", "rsa", "ecdsa",
		"pkcs8", "pkcs12", "pubkey", "x509aa", "x509ocsp", "x509crl", "x509ac", "bliss",
		NULL };
	for (size_t i = 0; names[i]; i++)
		if (!folder(r, names[i], e))
			return false;
	for (size_t i = 0; swanctl[i]; i++)
		if (!folder(r, arena_printf(&r->arena, "in/a/%s", swanctl[i]), e) ||
		    !folder(r, arena_printf(&r->arena, "in/b/%s", swanctl[i]), e))
			return false;
	return true;
}

static bool guest_files(struct lab_run *r, struct err *e)
{
	static const char *const names[] = { "init.sh", "stage2.sh", "functions.sh", "node.sh",
		"nss.sh", NULL };
	for (size_t i = 0; names[i]; i++) {
		const char *to = arena_printf(&r->arena, "%s/guest/%s", r->work, names[i]);
		if (!lab_copy(arena_printf(&r->arena, "%s/guest/%s", r->host.data, names[i]), to, e))
			return false;
		chmod(to, 0755);
	}
	return true;
}

static bool network(struct lab_run *r, struct err *e)
{
	static const char *const nodes[] = { "ha", "a", "w", "b", "hb" };
	struct text t = { 0 };
	lab_network(&t);
	if (!put(r, "in/network.batch", &t, e))
		return false;
	for (size_t i = 0; i < 5; i++) {
		lab_node(&t, &r->scenario, nodes[i]);
		if (!put(r, arena_printf(&r->arena, "in/%s.batch", nodes[i]), &t, e))
			return false;
	}
	if (!lab_warm(&t, &r->scenario.a, e)) {
		text_done(&t);
		return err_prefix(e, "%s", r->scenario.file);
	}
	if (!put(r, "in/warm.batch", &t, e))
		return false;
	if (!lab_is(r->scenario.a.encap, "nat"))
		return true;
	text_add(&t, "iptables-legacy -t nat -A POSTROUTING -o wb -j MASQUERADE\n");
	return put(r, "in/w.sh", &t, e);
}

static bool strongswan(struct lab_run *r, const struct lab_side *side, struct err *e)
{
	struct text t = { 0 };
	if (!lab_host_needs(&r->host, charon_needs, &r->arena, e))
		return false;
	lab_strongswan_conf(&t, &r->scenario, side);
	if (!put(r, arena_printf(&r->arena, "in/%s/strongswan.conf", side->name), &t, e))
		return false;
	lab_swanctl_conf(&t, &r->scenario, side);
	return put(r, arena_printf(&r->arena, "in/%s/swanctl.conf", side->name), &t, e);
}

static bool libreswan(struct lab_run *r, const struct lab_side *side, struct err *e)
{
	struct text t = { 0 };
	bool good = lab_host_needs(&r->host, pluto_needs, &r->arena, e) &&
		    lab_ipsec_conf(&t, &r->scenario, side, e) &&
		    put(r, arena_printf(&r->arena, "in/%s/ipsec.conf", side->name), &t, e);
	text_done(&t);
	if (!good)
		return false;
	lab_ipsec_secrets(&t, side);
	return put(r, arena_printf(&r->arena, "in/%s/ipsec.secrets", side->name), &t, e);
}

static bool manual(struct lab_run *r, const struct lab_side *side, struct err *e)
{
	struct text t = { 0 };
	bool good = lab_manual(&t, &r->scenario, side, e) &&
		    put(r, arena_printf(&r->arena, "in/%s/xfrm.batch", side->name), &t, e);
	text_done(&t);
	return good;
}

static bool peer(struct lab_run *r, const struct lab_side *side, struct err *e)
{
	if (lab_is(side->peer, "strongswan"))
		return strongswan(r, side, e);
	return lab_is(side->peer, "libreswan") ? libreswan(r, side, e) : manual(r, side, e);
}

/* Certificates of one run: made by openssl, kept nowhere else. */
static bool certificates(struct lab_run *r, struct err *e)
{
	const struct lab_scenario *s = &r->scenario;
	const char *kind = lab_is(s->b.auth, "eap-mschapv2") ? "rsa" : s->b.auth;
	if (lab_is(kind, "psk") || lab_is(kind, "xauth") || lab_is(s->b.peer, "xfrm"))
		return true;
	const char *log = arena_printf(&r->arena, "%s/out/certificates.log", r->work);
	char *const argv[] = { (char[]){ "/bin/sh" },
		arena_printf(&r->arena, "%s/guest/certificates.sh", r->host.data),
		arena_printf(&r->arena, "%s/in", r->work), arena_printf(&r->arena, "%s", kind),
		arena_printf(&r->arena, "%s", s->a.id), arena_printf(&r->arena, "%s", s->b.id), NULL };
	return lab_command(argv, log) == 0 ||
	       err_set(e, "openssl does not make the certificates; see %s", log);
}

/* This program, where the guest finds it, for the steps that it takes itself. */
static bool injector(struct lab_run *r, struct err *e)
{
	const char *to = arena_printf(&r->arena, "%s/guest/ikat", r->work);
	for (size_t i = 0; i < r->scenario.step_count; i++)
		if (r->scenario.steps[i].verb == STEP_INJECT)
			return lab_copy(r->host.self, to, e) && chmod(to, 0755) == 0;
	return true;
}

static bool plan(struct lab_run *r, struct err *e)
{
	struct text t = { 0 };
	lab_plan(&t, &r->scenario);
	if (r->tail == LAB_SHELL)
		text_add(&t, "echo 'ikat lab: in_net NODE COMMAND (ha a w b hb), in_node a|b COMMAND;"
			     " exit ends the lab'\nexport ENV=/lab/guest/functions.sh\nsh -i 2>&1\n");
	else if (r->tail == LAB_STAY)
		text_add(&t, "echo 'ikat lab: up; Enter ends the lab'\nread -r _\n");
	return put(r, "in/plan.sh", &t, e);
}

bool lab_run_prepare(struct lab_run *r, struct err *e)
{
	if (lab_is(r->scenario.a.encap, "nat") &&
	    !lab_host_needs(&r->host, nat_needs, &r->arena, e))
		return false;
	r->work = lab_folder_new(&r->arena, e);
	return r->work && folders(r, e) && guest_files(r, e) && network(r, e) &&
	       peer(r, &r->scenario.a, e) && peer(r, &r->scenario.b, e) && certificates(r, e) &&
	       injector(r, e) && plan(r, e);
}

/* ---- the run ---- */

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool lab_run_guest(struct lab_run *r, struct err *e)
{
	struct lab_guest g = { r->work, r->seconds, r->tail != LAB_TO_THE_END };
	double start = now();
	enum lab_end end = lab_guest_run(&r->host, &g);
	r->took = now() - start;
	if (end == LAB_INTERRUPTED)
		return err_set(e, "interrupted");
	if (end == LAB_NOT_STARTED)
		return err_set(e, "the guest could not be started");
	if (end == LAB_TIMEOUT)
		return err_set(e, "the guest was ended after %u s; its last step is in %s/out/steps.log",
			       r->seconds, r->work);
	return lab_found_read(&r->found, &r->scenario, r->work, &r->arena, e);
}

void lab_run_done(struct lab_run *r, bool keep)
{
	if (r->work && !keep)
		lab_folder_remove(r->work);
	arena_done(&r->arena);
}
