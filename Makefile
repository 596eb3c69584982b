# Everything from a fresh clone: Debian or Ubuntu with Python 3.11 or newer and make.
#
#   make demo     compose songs, train a plugin, measure it, export it, hear it: a few minutes, for nothing
#   make studio   the plugins in a browser
#   make test     all checks and all tests
#   make lint     the checks alone
#   make mutants MODULE=dawg_ai.store   put bugs into a module, one at a time, and name those that no test notices
#   make wheels   a wheel for each platform, into dist
#   make bench    speed beside other programs, into benchmarks/results

PYTHON ?= python3
# On Linux, PyPI's PyTorch brings gigabytes of CUDA; its own index has it without. With a graphics card:
# make TORCH_INDEX=https://pypi.org/simple
TORCH ?= torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
BIN := .venv/bin
# The kernels of a checkout are compiled by the Numba that is installed in it, not by one that pip installs for that.
PIP := DAWG_SKIP_KERNELS=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint bench studio mutants kernels wheels
.DEFAULT_GOAL := demo

demo: .venv/train.stamp kernels
	$(BIN)/dawg demo

studio: .venv/train.stamp kernels
	$(BIN)/dawg studio

lint: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: .venv/dev.stamp lint
	$(BIN)/python -m dawg_ai.native linux-x86-64 linux-aarch64
	$(BIN)/python -m pytest

mutants: .venv/dev.stamp
	$(BIN)/python tests/mutation.py $(MODULE)

bench: .venv/bench.stamp kernels
	for each in benchmarks/*.py; do $(BIN)/python $$each || exit 1; done

# The library of kernels, if it is missing or of other sources: a minute of two cores, which no kernel then takes.
kernels: .venv/train.stamp
	$(BIN)/python -m dawg_ai.native

PLATFORMS := linux-x86-64 linux-aarch64 darwin-x86-64 darwin-aarch64 win32-x86-64 win32-aarch64
wheels: .venv/dev.stamp
	$(PIP) --editable '.[train,dev,wheels]'
	$(BIN)/python -m dawg_ai.native $(PLATFORMS)
	for each in $(PLATFORMS); do \
		DAWG_PLATFORM=$$each $(BIN)/python -m pip wheel --no-deps --no-build-isolation -w dist . || exit 1; done

.venv/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || .ci/packages python3-venv
	$(PYTHON) -m venv .venv
	touch $@

.venv/train.stamp: .venv/made.stamp pyproject.toml
	@echo "installing, about 1.5 GB on disk ..."
	$(PIP) --retries 1 --extra-index-url $(TORCH_INDEX) '$(TORCH)'
	$(PIP) --editable '.[train]'
	touch $@

.venv/dev.stamp: .venv/train.stamp
	$(PIP) --editable '.[train,dev]'
	touch $@

.venv/bench.stamp: .venv/dev.stamp
	$(PIP) --editable '.[train,dev,bench]'
	touch $@
