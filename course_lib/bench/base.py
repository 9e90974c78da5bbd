"""`course bench base`: what the shipped base models know, printed next to what the course needs of them.

Reviews: a bag of words, the bare model, its own sense of a review, a probe, full fine-tuning and LoRA.
Lists: greedy answers after 0, 1 and 4 examples, on pairs that no list ever showed (in_context.py).
"""
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from course_lib.bag_of_words import best_bag_of_words
from course_lib.bench import baselines
from course_lib.bench.rows import Measured, Row, Table, at_least, at_most, between, over_seeds, share
from course_lib.bench.sense import own_sense
from course_lib.errors import CourseError
from course_lib.evaluation import evaluate, perplexity, unigram_perplexity
from course_lib.experiments.setting import whole
from course_lib.methods import FullFineTuning, LoRA
from course_lib.models import load_model
from course_lib.models.configs import SHIPPED
from course_lib.training import fit
from course_lib.world import documents, load_task

METHODS: dict[str, tuple[Callable, tuple[float, ...]]] = {  # how: (model, seed -> method; learning rates to try)
    "full": (lambda model, seed: FullFineTuning(model, seed=seed), (1e-3, 2e-3)),
    "lora": (lambda model, seed: LoRA(model, rank=4, alpha=8, seed=seed), (3e-3, 1e-2)),
    "encoder": (lambda model, seed: FullFineTuning(model, num_labels=2, seed=seed), (2e-4, 6e-4)),
}
SEEDS = (0, 1, 2)
LABELS, STEPS = 1000, 200  # steps of 32
DOCUMENT_SEED = 99  # of the documents for perplexity: not those that a claim is measured on, which count from 0


def load_all(folders: Mapping[str, str | Path] | None = None) -> dict[str, tuple]:
    """{name: (model, tokenizer)} of all shipped models; `folders` says where to find some of them instead.

    Raises one CourseError that names everything that cannot be loaded.
    """
    found, missing, folders = {}, [], folders or {}
    for name in SHIPPED:
        try:
            found[name] = load_model(folders.get(name, name))
        except CourseError as error:
            missing.append(f"{name}: {error}")
    if missing:
        raise CourseError("\n  ".join([f"{len(missing)} of the {len(SHIPPED)} models cannot be loaded:", *missing]))
    return found


def tuned(model, tokenizer, task, how: str) -> Measured:
    """Test accuracy over seeds; the learning rate is the one of a fixed list that does best on validation."""
    rates = METHODS[how][1]
    tried = {rate: tuned_once(model, tokenizer, task, how, rate, SEEDS[0]) for rate in rates}
    best = max(tried, key=lambda rate: tried[rate][0])
    later = [tuned_once(model, tokenizer, task, how, best, seed) for seed in SEEDS[1:]]
    return over_seeds([test for _, test in (tried[best], *later)])


def tuned_once(model, tokenizer, task, how: str, rate: float, seed: int) -> tuple[float, float]:
    """Accuracy on validation and on test after one training run."""
    method = METHODS[how][0](model, seed)
    whole(fit(model, tokenizer, {"train": task["train"].select(range(LABELS))}, method, steps=STEPS, learning_rate=rate,
              seed=seed, progress=False))
    on_validation, on_test = (evaluate(model, tokenizer, task[split], method) for split in ("validation", "test"))
    return on_validation["accuracy"], on_test["accuracy"]


def labelled(task, column: str) -> list[baselines.Part]:
    """1,000 rows of train, then validation and test, each as (texts, labels)."""
    parts = (task["train"].select(range(LABELS)), task["validation"], task["test"])
    return [(part[column][:], part["label"][:]) for part in parts]


def probe(model, tokenizer, task, where: str) -> tuple[float, float]:
    """A linear probe on the frozen model's last hidden state, 1,000 labels: accuracy on validation and on test."""
    return baselines.probe_accuracy(*(
        (baselines.features(model, tokenizer, texts, where), labels)
        for texts, labels in labelled(task, "prompt" if where == "last" else "text")))


def perplexity_ratio(model, tokenizer, seed: int) -> float:
    """How many times as unsure word frequencies alone are, on 400 documents that were never trained on."""
    texts, seen = (list(islice(documents(split, seed), n)) for split, n in (("validation", 400), ("train", 4000)))
    return unigram_perplexity(tokenizer, seen, texts) / perplexity(model, tokenizer, texts)


def bag_of_words(table: Table, task) -> float:
    """The row of the baseline; its accuracy."""
    accuracy = best_bag_of_words(task, LABELS)
    table.add("bag of words", "reviews, 1,000 labels", share(accuracy, len(task["test"])), between(0.60, 0.88))
    return accuracy


def small_model(table: Table, pair: tuple, task, bag: float) -> None:
    """What orchard-s brings along, and what tuning makes of it; `bag` is what a bag of words reaches."""
    name, n = "orchard-s", len(task["test"])
    zero, own = evaluate(*pair, task["test"])["accuracy"], own_sense(*pair, task["test"])
    _, probed = probe(*pair, task, "last")
    table.add(name, "zero-shot with label words", share(zero, n), between(0.40, 0.65))
    table.add(name, "its own sense of a review", share(own, n), at_least(0.90))
    table.add(name, "linear probe, last position", share(probed, n), at_least(0.85))
    absolute, passes = at_least(0.92)
    full = table.add(name, "full fine-tuning", tuned(*pair, task, "full"),
                     (f"{absolute}, bag + .05", lambda f: passes(f) and f.value >= bag + 0.05))
    table.add(name, "LoRA", tuned(*pair, task, "lora"),
              ("≥ full − .03", lambda f: f.value >= full.value - 0.03))
    ratio = over_seeds([perplexity_ratio(*pair, DOCUMENT_SEED + seed) for seed in SEEDS])
    table.add(name, "unigram perplexity / its own", ratio, at_least(5))


def early_model(table: Table, pair: tuple, task) -> None:
    """orchard-s-early has no sense of a review yet: full fine-tuning can teach it, LoRA cannot."""
    name = "orchard-s-early"
    own = own_sense(*pair, task["test"])
    table.add(name, "its own sense of a review", share(own, len(task["test"])), at_most(0.65))
    full = table.add(name, "full fine-tuning", tuned(*pair, task, "full"), at_least(0.90))
    table.add(name, "LoRA", tuned(*pair, task, "lora"),
              ("≤ full − .10", lambda f: f.value <= full.value - 0.10))


def encoder(table: Table, pair: tuple, task) -> None:
    """The encoder is probed at the better of two places: better on validation, reported on test."""
    name = "orchard-encoder"
    _, probed = max((probe(*pair, task, where) for where in ("first", "mean")), key=lambda found: found[0])
    table.add(name, "linear probe, position 0 or mean", share(probed, len(task["test"])), at_least(0.70))
    table.add(name, "full fine-tuning", tuned(*pair, task, "encoder"), at_least(0.90))


def rows(models: Mapping[str, tuple]) -> list[Row]:
    """The gate on reviews, for the models of `load_all`."""
    table, task = Table(), load_task("reviews")
    bag = bag_of_words(table, task)
    small_model(table, models["orchard-s"], task, bag)
    early_model(table, models["orchard-s-early"], task)
    encoder(table, models["orchard-encoder"], task)
    return table.rows
