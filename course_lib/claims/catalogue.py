"""All claims, and their recorded runs: records/ID.json has the command, the seeds, every figure of every seed, the hash
of the weights that they were measured on, and the digest of the recipe.
"""
import functools
import json
import math
import numbers
from collections.abc import Sequence
from pathlib import Path

from course_lib.claims.claim import Claim, Figure, Marks, Verdict
from course_lib.claims.topics import TOPICS
from course_lib.errors import CourseError, shown, unknown

RECORDS = Path(__file__).parent / "records"


@functools.cache
def all_claims() -> dict[str, Claim]:
    """Every claim by its id, in the order of the lessons and of their numbers."""
    found = [one for topic in TOPICS for one in vars(topic).values() if isinstance(one, Claim)]
    return {one.id: one for one in sorted(found, key=lambda one: (one.lesson, int(one.id[1:])))}


def lessons() -> tuple[str, ...]:
    """The lessons that measure claims: ("00", "01", …)."""
    return tuple(dict.fromkeys(one.lesson for one in all_claims().values()))


def by_lesson(lesson: str) -> list[Claim]:
    """The claims that this lesson measures, by their numbers; CourseError for a lesson without claims."""
    if lesson not in lessons():
        raise unknown("lesson with claims", lesson, lessons())
    return [one for one in all_claims().values() if one.lesson == lesson]


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
    return RECORDS / f"{claim_id}.json"


def read_record(claim_id: str) -> dict:
    """The recorded runs of a claim; CourseError for an unknown one, and where there are none.

    {"claim", "command", "seeds", "figures": {name: [a value per seed]}, "tolerance", "packages": {name: version},
    "processor", "weights_hash": {model: hash of its weights}, "recipe": {part: its digest}}
    """
    path = record_path(get(claim_id).id)
    if not path.exists():
        raise CourseError(f"{claim_id} has no recorded runs yet. Make them: course claims run {claim_id}")
    return json.loads(path.read_text(encoding="utf-8"))


def recorded(claim_id: str) -> dict[str, Figure]:
    """The recorded figures of a claim by name, over all its seeds."""
    return {name: Figure(tuple(values)) for name, values in read_record(claim_id)["figures"].items()}


def conclude(claim_id: str, **measured: float | Sequence[float]) -> Verdict:
    """The verdict from figures that you measured just now, by the same rule that judges the records.

    A figure is a number, or several: of so many seeds, or, for a share of right answers, the mark of each row. Marks
    are True and False: 1 and 0 are what seeds gave. A single number has no interval.
    """
    claim = get(claim_id)
    _check_names(claim, measured)
    figures = {}
    for name, value in measured.items():
        values = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        if not values or not all(isinstance(one, numbers.Real) and math.isfinite(one) for one in values):
            raise CourseError(f"{claim_id} needs a number for {name}; you gave {shown(value)}.")
        kind = Marks if all(isinstance(one, bool) for one in values) else Figure
        figures[name] = kind(tuple(map(float, values)))
    if len({len(figure.values) for figure in figures.values()} - {1}) > 1:
        raise CourseError(f"{claim_id} compares pairs: give equally many values for each figure, or one.")
    return claim.judge(figures)


def _check_names(claim: Claim, figures: dict) -> None:
    if set(figures) != set(claim.figures):
        given = ", ".join(figures) or "none"
        raise CourseError(f"{claim.id} is judged by {', '.join(claim.figures)}; given were {given}.")
