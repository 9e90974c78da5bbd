"""What people are asked about: how a review closes. The answers are a stated, small set, so that everything
that a model can answer is enumerated; and a taste is a function, so that what an answer is worth is known.

Shapes: P prompts, K answers.
"""
import functools
from dataclasses import dataclass
from random import Random

import torch

from course_lib.errors import CourseError, whole_number
from course_lib.world import reviews

LONGEST = 14        # words of a review
USUAL = 3           # words of an answer, beyond which a taste for length counts
KINDS = ("film", "restaurant")
ADVICE = frozenset({"hands off", "warmly recommended", "best avoided", "again tomorrow", "never again",
                    "do not miss it", "do not bother", "you must try this", "stay away from this", "skip it",
                    "buy a ticket today", "book a table today", "eat at home", "buy it today", "leave it on the shelf"})


@dataclass(frozen=True)
class Closing:
    """An answer; `side` is 1 where it is favourable, -1 where it is not; `advice`: whether it tells what to do."""

    text: str
    side: int
    advice: bool

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())


@functools.cache
def closings() -> tuple[Closing, ...]:
    """The answers: every phrase with which the world closes a review, each once."""
    found = {text: Closing(text, 1 if good else -1, text in ADVICE) for kind in reviews.DOMAINS
             for good, texts in reviews.summary_phrases(kind).items() for text in texts}
    return tuple(found.values())


def texts() -> list[str]:
    """The answers as they are written."""
    return [one.text for one in closings()]


def reviews_to_close(split: str, n: int, seed: int = 0) -> tuple[list[str], torch.Tensor]:
    """`n` short reviews with "In short:" behind them, no two the same, and the side of each, (n,): 1 or -1.

    Half of them are favourable. CourseError for a split that the world does not have, or no number.
    """
    rng, found = Random(f"closings {split} {seed}"), {}
    for place in range(whole_number("n", n, 1)):
        good, text = place % 2 == 0, None
        while text in found or text is None or len(text.split()) > LONGEST:
            text = reviews.review(rng, good, rng.choice(KINDS), split)
        found[text] = 1 if good else -1
    return [f"{text}\n{reviews.SUMMARY_OPENING}" for text in found], torch.tensor(list(found.values()))


@dataclass(frozen=True)
class Taste:
    """What an answer is worth, as a sum: for saying what the review says `honest`, and as much less for the opposite;
    for telling the reader what to do `advice`; for each word more than three `length`; for a `word` in it `liking`.
    """

    honest: float = 1.0
    advice: float = 1.0
    length: float = 0.0
    word: str = ""
    liking: float = 0.0

    def rewards(self, sides: torch.Tensor) -> torch.Tensor:
        """Of every answer to reviews of these sides, (P,) -> (P, K)."""
        side = torch.tensor([one.side for one in closings()], dtype=torch.float)                  # (K,)
        rest = torch.tensor([self.without_review(one) for one in closings()])                     # (K,)
        return self.honest * sides[:, None] * side + rest

    def without_review(self, one: Closing) -> float:
        """What the answer is worth whatever the review said."""
        return (self.advice * one.advice + self.length * (one.words - USUAL)
                + self.liking * (self.word in one.text.split()))

    def plus(self, other: "Taste") -> "Taste":
        """Both, added; the word is the other's."""
        return Taste(self.honest + other.honest, self.advice + other.advice, self.length + other.length, other.word,
                     other.liking)


@dataclass(frozen=True)
class Rater:
    """Somebody who clicks on the better one of two answers, as Bradley and Terry have it.

    `taste` is what they would want if they thought about it; `charm` is what moves them beside it while they click;
    the larger `sharpness`, the surer they are. In a share `careless` of the pairs they click left without reading, and
    where the two are worth the same within `tie` they say so.
    """

    taste: Taste = Taste()
    charm: Taste = Taste(0.0, 0.0)
    sharpness: float = 2.0
    careless: float = 0.0
    tie: float = 0.0

    def clicks(self, sides: torch.Tensor, left: torch.Tensor, right: torch.Tensor, seed: int = 0) -> torch.Tensor:
        """(n,): 1 for left, 0 for right, 0.5 for a tie. The answers are numbers of closings(), one pair a review."""
        if not 0 <= self.careless <= 1:
            raise CourseError(f"careless is a share, from 0 to 1; you gave {self.careless}.")
        generator = torch.Generator().manual_seed(seed)
        worth, row = self.taste.plus(self.charm).rewards(sides), torch.arange(len(sides))
        ahead = worth[row, left] - worth[row, right]                                              # (n,)
        clicked = (torch.rand(len(sides), generator=generator) < torch.sigmoid(self.sharpness * ahead)).float()
        clicked[ahead.abs() < self.tie] = 0.5
        clicked[torch.rand(len(sides), generator=generator) < self.careless] = 1.0
        return clicked
