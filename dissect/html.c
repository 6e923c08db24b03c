/* SPDX-License-Identifier: BSD-2-Clause
 * Pieces of the HTML pages; see html.h. */
#include "dissect/html.h"

#include <assert.h>
#include <stdarg.h>

/* ---- text ---- */

/* Octets of the UTF-8 sequence that s begins with (RFC 3629, 4): the shortest
 * form only, no surrogates; 0 if there is none. *code: its character. */
static size_t utf8_size(struct span s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t b = s.p[0];
	size_t n = b < 0x80 ? 1 : b >> 5 == 6 ? 2 : b >> 4 == 14 ? 3 : b >> 3 == 30 ? 4 : 0;
	if (n == 0 || n > s.n)
		return 0;
	*code = n == 1 ? b : b & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (s.p[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (s.p[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

/* Characters that nobody sees but that change what is seen: controls, marks of
 * direction, what is no character. */
static bool is_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef) || c >= 0xe0000;
}

static const char *reference(uint32_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void html_escape(struct text *t, struct span s)
{
	while (s.n) {
		uint32_t c = 0;
		size_t n = utf8_size(s, &c);
		if (n == 0 || is_hidden(c)) {
			n = n ? n : 1;
			for (size_t i = 0; i < n; i++) {
				text_add(t, "\\x");
				text_hex(t, s.p[i], 2);
			}
		} else if (reference(c)) {
			text_add(t, reference(c));
		} else {
			text_add_octets(t, s.p, n);
		}
		s = span_from(s, n);
	}
}

static const char *directive(struct text *t, const char *f, va_list *ap)
{
	if (*f == 's') {
		const char *s = va_arg(*ap, const char *);
		html_escape(t, span_text(s ? s : ""));
		return f + 1;
	}
	if (*f == 'u') {
		text_dec(t, va_arg(*ap, unsigned));
		return f + 1;
	}
	if (strncmp(f, "llu", 3) == 0) {
		text_dec(t, va_arg(*ap, unsigned long long));
		return f + 3;
	}
	if (strncmp(f, "zu", 2) == 0) {
		text_dec(t, va_arg(*ap, size_t));
		return f + 2;
	}
	assert(*f == '%');
	text_char(t, '%');
	return f + 1;
}

void html_add(struct text *t, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	while (*format) {
		const char *stop = strchr(format, '%');
		if (!stop) {
			text_add(t, format);
			break;
		}
		text_add_octets(t, format, (size_t)(stop - format));
		format = directive(t, stop + 1, &ap);
	}
	va_end(ap);
}

/* ---- the page ---- */

void html_begin(struct text *t, const char *title)
{
	html_add(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; "
		 "form-action 'none'\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n"
		 "<meta name=\"referrer\" content=\"no-referrer\">\n"
		 "<meta name=\"generator\" content=\"ikat\">\n<title>%s</title>\n<style>",
		 html_css.sha256, html_js.sha256, title);
	text_add_octets(t, html_css.text, html_css.octets);
	text_add(t, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the contents</a>\n"
		    "<svg class=\"sr\" aria-hidden=\"true\"><defs><pattern id=\"hatch\" width=\"6\" "
		    "height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
		    "<rect class=\"hatch-back\" width=\"6\" height=\"6\"/>"
		    "<rect class=\"hatch-line\" width=\"1.5\" height=\"6\"/></pattern></defs></svg>\n");
}

void html_end(struct text *t)
{
	text_add(t, "<footer><p>Made by <b>ikat</b>, the IKE and IPsec Analysis Toolkit. "
		    "This page is one file and loads nothing.</p></footer>\n<script>");
	text_add_octets(t, html_js.text, html_js.octets);
	text_add(t, "</script>\n</body>\n</html>\n");
}

/* ---- small things ---- */

void html_percent(struct text *t, uint64_t part, uint64_t whole)
{
	uint64_t milli = whole ? (uint64_t)((double)part * 100000.0 / (double)whole + 0.5) : 0;
	text_dec(t, milli / 1000);
	text_char(t, '.');
	text_char(t, (char)('0' + milli / 100 % 10));
	text_char(t, (char)('0' + milli / 10 % 10));
	text_char(t, (char)('0' + milli % 10));
	text_char(t, '%');
}

void html_badge(struct text *t, enum html_tone tone, const char *word)
{
	static const struct {
		const char *name, *sign;
	} tones[] = {
		[HTML_PLAIN] = { "plain", "\u2022" }, [HTML_GOOD] = { "good", "\u2713" },
		[HTML_WARN] = { "warn", "!" }, [HTML_BAD] = { "bad", "\u2717" },
	};
	html_add(t, "<span class=\"badge %s\"><span aria-hidden=\"true\">%s</span> %s</span>",
		 tones[tone].name, tones[tone].sign, word);
}

enum html_tone html_severity_tone(enum severity s)
{
	return s == SEVERITY_VIOLATION ? HTML_BAD : s == SEVERITY_DEVIATION ? HTML_WARN : HTML_PLAIN;
}

void html_fact(struct text *t, const char *term, const char *value)
{
	if (value && *value)
		html_add(t, "<div><dt>%s</dt><dd>%s</dd></div>\n", term, value);
}
