# `make demo` and `make test` work as the only command on a fresh clone: each makes .venv from the locks when it is not there.
PYTHON ?= python3
VENV ?= .venv
BENCH := $(abspath $(VENV)/bench)
RUNNING := $(VENV)/.ready
DEVELOPING := $(VENV)/.ready-dev
BENCHMARKING := $(VENV)/.ready-bench

.PHONY: env setup develop demo watch test coverage verify lint odd reference bench scaling lock clean

# A lock is complete and is installed as it is. Nothing is resolved again (pips before 24.1 would, and take what is newest) and
# nothing is built (which fetches build tools of any version); that the whole fits together is checked afterwards.
PIP = $(VENV)/bin/python -m pip --disable-pip-version-check
INSTALL = $(PIP) install --quiet --no-deps --only-binary :all: --require-hashes
CHECK = found=$$($(PIP) check) || { echo "$$found"; echo "$(VENV) does not fit together: make clean, then the same again"; exit 2; }

# The environment by itself, with the pip of its Python; another pip can be put into it before a lock is installed.
env: $(VENV)/bin/pip

$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or later"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: Pullback needs Python 3.11 or later (make PYTHON=python3.12 ...)"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: install it (Debian, Ubuntu: apt-get install python3-venv)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

# New pips print the warnings of setuptools, 160 lines of them, although they are told to be quiet.
setup: $(RUNNING)

$(RUNNING): requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(INSTALL) -r requirements.lock
	PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(CHECK)
	@touch $@

# What developing adds.
develop: $(DEVELOPING)

$(DEVELOPING): requirements-dev.lock $(RUNNING)
	$(INSTALL) -r requirements-dev.lock
	@$(CHECK)
	@touch $@

# What the benchmarks add, beside the environment: scoringrules compiles for seconds at each start where it finds numba.
$(BENCHMARKING): requirements-bench.lock $(DEVELOPING)
	rm -rf $(BENCH)
	$(INSTALL) --target $(BENCH) -r requirements-bench.lock
	@export PYTHONPATH=$(BENCH); $(CHECK)
	@touch $@

demo: $(RUNNING)
	$(VENV)/bin/pullback run baseline --out results/demo
	@echo "Open results/demo/report.html in a browser."

watch: $(RUNNING)
	$(VENV)/bin/pullback watch

# One more test at a time than there are processors; those of a file one after the other, on what they made once. Files come by name:
# by their number of tests, as xdist would have them, the longest come last, and one processor has nothing to do meanwhile.
TESTS = -n auto --dist loadfile --no-loadscope-reorder

# Tests start the program by the hundred, and each process would compile it anew where Python is kept from writing what it compiled.
PYTEST = PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest

test: $(DEVELOPING)
	$(PYTEST) $(TESTS)

# Which lines the tests run, those of worker processes with them; a page of every file in build/coverage.
coverage: $(DEVELOPING)
	$(PYTEST) $(TESTS) --cov --cov-report term:skip-covered --cov-report html

# Checks that take minutes; what they came to is kept in tests/verify-last.json.
verify: $(DEVELOPING)
	$(VENV)/bin/python -m tests.verify

lint: $(DEVELOPING)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# The tables of docs/MODEL.md, made anew from the code, and docs/SOURCES.md from its table.
odd: $(DEVELOPING)
	$(VENV)/bin/python -m tests.project.test_odd --refresh

# Pages of every public name, from the docstrings, in build/reference.
MODULES = $(sort $(subst /,.,$(patsubst %/__init__,%,$(basename $(filter-out sim/__init__.py %__main__.py sim/cli/%,$(wildcard sim/*.py sim/*/*.py sim/*/*/*.py))))))

reference: $(DEVELOPING)
	$(VENV)/bin/python -m pdoc $(MODULES) --output-directory build/reference

# With nothing stored yet there is nothing to compare with: the first run only stores.
COMPARE = $(if $(wildcard .benchmarks/*/*.json),--benchmark-compare)

bench: $(BENCHMARKING)
	PYTHONPATH=$(BENCH) $(VENV)/bin/python -m pytest benchmarks --benchmark-quiet --benchmark-autosave $(COMPARE)

# How cost grows with runs, days, cells and processes; draws benchmarks/scaling.svg.
scaling: $(BENCHMARKING)
	PYTHONPATH=$(BENCH) $(VENV)/bin/python -m benchmarks.scaling

# The locks made anew from pyproject.toml, and what moved: nothing that need not, or everything with UPGRADE=--upgrade, or one
# package with UPGRADE="--upgrade-package NAME". uv makes them, in an environment that is thrown away; it is needed for no other thing.
LOCKS := requirements.lock requirements-dev.lock requirements-bench.lock
LOCKING := build/locking
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(LOCKING)/bin/uv pip compile --quiet --universal --generate-hashes --no-annotate \
	--only-binary :all: --python-version 3.11 $(UPGRADE) pyproject.toml
BUILD = import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")
OMIT = sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p'

lock:
	@rm -rf $(LOCKING)
	$(PYTHON) -m venv $(LOCKING)
	$(LOCKING)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@grep -H == $(LOCKS) | sort >$(LOCKING)/before
	$(PYTHON) -c '$(BUILD)' | $(COMPILE) - --extra dashboard -o requirements.lock
	$(COMPILE) --extra dev -o requirements-dev.lock -c requirements.lock $$($(OMIT) requirements.lock)
	$(COMPILE) --extra bench -o requirements-bench.lock -c requirements.lock -c requirements-dev.lock \
		$$($(OMIT) requirements.lock requirements-dev.lock)
	@grep -H == $(LOCKS) | sort >$(LOCKING)/after
	@moved=$$(diff -U0 $(LOCKING)/before $(LOCKING)/after | grep '^[-+][a-z]' | tr -d '\\'); echo "$${moved:-No version moved.}"
	@rm -rf $(LOCKING)

clean:
	rm -rf .venv* build *.egg-info .coverage*
