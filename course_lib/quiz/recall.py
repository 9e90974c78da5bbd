"""Which questions of earlier lessons are due: what your progress says, and what is asked where it says nothing.

To be asked again some days later keeps more than to read again does: Roediger and Karpicke 2006, "Test-enhanced
learning" (doi:10.1111/j.1467-9280.2006.01693.x).
"""
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from course_lib.errors import CourseError, shown
from course_lib.progress import Event
from course_lib.quiz import reading

MANY = 3


def chosen(lesson_id: str, otherwise: Sequence[str], events: Iterable[Event], today: date) -> list[str]:
    """Three ids: first what was wrong at the first try, then the rest, each by how long ago it was answered last.

    Where that gives too few, those of `otherwise` follow. What was answered today is not due yet, so the same three
    come as often as a cell is run on one day.
    """
    known, first, last = reading.bank()[0], {}, {}
    for event in events:
        if event.kind == "answer" and event.id in known and event.id[:2] < lesson_id and day_of(event) < today:
            first.setdefault(event.id, event.correct)
            last[event.id] = event.at
    due = sorted(last, key=lambda one: (bool(first[one]), last[one], one))
    return [*due, *(one for one in otherwise if one not in last)][:MANY]


def day_of(event: Event) -> date:
    """The day on which it happened, in local time."""
    return datetime.fromisoformat(event.at).astimezone().date()


def check(lesson_id: str, otherwise: Sequence[str]) -> None:
    """CourseError unless these are three questions, each of another lesson, all before this one."""
    if not isinstance(lesson_id, str):
        raise CourseError(f'A lesson is named by a text, as in due("09", ...); you gave {shown(lesson_id)}.')
    of = {reading.question(one).id[:2] for one in otherwise}
    if len(otherwise) != MANY or len(of) != MANY or not max(of) < lesson_id:
        raise CourseError(f"due takes a lesson and {MANY} questions, one each from {MANY} lessons before it; you gave "
                          f"{shown((lesson_id, *otherwise))}.")
