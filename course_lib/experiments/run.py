"""One experiment: a base model and a method learn n rows in k steps; then it is counted how often they are right."""
import functools
from dataclasses import dataclass

from course_lib.experiments.setting import Arm, Setting, learn, score
from course_lib.experiments.store import once
from course_lib.experiments.tuning import tuned
from course_lib.training.plan import History


@dataclass(frozen=True)
class Trained:
    """What an experiment leaves; `test` are the rows that it is asked."""

    method: object
    history: History
    model: object
    tokenizer: object
    test: object


def trained(setting: Setting, arm: Arm, seed: int) -> Trained:
    """The arm after its training in this setting. Runs are shared: change nothing in what it gives."""
    return trained_at(setting, tuned(setting, arm), seed)


@functools.lru_cache(maxsize=32)  # claims share runs
def trained_at(setting: Setting, arm: Arm, seed: int) -> Trained:
    """The arm after its training with its own rate."""
    model, tokenizer = setting.load(seed)
    method = arm.build(model, tokenizer, seed)
    history = learn(model, tokenizer, method, setting.train_rows(tokenizer, seed), arm.rate, seed, setting,
                    reuse=arm.reuse)
    return Trained(method, history, model, tokenizer, setting.test_rows(tokenizer, seed))


def experiment(setting: Setting, arm: Arm, seed: int) -> float:
    """The share of right answers on test of this arm in this setting; where a store is open, it is kept there."""
    return once(accuracy, (setting.base,), setting, tuned(setting, arm), seed)["accuracy"]


def accuracy(setting: Setting, arm: Arm, seed: int) -> dict[str, float]:
    """{"accuracy"} of this arm, trained now."""
    run = trained(setting, arm, seed)
    return {"accuracy": score(run.model, run.tokenizer, run.test, run.method)}
