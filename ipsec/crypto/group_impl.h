/* SPDX-License-Identifier: BSD-2-Clause
 * What group.c asks of group_modp.c. */
#ifndef IKAT_CRYPTO_GROUP_IMPL_H
#define IKAT_CRYPTO_GROUP_IMPL_H

#include "ipsec/crypto/group.h"

/* As the functions of group.h, for the two MODP kinds and values of the right
 * size. `subgroup`: look also at the order of the value where the row has a q. */
const char *modp_bad(struct crypto *c, const struct group *row, struct span value,
		     bool subgroup, char why[80]);
bool modp_public(struct crypto *c, const struct group *row, struct span private_value,
		 uint8_t *out, struct err *e) MUST_CHECK;
bool modp_shared(struct crypto *c, const struct group *row, struct span private_value,
		 struct span peer, uint8_t *out, struct err *e) MUST_CHECK;

#endif
