"""Your progress as one JSON file. One that comes from outside is checked field by field; nothing in it is run."""
import json
import os
import stat
from dataclasses import asdict
from pathlib import Path

from course_lib.errors import CourseError, shown
from course_lib.files import user_path, write_text
from course_lib.progress import file
from course_lib.progress.entry import row_of
from course_lib.progress.journal import events
from course_lib.progress.table import INSERT

FORMAT, VERSION = "course-progress", 1
_LARGEST, _MOST = 50_000_000, 100_000  # bytes, entries


def export(path: str | os.PathLike) -> Path:
    """Writes everything to one JSON file, for `restore`.

    A file that is no earlier export is never overwritten, nor one with entries that your progress does not have.
    """
    path, entries, left_out = user_path(path), [], 0
    for event in events():
        try:
            row_of(asdict(event))
            entries.append(asdict(event))
        except ValueError:
            left_out += 1
    if os.path.lexists(path):
        missing = {row[0] for row in read_export(path)} - {entry["uid"] for entry in entries}
        if missing:
            raise CourseError(f"{path} holds {len(missing)} entries that your progress here does not have. Restore it "
                              "first, course_lib.progress.restore(path), or choose another name.")
    try:
        write_text(path, json.dumps({"format": FORMAT, "version": VERSION, "events": entries}, indent=1) + "\n")
    except OSError as error:
        raise CourseError(f"Cannot write {path}: {error.strerror}. Choose a folder that exists and is yours.") from None
    if left_out:
        print(f"{left_out} entries were left out: this course did not write them.")
    return path


def restore(path: str | os.PathLike) -> int:
    """Merges an export into your progress; returns how many entries were new. Nothing is overwritten or run."""
    rows = read_export(user_path(path))

    def insert(db) -> int:
        before = db.total_changes
        db.executemany(INSERT, rows)
        return db.total_changes - before

    return file.run(insert)


def read_export(path: Path) -> list[tuple]:
    """The rows of an export, each checked; a CourseError says what is wrong with the file."""
    try:
        content = json.loads(_bytes_of(path))
    except CourseError:  # a ValueError, too; it says already what is wrong
        raise
    except OSError as error:
        raise CourseError(f"Cannot read {path}: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{path} is not a progress file: it holds no readable JSON ({error}).") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("events"), list):
        raise CourseError(f"{path} is not a progress file: make one with `course progress export FILE`.")
    if content.get("version") != VERSION:
        raise CourseError(f"{path} has version {shown(content.get('version'))}; this course reads version {VERSION}.")
    if len(content["events"]) > _MOST:
        raise CourseError(f"{path} has too many entries for a progress file ({_MOST:,} at most).")
    rows = []
    for number, entry in enumerate(content["events"], 1):
        try:
            rows.append(row_of(entry))
        except ValueError:
            raise CourseError(f"{path}, event {number} is not as this course writes it; nothing was changed.") from None
    return rows


def _bytes_of(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):  # a folder, a device or a pipe, which may never end
        raise CourseError(f"{path} is not a progress file: it is no file.")
    with open(path, "rb") as source:
        content = source.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise CourseError(f"{path} is too large for a progress file ({_LARGEST // 10**6} MB at most).")
    return content
