# make repro   run the pipeline        make test   run the tests        make lint   check the style and the layers
# make smoke   run four experiments and compare them        make docs   build the documentation into site/
# Each makes the virtual environment first if it is missing.

PYTHON ?= python3
IN_VENV = PATH="$(CURDIR)/.venv/bin:$$PATH"

.PHONY: repro test smoke lint format docs venv
repro: .venv/installed
	$(IN_VENV) dvc repro

test: .venv/installed
	$(IN_VENV) OMP_NUM_THREADS=1 pytest -n logical --dist loadfile  # threads of several processes would fight

smoke: .venv/installed
	$(IN_VENV) brainseg sweep experiments/smoke.yaml --jobs 2

lint: .venv/installed
	$(IN_VENV) ruff check .
	$(IN_VENV) ruff format --check .
	$(IN_VENV) lint-imports --no-cache

format: .venv/installed
	$(IN_VENV) ruff check --fix .
	$(IN_VENV) ruff format .

# never with --quiet: it hides the warnings from --strict, and everything passes
docs: .venv/installed
	$(IN_VENV) NO_MKDOCS_2_WARNING=1 mkdocs build --strict

venv: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("brainseg needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --constraint constraints.txt --editable '.[dev,docs]'
	touch .venv/installed
