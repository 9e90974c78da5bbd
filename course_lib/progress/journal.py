"""What is recorded, and what the records say."""
import uuid
from collections.abc import Iterable
from datetime import datetime, timezone

from course_lib.errors import CourseError, shown
from course_lib.progress import file
from course_lib.progress.entry import KINDS, Event, event_of


def day(at: str) -> str:
    """The day of a time stamp in local time: 7 March 2026. A stamp that no calendar has stays as it is."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%d %B %Y").lstrip("0")
    except (ValueError, OverflowError, OSError):
        return at


def _record(kind: str, event_id: str, data: dict, correct: bool | None) -> None:
    at = datetime.now(timezone.utc).isoformat()
    try:
        event = event_of({"uid": uuid.uuid4().hex, "at": at, "kind": kind, "id": event_id, "data": data,
                          "correct": correct})
    except ValueError:
        raise CourseError(f"This cannot be kept in your progress: {kind} {shown(event_id)}, {shown(data)}. "
                          "It holds plain numbers and short texts only.") from None
    file.append([event])


def record_answer(question_id: str, answer, correct: bool, misconception: str = "") -> None:
    """An answer to a quiz question; `answer` is a number, a text, or a list of such."""
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


def record_check(task_id: str, passed: bool, misconception: str = "", said: str = "") -> None:
    """The public check of an exercise task; `misconception` names the wrong solution that it recognised, `said` tells
    it in words.
    """
    _record("check", task_id, {"misconception": misconception, "said": said} if misconception else {}, passed)


def record_clicks(what: str, pairs: str, letters: str) -> None:
    """The answers to pairs so far, a letter each, as a whole; `pairs` tells these from other pairs."""
    _record("clicks", what, {"pairs": pairs, "letters": letters}, None)


def record_name(name: str) -> None:
    """Whose progress this is."""
    _record("name", "student", {"name": name}, None)


def student() -> str | None:
    """Whose progress this is, as was said last; None where nobody said."""
    said = latest("name", "student")
    return said.data.get("name") if said else None


def misconceptions(entries: Iterable[Event]) -> list[dict]:
    """What went wrong: {"id", "kind", "misconception", "times", "solved" (right later)}, in the order it first came."""
    found: dict[tuple, dict] = {}
    for event in entries:
        if event.kind in ("answer", "check") and event.correct:
            for one in found.values():
                one["solved"] = one["solved"] or (one["kind"], one["id"]) == (event.kind, event.id)
        elif event.correct is False and (belief := event.data.get("misconception")) and isinstance(belief, str):
            one = found.setdefault((event.kind, event.id, belief), {
                "id": event.id, "kind": event.kind, "misconception": belief, "times": 0, "solved": False})
            one["times"] += 1
    return list(found.values())


def events(kind: str | None = None, event_id: str | None = None) -> list[Event]:
    """Everything that was recorded, oldest first; only one kind or one id where they are given."""
    return [event for event in file.read() if kind in (None, event.kind) and event_id in (None, event.id)]


def latest(kind: str, event_id: str) -> Event | None:
    """The newest entry of this kind and id; None where there is none."""
    found = events(kind, event_id)
    return found[-1] if found else None


def summary() -> dict[str, dict[str, dict]]:
    """{kind: {id: {"tries", "correct" (ever), "at" (first success, else last try)}}}; of predictions also "late"."""
    out: dict[str, dict[str, dict]] = {kind: {} for kind in KINDS}
    for event in events():
        entry = out[event.kind].setdefault(event.id, {"tries": 0, "correct": False, "at": event.at})
        entry["tries"] += 1
        if event.kind == "prediction":
            entry["late"] = event.id in out["outcome"]
        if not entry["correct"]:
            entry |= {"correct": bool(event.correct), "at": event.at}
    return out


def is_late(prediction_id: str) -> bool:
    """Whether the last guess was made after the measurement had been shown."""
    return summary()["prediction"].get(prediction_id, {}).get("late", False)


def calibration(given: Iterable[Event] | None = None) -> list[dict]:
    """Confidence against outcome, for each prediction that was guessed before it was first measured.

    `given` are events, oldest first; without them, yours are taken.
    """
    confidence, out, seen = {}, [], set()
    for event in events() if given is None else given:
        if event.kind == "prediction":
            confidence[event.id] = event.data.get("confidence")
        elif event.kind == "outcome" and event.id not in seen:
            seen.add(event.id)
            sure = confidence.get(event.id)
            if event.correct is not None and type(sure) is int and 0 <= sure <= 100:  # True is none
                out.append({"id": event.id, "confidence": sure, "right": event.correct})
    return out
