"""Your answers, predictions and passed checks: one append-only table in one SQLite file of yours.

from course_lib import progress
progress.export("my-progress.json")     # everything, as one JSON file
progress.restore("my-progress.json")    # merges; twice is the same as once
"""

import argparse
import json
import os
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from course_lib import progress_file
from course_lib.errors import CourseError
from course_lib.progress_export import FORMAT, KINDS, VERSION, read_export
from course_lib.progress_table import INSERT, SELECT


@dataclass(frozen=True)
class Event:
    """One thing that happened. `at` is UTC in ISO format; `correct` is None where nothing is judged (yet)."""

    uid: str
    at: str
    kind: str
    id: str
    data: dict
    correct: bool | None


def day(at: str) -> str:
    """The day of a time stamp in local time: 7 March 2026."""
    return datetime.fromisoformat(at).astimezone().strftime("%d %B %Y").lstrip("0")


def _record(kind: str, event_id: str, data: dict, correct: bool | None) -> None:
    at = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    row = (uuid.uuid4().hex, at, kind, event_id, json.dumps(data), None if correct is None else int(correct))
    progress_file.run(lambda db: db.execute(INSERT, row))


def record_answer(question_id: str, answer, correct: bool, misconception: str = "") -> None:
    """An answer to a quiz question; `answer` is anything JSON holds."""
    _record("answer", question_id, {"answer": answer, "misconception": misconception}, correct)


def record_prediction(prediction_id: str, guess, confidence: int) -> None:
    """A guess and how sure you are, in per cent, before the run."""
    _record("prediction", prediction_id, {"guess": guess, "confidence": confidence}, None)


def record_outcome(prediction_id: str, measured, guess, correct: bool | None) -> None:
    """What was measured, beside the last guess (None: none was kept); the same outcome is written once."""
    data = {"measured": measured, "guess": guess}
    before = latest("outcome", prediction_id)
    if before is None or before.data != data:
        _record("outcome", prediction_id, data, correct)


def record_check(task_id: str, passed: bool, message: str = "") -> None:
    """The public check of an exercise task, with what it said."""
    _record("check", task_id, {"message": message}, passed)


def _event(row: tuple) -> Event:
    uid, at, kind, event_id, data, correct = row
    return Event(uid, at, kind, event_id, json.loads(data), None if correct is None else bool(correct))


def events(kind: str | None = None, event_id: str | None = None) -> list[Event]:
    """Everything that was recorded, oldest first; only one kind or one id where they are given."""
    query = f"{SELECT} WHERE (? IS NULL OR kind = ?) AND (? IS NULL OR id = ?) ORDER BY at, seq"
    rows = progress_file.run(lambda db: db.execute(query, (kind, kind, event_id, event_id)).fetchall())
    return [_event(row) for row in rows if row[2] in KINDS]


def latest(kind: str, event_id: str) -> Event | None:
    found = events(kind, event_id)
    return found[-1] if found else None


def summary() -> dict[str, dict[str, dict]]:
    """{kind: {id: {"tries", "correct" (ever), "at" (first success, else last try)}}}."""
    out: dict[str, dict[str, dict]] = {kind: {} for kind in KINDS}
    for event in events():
        entry = out[event.kind].setdefault(event.id, {"tries": 0, "correct": False, "at": event.at})
        entry["tries"] += 1
        if not entry["correct"]:
            entry |= {"correct": bool(event.correct), "at": event.at}
    return out


def calibration() -> list[dict]:
    """Confidence against outcome, for each prediction that was guessed before it was first measured."""
    guesses, out, seen = {}, [], set()
    for event in events():
        if event.kind == "prediction":
            guesses[event.id] = event.data
        elif event.kind == "outcome" and event.id not in seen:
            seen.add(event.id)
            if event.id in guesses and event.correct is not None:
                out.append(
                    {"id": event.id, "confidence": guesses[event.id]["confidence"], "right": event.correct}
                )
    return out


def export(path: str | os.PathLike) -> Path:
    """Writes everything to one JSON file. A file that is no earlier export is never overwritten."""
    path = Path(path)
    if path.exists():
        read_export(path)
    content = {"format": FORMAT, "version": VERSION, "events": [asdict(event) for event in events()]}
    spare = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        spare.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(spare, path)
    except OSError as error:
        raise CourseError(
            f"Cannot write {path}: {error.strerror}. Choose a folder that exists and is yours."
        ) from None
    finally:
        spare.unlink(missing_ok=True)
    return path


def restore(path: str | os.PathLike) -> int:
    """Merges an export into your progress; returns how many events were new. Nothing is overwritten or run."""
    rows = read_export(Path(path))

    def insert(db) -> int:
        before = db.total_changes
        db.executemany(INSERT, rows)
        return db.total_changes - before

    return progress_file.run(insert)


def _show() -> None:
    rows = summary()
    print(f"Your progress is kept in {progress_file.folder() / progress_file.NAME}")
    if not any(rows.values()):
        print("Nothing is recorded yet. Start with lesson 00: course lab")
    for kind, title, done in (("answer", "Quiz", "right"), ("check", "Exercise tasks", "passed")):
        for event_id, entry in sorted(rows[kind].items()):
            print(
                f"  {title:<15} {event_id:<22} {done if entry['correct'] else 'not yet':<8} tries: {entry['tries']}"
            )
    for event_id in sorted(rows["prediction"]):
        told = latest("outcome", event_id)
        word = (
            "not yet measured" if told is None or told.correct is None else "right" if told.correct else "off"
        )
        print(f"  {'Predictions':<15} {event_id:<22} {word}")
    counted = calibration()
    if counted:
        sure = sum(entry["confidence"] for entry in counted) / len(counted)
        right = sum(entry["right"] for entry in counted)
        print(f"You were {sure:.0f} % sure on average; {right} of {len(counted)} guesses were right.")


def main(argv: list[str]) -> int:
    """`course progress [show | export FILE | import FILE]`."""
    parser = argparse.ArgumentParser(prog="course progress", description=__doc__.split("\n")[0])
    verbs = parser.add_subparsers(dest="verb")
    verbs.add_parser("show", help="what you have answered, guessed and passed (the default)")
    verbs.add_parser("export", help="write everything to one JSON file").add_argument("file")
    verbs.add_parser("import", help="merge such a file into your progress").add_argument("file")
    chosen = parser.parse_args(argv)
    if chosen.verb == "export":
        print(f"Written: {export(chosen.file)}")
    elif chosen.verb == "import":
        print(f"{restore(chosen.file)} new entries were added to your progress.")
    else:
        _show()
    return 0
