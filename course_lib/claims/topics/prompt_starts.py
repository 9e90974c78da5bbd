"""How well soft prompts learn: from which start, beside other methods, and in models of which size."""
from dataclasses import replace

from course_lib.claims.claim import (
    BEYOND,
    EXPLAINER,
    GUIDE,
    LOREFT,
    Figures,
    claim,
    highest,
    less,
    more,
    same,
    share,
)
from course_lib.experiments import experiment, score
from course_lib.experiments import soft_prompts as soft
from course_lib.experiments.soft_prompts import LENGTH, QUICK, SOFT

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


@claim("C44", "Prompt-based methods are often worse than other PEFT", (LOREFT,), lesson="05", tolerance=0.1,
       question="Often, that is in the mean over draws of labels, of a task near to what the base has read: is LoRA, "
                f"after {QUICK.steps} steps on {QUICK.labels} labels, ahead of the better one of a prompt and a prefix "
                "that goes on from a prompt?",
       turned="It held: five runs, by their means, of a prompt, and of prefixes that had not learned. Beside a prefix "
              "that has, the interval over twenty runs allows less than two points.",
       asks={"LoRA rather than the better of the others":
             more(lambda f: f["lora"] - highest(f["prompt"], f["prefix"]), 0.02)},
       figures=("prompt", "prefix", "lora"))
def equal_steps(seed: int) -> dict[str, float]:
    """Accuracy of a prompt, of a prefix that goes on from one half way, and of LoRA, no larger than the prompt."""
    prefix, run = soft.grown(QUICK, LENGTH, seed)
    return {"prompt": experiment(QUICK, SOFT, seed), "prefix": score(run.model, run.tokenizer, run.test, prefix),
            "lora": experiment(QUICK, soft.LORA, seed)}


@equal_steps.told
def tell_equal_steps(f: Figures) -> str:
    """The three shares, and what so many steps leave open."""
    return (f"Right on reviews after {QUICK.steps} steps: a prompt of {LENGTH} vectors {share(f['prompt'])}; a prefix "
            f"of {LENGTH} positions, which goes on from a prompt half way, {share(f['prefix'])}; LoRA of rank 1 "
            f"{share(f['lora'])}. What more steps bring to each, these runs do not say.")


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
