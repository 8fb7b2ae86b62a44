# make demo              set up, run the pipeline for the demo plants, say where the site is
# make test              set up, run the checks of each commit: ten to twenty-five minutes on two cores
# make test-long         run the tests of minutes each: lives, kills, attacks, forced runs, exports; with a Java runtime, of Spark too
# make test-benchmarks   run every benchmark on a tiny case: that it works, not what it measures
# make life HOURS=72    a copy of the demo plants lives through hours, with events; every hour is checked
# make bench             measure: benchmarks/results.json
# make docs              the documents by role and the reference, as pages: build/docs/index.html
# make lock              resolve the dependencies of pyproject.toml again: one lock of all, and one for each extra
# make packages          install the Debian packages that tests can use
# make clean             remove what can be made again
# and setup, train, promote, operate and lab, as in every project: see project.mk

PACKAGE := --editable .
include project.mk

HOURS ?= 72
SPARK := $(VENV)/.spark
PI := $(VENV)/.pi
EXTRAS := serve listen hourly train lab new project fleet

$(eval override HOURS := $$(value HOURS))
export HOURS

.PHONY: test test-long test-benchmarks check life bench docs lock packages clean

$(DONE): pyproject.toml

# Two plug-ins that no test here asks for would be imported by each process; nbval alone takes three seconds.
# What pytest makes of the tests' asserts is kept, whatever the environment says: it takes each process 17 seconds.
PYTEST := PYTHONDONTWRITEBYTECODE= python -m pytest --numprocesses=auto --dist=worksteal --durations=40 -p no:nbval -p no:hydra_pytest

test: setup $(SPARK) $(PI) check
	$(PYTEST) --leave-long

test-long: setup $(SPARK) $(PI)
	$(PYTEST) -m long

# Eleven minutes, so not a part of either.
test-benchmarks: setup $(SPARK)
	ELC_BENCHMARKS=1 $(PYTEST) tests/pipeline/test_benchmarks.py

# The tests can use Spark where there is a Java runtime; nothing else needs it.
$(SPARK): $(DONE) requirements-spark.lock
	@if command -v java >/dev/null; then \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes --no-deps \
	    --no-build-isolation -r requirements-spark.lock; \
	else echo "No Java runtime: tests of the Spark engine are skipped."; fi
	@touch $@

$(PI): $(DONE) requirements-pi.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes --no-deps \
	  --no-build-isolation -r requirements-pi.lock
	@touch $@

check: setup
	ruff check
	ruff format --check
	mypy
	lint-imports --no-cache

# The demo's pipeline runs first where it is stale; the life itself is a copy, which goes when it ends.
life: demo
	python -m tests.life --hours "$$HOURS" --from .

bench: setup
	python -m benchmarks

# The theme would advertise its successor.
docs: setup
	NO_MKDOCS_2_WARNING=1 python -m mkdocs build --quiet
	@echo "Open build/docs/index.html"

COMPILE := $(VENV)-lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-header
# The lines of a list in pyproject.toml.
LIST := $(VENV)-lock/bin/python -c 'import functools, sys, tomllib; \
  print(*functools.reduce(dict.get, sys.argv[1:], tomllib.load(open("pyproject.toml", "rb"))), sep="\n")'

# One resolution for all of it. An extra's lock is the part of it that the extra needs, and what builds the package.
lock:
	"$$PYTHON" -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet uv
	$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	for extra in $(EXTRAS); do \
	  $(LIST) build-system requires | $(COMPILE) --no-annotate --extra "$$extra" --constraint requirements.lock \
	    --output-file "requirements-$$extra.lock" pyproject.toml - || exit; done
	$(LIST) project optional-dependencies spark | $(COMPILE) --no-annotate --output-file requirements-spark.lock -
	$(LIST) project optional-dependencies pi | $(COMPILE) --no-annotate --constraint requirements.lock \
	  --output-file requirements-pi.lock -
	rm -r $(VENV)-lock

# A runner may have Chrome already; Ubuntu's own Chromium is a snap.
packages:
	$(if $(filter-out 0,$(shell id -u)),sudo) apt-get update -qq
	$(if $(filter-out 0,$(shell id -u)),sudo) apt-get install -qq --no-install-recommends \
	  default-jre-headless fonts-dejavu-core mosquitto $(if $(shell command -v google-chrome),,chromium)

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis reports/_site reports/.quarto
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -r {} +
