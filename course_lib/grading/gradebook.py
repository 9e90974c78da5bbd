"""The instructor's own export of Canvas or Moodle, with the grades filled in and every other byte as it was."""
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.files import user_path, write_bytes
from course_lib.grading.export import AMOUNT, CANVAS, MOODLE, Column, Export, amount, column_of, understand
from course_lib.grading.people import rows_of
from course_lib.grading.results import Graded
from course_lib.grading.table import Table, read_table

FILLED = ("gradebook.csv", "gradebook-without-sandbox.csv")


@dataclass(frozen=True)
class Filled:
    """What was filled in. `problems` names each student who was not, with the reason."""
    path: Path
    kind: str                    # Canvas or Moodle
    column: str
    students: tuple[str, ...]    # those with a grade now
    problems: tuple[str, ...]
    absent: int                  # students of the export of whom nothing was graded: their cells are as they were
    replaced: int                # grades that stood there, and are others now


def fill_gradebook(graded: Iterable[Graded], export: str | Path, folder: Path, column: str | None = None) -> Filled:
    """Writes `folder`/gradebook.csv: the export, with the grade of each student who is surely found in it.

    A grade is the share of all points, times the points of the column, rounded to two decimals, half a hundredth up.
    Where it was graded without a sandbox, the name says so: gradebook-without-sandbox.csv.
    Raises CourseError where the export is not understood or the column is not clear.
    """
    graded, source = list(graded), user_path(export)
    table, book, target = opened(source, column, folder)
    path = folder / FILLED[any(one.weak for one in graded)]
    rows, problems = rows_of(graded, book)
    comma, decimals, changes, students = has_comma(book, target), bool(re.search("[.,]", target.written)), {}, []
    for one in graded:
        person = rows.get(one.student)
        if person is None:
            continue
        cell = person.row[target.place] if target.place < len(person.row) else None
        problem = closed(cell, book.kind, one)
        if problem:
            problems.append(f"{one.student}: {problem}")
            continue
        share = share_of(one)
        if book.kind == MOODLE and share > 1:
            share = Fraction(1)
            problems.append(f"{one.student}: {target.written}, for Moodle takes no grade above it")
        changes[cell] = written(share * target.points, comma, decimals)
        students.append(one.student)
    try:
        write_bytes(path, table.filled(changes))
    except OSError as error:
        raise CourseError(f"Cannot write {path}: {error.strerror}.") from None
    absent = len(book.people) - len({id(person) for person in rows.values()})
    replaced = sum(is_another(cell.text.strip(), grade) for cell, grade in changes.items())
    return Filled(path, book.kind, target.title, tuple(students), tuple(problems), absent, replaced)


def opened(source: Path, column: str | None, folder: Path) -> tuple[Table, Export, Column]:
    """The export's cells, what it is, and where the grades go; CourseError where it is not understood, or is one of the
    files that are written to `folder`."""
    table = read_table(source)
    for path in (folder / name for name in FILLED):
        if path.exists() and path.samefile(source):
            raise CourseError(f"{path} is the export itself. Keep your export elsewhere, or choose another --out.")
    book = understand(table)
    return table, book, column_of(book, column, source)


def remove_filled(folder: Path) -> list[Path]:
    """Removes the exports that an earlier run filled in, which would lie beside newer grades, and says which."""
    found = [path for path in (folder / name for name in FILLED) if path.exists()]
    for path in found:
        try:
            path.unlink()
        except OSError as error:
            raise CourseError(f"Cannot remove {path}, which is of an earlier run: {error.strerror}.") from None
    return found


def is_another(stood: str, grade: str) -> bool:
    """Whether a cell said another grade before.

    >>> is_another("8.5", "8.50"), is_another("-", "8.50"), is_another("9,75", "8,50")
    (False, False, True)
    """
    if AMOUNT.fullmatch(stood):
        return amount(stood) != amount(grade)
    return stood not in ("", "-")


def closed(cell, kind: str, one: Graded) -> str:
    """Why this cell takes no grade; empty where it takes one."""
    if cell is None:
        return "the row ends before the column of the grades; export again"
    if not sum(mark.out_of for mark in one.marks):
        return "nothing was graded"
    stopped = [mark for mark in one.marks if mark.verdict == "unreadable"]
    if not one.digest and (stopped or not any(mark.verdict in ("set", "extra") for mark in one.marks)):
        return f"left as it is. {(stopped or one.marks)[0].reason}"
    text = cell.text.strip()
    if kind == CANVAS and text.casefold() == "ex":
        return "is excused in Canvas (EX), which stays"
    if kind == CANVAS and text.casefold() == "n/a":
        return "has no such assignment in Canvas (N/A), which stays"
    return ""


def share_of(one: Graded) -> Fraction:
    """The share of all points; more than 1 with extra points."""
    reached, out_of = (sum((Fraction(str(getattr(mark, name))) for mark in one.marks), Fraction())
                       for name in ("points", "out_of"))
    return reached / out_of


def written(grade: Fraction, comma: bool, decimals: bool) -> str:
    """The grade as the export writes numbers: 8.50, 8,50, or 8.5 where it writes no zeros."""
    hundredths = math.floor(grade * 100 + Fraction(1, 2))
    text = f"{hundredths // 100}.{hundredths % 100:02}"
    text = text if decimals else text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if comma else text


def numbers(book: Export, column: Column) -> list[str]:
    """How numbers are written in the columns of grades: the full marks first."""
    cells = (person.row[one.place].text.strip() for one in book.columns for person in book.people
             if one.place < len(person.row))
    return [column.written, *(one.written for one in book.columns), *filter(AMOUNT.fullmatch, cells)]


def has_comma(book: Export, column: Column) -> bool:
    return next(("," in one for one in numbers(book, column) if re.search("[.,]", one)), False)
