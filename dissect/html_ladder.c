/* SPDX-License-Identifier: BSD-2-Clause
 * The ladder of one IKE SA: a list, so that it can be read aloud and its texts
 * wrap on a narrow page, whose arrows are drawn between two life lines. */
#include "dissect/html_story.h"

static void end_head(struct text *t, struct story *s, const struct addr *addr, const char *role)
{
	html_add(t, "<span><b>%s</b> <code>%s</code></span>", role, html_addr(s, addr));
}

static void arrow(struct text *t, const struct story_event *e)
{
	bool right = e->from == IKE_INITIATOR;
	html_add(t, "<svg class=\"arrow\" width=\"100%%\" height=\"14\" role=\"img\" aria-label=\"from "
		 "%s to %s\"><line x1=\"0\" x2=\"100%%\" y1=\"7\" y2=\"7\"/>",
		 right ? "initiator" : "responder", right ? "responder" : "initiator");
	if (right)
		text_add(t, "<svg class=\"over\" x=\"100%\" width=\"1\" height=\"14\">"
			    "<path d=\"M0 7 L-11 2 L-11 12 Z\"/></svg>");
	else
		text_add(t, "<path d=\"M0 7 L11 2 L11 12 Z\"/>");
	if (e->bad)		/* a cross in the middle: colour alone says nothing */
		text_add(t, "<svg class=\"over\" x=\"50%\" width=\"1\" height=\"14\">"
			    "<path class=\"cross\" d=\"M-5 2 L5 12 M-5 12 L5 2\"/></svg>");
	text_add(t, "</svg>");
}

static void label(struct text *t, const struct story_event *e)
{
	html_add(t, "<p class=\"label\"><b>%s</b>", e->label);
	if (e->fragments > 1)
		html_add(t, " <span class=\"dim\">in %u fragments</span>", (unsigned)e->fragments);
	if (e->times > 1)
		html_add(t, " <span class=\"dim\">%s%u times%s</span>", e->note ? "" : "sent ",
			 (unsigned)e->times, e->repeated ? " more" : "");
	else if (e->repeated)
		text_add(t, " <span class=\"dim\">sent again</span>");
	if (e->octets)
		html_add(t, " <span class=\"dim\">%u octets%s</span>", (unsigned)e->octets,
			 e->times > 1 ? " each" : "");
	text_add(t, "</p>\n");
}

static void event(struct text *t, const struct story *s, const struct story_event *e)
{
	html_add(t, "<li class=\"%s%s%s\"><p class=\"when\">frame %llu \u00b7 ",
		 e->from == IKE_INITIATOR ? "right" : "left", e->bad ? " bad" : "",
		 e->repeated ? " again" : "", (html_number)e->frame);
	html_since(t, s, e->seconds, e->nanoseconds);
	text_add(t, " s</p>\n");
	label(t, e);
	if (!e->note)
		arrow(t, e);
	if (e->payloads && *e->payloads)
		html_add(t, "\n<p class=\"pay\">%s</p>", e->payloads);
	if (e->remark)
		html_add(t, "\n<p class=\"note%s\">%s</p>", e->bad ? " bad" : "", e->remark);
	text_add(t, "</li>\n");
}

void html_ladder(struct story *s, const struct story_ike *k, struct text *t)
{
	if (!k->event_count)
		return;
	text_add(t, "<div class=\"ladder\"><div class=\"ends\" aria-hidden=\"true\">");
	end_head(t, s, story_end_addr(k, IKE_INITIATOR), "Initiator");
	end_head(t, s, story_end_addr(k, IKE_RESPONDER), "Responder");
	text_add(t, "</div>\n<ol aria-label=\"Messages, in the order of the capture\">\n");
	for (uint32_t i = 0; i < k->event_count; i++) {
		if (k->left_out && i == STORY_EVENTS_MAX / 2)
			html_add(t, "<li class=\"gap\">%u messages are left out here</li>\n",
				 (unsigned)k->left_out);
		event(t, s, &k->events[i]);
	}
	text_add(t, "</ol></div>\n");
}
