# SPDX-License-Identifier: Apache-2.0
# Table of contents: every target is one command that can be read and run by itself.
.DEFAULT_GOAL := help
.PHONY: help deps build release unit tsan check format lint coverage mutants property soak-model \
        fuzz-build fuzz-short fuzz fuzz-merge fuzz-coverage cluster-build cluster-up cluster-down \
        images e2e differential bench-build bench bench-controller bench-recovery \
        soak soak-failover soak-recovery test demo demo-down generate clean

CASES ?= 1000000
MINUTES ?= 30

help:             ## this list
	@grep -hE '^[a-z0-9-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## /  \1\t/' | expand -t 20

deps:             ## install Debian packages that building and testing needs (root)
	@.ci/install_packages

build: deps       ## build everything with ASan and UBSan (build/dev)
	@cmake --preset dev >/dev/null && cmake --build --preset dev

release: deps     ## build what the images hold, and the benchmarks beside the code (build/release)
	@cmake --preset release >/dev/null && cmake --build --preset release --target lws-webhook lws-controller lws-sample-server benchmarks

unit: build       ## unit and component tests under ASan and UBSan
	@ctest --preset dev

tsan: deps        ## the tests of threaded code under ThreadSanitizer
	@cmake --preset tsan >/dev/null && cmake --build --preset tsan --target lws_net_tests webhook_tests
	@ctest --preset tsan -R 'lws_net_tests|webhook_tests'

check: deps       ## format, shell scripts, rules without a test or a mutant
	@.ci/check

format: deps      ## format all C++ files in place
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

lint: build       ## clang-tidy on what ships, every header by itself (results are cached)
	@.ci/check_headers
	@.ci/lint

coverage: deps    ## line coverage of lws_core by its unit tests
	@.ci/coverage

mutants: deps     ## break each rule of admission in a copy of the code and see its test fail
	@python3 docs/run_mutants.py

property: deps    ## a million generated reviews, each rule met a thousand times: make property [CASES=N ARGS="--jobs 2"]
	@cmake --preset release >/dev/null && cmake --build --preset release --target review_properties
	@build/release/webhook/property/review_properties --cases $(CASES) \
		--least $$(($(CASES) / 1000)) $(ARGS)

soak-model: deps  ## explore larger sets and groups than make test does; counts of states are printed
	@cmake --preset release >/dev/null && cmake --build --preset release --target lws_model_tests
	@build/release/pkg/lws/rules/model/lws_model_tests "[soak]"

fuzz-build: deps
	@cmake --preset fuzz >/dev/null && cmake --build --preset fuzz --target fuzzers

fuzz-short: fuzz-build  ## all fuzz targets, 60 seconds of processor time in all
	@cd webhook/fuzz && python3 -m unittest -q test_run_fuzzers
	@webhook/fuzz/run_fuzzers.py --seconds 12 --work build/fuzz/short --fresh

fuzz: fuzz-build  ## each fuzz target for half an hour of processor time: make fuzz [MINUTES=N ARGS=...]
	@webhook/fuzz/run_fuzzers.py --minutes $(MINUTES) $(ARGS)

fuzz-merge: fuzz-build  ## bring inputs of earlier runs that reach more into the corpus of the tree
	@webhook/fuzz/run_fuzzers.py --merge $(ARGS)

fuzz-coverage: deps  ## what of codec, JSON, validation and pod rules the corpus reaches
	@.ci/fuzz_coverage

cluster-build: deps  ## build Kubernetes, etcd, CoreDNS and kwok from Go modules
	@e2e/cluster/cluster build

cluster-up: cluster-build  ## start the local cluster
	@e2e/cluster/cluster up

cluster-down:     ## stop the local cluster and leave nothing behind
	@e2e/cluster/cluster down

images: release   ## container images of both programs and of the sample server
	@e2e/images/build_image lws-webhook lws-controller lws-sample

e2e: release cluster-build  ## end-to-end tests on the local cluster
	@e2e/run

differential:     ## compare two webhooks: make differential A=https://ours:9443 B=https://other:9443
	@e2e/differential/differential "$(A)" "$(B)" --insecure $(ARGS)

bench-build: deps
	@cmake --preset release >/dev/null && cmake --build --preset release --target bench

bench: bench-build bench-controller bench-recovery  ## what both programs cost: processor, times, memory, requests
	@e2e/bench/webhook/bench load --most-cpu-ratio 1.25 --most-p99-ratio 1.5
	@e2e/bench/webhook/bench heap --most 0.01
	@e2e/bench/webhook/bench burst
	@e2e/bench/webhook/bench idle --count 2000 --most-resident-mb 120
	@e2e/bench/webhook/bench idle --count 10000

bench-controller: release cluster-build  ## the controller on kwok nodes: times, requests, processor, memory
	@e2e/bench/controller/bench
	@e2e/bench/controller/bench --sets 1000 --groups 2 --only create --rounds 1

bench-recovery: release cluster-build  ## how long a failed group is away, by phase
	@e2e/bench/recovery/recovery phases
	@e2e/bench/recovery/recovery phases --restart-grace 1

soak-recovery: release cluster-build  ## a crash loop of three minutes; a thousand failures at once
	@e2e/bench/recovery/recovery crash-loop
	@e2e/bench/recovery/recovery crash-loop --without-backoff
	@e2e/bench/recovery/recovery campaign

soak: bench-build soak-failover soak-recovery  ## the webhook's memory over ten million requests, and what follows
	@e2e/bench/webhook/bench soak

soak-failover: release cluster-build  ## leaders killed and stopped 100 times; sets of older releases held for a minute
	@for recording in e2e/takeover/testdata/*.jsonl; do \
		e2e/takeover/takeover "$$(basename "$$recording" .jsonl)" || exit 1; done
	@e2e/soak/failover --faults 100

test: check unit fuzz-short lint tsan e2e  ## everything that CI runs
	@echo "make test: checks, unit, component, fuzz, thread and end-to-end tests passed"

demo: release cluster-build  ## the vLLM sample on a real Kubernetes, step by step
	@e2e/demo/demo

demo-down:        ## remove everything that the demo started
	@e2e/demo/demo --down

generate: deps    ## regenerate what generators make (type table of core/v1, goldens)
	@cd pkg/lws/rules/revision/generator && go run .

clean: cluster-down  ## remove build folders
	@rm -rf build
