/* SPDX-License-Identifier: BSD-2-Clause
 * Every sample capture through the built program, compared field by field with
 * what an independent decoder found (captures/samples, truth.json). jansson
 * reads both. */
#include "ipsec/base/span.h"
#include "ipsec/crypto/crypto.h"
#include "tests/spawn.h"

#include <jansson.h>

/* `clean`: nothing in it breaks a MUST, so that no finding may say so. */
static const struct {
	const char *name;
	bool clean;
} captures[] = {
	{ "ah-transport", true }, { "cert-fragmented", true }, { "fail-auth", true },
	{ "fail-proposal", true }, { "ikev1-main", true }, { "ipv6-tunnel", true },
	{ "natt-chacha", true }, { "rekey-pfs", true }, { "replay-corrupt", false },
	{ "transport-cbc", true }, { "tunnel-gcm", true },
};
enum { CAPTURES = sizeof captures / sizeof *captures };

struct at {
	const char *capture;
	int frame;
};

/* The truth's words that are not ours. */
static const char *const words[][2] = {
	{ "Nonce", "NONCE" }, { "D", "DELETE" }, { "Main", "Identity Protection" },
	{ "Quick", "Quick Mode" }, { "Informational(v1)", "Informational" },
	{ "N(CHILDLESS)", "N(CHILDLESS_IKEV2_SUPPORTED)" }, { "icmp6", "icmpv6" },
};

static const char *ours(const char *word)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i][0], word) == 0)
			return words[i][1];
	return word;
}

/* ---- running ---- */

static json_t *dissect(const char *name, const char *keys)
{
	char capture[128];
	snprintf(capture, sizeof capture, SAMPLES "/%s.pcap", name);
	struct ran r = keys ? SPAWN("dissect", "-f", "json", "--bytes", "-k", keys, capture)
			    : SPAWN("dissect", "-f", "json", "--bytes", capture);
	ck_assert_msg(r.status == 0, "%s with %s: exit %d: %s", name, keys ? keys : "no keys",
		      r.status, r.err);
	json_t *frames = json_array();
	json_error_t why;
	for (char *line = r.out, *end; (end = strchr(line, '\n')); line = end + 1) {
		json_t *frame = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, &why);
		ck_assert_msg(frame != NULL, "%s: %s: %.*s", name, why.text, (int)(end - line),
			      line);
		json_array_append_new(frames, frame);
	}
	ran_done(&r);
	return frames;
}

static json_t *truth_of(const char *name)
{
	char path[128];
	json_error_t why;
	snprintf(path, sizeof path, SAMPLES "/%s.keys/truth.json", name);
	json_t *truth = json_load_file(path, 0, &why);
	ck_assert_msg(truth != NULL, "%s: %s", path, why.text);
	return truth;
}

/* ---- reading our output ---- */

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static bool is_layer(const json_t *layer, const char *name)
{
	return strcmp(text(layer, "layer"), name) == 0;
}

static bool is_ip(const json_t *layer)
{
	return is_layer(layer, "ipv4") || is_layer(layer, "ipv6");
}

/* Index of the first layer of that name; -1 for none. */
static int find(const json_t *layers, const char *name)
{
	for (size_t i = 0; i < json_array_size(layers); i++)
		if (is_layer(json_array_get(layers, i), name))
			return (int)i;
	return -1;
}

static const json_t *layer_at(const json_t *layers, int i)
{
	return i < 0 ? NULL : json_array_get(layers, (size_t)i);
}

/* SHA-256 and number of octets of a layer with what it carries. */
static size_t digest(const json_t *layer, char hex[65])
{
	static uint8_t octets[1 << 16];
	const char *digits = text(layer, "bytes");
	struct err e = { 0 };
	struct crypto *c = crypto_new(&e);
	uint8_t sum[64];
	size_t n = strlen(digits) / 2, size;
	ck_assert(c && n <= sizeof octets && span_unhex(span_text(digits), octets, n));
	struct span part = span_of(octets, n);
	ck_assert(crypto_digest(c, "SHA2-256", &part, 1, sum, &size, &e) && size == 32);
	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	crypto_free(c);
	return n;
}

/* ---- comparing ---- */

static void same_text(const struct at *at, const char *what, const char *got, const char *want)
{
	ck_assert_msg(strcmp(got, want) == 0, "%s frame %d: %s is \"%s\", needs \"%s\"",
		      at->capture, at->frame, what, got, want);
}

static void same_number(const struct at *at, const char *what, const json_t *got,
			const json_t *want)
{
	ck_assert_msg(json_equal(got, want), "%s frame %d: %s is %lld, needs %lld", at->capture,
		      at->frame, what, (long long)json_integer_value(got),
		      (long long)json_integer_value(want));
}

/* Every key of the truth is known here: a new one must not pass unseen. */
static void known_keys(const struct at *at, const json_t *truth, const char *const *keys)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)truth, key, value) {
		size_t i = 0;
		while (keys[i] && strcmp(keys[i], key) != 0)
			i++;
		ck_assert_msg(keys[i] != NULL, "%s frame %d: the truth's %s is not compared",
			      at->capture, at->frame, key);
	}
}

static void compare_addresses(const struct at *at, const json_t *truth, const json_t *layers)
{
	const json_t *ip = NULL, *udp = layer_at(layers, find(layers, "udp"));
	for (size_t i = 0; !ip && i < json_array_size(layers); i++)
		ip = is_ip(json_array_get(layers, i)) ? json_array_get(layers, i) : NULL;
	same_text(at, "src", text(ip, "src"), text(truth, "src"));
	same_text(at, "dst", text(ip, "dst"), text(truth, "dst"));
	if (!json_object_get(truth, "sport"))
		return;
	same_number(at, "sport", json_object_get(udp, "sport"), json_object_get(truth, "sport"));
	same_number(at, "dport", json_object_get(udp, "dport"), json_object_get(truth, "dport"));
}

/* What was inside: the layer behind ESP or AH, and in a tunnel the one in that. */
static void compare_inside(const struct at *at, const json_t *truth, const json_t *layers, int i)
{
	const json_t *l = layer_at(layers, i), *inner = layer_at(layers, i + 1), *upper = inner;
	char hex[65];
	if (is_ip(inner)) {
		same_text(at, "inner src", text(inner, "src"), text(truth, "inner_src"));
		same_text(at, "inner dst", text(inner, "dst"), text(truth, "inner_dst"));
		upper = layer_at(layers, i + 2);
	}
	ck_assert_msg(is_ip(inner) == (json_object_get(truth, "inner_src") != NULL),
		      "%s frame %d: inner addresses", at->capture, at->frame);
	same_text(at, "inner protocol", text(upper, "layer"), ours(text(truth, "inner_proto")));
	same_number(at, "next header", json_object_get(l, "next_header"),
		    json_object_get(truth, "next_header"));
	json_t *n = json_integer((json_int_t)digest(inner, hex));
	same_text(at, "SHA-256", hex, text(truth, "payload_sha256"));
	same_number(at, "inner length", n, json_object_get(truth, "inner_len"));
	json_decref(n);
	same_text(at, "mode", text(l, "mode"), is_ip(inner) ? "tunnel" : "transport");
	if (is_layer(l, "ah"))
		return;
	if (json_object_get(truth, "tfc"))	/* the truth has it for tunnels only */
		same_number(at, "TFC", json_object_get(l, "tfc_length"),
			    json_object_get(truth, "tfc"));
	else
		ck_assert_int_eq(json_integer_value(json_object_get(l, "tfc_length")), 0);
	same_text(at, "padding", text(l, "padding"),
		  json_is_true(json_object_get(truth, "pad_ok")) ? "good" : "bad");
	ck_assert(json_is_true(json_object_get(l, "decrypted")));
}

/* A packet that must not be shown as if it were open. */
static void compare_closed(const struct at *at, const json_t *l, const json_t *layers, int i,
			   const char *icv)
{
	same_text(at, "icv", text(l, "icv"), icv);
	same_text(at, "replay", text(l, "replay"), "unchecked");
	if (strcmp(icv, "bad") == 0 || is_layer(l, "esp"))
		ck_assert_msg((int)json_array_size(layers) == i + 1,
			      "%s frame %d: layers behind a closed one", at->capture, at->frame);
	ck_assert(!json_is_true(json_object_get(l, "decrypted")));
}

static void compare_protected(const struct at *at, const json_t *truth, const json_t *layers)
{
	static const char *const keys[] = {
		"frame", "src", "dst", "sport", "dport", "kind", "natt", "spi", "seq", "seq_hi",
		"icv_ok", "replay", "unknown_spi", "pad_ok", "next_header", "inner_src",
		"inner_dst", "inner_proto", "inner_len", "tfc", "payload_sha256", NULL,
	};
	int i = find(layers, text(truth, "kind"));
	const json_t *l = layer_at(layers, i), *high = json_object_get(truth, "seq_hi");
	known_keys(at, truth, keys);
	ck_assert_msg(l != NULL, "%s frame %d: no %s", at->capture, at->frame, text(truth, "kind"));
	same_text(at, "spi", text(l, "spi"), text(truth, "spi"));
	same_number(at, "seq", json_object_get(l, "seq"), json_object_get(truth, "seq"));
	ck_assert(json_integer_value(json_object_get(l, "seq_high")) == json_integer_value(high));
	ck_assert((find(layers, "udp") == i - 1) == json_is_true(json_object_get(truth, "natt")));
	if (json_is_true(json_object_get(truth, "unknown_spi"))) {
		compare_closed(at, l, layers, i, "unchecked");
		ck_assert(json_is_null(json_object_get(l, "encr")) &&
			  json_is_null(json_object_get(l, "integ")));
	} else if (json_is_false(json_object_get(truth, "icv_ok"))) {
		compare_closed(at, l, layers, i, "bad");
	} else {
		const json_t *replay = json_object_get(truth, "replay");
		same_text(at, "icv", text(l, "icv"), "good");
		ck_assert_msg((strcmp(text(l, "replay"), "new") != 0) == json_is_true(replay),
			      "%s frame %d: replay %s", at->capture, at->frame, text(l, "replay"));
		compare_inside(at, truth, layers, i);
	}
}

static void payload_word(const json_t *payload, char word[100])
{
	const char *name = text(payload, "payload");
	if (strcmp(name, "NOTIFY") == 0)
		snprintf(word, 100, "N(%s)", text(payload, "type"));
	else
		snprintf(word, 100, "%s", name);
}

static void compare_payloads(const struct at *at, const json_t *truth, const json_t *ike)
{
	const json_t *want = json_object_get(truth, "payloads"), *got = json_object_get(ike, "payloads");
	ck_assert_msg(json_array_size(got) == json_array_size(want),
		      "%s frame %d: %zu payloads, needs %zu", at->capture, at->frame,
		      json_array_size(got), json_array_size(want));
	for (size_t i = 0; i < json_array_size(want); i++) {
		char word[100];
		payload_word(json_array_get(got, i), word);
		same_text(at, "payload", word, ours(json_string_value(json_array_get(want, i))));
	}
}

static void compare_sk(const struct at *at, const json_t *truth, const json_t *ike)
{
	bool v1 = strcmp(text(truth, "version"), "1.0") == 0;
	bool secret = v1 ? json_is_true(json_object_get(truth, "encrypted"))
			 : json_object_get(truth, "sk_ok") != NULL;
	bool shown = json_is_true(json_object_get(ike, "decrypted"));
	/* the truth has no opinion on what is in an encrypted message of IKEv1 */
	bool open = v1 ? secret : json_is_true(json_object_get(truth, "sk_ok"));
	ck_assert_msg((json_object_get(ike, "icv") != NULL) == secret, "%s frame %d: encrypted",
		      at->capture, at->frame);
	ck_assert_msg(shown == open,
		      "%s frame %d: decrypted", at->capture, at->frame);
	if (secret)
		same_text(at, "icv", text(ike, "icv"), open ? "good" : "unchecked");
	if (!v1 && (open || !secret))
		compare_payloads(at, truth, ike);
}

static void compare_ike(const struct at *at, const json_t *truth, const json_t *layers)
{
	static const char *const keys[] = {
		"frame", "src", "dst", "sport", "dport", "kind", "natt", "spi_i", "spi_r",
		"version", "exchange", "message_id", "response", "initiator", "length", "sk_ok",
		"fragment", "payloads", "encrypted", NULL,
	};
	static const char *const texts[] = { "spi_i", "spi_r", "version", NULL };
	const json_t *ike = layer_at(layers, find(layers, "ike"));
	char fragment[30] = "";
	known_keys(at, truth, keys);
	ck_assert_msg(ike != NULL, "%s frame %d: no IKE", at->capture, at->frame);
	for (size_t i = 0; texts[i]; i++)
		same_text(at, texts[i], text(ike, texts[i]), text(truth, texts[i]));
	same_text(at, "exchange", text(ike, "exchange"), ours(text(truth, "exchange")));
	same_number(at, "message_id", json_object_get(ike, "message_id"),
		    json_object_get(truth, "message_id"));
	same_number(at, "length", json_object_get(ike, "length"), json_object_get(truth, "length"));
	if (strcmp(text(truth, "version"), "2.0") == 0) {	/* IKEv1 has no such flags */
		ck_assert(json_equal(json_object_get(ike, "response"),
				     json_object_get(truth, "response")));
		ck_assert(json_equal(json_object_get(ike, "initiator"),
				     json_object_get(truth, "initiator")));
	}
	const json_t *f = json_object_get(ike, "fragment");
	if (f)
		snprintf(fragment, sizeof fragment, "%lld/%lld",
			 (long long)json_integer_value(json_object_get(f, "number")),
			 (long long)json_integer_value(json_object_get(f, "total")));
	same_text(at, "fragment", fragment, text(truth, "fragment"));
	ck_assert((find(layers, "marker") >= 0) == json_is_true(json_object_get(truth, "natt")));
	compare_sk(at, truth, ike);
}

static bool is_protected(const json_t *layers)
{
	return find(layers, "esp") >= 0 || find(layers, "ah") >= 0 || find(layers, "ike") >= 0;
}

START_TEST(truth)
{
	char keys[128];
	const char *name = captures[_i].name;
	snprintf(keys, sizeof keys, SAMPLES "/%s.keys", name);
	json_t *frames = dissect(name, keys), *want = truth_of(name);
	size_t next = 0;
	for (size_t i = 0; i < json_array_size(frames); i++) {
		const json_t *frame = json_array_get(frames, i), *t = json_array_get(want, next);
		const json_t *layers = json_object_get(frame, "layers");
		struct at at = { name, (int)i + 1 };
		ck_assert_int_eq(json_integer_value(json_object_get(frame, "frame")), at.frame);
		if (json_integer_value(json_object_get(t, "frame")) != at.frame) {
			ck_assert_msg(!is_protected(layers), "%s frame %d: the truth knows none",
				      name, at.frame);
			continue;
		}
		next++;
		compare_addresses(&at, t, layers);
		if (strcmp(text(t, "kind"), "ike") == 0)
			compare_ike(&at, t, layers);
		else
			compare_protected(&at, t, layers);
	}
	ck_assert_msg(next == json_array_size(want), "%s: %zu of %zu frames", name, next,
		      json_array_size(want));
	json_decref(frames);
	json_decref(want);
}
END_TEST

START_TEST(clean)
{
	char keys[128];
	const char *name = captures[_i].name;
	snprintf(keys, sizeof keys, SAMPLES "/%s.keys", name);
	json_t *frames = dissect(name, keys);
	for (size_t i = 0; captures[_i].clean && i < json_array_size(frames); i++) {
		const json_t *list = json_object_get(json_array_get(frames, i), "findings");
		for (size_t k = 0; k < json_array_size(list); k++) {
			const json_t *f = json_array_get(list, k);
			ck_assert_msg(strcmp(text(f, "severity"), "violation") != 0,
				      "%s frame %zu: %s %s", name, i + 1, text(f, "requirement"),
				      text(f, "text"));
		}
	}
	json_decref(frames);
}
END_TEST

/* ---- other keys ---- */

struct tally {
	int esp, esp_good, esp_bad, esp_unchecked, sk, sk_good, sk_bad;
};

static struct tally tally_of(const json_t *frames)
{
	struct tally t = { 0 };
	for (size_t i = 0; i < json_array_size(frames); i++) {
		const json_t *layers = json_object_get(json_array_get(frames, i), "layers");
		const json_t *ike = layer_at(layers, find(layers, "ike"));
		int at = find(layers, "esp") >= 0 ? find(layers, "esp") : find(layers, "ah");
		const char *icv = text(layer_at(layers, at), "icv");
		t.esp += at >= 0;
		t.esp_good += strcmp(icv, "good") == 0;
		t.esp_bad += strcmp(icv, "bad") == 0;
		t.esp_unchecked += strcmp(icv, "unchecked") == 0;
		t.sk += *text(ike, "icv") != '\0';
		t.sk_good += strcmp(text(ike, "icv"), "good") == 0;
		t.sk_bad += strcmp(text(ike, "icv"), "bad") == 0;
	}
	return t;
}

START_TEST(no_keys)
{
	json_t *frames = dissect(captures[_i].name, NULL);
	for (size_t i = 0; i < json_array_size(frames); i++) {
		const json_t *layers = json_object_get(json_array_get(frames, i), "layers");
		struct at at = { captures[_i].name, (int)i + 1 };
		int esp = find(layers, "esp");
		if (esp < 0)
			continue;
		compare_closed(&at, layer_at(layers, esp), layers, esp, "unchecked");
		ck_assert(json_is_null(json_object_get(layer_at(layers, esp), "encr")));
	}
	struct tally t = tally_of(frames);
	ck_assert_int_eq(t.esp_unchecked, t.esp);
	ck_assert_int_eq(t.sk_good + t.sk_bad, 0);
	json_decref(frames);
}
END_TEST

static char *cell(char *line, int column)
{
	for (int i = 0; i < column; i++)
		line = strchr(line, ',') + 1;
	return line;
}

static void spoil_key(char *key)
{
	if (*key != ',' && *key != '\n' && *key)
		*key = *key == 'a' ? 'b' : 'a';
}

/* One octet of each row's key in ikat's CSV is changed: of the key that the ICV
 * depends on. IKE rows have two, SK_ai:SK_ar; rows of secrets their own column. */
static void spoil(char *csv)
{
	enum { ENCR_KEY = 9, INTEG_KEY = 11, SECRET = 15 };
	for (char *line = strchr(csv, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		char *key = cell(line + 1, INTEG_KEY);
		if (*key == ',')
			key = cell(line + 1, ENCR_KEY);
		spoil_key(key);
		if (key[strcspn(key, ",:")] == ':')
			spoil_key(strchr(key, ':') + 1);
		spoil_key(cell(line + 1, SECRET));
	}
}

START_TEST(wrong_keys)
{
	char keys[128], path[64];
	const char *name = captures[_i].name;
	if (strcmp(name, "fail-proposal") == 0)
		return;		/* no keys at all */
	snprintf(keys, sizeof keys, SAMPLES "/%s.keys", name);
	struct ran r = SPAWN("keys", "-t", "csv", keys);
	ck_assert_msg(r.status == 0, "%s: %d %s", name, r.status, r.err);
	spoil(r.out);
	spawn_file(path, r.out, strlen(r.out));
	ran_done(&r);
	json_t *right = dissect(name, keys), *frames = dissect(name, path);
	struct tally want = tally_of(right), got = tally_of(frames);
	ck_assert_int_eq(got.esp_good, 0);
	ck_assert_int_eq(got.esp_bad, want.esp_good + want.esp_bad);
	ck_assert_int_eq(got.esp_unchecked, want.esp_unchecked);
	ck_assert_int_eq(got.sk_good, 0);
	/* IKEv1 has no ICV: with another key there is nothing to say */
	ck_assert_int_eq(got.sk_bad, strcmp(name, "ikev1-main") ? want.sk_good : 0);
	for (size_t i = 0; i < json_array_size(frames); i++) {
		const json_t *layers = json_object_get(json_array_get(frames, i), "layers");
		struct at at = { name, (int)i + 1 };
		int esp = find(layers, "esp") >= 0 ? find(layers, "esp") : find(layers, "ah");
		if (esp >= 0 && strcmp(text(layer_at(layers, esp), "icv"), "bad") == 0)
			compare_closed(&at, layer_at(layers, esp), layers, esp, "bad");
	}
	json_decref(right);
	json_decref(frames);
	unlink(path);
}
END_TEST

/* Each key source alone. ALL: whatever opens with the whole folder. */
enum { NOTHING = 0, SOME = -1, ALL = -2 };

static const struct source {
	const char *capture, *file;	/* NULL: any; a file's end does */
	int esp, ike;
} sources[] = {		/* the first that fits */
	{ "natt-chacha", "esp_sa", NOTHING, NOTHING },		/* written empty */
	{ "natt-chacha", "ikev2_decryption_table", NOTHING, NOTHING },
	{ "fail-auth", ".txt", NOTHING, NOTHING },		/* never got that far */
	{ "fail-proposal", ".txt", NOTHING, NOTHING },
	{ "replay-corrupt", "xfrm-monitor.txt", NOTHING, NOTHING },	/* started too late */
	{ "replay-corrupt", "xfrm-before.txt", ALL, NOTHING },
	{ "replay-corrupt", "xfrm-after.txt", ALL, NOTHING },
	{ "replay-corrupt", "xfrm_stat-before.txt", NOTHING, NOTHING },	/* counters */
	{ "replay-corrupt", "xfrm_stat-after.txt", NOTHING, NOTHING },
	{ "rekey-pfs", "xfrm-1.txt", SOME, NOTHING },	/* one moment each: some SAs of many */
	{ "rekey-pfs", "xfrm-2.txt", SOME, NOTHING },
	{ "rekey-pfs", "xfrm-3.txt", SOME, NOTHING },
	{ "rekey-pfs", "xfrm-4.txt", SOME, NOTHING },
	{ "ikev1-main", "xfrm-1.txt", SOME, NOTHING },
	{ "ikev1-main", "xfrm-2.txt", SOME, NOTHING },
	{ NULL, "xfrm.txt", ALL, NOTHING },
	{ NULL, "xfrm-monitor.txt", ALL, NOTHING },
	{ NULL, "esp_sa", ALL, NOTHING },
	{ NULL, "ikev2_decryption_table", NOTHING, ALL },
	{ NULL, "ikev1_decryption_table", NOTHING, NOTHING },
};

static const struct source *source_of(const char *capture, const char *file)
{
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		size_t n = strlen(sources[i].file), m = strlen(file);
		if ((!sources[i].capture || strcmp(sources[i].capture, capture) == 0) && m >= n &&
		    strcmp(file + m - n, sources[i].file) == 0)
			return &sources[i];
	}
	return NULL;
}

static void check_number(const char *capture, const char *file, const char *what, int got,
			 int all, int want)
{
	bool fits = want == ALL ? got == all : want == SOME ? got > 0 && got < all : got == 0;
	ck_assert_msg(fits, "%s with %s: %d of %d %s open", capture, file, got, all, what);
}

static int try_folder(const char *capture, const char *folder, const struct tally *all)
{
	char path[400];
	int tried = 0;
	DIR *d = opendir(folder);
	for (struct dirent *e; d && (e = readdir(d));) {
		const struct source *s = source_of(capture, e->d_name);
		if (!s)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		json_t *frames = dissect(capture, path);
		struct tally t = tally_of(frames);
		check_number(capture, path, "ESP or AH", t.esp_good, all->esp_good, s->esp);
		check_number(capture, path, "SK", t.sk_good, all->sk_good, s->ike);
		json_decref(frames);
		tried++;
	}
	if (d)
		closedir(d);
	return tried;
}

START_TEST(each_source)
{
	char folder[128];
	const char *name = captures[_i].name;
	int length = snprintf(folder, sizeof folder, SAMPLES "/%s.keys", name);
	json_t *frames = dissect(name, folder);
	struct tally all = tally_of(frames);
	int tried = try_folder(name, folder, &all);
	strcpy(folder + length, "/a");
	tried += try_folder(name, folder, &all);
	strcpy(folder + length, "/b");
	tried += try_folder(name, folder, &all);
	ck_assert_msg(tried >= 2, "%s: %d sources", name, tried);
	json_decref(frames);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("truth");
	TCase *t = tcase_create("truth");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, truth, 0, CAPTURES);
	tcase_add_loop_test(t, clean, 0, CAPTURES);
	tcase_add_loop_test(t, no_keys, 0, CAPTURES);
	tcase_add_loop_test(t, wrong_keys, 0, CAPTURES);
	tcase_add_loop_test(t, each_source, 0, CAPTURES);
	suite_add_tcase(s, t);
	return testing_run(s);
}
