# make repro      run the pipeline               make lint   check the style and the layers
# make test       run the tests                  make docs   build the documentation into site/
# make test-all   run the slow tests too         make smoke  run four experiments and compare them
# make bench      measure the speed beside the report's reference code and the machine's limit; BENCH=--quick
# Each makes the virtual environment first if it is missing.

PYTHON ?= python3
# the address of an index with PyTorch's CPU builds; without it, Linux gets the builds with CUDA, gigabytes
TORCH_INDEX ?=
IN_VENV = PATH="$(CURDIR)/.venv/bin:$$PATH"
PYTEST = OMP_NUM_THREADS=1 pytest -n logical --dist loadfile # threads of several processes would fight

.PHONY: repro test test-all smoke bench lint format docs venv
repro: .venv/installed
	$(IN_VENV) dvc repro

test: .venv/installed
	$(IN_VENV) $(PYTEST) -m 'not slow'

test-all: test
	$(IN_VENV) $(PYTEST) -m slow

smoke: .venv/installed
	$(IN_VENV) brainseg sweep experiments/smoke.yaml --jobs 2

bench: .venv/installed
	$(IN_VENV) python -m benchmarks.bench $(BENCH)

lint: .venv/installed
	$(IN_VENV) ruff check .
	$(IN_VENV) ruff format --check .
	$(IN_VENV) lint-imports --no-cache

format: .venv/installed
	$(IN_VENV) ruff check --fix .
	$(IN_VENV) ruff format .

# not --quiet: that hides the warnings from --strict, and every fault passes
docs: .venv/installed
	$(IN_VENV) NO_MKDOCS_2_WARNING=1 mkdocs build --strict

venv: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("brainseg needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),.venv/bin/pip install --quiet --index-url $(TORCH_INDEX) "$$(grep '^torch==' constraints.txt)")
	.venv/bin/pip install --quiet --constraint constraints.txt --editable '.[dev,docs]'
	touch .venv/installed
