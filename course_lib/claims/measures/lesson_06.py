"""What lesson 06 measures: LoRA's parts, what it costs, and how near it comes to full fine-tuning.

A short run is 32 steps of 16 reviews on 128 labels, a long one 200 steps on 1,000. The learning rates were chosen once,
on the validation split with seed 0, each for its own setting: the best of a list, and the largest where several are.
LoRA's rate for the far setting, where the seeds differ most, is the best in the mean of seeds 0, 1 and 2.
"""
import torch

from course_lib import models
from course_lib.claims.lesson_06 import ALPHA, FULL_RATE, LORA_RATE, RANK, RANKS, SHORT
from course_lib.cost import size_on_disk
from course_lib.evaluation import evaluate, old_domain_loss
from course_lib.methods import FullFineTuning, LoRA
from course_lib.training import fit
from course_lib.world import load_task

FAR_LORA_RATES, FAR_FULL_RATES = (0.003, 0.005, 0.01), (0.0005, 0.001, 0.002)
FAR_RATES = 5e-3, 5e-4              # LoRA's and full fine-tuning's, chosen from these
FAR = {"labels": 1000, "steps": 200}
PLACES = {"all_layers": (4, LORA_RATE), "one_layer": (16, 1e-2), "query_value": (19, 1e-3), "queries": (38, 3e-3)}
TEST = 200                       # test reviews
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def train(model, tokenizer, method, seed: int, rate: float, labels: int = 128, steps: int = SHORT) -> None:
    """Trains the method on reviews."""
    fit(model, tokenizer, {"train": load_task("reviews")["train"].select(range(labels))}, method, steps=steps,
        batch_size=16, learning_rate=rate, seed=seed, progress=False)


def accuracy_of(model, tokenizer, method) -> float:
    """The share of right answers among test reviews."""
    return evaluate(model, tokenizer, load_task("reviews")["test"].select(range(TEST)), method)["accuracy"]


def tuned(model, tokenizer, method, seed: int, rate: float, **size) -> float:
    """Trains the method; its accuracy on test."""
    train(model, tokenizer, method, seed, rate, **size)
    return accuracy_of(model, tokenizer, method)


def lora(model, rank: int = RANK, alpha: float = ALPHA, seed: int = 0, **options):
    """LoRA on every linear layer of the blocks, as the lesson trains it."""
    return LoRA(model, **{"targets": MODULES, **options}, rank=rank, alpha=alpha, seed=seed)


def places(seed: int) -> dict[str, float]:
    """Accuracy by where LoRA sits; the ranks make all four train about as many parameters, which are counted."""
    model, tokenizer = models.load_model("orchard-s")
    last = tuple(f"layers.3.{part}.{name}" for part, names in (("self_attn", MODULES[:4]), ("mlp", MODULES[4:]))
                 for name in names)
    found, sizes = {}, []
    for place, targets in (("all_layers", MODULES), ("one_layer", last), ("query_value", ("q_proj", "v_proj")),
                           ("queries", ("q_proj",))):
        rank, rate = PLACES[place]
        method = lora(model, rank, rank * ALPHA / RANK, seed, targets=targets)
        sizes.append(sum(parameter.numel() for parameter in method.parameters()))
        found[place] = tuned(model, tokenizer, method, seed, rate)
    return found | {"fewest": min(sizes), "most": max(sizes)}


def ranks(seed: int) -> dict[str, float]:
    """Accuracy by rank, with alpha / r kept the same, and the share of the model's parameters that each rank trains.

    Beside them full fine-tuning, which trains every parameter.
    """
    model, tokenizer = models.load_model("orchard-s")
    count = lambda module: sum(parameter.numel() for parameter in module.parameters())
    full, right, shares = FullFineTuning(model, seed=seed), {}, {}
    for rank, rate in RANKS.items():
        method = lora(model, rank, rank * ALPHA / RANK, seed)
        right[f"rank_{rank}"] = tuned(model, tokenizer, method, seed, rate)
        shares[f"share_{rank}"] = count(method) / count(full)
    return right | shares | {"full": tuned(model, tokenizer, full, seed, FULL_RATE)}


def near_and_far(seed: int) -> dict[str, float]:
    """LoRA and full fine-tuning: on the late checkpoint in a short run, on the early one in a long one.

    `far_lora_near_rate` is LoRA on the early one with the learning rate that was chosen for the late one.
    """
    found = {}
    for where, name, size in (("near", "orchard-s", {}), ("far", "orchard-s-early", FAR)):
        model, tokenizer = models.load_model(name)
        small, full = lora(model, seed=seed), FullFineTuning(model, seed=seed)
        lora_rate, full_rate = (LORA_RATE, FULL_RATE) if where == "near" else FAR_RATES
        found |= {f"{where}_full": tuned(model, tokenizer, full, seed, full_rate, **size),
                  f"{where}_lora": tuned(model, tokenizer, small, seed, lora_rate, **size),
                  f"{where}_before": old_domain_loss(model, tokenizer, n_documents=60),
                  f"{where}_after_full": old_domain_loss(model, tokenizer, full, n_documents=60),
                  f"{where}_after_lora": old_domain_loss(model, tokenizer, small, n_documents=60)}
    return found | {"far_lora_near_rate": tuned(model, tokenizer, lora(model, seed=seed), seed, LORA_RATE, **FAR),
                    "space": size_on_disk(small) / size_on_disk(full)}


def change_of(method):
    """The whole change (alpha / r) B A of every site, as one vector."""
    return torch.cat([(method.scale * B @ A).detach().flatten() for A, B in zip(method.A, method.B)])


def rank_and_scale(seed: int) -> dict[str, float]:
    """The rank of the trained change; what twice the alpha does to it; and twice the alpha at half the rate."""
    model, tokenizer = models.load_model("orchard-s")
    change, accuracy = {}, {}
    for steps in (1, SHORT):
        for factor in (1, 2):
            method = lora(model, alpha=factor * ALPHA, seed=seed)
            train(model, tokenizer, method, seed, LORA_RATE / factor, steps=steps)
            change[steps, factor] = change_of(method)
            if steps == SHORT:
                accuracy[factor] = accuracy_of(model, tokenizer, method)
    last = method.scale * method.B[0] @ method.A[0]
    apart = lambda steps: ((change[steps, 1] - change[steps, 2]).norm() / change[steps, 1].norm()).item()
    twice = lora(model, alpha=2 * method.scale * RANK, seed=seed)
    twice.load_state_dict(method.state_dict())
    return {"rank": torch.linalg.matrix_rank(last.detach(), rtol=1e-5).item(),
            "scale": (change_of(twice).norm() / change_of(method).norm()).item(),
            "first": apart(1), "last": apart(SHORT), "accuracy": accuracy[1], "traded": accuracy[2]}
