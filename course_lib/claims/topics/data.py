"""The data: raw text before the labels, and the order of the rows. Every run is full fine-tuning."""
from dataclasses import replace
from functools import partial
from itertools import chain, zip_longest
from random import Random

import datasets
import torch

from course_lib.claims.claim import GUIDE, Figures, claim, share
from course_lib.claims.claim import more as ahead
from course_lib.experiments import learn, score, tuned, tuning
from course_lib.experiments.short_reviews import EVERYTHING, NEAR
from course_lib.methods import FullFineTuning
from course_lib.prompting import score_choices
from course_lib.shifts import dead_key
from course_lib.training.batches import Batches, loss_of
from course_lib.world import load_task

RAW = replace(NEAR, labels=1024, steps=64)  # C83: raw texts, each once,
FEW = replace(NEAR, labels=100, steps=64)   # and then labels
WAYS = {"at_once": "at once", "domain": "after raw text with a dead key", "other": "after usual raw text"}
STAGE = replace(NEAR, labels=96, steps=6)  # C80: one of three stages
ORDERS = {"easy_first": "easiest first", "hard_first": "hardest first", "shuffled": "shuffled"}


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


def reading(way: str, rate: float, seed: int) -> tuple:
    """(model, tokenizer, method, labelled rows typed with a dead key): what was read first is learned already."""
    model, tokenizer = FEW.load(seed)
    method, n = FullFineTuning(model, seed=seed), FEW.labels
    rows = replace(FEW, labels=n + RAW.labels).train_rows(tokenizer, seed)
    raw = rows.select(range(n, len(rows)))
    if way != "at_once":
        texts = (dead_key(raw) if way == "domain" else raw)["text"][:]
        learn(model, tokenizer, method, as_raw_text(texts), rate, seed, RAW)
    return model, tokenizer, method, dead_key(rows.select(range(n)))


def way_rates(way: str) -> tuple[float, float]:
    """The learning rates of the raw text, found with that of the labels at once, and of the labels after it."""
    def run(raw: float, rate: float, seed: int) -> dict[str, float]:
        model, tokenizer, method, few = reading(way, raw, seed)
        learn(model, tokenizer, method, few, rate, seed, FEW)
        rows = replace(FEW, test=tuning.ROWS).test_rows(tokenizer, seed, "validation")
        return tuning.judged(model, tokenizer, dead_key(rows), method)

    if way == "at_once":
        return 0.0, tuning.best_rate(f"{FEW.labels} labels with a dead key, at once (C83)", partial(run, 0.0), 3e-4)
    at_once = way_rates("at_once")[1]
    raw = tuning.best_rate(f"raw text: labels {WAYS[way]} (C83)", lambda rate, seed: run(rate, at_once, seed), 3e-4)
    return raw, tuning.best_rate(f"{FEW.labels} labels with a dead key, {WAYS[way]} (C83)", partial(run, raw), 3e-4)


@claim("C83", "Self-supervised tuning on raw text of the domain helps", (GUIDE,), lesson="03", tolerance=0.1,
       question="Do labels bring more after raw text of their domain than at once, and than after other raw text?",
       turned="It did not hold: the means of five runs were close. With rates of their own there is a gain over no raw "
              "text, perhaps less than two points; over other raw text there may be none.",
       asks={"than at once": ahead(lambda f: f["domain"] - f["at_once"], 0.02),
             "than after other text": ahead(lambda f: f["domain"] - f["other"], 0.02)},
       figures=(*WAYS, "text_before", "text_after"))
def domain_first(seed: int) -> dict[str, float]:
    """Few labels from a keyboard with a dead key: at once, after raw text of the same, after raw text as usual.

    `text_before` and `text_after` are the loss of other raw text of the same, before and after the raw text was read:
    whether it was learned at all.
    """
    held_out, found = dead_key(load_task("reviews")["validation"])["text"][:64], {}
    for way in WAYS:
        raw, rate = way_rates(way)
        model, tokenizer, method, few = reading(way, raw, seed)
        if way != "other":
            found["text_before" if way == "at_once" else "text_after"] = text_loss(model, tokenizer, held_out, method)
        learn(model, tokenizer, method, few, rate, seed, FEW)
        found[way] = score(model, tokenizer, dead_key(FEW.test_rows(tokenizer, seed)), method)
    return found


@domain_first.told
def tell_domain_first(f: Figures) -> str:
    """The shares, and whether the raw text was learned."""
    return (f"{FEW.labels} labels of reviews typed with a dead key, at once: {share(f['at_once'])}; after raw text "
            f"typed with it {share(f['domain'])}; after as much raw text typed as usual {share(f['other'])}. The loss "
            f"of text typed with it went from {f['text_before'].mean:.1f} to {f['text_after'].mean:.1f} nats a token. "
            "After raw text of the domain:")


def easiest_first(model, tokenizer, rows, teacher) -> list[int]:
    """The places of the rows, by how probable the right answer is to a teacher; the two classes take turns."""
    scores = score_choices(model, tokenizer, rows["prompt"][:], rows.features["label"].names, method=teacher)
    right = [score[label] for score, label in zip(scores, rows["label"][:])]
    by_class = [sorted((place for place, one in enumerate(rows["label"][:]) if one == label), key=lambda i: -right[i])
                for label in (0, 1)]
    return [place for place in chain(*zip_longest(*by_class)) if place is not None]


def in_stages(order: str, rate: float, seed: int) -> tuple:
    """(model, tokenizer, method): three stages, of a third, two thirds and all of the rows, in this order.

    How easy a row is says a teacher that was tuned on other rows.
    """
    model, tokenizer = STAGE.load(seed)
    n = STAGE.labels
    drawn = replace(STAGE, labels=n + NEAR.labels).train_rows(tokenizer, seed)
    rows, others = drawn.select(range(n)), drawn.select(range(n, len(drawn)))
    places = Random(f"order {seed}").sample(range(n), n)
    if order != "shuffled":
        teacher = FullFineTuning(model, seed=seed)
        learn(model, tokenizer, teacher, others, tuned(NEAR, EVERYTHING).rate, seed, NEAR)
        places = easiest_first(model, tokenizer, rows, teacher)[::-1 if order == "hard_first" else 1]
    method = FullFineTuning(model, seed=seed)
    for stage in (1, 2, 3):
        learn(model, tokenizer, method, rows.select(places[:stage * n // 3]), rate, seed + stage, STAGE)
    return model, tokenizer, method


def order_rate(order: str) -> float:
    """The learning rate of the stages in this order."""
    def run(rate: float, seed: int) -> dict[str, float]:
        model, tokenizer, method = in_stages(order, rate, seed)
        rows = replace(STAGE, test=tuning.ROWS).test_rows(tokenizer, seed, "validation")
        return tuning.judged(model, tokenizer, rows, method)

    return tuning.best_rate(f"three stages, {ORDERS[order]} (C80)", run, 3e-4)


@claim("C80", "Curriculum learning, from easy to hard, helps", (GUIDE,), lesson="03", tolerance=0.1,
       question="Is the order from easy to hard ahead of a shuffled one, in a training so short that there is room?",
       turned="It did not hold: the means of five seeds were close, at one rate for all orders. The interval of 20, "
              "each order at its own, allows next to no gain, and a large one.",
       asks={"easiest first against shuffled": ahead(lambda f: f["easy_first"] - f["shuffled"], 0.02)},
       figures=tuple(ORDERS))
def curriculum(seed: int) -> dict[str, float]:
    """Right answers after stages with the easiest first, the hardest first, and shuffled, each at a rate of its own."""
    found = {}
    for order in ORDERS:
        model, tokenizer, method = in_stages(order, order_rate(order), seed)
        found[order] = score(model, tokenizer, STAGE.test_rows(tokenizer, seed), method)
    return found


@curriculum.told
def tell_curriculum(f: Figures) -> str:
    """The shares."""
    return ", ".join(f"{name} {share(f[order])}" for order, name in ORDERS.items()).capitalize() + ". Ahead:"
