"""What the one set-up line of a lesson needs: `lesson = start("01")`."""
import gc
import html
import random
import sys
from dataclasses import replace

import numpy

from course_lib import progress
from course_lib.display import html_works, show_html
from course_lib.errors import LARGEST_SEED, CourseError, shown, unknown, whole_number
from course_lib.lessons import SEED, Lesson, lessons
from course_lib.quiz import reading

GARBAGE = 50_000  # new objects, until Python looks for garbage among them: what is imported never becomes any


def set_seeds(seed: int, with_torch: bool) -> None:
    """Seeds Python, numpy, and torch where it is loaded or the lesson needs it."""
    random.seed(seed)
    numpy.random.seed(seed)
    if with_torch or "torch" in sys.modules:
        import torch

        torch.manual_seed(seed)


def done_before(lesson_id: str) -> str:
    """One sentence: what the progress file already holds for this lesson."""
    rows, (questions, predictions) = progress.summary(), reading.bank()
    here = f"{lesson_id}."
    answers = [entry for key, entry in rows["answer"].items() if key.startswith(here) and key in questions]
    guesses = [entry for key, entry in rows["prediction"].items() if key.startswith(here) and key in predictions]
    passed = sum(entry["correct"] for key, entry in rows["check"].items() if key.startswith(here))
    if not (answers or guesses or passed):
        return "Nothing is done here yet."
    right = sum(entry["correct"] for entry in answers)
    n_questions, n_predictions = (sum(key.startswith(here) for key in group) for group in (questions, predictions))
    late = sum(entry["late"] for entry in guesses)
    parts = [f"{right} of {n_questions} quiz questions right", f"{len(guesses)} of {n_predictions} predictions kept"
             + (f" ({late} of them late)" if late else "")]
    if passed:
        parts.append(f"{passed} exercise task{'s' if passed > 1 else ''} passed")
    return f"Done here before: {', '.join(parts)}."


def start(lesson_id: str, seed: int = SEED, more: bool = False) -> Lesson:
    """Shows the lesson's title and what you did in it before, sets every seed, returns the lesson's entry.

    From then on Python looks for garbage less often. `seed` is a whole number from 0 on, below 2**32.
    `more` is for the lesson's second notebook, beside its main line.
    """
    known = lessons()
    if not isinstance(lesson_id, str):
        raise CourseError(f'A lesson is named by a text, as in start("01"); you gave {shown(lesson_id)}.')
    if lesson_id not in known:
        raise unknown("lesson", lesson_id, known)
    seed, entry = whole_number("seed", seed, 0, LARGEST_SEED), known[lesson_id]
    if not entry.ready:
        built = ", ".join(key for key, one in known.items() if one.ready)
        raise CourseError(f"Lesson {lesson_id} is not built yet. Ready: {built}.")
    gc.set_threshold(GARBAGE)  # with Python's own 700 the imports of a lesson take a tenth longer
    set_seeds(seed, with_torch=bool(entry.model))
    model = f" · model {entry.model}" if entry.model else ""
    lines = [
        f"Lesson {entry.id}: {entry.title}",
        "More measurements: no later lesson needs them." if more else entry.claim,
        f"{'As long as you like' if more else f'About {entry.minutes} minutes'}{model} · seed {seed}",
        done_before(lesson_id),
    ]
    if html_works():
        head, *rest = (html.escape(line) for line in lines)
        show_html(f"<b>{head}</b><br>" + "<br>".join(rest))
    else:
        print("\n".join(lines))
    return replace(entry, seed=seed)
