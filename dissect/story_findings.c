/* SPDX-License-Identifier: BSD-2-Clause
 * The findings of a story put into an order for people: what is wrong comes first.
 * Checksums that the capturing host had left to its network card say nothing about
 * the packets: they become one note, the last. */
#include "dissect/story_private.h"

#define PARTIAL "(checksum offload)"

/* Violations, deviations, notes; then partial checksums. */
enum { CLASSES = 4 };

static unsigned class_of(const struct story_finding *f)
{
	if (f->severity == SEVERITY_VIOLATION)
		return 0;
	if (f->severity == SEVERITY_DEVIATION)
		return 1;
	return strstr(f->text, PARTIAL) ? 3 : 2;
}

/* "UDP checksum 850d is partial (checksum offload)", with any value. */
static struct story_finding *merge_partial(struct story *s, struct story_finding *list)
{
	struct story_finding *first = NULL, **tail = &first;
	for (struct story_finding *f = list, *next; f; f = next) {
		struct story_finding *same = first;
		size_t word = strcspn(f->text, " ");
		next = f->next;
		while (same && (strcspn(same->text, " ") != word ||
				memcmp(same->text, f->text, word) != 0))
			same = same->next;
		if (same) {
			same->times += f->times;
			s->finding_count--;
			continue;
		}
		f->next = NULL;
		*tail = f;
		tail = &f->next;
	}
	for (struct story_finding *f = first; f; f = f->next)
		f->text = arena_printf(&s->arena, "%.*s checksum%s of %llu frame%s %s partial: "
				       "checksum offload", (int)strcspn(f->text, " "), f->text,
				       f->times == 1 ? "" : "s", (unsigned long long)f->times,
				       f->times == 1 ? "" : "s", f->times == 1 ? "is" : "are");
	return first;
}

void story_findings_finish(struct story *s)
{
	struct story_finding *first[CLASSES] = { 0 }, **tail[CLASSES];
	for (unsigned i = 0; i < CLASSES; i++)
		tail[i] = &first[i];
	for (struct story_finding *f = s->findings, *next; f; f = next) {
		unsigned class = class_of(f);
		next = f->next;
		f->next = NULL;
		*tail[class] = f;
		tail[class] = &f->next;
	}
	first[CLASSES - 1] = merge_partial(s, first[CLASSES - 1]);
	s->findings_tail = &s->findings;
	for (unsigned i = 0; i < CLASSES; i++) {
		*s->findings_tail = first[i];
		while (*s->findings_tail)
			s->findings_tail = &(*s->findings_tail)->next;
	}
}
