/* SPDX-License-Identifier: BSD-2-Clause
 * The HTML pages: that text from outside stays text, that every page is well
 * formed and names nothing outside of itself, and that its policy names the
 * style and the script which are in it. The reader of tags below is this test's
 * own; what browsers think is tests/html_test.sh's matter. */
#include "dissect/html_story.h"
#include "dissect/view_html.h"
#include "dissect/view_testing.h"

#define HOSTILE "<script>alert(1)</script>\"'&\x01\xff"
#define HOSTILE_SHOWN "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\x01\\xff"

/* ---- a reader of tags ---- */

enum { NESTED_MAX = 64 };

struct tags {
	struct span open[NESTED_MAX];
	size_t depth, scripts, styles;
};

static bool is_void(struct span name)
{
	static const char *const names[] = { "meta", "input", "br" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (span_is_word(name, names[i]))
			return true;
	return false;
}

static size_t find(struct span s, size_t from, const char *what)
{
	size_t n = strlen(what);
	for (; from + n <= s.n; from++)
		if (memcmp(s.p + from, what, n) == 0)
			return from;
	ck_abort_msg("no %s", what);
}

/* Attributes: name="value", with no quote, < or bare & in the value. */
static size_t attributes(struct span s, size_t i)
{
	while (s.p[i] != '>' && s.p[i] != '/') {
		ck_assert_msg(s.p[i] == ' ', "\"%.20s\" where a blank has to be", s.p + i);
		size_t name = ++i;
		while (i < s.n && ((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '-' ||
				   (i > name && ((s.p[i] >= 'A' && s.p[i] <= 'Z') ||
						 (s.p[i] >= '0' && s.p[i] <= '9')))))
			i++;
		ck_assert_msg(i > name, "no attribute: %.20s", s.p + name);
		ck_assert_msg(s.p[name] != 'o' || s.p[name + 1] != 'n', "a handler: %.20s", s.p + name);
		ck_assert(!span_is_word(span_part(s, name, i - name), "style"));
		if (s.p[i] != '=')
			continue;
		ck_assert_int_eq(s.p[i + 1], '"');
		for (i += 2; s.p[i] != '"'; i++)
			ck_assert_msg(s.p[i] != '<' && s.p[i] != '\n', "%.20s", s.p + i);
		i++;
	}
	return i;
}

static size_t tag(struct tags *g, struct span s, size_t i)
{
	bool end = s.p[i + 1] == '/';
	size_t name = i + 1 + end, k = name;
	while ((s.p[k] >= 'a' && s.p[k] <= 'z') || (s.p[k] >= '1' && s.p[k] <= '6'))
		k++;
	struct span word = span_part(s, name, k - name);
	ck_assert_msg(word.n != 0, "no tag: %.30s", s.p + i);
	k = attributes(s, k);
	if (end) {
		ck_assert_msg(g->depth && span_equal(g->open[g->depth - 1], word),
			      "</%.*s> closes <%.*s>", (int)word.n, word.p,
			      g->depth ? (int)g->open[g->depth - 1].n : 0,
			      g->depth ? (const char *)g->open[g->depth - 1].p : "");
		g->depth--;
		return k + 1;
	}
	if (s.p[k] == '/' || is_void(word))
		return k + 1 + (s.p[k] == '/');
	ck_assert_uint_lt(g->depth, NESTED_MAX);
	g->open[g->depth++] = word;
	g->scripts += span_is_word(word, "script");
	g->styles += span_is_word(word, "style");
	if (span_is_word(word, "script"))
		return find(s, k, "</script>");
	return span_is_word(word, "style") ? find(s, k, "</style>") : k + 1;
}

static void reference(struct span s, size_t i)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
	for (size_t k = 0; k < sizeof known / sizeof *known; k++)
		if (span_is_word(span_part(s, i, strlen(known[k])), known[k]))
			return;
	ck_abort_msg("no reference: %.20s", s.p + i);
}

/* The whole page; ends with a NUL that is not counted. */
static void check_page(struct span s)
{
	struct tags g = { .depth = 0 };
	size_t i = find(s, 0, "\n");
	ck_assert_int_eq(memcmp(s.p, "<!DOCTYPE html>\n", 16), 0);
	while (i < s.n) {
		ck_assert_msg(s.p[i] == '\n' || s.p[i] >= 0x20, "octet 0x%02x", s.p[i]);
		if (s.p[i] == '<')
			i = tag(&g, s, i);
		else if (s.p[i] == '&')
			reference(s, i++);
		else
			ck_assert_int_ne(s.p[i++], '>');
	}
	ck_assert_uint_eq(g.depth, 0);
	ck_assert_uint_eq(g.scripts, 1);
	ck_assert_uint_eq(g.styles, 1);
	static const char *const outside[] = { "http:", "https:", "src=", "url(h", "url(\"", "url('", "url(/", "@import", "data:" };
	for (size_t k = 0; k < sizeof outside / sizeof *outside; k++)
		ck_assert_ptr_null(strstr((const char *)s.p, outside[k]));
}

static void check_text(struct text *t)
{
	text_char(t, '\0');
	t->n--;
	check_page(span_of(t->p, t->n));
}

static void has(const struct text *t, const char *part)
{
	ck_assert_msg(strstr(t->p, part) != NULL, "no %s in\n%s", part, t->p);
}

/* Into the folder that HTML_PAGES names, for tests/html_test.sh and for eyes. */
static void page_keep(const struct text *t, const char *name)
{
	const char *folder = getenv("HTML_PAGES");
	char path[512];
	if (!folder)
		return;
	snprintf(path, sizeof path, "%s/%s.html", folder, name);
	FILE *f = fopen(path, "wb");
	ck_assert_msg(f && fwrite(t->p, 1, t->n, f) == t->n && fclose(f) == 0, "%s", path);
}

/* ---- escaping ---- */

static const struct {
	const char *text, *shown;
} escapes[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ HOSTILE, HOSTILE_SHOWN },
	{ "a=\"b\" onclick='x'", "a=&quot;b&quot; onclick=&#39;x&#39;" },
	{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
	{ "\xc0\xbc", "\\xc0\\xbc" },			/* < in two octets */
	{ "\xe0\x80\xbc", "\\xe0\\x80\\xbc" },		/* ... in three */
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* a surrogate */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },	/* above U+10FFFF */
	{ "\xe2\x82", "\\xe2\\x82" },			/* cut */
	{ "\xc3<", "\\xc3&lt;" },			/* < must not be swallowed */
	{ "\xe2\x80\xae" "evil", "\\xe2\\x80\\xae" "evil" },	/* right to left */
	{ "\xe2\x80\x8b\xef\xbb\xbf", "\\xe2\\x80\\x8b\\xef\\xbb\\xbf" },
	{ "\xc2\x85\x7f\n\t\x1b[31m", "\\xc2\\x85\\x7f\\x0a\\x09\\x1b[31m" },
	{ "\xef\xbf\xbe", "\\xef\\xbf\\xbe" },		/* no character */
};

START_TEST(test_escape)
{
	struct text t = { 0 };
	html_escape(&t, span_text(escapes[_i].text));
	text_char(&t, '\0');
	ck_assert_str_eq(t.p, escapes[_i].shown);
	text_done(&t);
}
END_TEST

START_TEST(test_add)
{
	struct text t = { 0 };
	const char *volatile none = NULL;
	html_add(&t, "<b title=\"%s\">%u %llu %zu %s%%</b>", "\"<", 7u, 1ull << 40, (size_t)9,
		 none);
	html_percent(&t, 1, 3);
	html_percent(&t, 5, 0);
	html_percent(&t, UINT64_MAX, UINT64_MAX);
	text_char(&t, '\0');
	ck_assert_str_eq(t.p, "<b title=\"&quot;&lt;\">7 1099511627776 9 %</b>33.333%0.000%100.000%");
	text_done(&t);
}
END_TEST

/* The policy's hashes are those of the texts, by another's SHA-256. */
START_TEST(test_policy)
{
	static const struct html_part *const parts[] = { &html_css, &html_js };
	struct err e = { 0 };
	struct crypto *c = crypto_new(&e);
	for (size_t i = 0; i < 2; i++) {
		uint8_t hash[64];
		size_t n;
		struct span s = span_of(parts[i]->text, parts[i]->octets);
		static const char digits[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		ck_assert_uint_eq(strlen(parts[i]->text), parts[i]->octets);
		ck_assert(crypto_digest(c, "SHA2-256", &s, 1, hash, &n, &e) && n == 32);
		ck_assert_uint_eq(strlen(parts[i]->sha256), 44);
		for (size_t k = 0; k < 42; k++) {	/* 6 bits each */
			unsigned bit = (unsigned)k * 6, two = hash[bit / 8] << 8 | hash[bit / 8 + 1];
			ck_assert_int_eq(parts[i]->sha256[k], digits[two >> (10 - bit % 8) & 63]);
		}
	}
	crypto_free(c);
}
END_TEST

/* ---- a story made by hand ---- */

static struct addr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return addr_of(4, (const uint8_t[]){ a, b, c, d });
}

#define EVENT(number, second, nano, side, words, inside, ...) \
	{ .frame = number, .seconds = second, .nanoseconds = nano, .from = side, .times = 1, \
	  .octets = 280, .label = words, .payloads = inside, __VA_ARGS__ }

static const struct story_event events[] = {
	EVENT(1, 100, 0, IKE_INITIATOR, "IKE_SA_INIT request 0",
	      "SA KE NONCE N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)", .request = true),
	EVENT(2, 100, 16000000, IKE_RESPONDER, "IKE_SA_INIT response 0",
	      "SA KE NONCE N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)", .remark = NULL),
	EVENT(3, 100, 29000000, IKE_INITIATOR, "IKE_AUTH request 1", "IDi IDr AUTH SA TSi TSr",
	      .request = true, .fragments = 2, .remark = "the initiator is " HOSTILE),
	{ .frame = 4, .seconds = 102, .nanoseconds = 29000000, .from = IKE_INITIATOR, .repeated = true,
	  .times = 3, .label = "IKE_AUTH request 1", .payloads = HOSTILE },
	EVENT(7, 102, 40000000, IKE_RESPONDER, "IKE_AUTH response 1", "N(AUTHENTICATION_FAILED)",
	      .bad = true, .remark = "refused: AUTHENTICATION_FAILED"),
};

static const char *const sentences[] = {
	"The initiator, 192.0.2.1, began IKE_SA_INIT in frame 1 and was answered in frame 2.",
	"It calls itself \"" HOSTILE "\" and proves it with a pre-shared key.",
	"The responder refused with AUTHENTICATION_FAILED in frame 7.", NULL
};

/* Octets of a tunnel mode packet of AES-GCM. */
static const struct story_box boxes[] = {
	{ .name = "ethernet", .note = NULL, .at = 0, .before = 14, .size = 154, .depth = 0 },
	{ .name = "ipv4", .note = HOSTILE, .at = 14, .before = 20, .size = 140, .depth = 1, .added = true },
	{ .name = "esp", .note = NULL, .at = 34, .before = 8, .size = 120, .depth = 2, .added = true },
	{ .name = "IV", .note = NULL, .at = 42, .before = 8, .size = 8, .depth = 3, .added = true },
	{ .name = "encrypted", .note = NULL, .at = 50, .before = 0, .size = 88, .depth = 3 },
	{ .name = "ipv4", .note = NULL, .at = 50, .before = 20, .size = 84, .depth = 4,
	  .inside = true },
	{ .name = "icmp", .note = NULL, .at = 70, .before = 8, .size = 64, .depth = 5,
	  .inside = true },
	{ .name = HOSTILE, .note = NULL, .at = 78, .before = 56, .size = 56, .depth = 6,
	  .inside = true },
	{ .name = "padding", .note = NULL, .at = 134, .before = 2, .size = 2, .depth = 4,
	  .inside = true, .added = true },
	{ .name = "ESP trailer", .note = NULL, .at = 136, .before = 2, .size = 2, .depth = 4,
	  .inside = true, .added = true },
	{ .name = "ICV", .note = NULL, .at = 138, .before = 16, .size = 16, .depth = 3, .added = true },
};

struct made {
	struct story s;
	struct story_ike ike;
	struct ike_sa sa;
	struct ike_child child;
	struct story_flow flow;
	struct story_finding finding;
	struct story_event events[STORY_EVENTS_MAX];
	struct story_box boxes[STORY_BOXES_MAX];
	uint32_t slices[STORY_SLICES];
};

static void made_ike(struct made *m)
{
	m->sa = (struct ike_sa){ .version = 2, .serial = 1, .outcome = IKE_FAILED, .messages = 7,
		.encrypted = 5, .opened = 5, .children = &m->child, .missing = HOSTILE,
		.reason = { .notify = 24, .version = 2, .by = IKE_RESPONDER, .frame = 7,
			    .evidence = HOSTILE } };
	for (int i = 0; i < 2; i++)
		m->sa.end[i] = (struct ike_end){ .addr = v4(192, 0, 2, (uint8_t)(i + 1)), .port = 500,
			.id = HOSTILE, .auth_method = 2, .auth_text = HOSTILE, .auth = AUTH_BAD,
			.auth_why = HOSTILE, .can = 0x3ff, .natted = i == 0 };
	m->child = (struct ike_child){ .sa = &m->sa, .protocol = PROTOCOL_ESP, .spi_i = 0xca50b39b,
		.addr_i = m->sa.end[0].addr, .addr_r = m->sa.end[1].addr, .ts_i = HOSTILE,
		.ts_r = HOSTILE, .outcome = IKE_FAILED, .keys = HOSTILE, .missing = HOSTILE,
		.reason = { .evidence = HOSTILE } };
	memcpy(m->events, events, sizeof events);
	m->ike = (struct story_ike){ .sa = &m->sa, .events = m->events, .outcome = IKE_FAILED,
		.event_count = sizeof events / sizeof *events, .reason = "AUTHENTICATION_FAILED",
		.explanation = "The responder did not accept the initiator's proof of identity: " HOSTILE,
		.advice = "Usual cause: the pre-shared keys differ.\nLook at: " HOSTILE "\n" HOSTILE, .sentences = sentences };
}

static void made_flow(struct made *m)
{
	memcpy(m->boxes, boxes, sizeof boxes);
	for (int i = 0; i < STORY_SLICES; i++)
		m->slices[i] = (uint32_t)(i * i % 17);
	m->flow = (struct story_flow){ .protocol = PROTOCOL_ESP, .spi = 0xca50b39b,
		.src = v4(192, 0, 2, 1), .dst = v4(192, 0, 2, 2), .mode = SA_MODE_TUNNEL,
		.packets = 400, .bytes = 56000, .inner_packets = 399, .inner_bytes = 33516,
		.overhead_bytes = 22344, .icv_bad = 1, .missing = 3, .first_seq = 1, .last_seq = 403,
		.first_frame = 8, .last_frame = 407, .first_seconds = 103, .last_seconds = 110,
		.boxes = m->boxes, .box_count = sizeof boxes / sizeof *boxes, .slices = m->slices };
}

static struct made *made_new(void)
{
	struct made *m = calloc(1, sizeof *m);
	ck_assert_ptr_nonnull(m);
	made_ike(m);
	made_flow(m);
	m->finding = (struct story_finding){ .frame = 8, .severity = SEVERITY_VIOLATION,
		.requirement = "RFC4303-2.4-03", .text = HOSTILE, .times = 2 };
	m->s = (struct story){ .files = HOSTILE, .mtu = 1500, .frames = 407, .octets = 60000,
		.first_seconds = 100, .last_seconds = 110, .slice_count = 60, .slice_ms = 170,
		.ikes = &m->ike, .ikes_last = &m->ike, .flows = &m->flow, .flow_count = 1,
		.findings = &m->finding, .finding_count = 1 };
	return m;
}

static void made_free(struct made *m)
{
	arena_done(&m->s.arena);
	free(m);
}

START_TEST(test_story)
{
	struct text t = { 0 };
	struct made *m = made_new();
	story_html(&m->s, &t);
	check_text(&t);
	has(&t, HOSTILE_SHOWN);
	has(&t, "AUTHENTICATION_FAILED");
	has(&t, "<span class=\"term\">Usual cause</span> the pre-shared keys differ.</p>");
	has(&t, "sent 3 times more");
	has(&t, "IPsec added <b>56 octets</b>");
	has(&t, "<b>Before:</b> 84 octets");
	has(&t, "0xca50b39b");
	has(&t, "RFC4303-2.4-03");
	page_keep(&t, "story");
	text_done(&t);
	made_free(m);
}
END_TEST

/* Nothing at all, and more than a page holds. */
START_TEST(test_story_bounds)
{
	enum { MANY = 3000 };
	struct text t = { 0 };
	struct made *m = made_new();
	struct story_ike *ikes = calloc(MANY, sizeof *ikes);
	struct story_flow *flows = calloc(MANY, sizeof *flows);
	struct story empty = { .files = NULL };
	ck_assert(ikes && flows);
	story_html(&empty, &t);
	check_text(&t);
	arena_done(&empty.arena);
	t.n = 0;
	for (size_t i = 0; i < MANY; i++) {
		ikes[i] = m->ike;
		flows[i] = m->flow;
		ikes[i].next = i + 1 < MANY ? &ikes[i + 1] : NULL;
		flows[i].next = i + 1 < MANY ? &flows[i + 1] : NULL;
	}
	m->s.ikes = ikes;
	m->s.flows = flows;
	m->s.flow_count = MANY;
	m->s.last_seconds = INT64_MAX;
	m->s.first_seconds = INT64_MIN;
	story_html(&m->s, &t);
	check_text(&t);
	has(&t, "2800 further IKE SAs are not shown");
	has(&t, "2500 further SAs are not shown");
	ck_assert_uint_lt(t.n, 8u << 20);
	text_done(&t);
	free(ikes);
	free(flows);
	made_free(m);
}
END_TEST

/* ---- packets ---- */

static const struct view *html_view(void)
{
	const struct view *v = view_find("html");
	ck_assert(v && v->begin && v->packet && v->end);
	return v;
}

static void page_begin(struct view_rig *r)
{
	r->out.n = 0;
	r->env.files = HOSTILE;
	r->env.shown = 0;
	html_view()->begin(&r->env);
}

static void page_end(struct view_rig *r)
{
	html_view()->end(&r->env, wire_counts(r->wire));
	check_text(&r->out);
}

START_TEST(test_packets)
{
	struct view_rig *r = rig_new();
	rig_key(r);
	r->env.many_files = true;
	r->frame.file = HOSTILE;
	page_begin(r);
	rig_show_octets(r, "html", rig_octets(r, FRAME_IKE));
	rig_show_octets(r, "html", rig_octets(r, FRAME_ESP));
	page_end(r);
	has(&r->out, HOSTILE_SHOWN);
	has(&r->out, "IPsec added <b>56 octets</b>");
	has(&r->out, "IKEV2_FRAGMENTATION_SUPPORTED");
	has(&r->out, "<div><dt>icv</dt><dd>good</dd></div>");
	page_keep(&r->out, "packets");
	has(&r->out, "<div><dt>encr</dt><dd>ENCR_AES_GCM_16</dd></div>");
	rig_free(r);
}
END_TEST

START_TEST(test_packets_bad)
{
	struct view_rig *r = rig_new();
	char hex[sizeof FRAME_ESP];
	memcpy(hex, FRAME_ESP, sizeof hex);
	hex[sizeof hex - 2] = hex[sizeof hex - 2] == '0' ? '1' : '0';
	page_begin(r);
	rig_show_octets(r, "html", rig_octets(r, hex));
	page_end(r);
	has(&r->out, "Locked: no key for this SPI.");
	rig_key(r);
	page_begin(r);
	rig_show_octets(r, "html", rig_octets(r, hex));
	page_end(r);
	has(&r->out, "nothing inside is shown");
	ck_assert_ptr_null(strstr(r->out.p, "10.1.0.10"));
	rig_free(r);
}
END_TEST

START_TEST(test_packets_many)
{
	struct view_rig *r = rig_new();
	rig_key(r);
	page_begin(r);
	for (r->env.shown = 0; r->env.shown < HTML_PACKETS_MAX + 5; r->env.shown++) {
		size_t before = r->out.n;
		rig_show_octets(r, "html", rig_octets(r, FRAME_ESP));
		ck_assert((r->out.n == before) == (r->env.shown >= HTML_PACKETS_MAX));
		if (r->env.shown > 2)
			r->out.n = before;
	}
	page_end(r);
	has(&r->out, "5 further packets are not shown");
	rig_free(r);
}
END_TEST

static void mutant(struct view_rig *r, struct span octets)
{
	r->env.bytes = r->frame.number % 2;
	page_begin(r);
	size_t head = r->out.n;
	rig_show_octets(r, "html", octets);
	ck_assert_uint_lt(r->out.n - head, 256u << 10);
	page_end(r);
}

START_TEST(test_mutants)
{
	struct view_rig *r = rig_new();
	rig_key(r);
	rig_mutants(r, 1500, mutant);
	rig_free(r);
}
END_TEST

/* ---- boxes ---- */

/* The sum of all own octets is the packet; boxes lie in the box around them. */
START_TEST(test_boxes)
{
	struct view_rig *r = rig_new();
	struct story_box b[STORY_BOXES_MAX];
	struct packet *p = &r->packet;
	uint32_t own = 0, added = 0;
	rig_key(r);
	r->frame.octets = rig_octets(r, FRAME_ESP);
	r->frame.captured = r->frame.length = (uint32_t)r->frame.octets.n;
	wire_parse(r->wire, p, &r->frame, &r->arena);
	wire_open(r->wire, &p, 1);
	wire_finish(r->wire, p);
	size_t n = story_boxes(p, b, &r->scratch);
	ck_assert_uint_eq(n, sizeof boxes / sizeof *boxes);
	for (size_t i = 0; i < n; i++) {	/* by the layout of RFC 4303, 2 and RFC 4106, 3 */
		own += b[i].before + b[i].after;
		added += b[i].added ? b[i].before + b[i].after : 0;
		ck_assert_uint_eq(b[i].at, boxes[i].at);
		ck_assert_uint_eq(b[i].size, boxes[i].size);
		ck_assert_uint_eq(b[i].depth, boxes[i].depth);
		ck_assert_int_eq(b[i].added, boxes[i].added);
		if (i != 7)
			ck_assert_str_eq(b[i].name, boxes[i].name);
	}
	ck_assert_uint_eq(own, 154);
	ck_assert_uint_eq(added, 56);
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("html");
	TCase *c = tcase_create("html");
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, test_escape, 0, sizeof escapes / sizeof *escapes);
	tcase_add_test(c, test_add);
	tcase_add_test(c, test_policy);
	tcase_add_test(c, test_story);
	tcase_add_test(c, test_story_bounds);
	tcase_add_test(c, test_packets);
	tcase_add_test(c, test_packets_bad);
	tcase_add_test(c, test_packets_many);
	tcase_add_test(c, test_mutants);
	tcase_add_test(c, test_boxes);
	suite_add_tcase(s, c);
	return testing_run(s);
}
