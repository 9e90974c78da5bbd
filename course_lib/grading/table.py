"""CSV files as they come: an instructor's own lists, read row by row, and exports in which single cells change.

Where cells change, every other byte stays: encoding, separator, quotes, line ends.
"""
import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from course_lib.errors import CourseError, shown
from course_lib.files import user_path

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
LARGEST = 50_000_000  # bytes
HEADING = re.compile(r'(?:"(?:[^"]|"")*"|[^",;\t\r\n]*)([,;\t])')  # the first cell, and what separates it


@dataclass(frozen=True)
class Cell:
    """A cell: what it says, and where it stands in the file's text, its quotes included."""
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Table:
    """A CSV file as it lies on the disk. `rows` leaves out empty lines."""
    path: Path
    text: str
    mark: bytes      # the byte-order mark, or nothing
    encoding: str
    separator: str
    rows: tuple[tuple[Cell, ...], ...]

    def filled(self, changes: Mapping[Cell, str]) -> bytes:
        """The file's bytes with these cells changed; a cell that had quotes keeps them."""
        parts, place = [], 0
        for cell, text in sorted(changes.items(), key=lambda item: item[0].start):
            quoted = self.text[cell.start:cell.start + 1] == '"'
            if quoted or self.separator in text:
                text = f'"{text}"'
            parts += [self.text[place:cell.start], text]
            place = cell.end
        return self.mark + "".join([*parts, self.text[place:]]).encode(self.encoding)

    def line(self, row: tuple[Cell, ...]) -> int:
        """The line of the file in which the row begins, from 1."""
        return 1 + len(re.findall("\r\n?|\n", self.text[:row[0].start]))


def read_rows(given: str, columns: tuple[str, ...], more: bool = False) -> list[tuple[str, dict[str, str]]]:
    """The rows of an instructor's own list: where each stands ("FILE, line 3"), and its cells by column, stripped.

    Excel's semicolons and tabs are as good as commas. more: whether there may be other columns beside these.
    Raises CourseError where the file is not in UTF-8, has other columns, or has a row longer than its heading.
    """
    table = read_table(path := user_path(given))
    if table.encoding == "cp1252":  # guessed: a name would be read as another one
        raise CourseError(f"{path} is not in UTF-8, so names may be misread. Save it again; in Excel: Save As, "
                          "CSV UTF-8.")
    rows = [[cell.text.strip() for cell in row] for row in table.rows]
    header = [name.casefold() for name in rows[0]] if rows else []
    while header and not header[-1]:  # as spreadsheets leave them
        header.pop()
    if any(header.count(name) != 1 for name in columns) or (not more and len(header) > len(columns)):
        raise CourseError(f"{path} needs {'the columns' if len(columns) > 1 else 'a column'} {', '.join(columns)} in "
                          f"its first line{'' if more else ', and no other'}; it has {shown(', '.join(header))}.")
    found = []
    for row, cells in zip(table.rows[1:], rows[1:]):
        place = f"{path}, line {table.line(row)}"
        if any(cells[len(header):]):  # else a comma in a name would cut it in two
            raise CourseError(f"{place} has {len(cells)} cells, and the first line {len(header)}. A text with a "
                              f"{shown(table.separator)} in it must stand in double quotes.")
        if any(cells):
            found.append((place, dict(zip(header, [*cells, *[""] * len(header)]))))
    return found


def read_table(path: Path) -> Table:
    """Reads a CSV file with any of the separators , ; and tab, in UTF-8, UTF-16 or Windows' Western encoding.

    Raises CourseError where it is no such file, or would not come back byte for byte.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise CourseError(f"Cannot read {path}: {error.strerror}.") from None
    if len(content) > LARGEST:
        raise CourseError(f"{path} is too large for the grades of a class ({LARGEST // 10**6} MB at most).")
    mark, encoding = encoding_of(content)
    try:
        text = content[len(mark):].decode(encoding)
    except UnicodeDecodeError:
        raise CourseError(f"{path} is no CSV file in UTF-8, UTF-16 or Windows-1252. Give it as it was "
                          "downloaded, or save it again.") from None
    if "\0" in text or text.encode(encoding) != content[len(mark):]:
        raise CourseError(f"{path} is no text, or in an encoding that is not known here. Give the CSV file that was "
                          "downloaded, not a workbook.")
    first = HEADING.match(text.lstrip("\r\n "))  # a title may hold more semicolons than there are columns
    separator = first[1] if first else ","
    try:
        rows = rows_of(text, separator)
    except ValueError as error:
        raise CourseError(f"{path}: {error}. Download it again, or mend that line.") from None
    return Table(path, text, mark, encoding, separator, tuple(map(tuple, rows)))


def encoding_of(content: bytes) -> tuple[bytes, str]:
    """The byte-order mark and the encoding of a file."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return mark, encoding
    if content[1:2] == b"\0" or content[:1] == b"\0":
        return b"", "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    try:
        content.decode("utf-8")
        return b"", "utf-8"
    except UnicodeDecodeError:
        return b"", "cp1252"


def rows_of(text: str, separator: str) -> list[list[Cell]]:
    """All rows with something in them. Raises ValueError where a quotation mark is never closed."""
    cell = re.compile(rf'"((?:[^"]|"")*)"(?=[{separator}\r\n]|\Z)|([^{separator}\r\n]*)')
    rows, row, place = [], [], 0
    while True:
        found = cell.match(text, place)
        quoted, plain = found.groups()
        if quoted is None and plain.startswith('"'):
            raise ValueError(f"a quotation mark in line {text.count(chr(10), 0, place) + 1} is never closed")
        row.append(Cell(plain if quoted is None else quoted.replace('""', '"'), *found.span()))
        place = found.end()
        if text[place:place + 1] == separator:
            place += 1
            continue
        if any(one.text for one in row):
            rows.append(row)
        row = []
        if place >= len(text):
            return rows
        place += 2 if text[place:place + 2] == "\r\n" else 1
