"""An export of Canvas or Moodle comes back filled in, and byte for byte alike but for the grades."""
import csv
import io
import time
from pathlib import Path

import pytest

from course_lib.errors import CourseError
from course_lib.grading.gradebook import FILLED, fill_gradebook
from course_lib.grading.results import Graded
from tests.grading.marks import graded, mark, share

EXPORTS = Path(__file__).with_name("exports")


def fill(name, *students, column=None, out, content=None):
    path = EXPORTS / name
    if name == "moodle_german_cp1252.csv":  # as Windows saves it; in the repository, every text is UTF-8
        content = (EXPORTS / "moodle_german.csv").read_text(encoding="utf-8").replace("\n", "\r\n").encode("cp1252")
    if content is not None:
        path = out / "in" / name
        path.parent.mkdir()
        path.write_bytes(content)
    filled = fill_gradebook(students, path, out, column)
    return filled, path.read_bytes(), filled.path.read_bytes()


@pytest.mark.parametrize("name, students, changes, encoding", [
    ("canvas.csv", {"lovelaceada_4711": 3, "mllerjrg_4712": 1, "Zoë O\"Hara": 4}, [
        (",9.00,,9.00", ",9.00,15.00,9.00"), (",8.50,,8.50", ",8.50,5.00,8.50"), (",7.00,,7.00", ",7.00,20.00,7.00")],
     "utf-8"),
    ("canvas_german.csv", {"lovelaceada_4711": 3, "müllerjörg_4712": 1, "ZOHARA": 4}, [
        (";9,00;;90", ";9,00;15,00;90"), (";8,50;;85", ";8,50;5,00;85"), (";7,00;;70", ";7,00;20,00;70")], "utf-8-sig"),
    ("moodle_english.csv", {"Ada Lovelace_1234": 3, "jo\u0308rg mu\u0308ller": 1, "kim2@uni.example": 4}, [
        (',"Submitted for grading - ",,100.00,Yes,"Thursday, 12 November 2026, 9:14',
         ',"Submitted for grading - ",75.00,100.00,Yes,"Thursday, 12 November 2026, 9:14'),
        (',"Submitted for grading - ",,100.00,Yes,"Thursday, 12 November 2026, 9:20',
         ',"Submitted for grading - ",25.00,100.00,Yes,"Thursday, 12 November 2026, 9:20'),
        ("55.50", "100.00")], "utf-8"),
    ("moodle_german.csv", {"Ada Lovelace_1234": 3, "Jörg Müller_1235": 0.5}, [
        (',,"12,00",Ja,"D', ',"9,00","12,00",Ja,"D'), (',,"12,00",Ja,"D', ',"1,50","12,00",Ja,"D')], "utf-8"),
    ("moodle_german_cp1252.csv", {"Jörg Müller_1235": 4}, [
        ('mueller@uni.example,"Zur Bewertung abgegeben -  - ",,',
         'mueller@uni.example,"Zur Bewertung abgegeben -  - ","12,00",')], "cp1252"),
    ("moodle_german_utf16.csv", {"Zoë O'Hara": 2}, [("Abgabe -  - \t\t12", "Abgabe -  - \t6,00\t12")], "utf-16"),
    ("moodle_blind.csv", {"Participant_1235": 1}, [(
        '1235","Submitted for grading - ",,', '1235","Submitted for grading - ",2.50,')], "utf-8"),
])
def test_only_the_grades_change(name, students, changes, encoding, tmp_path):
    column = "Exercise 06, LoRA" if name == "canvas.csv" else None
    filled, before, after = fill(name, *(share(*one) for one in students.items()), column=column, out=tmp_path)
    assert filled.problems == () and set(filled.students) == set(students)
    expected = before.decode(encoding)
    for old, new in changes:
        assert expected.count(old) >= 1
        expected = expected.replace(old, new, 1)
    mark = before[:3] if encoding == "utf-8-sig" else before[:2] if encoding == "utf-16" else b""
    coded = "utf-16-le" if encoding == "utf-16" else "utf-8" if encoding == "utf-8-sig" else encoding
    assert after == mark + expected.encode(coded)


@pytest.mark.parametrize("name", sorted(path.name for path in EXPORTS.glob("*.csv")))
def test_nobody_graded_is_the_file_as_it_was(name, tmp_path):
    filled, before, after = fill(name, column="Week 1 (501)" if name == "canvas.csv" else None, out=tmp_path)
    assert before == after and filled.students == () and filled.absent > 0


@pytest.mark.parametrize("ends, last", [("\n", ""), ("\r\n", ""), ("\r", ""), ("\n", "\n\n"), ("\r\n", "\r\n \r\n")])
@pytest.mark.parametrize("separator, title", [(",", "A; b; c; d; e; f; g (1)"), (";", "A, b, c, d, e, f, g (1)"),
                                              (",", '"A, ""b"", c\nd (1)"'), ("\t", "A; b, c; d, e; f (1)")])
def test_line_ends_and_titles_of_any_kind(ends, last, separator, title, tmp_path):
    rows = [["Student", "ID", "SIS Login ID", "Section", title], [""] * 4 + ["Manual Posting"],
            ["    Points Possible", "", "", "", "10.00"], ['"Ode, Anna"', "7", "anna", "S", ""],
            ['"Student, Test"', "99", "", "S", ""]]
    before = ends.join(separator.join(row) for row in rows) + last
    after = before.replace(separator.join(['"Ode, Anna"', "7", "anna", "S", ""]),
                           separator.join(['"Ode, Anna"', "7", "anna", "S", "7.50"]))
    filled, _, found = fill("export.csv", share("odeanna_7", 3), out=tmp_path, content=before.encode())
    assert found == after.encode() and filled.absent == 1 and filled.problems == ()


@pytest.mark.parametrize("student, known", [("Group 1-Ada Lovelace_1234", True), ("Gruppe_2-Ada Lovelace_1234", True),
                                            ("Ada_1234", False), ("Ada Lovelace Smith_1234", False),
                                            ("Ada Lovelace_1235", False)])
def test_the_number_alone_is_not_enough_and_a_group_before_the_name_does_no_harm(student, known, tmp_path):
    filled, before, after = fill("moodle_english.csv", share(student, 1), out=tmp_path)
    assert (filled.students == (student,)) == known == (before != after) and bool(filled.problems) != known


def test_who_is_not_surely_found_is_listed(tmp_path):
    students = [share("nobody", 1), share("Min Kim", 1), share("Ed Excused", 1), share("lovelaceada_4711", 1),
                share("Ada Lovelace", 2), share("anna_4712", 1), share("student_9", 1),
                graded("zohara", mark(out_of=0.0, points=0.0))]
    filled, before, after = fill("canvas.csv", *students, column="exercise 06, lora (502)", out=tmp_path)
    assert before == after and filled.students == ()
    problems = "\n".join(filled.problems)
    for part in ("nobody: is not in the export", "Min Kim: fits several rows", "Ed Excused: is excused in Canvas",
                 "Ada Lovelace: lovelaceada_4711 belongs to the same row", "lovelaceada_4711: Ada Lovelace belongs to",
                 "anna_4712: number 4712 belongs to another name", "student_9: is not in",
                 "zohara: nothing was graded"):
        assert part in problems, part
    assert len(filled.problems) == len(students)


def test_a_number_that_is_also_another_ones_login_is_not_guessed(tmp_path):
    content = (EXPORTS / "canvas.csv").read_bytes().replace(b"zohara", b"4711")
    filled, *_ = fill("canvas.csv", share("4711", 1), column="Week 1", out=tmp_path, content=content)
    assert filled.problems == ("4711: fits several rows of the export",)


def test_which_column(tmp_path):
    filled, *_ = fill("canvas.csv", out=tmp_path)
    assert filled.column == "Exercise 06, LoRA (502)"  # the only one without a grade: EX is none


@pytest.mark.parametrize("points, out_of, grade", [(1, 3, "33.33"), (2, 3, "66.67"), (1, 8, "12.50"), (0, 4, "0.00"),
                                                   (0.1, 0.3, "33.33"), (1, 2000, "0.05"), (1.005, 100, "1.01")])
def test_a_grade_is_the_share_of_the_points(points, out_of, grade, tmp_path):
    fill("moodle_english.csv", share("Ada Lovelace_1234", points, out_of), out=tmp_path)
    with open(tmp_path / "gradebook.csv", encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["Grade"] == grade


def test_the_marks_of_all_tasks_count(tmp_path):
    marks = mark("06.1", 1.0), mark("06.2", 0.5), mark("06.3", 0.0, 2.0)
    fill("moodle_english.csv", graded("Ada Lovelace_1234", *marks), out=tmp_path)
    with open(tmp_path / "gradebook.csv", encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["Grade"] == "37.50"


@pytest.mark.parametrize("name, grade, said", [
    ("moodle_english.csv", "100.00", "100.00, for Moodle takes no grade above it"), ("canvas.csv", "22.00", "")])
def test_more_than_all_points_goes_into_canvas_and_not_into_moodle(name, grade, said, tmp_path):
    who = "Ada Lovelace_1234" if said else "lovelaceada_4711"
    filled, _, after = fill(name, graded(who, mark(), mark("extra", 0.1, 0.0, "extra")), out=tmp_path,
                            column=None if said else "Exercise 06, LoRA")
    assert grade in after.decode() and filled.students == (who,) and said in "".join(filled.problems)
    assert len(filled.problems) == bool(said)


def test_what_was_not_graded_leaves_its_cell_open(tmp_path):
    stopped = mark(points=0.0, verdict="unreadable", reason="It was not graded, because the grader stopped.")
    kim = Graded("kim2@uni.example", (), "", 0, False, (), (stopped,))
    filled, before, after = fill("moodle_english.csv", kim, out=tmp_path)
    assert before == after and b"55.50" in after and "left as it is. It was not graded, because" in filled.problems[0]


def nothing_of(student):
    missing = mark(points=0.0, verdict="missing", reason="Nothing was handed in.")
    return Graded(student, (), "", 0, False, (), (missing,))


def test_a_name_of_the_roster_alone_takes_no_grade_from_who_handed_in(tmp_path):
    filled, _, after = fill("canvas.csv", share("lovelaceada_4711", 3), nothing_of("Lovelace, Ada"), out=tmp_path,
                            column="Exercise 06, LoRA")
    assert filled.students == ("lovelaceada_4711",) and b",9.00,15.00,9.00" in after
    assert filled.problems == ("Lovelace, Ada: handed in nothing, and is in the same row of the export as "
                               "lovelaceada_4711, whose grade it takes",)


def test_where_two_could_have_the_row_nobody_takes_it(tmp_path):
    stopped = Graded("Ada Lovelace", (), "", 0, False, (), (mark(points=0.0, verdict="unreadable", reason="Stopped."),))
    extra = Graded("Ada Lovelace", (), "", 0, False, (), (*nothing_of("").marks, mark("extra", 0.5, 0.0, "extra")))
    for number, other in enumerate((stopped, extra, share("Ada Lovelace", 2))):
        out = tmp_path / str(number)
        out.mkdir()
        filled, before, after = fill("canvas.csv", share("lovelaceada_4711", 3), other, out=out,
                                     column="Exercise 06, LoRA")
        assert before == after and len(filled.problems) == 2


def test_grades_that_are_replaced_are_counted(tmp_path):
    students = share("Ada Lovelace_1234", 1), share("kim2@uni.example", 1)
    filled, before, _ = fill("moodle_english.csv", *students, out=tmp_path)
    assert b"55.50" in before and filled.replaced == 1
    again = fill_gradebook(students, filled.path.rename(tmp_path / "again.csv"), tmp_path)
    assert again.replaced == 0 and len(again.students) == 2


def test_where_the_export_writes_whole_numbers_so_do_we(tmp_path):
    content = (EXPORTS / "moodle_english.csv").read_bytes().replace(b"100.00", b"10").replace(b"55.50", b"5.5")
    fill("moodle_english.csv", share("Ada Lovelace_1234", 4), share("Jörg Müller_1235", 3), out=tmp_path,
         content=content)
    with open(tmp_path / "gradebook.csv", encoding="utf-8", newline="") as file:
        assert [row["Grade"] for row in csv.DictReader(file)] == ["10", "7.5", "", "5.5"]


@pytest.mark.parametrize("content, said", [
    (b"", "neither Canvas"), (b"name,grade\nanna,1\n", "neither Canvas"), (b"PK\x03\x04\x00\x00\xff\xff", "no text"),
    (b"Student,ID,Section\nAnna,1,x\n", "Points Possible"),
    (b'Student,ID,Section,A (1)\n    Points Possible,,,10\n"Anna,1,x,\n', "never closed"),
    (b"Student,ID,Section,A (1)\n    Points Possible,,,\nAnna,1,x,\n", "no column for grades"),
    (b"Student,ID,Section,A (1)\n    Points Possible,,,\"1,000\"\nAnna,1,x,\n", "no column for grades"),
    (b"Student,ID,Section,A (1),B (2)\n    Points Possible,,,10,10\nAnna,1,x,,\n", "\"A (1)\", \"B (2)\""),
    (b"ID,Name,Status,Bewertung,Skala\nTeilnehmer/in1,Anna,x,,gut schlecht\n", "no column for grades"),
])
def test_what_is_not_understood_is_refused(content, said, tmp_path):
    with pytest.raises(CourseError, match=said.replace("(", r"\(").replace(")", r"\)")):
        fill("export.csv", share("Anna", 1), out=tmp_path, content=content)
    assert not (tmp_path / "gradebook.csv").exists()


def test_a_wrong_column_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(CourseError, match=r"no column for grades called 'Final Score'.*\"Week 1 \(501\)\""):
        fill("canvas.csv", column="Final Score", out=tmp_path)


@pytest.mark.parametrize("name", FILLED)
def test_the_export_itself_is_never_written(tmp_path, name):
    path = tmp_path / name
    path.write_bytes((EXPORTS / "moodle_english.csv").read_bytes())
    with pytest.raises(CourseError, match="is the export itself"):
        fill_gradebook([], path, tmp_path)


def test_the_weaker_mode_stands_in_the_name(tmp_path):
    filled, *_ = fill("moodle_english.csv", share("Ada Lovelace_1234", 1, weak=True), out=tmp_path)
    assert filled.path.name == "gradebook-without-sandbox.csv"


def test_a_class_of_two_hundred_takes_no_time(tmp_path):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Student", "ID", "SIS Login ID", "Section", "A (1)"])
    writer.writerow(["    Points Possible", "", "", "", "10.00"])
    writer.writerows([f"Ode{i}, Anna", 1000 + i, f"ode{i}", "x", ""] for i in range(2000))
    start = time.process_time()
    filled, *_ = fill("export.csv", *(share(f"ode{i}anna_{1000 + i}", 2) for i in range(200)), out=tmp_path,
                      content=out.getvalue().encode())
    assert time.process_time() - start < 5
    assert len(filled.students) == 200 and filled.absent == 1800
