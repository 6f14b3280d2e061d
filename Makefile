# One entry for people who build. `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV_VERSION := 0.13.9
PYTHON ?= python3
BIN := .venv/bin
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
PYTEST := $(BIN)/pytest
# Most of these tests wait for a program, not for a core. Browsers do not.
CORES := $(shell nproc 2>/dev/null || echo 2)
PROCESSES := $(shell [ $(CORES) -ge 4 ] && echo 5 || echo 3)
BROWSERS := $(shell [ $(CORES) -ge 4 ] && echo 4 || echo 2)
# A whole file goes to one process: its tests share a database and a simulator.
PARALLEL := -n $(PROCESSES) --dist loadfile
# A certified OpenID provider, for the tests.
PROVIDER := tests/oidc_provider

.PHONY: help setup deps demo demo-stop check test test-long bench docs sim translations lock format clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready  ## the Python environment in .venv, from the lock file

.venv/.ready: uv.lock pyproject.toml
	@tools/ensure-venv "$(PYTHON)" "$(UV_VERSION)"
	@$(BIN)/uv sync --frozen --quiet
	@touch $@

$(PROVIDER)/node_modules/.ready: $(PROVIDER)/package-lock.json .venv/.ready
	@tools/install-node-packages $(BIN)/python $(PROVIDER)

deps:  ## Debian packages that some tests need (asks first; CI=1 or YES=1 does not ask)
	@tools/install-debian-packages

demo: setup  ## a simulated Microsoft 365, the sample company, a preview, two syncs, the portal
	@$(BIN)/python tools/demo.py

demo-stop: setup  ## end what make demo left running
	@$(BIN)/python tools/demo.py --stop

check: setup  ## format, lint, types, import contracts, house rules, quick tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/codespell src tests docs tools README.md CHANGELOG.md CONTRIBUTING.md
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(PYTEST) -q tests/house tests/unit tests/contract

test: check $(PROVIDER)/node_modules/.ready  ## everything a change must pass (what CI runs), at most 20 minutes
	@$(PYTEST) $(PARALLEL) -m "not long" tests/property tests/simulator tests/integration tests/call
	@$(PYTEST) -n $(BROWSERS) --dist worksteal -m "not long" tests/browser

test-long: setup $(PROVIDER)/node_modules/.ready  ## the long versions, at most 60 minutes
	@$(PYTEST) $(PARALLEL) -m long tests

bench: setup  ## seconds, requests, memory, and the ratio to the floor
	@$(BIN)/python -m tests.bench

docs: setup  ## write docs/reference anew from the code
	@$(BIN)/python -m tools.write_reference

translations: setup  ## the German catalogue, from the texts of the pages
	@$(BIN)/python tools/translations.py

sim: setup  ## the simulator alone, with the sample company
	@$(BIN)/m365sim serve --home var/sim --directory contoso

lock:  ## resolve the lock file anew
	@$(BIN)/uv lock

format: setup  ## format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:  ## remove the environment and what the demo wrote
	@rm -rf .venv var $(PROVIDER)/node_modules
