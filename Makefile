# One target a habit. `make demo` and `make test` need only Python >= 3.11 and this file.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help setup check test test-slow mutate demo docs bench clean

help:           ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(BIN)/onevisit: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip -c constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

setup: $(BIN)/onevisit  ## a virtual environment with the pinned versions

check: setup    ## style, types, layers, and what nothing calls
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

test: setup     ## the tests; those on real data run when it is there (ONEVISIT_DATA, ../shared/data)
	$(BIN)/python -m pytest -m "not slow"

test-slow: setup  ## the tests that take long
	$(BIN)/python -m pytest -m slow

SAMPLE ?= 100
SEED ?= 1
mutate: setup   ## do the tests notice a wrong value? about 100 small faults, SEED=1
	$(BIN)/python -m benchmarks.mutate --sample $(SAMPLE) --seed $(SEED)

demo: setup     ## a small simulated mission, processed
	$(BIN)/onevisit simulate demo --seed 7 --size demo
	$(BIN)/onevisit process demo/mission -o demo/out
	@echo "map:        demo/out/report.html"
	@echo "route list: demo/out/routes.csv"

docs: setup     ## the tables in docs/ that are written by the code
	$(BIN)/python docs/tables.py

bench: setup    ## skill against truth, speed as ratios
	$(BIN)/python -m benchmarks.skill all --replay
	$(BIN)/python -m benchmarks.skill --size district --no-flights --replay
	$(BIN)/python -m benchmarks.skill --size city --no-flights --replay
	$(BIN)/python -m benchmarks.speed

clean:          ## all that the targets above made
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
