"""Freezing: whether what is frozen stays, and which numbers each method trains."""
import copy

import torch

from course_lib.experiments.draws import shuffled
from course_lib.experiments.setting import count
from course_lib.methods import Frozen, FullFineTuning, LoRA, LoReFT, PrefixTuning, PromptTuning
from course_lib.models import load_model
from course_lib.training.batches import Batches, loss_of
from course_lib.world import load_task

METHODS = {"full": FullFineTuning, "last block": Frozen, "lora": LoRA, "prompt": PromptTuning, "prefix": PrefixTuning,
           "loreft": LoReFT}
FROZEN_STEPS, BATCH = 4, 16  # of AdamW, on so many reviews


def by_hand(model, tokenizer, rows, trained: tuple[str, ...], decay: float, zeroed: bool = False,
            steps: int = FROZEN_STEPS):
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


def subset(seed: int) -> dict[str, float]:
    """For each method how many of the base's own numbers it trains, how many it adds, and whether the set is fixed.

    `changing` counts the parameters that got a gradient in one of three batches and not in another.
    """
    model, tokenizer = load_model("orchard-s")
    rows, found, changing = shuffled(load_task("reviews")["train"], 3 * BATCH, seed=seed), {}, 0
    for name, build in METHODS.items():
        method, sets = build(model, seed=seed), []
        data = Batches(model, tokenizer, rows, method)
        with method.on(model):
            for first in range(0, len(data), BATCH):
                method.zero_grad()
                batch = data.batch(list(range(first, first + BATCH)))
                loss_of(method.logits(model, batch), batch["labels"]).backward()
                sets.append({key for key, parameter in method.named_parameters() if parameter.grad is not None})
        changing += len(set.union(*sets) - set.intersection(*sets))
        own = count(method) if hasattr(method, "copies") else 0
        key = name.replace(" ", "_")
        found |= {f"own_{key}": own, f"added_{key}": count(method) - own}
    return found | {"changing": changing, "base": count(model)}
