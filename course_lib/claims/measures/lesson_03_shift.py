"""What lesson 03 measures of single blocks: each is tuned in turn, under a shift of the inputs and of the labels."""
import copy

from course_lib.claims.lesson_03 import BLOCK_LABELS, BLOCK_TEST
from course_lib.claims.measures.lesson_03 import PART_RATES, accuracy, start, train
from course_lib.methods import Frozen, FullFineTuning
from course_lib.shifts import dead_key, relabelled

TURNED = {"positive": "negative", "negative": "positive"}
PARTS = {**{f"block {n + 1}": (f"model.layers.{n}",) for n in range(4)}, "all": None}
STEPS = {"input": 40, "label": 20}
# Of 1e-3, 3e-3 and 1e-2:
BLOCK_RATES = {("input", "block 1"): 1e-3, ("input", "block 2"): 1e-3, ("input", "block 3"): 3e-3,
               ("input", "block 4"): 3e-3, ("input", "all"): 1e-3, ("label", "block 1"): 1e-2,
               ("label", "block 2"): 3e-3, ("label", "block 3"): 3e-3, ("label", "block 4"): 3e-3,
               ("label", "all"): 1e-3}


def source(seed: int):
    """(orchard-s fine-tuned on 512 reviews, its tokenizer, the reviews): the model that a shift surprises."""
    model, tokenizer, task, _ = start()
    full = FullFineTuning(model, seed=seed)
    rows = task["train"].shuffle(seed=seed).select(range(512))
    train(model, tokenizer, full, rows, seed, PART_RATES["near", "full"])
    full.merge(model)
    return copy.deepcopy(model), tokenizer, task


def shifted(rows, shift: str):
    """The rows as they are under a shift, "input" or "label"."""
    return dead_key(rows) if shift == "input" else relabelled(rows, TURNED)


def tuned_part(model, tokenizer, task, shift: str, part: str, labels: int, seed: int, **size):
    """The method that trains one part of a source model under a shift, on rows that the source never saw."""
    names = PARTS[part]
    method = FullFineTuning(model, seed=seed) if names is None else Frozen(model, names, seed=seed)
    rows = shifted(task["train"].shuffle(seed=seed).select(range(512, 512 + labels)), shift)
    size = {"steps": STEPS[shift], **size}
    train(model, tokenizer, method, rows, seed, BLOCK_RATES[shift, part], **size, reuse=part not in ("block 1", "all"))
    return method


def which_block(seed: int, labels: int = BLOCK_LABELS) -> dict[str, float]:
    """Right answers under each shift: of the source model as it is, and with one part of it tuned."""
    model, tokenizer, task = source(seed)
    found = {"own": accuracy(model, tokenizer, task["test"].select(range(BLOCK_TEST)))}
    for shift in ("input", "label"):
        test = shifted(task["test"].select(range(BLOCK_TEST)), shift)
        found[f"{shift}_before"] = accuracy(model, tokenizer, test)
        for part in PARTS:
            method = tuned_part(model, tokenizer, task, shift, part, labels, seed)
            found[f"{shift}_{part.replace(' ', '_')}"] = accuracy(model, tokenizer, test, method)
    return found
