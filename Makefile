# Two targets do everything on a fresh machine with Python (3.10 or newer) and make:
#   make matrix   judge every implementation found here, print the matrix and write it to build/matrix
#   make test     all tests: style, types, portability, the kit's own tests, the battery on the reference
# One gets implementations to judge:
#   make implementations  installs those that can be installed here, and says how to get the others
# Eleven more measure the battery itself and the kit (reports/QUALITY.md quotes what they print last):
#   make faults   which planted faults it catches, and what else fails with them
#   make explore-faults  which planted interleaving faults threadspec explore finds, and how soon
#   make explore-reduction  whether its reduction of schedules loses an outcome
#   make explore-confirm whether real threads show what it finds in CPython and PyPy
#   make explore-replay whether what it finds is the same in 100 replays
#   make oddities whether it raises anything on odd but conforming implementations
#   make mutation which mutants of the reference it lets live
#   make soak     whether any verdict ever differs, in many runs under different loads
#   make adversity whether killed workers, limits, or a missing /proc change a verdict
#   make bad      how long it takes to judge implementations that are wrong everywhere
#   make page     how large and how fast the page of a matrix of 40 implementations is
# One makes the documentation:
#   make docs     from docs/, the catalogue and the schemas, into build/docs
# One explores what the page shows of schedules:
#   make explore  runs programs under every schedule, on the reference, CPython and PyPy (40 minutes)
# And two measure the reference:
#   make bench      its speed and memory beside the standard library, gevent and aiologic
#   make interrupts whether a signal handler ever leaves a primitive unusable

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MATRIX := build/matrix

# What `make explore` explores, for how many seconds each, and where `make matrix` finds the results.
SECONDS := 300
EXPLORATIONS := reports/results/explored
EXPLORED = reference@$(shell $(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])') \
	$(addprefix stdlib@,3.8 3.9 3.10 3.11 3.12 3.13 pypy3.9)

PORTABLE := conformance/__init__.py conformance/harness conformance/battery
# Compared with what they describe, without the reference's own source, which has no types.
STUBS := $(wildcard reference/*.pyi) reference/py.typed
# Keyword forms that the battery tries on purpose.
VERMIN := --exclude 'threading.Lock.acquire(blocking)' --exclude 'threading.RLock.acquire(blocking)'

.PHONY: matrix implementations test lint battery unit faults oddities mutation soak bad bench interrupts pytests publish docs clean \
	adversity page explore explore-faults explore-reduction explore-confirm explore-replay

matrix: $(VENV)/ready
	$(BIN)/threadspec matrix --impl=all --from $(EXPLORATIONS) --out $(MATRIX)

# The exit status 1 says that a schedule breaks a clause.  An implementation that is not here, or
# cannot be explored, keeps its file, and the others are explored all the same.
explore: $(VENV)/ready
	failed=0; for one in $(EXPLORED); do \
		new=$(EXPLORATIONS)/new-$$one.json.gz; rm -f $$new; \
		$(BIN)/threadspec explore --impl=$$one --seconds=$(SECONDS) --report=$$new; \
		test $$? -ne 130 || exit 130; \
		test -f $$new && mv $$new $(EXPLORATIONS)/$$one.json.gz || \
			{ echo "$$one was not explored; its file is the old one" >&2; failed=1; }; \
		done; exit $$failed

test: lint battery unit

unit: $(VENV)/ready
	$(BIN)/pytest -q -rs -n 2

battery: $(VENV)/ready
	$(BIN)/pytest --impl=reference --impl-strict -q

implementations faults oddities mutation soak adversity bad interrupts page: $(VENV)/ready
	$(BIN)/python -m quality.$@

explore-faults: $(VENV)/ready
	$(BIN)/python -m quality.explore_faults

explore-reduction: $(VENV)/ready
	$(BIN)/python -m quality.explore_reduction

explore-confirm: $(VENV)/ready
	$(BIN)/python -m quality.explore_confirmed

explore-replay: $(VENV)/ready
	$(BIN)/python -m quality.explore_replay

bench: $(VENV)/bench
	$(BIN)/python -m benchmarks

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache --no-logo
	mkdir -p build/typing/threadspec
	for part in adapters conformance exploration frontends reference reports; do \
		ln -sfn ../../../$$part build/typing/threadspec/$$part; done
	MYPYPATH=build/typing:. $(BIN)/mypy -p threadspec.adapters -p threadspec.conformance \
		-p threadspec.exploration -p threadspec.frontends -p threadspec.reports -p benchmarks -p quality.faults -p quality.explore_faults -m quality.explore_confirmed.__main__ -m quality.explore_replay -m quality.explore_reduction -p quality.interrupts -m quality.bad.__main__ \
		-m quality.oddities.__main__ -m quality.mutation -m quality.soak -m quality.adversity -m quality.implementations -m quality.pytests -m quality.judging -m quality.browser -m quality.page -m docs.generate
	rm -rf build/stubs && mkdir -p build/stubs/threadspec/reference
	ln -s $(addprefix ../../../../,$(STUBS)) build/stubs/threadspec/reference
	MYPYPATH=build/stubs $(BIN)/python -m mypy.stubtest threadspec.reference \
		--concise --allowlist tests/stubtest.allow
	$(BIN)/vermin --quiet --no-tips --violations -t=2.6- -t=3.2- $(VERMIN) $(PORTABLE)

# The kit under the oldest and the newest pytest, beside other plugins.
pytests: $(VENV)/ready
	$(BIN)/python -m quality.pytests

# Put the matrix of this machine into the README and into reports/results, unless it has something
# that no adapter file expects.
publish: matrix
	$(BIN)/python -m threadspec.reports.publish $(MATRIX)

# Strictly: a warning, such as one about a broken link, is an error (with --quiet, none is counted).
docs: $(VENV)/ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "The documentation is in build/docs. Open index.html there, or, to have the search as well:"
	@echo "    $(BIN)/python -m http.server --directory build/docs"

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

$(VENV)/bench: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
