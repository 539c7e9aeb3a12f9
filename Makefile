# Headway: `make demo` shows it, `make test` tests it. Every target sets itself up on a fresh machine.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export HEADWAY_DATA_DIR ?= $(CURDIR)/.headway

.PHONY: help demo test check fix browser bench shots pins messages
help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/stamp-run: requirements/run.txt pyproject.toml
	@echo "Setting up Python packages ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@test -e .venv/stamp-dev || VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet requirements/run.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

.venv/stamp-dev: requirements/dev.txt pyproject.toml
	@echo "Setting up Python packages for development ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet requirements/dev.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@ .venv/stamp-run

node_modules/stamp: package-lock.json
	@echo "Fetching fonts and icons ..."
	@npm ci --silent --no-progress
	@touch $@

build/stamp: .venv/stamp-run node_modules/stamp $(wildcard src/headway/core/*/*.py) $(shell find src/headway/web src/headway/locale -type f \( -name '*.html' -o -name '*.py' -o -name '*.po' -o -name '*.css' -o -name '*.js' -o -name '*.svg' \) 2>/dev/null)
	@$(BIN)/headway assets
	@mkdir -p build && touch $@

demo: build/stamp ## Make the demo school and serve it (RESET=1 starts over, PORT=8000)
	@$(BIN)/headway demo $(if $(RESET),--reset) --port $(or $(PORT),8000)

test: .venv/stamp-dev build/stamp ## Run every test that can run here
	@$(BIN)/pytest -q -n 2 --dist loadfile $(PYTEST)
	@if [ -n "$$HEADWAY_TEST_POSTGRES_URL" ]; then HEADWAY_TEST_DATABASE=postgres $(BIN)/pytest -q -n 2 --dist loadfile -m "not browser" tests/records tests/web tests/exchange; \
	else echo "PostgreSQL: skipped, HEADWAY_TEST_POSTGRES_URL is not set"; fi

check: .venv/stamp-dev build/stamp ## Format, lint, types, house rules, migrations, translations
	@$(BIN)/ruff format --check src tests benchmarks docs
	@$(BIN)/ruff check src tests benchmarks docs
	@$(BIN)/djade --check --target-version 5.2 $$(find src -name '*.html')
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/django-admin makemigrations --check --dry-run --settings=headway.config.settings_test
	@$(BIN)/headway doctor --translations
	@HEADWAY_SECRET_KEY=$$(head -c 48 /dev/urandom | base64 -w0) HEADWAY_HTTPS=1 $(BIN)/django-admin check --deploy --fail-level WARNING --settings=headway.config.settings

fix: .venv/stamp-dev ## Format and mend what can be mended
	@$(BIN)/ruff check --fix src tests benchmarks docs; $(BIN)/ruff format src tests benchmarks docs; $(BIN)/djade --target-version 5.2 $$(find src -name "*.html")

browser: .venv/stamp-dev build/stamp ## Run the browser walks only
	@$(BIN)/pytest -q -m browser

bench: .venv/stamp-dev build/stamp ## Measure pages, answers and the learner model (BENCH="--quick --json bench.json")
	@$(BIN)/python -m benchmarks $(BENCH)

shots: .venv/stamp-dev build/stamp ## Make the screenshots of the README
	@$(BIN)/python docs/make_shots.py

messages: .venv/stamp-dev ## Collect sentences for translation (needs Debian's gettext)
	@cd src/headway && ../../$(BIN)/django-admin makemessages -l es --no-wrap --no-location --settings=headway.config.settings_test

pins: .venv/stamp-dev ## Compile the hashed pins anew
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --extra postgres pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --extra postgres --group dev pyproject.toml -o requirements/dev.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url requirements/pybkt.in -o requirements/pybkt.txt
