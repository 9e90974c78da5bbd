"""OUT/changes.log: every change of points, with its date, its reason and the file that asked for it.

It is only ever appended to: a line of JSON {"date", "student", "task", "from", "to", "reason", "file"} for each. Where
"to" is null, the change was withdrawn: the run of that date did not make it any more.
"""
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from course_lib.errors import CourseError

RECORD = ("student", "task", "from", "to", "reason", "file")


def note(records: Iterable[dict], path: Path) -> tuple[list[dict], list[dict]]:
    """Appends a line of JSON for each of `changes.changed`'s records, and for each earlier one that is not made again.

    What the log says already, as its last word on a student, a task and a file, is not said again. What was appended:
    the changes that are new, and those that were withdrawn.
    """
    records, last = list(records), {}
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for line in text.split("\n"):
            try:
                known = json.loads(line)
                last[key(known)] = {name: known[name] for name in RECORD}
            except (ValueError, KeyError, TypeError):  # a line that was cut off
                continue
        new = [record for record in records if last.get(key(record)) != record]
        gone = [{**known, "from": known["to"], "to": None} for known in last.values() if known["to"] is not None]
        gone = [record for record in gone if key(record) not in set(map(key, records))]
        date = datetime.now().astimezone().isoformat(timespec="seconds")
        lines = ["" if text.endswith("\n") or not text else "\n",
                 *(json.dumps({"date": date, **record}, ensure_ascii=False) + "\n" for record in new + gone)]
        if new or gone:
            with open(path, "a", encoding="utf-8", newline="\n") as log:
                log.writelines(lines)
    except OSError as error:
        raise CourseError(f"Cannot write {path}: {error.strerror}. No points are changed without a note.") from None
    return new, gone


def key(record: dict) -> tuple:
    """What a change is about: there is one of each in a run."""
    return record["student"], record["task"], record["file"]
