# Two commands set everything up: `make demo` and `make test`. Nothing is assumed but Python 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := .tools
SYNCED := $(VENV)/.synced
LOCKS := requirements.lock requirements-torch.lock

.PHONY: setup demo test lint tools bench calibrate chaos docs lock clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(SYNCED) ## the virtual environment with everything in it

$(SYNCED): $(LOCKS) pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 13) else f"streamstress needs Python 3.11 or 3.12, and {sys.executable} is {v[0]}.{v[1]}; give another with make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --python $(BIN)/python --require-hashes --quiet $(foreach lock,$(LOCKS),-r $(lock))
	$(BIN)/uv pip install --python $(BIN)/python --no-deps --quiet --editable .
	@touch $@

demo: setup ## the whole system on this machine, from simulated waveforms to the alarm
	$(BIN)/streamstress demo $(DEMO)

test: setup ## all tests
	$(BIN)/pytest $(TESTS)

lint: setup ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

tools: setup ## programs that check charts and containers, in .tools
	@test -x $(TOOLS)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(TOOLS)
	$(BIN)/uv pip install --quiet --python $(TOOLS)/bin/python -r deploy/tools.txt

bench: setup ## speed beside competitors, into docs/performance.md; BENCH="part -- options"
	$(BIN)/python benchmarks/bench.py $(BENCH)

calibrate: setup ## accuracy and false alarms, into docs/accuracy.md; CALIBRATE="part -- options"
	$(BIN)/python benchmarks/calibrate.py $(CALIBRATE)

chaos: setup ## faults of every kind against the whole system, into docs/reliability.md; CHAOS="kill -- options"
	$(BIN)/python tests/chaos/run.py $(CHAOS)

docs: setup ## what is generated in docs/ and the chart; pages with checked links in out/docs
	$(BIN)/streamstress config reference > docs/configuration.md
	$(BIN)/streamstress topics reference > docs/topics.md
	$(BIN)/streamstress topics asyncapi > docs/asyncapi.json
	$(BIN)/streamstress metrics > docs/metrics.md
	$(BIN)/streamstress dashboards dashboards
	$(BIN)/python deploy/picture.py
	$(BIN)/python deploy/chart.py
	$(BIN)/python deploy/closure.py
	$(BIN)/python deploy/site.py out/docs

lock: ## pin every dependency again, with hashes and without addresses
	$(BIN)/python deploy/lock.py
	$(BIN)/python deploy/closure.py

clean: ## what make setup and the runs left
	rm -rf $(VENV) $(TOOLS) runs
