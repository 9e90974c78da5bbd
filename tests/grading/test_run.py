"""A class is graded by several processes: each submission once, whatever happens to one of them or to the command."""
import errno
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib.builder.tasks import read_tasks
from course_lib.errors import CourseError
from course_lib.grading import one as grading_one
from course_lib.grading import run
from course_lib.grading.one import CODE, NOT_GRADED, PACKAGE, Settings, code_digest, digest, grade_one, read
from course_lib.grading.results import Graded, Mark
from course_lib.grading.run import grade_all, stored
from course_lib.grading.submissions import find, slug

from .test_notebook import dumped

ROOT = Path(__file__).resolve().parents[2]
TASKS = {id: replace(task) for id, task in read_tasks(ROOT / "lessons" / "06_lora").items()}
RIGHT = "# task 06.1: lora_parameters\nright = 1\n"


def by_a_word(student, cells, tasks, seed, unsafe=False):
    """A grader that looks for a word, and does what the cell says; it notes in a file that it graded."""
    marks = []
    for id, task in sorted(tasks.items()):
        source = cells.get(id, "")
        if "LOG" in os.environ:
            with open(os.environ["LOG"], "a", encoding="utf-8") as log:
                log.write(f"{student} {id}\n")
        if "killed once" in source and not os.path.exists(os.environ["ONCE"]):
            Path(os.environ["ONCE"]).touch()
            os._exit(9)
        if "stops" in source:
            raise RuntimeError("no sandbox left")
        if "slow" in source:
            time.sleep(0.3)
        verdict = "missing" if id not in cells else "right" if "right" in source else "wrong"
        marks.append(Mark(id, task.name, float(verdict == "right"), 1.0, verdict, f"{verdict} {seed}", source=source))
    return tuple(marks)


SETTINGS = Settings({"06.1": TASKS["06.1"]}, 7, by_a_word, code="1")


def handed_in(folder: Path, cells: dict[str, str | bytes]) -> list:
    for student, held in cells.items():
        (folder / student).mkdir(parents=True, exist_ok=True)
        (folder / student / "06.ipynb").write_bytes(held if isinstance(held, bytes) else dumped(held))
    return find(folder)[0]


@pytest.fixture
def log(tmp_path, monkeypatch):
    """What the grader was asked, a line each."""
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("ONCE", str(tmp_path / "once"))

    def lines():
        found = (tmp_path / "log").read_text(encoding="utf-8").splitlines() if (tmp_path / "log").exists() else []
        (tmp_path / "log").unlink(missing_ok=True)
        return sorted(found)
    return lines


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_is_graded_once_and_kept_in_a_file_of_its_own(tmp_path, log, jobs):
    names = [f"student-{number:02}" for number in range(6)] + ["Zoë 😀"]
    class_06 = handed_in(tmp_path / "in", {name: RIGHT for name in names})
    results, kept = grade_all(class_06, SETTINGS, tmp_path / "out", jobs)
    assert sorted(one.student for one in results) == sorted(names) and kept == 0
    assert log() == sorted(f"{name} 06.1" for name in names)
    assert {one.marks[0].points for one in results} == {1.0}
    for one in results:
        assert stored(tmp_path / "out" / "results" / f"{slug(one.student)}.json") == one
    assert grade_all(class_06, SETTINGS, tmp_path / "out", jobs, resume=True) == (results, len(names)) and log() == []


@pytest.mark.parametrize("changed", [{"seed": 8}, {"code": "2"}, {"unsafe": True}, {"tasks": {"06.2": TASKS["06.2"]}}])
def test_what_decides_the_marks_has_all_graded_again(tmp_path, log, changed):
    class_06 = handed_in(tmp_path / "in", {"ada": RIGHT, "bob": RIGHT})
    grade_all(class_06, SETTINGS, tmp_path / "out")
    log()
    _, kept = grade_all(class_06, replace(SETTINGS, **changed), tmp_path / "out", resume=True)
    assert kept == 0 and len(log()) == 2


def test_only_who_hands_in_something_else_is_graded_again(tmp_path, log):
    grade_all(handed_in(tmp_path / "in", {"ada": RIGHT, "bob": RIGHT}), SETTINGS, tmp_path / "out")
    log()
    class_06 = handed_in(tmp_path / "in", {"bob": "# task 06.1\nno"})
    results, kept = grade_all(class_06, SETTINGS, tmp_path / "out", resume=True)
    assert kept == 1 and log() == ["bob 06.1"] and [one.marks[0].points for one in results] == [1.0, 0.0]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b"\xff", b'{"marks": [{}]}', None])
def test_a_damaged_result_is_made_again(tmp_path, log, damage):
    class_06 = handed_in(tmp_path / "in", {"ada": RIGHT})
    results, _ = grade_all(class_06, SETTINGS, tmp_path / "out")
    path = tmp_path / "out" / "results" / "ada.json"
    path.unlink() if damage is None else path.write_bytes(damage)
    assert grade_all(class_06, SETTINGS, tmp_path / "out", resume=True) == (results, 0)


def test_a_process_that_is_ended_from_outside_loses_nothing_and_nothing_is_kept_twice(tmp_path, log):
    cells = {f"student-{number}": RIGHT for number in range(6)} | {"student-3": RIGHT + "# killed once"}
    results, _ = grade_all(handed_in(tmp_path / "in", cells), SETTINGS, tmp_path / "out", jobs=2)
    assert [one.marks[0].points for one in results] == [1.0] * 6
    assert len(list((tmp_path / "out" / "results").iterdir())) == 6


def test_where_the_grader_stops_the_mark_says_so_and_the_next_run_tries_again(tmp_path, log):
    class_06 = handed_in(tmp_path / "in", {"ada": "# task 06.1\nstops", "bob": RIGHT})
    (ada, bob), _ = grade_all(class_06, SETTINGS, tmp_path / "out")
    assert bob.marks[0].points == 1 and ada.problems == ("no sandbox left",)
    assert ada.notes == (ada.marks[0].reason,) == (NOT_GRADED,), "why is not for the student"
    log()
    assert grade_all(class_06, SETTINGS, tmp_path / "out", resume=True)[1] == 1 and log() == ["ada 06.1"]


def test_a_broken_notebook_gives_its_reason_and_the_other_counts(tmp_path):
    class_06 = handed_in(tmp_path, {"ada": b"{", "bob": b"{", "eve": b"\xef\xbb\xbf" + dumped(RIGHT)})
    (tmp_path / "bob" / "07.ipynb").write_bytes(dumped(RIGHT))
    ada, bob, eve = (grade_one(read(one), SETTINGS) for one in find(tmp_path)[0])
    assert len(class_06) == 3 and ada.marks[0].verdict == "unreadable" and "damaged" in ada.marks[0].reason
    assert bob.marks[0].points == eve.marks[0].points == 1 and "bob/06.ipynb" in bob.notes[0] and eve.notes == ()


def test_the_newest_notebook_counts_however_large_the_older_ones_are(tmp_path, monkeypatch):
    monkeypatch.setattr(grading_one, "MOST_BYTES", 40_000)
    handed_in(tmp_path, {"ada": b"{"})
    for name in ("1.ipynb", "2.ipynb", "3.ipynb"):
        (tmp_path / "ada" / name).write_bytes(dumped("# task 06.1\nno" + "." * 15_000))
    (tmp_path / "ada" / "06.ipynb").rename(tmp_path / "ada" / "0.ipynb")
    (tmp_path / "ada" / "4.ipynb").write_bytes(dumped(RIGHT))
    [ada] = find(tmp_path)[0]
    found = grade_one(read(ada), SETTINGS)
    assert found.marks[0].points == 1 and found.files == tuple(f"ada/{number}.ipynb" for number in range(1, 5))
    [problem] = found.problems
    assert problem.startswith("ada/0.ipynb was left aside") and Graded.from_json(found.to_json()) == found


def test_a_zip_that_cannot_be_read_beside_a_notebook_is_a_problem(tmp_path):
    handed_in(tmp_path, {"ada": "# task 06.1\nno"})
    (tmp_path / "ada" / "07.zip").write_bytes(b"PK\3\4")
    found = grade_one(read(find(tmp_path)[0][0]), SETTINGS)
    assert found.marks[0].verdict == "wrong" and "ada/07.zip" in found.problems[0] and found.problems[0] in found.notes


@pytest.mark.parametrize("order, points", [((RIGHT, TASKS["06.1"].stub), 1), ((TASKS["06.1"].stub, RIGHT), 1),
                                           ((RIGHT, "no"), 0), (("no", RIGHT), 1)])
def test_of_a_task_in_two_notebooks_the_last_that_is_written_counts(tmp_path, order, points):
    (tmp_path / "ada").mkdir()
    for name, source in zip(("06.ipynb", "06 (1).ipynb"), order):
        (tmp_path / "ada" / name).write_bytes(dumped("# task 06.1\n" + source.removeprefix(RIGHT.splitlines(True)[0])))
    found = grade_one(read(find(tmp_path)[0][0]), SETTINGS)
    assert found.marks[0].points == points and "2 notebooks" in found.notes[0]


def test_what_no_file_can_hold_is_made_harmless(tmp_path):
    (one,) = handed_in(tmp_path, {"ada": "# task 06.1\nright = '\ud800'"})
    found = grade_one(read(one), replace(SETTINGS, grade=lambda *_: (Mark("06.1", "x", 0.0, 1.0, "wrong", "\ud800"),)))
    assert Graded.from_json(found.to_json().encode().decode()) == found


def test_the_digest_is_of_the_code_and_the_student(tmp_path):
    ada, bob = (read(one) for one in handed_in(tmp_path, {"ada": RIGHT, "bob": RIGHT}))
    assert digest(ada, SETTINGS) != digest(bob, SETTINGS) and digest(ada, SETTINGS) == digest(ada, SETTINGS)
    assert len(code_digest()) == 64


def test_all_that_computes_a_mark_is_in_the_digest_of_the_code(tmp_path):
    code = ("import sys; from course_lib.grading import engine, notebook, results, worker; "
            "print(*(m.__file__ for name, m in sys.modules.items() if name.startswith('course_lib')), sep='\\n')")
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    named = {str(path) for pattern in CODE for path in PACKAGE.glob(pattern)}
    assert set(loaded.split("\n")[:-1]) - named == set()
    assert all(list(PACKAGE.glob(pattern)) for pattern in CODE), "a name in CODE that is no file"
    assert not [path for path in named if "page" in path or "command" in path]


def test_another_version_of_what_computes_has_another_digest(monkeypatch):
    now = code_digest()
    monkeypatch.setattr(grading_one, "version", lambda name: "1.0" if name == "torch" else "2.0")
    other = code_digest()
    monkeypatch.setattr(grading_one.platform, "python_version", lambda: "3.99.0")
    assert len({now, other, code_digest()}) == 3


def test_a_full_disk_loses_no_grade_that_is_there(tmp_path, log, monkeypatch):
    class_06 = handed_in(tmp_path / "in", {"ada": RIGHT, "bob": RIGHT, "eve": RIGHT})
    write = run.write_text

    def full(path, text):
        if path.name == "bob.json":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, text)
    monkeypatch.setattr(run, "write_text", full)
    with pytest.raises(CourseError, match="bob.json: No space left.* 1 of 3 .*--resume"):
        grade_all(class_06, SETTINGS, tmp_path / "out")
    monkeypatch.undo()
    assert grade_all(class_06, SETTINGS, tmp_path / "out", resume=True)[1] == 1


def test_two_runs_do_not_grade_into_one_folder(tmp_path, log):
    class_06 = handed_in(tmp_path / "in", {"ada": RIGHT})
    (tmp_path / "out").mkdir()
    half = tmp_path / "out" / f".{'0a' * 16}.part"
    with run.alone(tmp_path / "out"):
        half.touch()
        with pytest.raises(CourseError, match="another 'course grade' is grading into .*out"):
            grade_all(class_06, SETTINGS, tmp_path / "out")
        assert half.exists() and log() == []
    assert grade_all(class_06, SETTINGS, tmp_path / "out")[0][0].marks[0].points == 1 and not half.exists()


def test_what_a_killed_run_left_half_written_is_taken_away_and_nothing_else(tmp_path):
    (tmp_path / "out" / "feedback").mkdir(parents=True)
    halves = [tmp_path / "out" / f".{'0a' * 16}.part", tmp_path / "out" / "feedback" / f".{'0b' * 16}.part"]
    others = [tmp_path / "out" / ".mine.part", tmp_path / "out" / "feedback" / "x.part"]
    for path in halves + others:
        path.touch()
    grade_all(handed_in(tmp_path / "in", {"ada": RIGHT}), SETTINGS, tmp_path / "out")
    assert not any(path.exists() for path in halves) and all(path.exists() for path in others)
