"""`course grade`, as an instructor types it."""
import csv
import html
import shutil
from functools import partial
from pathlib import Path

import pytest

from course_lib import progress
from course_lib.cli import main
from course_lib.grading import command, selfcheck
from course_lib.grading.statistics import asked
from course_lib.quiz.reading import bank

from .test_run import by_a_word, handed_in

RIGHT = "# task 06.1: lora_parameters\nright = 1\n"
CHECK = selfcheck.check


@pytest.fixture(autouse=True)
def a_small_grader(monkeypatch):
    """A word decides, and this computer need not show in every test that it grades as it must: one has CHECK."""
    monkeypatch.setattr(command, "grade_cells", by_a_word)
    monkeypatch.setattr(selfcheck, "check", lambda *_: 14)


def rows(out: Path) -> list[dict]:
    return list(csv.DictReader((out / "grades.csv").open(encoding="utf-8", newline="")))


def graded(tmp_path: Path, *options: str) -> int:
    return main(["grade", str(tmp_path / "in"),
                 "--out", str(tmp_path / "out"), "--jobs", "1", "--only", "06.1", *options])


def test_a_class_gets_a_row_each_and_the_command_says_what_was_done(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(selfcheck, "check", CHECK)
    handed_in(tmp_path / "in", {"ada": RIGHT, "bob": "# task 06.1\nno", "eve": b"{"})
    assert graded(tmp_path) == 1
    assert [(row["student"], row["task"], float(row["points"])) for row in rows(tmp_path / "out")] == [
        ("ada", "06.1", 1), ("bob", "06.1", 0), ("eve", "06.1", 0)]
    said = capsys.readouterr().out
    assert "eve/06.ipynb cannot be read" in said and str(tmp_path / "out" / "grades.csv") in said
    assert "graded now         3" in said
    assert f"It does: {2 + len(command.chosen_tasks(['06.1'])['06.1'].wrong)} cells." in said
    assert graded(tmp_path, "--resume") == 1
    said = capsys.readouterr().out
    assert "kept               3" in said and "It did, and nothing has changed: " in said


def test_a_notebook_that_cannot_be_read_is_named_though_another_has_all_tasks(tmp_path, capsys):
    handed_in(tmp_path / "in", {"ada": RIGHT})
    (tmp_path / "in" / "ada" / "07.ipynb").write_bytes(b"{")
    assert graded(tmp_path) == 1
    said = capsys.readouterr().out
    assert "Could not be read:" in said and "ada/07.ipynb cannot be read" in said
    assert rows(tmp_path / "out")[0]["points"] == "1"


def test_the_seed_is_drawn_once_and_kept(tmp_path):
    handed_in(tmp_path / "in", {"ada": RIGHT})
    assert graded(tmp_path) == 0
    first = (tmp_path / "out" / "seed").read_text(encoding="utf-8")
    graded(tmp_path)
    assert (tmp_path / "out" / "seed").read_text(encoding="utf-8") == first
    graded(tmp_path, "--seed", "12")
    assert rows(tmp_path / "out")[0]["reason"] == "right 12"


def test_the_roster_says_who_is_missing_and_who_is_unknown(tmp_path, capsys):
    handed_in(tmp_path / "in", {"ada": RIGHT, "eve": RIGHT, "Zoe\u0301": RIGHT})
    (tmp_path / "roster.csv").write_text("student,group\nada,1\nbob,2\nZo\u00e9,1\n", encoding="utf-8-sig")
    assert graded(tmp_path, "--roster", str(tmp_path / "roster.csv")) == 0
    found = {row["student"]: (float(row["points"]), row["reason"]) for row in rows(tmp_path / "out")}
    assert found["bob"] == (0, command.NOTHING) and found["ada"][0] == 1 and len(found) == 4
    said = capsys.readouterr().out
    assert "Handed in nothing:\n  bob\n" in said and "Not in the roster, graded all the same:\n  eve\n" in said


def test_progress_files_are_counted_and_a_bad_one_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    handed_in(tmp_path / "in", {"ada": RIGHT})
    question = next(iter(bank()[0].values()))
    belief = next(choice.misconception for choice in question.choices if choice.misconception)
    progress.record_answer(question.id, "x", False, belief)
    (tmp_path / "handed").mkdir()
    progress.export(tmp_path / "handed" / "ada.json", name="Ada")
    (tmp_path / "handed" / "bob.json").write_text("{", encoding="utf-8")
    assert graded(tmp_path, "--progress", str(tmp_path / "handed")) == 0
    page = (tmp_path / "out" / "class.html").read_text(encoding="utf-8")
    assert "in 1 progress files" in page and belief in html.unescape(page)
    assert "bob.json: no progress file" in capsys.readouterr().out
    assert (tmp_path / "out" / "feedback" / "ada.html").exists()


def test_several_progress_files_of_one_student_count_once(tmp_path, monkeypatch):
    questions = list(bank()[0])[:3]
    (tmp_path / "handed").mkdir()
    for home, names in (("ada", ["week 1", "week 2"]), ("bob", ["bob"])):
        monkeypatch.setenv("COURSE_HOME", str(tmp_path / home))
        for name in names:
            progress.record_answer(questions[len(name) % 3], "x", True, "")
            progress.record_answer(questions[names.index(name)], "x", False, "")
            progress.export(tmp_path / "handed" / f"{name}.json", name=home)
    shutil.copy(tmp_path / "handed" / "week 2.json", tmp_path / "handed" / "week 2 (1).json")
    exports, said = command.read_progress(str(tmp_path / "handed"))
    assert sorted(map(len, exports)) == [3, 5], "a name, and two answers a week"
    assert len(said) == 2 and all("counts with it as one student's" in one for one in said)
    assert max(one.answers for one in asked(exports)) == 2


def test_an_export_with_several_columns_takes_the_named_one(tmp_path, capsys):
    handed_in(tmp_path / "in", {"Ode, Anna": RIGHT})
    (tmp_path / "canvas.csv").write_text(
        "Student,ID,SIS Login ID,Section,Week 5 (11),Week 6 (12)\n    Points Possible,,,,10,20\n"
        "\"Ude, Bea\",8,bea,S,,\n\"Ode, Anna\",7,anna,S,,\n", encoding="utf-8")
    assert graded(tmp_path, "--gradebook", str(tmp_path / "canvas.csv")) == 2
    assert "--column" in capsys.readouterr().err and not (tmp_path / "out").exists(), "before anything is graded"
    assert graded(tmp_path, "--gradebook", str(tmp_path / "canvas.csv"), "--column", "Week 6") == 0
    assert (tmp_path / "out" / "gradebook.csv").read_text(encoding="utf-8").endswith(
        '"Ude, Bea",8,bea,S,,\n"Ode, Anna",7,anna,S,,20\n')
    assert "whose cells are as they were: 1." in capsys.readouterr().out


def test_what_was_not_graded_is_counted_and_said_whole_to_the_instructor_alone(tmp_path, capsys, monkeypatch):
    cause = f"{tmp_path}/lora.py: {'the reference gives nothing. ' * 20}\nRun \x1b[2J'course build' first."
    monkeypatch.setattr(command, "grade_cells", partial(stops_for_bob, cause))
    handed_in(tmp_path / "in", {"ada": RIGHT, "bob": RIGHT, "eve": b"{"})
    override = tmp_path / "overrides.csv"
    override.write_text("student,task,points,reason\nbob,06.1,1,x\neve,06.1,1,x\n", encoding="utf-8")
    for options in ((), ("--overrides", str(override))):
        assert graded(tmp_path, *options) == 1
        said = capsys.readouterr().out
        rows_said = dict(line.strip().rsplit(maxsplit=1) for line in said.splitlines() if line.startswith("  "))
        assert [int(rows_said[name]) for name in ("graded now", "kept", "not graded", "could not be read")] == [
            2, 0, 1, 1]
        told = f"(--resume tries again):\n  bob: {' '.join(cause.split())}\n".replace("\x1b", "\u27e8U+001B\u27e9")
        assert told in said and "Could not be read:\n  eve: eve/06.ipynb cannot be read: " in said
    for path in [*(tmp_path / "out" / "feedback").iterdir(), tmp_path / "out" / "grades.csv"]:
        assert "lora.py" not in path.read_text(encoding="utf-8")


def stops_for_bob(cause, student, *given):
    if student == "bob":
        raise RuntimeError(cause)
    return by_a_word(student, *given)


@pytest.mark.parametrize("options", [["--doctor"], ["--doc"], ["--dem"], ["--column", "x"], ["--column", ""]])
def test_an_option_that_would_do_nothing_is_refused(tmp_path, capsys, options):
    handed_in(tmp_path / "in", {"ada": RIGHT})
    with pytest.raises(SystemExit, match="2"):
        graded(tmp_path, *options)
    assert f"{options[0][:5]}" in capsys.readouterr().err and not (tmp_path / "out").exists()


CANVAS = "Student,ID,SIS Login ID,Section,Week 6 (12)\n    Points Possible,,,,10\nada,7,ada,S,\n"


def test_no_gradebook_of_an_earlier_run_lies_beside_newer_grades(tmp_path, capsys):
    handed_in(tmp_path / "in", {"ada": RIGHT})
    (tmp_path / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    filled = tmp_path / "out" / "gradebook.csv"
    assert graded(tmp_path, "--gradebook", str(tmp_path / "canvas.csv")) == 0 and filled.exists()
    assert "Removed" not in capsys.readouterr().out
    assert graded(tmp_path, "--gradebook", str(tmp_path / "canvas.csv"), "--unsafe-no-sandbox") == 0
    weak = filled.with_name("gradebook-without-sandbox.csv")
    assert f"earlier run: {filled}" in capsys.readouterr().out and weak.exists() and not filled.exists()
    assert graded(tmp_path) == 0 and not weak.exists() and f"earlier run: {weak}" in capsys.readouterr().out


def test_the_export_in_out_is_refused_before_anything_is_graded(tmp_path, capsys):
    handed_in(tmp_path / "in", {"ada": RIGHT})
    export = tmp_path / "out" / "gradebook.csv"
    export.parent.mkdir()
    export.write_text(CANVAS, encoding="utf-8")
    assert graded(tmp_path, "--gradebook", str(export)) == 2 and "the export itself" in capsys.readouterr().err
    assert graded(tmp_path) == 2 and "is not of 'course grade'" in capsys.readouterr().err
    assert export.read_text(encoding="utf-8") == CANVAS and list(export.parent.iterdir()) == [export]


@pytest.mark.parametrize("options, why", [
    (["--progress", "none"], "no such folder"), (["--jobs", "0"], "--jobs"),
    (["--only", "06.9"], "no task or lesson"), (["--only", "66"], "no task or lesson"),
    (["--seed", "-1"], "--seed"), (["--roster", "none.csv"], "Cannot read none"), (["--out", "IN/out"], "elsewhere"),
    (["--roster", ""], "no path"), (["--gradebook", ""], "no path"), (["--gradebook", "none.csv"], "Cannot read none"),
    (["--out", "IN/ada/06.ipynb"], "elsewhere")])
def test_bad_input_is_refused_before_anything_is_graded(tmp_path, capsys, options, why):
    handed_in(tmp_path / "in", {"ada": RIGHT})
    assert graded(tmp_path, *(one.replace("IN", str(tmp_path / "in")) for one in options)) == 2
    assert why in capsys.readouterr().err and not (tmp_path / "out" / "grades.csv").exists()


@pytest.mark.parametrize("listed, why", [
    ("bob\n\"Ode, Zo\u00e9\"", "Nobody of the roster is among the submissions. Write the names in the roster as"),
    ("ada\nODE Zoe", "'ODE Zoe' of the roster and the submission 'zoeode_12' look like one student"),
    ("ada\nzo\u00e9 ode_12", "look like one student"), ("ada\nzoe ode_13", None), ("ada\nzoe", None),
    ("ada\nzoeode_12\nZo\u00e9 Ode", None)])
def test_a_student_under_two_names_is_refused_before_anything_is_graded(tmp_path, capsys, listed, why):
    handed_in(tmp_path / "in", {"ada": RIGHT, "zoeode_12": RIGHT})
    (tmp_path / "roster.csv").write_text(f"student\n{listed}\n", encoding="utf-8")
    refused = graded(tmp_path, "--roster", str(tmp_path / "roster.csv")) == 2
    assert refused == (why is not None) and (tmp_path / "out").exists() != refused
    assert (why or "") in capsys.readouterr().err


@pytest.mark.parametrize("content, why", [("name\nada\n", "needs a column student"), ("", "column"),
                                          ("student\na\na\n", "twice")])
def test_a_roster_that_is_none_is_refused(tmp_path, capsys, content, why):
    handed_in(tmp_path / "in", {"ada": RIGHT})
    (tmp_path / "roster.csv").write_text(content, encoding="utf-8")
    assert graded(tmp_path, "--roster", str(tmp_path / "roster.csv")) == 2 and why in capsys.readouterr().err


def test_grades_that_would_be_overwritten_are_named_and_stay(tmp_path, capsys):
    handed_in(tmp_path / "in", {"ada": RIGHT, "bob": RIGHT})
    assert graded(tmp_path) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    handed_in(tmp_path / "others", {"eve": RIGHT, "flo": RIGHT})
    typed = ["--out", str(tmp_path / "out"), "--jobs", "1"]
    for submissions, options, why in (("others", ["--only", "06.1"], "another class (2 students, such as 'ada')"),
                                      ("in", ["--only", "06.2"], "grades of other tasks (06.1)"),
                                      ("in", ["--only", "06.1", "--resume", "--seed", "3"], "was graded with --seed")):
        assert main(["grade", str(tmp_path / submissions), *typed, *options]) == 2
        assert why in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_who_was_graded_before_and_is_gone_is_named(tmp_path, capsys):
    handed_in(tmp_path / "in", {"ada": RIGHT, "bob": RIGHT})
    graded(tmp_path)
    shutil.rmtree(tmp_path / "in" / "bob")
    assert graded(tmp_path, "--resume") == 0
    assert "Graded before, not among these submissions, and not in grades.csv:\n  bob" in capsys.readouterr().out
    assert (tmp_path / "out" / "results" / "bob.json").exists()


@pytest.mark.parametrize("made, why", [("grades.csv", "not of 'course grade'"), ("results", "is a file"),
                                       ("feedback", "is a file")])
def test_an_out_that_is_something_else_is_left_alone(tmp_path, capsys, made, why):
    handed_in(tmp_path / "in", {"ada": RIGHT})
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / made).write_text("mine", encoding="utf-8")
    assert graded(tmp_path) == 2
    said = capsys.readouterr().err
    assert made in said and why in said and "another folder for --out" in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == [made]


def test_an_out_that_cannot_be_written_is_named(open_folder, as_somebody, capsys):
    handed_in(open_folder / "in", {"ada": RIGHT})
    (open_folder / "file").touch()
    (open_folder / "out").mkdir(mode=0o555)
    for out, why in (("out", "ermission denied"), ("new/out", "ermission denied"), ("file/out", "ot a directory")):
        with as_somebody():
            assert main(["grade", str(open_folder / "in"), "--out", str(open_folder / out), "--only", "06.1"]) == 2
        said = capsys.readouterr().err
        assert why in said and str(open_folder / out.split("/")[0]) in said
