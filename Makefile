# make demo and make test each work as the first and only command on a fresh machine with Python 3.10 or newer.

# compiled files are written: a container that forbids it makes every command compile the package again
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS_READY := $(VENV)/.docs

.PHONY: help demo test check lint types coverage mutants bench docs size clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed; try make PYTHON=python3.12"; exit 3; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(READY)

demo: $(READY) ## ResNet-18 on CIFAR-10 under two rulebooks, energy and cycles included
	@$(BIN)/python examples/01_student_check.py

test: $(READY) ## run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: lint types test ## lint, types, tests

lint: $(READY) ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

coverage: $(READY) ## run the tests and say which lines they reach (children behind walls are not seen)
	$(BIN)/python -m pytest -n 2 --cov=costmodel --cov-report=term:skip-covered

mutants: $(READY) ## put faults into a room and see which the tests notice: ROOM=rules SAMPLE=20 SEED=1
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[mutants]'
	$(BIN)/python -m tests.mutants $(or $(ROOM),rules) --sample $(or $(SAMPLE),20) --seed $(or $(SEED),1)

bench: $(READY) ## measure speed and memory, as ratios
	$(BIN)/python -m benchmarks

$(DOCS_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $(DOCS_READY)

docs: $(DOCS_READY) ## the documentation site, below build/site; a warning is an error
	$(BIN)/python -m docs.generate build
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict -f build/mkdocs.yml

size: ## lines of Python by folder
	@for d in costmodel/*/ tests benchmarks examples; do printf '%-24s %6s\n' $$d $$(find $$d -name '*.py' | xargs cat | wc -l); done

clean: ## remove what make made
	rm -rf $(VENV) build .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
