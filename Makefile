# Python writes no byte code where this is set, and every start would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help up down test lint bench plan client breaking lock

BIN := .venv/bin
INSTALLED := .venv/.installed
LOCK = $(BIN)/uv pip compile --universal --generate-hashes --no-header --quiet
# The first Python on PATH that is new enough; `make PYTHON=...` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 8

up: $(INSTALLED) ## Start the system on this machine, or bring it up to date (PORT=9443 chooses the endpoint's port)
	@$(BIN)/python -m local up $(if $(PORT),--port $(PORT))

down: $(INSTALLED) ## Stop every process of it; PURGE=1 removes its data too
	@$(BIN)/python -m local down $(if $(PURGE),--purge)

test: $(INSTALLED) ## Run every test that can run here
	@$(BIN)/python -m pytest $(ARGS)

lint: $(INSTALLED) $(BIN)/actionlint ## Check style, types, import contracts, workflows and policy
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python -m app.contract.generate --check
	@$(BIN)/python -m app.contract.events.generate --check
	@$(BIN)/python -m tools.settings --check
	@PYTHONPATH=. $(BIN)/lint-imports
	@test ! -x $(BIN)/actionlint || $(BIN)/actionlint
	@$(BIN)/zizmor --offline --quiet .github
	@$(BIN)/check-jsonschema -q --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema -q --builtin-schema vendor.github-actions .github/actions/*/action.yml
	@$(BIN)/python -m policy --stack local --stack dev --stack prod

bench: $(INSTALLED) ## Measure what is claimed, as ratios, and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench

plan: $(INSTALLED) ## List what STACK=prod declares, offline
	@$(BIN)/python -m local plan --stack $(or $(STACK),prod)

client: $(INSTALLED) ## Write the typed Python client into dist/client
	@$(BIN)/python -m tools.client

breaking: $(INSTALLED) ## Say what of the contract can break callers of AGAINST=main
	@$(BIN)/python -m tools.breaking --against $(or $(AGAINST),main)

lock: $(INSTALLED) ## Pin every requirements.in anew, with hashes
	@$(BIN)/pip install --quiet uv
	@$(LOCK) --python-version 3.11 requirements.in -o requirements.txt
	@cd policy/crossguard && ../../$(LOCK) --python-version 3.11 requirements.in -o requirements.txt
	@cd app/services && ../../$(LOCK) --python-version 3.13 requirements.in -o requirements.txt

# Its makers publish no wheel. Go builds the release that the pull request's checks use, and compares its source with the
# public checksum database.
$(BIN)/actionlint: | $(INSTALLED)
	@GOBIN="$(CURDIR)/$(BIN)" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 || \
		echo "actionlint is left to the pull request's checks: building it needs Go and its module proxy." >&2

$(INSTALLED): requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and not on PATH; set PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "installing into .venv (a minute or two, once)"
	@start=$$(date +%s); \
	$(PYTHON) -m venv .venv && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt && \
	touch $@ && echo "install $$(( $$(date +%s) - start )) s"
