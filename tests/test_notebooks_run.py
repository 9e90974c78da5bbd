"""The notebook runs catch what they are there for: small notebooks that must pass, and some that must not."""
import subprocess
import sys
from pathlib import Path

import nbformat

from tests.hang import HANGS
from tests.run_all import NOTEBOOKS, ROOT, TWO

PLAIN = "assert 1 + 1 == 2"
WRONG = "assert 1 + 1 == 3"
ONCE = "assert 'seen' not in globals()\nseen = True"
IGNORED_ARGUMENT = "import ipywidgets\nipywidgets.IntSlider(colour_of_the_knob='red')"
HOME = "import os\nassert 'course-notebooks-' in os.environ['COURSE_HOME'] and 'HF_HUB_OFFLINE' not in os.environ"
CAUGHT = """\
import socket
try:
    socket.create_connection(('192.0.2.1', 80), timeout=5)
except ConnectionRefusedError as error:
    assert 'no network' in str(error)
else:
    raise AssertionError('it went through')"""


def run(folder: Path, *sources: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
    """Run a notebook of one cell for each source, as `make test` runs the lessons, but for its second process."""
    for number, source in enumerate(sources):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        nbformat.write(notebook, folder / f"sample{number}.ipynb")
    plain = NOTEBOOKS[:-len(TWO)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plain, *options, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANGS)


def test_right_notebooks_pass(tmp_path):
    done = run(tmp_path, PLAIN, HOME)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout


def test_wrong_notebooks_fail(tmp_path):
    done = run(tmp_path, WRONG, IGNORED_ARGUMENT)
    assert done.returncode == 1 and "2 failed" in done.stdout, done.stdout
    assert "Passing unrecognized arguments" in done.stdout


def test_a_cell_that_cannot_be_run_twice_fails(tmp_path):
    done = run(tmp_path, PLAIN, ONCE, options=("--twice",))
    assert done.returncode == 1 and "1 failed, 3 passed" in done.stdout and "again" in done.stdout, done.stdout


def test_an_attempt_to_reach_another_computer_fails_the_run_even_where_it_is_caught(tmp_path):
    done = run(tmp_path, CAUGHT, options=tuple(TWO))
    assert done.returncode == 1 and "1 passed" in done.stdout, done.stdout
    assert "A notebook tried to reach 192.0.2.1" in done.stdout
