"""OUT/changes.log: every change of points, with its date, its reason and the file that asked for it.

It is only ever appended to: a line of JSON {"date", "student", "task", "from", "to", "reason", "file"} for each.
"""
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from course_lib.errors import CourseError


def note(records: Iterable[dict], path: Path) -> int:
    """Appends a line of JSON for each of `changes.changed`'s records; how many were new.

    What the log says already, as its last word on a student, a task and a file, is not said again.
    """
    key, last = (lambda record: (record["student"], record["task"], record["file"])), {}
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for line in text.split("\n"):
            try:
                known = json.loads(line)
                last[key(known)] = {name: known[name] for name in known if name != "date"}
            except (ValueError, KeyError, TypeError):  # a line that was cut off
                continue
        new = [record for record in records if last.get(key(record)) != record]
        date = datetime.now().astimezone().isoformat(timespec="seconds")
        lines = ["" if text.endswith("\n") or not text else "\n",
                 *(json.dumps({"date": date, **record}, ensure_ascii=False) + "\n" for record in new)]
        if new:
            with open(path, "a", encoding="utf-8", newline="\n") as log:
                log.writelines(lines)
    except OSError as error:
        raise CourseError(f"Cannot write {path}: {error.strerror}. No points are changed without a note.") from None
    return len(new)
