# amb-msp. `make` alone lists the targets. Needed: a Rust toolchain, Python 3.11 or newer, GNU make;
# for the browser tests Node 20 and Chromium too. Everything else is installed into .venv (for the
# browser tests into tests/browser/node_modules), pinned by hash, by the targets that use it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON ?= python3
CHROMIUM ?= /usr/bin/chromium
STAGE ?= default
ARCH ?= arm64

FUNCTIONS := $(notdir $(wildcard functions/*))
# Built apart from the others, so that none of them learns to open tokens by way of a shared crate.
OPENER := token-decrypt
PACKAGES := $(patsubst %,--package %,$(filter-out $(OPENER),$(FUNCTIONS)))
# For a deployment with TokenDecryption=on.
OPENING := $(if $(filter-out 0,$(DECRYPT)),--features apple-pay/decrypt)
LIBRARIES := $(patsubst shared/%,--package amb-%,$(wildcard shared/*))
TEMPLATE := infra/template.yaml
# On this machine, the simulator's tokens are believed; no release can be built so.
LOCAL_FEATURES := --features apple-pay/test-root
RUST_TARGET := $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-unknown-linux-gnu
BELIEVES := 'profile.release.package.amb-protocol.debug-assertions=true'
# What the browser tests build. Tests ask more features of shared crates: say what `make test` says, and
# nothing is compiled twice.
BROWSER_TARGETS ?= --bins
LOCAL_ARGUMENTS := $(if $(filter-out 0,$(ONCE)),--once)

say = @printf '\033[1m== %s\033[0m\n' "$(1)"

.PHONY: help run test test-browser simulate lint verify-journal bench build deploy audit clean need-cargo need-python need-browser fits-samconfig

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: need-cargo .venv/ready ## the whole product on this machine, with one conversation played; ONCE=1 stops after it
	$(call say,building for this machine (a few minutes the first time))
	cargo build --locked --workspace --bins $(LOCAL_FEATURES)
	$(call say,starting the local stack)
	@exec target/debug/amb-local $(LOCAL_ARGUMENTS)

test: need-cargo .venv/ready ## every test, end-to-end tests through the deployed template included
	$(call say,building functions and tests)
	cargo build --locked --workspace --lib --bins --tests $(LOCAL_FEATURES)
	$(call say,testing)
	cargo test --locked --workspace $(LOCAL_FEATURES)

test-browser: need-cargo need-browser .venv/ready tests/browser/node_modules/ready ## the phone page in Chromium, through the deployed template; pictures in target/browser
	$(call say,building for this machine)
	cargo build --locked --workspace $(BROWSER_TARGETS) $(LOCAL_FEATURES)
	$(call say,testing in the browser)
	@CHROMIUM="$(CHROMIUM)" node tests/browser/run.mjs

simulate: need-cargo ## a million simulated payments, faults included: none lost, none doubled, none left in doubt
	$(call say,building the simulation)
	cargo test --locked --release --package amb-service --test payments --no-run
	$(call say,simulating (minutes))
	SIMULATED_PAYMENTS=1000000 cargo test --locked --release --package amb-service --test payments -- --nocapture simulated

lint: need-cargo .venv/lint/ready ## formatting, clippy, the documentation's links, the template
	$(call say,formatting)
	cargo fmt --all --check
	$(call say,clippy)
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(call say,documentation)
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps $(LIBRARIES)
	$(call say,template)
	.venv/lint/bin/cfn-lint

# What is shipped is measured as it is shipped, and put aside for that. Then sheets are paid on the local
# stack, where tokens are the simulator's: the functions there and the benchmark believe them. A release
# refuses that unless the crate that would believe them has debug assertions, which no release has.
bench: need-cargo .venv/ready ## the numbers of the README, as a table and target/bench/results.json; ONLY="compose images" for some
	$(call say,building the functions as they are shipped (each links for half a minute))
	cargo build --locked --release $(PACKAGES)
	cargo build --locked --release --package $(OPENER)
	@mkdir -p target/bench/shipped
	@cp --force $(FUNCTIONS:%=target/release/%) target/bench/shipped/
	$(call say,building what believes the simulator's tokens)
	cargo build --locked --release --package apple-pay --package amb-bench $(LOCAL_FEATURES) --features amb-bench/test-root --config $(BELIEVES)
	$(call say,measuring)
	target/release/amb-bench --functions target/bench/shipped $(ONLY)

verify-journal: need-cargo ## recomputes the journal from finance's exports alone: DIR=folder, UNTIL=day, NOTED=sha256
	@[ -n "$(DIR)" ] || { echo "make: say where the exports are: make verify-journal DIR=folder" >&2; exit 1; }
	@cargo run --locked --quiet --package amb-cli -- verify-journal "$(DIR)" $(if $(UNTIL),--until "$(UNTIL)") $(if $(NOTED),--noted "$(NOTED)")

build: need-cargo .venv/build/ready ## zips for Lambda: ARCH=arm64 (default) or x86_64; DECRYPT=1 for TokenDecryption=on
	$(call say,installing the Rust target $(RUST_TARGET))
	@rustup target add $(RUST_TARGET) || { echo "make: no standard library for $(RUST_TARGET); try make build ARCH=x86_64" >&2; exit 1; }
	$(call say,building $(words $(FUNCTIONS)) functions for $(ARCH))
	PATH="$(CURDIR)/.venv/build/bin:$$PATH" cargo lambda build --locked --release --target $(RUST_TARGET) --output-format zip $(PACKAGES) $(OPENING)
	PATH="$(CURDIR)/.venv/build/bin:$$PATH" cargo lambda build --locked --release --target $(RUST_TARGET) --output-format zip --package $(OPENER)
	@$(PYTHON) infra/local/check_bundle.py $(ARCH) $(FUNCTIONS:%=target/lambda/%/bootstrap.zip)

deploy: fits-samconfig build .venv/sam/ready ## to AWS, as samconfig.toml says: STAGE=default, staging or prod; ARCH and DECRYPT as for build
	$(call say,deploying $(STAGE))
	SAM_CLI_TELEMETRY=0 .venv/sam/bin/sam deploy --template-file $(TEMPLATE) --config-file "$(CURDIR)/samconfig.toml" --config-env $(STAGE)

audit: need-cargo .venv/sam/ready .venv/checkov/ready target/tools/bin/cargo-deny ## template policies, dependency licences, bans and sources
	$(call say,sam validate)
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1 .venv/sam/bin/sam validate --lint --template $(TEMPLATE)
	$(call say,checkov)
	.venv/checkov/bin/checkov --config-file infra/checkov.yaml --file $(TEMPLATE)
	$(call say,cargo-deny)
	target/tools/bin/cargo-deny --all-features --locked check --hide-inclusion-graph licenses bans sources

clean: ## removes what was built and installed
	rm -rf target .venv .aws-sam tests/browser/node_modules

# ---- tools ----------------------------------------------------------------------------------------------

fits-samconfig: need-python
	@$(PYTHON) infra/local/check_overrides.py samconfig.toml $(STAGE) $(ARCH) $(if $(OPENING),on,off)

need-cargo:
	@command -v cargo >/dev/null || { echo "make: cargo is missing; install Rust from https://rustup.rs" >&2; exit 1; }

need-python:
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing; install Python 3.11 or newer, or say make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than 3.11; say make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON) cannot make virtual environments; install python3-venv" >&2; exit 1; }

need-browser:
	@command -v node >/dev/null || { echo "make: node is missing; install Node.js 20.15 or newer (Debian: nodejs)" >&2; exit 1; }
	@command -v npm >/dev/null || { echo "make: npm is missing; install it beside Node.js (Debian: npm)" >&2; exit 1; }
	@command -v "$(CHROMIUM)" >/dev/null || { echo "make: $(CHROMIUM) is missing; install Chromium (Debian: chromium), or say make CHROMIUM=…" >&2; exit 1; }

tests/browser/node_modules/ready: tests/browser/package-lock.json | need-browser
	$(call say,installing $<)
	@npm --prefix tests/browser ci --silent
	@touch $@

# One environment per set of pins: the tools disagree about the versions of what they share.
.venv/ready: infra/local/requirements.txt | need-python
	$(call say,installing $<)
	@[ -x .venv/bin/python ] || $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@

.venv/%/ready: infra/local/requirements-%.txt | need-python
	$(call say,installing $<)
	@$(PYTHON) -m venv --clear .venv/$*
	@.venv/$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@

target/tools/bin/cargo-deny: | need-cargo
	$(call say,building cargo-deny (some minutes, once))
	cargo install --locked --root target/tools --target-dir target/tools/build cargo-deny@0.20.2
