# Two commands for a newcomer: `make run` and `make test`. Both prepare .venv first, and again when the lock changes.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
LOCK := requirements-dev.lock
INSTALLED := $(VENV)/installed-$(firstword $(shell cksum $(LOCK)))
ARGS ?=

# The settings of a production site, for the checks; nothing connects to anything.
PRODUCTION := ENV_FILE= DEBUG=false HTTPS=true SECRET_KEY=only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG
PRODUCTION += ALLOWED_HOSTS=shop.example.com DATABASE_URL=postgres://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Prepare .venv from the hashed lock (only when the lock has changed)

$(INSTALLED): $(LOCK)
	@for python in python3.11 python3 python3.12 python3.13 python3.14; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Backroom needs Python 3.11 or newer, and no such python3 is on the PATH." >&2; \
		echo "Install it (Debian, Ubuntu: apt install python3.11 python3.11-venv) and try again." >&2; exit 1; \
	fi; \
	if ! $(PYTHON) -c '' 2>/dev/null; then \
		echo "Making $(VENV) with $$found"; \
		$$found -m venv --clear $(VENV) || { echo "Could not make $(VENV): see above." >&2; exit 1; }; \
	fi
	@echo "Installing what $(LOCK) names, checked by hash (a minute or two)"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	@rm -f $(VENV)/installed-* && touch $@

run: setup ## Run the whole platform here; Ctrl-C stops it
	@exec $(PYTHON) -m config.run

test: setup ## Run all tests (ARGS="-k name" to choose)
	@$(PYTHON) -m pytest -n 2 --dist loadfile $(ARGS)

check: setup ## Style, types, architecture, production settings, migrations, events
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	@$(PRODUCTION) $(PYTHON) -m mypy events
	@$(VENV)/bin/lint-imports
	@$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING
	@$(PRODUCTION) $(PYTHON) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(PYTHON) manage.py events schema --check

bench: setup ## Measure beside the rivals, a quarter of an hour (ARGS=--quick for a first impression)
	@$(PYTHON) -m benchmarks $(ARGS)

chaos: setup ## Break everything beside plain Celery, an hour and a half (ARGS=--quick for ten minutes)
	@$(PYTHON) -m tests.chaos $(ARGS)
	@$(PYTHON) -m pytest -q tests/events/test_model.py $(if $(findstring --quick,$(ARGS)),,--hypothesis-profile=chaos)

lint: setup ## Find and fix style errors
	$(PYTHON) -m ruff check --fix .

format: setup ## Format the code
	$(PYTHON) -m ruff format .

lock: ## Resolve the locks anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: see https://docs.astral.sh/uv/" >&2; exit 1; }
	uv pip compile pyproject.toml --extra stripe $(RESOLVE) --output-file requirements.lock
	uv pip compile pyproject.toml --extra stripe --group dev $(RESOLVE) --constraint requirements.lock --output-file $(LOCK)

RESOLVE := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

clean: ## Delete caches; what you entered (.data) and .venv stay
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.PHONY: help setup run test check bench chaos lint format lock clean
