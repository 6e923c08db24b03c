# ikat: the IKE and IPsec Analysis Toolkit.  `make help` lists what there is to do.
#
#   SAN=address,undefined   build with sanitizers, into a folder of its own
#   V=1                     show the commands
#   DESTDIR, PREFIX         where `make install` puts things

PREFIX ?= /usr/local
comma := ,
O ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)';)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
	-Wno-sign-conversion -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings -Wcast-qual
HARDEN := $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
OPT ?= -O2 -g
FLAGS = -std=c11 -D_GNU_SOURCE $(OPT) $(WARN) $(HARDEN) $(SANITIZE) -I. -I$(O) \
	-DIKAT_DATADIR='"$(PREFIX)/share/ikat"' $(CFLAGS)
LINK = $(CC) -pie -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS)
LIBS := -lpcap -lcrypto -lcsv -lz $(LDLIBS)

# The rooms, in their order: each uses only what stands before it (make lint).
ROOMS := ipsec/base ipsec/crypto ipsec/sa ipsec/ike ipsec/wire dissect vectors conformance/lab
ALL := $(foreach r,$(ROOMS),$(wildcard $(r)/*.c)) $(wildcard tests/*.c)
SRC := $(filter-out tests/% %_test.c %_fuzz.c %_gen.c %_bench.c,$(ALL))
OBJ := $(SRC:%.c=$(O)/%.o) $(O)/registry.o $(O)/html_page.o
TESTS := $(patsubst %.c,$(O)/%,$(filter-out vectors/rows_test.c,$(filter %_test.c,$(ALL))))
BENCHES := $(patsubst %.c,$(O)/%,$(filter %_bench.c,$(ALL)))
FUZZERS := $(filter %_fuzz.c,$(ALL))
MANS := ikat.1 $(wildcard dissect/*.1 vectors/*.1 conformance/lab/*.1)

.DEFAULT_GOAL := all
.PHONY: all demo test test-run test-rows bench fuzz lint coverage install deps deps-test clean help \
	lab-deps interop captures labs
.DELETE_ON_ERROR:

all: $(O)/ikat		## build the program

$(O)/ikat: $(O)/ikat.o $(OBJ)
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(LIBS)

# All rooms as a library, so that tests link what they use.
$(O)/libikat.a: $(OBJ)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

# Number registries: CSV in, const tables out.
GEN_SRC := ipsec/base/registry_gen.c $(patsubst %,ipsec/base/%.c,csv arena err span text)
$(O)/registry_gen: $(GEN_SRC) $(wildcard ipsec/base/*.h)
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)$(LINK) $(FLAGS) -o $@ $(filter %.c,$^) -lcsv
$(O)/registry.c: $(O)/registry_gen $(wildcard ipsec/registry/*.csv)
	$(call say,GEN,$@)$(O)/registry_gen ipsec/registry > $@

# Style and script of the HTML pages, with the hashes that the pages' policy names.
PAGE := dissect/html_page.css dissect/html_page.js
$(O)/embed_gen: dissect/embed_gen.c ipsec/base/text.c ipsec/base/span.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)$(LINK) $(FLAGS) -o $@ $^
$(O)/html_page.c: $(O)/embed_gen $(PAGE)
	$(call say,GEN,$@)sha256sum $(PAGE) | $(O)/embed_gen > $@
$(O)/registry.o $(O)/html_page.o: $(O)/%.o: $(O)/%.c ipsec/base/registry.h dissect/html.h
	$(call say,CC,$<)$(CC) $(FLAGS) -c -o $@ $<

$(TESTS): $(O)/%: $(O)/%.o $(O)/libikat.a
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(LIBS) $(shell pkg-config --libs check) -ljansson
$(BENCHES): $(O)/%: $(O)/%.o $(O)/libikat.a
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(LIBS)

demo: deps		## a tunnel and a transport mode capture, locked, then opened
	$(Q)$(MAKE) --no-print-directory all
	$(Q)sh tests/demo.sh $(O)/ikat

# Everything, plain and with sanitizers. CK_FORK=no: sanitizers see the test itself.
test: deps deps-test	## all tests, also under ASan and UBSan, and the lint
	$(Q)$(MAKE) --no-print-directory lint test-run
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined OPT='-O1 -g' test-run
	$(Q)$(MAKE) --no-print-directory test-rows
test-run: $(O)/ikat $(TESTS)
	$(Q)IKAT=$(O)/ikat sh tests/run.sh $(if $(SAN),sanitized,plain) $(TESTS)

# The algorithm tables built writable, each of their numbers altered in turn.
ROWS_OBJ := $(patsubst %.c,$(O)/rows/%.o,$(filter ipsec/base/% ipsec/crypto/% ipsec/ike/keymat.c dissect/data.c,$(SRC)) \
	$(filter-out vectors/%_test.c,$(filter vectors/%,$(SRC))) vectors/rows_test.c)
$(O)/rows/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$< (rows))$(CC) $(FLAGS) -DCRYPTO_ROW= -MMD -MP -c -o $@ $<
$(O)/rows_test: $(ROWS_OBJ) $(O)/registry.o
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(LIBS) $(shell pkg-config --libs check)
test-rows: deps-test	## alter each number of each algorithm row: the vectors must notice
	$(Q)$(MAKE) --no-print-directory $(O)/rows_test
	$(Q)$(O)/rows_test

bench: deps		## packets a second, against the bare cipher calls
	$(Q)$(MAKE) --no-print-directory all $(BENCHES)
	$(Q)sh tests/bench.sh $(O)

FUZZ_TIME ?= 60
fuzz: deps-test		## libFuzzer targets, FUZZ_TIME seconds each (clang)
	$(Q)$(MAKE) --no-print-directory O=build-fuzz CC=clang OPT='-O1 -g' \
		SAN=address,undefined,fuzzer-no-link $(patsubst %.c,build-fuzz/%,$(FUZZERS))
	$(Q)sh tests/fuzz.sh $(FUZZ_TIME) $(patsubst %.c,build-fuzz/%,$(FUZZERS))
$(patsubst %.c,build-fuzz/%,$(FUZZERS)): build-fuzz/%: build-fuzz/%.o build-fuzz/libikat.a
	$(call say,LINK,$@)clang -pie -fsanitize=address,undefined,fuzzer -o $@ $^ $(LIBS)

# The lab: real peers in user-mode Linux (see docs/labs, ikat-lab.1).
SCENARIOS ?=
lab-deps:		## install or unpack what the lab needs (without root: into a cache)
	$(Q)sh conformance/lab/deps.sh
interop: all lab-deps	## every scenario of the lab, two at a time; SCENARIOS="..." for some
	$(Q)sh conformance/lab/interop.sh $(O)/ikat -j $(O)/interop.xml $(SCENARIOS)
captures: all lab-deps	## record captures/lab anew from the scenarios
	$(Q)sh conformance/lab/interop.sh $(O)/ikat -r captures/lab -j $(O)/interop.xml $(SCENARIOS)
	$(Q)sh conformance/lab/captures.sh $(O)/ikat captures/lab captures/manifest.csv
labs: all lab-deps	## the classroom labs, each command run as it is printed
	$(Q)PATH="$(CURDIR)/$(O):$$PATH" sh docs/labs/check.sh

lint:			## the order of the rooms, one door for each library, sizes, man pages
	$(Q)sh tests/lint.sh $(MANS)

coverage: deps deps-test	## line coverage of the tests, by gcov
	$(Q)$(MAKE) --no-print-directory O=build-coverage OPT='-O0 -g --coverage' LDFLAGS=--coverage test-run
	$(Q)sh tests/coverage.sh build-coverage

install: all		## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/ikat/vectors $(DESTDIR)$(PREFIX)/share/ikat/captures
	install $(O)/ikat $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(MANS) $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 vectors/*.csv $(DESTDIR)$(PREFIX)/share/ikat/vectors/
	cp -R captures/samples $(DESTDIR)$(PREFIX)/share/ikat/captures/
	cp -R conformance/lab $(DESTDIR)$(PREFIX)/share/ikat/

deps:			## install what the build needs (Debian, Ubuntu)
	$(Q)sh tests/deps.sh libpcap-dev libssl-dev libcsv-dev zlib1g-dev pkg-config
deps-test: deps		## install what the tests need
	$(Q)sh tests/deps.sh check libjansson-dev jq mandoc

clean:			## remove what was built
	rm -rf build build-*

help:			## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 12

-include $(wildcard $(O)/*.d $(O)/*/*.d $(O)/*/*/*.d $(O)/rows/*/*.d $(O)/rows/*/*/*.d)
