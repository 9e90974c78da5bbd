"""What a prefix in every block does: it is looked at, and it helps where it starts from a trained prompt."""
from statistics import mean

import torch

from course_lib.claims.claim import FAILS, GUIDE, HOLDS, LIMITED, Figures, Verdict, claim, share
from course_lib.experiments import learn, score, trained
from course_lib.experiments import soft_prompts as soft
from course_lib.experiments.soft_prompts import CLEAR, CLOSE, LENGTH
from course_lib.methods import PrefixTuning


def as_prefix(prompt, model):
    """The prefix that does what this soft prompt does: the keys and values that the model makes of its vectors."""
    prefix = PrefixTuning(model, prompt.length)
    with torch.no_grad():
        layers = model(inputs_embeds=prompt.prompt[None], use_cache=True).past_key_values.layers
        prefix.prefix.copy_(torch.stack([torch.cat([layer.keys, layer.values]) for layer in layers]))
    return prefix


def grown(seed: int) -> PrefixTuning:
    """A prefix that starts from a trained prompt, and is trained for some steps more on the same rows.

    Li & Liang 2021, section 4.3, train a prefix through a feed-forward network, for directly it is unstable. Here the
    frozen model is that network, and the prompt is what goes into it.
    """
    run = trained(soft.SETTING, soft.PROMPT, seed)
    prefix, rows = as_prefix(run.method, run.model), soft.SETTING.train_rows(run.tokenizer, seed)
    learn(run.model, run.tokenizer, prefix, rows, soft.GROWN_RATE, seed, soft.SETTING, steps=soft.MORE)
    return prefix


@claim("C41", "Prefix vectors steer attention", (GUIDE,), lesson="05", tolerance=0.2,
       figures=("bare", "direct", "direct_seen", "prompt", "prefix", "mass", "before", "even"))
def steering(seed: int) -> dict[str, float]:
    """A prefix of 20 positions that starts from a trained prompt, one trained directly, and what attention they get."""
    prompt, direct = (trained(soft.SETTING, one, seed) for one in (soft.PROMPT, soft.PREFIX))
    model, tokenizer, test = prompt.model, prompt.tokenizer, prompt.test
    prefix, learned = grown(seed), soft.SETTING.train_rows(tokenizer, seed)
    texts = test["prompt"][:50]
    mass = {name: mean(soft.attention_mass(model, tokenizer, one, texts))
            for name, one in (("mass", prefix), ("before", soft.PREFIX.build(model, tokenizer, seed)))}
    right = lambda method, rows=test: score(model, tokenizer, rows, method)
    return {"bare": soft.bare(seed), "direct": right(direct.method), "direct_seen": right(direct.method, learned),
            "prompt": right(prompt.method), "prefix": right(prefix), **mass,
            "even": soft.even_share(LENGTH, [len(ids) for ids in tokenizer(texts)["input_ids"]])}


@steering.judged
def judge_steering(f: Figures) -> Verdict:
    """Holds where the prefix gains ten points or more (`CLEAR`) and gets more attention than an even share."""
    gains, seen = f["prefix"].mean - f["bare"].mean >= CLEAR, f["mass"].mean > f["even"].mean
    because = (f"A prefix of {LENGTH} positions in every block, started from a trained prompt ({share(f['prompt'])} "
               f"right) and trained for {soft.MORE} steps more, is right in {share(f['prefix'])}; the bare model in "
               f"{share(f['bare'])}. Trained directly, it is right in {share(f['direct'])}, and in "
               f"{share(f['direct_seen'])} of the rows that it learned from. It gets {share(f['mass'])} of the "
               f"attention, before training {share(f['before'])}; an even share is {share(f['even'])}.")
    if gains and seen:
        return Verdict(HOLDS, because)
    if gains:
        more = f["mass"].mean - f["before"].mean > CLOSE
        return Verdict(LIMITED, because + (" It draws attention, though less than an even share." if more else
                                           " It helps without drawing attention."))
    if seen:
        return Verdict(LIMITED, because + " It is looked at, and the answers gain little.")
    return Verdict(FAILS, because)
