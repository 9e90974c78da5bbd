"""A new head: at random, and trained alone before everything else (LP-FT), with as many rows in all."""
from dataclasses import replace

from course_lib.experiments import tuning
from course_lib.experiments.run import trained
from course_lib.experiments.setting import arm, learn
from course_lib.experiments.short_reviews import NEAR, PARTS
from course_lib.methods import FullFineTuning

PROBE = NEAR, PARTS["head"]
RANDOM = replace(NEAR, steps=2 * NEAR.steps), arm(FullFineTuning, num_labels=2)


def from_probe(rate: float, seed: int) -> FullFineTuning:
    """Everything tuned, from a head that was trained alone first."""
    probe = trained(*PROBE, seed)
    method = FullFineTuning(probe.model, num_labels=2, seed=seed)
    method.head.load_state_dict(probe.method.head.state_dict())
    learn(probe.model, probe.tokenizer, method, NEAR.train_rows(probe.tokenizer, seed), rate, seed, NEAR)
    return method


def probed_rate() -> float:
    """The learning rate for everything, from a probed head."""
    def run(rate: float, seed: int) -> dict[str, float]:
        probe, rows = trained(*PROBE, seed), replace(NEAR, test=tuning.ROWS).test_rows(seed=seed, split="validation")
        return tuning.judged(probe.model, probe.tokenizer, rows, from_probe(rate, seed))

    return tuning.best_rate("everything from a probed head (near, LP-FT)", run, 3e-4)


def probed(seed: int) -> FullFineTuning:
    """Everything tuned from a probed head, at the rate that was found."""
    return from_probe(probed_rate(), seed)
