"""What lesson 08 measures of DAS: what a trained subspace moves, and what it moves where there is nothing to find."""
from random import Random

import datasets

from course_lib import models
from course_lib.architecture import blocks_of
from course_lib.claims.lesson_08 import DAS_RATE, DAS_STEPS, WIDTHS
from course_lib.evaluation import answers, evaluate
from course_lib.methods import Interchange
from course_lib.training import fit
from course_lib.world.summing_up import PHRASES, rows_of, short_reviews, swap_rows

PAIRS, TEST = 320, 150


def swap(model, seed: int, rank: int | None = 1) -> Interchange:
    """A subspace at the last place of the last block, random at first; with rank=None the whole vector."""
    return Interchange(model, len(blocks_of(model)) - 1, -1, rank, seed=seed)


def searched(model, tokenizer, train, test, seed: int, rank: int = 1) -> tuple[float, float]:
    """Interchange accuracy of (a random subspace, the one that is trained from it)."""
    method = swap(model, seed, rank)
    before = evaluate(model, tokenizer, test, method)["accuracy"]
    fit(model, tokenizer, {"train": train}, method, steps=DAS_STEPS, batch_size=16, learning_rate=DAS_RATE, seed=seed,
        progress=False)
    return before, evaluate(model, tokenizer, test, method)["accuracy"]


def own_rows(model, tokenizer, split: str, n: int, seed: int) -> datasets.Dataset:
    """Pairs of reviews in which the answer is what the model itself says of the source, each answer in half of them."""
    texts, labels = short_reviews(split, n, seed)
    said, _ = answers(model, tokenizer, rows_of(labels, prompt=texts, answer=[PHRASES[label] for label in labels]))
    random, labels = Random(seed), [row % 2 for row in range(n)]
    sources = [random.choice([text for text, side in zip(texts, said) if side == label]) for label in labels]
    return rows_of(labels, prompt=random.sample(texts, n), source=sources, answer=[PHRASES[label] for label in labels])


def subspaces(seed: int) -> dict[str, float]:
    """DAS on three widths, pretrained and with random weights, and its controls; `whole_*` swaps the whole vector.

    `random_rank_64` are 64 directions. `own_*`: in a random model, pairs whose answer is not the side of the source but
    what that model itself says of it; a random direction, and the trained one.
    """
    train, test, found = swap_rows("train", PAIRS, seed), swap_rows("test", TEST, seed), {}
    for size in WIDTHS:
        model, tokenizer = models.load_model(f"orchard-{size}")
        found[f"subspace_{size}"], found[f"trained_{size}"] = searched(model, tokenizer, train, test, seed)
        found[f"whole_{size}"] = evaluate(model, tokenizer, test, swap(model, seed, None))["accuracy"]
        blank, _ = models.load_model(f"orchard-{size}", random=True, seed=seed)
        _, found[f"random_{size}"] = searched(blank, tokenizer, train, test, seed)
    blank, tokenizer = models.load_model("orchard-s", random=True, seed=seed)
    _, found["random_rank_64"] = searched(blank, tokenizer, train, test, seed, rank=64)
    own = (own_rows(blank, tokenizer, split, n, seed) for split, n in (("train", PAIRS), ("test", TEST)))
    found["own_subspace"], found["own_trained"] = searched(blank, tokenizer, *own, seed)
    return found
