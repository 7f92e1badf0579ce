# The commands of this project; logic lives in scraper/ and tests/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NEXT := .cache/next
QUERY ?= acute myeloid leukemia
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/ready ## sample pages, served on loopback, scraped, indexed, and the site at a printed address
	@$(BIN)/python -m tests.demo

run: $(VENV)/ready ## the same against the live sources (QUERY="acute myeloid leukemia")
	@$(BIN)/trials scrape ctgov --query "$(QUERY)" --limit 200 && \
	$(BIN)/trials scrape trialx --query "$(QUERY)" --limit 20 && \
	$(BIN)/trials serve

serve: $(VENV)/ready ## the site over the data folder
	@$(BIN)/trials serve

test: $(VENV)/ready ## all tests
	@$(BIN)/python -m pytest

$(NEXT)/ready: pyproject.toml
	$(PYTHON) -m venv $(NEXT)
	$(NEXT)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(NEXT)/bin/python -m pip install --quiet --disable-pip-version-check --pre --upgrade 'datasette>=1.0a0'
	@touch $@

test-next: $(NEXT)/ready ## the site's tests on Datasette's newest 1.0 alpha, in an environment of its own
	@$(NEXT)/bin/python -m pytest -q tests/test_site_*.py

lint: $(VENV)/ready ## style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/hadolint Dockerfile

types: $(VENV)/ready ## types
	@$(BIN)/mypy

check: lint types test ## what CI runs

fix: $(VENV)/ready ## mend what the linter can mend
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

accept: $(VENV)/ready ## rewrite the expected records beside the saved pages; read that diff like code
	@ACCEPT=1 $(BIN)/python -m pytest -n 0 -q -k "saved_page or saved_record or expected"; git diff --stat tests/pages

publish-check: $(VENV)/ready ## is data/trials.db fit to be published, and does every page of it answer?
	@$(BIN)/trials check --publish

bench: $(VENV)/ready ## benchmarks, printed as tables
	@$(BIN)/python -m tests.bench

.PHONY: help demo run serve test test-next lint types check fix accept publish-check bench
