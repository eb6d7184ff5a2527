# The commands of the project; `make help` lists them. PYTHON chooses the interpreter that .venv is made from.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
  BIN := .venv/Scripts
  CONFORMANCE_BIN := .venv-conformance/Scripts
  FIELD_BIN := .venv-field/Scripts
else
  BIN := .venv/bin
  CONFORMANCE_BIN := .venv-conformance/bin
  FIELD_BIN := .venv-field/bin
endif
READY := .venv/ready
CONFORMANCE := .venv-conformance/ready
RIVALS := .venv-rivals/ready
FIELD := .venv-field/ready

.PHONY: FORCE help figures test coverage lab class dashboard docs lite lint conformance rivals field simulate bench requirements clean
.DEFAULT_GOAL := help

help:  ## list these commands
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

figures: $(READY)  ## execute all notebooks (PAGES="01 06": two); redraw figures/
	$(BIN)/python tools/regenerate.py $(PAGES)

test: $(READY)  ## all tests: the package, the notebooks, the figures
	$(BIN)/python tools/run_tests.py

coverage: $(READY)  ## the package's tests, and lines that none of them runs
	$(BIN)/python tools/run_tests.py --coverage

lab: $(READY)  ## open JupyterLab (PORT=8888; IP=0.0.0.0 in a container)
	$(BIN)/python tools/lab.py $(if $(PORT),--port=$(PORT)) $(if $(IP),--ip=$(IP))

class: $(READY)  ## the student's edition, without answers, in build/class
	$(BIN)/python tools/class_edition.py
	$(BIN)/python tools/lab.py --folder=build/class $(if $(PORT),--port=$(PORT)) $(if $(IP),--ip=$(IP))

dashboard: $(READY)  ## the notebooks as pages without code (PORT=8866)
	$(BIN)/python tools/dashboard.py $(if $(PORT),--port=$(PORT))

docs: $(READY)  ## build the documentation into build/docs, without network
	$(BIN)/python tools/docs/build.py

lite: $(READY)  ## a site whose pages run in the browser alone, in build/lite
	$(BIN)/python tools/lite.py

lint: $(READY)  ## style, imports between rooms, notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

conformance: $(CONFORMANCE)  ## metrics beside those of other programs (2 GB)
	$(CONFORMANCE_BIN)/python benchmarks/run.py conformance

rivals: $(READY) $(RIVALS)  ## the audit beside Anonymeter and domias (2 GB)
	$(BIN)/python benchmarks/run.py rivals

field: $(FIELD)  ## generators in use, audited on real data (2 GB; goes on)
	$(FIELD_BIN)/python benchmarks/run.py field

simulate: $(READY) $(RIVALS)  ## what the audit promises and sees, and the memories
	$(BIN)/python benchmarks/run.py simulation power sight rivals memory_in_time figure1

bench: $(READY) $(CONFORMANCE)  ## measure all of benchmarks/ and rewrite its numbers
	$(BIN)/python benchmarks/run.py

requirements: $(READY)  ## pin the newest versions in requirements.txt
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --fork-strategy fewest \
	  --no-header --no-annotate --upgrade --output-file requirements.txt
	echo "--editable ." >> requirements.txt

clean:  ## remove .venv and everything that was built
	rm -rf .venv .venv-conformance .venv-rivals .venv-field .venv-lite .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage build dist

$(READY): requirements.txt pyproject.toml tools/setup.py
	$(PYTHON) tools/setup.py

# The first line of .venv/ready is its folder, the second its Python: it is made anew in a checkout that was copied, and
# where another PYTHON is asked for.
ifneq ($(OS),Windows_NT)
ifneq ($(shell head -n 1 $(READY) 2>/dev/null),$(CURDIR))
$(READY): FORCE
endif
ifneq ($(shell head -n 1 $(CONFORMANCE) 2>/dev/null),$(CURDIR))
$(CONFORMANCE): FORCE
endif
ifneq ($(shell head -n 1 $(RIVALS) 2>/dev/null),$(CURDIR))
$(RIVALS): FORCE
endif
ifneq ($(shell head -n 1 $(FIELD) 2>/dev/null),$(CURDIR))
$(FIELD): FORCE
endif
ifneq ($(origin PYTHON),file)
ifneq ($(shell tail -n 1 $(READY) 2>/dev/null),$(shell $(PYTHON) -c 'import sys; print(sys.version.split()[0])'))
$(READY): FORCE
endif
endif
endif
FORCE:

$(CONFORMANCE): benchmarks/conformance.txt pyproject.toml tools/setup_conformance.py
	$(PYTHON) tools/setup_conformance.py

$(RIVALS): benchmarks/rivals.txt tools/setup_conformance.py
	$(PYTHON) tools/setup_conformance.py rivals

$(FIELD): benchmarks/field.txt pyproject.toml tools/setup_conformance.py
	$(PYTHON) tools/setup_conformance.py field
