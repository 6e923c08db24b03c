# ikat: the IKE and IPsec Analysis Toolkit.  `make help` lists what there is to do.
#
#   SAN=address,undefined   build with sanitizers (into a folder of its own)
#   V=1                     show the commands
#   DESTDIR, PREFIX         where `make install` puts things

CC ?= gcc
PREFIX ?= /usr/local
O ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
comma := ,
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
	-Wno-sign-conversion -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings -Wcast-qual
HARDEN := $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
OPT ?= -O2 -g
CFLAGS += -std=c11 -D_GNU_SOURCE $(OPT) $(WARN) $(HARDEN) -MMD -MP -I. -I$(O) \
	-DIKAT_DATADIR='"$(PREFIX)/share/ikat"' $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LDFLAGS += -pie -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN))
LDLIBS += -lpcap -lcrypto -lcsv -lz
CHECK_LIBS = $(shell pkg-config --libs check)

ROOMS := ipsec/base ipsec/crypto ipsec/sa ipsec/ike ipsec/wire dissect vectors
ALL := $(foreach r,$(ROOMS),$(wildcard $(r)/*.c))
SRC := $(filter-out %_test.c %_fuzz.c %_gen.c %_bench.c,$(ALL))
TESTS := $(patsubst %.c,$(O)/%,$(filter %_test.c,$(ALL) $(wildcard tests/*_test.c)))
FUZZ := $(patsubst %.c,build-fuzz/%,$(filter %_fuzz.c,$(ALL)))
OBJ := $(SRC:%.c=$(O)/%.o) $(O)/registry.o
REGISTRIES := $(wildcard ipsec/registry/*.csv)

.DEFAULT_GOAL := all
.PHONY: all clean
all: $(O)/ikat

$(O)/ikat: $(O)/ikat.o $(OBJ)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Objects of the rooms, as a library, so that tests link what they use.
$(O)/libikat.a: $(OBJ)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CFLAGS) -c -o $@ $<

# Number registries: CSV in, const tables out.
$(O)/registry_gen: ipsec/base/registry_gen.c ipsec/base/csv.c ipsec/base/arena.c ipsec/base/err.c ipsec/base/span.c ipsec/base/text.c
	@mkdir -p $(@D)
	$(call say,GEN,$@)$(CC) $(filter-out -MMD -MP,$(CFLAGS)) $(LDFLAGS) -o $@ $^ -lcsv
$(O)/registry.c: $(O)/registry_gen $(REGISTRIES)
	$(call say,GEN,$@)$(O)/registry_gen ipsec/registry > $@.new && mv $@.new $@
$(O)/registry.o: $(O)/registry.c ipsec/base/registry.h
	$(call say,CC,$<)$(CC) $(CFLAGS) -c -o $@ $<

$(TESTS): $(O)/%: $(O)/%.o $(O)/libikat.a
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(CHECK_LIBS)

clean:
	rm -rf build build-*

-include $(wildcard $(O)/*.d $(O)/*/*.d $(O)/*/*/*.d)
