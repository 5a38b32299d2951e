# The front door for people. Everything here is a thin name for a script or a CMake preset; see docs/HACKING.md.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
BUILD := build
export DIPTYCH_JOBS := $(JOBS)

.DEFAULT_GOAL := help
.PHONY: help run build all test bench format lint tidy docs clean bootstrap

help:
	@echo "Diptych: one server for words and pictures."
	@echo
	@echo "  make run      set up this machine (first time only), build, start the server   ARGS='--listen 0.0.0.0:8080'"
	@echo "  make build    build/bin/diptych"
	@echo "  make test     every test: unit, end to end, official clients; ends with 'N passed, N failed'"
	@echo "  make bench    compare with other programs on this machine and print the ratios"
	@echo "  make format   clang-format on our C++"
	@echo "  make lint     layers, style, text and formatting checks (make tidy: clang-tidy, slow)"
	@echo "  make docs     write the reference pages that are generated from the program's own tables"
	@echo "  make clean    remove build folders (the cache of llama.cpp and models stays)"
	@echo
	@echo "First time here? README.md. Changing something? docs/HACKING.md."

bootstrap:
	@tools/bootstrap

$(BUILD)/build.ninja: | bootstrap
	@cmake --preset release >$(BUILD).log 2>&1 || { tail -30 $(BUILD).log >&2; exit 1; }; rm -f $(BUILD).log

build: bootstrap $(BUILD)/build.ninja
	@ninja --quiet -C $(BUILD) -j $(JOBS) diptych

all: bootstrap $(BUILD)/build.ninja
	@ninja --quiet -C $(BUILD) -j $(JOBS)

run: build
	@exec $(BUILD)/bin/diptych serve $(ARGS)

test: all
	@tools/bootstrap clients
	@tools/run_tests --build $(BUILD) --jobs $(JOBS)

bench: build
	@tools/bootstrap peers clients
	@bench/run $(ARGS)

format:
	@tools/format

lint:
	@tools/check_layers.py && tools/check_style.py && tools/check_text.py && tools/format --check

tidy: bootstrap
	@tools/bootstrap dev
	@cmake --preset tidy >/dev/null && ninja --quiet -C build-tidy -j $(JOBS)

docs: build
	@tools/generate_docs $(BUILD)/bin/diptych

clean:
	@rm -rf $(BUILD) build-*
