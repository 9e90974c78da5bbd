"""What a class's marks and progress files say: functions of data, without any page."""
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_lib.grading.results import VERDICTS, Graded
from course_lib.progress import Event, calibration
from course_lib.quiz.questions import NumberQuestion, Ordering
from course_lib.quiz.reading import bank

BANDS = 10                # of the distribution of points
SURE = ((0, 20), (20, 40), (40, 60), (60, 80), (80, 101))  # per cent of confidence
FEWEST = 5                # students below which a discrimination would be noise
ALWAYS_KNOWN = {"stopped too early", "another number"}  # beliefs that no bank lists


@dataclass(frozen=True)
class Item:
    """One task in a class: how many students have a mark, how many full marks, and what the others did."""
    task: str
    name: str
    students: int
    right: int
    difficulty: float               # mean share of the points: 1 where everybody has all
    discrimination: float | None    # correlation with the points of the other tasks; None where it says nothing
    mistakes: tuple[tuple[str, str, int], ...]  # (wrong solution or verdict, what is said to the student, how many)


@dataclass(frozen=True)
class Asked:
    """One quiz question in a class, by each student's first answer."""
    id: str
    text: str
    answers: int
    right: int
    beliefs: tuple[tuple[str, int], ...]  # (the belief behind a wrong answer, how many)


def share(one: Graded) -> float:
    """The share of all points that a student has; 0 where nothing was graded."""
    out_of = sum(mark.out_of for mark in one.marks)
    return sum(mark.points for mark in one.marks) / out_of if out_of else 0.0


def distribution(graded: Iterable[Graded]) -> list[int]:
    """How many students have 0–10 %, 10–20 %, … of the points; full marks are in the last band."""
    counts = Counter(min(int(share(one) * BANDS + 1e-9), BANDS - 1) for one in graded)
    return [counts[band] for band in range(BANDS)]


def items(graded: Sequence[Graded]) -> list[Item]:
    """Every task of the class, the hardest first."""
    by_task = defaultdict(list)
    for one in graded:
        of_tasks = [mark for mark in one.marks if mark.out_of]  # extra points belong to none
        points = sum(mark.points for mark in of_tasks)
        for mark in of_tasks:
            by_task[mark.task].append((mark, points - mark.points))
    out = []
    for task, rows in by_task.items():
        marks = [mark for mark, _ in rows]
        reached = [mark.points / mark.out_of for mark in marks]
        counts, said = Counter(), {}
        for mark in marks:
            if mark.verdict != "right" and mark.points < mark.out_of:
                label = mark.mistake or VERDICTS.get(mark.verdict, mark.verdict)
                label = "wrong in a way that no named solution is" if label == VERDICTS["wrong"] else label
                counts[label] += 1
                said.setdefault(label, mark.message)
        out.append(Item(task, marks[0].name, len(marks), sum(value >= 1 for value in reached),
                        sum(reached) / len(reached), correlation(reached, [rest for _, rest in rows]),
                        tuple((label, said[label], number) for label, number in counts.most_common())))
    return sorted(out, key=lambda item: (item.difficulty, item.task))


def correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Pearson's correlation; None with fewer than FEWEST pairs, or where one of the two never varies."""
    if len(one) < FEWEST or max(one) - min(one) < 1e-9 or max(other) - min(other) < 1e-9:
        return None
    mean, mean_other = sum(one) / len(one), sum(other) / len(other)
    both = sum((a - mean) * (b - mean_other) for a, b in zip(one, other))
    return both / math.sqrt(sum((a - mean) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other))


def asked(exports: Iterable[Sequence[Event]]) -> list[Asked]:
    """The quiz questions that somebody answered, the hardest first. `exports`: what `read_export` gives, by student.

    A file is its student's to edit. So only the course's own questions count, and only beliefs that they know.
    """
    questions, rights, wrongs = bank()[0], Counter(), defaultdict(Counter)
    for events in exports:
        first = {}
        for event in sorted(events, key=lambda event: event.at):
            if event.kind == "answer" and event.id in questions and event.correct is not None:
                first.setdefault(event.id, (event.correct, event.data.get("misconception")))
        for id, (correct, belief) in first.items():
            if correct:
                rights[id] += 1
            else:
                wrongs[id][belief if isinstance(belief, str) and belief in beliefs(questions[id]) else "other"] += 1
    found = [Asked(id, questions[id].text, rights[id] + wrongs[id].total(), rights[id],
                   tuple(wrongs[id].most_common())) for id in {*rights, *wrongs}]
    return sorted(found, key=lambda one: (one.right / one.answers, one.id))


def beliefs(question) -> set[str]:
    """The beliefs behind the wrong answers of a question."""
    parts = (question.wrong if isinstance(question, NumberQuestion) else
             question.items if isinstance(question, Ordering) else question.choices)
    return ALWAYS_KNOWN | {part.misconception for part in parts if part.misconception}


def calibrated(exports: Iterable[Sequence[Event]]) -> list[tuple[str, int, float, int]]:
    """(band, guesses, mean confidence in per cent, how many were right), of guesses before the first measurement."""
    found = defaultdict(list)
    predictions = bank()[1]
    for events in exports:
        known = [event for event in events if event.id in predictions]
        for one in calibration(sorted(known, key=lambda event: event.at)):
            band = next((low, high) for low, high in SURE if low <= one["confidence"] < high)
            found[band].append((one["confidence"], one["right"]))
    return [(f"{low}–{min(high, 100)} %", len(pairs), sum(one for one, _ in pairs) / len(pairs),
             sum(right for _, right in pairs))
            for (low, high), pairs in sorted(found.items())]
