"""A measured table: every figure with its range, and what it must be."""
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from course_lib.intervals import wilson


@dataclass(frozen=True)
class Measured:
    """A value, from where to where it goes, and what that range is; an exact value has none."""

    value: float
    low: float
    high: float
    over: str = ""

    def __str__(self) -> str:
        return f"{self.value:.3f}" + (f" ({self.low:.3f} to {self.high:.3f}, {self.over})" if self.over else "")


def exact(value: float) -> Measured:
    """A value that no chance has touched."""
    return Measured(float(value), float(value), float(value))


def by_items(mean: float, low: float, high: float) -> Measured:
    """A mean over items with its 95 % interval."""
    return Measured(mean, low, high, "95 %")


def share(accuracy: float, n: int) -> Measured:
    """A share of `n` independent items with its 95 % interval."""
    return by_items(*wilson(round(accuracy * n), n))


def over_seeds(values: Sequence[float]) -> Measured:
    """The mean over seeds, from the lowest to the highest of them."""
    return Measured(statistics.mean(values), min(values), max(values), f"{len(values)} seeds")


Gate = tuple[str, Callable[[Measured], bool]]  # what a figure must be, in words and as a test


def at_least(limit: float) -> Gate:
    """The gate "≥ limit"."""
    return f"≥ {short(limit)}", lambda figure: figure.value >= limit


def at_most(limit: float) -> Gate:
    """The gate "≤ limit"."""
    return f"≤ {short(limit)}", lambda figure: figure.value <= limit


def between(low: float, high: float) -> Gate:
    """The gate "low–high", both ends included."""
    return f"{short(low)}–{short(high)}", lambda figure: low <= figure.value <= high


def short(limit: float) -> str:
    """A limit as the table has it: .90 for a share, 5 for a larger number."""
    return f"{limit:.2f}".removeprefix("0") if limit < 1 else f"{limit:g}"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    model: str
    measure: str
    figure: Measured
    must: str
    holds: bool

    def __str__(self) -> str:
        verdict = "yes" if self.holds else "NO"
        return f"{self.model:16} {self.measure:44} {self.figure!s:32} {self.must:22} {verdict}"


class Table:
    """Rows that are printed as they are measured."""

    def __init__(self):
        self.rows: list[Row] = []

    def add(self, model: str, measure: str, figure: Measured, gate: Gate) -> Measured:
        """Prints the row, keeps it, and gives its figure back."""
        must, holds = gate
        self.rows.append(Row(model, measure, figure, must, bool(holds(figure))))
        print(self.rows[-1], flush=True)
        return figure
