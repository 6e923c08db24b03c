/* SPDX-License-Identifier: BSD-2-Clause
 * Do the vectors and the registry comparison notice a wrong number? The tables
 * of the crypto room are compiled writable (-DCRYPTO_ROW=); each numeric column
 * of each row is changed in turn, and in a process of its own the registry test,
 * the facts below and the row's vectors are run. Every change must turn one of
 * them red; a crash or a hang counts as red. `make test-rows` builds and runs it
 * from the root of the tree; it is no Check program. */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipsec/base/testing.h"
#include "ipsec/crypto/encr.h"
#include "ipsec/crypto/group.h"
#include "ipsec/crypto/integ.h"
#include "ipsec/crypto/prf.h"
#include "vectors/vectors.h"

/* The registry test as it is, under another name for its main. */
static int registry_test_main(void);
#define main registry_test_main
#include "ipsec/crypto/registry_test.c"
#undef main

/* ---- facts that no registry lists: what is supported, and how ---- */

struct fact {
	const char *name;
	unsigned kind;
	unsigned number;	/* encr: legacy; integ: output; others: 0 */
};

static const struct fact encr_facts[] = {
	/* legacy: OSSL_PROVIDER-legacy(7); 3DES is in the default provider */
	{ "ENCR_DES", ENCR_KIND_CBC, true }, { "ENCR_3DES", ENCR_KIND_CBC, false },
	{ "ENCR_CAST", ENCR_KIND_CBC, true }, { "ENCR_BLOWFISH", ENCR_KIND_CBC, true },
	{ "ENCR_NULL", ENCR_KIND_NULL, false }, { "ENCR_AES_CBC", ENCR_KIND_CBC, false },
	{ "ENCR_AES_CTR", ENCR_KIND_CTR, false }, { "ENCR_AES_CCM_8", ENCR_KIND_CCM, false },
	{ "ENCR_AES_CCM_12", ENCR_KIND_CCM, false }, { "ENCR_AES_CCM_16", ENCR_KIND_CCM, false },
	{ "ENCR_AES_GCM_8", ENCR_KIND_GCM, false }, { "ENCR_AES_GCM_12", ENCR_KIND_GCM, false },
	{ "ENCR_AES_GCM_16", ENCR_KIND_GCM, false },
	{ "ENCR_NULL_AUTH_AES_GMAC", ENCR_KIND_GMAC, false },
	{ "ENCR_CAMELLIA_CBC", ENCR_KIND_CBC, false },
	{ "ENCR_CHACHA20_POLY1305", ENCR_KIND_CHACHA, false },
	{ "ENCR_AES_CCM_8_IIV", ENCR_KIND_CCM, false },
	{ "ENCR_AES_GCM_16_IIV", ENCR_KIND_GCM, false },
	{ "ENCR_CHACHA20_POLY1305_IIV", ENCR_KIND_CHACHA, false },
	{ 0 }
};

static const struct fact integ_facts[] = {
	{ "NONE", INTEG_KIND_NONE, 0 },
	{ "AUTH_HMAC_MD5_96", INTEG_KIND_HMAC, 16 }, { "AUTH_HMAC_SHA1_96", INTEG_KIND_HMAC, 20 },
	{ "AUTH_AES_XCBC_96", INTEG_KIND_XCBC, 16 }, { "AUTH_HMAC_MD5_128", INTEG_KIND_HMAC, 16 },
	{ "AUTH_HMAC_SHA1_160", INTEG_KIND_HMAC, 20 }, { "AUTH_AES_CMAC_96", INTEG_KIND_CMAC, 16 },
	{ "AUTH_AES_128_GMAC", INTEG_KIND_GMAC, 16 }, { "AUTH_AES_192_GMAC", INTEG_KIND_GMAC, 16 },
	{ "AUTH_AES_256_GMAC", INTEG_KIND_GMAC, 16 },
	{ "AUTH_HMAC_SHA2_256_128", INTEG_KIND_HMAC, 32 },
	{ "AUTH_HMAC_SHA2_384_192", INTEG_KIND_HMAC, 48 },
	{ "AUTH_HMAC_SHA2_512_256", INTEG_KIND_HMAC, 64 },
	{ "AUTH_HMAC_SHA2_256_96", INTEG_KIND_HMAC, 32 },
	{ "UNCHECKED_64", INTEG_KIND_UNCHECKED, 0 }, { "UNCHECKED_96", INTEG_KIND_UNCHECKED, 0 },
	{ "UNCHECKED_128", INTEG_KIND_UNCHECKED, 0 }, { "UNCHECKED_160", INTEG_KIND_UNCHECKED, 0 },
	{ "UNCHECKED_192", INTEG_KIND_UNCHECKED, 0 }, { "UNCHECKED_256", INTEG_KIND_UNCHECKED, 0 },
	{ 0 }
};

static const struct fact prf_facts[] = {
	{ "PRF_HMAC_MD5", PRF_KIND_HMAC, 0 }, { "PRF_HMAC_SHA1", PRF_KIND_HMAC, 0 },
	{ "PRF_AES128_XCBC", PRF_KIND_XCBC, 0 }, { "PRF_HMAC_SHA2_256", PRF_KIND_HMAC, 0 },
	{ "PRF_HMAC_SHA2_384", PRF_KIND_HMAC, 0 }, { "PRF_HMAC_SHA2_512", PRF_KIND_HMAC, 0 },
	{ "PRF_AES128_CMAC", PRF_KIND_CMAC, 0 }, { 0 }
};

static const struct fact group_facts[] = {
	{ "NONE", GROUP_KIND_NONE, 0 },
	{ "MODP_768", GROUP_KIND_MODP, 0 }, { "MODP_1024", GROUP_KIND_MODP, 0 },
	{ "MODP_1536", GROUP_KIND_MODP, 0 }, { "MODP_2048", GROUP_KIND_MODP, 0 },
	{ "MODP_3072", GROUP_KIND_MODP, 0 }, { "MODP_4096", GROUP_KIND_MODP, 0 },
	{ "MODP_6144", GROUP_KIND_MODP, 0 }, { "MODP_8192", GROUP_KIND_MODP, 0 },
	{ "MODP_1024_160", GROUP_KIND_MODP_SUBGROUP, 0 },
	{ "MODP_2048_224", GROUP_KIND_MODP_SUBGROUP, 0 },
	{ "MODP_2048_256", GROUP_KIND_MODP_SUBGROUP, 0 },
	{ "ECP_192", GROUP_KIND_ECP, 0 }, { "ECP_224", GROUP_KIND_ECP, 0 },
	{ "ECP_256", GROUP_KIND_ECP, 0 }, { "ECP_384", GROUP_KIND_ECP, 0 },
	{ "ECP_521", GROUP_KIND_ECP, 0 }, { "BRAINPOOL_P224R1", GROUP_KIND_ECP, 0 },
	{ "BRAINPOOL_P256R1", GROUP_KIND_ECP, 0 }, { "BRAINPOOL_P384R1", GROUP_KIND_ECP, 0 },
	{ "BRAINPOOL_P512R1", GROUP_KIND_ECP, 0 }, { "CURVE25519", GROUP_KIND_MONTGOMERY, 0 },
	{ "CURVE448", GROUP_KIND_MONTGOMERY, 0 }, { 0 }
};

/* A row that no fact names is unsupported, which is kind 0 everywhere. */
static bool fact_holds(const struct fact *facts, const char *name, unsigned kind, unsigned number)
{
	for (; facts->name; facts++)
		if (strcmp(facts->name, name) == 0)
			return facts->kind == kind && facts->number == number;
	return kind == 0 && number == 0;
}

/* Numbers of our own, outside IANA's registry, as integ.h names them. */
static const struct {
	unsigned id;
	const char *name;
} private_ids[] = {
	{ INTEG_HMAC_SHA2_256_96, "AUTH_HMAC_SHA2_256_96" },
	{ INTEG_UNCHECKED_64, "UNCHECKED_64" }, { INTEG_UNCHECKED_96, "UNCHECKED_96" },
	{ INTEG_UNCHECKED_128, "UNCHECKED_128" }, { INTEG_UNCHECKED_160, "UNCHECKED_160" },
	{ INTEG_UNCHECKED_192, "UNCHECKED_192" }, { INTEG_UNCHECKED_256, "UNCHECKED_256" },
};

static const char *private_wrong(void)
{
	for (size_t i = 0; i < sizeof private_ids / sizeof *private_ids; i++) {
		const struct integ *row = integ_find(private_ids[i].id);
		if (!row || strcmp(row->name, private_ids[i].name) != 0)
			return private_ids[i].name;
	}
	return NULL;
}

/* The name of the first row that is not as the facts say; NULL if all are. */
static const char *facts_wrong(void)
{
	for (size_t i = 0; i < encr_count; i++)
		if (!fact_holds(encr_facts, encr_rows[i].name, encr_rows[i].kind,
				encr_rows[i].legacy))
			return encr_rows[i].name;
	for (size_t i = 0; i < integ_count; i++)
		if (!fact_holds(integ_facts, integ_rows[i].name, integ_rows[i].kind,
				integ_rows[i].output))
			return integ_rows[i].name;
	for (size_t i = 0; i < prf_count; i++)
		if (!fact_holds(prf_facts, prf_rows[i].name, prf_rows[i].kind, 0))
			return prf_rows[i].name;
	for (size_t i = 0; i < group_count; i++)
		if (!fact_holds(group_facts, group_rows[i].name, group_rows[i].kind, 0))
			return group_rows[i].name;
	return private_wrong();
}

/* ---- the tables and their numeric columns ---- */

struct column {
	const char *name;
	size_t offset, size;
	bool flag;
};

#define NUMBER(type, member) \
	{ #member, offsetof(struct type, member), sizeof ((struct type *)NULL)->member, false }
#define FLAG(type, member) \
	{ #member, offsetof(struct type, member), sizeof ((struct type *)NULL)->member, true }

static const struct column encr_numbers[] = {
	NUMBER(encr, id), NUMBER(encr, kind), NUMBER(encr, key_bits[0]),
	NUMBER(encr, key_bits[1]), NUMBER(encr, key_bits[2]), NUMBER(encr, key_bits[3]),
	FLAG(encr, variable), FLAG(encr, key_length_attribute), NUMBER(encr, block),
	NUMBER(encr, iv), NUMBER(encr, icv), NUMBER(encr, salt), FLAG(encr, implicit_iv),
	FLAG(encr, legacy), { 0 }
};
static const struct column integ_numbers[] = {
	NUMBER(integ, id), NUMBER(integ, kind), NUMBER(integ, key), NUMBER(integ, icv),
	NUMBER(integ, iv), NUMBER(integ, salt), NUMBER(integ, output), { 0 }
};
static const struct column prf_numbers[] = {
	NUMBER(prf, id), NUMBER(prf, kind), NUMBER(prf, output), NUMBER(prf, key),
	FLAG(prf, fixed_key), { 0 }
};
static const struct column group_numbers[] = {
	NUMBER(group, id), NUMBER(group, kind), NUMBER(group, public_size),
	NUMBER(group, shared), { 0 }
};

struct table {
	const char *name;	/* and the column of the vectors that names a row of it */
	uint8_t *rows;
	const size_t *count;
	size_t row_size, name_offset;
	const struct column *columns;
};

static const struct table tables[] = {
	{ "encr", (uint8_t *)encr_rows, &encr_count, sizeof *encr_rows,
	  offsetof(struct encr, name), encr_numbers },
	{ "integ", (uint8_t *)integ_rows, &integ_count, sizeof *integ_rows,
	  offsetof(struct integ, name), integ_numbers },
	{ "prf", (uint8_t *)prf_rows, &prf_count, sizeof *prf_rows,
	  offsetof(struct prf, name), prf_numbers },
	{ "group", (uint8_t *)group_rows, &group_count, sizeof *group_rows,
	  offsetof(struct group, name), group_numbers },
};

enum { TABLES = sizeof tables / sizeof *tables };

/* ---- one change ---- */

struct change {
	const struct table *table;
	size_t row;
	const struct column *column;
	int step;		/* added to a number; a flag is turned over */
};

static const char *change_name(const struct change *c)
{
	const uint8_t *row = c->table->rows + c->row * c->table->row_size;
	const char *name;
	memcpy(&name, row + c->table->name_offset, sizeof name);
	return name;
}

static void change_apply(const struct change *c)
{
	uint8_t *p = c->table->rows + c->row * c->table->row_size + c->column->offset;
	uint32_t v32;
	uint16_t v16;
	switch (c->column->size) {
	case 1:
		*p = c->column->flag ? !*p : (uint8_t)(*p + c->step);
		break;
	case 2:
		memcpy(&v16, p, 2);
		v16 = (uint16_t)(v16 + c->step);
		memcpy(p, &v16, 2);
		break;
	default:
		memcpy(&v32, p, 4);
		v32 += (uint32_t)c->step;
		memcpy(p, &v32, 4);
	}
}

/* ---- in the child: what notices it? ---- */

enum { BY_REGISTRY = 1, BY_VECTORS = 2, SECONDS = 20, KINDS = 10 };

static bool vectors_red(const struct vector_file *files, const char *column, const char *name)
{
	struct err none = { 0 };
	struct crypto *crypto = crypto_new(&none);
	for (size_t k = 0; crypto && k < KINDS; k++)
		for (size_t i = 0; i < files[k].table.count; i++) {
			struct err e = { 0 };
			bool unusable;
			if (vectors_about(&files[k], i, column, name) &&
			    !vectors_run(&files[k], i, crypto, &unusable, &e))
				return true;
		}
	crypto_free(crypto);
	return !crypto;
}

/* c NULL: nothing is changed, and all vectors are run. */
static int child(const struct vector_file *files, const struct change *c)
{
	int null = open("/dev/null", O_WRONLY);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	signal(SIGALRM, SIG_DFL);
	alarm(SECONDS);
	setenv("CK_FORK", "no", 1);
	if (c)
		change_apply(c);
	int noticed = facts_wrong() || registry_test_main() != 0 ? BY_REGISTRY : 0;
	for (size_t t = 0; t < TABLES; t++) {
		struct change any = { &tables[t], 0, NULL, 0 };
		for (; !c && any.row < *tables[t].count; any.row++)
			if (vectors_red(files, tables[t].name, change_name(&any)))
				noticed |= BY_VECTORS;
	}
	if (c && vectors_red(files, c->table->name, change_name(c)))
		noticed |= BY_VECTORS;
	return noticed;
}

/* ---- the parent ---- */

enum { JOBS = 4 };

struct run {
	const struct vector_file *files;
	struct {
		pid_t pid;
		struct change change;
	} jobs[JOBS];
	size_t tried, registry, vectors, both, crashed, unnoticed;
};

static void count_job(struct run *r, const struct change *c, int status)
{
	int by = WIFEXITED(status) ? WEXITSTATUS(status) : BY_VECTORS;
	r->tried++;
	r->crashed += !WIFEXITED(status);
	r->registry += by == BY_REGISTRY;
	r->vectors += by == BY_VECTORS;
	r->both += by == (BY_REGISTRY | BY_VECTORS);
	if (by == 0) {
		r->unnoticed++;
		printf("unnoticed\t%s\t%s\t%s\t%s\n", c->table->name, change_name(c),
		       c->column->name, c->column->flag ? "turned over" :
		       c->step > 0 ? "plus 1" : "minus 1");
	}
}

/* Waits for any child; false if there is none. */
static bool reap(struct run *r)
{
	int status;
	pid_t pid = wait(&status);
	for (size_t i = 0; pid > 0 && i < JOBS; i++)
		if (r->jobs[i].pid == pid) {
			count_job(r, &r->jobs[i].change, status);
			r->jobs[i].pid = 0;
		}
	return pid > 0;
}

static void start(struct run *r, const struct change *c)
{
	size_t i = 0;
	while (i < JOBS && r->jobs[i].pid)
		if (++i == JOBS && reap(r))
			i = 0;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		_exit(child(r->files, c));
	if (pid < 0 || i == JOBS) {
		perror("rows_test: fork");
		exit(2);
	}
	r->jobs[i].pid = pid;
	r->jobs[i].change = *c;
}

static void try_column(struct run *r, struct change c)
{
	c.step = 1;
	start(r, &c);
	c.step = -1;
	if (!c.column->flag)
		start(r, &c);
}

static void try_table(struct run *r, const struct table *t)
{
	for (size_t row = 0; row < *t->count; row++)
		for (const struct column *c = t->columns; c->name; c++)
			try_column(r, (struct change){ t, row, c, 1 });
}

/* As it stands nothing may be red, or nothing below would mean anything. */
static bool green_before(const struct vector_file *files)
{
	int status = 0;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		_exit(child(files, NULL));
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		return true;
	fprintf(stderr, "rows_test: the %s is red before anything is changed%s%s\n",
		WIFEXITED(status) && WEXITSTATUS(status) == BY_REGISTRY ? "registry comparison"
									: "vectors' run",
		facts_wrong() ? ": " : "", facts_wrong() ? facts_wrong() : "");
	return false;
}

int main(void)
{
	struct arena arena = { 0 };
	struct err e = { 0 };
	struct vector_file files[KINDS];
	struct run r = { .files = files };
	for (size_t i = 0; i < KINDS && i < vector_kind_count; i++) {
		const char *path = arena_printf(&arena, "vectors/%s", vector_kinds[i].file);
		if (!vectors_read(&files[i], path, &arena, &e)) {
			fprintf(stderr, "rows_test: %s\n", e.text);
			return 2;
		}
	}
	if (!green_before(files))
		return 2;
	for (size_t t = 0; t < TABLES; t++)
		try_table(&r, &tables[t]);
	while (reap(&r))
		continue;
	printf("%zu changes of the algorithm tables: %zu noticed by the registry comparison and the "
	       "vectors, %zu by the registry comparison alone, %zu by the vectors alone (%zu "
	       "crashes), %zu unnoticed\n", r.tried, r.both, r.registry, r.vectors, r.crashed,
	       r.unnoticed);
	arena_done(&arena);
	return r.unnoticed ? 1 : 0;
}

