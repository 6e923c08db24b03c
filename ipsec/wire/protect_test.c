/* SPDX-License-Identifier: BSD-2-Clause
 * What ESP and AH share: extended sequence numbers, candidate keys, the replay
 * window inside and across batches, nesting, counters. */
#include "ipsec/wire/protect_testing.h"

#include <stdio.h>

#define ESP_NEW		"ipv4 esp:good:new icmp"

/* Batches with / between them, packets with commas. */
static const struct {
	const char *what, *packets, *result;
	uint32_t window;
} rows[] = {
	{ "in order", "gcm 1,gcm 2,gcm 3", ESP_NEW "; " ESP_NEW "; " ESP_NEW, 0 },
	{ "replayed in one batch", "gcm 2,gcm 2,gcm 1,gcm 1",
	  ESP_NEW "; ipv4 esp:good:duplicate icmp; " ESP_NEW "; ipv4 esp:good:duplicate icmp", 0 },
	{ "replayed later", "gcm 2/gcm 2", "ipv4 esp:good:duplicate icmp", 0 },
	{ "left of the window", "gcm 1,gcm 500,gcm 100",
	  ESP_NEW "; " ESP_NEW "; ipv4 esp:good:too-old icmp", 0 },
	{ "a larger window", "gcm 500,gcm 100", ESP_NEW "; " ESP_NEW, 401 },
	{ "one too small", "gcm 500,gcm 100", ESP_NEW "; ipv4 esp:good:too-old icmp", 400 },
	{ "a bad ICV moves no window", "gcm 1,gcm 100 bad,gcm 2,gcm 100",
	  ESP_NEW "; ipv4 esp:bad; " ESP_NEW "; " ESP_NEW, 0 },
	{ "unknown", "gcm unknown,gcm 1", "ipv4 esp:unchecked; " ESP_NEW, 0 },

	{ "ESN, AEAD: over 2^32 in one batch",
	  "gcm esn 7ffffff0/gcm esn fffffff0/"
	  "gcm esn fffffffe,gcm esn ffffffff,gcm esn 100000000,gcm esn 100000001,gcm esn ffffffff,"
	  "gcm esn 100000001,gcm esn 100000007",
	  ESP_NEW "; " ESP_NEW "; ipv4 esp:good:new:1 icmp; ipv4 esp:good:new:1 icmp; "
	  "ipv4 esp:good:duplicate icmp; ipv4 esp:good:duplicate:1 icmp; ipv4 esp:good:new:1 icmp",
	  0 },
	{ "ESN, separate ICV: over 2^32 in one batch",
	  "cbc esn 7ffffff0,cbc esn fffffff0,cbc esn 100000001,cbc esn fffffffe,cbc esn 100000000,"
	  "cbc esn 100000001",
	  ESP_NEW "; " ESP_NEW "; ipv4 esp:good:new:1 icmp; " ESP_NEW
	  "; ipv4 esp:good:new:1 icmp; ipv4 esp:good:duplicate:1 icmp", 0 },
	{ "ESN: a jump of two subspaces is not found", "gcm esn 7ffffff0,gcm esn 300000005",
	  ESP_NEW "; ipv4 esp:bad", 0 },
	{ "ESN: the key file's high half opens the first packet", "ah esn 300000005",
	  "ipv4 ah:good:new:3 icmp", 0 },
	{ "ESN: the key file's high half is newer than the packet", "ah esn 1",
	  "ipv4 ah:good:new icmp", 0 },

	{ "ESP in ESP, transport", "null nested,gcm 1",
	  "ipv4 esp:good:new esp:good:new icmp; ipv4 esp:good:duplicate icmp", 0 },
	{ "ESP in ESP, tunnel", "tunnel nested", "ipv4 esp:good:new ipv4 esp:good:new icmp", 0 },
	{ "ESP in ESP, the inner one bad", "nested bad", "ipv4 esp:good:new ipv4 esp:bad", 0 },
	{ "AH over ESP", "ah esp", "ipv4 ah:good:new esp:good:new icmp", 0 },
};

START_TEST(batches)
{
	char text[400];
	struct path *t = path_new(NULL, 0, rows[_i].window);
	const char *got = "";
	snprintf(text, sizeof text, "%s", rows[_i].packets);
	for (char *batch = strtok(text, "/"); batch; batch = strtok(NULL, "/"))
		got = path_batch(t, batch);
	ck_assert_msg(strcmp(got, rows[_i].result) == 0, "%s: %s", rows[_i].what, got);
	path_free(t);
}
END_TEST

/* The same, one packet a batch: the batch makes no difference. */
START_TEST(one_by_one)
{
	char text[400], all[600] = "";
	if (strchr(rows[_i].packets, '/'))
		return;
	struct path *t = path_new(NULL, 0, rows[_i].window);
	snprintf(text, sizeof text, "%s", rows[_i].packets);
	for (char *name = strtok(text, ","); name; name = strtok(NULL, ",")) {
		strcat(all, *all ? "; " : "");
		strcat(all, path_batch(t, name));
	}
	ck_assert_msg(strcmp(all, rows[_i].result) == 0, "%s: %s", rows[_i].what, all);
	path_free(t);
}
END_TEST

#define GCM	"ENCR_AES_GCM_16"
#define CBC	.encr = "ENCR_AES_CBC", .encr_key = PATH_CBC_KEY, \
		.integ = "AUTH_HMAC_SHA2_256_128", .integ_key = PATH_MAC_KEY
#define CBC_UNCHECKED	.encr = "ENCR_AES_CBC", .encr_key = PATH_CBC_KEY, \
		.integ = "UNCHECKED_128"

/* Keys that stand for one SPI in the order given; the ICV decides. */
static const struct {
	const char *what, *packets, *result;
	struct path_key keys[4];
	size_t count;
	int notes;	/* that another than the first key did it: told once */
} candidates[] = {
	{ "the first fits", "gcm 1", ESP_NEW,
	  { { .spi = 0x1000, .encr = GCM, .encr_key = PATH_GCM_KEY },
	    { .spi = 0x1000, .encr = GCM, .encr_key = PATH_GCM_KEY_2 } }, 2, 0 },
	{ "the second fits", "gcm 1,gcm 2,gcm 2", ESP_NEW "; " ESP_NEW
	  "; ipv4 esp:good:duplicate icmp",
	  { { .spi = 0x1000, .encr = GCM, .encr_key = PATH_GCM_KEY_2 },
	    { .spi = 0x1000, .encr = GCM, .encr_key = PATH_GCM_KEY } }, 2, 1 },
	{ "another algorithm fits", "gcm 1", ESP_NEW,
	  { { .spi = 0x1000, CBC }, { .spi = 0x1000, .encr = GCM, .encr_key = PATH_GCM_KEY } }, 2, 1 },
	{ "none fits", "gcm 1,gcm 2", "ipv4 esp:bad; ipv4 esp:bad",
	  { { .spi = 0x1000, CBC }, { .spi = 0x1000, .encr = GCM, .encr_key = PATH_GCM_KEY_2 } },
	  2, 0 },
	{ "a wrong packet settles nothing", "gcm 100 bad,gcm 7 second key", "ipv4 esp:bad; "
	  ESP_NEW,
	  { { .spi = 0x1000, .encr = GCM, .encr_key = PATH_GCM_KEY },
	    { .spi = 0x1000, .encr = GCM, .encr_key = PATH_GCM_KEY_2 } }, 2, 1 },
	{ "ESN is not said and used", "gcm esn 7ffffff0,gcm esn fffffff0,gcm esn 100000001",
	  ESP_NEW "; " ESP_NEW "; ipv4 esp:good:new:1 icmp",
	  { { .spi = 0x1001, .encr = GCM, .encr_key = PATH_GCM_KEY, .esn = ESN_UNKNOWN } }, 1, 0 },
	{ "ESN is not said and not used", "gcm 1,gcm 2", ESP_NEW "; " ESP_NEW,
	  { { .spi = 0x1000, .encr = GCM, .encr_key = PATH_GCM_KEY, .esn = ESN_UNKNOWN } }, 1, 0 },
	{ "ESN: the key file was written one subspace later", "ah esn 300000005",
	  "ipv4 ah:good:new:3 icmp",
	  { { .spi = 0x3001, .integ = "AUTH_HMAC_SHA2_256_128", .integ_key = PATH_AH_KEY,
	      .esn = ESN_YES, .seq_high = 4 } }, 1, 0 },
	{ "ESN: the key file was written one subspace earlier", "ah esn 300000005",
	  "ipv4 ah:good:new:3 icmp",
	  { { .spi = 0x3001, .integ = "AUTH_HMAC_SHA2_256_128", .integ_key = PATH_AH_KEY,
	      .esn = ESN_YES, .seq_high = 2 } }, 1, 0 },
	{ "the integrity half is not there", "cbc", "ipv4 esp:unchecked ipv4 icmp",
	  { { .spi = 0x1002, CBC_UNCHECKED } }, 1, 0 },
	{ "a row without the integrity half does not undo a bad ICV", "cbc bad,cbc",
	  "ipv4 esp:bad; ipv4 esp:good:new ipv4 icmp",
	  { { .spi = 0x1002, CBC_UNCHECKED }, { .spi = 0x1002, CBC } }, 2, 0 },
	{ "a row without the integrity half, beside wrong keys", "cbc",
	  "ipv4 esp:unchecked ipv4 icmp",
	  { { .spi = 0x1002, CBC_UNCHECKED }, { .spi = 0x1002, .encr = GCM,
						.encr_key = PATH_GCM_KEY } }, 2, 1 },
	{ "a wrong key without its integrity half gives no layers", "cbc",
	  "ipv4 esp:unchecked",
	  { { .spi = 0x1002, .encr = "ENCR_AES_CBC", .integ = "UNCHECKED_128",
	      .encr_key = "000102030405060708090a0b0c0d0e0f" } }, 1, 0 },
	{ "an ICV of another length is not called bad", "cbc", "ipv4 esp:unchecked",
	  { { .spi = 0x1002, .encr = "ENCR_AES_CBC", .encr_key = PATH_CBC_KEY,
	      .integ = "UNCHECKED_96" } }, 1, 0 },
	{ "no key", "gcm 1,ah", "ipv4 esp:unchecked; ipv4 ah:unchecked icmp", { { 0 } }, 0, 0 },
	{ "an ESP key is no AH key", "ah", "ipv4 ah:unchecked icmp",
	  { { .spi = 0x3000, .encr = GCM, .encr_key = PATH_GCM_KEY } }, 1, 0 },
};

START_TEST(candidate)
{
	struct path *t = path_new(candidates[_i].keys, candidates[_i].count, 0);
	const char *got = path_batch(t, candidates[_i].packets);
	ck_assert_msg(strcmp(got, candidates[_i].result) == 0, "%s: %s", candidates[_i].what, got);
	int notes = 0;
	for (size_t i = 0; i < t->count; i++)
		for (const struct finding *f = t->packets[i].findings.first; f; f = f->next)
			notes += strstr(f->text, "has other keys for this SA") != NULL;
	ck_assert_msg(notes == candidates[_i].notes, "%s: %d notes", candidates[_i].what, notes);
	path_free(t);
}
END_TEST

/* A row whose cipher cannot be made leaves the packets closed and says why, once. */
START_TEST(unusable)
{
	struct path_key k = { .spi = 0x1000, .encr = GCM, .encr_key = "00" };
	struct path *t = path_new(&k, 1, 0);
	ck_assert_str_eq(path_batch(t, "gcm 1,gcm 2"), "ipv4 esp:unchecked; ipv4 esp:unchecked");
	ck_assert_uint_eq(t->packets[0].findings.count, 1);
	ck_assert_ptr_nonnull(strstr(t->packets[0].findings.first->text, "cannot be used"));
	ck_assert_uint_eq(t->packets[1].findings.count, 0);
	path_free(t);
}
END_TEST

static bool total(struct sa *sa, void *user)
{
	uint64_t *sum = user;
	sum[0] += sa->good;
	sum[1] += sa->bad;
	sum[2] += sa->duplicates;
	sum[3] += sa->too_old;
	sum[4] += sa->packets;
	return true;
}

START_TEST(counts)
{
	struct path *t = path_new(NULL, 0, 0);
	uint64_t sum[5] = { 0 };
	path_batch(t, "gcm 1,gcm 2,gcm 2,gcm 500,gcm 100 bad,gcm 3,gcm unknown,ah,null nested");
	const struct wire_counts *c = wire_counts(t->wire);
	sadb_each(wire_sadb(t->wire), total, sum);
	ck_assert_uint_eq(c->frames, 9);
	ck_assert_uint_eq(c->esp, 9);
	ck_assert_uint_eq(c->ah, 1);
	ck_assert_uint_eq(c->good, 8);
	ck_assert_uint_eq(c->bad, 1);
	ck_assert_uint_eq(c->unchecked, 1);
	ck_assert_uint_eq(c->duplicates, 1);
	ck_assert_uint_eq(c->too_old, 2);
	ck_assert(sum[0] == 8 && sum[1] == 1 && sum[2] == 1 && sum[3] == 2 && sum[4] == 9);
	path_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("protect");
	TCase *t = tcase_create("protect");
	tcase_add_loop_test(t, batches, 0, sizeof rows / sizeof *rows);
	tcase_add_loop_test(t, one_by_one, 0, sizeof rows / sizeof *rows);
	tcase_add_loop_test(t, candidate, 0, sizeof candidates / sizeof *candidates);
	tcase_add_test(t, unusable);
	tcase_add_test(t, counts);
	suite_add_tcase(s, t);
	return testing_run(s);
}
