# make verify  set everything up and run the main job: the report is gradproof-report.html
# make test    set everything up and run all tests
# make lint    format, lint, types, import rules
# make bench   the figures of docs/figures.md (peers come with: .venv/bin/pip install -e '.[peers]')

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: verify test lint format bench clean

verify: $(READY)
	$(BIN)/gradproof verify --graphs 300 --report gradproof-report.html

test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/run.py

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Gradproof needs Python 3.11 or newer; say which with: make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --config-settings editable_mode=compat --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist *.egg-info .gradproof gradproof-report.html
