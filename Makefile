# Everything one does with Limelight. `make help` lists it; every target sets itself up from nothing.

PYTHON := .venv/bin/python
READY := .venv/.synced
# Longest suites first: they come first in the tree.
SHARED_OUT := -n logical --maxprocesses 4 --dist loadscope --no-loadscope-reorder
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run dev smoke invoke test fuzz bench lint validate fmt lock docs indexes apidiff build migrate seed clean pgbouncer chromium

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: $(READY) ## The whole product, deployed to a local AWS, with demo data (PORTS=free for free ports)
	@$(PYTHON) -m local run $(if $(PORTS),--ports $(PORTS))

dev: $(READY) ## All routes in one reloading server with interactive docs (PORTS=free for free ports)
	@$(PYTHON) -m local dev $(if $(PORTS),--ports $(PORTS))

smoke: $(READY) ## Deploy the stack on free ports, walk the product's story over HTTP, tear down
	@$(PYTHON) -m local smoke

invoke: $(READY) ## Run one function as Lambda would: FUNCTION=streams/join EVENT=events/streams/join.json
	@$(PYTHON) -m local invoke "$(FUNCTION)" "$(EVENT)"

test: $(READY) pgbouncer chromium ## Run every test (ARGS="tests/local -k ports" for some)
	@$(PYTHON) -m pytest $(SHARED_OUT) $(ARGS)

fuzz: $(READY) pgbouncer ## Send every operation requests that no run has sent before (REQUESTS=100 of each kind)
	@LIMELIGHT_FUZZ_REQUESTS=$(or $(REQUESTS),100) $(PYTHON) -m pytest tests/integration/fuzz $(ARGS)

bench: $(READY) pgbouncer ## Measure the pool, the ledger, cold starts and more beside what they compare with (ARGS="pool" for one)
	@$(PYTHON) -m tests.bench $(ARGS)

lint: $(READY) ## Check style and types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy layers/common functions local tests

validate: $(READY) ## Check the template as SAM and CloudFormation read it
	@sam validate --lint --region us-east-1
	@cfn-lint .github/deploy-role.yaml

fmt: $(READY) ## Format the code and fix what can be fixed
	@$(PYTHON) -m ruff check --fix --exit-zero .
	@$(PYTHON) -m ruff format .

lock: $(READY) ## Lock the dependencies again, and what the layer installs of them
	@uv lock
	@$(PYTHON) -m local requirements
	@sh local/bootstrap.sh

docs: $(READY) ## Write the generated documents: OpenAPI, the catalogue of endpoints, rights in the database
	@$(PYTHON) -m local docs

indexes: $(READY) pgbouncer ## Write down again which indexes PostgreSQL takes for every query
	@LIMELIGHT_WRITE_INDEXES=1 $(PYTHON) -m pytest tests/plans/test_indexes.py

apidiff: $(READY) ## Fail when the API document breaks clients of BASE=main in a way that is not stated
	@$(PYTHON) -m local apidiff $(if $(BASE),--base $(BASE))

build: $(READY) ## Build the layer and the functions for Lambda (ARCH=x86_64 for another than arm64)
	@sam build

migrate: $(READY) ## Apply supabase/migrations to DIRECT_DATABASE_URL
	@$(PYTHON) -m local migrate

seed: $(READY) ## Fill the running stack with made-up people, streams, chat and gifts (SCALE=0.1 SEED=7)
	@$(PYTHON) -m local seed $(if $(SCALE),--scale $(SCALE)) $(if $(SEED),--seed $(SEED))

clean: $(READY) ## Forget the local database, keys, logs and builds
	@$(PYTHON) -m local clean

pgbouncer:
	@sh local/install-pgbouncer.sh

chromium:
	@sh local/install-chromium.sh

# Kept up with the lock: an environment that lacks a dependency fails in odd places.
$(READY): uv.lock pyproject.toml .python-version local/bootstrap.sh
	@sh local/bootstrap.sh
	@touch $@
