"""The learning rate of an arm, found by one rule for all: on validation rows, by the mean over three seeds.

The search begins with three rates, a factor of about three apart, and goes on to whichever side the best one lies on
the edge. A rate with which a run diverged is no candidate: it ended worse on the old text than guessing, or with one
class for all rows. What was found is kept in data/rates.jsonl, with what every rate gave.
"""
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean

from course_lib.errors import CourseError
from course_lib.evaluation import answers, old_domain_loss
from course_lib.experiments.setting import Arm, Setting, learn
from course_lib.experiments.store import name_of, once

RATES = Path(__file__).parent / "data" / "rates.jsonl"
SEEDS = (1000, 1001, 1002)   # which no record has
ROWS, DOCUMENTS = 200, 20    # of validation, and of the old text
MOST = 8                     # rates that are tried: over more than three decades,
HIGHEST = 10.0               # and none that `fit` would refuse
CLEAR = 0.05                 # above guessing by so much is learning
START = {"FullFineTuning": 3e-4, "PromptTuning": 1.0, "PrefixTuning": 0.1, "ScaleShift": 3e-2, "BitFit": 1e-2}
OTHERS = 3e-3                # where the search begins for other methods
USED: list["Tuning"] = []    # the tunings that were asked for, in order


@dataclass(frozen=True)
class Tuning:
    """What a search found: `tried` maps each rate to the mean score on validation, None where a run collapsed."""

    of: str
    tried: Mapping[float, float | None]
    guessing: float

    @property
    def rate(self) -> float:
        """The one with the highest score; of equals the middle one. Where all diverged, the lowest."""
        scores = {rate: -math.inf if score is None else score for rate, score in sorted(self.tried.items())}
        best = [rate for rate, score in scores.items() if score == max(scores.values())]
        return best[0] if max(scores.values()) == -math.inf else best[(len(best) - 1) // 2]

    @property
    def learned(self) -> bool:
        """Whether a run with that rate did not diverge, and scores clearly above guessing."""
        return (self.tried[self.rate] or 0.0) > self.guessing + CLEAR

    @property
    def edge(self) -> int:
        """-1 or 1 where the rate is the lowest or the highest that was tried, 0 inside of the grid."""
        return (self.rate == max(self.tried)) - (self.rate == min(self.tried))

    def __str__(self) -> str:
        shown = ", ".join(f"{rate:g} {'collapsed' if score is None else f'{100 * score:.0f} %'}"
                          for rate, score in sorted(self.tried.items()))
        return f"{self.rate:g} of {shown}" if self.learned else f"did not learn at any rate tried: {shown}"


def tuned(setting: Setting, arm: Arm) -> Arm:
    """The arm with a rate: its own, or the one that is found for it in this setting, searched for if it never was."""
    if arm.rate is not None:
        return arm
    one = replace(setting, test=None, test_draw="first")
    return replace(arm, rate=best_rate([asdict(one), asdict(arm)], lambda rate, seed: once(
        validated, (setting.base,), one, replace(arm, rate=rate), seed), START.get(name_of(arm.method), OTHERS)))


def validated(setting: Setting, arm: Arm, seed: int) -> dict[str, float]:
    """{"score", "guessing", "diverged"} of the arm on validation rows, trained now."""
    model, tokenizer = setting.load(seed)
    method = arm.build(model, tokenizer, seed)
    learn(model, tokenizer, method, setting.train_rows(tokenizer, seed), arm.rate, seed, setting, reuse=arm.reuse)
    rows = replace(setting, test=ROWS, test_draw="shuffled").test_rows(tokenizer, seed, "validation")
    return judged(model, tokenizer, rows, method)


def judged(model, tokenizer, rows, method) -> dict[str, float]:
    """{"score", "guessing", "diverged"}: the share of right answers, that of the commonest one, whether it diverged."""
    given, right = answers(model, tokenizer, rows, method)
    labels = "label" in rows.column_names
    broken = method.head is None and not old_domain_loss(model, tokenizer, method, n_documents=DOCUMENTS) < math.log(
        model.get_output_embeddings().weight.shape[0])
    return {"score": fmean(one == other for one, other in zip(given, right)),
            "guessing": max(Counter(right).values()) / len(right) if labels else 0.0,
            "diverged": float(broken or labels and len(set(given)) == 1)}


def in_words(of: str) -> str:
    """What a tuning is of, as a reader knows it."""
    what = json.loads(of)
    if isinstance(what, str):
        return what
    setting, one = what
    plain = asdict(Setting())
    options = ", ".join(f"{name} {len(value) if isinstance(value, list) else value}" for name, value in one["options"])
    where = ", ".join(f"{name} {value}" for name, value in setting.items() if value != plain[name]
                      and name not in ("test", "test_draw"))
    return f"{one['method']} ({options}) in {where or 'the plain setting'}".replace(" ()", "")


def best_rate(of: object, run: Callable[[float, int], Mapping[str, float]], start: float) -> float:
    """The rate that is kept for what is described by `of`; else the best that run(rate, seed) finds, kept from now on.

    `of` is a sentence, or what else JSON can hold; `run` gives what `judged` does.
    """
    of = json.dumps(of, default=name_of)
    found = known().get(of) or search(of, run, start)
    USED.append(found)
    return found.rate


def known() -> dict[str, Tuning]:
    """The tunings that are kept, by what they are of."""
    lines = RATES.read_text(encoding="utf-8").splitlines() if RATES.exists() else []
    return {found.of: found for found in map(read, lines)}


def read(line: str) -> Tuning:
    """A line of the file."""
    kept = json.loads(line)
    return Tuning(json.dumps(kept["of"]), {float(rate): score for rate, score in kept["tried"].items()},
                  kept["guessing"])


def search(of: str, run: Callable[[float, int], Mapping[str, float]], start: float) -> Tuning:
    """Tries rates until worse ones, or ones that diverge, lie on both sides of the best, and keeps what was found.

    Where none has learned yet it goes on, to both sides in turns.
    """
    runs: dict[float, list] = {}
    with untraced():
        waiting = [one for one in (start, neighbour(start, -1), neighbour(start, 1)) if one <= HIGHEST]
        while waiting:
            rate = waiting.pop(0)
            runs[rate] = [run(rate, seed) for seed in SEEDS]
            found = Tuning(of, {rate: score_of(runs[rate]) for rate in sorted(runs)},
                           round(fmean(one["guessing"] for one in runs[rate]), 6))
            if not waiting and len(runs) < MOST and (found.edge or not found.learned):
                way = found.edge if found.learned else -1 if max(runs) == HIGHEST else (-1) ** len(runs)
                waiting = [one for one in [neighbour(max(runs) if way > 0 else min(runs), way)] if one <= HIGHEST]
    line = {"of": json.loads(of), "tried": {f"{rate:g}": score for rate, score in found.tried.items()},
            "guessing": found.guessing}
    try:
        with RATES.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError as error:
        raise CourseError(f"The rate that was found, {found.rate:g}, cannot be kept in {RATES}: {error}.") from error
    return found


def score_of(runs: list[Mapping[str, float]]) -> float | None:
    """The mean score of a rate's runs; None where one of them diverged."""
    return None if any(one["diverged"] for one in runs) else round(fmean(one["score"] for one in runs), 6)


def neighbour(rate: float, way: int) -> float:
    """The next rate up (1) or down (-1) in 1, 3, 10, 30, …"""
    exponent = math.floor(math.log10(rate))
    series = [float(f"{digit}e{power}") for power in range(exponent - 1, exponent + 2) for digit in (1, 3)]
    if way > 0:
        return next(one for one in series if one > 1.01 * rate)
    return next(one for one in reversed(series) if one < 0.99 * rate)


def slower(arm: Arm, places: int) -> Arm:
    """The arm at a rate that lies so many places below its own: one is about a third, two are a tenth."""
    rate = arm.rate
    for _ in range(places):
        rate = neighbour(rate, -1)
    return replace(arm, rate=rate)


@contextmanager
def untraced():
    """A search is no part of a record's recipe: what it found is."""
    before = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(before)
