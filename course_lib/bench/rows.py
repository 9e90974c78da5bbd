"""One line of a measured table."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure, its spread over seeds (0 without chance), and what it must be."""

    model: str
    measure: str
    value: float
    spread: float
    must: str
    holds: bool

    def __str__(self) -> str:
        value = f"{self.value:.3f}" + (f" ± {self.spread:.3f}" if self.spread else "")
        return f"{self.model:16} {self.measure:44} {value:16} {self.must:18} {'yes' if self.holds else 'NO'}"
