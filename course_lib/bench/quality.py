"""`course bench quality`: every method on reviews, near to pretraining and far from it, with few labels and with many;
and distillation on stars.

Each learning rate is chosen from a fixed list on validation, with the first seed; then come five seeds on test.
"""
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from course_lib.bench.distilled import distilled
from course_lib.bench.kept import Kept
from course_lib.evaluation import evaluate, old_domain_loss
from course_lib.methods import Adapter, Frozen, FullFineTuning, LoRA, LoReFT, PrefixTuning, PromptTuning, ScaleShift
from course_lib.models import load_model
from course_lib.quantise import LEVELS, quantise
from course_lib.training import fit
from course_lib.world import load_task

SEEDS = (0, 1, 2, 3, 4)
VALIDATION = 200  # rows for choosing


@dataclass(frozen=True)
class Setting:
    """A base model, how many labels there are, and how many steps of 32 are taken."""

    model: str
    labels: int
    steps: int


NEAR, FEW, FAR = Setting("orchard-s", 1000, 200), Setting("orchard-s", 128, 80), Setting("orchard-s-early", 1000, 200)
LADDER = (Setting("orchard-xs", 1000, 200), Setting("orchard-m", 1000, 200))
SETTINGS = (NEAR, FEW, FAR, *LADDER)
METHODS: dict[str, tuple[Callable, tuple[float, ...]]] = {  # name: (model, seed -> method; learning rates to try)
    "full fine-tuning": (lambda model, seed: FullFineTuning(model, seed=seed), (5e-4, 1e-3, 2e-3)),
    "last block": (lambda model, seed: Frozen(model, seed=seed), (1e-3, 3e-3)),
    "linear probe": (lambda model, seed: Frozen(model, (), num_labels=2, seed=seed), (3e-3, 1e-2, 3e-2)),
    "LoRA, r = 4": (lambda model, seed: LoRA(model, rank=4, alpha=8, seed=seed), (3e-3, 1e-2)),
    "LoRA on NF4, r = 4": (lambda model, seed: LoRA(model, rank=4, alpha=8, seed=seed), (3e-3, 1e-2)),
    "LoRA on int4, r = 4": (lambda model, seed: LoRA(model, rank=4, alpha=8, seed=seed), (3e-3, 1e-2)),
    "adapter, m = 16": (lambda model, seed: Adapter(model, 16, seed=seed), (1e-3, 3e-3, 1e-2)),
    "parallel adapter, m = 16": (lambda model, seed: Adapter(model, 16, parallel=True, seed=seed), (1e-3, 3e-3, 1e-2)),
    "(IA)³": (lambda model, seed: ScaleShift(model, seed=seed), (1e-2, 3e-2, 1e-1)),
    "RED": (lambda model, seed: ScaleShift(model, "red", seed=seed), (3e-3, 1e-2, 3e-2)),
    "LoReFT, r = 4": (lambda model, seed: LoReFT(model, rank=4, seed=seed), (2e-3, 5e-3, 1e-2)),
    "DiReFT, r = 4": (lambda model, seed: LoReFT(model, rank=4, variant="direft", seed=seed), (2e-3, 5e-3, 1e-2)),
    "prefix, 20": (lambda model, seed: PrefixTuning(model, 20, seed=seed), (3e-3, 1e-2, 3e-2, 1e-1)),
    "prompt, 20": (lambda model, seed: PromptTuning(model, 20, "vocabulary", seed=seed), (1e-1, 3e-1, 1.0, 3.0)),
}
ON_CODES = {"LoRA on NF4, r = 4": "nf4", "LoRA on int4, r = 4": "int4"}  # on which base it is trained, if not as loaded
IN_LADDER = ("full fine-tuning", "prompt, 20")


def run(setting: Setting, name: str, rate: float, seed: int, split: str) -> dict[str, float]:
    """One training run: accuracy on the split, and the loss on the old domain (nats a token) after it."""
    build, _ = METHODS[name]
    model, tokenizer = load_model(setting.model)
    task = load_task("reviews")
    model = quantise(model, ON_CODES[name]) if name in ON_CODES else model
    method = build(model, seed)
    rows = {split: task[split].select(range(n)) for split, n in (("train", setting.labels), ("validation", VALIDATION))}
    fit(model, tokenizer, rows, method, steps=setting.steps, learning_rate=rate, seed=seed, progress=False,
        validate_every=20, reuse=isinstance(method, Frozen))
    test = rows["validation"] if split == "validation" else task["test"]
    forgets = split == "test" and method.head is None
    return {"accuracy": evaluate(model, tokenizer, test, method)["accuracy"],
            "old_loss": old_domain_loss(model, tokenizer, method) if forgets else float("nan"),
            "parameters": sum(parameter.numel() for parameter in method.parameters())}


def chosen(kept: Kept, setting: Setting, name: str) -> tuple[float, list[dict[str, float]]]:
    """(the learning rate that was best on validation, what each seed gave on test with it)"""
    tried = {rate: kept(run, [setting.model], setting, name, rate, SEEDS[0], "validation") for rate in METHODS[name][1]}
    best = max(tried, key=lambda rate: tried[rate]["accuracy"])
    return best, [kept(run, [setting.model], setting, name, best, seed, "test") for seed in SEEDS]


def methods_of(setting: Setting) -> tuple[str, ...]:
    """The names of the methods that this setting's table has."""
    return IN_LADDER if setting in LADDER else tuple(METHODS)


def quality(keep: str | None = None) -> bool:
    """Prints the tables. `keep`: the file for what is measured. Figures without a gate, so always True."""
    kept = Kept(keep)
    print(f"reviews, steps of 32, {len(SEEDS)} seeds\n"
          "parameters, learning rate, accuracy (mean ± standard deviation), loss on the old domain (nats a token; a "
          "head says nothing of text)")
    for setting in SETTINGS:
        model, tokenizer = load_model(setting.model)
        bare = evaluate(model, tokenizer, load_task("reviews")["test"])["accuracy"]
        print(f"\n{setting.model}, {setting.labels} labels, {setting.steps} steps\n"
              f"{'bare base':24} {'':>10} {'':>8} {bare:.3f} {'':15} {old_domain_loss(model, tokenizer):.3f}")
        for scheme in LEVELS:
            lost = old_domain_loss(quantise(model, scheme), tokenizer)
            print(f"{f'bare base as {scheme}':24} {'':>10} {'':>8} {'':5} {'':15} {lost:.3f}")
        for name in methods_of(setting):
            best, runs = chosen(kept, setting, name)
            accuracy, loss = ([one[key] for one in runs] for key in ("accuracy", "old_loss"))
            old = "–" if math.isnan(loss[0]) else f"{statistics.mean(loss):.3f}"
            print(f"{name:24} {runs[0]['parameters']:>10,} {best:>8g} {statistics.mean(accuracy):.3f} ± "
                  f"{statistics.stdev(accuracy):.3f}     {old}", flush=True)
    distilled(kept, SEEDS)
    return True
