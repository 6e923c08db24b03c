/* SPDX-License-Identifier: BSD-2-Clause
 * Giving up rights: user, groups, capabilities. */
#include "dissect/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static bool number_of(const char *name, unsigned *n)
{
	const char *text = getenv(name);
	char *end;
	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long v = strtoul(text, &end, 10);
	*n = (unsigned)v;
	return !errno && !*end && v > 0 && v < UINT32_MAX;
}

bool privileges_target(struct privileges *p)
{
	*p = (struct privileges){ NOBODY, NOBODY, false };
	if (geteuid() != 0)
		return false;
	p->sudo = number_of("SUDO_UID", &p->uid) && number_of("SUDO_GID", &p->gid);
	if (p->sudo)
		return true;
	const struct passwd *nobody = getpwnam("nobody");
	p->uid = nobody ? nobody->pw_uid : NOBODY;
	p->gid = nobody ? nobody->pw_gid : NOBODY;
	return true;
}

static bool change_user(const struct privileges *p)
{
	return setgroups(0, NULL) == 0 && setresgid(p->gid, p->gid, p->gid) == 0 &&
	       setresuid(p->uid, p->uid, p->uid) == 0;
}

/* All of them, also those that a file's capabilities gave to somebody else than
 * root. */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };
	return syscall(SYS_capset, &head, none) == 0;
}

bool privileges_drop(const char **note, struct err *e)
{
	struct privileges p;
	bool root = privileges_target(&p);
	*note = NULL;
	if (root && !change_user(&p))
		*note = "the user cannot be changed here: still root, but without capabilities";
	if (!drop_capabilities() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(e, "privileges cannot be given up: %s", strerror(errno));
	if (root && !*note && setuid(0) == 0)
		return err_set(e, "privileges cannot be given up: root came back");
	return true;
}
