"""CSV: every field is a text, so 007 stays 007."""
import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from course_lib.display import counted
from course_lib.errors import CourseError, shown
from course_lib.offline.tables.row import Row, Source, check_columns, check_utf8, is_text, whole

LONGEST = 2**31 - 1  # letters in a field; the library's own limit is 131,072


class CsvSource(Source):
    """A CSV file: UTF-8, commas, a first line with the names of the columns."""

    def __init__(self, path: Path, column: str, new: str):
        check_utf8(path)
        columns = next((fields for _, fields in records(path)), [])
        twice = [name for name in columns if columns.count(name) > 1 or not name]
        if twice or not columns:
            raise CourseError(f"The first line of {path} names the columns, each once; "
                              + (f"{shown(twice[0])} stands there twice, or is empty." if twice else "it is empty."))
        check_columns(path, column, columns, new)
        super().__init__(path, column, columns, 0)
        self.count = sum(1 for _ in self.rows())              # and so every line was looked at

    def rows(self) -> Iterator[Row]:
        """The rows; an empty line is one only where there is one column."""
        n, lines = len(self.columns), records(self.path)
        next(lines)
        for line, fields in lines:
            fields = fields or [""] * (n == 1)
            if fields:
                row = dict(zip(self.columns, fields))
                wrong = f"the line has {counted(len(fields), 'fields')}, and the header {n}" * (len(fields) != n)
                yield Row(f"line {line}", row.get(self.column), wrong, row)


def records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(the line in which it begins, its fields) of each record, which may have more lines; CourseError for others."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader, following = csv.reader(file, strict=True), 1
        try:
            while (fields := next_of(reader)) is not None:
                line, following = following, reader.line_num + 1
                yield line, fields
        except csv.Error as error:
            raise CourseError(f"Line {following} of {path} begins what is no valid CSV: {error}. A text with a comma, "
                              "a quotation mark or a line break in it stands in quotes, the mark written twice."
                              ) from None


def next_of(reader) -> list[str] | None:
    """The next record, None at the end. How long a field may be is set for this alone: it holds for all of Python."""
    before = csv.field_size_limit(LONGEST)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)


class CsvTarget:
    """Writes rows and their answers as CSV (RFC 4180)."""

    def __init__(self, path: Path, source: Source, new: str):
        self.columns, self.new = source.columns, new
        self.file = path.open("x", encoding="utf-8", newline="")
        self.writer = csv.writer(self.file)                   # lines end with \r\n, so that a \r in a field is quoted
        self.writer.writerow([*self.columns, new])

    def write(self, rows: Iterable[Row], answers: Iterable[str]) -> None:
        """Adds some rows."""
        self.writer.writerows([*(as_text(row.fields.get(name), row, name) for name in self.columns), answer]
                              for row, answer in zip(rows, answers))

    def close(self) -> None:
        """Ends the file."""
        self.file.close()


def as_text(value: object, row: Row, name: str) -> str:
    """A value as it is written in CSV: nothing is an empty field, a list or an object its JSON."""
    if isinstance(value, str):
        return whole(value)
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        try:
            text = json.dumps(value, ensure_ascii=False)
            return text if is_text(text) else json.dumps(value)
        except (TypeError, ValueError):
            pass
    elif isinstance(value, int | float):
        return getattr(value, "text", repr(value))            # of a number of JSON: as it was written there
    raise CourseError(f"{row.place}: the column {name!r} holds {shown(value)}, for which CSV has no sign. Name an "
                      "output that ends in .parquet.")
