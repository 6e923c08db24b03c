/* SPDX-License-Identifier: BSD-2-Clause
 * Promised and found, row by row. A promise is kept or not; what a scenario
 * does not speak of is shown and not judged, but for a packet in clear, which
 * is never right. */
#include <stdio.h>
#include <stdlib.h>

#include "conformance/lab/lab_config.h"
#include "conformance/lab/lab_found.h"
#include "conformance/lab/lab_host.h"

struct judge {
	const struct lab_scenario *s;
	const struct lab_found *f;
	const char *work;
	struct arena arena;
	struct text *table;	/* NULL: only the first that is not kept */
	struct text *first;
	bool good;
};

static void row(struct judge *j, const char *what, const char *promised, const char *found, bool kept)
{
	if (j->table)
		text_printf(j->table, "  %-16s %-34s %-34s %s\n", what, promised, found,
			    kept ? "ok" : "NOT KEPT");
	if (!kept && j->good && j->first)
		text_printf(j->first, "%s: promised %s, found %s", what, promised, found);
	j->good &= kept;
}

static const char *number(struct judge *j, uint64_t n)
{
	return arena_printf(&j->arena, "%llu", (unsigned long long)n);
}

static bool at_least(struct judge *j, const char *what, const char *promised, uint64_t found)
{
	bool kept = strtoull(promised, NULL, 10) <= found;
	row(j, what, arena_printf(&j->arena, "at least %s", promised), number(j, found), kept);
	return kept;
}

static bool logged(struct judge *j, char side, const char *text)
{
	static const char *const files[] = { "charon.log", "pluto.log", "sas.txt" };
	for (size_t i = 0; i < 3; i++) {
		struct span s = lab_read(arena_printf(&j->arena, "%s/out/%c/%s", j->work, side,
						      files[i]), &j->arena);
		if (s.n && strstr((const char *)s.p, text))
			return true;
	}
	return false;
}

static void judge_log(struct judge *j, const struct lab_promise *p)
{
	char side = p->key[strlen(p->key) - 1];
	bool kept = logged(j, side, p->value);
	row(j, p->key, p->value, kept ? "found" : "not in the log", kept);
}

static void judge_outcome(struct judge *j, const char *promised)
{
	const struct lab_found *f = j->f;
	bool told = lab_is(j->s->a.peer, "xfrm") || f->up_status == 0;
	const char *found = told && f->sa_count ? "established" : "failed";
	row(j, "outcome", promised, found, lab_is(promised, found));
}

static void judge_ike(struct judge *j, const char *promised)
{
	const struct lab_found *f = j->f;
	size_t n = strtoul(promised, NULL, 10);
	row(j, "IKE SAs", promised,
	    arena_printf(&j->arena, "%zu on a, %zu on b", f->ike_sas[0], f->ike_sas[1]),
	    (!f->ike_known[0] || f->ike_sas[0] == n) && (!f->ike_known[1] || f->ike_sas[1] == n));
}

static void judge_algorithms(struct judge *j, const char *promised)
{
	const char *found = j->f->sa_count ? promised : "none";
	for (size_t i = 0; i < j->f->sa_count; i++)
		if (!lab_is(j->f->sas[i].algorithms, promised))
			found = j->f->sas[i].algorithms;
	row(j, "algorithms", promised, found, found == promised);
}

static void judge_reason(struct judge *j, const char *promised)
{
	bool kept = logged(j, 'a', promised) || logged(j, 'b', promised);
	row(j, "reason", promised, kept ? promised : "not in the logs", kept);
}

/* "XfrmInStateSeqError 3": a counter of /proc/net/xfrm_stat at the end. */
static void judge_counter(struct judge *j, const struct lab_promise *p)
{
	char name[64], found[64] = "none";
	unsigned long want = 0, have = 0;
	struct span s = { 0 };
	sscanf(p->value, "%63s %lu", name, &want);
	for (int i = 64; i > 0 && !s.n; i--)
		s = lab_read(arena_printf(&j->arena, "%s/out/%c.counters-%d.txt", j->work,
					  p->key[strlen(p->key) - 1], i), &j->arena);
	const char *at = s.n ? strstr((const char *)s.p, name) : NULL;
	if (at)
		have = strtoul(at + strlen(name), NULL, 10);
	snprintf(found, sizeof found, "%lu", have);
	row(j, p->key, p->value, found, at && have == want);
}

/* "esp_in_udp keepalive": kinds of frames, each seen at least once; "!esp": never. */
static void judge_wire(struct judge *j, const char *promised)
{
	char *rest = arena_text(&j->arena, span_text(promised)), *word;
	while ((word = strsep(&rest, " "))) {
		bool none = word[0] == '!';
		const uint64_t *n = *word ? lab_wire_counter(&j->f->wire, word + none) : NULL;
		if (*word)
			row(j, "wire", word, n ? number(j, *n) : "no such kind",
			    n && (*n > 0) != none);
	}
}

static void judge_one(struct judge *j, const struct lab_promise *p)
{
	const struct lab_found *f = j->f;
	if (lab_is(p->key, "outcome"))
		judge_outcome(j, p->value);
	else if (lab_is(p->key, "reason"))
		judge_reason(j, p->value);
	else if (lab_is(p->key, "ike_sas"))
		judge_ike(j, p->value);
	else if (lab_is(p->key, "child_sas"))
		row(j, "CHILD SAs", p->value, number(j, lab_found_children(f)),
		    strtoul(p->value, NULL, 10) == lab_found_children(f));
	else if (lab_is(p->key, "algorithms"))
		judge_algorithms(j, p->value);
	else if (lab_is(p->key, "ike_algorithms"))
		row(j, "IKE algorithms", p->value, f->ike_algorithms[0],
		    strstr(f->ike_algorithms[0], p->value) != NULL);
	else if (lab_is(p->key, "packets"))
		at_least(j, "packets", p->value, lab_found_packets(f));
	else if (lab_is(p->key, "pings"))
		row(j, "pings answered", p->value,
		    arena_printf(&j->arena, "%llu of %llu", (unsigned long long)f->answered,
				 (unsigned long long)f->pings),
		    strtoul(p->value, NULL, 10) == f->answered);
	else if (strncmp(p->key, "counter.", 8) == 0)
		judge_counter(j, p);
	else if (strncmp(p->key, "log.", 4) == 0)
		judge_log(j, p);
	else if (lab_is(p->key, "wire"))
		judge_wire(j, p->value);
}

static void show_sas(struct judge *j)
{
	const struct lab_found *f = j->f;
	for (int i = 0; i < 2; i++)
		if (*f->ike_algorithms[i])
			text_printf(j->table, "IKE of %c: %s\n", "ab"[i], f->ike_algorithms[i]);
	if (f->sa_count)
		text_printf(j->table, "%-11s %-4s %-7s %-10s %-44s %8s %8s\n", "SPI", "SA", "way",
			    "mode", "algorithms", "sent", "received");
	for (size_t i = 0; i < f->sa_count; i++) {
		const struct lab_sa *sa = &f->sas[i];
		text_printf(j->table, "0x%08x  %-4s %-7s %-10s %-44s %8llu %8llu%s\n", sa->spi,
			    sa->protocol, sa->from_b ? "b -> a" : "a -> b", sa->mode,
			    sa->algorithms, (unsigned long long)sa->sent,
			    (unsigned long long)sa->received, sa->at_end ? "" : "  replaced");
	}
}

static bool judge(struct judge *j)
{
	const struct lab_wire *w = &j->f->wire;
	j->good = true;
	if (j->table) {
		show_sas(j);
		text_printf(j->table, "wire: %llu ESP, %llu AH, %llu ESP in UDP, %llu IKE, "
			    "%llu in clear\n\n  %-16s %-34s %-34s\n", (unsigned long long)w->esp,
			    (unsigned long long)w->ah, (unsigned long long)w->esp_in_udp,
			    (unsigned long long)(w->ike_500 + w->ike_4500),
			    (unsigned long long)w->clear, "", "promised", "found");
	}
	for (size_t i = 0; i < j->s->promise_count; i++)
		judge_one(j, &j->s->promises[i]);
	row(j, "in clear", "none", number(j, w->clear), w->clear == 0);
	if (!j->f->finished || j->f->control_failed)
		row(j, "steps", "each succeeds", "one failed, see steps.log", false);
	arena_done(&j->arena);
	return j->good;
}

bool lab_judge(const struct lab_scenario *s, const struct lab_found *f, const char *work,
	       struct text *out)
{
	struct judge j = { .s = s, .f = f, .work = work, .table = out };
	return judge(&j);
}

bool lab_judge_first(const struct lab_scenario *s, const struct lab_found *f, const char *work,
		     struct text *out)
{
	struct judge j = { .s = s, .f = f, .work = work, .first = out };
	return judge(&j);
}
