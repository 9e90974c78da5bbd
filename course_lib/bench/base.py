"""`course bench base`: what the shipped base models know, printed next to what the course needs of them.

Reviews: a bag of words, the bare model, its own sense of a review, a probe, full fine-tuning and LoRA.
Lists: greedy answers after 0, 1 and 4 examples, on pairs that no list ever showed.
"""
import statistics
from itertools import islice

import torch

from course_lib.bench import prototypes
from course_lib.bench.rows import Row
from course_lib.evaluation import perplexity, unigram_perplexity
from course_lib.models import load_model
from course_lib.world import documents, load_task, reviews

RATES = {"full": (3e-4, 1e-3), "lora": (3e-3, 1e-2), "encoder": (2e-4, 6e-4)}
SEEDS = (0, 1, 2)
LABELS = 1000


def mean_spread(values: list[float]) -> tuple[float, float]:
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


@torch.no_grad()
def own_sense(model, tokenizer, rows, batch=25) -> float:
    """The share of reviews after which, closing with "In short:", the phrases of the right side are more probable."""
    film, restaurant = (reviews.summary_phrases(domain) for domain in ("film", "restaurant"))
    sides = [[p for p in film[side] if p in restaurant[side]] for side in (False, True)]
    right = 0
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        prompts = [f"{text}\n{reviews.SUMMARY_OPENING}" for text in part["text"]]
        mass = torch.stack([
            sum((-prototypes.answer_losses(model, tokenizer, prompts, [p] * len(prompts), end=".")).exp() for p in side)
            for side in sides
        ])  # (2, B)
        right += (mass.argmax(0) == torch.tensor(part["label"])).sum().item()
    return right / len(rows)


def best_rate(model, tokenizer, task, how: str) -> float:
    """The learning rate that does best on validation, from one fixed list, with one seed."""
    train, validation = task["train"].select(range(LABELS)), task["validation"]
    tune = prototypes.tuned_encoder_accuracy if how == "encoder" else prototypes.tuned_accuracy
    arguments = () if how == "encoder" else (how,)
    return max(RATES[how], key=lambda rate: tune(model, tokenizer, train, validation, *arguments, rate, 0))


def tuned(model, tokenizer, task, how: str, seeds=SEEDS) -> tuple[float, float]:
    """Mean and spread of the test accuracy over seeds, at the learning rate chosen on validation."""
    train, rate = task["train"].select(range(LABELS)), best_rate(model, tokenizer, task, how)
    if how == "encoder":
        return mean_spread([prototypes.tuned_encoder_accuracy(model, tokenizer, train, task["test"], rate, s) for s in seeds])
    return mean_spread([prototypes.tuned_accuracy(model, tokenizer, train, task["test"], how, rate, s) for s in seeds])


def probe(model, tokenizer, task, where: str) -> float:
    """A linear probe on the frozen model's last hidden state, 1,000 labels."""
    column = "text" if where != "last" else "prompt"
    parts = [task["train"].select(range(LABELS)), task["validation"], task["test"]]
    data = [x for part in parts for x in (prototypes.features(model, tokenizer, part[column][:], where), part["label"][:])]
    return prototypes.probe_accuracy(*data)


def rows(small="orchard-s", early="orchard-s-early", encoder="orchard-encoder") -> list[Row]:
    """The gate on reviews; a name may also be a folder."""
    task = load_task("reviews")
    found: list[Row] = []

    def add(model, measure, figure, must, holds):
        value, spread = figure if isinstance(figure, tuple) else (figure, 0.0)
        found.append(Row(model, measure, value, spread, must, holds(value)))
        print(found[-1], flush=True)
        return value

    train = task["train"].select(range(LABELS))
    bag = prototypes.bag_of_words_accuracy(train, task["validation"], task["test"])
    add("bag of words", "reviews, 1,000 labels", bag, ".60–.88", lambda v: 0.60 <= v <= 0.88)
    names = task["train"].features["label"].names

    model, tokenizer = load_model(small)
    zero = prototypes.label_accuracy(model, tokenizer, task["test"], names)
    add(small, "zero-shot with label words", zero, ".40–.65", lambda v: 0.40 <= v <= 0.65)
    add(small, "its own sense of a review", own_sense(model, tokenizer, task["test"]), "≥ .90", lambda v: v >= 0.90)
    add(small, "linear probe, last position", probe(model, tokenizer, task, "last"), "≥ .85", lambda v: v >= 0.85)
    full = add(small, "full fine-tuning", tuned(model, tokenizer, task, "full"), "≥ .92, bag + .05",
               lambda v: v >= max(0.92, bag + 0.05))
    add(small, "LoRA prototype", tuned(model, tokenizer, task, "lora"), "≥ full − .03", lambda v: v >= full - 0.03)

    texts = list(islice(documents("validation", 99), 400))
    seen = list(islice(documents("train", 99), 4000))
    ratio = unigram_perplexity(tokenizer, seen, texts) / perplexity(model, tokenizer, texts)
    add(small, "unigram perplexity / its own", ratio, "≥ 5", lambda v: v >= 5)

    model, tokenizer = load_model(early)
    add(early, "its own sense of a review", own_sense(model, tokenizer, task["test"]), "≤ .65", lambda v: v <= 0.65)
    full = add(early, "full fine-tuning", tuned(model, tokenizer, task, "full"), "≥ .90", lambda v: v >= 0.90)
    add(early, "LoRA prototype", tuned(model, tokenizer, task, "lora"), "≤ full − .10", lambda v: v <= full - 0.10)

    model, tokenizer = load_model(encoder)
    best = max(probe(model, tokenizer, task, where) for where in ("first", "mean"))
    add(encoder, "linear probe, position 0 or mean", best, "≥ .70", lambda v: v >= 0.70)
    add(encoder, "full fine-tuning", tuned(model, tokenizer, task, "encoder"), "≥ .90", lambda v: v >= 0.90)
    return found
