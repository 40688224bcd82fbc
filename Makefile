# Everything a developer runs. `make demo` and `make test` set themselves up; nothing else is needed
# but Python 3.11 or later and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test check generate bench format pins clean

help:
	@echo "make demo      import 8,800 deals into a local amoCRM and read them back (ASYNC=1: async client)"
	@echo "make test      run the tests"
	@echo "make check     lint, formatting, types, description and generated code"
	@echo "make generate  rebuild src/amocrm_gen and src/amocrm/_sync from spec/ and src/amocrm/_async"
	@echo "make bench     speed, memory, request counts and limits with their budgets (QUICK=1: half a minute, not six)"

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: $(STAMP)
	$(BIN)/python -m examples.sales $(if $(ASYNC),--async)

test: $(STAMP)
	$(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m generator lint
	$(BIN)/python -m generator check
	$(BIN)/mypy
	$(BIN)/basedpyright --level error

generate: $(STAMP)
	$(BIN)/python -m generator build

bench: $(STAMP)
	$(BIN)/python -m bench $(if $(QUICK),--quick)

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Compiles requirements/dev.in into dev.txt with hashes and without an index; needs uv.
pins:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/dev.in -o requirements/dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
