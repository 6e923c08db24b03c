/* SPDX-License-Identifier: BSD-2-Clause
 * Waiting for input: a pipe's, an interface's, a growing file's; and for the
 * signal or the moment that ends it. */
#include "dissect/capture_private.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { GROWTH_MS = 250 };	/* where inotify does not tell (network file systems) */

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ms, or less when the deadline is nearer; 0 when it has passed. */
static int limited(const struct capture_wait *w, int ms)
{
	if (!w->deadline)
		return ms;
	int64_t left = (w->deadline - now() + 999999) / 1000000;
	if (left < 0)
		left = 0;
	if (left > INT32_MAX)
		left = INT32_MAX;
	return ms >= 0 && ms < left ? ms : (int)left;
}

bool capture_wait_for(struct capture_wait *w, int fd, int ms)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = w->stop, .events = POLLIN } };
	int n = poll(fds, 2, 0);
	if (n == 0 && ms != 0) {
		if (w->before)
			w->before(w->user);
		do
			n = poll(fds, 2, limited(w, ms));
		while (n < 0 && errno == EINTR);
	}
	if (fds[1].revents || (w->deadline && now() >= w->deadline))
		w->ended = true;
	return !w->ended;
}

/* ---- files that grow ---- */

int capture_watch_open(const char *path)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch >= 0 && inotify_add_watch(watch, path, IN_MODIFY | IN_ATTRIB) < 0) {
		close(watch);
		watch = -1;
	}
	return watch;
}

static void drain(int watch)
{
	char events[1024];
	while (watch >= 0 && read(watch, events, sizeof events) > 0)
		;
}

/* Called at the file's end. The watch began before the first read, so nothing
 * that was written since is missed. */
bool capture_watch(struct source *s)
{
	struct stat st;
	off_t at = lseek(s->fd, 0, SEEK_CUR);
	for (;;) {
		drain(s->watch);
		if (fstat(s->fd, &st) != 0 || st.st_size < at) {
			s->shrunk = true;
			return false;
		}
		if (st.st_size > at)
			return true;
		if (st.st_nlink == 0)
			return false;
		if (!capture_wait_for(s->wait, s->watch, GROWTH_MS))
			return false;
	}
}
