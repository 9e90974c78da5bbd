"""What an export of Canvas or Moodle is: whose row is whose, where a grade goes, and out of how many points.

After the importers' sources: Canvas's `gradebook_exporter.rb` and `gradebook_importer.rb`, and Moodle's
`mod/assign/gradingtable.php` and `mod/assign/feedback/offline/importgradeslib.php`. Canvas's own headings are English
in every language, with the numbers written in the reader's; Moodle's are in the site's language, so a worksheet is
known by its shape: `Participant 123` in the first column, and grades before a column that is one and the same number.
"""
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from course_lib.errors import CourseError, shown
from course_lib.grading.table import Cell, Table

CANVAS, MOODLE = "Canvas", "Moodle"
ASSIGNMENT = re.compile(r".+ \(\d+\)", re.DOTALL)
PARTICIPANT = re.compile(r"([^\d]*?)[ \u00a0]?(\d+)")
AMOUNT = re.compile(r"\d+([.,]\d{1,2})?")  # both write two decimals; "1,000" could be one or a thousand
MOODLE_IDS = {"id number", "username", "id-nummer", "anmeldename"}


@dataclass(frozen=True)
class Person:
    """One row of a student: the number that the system gave, the texts that name them, and their names."""
    row: tuple[Cell, ...]
    number: str
    logins: tuple[str, ...]   # login, e-mail, number of the register
    names: tuple[str, ...]    # "Ode, Anna" and "Anna Ode"


@dataclass(frozen=True)
class Column:
    """A column that takes grades."""
    place: int
    title: str
    points: Fraction
    written: str              # the points as the file writes them


@dataclass(frozen=True)
class Export:
    """An export that was understood."""
    kind: str
    people: tuple[Person, ...]
    columns: tuple[Column, ...]


def understand(table: Table) -> Export:
    """What the table is. Raises CourseError where it is neither Canvas's gradebook nor Moodle's grading worksheet."""
    header = [cell.text.strip() for cell in table.rows[0]] if table.rows else []
    if header[1:2] == ["ID"] and "student" in header[0].casefold() or header[:3] == ["LastName", "FirstName", "ID"]:
        return canvas(table, header)
    if len(table.rows) > 1 and all(PARTICIPANT.fullmatch(row[0].text.strip()) for row in table.rows[1:]):
        return moodle(table, header)
    raise CourseError(f"{table.path} is neither Canvas's gradebook (Grades, Export: its first columns are Student and "
                      "ID) nor Moodle's grading worksheet (Submissions, Download grading worksheet: its first column "
                      f"holds \"Participant 123\"). Its first line begins with {shown(', '.join(header[:4]))}.")


def canvas(table: Table, header: list[str]) -> Export:
    rows = table.rows[1:]
    at = next((i for i, row in enumerate(rows[:3]) if row[0].text.strip() == "Points Possible"), None)
    if at is None:
        raise CourseError(f"{table.path}: its row \"Points Possible\" is missing. Export it from Canvas again.")
    id_at = header.index("ID")
    login_at = [i for i, name in enumerate(header) if name in ("SIS User ID", "SIS Login ID", "Integration ID")]
    people = []
    for row in rows[at + 1:]:
        texts = [cell.text.strip() for cell in row]
        if id_at < len(row):
            names = [texts[0]] if id_at == 1 else [f"{texts[0]}, {texts[1]}"]
            people.append(Person(row, texts[id_at], tuple(texts[i] for i in login_at if i < len(row)),
                                 tuple(names + [turned(name) for name in names])))
    columns = [Column(i, header[i], amount(cell.text.strip()), cell.text.strip())
               for i, cell in enumerate(rows[at])
               if i < len(header) and ASSIGNMENT.fullmatch(header[i]) and is_positive(cell.text.strip())]
    return Export(CANVAS, tuple(people), tuple(columns))


def moodle(table: Table, header: list[str]) -> Export:
    rows = table.rows[1:]
    columns = []
    for place in range(1, len(header) - 1):
        most = {row[place + 1].text.strip() for row in rows if place + 1 < len(row)}
        grades = {row[place].text.strip() for row in rows if place < len(row)} - {"", "-"}
        if len(most) == 1 and is_positive(*most) and all(AMOUNT.fullmatch(one) for one in grades):
            columns.append(Column(place, header[place], amount(*most), *most))
    before = min((column.place for column in columns), default=0)
    blind = before <= 2  # number, status, grade: no names in it
    login_at = [i for i in range(2, before) if header[i].casefold() in MOODLE_IDS
                or all("@" in row[i].text for row in rows if i < len(row))]
    people = []
    for row in rows:
        texts = [cell.text.strip() for cell in row]
        people.append(Person(row, PARTICIPANT.fullmatch(texts[0])[2],
                             tuple(texts[i] for i in login_at if i < len(row)), () if blind else tuple(texts[1:2])))
    return Export(MOODLE, tuple(people), tuple(columns))


def turned(name: str) -> str:
    """"Ode, Anna" as "Anna Ode"; a name without a comma as it is."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else name


def is_positive(text: str) -> bool:
    return bool(AMOUNT.fullmatch(text)) and amount(text) > 0


def amount(text: str) -> Fraction:
    """A number with a decimal point or a decimal comma."""
    return Fraction(text.replace(",", "."))


def column_of(export: Export, wanted: str | None, path: object) -> Column:
    """The column for the grades: the one that is named, else the only one, else the only one that is empty.

    Raises CourseError with the columns there are.
    """
    titles = ", ".join(f'"{column.title}"' for column in export.columns)
    if not export.columns:
        raise CourseError(f"{path} has no column for grades in points. Give the assignment points in {export.kind} "
                          "(no scale and no letters), and export again.")
    if wanted is not None:
        found = [column for column in export.columns if same(column.title, wanted)]
        found = found or [column for column in export.columns if same(re.sub(r" \(\d+\)$", "", column.title), wanted)]
        if len(found) == 1:
            return found[0]
        many = "more than one column" if found else "no column for grades"
        raise CourseError(f"{path} has {many} called {shown(wanted)}. Choose with --column: {titles}.")
    empty = [column for column in export.columns if is_empty(column, export.people)]
    for choice in (export.columns, empty):
        if len(choice) == 1:
            return choice[0]
    raise CourseError(f"{path} has several columns for grades. Choose one with --column: {titles}.")


def is_empty(column: Column, people: Iterable[Person]) -> bool:
    cells = (one.row[column.place].text.strip() for one in people if column.place < len(one.row))
    return all(text in ("", "-", "N/A", "EX") for text in cells)


def same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
