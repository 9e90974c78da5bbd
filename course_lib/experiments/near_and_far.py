"""Full fine-tuning, LoRA and adapters, near to what a base knows and far from it: right answers, and what is forgotten.

`orchard-s` had read thousands of reviews; `orchard-s-early` is the same pretraining, stopped early. An arm has no rate
of its own: tuning.py finds one for each setting.
"""
from dataclasses import replace

from course_lib.evaluation import old_domain_loss
from course_lib.experiments.run import trained
from course_lib.experiments.setting import Arm, Setting, arm, score
from course_lib.experiments.store import once
from course_lib.experiments.tuning import slower, tuned
from course_lib.methods import Adapter, Frozen, FullFineTuning, LoRA

MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")  # of a block: every matrix
NEAR = Setting(draw="short", labels=1000, steps=80, test=400, test_draw="shuffled")
SOON = replace(NEAR, base="orchard-s-early")
FAR = replace(SOON, steps=320)       # five passes over the labels
RANK, ALPHA, BOTTLENECK = 4, 8, 16
OLD = 60                             # documents of the old world
RULER = Setting(draw="short", labels=160, steps=80, batch=8)  # of a head alone: how far a base is from the task


def lora(rank: int = RANK, alpha: float | None = None, targets: tuple[str, ...] = MODULES) -> Arm:
    """LoRA on every linear layer of the blocks, or on the `targets`; alpha is twice the rank, unless it is given."""
    return arm(LoRA, rank=rank, alpha=2 * rank if alpha is None else alpha, targets=targets)


def adapter(bottleneck: int = BOTTLENECK) -> Arm:
    """Adapters behind every sub-layer."""
    return arm(Adapter, bottleneck=bottleneck)


FULL, HEAD = arm(FullFineTuning), arm(Frozen, reuse=True, train=(), num_labels=2)
RUNS = {"near_full": (NEAR, FULL), "near_lora": (NEAR, lora()), "near_adapter": (NEAR, adapter()),
        "near_thin": (NEAR, lora(1)), "soon_full": (SOON, FULL), "soon_lora": (SOON, lora(32)),
        "far_full": (FAR, FULL), "far_lora": (FAR, lora(32)), "far_adapter": (FAR, adapter(64)),
        "far_thin": (FAR, lora())}
SLOWER = {"near_third": ("near_full", 1), "near_tenth": ("near_full", 2),  # full fine-tuning so many rates below its
          "far_third": ("far_full", 1)}                                    # best; far, a tenth no longer learns enough


def in_words(run: str) -> str:
    """The method of one of RUNS or SLOWER, as a reader knows it: LoRA, r = 4."""
    if run in SLOWER:
        return f"full fine-tuning at a {run.split('_')[1]} of its best rate"
    options = dict(RUNS[run][1].options)
    return (f"LoRA, r = {options['rank']}" if "rank" in options else f"adapters, m = {options['bottleneck']}"
            if options else "full fine-tuning")


def figures_of(*runs: str) -> tuple[str, ...]:
    """The names of the figures of these RUNS."""
    return tuple(f"{run}{what}" for run in runs for what in ("", "_old"))


def outcomes(seed: int, *runs: str) -> dict[str, float]:
    """{run: the share of right answers, run_old: the loss on old text in nats a token} of these RUNS."""
    found = {run: once(outcome, (RUNS[run][0].base,), RUNS[run][0], tuned(*RUNS[run]), seed) for run in runs}
    return {name: found[run][what] for run in runs for name, what in ((run, "right"), (f"{run}_old", "old"))}


def outcome(setting: Setting, one: Arm, seed: int) -> dict[str, float]:
    """{"right", "old"} of this arm in this setting, trained now."""
    run = trained(setting, one, seed)
    return {"right": score(run.model, run.tokenizer, run.test, run.method),
            "old": old_domain_loss(run.model, run.tokenizer, run.method, n_documents=OLD)}


def at_lower_rates(seed: int, *runs: str) -> dict[str, float]:
    """As `outcomes`, of these runs of SLOWER."""
    found = {}
    for run in runs:
        of, places = SLOWER[run]
        setting, one = RUNS[of]
        found[run] = once(outcome, (setting.base,), setting, slower(tuned(setting, one), places), seed)
    return {name: found[run][what] for run in runs for name, what in ((run, "right"), (f"{run}_old", "old"))}
