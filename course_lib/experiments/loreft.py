"""LoReFT, and LoRA and RED beside it: a short run, in which the seeds differ more, and a long one.

In ALIKE every arm has the rate that tuning.py finds. The others were chosen once, on the validation split with seed 0,
from the list beside it: the best, and the largest where several are.
"""
from dataclasses import replace

import torch

from course_lib.cost import operations
from course_lib.experiments.setting import Setting, arm
from course_lib.methods import LoReFT
from course_lib.models import load_model

ALIKE, LOREFT = Setting(draw="short", steps=40, test=400, test_draw="shuffled"), arm(LoReFT)
SHORT = Setting(draw="first", steps=40, test=150)
LONG = replace(SHORT, steps=120)
LOREFT_RATES = {"reviews": 1e-2, "spam": 3e-3, "stars": 3e-2}   # each from 0.003, 0.01, 0.03
LORA_RATES = {"reviews": 1e-2, "spam": 3e-3, "stars": 3e-3}     # each from 0.003, 0.01, 0.03
LORA = {"rank": 1, "alpha": 2, "targets": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")}
SMALL_LORA, SMALL_LORA_RATE = LORA | {"targets": ("o_proj",)}, 1e-2   # from 0.01, 0.03, and from q_proj, o_proj
RED_RATE = 3e-2                  # from 0.003, 0.01, 0.03, 0.1, 0.3
GRID = {  # name: (what, settings, learning rate). The second's and third's from 0.003, 0.01; else the default's
    "default": ("the default", {}, 1e-2),
    "first_only": ("first position only", {"suffix": 0}, 1e-2),
    "three_places": ("first 3 and last 3", {"prefix": 3, "suffix": 3}, 3e-3),
    "last_only": ("last position only", {"prefix": 0}, 1e-2),
    "one_block": ("third block alone", {"layers": (2,)}, 1e-2),
    "rank_1": ("rank 1", {"rank": 1}, 1e-2), "rank_16": ("rank 16", {"rank": 16}, 1e-2),
    "tied": ("one edit for both", {"tied": True}, 1e-2)}
LENGTHS = (16, 64, 128)          # of prompts, in tokens


def extra_work(seed: int) -> dict[str, float]:
    """Operations that LoReFT adds to one pass over a prompt of n tokens, and the base's own; the seed plays no part."""
    model, _ = load_model("orchard-s")
    method, found = LoReFT(model, seed=seed), {}
    for n in LENGTHS:
        batch = {"input_ids": torch.full((1, n), 5)}
        found[f"base_{n}"] = operations(model, batch)
        found[f"extra_{n}"] = operations(model, batch, method) - found[f"base_{n}"]
    return found
