"""LoReFT and RED beside LoRA."""
from dataclasses import replace

from course_lib.claims.claim import FAILS, HOLDS, LIMITED, LOREFT, Figures, Verdict, claim, share
from course_lib.errors import CourseError
from course_lib.experiments import Arm, arm, count, experiment, score, trained
from course_lib.experiments.loreft import (
    LONG,
    LORA,
    LORA_RATES,
    LOREFT_RATES,
    RED_RATE,
    SHORT,
    SMALL_LORA,
    SMALL_LORA_RATE,
)
from course_lib.methods import LoRA, LoReFT, ScaleShift

TASKS = tuple(LORA_RATES)
CLOSE = 0.05  # accuracies nearer to each other than this are called about equal
CLEAR = 0.1   # an effect is at least this far from its control


def edits(task: str = "reviews") -> Arm:
    """LoReFT with the rate that was chosen for this task."""
    return arm(LoReFT, LOREFT_RATES[task])


def lora(task: str = "reviews") -> Arm:
    """LoRA of rank 1 on every linear layer, about as many parameters."""
    return arm(LoRA, LORA_RATES[task], **LORA)


def sizes(arms: dict[str, Arm], seed: int) -> dict[str, float]:
    """How many parameters each of them trains."""
    model, tokenizer = SHORT.load(seed)
    return {f"{name}_size": count(one.build(model, tokenizer, seed)) for name, one in arms.items()}


def merges(one: Arm, seed: int) -> float:
    """Whether this method can be merged into the weights of its base (1 or 0)."""
    run = trained(SHORT, one, seed)
    try:
        run.method.merge(run.model)
        run.method.unmerge(run.model)
    except CourseError:
        return 0.0
    return 1.0


@claim("C60", "Learned scale-and-shift edits match LoRA and do not exceed it", (LOREFT,), lesson="08", tolerance=0.1,
       figures=("red", "lora", "small_lora", "red_size", "lora_size", "small_lora_size"))
def scale_and_shift(seed: int) -> dict[str, float]:
    """RED, LoRA on every linear layer, and LoRA with as many parameters as RED; and how many each trains."""
    arms = {"red": arm(ScaleShift, RED_RATE, kind="red"), "lora": lora(),
            "small_lora": arm(LoRA, SMALL_LORA_RATE, **SMALL_LORA)}
    return {name: experiment(LONG, one, seed) for name, one in arms.items()} | sizes(arms, seed)


@scale_and_shift.judged
def judge_scale_and_shift(f: Figures) -> Verdict:
    """The text: they match LoRA and do not exceed it. Fails where they exceed the larger LoRA.

    With a limit where they lag behind it, or are not about equal with a LoRA of as many parameters.
    """
    because = (f"RED, {f['red_size'].mean:,.0f} parameters, is right in {share(f['red'])} of the reviews; LoRA on "
               f"every linear layer, {f['lora_size'].mean:,.0f}, in {share(f['lora'])}; LoRA on one a block, "
               f"{f['small_lora_size'].mean:,.0f}, in {share(f['small_lora'])}.")
    ahead, ahead_of_small = (f["red"].mean - f[name].mean for name in ("lora", "small_lora"))
    if ahead >= CLOSE:
        return Verdict(FAILS, because + " It exceeds LoRA here.")
    if ahead <= -CLOSE:
        because += " It does not match the larger LoRA."
    if abs(ahead_of_small) < CLOSE:
        because += " With as many parameters they are about equal."
    elif ahead_of_small > 0:
        because += " With as many parameters it exceeds LoRA."
    else:
        because += " With as many parameters LoRA is ahead of it, too."
    return Verdict(HOLDS if max(abs(ahead), abs(ahead_of_small)) < CLOSE else LIMITED, because)


@claim("C62", "LoReFT is a drop-in replacement for PEFT", (LOREFT,), lesson="08", tolerance=0.1,
       figures=("loreft", "loreft_merges", "lora", "lora_merges", "bare"))
def drop_in(seed: int) -> dict[str, float]:
    """LoReFT and LoRA in the same short loop, with as many parameters, and whether each can be merged."""
    model, tokenizer = SHORT.load(seed)
    arms = {"loreft": edits(), "lora": lora()}
    return ({name: experiment(SHORT, one, seed) for name, one in arms.items()}
            | {f"{name}_merges": merges(one, seed) for name, one in arms.items()}
            | {"bare": score(model, tokenizer, SHORT.test_rows())})


@drop_in.judged
def judge_drop_in(f: Figures) -> Verdict:
    """Holds where it trains in the same loop and can be merged, as LoRA; with a limit where it only trains."""
    because = (f"In the same loop LoReFT reaches {share(f['loreft'])} and LoRA {share(f['lora'])}, from "
               f"{share(f['bare'])}. LoRA {'can' if f['lora_merges'].mean else 'cannot'} be merged, LoReFT "
               f"{'can' if f['loreft_merges'].mean else 'cannot'}.")
    if f["loreft"].mean - f["bare"].mean < CLEAR:
        return Verdict(FAILS, because)
    return Verdict(HOLDS if f["loreft_merges"].mean else LIMITED, because)


@claim("C102", "Editing representations can be better than editing weights", (LOREFT,), lesson="08", tolerance=0.1,
       figures=("loreft_size", "lora_size", *(f"{task}_{what}" for task in TASKS for what in ("loreft", "lora"))))
def against_lora(seed: int) -> dict[str, float]:
    """LoReFT, and LoRA of rank 1 on every linear layer, about as many parameters, on three tasks."""
    arms = {"loreft": edits, "lora": lora}
    return sizes({name: one() for name, one in arms.items()}, seed) | {
        f"{task}_{name}": experiment(replace(LONG, task=task), one(task), seed)
        for task in TASKS for name, one in arms.items()}


@against_lora.judged
def judge_against_lora(f: Figures) -> Verdict:
    """The text: editing representations can be better than editing weights. One task suffices for "can"."""
    told = "; ".join(f"{task} {share(f[f'{task}_loreft'])} against {share(f[f'{task}_lora'])}" for task in TASKS)
    because = (f"LoReFT with {f['loreft_size'].mean:,.0f} parameters against LoRA with {f['lora_size'].mean:,.0f}: "
               f"{told}.")
    ahead = [f[f"{task}_loreft"].mean - f[f"{task}_lora"].mean for task in TASKS]
    if min(ahead) >= CLOSE:
        return Verdict(HOLDS, because)
    if max(ahead) >= CLOSE:
        return Verdict(LIMITED, because + " On some tasks, not on all.")
    return Verdict(FAILS, because + " On none of these tasks it is clearly better.")
