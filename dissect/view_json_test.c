/* SPDX-License-Identifier: BSD-2-Clause
 * The json view: the contract's keys on real frames, times, and valid JSON
 * whatever the octets are (jq is the judge, where it is installed). Field by
 * field against another decoder: the tests of captures/samples. */
#include "dissect/view_testing.h"

static void has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no %s in\n%s", part, text);
}

static const char *const ike_parts[] = {
	"{\"file\":\"x.pcap\",\"frame\":1,\"time\":\"1970-01-01T00:00:00.000000Z\",\"length\":506,"
	"\"captured_length\":506,\"layers\":[{\"layer\":\"ethernet\",\"offset\":0,\"size\":14,",
	"\"ethertype\":2048}",
	"{\"layer\":\"ike\",\"offset\":42,\"size\":464,\"spi_i\":\"e8a5ee1b0e15210d\","
	"\"spi_r\":\"0000000000000000\",\"version\":\"2.0\",\"exchange\":\"IKE_SA_INIT\","
	"\"message_id\":0,\"initiator\":true,\"response\":false,\"length\":464,\"payloads\":[",
	"{\"payload\":\"SA\",",
	"\"type\":\"ENCR\",\"id\":\"ENCR_AES_CBC\",",
	"\"key_length\":128}",
	"{\"payload\":\"KE\",\"critical\":false,\"length\":264,\"group\":\"MODP_2048\",\"data\":\"6621",
	"\"type\":\"NAT_DETECTION_SOURCE_IP\",\"spi\":\"\","
	"\"data\":{\"hash\":\"558769d140906876da1809e9aead60bf30b89ca8\"}}",
	"\"type\":\"SIGNATURE_HASH_ALGORITHMS\",\"spi\":\"\","
	"\"data\":{\"hash_algorithms\":[\"SHA2_256\",\"SHA2_384\",\"SHA2_512\",\"Identity\"]}}",
	"\"findings\":[{\"severity\":\"note\",\"requirement\":null,\"layer\":2,\"offset\":40,",
};

static const char *const esp_parts[] = {
	"{\"layer\":\"esp\",\"offset\":34,\"size\":120,\"spi\":\"0xca50b39b\",\"seq\":1,\"seq_high\":0,"
	"\"encr\":\"ENCR_AES_GCM_16\",\"key_bits\":128,\"integ\":\"NONE\",\"icv\":\"good\","
	"\"replay\":\"new\",\"decrypted\":true,\"mode\":\"tunnel\",\"next_header\":4,\"pad_length\":2,"
	"\"padding\":\"good\",\"tfc_length\":0}",
	"\"protocol\":50,",
	"\"src\":\"10.1.0.10\",\"dst\":\"10.2.0.10\"",
	"{\"layer\":\"icmp\",\"offset\":20,\"size\":8,\"type\":8,\"code\":0,",
};

static const char *const locked_parts[] = {
	"\"spi\":\"0xca50b39b\",\"seq\":1,\"seq_high\":0,\"encr\":null,\"key_bits\":null,\"integ\":null,"
	"\"icv\":\"unchecked\",\"replay\":\"unchecked\",\"decrypted\":false}],",
};

START_TEST(test_ike)
{
	struct view_rig *r = rig_new();
	const char *text = rig_show(r, "json", FRAME_IKE);
	for (size_t i = 0; i < sizeof ike_parts / sizeof *ike_parts; i++)
		has(text, ike_parts[i]);
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
	rig_free(r);
}
END_TEST

START_TEST(test_esp)
{
	struct view_rig *r = rig_new();
	const char *text = rig_show(r, "json", FRAME_ESP);
	for (size_t i = 0; i < sizeof locked_parts / sizeof *locked_parts; i++)
		has(text, locked_parts[i]);
	rig_key(r);
	text = rig_show(r, "json", FRAME_ESP);
	for (size_t i = 0; i < sizeof esp_parts / sizeof *esp_parts; i++)
		has(text, esp_parts[i]);
	ck_assert_ptr_null(strstr(text, "\"bytes\""));
	r->env.bytes = true;
	text = rig_show(r, "json", FRAME_ESP);
	has(text, "\"replay\":\"duplicate\"");
	has(text, "\"bytes\":\"45000054c7ff40003f015f930a01000a0a02000a0800");
	rig_free(r);
}
END_TEST

/* `date -u -d @SECONDS` of GNU coreutils. */
static const struct {
	int64_t seconds;
	uint32_t nanoseconds;
	const char *text;
} times[] = {
	{ 0, 0, "1970-01-01T00:00:00.000000Z" },
	{ 951782399, 999999999, "2000-02-28T23:59:59.999999Z" },
	{ 951782400, 1000, "2000-02-29T00:00:00.000001Z" },
	{ 4107542399, 120000, "2100-02-28T23:59:59.000120Z" },
	{ 4107542400, 0, "2100-03-01T00:00:00.000000Z" },
	{ 1790000000, 999, "2026-09-21T14:13:20.000000Z" },
	{ -1, 0, "1969-12-31T23:59:59.000000Z" },
	{ 253402300799, 0, "9999-12-31T23:59:59.000000Z" },
	{ -62135596800, 0, "0001-01-01T00:00:00.000000Z" },
};

START_TEST(test_time)
{
	struct view_rig *r = rig_new();
	r->frame.seconds = times[_i].seconds;
	r->frame.nanoseconds = times[_i].nanoseconds;
	has(rig_show(r, "json", "00"), times[_i].text);
	rig_free(r);
}
END_TEST

START_TEST(test_time_extremes)
{
	struct view_rig *r = rig_new();
	const int64_t all[] = { INT64_MIN, INT64_MIN + 1, INT64_MAX };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		r->frame.seconds = all[i];
		has(rig_show(r, "json", "00"), "Z\",\"length\":1");
	}
	rig_free(r);
}
END_TEST

/* ---- hostile octets ---- */

static void show_json(struct view_rig *r, struct span octets)
{
	rig_show_octets(r, "json", octets);
}

/* jq reads the text as it is and counts the objects. */
static void judge(const struct text *t, size_t objects)
{
	if (system("command -v jq >/dev/null 2>&1") != 0) {
		puts("jq is not installed: validity is not checked");
		return;
	}
	char command[128];
	snprintf(command, sizeof command, "test \"$(jq -c .frame | wc -l)\" = %zu", objects);
	FILE *jq = popen(command, "w");
	ck_assert_ptr_nonnull(jq);
	ck_assert_uint_eq(fwrite(t->p, 1, t->n, jq), t->n);
	int status = pclose(jq);
	ck_assert_msg(status == 0, "jq did not read %zu objects", objects);
}

START_TEST(test_mutants)
{
	struct view_rig *r = rig_new();
	rig_key(r);
	r->frame.file = "a\"b\\c\n\x01\xff\xed\xa0\x80\xc3\xa9.pcap";
	rig_mutants(r, 3000, show_json);
	judge(&r->out, 3000);
	rig_free(r);
}
END_TEST

/* Identification data with every octet value: IKE_AUTH in clear is odd, but legal
 * for a dissector to meet. */
START_TEST(test_text)
{
	struct view_rig *r = rig_new();
	uint8_t b[42 + 28 + 8 + 256];
	struct span head = rig_octets(r, FRAME_IKE);
	struct writer w = writer_of(b, sizeof b);
	write_octets(&w, head.p, 42);
	write_octets(&w, head.p + 42, 16);
	write_uint(&w, 0x23202308, 4);		/* IDi, 2.0, IKE_AUTH, I */
	write_u32(&w, 1);
	write_u32(&w, 28 + 8 + 256);
	write_u32(&w, 8 + 256);
	write_u32(&w, 0x02000000);		/* ID_FQDN */
	for (unsigned i = 0; i < 256; i++)
		write_u8(&w, (uint8_t)i);
	ck_assert(!w.bad);
	write_patch(&w, 16, sizeof b - 14, 2);
	write_patch(&w, 38, sizeof b - 34, 2);
	rig_show_octets(r, "json", writer_span(&w));
	judge(&r->out, 1);
	text_char(&r->out, '\0');
	has(r->out.p, "\"type\":\"ID_FQDN\",\"data\":{\"fqdn\":\"\\u0000\\u0001");
	has(r->out.p, " !\\\"#$%&'()");
	has(r->out.p, "\\u007f\\u0080");
	rig_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view_json");
	TCase *c = tcase_create("view_json");
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_ike);
	tcase_add_test(c, test_esp);
	tcase_add_loop_test(c, test_time, 0, sizeof times / sizeof *times);
	tcase_add_test(c, test_time_extremes);
	tcase_add_test(c, test_mutants);
	tcase_add_test(c, test_text);
	suite_add_tcase(s, c);
	return testing_run(s);
}
