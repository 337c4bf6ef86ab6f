# One line per task; what it does stands behind the ##.
.DEFAULT_GOAL := help
.PHONY: help setup build images run test test-unit test-kernels e2e fuzz bench lint format

CONFIGURATION ?= Release

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## install what building and testing need (apt)
	@scripts/setup test

build: ## compile native executables: artifacts/bin/netprofiler and artifacts/bin/netprofiler-operator (two minutes on two cores)
	@scripts/setup build
	@scripts/build

images: ## build the images netprofiler-operator and netprofiler-node (BUILDER, REGISTRY, TAG)
	@scripts/images

run: ## start two small services, profile them, show what was seen (DURATION=30 ends it after 30 seconds)
	@scripts/setup build
	@scripts/demo

test: setup ## run all tests; as root the live ones too
	@scripts/test

test-unit: ## run the tests that need neither root nor a kernel nor a server (three minutes)
	@scripts/setup build
	@scripts/test-unit

test-kernels: setup build ## run the agent on Debian's kernels, from 5.10 to unstable's, in virtual machines (VERBOSE=-v shows their consoles)
	@tests/kernels/run $(VERBOSE)

e2e: setup ## install everything on a real cluster of two nodes made here, and see it work (root)
	@scripts/e2e

fuzz: setup ## mutate inputs for a bounded time (FUZZ_SECONDS=60), then conversations (MUTANTS=20000)
	@scripts/fuzz

bench: setup build ## measure what profiling costs, with and without, in one run
	@scripts/bench

lint: ## check the formatting of C#, BPF C, scripts and TypeScript; change nothing
	@scripts/setup lint
	@scripts/page
	@scripts/lint

format: ## format C# and the kernel side
	@dotnet format whitespace Operator.sln --no-restore
	@clang-format -i bpf/*.c bpf/*.h bpf/tests/*.c tests/kernels/*.c
