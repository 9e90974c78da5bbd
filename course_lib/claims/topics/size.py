"""Whether a larger model is better: the loss of small and large ones, on equal text and with equal work."""
from dataclasses import replace

from course_lib.claims.claim import FAILS, GOOGLE, HOLDS, LIMITED, Figures, Verdict, claim
from course_lib.models import load_model
from course_lib.models.card import BUNDLED, read_card
from course_lib.models.configs import RECIPES, build_model
from course_lib.pretraining.optimise import make_optimizer, mean_loss, train_steps
from course_lib.pretraining.packing import Batches
from course_lib.world import documents

SIZES = {"xs": "orchard-xs", "s": "orchard-s", "m": "orchard-m"}
NEWBORN_STEPS = 48  # of 8 rows of 64 tokens, for m


def newborn_loss(name: str, steps: int, seed: int, tokenizer) -> float:
    """The loss on unseen text of a new model of this size after so many steps, at its recipe's learning rate."""
    recipe = replace(RECIPES[name], rows=8, length=64, tokens=steps * 8 * 64, decay=None, seed=seed)
    model = build_model(recipe, tokenizer)
    texts = Batches(documents, tokenizer, "train", seed, recipe.rows, recipe.length, steps)
    unseen = [Batches(documents, tokenizer, "validation", 1, 40, 96, 1)[0]]
    for _ in train_steps(model, recipe, texts, make_optimizer(model, recipe)):
        pass
    return mean_loss(model, recipe, unseen)


@claim("C66", "More parameters are almost always better", (GOOGLE,), lesson="04", tolerance=0.1,
       models=tuple(SIZES.values()),
       figures=("tokens", "long_xs", "long_s", "long_m", "equal_xs", "equal_m",
                *(f"{kind}_{size}" for kind in ("text", "work") for size in SIZES)))
def size_and_data(seed: int) -> dict[str, float]:
    """Losses by size: of the shipped models, from their cards; of newborn ones, on equal text and on equal work.

    The work of a model is taken as its parameters times its tokens. A card's curve is one run with one seed, and m at
    the work of xs was still at the beginning of its schedule.
    """
    cards = {size: read_card(BUNDLED / name) for size, name in SIZES.items()}
    tokens, work = cards["m"]["tokens"], cards["xs"]["parameters"] * cards["xs"]["tokens"]
    at = lambda size, read: max((point for point in cards[size]["curve"] if point["tokens"] <= read),
                                key=lambda point: point["tokens"])["validation_loss"]
    _, tokenizer = load_model("orchard-xs")
    found = {"tokens": tokens, "equal_xs": at("xs", cards["xs"]["tokens"]),
             "equal_m": at("m", work // cards["m"]["parameters"])}
    for size, name in SIZES.items():
        longer = round(NEWBORN_STEPS * cards["m"]["parameters"] / cards[size]["parameters"])
        found |= {f"long_{size}": at(size, tokens), f"text_{size}": newborn_loss(name, NEWBORN_STEPS, seed, tokenizer),
                  f"work_{size}": newborn_loss(name, longer, seed, tokenizer)}
    return found


@size_and_data.judged
def judge_size_and_data(f: Figures) -> Verdict:
    """By size at the end of pretraining, and at the compute of the smallest: holds where the larger wins at both."""
    because = (f"Pretrained on {f['tokens'].mean / 1e6:.0f} million tokens, xs, s and m reach a loss of "
               f"{f['long_xs'].mean:.2f}, {f['long_s'].mean:.2f} and {f['long_m'].mean:.2f}. With the operations that "
               f"xs took in all, m stands at {f['equal_m'].mean:.2f}, xs at {f['equal_xs'].mean:.2f}. Trained anew: on "
               f"the same little text {f['text_xs'].mean:.2f}, {f['text_s'].mean:.2f} and {f['text_m'].mean:.2f}; with "
               f"the same few operations {f['work_xs'].mean:.2f}, {f['work_s'].mean:.2f} and {f['work_m'].mean:.2f}.")
    long = f["long_m"].mean < f["long_s"].mean < f["long_xs"].mean
    equal = f["equal_m"].mean < f["equal_xs"].mean and f["work_m"].mean < f["work_xs"].mean
    if long and equal:
        return Verdict(HOLDS, because)
    if long:
        return Verdict(LIMITED, because + " More parameters win where they are trained for long, and not else.")
    return Verdict(FAILS, because)
