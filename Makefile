# make demo              set up, run the pipeline for the demo plants, say where the site is
# make test              set up, run the checks of each commit: twenty minutes on two cores
# make test-long         run the tests of minutes each: lives, kills, attacks, forced runs; with a Java runtime, of Spark too
# make test-benchmarks   run every benchmark on a tiny case: that it works, not what it measures
# make train PLANT=fjord a candidate of one plant, and reports/train/fjord.patch to commit it by
# make promote ENV=test  promote what may be, by the map of params.yaml; $SIGNING_KEY signs
# make operate ENV=prod  new data, the deployed versions, their pages; trains nothing
# make life HOURS=72    a copy of the demo plants lives through hours, with events; every hour is checked
# make bench             measure: benchmarks/results.json
# make lab               JupyterLab on the project's notebooks
# make docs              the documents by role and the reference, as pages: build/docs/index.html
# make lock              resolve the dependencies of pyproject.toml again: one lock of all, and one for each extra
# make packages          install the Debian packages that tests can use
# make clean             remove what can be made again

PYTHON ?= python3
HOURS ?= 72
VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/.done
SPARK := $(VENV)/.spark
EXTRAS := serve listen hourly train lab

# Values that come from outside are text: make would run what is in $(...) where it expands them.
$(foreach name,PYTHON PLANT ENV HOURS SIGNING_KEY PATH,$(eval override $(name) := $$(value $(name))))
export PYTHON PLANT ENV HOURS SIGNING_KEY
export override PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup demo test test-long test-benchmarks check train promote operate need-PLANT need-ENV life bench lab docs lock packages clean
.DELETE_ON_ERROR:

setup: $(DONE)

$(DONE): requirements.lock pyproject.toml
	@"$$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11 to 3.13 is needed, found: $$("$$PYTHON" --version). Name one: make PYTHON=python3.11"; exit 1; }
	@echo "Setting up $(VENV): two to five minutes, once."
	"$$PYTHON" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	@touch $@

demo: setup
	dvc repro
	@echo "Open reports/_site/index.html"

# Two plug-ins that no test here asks for would be imported by each process; nbval alone takes three seconds.
# What pytest makes of the tests' asserts is kept, whatever the environment says: it takes each process 17 seconds.
PYTEST := PYTHONDONTWRITEBYTECODE= python -m pytest --numprocesses=auto --dist=worksteal --durations=40 -p no:nbval -p no:hydra_pytest

test: setup $(SPARK) check
	$(PYTEST) --leave-long

test-long: setup $(SPARK)
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

check: setup
	ruff check
	ruff format --check
	mypy
	lint-imports --no-cache

# A name is checked before anything else is done, for it becomes a part of commands, branches and paths.
need-PLANT need-ENV: need-%:
	@: $(if $($*),,$(error Name one: make $(MAKECMDGOALS) $*=...))
	@LC_ALL=C; case "$$$*" in *[!a-z0-9_]*|[!a-z]*) \
	  echo "$* is no name of params.yaml: expected small letters, digits and _." >&2; exit 2;; esac

# Values reach the shell as its own variables, so that no name is read as a command.
train: need-PLANT setup
	dvc repro --pull --no-run-cache "evaluate@$$PLANT"
	@test -z "$$(dvc config core.remote)" || dvc push --with-deps "evaluate@$$PLANT"
	@mkdir -p reports/train
	git diff --no-ext-diff --no-color -- dvc.lock reports/metrics reports/plots > "reports/train/$$PLANT.patch"

# The key goes to an agent that ends with the command, never into a file.
SIGNED := ssh-agent sh -c 'printf "%s\n" "$$SIGNING_KEY" | ssh-add -q - && unset SIGNING_KEY && exec "$$@"' sh

promote: need-ENV setup
	@$(if $(SIGNING_KEY),$(SIGNED)) elc promote --all --env "$$ENV"

# Exports that come from elsewhere are updated. DVC would rewrite what was added by hand, so it is not asked to. What an
# import had brought when it was committed is training's, so its record is put back: an hour leaves the checkout clean.
UPDATE := kept="$$(mktemp)" && cp -- "$$1" "$$kept" && { dvc update "$$1"; code=$$?; cp -- "$$kept" "$$1"; rm "$$kept"; exit $$code; }

operate: need-ENV setup
	grep -lsZ '^frozen: true' data/raw/*.dvc | xargs -0 -r -n 1 sh -c '$(UPDATE)' sh
	elc deploy --env "$$ENV"
	elc hourly --env "$$ENV"

# The demo's pipeline runs first where it is stale; the life itself is a copy, which goes when it ends.
life: demo
	python -m tests.life --hours "$$HOURS" --from .

bench: setup
	python -m benchmarks

lab: setup
	jupyter lab --LabApp.default_url=/lab/tree/notebooks

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
	rm -r $(VENV)-lock

# A runner may have Chrome already; Ubuntu's own Chromium is a snap.
packages:
	$(if $(filter-out 0,$(shell id -u)),sudo) apt-get update -qq
	$(if $(filter-out 0,$(shell id -u)),sudo) apt-get install -qq --no-install-recommends \
	  default-jre-headless fonts-dejavu-core mosquitto $(if $(shell command -v google-chrome),,chromium)

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis reports/_site reports/.quarto
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -r {} +
