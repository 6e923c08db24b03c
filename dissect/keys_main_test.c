/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat keys` as a whole: exit status, the file it writes, and that Wireshark
 * really opens captures with the tables it writes. */
#include "dissect/dissect.h"
#include "ipsec/base/testing.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* main makes it, and hands it to the tests (which may be forked) this way. */
static const char folder_variable[] = "IKAT_TEST_FOLDER";

static const char *in_folder(char path[300], const char *name)
{
	snprintf(path, 300, "%s/%s", getenv(folder_variable), name);
	return path;
}

static int keys_run(int argc, const char **argv)
{
	return keys_main(argc, (char **)(uintptr_t)argv);
}

/* Runs the command; what it wrote to the file "out" comes back as text. */
static int run(const char *const *arguments, char *out, size_t size)
{
	char path[300];
	const char *argv[12] = { "keys", "-o", in_folder(path, "out") };
	int argc = 3;
	unlink(path);
	while (*arguments)
		argv[argc++] = *arguments++;
	int status = keys_run(argc, argv);
	FILE *f = fopen(path, "r");
	out[f ? fread(out, 1, size - 1, f) : 0] = '\0';
	if (f)
		fclose(f);
	return status;
}

static char *put_file(char path[300], const char *name, const char *content)
{
	in_folder(path, name);
	FILE *f = fopen(path, "w");
	ck_assert(f && fputs(content, f) >= 0 && fclose(f) == 0);
	return path;
}

START_TEST(list)
{
	char out[4096], path[300];
	struct stat st;
	const char *sample[] = { "captures/samples/tunnel-gcm.keys/a/esp_sa", NULL };
	ck_assert_int_eq(run(sample, out, sizeof out), 0);
	ck_assert_str_eq(out, "ESP    0xca50b39b 192.0.2.1 > 192.0.2.2 ENCR_AES_GCM_16 128  "
			 "captures/samples/tunnel-gcm.keys/a/esp_sa:1\n"
			 "ESP    0xc82cb943 192.0.2.2 > 192.0.2.1 ENCR_AES_GCM_16 128  "
			 "captures/samples/tunnel-gcm.keys/a/esp_sa:2\n");
	ck_assert_int_eq(stat(in_folder(path, "out"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	const char *argv[] = { "keys", "-o", path, sample[0], NULL };
	ck_assert_int_eq(chmod(path, 0644), 0);		/* one that others could read */
	ck_assert_int_eq(keys_run(4, argv), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	const char *shown[] = { "--secrets", sample[0], NULL };
	ck_assert_int_eq(run(shown, out, sizeof out), 0);
	ck_assert(strstr(out, "\n    encr      6dee53843dd011fe8f00f7508454896e56e9fc5f\n"));
}
END_TEST

START_TEST(status)
{
	char out[4096], bad[300], good[300];
	put_file(bad, "bad", "0x1@192.0.2.1 aes128:0x00\n");
	put_file(good, "good", "aes128:0x000102030405060708090a0b0c0d0e0f\n");
	const char *only_bad[] = { bad, NULL }, *both[] = { bad, good, NULL };
	const char *none[] = { "/nonexistent", NULL }, *no_path[] = { NULL };
	const char *no_format[] = { "-t", "setkey", good, NULL };
	ck_assert_int_eq(run(only_bad, out, sizeof out), 1);
	ck_assert_int_eq(run(both, out, sizeof out), 0);
	ck_assert_int_eq(run(none, out, sizeof out), 2);
	ck_assert_int_eq(run(no_path, out, sizeof out), 2);
	ck_assert_int_eq(run(no_format, out, sizeof out), 2);
}
END_TEST

START_TEST(convert)
{
	char out[4096];
	const char *ah[] = { "-t", "esp_sa", "captures/samples/ah-transport.keys", NULL };
	ck_assert_int_eq(run(ah, out, sizeof out), 0);	/* left out, with notes */
	ck_assert_str_eq(out, "");
	const char *v1[] = { "-t", "ikev1", "captures/samples/ikev1-main.keys", NULL };
	ck_assert_int_eq(run(v1, out, sizeof out), 0);
	ck_assert_str_eq(out, "6657a3c95b99475c,6d47095e958d5df8183f6ed4b94bac90\n");
	const char *xfrm[] = { "-t", "xfrm", "captures/samples/tunnel-gcm.keys/a.xfrm-monitor.txt",
			       NULL };
	ck_assert_int_eq(run(xfrm, out, sizeof out), 0);
	ck_assert_ptr_nonnull(strstr(out, "src 192.0.2.2 dst 192.0.2.1\n\tproto esp spi 0xc82cb943"
				     "(3358374211) reqid 0(0x00000000) mode tunnel\n"
				     "\treplay-window 32 seq 0x00000000 flag  (0x00000000)\n"
				     "\taead rfc4106(gcm(aes)) 0x03c671ba596c67100eeb9b166aa2c27ba6c019d3"
				     " (160 bits) 128\n"));
}
END_TEST

static const struct {
	const char *capture;
	int esp;		/* frames of ESP, each to have a good ICV */
	int ike;		/* encrypted IKE messages, each to show its payloads */
} opened[] = {
	{ "tunnel-gcm", 22, 2 }, { "transport-cbc", 22, 2 }, { "ipv6-tunnel", 20, 2 },
	{ "rekey-pfs", 24, 0 }, { "ikev1-main", 12, 0 },
};

static int count(const char *capture, const char *filter)
{
	char command[1200], line[64];
	snprintf(command, sizeof command, "WIRESHARK_CONFIG_DIR=%s tshark -r captures/samples/%s.pcap "
		 "-o esp.enable_encryption_decode:TRUE -o esp.enable_authentication_check:TRUE "
		 "-Y '%s' -T fields -e frame.number 2>/dev/null | wc -l", getenv(folder_variable),
		 capture, filter);
	FILE *p = popen(command, "r");
	int n = p && fgets(line, sizeof line, p) ? atoi(line) : -1;
	if (p)
		pclose(p);
	return n;
}

START_TEST(tshark)
{
	static const char *const tables[][2] = { { "esp_sa", "esp_sa" },
		{ "ikev2", "ikev2_decryption_table" }, { "ikev1", "ikev1_decryption_table" } };
	char keys[300], table[300];
	snprintf(keys, sizeof keys, "captures/samples/%s.keys", opened[_i].capture);
	for (size_t i = 0; i < 3; i++) {
		in_folder(table, tables[i][1]);
		const char *argv[] = { "keys", "-t", tables[i][0], "-o", table, keys, NULL };
		ck_assert_int_eq(keys_run(6, argv), 0);
	}
	ck_assert_int_eq(count(opened[_i].capture, "esp.icv_good == 1"), opened[_i].esp);
	if (opened[_i].ike)
		ck_assert_int_eq(count(opened[_i].capture, "isakmp.typepayload == 46 && "
				       "isakmp.auth.data"), opened[_i].ike);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keys_main");
	TCase *t = tcase_create("keys_main");
	char folder[] = "/tmp/ikat-keys-main-XXXXXX";
	if (!mkdtemp(folder) || setenv(folder_variable, folder, 1) != 0 ||
	    !freopen("/dev/null", "w", stderr))
		return EXIT_FAILURE;
	tcase_set_timeout(t, 120);
	tcase_add_test(t, list);
	tcase_add_test(t, status);
	tcase_add_test(t, convert);
	if (system("tshark --version >/dev/null 2>&1") == 0)
		tcase_add_loop_test(t, tshark, 0, sizeof opened / sizeof *opened);
	else
		puts("keys_main: tshark is not installed: that it takes our tables is not tested");
	suite_add_tcase(s, t);
	int status_of_all = testing_run(s);
	char command[400];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) ? EXIT_FAILURE : status_of_all;
}
