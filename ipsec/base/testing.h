/* SPDX-License-Identifier: BSD-2-Clause
 * Every x_test.c is one Check program: it builds a suite and ends with
 * `return testing_run(suite);`. Table rows are reported by name through loop
 * tests: print the row's name in the failing assertion's message. */
#ifndef IKAT_BASE_TESTING_H
#define IKAT_BASE_TESTING_H

#include <check.h>
#include <stdlib.h>

static inline int testing_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
