# `make` lists the targets. Every target sets itself up.
.DEFAULT_GOAL := list
.PHONY: list setup run check test long bench fuzz chaos gallery docs lock

list: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' Makefile

setup: ## make .venv from the lock file
	@scripts/setup

run: setup ## everything on one machine, with demo data: make run ARGS="--port 8000"
	@.venv/bin/smartbill demo $(ARGS)

check: setup ## format, lint, types, import contracts, texts, Django checks, migrations, dead code
	@scripts/check

test: check ## check and all tests; one of them: make test ARGS="tests/core -k money"
	@scripts/test $(ARGS)

long: setup ## the tests that take long: chaos, fuzz, attacks
	@scripts/test -m long $(ARGS)
	@scripts/test -m hypothesis --hypothesis-profile=fuzz
	@.venv/bin/python -m tests.fuzz

bench: setup ## measures of speed and memory: make bench ARGS="ingest"
	@.venv/bin/smartbill bench $(or $(ARGS),all)

fuzz: setup ## 100,000 spoiled inputs for all readers: make fuzz ARGS="--inputs 5000 --seed any --target pdf"
	@.venv/bin/python -m tests.fuzz $(ARGS)

chaos: setup ## kills every process at any point and counts what is left
	@scripts/test -m long -k chaos $(ARGS)

gallery: setup ## pictures of every page of the demo: make gallery ARGS="--folder /tmp/gallery"
	@scripts/browser
	@.venv/bin/python -m tests.gallery $(ARGS)

docs: setup ## links of the docs; every setting and command is in them
	@.venv/bin/pytest --quiet tests/test_docs.py

lock: setup ## write requirements.lock anew
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --extra dev --python-version 3.11 \
	  --no-header --no-emit-index-url --output-file requirements.lock pyproject.toml
