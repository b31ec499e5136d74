# One word for each job. Python >= 3.11 and make are all that a machine needs; set-up runs by itself, when it has to.

.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:
.NOTPARALLEL:

# Where packages come from is the machine's business. Which ones, and into which folder, is ours.
unexport PIP_BUILD_CONSTRAINT PIP_CONSTRAINT PIP_NO_DEPS PIP_PRE PIP_PREFIX PIP_REQUIRE_HASHES PIP_ROOT PIP_TARGET PIP_USER
unexport MYPYPATH PYTHONHOME PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
# As many tests at once as there are cores; those of one file one after the other, for they may share a server.
AT_ONCE := -n auto --dist loadfile
FLOORS_TESTS := $(wildcard tests/engine tests/flows tests/adapters tests/contract)
NODE_CLIENTS := tests/clients/node_modules/.installed

##@ A person's words

.PHONY: help
help: ## say what there is
	@awk -F ':.*## ' '/^##@/ { print "\n" substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: .venv/.linked ## make .venv, install the pinned packages and link the sources; nothing if nothing changed

.PHONY: demo
demo: setup ## walk through sign-up, sign-in and TOTP against the fake pool
	@$(BIN)/authsteps demo

.PHONY: test
test: lint types boundaries unit ## everything that must pass: lint, types, boundaries, tests

##@ The parts of it

.PHONY: lint
lint: setup ## ruff, all rules on, and its formatter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: format
format: setup ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The packages are named, not their folders: only so does mypy know engine/flow.py as authsteps.engine.flow.
.PHONY: types
types: setup ## mypy and pyright, both strict, over everything
	$(BIN)/mypy -p authsteps.engine -p authsteps.flows -p authsteps.adapters
	$(BIN)/mypy tests benchmarks examples
	$(BIN)/pyright

.PHONY: boundaries
boundaries: setup ## import-linter: who may import whom
	$(BIN)/lint-imports --no-logo

.PHONY: unit
unit: setup $(NODE_CLIENTS) ## the tests, with branch coverage
	$(BIN)/pytest --cov $(AT_ONCE)

# Left out: the comparison with the service model, which only the newest botocore knows whole.
.PHONY: test-lowest
test-lowest: .venv-lowest/.linked ## the floors' tests on the lowest versions that pyproject.toml names, on the oldest Python here
	.venv-lowest/bin/pytest $(AT_ONCE) $(FLOORS_TESTS) --ignore tests/flows/test_challenge_names.py

.PHONY: bench
bench: setup ## what it costs, beside what the peers cost: pytest-benchmark's tables, then the figures that count
	$(BIN)/pytest benchmarks -o python_files='bench_*.py' --benchmark-only
	$(BIN)/python -m benchmarks

.PHONY: clean
clean: ## remove all that was made here
	rm -rf .venv .venv-lowest build dist *.egg-info .benchmarks .coverage .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache tests/clients/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up -----------------------------------------------------------------------------------------------------------
#
# Two environments are made alike: .venv to work in, .venv-lowest to prove the lower bounds. In each, three stamps:
# .python (the environment stands), .dependencies (its packages are in), .linked (the sources are linked into it).

ENVIRONMENTS := .venv .venv-lowest

.venv/%: PYTHONS = python3.13 python3.12 python3.11 python3 python
.venv/%: PINS = constraints.txt
.venv/%: EXTRA = dev
.venv-lowest/%: PYTHONS = python3.11 python3.12 python3.13 python3 python
.venv-lowest/%: PINS = constraints-lowest.txt
.venv-lowest/%: EXTRA = dot,keyring,senders,server,test

# An import hook would hide the sources from mypy and pyright; a tree of links is seen by both.
INSTALL_LINKED = $*/bin/pip install -qq --no-build-isolation --config-settings editable_mode=strict

# A Python counts if it is new enough and can make environments (some systems ship venv as a package of its own).
$(ENVIRONMENTS:=/.python): %/.python:
	@for candidate in $(or $(PYTHON),$(PYTHONS)); do \
	    if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "set-up: making $* with $$candidate ($$($$candidate --version))"; \
	        $$candidate -m venv $* && touch $@; exit; \
	    fi; \
	done; \
	echo "set-up: no Python >= 3.11 with its venv and ensurepip modules here; tried: $(or $(PYTHON),$(PYTHONS))." >&2; \
	echo "        Install one (on Debian and Ubuntu also python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
	exit 1

.venv/.dependencies: constraints.txt
.venv-lowest/.dependencies: constraints-lowest.txt
$(ENVIRONMENTS:=/.dependencies): %/.dependencies: %/.python pyproject.toml
	@echo "set-up: installing the packages that $(PINS) pins (a minute or two if they are new here)"
	@$*/bin/pip install -qq -c $(PINS) setuptools wheel
	@$(INSTALL_LINKED) -c $(PINS) -e '.[$(EXTRA)]'
	@touch $@

# The list of sources is written anew on every run, but only changes when a file comes or goes.
$(ENVIRONMENTS:=/.sources): %/.sources: %/.python ALWAYS
	@find engine flows adapters -name '*.py' -o -name '*.cjs' -o -name '*.html' -o -name '*.toml' -o -name py.typed | sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(ENVIRONMENTS:=/.linked): %/.linked: %/.dependencies %/.sources
	@echo "set-up: linking the sources into $*"
	@$(INSTALL_LINKED) --no-deps -e .
	@touch $@

# Clients of Cognito in JavaScript, for tests/clients. Without node those tests skip; .ci/run requires them.
$(NODE_CLIENTS): $(addprefix tests/clients/,package.json package-lock.json .npmrc)
	@if node --version >/dev/null 2>&1 && npm --version >/dev/null 2>&1; then \
	    echo "set-up: installing the clients in JavaScript that package-lock.json pins"; \
	    cd tests/clients && npm ci --loglevel=error >/dev/null && touch node_modules/.installed; \
	else \
	    echo "set-up: no node and npm here: tests with clients in JavaScript will be skipped"; \
	fi

# It changes the machine, so it is done where somebody asks for it, as .ci/run does. Without it the tests in a browser skip.
.PHONY: browser
browser: ## install Chromium, for tests/browser, where root can do so with apt-get
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	    echo "set-up: installing Chromium"; \
	    apt-get -qq update && apt-get -qq install --yes --no-install-recommends chromium >/dev/null; }

.PHONY: ALWAYS
ALWAYS:
