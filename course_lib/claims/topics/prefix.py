"""What a prefix in every block does: what attention it gets, and what it leaves as it was."""
from statistics import mean

from course_lib.claims.claim import GUIDE, Figures, claim, more, share
from course_lib.experiments import experiment, score, trained
from course_lib.experiments import soft_prompts as soft
from course_lib.experiments.soft_prompts import LENGTH, QUICK, SOFT
from course_lib.methods import PrefixTuning


@claim("C41", "Prefix vectors steer attention", (GUIDE,), lesson="05", tolerance=0.1,
       learns=False,  # a prefix that is trained directly
       question="Does training draw attention to a prefix, more than an even share? Does it move attention from one "
                "word of the text to another, in block 1? And is a prefix that goes on from a prompt ahead of a "
                "prompt with as many steps?",
       asks={"on the prefix, after training rather than before": more(lambda f: f["mass"] - f["before"], 0.05),
             "on the prefix, beyond an even share": more(lambda f: f["mass"] - f["even"], 0.02),
             "from word to word": more(lambda f: f["among"], 0.02, "percent"),
             "right answers, of a prefix rather than a prompt": more(lambda f: f["prefix"] - f["prompt"], 0.02)},
       figures=("direct", "direct_seen", "prompt", "prefix", "mass", "before", "even", "among"))
def steering(seed: int) -> dict[str, float]:
    """What attention a prefix of 20 positions gets that goes on from a trained prompt; and, with as many steps, how
    right it is, a prefix that is trained directly, and a prompt.
    """
    prefix, run = soft.grown(QUICK, LENGTH, seed)
    texts, start = run.test["prompt"][:50], PrefixTuning(run.model, LENGTH, seed=seed)
    mass = {name: mean(soft.attention_mass(run.model, run.tokenizer, one, texts))
            for name, one in (("mass", prefix), ("before", start))}
    right = lambda method, rows=run.test: score(run.model, run.tokenizer, rows, method)
    direct = trained(QUICK, soft.DIRECT, seed).method
    return {"direct": right(direct), "direct_seen": right(direct, QUICK.train_rows(run.tokenizer, seed)),
            "prompt": experiment(QUICK, SOFT, seed), "prefix": right(prefix), **mass,
            "even": soft.even_share(LENGTH, [len(ids) for ids in run.tokenizer(texts)["input_ids"]]),
            "among": soft.moved_among_words(run.model, run.tokenizer, prefix, texts)}


@steering.told
def tell_steering(f: Figures) -> str:
    """The shares of attention, and what the prefix is good for."""
    return (f"A prefix of {LENGTH} positions in every block gets {share(f['mass'])} of the attention, before training "
            f"{share(f['before'])}; an even share is {share(f['even'])}. Half of its steps were a prompt's; it is "
            f"right in {share(f['prefix'])}, with as many steps a prompt in {share(f['prompt'])}, and a prefix that is "
            f"trained directly in {share(f['direct'])}, and in {share(f['direct_seen'])} of what it learned from.")
