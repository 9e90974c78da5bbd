"""The SQLite file behind course_lib.progress: where it lies, how it is opened, and when it is damaged.

Every operation opens the file, does one thing and closes it again. So several kernels can share it, a
killed kernel leaves nothing half done, and a file that was moved aside is not written to by mistake.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from course_lib.progress_table import BUSY_SECONDS, INSERT, SCHEMA, is_sound, rescue

NAME, MARKER = "progress.sqlite3", ".course-working-copy"
Result = TypeVar("Result")

_said: set[str] = set()  # messages that were already shown in this process
_checked: set[Path] = set()  # files that this process has looked through once
_memory: dict[Path, sqlite3.Connection] = {}  # what stands in for a file that cannot be written


def say_once(message: str) -> None:
    if message not in _said:
        _said.add(message)
        print(message)


def folder() -> Path:
    """$COURSE_HOME, else .course in the nearest working copy, else the user's data folder. Creates nothing."""
    if os.environ.get("COURSE_HOME"):
        return Path(os.environ["COURSE_HOME"]).expanduser().absolute()
    try:
        here = Path.cwd()
    except OSError:  # the folder was deleted under us
        here = Path(os.sep)
    for parent in (here, *here.parents):
        if (parent / MARKER).exists():
            return parent / ".course"
    try:
        home = Path.home()
    except RuntimeError:  # no HOME and no entry for this user
        home = Path(os.sep) / "nonexistent"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "course"


def run(work: Callable[[sqlite3.Connection], Result]) -> Result:
    """`work(db)` in one transaction. A damaged file is mended first; where none can be written, memory serves."""
    path = folder() / NAME
    for mended in (False, True, True):
        if path in _memory:
            break
        try:
            try:
                with closing(_open(path)) as db, db:
                    return work(db)
            except sqlite3.DatabaseError as error:
                if mended or type(error) is not sqlite3.DatabaseError:
                    raise
                _set_aside(path)
        except (OSError, sqlite3.DatabaseError) as error:
            if (
                not isinstance(error, (OSError, sqlite3.OperationalError))
                and type(error) is not sqlite3.DatabaseError
            ):
                raise  # a mistake of ours, not of the file
            _memory[path] = _in_memory(path)
            say_once(
                f"Your progress cannot be written to {path} ({error}). It is kept only until this kernel stops; set "
                "COURSE_HOME to a folder that you may write to, or save it: course_lib.progress.export(path)."
            )
    with _memory[path] as db:
        return work(db)


def _open(path: Path) -> sqlite3.Connection:
    """A connection to the file with its table; what can go wrong with the file goes wrong here or in `run`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path not in _checked:
        if path.exists() and not is_sound(path):
            _set_aside(path)
        _checked.add(path)
    db = _connect(path)
    try:
        db.execute("BEGIN IMMEDIATE")  # fails here, not at the first answer, where the file is read-only
        db.execute(SCHEMA)
        db.commit()
    except BaseException:
        db.close()
        raise
    return db


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        db.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError:
        pass  # another kernel opens it too, or the disk (a mounted drive) cannot
    except sqlite3.DatabaseError:
        db.close()
        raise
    db.execute("PRAGMA synchronous=NORMAL")
    return db


def _in_memory(path: Path) -> sqlite3.Connection:
    """An empty table in memory, with what an unwritable file holds already."""
    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.execute(SCHEMA)
    db.executemany(INSERT, rescue(path))
    db.commit()
    return db


def _set_aside(path: Path) -> None:
    """Renames a damaged file, starts a new one with every row that can still be read, and says so."""
    lock = path.with_suffix(".lock")
    for _ in range(50):  # one kernel mends, the others wait for it
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            time.sleep(0.1)
    try:
        if not path.exists() or is_sound(path):
            return  # another kernel was quicker
        aside = path.with_name(
            f"progress-damaged-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1000:03d}.sqlite3"
        )
        for suffix in ("-wal", "-shm", ""):
            if (part := Path(f"{path}{suffix}")).exists():
                part.rename(f"{aside}{suffix}")
        rows = rescue(aside)
        with closing(_connect(path)) as db, db:
            db.execute(SCHEMA)
            db.executemany(INSERT, rows)
        say_once(
            f"Your progress file was damaged. It is now {aside.name}, a new one was started beside it, and "
            f"{len(rows)} saved answers and guesses could be read back."
        )
    finally:
        lock.unlink(missing_ok=True)
