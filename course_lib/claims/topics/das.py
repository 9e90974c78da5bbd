"""DAS: what a trained subspace moves, and what it moves where there is nothing to find."""
from random import Random

import datasets

from course_lib.architecture import blocks_of
from course_lib.claims.claim import FAILS, HOLDS, LIMITED, LOREFT, Figures, Verdict, claim, share
from course_lib.evaluation import answers
from course_lib.experiments import learn, score
from course_lib.experiments.hidden_states import DAS, DAS_RATE
from course_lib.methods import Interchange
from course_lib.models import load_model
from course_lib.world.summing_up import PHRASES, rows_of, short_reviews, swap_rows

WIDTHS = ("xs", "s", "m")
PAIRS, TEST = 320, 150   # pairs of reviews to search on, and to measure on
CLEAR = 0.1              # an effect is at least this far from its control
CLOSE = 0.05             # accuracies nearer to each other than this are called about equal


def swap(model, seed: int, rank: int | None = 1) -> Interchange:
    """A subspace at the last place of the last block, random at first; with rank=None the whole vector."""
    return Interchange(model, len(blocks_of(model)) - 1, -1, rank, seed=seed)


def searched(model, tokenizer, train, test, seed: int, rank: int = 1) -> tuple[float, float]:
    """Interchange accuracy of (a random subspace, the one that is trained from it)."""
    method = swap(model, seed, rank)
    before = score(model, tokenizer, test, method)
    learn(model, tokenizer, method, train, DAS_RATE, seed, DAS)
    return before, score(model, tokenizer, test, method)


def own_rows(model, tokenizer, split: str, n: int, seed: int) -> datasets.Dataset:
    """Pairs of reviews in which the answer is what the model itself says of the source, each answer in half of them."""
    texts, labels = short_reviews(split, n, seed)
    said, _ = answers(model, tokenizer, rows_of(labels, prompt=texts, answer=[PHRASES[label] for label in labels]))
    random, labels = Random(seed), [row % 2 for row in range(n)]
    sources = [random.choice([text for text, side in zip(texts, said) if side == label]) for label in labels]
    return rows_of(labels, prompt=random.sample(texts, n), source=sources, answer=[PHRASES[label] for label in labels])


@claim("C58", "DAS finds causal subspaces even in random models", (LOREFT,), lesson="08", tolerance=0.1,
       models=("orchard-xs", "orchard-s", "orchard-m"),
       figures=(*(f"{what}_{size}" for size in WIDTHS for what in ("subspace", "trained", "whole", "random")),
                "random_rank_64", "own_subspace", "own_trained"))
def subspaces(seed: int) -> dict[str, float]:
    """DAS on three widths, pretrained and with random weights, and its controls; `whole_*` swaps the whole vector.

    `random_rank_64` are 64 directions. `own_*`: in a random model, pairs whose answer is not the side of the source but
    what that model itself says of it; a random direction, and the trained one.
    """
    train, test, found = swap_rows("train", PAIRS, seed), swap_rows("test", TEST, seed), {}
    for size in WIDTHS:
        model, tokenizer = load_model(f"orchard-{size}")
        found[f"subspace_{size}"], found[f"trained_{size}"] = searched(model, tokenizer, train, test, seed)
        found[f"whole_{size}"] = score(model, tokenizer, test, swap(model, seed, None))
        blank, _ = load_model(f"orchard-{size}", random=True, seed=seed)
        _, found[f"random_{size}"] = searched(blank, tokenizer, train, test, seed)
    blank, tokenizer = load_model("orchard-s", random=True, seed=seed)
    _, found["random_rank_64"] = searched(blank, tokenizer, train, test, seed, rank=64)
    own = (own_rows(blank, tokenizer, split, n, seed) for split, n in (("train", PAIRS), ("test", TEST)))
    found["own_subspace"], found["own_trained"] = searched(blank, tokenizer, *own, seed)
    return found


@subspaces.judged
def judge_subspaces(f: Figures) -> Verdict:
    """The text: DAS finds causal subspaces even in random models. Holds where it finds the opinion there about as well.

    With a limit where it finds something of it there, or else what that random model itself says.
    """
    told = "; ".join(f"orchard-{size} {share(f[f'trained_{size}'])} (an untrained direction "
                     f"{share(f[f'subspace_{size}'])}, random weights {share(f[f'random_{size}'])}, the whole vector "
                     f"{share(f[f'whole_{size}'])})" for size in WIDTHS)
    because = (f"Interchange accuracy of one trained direction: {told}. Random weights, 64 directions: "
               f"{share(f['random_rank_64'])}. Asked for what the random model itself says of the source: "
               f"{share(f['own_trained'])}, untrained {share(f['own_subspace'])}.")
    random = max(f[name].mean for name in (*(f"random_{size}" for size in WIDTHS), "random_rank_64"))
    if random >= max(f[f"trained_{size}"].mean for size in WIDTHS) - CLOSE:
        return Verdict(HOLDS, because)
    if random >= max(f[f"subspace_{size}"].mean for size in WIDTHS) + CLEAR:
        return Verdict(LIMITED, because + " In a random model it finds something, and far less.")
    if f["own_trained"].mean >= f["own_subspace"].mean + CLEAR:
        return Verdict(LIMITED, because + " In a random model it finds the direction of that model's own answers, "
                                          "and no opinion.")
    return Verdict(FAILS, because + " In these random models it finds nothing to speak of.")
