# The commands of this repository. Each does all of its own set-up.
#
#   make tour     install what is missing, build, run every inspector, print the path of one page
#   make test     the same set-up, then the whole test run
#   make bench    compare with PyTorch where it is installed (PYTHON=path/to/python)
#   make lint     the formatter's strict check, and the manifest against the imports
#   make goldens  make the golden numbers again (PYTHON with the pinned packages of fixtures/golden)

SWIFT ?= swift
PYTHON ?= python3
BUILD = $(SWIFT) build -c release
BIN = .build/release

LIBRARIES = libpng-dev libjpeg62-turbo-dev libopenblas-dev pkg-config
BROWSER = chromium

.PHONY: tour build test bench lint goldens setup setup-test clean

tour: build
	$(BIN)/tour

build: setup
	$(BUILD)

test: setup setup-test
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build

bench: build
	$(BIN)/benchmarks --python $(PYTHON)

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
	@{ $(SWIFT) package describe; $(SWIFT) package show-dependencies 2>&1; } | \
	  awk -f Sources/System/lint-manifest.awk

goldens:
	for script in fixtures/golden/*.py; do $(PYTHON) $$script || exit 1; done

setup:
	@sh Sources/System/install.sh $(LIBRARIES)

setup-test:
	@sh Sources/System/install.sh $(BROWSER)

clean:
	rm -rf .build
