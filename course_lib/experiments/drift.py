"""A tuned model after its deployment: what it is asked moves, or what is right does. Streams of what it answered.

Rows are drawn fresh from the world's own grammar, and answered once. A stream of any length is then drawn, with
replacement, from what was recorded. Shapes: N rows of a pool, S streams, T rows of each.
"""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import datasets
import numpy as np

from course_lib.experiments import near_and_far
from course_lib.experiments.draws import BRIEF
from course_lib.monitoring import confidences, fit_temperature
from course_lib.prompting import score_choices
from course_lib.shifts import dead_key
from course_lib.world import load_task
from course_lib.world.reviews import review

SETTING, ARM = replace(near_and_far.NEAR, labels=128), near_and_far.lora(1)  # on brief reviews, too
KINDS = {  # what moves: in words
    "nothing": "nothing moves",
    "gadgets": "words move: gadgets are reviewed",
    "dead key": "words move: typed without an e",
    "praise": "the prior moves: four of five are positive",
    "turned": "labels move: of restaurants, what was positive is negative",
}
PRAISE = 0.8


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
    """(n rows of the task, whether each is of a restaurant): reviews of at most BRIEF words that the grammar writes
    now, half of them positive.
    """
    rng, rows, places = Random(f"drift {split} {seed}"), [], []
    for place in range(n):
        text = None
        while text is None or len(text.split()) > BRIEF:
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
