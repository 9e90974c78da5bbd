"""Rows that are planned together: enough to share much, and not all, so that memory has a bound."""
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

WINDOW, LETTERS = 4096, 2**22    # rows of a window, and letters in all, at most
Row, Key = TypeVar("Row"), bytes | str


@dataclass(frozen=True)
class Broken:
    """Why a prompt has no answer."""

    reason: str


@dataclass
class Window:
    """Rows that were planned together, and the keys whose answers are still to come."""

    rows: list
    keys: list               # of each row; a Broken where it has none
    times: Counter           # how many rows have the key
    missing: set

    def count(self, keys: Iterable) -> int:
        """How many rows have one of these keys."""
        return sum(self.times[key] for key in keys)


def windows(rows: Iterable[Row], prompt_of: Callable[[Row], object]) -> Iterator[list[Row]]:
    """The rows in parts that have a bound in rows and in letters."""
    part, letters = [], 0
    for row in rows:
        part.append(row)
        letters += len(prompt) if isinstance(prompt := prompt_of(row), str) else 0
        if len(part) >= WINDOW or letters >= LETTERS:
            yield part
            part, letters = [], 0
    if part:
        yield part
