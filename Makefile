# `make setup`, `make test`, `make demo`: everything in .venv and ~/.cache/fink-assets, nothing else on the machine.

.DEFAULT_GOAL := help
SHELL := bash
PYTHON ?= $(shell for p in python3.11 python3.12 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin
INSTALLED := .venv/installed
CLIENTS := .venv/clients
ARGS ?=
SURVEY ?= ztf
# Services, runs and workers are many processes; each would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE
# Two processes of tests, each with services of its own, which leave a core idle half of the time. The long files come first.
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder

help: ## show these lines
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: $(INSTALLED) ## install everything; does nothing twice
	@$(BIN)/fink setup

$(INSTALLED): pyproject.toml constraints.txt
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or 3.12 was not found: install one, or say make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@command -v "$${JAVA_HOME:+$$JAVA_HOME/bin/}java" >/dev/null || { \
		echo "Java 17 or 21 was not found: install a JRE (Debian: apt install openjdk-17-jre-headless) or set JAVA_HOME" >&2; exit 1; }
	@echo "Installing Python packages into .venv (some minutes the first time)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt
	@touch $@

$(CLIENTS): tests/clients.txt $(INSTALLED)
	@echo "Installing clients that other people wrote into $@"
	@rm -rf $@
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $@ -r $<
	@touch $@

test: setup $(CLIENTS) ## run all tests
	@$(BIN)/pytest $(SIDE_BY_SIDE) $(ARGS)

test-fast: $(INSTALLED) ## run the tests that need no service and little time
	@$(BIN)/pytest $(SIDE_BY_SIDE) -m "not spark and not kafka and not e2e and not slow" $(ARGS)

demo: setup ## replay a night through the whole pipeline
	@$(BIN)/fink demo $(ARGS)

up: setup ## run Kafka, Spark, Dagster and the REST API until Ctrl-C
	@exec $(BIN)/fink up $(ARGS)

bench: setup ## measure throughput and latency; SURVEY=lsst, options in ARGS
	@$(BIN)/fink bench --survey $(SURVEY) $(ARGS)

bench-science: setup ## measure each science module; SURVEY=lsst, options in ARGS
	@$(BIN)/fink bench --survey $(SURVEY) --part science --total 10000 $(ARGS)

bench-backfill: setup ## measure a backfill of one module against all of raw2science; SURVEY=lsst, options in ARGS
	@$(BIN)/fink bench --survey $(SURVEY) --part backfill --total 100000 $(ARGS)

bench-api: setup ## measure the REST API over an archive of 1,000,000 alerts, which is kept; SURVEY=lsst, options in ARGS
	@$(BIN)/fink bench --survey $(SURVEY) --part api --total 1000000 $(ARGS)

lint: $(INSTALLED) ## check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

clean: ## delete the environment and the state of the embedded runtime
	rm -rf .venv .fink .mypy_cache .ruff_cache .pytest_cache *.egg-info

.PHONY: help setup test test-fast demo up bench bench-science bench-backfill bench-api lint clean
