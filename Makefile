# Every target sets .venv up first, when it is missing or older than pyproject.toml.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
BENCH ?= all
RUN ?= demo

.PHONY: setup demo test test-long check dashboard viz bench clean

setup: $(READY)

# uv where it is installed, else venv and pip; pip reads dependency groups from 25.1 on.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tunescope needs Python 3.11 or later; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv (with PyTorch about 6 GB, a few minutes) ..."
	@if command -v uv >/dev/null; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" .venv && \
		uv pip install --quiet --python $(BIN)/python --editable . --group dev; \
	else \
		$(PYTHON) -m venv .venv && \
		$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' && \
		$(BIN)/pip install --quiet --disable-pip-version-check --editable . --group dev; \
	fi
	@touch $@

demo: $(READY)
	@$(BIN)/kedro run --params=run.id=$(RUN)

# Two at a time, files whole and in their order: much of what tests do is to wait for processes and browsers.
test: $(READY)
	$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder

test-long: $(READY)
	$(BIN)/python -m pytest -m long

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

dashboard: $(READY)
	$(BIN)/python -m dashboard

viz: $(READY)
	$(BIN)/kedro viz run

bench: $(READY)
	$(BIN)/python -m bench $(BENCH)

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis build ./*.egg-info
