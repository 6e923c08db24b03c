/* SPDX-License-Identifier: BSD-2-Clause
 * Each daemon log of the sample captures, as the only key file, through the built
 * program: it opens every ESP, AH and IKEv2 packet of its capture. */
#include "tests/spawn.h"

#include <jansson.h>

/* What an independent decoder opened: protected packets, encrypted messages. */
static const struct {
	const char *name;
	int protected, encrypted;
} samples[] = {
	{ "ah-transport", 10, 2 }, { "cert-fragmented", 6, 8 }, { "fail-auth", 0, 2 },
	{ "ikev1-main", 12, 0 }, { "ipv6-tunnel", 20, 2 }, { "natt-chacha", 22, 2 },
	{ "rekey-pfs", 24, 16 }, { "transport-cbc", 22, 2 }, { "tunnel-gcm", 22, 2 },
};
enum { SAMPLE_COUNT = sizeof samples / sizeof *samples };

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static void count_layer(const json_t *l, int *protected, int *encrypted, const char *where)
{
	const char *layer = text(l, "layer"), *icv = text(l, "icv");
	bool ike = strcmp(layer, "ike") == 0, v1 = strcmp(text(l, "version"), "1.0") == 0;
	if ((!ike && strcmp(layer, "esp") != 0 && strcmp(layer, "ah") != 0) || v1 || !*icv)
		return;
	ck_assert_msg(strcmp(icv, "good") == 0, "%s: %s: icv %s", where, layer, icv);
	*(ike ? encrypted : protected) += 1;
}

START_TEST(alone)
{
	int i = _i / 2, protected = 0, encrypted = 0;
	char log[128], capture[128];
	json_error_t why;
	snprintf(log, sizeof log, SAMPLES "/%s.keys/%c/charon.log", samples[i].name, "ab"[_i % 2]);
	snprintf(capture, sizeof capture, SAMPLES "/%s.pcap", samples[i].name);
	struct ran r = SPAWN("dissect", "-f", "json", "-k", log, capture);
	ck_assert_msg(r.status == 0 && !*r.err, "%s: exit %d: %s", log, r.status, r.err);
	for (char *line = r.out, *end; (end = strchr(line, '\n')); line = end + 1) {
		json_t *frame = json_loadb(line, (size_t)(end - line), 0, &why);
		const json_t *layers = json_object_get(frame, "layers");
		for (size_t k = 0; k < json_array_size(layers); k++)
			count_layer(json_array_get(layers, k), &protected, &encrypted, log);
		json_decref(frame);
	}
	ck_assert_msg(protected == samples[i].protected && encrypted == samples[i].encrypted,
		      "%s: %d and %d, needs %d and %d", log, protected, encrypted,
		      samples[i].protected, samples[i].encrypted);
	ran_done(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("logs");
	TCase *t = tcase_create("charon");
	tcase_add_loop_test(t, alone, 0, 2 * SAMPLE_COUNT);
	suite_add_tcase(s, t);
	return testing_run(s);
}
