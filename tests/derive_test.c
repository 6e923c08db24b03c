/* SPDX-License-Identifier: BSD-2-Clause
 * One secret opens the session: each sample capture through the built program with
 * nothing but a few rows of what charon's log holds (the first SKEYSEED, the first DH
 * secret, SK_d beside Wireshark's table; of IKEv1 the DH secrets and the PSK), compared
 * with what an independent decoder found (truth.json). Where the secret of one exchange
 * is left out, what it made stays closed and is named. */
#include "tests/spawn.h"

#include <jansson.h>

/* Secrets of IKE_SA_INIT have SPIs in the log, those of later exchanges have none. */
enum { FIRST_SKEYSEED = 1, FIRST_DH = 2, LATER_DH = 4, SK_D = 8, SKEYID = 16, SKEYID_D = 32,
       SKEYID_E = 64, PPK = 128, ALL_DH = FIRST_DH | LATER_DH };

static const char *const samples[] = {
	"ah-transport", "cert-fragmented", "fail-auth",
	"ipv6-tunnel", "natt-chacha", "rekey-pfs",
	"transport-cbc", "tunnel-gcm", "ikev1-main",
	"../lab/ppk",	/* without truth: the ICVs are all that is known */
};
enum { REKEY = 5, V1 = 8, WITH_PPK = 9 };

#define HEADER "kind,spi_i,spi_r,protocol,spi,src,dst,mode,encr,encr_key,integ,integ_key," \
	       "prf,esn,window,secret,id\n"

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* ---- keys ---- */

static bool starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static bool wanted(const char *line, int secrets)
{
	bool dh = starts(line, "dh,"), later = starts(line, "dh,,");
	if (starts(line, "skeyseed,"))
		return secrets & FIRST_SKEYSEED && !starts(line, "skeyseed,,");
	if (starts(line, "sk_d,"))
		return secrets & SK_D && !starts(line, "sk_d,,");
	if (starts(line, "ppk,"))
		return secrets & PPK;
	for (int i = 0; i < 3; i++)
		if (starts(line, (const char *const[]){ "skeyid,", "skeyid_d,", "skeyid_e," }[i]))
			return secrets & SKEYID << i;
	return dh && secrets & (later ? LATER_DH : FIRST_DH);
}

/* A file with those rows of side's log, the one with index `without` among them left out
 * (-1: none), and with what stands in `more`. Returns how many rows of the log it has. */
static int keys_make(char path[64], int sample, char side, int secrets, int without, const char *more)
{
	char log[128], *csv = NULL;
	size_t n = 0;
	int count = 0;
	snprintf(log, sizeof log, SAMPLES "/%s.keys/%c/charon.log", samples[sample], side);
	struct ran r = SPAWN("keys", "-t", "csv", log);
	ck_assert_msg(r.status == 0, "%s: %s", log, r.err);
	bool id = strstr(r.out, ",secret,id\n") != NULL;
	FILE *f = open_memstream(&csv, &n);
	fputs(HEADER, f);
	for (char *line = r.out, *end; (end = strchr(line, '\n')); line = end + 1)
		if (wanted(line, secrets) && count++ != without)
			fprintf(f, "%.*s%s\n", (int)(end - line), line, id ? "" : ",");
	fputs(more, f);
	fclose(f);
	spawn_file(path, csv, n);
	free(csv);
	ran_done(&r);
	return count;
}

/* ---- what opened ---- */

struct tally {
	int protected, good, encrypted, decrypted;
	int wrong;		/* not as the truth says */
	char notes[4096];	/* findings that tell what is missing */
};

static json_t *truth_of(int sample)
{
	char path[128];
	json_error_t why;
	snprintf(path, sizeof path, SAMPLES "/%s.keys/truth.json", samples[sample]);
	json_t *truth = json_load_file(path, 0, &why);
	ck_assert_msg(truth != NULL || sample == WITH_PPK, "%s: %s", path, why.text);
	return truth;
}

static const json_t *truth_at(const json_t *truth, json_int_t frame)
{
	for (size_t i = 0; i < json_array_size(truth); i++)
		if (json_integer_value(json_object_get(json_array_get(truth, i), "frame")) == frame)
			return json_array_get(truth, i);
	return NULL;
}

static void take_findings(struct tally *t, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *said = text(json_array_get(list, i), "text");
		size_t n = strlen(t->notes);
		if (strstr(said, "missing"))
			snprintf(t->notes + n, sizeof t->notes - n, "%s\n", said);
	}
}

/* SPIs of CHILD SAs, and IKE SAs but for the first, that must stay closed. */
static const char *const nothing[] = { NULL };

static bool is_closed(const json_t *truth, const char *const *closed)
{
	const char *spi = text(truth, *text(truth, "spi") ? "spi" : "spi_i");
	for (; *closed; closed++)
		if (strcmp(*closed, spi) == 0)
			return true;
	return false;
}

/* The first protected layer of a frame. */
static void take_frame(struct tally *t, const json_t *frame, const json_t *truth,
		       const char *const *closed)
{
	const json_t *layers = json_object_get(frame, "layers");
	bool shut = is_closed(truth, closed);
	take_findings(t, json_object_get(frame, "findings"));
	for (size_t i = 0; i < json_array_size(layers); i++) {
		const json_t *l = json_array_get(layers, i), *d = json_object_get(l, "decrypted");
		const char *name = text(l, "layer");
		bool good = strcmp(text(l, "icv"), "good") == 0;
		if (strcmp(name, "ike") == 0 && d) {
			const json_t *ok = json_object_get(truth, "sk_ok");
			bool open = json_is_true(ok) && !shut;
			t->encrypted++;
			t->decrypted += json_is_true(d);
			t->wrong += ok && open != (json_is_true(d) && good);
			return;
		}
		if (strcmp(name, "esp") == 0 || strcmp(name, "ah") == 0) {
			t->protected++;
			t->good += good;
			t->wrong += truth && (json_is_true(json_object_get(truth, "icv_ok")) && !shut) != good;
			return;
		}
	}
}

static struct tally opened(int sample, const char *keys, const char *table,
			   const char *const *closed)
{
	char capture[128];
	struct tally t = { 0 };
	json_t *truth = truth_of(sample);
	snprintf(capture, sizeof capture, SAMPLES "/%s.pcap", samples[sample]);
	struct ran r = SPAWN("dissect", "-f", "json", "-k", keys, "-k", table ? table : keys, capture);
	ck_assert_msg(r.status == 0, "%s: exit %d: %s", capture, r.status, r.err);
	for (char *line = r.out, *end; (end = strchr(line, '\n')); line = end + 1) {
		json_t *frame = json_loadb(line, (size_t)(end - line), 0, NULL);
		take_frame(&t, frame, truth_at(truth, json_integer_value(json_object_get(frame, "frame"))), closed);
		json_decref(frame);
	}
	json_decref(truth);
	ran_done(&r);
	return t;
}

static void check_all(int sample, const char *with, const struct tally *t)
{
	ck_assert_msg(t->wrong == 0 && t->decrypted == t->encrypted,
		      "%s with %s: %d frames not as the truth has them; %d of %d packets, %d of %d "
		      "messages opened; %s", samples[sample], with, t->wrong, t->good, t->protected,
		      t->decrypted, t->encrypted, t->notes);
}

/* ---- all of it ---- */

static const struct source {
	const char *name;
	int secrets;
} sources[] = {
	{ "the first SKEYSEED", FIRST_SKEYSEED | LATER_DH }, { "the first DH secret", ALL_DH },
};
enum { SOURCES = sizeof sources / sizeof *sources };

START_TEST(from_one_secret)
{
	int sample = _i / (2 * SOURCES), side = _i / SOURCES % 2;
	const struct source *s = &sources[_i % SOURCES];
	char path[64];
	int rows = keys_make(path, sample, "ab"[side], s->secrets, -1, "");
	ck_assert_int_eq(rows, sample == REKEY ? 4 : 1);
	struct tally t = opened(sample, path, NULL, nothing);
	check_all(sample, s->name, &t);
	ck_assert(t.encrypted > 0);
	unlink(path);
}
END_TEST

/* SK_d with SK_ei and SK_er, which Wireshark's table has. natt-chacha's is empty. */
START_TEST(from_sk_d_and_table)
{
	char path[64], table[128];
	if (strcmp(samples[_i], "natt-chacha") == 0 || _i == REKEY)
		return;
	keys_make(path, _i, 'a', SK_D, -1, "");
	snprintf(table, sizeof table, SAMPLES "/%s.keys/a/ikev2_decryption_table", samples[_i]);
	struct tally t = opened(_i, path, table, nothing);
	check_all(_i, "SK_d and the table", &t);
	unlink(path);
}
END_TEST

/* SK_d alone opens no message, so nothing is known of the CHILD SAs: that is said. */
START_TEST(from_sk_d_alone)
{
	char path[64];
	keys_make(path, _i, 'a', SK_D, -1, "");
	struct tally t = opened(_i, path, NULL, nothing);
	ck_assert_int_eq(t.decrypted + t.good, 0);
	ck_assert_msg(strstr(t.notes, "SK_e") && strstr(t.notes, "SK_d"), "%s: \"%s\"", samples[_i],
		      t.notes);
	unlink(path);
}
END_TEST

/* ---- one missing ---- */

/* The DH secrets of rekey-pfs, in the log's order: of the first CHILD SA's rekey, the IKE
 * SA's, the second CHILD SA's. What stays closed without each: what that exchange made,
 * and of a new IKE SA all that follows from it. */
static const struct missing {
	int secrets, without;
	const char *closed[6];
	const char *note;
} missing[] = {
	{ FIRST_SKEYSEED | LATER_DH, 1, { "0xc6a9a90d", "0xc6cbb935" }, "the right DH secret" },
	{ FIRST_SKEYSEED | LATER_DH, 2, { "47e50188350eb635", "0xcd322eb5", "0xc184eb2e" }, "DH secret" },
	{ FIRST_SKEYSEED | LATER_DH, 3, { "0xcd322eb5", "0xc184eb2e" }, "the right DH secret" },
	{ FIRST_SKEYSEED, -1, { "47e50188350eb635", "0xc6a9a90d", "0xc6cbb935", "0xcd322eb5", "0xc184eb2e" },
	  "the DH secret of the CREATE_CHILD_SA exchange in frame " },
};

START_TEST(without_one)
{
	const struct missing *m = &missing[_i];
	char path[64];
	keys_make(path, REKEY, 'a', m->secrets, m->without, "");
	struct tally t = opened(REKEY, path, NULL, m->closed);
	ck_assert_msg(t.protected == 24 && t.wrong == 0 && t.good < t.protected,
		      "%d: %d frames not as expected, %d packets opened", _i, t.wrong, t.good);
	ck_assert_msg(strstr(t.notes, m->note) != NULL, "%d: \"%s\"", _i, t.notes);
	unlink(path);
}
END_TEST

/* ---- IKEv1 ---- */

/* SKEYID comes from the PSK, the rest from the DH secret; Quick Mode had PFS. */
START_TEST(v1_from_dh_and_psk)
{
	static const char psk[] = "psk,,,,,,,,,,,,,,,text:sample-psk-m-1,\n";
	char path[64];
	int rows = keys_make(path, V1, "ab"[_i], ALL_DH, -1, psk);
	ck_assert_int_eq(rows, 3);
	struct tally t = opened(V1, path, NULL, nothing);
	ck_assert_msg(t.good == t.protected && t.decrypted == t.encrypted && t.encrypted > 0 && !t.wrong,
		      "%d of %d packets, %d of %d messages; %s", t.good, t.protected, t.decrypted,
		      t.encrypted, t.notes);
	unlink(path);
	keys_make(path, V1, "ab"[_i], ALL_DH, -1, "psk,,,,,,,,,,,,,,,text:another,\n");
	t = opened(V1, path, NULL, nothing);
	ck_assert_int_eq(t.good + t.decrypted, 0);
	unlink(path);
}
END_TEST

/* The other secrets of phase 1: what each opens, of messages and of ESP packets. */
static const struct v1_source {
	const char *name;
	int secrets;
	bool table, messages, packets;
} v1_sources[] = {
	{ "SKEYID and the DH secrets", SKEYID | ALL_DH, false, true, true },
	{ "SKEYID and phase 1's DH secret", SKEYID | FIRST_DH, false, true, false },
	{ "SKEYID", SKEYID, false, false, false },
	{ "SKEYID_e", SKEYID_E, false, true, false },
	{ "SKEYID_d, SKEYID_e, phase 2's DH secrets", SKEYID_D | SKEYID_E | LATER_DH, false, true, true },
	{ "SKEYID_d, Wireshark's table, phase 2's DH secrets", SKEYID_D | LATER_DH, true, true, true },
	{ "SKEYID_d and Wireshark's table", SKEYID_D, true, true, false },
};

START_TEST(v1_from_others)
{
	static const char table[] = SAMPLES "/ikev1-main.keys/a/ikev1_decryption_table";
	const struct v1_source *s = &v1_sources[_i];
	char path[64];
	keys_make(path, V1, 'a', s->secrets, -1, "");
	struct tally t = opened(V1, path, s->table ? table : NULL, nothing);
	ck_assert_msg(t.decrypted == (s->messages ? t.encrypted : 0) && t.encrypted == 11 &&
		      t.good == (s->packets ? t.protected : 0) && t.protected == 12,
		      "%s: %d of %d messages, %d of %d packets", s->name, t.decrypted, t.encrypted, t.good,
		      t.protected);
	unlink(path);
}
END_TEST

/* RFC 8784, 3: SK_d depends on the PPK, the keys of messages do not. */
START_TEST(ppk)
{
	static const struct { int secrets; bool packets; } with[] = {
		{ FIRST_SKEYSEED, false }, { FIRST_SKEYSEED | PPK, true }, { FIRST_DH | PPK, true },
	};
	for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
		char path[64];
		keys_make(path, WITH_PPK, 'a', with[i].secrets, -1, "");
		struct tally t = opened(WITH_PPK, path, NULL, nothing);
		ck_assert_msg(t.decrypted == t.encrypted && t.encrypted > 0 && t.protected > 0 &&
			      t.good == (with[i].packets ? t.protected : 0),
			      "%zu: %d of %d messages, %d of %d packets", i, t.decrypted, t.encrypted,
			      t.good, t.protected);
		ck_assert(with[i].packets || strstr(t.notes, "PPK"));
		unlink(path);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("derive");
	TCase *t = tcase_create("derive");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, from_one_secret, 0, 2 * SOURCES * V1);
	tcase_add_loop_test(t, from_sk_d_and_table, 0, V1);
	tcase_add_loop_test(t, from_sk_d_alone, 0, V1);
	tcase_add_loop_test(t, without_one, 0, sizeof missing / sizeof *missing);
	tcase_add_loop_test(t, v1_from_dh_and_psk, 0, 2);
	tcase_add_loop_test(t, v1_from_others, 0, sizeof v1_sources / sizeof *v1_sources);
	tcase_add_test(t, ppk);
	suite_add_tcase(s, t);
	return testing_run(s);
}
