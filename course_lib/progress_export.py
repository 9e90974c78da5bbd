"""Reads an exported progress file. It comes from outside: every field is checked, nothing in it is run."""

import json
import re
from datetime import datetime, timezone
from pathlib import Path

from course_lib.errors import CourseError

KINDS = ("answer", "prediction", "outcome", "check")
FORMAT, VERSION = "course-progress", 1
_LARGEST_FILE, _LARGEST_DATA = 50_000_000, 20_000  # bytes, characters
_ID, _UID = re.compile(r"[A-Za-z0-9._-]{1,80}"), re.compile(r"[0-9a-f]{32}")


def read_export(path: Path) -> list[tuple]:
    """The rows of an export, each checked; a CourseError says what is wrong with the file."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise CourseError(
                f"{path} is too large for a progress file ({_LARGEST_FILE // 10**6} MB at most)."
            )
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(f"Cannot read {path}: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, CourseError):
            raise
        raise CourseError(f"{path} is not a progress file: it holds no readable JSON ({error}).") from None
    if (
        not isinstance(content, dict)
        or content.get("format") != FORMAT
        or not isinstance(content.get("events"), list)
    ):
        raise CourseError(f"{path} is not a progress file: make one with `course progress export FILE`.")
    if content.get("version") != VERSION:
        raise CourseError(
            f"{path} has version {content.get('version')!r}; this course reads version {VERSION}."
        )
    return [
        _checked_row(event, f"{path}, event {number}") for number, event in enumerate(content["events"], 1)
    ]


def _checked_row(event, where: str) -> tuple:
    try:
        data = json.dumps(event["data"], allow_nan=False)
        when = datetime.fromisoformat(event["at"])
        sound = (
            set(event) == {"uid", "at", "kind", "id", "data", "correct"}
            and _UID.fullmatch(event["uid"])
            and when.tzinfo is not None
            and event["kind"] in KINDS
            and _ID.fullmatch(event["id"])
            and isinstance(event["data"], dict)
            and len(data) <= _LARGEST_DATA
            and event["correct"] in (None, True, False)
            and not isinstance(event["correct"], float)
        )
    except (TypeError, KeyError, ValueError, RecursionError):
        sound = False
    if not sound:
        raise CourseError(f"{where} is not as this course writes it; nothing was imported.")
    at = when.astimezone(timezone.utc).isoformat(timespec="microseconds")
    return (
        event["uid"],
        at,
        event["kind"],
        event["id"],
        data,
        None if event["correct"] is None else int(event["correct"]),
    )
