/* SPDX-License-Identifier: BSD-2-Clause
 * The guest as a child process: its own process group, a time limit, and an end
 * on every way out. Signals are waited for, not handled, so that nothing global
 * is needed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance/lab/lab_host.h"

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

/* In the child: never returns. parent: who must be alive. */
static void become(char *const argv[], int out, bool console, pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	if (!console)
		setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!console) {
		int in = open("/dev/null", O_RDONLY);
		dup2(in, 0);
		dup2(out, 1);
		dup2(out, 2);
	}
	unsetenv("TMPDIR");	/* the guest's memory belongs into /dev/shm */
	execv(argv[0], argv);
	_exit(127);
}

static bool reap(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Asks, then forces; the whole group (a console guest shares ours). */
static void finish(pid_t pid, bool console)
{
	int status;
	pid_t whom = console ? pid : -pid;
	kill(whom, SIGTERM);
	for (int i = 0; i < 40; i++) {
		if (reap(pid, &status))
			break;
		nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	}
	kill(whom, SIGKILL);
	waitpid(pid, &status, 0);
}

static enum lab_end watch(pid_t pid, unsigned int seconds, bool console, int *status)
{
	sigset_t set;
	double until = seconds ? now() + seconds : 0;
	signals(&set);
	for (;;) {
		struct timespec slice = { 0, 200000000 };
		int got = sigtimedwait(&set, NULL, &slice);
		if (reap(pid, status)) {
			if (!console)
				kill(-pid, SIGKILL);	/* whoever of its group is left */
			return LAB_ENDED;
		}
		bool stop = got == SIGTERM || got == SIGHUP || (got == SIGINT && !console);
		if (stop || (seconds && now() > until)) {
			finish(pid, console);
			return stop ? LAB_INTERRUPTED : LAB_TIMEOUT;
		}
	}
}

static enum lab_end run(char *const argv[], int out, const struct lab_guest *g, int *status)
{
	sigset_t set, before;
	enum lab_end end = LAB_NOT_STARTED;
	pid_t parent = getpid();
	signals(&set);
	sigprocmask(SIG_BLOCK, &set, &before);
	pid_t pid = fork();
	if (pid == 0)
		become(argv, out, g->console, parent);
	if (pid > 0)
		end = watch(pid, g->seconds, g->console, status);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return end;
}

int lab_command(char *const argv[], const char *output)
{
	int status = -1, out = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	struct lab_guest g = { .seconds = 60 };
	enum lab_end end = out < 0 ? LAB_NOT_STARTED : run(argv, out, &g, &status);
	if (out >= 0)
		close(out);
	return end == LAB_ENDED && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum lab_end run_uml(const struct lab_host *h, const struct lab_guest *g,
			    struct arena *a, int out)
{
	int status;
	char *const argv[] = {
		arena_printf(a, "%s", h->kernel), (char[]){ "mem=256M" },
		(char[]){ "rootfstype=hostfs" }, (char[]){ "root=/dev/root" }, (char[]){ "rw" },
		arena_printf(a, "init=%s/guest/init.sh", g->work), (char[]){ "con=null" },
		(char[]){ "con0=fd:0,fd:1" }, (char[]){ "quiet" }, (char[]){ "how=uml" },
		arena_printf(a, "uml_dir=%s/uml", g->work), arena_printf(a, "lab=%s", g->work),
		arena_printf(a, "packages=%s", h->packages), NULL
	};
	return run(argv, out, g, &status);
}

static enum lab_end run_netns(const struct lab_host *h, const struct lab_guest *g,
			      struct arena *a, int out)
{
	int status;
	char *const argv[] = {
		(char[]){ "/usr/bin/unshare" }, (char[]){ "-m" }, (char[]){ "-n" },
		(char[]){ "-p" }, (char[]){ "-f" }, (char[]){ "--kill-child" },
		(char[]){ "--mount-proc" }, (char[]){ "/usr/bin/env" }, (char[]){ "how=netns" },
		arena_printf(a, "lab=%s", g->work), arena_printf(a, "packages=%s", h->packages),
		(char[]){ "/bin/sh" }, arena_printf(a, "%s/guest/init.sh", g->work), NULL
	};
	return run(argv, out, g, &status);
}

enum lab_end lab_guest_run(const struct lab_host *h, const struct lab_guest *g)
{
	struct arena a = { 0 };
	const char *path = arena_printf(&a, "%s/out/console.log", g->work);
	int out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	enum lab_end end = LAB_NOT_STARTED;
	if (out >= 0)
		end = h->how == LAB_UML ? run_uml(h, g, &a, out) : run_netns(h, g, &a, out);
	if (out >= 0)
		close(out);
	arena_done(&a);
	return end;
}
