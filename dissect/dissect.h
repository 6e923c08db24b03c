/* SPDX-License-Identifier: BSD-2-Clause
 * The commands of this room. Each gets its own name as argv[0] and returns the
 * program's exit status: 0 all well, 1 something is not as it should be, 2
 * usage or could not run. */
#ifndef IKAT_DISSECT_DISSECT_H
#define IKAT_DISSECT_DISSECT_H

int dissect_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int keys_main(int argc, char **argv);

#endif
