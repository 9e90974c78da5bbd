"""What the course kept in progress.sqlite3 before still counts."""
import json
import sqlite3
from contextlib import closing

from course_lib import progress
from course_lib.progress import older

SCHEMA = """CREATE TABLE events (seq INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, at TEXT NOT NULL,
    kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, correct INTEGER)"""


def before(file, *changes: dict) -> None:
    """A file of before with an answer for each of these changes."""
    with closing(sqlite3.connect(file.with_name(older.NAME))) as db, db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(SCHEMA)
        for number, change in enumerate(changes):
            row = {"uid": f"{number:032x}", "at": "2026-03-01T10:00:00+00:00", "kind": "answer", "id": f"01.q{number}",
                   "data": json.dumps({"choices": [0]}), "correct": 1, **change}
            db.execute(f"INSERT INTO events ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", [*row.values()])


def test_it_counts_with_what_comes_after_it(file, tmp_path, monkeypatch):
    file.parent.mkdir(parents=True, exist_ok=True)
    before(file, {}, {"correct": 0}, {"data": "{"}, {"kind": "another"})
    assert [(event.id, event.correct) for event in progress.events()] == [("01.q0", True), ("01.q1", False)]
    progress.record_answer("02.q", {"choices": [1]}, True)
    assert [event.id for event in progress.events()] == ["01.q0", "01.q1", "02.q"]
    progress.export(tmp_path / "all.json", name="Anna")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "elsewhere"))
    progress.restore(tmp_path / "all.json")
    assert [event.id for event in progress.events() if event.kind == "answer"] == ["01.q0", "01.q1", "02.q"]


def test_one_that_cannot_be_read_is_said_once(file, capsys):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_name(older.NAME).write_bytes(b"SQLite format 3\0 and no more" * 99)
    progress.record_answer("02.q", {"choices": [1]}, True)
    assert len(progress.events()) == len(progress.events()) == 1
    assert capsys.readouterr().out.count("progress of before cannot be read") == 1
