# make demo   set up, run the pipeline for the demo plants, say where the site is
# make test   set up, run all checks; with a Java runtime, of Spark too
# make bench  measure: benchmarks/results.json
# make lab    JupyterLab on the project's notebooks
# make lock   resolve the dependencies of pyproject.toml again
# make clean  remove what can be made again

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/.done
SPARK := $(VENV)/.spark
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup demo test check bench lab lock clean
.DELETE_ON_ERROR:

setup: $(DONE)

$(DONE): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11 to 3.13 is needed, found: $$($(PYTHON) --version). Name one: make PYTHON=python3.11"; exit 1; }
	@echo "Setting up $(VENV): two to five minutes, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	@touch $@

demo: setup
	dvc repro
	@echo "Open reports/_site/index.html"

test: setup $(SPARK) check
	python -m pytest

# The tests can use Spark where there is a Java runtime; nothing else needs it.
$(SPARK): $(DONE) requirements-spark.lock
	@if command -v java >/dev/null; then \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes --no-deps \
	    --no-build-isolation -r requirements-spark.lock; \
	else echo "No Java runtime: tests of the Spark engine are skipped."; fi
	@touch $@

check: setup
	ruff check
	ruff format --check
	mypy
	lint-imports --no-cache

bench: setup
	python -m benchmarks

lab: setup
	jupyter lab notebooks

COMPILE := $(VENV)-lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-header

lock:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet uv
	$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	$(VENV)-lock/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"], sep="\n")' \
	  | $(COMPILE) --no-annotate --output-file requirements-spark.lock -
	rm -r $(VENV)-lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis reports/_site reports/.quarto
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -r {} +
