/* SPDX-License-Identifier: BSD-2-Clause
 * The table of integrity algorithms: IANA's IKEv2 transform type 3, the
 * truncation to 96 bits that early SHA2-256 implementations use, and the
 * UNCHECKED rows for packets whose ICV has a known length but no known key.
 *
 * RFC 2403, 2404 (HMAC-96), 3566 (XCBC), 4494 (CMAC), 4543 (GMAC), 4595 (the
 * untruncated ones), 4868 (SHA-2). */
#include "ipsec/crypto/integ.h"

static const char no_text[] = "the IANA registry names no specification for it";

CRYPTO_ROW struct integ integ_rows[] = {
	{ .id = 0, .name = "NONE", .kind = INTEG_KIND_NONE },
	{ .id = 1, .name = "AUTH_HMAC_MD5_96", .kind = INTEG_KIND_HMAC,
	  .key = 16, .icv = 12, .output = 16, .algorithm = "MD5" },
	{ .id = 2, .name = "AUTH_HMAC_SHA1_96", .kind = INTEG_KIND_HMAC,
	  .key = 20, .icv = 12, .output = 20, .algorithm = "SHA1" },
	{ .id = 3, .name = "AUTH_DES_MAC", .why = no_text },
	{ .id = 4, .name = "AUTH_KPDK_MD5", .why = no_text },
	{ .id = 5, .name = "AUTH_AES_XCBC_96", .kind = INTEG_KIND_XCBC,
	  .key = 16, .icv = 12, .output = 16, .algorithm = "AES-128-CBC" },
	{ .id = 6, .name = "AUTH_HMAC_MD5_128", .kind = INTEG_KIND_HMAC,
	  .key = 16, .icv = 16, .output = 16, .algorithm = "MD5" },
	{ .id = 7, .name = "AUTH_HMAC_SHA1_160", .kind = INTEG_KIND_HMAC,
	  .key = 20, .icv = 20, .output = 20, .algorithm = "SHA1" },
	{ .id = 8, .name = "AUTH_AES_CMAC_96", .kind = INTEG_KIND_CMAC,
	  .key = 16, .icv = 12, .output = 16, .algorithm = "AES-128-CBC" },
	{ .id = 9, .name = "AUTH_AES_128_GMAC", .kind = INTEG_KIND_GMAC,
	  .key = 16, .icv = 16, .iv = 8, .salt = 4, .output = 16,
	  .algorithm = "AES-128-GCM" },
	{ .id = 10, .name = "AUTH_AES_192_GMAC", .kind = INTEG_KIND_GMAC,
	  .key = 24, .icv = 16, .iv = 8, .salt = 4, .output = 16,
	  .algorithm = "AES-192-GCM" },
	{ .id = 11, .name = "AUTH_AES_256_GMAC", .kind = INTEG_KIND_GMAC,
	  .key = 32, .icv = 16, .iv = 8, .salt = 4, .output = 16,
	  .algorithm = "AES-256-GCM" },
	{ .id = 12, .name = "AUTH_HMAC_SHA2_256_128", .kind = INTEG_KIND_HMAC,
	  .key = 32, .icv = 16, .output = 32, .algorithm = "SHA2-256" },
	{ .id = 13, .name = "AUTH_HMAC_SHA2_384_192", .kind = INTEG_KIND_HMAC,
	  .key = 48, .icv = 24, .output = 48, .algorithm = "SHA2-384" },
	{ .id = 14, .name = "AUTH_HMAC_SHA2_512_256", .kind = INTEG_KIND_HMAC,
	  .key = 64, .icv = 32, .output = 64, .algorithm = "SHA2-512" },
	{ .id = INTEG_HMAC_SHA2_256_96, .name = "AUTH_HMAC_SHA2_256_96",
	  .kind = INTEG_KIND_HMAC,
	  .key = 32, .icv = 12, .output = 32, .algorithm = "SHA2-256" },
	{ .id = INTEG_UNCHECKED_64, .name = "UNCHECKED_64",
	  .kind = INTEG_KIND_UNCHECKED, .icv = 8 },
	{ .id = INTEG_UNCHECKED_96, .name = "UNCHECKED_96",
	  .kind = INTEG_KIND_UNCHECKED, .icv = 12 },
	{ .id = INTEG_UNCHECKED_128, .name = "UNCHECKED_128",
	  .kind = INTEG_KIND_UNCHECKED, .icv = 16 },
	{ .id = INTEG_UNCHECKED_160, .name = "UNCHECKED_160",
	  .kind = INTEG_KIND_UNCHECKED, .icv = 20 },
	{ .id = INTEG_UNCHECKED_192, .name = "UNCHECKED_192",
	  .kind = INTEG_KIND_UNCHECKED, .icv = 24 },
	{ .id = INTEG_UNCHECKED_256, .name = "UNCHECKED_256",
	  .kind = INTEG_KIND_UNCHECKED, .icv = 32 },
};

const size_t integ_count = sizeof integ_rows / sizeof *integ_rows;

const struct integ *integ_find(unsigned id)
{
	for (size_t i = 0; i < integ_count; i++)
		if (integ_rows[i].id == id)
			return &integ_rows[i];
	return NULL;
}

const struct integ *integ_by_name(struct span name)
{
	for (size_t i = 0; i < integ_count; i++)
		if (span_is_word(name, integ_rows[i].name))
			return &integ_rows[i];
	return NULL;
}
