/* SPDX-License-Identifier: BSD-2-Clause
 * The tables of a scenario's settings, steps and promises, and their checks.
 * What is made from them is in lab_config*.c and lab_plan.c. */
#include "conformance/lab/lab_scenario.h"
#include "ipsec/base/options.h"

#include <stddef.h>

#define SIDE(member) offsetof(struct lab_side, member)

struct setting {
	const char *section, *key;
	size_t offset;		/* of the const char * in struct lab_side */
	const char *normal;	/* what it is if the scenario does not say */
	const char *words;	/* those allowed, between blanks; NULL: any text */
};

static const struct setting settings[] = {
	{ "peer", "peer", SIDE(peer), "strongswan", " strongswan libreswan xfrm " },
	{ "ike", "version", SIDE(version), "2", " 1 2 " },
	{ "ike", "auth", SIDE(auth), "psk", " psk rsa ecdsa ed25519 eap-mschapv2 xauth " },
	{ "ike", "proposal", SIDE(ike), "aes256-sha256-x25519", NULL },
	{ "ike", "id", SIDE(id), "", NULL },
	{ "ike", "peer_id", SIDE(peer_id), "", NULL },
	{ "ike", "psk", SIDE(psk), "lab-psk-9f31c7d0a4e2", NULL },
	{ "ike", "aggressive", SIDE(aggressive), "no", " yes no " },
	{ "ike", "fragmentation", SIDE(fragmentation), "yes", " yes no force " },
	{ "ike", "fragment_size", SIDE(fragment_size), "", NULL },
	{ "ike", "mobike", SIDE(mobike), "no", " yes no " },
	{ "ike", "cookie", SIDE(cookie), "no", " yes no " },
	{ "ike", "dpd", SIDE(dpd), "", NULL },
	{ "ike", "ppk", SIDE(ppk), "", NULL },
	{ "ike", "intermediate", SIDE(intermediate), "no", " yes no " },
	{ "ike", "keep_alive", SIDE(keep_alive), "", NULL },
	{ "ike", "retransmit", SIDE(retransmit), "", NULL },
	{ "ike", "connections", SIDE(connections), "1", " 1 2 " },
	{ "child", "protocol", SIDE(protocol), "esp", " esp ah " },
	{ "child", "proposal", SIDE(esp), "aes128gcm16", NULL },
	{ "child", "mode", SIDE(mode), "tunnel", " tunnel transport " },
	{ "child", "ts", SIDE(ts), "", NULL },
	{ "child", "window", SIDE(window), "", NULL },
	{ "child", "tfc", SIDE(tfc), "", NULL },
	{ "child", "ipcomp", SIDE(ipcomp), "no", " yes no " },
	{ "child", "esn", SIDE(esn), "no", " yes no " },
	{ "child", "first_seq", SIDE(first_seq), "", NULL },
	{ "child", "children", SIDE(children), "1", " 1 2 3 " },
	{ "network", "outer", SIDE(outer), "ipv4", " ipv4 ipv6 " },
	{ "network", "inner", SIDE(inner), "ipv4", " ipv4 ipv6 " },
	{ "network", "encap", SIDE(encap), "none", " none udp nat " },
	{ "network", "mtu", SIDE(mtu), "", NULL },
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* What each word after a verb must be. */
struct verb {
	const char *name;
	enum lab_verb verb;
	size_t least, most;	/* words */
	const char *usage;
};

static const struct verb verbs[] = {
	{ "up", STEP_UP, 0, 1, "up [CHILD]" },
	{ "ping", STEP_PING, 1, 3, "ping COUNT [SIZE [CHILD]]" },
	{ "rekey", STEP_REKEY, 1, 2, "rekey child|ike [a|b]" },
	{ "collide", STEP_COLLIDE, 1, 1, "collide child|ike" },
	{ "delete", STEP_DELETE, 1, 2, "delete child|ike [a|b]" },
	{ "mobike", STEP_MOBIKE, 0, 0, "mobike" },
	{ "netem", STEP_NETEM, 2, 7, "netem a|b|off PARAMETER..." },
	{ "inject", STEP_INJECT, 1, 1, "inject replay|corrupt|truncate|unknown" },
	{ "kill", STEP_KILL, 1, 1, "kill a|b" },
	{ "waitlog", STEP_WAIT_LOG, 3, 7, "waitlog a|b TENTHS TEXT" },
	{ "wait", STEP_WAIT, 1, 1, "wait SECONDS" },
	{ "snapshot", STEP_SNAPSHOT, 0, 0, "snapshot" },
};

/* `explain` is for whoever reads the capture: the lab does not judge it. */
static const char *const promise_keys[] = {
	"outcome", "reason", "explain", "ike_sas", "child_sas", "algorithms", "ike_algorithms",
	"packets", "pings", "log.a", "log.b", "counter.a", "counter.b", "wire", "state", NULL
};

static bool set_side(struct lab_side *side, const struct setting *t, const char *value)
{
	memcpy((char *)side + t->offset, &value, sizeof value);
	return true;
}

static bool has_word(const char *words, const char *word)
{
	size_t n = strchr(word, ' ') ? 0 : strlen(word);
	for (const char *at = strstr(words, word); at && n; at = strstr(at + 1, word))
		if (at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}

/* Configuration files are made of these: nothing that could end a value there. */
static bool is_plain(const char *value)
{
	return !strpbrk(value, "\"'\\`${};#");
}

static bool read_setting(struct lab_scenario *s, const struct ini_row *row,
			 struct err *e)
{
	size_t n = strlen(row->key);
	char one = n > 2 && row->key[n - 2] == '.' ? row->key[n - 1] : '\0';
	if (one)
		n -= 2;
	for (const struct setting *t = settings; t < settings + SETTINGS; t++) {
		if (strcmp(t->section, row->section) || strncmp(t->key, row->key, n) || t->key[n])
			continue;
		if (t->words ? !has_word(t->words, row->value) : !is_plain(row->value))
			return err_set(e, "%s:%zu: %s = \"%s\", needed one of:%s", s->file,
				       row->line, row->key, row->value,
				       t->words ? t->words : " text without quotes or braces");
		if (one && one != 'a' && one != 'b')
			break;
		if (one != 'b')
			set_side(&s->a, t, row->value);
		if (one != 'a')
			set_side(&s->b, t, row->value);
		return true;
	}
	return err_set(e, "%s:%zu: section [%s] has no key \"%s\"", s->file, row->line,
		       row->section, row->key);
}

static size_t split(const char *value, const char *words[LAB_WORDS_MAX + 2], struct arena *arena)
{
	size_t count = 0;
	char *rest = arena_text(arena, span_text(value)), *word;
	while ((word = strsep(&rest, " \t")) && count <= LAB_WORDS_MAX)
		if (*word)
			words[count++] = word;
	words[count] = NULL;
	return count;
}

static bool read_step(struct lab_scenario *s, const struct ini_row *row,
		      struct arena *arena, struct err *e)
{
	const char *words[LAB_WORDS_MAX + 2];
	size_t n = split(row->value, words, arena);
	if (strcmp(row->key, "do") || n == 0 || !is_plain(row->value))
		return err_set(e, "%s:%zu: a step is `do = VERB ...`", s->file, row->line);
	if (s->step_count == LAB_STEPS_MAX)
		return err_set(e, "%s:%zu: more than %d steps", s->file, row->line, LAB_STEPS_MAX);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(verbs[i].name, words[0]))
			continue;
		if (n - 1 < verbs[i].least || n - 1 > verbs[i].most)
			return err_set(e, "%s:%zu: %zu words after \"%s\", needed: %s", s->file,
				       row->line, n - 1, words[0], verbs[i].usage);
		struct lab_step *step = &s->steps[s->step_count++];
		*step = (struct lab_step){ .verb = verbs[i].verb, .line = row->line };
		memcpy(step->words, words + 1, (n - 1) * sizeof *words);
		return true;
	}
	return err_set(e, "%s:%zu: no step is called \"%s\"", s->file, row->line, words[0]);
}

static bool read_promise(struct lab_scenario *s, const struct ini_row *row, struct err *e)
{
	size_t i = 0;
	while (promise_keys[i] && strcmp(promise_keys[i], row->key))
		i++;
	if (!promise_keys[i])
		return err_set(e, "%s:%zu: nothing can be promised about \"%s\"", s->file,
			       row->line, row->key);
	if (!*row->value)
		return err_set(e, "%s:%zu: an empty promise", s->file, row->line);
	if (s->promise_count == LAB_PROMISES_MAX)
		return err_set(e, "%s:%zu: more than %d promises", s->file, row->line,
			       LAB_PROMISES_MAX);
	s->promises[s->promise_count++] =
		(struct lab_promise){ row->key, row->value, row->line };
	return true;
}

static bool read_row(struct lab_scenario *s, const struct ini_row *row,
		     struct arena *arena, struct err *e)
{
	if (lab_is(row->section, "scenario") && lab_is(row->key, "title")) {
		s->title = row->value;
		return true;
	}
	if (lab_is(row->section, "steps"))
		return read_step(s, row, arena, e);
	if (lab_is(row->section, "promise"))
		return read_promise(s, row, e);
	return read_setting(s, row, e);
}

/* What no single key can tell. */
static bool check_whole(const struct lab_scenario *s, struct err *e)
{
	if (!*s->title)
		return err_set(e, "%s: no title in [scenario]", s->file);
	if (!s->step_count)
		return err_set(e, "%s: no [steps]", s->file);
	if (!s->promise_count)
		return err_set(e, "%s: no [promise]", s->file);
	if (lab_is(s->a.peer, "xfrm") != lab_is(s->b.peer, "xfrm"))
		return err_set(e, "%s: manual keys need peer = xfrm on both sides", s->file);
	if (lab_is(s->a.encap, "nat") && lab_is(s->a.outer, "ipv6"))
		return err_set(e, "%s: encap = nat needs outer = ipv4", s->file);
	return true;
}

bool lab_scenario_read(struct lab_scenario *s, const char *name, const char *file,
		       struct span text, struct arena *arena, struct err *e)
{
	struct ini ini;
	*s = (struct lab_scenario){ .name = name, .file = file, .title = "" };
	for (size_t i = 0; i < SETTINGS; i++) {
		set_side(&s->a, &settings[i], settings[i].normal);
		set_side(&s->b, &settings[i], settings[i].normal);
	}
	s->a.name = "a";
	s->b.name = "b";
	if (!ini_read(&ini, text, file, arena, e))
		return false;
	for (size_t i = 0; i < ini.count; i++)
		if (!read_row(s, &ini.rows[i], arena, e))
			return false;
	if (!*s->a.id)
		s->a.id = "alice.example";
	if (!*s->b.id)
		s->b.id = "bob.example";
	if (!*s->a.peer_id)
		s->a.peer_id = s->b.id;
	if (!*s->b.peer_id)
		s->b.peer_id = s->a.id;
	return check_whole(s, e);
}
