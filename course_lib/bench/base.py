"""`course bench base`: what the shipped base models know, printed next to what the course needs of them.

Reviews: a bag of words, the bare model, its own sense of a review, a probe, full fine-tuning and LoRA.
Lists: greedy answers after 0, 1 and 4 examples, on pairs that no list ever showed (in_context.py).
"""
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import torch

from course_lib import prototypes
from course_lib.bench import baselines
from course_lib.bench.rows import Measured, Row, Table, over_seeds, share
from course_lib.errors import CourseError
from course_lib.evaluation import perplexity, unigram_perplexity
from course_lib.models import load_model
from course_lib.prototypes import answer_losses
from course_lib.world import documents, load_task, reviews

MODELS = ("orchard-xs", "orchard-s", "orchard-s-early", "orchard-m", "orchard-encoder")
RATES = {"full": (1e-3, 2e-3), "lora": (3e-3, 1e-2), "encoder": (2e-4, 6e-4)}
SEEDS = (0, 1, 2)
LABELS = 1000


def load_all(folders: Mapping[str, str | Path] = {}) -> dict[str, tuple]:
    """{name: (model, tokenizer)} of all models; `folders` says where to find some of them instead.

    Raises one CourseError that names everything that cannot be loaded.
    """
    found, missing = {}, []
    for name in MODELS:
        try:
            found[name] = load_model(folders.get(name, name))
        except CourseError as error:
            missing.append(f"{name}: {error}")
    if missing:
        raise CourseError("\n  ".join([f"{len(missing)} of the {len(MODELS)} models cannot be loaded:", *missing]))
    return found


@torch.no_grad()
def own_sense(model, tokenizer, rows, batch: int = 25) -> float:
    """The share of reviews after which, at a closing "In short:", phrases of the right side are more probable."""
    film, restaurant = (reviews.summary_phrases(domain) for domain in ("film", "restaurant"))
    sides = [[p for p in film[side] if p in restaurant[side]] for side in (False, True)]
    right = 0
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        prompts = [f"{text}\n{reviews.SUMMARY_OPENING}" for text in part["text"]]
        chance = lambda phrase, said=prompts: (-answer_losses(model, tokenizer, said, [phrase] * len(said), ".")).exp()
        mass = torch.stack([sum(map(chance, side)) for side in sides])  # (2, B)
        right += (mass.argmax(0) == torch.tensor(part["label"])).sum().item()
    return right / len(rows)


def tuned(model, tokenizer, task, how: str) -> Measured:
    """Test accuracy over seeds; the learning rate is the one of a fixed list that does best on validation."""
    train, parts = task["train"].select(range(LABELS)), [task["validation"], task["test"]]

    def accuracies(rate: float, seed: int) -> list[float]:
        if how == "encoder":
            return prototypes.tuned_encoder_accuracy(model, tokenizer, train, parts, rate, seed)
        return prototypes.tuned_accuracy(model, tokenizer, train, parts, how, rate, seed)

    tried = {rate: accuracies(rate, SEEDS[0]) for rate in RATES[how]}  # {rate: [validation, test]}
    best = max(tried, key=lambda rate: tried[rate][0])
    return over_seeds([tried[best][1], *(accuracies(best, seed)[1] for seed in SEEDS[1:])])


def probe(model, tokenizer, task, where: str) -> float:
    """A linear probe on the frozen model's last hidden state, 1,000 labels."""
    column = "text" if where != "last" else "prompt"
    parts = [task["train"].select(range(LABELS)), task["validation"], task["test"]]
    return baselines.probe_accuracy(*(
        x for part in parts
        for x in (baselines.features(model, tokenizer, part[column][:], where), part["label"][:])))


def perplexity_ratio(model, tokenizer, seed: int) -> float:
    """How many times as unsure word frequencies alone are, on 400 documents that were never trained on."""
    texts, seen = (list(islice(documents(split, seed), n)) for split, n in (("validation", 400), ("train", 4000)))
    return unigram_perplexity(tokenizer, seen, texts) / perplexity(model, tokenizer, texts)


def rows(models: Mapping[str, tuple]) -> list[Row]:
    """The gate on reviews, for the models of `load_all`."""
    table, task = Table(), load_task("reviews")
    n = len(task["test"])
    bag = baselines.bag_of_words_accuracy(task["train"].select(range(LABELS)), task["validation"], task["test"])
    table.add("bag of words", "reviews, 1,000 labels", share(bag, n), ".60–.88", lambda f: 0.60 <= f.value <= 0.88)

    name, pair = "orchard-s", models["orchard-s"]
    zero, own = prototypes.label_accuracy(*pair, task["test"]), own_sense(*pair, task["test"])
    table.add(name, "zero-shot with label words", share(zero, n), ".40–.65", lambda f: 0.40 <= f.value <= 0.65)
    table.add(name, "its own sense of a review", share(own, n), "≥ .90", lambda f: f.value >= 0.90)
    table.add(name, "linear probe, last position", share(probe(*pair, task, "last"), n), "≥ .85",
              lambda f: f.value >= 0.85)
    full = table.add(name, "full fine-tuning", tuned(*pair, task, "full"), "≥ .92, bag + .05",
                     lambda f: f.value >= max(0.92, bag + 0.05))
    table.add(name, "LoRA prototype", tuned(*pair, task, "lora"), "≥ full − .03",
              lambda f: f.value >= full.value - 0.03)
    ratio = over_seeds([perplexity_ratio(*pair, 99 + seed) for seed in SEEDS])
    table.add(name, "unigram perplexity / its own", ratio, "≥ 5", lambda f: f.value >= 5)

    name, pair = "orchard-s-early", models["orchard-s-early"]
    own = own_sense(*pair, task["test"])
    table.add(name, "its own sense of a review", share(own, n), "≤ .65", lambda f: f.value <= 0.65)
    full = table.add(name, "full fine-tuning", tuned(*pair, task, "full"), "≥ .90", lambda f: f.value >= 0.90)
    table.add(name, "LoRA prototype", tuned(*pair, task, "lora"), "≤ full − .10",
              lambda f: f.value <= full.value - 0.10)

    name, pair = "orchard-encoder", models["orchard-encoder"]
    best = max(probe(*pair, task, where) for where in ("first", "mean"))
    table.add(name, "linear probe, position 0 or mean", share(best, n), "≥ .70", lambda f: f.value >= 0.70)
    table.add(name, "full fine-tuning", tuned(*pair, task, "encoder"), "≥ .90", lambda f: f.value >= 0.90)
    return table.rows
