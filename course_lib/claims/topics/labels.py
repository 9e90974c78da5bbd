"""Labels that nobody wrote: rules that vote, and a prompt and reviews by the model itself. Runs are as NEAR."""
import datasets
import torch

from course_lib.claims.claim import FAILS, GUIDE, HOLDS, LIMITED, WIKIPEDIA, Figures, Verdict, claim, share
from course_lib.experiments import learn, score
from course_lib.experiments.labels import labelled, right_share, written
from course_lib.experiments.what_to_train import CLOSE, NEAR, PART_RATES
from course_lib.methods import FullFineTuning
from course_lib.prompting.search import margins, search
from course_lib.weak_supervision import SURE, label_model, majority, votes_of
from course_lib.world import load_task

UNLABELLED = 2000                 # rows that the rules vote on
SEARCHED = 64                     # C101: validation rows on which the prompt is searched,
WRITTEN = 256                     # and reviews that the base writes
WITHIN = 0.05                     # what is no more than this below right labels comes near to them


def taught(model, tokenizer, rows, test, seed: int) -> float:
    """The share of right answers after full fine-tuning on these rows."""
    method = FullFineTuning(model, seed=seed)
    learn(model, tokenizer, method, rows, PART_RATES["near", "full"], seed, NEAR)
    return score(model, tokenizer, test, method)


def sure_labels(votes: torch.Tensor) -> torch.Tensor:
    """The label model's signs, (n,), and 0 where it is less than SURE of the side."""
    _, positive = label_model(votes)
    return (positive >= SURE).int() - (positive <= 1 - SURE).int()


@claim("C82", "Fine-tuning works with weak supervision", (WIKIPEDIA,), lesson="03", core=True, tolerance=0.1,
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


@weak.judged
def judge_weak(f: Figures) -> Verdict:
    """Holds where the model is ahead of every rule; it is a limit where only one of the two kinds of label does it."""
    because = (f"Guessing where they abstain, the rules are right in {share(f['worst_rule'])} to "
               f"{share(f['best_rule'])} of the reviews. The majority labels {share(f['vote_share'])} of them, and "
               f"{share(f['vote_right'])} of these labels are right; the label model is sure of "
               f"{share(f['model_share'])}, and "
               f"{share(f['model_right'])} of its labels are right. Trained on the two: {share(f['tuned_vote'])} and "
               f"{share(f['tuned_model'])} on test; on right labels {share(f['tuned_gold'])}.")
    ahead = [f[f"tuned_{name}"].mean > f["best_rule"].mean + CLOSE for name in ("vote", "model")]
    if all(ahead):
        return Verdict(HOLDS, because)
    if any(ahead):
        return Verdict(LIMITED, because + " It depends on how the votes are made into labels.")
    return Verdict(FAILS, because + " The best rule does as well.")


@claim("C101", "Generating data and designing prompts can be automated", (GUIDE,), lesson="03", core=True,
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


@automated.judged
def judge_automated(f: Figures) -> Verdict:
    """Holds where the searched prompt and the written data both come near to labels; a limit where one does it."""
    because = (f"The task's own prompt {share(f['given'])}; the one searched on {SEARCHED} validation rows "
               f"{share(f['found_validation'])} there and {share(f['found_test'])} on test. Trained on reviews that "
               f"the base wrote and the found prompt labelled: {share(f['written_kept'])} with the surest half, "
               f"{share(f['written_all'])} with as many unfiltered ones; on right labels {share(f['gold'])}.")
    good = [f[name].mean > f["gold"].mean - WITHIN for name in ("found_test", "written_kept")]
    if all(good):
        return Verdict(HOLDS, because)
    if any(good) or f["found_test"].mean > f["given"].mean + CLOSE:
        return Verdict(LIMITED, because + " It helps, and does not reach labels everywhere.")
    return Verdict(FAILS, because)
