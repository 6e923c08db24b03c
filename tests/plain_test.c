/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat dissect -w` over every capture of the collections: the plain packets
 * against those that were recorded at the protected host (inside-ha.pcap),
 * against the payloads that an independent decoder found (truth.json), and
 * through the eyes of tshark and tcpdump. */
#include "dissect/capture.h"
#include "ipsec/crypto/crypto.h"
#include "ipsec/wire/checksum.h"
#include "tests/spawn.h"

#include <jansson.h>

enum { CAPTURES_MAX = 512, PACKETS_MAX = 8192, ETHERNET = 14 };

/* The captures, found when the test begins. */
static char captures[CAPTURES_MAX][96];
static int capture_count;

static void find_captures(const char *folder)
{
	DIR *d = opendir(folder);
	if (!d) {
		perror(folder);
		exit(1);
	}
	for (struct dirent *e; (e = readdir(d));) {
		const char *end = strstr(e->d_name, ".pcap");
		if (!end || strcmp(end, ".pcap") || capture_count == CAPTURES_MAX)
			continue;
		snprintf(captures[capture_count++], sizeof *captures, "%s/%.*s", folder,
			 (int)(end - e->d_name), e->d_name);
	}
	closedir(d);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* ---- packets ---- */

struct plain_packet {
	uint64_t frame;
	uint8_t *octets;	/* the IP packet, without the padding of short frames */
	size_t n;
};

struct packets {
	struct plain_packet all[PACKETS_MAX];
	size_t count;		/* IP packets */
	uint64_t frames;
};

static size_t ip_size(const uint8_t *ip, size_t n)
{
	size_t size = n >= 20 && ip[0] >> 4 == 4 ? (size_t)(ip[2] << 8 | ip[3]) :
		      n >= 40 && ip[0] >> 4 == 6 ? 40 + (size_t)(ip[4] << 8 | ip[5]) : 0;
	return size <= n ? size : 0;
}

/* Ethernet frames with IP in them. */
static struct packets *packets_read(const char *path)
{
	struct err e = { 0 };
	struct frame f;
	struct packets *s = calloc(1, sizeof *s);
	struct capture *c = capture_open(path, &e);
	ck_assert_msg(c && s, "%s", e.text);
	ck_assert_int_eq(capture_link(c), 1);
	for (; capture_next(c, &f, &e) == CAPTURE_FRAME; s->frames++) {
		size_t n = f.octets.n > ETHERNET ? f.octets.n - ETHERNET : 0;
		unsigned type = n ? (unsigned)(f.octets.p[12] << 8 | f.octets.p[13]) : 0;
		size_t size = type == 0x0800 || type == 0x86dd ?
				      ip_size(f.octets.p + ETHERNET, n) : 0;
		if (!size)
			continue;
		ck_assert_uint_lt(s->count, PACKETS_MAX);
		struct plain_packet *p = &s->all[s->count++];
		p->frame = s->frames + 1;
		p->n = size;
		p->octets = malloc(size);
		memcpy(p->octets, f.octets.p + ETHERNET, size);
	}
	ck_assert_msg(!e.set, "%s", e.text);
	capture_close(c);
	return s;
}

static void packets_free(struct packets *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->all[i].octets);
	free(s);
}

static struct addr address(const struct plain_packet *p, bool destination)
{
	return p->octets[0] >> 4 == 4 ? addr_of(4, p->octets + (destination ? 16 : 12)) :
					addr_of(6, p->octets + (destination ? 24 : 8));
}

/* 1: behind gateway a, 2: behind gateway b, 0: neither. */
static int side(const struct addr *a)
{
	static const char *const nets[] = { "10.1.0.0/16", "2001:db8:1::/48", "10.2.0.0/16",
					    "2001:db8:2::/48" };
	for (int i = 0; i < 4; i++) {
		struct addr_pattern p;
		ck_assert(addr_pattern_parse(span_text(nets[i]), &p));
		if (addr_matches(&p, a))
			return 1 + i / 2;
	}
	return 0;
}

/* Only what goes from one protected net to the other was protected. */
static void keep_protected(struct packets *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct addr from = address(&s->all[i], false), to = address(&s->all[i], true);
		if (side(&from) && side(&to) && side(&from) != side(&to))
			s->all[kept++] = s->all[i];
		else
			free(s->all[i].octets);
	}
	s->count = kept;
}

/* Hop limits fall on the way, and the IPv4 header's checksum with them. */
static void without_hops(struct packets *s)
{
	for (size_t i = 0; i < s->count; i++) {
		uint8_t *b = s->all[i].octets;
		if (b[0] >> 4 == 4)
			b[8] = b[10] = b[11] = 0;
		else
			b[7] = 0;
	}
}

/* At the host the packet had not yet passed the interface that completes its
 * checksum: there stands only the sum of the pseudo header. */
static void complete_partial(struct packets *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct plain_packet *p = &s->all[i];
		size_t header = p->octets[0] >> 4 == 4 ? (size_t)(p->octets[0] & 15) * 4 : 40;
		uint8_t protocol = p->octets[header == 40 && p->octets[0] >> 4 == 6 ? 6 : 9];
		size_t at = header + (protocol == 6 ? 16 : 6);
		struct addr from = address(p, false), to = address(p, true);
		if ((protocol != 6 && protocol != 17) || at + 2 > p->n)
			continue;
		uint64_t sum = checksum_pseudo(&from, &to, protocol, (uint32_t)(p->n - header));
		if ((p->octets[at] << 8 | p->octets[at + 1]) == checksum_partial(sum))
			checksum_update(p->octets, p->n);
	}
}

static int by_octets(const void *a, const void *b)
{
	const struct plain_packet *p = a, *q = b;
	int order = memcmp(p->octets, q->octets, p->n < q->n ? p->n : q->n);
	return order ? order : (p->n > q->n) - (p->n < q->n);
}

/* ---- the same as inside ---- */

/* What does not come out even, and why. extra: written more often than the host
 * saw them; missing: seen at the host, but not written. */
static const struct {
	const char *capture;
	size_t extra, missing;
	const char *why;
} uneven[] = {
	{ "captures/lab/manual-loss", 0, 3, "three packets were lost before the recorder" },
	{ "captures/lab/manual-replay", 3, 0, "three packets were sent again, and are written again" },
	{ "captures/samples/replay-corrupt", 2, 0, "two packets were sent again" },
};

static void expected_uneven(const char *capture, size_t *extra, size_t *missing)
{
	*extra = *missing = 0;
	for (size_t i = 0; i < sizeof uneven / sizeof *uneven; i++)
		if (strcmp(uneven[i].capture, capture) == 0) {
			*extra = uneven[i].extra;
			*missing = uneven[i].missing;
		}
}

/* Both sorted. An extra packet must be one that the host saw, too. */
static void compare(const char *capture, const struct packets *plain, const struct packets *inside)
{
	size_t i = 0, k = 0, extra = 0, missing = 0, want_extra, want_missing;
	while (i < plain->count || k < inside->count) {
		int order = i == plain->count ? 1 : k == inside->count ? -1 :
			    by_octets(&plain->all[i], &inside->all[k]);
		if (order < 0) {
			ck_assert_msg(k && by_octets(&plain->all[i], &inside->all[k - 1]) == 0,
				      "%s: frame %llu was never seen inside", capture,
				      (unsigned long long)plain->all[i].frame);
			extra++;
		}
		missing += order > 0;
		i += order <= 0;
		k += order >= 0;
	}
	expected_uneven(capture, &want_extra, &want_missing);
	ck_assert_msg(extra == want_extra && missing == want_missing,
		      "%s: %zu packets too many, %zu missing; expected %zu and %zu", capture, extra,
		      missing, want_extra, want_missing);
}

static void sort_for_comparison(struct packets *s)
{
	keep_protected(s);
	complete_partial(s);
	without_hops(s);
	qsort(s->all, s->count, sizeof *s->all, by_octets);
}

static void write_plain(const char *capture, char out[64])
{
	char pcap[128], keys[128];
	snprintf(pcap, sizeof pcap, "%s.pcap", capture);
	snprintf(keys, sizeof keys, "%s.keys", capture);
	spawn_file(out, "", 0);
	struct ran r = SPAWN("dissect", "-k", keys, "-w", out, pcap);
	ck_assert_msg(r.status == 0, "%s: exit %d: %s", capture, r.status, r.err);
	ran_done(&r);
}

/* The two collections hold so many tunnels that the test above cannot be empty. */
START_TEST(many_inside)
{
	size_t tunnels = 0, packets = 0;
	for (int i = 0; i < capture_count; i++) {
		char host[128];
		snprintf(host, sizeof host, "%.95s.keys/inside-ha.pcap", captures[i]);
		if (access(host, R_OK) != 0)
			continue;
		struct packets *inside = packets_read(host);
		keep_protected(inside);
		tunnels += inside->count > 0;
		packets += inside->count;
		packets_free(inside);
	}
	ck_assert_msg(tunnels >= 90 && packets >= 1000, "%zu captures, %zu packets", tunnels, packets);
}
END_TEST

/* ---- the truth ---- */

static void digest(struct span s, char hex[65])
{
	struct err e = { 0 };
	struct crypto *c = crypto_new(&e);
	uint8_t sum[64];
	size_t size;
	ck_assert(c && crypto_digest(c, "SHA2-256", &s, 1, sum, &size, &e) && size == 32);
	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	crypto_free(c);
}

static const struct plain_packet *packet_of(const struct packets *s, json_int_t frame)
{
	for (size_t i = 0; i < s->count; i++)
		if ((json_int_t)s->all[i].frame == frame)
			return &s->all[i];
	return NULL;
}

/* Nothing is left out of these captures: frames keep their numbers. In tunnel
 * mode the truth has the SHA-256 of the inner packet, in transport mode that of
 * what the IP header carries. */
static void compare_truth(const char *capture, const struct packets *s, const json_t *truth)
{
	const char *want = json_string_value(json_object_get(truth, "payload_sha256"));
	const struct plain_packet *p = packet_of(s, json_integer_value(json_object_get(truth, "frame")));
	bool tunnel = json_object_get(truth, "inner_src");
	char hex[65];
	ck_assert_ptr_nonnull(p);
	size_t header = tunnel ? 0 : p->octets[0] >> 4 == 4 ? (size_t)(p->octets[0] & 15) * 4 : 40;
	digest(span_of(p->octets + header, p->n - header), hex);
	ck_assert_msg(strcmp(hex, want) == 0, "%s frame %llu: SHA-256 %s, needs %s", capture,
		      (unsigned long long)p->frame, hex, want);
	if (tunnel)
		return;
	struct span head = span_of(p->octets, header);
	ck_assert(checksum_fold(checksum_add(0, head)) == 0);
	ck_assert_int_eq(p->octets[9], json_integer_value(json_object_get(truth, "next_header")));
}

static void check_truth(const char *capture, const struct packets *plain)
{
	char path[128];
	json_error_t why;
	size_t i, compared = 0;
	const json_t *one;
	snprintf(path, sizeof path, "%.95s.keys/truth.json", capture);
	if (access(path, R_OK) != 0)
		return;
	json_t *truth = json_load_file(path, 0, &why);
	ck_assert_msg(truth != NULL, "%s: %s", path, why.text);
	json_array_foreach(truth, i, one)
		if (json_object_get(one, "payload_sha256")) {
			compare_truth(capture, plain, one);
			compared++;
		}
	ck_assert(plain->frames == json_array_size(truth));
	ck_assert_msg(compared || strstr(capture, "/fail-"), "%s: nothing compared", capture);
	json_decref(truth);
}

/* ---- what tshark opened ---- */

/* The cell of a line without quotes, as a number; -1 when there is none, or
 * several. */
static int cell(const char *line, int column)
{
	for (; column; column--) {
		line = strchr(line, ',');
		if (!line++)
			return -1;
	}
	char *end;
	long v = strtol(line, &end, 10);
	return end == line || (*end != ',' && *end != '\n') ? -1 : (int)v;
}

static bool is_echo(int type)
{
	return type == 0 || type == 8 || type == 128 || type == 129;
}

/* Type and sequence number of the echo in a packet; false for others. Of
 * fragments the first one has them. */
static bool echo_of(const struct plain_packet *p, int *type, int *seq)
{
	bool six = p->octets[0] >> 4 == 6;
	size_t header = six ? 40 : (size_t)(p->octets[0] & 15) * 4;
	if (p->octets[six ? 6 : 9] != (six ? 58 : 1) || p->n < header + 8 ||
	    (!six && ((p->octets[6] & 0x1f) || p->octets[7])))
		return false;
	*type = p->octets[header];
	*seq = p->octets[header + 6] << 8 | p->octets[header + 7];
	return is_echo(*type);
}

/* The lab kept what tshark, with the same keys, found in each ESP packet: the
 * echoes must be those, in that order. In transport mode too. */
static void check_tshark(const char *capture, const struct packets *plain)
{
	char path[128], line[512];
	size_t at = 0;
	int type = -1, seq = -1;
	snprintf(path, sizeof path, "%.95s.keys/tshark.csv", capture);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		int four = cell(line, 8), six = cell(line, 10);
		if (cell(line, 3) != 1 || !is_echo(four < 0 ? six : four))
			continue;
		while (at < plain->count && !echo_of(&plain->all[at], &type, &seq))
			at++;
		ck_assert_msg(at++ < plain->count, "%s: tshark's %s is missing", capture, line);
		ck_assert_msg(type == (four < 0 ? six : four) && seq == cell(line, four < 0 ? 11 : 9),
			      "%s: echo type %d seq %d, tshark has %s", capture, type, seq, line);
	}
	if (f)
		fclose(f);
}

/* ---- all of that ---- */

static void check_inside(const char *capture, struct packets *plain)
{
	char host[128];
	snprintf(host, sizeof host, "%.95s.keys/inside-ha.pcap", capture);
	if (access(host, R_OK) != 0)
		return;
	struct packets *inside = packets_read(host);
	sort_for_comparison(plain);
	sort_for_comparison(inside);
	compare(capture, plain, inside);
	packets_free(inside);
}

START_TEST(collection)
{
	char out[64];
	write_plain(captures[_i], out);
	struct packets *plain = packets_read(out);
	check_truth(captures[_i], plain);
	check_tshark(captures[_i], plain);
	check_inside(captures[_i], plain);
	packets_free(plain);
	unlink(out);
}
END_TEST

/* ---- other readers ---- */

static char *ask(const char *program, const char *path, const char *filter)
{
	char line[768], *text = calloc(1, 1 << 20);
	snprintf(line, sizeof line, "%s -r %s %s", program, path, filter);
	FILE *f = popen(line, "r");
	ck_assert(f && text);
	size_t n = fread(text, 1, (1 << 20) - 1, f);
	text[n] = '\0';
	int status = pclose(f);
	ck_assert_msg(status == 0, "%s: exit %d: %s", line, status, text);
	return text;
}

static bool is_installed(const char *program)
{
	char line[64];
	snprintf(line, sizeof line, "command -v %s >/dev/null", program);
	return system(line) == 0;
}

/* What IKE itself or an ICMP error quotes is as it was on the wire: partial
 * checksums of IKE, and quoted packets that end early. */
#define COMPLAINT "(_ws.malformed || ip.checksum.status==Bad || tcp.checksum.status==Bad || " \
		  "udp.checksum.status==Bad || icmp.checksum.status==Bad || " \
		  "icmpv6.checksum.status==Bad || _ws.short) && " \
		  "!(udp.port==500 || udp.port==4500) && !(icmp.type==3 || icmpv6.type==1)"

/* All plain captures as one, so that the readers start once. */
static void write_all(char path[64])
{
	FILE *to = NULL;
	spawn_file(path, "", 0);
	for (int i = 0; i < capture_count; i++) {
		char out[64];
		size_t n;
		if (strstr(captures[i], "truncated"))
			continue;	/* its packets are cut, and stay so */
		write_plain(captures[i], out);
		char *octets = spawn_read(out, &n);
		if (!to)
			ck_assert((to = fopen(path, "wb")) && fwrite(octets, 1, 24, to) == 24);
		ck_assert(n >= 24 && fwrite(octets + 24, 1, n - 24, to) == n - 24);
		free(octets);
		unlink(out);
	}
	ck_assert(to && fclose(to) == 0);
}

START_TEST(readers)
{
	char path[64];
#ifdef __SANITIZE_ADDRESS__
	return;		/* it is the others that are asked here */
#endif
	write_all(path);
	if (is_installed("tshark")) {
		char *bad = ask("tshark -n -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
				"-o udp.check_checksum:TRUE", path, "-Y '" COMPLAINT "' 2>/dev/null");
		ck_assert_msg(!*bad, "%s", bad);
		free(bad);
	} else {
		puts("skip: tshark is not installed");
	}
	if (is_installed("tcpdump")) {
		char *said = ask("tcpdump -nvv", path, "'not udp port 500 and not udp port 4500' 2>&1");
		ck_assert_msg(!strstr(said, "bad cksum") && !strstr(said, "truncated") &&
			      !strstr(said, "[|"), "%s", said);
		free(said);
	} else {
		puts("skip: tcpdump is not installed");
	}
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plain");
	TCase *t = tcase_create("plain");
	tcase_set_timeout(t, 300);
	find_captures("captures/samples");
	find_captures("captures/lab");
	qsort(captures, (size_t)capture_count, sizeof *captures, by_name);
	tcase_add_loop_test(t, collection, 0, capture_count);
	tcase_add_test(t, many_inside);
	tcase_add_test(t, readers);
	suite_add_tcase(s, t);
	return testing_run(s);
}
