# What can be done here? `make` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
STAMP := .venv/.installed

# Who has nothing left takes tests from the other: a few are far longer than the rest,
# and what was compiled twice comes from the shared cache the next time. Slow tests may
# need gigabytes each, so only two of them share a machine.
PYTEST := $(BIN)/python -m pytest -q --dist worksteal -n logical

.PHONY: help run install test test-slow lint bench clean

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: install ## one day of munich, running itself (installs first)
	$(BIN)/gemel run munich

install: $(STAMP) ## make .venv with everything in it, at the pinned versions

$(STAMP): pyproject.toml $(wildcard constraints/*.txt)
	@PYTHON="$(PYTHON)" .ci/install
	@touch $@

test: lint ## every check but the slow tests
	$(PYTEST) --maxprocesses 4

test-slow: install ## the slow tests; none marked slow (exit code 5) is no failure
	$(PYTEST) --maxprocesses 2 -m slow || [ $$? -eq 5 ]

lint: install ## format, style, types and the map of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	$(BIN)/lint-imports

bench: install ## the benchmarks, one after the other
	@found=; for file in benchmarks/*.py; do \
	  [ -e "$$file" ] || continue; found=1; \
	  echo "$$file"; $(BIN)/python "$$file"; \
	done; \
	[ -n "$$found" ] || { echo "benchmarks/ holds no benchmark yet." >&2; exit 2; }

clean: ## take away what was made here, .venv included
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis \
	  .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
