"""What lesson 03 measures of labels that nobody wrote: rules that vote, and a prompt and reviews by the model itself.

Every run is full fine-tuning, as in lesson_03.py.
"""
import datasets
import torch

from course_lib.claims.lesson_03 import SEARCHED
from course_lib.claims.measures.lesson_03 import PART_RATES, accuracy, start, train
from course_lib.methods import FullFineTuning
from course_lib.prompting.search import margins, search
from course_lib.weak_supervision import SURE, label_model, majority, votes_of

RATE = PART_RATES["near", "full"]
UNLABELLED = 2000                 # rows that the rules vote on


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
    prompt = search(model, tokenizer, task["validation"].shuffle(seed=seed).select(range(SEARCHED)))[0]
    side = margins(model, tokenizer, test["text"][:], prompt).sign()
    found = {"given": accuracy(model, tokenizer, test), "found_validation": prompt.accuracy,
             "found_test": right_share(side, test["label"][:])}
    texts = written(model, tokenizer, [" ".join(text.split()[:2]) for text in rows["text"][:n]], seed)
    sure = margins(model, tokenizer, texts, prompt)
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
