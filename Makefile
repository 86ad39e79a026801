# `make` alone lists the targets.
template = {{cookiecutter.project_slug}}
# Not into the template folder, where it would become a part of what is generated
uv = UV_HOME='$(CURDIR)/.uv' './$(template)/bin/uv'
PORT ?= 8000

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s%s\n", $$1, $$2 }' Makefile

demo: ## generate a site into demo/ and serve it at http://127.0.0.1:8000 (PORT=8001 for another port)
	@$(uv) run --no-dev python tests/bake.py demo
	@$(uv) run --no-dev $(MAKE) --no-print-directory -C demo/my_site run PORT=$(PORT)

screenshots: ## picture every page and state of a `make demo` that is running (docs/images)
	$(uv) run python docs/screenshots.py http://127.0.0.1:$(PORT)

bench: ## measure the site beside its peers, in under ten minutes
	$(uv) run --project bench python -m bench

bench-quick: ## the same in a minute and a half
	$(uv) run --project bench python -m bench --quick

bench-publish: ## write what `make bench` found into docs/performance.md
	$(uv) run --project bench python -m bench.publish bench/results/full.json

test: ## test the template, the sites it generates and the bench (ARGS="-k licence" for some of the template's)
	$(uv) run pytest -n 2 --dist worksteal $(ARGS)
ifndef ARGS
	$(uv) run --project bench pytest bench/tests
endif

check: ## lint, format and types of the template's own Python
	$(uv) run ruff check
	$(uv) run ruff format --check
	$(uv) run mypy hooks tests
	$(uv) run --project bench mypy --config-file bench/pyproject.toml bench

.PHONY: help demo screenshots bench bench-quick bench-publish test check
