/* SPDX-License-Identifier: BSD-2-Clause
 * Fuzz target: a key file of any format, read, then written in every format and
 * read again. */
#include "dissect/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keystore s, again;
	struct keys_notes notes;
	keystore_init(&s);
	keys_notes_init(&notes);
	keys_load_text(&s, "fuzz", span_of(data, size), &notes);
	keys_finish(&s, &notes);
	for (size_t i = 0; i < keys_format_count; i++) {
		struct text out = { 0 };
		if (!keys_formats[i].write)
			continue;
		keystore_init(&again);
		keys_formats[i].write(&s, &out, &notes);
		keys_load_text(&again, "again", span_of(out.p, out.n), &notes);
		text_done(&out);
		keystore_done(&again);
	}
	keys_notes_done(&notes);
	keystore_done(&s);
	return 0;
}
