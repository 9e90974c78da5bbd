"""Your progress as one JSON file. One that comes from outside is checked field by field; nothing in it is run."""
import hashlib
import json
import os
import stat
from dataclasses import asdict
from pathlib import Path

from course_lib.display import course
from course_lib.errors import CourseError, shown
from course_lib.files import user_path, write_text
from course_lib.progress import file
from course_lib.progress.entry import Event, event_of
from course_lib.progress.journal import events, misconceptions, record_name, student

FORMAT, VERSION = "course-progress", 2  # 1 had neither a name nor a hash; it is still read
_LARGEST, _MOST = 50_000_000, 100_000  # bytes, entries
MOST_NAME = 100


def export(path: str | os.PathLike, name: str | None = None) -> Path:
    """Writes everything to one JSON file, for `restore` and for whoever teaches you.

    The file also holds what went wrong, by misconception, and a hash of its content. A file that is
    no earlier export is never overwritten, nor one with entries that your progress does not have.

    Args:
        path: the file, in a folder that exists.
        name: whose it is, at most 100 letters; said once, it is kept.

    Returns:
        The path.

    Raises:
        CourseError: if there is nothing to write, if the file cannot be written or would lose
            something, or if the name is none.
    """
    path = user_path(path)
    if name is not None:
        if not isinstance(name, str) or not 0 < len(name.strip()) <= MOST_NAME or not name.isprintable():
            raise CourseError(f"A name is a text of at most {MOST_NAME} letters; you gave {shown(name)}.")
        if name.strip() != student():
            record_name(name.strip())
    kept = events()
    if all(event.kind == "name" for event in kept):
        raise CourseError(f"There is nothing to export: {file.path()} holds no answer, guess or check yet. If you did "
                          "work, go to the folder where you did it, or set COURSE_HOME to where its progress lies.")
    entries = [asdict(event) for event in kept]
    if os.path.lexists(path):
        missing = {event.uid for event in read_export(path)} - {event.uid for event in kept}
        if missing:
            raise CourseError(f"{path} holds {len(missing)} entries that your progress here does not have. Restore it "
                              "first, course_lib.progress.restore(path), or choose another name.")
    try:
        content = {"format": FORMAT, "version": VERSION, "name": student(), "misconceptions": misconceptions(kept),
                   "events": entries}
        write_text(path, json.dumps({**content, "sha256": digest(content)}, indent=1) + "\n")
    except OSError as error:
        raise CourseError(f"Cannot write {path}: {error.strerror}. Choose a folder that exists and is yours.") from None
    return path


def digest(content: dict) -> str:
    """SHA-256 of all that an export holds, however its lines are broken."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def restore(path: str | os.PathLike) -> int:
    """Merges an export into your progress. Nothing is overwritten or run.

    Args:
        path: a file that `export` wrote.

    Returns:
        How many entries were new.

    Raises:
        CourseError: if the file cannot be read, is no export, or is not as the course wrote it.
    """
    theirs = read_export(user_path(path))
    known = {event.uid for event in events()}
    new = [event for event in theirs if event.uid not in known]
    file.append(new)
    return len({event.uid for event in new})


def read_export(path: Path) -> list[Event]:
    """The entries of an export, each checked; a CourseError says what is wrong with the file."""
    try:
        content = json.loads(_bytes_of(path))
    except CourseError:  # a ValueError, too; it says already what is wrong
        raise
    except OSError as error:
        raise CourseError(f"Cannot read {path}: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{path} is not a progress file: it holds no readable JSON ({error}).") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("events"), list):
        raise CourseError(f"{path} is not a progress file: make one with {course('progress export FILE')}.")
    version = content.get("version")
    if version not in (1, VERSION) or isinstance(version, bool):
        raise CourseError(f"{path} has version {shown(version)}; this course reads version {VERSION}.")
    if version == VERSION and content.pop("sha256", None) != digest(content):
        raise CourseError(f"{path} is not as the course wrote it: its hash does not go with what it holds. Nothing was "
                          "changed here. Export it again where it comes from.")
    if len(content["events"]) > _MOST:
        raise CourseError(f"{path} has too many entries for a progress file ({_MOST:,} at most).")
    found = []
    for number, entry in enumerate(content["events"], 1):
        try:
            found.append(event_of(entry))
        except ValueError:
            raise CourseError(f"{path}, event {number} is not as this course writes it; nothing was changed.") from None
    return found


def _bytes_of(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):  # a folder, a device or a pipe, which may never end
        raise CourseError(f"{path} is not a progress file: it is no file.")
    with open(path, "rb") as source:
        content = source.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise CourseError(f"{path} is too large for a progress file ({_LARGEST // 10**6} MB at most).")
    return content
