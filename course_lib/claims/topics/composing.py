"""Several tasks in one model: trained together, one after the other, or added from models that learned one each."""
from course_lib.claims.claim import GUIDE, Figure, Figures, claim, more, same, share
from course_lib.experiments import composing, score
from course_lib.experiments.composing import KINDS, TASKS

TRAININGS = {"after": "spam after reviews", "replay": "the same with an eighth of reviews among its rows",
             "joint": "both together, in as many steps"}
WAYS = {"full": "task vectors of full fine-tuning, added", "lora": "two LoRA, added", "mean": "the mean of two models"}


@claim("C81", "Multi-task training helps and forgets less", (GUIDE,), lesson="09", core=True, tolerance=0.15,
       question="Are reviews better kept where spam is learned together with them than after them? And better answered "
                "than where nothing else was learned?",
       asks={"forgets less: together, rather than one after the other": more(
                 lambda f: f["reviews_joint"] - f["reviews_after"], 0.02),
             "helps: reviews, together with spam rather than alone": more(
                 lambda f: f["reviews_joint"] - f["reviews_alone"], 0.02)},
       figures=("reviews_alone", "spam_alone", *(f"{task}_{what}" for what in TRAININGS for task in TASKS)))
def together(seed: int) -> dict[str, float]:
    """Right answers to reviews and spam by how the two were learned; "alone" had half of the steps."""
    runs = composing.apart(KINDS["full"], seed)
    found = {f"{task}_alone": score(run.model, run.tokenizer, run.test, run.method) for task, run in runs.items()}
    for what in TRAININGS:
        run, method = composing.learned(what, composing.rate_of(what), seed)
        found |= {f"{task}_{what}": right for task, right in composing.on_both(run, method, seed).items()}
    return found


@together.told
def tell_together(f: Figures) -> str:
    """Reviews and spam by training."""
    told = "; ".join(f"{called} {share(f[f'reviews_{what}'])} and {share(f[f'spam_{what}'])}"
                     for what, called in TRAININGS.items())
    return (f"Right in reviews and in spam: learned alone {share(f['reviews_alone'])} and {share(f['spam_alone'])}; "
            f"{told}. Reviews, together:")


def worse_of_two(f: Figures, way: str) -> Figure:
    """How far the sum is from what was trained for the task alone: of the two tasks, the one that it suits less."""
    kind = "lora" if way == "lora" else "full"
    reviews, spam = (f[f"{task}_{way}_sum"] - f[f"{task}_{kind}"] for task in TASKS)
    return reviews.with_each(min, spam)


@claim("C87", "Sub-models can be composed", (GUIDE,), lesson="09", core=True, tolerance=0.15, every=False,
       question="Does one model, put together from two that learned a task each, answer both within 5 points of what "
                "was trained for each alone, at its own best rate?",
       turned="It did not hold: each part had the rate that is best for its own task, and the larger change drowned "
              "the smaller one, so that one of the two tasks was answered at guessing. Now both parts have one rate, "
              "searched on validation for what they answer together.",
       asks={called: same(lambda f, way=way: worse_of_two(f, way), 0.05) for way, called in WAYS.items()},
       figures=(*(f"{task}_bare" for task in TASKS), *(f"{task}_{kind}" for kind in KINDS for task in TASKS),
                *(f"{task}_{way}_sum" for way in WAYS for task in TASKS)))
def composed(seed: int) -> dict[str, float]:
    """Right answers to reviews and spam: bare, trained on the task alone, and put together from both."""
    found = {}
    for kind, one in KINDS.items():
        runs = composing.apart(one, seed)
        found |= {f"{task}_{kind}": score(run.model, run.tokenizer, run.test, run.method) for task, run in runs.items()}
    for way in WAYS:
        run, both = composing.put_together(way, composing.rate_together(way), seed)
        found |= {f"{task}_{way}_sum": right for task, right in composing.on_both(run, both, seed).items()}
    return found | {f"{task}_bare": right for task, right in composing.on_both(run, None, seed).items()}


@composed.told
def tell_composed(f: Figures) -> str:
    """Both tasks by how the model was put together."""
    both = lambda end: " and ".join(share(f[f"{task}_{end}"]) for task in TASKS)
    told = "; ".join(f"{called} {both(f'{way}_sum')}" for way, called in WAYS.items())
    return (f"Right in reviews and in spam: bare {both('bare')}; trained on each alone {both('full')}, with LoRA "
            f"{both('lora')}; {told}. The task that it suits less, against what was trained for it alone:")
