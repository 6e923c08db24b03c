/* SPDX-License-Identifier: BSD-2-Clause
 * The lab's recordings through the built program: every ESP and AH packet opens
 * with a good ICV but the deliberate forgeries, and wherever tshark opened one
 * with the kernel's keys (NAME.keys/tshark.csv), both say the same. Each key source
 * alone opens what the manifest says, in the words of manifest.sh. */
#include <fnmatch.h>
#include <jansson.h>

#include "ipsec/base/csv.h"
#include "tests/spawn.h"

/* Recordings of the lab, and the samples: those have their own tests but for the
 * sources (tests/truth_test.c). */
static const struct place {
	const char *manifest, *folder;
} places[] = {
	{ "captures/manifest.csv", "captures/lab" },
	{ "captures/samples/manifest.csv", "captures/samples" },
};
#define FOLDER "captures/lab"

/* One row of a manifest. */
struct shown {
	const char *folder, *name;
};

/* Packets that must not pass, in recordings whose scenario injects them. */
static const struct {
	const char *name, *icv, *replay;
	int count;
} forgeries[] = {
	{ "manual-forged", "bad", "unchecked", 3 },
	{ "manual-truncated", "bad", "unchecked", 3 },
	{ "manual-unknown-spi", "unchecked", "unchecked", 3 },
	{ "manual-replay", "good", "duplicate", 3 },
};
enum { FORGERIES = sizeof forgeries / sizeof *forgeries };

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static bool is_layer(const json_t *layer, const char *name)
{
	return strcmp(text(layer, "layer"), name) == 0;
}

/* The files of a key source. */
struct picked {
	char path[8][200];
	size_t count;
};

static struct ran run(const char *const *first, const struct picked *keys, const char *flag,
		      const char *last)
{
	const char *arguments[24];
	size_t n = 0;
	while (*first)
		arguments[n++] = *first++;
	for (size_t i = 0; i < keys->count; i++) {
		if (flag)
			arguments[n++] = flag;
		arguments[n++] = keys->path[i];
	}
	arguments[n++] = last;
	arguments[n] = NULL;
	return spawn_input(NULL, arguments);
}

static json_t *dissect_with(const struct shown *s, const struct picked *keys)
{
	char capture[160], *rest, *line;
	json_t *frames = json_array();
	snprintf(capture, sizeof capture, "%s/%s.pcap", s->folder, s->name);
	struct ran r = run((const char *const[]){ "dissect", "-f", "json", NULL }, keys, "-k", capture);
	ck_assert_msg(r.status == 0 || r.status == 1, "%s: status %d: %s", s->name, r.status, r.err);
	for (rest = r.out; (line = strsep(&rest, "\n")) && *line; )
		json_array_append_new(frames, json_loads(line, 0, NULL));
	ran_done(&r);
	return frames;
}

static json_t *dissect(const char *name)
{
	struct picked whole = { .count = 1 };
	snprintf(whole.path[0], sizeof whole.path[0], FOLDER "/%s.keys", name);
	return dissect_with(&(struct shown){ FOLDER, name }, &whole);
}

/* ---- ICVs ---- */

static bool is_forgery(const char *name, const json_t *layer, int *count)
{
	for (int i = 0; i < FORGERIES; i++)
		if (strcmp(forgeries[i].name, name) == 0 &&
		    strcmp(forgeries[i].icv, text(layer, "icv")) == 0 &&
		    strcmp(forgeries[i].replay, text(layer, "replay")) == 0) {
			(*count)++;
			return true;
		}
	return false;
}

static void check_icvs(const char *name, const json_t *frames)
{
	int count = 0, want = 0;
	for (size_t i = 0; i < json_array_size(frames); i++) {
		const json_t *layers = json_object_get(json_array_get(frames, i), "layers");
		for (size_t k = 0; k < json_array_size(layers); k++) {
			const json_t *l = json_array_get(layers, k);
			if ((!is_layer(l, "esp") && !is_layer(l, "ah")) || is_forgery(name, l, &count))
				continue;
			ck_assert_msg(!strcmp(text(l, "icv"), "good") && !strcmp(text(l, "replay"), "new"),
				      "%s frame %zu: icv %s, replay %s", name, i + 1, text(l, "icv"),
				      text(l, "replay"));
		}
	}
	for (int i = 0; i < FORGERIES; i++)
		if (strcmp(forgeries[i].name, name) == 0)
			want = forgeries[i].count;
	ck_assert_msg(count == want, "%s: %d forgeries, needs %d", name, count, want);
}

/* ---- tshark ---- */

/* "outer;inner": the inner one; "" if there is none. */
static const char *inner(const struct csv_table *t, const struct csv_row *row, const char *column)
{
	const char *cell = csv_cell(t, row, column), *semicolon = strchr(cell, ';');
	return semicolon ? semicolon + 1 : "";
}

static const json_t *after_esp(const json_t *layers, const char *v4, const char *v6)
{
	bool esp = false;
	for (size_t i = 0; i < json_array_size(layers); i++) {
		const json_t *l = json_array_get(layers, i);
		if (esp && (is_layer(l, v4) || is_layer(l, v6)))
			return l;
		esp |= is_layer(l, "esp");
	}
	return NULL;
}

static void compare_row(const char *name, const struct csv_table *t, const struct csv_row *row,
			const json_t *frames)
{
	size_t frame = strtoul(csv_cell(t, row, "frame.number"), NULL, 10);
	const json_t *layers = json_object_get(json_array_get(frames, frame - 1), "layers");
	const json_t *esp = NULL, *ip = after_esp(layers, "ipv4", "ipv6");
	const json_t *icmp = after_esp(layers, "icmp", "icmpv6");
	const char *type = csv_cell(t, row, "icmp.type");
	for (size_t i = 0; i < json_array_size(layers); i++)
		if (is_layer(json_array_get(layers, i), "esp"))
			esp = json_array_get(layers, i);
	ck_assert_msg(esp && !strcmp(text(esp, "spi"), csv_cell(t, row, "esp.spi")),
		      "%s frame %zu: SPI", name, frame);
	ck_assert_msg(json_integer_value(json_object_get(esp, "seq")) ==
		      (json_int_t)strtoul(csv_cell(t, row, "esp.sequence"), NULL, 10),
		      "%s frame %zu: sequence number", name, frame);
	if (*inner(t, row, "ip.src") && strcmp(text(esp, "icv"), "good") == 0)
		ck_assert_msg(ip && !strcmp(text(ip, "src"), inner(t, row, "ip.src")) &&
			      !strcmp(text(ip, "dst"), inner(t, row, "ip.dst")),
			      "%s frame %zu: inner addresses", name, frame);
	if (!*type)
		type = csv_cell(t, row, "icmpv6.type");
	if (*type && !strchr(type, ';') && strcmp(text(esp, "icv"), "good") == 0)
		ck_assert_msg(icmp && json_integer_value(json_object_get(icmp, "type")) ==
			      (json_int_t)strtoul(type, NULL, 10),
			      "%s frame %zu: ICMP type, tshark has %s", name, frame, type);
}

static void compare_tshark(const char *name, const json_t *frames)
{
	char path[160];
	struct arena a = { 0 };
	struct err e = { 0 };
	struct csv_table t;
	size_t n;
	snprintf(path, sizeof path, FOLDER "/%s.keys/tshark.csv", name);
	if (access(path, R_OK) != 0)
		return;
	char *whole = spawn_read(path, &n);
	ck_assert_msg(csv_read(&t, span_of(whole, n), path, &a, &e), "%s", e.text);
	for (size_t i = 0; i < t.count; i++)
		compare_row(name, &t, &t.rows[i], frames);
	arena_done(&a);
	free(whole);
}

/* ---- the manifest ---- */

static char *manifest(const struct place *p, struct csv_table *t, struct arena *a)
{
	static const char *const columns[] = { "capture", "shows", "how", "esp_sa", "ikev2_table",
		"xfrm", "xfrm_monitor", "charon_log", "pluto_log", "skeyseed_dh", "missing", "reason",
		NULL };
	struct err e = { 0 };
	size_t n;
	char *whole = spawn_read(p->manifest, &n);
	ck_assert_msg(csv_read(t, span_of(whole, n), p->manifest, a, &e) &&
		      csv_expect(t, columns, &e), "%s", e.text);
	return whole;
}

START_TEST(recording)
{
	struct arena a = { 0 };
	struct csv_table t;
	char *whole = manifest(&places[0], &t, &a);
	const char *name = csv_cell(&t, &t.rows[_i], "capture");
	json_t *frames = dissect(name);
	ck_assert_msg(json_array_size(frames) > 0, "%s: no frames", name);
	check_icvs(name, frames);
	compare_tshark(name, frames);
	json_decref(frames);
	arena_done(&a);
	free(whole);
}
END_TEST

/* ---- key sources ---- */

/* In the capture's folder and the folders of both gateways. */
static struct picked pick(const struct shown *s, const char *pattern)
{
	static const char *const folders[] = { "", "/a", "/b" };
	struct picked p = { .count = 0 };
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char folder[160];
		snprintf(folder, sizeof folder, "%s/%s.keys%s", s->folder, s->name, folders[i]);
		DIR *d = opendir(folder);
		for (struct dirent *e; d && (e = readdir(d));) {
			if (fnmatch(pattern, e->d_name, 0) != 0)
				continue;
			ck_assert_uint_lt(p.count, sizeof p.path / sizeof *p.path);
			snprintf(p.path[p.count++], sizeof p.path[0], "%s/%.30s", folder, e->d_name);
		}
		if (d)
			closedir(d);
	}
	return p;
}

struct opened {
	int protected, tried, encrypted, decrypted;
};

static void count_layers(const json_t *layers, struct opened *o)
{
	for (size_t k = 0; k < json_array_size(layers); k++) {
		const json_t *l = json_array_get(layers, k), *d = json_object_get(l, "decrypted");
		bool sa = is_layer(l, "esp") || is_layer(l, "ah");
		o->protected += sa;
		o->tried += sa && (!strcmp(text(l, "icv"), "good") || !strcmp(text(l, "icv"), "bad"));
		o->encrypted += is_layer(l, "ike") && d;
		o->decrypted += is_layer(l, "ike") && json_is_true(d);
	}
}

/* What opened, in the manifest's words. */
static const char *opens(const struct shown *s, const struct picked *keys)
{
	struct opened o = { 0 };
	json_t *frames = dissect_with(s, keys);
	for (size_t i = 0; i < json_array_size(frames); i++)
		count_layers(json_object_get(json_array_get(frames, i), "layers"), &o);
	json_decref(frames);
	bool sas = o.tried == o.protected, ikes = o.decrypted == o.encrypted;
	if (o.protected + o.encrypted == 0)
		return "nothing to open";
	if (sas && ikes)
		return "all";
	if (sas && o.protected && !o.decrypted)
		return "ESP only";
	if (ikes && o.encrypted && !o.tried)
		return "IKE only";
	return o.tried + o.decrypted ? "part" : "none";
}

static void check_source(const struct shown *s, const char *column, const char *pattern,
			 const char *want)
{
	struct picked p = pick(s, pattern);
	const char *got = p.count ? opens(s, &p) : "-";
	ck_assert_msg(strcmp(got, want) == 0, "%s with %s: opens \"%s\", the manifest says \"%s\"", s->name,
		      column, got, want);
}

/* Of a CSV of charon's logs: the header, each first SKEYSEED, DH secrets of later
 * exchanges (which have no SPIs). False if there is no SKEYSEED. */
static bool keep_first(char *csv)
{
	bool any = false;
	char *to = strchr(csv, '\n') ? strchr(csv, '\n') + 1 : csv;
	for (char *line = to, *end; (end = strchr(line, '\n')); line = end + 1) {
		size_t n = (size_t)(end - line) + 1;
		bool first = !strncmp(line, "skeyseed,", 9) && line[9] != ',';
		if (first || !strncmp(line, "dh,,", 4)) {
			memmove(to, line, n);
			to += n;
		}
		any |= first;
	}
	*to = '\0';
	return any;
}

static void check_skeyseed(const struct shown *s, const char *want)
{
	struct picked logs = pick(s, "charon.log"), csv = { .count = 1 };
	char path[64];
	const char *got = "-";
	if (logs.count) {
		struct ran r = run((const char *const[]){ "keys", "-t", "csv", NULL }, &logs, NULL, NULL);
		if (keep_first(r.out)) {
			spawn_file(path, r.out, strlen(r.out));
			strcpy(csv.path[0], path);
			got = opens(s, &csv);
			unlink(path);
		}
		ran_done(&r);
	}
	ck_assert_msg(strcmp(got, want) == 0, "%s with SKEYSEED: opens \"%s\", the manifest says \"%s\"",
		      s->name, got, want);
}

/* Rows of a manifest; 0 if there is none. No checks: no test runs yet. */
static int rows(const struct place *p)
{
	FILE *f = fopen(p->manifest, "r");
	int c, lines = 0;
	while (f && (c = getc(f)) != EOF)
		lines += c == '\n';
	if (f)
		fclose(f);
	return lines > 1 ? lines - 1 : 0;
}

START_TEST(sources)
{
	static const struct { const char *column, *pattern; } files[] = {
		{ "esp_sa", "esp_sa" }, { "ikev2_table", "ikev2_decryption_table" },
		{ "xfrm", "?.xfrm[.-][!m]*" }, { "xfrm_monitor", "?.xfrm-monitor.txt" },
		{ "charon_log", "charon.log" }, { "pluto_log", "pluto.log" },
	};
	struct arena a = { 0 };
	struct csv_table t;
	int first = rows(&places[0]), at = _i < first ? 0 : 1;
	char *whole = manifest(&places[at], &t, &a);
	const struct csv_row *row = &t.rows[_i - at * first];
	struct shown s = { places[at].folder, csv_cell(&t, row, "capture") };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		check_source(&s, files[i].column, files[i].pattern,
			     csv_cell(&t, row, files[i].column));
	check_skeyseed(&s, csv_cell(&t, row, "skeyseed_dh"));
	arena_done(&a);
	free(whole);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recordings");
	TCase *c = tcase_create("recordings");
	if (!rows(&places[0])) {
		printf("skip: no %s, `make captures` makes it\n", places[0].manifest);
		return EXIT_SUCCESS;
	}
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, recording, 0, rows(&places[0]));
	tcase_add_loop_test(c, sources, 0, rows(&places[0]) + rows(&places[1]));
	suite_add_tcase(s, c);
	return testing_run(s);
}
