"""Progress of before: until November 2026 it was kept in an SQLite file, whose entries still count."""
import json
import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from course_lib.progress.entry import Event, event_of

NAME = "progress.sqlite3"
FIELDS = ("uid", "at", "kind", "id", "data", "correct")


@lru_cache(maxsize=4)
def entries(file: Path, changed: float) -> tuple[Event, ...]:
    """The sound entries of the file, which was `changed` at this time. Raises ValueError where it cannot be read."""
    try:
        with closing(sqlite3.connect(file)) as db:
            rows = db.execute(f"SELECT {', '.join(FIELDS)} FROM events").fetchall()
    except sqlite3.Error as error:
        raise ValueError(str(error)) from error
    found = []
    for row in rows:
        try:
            entry = dict(zip(FIELDS, row))
            found.append(event_of({**entry, "data": json.loads(entry["data"])}))
        except (ValueError, TypeError, RecursionError):
            pass  # a row that somebody damaged
    return tuple(found)
