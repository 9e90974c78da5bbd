"""What lesson 05 measures of a prefix: what attention it gets, and how it learns. See lesson_05.py."""
from statistics import mean

import torch

from course_lib.claims.lesson_05 import LENGTH
from course_lib.claims.measures.lesson_05 import RATES, ROWS, accuracy, bare, build, short_rows, trained
from course_lib.cost import eager_attention
from course_lib.evaluation import evaluate
from course_lib.methods import PrefixTuning
from course_lib.training import fit
from course_lib.world import load_task

MORE = 80  # steps of a prefix that starts from a trained prompt


def attention_mass(model, tokenizer, method, texts) -> list[float]:
    """Of each block, the share of attention that goes to the prefix: mean over heads, and over the text's positions."""
    P, totals = method.length, None
    with torch.no_grad(), method.on(model), eager_attention(model):
        for text in texts:
            batch = method.prepare(dict(tokenizer(text, return_tensors="pt")))
            shares = [block[0, :, :, :P].sum(-1).mean().item()                           # (H, T, P + T) -> ()
                      for block in model(**batch, output_attentions=True).attentions]
            totals = shares if totals is None else [a + b for a, b in zip(totals, shares)]
    return [total / len(texts) for total in totals]


def even_share(n_prefix: int, lengths) -> float:
    """The share that the prefix would get if every position looked evenly at all that it can see."""
    return mean(mean(n_prefix / (n_prefix + seen) for seen in range(1, n + 1)) for n in lengths)


def as_prefix(prompt, model):
    """The prefix that does what this soft prompt does: the keys and values that the model makes of its vectors."""
    prefix = PrefixTuning(model, prompt.length)
    with torch.no_grad():
        layers = model(inputs_embeds=prompt.prompt[None], use_cache=True).past_key_values.layers
        prefix.prefix.copy_(torch.stack([torch.cat([layer.keys, layer.values]) for layer in layers]))
    return prefix


def grown(seed: int):
    """(prefix, model, tokenizer, test rows): started from a trained prompt, then trained for `MORE` steps.

    Li & Liang 2021, section 4.3, train a prefix through a feed-forward network, for directly it is unstable. Here the
    frozen model is that network, and the prompt is what goes into it.
    """
    prompt, model, tokenizer, test, _ = trained("prompt vocabulary", seed)
    prefix, rows = as_prefix(prompt, model), short_rows(load_task("reviews")["train"], tokenizer, seed)
    fit(model, tokenizer, {"train": rows}, prefix, steps=MORE, batch_size=ROWS, learning_rate=RATES["grown"], seed=seed,
        progress=False)
    return prefix, model, tokenizer, test


def steering(seed: int) -> dict[str, float]:
    """A prefix of 20 positions that starts from a trained prompt, one trained directly, and what attention they get."""
    prefix, model, tokenizer, test = grown(seed)
    learned = short_rows(load_task("reviews")["train"], tokenizer, seed)
    direct = trained("prefix 20", seed)[0]
    texts = test["prompt"][:50]
    mass = {name: mean(attention_mass(model, tokenizer, one, texts))
            for name, one in (("mass", prefix), ("before", build("prefix 20", model, tokenizer, seed)))}
    return {"bare": bare(seed), "direct": accuracy("prefix 20", seed),
            "direct_seen": evaluate(model, tokenizer, learned, direct)["accuracy"],
            "prompt": accuracy("prompt vocabulary", seed),
            "prefix": evaluate(model, tokenizer, test, prefix)["accuracy"], **mass,
            "even": even_share(LENGTH, [len(ids) for ids in tokenizer(texts)["input_ids"]])}
