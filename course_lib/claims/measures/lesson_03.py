"""What lesson 03 measures of what to train: frozen layers, single blocks, new heads.

Unless it is said: 128 labelled reviews, 32 steps of 16.
"""
import copy

import torch

from course_lib import models
from course_lib.batches import Batches, loss_of
from course_lib.claims.lesson_03 import BLOCK_LABELS, BLOCK_TEST
from course_lib.cost import cost
from course_lib.evaluation import evaluate
from course_lib.methods import Frozen, FullFineTuning, LoRA, LoReFT, PrefixTuning, PromptTuning
from course_lib.shifts import dead_key, relabelled
from course_lib.training import fit
from course_lib.world import load_task

LABELS, STEPS, BATCH = 128, 32, 16
TURNED = {"positive": "negative", "negative": "positive"}
PARTS = {**{f"block {n + 1}": (f"model.layers.{n}",) for n in range(4)}, "all": None}


def start(name: str = "orchard-s", test: int = 200):
    """(model, tokenizer, the reviews, the test rows that a claim looks at)."""
    task = load_task("reviews")
    return *models.load_model(name), task, task["test"].select(range(test))


def train(model, tokenizer, method, rows, seed: int, rate: float, steps: int = STEPS, **options) -> None:
    """Trains the method on these rows."""
    fit(model, tokenizer, {"train": rows}, method, steps=steps, batch_size=BATCH, learning_rate=rate, seed=seed,
        progress=False, **options)


def accuracy(model, tokenizer, rows, method=None) -> float:
    """The share of right answers."""
    return evaluate(model, tokenizer, rows, method)["accuracy"]


# Rates, each chosen once by the accuracy on 150 validation rows, in runs that no record has; of equals the largest.
# Everything of 3e-4 and 1e-3, the last block of 1e-3, 3e-3 and 1e-2, heads of 1e-2, 3e-2 and 1e-1:
PART_RATES = {("near", "full"): 3e-4, ("near", "last"): 3e-3, ("near", "head"): 3e-2,
              ("far", "full"): 1e-3, ("far", "last"): 1e-3, ("far", "head"): 1e-1}
# Of 1e-3 and 3e-3:
BLOCK_RATES = {("input", "block 1"): 3e-3, ("input", "block 2"): 1e-3, ("input", "block 3"): 3e-3,
               ("input", "block 4"): 1e-3, ("input", "all"): 1e-3, ("label", "block 1"): 3e-3,
               ("label", "block 2"): 3e-3, ("label", "block 3"): 3e-3, ("label", "block 4"): 3e-3,
               ("label", "all"): 1e-3}
# Of 1e-4, 3e-4 and 1e-3, for the probe of 1e-2, 3e-2 and 1e-1:
HEAD_RATES = {"probe": 3e-2, "random": 1e-4, "probed": 3e-4}


def count(tensors) -> int:
    """How many numbers these tensors hold."""
    return sum(tensor.numel() for tensor in tensors)


def by_hand(model, tokenizer, rows, trained: tuple[str, ...], decay: float, zeroed: bool = False, steps: int = 4):
    """A copy of the model after AdamW steps on these rows, in plain torch: only what lies in `trained` should move.

    The rest is frozen: it asks for no gradient, and no optimizer has it. With `zeroed` it is in the optimizer, and its
    gradients are set to zero before each step.
    """
    tuned = copy.deepcopy(model).requires_grad_(False)
    inside = lambda name: any(f"{name}.".startswith(f"{part}.") for part in trained)
    for name, parameter in tuned.named_parameters():
        parameter.requires_grad_(zeroed or inside(name))
    optimizer = torch.optim.AdamW([p for p in tuned.parameters() if p.requires_grad], lr=1e-3, weight_decay=decay)
    batch = Batches(model, tokenizer, rows, FullFineTuning(model)).batch(list(range(len(rows))))
    labels, inputs = batch["labels"], {name: value for name, value in batch.items() if name != "labels"}
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(tuned(**inputs).logits, labels).backward()
        for name, parameter in tuned.named_parameters():
            if zeroed and not inside(name):
                parameter.grad.zero_()
        optimizer.step()
    return tuned


def moved(before, after, names) -> float:
    """The largest difference of any number in the parameters of these names."""
    old, new = dict(before.named_parameters()), dict(after.named_parameters())
    return max((old[name] - new[name]).abs().max().item() for name in names)


def frozen(seed: int) -> dict[str, float]:
    """How far frozen parameters go in four steps with weight decay; the control has their gradients set to zero."""
    model, tokenizer, task, _ = start()
    rows, last = task["train"].shuffle(seed=seed).select(range(BATCH)), ("model.layers.3",)
    names = [name for name, _ in model.named_parameters()]
    inside = [name for name in names if name.startswith(last[0])]
    outside = [name for name in names if name not in inside]
    kept = by_hand(model, tokenizer, rows, last, decay=0.01)
    zeroed = by_hand(model, tokenizer, rows, last, decay=0.01, zeroed=True)
    return {"frozen": moved(model, kept, outside), "trained": moved(model, kept, inside),
            "zeroed": moved(model, zeroed, outside)}


METHODS = {"full": FullFineTuning, "last block": Frozen, "lora": LoRA, "prompt": PromptTuning, "prefix": PrefixTuning,
           "loreft": LoReFT}


def subset(seed: int) -> dict[str, float]:
    """For each method how many of the base's own numbers it trains, how many it adds, and whether the set is fixed.

    `changing` counts the parameters that got a gradient in one of three batches and not in another.
    """
    model, tokenizer, task, _ = start()
    found, changing = {}, 0
    for name, build in METHODS.items():
        method, sets = build(model, seed=seed), []
        data = Batches(model, tokenizer, task["train"].shuffle(seed=seed).select(range(3 * BATCH)), method)
        with method.on(model):
            for first in range(0, len(data), BATCH):
                method.zero_grad()
                batch = data.batch(list(range(first, first + BATCH)))
                loss_of(method.logits(model, batch), batch["labels"]).backward()
                sets.append({key for key, parameter in method.named_parameters() if parameter.grad is not None})
        changing += len(set.union(*sets) - set.intersection(*sets))
        own = count(method.parameters()) if hasattr(method, "copies") else 0
        key = name.replace(" ", "_")
        found |= {f"own_{key}": own, f"added_{key}": count(method.parameters()) - own}
    return found | {"changing": changing, "base": count(model.parameters())}


NEAR, FAR = {"labels": 128, "steps": 32}, {"labels": 512, "steps": 96}


def whole_or_part(seed: int) -> dict[str, float]:
    """Full fine-tuning, the last block, a head: right answers near to pretraining and far from it; operations."""
    found = {}
    for where, name, size in (("near", "orchard-s", NEAR), ("far", "orchard-s-early", FAR)):
        model, tokenizer, task, test = start(name)
        rows = task["train"].shuffle(seed=seed).select(range(size["labels"]))
        for part, method in (("full", FullFineTuning(model, seed=seed)), ("last", Frozen(model, seed=seed)),
                             ("head", Frozen(model, train=(), num_labels=2, seed=seed))):
            train(model, tokenizer, method, rows, seed, PART_RATES[where, part], size["steps"], reuse=part != "full")
            found[f"{where}_{part}"] = accuracy(model, tokenizer, test, method)
            if where == "near":
                found[f"step_{part}"] = cost(model, tokenizer, rows.select(range(BATCH)), method).step
    return found


def source(seed: int):
    """(orchard-s fine-tuned on 512 reviews, its tokenizer, the reviews): the model that a shift surprises."""
    model, tokenizer, task, _ = start()
    full = FullFineTuning(model, seed=seed)
    train(model, tokenizer, full, task["train"].shuffle(seed=seed).select(range(512)), seed, 3e-4)
    full.merge(model)
    return copy.deepcopy(model), tokenizer, task


def shifted(rows, shift: str):
    """The rows as they are under a shift, "input" or "label"."""
    return dead_key(rows) if shift == "input" else relabelled(rows, TURNED)


def tuned_part(model, tokenizer, task, shift: str, part: str, labels: int, seed: int, rate: float, steps: int = 20):
    """The method that trains one part of a source model under a shift, on rows that the source never saw."""
    names = PARTS[part]
    method = FullFineTuning(model, seed=seed) if names is None else Frozen(model, names, seed=seed)
    rows = shifted(task["train"].shuffle(seed=seed).select(range(512, 512 + labels)), shift)
    train(model, tokenizer, method, rows, seed, rate, steps, reuse=part not in ("block 1", "all"))
    return method


def which_block(seed: int, labels: int = BLOCK_LABELS) -> dict[str, float]:
    """Right answers under each shift: of the source model as it is, and with one part of it tuned."""
    model, tokenizer, task = source(seed)
    found = {"own": accuracy(model, tokenizer, task["test"].select(range(BLOCK_TEST)))}
    for shift in ("input", "label"):
        test = shifted(task["test"].select(range(BLOCK_TEST)), shift)
        found[f"{shift}_before"] = accuracy(model, tokenizer, test)
        for part in PARTS:
            method = tuned_part(model, tokenizer, task, shift, part, labels, seed, BLOCK_RATES[shift, part])
            found[f"{shift}_{part.replace(' ', '_')}"] = accuracy(model, tokenizer, test, method)
    return found


def two_heads(seed: int, labels: int = 64) -> dict[str, float]:
    """A probe, full fine-tuning from a random head, and from the probe's: at home and on three kinds of strangers."""
    model, tokenizer, task, test = start()
    rows = task["train"].shuffle(seed=seed).select(range(labels))
    probe, methods = Frozen(model, train=(), num_labels=2, seed=seed), {}
    train(model, tokenizer, probe, rows, seed, HEAD_RATES["probe"], reuse=True)
    for name in ("random", "probed"):
        methods[name] = FullFineTuning(model, num_labels=2, seed=seed)
        if name == "probed":
            methods[name].head.load_state_dict(probe.head.state_dict())
        train(model, tokenizer, methods[name], rows, seed, HEAD_RATES[name])
    places = {"own": test, "gadgets": task["shifted"].select(range(200)), "natural": load_task("natural")["test"],
              "dead_key": dead_key(test)}
    return {f"{name}_{place}": accuracy(model, tokenizer, where, method)
            for name, method in {"probe": probe, **methods}.items() for place, where in places.items()}
