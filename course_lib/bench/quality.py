"""`course bench quality`: every method on reviews, near to pretraining and far from it, with few labels and with many;
and distillation on stars.

Each learning rate is chosen from a fixed list on validation, with the first seed; then come five seeds on test.
"""
import math
import statistics
from dataclasses import replace

from course_lib.bench.distilled import distilled
from course_lib.evaluation import evaluate, old_domain_loss
from course_lib.experiments import Arm, Setting, arm, count, kept, once, score, trained
from course_lib.methods import Adapter, Frozen, FullFineTuning, LoRA, LoReFT, PrefixTuning, PromptTuning, ScaleShift
from course_lib.models import load_model
from course_lib.quantise import LEVELS, quantise
from course_lib.world import load_task

SEEDS = (0, 1, 2, 3, 4)
NEAR = Setting(labels=1000, draw="first", steps=200, batch=32, test=None, validation=200, validate_every=20)
FEW, FAR = replace(NEAR, labels=128, steps=80), replace(NEAR, base="orchard-s-early")
LADDER = (replace(NEAR, base="orchard-xs"), replace(NEAR, base="orchard-m"))
SETTINGS = (NEAR, FEW, FAR, *LADDER)
METHODS: dict[str, tuple[type, dict, tuple[float, ...]]] = {  # name: (method, options, learning rates to try)
    "full fine-tuning": (FullFineTuning, {}, (5e-4, 1e-3, 2e-3)),
    "last block": (Frozen, {}, (1e-3, 3e-3)),
    "linear probe": (Frozen, {"train": (), "num_labels": 2}, (3e-3, 1e-2, 3e-2)),
    "LoRA, r = 4": (LoRA, {"rank": 4, "alpha": 8}, (3e-3, 1e-2)),
    "LoRA on NF4, r = 4": (LoRA, {"rank": 4, "alpha": 8}, (3e-3, 1e-2)),
    "LoRA on int4, r = 4": (LoRA, {"rank": 4, "alpha": 8}, (3e-3, 1e-2)),
    "adapter, m = 16": (Adapter, {"bottleneck": 16}, (1e-3, 3e-3, 1e-2)),
    "parallel adapter, m = 16": (Adapter, {"bottleneck": 16, "parallel": True}, (1e-3, 3e-3, 1e-2)),
    "(IA)³": (ScaleShift, {}, (1e-2, 3e-2, 1e-1)),
    "RED": (ScaleShift, {"kind": "red"}, (3e-3, 1e-2, 3e-2)),
    "LoReFT, r = 4": (LoReFT, {"rank": 4}, (2e-3, 5e-3, 1e-2)),
    "DiReFT, r = 4": (LoReFT, {"rank": 4, "variant": "direft"}, (2e-3, 5e-3, 1e-2)),
    "prefix, 20": (PrefixTuning, {"length": 20}, (3e-3, 1e-2, 3e-2, 1e-1)),
    "prompt, 20": (PromptTuning, {"length": 20, "init": "vocabulary"}, (1e-1, 3e-1, 1.0, 3.0)),
}
ON_CODES = {"LoRA on NF4, r = 4": "nf4", "LoRA on int4, r = 4": "int4"}  # on which base it is trained, if not as loaded
IN_LADDER = ("full fine-tuning", "prompt, 20")


def run(setting: Setting, tried: Arm, seed: int, split: str) -> dict[str, float]:
    """One training run: accuracy on the split, and the loss on the old domain (nats a token) after it."""
    done = trained(setting, tried, seed)
    test = done.test if split == "test" else replace(setting, test=setting.validation).test_rows(split=split)
    forgets = split == "test" and done.method.head is None
    return {"accuracy": score(done.model, done.tokenizer, test, done.method),
            "old_loss": old_domain_loss(done.model, done.tokenizer, done.method) if forgets else float("nan"),
            "parameters": count(done.method)}


def chosen(setting: Setting, name: str) -> tuple[float, list[dict[str, float]]]:
    """(the learning rate that was best on validation, what each seed gave on test with it)"""
    method, options, rates = METHODS[name]
    setting = replace(setting, quantised=ON_CODES.get(name))

    def measured(rate: float, seed: int, split: str) -> dict[str, float]:
        tried = arm(method, rate, reuse=method is Frozen, **options)
        return once(run, (setting.base,), setting, tried, seed, split)

    best = max(rates, key=lambda rate: measured(rate, SEEDS[0], "validation")["accuracy"])
    return best, [measured(best, seed, "test") for seed in SEEDS]


def methods_of(setting: Setting) -> tuple[str, ...]:
    """The names of the methods that this setting's table has."""
    return IN_LADDER if setting in LADDER else tuple(METHODS)


def quality(keep: str | None = None, any_code: bool = False) -> bool:
    """Prints the tables. `keep`: the file for what is measured; `any_code`: also with what other code measured there.

    Figures without a gate, so always True.
    """
    with kept(keep, any_code):
        tables()
        distilled(SEEDS)
    return True


def tables() -> None:
    """Prints a table for each setting."""
    print(f"reviews, steps of 32, {len(SEEDS)} seeds\n"
          "parameters, learning rate, accuracy (mean ± standard deviation), loss on the old domain (nats a token; a "
          "head says nothing of text)")
    for setting in SETTINGS:
        model, tokenizer = load_model(setting.base)
        bare = evaluate(model, tokenizer, load_task("reviews")["test"])["accuracy"]
        print(f"\n{setting.base}, {setting.labels} labels, {setting.steps} steps\n"
              f"{'bare base':24} {'':>10} {'':>8} {bare:.3f} {'':15} {old_domain_loss(model, tokenizer):.3f}")
        for scheme in LEVELS:
            lost = old_domain_loss(quantise(model, scheme), tokenizer)
            print(f"{f'bare base as {scheme}':24} {'':>10} {'':>8} {'':5} {'':15} {lost:.3f}")
        for name in methods_of(setting):
            best, runs = chosen(setting, name)
            accuracy, loss = ([one[key] for one in runs] for key in ("accuracy", "old_loss"))
            old = "–" if math.isnan(loss[0]) else f"{statistics.mean(loss):.3f}"
            print(f"{name:24} {runs[0]['parameters']:>10,} {best:>8g} {statistics.mean(accuracy):.3f} ± "
                  f"{statistics.stdev(accuracy):.3f}     {old}", flush=True)
