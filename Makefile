# Everything a newcomer and the CI do, from a machine that has only Python 3.11 or later, and make.
#
#   make demo     one story in six modalities, into ./demo
#   make test     all tests
#   make check    style, types and import layers
#   make fix      mend the style where that can be done by itself
#   make docs     the generated parts of the documentation, then the site
#   make tiers    the tiers of the bindings whose code, cases or rules changed
#   make compatibility  try all bindings of the public package's wheels, and write the table of what works
#   make bench    the benchmarks
#   make lock     pin the newest versions of all dependencies
#   make clean    remove what the other targets made
#
# The environment lies in VENV. It holds exactly the versions of requirements.lock, checked against their hashes.

VENV ?= .venv
UV_VERSION := 0.13.9
BIN := $(VENV)/bin
READY := $(VENV)/.lollms-ready
BENCHMARKS := $(subst /,.,$(basename $(filter-out %/__init__.py %/server.py,$(wildcard benchmarks/*.py))))
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	if command -v $$python >/dev/null 2>&1 \
	&& $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	echo $$python; break; fi; done)

.DEFAULT_GOAL := help
.PHONY: help install demo test check fix docs tiers compatibility bench lock clean

help:
	@sed -n 's/^#   //p' Makefile

install: $(READY)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; install it, or say: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv "$(VENV)" || { \
	echo "$(PYTHON) cannot make environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(READY): requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing the pinned packages into $(VENV)"
	@awk '/^[a-z0-9]/ { wanted = /^uv==/ } wanted' requirements.lock > "$(VENV)/uv.lock"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$(VENV)/uv.lock"
	@$(BIN)/uv pip install --quiet --python "$(BIN)/python" --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python "$(BIN)/python" --no-deps --no-build-isolation --editable .
	@touch "$@"

demo: $(READY)
	@$(BIN)/lollms demo demo

test: $(READY)
	@$(BIN)/python -m pytest

check: $(READY)
	@status=0; \
	for command in "ruff check ." "ruff format --check --quiet ." mypy lint-imports; do \
	echo "-- $$command"; $(BIN)/$$command || status=1; done; exit $$status

fix: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(READY)
	@$(BIN)/python -m lollms_client.cli.reference .
	@if [ -f mkdocs.yml ]; then $(BIN)/mkdocs build --strict --quiet; fi

tiers: $(READY)
	@$(BIN)/python -m lollms_client.testing.tiers
	@$(BIN)/python -m lollms_client.cli.reference .

compatibility: $(READY)
	@$(BIN)/python -m tests.compatibility.bindings.page

bench: $(READY)
	@for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -m "$$name" || exit 1; done

lock: $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@printf 'uv==$(UV_VERSION)\nhatchling\neditables\n' | $(BIN)/uv pip compile --quiet --upgrade --universal \
	--python-version 3.11 --all-extras --group dev --generate-hashes --no-header --no-emit-index-url \
	pyproject.toml - --output-file requirements.lock

clean:
	rm -rf demo site build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
