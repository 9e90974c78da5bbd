"""The records of claims: how they are measured, seed by seed, and whether they are still as they were recorded."""
import json
import platform
from importlib.metadata import version
from pathlib import Path

from tqdm.auto import tqdm

from course_lib import claims
from course_lib.claims import recipe
from course_lib.claims.claim import CONSTRUCTED, Claim, Figure, Verdict
from course_lib.errors import CourseError
from course_lib.experiments import tuning
from course_lib.experiments.store import base_hash
from course_lib.files import write_text
from course_lib.intervals import t_quantile
from course_lib.root import find_root

PILOT, MOST = 5, 20   # seeds: of the pilot, and of any claim
FEW = 3               # of a claim in which nothing is left to chance


def runs_folder() -> Path:
    """Where what was measured is kept before it is a record, in the course's folder; git ignores it."""
    folder = find_root("course_lib") / ".runs"
    folder.mkdir(exist_ok=True)
    return folder


def weights_of(claim: Claim) -> dict[str, str]:
    """The hash of the weights, as they are now, of each model that the claim is measured on."""
    return {name: base_hash(name) for name in claim.models}


def run(claim_id: str, n_seeds: int | None) -> None:
    """Measures one claim with seeds 0 … n-1 and writes its record; without n, with as many as a pilot asks for.

    What was measured is kept seed by seed in runs_folder(), so that a run that was stopped goes on, as long as its
    recipe is as it was. The first seed's runs are never taken from the store: its recipe is noted.
    """
    claim = claims.get(claim_id)
    record = begun(claim) or begin(claim)
    wanted = n_seeds or wanted_by(claim, record)
    bar = tqdm(total=wanted, initial=len(record["seeds"]), desc=claim_id, unit="seed")
    while len(record["seeds"]) < wanted:
        add_seed(record, len(record["seeds"]), claims.measure(claim_id, len(record["seeds"])))
        write_record(runs_folder() / f"{claim_id}.json", record)
        bar.update()
        wanted = bar.total = n_seeds or wanted_by(claim, record)
    record |= cut(record, wanted) | {"command": f"course claims run {claim_id}" + f" --seeds {n_seeds}" * bool(n_seeds),
                                     "tolerance": claim.tolerance}
    try:
        write_record(claims.record_path(claim_id), record)
    except OSError as error:
        raise CourseError(f"The runs of {claim_id} cannot be recorded: {error}. Measured were: "
                          f"{record['figures']}.") from error


def begun(claim: Claim) -> dict | None:
    """What was measured of this claim by the recipe, the rates and the models of now, if anything was."""
    for path in (runs_folder() / f"{claim.id}.json", claims.record_path(claim.id)):
        if path.exists():
            record = json.loads(path.read_text(encoding="utf-8"))
            if set(record["figures"]) == set(claim.figures) and not changes(claim, record):
                return record
    return None


def begin(claim: Claim) -> dict:
    """The record of the first seed, measured now."""
    weights = weights_of(claim)
    tuning.USED.clear()
    with recipe.noting() as ran:
        figures = claims.measure(claim.id, 0)
    if claim.learns and (lost := [one for one in tuning.USED if not one.learned or one.edge]):
        raise CourseError(f"{claim.id} compares what has learned, and no rate that was tried will do here: "
                          + "; ".join(f"{tuning.in_words(one.of)}: {one}" for one in lost) + ". Give it more steps or "
                          "rows, or say learns=False in the claim, if this is what it shows.")
    record = {
        "claim": claim.id, "command": "", "seeds": [], "figures": {name: [] for name in claim.figures},
        "tolerance": claim.tolerance,
        "packages": {name: version(name).split("+")[0] for name in ("torch", "transformers")},
        "processor": platform.processor() or platform.machine(),
        "weights_hash": weights,
        "tuned": {one.of: one.rate for one in tuning.USED},
        "recipe": recipe.recipe(ran),
    }
    add_seed(record, 0, figures)
    write_record(runs_folder() / f"{claim.id}.json", record)
    return record


def add_seed(record: dict, seed: int, figures: dict[str, float]) -> None:
    """One seed more."""
    record["seeds"].append(seed)
    for name, value in figures.items():
        record["figures"][name].append(round(value, 6))


def cut(record: dict, n: int) -> dict:
    """The seeds and figures of the first n seeds."""
    return {"seeds": record["seeds"][:n], "figures": {name: values[:n] for name, values in record["figures"].items()}}


def figures_of(record: dict) -> dict[str, Figure]:
    """A record's figures by name."""
    return {name: Figure(tuple(values)) for name, values in record["figures"].items()}


def wanted_by(claim: Claim, record: dict) -> int:
    """How many seeds a record needs: the pilot's, and after them as many as these ask for."""
    if claim.kind == CONSTRUCTED:
        return FEW
    return PILOT if len(record["seeds"]) < PILOT else asked_for(claim, figures_of(cut(record, PILOT)))


def asked_for(claim: Claim, pilot: dict[str, Figure]) -> int:
    """How many seeds bring the half of every interval down to what it may be: MOST at most.

    That is the smallest difference that matters, or, where the pilot lies further than twice as far from the border of
    the question, half of that way: 80 points are more than 2, also give or take 5.
    """
    wanted = PILOT
    for one in claim.asks.values():
        found = one.of(pilot)
        enough = max(one.smallest, min(abs(found.mean - border) for border in one.borders) / 2)
        wanted = max(wanted, next((n for n in range(PILOT, MOST)
                                   if t_quantile(n - 1, 0.975) * found.spread / n**0.5 <= enough), MOST))
    return wanted


def why_so_many(claim: Claim, record: dict) -> str:
    """The number of seeds of a record, and why it is that."""
    n = len(record["seeds"])
    if claim.kind == CONSTRUCTED:
        return f"{n} seeds: nothing is left to chance."
    wanted = asked_for(claim, figures_of(cut(record, PILOT))) if n >= PILOT else PILOT
    return f"{n} seeds: from the spread of the first {PILOT}, {wanted} tell what matters" + (
        "." if wanted < MOST else f", or are the most that are run ({MOST}).")


def changes(claim: Claim, record: dict) -> list[str]:
    """What is not as it was when this record was made: models, rates, parts of the recipe."""
    known = {of: found.rate for of, found in tuning.known().items()}
    stale = [f"other weights of {name}" for name, now in weights_of(claim).items()
             if record["weights_hash"].get(name) != now]
    stale += [f"another rate of {of}" for of, rate in record.get("tuned", {}).items() if known.get(of) != rate]
    return stale + [f"another {part}" for part in recipe.changed(record["recipe"])]


def write_record(path: Path, record: dict) -> None:
    path.parent.mkdir(exist_ok=True)
    write_text(path, json.dumps(record, indent=1) + "\n")


def differences(record: dict, seed: int, again: dict[str, float], tolerance: float) -> list[str]:
    """Where one seed's figures leave the record by more than the tolerance (relative above 1)."""
    index, found = record["seeds"].index(seed), []
    for name, value in again.items():
        before = record["figures"][name][index]
        if not abs(value - before) <= tolerance * max(1.0, abs(before)):  # so that NaN differs
            found.append(f"seed {seed}, {name}: recorded {before:.4g}, now {value:.4g}")
    return found


def verify(claim_id: str, seeds: int | None = 0) -> list[str]:
    """What is not as recorded: models, rates, recipe, the figures of so many seeds, measured now; None: of all."""
    claim, record = claims.get(claim_id), claims.read_record(claim_id)
    return changes(claim, record) + [
        one for seed in record["seeds"][:seeds]
        for one in differences(record, seed, claims.measure(claim_id, seed), claim.tolerance)]


def restamp(claim_id: str) -> list[str]:
    """Measures the first seed and records its recipe, if the models and the figures are as recorded; else why not."""
    claim, record = claims.get(claim_id), claims.read_record(claim_id)
    again = begin(claim)
    found = differences(record, 0, {name: values[0] for name, values in again["figures"].items()}, claim.tolerance)
    found += [f"other weights of {name}" for name, then in record["weights_hash"].items()
              if again["weights_hash"].get(name) != then]
    if not found:
        write_record(claims.record_path(claim_id), record | {"recipe": again["recipe"], "tuned": again["tuned"]})
    return found


def check(claim_id: str, first: int, n_seeds: int | None) -> tuple[Verdict, Verdict]:
    """(the recorded verdict, that of as many seeds from `first` on, measured now); no record changes."""
    claim = claims.get(claim_id)
    n = n_seeds or len(claims.read_record(claim_id)["seeds"])
    runs = [claims.measure(claim_id, seed) for seed in tqdm(range(first, first + n), desc=claim_id, unit="seed")]
    return claim.judge(claims.recorded(claim_id)), claim.judge(
        {name: Figure(tuple(one[name] for one in runs)) for name in claim.figures})
