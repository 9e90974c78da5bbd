"""What an instructor changes after the grading, by small CSV files in which every row has a reason.

    --overrides FILE   student, task, points, reason   these points in the place of the graded ones
    --late FILE        student, percent, reason        so many percent of each task's points are taken off
    --extra FILE       student, points, reason         points beside the tasks: in grades.csv a row "extra", out of 0

They are applied in this order, so extra points are never late. OUT/results stay as graded, and the next run starts from
there: what counts is what the files of that run say. All rows of a file are applied, or none is.
"""
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from course_lib.errors import CourseError, shown, unknown
from course_lib.files import user_path
from course_lib.grading.grades import number
from course_lib.grading.results import OUT_OF, Graded, Mark
from course_lib.grading.table import read_rows

COLUMNS = {"overrides": ("student", "task", "points", "reason"), "late": ("student", "percent", "reason"),
           "extra": ("student", "points", "reason")}   # in the order in which they are applied
AMOUNT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}|,[0-9]{1,2})?")  # "1,000" could be one or a thousand
LONGEST = 500  # characters of a reason
EXTRA = "extra"  # the task of extra points


@dataclass(frozen=True)
class Change:
    """One row of a file."""
    kind: str          # of COLUMNS
    student: str
    task: str          # empty where it is about all of them
    amount: Fraction   # points, or percent
    reason: str
    file: str


def read_changes(files: Mapping[str, Sequence[str]], students: Iterable[str], tasks: Collection[str]) -> list[Change]:
    """The rows of the files, {"late": [FILE, …], …}, in the order in which they are applied.

    Raises CourseError that names the line: of a student or a task that is not graded, an amount out of its range, a
    missing reason, two rows for one and the same.
    """
    most = {"overrides": OUT_OF, "late": 100, "extra": OUT_OF * len(tasks)}
    students, found, first = list(students), [], {}
    for kind, columns in COLUMNS.items():
        for file, place, row in ((path, *one) for path in files.get(kind, ()) for one in read_rows(path, columns)):
            try:
                student = student_of(row["student"], students)
                task = task_of(row["task"], tasks) if kind == "overrides" else EXTRA if kind == "extra" else ""
                amount = amount_of(columns[-2], row[columns[-2]], most[kind])
                if not 0 < len(row["reason"]) <= LONGEST:
                    raise CourseError(f"A reason of 1 to {LONGEST} characters is needed: the student reads it.")
            except CourseError as error:
                raise CourseError(f"{place}: {error}") from None
            if (kind, student, task) in first:
                raise CourseError(f"{place}: {shown(student)} {task} stands already in {first[kind, student, task]}. "
                                  "Which one counts? Leave the other out.")
            first[kind, student, task] = place
            found.append(Change(kind, student, task, amount, " ".join(row["reason"].split()),
                                str(user_path(file).resolve())))
    return found


def student_of(given: str, students: list[str]) -> str:
    """The student of this name; the coding of letters does not count, where only one fits."""
    plain = lambda name: unicodedata.normalize("NFC", name.strip())
    fits = [name for name in students if name == given] or [name for name in students if plain(name) == plain(given)]
    if len(fits) > 1:
        raise CourseError(f"{shown(given)} fits {len(fits)} students. Rename one of their folders.")
    if not fits:
        raise unknown("student", given, students)
    return fits[0]


def task_of(given: str, tasks: Collection[str]) -> str:
    """The task of this id; a spreadsheet makes 6.1 of 06.1, or 6,1."""
    parts = re.fullmatch(r"([0-9]{1,2})[.,]([0-9]{1,3})", given)
    task = f"{int(parts[1]):02}.{int(parts[2])}" if parts else given
    if task not in tasks:
        raise unknown("graded task", given, tasks)
    return task


def amount_of(name: str, text: str, most: float) -> Fraction:
    """A number from 0 to `most`, with a decimal point or comma."""
    text = text.removesuffix("%").strip() if name == "percent" else text
    if not AMOUNT.fullmatch(text) or (amount := Fraction(text.replace(",", "."))) > most:
        raise CourseError(f"{name} must be a number from 0 to {number(most)}, such as 0.5; it is {shown(text)}.")
    return amount


def changed(graded: Iterable[Graded], changes: Sequence[Change]) -> tuple[list[Graded], list[dict]]:
    """The results with the changes applied, each said in the reason of its mark, and a record of each for the log."""
    results, records = [], []
    for one in graded:
        marks = list(one.marks)
        for change in (change for change in changes if change.student == one.student):
            if change.kind == "extra":
                marks.append(Mark(EXTRA, "", 0.0, 0.0, "extra", ""))
            for place, mark in enumerate(marks):
                if (points := points_after(change, mark)) is not None:
                    marks[place] = with_points(mark, change, points)
                    records.append({"student": one.student, "task": mark.task, "from": mark.points, "to": points,
                                    "reason": change.reason, "file": change.file})
        results.append(replace(one, marks=tuple(marks)))
    return results, records


def points_after(change: Change, mark: Mark) -> float | None:
    """The points of the mark after the change; None where that is not about it."""
    if change.kind == "late":
        left = Fraction(str(mark.points)) * (100 - change.amount) / 100
        return float(left) if left != Fraction(str(mark.points)) else None
    return float(change.amount) if change.task == mark.task else None


def with_points(mark: Mark, change: Change, points: float) -> Mark:
    """The mark with other points, and why. Of an answer that counts in full, no misconception is named any more."""
    said = {"overrides": f"Your instructor set the points from {number(mark.points)} to {number(points)}",
            "late": f"{number(float(change.amount))} % are taken off, from {number(mark.points)} to {number(points)}",
            "extra": "Extra points"}[change.kind]
    end = "" if change.reason.endswith((".", "!", "?")) else "."
    mark = replace(mark, points=points, reason=f"{mark.reason} {said}: {change.reason}{end}".strip())
    if change.kind == "overrides":
        mark = replace(mark, verdict="set", **({} if points < mark.out_of else {"mistake": "", "message": ""}))
    return mark
