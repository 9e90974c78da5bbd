"""course lab: what a student changed is never overwritten, and the clone stays clean."""
import json
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from course_lib import lab
from course_lib.errors import CourseError
from course_lib.lab import MARKER, free_port, main, update_copy

LESSON, EXERCISE = "notebooks/00_start_here.ipynb", "exercises/01_prompting.ipynb"


def notebook(*sources: str, outputs=(), count=None) -> str:
    cells = [{"id": f"cell-{i}", "cell_type": "code", "metadata": {}, "source": source.splitlines(True),
              "outputs": list(outputs), "execution_count": count} for i, source in enumerate(sources)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with two notebooks, in which the test runs."""
    root = tmp_path / "clone"
    for path in (LESSON, EXERCISE):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text(notebook("x = 1"))
    (root / "pyproject.toml").write_text("")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def copy(clone):
    """The working copy, as after the first start."""
    assert update_copy(clone, clone / "my-course") == ["2 notebooks copied"]
    return clone / "my-course"


def test_the_first_start_copies_and_the_second_changes_nothing(clone, copy):
    assert (copy / LESSON).read_text() == (clone / LESSON).read_text()
    before = (copy / LESSON).stat().st_mtime_ns
    assert update_copy(clone, copy) == [] and (copy / LESSON).stat().st_mtime_ns == before


def test_an_unchanged_notebook_is_updated(clone, copy):
    (clone / LESSON).write_text(notebook("x = 2"))
    assert update_copy(clone, copy) == [f"updated: {LESSON}"]
    assert (copy / LESSON).read_text() == notebook("x = 2")


def test_outputs_and_metadata_are_no_change(clone, copy):
    mine = json.loads(notebook("x = 1", outputs=[{"output_type": "stream", "text": "1"}], count=4))
    mine["metadata"] = {"kernelspec": {"name": "python3"}}
    mine["cells"][0] |= {"metadata": {"collapsed": True}, "source": "x = 1"}
    (copy / LESSON).write_text(json.dumps(mine))
    assert update_copy(clone, copy) == [] and json.loads((copy / LESSON).read_text()) == mine
    (clone / LESSON).write_text(notebook("x = 2"))
    assert update_copy(clone, copy) == [f"updated: {LESSON}"]


def test_a_changed_notebook_stays_and_the_newer_version_is_put_beside_it(clone, copy):
    (copy / EXERCISE).write_text(notebook("x = my_own"))
    assert update_copy(clone, copy) == [], "nothing newer, nothing to say"
    (clone / EXERCISE).write_text(notebook("x = 2"))
    said, = update_copy(clone, copy)
    assert said.startswith(f"kept: {EXERCISE} (it has your changes") and "01_prompting.new.ipynb" in said
    assert (copy / EXERCISE).read_text() == notebook("x = my_own")
    assert (copy / "exercises/01_prompting.new.ipynb").read_text() == notebook("x = 2")
    assert update_copy(clone, copy) == [], "said once"
    (copy / "exercises/01_prompting.new.ipynb").unlink()
    assert update_copy(clone, copy) == [], "a version that was thrown away does not come back"


def test_a_newer_version_that_the_student_works_in_is_not_overwritten_either(clone, copy):
    (copy / EXERCISE).write_text(notebook("x = my_own"))
    (clone / EXERCISE).write_text(notebook("x = 2"))
    update_copy(clone, copy)
    (clone / EXERCISE).write_text(notebook("x = 3"))
    update_copy(clone, copy)
    beside = copy / "exercises/01_prompting.new.ipynb"
    assert beside.read_text() == notebook("x = 3"), "left as it was: replaced"
    beside.write_text(notebook("x = worked"))
    (clone / EXERCISE).write_text(notebook("x = 4"))
    said, = update_copy(clone, copy)
    assert "01_prompting.new-2.ipynb" in said and beside.read_text() == notebook("x = worked")


def test_taking_the_newer_version_over_ends_the_matter(clone, copy):
    (copy / EXERCISE).write_text(notebook("x = my_own"))
    (clone / EXERCISE).write_text(notebook("x = 2"))
    update_copy(clone, copy)
    (copy / "exercises/01_prompting.new.ipynb").replace(copy / EXERCISE)
    (clone / EXERCISE).write_text(notebook("x = 3"))
    assert update_copy(clone, copy) == [f"updated: {EXERCISE}"]


def test_a_deleted_notebook_comes_back_and_a_new_one_comes(clone, copy):
    (copy / LESSON).unlink()
    (clone / "notebooks/02_more.ipynb").write_text(notebook("y"))
    assert update_copy(clone, copy) == [f"new: {LESSON}", "new: notebooks/02_more.ipynb"]


@pytest.mark.parametrize("damaged", ["", "{not json", '{"cells": 3}', "[]"])
def test_a_damaged_notebook_is_kept_and_a_good_one_put_beside_it(clone, copy, damaged):
    (copy / LESSON).write_text(damaged)
    said, = update_copy(clone, copy)
    assert "cannot be read" in said and (copy / LESSON).read_text() == damaged
    assert (copy / "notebooks/00_start_here.new.ipynb").exists() and update_copy(clone, copy) == []


@pytest.mark.parametrize("damaged", ["", "[]", "{"])
def test_with_a_damaged_marker_nothing_of_the_students_is_lost(clone, copy, damaged):
    (copy / EXERCISE).write_text(notebook("x = my_own"))
    (copy / MARKER).write_text(damaged)
    said, = update_copy(clone, copy)
    assert "01_prompting.new.ipynb" in said and (copy / EXERCISE).read_text() == notebook("x = my_own")


def test_a_folder_of_something_else_is_refused(clone, tmp_path, capsys):
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.txt").write_text("mine")
    for folder in (foreign, clone, clone / "notebooks"):
        with pytest.raises(CourseError, match="no working copy of this course. Nothing was touched"):
            main(["--no-open", "--dir", str(folder)])
    assert [path.name for path in foreign.iterdir()] == ["chapter.txt"]
    with pytest.raises(CourseError, match="is a file"):
        main(["--no-open", "--dir", str(foreign / "chapter.txt")])


def test_only_notebooks_and_exercises_are_copied_to_my_course_or_where_one_says(clone, tmp_path, monkeypatch):
    monkeypatch.chdir(clone / "exercises")
    (clone / "solutions").mkdir()
    (clone / "solutions/01_prompting.ipynb").write_text(notebook("secret"))
    assert main(["--no-open"]) == 0 and main(["--no-open", "--dir", str(tmp_path / "elsewhere")]) == 0
    for copy in (clone / "my-course", tmp_path / "elsewhere"):
        files = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file())
        assert files == [MARKER, EXERCISE, LESSON]


def test_without_notebooks_it_says_so(clone):
    (clone / LESSON).unlink()
    (clone / EXERCISE).unlink()
    with pytest.raises(CourseError, match="no notebooks in .* Run `course build`"):
        main(["--no-open"])


def test_outside_any_clone_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.build.root.__file__", str(tmp_path / "a" / "b" / "c.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CourseError, match="inside a clone of the course's repository"):
        main(["--no-open"])


def test_a_taken_port_gives_the_next_and_says_so(clone, monkeypatch, capsys):
    served = []
    monkeypatch.setattr(lab, "serve", lambda *given: served.append(given) or 0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port
        assert main(["--port", str(port), "--no-browser"]) == 0
    assert f"Port {port} is taken" in capsys.readouterr().out
    assert served == [(clone / "my-course", served[0][1], False)] and served[0][1] > port


@pytest.mark.parametrize("port", ["0", "70000"])
def test_no_such_port(clone, port):
    with pytest.raises(CourseError, match="from 1 to 65535"):
        main(["--port", port])


def test_it_serves_the_first_lesson_at_the_printed_address(clone, tmp_path):
    pytest.importorskip("jupyterlab")
    command = [sys.executable, "-m", "course_lib.cli", "lab", "--no-browser", "--port", str(free_port(18700))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            address = next(line.strip() for line in server.stdout if "http://" in line)
            assert "/lab/tree/notebooks/00_start_here.ipynb?token=" in address
            assert '"treePath": "notebooks/00_start_here.ipynb"' in wait_for(address)
        finally:
            server.terminate()


def wait_for(address: str, seconds: float = 30) -> str:
    """The page at `address`, as soon as somebody answers there."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as page:
                return page.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
