# Moodreel: `make demo`, `make test`; `make help` lists the rest.

PYTHON ?= python3.11
VENV ?= .venv
PORT ?= 8000
HOST ?= 127.0.0.1
DB ?= sqlite
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help install demo run test check format messages bench vendor clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(INSTALLED)  ## Create the virtual environment and install the tested versions

$(INSTALLED): pyproject.toml constraints.txt
	@echo "Installing Moodreel into $(VENV): about two minutes and two gigabytes the first time."
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Moodreel needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=, for example PYTHON=python3.12.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --progress-bar on --disable-pip-version-check -c constraints.txt -e '.[demo,dev]'
	@touch $@

demo: $(INSTALLED)  ## The whole loop on synthetic clips, or on yours: CLIPS=folder MANIFEST=file.csv
	MOODREEL_HOME=$(or $(MOODREEL_HOME),var/demo) $(BIN)/python manage.py up --demo --host $(HOST) --port $(PORT) \
		$(if $(CLIPS),--clips "$(CLIPS)") $(if $(MANIFEST),--manifest "$(MANIFEST)") $(if $(ONCE),--once)

run: $(INSTALLED)  ## The same system without demo data
	$(BIN)/python manage.py up --host $(HOST) --port $(PORT)

test: $(INSTALLED)  ## Run the tests; DB=postgres runs all of them on a real PostgreSQL
ifeq ($(DB),postgres)
	$(BIN)/python -m tests.postgres $(BIN)/pytest -n $(JOBS) --dist loadgroup $(ARGS)
else
	$(BIN)/python -m tests.postgres $(BIN)/pytest -m concurrency -q $(ARGS)
	$(BIN)/pytest -n $(JOBS) --dist loadgroup $(ARGS)
endif

check: $(INSTALLED)  ## Lint, types, import rules, migrations, translations, vendored files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m config.checks

format: $(INSTALLED)  ## Format the Python code
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

messages: $(INSTALLED)  ## Refresh and compile the translations (needs GNU gettext)
	$(BIN)/python -m config.checks --refresh-messages

vendor:  ## Fetch the front-end libraries again and rewrite their manifest (needs npm)
	$(PYTHON) static/vendor/refresh.py

clean:  ## Remove the virtual environment and caches; var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
