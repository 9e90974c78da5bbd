"""Words that praise and words that blame, and sentences in which those of one side stand together."""
import functools
from collections.abc import Sequence
from itertools import accumulate
from random import Random

from course_lib.world.grammar import fill, lines, table

COMMON = 8  # the smaller, the more often the first words of a list come


@functools.cache
def opinion_words(positive: bool, mild: bool = False) -> tuple[str, ...]:
    """The opinion words of one side; `mild` keeps those which "rather" suits."""
    side = "positive" if positive else "negative"
    return tuple(row[side] for row in table("review_mild")) if mild else lines(f"review_{side}")


@functools.cache
def weights_of(count: int) -> tuple[float, ...]:
    """Cumulative weights for `count` words: as in real text, few words are common and most are rare."""
    return tuple(accumulate((COMMON + rank) ** -2 for rank in range(count)))


def draw_distinct(rng: Random, words: Sequence[str], count: int, weights: Sequence[float] | None = None) -> list[str]:
    """`count` words, drawn again and again until no two are the same; `weights` are cumulative."""
    while True:
        drawn = rng.choices(words, cum_weights=weights, k=count)
        if len(set(drawn)) == count:
            return drawn


def opinion_sentence(rng: Random) -> str:
    """A sentence in which opinion words of one side stand together: nothing is reviewed, and no label is named.

    From these a model learns early which words belong together; what "anything but" does to them it learns from
    reviews.
    """
    positive = rng.random() < 0.5
    words, side = opinion_words(positive), "positive" if positive else "negative"
    drawn = dict(zip(("a1", "b1", "c1", "d1"), draw_distinct(rng, words, 4, weights_of(len(words)))))
    return fill(rng.choice(table("opinion_sentences"))[side], rng, drawn)
