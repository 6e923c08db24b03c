/* SPDX-License-Identifier: BSD-2-Clause
 * The lab's recordings through the built program: every ESP and AH packet opens
 * with a good ICV but the deliberate forgeries, and wherever tshark opened one
 * with the kernel's keys (NAME.keys/tshark.csv), both say the same. */
#include <jansson.h>

#include "ipsec/base/csv.h"
#include "tests/spawn.h"

#define MANIFEST "captures/manifest.csv"
#define FOLDER "captures/lab"

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

static json_t *dissect(const char *name)
{
	char keys[160], capture[160], *rest, *line;
	json_t *frames = json_array();
	snprintf(keys, sizeof keys, FOLDER "/%s.keys", name);
	snprintf(capture, sizeof capture, FOLDER "/%s.pcap", name);
	struct ran r = SPAWN("dissect", "-f", "json", "-k", keys, capture);
	ck_assert_msg(r.status == 0, "%s: status %d: %s", name, r.status, r.err);
	for (rest = r.out; (line = strsep(&rest, "\n")) && *line; )
		json_array_append_new(frames, json_loads(line, 0, NULL));
	ran_done(&r);
	return frames;
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

static char *manifest(struct csv_table *t, struct arena *a)
{
	static const char *const columns[] = { "capture", "shows", "how", "esp_sa", "ikev2_table",
		"xfrm", "xfrm_monitor", "charon_log", "pluto_log", "reason", NULL };
	struct err e = { 0 };
	size_t n;
	char *whole = spawn_read(MANIFEST, &n);
	ck_assert_msg(csv_read(t, span_of(whole, n), MANIFEST, a, &e) &&
		      csv_expect(t, columns, &e), "%s", e.text);
	return whole;
}

START_TEST(recording)
{
	struct arena a = { 0 };
	struct csv_table t;
	char *whole = manifest(&t, &a);
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

/* Rows of the manifest; 0 if there is none. No checks: no test runs yet. */
static int rows(void)
{
	FILE *f = fopen(MANIFEST, "r");
	int c, lines = 0;
	while (f && (c = getc(f)) != EOF)
		lines += c == '\n';
	if (f)
		fclose(f);
	return lines > 1 ? lines - 1 : 0;
}

int main(void)
{
	Suite *s = suite_create("recordings");
	TCase *c = tcase_create("recordings");
	if (!rows()) {
		puts("skip: no " MANIFEST ", `make captures` makes it");
		return EXIT_SUCCESS;
	}
	tcase_add_loop_test(c, recording, 0, rows());
	suite_add_tcase(s, c);
	return testing_run(s);
}
