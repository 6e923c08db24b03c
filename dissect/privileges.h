/* SPDX-License-Identifier: BSD-2-Clause
 * What a capture from an interface needs, hostile packets must not find: once
 * the interface is open, the rights that opened it are given up. */
#ifndef IKAT_DISSECT_PRIVILEGES_H
#define IKAT_DISSECT_PRIVILEGES_H

#include "ipsec/base/err.h"

/* Whom root becomes: who called sudo (by SUDO_UID and SUDO_GID), otherwise
 * nobody. False when the program does not run as root. */
struct privileges {
	unsigned uid, gid;
	bool sudo;
};
bool privileges_target(struct privileges *p);

/* Becomes that user, without other groups; gives up all capabilities, and for
 * good (no_new_privs). Where a container or a user namespace does not let it
 * change the user, the capabilities still go, and *note says so (NULL otherwise).
 * False when any right may be left. */
bool privileges_drop(const char **note, struct err *e) MUST_CHECK;

#endif
