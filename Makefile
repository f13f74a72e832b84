# `make help` lists what there is. Every target sets up what it needs the first time, in .venv.
# Nothing here depends on where the project lies: all paths are relative, a path with a space is fine.

PYTHON ?= python3
PYTEST_ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet --quiet

INSTALLED := $(VENV)/.stamp-installed
BENCH := $(VENV)/.stamp-bench

# What the runtime's extensions are made of: a change here installs again, a change in Python code does not.
NATIVE_SOURCES := $(wildcard runtime/src/*.c runtime/src/*.h runtime/include/*.h runtime/vmstate/_build_*.py \
	runtime/vmstate/_cdef/*.h)

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(INSTALLED) ## take a stream of a real QEMU, decode its devices, write them again, compare
	@$(PY) -m examples.demo

.PHONY: tinyvm
tinyvm: $(INSTALLED) ## a machine moves to another process while it runs, over every transport
	@$(PY) -m examples.tinyvm show

.PHONY: test
test: lint ## lint, types, spelling and all tests but the long ones
	$(PY) -m pytest -n 2 --dist loadfile --max-worker-restart=0 -m "not long" $(PYTEST_ARGS)

.PHONY: test-long
test-long: $(INSTALLED) ## all tests, property tests with many more examples
	HYPOTHESIS_PROFILE=long $(PY) -m pytest $(PYTEST_ARGS)

.PHONY: test-asan
test-asan: $(INSTALLED) ## native code and the Python runtime under AddressSanitizer and UndefinedBehaviorSanitizer
	VMS_SANITIZE=1 $(PY) -m pytest tests/native $(PYTEST_ARGS)
	sh scripts/sanitized.sh $(PY) $(PYTEST_ARGS)

.PHONY: bench
bench: $(INSTALLED) $(BENCH) ## measure against peers, in one run; prints ratios
	@$(PY) -m benchmarks
	@$(PY) -m benchmarks.channels
	@$(PY) -m benchmarks.ram
	@$(PY) -m benchmarks.machines
	@$(PY) -m benchmarks.rewinding
	@$(PY) -m benchmarks.tinyvm

.PHONY: lint
lint: $(INSTALLED) ## ruff (rules and layout), mypy --strict, codespell
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/codespell

.PHONY: format
format: $(INSTALLED) ## lay the Python code out
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

.PHONY: build
build: $(INSTALLED) ## a source distribution and the wheel made from it, in dist/
	$(PY) -m build

.PHONY: setup
setup: $(INSTALLED) ## only set up .venv and build the runtime

.PHONY: clean
clean: ## remove everything that was made, .venv too
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name '*.egg-info' -type d -prune -exec rm -rf {} +
	find runtime -name '*.so' -delete

# The folder is taken as it is if somebody made it already; pip asks for nothing that is there and new enough.
$(INSTALLED): pyproject.toml setup.py scripts/preflight.sh $(NATIVE_SOURCES)
	@sh scripts/preflight.sh "$(PYTHON)"
	@test -x $(PY) || { echo "making $(VENV)"; "$(PYTHON)" -m venv $(VENV); }
	@echo "installing into $(VENV) and building the runtime (the first time takes a minute)"
	@$(PIP) install "pip>=24" "setuptools>=77" "cffi>=1.16"
	@$(PIP) install --no-build-isolation --editable ".[dev]"
	@touch $@

$(BENCH): $(INSTALLED)
	@$(PIP) install --no-build-isolation --editable ".[bench]"
	@touch $@
