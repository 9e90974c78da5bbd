"""`course grade --demo`: a class with one of each kind, made the same each time, and graded as its table says."""
import csv
import html
import random
from pathlib import Path

import pytest

from course_lib import progress
from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.grading import command, demo
from course_lib.grading.notebook import task_cells
from course_lib.grading.statistics import asked, calibrated

from .test_run import by_a_word

TASKS = command.chosen_tasks([demo.LESSON])


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    demo.make_class(folder, TASKS)
    return folder


def content(sample: Path, student: str) -> bytes:
    path, = (sample / "submissions" / student).iterdir()
    return path.read_bytes()


def test_the_class_is_made_the_same_each_time(sample, tmp_path):
    demo.make_class(tmp_path, TASKS)
    demo.make_class(tmp_path, TASKS)   # over an earlier one
    files = [*(sample / "submissions").glob("*/*"), *sample.glob("*.csv")]
    assert len(files) == 20 + 2
    assert all((tmp_path / path.relative_to(sample)).read_bytes() == path.read_bytes() for path in files)
    assert len(list((sample / "submissions").iterdir())) == 20
    assert (sample / "roster.csv").read_text(encoding="utf-8").split()[1:] == [*demo.CLASS, demo.ABSENT]


def test_it_has_one_of_each_kind(sample):
    with pytest.raises(CourseError, match="damaged"):
        task_cells(content(sample, "student-15"))
    for student in demo.CLASS.keys() - {"student-15"}:
        found, notes = task_cells(content(sample, student), {id: task.stub for id, task in TASKS.items()})
        assert sorted(found) == sorted(TASKS.keys() - {id for id, answer in demo.CLASS[student].items()
                                                       if answer == demo.GONE})
        assert len(notes) == (student == "student-13")
        for id, task in TASKS.items():
            if id not in demo.CLASS[student] and student != "student-12":
                assert found[id].split("\n", 1)[1].strip() == task.reference.strip()
    assert b'"nbformat": 3' in content(sample, "student-16") and b"<script>" in content(sample, "student-17")
    assert content(sample, "student-11") != content(sample, "student-12")


def test_its_progress_files_hold_quizzes_and_predictions_and_yours_are_untouched(sample, tmp_path, monkeypatch):
    exports, unread = command.read_progress(str(sample / "progress"))
    assert len(exports) == 15 and not unread
    assert len(asked(exports)) > 3 and any(one.beliefs for one in asked(exports))
    assert sum(guesses for _, guesses, _, _ in calibrated(exports)) > 50
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    demo.write_progress(tmp_path / "one.json", "student-01", random.Random(1))
    assert progress.events() == []


def test_the_command_shows_the_class_and_says_where_to_look(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "grade_cells", by_a_word)
    monkeypatch.setattr(command, "check_or_recall", lambda *_: (0, False))
    opened = []
    monkeypatch.setattr(demo.webbrowser, "open", opened.append)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    out = tmp_path / "out"
    typed = ["grade", "--demo", "--out", str(out), "--jobs", "1"]
    assert main(typed) == 0 and not opened, "there is no screen"
    said = capsys.readouterr().out
    assert str(out / "class.html") in said and "Handed in nothing:\n  student-21" in said
    page = (out / "class.html").read_text(encoding="utf-8")
    assert "15 progress files" in page and "<h3>06.4: 2 answers" in page
    assert len((out / "gradebook.csv").read_text(encoding="utf-8").splitlines()) == 2 + 21
    monkeypatch.setenv("DISPLAY", ":0")
    assert main([*typed, "--no-browser"]) == 0 and not opened
    assert main(typed) == 0 and opened == [(out / "class.html").as_uri()]


def test_a_folder_with_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["grade", "--demo", "--out", str(tmp_path)]) == 2
    assert "something else" in capsys.readouterr().err and [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("options, why", [(["--out", "/proc/demo"], "Choose another folder"),
                                          (["--out", "FILE"], "something else"), (["--jobs", "0"], "--jobs")])
def test_what_cannot_be_is_a_sentence(tmp_path, capsys, options, why):
    (tmp_path / "file").touch()
    given = [one.replace("FILE", str(tmp_path / "file")) for one in options]
    assert main(["grade", "--demo", "--no-browser", "--out", str(tmp_path / "out"), *given]) == 2
    assert why in capsys.readouterr().err


@pytest.mark.slow
def test_in_the_real_sandbox_each_answer_gets_what_it_earns(tmp_path):
    assert main(["grade", "--demo", "--no-browser", "--out", str(tmp_path), "--jobs", "2"]) == 0
    rows = list(csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8", newline="")))
    assert len(rows) == 21 * 4
    whole = demo.CLASS.keys() - {"student-15"}
    assert {(row["student"], row["task"]) for row in rows if row["points"] == "1"} == {
        (student, id) for student in whole for id in TASKS if id not in demo.CLASS[student]}
    for student, page in ((path.stem, path.read_text(encoding="utf-8")) for path in (tmp_path / "feedback").iterdir()):
        assert "<script" not in page and "<img" not in page
        for id, answer in demo.CLASS.get(student, {}).items():
            if (found := [one for one in TASKS[id].wrong if one.name == answer]) and student in whole:
                assert found[0].message[:20] in html.unescape(page), (student, id)
