/* SPDX-License-Identifier: BSD-2-Clause
 * Where packets come from, and which are shown: files that grow, pipes,
 * interfaces, filters, selections; and the csv view, against tshark's fields. */
#include "ipsec/base/csv.h"
#include "tests/spawn.h"

#include <signal.h>
#include <sys/stat.h>

#define CAPTURE	SAMPLES "/tunnel-gcm.pcap"
#define KEYS	SAMPLES "/tunnel-gcm.keys"

enum { FRAMES = 26, PART = 1100 /* octets: two frames and some of the third */, WAIT_MS = 5000 };

static int count_lines(const char *text)
{
	int n = 0;
	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

/* ---- what arrives later ---- */

static pid_t start(const char *out, char *const *argv)
{
	pid_t pid = fork();
	if (pid == 0) {
		char path[512];
		int fd = open(out, O_WRONLY | O_TRUNC);
		dup2(fd, 1);
		dup2(fd, 2);
		execv(spawn_program(path), argv);
		_exit(127);
	}
	return pid;
}

/* Until the file has so many lines; how many there are in the end. */
static int wait_for_lines(const char *path, int lines)
{
	int have = 0;
	for (int ms = 0; ms < WAIT_MS; ms += 10) {
		size_t n;
		char *text = spawn_read(path, &n);
		have = count_lines(text);
		free(text);
		if (have >= lines)
			break;
		usleep(10000);
	}
	return have;
}

static void add_octets(int fd, const char *octets, size_t from, size_t to)
{
	ck_assert(write(fd, octets + from, to - from) == (ssize_t)(to - from));
}

/* Row 0: a file that grows, ended by SIGINT; 1: the same, ended by SIGTERM; 2: by
 * removing it; 3: a FIFO, ended by closing it. Frames are shown as soon as they
 * are there. */
START_TEST(growing)
{
	char in[64], out[64];
	size_t n;
	int status;
	char *octets = spawn_read(CAPTURE, &n);
	spawn_file(in, "", 0);
	spawn_file(out, "", 0);
	bool fifo = _i == 3;
	if (fifo)
		ck_assert(unlink(in) == 0 && mkfifo(in, 0600) == 0);
	char *argv[] = { (char[]){ "ikat" }, (char[]){ "dissect" }, (char[]){ "-f" }, (char[]){ "line" },
			 in, fifo ? NULL : (char[]){ "--follow" }, NULL };
	pid_t pid = start(out, argv);
	int fd = open(in, O_WRONLY | (fifo ? 0 : O_APPEND));
	ck_assert_int_ge(fd, 0);
	add_octets(fd, octets, 0, PART);
	ck_assert_int_eq(wait_for_lines(out, 2), 2);
	add_octets(fd, octets, PART, n);
	ck_assert_int_eq(wait_for_lines(out, FRAMES), FRAMES);
	if (_i < 2)
		kill(pid, _i ? SIGTERM : SIGINT);
	if (_i == 2)
		unlink(in);
	close(fd);
	ck_assert(waitpid(pid, &status, 0) == pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
	ck_assert_int_eq(wait_for_lines(out, FRAMES), FRAMES);
	unlink(in);
	unlink(out);
	free(octets);
}
END_TEST

/* A file that becomes shorter cannot be followed; one that ends by --duration is
 * no failure, though it ends within a frame. */
START_TEST(followed_ends)
{
	char in[64], out[64];
	size_t n;
	int status;
	char *octets = spawn_read(CAPTURE, &n);
	spawn_file(in, octets, PART);
	spawn_file(out, "", 0);
	char *argv[] = { (char[]){ "ikat" }, (char[]){ "dissect" }, (char[]){ "-f" }, (char[]){ "line" },
			 (char[]){ "--follow" }, in, _i ? (char[]){ "--duration" } : NULL,
			 (char[]){ "1" }, NULL };
	pid_t pid = start(out, argv);
	ck_assert_int_eq(wait_for_lines(out, 2), 2);
	if (!_i)
		ck_assert(truncate(in, 100) == 0);
	ck_assert(waitpid(pid, &status, 0) == pid);
	char *text = spawn_read(out, &n);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == !_i, "status %x: %s", status, text);
	ck_assert(_i || strstr(text, "became shorter"));
	free(text);
	unlink(in);
	unlink(out);
	free(octets);
}
END_TEST

/* An interface, in a network of our own: pings through loopback. The program has
 * no right left by then. */
static const char live_script[] =
	"ip link set lo up && \"$1\" dissect -i lo --duration 3 -c 4 -f line "
	"--filter 'icmp[icmptype] == icmp-echo || icmp[icmptype] == icmp-echoreply' & "
	"sleep 0.7; pid=$!; for p in /proc/[0-9]*; do "
	"case $(tr '\\0' ' ' < $p/cmdline 2>/dev/null) in \"$1 dissect -i lo\"*) "
	"grep -E '^(CapEff|NoNewPrivs)' $p/status;; esac; done; "
	"ping -q -c 2 -i 0.2 127.0.0.1 >/dev/null; wait $pid; echo status $?";

START_TEST(interface)
{
	char path[512], command[2048];
	if (geteuid() != 0 || system("unshare -n ip link set lo up 2>/dev/null") != 0 ||
	    system("command -v ping >/dev/null") != 0) {
		puts("skip: interface: needs root, network namespaces, ip and ping");
		return;
	}
	ck_assert(setenv("LIVE", live_script, 1) == 0);
	snprintf(command, sizeof command, "unshare -n sh -c \"$LIVE\" sh %s 2>&1", spawn_program(path));
	FILE *f = popen(command, "r");
	char said[8192];
	size_t n = fread(said, 1, sizeof said - 1, f);
	said[n] = '\0';
	pclose(f);
	ck_assert_msg(strstr(said, "ICMP echo request") && strstr(said, "ICMP echo reply") &&
		      strstr(said, "4 frames read") && strstr(said, "0 dropped by the kernel") &&
		      strstr(said, "CapEff:\t0000000000000000") && strstr(said, "NoNewPrivs:\t1") &&
		      strstr(said, "status 0"), "%s", said);
}
END_TEST

/* ---- command lines ---- */

/* Exit status, how many lines come out (-1: any), and what stands in them or in
 * standard error. Counts are those of the capture's truth. */
static const struct {
	const char *argv[10];
	int status, lines;
	const char *says;
} rows[] = {
	{ { "--filter", "udp", CAPTURE }, 0, 4, "IKE_SA_INIT" },
	{ { "--filter", "esp and src 192.0.2.2", CAPTURE }, 0, 11, "26  " },
	{ { "--filter", "no such word", CAPTURE }, 2, 0, "filter \"no such word\"" },
	{ { "--sa", "0xca50b39b", CAPTURE }, 0, 11, "seq 1" },
	{ { "--sa", "3394286491", CAPTURE }, 0, 11, "seq 1" },
	{ { "--sa", "ca50b39b", "--sa", "0xc82cb943", CAPTURE }, 0, 22, "seq 1" },
	{ { "--sa", "xyz", CAPTURE }, 2, 0, "needs an SPI" },
	{ { "--sa", "0x1ca50b39b", CAPTURE }, 2, 0, "needs an SPI" },
	{ { "--ike", "d885ede8", CAPTURE }, 0, 0, NULL },
	{ { "--ike", "ede8a5ee1b0e1521", CAPTURE }, 0, 0, NULL },
	{ { "--ike", "e8a5ee1b0e15210d", CAPTURE }, 0, 4, "IKE_AUTH" },
	{ { "--ike", "0xe8a5e", CAPTURE }, 0, 4, "IKE_AUTH" },
	{ { "--ike", "e8a5ee1b0e15210d:7c8eb5b9f1532c42", CAPTURE }, 0, 4, "IKE_AUTH" },
	{ { "--ike", "e8a5ee1b0e15210e:7c8eb5b9f1532c42", CAPTURE }, 0, 0, "nothing matches" },
	{ { "--ike", "e8a5ee1b0e15210d:7c8e", CAPTURE }, 2, 0, "both SPIs" },
	{ { "--ike", "", CAPTURE }, 2, 0, "needs an IKE SPI" },
	{ { "--host", "10.1.0.10", CAPTURE }, 0, 0, NULL },
	{ { "--host", "10.1.0.10", "-k", KEYS, CAPTURE }, 0, 22, "10.2.0.10" },
	{ { "--host", "192.0.2.0/24", CAPTURE }, 0, 26, NULL },
	{ { "--host", "192.0.2.0/24", "--ike", "e8", CAPTURE }, 0, 4, NULL },
	{ { "--host", "gateway", CAPTURE }, 2, 0, "needs an IP address" },
	{ { "--findings", CAPTURE }, 0, 8, "\n    note: " },
	{ { "--findings=violation", CAPTURE }, 0, 0, "nothing matches" },
	{ { "--findings=grave", CAPTURE }, 2, 0, "needs note, deviation or violation" },
	{ { "--frames", "3-5", CAPTURE }, 0, 3, NULL },
	{ { "--frames", "25-", CAPTURE }, 0, 2, NULL },
	{ { "--frames", "-3", CAPTURE }, 0, 3, NULL },
	{ { "--promiscuous", CAPTURE }, 2, 0, "are for -i" },
	{ { "-i", "lo", CAPTURE }, 2, 0, "cannot be read in one run" },
	{ { "-i", "nosuch0" }, 2, 0, "nosuch0: " },
	{ { "-w", "-", CAPTURE }, 2, 0, "-w - needs standard output" },
	{ { "-w", "/nonexistent/x", CAPTURE }, 2, 0, "/nonexistent/x: No such file" },
	{ { "-w", CAPTURE, CAPTURE }, 2, 0, "is one of the files that are read" },
	{ { "-w", "/dev/full", CAPTURE }, 2, -1, "/dev/full: No space left" },
	{ { "--fields", "frame", CAPTURE }, 2, 0, "--fields is for -f csv" },
};

START_TEST(lines)
{
	const char *argv[16] = { "dissect", "-f", "line" };
	for (int i = 0; i < 10 && rows[_i].argv[i]; i++)
		argv[3 + i] = rows[_i].argv[i];
	struct ran r = spawn_input(NULL, argv);
	ck_assert_msg(r.status == rows[_i].status, "row %d: exit %d: %s", _i, r.status, r.err);
	ck_assert_msg(rows[_i].lines < 0 || count_lines(r.out) == rows[_i].lines, "row %d: %d lines, "
		      "needs %d", _i, count_lines(r.out), rows[_i].lines);
	if (rows[_i].says)
		ck_assert_msg(strstr(r.out, rows[_i].says) || strstr(r.err, rows[_i].says),
			      "row %d: needs \"%s\": %s", _i, rows[_i].says, r.err);
	ran_done(&r);
}
END_TEST

/* ---- csv ---- */

static struct csv_table table_of(const char *text, size_t n, struct arena *a)
{
	struct csv_table t;
	struct err e = { 0 };
	ck_assert_msg(csv_read(&t, span_of(text, n), "csv", a, &e), "%s", e.text);
	return t;
}

/* Each of our columns against the field of tshark's that means the same. */
START_TEST(csv_like_tshark)
{
	static const char fields[] = "frame,length,ipv4.src,ipv4.id,ipv4.ttl,esp.spi,esp.seq,udp.dport,"
				     "ike.message_id,ike.spi_i,ethernet.dst,ike.length";
	static const char command[] = "tshark -n -o esp.enable_encryption_decode:FALSE -r " CAPTURE
		" -T fields -E header=y -E separator=, -E occurrence=f -e frame.number -e frame.len "
		"-e ip.src -e ip.id -e ip.ttl -e esp.spi -e esp.sequence -e udp.dstport "
		"-e isakmp.messageid -e isakmp.ispi -e eth.dst -e isakmp.length 2>/dev/null";
	struct arena a = { 0 };
	if (system("command -v tshark >/dev/null") != 0) {
		puts("skip: tshark is not installed");
		return;
	}
	struct ran r = SPAWN("dissect", "--fields", fields, CAPTURE);
	ck_assert_msg(r.status == 0, "%s", r.err);
	char *other = calloc(1, 1 << 16);
	FILE *f = popen(command, "r");
	size_t n = fread(other, 1, 1 << 16, f);
	pclose(f);
	struct csv_table ours = table_of(r.out, r.out_n, &a), theirs = table_of(other, n, &a);
	ck_assert(ours.count == FRAMES && theirs.count == FRAMES && ours.columns == theirs.columns);
	for (size_t i = 0; i < ours.count; i++)
		for (size_t k = 0; k < ours.columns; k++) {
			const char *x = ours.rows[i].cells[k], *y = theirs.rows[i].cells[k];
			bool hex = strncmp(y, "0x", 2) == 0 && strncmp(x, "0x", 2) != 0;
			ck_assert_msg(hex ? strtoul(x, NULL, 10) == strtoul(y, NULL, 16) :
				      strcmp(x, y) == 0, "row %zu: %s is \"%s\", tshark has \"%s\"",
				      i + 1, ours.header[k], x, y);
		}
	free(other);
	ran_done(&r);
	arena_done(&a);
}
END_TEST

/* First and further layers of a kind, and what is inside. */
START_TEST(csv_layers)
{
	struct arena a = { 0 };
	struct ran r = SPAWN("dissect", "-k", KEYS, "--frames", "5", "--fields",
			     "ip.src,inner.src,ipv4#2.src,inner.ipv4.ttl,ipv4#3.src,protocol,spi,icv,mode,"
			     "icmp.type,ah.spi,layers", CAPTURE);
	static const char *const want[] = { "192.0.2.1", "10.1.0.10", "10.1.0.10", "63", "", "icmp",
					    "0xca50b39b", "good", "tunnel", "8", "",
					    "ethernet ipv4 esp ipv4 icmp data" };
	ck_assert_msg(r.status == 0, "%s", r.err);
	struct csv_table t = table_of(r.out, r.out_n, &a);
	ck_assert_uint_eq(t.count, 1);
	for (size_t k = 0; k < t.columns; k++)
		ck_assert_msg(strcmp(t.rows[0].cells[k], want[k]) == 0, "%s is \"%s\", needs \"%s\"",
			      t.header[k], t.rows[0].cells[k], want[k]);
	ran_done(&r);
	arena_done(&a);
}
END_TEST

/* Every column that is listed can be asked for; others are refused. */
START_TEST(csv_columns)
{
	static const char *const none[] = { "", "nonsense", "frame,", "ipv4.nonsense", "ipv4#0.src",
					    "ipv4#x.src", "ipv4#99.src", "nonsense.src", "inner.inner.x",
					    ".", "esp.", "ike#9999999999999.spi_i" };
	struct ran list = SPAWN("dissect", "--list-fields");
	int count = 0;
	for (char *line = list.out, *end; (end = strchr(line, '\n')); line = end + 1, count++) {
		char *tab = strchr(line, '\t');
		ck_assert(tab && tab < end && end > tab + 1);
		if (count % 16)		/* each row runs the program once */
			continue;
		*tab = '\0';
		struct ran r = SPAWN("dissect", "-c", "1", "--fields", line, CAPTURE);
		ck_assert_msg(r.status == 0, "%s: %s", line, r.err);
		ran_done(&r);
	}
	ck_assert_int_gt(count, 100);
	ran_done(&list);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		struct ran r = SPAWN("dissect", "--fields", none[i], CAPTURE);
		ck_assert_msg(r.status == 2 && strstr(r.err, "no column"), "\"%s\": exit %d: %s",
			      none[i], r.status, r.err);
		ran_done(&r);
	}
}
END_TEST

/* `-w -`: the capture on standard output, the counts on standard error. */
START_TEST(plain_to_pipe)
{
	char path[64];
	struct ran r = SPAWN("dissect", "-k", KEYS, "-w", "-", CAPTURE);
	ck_assert_int_eq(r.status, 0);
	ck_assert(strstr(r.err, "26 packets written, 22 of them opened") && strstr(r.err, "22 good"));
	spawn_file(path, r.out, r.out_n);
	struct ran again = SPAWN("dissect", "-f", "line", "--host", "10.0.0.0/8", path);
	ck_assert_int_eq(count_lines(again.out), 22);
	unlink(path);
	ran_done(&again);
	ran_done(&r);
}
END_TEST

/* ---- copies ---- */

enum { FILE_HEADER = 24, RECORD = 16, ETHERNET = 14, SLL = 16, LINK_SLL = 113 };

static uint32_t word(const char *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return v;
}

static char *put(char *to, const void *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

/* CAPTURE as `tcpdump -i any` has it: each packet on two interfaces, which differ
 * in the cooked header's address. Returns the size. */
static size_t cook(const char *in, size_t n, char *out)
{
	char *to = put(out, in, FILE_HEADER), link = LINK_SLL;
	put(out + 20, &link, 1);
	for (size_t at = FILE_HEADER; at + RECORD <= n; at += RECORD + word(in + at + 8))
		for (char side = 1; side <= 2; side++) {
			uint32_t size = word(in + at + 8) - ETHERNET + SLL;
			to = put(to, in + at, 8);
			to = put(put(to, &size, 4), &size, 4);
			to = put(to, "\0\0\0\1\0\6\2\0\0\0\0\0\0\0\x08\0", SLL);
			to[-5] = side;
			to = put(to, in + at + RECORD + ETHERNET, size - SLL);
		}
	return (size_t)(to - out);
}

/* Told as copies in a line, and none is written: IKE's are none either. */
START_TEST(copies)
{
	char path[64];
	size_t n;
	char *plain = spawn_read(CAPTURE, &n), *cooked = malloc(3 * n);
	spawn_file(path, cooked, cook(plain, n, cooked));
	struct ran r = SPAWN("dissect", "-f", "line", "-k", KEYS, path);
	ck_assert_int_eq(count_lines(r.out), 52);
	ck_assert_msg(strstr(r.out, "(copy of 51)\n"), "%s", r.out);
	ck_assert_ptr_null(strstr(r.out, "unchecked"));
	ran_done(&r);
	r = SPAWN("dissect", "-k", KEYS, "-w", "/dev/null", path);
	ck_assert_msg(strstr(r.err, "26 packets written, 22 of them opened; "
			     "26 copies of other interfaces left out"), "%s", r.err);
	ran_done(&r);
	unlink(path);
	free(plain);
	free(cooked);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("input");
	TCase *t = tcase_create("input");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, growing, 0, 4);
	tcase_add_loop_test(t, followed_ends, 0, 2);
	tcase_add_test(t, interface);
	tcase_add_loop_test(t, lines, 0, sizeof rows / sizeof *rows);
	tcase_add_test(t, csv_like_tshark);
	tcase_add_test(t, csv_layers);
	tcase_add_test(t, csv_columns);
	tcase_add_test(t, plain_to_pipe);
	tcase_add_test(t, copies);
	suite_add_tcase(s, t);
	return testing_run(s);
}
