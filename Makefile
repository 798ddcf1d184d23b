# 平安态势: two commands do everything, on a bare machine with Python 3.11 or newer.
#   make run    serve the cockpit (HOST, PORT, PINGAN_HOME change where and what)
#   make test   install what the tests need, then run all of them

HOST ?= 127.0.0.1
PORT ?= 8501
PINGAN_HOME ?= var
export PINGAN_HOME

VENV := .venv
PYTHON := $(VENV)/bin/python

.PHONY: run demo test bench lint format lock system-packages clean

run: $(VENV)/.runtime
	@$(PYTHON) -m data_access demo --if-empty
	@$(VENV)/bin/streamlit run streamlit_app.py --server.address $(HOST) --server.port $(PORT)

demo: $(VENV)/.runtime
	@$(PYTHON) -m data_access demo

test: $(VENV)/.development system-packages
	@$(PYTHON) -m pytest

bench: $(VENV)/.development
	@$(PYTHON) -m benchmarks.bench

lint: $(VENV)/.development
	@$(VENV)/bin/ruff format --check . && $(VENV)/bin/ruff check . && $(VENV)/bin/lint-imports

format: $(VENV)/.development
	@$(VENV)/bin/ruff format . && $(VENV)/bin/ruff check --fix .

lock:
	uv pip compile pyproject.toml -q --python-version 3.11 --generate-hashes -o requirements.txt
	uv pip compile pyproject.toml -q --extra dev --python-version 3.11 --generate-hashes -c requirements.txt -o requirements-dev.txt

system-packages:
	@sh scripts/system_packages.sh

clean:
	rm -rf $(VENV) build .pytest_cache .ruff_cache .mypy_cache

$(VENV)/bin/python:
	@sh scripts/make_environment.sh $(VENV)

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	@$(VENV)/bin/pip install --disable-pip-version-check -q --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt | $(VENV)/bin/python
	@$(VENV)/bin/pip install --disable-pip-version-check -q --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime
