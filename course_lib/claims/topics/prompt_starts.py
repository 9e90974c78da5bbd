"""How well soft prompts learn: from which start, beside other methods, and in models of which size."""
from dataclasses import replace

from course_lib.claims.claim import (
    BEYOND,
    EXPLAINER,
    FAILS,
    GUIDE,
    HOLDS,
    LIMITED,
    LOREFT,
    Figures,
    Verdict,
    claim,
    highest,
    less,
    more,
    same,
    share,
)
from course_lib.experiments import experiment
from course_lib.experiments import soft_prompts as soft
from course_lib.experiments.soft_prompts import CLOSE, LENGTH, QUICK, SOFT

START_FIGURES = ("bare", "random", "vocabulary", "labels", "untrained_model")


def starts(seed: int) -> dict[str, float]:
    """The same training from three starts, and of an untrained model as the control."""
    right = {name: experiment(QUICK, one, seed) for name, one in (
        ("random", soft.starting_from("random")), ("vocabulary", SOFT),
        ("labels", soft.starting_from("negative positive")))}
    untrained = experiment(replace(QUICK, random=True), SOFT, seed)
    return {"bare": soft.bare(seed, QUICK), **right, "untrained_model": untrained}


def told_starts(f: Figures) -> str:
    """The accuracies of all starts."""
    return (f"Right after {QUICK.steps} steps: {share(f['random'])} from a random start, {share(f['vocabulary'])} from "
            f"drawn tokens, {share(f['labels'])} from the label words; the bare model {share(f['bare'])}, a prompt for "
            f"a model with random weights {share(f['untrained_model'])}.")


design = claim("C42", "Prompt tuning needs carefully designed prompts", (GUIDE,), lesson="05", tolerance=0.1,
               question="Is a start from the label words better than the better one of two that nobody designed?",
               asks={"the label words rather than the better of the others":
                     more(lambda f: f["labels"] - highest(f["random"], f["vocabulary"]), 0.05)}, learns=False,
               figures=START_FIGURES)(starts)
design.told(told_starts)

random_start = claim("C43", "Soft tokens start random", (LOREFT,), lesson="05", tolerance=0.1, learns=False,
                     question="Does a prompt learn from a random start, and as well as from the better of two others?",
                     turned="It held: the means of five runs, with one rate for all starts, were close. The interval "
                            "over twenty, each start with a rate of its own, allows more than five points.",
                     asks={"a random start rather than no prompt": more(lambda f: f["random"] - f["bare"], 0.05),
                           "a random start rather than the better of the others":
                           same(lambda f: f["random"] - highest(f["vocabulary"], f["labels"]), 0.05)},
                     figures=START_FIGURES)(starts)
random_start.told(told_starts)


@claim("C44", "Prompt-based methods are often worse than other PEFT", (LOREFT,), lesson="05", tolerance=0.2,
       figures=("prompt", "prefix", "prefix_20", "lora", "full"))
def equal_budget(seed: int) -> dict[str, float]:
    """Accuracy of four methods; LoRA and the shorter prefix have no more parameters than the prompt."""
    return {name: experiment(soft.SETTING, one, seed) for name, one in (
        ("prompt", soft.PROMPT), ("prefix", soft.SHORT_PREFIX), ("prefix_20", soft.PREFIX), ("lora", soft.LORA),
        ("full", soft.FULL))}


@equal_budget.judged
def judge_equal_budget(f: Figures) -> Verdict:
    """Holds where the better of LoRA and the shorter prefix is more than five points (`CLOSE`) ahead."""
    because = (f"With the same labels and steps, and at most {LENGTH * 128:,} parameters: prompt {share(f['prompt'])}, "
               f"prefix {share(f['prefix'])}, LoRA {share(f['lora'])} right. With {LENGTH * 1024:,} parameters: a "
               f"prefix of {LENGTH} positions {share(f['prefix_20'])}. Full fine-tuning: {share(f['full'])}.")
    ahead = max(f["lora"].mean, f["prefix"].mean) - f["prompt"].mean
    if ahead > CLOSE:
        return Verdict(HOLDS, because)
    if ahead > -CLOSE:
        return Verdict(LIMITED, because + " They are about equal here.")
    return Verdict(FAILS, because + " Here the prompt is ahead.")


@claim("C46", "Prompt tuning is practical for very large models (175B)", (EXPLAINER,), lesson="05", kind=BEYOND,
       tolerance=0.2, models=tuple(f"orchard-{size}" for size in soft.LADDER),
       question="Does the gap between full fine-tuning and a prompt narrow from our smallest model to our largest?",
       asks={"gap, largest model against smallest": less(
           lambda f: f["full_m"] - f["prompt_m"] - (f["full_xs"] - f["prompt_xs"]), 0.05)},
       figures=tuple(f"{what}_{size}" for size in soft.LADDER for what in ("prompt", "full")))
def ladder(seed: int) -> dict[str, float]:
    """Prompt tuning and full fine-tuning on three sizes of model."""
    return {f"{what}_{size}": experiment(replace(soft.SETTING, base=f"orchard-{size}"), one, seed)
            for size, arms in soft.LADDER.items() for what, one in arms.items()}


@ladder.told
def tell_ladder(f: Figures) -> str:
    """The accuracies by size, and what so few steps leave open."""
    told = [f"{size}: prompt {share(f[f'prompt_{size}'])}, full {share(f[f'full_{size}'])}" for size in soft.LADDER]
    return (f"Right on reviews after {soft.SETTING.steps} steps, in which a prompt is not done learning, by the size "
            f"of the model: {'; '.join(told)}. None of ours is large.")
