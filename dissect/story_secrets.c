/* SPDX-License-Identifier: BSD-2-Clause
 * What the keys that were given say about an IKE SA besides opening it: whether the
 * two ends' pre-shared keys differ, and whether there was a key for it at all. */
#include "dissect/story_private.h"

enum { PSKS_LOOKED_AT = 64, AUTHENTICATION_FAILED = 24, METHOD_PSK = 2 };

/* The one that AUTH verifies with: the session says where it is from. */
static bool is_good(struct story *s, const struct ike_secret *p, const struct ike_end *e)
{
	return strcmp(e->auth_why, arena_printf(&s->arena, "the PSK of %s",
						origin_text(&p->origin, &s->arena))) == 0;
}

/* A secret that names somebody else belongs to another connection. */
static bool concerns(const struct ike_secret *p, const struct ike_sa *sa)
{
	for (int i = 0; i < 2; i++)
		if (sa->end[i].id && span_equal(p->id, span_text(sa->end[i].id)))
			return true;
	return !p->id.n;
}

enum story_psks story_psks(struct story *s, const struct ike_sa *sa, const struct ike_secret **other)
{
	const struct ike_end *e = &sa->end[story_other(sa->reason.by)];
	const struct ike_secret *good, *p;
	unsigned n = 0;
	*other = NULL;
	if (!s->keys || sa->version != 2 || sa->outcome != IKE_FAILED || e->auth != AUTH_GOOD ||
	    sa->reason.notify != AUTHENTICATION_FAILED || e->auth_method != METHOD_PSK || !e->auth_why)
		return STORY_PSKS_UNKNOWN;
	for (good = s->keys->of_kind[SECRET_PSK]; good && n < PSKS_LOOKED_AT; good = good->kind_next, n++)
		if (is_good(s, good, e))
			break;
	if (!good || n == PSKS_LOOKED_AT)
		return STORY_PSKS_UNKNOWN;
	for (n = 0, p = s->keys->of_kind[SECRET_PSK]; p && n < PSKS_LOOKED_AT; p = p->kind_next, n++) {
		if (span_equal(p->secret, good->secret) || !concerns(p, sa))
			continue;
		if (*other && !span_equal((*other)->secret, p->secret))
			return STORY_PSKS_UNKNOWN;	/* several: nothing tells which is whose */
		*other = *other ? *other : p;
	}
	return *other ? STORY_PSKS_DIFFER : STORY_PSKS_AGREE;
}

bool story_keys_miss(const struct story *s, const struct ike_sa *sa)
{
	const struct keystore *keys = s->keys;
	uint8_t spis[16];
	memcpy(spis, sa->spi_i, 8);
	memcpy(spis + 8, sa->spi_r, 8);
	if (!keys || sa->opened || sa->bad_icv || !sa->encrypted ||
	    !(keys->sa_count | keys->ike_count | keys->secret_count) ||
	    keystore_ikes(keys, spis) || keystore_secrets(keys, spis))
		return false;
	memset(spis + 8, 0, 8);
	return !keystore_ikes(keys, spis) && !keystore_secrets(keys, spis);
}
