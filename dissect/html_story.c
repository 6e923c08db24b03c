/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat explain -f html`: the story as one page. What goes wrong stands first:
 * the reason of each IKE SA that failed, before its messages and numbers. The
 * SAs' traffic is in html_flows.c, the ladder in html_ladder.c. */
#include "dissect/html_story.h"

#include "dissect/view_private.h"

#include <time.h>

/* ---- small things ---- */

void html_since(struct text *t, const struct story *s, int64_t seconds, uint32_t nanoseconds)
{
	struct view_env v = { .first_seconds = s->first_seconds,
			      .first_nanoseconds = s->first_nanoseconds };
	struct frame f = { .seconds = seconds, .nanoseconds = nanoseconds };
	view_since(t, &v, &f);
}

void html_left_out(struct text *t, uint64_t count, const char *what)
{
	if (count)
		html_add(t, "<p class=\"remark warn\">%llu further %s are not shown here; "
			 "<code>-f json</code> has all of them.</p>\n", (html_number)count, what);
}

void html_sentences(struct text *t, const char *class, const char *const *sentences)
{
	if (!sentences || !*sentences)
		return;
	html_add(t, "<ul class=\"%s\">\n", class);
	for (unsigned i = 0; sentences[i] && i < HTML_SENTENCES_MAX; i++)
		html_add(t, "<li>%s</li>\n", sentences[i]);
	text_add(t, "</ul>\n");
}

const char *html_addr(struct story *s, const struct addr *a)
{
	struct text t = { 0 };
	view_addr(&t, a);
	const char *text = arena_text(&s->arena, span_of(t.p, t.n));
	text_done(&t);
	return text;
}

static enum html_tone outcome_tone(enum ike_outcome o)
{
	switch (o) {
	case IKE_ESTABLISHED: return HTML_GOOD;
	case IKE_FAILED: return HTML_BAD;
	case IKE_INCOMPLETE: return HTML_WARN;
	default: return HTML_PLAIN;
	}
}

static void outcome(struct text *t, enum ike_outcome o)
{
	html_badge(t, outcome_tone(o), ike_outcome_name(o));
}

/* ---- the head ---- */

static const char *utc(struct story *s, int64_t seconds)
{
	char text[40] = "";
	struct tm tm;
	time_t time = (time_t)seconds;
	if (gmtime_r(&time, &tm))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm);
	return arena_printf(&s->arena, "%s", text);
}

static void count_badge(struct text *t, size_t count, enum html_tone tone, const char *what)
{
	if (!count)
		return;
	struct text word = { 0 };
	text_printf(&word, "%zu %s", count, what);
	text_char(&word, '\0');
	html_badge(t, tone, word.p);
	text_char(t, '\n');
	text_done(&word);
}

static void outcomes(struct story *s, struct text *t)
{
	size_t ikes[IKE_DELETED + 1] = { 0 }, severities[SEVERITY_VIOLATION + 1] = { 0 }, troubled = 0;
	bool warn;
	for (const struct story_ike *k = s->ikes; k; k = k->next) {
		story_outcome_words(k, &warn);
		if (warn && k->outcome == IKE_ESTABLISHED)
			troubled++;
		else
			ikes[k->outcome]++;
	}
	for (const struct story_finding *f = s->findings; f; f = f->next)
		severities[f->severity]++;
	text_add(t, "<p class=\"badges\">\n");
	for (int o = 0; o <= IKE_DELETED; o++) {
		struct text what = { 0 };
		text_printf(&what, "IKE SA%s %s", ikes[o] == 1 ? "" : "s",
			    ike_outcome_name((enum ike_outcome)o));
		text_char(&what, '\0');
		count_badge(t, ikes[o], outcome_tone((enum ike_outcome)o), what.p);
		text_done(&what);
	}
	count_badge(t, troubled, HTML_WARN, troubled == 1 ? "IKE SA established, but in trouble" :
		    "IKE SAs established, but in trouble");
	count_badge(t, s->flow_count, HTML_PLAIN, s->flow_count == 1 ? "ESP or AH SA" : "ESP and AH SAs");
	count_badge(t, severities[SEVERITY_VIOLATION], HTML_BAD,
		    severities[SEVERITY_VIOLATION] == 1 ? "violation" : "violations");
	count_badge(t, severities[SEVERITY_DEVIATION], HTML_WARN,
		    severities[SEVERITY_DEVIATION] == 1 ? "deviation" : "deviations");
	text_add(t, "</p>\n");
}

static void contents(const struct story *s, struct text *t)
{
	unsigned shown = 0;
	text_add(t, "<nav aria-label=\"Contents\"><ul>\n");
	for (const struct story_ike *k = s->ikes; k && shown < 12; k = k->next, shown++)
		html_add(t, "<li><a href=\"#ike-%u\">IKE SA %u</a></li>\n", shown + 1, shown + 1);
	if (s->flows)
		text_add(t, "<li><a href=\"#sas\">ESP and AH SAs</a></li>\n");
	if (s->ikes || s->flows)
		text_add(t, "<li><a href=\"#time\">Time line</a></li>\n");
	text_add(t, "<li><a href=\"#findings\">Findings</a></li>\n</ul></nav>\n");
}

/* "lab/a.pcap, b.pcap" without the folders. */
static const char *base_names(struct story *s, const char *files)
{
	struct text t = { 0 };
	for (const char *f = files; *f; ) {
		const char *end = strstr(f, ", ");
		size_t n = end ? (size_t)(end - f) : strlen(f);
		const char *slash = memrchr(f, '/', n);
		size_t folder = slash && slash + 1 < f + n ? (size_t)(slash + 1 - f) : 0;
		text_add_octets(&t, f + folder, n - folder);
		text_add(&t, end ? ", " : "");
		f += n + (end ? 2 : 0);
	}
	const char *names = arena_text(&s->arena, span_of(t.p, t.n));
	text_done(&t);
	return names;
}

static void head(struct story *s, struct text *t)
{
	const char *files = s->files ? s->files : "capture";
	html_begin(t, arena_printf(&s->arena, "%.200s \u2013 explained", files));
	const char *base = base_names(s, files);
	html_add(t, "<header><p class=\"kicker\">ikat explain</p>\n<h1 title=\"%s\">%s</h1>\n", files, base);
	if (strcmp(files, base))
		html_add(t, "<p class=\"path\"><code>%s</code></p>\n", files);
	outcomes(s, t);
	html_add(t, "<p class=\"lead\">%llu frames, %llu octets", (html_number)s->frames,
		 (html_number)s->octets);
	if (s->frames) {
		html_add(t, ", from %s, over ", utc(s, s->first_seconds));
		html_since(t, s, s->last_seconds, s->last_nanoseconds);
		text_add(t, " s");
	}
	text_add(t, ". Times below count from the first frame.</p>\n");
	contents(s, t);
	text_add(t, "</header>\n<main id=\"main\">\n"
		    "<div class=\"tools\" hidden><button type=\"button\" id=\"open\">Open all</button>\n"
		    "<button type=\"button\" id=\"close\">Close all</button></div>\n");
}

/* ---- one IKE SA ---- */

/* The reason that has more to say: the IKE SA's own, or that of its first CHILD SA
 * that was refused. */
static const struct ike_reason *reason_of(const struct ike_sa *sa)
{
	const struct ike_child *c = sa->children;
	if (sa->reason.frame || sa->reason.evidence)
		return &sa->reason;
	while (c && !c->reason.frame && !c->reason.evidence)
		c = c->next;
	return c ? &c->reason : &sa->reason;
}

static void why_word(const struct story_ike *k, const struct ike_reason *r, struct text *t)
{
	if (k->reason)
		html_add(t, "<p><b>%s</b>", k->reason);
	else
		text_add(t, "<p>Refused");
	if (k->reason && k->inferred)
		text_add(t, ", inferred: nobody here can read it, but it cannot be another");
	if (r->frame)
		html_add(t, ", said by the %s in frame %llu", r->by == IKE_INITIATOR ?
			 "initiator" : "responder", (html_number)r->frame);
	text_add(t, ".</p>\n");
}

/* A clause as a sentence: with a capital and a full stop. */
static void sentence(struct text *t, const char *clause)
{
	size_t n = strlen(clause);
	if (n && *clause >= 'a' && *clause <= 'z') {
		text_char(t, (char)(*clause++ - 'a' + 'A'));
		n--;
	}
	html_escape(t, span_of(clause, n));
	if (n && !strchr(".!?:", clause[n - 1]))
		text_char(t, '.');
}

/* Lines, each "Look at: ...": a term and what it says. */
static void advice(struct text *t, const char *text)
{
	enum { TERM_MAX = 24 };
	struct span rest = span_text(text);
	while (rest.n) {
		const uint8_t *stop = memchr(rest.p, '\n', rest.n);
		struct span line = span_part(rest, 0, stop ? (size_t)(stop - rest.p) : rest.n);
		const uint8_t *colon = memchr(line.p, ':', line.n < TERM_MAX ? line.n : TERM_MAX);
		rest = span_from(rest, line.n + 1);
		text_add(t, "<p><span class=\"term\">");
		if (colon)
			html_escape(t, span_of(line.p, (size_t)(colon - line.p)));
		text_add(t, "</span> ");
		html_escape(t, span_from(line, colon ? (size_t)(colon - line.p) + 2 : 0));
		text_add(t, "</p>\n");
	}
}

static void why(const struct story_ike *k, struct text *t)
{
	const struct ike_reason *r = reason_of(k->sa);
	if (!k->reason && !k->advice && !r->evidence && !r->frame)
		return;
	html_add(t, "<div class=\"why %s\" role=\"note\">\n<h3>%s</h3>\n",
		 k->outcome == IKE_FAILED ? "bad" : "warn", k->outcome == IKE_INCOMPLETE && !k->situation &&
		 !k->reason ? "What is missing" : "Why");
	if (k->reason || r->frame)
		why_word(k, r, t);
	if (r->evidence) {
		text_add(t, "<p><span class=\"term\">What the capture shows</span> ");
		sentence(t, r->evidence);
		text_add(t, "</p>\n");
	}
	if (k->advice)
		advice(t, k->advice);
	text_add(t, "</div>\n");
}

static void authentication(struct text *t, const struct ike_end *e)
{
	static const enum html_tone tones[] = { HTML_WARN, HTML_GOOD, HTML_BAD };
	if (!e->auth_method && !e->auth_text)
		return;
	html_add(t, "<div><dt>authentication</dt><dd>");
	if (e->auth_text)
		html_add(t, "%s ", e->auth_text);
	else
		html_add(t, "method %u ", (unsigned)e->auth_method);
	html_badge(t, tones[e->auth], auth_verdict_name(e->auth));
	if (e->auth_why)
		html_add(t, " <span class=\"dim\">%s</span>", e->auth_why);
	text_add(t, "</dd></div>\n");
}

static void capabilities(struct text *t, uint32_t can)
{
	static const char *const words[] = { "fragmentation", "MOBIKE", "IKE_INTERMEDIATE", "PPK",
		"childless", "signature hashes", "NAT-T", "DPD", "redirect", "multiple auth" };
	bool any = false;
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
		if (!(can >> i & 1))
			continue;
		text_add(t, any ? ", " : "<div><dt>announces</dt><dd>");
		text_add(t, words[i]);
		any = true;
	}
	if (any)
		text_add(t, "</dd></div>\n");
}

static void count_fact(struct text *t, const char *term, uint64_t value, const char *unit)
{
	if (value)
		html_add(t, "<div><dt>%s</dt><dd>%llu%s</dd></div>\n", term, (html_number)value, unit);
}

static void end(struct story *s, struct text *t, const struct ike_end *e, const char *role)
{
	html_add(t, "<div class=\"card\"><h4>%s</h4><dl class=\"facts\">\n<div><dt>%saddress</dt><dd>"
		 "<code>%s</code>, port %u%s</dd></div>\n", role, e->moved_frame ? "last " : "",
		 html_addr(s, &e->addr),
		 (unsigned)e->port, e->natted ? ", behind a NAT" : "");
	html_fact(t, "identity", e->id);
	authentication(t, e);
	capabilities(t, e->can);
	count_fact(t, "requests", e->requests, "");
	count_fact(t, "sent again", e->retransmissions, "");
	count_fact(t, "without answer", e->unanswered, "");
	count_fact(t, "stayed closed", e->closed, " messages");
	count_fact(t, "moved in", e->moved_frame, "");
	text_add(t, "</dl></div>\n");
}

static const char *spi_text(struct story *s, const uint8_t spi[8])
{
	struct text t = { 0 };
	text_hex_span(&t, span_of(spi, 8));
	const char *text = arena_text(&s->arena, span_of(t.p, t.n));
	text_done(&t);
	return text;
}

static void ike_facts(struct story *s, struct text *t, const struct ike_sa *sa)
{
	text_add(t, "<dl class=\"facts\">\n");
	html_add(t, "<div><dt>SPIs</dt><dd><code>%s</code> <code>%s</code></dd></div>\n",
		 spi_text(s, sa->spi_i), spi_text(s, sa->spi_r));
	if (sa->choice.has)
		html_fact(t, "proposal", ike_choice_text(&sa->choice, &s->arena));
	html_add(t, "<div><dt>messages</dt><dd>%u%s</dd></div>\n", (unsigned)sa->messages,
		 sa->tcp ? ", over TCP" : "");
	if (sa->encrypted)
		html_add(t, "<div><dt>encrypted</dt><dd>%u, of which %u opened%s</dd></div>\n",
			 (unsigned)sa->encrypted, (unsigned)sa->opened, sa->bad_icv ?
			 ", and some have a bad ICV" : "");
	if (sa->key)
		html_fact(t, "key from", origin_text(&sa->key->origin, &s->arena));
	html_fact(t, "key would need", sa->missing);
	count_fact(t, "lifetime", sa->lifetime, " s");
	text_add(t, "</dl>\n");
}

/* ---- CHILD SAs ---- */

static void child_spis(struct text *t, const struct ike_child *c)
{
	const char *name = c->protocol == PROTOCOL_ESP ? "ESP" : c->protocol == PROTOCOL_AH ? "AH" :
			   "CHILD SA";
	html_add(t, "%s", name);
	if (c->spi_i) {
		text_add(t, " <code>0x");
		text_hex(t, c->spi_i, 8);
		text_add(t, "</code>");
	}
	if (c->spi_r) {
		text_add(t, " / <code>0x");
		text_hex(t, c->spi_r, 8);
		text_add(t, "</code>");
	}
}

static void child(struct story *s, struct text *t, const struct ike_child *c)
{
	const char *name = ike_reason_name(&c->reason);
	text_add(t, "<li class=\"card\"><h4>");
	child_spis(t, c);
	text_char(t, ' ');
	outcome(t, c->outcome);
	html_add(t, "</h4>\n<p>%s</p>\n<dl class=\"facts\">\n", story_child_sentence(s, c));
	html_fact(t, "reason", name);
	html_fact(t, "evidence", c->reason.evidence);
	html_fact(t, "mode", sa_mode_name(c->mode));
	html_fact(t, "traffic, initiator", c->ts_i);
	html_fact(t, "traffic, responder", c->ts_r);
	if (c->choice.has)
		html_fact(t, "proposal", ike_choice_text(&c->choice, &s->arena));
	html_fact(t, "keys from", c->keys);
	html_fact(t, "keys would need", c->missing);
	text_add(t, "</dl></li>\n");
}

static void children(struct story *s, struct text *t, const struct ike_sa *sa)
{
	uint64_t count = 0;
	if (!sa->children)
		return;
	text_add(t, "<h3>CHILD SAs</h3>\n<ul class=\"cards\">\n");
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (count++ < HTML_CHILDREN_MAX)
			child(s, t, c);
	text_add(t, "</ul>\n");
	html_left_out(t, count > HTML_CHILDREN_MAX ? count - HTML_CHILDREN_MAX : 0, "CHILD SAs");
}

static void ike(struct story *s, struct text *t, const struct story_ike *k, unsigned number)
{
	const struct ike_sa *sa = k->sa;
	html_add(t, "<section class=\"ike\" id=\"ike-%u\" aria-labelledby=\"ike-%u-h\">\n"
		 "<h2 id=\"ike-%u-h\">IKE SA %u ", number, number, number, number);
	bool warn;
	const char *words = story_outcome_words(k, &warn);
	html_badge(t, warn ? HTML_WARN : outcome_tone(k->outcome), words);
	html_add(t, "</h2>\n<p class=\"path\"><code>%s</code> \u2192 <code>%s</code>, IKEv%u</p>\n",
		 html_addr(s, story_end_addr(k, IKE_INITIATOR)),
		 html_addr(s, story_end_addr(k, IKE_RESPONDER)), (unsigned)sa->version);
	if (k->explanation)
		html_add(t, "<p class=\"explanation\">%s</p>\n", k->explanation);
	why(k, t);
	if (k->sentences && *k->sentences) {
		text_add(t, "<h3>What happened</h3>\n");
		html_sentences(t, "story", k->sentences);
	}
	text_add(t, "<h3>Messages</h3>\n");
	html_ladder(s, k, t);
	children(s, t, sa);
	text_add(t, "<details><summary>The two ends and the numbers</summary>\n<div class=\"cards\">\n");
	end(s, t, &sa->end[IKE_INITIATOR], "Initiator");
	end(s, t, &sa->end[IKE_RESPONDER], "Responder");
	text_add(t, "</div>\n");
	ike_facts(s, t, sa);
	text_add(t, "</details>\n</section>\n");
}

static void ikes(struct story *s, struct text *t)
{
	uint64_t count = 0;
	for (const struct story_ike *k = s->ikes; k; k = k->next)
		if (count++ < HTML_IKES_MAX)
			ike(s, t, k, (unsigned)count);
	html_left_out(t, count > HTML_IKES_MAX ? count - HTML_IKES_MAX : 0, "IKE SAs");
	if (s->ikes_forgotten)
		html_add(t, "<p class=\"remark warn\">%llu further IKE SAs had to be forgotten while "
			 "the capture was read.</p>\n", (html_number)s->ikes_forgotten);
}

/* ---- findings ---- */

static void findings(const struct story *s, struct text *t)
{
	text_add(t, "<section aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>\n");
	if (!s->findings) {
		text_add(t, "<p>Nothing is remarkable about the packets themselves.</p></section>\n");
		return;
	}
	text_add(t, "<div class=\"scroll\" role=\"region\" aria-label=\"Findings\" tabindex=\"0\">"
		    "<table>\n<thead><tr><th scope=\"col\">Severity</th><th scope=\"col\">Finding</th>"
		    "<th scope=\"col\">Requirement</th><th scope=\"col\" class=\"n\">First in frame</th>"
		    "<th scope=\"col\" class=\"n\">Times</th></tr></thead>\n<tbody>\n");
	for (const struct story_finding *f = s->findings; f; f = f->next) {
		text_add(t, "<tr><td>");
		html_badge(t, html_severity_tone(f->severity), severity_name(f->severity));
		html_add(t, "</td><td class=\"wide\">%s</td><td>%s</td><td class=\"n\">%llu</td>"
			 "<td class=\"n\">%llu</td></tr>\n", f->text, f->requirement,
			 (html_number)f->frame, (html_number)(f->times ? f->times : 1));
	}
	text_add(t, "</tbody></table></div>\n");
	html_left_out(t, s->findings_left_out, "findings");
	text_add(t, "</section>\n");
}

void story_html(struct story *s, struct text *out)
{
	head(s, out);
	ikes(s, out);
	html_flows(s, out);
	html_timeline(s, out);
	findings(s, out);
	text_add(out, "</main>\n");
	html_end(out);
}
