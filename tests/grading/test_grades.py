"""grades.csv is read back as it was meant, by Python and by a spreadsheet."""
import csv

import pytest

from course_lib.grading.grades import COLUMNS, harmless, number, write_grades
from tests.grading.marks import graded, mark, wrong


def written(path, *students):
    write_grades(students, path)
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_for_each_student_and_task(tmp_path):
    anna = graded("anna", mark("06.1"), mark("06.2", 0.5, 2.0, "wrong", 'No, "not" yet.'))
    rows = written(tmp_path / "grades.csv", anna,
                   graded("ben", mark("06.1", 0.0, verdict="unwritten", reason="Still the stub.")))
    assert list(rows[0]) == list(COLUMNS) == ["student", "task", "points", "out_of", "reason"]
    assert [tuple(row.values()) for row in rows] == [
        ("anna", "06.1", "1", "1", "Right on all inputs."), ("anna", "06.2", "0.5", "2", 'No, "not" yet.'),
        ("ben", "06.1", "0", "1", "Still the stub.")]


def test_a_known_mistake_stands_in_the_reason(tmp_path):
    rows = written(tmp_path / "grades.csv", graded("anna", wrong("06.1", mistake="no-scale", message="Scale it."),
                                                   wrong("06.2")))
    assert [row["reason"] for row in rows] == ["Differs. It behaves like no-scale: Scale it.", "Differs."]


def test_an_empty_class_has_a_header(tmp_path):
    assert written(tmp_path / "grades.csv") == []
    assert (tmp_path / "grades.csv").read_bytes() == b"student,task,points,out_of,reason\r\n"


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", " =1", "\t=1", "＝1", "\r=1"])
def test_no_name_is_a_formula(name, tmp_path):
    [row] = written(tmp_path / "grades.csv", graded(name, mark(reason=name)))
    assert row["student"] == "'" + name and row["reason"] == "'" + name


@pytest.mark.parametrize("name", ["two\nlines", "a\rb", 'a "quoted", b', "Zoë 🎓", "../up", "a-b", "‮abc"])
def test_a_name_comes_back_as_it_was(name, tmp_path):
    [row] = written(tmp_path / "grades.csv", graded(name))
    assert row["student"] == name


def test_what_is_no_text_is_written_all_the_same(tmp_path):
    [row] = written(tmp_path / "grades.csv", graded("a\udcffb\0c"))
    assert row["student"] == "a?b?c"


def test_the_weaker_mode_stands_in_every_row(tmp_path):
    rows = written(tmp_path / "grades.csv", graded("anna", mark("06.1"), mark("06.2"), weak=True), graded("ben"))
    assert [row["reason"].startswith("[graded without a sandbox]") for row in rows] == [True, True, False]


@pytest.mark.parametrize("value, text", [(0, "0"), (10, "10"), (0.25, "0.25"), (2 / 3, "0.6667"), (100.0, "100")])
def test_points_have_no_needless_zeros(value, text):
    assert number(value) == text


def test_a_plain_name_stays():
    assert harmless("Anna-Maria = x") == "Anna-Maria = x"
