"""What lesson 07 measures in other settings near to pretraining: how many labels, which task, how wide a bottleneck.

`few` is the setting of lesson 05: 128 short reviews, read ten times, in 160 steps of 8. `questions`: 512 of the task
facts, 120 steps of 16. See lesson_07.py for the third one.
"""
import functools

from course_lib.claims.lesson_07 import BOTTLENECK, BOTTLENECKS, EQUAL, EQUAL_RATES, FEW_RATES, NEAR, QUESTION_RATES
from course_lib.claims.measures.lesson_05 import ROWS, STEPS, short_rows
from course_lib.claims.measures.lesson_06 import accuracy_of
from course_lib.claims.measures.lesson_07 import BUILDERS, run
from course_lib.evaluation import evaluate
from course_lib.methods import Adapter, PrefixTuning, PromptTuning
from course_lib.models.loading import load_model
from course_lib.training import fit
from course_lib.world import load_task

QUESTIONS = {"labels": 512, "steps": 120, "test": 150}


def count(method) -> int:
    """The numbers that the method trains."""
    return sum(parameter.numel() for parameter in method.parameters())


def few(method, model, tokenizer, rate: float, seed: int) -> float:
    """Accuracy on reviews after training on few labels, read many times."""
    rows = short_rows(load_task("reviews")["train"], tokenizer, seed)
    fit(model, tokenizer, {"train": rows}, method, steps=STEPS, batch_size=ROWS, learning_rate=rate, seed=seed,
        progress=False)
    return accuracy_of(model, tokenizer, method)


@functools.lru_cache(maxsize=32)  # claims share runs
def few_of(name: str, seed: int) -> float:
    """`few` of full fine-tuning or LoRA."""
    model, tokenizer = load_model("orchard-s")
    return few(BUILDERS[name](model, seed), model, tokenizer, FEW_RATES[name], seed)


@functools.lru_cache(maxsize=32)
def few_adapter(bottleneck: int, seed: int) -> float:
    """`few` of adapters with this bottleneck."""
    model, tokenizer = load_model("orchard-s")
    return few(Adapter(model, bottleneck, seed=seed), model, tokenizer, BOTTLENECKS[bottleneck], seed)


def questions(name: str, seed: int) -> float:
    """The share of exact answers to questions."""
    model, tokenizer = load_model("orchard-s")
    task, method = load_task("facts"), BUILDERS[name](model, seed)
    rows = task["train"].shuffle(seed=seed).select(range(QUESTIONS["labels"]))
    fit(model, tokenizer, {"train": rows}, method, steps=QUESTIONS["steps"], batch_size=16,
        learning_rate=QUESTION_RATES[name], seed=seed, progress=False)
    return evaluate(model, tokenizer, task["test"].select(range(QUESTIONS["test"])), method)["exact_match"]


def near(seed: int) -> dict[str, float]:
    """Full fine-tuning, LoRA and adapters in three settings."""
    found = {f"once_{name}": run("near", name, seed)[0] for name in NEAR}
    found |= {f"few_{name}": few_of(name, seed) for name in ("full", "lora")}
    found["few_adapter"] = few_adapter(BOTTLENECK, seed)
    return found | {f"questions_{name}": questions(name, seed) for name in NEAR}


def bottlenecks(seed: int) -> dict[str, float]:
    """Accuracy by bottleneck, the share of the model's parameters that each trains, and full fine-tuning beside it."""
    model, _ = load_model("orchard-s")
    found = {"full": few_of("full", seed)}
    for m in BOTTLENECKS:
        found[f"m_{m}"] = few_adapter(m, seed)
        found[f"share_{m}"] = count(Adapter(model, m)) / count(model)
    return found


def equal_parameters(seed: int) -> dict[str, float]:
    """Accuracy of methods that add something, with about as many parameters."""
    model, tokenizer = load_model("orchard-s")
    adapter, others = Adapter(model, EQUAL["adapter"]), {
        "prompt": PromptTuning(model, EQUAL["prompt"], "vocabulary", seed=seed),
        "prefix": PrefixTuning(model, EQUAL["prefix"], "vocabulary", seed=seed)}
    found = {"adapter": few_adapter(EQUAL["adapter"], seed), "adapter_parameters": count(adapter)}
    for name, method in others.items():
        found[name] = few(method, model, tokenizer, EQUAL_RATES[name], seed)
        found[f"{name}_parameters"] = count(method)
    return found
