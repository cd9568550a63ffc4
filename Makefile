# Two commands do everything on a fresh Debian or Ubuntu machine with Python ≥ 3.11: `make run` and `make test`.
#
# Variables to give on the command line:
#   PYTHON=python3.12   the Python that makes the virtual environment
#   VENV=.venv          where that is
#   PIP_ARGS=...        extra arguments of pip install. On Linux the plain torch package carries CUDA (several GB); a
#                       machine without a GPU can point pip at an index or folder of CPU-only wheels:
#                       make setup PIP_ARGS="--extra-index-url URL" or PIP_ARGS="--find-links FOLDER"
#   BENCH_DATA=DIR      folder of `make bench` with pictures whose cells are known (benchmarks/cell_diameter.py, tools_accuracy.py, clinic_*.py)
#   BENCH_NAPARI=PYTHON, BENCH_CELLPOSE=PYTHON  environments of `make bench` that have these, to measure beside ours
#   OUT=out             where `make run` works: the sample slides' project, or the headless results

PYTHON ?= python3
VENV ?= .venv
PIP_ARGS ?=
OUT ?= out
BENCH_DATA ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
TYPED := bcseg_gui model packaging/translations.py $(shell find tests -name '*.py' ! -name 'test_*')

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format translations bench

help:
	@echo "make run           set up, then open the app on the sample slides (no display: do the same job headless)"
	@echo "make test          set up, then run the tests"
	@echo "make setup         virtual environment, pinned dependencies, Qt's system libraries"
	@echo "make lint          ruff, mypy, import-linter, vulture"
	@echo "make format        ruff format"
	@echo "make bench         measure (two hours on two cores) and write benchmarks/RESULTS.md"
	@echo "make translations  bring the French catalogue up to date with the source"

setup: $(STAMP)

# Made anew only when the dependencies change.
$(STAMP): pyproject.toml constraints.txt packaging/install-system-libraries
	@PYTHON="$(PYTHON)" packaging/install-system-libraries
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, and $(PYTHON) is older. Install one, then: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	"$(PYTHON)" -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]" $(PIP_ARGS)
	@touch "$(STAMP)"

run: setup
	@set -e; if [ "$$(uname -s)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY$$QT_QPA_PLATFORM" ]; then \
		"$(BIN)/bcseg" demo --output "$(OUT)"; \
	else \
		mkdir -p "$(OUT)"; cp -R resources/samples "$(OUT)/"; \
		"$(BIN)/python" -m bcseg_gui "$(OUT)/samples"; \
	fi

test: setup
	QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1 "$(BIN)/python" -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

lint: setup
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy" $(TYPED)
	"$(BIN)/lint-imports"
	"$(BIN)/vulture"

format: setup
	"$(BIN)/ruff" check --fix .
	"$(BIN)/ruff" format .

translations: setup
	"$(BIN)/python" packaging/translations.py update

# Only on an otherwise idle machine do the figures mean anything.
bench: setup
	"$(BIN)/python" benchmarks/startup.py
	"$(BIN)/python" benchmarks/viewer.py
	"$(BIN)/python" benchmarks/brush.py
	"$(BIN)/python" benchmarks/edits.py
	"$(BIN)/python" benchmarks/kill.py 100
	"$(BIN)/python" benchmarks/recovery.py
	"$(BIN)/python" benchmarks/segment_slide.py
	"$(BIN)/python" benchmarks/network.py
	"$(BIN)/python" benchmarks/fields.py
	"$(BIN)/python" benchmarks/retrain.py
	@if [ -n "$(BENCH_DATA)" ]; then "$(BIN)/python" benchmarks/cell_diameter.py "$(BENCH_DATA)" && "$(BIN)/python" benchmarks/tools_accuracy.py "$(BENCH_DATA)"; fi
	@if [ -n "$(BENCH_DATA)" ]; then \
		"$(BIN)/python" benchmarks/clinic_stain.py "$(BENCH_DATA)/bbbc041seg" "$(OUT)/clinics/stain" && \
		"$(BIN)/python" benchmarks/clinic_ranking.py "$(BENCH_DATA)/bbbc041seg" "$(OUT)/clinics/ranking" && \
		"$(BIN)/python" benchmarks/clinic_target.py "$(BENCH_DATA)/wbc_jtsc" "$(OUT)/clinics/target" && \
		"$(BIN)/python" benchmarks/clinic_garbage.py "$(BENCH_DATA)/bbbc041seg" "$(OUT)/clinics/garbage"; \
	fi
	@echo "The results are in benchmarks/RESULTS.md."
