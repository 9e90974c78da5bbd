"""What lesson 03 measures of data: raw text before the labels, and the order of the rows.

Every run is full fine-tuning, its rates chosen as in lesson_03.py.
"""
from itertools import chain, zip_longest
from random import Random

import datasets
import torch

from course_lib.claims.lesson_03 import FEW
from course_lib.claims.measures.lesson_03 import BATCH, accuracy, start, train
from course_lib.methods import FullFineTuning
from course_lib.prompting import score_choices
from course_lib.shifts import dead_key
from course_lib.training.batches import Batches, loss_of

LABEL_STEPS = 64
RAW_ROWS, RAW_RATE = 1024, 1e-4   # the rate of 1e-4, 3e-4 and 1e-3, by what the labels bring afterwards
LABEL_RATE = 3e-4                 # of 3e-4 and 1e-3, the best in the mean of the three ways
ORDERED, STAGE, ORDER_RATE = 96, 6, 3e-4  # rows, steps of each of three stages, and their rate, of 3e-4 and 1e-3


def as_raw_text(texts: list[str]):
    """Rows for `fit` whose answer is the text itself, after its first word: raw text is learned by continuing it."""
    parts = [text.split(" ", 1) for text in texts]
    return datasets.Dataset.from_dict({"prompt": [first for first, _ in parts], "answer": [rest for _, rest in parts]})


@torch.no_grad()
def text_loss(model, tokenizer, texts: list[str], method) -> float:
    """The mean loss of the tokens of these texts, in nats, after the first word of each."""
    batch = Batches(model, tokenizer, as_raw_text(texts), method).batch(list(range(len(texts))))
    with method.on(model):
        return loss_of(method.logits(model, batch), batch["labels"]).item()


def domain_first(seed: int) -> dict[str, float]:
    """Few labels from a keyboard with a dead key: at once, after raw text of the same, after raw text as usual.

    `text_before` and `text_after` are the loss of other raw text of the same, before and after the raw text was read:
    whether it was learned at all.
    """
    model, tokenizer, task, test = start()
    rows, test = task["train"].shuffle(seed=seed), dead_key(test)
    few, raw = dead_key(rows.select(range(FEW))), rows.select(range(FEW, FEW + RAW_ROWS))
    held_out = dead_key(task["validation"])["text"][:64]
    found = {"text_before": text_loss(model, tokenizer, held_out, FullFineTuning(model))}
    for name, more in (("at_once", None), ("domain", dead_key(raw)), ("other", raw)):
        method = FullFineTuning(model, seed=seed)
        if more:
            train(model, tokenizer, method, as_raw_text(more["text"][:]), seed, RAW_RATE, RAW_ROWS // BATCH)
        if name == "domain":
            found["text_after"] = text_loss(model, tokenizer, held_out, method)
        train(model, tokenizer, method, few, seed, LABEL_RATE, LABEL_STEPS)
        found[name] = accuracy(model, tokenizer, test, method)
    return found


def easiest_first(model, tokenizer, rows, teacher) -> list[int]:
    """The places of the rows, by how probable the right answer is to a teacher; the two classes take turns."""
    scores = score_choices(model, tokenizer, rows["prompt"][:], rows.features["label"].names, method=teacher)
    right = [score[label] for score, label in zip(scores, rows["label"][:])]
    by_class = [sorted((place for place, one in enumerate(rows["label"][:]) if one == label), key=lambda i: -right[i])
                for label in (0, 1)]
    return [place for place in chain(*zip_longest(*by_class)) if place is not None]


def curriculum(seed: int, n: int = ORDERED) -> dict[str, float]:
    """Three stages, of a third, two thirds and all of the rows: the easiest first, the hardest first, shuffled.

    How easy a row is says a teacher that was tuned on other rows. So few steps that shuffled leaves room above it.
    """
    model, tokenizer, task, test = start()
    rows = task["train"].shuffle(seed=seed)
    teacher = FullFineTuning(model, seed=seed)
    train(model, tokenizer, teacher, rows.select(range(n, n + 64)), seed, ORDER_RATE, steps=20)
    rows = rows.select(range(n))
    easy_first, found = easiest_first(model, tokenizer, rows, teacher), {}
    for name, order in (("easy_first", easy_first), ("hard_first", easy_first[::-1]),
                        ("shuffled", Random(f"order {seed}").sample(range(n), n))):
        method = FullFineTuning(model, seed=seed)
        for stage in (1, 2, 3):
            part = rows.select(order[:stage * n // 3])
            train(model, tokenizer, method, part, seed + stage, ORDER_RATE, STAGE)
        found[name] = accuracy(model, tokenizer, test, method)
    return found
