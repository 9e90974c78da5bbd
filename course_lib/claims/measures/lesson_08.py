"""What lesson 08 measures of training: LoReFT, its hyperparameters and RED beside LoRA.

A short run is 40 steps of 16 rows on 128 labels, a long one 120 steps; in the short one the seeds differ more. Every
learning rate was chosen once, on the validation split with seed 0, from the list beside it in
../lesson_08_loreft.py: the best, and the largest where several are.
"""
from course_lib import models
from course_lib.claims.lesson_08_loreft import (
    GRID,
    LONG,
    LORA,
    LORA_RATES,
    LOREFT_RATES,
    RED_RATE,
    SHORT,
    SMALL_LORA,
    SMALL_LORA_RATE,
)
from course_lib.errors import CourseError
from course_lib.evaluation import evaluate
from course_lib.methods import LoRA, LoReFT, ScaleShift
from course_lib.training import fit
from course_lib.world import load_task

TEST = 150


def train(model, tokenizer, method, seed: int, rate: float, task: str = "reviews", steps: int = SHORT) -> None:
    """Trains the method on 128 labels."""
    fit(model, tokenizer, {"train": load_task(task)["train"].select(range(128))}, method, steps=steps, batch_size=16,
        learning_rate=rate, seed=seed, progress=False)


def tuned(model, tokenizer, method, seed: int, rate: float, task: str = "reviews", steps: int = LONG) -> float:
    """Trains the method; its accuracy on test rows."""
    train(model, tokenizer, method, seed, rate, task, steps)
    return evaluate(model, tokenizer, load_task(task)["test"].select(range(TEST)), method)["accuracy"]


def size(method) -> int:
    """How many parameters are trained."""
    return sum(parameter.numel() for parameter in method.parameters())


def grid(seed: int) -> dict[str, float]:
    """Accuracy with each of the hyperparameters moved from the default, one at a time, with a rate of its own."""
    model, tokenizer = models.load_model("orchard-s")
    return {name: tuned(model, tokenizer, LoReFT(model, **settings, seed=seed), seed, rate)
            for name, (_, settings, rate) in GRID.items()}


def scale_and_shift(seed: int) -> dict[str, float]:
    """RED, LoRA on every linear layer, and LoRA with as many parameters as RED; and how many each trains."""
    model, tokenizer = models.load_model("orchard-s")
    tried = {"red": (ScaleShift(model, "red", seed=seed), RED_RATE),
             "lora": (LoRA(model, **LORA, seed=seed), LORA_RATES["reviews"]),
             "small_lora": (LoRA(model, **SMALL_LORA, seed=seed), SMALL_LORA_RATE)}
    return ({name: tuned(model, tokenizer, method, seed, rate) for name, (method, rate) in tried.items()}
            | {f"{name}_size": size(method) for name, (method, _) in tried.items()})


def drop_in(seed: int) -> dict[str, float]:
    """LoReFT and LoRA in the same short loop, with as many parameters, and whether each can be merged."""
    model, tokenizer = models.load_model("orchard-s")
    rows, found = load_task("reviews")["test"].select(range(TEST)), {}
    for name, method, rate in (("loreft", LoReFT(model, seed=seed), LOREFT_RATES["reviews"]),
                               ("lora", LoRA(model, **LORA, seed=seed), LORA_RATES["reviews"])):
        found[name] = tuned(model, tokenizer, method, seed, rate, steps=SHORT)
        try:
            method.merge(model)
            method.unmerge(model)
            found[f"{name}_merges"] = 1.0
        except CourseError:
            found[f"{name}_merges"] = 0.0
    return found | {"bare": evaluate(model, tokenizer, rows)["accuracy"]}


def against_lora(seed: int) -> dict[str, float]:
    """LoReFT, and LoRA of rank 1 on every linear layer, about as many parameters, on three tasks."""
    model, tokenizer = models.load_model("orchard-s")
    loreft, lora = lambda: LoReFT(model, seed=seed), lambda: LoRA(model, **LORA, seed=seed)
    found = {"loreft_size": size(loreft()), "lora_size": size(lora())}
    for task in LORA_RATES:
        found[f"{task}_loreft"] = tuned(model, tokenizer, loreft(), seed, LOREFT_RATES[task], task)
        found[f"{task}_lora"] = tuned(model, tokenizer, lora(), seed, LORA_RATES[task], task)
    return found
