# SPDX-License-Identifier: Apache-2.0
#
# `make help` lists what there is to make.

SHELL   := /bin/bash
PREFIX  ?= /usr/local
CC      := $(shell command -v cc || echo clang)
CFLAGS  ?= -O2 -g
SWIFT   ?= swift

UNITDIR    ?= $(PREFIX)/lib/systemd/system
MANDIR     ?= $(PREFIX)/share/man

# SwiftPM's folders: debug and release share one, the static executables have their own, because
# other flags in the same folder would throw away what was built before.
STATIC_SCRATCH := .build/static
RELEASE_FLAGS  := -c release --static-swift-stdlib
# A client lives for milliseconds, and relocating it took one of them; the daemon stays relocatable.
CLIENT_FLAGS   := -Xlinker -no-pie
STATIC_FLAGS   := -c release --scratch-path $(STATIC_SCRATCH) -Xswiftc -static-executable \
                  -Xlinker -lbsd -Xlinker -lmd -Xlinker -ltinfo
CHECK_IMPORTS  := --explicit-target-dependency-import-check error
STRICT_C       := -std=c11 -Wall -Wextra -Werror
PROGRAMS       := swisord swisordctl
MAN_PAGES      := $(wildcard man/*.[158])

.PHONY: all run build release static examples test lint man format bench simulate install uninstall clean help
.PHONY: test-swift test-linkage test-static clients containers guardian-coverage differential chaos sweep history fuzz sanitize
all: build

help:          ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

run: build examples  ## build, then run the example in the foreground
	@scripts/run-example

build: build/setup  ## a debug build of swisord and swisordctl
	$(SWIFT) build

release: build/setup  ## optimised executables in build/release
	$(SWIFT) build $(RELEASE_FLAGS) $$(CC=$(CC) scripts/static-runtime build/runtime) --product swisord
	$(SWIFT) build $(RELEASE_FLAGS) $$(CC=$(CC) scripts/static-runtime build/runtime) $(CLIENT_FLAGS) --product swisordctl
	@scripts/collect "$$($(SWIFT) build $(RELEASE_FLAGS) --show-bin-path)" build/release $(PROGRAMS)

static: build/setup build/setup-static  ## fully static executables in build/static
	$(foreach program,$(PROGRAMS),scripts/quiet-linker $(SWIFT) build $(STATIC_FLAGS) --product $(program) &&) true
	@scripts/collect "$$($(SWIFT) build $(STATIC_FLAGS) --show-bin-path)" build/static $(PROGRAMS)

test: build/setup build/setup-static build/setup-lint build/setup-clients  ## everything that must hold; what CI runs
	@scripts/test

lint: build/setup-lint  ## formatting of the sources, manual pages
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
	@scripts/lint-man $(MAN_PAGES)

man: build/setup-lint  ## check the manual pages and render them to build/man
	@scripts/lint-man $(MAN_PAGES)
	@scripts/render-man build/man $(MAN_PAGES)

format:        ## format the sources in place
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

simulate: build/setup  ## the fleet simulator, optimised
	@scripts/simulate

bench: release  ## measure the release build
	@scripts/bench build/release/swisord

examples: build/examples/solver  ## the programs of supervisor.yaml.example

install: release  ## install below DESTDIR and PREFIX (default /usr/local)
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" MANDIR="$(MANDIR)" UNITDIR="$(UNITDIR)" scripts/install build/release

uninstall:     ## remove what install put there
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" MANDIR="$(MANDIR)" UNITDIR="$(UNITDIR)" scripts/install --remove

clean:         ## remove everything that was built
	rm -rf build .build

test-swift: build/setup  ## only the Swift tests
	$(SWIFT) build --build-tests $(CHECK_IMPORTS)
	$(SWIFT) test --skip-build --parallel --skip EndToEndTests
	$(SWIFT) test --skip-build --parallel --filter EndToEndTests

guardian-coverage:  ## play the guardian's scenes; fails unless they reach every branch
	@scripts/guardian-coverage

test-linkage:  ## only: the debug daemon links no full Foundation
	@scripts/test-linkage

test-static: static build/examples/solver-static  ## only: the static executables in an empty chroot
	@scripts/test-static

clients: build build/setup-clients  ## only: supervisord's clients, unmodified, against the daemon
	@scripts/clients

containers: build  ## only: the daemon in containers that deny it things
	@scripts/containers

differential: build  ## only: the same scenarios under supervisord and swisord
	@scripts/differential

KILLS   ?= 10000
SEED    ?= $(shell echo $$RANDOM)
SECONDS ?= 60

chaos: build  ## only: KILLS=10000 random kills, counting what was lost; SEED=n
	@scripts/chaos $(KILLS) $(SEED)

sweep: build  ## only: a kill, and an error, at each system call of three scenarios
	@scripts/sweep

history: build  ## only: concurrent clients and killed managers; one order must explain all; SEED=n
	@scripts/history $(SEED)

fuzz: build/setup  ## libFuzzer, SECONDS=60 for each of its targets
	@scripts/fuzz $(SECONDS)

sanitize: build/setup  ## the tests under AddressSanitizer and ThreadSanitizer
	@scripts/sanitize

build/setup: scripts/setup
	@scripts/setup build && mkdir -p build && touch $@

build/setup-%: scripts/setup
	@scripts/setup $* && mkdir -p build && touch $@

# Programs of the tests: one file of C each.
TOOL_HEADERS := $(wildcard Tests/Tools/*.h)

build/tools/%.so: Tests/Tools/%.c $(TOOL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(STRICT_C) $(CFLAGS) -fPIC -shared -o $@ $<

build/tools/%: Tests/Tools/%.c $(TOOL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(STRICT_C) $(CFLAGS) -o $@ $<

build/examples/solver: Examples/solver/solver.c
	@mkdir -p $(@D)
	$(CC) $(STRICT_C) $(CFLAGS) -o $@ $< -lm

build/examples/solver-static: Examples/solver/solver.c
	@mkdir -p $(@D)
	$(CC) $(STRICT_C) $(CFLAGS) -static -o $@ $< -lm
