"""A guess that you commit to before a run, and the measurement beside it afterwards. No widgets here."""

from dataclasses import dataclass

from course_lib.errors import CourseError, unknown

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
        return f"{number} {self.unit}".strip()

    def check(self, value, what: str = "guess"):
        """The value itself, or a CourseError that says what is allowed."""
        if self.kind == "choice":
            if value not in self.choices:
                raise unknown(f"answer to the prediction {self.id}", value, self.choices)
            return value
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise CourseError(
                f"The {what} for {self.id} is {value!r}; it must be a number ({self.unit})."
            ) from None
        if number != number or (what == "guess" and not self.min <= number <= self.max):
            raise CourseError(
                f"The {what} for {self.id} is {number:g}; it must lie between {self.min:g} and "
                f"{self.max:g} ({self.unit})."
            )
        return number

    def right(self, guess, measured) -> bool:
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
        judged = (
            "that counts as right" if self.right(guess, measured) else "further off than what counts as right"
        )
        return f"Your guess was {gap} {unit} {side}: {judged} (within {self.near:g})."


def check_confidence(value) -> int:
    """A confidence in per cent, from 50 to 100."""
    low, high = CONFIDENCE
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if not low <= number <= high:
        raise CourseError(
            f"A confidence is a whole number of per cent from {low} (a coin toss) to {high} (certain); "
            f"you gave {value!r}."
        )
    return number
