/* SPDX-License-Identifier: BSD-2-Clause
 * ESP that is only authenticated, recognised without keys (RFC 5879). */
#ifndef IKAT_WIRE_ESP_NULL_H
#define IKAT_WIRE_ESP_NULL_H

#include "ipsec/wire/packet.h"

enum { ESP_NULLS = 4096 };	/* SAs that are remembered; they push each other out */

struct esp_nulls;

struct esp_nulls *esp_nulls_new(void);
void esp_nulls_free(struct esp_nulls *n);	/* NULL is nothing */

/* Looks at the packet's last layer, ESP of an SA for which no key was given. True
 * when it is not encrypted, so far as can be told: it was opened then, with its
 * ICV unchecked and a note, and the read head stands at what is inside. */
bool esp_null_open(struct wire *w, struct packet *p);

#endif
