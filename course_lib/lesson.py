"""What the one set-up line of a lesson needs: `lesson = start("01")`."""

import html
import importlib.util
import random
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course_lib import progress
from course_lib.errors import CourseError, unknown
from course_lib.quiz import reading, widgets_work

SEED = 0


@dataclass(frozen=True)
class Lesson:
    """One entry of lessons.toml. `model` is the bundled model it runs on ("" where it names none)."""

    id: str
    title: str
    minutes: int
    model: str
    claim: str
    ready: bool = False
    seed: int = SEED


@cache
def lessons() -> dict[str, Lesson]:
    """Every lesson of the course by id, in order; `ready` says which are built."""
    data = tomllib.loads(Path(__file__).with_name("lessons.toml").read_text(encoding="utf-8"))
    return {entry["id"]: Lesson(**entry) for entry in data["lesson"]}


def set_seeds(seed: int, with_torch: bool) -> None:
    """Seeds Python, numpy, and torch where it is loaded or the lesson needs it."""
    random.seed(seed)
    if "numpy" in sys.modules or importlib.util.find_spec("numpy"):
        import numpy

        numpy.random.seed(seed)
    if "torch" in sys.modules or (with_torch and importlib.util.find_spec("torch")):
        import torch

        torch.manual_seed(seed)


def done_before(lesson_id: str) -> str:
    """One sentence: what the progress file already holds for this lesson."""
    rows = progress.summary()
    questions, predictions = reading.bank()

    def count(kind: str, known, only_correct: bool) -> int:
        return sum(
            entry["correct"] or not only_correct
            for key, entry in rows[kind].items()
            if key.startswith(f"{lesson_id}.") and (known is None or key in known)
        )

    of = lambda group: sum(key.startswith(f"{lesson_id}.") for key in group)
    right, guesses, passed = (
        count("answer", questions, True),
        count("prediction", predictions, False),
        count("check", None, True),
    )
    if not right + guesses + passed and not count("answer", questions, False):
        return "Nothing is done here yet."
    parts = [
        f"{right} of {of(questions)} quiz questions right",
        f"{guesses} of {of(predictions)} predictions kept",
    ]
    if passed:
        parts.append(f"{passed} exercise task{'s' if passed > 1 else ''} passed")
    return f"Done here before: {', '.join(parts)}."


def start(lesson_id: str, seed: int = SEED) -> Lesson:
    """Shows the lesson's title and what you did in it before, sets every seed, returns the lesson's entry."""
    known = lessons()
    if lesson_id not in known:
        raise unknown("lesson", lesson_id, known)
    entry = known[lesson_id]
    if not entry.ready:
        built = ", ".join(key for key, one in known.items() if one.ready)
        raise CourseError(f"Lesson {lesson_id} is not built yet. Ready: {built}.")
    set_seeds(seed, with_torch=bool(entry.model))
    model = f" · model {entry.model}" if entry.model else ""
    lines = [
        f"Lesson {entry.id}: {entry.title}",
        entry.claim,
        f"About {entry.minutes} minutes{model} · seed {seed}",
        done_before(lesson_id),
    ]
    if widgets_work():
        from IPython.display import HTML, display

        head, *rest = (html.escape(line) for line in lines)
        display(HTML(f"<b>{head}</b><br>" + "<br>".join(rest)))
    else:
        print("\n".join(lines))
    return Lesson(**{**vars(entry), "seed": seed})
