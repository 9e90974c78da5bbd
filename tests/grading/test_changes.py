"""What an instructor changes: each change is right to the last digit, said to the student, and noted once."""
import csv
import json

import pytest

from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.grading import command
from course_lib.grading.changes import changed, read_changes
from course_lib.grading.log import note
from course_lib.grading.pages import write_feedback
from course_lib.grading.statistics import distribution, items
from tests.grading.marks import graded, mark, wrong
from tests.grading.test_run import by_a_word, handed_in

RIGHT = "# task 06.1: lora_parameters\nright = 1\n"
TASKS = ("06.1", "06.2")
STUDENTS = ("ada", "bob", "Zo\u00e9")


def read(tmp_path, students=STUDENTS, **content):
    """The changes in these lists, {kind: text or bytes}."""
    files = {kind: [str(tmp_path / f"{kind}.csv")] for kind in content}
    for kind, held in content.items():
        (tmp_path / f"{kind}.csv").write_bytes(held if isinstance(held, bytes) else held.encode())
    return read_changes(files, students, TASKS)


def points(one):
    return [(one.task, one.points, one.out_of) for one in one.marks]


def test_overridden_then_late_then_extra(tmp_path):
    lists = {"extra": "student,points,reason\nada,0.5,helped others!\n",
             "late": "student,percent,reason\nada,10,a day late\nbob,25,two days\n",
             "overrides": "student,task,points,reason\nada,06.2,0.5,right idea\n"}
    ada = graded("ada", mark("06.1"), wrong("06.2", mistake="no-scale", message="Scale."))
    bob = graded("bob", mark("06.1"), wrong("06.2"))
    (one, other), records = changed([ada, bob], read(tmp_path, **lists))
    assert points(one) == [("06.1", 0.9, 1), ("06.2", 0.45, 1), ("extra", 0.5, 0)]
    assert points(other) == [("06.1", 0.75, 1), ("06.2", 0, 1)] and other.marks[1] == bob.marks[1]
    assert [mark.reason for mark in one.marks] == [
        "Right on all inputs. 10 % are taken off, from 1 to 0.9: a day late.",
        "Differs. Your instructor set the points from 0 to 0.5: right idea. 10 % are taken off, from 0.5 to 0.45: "
        "a day late.", "Extra points: helped others!"]
    assert [tuple(record.values())[:5] for record in records] == [
        ("ada", "06.2", 0, 0.5, "right idea"), ("ada", "06.1", 1, 0.9, "a day late"),
        ("ada", "06.2", 0.5, 0.45, "a day late"), ("ada", "extra", 0, 0.5, "helped others!"),
        ("bob", "06.1", 1, 0.75, "two days")]
    assert records[0]["file"] == str(tmp_path / "overrides.csv")
    assert ada.marks[0].points == 1, "what was graded stays as it is"


def test_of_an_answer_that_counts_in_full_no_misconception_is_named(tmp_path):
    rows = "student,task,points,reason\nada,06.1,1,my mistake\nada,06.2,0.9,nearly\n"
    said = {"mistake": "no-scale", "message": "Scale."}
    [one], _ = changed([graded("ada", wrong("06.1", **said), wrong("06.2", **said))], read(tmp_path, overrides=rows))
    assert [(mark.verdict, mark.mistake, mark.message) for mark in one.marks] == [
        ("set", "", ""), ("set", "no-scale", "Scale.")]
    write_feedback(one, tmp_path / "ada.html")
    page = (tmp_path / "ada.html").read_text(encoding="utf-8")
    assert "my mistake" in page and "✓ 1 of 1" in page and "✗ 0.9 of 1" in page and page.count("Scale.") == 1


def test_extra_points_are_no_task(tmp_path):
    rows = "student,points,reason\nada,2,<b>talk</b>\n"
    (one, _), _ = changed([graded("ada", mark("06.1")), graded("bob", mark("06.1"))], read(tmp_path, extra=rows))
    write_feedback(one, tmp_path / "ada.html")
    page = (tmp_path / "ada.html").read_text(encoding="utf-8")
    assert "3 of 1 points" in page and "✓ +2" in page and "&lt;b&gt;talk&lt;/b&gt;" in page and "Task extra" not in page
    assert [item.task for item in items([one])] == ["06.1"] and distribution([one])[-1] == 1


@pytest.mark.parametrize("text, value", [("1", 1), ("0", 0), ("0.25", 0.25), ("0,25", 0.25), ("0.333333", 0.333333)])
def test_points_as_people_write_them(text, value, tmp_path):
    [one] = read(tmp_path, overrides=f"student;task;points;reason\nada;06.1;{text};why\n")
    assert float(one.amount) == value


@pytest.mark.parametrize("kind, header, row, amount", [
    ("overrides", "Task, REASON ,student,points,,", '06.1,"a, b ",ada,1,,', 1),
    ("overrides", "student;task;points;reason", 'ada;6,1;1;"a, b"', 1),
    ("late", "student\tpercent\treason", "ada\t12,5 %\ta, b", 12.5),
    ("extra", "reason;student;points", '"a, b";ada;0,5', 0.5)])
@pytest.mark.parametrize("coding, ends", [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\r\n")])
def test_spreadsheets_write_it_in_many_ways(kind, header, row, amount, coding, ends, tmp_path):
    [one] = read(tmp_path, **{kind: f"{ends}{header}{ends}{row}{ends} {ends}".encode(coding)})
    assert (one.kind, one.student, one.reason, float(one.amount)) == (kind, "ada", "a, b", amount)
    assert one.task == {"overrides": "06.1", "late": "", "extra": "extra"}[kind]


def test_a_name_in_another_coding_is_the_same_student(tmp_path):
    [one] = read(tmp_path, late="student,percent,reason\nZoe\u0301,5,x\n")
    assert one.student == "Zo\u00e9"
    with pytest.raises(CourseError, match="line 2: .* fits 2 students"):
        read(tmp_path, ["a\u030a", "\u00e5 "], late="student,percent,reason\n\u00e5,5,x\n")


@pytest.mark.parametrize("row, why", [
    ("ann,06.1,1,x", "no student called 'ann'"), (",06.1,1,x", "no student called ''"),
    ("ada,06.9,1,x", "no graded task called '06.9'"), ("ada,,1,x", "no graded task"),
    ("ada,extra,1,x", "no graded task"), ("ada,06.1,-1,x", "points must be a number from 0 to 1, "),
    ("ada,06.1,1.01,x", "points"),
    ("ada,06.1,nan,x", "points"), ("ada,06.1,inf,x", "points"), ("ada,06.1,1e9,x", "points"),
    ("ada,06.1,1e-1,x", "points"), ("ada,06.1,,x", "points"), ("ada,06.1,١,x", "points"), ("ada,06.1,1_0,x", "points"),
    ('ada,06.1,"1,000",x', "points"), ("ada,06.1,50%,x", "points"), ("ada,06.1,1,", "reason"), ("ada,06.1,1", "reason"),
    ("ada,06.1,1, ", "reason"), (f"ada,06.1,1,{'x' * 501}", "reason"), ("ada,06.1,1,x,y", "5 cells"),
    ('ada,06.1,1,"x', "line 3 is never closed"), ("bob,06.1,0.5,x", "stands already in .*line 2"),
    ("bob,06.1,1,x", "stands already in .*line 2")])
def test_a_row_that_cannot_be_meant_is_named_by_its_line(row, why, tmp_path):
    with pytest.raises(CourseError, match=f"overrides.csv.*line 3.*{why}|{why}"):
        read(tmp_path, overrides=f'student,task,points,reason\nbob,06.1,1,"x"\n{row}\n')


@pytest.mark.parametrize("kind, row, why", [
    ("late", "ada,101,x", "percent must be a number from 0 to 100"), ("late", "ada,-5,x", "percent"),
    ("late", "ada,nan,x", "percent"), ("extra", "ada,2.5,x", "points must be a number from 0 to 2"),
    ("extra", "ada,-1,x", "points")])
def test_late_and_extra_have_their_ranges(kind, row, why, tmp_path):
    unit = "percent" if kind == "late" else "points"
    with pytest.raises(CourseError, match=f"{kind}.csv, line 2: {why}"):
        read(tmp_path, **{kind: f"student,{unit},reason\n{row}\n"})


@pytest.mark.parametrize("content, why", [
    ("", "needs the columns student, percent, reason"), ("student,percent\nada,1\n", "needs the columns"),
    ("student,percent,reason,reason\nada,1,x,y\n", "needs the columns"),
    ("student,percent,reason,by\na,1,x,y", "no other"),
    ("student percent reason\n", "needs the columns"), ("ada,10,late\n", "needs the columns"),
    ("student,percent,reason\nZo\u00e9,1,x\n".encode("latin-1"), "not in UTF-8"),
    (b"PK\3\4\0\0\xff\xff", "no text"), (b"student,percent,reason\na,1,\x81\n", "no CSV file in UTF-8")])
def test_a_file_that_is_no_list_is_refused(content, why, tmp_path):
    with pytest.raises(CourseError, match=f"late.csv.*{why}"):
        read(tmp_path, late=content)
    with pytest.raises(CourseError, match="Cannot read"):
        read_changes({"late": [str(tmp_path / "none.csv")]}, STUDENTS, TASKS)


def test_several_files_of_a_kind_count_together_and_an_empty_name_is_none(tmp_path):
    for name, row in (("a", "ada,10,x"), ("b", "bob,20,x"), ("c", "ada,10,x")):
        (tmp_path / name).write_text(f"student,percent,reason\n{row}\n", encoding="utf-8")
    paths = [str(tmp_path / name) for name in "abc"]
    assert [one.student for one in read_changes({"late": paths[:2]}, STUDENTS, TASKS)] == ["ada", "bob"]
    with pytest.raises(CourseError, match="c, line 2: .*stands already in .*a, line 2"):
        read_changes({"late": paths}, STUDENTS, TASKS)
    with pytest.raises(CourseError, match="'' is no path"):
        read_changes({"late": [""]}, STUDENTS, TASKS)


RECORD = {"student": "a\nb", "task": "06.1", "from": 0, "to": 1.0, "reason": "x", "file": "o.csv"}


def test_the_log_only_grows_and_says_nothing_twice_in_a_row(tmp_path):
    log = tmp_path / "changes.log"
    other, task_2 = {**RECORD, "to": 0.5}, {**RECORD, "task": "06.2"}
    gone = {**RECORD, "from": 1, "to": None}
    for records, added in (([RECORD], ([RECORD], [])), ([RECORD], ([], [])), ([], ([], [gone])), ([], ([], [])),
                           ([other], ([other], [])), ([RECORD, task_2], ([RECORD, task_2], []))):
        assert note(records, log) == added
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["to"] for line in lines] == [1, None, 0.5, 1, 1]
    assert json.loads(lines[0]).keys() == {"date", *RECORD}
    before = log.read_bytes()[:-9]
    log.write_bytes(before + b"\xff")  # killed while it wrote
    assert note([RECORD, task_2], log) == ([task_2], []) and log.read_bytes().startswith(before + b"\xff\n{")
    assert note([RECORD, task_2], log) == ([], [])


def test_no_points_are_changed_without_a_note(tmp_path):
    (tmp_path / "changes.log").mkdir()
    with pytest.raises(CourseError, match="changes.log"):
        note([RECORD], tmp_path / "changes.log")


@pytest.fixture
def grade(tmp_path, monkeypatch):
    """`course grade` of ada, right, and bob, wrong; zoe of the roster is missing."""
    monkeypatch.setattr(command, "grade_cells", by_a_word)
    monkeypatch.setattr(command, "check_or_recall", lambda *_: (0, False))
    handed_in(tmp_path / "in", {"ada": RIGHT, "bob": "# task 06.1\nno"})
    (tmp_path / "roster.csv").write_text("student;mail\nada;a@x\n\nbob;b@x\nzoe;z@x\n", encoding="utf-8")

    def run(*options, **lists):
        for kind, text in lists.items():
            (tmp_path / f"{kind}.csv").write_text(text, encoding="utf-8")
        options += tuple(text for kind in lists for text in (f"--{kind}", str(tmp_path / f"{kind}.csv")))
        return main(["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--jobs", "1", "--only", "06.1",
                     "--roster", str(tmp_path / "roster.csv"), *options])
    return run


def test_the_command_changes_what_it_writes_and_never_what_was_graded(grade, tmp_path, capsys):
    out, lists = tmp_path / "out", {"overrides": "student,task,points,reason\nbob,06.1,0.5,oral exam\n",
                                    "late": "student,percent,reason\nada,20,a day late\n",
                                    "extra": "student,points,reason\nada,0.25,found a typo\n"}
    assert grade() == 0
    plain, results = (out / "grades.csv").read_bytes(), [path.read_bytes() for path in sorted(out.glob("results/*"))]
    assert not (out / "changes.log").exists()
    assert grade("--resume", **lists) == 0
    assert "changed 3 times after the grading, 3 of them new" in capsys.readouterr().out
    with open(out / "grades.csv", encoding="utf-8", newline="") as file:
        found = [(row["student"], row["task"], row["points"], row["out_of"]) for row in csv.DictReader(file)]
    assert found == [("ada", "06.1", "0.8", "1"), ("ada", "extra", "0.25", "0"), ("bob", "06.1", "0.5", "1"),
                     ("zoe", "06.1", "0", "1")]
    assert "a day late" in (out / "feedback" / "ada.html").read_text(encoding="utf-8")
    assert [path.read_bytes() for path in sorted(out.glob("results/*"))] == results
    noted = (out / "changes.log").read_bytes()
    assert grade("--resume", **lists) == 0 and "kept               2" in capsys.readouterr().out
    assert (out / "changes.log").read_bytes() == noted
    assert "not made any more" not in capsys.readouterr().out
    assert grade("--resume") == 0 and (out / "grades.csv").read_bytes() == plain
    said = capsys.readouterr().out
    assert "if they are meant):\n  ada 06.1: a day late (" in said and "\n  bob 06.1: oral exam (" in said
    assert grade("--resume") == 0 and "not made any more" not in capsys.readouterr().out
    assert grade("--resume", **lists) == 0 and "3 of them new" in capsys.readouterr().out
    records = [json.loads(line) for line in (out / "changes.log").read_text(encoding="utf-8").splitlines()]
    assert [record["to"] for record in records] == [0.8, 0.25, 0.5, None, None, None, 0.8, 0.25, 0.5]


def test_a_bad_list_is_refused_before_anything_is_graded(grade, tmp_path, capsys):
    assert grade(late="student,percent,reason\nada,20,x\neve,10,x\n") == 2
    assert "late.csv, line 3: There is no student called 'eve'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


STOPS, EXTRA = "# task 06.1\nstops", "student,points,reason\nada,0.5,talk\n"


@pytest.mark.parametrize("lists, cell", [
    ({}, ""), ({"extra": EXTRA}, ""), ({"late": "student,percent,reason\nada,50,x\n"}, ""),
    ({"overrides": "student,task,points,reason\nada,06.1,1,x\n"}, ""),
    ({"overrides": "student,task,points,reason\nada,06.1,1,x\nada,06.2,0.5,y\n", "extra": EXTRA}, "10.00")])
def test_who_was_not_graded_has_an_open_cell_until_rows_give_all_the_points(grade, tmp_path, capsys, lists, cell):
    handed_in(tmp_path / "in", {"ada": STOPS})
    export = "Student,ID,SIS Login ID,Section,Week 6 (12)\n    Points Possible,,,,10.00\nada,7,ada,S,{}\n"
    (tmp_path / "canvas.csv").write_text(export.format(""), encoding="utf-8")
    assert grade("--only", "06.2", "--gradebook", str(tmp_path / "canvas.csv"), **lists) == 1
    assert (tmp_path / "out" / "gradebook.csv").read_text(encoding="utf-8") == export.format(cell)
    assert ("ada: left as it is. It was not graded, because" in capsys.readouterr().out) == (cell == "")


@pytest.mark.parametrize("lists, cell", [
    ({}, ""), ({"overrides": "student,task,points,reason\nzoe,06.1,0,did nothing\n"}, "0.00"),
    ({"late": "student,percent,reason\nzoe,50,x\n"}, ""), ({"extra": "student,points,reason\nzoe,0.5,talk\n"}, "5.00")])
def test_who_handed_in_nothing_has_an_open_cell_until_a_row_fills_it(grade, tmp_path, capsys, lists, cell):
    export = "Student,ID,SIS Login ID,Section,Week 6 (12)\n    Points Possible,,,,10.00\n{}zoe,9,zoe,S,{}\n"
    (tmp_path / "canvas.csv").write_text(export.format("ada,7,ada,S,\n", ""), encoding="utf-8")
    assert grade("--gradebook", str(tmp_path / "canvas.csv"), **lists) == 0
    after = (tmp_path / "out" / "gradebook.csv").read_text(encoding="utf-8")
    assert after == export.format("ada,7,ada,S,10.00\n", cell)
    said = "zoe: left as it is. Nothing was handed in."
    assert (said in capsys.readouterr().out) == (cell == "")
