/* SPDX-License-Identifier: BSD-2-Clause
 * For tests of the built program: runs it and keeps what it said. The program is
 * $IKAT, or `ikat` one folder above the test program. Paths are those of the
 * source tree, which tests are run from. */
#ifndef IKAT_TESTS_SPAWN_H
#define IKAT_TESTS_SPAWN_H

#include "ipsec/base/testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLES "captures/samples"

struct ran {
	int status;		/* exit status; -1: killed by a signal */
	char *out, *err;	/* NUL-terminated, freed by ran_done() */
	size_t out_n;
};

static inline const char *spawn_program(char path[512])
{
	const char *given = getenv("IKAT");
	if (given)
		return given;
	ssize_t n = readlink("/proc/self/exe", path, 480);
	ck_assert_int_gt(n, 0);
	path[n] = '\0';
	for (int up = 0; up < 2; up++)
		*strrchr(path, '/') = '\0';
	strcat(path, "/ikat");
	return path;
}

static inline char *spawn_slurp(FILE *f, size_t *n)
{
	fseek(f, 0, SEEK_END);
	*n = (size_t)ftell(f);
	rewind(f);
	char *text = malloc(*n + 1);
	ck_assert(text && fread(text, 1, *n, f) == *n);
	text[*n] = '\0';
	fclose(f);
	return text;
}

static inline void spawn_child(const char *input, FILE *out, FILE *err, char *const *argv)
{
	char path[512];
	int in = open(input ? input : "/dev/null", O_RDONLY);
	dup2(in, 0);
	dup2(fileno(out), 1);
	dup2(fileno(err), 2);
	execv(spawn_program(path), argv);
	_exit(127);
}

/* argv[0] is ours; the arguments end with NULL. input: standard input, or NULL. */
static inline struct ran spawn_input(const char *input, const char *const *arguments)
{
	char *argv[24] = { (char[]){ "ikat" } };
	struct ran r = { 0 };
	FILE *out = tmpfile(), *err = tmpfile();
	int status;
	size_t n, count = 0;
	for (; arguments[count]; count++) {
		ck_assert(count + 2 < sizeof argv / sizeof *argv);
		argv[count + 1] = strdup(arguments[count]);
	}
	ck_assert(out && err);
	pid_t pid = fork();
	if (pid == 0)
		spawn_child(input, out, err, argv);
	ck_assert(pid > 0 && waitpid(pid, &status, 0) == pid);
	r.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	r.out = spawn_slurp(out, &r.out_n);
	r.err = spawn_slurp(err, &n);
	for (size_t i = 1; argv[i]; i++)
		free(argv[i]);
	return r;
}

#define SPAWN(...) spawn_input(NULL, (const char *const[]){ __VA_ARGS__, NULL })

static inline void ran_done(struct ran *r)
{
	free(r->out);
	free(r->err);
}

/* A file of the test's own that is gone when the test ends well. */
static inline void spawn_file(char path[64], const void *octets, size_t n)
{
	strcpy(path, "/tmp/ikat-test-XXXXXX");
	int fd = mkstemp(path);
	ck_assert(fd >= 0 && write(fd, octets, n) == (ssize_t)n && close(fd) == 0);
}

static inline char *spawn_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	return spawn_slurp(f, n);
}

#endif
