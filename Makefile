# Each word does one thing and installs what it needs first (tools/setup.sh).
#
#   make run     serve a warehouse    PORT=8000 HOST=0.0.0.0 DATA=data LARGE=1 REAL=dir HTTPS=1 DATABASE_URL=
#   make test    every test, on SQLite and PostgreSQL, with a real browser    ARGS="-k pick"
#   make check   format, lint, types, vendored files
#   make fmt     set the format right
#   make bench   measure              ARGS=
#   make bench-reading  measure the reading of photos, labels, codes, keys and the camera    ARGS="--photos dir --quick"
#   make bench-labels   measure labels, a sheet of 1,000 locations, scans beside a dead printer    ARGS=--quick
#   make bench-station  measure the station: verdicts on a slow phone, weight, starts without a network    ARGS=--quick
#   make fuzz-labels    every label with 200 payloads for each resolution, and through the independent ZPL renderer
#   make fuzz    readers under chance, longer than the tests   ARGS="--runs 1000000 --minutes 10"
#   make soak    the long trials: kills, two hosts, simulated days    ARGS="--only kills --seed 7" or ARGS=--quick
#   make soak-printing  kill the print worker again and again    ARGS="--jobs 10000 --every 50 --postgresql"
#   make lock    choose package versions anew (needs uv)
#   make clean   remove what tools made; the warehouse in data/ stays

PY := .venv/bin/python
WORKERS ?= auto
UV ?= uv
LOCK = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --upgrade --group build

.PHONY: run test check fmt bench bench-reading bench-labels bench-station fuzz fuzz-labels soak soak-printing lock vendor clean

run:
	@exec sh tools/run.sh

test:
	@sh tools/setup.sh test
	$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check:
	@sh tools/setup.sh check
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) tools/vendor.py --check

fmt:
	@sh tools/setup.sh check
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

bench:
	@sh tools/setup.sh test
	$(PY) -m tools.bench $(ARGS)

bench-reading:
	@sh tools/setup.sh test
	$(PY) -m tools.bench_reading $(ARGS)
	$(PY) -m tools.bench_reading_gs1
	$(PY) -m tools.bench_keys $(filter --quick,$(ARGS))
	$(PY) -m tools.bench_camera

fuzz:
	@sh tools/setup.sh test
	$(PY) -m tools.fuzz $(ARGS)

soak:
	@sh tools/setup.sh test
	$(PY) -m tools.soak $(ARGS)

soak-printing:
	@sh tools/setup.sh test
	$(PY) -m tests.labels.killing $(ARGS)

bench-labels:
	@sh tools/setup.sh test
	$(PY) -m tools.bench_labels $(ARGS)
	$(PY) -m tools.bench_printers $(filter --quick,$(ARGS))
	$(PY) -m tools.bench_sheet $(filter --quick,$(ARGS))

bench-station:
	@sh tools/setup.sh test
	$(PY) -m tools.bench_station $(ARGS)

fuzz-labels:
	@sh tools/setup.sh test
	SCANDOCK_LABEL_EXAMPLES=200 $(PY) -m pytest -n $(WORKERS) --timeout 7200 tests/labels tests/browser/test_zpl.py

lock:
	$(LOCK) -o requirements.txt
	$(LOCK) --group dev -c requirements.txt -o requirements-dev.txt

vendor:
	@sh tools/setup.sh check
	$(PY) tools/vendor.py

clean:
	rm -rf .venv node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .pdm-build build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
