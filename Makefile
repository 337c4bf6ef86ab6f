# One target per task; the text after ## is its description in `make help`.
.DEFAULT_GOAL := help
.PHONY: help setup build images run test test-unit test-kernels e2e fuzz bench lint format

CONFIGURATION ?= Release

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## install the packages that building and testing require (apt)
	@scripts/setup test

build: ## compile native executables: artifacts/bin/netprofiler and artifacts/bin/netprofiler-operator (two minutes on two cores)
	@scripts/setup build
	@scripts/build

images: ## build the images netprofiler-operator and netprofiler-node (BUILDER, REGISTRY, TAG)
	@scripts/images

run: ## start two small services, profile them, show the results (DURATION=30 ends it after 30 seconds)
	@scripts/setup build
	@scripts/demo

test: setup ## run all tests, including live capture if run as root
	@scripts/test

test-unit: ## run the tests that need neither root nor a specific kernel nor a server (three minutes)
	@scripts/setup build
	@scripts/test-unit

test-kernels: setup build ## run the agent on Debian's kernels, from 5.10 to unstable's, in virtual machines (VERBOSE=-v shows their consoles)
	@tests/kernels/run $(VERBOSE)

e2e: setup ## run the end-to-end tests on a real cluster of two nodes created on this machine (root)
	@scripts/e2e

fuzz: setup ## mutate inputs for a limited time (FUZZ_SECONDS=60), then conversations (MUTANTS=20000)
	@scripts/fuzz

bench: setup build ## measure the overhead of profiling, with and without it in one run
	@scripts/bench

lint: ## check the formatting of C#, BPF C, scripts and TypeScript; change nothing
	@scripts/setup lint
	@scripts/page
	@scripts/lint

format: ## format C# and the kernel side
	@dotnet format whitespace Operator.sln --no-restore
	@clang-format -i bpf/*.c bpf/*.h bpf/tests/*.c tests/kernels/*.c
