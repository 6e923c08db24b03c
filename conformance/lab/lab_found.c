/* SPDX-License-Identifier: BSD-2-Clause
 * Reads what the guest left: `ip -s xfrm state`, `swanctl --list-sas`,
 * `whack --status`, ping's last lines, and the guest's own results. */
#include <stdio.h>
#include <stdlib.h>

#include "conformance/lab/lab_config.h"
#include "conformance/lab/lab_found.h"
#include "conformance/lab/lab_host.h"

enum { SNAPSHOTS_MAX = 64 };

/* The next line of NUL-terminated text, or NULL. */
static char *line_next(char **rest)
{
	char *line;
	do {
		line = strsep(rest, "\n");
	} while (line && !*line);
	return line;
}

static char *slurp(const char *work, const char *name, struct arena *a)
{
	struct span s = lab_read(arena_printf(a, "%s/out/%s", work, name), a);
	return s.n ? arena_text(a, s) : NULL;
}

/* ---- ip -s xfrm state ---- */

struct states {
	struct lab_found *f;
	const struct lab_scenario *s;
	bool on_b, from_b, last;	/* whose list; the block's sender; the last snapshot */
	struct lab_sa *sa;		/* the block's, or NULL: not ESP or AH */
	bool named;			/* its algorithms are known from another list */
};

static struct lab_sa *sa_of(struct states *t, const char *protocol, uint32_t spi)
{
	struct lab_found *f = t->f;
	for (size_t i = 0; i < f->sa_count; i++)
		if (f->sas[i].spi == spi && f->sas[i].from_b == t->from_b &&
		    lab_is(f->sas[i].protocol, protocol))
			return &f->sas[i];
	if (f->sa_count == LAB_SAS_MAX)
		return NULL;
	struct lab_sa *sa = &f->sas[f->sa_count++];
	*sa = (struct lab_sa){ .spi = spi, .from_b = t->from_b };
	snprintf(sa->protocol, sizeof sa->protocol, "%s", protocol);
	return sa;
}

static void read_proto(struct states *t, const char *line)
{
	char protocol[8], mode[16] = "";
	uint32_t spi;
	t->sa = NULL;
	if (sscanf(line, " proto %7s spi 0x%x", protocol, &spi) != 2 || spi == 0 ||
	    (!lab_is(protocol, "esp") && !lab_is(protocol, "ah")))
		return;
	const char *at = strstr(line, " mode ");
	if (at)
		sscanf(at, " mode %15s", mode);
	t->sa = sa_of(t, protocol, spi);
	if (!t->sa)
		return;
	snprintf(t->sa->mode, sizeof t->sa->mode, "%s", mode);
	*(t->on_b ? &t->sa->on_b : &t->sa->on_a) = true;
	t->sa->at_end |= t->last;
	t->named = t->sa->algorithms[0] != '\0';
}

/* "aead NAME 0xKEY (160 bits) 128": the row of the algorithm by name and sizes. */
static void read_algorithm(struct states *t, const char *line)
{
	char kind[16], name[64];
	unsigned int bits = 0, icv = 0;
	struct lab_sa *sa = t->sa;
	if (t->named || sscanf(line, " %15s %63s", kind, name) != 2)
		return;
	const char *sizes = strchr(strstr(line, name) + strlen(name), '(');
	if (sizes)
		sscanf(sizes, "(%u bits) %u", &bits, &icv);
	if (lab_is(kind, "enc"))
		icv = 0;
	const struct lab_algorithm *row = lab_algorithm_kernel(name, bits / 8, icv);
	size_t n = strlen(sa->algorithms);
	/* "auth" is listed before "enc"; people name the cipher first */
	if (lab_is(kind, "enc") && n) {
		char integ[sizeof sa->algorithms];
		memcpy(integ, sa->algorithms, sizeof integ);
		snprintf(sa->algorithms, sizeof sa->algorithms, "%.60s %.32s",
			 row ? row->title : name, integ);
	} else {
		snprintf(sa->algorithms + n, sizeof sa->algorithms - n, "%s%s", n ? " " : "",
			 row ? row->title : name);
	}
}

static void read_packets(struct states *t, const char *line)
{
	unsigned long bytes, packets;
	if (sscanf(line, " %lu(bytes), %lu(packets)", &bytes, &packets) != 2)
		return;
	uint64_t *count = t->on_b == t->from_b ? &t->sa->sent : &t->sa->received;
	if (packets > *count)
		*count = packets;
}

static void read_states(struct states *t, char *text)
{
	char *line, src[64], b[LAB_ADDRESS];
	lab_outer(&t->s->b, b);
	while ((line = line_next(&text))) {
		if (sscanf(line, "src %63s", src) == 1 && line[0] == 's') {
			t->from_b = lab_is(src, b);
			t->sa = NULL;
		} else if (strncmp(line, "\tproto ", 7) == 0) {
			read_proto(t, line);
		} else if (t->sa && (strncmp(line, "\taead ", 6) == 0 ||
				     strncmp(line, "\tenc ", 5) == 0 ||
				     strncmp(line, "\tauth", 5) == 0)) {
			read_algorithm(t, line);
		} else if (t->sa && strstr(line, "(packets)") && !strstr(line, "limit")) {
			read_packets(t, line);
		}
	}
}

/* An SPI that a daemon reserved for a negotiation that failed is no SA. */
static void drop_unkeyed(struct lab_found *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->sa_count; i++)
		if (f->sas[i].algorithms[0])
			f->sas[n++] = f->sas[i];
	f->sa_count = n;
}

static void read_snapshots(struct lab_found *f, const struct lab_scenario *s, const char *work,
			   struct arena *a)
{
	size_t last = 0;
	for (size_t i = 1; i <= SNAPSHOTS_MAX; i++)
		if (lab_exists(arena_printf(a, "%s/out/a.xfrm-%zu.txt", work, i)))
			last = i;
	for (size_t i = 1; i <= last; i++)
		for (int b = 0; b < 2; b++) {
			struct states t = { .f = f, .s = s, .on_b = b, .last = i == last };
			char *text = slurp(work, arena_printf(a, "%c.xfrm-%zu.txt", "ab"[b], i), a);
			if (text)
				read_states(&t, text);
		}
}

/* ---- the daemons' lists ---- */

static void read_charon(struct lab_found *f, int side, char *text)
{
	char *line;
	bool newest = false;
	while ((line = line_next(&text))) {
		bool top = line[0] != ' ' && strstr(line, ": #");
		if (top)
			newest = strstr(line, ", ESTABLISHED, ") != NULL;
		if (top && newest)
			f->ike_sas[side]++;
		if (newest && !top && line[2] != ' ' && strstr(line, "/PRF_") && line[0] == ' ')
			snprintf(f->ike_algorithms[side], sizeof f->ike_algorithms[side], "%s",
				 line + strspn(line, " "));
	}
}

static void read_pluto(struct lab_found *f, int side, char *text)
{
	char *line;
	while ((line = line_next(&text))) {
		const char *at = strstr(line, "IKE algorithm newest: ");
		if (!at)
			at = strstr(line, "IKEv2 algorithm newest: ");
		if (at)
			snprintf(f->ike_algorithms[side], sizeof f->ike_algorithms[side], "%s",
				 strstr(at, ": ") + 2);
		if (strstr(line, "000 #") && (strstr(line, "STATE_V2_ESTABLISHED_IKE_SA") ||
		    strstr(line, "STATE_MAIN_I4") || strstr(line, "STATE_MAIN_R3") ||
		    strstr(line, "STATE_AGGR_I2") || strstr(line, "STATE_AGGR_R2")))
			f->ike_sas[side]++;
	}
}

static void read_sas(struct lab_found *f, const struct lab_side *side, const char *work,
		     struct arena *a)
{
	int i = side->name[0] == 'b';
	char *text = slurp(work, i ? "b/sas.txt" : "a/sas.txt", a);
	f->ike_known[i] = !lab_is(side->peer, "xfrm");
	if (text && lab_is(side->peer, "strongswan"))
		read_charon(f, i, text);
	else if (text && lab_is(side->peer, "libreswan"))
		read_pluto(f, i, text);
}

/* ---- pings, results ---- */

static void read_pings(struct lab_found *f, const char *work, struct arena *a)
{
	for (int i = 1; i <= SNAPSHOTS_MAX; i++) {
		unsigned int sent, got;
		char *text = slurp(work, arena_printf(a, "ping-%d.txt", i), a), *line;
		while (text && (line = line_next(&text)))
			if (sscanf(line, "%u packets transmitted, %u received", &sent, &got) == 2) {
				f->pings += sent;
				f->answered += got;
			}
	}
}

static void read_result(struct lab_found *f, char *text)
{
	char *line;
	while ((line = line_next(&text))) {
		char *value = strchr(line, '\t');
		if (!value)
			continue;
		*value++ = '\0';
		if (lab_is(line, "error") && !f->error)
			f->error = value;
		else if (lab_is(line, "log") && !f->log)
			f->log = value;
		else if (lab_is(line, "finished"))
			f->finished = lab_is(value, "yes");
		else if (strncmp(line, "up-", 3) == 0)
			f->up_status = (int)strtol(value, NULL, 10);
		else if (lab_is(line, "waited") || strtol(value, NULL, 10) != 0)
			f->control_failed = true;
	}
}

bool lab_found_read(struct lab_found *f, const struct lab_scenario *s, const char *work,
		    struct arena *a, struct err *e)
{
	*f = (struct lab_found){ .up_status = -1 };
	char *result = slurp(work, "result", a);
	if (!result)
		return err_set(e, "the guest left no result; its console is %s/out/console.log", work);
	read_result(f, result);
	if (f->error)
		return err_set(e, "%s; see %s/out/%s", f->error, work, f->log ? f->log : "guest.log");
	read_snapshots(f, s, work, a);
	drop_unkeyed(f);
	read_sas(f, &s->a, work, a);
	read_sas(f, &s->b, work, a);
	read_pings(f, work, a);
	return lab_wire_read(&f->wire, arena_printf(a, "%s/out/wire.pcap", work), e);
}

size_t lab_found_children(const struct lab_found *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->sa_count; i++)
		n += f->sas[i].at_end && !f->sas[i].from_b;
	return n;
}

uint64_t lab_found_packets(const struct lab_found *f)
{
	uint64_t count[4] = { 0 }, least = UINT64_MAX;
	for (size_t i = 0; i < f->sa_count; i++) {
		count[f->sas[i].from_b] += f->sas[i].sent;
		count[2 + f->sas[i].from_b] += f->sas[i].received;
	}
	for (int i = 0; i < 4; i++)
		if (count[i] < least)
			least = count[i];
	return least;
}
