/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat explain` over the collections: the reason of each capture that shows a
 * failure is the one that its manifest names; packets and sequence numbers of each
 * SA agree with tshark's view (tshark.csv) and an independent decoder's
 * (truth.json). Then what the terminal gets: lines that fit. */
#include "ipsec/base/csv.h"
#include "tests/spawn.h"

#include <jansson.h>

enum { ROWS_MAX = 256, PACKETS_MAX = 4096 };

/* ---- what the collections hold ---- */

static const struct place {
	const char *manifest, *folder;
} places[] = {
	{ "captures/manifest.csv", "captures/lab" },
	{ "captures/samples/manifest.csv", "captures/samples" },
};

struct shown {
	char capture[128], keys[128], reason[64];
};
static struct shown all[ROWS_MAX];
static int all_count;

static void add_row(const struct place *at, const struct csv_table *t, const struct csv_row *r)
{
	const char *name = csv_cell(t, r, "capture"), *reason = csv_cell(t, r, "reason");
	if (!name || !reason || all_count == ROWS_MAX) {
		fprintf(stderr, "%s: no capture and reason, or too many rows\n", t->file);
		exit(1);
	}
	struct shown *s = &all[all_count++];
	snprintf(s->capture, sizeof s->capture, "%s/%s.pcap", at->folder, name);
	snprintf(s->keys, sizeof s->keys, "%s/%s.keys", at->folder, name);
	snprintf(s->reason, sizeof s->reason, "%s", reason);
}

/* Before the tests run, so without their assertions. */
static char *manifest_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *csv = calloc(1, 1 << 20);
	if (!f || !csv) {
		perror(path);
		exit(1);
	}
	*n = fread(csv, 1, (1 << 20) - 1, f);
	fclose(f);
	return csv;
}

static void read_manifests(void)
{
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct arena a = { 0 };
		struct csv_table t;
		struct err e = { 0 };
		size_t n;
		char *csv = manifest_read(places[i].manifest, &n);
		if (!csv_read(&t, span_of(csv, n), places[i].manifest, &a, &e)) {
			fprintf(stderr, "%s\n", e.text);
			exit(1);
		}
		for (size_t k = 0; k < t.count; k++)
			add_row(&places[i], &t, &t.rows[k]);
		free(csv);
		arena_done(&a);
	}
}

static json_t *parse(const struct ran *r, const char *of)
{
	json_error_t error;
	json_t *story = json_loads(r->out, 0, &error);
	ck_assert_msg(story != NULL, "%s: %s", of, error.text);
	return story;
}

static json_t *explain(const char *capture, const char *keys)
{
	struct ran r = SPAWN("explain", "-f", "json", "-k", keys, capture);
	ck_assert_msg(r.status >= 0 && r.status < 2, "%s: status %d: %s", capture, r.status, r.err);
	json_t *story = parse(&r, capture);
	ran_done(&r);
	return story;
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static uint64_t number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	ck_assert_msg(json_is_integer(v), "no number %s", key);
	return (uint64_t)json_integer_value(v);
}

static json_t *list(const json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);
	ck_assert_msg(json_is_array(v), "no list %s", key);
	return v;
}

/* ---- reasons ---- */

/* IKEv1's names have hyphens. */
static bool same_word(const char *a, const char *b)
{
	for (; *a && (*a == *b || (*a == '-' && *b == '_') || (*a == '_' && *b == '-')); a++)
		b++;
	return !*a && !*b;
}

static bool names(const json_t *sa, const char *reason)
{
	return same_word(text(sa, "reason"), reason) || same_word(text(sa, "situation"), reason);
}

START_TEST(test_reason)
{
	const struct shown *s = &all[_i];
	json_t *story = explain(s->capture, s->keys), *sa;
	size_t i, found = 0;
	json_array_foreach(list(story, "ike_sas"), i, sa) {
		ck_assert_msg(*text(sa, "explanation"), "%s: no explanation", s->capture);
		found += *s->reason && names(sa, s->reason);
		if (!*s->reason)
			ck_assert_msg(strcmp(text(sa, "outcome"), "failed") != 0, "%s: %s", s->capture,
				      text(sa, "explanation"));
	}
	ck_assert_msg(!*s->reason || found, "%s: nothing names %s", s->capture, s->reason);
	json_decref(story);
}
END_TEST

/* ---- against tshark and the independent decoder ---- */

struct seen {
	char spi[16], dst[64], other[64];	/* the address, or that of the other IP version */
	uint64_t packets, good, different, lowest, highest, inner, replays;
	uint64_t seqs[PACKETS_MAX];
};

static struct seen *seen_of(struct seen *all_seen, int *count, const char *spi, const char *dst)
{
	for (int i = 0; i < *count; i++)
		if (strcmp(all_seen[i].spi, spi) == 0 && strcmp(all_seen[i].dst, dst) == 0)
			return &all_seen[i];
	ck_assert_int_lt(*count, 64);
	struct seen *s = &all_seen[(*count)++];
	memset(s, 0, sizeof *s);
	snprintf(s->spi, sizeof s->spi, "%s", spi);
	snprintf(s->dst, sizeof s->dst, "%s", dst);
	return s;
}

static void seen_seq(struct seen *s, uint64_t seq)
{
	ck_assert_uint_lt(s->good, PACKETS_MAX);
	bool again = false;
	for (uint64_t i = 0; i < s->good; i++)
		again |= s->seqs[i] == seq;
	s->seqs[s->good++] = seq;
	s->different += !again;
	s->lowest = s->good == 1 || seq < s->lowest ? seq : s->lowest;
	s->highest = seq > s->highest ? seq : s->highest;
}

static json_t *sa_of(json_t *story, const struct seen *s)
{
	json_t *sa;
	size_t i;
	json_array_foreach(list(story, "sas"), i, sa)
		if (strcmp(text(sa, "spi"), s->spi) == 0 &&
		    (!*s->dst || strcmp(text(sa, "dst"), s->dst) == 0 ||
		     strcmp(text(sa, "dst"), s->other) == 0))
			return sa;
	ck_abort_msg("no SA %s to %s", s->spi, s->dst);
}

static void compare(json_t *story, const struct seen *s, const char *capture)
{
	json_t *sa = sa_of(story, s);
	ck_assert_msg(number(sa, "packets") == s->packets, "%s %s: packets", capture, s->spi);
	if (!s->good)
		return;
	ck_assert_msg(number(sa, "last_seq") == s->highest, "%s %s: last_seq", capture, s->spi);
	ck_assert_msg(number(sa, "missing") == s->highest - s->lowest + 1 - s->different,
		      "%s %s: missing", capture, s->spi);
	ck_assert_msg(number(sa, "duplicates") + number(sa, "too_old") == s->good - s->different,
		      "%s %s: duplicates", capture, s->spi);
}

/* The outermost one of a cell with several values. */
static void first_value(const char *cell, char *to, size_t size)
{
	snprintf(to, size, "%.*s", (int)strcspn(cell ? cell : "", ";"), cell ? cell : "");
}

static void take_tshark(struct seen *seen, int *count, const struct csv_table *t,
			const struct csv_row *r)
{
	char spi[16], seq[24], dst[64], other[64], good[8];
	first_value(csv_cell(t, r, "esp.spi"), spi, sizeof spi);
	first_value(csv_cell(t, r, "esp.sequence"), seq, sizeof seq);
	first_value(csv_cell(t, r, "esp.icv_good"), good, sizeof good);
	first_value(csv_cell(t, r, "ip.dst"), dst, sizeof dst);
	first_value(csv_cell(t, r, "ipv6.dst"), other, sizeof other);
	if (!*spi)
		return;
	struct seen *s = seen_of(seen, count, spi, *dst ? dst : other);
	memcpy(s->other, other, sizeof other);
	s->packets++;
	if (strcmp(good, "1") == 0)
		seen_seq(s, strtoull(seq, NULL, 10));
}

/* Only where its ICVs were good: it cannot open every algorithm, nor ESN. */
START_TEST(test_tshark)
{
	const struct shown *shown = &all[_i];
	static struct seen seen[64];
	struct arena a = { 0 };
	struct csv_table t;
	struct err e = { 0 };
	char path[160];
	int count = 0;
	size_t n;
	snprintf(path, sizeof path, "%s/tshark.csv", shown->keys);
	if (access(path, R_OK) != 0)
		return;
	char *csv = spawn_read(path, &n);
	ck_assert_msg(csv_read(&t, span_of(csv, n), path, &a, &e), "%s", e.text);
	for (size_t i = 0; i < t.count; i++)
		take_tshark(seen, &count, &t, &t.rows[i]);
	json_t *story = explain(shown->capture, shown->keys);
	for (int i = 0; i < count; i++)
		compare(story, &seen[i], shown->capture);
	json_decref(story);
	free(csv);
	arena_done(&a);
}
END_TEST

static void take_truth(struct seen *seen, int *count, const json_t *o)
{
	if (strcmp(text(o, "kind"), "ike") == 0 || !*text(o, "spi"))
		return;
	struct seen *s = seen_of(seen, count, text(o, "spi"), text(o, "dst"));
	s->packets++;
	if (!json_is_true(json_object_get(o, "icv_ok")))
		return;
	seen_seq(s, (uint64_t)json_integer_value(json_object_get(o, "seq")));
	s->inner += (uint64_t)json_integer_value(json_object_get(o, "inner_len"));
	s->replays += json_is_true(json_object_get(o, "replay"));
}

START_TEST(test_truth)
{
	const struct shown *shown = &all[_i];
	static struct seen seen[64];
	json_t *o;
	char path[160];
	int count = 0;
	size_t i;
	snprintf(path, sizeof path, "%s/truth.json", shown->keys);
	if (access(path, R_OK) != 0)
		return;
	json_t *truth = json_load_file(path, 0, NULL), *story = explain(shown->capture, shown->keys);
	json_array_foreach(truth, i, o)
		take_truth(seen, &count, o);
	for (int k = 0; k < count; k++) {
		compare(story, &seen[k], shown->capture);
		json_t *sa = sa_of(story, &seen[k]);
		ck_assert_msg(number(sa, "inner_bytes") == seen[k].inner, "%s: inner octets",
			      shown->capture);
		ck_assert_uint_eq(number(sa, "bytes"),
				  number(sa, "inner_bytes") + number(sa, "overhead_bytes") +
				  (number(sa, "icv_bad") || number(sa, "unchecked") ?
				   number(sa, "bytes") - number(sa, "inner_bytes") -
				   number(sa, "overhead_bytes") : 0));
	}
	json_decref(truth);
	json_decref(story);
}
END_TEST

/* ---- numbers that the kernels of the lab wrote down ---- */

static json_t *lab_sa(const char *name, const char *spi, json_t **story)
{
	char capture[128], keys[128];
	struct seen s = { 0 };
	snprintf(capture, sizeof capture, "captures/lab/%s.pcap", name);
	snprintf(keys, sizeof keys, "captures/lab/%s.keys", name);
	snprintf(s.spi, sizeof s.spi, "%s", spi);
	*story = explain(capture, keys);
	return sa_of(*story, &s);
}

/* manual-loss.keys/b: oseq 16 at the sender, 13 packets at the receiver. */
START_TEST(test_loss)
{
	json_t *story, *sa = lab_sa("manual-loss", "0xc0de0a0b", &story);
	ck_assert_uint_eq(number(sa, "missing"), 16 - 13);
	ck_assert_uint_eq(number(sa, "packets"), 13);
	json_decref(story);
}
END_TEST

/* tshark.csv has the sequence numbers 8 11 9 10 12. */
START_TEST(test_reorder)
{
	json_t *story, *sa = lab_sa("manual-reorder", "0xc0de0a0b", &story);
	ck_assert_uint_eq(number(sa, "reordered"), 2);
	ck_assert_uint_eq(number(sa, "missing"), 0);
	json_decref(story);
}
END_TEST

/* The scenario begins 4 packets before 2^32 and sends 8. */
START_TEST(test_esn)
{
	json_t *story, *sa = lab_sa("manual-esn-wrap", "0xc0de0a0b", &story);
	ck_assert(json_is_true(json_object_get(sa, "esn")));
	ck_assert_uint_eq(number(sa, "first_seq"), 4294967292);
	ck_assert_uint_eq(number(sa, "last_seq"), 4294967292 + 7);
	ck_assert_uint_eq(number(sa, "missing"), 0);
	json_decref(story);
}
END_TEST

/* scenario.ini asks for TFC; the padding is what truth the sizes leave: outer minus
 * inner minus the 56 to 59 octets of GCM in a tunnel. */
START_TEST(test_tfc)
{
	json_t *story = explain("captures/lab/tfc.pcap", "captures/lab/tfc.keys"), *sa;
	uint64_t padded = 0;
	size_t i;
	json_array_foreach(list(story, "sas"), i, sa) {
		uint64_t packets = number(sa, "inner_packets");
		uint64_t rest = number(sa, "overhead_bytes") - number(sa, "tfc_bytes");
		ck_assert(rest >= 54 * packets && rest <= 57 * packets + 3);
		padded += number(sa, "tfc_packets");
	}
	ck_assert_uint_gt(padded, 0);
	json_decref(story);
}
END_TEST

/* ---- what the text says ---- */

/* "+" says that it must be there, "-" that it must not. */
static const struct said {
	const char *capture, *keys;	/* keys: of that capture; NULL: none */
	const char *words[6];
} said[] = {
	{ "mobike", "mobike", { "+In frame 1 192.0.2.1 asks 192.0.2.2", "+Established between 192.0.2.1 (",
	  "+moved from 192.0.2.1 to 192.0.2.11 in frame 11", "-ESP travels in UDP",
	  "+over another path, to see whether it works (frame 12: 192.0.2.11 > 10.2.0.1)",
	  "-sent 1 message again" } },
	{ "udp-encap", "udp-encap", { "+ESP travels in UDP" } },
	{ "dead-peer", "dead-peer", { "+established, peer dead", "-while it is up", "+ICMP type 3 code 3 (4 in all)",
	  "+or a firewall rejects it", "-NAT may have forgotten", "+(sent 4 times)" } },
	{ "fail-no-answer", NULL, { "+REJECT rule", "-The peer is down", "+ICMP type 3 code 3" } },
	{ "fail-ts", "fail-ts", { "+established, no CHILD SA", "-above" } },
	{ "fail-child-proposal", "fail-child-proposal", { "+established, no CHILD SA", "-above" } },
	{ "lsw-fail-proposal", "lsw-fail-proposal", { "+established, no CHILD SA" } },
	{ "tunnel-gcm", "tunnel-gcm", { "-established, no", "-Keys were given" } },
	{ "fail-psk", "fail-psk", { "+the pre-shared keys differ", "+The other end's configuration (",
	  "+b/swanctl.conf:27) has another secret", "+refused it with AUTHENTICATION_FAILED", "-above" } },
	{ "fail-identity", "fail-identity", { "+Every pre-shared key that is given agrees",
	  "-has another secret", "-above" } },
	{ "fail-ts", NULL, { "+no ESP or AH follows between the two", "+ike = 4 and chd = 4",
	  "+plutodebug=\"all private\"" } },
	{ "tunnel-gcm", NULL, { "+so it most likely was established", "-no ESP or AH follows" } },
	{ "rekey-collision", "rekey-collision", { "+with one CHILD SA, which both sides rekeyed at once",
	  "+Both sides rekeyed a CHILD SA at once (frames 11 and 12)", "+deletes it in frame 16" } },
	{ "rekey-collision-ike", "rekey-collision-ike", {
	  "+Both sides rekeyed IKE SA 1 at once (answers in frames 13 and 14)",
	  "+IKE SA 2, was not needed (the initiator deletes it in frame 15)" } },
	{ "children-3", "children-3", { "+with 3 CHILD SAs", "-rekeyed" } },
	{ "v1-fail-psk", "v1-fail-psk", { "-got no answer" } },
	{ "v1-fail-psk", NULL, { "-got no answer", "+most likely an error" } },
	{ "invalid-ke", "invalid-ke", { "+in frame 2 the responder names the group", "-See the first" } },
	{ "fail-ts", "fail-psk", { "+Keys were given, but none for these SPIs" } },
	{ "manual-gcm", "fail-psk", { "+Keys were given, but none for this SPI" } },
	{ "manual-gcm", "manual-gcm", { "-Keys were given" } },
};

START_TEST(test_said)
{
	const struct said *s = &said[_i];
	char capture[128], keys[128];
	setenv("COLUMNS", "2000", 1);
	snprintf(capture, sizeof capture, "captures/lab/%s.pcap", s->capture);
	snprintf(keys, sizeof keys, "captures/lab/%s.keys", s->keys ? s->keys : "");
	struct ran r = s->keys ? SPAWN("explain", "-k", keys, capture) : SPAWN("explain", capture);
	for (size_t i = 0; i < sizeof s->words / sizeof *s->words && s->words[i]; i++)
		ck_assert_msg((strstr(r.out, s->words[i] + 1) != NULL) == (*s->words[i] == '+'),
			      "%s: %s\n%s", s->capture, s->words[i], r.out);
	ran_done(&r);
}
END_TEST

/* Partial checksums are one note, the last; what is worse comes first. */
START_TEST(test_findings_order)
{
	static const char *const ranks[] = { "violation", "deviation", "note" };
	for (int k = 0; k < all_count; k += 5) {
		json_t *story = explain(all[k].capture, all[k].keys), *f;
		size_t i, last = 0;
		bool partial = false;
		json_array_foreach(list(story, "findings"), i, f) {
			size_t rank = 0;
			while (rank < 2 && strcmp(ranks[rank], text(f, "severity")))
				rank++;
			ck_assert_msg(rank >= last && !partial, "%s: %s", all[k].capture, text(f, "text"));
			last = rank;
			partial = strstr(text(f, "text"), "UDP checksum") && strstr(text(f, "text"), "offload");
		}
		json_decref(story);
	}
}
END_TEST

/* ---- the terminal ---- */

/* Columns of a line of UTF-8. */
static unsigned columns_of(const char *line, size_t n)
{
	unsigned columns = 0;
	for (size_t i = 0; i < n; i++)
		columns += ((uint8_t)line[i] & 0xc0) != 0x80;
	return columns;
}

static void check_lines(const char *out, unsigned most)
{
	for (const char *line = out; *line; ) {
		size_t n = strcspn(line, "\n");
		ck_assert_msg(columns_of(line, n) <= most, "%u columns: %.*s", columns_of(line, n),
			      (int)n, line);
		line += n + (line[n] == '\n');
	}
}

static const char *const widths[] = { "60", "80", "132" };

START_TEST(test_width)
{
	setenv("COLUMNS", widths[_i], 1);
	setenv("LANG", "C.UTF-8", 1);
	for (int k = 0; k < all_count; k += 7) {
		struct ran r = SPAWN("explain", "-k", all[k].keys, all[k].capture);
		ck_assert_int_ge(r.status, 0);
		check_lines(r.out, (unsigned)atoi(widths[_i]));
		ck_assert_msg(!strchr(r.out, '\033'), "colour, but no terminal");
		ran_done(&r);
	}
}
END_TEST

START_TEST(test_ascii)
{
	setenv("LC_ALL", "C", 1);
	struct ran r = SPAWN("explain", "captures/samples/tunnel-gcm.pcap");
	for (const char *c = r.out; *c; c++)
		ck_assert_msg((uint8_t)*c < 0x80, "octet %02x", (uint8_t)*c);
	ck_assert_ptr_nonnull(strstr(r.out, "|-- IKE_SA_INIT request 0 --"));
	ran_done(&r);
}
END_TEST

START_TEST(test_usage)
{
	struct ran r = SPAWN("explain", "-f", "nonsense", "x.pcap");
	ck_assert_int_eq(r.status, 2);
	ck_assert_ptr_nonnull(strstr(r.err, "\"nonsense\": there are text, json and html"));
	ran_done(&r);
	r = SPAWN("explain", "--mtu", "10", "x.pcap");
	ck_assert_int_eq(r.status, 2);
	ran_done(&r);
	r = SPAWN("explain", "captures/none.pcap");
	ck_assert_int_eq(r.status, 2);
	ran_done(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explain");
	TCase *t = tcase_create("explain");
	read_manifests();
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_reason, 0, all_count);
	tcase_add_loop_test(t, test_tshark, 0, all_count);
	tcase_add_loop_test(t, test_truth, 0, all_count);
	tcase_add_test(t, test_loss);
	tcase_add_test(t, test_reorder);
	tcase_add_test(t, test_esn);
	tcase_add_test(t, test_tfc);
	tcase_add_loop_test(t, test_said, 0, sizeof said / sizeof *said);
	tcase_add_test(t, test_findings_order);
	tcase_add_loop_test(t, test_width, 0, sizeof widths / sizeof *widths);
	tcase_add_test(t, test_ascii);
	tcase_add_test(t, test_usage);
	suite_add_tcase(s, t);
	return testing_run(s);
}
