"""Whether a larger model is better: the loss of the shipped ones, and of new ones on equal text and with equal work."""
from dataclasses import replace
from itertools import islice
from math import log

from course_lib.claims.claim import GOOGLE, Figures, claim, less
from course_lib.evaluation import perplexity, unigram_perplexity
from course_lib.models import load_model
from course_lib.models.card import BUNDLED, read_card
from course_lib.models.configs import RECIPES, build_model
from course_lib.pretraining.optimise import make_optimizer, mean_loss, train_steps
from course_lib.pretraining.packing import Batches
from course_lib.world import documents

SIZES = {"xs": "orchard-xs", "s": "orchard-s", "m": "orchard-m"}
NEWBORN_STEPS, ROWS, LENGTH = 300, 8, 64  # of a new model: so that it learns more than which words are frequent
DOCUMENTS = 60                            # of unseen text, for the shipped models; frequencies are of ten times as many


def newborn_loss(name: str, steps: int, seed: int, tokenizer) -> float:
    """The loss on unseen text of a new model of this size after so many steps, at its recipe's learning rate."""
    recipe = replace(RECIPES[name], rows=ROWS, length=LENGTH, tokens=steps * ROWS * LENGTH, decay=None, seed=seed)
    model = build_model(recipe, tokenizer)
    texts = Batches(documents, tokenizer, "train", seed, recipe.rows, recipe.length, steps)
    unseen = [Batches(documents, tokenizer, "validation", 1, 40, 96, 1)[0]]
    for _ in train_steps(model, recipe, texts, make_optimizer(model, recipe)):
        pass
    return mean_loss(model, recipe, unseen)


def lower(large: str, small: str):
    """By how many nats a token the larger model's loss is below the smaller one's."""
    return less(lambda f: f[large] - f[small], 0.05, "nats a token")


@claim("C66", "More parameters are almost always better", (GOOGLE,), lesson="04", tolerance=0.1,
       question="Has the larger model the lower loss: as shipped, new on the same text, new with the same operations?",
       turned="More parameters won where they were trained for long, and not else: that rested on new models which had "
              "learned word frequencies only.",
       asks={"shipped, m against xs": lower("long_m", "long_xs"), "on the same text, s against xs": lower(
           "text_s", "text_xs"), "with the same operations, s against xs": lower("work_s", "text_xs")},
       models=tuple(SIZES.values()),
       figures=("tokens", *(f"long_{size}" for size in SIZES), "text_xs", "text_s", "work_s", "frequencies"))
def size_and_data(seed: int) -> dict[str, float]:
    """Losses by size: of the shipped models, on documents that the seed draws; of new ones on equal text and work.

    The shipped ones are one training each. Work is taken as parameters times tokens.
    """
    cards = {size: read_card(BUNDLED / name) for size, name in SIZES.items()}
    unseen, found = list(islice(documents("validation", seed), DOCUMENTS)), {"tokens": cards["m"]["tokens"]}
    for size, name in SIZES.items():
        model, tokenizer = load_model(name)
        found[f"long_{size}"] = log(perplexity(model, tokenizer, unseen))
    shorter = round(NEWBORN_STEPS * cards["xs"]["parameters"] / cards["s"]["parameters"])
    seen = list(islice(documents("train", seed), 10 * DOCUMENTS))
    return found | {"text_xs": newborn_loss("orchard-xs", NEWBORN_STEPS, seed, tokenizer),
                    "text_s": newborn_loss("orchard-s", NEWBORN_STEPS, seed, tokenizer),
                    "work_s": newborn_loss("orchard-s", shorter, seed, tokenizer),
                    "frequencies": log(unigram_perplexity(tokenizer, seen, unseen))}


@size_and_data.told
def tell_size_and_data(f: Figures) -> str:
    """The losses."""
    return (f"The shipped xs, s and m, one training each on {f['tokens'].mean / 1e6:.0f} million tokens, have a loss "
            f"of {f['long_xs'].mean:.2f}, {f['long_s'].mean:.2f} and {f['long_m'].mean:.2f}. Trained anew on the same "
            f"{NEWBORN_STEPS * ROWS * LENGTH / 1e3:.0f} thousand tokens, xs and s have {f['text_xs'].mean:.2f} and "
            f"{f['text_s'].mean:.2f}; with the operations that xs took, s stands at {f['work_s'].mean:.2f}. Word "
            f"frequencies alone: {f['frequencies'].mean:.2f}. The larger against the smaller:")
