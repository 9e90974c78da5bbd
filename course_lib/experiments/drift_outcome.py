"""What each kind of drift costs and which alarm it rings; and what is right after a training on rows of now."""
from dataclasses import replace

import datasets
import numpy as np

from course_lib.experiments import near_and_far
from course_lib.experiments.drift import ARM, KINDS, SETTING, answered, drawn, pools, streams, temperature_of, turned
from course_lib.experiments.drift_alarms import calibrated
from course_lib.experiments.run import Trained, trained
from course_lib.experiments.setting import learn
from course_lib.experiments.tuning import tuned

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


FRESH, AGAIN = 512, replace(SETTING, labels=512, steps=160)      # labelled rows after the change; their training


def retrained(seed: int) -> dict[str, float]:
    """After the labels of restaurants have turned: right answers by the labels of now, and of films, of which nothing
    has changed. "before": the model as it was; "alone": trained anew on FRESH rows of now; "mixed": on these and as
    many of then.
    """
    test, restaurants = drawn(("film", "restaurant"), 300, f"again {seed}")
    before = answered(trained(SETTING, ARM, seed), test, restaurants)
    then, _ = drawn(("film", "restaurant"), FRESH, f"then {seed}", "train")
    fresh, fresh_kinds = drawn(("film", "restaurant"), FRESH, f"now {seed}", "train")
    now = relabelled_where(fresh, fresh_kinds)
    found = {"before": before}
    for name, rows in (("alone", now), ("mixed", datasets.concatenate_datasets([now, then]))):
        one = tuned(near_and_far.NEAR, near_and_far.FULL)
        model, tokenizer = AGAIN.load(seed)
        method = one.build(model, tokenizer, seed)
        learn(model, tokenizer, method, rows, one.rate, seed, AGAIN)
        found[name] = answered(Trained(method, None, model, tokenizer, None), test, restaurants)
    right = lambda rows: 1 - turned(rows, 1.0, np.random.default_rng(0)).wrong
    return {f"{name}_{what}": float(right(rows)[kept].mean()) for name, rows in found.items()
            for what, kept in (("now", slice(None)), ("films", ~restaurants))}


def relabelled_where(rows, where: np.ndarray):
    """The rows, those `where` it is true with the other label."""
    names = rows.features["label"].names
    labels = np.where(where, 1 - np.array(rows["label"][:]), rows["label"][:]).tolist()
    return datasets.Dataset.from_dict({**rows[:], "label": labels, "answer": [names[one] for one in labels]},
                                      features=rows.features)
