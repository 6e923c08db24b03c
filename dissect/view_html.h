/* SPDX-License-Identifier: BSD-2-Clause
 * Between view_html.c and html_fields.c. */
#ifndef IKAT_DISSECT_VIEW_HTML_H
#define IKAT_DISSECT_VIEW_HTML_H

#include "dissect/html.h"
#include "dissect/view_private.h"

enum { HTML_PACKETS_MAX = 2000 };

/* A structure's fields, and the structures in it. inner: it is a part of an IKE
 * message, whose lengths and numbers are not worth a line. skip: a field that a
 * heading shows, or -1. */
void html_fields(const struct view_env *v, const struct node *n, bool inner, int skip);
/* Hex digits: the first, or all. */
void html_octets(struct text *t, struct span s, bool all);

#endif
