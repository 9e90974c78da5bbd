"""Labels that nobody wrote: rules that vote, and a prompt and reviews by the model itself. Runs are as NEAR."""
import functools
from dataclasses import replace

import datasets

from course_lib.claims.claim import GUIDE, WIKIPEDIA, Figures, claim, more, same, share
from course_lib.experiments import experiment, learn, score, tuning
from course_lib.experiments.labels import labelled, right_share, written
from course_lib.experiments.short_reviews import EVERYTHING, NEAR
from course_lib.experiments.tuning import tuned
from course_lib.methods import FullFineTuning
from course_lib.prompting.search import margins, search
from course_lib.weak_supervision import SURE, label_model, votes_of
from course_lib.world import load_task

UNLABELLED = 2000                 # rows that the rules vote on
SEARCHED = 64                     # C101: validation rows on which the prompt is searched
KINDS = {"written_kept": "the surest half", "written_all": "as they come"}


def taught(model, tokenizer, rows, test, seed: int) -> float:
    """The share of right answers after full fine-tuning on these rows, at the rate that is best for right labels."""
    method = FullFineTuning(model, seed=seed)
    learn(model, tokenizer, method, rows, tuned(NEAR, EVERYTHING).rate, seed, NEAR)
    return score(model, tokenizer, test, method)


@claim("C82", "Fine-tuning works with weak supervision", (WIKIPEDIA,), lesson="03", tolerance=0.1,
       question="Is a model that learned from rules' labels right more often than the best rule, and than the label "
                "model itself?",
       asks={"than the best rule": more(lambda f: f["tuned"] - f["best_rule"], 0.02),
             "than the label model": more(lambda f: f["tuned"] - f["model"], 0.02)},
       figures=("best_rule", "worst_rule", "model", "sure_share", "sure_right", "tuned", "gold"))
def weak(seed: int) -> dict[str, float]:
    """How often rules and label model are right on test, a coin where they say nothing, and models trained on labels.

    `sure` is what the label model is sure of, of unlabelled rows; `gold` a model trained on the right labels of these.
    """
    model, tokenizer = NEAR.load(seed)
    rows, test = load_task("reviews")["train"].shuffle(seed=seed).select(range(UNLABELLED)), NEAR.test_rows(seed=seed)
    votes, asked = votes_of(rows["text"][:]), votes_of(test["text"][:])
    accuracy, positive = label_model(votes)
    sure = (positive >= SURE).int() - (positive <= 1 - SURE).int()               # (n,): 0 where it is not sure
    rules = [right_share(rule, test["label"][:], guess=True) for rule in asked.T]
    return {"best_rule": max(rules), "worst_rule": min(rules),
            "model": right_share((asked.float() @ accuracy.logit()).sign(), test["label"][:], guess=True),
            "sure_share": (sure != 0).float().mean().item(), "sure_right": right_share(sure, rows["label"][:]),
            "tuned": taught(model, tokenizer, labelled(rows, sure), test, seed),
            "gold": taught(model, tokenizer, rows, test, seed)}


@weak.told
def tell_weak(f: Figures) -> str:
    """The shares."""
    return (f"Of test reviews the rules are right in {share(f['worst_rule'])} to {share(f['best_rule'])}, a coin where "
            f"they abstain, their label model in {share(f['model'])}. It is sure of {share(f['sure_share'])} of "
            f"unlabelled ones, {share(f['sure_right'])} of these rightly. A model trained on those: "
            f"{share(f['tuned'])}; on right labels {share(f['gold'])}. The trained model's lead:")


@functools.lru_cache(maxsize=4)
def pages(seed: int) -> tuple:
    """(the prompt that a search on validation rows found, reviews that the base wrote, with the labels it gives them).

    The reviews are as many "all" as there are "kept": the half of which the prompt is surest.
    """
    model, tokenizer = NEAR.load(seed)
    read = replace(NEAR, labels=2 * NEAR.labels).train_rows(tokenizer, seed)
    prompt = search(model, tokenizer, load_task("reviews")["validation"].shuffle(seed=seed).select(range(SEARCHED)))[0]
    texts = written(model, tokenizer, [" ".join(text.split()[:2]) for text in read["text"][:]], seed)
    margin = margins(model, tokenizer, texts, prompt)
    columns = {"text": texts, "prompt": [f"{text}\nlabel:" for text in texts], "label": [0] * len(texts),
               "answer": [""] * len(texts)}
    rows, surest = datasets.Dataset.from_dict(columns, features=read.features), margin.abs() > margin.abs().median()
    return prompt, {"written_kept": labelled(rows, margin.sign() * surest),
                    "written_all": labelled(rows, margin.sign()).select(range(NEAR.labels))}


def from_pages(kind: str, rate: float, seed: int) -> tuple:
    """(model, tokenizer, method) after full fine-tuning on reviews that the base wrote."""
    model, tokenizer = NEAR.load(seed)
    method = FullFineTuning(model, seed=seed)
    learn(model, tokenizer, method, pages(seed)[1][kind], rate, seed, NEAR)
    return model, tokenizer, method


def pages_rate(kind: str) -> float:
    """The learning rate for reviews that the base wrote."""
    def run(rate: float, seed: int) -> dict[str, float]:
        model, tokenizer, method = from_pages(kind, rate, seed)
        rows = replace(NEAR, test=tuning.ROWS).test_rows(tokenizer, seed, "validation")
        return tuning.judged(model, tokenizer, rows, method)

    return tuning.best_rate(f"reviews that the base wrote, {KINDS[kind]} (C101)", run, 3e-4)


@claim("C101", "Generating data and designing prompts can be automated", (GUIDE,), lesson="03",
       question="Is a searched prompt ahead of the task's own, and are reviews that the model wrote as good as labels?",
       asks={"the searched prompt against the task's own": more(lambda f: f["found_test"] - f["given"], 0.02),
             "written reviews against right labels": same(lambda f: f["written_all"] - f["gold"], 0.05)},
       tolerance=0.1, figures=("given", "found_validation", "found_test", *KINDS, "gold"))
def automated(seed: int) -> dict[str, float]:
    """A prompt searched on validation; reviews that the base writes, labelled with it, and fine-tuning on them."""
    model, tokenizer = NEAR.load(seed)
    prompt, test = pages(seed)[0], NEAR.test_rows(tokenizer, seed)
    side = margins(model, tokenizer, test["text"][:], prompt).sign()
    found = {"given": score(model, tokenizer, test), "found_validation": prompt.accuracy,
             "found_test": right_share(side, test["label"][:]), "gold": experiment(NEAR, EVERYTHING, seed)}
    for kind in KINDS:
        model, tokenizer, method = from_pages(kind, pages_rate(kind), seed)
        found[kind] = score(model, tokenizer, test, method)
    return found


@automated.told
def tell_automated(f: Figures) -> str:
    """The shares; and that the base is the one of C02."""
    return (f"Asked by the task's own prompt, the bare base is right in {share(f['given'])} (so C02 finds it), by one "
            f"searched on {SEARCHED} labelled rows in {share(f['found_test'])}: it was the question that failed. "
            f"Trained on reviews that the base wrote and the found prompt labelled: {share(f['written_kept'])} with "
            f"the surest half, {share(f['written_all'])} with as many unfiltered ones; on right labels "
            f"{share(f['gold'])}. The difference:")
