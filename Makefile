.DEFAULT_GOAL := help
.PHONY: help setup demo run test test-fast check faults bench bench-quick lock clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PYTHONDONTWRITEBYTECODE := 1

help:       ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Make .venv and install exactly what requirements.lock names

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "geopush needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@rm -f $(READY)
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	  VIRTUAL_ENV=$(VENV) uv pip install --quiet --require-hashes -r requirements.lock && \
	  VIRTUAL_ENV=$(VENV) uv pip install --quiet --no-deps --no-build-isolation -e . ; \
	else \
	  echo "setting up $(VENV) (once, about a minute)" && \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $(READY)

demo: $(READY)  ## First run: everything on this machine, a walk through a real city, the pushes it causes, then stop
	@$(BIN)/geopush demo

run: $(READY)  ## Run geopush until stopped (embedded database and sandbox gateways unless configured)
	@$(BIN)/geopush serve --sandbox

test: $(READY)  ## All tests
	@$(BIN)/python -m pytest -n auto --maxprocesses=4

test-fast: $(READY)  ## zones and core only, without what is slow; compiles nothing
	@$(BIN)/python -m pytest -q -n auto --maxprocesses=4 -m "not slow" --compile-nothing tests/zones tests/core

check: $(READY)  ## Format, lint, types, import directions, Dockerfile
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/hadolint Dockerfile

faults: $(READY)  ## Storms at the gateways, then 120 kills under load (a quarter of an hour); fails if anything is lost or doubled
	@$(BIN)/python -m tests.faults.storm
	@$(BIN)/python -m tests.faults.answers
	@$(BIN)/python -m tests.faults.campaign

bench: $(READY)  ## All benchmarks, into benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

bench-quick: $(READY)  ## All benchmarks in less than two minutes, to look at; nothing is written
	@$(BIN)/python -m benchmarks --quick

lock:       ## Rewrite requirements.lock from the bounds in pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra dev pyproject.toml -o requirements.lock

clean:      ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
