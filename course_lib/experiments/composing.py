"""Two tasks in one model: trained together, one after the other, or apart and then added."""
from dataclasses import replace

from datasets import concatenate_datasets

from course_lib.experiments import tuning
from course_lib.experiments.near_and_far import FULL, lora
from course_lib.experiments.run import Trained, trained
from course_lib.experiments.setting import Arm, Setting, learn, score
from course_lib.merging import combine

REVIEWS = Setting(draw="short", labels=512, steps=80, test=300, test_draw="shuffled")
TASKS = {"reviews": REVIEWS, "spam": replace(REVIEWS, task="spam")}
KINDS = {"full": FULL, "lora": lora()}
WAYS = {"full": ("full", (1.0, 1.0)), "lora": ("lora", (1.0, 1.0)), "mean": ("full", (0.5, 0.5))}  # kind, weights


def rows_of(name: str, tokenizer, seed: int, split: str = "train"):
    """The rows of a task, as those of both can be put together."""
    setting = TASKS[name]
    rows = setting.train_rows(tokenizer, seed) if split == "train" else replace(
        setting, test=tuning.ROWS).test_rows(tokenizer, seed, split)
    return rows.select_columns(["prompt", "answer"])


def on_both(run: Trained, method, seed: int) -> dict[str, float]:
    """{task: the share of right answers}."""
    return {name: score(run.model, run.tokenizer, setting.test_rows(run.tokenizer, seed), method)
            for name, setting in TASKS.items()}


def learned(what: str, rate: float, seed: int):
    """(the run on reviews, another training): "joint" on both tasks in as many steps as both had, "after" on spam with
    the reviews' parameters, "replay" the same with an eighth of reviews among its rows.
    """
    run = trained(TASKS["reviews"], FULL, seed)
    reviews, spam = (rows_of(name, run.tokenizer, seed) for name in TASKS)
    method = FULL.build(run.model, run.tokenizer, seed)
    if what != "joint":
        method.load_state_dict(run.method.state_dict())
    old = {"joint": reviews, "after": reviews.select([]), "replay": reviews.select(range(len(reviews) // 8))}[what]
    rows = concatenate_datasets([spam, old]).shuffle(seed=seed)
    learn(run.model, run.tokenizer, method, rows, rate, seed, REVIEWS,
          steps=REVIEWS.steps * (2 if what == "joint" else 1))
    return run, method


def rate_of(what: str) -> float:
    """The rate for such a training: by what is right in spam afterwards, or, of both at once, in both."""
    def run(rate: float, seed: int) -> dict[str, float]:
        first, method = learned(what, rate, seed)
        asked = [tuning.judged(first.model, first.tokenizer, replace(TASKS[name], test=tuning.ROWS).test_rows(
            first.tokenizer, seed, "validation"), method) for name in (TASKS if what == "joint" else ["spam"])]
        return {"score": sum(one["score"] for one in asked) / len(asked), "guessing": asked[0]["guessing"],
                "diverged": max(one["diverged"] for one in asked)}

    names = {"joint": "spam and reviews together", "after": "spam after reviews",
             "replay": "spam after reviews, with an eighth of them among its rows"}
    return tuning.best_rate(f"{names[what]}, full fine-tuning (C81)", run, 3e-4)


def apart(one: Arm, seed: int) -> dict[str, Trained]:
    """The method trained on each task alone, from the same base."""
    return {name: trained(setting, one, seed) for name, setting in TASKS.items()}


def put_together(way: str, rate: float, seed: int):
    """(the run on reviews, both): what was learned on each task alone, at this rate, put together."""
    kind, weights = WAYS[way]
    runs = apart(replace(KINDS[kind], rate=rate), seed)
    run = runs["reviews"]
    return run, combine(run.model, [one.method for one in runs.values()], weights)


def rate_together(way: str) -> float:
    """The rate of both trainings, by what is right in both tasks once they are put together."""
    def run(rate: float, seed: int) -> dict[str, float]:
        first, both = put_together(way, rate, seed)
        asked = [tuning.judged(first.model, first.tokenizer, replace(setting, test=tuning.ROWS).test_rows(
            first.tokenizer, seed, "validation"), both) for setting in TASKS.values()]
        return {"score": sum(one["score"] for one in asked) / len(asked), "guessing": asked[0]["guessing"],
                "diverged": min(one["diverged"] for one in asked)}

    names = {"full": "task vectors of full fine-tuning, added", "lora": "two LoRA, added", "mean": "the mean of two"}
    return tuning.best_rate(f"reviews and spam apart, then together: {names[way]} (C87)", run,
                            3e-3 if way == "lora" else 3e-4)
