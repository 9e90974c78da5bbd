"""What each kind of drift costs and which alarm it rings; and what is right after a training on rows of now."""
from dataclasses import replace

import datasets
import numpy as np

from course_lib.experiments import near_and_far
from course_lib.experiments.drift import ARM, KINDS, SETTING, answered, drawn, pools, streams, temperature_of, turned
from course_lib.experiments.drift_alarms import calibrated
from course_lib.experiments.run import Trained, trained
from course_lib.experiments.setting import Setting, learn
from course_lib.experiments.tuning import best_rate, judged

SIZES = {"reference": 500, "calibration": 1500, "own": 1500, "gadgets": 400, "dead key": 400}
STREAMS, LENGTH, CHANGE = 500, 1000, 500


def outcome(seed: int) -> dict[str, float]:
    """Of each of KINDS: "…_right" and "…_guessed", right answers of what has moved and the model's own guess at them;
    "…_NAME", the share of streams that ring the alarm NAME of WATCHES by their end, something having moved half way;
    and "…_NAME_rows", after how many moved rows half of the others than false alarms have rung, CHANGE where never.
    """
    run = trained(SETTING, ARM, seed)
    pool, temperature = pools(run, SIZES, seed), temperature_of(run)
    alarms = calibrated(pool["reference"], pool["calibration"], temperature, LENGTH)
    rng, found = np.random.default_rng(seed), {}
    for kind in KINDS:
        rows = streams(pool, kind, CHANGE, (STREAMS, LENGTH), rng)
        found[f"{kind}_right"] = 1 - rows.wrong[:, CHANGE:].mean()
        found[f"{kind}_guessed"] = 1 - rows.doubt(temperature)[:, CHANGE:].mean()
        for name, one in alarms.items():
            when = one.alarms(rows)
            found[f"{kind}_{name}"] = np.isfinite(when).mean()
            found[f"{kind}_{name}_rows"] = np.median(np.minimum(when[when > CHANGE], LENGTH) - CHANGE)
    return {name.replace(" ", "_"): float(value) for name, value in found.items()}


FRESH, AGAIN = 512, replace(SETTING, labels=512, steps=320)      # labelled rows after the change; their training,
SOONER = replace(AGAIN, steps=160)                               # and that by which its rate is found
BOTH = ("film", "restaurant")
WAYS = ("alone", "mixed", "held")


def retrained(seed: int) -> dict[str, float]:
    """After the labels of restaurants have turned: right answers by the labels of now, and of films, of which nothing
    has changed. "before": the model as it was. Full fine-tuning of the base, on FRESH rows of now "alone"; "mixed" with
    as many of then; or with those of them whose labels have "held", the films.
    """
    rate = best_rate("Full fine-tuning on reviews, of which the restaurants' labels have turned",
                     validated, 3e-4)
    rows, restaurants = drawn(BOTH, 300, f"again {seed}")
    found = {"before": answered(trained(SETTING, ARM, seed), rows, restaurants)}
    for way in WAYS:
        found[way] = answered(again(way, rate, seed), rows, restaurants)
    right = {name: 1 - turned(one, 1.0, np.random.default_rng(0)).wrong for name, one in found.items()}
    return {f"{name}_{what}": float(marks[kept].mean()) for name, marks in right.items()
            for what, kept in (("now", slice(None)), ("films", ~restaurants))}


def again(way: str, rate: float, seed: int, setting: Setting = AGAIN) -> Trained:
    """The base after full fine-tuning in one of WAYS."""
    rows, kinds = drawn(BOTH, FRESH, f"now {seed}", "train")
    rows = other_labels(rows, kinds)
    if way != "alone":
        then, kinds = drawn(BOTH, FRESH, f"then {seed}", "train")
        then = then if way == "mixed" else then.select(np.flatnonzero(~kinds))
        rows = datasets.concatenate_datasets([rows, then])
    model, tokenizer = setting.load(seed)
    method = near_and_far.FULL.build(model, tokenizer, seed)
    return Trained(method, learn(model, tokenizer, method, rows, rate, seed, setting), model, tokenizer, None)


def validated(rate: float, seed: int) -> dict[str, float]:
    """As tuning.py judges a run: on fresh rows of now."""
    rows, kinds = drawn(BOTH, 200, f"rate {seed}", "validation")
    run = again("alone", rate, seed, SOONER)
    return judged(run.model, run.tokenizer, other_labels(rows, kinds), run.method)


def other_labels(rows, where: np.ndarray):
    """The rows, those `where` it is true with the other label."""
    names = rows.features["label"].names
    labels = np.where(where, 1 - np.array(rows["label"][:]), rows["label"][:]).tolist()
    return datasets.Dataset.from_dict({**rows[:], "label": labels, "answer": [names[one] for one in labels]},
                                      features=rows.features)
