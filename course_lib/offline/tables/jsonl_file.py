"""JSONL: a line is an object. Its own text is kept, sign by sign, and the answer put behind it."""
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from course_lib.errors import CourseError, shown
from course_lib.offline.tables.row import Row, Source, check_columns, check_utf8, is_text


class Number(float):
    """A number that also knows how it was written: 1.10."""

    def __new__(cls, text: str):
        number = super().__new__(cls, text)
        number.text = text
        return number


class JsonlSource(Source):
    """A JSONL file: UTF-8, an object in each line; `kinds` tells what each column holds."""

    def __init__(self, path: Path, column: str, new: str):
        check_utf8(path)
        super().__init__(path, column, [], 0)
        self.kinds: dict[str, set[str]] = {}                  # by column, in the order in which the names come
        first = None
        for row in self.rows():
            self.count, first = self.count + 1, first or row
            for name, value in row.fields.items():
                self.kinds.setdefault(name, set()).add(kind_of(value))
        self.columns = list(self.kinds)
        if half := [name for name in self.columns if not is_text(name)]:
            raise CourseError(f"The name of a column of {path}, {ascii(half[0])}, holds half of a character: rename "
                              "it.")
        if first is not None and not self.columns:
            raise CourseError(f"No line of {path} is an object of JSON, with a column {column!r} and others: "
                              f"{first.place}: {first.problem}.")
        check_columns(path, column, self.columns or [column], new)   # of a file without rows more is said elsewhere

    def rows(self) -> Iterator[Row]:
        """A row for each line that is not empty; one that is no object says why."""
        with self.path.open(encoding="utf-8-sig", newline="\n") as file:   # a line ends with \n and with nothing else
            for number, line in enumerate(file, 1):
                if line := line.strip():
                    fields, problem = read_line(line)
                    if not problem and self.column not in fields:
                        problem = f"the line has no column {self.column!r}"
                    yield Row(f"line {number}", fields.get(self.column), problem, fields, line)


def kind_of(value: object) -> str:
    """What a value of JSON is."""
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int):
        return "whole" if -2**63 <= value < 2**63 else "large"
    return {str: "text", Number: "number", type(None): "nothing"}.get(type(value), "nested")


def read_line(line: str) -> tuple[dict[str, object], str]:
    """The object in this line, and what is wrong with it."""
    try:
        found = json.loads(line, parse_float=Number, parse_constant=no_number, object_pairs_hook=each_once)
    except json.JSONDecodeError as error:
        return {}, f"the line is no valid JSON: {error.msg}, at letter {error.pos + 1}"
    except (ValueError, RecursionError) as error:
        return {}, f"the line is no JSON that can be read: {error}"
    if not isinstance(found, dict):
        return {}, f"the line is {shown(found)}, and no object {{...}}"
    if half := next((name for name, value in found.items() if not is_text(f"{name}{value}")), None):
        return found, f"the field {ascii(half)} holds half of a character (a surrogate without its other half)"
    return found, ""


def each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The pairs as a dict; ValueError where a name stands twice."""
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def no_number(name: str) -> None:
    """ValueError: JSON has no NaN and no Infinity."""
    raise ValueError(f"{name} is no number of JSON")


class JsonlTarget:
    """Writes rows and their answers as JSONL."""

    def __init__(self, path: Path, source: Source, new: str):
        self.new = new
        self.file = path.open("x", encoding="utf-8", newline="\n")

    def write(self, rows: Iterable[Row], answers: Iterable[str]) -> None:
        """Adds some rows."""
        for row, answer in zip(rows, answers):
            begun = row.line if row.line and row.fields else self.dumped(row)
            behind = json.dumps({self.new: answer}, ensure_ascii=False)[1:]             # "answer": "..."}
            self.file.write(f"{begun[:-1]}{', ' * (begun != '{}')}{behind}\n")

    def dumped(self, row: Row) -> str:
        """A row of another kind of file as an object."""
        try:
            return json.dumps(row.fields, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError):
            raise CourseError(f"{row.place} holds a value that JSON has no sign for, such as a date, bytes or nan: "
                              f"{shown(row.fields)}. Name an output that ends in .parquet.") from None

    def close(self) -> None:
        """Ends the file."""
        self.file.close()
