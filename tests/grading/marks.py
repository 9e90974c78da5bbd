"""Marks, and entries of progress files, for the tests of what grading writes."""
from course_lib.grading.results import Graded, Mark
from course_lib.progress import Event


def mark(task="06.1", points=1.0, out_of=1.0, verdict="right", reason="Right on all inputs.", **more) -> Mark:
    return Mark(task, more.pop("name", "lora"), points, out_of, verdict, reason, **more)


def graded(student="student-01", *marks: Mark, weak=False, notes=()) -> Graded:
    return Graded(student, ("06.ipynb",), "digest", 0, weak, tuple(notes), marks or (mark(),))


def share(student: str, points: float, out_of: float = 4.0, **more) -> Graded:
    return graded(student, mark(points=points, out_of=out_of), **more)


def wrong(task: str, **more) -> Mark:
    return mark(task, 0.0, verdict=more.pop("verdict", "wrong"), reason="Differs.", **more)


def row(at: int, kind: str, id: str, data: dict, correct: int | None = None) -> Event:
    """An entry of a student's progress on that day of a month."""
    return Event("0" * 32, f"2026-11-0{at}T00:00:00+00:00", kind, id, data, correct)
