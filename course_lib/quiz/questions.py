"""The rules of a quiz: what a question is and how an answer is marked. No widgets here.

Answers speak of the options *as shown*, counted from 0: one index (single), a set of indexes (several),
the indexes in your order (ordering), or a number (number).
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from course_lib.quiz.numbers import readings

RIGHT, NOT_YET = "Right.", "Not yet."
_INNER = str.maketrans("“”", "‘’")


def quoted(text: str) -> str:
    """
    >>> quoted("“cat” adds the products")
    '“‘cat’ adds the products”'
    """
    return f"“{text.translate(_INNER)}”"


@dataclass(frozen=True)
class Choice:
    """One option. `reason` is shown when it is chosen; `misconception` names the belief behind a wrong one."""

    text: str
    reason: str
    correct: bool = False
    misconception: str = ""


@dataclass(frozen=True)
class WrongValue:
    """A wrong number that a known slip produces."""

    value: float
    reason: str
    misconception: str


@dataclass(frozen=True)
class Mark:
    """The verdict on one answer. `correct` is None where nothing was answered: such an answer is not kept."""

    correct: bool | None
    feedback: str
    misconception: str = ""

    @property
    def verdict(self) -> str:
        """RIGHT or NOT_YET; nothing where nothing was answered."""
        return "" if self.correct is None else RIGHT if self.correct else NOT_YET


@dataclass(frozen=True, kw_only=True)
class Question:
    """What every kind has; the subclasses bring `options` (texts as shown) and `mark(answer)`."""

    id: str
    text: str
    see: str
    claims: tuple[str, ...] = ()
    kind = ""

    @property
    def options(self) -> tuple[str, ...]:
        """The texts to choose from, in the order in which they are shown; none for a number."""
        return ()


@dataclass(frozen=True, kw_only=True)
class SingleChoice(Question):
    """Choices of which exactly one is right."""

    choices: tuple[Choice, ...]
    kind = "single"

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(choice.text for choice in self.choices)

    def mark(self, answer: int | None) -> Mark:
        """Right for the right choice; the chosen one says why, or why not."""
        if answer is None:
            return Mark(None, "Choose one of the answers first.")
        chosen = self.choices[answer]
        return Mark(chosen.correct, chosen.reason, chosen.misconception)


@dataclass(frozen=True, kw_only=True)
class SeveralChoices(Question):
    """Choices of which one or more are right, to be ticked."""

    choices: tuple[Choice, ...]
    kind = "several"

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(choice.text for choice in self.choices)

    def mark(self, answer: Iterable[int]) -> Mark:
        """Right when exactly the right ones are ticked; else the reasons of what is ticked wrongly, or left out."""
        ticked = set(answer)
        if not ticked:
            return Mark(None, "Tick at least one statement first.")
        wrong = [c for i, c in enumerate(self.choices) if i in ticked and not c.correct]
        left_out = [c for i, c in enumerate(self.choices) if i not in ticked and c.correct]
        if wrong:
            told = [f"You ticked {quoted(c.text)}. {c.reason}" for c in wrong]
            if left_out:
                told.append("Something true is still unticked, too.")
            return Mark(False, "\n\n".join(told), wrong[0].misconception)
        if left_out:
            told = f"What you ticked is true, but one is missing: {quoted(left_out[0].text)}. {left_out[0].reason}"
            return Mark(False, told, "stopped too early")
        return Mark(True, "\n\n".join(f"{quoted(c.text)}: {c.reason}" for c in self.choices))


@dataclass(frozen=True, kw_only=True)
class NumberQuestion(Question):
    """Asks for a number in `unit`; right within `tolerance` of `answer`."""

    answer: float
    tolerance: float
    unit: str = ""
    right_reason: str = ""
    reason: str = ""  # for every wrong number that no slip explains
    wrong: tuple[WrongValue, ...] = ()
    kind = "number"

    def read(self, typed: str) -> float | None:
        """The number typed. One that can be read in two ways (81,920) is not wrong as long as one of them is right."""
        found, known = readings(typed, self.unit), (self.answer, *(slip.value for slip in self.wrong))
        meant = [number for value in known for number in found if abs(number - value) <= self.tolerance]
        return next(iter([*meant, *found]), None)

    def mark(self, answer: float | None) -> Mark:
        """Right within the tolerance; a number that a known slip gives is answered with that slip."""
        if answer is None:
            return Mark(None, "Type one number, in digits, for instance 0.5.")
        if abs(answer - self.answer) <= self.tolerance:
            return Mark(True, self.right_reason)
        for slip in self.wrong:
            if abs(answer - slip.value) <= self.tolerance:
                return Mark(False, slip.reason, slip.misconception)
        return Mark(False, self.reason, "another number")


@dataclass(frozen=True)
class Item:
    """One thing to put in order. `reason` says why it cannot come earlier than it does."""

    text: str
    reason: str
    misconception: str = ""


@dataclass(frozen=True, kw_only=True)
class Ordering(Question):
    """Three things or more, to be put in order."""

    items: tuple[Item, ...]  # in the right order
    right_reason: str = ""
    kind = "ordering"

    @cached_property
    def shown(self) -> tuple[int, ...]:
        """Which item stands at each place of `options`: always the same shuffle, never the right order."""
        order = list(range(len(self.items)))
        rng = random.Random(self.id)
        while order == sorted(order):
            rng.shuffle(order)
        return tuple(order)

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(self.items[i].text for i in self.shown)

    def mark(self, answer: Iterable[int | None]) -> Mark:
        """`answer[i]` is the option (as shown) that you put in place i; None where a place is still empty."""
        answer = list(answer)
        if any(place is None for place in answer) or len(answer) < len(self.items):
            return Mark(None, "Fill every place first.")
        order = [self.shown[place] for place in answer]
        for place, item in enumerate(order):
            if item in order[:place]:
                return Mark(None, f"{quoted(self.items[item].text)} stands in two places. Use each one once.")
        for place, item in enumerate(order):
            if item != place:
                early = self.items[item]
                before = ("At", "The first is in place. But at", f"The first {place} are in place. But at")
                told = f"{before[min(place, 2)]} place {place + 1}, {quoted(early.text)} comes too early."
                return Mark(False, f"{told} {early.reason}", early.misconception)
        return Mark(True, self.right_reason)
