/* SPDX-License-Identifier: BSD-2-Clause
 * libFuzzer target: decodes an IKE message, encodes it, compares, and looks at
 * every value, name and fact on the way. */
#include "ipsec/crypto/crypto.h"
#include "ipsec/ike/message.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches all that a view would show; the sum keeps it from being left out. */
static size_t look(const struct node *n, struct crypto *c, struct arena *a)
{
	size_t sum = 0;
	for (; n; n = n->next) {
		for (const struct fact *f = n->desc->facts ? n->desc->facts(n, c, a) : NULL; f;
		     f = f->next)
			sum += strlen(f->key) + strlen(f->text);
		for (unsigned i = 0; i < n->present; i++) {
			const struct names *names = node_names(n, i);
			const char *word = names_word(names, (uint32_t)node_uint(n, i, 0));
			struct span s = node_bytes(n, i);
			sum += word ? strlen(word) : 0;
			for (size_t k = 0; k < s.n; k++)
				sum += s.p[k];
			sum += node_field_size(n, i) + look(node_kid(n, i), c, a);
		}
		assert(node_size(n) == n->size);
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct crypto *c = crypto_new(&e);
	struct arena a;
	if (!c || size > 65535)
		return 0;
	arena_init(&a);
	struct findings fs = { .arena = &a };
	struct ike_message *m = ike_message_decode(span_of(data, size), &a, &fs);
	uint8_t *out = malloc(size + 1);
	struct writer w = writer_of(out, size + 1);
	assert(out);
	ike_message_encode(m, &w);
	assert(!w.bad && span_equal(writer_span(&w), span_of(data, size)));
	volatile size_t sum = look(m->header, c, &a) + look(m->payloads, c, &a);
	(void)sum;
	free(out);
	arena_done(&a);
	crypto_free(c);
	return 0;
}
