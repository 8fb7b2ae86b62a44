# What every project is run by. Its Makefile names the PACKAGE that pip installs, elc itself, and includes this file.
#
# make setup             install the pinned packages into .venv
# make demo              run the pipeline for all plants, say where the site is
# make train PLANT=fjord a candidate of one plant, and reports/train/fjord.patch to commit it by
# make promote ENV=test  promote what may be, by the map of params.yaml; $SIGNING_KEY signs
# make operate ENV=prod  new data, the deployed versions, their pages; trains nothing
# make lab               JupyterLab on the project's notebooks

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/.done

# Values that come from outside are text: make would run what is in $(...) where it expands them.
$(foreach name,PYTHON PLANT ENV SIGNING_KEY PATH,$(eval override $(name) := $$(value $(name))))
export PYTHON PLANT ENV SIGNING_KEY
export override PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup demo train promote operate need-PLANT need-ENV lab
.DELETE_ON_ERROR:

setup: $(DONE)

$(DONE): requirements.lock
	@"$$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11 to 3.13 is needed, found: $$("$$PYTHON" --version). Name one: make PYTHON=python3.11"; exit 1; }
	@echo "Setting up $(VENV): two to five minutes, once."
	"$$PYTHON" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --no-deps --no-build-isolation $(PACKAGE)
	@test ! -d src || $(BIN)/python -m compileall -q src
	@touch $@

demo: setup
	elc repro
	@echo "Open reports/_site/index.html"

# A name is checked before anything else is done, for it becomes a part of commands, branches and paths.
need-PLANT need-ENV: need-%:
	@: $(if $($*),,$(error Name one: make $(MAKECMDGOALS) $*=...))
	@LC_ALL=C; case "$$$*" in *[!a-z0-9_]*|[!a-z]*) \
	  echo "$* is no name of params.yaml: expected small letters, digits and _." >&2; exit 2;; esac

# Values reach the shell as its own variables, so that no name is read as a command.
train: need-PLANT setup
	elc repro --pull "evaluate@$$PLANT"
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

lab: setup
	jupyter lab --LabApp.default_url=/lab/tree/notebooks
