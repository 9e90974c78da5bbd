"""What lesson 08 measures of hidden states: what a probe reads there, and what follows when they are changed.

Shapes: B texts, d width, N random vectors.
"""
import torch

from course_lib import models
from course_lib.bag_of_words import bag_of_words_accuracy
from course_lib.claims.lesson_08 import STRENGTHS
from course_lib.evaluation import old_domain_loss
from course_lib.methods import Interchange, Steering
from course_lib.world.summing_up import (
    PLACES,
    as_long,
    batch_of,
    favourable,
    probed,
    rows_of,
    said,
    short_reviews,
    states,
    unfinished,
)

SITE = {"layer": 2, "position": -2}   # " short" after block 2: on validation the whole swap works best there, but for
TEST = 150                            # the last block


def probes(seed: int) -> dict[str, float]:
    """A linear probe at the last place after the last block; the controls are random weights and a bag of words.

    `random` is the best of the probes at all places after all blocks, found on the test rows: it can only be too good.
    """
    train, test = (short_reviews(split, n, seed) for split, n in (("train", 400), ("test", TEST)))
    y, y_test = torch.tensor(train[1]), torch.tensor(test[1])
    found = {}
    for name, options in (("trained", {}), ("random", {"random": True, "seed": seed})):
        model, tokenizer = models.load_model("orchard-s", **options)
        x, x_test = (torch.cat([states(model, batch_of(tokenizer, part[i:i + 100])) for i in range(0, len(part), 100)],
                               dim=1) for part, _ in (train, test))                          # (blocks, B, PLACES, d)
        sites = [(block, place) for block in range(len(x)) for place in range(PLACES)]
        right = [probed(x[block, :, place], y, x_test[block, :, place], y_test) for block, place in sites]
        found[name] = right[-1] if name == "trained" else max(right)
    return found | {"words": bag_of_words_accuracy(*(rows_of(labels, text=texts) for texts, labels in (train, test)))}


def steer(seed: int) -> dict[str, float]:
    """Unfavourable reviews, steered with a mean difference; the control is the mean of N random vectors as long.

    The strength is the weakest that gains most over the control on validation reviews.
    """
    model, tokenizer = models.load_model("orchard-s")
    good, bad = (unfinished(short_reviews("train", 64, seed, label)[0]) for label in (1, 0))
    steering = Steering.from_texts(model, tokenizer, good, bad, SITE["layer"])
    random = [Steering(model, SITE["layer"], vector) for vector in as_long(steering.vector, seed)]

    def called(batch: dict, strength: float) -> tuple[float, float]:
        """(steered, in the mean of the random vectors): the share of these that the model calls favourable."""
        for method in (steering, *random):
            method.strength = strength
        return (said(model, tokenizer, batch, steering),
                sum(said(model, tokenizer, batch, method) for method in random) / len(random))

    validation, test = (batch_of(tokenizer, short_reviews(split, n, seed, label=0)[0])
                        for split, n in (("validation", 50), ("test", 80)))
    gains = {strength: steered - control for strength in STRENGTHS
             for steered, control in [called(validation, strength)]}
    strength = max(gains, key=gains.get)
    steered, control = called(test, strength)
    loss = lambda method=None: old_domain_loss(model, tokenizer, method, n_documents=40)
    return {"strength": strength, "before": said(model, tokenizer, test), "steered": steered, "control": control,
            "loss_before": loss(), "loss_steered": loss(steering)}


@torch.no_grad()
def causes(seed: int) -> dict[str, float]:
    """Unfavourable reviews with a hidden state of a favourable one swapped in, the other way round, and the controls.

    `same`: the state of another unfavourable one. `noise`: as long a step as the real swap's, in a random direction.
    `elsewhere`: the favourable one's state at the next place, after the same block. `kept`: favourable reviews as they
    are; `back`: with an unfavourable one's state.
    """
    model, tokenizer = models.load_model("orchard-s")
    good, bad, other = (batch_of(tokenizer, short_reviews("test", 80, draw, label)[0])
                        for label, draw in ((1, seed), (0, seed), (0, seed + 500)))
    swap, next_place = Interchange(model, **SITE), Interchange(model, **SITE | {"position": -1})
    with swap.on(model):
        swap.prepare(bad | {"source": good})
        h_good = swap.source                                                                 # (B, d)
        inputs = swap.prepare(bad | {"source": bad})
        step = torch.randn(h_good.shape, generator=torch.Generator().manual_seed(seed))
        step *= (h_good - swap.source).norm(dim=1, keepdim=True) / step.norm(dim=1, keepdim=True)
        swap.source = swap.source + step
        noise = favourable(tokenizer, model(**inputs).logits)
    swapped = lambda base, source, method=swap: said(model, tokenizer, base | {"source": source}, method)
    return {"before": said(model, tokenizer, bad), "swapped": swapped(bad, good), "same": swapped(bad, other),
            "noise": noise, "elsewhere": swapped(bad, good, next_place), "kept": said(model, tokenizer, good),
            "back": swapped(good, bad)}
