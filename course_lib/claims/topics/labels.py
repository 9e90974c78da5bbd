"""Labels that nobody wrote: rules that vote, and a prompt and reviews by the model itself. Runs are as NEAR."""
import datasets
import torch

from course_lib.claims.claim import GUIDE, WIKIPEDIA, Figures, claim, more, same, share
from course_lib.experiments import learn, score
from course_lib.experiments.labels import labelled, right_share, written
from course_lib.experiments.what_to_train import NEAR, PART_RATES
from course_lib.methods import FullFineTuning
from course_lib.prompting.search import margins, search
from course_lib.weak_supervision import SURE, label_model, majority, votes_of
from course_lib.world import load_task

UNLABELLED = 2000                 # rows that the rules vote on
SEARCHED = 64                     # C101: validation rows on which the prompt is searched,
WRITTEN = 256                     # and reviews that the base writes


def taught(model, tokenizer, rows, test, seed: int) -> float:
    """The share of right answers after full fine-tuning on these rows."""
    method = FullFineTuning(model, seed=seed)
    learn(model, tokenizer, method, rows, PART_RATES["near", "full"], seed, NEAR)
    return score(model, tokenizer, test, method)


def sure_labels(votes: torch.Tensor) -> torch.Tensor:
    """The label model's signs, (n,), and 0 where it is less than SURE of the side."""
    _, positive = label_model(votes)
    return (positive >= SURE).int() - (positive <= 1 - SURE).int()


@claim("C82", "Fine-tuning works with weak supervision", (WIKIPEDIA,), lesson="03", tolerance=0.1,
       question="Is a model that learned from the rules' labels right more often than the best rule?",
       asks={f"labels by {called}": more(lambda f, name=name: f[f"tuned_{name}"] - f["best_rule"], 0.02)
             for name, called in (("vote", "their majority"), ("model", "their label model"))},
       figures=("best_rule", "worst_rule", "vote_share", "vote_right", "model_share", "model_right", "tuned_vote",
                "tuned_model", "tuned_gold"))
def weak(seed: int) -> dict[str, float]:
    """How often the rules, the vote and the label model are right, and a model that is trained on what these two say.

    `tuned_gold` is the model trained on right labels.
    """
    model, tokenizer = NEAR.load(seed)
    rows, test = load_task("reviews")["train"].shuffle(seed=seed).select(range(UNLABELLED)), NEAR.test_rows()
    votes, truth = votes_of(rows["text"][:]), rows["label"][:]
    rules = [right_share(rule, truth, guess=True) for rule in votes.T]
    found = {"best_rule": max(rules), "worst_rule": min(rules)}
    gold = 2 * torch.tensor(truth) - 1
    for name, signs in (("vote", majority(votes)), ("model", sure_labels(votes)), ("gold", gold)):
        found[f"tuned_{name}"] = taught(model, tokenizer, labelled(rows, signs), test, seed)
        if name != "gold":
            found |= {f"{name}_share": (signs != 0).float().mean().item(), f"{name}_right": right_share(signs, truth)}
    return found


@weak.told
def tell_weak(f: Figures) -> str:
    """The shares."""
    return (f"Guessing where they abstain, the rules are right in {share(f['worst_rule'])} to {share(f['best_rule'])} "
            f"of the reviews. The majority labels {share(f['vote_share'])} of them, {share(f['vote_right'])} of these "
            f"rightly; the label model is sure of {share(f['model_share'])}, and right in {share(f['model_right'])} of "
            f"those. Trained on the two: {share(f['tuned_vote'])} and {share(f['tuned_model'])} on test; on right "
            f"labels {share(f['tuned_gold'])}. Ahead of the best rule:")


@claim("C101", "Generating data and designing prompts can be automated", (GUIDE,), lesson="03",
       question="Is a searched prompt ahead of the task's own, and are reviews that the model wrote as good as labels?",
       asks={"the searched prompt against the task's own": more(lambda f: f["found_test"] - f["given"], 0.02),
             "written reviews against right labels": same(lambda f: f["written_all"] - f["gold"], 0.05)},
       tolerance=0.1, figures=("given", "found_validation", "found_test", "written_kept", "written_all", "gold"))
def automated(seed: int) -> dict[str, float]:
    """A prompt searched on validation; reviews that the base writes, labelled with it, and fine-tuning on them."""
    model, tokenizer = NEAR.load(seed)
    task, test, n = load_task("reviews"), NEAR.test_rows(), WRITTEN
    rows = task["train"].shuffle(seed=seed)
    prompt = search(model, tokenizer, task["validation"].shuffle(seed=seed).select(range(SEARCHED)))[0]
    side = margins(model, tokenizer, test["text"][:], prompt).sign()
    texts = written(model, tokenizer, [" ".join(text.split()[:2]) for text in rows["text"][:n]], seed)
    sure = margins(model, tokenizer, texts, prompt)
    columns = {"text": texts, "prompt": [f"{text}\nlabel:" for text in texts], "label": [0] * n, "answer": [""] * n}
    pages = datasets.Dataset.from_dict(columns, features=rows.features)
    surest = sure.abs() >= sure.abs().median()
    learned = {"written_kept": labelled(pages, sure.sign() * surest),
               "written_all": labelled(pages, sure.sign()).select(range(n // 2)), "gold": rows.select(range(n // 2))}
    return {"given": score(model, tokenizer, test), "found_validation": prompt.accuracy,
            "found_test": right_share(side, test["label"][:]),
            **{name: taught(model, tokenizer, part, test, seed) for name, part in learned.items()}}


@automated.told
def tell_automated(f: Figures) -> str:
    """The shares; and that the base is the one of C02."""
    return (f"Asked by the task's own prompt, the bare base is right in {share(f['given'])} (so C02 finds it), by one "
            f"searched on {SEARCHED} labelled rows in {share(f['found_test'])}: it was the question that failed. "
            f"Trained on reviews that the base wrote and the found prompt labelled: {share(f['written_kept'])} with "
            f"the surest half, {share(f['written_all'])} with as many unfiltered ones; on right labels "
            f"{share(f['gold'])}. The difference:")
