/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat lab`: real IPsec peers and a real kernel's ESP and AH on any machine. */
#ifndef IKAT_CONFORMANCE_LAB_H
#define IKAT_CONFORMANCE_LAB_H

/* argv[0] is "lab". Exit status: 0 as the scenario promises, 1 not so, 2 wrong
 * usage or the lab could not run. */
int lab_main(int argc, char **argv);

#endif
