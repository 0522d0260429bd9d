# Each target does all its own set-up: a .venv here, from the pins in constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
LEVEL ?= quick

.PHONY: claims test lint clean

claims: .venv/installed
	$(BIN)/pytest claims -n auto --mf-level $(LEVEL)

test: .venv/installed
	$(BIN)/pytest -n auto --dist worksteal -p no:benchmark --ignore mfcheck/tests/benchmarks
	$(BIN)/pytest mfcheck/tests/benchmarks --benchmark-columns=min,median,rounds

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache build *.egg-info

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[test]"
	touch $@
