"""What lesson 03 measures of data and supervision: rules, raw text, the order of rows, prompts that nobody wrote.

As in lesson_03.py: runs of full fine-tuning, each learning rate chosen once, on validation, with a seed that no record
has.
"""
from random import Random

import datasets
import torch

from course_lib.claims.measures.lesson_03 import BATCH, accuracy, start, train
from course_lib.methods import FullFineTuning
from course_lib.prompting import score_choices
from course_lib.prompting.search import search, surer
from course_lib.shifts import dead_key
from course_lib.weak_supervision import SURE, label_model, majority, votes_of

RATE = 3e-4
UNLABELLED = 2000                 # rows that the rules vote on
RAW_ROWS, RAW_RATE, FEW = 1024, 3e-4, 100  # the rate is chosen from 3e-4 and 1e-3
STAGE = 12                        # steps of each of the three stages of a curriculum


def labelled(rows, signs: torch.Tensor):
    """The rows with the labels that these signs give, (n,): 1 positive, -1 negative; rows with a 0 are left out."""
    kept, names = signs.nonzero().flatten().tolist(), rows.features["label"].names
    rows = rows.select(kept)
    labels = [int(signs[place] > 0) for place in kept]
    return datasets.Dataset.from_dict({**rows[:], "label": labels, "answer": [names[label] for label in labels]},
                                      features=rows.features)


def right_share(signs: torch.Tensor, labels: list[int], guess: bool = False) -> float:
    """The share of right labels among those that are given, (n,); with `guess` among all, a coin in place of a 0."""
    truth = 2 * torch.tensor(labels) - 1
    marks = (signs == truth).float()
    return (marks + (signs == 0) / 2).mean().item() if guess else marks[signs != 0].mean().item()


def sure_labels(votes: torch.Tensor) -> torch.Tensor:
    """The label model's signs, (n,), and 0 where it is less than SURE of the side."""
    _, positive = label_model(votes)
    return (positive >= SURE).int() - (positive <= 1 - SURE).int()


def weak(seed: int) -> dict[str, float]:
    """How often the rules, the vote and the label model are right, and a model that is trained on what these two say.

    `tuned_gold` is the model trained on right labels.
    """
    model, tokenizer, task, test = start()
    rows = task["train"].shuffle(seed=seed).select(range(UNLABELLED))
    votes, truth = votes_of(rows["text"][:]), rows["label"][:]
    rules = [right_share(rule, truth, guess=True) for rule in votes.T]
    found = {"best_rule": max(rules), "worst_rule": min(rules)}
    gold = 2 * torch.tensor(truth) - 1
    for name, signs in (("vote", majority(votes)), ("model", sure_labels(votes)), ("gold", gold)):
        method = FullFineTuning(model, seed=seed)
        train(model, tokenizer, method, labelled(rows, signs), seed, RATE)
        found[f"tuned_{name}"] = accuracy(model, tokenizer, test, method)
        if name != "gold":
            found |= {f"{name}_share": (signs != 0).float().mean().item(), f"{name}_right": right_share(signs, truth)}
    return found


def as_raw_text(texts: list[str]):
    """Rows for `fit` whose answer is the text itself, after its first word: raw text is learned by continuing it."""
    parts = [text.split(" ", 1) for text in texts]
    return datasets.Dataset.from_dict({"prompt": [first for first, _ in parts], "answer": [rest for _, rest in parts]})


def domain_first(seed: int) -> dict[str, float]:
    """100 labels from a keyboard with a dead key: at once, after raw text of the same, after raw text as usual."""
    model, tokenizer, task, test = start()
    rows, test = task["train"].shuffle(seed=seed), dead_key(test)
    few, raw = dead_key(rows.select(range(FEW))), rows.select(range(FEW, FEW + RAW_ROWS))
    found = {}
    for name, more in (("at_once", None), ("domain", dead_key(raw)), ("other", raw)):
        method = FullFineTuning(model, seed=seed)
        if more:
            train(model, tokenizer, method, as_raw_text(more["text"][:]), seed, RAW_RATE, RAW_ROWS // BATCH)
        train(model, tokenizer, method, few, seed, RATE)
        found[name] = accuracy(model, tokenizer, test, method)
    return found


def difficulty(model, tokenizer, rows, teacher) -> list[float]:
    """For each row how improbable its right answer is to a model that was tuned on other rows."""
    scores = score_choices(model, tokenizer, rows["prompt"][:], rows.features["label"].names, method=teacher)
    return [1 - score[label] for score, label in zip(scores, rows["label"][:])]


def curriculum(seed: int, n: int = 192) -> dict[str, float]:
    """Three stages, of a third, two thirds and all of the rows: the easiest first, the hardest first, shuffled."""
    model, tokenizer, task, test = start()
    rows = task["train"].shuffle(seed=seed)
    teacher = FullFineTuning(model, seed=seed)
    train(model, tokenizer, teacher, rows.select(range(n, n + 64)), seed, RATE, steps=20)
    rows = rows.select(range(n))
    hard = difficulty(model, tokenizer, rows, teacher)
    easy_first = sorted(range(n), key=hard.__getitem__)
    found = {}
    for name, order in (("easy_first", easy_first), ("hard_first", easy_first[::-1]),
                        ("shuffled", Random(f"order {seed}").sample(range(n), n))):
        method = FullFineTuning(model, seed=seed)
        for stage in (1, 2, 3):
            part = rows.select(order[:stage * n // 3])
            train(model, tokenizer, method, part, seed + stage, RATE, STAGE)
        found[name] = accuracy(model, tokenizer, test, method)
    return found


@torch.no_grad()
def written(model, tokenizer, beginnings: list[str], seed: int, tokens: int = 60) -> list[str]:
    """What the model writes after each beginning, each token drawn by its probability, to the end of the line."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        batch = tokenizer(beginnings, return_tensors="pt", padding=True, padding_side="left")
        ids = model.generate(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], do_sample=True,
                             max_new_tokens=tokens, pad_token_id=tokenizer.pad_token_id)                 # (n, T)
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True)
    return [text.split("\n")[0].strip() for text in texts]


def automated(seed: int, n: int = 256) -> dict[str, float]:
    """A prompt searched on validation; reviews that the base writes, labelled with it, and fine-tuning on them."""
    model, tokenizer, task, test = start()
    rows = task["train"].shuffle(seed=seed)
    prompt = search(model, tokenizer, task["validation"].shuffle(seed=seed).select(range(64)))[0]
    side = surer(model, tokenizer, test["text"][:], prompt).sign()
    found = {"given": accuracy(model, tokenizer, test), "found_validation": prompt.accuracy,
             "found_test": right_share(side, test["label"][:])}
    texts = written(model, tokenizer, [" ".join(text.split()[:2]) for text in rows["text"][:n]], seed)
    sure = surer(model, tokenizer, texts, prompt)
    columns = {"text": texts, "prompt": [f"{text}\nlabel:" for text in texts], "label": [0] * n, "answer": [""] * n}
    pages = datasets.Dataset.from_dict(columns, features=rows.features)
    surest = sure.abs() >= sure.abs().median()
    for name, part in (("kept", labelled(pages, sure.sign() * surest)),
                       ("all", labelled(pages, sure.sign()).select(range(n // 2)))):
        method = FullFineTuning(model, seed=seed)
        train(model, tokenizer, method, part, seed, RATE)
        found[f"written_{name}"] = accuracy(model, tokenizer, test, method)
    method = FullFineTuning(model, seed=seed)
    train(model, tokenizer, method, rows.select(range(n // 2)), seed, RATE)
    return found | {"gold": accuracy(model, tokenizer, test, method)}
