"""Four alarms over streams of what a model answered, each with a promised false-alarm rate; and how PSI hangs on n.

Shapes: S streams, T rows of each.
"""
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from course_lib.experiments.drift import Answered
from course_lib.monitoring import FOLK, calibrate, page_hinkley, psi, psi_threshold, rows_to_alarm

DELTA = 0.05                                # a rise of the error rate by so much is worth no alarm
WINDOW = 100                                # rows that PSI compares with the reference
PROMISE = 0.05                              # of the streams without drift raise an alarm
WATCHES = {"errors": "errors", "losses": "losses", "scores": "PSI of the scores", "doubts": "doubts"}


@dataclass(frozen=True)
class Watch:
    """An alarm: the number `of` a row that it looks at, its `statistic` over streams, and its threshold."""

    of: Callable[[Answered], np.ndarray]
    statistic: Callable[[np.ndarray], np.ndarray]
    threshold: float = np.nan

    def values(self, rows: Answered) -> np.ndarray:
        """The statistic after each row, (S, T)."""
        return self.statistic(self.of(rows))

    def alarms(self, rows: Answered) -> np.ndarray:
        """After how many rows each stream raises the alarm, (S,); inf: never."""
        return rows_to_alarm(self.values(rows), self.threshold)


def in_windows(reference: np.ndarray, values: np.ndarray) -> np.ndarray:
    """PSI of every WINDOW rows against the reference, at the last of them; 0 between: (S, T) -> (S, T)."""
    S, T = values.shape
    found, whole = np.zeros((S, T)), T // WINDOW * WINDOW
    found[:, WINDOW - 1:whole:WINDOW] = psi(reference, values[:, :whole].reshape(S, -1, WINDOW))
    return found


def watches(reference: Answered, temperature: float) -> dict[str, Watch]:
    """Four alarms, without thresholds: the first two need labels, the others none."""
    climb = functools.partial(page_hinkley, delta=DELTA)
    return {"errors": Watch(lambda rows: rows.wrong, climb),
            "losses": Watch(lambda rows: rows.loss(temperature), climb),
            "scores": Watch(lambda rows: rows.margins, functools.partial(in_windows, reference.margins)),
            "doubts": Watch(lambda rows: rows.doubt(temperature), climb)}


def calibrated(reference: Answered, recorded: Answered, temperature: float, length: int,
               promise: float = PROMISE, n: int = 2000) -> dict[str, Watch]:
    """The four with thresholds that this share of streams of `length` rows passes by chance, by what was recorded."""
    return {name: replace(one, threshold=calibrate(one.statistic, one.of(recorded), length, promise, streams=n))
            for name, one in watches(reference, temperature).items()}


def by_size(own: np.ndarray, moved: np.ndarray, sizes: Sequence[int], comparisons: int,
            rng: np.random.Generator) -> dict[int, dict[str, float]]:
    """Of comparisons of n rows with n others, which share says "moved": by the folk threshold, and by the promised one
    (PROMISE). "same_…" where both are drawn from `own`, "moved_…" where the second n are of `moved`.
    """
    found = {}
    for n in sizes:
        marks = []
        for _ in range(comparisons):
            then = rng.choice(own, n)
            here = np.array([psi(then, rng.choice(now, n)) for now in (own, moved)])                     # (2,)
            marks.append([*(here > FOLK[0]), *(here > threshold_for(n))])
        found[n] = dict(zip(("same_folk", "moved_folk", "same_promised", "moved_promised"), np.mean(marks, 0)))
    return found


@functools.cache
def threshold_for(n: int) -> float:
    """Of n rows against n others, in ten bins: it does not hang on the numbers."""
    return psi_threshold(np.arange(n), n, false_alarms=PROMISE)
