"""A damaged progress file: told from a sound one, set aside, and every row read that can still be read."""
import shutil
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from course_lib.progress.entry import FIELDS, is_readable
from course_lib.progress.table import BUSY_SECONDS, INSERT, SCHEMA, SELECT, connect

_PAGE = 4096  # bytes, SQLite's default
TRIES, PAUSE = 50, 0.1  # how often, and after how many seconds each time, a kernel asks for another's lock


def is_sound(path: Path) -> bool:
    """Whether SQLite can read it all and it is ours; a file that cannot be opened is not called damaged."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as db:
            if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return False
            columns = [row[1] for row in db.execute("PRAGMA table_info(events)")]
            return not columns or set(FIELDS) <= set(columns)
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False


def set_aside(path: Path) -> str:
    """Renames a damaged file and starts a new one with every row that can still be read; a sentence about it.

    "" where the file is sound by now: several kernels may notice the damage at once, and one mends it.
    """
    with _locked(path.with_suffix(".lock")):
        if not path.exists() or is_sound(path):
            return ""
        stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1000:03d}"
        aside = path.with_name(f"progress-damaged-{stamp}.sqlite3")
        for suffix in ("-wal", "-shm", ""):
            if (part := Path(f"{path}{suffix}")).exists():
                part.rename(f"{aside}{suffix}")
        rows = rescue(aside)
        with closing(connect(path)) as db, db:
            db.execute(SCHEMA)
            db.executemany(INSERT, rows)
        return (f"Your progress file was damaged. It is now {aside.name}, a new one was started beside it, and "
                f"{len(rows)} saved answers and guesses could be read back.")


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """One kernel mends, the others wait; only a lock of its own is deleted.

    After the last try the lock is taken over: who keeps one so long was killed, and no answer should wait for that.
    """
    mine = uuid.uuid4().bytes
    for _ in range(TRIES):
        try:
            with open(lock, "xb") as file:
                file.write(mine)
            break
        except FileExistsError:
            time.sleep(PAUSE)
    else:
        lock.write_bytes(mine)
    try:
        yield
    finally:
        with suppress(OSError):
            if lock.read_bytes() == mine:
                lock.unlink()


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
                    if is_readable(row):
                        found[row[0]] = row
        except sqlite3.Error:
            pass
    return found
