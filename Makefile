# `make` lists the targets. Every target sets itself up.
.DEFAULT_GOAL := list
.PHONY: list setup run check test long bench fuzz chaos gallery docs lock

list: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile

setup: ## make .venv from the lock file
	@scripts/setup

run: setup ## everything on one machine, with demo data: make run ARGS="--port 8000"
	@.venv/bin/smartbill demo $(ARGS)

check: setup ## format, lint, types, import contracts, Django checks, dead code
	@scripts/check

test: setup check ## check and all tests
	@scripts/test $(ARGS)

lock: setup ## write requirements.lock anew
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --extra dev --python-version 3.11 \
	  --no-header --no-emit-index-url --output-file requirements.lock pyproject.toml
