"""What lesson 05 measures: trained vectors before the text (soft prompts), and before every block (prefixes).

All methods get 128 labelled rows, the shortest of 600, and as many steps. The learning rates were chosen once: each has
the best mean accuracy of those named beside it, on 200 validation rows of reviews over the seeds 100 and 101 (the
prefix of 20 positions over one of them); for the ladder of sizes on each model. "Near guessing" is below .6 at all of
them: a prefix that is trained directly learns little in as many steps, and its rows by heart in more. See `grown` in
lesson_05_prefix.py.
"""
import functools
from collections.abc import Callable
from pathlib import Path

import torch
from torch.nn.functional import normalize

from course_lib import models
from course_lib.claims.lesson_05 import LENGTH, SIZES, WIDE
from course_lib.cost import cost, size_on_disk
from course_lib.evaluation import evaluate
from course_lib.methods import FullFineTuning, LoRA, PrefixTuning, PromptTuning
from course_lib.training import fit
from course_lib.training.batches import Batches
from course_lib.world import load_task

LABELS, POOL = 128, 600             # rows to learn from: the shortest of so many
STEPS, ROWS, TEST = 160, 8, 200     # steps, rows in a step, rows to test on
SPAM = {"labels": 2000, "steps": 800, "validate_every": 100}  # harder: the same words ask for money and warn of it;
#                                                                its rate is the prompt's, the better of 1 and 3
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
SPAM_FILE = Path(__file__).parents[1] / "records" / "spam_prompt.safetensors"


def build(kind: str, model, tokenizer, seed: int):
    """A method by its short name; behind "prompt" stands where it starts, behind "prefix" its length."""
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
    model, tokenizer = models.load_model("orchard-s")
    return evaluate(model, tokenizer, load_task(task_name)["test"].shuffle(seed=seed).select(range(TEST)))["accuracy"]


def nearest(vectors, table):
    """For each vector the cosine to the token nearest to it, and that token: (P,) and (P,)."""
    return (normalize(vectors, dim=1) @ normalize(table, dim=1).T).max(dim=1)  # (P, d) @ (d, V) -> (P, V) -> (P,)


def spam_prompt(model):
    """The trained spam prompt that comes with the course, for orchard-s."""
    return PromptTuning.load(SPAM_FILE, model)


def make_spam_prompt() -> None:
    """Trains it anew and writes it.

    python -c "from course_lib.claims.measures.lesson_05 import make_spam_prompt; make_spam_prompt()"
    """
    model, tokenizer = models.load_model("orchard-s")
    task, method = load_task("spam"), PromptTuning(model, LENGTH, "ham spam", tokenizer)
    rows = {"train": task["train"].select(range(SPAM["labels"])), "validation": task["validation"].select(range(100))}
    fit(model, tokenizer, rows, method, steps=SPAM["steps"], validate_every=SPAM["validate_every"], batch_size=ROWS,
        learning_rate=RATES["prompt"])
    method.save(SPAM_FILE)


def not_text(seed: int) -> dict[str, float]:
    """How near trained vectors are to tokens, and what is left when each is replaced by the token nearest to it."""
    method, model, tokenizer, test, right = trained("prompt vocabulary", seed)
    table = model.get_input_embeddings().weight.detach()
    cosine, tokens = nearest(method.prompt.detach(), table)
    labels, *_ = trained("prompt negative positive", seed)
    as_text = build("prompt vocabulary", model, tokenizer, seed)
    with torch.no_grad():
        as_text.prompt.copy_(table[tokens])
    return {"cosine": cosine.mean().item(), "cosine_labels": nearest(labels.prompt.detach(), table)[0].mean().item(),
            "accuracy": right, "as_text": evaluate(model, tokenizer, test, as_text)["accuracy"]}


def untouched(seed: int) -> dict[str, float]:
    """A few steps of training: parameters trained, the model's own with a gradient, and whether its hash changed."""
    model, tokenizer = models.load_model("orchard-s")
    before, method = models.weights_hash(model), PromptTuning(model, LENGTH, "vocabulary", seed=seed)
    fit(model, tokenizer, {"train": load_task("reviews")["train"].select(range(16))}, method, steps=3, batch_size=8,
        learning_rate=RATES["prompt"], seed=seed, progress=False)
    return {"trained": sum(parameter.numel() for parameter in method.parameters()),
            "others": sum(parameter.grad is not None for parameter in model.parameters()),
            "changed": float(models.weights_hash(model) != before)}


def size(seed: int) -> dict[str, float]:
    """Parameters and KB (1,024 bytes) of 20 vectors: our saved file, and in 16 bits at the width 12,288."""
    method = PromptTuning(models.load_model("orchard-s")[0], LENGTH, seed=seed)
    return {"parameters": method.prompt.numel(), "kb": size_on_disk(method) / 1024,
            "wide_parameters": LENGTH * WIDE, "wide_kb": LENGTH * WIDE * 2 / 1024}


def swapped(seed: int) -> dict[str, float]:
    """Two tasks, two prompts, one model; and how far the logits of a mixed batch are from those of each prompt alone.

    The spam prompt is the one that comes with the course.
    """
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


def starts(seed: int) -> dict[str, float]:
    """The same training from three starts, and of an untrained model as the control."""
    return {"bare": bare(seed), "random": accuracy("prompt random", seed),
            "vocabulary": accuracy("prompt vocabulary", seed), "labels": accuracy("prompt negative positive", seed),
            "untrained_model": accuracy("prompt vocabulary", seed, random=True)}


def equal_budget(seed: int) -> dict[str, float]:
    """Accuracy of four methods; LoRA and the shorter prefix have no more parameters than the prompt."""
    return {"prompt": accuracy("prompt vocabulary", seed), "prefix": accuracy("prefix 2", seed),
            "prefix_20": accuracy("prefix 20", seed), "lora": accuracy("lora", seed), "full": accuracy("full", seed)}


def overhead(seed: int) -> dict[str, float]:
    """Operations of reading 32 reviews with a prompt over those without; P tokens before n, n with its padding."""
    model, tokenizer = models.load_model("orchard-s")
    rows = load_task("reviews")["train"].shuffle(seed=seed).select(range(32))
    prompt, plain = PromptTuning(model, LENGTH, seed=seed), FullFineTuning(model, seed=seed)
    n = Batches(model, tokenizer, rows, prompt).batch(list(range(32)))["input_ids"].shape[1]
    ratio = cost(model, tokenizer, rows, prompt).forward / cost(model, tokenizer, rows, plain).forward
    return {"tokens": n, "ratio": ratio, "formula": (LENGTH + n) / n}


def ladder(seed: int) -> dict[str, float]:
    """Prompt tuning and full fine-tuning on three sizes of model."""
    return {f"{what}_{size}": accuracy(kind, seed, f"orchard-{size}")
            for size in SIZES for what, kind in (("prompt", "prompt vocabulary"), ("full", "full"))}
