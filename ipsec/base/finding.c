/* SPDX-License-Identifier: BSD-2-Clause
 * Findings: a bounded list in an arena. */
#include "ipsec/base/finding.h"

#include <stdarg.h>
#include <stdio.h>

const char *severity_name(enum severity s)
{
	static const char *const names[] = { "note", "deviation", "violation" };
	return names[s];
}

static void append(struct findings *fs, struct finding *f)
{
	if (fs->last)
		fs->last->next = f;
	else
		fs->first = f;
	fs->last = f;
}

void finding_add(struct findings *fs, enum severity severity,
		 const char *requirement, size_t offset, const char *format, ...)
{
	if (!fs || fs->count++ >= FINDING_MAX)
		return;
	char text[256];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	struct finding *f = arena_alloc(fs->arena, sizeof *f);
	f->severity = severity;
	f->requirement = requirement;
	f->layer = fs->layer;
	f->offset = (uint32_t)offset;
	if (fs->count == FINDING_MAX) {
		f->severity = SEVERITY_NOTE;
		f->requirement = NULL;
		f->text = "there are more findings than are shown";
	} else {
		f->text = arena_text(fs->arena, span_text(text));
	}
	append(fs, f);
}
