/* SPDX-License-Identifier: BSD-2-Clause
 * Build tool: turns text files into constants of C. Standard input is what
 * sha256sum prints of them, `HEX  PATH` a line: the hash is wanted too, in
 * base64, for the Content-Security-Policy of the pages that hold them
 * (W3C, CSP 3, 2.3.1). dissect/html_page.css becomes html_css. */
#include "ipsec/base/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH_SIZE = 4096, HASH = 32 };

static void base64(struct text *out, const uint8_t *p, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;
		v |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? p[i + 2] : 0;
		text_char(out, digits[v >> 18]);
		text_char(out, digits[v >> 12 & 63]);
		text_char(out, i + 1 < n ? digits[v >> 6 & 63] : '=');
		text_char(out, i + 2 < n ? digits[v & 63] : '=');
	}
}

/* The file as string literals, one for each line. */
static size_t contents(struct text *out, FILE *f)
{
	char line[4096];
	size_t octets = 0;
	while (fgets(line, sizeof line, f)) {
		text_add(out, "\t\"");
		for (const char *p = line; *p; p++, octets++) {
			if (*p == '"' || *p == '\\')
				text_char(out, '\\');
			if (*p == '\n')
				text_add(out, "\\n");
			else
				text_char(out, *p);
		}
		text_add(out, "\"\n");
	}
	return octets;
}

static bool embed(struct text *out, const char *hex, const char *path)
{
	uint8_t hash[HASH];
	const char *dot = strrchr(path, '.');
	FILE *f = fopen(path, "r");
	if (!f || !dot || !span_unhex(span_text(hex), hash, sizeof hash)) {
		fprintf(stderr, "embed_gen: %s %s: no SHA-256 and readable file\n", hex, path);
		if (f)
			fclose(f);
		return false;
	}
	text_printf(out, "const struct html_part html_%s = {\n\t\"\"\n", dot + 1);
	size_t octets = contents(out, f);
	text_printf(out, "\t, %zu, \"", octets);
	base64(out, hash, sizeof hash);
	text_add(out, "\"\n};\n");
	fclose(f);
	return true;
}

int main(void)
{
	char hex[2 * HASH + 2], path[PATH_SIZE];
	struct text out = { 0 };
	bool ok = true;
	text_add(&out, "/* Made by embed_gen. */\n#include \"dissect/html.h\"\n\n");
	while (ok && scanf("%65s %4095s", hex, path) == 2)
		ok = embed(&out, hex, path);
	ok = ok && fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
	text_done(&out);
	return ok ? 0 : 1;
}
