# `make demo` and `make test` work as the only command on a fresh clone: each makes .venv from the lock when it is not there.
PYTHON ?= python3
VENV ?= .venv
STAMP := $(VENV)/.ready

.PHONY: setup demo watch test coverage verify lint odd reference bench clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or later"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: Pullback needs Python 3.11 or later (make PYTHON=python3.12 ...)"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: install it (Debian, Ubuntu: apt-get install python3-venv)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: $(STAMP)
	$(VENV)/bin/pullback run baseline --out results/demo
	@echo "Open results/demo/report.html in a browser."

watch: $(STAMP)
	$(VENV)/bin/pullback watch

# As many tests at a time as there are processors; those of a file one after the other, on what they made once.
TESTS = -n auto --dist loadfile

test: $(STAMP)
	$(VENV)/bin/python -m pytest $(TESTS)

# Which lines the tests run, those of worker processes with them; a page of every file in build/coverage.
coverage: $(STAMP)
	$(VENV)/bin/python -m pytest $(TESTS) --cov --cov-report term:skip-covered --cov-report html

# Checks that take minutes; what they came to is kept in tests/verify-last.json.
verify: $(STAMP)
	$(VENV)/bin/python -m tests.verify

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# The tables of ODD.md, made anew from the code.
odd: $(STAMP)
	$(VENV)/bin/python -m tests.test_odd --refresh

# Pages of every public name, from the docstrings, in build/reference. pdoc is no part of the lock.
MODULES = $(sort $(subst /,.,$(patsubst %/__init__,%,$(basename $(filter-out sim/__init__.py %__main__.py sim/cli/%,$(wildcard sim/*.py sim/*/*.py sim/*/*/*.py))))))

reference: $(STAMP)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check "pdoc>=14"
	$(VENV)/bin/python -m pdoc $(MODULES) --output-directory build/reference

# With nothing stored yet there is nothing to compare with: the first run only stores.
COMPARE = $(if $(wildcard .benchmarks/*/*.json),--benchmark-compare --benchmark-compare-fail=median:10%)

bench: $(STAMP)
	$(VENV)/bin/python -m pytest benchmarks --benchmark-columns=median,iqr,rounds --benchmark-sort=name --benchmark-autosave $(COMPARE)

clean:
	rm -rf .venv* build *.egg-info .coverage*
