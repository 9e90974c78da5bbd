"""Lines that others are compared with: of another list; and of a mapping that no text had.

There fruits have one label, animals another, words that mean neither.
"""
from random import Random
from statistics import fmean

import datasets

from course_lib.evaluation import old_domain_loss
from course_lib.experiments.setting import Setting, learn
from course_lib.experiments.tuning import best_rate
from course_lib.methods import FullFineTuning
from course_lib.models import load_model
from course_lib.prompting import draw_examples, few_shot, score_choices
from course_lib.world import relations

K, ASKED = 16, 40              # lines, and keys that are asked
TRAINING = Setting(steps=20, batch=8)


def of_another(relation, key: str, draw: str) -> list:
    """One example of a relation about other things."""
    others = [other for other in relations().values() if other.subject != relation.subject]
    return draw_examples(Random(f"another {draw}").choice(others), 1, draw)


def drawn(seed: int) -> tuple[list, list]:
    """(K lines, ASKED other ones) as pairs (key, label), half of them of each label, drawn by the seed."""
    world, rng = relations(), Random(f"new mapping {seed}")
    labels = rng.sample(sorted(set(world["company_product"].values())), 2)
    pairs = [[(key, label) for key in rng.sample([key for key in world[name] if key not in world["company_product"]],
                                                 (K + ASKED) // 2)]
             for name, label in zip(("fruit_family", "animal_class"), labels)]
    lines, asked = (sum((part[where] for part in pairs), []) for where in (slice(K // 2), slice(K // 2, None)))
    rng.shuffle(lines)
    return lines, asked


def right_share(model, tokenizer, lines: list, asked: list, method=None) -> float:
    """How often the label of the key is the more probable one of the two after these lines."""
    labels = sorted({label for _, label in asked})
    scores = score_choices(model, tokenizer, [few_shot(lines, key) for key, _ in asked], labels, method=method)
    return fmean(labels[one.index(max(one))] == label for one, (_, label) in zip(scores, asked))


def followed(model, tokenizer, seed: int, mixed: bool = False) -> float:
    """How often the lines' mapping is followed; `mixed`: half of each kind have the other one's label."""
    lines, asked = drawn(seed)
    if mixed:
        kinds = {label: [key for key, own in lines if own == label] for _, label in lines}
        turned = {key for keys in kinds.values() for key in keys[:K // 4]}
        lines = [(key, next(other for other in kinds if (other == label) != (key in turned))) for key, label in lines]
    return right_share(model, tokenizer, lines, asked)


def trained(rate: float, seed: int) -> tuple:
    """(model, tokenizer, method) after training on the lines."""
    model, tokenizer = load_model("orchard-s")
    lines, _ = drawn(seed)
    columns = {"prompt": [f"{key}:" for key, _ in lines], "answer": [label for _, label in lines]}
    rows = datasets.Dataset.from_dict(columns)
    method = FullFineTuning(model, seed=seed)
    learn(model, tokenizer, method, rows, rate, seed, TRAINING)
    return model, tokenizer, method


def judged(rate: float, seed: int) -> dict[str, float]:
    """What the search for a rate asks of a run."""
    model, tokenizer, method = trained(rate, seed)
    return {"score": right_share(model, tokenizer, [], drawn(seed)[1], method), "guessing": 0.5,
            "diverged": float(not old_domain_loss(model, tokenizer, method, n_documents=20) < 7.62)}


def taught(seed: int) -> float:
    """How often the mapping is followed without a prompt, after training on the same lines."""
    rate = best_rate(f"{K} lines of a new mapping, {TRAINING.steps} steps", judged, 3e-4)
    model, tokenizer, method = trained(rate, seed)
    return right_share(model, tokenizer, [], drawn(seed)[1], method)
