"""The SQLite file behind course_lib.progress: opened, mended, and replaced by memory where it cannot be written.

Every operation opens the file, does one thing and closes it again. So several kernels can share it, a
killed kernel leaves nothing half done, and a file that was moved aside is not written to by mistake.
"""
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from course_lib.progress.place import place
from course_lib.progress.rescue import is_sound, rescue, set_aside
from course_lib.progress.table import INSERT, SCHEMA, connect

NAME = "progress.sqlite3"
Result = TypeVar("Result")

_said: set[str] = set()  # messages that were already shown in this process
_checked: set[Path] = set()  # files that this process has looked through once
_memory: dict[Path, sqlite3.Connection] = {}  # what stands in for a file that cannot be written


def say_once(message: str) -> None:
    if message and message not in _said:
        _said.add(message)
        print(message)


def path() -> Path:
    """The file, which the first answer makes; says so where COURSE_HOME cannot be used."""
    folder, problem = place()
    say_once(problem)
    return folder / NAME


def only_in_memory() -> bool:
    """Whether what this process recorded last ends with it, for its file cannot be written."""
    return path() in _memory


def run(work: Callable[[sqlite3.Connection], Result]) -> Result:
    """`work(db)` in one transaction. A damaged file is mended first; where none can be written, memory serves."""
    file = path()
    if file not in _memory:
        try:
            return _run_in_file(file, work)
        except (OSError, sqlite3.DatabaseError) as error:
            if not isinstance(error, (OSError, sqlite3.OperationalError)) and not _is_damage(error):
                raise  # a mistake of ours, not of the file
            _memory[file] = _in_memory(file)
            say_once(f"Your progress cannot be written to {file} ({error}). It is kept only until this kernel "
                     "stops; set COURSE_HOME to a folder that you may write to, or save it: "
                     "course_lib.progress.export(path).")
    with _memory[file] as db:
        return work(db)


def _run_in_file(file: Path, work: Callable[[sqlite3.Connection], Result]) -> Result:
    try:
        with closing(_open(file)) as db, db:
            return work(db)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
    say_once(set_aside(file))
    with closing(_open(file)) as db, db:
        return work(db)


def _is_damage(error: Exception) -> bool:
    return type(error) is sqlite3.DatabaseError  # its subclasses say something else


def _open(file: Path) -> sqlite3.Connection:
    """A connection to the file with its table; what can go wrong with the file goes wrong here or in `run`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file not in _checked:
        if file.exists() and not is_sound(file):
            say_once(set_aside(file))
        _checked.add(file)
    db = connect(file)
    try:
        db.execute("BEGIN IMMEDIATE")  # fails here, not at the first answer, where the file is read-only
        db.execute(SCHEMA)
        db.commit()
    except BaseException:
        db.close()
        raise
    return db


def _in_memory(file: Path) -> sqlite3.Connection:
    """An empty table in memory, with what an unwritable file holds already."""
    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.execute(SCHEMA)
    db.executemany(INSERT, rescue(file))
    db.commit()
    return db
