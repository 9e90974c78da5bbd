"""DAS: what a trained subspace moves, and what it moves where there is nothing to find."""
from collections.abc import Callable, Mapping
from operator import eq
from random import Random
from statistics import fmean

import datasets
import torch

from course_lib.claims.claim import LOREFT, Figures, claim, more, share
from course_lib.evaluation import answers
from course_lib.experiments import learn, score
from course_lib.experiments.hidden_states import DAS, OPINION, SITE
from course_lib.experiments.tuning import best_rate
from course_lib.methods import Interchange
from course_lib.models import load_model
from course_lib.world.summing_up import PHRASES, answer_direction, rows_of, short_reviews, swap_rows

PAIRS, VALIDATION, TEST = 320, 100, 150  # pairs of reviews to search on, to choose by, to measure on
AT_THE_END = SITE | {"position": -1}     # where a model's own answer is on its way
Pairs = Callable[[object, object, str, int, int], datasets.Dataset]


def own_rows(model, tokenizer, split: str, n: int, seed: int) -> datasets.Dataset:
    """Pairs of reviews in which the answer is what the model itself says of the source, each answer in half of them."""
    texts, labels = short_reviews(split, n, seed)
    said, _ = answers(model, tokenizer, rows_of(labels, prompt=texts, answer=[PHRASES[label] for label in labels]))
    random, labels = Random(seed), [row % 2 for row in range(n)]
    sources = [random.choice([text for text, side in zip(texts, said) if side == label]) for label in labels]
    return rows_of(labels, prompt=random.sample(texts, n), source=sources, answer=[PHRASES[label] for label in labels])


def opinions(model, tokenizer, split: str, n: int, seed: int) -> datasets.Dataset:
    """Pairs of reviews in which the answer is the side of the source."""
    return swap_rows(split, n, seed)


def searched(what: str, load: Callable[[int], tuple], pairs: Pairs, site: Mapping[str, int], rank: int,
             seed: int) -> tuple[float, float, float, float]:
    """Interchange accuracy, in the model load(seed), of (a random subspace, the one that is trained from it, the
    direction of the answer, the whole vector). `what` names the search for the learning rate."""
    def trained(model, tokenizer, rate: float, seed: int) -> Interchange:
        method = Interchange(model, **site, rank=rank, seed=seed)
        learn(model, tokenizer, method, pairs(model, tokenizer, "train", PAIRS, seed), rate, seed, DAS)
        return method

    def validated(rate: float, seed: int) -> dict[str, float]:
        model, tokenizer = load(seed)
        rows, method = pairs(model, tokenizer, "validation", VALIDATION, seed), trained(model, tokenizer, rate, seed)
        given, right = answers(model, tokenizer, rows, method)
        return {"score": fmean(map(eq, given, right)), "guessing": 0.5, "diverged": float(len(set(given)) == 1)}

    model, tokenizer = load(seed)
    test = pairs(model, tokenizer, "test", TEST, seed)
    of = lambda method: score(model, tokenizer, test, method)
    answer = Interchange(model, **site, rank=1, seed=seed)
    with torch.no_grad():
        answer.raw.copy_(answer_direction(model, tokenizer)[:, None])
    rate = best_rate(what, validated, 0.1)
    return (of(Interchange(model, **site, rank=rank, seed=seed)), of(trained(model, tokenizer, rate, seed)),
            of(answer), of(Interchange(model, **site)))


def blank(seed: int) -> tuple:
    """A model with random weights, and its tokenizer."""
    return load_model("orchard-s", random=True, seed=seed)


@claim("C58", "DAS finds causal subspaces even in random models", (LOREFT,), lesson="08", tolerance=0.1, learns=False,
       turned="We had searched at the last place of the last block, where the answer's own direction needs no search.",
       question="In a model with random weights, does training find more than an untrained subspace has?",
       asks={"of the opinion, 64 directions": more(lambda f: f["blank"] - f["blank_untrained"], 0.1),
             "of what that model itself says, one direction": more(lambda f: f["own"] - f["own_untrained"], 0.1)},
       figures=tuple(f"{name}{what}" for name in ("trained", "blank", "own")
                     for what in ("_untrained", "", "_answer", "_whole")))
def subspaces(seed: int) -> dict[str, float]:
    """Interchange accuracy of DAS before the last block, and of its controls.

    In the pretrained model (`trained`: one direction) and in one with random weights (`blank`: 64), where the answer
    is the side of the source; and in the latter, where it is what that model itself says of the source (`own`).
    `*_untrained`: as many random directions. `*_answer`: the direction that the answer is read off at the end.
    `*_whole`: the whole vector.
    """
    found = {
        "trained": searched(OPINION, lambda _: load_model("orchard-s"), opinions, SITE, 1, seed),
        "blank": searched("DAS of the opinion, 64 directions, random weights", blank, opinions, SITE, 64, seed),
        "own": searched("DAS of a random model's own answers, one direction", blank, own_rows, AT_THE_END, 1, seed)}
    return {f"{name}{what}": value for name, values in found.items()
            for what, value in zip(("_untrained", "", "_answer", "_whole"), values)}


@subspaces.told
def tell_subspaces(f: Figures) -> str:
    """Each with its controls."""
    told = lambda name: (f"{share(f[name])} (untrained {share(f[f'{name}_untrained'])}, the direction that the answer "
                         f"is read off at the end {share(f[f'{name}_answer'])}, the whole vector "
                         f"{share(f[f'{name}_whole'])})")
    return (f"Interchange accuracy before the last block: pretrained, the opinion, one trained direction "
            f"{told('trained')}; random weights, the opinion, 64 directions {told('blank')}; random weights, what that "
            f"model itself says, one direction {told('own')}.")
