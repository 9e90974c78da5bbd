"""Full fine-tuning of the base model, as lesson 02 does it: its settings, and what goes before or comes after it."""
from dataclasses import replace

from datasets import concatenate_datasets

from course_lib.evaluation import answers
from course_lib.experiments import tuning
from course_lib.experiments.run import Trained, trained, trained_at
from course_lib.experiments.setting import Setting, arm, learn
from course_lib.experiments.store import once
from course_lib.methods import FullFineTuning

FULL = arm(FullFineTuning)
SHORT = Setting(draw="short", validation=64, validate_every=10, test=400, test_draw="shuffled")  # 128 labels, 40 steps
SIZES = (16, 64, 256, 1024, 4096)                  # how many labels are enough?
ENOUGH = {n: Setting(labels=n, steps=256 if n > 64 else 40, test=400, test_draw="shuffled")
          for n in SIZES}                          # 256 steps: one pass over 4,096, and as many for what is compared
PRETRAINED = Setting(steps=80, test=400, test_draw="shuffled")                 # 128 labels
RANDOM = {n: replace(PRETRAINED, random=True, labels=n, steps=steps) for n, steps in ((128, 200), (1024, 500))}
AGAIN = {name: Setting(task=name, labels=512, draw="short", steps=120, test=400, test_draw="shuffled")
         for name in ("spam", "facts")}            # what is learned after SHORT


def random_start(n: int):
    """The arm for n labels and random weights, at the rate that is best for them."""
    def run(rate: float, seed: int) -> dict[str, float]:
        return once(newborn, (RANDOM[n].base,), RANDOM[n], replace(FULL, rate=rate), seed)

    return replace(FULL, rate=tuning.best_rate(
        f"{n} labelled reviews from random weights, {RANDOM[n].steps} steps", run, 1e-3))


def newborn(setting: Setting, arm, seed: int) -> dict[str, float]:
    """What `tuning.judged` says after training random weights, which knew no old text: so they can lose none."""
    run = trained_at(setting, arm, seed)
    rows = replace(setting, test=tuning.ROWS).test_rows(run.tokenizer, seed, "validation")
    given, _ = answers(run.model, run.tokenizer, rows, run.method)
    return tuning.judged(run.model, run.tokenizer, rows, run.method) | {"diverged": float(len(set(given)) == 1)}


def again(name: str, mixed: bool, seed: int, rate: float | None = None) -> tuple[Trained, FullFineTuning]:
    """(the run on reviews, the same parameters after another task; `mixed`: with the old reviews among its rows)."""
    run, new = trained(SHORT, FULL, seed), AGAIN[name]
    parts = [one.train_rows(run.tokenizer, seed) for one in (new, SHORT)[:1 + mixed]]
    rows = concatenate_datasets([part.select_columns(["prompt", "answer"]) for part in parts])  # some have no labels
    method = FullFineTuning(run.model, seed=seed)
    method.load_state_dict(run.method.state_dict())
    learn(run.model, run.tokenizer, method, rows, rate or again_rate(name, mixed), seed, new)
    return run, method


def again_rate(name: str, mixed: bool) -> float:
    """The rate that is best for the new task."""
    def run(rate: float, seed: int) -> dict[str, float]:
        first, method = again(name, mixed, seed, rate)
        rows = replace(AGAIN[name], test=tuning.ROWS).test_rows(first.tokenizer, seed, "validation")
        return tuning.judged(first.model, first.tokenizer, rows, method)

    return tuning.best_rate(f"{name} after reviews{', with reviews among the rows' * mixed}", run, 3e-4)
