"""The kinds of files by the ends of their names, and a file that takes its place only when it is whole."""
import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from course_lib.errors import CourseError, shown
from course_lib.offline.tables.row import Source

SUFFIXES = (".csv", ".jsonl", ".parquet")


def kind_of(path: Path) -> str:
    """How the name ends; CourseError for an end that the course does not know."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise CourseError(f"{path} ends in {shown(path.suffix)}, and the course knows {', '.join(SUFFIXES)}.")
    return suffix


def source_of(path: Path, column: str, new: str) -> Source:
    """The file's rows, after a first look at all of it. CourseError where they cannot be used."""
    source_class, _ = classes_for(kind_of(path))
    if not os.path.isfile(path):
        raise CourseError(f"{path} {'is no file' if os.path.exists(path) else 'does not exist'}. Give the path of a "
                          f"file that ends in {', '.join(SUFFIXES)}.")
    try:
        source = source_class(path, column, new)
    except OSError as error:
        raise CourseError(f"The file {path} cannot be read: {error.strerror or error}.") from None
    if not source.count:
        raise CourseError(f"The file {path} has no rows.")
    return source


def target_at(path: Path, suffix: str, source: Source, new: str):
    """What writes rows of the source into a new file of this kind."""
    _, target_class = classes_for(suffix)
    return target_class(path, source, new)


def classes_for(suffix: str) -> tuple[type[Source], type]:
    """(what reads a file of this kind, what writes one); of three libraries only the one that is needed is loaded."""
    if suffix == ".csv":
        from course_lib.offline.tables.csv_file import CsvSource, CsvTarget
        return CsvSource, CsvTarget
    if suffix == ".jsonl":
        from course_lib.offline.tables.jsonl_file import JsonlSource, JsonlTarget
        return JsonlSource, JsonlTarget
    from course_lib.offline.tables.parquet_file import ParquetSource, ParquetTarget
    return ParquetSource, ParquetTarget


@contextmanager
def part_beside(path: Path) -> Iterator[Path]:
    """A name beside `path` for what is being written; nothing is left there at the end.

    What killed runs left there goes, too. The name has the process's number, so that two runs never share one.
    """
    begin, mine = f".{path.name}.{socket.gethostname()}.", f"{os.getpid()}.part"
    for left in path.parent.glob(f"{begin.replace('[', '[[]')}*.part"):
        if left.name != begin + mine and not is_alive(left.name.removeprefix(begin).removesuffix(".part")):
            with suppress(OSError):
                left.unlink()
    part = path.with_name(begin + mine)
    part.unlink(missing_ok=True)                              # of a dead process that had our number
    try:
        yield part
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def is_alive(number: str) -> bool:
    """Whether a process of this computer has this number; where nobody can tell, it is taken for alive."""
    try:
        return not number.isdecimal() or psutil.pid_exists(int(number))
    except OverflowError:
        return True


def sha256(path: Path) -> str:
    """The hash of a file's content, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
