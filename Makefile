# Each target does all its own set-up: a .venv here, from the pins in constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
LEVEL ?= quick
SEED ?= 3
TESTS := -p no:benchmark --ignore mfcheck/tests/benchmarks

.PHONY: claims test slow lowest calibration mutation bench lint docs dist clean

claims: .venv/installed
	$(BIN)/pytest claims -n auto --mf-level $(LEVEL)

# Everything cheap: tests with replayed decisions at few replays, and the doctests of the package.
test: .venv/installed
	$(BIN)/pytest $(TESTS) -n auto --dist worksteal

# Tests that take minutes, and docs/reliability.md made anew; that alone takes ten or more, and fails if a finding is lost.
slow: .venv/clusters
	$(BIN)/pytest $(TESTS) -m slow
	$(BIN)/python -m mfcheck.tests.reliability docs/reliability.md

# Replayed decisions at full numbers, and the tables of docs/calibration.md made anew.
calibration: .venv/installed
	$(BIN)/pytest $(TESTS) mfcheck/tests/statistics -n auto --effort=full
	$(BIN)/python -m mfcheck.tests.support.calibration_page

# Small changes of the source that the tests must notice, sixty a folder, and docs/mutation.md made anew.
mutation: .venv/installed
	$(BIN)/python -m mfcheck.tests.support.mutation_page --sample 60 --seed $(SEED) --page docs/mutation.md

# Ratios to others' work and to floors, and docs/performance.md made anew.
bench: .venv/installed
	mkdir -p build
	$(BIN)/pytest mfcheck/tests/benchmarks --benchmark-columns=min,median,rounds --benchmark-json=build/benchmarks.json
	$(BIN)/python -m mfcheck.tests.support.performance_page build/benchmarks.json docs/performance.md

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

# The documentation site, in build/site; any dead link or page outside the navigation fails it. Needs no network.
# Not --quiet: that would hide warnings from --strict too.
docs: .venv/installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# A wheel and a source archive in dist/, and the wheel tried where nothing else of this folder is.
dist: .venv/installed
	rm -rf dist
	$(BIN)/python -m build --quiet
	$(BIN)/twine check --strict dist/*
	.ci/try_wheel dist/*.whl

# The tests at the lowest versions that are declared, in an environment of their own.
lowest: .venv-lowest/installed
	.venv-lowest/bin/python -m pytest $(TESTS) -n auto --dist worksteal -p no:cacheprovider

clean:
	rm -rf .venv .venv-lowest .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist *.egg-info

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[test,docs,dist]"
	touch $@

# What tests of clusters need besides.
.venv/clusters: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[test,dask,ray]"
	touch $@

.venv-lowest/installed: pyproject.toml lowest.txt
	test -x .venv-lowest/bin/python || $(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet -c lowest.txt -e ".[test]"
	touch $@
