# 平安态势: two commands do everything, on a bare machine with Python 3.11 or newer.
#   make run    serve the cockpit (HOST, PORT, PINGAN_HOME change where and what)
#   make test   install what the tests need, then run all of them (ARGS='-k words' runs some, PROCESSES=0 in one process)
#   make help   list every command

HOST ?= 127.0.0.1
PORT ?= 8501
PINGAN_HOME ?= var
ARGS ?=
PROCESSES ?= 2
NAME ?= toronto
DATA ?= $(firstword $(wildcard ../shared/data/*$(NAME)*) $(wildcard ../shared/data/*$(firstword $(subst _, ,$(NAME)))*))
EXAMPLES = $(sort $(basename $(notdir $(wildcard examples/*.toml))))
EXAMPLE_HOME = $(if $(filter var,$(PINGAN_HOME)),var/$(NAME),$(PINGAN_HOME))
export PINGAN_HOME
export PYTHONUTF8 = 1

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALL := $(PYTHON) -m pip install --disable-pip-version-check --no-input -q --require-hashes -r
LOCK := uv pip compile pyproject.toml -q --universal --python-version 3.11 --generate-hashes

.PHONY: run example free-port demo test bench lint advisories format lock system-packages clean help
.DELETE_ON_ERROR:

# A pointer says that a snapshot is served: the program, which takes a second to start, is asked only where there is none.
run: $(VENV)/.runtime free-port ## serve the cockpit on http://HOST:PORT; builds the demonstration city when there is no database
	@[ -z "$$DATABASE_URL" ] && [ -e "$(PINGAN_HOME)/current.json" ] || { $(PYTHON) -m data_access demo --if-empty && { [ -n "$$DATABASE_URL" ] || $(PYTHON) -m dashboard.server.first_stills || true; }; }
	@exec $(PYTHON) -m dashboard.front --server.address $(HOST) --server.port $(PORT)

example: $(VENV)/.runtime free-port ## turn real data into a cockpit and serve it (NAME=london; the names are those of examples/)
	@[ -f examples/$(NAME).toml ] || { echo "没有名为 $(NAME) 的示例，可用：$(EXAMPLES)。(No such example; there are those.)" >&2; exit 1; }
	@[ -n "$(DATA)" ] || { echo "未找到示例 $(NAME) 的数据，请写明 DATA=文件夹。(Say by DATA=… where its files are.)" >&2; exit 1; }
	@$(PYTHON) -m data_access --home $(EXAMPLE_HOME) build --mapping examples/$(NAME).toml --data $(DATA)
	@PINGAN_HOME=$(EXAMPLE_HOME) $(PYTHON) -m dashboard.front --server.address $(HOST) --server.port $(PORT)

free-port: $(VENV)/.runtime
	@$(PYTHON) -S scripts/refuse_taken_port.py $(HOST) $(PORT)

demo: $(VENV)/.runtime ## build the demonstration city anew and publish it
	@$(PYTHON) -m data_access demo

test: system-packages $(VENV)/.development ## install what the tests need, then run all of them
	@$(PYTHON) -m pytest -n $(PROCESSES) $(ARGS); code=$$?; $(if $(TEST_STATUS),echo $$code >"$(TEST_STATUS)",exit $$code)

bench: $(VENV)/.development ## measure speed and memory (BENCH_ROWS=10000000 for the full size, ARGS="import queries" for some parts)
	@$(PYTHON) -m benchmarks.bench $(ARGS)

advisories: ## check the lock against published vulnerabilities (needs pip-audit and an index that publishes them)
	@command -v pip-audit >/dev/null || { echo "make advisories needs pip-audit. Install it (pip install pip-audit) and run again." >&2; exit 1; }
	@pip-audit --strict --require-hashes --disable-pip -r requirements.txt || { \
		echo "See above: a version is known to be vulnerable, or ('not found') the index here publishes no advisories and" \
			"nothing was checked. In that case run this where PyPI itself can be reached." >&2; exit 1; }

lint: $(VENV)/.development ## check format, style, types and the direction of imports
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@$(PYTHON) $(VENV)/bin/lint-imports

format: $(VENV)/.development ## format the code and mend what can be mended
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

lock: ## compile requirements.txt and requirements-dev.txt from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv. Install it (pip install uv) and run again." >&2; exit 1; }
	$(LOCK) -o requirements.txt
	$(LOCK) --extra dev -c requirements.txt -o requirements-dev.txt

system-packages: ## install Chromium, a Chinese font, PostgreSQL, LibreOffice, HAProxy, nginx and Java for the tests, where apt can and they are absent
	@sh scripts/system_packages.sh

clean: ## remove the virtual environment, caches and build; never the data
	rm -rf $(VENV) build .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis

help: ## list every command
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '%-22s %s\n' "$$name" "$$text"; done

$(PYTHON):
	@sh scripts/make_environment.sh $(VENV)

# A stamp is newer than the lock it stands for, so that the second run installs nothing.
$(VENV)/.runtime: requirements.txt | $(PYTHON)
	@echo "Installing requirements.txt …"
	@$(INSTALL) requirements.txt
	@$(PYTHON) -m compileall -q dashboard data_access pages
	@touch $@

$(VENV)/.development: requirements-dev.txt | $(PYTHON)
	@echo "Installing requirements-dev.txt …"
	@$(INSTALL) requirements-dev.txt
	@touch $@ $(VENV)/.runtime
