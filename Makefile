# Python writes no byte code where this is set, and every start would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install up demo console down test lint bench proof plan service client breaking lock anew

BIN := .venv/bin
INSTALLED := .venv/.installed
LOCK = $(BIN)/uv pip compile --universal --generate-hashes --no-header --quiet
# Prints the version of a Python that is new enough.
VERSION := import sys; sys.version_info < (3, 11) and sys.exit(1); print(*sys.version_info[:2], sep=".")
EXISTING := $(shell $(BIN)/python -c 'import pip; $(VERSION)' 2>/dev/null)
# A .venv is made anew when its Python does not start, has no pip, is too old, or is not of the version that `make PYTHON=...`
# asks for.
ifdef PYTHON
KEPT := $(filter $(shell $(PYTHON) -c '$(VERSION)' 2>/dev/null),$(EXISTING))
else
KEPT := $(EXISTING)
PYTHON = $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$p" -c '$(VERSION)' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
endif

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 8

install: $(INSTALLED) ## Install everything into .venv (PYTHON=python3.13 chooses the Python)

# A KUBECONFIG of the environment is somebody's current cluster: only what is written down here counts, and so with all
# that is said of a cluster, and of data that are removed for good.
define from_here_only
ifneq ($$(origin $(1)),command line)
unexport $(1)
override $(1) :=
endif
endef
$(foreach name,KUBECONFIG CONTEXT CLUSTER IMAGES POSTGRES YES_THIS_CLUSTER FORGET PURGE YES DRY_RUN WATCH,$(eval $(call from_here_only,$(name))))

up: $(INSTALLED) ## Start the system on this machine, or bring it up to date (PORT=9443; DRY_RUN=1; WATCH=1: go on; KUBECONFIG=path: on a Kubernetes)
	@$(BIN)/python -m local up $(if $(DRY_RUN),--dry-run) $(if $(WATCH),--watch) $(if $(PORT),--port $(PORT)) $(if $(KUBECONFIG),--kubeconfig "$(KUBECONFIG)") \
		$(if $(CONTEXT),--context "$(CONTEXT)") $(if $(IMAGES),--images '$(IMAGES)') \
		$(if $(POSTGRES),--postgres "$(POSTGRES)") $(if $(YES_THIS_CLUSTER),--yes-this-cluster) \
		$(if $(CLUSTER),$(if $(filter kind,$(CLUSTER)),--kind,$(error CLUSTER must be kind, not $(CLUSTER))))

demo: $(INSTALLED) ## Make a product, sign a customer in, place an order, and show its way through both clouds
	@$(BIN)/python -m local demo

console: $(INSTALLED) ## Serve a page that shows what runs and what has happened, until Ctrl-C
	@$(BIN)/python -m local console

down: $(INSTALLED) ## Stop every process and the services in a cluster; PURGE=1 removes all data (YES=1: unasked; FORGET=1: not in the cluster)
	@$(BIN)/python -m local down $(if $(PURGE),--purge) $(if $(FORGET),--forget) $(if $(YES),--yes)

test: $(INSTALLED) ## Run every test that can run here; FAST=1 leaves out the slow ones
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(if $(FAST),--fast) $(ARGS)

lint: $(INSTALLED) $(BIN)/actionlint ## Check style, types, import contracts, workflows and policy
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python -m tools.generate --check
	@PYTHONPATH=. $(BIN)/lint-imports
	@test ! -x $(BIN)/actionlint || $(BIN)/actionlint
	@$(BIN)/zizmor --offline --quiet .github
	@$(BIN)/check-jsonschema -q --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema -q --builtin-schema vendor.github-actions .github/actions/*/action.yml
	@$(BIN)/python -m policy --stack local --stack dev --stack prod

bench: $(INSTALLED) ## Measure what is claimed, as ratios, and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench

# Cases that are left out (ARGS="-k canary") keep their lines in the page.
proof: $(INSTALLED) ## Measure on a disposable Kubernetes what is claimed, and write docs/proof.md (KUBECONFIG=path)
	@test -n "$(KUBECONFIG)" || { echo "Name a disposable cluster: make proof KUBECONFIG=path" >&2; exit 1; }
	@rm -f .proof.json
	@TEST_KUBECONFIG="$(KUBECONFIG)" TEST_CONTEXT="$(CONTEXT)" TEST_YES_THIS_CLUSTER="$(YES_THIS_CLUSTER)" \
		TEST_IMAGES='$(IMAGES)' TEST_POSTGRES="$(POSTGRES)" PROOF_FILE="$(CURDIR)/.proof.json" \
		$(BIN)/python -m pytest tests/cluster/system --numprocesses=0 --timeout=1800 $(ARGS); \
	failed=$$?; test ! -e .proof.json || $(BIN)/python -m tests.cluster.page .proof.json && exit $$failed

plan: $(INSTALLED) ## List what STACK=prod declares, offline
	@$(BIN)/python -m planning plan --stack $(or $(STACK),prod)

service: $(INSTALLED) ## Write a new FastAPI service: NAME=inventory, and KEY=sku for what identifies an entry
	@$(BIN)/python -m tools.service "$(NAME)" $(if $(KEY),--key "$(KEY)")

client: $(INSTALLED) ## Write the typed Python client into dist/client
	@$(BIN)/python -m tools.client

breaking: $(INSTALLED) ## Say what of the contract can break callers of AGAINST=main
	@$(BIN)/python -m tools.breaking --against $(or $(AGAINST),main)

lock: $(INSTALLED) ## Pin every requirements.in anew, with hashes
	@$(LOCK) --python-version 3.11 requirements.in -o requirements.txt
	@cd policy/crossguard && ../../$(LOCK) --python-version 3.11 requirements.in -o requirements.txt
	@cd app/services && ../../$(LOCK) --python-version 3.13 requirements.in -o requirements.txt

# Its makers publish no wheel. Go builds the release that the pull request's checks use, and compares its source with the
# public checksum database.
$(BIN)/actionlint: | $(INSTALLED)
	@GOBIN="$(CURDIR)/$(BIN)" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 || \
		echo "actionlint is left to the pull request's checks: building it needs Go and its module proxy." >&2

# pip installs uv as the lock pins it, and uv installs the rest: from the index that pip is configured with, and trusting the
# certificates of this machine, as pip does.
$(INSTALLED): requirements.txt $(if $(KEPT),,anew)
	@$(if $(KEPT),true,$(or $(PYTHON),false) -c '$(VERSION)' >/dev/null 2>&1) || \
		{ echo "Python 3.11 or newer is needed and not on PATH; set PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "Installing what requirements.txt pins into .venv: once, some 220 MB to download."
	@start=$$(date +%s); \
	$(if $(KEPT),,$(PYTHON) -m venv --clear .venv &&) \
	sed -n '/^uv==/,/[^\\]$$/p' requirements.txt | \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r /dev/stdin && \
	index=$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}; \
	UV_SYSTEM_CERTS=1 $(BIN)/uv pip install --python $(BIN)/python --require-hashes \
		$${index:+--default-index "$$index"} -r requirements.txt && \
	touch $@ && echo "install $$(( $$(date +%s) - start )) s"
