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
    less,
    share,
)
from course_lib.experiments import experiment
from course_lib.experiments import soft_prompts as soft
from course_lib.experiments.soft_prompts import CLEAR, CLOSE, LENGTH

START_FIGURES = ("bare", "random", "vocabulary", "labels", "untrained_model")


def starts(seed: int) -> dict[str, float]:
    """The same training from three starts, and of an untrained model as the control."""
    right = {name: experiment(soft.SETTING, one, seed) for name, one in (
        ("random", soft.starting("random")), ("vocabulary", soft.PROMPT),
        ("labels", soft.starting("negative positive")))}
    untrained = experiment(replace(soft.SETTING, random=True), soft.PROMPT, seed)
    return {"bare": soft.bare(seed), **right, "untrained_model": untrained}


def told_starts(f: Figures) -> str:
    """The accuracies of all starts."""
    return (f"Right after training: {share(f['random'])} from a random start, {share(f['vocabulary'])} from drawn "
            f"tokens, {share(f['labels'])} from the label words; the bare model {share(f['bare'])}, a prompt for "
            f"a model with random weights {share(f['untrained_model'])}.")


design = claim("C42", "Prompt tuning needs carefully designed prompts", (GUIDE,), lesson="05",
               tolerance=0.2, figures=START_FIGURES)(starts)


@design.judged
def judge_design(f: Figures) -> Verdict:
    """Does not hold where a start that nobody designed learns (`CLEAR`) about as well as the label words (`CLOSE`)."""
    plain = max(f["random"].mean, f["vocabulary"].mean)
    if plain - f["bare"].mean < CLEAR:
        return Verdict(HOLDS, told_starts(f) + " Without a designed start nothing is learned.")
    if f["labels"].mean - plain > CLOSE:
        return Verdict(LIMITED, told_starts(f) + " A start that nobody designed works, and a designed one is better.")
    return Verdict(FAILS, told_starts(f) + " A start that nobody designed does as well.")


random_start = claim("C43", "Soft tokens start random", (LOREFT,), lesson="05", tolerance=0.2,
                     figures=START_FIGURES)(starts)


@random_start.judged
def judge_random_start(f: Figures) -> Verdict:
    """Holds where a random start is about as good as the best one (`CLOSE`), with a limit where it learns at all."""
    best = max(f["vocabulary"].mean, f["labels"].mean)
    if f["random"].mean >= best - CLOSE:
        return Verdict(HOLDS, told_starts(f) + " A random start is as good as another.")
    if f["random"].mean - f["bare"].mean >= CLEAR:
        return Verdict(LIMITED, told_starts(f) + " A random start learns, and is not the best one.")
    return Verdict(FAILS, told_starts(f) + " One can start at random; with so few steps hardly anything is learned.")


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
