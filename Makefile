# The interface of the project: demo, test, soak, bench. Everything runs in .venv, made on first use.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
REGULATION := 冀组发〔2018〕14号

MAKEFLAGS += --no-print-directory

# Debian packages that some tests need: a browser, pictures, Chinese fonts, old Word documents, an RDF engine. On a developer's machine
# a test whose package is missing is skipped and names it.
DEBIAN := chromium graphviz fonts-noto-cjk libreoffice-writer-nogui virtuoso-minimal

.PHONY: demo test lint vocabulary soak bench vulnerabilities debian screenshots clean

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要Python 3.11或更高版本（请用 make PYTHON=python3.11 …）"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "正在安装到.venv（首次约一分钟）…"
	@$(PIP) install -c constraints.txt -e .
	@$(BIN)/python -m compileall -q extract kg ontology queries
	@touch $@

.venv/.test-installed: .venv/.installed
	@$(PIP) install -c constraints.txt -e '.[test]'
	@touch $@

demo: .venv/.installed
	@rm -rf demo && mkdir demo
	@$(BIN)/kg build kg/samples --store demo/kg-store
	@echo
	@echo '> kg citing $(REGULATION)'
	@$(BIN)/kg citing '$(REGULATION)' --store demo/kg-store
	@echo
	@$(BIN)/kg export demo/graph.html --store demo/kg-store

lint: .venv/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

debian:
ifeq ($(CI),true)
	@dpkg -s $(DEBIAN) >/dev/null 2>&1 || { apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEBIAN) >/dev/null; }
endif

test: debian lint
	$(BIN)/python -m pytest -n 2

# What is made from data files in ontology/; a test says when it is out of date.
vocabulary: .venv/.installed
	$(BIN)/python -m kg.vocabulary

# The long form of what looks for defects: five minutes of load alone, then an hour of fuzzing and 200 killed builds.
# MINUTES are those of the fuzzing, in two processes.
MINUTES ?= 60
soak: .venv/.test-installed
	JISU_SOAK=$(MINUTES) $(BIN)/python -m pytest -m load
	JISU_SOAK=$(MINUTES) $(BIN)/python -m pytest -n 2 --dist worksteal -m "fuzz or soak"

.venv/.bench-installed: .venv/.test-installed
	@$(PIP) install -c constraints.txt -e '.[test,bench]'
	@touch $@

bench: .venv/.bench-installed
	$(BIN)/python -m tests.bench --keep

# pip-audit has an environment of its own: what it needs is not ours to pin.
.venv/audit/bin/pip-audit: .venv/.test-installed
	@$(PYTHON) -m venv .venv/audit && .venv/audit/bin/python -m pip --disable-pip-version-check -q install 'pip-audit>=2.10,<3'

vulnerabilities: .venv/audit/bin/pip-audit
	@$(BIN)/python -m tests.vulnerabilities $<

screenshots: .venv/.test-installed
	$(BIN)/python -m tests.screenshots

clean:
	rm -rf .venv demo artifacts build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
