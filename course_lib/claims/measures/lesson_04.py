"""What lesson 04 measures: a teacher of 3 million parameters, a student of a tenth of that, and what can be taken out.

The task is stars. The teacher (orchard-m) is tuned in full on 128 labels, 20 steps of 16; students (orchard-xs) take
100 steps of 16. Rates and temperature were chosen once, on 200 validation rows with seed 0: the teacher's rate of
2.5e-4, 5e-4 and 1e-3, a student's of `TRIED`, each for what it learns from, and the temperature of `TEMPERATURES`. The
best, and the largest where several are.
"""
import time
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import mean, median

import datasets
import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib import models
from course_lib.architecture import with_positions
from course_lib.claims.lesson_04 import GONE, HALF
from course_lib.cost import cost, eager_attention
from course_lib.distillation import Teacher, distil, importance, least, prune, taught_rows
from course_lib.evaluation import answers, evaluate, old_domain_loss
from course_lib.methods import FullFineTuning
from course_lib.models.card import BUNDLED, count_parameters, read_card
from course_lib.models.configs import RECIPES, build_model
from course_lib.models.optimise import make_optimizer, mean_loss, train_steps
from course_lib.models.packing import Batches as PackedText
from course_lib.training import fit
from course_lib.world import documents, load_task

LABELS, UNLABELLED, TEST = 128, 512, 200
TEACHING, LEARNING = {"steps": 20, "batch_size": 16}, {"steps": 100, "batch_size": 16}
TRIED, TEMPERATURES = (1e-3, 2e-3, 4e-3), (1, 2, 4)
TEACHER_RATE, RATES = 5e-4, {"alone": 4e-3, "gold": 2e-3, "hard": 1e-3, "distilled": 2e-3}
TEMPERATURE, SOFT = 1.0, 0.9


def shuffled(split: str, n: int, seed: int):
    """n rows of stars in an order that the seed decides."""
    return load_task("stars")[split].shuffle(seed=seed).select(range(n))


def trained(model, tokenizer, rows, seed: int, rate: float, size: dict):
    """Full fine-tuning on these rows."""
    method = FullFineTuning(model, seed=seed)
    fit(model, tokenizer, {"train": rows}, method, learning_rate=rate, seed=seed, progress=False, **size)
    return method


def teach(big, tokenizer, rows, seed: int):
    """The teacher, tuned on labelled rows."""
    return trained(big, tokenizer, rows, seed, TEACHER_RATE, TEACHING)


def learn(small, tokenizer, rows, seed: int, kind: str = "gold"):
    """A student on labelled rows alone."""
    return trained(small, tokenizer, rows, seed, RATES[kind], LEARNING)


def distilled(teacher: Teacher, small, tokenizer, seed: int):
    """A student that is told what the teacher says."""
    method = FullFineTuning(small, seed=seed)
    distil(teacher, small, tokenizer, method, TEMPERATURE, SOFT, learning_rate=RATES["distilled"], seed=seed,
           progress=False, **LEARNING)
    return method


def accuracy(model, tokenizer, method=None, rows=None) -> float:
    """The share of right stars."""
    rows = rows or load_task("stars")["test"].select(range(TEST))
    return evaluate(model, tokenizer, rows, method)["accuracy"]


def pair():
    """(the large model, the small one, their tokenizer)."""
    small, tokenizer = models.load_model("orchard-xs")
    return models.load_model("orchard-m")[0], small, tokenizer


def fewer(seed: int) -> dict[str, float]:
    """Parameters of both, in all and without embeddings; the student's before and after it is taught (one step)."""
    big, small, tokenizer = pair()
    rows = shuffled("train", 16, seed)
    method = trained(small, tokenizer, rows, seed, RATES["gold"], LEARNING | {"steps": 1})
    counted = [count_parameters(model) for model in (big, small)]
    method.merge(small)
    return {"teacher": counted[0][0], "student": counted[1][0], "taught": count_parameters(small)[0],
            "teacher_inner": counted[0][1], "student_inner": counted[1][1]}


def batch_of(tokenizer, rows) -> dict:
    """Prompts as a model reads them."""
    batch = tokenizer(rows["prompt"][:], return_tensors="pt", padding=True)
    return with_positions({"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"],
                           "use_cache": False, "logits_to_keep": 1})


@torch.no_grad()
def operations(model, batch: dict) -> int:
    """Floating-point operations of one forward pass, attention included."""
    with eager_attention(model), FlopCounterMode(display=False) as counter:
        model(**batch)
    return counter.get_total_flops()


@torch.no_grad()
def seconds(model, batch: dict) -> float:
    """Processor seconds of one forward pass."""
    start = time.process_time()
    model(**batch)
    return time.process_time() - start


def in_pairs(big, small, batch: dict, pairs: int = 9) -> float:
    """The student's time as a share of the teacher's: the median over pairs of passes, one right after the other."""
    seconds(big, batch), seconds(small, batch)
    return median(seconds(small, batch) / seconds(big, batch) for _ in range(pairs))


def joules(model, batch: dict, passes: int = 3) -> float | None:
    """What the processor took for 1,000 answers, in joules; None where the system does not report it (Linux: RAPL)."""
    counter = Path("/sys/class/powercap/intel-rapl:0/energy_uj")
    try:
        before = int(counter.read_text())
        for _ in range(passes):
            seconds(model, batch)
        return (int(counter.read_text()) - before) / 1e6 * 1000 / (passes * len(batch["input_ids"]))
    except OSError:
        return None


def faster(seed: int) -> dict[str, float]:
    """Operations for a token of a prompt, and the time of both in pairs."""
    big, small, tokenizer = pair()
    batch = batch_of(tokenizer, shuffled("test", 32, seed))
    tokens = batch["input_ids"].numel()
    return {"teacher": operations(big, batch) / tokens, "student": operations(small, batch) / tokens,
            "time": in_pairs(big, small, batch)}


def between(seed: int) -> dict[str, float]:
    """Accuracy of the teacher, of its student, and of the same student taught in other ways."""
    big, small, tokenizer = pair()
    labelled = shuffled("train", LABELS, seed)
    rows = shuffled("train", LABELS + UNLABELLED, seed).select(range(LABELS, LABELS + UNLABELLED))
    taught = teach(big, tokenizer, labelled, seed)
    told = taught_rows(big, tokenizer, rows, taught)
    soft, wide = (Teacher(big, tokenizer, {"train": told}, taught, over=over) for over in ("labels", "vocabulary"))
    blank, _ = models.load_model("orchard-xs", random=True, seed=seed)
    right = lambda method, model=small: accuracy(model, tokenizer, method)
    return {"teacher": right(taught, big), "distilled": right(distilled(soft, small, tokenizer, seed)),
            "alone": right(learn(small, tokenizer, labelled, seed, "alone")),
            "gold": right(learn(small, tokenizer, rows, seed)),
            "hard": right(learn(small, tokenizer, told, seed, "hard")),
            "vocabulary": right(distilled(wide, small, tokenizer, seed)),
            "random": right(distilled(soft, blank, tokenizer, seed), blank), "bare": right(None),
            "labels": LABELS, "rows": len(told)}


SIZES = {"xs": "orchard-xs", "s": "orchard-s", "m": "orchard-m"}
NEWBORN_STEPS = 48  # of 8 rows of 64 tokens, for m


def newborn_loss(name: str, steps: int, seed: int, tokenizer) -> float:
    """The loss on unseen text of a new model of this size after so many steps, at its recipe's learning rate."""
    recipe = replace(RECIPES[name], rows=8, length=64, tokens=steps * 8 * 64, decay=None, seed=seed)
    model = build_model(recipe, tokenizer)
    texts = PackedText(documents, tokenizer, "train", seed, recipe.rows, recipe.length, steps)
    unseen = [PackedText(documents, tokenizer, "validation", 1, 40, 96, 1)[0]]
    for _ in train_steps(model, recipe, texts, make_optimizer(model, recipe)):
        pass
    return mean_loss(model, recipe, unseen)


def size_and_data(seed: int) -> dict[str, float]:
    """Losses by size: of the shipped models, from their cards; of newborn ones, on equal text and on equal work.

    The work of a model is taken as its parameters times its tokens. A card's curve is one run with one seed, and m at
    the work of xs was still at the beginning of its schedule.
    """
    cards = {size: read_card(BUNDLED / name) for size, name in SIZES.items()}
    tokens, work = cards["m"]["tokens"], cards["xs"]["parameters"] * cards["xs"]["tokens"]
    at = lambda size, read: max((point for point in cards[size]["curve"] if point["tokens"] <= read),
                                key=lambda point: point["tokens"])["validation_loss"]
    _, tokenizer = models.load_model("orchard-xs")
    found = {"tokens": tokens, "equal_xs": at("xs", cards["xs"]["tokens"]),
             "equal_m": at("m", work // cards["m"]["parameters"])}
    for size, name in SIZES.items():
        longer = round(NEWBORN_STEPS * cards["m"]["parameters"] / cards[size]["parameters"])
        found |= {f"long_{size}": at(size, tokens), f"text_{size}": newborn_loss(name, NEWBORN_STEPS, seed, tokenizer),
                  f"work_{size}": newborn_loss(name, longer, seed, tokenizer)}
    return found


def without(model, part: str, ranks: torch.Tensor, gone: int):
    """The model without `gone` per cent of its heads or neurons, those with the lowest ranks."""
    return prune(model, **{part: least(ranks, round(gone / 100 * ranks.numel()))})


def parts(seed: int) -> dict[str, float]:
    """The teacher without its least important heads or neurons, and without as many that chance has drawn."""
    big, tokenizer = models.load_model("orchard-m")
    taught = teach(big, tokenizer, shuffled("train", LABELS, seed), seed)
    scores = importance(big, tokenizer, shuffled("train", 64, seed), taught)
    taught.merge(big)
    generator = torch.Generator().manual_seed(seed)
    test = load_task("stars")["test"].select(range(TEST // 2))
    found = {"whole": accuracy(big, tokenizer, rows=test),
             "loss_whole": old_domain_loss(big, tokenizer, n_documents=30)}
    for part, given in (("heads", scores.heads), ("neurons", scores.neurons)):
        small = {gone: without(big, part, given, gone) for gone in GONE}
        found |= {f"{part}_{gone}": accuracy(one, tokenizer, rows=test) for gone, one in small.items()}
        by_chance = without(big, part, torch.rand(given.shape, generator=generator), HALF)
        found |= {f"{part}_random": accuracy(by_chance, tokenizer, rows=test),
                  f"loss_{part}": old_domain_loss(small[HALF], tokenizer, n_documents=30)}
    return found


SKEW = 2 / 3  # of the labels that the skewed teacher learns from: they have one star less than the review says


def skewed(rows, seed: int):
    """The rows with one star less, but never below one, for the share `SKEW` of them."""
    rng = Random(seed)
    labels = [max(0, label - 1) if rng.random() < SKEW else label for label in rows["label"]]
    columns = rows.to_dict() | {"label": labels, "answer": [str(label + 1) for label in labels]}
    return datasets.Dataset.from_dict(columns, rows.features)


def too_few(model, tokenizer, method) -> float:
    """The stars that a test review is given too few, in the mean; as many reviews have each number of stars."""
    given, right = answers(model, tokenizer, load_task("stars")["test"].select(range(TEST)), method)
    return mean(right) - mean(given)


def inherited(seed: int) -> dict[str, float]:
    """Stars too few: of a skewed and a fair teacher, of their students, and of a student of the right labels."""
    big, small, tokenizer = pair()
    labelled = shuffled("train", LABELS, seed)
    rows = shuffled("train", LABELS + UNLABELLED, seed).select(range(LABELS, LABELS + UNLABELLED))
    found = {"labels": too_few(small, tokenizer, learn(small, tokenizer, rows, seed))}
    for name, student, own in (("teacher", "student", skewed(labelled, seed)), ("fair", "fair_student", labelled)):
        taught = teach(big, tokenizer, own, seed)
        told = Teacher(big, tokenizer, {"train": taught_rows(big, tokenizer, rows, taught)}, taught)
        found[name] = too_few(big, tokenizer, taught)
        found[student] = too_few(small, tokenizer, distilled(told, small, tokenizer, seed))
    return found


def break_even(big, small, tokenizer, rows, each: list[float]) -> float:
    """How many answers save what the teaching took; `rows` are a batch of training, `each` the operations of an answer.

    The teaching: the teacher's training, its answers to the texts and then its logits, the student's training.
    """
    step = [cost(model, tokenizer, rows, FullFineTuning(model)).step for model in (big, small)]
    spent = TEACHING["steps"] * step[0] + LEARNING["steps"] * step[1] + 2 * UNLABELLED * each[0]
    return spent / (each[0] - each[1])


def energy(seed: int) -> dict[str, float]:
    """Operations for 1,000 answers, the student's share of processor time, and what pays for the teaching."""
    big, small, tokenizer = pair()
    rows = shuffled("train", 32, seed)
    batch = batch_of(tokenizer, rows)
    each = [operations(model, batch) / len(rows) for model in (big, small)]
    return {"teacher": 1000 * each[0], "student": 1000 * each[1], "cpu": in_pairs(big, small, batch),
            "break_even": break_even(big, small, tokenizer, rows.select(range(16)), each)}
