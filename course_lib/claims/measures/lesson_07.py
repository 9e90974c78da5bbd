"""What lesson 07 measures: adapters, what training fewer parameters saves and what not, and LoRA on a 4-bit base.

A short run is that of lesson 06: 32 steps of 16 reviews on 128 labels. The learning rates stand in claims/lesson_07.py
with the lists that they were chosen from: each once, on 200 validation rows, for its own setting; with seed 0, where no
more seeds are named.
"""
import functools
import time
from itertools import islice
from statistics import median

import torch
from datasets import Dataset
from torch.utils._python_dispatch import TorchDispatchMode

from course_lib.batches import Batches, loss_of
from course_lib.claims.lesson_07 import (
    BASES,
    BOTTLENECK,
    BOTTLENECKS,
    COARSE,
    EQUAL,
    EQUAL_RATES,
    FAR,
    FAR_RATES,
    FINE,
    LENGTH,
    RATES,
    SIZES,
    TEXT_RATE,
    TEXT_STEPS,
)
from course_lib.claims.measures.lesson_05 import ROWS, STEPS, short_rows
from course_lib.claims.measures.lesson_06 import accuracy_of, filled, lora, operations, texts, tuned
from course_lib.cost import cost
from course_lib.evaluation import old_domain_loss
from course_lib.methods import Adapter, Frozen, FullFineTuning, LoRA, PrefixTuning, PromptTuning, ScaleShift
from course_lib.models.loading import load_model
from course_lib.quantise import quantise, size_in_bytes
from course_lib.training import fit
from course_lib.world import documents, load_task

BUILDERS = {
    "full": lambda model, seed: FullFineTuning(model, seed=seed),
    "head": lambda model, seed: Frozen(model, (), num_labels=2, seed=seed),
    "lora": lambda model, seed: lora(model, seed=seed),
    "adapter": lambda model, seed: Adapter(model, BOTTLENECK, seed=seed),
    "parallel": lambda model, seed: Adapter(model, BOTTLENECK, parallel=True, seed=seed),
    "ia3": lambda model, seed: ScaleShift(model, seed=seed),
    "prompt": lambda model, seed: PromptTuning(model, LENGTH, "vocabulary", seed=seed),
}


@functools.lru_cache(maxsize=32)  # claims share runs
def short_run(name: str, seed: int) -> tuple[float, float]:
    """Accuracy after a short run of this method on orchard-s, and its loss on old text."""
    model, tokenizer = load_model("orchard-s")
    method = BUILDERS[name](model, seed)
    return (tuned(model, tokenizer, method, seed, RATES[name]),
            old_domain_loss(model, tokenizer, method, n_documents=60))


def short(name: str, seed: int) -> float:
    """The accuracy of `short_run` alone."""
    return short_run(name, seed)[0]


def near(seed: int) -> dict[str, float]:
    """Accuracy near to pretraining: full fine-tuning, LoRA, adapters."""
    return {name: short(name, seed) for name in ("full", "lora", "adapter")}


def distance(seed: int) -> dict[str, float]:
    """Full fine-tuning, LoRA and adapters: on the late base in a short run, on the early one in a long one. Accuracy,
    and the loss on old text before and after. `probe`: a new head alone, a short run, on an untrained base as well.
    """
    found = {}
    for base, (name, random) in BASES.items():
        model, tokenizer = load_model(name, random=random, seed=seed)
        found[f"{base}_probe"] = tuned(model, tokenizer, BUILDERS["head"](model, seed), seed, RATES["head"])
        if random:
            continue
        found[f"{base}_before"] = old_domain_loss(model, tokenizer, n_documents=60)
        for key in ("full", "lora", "adapter"):
            if base == "near":
                found[f"near_{key}"], found[f"near_{key}_old"] = short_run(key, seed)
                continue
            method = BUILDERS[key](model, seed)
            found[f"far_{key}"] = tuned(model, tokenizer, method, seed, FAR_RATES[key], **FAR)
            found[f"far_{key}_old"] = old_domain_loss(model, tokenizer, method, n_documents=60)
    return found


@functools.cache
def costs(name: str = "orchard-s") -> dict:
    """The cost of one step on 16 reviews by method."""
    model, tokenizer = load_model(name)
    rows = load_task("reviews")["train"].select(range(16))
    return {key: cost(model, tokenizer, rows, build(model, 0)) for key, build in BUILDERS.items() if key != "parallel"}


SMALL_PARTS = ("head", "ia3", "prompt", "adapter", "lora")


def compute(seed: int) -> dict[str, float]:
    """Full fine-tuning over each method: the operations of a step, and for LoRA the optimizer's memory, too."""
    found = costs()
    return {name: found["full"].step / found[name].step for name in SMALL_PARTS} | {
        "state": found["full"].optimizer_bytes / found["lora"].optimizer_bytes}


def storage(seed: int) -> dict[str, float]:
    """Full fine-tuning over each method: the bytes of the saved file."""
    found = costs()
    return {name: found["full"].bytes_on_disk / found[name].bytes_on_disk for name in SMALL_PARTS}


def step_seconds(model, tokenizer, method, rows) -> float:
    """Processor seconds of a training step of 16 rows, the median of a few."""
    marks = [time.process_time()]
    fit(model, tokenizer, {"train": rows}, method, steps=8, batch_size=16, learning_rate=1e-4, progress=False,
        watch=lambda history: marks.append(time.process_time()))
    return median(after - before for before, after in zip(marks[2:], marks[3:]))


def time_and_memory(seed: int) -> dict[str, float]:
    """LoRA over full fine-tuning: the time of a step, in turns; its operations; the optimizer's memory, gradients and
    the model's own weights with it.
    """
    model, tokenizer = load_model("orchard-s")
    rows = load_task("reviews")["train"].shuffle(seed=seed).select(range(16))
    pairs = [[step_seconds(model, tokenizer, BUILDERS[name](model, seed), rows) for name in ("full", "lora")]
             for _ in range(3)]
    found, weights = costs(), size_in_bytes(model)
    state = {name: 1.5 * found[name].optimizer_bytes for name in ("full", "lora")}  # its two numbers, and the gradient
    return {"time": median(small / full for full, small in pairs),
            "operations": found["lora"].step / found["full"].step, "state": state["lora"] / state["full"],
            "memory": (weights + state["lora"]) / (weights + state["full"])}


def bottlenecks(seed: int) -> dict[str, float]:
    """Accuracy by bottleneck, the share of the model's parameters that each trains, and full fine-tuning beside it."""
    model, tokenizer = load_model("orchard-s")
    whole, found = sum(parameter.numel() for parameter in model.parameters()), {}
    for m, rate in BOTTLENECKS.items():
        method = Adapter(model, m, seed=seed)
        found[f"m_{m}"] = tuned(model, tokenizer, method, seed, rate)
        found[f"share_{m}"] = sum(parameter.numel() for parameter in method.parameters()) / whole
    return found | {"full": short("full", seed)}


def variants(seed: int) -> dict[str, float]:
    """Accuracy of adapters in series and in parallel, with equally many parameters."""
    return {"series": short("adapter", seed), "parallel": short("parallel", seed)}


class Products(TorchDispatchMode):
    """Counts the products of matrices that are made one after the other."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function.overloadpacket.__name__ in ("mm", "addmm", "bmm", "baddbmm")
        return function(*args, **kwargs or {})


def bend(change, x, y) -> float:
    """How far a change is from an affine map: |c(x + y) - c(x) - c(y) + c(0)| over |c(x)| + |c(y)|."""
    zero = change(torch.zeros_like(x))
    size = (change(x) - zero).norm() + (change(y) - zero).norm()
    return ((change(x + y) - change(x) - change(y) + zero).norm() / size).item()


def filled_adapter(model, seed: int) -> Adapter:
    """An adapter that is no no-op: Up has random entries, too, and others than Down."""
    method, generator = Adapter(model, BOTTLENECK, seed=seed), torch.Generator().manual_seed(1000 + seed)
    with torch.no_grad():
        for up in method.up:
            up.weight.normal_(std=0.1, generator=generator)
    return method


def changes(model, seed: int) -> tuple:
    """What an adapter and what LoRA add at one place, as functions of what they read, and two inputs for them."""
    adapter, low_rank = filled_adapter(model, seed), filled(model, seed)
    generator = torch.Generator().manual_seed(2000 + seed)  # from the matrices' own seed, x would look like them
    x, y = (torch.randn(8, 128, generator=generator) for _ in range(2))
    add = lambda x: adapter.up[0](torch.relu(adapter.down[0](x)))
    return add, lambda x: x @ low_rank.A[0].T @ low_rank.B[0].T, x, y


@torch.no_grad()
def folding(seed: int) -> dict[str, float]:
    """How far an adapter's and LoRA's change are from linear; operations and products of matrices of one pass over
    those of the base, adapters attached and LoRA merged.
    """
    model, tokenizer = load_model("orchard-s")
    adapter, batch = filled_adapter(model, seed), texts(tokenizer, seed)
    add, low_rank, x, y = changes(model, seed)

    def products() -> int:
        with Products() as counter:
            model(**batch)
        return counter.count

    base, plain = operations(model, batch), products()
    with adapter.on(model):
        extra, more = operations(model, batch) / base, products() / plain
    merged = filled(model, seed)
    merged.merge(model)
    found = {"bend": bend(add, x, y), "lora_bend": bend(low_rank, x, y), "operations": extra, "products": more,
             "lora_operations": operations(model, batch) / base, "lora_products": products() / plain}
    merged.unmerge(model)
    return found


def equal_parameters(seed: int) -> dict[str, float]:
    """Accuracy of methods that add something, with about as many parameters, in the setting of lesson 05."""
    model, tokenizer = load_model("orchard-s")
    rows, found = short_rows(load_task("reviews")["train"], tokenizer, seed), {}
    for name, method in (("adapter", Adapter(model, EQUAL["adapter"], seed=seed)),
                         ("prompt", PromptTuning(model, EQUAL["prompt"], "vocabulary", seed=seed)),
                         ("prefix", PrefixTuning(model, EQUAL["prefix"], "vocabulary", seed=seed))):
        fit(model, tokenizer, {"train": rows}, method, steps=STEPS, batch_size=ROWS, learning_rate=EQUAL_RATES[name],
            seed=seed, progress=False)
        found[name] = accuracy_of(model, tokenizer, method)
        found[f"{name}_parameters"] = sum(parameter.numel() for parameter in method.parameters())
    return found


def text_rows(split: str, seed: int, n: int) -> Dataset:
    """Documents of pretraining as a task: the first word, and what follows it."""
    parts = (text.split(" ", 1) for text in documents(split, seed) if "\n" not in text and " " in text)
    first, rest = zip(*islice(parts, n))
    return Dataset.from_dict({"prompt": list(first), "answer": list(rest)})


@torch.no_grad()
def text_loss(model, tokenizer, method, rows) -> float:
    """The mean loss of what follows the first word, in nats a token."""
    data = Batches(model, tokenizer, rows, method)
    batch = data.batch(list(range(len(data))))
    with method.on(model):
        return loss_of(method.logits(model, batch), batch["labels"]).item()


def on_codes(seed: int) -> dict[str, float]:
    """Full precision, NF4 and int4. In QLoRA's own blocks: the loss on old text, and the accuracy of LoRA on reviews.
    In large blocks, where rounding hurts more: the loss on text before and after LoRA was trained on such text.
    """
    model, tokenizer = load_model("orchard-s")
    train, test = text_rows("train", seed, 16 * TEXT_STEPS), text_rows("validation", seed, 100)
    found = {}
    for scheme in ("full", "nf4", "int4"):
        fine, coarse = (model if scheme == "full" else quantise(model, scheme, block) for block in (FINE, COARSE))
        found[f"{scheme}_fine"] = old_domain_loss(fine, tokenizer, n_documents=100)
        found[f"{scheme}_task"] = (short("lora", seed) if scheme == "full" else
                                   tuned(fine, tokenizer, lora(fine, seed=seed), seed, RATES["lora"]))
        method = lora(coarse, seed=seed)
        found[f"{scheme}_before"] = text_loss(coarse, tokenizer, method, test)
        fit(coarse, tokenizer, {"train": train}, method, steps=TEXT_STEPS, batch_size=16, learning_rate=TEXT_RATE,
            seed=seed, progress=False)
        found[f"{scheme}_after"] = text_loss(coarse, tokenizer, method, test)
    return found


def two_meanings(seed: int) -> dict[str, float]:
    """Low-rank matrices against bottleneck modules: parameters, how far from linear, and whether each can be merged."""
    model, _ = load_model("orchard-s")
    add, low_rank, x, y = changes(model, seed)
    count = lambda method: sum(parameter.numel() for parameter in method.parameters())
    with torch.no_grad():
        return {"bottleneck_parameters": count(Adapter(model, BOTTLENECK)), "low_rank_parameters": count(lora(model)),
                "bottleneck_bend": bend(add, x, y), "low_rank_bend": bend(low_rank, x, y),
                "bottleneck_merges": float(not Adapter.why_not_merged),
                "low_rank_merges": float(not LoRA.why_not_merged)}


def growth(seed: int) -> dict[str, float]:
    """For three sizes of model: what LoRA trains, what one pass takes, and what the base's weights weigh."""
    found = {}
    for size in SIZES:
        model, _ = load_model(f"orchard-{size}")
        of = costs(f"orchard-{size}")
        found |= {f"trained_{size}": of["lora"].parameters, f"forward_{size}": of["lora"].forward,
                  f"step_{size}": of["lora"].step / of["full"].step, f"base_{size}": size_in_bytes(model)}
    return found
