/* SPDX-License-Identifier: BSD-2-Clause
 * The table of encryption algorithms: IANA's IKEv2 transform type 1, every
 * number of it. What OpenSSL has not, or what nobody wrote down, stands here as
 * unsupported with the reason. Nothing else in the program knows these numbers.
 *
 * RFC 2405 (DES), 2410 (NULL), 2451 (the other 64-bit blocks), 3602 (AES-CBC),
 * 3686 (CTR), 4106 (GCM), 4309 (CCM), 4543 (GMAC), 5529 (Camellia), 7634
 * (ChaCha20-Poly1305), 8750 (implicit IV), 9227 (GOST). */
#include "ipsec/crypto/encr.h"

static const char no_openssl[] = "OpenSSL 3 has no such cipher for this mode";
static const char no_text[] = "the IANA registry names no specification for it";
static const char not_built[] = "Debian's OpenSSL is built without it";
static const char gost[] = "GOST ciphers need an engine that OpenSSL does not bring";

CRYPTO_ROW struct encr encr_rows[] = {
	{ .id = 1, .name = "ENCR_DES_IV64", .key_bits = { 64 }, .block = 8, .iv = 8,
	  .why = no_text },
	{ .id = 2, .name = "ENCR_DES", .kind = ENCR_KIND_CBC,
	  .key_bits = { 64 }, .block = 8, .iv = 8,
	  .cipher = { "DES-CBC" }, .legacy = true },
	{ .id = 3, .name = "ENCR_3DES", .kind = ENCR_KIND_CBC,
	  .key_bits = { 192 }, .block = 8, .iv = 8,
	  .cipher = { "DES-EDE3-CBC" } },
	{ .id = 4, .name = "ENCR_RC5", .key_bits = { 40, 2040 }, .variable = true,
	  .key_length_attribute = true, .block = 8, .iv = 8, .why = not_built },
	{ .id = 5, .name = "ENCR_IDEA", .key_bits = { 128 }, .block = 8, .iv = 8,
	  .why = not_built },
	{ .id = 6, .name = "ENCR_CAST", .kind = ENCR_KIND_CBC,
	  .key_bits = { 40, 128 }, .variable = true, .key_length_attribute = true,
	  .block = 8, .iv = 8, .cipher = { "CAST5-CBC" }, .legacy = true },
	{ .id = 7, .name = "ENCR_BLOWFISH", .kind = ENCR_KIND_CBC,
	  .key_bits = { 40, 448 }, .variable = true, .key_length_attribute = true,
	  .block = 8, .iv = 8, .cipher = { "BF-CBC" }, .legacy = true },
	{ .id = 8, .name = "ENCR_3IDEA", .block = 8, .iv = 8, .why = no_text },
	{ .id = 9, .name = "ENCR_DES_IV32", .key_bits = { 64 }, .block = 8, .iv = 4,
	  .why = no_text },
	{ .id = 11, .name = "ENCR_NULL", .kind = ENCR_KIND_NULL, .block = 1 },
	{ .id = 12, .name = "ENCR_AES_CBC", .kind = ENCR_KIND_CBC,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 16, .iv = 16,
	  .cipher = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" } },
	{ .id = 13, .name = "ENCR_AES_CTR", .kind = ENCR_KIND_CTR,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 8, .salt = 4,
	  .cipher = { "AES-128-CTR", "AES-192-CTR", "AES-256-CTR" } },
	{ .id = 14, .name = "ENCR_AES_CCM_8", .kind = ENCR_KIND_CCM,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 8, .icv = 8, .salt = 3,
	  .cipher = { "AES-128-CCM", "AES-192-CCM", "AES-256-CCM" } },
	{ .id = 15, .name = "ENCR_AES_CCM_12", .kind = ENCR_KIND_CCM,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 8, .icv = 12, .salt = 3,
	  .cipher = { "AES-128-CCM", "AES-192-CCM", "AES-256-CCM" } },
	{ .id = 16, .name = "ENCR_AES_CCM_16", .kind = ENCR_KIND_CCM,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 8, .icv = 16, .salt = 3,
	  .cipher = { "AES-128-CCM", "AES-192-CCM", "AES-256-CCM" } },
	{ .id = 18, .name = "ENCR_AES_GCM_8", .kind = ENCR_KIND_GCM,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 8, .icv = 8, .salt = 4,
	  .cipher = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" } },
	{ .id = 19, .name = "ENCR_AES_GCM_12", .kind = ENCR_KIND_GCM,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 8, .icv = 12, .salt = 4,
	  .cipher = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" } },
	{ .id = 20, .name = "ENCR_AES_GCM_16", .kind = ENCR_KIND_GCM,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 8, .icv = 16, .salt = 4,
	  .cipher = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" } },
	{ .id = 21, .name = "ENCR_NULL_AUTH_AES_GMAC", .kind = ENCR_KIND_GMAC,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 8, .icv = 16, .salt = 4,
	  .cipher = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" } },
	{ .id = 22, .name = "Reserved for IEEE P1619 XTS-AES",
	  .why = "the number is reserved, nothing uses it" },
	{ .id = 23, .name = "ENCR_CAMELLIA_CBC", .kind = ENCR_KIND_CBC,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 16, .iv = 16,
	  .cipher = { "CAMELLIA-128-CBC", "CAMELLIA-192-CBC", "CAMELLIA-256-CBC" } },
	{ .id = 24, .name = "ENCR_CAMELLIA_CTR", .key_bits = { 128, 192, 256 },
	  .key_length_attribute = true, .block = 1, .iv = 8, .salt = 4,
	  .why = "not built yet, though OpenSSL has the cipher" },
	{ .id = 25, .name = "ENCR_CAMELLIA_CCM_8", .key_bits = { 128, 192, 256 },
	  .key_length_attribute = true, .block = 1, .iv = 8, .icv = 8, .salt = 3,
	  .why = no_openssl },
	{ .id = 26, .name = "ENCR_CAMELLIA_CCM_12", .key_bits = { 128, 192, 256 },
	  .key_length_attribute = true, .block = 1, .iv = 8, .icv = 12, .salt = 3,
	  .why = no_openssl },
	{ .id = 27, .name = "ENCR_CAMELLIA_CCM_16", .key_bits = { 128, 192, 256 },
	  .key_length_attribute = true, .block = 1, .iv = 8, .icv = 16, .salt = 3,
	  .why = no_openssl },
	{ .id = 28, .name = "ENCR_CHACHA20_POLY1305", .kind = ENCR_KIND_CHACHA,
	  .key_bits = { 256 }, .block = 1, .iv = 8, .icv = 16, .salt = 4,
	  .cipher = { "ChaCha20-Poly1305" } },
	{ .id = 29, .name = "ENCR_AES_CCM_8_IIV", .kind = ENCR_KIND_CCM,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 0, .icv = 8, .salt = 3, .implicit_iv = true,
	  .cipher = { "AES-128-CCM", "AES-192-CCM", "AES-256-CCM" } },
	{ .id = 30, .name = "ENCR_AES_GCM_16_IIV", .kind = ENCR_KIND_GCM,
	  .key_bits = { 128, 192, 256 }, .key_length_attribute = true,
	  .block = 1, .iv = 0, .icv = 16, .salt = 4, .implicit_iv = true,
	  .cipher = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" } },
	{ .id = 31, .name = "ENCR_CHACHA20_POLY1305_IIV", .kind = ENCR_KIND_CHACHA,
	  .key_bits = { 256 }, .block = 1, .iv = 0, .icv = 16, .salt = 4,
	  .implicit_iv = true, .cipher = { "ChaCha20-Poly1305" } },
	{ .id = 32, .name = "ENCR_KUZNYECHIK_MGM_KTREE", .key_bits = { 256 },
	  .block = 1, .iv = 8, .icv = 12, .salt = 12, .why = gost },
	{ .id = 33, .name = "ENCR_MAGMA_MGM_KTREE", .key_bits = { 256 },
	  .block = 1, .iv = 8, .icv = 8, .salt = 4, .why = gost },
	{ .id = 34, .name = "ENCR_KUZNYECHIK_MGM_MAC_KTREE", .key_bits = { 256 },
	  .block = 1, .iv = 8, .icv = 12, .salt = 12, .why = gost },
	{ .id = 35, .name = "ENCR_MAGMA_MGM_MAC_KTREE", .key_bits = { 256 },
	  .block = 1, .iv = 8, .icv = 8, .salt = 4, .why = gost },
};

const size_t encr_count = sizeof encr_rows / sizeof *encr_rows;

const struct encr *encr_find(unsigned id)
{
	for (size_t i = 0; i < encr_count; i++)
		if (encr_rows[i].id == id)
			return &encr_rows[i];
	return NULL;
}

const struct encr *encr_by_name(struct span name)
{
	for (size_t i = 0; i < encr_count; i++)
		if (span_is_word(name, encr_rows[i].name))
			return &encr_rows[i];
	return NULL;
}

bool encr_key_ok(const struct encr *row, size_t octets)
{
	if (row->kind == ENCR_KIND_NULL)
		return octets == row->key_bits[0] / 8u;
	if (octets == 0)
		return false;
	if (row->variable)
		return octets >= row->key_bits[0] / 8u && octets <= row->key_bits[1] / 8u;
	for (size_t i = 0; i < ENCR_KEY_SIZES && row->key_bits[i]; i++)
		if (octets == row->key_bits[i] / 8u)
			return true;
	return false;
}
