"""A tuned model after its deployment: what it is asked moves, or what is right does. Streams of what it answered.

Rows are drawn fresh from the world's own grammar, and answered once. A stream of any length is then drawn, with
replacement, from what was recorded. Shapes: N rows of a pool, S streams, T rows of each.
"""
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import datasets
import numpy as np

from course_lib.experiments import near_and_far
from course_lib.monitoring import (
    FOLK,
    calibrate,
    confidences,
    fit_temperature,
    page_hinkley,
    psi,
    psi_threshold,
    rows_to_alarm,
)
from course_lib.prompting import score_choices
from course_lib.shifts import dead_key
from course_lib.world import load_task
from course_lib.world.reviews import review

SETTING, ARM = replace(near_and_far.NEAR, labels=128), near_and_far.lora(1)
KINDS = {  # what moves: in words
    "nothing": "nothing moves",
    "gadgets": "words move: gadgets are reviewed",
    "dead key": "words move: typed without an e",
    "praise": "the prior moves: four of five are positive",
    "turned": "labels move: of restaurants, what was positive is negative",
}
POOLS = ("own", "gadgets", "dead key")      # rows that were answered; the other kinds are drawn from "own"
PRAISE = 0.8
DELTA = 0.05                                # a rise of the error rate by so much is worth no alarm
WINDOW = 100                                # rows that PSI compares with the reference
PROMISE = 0.05                              # of the streams without drift raise an alarm


@dataclass(frozen=True)
class Answered:
    """Rows and what the model said: `margins`, the log odds of "positive"; `labels`, 0 or 1; whether each is of a
    restaurant. All (N,), or (S, T) for streams.
    """

    margins: np.ndarray
    labels: np.ndarray
    restaurants: np.ndarray

    def __len__(self) -> int:
        return len(self.margins)

    def at(self, places) -> "Answered":
        """These rows."""
        return Answered(self.margins[places], self.labels[places], self.restaurants[places])

    @property
    def logits(self) -> np.ndarray:
        """Of "negative" and "positive": (..., 2)."""
        return np.stack([np.zeros_like(self.margins), self.margins], -1)

    @property
    def wrong(self) -> np.ndarray:
        """1.0 where the answer is wrong."""
        return ((self.margins > 0) != (self.labels == 1)).astype(float)

    def loss(self, temperature: float) -> np.ndarray:
        """The negative log probability of the label."""
        return np.logaddexp(0, np.where(self.labels == 1, -1, 1) * self.margins / temperature)

    def doubt(self, temperature: float) -> np.ndarray:
        """The error rate that the model itself expects: 1 less its confidence. No label is needed."""
        return 1 - confidences(self.logits, temperature)


def drawn(domains: Sequence[str], n: int, seed: object, split: str = "test") -> tuple:
    """(n rows of the task, whether each is of a restaurant): reviews that the grammar writes now, half of them
    positive.
    """
    rng, rows, places = Random(f"drift {split} {seed}"), [], []
    for place in range(n):
        domain = rng.choice(list(domains))
        text = review(rng, place % 2 == 1, domain, split)
        rows.append((text, f"{text}\nlabel:", ("negative", "positive")[place % 2], place % 2))
        places.append(domain == "restaurant")
    columns = dict(zip(("text", "prompt", "answer", "label"), map(list, zip(*rows))))
    return datasets.Dataset.from_dict(columns, features=load_task("reviews")["train"].features), np.array(places)


def answered(run, rows, restaurants: np.ndarray | None = None) -> Answered:
    """What the model of a training says to these rows."""
    names = rows.features["label"].names
    found = np.array(score_choices(run.model, run.tokenizer, rows["prompt"][:], names, method=run.method))   # (N, 2)
    labels = np.array(rows["label"][:])
    return Answered(np.log(found[:, 1]) - np.log(found[:, 0]), labels,
                    np.zeros(len(labels), bool) if restaurants is None else restaurants)


def pools(run, sizes: dict[str, int], seed: object) -> dict[str, Answered]:
    """The pools of these sizes, answered now; each of rows of its own."""
    both = ("film", "restaurant")
    found = {}
    for name, n in sizes.items():
        rows, restaurants = drawn(("gadget",) if name == "gadgets" else both, n, f"{name} {seed}")
        found[name] = answered(run, dead_key(rows) if name == "dead key" else rows, restaurants)
    return found


def temperature_of(run) -> float:
    """Fitted on the task's validation rows."""
    found = answered(run, load_task("reviews")["validation"])
    return fit_temperature(found.logits, found.labels)


def turned(rows: Answered, share: float, rng: np.random.Generator) -> Answered:
    """The same rows, and of this share of the restaurants' the other label."""
    other = rows.restaurants & (rng.random(rows.labels.shape) < share)
    return replace(rows, labels=np.where(other, 1 - rows.labels, rows.labels))


def sample(pool: dict[str, Answered], kind: str, shape: tuple[int, ...], rng: np.random.Generator,
           share: float = 1.0) -> Answered:
    """Rows of one of KINDS, drawn with replacement; `share` of them have moved, or of what can move."""
    own = pool["own"]
    found = own.at(rng.integers(len(own), size=shape))
    if kind == "nothing":
        return found
    if kind == "turned":
        return turned(found, share, rng)
    if kind == "praise":
        chance = np.where(own.labels == 1, PRAISE / (own.labels == 1).sum(), (1 - PRAISE) / (own.labels == 0).sum())
        moved = own.at(rng.choice(len(own), size=shape, p=chance))
    else:
        moved = pool[kind].at(rng.integers(len(pool[kind]), size=shape))
    moves = rng.random(shape) < share
    return Answered(*(np.where(moves, new, old) for new, old in zip(vars(moved).values(), vars(found).values())))


def streams(pool: dict[str, Answered], kind: str, change: int, shape: tuple[int, int], rng: np.random.Generator,
            share: float = 1.0) -> Answered:
    """S streams of T rows, in which from the row `change` on (counted from 0) this kind comes."""
    S, T = shape
    parts = [sample(pool, "nothing", (S, change), rng), sample(pool, kind, (S, T - change), rng, share)]
    return Answered(*(np.concatenate(both, -1) for both in zip(*(vars(part).values() for part in parts))))


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


WATCHES = {"errors": "errors", "losses": "losses", "scores": "PSI of the scores", "doubts": "the model's doubts"}


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
