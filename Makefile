# One command each: make demo (make demo ONCE=1 ends by itself), make test, make chaos (make chaos SEED=7 takes another
# seed, make chaos-quick two minutes or so), make bench (ten minutes; QUICK=1 takes one, JSON=file writes it as JSON,
# too, and PAGE=docs/performance.md renews the table there),
# make scale (ten minutes: many eSIMs alive, and docs/scale.md from it; SUBSCRIPTIONS=500 takes fewer, QUICK=1 a minute),
# make lock (make lock UPGRADE=1 takes newer versions).
# make sbom writes a bill of materials (CycloneDX) of each lock into build/sbom/; make audit asks an advisory database what
# is known against what they pin (make says "Error 1" where something is, "Error 3" where no database can be asked).
# make model (some minutes; QUICK=1 takes one) tries every order of a sale's moves: it needs Debian's spin, and gcc.
# make catalogs brings the catalogs of what travelers read (languages/catalogs) up to date with the program.
# make histories records anew what the replay tests replay: only when a change is not meant to be replayable any more.
# make schemas writes down what our workflows write each other in this release: once it is released.
# make contract writes the contract as JSON Schema into docs/schemas/: whenever a message of it has changed.
# make test-rest runs the tests that make test leaves out: they take long, or need Debian's chromium, prometheus, curl,
# nginx and spin (with gcc). Those that measure run after all others, two at a time.
# make test-many runs those with thousands of eSIMs, millions of states, or all cases of what make test-rest has some of.
# make test-clients makes clients from the OpenAPI document and compiles them: those in Java and Go need a JDK, Maven and Go.
# make screenshots renews the pictures of the Web UI and of the portal in docs/, with Debian's chromium.
# make drill sets up a system in which twenty things have gone wrong, and prints what customers say of them; make drill
# ANSWERS=1 shows the causes as well.
# make chaos TEMPORAL_ADDRESS=host:7233 and make bench TEMPORAL_ADDRESS=… run on that cluster, and leave it as it was:
# namespace, TLS and API key are those of TEMPORAL_*, as the workers take them.
# PYTHON=/path/to/python picks the Python of .venv.
# Compiled Python is kept whatever the caller's environment says: workflows are loaded anew for every run.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: demo drill test test-rest test-many test-clients screenshots chaos chaos-quick model bench scale histories schemas contract catalogs lock sbom audit

PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
COMPILE := .venv/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

# Only where it stands on make's own command line: what the environment of a terminal leads to is not to be broken.
GIVEN := $(if $(filter command line,$(origin TEMPORAL_ADDRESS)),--address $(TEMPORAL_ADDRESS))

# What failed beside others, that had their share of the machine, is run once more by itself, and only what fails then
# fails make. Both are printed: what passes the second time is a fault, too, of the test or of what it tests.
ONCE_MORE = || { echo "Once more, by itself: what failed beside others. If it passes now, find out why it did not." >&2; \
	.venv/bin/python -m pytest -q --last-failed --last-failed-no-failures none; }

demo: .venv/demo.installed
	@.venv/bin/python -m tools.demo $(if $(ONCE),--once)

drill: .venv/demo.installed
	@.venv/bin/python -m tools.drill $(if $(ANSWERS),--answers)

test: .venv/test.installed
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/python -m pytest -q --cache-clear -n 6 --dist worksteal \
		-m "not debian and not long and not clients and not many" $(ONCE_MORE)

test-rest: .venv/test.installed
	.venv/bin/python -m pytest -q --cache-clear -n 5 --dist worksteal \
		-m "(debian or long) and not alone and not many and not clients" $(ONCE_MORE)
	.venv/bin/python -m pytest -q --cache-clear -n 2 --dist worksteal -m "(debian or long) and alone and not many" $(ONCE_MORE)

test-many: .venv/test.installed
	.venv/bin/python -m pytest -q -m many

test-clients: .venv/test.installed
	.venv/bin/python -m pytest -q -rs -m clients

screenshots: .venv/test.installed
	SCREENSHOTS=docs .venv/bin/python -m pytest -q -m debian tests/tools/demo/test_web_ui.py tests/portal/test_pictures.py

chaos: .venv/demo.installed
	@.venv/bin/python -m tools.chaos $(if $(SEED),--seed $(SEED)) $(GIVEN)

chaos-quick: .venv/demo.installed
	@.venv/bin/python -m tools.chaos --quick $(if $(SEED),--seed $(SEED)) $(GIVEN)

model: .venv/demo.installed
	@.venv/bin/python -m tools.model $(if $(QUICK),--quick)

bench: .venv/test.installed
	@.venv/bin/python -m tools.bench $(if $(QUICK),--quick) $(if $(JSON),--json $(JSON)) $(if $(PAGE),--page $(PAGE)) $(GIVEN)

scale: .venv/test.installed
	@.venv/bin/python -m tools.scale $(if $(SUBSCRIPTIONS),--subscriptions $(SUBSCRIPTIONS)) $(if $(QUICK),--quick) \
		$(if $(JSON),--json $(JSON)) $(if $(SUBSCRIPTIONS)$(QUICK),,--keep)

histories: .venv/test.installed
	@.venv/bin/python -m tests.support.histories

schemas: .venv/test.installed
	@.venv/bin/python -m tests.support.message_schemas

contract: .venv/demo.installed
	@.venv/bin/python -m tools.schemas

catalogs: .venv/test.installed
	@.venv/bin/python -m tools.catalogs

lock: .venv/created
	@.venv/bin/python -m venv .venv/uv
	@.venv/uv/bin/python -m pip install --disable-pip-version-check -qq --require-hashes -r requirements/lock.txt
	$(COMPILE) pyproject.toml -o requirements/product.txt
	$(COMPILE) requirements/seller.in -c requirements/product.txt -o requirements/seller.txt
	$(COMPILE) pyproject.toml --extra demo -c requirements/product.txt -o requirements/demo.txt
	$(COMPILE) pyproject.toml --extra demo --extra tracing --extra test -c requirements/demo.txt -o requirements/test.txt
	$(COMPILE) pyproject.toml --extra tracing -c requirements/test.txt -o requirements/tracing.txt
	$(COMPILE) requirements/lock.in -o requirements/lock.txt

sbom: .venv/demo.installed
	@.venv/bin/python -m tools.supply sbom

audit: .venv/demo.installed
	@.venv/bin/python -m tools.supply audit

.venv/%.installed: requirements/%.txt .venv/created
	@echo "Installing the pinned packages of $< into .venv (a minute or two the first time)"
	@.venv/bin/python -m pip install --disable-pip-version-check -qq --require-hashes -r $<
	@touch $@

.venv/created:
	@found=; for python in $(PYTHONS); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		found="$$python"; "$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
		"$$python" -m venv .venv && touch $@ && exit 0; exit 1; \
	done; \
	if [ "$$found" ]; then \
		echo "$$found comes without its venv module: install it (on Debian and Ubuntu: apt install python3-venv)." >&2; \
	else \
		echo "Python 3.11 or newer is needed, and none of these is: $(PYTHONS). Say where one is: make PYTHON=/path/to/python" >&2; \
	fi; \
	exit 1
