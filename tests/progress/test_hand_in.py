"""Handing in: from wherever the student works, with a name, what went wrong, and a hash; never an empty file."""
import json

import pytest

from course_lib import cli, progress
from course_lib.errors import CourseError
from course_lib.progress import journal
from course_lib.root import COPY, MARKER


@pytest.fixture
def at_work(tmp_path, monkeypatch, new_kernel):
    """The folder of the course, with a working copy in which one answer was given."""
    monkeypatch.delenv("COURSE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    notebooks = tmp_path / "course" / COPY / "notebooks"
    notebooks.mkdir(parents=True)
    (notebooks.parent / MARKER).write_text("{}")
    monkeypatch.chdir(notebooks)
    progress.record_answer("01.bare", 1, False, "text goes on")
    return tmp_path / "course"


@pytest.mark.parametrize("folder", [".", COPY, f"{COPY}/notebooks"])
def test_the_export_finds_the_work_from_the_course_and_from_the_working_copy(at_work, monkeypatch, folder, capsys):
    monkeypatch.chdir(at_work / folder)
    assert cli.main(["progress", "export", "anna.json", "--name", "Anna Ode"]) == 0
    assert "Anna Ode" in capsys.readouterr().out
    handed_in = json.loads((at_work / folder / "anna.json").read_text(encoding="utf-8"))
    assert handed_in["name"] == "Anna Ode" and handed_in["misconceptions"] == [
        {"id": "01.bare", "kind": "answer", "misconception": "text goes on", "times": 1, "solved": False}]


def test_nothing_to_export_is_an_error_and_leaves_no_file(tmp_path, capsys):
    assert cli.main(["progress", "export", str(tmp_path / "a.json"), "--name", "Anna"]) == 2
    assert "There is nothing to export" in capsys.readouterr().err and not (tmp_path / "a.json").exists()
    with pytest.raises(CourseError, match="nothing to export"):
        progress.export(tmp_path / "a.json")


def test_the_name_is_asked_for_once(tmp_path, monkeypatch, fill, capsys):
    fill(1)
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or " Anna Ode ")
    for _ in range(2):
        assert cli.main(["progress", "export", str(tmp_path / "a.json")]) == 0
    assert len(asked) == 1 and progress.student() == "Anna Ode"
    assert cli.main(["progress"]) == 0 and "Progress of Anna Ode" in capsys.readouterr().out


def test_who_cannot_be_asked_is_told_how_to_say_the_name(tmp_path, monkeypatch, fill, capsys):
    fill(1)
    monkeypatch.setattr("sys.stdin", None)
    assert cli.main(["progress", "export", str(tmp_path / "a.json")]) == 2
    assert "--name" in capsys.readouterr().err and not (tmp_path / "a.json").exists()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101, 3])
def test_what_is_no_name(tmp_path, fill, name):
    fill(1)
    with pytest.raises(CourseError, match="A name is a text"):
        progress.export(tmp_path / "a.json", name=name)


def test_without_a_name_a_copy_can_still_be_kept(tmp_path, fill):
    fill(1)
    assert json.loads(progress.export(tmp_path / "a.json").read_text(encoding="utf-8"))["name"] is None


CHANGES = {"an answer made right": lambda kept: kept["events"][1].update(correct=True),
           "another name": lambda kept: kept.update(name="Ben"),
           "an entry taken out": lambda kept: kept["events"].pop(),
           "no hash": lambda kept: kept.pop("sha256")}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_was_changed_is_refused(tmp_path, monkeypatch, fill, change):
    fill(3)
    path = progress.export(tmp_path / "a.json", name="Anna")
    kept = json.loads(path.read_text(encoding="utf-8"))
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "instructor"))
    path.write_text(json.dumps(kept), encoding="utf-8")  # other line ends change nothing
    assert progress.restore(path) == 4 and progress.student() == "Anna"
    CHANGES[change](kept)
    path.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(CourseError, match="not as the course wrote it"):
        progress.restore(path)


def test_what_went_wrong_is_counted_by_misconception_and_said_to_be_right_since(capsys):
    for right in (False, False, True):
        progress.record_answer("01.bare", 1, right, "" if right else "text goes on")
    progress.record_check("06.2", False, "alpha_alone")
    progress.record_check("06.2", False)  # a mistake that nobody knows has no name
    assert journal.misconceptions(progress.events()) == [
        {"id": "01.bare", "kind": "answer", "misconception": "text goes on", "times": 2, "solved": True},
        {"id": "06.2", "kind": "check", "misconception": "alpha_alone", "times": 1, "solved": False}]
    assert cli.main(["progress"]) == 0
    said = capsys.readouterr().out
    assert "text goes on (2 times, right since)" in said and "alpha_alone (once)" in said
