# make repro   run the pipeline        make test   run the tests        make lint   check the style
# Each makes the virtual environment first if it is missing.

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro test lint format venv
repro: .venv/installed
	dvc repro
	@echo && dvc metrics show

test: .venv/installed
	pytest

lint: .venv/installed
	ruff check .
	ruff format --check .

format: .venv/installed
	ruff check --fix .
	ruff format .

venv: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("brainseg needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch .venv/installed
