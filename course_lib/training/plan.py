"""How a training run goes, decided before its first step, and what happened in it, as data."""
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from numbers import Real

import torch

from course_lib.errors import LARGEST_SEED, CourseError, shown, whole_number


@dataclass
class History:
    """What happened: of each step its loss (nats) and learning rate, and the validations in between.

    `validation` holds {"step", "loss"}; `best_step` is the step whose parameters the method has at the end; `stopped`
    is "end", "early" or "interrupted"; `seconds` are those of the steps.
    """

    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    best_step: int | None = None
    stopped: str = "end"
    seconds: float = 0.0

    @property
    def best_loss(self) -> float:
        """The lowest loss on validation; infinite before there is one."""
        return min((point["loss"] for point in self.validation), default=math.inf)


@dataclass(frozen=True)
class Plan:
    """How a run goes; see `fit`."""

    steps: int
    learning_rate: float
    seed: int
    batch_size: int
    warm_up: float
    weight_decay: float
    clip: float
    validate_every: int
    patience: int | None

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0: up in a straight line, then down to 0 in another."""
        rise = round(self.warm_up * self.steps)
        share = (step + 1) / rise if step < rise else (self.steps - step) / (self.steps - rise)
        return self.learning_rate * share

    def batches(self, n: int) -> Iterator[list[int]]:
        """Row numbers without end: all n in a new order in every epoch, whose last batch may be smaller."""
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            for rows in torch.randperm(n, generator=generator).split(self.batch_size):
                yield rows.tolist()


def make_plan(n: int, *, epochs, learning_rate, seed, steps, batch_size, warm_up, weight_decay, clip, validate_every,
              patience) -> Plan:
    """The plan of a run over n rows; CourseError for a number that makes none."""
    batch_size = whole_number("batch_size", batch_size, 1)
    an_epoch = -(-n // batch_size)
    every = an_epoch if validate_every is None else whole_number("validate_every", validate_every, 1)
    epochs = whole_number("epochs", epochs, 1)
    return Plan(steps=epochs * an_epoch if steps is None else whole_number("steps", steps, 1),
                learning_rate=number("learning_rate", learning_rate, 10, above=True),
                seed=whole_number("seed", seed, 0, LARGEST_SEED),
                batch_size=batch_size,
                warm_up=number("warm_up", warm_up, 1),
                weight_decay=number("weight_decay", weight_decay, 10),
                clip=number("clip", clip, math.inf, above=True),
                validate_every=every,
                patience=patience if patience is None else whole_number("patience", patience, 1))


def number(name: str, value, high: float, above: bool = False) -> float:
    """The value as a float, if it is a number from 0, or `above` 0, to `high`; CourseError if not."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= high or (above and not value):
        least = "above 0" if above else "from 0"
        most = "" if high == math.inf else f"{', at most' if above else ' to'} {high:g}"
        raise CourseError(f"{name} is a number {least}{most}; you gave {shown(value)}.")
    return float(value)
