"""One entry of your progress, and what it must be, whether it is recorded here, exported or imported."""
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone

KINDS = ("answer", "prediction", "outcome", "check", "name")
FIELDS = ("uid", "at", "kind", "id", "data", "correct")
MOST_TEXT, MOST_DEPTH = 20_000, 6  # characters of the data as JSON, lists and dicts inside each other
YEARS = range(1971, 3000)  # every computer can tell these in its local time
_ID, _UID = re.compile(r"[A-Za-z0-9._-]{1,80}"), re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Event:
    """One thing that happened. `at` is UTC in ISO format; `correct` is None where nothing is judged (yet)."""

    uid: str
    at: str
    kind: str
    id: str
    data: dict
    correct: bool | None


def row_of(entry: dict) -> tuple:
    """The entry as a row of the table. Raises ValueError where a field is missing, unknown or not as it must be."""
    try:
        when = datetime.fromisoformat(entry["at"])
        sound = (
            set(entry) == set(FIELDS)
            and _UID.fullmatch(entry["uid"])
            and when.tzinfo is not None
            and when.year in YEARS
            and entry["kind"] in KINDS
            and _ID.fullmatch(entry["id"])
            and isinstance(entry["data"], dict)
            and is_shallow(entry["data"], MOST_DEPTH)
            and (entry["correct"] is None or isinstance(entry["correct"], int) and entry["correct"] in (0, 1))
        )
        data = json.dumps(entry["data"], allow_nan=False) if sound else ""
    except (TypeError, KeyError) as error:
        raise ValueError("a field is missing or of a wrong type") from error
    if not sound or len(data) > MOST_TEXT:
        raise ValueError("a field is not as it must be")
    at = when.astimezone(timezone.utc).isoformat(timespec="microseconds")
    correct = None if entry["correct"] is None else int(entry["correct"])
    return entry["uid"], at, entry["kind"], entry["id"], data, correct


def is_shallow(value, most: int) -> bool:
    """Whether at most so many lists and dicts lie inside each other."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else None
    return inner is None or (most > 0 and all(is_shallow(one, most - 1) for one in inner))


def is_readable(row: tuple) -> bool:
    """Whether a row of a file, which may be damaged, holds texts, and JSON of a dict as its data."""
    try:
        return all(isinstance(value, str) for value in row[:5]) and isinstance(json.loads(row[4]), dict)
    except (ValueError, RecursionError):
        return False
