"""LoReFT, and LoRA and RED beside it: a short run, in which the seeds differ more, and a long one."""
from dataclasses import replace

import torch

from course_lib.cost import operations
from course_lib.experiments.setting import Setting, arm
from course_lib.methods import LoRA, LoReFT, ScaleShift
from course_lib.models import load_model

SHORT = Setting(draw="short", steps=40, test=400, test_draw="shuffled")
LONG = replace(SHORT, steps=80)
TASKS = ("reviews", "spam", "stars")
LOREFT = arm(LoReFT)                                              # rank 4; first and last position, all blocks
LORA = arm(LoRA, rank=1, alpha=2,                                 # about as many parameters
           targets=("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"))
RED = arm(ScaleShift, kind="red")
SMALL_LORA = arm(LoRA, rank=1, alpha=2, targets=("o_proj",))      # as many as RED
GRID = {  # name: (what, the edit with one of its hyperparameters moved from the default)
    "default": ("the default", LOREFT),
    "first_only": ("first position only", arm(LoReFT, suffix=0)),
    "last_only": ("last position only", arm(LoReFT, prefix=0)),
    "one_block": ("third block alone", arm(LoReFT, layers=(2,))),
    "tied": ("one edit for both", arm(LoReFT, tied=True))}
LENGTHS = (16, 64, 128)                                           # of prompts, in tokens


def extra_work(seed: int) -> dict[str, float]:
    """Operations that LoReFT adds to one pass over a prompt of n tokens, and the base's own; the seed plays no part."""
    model, _ = load_model("orchard-s")
    method, found = LoReFT(model, seed=seed), {}
    for n in LENGTHS:
        batch = {"input_ids": torch.full((1, n), 5)}
        found[f"base_{n}"] = operations(model, batch)
        found[f"extra_{n}"] = operations(model, batch, method) - found[f"base_{n}"]
    return found
