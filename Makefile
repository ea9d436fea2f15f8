# make setup   build .venv with all that macedance needs
# make demo    make demo.mp4 from the example song and the example dancer
# make test    run the tests, with their tools
# make lint    style, types, layers
# make clean   remove what the above have built, .venv too
#
# Each command builds what it needs first. PYTHON=/path/to/python3.11 chooses the Python,
# PIP_ARGS="..." reaches pip (an index with CPU builds of torch, a wheel folder).

SHELL := /bin/bash
.DEFAULT_GOAL := setup
.DELETE_ON_ERROR:
.PHONY: setup demo test lint clean

PYTHON ?= $(shell for name in python3.11 python3.12 python3 python; do \
	if "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
		2>/dev/null; then command -v "$$name"; break; fi; done)
PIP_ARGS ?=
BIN := .venv/bin
INSTALLED := .venv/.installed
TOOLS := .venv/.tools
WARM := .venv/.warm
SYSTEM := .venv/.system
PACKAGES := python3 python3-venv ffmpeg

setup: $(WARM)

demo: $(WARM)
	$(BIN)/macedance generate examples/song.wav examples/dancer.png -o demo.mp4 --force

test: $(WARM) $(TOOLS)
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

lint: $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv build dist *.egg-info demo.mp4 .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A rule of its own, so that PYTHON is looked for anew when it has been installed.
$(SYSTEM): .ci/check-system
	@PYTHON="$(PYTHON)" PACKAGES="$(PACKAGES)" bash .ci/check-system
	@mkdir -p .venv && touch $@

$(INSTALLED): pyproject.toml constraints.txt $(SYSTEM)
	test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install $(PIP_ARGS) -c constraints.txt torch
	$(BIN)/python -m pip install $(PIP_ARGS) -c constraints.txt -e .
	@touch $@

# Only for those who change something: pytest, ruff, mypy and the like.
$(TOOLS): $(INSTALLED)
	$(BIN)/python -m pip install $(PIP_ARGS) -c constraints.txt -e '.[dev]'
	@touch $@

# The first use of librosa and of our own compiled loops compiles for half a minute; do it now.
$(WARM): $(INSTALLED)
	$(BIN)/macedance generate examples/song.wav examples/dancer.png -o .venv/warm.mp4 \
		--duration 2 --workspace .venv/warm --force
	@touch $@
