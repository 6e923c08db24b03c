/* SPDX-License-Identifier: BSD-2-Clause
 * The HTML pages of the built program as a browser sees them. Always: the pages
 * are made, they name nothing outside of themselves, and (where xmllint is
 * installed) an HTML parser reads them without complaint. Where chromium is
 * installed: no error on its console with the pages' own policy in force,
 * pictures for wide and narrow, light and dark; and in a copy with a script of
 * this test added: nothing is wider than a page of 360 pixels, text has a
 * contrast of at least 4.5 (WCAG 2.2, 1.4.3), what opens takes the focus, and
 * the filter filters. Pages and pictures stay in html_pages beside the test. */
#include "tests/spawn.h"

#include <sys/stat.h>

enum { NARROW = 360, SECONDS = 60 };

static const struct {
	const char *name;
	const char *argv[8];
	const char *holds;
} pages[] = {
	{ "packets", { "dissect", "-f", "html", "-k", SAMPLES "/tunnel-gcm.keys",
		       SAMPLES "/tunnel-gcm.pcap" }, "IPsec added <b>56 octets</b>" },
	{ "natt", { "dissect", "-f", "html", "--bytes", "-k", SAMPLES "/natt-chacha.keys",
		    SAMPLES "/natt-chacha.pcap" }, "udp header <b>8</b>" },
	{ "failed", { "explain", "-f", "html", "-k", SAMPLES "/fail-auth.keys",
		      SAMPLES "/fail-auth.pcap" }, "AUTHENTICATION_FAILED" },
	{ "rekeyed", { "explain", "-f", "html", "-k", SAMPLES "/rekey-pfs.keys",
		       SAMPLES "/rekey-pfs.pcap" }, "CREATE_CHILD_SA request" },
};

/* ---- pages ---- */

static const char *folder(char path[400])
{
	ssize_t n = readlink("/proc/self/exe", path, 360);
	ck_assert_int_gt(n, 0);
	path[n] = '\0';
	strcpy(strrchr(path, '/'), "/html_pages");
	mkdir(path, 0777);
	return path;
}

static void write_page(const char *name, const char *kind, const char *text, size_t n)
{
	char at[400], path[512];
	snprintf(path, sizeof path, "%s/%s%s.html", folder(at), name, kind);
	FILE *f = fopen(path, "wb");
	ck_assert_msg(f && fwrite(text, 1, n, f) == n && fclose(f) == 0, "%s", path);
}

static struct ran make_page(int row)
{
	struct ran r = spawn_input(NULL, pages[row].argv);
	ck_assert_msg(r.status == 0, "%s: exit %d: %.3000s", pages[row].name, r.status, r.err);
	return r;
}

START_TEST(test_made)
{
	static const char *const outside[] = { "http:", "https:", " src=", "@import", "url(h",
					       "<link", "<img", "<iframe", " style=", " onclick=" };
	struct ran r = make_page(_i);
	ck_assert_ptr_nonnull(strstr(r.out, pages[_i].holds));
	for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
		ck_assert_msg(!strstr(r.out, outside[i]), "%s: %s", pages[_i].name, outside[i]);
	write_page(pages[_i].name, "", r.out, r.out_n);
	ran_done(&r);
}
END_TEST

/* ---- other programs ---- */

static bool installed(const char *program)
{
	char command[128];
	snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
	return system(command) == 0;
}

/* What a shell command prints, errors too. */
static char *said(const char *command)
{
	FILE *pipe = popen(command, "r"), *copy = tmpfile();
	char part[4096];
	size_t n;
	ck_assert(pipe && copy);
	while ((n = fread(part, 1, sizeof part, pipe)))
		fwrite(part, 1, n, copy);
	pclose(pipe);
	return spawn_slurp(copy, &n);
}

/* libxml2 knows the elements of HTML 4 only. */
START_TEST(test_parsed)
{
	char at[400], command[1024];
	if (!installed("xmllint")) {
		puts("skip: no HTML parser reads the pages: xmllint is not installed (libxml2-utils)");
		return;
	}
	snprintf(command, sizeof command, "xmllint --html --noout %s/%s.html 2>&1 | "
		 "grep ' error : ' | grep -v 'Tag [a-z]* invalid'", folder(at), pages[_i].name);
	char *text = said(command);
	ck_assert_msg(!*text, "%s: %.3000s", pages[_i].name, text);
	free(text);
}
END_TEST

/* ---- a browser ---- */

static const char *browser(void)
{
	static const char *const names[] = { "chromium", "chromium-browser", "google-chrome" };
#if defined(__SANITIZE_ADDRESS__)
	puts("skip: the browser sees the pages in the plain run");
	return NULL;
#endif
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (installed(names[i]))
			return names[i];
	puts("skip: no browser looks at the pages: chromium is not installed");
	return NULL;
}

/* Everything that chromium says, with what it was asked to print. */
static char *browse(const char *program, bool dark, const char *options, const char *page)
{
	char at[400], command[2048];
	folder(at);
	snprintf(command, sizeof command,
		 "p=$(mktemp -d) && timeout %d %s --headless=new --no-sandbox --disable-gpu "
		 "--disable-dev-shm-usage --no-first-run --disable-extensions --hide-scrollbars "
		 "--user-data-dir=$p --enable-logging=stderr --blink-settings=preferredColorScheme=%d "
		 "%s 'file://%s/%s.html' 2>&1; s=$?; rm -rf $p; [ $s = 0 ] || echo CHROMIUM-EXIT $s",
		 SECONDS, program, dark ? 0 : 1, options, at, page);
	char *text = said(command);
	ck_assert_msg(!strstr(text, "CHROMIUM-EXIT"), "%.3000s", text);
	return text;
}

static void picture(const char *program, int row, unsigned width, bool dark)
{
	char at[400], path[512], options[700];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s-%u%s.png", folder(at), pages[row].name, width,
		 dark ? "-dark" : "");
	unlink(path);
	snprintf(options, sizeof options, "--window-size=%u,2000 '--screenshot=%s'", width, path);
	char *text = browse(program, dark, options, pages[row].name);
	ck_assert_msg(!strstr(text, "CONSOLE"), "%s: %.3000s", pages[row].name, text);
	ck_assert_msg(stat(path, &st) == 0 && st.st_size > 10000, "%s: no picture: %.3000s", path, text);
	free(text);
}

START_TEST(test_pictures)
{
	const char *program = browser();
	if (!program)
		return;
	picture(program, _i, 1200, false);
	picture(program, _i, 390, true);
}
END_TEST

/* Judges a page from inside; tells the page around it. */
static const char probe[] =
	"<script>\n"
	"function rgb(c) { const m = c.match(/[\\d.]+/g).map(Number);\n"
	"  return { c: m.slice(0, 3), a: m.length > 3 ? m[3] : 1 }; }\n"
	"function light(c) { const v = c.map(x => { x /= 255;\n"
	"  return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; });\n"
	"  return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; }\n"
	"function back(e) { for (; e; e = e.parentElement) {\n"
	"  const b = rgb(getComputedStyle(e).backgroundColor); if (b.a) return b.c; }\n"
	"  return null; }\n"
	"function ratio(e) { const f = light(rgb(getComputedStyle(e).color).c), b = light(back(e));\n"
	"  return (Math.max(f, b) + 0.05) / (Math.min(f, b) + 0.05); }\n"
	"function judge() {\n"
	"  const said = [];\n"
	"  for (const d of document.querySelectorAll('details')) d.open = true;\n"
	"  if (document.documentElement.scrollWidth > innerWidth)\n"
	"    said.push('wide ' + document.documentElement.scrollWidth);\n"
	"  let least = 99, where = '';\n"
	"  for (const e of document.body.querySelectorAll('*:not(svg *):not(script)')) {\n"
	"    if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())) continue;\n"
	"    const r = ratio(e);\n"
	"    if (r < least) { least = r; where = e.className || e.localName; } }\n"
	"  if (least < 4.5) said.push('contrast ' + least + ' of ' + where);\n"
	"  for (const e of document.querySelectorAll('summary, button, input, .scroll')) {\n"
	"    e.focus(); if (document.activeElement != e) said.push('no focus ' + e.className); }\n"
	"  for (const s of document.querySelectorAll('svg:not(svg svg)'))\n"
	"    if (!s.closest('[aria-hidden]') && !s.hasAttribute('aria-hidden') &&\n"
	"      !s.getAttribute('aria-label')) said.push('a drawing without label');\n"
	"  let last = 0;\n"
	"  for (const h of document.querySelectorAll('h1,h2,h3,h4,h5')) {\n"
	"    const n = +h.localName[1]; if (n > last + 1) said.push('heading ' + h.textContent);\n"
	"    last = n; }\n"
	"  const tools = document.querySelector('.tools');\n"
	"  if (tools && document.querySelector('main details') && tools.hidden) said.push('no tools');\n"
	"  const filter = document.getElementById('filter');\n"
	"  if (filter) { filter.value = 'NOTHING-LIKE-IT';\n"
	"    filter.dispatchEvent(new Event('input'));\n"
	"    if (document.querySelector('.packet:not([hidden])')) said.push('filter shows'); }\n"
	"  parent.postMessage('JUDGED ' + (said.join('; ') || 'well') + ' ' + least.toFixed(1), '*');\n"
	"}\n"
	"addEventListener('load', judge);\n"
	"</script></body>";

/* The page without its policy, with the probe; and a page that shows it in a
 * frame of NARROW pixels, as no window can be that narrow. */
static void write_probed(int row)
{
	static const char policy[] = "<meta http-equiv=\"Content-Security-Policy\"";
	struct ran r = make_page(row);
	char *meta = strstr(r.out, policy), *end = strstr(r.out, "</body>"), around[1024];
	ck_assert(meta && end);
	memcpy(meta, "<meta name=\"x-policy-was-here\"             ", sizeof policy - 1);
	size_t n = (size_t)(end - r.out) + sizeof probe - 1;
	char *text = malloc(n);
	ck_assert_ptr_nonnull(text);
	memcpy(text, r.out, (size_t)(end - r.out));
	memcpy(text + (end - r.out), probe, sizeof probe - 1);
	write_page(pages[row].name, "-probed", text, n);
	int k = snprintf(around, sizeof around, "<!DOCTYPE html><pre id=\"said\"></pre><iframe width=\"%d\" "
			 "height=\"3000\" src=\"%s-probed.html\"></iframe><script>addEventListener("
			 "'message', e => { document.getElementById('said').textContent = e.data; });"
			 "</script>", NARROW, pages[row].name);
	write_page(pages[row].name, "-narrow", around, (size_t)k);
	free(text);
	ran_done(&r);
}

START_TEST(test_judged)
{
	char page[64];
	const char *program = browser();
	if (!program)
		return;
	write_probed(_i);
	snprintf(page, sizeof page, "%s-narrow", pages[_i].name);
	for (int dark = 0; dark < 2; dark++) {
		char *text = browse(program, dark, "--virtual-time-budget=5000 --dump-dom", page);
		ck_assert_msg(strstr(text, "JUDGED well") && !strstr(text, "CONSOLE"), "%s%s: %.3000s", page,
			      dark ? " (dark)" : "", text);
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("html pages");
	TCase *c = tcase_create("html pages");
	int n = sizeof pages / sizeof *pages;
	tcase_set_timeout(c, 400);
	tcase_add_loop_test(c, test_made, 0, n);
	tcase_add_loop_test(c, test_parsed, 0, n);
	tcase_add_loop_test(c, test_pictures, 0, n);
	tcase_add_loop_test(c, test_judged, 0, n);
	suite_add_tcase(s, c);
	return testing_run(s);
}
