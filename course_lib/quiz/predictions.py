"""A guess that you commit to before a run, and the measurement beside it afterwards. No widgets here."""
import math
from dataclasses import dataclass

from course_lib.display import counted
from course_lib.errors import CourseError, shown, unknown
from course_lib.quiz.numbers import readings

CONFIDENCE = (50, 100)  # per cent: from a coin toss to certain


@dataclass(frozen=True)
class Prediction:
    """`choices` is {key: text} for kind "choice"; a number counts as right within `near` of the measurement."""

    id: str
    text: str
    kind: str
    choices: dict[str, str] | None = None
    min: float = 0.0
    max: float = 0.0
    step: float = 1.0
    near: float = 0.0
    unit: str = ""

    def show(self, value) -> str:
        """A guess or a measurement in words."""
        if self.kind == "choice":
            return self.choices[value]
        number = f"{value:.2f}" if self.step < 1 else f"{value:.0f}"
        return counted(number, self.unit)

    def exactly(self, guess) -> str:
        """A guess in words, not rounded: what is kept is what is shown."""
        return self.choices[guess] if self.kind == "choice" else counted(f"{guess:.10g}", self.unit)

    def check(self, value, what: str = "guess"):
        """The value itself, or a CourseError that says what is allowed."""
        if self.kind == "choice":
            if not isinstance(value, str):
                raise CourseError(f"The {what} for {self.id} is {shown(value)}; it must be one of the texts "
                                  f"{', '.join(self.choices)}.")
            if value not in self.choices:
                raise unknown(f"answer to the prediction {self.id}", value, self.choices)
            return value
        number = self.read(value) if isinstance(value, str) and what == "guess" else as_float(value)
        if number is not None and what == "guess" and not self.min <= number <= self.max:
            raise CourseError(f"The {what} is {number:g}; it must lie between {self.min:g} and "
                              f"{self.max:g} ({self.unit}).")
        if number is None or not math.isfinite(number):
            raise CourseError(f"The {what} is {shown(value)}; it must be a number ({self.unit}).")
        return number

    def read(self, typed: str) -> float | None:
        """The number typed, or None. Asks back, as a CourseError, where it can be two of those allowed."""
        found = readings(typed, self.unit)
        allowed = [number for number in found if self.min <= number <= self.max]
        if len(allowed) > 1:
            raise CourseError(f"Did you mean {' or '.join(map(unmistakable, allowed))}? Type it like that.")
        return next(iter([*allowed, *found]), None)

    def right(self, guess, measured) -> bool:
        """Whether the guess counts as right: the same choice, or a number within `near` of the measurement."""
        return guess == measured if self.kind == "choice" else abs(guess - measured) <= self.near

    def compare(self, guess, measured) -> str:
        """One sentence: how the guess stands to the measurement."""
        if self.kind == "choice":
            return "Your guess was right." if guess == measured else "Your guess was something else."
        gap = f"{abs(guess - measured):.2f}" if self.step < 1 else f"{abs(guess - measured):.0f}"
        if float(gap) == 0:
            return "Your guess was spot on."
        unit = "points" if self.unit == "%" else self.unit
        side = "too high" if guess > measured else "too low"
        judged = "that counts as right" if self.right(guess, measured) else "further off than what counts as right"
        return f"Your guess was {counted(gap, unit)} {side}: {judged} (within {self.near:g})."


def unmistakable(number: float) -> str:
    """The number as it can be read in one way only: a point that three digits follow could group thousands.

    >>> unmistakable(1386.0), unmistakable(1.386), unmistakable(1.5)
    ('1386', '1.3860', '1.5')
    """
    plain = f"{number:.9f}".rstrip("0").rstrip(".")
    return f"{plain}0" if len(plain.partition(".")[2]) == 3 else plain


def as_float(value) -> float | None:
    """A number, or a text or tensor that holds one, as a float; None for anything else."""
    try:
        return None if isinstance(value, bool) else float(value)
    except Exception:  # whatever an object's own conversion raises
        return None


def check_confidence(value) -> int:
    """A confidence in whole per cent, from 50 to 100."""
    low, high = CONFIDENCE
    number = as_float(value)
    if number is None or not low <= number <= high or number != int(number):
        raise CourseError(f"A confidence is a whole number of per cent from {low} (a coin toss) to {high} (certain); "
                          f"you gave {shown(value)}.")
    return int(number)
