"""Adapters, LoRA and full fine-tuning, near to what a base knows and far from it: the settings and the learning rates.

Each rate is the best of its list on validation rows of its task, in a run as it is used here.
"""
from collections.abc import Mapping
from dataclasses import replace

from course_lib.experiments.lora import lora
from course_lib.experiments.setting import Arm, Setting, arm
from course_lib.experiments.soft_prompts import FULL, SETTING
from course_lib.methods import Adapter, Frozen, FullFineTuning

NEAR = Setting(draw="brief", labels=640, steps=80, batch=8, test=150, test_draw="brief")  # so that a step is short
SETTINGS = {
    "near": NEAR,
    "far": replace(NEAR, base="orchard-s-early"),
    "untrained": replace(NEAR, random=True),
    "few": replace(SETTING, test_draw="first"),
    "questions": Setting(task="facts", labels=512, steps=120, test=150),
}
RATES = {
    "near": {"full": 5e-4,           # of .00025, .0005, .001; near and far in the mean of seeds 0 and 1
             "lora": 3e-3,           # of .001, .003, .01
             "adapter": 3e-3,        # of .001, .003, .01
             "parallel": 1e-3,       # of .001, .003, .01
             "head": 3e-2},          # lesson 06's
    "far": {"full": 1e-3,            # of .0005, .001, .002
            "lora": 1e-2,            # of .003, .01: both near guessing
            "adapter": 1e-2,         # of .003, .01, .03: all near guessing
            "head": 3e-2},
    "untrained": {"head": 3e-2},
    "few": {"full": FULL.rate,
            "lora": 3e-3,            # of .001, .003, .01, seed 0
            "adapter": 3e-3},        # of .003, .01, seed 0
    "questions": {"full": 3e-4,      # of .0001, .0003, .001, seed 0
                  "lora": 1e-2,      # of .003, .01, .03, seed 0
                  "adapter": 3e-2},  # of .003, .01, .03, seed 0
}
BOTTLENECK = 16                      # of the adapters


def by_name(name: str, rate: float) -> Arm:
    """A method by its name in RATES; a head alone is trained with the frozen work done once."""
    return {"full": arm(FullFineTuning, rate), "lora": lora(rate),
            "adapter": arm(Adapter, rate, bottleneck=BOTTLENECK),
            "parallel": arm(Adapter, rate, bottleneck=BOTTLENECK, parallel=True),
            "head": arm(Frozen, rate, reuse=True, train=(), num_labels=2)}[name]


def at(where: str, name: str) -> tuple[Setting, Arm]:
    """The setting, and the method with the rate that was chosen for it: experiment(*at("far", "lora"), seed)."""
    return SETTINGS[where], by_name(name, RATES[where][name])


def gap(figures: Mapping, base: str) -> float:
    """By how much full fine-tuning is ahead of the better of LoRA and adapters, in recorded figures."""
    return figures[f"{base}_full"].mean - max(figures[f"{base}_lora"].mean, figures[f"{base}_adapter"].mean)
