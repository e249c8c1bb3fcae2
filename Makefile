# rehearse: `make help` lists the targets.
#
#   DEVELOPER=1                    warnings are errors
#   SANITIZE=address,undefined     instrumented build, in a directory of its own
#   T=name                         one suite, for check; one scenario, for scenarios; one part, for bench
#   V=1                            show the compiler's command lines
#   REHEARSE_MYSQL_BIN=folder      (environment) MySQL suites on the server programs there; else
#                                  on the MariaDB that is installed

VERSION := 0.1.0
PREFIX ?= /usr/local
B := build$(if $(FUZZ),/fuzz,$(if $(SANITIZE),/sanitize))

# FUZZ=1 is for ci/fuzz.sh: instrumented for libFuzzer, in a directory of its own.
ifdef FUZZ
SANITIZE := address,undefined,fuzzer-no-link
endif
CC ?= cc
Q := $(if $(V),,@)
JOBS := -j$(shell nproc)
# MariaDB Connector/C, or MySQL's own client library where that one is missing.
MYSQL_CLIENT := $(firstword $(foreach p,libmariadb mysqlclient, \
	$(shell pkg-config --exists $(p) && echo $(p))))
PACKAGES := libpq $(or $(MYSQL_CLIENT),libmariadb) libcyaml yaml-0.1 jansson libsodium libxml-2.0
WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wformat=2
HARDEN := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu17 $(WARN) $(if $(DEVELOPER),-Werror) $(HARDEN) -pthread \
	-I. -I$(B)/gen -DREHEARSE_VERSION='"$(VERSION)"' -D_GNU_SOURCE -MMD -MP \
	$(shell pkg-config --cflags $(PACKAGES)) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined) \
	$(CFLAGS)
LIBS = $(shell pkg-config --libs $(PACKAGES)) -lpg_query -lm
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

# SQL and JSON texts that are compiled in: adapters/postgres/sql/locks.sql becomes the string
# sql_postgres_locks, harness/measure/result.schema.json becomes json_result_schema.
EMBED := $(sort $(wildcard adapters/*/sql/*.sql harness/*/*.json))
SRC := $(filter-out harness/main.c,$(sort $(wildcard harness/*/*.c adapters/*.c adapters/*/*.c)))
OBJ := $(SRC:%.c=$(B)/%.o) $(B)/gen/embed.o
SUPPORT := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/support/*.c)))
BENCH := $(patsubst %.c,$(B)/%.o,$(filter-out tests/bench/part_%,$(sort $(wildcard tests/bench/*.c))))
PARTS := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/bench/part_*.c)))
SUITES := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/test_*.c tests/integration/test_*.c tests/e2e/test_*.c)))

all: $(B)/rehearse ## build build/rehearse

$(B)/rehearse: $(B)/harness/main.o $(B)/librehearse.a
	$(if $(Q),@echo '  LINK  $@')
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/librehearse.a: $(OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(B)/gen/embed.c: $(EMBED) ci/embed.sh
	@mkdir -p $(@D)
	$(Q)sh ci/embed.sh $(@:.c=.h) $(EMBED) > $@

$(B)/gen/embed.h: $(B)/gen/embed.c ;

$(B)/%.o: %.c | $(B)/gen/embed.h
	@mkdir -p $(@D)
	$(if $(Q),@echo '  CC    $<')
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(B)/gen/embed.o: $(B)/gen/embed.c
	$(if $(Q),@echo '  CC    $<')
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(B)/tests/%: $(B)/tests/%.o $(SUPPORT) $(B)/librehearse.a
	$(if $(Q),@echo '  LINK  $@')
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs check) $(LIBS)

$(PARTS): $(B)/tests/bench/part_%: $(B)/tests/bench/part_%.o $(BENCH) $(SUPPORT) $(B)/librehearse.a
	$(if $(Q),@echo '  LINK  $@')
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs check) $(LIBS)

$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/librehearse.a
	$(if $(Q),@echo '  LINK  $@')
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

suites: $(SUITES) ## build all test suites

check: bootstrap ## build and run all tests, or one: make check T=histogram
	@$(MAKE) --no-print-directory $(JOBS) all suites
	@sh ci/suites.sh $(B) $(T)

fuzz: ## libFuzzer (clang) on what reads other people's files: make fuzz T=formats SECONDS=60
	@sh ci/bootstrap.sh fuzz
	@sh ci/fuzz.sh "$(T)" "$(or $(SECONDS),60)"

demo: bootstrap ## rehearse two migrations on embedded servers and show both verdicts
	@$(MAKE) --no-print-directory $(JOBS) all
	@sh ci/demo.sh $(B)/rehearse

demo-mysql: bootstrap ## the same on MariaDB, with the schema of Open Dental
	@$(MAKE) --no-print-directory $(JOBS) all
	@sh ci/demo.sh $(B)/rehearse mysql

scenarios: bootstrap ## rehearse every scenario at its full scale against its expected verdict
	@$(MAKE) --no-print-directory $(JOBS) all
	@sh ci/scenarios.sh $(B)/rehearse $(T)

bench: ## measure the instrument: all parts, or one: make bench T=driver
	@sh ci/bootstrap.sh bench
	@$(MAKE) --no-print-directory $(JOBS) all $(PARTS)
	@sh ci/bench.sh $(B) $(T)

bootstrap: ## install what is missing (Debian packages), ask apt once
	@sh ci/bootstrap.sh

lint: ## layering, headers, lengths, banned calls
	@sh ci/lint.sh

format: ## clang-format all sources
	clang-format -i $$(git ls-files '*.c' '*.h')

valgrind: all suites ## the unit suites under valgrind
	@sh ci/valgrind.sh $(B)

install: all ## install to PREFIX (/usr/local)
	install -D -m 755 $(B)/rehearse $(DESTDIR)$(PREFIX)/bin/rehearse
	mkdir -p $(DESTDIR)$(PREFIX)/share/rehearse
	cp -R scenarios fixtures $(DESTDIR)$(PREFIX)/share/rehearse/

dist: ## a source archive
	git archive --format=tar.gz --prefix=rehearse-$(VERSION)/ -o rehearse-$(VERSION).tar.gz HEAD

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

.PHONY: all suites check fuzz demo demo-mysql scenarios bench bootstrap lint format valgrind install dist clean help
.SECONDARY:
.DELETE_ON_ERROR:

-include $(patsubst %.o,%.d,$(OBJ) $(SUPPORT) $(B)/harness/main.o $(BENCH)) $(SUITES:=.d) $(PARTS:=.d)
