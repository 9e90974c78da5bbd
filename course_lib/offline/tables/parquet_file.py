"""Parquet: every column has a type, and keeps it."""
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path

import pyarrow
from pyarrow import parquet

from course_lib.errors import CourseError
from course_lib.offline.tables.row import Row, Source, check_columns, whole

AT_ONCE = 1024  # rows
TYPES = {"text": pyarrow.string(), "truth": pyarrow.bool_(), "whole": pyarrow.int64(), "number": pyarrow.float64()}


class Part:
    """Some rows of a file together, as they stand there, and, where somebody asks, as Python's values."""

    def __init__(self, table: pyarrow.Table):
        self.table = table

    @cached_property
    def fields(self) -> list[dict[str, object]]:
        return self.table.to_pylist()


class TableRow(Row):
    """Row `number` of a part."""

    def __init__(self, place: str, prompt: object, part: Part, number: int):
        self.place, self.prompt, self.problem, self.line = place, prompt, "", ""
        self.part, self.number = part, number

    @property
    def fields(self) -> dict[str, object]:
        return self.part.fields[self.number]


class ParquetSource(Source):
    """A Parquet file; `schema` has the types of its columns."""

    def __init__(self, path: Path, column: str, new: str):
        try:
            with parquet.ParquetFile(path) as file:
                self.schema, count = file.schema_arrow, file.metadata.num_rows
        except (pyarrow.ArrowException, OSError) as error:
            raise CourseError(f"The file {path} is no readable Parquet file: {error}.") from None
        names = self.schema.names
        if len(set(names)) < len(names):
            raise CourseError(f"Two columns of {path} have the same name. Rename one of them.")
        check_columns(path, column, names, new)
        if not is_text_type(kind := self.schema.field(column).type):
            raise CourseError(f"The column {column!r} of {path} holds {kind}, and a prompt is a text. Name another "
                              "one: --column NAME.")
        super().__init__(path, column, names, count)

    def rows(self) -> Iterator[Row]:
        """The rows, of which a thousand are read at once."""
        try:
            with parquet.ParquetFile(self.path, pre_buffer=False) as file:
                first = 1
                for batch in file.iter_batches(AT_ONCE):
                    part = Part(pyarrow.Table.from_batches([batch]))
                    for number, prompt in enumerate(part.table[self.column].to_pylist()):
                        yield TableRow(f"row {first + number}", prompt, part, number)
                    first += batch.num_rows
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise CourseError(f"The file {self.path} cannot be read to its end: {error}.") from None


def is_text_type(kind: pyarrow.DataType) -> bool:
    """Whether a column of this type holds texts."""
    if pyarrow.types.is_dictionary(kind):
        kind = kind.value_type
    return pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind) or pyarrow.types.is_string_view(kind)


class ParquetTarget:
    """Writes rows and their answers as Parquet: those of a Parquet file with the types that they have there."""

    def __init__(self, path: Path, source: Source, new: str):
        self.new, self.given = new, getattr(source, "schema", None)
        self.schema = (self.given or schema_for(source)).append(pyarrow.field(new, pyarrow.string()))
        self.file = path.open("xb")
        self.writer = parquet.ParquetWriter(self.file, self.schema)

    def write(self, rows: Sequence[Row], answers: Sequence[str]) -> None:
        """Adds some rows."""
        if self.given is None:
            lines = [{name: whole(value) if isinstance(value, str) else value for name, value in row.fields.items()}
                     | {self.new: answer} for row, answer in zip(rows, answers)]
            self.writer.write_table(pyarrow.Table.from_pylist(lines, self.schema))
            return
        for part, run in groupby(zip(rows, answers), lambda pair: pair[0].part):     # rows of a part stand together
            run = list(run)
            table = part.table.slice(run[0][0].number, len(run))
            column = pyarrow.array([answer for _, answer in run], pyarrow.string())
            self.writer.write_table(table.append_column(self.new, column).cast(self.schema))

    def close(self) -> None:
        """Ends the file."""
        try:
            self.writer.close()
        finally:
            self.file.close()


def schema_for(source: Source) -> pyarrow.Schema:
    """The types of the columns: of CSV texts; of JSONL what they hold. CourseError for one that holds several kinds."""
    kinds = getattr(source, "kinds", None) or {name: {"text"} for name in source.columns}
    fields = []
    for name in source.columns:
        held = kinds[name] - {"nothing"} or {"text"}
        held = {"number"} if held == {"number", "whole"} else held
        if len(held) > 1 or not held <= TYPES.keys():
            raise CourseError(f"The column {name!r} of {source.path} holds {' and '.join(sorted(held))} values, and a "
                              "column of Parquet is of one plain type. Name an output that ends in .jsonl.")
        fields.append(pyarrow.field(name, TYPES[held.pop()]))
    return pyarrow.schema(fields)
