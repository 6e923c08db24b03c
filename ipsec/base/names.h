/* SPDX-License-Identifier: BSD-2-Clause
 * Number registries: number to name and back. The tables are made at build
 * time from the CSVs in ipsec/registry (see registry.h for the list). */
#ifndef IKAT_BASE_NAMES_H
#define IKAT_BASE_NAMES_H

#include "ipsec/base/span.h"

struct name {
	uint32_t number;
	const char *name;	/* IANA's name: "2048-bit MODP Group" */
	const char *word;	/* one word, for scripts and views: "MODP_2048" */
};

struct names {
	const char *registry;	/* "ke" */
	const struct name *rows;	/* ascending numbers, each once */
	size_t count;
};

/* NULL if the number has no name. */
const struct name *names_find(const struct names *names, uint32_t number);
const char *names_word(const struct names *names, uint32_t number);
const char *names_name(const struct names *names, uint32_t number);
/* By name or word, ignoring case. */
bool names_number(const struct names *names, struct span word, uint32_t *number);

#endif
