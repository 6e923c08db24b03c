/* SPDX-License-Identifier: BSD-2-Clause
 * What standard output is, and how wide. */
#include "dissect/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_write(void *user, const char *p, size_t n)
{
	(void)user;
	return fwrite(p, 1, n, stdout) == n && fflush(stdout) == 0;
}

unsigned terminal_columns(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	if (columns && atoi(columns) > 0)
		return (unsigned)atoi(columns);
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return 80;
}

bool terminal_colour_ok(const char *when, struct err *e)
{
	if (strcmp(when, "auto") && strcmp(when, "always") && strcmp(when, "never"))
		return err_set(e, "--colour is \"%s\", needs auto, always or never", when);
	return true;
}

bool terminal_colour(const char *when)
{
	if (strcmp(when, "auto"))
		return strcmp(when, "always") == 0;
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}
