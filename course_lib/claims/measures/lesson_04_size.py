"""What lesson 04 measures of a model's size: the loss of small and large ones, on equal text and with equal work."""
from dataclasses import replace

from course_lib import models
from course_lib.models.card import BUNDLED, read_card
from course_lib.models.configs import RECIPES, build_model
from course_lib.pretraining.optimise import make_optimizer, mean_loss, train_steps
from course_lib.pretraining.packing import Batches as PackedText
from course_lib.world import documents

SIZES = {"xs": "orchard-xs", "s": "orchard-s", "m": "orchard-m"}
NEWBORN_STEPS = 48  # of 8 rows of 64 tokens, for m


def newborn_loss(name: str, steps: int, seed: int, tokenizer) -> float:
    """The loss on unseen text of a new model of this size after so many steps, at its recipe's learning rate."""
    recipe = replace(RECIPES[name], rows=8, length=64, tokens=steps * 8 * 64, decay=None, seed=seed)
    model = build_model(recipe, tokenizer)
    texts = PackedText(documents, tokenizer, "train", seed, recipe.rows, recipe.length, steps)
    unseen = [PackedText(documents, tokenizer, "validation", 1, 40, 96, 1)[0]]
    for _ in train_steps(model, recipe, texts, make_optimizer(model, recipe)):
        pass
    return mean_loss(model, recipe, unseen)


def size_and_data(seed: int) -> dict[str, float]:
    """Losses by size: of the shipped models, from their cards; of newborn ones, on equal text and on equal work.

    The work of a model is taken as its parameters times its tokens. A card's curve is one run with one seed, and m at
    the work of xs was still at the beginning of its schedule.
    """
    cards = {size: read_card(BUNDLED / name) for size, name in SIZES.items()}
    tokens, work = cards["m"]["tokens"], cards["xs"]["parameters"] * cards["xs"]["tokens"]
    at = lambda size, read: max((point for point in cards[size]["curve"] if point["tokens"] <= read),
                                key=lambda point: point["tokens"])["validation_loss"]
    _, tokenizer = models.load_model("orchard-xs")
    found = {"tokens": tokens, "equal_xs": at("xs", cards["xs"]["tokens"]),
             "equal_m": at("m", work // cards["m"]["parameters"])}
    for size, name in SIZES.items():
        longer = round(NEWBORN_STEPS * cards["m"]["parameters"] / cards[size]["parameters"])
        found |= {f"long_{size}": at(size, tokens), f"text_{size}": newborn_loss(name, NEWBORN_STEPS, seed, tokenizer),
                  f"work_{size}": newborn_loss(name, longer, seed, tokenizer)}
    return found
