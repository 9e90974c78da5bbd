"""Every claim of the source texts is a function, seed -> figures, with a verdict that code derives from them.

A claim's recorded runs ship as data in records/ID.json: the command, the seeds, every figure of every seed, and
the hash of the weights that they were measured on. A lesson's ledger shows the records; nobody types a verdict.
"""
import importlib
import json
import math
import numbers
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course_lib.display import percent
from course_lib.errors import CourseError, shown, unknown
from course_lib.lessons import lessons

HOLDS, LIMITED, FAILS = "holds", "holds with a limit", "does not hold"
SOURCES = {  # how a text is called beside a claim: its full title
    "Google MLCC": "Google, Machine Learning Crash Course: LLMs: fine-tuning, distillation and prompt engineering",
    "Unite.AI guide": "Unite.AI, Complete guide to fine-tuning large language models",
    "Wikipedia": "Wikipedia, Fine-tuning (deep learning)",
    "Prompt-tuning explainer": "An explainer of prompt tuning",
    "Unite.AI LoReFT": "Unite.AI, LoReFT: representation fine-tuning for language models",
}
_HERE = Path(__file__).parent
LESSONS = tuple(lesson for lesson in lessons() if (_HERE / f"lesson_{lesson}.py").exists())  # with measured claims


@dataclass(frozen=True)
class Figure:
    """One measured quantity over the seeds."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return statistics.mean(self.values)

    @property
    def spread(self) -> float:
        """The standard deviation over seeds; 0 with a single seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0

    def __str__(self) -> str:
        mean = f"{self.mean:,.0f}" if self.mean >= 1000 else f"{self.mean:.3g}"
        return mean + (f" ± {self.spread:.2g}" if self.spread else "")


Figures = Mapping[str, Figure]  # by name


def share(figure: Figure) -> str:
    """A share in percent, with its spread over seeds."""
    return percent(figure.mean) + (f" (± {100 * figure.spread:.0f})" if figure.spread >= 0.005 else "")


@dataclass(frozen=True)
class Verdict:
    """`word` is one of HOLDS, LIMITED, FAILS; `because` is made from the figures."""

    word: str
    because: str


@dataclass(frozen=True)
class Claim:
    """`measure(seed)` gives the `figures`, on the bundled `models`; `judge` turns them into a verdict.

    `judge` looks at the means alone, so that a lesson's own run and the records are judged by one rule.
    `tolerance` is what another machine may differ by: relative above 1, absolute below.
    """

    id: str
    text: str
    sources: tuple[str, ...]
    figures: tuple[str, ...]
    measure: Callable[[int], dict[str, float]]
    judge: Callable[[Figures], Verdict]
    core: bool = False
    tolerance: float = 0.05
    models: tuple[str, ...] = ("orchard-s",)


class Measures:
    """The measurements in one file, by name. It is imported, and torch with it, when one of them is first called."""

    def __init__(self, file: str):
        self.module = f"course_lib.claims.measures.lesson_{file}"

    def __getattr__(self, name: str) -> Callable[[int], dict[str, float]]:
        return lambda seed: getattr(importlib.import_module(self.module), name)(seed)


def by_lesson(lesson: str) -> list[Claim]:
    """The claims that this lesson measures, in the order of its file; CourseError for a lesson without claims."""
    if lesson not in LESSONS:
        raise unknown("lesson with claims", lesson, LESSONS)
    return importlib.import_module(f"course_lib.claims.lesson_{lesson}").CLAIMS


def all_claims() -> dict[str, Claim]:
    """Every claim by its id, in the order of the lessons."""
    return {claim.id: claim for lesson in LESSONS for claim in by_lesson(lesson)}


def get(claim_id: str) -> Claim:
    """The claim of this id; CourseError names the nearest ones."""
    claims = all_claims()
    if claim_id not in claims:
        raise unknown("claim", claim_id, claims)
    return claims[claim_id]


def measure(claim_id: str, seed: int) -> dict[str, float]:
    """The figures of one seed, measured now; CourseError where they are not those that the claim is judged by."""
    claim = get(claim_id)
    figures = claim.measure(seed)
    _check_names(claim, figures)
    return figures


def record_path(claim_id: str) -> Path:
    """Where the recorded runs of a claim are kept."""
    return _HERE / "records" / f"{claim_id}.json"


def read_record(claim_id: str) -> dict:
    """The recorded runs of a claim; CourseError for an unknown one, and where there are none.

    {"claim", "command", "seeds", "figures": {name: [a value per seed]}, "tolerance", "packages": {name: version},
    "weights_hash": {model: hash of its weights}}
    """
    path = record_path(get(claim_id).id)
    if not path.exists():
        raise CourseError(f"{claim_id} has no recorded runs yet. Make them: course claims run {claim_id}")
    return json.loads(path.read_text(encoding="utf-8"))


def recorded(claim_id: str) -> dict[str, Figure]:
    """The recorded figures of a claim by name, over all its seeds."""
    return {name: Figure(tuple(values)) for name, values in read_record(claim_id)["figures"].items()}


def conclude(claim_id: str, **measured: float) -> Verdict:
    """The verdict from figures that you measured just now, by the same rule that judges the records."""
    claim = get(claim_id)
    _check_names(claim, measured)
    for name, value in measured.items():
        if not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise CourseError(f"{claim_id} needs a number for {name}; you gave {shown(value)}.")
    return claim.judge({name: Figure((float(value),)) for name, value in measured.items()})


def _check_names(claim: Claim, figures: dict) -> None:
    if set(figures) != set(claim.figures):
        given = ", ".join(figures) or "none"
        raise CourseError(f"{claim.id} is judged by {', '.join(claim.figures)}; given were {given}.")
