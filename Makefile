# The commands of this repository. Each does all of its own set-up.
#
#   make tour     install what is missing, build, run every inspector, print the path of one page
#   make test     the same set-up, then the tests: all but those that take minutes each
#   make test-all these as well: every notebook, the whole tour, trainings
#   make bench    compare with other engines where they are installed (PYTHON=path/to/python;
#                 BENCHMARKS="--table FILE --only NAME": see benchmarks --help)
#   make lint     the formatter's strict check, and the manifest against the imports
#   make docs     the documentation of all foundations, one DocC archive in .build/documentation
#   make goldens  make the golden numbers again (PYTHON with the pinned packages of fixtures/golden)
#   make install  put the commands into PREFIX/bin (/usr/local) and what comes along into PREFIX/share
#   make uninstall  take both away again

SWIFT ?= swift
PYTHON ?= python3
BUILD = $(SWIFT) build -c release
BIN = .build/release

# Where `make install` puts things; DESTDIR stands before it for those who make packages.
PREFIX ?= /usr/local
INSTALLED_BIN = $(DESTDIR)$(PREFIX)/bin
INSTALLED_DATA = $(DESTDIR)$(PREFIX)/share/diffusion-inspector
TOOLS = benchmarks fixture-images kernel-times network-pass training-step
COMMANDS = $(filter-out $(TOOLS),$(notdir $(wildcard Sources/Executables/*)))
DATA = autoencoders classifiers conditioning images model pixels studies vocabulary

LIBRARIES = libpng-dev libjpeg62-turbo-dev libopenblas0 pkg-config
# What the tests need besides: a browser, and the check of its pages.
TEST_TOOLS = chromium ca-certificates curl unzip
AXE = .build/axe
# What takes minutes each: every notebook, the tour, whole trainings.
LONG_TESTS = TourTests.NotebookTests|TourTests.TourCommandTests|TrainAutoencoderTests|TrainDiffusionTests

.PHONY: tour build test test-long test-all bench lint docs goldens install uninstall setup setup-test clean

tour: build
	$(BIN)/tour

build: setup
	$(BUILD)

test: setup setup-test
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build --skip "$(LONG_TESTS)"

test-long: setup setup-test
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build --filter "$(LONG_TESTS)"

test-all: test test-long

bench: build
	$(BIN)/benchmarks --python $(PYTHON) $(BENCHMARKS)

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
	@{ $(SWIFT) package describe; $(SWIFT) package show-dependencies 2>&1; } | \
	  awk -f Sources/System/lint-manifest.awk

docs: build
	@sh Sources/System/docs.sh $(BIN) .build/documentation

goldens:
	for script in fixtures/golden/*.py; do $(PYTHON) $$script || exit 1; done

install: build
	mkdir -p "$(INSTALLED_BIN)" "$(INSTALLED_DATA)/fixtures"
	install -m 755 $(addprefix $(BIN)/,$(COMMANDS)) "$(INSTALLED_BIN)"
	rm -rf $(foreach part,$(DATA),"$(INSTALLED_DATA)/fixtures/$(part)")
	cp -R $(addprefix fixtures/,$(DATA)) "$(INSTALLED_DATA)/fixtures"
	rm -rf "$(INSTALLED_DATA)/notebooks-md" && cp -R notebooks-md "$(INSTALLED_DATA)"

uninstall:
	rm -f $(foreach command,$(COMMANDS),"$(INSTALLED_BIN)/$(command)")
	rm -rf "$(INSTALLED_DATA)"

setup:
	@sh Sources/System/install.sh $(LIBRARIES)

setup-test:
	@sh Sources/System/install.sh $(TEST_TOOLS)
	@sh Sources/System/fetch-axe.sh $(AXE)

clean:
	rm -rf .build
