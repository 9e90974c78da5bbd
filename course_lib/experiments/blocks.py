"""Which block? One of the four is tuned, under a shift of the inputs or of the labels."""
import copy
import functools
from dataclasses import replace

from course_lib.experiments import tuning
from course_lib.experiments.setting import learn, score
from course_lib.experiments.short_reviews import EVERYTHING, NEAR
from course_lib.methods import Frozen, FullFineTuning
from course_lib.shifts import dead_key, relabelled

BLOCK_LABELS = 256                         # labels under each shift
SOURCE = replace(NEAR, labels=512)         # what the model knows before a shift
TURNED = {"positive": "negative", "negative": "positive"}
PARTS = {**{f"block {n + 1}": (f"model.layers.{n}",) for n in range(4)}, "all": None}
STEPS = 100
SHIFTS = ("input", "label")


@functools.lru_cache(maxsize=4)
def source(seed: int):
    """(orchard-s fine-tuned on 512 reviews, its tokenizer): the model that a shift surprises. Change nothing in it."""
    model, tokenizer = SOURCE.load(seed)
    full = FullFineTuning(model, seed=seed)
    rate = tuning.tuned(SOURCE, EVERYTHING).rate
    learn(model, tokenizer, full, SOURCE.train_rows(tokenizer, seed), rate, seed, SOURCE)
    full.merge(model)
    return copy.deepcopy(model), tokenizer


def shifted(rows, shift: str):
    """The rows as they are under a shift, "input" or "label"."""
    return dead_key(rows) if shift == "input" else relabelled(rows, TURNED)


def tuned_part(model, tokenizer, shift: str, part: str, labels: int, seed: int, steps: int = STEPS,
               rate: float | None = None):
    """The method that trains one part of a source model under a shift, on rows that the source never saw."""
    names, n = PARTS[part], SOURCE.labels
    method = FullFineTuning(model, seed=seed) if names is None else Frozen(model, names, seed=seed)
    rows = replace(SOURCE, labels=n + labels).train_rows(tokenizer, seed).select(range(n, n + labels))
    learn(model, tokenizer, method, shifted(rows, shift), rate or block_rate(shift, part, steps), seed, SOURCE,
          steps=steps, reuse=part not in ("block 1", "all"))
    return method


def block_rate(shift: str, part: str, steps: int) -> float:
    """The rate for this part under this shift, with BLOCK_LABELS labels."""
    def run(rate: float, seed: int) -> dict[str, float]:
        model, tokenizer = source(seed)
        method = tuned_part(model, tokenizer, shift, part, BLOCK_LABELS, seed, steps, rate)
        rows = replace(SOURCE, test=tuning.ROWS).test_rows(tokenizer, seed, "validation")
        return tuning.judged(model, tokenizer, shifted(rows, shift), method)

    return tuning.best_rate(f"{part} of a tuned model in {steps} steps, another {shift}", run, 1e-3)


def which_block(seed: int, labels: int = BLOCK_LABELS, parts: tuple[str, ...] = tuple(PARTS)) -> dict[str, float]:
    """Right answers under each shift: of the source model as it is, and with one part of it tuned."""
    model, tokenizer = source(seed)
    own = SOURCE.test_rows(tokenizer, seed)
    found = {"own": score(model, tokenizer, own)}
    for shift in SHIFTS:
        test = shifted(own, shift)
        found[f"{shift}_before"] = score(model, tokenizer, test)
        found |= {f"{shift}_{part.replace(' ', '_')}": score(model, tokenizer, test, tuned_part(
            model, tokenizer, shift, part, labels, seed)) for part in parts}
    return found
