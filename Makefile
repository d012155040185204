# Two commands do everything: `make grade` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.seqgrade-ready
JOBS ?= 2
OURS := harness reference submissions tests benchmarks conftest.py

# Graders run one thread a process; torch's own threads only fight one another on small tensors.
export OMP_NUM_THREADS = 1

# Of the kill matrix: `make matrix SEED=7`.
SEED ?= 0

.PHONY: setup grade test lint types fast slow matrix right diagnosis machine clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

grade: setup
	$(BIN)/seqgrade grade submissions --out results

test: setup lint types fast

lint: setup
	$(BIN)/ruff check $(OURS)
	$(BIN)/ruff format --check $(OURS)

types: setup
	$(BIN)/mypy

fast: setup
	$(BIN)/python -m pytest -q -n $(JOBS) -m "not slow"

slow: setup
	$(BIN)/python -m pytest -q -n $(JOBS) -m slow

matrix: setup
	mkdir -p results
	$(BIN)/seqgrade mutants --jobs $(JOBS) --seed $(SEED) --json results/matrix.json --plot results/matrix.png

right: setup
	SEQGRADE_SEEDS=100 $(BIN)/python -m pytest -q -n $(JOBS) -m slow tests/harness/test_right.py

machine: setup
	$(BIN)/python -m tests.machine --jobs $(JOBS)

diagnosis: setup
	$(BIN)/python -m tests.rewritten --jobs $(JOBS)

clean:
	rm -rf $(VENV) results .pytest_cache .mypy_cache .ruff_cache
