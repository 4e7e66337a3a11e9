# Everything happens in .venv, which is made on first use. Needs Python 3.11 or newer with pip, and make.

PYTHON ?= python3
VENV ?= .venv
KERAS ?=
OLDEST := $(shell sed -n 's/^ *"keras>=\(.*\)",/\1/p' pyproject.toml)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
TESTS := $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile
export TF_CPP_MIN_LOG_LEVEL ?= 3

.DEFAULT_GOAL := help

.PHONY: help demo test test-all test-tensorflow test-jax test-torch test-oldest test-newest lint format tables claims docs bench clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "kerasparts needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml
	@echo "Installing kerasparts with TensorFlow and Matplotlib into $(VENV) ..."
	@$(PIP) --editable '.[plots]'
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml
	@echo "Installing kerasparts and its tools into $(VENV) ..."
	@$(PIP) --editable '.[dev]' $(KERAS)
	@touch $@ $(VENV)/.demo

$(VENV)/.all: $(VENV)/.dev
	@echo "Installing JAX, Torch, Ray, ONNX and peers to compare with into $(VENV) ..."
	@$(PIP) --editable '.[dev,jax,torch,ray,export,peers]'
	@touch $@

demo: $(VENV)/.demo  ## train, diagnose, save and reload a model on real data
	@$(BIN)/python examples/quickstart.py

test: $(VENV)/.dev  ## run the tests on TensorFlow, but for those marked as slow
	KERAS_BACKEND=tensorflow $(TESTS) -m "not slow"

test-oldest:  ## the same with the oldest Keras that is supported, in an environment of its own
	@$(MAKE) test VENV=.venv-oldest KERAS="keras==$(OLDEST).0"

test-newest:  ## the same with the newest Keras that is published
	@rm -f .venv-newest/.dev
	@$(MAKE) test VENV=.venv-newest KERAS="--upgrade keras"

test-tensorflow: $(VENV)/.dev
	KERAS_BACKEND=tensorflow $(TESTS)

test-all: $(VENV)/.all  ## run all tests on TensorFlow, JAX and Torch
	KERAS_BACKEND=tensorflow $(TESTS)
	KERAS_BACKEND=jax $(TESTS)
	KERAS_BACKEND=torch $(TESTS)

test-jax test-torch: test-%: $(VENV)/.all
	KERAS_BACKEND=$* $(TESTS) $(ARGUMENTS)

lint: $(VENV)/.dev  ## check style and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: $(VENV)/.dev  ## mend style and formatting
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

tables: $(VENV)/.dev  ## write README's table of parts anew
	@$(BIN)/python docs/write_tables.py

claims: $(VENV)/.dev  ## measure what the notes claim and write the table into examples/README.md
	@$(BIN)/python examples/claims.py --write

$(VENV)/.docs: $(BIN)/python pyproject.toml
	@echo "Installing kerasparts and what builds its pages into $(VENV) ..."
	@$(PIP) --editable '.[docs]'
	@touch $@

docs: $(VENV)/.docs  ## build the pages, one for each part, into build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo "Read them: $(BIN)/python -m http.server --directory build/site"

bench: $(VENV)/.dev  ## run all benchmarks in short forms and write benchmarks/RESULTS.md
	@$(BIN)/python benchmarks/run.py

clean:  ## remove the environment, caches and what the demo wrote
	rm -rf $(VENV) .venv-oldest .venv-newest build dist .pytest_cache .ruff_cache saved_models/quickstart.* examples/figures
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
