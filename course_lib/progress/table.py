"""The one table of the progress file, and how the file is opened."""
import sqlite3
from pathlib import Path

from course_lib.progress.entry import FIELDS

SCHEMA = """CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, at TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    data TEXT NOT NULL, correct INTEGER)"""
INSERT = f"INSERT OR IGNORE INTO events ({', '.join(FIELDS)}) VALUES ({', '.join('?' * len(FIELDS))})"
SELECT = f"SELECT {', '.join(FIELDS)} FROM events"
BUSY_SECONDS = 10


def connect(path: Path) -> sqlite3.Connection:
    """A connection that several kernels can have at once."""
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
