"""Every claim of the source texts is a function, seed -> figures, with a verdict that code derives from the figures.

A claim's recorded runs ship as data in records/ID.json: the command, the seeds and every figure of every seed. The
ledger of a lesson shows the records; nobody types a verdict.
"""
import importlib
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from course_lib.errors import CourseError, unknown

HOLDS, LIMITED, FAILS = "holds", "holds with a limit", "does not hold"
SOURCES = {
    "S0": "an explainer of prompt tuning",
    "S1": "Google, Machine Learning Crash Course: LLMs: fine-tuning, distillation and prompt engineering",
    "S2": "Unite.AI, Complete guide to fine-tuning large language models",
    "S3": "Wikipedia, Fine-tuning (deep learning)",
    "S4": "Unite.AI, LoReFT: representation fine-tuning",
}
LESSONS = ("00", "01")  # the lessons whose claims are measured so far


@dataclass(frozen=True)
class Figure:
    """One measured quantity over the seeds."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        return statistics.mean(self.values)

    @property
    def spread(self) -> float:
        """The standard deviation over seeds; 0 with a single seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0

    def __str__(self) -> str:
        return f"{self.mean:.3g}" + (f" ± {self.spread:.2g}" if self.spread else "")


@dataclass(frozen=True)
class Verdict:
    """`word` is one of HOLDS, LIMITED, FAILS; `because` is a sentence made from the figures."""

    word: str
    because: str


@dataclass(frozen=True)
class Claim:
    """`measure(seed)` gives the figures; `judge(figures)` gives the verdict; `tolerance` is what another machine may differ by."""

    id: str
    text: str
    source: str
    measure: Callable[[int], dict[str, float]]
    judge: Callable[[dict[str, Figure]], Verdict]
    core: bool = False
    tolerance: float = 0.05


def by_lesson(lesson: str) -> list[Claim]:
    """The claims that this lesson measures, in the order of its file."""
    if lesson not in LESSONS:
        raise unknown("lesson with claims", lesson, LESSONS)
    return importlib.import_module(f"course_lib.claims.lesson_{lesson}").CLAIMS


def all_claims() -> dict[str, Claim]:
    return {claim.id: claim for lesson in LESSONS for claim in by_lesson(lesson)}


def get(claim_id: str) -> Claim:
    claims = all_claims()
    if claim_id not in claims:
        raise unknown("claim", claim_id, claims)
    return claims[claim_id]


def figures_of(runs: list[dict[str, float]]) -> dict[str, Figure]:
    """The figures of several seeds, by name."""
    return {name: Figure(tuple(run[name] for run in runs)) for name in runs[0]}


def record_path(claim_id: str) -> Path:
    return Path(str(resources.files("course_lib.claims"))) / "records" / f"{claim_id}.json"


def read_record(claim_id: str) -> dict:
    """The recorded runs: {"claim", "command", "seeds", "figures": {name: [a value per seed]}, "packages", "tolerance"}."""
    path = record_path(claim_id)
    if not path.exists():
        raise CourseError(f"{claim_id} has no recorded runs yet. Make them: course claims run {claim_id} --seeds 5")
    return json.loads(path.read_text(encoding="utf-8"))


def recorded(claim_id: str) -> dict[str, Figure]:
    return {name: Figure(tuple(values)) for name, values in read_record(claim_id)["figures"].items()}


def conclude(claim_id: str, **measured: float) -> Verdict:
    """The verdict from figures that you measured just now, by the same rule that judges the records."""
    claim = get(claim_id)
    wanted = set(recorded(claim_id))
    if set(measured) != wanted:
        raise CourseError(f"{claim_id} is judged by {sorted(wanted)}; you gave {sorted(measured)}.")
    return claim.judge({name: Figure((float(value),)) for name, value in measured.items()})
