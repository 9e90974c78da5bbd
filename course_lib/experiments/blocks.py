"""Which block? Each of the four is tuned in turn, under a shift of the inputs and under one of the labels."""
import copy
from dataclasses import replace

from course_lib.experiments.setting import learn, score
from course_lib.experiments.what_to_train import NEAR, PART_RATES
from course_lib.methods import Frozen, FullFineTuning
from course_lib.shifts import dead_key, relabelled
from course_lib.world import load_task

BLOCK_LABELS, BLOCK_TEST = 256, 150                    # labels under each shift, test reviews
SOURCE = replace(NEAR, labels=512, test=BLOCK_TEST)    # what the model knows before a shift
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
    model, tokenizer = SOURCE.load(seed)
    full = FullFineTuning(model, seed=seed)
    learn(model, tokenizer, full, SOURCE.train_rows(tokenizer, seed), PART_RATES["near", "full"], seed, SOURCE)
    full.merge(model)
    return copy.deepcopy(model), tokenizer, load_task("reviews")


def shifted(rows, shift: str):
    """The rows as they are under a shift, "input" or "label"."""
    return dead_key(rows) if shift == "input" else relabelled(rows, TURNED)


def tuned_part(model, tokenizer, task, shift: str, part: str, labels: int, seed: int, steps: int | None = None):
    """The method that trains one part of a source model under a shift, on rows that the source never saw."""
    names = PARTS[part]
    method = FullFineTuning(model, seed=seed) if names is None else Frozen(model, names, seed=seed)
    rows = shifted(task["train"].shuffle(seed=seed).select(range(SOURCE.labels, SOURCE.labels + labels)), shift)
    learn(model, tokenizer, method, rows, BLOCK_RATES[shift, part], seed, SOURCE, steps=steps or STEPS[shift],
          reuse=part not in ("block 1", "all"))
    return method


def which_block(seed: int, labels: int = BLOCK_LABELS) -> dict[str, float]:
    """Right answers under each shift: of the source model as it is, and with one part of it tuned."""
    model, tokenizer, task = source(seed)
    own = SOURCE.test_rows()
    found = {"own": score(model, tokenizer, own)}
    for shift in STEPS:
        test = shifted(own, shift)
        found[f"{shift}_before"] = score(model, tokenizer, test)
        for part in PARTS:
            method = tuned_part(model, tokenizer, task, shift, part, labels, seed)
            found[f"{shift}_{part.replace(' ', '_')}"] = score(model, tokenizer, test, method)
    return found
