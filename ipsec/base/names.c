/* SPDX-License-Identifier: BSD-2-Clause
 * Look-ups in number registries. */
#include "ipsec/base/names.h"

const struct name *names_find(const struct names *names, uint32_t number)
{
	size_t low = 0, high = names ? names->count : 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (names->rows[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (!names || low == names->count || names->rows[low].number != number)
		return NULL;
	return &names->rows[low];
}

const char *names_word(const struct names *names, uint32_t number)
{
	const struct name *n = names_find(names, number);
	return n ? n->word : NULL;
}

const char *names_name(const struct names *names, uint32_t number)
{
	const struct name *n = names_find(names, number);
	return n ? n->name : NULL;
}

bool names_number(const struct names *names, struct span word, uint32_t *number)
{
	for (size_t i = 0; i < names->count; i++)
		if (span_is_word(word, names->rows[i].word) ||
		    span_is_word(word, names->rows[i].name)) {
			*number = names->rows[i].number;
			return true;
		}
	return false;
}
