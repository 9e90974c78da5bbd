"""What lesson 05 measures: trained vectors before the text (soft prompts), and before every block (prefixes).

All methods get 128 labelled rows, the shortest of 600, and as many steps. The learning rates were chosen once: each has
the best mean accuracy of those named beside it, on 200 validation rows of reviews over the seeds 100 and 101 (the
prefix of 20 positions over one of them); for the ladder of sizes on each model. "Near guessing" is below .6 at all of
them: a prefix that is trained directly learns little in as many steps, and its rows by heart in more. See `grown`.
"""
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import mean

from course_lib import models  # torch comes with its first use, so that listing claims does not wait for it
from course_lib.claims import FAILS, HOLDS, LIMITED, Claim, Figure, Verdict, share

LABELS, POOL = 128, 600             # rows to learn from: the shortest of so many
STEPS, ROWS, TEST = 160, 8, 200     # steps, rows in a step, rows to test on
MORE = 80                           # steps of a prefix that starts from a trained prompt
SPAM = {"labels": 2000, "steps": 800, "validate_every": 100}  # harder: the same words ask for money and warn of it;
#                                                                its rate is the prompt's, the better of 1 and 3
LENGTH = 20
RATES = {"prompt": 3.0,      # of .03, .1, .3, 1, 3, 10
         "prefix 2": 0.1,    # of .003, .01, .03, .1, .3: all of them near guessing
         "prefix 20": 0.3,   # of .01, .03, .1, .3, 1, 3: all of them near guessing
         "grown": 0.03,      # of .003, .01, .03, .1: a prefix that starts from a trained prompt
         "lora": 1e-2,       # of .003, .01, .03
         "full": 2.5e-4}     # of .00025, .0005, .001, .002
SIZE_RATES = {"orchard-xs": {"prompt": 0.03,   # of .03, .1, .3, 1, 3, 10: all of them near guessing
                             "full": 2e-3},    # of .001, .002, .004
              "orchard-m": {"prompt": 3.0,     # of .03, .1, 1, 3, 10: all of them near guessing
                            "full": 2.5e-4}}   # of .00025, .0005, .001
CLEAR = 0.1    # a gain of as much is called one
CLOSE = 0.05   # shares nearer to each other than this are called about equal
TOKEN = 0.9    # a vector with a higher cosine to a token is that token, about
FEW, FEW_KB = 10_000, 20  # more is not "a few thousand" parameters, not "a few KB"
WIDE = 12_288  # the width of the largest GPT-3

SPAM_FILE = Path(__file__).parent / "records" / "spam_prompt.safetensors"

Figures = Mapping[str, Figure]


def build(kind: str, model, tokenizer, seed: int):
    """A method by its short name; behind "prompt" stands where it starts, behind "prefix" its length."""
    from course_lib.methods import FullFineTuning, LoRA, PrefixTuning, PromptTuning

    kind, _, more = kind.partition(" ")
    makers: dict[str, Callable] = {
        "prompt": lambda: PromptTuning(model, LENGTH, more, tokenizer, seed=seed),
        "prefix": lambda: PrefixTuning(model, int(more), "vocabulary", seed=seed),  # 2: as many numbers as LoRA, r = 1
        "lora": lambda: LoRA(model, rank=1, alpha=2, seed=seed), "full": lambda: FullFineTuning(model, seed=seed)}
    return makers[kind]()


def short_rows(rows, tokenizer, seed: int = 0):
    """The shortest rows among some drawn by the seed, as many of each label: short texts make quick steps."""
    pool = rows.shuffle(seed=seed).select(range(min(POOL, len(rows))))
    lengths = [len(ids) for ids in tokenizer(pool["prompt"][:])["input_ids"]]
    order, labels = sorted(range(len(pool)), key=lengths.__getitem__), pool["label"][:]
    each = LABELS // len(set(labels))
    chosen = [[i for i in order if labels[i] == label][:each] for label in sorted(set(labels))]
    return pool.select(sum(chosen, []))


@functools.lru_cache(maxsize=64)  # claims share runs
def trained(kind: str, seed: int, name: str = "orchard-s", random: bool = False):
    """(method, model, tokenizer, test rows, accuracy on them) after training on reviews."""
    from course_lib.evaluation import evaluate
    from course_lib.training import fit
    from course_lib.world import load_task

    model, tokenizer = models.load_model(name, random=random, seed=seed)
    task, method = load_task("reviews"), build(kind, model, tokenizer, seed)
    rows = {"train": short_rows(task["train"], tokenizer, seed)}
    rates = {**RATES, **SIZE_RATES.get(name, {})}
    rate = rates[kind if kind in rates else kind.split()[0]]
    fit(model, tokenizer, rows, method, steps=STEPS, batch_size=ROWS, learning_rate=rate, seed=seed, progress=False)
    test = task["test"].shuffle(seed=seed).select(range(TEST))
    return method, model, tokenizer, test, evaluate(model, tokenizer, test, method)["accuracy"]


def accuracy(*what, **more) -> float:
    """The accuracy of `trained` alone."""
    return trained(*what, **more)[-1]


@functools.lru_cache(maxsize=16)
def bare(seed: int, task_name: str = "reviews") -> float:
    """The accuracy of the base model, asked for the label words."""
    from course_lib.evaluation import evaluate
    from course_lib.world import load_task

    model, tokenizer = models.load_model("orchard-s")
    return evaluate(model, tokenizer, load_task(task_name)["test"].shuffle(seed=seed).select(range(TEST)))["accuracy"]


def nearest(vectors, table):
    """For each vector the cosine to the token nearest to it, and that token: (P,) and (P,)."""
    from torch.nn.functional import normalize

    return (normalize(vectors, dim=1) @ normalize(table, dim=1).T).max(dim=1)  # (P, d) @ (d, V) -> (P, V) -> (P,)


def spam_prompt(model):
    """The trained spam prompt that comes with the course, for orchard-s."""
    from course_lib.methods import PromptTuning

    return PromptTuning.load(SPAM_FILE, model)


def make_spam_prompt() -> None:
    """Trains it anew and writes it: python -c "from course_lib.claims.lesson_05 import *; make_spam_prompt()"."""
    from course_lib.methods import PromptTuning
    from course_lib.training import fit
    from course_lib.world import load_task

    model, tokenizer = models.load_model("orchard-s")
    task, method = load_task("spam"), PromptTuning(model, LENGTH, "ham spam", tokenizer)
    rows = {"train": task["train"].select(range(SPAM["labels"])), "validation": task["validation"].select(range(100))}
    fit(model, tokenizer, rows, method, steps=SPAM["steps"], validate_every=SPAM["validate_every"], batch_size=ROWS,
        learning_rate=RATES["prompt"])
    method.save(SPAM_FILE)


def not_text(seed: int) -> dict[str, float]:
    """How near trained vectors are to tokens, and what is left when each is replaced by the token nearest to it."""
    import torch

    from course_lib.evaluation import evaluate

    method, model, tokenizer, test, right = trained("prompt vocabulary", seed)
    table = model.get_input_embeddings().weight.detach()
    cosine, tokens = nearest(method.prompt.detach(), table)
    labels, *_ = trained("prompt negative positive", seed)
    as_text = build("prompt vocabulary", model, tokenizer, seed)
    with torch.no_grad():
        as_text.prompt.copy_(table[tokens])
    return {"cosine": cosine.mean().item(), "cosine_labels": nearest(labels.prompt.detach(), table)[0].mean().item(),
            "accuracy": right, "as_text": evaluate(model, tokenizer, test, as_text)["accuracy"]}


def judge_not_text(f: Figures) -> Verdict:
    """Holds where the vectors are no tokens (`TOKEN`) and their nearest tokens do not do their work (`CLOSE`)."""
    because = (f"The mean cosine to the nearest token is {f['cosine']}; started from the label words it is "
               f"{f['cosine_labels']}. The vectors are right in {share(f['accuracy'])}; the tokens nearest to them, "
               f"in their place, in {share(f['as_text'])}.")
    away, needed = f["cosine"].mean < TOKEN, f["accuracy"].mean - f["as_text"].mean > CLOSE
    if away and needed:
        return Verdict(HOLDS, because)
    if away or needed:
        return Verdict(LIMITED, because + (" They are no tokens, but tokens do as well." if away else
                                           " They are close to tokens, and yet more than those."))
    return Verdict(FAILS, because + " They could as well be text.")


def untouched(seed: int) -> dict[str, float]:
    """A few steps of training: parameters trained, the model's own with a gradient, and whether its hash changed."""
    from course_lib.methods import PromptTuning
    from course_lib.training import fit
    from course_lib.world import load_task

    model, tokenizer = models.load_model("orchard-s")
    before, method = models.weights_hash(model), PromptTuning(model, LENGTH, "vocabulary", seed=seed)
    fit(model, tokenizer, {"train": load_task("reviews")["train"].select(range(16))}, method, steps=3, batch_size=8,
        learning_rate=RATES["prompt"], seed=seed, progress=False)
    return {"trained": sum(parameter.numel() for parameter in method.parameters()),
            "others": sum(parameter.grad is not None for parameter in model.parameters()),
            "changed": float(models.weights_hash(model) != before)}


def judge_untouched(f: Figures) -> Verdict:
    """Holds where nothing but the prompt has a gradient, and not a bit of the model changes."""
    same = f["others"].mean == 0 and f["changed"].mean == 0
    because = (f"Trained are {f['trained'].mean:,.0f} parameters. Of the model's own tensors {f['others'].mean:.0f} "
               f"got a gradient, and the hash of its weights is {'another one' if f['changed'].mean else 'the same'} "
               "after training.")
    return Verdict(HOLDS if same else FAILS, because)


def size(seed: int) -> dict[str, float]:
    """Parameters and KB (1,024 bytes) of 20 vectors: our saved file, and in 16 bits at the width 12,288."""
    from course_lib.cost import size_on_disk
    from course_lib.methods import PromptTuning

    method = PromptTuning(models.load_model("orchard-s")[0], LENGTH, seed=seed)
    return {"parameters": method.prompt.numel(), "kb": size_on_disk(method) / 1024,
            "wide_parameters": LENGTH * WIDE, "wide_kb": LENGTH * WIDE * 2 / 1024}


def judge_size(f: Figures) -> Verdict:
    """Holds where it is true of our model and of the width 12,288 (`FEW`, `FEW_KB`), with a limit where of one."""
    fits = [f[a].mean < FEW and f[b].mean < FEW_KB for a, b in (("parameters", "kb"), ("wide_parameters", "wide_kb"))]
    because = (f"{LENGTH} vectors have {f['parameters'].mean:,.0f} parameters in our model, a file of "
               f"{f['kb'].mean:,.0f} KB; at the width {WIDE:,} they have {f['wide_parameters'].mean:,.0f}, in 16 bits "
               f"{f['wide_kb'].mean:,.0f} KB.")
    if all(fits):
        return Verdict(HOLDS, because)
    if any(fits):
        return Verdict(LIMITED, because + (" True of a small model, not of the large one." if fits[0] else
                                           " True of the large model, not of ours."))
    return Verdict(FAILS, because)


def swapped(seed: int) -> dict[str, float]:
    """Two tasks, two prompts, one model; and how far the logits of a mixed batch are from those of each prompt alone.

    The spam prompt is the one that comes with the course.
    """
    import torch

    from course_lib.batches import Batches
    from course_lib.evaluation import evaluate
    from course_lib.methods import PromptTuning
    from course_lib.world import load_task

    one, model, tokenizer, rows, reviews = trained("prompt vocabulary", seed)
    two, spam_rows = spam_prompt(model), load_task("spam")["test"].shuffle(seed=seed).select(range(TEST))
    which = [0, 1] * 4
    batch = Batches(model, tokenizer, rows.select(range(8)), one).batch(list(range(8)))
    mixed = PromptTuning.mix([one, two], which)
    outs = []
    with torch.no_grad():
        for method in (mixed, one, two):
            with method.on(model):
                outs.append(method.logits(model, batch)[:, -1])                          # (B, V)
    alone = torch.stack([outs[1 + which[row]][row] for row in range(8)])                 # (B, V)
    return {"bare_reviews": bare(seed), "reviews": reviews, "bare_spam": bare(seed, "spam"),
            "spam": evaluate(model, tokenizer, spam_rows, two)["accuracy"],
            "apart": (outs[0] - alone).abs().max().item()}


def judge_swapped(f: Figures) -> Verdict:
    """Holds where both prompts gain ten points or more (`CLEAR`) and each row of a mixed batch keeps its own answer."""
    gains = [f[name].mean - f[f"bare_{name}"].mean >= CLEAR for name in ("reviews", "spam")]
    because = (f"One frozen model, two prompts: reviews {share(f['reviews'])} right (bare {share(f['bare_reviews'])}), "
               f"spam {share(f['spam'])} (bare {share(f['bare_spam'])}). In a mixed batch the logits are "
               f"{'the same within rounding' if f['apart'].mean < 1e-3 else 'others'}.")
    if not any(gains) or f["apart"].mean >= 1e-3:
        return Verdict(FAILS, because)
    if not all(gains):
        return Verdict(LIMITED, because + " Only one of the prompts helps.")
    return Verdict(HOLDS, because)


def attention_mass(model, tokenizer, method, texts) -> list[float]:
    """Of each block, the share of attention that goes to the prefix: mean over heads, and over the text's positions."""
    import torch

    from course_lib.cost import eager_attention

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
    import torch

    from course_lib.methods import PrefixTuning

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
    from course_lib.training import fit
    from course_lib.world import load_task

    prompt, model, tokenizer, test, _ = trained("prompt vocabulary", seed)
    prefix, rows = as_prefix(prompt, model), short_rows(load_task("reviews")["train"], tokenizer, seed)
    fit(model, tokenizer, {"train": rows}, prefix, steps=MORE, batch_size=ROWS, learning_rate=RATES["grown"], seed=seed,
        progress=False)
    return prefix, model, tokenizer, test


def steering(seed: int) -> dict[str, float]:
    """A prefix of 20 positions that starts from a trained prompt, one trained directly, and what attention they get."""
    from course_lib.evaluation import evaluate
    from course_lib.world import load_task

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


def judge_steering(f: Figures) -> Verdict:
    """Holds where the prefix gains ten points or more (`CLEAR`) and gets more attention than an even share."""
    gains, seen = f["prefix"].mean - f["bare"].mean >= CLEAR, f["mass"].mean > f["even"].mean
    because = (f"A prefix of {LENGTH} positions in every block, started from a trained prompt ({share(f['prompt'])} "
               f"right), is right in {share(f['prefix'])}; the bare model in {share(f['bare'])}. Trained directly, it "
               f"is right in {share(f['direct'])}, and in {share(f['direct_seen'])} of the rows that it learned from. "
               f"It gets {share(f['mass'])} of the attention, before training {share(f['before'])}; an even share is "
               f"{share(f['even'])}.")
    if gains and seen:
        return Verdict(HOLDS, because)
    if gains:
        more = f["mass"].mean - f["before"].mean > CLOSE
        return Verdict(LIMITED, because + (" It draws attention, though less than an even share." if more else
                                           " It helps without drawing attention."))
    if seen:
        return Verdict(LIMITED, because + " It is looked at, and the answers gain little.")
    return Verdict(FAILS, because)


def starts(seed: int) -> dict[str, float]:
    """The same training from three starts, and of an untrained model as the control."""
    return {"bare": bare(seed), "random": accuracy("prompt random", seed),
            "vocabulary": accuracy("prompt vocabulary", seed), "labels": accuracy("prompt negative positive", seed),
            "untrained_model": accuracy("prompt vocabulary", seed, random=True)}


def told_starts(f: Figures) -> str:
    """The accuracies of all starts."""
    return (f"Right after training: {share(f['random'])} from a random start, {share(f['vocabulary'])} from drawn "
            f"tokens, {share(f['labels'])} from the label words; the bare model {share(f['bare'])}, a prompt for a "
            f"model with random weights {share(f['untrained_model'])}.")


def judge_design(f: Figures) -> Verdict:
    """Does not hold where a start that nobody designed learns (`CLEAR`) about as well as the label words (`CLOSE`)."""
    plain = max(f["random"].mean, f["vocabulary"].mean)
    if plain - f["bare"].mean < CLEAR:
        return Verdict(HOLDS, told_starts(f) + " Without a designed start nothing is learned.")
    if f["labels"].mean - plain > CLOSE:
        return Verdict(LIMITED, told_starts(f) + " A start that nobody designed works, and a designed one is better.")
    return Verdict(FAILS, told_starts(f) + " A start that nobody designed does as well.")


def judge_random_start(f: Figures) -> Verdict:
    """Holds where a random start is about as good as the best one (`CLOSE`), with a limit where it learns at all."""
    best = max(f["vocabulary"].mean, f["labels"].mean)
    if f["random"].mean >= best - CLOSE:
        return Verdict(HOLDS, told_starts(f) + " A random start is as good as another.")
    if f["random"].mean - f["bare"].mean >= CLEAR:
        return Verdict(LIMITED, told_starts(f) + " A random start learns, and is not the best one.")
    return Verdict(FAILS, told_starts(f) + " One can start at random; with so few steps hardly anything is learned.")


def equal_budget(seed: int) -> dict[str, float]:
    """Accuracy of four methods; LoRA and the shorter prefix have no more parameters than the prompt."""
    return {"prompt": accuracy("prompt vocabulary", seed), "prefix": accuracy("prefix 2", seed),
            "prefix_20": accuracy("prefix 20", seed), "lora": accuracy("lora", seed), "full": accuracy("full", seed)}


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


def overhead(seed: int) -> dict[str, float]:
    """Operations of reading 32 reviews with a prompt over those without; P tokens before n, n with its padding."""
    from course_lib.batches import Batches
    from course_lib.cost import cost
    from course_lib.methods import FullFineTuning, PromptTuning
    from course_lib.world import load_task

    model, tokenizer = models.load_model("orchard-s")
    rows = load_task("reviews")["train"].shuffle(seed=seed).select(range(32))
    prompt, plain = PromptTuning(model, LENGTH, seed=seed), FullFineTuning(model, seed=seed)
    n = Batches(model, tokenizer, rows, prompt).batch(list(range(32)))["input_ids"].shape[1]
    ratio = cost(model, tokenizer, rows, prompt).forward / cost(model, tokenizer, rows, plain).forward
    return {"tokens": n, "ratio": ratio, "formula": (LENGTH + n) / n}


def judge_overhead(f: Figures) -> Verdict:
    """Holds where a prompt costs a tenth more or above (`CLEAR`)."""
    because = (f"{LENGTH} vectors before {f['tokens'].mean:.0f} tokens: {f['ratio'].mean:.2f} times the operations of "
               f"reading without them; (P + n) / n is {f['formula'].mean:.2f}.")
    return Verdict(HOLDS if f["ratio"].mean >= 1 + CLEAR else FAILS, because)


SIZES = ("xs", "s", "m")


def ladder(seed: int) -> dict[str, float]:
    """Prompt tuning and full fine-tuning on three sizes of model."""
    return {f"{what}_{size}": accuracy(kind, seed, f"orchard-{size}")
            for size in SIZES for what, kind in (("prompt", "prompt vocabulary"), ("full", "full"))}


def judge_ladder(f: Figures) -> Verdict:
    """Holds where the gap to full fine-tuning shrinks by more than five points (`CLOSE`) with every size."""
    gaps = {size: f[f"full_{size}"].mean - f[f"prompt_{size}"].mean for size in SIZES}
    told = [f"{size}: prompt {share(f[f'prompt_{size}'])}, full {share(f[f'full_{size}'])}" for size in SIZES]
    because = f"Right on reviews, by the size of the model: {'; '.join(told)}."
    if gaps["xs"] - gaps["m"] <= CLOSE:
        return Verdict(FAILS, because + " The gap does not narrow with size here; no model of ours is large, and no "
                                        "run long.")
    if gaps["xs"] - gaps["s"] <= CLOSE or gaps["s"] - gaps["m"] <= CLOSE:
        return Verdict(LIMITED, because + " The gap narrows from the smallest to the largest, not at every step.")
    return Verdict(HOLDS, because + " The gap narrows with size; how it ends at 175 billion we cannot see.")


EXPLAINER, GUIDE, ARTICLE = "Prompt-tuning explainer", "Unite.AI guide", "Unite.AI LoReFT"
TUNED = 0.2  # a training run of few steps ends elsewhere on another machine
START_FIGURES = ("bare", "random", "vocabulary", "labels", "untrained_model")
CLAIMS = [
    Claim("C37", "The vectors live in the embedding space and are not text", (EXPLAINER,),
          ("cosine", "cosine_labels", "accuracy", "as_text"), not_text, judge_not_text, core=True, tolerance=TUNED),
    Claim("C38", "The backbone is untouched; only the prompt is updated", (EXPLAINER, GUIDE),
          ("trained", "others", "changed"), untouched, judge_untouched, core=True, tolerance=0.0),
    Claim("C39", "20 tokens are a few thousand parameters, a few KB", (EXPLAINER,),
          ("parameters", "kb", "wide_parameters", "wide_kb"), size, judge_size, core=True, tolerance=0.01),
    Claim("C40", "Swap the prompt to change the task (sentiment, then spam)", (EXPLAINER,),
          ("bare_reviews", "reviews", "bare_spam", "spam", "apart"), swapped, judge_swapped, core=True,
          tolerance=TUNED),
    Claim("C41", "Prefix vectors steer attention", (GUIDE,),
          ("bare", "direct", "direct_seen", "prompt", "prefix", "mass", "before", "even"), steering, judge_steering,
          tolerance=TUNED),
    Claim("C42", "Prompt tuning needs carefully designed prompts", (GUIDE,),
          START_FIGURES, starts, judge_design, core=True, tolerance=TUNED),
    Claim("C43", "Soft tokens start random", (ARTICLE,), START_FIGURES, starts, judge_random_start, tolerance=TUNED),
    Claim("C44", "Prompt-based methods are often worse than other PEFT", (ARTICLE,),
          ("prompt", "prefix", "prefix_20", "lora", "full"), equal_budget, judge_equal_budget, tolerance=TUNED),
    Claim("C45", "Prompts add a notable overhead at inference", (ARTICLE,),
          ("tokens", "ratio", "formula"), overhead, judge_overhead, tolerance=0.01),
    Claim("C46", "Prompt tuning is practical for very large models (175B)", (EXPLAINER,),
          tuple(f"{what}_{size}" for size in SIZES for what in ("prompt", "full")), ladder, judge_ladder, core=True,
          tolerance=TUNED, models=("orchard-xs", "orchard-s", "orchard-m")),
]
