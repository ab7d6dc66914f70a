# A fresh clone needs Python 3.11-3.13 with venv, git and make; everything else comes from uv.lock into .venv.
# ARGS goes to the command: make demo ARGS="--scenario all-green", make test ARGS="tests/core -k plan"
PYTHON ?= python3
BIN := .venv/bin
# More than cores: many wait for a process, a server or git, the slow ones most of all.
QUICK_AT_ONCE := 3
SLOW_AT_ONCE := 4
BROWSER_AT_ONCE := 3
PYTEST := $(BIN)/pytest --dist worksteal

.DEFAULT_GOAL := help
# Compiled modules are kept: every process of a demo starts in half the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help env compiled demo test test-slow test-browser test-all lint lint-style lint-types lint-imports lint-workflows lint-image format bench-gate bench-diagnosis bench-weights bench-map bench-webhooks bench-scale bench-latency bench-pages bench-browser screenshots crash-full upgrade-check mutation audit clean bench-large docs quickstart

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

env:  ## .venv with exactly the locked packages
	@$(PYTHON) scripts/bootstrap.py

demo: env  ## a labelled issue becomes a pull request, without an account or a key
	@$(BIN)/otto-bot demo $(ARGS)

# The processes of a test run would each compile all test files, at the same time.
compiled: env
	@test -d tests/__pycache__ || printf '%s\n' tests/*/ | xargs -n 8 -P 2 $(BIN)/pytest --collect-only -qq >/dev/null 2>&1 || true

test: compiled  ## the quick tests
	$(PYTEST) -n $(QUICK_AT_ONCE) -m "not slow" --durations=15 $(ARGS)

test-slow: compiled  ## the slow tests: installations, crashes, every scenario
	$(PYTEST) -n $(SLOW_AT_ONCE) -m "slow and not browser" --durations=40 $(ARGS)

test-browser: compiled  ## the tests that drive Chromium
	$(PYTEST) -n $(BROWSER_AT_ONCE) -m browser --durations=15 $(ARGS)

test-all: compiled  ## every test
	$(PYTEST) -n $(SLOW_AT_ONCE) $(ARGS)

lint: lint-style lint-types lint-imports lint-workflows lint-image  ## style, types, import rules, workflows, Dockerfile

lint-style: env
	$(BIN)/ruff check
	$(BIN)/ruff format --check

lint-types: env
	$(BIN)/mypy

lint-imports: env
	$(BIN)/lint-imports

lint-workflows: env
	$(BIN)/actionlint
	$(BIN)/zizmor --offline --quiet .github

lint-image: env
	$(BIN)/hadolint Dockerfile

format: env  ## rewrite the files the way `make lint` wants them
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

quickstart: env  ## play docs/quickstart.md in an empty root, and write what was printed into it; needs bubblewrap
	@$(BIN)/python -m scripts.quickstart $(ARGS)

docs: env  ## write the made parts of docs/ from the code; ARGS="--hunt 2500" chooses the lives of the diagrams anew
	@$(BIN)/python -m scripts.docs_pages $(ARGS)

bench-gate: env  ## what decides after a failed batch, offline: plays every scenario in every arm, writes docs/bench-gate.md
	@$(BIN)/otto-bot bench gate --docs docs $(ARGS)

bench-diagnosis: env  ## how well real CI logs are read; DATA is the folder of labelled logs, see docs/diagnosis.md
	@$(BIN)/python -m bench.diagnosis "$(DATA)" $(ARGS)

bench-map: env  ## what a map of the repository shows of the files that its last commits touched, beside a plain list
	@$(BIN)/python -m bench.map $(ARGS)

bench-weights: env  ## fit the weights of log lines anew; needs scikit-learn, DATA as above, see docs/diagnosis.md
	@$(BIN)/python -m bench.weights "$(DATA)" $(ARGS)

bench-webhooks: env  ## deliveries a second beside a Probot app; needs node and npm, see docs/bench-webhooks.md
	@$(BIN)/python -m bench.webhooks $(ARGS)

bench-scale: env  ## what a long run, a waiting run and an idle worker cost, see docs/scale.md; ARGS=heart, growth, passes or idle
	@$(BIN)/python -m bench.scale $(ARGS)

bench-large: env  ## what a repository of 100,000 files costs, full and partial mirror, beside git clone; see docs/large.md
	@$(BIN)/python -m bench.large $(ARGS)

bench-latency: env  ## how quick Otto reacts, comments and stops, and what it adds to a task; see docs/bench-latency.md
	@$(BIN)/python -m bench.latency $(ARGS)

bench-browser: env  ## what a live log costs a browser that keeps it open; ARGS="--minutes 10", needs Chromium
	@$(BIN)/python -m bench.browser $(ARGS)

screenshots: env  ## plays the demo and photographs every page, light, dark and phone, into docs/pictures; needs Chromium
	@$(BIN)/python -m bench.browser.pictures $(ARGS)

bench-pages: env  ## first byte and size of pages over 10,000 runs, what open live pages cost; see docs/bench-pages.md
	@$(BIN)/python -m bench.pages $(ARGS)

crash-full: env  ## kill -9 at every few writes of each scenario; ARGS="--docs" writes docs/crash.md
	@$(BIN)/python tests/crash/crash_full.py $(ARGS)

upgrade-check: env  ## an older version's bot is killed in mid-run and today's ends it; ARGS="COMMIT --scenario NAME --after 40"
	@$(BIN)/python scripts/upgrade_check.py $(ARGS)

mutation: env  ## put small faults into core and say which no test notices; ARGS="--machine 500", see docs/mutation.md
	@$(lastword $(wildcard .tools/uv-*/bin/uv)) run --no-sync --with-requirements bench/mutation/requirements.txt python -m bench.mutation $(ARGS)

audit: env  ## known weaknesses of the locked packages, by pip-audit; asks the package index
	@scripts/audit.sh

clean:  ## remove everything that can be made again
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
