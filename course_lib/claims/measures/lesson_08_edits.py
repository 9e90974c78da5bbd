"""What lesson 08 measures of LoReFT's edits: which states, in which directions, whether they overlap, their cost.

Shapes: B texts, T tokens, d width, r rank.
"""
import torch

from course_lib import models
from course_lib.architecture import blocks_of
from course_lib.claims.lesson_08_loreft import LENGTHS, LOREFT_RATES, PAPER_PLACES, PAPER_TOKENS
from course_lib.claims.measures.lesson_08 import train
from course_lib.cost import operations
from course_lib.methods import LoReFT
from course_lib.methods.base.prompt_edits import orthonormal_rows
from course_lib.world import load_task
from course_lib.world.summing_up import batch_of, short_reviews, states


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
            "paper": share(LoReFT(model, prefix=PAPER_PLACES, suffix=PAPER_PLACES), PAPER_TOKENS), "tokens": T}


def row_space(seed: int) -> dict[str, float]:
    """What a trained LoReFT's edit has outside of the row space of R, as a share of the edit; and the edits' rank.

    `elsewhere`: outside of as many random directions, its control.
    """
    model, tokenizer = models.load_model("orchard-s")
    before, method = models.weights_hash(model), LoReFT(model, seed=seed)
    train(model, tokenizer, method, seed, LOREFT_RATES["reviews"])
    outside, elsewhere, rank = 0.0, 1.0, 0
    share = lambda edit, R: ((edit - edit @ R.T @ R).norm() / edit.norm()).item()
    h = states(model, batch_of(tokenizer, short_reviews("test", 60, seed)[0]), 1)[:, :, 0]    # (blocks, B, d)
    with torch.no_grad():
        for site, (layer, _) in enumerate(method.sites):
            edit, R = method.edit(site, h[layer], None) - h[layer], method.R[site]           # (B, d), (r, d)
            other = orthonormal_rows(torch.randn(R.T.shape, generator=torch.Generator().manual_seed(seed)))
            outside, elsewhere = max(outside, share(edit, R)), min(elsewhere, share(edit, other))
            rank = max(rank, torch.linalg.matrix_rank(edit, rtol=1e-4).item())
    return {"outside": outside, "elsewhere": elsewhere, "rank": rank,
            "changed": float(models.weights_hash(model) != before)}


def disjoint(seed: int) -> dict[str, float]:
    """Positions that two interventions of a layer both edit, parameters that they share, and what order would matter.

    `both` counts them in reviews, and in prompts of 1 to 8 tokens, in which the first and the last 3 meet.
    `order`: two edits of the same vector, one after the other both ways; how far apart they end, as a share of an edit.
    """
    model, tokenizer = models.load_model("orchard-s")
    method = LoReFT(model, prefix=3, suffix=3, seed=seed)
    batch = batch_of(tokenizer, short_reviews("test", 20, seed)[0])
    train(model, tokenizer, method, seed, LOREFT_RATES["reviews"], steps=10)
    short = torch.ones(8, 8).tril().flip(1).bool()                                           # (B, T), left padding
    both = sum((places["prefix"] & places["suffix"]).sum().item() for places in map(
        method.places, (batch["attention_mask"].bool(), short)))
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
    for n in LENGTHS:
        batch = {"input_ids": torch.full((1, n), 5)}
        found[f"base_{n}"] = operations(model, batch)
        found[f"extra_{n}"] = operations(model, batch, method) - found[f"base_{n}"]
    return found
