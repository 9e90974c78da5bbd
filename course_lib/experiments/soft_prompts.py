"""Soft prompts, prefixes and others on few labels: what is trained, at which rate, and what attention a prefix gets.

Each arm has the rate that is found for it, but for the ladder of sizes: there it is, of those named beside it, the one
with the best mean accuracy on 200 validation rows over the seeds 100 and 101. "Near guessing" is below .6 at all of
them.
"""
from dataclasses import replace
from statistics import mean

import torch

from course_lib.cost import eager_attention
from course_lib.experiments.run import Trained, trained_at
from course_lib.experiments.setting import Setting, arm, learn, score
from course_lib.experiments.tuning import ROWS, best_rate, judged, tuned
from course_lib.methods import FullFineTuning, LoRA, PrefixTuning, PromptTuning

LENGTH = 20                                # vectors of a prompt
SETTING = Setting(draw="shortest", steps=160, batch=8, test_draw="shuffled")
QUICK = Setting(draw="short", steps=160, batch=8, test=400, test_draw="shuffled")
SOFT = arm(PromptTuning, length=LENGTH, init="vocabulary")
DIRECT = arm(PrefixTuning, length=LENGTH)
LORA = arm(LoRA, rank=1, alpha=2)          # no more numbers than the prompt has
PROMPT = arm(PromptTuning, 3.0, length=LENGTH, init="vocabulary")         # of .03, .1, .3, 1, 3, 10
FULL = arm(FullFineTuning, 2.5e-4)                                        # of .00025, .0005, .001, .002
LADDER = {                                                                # by the size of the model
    "xs": {"prompt": replace(PROMPT, rate=0.03),                          # of .03, .1, .3, 1, 3, 10: all near guessing
           "full": replace(FULL, rate=2e-3)},                             # of .001, .002, .004
    "s": {"prompt": PROMPT, "full": FULL},
    "m": {"prompt": PROMPT,                                               # of .03, .1, 1, 3, 10: all near guessing
          "full": FULL}}                                                  # of .00025, .0005, .001


def starting(init: str):
    """The prompt's arm with another start: "random", or words."""
    return arm(PromptTuning, PROMPT.rate, length=LENGTH, init=init)


def starting_from(init: str, length: int = LENGTH):
    """A prompt's arm with another start, "random" or words, or another length."""
    return arm(PromptTuning, length=length, init=init)


def grown(setting: Setting, length: int, seed: int, rate: float | None = None) -> tuple[PrefixTuning, Trained]:
    """A prefix that goes on from a prompt, with half of the setting's steps for each; and the run of that prompt.

    The prompt has the rate that is found for one of LENGTH vectors in all of the steps, the prefix its own.
    """
    half = replace(setting, steps=setting.steps // 2)
    run = trained_at(half, replace(starting_from("vocabulary", length), rate=tuned(setting, SOFT).rate), seed)
    prefix = PrefixTuning.from_prompt(run.method, run.model)
    learn(run.model, run.tokenizer, prefix, half.train_rows(run.tokenizer, seed), rate or grown_rate(setting, length),
          seed, half)
    return prefix, run


def grown_rate(setting: Setting, length: int) -> float:
    """The learning rate of such a prefix."""
    return best_rate(f"a prefix of {length} that goes on from a prompt after half of {setting.steps} steps, on "
                     f"{setting.labels} short reviews", lambda rate, seed: validated(setting, length, rate, seed), 0.03)


def validated(setting: Setting, length: int, rate: float, seed: int) -> dict[str, float]:
    """How right such a prefix is on validation rows, for the search of its rate."""
    prefix, run = grown(setting, length, seed, rate)
    rows = replace(setting, test=ROWS).test_rows(run.tokenizer, seed, "validation")
    return judged(run.model, run.tokenizer, rows, prefix)


def bare(seed: int, setting: Setting = SETTING) -> float:
    """The accuracy of the base model, asked for the label words."""
    model, tokenizer = setting.load(seed)
    return score(model, tokenizer, setting.test_rows(seed=seed))


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


def moved_among_words(model, tokenizer, method, texts) -> float:
    """How much attention a prefix moves from one word to another in block 1, where both read the same text.

    Of each position's attention on the text, made to sum to 1 with the prefix as without: half the sum of all changes,
    a share, its mean over heads and positions. A prefix can take attention from all of them alike, and no more: so it
    is 0 (Petrov et al. 2023, arXiv:2310.19698).
    """
    moved = []
    with torch.no_grad(), eager_attention(model):
        for text in texts:
            batch = dict(tokenizer(text, return_tensors="pt"))
            without = model(**batch, output_attentions=True).attentions[0][0]                # (H, T, T)
            with method.on(model):
                seen = model(**method.prepare(batch), output_attentions=True).attentions[0][0][..., method.length:]
            moved.append((seen / seen.sum(-1, keepdim=True) - without).abs().sum(-1).mean().item() / 2)
    return mean(moved)


def even_share(n_prefix: int, lengths) -> float:
    """The share that the prefix would get if every position looked evenly at all that it can see."""
    return mean(mean(n_prefix / (n_prefix + seen) for seen in range(1, n + 1)) for n in lengths)
