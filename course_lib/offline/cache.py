"""Answers that are kept: a file of SQLite, from a key to an answer. Killed at any moment, it holds
what was put in.

SQLite writes ahead (WAL): a reader is never kept waiting, writers wait for one another, and what a
killed process had half written is not there. An answer is plain text, and no key is ever near
another: what is not equal is not found.
"""
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.files import user_path

OURS = 0x434C4F31        # SQLite's application_id: by it a file says whose it is
PATIENCE = 60            # seconds that a writer waits for the others
AT_ONCE = 500            # keys in one question; older SQLites take 999
TABLES = """
    CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS written (path BLOB, sha256 TEXT, PRIMARY KEY (path, sha256))
        WITHOUT ROWID;
"""


class Memory:
    """Answers that are kept as long as this is."""

    def __init__(self):
        self.answers: dict[object, str] = {}

    def get(self, keys: Iterable) -> dict[object, str]:
        """The answers that are there, by their keys."""
        return {key: self.answers[key] for key in keys if key in self.answers}

    def put(self, answers: Mapping[object, str]) -> None:
        """Keeps these answers."""
        self.answers.update(answers)


class Cache:
    """Keys (32 bytes) and their answers, in the file `path`.

    Any number of processes may have the same file open. CourseError where the file is none of ours,
    is damaged, or cannot be written, as on a full disk; what had been put in before is still there.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = user_path(path)
        with self.saying():
            self.connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                self.prepare()
            except BaseException:
                self.connection.close()
                raise

    def prepare(self) -> None:
        """Makes a new file ours, and looks whether one that is there is."""
        ask = self.connection.execute
        ask(f"PRAGMA busy_timeout = {1000 * PATIENCE}")
        tables = ask("SELECT count(*) FROM sqlite_master").fetchone()[0]
        # after the tables, for who makes them sets it with them
        mark = ask("PRAGMA application_id").fetchone()[0]
        if mark != OURS and tables:
            raise CourseError(f"{self.path} is a database of another program. Name another file "
                              "for the cache.")
        self.write_ahead()
        ask("PRAGMA synchronous = FULL")              # what was put in survives a power cut, too
        if mark != OURS:
            with self.writing():
                for line in filter(str.strip, TABLES.split(";")):
                    ask(line)
                ask(f"PRAGMA application_id = {OURS}")

    def write_ahead(self) -> None:
        """Asks for WAL; while another process does so, SQLite does not wait but refuses at once."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    @contextmanager
    def saying(self):
        """What SQLite refuses is a CourseError with a way out."""
        try:
            yield
        except sqlite3.Error as error:
            said = str(error)
            if "full" in said or "I/O" in said:
                why = f"cannot be written ({said}): the disk may be full. All that was put in " \
                      "before is kept: make room, and run the same again"
            elif "locked" in said:
                why = f"was locked by another process for {PATIENCE} seconds. Wait for that one, " \
                      "or name another file"
            elif "not a database" in said or "malformed" in said:
                why = f"is no cache, or damaged ({said}). Name another file, or move this one away"
            else:
                why = f"cannot be used ({said}). Name a file in a folder that you can write to, " \
                      "on this computer's disk"
            raise CourseError(f"The cache {self.path} {why}.") from None

    @contextmanager
    def writing(self):
        """A transaction: all of the block, or nothing. One writer at a time; the next one waits."""
        with self.saying():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:    # SQLite ends it itself where the disk is full
                    self.connection.execute("ROLLBACK")
                raise

    def get(self, keys: Iterable[bytes]) -> dict[bytes, str]:
        """The answers that are there, by their keys."""
        keys, found = list(keys), {}
        with self.saying():
            for start in range(0, len(keys), AT_ONCE):
                part = keys[start:start + AT_ONCE]
                places = ",".join("?" * len(part))
                question = f"SELECT key, answer FROM answers WHERE key IN ({places})"
                found.update(self.connection.execute(question, part))
        return found

    def put(self, answers: Mapping[bytes, str]) -> None:
        """Keeps these answers, all or none; where another process was first, its answer stays."""
        with self.writing():
            self.connection.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?)",
                                        answers.items())

    def wrote(self, path: Path, sha256: str) -> None:
        """Notes that this was made from here: it may be replaced while nobody changes it."""
        with self.writing():
            self.connection.execute("INSERT OR IGNORE INTO written VALUES (?, ?)",
                                    (os.fsencode(path), sha256))

    def is_ours(self, path: Path, sha256: str) -> bool:
        """Whether `wrote` noted this."""
        with self.saying():
            found = self.connection.execute("SELECT 1 FROM written WHERE path = ? AND sha256 = ?",
                                            (os.fsencode(path), sha256))
            return found.fetchone() is not None

    def __len__(self) -> int:
        with self.saying():
            return self.connection.execute("SELECT count(*) FROM answers").fetchone()[0]

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()

    def __enter__(self) -> "Cache":
        return self

    def __exit__(self, *_) -> None:
        self.close()
