"""One entry of your progress, and what it must be, whether it is recorded here, exported or imported."""
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone

KINDS = ("answer", "prediction", "outcome", "check", "clicks", "name")
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


def event_of(entry: dict) -> Event:
    """The entry, checked. Raises ValueError where a field is missing, unknown or not as it must be."""
    try:
        when = datetime.fromisoformat(entry["at"])
        at = when.astimezone(timezone.utc)
        sound = (
            set(entry) == set(Event.__dataclass_fields__)
            and _UID.fullmatch(entry["uid"])
            and when.tzinfo is not None
            and at.year in YEARS
            and entry["kind"] in KINDS
            and _ID.fullmatch(entry["id"])
            and isinstance(entry["data"], dict)
            and is_shallow(entry["data"], MOST_DEPTH)
            and (entry["correct"] is None or isinstance(entry["correct"], int) and entry["correct"] in (0, 1))
        )
        data = json.dumps(entry["data"], allow_nan=False) if sound else ""
    except (TypeError, KeyError, OverflowError, OSError) as error:
        raise ValueError("a field is missing or of a wrong type") from error
    if not sound or len(data) > MOST_TEXT:
        raise ValueError("a field is not as it must be")
    correct = None if entry["correct"] is None else bool(entry["correct"])
    return Event(entry["uid"], at.isoformat(timespec="microseconds"), entry["kind"], entry["id"], json.loads(data),
                 correct)


def is_shallow(value, most: int) -> bool:
    """Whether at most so many lists and dicts lie inside each other."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else None
    return inner is None or (most > 0 and all(is_shallow(one, most - 1) for one in inner))
