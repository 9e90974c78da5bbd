"""The one table of the progress file, and what can be read of it when the file is damaged."""

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

COLUMNS = ("uid", "at", "kind", "id", "data", "correct")
SCHEMA = """CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, at TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    data TEXT NOT NULL, correct INTEGER)"""
INSERT = f"INSERT OR IGNORE INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
SELECT = f"SELECT {', '.join(COLUMNS)} FROM events"
BUSY_SECONDS = 10
_PAGE = 4096  # bytes, SQLite's default


def is_sound(path: Path) -> bool:
    """Whether SQLite can read it all and it is ours; a file that cannot be opened is not called damaged."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as db:
            if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return False
            columns = [row[1] for row in db.execute("PRAGMA table_info(events)")]
            return not columns or set(COLUMNS) <= set(columns)
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False


def rescue(path: Path) -> list[tuple]:
    """Every row that can still be read, oldest first. Works on copies; the file itself is only read."""
    found: dict[str, tuple] = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.sqlite3"
            for suffix in ("", "-wal"):
                if Path(f"{path}{suffix}").exists():
                    shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
            found |= _readable(copy)
            _put_header_right(copy, Path(folder) / "fresh.sqlite3")
            found = _readable(copy) | found
    except (OSError, sqlite3.Error):
        pass
    return sorted(found.values(), key=lambda row: row[1])


def _put_header_right(copy: Path, fresh: Path) -> None:
    """Replaces the first page by an empty file's: the same schema gives the same page, but for a count."""
    with closing(sqlite3.connect(fresh)) as db:
        db.execute(SCHEMA)
        db.commit()
    page = bytearray(fresh.read_bytes()[:_PAGE])
    page[28:32] = max(1, copy.stat().st_size // _PAGE).to_bytes(4, "big")
    Path(f"{copy}-wal").unlink(missing_ok=True)
    with open(copy, "r+b") as file:
        file.write(page)


def _readable(path: Path) -> dict[str, tuple]:
    """Rows by uid, read from both ends of the table, each until it breaks off."""
    found = {}
    for order in ("ASC", "DESC"):
        try:
            with closing(sqlite3.connect(path)) as db:
                for row in db.execute(f"{SELECT} NOT INDEXED ORDER BY seq {order}"):
                    if _is_whole(row):
                        found[row[0]] = row
        except sqlite3.Error:
            pass
    return found


def _is_whole(row: tuple) -> bool:
    try:
        return all(isinstance(value, str) for value in row[:5]) and isinstance(json.loads(row[4]), dict)
    except ValueError:
        return False
