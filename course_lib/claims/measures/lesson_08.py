"""What lesson 08 measures: where a concept is, what follows when it is changed, and LoReFT's edits.

A short run is 40 steps of 16 rows on 128 labels. Every learning rate was chosen once, on the validation split with seed
0, from the list beside it in ../lesson_08.py: the best, and the largest where several are.
Shapes: B texts, d width, r rank.
"""
from random import Random

import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib import models
from course_lib.architecture import blocks_of
from course_lib.bag_of_words import bag_of_words_accuracy
from course_lib.claims.lesson_08 import (
    DAS_RATE,
    DAS_STEPS,
    GRID,
    LENGTHS,
    LORA,
    LORA_RATES,
    LOREFT_RATES,
    RED_RATE,
    SHORT,
    STRENGTH,
    WIDTHS,
)
from course_lib.claims.measures.summing_up import (
    batch_of,
    favourable,
    probed,
    said,
    short_reviews,
    states,
    swap_rows,
    unfinished,
)
from course_lib.cost import eager_attention
from course_lib.errors import CourseError
from course_lib.evaluation import evaluate, old_domain_loss
from course_lib.methods import Interchange, LoRA, LoReFT, ScaleShift, Steering
from course_lib.training import fit
from course_lib.world import load_task

SITE = {"layer": 2, "position": -2}   # " short" after block 2: there the whole swap works best, but for the last block
TEST = 150


def probes(seed: int) -> dict[str, float]:
    """A linear probe at the last place after the last block, trained and with random weights, and a bag of words."""
    task, found = load_task("reviews"), {}
    (texts, labels), (test, right) = short_reviews("train", 400, seed), short_reviews("test", TEST, seed)
    y, y_test = torch.tensor(labels), torch.tensor(right)
    for name, options in (("trained", {}), ("random", {"random": True, "seed": seed})):
        model, tokenizer = models.load_model("orchard-s", **options)
        x, x_test = (torch.cat([states(model, batch_of(tokenizer, part[i:i + 100]), 1)[-1, :, 0]
                                for i in range(0, len(part), 100)]) for part in (texts, test))
        found[name] = probed(x, y, x_test, y_test)
    rows = task["train"].select(Random(seed).sample(range(len(task["train"])), 400))
    return found | {"words": bag_of_words_accuracy(rows, task["test"])}


def length_of_prompts() -> float:
    """The mean number of tokens of a review's prompt."""
    _, tokenizer = models.load_model("orchard-s")
    return sum(map(len, tokenizer(load_task("reviews")["test"]["prompt"][:200])["input_ids"])) / 200


def edited_share(seed: int) -> dict[str, float]:
    """The share of all hidden states after a block that LoReFT edits; the seed plays no part."""
    model, _ = models.load_model("orchard-s")
    T, blocks = length_of_prompts(), len(blocks_of(model))
    share = lambda method, T: len({layer for layer, _ in method.sites}) * (method.prefix + method.suffix) / (blocks * T)
    return {"ours": share(LoReFT(model), T), "last_block": share(LoReFT(model, [blocks - 1], prefix=0), T),
            "paper": share(LoReFT(model, prefix=7, suffix=7), 100), "tokens": T}


def train(model, tokenizer, method, seed: int, rate: float, task: str = "reviews", steps: int = SHORT) -> None:
    """A short run on 128 labels."""
    fit(model, tokenizer, {"train": load_task(task)["train"].select(range(128))}, method, steps=steps, batch_size=16,
        learning_rate=rate, seed=seed, progress=False)


def tuned(model, tokenizer, method, seed: int, rate: float, task: str = "reviews") -> float:
    """Trains the method; its accuracy on test rows."""
    train(model, tokenizer, method, seed, rate, task)
    return evaluate(model, tokenizer, load_task(task)["test"].select(range(TEST)), method)["accuracy"]


def row_space(seed: int) -> dict[str, float]:
    """What a trained LoReFT's edit has outside of the row space of R, as a share of the edit; and the edits' rank."""
    model, tokenizer = models.load_model("orchard-s")
    before, method = models.weights_hash(model), LoReFT(model, seed=seed)
    train(model, tokenizer, method, seed, LOREFT_RATES["reviews"])
    outside, rank = 0.0, 0
    h = states(model, batch_of(tokenizer, short_reviews("test", 60, seed)[0]), 1)[:, :, 0]    # (blocks, B, d)
    with torch.no_grad():
        for site, (layer, _) in enumerate(method.sites):
            edit, R = method.edit(site, h[layer], None) - h[layer], method.R[site]           # (B, d), (r, d)
            outside = max(outside, ((edit - edit @ R.T @ R).norm() / edit.norm()).item())
            rank = max(rank, torch.linalg.matrix_rank(edit, rtol=1e-4).item())
    return {"outside": outside, "rank": rank, "changed": float(models.weights_hash(model) != before)}


def grid(seed: int) -> dict[str, float]:
    """Accuracy with each of the four hyperparameters moved from the default, one at a time."""
    model, tokenizer = models.load_model("orchard-s")
    return {name: tuned(model, tokenizer, LoReFT(model, **settings, seed=seed), seed, LOREFT_RATES["reviews"])
            for name, (_, settings) in GRID.items()}


def disjoint(seed: int) -> dict[str, float]:
    """Positions that two interventions of a layer both edit, parameters that they share, and what order would matter.

    `order`: two edits of the same vector, one after the other both ways; how far apart they end, as a share of an edit.
    """
    model, tokenizer = models.load_model("orchard-s")
    method = LoReFT(model, prefix=3, suffix=3, seed=seed)
    batch = batch_of(tokenizer, short_reviews("test", 20, seed)[0])
    train(model, tokenizer, method, seed, LOREFT_RATES["reviews"], steps=10)
    places = method.places(batch["attention_mask"].bool())
    both = (places["prefix"] & places["suffix"]).sum().item()
    own = [{parameter[site].data_ptr() for parameter in (method.raw, method.W, method.b)} for site in (0, 1)]
    h = states(model, batch, 1)[0, :, 0]                                                     # (B, d), after block 0
    with torch.no_grad():
        first, second = (lambda x, site=site: method.edit(site, x, None) for site in (0, 1))
        apart = (second(first(h)) - first(second(h))).norm() / (first(h) - h).norm()
    return {"both": both, "shared": len(own[0] & own[1]), "order": apart.item()}


def extra_work(seed: int) -> dict[str, float]:
    """Operations that LoReFT adds to one pass over a prompt of n tokens, and the base's own; the seed plays no part."""
    model, _ = models.load_model("orchard-s")
    method, found = LoReFT(model, seed=seed), {}

    def operations(batch, edited: bool) -> int:
        with torch.no_grad(), eager_attention(model), FlopCounterMode(display=False) as counter:
            if edited:
                with method.on(model):
                    method.logits(model, batch)
            else:
                model(**batch)
        return counter.get_total_flops()

    for n in LENGTHS:
        batch = {"input_ids": torch.full((1, n), 5)}
        found[f"base_{n}"] = operations(batch, False)
        found[f"extra_{n}"] = operations(batch, True) - found[f"base_{n}"]
    return found


def das(name: str, seed: int, random: bool = False, rank: int = 1) -> tuple[float, float]:
    """Interchange accuracy of a subspace at the last place of the last block: (a random one's, the trained one's)."""
    model, tokenizer = models.load_model(name, random=random, seed=seed) if random else models.load_model(name)
    rows, swap = swap_rows("test", TEST, seed), Interchange(model, len(blocks_of(model)) - 1, -1, rank, seed=seed)
    before = evaluate(model, tokenizer, rows, swap)["accuracy"]
    fit(model, tokenizer, {"train": swap_rows("train", 320, seed)}, swap, steps=DAS_STEPS, batch_size=16,
        learning_rate=DAS_RATE, seed=seed, progress=False)
    return before, evaluate(model, tokenizer, rows, swap)["accuracy"]


def subspaces(seed: int) -> dict[str, float]:
    """DAS on three widths, pretrained and with random weights, and its controls."""
    found = {}
    for size in WIDTHS:
        found[f"subspace_{size}"], found[f"trained_{size}"] = das(f"orchard-{size}", seed)
        found[f"random_{size}"] = das(f"orchard-{size}", seed, random=True)[1]
    return found | {"random_rank_64": das("orchard-s", seed, random=True, rank=64)[1]}


def steer(seed: int) -> dict[str, float]:
    """Unfavourable reviews, steered with a mean difference; the control is a random vector of the same length."""
    model, tokenizer = models.load_model("orchard-s")
    good, bad = (unfinished(short_reviews("train", 64, seed, label)[0]) for label in (1, 0))
    steering = Steering.from_texts(model, tokenizer, good, bad, SITE["layer"], STRENGTH)
    noise = torch.randn(steering.vector.shape, generator=torch.Generator().manual_seed(seed))
    noise = Steering(model, SITE["layer"], noise * steering.vector.norm() / noise.norm(), STRENGTH)
    batch = batch_of(tokenizer, short_reviews("test", 80, seed, label=0)[0])
    loss = lambda method=None: old_domain_loss(model, tokenizer, method, n_documents=40)
    return {"before": said(model, tokenizer, batch), "steered": said(model, tokenizer, batch, steering),
            "control": said(model, tokenizer, batch, noise), "loss_before": loss(), "loss_steered": loss(steering)}


def scale_and_shift(seed: int) -> dict[str, float]:
    """RED against LoRA on every linear layer, and how many parameters each trains."""
    model, tokenizer = models.load_model("orchard-s")
    red, lora = ScaleShift(model, "red", seed=seed), LoRA(model, **LORA, seed=seed)
    size = lambda method: sum(parameter.numel() for parameter in method.parameters())
    return {"red": tuned(model, tokenizer, red, seed, RED_RATE), "red_size": size(red), "lora_size": size(lora),
            "lora": tuned(model, tokenizer, lora, seed, LORA_RATES["reviews"])}


@torch.no_grad()
def causes(seed: int) -> dict[str, float]:
    """Unfavourable reviews with a hidden state of a favourable one swapped in, and the controls.

    `same`: the state of another unfavourable one. `noise`: as long a step as the real swap's, in a random direction.
    `elsewhere`: the favourable one's state at the next place, after the same block.
    """
    model, tokenizer = models.load_model("orchard-s")
    good, bad, other = (batch_of(tokenizer, short_reviews("test", 80, draw, label)[0])
                        for label, draw in ((1, seed), (0, seed), (0, seed + 500)))
    swap, next_place = Interchange(model, **SITE), Interchange(model, **SITE | {"position": -1})
    with swap.on(model):
        swap.prepare(bad | {"source": good})
        h_good = swap.source                                                                 # (B, d)
        inputs = swap.prepare(bad | {"source": bad})
        step = torch.randn(h_good.shape, generator=torch.Generator().manual_seed(seed))
        step *= (h_good - swap.source).norm(dim=1, keepdim=True) / step.norm(dim=1, keepdim=True)
        swap.source = swap.source + step
        noise = favourable(tokenizer, model(**inputs).logits)
    return {"before": said(model, tokenizer, bad), "swapped": said(model, tokenizer, bad | {"source": good}, swap),
            "same": said(model, tokenizer, bad | {"source": other}, swap), "noise": noise,
            "elsewhere": said(model, tokenizer, bad | {"source": good}, next_place)}


def drop_in(seed: int) -> dict[str, float]:
    """LoReFT and LoRA in the same loop, with as many parameters, and whether each can be merged."""
    model, tokenizer = models.load_model("orchard-s")
    rows, found = load_task("reviews")["test"].select(range(TEST)), {}
    for name, method, rate in (("loreft", LoReFT(model, seed=seed), LOREFT_RATES["reviews"]),
                               ("lora", LoRA(model, **LORA, seed=seed), LORA_RATES["reviews"])):
        found[name] = tuned(model, tokenizer, method, seed, rate)
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
    size = lambda method: sum(parameter.numel() for parameter in method.parameters())
    found = {"loreft_size": size(loreft()), "lora_size": size(lora())}
    for task in LORA_RATES:
        found[f"{task}_loreft"] = tuned(model, tokenizer, loreft(), seed, LOREFT_RATES[task], task)
        found[f"{task}_lora"] = tuned(model, tokenizer, lora(), seed, LORA_RATES[task], task)
    return found
