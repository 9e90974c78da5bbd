# make lab opens the course. It does everything by itself; all it needs is Python 3.11 or newer.
#   TORCH_INDEX=ADDRESS   one more package index, such as the one of PyTorch's CPU build
#   PYTHON=PATH           the Python to use
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

NEW_ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	if "$$name" -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then echo "$$name"; break; fi; done)
ifneq ($(TORCH_INDEX),)
INDEX := --extra-index-url "$(TORCH_INDEX)"
endif
INSTALL := -m pip install --disable-pip-version-check $(INDEX)

.PHONY: help lab

help::
	@echo 'make lab          open the course in JupyterLab (the first time it installs: a few minutes)'

lab: .venv/.lab
	@.venv/bin/course lab

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
	echo 'No Python 3.11 or newer with its venv module was found. Install one (python.org, or on Debian and Ubuntu:' >&2; \
	echo 'apt-get install python3 python3-venv), or name it: make lab PYTHON=/path/to/python3' >&2; exit 1; fi
	@"$(PYTHON)" -m venv .venv

.venv/.lab: pyproject.toml constraints.txt | .venv/bin/python
	@echo 'Installing the course in .venv: once, a few minutes. Most of it is PyTorch, whose download shows its own bar.'
	@.venv/bin/python $(INSTALL) -c constraints.txt -e '.[lab]'
	@touch $@

-include tests/targets.mk  # a clone of the repository has tests; what students get does not
