"""The instructor's own export of Canvas or Moodle, with the grades filled in and every other byte as it was."""
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.files import user_path, write_bytes
from course_lib.grading.export import AMOUNT, CANVAS, MOODLE, Column, Export, Person, column_of, understand
from course_lib.grading.results import Graded
from course_lib.grading.table import Table, read_table

NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>[1-9]\d*)", re.DOTALL)  # as both systems name what is downloaded


@dataclass(frozen=True)
class Filled:
    """What was filled in. `problems` names each student who was not, with the reason."""
    path: Path
    kind: str                    # Canvas or Moodle
    column: str
    points: str                  # the full marks of that column, as the export writes them
    students: tuple[str, ...]    # those with a grade now
    problems: tuple[str, ...]
    absent: int                  # students of the export of whom nothing was graded: their cells are as they were


def fill_gradebook(graded: Iterable[Graded], export: str | Path, folder: Path, column: str | None = None) -> Filled:
    """Writes `folder`/gradebook.csv: the export, with the grade of each student who is surely found in it.

    A grade is the share of all points, times the points of the column, rounded to two decimals, half a hundredth up.
    Where it was graded without a sandbox, the name says so: gradebook-without-sandbox.csv.
    Raises CourseError where the export is not understood or the column is not clear.
    """
    graded, source = list(graded), user_path(export)
    table, book, target = opened(source, column)
    path = folder / ("gradebook-without-sandbox.csv" if any(one.weak for one in graded) else "gradebook.csv")
    if path.exists() and path.samefile(source):
        raise CourseError(f"{path} is the export itself. Keep your export elsewhere, or choose another --out.")
    rows, problems = rows_of([one.student for one in graded], book)
    comma, decimals, changes, students = has_comma(book, target), decimals_of(book, target), {}, []
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
    return Filled(path, book.kind, target.title, target.written, tuple(students), tuple(problems), absent)


def opened(source: Path, column: str | None) -> tuple[Table, Export, Column]:
    """The export's cells, what it is, and where the grades go; CourseError where it is not understood."""
    table = read_table(source)
    book = understand(table)
    return table, book, column_of(book, column, source)


def closed(cell, kind: str, one: Graded) -> str:
    """Why this cell takes no grade; empty where it takes one."""
    if cell is None:
        return "the row ends before the column of the grades; export again"
    if not sum(mark.out_of for mark in one.marks):
        return "nothing was graded"
    if not one.digest and not any(mark.verdict in ("set", "extra") for mark in one.marks):
        return f"left as it is. {one.marks[0].reason}"
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


def decimals_of(book: Export, column: Column) -> bool:
    return any(re.search("[.,]", one) for one in numbers(book, column)[:1])


def rows_of(students: list[str], book: Export) -> tuple[dict[str, Person], list[str]]:
    """The row of each student who is surely found, and a sentence for each who is not."""
    found, problems = {}, []
    by_number, by_login, by_name = defaultdict(list), defaultdict(list), defaultdict(list)
    for person in book.people:
        by_number[person.number].append(person)
        for login in {alike(login) for login in person.logins} - {""}:
            by_login[login].append(person)
        for name in {alike(name) for name in person.names} - {""}:
            by_name[name].append(person)
    for student in students:
        numbered = NUMBERED.fullmatch(student)
        near = by_number.get(numbered["number"], []) if numbered else []
        people = [person for person in near if belongs(numbered["name"], person)]
        people = people or once(by_number.get(student, []) + by_login.get(alike(student), []))
        people = people or by_name.get(alike(student), [])
        if near and not people:
            problems.append(f"{student}: number {numbered['number']} belongs to another name in the export")
            continue
        if len(people) == 1:
            found[student] = people[0]
        else:
            problems.append(f"{student}: {'fits several rows of' if people else 'is not in'} the export")
    shared = Counter(id(person) for person in found.values())
    for student, person in list(found.items()):
        if shared[id(person)] > 1:
            problems.append(f"{student}: another submission belongs to the same row of the export")
            del found[student]
    return found, problems


def once(people: list[Person]) -> list[Person]:
    """Each row once: a login that is the number, too, is one match."""
    return list({id(person): person for person in people}.values())


def alike(text: str) -> str:
    """A name without the differences that are none: case, spaces, the two codings of é."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", text).casefold().split()))


def belongs(name: str, person: Person) -> bool:
    """Whether the name of a downloaded folder is this person's. Canvas leaves letters and signs out of it; Moodle puts
    a group before it."""
    if not any(person.names):
        return True  # graded blindly: the worksheet has no names
    return any(squashed(name) & squashed(one) or letters(name).endswith(letters(one))
               for one in person.names if letters(one))


def letters(name: str) -> str:
    """A name in one word."""
    return "".join(sign for sign in alike(name) if sign.isalnum())


def squashed(name: str) -> set[str]:
    """A name in one word, with and without its accented letters."""
    return {letters(name), "".join(sign for sign in letters(name) if sign.isascii())} - {""}
