# Everything a developer runs. `make demo` and `make test` set themselves up; nothing else is needed
# but Python 3.11 or later and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Processes that share the tests; auto is one for each processor, and for `make test` one that waits.
WORKERS ?= auto
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
# Without bytecode every process compiles the sources and the rewritten tests anew, for ten seconds each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test quick coverage check docs generate generators-newest openapi interop bench format pins hooks changelog dist smoke sdist-test clean

help:
	@echo "make demo      import 8,800 deals into a local amoCRM and read them back (ASYNC=1: async client)"
	@echo "make test      run the tests"
	@echo "make quick     run the tests that take milliseconds, and every tenth row of one rule over all operations"
	@echo "make coverage  run the tests and hold the measured coverage"
	@echo "make mutants   make 100 random mistakes in the Unit of Work and see whether tests notice (SEED=1 COUNT=100 ONLY='*')"
	@echo "make check     lint, formatting, types, description and generated code"
	@echo "make docs      rewrite docs/errors.md and docs/faults.md from a run of the library"
	@echo "make generate  rebuild src/amocrm_gen and src/amocrm/_sync from spec/ and src/amocrm/_async"
	@echo "make openapi   validate the published description, make TypeScript types, Postman collection and reference"
	@echo "make interop   clients of other authors, the vendor's PHP library among them, against the sandbox (AT='php=FOLDER')"
	@echo "make bench     speed, memory, request counts and limits with their budgets (QUICK=1: half a minute, not six)"
	@echo "make smoke     build wheel and sdist; the first program of the README runs on the wheel alone"
	@echo "make changelog show what the next release says"

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: $(STAMP)
	$(BIN)/python -m examples.sales $(if $(ASYNC),--async)

test: $(STAMP)
	$(PYTEST)

quick: $(STAMP)
	$(PYTEST) -m "not slow" --hypothesis-profile=quick

coverage: $(STAMP)
	$(PYTEST) --cov --cov-report=term:skip-covered

mutants: $(STAMP)
	$(BIN)/python -m tests.support.mutants --seed $(or $(SEED),1) --count $(or $(COUNT),100) --only '$(or $(ONLY),*)' \
		$(if $(COVERAGE),--coverage $(COVERAGE)) $(if $(AGAIN),--again $(AGAIN))

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python -m tests.support.language
	$(BIN)/python -m generator lint
	$(BIN)/python -m generator check
	$(BIN)/mypy
	$(BIN)/basedpyright --level error --pythonpath $(BIN)/python

# Pages that are written from a run of the library.
docs: $(STAMP)
	$(BIN)/python -m tests.support.messages
	$(BIN)/python -m tests.support.fault_table

generate: $(STAMP)
	$(BIN)/python -m generator build

# The pinned generators and the newest ones must write the same; the newest go into an environment of nox.
generators-newest: $(STAMP)
	$(BIN)/python -m nox -s generators

# Validates the published description, makes TypeScript types, a Postman collection and a reference in build/openapi,
# and calls the sandbox with a client on those types; needs node 20 with npm, and says so where there is none.
openapi: $(STAMP)
	$(BIN)/python -m tests.interop.openapi_tools

# Each client in an environment of its own below INTEROP; what a machine lacks is skipped with the reason. AT names
# clients that lie in a folder already, for machines that do not reach the index of their language.
INTEROP ?= $(HOME)/.cache/amocrm-interop
interop: $(STAMP)
	$(BIN)/python -m tests.interop.calls --folder $(INTEROP) $(addprefix --at ,$(AT))
	$(BIN)/python -m tests.interop.run --folder $(INTEROP)

bench: $(STAMP)
	$(BIN)/python -m bench $(if $(QUICK),--quick)

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Compiles requirements/dev.in into dev.txt with hashes and without an index; needs uv.
pins:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/dev.in -o requirements/dev.txt

hooks: $(STAMP)
	$(BIN)/pre-commit install

changelog: $(STAMP)
	$(BIN)/towncrier build --draft --version next

dist: $(STAMP)
	rm -rf dist
	$(BIN)/python -m build --no-isolation --quiet

# The wheel in an environment of its own, with nothing of this repository in sight.
smoke: dist
	$(BIN)/python -m tests.support.wheel_smoke dist

# The unpacked sdist is enough to run the tests.
sdist-test: dist
	rm -rf build/sdist && mkdir -p build/sdist
	tar -xzf dist/*.tar.gz -C build/sdist --strip-components=1
	$(MAKE) -C build/sdist test

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .nox .coverage .coverage.*
