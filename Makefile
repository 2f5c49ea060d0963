# Two commands: `make run` and `make test`. `make help` lists the others.

.DEFAULT_GOAL := help
.PHONY: help run test check conformance clients faults matrix mutants lock seed screenshots measure-start setup-run setup-test packages
SHELL := /bin/sh

# The first Python on the path that is new enough.
SYSTEM_PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PYTHON := .venv/bin/python

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 24

run: setup-run ## start the hub: http://localhost:8000 (Ctrl-C ends it)
	@exec $(PYTHON) -m hub.supervisor

test: packages setup-test ## everything a contribution must pass, with the set-up it needs
	@$(PYTHON) scripts/test.py test

check: setup-test ## the part of `make test` that runs no hub: style, types, layers, migrations
	@$(PYTHON) scripts/test.py check

conformance: packages setup-test ## both official OCI suites against a hub; writes docs/conformance.md
	@$(PYTHON) -m tests.conformance --write

matrix: setup-test ## the access matrix alone: every address, for everybody, with every credential
	@$(PYTHON) -m tests.matrix

MINUTES ?= 10
faults: packages setup-test ## kill the hub and fail its disk for MINUTES=10; writes docs/reliability.md
	@$(PYTHON) -m tests.faults --minutes $(MINUTES)

mutants: packages setup-test ## put known bugs into a copy of the hub, one by one; the tests must notice each
	@$(PYTHON) -m tests.mutants

seed: setup-run ## fill the hub with a believable demonstration, passwords printed
	@$(PYTHON) -m hub.supervisor prepare
	@$(PYTHON) manage.py seed_demo

clients: packages setup-test ## every client against live hubs, the long tests too; writes docs/clients.md
	@$(PYTHON) -m tests.clients.matrix

screenshots: packages setup-test ## take the pictures in docs/ from a demonstration hub
	@$(PYTHON) -m tests.browser.screenshots

packages:
	@scripts/packages.sh $(SYSTEM_PYTHON)

setup-run:
	@if [ -z "$(SYSTEM_PYTHON)" ]; then echo "Berth needs Python 3.11 or later on the path." >&2; exit 1; fi
	@$(SYSTEM_PYTHON) scripts/setup.py run

setup-test:
	@if [ -z "$(SYSTEM_PYTHON)" ]; then echo "Berth needs Python 3.11 or later on the path." >&2; exit 1; fi
	@$(SYSTEM_PYTHON) scripts/setup.py test

measure-start: ## a fresh clone: seconds to the first page, and the memory of the idle hub
	@$(SYSTEM_PYTHON) scripts/measure_start.py

lock: ## requirements/*.in into requirements/*.txt, with hashes
	@scripts/lock.sh
