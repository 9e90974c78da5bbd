"""How well soft prompts learn: from which start, beside other methods, and in models of which size."""
from dataclasses import replace

from course_lib.claims.claim import EXPLAINER, FAILS, GUIDE, HOLDS, LIMITED, LOREFT, Figures, Verdict, claim, share
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
            f"tokens, {share(f['labels'])} from the label words; the bare model {share(f['bare'])}, a prompt for a "
            f"model with random weights {share(f['untrained_model'])}.")


design = claim("C42", "Prompt tuning needs carefully designed prompts", (GUIDE,), lesson="05", core=True,
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


@claim("C46", "Prompt tuning is practical for very large models (175B)", (EXPLAINER,), lesson="05", core=True,
       tolerance=0.2, models=tuple(f"orchard-{size}" for size in soft.LADDER),
       figures=tuple(f"{what}_{size}" for size in soft.LADDER for what in ("prompt", "full")))
def ladder(seed: int) -> dict[str, float]:
    """Prompt tuning and full fine-tuning on three sizes of model."""
    return {f"{what}_{size}": experiment(replace(soft.SETTING, base=f"orchard-{size}"), one, seed)
            for size, arms in soft.LADDER.items() for what, one in arms.items()}


@ladder.judged
def judge_ladder(f: Figures) -> Verdict:
    """Holds where the gap to full fine-tuning shrinks by more than five points (`CLOSE`) with every size."""
    gaps = {size: f[f"full_{size}"].mean - f[f"prompt_{size}"].mean for size in soft.LADDER}
    told = [f"{size}: prompt {share(f[f'prompt_{size}'])}, full {share(f[f'full_{size}'])}" for size in soft.LADDER]
    because = f"Right on reviews, by the size of the model: {'; '.join(told)}."
    if gaps["xs"] - gaps["m"] <= CLOSE:
        return Verdict(FAILS, because + " The gap does not narrow with size here; no model of ours is large, and no "
                                        "run long.")
    if gaps["xs"] - gaps["s"] <= CLOSE or gaps["s"] - gaps["m"] <= CLOSE:
        return Verdict(LIMITED, because + " The gap narrows from the smallest to the largest, not at every step.")
    return Verdict(HOLDS, because + " The gap narrows with size; how it ends at 175 billion we cannot see.")
