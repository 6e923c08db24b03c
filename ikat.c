/* SPDX-License-Identifier: BSD-2-Clause
 * ikat, the IKE and IPsec Analysis Toolkit: the front door. One row for each
 * command. */
#include "conformance/lab/lab.h"
#include "dissect/dissect.h"
#include "vectors/vectors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifndef IKAT_VERSION
#define IKAT_VERSION "0.1"
#endif

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

static const struct command commands[] = {
	{ "dissect", dissect_main, "show packets layer by layer, decrypted where keys are given" },
	{ "explain", explain_main, "tell the story of a capture: what was negotiated, what failed" },
	{ "keys", keys_main, "read keys in any format, write them in any other" },
	{ "lab", lab_main, "real peers in a Linux of their own: run, record, explore" },
	{ "vectors", vectors_main, "run the known-answer vectors of every algorithm" },
};

static int usage(FILE *to, int status)
{
	fputs("usage: ikat COMMAND [option...] [argument...]\n\n"
	      "The IKE and IPsec Analysis Toolkit.\n\n", to);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  %-12s%s\n", commands[i].name, commands[i].help);
	fputs("\n`ikat COMMAND -h` tells a command's options; its man page is ikat-COMMAND(1).\n", to);
	return status;
}

/* What was printed must have arrived: a full disk is no success. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "ikat: standard output: %s\n", strerror(errno));
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, 2);
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return finish(usage(stdout, 0));
	if (strcmp(argv[1], "--version") == 0) {
		puts("ikat " IKAT_VERSION);
		return finish(0);
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return finish(commands[i].run(argc - 1, argv + 1));
	fprintf(stderr, "ikat: unknown command \"%s\"\n", argv[1]);
	return usage(stderr, 2);
}
