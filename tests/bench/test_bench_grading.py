"""`course bench grade`: the real command on a small class, and what makes it say no."""
import os
import subprocess
import sys

import pytest

from course_lib.bench import command, grading
from course_lib.errors import CourseError
from course_lib.grading import command as grade_command
from tests.grading.test_run import by_a_word


@pytest.fixture(autouse=True)
def a_small_grader(monkeypatch):
    monkeypatch.setattr(grade_command, "grade_cells", by_a_word)
    monkeypatch.setattr(grade_command, "check_or_recall", lambda *_: (0, False))
    monkeypatch.setattr(grading, "EVERY", 0.05)
    monkeypatch.setattr(grading, "quarters", lambda *_: (100.0, 120.0))   # a few small submissions say nothing of it


def measure(capsys, students: int = 24) -> tuple[int, dict[str, str]]:
    code = command.main(["grade", "--students", str(students), "--jobs", "1"])
    said = capsys.readouterr().out
    return code, {line[:52].strip(): line[52:] for line in said.splitlines()}


def test_a_class_that_keeps_its_budgets(capsys):
    code, said = measure(capsys)
    assert code == 0 and "24   budget 24" in said["submissions graded, of 4 tasks each, 1 at a time"]
    assert all(line.rstrip().endswith("yes") for line in said.values()) and len(said) == 7


@pytest.mark.parametrize("name, value, row", [
    ("MINUTES", 0.001, "minutes, self-check and pages included"),
    ("quarters", lambda *_: (100.0, 121.0), "memory, first quarter and last"),
    ("quarters", lambda *_: (100.0, 0.0), "memory, first quarter and last"),
    ("quarters", lambda *_: (0.0, 0.0), "memory, first quarter and last"),
    ("unlike", lambda *_: 1, "answers marked unlike the same answers of others")])
def test_a_missed_budget_ends_with_1(name, value, row, capsys, monkeypatch):
    monkeypatch.setattr(grading, name, value)
    code, said = measure(capsys, 8)
    assert code == 1 and [name for name, line in said.items() if line.rstrip().endswith("NO")] == [row]


def test_fewer_than_eight_are_refused():
    with pytest.raises(CourseError, match="--students"):
        command.main(["grade", "--students", "7"])


def test_an_answer_that_is_marked_unlike_its_like_is_counted(tmp_path):
    from tests.grading.marks import graded, mark, wrong
    results = [graded(f"000{number}-student-01", mark("06.1"), mark("06.2")) for number in range(3)]
    assert grading.unlike(results) == 0
    assert grading.unlike([*results, graded("0009-student-01", wrong("06.1"), mark("06.2"))]) == 1
    assert grading.unlike([*results, graded("0009-student-02", wrong("06.1"), mark("06.2"))]) == 0


def test_the_memory_of_all_that_was_started_counts():
    code = "import sys, subprocess; held = bytearray(64 * 2**20); sys.stdout.write('x'); sys.stdout.flush(); input()"
    outer = (f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {code!r}]); p.wait()")
    before = grading.resident(os.getpid())
    with subprocess.Popen([sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.read(1) == b"x"
        during = grading.resident(os.getpid())
        process.communicate(b"\n")
    assert during - before > 60 * 2**20 and grading.resident(os.getpid()) - before < 30 * 2**20


def test_the_quarters_are_those_of_the_class_not_of_the_time(monkeypatch):
    monkeypatch.undo()
    memory = [(0, 1000), (1, 10), (2, 20), (4, 500), (6, 30), (7, 999)]
    assert grading.quarters(memory, 8) == (15, 30)
    assert grading.quarters([], 8) == (0, 0), "nothing was measured"
